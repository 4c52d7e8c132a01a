"""What tasks about messages are called.

Two partners may name two messages alike, so the pairing is part of it. Older databases have names without it.
"""

from gongguan.sync.records import Task


def task_id(kind: str, message_id: str, pairing_id: str) -> str:
    """The name of the task of this kind about this message."""
    return f"{kind}:{message_id}:{pairing_id}"


def task_names(kind: str, message_id: str, pairing_id: str) -> tuple[str, str]:
    """The names under which it may stand here."""
    return task_id(kind, message_id, pairing_id), f"{kind}:{message_id}"


def message_of(task: Task) -> str:
    """The id of the message that it is about."""
    return task.task_id.split(":")[1]


def pairing_of(task: Task) -> str | None:
    """The pairing to which the message belongs, where the name says so."""
    return task.task_id.rpartition(":")[2] if task.task_id.count(":") > 1 else None
