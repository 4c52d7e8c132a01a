"""What this process signed last and the partner has not receipted: composing the next bundle need not read it again.

A value under a stamp: the head of the epoch says, by its root, which messages stand behind it, so while the store has
that very head, and as long as these segments reach it, they are what the store would give. Of a message without a
receipt nothing is erased (``erasure.py``), so its bytes are those that were signed::

    unsent = unsent.signed(segment, messages, receipted)
    unsent.after(row, size)            # the segments beyond this size, or None: ask the store
    unsent.messages(segment)           # likewise
"""

from typing import Final, NamedTuple

from gongguan.sync.records import Epoch, Segment

BYTES_MAX: Final = 64 << 10
"""Callers that wait for receipts have no more than this under way; a backlog is read when it is its turn."""


class Unsent(NamedTuple):
    """The newest segments of our present epoch with their messages, the oldest first."""

    held: tuple[tuple[Segment, tuple[bytes, ...]], ...] = ()

    def signed(self, segment: Segment, messages: tuple[bytes, ...], receipted: int) -> "Unsent":
        """With one more. ``receipted``: how far the partner's receipt goes."""
        fits = self.held and self.held[-1][0].ordinal == segment.ordinal and self.held[-1][0].size == segment.start
        kept = [item for item in self.held if item[0].size > receipted] if fits else []
        kept.append((segment, messages))
        if sum(len(data) for _, found in kept for data in found) > BYTES_MAX:
            return Unsent()
        return Unsent(tuple(kept))

    def after(self, row: Epoch, size: int) -> list[Segment] | None:
        """The segments of this epoch beyond a size; None where that is not known."""
        if not self.held or size < row.receipted or self.held[-1][0].head != row.head:
            return None
        found = [segment for segment, _ in self.held if segment.size > size]
        return found if found and found[0].ordinal == row.ordinal and found[0].start == size else None

    def messages(self, segment: Segment) -> tuple[bytes, ...] | None:
        """Those of a segment that ``after`` gave."""
        return next((messages for held, messages in self.held if held is segment), None)
