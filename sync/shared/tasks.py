"""Open tasks: what a message left for a person here to do, with the command that does it.

Tasks are opened and closed by reactions (``sync/exchange/react.py``) and by the operations that settle them. Which
words belong to which kind stands in ``TASKS``.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Final, NamedTuple

import msgspec

from gongguan.sync.act import Act
from gongguan.sync.days import today
from gongguan.sync.labels import labelled
from gongguan.sync.persons.bodies import subtree, top_code
from gongguan.sync.records import MobilityPeriod, Task
from gongguan.sync.shared.periods import (
    body_of,
)


class Words(NamedTuple):
    """What a kind of task is called, and what to do about it."""

    title: str
    step: str


TASKS: Final[Mapping[str, Words]] = {
    "sign_agreement": Words(
        "对方提出了共管协议", "请书记查看后签署或不同意：gongguan agreement show，再 gongguan agreement sign 或 decline"
    ),
    "answer_lifting": Words(
        "对方提出恢复执行共管协议",
        "请书记答复：gongguan agreement suspensions，再 gongguan agreement accept-lifting 或 decline-lifting",
    ),
    "agreement_suspended": Words(
        "对方中止执行共管协议", "请与对方联系；恢复由双方同意：gongguan agreement suspensions"
    ),
    "answer_departure": Words(
        "对方通报了一名外出党员",
        "请编入党支部或说明不予接收的理由：gongguan admission give 或 gongguan admission refuse",
    ),
    "handle_refusal": Words(
        "对方不予接收一名外出党员",
        "请核实：资料有误的改正后重新通报，不来的办理流动结束，拒收无据的报组织部门：gongguan admission cases",
    ),
    "answer_inflow": Words(
        "对方发现一名未经通报的来人，请认领或否认", "gongguan inflow list，再 gongguan inflow match 或 deny"
    ),
    "read_event": Words(
        "对方通报了一名党员的重大情况", "请与对方联系人通话了解，办毕：gongguan movement event-seen 编号"
    ),
    "give_summary": Words("对方通报流动结束，请总结外出期间表现", "gongguan movement summarise 编号 --conduct good"),
    "held_here": Words(
        "对方的一条消息本节点处理不了，已暂存",
        "请升级软件后重试：gongguan quarantine list，再 gongguan quarantine retry",
    ),
    "held_there": Words(
        "本节点的一条消息被对方暂存，未生效",
        "请等对方升级，或撤回后另报：gongguan quarantine list，再 gongguan quarantine withdraw",
    ),
    "disputed": Words(
        "对方拒收了本节点认为有效的一条消息",
        "请两边技术人员核对软件版本：gongguan quarantine list",
    ),
    "attachment_refused": Words(
        "对方发来的附件与消息中写明的不符，已停止索取",
        "请对方核对原文件；拿到原文件后补进来：gongguan attachment supply 文件",
    ),
    "answer_stated": Words(
        "流出地告知：本方记载与另一流入地的记载冲突",
        "请核实后确认或提出异议：gongguan conflict across，再 gongguan conflict answer-part",
    ),
    "answer_joint": Words(
        "对方提出了会商纪要、结对共建或共建活动", "请查看后签署或不同意：gongguan joint list，再 gongguan joint show"
    ),
    "answer_conflict": Words("对方提出了冲突处理办法", "请答复：gongguan conflict list"),
}


class TaskLine(msgspec.Struct, frozen=True, kw_only=True):
    """One open task. It names no member; ``subject`` leads to the record."""

    task_id: Annotated[str, labelled("待办编号", "task id")]
    title: Annotated[str, labelled("事项", "matter")]
    step: Annotated[str, labelled("怎么办", "what to do")]
    subject: Annotated[str | None, labelled("流动记录编号", "subject")]
    opened_at: Annotated[str, labelled("时间", "since (China time)")]
    age_days: Annotated[int, labelled("已过天数", "days open")]
    note: Annotated[str | None, labelled("备注", "note")]


class TasksListed(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``task.list``, oldest first."""

    tasks: Annotated[list[TaskLine], labelled("待办事项", "tasks")]


def list_tasks(act: Act, request: msgspec.Struct) -> TasksListed:
    """The open tasks about the person's subtree; those about no member are for people of the whole committee."""
    reach = subtree(act.store, act.staff.body_code)
    tasks = [task for task in act.store.find(Task, state="open") if _body_of(act, task) in reach]
    tasks.sort(key=lambda task: (task.opened_at, task.task_id))
    return TasksListed(tasks=[_line(act, task) for task in tasks])


def _body_of(act: Act, task: Task) -> str | None:
    known = task.subject is not None and act.store.get(MobilityPeriod, task.subject) is not None
    return body_of(act.store, task.subject) if known and task.subject else top_code(act.store)


def _line(act: Act, task: Task) -> TaskLine:
    words = TASKS.get(task.kind, Words(task.kind, "请查看有关记录后办理"))
    return TaskLine(
        task_id=task.task_id,
        title=words.title,
        step=words.step,
        subject=task.subject,
        opened_at=task.opened_at,
        age_days=age_days(act, task.opened_at),
        note=task.note,
    )


def age_days(act: Act, since: str) -> int:
    """Whole days in China between an instant as records keep it and now."""
    return (today(act.now) - today(datetime.fromisoformat(since))).days
