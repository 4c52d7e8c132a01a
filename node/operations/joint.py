"""What both sides settle together: shown, signed or declined; joint activities are proposed here too."""

from typing import Final

from gongguan.node.operations.operation import Operation
from gongguan.node.operations.said import Said
from gongguan.sync.agreements.joint import (
    JointDecline,
    JointDone,
    JointList,
    JointListed,
    JointShow,
    JointShown,
    JointSign,
    decline,
    list_joint,
    show_joint,
    sign,
)
from gongguan.sync.organisations.partnerships import ActivityPropose, propose_activity
from gongguan.sync.roles import VIEWERS, WORKERS

PROPOSED: Final = Said(
    "已向{peer}提出（{matter}），内容摘要 {content}。", "Proposed to {peer} ({matter}), digest {content}."
)
PROPOSED_NEXT: Final = Said(
    "对方核对内容摘要后签署：gongguan joint sign 内容摘要",
    "The partner compares the digest and signs: gongguan joint sign DIGEST",
)

OPERATIONS: Final = (
    Operation(
        name="joint.activity",
        title="提出共建活动",
        english="propose a joint activity",
        request=ActivityPropose,
        answer=JointDone,
        roles=WORKERS,
        function=propose_activity,
        duties=("A-64", "B-26"),
        done=PROPOSED,
        hint=Said(
            "活动后双方用同一编号登记参加情况：gongguan entry life-all --event 活动编号",
            "Afterwards both enter attendance under its number: gongguan entry life-all --event ID",
        ),
    ),
    Operation(
        name="joint.list",
        title="查看会商纪要、结对共建、共建活动",
        english="list minutes, partnerships and joint activities",
        request=JointList,
        answer=JointListed,
        roles=VIEWERS,
        function=list_joint,
        duties=("A-54", "A-62", "A-63", "A-64"),
        reads=True,
        hint=Said("查看内容：gongguan joint show 编号", "See the content: gongguan joint show ID"),
    ),
    Operation(
        name="joint.show",
        title="查看一项的内容",
        english="show one of them",
        request=JointShow,
        answer=JointShown,
        roles=VIEWERS,
        function=show_joint,
        duties=("A-54", "A-62", "A-63", "A-64"),
        reads=True,
        hint=Said(
            "同意的带上内容摘要签署：gongguan joint sign 内容摘要；不同意：gongguan joint decline 编号 --reason 理由",
            "Agreed? gongguan joint sign DIGEST; else gongguan joint decline ID --reason TEXT",
        ),
    ),
    Operation(
        name="joint.sign",
        title="签署对方提出的纪要、结对或活动",
        english="sign what the partner proposed",
        request=JointSign,
        answer=JointDone,
        roles=WORKERS,
        function=sign,
        duties=("A-54", "A-62", "A-63", "A-64"),
        done=Said("已签署（{matter}），双方内容摘要均为 {content}。", "Signed ({matter}); both sides hold {content}."),
    ),
    Operation(
        name="joint.decline",
        title="不同意对方提出的纪要、结对或活动",
        english="decline what the partner proposed",
        request=JointDecline,
        answer=JointDone,
        roles=WORKERS,
        function=decline,
        duties=("A-62", "A-63", "A-64"),
        done=Said("已答复{peer}：不同意（{matter}）。", "{peer} is told that {matter} is declined."),
    ),
)
