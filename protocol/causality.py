"""Who knew what: exact from signed data, with no clock (``docs/wire.md`` 8).

A *head* is (epoch, size). The *closure* of heads of one log is, per epoch, how many of its messages lie behind them,
through the parents that leaf 0 of each epoch names. ``past(m)`` is the closure of m's own position in its author's log
plus the closure of ``m.seen`` in the partner's. Epoch ids are random and unique, so one table serves both logs::

    log = Lineage({"e1": (), "e2": (("e1", 5),)})
    log.closure([("e2", 3)]).size("e1")   # 5
"""

from collections.abc import Container, Iterable, Iterator, Mapping, Set
from typing import Final, NamedTuple

Head = tuple[str, int]


class OrderKey(NamedTuple):
    """Where a message sorts in its unit. Extends causality; ties are broken by party, epoch id, position."""

    lamport: int
    party: int
    epoch: str
    position: int


BEFORE_ALL: Final = OrderKey(0, 0, "", -1)


class Behind:
    """What lies behind leaf 0 of an epoch, without a table per epoch: logs with thousands of epochs are ordinary.

    ``mask`` has a bit for each older epoch. How much of it lies behind is nearly always the size that a later epoch
    named first (``usual``, shared by all); ``cut`` holds what differs, heads cut short by a restore.
    """

    __slots__ = ("_log", "cut", "mask")

    def __init__(self, log: "Lineage", mask: int, cut: Mapping[str, int]) -> None:
        self._log = log
        self.mask = mask
        self.cut = cut

    def size(self, epoch: str) -> int:
        """How many messages of ``epoch`` lie behind."""
        bit = self._log.bits.get(epoch, 0)
        if not self.mask & bit:
            return 0
        return self.cut.get(epoch) or self._log.usual[epoch]


class Closure(NamedTuple):
    """The messages behind some heads: each head's own epoch, and what lies behind that epoch."""

    heads: tuple[Head, ...]
    behind: tuple[Behind, ...]
    bits: Mapping[str, int] = {}

    def size(self, epoch: str) -> int:
        """How many messages of ``epoch`` are inside."""
        if len(self.heads) == 1:
            head = self.heads[0]
            return head[1] if head[0] == epoch else self.behind[0].size(epoch)
        largest = 0
        for (head_epoch, head_size), base in zip(self.heads, self.behind, strict=True):
            size = head_size if head_epoch == epoch else base.size(epoch)
            largest = max(largest, size)
        return largest

    def covers(self, epoch: str, index: int) -> bool:
        """Whether the message at this position is inside."""
        return index < self.size(epoch)

    def includes(self, other: "Closure") -> bool:
        """Whether everything inside ``other`` is inside this one."""
        if other._mask() & ~self._mask():
            return False
        # Of an epoch that neither side has cut short, both have the usual size.
        unusual = {*self._unusual(), *other._unusual()}
        return all(self.size(epoch) >= other.size(epoch) for epoch in unusual)

    def _mask(self) -> int:
        mask = 0
        for (epoch, size), base in zip(self.heads, self.behind, strict=True):
            mask |= base.mask | (self.bits[epoch] if size else 0)
        return mask

    def _unusual(self) -> Iterator[str]:
        for (epoch, _), base in zip(self.heads, self.behind, strict=True):
            yield epoch
            yield from base.cut


NOTHING: Final = Closure((), ())


class Past(NamedTuple):
    """Everything that the author of a message had written or applied when writing it.

    ``held`` are positions behind it that it does not know: partner messages that the author had said to hold and not
    released, with what waits for them, and messages of either side withdrawn before.
    """

    own: Closure
    seen: Closure
    held: Container[tuple[str, int]] = frozenset()

    def covers(self, epoch: str, index: int) -> bool:
        """Whether the message at this position was known."""
        behind = index < self.own.size(epoch) or index < self.seen.size(epoch)
        return behind and (epoch, index) not in self.held


class Lineage:
    """The parents of every epoch known, of both logs, and for each what lies behind its leaf 0."""

    def __init__(self, parents: Mapping[str, Iterable[Head]] = {}) -> None:
        self.bits: dict[str, int] = {}
        self.usual: dict[str, int] = {}
        self._behind: dict[str, tuple[Behind]] = {}
        self._merged: dict[str, int] = {}
        for epoch, heads in parents.items():
            self.add(epoch, heads)

    def add(self, epoch: str, parents: Iterable[Head]) -> None:
        """Learn an epoch. Its parents must be known already: a log arrives parents first. Raises KeyError if not."""
        listed = [(parent, size) for parent, size in parents if size > 0]
        below = self.closure(listed)
        for parent, size in listed:
            self.usual.setdefault(parent, size)
            self._merged[parent] = max(size, self._merged.get(parent, 0))
        sizes = {name: below.size(name) for name in below._unusual()}
        cut = {name: size for name, size in sizes.items() if size and size != self.usual[name]}
        self.bits.setdefault(epoch, 1 << len(self.bits))
        self._behind[epoch] = (Behind(self, below._mask(), cut),)

    def knows(self, epoch: str) -> bool:
        """Whether the epoch was added."""
        return epoch in self._behind

    def epochs(self) -> Set[str]:
        """The epochs that were added."""
        return self._behind.keys()

    def closure(self, heads: Iterable[Head]) -> Closure:
        """All that lies behind these heads. Raises KeyError for an epoch that is not known."""
        listed = tuple([(epoch, size) for epoch, size in heads])
        return Closure(listed, tuple([self._behind[epoch][0] for epoch, _ in listed]), self.bits)

    def closure_at(self, epoch: str, size: int) -> Closure:
        """``closure`` of one head: asked for every message, so it makes nothing new but the head."""
        return Closure(((epoch, size),), self._behind[epoch], self.bits)

    def unmerged(self, heads: Iterable[Head]) -> tuple[Head, ...]:
        """The heads that no other one covers, sorted: what ``seen`` and the parents of a new epoch list."""
        listed = sorted(head for head in heads if head[1] > 0)
        closures = {head: self.closure([head]) for head in listed}
        return tuple(
            head
            for head in listed
            if not any(other is not head and closures[other].covers(head[0], head[1] - 1) for other in listed)
        )

    def open_heads(self, heads: Iterable[Head]) -> tuple[Head, ...]:
        """``unmerged`` for the heads of all epochs known: one look at each, however many there are."""
        return tuple(sorted(head for head in heads if head[1] > self._merged.get(head[0], 0)))
