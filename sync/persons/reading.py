"""Who has read a member's record, when and why: from the audit, for the committee and for the member's own print.

A record that was opened by itself names the member; lists and sheets are one entry each with the number of records
shown, and cannot be told apart by member::

    readings_of(store, "member:3f0c…", "subject:91ab…")   ->  [AuditEntry(staff="王芳", purpose="verification", …)]
"""

from typing import Annotated, Final

import msgspec

from gongguan.sync.act import Act
from gongguan.sync.labels import labelled
from gongguan.sync.persons.members import MemberId, member_of
from gongguan.sync.records import AuditEntry, MobilityPeriod
from gongguan.sync.store import Store

ROWS_MAX: Final = 1000


class MemberReads(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``member.reads``."""

    member_id: MemberId


class ReadingLine(msgspec.Struct, frozen=True, kw_only=True):
    """One reading of a record."""

    at: Annotated[str, labelled("时间", "time (China time)")]
    staff: Annotated[str, labelled("查看人", "read by")]
    operation: Annotated[str, labelled("操作", "operation")]
    purpose: Annotated[str, labelled("理由", "purpose", codes="purpose")]


class ReadsListed(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``member.reads``, newest first."""

    total: Annotated[int, labelled("查看次数", "times read")]
    reads: Annotated[list[ReadingLine], labelled("查看记录", "readings")]


def readings_of(store: Store, *about: str) -> list[AuditEntry]:
    """Every successful reading about these, newest first, at most ``ROWS_MAX`` of each."""
    found = [
        entry
        for one in about
        for entry in store.find(AuditEntry, about=one, order=("number",), descending=True, limit=ROWS_MAX)
        if entry.purpose is not None and entry.outcome == "ok"
    ]
    return sorted(found, key=lambda entry: entry.number, reverse=True)


def list_reads(act: Act, request: MemberReads) -> ReadsListed:
    """Who opened this member's record or mobility periods. Raises D-member-unknown."""
    member = member_of(act.store, request.member_id)
    periods = act.store.find(MobilityPeriod, member_id=member.member_id)
    ids = [member.member_id, *(period.subject for period in periods)]
    about = [f"{kind}:{one}" for kind in ("member", "subject", "person") for one in ids]
    found = readings_of(act.store, *about)
    lines = [
        ReadingLine(at=entry.at, staff=entry.staff, operation=entry.operation, purpose=entry.purpose or "")
        for entry in found[:ROWS_MAX]
    ]
    return ReadsListed(total=len(found), reads=lines)
