"""Study that one side asks the other to hold for its members."""

from typing import Final

from gongguan.node.operations.operation import Operation
from gongguan.node.operations.said import Said
from gongguan.sync.education.delegations import (
    StudiesListed,
    StudyAnswer,
    StudyDelegate,
    StudyHold,
    StudyLine,
    StudyList,
    StudyShow,
    StudyShown,
    answer,
    delegate,
    hold,
    list_studies,
    show_study,
)
from gongguan.sync.roles import VIEWERS, WORKERS

OPERATIONS: Final = (
    Operation(
        name="study.delegate",
        title="委托对方组织集体学习",
        english="ask the partner to hold a study",
        request=StudyDelegate,
        answer=StudyLine,
        roles=WORKERS,
        function=delegate,
        duties=("A-04", "B-24", "B-25"),
        done=Said("已委托{peer}（{delegation}）。", "{peer} is asked ({delegation})."),
        hint=Said("查看答复和结果：gongguan study list", "Answer and result: gongguan study list"),
    ),
    Operation(
        name="study.answer",
        title="答复对方委托的学习",
        english="accept or decline a delegated study",
        request=StudyAnswer,
        answer=StudyLine,
        roles=WORKERS,
        function=answer,
        duties=("B-24",),
        done=Said("已答复（{delegation}）。", "It is answered ({delegation})."),
    ),
    Operation(
        name="study.hold",
        title="登记委托学习的结果和参加人员",
        english="report that a delegated study was held, and who came",
        request=StudyHold,
        answer=StudyLine,
        roles=WORKERS,
        function=hold,
        duties=("A-04", "B-24", "B-25"),
        done=Said("已反馈结果（{delegation}）。", "The result is sent ({delegation})."),
        hint=Said("没有写到的人是“未知”，不算缺席", "Who was not named is unknown, not absent"),
    ),
    Operation(
        name="study.list",
        title="查看委托学习",
        english="list delegated study",
        request=StudyList,
        answer=StudiesListed,
        roles=VIEWERS,
        function=list_studies,
        duties=("B-24",),
        reads=True,
        hint=Said(
            "“未知”表示到期以后还没有收到过对方任何消息，不能算对方逾期",
            "Unknown: nothing was heard from the partner since the day, so nobody is late",
        ),
    ),
    Operation(
        name="study.show",
        title="查看一次委托学习和参加人员",
        english="show a delegated study with its attendance",
        request=StudyShow,
        answer=StudyShown,
        roles=VIEWERS,
        function=show_study,
        duties=("B-24",),
        reads=True,
        personal=True,
    ),
)
