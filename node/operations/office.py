"""The public contact card of this committee's office, and who receives members here."""

from typing import Final

from gongguan.node.operations.operation import Operation
from gongguan.node.operations.reach import whole_committee
from gongguan.node.operations.said import Said
from gongguan.sync.organisations.office import (
    OfficeList,
    OfficePublish,
    OfficesListed,
    OfficeTold,
    ReceiverName,
    list_offices,
    name_receiver,
    publish_office,
)
from gongguan.sync.roles import EVERYONE, OFFICERS, SIGNERS

_TOLD = Said("已存，告知 {told_count} 个对方单位。", "Kept, and {told_count} partners are told.")

OPERATIONS: Final = (
    Operation(
        name="office.publish",
        title="公布党员服务机构的地点、时间和咨询电话",
        english="publish where the service office is, its hours and telephone",
        request=OfficePublish,
        answer=OfficeTold,
        roles=OFFICERS | SIGNERS,
        function=publish_office,
        duties=("A-39",),
        subtree=whole_committee,
        done=_TOLD,
        hint=Said("查看各单位的：gongguan office list", "See those of all: gongguan office list"),
    ),
    Operation(
        name="office.receiver",
        title="确定接收专人和替补人员并告知对方",
        english="name who receives members and who stands in, and tell the partners",
        request=ReceiverName,
        answer=OfficeTold,
        roles=OFFICERS | SIGNERS,
        function=name_receiver,
        duties=("A-28",),
        subtree=whole_committee,
        done=_TOLD,
    ),
    Operation(
        name="office.list",
        title="查看本单位和各对方单位的服务机构、接收专人",
        english="list the offices and receiving officers of this committee and its partners",
        request=OfficeList,
        answer=OfficesListed,
        roles=EVERYONE,
        function=list_offices,
        duties=("A-28", "A-39"),
        reads=True,
    ),
)
