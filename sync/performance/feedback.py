"""The destination's quarterly feedback on each member it manages: counts and a code, never narrative (A-43).

Every member has one state per quarter: received, not yet due, due, or overdue. The destination owes it, so it is the
destination that is late; but only facts on record make anybody late. Where the origin has heard nothing from its
partner since the due date the state is *unknown*: the feedback may have been given and not have arrived. A count that
nobody knows is left out, never zero::

    give_all(act, FeedbackGiveAll(quarter="2026Q4"))
"""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Annotated, Final, Literal, NamedTuple

import msgspec

from gongguan.protocol.errors import refuse
from gongguan.protocol.messages.feedback import FeedbackGiven
from gongguan.sync.act import Act, stamp
from gongguan.sync.days import CHINA, today
from gongguan.sync.exchange.values import Records
from gongguan.sync.labels import labelled
from gongguan.sync.paper.answers import answered
from gongguan.sync.paper.word import Heard
from gongguan.sync.performance.activities import Subject
from gongguan.sync.quarters import Quarter
from gongguan.sync.records import PAPER, Contact, Delivery, Epoch, LogMessage, MobilityPeriod, Pairing
from gongguan.sync.shared.entries import records_now, write
from gongguan.sync.shared.partners import Peer, partner
from gongguan.sync.shared.periods import (
    check_reach,
    name_of,
    periods_in_reach,
    state_in,
)
from gongguan.sync.shared.provenance import Sources, on_paper
from gongguan.sync.shared.views import (
    effective,
    standing,
    unit_records,
)
from gongguan.sync.shared.written import written_at
from gongguan.sync.store import Store
from gongguan.sync.working_days import WEEKDAYS, WorkingDays, working_days

GRACE_WORKING_DAYS: Final = 10
"""After a quarter has ended; proposed, since no source names a day."""

COUNTED: Final[Mapping[str, tuple[str, ...]]] = {
    "meetings_attended": ("regular_meeting", "party_lecture", "study"),
    "activities_attended": ("theme_day", "other"),
    "volunteering": ("volunteering",),
}
"""Which activities of the certificate each count is made of."""

Conduct = Literal["good", "normal", "needs_help", "not_known"]
Counted = Annotated[int, msgspec.Meta(ge=0, le=10_000)] | None
QuarterText = Annotated[str, labelled("季度（如 2026Q3）", "quarter, e.g. 2026Q3", pattern=r"^20[0-9]{2}Q[1-4]\Z")]


class FeedbackGive(Heard, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``feedback.give``. A count left out is computed from own entries, or else unknown."""

    subject: Subject
    quarter: QuarterText
    conduct: Annotated[Conduct, labelled("现实表现", "conduct", codes="conduct")]
    meetings_attended: Annotated[Counted, labelled("参加会议次数", "meetings attended")] = None
    activities_attended: Annotated[Counted, labelled("参加活动次数", "activities")] = None
    volunteering: Annotated[Counted, labelled("志愿服务次数", "volunteering")] = None
    contacts_made: Annotated[Counted, labelled("联系次数", "contacts made")] = None


class FeedbackGiveAll(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``feedback.give_all``: for every member managed here who has none yet for the quarter."""

    quarter: QuarterText
    conduct: Annotated[Conduct, labelled("现实表现", "conduct", codes="conduct")] = "not_known"
    peer: Peer = ""


class FeedbackMade(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``feedback.give``."""

    feedback: Annotated[str, labelled("反馈编号", "feedback")]
    quarter: Annotated[str, labelled("季度", "quarter")]
    meetings_attended: Annotated[int | None, labelled("参加会议次数", "meetings attended")]
    activities_attended: Annotated[int | None, labelled("参加活动次数", "activities attended")]
    volunteering: Annotated[int | None, labelled("志愿服务次数", "volunteering")]
    contacts_made: Annotated[int | None, labelled("联系次数", "contacts made")]


class FeedbackAllMade(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``feedback.give_all``. ``without_counts``: given, but with nothing known of their attendance."""

    given: Annotated[int, labelled("已反馈", "given")]
    already: Annotated[int, labelled("先前已反馈", "given before")]
    without_counts: Annotated[int, labelled("次数未知", "without counts")]


class FeedbackList(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``feedback.list``."""

    quarter: QuarterText
    peer: Peer = ""


class FeedbackLine(msgspec.Struct, frozen=True, kw_only=True):
    """One member in one quarter. ``late_side``: the side that facts on record show to be late."""

    subject: Annotated[str, labelled("流动记录编号", "pseudonym")]
    name: Annotated[str | None, labelled("姓名", "name")]
    managed_by: Annotated[str, labelled("本方是", "our side", codes="side")]
    state: Annotated[str, labelled("状态", "state", codes="feedback_state")]
    due_by: Annotated[str, labelled("期限", "due by")]
    late_side: Annotated[str | None, labelled("迟的一方", "late side", codes="side")]
    conduct: Annotated[str | None, labelled("现实表现", "conduct", codes="conduct")]
    meetings_attended: Annotated[int | None, labelled("参加会议次数", "meetings attended")]
    activities_attended: Annotated[int | None, labelled("参加活动次数", "activities attended")]
    volunteering: Annotated[int | None, labelled("志愿服务次数", "volunteering")]
    contacts_made: Annotated[int | None, labelled("联系次数", "contacts made")]
    source: Annotated[str | None, labelled("来源", "source", codes="source")]


class FeedbackListed(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``feedback.list``. An empty count is unknown. Days are weekdays where no holidays are known."""

    quarter: Annotated[str, labelled("季度", "quarter")]
    received: Annotated[int, labelled("已反馈", "received")]
    due: Annotated[int, labelled("应反馈", "due")]
    overdue: Annotated[int, labelled("逾期", "overdue")]
    unknown: Annotated[int, labelled("未知", "unknown")]
    members: Annotated[list[FeedbackLine], labelled("党员", "members")]


_STILL: Final = "9999-12-31"


class Span(NamedTuple):
    """A quarter's first and last day, and by when its feedback is due."""

    first: date
    last: date
    due_by: date


@lru_cache(maxsize=256)
def span_of(quarter: str, calendar: WorkingDays = WEEKDAYS) -> Span:
    """The quarter ``2026Q3``; by when its feedback is due needs the calendar."""
    named = Quarter.named(quarter)
    return Span(named.first, named.last, calendar.after(named.last, GRACE_WORKING_DAYS))


def give(act: Act, request: FeedbackGive) -> FeedbackMade:
    """Give feedback on one member; a later one for the same quarter replaces it. Raises D-not-destination, G-….

    ``heard``: a destination without a node told us so, and it is entered as its word.
    """
    Quarter.begun(request.quarter, today(act.now))
    theirs = answered(act, "feedback", request.subject, request)
    if theirs is not None:
        counts = {name: value for name in (*COUNTED, "contacts_made") if (value := getattr(request, name)) is not None}
        return _feedback_made(theirs.message or "", request.quarter, counts)
    period = check_reach(act, request.subject)
    if period.side != "destination":
        raise refuse("D-not-destination", subject=request.subject)
    counts = _known_here(act, period, records_now(act, period), request.quarter)
    for name in (*COUNTED, "contacts_made"):
        given = getattr(request, name)
        if given is not None:
            counts[name] = given
    return _feedback_made(_write(act, period, request.quarter, request.conduct, counts), request.quarter, counts)


def _feedback_made(feedback: str, quarter: str, counts: Mapping[str, int]) -> FeedbackMade:
    return FeedbackMade(
        feedback=feedback,
        quarter=quarter,
        meetings_attended=counts.get("meetings_attended"),
        activities_attended=counts.get("activities_attended"),
        volunteering=counts.get("volunteering"),
        contacts_made=counts.get("contacts_made"),
    )


def give_all(act: Act, request: FeedbackGiveAll) -> FeedbackAllMade:
    """Give feedback on every member in reach who is managed here in the quarter and has none yet."""
    Quarter.begun(request.quarter, today(act.now))
    given = already = without = 0
    for period in _periods(act, request.peer):
        records = records_now(act, period)
        if period.side != "destination" or not is_expected(records, request.quarter):
            continue
        if f"feedback/{request.quarter}" in records:
            already += 1
            continue
        counts = _known_here(act, period, records, request.quarter)
        _write(act, period, request.quarter, request.conduct, counts)
        given += 1
        without += not counts
    return FeedbackAllMade(given=given, already=already, without_counts=without)


def list_feedback(act: Act, request: FeedbackList) -> FeedbackListed:
    """The state of every member in reach whose feedback the quarter concerns."""
    heard: dict[str, str] = {}
    lines, calendar = [], working_days(act.store)
    for period in _periods(act, request.peer):
        records = unit_records(act.store, period.agreement, period.subject)
        if not is_expected(records, request.quarter):
            continue
        if period.pairing_id not in heard:
            heard[period.pairing_id] = last_heard(act.store, period.pairing_id)
        lines.append(_line(act, period, records, request.quarter, heard[period.pairing_id], calendar))
    states = [line.state for line in lines]
    return FeedbackListed(
        quarter=request.quarter,
        received=states.count("received"),
        due=states.count("due"),
        overdue=states.count("overdue"),
        unknown=states.count("unknown"),
        members=sorted(lines, key=lambda line: (line.state, line.name or "", line.subject)),
    )


def counts_of(records: Records, party: int, quarter: str) -> dict[str, int]:
    """What this party's own standing entries say of a quarter; a count of which there is no entry is left out."""
    span = span_of(quarter)
    counts: dict[str, int] = {}
    for key in records:
        if not key.startswith("life/"):
            continue
        mine = [item for item in standing(records[key]) if item["party"] == party]
        if not mine or not span.first.isoformat() <= mine[-1]["value"]["on"] <= span.last.isoformat():
            continue
        value = mine[-1]["value"]
        name = next(name for name, activities in COUNTED.items() if value["activity"] in activities)
        counts[name] = counts.get(name, 0) + (value["attendance"] == "confirmed")
    return counts


def is_expected(records: Records, quarter: str) -> bool:
    """Whether the destination managed the member on any day of the quarter."""
    days, span = managed_days(records), span_of(quarter)
    return days is not None and days[0] <= span.last.isoformat() and days[1] >= span.first.isoformat()


def managed_days(records: Records) -> tuple[str, str] | None:
    """The first and the last day on which the destination manages the member; far ahead while it goes on."""
    admission = effective(records.get("movement/admission"))
    if admission is None or admission["outcome"] != "admitted":
        return None
    ended = effective(records.get("movement/return")) if state_in(records) == "ended" else None
    return str(admission["arrived_on"]), str(ended["ended_on"]) if ended else _STILL


def last_heard(store: Store, pairing_id: str) -> str:
    """The latest instant (RFC 3339) of which it is on record that the partner's log reached us; "" if never.

    That is when we last heard it, or when it wrote the last message that we hold: its log has no gaps. What we entered
    ourselves for a partner without a node is on record of nobody: such a partner is never late.
    """
    pairing = store.get(Pairing, pairing_id)
    if pairing is not None and on_paper(pairing):
        return ""
    delivery = store.get(Delivery, pairing_id)
    instants = [delivery.heard_at] if delivery and delivery.heard_at else []
    for epoch in store.find(Epoch, pairing_id=pairing_id, own=False):
        row = store.get(LogMessage, epoch.ordinal, epoch.size - 1) if epoch.size else None
        written = written_at(row) if row is not None else None
        instants += [stamp(written)] if written is not None else []
    return max(instants, default="")


def _known_here(act: Act, period: MobilityPeriod, records: Records, quarter: str) -> dict[str, int]:
    """What this side's entries and its own record of contacts say; what nobody entered is left out."""
    counts = counts_of(records, act.exchange.book(period.pairing_id).own_party, quarter)
    span = span_of(quarter)
    first, last = span.first.isoformat(), span.last.isoformat()
    contacts = act.store.find(Contact, person=period.subject, withdrawn=None, reached=True, on__ge=first)
    made = sum(contact.on <= last for contact in contacts)
    return counts | ({"contacts_made": made} if made else {})


def _periods(act: Act, peer: str) -> list[MobilityPeriod]:
    found = periods_in_reach(act)
    if not peer:
        active = {item.pairing_id for item in act.store.find(Pairing, state__in=["active", PAPER])}
        return [period for period in found if period.pairing_id in active]
    pairing = partner(act.store, peer)
    return [period for period in found if period.pairing_id == pairing.pairing_id]


def _write(act: Act, period: MobilityPeriod, quarter: str, conduct: Conduct, counts: dict[str, int]) -> str:
    return write(act, period, "feedback.given", FeedbackGiven(quarter=quarter, conduct=conduct, **counts))


def _line(
    act: Act, period: MobilityPeriod, records: Records, quarter: str, heard: str, calendar: WorkingDays
) -> FeedbackLine:
    span = span_of(quarter, calendar)
    value = effective(records.get(f"feedback/{quarter}"))
    ours = period.side == "destination"
    state = "received" if value is not None else missing_state(span, today(act.now), heard, ours=ours)
    counts = value or {}
    return FeedbackLine(
        subject=period.subject,
        name=name_of(act.store, period),
        managed_by=period.side,
        state=state,
        due_by=span.due_by.isoformat(),
        late_side="destination" if state == "overdue" else None,
        conduct=counts.get("conduct"),
        meetings_attended=counts.get("meetings_attended"),
        activities_attended=counts.get("activities_attended"),
        volunteering=counts.get("volunteering"),
        contacts_made=counts.get("contacts_made"),
        source=_source(act, period) if value is not None else None,
    )


def _source(act: Act, period: MobilityPeriod) -> str:
    return Sources(act.store).of_side(period.pairing_id, period.side, "destination")


def missing_state(span: Span, day: date, heard: str, *, ours: bool) -> str:
    """What a report that is not there is on a day: not_yet, due, overdue, or unknown.

    ``ours``: this side owes it. A partner is overdue only where it was ``heard`` (RFC 3339) after the time limit.
    """
    if day <= span.last:
        return "not_yet"
    if day <= span.due_by:
        return "due"
    return "overdue" if ours or heard >= day_end(span.due_by) else "unknown"


def day_end(day: date) -> str:
    """The instant at which a day in China is over."""
    return stamp(datetime.combine(day + timedelta(days=1), time.min, CHINA))
