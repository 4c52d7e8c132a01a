"""Which agreement texts there are, drafts and proposals, in which state each is, and how one is shown."""

from collections.abc import Iterator
from datetime import date
from typing import Annotated, Final, NamedTuple

import msgspec

from gongguan.protocol import agreement, messages
from gongguan.protocol.decision import Answer, Proposal, View
from gongguan.protocol.errors import ProtocolError, refuse
from gongguan.protocol.terms import Terms
from gongguan.sync.act import Act
from gongguan.sync.days import today
from gongguan.sync.exchange import attachments
from gongguan.sync.exchange.fold import decisions, is_ended, standing_suspensions
from gongguan.sync.exchange.values import Value
from gongguan.sync.labels import labelled
from gongguan.sync.records import AgreementDraft, AgreementVersion, LogMessage, Pairing
from gongguan.sync.shared.partners import Peer, title_of
from gongguan.sync.shared.views import (
    unit_records,
)
from gongguan.sync.store import Store

KEY = "agreement"
"""Under which key the decisions of a pairing are those on its agreement."""


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


class FoundText(NamedTuple):
    """A draft or a proposal of any age. ``pairing`` may have ended since."""

    id: str
    state: str
    text: str
    version: str
    pairing: Pairing
    proposal: Proposal | None = None
    answer: Answer | None = None
    prepared_at: str = ""


def list_agreements(act: Act, request: AgreementList) -> AgreementsListed:
    """Every draft and proposal, of one partner or of all."""
    found = [item for item in every_text(act) if item.pairing.peer.startswith(request.peer)]
    return AgreementsListed(agreements=[_line(act.store, item) for item in found])


def show_agreement(act: Act, request: AgreementShow) -> AgreementShown:
    """One text with its signatures and approvals. Raises D-agreement-unknown, D-agreement-ambiguous."""
    every = [item for item in every_text(act) if item.pairing.peer.startswith(request.peer)]
    found = shown(act, chosen(every, request.id))
    return msgspec.structs.replace(found, file=found.document.encode()) if request.save else found


def find_agreement(act: Act, wanted: str | None, peer: str, order: tuple[str, ...]) -> FoundText:
    """The draft or proposal that is meant: by its id or version, else by the first of these states that there is.

    Raises D-agreement-unknown, D-agreement-ambiguous.
    """
    return chosen([item for item in every_text(act) if item.pairing.peer.startswith(peer)], wanted, order)


def text_before(store: Store, found: FoundText) -> str | None:
    """The text of the version that this one replaces; None where it is the first."""
    predecessor = agreement.parse(found.text).predecessor
    before = store.get(AgreementVersion, predecessor) if isinstance(predecessor, str) else None
    return before.text if before else None


def shown(act: Act, found: FoundText) -> AgreementShown:
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


def every_text(act: Act) -> list[FoundText]:
    """Drafts that were not proposed, then every proposal with its state at today's date, newest last."""
    found = [item for item in drafts_in(act.store) if item.state == "draft"]
    for pairing in act.store.find(Pairing):
        found.extend(_proposals(act.store, pairing, today(act.now)))
    return found


def drafts_in(store: Store) -> Iterator[FoundText]:
    """What was drafted here, proposed or not."""
    for draft in store.find(AgreementDraft):
        pairing = store.get(Pairing, draft.pairing_id)
        if pairing is not None:
            found = FoundText(draft.draft_id, draft.state, draft.text, draft.version, pairing)
            yield found._replace(prepared_at=draft.prepared_at)


def _proposals(store: Store, pairing: Pairing, day: date) -> Iterator[FoundText]:
    records = unit_records(store, pairing.pairing_id, "pairing")
    view = decisions(records, "agreements")
    for proposal in view.proposals:
        text = store.get(AgreementVersion, proposal.content)
        if text is not None:
            answer = view.answer_to(proposal.id)
            stopped = "suspended" if standing_suspensions(records) else ""
            stopped = "ended" if is_ended(records, proposal.content) else stopped
            state = _state(view, proposal, text.text, stopped, day)
            yield FoundText(proposal.id, state, text.text, proposal.content, pairing, proposal, answer)


def _state(view: View, proposal: Proposal, text: str, stopped: str, day: date) -> str:
    answer = view.answer_to(proposal.id)
    if answer is None or not answer.accepted:
        return "proposed" if answer is None else "declined"
    if view.is_crossed(KEY, proposal.predecessor):
        return "crossed"
    if view.current(KEY) != proposal.content:
        return "superseded"
    if stopped:
        return stopped
    return "expired" if day.isoformat() > agreement.parse(text).valid_until else "in_force"


_NEEDS_A_LOOK: Final = ("proposed", "in_force", "suspended", "expired", "draft", "ended")


def chosen(every: list[FoundText], wanted: str | None, order: tuple[str, ...] = _NEEDS_A_LOOK) -> FoundText:
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


def _signatures(store: Store, found: FoundText) -> Iterator[Value]:
    """The signature of the proposal and that of its acceptance, as both nodes hold them."""
    records = unit_records(store, found.pairing.pairing_id, "pairing")
    ids = [item.id for item in (found.proposal, found.answer) if item is not None]
    for message_id in ids:
        signed = records.get(f"signature/{message_id}")
        if signed is not None:
            yield signed


def _line(store: Store, found: FoundText) -> AgreementLine:
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
        scan_state=attachments.file_state(store, pairing_id, scan["sha256"]) if scan else None,
    )


def _decline_reason(act: Act, found: FoundText) -> str | None:
    """What the declining side wrote; it stands in its message only, no decision depends on it."""
    answer = found.answer
    if answer is None or answer.accepted:
        return None
    author = act.node.node_id if answer.party == found.pairing.party else found.pairing.peer
    rows = act.store.find(LogMessage, author=author, id=answer.id, limit=1)
    reason = messages.decode(rows[0].data).body.reason if rows else None
    return reason if isinstance(reason, str) else None
