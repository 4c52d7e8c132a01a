"""Range digests find exactly what differs, in few rounds, and a lying partner gains nothing."""

import random
from collections.abc import Mapping, Sequence
from hashlib import sha256

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gongguan.protocol import digest
from gongguan.protocol.digest import Answer, Comparison, Difference, Entry, Part, Question, Summary
from gongguan.protocol.errors import ProtocolError
from gongguan.protocol.limits import (
    DIGEST_DIFFERENCES_MAX,
    DIGEST_QUESTIONS_MAX,
    DIGEST_RANGE_ENTRIES_MAX,
    DIGEST_ROUNDS_MAX,
)
from tests.refusals import refusal


def version(text: object) -> bytes:
    return sha256(str(text).encode()).digest()


def records(count: int) -> dict[str, bytes]:
    return {f"score/{number}": version(number) for number in range(count)}


def sorted_entries(versions: Mapping[str, bytes]) -> list[Entry]:
    """The entries of records by key: ``versions`` maps a record's key to the hash of its version."""
    return sorted(Entry(digest.key_hash(key.encode()), version) for key, version in versions.items())


def over_the_wire(answers: Sequence[Answer]) -> tuple[Answer, ...]:
    return msgspec.msgpack.decode(msgspec.msgpack.encode(answers), type=tuple[Answer, ...])


def compare(here: Mapping[str, bytes], there: Mapping[str, bytes]) -> Comparison:
    own, other = sorted_entries(here), sorted_entries(there)
    state = digest.begin(own)
    while state.questions:
        assert len(state.questions) <= DIGEST_QUESTIONS_MAX
        state = digest.proceed(own, state, over_the_wire(digest.answer(other, state.questions)))
    return state


def symmetric_difference(here: Mapping[str, bytes], there: Mapping[str, bytes]) -> set[Difference]:
    return {
        Difference(digest.key_hash(key.encode()), here.get(key), there.get(key))
        for key in here.keys() | there.keys()
        if here.get(key) != there.get(key)
    }


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 3000),
    st.lists(st.tuples(st.sampled_from(["alter", "drop", "add"]), st.integers(0, 4000)), max_size=200),
    st.booleans(),
)
def test_exactly_the_symmetric_difference_is_found(count: int, edits: list[tuple[str, int]], swap: bool) -> None:
    here, there = records(count), records(count)
    for edit, number in edits:
        if edit == "drop":
            there.pop(f"score/{number}", None)
        else:
            there[f"score/{number}" if edit == "alter" else f"added/{number}"] = version(f"changed {number}")
    if swap:
        here, there = there, here
    state = compare(here, there)
    assert set(state.differences) == symmetric_difference(here, there)
    assert len(state.differences) == len(set(state.differences))


@given(st.integers(0, 2000))
def test_equal_sets_need_one_round(count: int) -> None:
    state = compare(records(count), records(count))
    assert (state.rounds, state.differences) == (1, ())


def test_one_altered_record_among_many_needs_a_round_a_level_and_few_questions() -> None:
    here = records(20_000)
    there = {**here, "score/777": version("altered by hand")}
    own, other = sorted_entries(here), sorted_entries(there)
    state, asked = digest.begin(own), 0
    while state.questions:
        asked += len(state.questions)
        state = digest.proceed(own, state, digest.answer(other, state.questions))
    assert [item.key_hash for item in state.differences] == [digest.key_hash(b"score/777")]
    # 20,000 / 16^3 is below 32 records, so three levels of parts and one answer by records.
    assert state.rounds == asked == 4


def test_one_side_may_be_empty() -> None:
    for here, there in ((records(3000), {}), ({}, records(3000))):
        assert len(compare(here, there).differences) == 3000


def test_the_digest_of_a_range_covers_key_hashes_and_versions_in_order() -> None:
    entries = sorted_entries(records(100))
    within = [entry for entry in entries if entry.key_hash.hex().startswith("a")]
    assert within
    assert digest.digest(entries, "a") == sha256(b"".join(key + value for key, value in within)).digest()
    few = sorted_entries(records(DIGEST_RANGE_ENTRIES_MAX))
    assert digest.digest(few, "") == sha256(b"".join(key + value for key, value in few)).digest()
    assert digest.digest([], "") == sha256(b"").digest()


def test_the_digest_of_a_larger_range_covers_digests_and_counts_of_its_sixteen_parts() -> None:
    entries = sorted_entries(records(100))
    parts = [[entry for entry in entries if entry.key_hash.hex()[0] == digit] for digit in "0123456789abcdef"]
    listed = b"".join(
        sha256(b"".join(key + value for key, value in part)).digest() + len(part).to_bytes(8, "big") for part in parts
    )
    assert max(map(len, parts)) <= DIGEST_RANGE_ENTRIES_MAX
    assert digest.digest(entries, "") == sha256(b"\x01" + listed).digest()
    assert digest.pack(digest.children(entries, "")) == listed
    assert digest.unpack(listed) == digest.children(entries, "")


def test_the_ends_of_a_range_belong_to_it() -> None:
    edges = [Entry(bytes.fromhex(text * 16), version(text)) for text in ("a0", "af", "aa", "ab", "ff", "00")]
    entries = sorted([*edges, Entry(bytes.fromhex("a" + "f" * 31), version("last"))])
    counts = [part.records for part in digest.children(entries, "")]
    assert counts == [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 1]
    assert sum(part.records for part in digest.children(entries, "a")) == 5
    assert digest.digest(entries, "f" * 32) == sha256(b"\xff" * 16 + version("ff")).digest()


OWN = sorted_entries(records(100))
OTHER = sorted_entries({**records(100), "score/5": version("other")})
ASKED = digest.begin(OWN)
ROOT = digest.answer(OTHER, ASKED.questions)[0]
SECOND = digest.proceed(OWN, ASKED, [ROOT])
LEAF = digest.answer(OTHER, SECOND.questions)[0]


def test_what_the_lies_below_are_made_from_is_itself_accepted() -> None:
    assert len(SECOND.questions) == 1
    assert len(digest.proceed(OWN, SECOND, [LEAF]).differences) == 1


def swapped(parts: tuple[Part, ...]) -> tuple[Part, ...]:
    return (*parts[1:], parts[0])


@pytest.mark.parametrize(
    "lie",
    [
        msgspec.structs.replace(ROOT, prefix="0"),
        msgspec.structs.replace(ROOT, parts=ROOT.parts[:15]),
        msgspec.structs.replace(ROOT, parts=()),
        msgspec.structs.replace(ROOT, entries=LEAF.entries),
        msgspec.structs.replace(ROOT, summary=Summary(ROOT.summary.digest, 101)),
        msgspec.structs.replace(ROOT, parts=(Part(b"\1" * 8, 0), *ROOT.parts[1:])),
        msgspec.structs.replace(ROOT, summary=ASKED.questions[0].summary),
        msgspec.structs.replace(ROOT, parts=tuple(Part(d[:8], n) for d, n in digest.children(OWN, ""))),
        msgspec.structs.replace(ROOT, summary=Summary(b"\1" * 32, 0), parts=()),
    ],
)
def test_an_answer_that_no_honest_side_gives_is_refused(lie: Answer) -> None:
    assert refusal(digest.proceed, OWN, ASKED, [lie]) == "P-digest"


@pytest.mark.parametrize(
    "lie",
    [
        msgspec.structs.replace(LEAF, entries=LEAF.entries[:-1]),
        msgspec.structs.replace(LEAF, entries=(*LEAF.entries[1:], LEAF.entries[0])),
        msgspec.structs.replace(LEAF, summary=Summary(b"\1" * 32, LEAF.summary.records)),
        msgspec.structs.replace(LEAF, summary=SECOND.questions[0].summary, entries=()),
    ],
)
def test_an_answer_against_an_earlier_one_is_refused(lie: Answer) -> None:
    assert refusal(digest.proceed, OWN, SECOND, [lie]) == "P-digest"


def test_answers_must_be_those_that_were_asked_for() -> None:
    assert refusal(digest.proceed, OWN, ASKED, []) == "P-digest"
    assert refusal(digest.proceed, OWN, ASKED, [ROOT, ROOT]) == "P-digest"


def entries_at(prefix: str, count: int) -> tuple[Entry, ...]:
    hashes = sorted(bytes.fromhex(f"{prefix}{number:0{32 - len(prefix)}x}") for number in range(count))
    return tuple(Entry(key_hash, version(key_hash)) for key_hash in hashes)


def test_records_outside_the_range_asked_for_are_refused() -> None:
    prefix = SECOND.questions[0].prefix
    foreign = entries_at(f"{(int(prefix, 16) + 1) % 16:x}", 3)
    summary = Summary(sha256(b"".join(a + b for a, b in foreign)).digest(), 3)
    state = SECOND._replace(claimed={prefix: Part(summary.digest[:8], 3)})
    assert refusal(digest.proceed, OWN, state, [Answer(prefix=prefix, summary=summary, entries=foreign)]) == "P-digest"


@given(st.integers(0, 2**32), st.integers(33, 2**40))
@settings(max_examples=20, deadline=None)
def test_a_partner_that_invents_parts_for_ever_is_stopped(seed: int, count: int) -> None:
    """It keeps every rule that can be checked at once: counts add up and answers stay as they were announced."""
    rng, state = random.Random(seed), digest.begin(OWN)
    code = ""
    while not code:
        answers = [invented(question, state.claimed.get(question.prefix), count, rng) for question in state.questions]
        try:
            state = digest.proceed(OWN, state, answers)
        except ProtocolError as error:
            code = error.code
        assert len(state.questions) + len(state.later) <= DIGEST_DIFFERENCES_MAX
        assert state.rounds <= DIGEST_ROUNDS_MAX
    assert code in ("P-digest", "R-digest")


def invented(question: Question, claimed: Part | None, count: int, rng: random.Random) -> Answer:
    summary = (
        Summary(claimed.digest + rng.randbytes(24), claimed.records) if claimed else Summary(rng.randbytes(32), count)
    )
    shares = [summary.records // 16] * 16
    shares[rng.randrange(16)] += summary.records % 16
    parts = tuple(Part(rng.randbytes(8) if share else digest.EMPTY[:8], share) for share in shares)
    return Answer(prefix=question.prefix, summary=summary, parts=parts)


def test_a_chain_of_parts_that_never_becomes_records_ends_at_the_last_digit() -> None:
    state = digest.begin([])
    claimed = Summary(b"\1" * 32, 100)
    parts = (Part(b"\1" * 8, 100), *[Part(digest.EMPTY[:8], 0)] * 15)
    while len(state.questions[0].prefix) < 32:
        state = digest.proceed([], state, [Answer(prefix=state.questions[0].prefix, summary=claimed, parts=parts)])
    last = Answer(prefix="0" * 32, summary=claimed, parts=parts)
    assert refusal(digest.proceed, [], state, [last]) == "P-digest"


def question(prefix: str) -> Question:
    return Question(prefix=prefix, summary=Summary(b"\0" * 32, 0))


@pytest.mark.parametrize("prefixes", [["a", "a"], ["", "f"], ["ab", "a"], ["a", "b", "ab3"], ["A"], ["0" * 33], ["xy"]])
def test_questions_that_overlap_or_name_no_range_are_refused(prefixes: list[str]) -> None:
    assert refusal(digest.answer, OWN, [question(prefix) for prefix in prefixes]) == "P-digest"


def test_too_many_questions_are_refused() -> None:
    many = [question(f"{number:03x}") for number in range(DIGEST_QUESTIONS_MAX + 1)]
    assert refusal(digest.answer, OWN, many) == "R-too-large"
    assert len(digest.answer(OWN, many[:-1])) == DIGEST_QUESTIONS_MAX


def test_more_differences_than_anyone_reads_end_the_comparison() -> None:
    here = sorted_entries(records(DIGEST_DIFFERENCES_MAX + 500))
    state = digest.begin(here)
    other = sorted_entries({"one": version(1), **{f"x{n}": version(n) for n in range(DIGEST_RANGE_ENTRIES_MAX)}})
    with pytest.raises(ProtocolError) as caught:
        while state.questions:
            state = digest.proceed(here, state, digest.answer(other, state.questions))
    assert caught.value.code == "R-digest"
