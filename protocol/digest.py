"""Comparing two sets of records by digests of ranges: one round when they are equal, O(d log n) when d differ.

A record counts as (SHA-256 of its key, hash of its version). A *range* is all records whose key hash begins with a
prefix of hex digits; its digest is SHA-256 over their key hashes and version hashes in order. One node asks, the other
answers; into unequal ranges the asker goes deeper, sixteen parts at a time, and a range of few records is answered by
the records::

    entries = sorted_entries({key: version_hash})           # on both nodes
    state = begin(entries)
    while state.questions:
        state = proceed(entries, state, answer(partner_entries, state.questions))
    state.differences                                       # exactly the symmetric difference

Both functions are pure, and both sides compare at one cut: entries that change in between look like a contradiction. An
answer that contradicts an earlier one is refused, so a partner can neither keep a comparison going for ever nor make
a difference appear in a range whose digest was equal.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from itertools import pairwise
from typing import Annotated, Final, NamedTuple

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

HASH_BYTES: Final = 32
EMPTY: Final = sha256(b"").digest()
"""Digest of a range without records."""

_PREFIX: Final = re.compile(r"[0-9a-f]{0,64}\Z")
_HEX: Final = "0123456789abcdef"

Hash32 = Annotated[bytes, msgspec.Meta(min_length=HASH_BYTES, max_length=HASH_BYTES)]
Count = Annotated[int, msgspec.Meta(ge=0, le=INTEGER_MAX)]
Prefix = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{0,64}\Z")]


class Entry(NamedTuple):
    """A record: SHA-256 of its key and the hash of its version, 32 bytes each."""

    key_hash: Hash32
    version: Hash32


class Summary(NamedTuple):
    """A range as one side has it: its digest (32 bytes) and how many records it holds."""

    digest: Hash32
    records: Count


class Question(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A range, and how the asker has it."""

    prefix: Prefix
    summary: Summary


class Answer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The range as the answering side has it. Where that differs from the question: the records of a small range, or
    the sixteen parts of a larger one."""

    prefix: Prefix
    summary: Summary
    entries: Annotated[tuple[Entry, ...], msgspec.Meta(max_length=DIGEST_RANGE_ENTRIES_MAX)] = ()
    parts: Annotated[tuple[Summary, ...], msgspec.Meta(max_length=DIGEST_FAN_OUT)] = ()


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
    claimed: Mapping[str, Summary] = {}
    differences: tuple[Difference, ...] = ()
    rounds: int = 0


def sorted_entries(versions: Mapping[str, bytes]) -> list[Entry]:
    """The entries of records by key: ``versions`` maps a record's key to the hash of its version (32 bytes)."""
    return sorted(Entry(sha256(key.encode()).digest(), version) for key, version in versions.items())


def digest(entries: Sequence[Entry], prefix: str) -> bytes:
    """SHA-256 of key hash ‖ version hash of all entries in the range; ``entries`` are sorted."""
    return _summary(_range(entries, prefix)).digest


def children(entries: Sequence[Entry], prefix: str) -> tuple[Summary, ...]:
    """The sixteen parts of a range, by the next hex digit."""
    return tuple(_summary(_range(entries, prefix + digit)) for digit in _HEX)


def answer(entries: Sequence[Entry], questions: Sequence[Question]) -> tuple[Answer, ...]:
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
    return tuple(_answer(entries, question) for question in questions)


def begin(entries: Sequence[Entry]) -> Comparison:
    """The comparison of everything, not yet asked."""
    return Comparison((_question(entries, ""),))


def proceed(entries: Sequence[Entry], state: Comparison, answers: Sequence[Answer]) -> Comparison:
    """The comparison after one round. ``entries`` are the same as at ``begin``; should they have changed, begin anew.

    Raises P-digest when the answers do not fit the questions, each other or earlier answers, R-digest when there are
    more differences than anyone would read.
    """
    if state.rounds >= DIGEST_ROUNDS_MAX:
        raise refuse("P-digest", reason="too many rounds")
    if [item.prefix for item in answers] != [item.prefix for item in state.questions]:
        raise refuse("P-digest", reason="not what was asked")
    claimed = dict(state.claimed)
    deeper: list[Question] = []
    differences = list(state.differences)
    for question, given in zip(state.questions, answers, strict=True):
        _check_answer(question, given, claimed.pop(question.prefix, None))
        if given.summary == question.summary:
            continue
        if not given.parts:
            differences += _differences(_range(entries, question.prefix), given.entries)
        for own, part in _unequal_parts(entries, question.prefix, given.parts):
            if part.records == 0:  # nothing to ask: all that we have there is missing on the other side
                differences += _differences(_range(entries, own.prefix), ())
            else:
                claimed[own.prefix] = part
                deeper.append(own)
    # Depth first: what waits stays small. Each range that waits holds a difference, so it counts as one.
    pending = (*deeper, *state.later)
    if len(differences) + len(pending) > DIGEST_DIFFERENCES_MAX:
        raise refuse("R-digest", limit=DIGEST_DIFFERENCES_MAX)
    asked, later = pending[:DIGEST_QUESTIONS_MAX], pending[DIGEST_QUESTIONS_MAX:]
    return Comparison(asked, later, claimed, tuple(sorted(differences)), state.rounds + 1)


def _unequal_parts(
    entries: Sequence[Entry], prefix: str, parts: Sequence[Summary]
) -> Iterator[tuple[Question, Summary]]:
    for digit, part in zip(_HEX, parts, strict=False):
        own = _question(entries, prefix + digit)
        if own.summary != part:
            yield own, part


def _answer(entries: Sequence[Entry], question: Question) -> Answer:
    held = _range(entries, question.prefix)
    summary = _summary(held)
    if summary == question.summary:
        return Answer(prefix=question.prefix, summary=summary)
    if len(held) <= DIGEST_RANGE_ENTRIES_MAX:
        return Answer(prefix=question.prefix, summary=summary, entries=tuple(held))
    return Answer(prefix=question.prefix, summary=summary, parts=children(held, question.prefix))


def _check_answer(question: Question, given: Answer, claimed: Summary | None) -> None:
    """None when the answer is what an honest side could say; raises P-digest.

    ``claimed``: what was said of this range in the round before. Records are checked against their digest, counts of
    parts against their sum, so every question leads to records in the end.
    """
    if claimed is not None and given.summary != claimed:
        raise refuse("P-digest", reason="another answer than before", prefix=question.prefix)
    if given.summary == question.summary:
        if given.entries or given.parts:
            raise refuse("P-digest", reason="surplus", prefix=question.prefix)
    elif given.summary.records <= DIGEST_RANGE_ENTRIES_MAX:
        if given.parts or _summary(given.entries) != given.summary or not _is_range(given.entries, question.prefix):
            raise refuse("P-digest", reason="records", prefix=question.prefix)
    elif given.entries or len(given.parts) != DIGEST_FAN_OUT or len(question.prefix) >= 2 * HASH_BYTES:
        raise refuse("P-digest", reason="parts", prefix=question.prefix)
    elif any(part.records == 0 and part.digest != EMPTY for part in given.parts):
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


def _question(entries: Sequence[Entry], prefix: str) -> Question:
    return Question(prefix=prefix, summary=_summary(_range(entries, prefix)))


def _summary(entries: Sequence[Entry]) -> Summary:
    return Summary(sha256(b"".join(part for entry in entries for part in entry)).digest(), len(entries))


def _range(entries: Sequence[Entry], prefix: str) -> Sequence[Entry]:
    """The part of sorted entries whose key hash begins with ``prefix``."""
    first = bytes.fromhex(prefix.ljust(2 * HASH_BYTES, "0"))
    last = bytes.fromhex(prefix.ljust(2 * HASH_BYTES, "f"))
    start = bisect_left(entries, first, key=_key_hash)
    end = bisect_left(entries, last, lo=start, key=_key_hash)
    # The last key hash itself belongs to the range.
    return entries[start : end + (end < len(entries) and entries[end].key_hash == last)]


def _key_hash(entry: Entry) -> bytes:
    return entry.key_hash
