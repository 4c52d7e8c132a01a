"""A partner shows a second history of one log: what proves it, out of what we hold and what the bundle brought.

Two heads of one size are their own proof (``protocol/session.py``). Of different sizes a path is needed
(``protocol/fork.py``), made of the larger history's leaves: where that one is ours, of few leaves around the smaller
head; where it is the other one, of those that came with it, and of ours before them::

    found = smaller(book, event, taken)    # HeadShown: None where it is no second history
    found = larger(book, event, taken)     # HistoryShown: None where it cannot be proved

What lies before those leaves counts by the roots of whole blocks. An honest node shows no such head, so nothing is kept
for it beforehand: a process hashes a block when it is asked for first, so many in one transaction, and remembers it.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final, NamedTuple

from gongguan.protocol import fork, merkle, note
from gongguan.protocol.errors import refuse
from gongguan.protocol.log import Checkpoint
from gongguan.protocol.merkle import CompactRange
from gongguan.protocol.session import ForkFound, HeadShown, HistoryShown, SegmentTaken
from gongguan.sync.exchange.effort import REREAD_PER_S
from gongguan.sync.records import Epoch, LogMessage, Segment

if TYPE_CHECKING:
    from gongguan.sync.exchange.logbook import LogBook

BLOCK: Final = 1 << 12
"""Leaves under one root that is remembered: a power of two, so that it is a subtree of every larger tree."""


class Held(NamedTuple):
    """One epoch as far as it is held: leaves ``stored``, then those ``brought`` by this bundle before; newest heads."""

    row: Epoch | None
    stored: CompactRange
    brought: tuple[bytes, ...]
    heads: tuple[tuple[int, bytes], ...]

    @property
    def size(self) -> int:
        return self.stored.size + len(self.brought)


def smaller(book: "LogBook", event: HeadShown, taken: Iterable[SegmentTaken]) -> ForkFound | None:
    """The proof, if what is held has another root at the size of this head. Raises R-busy.

    An honest author shows no head there that we have not: only for a dishonest one leaves are read.
    """
    held = _held(book, event, taken)
    above = _first_head_from(book, held, event.size) if held is not None else None
    if held is None or above is None:
        return None
    size, head = above
    if size == event.size:
        is_same = note.parse(head).text == note.parse(event.head).text
        return None if is_same else ForkFound(event.epoch, size, head, event.head, event.own)
    behind = _front(book, held, event.size)
    if Checkpoint.parse(note.parse(event.head).text).root == behind.root():
        return None
    leaves = _leaves(book, held, event.size, size)
    _check_root(book, held, behind.extend(leaves), head)
    return ForkFound(
        event.epoch, event.size, head, event.head, event.own, fork.path_between(leaves, event.size, behind)
    )


def larger(book: "LogBook", event: HistoryShown, taken: Iterable[SegmentTaken]) -> ForkFound | None:
    """The proof, if this head is over our leaves up to where its messages begin, and those. Raises R-busy.

    None where the histories part before that (of the other one's leaves there we know nothing), or where the messages
    are not those that were signed.
    """
    held = _held(book, event, taken)
    if held is None:
        return None
    behind = _front(book, held, event.start)
    if behind.extend(event.leaf_hashes).root() != Checkpoint.parse(note.parse(event.head).text).root:
        return None
    path = fork.path_between(event.leaf_hashes, held.size, behind)
    return ForkFound(event.epoch, held.size, event.head, held.heads[-1][1], event.own, path)


def _held(book: "LogBook", event: HeadShown | HistoryShown, taken: Iterable[SegmentTaken]) -> Held | None:
    """None where this epoch is not of the side that it is shown as."""
    row = book.epochs.get(event.epoch)
    if row is not None and row.own is not event.own:
        return None
    parts = [item for item in taken if (item.epoch, item.own) == (event.epoch, event.own)]
    stored = merkle.frontier_of(row.frontier) if row is not None else CompactRange()
    newest = ((row.size, row.head),) if row is not None else ()
    brought = tuple(leaf for item in parts for leaf in item.leaf_hashes)
    return Held(row, stored, brought, (*newest, *((item.size, item.head) for item in parts)))


def _first_head_from(book: "LogBook", held: Held, size: int) -> tuple[int, bytes] | None:
    """The smallest head of at least this size, stored or brought by this bundle."""
    if held.row is not None and held.stored.size >= size:
        found = book.store.find(Segment, ordinal=held.row.ordinal, size__ge=size, order=("size",), limit=1)
        return next(((item.size, item.head) for item in found), None)
    return next((item for item in held.heads if item[0] >= size), None)


def _front(book: "LogBook", held: Held, size: int) -> CompactRange:
    """The frontier of what is held at this size."""
    if held.row is None or size >= held.stored.size:
        return held.stored.extend(held.brought[: size - held.stored.size])
    blocks = book.memory.blocks.setdefault(held.row.epoch, [])
    while len(blocks) < size // BLOCK:
        start = len(blocks) * BLOCK
        blocks.append(merkle.root(_leaves(book, held, start, start + BLOCK)))
    whole = size // BLOCK
    behind = CompactRange(whole * BLOCK, CompactRange().extend(blocks[:whole]).hashes)
    return behind.extend(_leaves(book, held, behind.size, size))


def _leaves(book: "LogBook", held: Held, start: int, end: int) -> tuple[bytes, ...]:
    """The leaves at these positions. Raises R-busy when this transaction has read too many already."""
    stored: tuple[bytes, ...] = ()
    if held.row is not None and start < held.stored.size:
        last = min(end, held.stored.size)
        book.leaves_read += last - start
        book.reread += last - start
        if book.leaves_read > book.leaves_max:
            # Whoever needs more comes again: the blocks hashed until then are remembered.
            raise refuse("R-busy", retry_after_s=1 + book.leaves_max // REREAD_PER_S)
        found = book.store.pick(
            LogMessage, ("leaf_hash",), ordinal=held.row.ordinal, index__ge=start, index__lt=last, order=("index",)
        )
        stored = tuple(leaf for (leaf,) in found)
    return stored + held.brought[max(0, start - held.stored.size) : max(0, end - held.stored.size)]


def _check_root(book: "LogBook", held: Held, whole: CompactRange, head: bytes) -> None:
    """Raise I-log-incomplete where what is held is not what was signed: that proves nothing of anybody.

    Blocks of a transaction that was given up may be remembered, too; they are hashed anew then.
    """
    if whole.root() != Checkpoint.parse(note.parse(head).text).root:
        if held.row is not None:
            book.memory.blocks.pop(held.row.epoch, None)
        raise refuse("I-log-incomplete", size=whole.size)
