"""Exporting the proof of one message, to be checked on a machine that has neither node."""

from typing import Annotated, Final

import msgspec

from gongguan.protocol.errors import ProtocolError
from gongguan.sync import proofs
from gongguan.sync.act import Act
from gongguan.sync.labels import labelled
from gongguan.sync.roles import OFFICERS, SIGNERS

from .operation import Operation, Said


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
    """The proof of a message of any pairing. Raises ``D-message-unknown``."""
    pairings = [*act.exchange.pairings(), *act.exchange.pairings(state="frozen")]
    for pairing in pairings:
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
)
