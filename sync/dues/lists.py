"""What is known of members' dues: months covered, paid-until, and who has had no covered month for half a year.

Four states: paid (by whichever side's entry), relieved, confirmed unpaid, unknown. Six months in a row without dues can
cost a person the membership, so *unknown* is listed for somebody to look into and is never counted as unpaid; the list
proposes nothing and sets off nothing::

    list_dues(act, DuesList()).lines   ->  [DuesLine(name="巴特尔", paid_until="2026-02", unknown=1, …)]
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Annotated, Any, Final, NamedTuple

import msgspec

from gongguan.sync.act import Act
from gongguan.sync.days import today
from gongguan.sync.dues.dues import dues_details_of
from gongguan.sync.dues.rates import FIXED, RATES, yuan
from gongguan.sync.exchange.values import Value
from gongguan.sync.labels import RowsShown, labelled
from gongguan.sync.months import Month, between
from gongguan.sync.persons.bodies import short_names
from gongguan.sync.records import DuesRecord
from gongguan.sync.shared.charges import Charge, Person, charge_of, charges_on
from gongguan.sync.shared.periods import (
    side_name,
)
from gongguan.sync.shared.provenance import Sources
from gongguan.sync.shared.views import (
    effective,
    of_subjects,
    standing,
    standing_keys,
)
from gongguan.sync.store import Store

MONTHS_BACK: Final = 24
"""How far back months are looked at: arrears are generally taken for at most half a year (Art. 12)."""
LAGGING_MONTHS: Final = 6

COVERED: Final = frozenset({"paid", "relieved"})


class DuesList(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``dues.list``."""

    limit: RowsShown = 200


class DuesShow(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``dues.show``."""

    person: Person


class DuesLagging(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``dues.lagging``."""


class DuesRates(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``dues.rates``."""


class DuesLine(msgspec.Struct, frozen=True, kw_only=True):
    """One member; the counts are of the months away, up to the last one that is over."""

    name: Annotated[str, labelled("姓名", "name")]
    branch: Annotated[str, labelled("党支部", "branch")]
    paid_until: Annotated[str | None, labelled("党费缴至", "paid until")]
    covered: Annotated[int, labelled("已缴或减免（月）", "months covered")]
    confirmed_unpaid: Annotated[int, labelled("经确认未缴（月）", "months confirmed unpaid")]
    unknown: Annotated[int, labelled("未知（月）", "months unknown")]
    person: Annotated[str, labelled("编号", "id")]


class DuesListed(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``dues.list``."""

    members: Annotated[int, labelled("在外党员", "members away")]
    lines: Annotated[list[DuesLine], labelled("党费", "dues")]


class DuesMonth(msgspec.Struct, frozen=True, kw_only=True):
    """One month. Amounts are those entered here; the partner's stay there."""

    month: Annotated[str, labelled("月份", "month")]
    state: Annotated[str, labelled("交纳情况", "state", codes="dues_state")]
    witnesses: Annotated[str | None, labelled("登记方", "entered by", codes="side")]
    on: Annotated[str | None, labelled("日期", "date")]
    amount: Annotated[str | None, labelled("实交（元）", "paid, yuan")]
    due: Annotated[str | None, labelled("标准（元）", "by the rate, yuan")]
    receipt: Annotated[str | None, labelled("收据号", "receipt")]
    approval: Annotated[str | None, labelled("减免批准", "approved by")]
    reason: Annotated[str | None, labelled("原因", "reason", codes="unpaid_reason")]


class DuesShown(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``dues.show``, the newest month first."""

    name: Annotated[str, labelled("姓名", "name")]
    paid_until: Annotated[str | None, labelled("党费缴至", "paid until")]
    months: Annotated[list[DuesMonth], labelled("月份", "months")]


class LaggingLine(msgspec.Struct, frozen=True, kw_only=True):
    """A member without a covered month for half a year. ``finding`` says which of the two it is."""

    name: Annotated[str, labelled("姓名", "name")]
    branch: Annotated[str, labelled("党支部", "branch")]
    finding: Annotated[str, labelled("情况", "finding", codes="dues_finding")]
    confirmed_unpaid: Annotated[int, labelled("其中经确认未缴（月）", "months confirmed unpaid")]
    unknown: Annotated[int, labelled("其中未知（月）", "months unknown")]
    last_covered: Annotated[str | None, labelled("最近已缴月份", "last month covered")]
    person: Annotated[str, labelled("编号", "id")]


class LaggingListed(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``dues.lagging``. ``confirmed``: every one of the last six months was confirmed unpaid by a person."""

    confirmed: Annotated[int, labelled("连续六个月经确认未缴", "confirmed unpaid for six months")]
    to_look_into: Annotated[int, labelled("有未知月份，须先了解", "with unknown months: to be looked into")]
    lines: Annotated[list[LaggingLine], labelled("党员", "members")]


class RateLine(msgspec.Struct, frozen=True, kw_only=True):
    """One step of the table."""

    payer: Annotated[str, labelled("类别", "rate", codes="dues_payer")]
    income: Annotated[str, labelled("月收入（税后）", "monthly income after tax")]
    amount: Annotated[str, labelled("月交", "a month")]


class RatesShown(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``dues.rates``."""

    rates: Annotated[list[RateLine], labelled("党费标准", "rates")]


class Known(NamedTuple):
    """What is known of one month of a member."""

    state: str
    on: str | None = None
    witnesses: str | None = None
    record: DuesRecord | None = None


def list_dues(act: Act, request: DuesList) -> DuesListed:
    """Everyone away now, those with most unknown months first."""
    names = short_names(act.store)
    lines = []
    away = charges_on(act, today(act.now))
    every = states_of_months(act.store, away, today(act.now))
    for charge in away:
        known = every[charge.person]
        states = list(_over(known, today(act.now)).values())
        lines.append(
            DuesLine(
                name=charge.name,
                branch=names.get(charge.body_code or "", charge.body_code or ""),
                paid_until=_paid_until(known),
                covered=sum(state in COVERED for state in states),
                confirmed_unpaid=states.count("confirmed_unpaid"),
                unknown=states.count("unknown"),
                person=charge.person,
            )
        )
    lines.sort(key=lambda line: (-line.unknown, line.branch, line.name))
    return DuesListed(members=len(lines), lines=lines[: request.limit])


def show_dues(act: Act, request: DuesShow) -> DuesShown:
    """All months away of one member, at most two years back. Raises D-person-…."""
    charge = charge_of(act, request.person)
    known = months_of(act.store, charge, today(act.now))
    lines = [_month(month, item) for month, item in sorted(known.items(), reverse=True)]
    states = {month: item.state for month, item in known.items()}
    return DuesShown(name=charge.name, paid_until=_paid_until(states), months=lines)


def list_lagging(act: Act, request: DuesLagging) -> LaggingListed:
    """Members of whom none of the last six months away is covered."""
    names = short_names(act.store)
    day = today(act.now)
    lines = []
    away = charges_on(act, day)
    every = states_of_months(act.store, away, day)
    for charge in away:
        known = every[charge.person]
        run = uncovered(_over(known, day))
        if len(run) < LAGGING_MONTHS:
            continue
        unpaid = run.count("confirmed_unpaid")
        confirmed = set(run[:LAGGING_MONTHS]) == {"confirmed_unpaid"}
        lines.append(
            LaggingLine(
                name=charge.name,
                branch=names.get(charge.body_code or "", charge.body_code or ""),
                finding="confirmed_unpaid" if confirmed else "to_look_into",
                confirmed_unpaid=unpaid,
                unknown=len(run) - unpaid,
                last_covered=_paid_until(known),
                person=charge.person,
            )
        )
    lines.sort(key=lambda line: (line.finding, line.branch, line.name))
    confirmed_count = sum(line.finding == "confirmed_unpaid" for line in lines)
    return LaggingListed(confirmed=confirmed_count, to_look_into=len(lines) - confirmed_count, lines=lines)


def show_rates(act: Act, request: DuesRates) -> RatesShown:
    """The table of rates."""
    lines = []
    for payer, steps in RATES.items():
        for step in steps:
            upper = f"{yuan(step.up_to)} 元以下" if step.up_to else "更多"
            lines.append(RateLine(payer=payer, income=upper, amount=f"{step.permille / 10:g}%"))
    for payer, amount in FIXED.items():
        shown = (
            f"{yuan(amount.least)} 元"
            if amount.least == amount.most
            else f"{yuan(amount.least)} 至 {yuan(amount.most)} 元"
        )
        lines.append(RateLine(payer=payer, income="", amount=shown))
    return RatesShown(rates=lines)


def months_of(store: Store, charge: Charge, day: date) -> dict[str, Known]:
    """Month → what is known, for every month in which the member was away, up to the present one."""
    window = _window(day)
    held = _held(charge, of_subjects(store, charge.periods, ("dues",)), Sources(store))
    rows = store.find(DuesRecord, person=charge.person, withdrawn=None, month__ge=window[0].name)
    kept = {row.month: row for row in rows}
    return {month.name: _known(held.get(month.name), kept.get(month.name)) for month in _away_in(charge, window)}


def states_of_months(store: Store, charges: Iterable[Charge], day: date) -> dict[str, dict[str, str]]:
    """Person → month → paid, relieved, confirmed_unpaid or unknown: no more of many members than lists count."""
    charges, window = list(charges), _window(day)
    paid = standing_keys(store, [period for charge in charges for period in charge.periods], "dues")
    kept: dict[str, dict[str, str]] = {charge.person: {} for charge in charges}
    fields = ("person", "month", "number", "state")
    since: dict[str, Any] = {"withdrawn": None, "month__ge": window[0].name}
    for person, month, _, state in store.pick(DuesRecord, fields, person__in=list(kept), **since):
        kept[person][month] = state
    for charge in charges:
        months = kept[charge.person]
        for period in charge.periods:
            months |= {key.removeprefix("dues/"): "paid" for key in paid.get(period.subject, ())}
    return {
        charge.person: {
            month.name: kept[charge.person].get(month.name, "unknown") for month in _away_in(charge, window)
        }
        for charge in charges
    }


def uncovered(known: Mapping[str, str]) -> list[str]:
    """States of the newest months in a row that are not covered, the newest first.

    A month at home ends the row: nothing is looked for in it here, and six months in a row are meant (Art. 9).
    """
    found: list[str] = []
    expected = max(known, default="")
    for month in sorted(known, reverse=True):
        if month != expected or known[month] in COVERED:
            break
        found.append(known[month])
        expected = Month.named(month).before().name
    return found


# --- inside ---------------------------------------------------------------------------------------------------


def _window(day: date) -> tuple[Month, ...]:
    last = Month.of(day)
    return between(f"{last.first.year - MONTHS_BACK // 12}-{last.first.month:02}", last.name)


def _away_in(charge: Charge, window: Sequence[Month]) -> list[Month]:
    """The months of this row of months in which the member was away on any day."""
    begins = _number(window[0].first)
    found: dict[int, None] = {}
    for stay in charge.stays:
        last = _number(stay.last) - begins if stay.last else len(window) - 1
        found |= dict.fromkeys(range(max(0, _number(stay.first) - begins), min(last, len(window) - 1) + 1))
    return [window[at] for at in sorted(found)]


def _number(day: date) -> int:
    return 12 * day.year + day.month


def _held(charge: Charge, records: Mapping[str, Mapping[str, Value]], sources: Sources) -> dict[str, Known]:
    """Months that either side entered in the certificate, over all periods."""
    found: dict[str, Known] = {}
    for period in charge.periods:
        own = sources.party(period.pairing_id)
        origin = own if charge.side == "origin" else 1 - own
        for key, record in records.get(period.subject, {}).items():
            value = effective(record)
            if value is not None:
                sides = {side_name(item["party"], origin) for item in standing(record)}
                witnesses = sources.witnesses(period.pairing_id, charge.side, sides)
                found[key.removeprefix("dues/")] = Known("paid", value["paid_on"], witnesses)
    return found


def _known(held: Known | None, kept: DuesRecord | None) -> Known:
    if held is not None:
        return held._replace(record=kept)
    if kept is not None:
        return Known(kept.state, kept.on, None, kept)
    return Known("unknown")


def _over(known: Mapping[str, str], day: date) -> dict[str, str]:
    """Without the present month, which is not over."""
    present = day.isoformat()[:7]
    return {month: state for month, state in known.items() if month < present}


def _paid_until(known: Mapping[str, str]) -> str | None:
    return max((month for month, state in known.items() if state in COVERED), default=None)


def _month(month: str, item: Known) -> DuesMonth:
    details = dues_details_of(item.record) if item.record else None
    return DuesMonth(
        month=month,
        state=item.state,
        witnesses=item.witnesses,
        on=item.on,
        amount=yuan(details.paid) if details and details.paid is not None else None,
        due=yuan(details.due) if details and details.due is not None else None,
        receipt=details.receipt if details else None,
        approval=details.approval if details else None,
        reason=details.reason if details else None,
    )
