"""What two committees start from: default words, default terms, an example rule pack. All of it is theirs to change.

The words follow the opinion on two-sided co-management (its parts on duties and methods); leads, intervals and points
are our proposals where the source texts say only "in time" or "regularly"::

    terms = default_terms((origin, destination), "2026-01-01", "2026-12-31")
"""

from typing import Final, Literal

from gongguan.protocol.keys import FLOOR, HYBRID
from gongguan.protocol.messages import KINDS
from gongguan.protocol.messages.kind import Party
from gongguan.protocol.terms import (
    AgreementParty,
    AllowedKind,
    Intervals,
    Lead,
    Owner,
    Retention,
    Rule,
    RulePack,
    Sections,
    Terms,
    pack_sha256,
)

TEMPLATE: Final = "co_management_zh_1"

SECTIONS: Final = Sections(
    responsibilities="\n".join(
        (
            "流出地：每年排查一次流动党员，及时更新名册；做好外出前教育，登记发放《活动证》；主动通报外出党员情况；"
            "每季度至少与外出党员联系一次；党员返回后查验《活动证》，了解其外出期间表现；党籍、党内选举和预备党员转正由流出地办理。",
            "流入地：明确专人接收流动党员，核实身份后及时编入党的一个组织并确定联系责任人；通知其参加组织生活和重要活动；"
            "组织生活、党费等情况即时记入《活动证》；定期反馈现实表现；工作生活地点变动或发生重大情况及时通报。",
            "双方：不得以任何借口推诿；没有收到记载的情况一律按“不掌握”对待，由联系责任人核实，不得推定为没有参加。",
        )
    ),
    goals_and_methods="\n".join(
        (
            "目标：每一名流动党员去向明、状况清、信息准，始终处于党组织有效管理之中，接受经常性教育，发挥先锋模范作用。",
            "方法：签订协议，定期会商；支部结对共建；定期互通纳入管理、参加组织生活、重大现实表现和预备党员转正情况；"
            "双方共同赋分，按期对账，不一致的逐条列明、协商处理。",
        )
    ),
    safeguards="\n".join(
        (
            "组织保障：双方各明确接收专人和联系电话，变动时及时告知对方；流入地提供必要的活动场地和服务。",
            "党员权利保障：党员可查询、要求更正本人记载；扣分须有书面认定、两人审批、事先告知并允许申诉，未经双方决议不启用；"
            "积分只作参考，不自动产生任何处理结果。",
            "信息保障：只交换本协议列明的信息，个人信息最小必要，专人专用，不采集行踪、言论和信访内容。",
        )
    ),
)


def _rule(
    rule: str,
    title: str,
    category: Literal["base", "activity"],
    awarded_by: Party,
    points: tuple[int, int],
    year_cap: int,
) -> Rule:
    least, most = points
    return Rule(
        rule=rule,
        title=title,
        category=category,
        awarded_by=awarded_by,
        points_min=least,
        points_max=most,
        year_cap=year_cap,
        enabled=True,
    )


def _deduction(rule: str, title: str) -> Rule:
    """Listed and switched off: only a signed resolution of both committees gives it points."""
    return Rule(
        rule=rule,
        title=title,
        category="deduction",
        awarded_by="either",
        points_min=0,
        points_max=0,
        year_cap=0,
        enabled=False,
    )


EXAMPLE_PACK: Final = RulePack(
    name="example_zh_1",
    title="流动党员积分规则（示例值）",
    example=True,
    base_year_cap=60,
    activity_year_cap=40,
    rules=(
        _rule("report_before_departure", "外出前报告", "base", "origin", (6, 6), 6),
        _rule("arrival_reported", "流入地报到", "base", "destination", (6, 6), 6),
        _rule("dues_paid", "按月交纳党费", "base", "either", (1, 1), 12),
        _rule("organisational_life", "参加组织生活", "base", "either", (2, 2), 24),
        _rule("quarterly_report", "定期汇报个人情况", "base", "either", (3, 3), 12),
        _rule("pioneer_post", "先锋岗", "activity", "either", (1, 5), 5),
        _rule("model_post", "示范岗", "activity", "either", (1, 5), 5),
        _rule("promise_kept", "承诺践诺", "activity", "either", (1, 5), 5),
        _rule("volunteering", "志愿服务", "activity", "either", (1, 2), 25),
        _deduction("improper_speech", "发表或传播不当言论"),
        _deduction("petition_rule_broken", "不按信访有关规定反映问题"),
        _deduction("credit_default", "有失信行为且尚未解除"),
    ),
)
"""Up to 60 base points and 40 activity points a year; an activity is worth a range, "according to performance"."""

LEADS: Final = (
    Lead(duty="movement", side="origin"),
    Lead(duty="contact", side="destination"),
    Lead(duty="organisational_life", side="destination"),
    Lead(duty="dues", side="destination"),
    Lead(duty="scores", side="origin"),
    Lead(duty="reconciliation", side="origin"),
    Lead(duty="agreement", side="origin"),
)
"""The source texts disagree on who leads; here each duty is led where the facts arise."""

OWNERS: Final = (
    Owner(field="identity", side="origin"),
    Owner(field="joined_on", side="origin"),
    Owner(field="category", side="origin"),
    Owner(field="affiliation_status", side="origin"),
    Owner(field="affiliated_branch", side="origin"),
    Owner(field="certificate", side="origin"),
    Owner(field="probation", side="origin"),
    Owner(field="managing_body", side="destination"),
    Owner(field="arrived_on", side="destination"),
    Owner(field="contact_officer", side="destination"),
)

INTERVALS: Final = Intervals(
    departure_notice_working_days=10,
    admission_working_days=10,
    arrival_overdue_working_days=15,
    return_check_working_days=10,
    relocation_working_days=5,
    major_event_working_days=2,
    certificate_entry_late_working_days=3,
    appraisal_result_working_days=10,
    feedback_interval_months=3,
    bulletin_interval_months=3,
    study_delegation_interval_months=3,
    service_list_interval_months=3,
    consultation_interval_months=6,
    probation_opinion_requested_days=60,
    probation_opinion_given_days=15,
    deduction_response_working_days=15,
    appeal_days=30,
)

RETENTION: Final = Retention(months=60, minimum_months=24)

SUITES: Final = ("ed25519", HYBRID, FLOOR)


def default_kinds() -> tuple[AllowedKind, ...]:
    """Every kind of this software that an agreement can allow, each to the side that may send it."""
    gated = sorted(kind.name for kind in KINDS.values() if kind.gated)
    return tuple(AllowedKind(kind=name, version=KINDS[name].version, sender=KINDS[name].sender) for name in gated)


def default_terms(
    parties: tuple[AgreementParty, AgreementParty], valid_from: str, valid_until: str, pack: RulePack = EXAMPLE_PACK
) -> Terms:
    """The terms to begin a draft with; dates are ``YYYY-MM-DD``, both inclusive."""
    return Terms(
        kind="co_management",
        template=TEMPLATE,
        parties=parties,
        valid_from=valid_from,
        valid_until=valid_until,
        sections=SECTIONS,
        leads=LEADS,
        kinds=default_kinds(),
        owners=OWNERS,
        rule_pack=pack,
        rule_pack_sha256=pack_sha256(pack),
        intervals=INTERVALS,
        retention=RETENTION,
        suites=SUITES,
    )
