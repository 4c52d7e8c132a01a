"""Work on a probationary member away from home: the origin's clock and decision, the destination's eyes and opinion.

The origin's roster says when a member was admitted; probation ends a year later, or when the origin says otherwise. A
draft of the request for an opinion is made 60 days before (by the agreement's interval); a person sends it. What is
sent and given is in messages; the drafts and the branch meeting are local::

    prepare_drafts(act_less_store, now, random_hex)          # by time, or when somebody looks
    request(act, ProbationRequest(subject=…))                # the person sends it
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Final, Literal, NamedTuple

import msgspec

from gongguan.protocol.dates import months_after
from gongguan.protocol.errors import refuse
from gongguan.protocol.messages.probation import APPROVAL_MONTHS
from gongguan.sync.act import Act, stamp
from gongguan.sync.days import today
from gongguan.sync.exchange.probation_rules import DECISION, OPINION, REQUEST, Clock, clock_of
from gongguan.sync.exchange.values import Records
from gongguan.sync.persons.members import details_of
from gongguan.sync.records import Member, MobilityPeriod, ProbationCase
from gongguan.sync.shared.partners import terms_of
from gongguan.sync.shared.periods import (
    OPEN_STATES,
    state_in,
)
from gongguan.sync.shared.views import (
    ONE_BY_ONE_MAX,
    effective,
    effective_id,
    of_subjects,
    of_units,
    partly,
    unit_records,
    worked_out,
)
from gongguan.sync.store import Store

PROBATION_MONTHS: Final = 12
"""From the branch meeting that admitted the member (Party constitution, Art. 7)."""
CATEGORIES: Final = (
    "movement",
    "probation",
    "probation_request",
    "probation_opinion",
    "probation_decision",
    "probation_observation",
)
"""The records by which it stands with a probationer."""


class Standing(NamedTuple):
    """How it stands with one probationary member: the clock, the request on its expiry, the answer, the decision."""

    period: MobilityPeriod
    records: Records
    clock: Clock
    request: dict[str, object] | None
    request_id: str
    opinion: dict[str, object] | None
    opinion_id: str
    case: ProbationCase | None

    @property
    def is_running(self) -> bool:
        """Whether a decision is still to come, and the member is away."""
        return self.clock.state == "running" and state_in(self.records) in OPEN_STATES


def probation_end(member: Member) -> str | None:
    """When probation ends by the roster: a year after the full date of admission; None for all but probationers."""
    joined_on = details_of(member).joined_on or ""
    if member.category != "probationary_member" or len(joined_on) != len("2026-01-01"):
        return None
    return months_after(joined_on, PROBATION_MONTHS)


def standing_of(store: Store, period: MobilityPeriod) -> Standing | None:
    """How it stands with a member; None for one of whom no end of probation is on record."""
    cases = store.find(ProbationCase, subject=period.subject)
    return _standing(period, unit_records(store, period.agreement, period.subject), cases)


def _standing(period: MobilityPeriod, records: Records, cases: Iterable[ProbationCase]) -> Standing | None:
    clock = clock_of(records)
    if clock is None:
        return None
    request = records.get(f"{REQUEST}{clock.ends_on}")
    request_id = effective_id(request)
    opinion = records.get(f"{OPINION}{request_id}") if request_id else None
    return Standing(
        period,
        records,
        clock,
        effective(request),
        request_id,
        effective(opinion),
        effective_id(opinion),
        next((case for case in cases if case.ends_on == clock.ends_on), None),
    )


def decided(standing: Standing) -> dict[str, object] | None:
    """The decision on the present expiry, if there is one."""
    return effective(standing.records.get(f"{DECISION}{standing.clock.ends_on}"))


# --- drafts -----------------------------------------------------------------------------------------------------------


def drafted_on(store: Store, standing: Standing) -> date:
    """From which day on the request is due: 60 days before the expiry, or as the agreement says."""
    days = terms_of(store, standing.period.pairing_id).intervals.probation_opinion_requested_days
    return date.fromisoformat(standing.clock.ends_on) - timedelta(days=days)


def draft(store: Store, standing: Standing, now: datetime) -> ProbationCase:
    """The request as it would be sent: the branch meets on the expiry, the answer is due before by the agreement."""
    days = terms_of(store, standing.period.pairing_id).intervals.probation_opinion_given_days
    meeting_on = date.fromisoformat(standing.clock.ends_on)
    return ProbationCase(
        subject=standing.period.subject,
        ends_on=standing.clock.ends_on,
        meeting_on=meeting_on.isoformat(),
        answer_by=(meeting_on - timedelta(days=days)).isoformat(),
        drafted_at=stamp(now),
    )


def prepare_drafts(store: Store, now: datetime) -> int:
    """Make the drafts that are due, for people to send; how many are new. Safe to repeat."""
    made = 0
    for standing in probationers(store, store.find(MobilityPeriod, side="origin")):
        if not needs_request(standing) or standing.case is not None:
            continue
        if drafted_on(store, standing) <= today(now):
            store.put(draft(store, standing, now))
            made += 1
    return made


def needs_request(standing: Standing) -> bool:
    """Whether the opinion was not asked for yet."""
    return standing.is_running and standing.request is None


# --- who is meant -----------------------------------------------------------------------------------------------------


def standing_in(act: Act, period: MobilityPeriod, side: Literal["origin", "destination"]) -> Standing:
    """The standing of a member on whose given side we are. Raises D-not-origin, D-not-destination, P-probation-term."""
    if period.side != side:
        raise refuse("D-not-origin" if side == "origin" else "D-not-destination", subject=period.subject)
    found = standing_of(act.store, period)
    if found is None:
        raise refuse("P-probation-term", subject=period.subject)
    return found


def approval_due(case: ProbationCase) -> str | None:
    """By when the committee decides on what the branch resolved; None where the branch has not met."""
    return months_after(case.resolved_on, APPROVAL_MONTHS) if case.resolved_on else None


def probationers(store: Store, periods: Iterable[MobilityPeriod]) -> list[Standing]:
    """How it stands with those of these members of whom an end of probation was told.

    Of many members one in fifty is a probationer, and what is on record of all of them is kept between lists.
    """
    chosen = list(periods)
    records: Mapping[str, Records]
    if len(chosen) > ONE_BY_ONE_MAX:
        records = of_subjects(store, chosen, CATEGORIES)
        chosen = [item for item in chosen if item.subject in records and worked_out(records[item.subject], _is_told)]
    else:
        records = of_units(store, chosen, CATEGORIES)
    cases: dict[str, list[ProbationCase]] = {}
    for case in store.find(ProbationCase, subject__in=[period.subject for period in chosen]):
        cases.setdefault(case.subject, []).append(case)
    chosen.sort(key=lambda period: period.subject)
    found = (_standing(item, records[item.subject], cases.get(item.subject, ())) for item in chosen)
    return [standing for standing in found if standing is not None]


class _Ends(msgspec.Struct, frozen=True):
    probation_ends_on: str | None = None


class _Entry(msgspec.Struct, frozen=True):
    value: _Ends


class _Notice(msgspec.Struct, frozen=True):
    """The notices of a departure, as far as they say when probation ends."""

    entries: list[_Entry]


def _is_told(records: Records) -> bool:
    notice = partly(records, "movement/departure", _Notice)
    noticed = notice is not None and any(entry.value.probation_ends_on for entry in notice.entries)
    return noticed or any(key.startswith("probation/") for key in records)


def with_case(act: Act, standing: Standing, **changes: object) -> ProbationCase:
    """Keep what changed about our own side of the case."""
    before = standing.case or draft(act.store, standing, act.now)
    changed = msgspec.structs.replace(before, **changes)
    act.store.put(changed)
    return changed
