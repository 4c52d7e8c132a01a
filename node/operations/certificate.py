"""Activity certificates: issued at the origin, checked and entered at the destination, shown as one document."""

from typing import Final

import msgspec

from gongguan.node.files import qr
from gongguan.node.operations.operation import Operation
from gongguan.node.operations.reach import about_member, about_person, branch_of_member
from gongguan.node.operations.said import Said
from gongguan.sync.act import Act
from gongguan.sync.certificates.certificates import (
    CertificateIssue,
    CertificateIssued,
    CertificateList,
    CertificatesListed,
    CertificateToken,
    CertificateTokenMade,
    CertificateVoid,
    CertificateVoided,
    issue_certificate,
    list_certificates,
    register_entry,
    token_of,
    void_certificate,
)
from gongguan.sync.certificates.checks import (
    CertificateCheckAsk,
    CertificateChecked,
    CertificateCheckList,
    ChecksListed,
    check_certificate,
    list_checks,
)
from gongguan.sync.certificates.document import (
    AnnualCheck,
    CertificateShow,
    CertificateShown,
    enter_annual_check,
    show_certificate,
)
from gongguan.sync.persons.members import member_of
from gongguan.sync.roles import VIEWERS, WORKERS
from gongguan.sync.shared.charges import by_person_id
from gongguan.sync.shared.entries import EntryMade
from gongguan.sync.store import Store


def branch_of_holder(store: Store, request: CertificateVoid | CertificateToken) -> str | None:
    """The branch of the member who holds a number. Raises D-certificate-unknown."""
    return member_of(store, register_entry(store, request.number).member_id).branch_code


def token_with_picture(act: Act, request: CertificateToken) -> CertificateTokenMade:
    """The token and its QR code. Raises what ``token_of`` raises."""
    made = token_of(act, request)
    return msgspec.structs.replace(made, picture=qr.svg(made.payload))


OPERATIONS: Final = (
    Operation(
        name="certificate.issue",
        title="登记发放活动证",
        english="record that a certificate was issued",
        request=CertificateIssue,
        answer=CertificateIssued,
        roles=WORKERS,
        function=issue_certificate,
        duties=("A-13", "A-15"),
        subtree=branch_of_member,
        about=about_member,
        done=Said("已登记活动证 {number}。", "Certificate {number} is recorded."),
        hint=Said(
            "可印上二维码：gongguan certificate token 证号；接着通报流入地：gongguan departure notify",
            "Print its code: gongguan certificate token NUMBER; then notify the destination: gongguan departure notify",
        ),
    ),
    Operation(
        name="certificate.list",
        title="查看活动证发放登记簿",
        english="list the register of certificates",
        request=CertificateList,
        answer=CertificatesListed,
        roles=VIEWERS,
        function=list_certificates,
        duties=("A-13", "A-15"),
        reads=True,
        personal=True,
    ),
    Operation(
        name="certificate.void",
        title="活动证报失或收回",
        english="record that a certificate was lost or withdrawn",
        request=CertificateVoid,
        answer=CertificateVoided,
        roles=WORKERS,
        function=void_certificate,
        duties=("A-15",),
        subtree=branch_of_holder,
        about=lambda request: f"certificate:{request.number}",
        done=Said("{number} 已不能再用，已告知 {told_count} 个单位。", "{number} holds no more; {told_count} told."),
    ),
    Operation(
        name="certificate.token",
        title="生成印在活动证上的签名二维码",
        english="make the signed code to print on a certificate",
        request=CertificateToken,
        answer=CertificateTokenMade,
        roles=WORKERS,
        function=token_with_picture,
        duties=("A-15",),
        reads=True,
        personal=True,
        subtree=branch_of_holder,
        about=lambda request: f"certificate:{request.number}",
        hint=Said("流入地扫描后不联网即可查验", "The destination scans it and needs no connection"),
    ),
    Operation(
        name="certificate.check",
        title="查验出示的活动证",
        english="check a certificate that is presented",
        request=CertificateCheckAsk,
        answer=CertificateChecked,
        roles=WORKERS,
        function=check_certificate,
        duties=("A-15", "A-29"),
        about=lambda request: f"certificate:{request.number}",
        hint=Said(
            "未查实的不等于有效；流出地答复后查看：gongguan certificate checks",
            "Unverified is not valid; once the issuer has answered: gongguan certificate checks",
        ),
    ),
    Operation(
        name="certificate.checks",
        title="查看查验记录和结果",
        english="list the checks made here and what came of them",
        request=CertificateCheckList,
        answer=ChecksListed,
        roles=VIEWERS,
        function=list_checks,
        duties=("A-29",),
        reads=True,
    ),
    Operation(
        name="certificate.annual_check",
        title="登记活动证年审",
        english="enter the yearly check of a certificate",
        request=AnnualCheck,
        answer=EntryMade,
        roles=WORKERS,
        function=enter_annual_check,
        duties=("A-45",),
        settle=by_person_id,
        about=about_person,
        done=Said("已记入《活动证》（{entry}）。", "Entered in the certificate ({entry})."),
    ),
    Operation(
        name="certificate.show",
        title="查看一名党员的整本活动证",
        english="show a member's whole certificate",
        request=CertificateShow,
        answer=CertificateShown,
        roles=VIEWERS,
        function=show_certificate,
        duties=("A-15", "A-45"),
        reads=True,
        personal=True,
        settle=by_person_id,
        about=about_person,
        hint=Said("双方看到的是同一份；没有记载的是“未知”", "Both sides see the same; what is not entered is unknown"),
    ),
)
