"""Bundles by file: for partners that no network reaches. Twice, out of order or late is harmless."""

from typing import Annotated, Final

import msgspec

from gongguan.node.transports.file import armour, plain
from gongguan.protocol import bundle
from gongguan.sync import shared
from gongguan.sync.act import Act
from gongguan.sync.labels import labelled
from gongguan.sync.roles import OFFICERS

from .body import whole_committee
from .operation import Operation, Said


class BundleExport(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``bundle.export``."""

    peer: Annotated[
        str,
        labelled("对方节点编号（开头几位即可）", "partner's node id, or how it begins", argument=True, max_length=64),
    ] = ""
    text: Annotated[bool, labelled("写成文本，供邮件网关", "as text, for mail gateways")] = False


class BundleFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``bundle.import`` and ``bundle.inspect``."""

    file: Annotated[bytes, labelled("数据包文件", "the bundle file", argument=True)]


class BundleExported(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``bundle.export``."""

    bundle: Annotated[str, labelled("数据包编号", "bundle id")]
    segments: Annotated[int, labelled("消息段", "segments")]
    more: Annotated[bool, labelled("还有下一份（收到回执后再导出）", "more after the next receipt")]
    file: Annotated[bytes, labelled("数据包", "bundle", suffix="数据包.gongguan")]


class BundleTaken(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``bundle.import``."""

    bundle: Annotated[str, labelled("数据包编号", "bundle id")]
    new_messages: Annotated[int, labelled("新消息", "new messages")]
    new_receipts: Annotated[int, labelled("新回执", "new receipts")]
    ahead: Annotated[bool, labelled("前面缺一份，请对方重新导出", "an earlier one is missing: ask for a new export")]


class BundleSeen(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``bundle.inspect``: what the file is, without taking it."""

    bundle: Annotated[str, labelled("数据包编号", "bundle id")]
    sender: Annotated[str, labelled("发件节点", "sender")]
    recipient: Annotated[str, labelled("收件节点", "recipient")]
    pairing: Annotated[str, labelled("结对编号", "pairing")]
    messages: Annotated[int | None, labelled("消息数（只能打开发给本节点的）", "messages, where it is for us")]
    receipts: Annotated[int | None, labelled("回执数", "receipts")]


def export_bundle(act: Act, request: BundleExport) -> BundleExported:
    """What is due for the partner, and our receipts. Raises D-peer-unknown, D-peer-ambiguous."""
    pairing = shared.active_pairing(act.store, request.peer)
    composed = act.exchange.compose(pairing.pairing_id)
    data = armour(composed.data).encode() if request.text else composed.data
    return BundleExported(bundle=composed.bundle, segments=composed.segments, more=composed.more, file=data)


def import_bundle(act: Act, request: BundleFile) -> BundleTaken:
    """Take a partner's bundle, all or nothing. Raises the refusals of ``Exchange.receive``."""
    received = act.exchange.receive(plain(request.file))
    return BundleTaken(
        bundle=received.bundle,
        new_messages=received.new_messages,
        new_receipts=received.new_receipts,
        ahead=received.ahead,
    )


def inspect_bundle(act: Act, request: BundleFile) -> BundleSeen:
    """Look at a file. Raises T-not-a-bundle, S-bundle, A-cannot-open for one to us that does not open."""
    data = plain(request.file)
    header, _ = bundle.read_header(data)
    ours = header.recipient == act.node.node_id
    rest = bundle.unseal(data, act.exchange.identity.sealing).rest if ours else None
    return BundleSeen(
        bundle=header.bundle,
        sender=header.sender,
        recipient=header.recipient,
        pairing=header.pairing,
        messages=sum(len(part.messages) for part in rest.segments) if rest else None,
        receipts=len(rest.receipts) if rest else None,
    )


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
        done=Said(
            "数据包 {bundle} 已导出，含 {segments} 段消息。", "Bundle {bundle} is exported with {segments} segments."
        ),
        hint=Said(
            "交给对方后，由对方运行 gongguan bundle import 文件", "Hand it over; they run gongguan bundle import FILE"
        ),
    ),
    Operation(
        name="bundle.import",
        title="导入对方的数据包",
        english="import a partner's bundle",
        request=BundleFile,
        answer=BundleTaken,
        roles=OFFICERS,
        function=import_bundle,
        subtree=whole_committee,
        done=Said(
            "已导入：新消息 {new_messages} 条，新回执 {new_receipts} 份。",
            "Imported: {new_messages} new messages, {new_receipts} new receipts.",
        ),
        hint=Said("把回执交给对方：gongguan bundle export", "Give the receipt back: gongguan bundle export"),
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
