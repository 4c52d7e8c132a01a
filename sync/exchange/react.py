"""REACT: what a message sets off here, once, in the transaction that first applies it. Never on refold.

A reaction writes local records (a task for an officer, which pseudonym stands for whom) or answers by a message.
It is no part of what both nodes must agree on; that is ``sync/exchange/fold.py``.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Final

import msgspec

from gongguan.protocol.errors import AgreementError, ExchangeError
from gongguan.protocol.forms import ready
from gongguan.protocol.messages.certificate import CertificateQueried
from gongguan.protocol.messages.contact import OfficerNamed
from gongguan.protocol.messages.exchange import MatchKeyGiven
from gongguan.sync.act import stamp
from gongguan.sync.days import today
from gongguan.sync.exchange import erasure, upward_items
from gongguan.sync.exchange.certificate_register import answer
from gongguan.sync.exchange.fold import JOINT, LIFTS, Placed, decisions
from gongguan.sync.exchange.logbook import LogBook
from gongguan.sync.exchange.match_keys import match_key_name
from gongguan.sync.exchange.mobility_periods import of_their_member
from gongguan.sync.exchange.own_words import OWN_WORD_FORMS
from gongguan.sync.exchange.regained_notices import regain
from gongguan.sync.exchange.task_names import task_id, task_names
from gongguan.sync.records import ContactOfficer, IdentityCheck, Intake, MobilityPeriod, Setting, Task

QUERY: Final = "certificate_query/"


def open_task(book: LogBook, placed: Placed, kind: str) -> None:
    """A task for this node's staff about the message; the same message never opens two."""
    book.store.put(
        Task(
            task_id=task_id(kind, placed.message.id, book.pairing.pairing_id),
            kind=kind,
            state="open",
            agreement=placed.agreement,
            subject=placed.message.subject if isinstance(placed.message.subject, str) else None,
            opened_at=stamp(book.now),
        )
    )


def close_tasks(book: LogBook, subject: object, kinds: tuple[str, ...]) -> None:
    """Close this member's open tasks of these kinds."""
    for task in book.store.find(Task, subject=subject, state="open"):
        if task.kind in kinds:
            closed = Task(
                task_id=task.task_id,
                kind=task.kind,
                state="closed",
                agreement=task.agreement,
                subject=task.subject,
                opened_at=task.opened_at,
                closed_at=stamp(book.now),
            )
            book.store.put(closed)


def _agreement_proposed(book: LogBook, placed: Placed, own: bool) -> None:
    if not own:
        open_task(book, placed, "sign_agreement")


def _agreement_answered(book: LogBook, placed: Placed, own: bool) -> None:
    """Once a version is in force each side says where its office is, and the first one's proposer the match key.

    The key goes sealed like everything, never in a note.
    """
    accepted = placed.message.body.answer == "accept"
    if own:
        close_task(book, "sign_agreement", placed.message.body.proposal)
    elif accepted:
        give_match_key(book)
    if accepted:
        tell_office(book)


def _joint_proposed(book: LogBook, placed: Placed, own: bool) -> None:
    if not own:
        open_task(book, placed, "answer_joint")


def _joint_answered(book: LogBook, placed: Placed, own: bool) -> None:
    if own:
        close_task(book, "answer_joint", placed.message.body.proposal)


def _agreement_suspended(book: LogBook, placed: Placed, own: bool) -> None:
    if not own:
        open_task(book, placed, "agreement_suspended")


def _lift_proposed(book: LogBook, placed: Placed, own: bool) -> None:
    if not own:
        open_task(book, placed, "answer_lifting")


def _lift_answered(book: LogBook, placed: Placed, own: bool) -> None:
    """The task of who was asked is done; after an acceptance so is that of who was told of the suspension."""
    proposal = decisions(book.pairing_unit().records, LIFTS).proposal(placed.message.body.proposal)
    close_task(book, "answer_lifting", placed.message.body.proposal)
    if proposal is not None and placed.message.body.answer == "accept":
        close_task(book, "agreement_suspended", proposal.key)


def close_task(book: LogBook, kind: str, message_id: str) -> None:
    """Close the task of this kind about a message, if it is open."""
    for name in task_names(kind, message_id, book.pairing.pairing_id):
        task = book.store.get(Task, name)
        if task is not None and task.state == "open":
            book.store.put(msgspec.structs.replace(task, state="closed", closed_at=stamp(book.now)))


def give_match_key(book: LogBook) -> None:
    """Send the match key of the agreement in force, if this side proposed it and none was given yet."""
    if book.pairing.recovering:
        # It may be among what comes back; asked again when all has come.
        return
    current = book.current_version()
    version = book.version(current) if current else None
    if version is None or book.store.get(Setting, match_key_name(version.agreement)) is not None:
        return
    proposals = book.grounds().agreements.proposals
    if not any(item.content == current and item.party == book.own_party for item in proposals):
        return
    with suppress(ExchangeError, AgreementError):
        # A partner that has not announced the kind, or terms that leave it out, must not keep the answer from arriving.
        book.write("exchange.match_key", MatchKeyGiven(match_key=book.rng(32).hex()), version=current)


def tell_office(book: LogBook) -> None:
    """Say to a partner what is published here and it was not told yet: when an agreement comes into force."""
    current = book.current_version()
    version = book.version(current) if current else None
    if version is None or book.pairing.recovering:
        return
    records = book.unit(version.agreement, "agreement").records
    for name, (kind, form, record) in OWN_WORD_FORMS.items():
        kept = book.store.get(Setting, name)
        body = msgspec.json.decode(kept.value, type=ready(form)) if kept else None
        if body is None or (records.get(f"{record}/{book.own_party}") or {}).get("effective") == msgspec.to_builtins(
            body
        ):
            continue
        with suppress(ExchangeError, AgreementError):
            # A partner that has not announced the kind, or terms without it, must not keep the answer from arriving.
            book.write(kind, body, version=current)


def _match_key(book: LogBook, placed: Placed, own: bool) -> None:
    setting = Setting(name=match_key_name(placed.agreement), value=placed.message.body.match_key)
    if own or book.store.get(Setting, setting.name) is None:
        book.store.put(setting)


def _departure(book: LogBook, placed: Placed, own: bool) -> None:
    if own:
        close_tasks(book, placed.message.subject, ("handle_refusal",))
        if book.pairing.recovering:
            regain(book, placed, match_key_name(placed.agreement))
        return
    subject = str(placed.message.subject)
    known = book.store.get(MobilityPeriod, subject)
    if known is not None and (known.side, known.pairing_id) != ("destination", book.pairing.pairing_id):
        return
    book.store.put(of_their_member(subject, placed.agreement, book.pairing.pairing_id))
    open_task(book, placed, "answer_departure")


def _admission(book: LogBook, placed: Placed, own: bool) -> None:
    close_tasks(book, placed.message.subject, ("answer_departure",))
    if not own and placed.message.kind == "admission.given":
        _name_officer(book, str(placed.message.subject))


def _name_officer(book: LogBook, subject: str) -> None:
    """Answer an admission with who keeps contact at the origin, if somebody was named already (B-09)."""
    period = book.store.get(MobilityPeriod, subject)
    if book.pairing.recovering or period is None or period.member_id is None:
        return
    for row in book.store.find(ContactOfficer, person=period.member_id, until=None):
        body = OfficerNamed(officer=row.officer, phone=row.phone, since=row.since)
        # As with the match key: what the partner or the terms do not know must not keep the admission from arriving.
        with suppress(ExchangeError, AgreementError):
            book.write("officer.named", body, version=book.current_version(), subject=subject)


def _return(book: LogBook, placed: Placed, own: bool) -> None:
    """Nothing is left to answer; the destination that managed the member owes a summary of the stay (A-23)."""
    close_tasks(book, placed.message.subject, ("answer_departure", "handle_refusal"))
    records = book.unit(placed.agreement, str(placed.message.subject)).records
    if not own and "movement/admission" in records and placed.message.body.reason != "died":
        open_task(book, placed, "give_summary")


def _summary(book: LogBook, placed: Placed, own: bool) -> None:
    close_tasks(book, placed.message.subject, ("give_summary",))


def _refusal(book: LogBook, placed: Placed, own: bool) -> None:
    """Each refusal opens a case: the origin corrects and notifies again, takes the member back, or goes higher."""
    _admission(book, placed, own)
    if not own:
        open_task(book, placed, "handle_refusal")
    upward_items.note(book, placed, "refusal", placed.message.body.on, placed.message.body.reason)


def _event(book: LogBook, placed: Placed, own: bool) -> None:
    if not own:
        open_task(book, placed, "read_event")
        return
    body = placed.message.body
    upward_items.note(book, placed, "event", body.on, body.category)


def _relocation(book: LogBook, placed: Placed, own: bool) -> None:
    """The destination that says where a member went tells its own superior too (A-48)."""
    period = book.store.get(MobilityPeriod, str(placed.message.subject))
    if own and period is not None and period.side == "destination":
        body = placed.message.body
        upward_items.note(book, placed, "relocation", body.on, body.place)


def _inflow_reported(book: LogBook, placed: Placed, own: bool) -> None:
    if not own:
        open_task(book, placed, "answer_inflow")


def _inflow_answered(book: LogBook, placed: Placed, own: bool) -> None:
    """Who asked learns the answer; a member that was claimed by the ID number counts as identified (A-41)."""
    body = placed.message.body
    close_task(book, "answer_inflow", body.inflow)
    for intake in book.store.find(Intake, message=body.inflow) if not own else []:
        member = body.member if isinstance(body.member, str) else None
        reason = body.reason if isinstance(body.reason, str) else None
        book.store.put(msgspec.structs.replace(intake, state=body.answer, subject=member, reason=reason))
        if member is not None and book.store.get(IdentityCheck, member) is None:
            checked = {"checked_on": today(book.now).isoformat(), "checked_by": intake.taken_by}
            book.store.put(IdentityCheck(subject=member, how="inflow", **checked))


def _conflict_proposed(book: LogBook, placed: Placed, own: bool) -> None:
    if not own:
        open_task(book, placed, "answer_conflict")


def _conflict_answered(book: LogBook, placed: Placed, own: bool) -> None:
    close_tasks(book, placed.message.subject, ("answer_conflict",))


def _conflict_stated(book: LogBook, placed: Placed, own: bool) -> None:
    """What one destination and another say does not go together: the one that is told has to answer for its part."""
    close_tasks(book, placed.message.subject, ("answer_stated",))
    if not own and placed.message.body.state == "open":
        open_task(book, placed, "answer_stated")


def _part_answered(book: LogBook, placed: Placed, own: bool) -> None:
    close_task(book, "answer_stated", placed.message.body.stated)


def _certificate_queried(book: LogBook, placed: Placed, own: bool) -> None:
    if not own and not book.pairing.recovering:
        _answer_query(book, placed.message.id)


def answer_queries(book: LogBook) -> None:
    """Answer what the partner asked while this node could not write: once all has come back after a restore."""
    current = book.current_version()
    version = book.version(current) if current else None
    if version is not None:
        for key in book.unit(version.agreement, "agreement").records:
            if key.startswith(QUERY):
                _answer_query(book, key.removeprefix(QUERY))


def _answer_query(book: LogBook, query_id: str) -> None:
    """Say what the register here knows of a number that the partner asked about, once (A-29)."""
    current = book.current_version()
    version = book.version(current) if current else None
    records = book.unit(version.agreement, "agreement").records if version else {}
    asked = records.get(QUERY + query_id)
    if version is None or asked is None or asked["party"] == book.own_party:
        return
    if f"certificate_answer/{query_id}" in records:
        return
    key = book.store.get(Setting, match_key_name(version.agreement))
    query = msgspec.convert(asked["value"], ready(CertificateQueried))
    told = answer(book.store, query_id, query, bytes.fromhex(key.value) if key else None)
    with suppress(ExchangeError, AgreementError):
        # A partner that has not announced the answer must not keep its question from arriving.
        book.write("certificate.stated", told, version=current, cause=query_id)


REACT: Final[Mapping[str, Callable[[LogBook, Placed, bool], None]]] = {
    **dict.fromkeys(JOINT, _joint_proposed),
    "joint.answered": _joint_answered,
    "certificate.queried": _certificate_queried,
    "agreement.proposed": _agreement_proposed,
    "agreement.answered": _agreement_answered,
    "agreement.suspended": _agreement_suspended,
    "agreement.lift_proposed": _lift_proposed,
    "agreement.lift_answered": _lift_answered,
    "exchange.match_key": _match_key,
    "exchange.erased": erasure.note,
    "departure.notified": _departure,
    "admission.given": _admission,
    "admission.refused": _refusal,
    "return.notified": _return,
    "summary.given": _summary,
    "event.reported": _event,
    "relocation.reported": _relocation,
    "inflow.reported": _inflow_reported,
    "inflow.answered": _inflow_answered,
    "conflict.proposed": _conflict_proposed,
    "conflict.answered": _conflict_answered,
    "conflict.stated": _conflict_stated,
    "conflict.part_answered": _part_answered,
}
