"""Exporting the proof of one message, or of a member's whole case, to be checked on a machine with neither node."""

from typing import Annotated, Final

import msgspec

from gongguan.node.operations.operation import Operation
from gongguan.node.operations.reach import about_subject, responsible_body
from gongguan.node.operations.said import Said
from gongguan.protocol.errors import ProtocolError, refuse
from gongguan.sync.act import Act
from gongguan.sync.exchange import revocations
from gongguan.sync.labels import labelled
from gongguan.sync.records import Pairing, PaperEntry
from gongguan.sync.roles import OFFICERS, SIGNERS
from gongguan.sync.shared.periods import (
    period_of,
)
from gongguan.sync.shared.provenance import Sources, on_paper


class ProofExport(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``proof.export``."""

    message: Annotated[str, labelled("消息编号", "message id", argument=True, pattern="^[0-9a-f]{32}$")]


class ProofExported(msgspec.Struct, frozen=True, kw_only=True):
    """Answer: the proof, and both cards, which check it."""

    message: Annotated[str, labelled("消息编号", "message id")]
    received: Annotated[bool, labelled("对方已收到", "received by the partner")]
    verdict: Annotated[str, labelled("处理结果", "verdict")]
    proof: Annotated[bytes, labelled("证明文件", "proof", suffix="证明.tlog-proof")]
    author_card: Annotated[bytes, labelled("发出方名片", "author's card", suffix="发出方.card")]
    partner_card: Annotated[bytes, labelled("收到方名片", "partner's card", suffix="收到方.card")]


def export(act: Act, request: ProofExport) -> ProofExported:
    """The proof of a message of any pairing. Raises D-message-unknown; D-nothing-signed where it was only entered."""
    from gongguan.sync.oversight import proofs  # noqa: PLC0415

    if act.store.get(PaperEntry, request.message) is not None:
        raise refuse("D-nothing-signed")
    for pairing in act.store.find(Pairing):
        if on_paper(pairing):
            continue
        try:
            found = proofs.export(act.exchange.book(pairing.pairing_id), request.message)
        except ProtocolError as error:
            if error.code != "D-message-unknown":
                raise
            continue
        return ProofExported(
            message=request.message,
            received=found.received,
            verdict=found.verdict,
            proof=found.data,
            author_card=found.author_card,
            partner_card=found.partner_card,
        )
    raise proofs.unknown(request.message)


class ProofCase(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``proof.case``."""

    subject: Annotated[str, labelled("流动记录编号", "mobility period", argument=True, pattern="^[0-9a-f]{32}$")]


class CaseExported(msgspec.Struct, frozen=True, kw_only=True):
    """Answer: the case, and the cards of both nodes as they compared them, which check it."""

    subject: Annotated[str, labelled("流动记录编号", "mobility period")]
    messages: Annotated[int, labelled("消息条数", "messages")]
    refused: Annotated[int, labelled("其中不予受理", "of these refused")]
    case: Annotated[bytes, labelled("案卷文件", "case", suffix="案卷.gongguan-case")]
    first_card: Annotated[bytes, labelled("甲方名片", "first party's card", suffix="甲方.card")]
    second_card: Annotated[bytes, labelled("乙方名片", "second party's card", suffix="乙方.card")]


def export_case(act: Act, request: ProofCase) -> CaseExported:
    """All that both sides wrote about a member.

    Raises D-subject-unknown, D-case-empty, R-too-large; D-nothing-signed of a partner without a node.
    """
    from gongguan.sync.oversight import proofs  # noqa: PLC0415

    period = period_of(act.store, request.subject)
    if Sources(act.store).is_on_paper(period.pairing_id):
        raise refuse("D-nothing-signed")
    found = proofs.export_case(act.exchange.book(period.pairing_id), period)
    return CaseExported(
        subject=request.subject,
        messages=found.messages,
        refused=found.refused,
        case=found.data,
        first_card=found.cards[0],
        second_card=found.cards[1],
    )


class ProofFork(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``proof.fork``."""

    peer: Annotated[
        str,
        labelled(
            "对方节点编号或结对编号（开头几位即可）",
            "partner's node id or pairing id, or how it begins",
            argument=True,
            max_length=64,
        ),
    ]


class ForkExported(msgspec.Struct, frozen=True, kw_only=True):
    """Answer: both heads that one node signed, and both cards, which check them."""

    by: Annotated[str, labelled("由谁签出", "signed by", codes="author")]
    size: Annotated[int, labelled("从第几条消息以内开始不同", "they differ within so many messages")]
    fork: Annotated[bytes, labelled("证据文件", "evidence", suffix="两份记录.gongguan-fork")]
    author_card: Annotated[bytes, labelled("签出方名片", "author's card", suffix="签出方.card")]
    partner_card: Annotated[bytes, labelled("另一方名片", "partner's card", suffix="另一方.card")]


def export_fork(act: Act, request: ProofFork) -> ForkExported:
    """The evidence for which a pairing was frozen. Raises D-no-fork, D-peer-unknown, D-peer-ambiguous."""
    from gongguan.sync.oversight import proofs  # noqa: PLC0415

    held = revocations.named(act.store, request.peer)
    found = proofs.export_fork(act.exchange.book(held.pairing_id))
    return ForkExported(
        by="own" if found.own else "partner",
        size=found.size,
        fork=found.data,
        author_card=found.author_card,
        partner_card=found.partner_card,
    )


OPERATIONS: Final = (
    Operation(
        name="proof.export",
        title="导出一条消息的证明",
        english="export the proof of a message",
        request=ProofExport,
        answer=ProofExported,
        roles=OFFICERS | SIGNERS,
        function=export,
        duties=("A-73",),
        reads=True,
        personal=True,
        about=lambda request: f"message:{request.message}",
        done=Said("证明和双方名片已导出。", "The proof and both cards are exported."),
        hint=Said(
            "任何一台机器都能核对：gongguan proof verify 证明文件 --author 发出方.card --partner 收到方.card",
            "Check it anywhere: gongguan proof verify FILE --author AUTHOR.card --partner PARTNER.card",
        ),
    ),
    Operation(
        name="proof.case",
        title="导出一名党员的案卷：协议、双方全部消息和回执",
        english="export a member's case: agreement, all messages of both sides, receipts",
        request=ProofCase,
        answer=CaseExported,
        roles=OFFICERS | SIGNERS,
        function=export_case,
        duties=("A-66", "A-73"),
        reads=True,
        personal=True,
        subtree=responsible_body,
        about=about_subject,
        done=Said(
            "案卷已导出：消息 {messages} 条，其中不予受理 {refused} 条。",
            "The case is exported: {messages} messages, {refused} of them refused.",
        ),
        hint=Said(
            "任何一台机器都能核对：gongguan proof verify 案卷文件 --author 甲方.card --partner 乙方.card",
            "Check it anywhere: gongguan proof verify FILE --author FIRST.card --partner SECOND.card",
        ),
    ),
    Operation(
        name="proof.fork",
        title="导出一个节点签了两份不同记录的证据",
        english="export the evidence that a node signed two histories",
        request=ProofFork,
        answer=ForkExported,
        roles=OFFICERS | SIGNERS,
        function=export_fork,
        duties=("A-73",),
        reads=True,
        done=Said("证据和双方名片已导出。", "The evidence and both cards are exported."),
        hint=Said(
            "任何一台机器都能核对：gongguan proof verify 证据文件 --author 签出方.card --partner 另一方.card",
            "Check it anywhere: gongguan proof verify FILE --author AUTHOR.card --partner PARTNER.card",
        ),
    ),
)
