"""Admissions at the destination: each notice is answered by exactly one managing body, or by a listed reason.

While nobody has been found to take a member in, only people of the whole committee see them; afterwards those of the
managing body's subtree::

    give_admission(act, AdmissionGive(subject=…, managing_body="云港社区党支部", arrived_on="2026-03-02", …))
"""

from typing import TYPE_CHECKING, Annotated

import msgspec

from gongguan.protocol.errors import refuse
from gongguan.protocol.limits import NAME_CHARS_MAX
from gongguan.protocol.messages.movement import AdmissionGiven, AdmissionRefused, RefusalReason
from gongguan.sync.act import Act
from gongguan.sync.cells import parse_text
from gongguan.sync.days import check_happened, today
from gongguan.sync.exchange.values import Value
from gongguan.sync.identity import parse_landline, parse_name
from gongguan.sync.labels import DATE, labelled
from gongguan.sync.movement.identity_checks import CertificateNumber, IdNumber, OverrideReason, Presented, make_sure
from gongguan.sync.paper.answers import ANSWERS, enter_answer
from gongguan.sync.paper.word import Heard, word_of
from gongguan.sync.persons.bodies import resolve
from gongguan.sync.persons.members import MEMBER_BRANCHES
from gongguan.sync.records import Body, MobilityPeriod, Task
from gongguan.sync.shared.entries import write
from gongguan.sync.shared.partners import partner_titles
from gongguan.sync.shared.periods import (
    check_reach,
    current_profile,
    period_of,
    period_state,
    periods_in_reach,
)
from gongguan.sync.shared.provenance import SourceLabel
from gongguan.sync.shared.tasks import age_days
from gongguan.sync.shared.views import (
    effective_id,
    shared,
)

if TYPE_CHECKING:  # what commands only name, and would wait for
    from gongguan.sync.exchange.paper_book import Word

Subject = Annotated[
    str, labelled("流动记录编号", "subject (see movement list)", argument=True, pattern=r"^[0-9a-f]{32}$")
]


class AdmissionList(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``admission.list``."""


class NoticeLine(msgspec.Struct, frozen=True, kw_only=True):
    """A notice of departure that waits for an answer."""

    subject: Annotated[str, labelled("流动记录编号", "subject")]
    name: Annotated[str, labelled("姓名", "name")]
    sex: Annotated[str, labelled("性别", "sex", codes="sex")]
    birth_year: Annotated[int, labelled("出生年", "born in")]
    category: Annotated[str, labelled("人员类别", "category", codes="member_category")]
    affiliated_branch: Annotated[str, labelled("组织关系所在党支部", "affiliated branch")]
    certificate_number: Annotated[str, labelled("活动证号", "certificate")]
    left_on: Annotated[str, labelled("外出日期", "left on")]
    destination_place: Annotated[str, labelled("流入地区划代码", "destination")]
    phone: Annotated[str | None, labelled("联系电话", "phone")]
    peer: Annotated[str, labelled("流出地", "origin")]
    received_at: Annotated[str, labelled("收到时间", "received at (China time)")]
    age_days: Annotated[int, labelled("已过天数", "days waiting")]


class NoticesListed(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``admission.list``, oldest first."""

    notices: Annotated[list[NoticeLine], labelled("待接收的通报", "open notices")]


class AdmissionGive(Heard, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``admission.give``. ``heard``: the destination has no node, and we enter its answer."""

    subject: Subject
    managing_body: Annotated[
        str, labelled("编入的党组织（代码、全称或简称）", "managing body (code or name)", min_length=1, max_length=120)
    ]
    arrived_on: Annotated[str, labelled("到达日期", "arrived on", pattern=DATE)]
    contact_officer: Annotated[str, labelled("联系责任人", "contact officer", min_length=1, max_length=NAME_CHARS_MAX)]
    contact_phone: Annotated[str, labelled("责任人电话", "contact phone", min_length=5, max_length=20)]
    id_number: IdNumber = None
    certificate_number: CertificateNumber = None
    override_reason: OverrideReason = None


class AdmissionVerify(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``admission.verify``: one of the two is enough."""

    subject: Subject
    id_number: IdNumber = None
    certificate_number: CertificateNumber = None


class IdentityChecked(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``admission.verify``."""

    subject: Annotated[str, labelled("流动记录编号", "subject")]
    how: Annotated[str, labelled("核实方式", "checked by", codes="identity_check")]
    checked_on: Annotated[str, labelled("核实日期", "checked on")]
    checked_by: Annotated[str, labelled("核实人", "checked by (person)")]


class AdmissionRefuse(Heard, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``admission.refuse``: the listed reasons only (A-72)."""

    subject: Subject
    reason: Annotated[RefusalReason, labelled("理由", "reason", codes="refusal_reason")]


class Admission(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``admission.give``."""

    subject: Annotated[str, labelled("流动记录编号", "subject")]
    managing_body: Annotated[str, labelled("编入的党组织", "managing body")]
    arrived_on: Annotated[str, labelled("到达日期", "arrived on")]
    contact_officer: Annotated[str, labelled("联系责任人", "contact officer")]
    source: SourceLabel = "own"


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``admission.refuse``."""

    subject: Annotated[str, labelled("流动记录编号", "subject")]
    reason: Annotated[str, labelled("理由", "reason", codes="refusal_reason")]
    source: SourceLabel = "own"


def list_notices(act: Act, request: AdmissionList) -> NoticesListed:
    """The notices that this committee has not answered."""
    titles = partner_titles(act.store)
    lines = []
    for period in periods_in_reach(act):
        if period.side != "destination" or period_state(act.store, period) != "notified":
            continue
        notice = current_profile(act.store, period)
        if notice:
            lines.append(_line(act, period, notice, titles.get(period.pairing_id, "")))
    return NoticesListed(notices=sorted(lines, key=lambda line: (line.received_at, line.subject)))


def give_admission(act: Act, request: AdmissionGive) -> Admission:
    """Take a member in, or hand an admitted one to another body here.

    Raises D-not-destination, D-movement-state (the period is over), D-identity-… (A-41), D-managing-body, D-body-…,
    D-name, D-phone…, D-date…, A-subtree (the member is managed outside the person's reach), G-….

    Of a member of ours at a destination without a node: what that destination answered, entered by us.
    """
    word = word_of(act, request)
    if word is not None:
        return _given_there(act, request, word)
    period = _here(act, request.subject)
    if period_state(act.store, period) == "ended":
        raise refuse("D-movement-state", state="ended")
    if period.body_code is not None:
        check_reach(act, period.subject)
    make_sure(act, period, _presented(request))
    body = resolve(act.store, request.managing_body)
    if body.category not in MEMBER_BRANCHES:
        raise refuse("D-managing-body", body=body.code)
    check_happened(act.now, request.arrived_on)
    given = AdmissionGiven(
        departure=_departure(act, period),
        managing_body=_written(body),
        arrived_on=request.arrived_on,
        contact_officer=parse_name(request.contact_officer).value,
        contact_phone=parse_landline(request.contact_phone, act.node.synthetic).value,
    )
    write(act, period, "admission.given", given)
    act.store.put(msgspec.structs.replace(period, body_code=body.code))
    return Admission(
        subject=period.subject,
        managing_body=given.managing_body,
        arrived_on=given.arrived_on,
        contact_officer=given.contact_officer,
    )


def verify_identity(act: Act, request: AdmissionVerify) -> IdentityChecked:
    """Compare what the member shows with the notice and keep that it fits. Raises D-identity-…, D-id-…, A-subtree."""
    period = check_reach(act, _here(act, request.subject).subject)
    check = make_sure(
        act, period, Presented(id_number=request.id_number, certificate_number=request.certificate_number)
    )
    return IdentityChecked(
        subject=check.subject, how=check.how, checked_on=check.checked_on, checked_by=check.checked_by
    )


def _presented(request: AdmissionGive) -> Presented:
    return Presented(
        id_number=request.id_number,
        certificate_number=request.certificate_number,
        override_reason=request.override_reason,
    )


def refuse_admission(act: Act, request: AdmissionRefuse) -> Refusal:
    """Answer that the member is not taken in. Raises D-not-destination, D-movement-state, A-subtree, G-….

    Of a member of ours at a destination without a node: what that destination answered, entered by us.
    """
    word = word_of(act, request)
    if word is not None:
        period = check_reach(act, request.subject)
        enter_answer(act, ANSWERS["admission"], period, {"answer": "refused", "reason": request.reason}, word)
        return Refusal(subject=period.subject, reason=request.reason, source="entered")
    period = check_reach(act, _here(act, request.subject).subject)
    state = period_state(act.store, period)
    if state != "notified":
        raise refuse("D-movement-state", state=state)
    refused = AdmissionRefused(departure=_departure(act, period), reason=request.reason, on=today(act.now).isoformat())
    write(act, period, "admission.refused", refused)
    return Refusal(subject=period.subject, reason=request.reason)


def _given_there(act: Act, request: AdmissionGive, word: "Word") -> Admission:
    period = check_reach(act, request.subject)
    values = {
        "answer": "admitted",
        "managing_body": parse_text(request.managing_body).value,
        "arrived_on": request.arrived_on,
        "contact_officer": parse_name(request.contact_officer).value,
        "contact_phone": parse_landline(request.contact_phone, act.node.synthetic).value,
    }
    enter_answer(act, ANSWERS["admission"], period, values, word)
    return Admission(
        subject=period.subject,
        managing_body=values["managing_body"],
        arrived_on=values["arrived_on"],
        contact_officer=values["contact_officer"],
        source="entered",
    )


def _here(act: Act, subject: str) -> MobilityPeriod:
    period = period_of(act.store, subject)
    if period.side != "destination":
        raise refuse("D-not-destination")
    return period


def _departure(act: Act, period: MobilityPeriod) -> str:
    """The id of the notice that is answered: the standing one."""
    notice = effective_id(shared(act.store, period.agreement, period.subject, "movement/departure"))
    if not notice:
        raise refuse("D-subject-unknown", subject=period.subject)
    return notice


def _written(body: Body) -> str:
    return body.full_name if len(body.full_name) <= NAME_CHARS_MAX else body.short_name[:NAME_CHARS_MAX]


def _line(act: Act, period: MobilityPeriod, notice: Value, peer: str) -> NoticeLine:
    tasks = act.store.find(Task, subject=period.subject)
    received = [task.opened_at for task in tasks if task.kind == "answer_departure" and task.state == "open"]
    received_at = max(received, default=act.stamp())
    return NoticeLine(
        subject=period.subject,
        name=notice["name"],
        sex=notice["sex"],
        birth_year=notice["birth_year"],
        category=notice["category"],
        affiliated_branch=notice["affiliated_branch"],
        certificate_number=notice["certificate_number"],
        left_on=notice["left_on"],
        destination_place=notice["destination_place"],
        phone=notice.get("phone"),
        peer=peer,
        received_at=received_at,
        age_days=age_days(act, received_at),
    )
