"""Held messages as staff see them: which, why, since when, and what can be done.

What we hold can be tried again after an upgrade. What a partner holds of ours can be withdrawn, with what waits for it;
both sides then leave it out for ever, and it may be said anew::

    retry(act, HeldRetry(message="3fa9"))
    withdraw(act, HeldWithdraw(message="3fa9"))
"""

from typing import TYPE_CHECKING, Annotated

import msgspec

from gongguan.protocol.errors import refuse
from gongguan.protocol.errors.codes import CODES
from gongguan.protocol.messages.exchange import HeldWithdrawn
from gongguan.sync.act import Act
from gongguan.sync.exchange import folding
from gongguan.sync.exchange.held import DISPUTED, HELD_HERE, HELD_THERE
from gongguan.sync.exchange.outcomes import HELD, VOID
from gongguan.sync.exchange.task_names import message_of, pairing_of
from gongguan.sync.labels import labelled
from gongguan.sync.persons.bodies import top_code
from gongguan.sync.persons.staff import Nothing
from gongguan.sync.records import Epoch, Holding, LogMessage, Task
from gongguan.sync.shared.partners import Peer
from gongguan.sync.shared.periods import (
    periods_in_reach,
)

if TYPE_CHECKING:  # what commands only name, and would wait for
    from gongguan.sync.exchange.logbook import LogBook

MessageRef = Annotated[
    str, labelled("消息编号（或开头几位）", "message (or how it begins)", argument=True, pattern=r"^[0-9a-f]{1,32}$")
]
SIDES = {HELD_HERE: "here", HELD_THERE: "there", DISPUTED: "disputed"}
SIDE_NAMES = {"here": "本节点暂存", "there": "对方暂存", "disputed": "对方拒收、本节点认为有效"}


class HeldShow(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``quarantine.show``. ``peer``: only needed where messages of two partners have one id."""

    message: MessageRef
    peer: Peer = ""


class HeldRetry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``quarantine.retry``."""

    message: MessageRef
    peer: Peer = ""


class HeldWithdraw(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``quarantine.withdraw``."""

    message: MessageRef
    peer: Peer = ""


class HeldLine(msgspec.Struct, frozen=True, kw_only=True):
    """One message. ``side``: here (we hold the partner's), there (the partner holds ours), disputed."""

    message: Annotated[str, labelled("消息编号", "message")]
    side: Annotated[str, labelled("哪一方", "side")]
    side_name: Annotated[str, labelled("情况", "what happened")]
    code: Annotated[str, labelled("代码", "code")]
    why: Annotated[str, labelled("原因", "why")]
    since: Annotated[str, labelled("时间（UTC）", "since (UTC)")]
    subject: Annotated[str | None, labelled("流动记录编号", "subject")]


class HeldListed(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``quarantine.list``."""

    messages: Annotated[list[HeldLine], labelled("暂存的消息", "messages held")]


class HeldShown(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``quarantine.show``. ``waiting``: later ones of the same log that wait for it, by id."""

    line: Annotated[HeldLine, labelled("消息", "message")]
    kind: Annotated[str, labelled("种类", "kind")]
    step: Annotated[str, labelled("怎么办", "what to do")]
    waiting: Annotated[list[str], labelled("随同等待的消息", "messages that wait for it")]


class HeldDone(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``quarantine.retry`` and ``withdraw``. ``count``: messages that are applied, or void, by it."""

    message: Annotated[str, labelled("消息编号", "message")]
    result: Annotated[str, labelled("结果", "result")]
    count: Annotated[int, labelled("涉及消息", "messages")]


def list_held(act: Act, request: Nothing) -> HeldListed:
    """All that either side holds, and what is disputed, oldest first."""
    found = _readable(act, [task for kind in SIDES for task in act.store.find(Task, state="open", kind=kind)])
    return HeldListed(messages=[_line(task) for task in sorted(found, key=lambda task: (task.opened_at, task.task_id))])


def show_held(act: Act, request: HeldShow) -> HeldShown:
    """One of them, with what waits for it. Raises D-not-held."""
    task = _task(act, request.message, request.peer, tuple(SIDES))
    line, book = _line(task), _book(act, task)
    # What we hold is the partner's; what the partner holds or disputes is ours.
    author = book.pairing.peer if task.kind == HELD_HERE else act.exchange.identity.node_id
    (item, *_) = (
        one for one in act.store.find(LogMessage, author=author, id=line.message) if one.ordinal in book.by_ordinal
    )
    waiting: list[str] = []
    for row in _holdings(book, task):
        waiting = _affected(book, row, HELD)
    step = CODES[line.code].next_zh if line.code in CODES else ""
    return HeldShown(line=line, kind=item.kind, step=step, waiting=[one for one in waiting if one != line.message])


def retry(act: Act, request: HeldRetry) -> HeldDone:
    """Process once more what we hold of the partner's. Raises D-not-held."""
    message, row, book = _holding(act, request.message, request.peer, HELD_HERE)
    before = _affected(book, row, HELD)
    released = book.held.release(message)
    folding.settle(book)
    count = len(before) - len(_affected(book, row, HELD))
    act.node.wake(row.pairing_id)
    return HeldDone(message=message, result="released" if released else "held", count=count)


def withdraw(act: Act, request: HeldWithdraw) -> HeldDone:
    """Take back a message of ours that the partner holds. Raises D-not-held."""
    message, row, book = _holding(act, request.message, request.peer, HELD_THERE)
    book.write("exchange.withdrawn", HeldWithdrawn(message=message))
    folding.settle(book)
    act.node.wake(row.pairing_id)
    return HeldDone(message=message, result="withdrawn", count=len(_affected(book, row, VOID)))


def _readable(act: Act, tasks: list[Task]) -> list[Task]:
    """All for people of the whole committee; for others what is about members in their reach."""
    if top_code(act.store) == act.staff.body_code or not tasks:
        return tasks
    mine = {period.subject for period in periods_in_reach(act)}
    return [task for task in tasks if task.subject in mine]


def _task(act: Act, beginning: str, peer: str, kinds: tuple[str, ...]) -> Task:
    found = [
        task
        for kind in kinds
        for task in _readable(act, act.store.find(Task, state="open", kind=kind))
        if message_of(task).startswith(beginning) and (not peer or _is_with(act, task, peer))
    ]
    if len(found) != 1:
        raise refuse("D-not-held", message=beginning, found=len(found))
    return found[0]


def _is_with(act: Act, task: Task, peer: str) -> bool:
    pairing = _book(act, task).pairing
    return pairing.peer.startswith(peer) or pairing.pairing_id.startswith(peer)


def _holding(act: Act, beginning: str, peer: str, kind: str) -> tuple[str, Holding, "LogBook"]:
    task = _task(act, beginning, peer, (kind,))
    book = _book(act, task)
    rows = _holdings(book, task)
    if not rows:
        raise refuse("D-not-held", message=beginning, found=0)
    return message_of(task), rows[-1], book


def _holdings(book: "LogBook", task: Task) -> list[Holding]:
    """What was said of this message by the side that holds it; nothing of one that is disputed."""
    message, own = message_of(task), task.kind == HELD_HERE
    return [row for row in book.held.rows if row.message == message and row.own is own] if task.kind != DISPUTED else []


def _book(act: Act, task: Task) -> "LogBook":
    """Of the pairing that the message belongs to; tasks of older databases do not name it."""
    pairing_id = pairing_of(task)
    if pairing_id is None:
        (item, *_) = act.store.find(LogMessage, id=message_of(task))
        (epoch,) = act.store.find(Epoch, ordinal=item.ordinal)
        pairing_id = epoch.pairing_id
    return act.exchange.book(pairing_id)


def _affected(book: "LogBook", row: Holding, effect: str) -> list[str]:
    """Ids of the messages that a holding is about and that stand so now."""
    return [item.id for item in book.held.concerned(row) if item.effect == effect]


def _line(task: Task) -> HeldLine:
    code, side = task.note or "", SIDES[task.kind]
    return HeldLine(
        message=message_of(task),
        side=side,
        side_name=SIDE_NAMES[side],
        code=code,
        why=CODES[code].zh if code in CODES else code,
        since=task.opened_at,
        subject=task.subject,
    )
