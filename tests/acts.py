"""What officers do, as small acts on three members that touch each other, chosen by numbers.

An act looks at what its node knows (the records of a unit), picks something to do by ``choice`` and writes it through
the node's ``LogBook``. The same acts drive the property tests and the simulation::

    perform(book, "score", member=1, choice=7)     # True if something was written

``UncheckedExchange`` is a node whose sending check was removed: what its own verdict refuses it signs and sends anyhow,
keeping the refusal in its own log as an honest receiver will.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import msgspec

from gongguan.protocol import agreement, messages, note
from gongguan.protocol.dates import months_after
from gongguan.protocol.decision import Proposal, View
from gongguan.protocol.errors import ProtocolError
from gongguan.protocol.merkle import leaf_hash
from gongguan.protocol.messages.agreement import (
    AgreementAnswered,
    AgreementEnded,
    AgreementProposed,
    AgreementSuspended,
    LiftAnswered,
    LiftProposed,
)
from gongguan.protocol.messages.bulletin import BulletinSent, Topic
from gongguan.protocol.messages.certificate import AnnualCheckEntered, CertificateQueried, DuesEntered, EntryWithdrawn
from gongguan.protocol.messages.conflict import ConflictAnswered, ConflictProposed, ConflictStated, PartAnswered
from gongguan.protocol.messages.contact import ContactMade, ContactWithdrawn, HelpStatusTold, OfficerNamed
from gongguan.protocol.messages.education import StudyAnswered, StudyDelegated, StudyHeld
from gongguan.protocol.messages.envelope import Body, Message
from gongguan.protocol.messages.exchange import SubjectErased
from gongguan.protocol.messages.feedback import FeedbackGiven
from gongguan.protocol.messages.joint import JointAnswered, MinutesProposed
from gongguan.protocol.messages.matter import MatterAnnounced, MatterPassedOn
from gongguan.protocol.messages.movement import (
    AdmissionRefused,
    EventReported,
    InflowAnswered,
    InflowReported,
    PresenceReported,
    ProfileUpdated,
    RelocationReported,
    ReturnNotified,
    SummaryGiven,
    giver,
)
from gongguan.protocol.messages.office import OfficePublished
from gongguan.protocol.messages.probation import OpinionGiven, OpinionRequested, ProbationDated
from gongguan.protocol.messages.score import ScoreReversed
from gongguan.protocol.note import PLAIN, NoteSigner
from gongguan.sync.exchange import attachments, erasure, folding, verdict
from gongguan.sync.exchange.exchange import Exchange
from gongguan.sync.exchange.fold import LIFTS, decisions, standing_suspensions
from gongguan.sync.exchange.logbook import LogBook, PendingMessage
from gongguan.sync.exchange.movement_end import end_of
from gongguan.sync.exchange.outcomes import ACCEPTED
from tests import pairs

MEMBERS: Final = 3
SCAN: Final = b"%PDF-1.7\n"
PLACES: Final = ("990202", "990303", "990404")


def member_subject(member: int) -> str:
    """The pseudonym of a member: every other one is of the second party."""
    return pairs.subject(member, member % 2)


def member_name(pairing_id: str, member: int) -> str:
    """A name that nobody else has, in no other pairing either: where it can be read, the member is not forgotten."""
    return f"巴特尔{pairing_id[:6]}{member}"


class UncheckedBook(LogBook):
    """A book whose author sends what its own verdict refuses. It records the refusal, as the receiver has to."""

    rogue = False

    def append(self, message: Message) -> None:
        if not self.rogue:
            super().append(message)
            return
        assert self.own_epoch is not None
        row = self.epochs[self.own_epoch]
        data = messages.encode(message)
        placed = self.place(row, row.size, message, self.own_party)
        work = self.unit_of(placed)
        unit = work.row.unit if work else None
        code = ACCEPTED
        try:
            verdict.check(
                message, self.own_party, placed.past, folding.evidence_of(self, work, placed.past), unit, self.grounds()
            )
        except ProtocolError as error:
            code = error.code
        leaf = leaf_hash(data)
        self._pending.append(PendingMessage(row.size, data, leaf))
        gone = erasure.unit_erased(self, message)
        if gone is not None:
            erasure.take_message(self, row, placed, self.identity.node_id, gone, leaf, data, code)
            return
        effect = self.held.effect((row.epoch, row.size), own=True, message=message)
        self.record(row, placed, self.identity.node_id, work, leaf, data, code, effect)
        self.set_row(msgspec.structs.replace(row, size=row.size + 1, lamport=placed.lamport))
        if code == ACCEPTED:
            self.apply(placed, work, own=True, effect=effect)


class UncheckedExchange(Exchange):
    """An exchange whose books may send what they should not."""

    book_class: type[LogBook] = UncheckedBook


class Desk:
    """One act: the book, the member, the number that decides, and short ways to look and to write."""

    def __init__(self, book: LogBook, member: int, choice: int) -> None:
        self.book, self.member, self.choice = book, member, choice
        self.version = book.current_version()
        found = book.version(self.version) if self.version else None
        self.scope = found.agreement if found else ""
        self.subject = member_subject(member)

    def pick(self, options: Any) -> Any:
        """One of some options, by the number."""
        return options[self.choice % len(options)]

    @property
    def name(self) -> str:
        """What the member is called."""
        return member_name(self.book.pairing.pairing_id, self.member)

    @property
    def records(self) -> Mapping[str, Any]:
        return self.book.unit(self.scope, self.subject).records

    def entries(self, *prefixes: str, own: bool | None = None) -> list[Any]:
        """Entries under these keys, of one side or of both."""
        return [
            entry
            for key in self.records
            if key.startswith(prefixes)
            for entry in self.records[key]["entries"]
            if own is None or (entry["party"] == self.book.own_party) is own
        ]

    def turns(self) -> Iterator[str]:
        """The members one after the other, beginning with this one: for acts that wait for something to do."""
        for offset in range(MEMBERS):
            self.subject = member_subject((self.member + offset) % MEMBERS)
            yield self.subject

    def about_member(self, kind: str, body: Body, **named: Any) -> bool:
        self.book.write(kind, body, version=self.version, subject=self.subject, **named)
        return True


def _depart(desk: Desk) -> bool:
    if desk.member % 2 != desk.book.own_party and desk.choice % 8:
        return False
    return desk.about_member("departure.notified", pairs.departure(desk.pick(PLACES), desk.name))


def _admit(desk: Desk) -> bool:
    departures = desk.entries("movement/departure", own=False)
    if not departures:
        return False
    body = pairs.admission(desk.pick(departures)["id"], f"第{desk.choice % 3}支部")
    return desk.about_member("admission.given", body, cause=body.departure)


def _refuse(desk: Desk) -> bool:
    departures = desk.entries("movement/departure", own=False)
    if not departures:
        return False
    body = AdmissionRefused(departure=desk.pick(departures)["id"], reason="never_arrived", on="2026-03-09")
    return desk.about_member("admission.refused", body)


def _relocate(desk: Desk) -> bool:
    return desk.about_member("relocation.reported", RelocationReported(place=desk.pick(PLACES), on="2026-04-01"))


def _return(desk: Desk) -> bool:
    return desk.about_member("return.notified", ReturnNotified(ended_on="2026-09-01", reason="returned"))


def _enter(desk: Desk) -> bool:
    if desk.choice % 3 == 0:
        return desk.about_member("certificate.dues_entered", DuesEntered(month="2026-03", paid_on="2026-03-10"))
    attendance = "confirmed" if desk.choice % 2 else "confirmed_absent"
    return desk.about_member("certificate.life_entered", pairs.life(f"2026-0{1 + desk.choice % 2}", attendance))


def _withdraw(desk: Desk) -> bool:
    entries = desk.entries("life/", "dues/", own=True)
    if not entries:
        return False
    body = EntryWithdrawn(entry=desk.pick(entries)["id"], reason="entered_in_error")
    return desk.about_member("certificate.entry_withdrawn", body)


def _feed_back(desk: Desk) -> bool:
    return desk.about_member("feedback.given", FeedbackGiven(quarter="2026Q1", conduct=desk.pick(("good", "normal"))))


def _score(desk: Desk) -> bool:
    return desk.about_member("score.contributed", pairs.score(f"v-{desk.choice % 4 // 3}", 1 + desk.choice // 4 % 2))


def _reverse(desk: Desk) -> bool:
    entries = desk.entries("score/", own=True)
    if not entries:
        return False
    body = ScoreReversed(contribution=desk.pick(entries)["id"], reason="wrong_value")
    return desk.about_member("score.reversed", body)


def _propose_resolution(desk: Desk) -> bool:
    for _ in desk.turns():
        records = desk.records
        named = [key for key in records if key.startswith("conflict/") and records[key]["state"] == "open"]
        if named:
            return _propose_on(desk, named)
    return False


def _propose_on(desk: Desk, named: list[str]) -> bool:
    key = desk.pick(named)
    conflict = desk.records[key]
    candidates = tuple(item["id"] for item in conflict["candidates"])
    chosen: Any = (*candidates, msgspec.UNSET)[desk.choice // 2 % (len(candidates) + 1)]
    body = ConflictProposed(conflict=key.split("/")[1], record=conflict["record"], candidates=candidates, chosen=chosen)
    return desk.about_member("conflict.proposed", body)


def _answer_resolution(desk: Desk) -> bool:
    for _ in desk.turns():
        waiting = _waiting(desk, decisions(desk.records, "conflicts"))
        if waiting:
            answer: Any = "decline" if desk.choice % 4 == 0 else "accept"
            body = ConflictAnswered(proposal=desk.pick(waiting).id, answer=answer)
            return desk.about_member("conflict.answered", body)
    return False


def _waiting(desk: Desk, view: View) -> list[Proposal]:
    """The partner's proposals that wait for our answer."""
    return [item for item in view.proposals if item.party != desk.book.own_party and view.answer_to(item.id) is None]


def _line(desk: Desk, text: str) -> str:
    identity = desk.book.identity
    return str(note.signature_line(text, NoteSigner(identity.node_id, PLAIN, identity.log)))


def _amend(desk: Desk) -> bool:
    text = pairs.agreement_text(desk.choice % 2, desk.version or None, pairs.BY_ID[desk.book.parties()[1]])
    body = AgreementProposed(
        text=text,
        signature=_line(desk, text),
        approval=pairs.APPROVAL,
        predecessor=desk.version or msgspec.UNSET,
    )
    desk.book.write("agreement.proposed", body, version=desk.version or None)
    return True


def _amend_with_scan(desk: Desk) -> bool:
    """As ``_amend``; the stamped scan comes along when the partner asks for it."""
    text = pairs.agreement_text(desk.choice % 2, desk.version or None, pairs.BY_ID[desk.book.parties()[1]])
    scan = attachments.keep(desk.book.store, desk.book.pairing.pairing_id, SCAN + bytes([desk.choice]) + b"%%EOF")
    body = AgreementProposed(
        text=text,
        signature=_line(desk, text),
        approval=msgspec.structs.replace(pairs.APPROVAL, scan=scan),
        predecessor=desk.version or msgspec.UNSET,
    )
    desk.book.write("agreement.proposed", body, version=desk.version or None)
    return True


def _answer_amendment(desk: Desk) -> bool:
    waiting = _waiting(desk, decisions(desk.book.pairing_unit().records, "agreements"))
    if not waiting:
        return False
    chosen = desk.pick(waiting)
    version = desk.version or chosen.content
    if desk.choice % 4 == 0:
        body = AgreementAnswered(proposal=chosen.id, answer="decline")
    else:
        known = desk.book.version(chosen.content)
        assert known is not None
        body = AgreementAnswered(
            proposal=chosen.id,
            answer="accept",
            signature=_line(desk, agreement.render(known.gate.terms)),
            approval=pairs.APPROVAL,
        )
    desk.book.write("agreement.answered", body, version=version)
    return True


def _end(desk: Desk) -> bool:
    if desk.choice % 16 or not desk.version:
        return False
    desk.book.write("agreement.ended", AgreementEnded(reason="decided"), version=desk.version)
    return True


def _notify(desk: Desk) -> bool:
    if not desk.version:
        return False
    desk.book.write("notice.given", pairs.notice(), version=desk.version)
    return True


ACTS: Final[Mapping[str, Callable[[Desk], bool]]] = {
    "depart": _depart,
    "admit": _admit,
    "refuse": _refuse,
    "relocate": _relocate,
    "return": _return,
    "enter": _enter,
    "withdraw": _withdraw,
    "feed_back": _feed_back,
    "score": _score,
    "reverse": _reverse,
    "propose_resolution": _propose_resolution,
    "answer_resolution": _answer_resolution,
    "amend": _amend,
    "answer_amendment": _answer_amendment,
    "end": _end,
    "notify": _notify,
}


def _contact(desk: Desk) -> bool:
    return desk.about_member(
        "contact.made", ContactMade(contact=desk.pick(CONTACTS), on=f"2026-03-0{1 + desk.choice % 3}")
    )


def _withdraw_contact(desk: Desk) -> bool:
    entries = desk.entries("contact/", own=True)
    if not entries:
        return False
    body = ContactWithdrawn(contact=desk.pick(entries)["id"], reason="wrong_member")
    return desk.about_member("contact.withdrawn", body)


def _name_officer(desk: Desk) -> bool:
    body = OfficerNamed(officer=f"第{desk.choice % 3}人", phone="10000000001", since="2026-03-01")
    return desk.about_member("officer.named", body)


def _tell_help(desk: Desk) -> bool:
    status: Any = desk.pick(("open", "in_progress", "solved"))
    body = HelpStatusTold(case=f"{desk.choice % 2:032x}", category="medical", status=status, on="2026-03-05")
    return desk.about_member("help.status_told", body)


def _study(desk: Desk) -> bool:
    """Ask the partner for a study, or answer one of its own, or say that it was held."""
    if not desk.version:
        return False
    records = desk.book.unit(desk.scope, "agreement").records
    asked = [
        entry["id"]
        for key in records
        if key.startswith(f"study/{1 - desk.book.own_party}/")
        for entry in records[key]["entries"]
    ]
    body: Body
    if not asked or desk.choice % 3 == 0:
        body = StudyDelegated(event=f"s-{desk.choice % 2}", topic="全会精神", due_on="2026-03-31")
        desk.book.write("study.delegated", body, version=desk.version)
    elif desk.choice % 3 == 1:
        body = StudyAnswered(delegation=desk.pick(asked), answer="accept")
        desk.book.write("study.answered", body, version=desk.version)
    else:
        body = StudyHeld(delegation=desk.pick(asked), held_on="2026-03-20")
        desk.book.write("study.held", body, version=desk.version)
    return True


CONTACTS: Final = ("quarterly", "relocation", "festival")

CARE: Final[Mapping[str, Callable[[Desk], bool]]] = {
    "contact": _contact,
    "withdraw_contact": _withdraw_contact,
    "name_officer": _name_officer,
    "tell_help": _tell_help,
    "study": _study,
}
"""Contacts, help and study. They stand apart so that a seed of the simulation goes on meaning the same history."""


def _suspend(desk: Desk) -> bool:
    if desk.choice % 4 or not desk.version:
        return False
    desk.book.write("agreement.suspended", AgreementSuspended(reason="other"), version=desk.version)
    return True


def _propose_lifting(desk: Desk) -> bool:
    standing = standing_suspensions(desk.book.pairing_unit().records)
    if not standing or not desk.version:
        return False
    body = LiftProposed(suspension=desk.pick(standing)["id"])
    desk.book.write("agreement.lift_proposed", body, version=desk.version)
    return True


def _answer_lifting(desk: Desk) -> bool:
    waiting = _waiting(desk, decisions(desk.book.pairing_unit().records, LIFTS))
    if not waiting or not desk.version:
        return False
    answer: Any = "decline" if desk.choice % 4 == 0 else "accept"
    body = LiftAnswered(proposal=desk.pick(waiting).id, answer=answer)
    desk.book.write("agreement.lift_answered", body, version=desk.version)
    return True


def _update_profile(desk: Desk) -> bool:
    changed: Any = ({"phone": f"1000000000{desk.choice % 3}"}, {"name": f"{desk.name}改"}, {"category": "full_member"})
    return desk.about_member("profile.updated", ProfileUpdated(**desk.pick(changed)))


def _report_presence(desk: Desk) -> bool:
    presence: Any = desk.pick(("lost", "in_contact"))
    return desk.about_member("presence.reported", PresenceReported(presence=presence, on="2026-03-05"))


def _report_event(desk: Desk) -> bool:
    body = EventReported(category="accident", on="2026-03-05", contact="李明", phone="10000000001")
    return desk.about_member("event.reported", body)


def _sum_up(desk: Desk) -> bool:
    ended = desk.entries("movement/return", own=False)
    if not ended:
        return False
    body = SummaryGiven(returned=desk.pick(ended)["id"], conduct=desk.pick(("good", "normal")))
    return desk.about_member("summary.given", body)


def _state_crossing(desk: Desk) -> bool:
    entries = [entry["id"] for entry in desk.entries("life/", own=False)]
    if not entries:
        return False
    body = ConflictStated(
        conflict=f"{desk.choice % 2:064x}",
        matter="attendance",
        record="life/e-0",
        candidates=(desk.pick(entries),),
        other="another_destination",
        state=desk.pick(("open", "settled")),
    )
    return desk.about_member("conflict.stated", body)


def _answer_part(desk: Desk) -> bool:
    stated = desk.entries("stated/", own=False)
    if not stated:
        return False
    return desk.about_member("conflict.part_answered", PartAnswered(stated=desk.pick(stated)["id"], answer="signed"))


def _inflow(desk: Desk) -> bool:
    """Ask about somebody, or answer what the partner asked."""
    if not desk.version:
        return False
    records = desk.book.unit(desk.scope, "agreement").records
    asked = [key[7:] for key in records if key.startswith("inflow/") and records[key]["party"] != desk.book.own_party]
    if asked and desk.choice % 2:
        answer = InflowAnswered(inflow=desk.pick(asked), answer="denied", reason="no_such_member")
        desk.book.write("inflow.answered", answer, version=desk.version)
    else:
        body = InflowReported(match=f"{desk.choice:064x}", found_on="2026-03-05")
        desk.book.write("inflow.reported", body, version=desk.version)
    return True


STOPPING: Final[Mapping[str, Callable[[Desk], bool]]] = {
    "suspend": _suspend,
    "propose_lifting": _propose_lifting,
    "answer_lifting": _answer_lifting,
}
"""One side stops, both let it go on."""

MOVING: Final[Mapping[str, Callable[[Desk], bool]]] = {
    "update_profile": _update_profile,
    "report_presence": _report_presence,
    "report_event": _report_event,
    "sum_up": _sum_up,
    "state_crossing": _state_crossing,
    "answer_part": _answer_part,
    "inflow": _inflow,
}
"""What is told of a member on the move, and of two destinations. Apart for the same reason."""


def _propose_together(desk: Desk) -> bool:
    """Minutes of one of two meetings, in one of two wordings, following what is in force as this side knows it."""
    if not desk.version:
        return False
    meeting = f"m-{desk.choice % 2}"
    current = decisions(desk.book.unit(desk.scope, "agreement").records, f"minutes/{meeting}").current(
        f"minutes/{meeting}"
    )
    body = MinutesProposed(
        meeting=meeting,
        held_on="2026-03-20",
        agenda=("通报情况",),
        resolutions=(f"第{desk.choice // 2 % 2}种",),
        attended=(1, 1),
        replaces=current or msgspec.UNSET,
    )
    desk.book.write("minutes.proposed", body, version=desk.version)
    return True


def _answer_together(desk: Desk) -> bool:
    records = desk.book.unit(desk.scope, "agreement").records if desk.version else {}
    for matter in ("minutes/m-0", "minutes/m-1"):
        waiting = _waiting(desk, decisions(records, matter))
        if waiting:
            proposal = desk.pick(waiting)
            answer: Any = "decline" if desk.choice % 4 == 0 else "accept"
            body = JointAnswered(matter=matter, proposal=proposal.id, content=proposal.content, answer=answer)
            desk.book.write("joint.answered", body, version=desk.version)
            return True
    return False


def _own_word(desk: Desk) -> bool:
    """The office, a bulletin, a matter to pass on: what each side says for itself."""
    if not desk.version:
        return False
    nothing = Topic(answer="nothing_to_report")
    words: tuple[tuple[str, Body], ...] = (
        (
            "office.published",
            OfficePublished(
                office="服务站", address=f"{desk.choice}号", hours="全天", telephone="12371", valid_from="2026-03-01"
            ),
        ),
        (
            "bulletin.sent",
            BulletinSent(
                quarter="2026Q1",
                number=1 + desk.choice % 2,
                admission=nothing,
                organisational_life=nothing,
                conduct=nothing,
                conversion=nothing,
            ),
        ),
        (
            "matter.announced",
            MatterAnnounced(matter="x", category="election", title="换届", text="请参加", on="2026-04-01"),
        ),
    )
    kind, body = desk.pick(words)
    desk.book.write(kind, body, version=desk.version)
    return True


def _pass_on(desk: Desk) -> bool:
    outcome: Any = desk.pick(("informed", "not_reached"))
    return desk.about_member("matter.passed_on", MatterPassedOn(matter="x", outcome=outcome, on="2026-03-21"))


def _present_certificate(desk: Desk) -> bool:
    """A number is presented: the issuer's node answers by itself."""
    if not desk.version:
        return False
    body = CertificateQueried(number=f"H-{desk.choice % 2}", on="2026-03-22")
    desk.book.write("certificate.queried", body, version=desk.version)
    return True


def _check_yearly(desk: Desk) -> bool:
    outcome: Any = desk.pick(("passed", "to_follow_up"))
    body = AnnualCheckEntered(year=2025, checked_on="2026-03-25", outcome=outcome, branch="第一党支部")
    return desk.about_member("certificate.annual_check_entered", body)


TOGETHER: Final[Mapping[str, Callable[[Desk], bool]]] = {
    "propose_together": _propose_together,
    "answer_together": _answer_together,
    "own_word": _own_word,
    "pass_on": _pass_on,
    "present_certificate": _present_certificate,
    "check_yearly": _check_yearly,
}
"""What both sign besides the agreement, what each publishes, and the certificate. Apart for the same reason."""


def _end_period(desk: Desk) -> bool:
    """An own member came back, so that it may be forgotten after two years, or later still."""
    if desk.member % 2 != desk.book.own_party:
        return False
    ended_on = "2026-01-15" if desk.choice % 4 else "2026-12-31"
    return desk.about_member("return.notified", ReturnNotified(ended_on=ended_on, reason="returned"))


def _erase(desk: Desk) -> bool:
    """Both sides forget an own member whose period is over. ``sync/oversight/erasure_requests.py`` does this."""
    for _ in desk.turns():
        ended = end_of(desk.records) if giver(desk.subject) == desk.book.own_party and desk.version else None
        if ended is None:
            continue
        body = SubjectErased(
            agreement=desk.scope,
            subject=desk.subject,
            basis="retention_expired",
            ending=ended.message,
            ended_on=ended.on,
            on=months_after(ended.on, RETENTION_MONTHS),
        )
        desk.book.write("exchange.erased", body)
        erasure.sweep(desk.book)
        return True
    return False


def _ask_opinion(desk: Desk) -> bool:
    """An own member is on probation, and its end is near: the origin asks for the other side's opinion."""
    if desk.entries("probation_request/"):
        return False
    desk.about_member("probation.dated", ProbationDated(began_on="2026-01-02", ends_on="2026-12-30"))
    body = OpinionRequested(ends_on="2026-12-30", meeting_on="2026-12-30", answer_by="2026-12-20")
    return desk.about_member("probation.opinion_requested", body)


def _opine(desk: Desk) -> bool:
    """The other side gives it, with a document that names the member."""
    for subject in desk.turns():
        asked = desk.entries("probation_request/", own=False)
        if asked:
            member = next(member for member in range(MEMBERS) if member_subject(member) == subject)
            name = member_name(desk.book.pairing.pairing_id, member)
            scan = b"%PDF-1.7\n" + name.encode() + b"%%EOF"
            body = OpinionGiven(
                request=asked[-1]["id"],
                opinion="on_time",
                reasons=("fulfils_duties",),
                on="2026-12-10",
                signed_by="李明",
                document=attachments.keep(desk.book.store, desk.book.pairing.pairing_id, scan),
            )
            return desk.about_member("probation.opinion_given", body, cause=body.request)
    return False


RETENTION_MONTHS: Final = 24
"""Of the terms that ``tests/pairs.py`` has them sign."""

FORGETTING: Final[Mapping[str, Callable[[Desk], bool]]] = {
    "ask_opinion": _ask_opinion,
    "opine": _opine,
    "end_period": _end_period,
    "erase": _erase,
}
"""How a member comes to be erased, and what of it is on paper. Apart for the same reason."""

FILING: Final[Mapping[str, Callable[[Desk], bool]]] = {"amend_with_scan": _amend_with_scan}
"""What names a file. Apart for the same reason, and only in the simulation."""

EVERY: Final = {**ACTS, **CARE, **STOPPING, **MOVING, **TOGETHER}
SIMULATED: Final = {**EVERY, **FILING}
"""What the simulation draws from; what belongs together in its order it tells as a story (``plan.py``)."""


def perform(book: LogBook, name: str, member: int, choice: int) -> bool:
    """Whether something was written. Raises the refusal of the node's own verdict."""
    return {**SIMULATED, **FORGETTING}[name](Desk(book, member, choice))


def misbehave(book: UncheckedBook, member: int, choice: int) -> None:
    """Sign something that must not be said: the wrong side, an unknown member, a citation of nothing, a false scale."""
    desk = Desk(book, member, choice)
    book.rogue = True
    try:
        desk.pick(MISDEEDS)(desk)
    finally:
        book.rogue = False


def _unknown_member(desk: Desk) -> None:
    desk.subject = "ee" * 16
    desk.about_member("score.contributed", pairs.score("v-0", 1))


def _points_off_the_scale(desk: Desk) -> None:
    desk.about_member("score.contributed", pairs.score("v-0", 99))


def _cites_nothing(desk: Desk) -> None:
    desk.about_member("score.reversed", ScoreReversed(contribution="cc" * 16, reason="wrong_value"))


def _answers_nothing(desk: Desk) -> None:
    desk.about_member("conflict.answered", ConflictAnswered(proposal="dd" * 16, answer="accept"))


def _wrong_side(desk: Desk) -> None:
    desk.about_member("feedback.given", FeedbackGiven(quarter="2026Q2", conduct="good"))


def _two_proposals(desk: Desk) -> None:
    for choice in (0, 1):
        desk.choice = choice
        _amend(desk)


def _no_such_version(desk: Desk) -> None:
    desk.version = "ab" * 32
    _relocate(desk)


def _answers_itself(desk: Desk) -> None:
    if not _propose_resolution(desk):
        _answers_nothing(desk)
    else:
        view = decisions(desk.records, "conflicts")
        for item in [item for item in view.proposals if item.party == desk.book.own_party][-1:]:
            desk.about_member("conflict.answered", ConflictAnswered(proposal=item.id, answer="accept"))


MISDEEDS: Final = (
    _answers_itself,
    _unknown_member,
    _points_off_the_scale,
    _cites_nothing,
    _answers_nothing,
    _wrong_side,
    _two_proposals,
    _no_such_version,
)
