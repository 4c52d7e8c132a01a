"""What an operation gets: the open transaction, the acting person, the time, randomness, and a port to the node.

The person always comes from the token that was shown, never from a field of a request. An operation is a plain
function ``(act, request) -> answer``; the shell runs it in one transaction and writes the audit::

    def close_task(act: Act, request: TaskClose) -> TaskClosed:
        task = act.store.get(Task, request.task_id)
        ...
        act.store.put(msgspec.structs.replace(task, state="closed", closed_at=act.stamp()))
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

import msgspec

from gongguan.protocol.errors import DomainError

from .records import Staff
from .store import Store


class NodePort(Protocol):
    """What lies beyond the store: this node's identity, its local keys, its deliveries."""

    @property
    def node_id(self) -> str:
        """The node id on our card."""

    @property
    def synthetic(self) -> bool:
        """Whether this is a demonstration node, which takes invented persons only."""

    def digest_id_number(self, id_number: str) -> str:
        """A keyed digest (hex) of an ID number under this node's own key: for matching here, worthless elsewhere."""

    def wake(self, pairing_id: str) -> None:
        """Tell the delivery that there are drafts for this pairing; harmless if the transaction is rolled back."""


@dataclass(frozen=True, slots=True)
class Act:
    """One act of one person in one transaction. ``now`` is aware, in UTC; ``rng(n)`` gives n random bytes."""

    store: Store
    staff: Staff
    now: datetime
    rng: Callable[[int], bytes]
    node: NodePort

    def stamp(self) -> str:
        """``now`` as records and messages keep it."""
        return stamp(self.now)

    def random_hex(self, count: int) -> str:
        """``count`` random bytes as 2 * ``count`` hex digits."""
        return self.rng(count).hex()


class Rejected(DomainError):
    """A refusal that comes with an answer, such as the list of rows to correct. The transaction is rolled back."""

    def __init__(self, code: str, answer: msgspec.Struct, **facts: object) -> None:
        super().__init__(code, **facts)
        self.answer = answer


def stamp(instant: datetime) -> str:
    """RFC 3339 in UTC with whole seconds."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
