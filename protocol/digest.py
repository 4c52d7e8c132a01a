"""Comparing two sets of records by digests of ranges: one round when they are equal, O(d log n) when d differ.

A record counts as (key hash, hash of its version). A *range* is all records whose key hash begins with a prefix of hex
digits. The digest of a range of few records is SHA-256 over them in order, that of a larger one SHA-256 over digests
and counts of its sixteen parts: so a node can keep the digests of parts and, when a record changes, compute only those
above it. They depend on the records alone, never on the order in which these came. One node asks, the other answers;
into unequal ranges the asker goes deeper, sixteen parts at a time, and a range of few records is answered by them::

    ranges = Listed(sorted(entries))                        # on both nodes, or kept ones (sync/exchange/ranges.py)
    state = begin(ranges)
    while state.questions:
        state = proceed(ranges, state, answer(partner_ranges, state.questions))
    state.differences                                       # exactly the symmetric difference

All functions are pure, and both sides compare at one cut: entries that change in between look like a contradiction. An
answer that contradicts an earlier one is refused, so a partner can neither keep a comparison going for ever nor make
a difference appear in a range whose digest was equal. Parts travel as the first 8 bytes of their digests: these only
say where to look. Whether two ranges are equal is decided by all 32.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from hashlib import sha256
from itertools import groupby, pairwise
from operator import itemgetter
from typing import Annotated, Final, NamedTuple, Protocol

import msgspec

from gongguan.protocol.errors import refuse
from gongguan.protocol.limits import (
    DIGEST_DIFFERENCES_MAX,
    DIGEST_FAN_OUT,
    DIGEST_QUESTIONS_MAX,
    DIGEST_RANGE_ENTRIES_MAX,
    DIGEST_ROUNDS_MAX,
    INTEGER_MAX,
)

KEY_HASH_BYTES: Final = 16
HASH_BYTES: Final = 32
PART_BYTES: Final = 8
_COUNT_BYTES: Final = 8
_INNER: Final = b"\x01"
"""Goes before the parts of a range: no entries, which come in 48 bytes each, can look like parts."""

EMPTY: Final = sha256(b"").digest()
"""Digest of a range without records."""

_PREFIX: Final = re.compile(r"[0-9a-f]{0,32}\Z")
_HEX: Final = "0123456789abcdef"

Hash32 = Annotated[bytes, msgspec.Meta(min_length=HASH_BYTES, max_length=HASH_BYTES)]
KeyHash = Annotated[bytes, msgspec.Meta(min_length=KEY_HASH_BYTES, max_length=KEY_HASH_BYTES)]
Hash8 = Annotated[bytes, msgspec.Meta(min_length=PART_BYTES, max_length=PART_BYTES)]
Count = Annotated[int, msgspec.Meta(ge=0, le=INTEGER_MAX)]
Prefix = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{0,32}\Z")]


class Entry(NamedTuple):
    """A record: the hash of its key (16 bytes) and the hash of its version (32 bytes)."""

    key_hash: KeyHash
    version: Hash32


class Summary(NamedTuple):
    """A range as one side has it: its digest (32 bytes) and how many records it holds."""

    digest: Hash32
    records: Count


class Part(NamedTuple):
    """A sixteenth of a range, as it travels: the first 8 bytes of its digest, and its records."""

    digest: Hash8
    records: Count


_NOTHING: Final = Summary(EMPTY, 0)

Parts = tuple[Summary, ...]
"""The sixteen parts of a range, by the next hex digit."""


class Question(msgspec.Struct, frozen=True, kw_only=True, array_like=True, forbid_unknown_fields=True):
    """A range, and how the asker has it."""

    prefix: Prefix
    summary: Summary


class Answer(msgspec.Struct, frozen=True, kw_only=True, array_like=True, forbid_unknown_fields=True):
    """The range as the answering side has it. Where that differs from the question: the records of a small range, or
    the sixteen parts of a larger one."""

    prefix: Prefix
    summary: Summary
    entries: Annotated[tuple[Entry, ...], msgspec.Meta(max_length=DIGEST_RANGE_ENTRIES_MAX)] = ()
    parts: Annotated[tuple[Part, ...], msgspec.Meta(max_length=DIGEST_FAN_OUT)] = ()


class Ranges(Protocol):
    """One side's records, seen as ranges."""

    def summary(self, prefix: str) -> Summary:
        """Digest and count of a range."""

    def parts(self, prefix: str) -> Parts:
        """The sixteen parts of a range of more than DIGEST_RANGE_ENTRIES_MAX records."""

    def entries(self, prefix: str) -> Sequence[Entry]:
        """The records of a range, sorted."""


class Difference(NamedTuple):
    """One record that is not the same on both sides: its version here and there, None where it does not exist."""

    key_hash: bytes
    here: bytes | None
    there: bytes | None


class Comparison(NamedTuple):
    """How far a comparison is. ``questions`` are to be asked now, ``later`` in the rounds after; done when both are
    empty. ``claimed``: prefix → what the partner said of that range when it answered the one above."""

    questions: tuple[Question, ...]
    later: tuple[Question, ...] = ()
    claimed: Mapping[str, Part] = {}
    differences: tuple[Difference, ...] = ()
    rounds: int = 0


# --- digests of ranges ----------------------------------------------------------------------------------------


def key_hash(key: bytes) -> bytes:
    """Where a record stands among all: the first 16 bytes of SHA-256 of its key."""
    return sha256(key).digest()[:KEY_HASH_BYTES]


def lower_bound(prefix: str) -> bytes:
    """The least key hash of a range, without the zeros behind."""
    return bytes.fromhex(prefix + "0" * (len(prefix) % 2))


def upper_bound(prefix: str) -> bytes:
    """Above every entry of a range: the least key hash of the next one, or more 0xff than an entry has bytes."""
    rest = prefix.rstrip("f")
    return (
        lower_bound(rest[:-1] + _HEX[_HEX.index(rest[-1]) + 1]) if rest else b"\xff" * (KEY_HASH_BYTES + HASH_BYTES + 1)
    )


def summary_of(packed: Sequence[bytes], prefix: str, inner: MutableMapping[str, Parts]) -> Summary:
    """The summary of a range from all its entries; ``inner`` takes the parts of it and of every larger range inside.

    ``packed``: key hash ‖ version hash (48 bytes) of each entry, sorted.
    """
    if len(packed) <= DIGEST_RANGE_ENTRIES_MAX or len(prefix) >= 2 * KEY_HASH_BYTES:
        return Summary(sha256(b"".join(packed)).digest(), len(packed))
    if len(prefix) % 2 == 0 and len(packed) > _TWO_LEVELS_MIN:
        return _summary_by_bytes(packed, prefix, inner)
    cuts = [0, *(bisect_left(packed, lower_bound(prefix + digit)) for digit in _HEX[1:]), len(packed)]
    parts = tuple(
        summary_of(packed[start:end], prefix + digit, inner)
        for digit, (start, end) in zip(_HEX, pairwise(cuts), strict=True)
    )
    inner[prefix] = parts
    return joined(parts)


_TWO_LEVELS_MIN: Final = 2_000


def _summary_by_bytes(packed: Sequence[bytes], prefix: str, inner: MutableMapping[str, Parts]) -> Summary:
    """``summary_of`` two digits at once: one walk through many entries instead of 272 searches."""
    place = len(prefix) // 2
    small = [_NOTHING] * 256
    groups = {byte: list(group) for byte, group in groupby(packed, key=itemgetter(place))}
    for byte, group in groups.items():
        if len(group) <= DIGEST_RANGE_ENTRIES_MAX:
            small[byte] = Summary(sha256(b"".join(group)).digest(), len(group))
        else:
            small[byte] = summary_of(group, f"{prefix}{byte:02x}", inner)
    parts = []
    for first in range(0, 256, 16):
        below = tuple(small[first : first + 16])
        if sum(part.records for part in below) > DIGEST_RANGE_ENTRIES_MAX:
            inner[prefix + _HEX[first // 16]] = below
            parts.append(joined(below))
        else:
            few = b"".join(entry for byte in range(first, first + 16) for entry in groups.get(byte, ()))
            parts.append(Summary(sha256(few).digest(), sum(part.records for part in below)))
    inner[prefix] = tuple(parts)
    return joined(inner[prefix])


def joined(parts: Parts) -> Summary:
    """The summary of a range of more than DIGEST_RANGE_ENTRIES_MAX records from its sixteen parts."""
    return Summary(sha256(_INNER + pack(parts)).digest(), sum(part.records for part in parts))


def pack(parts: Parts) -> bytes:
    """Parts as they are kept and hashed: digest ‖ count in 8 bytes, sixteen times."""
    return b"".join(part.digest + part.records.to_bytes(_COUNT_BYTES, "big") for part in parts)


def unpack(data: bytes) -> Parts:
    """The inverse of ``pack``."""
    size = HASH_BYTES + _COUNT_BYTES
    return tuple(
        Summary(data[at : at + HASH_BYTES], int.from_bytes(data[at + HASH_BYTES : at + size], "big"))
        for at in range(0, len(data), size)
    )


class Listed:
    """Ranges of entries that are all in memory, sorted."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self._entries = entries
        self._packed = [entry.key_hash + entry.version for entry in entries]
        self._inner: dict[str, Parts] = {}
        self._root = summary_of(self._packed, "", self._inner)

    def summary(self, prefix: str) -> Summary:
        """Digest and count of a range."""
        if prefix in self._inner:
            return joined(self._inner[prefix])
        start, end = self._bounds(prefix)
        return summary_of(self._packed[start:end], prefix, {})

    def parts(self, prefix: str) -> Parts:
        """The sixteen parts of a range, of any size."""
        return self._inner.get(prefix) or tuple(self.summary(prefix + digit) for digit in _HEX)

    def entries(self, prefix: str) -> Sequence[Entry]:
        """The records of a range, sorted."""
        start, end = self._bounds(prefix)
        return self._entries[start:end]

    def _bounds(self, prefix: str) -> tuple[int, int]:
        start = bisect_left(self._packed, lower_bound(prefix))
        return start, bisect_left(self._packed, upper_bound(prefix), lo=start)


Held = Ranges | Sequence[Entry]
"""What can be compared: kept ranges, or a sorted list of entries."""


def _ranges(held: Held) -> Ranges:
    return Listed(held) if isinstance(held, Sequence) else held


def digest(held: Held, prefix: str) -> bytes:
    """The digest of a range (32 bytes)."""
    return _ranges(held).summary(prefix).digest


def children(held: Held, prefix: str) -> Parts:
    """The sixteen parts of a range, by the next hex digit."""
    ranges = _ranges(held)
    return tuple(ranges.summary(prefix + digit) for digit in _HEX)


# --- asking and answering -------------------------------------------------------------------------------------


def answer(held: Held, questions: Sequence[Question]) -> tuple[Answer, ...]:
    """How this side has each of the ranges asked about.

    Raises R-too-large for too many questions, P-digest for ranges that are none or overlap: so one question costs no
    more than one pass over the records, however many are asked.
    """
    if len(questions) > DIGEST_QUESTIONS_MAX:
        raise refuse("R-too-large", questions=len(questions), limit=DIGEST_QUESTIONS_MAX)
    prefixes = sorted(question.prefix for question in questions)
    if not all(map(_PREFIX.match, prefixes)):
        raise refuse("P-digest", reason="prefix")
    if any(later.startswith(earlier) for earlier, later in pairwise(prefixes)):
        raise refuse("P-digest", reason="ranges overlap")
    ranges = _ranges(held)
    return tuple(_answer(ranges, question) for question in questions)


def begin(held: Held) -> Comparison:
    """The comparison of everything, not yet asked."""
    return Comparison((_question(_ranges(held), ""),))


def proceed(held: Held, state: Comparison, answers: Sequence[Answer]) -> Comparison:
    """The comparison after one round. The records are the same as at ``begin``; should they have changed, begin anew.

    Raises P-digest when the answers do not fit the questions, each other or earlier answers, R-digest when there are
    more differences than anyone would read.
    """
    if state.rounds >= DIGEST_ROUNDS_MAX:
        raise refuse("P-digest", reason="too many rounds")
    if [item.prefix for item in answers] != [item.prefix for item in state.questions]:
        raise refuse("P-digest", reason="not what was asked")
    ranges, claimed = _ranges(held), dict(state.claimed)
    deeper: list[Question] = []
    differences = list(state.differences)
    for question, given in zip(state.questions, answers, strict=True):
        _check_answer(question, given, claimed.pop(question.prefix, None))
        if given.summary == question.summary:
            continue
        if not given.parts:
            differences += _differences(_own(ranges, question), given.entries)
            continue
        unequal = list(_unequal_parts(ranges, question.prefix, given.parts))
        if not unequal:
            raise refuse("P-digest", reason="parts", prefix=question.prefix)
        for own, part in unequal:
            if part.records == 0:  # nothing to ask: all that we have there is missing on the other side
                differences += _differences(_own(ranges, own), ())
            else:
                claimed[own.prefix] = part
                deeper.append(own)
    # Depth first: what waits stays small. Each range that waits holds a difference, so it counts as one.
    pending = (*deeper, *state.later)
    if len(differences) + len(pending) > DIGEST_DIFFERENCES_MAX:
        raise refuse("R-digest", limit=DIGEST_DIFFERENCES_MAX)
    asked, later = pending[:DIGEST_QUESTIONS_MAX], pending[DIGEST_QUESTIONS_MAX:]
    return Comparison(asked, later, claimed, tuple(sorted(differences)), state.rounds + 1)


def _own(ranges: Ranges, question: Question) -> Sequence[Entry]:
    """Our records in a range, all of which differ or stand against a few. R-digest before too many are read."""
    if question.summary.records > DIGEST_DIFFERENCES_MAX:
        raise refuse("R-digest", limit=DIGEST_DIFFERENCES_MAX)
    return ranges.entries(question.prefix)


def _unequal_parts(ranges: Ranges, prefix: str, parts: Sequence[Part]) -> Iterator[tuple[Question, Part]]:
    for digit, part in zip(_HEX, parts, strict=False):
        own = _question(ranges, prefix + digit)
        if _part(own.summary) != part:
            yield own, part


def _part(summary: Summary) -> Part:
    return Part(summary.digest[:PART_BYTES], summary.records)


def _answer(ranges: Ranges, question: Question) -> Answer:
    summary = ranges.summary(question.prefix)
    if summary == question.summary:
        return Answer(prefix=question.prefix, summary=summary)
    if summary.records <= DIGEST_RANGE_ENTRIES_MAX:
        return Answer(prefix=question.prefix, summary=summary, entries=tuple(ranges.entries(question.prefix)))
    return Answer(prefix=question.prefix, summary=summary, parts=tuple(map(_part, ranges.parts(question.prefix))))


def _check_answer(question: Question, given: Answer, claimed: Part | None) -> None:
    """None when the answer is what an honest side could say; raises P-digest.

    ``claimed``: what was said of this range in the round before. Records are checked against their digest, counts of
    parts against their sum, so every question leads to records in the end.
    """
    if claimed is not None and _part(given.summary) != claimed:
        raise refuse("P-digest", reason="another answer than before", prefix=question.prefix)
    if given.summary == question.summary:
        if given.entries or given.parts:
            raise refuse("P-digest", reason="surplus", prefix=question.prefix)
    elif given.summary.records <= DIGEST_RANGE_ENTRIES_MAX:
        if given.parts or _summary(given.entries) != given.summary or not _is_range(given.entries, question.prefix):
            raise refuse("P-digest", reason="records", prefix=question.prefix)
    elif given.entries or len(given.parts) != DIGEST_FAN_OUT or len(question.prefix) >= 2 * KEY_HASH_BYTES:
        raise refuse("P-digest", reason="parts", prefix=question.prefix)
    elif any(part.records == 0 and part.digest != EMPTY[:PART_BYTES] for part in given.parts):
        raise refuse("P-digest", reason="empty range", prefix=question.prefix)
    elif sum(part.records for part in given.parts) != given.summary.records:
        raise refuse("P-digest", reason="counts", prefix=question.prefix)


def _is_range(entries: Sequence[Entry], prefix: str) -> bool:
    """Whether the entries are distinct, sorted and all within the range."""
    hashes = [entry.key_hash for entry in entries]
    rising = all(earlier < later for earlier, later in pairwise(hashes))
    return rising and all(key_hash.hex().startswith(prefix) for key_hash in hashes)


def _differences(here: Sequence[Entry], there: Sequence[Entry]) -> list[Difference]:
    own, other = dict(here), dict(there)
    return [
        Difference(key_hash, own.get(key_hash), other.get(key_hash))
        for key_hash in own.keys() | other.keys()
        if own.get(key_hash) != other.get(key_hash)
    ]


def _question(ranges: Ranges, prefix: str) -> Question:
    return Question(prefix=prefix, summary=ranges.summary(prefix))


def _summary(entries: Sequence[Entry]) -> Summary:
    return Summary(sha256(b"".join(part for entry in entries for part in entry)).digest(), len(entries))
