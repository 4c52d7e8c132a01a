"""Mobility periods: what both sides hold about a member, and how a period goes on and ends."""

from typing import Final

from gongguan.sync.movement import (
    Moved,
    MovementList,
    MovementRelocate,
    MovementReturn,
    MovementShow,
    MovementShown,
    MovementsListed,
    Returned,
    end_movement,
    list_movements,
    relocate,
    show_movement,
)
from gongguan.sync.profiles import ProfileShow, ProfileShown, ProfilesTold, show_profile, tell_all
from gongguan.sync.roles import VIEWERS, WORKERS
from gongguan.sync.shared import body_of
from gongguan.sync.staff import Nothing
from gongguan.sync.store import Store

from .operation import Operation, Said


def responsible_body(store: Store, request: MovementShow | MovementRelocate | MovementReturn) -> str | None:
    """The body here that answers for the member."""
    return body_of(store, request.subject)


def about_subject(request: MovementShow | MovementRelocate | MovementReturn) -> str:
    """What the audit keeps."""
    return f"subject:{request.subject}"


OPERATIONS: Final = (
    Operation(
        name="movement.list",
        title="查看流动记录",
        english="list mobility periods",
        request=MovementList,
        answer=MovementsListed,
        roles=VIEWERS,
        function=list_movements,
        duties=("A-05", "A-12"),
        reads=True,
        personal=True,
        hint=Said("查看一人的双方记载：gongguan movement show 编号", "See one: gongguan movement show ID"),
    ),
    Operation(
        name="movement.show",
        title="查看双方对一名党员的全部记载",
        english="show all that both sides hold about a member",
        request=MovementShow,
        answer=MovementShown,
        roles=VIEWERS,
        function=show_movement,
        duties=("A-07", "A-66"),
        reads=True,
        personal=True,
        subtree=responsible_body,
        about=about_subject,
    ),
    Operation(
        name="movement.relocate",
        title="通报工作生活地点变动",
        english="report that a member works or lives elsewhere",
        request=MovementRelocate,
        answer=Moved,
        roles=WORKERS,
        function=relocate,
        duties=("A-07", "A-48"),
        subtree=responsible_body,
        about=about_subject,
        done=Said("已通报：自 {on} 起在 {place}。", "Reported: in {place} since {on}."),
        hint=Said(
            "对方不用答复；对方同时写了别的地点的，会列为不一致，由双方商定",
            "No answer is needed; if the partner wrote another place meanwhile, both sides settle it",
        ),
    ),
    Operation(
        name="movement.return",
        title="通报流动结束",
        english="report that a mobility period is over",
        request=MovementReturn,
        answer=Returned,
        roles=WORKERS,
        function=end_movement,
        duties=("A-22",),
        subtree=responsible_body,
        about=about_subject,
        done=Said("已通报流动于 {ended_on} 结束。", "The period is over as of {ended_on}."),
        hint=Said(
            "请查验活动证；对方补记的组织生活、党费仍会送达",
            "Check the certificate; entries that the partner still makes will arrive",
        ),
    ),
    Operation(
        name="movement.profile",
        title="查看党员资料及其来源",
        english="show the shared fields of a member with source and time",
        request=ProfileShow,
        answer=ProfileShown,
        roles=VIEWERS,
        function=show_profile,
        duties=("A-07",),
        reads=True,
        personal=True,
        about=lambda request: f"person:{request.person}" if request.person.isascii() else None,
    ),
    Operation(
        name="movement.tell_profiles",
        title="把资料变动告知流入地",
        english="tell destinations what has changed in members' records",
        request=Nothing,
        answer=ProfilesTold,
        roles=WORKERS,
        function=tell_all,
        duties=("A-07",),
        done=Said("已告知 {told} 人的资料变动。", "{told} members' changes were told."),
    ),
)
