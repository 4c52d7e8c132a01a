"""Open tasks: what waits for a person here."""

from typing import Final

from gongguan.node.operations.operation import Operation
from gongguan.sync.persons.staff import Nothing
from gongguan.sync.roles import VIEWERS
from gongguan.sync.shared.tasks import TasksListed, list_tasks

OPERATIONS: Final = (
    Operation(
        name="task.list",
        title="查看待办事项",
        english="list open tasks",
        request=Nothing,
        answer=TasksListed,
        roles=VIEWERS,
        function=list_tasks,
        duties=("A-70",),
        reads=True,
    ),
)
