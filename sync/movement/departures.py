"""Departures at the origin: what a member reported before leaving, and the notice to the destination.

A notice says the least that the destination needs. It takes the newest departure report; for somebody who left before
there were reports here, the outflow roster's date, with a division code that an officer gives::

    report_departure(act, DepartureReport(member_id=…, left_on="2026-02-20", destination_place="990107", reason="work"))
    notify_departure(act, DepartureNotify(member_id=…))
    notify_all(act, DepartureNotifyAll(place_text="澜江市"))      # all floating members who go to that partner
"""

from collections.abc import Sequence
from typing import Annotated, Any, Final

import msgspec

from gongguan.protocol.errors import ProtocolError, refuse
from gongguan.protocol.forms import ready
from gongguan.protocol.messages.movement import DepartureNotified, pseudonym
from gongguan.sync.act import Act
from gongguan.sync.certificates.certificates import Reason, issue_of, number_of
from gongguan.sync.days import check_day, check_happened, today
from gongguan.sync.exchange.match_keys import match_key_name, match_of
from gongguan.sync.exchange.mobility_periods import of_our_member
from gongguan.sync.identity import birth_date, sex_of
from gongguan.sync.labels import DATE, labelled
from gongguan.sync.movement.profiles import owned_fields
from gongguan.sync.persons.bodies import subtree
from gongguan.sync.persons.members import MemberId, OutflowDetails, details_of, member_of, outflow_details_of
from gongguan.sync.probation.probation import probation_end
from gongguan.sync.records import (
    Departure,
    Member,
    MobilityPeriod,
    OutflowEntry,
    Pairing,
    Setting,
)
from gongguan.sync.shared.partners import Peer, agreement_in_force, partner, title_of, version_in_force
from gongguan.sync.shared.periods import (
    OPEN_STATES,
    period_state,
)
from gongguan.sync.shared.places import lies_in, partners_around, region_of
from gongguan.sync.shared.views import (
    effective,
    shared,
)
from gongguan.sync.store import Store

DIVISION: Final = r"^[0-9]{6}$"

Place = Annotated[
    Annotated[str, msgspec.Meta(pattern=DIVISION, max_length=6)] | None,
    labelled("流入地区划代码（六位，县级）", "division code of the destination (6 digits)"),
]


class DepartureReport(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``departure.report``."""

    member_id: MemberId
    left_on: Annotated[str, labelled("外出日期", "left on", pattern=DATE)]
    destination_place: Annotated[
        str,
        labelled(
            "流入地区划代码（六位，县级）",
            "division code of the destination (6 digits)",
            pattern=DIVISION,
            max_length=6,
        ),
    ]
    reason: Annotated[Reason, labelled("外出原因", "reason", codes="outflow_reason")]
    briefed_on: Annotated[Annotated[str, msgspec.Meta(pattern=DATE)] | None, labelled("行前教育日期", "briefed on")] = (
        None
    )


class DepartureReported(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``departure.report``. ``remark`` says that no briefing before leaving is on record (A-14)."""

    departure_id: Annotated[str, labelled("外出报告编号", "report id")]
    member_id: Annotated[str, labelled("党员编号", "member id")]
    name: Annotated[str, labelled("姓名", "name")]
    left_on: Annotated[str, labelled("外出日期", "left on")]
    destination_place: Annotated[str, labelled("流入地区划代码", "destination")]
    briefed: Annotated[bool, labelled("已行前教育", "briefed")]
    remark: Annotated[str, labelled("提醒", "remark (in Chinese)")]
    already: Annotated[bool, labelled("先前已登记", "entered before")] = False


class DepartureList(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``departure.list``."""

    unbriefed: Annotated[bool, labelled("只看没有行前教育记录的", "only those without a briefing")] = False


class DepartureLine(msgspec.Struct, frozen=True, kw_only=True):
    """One report."""

    departure_id: Annotated[str, labelled("外出报告编号", "report id")]
    member_id: Annotated[str, labelled("党员编号", "member id")]
    name: Annotated[str, labelled("姓名", "name")]
    reported_on: Annotated[str, labelled("报告日期", "reported on")]
    left_on: Annotated[str, labelled("外出日期", "left on")]
    destination_place: Annotated[str, labelled("流入地区划代码", "destination")]
    reason: Annotated[str, labelled("外出原因", "reason", codes="outflow_reason")]
    briefed_on: Annotated[str | None, labelled("行前教育日期", "briefed on")]


class DeparturesListed(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``departure.list``, newest first."""

    departures: Annotated[list[DepartureLine], labelled("外出报告", "departure reports")]


class DepartureNotify(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``departure.notify``. ``place`` serves members whom only the roster shows to be away.

    ``beside``: the member really is in two places, and both destinations shall know; else somebody who moved on is
    retargeted, so that no period is there twice (A-48).
    """

    member_id: MemberId
    peer: Peer = ""
    place: Place = None
    beside: Annotated[bool, labelled("确在两地流动，同时通报两地", "the member is in two places, tell both")] = False


class DepartureSent(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``departure.notify``. ``subject`` is the member's pseudonym with this partner."""

    member_id: Annotated[str, labelled("党员编号", "member id")]
    name: Annotated[str, labelled("姓名", "name")]
    subject: Annotated[str, labelled("流动记录编号", "subject")]
    peer: Annotated[str, labelled("通报给", "partner")]


class DepartureNotifyAll(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``departure.notify_all``.

    ``place_text``: roster places that hold these words mean this partner's region, or the division ``place``.
    """

    peer: Peer = ""
    place_text: Annotated[
        Annotated[str, msgspec.Meta(min_length=2, max_length=60)] | None,
        labelled("花名册流入地含这些字的，算在该地", "roster places with these words"),
    ] = None
    place: Place = None


class NotSent(msgspec.Struct, frozen=True, kw_only=True):
    """A member who was not notified, and why."""

    member_id: Annotated[str, labelled("党员编号", "member id")]
    name: Annotated[str, labelled("姓名", "name")]
    place: Annotated[str | None, labelled("花名册上的流入地", "place on the roster")] = None
    code: Annotated[str, labelled("代码", "code", programs=True)]
    reason: Annotated[str, labelled("原因", "reason (in Chinese)")]
    step: Annotated[str, labelled("怎么办", "what to do (in Chinese)")]


class DeparturesSent(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``departure.notify_all``. ``already_count``: of whom this partner was told before."""

    peer: Annotated[str, labelled("通报给", "partner")]
    sent_count: Annotated[int, labelled("已通报", "sent")]
    already_count: Annotated[int, labelled("先前已通报", "notified before")]
    lacking_count: Annotated[int, labelled("未通报", "not sent")]
    sent: Annotated[list[DepartureSent], labelled("已通报的党员", "members notified")]
    lacking: Annotated[list[NotSent], labelled("未通报的党员", "members not notified")]


def report_departure(act: Act, request: DepartureReport) -> DepartureReported:
    """Take down what a member reports before leaving. Raises D-member-unknown, D-date, D-date-future."""
    member = member_of(act.store, request.member_id)
    check_day(request.left_on)  # a day to come is right: the report is made before leaving
    if request.briefed_on is not None:
        check_happened(act.now, request.briefed_on)
    day = today(act.now).isoformat()
    known = act.store.find(Departure, member_id=member.member_id)
    before = _newest(known) if known else None
    # What is said of the same departure on the same day again corrects it, since nothing tells which of two came later;
    # that it was first reported without a briefing stays on record.
    said = (day, request.left_on, request.briefed_on)
    corrected = next((item for item in known if (item.reported_on, item.left_on, item.briefed_on) == said), None)
    departure = Departure(
        departure_id=corrected.departure_id if corrected else act.random_hex(16),
        member_id=member.member_id,
        reported_on=day,
        left_on=request.left_on,
        destination_place=request.destination_place,
        reason=request.reason,
        briefed_on=request.briefed_on,
    )
    same = ("left_on", "destination_place", "reason", "briefed_on")
    already = before is not None and all(getattr(before, name) == getattr(departure, name) for name in same)
    if before is not None and already:
        departure = before
    else:
        act.store.put(departure)
    remark = "" if departure.briefed_on else "没有行前教育记录，请补做并重新登记（A-14）。"
    if act.store.find(Pairing) and not partners_around(act.store, departure.destination_place):
        remark += f"流入地 {departure.destination_place} 不在任何一个对方的区划内，请核对代码。"
    return DepartureReported(
        departure_id=departure.departure_id,
        member_id=member.member_id,
        name=member.name,
        left_on=departure.left_on,
        destination_place=departure.destination_place,
        briefed=departure.briefed_on is not None,
        remark=remark,
        already=already,
    )


def list_departures(act: Act, request: DepartureList) -> DeparturesListed:
    """The reports of members in the person's subtree."""
    lines, reach = [], subtree(act.store, act.staff.body_code)
    for found in act.store.find(Departure):
        member = act.store.get(Member, found.member_id)
        if member is None or member.branch_code not in reach:
            continue
        if request.unbriefed and found.briefed_on is not None:
            continue
        lines.append(
            DepartureLine(
                departure_id=found.departure_id,
                member_id=member.member_id,
                name=member.name,
                reported_on=found.reported_on,
                left_on=found.left_on,
                destination_place=found.destination_place,
                reason=found.reason,
                briefed_on=found.briefed_on,
            )
        )
    return DeparturesListed(departures=sorted(lines, key=lambda line: (line.left_on, line.member_id), reverse=True))


def notify_departure(act: Act, request: DepartureNotify) -> DepartureSent:
    """Tell the destination who comes.

    Raises D-certificate-missing, D-departure-missing, D-departure-old, D-place-missing, D-member-fields,
    D-period-open, D-period-elsewhere, D-member-unknown, D-peer-…, G-not-in-force, G-expired.
    """
    member = member_of(act.store, request.member_id)
    place = _reported_place(act.store, member) or request.place
    pairing = partner(act.store, request.peer or _partner_there(act.store, place))
    sending = _Sending(act, pairing)
    if not request.beside:
        sending.check_nowhere_else(member)
    subject = sending.send(member, sending.notice(member, request.place))
    act.node.wake(pairing.pairing_id)
    return DepartureSent(member_id=member.member_id, name=member.name, subject=subject, peer=sending.title)


def notify_all(act: Act, request: DepartureNotifyAll) -> DeparturesSent:
    """Notify for every floating member of the person's subtree who goes to this partner and has what is needed.

    The others are listed with what they lack. Whoever goes elsewhere is never sent. Raises D-peer-…, G-not-in-force,
    G-expired; then nothing was sent.
    """
    pairing = partner(act.store, request.peer)
    sending = _Sending(act, pairing)
    ready: list[tuple[Member, DepartureNotified]] = []
    lacking, already = [], 0
    reach = subtree(act.store, act.staff.body_code)
    for member in act.store.find(Member, branch_code__in=reach, floating=True):
        try:
            sending.check_nowhere_else(member)
            place = sending.roster_place(member, request)
            notice = sending.notice(member, place)
            sending.check_region(notice, place)
        except ProtocolError as error:
            if error.code == "D-period-open":
                already += 1
            else:
                lacking.append(not_sent(member, error, sending.roster_words(member)))
            continue
        ready.append((member, notice))
    sent = [
        DepartureSent(member_id=member.member_id, name=member.name, subject=subject, peer=sending.title)
        for (member, _), subject in zip(ready, sending.send_all(ready), strict=True)
    ]
    if sent:
        act.node.wake(pairing.pairing_id)
    return DeparturesSent(
        peer=sending.title,
        sent_count=len(sent),
        already_count=already,
        lacking_count=len(lacking),
        sent=sent,
        lacking=lacking,
    )


def carry_over(act: Act, pairing: Pairing, member: Member, place: str | None) -> str:
    """Notify a partner's node of a member who was with it on paper; the new subject. Raises what a notice raises."""
    sending = _Sending(act, pairing)
    return sending.send(member, sending.notice(member, place))


def not_sent(member: Member, error: ProtocolError, place: str | None = None) -> NotSent:
    """Who could not be notified, and what to do about it. ``place``: where the roster says that they are."""
    why = {"code": error.code, "reason": error.sentence(), "step": error.next_step()}
    return NotSent(member_id=member.member_id, name=member.name, place=place, **why)


class _Sending:
    """Notices to one partner in one transaction: what is the same for all of them is read once."""

    def __init__(self, act: Act, pairing: Pairing) -> None:
        self.store: Store = act.store
        self.act = act
        self.pairing = pairing
        self.version = version_in_force(act, pairing.pairing_id)
        self.agreement = agreement_in_force(act, pairing.pairing_id)
        self.title = title_of(act.store, pairing.their_card)
        self.region = region_of(act.store, pairing)
        key = act.store.get(Setting, match_key_name(self.agreement))
        self._match_key = bytes.fromhex(key.value) if key else None

    def notice(self, member: Member, place: str | None) -> DepartureNotified:
        """What goes out about a member. ``place``: where the roster's place is, for those without a report."""
        earlier = self._earlier(member)
        certificate = number_of(self.store, member.member_id)
        if certificate is None:
            raise refuse("D-certificate-missing")
        left_on, place = self._whereabouts(member, earlier, place)
        if place is None:
            raise refuse("D-place-missing")
        owned = owned_fields(self.store, member)
        details = details_of(member)
        entry = self.store.get(OutflowEntry, member.member_id)
        outflow = outflow_details_of(entry) if entry else OutflowDetails()
        fields: dict[str, Any] = {
            **owned,
            "sex": details.sex or sex_of(member.id_number),
            "birth_year": int(birth_date(member.id_number)[:4]),
            "left_on": left_on,
            "destination_place": place,
            **issue_of(self.store, certificate),
        }
        ends_on = probation_end(member)
        if ends_on is not None:
            fields["probation_ends_on"] = ends_on
        direction = outflow.outflow_direction or details.outflow_direction
        if direction:
            fields["outflow_direction"] = direction
        if self._match_key is not None:
            fields["match"] = match_of(self._match_key, member.id_number)
        try:
            return msgspec.convert(fields, ready(DepartureNotified))
        except msgspec.ValidationError as error:
            # The path names a field, never its value.
            raise refuse("D-member-fields", field=str(error).rpartition("at `$.")[2].rstrip("`")) from None

    def send(self, member: Member, notice: DepartureNotified) -> str:
        """Write the notice and begin the period; the member's pseudonym."""
        (subject,) = self.send_all([(member, notice)])
        return subject

    def send_all(self, notices: Sequence[tuple[Member, DepartureNotified]]) -> list[str]:
        """``send`` of many, in their order."""
        from gongguan.sync.exchange.logbook import Outgoing  # noqa: PLC0415 - commands only name what is here

        subjects = [self._subject(member) for member, _ in notices]
        self.act.exchange.book(self.pairing.pairing_id).write_all(
            Outgoing("departure.notified", notice, self.version, subject)
            for subject, (_, notice) in zip(subjects, notices, strict=True)
        )
        self.store.put_all(
            of_our_member(subject, self.agreement, self.pairing.pairing_id, member)
            for subject, (member, _) in zip(subjects, notices, strict=True)
        )
        return subjects

    def _subject(self, member: Member) -> str:
        """A member keeps one pseudonym under one agreement."""
        earlier = self._earlier(member)
        if earlier is not None and earlier.agreement == self.agreement:
            return earlier.subject
        return pseudonym(self.act.random_hex(16), self.pairing.party)

    def roster_words(self, member: Member) -> str | None:
        """Where the roster says that the member is, as it was written there."""
        entry = self.store.get(OutflowEntry, member.member_id)
        return entry.destination_place if entry else None

    def roster_place(self, member: Member, request: DepartureNotifyAll) -> str | None:
        """The division that stands for the roster's words, if they are those that the officer named."""
        entry = self.store.get(OutflowEntry, member.member_id)
        if request.place_text is None or entry is None or request.place_text not in (entry.destination_place or ""):
            return None
        return request.place or self.region

    def check_region(self, notice: DepartureNotified, named: str | None) -> None:
        """Raises D-place-elsewhere: personal data of those who go elsewhere does not belong to this partner."""
        if notice.destination_place != named and not lies_in(notice.destination_place, self.region):
            raise refuse("D-place-elsewhere", place=notice.destination_place, region=self.region)

    def check_nowhere_else(self, member: Member) -> None:
        """Raises D-period-elsewhere while another partner has the member."""
        for period in self.store.find(MobilityPeriod, member_id=member.member_id):
            if period.pairing_id != self.pairing.pairing_id and period_state(self.store, period) in OPEN_STATES:
                raise refuse("D-period-elsewhere", subject=period.subject)

    def _earlier(self, member: Member) -> MobilityPeriod | None:
        """The last period of this member with this partner, which must be over. Raises D-period-open."""
        found = self.store.find(MobilityPeriod, member_id=member.member_id)
        periods = [period for period in found if period.pairing_id == self.pairing.pairing_id]
        for period in periods:
            if period_state(self.store, period) in OPEN_STATES:
                raise refuse("D-period-open", subject=period.subject)
        same = [period for period in periods if period.agreement == self.agreement]
        return next(iter(same or periods), None)

    def _whereabouts(self, member: Member, earlier: MobilityPeriod | None, place: str | None) -> tuple[str, str | None]:
        """Since when and where, by the newest report, else by the roster. Raises D-departure-missing, -old."""
        reports = self.store.find(Departure, member_id=member.member_id)
        entry = self.store.get(OutflowEntry, member.member_id)
        if reports:
            newest = _newest(reports)
            left_on, place = newest.left_on, newest.destination_place
        elif entry is not None and entry.left_on is not None:
            left_on = entry.left_on
        else:
            raise refuse("D-departure-missing")
        ended = earlier and effective(shared(self.store, earlier.agreement, earlier.subject, "movement/return"))
        if ended and left_on[: len("YYYY-MM")] < ended["ended_on"][: len("YYYY-MM")]:
            raise refuse("D-departure-old")
        return left_on, place


def _reported_place(store: Store, member: Member) -> str | None:
    reports = store.find(Departure, member_id=member.member_id)
    return _newest(reports).destination_place if reports else None


def _newest(reports: list[Departure]) -> Departure:
    return max(reports, key=lambda report: (report.reported_on, report.left_on, report.briefed_on or ""))


def _partner_there(store: Store, place: str | None) -> str:
    """The id of the only partner in whose region a place lies, or "" where none or several are."""
    if place is None:
        return ""
    there = partners_around(store, place)
    return there[0].pairing_id if len(there) == 1 else ""
