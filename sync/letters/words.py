"""How the body of a message reads in a letter: every field under its Chinese title, codes as words, ids left out.

On a screen a list shows what is looked for; a letter has to say all that a node would have sent::

    in_words("probation.opinion_requested", {"ends_on": "2026-07-01", …})   ->  "预备期满：2026-07-01；党员大会：…"
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from gongguan.sync.lists import LISTS
from gongguan.sync.movement.movement import FIELDS
from gongguan.sync.shared.places import place_named

NOT_TOLD: Final = frozenset(
    {
        *("departure", "returned", "case", "entry", "request", "delegation", "contribution", "document"),
        *("match", "matter", "evidence_sha256"),
    }
)
"""Fields that only refer to other messages, or serve a node's software."""

TITLES: Final[Mapping[str, str]] = {
    **{name: title for name, (title, _) in FIELDS.items()},
    "text": "内容",
    "reason": "原因",
    "certificate_issued_on": "活动证发证日期",
    "certificate_valid_until": "活动证有效期至",
    "office": "服务机构",
    "address": "地点",
    "hours": "服务时间",
    "telephone": "电话",
    "valid_from": "起始日期",
    "valid_until": "有效期至",
    "deputy": "替补人员",
    "meeting": "会商编号",
    "agenda": "议题",
    "number": "编号",
    "admission": "纳入管理情况",
    "organisational_life": "参加组织生活情况",
    "conversion": "预备党员转正情况",
    "branch": "党支部",
    "branches": "党支部",
    "reply": "本人答复",
    "issued_on": "发证日期",
    "issued_by": "发证单位",
    "state": "状态",
    "checked_on": "年审日期",
    "due_on": "请于此日前",
    "answer": "答复",
    "held_on": "组织日期",
    "attended": "参加人数",
    "began_on": "预备期起",
    "ends_on": "预备期满",
    "study": "学习教育",
    "tasks": "完成任务",
    "meeting_on": "讨论转正的党员大会",
    "answer_by": "请于此日前书面答复",
    "opinion": "意见",
    "reasons": "理由",
    "signed_by": "签署人",
    "decision": "决定",
    "resolution_number": "支部决议编号",
    "approved_on": "党委审批日期",
    "approval_number": "审批文号",
    "months": "延长月数",
    "no_opinion": "没有意见的原因",
    "late_reason": "超过期限的原因",
}
"""Field → what it is called."""

CODES: Final[Mapping[tuple[str, str], str]] = {
    ("admission.refused", "reason"): "refusal_reason",
    ("return.notified", "reason"): "return_reason",
    ("contact.withdrawn", "reason"): "correction",
    ("certificate.entry_withdrawn", "reason"): "correction",
    ("score.reversed", "reason"): "correction",
    ("certificate.described", "reason"): "outflow_reason",
    ("certificate.described", "state"): "certificate_state",
    ("certificate.annual_check_entered", "outcome"): "annual_outcome",
    ("matter.announced", "category"): "matter_category",
    ("matter.passed_on", "outcome"): "matter_outcome",
    ("matter.passed_on", "reply"): "matter_reply",
    ("help.status_told", "category"): "help_category",
    ("event.reported", "category"): "major_event",
    ("study.answered", "answer"): "letter_study_answer",
    ("study.answered", "reason"): "decline_reason",
    ("study.delegated", "topic"): "",
    ("probation.observed", "organisational_life"): "regularity",
    ("probation.observed", "study"): "regularity",
    ("probation.observed", "tasks"): "regularity",
    ("probation.opinion_given", "opinion"): "probation_opinion",
    ("probation.opinion_given", "reasons"): "probation_reason",
    ("probation.decided", "decision"): "probation_decision",
    ("probation.decided", "no_opinion"): "no_opinion",
    ("probation.decided", "late_reason"): "late_reason",
}
"""(Kind, field) → the list of its codes, where ``FIELDS`` names none or another."""


PLACES: Final = frozenset({"destination_place", "place"})
"""Fields that hold a division code."""


def in_words(kind: str, body: Mapping[str, Any], places: Mapping[str, str] = MappingProxyType({})) -> str:
    """The whole body as a sentence of ``title：value``, in the order of its fields. ``places``: as of ``places_of``."""
    told = [
        f"{_title(kind, name)}：{place_named(str(value), places) if name in PLACES else _word(kind, name, value)}"
        for name, value in body.items()
        if name not in NOT_TOLD and name in TITLES and value is not None
    ]
    return "；".join(told)


def _title(kind: str, name: str) -> str:
    """Only a member's category is that of people."""
    return "类别" if name == "category" and (kind, name) in CODES else TITLES[name]


def codes_of(kind: str, name: str) -> str:
    """The list in which the codes of a field have their words, or ""."""
    return CODES.get((kind, name), FIELDS[name][1] or "" if name in FIELDS else "")


def _word(kind: str, name: str, value: Any) -> str:
    if isinstance(value, Mapping):  # a topic of a bulletin: there is something to say, or nothing
        return str(value.get("text") or "无")
    if isinstance(value, list | tuple):
        return "、".join(_word(kind, name, item) for item in value)
    labels = LISTS.get(codes_of(kind, name), {}).get(str(value))
    return labels[0] if labels else str(value)
