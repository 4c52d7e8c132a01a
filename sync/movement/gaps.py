"""Who manages a member now, and where nobody really does (A-02): a live list on both nodes.

The manager follows from what both nodes hold: the destination from its admission until the origin's word that the stay
is over, else the origin. Whoever hands a member over knows of it last, so never do both nodes say "the other side"; a
test tries it with messages under way. A *gap* is where the manager cannot do the work: nobody answered, the answer was
no, the member moved out of reach, the agreement stands still::

    manager_of(records)                          ->  "destination"
    list_gaps(act, GapList()).gaps               ->  [GapLine(gap="unanswered", days=12, …)]
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import date
from typing import Annotated, Final, NamedTuple

import msgspec

from gongguan.protocol import card as cards
from gongguan.protocol import note
from gongguan.protocol.errors import AgreementError
from gongguan.sync.act import Act
from gongguan.sync.days import today
from gongguan.sync.exchange.fold import is_ended, standing_suspensions
from gongguan.sync.exchange.values import Records
from gongguan.sync.labels import labelled
from gongguan.sync.persons.bodies import subtree
from gongguan.sync.persons.members import picked_under
from gongguan.sync.records import Body, CardNote, Departure, MobilityPeriod, OutflowEntry, Pairing
from gongguan.sync.shared.partners import partner_titles, terms_of, version_hash
from gongguan.sync.shared.periods import (
    OPEN_STATES,
    names_of,
    periods_in_reach,
    state_in,
    states_of,
)
from gongguan.sync.shared.places import lies_in, region_of
from gongguan.sync.shared.provenance import on_paper
from gongguan.sync.shared.views import (
    effective,
    of_subjects,
    standing,
    unit_records,
)
from gongguan.sync.shared.written import WrittenDays
from gongguan.sync.store import Store
from gongguan.sync.working_days import WeekdaysOnly, WorkingDays, last_day, working_days


class GapList(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``movement.gaps``."""


class GapLine(msgspec.Struct, frozen=True, kw_only=True):
    """One member whom nobody manages effectively, with since when and what to do."""

    gap: Annotated[str, labelled("缺口", "gap", codes="gap")]
    name: Annotated[str | None, labelled("姓名", "name")]
    managed_by: Annotated[str, labelled("现由谁管理", "managed by", codes="side")]
    peer: Annotated[str | None, labelled("对方", "partner")]
    since: Annotated[str | None, labelled("自", "since")]
    days: Annotated[int | None, labelled("工作日", "working days")]
    command: Annotated[str, labelled("怎么办", "what to type")]
    subject: Annotated[str | None, labelled("流动记录编号", "subject", programs=True)]
    member_id: Annotated[str | None, labelled("党员编号", "member id", programs=True)]


class GapsListed(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``movement.gaps``, the oldest first."""

    total: Annotated[int, labelled("共计", "total")]
    weekdays_only: WeekdaysOnly
    gaps: Annotated[list[GapLine], labelled("管理缺口", "gaps")]


class Seen(NamedTuple):
    """One open period as a gap is looked for in it."""

    store: Store
    period: MobilityPeriod
    records: Records
    day: date
    written: WrittenDays
    partner: "Partner"
    calendar: WorkingDays


class Partner(NamedTuple):
    """What is the same for all periods with one partner. ``region``: the division of the destination's card;
    ``answer_days``: working days for an answer; ``stopped``: the gap of an agreement that stands still, or "";
    ``on_paper``: it has no node."""

    region: str
    answer_days: int
    stopped: str
    on_paper: bool


class Gap(NamedTuple):
    """Why nobody manages effectively, and since when, if that is known."""

    code: str
    since: date | None


def manager_of(records: Records) -> str:
    """``origin`` or ``destination``: who manages the member by what both nodes hold."""
    return "destination" if state_in(records) == "admitted" else "origin"


def _unanswered(seen: Seen) -> Iterator[Gap]:
    """Notified, and no answer is here after the time for one. A gap says nothing of who is late: an answer may be on
    its way (``sync/movement/admission_cases.py`` counts by what was heard); a letter is waited for without any time."""
    if state_in(seen.records) != "notified" or (seen.partner.on_paper and seen.period.side == "origin"):
        return
    sent = _standing_day(seen, "movement/departure")
    if sent is not None and seen.calendar.between(sent, seen.day) > seen.partner.answer_days:
        yield Gap("unanswered", sent)


def _refused(seen: Seen) -> Iterator[Gap]:
    """The destination said no, and the origin has done nothing since."""
    if state_in(seen.records) == "refused":
        yield Gap("refused", _standing_day(seen, "movement/admission"))


def _moved_out(seen: Seen) -> Iterator[Gap]:
    """Admitted where the member does not live any more."""
    place = effective(seen.records.get("register/place"))
    if (
        state_in(seen.records) == "admitted"
        and place is not None
        and not lies_in(str(place["place"]), seen.partner.region)
    ):
        yield Gap("moved_out", last_day(str(place["on"])))


def _stopped(seen: Seen) -> Iterator[Gap]:
    """The agreement under which the member is managed has ended, run out or is suspended."""
    if state_in(seen.records) in OPEN_STATES and seen.partner.stopped:
        yield Gap(seen.partner.stopped, None)


def _late(seen: Seen) -> Iterator[Gap]:
    """An admission that crossed an ending or a suspension: neither side has decided whether it counts."""
    for key, value in seen.records.items():
        if key.startswith("late/") and value["kind"] == "admission.given" and value["state"] == "out":
            yield Gap("late_admission", None)


def _no_body(seen: Seen) -> Iterator[Gap]:
    """The body here that had the member is gone from the tree."""
    if seen.period.side != "destination" or state_in(seen.records) != "admitted":
        return
    if seen.period.body_code is None or seen.store.get(Body, seen.period.body_code) is None:
        yield Gap("no_body", None)


GAPS: Final[tuple[Callable[[Seen], Iterator[Gap]], ...]] = (
    _unanswered,
    _refused,
    _moved_out,
    _stopped,
    _late,
    _no_body,
)
"""What is looked for in every period. All but the last look at what both nodes hold, so both list the same."""

COMMANDS: Final[Mapping[str, Mapping[str, str]]] = {
    "unanswered": {"origin": "gongguan movement remind {}", "destination": "gongguan admission give {}"},
    "refused": {"origin": "gongguan admission cases", "destination": "gongguan admission cases"},
    "moved_out": {"origin": "gongguan movement retarget {}", "destination": "gongguan movement show {}"},
    "suspended": {"origin": "gongguan agreement suspensions", "destination": "gongguan agreement suspensions"},
    "agreement_over": {"origin": "gongguan agreement list", "destination": "gongguan agreement list"},
    "late_admission": {"origin": "gongguan conflict list", "destination": "gongguan conflict list"},
    "no_body": {"destination": "gongguan admission give {}"},
}
"""Gap → what each side can do; ``{}`` stands for the subject."""


def list_gaps(act: Act, request: GapList) -> GapsListed:
    """Every gap about members of the person's subtree; at the origin also floating members without any notice."""
    titles, calendar = partner_titles(act.store), working_days(act.store)
    found = list(gaps_in(act, periods_in_reach(act)))
    names = names_of(act.store, [period for period, _, _ in found])
    shown = _Shown(names, titles, calendar, today(act.now))
    lines = [_line(period, records, gap, shown) for period, records, gap in found]
    lines += list(_unnotified(act, calendar))
    lines.sort(key=lambda line: (line.since or "", line.gap, line.name or ""))
    first = min((line.since for line in lines if line.days is not None and line.since), default=None)
    unknown = calendar.unknown(date.fromisoformat(first), today(act.now)) if first else []
    return GapsListed(total=len(lines), weekdays_only=unknown, gaps=lines)


def gaps_in(act: Act, periods: Iterable[MobilityPeriod]) -> Iterator[tuple[MobilityPeriod, Records, Gap]]:
    """The gaps in those periods that are not over."""
    store, day = act.store, today(act.now)
    listed = list(periods)
    held = of_subjects(store, listed, ("movement", "register", "late"))
    written, partners, calendar = WrittenDays(store), Partners(store, day), working_days(store)
    for period in listed:
        records = held.get(period.subject, {})
        if state_in(records) == "ended":
            continue
        seen = Seen(store, period, records, day, written, partners.of(period), calendar)
        for find in GAPS:
            for gap in find(seen):
                yield period, records, gap


class Partners:
    """The partners of many periods: cards and agreements are read once each."""

    def __init__(self, store: Store, day: date) -> None:
        self._store, self._day = store, day
        self._known: dict[tuple[str, str], Partner] = {}

    def of(self, period: MobilityPeriod) -> Partner:
        """The partner of this period."""
        key = (period.pairing_id, period.side)
        if key not in self._known:
            region = region_there(self._store, period)
            days, stopped = _terms(self._store, period.pairing_id, self._day)
            pairing = self._store.get(Pairing, period.pairing_id)
            self._known[key] = Partner(region, days, stopped, pairing is not None and on_paper(pairing))
        return self._known[key]


def _terms(store: Store, pairing_id: str, day: date) -> tuple[int, str]:
    """Working days for an answer, and why work under the agreement stands still, if it does."""
    try:
        terms = terms_of(store, pairing_id)
    except AgreementError:
        return 0, "agreement_over"
    days = terms.intervals.admission_working_days
    records = unit_records(store, pairing_id, "pairing")
    if standing_suspensions(records):
        return days, "suspended"
    over = is_ended(records, version_hash(store, pairing_id)) or day.isoformat() > terms.valid_until
    return days, "agreement_over" if over else ""


def region_there(store: Store, period: MobilityPeriod) -> str:
    """The division of the destination of a period: ours, or the partner's."""
    pairing = store.get(Pairing, period.pairing_id)
    if pairing is not None and period.side == "origin" and on_paper(pairing):
        return region_of(store, pairing)
    card = (pairing.card_here if period.side == "destination" else pairing.card_there) if pairing else ""
    held = store.get(CardNote, card)
    return cards.parse(note.parse(held.note).text).region if held else "000000"


class _Shown(NamedTuple):
    """What lines are shown with, read once for all."""

    names: Mapping[str, str | None]
    titles: Mapping[str, str]
    calendar: WorkingDays
    day: date


def _line(period: MobilityPeriod, records: Records, gap: Gap, shown: _Shown) -> GapLine:
    return GapLine(
        gap=gap.code,
        name=shown.names[period.subject],
        managed_by=manager_of(records),
        peer=shown.titles.get(period.pairing_id),
        since=gap.since.isoformat() if gap.since else None,
        days=shown.calendar.between(gap.since, shown.day) if gap.since else None,
        command=COMMANDS[gap.code][period.side].format(period.subject),
        subject=period.subject,
        member_id=period.member_id,
    )


def _unnotified(act: Act, calendar: WorkingDays) -> Iterator[GapLine]:
    """Floating members of ours whom no destination was told of, or who moved on from one and to none."""
    periods = act.store.find(MobilityPeriod, side="origin")
    states = states_of(act.store, periods)
    open_ones = {item.member_id for item in periods if states[item.subject] != "ended"}
    reach = subtree(act.store, act.staff.body_code)
    fields = ("branch_code", "member_id", "name")
    floating = {member_id: name for _, member_id, name in picked_under(act.store, reach, fields, (True,))}
    without = floating.keys() - open_ones
    left = _left(act.store, without)
    for member_id in sorted(without):
        since = left.get(member_id)
        yield GapLine(
            gap="unnotified",
            name=floating[member_id],
            managed_by="origin",
            peer=None,
            since=since,
            days=calendar.between(date.fromisoformat(since), today(act.now))
            if since and len(since) > len("2026-03")
            else None,
            command=f"gongguan departure notify {member_id}",
            subject=None,
            member_id=member_id,
        )


def _left(store: Store, members: Collection[str]) -> dict[str, str | None]:
    """Member → when they left, by the newest report or else by the roster."""
    told = dict(store.pick(OutflowEntry, ("member_id", "left_on"), member_id__in=members))
    return told | dict(store.pick(Departure, ("member_id", "left_on"), member_id__in=members))


def _standing_day(seen: Seen, key: str) -> date | None:
    entries = standing(seen.records.get(key))
    return seen.written.of(seen.period, entries[-1]) if entries else None
