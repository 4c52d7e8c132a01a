"""Activity certificates: issued at the origin, entered at the destination."""

from typing import Final

from gongguan.sync.certificates import (
    CertificateIssue,
    CertificateIssued,
    CertificateList,
    CertificatesListed,
    issue_certificate,
    list_certificates,
)
from gongguan.sync.members import member_of
from gongguan.sync.roles import VIEWERS, WORKERS
from gongguan.sync.store import Store

from .operation import Operation, Said


def branch_of(store: Store, request: CertificateIssue) -> str | None:
    """The branch of the member that a request names."""
    return member_of(store, request.member_id).branch_code


OPERATIONS: Final = (
    Operation(
        name="certificate.issue",
        title="登记发放活动证",
        english="record that a certificate was issued",
        request=CertificateIssue,
        answer=CertificateIssued,
        roles=WORKERS,
        function=issue_certificate,
        duties=("A-13",),
        subtree=branch_of,
        about=lambda request: f"member:{request.member_id}",
        done=Said("已登记活动证 {number}。", "Certificate {number} is recorded."),
        hint=Said(
            "接着通报流入地：gongguan departure notify", "Next: notify the destination, gongguan departure notify"
        ),
    ),
    Operation(
        name="certificate.list",
        title="查看活动证",
        english="list certificates",
        request=CertificateList,
        answer=CertificatesListed,
        roles=VIEWERS,
        function=list_certificates,
        duties=("A-13",),
        reads=True,
        personal=True,
    ),
)
