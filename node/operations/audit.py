"""Reading and checking the audit: by system administrators, who alone cannot act on members."""

from typing import Annotated, Final

import msgspec

from gongguan.node.operations.operation import Operation
from gongguan.node.operations.said import Said
from gongguan.node.staff import audit
from gongguan.protocol.errors import refuse
from gongguan.sync.act import Act
from gongguan.sync.labels import RowsShown, labelled
from gongguan.sync.persons.staff import Nothing
from gongguan.sync.records import AuditEntry
from gongguan.sync.roles import ADMINISTRATORS


class AuditList(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``audit.list``: the newest entries that match."""

    about: Annotated[str | None, labelled("关于什么，如 member:党员编号", "about what, e.g. member:<member id>")] = None
    staff: Annotated[str | None, labelled("经办人", "staff name")] = None
    limit: RowsShown = 50


class AuditLine(msgspec.Struct, frozen=True, kw_only=True):
    """One entry as it is listed."""

    number: Annotated[int, labelled("序号", "number")]
    at: Annotated[str, labelled("时间", "time (China time)")]
    staff: Annotated[str, labelled("经办人", "staff")]
    operation: Annotated[str, labelled("操作", "operation")]
    about: Annotated[str | None, labelled("关于", "about")]
    outcome: Annotated[str, labelled("结果", "outcome")]
    purpose: Annotated[str | None, labelled("查看理由", "purpose", codes="purpose")]
    records: Annotated[int | None, labelled("查看条数", "records read")]


class AuditListed(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``audit.list``, newest first."""

    entries: Annotated[list[AuditLine], labelled("审计记录", "entries")]


class AuditVerified(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``audit.verify``."""

    intact: Annotated[bool, labelled("完整", "intact")]
    entries: Annotated[int, labelled("条数", "entries")]
    head: Annotated[str, labelled("末条摘要", "digest of the last entry")]


def list_audit(act: Act, request: AuditList) -> AuditListed:
    """The newest entries, of one person or about one thing where that is asked."""
    where: dict[str, str] = {}
    if request.about is not None:
        where["about"] = request.about
    if request.staff is not None:
        where["staff"] = request.staff
    found = act.store.find(AuditEntry, order=("number",), descending=True, limit=request.limit, **where)
    return AuditListed(
        entries=[
            AuditLine(
                number=entry.number,
                at=entry.at,
                staff=entry.staff,
                operation=entry.operation,
                about=entry.about,
                outcome=entry.outcome,
                purpose=entry.purpose,
                records=entry.records,
            )
            for entry in found
        ]
    )


def verify_audit(act: Act, request: Nothing) -> AuditVerified:
    """Follow the whole chain. Raises I-audit-broken with the number of the first entry that does not hold."""
    broken = audit.first_broken(act.store)
    if broken is not None:
        raise refuse("I-audit-broken", number=broken)
    number, digest = audit.head(act.store)
    return AuditVerified(intact=True, entries=number, head=digest)


OPERATIONS: Final = (
    Operation(
        name="audit.list",
        title="查看审计记录",
        english="list the audit",
        request=AuditList,
        answer=AuditListed,
        roles=ADMINISTRATORS,
        function=list_audit,
        reads=True,
    ),
    Operation(
        name="audit.verify",
        title="核验审计记录是否被改动",
        english="check that the audit was not altered",
        request=Nothing,
        answer=AuditVerified,
        roles=ADMINISTRATORS,
        function=verify_audit,
        reads=True,
        hint=Said(
            "请把末条摘要抄存到别处：以后可以据此发现末尾被删",
            "Keep the digest of the last entry elsewhere: it shows later whether the end was cut off",
        ),
    ),
)
