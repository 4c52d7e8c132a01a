"""Agreements from draft to signature: who prepared what, who signed it, what is in force.

An officer prepares a text; the secretary proposes it with the committee's approval; the partner's secretary signs the
very text that they were shown, or declines it. Drafts are this committee's own; proposals and answers are messages,
and what is in force follows from them (``protocol/decision.py``)::

    draft = draft_agreement(act, AgreementDraftRequest(valid_from="2026-01-01", …))
    propose_agreement(act, AgreementPropose(draft=draft.id, document_number="…", …))
    sign_agreement(partner_act, AgreementSign(version=shown.version, …))
"""

from collections.abc import Iterator
from datetime import date
from typing import Annotated, Final, NamedTuple

import msgspec

from gongguan.protocol import agreement, messages, note
from gongguan.protocol.decision import Answer, Proposal, View
from gongguan.protocol.errors import ProtocolError, refuse
from gongguan.protocol.limits import NAME_CHARS_MAX, TEXT_CHARS_MAX
from gongguan.protocol.messages.agreement import (
    AgreementAnswered,
    AgreementEnded,
    AgreementProposed,
    Approval,
    EndReason,
)
from gongguan.protocol.terms import Terms
from gongguan.sync import attachments
from gongguan.sync.act import Act
from gongguan.sync.days import check_happened, today
from gongguan.sync.exchange import Exchange
from gongguan.sync.fold import Value, decisions, is_ended, standing_suspensions
from gongguan.sync.labels import DATE, FILE_BYTES_MAX, labelled
from gongguan.sync.partners import title_of
from gongguan.sync.records import AgreementDraft, AgreementVersion, LogMessage, Pairing
from gongguan.sync.shared import unit_records
from gongguan.sync.store import Store

KEY = "agreement"
"""Under which key the decisions of a pairing are those on its agreement."""

Peer = Annotated[str, labelled("结对节点（编号开头）", "partner (beginning of its id)", max_length=64)]
AgreementId = Annotated[
    Annotated[str, msgspec.Meta(max_length=64)] | None,
    labelled("协议编号（开头几位即可）", "id of a draft, proposal or version (its beginning)", argument=True),
]


class AgreementList(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``agreement.list``."""

    peer: Peer = ""


class AgreementLine(msgspec.Struct, frozen=True, kw_only=True):
    """One draft or proposal. ``id``: of the draft, or of the message that proposed it."""

    id: Annotated[str, labelled("编号", "id")]
    state: Annotated[str, labelled("状态", "state", codes="agreement_state")]
    peer: Annotated[str, labelled("对方", "partner")]
    proposed_by: Annotated[str | None, labelled("提出方", "proposed by", codes="proposer")]
    valid_from: Annotated[str, labelled("自", "valid from")]
    valid_until: Annotated[str, labelled("至", "valid until")]
    version: Annotated[str, labelled("版本摘要", "version")]


class AgreementsListed(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``agreement.list``."""

    agreements: Annotated[list[AgreementLine], labelled("协议", "agreements")]


class AgreementShow(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``agreement.show``: by default what waits for a signature, else what is in force, else a draft."""

    id: AgreementId = None
    peer: Peer = ""
    save: Annotated[bool, labelled("把全文（含签名）存成文件", "save the whole signed text as a file")] = False


class ApprovalLine(msgspec.Struct, frozen=True, kw_only=True):
    """How one committee approved."""

    party: Annotated[str, labelled("单位", "committee")]
    document_number: Annotated[str, labelled("文号", "document number")]
    approved_on: Annotated[str, labelled("批准日期", "approved on")]
    approved_by: Annotated[str, labelled("批准人", "approved by")]
    scan_sha256: Annotated[str | None, labelled("盖章扫描件摘要", "SHA-256 of the scan")] = None
    scan_state: Annotated[str | None, labelled("扫描件", "scan", codes="attachment_state")] = None


class AgreementShown(msgspec.Struct, frozen=True, kw_only=True):
    """One agreement text. ``document`` is a C2SP signed note as soon as somebody has signed, before that its text."""

    id: Annotated[str, labelled("编号", "id")]
    state: Annotated[str, labelled("状态", "state", codes="agreement_state")]
    peer: Annotated[str, labelled("对方", "partner")]
    proposed_by: Annotated[str | None, labelled("提出方", "proposed by", codes="proposer")]
    valid_from: Annotated[str, labelled("自", "valid from")]
    valid_until: Annotated[str, labelled("至", "valid until")]
    version: Annotated[str, labelled("版本摘要（签署时核对）", "version (to compare when signing)")]
    predecessor: Annotated[str | None, labelled("代替的版本", "replaces")]
    missing: Annotated[list[str], labelled("签署前还缺", "still missing for a signature")]
    approvals: Annotated[list[ApprovalLine], labelled("批准", "approvals")]
    reason: Annotated[str | None, labelled("对方不同意的理由", "why it was declined")]
    document: Annotated[str, labelled("文本", "text", prose=True)]
    file: Annotated[bytes | None, labelled("全文", "whole text", suffix="共管协议.txt")] = None


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


class Found(NamedTuple):
    """A draft or a proposal of any age. ``pairing`` may have ended since."""

    id: str
    state: str
    text: str
    version: str
    pairing: Pairing
    proposal: Proposal | None = None
    answer: Answer | None = None
    prepared_at: str = ""


class Agreed(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``agreement.propose``, ``.sign`` and ``.decline``."""

    id: Annotated[str, labelled("提议编号", "proposal")]
    version: Annotated[str, labelled("版本摘要", "version")]
    peer: Annotated[str, labelled("对方", "partner")]
    valid_from: Annotated[str, labelled("自", "valid from")]
    valid_until: Annotated[str, labelled("至", "valid until")]


def list_agreements(act: Act, request: AgreementList) -> AgreementsListed:
    """Every draft and proposal, of one partner or of all."""
    found = [item for item in _every(act) if item.pairing.peer.startswith(request.peer)]
    return AgreementsListed(agreements=[_line(act.store, item) for item in found])


def show_agreement(act: Act, request: AgreementShow) -> AgreementShown:
    """One text with its signatures and approvals. Raises D-agreement-unknown, D-agreement-ambiguous."""
    every = [item for item in _every(act) if item.pairing.peer.startswith(request.peer)]
    found = shown(act, _chosen(every, request.id))
    return msgspec.structs.replace(found, file=found.document.encode()) if request.save else found


def find_agreement(act: Act, wanted: str | None, peer: str, order: tuple[str, ...]) -> Found:
    """The draft or proposal that is meant: by its id or version, else by the first of these states that there is.

    Raises D-agreement-unknown, D-agreement-ambiguous.
    """
    return _chosen([item for item in _every(act) if item.pairing.peer.startswith(peer)], wanted, order)


def text_before(store: Store, found: Found) -> str | None:
    """The text of the version that this one replaces; None where it is the first."""
    predecessor = agreement.parse(found.text).predecessor
    before = store.get(AgreementVersion, predecessor) if isinstance(predecessor, str) else None
    return before.text if before else None


def shown(act: Act, found: Found) -> AgreementShown:
    """A draft or proposal as it is shown."""
    line = _line(act.store, found)
    terms = agreement.parse(found.text)
    signatures = list(_signatures(act.store, found))
    document = found.text + "\n" + "".join(f"{item['line']}\n" for item in signatures) if signatures else found.text
    return AgreementShown(
        id=line.id,
        state=line.state,
        peer=line.peer,
        proposed_by=line.proposed_by,
        valid_from=line.valid_from,
        valid_until=line.valid_until,
        version=line.version,
        predecessor=terms.predecessor if isinstance(terms.predecessor, str) else None,
        missing=_missing(terms),
        approvals=[
            _approval_line(act.store, found.pairing.pairing_id, terms.parties[item["party"]].title, item["approval"])
            for item in signatures
        ],
        reason=_decline_reason(act, found),
        document=document,
    )


def propose_agreement(act: Act, request: AgreementPropose) -> Agreed:
    """Sign a draft and send it to the partner's secretary.

    Raises D-agreement-unknown, D-draft-proposed, D-agreement-elsewhere (the very text of another pairing),
    G-incomplete, G-expired, G-predecessor (another version came into force since the draft was made), P-decision-open
    (an earlier proposal of ours is unanswered).
    """
    drafts = [item for item in _drafts(act.store) if item.id.startswith(request.draft)]
    found = _chosen(drafts, request.draft)
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
    found = next((item for item in _every(act) if item.version == request.version), None)
    if found is None or found.state not in ("in_force", "suspended", "expired") or found.pairing.state != "active":
        raise refuse("D-agreement-not-in-force")
    _end(act.exchange, found.pairing.pairing_id, found.version, "decided", request.document_number)
    act.node.wake(found.pairing.pairing_id)
    return _agreed(act.store, found)


def end_expired(exchange: Exchange) -> list[str]:
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


def _end(exchange: Exchange, pairing_id: str, version: str, reason: EndReason, document_number: str | None) -> None:
    body = AgreementEnded(reason=reason, document_number=document_number or msgspec.UNSET)
    exchange.book(pairing_id).write("agreement.ended", body, version=version)


# --- what there is ------------------------------------------------------------------------------------------------


def _every(act: Act) -> list[Found]:
    """Drafts that were not proposed, then every proposal with its state at today's date, newest last."""
    found = [item for item in _drafts(act.store) if item.state == "draft"]
    for pairing in act.store.find(Pairing):
        found.extend(_proposals(act.store, pairing, today(act.now)))
    return found


def _drafts(store: Store) -> Iterator[Found]:
    for draft in store.find(AgreementDraft):
        pairing = store.get(Pairing, draft.pairing_id)
        if pairing is not None:
            found = Found(draft.draft_id, draft.state, draft.text, draft.version, pairing)
            yield found._replace(prepared_at=draft.prepared_at)


def _proposals(store: Store, pairing: Pairing, day: date) -> Iterator[Found]:
    records = unit_records(store, pairing.pairing_id, "pairing")
    view = decisions(records, "agreements")
    for proposal in view.proposals:
        text = store.get(AgreementVersion, proposal.content)
        if text is not None:
            answer = view.answer_to(proposal.id)
            stopped = "suspended" if standing_suspensions(records) else ""
            stopped = "ended" if is_ended(records, proposal.content) else stopped
            state = _state(view, proposal, text.text, stopped, day)
            yield Found(proposal.id, state, text.text, proposal.content, pairing, proposal, answer)


def _state(view: View, proposal: Proposal, text: str, stopped: str, day: date) -> str:
    answer = view.answer_to(proposal.id)
    if answer is None or not answer.accepted:
        return "proposed" if answer is None else "declined"
    if view.current(KEY) != proposal.content:
        return "superseded"
    if stopped:
        return stopped
    return "expired" if day.isoformat() > agreement.parse(text).valid_until else "in_force"


_NEEDS_A_LOOK: Final = ("proposed", "in_force", "suspended", "expired", "draft", "ended")


def _chosen(every: list[Found], wanted: str | None, order: tuple[str, ...] = _NEEDS_A_LOOK) -> Found:
    """The one whose id or version begins with ``wanted``; without it what most needs a look."""
    if wanted is None:
        for state in order:
            standing = [item for item in every if item.state == state]
            if standing:
                return max(standing, key=lambda item: item.prepared_at)
        raise refuse("D-agreement-unknown")
    found = [item for item in every if item.id.startswith(wanted)]
    # The same text may have been declined and proposed again: then the version names the newest of them.
    found = found or [item for item in every if item.version.startswith(wanted)][-1:]
    if not found:
        raise refuse("D-agreement-unknown")
    if len(found) > 1:
        raise refuse("D-agreement-ambiguous", count=len(found))
    return found[0]


def _waiting(act: Act, wanted: str | None) -> Found:
    """The partner's open proposal that is meant."""
    found = [
        item
        for item in _every(act)
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


def _signatures(store: Store, found: Found) -> Iterator[Value]:
    """The signature of the proposal and that of its acceptance, as both nodes hold them."""
    records = unit_records(store, found.pairing.pairing_id, "pairing")
    ids = [item.id for item in (found.proposal, found.answer) if item is not None]
    for message_id in ids:
        signed = records.get(f"signature/{message_id}")
        if signed is not None:
            yield signed


# --- acting -------------------------------------------------------------------------------------------------------


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


def _answer(act: Act, found: Found, answer: AgreementAnswered) -> None:
    book = act.exchange.book(found.pairing.pairing_id)
    book.write("agreement.answered", answer, version=book.current_version() or found.version)
    act.node.wake(found.pairing.pairing_id)


# --- how it is shown ----------------------------------------------------------------------------------------------


def _line(store: Store, found: Found) -> AgreementLine:
    terms = agreement.parse(found.text)
    by = None
    if found.proposal is not None:
        by = "here" if found.proposal.party == found.pairing.party else "there"
    return AgreementLine(
        id=found.id,
        state=found.state,
        peer=title_of(store, found.pairing.their_card),
        proposed_by=by,
        valid_from=terms.valid_from,
        valid_until=terms.valid_until,
        version=found.version,
    )


def _agreed(store: Store, found: Found) -> Agreed:
    terms = agreement.parse(found.text)
    return Agreed(
        id=found.id,
        version=found.version,
        peer=title_of(store, found.pairing.their_card),
        valid_from=terms.valid_from,
        valid_until=terms.valid_until,
    )


def _missing(terms: Terms) -> list[str]:
    try:
        agreement.check_signable(terms)
    except ProtocolError as error:
        missing = error.facts.get("missing", [error.code])
        return [str(item) for item in missing] if isinstance(missing, list) else [error.code]
    return []


def _approval_line(store: Store, pairing_id: str, party: str, approval: Value) -> ApprovalLine:
    scan = approval.get("scan")
    return ApprovalLine(
        party=party,
        document_number=approval["document_number"],
        approved_on=approval["approved_on"],
        approved_by=approval["approved_by"],
        scan_sha256=scan["sha256"] if scan else approval.get("scan_sha256"),
        scan_state=attachments.state_of(store, pairing_id, scan["sha256"]) if scan else None,
    )


def _decline_reason(act: Act, found: Found) -> str | None:
    """What the declining side wrote; it stands in its message only, no decision depends on it."""
    answer = found.answer
    if answer is None or answer.accepted:
        return None
    author = act.node.node_id if answer.party == found.pairing.party else found.pairing.peer
    rows = act.store.find(LogMessage, author=author, id=answer.id, limit=1)
    reason = messages.decode(rows[0].data).body.reason if rows else None
    return reason if isinstance(reason, str) else None
