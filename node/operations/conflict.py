"""Named conflicts: listed alike on both nodes, closed by a proposal of one side and the acceptance of the other."""

from typing import Final

from gongguan.sync.conflicts import (
    ConflictAccept,
    ConflictDecline,
    ConflictDone,
    ConflictList,
    ConflictPropose,
    ConflictShow,
    ConflictShown,
    ConflictsListed,
    accept,
    decline,
    list_conflicts,
    propose,
    show_conflict,
)
from gongguan.sync.roles import OFFICERS, SIGNERS, VIEWERS

from .operation import Operation, Said

OPERATIONS: Final = (
    Operation(
        name="conflict.list",
        title="查看双方不一致的记载",
        english="list the conflicts",
        request=ConflictList,
        answer=ConflictsListed,
        roles=VIEWERS,
        function=list_conflicts,
        duties=("A-66", "B-33"),
        reads=True,
        personal=True,
        hint=Said("查看一个：gongguan conflict show 编号开头", "See one: gongguan conflict show ID"),
    ),
    Operation(
        name="conflict.show",
        title="查看一个冲突",
        english="show a conflict",
        request=ConflictShow,
        answer=ConflictShown,
        roles=VIEWERS,
        function=show_conflict,
        duties=("A-66", "B-33"),
        reads=True,
        personal=True,
        about=lambda request: f"conflict:{request.conflict}",
        hint=Said(
            "提出办法：gongguan conflict propose 编号 --chosen 记载编号；答复：gongguan conflict accept 编号",
            "To settle it: gongguan conflict propose ID --chosen CANDIDATE; to answer: gongguan conflict accept ID",
        ),
    ),
    Operation(
        name="conflict.propose",
        title="提出冲突处理办法",
        english="propose how to close a conflict",
        request=ConflictPropose,
        answer=ConflictDone,
        roles=SIGNERS | OFFICERS,
        function=propose,
        duties=("A-66", "B-33"),
        about=lambda request: f"conflict:{request.conflict}",
        done=Said("已向对方提出处理办法（{proposal}）。", "The proposal is sent ({proposal})."),
        hint=Said(
            "对方同意（gongguan conflict accept）以前仍按主责方的记载暂计",
            "Until the partner accepts (gongguan conflict accept) the leading side's value counts",
        ),
    ),
    Operation(
        name="conflict.accept",
        title="同意对方的处理办法",
        english="accept the partner's proposal",
        request=ConflictAccept,
        answer=ConflictDone,
        roles=SIGNERS | OFFICERS,
        function=accept,
        duties=("A-66", "B-33"),
        about=lambda request: f"proposal:{request.proposal}",
        done=Said("已同意，双方现按：{counts}。", "Accepted; both sides now hold: {counts}."),
    ),
    Operation(
        name="conflict.decline",
        title="不同意对方的处理办法",
        english="decline the partner's proposal",
        request=ConflictDecline,
        answer=ConflictDone,
        roles=SIGNERS | OFFICERS,
        function=decline,
        duties=("A-66", "B-33"),
        about=lambda request: f"proposal:{request.proposal}",
        done=Said("已答复不同意，冲突仍未处理。", "Declined; the conflict stays open."),
        hint=Said("可以提出本方的办法：gongguan conflict propose", "You may propose: gongguan conflict propose"),
    ),
)
