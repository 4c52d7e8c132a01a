"""Activity certificates (《活动证》): issued here, each number once, one to a member, with a code to print on it.

The number is opaque text of the county's own coding; what a roster already told counts as issued. The register keeps
when, why and for where it was issued, and whether it still holds; the partner learns of a loss at once::

    issue_certificate(act, CertificateIssue(member_id=…, number="990521-2026-0007", issued_on="2026-03-01"))
    token_of(act, CertificateToken(number="990521-2026-0007")).payload    ->  "GG1:…"
"""

import re
from collections.abc import Collection, Mapping
from typing import Annotated, Final, Literal

import msgspec

from gongguan.protocol.errors import refuse
from gongguan.protocol.forms import ready
from gongguan.protocol.limits import NAME_CHARS_MAX
from gongguan.protocol.messages.certificate import CertificateDescribed
from gongguan.sync.act import Act
from gongguan.sync.cells import parse_code
from gongguan.sync.days import check_happened
from gongguan.sync.exchange.certificate_register import IN_USE, certificate_holder
from gongguan.sync.labels import DATE, labelled
from gongguan.sync.persons.bodies import subtree, top_code
from gongguan.sync.persons.members import MemberId, member_of
from gongguan.sync.records import Body, Certificate, Member, MobilityPeriod, OutflowEntry
from gongguan.sync.shared.entries import write
from gongguan.sync.shared.periods import (
    OPEN_STATES,
)
from gongguan.sync.shared.views import (
    shared,
)
from gongguan.sync.store import Store

Reason = Literal["work", "study", "residence", "job_change", "graduation", "restructuring", "abroad", "other"]
Number = Annotated[
    str, labelled("活动证号", "certificate number", argument=True, min_length=1, max_length=NAME_CHARS_MAX)
]


class CertificateIssue(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``certificate.issue``."""

    member_id: MemberId
    number: Annotated[str, labelled("活动证号", "certificate number", min_length=1, max_length=NAME_CHARS_MAX)]
    issued_on: Annotated[str, labelled("发证日期", "issued on", pattern=DATE)]
    valid_until: Annotated[Annotated[str, msgspec.Meta(pattern=DATE)] | None, labelled("有效至", "valid until")] = None
    reason: Annotated[Reason | None, labelled("外出原因", "reason", codes="outflow_reason")] = None
    place: Annotated[
        Annotated[str, msgspec.Meta(pattern=r"^[0-9]{6}$")] | None, labelled("外出地（区划代码）", "place (division)")
    ] = None
    left_on: Annotated[Annotated[str, msgspec.Meta(pattern=DATE)] | None, labelled("外出时间", "leaves on")] = None


ALIKE_LEAST: Final = 3
"""So many numbers show how they are written here."""


class UnlikeLine(msgspec.Struct, frozen=True, kw_only=True):
    """A number that is written in another way than those before it."""

    number: Annotated[str, labelled("这次登记的", "this one")]
    known: Annotated[str, labelled("以前的写法如", "one on record")]


class CertificateIssued(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``certificate.issue``."""

    member_id: Annotated[str, labelled("党员编号", "member id")]
    number: Annotated[str, labelled("活动证号", "certificate number")]
    issued_on: Annotated[str, labelled("发证日期", "issued on")]
    unlike: Annotated[
        list[UnlikeLine],
        labelled("与已登记的证号写法不同，请核对", "written unlike those on record: compare"),
    ] = []


class CertificateVoid(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``certificate.void``."""

    number: Number
    state: Annotated[Literal["lost", "withdrawn"], labelled("原因", "why", codes="certificate_state")]


class CertificateVoided(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``certificate.void``."""

    number: Annotated[str, labelled("活动证号", "certificate number")]
    state: Annotated[str, labelled("状态", "state", codes="certificate_state")]
    told_count: Annotated[int, labelled("已告知对方单位", "partners told")]


class CertificateToken(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``certificate.token``."""

    number: Number


class CertificateTokenMade(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``certificate.token``. ``picture``: the QR code as SVG, made by the node."""

    number: Annotated[str, labelled("活动证号", "certificate number")]
    name: Annotated[str, labelled("姓名", "name")]
    payload: Annotated[str, labelled("二维码内容", "what the code says")]
    picture: Annotated[bytes | None, labelled("二维码", "QR code", suffix="活动证二维码.svg")] = None


class CertificateList(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``certificate.list``."""

    missing: Annotated[bool, labelled("只看还没有活动证的流动党员", "floating members who have none")] = False


class CertificateLine(msgspec.Struct, frozen=True, kw_only=True):
    """One member's certificate in the register. What only a roster told has a number and nothing else."""

    member_id: Annotated[str, labelled("党员编号", "member id")]
    name: Annotated[str, labelled("姓名", "name")]
    number: Annotated[str | None, labelled("活动证号", "certificate number")]
    issued_on: Annotated[str | None, labelled("发证日期", "issued on")]
    valid_until: Annotated[str | None, labelled("有效至", "valid until")] = None
    reason: Annotated[str | None, labelled("外出原因", "reason", codes="outflow_reason")] = None
    place: Annotated[str | None, labelled("外出地", "place")] = None
    left_on: Annotated[str | None, labelled("外出时间", "leaves on")] = None
    state: Annotated[str | None, labelled("状态", "state", codes="certificate_state")] = None


class CertificatesListed(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``certificate.list``."""

    certificates: Annotated[list[CertificateLine], labelled("活动证", "certificates")]


def issue_certificate(act: Act, request: CertificateIssue) -> CertificateIssued:
    """Keep that a certificate was issued.

    Raises D-certificate-taken when somebody else has the number, D-certificate-held when the member has another one
    in use, D-term, D-member-unknown, D-date, D-date-future. Issuing the same one again changes nothing; a number that
    a roster told gets its date.
    """
    check_happened(act.now, request.issued_on)
    if request.valid_until is not None and request.valid_until < request.issued_on:
        raise refuse("D-term")
    member = member_of(act.store, request.member_id)
    number = parse_code(request.number).value
    if certificate_holder(act.store, number) not in (None, member.member_id):
        raise refuse("D-certificate-taken")
    if number_of(act.store, member.member_id) not in (None, number):
        raise refuse("D-certificate-held")
    issued = act.store.get(Certificate, number)
    unlike = None if issued else _unlike(act.store, number)
    if issued is None:
        issued = Certificate(
            number=number,
            member_id=member.member_id,
            issued_on=request.issued_on,
            valid_until=request.valid_until,
            reason=request.reason,
            place=request.place,
            left_on=request.left_on,
        )
        act.store.add(issued)
        describe(act, issued)
    return CertificateIssued(
        member_id=issued.member_id,
        number=number,
        issued_on=issued.issued_on,
        unlike=[UnlikeLine(number=number, known=unlike)] if unlike else [],
    )


def _unlike(store: Store, number: str) -> str | None:
    """A number on record, where enough are and none is written as this one: each county writes them in its own way."""
    told = (number for (number,) in store.pick(OutflowEntry, ("certificate_number",)) if number)
    known = [*(row.number for row in store.find(Certificate)), *told]
    shapes = {_shape(other) for other in known}
    return max(known) if len(known) >= ALIKE_LEAST and _shape(number) not in shapes else None


def _shape(number: str) -> str:
    """Letters and digits by kind, signs as they stand; how many there are at the end is no matter."""
    return re.sub(r"[^\W\d]", "A", re.sub(r"\d", "9", number)).rstrip("9")


def void_certificate(act: Act, request: CertificateVoid) -> CertificateVoided:
    """A certificate was lost or is withdrawn: it holds no more, and the partners of its holder are told.

    Raises D-certificate-unknown, D-certificate-void.
    """
    issued = register_entry(act.store, request.number)
    if issued.state != IN_USE:
        raise refuse("D-certificate-void", state=issued.state)
    issued = msgspec.structs.replace(issued, state=request.state)
    act.store.put(issued)
    return CertificateVoided(number=issued.number, state=issued.state, told_count=describe(act, issued))


def token_of(act: Act, request: CertificateToken) -> CertificateTokenMade:
    """The code to print on a certificate, signed by this node.

    Raises D-certificate-unknown, D-certificate-void, R-token-too-long.
    """
    issued = register_entry(act.store, request.number)
    if issued.state != IN_USE:
        raise refuse("D-certificate-void", state=issued.state)
    name = member_of(act.store, issued.member_id).name
    from gongguan.protocol import certificate_token  # noqa: PLC0415 - keys, which no other command here needs

    said = certificate_token.Certificate(issued.number, issued.issued_on, issued.valid_until, name)
    payload = certificate_token.seal(said, act.exchange.identity.signer())
    return CertificateTokenMade(number=issued.number, name=name, payload=payload)


def list_certificates(act: Act, request: CertificateList) -> CertificatesListed:
    """The register: floating members and holders of the person's subtree."""
    lines = []
    concerned = _concerned(act.store, subtree(act.store, act.staff.body_code))
    numbers = numbers_of(act.store, [member.member_id for member in concerned])
    issued = {item.number: item for item in act.store.find(Certificate, number__in=list(numbers.values()))}
    for member in concerned:
        number = numbers.get(member.member_id)
        if number is None and not member.floating:
            continue
        if request.missing and number is not None:
            continue
        lines.append(_line(member, number, issued.get(number) if number else None))
    return CertificatesListed(certificates=sorted(lines, key=lambda line: (line.number or "", line.member_id)))


def _concerned(store: Store, reach: frozenset[str]) -> list[Member]:
    """Members of these bodies who float or for whom some number is on record: never the whole membership."""
    floating = {member.member_id: member for member in store.find(Member, branch_code__in=reach, floating=True)}
    issued = {holder for (holder,) in store.pick(Certificate, ("member_id",))}
    told = {holder for (holder,) in store.pick(OutflowEntry, ("member_id",))}
    others = store.find(Member, member_id__in=(issued | told) - floating.keys())
    return [*floating.values(), *(one for one in others if one.branch_code in reach)]


def number_of(store: Store, member_id: str) -> str | None:
    """The number of a member's certificate that is in use, issued here or told by a roster."""
    return numbers_of(store, [member_id]).get(member_id)


def numbers_of(store: Store, members: Collection[str], told: Mapping[str, str | None] | None = None) -> dict[str, str]:
    """``number_of`` for many members at once, by id; of those who have one.

    ``told``: what the roster says, where it was read already.
    """
    if told is None:
        told = dict(store.pick(OutflowEntry, ("member_id", "certificate_number"), member_id__in=members))
    found = dict(told)
    in_use: dict[str, str] = {}
    for member_id, state, number in store.pick(Certificate, ("member_id", "state", "number"), member_id__in=members):
        found[member_id] = None
        if state == IN_USE:
            in_use.setdefault(member_id, number)
    return {member_id: number for member_id, number in (found | in_use).items() if number is not None}


def issue_of(store: Store, number: str) -> dict[str, str]:
    """When a certificate was issued and until when it holds, as the notice of departure says it."""
    issued = store.get(Certificate, number)
    if issued is None:
        return {}
    until = {"certificate_valid_until": issued.valid_until} if issued.valid_until else {}
    return {"certificate_issued_on": issued.issued_on, **until}


def register_entry(store: Store, number: str) -> Certificate:
    """The register's row of a number. Raises D-certificate-unknown."""
    issued = store.get(Certificate, parse_code(number).value)
    if issued is None:
        raise refuse("D-certificate-unknown")
    return issued


def describe(act: Act, issued: Certificate) -> int:
    """Tell every partner that has the holder now what the register says; how many were told."""
    top = act.store.get(Body, top_code(act.store) or "")
    said = {
        "number": issued.number,
        "issued_on": issued.issued_on,
        "issued_by": top.full_name if top else act.node.node_id,
        "state": issued.state,
        "valid_until": issued.valid_until,
        "reason": issued.reason,
    }
    body = msgspec.convert(
        {name: value for name, value in said.items() if value is not None}, ready(CertificateDescribed)
    )
    told = 0
    for period in act.store.find(MobilityPeriod, member_id=issued.member_id):
        state = shared(act.store, period.agreement, period.subject, "movement/state")
        if state is not None and state["state"] in OPEN_STATES:
            write(act, period, "certificate.described", body)
            told += 1
    return told


def _line(member: Member, number: str | None, issued: Certificate | None) -> CertificateLine:
    line = CertificateLine(member_id=member.member_id, name=member.name, number=number, issued_on=None)
    if issued is None:
        return line
    return msgspec.structs.replace(
        line,
        issued_on=issued.issued_on,
        valid_until=issued.valid_until,
        reason=issued.reason,
        place=issued.place,
        left_on=issued.left_on,
        state=issued.state,
    )
