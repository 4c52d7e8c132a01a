"""Help for members: requests and needs, whose details stay here and whose status the partner sees."""

from typing import Final

from gongguan.node.operations.operation import Operation
from gongguan.node.operations.reach import about_person
from gongguan.node.operations.said import Said
from gongguan.sync.contacts.care import (
    CareList,
    CareOpen,
    CareShow,
    CaresListed,
    CareUpdate,
    CareView,
    list_cases,
    open_case,
    show_case,
    update_case,
)
from gongguan.sync.roles import VIEWERS, WORKERS
from gongguan.sync.shared.charges import by_person_id

OPERATIONS: Final = (
    Operation(
        name="care.open",
        title="登记一件困难诉求",
        english="open a help case",
        request=CareOpen,
        answer=CareView,
        roles=WORKERS,
        function=open_case,
        duties=("A-36", "A-46", "B-16", "B-17", "B-18"),
        settle=by_person_id,
        about=about_person,
        done=Said("已为{name}立为一件（{case}）。", "A case for {name} is open ({case})."),
        hint=Said(
            "情况只存本节点，对方只看到类别和状态；办理：gongguan care update",
            "Details stay here, the partner sees category and status; go on with it: gongguan care update",
        ),
    ),
    Operation(
        name="care.update",
        title="登记诉求的办理情况",
        english="go on with a help case or end it",
        request=CareUpdate,
        answer=CareView,
        roles=WORKERS,
        function=update_case,
        duties=("A-36", "A-46", "B-18"),
        about=lambda request: f"case:{request.case}",
        done=Said("{name}的诉求：{status}。", "The case of {name}: {status}."),
    ),
    Operation(
        name="care.list",
        title="查看困难诉求",
        english="list help cases",
        request=CareList,
        answer=CaresListed,
        roles=VIEWERS,
        function=list_cases,
        duties=("A-36", "A-46", "B-17", "B-18"),
        reads=True,
        personal=True,
        purpose="contact",
        hint=Said(
            "“未能解决”也是可以填的结果；办理：gongguan care update",
            "Not solved is an answer too; go on with one: gongguan care update",
        ),
    ),
    Operation(
        name="care.show",
        title="查看一件诉求",
        english="show a help case",
        request=CareShow,
        answer=CareView,
        roles=WORKERS,
        function=show_case,
        duties=("A-36",),
        reads=True,
        personal=True,
        purpose="contact",
        about=lambda request: f"case:{request.case}",
    ),
)
