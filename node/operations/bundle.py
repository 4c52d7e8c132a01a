"""Bundles by file: for partners that no network reaches. Twice, out of order or late is harmless."""

from typing import Annotated, Final, Literal

import msgspec

from gongguan.node.operations.operation import Operation
from gongguan.node.operations.reach import whole_committee
from gongguan.node.peers.transports.file import armour, check_whole, header_of, is_pairing, plain
from gongguan.protocol import card as cards
from gongguan.protocol import note, pairing
from gongguan.protocol.errors import refuse
from gongguan.protocol.forms import ready
from gongguan.sync import days
from gongguan.sync.act import Act
from gongguan.sync.exchange import pairings, quota
from gongguan.sync.labels import labelled
from gongguan.sync.records import CardNote, Handshake, Pairing
from gongguan.sync.roles import OFFICERS
from gongguan.sync.shared import partners
from gongguan.sync.store import Store

LOGS_MAX: Final = 1000


class LogEnd(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How far one epoch of a log is on its way, or (by its hash) a file that the partner asked for."""

    epoch: Annotated[str, labelled("日志时段或附件", "epoch or file", pattern=r"^([0-9a-f]{32}|[0-9a-f]{64})\Z")]
    size: Annotated[int, labelled("条数", "messages or parts", ge=0)]


class BundleExport(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``bundle.export``. ``beyond``: what the files before this one hold already."""

    peer: Annotated[
        str,
        labelled("对方节点编号（开头几位即可）", "partner's node id, or how it begins", argument=True, max_length=64),
    ] = ""
    text: Annotated[bool, labelled("写成文本，供邮件网关", "as text, for mail gateways")] = False
    beyond: Annotated[list[LogEnd], labelled("前面的文件已有的部分", "in files before", max_length=LOGS_MAX)] = []


class BundleFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``bundle.inspect``."""

    file: Annotated[bytes, labelled("数据包文件", "the bundle file", argument=True)]


class BundleImport(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``bundle.import``."""

    file: Annotated[bytes, labelled("数据包文件", "the bundle file", argument=True)]
    receipts_only: Annotated[
        bool, labelled("只收回执，不收消息（超过存储上限时）", "take receipts, not messages: over the bound")
    ] = False


class BundleExported(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``bundle.export``."""

    bundle: Annotated[str, labelled("数据包编号", "bundle id")]
    segments: Annotated[int, labelled("消息段", "segments")]
    more: Annotated[bool, labelled("还有下一份", "more to come")]
    file: Annotated[bytes, labelled("数据包", "bundle", suffix="数据包.gongguan")]
    sender: Annotated[str, labelled("发件方", "sender")]
    recipient: Annotated[str, labelled("收件方", "recipient")]
    on: Annotated[str, labelled("导出日期", "day")]
    beyond: Annotated[list[LogEnd], labelled("至此已有的部分", "held so far")]


class BundleTaken(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``bundle.import``."""

    kind: Annotated[Literal["bundle", "pairing"], labelled("文件种类", "kind of file", codes="file_kind")]
    outcome: Annotated[Literal["new", "known", "ahead"], labelled("处理结果", "outcome", codes="file_outcome")]
    sender: Annotated[str, labelled("发件方", "sender")]
    bundle: Annotated[str, labelled("数据包编号", "bundle id")]
    new_messages: Annotated[int, labelled("新消息", "new messages")]
    new_receipts: Annotated[int, labelled("新回执", "new receipts")]
    ahead: Annotated[bool, labelled("要等前面的文件", "an earlier file is missing")]


class BundleSeen(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``bundle.inspect``: what the file is, without taking it."""

    kind: Annotated[Literal["bundle", "pairing"], labelled("文件种类", "kind of file", codes="file_kind")]
    bundle: Annotated[str | None, labelled("数据包编号", "bundle id")]
    sender: Annotated[str, labelled("发件节点", "sender")]
    sender_title: Annotated[str | None, labelled("发件方名称", "sender's title")]
    recipient: Annotated[str | None, labelled("收件节点", "recipient")]
    ours: Annotated[bool, labelled("是给本节点的", "for this node")]
    pairing: Annotated[str | None, labelled("结对编号", "pairing")]
    messages: Annotated[int | None, labelled("消息数（只能打开发给本节点的）", "messages, where it is for us")]
    receipts: Annotated[int | None, labelled("回执数", "receipts")]


def export_bundle(act: Act, request: BundleExport) -> BundleExported:
    """What is due for the partner, and our receipts. Raises D-peer-unknown, D-peer-ambiguous."""
    held = partners.active_pairing(act.store, request.peer)
    beyond = {item.epoch: item.size for item in request.beyond}
    composed = act.exchange.compose(held.pairing_id, beyond=beyond, every_card=True)
    data = armour(composed.data).encode() if request.text else composed.data
    ends = beyond | dict(composed.reached)
    return BundleExported(
        bundle=composed.bundle,
        segments=composed.segments,
        more=composed.more,
        file=data,
        sender=_title(pairings.own_card(act.store)),
        recipient=title_of(act.store, held),
        on=days.today(act.now).isoformat(),
        beyond=[LogEnd(epoch=epoch, size=size) for epoch, size in ends.items()],
    )


def import_bundle(act: Act, request: BundleImport) -> BundleTaken:
    """Take a partner's file, all or nothing.

    Raises S-file-damaged, T-not-a-bundle, D-file-elsewhere, the refusals of ``Exchange.receive`` and, for a pairing
    file, those of ``pairings.take_packet``.
    """
    data = plain(request.file)
    if is_pairing(data):
        return _take_packet(act, data)
    header = header_of(data)
    if header.recipient != act.node.node_id:
        raise refuse("D-file-elsewhere", sender=header.sender, recipient=header.recipient)
    check_whole(data, act.exchange.identity.sealing)
    received = act.exchange.receive(data, receipts_only=request.receipts_only)
    if request.receipts_only:
        quota.refused(act.store, received.pairing_id, act.stamp())
    act.node.wake(received.pairing_id)
    found = act.store.get(Pairing, received.pairing_id)
    is_new = received.new_messages > 0 or received.new_receipts > 0 or received.new_parts > 0
    return BundleTaken(
        kind="bundle",
        outcome="ahead" if received.ahead else "new" if is_new else "known",
        sender=title_of(act.store, found) if found else "",
        bundle=received.bundle,
        new_messages=received.new_messages,
        new_receipts=received.new_receipts,
        ahead=received.ahead,
    )


def _take_packet(act: Act, data: bytes) -> BundleTaken:
    """A pairing file is taken where it continues what a person here began; an invitation waits for a person."""
    packet = pairing.decode_packet(data)
    node_id, title = _of_packet(packet)
    if node_id == act.node.node_id:
        raise refuse("D-file-elsewhere", sender=node_id)
    before = act.store.get(Handshake, node_id)
    handshake = pairings.take_packet(act.store, packet, act.now)
    act.exchange.announce_to(handshake.peer)
    act.node.wake(handshake.peer)
    return BundleTaken(
        kind="pairing",
        outcome="known" if before == handshake else "new",
        sender=title,
        bundle="",
        new_messages=0,
        new_receipts=0,
        ahead=False,
    )


def inspect_bundle(act: Act, request: BundleFile) -> BundleSeen:
    """Look at a file. Raises T-not-a-bundle, S-file-damaged, A-cannot-open for one to us that does not open."""
    data = plain(request.file)
    if is_pairing(data):
        node_id, title = _of_packet(pairing.decode_packet(data))
        return _seen(kind="pairing", sender=node_id, sender_title=title, ours=node_id != act.node.node_id)
    header = header_of(data)
    ours = header.recipient == act.node.node_id
    rest = check_whole(data, act.exchange.identity.sealing).rest if ours else None
    found = act.store.get(Pairing, header.pairing)
    return _seen(
        kind="bundle",
        bundle=header.bundle,
        sender=header.sender,
        sender_title=title_of(act.store, found) if found is not None and found.peer == header.sender else None,
        recipient=header.recipient,
        ours=ours,
        pairing=header.pairing,
        messages=sum(len(part.messages) for part in rest.segments) if rest else None,
        receipts=len(rest.receipts) if rest else None,
    )


def _seen(*, kind: Literal["bundle", "pairing"], sender: str, ours: bool, **known: str | int | None) -> BundleSeen:
    names = ("bundle", "sender_title", "recipient", "pairing", "messages", "receipts")
    rest = {name: known.get(name) for name in names}
    return msgspec.convert({"kind": kind, "sender": sender, "ours": ours, **rest}, ready(BundleSeen))


def _of_packet(packet: pairing.PairingPacket) -> tuple[str, str]:
    """Node id and title of who made a pairing file; its cards prove themselves."""
    card, _ = cards.open_chain([text.encode() for text in packet.cards])
    return card.node_id, card.title


def title_of(store: Store, held: Pairing) -> str:
    """The partner's name from its card."""
    card = store.get(CardNote, held.their_card)
    return _title(card) if card is not None else held.peer


def _title(card: CardNote) -> str:
    return cards.parse(note.parse(card.note).text).title


OPERATIONS: Final = (
    Operation(
        name="bundle.export",
        title="导出交给对方的数据包",
        english="export a bundle for a partner",
        request=BundleExport,
        answer=BundleExported,
        roles=OFFICERS,
        function=export_bundle,
        reads=True,
        subtree=whole_committee,
    ),
    Operation(
        name="bundle.import",
        title="导入对方的数据包",
        english="import a partner's bundle",
        request=BundleImport,
        answer=BundleTaken,
        roles=OFFICERS,
        function=import_bundle,
        subtree=whole_committee,
    ),
    Operation(
        name="bundle.inspect",
        title="查看数据包是谁发给谁的",
        english="see from whom and for whom a bundle is",
        request=BundleFile,
        answer=BundleSeen,
        roles=OFFICERS,
        function=inspect_bundle,
        reads=True,
    ),
)
