"""The directory of channels by which a branch reaches members who are away: names only, never messages (B-22)."""

from typing import Annotated, Literal

import msgspec

from gongguan.protocol.errors import refuse
from gongguan.sync.act import Act
from gongguan.sync.contacts.branch_reports import BodyText
from gongguan.sync.labels import labelled
from gongguan.sync.persons.bodies import body_in_reach, short_names, subtree
from gongguan.sync.records import Channel

Medium = Literal["wechat", "qq", "phone", "app", "other"]


class ChannelAdd(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``channel.add``."""

    name: Annotated[
        str, labelled("群名或电话", "name of the group, or number", argument=True, min_length=1, max_length=120)
    ]
    medium: Annotated[Medium, labelled("渠道", "channel", codes="contact_channel")]
    body: BodyText = ""


class ChannelRemove(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``channel.remove``."""

    channel: Annotated[str, labelled("渠道编号", "channel", argument=True, pattern=r"^[0-9a-f]{32}$")]


class ChannelList(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``channel.list``."""


class ChannelLine(msgspec.Struct, frozen=True, kw_only=True):
    """One channel."""

    branch: Annotated[str, labelled("党支部", "branch")]
    medium: Annotated[str, labelled("渠道", "channel", codes="contact_channel")]
    name: Annotated[str, labelled("群名或电话", "name")]
    channel: Annotated[str, labelled("渠道编号", "id")]


class ChannelsListed(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``channel.list``."""

    channels: Annotated[list[ChannelLine], labelled("联系渠道", "channels")]


def add_channel(act: Act, request: ChannelAdd) -> ChannelLine:
    """Put a channel into the directory. Raises D-body-…."""
    body = body_in_reach(act, request.body)
    row = Channel(channel_id=act.random_hex(16), body_code=body.code, medium=request.medium, name=request.name)
    act.store.put(row)
    return _line(row, body.short_name)


def remove_channel(act: Act, request: ChannelRemove) -> ChannelLine:
    """Take a channel out; it stays on record. Raises D-channel-unknown."""
    row = act.store.get(Channel, request.channel)
    if row is None or row.removed or row.body_code not in subtree(act.store, act.staff.body_code):
        raise refuse("D-channel-unknown")
    act.store.put(msgspec.structs.replace(row, removed=True))
    return _line(row, row.body_code)


def list_channels(act: Act, request: ChannelList) -> ChannelsListed:
    """The directory of the person's subtree."""
    codes = subtree(act.store, act.staff.body_code)
    names = short_names(act.store)
    rows = [row for row in act.store.find(Channel) if not row.removed and row.body_code in codes]
    lines = [_line(row, names.get(row.body_code, row.body_code)) for row in rows]
    return ChannelsListed(channels=sorted(lines, key=lambda line: (line.branch, line.medium, line.name)))


def _line(row: Channel, branch: str) -> ChannelLine:
    return ChannelLine(branch=branch, medium=row.medium, name=row.name, channel=row.channel_id)
