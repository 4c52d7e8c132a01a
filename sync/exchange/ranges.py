"""The shared records of one pairing as ranges (protocol/digest.py), with digests that are kept between comparisons.

A record's *place* is 16 bytes of its pairing's id and 16 bytes of SHA-256 over its unit and key. In the table of
*entries* the records of a pairing lie side by side in that order, evenly spread, so that whatever is written is written
all over it. Therefore a transaction that writes records only leaves a mark with their entries (``mark``), and marks are
brought into the table many at once: by ``keep``, or once they are many (``bring_in``). Whoever compares first brings
the digests of marked ranges up to date, in a snapshot; ``keep`` writes them back, and a mark that was made in the
meantime stays. So writing costs one row a transaction, equal states cost one look-up, and what changed costs its ranges
once. Marks and records are one transaction: a crash, a restart or a restored backup leaves digests and entries that are
as old as their marks say::

    ranges = StoredRanges.brought_up(store, pairing_id)     # reads only
    ranges.summary("")                                      # digest and count of everything
    keep(writing_store, ranges.fresh)                       # in a write, afterwards

``overlay`` gives another state of a few records: how they were at a cut, or what their values really say.
"""

import itertools
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from itertools import groupby
from typing import Final, NamedTuple

from gongguan.protocol import digest
from gongguan.protocol.digest import Entry, Parts, Summary
from gongguan.protocol.limits import DIGEST_RANGE_ENTRIES_MAX
from gongguan.sync.records import ChangedRanges, RangeDigest, RangeEntry, SharedRecord
from gongguan.sync.store import Store

PAIRING_BYTES: Final = 16
MARK_BYTES: Final = 2
MARK_DIGITS: Final = 4
"""Marks are as fine as ranges of few records are in a state of a million: 65,536 ranges at most for a pairing."""
MARKED_MAX: Final = 1 << 13
"""What marks of one pairing may hold before they are brought in, in entries; a comparison may not come for years. Twice
as many cost a node that catches up 5 MB more, and save about 2 us a message."""
MARK_COSTS: Final = 128
"""A mark counts as so many entries besides its own: 256 at most of single messages."""

PAGE_ENTRIES: Final = 8192
"""Entries read at once while a large range is computed: bounds memory whatever the number of records."""

ENTRY_BYTES: Final = digest.KEY_HASH_BYTES + digest.HASH_BYTES

Overlay = Mapping[bytes, bytes | None]
"""Key hash → version hash of records that are otherwise than their entry says; None: not there."""


class Changed(NamedTuple):
    """A record that was written: its key hash, version hash (``GONE``: removed) and unit."""

    key_hash: bytes
    version: bytes
    unit: bytes


GONE: Final = bytes(digest.HASH_BYTES)
UNIT_BYTES: Final = 16
CHANGED_BYTES: Final = ENTRY_BYTES + UNIT_BYTES


def key_hash(unit: bytes, key: str) -> bytes:
    """Where a record stands among those of its pairing (16 bytes)."""
    return digest.key_hash(unit + key.encode())


def place_of(pairing_id: str, unit: bytes, key: str) -> bytes:
    """``RangeEntry.place`` (32 bytes)."""
    return front_of(pairing_id) + key_hash(unit, key)


def front_of(pairing_id: str) -> bytes:
    """What the places of a pairing's records begin with (16 bytes)."""
    return bytes.fromhex(pairing_id[: 2 * PAIRING_BYTES])


def mark(store: Store, pairing_id: str, changed: Iterable[Changed], change: bytes) -> None:
    """Put down that records changed. ``change``: 8 random bytes, new for each mark."""
    _put_mark(store, pairing_id, change, entries=b"".join(itertools.chain.from_iterable(changed)))


def _put_mark(store: Store, pairing_id: str, change: bytes, *, entries: bytes = b"", ranges: bytes = b"") -> None:
    number = store.next_number(ChangedRanges, "number")
    store.put(ChangedRanges(number=number, pairing_id=pairing_id, change=change, entries=entries, ranges=ranges))


def bring_in(store: Store, pairing_id: str, change: bytes) -> None:
    """Bring what is marked into the entries, and make one mark of all: digests that were computed from some of them are
    not kept then, but computed again."""
    marks = _marks(store, pairing_id)
    _answer(store, pairing_id, marks)
    changed = _ranges_of(marks)
    if changed:
        _put_mark(store, pairing_id, change, ranges=b"".join(sorted(changed)))


def _marks(store: Store, pairing_id: str) -> list[ChangedRanges]:
    return store.find(ChangedRanges, pairing_id=pairing_id, order=("number",))


def marked(store: Store, pairing_id: str) -> int:
    """How much the marks of a pairing hold, to be compared with MARKED_MAX."""
    return sum(MARK_COSTS + len(row.entries) // CHANGED_BYTES for row in _marks(store, pairing_id))


def _latest(marks: Iterable[ChangedRanges]) -> dict[bytes, bytes]:
    """Key hash → version hash ‖ unit, as the marks say that the record is now."""
    size = digest.KEY_HASH_BYTES
    found: dict[bytes, bytes] = {}
    for row in marks:
        entries = row.entries
        for at in range(0, len(entries), CHANGED_BYTES):
            found[entries[at : at + size]] = entries[at + size : at + CHANGED_BYTES]
    return found


def _version(rest: bytes) -> bytes | None:
    version = rest[: digest.HASH_BYTES]
    return version if version != GONE else None


def _ranges_of(marks: Iterable[ChangedRanges]) -> set[bytes]:
    """The ranges in which something changed, by the first bytes of their key hashes."""
    found: set[bytes] = set()
    for row in marks:
        found.update(row.ranges[at : at + MARK_BYTES] for at in range(0, len(row.ranges), MARK_BYTES))
        found.update(row.entries[at : at + MARK_BYTES] for at in range(0, len(row.entries), CHANGED_BYTES))
    return found


def _answer(store: Store, pairing_id: str, marks: Sequence[ChangedRanges]) -> None:
    """Bring the entries of marks in and take the marks away."""
    _enter(store, pairing_id, _latest(marks))
    for row in marks:
        store.remove(ChangedRanges, row.number)


def _enter(store: Store, pairing_id: str, changed: Mapping[bytes, bytes]) -> None:
    """In the order of their places, so that each page is changed once."""
    front, size = front_of(pairing_id), digest.HASH_BYTES
    ordered = sorted(changed.items())
    store.put_all(
        RangeEntry(place=front + at, version=rest[:size], unit=rest[size:])
        for at, rest in ordered
        if not rest.startswith(GONE)
    )
    store.remove_all(RangeEntry, [(front + at,) for at, rest in ordered if rest.startswith(GONE)])


class Fresh(NamedTuple):
    """Digests that were computed and not yet kept: range → packed parts, or None where there are none any more.

    ``before``: the parts of everything as they were kept then. ``marks``: number and change of those answered.
    """

    pairing_id: str
    before: bytes | None
    nodes: Mapping[str, bytes | None]
    marks: frozenset[tuple[int, bytes]]


def keep(store: Store, fresh: Fresh) -> None:
    """Write digests back, and bring in what the marks say that they answer. Marks made since stay.

    Nothing happens when others were kept in between: these may be newer, and have answered marks that we never saw.
    """
    root = store.get(RangeDigest, fresh.pairing_id, "")
    answered = [row for row in _marks(store, fresh.pairing_id) if (row.number, row.change) in fresh.marks]
    if (root.parts if root is not None else None) != fresh.before or len(answered) < len(fresh.marks):
        return
    for prefix, parts in fresh.nodes.items():
        if parts is None:
            store.remove(RangeDigest, fresh.pairing_id, prefix)
        else:
            store.put(RangeDigest(pairing_id=fresh.pairing_id, prefix=prefix, parts=parts))
    _answer(store, fresh.pairing_id, answered)


def forget(store: Store, pairing_id: str) -> None:
    """Drop all kept digests of a pairing: they are computed anew from the records when next asked for."""
    for (prefix,) in store.pick(RangeDigest, ("prefix",), pairing_id=pairing_id):
        store.remove(RangeDigest, pairing_id, prefix)


def mend(store: Store, pairing_id: str, scopes: Iterable[str]) -> None:
    """Let entries say what the values say, and drop all kept digests: somebody altered rows by hand."""
    scan = scanned(store, pairing_id, scopes)
    units = {key_hash(unit, key): unit for unit, key in _keys_of(store, scopes)} if scan.altered else {}
    nobody = bytes(UNIT_BYTES)
    altered = {at: (version or GONE) + units.get(at, nobody) for at, version in scan.altered.items()}
    _answer(store, pairing_id, _marks(store, pairing_id))
    _enter(store, pairing_id, altered)
    forget(store, pairing_id)


def _keys_of(store: Store, scopes: Iterable[str]) -> Iterator[tuple[bytes, str]]:
    for scope in scopes:
        yield from store.pick(SharedRecord, ("unit", "key"), agreement=scope)


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
        self._marks = _marks(store, pairing_id)
        self._changed = _latest(self._marks)
        self._overlay: dict[bytes, bytes | None] = {}
        self._overlaid: list[bytes] = []
        self.overlay({at: _version(item) for at, item in self._changed.items()}, refresh=False)
        self.fresh = Fresh(pairing_id, None, {}, frozenset())

    @classmethod
    def brought_up(cls, store: Store, pairing_id: str) -> "StoredRanges":
        """The records as they are now, by digests kept and brought up to date."""
        ranges = cls(store, pairing_id)
        marks, before = ranges._marks, ranges._node("")
        if marks or before is None:
            ranges._refresh("", sorted(item.hex() for item in _ranges_of(marks)))
        answered = frozenset((row.number, row.change) for row in marks)
        ranges.fresh = Fresh(pairing_id, before, dict(ranges._nodes), answered)
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
        packed = self.packed(prefix)
        return digest.summary_of(packed, prefix, {})

    def parts(self, prefix: str) -> Parts:
        """The sixteen parts of a range of more than DIGEST_RANGE_ENTRIES_MAX records."""
        node = self._node(prefix)
        return digest.children(self.entries(prefix), prefix) if node is None else digest.unpack(node)

    def entries(self, prefix: str) -> Sequence[Entry]:
        """The records of a range, sorted."""
        size = digest.KEY_HASH_BYTES
        return [Entry(item[:size], item[size:]) for item in self.packed(prefix)]

    def entry(self, at: bytes) -> tuple[bytes, bytes] | None:
        """Version hash and unit of one record, whatever ``overlay`` says of it; None where there is none."""
        if at in self._changed:
            rest = self._changed[at]
            version = _version(rest)
            return (version, rest[digest.HASH_BYTES :]) if version is not None else None
        kept = self._store.get(RangeEntry, self._front + at)
        return (kept.version, kept.unit) if kept is not None else None

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
        summary = digest.summary_of(self.packed(prefix), prefix, inner)
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
        return self._store.count(RangeEntry, place__ge=low, place__lt=high)

    def packed(self, prefix: str) -> list[bytes]:
        """Key hash ‖ version hash of the records in a range, sorted."""
        low, high = _between(self._front, prefix)
        found = self._store.pick(RangeEntry, ("place", "version"), place__ge=low, place__lt=high)
        start = bisect_left(self._overlaid, digest.lower_bound(prefix))
        end = bisect_left(self._overlaid, digest.upper_bound(prefix), lo=start)
        if start == end:
            return [place[PAIRING_BYTES:] + version for place, version in found]
        held: dict[bytes, bytes | None] = {place[PAIRING_BYTES:]: version for place, version in found}
        held.update((item, self._overlay[item]) for item in self._overlaid[start:end])
        return sorted(item + version for item, version in held.items() if version is not None)


# --- without trusting what is kept ----------------------------------------------------------------------------


class Scan(NamedTuple):
    """A state computed from the values themselves. ``nodes``: its digests; ``altered``: what entries say wrongly."""

    nodes: Mapping[str, bytes | None]
    altered: Overlay


def scanned(store: Store, pairing_id: str, scopes: Iterable[str]) -> Scan:
    """Read and hash every value of a pairing, in pages. ``scopes``: its agreement ids and its own.

    Kept versions, entries and digests are not believed: what somebody changed with a database tool shows.
    """
    wanted = frozenset(scopes)
    pages: list[bytearray] = [bytearray() for _ in range(256)]
    for first in range(256):
        low, high = bytes([first]), bytes([first + 1]) if first < 255 else b"\xff" * 17
        fields = ("unit", "key", "agreement", "value")
        for unit, key, scope, value in store.pick(SharedRecord, fields, unit__ge=low, unit__lt=high):
            if scope in wanted:
                at = key_hash(unit, key)
                pages[at[0]] += at + sha256(value).digest()
    return Scan(_nodes_of(pages), _altered(StoredRanges(store, pairing_id), pages))


def _altered(said: StoredRanges, pages: Sequence[bytearray]) -> dict[bytes, bytes | None]:
    """Where entries say otherwise than the values, which lie unsorted in 256 pages."""
    altered: dict[bytes, bytes | None] = {}
    size = digest.KEY_HASH_BYTES
    for first, page in enumerate(pages):
        actual = {bytes(page[at : at + ENTRY_BYTES]) for at in range(0, len(page), ENTRY_BYTES)}
        wrong = actual.symmetric_difference(said.packed(f"{first:02x}"))
        altered.update((item[:size], None) for item in wrong - actual)
        altered.update((item[:size], item[size:]) for item in wrong & actual)
    return altered


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
