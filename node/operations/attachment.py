"""Attachments: the files that messages name, listed, saved, and put in by hand where they did not come."""

from typing import Annotated, Final

import msgspec

from gongguan.node.operations.operation import Operation
from gongguan.node.operations.said import Said
from gongguan.protocol import attachment
from gongguan.protocol.errors import refuse
from gongguan.protocol.forms import ready
from gongguan.protocol.limits import ATTACHMENT_BYTES_MAX
from gongguan.protocol.messages import KINDS
from gongguan.protocol.messages.kind import MediaType
from gongguan.sync.act import Act
from gongguan.sync.exchange import attachments
from gongguan.sync.labels import RowsShown, labelled
from gongguan.sync.persons.bodies import is_within, top_code
from gongguan.sync.records import AttachedFile, AttachedUse, MobilityPeriod, Pairing
from gongguan.sync.roles import OFFICERS, SIGNERS, VIEWERS
from gongguan.sync.shared.partners import title_of
from gongguan.sync.shared.periods import (
    body_of,
)

Named = Annotated[
    str,
    labelled("附件编号（开头几位即可）", "attachment, or how it begins", argument=True, pattern=r"^[0-9a-f]{4,64}$"),
]


class AttachmentList(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``attachment.list``."""

    subject: Annotated[
        Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{32}$")] | None, labelled("流动记录编号", "mobility period")
    ] = None
    limit: RowsShown = 200


class AttachmentLine(msgspec.Struct, frozen=True, kw_only=True):
    """One file and the message that names it."""

    attachment: Annotated[str, labelled("附件编号", "attachment")]
    matter: Annotated[str, labelled("所属消息", "named by (in Chinese)")]
    state: Annotated[str, labelled("状态", "state", codes="attachment_state")]
    type: Annotated[MediaType, labelled("格式", "type", codes="media_type")]
    size: Annotated[int, labelled("字节数", "bytes")]
    peer: Annotated[str, labelled("对方", "partner")]
    from_us: Annotated[bool, labelled("本方发出", "from us")]
    subject: Annotated[str | None, labelled("流动记录编号", "mobility period")]


class AttachmentsListed(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``attachment.list``."""

    attachments: Annotated[list[AttachmentLine], labelled("附件", "attachments")]


class AttachmentSave(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``attachment.save``."""

    attachment: Named


class AttachmentSaved(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``attachment.save``: the file, in the one field that its format names."""

    attachment: Annotated[str, labelled("附件编号", "attachment")]
    size: Annotated[int, labelled("字节数", "bytes")]
    pdf: Annotated[bytes | None, labelled("附件", "file", suffix="附件.pdf")] = None
    jpeg: Annotated[bytes | None, labelled("附件", "file", suffix="附件.jpg")] = None
    png: Annotated[bytes | None, labelled("附件", "file", suffix="附件.png")] = None


class AttachmentSupply(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``attachment.supply``."""

    file: Annotated[bytes, labelled("原文件", "the file itself", argument=True, max_length=ATTACHMENT_BYTES_MAX)]


class AttachmentSupplied(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``attachment.supply``."""

    attachment: Annotated[str, labelled("附件编号", "attachment")]
    count: Annotated[int, labelled("结对数", "partners")]


def list_attachments(act: Act, request: AttachmentList) -> AttachmentsListed:
    """The files that messages within the person's reach name."""
    uses = act.store.find(AttachedUse, subject=request.subject) if request.subject else act.store.find(AttachedUse)
    found = [use for use in uses if _is_in_reach(act, use)]
    return AttachmentsListed(attachments=[_line(act, use) for use in found[: request.limit]])


def save(act: Act, request: AttachmentSave) -> AttachmentSaved:
    """The bytes of a file. Raises ``D-attachment-unknown``, ``D-attachment-missing``, ``A-subtree``."""
    uses = [use for use in act.store.find(AttachedUse) if use.sha256.startswith(request.attachment)]
    if not uses or len({use.sha256 for use in uses}) > 1:
        raise refuse("D-attachment-unknown", sha256=request.attachment)
    reachable = [use for use in uses if _is_in_reach(act, use)]
    if not reachable:
        raise refuse("A-subtree", body=None, reach=act.staff.body_code)
    whole = [use for use in reachable if _file(act, use).state == attachments.WHOLE]
    use = (whole or reachable)[0]
    data = attachments.file_of(act.store, use.pairing_id, use.sha256)
    return msgspec.convert(
        {"attachment": use.sha256, "size": len(data), _file(act, use).type.partition("/")[2]: data}, AttachmentSaved
    )


def supply(act: Act, request: AttachmentSupply) -> AttachmentSupplied:
    """Put in a file that messages name and that is lacking here. Raises ``D-attachment-unknown``, ``S-attachment``."""
    sha256 = attachment.describe(request.file).sha256
    pairings = {use.pairing_id for use in act.store.find(AttachedUse, sha256=sha256)}
    if not pairings:
        raise refuse("D-attachment-unknown", sha256=sha256)
    for pairing_id in pairings:
        attachments.supply(act.store, pairing_id, request.file)
        act.node.wake(pairing_id)
    return AttachmentSupplied(attachment=sha256, count=len(pairings))


def _is_in_reach(act: Act, use: AttachedUse) -> bool:
    """Files about a member are for those who answer for it, the others for the whole committee's people."""
    known = use.subject is not None and act.store.get(MobilityPeriod, use.subject) is not None
    code = body_of(act.store, use.subject) if known and use.subject else top_code(act.store)
    return code is not None and is_within(act.store, code, act.staff.body_code)


def _file(act: Act, use: AttachedUse) -> AttachedFile:
    found = act.store.get(AttachedFile, use.pairing_id, use.sha256)
    if found is None:
        raise refuse("D-attachment-unknown", sha256=use.sha256)
    return found


def _line(act: Act, use: AttachedUse) -> AttachmentLine:
    file, pairing = _file(act, use), act.store.get(Pairing, use.pairing_id)
    line = {
        "attachment": use.sha256[:16],
        "matter": KINDS[use.kind].purpose,
        "state": file.state,
        "type": file.type,
        "size": file.size,
        "peer": title_of(act.store, pairing.card_there) if pairing else "",
        "from_us": use.own,
        "subject": use.subject,
    }
    return msgspec.convert(line, ready(AttachmentLine))


OPERATIONS: Final = (
    Operation(
        name="attachment.list",
        title="查看附件",
        english="list the files that messages name",
        request=AttachmentList,
        answer=AttachmentsListed,
        roles=VIEWERS,
        function=list_attachments,
        reads=True,
        personal=True,
        hint=Said("存成文件：gongguan attachment save 附件编号", "Save one: gongguan attachment save ATTACHMENT"),
    ),
    Operation(
        name="attachment.save",
        title="把附件存成文件",
        english="save an attached file",
        request=AttachmentSave,
        answer=AttachmentSaved,
        roles=VIEWERS,
        function=save,
        reads=True,
        personal=True,
        about=lambda request: f"attachment:{request.attachment}",
        done=Said("附件已存成文件，{size} 字节。", "The file is saved, {size} bytes."),
        hint=Said("打开前请先查毒", "Have it checked for viruses before you open it"),
    ),
    Operation(
        name="attachment.supply",
        title="补入没有收到的附件",
        english="put in a file that did not come",
        request=AttachmentSupply,
        answer=AttachmentSupplied,
        roles=OFFICERS | SIGNERS,
        function=supply,
        done=Said("已补入附件 {attachment}。", "The file {attachment} is put in."),
        hint=Said("对方缺这个附件的，随下次交换补齐", "A partner that lacks it gets it with the next bundles"),
    ),
)
