"""Suspending an agreement by decision of one side, and lifting the suspension by decision of both.

A suspension stops all work under the agreement from where it stands; corrections, withdrawals and conflicts go on.
What the partner had sent without knowing of it is kept without effect and listed as a conflict
(``sync/conflicts/conflicts.py``). Each suspension is lifted by itself, one side proposing and the other accepting::

    suspend(act, AgreementSuspend(version="3fa9…", reason="terms_disputed"))
    propose_lifting(act, LiftPropose(suspension="77ab"))
    accept_lifting(partner_act, LiftAccept(suspension="77ab"))
"""

from collections.abc import Iterator
from typing import Annotated, Literal, NamedTuple

import msgspec

from gongguan.protocol.decision import Proposal, View
from gongguan.protocol.errors import refuse
from gongguan.protocol.limits import NAME_CHARS_MAX, TEXT_CHARS_MAX
from gongguan.protocol.messages.agreement import AgreementSuspended, LiftAnswered, LiftProposed, SuspensionReason
from gongguan.sync.act import Act
from gongguan.sync.exchange.fold import LIFTS, decisions, is_ended, suspensions
from gongguan.sync.exchange.values import Value
from gongguan.sync.labels import labelled
from gongguan.sync.records import Pairing
from gongguan.sync.shared.partners import partner_titles
from gongguan.sync.shared.views import (
    unit_records,
)

SuspensionRef = Annotated[
    str, labelled("中止编号（或开头几位）", "suspension (or how it begins)", argument=True, pattern=r"^[0-9a-f]{1,32}$")
]
DocumentNumber = Annotated[
    Annotated[str, msgspec.Meta(max_length=NAME_CHARS_MAX)] | None, labelled("文号", "document number")
]


class AgreementSuspend(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``agreement.suspend``. ``version``: the whole digest of the version in force, as the secretary saw."""

    version: Annotated[
        str,
        labelled(
            "现行版本摘要（gongguan agreement show 所列）", "version in force", argument=True, pattern="^[0-9a-f]{64}$"
        ),
    ]
    reason: Annotated[SuspensionReason, labelled("原因", "reason", codes="suspension_reason")]
    document_number: DocumentNumber = None


class SuspensionList(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``agreement.suspensions``."""

    lifted: Annotated[bool, labelled("也列出已恢复的", "lifted ones too")] = False


class LiftPropose(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``agreement.lift``."""

    suspension: SuspensionRef
    document_number: DocumentNumber = None


class LiftAccept(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``agreement.accept_lifting``."""

    suspension: SuspensionRef


class LiftDecline(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``agreement.decline_lifting``."""

    suspension: SuspensionRef
    reason: Annotated[
        Annotated[str, msgspec.Meta(min_length=1, max_length=TEXT_CHARS_MAX)] | None, labelled("理由", "reason")
    ] = None


class SuspensionLine(msgspec.Struct, frozen=True, kw_only=True):
    """One suspension. ``state``: standing, proposed_here, proposed_there (our answer is due) or lifted."""

    id: Annotated[str, labelled("中止编号", "suspension")]
    peer: Annotated[str, labelled("对方", "partner")]
    by: Annotated[str, labelled("中止方", "suspended by", codes="proposer")]
    reason: Annotated[str, labelled("原因", "reason", codes="suspension_reason")]
    document_number: Annotated[str | None, labelled("文号", "document number")]
    state: Annotated[str, labelled("状态", "state", codes="suspension_state")]


class SuspensionsListed(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``agreement.suspensions``; ``standing`` counts those that are not lifted."""

    standing: Annotated[int, labelled("中止中", "standing")]
    suspensions: Annotated[list[SuspensionLine], labelled("中止", "suspensions")]


class Found(NamedTuple):
    """A suspension of either side with what was proposed about it."""

    entry: Value
    pairing: Pairing
    view: View

    @property
    def id(self) -> str:
        """The message that suspended."""
        return str(self.entry["id"])

    def proposal_by(self, *, own: bool) -> Proposal | None:
        """The unanswered proposal of this or the other side to lift it."""
        party = self.pairing.party if own else 1 - self.pairing.party
        return self.view.open_by(party, self.id, "")


def suspend(act: Act, request: AgreementSuspend) -> SuspensionLine:
    """Stop all work under the version in force by decision of this side. Raises D-agreement-not-in-force."""
    for pairing in act.store.find(Pairing, state="active"):
        book = act.exchange.book(pairing.pairing_id)
        if book.current_version() == request.version and not is_ended(book.pairing_unit().records, request.version):
            body = AgreementSuspended(reason=request.reason, document_number=request.document_number or msgspec.UNSET)
            message = book.write("agreement.suspended", body, version=request.version)
            act.node.wake(pairing.pairing_id)
            return _line(act, _now(act, pairing, message.id))
    raise refuse("D-agreement-not-in-force")


def list_suspensions(act: Act, request: SuspensionList) -> SuspensionsListed:
    """Every suspension of either side, with what is proposed about it."""
    lines = [_line(act, found) for found in _every(act)]
    standing = [line for line in lines if line.state != "lifted"]
    return SuspensionsListed(standing=len(standing), suspensions=lines if request.lifted else standing)


def propose_lifting(act: Act, request: LiftPropose) -> SuspensionLine:
    """Propose that a suspension shall be over. Raises D-suspension-unknown, P-decision-open, P-decision-taken."""
    found = _named(act, request.suspension)
    body = LiftProposed(suspension=found.id, document_number=request.document_number or msgspec.UNSET)
    return _said(act, found, "agreement.lift_proposed", body)


def accept_lifting(act: Act, request: LiftAccept) -> SuspensionLine:
    """Accept the partner's proposal: work goes on. Raises D-suspension-unknown, D-proposal-none, P-decision-turn."""
    return _answer(act, request.suspension, "accept", None)


def decline_lifting(act: Act, request: LiftDecline) -> SuspensionLine:
    """Decline the partner's proposal: the suspension stands. Raises D-suspension-unknown, D-proposal-none."""
    return _answer(act, request.suspension, "decline", request.reason)


def _answer(act: Act, reference: str, answer: Literal["accept", "decline"], reason: str | None) -> SuspensionLine:
    found = _named(act, reference)
    proposal = found.proposal_by(own=False)
    if proposal is None:
        raise refuse("D-proposal-none")
    body = LiftAnswered(proposal=proposal.id, answer=answer, reason=reason or msgspec.UNSET)
    return _said(act, found, "agreement.lift_answered", body)


def _said(act: Act, found: Found, kind: str, body: LiftProposed | LiftAnswered) -> SuspensionLine:
    book = act.exchange.book(found.pairing.pairing_id)
    book.write(kind, body, version=book.current_version())
    act.node.wake(found.pairing.pairing_id)
    return _line(act, _now(act, found.pairing, found.id))


def _every(act: Act) -> Iterator[Found]:
    for pairing in act.store.find(Pairing):
        records = unit_records(act.store, pairing.pairing_id, "pairing")
        view = decisions(records, LIFTS)
        for entry in suspensions(records):
            yield Found(entry, pairing, view)


def _named(act: Act, reference: str) -> Found:
    found = [item for item in _every(act) if item.id.startswith(reference) and item.pairing.state == "active"]
    if len(found) != 1:
        raise refuse("D-suspension-unknown", count=len(found))
    return found[0]


def _now(act: Act, pairing: Pairing, suspension: str) -> Found:
    """A suspension as this transaction has it."""
    records = act.exchange.book(pairing.pairing_id).pairing_unit().records
    (entry,) = [item for item in suspensions(records) if item["id"] == suspension]
    return Found(entry, pairing, decisions(records, LIFTS))


def _line(act: Act, found: Found) -> SuspensionLine:
    value = found.entry["value"]
    return SuspensionLine(
        id=found.id,
        peer=partner_titles(act.store).get(found.pairing.pairing_id, ""),
        by="here" if found.entry["party"] == found.pairing.party else "there",
        reason=value["reason"],
        document_number=value.get("document_number"),
        state=_state(found),
    )


def _state(found: Found) -> str:
    if found.view.acceptances(found.id, ""):
        return "lifted"
    if found.proposal_by(own=False):
        return "proposed_there"
    return "proposed_here" if found.proposal_by(own=True) else "standing"
