"""Agreements from draft to signature: who prepared what, who signed it, what is in force.

An officer prepares a text; the secretary proposes it with the committee's approval; the partner's secretary signs the
very text that they were shown, or declines it. Drafts are this committee's own; proposals and answers are messages,
and what is in force follows from them (``protocol/decision.py``)::

    draft = draft_agreement(act, AgreementDraftRequest(valid_from="2026-01-01", …))
    propose_agreement(act, AgreementPropose(draft=draft.id, document_number="…", …))
    sign_agreement(partner_act, AgreementSign(version=shown.version, …))
"""

from typing import TYPE_CHECKING, Annotated

import msgspec

from gongguan.protocol import agreement, note
from gongguan.protocol.errors import refuse
from gongguan.protocol.limits import NAME_CHARS_MAX, TEXT_CHARS_MAX
from gongguan.protocol.messages.agreement import (
    AgreementAnswered,
    AgreementEnded,
    AgreementProposed,
    Approval,
    EndReason,
)
from gongguan.protocol.terms import Terms
from gongguan.sync.act import Act
from gongguan.sync.agreements.texts import FoundText, chosen, drafts_in, every_text
from gongguan.sync.days import check_happened, today
from gongguan.sync.exchange import attachments
from gongguan.sync.exchange.fold import is_ended
from gongguan.sync.label import FILE_BYTES_MAX
from gongguan.sync.labels import DATE, labelled
from gongguan.sync.records import AgreementDraft, AgreementVersion
from gongguan.sync.shared.partners import title_of
from gongguan.sync.store import Store

if TYPE_CHECKING:  # what commands only name, and would wait for
    from gongguan.sync.exchange.exchange import Exchange


class _Approved(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a committee says about its own approval."""

    document_number: Annotated[str, labelled("文号", "document number", min_length=1, max_length=NAME_CHARS_MAX)]
    approved_on: Annotated[str, labelled("批准日期", "approved on", pattern=DATE)]
    approved_by: Annotated[str, labelled("批准人", "approved by", min_length=1, max_length=NAME_CHARS_MAX)]
    scan: Annotated[
        Annotated[bytes, msgspec.Meta(max_length=FILE_BYTES_MAX)] | None,
        labelled("盖章扫描件（PDF 或图片，随协议送对方）", "stamped scan (PDF or picture; the partner gets it too)"),
    ] = None


class AgreementPropose(_Approved, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``agreement.propose``."""

    draft: Annotated[str, labelled("草稿编号", "id of the draft", argument=True, min_length=4, max_length=64)]


class AgreementSign(_Approved, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``agreement.sign``. ``version`` is the hash of the text that the secretary has read."""

    version: Annotated[
        str, labelled("看过的版本摘要", "version that was read", argument=True, pattern=r"^[0-9a-f]{64}$")
    ]
    proposal: Annotated[
        Annotated[str, msgspec.Meta(max_length=64)] | None, labelled("提议编号", "id of the proposal")
    ] = None


class AgreementDecline(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``agreement.decline``."""

    reason: Annotated[str, labelled("理由", "reason", min_length=1, max_length=TEXT_CHARS_MAX)]
    proposal: Annotated[
        Annotated[str, msgspec.Meta(max_length=64)] | None, labelled("提议编号", "id of the proposal", argument=True)
    ] = None


class AgreementEnd(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``agreement.end``. ``version`` is what the secretary saw: the whole digest of the version in force."""

    version: Annotated[
        str,
        labelled(
            "现行版本摘要（gongguan agreement show 所列）", "version in force", argument=True, pattern="^[0-9a-f]{64}$"
        ),
    ]
    document_number: Annotated[
        Annotated[str, msgspec.Meta(max_length=NAME_CHARS_MAX)] | None, labelled("文号", "document number")
    ] = None


class Agreed(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``agreement.propose``, ``.sign`` and ``.decline``."""

    id: Annotated[str, labelled("提议编号", "proposal")]
    version: Annotated[str, labelled("版本摘要", "version")]
    peer: Annotated[str, labelled("对方", "partner")]
    valid_from: Annotated[str, labelled("自", "valid from")]
    valid_until: Annotated[str, labelled("至", "valid until")]


def propose_agreement(act: Act, request: AgreementPropose) -> Agreed:
    """Sign a draft and send it to the partner's secretary.

    Raises D-agreement-unknown, D-draft-proposed, D-agreement-elsewhere (the very text of another pairing),
    G-incomplete, G-expired, G-predecessor (another version came into force since the draft was made), P-decision-open
    (an earlier proposal of ours is unanswered).
    """
    drafts = [item for item in drafts_in(act.store) if item.id.startswith(request.draft)]
    found = chosen(drafts, request.draft)
    if found.state != "draft":
        raise refuse("D-draft-proposed", draft=found.id)
    terms = _signable(act, found.text)
    held = act.store.get(AgreementVersion, agreement.version(found.text))
    if held is not None and held.pairing_id != found.pairing.pairing_id:
        raise refuse("D-agreement-elsewhere", draft=found.id)
    predecessor = terms.predecessor if isinstance(terms.predecessor, str) else ""
    book = act.exchange.book(found.pairing.pairing_id)
    message = book.write(
        "agreement.proposed",
        AgreementProposed(
            text=found.text,
            signature=_signature(act, terms),
            approval=_approval(act, request, found.pairing.pairing_id),
            predecessor=predecessor or msgspec.UNSET,
        ),
        version=predecessor or None,
    )
    draft = act.store.get(AgreementDraft, found.id)
    if draft is not None:
        act.store.put(msgspec.structs.replace(draft, state="proposed", proposal=message.id))
    act.node.wake(found.pairing.pairing_id)
    return _agreed(act.store, found._replace(id=message.id))


def sign_agreement(act: Act, request: AgreementSign) -> Agreed:
    """Accept the partner's proposal under our own signature; from here on it is in force.

    Raises D-agreement-none-waits, D-agreement-several-wait, G-other-version when ``version`` is not that of the
    proposal, G-expired, P-decision-turn (our own proposal has to be answered first).
    """
    found = _waiting(act, request.proposal)
    if request.version != found.version:
        raise refuse("G-other-version", seen=request.version, proposed=found.version)
    terms = _signable(act, found.text)
    answer = AgreementAnswered(
        proposal=found.id,
        answer="accept",
        signature=_signature(act, terms),
        approval=_approval(act, request, found.pairing.pairing_id),
    )
    _answer(act, found, answer)
    return _agreed(act.store, found)


def decline_agreement(act: Act, request: AgreementDecline) -> Agreed:
    """Tell the partner that this text will not be signed, and why.

    Raises D-agreement-none-waits, D-agreement-several-wait.
    """
    found = _waiting(act, request.proposal)
    _answer(act, found, AgreementAnswered(proposal=found.id, answer="decline", reason=request.reason))
    return _agreed(act.store, found)


def end_agreement(act: Act, request: AgreementEnd) -> Agreed:
    """End the version in force by decision of this side. Raises D-agreement-not-in-force."""
    found = next((item for item in every_text(act) if item.version == request.version), None)
    if found is None or found.state not in ("in_force", "suspended", "expired") or found.pairing.state != "active":
        raise refuse("D-agreement-not-in-force")
    _end(act.exchange, found.pairing.pairing_id, found.version, "decided", request.document_number)
    act.node.wake(found.pairing.pairing_id)
    return _agreed(act.store, found)


def end_expired(exchange: "Exchange") -> list[str]:
    """End every version in force whose term is over by China's date, as our clock has it; the pairing ids."""
    ended = []
    for pairing in exchange.pairings():
        if pairing.recovering:
            continue
        book = exchange.book(pairing.pairing_id)
        current = book.current_version()
        version = book.version(current) if current else None
        if version is None or today(exchange.now).isoformat() <= version.gate.terms.valid_until:
            continue
        if not is_ended(book.pairing_unit().records, current):
            _end(exchange, pairing.pairing_id, current, "expired", None)
            ended.append(pairing.pairing_id)
    return ended


def _end(exchange: "Exchange", pairing_id: str, version: str, reason: EndReason, document_number: str | None) -> None:
    body = AgreementEnded(reason=reason, document_number=document_number or msgspec.UNSET)
    exchange.book(pairing_id).write("agreement.ended", body, version=version)


def _waiting(act: Act, wanted: str | None) -> FoundText:
    """The partner's open proposal that is meant."""
    found = [
        item
        for item in every_text(act)
        if item.state == "proposed"
        and item.proposal is not None
        and item.proposal.party != item.pairing.party
        and item.pairing.state == "active"
        and item.id.startswith(wanted or "")
    ]
    if not found:
        raise refuse("D-agreement-none-waits")
    if len(found) > 1:
        raise refuse("D-agreement-several-wait", count=len(found))
    return found[0]


def _signable(act: Act, text: str) -> Terms:
    """The terms of a text that our own rendering gives back, complete, and whose term is not over."""
    terms = agreement.parse(text)
    agreement.check_signable(terms)
    if today(act.now).isoformat() > terms.valid_until:
        raise refuse("G-expired", until=terms.valid_until)
    return terms


def _signature(act: Act, terms: Terms) -> str:
    """Our line under the text that we render ourselves."""
    return str(note.signature_line(agreement.render(terms), act.exchange.identity.signer()))


def _approval(act: Act, request: _Approved, pairing_id: str) -> Approval:
    check_happened(act.now, request.approved_on)
    scan = attachments.keep(act.store, pairing_id, request.scan) if request.scan else msgspec.UNSET
    return Approval(
        document_number=request.document_number,
        approved_on=request.approved_on,
        approved_by=request.approved_by,
        scan=scan,
    )


def _answer(act: Act, found: FoundText, answer: AgreementAnswered) -> None:
    book = act.exchange.book(found.pairing.pairing_id)
    book.write("agreement.answered", answer, version=book.current_version() or found.version)
    act.node.wake(found.pairing.pairing_id)


def _agreed(store: Store, found: FoundText) -> Agreed:
    terms = agreement.parse(found.text)
    return Agreed(
        id=found.id,
        version=found.version,
        peer=title_of(store, found.pairing.their_card),
        valid_from=terms.valid_from,
        valid_until=terms.valid_until,
    )
