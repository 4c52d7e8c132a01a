"""Who knew what: exact from signed data, with no clock (``docs/wire.md`` 8).

A *head* is (epoch, size). The *closure* of heads of one log is, per epoch, how many of its messages lie behind them,
through the parents that leaf 0 of each epoch names. ``past(m)`` is the closure of m's own position in its author's log
plus the closure of ``m.seen`` in the partner's. Epoch ids are random and unique, so one table serves both logs::

    log = Lineage({"e1": (), "e2": (("e1", 5),)})
    log.closure([("e2", 3)]).size("e1")   # 5
"""

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

Head = tuple[str, int]


class OrderKey(NamedTuple):
    """Where a message sorts in its unit. Extends causality; ties are broken by party, epoch id, position."""

    lamport: int
    party: int
    epoch: str
    position: int


BEFORE_ALL: Final = OrderKey(0, 0, "", -1)


class Closure(NamedTuple):
    """The messages behind some heads: each head's own epoch, and the full table of what lies behind that epoch."""

    heads: tuple[Head, ...]
    behind: tuple[Mapping[str, int], ...]

    def size(self, epoch: str) -> int:
        """How many messages of ``epoch`` are inside."""
        largest = 0
        for (head_epoch, head_size), base in zip(self.heads, self.behind, strict=True):
            inside = head_size if head_epoch == epoch else base.get(epoch, 0)
            largest = max(largest, inside)
        return largest

    def covers(self, epoch: str, index: int) -> bool:
        """Whether the message at this position is inside."""
        for (head_epoch, head_size), base in zip(self.heads, self.behind, strict=True):
            if index < (head_size if head_epoch == epoch else base.get(epoch, 0)):
                return True
        return False

    def includes(self, other: "Closure") -> bool:
        """Whether everything inside ``other`` is inside this one."""
        return all(self.size(epoch) >= size for epoch, size in other.heads) and all(
            self.size(epoch) >= size for base in other.behind for epoch, size in base.items()
        )


NOTHING: Final = Closure((), ())


class Past(NamedTuple):
    """Everything that the author of a message had written or applied when writing it.

    ``held`` are positions of partner messages that the author had said to hold, not released: received, not known.
    """

    own: Closure
    seen: Closure
    held: frozenset[tuple[str, int]] = frozenset()

    def covers(self, epoch: str, index: int) -> bool:
        """Whether the message at this position was known."""
        if self.own.covers(epoch, index):
            return True
        return self.seen.covers(epoch, index) and (epoch, index) not in self.held


class Lineage:
    """The parents of every epoch known, of both logs, and for each the table of what lies behind its leaf 0."""

    def __init__(self, parents: Mapping[str, Iterable[Head]] = {}) -> None:
        self._behind: dict[str, Mapping[str, int]] = {}
        for epoch, heads in parents.items():
            self.add(epoch, heads)

    def add(self, epoch: str, parents: Iterable[Head]) -> None:
        """Learn an epoch. Its parents must be known already: a log arrives parents first. Raises KeyError if not."""
        behind: dict[str, int] = {}
        for parent, size in parents:
            for older, inside in self._behind[parent].items():
                behind[older] = max(inside, behind.get(older, 0))
            behind[parent] = max(size, behind.get(parent, 0))
        self._behind[epoch] = behind

    def knows(self, epoch: str) -> bool:
        """Whether the epoch was added."""
        return epoch in self._behind

    def closure(self, heads: Iterable[Head]) -> Closure:
        """All that lies behind these heads. Raises KeyError for an epoch that is not known."""
        listed = tuple((epoch, size) for epoch, size in heads)
        return Closure(listed, tuple(self._behind[epoch] for epoch, _ in listed))

    def unmerged(self, heads: Iterable[Head]) -> tuple[Head, ...]:
        """The heads that no other one covers, sorted: what ``seen`` and the parents of a new epoch list."""
        listed = sorted(head for head in heads if head[1] > 0)
        closures = {head: self.closure([head]) for head in listed}
        return tuple(
            head
            for head in listed
            if not any(other is not head and closures[other].covers(head[0], head[1] - 1) for other in listed)
        )
