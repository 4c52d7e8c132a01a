"""Admissions: how the destination answers the notices of departure that it got."""

from typing import Final

from gongguan.node.operations.operation import Operation
from gongguan.node.operations.reach import about_subject, responsible_body
from gongguan.node.operations.said import Said
from gongguan.sync.movement.admission_cases import (
    AdmissionCases,
    AdmissionTimes,
    CasesListed,
    TimesListed,
    list_cases,
    list_times,
)
from gongguan.sync.movement.admissions import (
    Admission,
    AdmissionGive,
    AdmissionList,
    AdmissionRefuse,
    AdmissionVerify,
    IdentityChecked,
    NoticesListed,
    Refusal,
    give_admission,
    list_notices,
    refuse_admission,
    verify_identity,
)
from gongguan.sync.persons.bodies import resolve
from gongguan.sync.records import MobilityPeriod
from gongguan.sync.roles import VIEWERS, WORKERS
from gongguan.sync.shared.periods import (
    body_of,
)
from gongguan.sync.store import Store


def managing_body(store: Store, request: AdmissionGive) -> str | None:
    """The body that is to manage the member; for an answer that we enter, the body here that has the member."""
    period = store.get(MobilityPeriod, request.subject)
    if period is not None and period.side == "origin":
        return body_of(store, request.subject)
    return resolve(store, request.managing_body).code


OPERATIONS: Final = (
    Operation(
        name="admission.list",
        title="查看待接收的通报",
        english="list notices that wait for an answer",
        request=AdmissionList,
        answer=NoticesListed,
        roles=VIEWERS,
        function=list_notices,
        duties=("A-27", "A-29"),
        reads=True,
        personal=True,
        hint=Said(
            "接收一人：gongguan admission give 姓名；多人用表：gongguan sheet make 接收；"
            "不予接收须选列明的理由：gongguan admission refuse 姓名",
            "Admit: gongguan admission give NAME, many: gongguan sheet make admissions; or refuse for a listed reason: "
            "gongguan admission refuse NAME",
        ),
    ),
    Operation(
        name="admission.verify",
        title="核实来人身份",
        english="check who the member is",
        request=AdmissionVerify,
        answer=IdentityChecked,
        roles=WORKERS,
        function=verify_identity,
        duties=("A-29", "A-41"),
        subtree=responsible_body,
        about=about_subject,
        done=Said("已核实：与通报相符。", "Checked: it is the person of the notice."),
        hint=Said("现在编入党组织：gongguan admission give 编号", "Now: gongguan admission give ID"),
    ),
    Operation(
        name="admission.give",
        title="接收流动党员并编入党组织",
        english="admit a member under one managing body",
        request=AdmissionGive,
        answer=Admission,
        roles=WORKERS,
        function=give_admission,
        duties=("A-27", "A-30", "A-41", "B-09"),
        subtree=managing_body,
        about=about_subject,
        done=Said(
            "已接收并编入{managing_body}，联系责任人{contact_officer}（登记来源：{source}）。",
            "Admitted under {managing_body}; the contact officer is {contact_officer} ({source}).",
        ),
        hint=Said(
            "本方接收的，对方节点随后会收到，不用答复；请责任人与本人联系，参加活动后及时记入活动证",
            "Where it is ours, the partner's node learns of it by itself; the contact officer now meets the member",
        ),
    ),
    Operation(
        name="admission.refuse",
        title="不予接收并说明理由",
        english="refuse an admission for a listed reason",
        request=AdmissionRefuse,
        answer=Refusal,
        roles=WORKERS,
        function=refuse_admission,
        duties=("A-72",),
        subtree=responsible_body,
        about=about_subject,
        done=Said("已答复不予接收。", "The refusal is sent."),
        hint=Said(
            "请流出地核实：资料有误的改正后重新通报，不来的办理流动结束",
            "The origin now checks: it corrects and notifies again, or ends the period",
        ),
    ),
    Operation(
        name="admission.times",
        title="查看从通报到接收用了多少天",
        english="list how long answers to notices took",
        request=AdmissionTimes,
        answer=TimesListed,
        roles=VIEWERS,
        function=list_times,
        duties=("A-27",),
        reads=True,
        personal=True,
    ),
    Operation(
        name="admission.cases",
        title="查看不予接收和逾期未答复的情形",
        english="list refusals and silences that go higher",
        request=AdmissionCases,
        answer=CasesListed,
        roles=VIEWERS,
        function=list_cases,
        duties=("A-72",),
        reads=True,
        personal=True,
        hint=Said(
            "理由不成立的，报组织部门处理", "Where the reason does not hold, report to the organisation department"
        ),
    ),
)
