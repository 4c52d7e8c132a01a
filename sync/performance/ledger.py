"""Scores: contributions of both sides, and the merged ledger that anyone can compute again from them (B-32 to B-39).

The ledger is a *view* over one member's shared records under one agreement; nothing of it is stored or folded. An event
that both sides scored is one entry with two witnesses, counted once; different points count provisionally and are a
named conflict. Caps hold for the merged ledger, not per side. What is not known is *unknown* and costs nothing. There
is no way to enter a deduction: contested grounds are listed in the rule pack with no value and switched off. The total
over several destinations is origin's to see, and no part of this::

    contribute(act, ScoreContribute(subject=…, year=2026, rule="volunteering", event="2026-10-tree", on="2026-10-12"))
    ledger(records, terms.rule_pack, 2026, date(2026, 11, 21)).total
"""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Annotated, Literal

import msgspec

from gongguan.protocol.errors import refuse
from gongguan.protocol.messages.score import ScoreContributed, ScoreReversed
from gongguan.protocol.terms import Rule, RulePack
from gongguan.sync.act import Act
from gongguan.sync.days import check_happened, today
from gongguan.sync.exchange.fold import origin_party
from gongguan.sync.exchange.values import Records, Value
from gongguan.sync.labels import labelled
from gongguan.sync.performance.activities import Day, Event, Subject
from gongguan.sync.quarters import Quarter
from gongguan.sync.records import MobilityPeriod
from gongguan.sync.shared.entries import own_message, own_standing, records_now, write
from gongguan.sync.shared.partners import Peer, active_pairing, terms_of, version_in_force
from gongguan.sync.shared.periods import (
    check_reach,
    name_of,
    period_of,
    side_name,
    state_in,
)
from gongguan.sync.shared.views import (
    effective,
    standing,
    unit_records,
)

Year = Annotated[int, labelled("积分年度", "scoring year", ge=1900, le=2200)]


class ScoreContribute(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``score.contribute``. Both sides name one event alike. ``points`` left out: the most of the rule."""

    subject: Subject
    year: Year
    rule: Annotated[str, labelled("积分规则", "rule", pattern=r"^[a-z][a-z0-9_]{0,63}$")]
    event: Event
    on: Day
    points: Annotated[Annotated[int, msgspec.Meta(ge=1, le=100)] | None, labelled("分值", "points")] = None


class ScoreReverse(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``score.reverse``."""

    contribution: Annotated[str, labelled("赋分编号", "contribution", argument=True, pattern=r"^[0-9a-f]{32}$")]
    reason: Annotated[
        Literal["entered_in_error", "wrong_member", "wrong_value", "not_confirmed"],
        labelled("撤回原因", "reason", codes="correction"),
    ]


class ScoreShow(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``score.show``."""

    subject: Subject
    year: Year


class ScoreRules(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``score.rules``."""

    peer: Peer = ""


class ScoreMade(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a contribution. ``counts``: the points that the event counts with now, before caps."""

    contribution: Annotated[str, labelled("赋分编号", "contribution")]
    status: Annotated[str, labelled("状态", "status", codes="fact_status")]
    counts: Annotated[int | None, labelled("现计分值", "points that count")]
    conflict: Annotated[str | None, labelled("冲突编号", "conflict")] = None


class LedgerEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One event under one rule. ``counted``: what is left of ``points`` after the caps."""

    rule: Annotated[str, labelled("规则", "rule")]
    title: Annotated[str, labelled("项目", "title")]
    category: Annotated[str | None, labelled("类别", "category", codes="score_category")]
    event: Annotated[str, labelled("活动编号", "event")]
    on: Annotated[str | None, labelled("日期", "date")]
    points: Annotated[int | None, labelled("分值", "points")]
    counted: Annotated[int, labelled("计入", "counted")]
    witnesses: Annotated[str, labelled("赋分方", "witnesses", codes="side")]
    status: Annotated[str, labelled("状态", "status", codes="fact_status")]
    provisional: Annotated[bool, labelled("暂计", "provisional")]
    conflict: Annotated[str | None, labelled("冲突编号", "conflict")]
    contributions: Annotated[list[str], labelled("赋分编号", "contributions")]


class RuleTotal(msgspec.Struct, frozen=True, kw_only=True):
    """One rule over the year; a cap of 0 is none."""

    rule: Annotated[str, labelled("规则", "rule")]
    title: Annotated[str, labelled("项目", "title")]
    category: Annotated[str, labelled("类别", "category", codes="score_category")]
    points: Annotated[int, labelled("得分", "points")]
    cap: Annotated[int, labelled("年度上限", "year cap")]
    counted: Annotated[int, labelled("计入", "counted")]


class MonthLine(msgspec.Struct, frozen=True, kw_only=True):
    """What is on record of one month. ``unknown`` is neither absent nor unpaid."""

    month: Annotated[str, labelled("月份", "month")]
    dues: Annotated[str, labelled("党费", "dues", codes="dues_state")]
    organisational_life: Annotated[str, labelled("组织生活", "organisational life", codes="attendance")]
    attended: Annotated[int | None, labelled("参加次数", "times attended")]


class QuarterLine(msgspec.Struct, frozen=True, kw_only=True):
    """What is on record of one quarter."""

    quarter: Annotated[str, labelled("季度", "quarter")]
    conduct: Annotated[str, labelled("现实表现", "conduct", codes="conduct")]


class Ledger(msgspec.Struct, frozen=True, kw_only=True):
    """A member's merged ledger of one scoring year. ``total`` = base + activity - deductions, all after caps."""

    year: Annotated[int, labelled("积分年度", "scoring year")]
    base: Annotated[int, labelled("基础积分", "base")]
    activity: Annotated[int, labelled("活动积分", "activity")]
    deductions: Annotated[int, labelled("反向扣分（未启用）", "deductions (switched off)")]
    total: Annotated[int, labelled("合计", "total")]
    base_cap: Annotated[int, labelled("基础积分上限", "cap of base")]
    activity_cap: Annotated[int, labelled("活动积分上限", "cap of activity")]
    provisional: Annotated[bool, labelled("有暂计分值", "partly provisional")]
    example_values: Annotated[bool, labelled("规则为示例值", "example values")]
    entries: Annotated[list[LedgerEntry], labelled("积分明细", "entries")]
    rules: Annotated[list[RuleTotal], labelled("分项合计", "per rule")]
    months: Annotated[list[MonthLine], labelled("按月掌握情况", "known of months")]
    quarters: Annotated[list[QuarterLine], labelled("按季反馈情况", "known of quarters")]


class ScoreShown(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``score.show``."""

    name: Annotated[str | None, labelled("姓名", "name")]
    ledger: Annotated[Ledger, labelled("积分", "ledger")]


class RuleLine(msgspec.Struct, frozen=True, kw_only=True):
    """One rule of the pack."""

    rule: Annotated[str, labelled("规则", "rule")]
    title: Annotated[str, labelled("项目", "title")]
    category: Annotated[str, labelled("类别", "category", codes="score_category")]
    awarded_by: Annotated[str, labelled("赋分方", "awarded by", codes="awarded_by")]
    points_min: Annotated[int, labelled("最低分", "least points")]
    points_max: Annotated[int, labelled("最高分", "most points")]
    year_cap: Annotated[int, labelled("年度上限", "year cap")]
    enabled: Annotated[bool, labelled("启用", "enabled")]


class RulesShown(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``score.rules``: the pack of the agreement version in force."""

    name: Annotated[str, labelled("规则包", "pack")]
    title: Annotated[str, labelled("名称", "title")]
    example: Annotated[bool, labelled("示例值", "example values")]
    sha256: Annotated[str, labelled("摘要", "digest")]
    base_year_cap: Annotated[int, labelled("基础积分上限", "cap of base")]
    activity_year_cap: Annotated[int, labelled("活动积分上限", "cap of activity")]
    rules: Annotated[list[RuleLine], labelled("规则", "rules")]


def contribute(act: Act, request: ScoreContribute) -> ScoreMade:
    """Score one event. Raises D-score-year, -self, -already, D-date…, and the refusals of the gate (G-rule-…).

    Whoever assesses is not the member scored (B-39): a person of the same name leaves it to somebody else.
    """
    if check_happened(act.now, request.on).year != request.year:
        raise refuse("D-score-year", year=request.year)
    period = check_reach(act, request.subject)
    if name_of(act.store, period) == act.staff.name:
        raise refuse("D-score-self")
    key = f"score/{request.year}/{request.rule}/{request.event}"
    if own_standing(act, period, key) is not None:
        raise refuse("D-score-already", subject=request.subject)
    body = ScoreContributed(
        year=request.year,
        rule=request.rule,
        event=request.event,
        points=_points(act, period, request),
        on=request.on,
    )
    return _made(act, period, key, write(act, period, "score.contributed", body))


def reverse(act: Act, request: ScoreReverse) -> ScoreMade:
    """Take back a contribution of ours. Raises D-score-unknown, D-entry-withdrawn, A-subtree."""
    period, key = own_message(act, request.contribution, ("score/",), "D-score-unknown")
    body = ScoreReversed(contribution=request.contribution, reason=request.reason)
    write(act, period, "score.reversed", body, in_force=False)
    return _made(act, period, key, request.contribution)


def show(act: Act, request: ScoreShow) -> ScoreShown:
    """The merged ledger of one member and year under the rule pack in force."""
    period = period_of(act.store, request.subject)
    records = unit_records(act.store, period.agreement, period.subject)
    pack = terms_of(act.store, period.pairing_id).rule_pack
    return ScoreShown(name=name_of(act.store, period), ledger=ledger(records, pack, request.year, today(act.now)))


def show_rules(act: Act, request: ScoreRules) -> RulesShown:
    """The pack in force with a partner. Raises D-peer-…, G-not-in-force."""
    terms = terms_of(act.store, active_pairing(act.store, request.peer).pairing_id)
    pack = terms.rule_pack
    return RulesShown(
        name=pack.name,
        title=pack.title,
        example=pack.example,
        sha256=terms.rule_pack_sha256,
        base_year_cap=pack.base_year_cap,
        activity_year_cap=pack.activity_year_cap,
        rules=[RuleLine(**msgspec.structs.asdict(rule)) for rule in pack.rules],
    )


def ledger(records: Records, pack: RulePack, year: int, day: date) -> Ledger:
    """Merge what both sides contributed. Pure: both nodes get the same for the same records, pack and ``day``.

    ``day`` bounds only which months and quarters are listed. Caps are filled in the order of dates, then of rules and
    events, so that it can be said which entry no longer counts.
    """
    rules = {rule.rule: rule for rule in pack.rules}
    found = sorted(_entries(records, rules, year), key=lambda entry: (entry.on or "", entry.rule, entry.event))
    caps = {"base": pack.base_year_cap, "activity": pack.activity_year_cap}
    entries, totals = _capped(found, rules, caps)
    per_rule = [_rule_total(rule, entries) for rule in pack.rules if any(item.rule == rule.rule for item in entries)]
    months = list(_months(records, year, day))
    return Ledger(
        year=year,
        base=totals["base"],
        activity=totals["activity"],
        deductions=0,
        total=totals["base"] + totals["activity"],
        base_cap=pack.base_year_cap,
        activity_cap=pack.activity_year_cap,
        provisional=any(entry.provisional for entry in entries),
        example_values=pack.example,
        entries=entries,
        rules=per_rule,
        months=[_month(records, month) for month in months],
        quarters=[_quarter(records, quarter) for quarter in dict.fromkeys(map(_quarter_of, months))],
    )


# --- inside ---------------------------------------------------------------------------------------------------


def _points(act: Act, period: MobilityPeriod, request: ScoreContribute) -> int:
    if request.points is not None:
        return request.points
    version = act.exchange.book(period.pairing_id).version(version_in_force(act, period.pairing_id))
    if version is None:
        raise refuse("G-not-in-force", pairing=period.pairing_id)
    return max(version.gate.rule(request.rule).points_max, 1)


def _made(act: Act, period: MobilityPeriod, key: str, contribution: str) -> ScoreMade:
    record = records_now(act, period)[key]
    value = effective(record)
    return ScoreMade(
        contribution=contribution,
        status=record["status"],
        counts=value["points"] if value else None,
        conflict=record.get("conflict"),
    )


def _entries(records: Records, rules: Mapping[str, Rule], year: int) -> Iterator[LedgerEntry]:
    origin = origin_party(records)
    for key in records:
        if not key.startswith(f"score/{year}/"):
            continue
        record = records[key]
        _, _, rule, event = key.split("/", 3)
        value = effective(record)
        known = rules.get(rule)
        yield LedgerEntry(
            rule=rule,
            title=known.title if known else rule,
            category=known.category if known else None,
            event=event,
            on=value["on"] if value else None,
            points=value["points"] if value else None,
            counted=0,
            witnesses=_witnesses(record, value, origin),
            status=record["status"],
            provisional=record["status"] == "conflict",
            conflict=record.get("conflict"),
            contributions=[entry["id"] for entry in standing(record)],
        )


def _witnesses(record: Value, value: Value | None, origin: int) -> str:
    """Who stands by the points that count."""
    if value is None:
        return "none"
    sides = {
        side_name(entry["party"], origin) for entry in standing(record) if entry["value"]["points"] == value["points"]
    }
    return "both" if len(sides) > 1 else min(sides)


def _capped(
    found: list[LedgerEntry], rules: Mapping[str, Rule], caps: Mapping[str, int]
) -> tuple[list[LedgerEntry], dict[str, int]]:
    """Entries with what counts of them, and the sum per category. A cap of 0 is none."""
    per_rule: dict[str, int] = {}
    totals = dict.fromkeys(caps, 0)
    entries = []
    for entry in found:
        counted = 0
        category = entry.category or ""
        if entry.points is not None and category in caps:
            room = _room(rules[entry.rule].year_cap, per_rule.get(entry.rule, 0))
            counted = max(0, min(entry.points, room, _room(caps[category], totals[category])))
            per_rule[entry.rule] = per_rule.get(entry.rule, 0) + counted
            totals[category] += counted
        entries.append(msgspec.structs.replace(entry, counted=counted))
    return entries, totals


def _room(cap: int, used: int) -> int:
    return cap - used if cap else 1_000_000


def _rule_total(rule: Rule, entries: list[LedgerEntry]) -> RuleTotal:
    mine = [entry for entry in entries if entry.rule == rule.rule]
    return RuleTotal(
        rule=rule.rule,
        title=rule.title,
        category=rule.category,
        points=sum(entry.points or 0 for entry in mine),
        cap=rule.year_cap,
        counted=sum(entry.counted for entry in mine),
    )


def _months(records: Records, year: int, day: date) -> Iterator[str]:
    """The months of the year in which the member was away, up to this one."""
    departure = effective(records.get("movement/departure"))
    ended = effective(records.get("movement/return"))
    first = str(departure["left_on"])[:7] if departure else f"{year}-01"
    over = state_in(records) == "ended"
    last = min(day.isoformat()[:7], str(ended["ended_on"])[:7] if ended and over else f"{year}-12")
    for number in range(1, 13):
        if first <= f"{year}-{number:02}" <= last:
            yield f"{year}-{number:02}"


def _month(records: Records, month: str) -> MonthLine:
    dues = effective(records.get(f"dues/{month}"))
    found = [records[key] for key in records if key.startswith("life/")]
    known = [record for record in found if (value := effective(record)) and value["on"][:7] == month]
    attended = [record for record in known if record["effective"]["attendance"] == "confirmed"]
    if any(record["status"] == "conflict" for record in known):
        state = "conflict"
    elif attended:
        state = "confirmed"
    else:
        state = "confirmed_absent" if known else "unknown"
    return MonthLine(
        month=month,
        dues="paid" if dues else "unknown",
        organisational_life=state,
        attended=len(attended) if known else None,
    )


def _quarter_of(month: str) -> str:
    return Quarter.of(date.fromisoformat(f"{month}-01")).name


def _quarter(records: Records, quarter: str) -> QuarterLine:
    value = effective(records.get(f"feedback/{quarter}"))
    return QuarterLine(quarter=quarter, conduct=value["conduct"] if value else "unknown")
