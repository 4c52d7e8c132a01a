"""Mobility periods: all that both sides hold about one member, and how a period goes on and ends.

A period is known by its subject, the member's pseudonym with one partner. The origin reaches it through the member's
branch, the destination through the managing body. Everything shown here is what both nodes hold equal::

    show_movement(act, MovementShow(subject=…)).rows   ->  [MovementRow(section="通报", what="外出情况", …), …]
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Annotated, Final, Literal, NamedTuple

import msgspec

from gongguan.protocol.messages.movement import RelocationReported
from gongguan.sync.act import Act
from gongguan.sync.days import check_happened
from gongguan.sync.exchange.fold import origin_party
from gongguan.sync.exchange.values import Value
from gongguan.sync.labels import DATE, RowsShown, labelled
from gongguan.sync.lists import LISTS
from gongguan.sync.movement.admissions import Subject
from gongguan.sync.movement.departures import DIVISION
from gongguan.sync.movement.gaps import manager_of
from gongguan.sync.paper.answers import answered
from gongguan.sync.paper.word import Heard
from gongguan.sync.records import MobilityPeriod
from gongguan.sync.shared.entries import write
from gongguan.sync.shared.partners import partner_titles
from gongguan.sync.shared.periods import (
    OPEN_STATES,
    check_reach,
    name_of,
    names_of,
    open_period,
    periods_in_reach,
    side_name,
    state_in,
    states_of,
)
from gongguan.sync.shared.provenance import SourceLabel, Sources
from gongguan.sync.shared.views import (
    effective,
    unit_records,
)
from gongguan.sync.store import Store

State = Literal["notified", "admitted", "refused", "ended"]


class MovementList(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``movement.list``."""

    state: Annotated[State | None, labelled("状态", "state", codes="movement_state")] = None
    name: Annotated[Annotated[str, msgspec.Meta(max_length=120)] | None, labelled("姓名包含", "name contains")] = None
    limit: RowsShown = 200


class MovementLine(msgspec.Struct, frozen=True, kw_only=True):
    """One mobility period as both sides hold it."""

    subject: Annotated[str, labelled("流动记录编号", "subject")]
    name: Annotated[str | None, labelled("姓名", "name")]
    side: Annotated[str, labelled("本方是", "we are", codes="side")]
    peer: Annotated[str, labelled("对方", "partner")]
    state: Annotated[str, labelled("状态", "state", codes="movement_state")]
    left_on: Annotated[str | None, labelled("外出日期", "left on")]
    place: Annotated[str | None, labelled("现在地点（区划代码）", "place (division code)")]
    managed_by: Annotated[str, labelled("现由谁管理", "managed by", codes="side")]
    managing_body: Annotated[str | None, labelled("流入地编入的党组织", "managing body")]
    answer_source: Annotated[str | None, labelled("答复的来源", "source of the answer", codes="source")]
    conflicts: Annotated[int, labelled("未处理的不一致", "open conflicts")]


class MovementsListed(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``movement.list``; ``total`` counts all that match, listed or not."""

    total: Annotated[int, labelled("共计", "total")]
    movements: Annotated[list[MovementLine], labelled("流动记录", "mobility periods")]


class MovementShow(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``movement.show``."""

    subject: Subject


class MovementRow(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that one side said. ``id``: the message, for corrections and conflict resolutions."""

    section: Annotated[str, labelled("类别", "section (in Chinese)")]
    what: Annotated[str, labelled("事项", "matter")]
    side: Annotated[str, labelled("填写方", "said by", codes="side")]
    value: Annotated[str, labelled("内容", "content (in Chinese)")]
    status: Annotated[str, labelled("状态", "status (in Chinese)")]
    source: SourceLabel
    id: Annotated[str, labelled("消息编号", "message id")]


class MovementShown(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``movement.show``. ``member_id`` is known at the origin only."""

    summary: Annotated[MovementLine, labelled("概况", "summary")]
    member_id: Annotated[str | None, labelled("党员编号", "member id")]
    rows: Annotated[list[MovementRow], labelled("双方记载", "what both sides hold")]


class MovementRelocate(Heard, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``movement.relocate``."""

    subject: Subject
    place: Annotated[
        str,
        labelled(
            "新地点区划代码（六位，县级）", "division code of the new place (6 digits)", pattern=DIVISION, max_length=6
        ),
    ]
    on: Annotated[str, labelled("变动日期", "since", pattern=DATE)]


class Moved(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``movement.relocate``. ``conflict``: the partner said another place, not knowing of ours."""

    subject: Annotated[str, labelled("流动记录编号", "subject")]
    place: Annotated[str, labelled("地点（区划代码）", "place")]
    on: Annotated[str, labelled("变动日期", "since")]


def list_movements(act: Act, request: MovementList) -> MovementsListed:
    """The periods within the person's reach, open ones first."""
    titles, periods = partner_titles(act.store), periods_in_reach(act)
    names, states = names_of(act.store, periods), states_of(act.store, periods)
    sources = Sources(act.store)
    found = [
        period
        for period in periods
        if request.state in (None, states[period.subject])
        and (request.name is None or request.name in (names[period.subject] or ""))
    ]
    found.sort(key=lambda item: (states[item.subject] not in OPEN_STATES, names[item.subject] or "", item.subject))
    # No records are read but of those that are shown.
    lines = [_line(act.store, period, titles, sources) for period in found[: request.limit]]
    return MovementsListed(total=len(found), movements=lines)


def show_movement(act: Act, request: MovementShow) -> MovementShown:
    """Everything that both sides hold about one member. Raises D-subject-unknown, A-subtree."""
    period = check_reach(act, request.subject)
    records = unit_records(act.store, period.agreement, period.subject)
    sources = Sources(act.store)
    seen = _Seen(origin_party(records), period.pairing_id, sources)
    rows = [row for key, value in sorted(records.items(), key=_in_order) for row in _rows(key, value, seen)]
    summary = _line(act.store, period, partner_titles(act.store), sources)
    return MovementShown(summary=summary, member_id=period.member_id, rows=rows)


def relocate(act: Act, request: MovementRelocate) -> Moved:
    """Tell the partner that the member works or lives elsewhere now.

    Raises D-movement-state, D-date…, A-subtree, G-….
    """
    period = open_period(act, request.subject)
    check_happened(act.now, request.on)
    if answered(act, "relocation", request.subject, request) is None:
        write(act, period, "relocation.reported", RelocationReported(place=request.place, on=request.on))
    return Moved(subject=period.subject, place=request.place, on=request.on)


def _line(store: Store, period: MobilityPeriod, titles: Mapping[str, str], sources: Sources) -> MovementLine:
    records = unit_records(store, period.agreement, period.subject)
    departure = effective(records.get("movement/departure"))
    place = effective(records.get("register/place"))
    admission = effective(records.get("movement/admission"))
    answered = admission and admission.get("outcome")
    source = sources.of_side(period.pairing_id, period.side, "destination") if answered else None
    return MovementLine(
        subject=period.subject,
        name=name_of(store, period),
        side=period.side,
        peer=titles.get(period.pairing_id, ""),
        state=state_in(records),
        left_on=departure["left_on"] if departure else None,
        place=place["place"] if place else None,
        managed_by=manager_of(records),
        managing_body=admission.get("managing_body") if admission else None,
        answer_source=source,
        conflicts=sum(value["shape"] == "conflict" and value["state"] == "open" for value in records.values()),
    )


# --- shared records as rows ---------------------------------------------------------------------------------------

SECTIONS: Final[Mapping[str, str]] = {
    "movement": "流动",
    "register": "工作生活地点",
    "contact": "联系",
    "officer": "联系责任人",
    "help": "困难诉求",
    "life": "组织生活",
    "dues": "党费",
    "feedback": "季度反馈",
    "score": "积分",
    "event": "重大情况",
    "notice": "互通信息",
    "paper": "代录核对",
    "conflict": "不一致",
}
"""Categories of shared records in the order in which they are shown; others are machinery."""

_MATTERS: Final[Mapping[str, str]] = {
    "movement/departure": "外出情况通报",
    "movement/admission": "接收答复",
    "movement/return": "流动结束",
    "movement/summary": "外出期间表现总结",
    "register/presence": "联系状态",
    "register/place": "地点",
    "notice": "通知",
    "event": "重大情况通报",
    "profile": "资料变动",
    "officer": "联系责任人",
    "help": "困难诉求",
    "paper": "无节点期间代录的答复",
}

FIELDS: Final[Mapping[str, tuple[str, str | None]]] = {
    "name": ("姓名", None),
    "sex": ("性别", "sex"),
    "birth_year": ("出生年", None),
    "category": ("人员类别", "member_category"),
    "affiliated_branch": ("所在党支部", None),
    "certificate_number": ("活动证号", None),
    "left_on": ("外出日期", None),
    "destination_place": ("流入地", None),
    "joined_on": ("入党时间", None),
    "probation_ends_on": ("预备期满", None),
    "outflow_direction": ("外出流向", "outflow_direction"),
    "phone": ("电话", None),
    "outcome": ("答复", "movement_state"),
    "managing_body": ("编入党组织", None),
    "arrived_on": ("到达日期", None),
    "contact_officer": ("联系责任人", None),
    "contact_phone": ("责任人电话", None),
    "ended_on": ("结束日期", None),
    "officer": ("联系责任人", None),
    "since": ("起始日期", None),
    "contact": ("联系", "contact_kind"),
    "status": ("办理状态", "help_status"),
    "mode": ("方式", "activity_mode"),
    "place": ("地点", None),
    "on": ("日期", None),
    "event": ("活动编号", None),
    "title": ("名称", None),
    "activity": ("活动", "activity"),
    "attendance": ("参加", "attendance"),
    "absence_reason": ("缺席原因", "absence_reason"),
    "month": ("月份", None),
    "paid_on": ("交纳日期", None),
    "quarter": ("季度", None),
    "conduct": ("现实表现", "conduct"),
    "meetings_attended": ("参加会议次数", None),
    "activities_attended": ("参加活动次数", None),
    "volunteering": ("志愿服务次数", None),
    "dues_months": ("交纳党费月数", None),
    "presence": ("联系状态", "presence"),
    "contacts_made": ("联系次数", None),
    "year": ("年度", None),
    "rule": ("规则", None),
    "points": ("分值", None),
    "topic": ("主题", "topic"),
    "text": ("内容", None),
    "reference": ("函件文号", None),
}
"""Fields of message bodies as people read them, and the code list of their values. What is not here is not shown."""

_CODES: Final[Mapping[str, Mapping[str, str]]] = {"event": {"category": "major_event"}}
"""Fields whose codes are of another list in records of one category."""

_REASONS: Final[Mapping[str, str]] = {"movement/admission": "refusal_reason", "movement/return": "return_reason"}


def _in_order(item: tuple[str, Value]) -> tuple[int, str]:
    category = item[0].split("/", 1)[0]
    order = list(SECTIONS)
    return (order.index(category) if category in order else len(order)), item[0]


class _Seen(NamedTuple):
    """Who is the origin of the member whose records are shown, with which partner, and whose word is what."""

    origin: int
    pairing_id: str
    sources: Sources


def _rows(key: str, value: Value, seen: _Seen) -> Iterator[MovementRow]:
    make = _SHAPES.get(value["shape"])
    if make is not None and key.split("/", 1)[0] in SECTIONS:
        yield from make(key, value, seen)


def _entry_row(key: str, entry: Value, seen: _Seen, status: str) -> MovementRow:
    category, _, rest = key.partition("/")
    return MovementRow(
        section=SECTIONS[category],
        what=_MATTERS.get(key) or _MATTERS.get(category) or _in_words(rest),
        side=side_name(entry["party"], seen.origin),
        value=readable(key, entry["value"]),
        status=status,
        source=seen.sources.of(seen.pairing_id, entry["party"]),
        id=entry["id"],
    )


_KIND_AND_DAY: Final = re.compile("([a-z_]+)/([0-9-]{10})")
_DAY_AND_ACTIVITY: Final = re.compile("([0-9-]{10})-([a-z_]+)")


def _in_words(name: str) -> str:
    """What names a fact beside its category: a kind of contact, or an activity that was numbered by its day."""
    contact, life = _KIND_AND_DAY.fullmatch(name), _DAY_AND_ACTIVITY.fullmatch(name)
    kind, day = (contact[1], contact[2]) if contact else (life[2], life[1]) if life else ("", "")
    known = LISTS["contact_kind"] if contact else LISTS["activity"]
    return f"{day} {known[kind][0]}" if kind in known else name


def _fact_rows(key: str, value: Value, seen: _Seen) -> Iterator[MovementRow]:
    shown = seen.sources.status(seen.pairing_id, value["status"])
    status = LISTS["fact_status"].get(shown, (shown,))[0]
    for entry in value["entries"]:
        yield _entry_row(key, entry, seen, "已撤回" if "withdrawn" in entry else status)


def _set_rows(key: str, value: Value, seen: _Seen) -> Iterator[MovementRow]:
    """Owned fields and registers: what was replaced stays readable."""
    now = "双方不一致" if value["status"] == "conflict" else "有效"
    for entry in value["entries"]:
        yield _entry_row(key, entry, seen, "已被后来的代替" if "superseded" in entry else now)


def _notice_rows(key: str, value: Value, seen: _Seen) -> Iterator[MovementRow]:
    yield _entry_row(key, value, seen, "")


def _conflict_rows(key: str, value: Value, seen: _Seen) -> Iterator[MovementRow]:
    """One row a candidate; ``what`` names the record, ``id`` the candidate that could be chosen."""
    state = "未处理" if value["state"] == "open" else "已处理"
    for item in value["candidates"]:
        provisional = "，暂按此值" if item["id"] == value["provisional"] and value["state"] == "open" else ""
        yield MovementRow(
            section=SECTIONS["conflict"],
            what=value["record"],
            side=side_name(item["party"], seen.origin),
            value=readable(value["record"], item["value"]),
            status=f"{state}{provisional}",
            source=seen.sources.of(seen.pairing_id, item["party"]),
            id=item["id"],
        )


_SHAPES: Final[Mapping[str, Callable[[str, Value, _Seen], Iterator[MovementRow]]]] = {
    "fact": _fact_rows,
    "owned": _set_rows,
    "register": _set_rows,
    "notice": _notice_rows,
    "conflict": _conflict_rows,
}


def readable(key: str, value: Value) -> str:
    """A body as a person reads it: ``编入党组织：云港社区党支部；到达日期：2026-03-02``."""
    if key.startswith("paper/"):
        content = dict(value["content"])
        return readable(str(value["kind"]).partition(".")[0], content) if content else "不是本方说的"
    own_codes = _CODES.get(key.split("/", 1)[0], {})
    shown = [
        f"{FIELDS[name][0]}：{_word(own_codes.get(name, FIELDS[name][1]), value[name])}"
        for name in FIELDS
        if name in value and value[name] is not None
    ]
    if key in _REASONS and "reason" in value:
        shown.append(f"原因：{_word(_REASONS[key], value['reason'])}")
    return "；".join(shown)


def _word(codes: str | None, value: object) -> str:
    labels = LISTS.get(codes or "", {}).get(str(value))
    return labels[0] if labels else str(value)
