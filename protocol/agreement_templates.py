"""Named templates: how the terms of an agreement read in Chinese.

A template never changes, since old agreements are rendered again whenever they are read; other words are another
template. To its tables of titles *new rows* may be added (no older text can have named them), rows are never altered::

    TEMPLATES["co_management_zh_1"].prose(terms)    # the lines between the first and the last
"""

from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

import msgspec

from gongguan.protocol.duties import LEAD_TITLES
from gongguan.protocol.errors import refuse
from gongguan.protocol.messages.kind import Party
from gongguan.protocol.terms import Rule, Terms


class Template(NamedTuple):
    """``kinds``: the kinds of agreement that it is for."""

    kinds: frozenset[str]
    prose: Callable[[Terms], list[str]]


_SIDES: Final = {"origin": "流出地", "destination": "流入地", "either": "双方"}
_CATEGORIES: Final = {"base": "基础积分", "activity": "活动积分", "deduction": "反向扣分"}
_PARTY_NAMES: Final = ("甲方", "乙方")
_NUMERALS: Final = "一二三四五六七八九十"
_INDENT: Final = "　　"

DUTY_TITLES: Final = {
    "movement": "外出、接收与返回",
    "contact": "联系、通报与反馈",
    "organisational_life": "组织生活与教育",
    "dues": "党费记载",
    "scores": "积分",
    "reconciliation": "对账与冲突处理",
    "agreement": "协议的提出、签署与终止",
}
"""Groups of duties. What an agreement gives singly has its title in ``duties.LEAD_TITLES``."""

KIND_TITLES: Final = {
    "agreement.proposed": "提出共管协议文本",
    "agreement.answered": "签署或不同意共管协议文本",
    "agreement.ended": "终止共管协议",
    "agreement.suspended": "中止执行共管协议",
    "agreement.lift_proposed": "提出恢复执行共管协议",
    "agreement.lift_answered": "答复恢复执行共管协议",
    "certificate.life_entered": "《活动证》组织生活记载",
    "certificate.dues_entered": "《活动证》党费记载",
    "certificate.entry_withdrawn": "更正《活动证》记载",
    "conflict.proposed": "提出冲突处理办法",
    "conflict.answered": "答复冲突处理办法",
    "conflict.stated": "告知与另一流入地记载的冲突",
    "conflict.part_answered": "对冲突中本方部分的确认或异议",
    "contact.made": "已联系流动党员（类别和日期）",
    "contact.withdrawn": "撤回联系记载",
    "officer.named": "告知本方联系责任人",
    "help.status_told": "困难诉求办理状态",
    "study.delegated": "委托组织集体学习",
    "study.answered": "答复委托学习",
    "study.held": "反馈委托学习的结果",
    "exchange.match_key": "首次核对身份用的密钥",
    "feedback.given": "流动党员现实表现季度反馈",
    "probation.dated": "预备期起止日期",
    "probation.observed": "预备党员外出期间季度考察",
    "probation.opinion_requested": "征求预备党员转正意见",
    "probation.opinion_given": "预备党员转正书面意见",
    "probation.decided": "预备党员转正决定",
    "departure.notified": "流动党员外出情况通报",
    "admission.given": "接收流动党员",
    "admission.refused": "不予接收并说明理由",
    "relocation.reported": "工作生活地点变动通报",
    "return.notified": "流动结束通报",
    "profile.updated": "流动党员资料变动",
    "inflow.reported": "发现未经通报的流入党员",
    "inflow.answered": "答复未经通报的流入党员是否本方党员",
    "event.reported": "重大情况通报（只报类别和文号）",
    "presence.reported": "失去联系或恢复联系通报",
    "summary.given": "外出期间表现总结",
    "notice.given": "互通信息",
    "score.contributed": "积分赋分",
    "score.reversed": "撤回赋分",
    "certificate.described": "《活动证》发放情况",
    "certificate.queried": "查验《活动证》证号",
    "certificate.stated": "答复《活动证》查验",
    "certificate.annual_check_entered": "《活动证》年审记载",
    "office.published": "公布党员服务机构的地点、时间和咨询电话",
    "office.receiver_named": "告知接收专人和替补人员",
    "meeting.called": "召集会商",
    "minutes.proposed": "提出会商纪要",
    "partnership.proposed": "提出支部结对共建",
    "joint_activity.proposed": "提出共建活动",
    "joint.answered": "同意或不同意会商纪要、结对共建、共建活动",
    "bulletin.sent": "季度通报（四项）",
    "matter.announced": "请转告党员的重要事项或选举通知",
    "matter.passed_on": "事项转告结果",
    "paper.stated": "核对纸面往来期间代录的答复",
}

FIELD_TITLES: Final = {
    "identity": "姓名、性别、出生日期、公民身份号码、民族",
    "joined_on": "入党时间",
    "category": "党员类别",
    "affiliation_status": "党籍状态",
    "affiliated_branch": "组织关系所在党支部",
    "certificate": "《活动证》编号与发放",
    "probation": "预备期与转正",
    "managing_body": "流入地编入的党组织",
    "arrived_on": "到达日期",
    "contact_officer": "流入地联系责任人",
}

INTERVAL_PHRASES: Final = {
    "departure_notice_working_days": "党员外出后 {} 个工作日内，流出地通报流入地",
    "admission_working_days": "收到通报后 {} 个工作日内，流入地接收或说明不予接收的理由",
    "arrival_overdue_working_days": "通报外出满 {} 个工作日仍未报到的，双方共同查找",
    "return_check_working_days": "党员返回后 {} 个工作日内，流出地查验《活动证》",
    "relocation_working_days": "工作生活地点变动后 {} 个工作日内通报",
    "major_event_working_days": "发生重大情况后 {} 个工作日内通报",
    "certificate_entry_late_working_days": "《活动证》即时记载，超过 {} 个工作日记为迟记",
    "appraisal_result_working_days": "民主评议结果 {} 个工作日内通报",
    "feedback_interval_months": "每 {} 个月反馈一次流动党员现实表现",
    "bulletin_interval_months": "每 {} 个月互通一次信息",
    "study_delegation_interval_months": "每 {} 个月委托一次学习教育",
    "service_list_interval_months": "每 {} 个月更新一次服务清单",
    "consultation_interval_months": "每 {} 个月会商一次",
    "probation_opinion_requested_days": "讨论预备党员转正的党员大会 {} 天前，流出地书面征求意见",
    "probation_opinion_given_days": "讨论预备党员转正的党员大会 {} 天前，流入地书面答复",
    "deduction_response_working_days": "拟扣分的，党员有 {} 个工作日陈述意见",
    "appeal_days": "党员可在 {} 天内申诉",
}


def _co_management_zh_1(terms: Terms) -> list[str]:
    lines = ["流动党员双向共管协议"]
    for number, (title, clauses) in enumerate(_ARTICLES, start=1):
        lines += [f"第{_numeral(number)}条　{title}", *(f"{_INDENT}{clause}" for clause in clauses(terms))]
    return lines


def _parties(terms: Terms) -> Iterator[str]:
    for name, party in zip(_PARTY_NAMES, terms.parties, strict=True):
        yield f"{name}：{party.title}（节点编号 {party.node_id}）"
        people = "、".join(f"{officer.name}{_phone(officer.phone)}" for officer in party.receiving_officers)
        yield f"{name}接收专人：{people or '（尚未确定）'}"
    yield "党员组织关系所在的一方为该党员的流出地，党员工作生活所在的一方为该党员的流入地。"


def _term(terms: Terms) -> Iterator[str]:
    yield f"自 {terms.valid_from} 起至 {terms.valid_until} 止，首尾两日在内。业务日期不在此期间的，不按本协议办理。"
    if terms.predecessor is not msgspec.UNSET:
        yield f"本协议签署后，代替双方此前签署的协议（摘要 {terms.predecessor}）。"


def _leads(terms: Terms) -> Iterator[str]:
    for lead in terms.leads:
        yield f"{_title({**DUTY_TITLES, **LEAD_TITLES}, lead.duty)}：以{_SIDES[lead.side]}为主，另一方配合。"


def _kinds(terms: Terms) -> Iterator[str]:
    yield "双方只交换下列信息，未列明的不发送、不接收："
    senders: tuple[Party, ...] = ("origin", "destination", "either")
    for sender in senders:
        listed = [
            f"{_title(KIND_TITLES, allowed.kind)}（{allowed.kind}@{allowed.version}）"
            for allowed in terms.kinds
            if allowed.sender == sender
        ]
        if listed:
            yield f"{_SIDES[sender]}{'均可' if sender == 'either' else ''}发送：{'、'.join(listed)}。"


def _owners(terms: Terms) -> Iterator[str]:
    for owner in terms.owners:
        yield f"{_title(FIELD_TITLES, owner.field)}：以{_SIDES[owner.side]}填写为准，另一方可以提出异议，不得改写。"


def _scores(terms: Terms) -> Iterator[str]:
    pack = terms.rule_pack
    yield f"采用“{pack.title}”（{pack.name}，摘要 {terms.rule_pack_sha256}）。"
    if pack.example:
        yield "以下分值为示例值，使用前请双方商定。"
    yield f"每个积分年度，基础积分最多 {pack.base_year_cap} 分，活动积分最多 {pack.activity_year_cap} 分。"
    for rule in pack.rules:
        yield f"{_CATEGORIES[rule.category]}　{rule.title}（{rule.rule}）：{_points(rule)}"
    yield "同一事项双方都赋分的，只计一次。没有收到记载不等于没有参加，不得因此扣分。"


def _intervals(terms: Terms) -> Iterator[str]:
    for name, phrase in INTERVAL_PHRASES.items():
        yield f"{phrase.format(getattr(terms.intervals, name))}。"


def _records(terms: Terms) -> Iterator[str]:
    kept = terms.retention
    yield f"流动结束后，有关记载保存 {kept.months} 个月；满 {kept.minimum_months} 个月以前，任何一方不得删除。"
    yield "任何一方更正自己的记载，应另行记载，原记载保留可查。"
    yield f"签名与加密采用：{'、'.join(terms.suites)}。"


def _disputes(terms: Terms) -> Iterator[str]:
    yield "双方记载不一致的，由双方协商，一方提出处理办法，另一方同意后生效。"
    if terms.arbiter is not msgspec.UNSET:
        yield f"协商不成的，由节点 {terms.arbiter} 所属组织部门裁定。"


_ARTICLES: Final[tuple[tuple[str, Callable[[Terms], Iterator[str]]], ...]] = (
    ("双方", _parties),
    ("期限", _term),
    ("职责任务", lambda terms: _paragraphs(terms.sections.responsibilities)),
    ("目标任务与方法", lambda terms: _paragraphs(terms.sections.goals_and_methods)),
    ("保障措施", lambda terms: _paragraphs(terms.sections.safeguards)),
    ("主办与配合", _leads),
    ("信息交换", _kinds),
    ("信息归属", _owners),
    ("积分", _scores),
    ("时限", _intervals),
    ("记载的保存", _records),
    ("分歧", _disputes),
)


def _paragraphs(words: str) -> Iterator[str]:
    """Indented line by line, so that no section can show what looks like another article."""
    yield from words.split("\n") if words.strip() else ("（尚未填写）",)


def _points(rule: Rule) -> str:
    if not rule.enabled:
        return "未启用。"
    points = f"{rule.points_min}" if rule.points_min == rule.points_max else f"{rule.points_min} 至 {rule.points_max}"
    verb = "扣分" if rule.category == "deduction" else "赋分"
    cap = f"，每年最多 {rule.year_cap} 分" if rule.year_cap else ""
    by = "双方均可" if rule.awarded_by == "either" else f"由{_SIDES[rule.awarded_by]}"
    return f"每次 {points} 分{cap}，{by}{verb}。"


def _phone(phone: str | msgspec.UnsetType) -> str:
    return "" if phone is msgspec.UNSET else f"（{phone}）"


def _title(titles: dict[str, str], name: str) -> str:
    """Raises G-kind-unknown for a name that this software has no words for."""
    if name not in titles:
        raise refuse("G-kind-unknown", name=name)
    return titles[name]


def _numeral(number: int) -> str:
    ten = len(_NUMERALS)
    return _NUMERALS[number - 1] if number <= ten else f"十{_NUMERALS[number - ten - 1]}"


TEMPLATES: Final[dict[str, Template]] = {
    "co_management_zh_1": Template(frozenset({"co_management"}), _co_management_zh_1),
}
