"""Partnerships between branches of both sides."""

from typing import Final

from gongguan.node.operations.joint import PROPOSED, PROPOSED_NEXT
from gongguan.node.operations.operation import Operation
from gongguan.sync.agreements.joint import JointDone
from gongguan.sync.organisations.partnerships import (
    PartnershipList,
    PartnershipPropose,
    PartnershipsListed,
    list_partnerships,
    propose_partnership,
)
from gongguan.sync.roles import VIEWERS, WORKERS

OPERATIONS: Final = (
    Operation(
        name="partnership.propose",
        title="提出支部结对共建",
        english="propose that two branches work together",
        request=PartnershipPropose,
        answer=JointDone,
        roles=WORKERS,
        function=propose_partnership,
        duties=("A-63",),
        done=PROPOSED,
        hint=PROPOSED_NEXT,
    ),
    Operation(
        name="partnership.list",
        title="查看支部结对共建",
        english="list partnerships of branches",
        request=PartnershipList,
        answer=PartnershipsListed,
        roles=VIEWERS,
        function=list_partnerships,
        duties=("A-63",),
        reads=True,
    ),
)
