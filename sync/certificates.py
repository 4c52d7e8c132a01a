"""Activity certificates (《活动证》): issued here, each number once, one to a member.

The number is opaque text of the county's own coding; what a roster already told counts as issued::

    issue_certificate(act, CertificateIssue(member_id=…, number="990521-2026-0007", issued_on="2026-03-01"))
"""

from typing import Annotated

import msgspec

from gongguan.protocol.errors import refuse
from gongguan.protocol.limits import NAME_CHARS_MAX
from gongguan.sync.act import Act
from gongguan.sync.bodies import subtree
from gongguan.sync.cells import parse_code
from gongguan.sync.labels import DATE, labelled
from gongguan.sync.members import MemberId, certificate_holder, member_of
from gongguan.sync.records import Certificate, Member, OutflowEntry
from gongguan.sync.shared import check_happened
from gongguan.sync.store import Store


class CertificateIssue(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``certificate.issue``."""

    member_id: MemberId
    number: Annotated[str, labelled("活动证号", "certificate number", min_length=1, max_length=NAME_CHARS_MAX)]
    issued_on: Annotated[str, labelled("发证日期", "issued on", pattern=DATE)]


class CertificateIssued(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``certificate.issue``."""

    member_id: Annotated[str, labelled("党员编号", "member id")]
    number: Annotated[str, labelled("活动证号", "certificate number")]
    issued_on: Annotated[str, labelled("发证日期", "issued on")]


class CertificateList(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``certificate.list``."""

    missing: Annotated[bool, labelled("只看还没有活动证的流动党员", "floating members who have none")] = False


class CertificateLine(msgspec.Struct, frozen=True, kw_only=True):
    """One member's certificate. ``issued_on`` is None where only a roster told the number."""

    member_id: Annotated[str, labelled("党员编号", "member id")]
    name: Annotated[str, labelled("姓名", "name")]
    number: Annotated[str | None, labelled("活动证号", "certificate number")]
    issued_on: Annotated[str | None, labelled("发证日期", "issued on")]


class CertificatesListed(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``certificate.list``."""

    certificates: Annotated[list[CertificateLine], labelled("活动证", "certificates")]


def issue_certificate(act: Act, request: CertificateIssue) -> CertificateIssued:
    """Keep that a certificate was issued.

    Raises D-certificate-taken when somebody else has the number, D-certificate-held when the member has another one,
    D-member-unknown, D-date, D-date-future. Issuing the same one again changes nothing; a number that a roster told
    gets its date.
    """
    check_happened(act.now, request.issued_on)
    member = member_of(act.store, request.member_id)
    number = parse_code(request.number).value
    if certificate_holder(act.store, number) not in (None, member.member_id):
        raise refuse("D-certificate-taken")
    if number_of(act.store, member.member_id) not in (None, number):
        raise refuse("D-certificate-held")
    issued = act.store.get(Certificate, number)
    if issued is None:
        issued = Certificate(number=number, member_id=member.member_id, issued_on=request.issued_on)
        act.store.add(issued)
    return CertificateIssued(member_id=issued.member_id, number=number, issued_on=issued.issued_on)


def list_certificates(act: Act, request: CertificateList) -> CertificatesListed:
    """Floating members and holders of the person's subtree."""
    lines = []
    for member in act.store.find(Member, branch_code__in=subtree(act.store, act.staff.body_code)):
        number = number_of(act.store, member.member_id)
        if number is None and not member.floating:
            continue
        if request.missing and number is not None:
            continue
        issued = act.store.get(Certificate, number) if number else None
        lines.append(
            CertificateLine(
                member_id=member.member_id,
                name=member.name,
                number=number,
                issued_on=issued.issued_on if issued else None,
            )
        )
    return CertificatesListed(certificates=sorted(lines, key=lambda line: (line.number or "", line.member_id)))


def number_of(store: Store, member_id: str) -> str | None:
    """The number of a member's certificate, issued here or told by a roster."""
    issued = store.find(Certificate, member_id=member_id, limit=1)
    if issued:
        return issued[0].number
    told = store.get(OutflowEntry, member_id)
    return told.certificate_number if told else None
