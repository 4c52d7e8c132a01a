"""One partner in full: its cards over time, and stopping, going on with or revoking the pairing."""

from typing import Annotated, Final

import msgspec

from gongguan.node.operations.operation import Operation
from gongguan.node.operations.reach import whole_committee
from gongguan.node.operations.said import Said
from gongguan.protocol import card as cards
from gongguan.sync.act import Act
from gongguan.sync.exchange import revocations, succession
from gongguan.sync.exchange.succession import HeldCard
from gongguan.sync.labels import labelled
from gongguan.sync.records import Pairing
from gongguan.sync.roles import EVERYONE, OFFICERS, SIGNERS


class PeerWanted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request: a partner, or a pairing with it."""

    peer: Annotated[
        str,
        labelled(
            "对方节点编号或结对编号（开头几位即可）",
            "partner's node id or pairing id, or how it begins",
            argument=True,
            max_length=64,
        ),
    ]


class CardLine(msgspec.Struct, frozen=True, kw_only=True):
    """One card of the partner."""

    serial: Annotated[int, labelled("名片序号", "serial")]
    valid_from: Annotated[str, labelled("起用日期", "valid from")]
    title: Annotated[str, labelled("名称", "title")]
    endpoints: Annotated[list[str], labelled("联络地址", "endpoints")]
    changed: Annotated[list[str], labelled("与前一张不同之处", "what changed")]
    fingerprint: Annotated[str, labelled("核对码", "fingerprint")]


class PeerShown(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``peer.show``."""

    peer: Annotated[str, labelled("对方节点编号", "partner's node id")]
    pairing: Annotated[str, labelled("结对编号", "pairing id")]
    state: Annotated[str, labelled("状态", "state", codes="pairing_state")]
    confirmed_at: Annotated[str, labelled("结对时间", "paired at")]
    replaces: Annotated[str | None, labelled("接替的结对", "follows the pairing")]
    to_carry: Annotated[
        int,
        labelled(
            "原结对的本方党员，尚未在新结对中通报（departure notify）",
            "members of ours under the pairing before, not notified anew yet: departure notify",
        ),
    ]
    our_serial: Annotated[int, labelled("本节点名片序号", "serial of our card")]
    our_serial_there: Annotated[int, labelled("对方持有的本节点名片序号", "serial of our card that the partner holds")]
    cards: Annotated[list[CardLine], labelled("对方的名片，旧的在前", "the partner's cards, the oldest first")]


class PeerMoved(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of the steps below."""

    peer: Annotated[str, labelled("对方节点编号", "partner's node id")]
    title: Annotated[str, labelled("对方名称", "partner")]
    pairing: Annotated[str, labelled("结对编号", "pairing id")]
    state: Annotated[str, labelled("状态", "state", codes="pairing_state")]


CHANGES: Final = (
    ("title", Said("名称", "title")),
    ("endpoints", Said("联络地址", "endpoints")),
    ("sealing_keys", Said("封装密钥", "sealing keys")),
    ("log_key", Said("签名密钥", "log key")),
    ("cosigning_key", Said("回执密钥", "cosigning key")),
)


def show(act: Act, request: PeerWanted) -> PeerShown:
    """A partner and its cards. Raises D-peer-unknown, D-peer-ambiguous."""
    held = revocations.named(act.store, request.peer)
    own = {item.hash: item.card.serial for item in succession.history(act.store, act.node.node_id)}
    chain = succession.history(act.store, held.peer)
    before = revocations.to_carry(act.store, held.replaces, held.pairing_id) if held.replaces else []
    return PeerShown(
        peer=held.peer,
        pairing=held.pairing_id,
        state=held.state,
        confirmed_at=held.confirmed_at,
        replaces=held.replaces,
        to_carry=len(before),
        our_serial=max(own.values()),
        our_serial_there=own.get(held.our_card_there, 0),
        cards=[_line(item, earlier) for item, earlier in zip(chain, [None, *chain], strict=False)],
    )


def stop(act: Act, request: PeerWanted) -> PeerMoved:
    """From this moment nothing is taken from this partner and nothing sent. Raises D-pairing-state, D-peer-…"""
    return _moved(act, request, "stopped")


def resume(act: Act, request: PeerWanted) -> PeerMoved:
    """Go on with a partner that was stopped; what waited is exchanged. Raises D-pairing-state, D-peer-…"""
    return _moved(act, request, "active")


def revoke(act: Act, request: PeerWanted) -> PeerMoved:
    """End the pairing for good; its records stay readable. Raises D-pairing-state, D-peer-…"""
    return _moved(act, request, "ended")


def _moved(act: Act, request: PeerWanted, state: str) -> PeerMoved:
    found = revocations.named(act.store, request.peer)
    held = revocations.move(act.exchange.book(found.pairing_id), state)
    act.node.wake(held.pairing_id)
    return PeerMoved(peer=held.peer, title=_title(act, held), pairing=held.pairing_id, state=held.state)


def _title(act: Act, held: Pairing) -> str:
    return next(item.card.title for item in succession.history(act.store, held.peer) if item.hash == held.their_card)


def _line(item: HeldCard, earlier: HeldCard | None) -> CardLine:
    card = item.card
    changed = [
        f"{said.zh} {said.en}"
        for name, said in CHANGES
        if earlier is not None and getattr(card, name) != getattr(earlier.card, name)
    ]
    return CardLine(
        serial=card.serial,
        valid_from=card.valid_from,
        title=card.title,
        endpoints=list(card.endpoints),
        changed=changed,
        fingerprint=cards.fingerprint(cards.render(card)),
    )


STANDING: Final = (
    Operation(
        name="peer.show",
        title="查看一个结对节点：名片更换记录、本节点名片是否送达",
        english="see a partner: its cards over time, and whether it has ours",
        request=PeerWanted,
        answer=PeerShown,
        roles=EVERYONE,
        function=show,
        reads=True,
    ),
    Operation(
        name="peer.stop",
        title="立即停止与对方往来（怀疑对方密钥泄露时）",
        english="stop the exchange with a partner at once (when its keys may be stolen)",
        request=PeerWanted,
        answer=PeerMoved,
        roles=OFFICERS | SIGNERS,
        function=stop,
        subtree=whole_committee,
        about=lambda request: f"peer:{request.peer}",
        done=Said(
            "已停止与{title}往来：不再接收，也不再送出。", "The exchange with {title} is stopped, in both directions."
        ),
        hint=Said(
            "查明后：虚惊一场 gongguan peer resume；对方密钥确已丢失或失控 gongguan peer revoke，再重新结对",
            "Then: a false alarm, gongguan peer resume; lost or stolen keys, gongguan peer revoke and pair anew",
        ),
    ),
    Operation(
        name="peer.resume",
        title="恢复与对方往来",
        english="go on with a partner that was stopped",
        request=PeerWanted,
        answer=PeerMoved,
        roles=OFFICERS | SIGNERS,
        function=resume,
        subtree=whole_committee,
        about=lambda request: f"peer:{request.peer}",
        done=Said("与{title}的往来已恢复。", "The exchange with {title} goes on."),
    ),
    Operation(
        name="peer.revoke",
        title="终止与对方的结对（不能撤回；记录仍可查看）",
        english="end the pairing with a partner for good (its records stay readable)",
        request=PeerWanted,
        answer=PeerMoved,
        roles=OFFICERS | SIGNERS,
        function=revoke,
        subtree=whole_committee,
        about=lambda request: f"peer:{request.peer}",
        done=Said("与{title}的结对已终止，编号 {pairing}。", "The pairing with {title} is ended; its id: {pairing}."),
        hint=Said(
            "重新结对：gongguan peer invite --replaces 结对编号；原结对的党员须在新结对中重新通报",
            "Pair anew: gongguan peer invite --replaces PAIRING; members of before are notified anew",
        ),
    ),
)
