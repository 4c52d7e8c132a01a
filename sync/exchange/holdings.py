"""The holdings of one pairing, sorted by what is asked of them: thousands may be over, and every message asks.

A holding that was released counts for a message only if its author knew of it and not of the release. Whose past covers
the newest release in every epoch knows them all, so that nothing of what is over is looked at one by one::

    found = sorted_by_use(rows)
    found.perhaps_open(own, by_us=True)     # the only ones that a message of ours with this past can have held
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from gongguan.protocol.causality import Closure
from gongguan.sync.exchange.outcomes import EVERYTHING, Position
from gongguan.sync.records import Holding


class Holdings(NamedTuple):
    """See the module. The keys of mappings begin with who holds: True, we. ``standing``: neither released nor over."""

    rows: tuple[Holding, ...]
    open: Mapping[bool, tuple[Holding, ...]]
    over: Mapping[bool, tuple[Holding, ...]]
    releases: Mapping[bool, Mapping[str, int]]
    withdrawn: Mapping[bool, tuple[Holding, ...]]
    at: Mapping[tuple[bool, Position], tuple[Holding, ...]]
    units: frozenset[bytes]
    holds_everything: bool

    def perhaps_open(self, own: Closure, *, by_us: bool) -> tuple[Holding, ...]:
        """Those by one side that may count for its message with this past of its own log."""
        if all(own.covers(epoch, index) for epoch, index in self.releases[by_us].items()):
            return self.open[by_us]
        return (*self.open[by_us], *self.over[by_us])

    def counting(self, *, own: bool) -> Iterable[Holding]:
        """Those about messages of ours (``own``) or of the partner that are held or void now."""
        return (*self.open[not own], *(row for row in self.withdrawn[not own] if row.released))

    def all_withdrawn(self) -> Iterable[Holding]:
        """Those that were ever withdrawn, of both sides."""
        return (*self.withdrawn[True], *self.withdrawn[False])


def sorted_by_use(rows: Iterable[Holding]) -> Holdings:
    """Each row once; costs as much as reading them."""
    every = tuple(rows)
    sides = {side: [row for row in every if row.own is side] for side in (True, False)}
    at: dict[tuple[bool, Position], list[Holding]] = {}
    releases: dict[bool, dict[str, int]] = {True: {}, False: {}}
    for row in every:
        at.setdefault((row.own, (row.epoch, row.index)), []).append(row)
        for epoch, index in row.released:
            releases[row.own][epoch] = max(index, releases[row.own].get(epoch, -1))
    counting = [row for row in every if row.withdrawn or not row.released]
    return Holdings(
        rows=every,
        open={side: tuple(row for row in found if not row.released) for side, found in sides.items()},
        over={side: tuple(row for row in found if row.released) for side, found in sides.items()},
        releases=releases,
        withdrawn={side: tuple(row for row in found if row.withdrawn) for side, found in sides.items()},
        at={place: tuple(found) for place, found in at.items()},
        units=frozenset(row.unit for row in counting),
        holds_everything=any(row.scope == EVERYTHING for row in counting),
    )
