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
from typing import TYPE_CHECKING, Protocol, TypeVar

import msgspec

from gongguan.protocol.errors import DomainError, refuse
from gongguan.sync.records import Staff
from gongguan.sync.store import Store

if TYPE_CHECKING:
    from gongguan.protocol.card import Card
    from gongguan.protocol.session import Identity
    from gongguan.sync.exchange.exchange import Exchange
    from gongguan.sync.exchange.reconcile import Session
    from gongguan.sync.exchange.renewal import CardChange, Renewed


T = TypeVar("T")


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

    def look(self, work: Callable[[Store], T]) -> T:
        """What ``work`` finds in the records as they are now, outside the transaction of the operation."""

    def note_letters(self, newest: int) -> None:
        """Remember beside the database that letters up to this number were written; after the commit."""

    def wake(self, pairing_id: str) -> None:
        """Tell the delivery that there are drafts for this pairing; harmless if the transaction is rolled back."""

    def compare(self, peer: str, *, full: bool) -> "Session":
        """Reconcile with a partner, outside any transaction; waits for its answers."""

    def renew(self, identity: "Identity", present: "Card", change: "CardChange") -> "Renewed":
        """Make this node's next card after ``present`` and keep it, with whatever keys it brings, in the key file.

        Where that is ahead of the database already, no other card is made: what it holds is given. Raises
        ``D-card-unchanged``, ``R-cards``, ``S-readable``; then nothing was made.
        """

    def change_data_key(self, store: Store, day: str) -> None:
        """Make another key for personal columns, keep it in the key file, and note in ``store`` what is to be sealed
        anew. Raises ``I-folder-not-writable``; then nothing was made."""


@dataclass(frozen=True, slots=True)
class Act:
    """One act of one person in one transaction. ``now`` is aware, in UTC; ``rng(n)`` gives n random bytes."""

    store: Store
    staff: Staff
    now: datetime
    rng: Callable[[int], bytes]
    node: NodePort
    in_exchange: "Exchange | None" = None

    @property
    def exchange(self) -> "Exchange":
        """The exchange of this transaction: ``act.exchange.book(pairing_id).write(kind, body, …)``."""
        if self.in_exchange is None:
            raise refuse("I-no-exchange")
        return self.in_exchange

    def stamp(self) -> str:
        """``now`` as records and messages keep it."""
        return stamp(self.now)

    def random_hex(self, count: int) -> str:
        """``count`` random bytes as 2 * ``count`` hex digits."""
        return self.rng(count).hex()


class Rejected(DomainError):
    """A refusal that comes with an answer, such as the rows to correct.

    ``detail`` makes that answer; it is called after the transaction was rolled back, since writing a result workbook
    must not hold up others.
    """

    def __init__(self, code: str, detail: Callable[[], msgspec.Struct], **facts: object) -> None:
        super().__init__(code, **facts)
        self.detail = detail


def stamp(instant: datetime) -> str:
    """RFC 3339 in UTC with whole seconds."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
