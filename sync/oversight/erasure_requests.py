"""Who asks for a member to be erased, who approves, and what was erased: two persons, and a list that stays.

The origin asks and approves; on the destination's node it happens by the message (``sync/exchange/erasure.py``),
since both agreed on how long records are kept. What is listed names nobody: at the origin the member is found by its
roster id::

    made = request(act, ErasureAsk(subject=…, basis="retention_expired"))
    approve(act, ErasureDecide(request=made.request))        # by another person
"""

from collections.abc import Iterator
from typing import Annotated, Literal

import msgspec

from gongguan.protocol.dates import months_after
from gongguan.protocol.errors import refuse
from gongguan.protocol.limits import NAME_CHARS_MAX
from gongguan.protocol.messages.exchange import SubjectErased
from gongguan.sync.act import Act
from gongguan.sync.days import today
from gongguan.sync.exchange import erasure
from gongguan.sync.exchange.movement_end import EndOfPeriod, end_of
from gongguan.sync.labels import RowsShown, labelled
from gongguan.sync.movement.admissions import Subject
from gongguan.sync.persons.bodies import is_within, top_code
from gongguan.sync.records import Erasure, ErasureRequest, Member, MobilityPeriod
from gongguan.sync.shared.partners import terms_of
from gongguan.sync.shared.periods import (
    check_reach,
    periods_in_reach,
)
from gongguan.sync.shared.views import (
    unit_records,
)

Basis = Literal["retention_expired", "purpose_fulfilled", "member_request", "entered_in_error"]
RequestId = Annotated[
    str, labelled("申请编号（开头几位即可）", "request, or how it begins", argument=True, min_length=4, max_length=32)
]


class ErasureAsk(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``erasure.request``."""

    subject: Subject
    basis: Annotated[Basis, labelled("依据", "basis", codes="erasure_basis")] = "retention_expired"
    document_number: Annotated[
        Annotated[str, msgspec.Meta(max_length=NAME_CHARS_MAX)] | None, labelled("审批文号", "document number")
    ] = None


class ErasureAsked(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``erasure.request``."""

    request: Annotated[str, labelled("申请编号", "request")]
    subject: Annotated[str, labelled("流动记录编号", "mobility period")]


class ErasureDecide(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``erasure.approve`` and ``erasure.withdraw``."""

    request: RequestId


class ErasureDone(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``erasure.approve``: how many messages lost their bytes here now; the rest follows the receipts."""

    subject: Annotated[str, labelled("流动记录编号", "mobility period")]
    messages: Annotated[int, labelled("已删除消息", "messages erased")]
    files: Annotated[int, labelled("已删除附件", "files erased")]
    waiting: Annotated[bool, labelled("其余待对方回执后删除", "the rest goes after the partner's receipt")]


class ErasureWithdrawn(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``erasure.withdraw``."""

    request: Annotated[str, labelled("申请编号", "request")]


class ErasureList(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``erasure.list``."""

    member_id: Annotated[Annotated[str, msgspec.Meta(max_length=32)] | None, labelled("党员编号", "member")] = None
    limit: RowsShown = 200


class RequestLine(msgspec.Struct, frozen=True, kw_only=True):
    """A request that waits for a second person."""

    request: Annotated[str, labelled("申请编号", "request")]
    subject: Annotated[str, labelled("流动记录编号", "mobility period")]
    basis: Annotated[str, labelled("依据", "basis", codes="erasure_basis")]
    requested_by: Annotated[str, labelled("申请人", "asked by")]
    requested_at: Annotated[str, labelled("申请时间", "asked at")]


class ErasureLine(msgspec.Struct, frozen=True, kw_only=True):
    """One erasure. ``member_id``: at the origin, while the member stands on its roster."""

    subject: Annotated[str, labelled("流动记录编号", "mobility period")]
    member_id: Annotated[str | None, labelled("党员编号", "member")]
    by: Annotated[str, labelled("提出方", "by", codes="proposer")]
    basis: Annotated[str, labelled("依据", "basis", codes="erasure_basis")]
    on: Annotated[str, labelled("决定日期", "decided on")]
    state: Annotated[str, labelled("状态", "state", codes="erasure_state")]
    messages: Annotated[int, labelled("已删除消息", "messages erased")]
    files: Annotated[int, labelled("已删除附件", "files erased")]


class ErasuresListed(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``erasure.list``."""

    requests: Annotated[list[RequestLine], labelled("待批准的申请", "open requests")]
    erasures: Annotated[list[ErasureLine], labelled("已删除", "erased")]


def request(act: Act, asked: ErasureAsk) -> ErasureAsked:
    """Ask for a member to be erased on both sides.

    Raises G-erasure-side at the destination, P-erasure-ending while the period goes on, G-retention before the
    agreement's minimum, D-erasure-requested, A-subtree, D-subject-unknown.
    """
    period = check_reach(act, asked.subject)
    _check_over(act, period)
    if act.store.find(ErasureRequest, about=period.subject, state="open"):
        raise refuse("D-erasure-requested", subject=period.subject)
    made = ErasureRequest(
        request_id=act.random_hex(16),
        about=period.subject,
        basis=asked.basis,
        document_number=asked.document_number,
        requested_by=act.staff.name,
        requested_at=act.stamp(),
        state="open",
    )
    act.store.put(made)
    return ErasureAsked(request=made.request_id, subject=made.about)


def _check_over(act: Act, period: MobilityPeriod) -> EndOfPeriod:
    if period.side != "origin":
        raise refuse("G-erasure-side")
    ended = end_of(unit_records(act.store, period.agreement, period.subject))
    if ended is None:
        raise refuse("P-erasure-ending", subject=period.subject)
    may_from = months_after(ended.on, terms_of(act.store, period.pairing_id).retention.minimum_months)
    if today(act.now).isoformat() < may_from:
        raise refuse("G-retention", earliest=may_from)
    return ended


def approve(act: Act, decided: ErasureDecide) -> ErasureDone:
    """Erase, by a second person. Raises D-erasure-unknown, D-second-person, and what ``request`` raises."""
    found = _open(act, decided.request)
    if found.requested_by == act.staff.name:
        raise refuse("D-second-person", request=found.request_id)
    period = check_reach(act, found.about)
    ended = _check_over(act, period)
    book = act.exchange.book(period.pairing_id)
    body = SubjectErased(
        agreement=period.agreement,
        subject=period.subject,
        basis=msgspec.convert(found.basis, Basis),
        ending=ended.message,
        ended_on=ended.on,
        on=today(act.now).isoformat(),
    )
    book.write("exchange.erased", body)
    _decide(act, found, "approved")
    erasure.sweep(book)
    act.node.wake(period.pairing_id)
    (done,) = act.store.find(Erasure, pairing_id=period.pairing_id, subject=period.subject)
    return ErasureDone(
        subject=period.subject, messages=done.messages, files=done.files, waiting=done.state == erasure.DUE
    )


def withdraw(act: Act, decided: ErasureDecide) -> ErasureWithdrawn:
    """Take a request back, or decline it: either person may. Raises D-erasure-unknown, A-subtree."""
    found = _open(act, decided.request)
    check_reach(act, found.about)
    _decide(act, found, "withdrawn")
    return ErasureWithdrawn(request=found.request_id)


def _open(act: Act, request_id: str) -> ErasureRequest:
    found = [item for item in act.store.find(ErasureRequest, state="open") if item.request_id.startswith(request_id)]
    if len(found) != 1:
        raise refuse("D-erasure-unknown", request=request_id)
    return found[0]


def _decide(act: Act, found: ErasureRequest, state: str) -> None:
    act.store.put(msgspec.structs.replace(found, state=state, decided_by=act.staff.name, decided_at=act.stamp()))


def list_erasures(act: Act, asked: ErasureList) -> ErasuresListed:
    """What waits for approval and what was erased, within the person's reach; of one member if it is named."""
    erasures = act.store.find(Erasure, member_id=asked.member_id) if asked.member_id else act.store.find(Erasure)
    reached = [item for item in erasures if _is_in_reach(act, item)]
    return ErasuresListed(
        requests=[] if asked.member_id else [_request_line(item) for item in _requests_in_reach(act)],
        erasures=[_line(item) for item in sorted(reached, key=lambda item: (item.on, item.subject))[: asked.limit]],
    )


def _requests_in_reach(act: Act) -> Iterator[ErasureRequest]:
    reach = {period.subject for period in periods_in_reach(act)}
    return (item for item in act.store.find(ErasureRequest, state="open") if item.about in reach)


def _is_in_reach(act: Act, item: Erasure) -> bool:
    member = act.store.get(Member, item.member_id) if item.member_id else None
    code = member.branch_code if member is not None else top_code(act.store)
    return code is not None and is_within(act.store, code, act.staff.body_code)


def _request_line(item: ErasureRequest) -> RequestLine:
    return RequestLine(
        request=item.request_id,
        subject=item.about,
        basis=item.basis,
        requested_by=item.requested_by,
        requested_at=item.requested_at,
    )


def _line(item: Erasure) -> ErasureLine:
    return ErasureLine(
        subject=item.subject,
        member_id=item.member_id,
        by="here" if item.own else "there",
        basis=item.basis,
        on=item.on,
        state=item.state,
        messages=item.messages,
        files=item.files,
    )
