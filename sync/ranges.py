"""The shared records of one pairing as ranges (protocol/digest.py), with digests that are kept between comparisons.

A record's *place* is 16 bytes of its pairing's id and 16 bytes of SHA-256 over its unit and key, so the records of a
pairing lie side by side in one index, evenly spread. A transaction that writes records leaves a mark with the ranges
they are in (``mark``). Whoever compares first brings the digests of marked ranges up to date, in a snapshot; ``keep``
writes them back, and a mark that was made in the meantime stays. So writing costs one small row a transaction, equal
states cost one look-up, and what changed costs its ranges once. Marks and records are one transaction: a crash, a
restart or a restored backup leaves digests that are as old as their marks say::

    ranges = StoredRanges.brought_up(store, pairing_id)     # reads only
    ranges.summary("")                                      # digest and count of everything
    keep(writing_store, ranges.fresh)                       # in a write, afterwards

``overlaid`` gives another state of a few records: how they were at a cut, or what their values really say.
"""

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from itertools import groupby
from typing import Final, NamedTuple

from gongguan.protocol import digest
from gongguan.protocol.digest import Entry, Parts, Summary
from gongguan.protocol.limits import DIGEST_RANGE_ENTRIES_MAX
from gongguan.sync.records import ChangedRanges, RangeDigest, SharedRecord
from gongguan.sync.store import Store

PAIRING_BYTES: Final = 16
MARK_BYTES: Final = 2
MARK_DIGITS: Final = 4
"""Marks are as fine as ranges of few records are in a state of a million: 65,536 ranges at most for a pairing."""
MARKS_MAX: Final = 256
"""Marks of one pairing before they are joined to one: a comparison may not come for years."""

PAGE_ENTRIES: Final = 8192
"""Entries read at once while a large range is computed: bounds memory whatever the number of records."""

ENTRY_BYTES: Final = digest.KEY_HASH_BYTES + digest.HASH_BYTES

Overlay = Mapping[bytes, bytes | None]
"""Key hash → version hash of records that are otherwise than their row says; None: not there."""


def key_hash(unit: bytes, key: str) -> bytes:
    """Where a record stands among those of its pairing (16 bytes)."""
    return digest.key_hash(unit + key.encode())


def place_of(pairing_id: str, unit: bytes, key: str) -> bytes:
    """``SharedRecord.place`` (32 bytes)."""
    return front_of(pairing_id) + key_hash(unit, key)


def front_of(pairing_id: str) -> bytes:
    """What the places of a pairing's records begin with (16 bytes)."""
    return bytes.fromhex(pairing_id[: 2 * PAIRING_BYTES])


def mark(store: Store, pairing_id: str, places: Iterable[bytes], change: bytes) -> None:
    """Put down that records at these places changed. ``change``: 8 random bytes, new for each transaction."""
    before = store.get(ChangedRanges, pairing_id, change)
    changed = {place[PAIRING_BYTES : PAIRING_BYTES + MARK_BYTES] for place in places}
    changed.update(_ranges_in(before.ranges) if before is not None else ())
    store.put(ChangedRanges(pairing_id=pairing_id, change=change, ranges=b"".join(sorted(changed))))


def join_marks(store: Store, pairing_id: str, change: bytes) -> None:
    """Make one mark of all: digests that were computed from some of them are not kept then, but computed again."""
    found = store.find(ChangedRanges, pairing_id=pairing_id)
    changed = {item for row in found for item in _ranges_in(row.ranges)}
    for row in found:
        store.remove(ChangedRanges, pairing_id, row.change)
    if changed:
        store.put(ChangedRanges(pairing_id=pairing_id, change=change, ranges=b"".join(sorted(changed))))


def _ranges_in(packed: bytes) -> Iterable[bytes]:
    return (packed[at : at + MARK_BYTES] for at in range(0, len(packed), MARK_BYTES))


class Fresh(NamedTuple):
    """Digests that were computed and not yet kept: range → packed parts, or None where there are none any more.

    ``before``: the parts of everything as they were kept then. ``marks``: the changes whose marks are answered.
    """

    pairing_id: str
    before: bytes | None
    nodes: Mapping[str, bytes | None]
    marks: frozenset[bytes]


def keep(store: Store, fresh: Fresh) -> None:
    """Write digests back. Marks that were made since they were computed stay.

    Nothing happens when others were kept in between: these may be newer, and have answered marks that we never saw.
    """
    root = store.get(RangeDigest, fresh.pairing_id, "")
    marks = {change for (change,) in store.pick(ChangedRanges, ("change",), pairing_id=fresh.pairing_id)}
    if (root.parts if root is not None else None) != fresh.before or not fresh.marks <= marks:
        return
    for prefix, parts in fresh.nodes.items():
        if parts is None:
            store.remove(RangeDigest, fresh.pairing_id, prefix)
        else:
            store.put(RangeDigest(pairing_id=fresh.pairing_id, prefix=prefix, parts=parts))
    for change in fresh.marks:
        store.remove(ChangedRanges, fresh.pairing_id, change)


def forget(store: Store, pairing_id: str) -> None:
    """Drop all kept digests of a pairing: they are computed anew from the records when next asked for."""
    for (prefix,) in store.pick(RangeDigest, ("prefix",), pairing_id=pairing_id):
        store.remove(RangeDigest, pairing_id, prefix)


def _between(front: bytes, prefix: str) -> tuple[bytes, bytes]:
    """Places of a range: from the first, to the second which is no longer in it."""
    return front + digest.lower_bound(prefix), front + digest.upper_bound(prefix)


class StoredRanges:
    """See the module; implements ``digest.Ranges``. Lives as long as its snapshot."""

    def __init__(self, store: Store, pairing_id: str, nodes: Mapping[str, bytes | None] | None = None) -> None:
        """``nodes``: all digests of these records, computed elsewhere; None: those that the store keeps."""
        self._store = store
        self._pairing_id = pairing_id
        self._front = front_of(pairing_id)
        self._kept_elsewhere = nodes is not None
        self._nodes: dict[str, bytes | None] = dict(nodes or {})
        self._overlay: dict[bytes, bytes | None] = {}
        self._overlaid: list[bytes] = []
        self.fresh = Fresh(pairing_id, None, {}, frozenset())

    @classmethod
    def brought_up(cls, store: Store, pairing_id: str) -> "StoredRanges":
        """The records as they are now, by digests kept and brought up to date."""
        ranges = cls(store, pairing_id)
        marks, before = store.find(ChangedRanges, pairing_id=pairing_id), ranges._node("")
        if marks or before is None:
            ranges._refresh("", sorted({item.hex() for row in marks for item in _ranges_in(row.ranges)}))
        ranges.fresh = Fresh(pairing_id, before, dict(ranges._nodes), frozenset(row.change for row in marks))
        return ranges

    @property
    def nodes(self) -> Mapping[str, bytes | None]:
        """Digests computed here, for another ``StoredRanges`` of the same state."""
        return self._nodes

    def overlay(self, changes: Overlay, *, refresh: bool = True) -> None:
        """Let these records be otherwise. ``refresh`` False: the digests know already."""
        self._overlay.update(changes)
        self._overlaid = sorted(self._overlay)
        if refresh and changes:
            self._refresh("", sorted({item.hex()[:MARK_DIGITS] for item in changes}))

    def summary(self, prefix: str) -> Summary:
        """Digest and count of a range."""
        node = self._node(prefix)
        if node is not None:
            return digest.joined(digest.unpack(node))
        packed = self._packed(prefix)
        return digest.summary_of(packed, prefix, {})

    def parts(self, prefix: str) -> Parts:
        """The sixteen parts of a range of more than DIGEST_RANGE_ENTRIES_MAX records."""
        node = self._node(prefix)
        return digest.children(self.entries(prefix), prefix) if node is None else digest.unpack(node)

    def entries(self, prefix: str) -> Sequence[Entry]:
        """The records of a range, sorted."""
        size = digest.KEY_HASH_BYTES
        return [Entry(item[:size], item[size:]) for item in self._packed(prefix)]

    def versions(self, unit: bytes) -> dict[bytes, bytes]:
        """Key hash → version hash of one unit's records, as their rows say."""
        found = self._store.pick(SharedRecord, ("place", "version"), unit=unit)
        return {place[PAIRING_BYTES:]: version for place, version in found}

    # --- digests ----------------------------------------------------------------------------------------------

    def _node(self, prefix: str) -> bytes | None:
        if prefix in self._nodes or self._kept_elsewhere:
            return self._nodes.get(prefix)
        found = self._store.get(RangeDigest, self._pairing_id, prefix)
        return found.parts if found is not None else None

    def _refresh(self, prefix: str, changed: Sequence[str]) -> Summary:
        """Compute a range in which the ranges ``changed`` (four digits, sorted) have changed, and all above them."""
        node = self._node(prefix)
        depth = len(prefix)
        # Where much has changed one scan of all is cheaper than a scan for each.
        if node is None or depth >= MARK_DIGITS or (depth >= 2 and 4 * len(changed) > 16 ** (MARK_DIGITS - depth)):
            return self._rebuild(prefix, had_parts=node is not None)
        parts = list(digest.unpack(node))
        for digit, inside in groupby(changed, key=lambda mark: mark[depth]):
            parts[int(digit, 16)] = self._refresh(prefix + digit, list(inside))
        return self._joined(prefix, tuple(parts), had_parts=True)

    def _rebuild(self, prefix: str, *, had_parts: bool) -> Summary:
        """Compute a range from its records."""
        if len(prefix) < 2 and self._count(prefix) > PAGE_ENTRIES:
            parts = tuple(self._rebuild(prefix + digit, had_parts=had_parts) for digit in "0123456789abcdef")
            return self._joined(prefix, parts, had_parts=had_parts)
        return self._rebuild_at_once(prefix, had_parts=had_parts)

    def _rebuild_at_once(self, prefix: str, *, had_parts: bool) -> Summary:
        inner: dict[str, Parts] = {}
        summary = digest.summary_of(self._packed(prefix), prefix, inner)
        if had_parts:
            self._nodes.update(dict.fromkeys(self._known(prefix)))
        self._nodes.update((name, digest.pack(parts)) for name, parts in inner.items())
        return summary

    def _joined(self, prefix: str, parts: Parts, *, had_parts: bool) -> Summary:
        if sum(part.records for part in parts) <= DIGEST_RANGE_ENTRIES_MAX:
            return self._rebuild_at_once(prefix, had_parts=had_parts)
        self._nodes[prefix] = digest.pack(parts)
        return digest.joined(parts)

    def _known(self, prefix: str) -> set[str]:
        """The ranges within one that have parts as far as we know."""
        # "g" comes after all hex digits.
        kept = (
            []
            if self._kept_elsewhere
            else self._store.pick(
                RangeDigest, ("prefix",), pairing_id=self._pairing_id, prefix__ge=prefix, prefix__lt=prefix + "g"
            )
        )
        return {row[0] for row in kept} | {name for name in self._nodes if name.startswith(prefix)}

    def _count(self, prefix: str) -> int:
        low, high = _between(self._front, prefix)
        return self._store.count(SharedRecord, place__ge=low, place__lt=high)

    def _packed(self, prefix: str) -> list[bytes]:
        """Key hash ‖ version hash of the records in a range, sorted."""
        low, high = _between(self._front, prefix)
        found = self._store.pick(SharedRecord, ("place", "version"), place__ge=low, place__lt=high)
        start = bisect_left(self._overlaid, digest.lower_bound(prefix))
        end = bisect_left(self._overlaid, digest.upper_bound(prefix), lo=start)
        if start == end:
            return [place[PAIRING_BYTES:] + version for place, version in found]
        held: dict[bytes, bytes | None] = {place[PAIRING_BYTES:]: version for place, version in found}
        held.update((item, self._overlay[item]) for item in self._overlaid[start:end])
        return sorted(item + version for item, version in held.items() if version is not None)


# --- without trusting what is kept ----------------------------------------------------------------------------


class Scan(NamedTuple):
    """A state computed from the values themselves. ``nodes``: all its digests; ``altered``: what rows say wrongly."""

    nodes: Mapping[str, bytes | None]
    altered: Overlay


def scanned(store: Store, pairing_id: str, scopes: Iterable[str]) -> Scan:
    """Read and hash every value of a pairing, in pages. ``scopes``: its agreement ids and its own.

    Kept versions, places and digests are not believed: what somebody changed with a database tool shows.
    """
    wanted, front = frozenset(scopes), front_of(pairing_id)
    pages: list[bytearray] = [bytearray() for _ in range(256)]
    altered: dict[bytes, bytes | None] = {}
    for first in range(256):
        low, high = bytes([first]), bytes([first + 1]) if first < 255 else b"\xff" * 17
        fields = ("unit", "key", "agreement", "place", "value", "version")
        for unit, key, scope, place, value, version in store.pick(SharedRecord, fields, unit__ge=low, unit__lt=high):
            if scope not in wanted:
                continue
            at, actual = key_hash(unit, key), sha256(value).digest()
            pages[at[0]] += at + actual
            if place != front + at:
                altered[at] = actual
                if place.startswith(front):
                    altered.setdefault(place[PAIRING_BYTES:], None)
            elif version != actual:
                altered[at] = actual
    return Scan(_nodes_of(pages), altered)


def _nodes_of(pages: Sequence[bytearray]) -> dict[str, bytes | None]:
    """All digests of entries that lie unsorted in 256 pages, by the first byte of their key hash."""
    inner: dict[str, Parts] = {}
    _summary_of_pages(pages, "", inner)
    return {prefix: digest.pack(parts) for prefix, parts in inner.items()}


def _summary_of_pages(pages: Sequence[bytearray], prefix: str, inner: dict[str, Parts]) -> Summary:
    if len(pages) == 1 or sum(map(len, pages)) <= PAGE_ENTRIES * ENTRY_BYTES:
        whole = b"".join(pages)
        packed = sorted(whole[at : at + ENTRY_BYTES] for at in range(0, len(whole), ENTRY_BYTES))
        return digest.summary_of(packed, prefix, inner)
    share = len(pages) // 16
    parts = tuple(
        _summary_of_pages(pages[digit * share : (digit + 1) * share], f"{prefix}{digit:x}", inner)
        for digit in range(16)
    )
    inner[prefix] = parts
    return digest.joined(parts)
