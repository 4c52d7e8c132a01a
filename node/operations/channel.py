"""The directory of channels to members who are away."""

from typing import Final

from gongguan.node.operations.operation import Operation
from gongguan.node.operations.said import Said
from gongguan.sync.contacts.channels import (
    ChannelAdd,
    ChannelLine,
    ChannelList,
    ChannelRemove,
    ChannelsListed,
    add_channel,
    list_channels,
    remove_channel,
)
from gongguan.sync.roles import VIEWERS, WORKERS

OPERATIONS: Final = (
    Operation(
        name="channel.add",
        title="登记一个联系群或联系电话",
        english="add a channel to the directory",
        request=ChannelAdd,
        answer=ChannelLine,
        roles=WORKERS,
        function=add_channel,
        duties=("B-22", "A-67"),
        done=Said("已登记（{channel}）。", "It is in the directory ({channel})."),
        hint=Said("只登记名称，不导入聊天内容", "Only the name is kept; no messages are imported"),
    ),
    Operation(
        name="channel.remove",
        title="撤下一个联系渠道",
        english="take a channel out of the directory",
        request=ChannelRemove,
        answer=ChannelLine,
        roles=WORKERS,
        function=remove_channel,
        duties=("B-22",),
        done=Said("已撤下（{channel}）。", "It is taken out ({channel})."),
    ),
    Operation(
        name="channel.list",
        title="查看联系渠道",
        english="list the channels",
        request=ChannelList,
        answer=ChannelsListed,
        roles=VIEWERS,
        function=list_channels,
        duties=("B-22", "A-67"),
        reads=True,
    ),
)
