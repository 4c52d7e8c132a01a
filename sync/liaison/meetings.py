"""Consultations (会商): called by one side, minutes signed by both, and when the next one is due (A-54, A-62).

The next is due so many months after the last one of which both have signed the minutes, or after the agreement began;
both nodes count from the same shared records, so an overdue consultation shows on both::

    call_meeting(act, MeetingCall(on="2026-06-20", agenda=["…"]))
    minute_meeting(act, MeetingMinutes(held_on="2026-06-20", agenda=["…"], resolutions=["…"]))
"""

from calendar import monthrange
from collections.abc import Iterator
from datetime import date
from typing import Annotated, Final

import msgspec

from gongguan.protocol.errors import AgreementError, refuse
from gongguan.protocol.limits import TEXT_CHARS_MAX
from gongguan.protocol.messages.joint import ITEMS_MAX, MeetingCalled, MinutesProposed
from gongguan.sync.act import Act
from gongguan.sync.agreements.joint import JointDone, propose, signed
from gongguan.sync.days import check_day, check_happened, today
from gongguan.sync.exchange.values import Value
from gongguan.sync.labels import DATE, labelled
from gongguan.sync.liaison.notices import check_no_id_number
from gongguan.sync.records import AgreementVersion, Pairing
from gongguan.sync.shared.partners import (
    Peer,
    active_pairing,
    agreement_of,
    is_in_force,
    terms_in,
    terms_of,
    title_of,
    write_to,
)
from gongguan.sync.shared.views import (
    effective,
    of_agreement,
    unit_records,
)
from gongguan.sync.store import Store

_EVENT: Final = r"^[0-9A-Za-z._-]{1,64}$"
MeetingId = Annotated[
    Annotated[str, msgspec.Meta(pattern=_EVENT)] | None,
    labelled("会商编号（双方通用，默认为日期）", "meeting, as both sides call it (its date)"),
]


class MeetingCall(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``meeting.call``."""

    on: Annotated[str, labelled("日期", "date", pattern=DATE)]
    agenda: Annotated[
        list[Annotated[str, msgspec.Meta(min_length=1, max_length=TEXT_CHARS_MAX // 4)]],
        labelled("议题（可多次）", "point of the agenda (repeatable)", min_length=1, max_length=ITEMS_MAX),
    ]
    meeting: MeetingId = None
    peer: Peer = ""


class MeetingCalledAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``meeting.call``."""

    meeting: Annotated[str, labelled("会商编号", "meeting")]
    peer: Annotated[str, labelled("对方", "partner")]
    on: Annotated[str, labelled("日期", "date")]


class MeetingMinutes(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``meeting.minutes``. Without an agenda that of the call counts."""

    held_on: Annotated[str, labelled("会商日期", "held on", pattern=DATE)]
    resolutions: Annotated[
        list[Annotated[str, msgspec.Meta(min_length=1, max_length=TEXT_CHARS_MAX // 4)]],
        labelled("决议（可多次）", "resolution (repeatable)", max_length=ITEMS_MAX),
    ] = []
    agenda: Annotated[
        list[Annotated[str, msgspec.Meta(min_length=1, max_length=TEXT_CHARS_MAX // 4)]],
        labelled("议题（默认用召集时的）", "agenda (that of the call)", max_length=ITEMS_MAX),
    ] = []
    attended_here: Annotated[int, labelled("本方参加人数", "attended from here", ge=0, le=10_000)] = 0
    attended_there: Annotated[int, labelled("对方参加人数", "attended from there", ge=0, le=10_000)] = 0
    meeting: MeetingId = None
    peer: Peer = ""


class MeetingList(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``meeting.list``."""

    peer: Peer = ""


class MeetingLine(msgspec.Struct, frozen=True, kw_only=True):
    """How consulting with one partner stands. ``due_on``: by when the next is due."""

    peer: Annotated[str, labelled("对方", "partner")]
    last_held: Annotated[str | None, labelled("最近一次（双方已签纪要）", "last one with minutes signed by both")]
    due_on: Annotated[str, labelled("下次应不迟于", "the next is due by")]
    overdue: Annotated[bool, labelled("已逾期", "overdue")]
    called_on: Annotated[str | None, labelled("已召集", "called for")]
    agenda: Annotated[list[str], labelled("议题", "agenda")]


class MeetingsListed(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``meeting.list``: partners with an agreement in force."""

    overdue: Annotated[int, labelled("逾期", "overdue")]
    partners: Annotated[list[MeetingLine], labelled("会商", "consultations")]


def call_meeting(act: Act, request: MeetingCall) -> MeetingCalledAnswer:
    """Invite the partner, with the agenda. Raises D-date, D-date-past, D-notice-id-number, D-peer-…, G-…."""
    _check_ahead(act, request.on)
    check_no_id_number("\n".join(request.agenda))
    pairing = active_pairing(act.store, request.peer)
    meeting = request.meeting or request.on
    body = MeetingCalled(meeting=meeting, on=request.on, agenda=tuple(request.agenda))
    write_to(act, pairing, "meeting.called", body)
    return MeetingCalledAnswer(meeting=meeting, peer=title_of(act.store, pairing.their_card), on=request.on)


def minute_meeting(act: Act, request: MeetingMinutes) -> JointDone:
    """Propose the minutes. Raises D-meeting-agenda, D-date-future, D-notice-id-number, P-decision-open, G-…."""
    check_happened(act.now, request.held_on)
    pairing = active_pairing(act.store, request.peer)
    meeting = request.meeting or request.held_on
    agenda = request.agenda or _called_agenda(act.store, pairing, meeting)
    if not agenda:
        raise refuse("D-meeting-agenda", meeting=meeting)
    check_no_id_number("\n".join((*agenda, *request.resolutions)))
    here, there = request.attended_here, request.attended_there
    body = MinutesProposed(
        meeting=meeting,
        held_on=request.held_on,
        agenda=tuple(agenda),
        resolutions=tuple(request.resolutions),
        attended=(here, there) if pairing.party == 0 else (there, here),
    )
    return propose(act, pairing, "minutes.proposed", body)


def list_meetings(act: Act, request: MeetingList) -> MeetingsListed:
    """When the next consultation is due with each partner."""
    day = today(act.now)
    lines = [
        _line(act.store, pairing, day)
        for pairing in agreed_pairings(act.store, day)
        if pairing.peer.startswith(request.peer)
    ]
    return MeetingsListed(overdue=sum(line.overdue for line in lines), partners=lines)


def agreed_pairings(store: Store, day: date) -> Iterator[Pairing]:
    """Active partners with an agreement in force on a day."""
    for pairing in store.find(Pairing, state="active"):
        if is_in_force(store, pairing.pairing_id, day):
            yield pairing


def next_due(store: Store, pairing: Pairing) -> tuple[str | None, date]:
    """The day of the last consultation that both signed for, and by when the next is due. Raises G-not-in-force."""
    minutes = signed(store, agreement_of(store, pairing.pairing_id), "minutes")
    held = max((str(value["held_on"]) for value in minutes), default=None)
    months = terms_of(store, pairing.pairing_id).intervals.consultation_interval_months
    return held, months_after(date.fromisoformat(held) if held else began(store, pairing), months)


def began(store: Store, pairing: Pairing) -> date:
    """The first day of the agreement: of its term, or the later of both approvals of its first version."""
    agreement = agreement_of(store, pairing.pairing_id)
    first = store.get(AgreementVersion, agreement)
    if first is None:
        raise refuse("G-not-in-force", pairing=pairing.pairing_id)
    records = unit_records(store, pairing.pairing_id, "pairing")
    approved = [
        str(record["approval"]["approved_on"])
        for record in records.values()
        if record["shape"] == "signature" and record["version"] == agreement
    ]
    return date.fromisoformat(max([terms_in(first.text).valid_from, *approved]))


def months_after(day: date, months: int) -> date:
    """The same day so many months later; the last day of a month that is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _line(store: Store, pairing: Pairing, day: date) -> MeetingLine:
    held, due_on = next_due(store, pairing)
    called = max(_calls(store, pairing), key=lambda value: str(value["on"]), default=None)
    standing = called if called and called["on"] > (held or "") else None
    return MeetingLine(
        peer=title_of(store, pairing.their_card),
        last_held=held,
        due_on=due_on.isoformat(),
        overdue=due_on < day,
        called_on=standing["on"] if standing else None,
        agenda=list(standing["agenda"]) if standing else [],
    )


def _calls(store: Store, pairing: Pairing) -> list[Value]:
    records = of_agreement(store, agreement_of(store, pairing.pairing_id), "meeting")
    found = (effective(record) for record in records.values())
    return [value for value in found if value is not None]


def _called_agenda(store: Store, pairing: Pairing, meeting: str) -> list[str]:
    try:
        calls = _calls(store, pairing)
    except AgreementError:
        return []
    return next((list(value["agenda"]) for value in calls if value["meeting"] == meeting), [])


def _check_ahead(act: Act, day: str) -> None:
    if check_day(day) < today(act.now):
        raise refuse("D-date-past")
