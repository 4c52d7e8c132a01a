"""Kept digests are those of the records, whatever happened to both; what is kept never hides what was not looked at."""

import random
from hashlib import sha256

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gongguan.protocol import digest
from gongguan.sync.exchange import ranges, reconcile, verification
from gongguan.sync.exchange.ranges import Changed, Fresh, StoredRanges
from gongguan.sync.records import ChangedRanges, RangeDigest, RangeEntry, SharedRecord
from gongguan.sync.store import Store
from tests.fakes import MemoryDatabase
from tests.pairs import Node, admission, carry, departure, in_agreement, score, settle, subject
from tests.sync.exchange.comparing import alter_by_hand, compared, in_exchange

PAIRING = sha256(b"pairing").hexdigest()
OTHER = sha256(b"another").hexdigest()
UNIT = b"u" * 16
STEPS = ["alter", "drop", "many", "few", "bring in", "keep", "stale keep"]


def record(number: int, content: str, pairing_id: str = PAIRING) -> SharedRecord:
    value = content.encode()
    key = f"score/{number}"
    return SharedRecord(
        unit=UNIT,
        key=key,
        agreement=pairing_id,
        subject="s",
        category="score",
        value=value,
        version=sha256(value).digest(),
    )


def write(store: Store, change: bytes, *items: SharedRecord) -> None:
    store.put_all(items)
    changed = [Changed(ranges.key_hash(item.unit, item.key), item.version, item.unit) for item in items]
    ranges.mark(store, items[0].agreement, changed, change)


def write_many(database: MemoryDatabase, count: int) -> None:
    if count:
        database.write(lambda store: write(store, b"first---", *(record(number, "x") for number in range(count))))


def remove(store: Store, change: bytes, *items: SharedRecord) -> None:
    for item in items:
        store.remove(SharedRecord, item.unit, item.key)
    changed = [Changed(ranges.key_hash(item.unit, item.key), ranges.GONE, item.unit) for item in items]
    ranges.mark(store, PAIRING, changed, change)


def fresh_of(database: MemoryDatabase, pairing_id: str = PAIRING) -> Fresh:
    return database.read(lambda store: StoredRanges.brought_up(store, pairing_id).fresh)


def kept(database: MemoryDatabase, pairing_id: str = PAIRING) -> dict[str, bytes]:
    found = database.read(lambda store: store.find(RangeDigest, pairing_id=pairing_id))
    return {item.prefix: item.parts for item in found}


def from_nothing(database: MemoryDatabase, pairing_id: str = PAIRING) -> tuple[digest.Summary, dict[str, bytes]]:
    """What the records themselves give, without anything kept."""
    found = database.read(lambda store: store.find(SharedRecord, agreement=pairing_id))
    packed = sorted(ranges.key_hash(item.unit, item.key) + sha256(item.value).digest() for item in found)
    inner: dict[str, digest.Parts] = {}
    return digest.summary_of(packed, "", inner), {prefix: digest.pack(parts) for prefix, parts in inner.items()}


def check(database: MemoryDatabase, pairing_id: str = PAIRING) -> None:
    """Bring up to date, keep, and compare with digests built from nothing."""
    fresh = fresh_of(database, pairing_id)
    database.write(lambda store: ranges.keep(store, fresh))
    summary, inner = from_nothing(database, pairing_id)
    assert kept(database, pairing_id) == inner
    assert database.read(lambda store: StoredRanges.brought_up(store, pairing_id).summary("")) == summary
    assert not database.read(lambda store: store.find(ChangedRanges, pairing_id=pairing_id))


@settings(max_examples=40, deadline=None)
@given(
    st.integers(0, 700),
    st.lists(
        st.tuples(st.sampled_from(STEPS), st.integers(0, 900)),
        max_size=12,
    ),
)
def test_digests_kept_by_marks_are_those_built_from_nothing(count: int, steps: list[tuple[str, int]]) -> None:
    database = MemoryDatabase()
    write_many(database, count)
    for number in range(40):  # the records of another pairing lie beside and never count
        database.write(lambda store, number=number: write(store, b"o", record(number + 2000, "y", OTHER)))  # type: ignore[misc]
    old = fresh_of(database)
    for turn, (step, number) in enumerate(steps):
        change = turn.to_bytes(8, "big")

        def work(store: Store, step: str = step, number: int = number, change: bytes = change) -> None:
            match step:
                case "alter":
                    write(store, change, record(number, f"changed {change!r}"))
                case "drop":
                    remove(store, change, record(number, ""))
                case "many":
                    write(store, change, *(record(each, "many") for each in range(number, number + 300)))
                case "bring in":
                    ranges.bring_in(store, PAIRING, change)
                case "few":
                    remove(store, change, *(record(each, "") for each in range(30, 1200)))

        database.write(work)
        if step == "keep":
            check(database)
            old = fresh_of(database)
        elif step == "stale keep":  # computed from an older snapshot than others that were kept meanwhile
            late = old
            database.write(lambda store, late=late: ranges.keep(store, late))  # type: ignore[misc]
    check(database)
    check(database, OTHER)


def test_a_mark_made_while_digests_were_computed_is_not_taken_for_the_one_they_answer() -> None:
    database = MemoryDatabase()
    write_many(database, 200)
    computed = fresh_of(database)
    database.write(lambda store: write(store, b"again---", record(7, "meanwhile")))

    database.write(lambda store: ranges.keep(store, computed))

    assert database.read(lambda store: store.count(ChangedRanges)) == 1
    check(database)


def test_marks_that_nobody_compares_by_stay_few_and_forget_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ranges, "MARKED_MAX", 5 * ranges.MARK_COSTS)
    origin, _, version = in_agreement()
    pairing_id = origin.pairing_id
    old = origin.database.read(lambda store: StoredRanges.brought_up(store, pairing_id).fresh)
    origin.database.write(lambda store: ranges.keep(store, old))

    for number in range(30):
        origin.write("departure.notified", departure(), version=version, subject=subject(number))
        assert origin.database.read(lambda store: store.count(ChangedRanges)) <= 5

    found = origin.database.read(lambda store: StoredRanges.brought_up(store, pairing_id))
    packed = sorted(
        ranges.key_hash(unit, key) + sha256(value).digest() for (unit, key), value in origin.shared().items()
    )
    assert found.summary("") == digest.summary_of(packed, "", {})


def test_digests_of_a_large_state_are_built_in_pages_and_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    database = MemoryDatabase()
    write_many(database, 3000)
    monkeypatch.setattr(ranges, "PAGE_ENTRIES", 50)

    check(database)

    scan = database.read(lambda store: ranges.scanned(store, PAIRING, [PAIRING]))
    assert scan == ranges.Scan(kept(database), {})


def history(seed: int) -> tuple[Node, Node, str]:
    """Some weeks of both committees at random: late bundles that rebuild units, restarts, comparisons in between."""
    rng = random.Random(seed)
    origin, destination, version = in_agreement(seed)
    departures = {}
    for turn in range(60):
        number = rng.randrange(4)
        match rng.randrange(6):
            case 0 if number not in departures:
                sent = origin.write("departure.notified", departure(), version=version, subject=subject(number))
                departures[number] = sent.id
                settle(origin, destination)
                arrived = admission(sent.id)
                destination.write("admission.given", arrived, version=version, subject=subject(number))
                settle(origin, destination)
            case 1 | 2 if number in departures:
                for node in (origin, destination):  # both at once: whoever hears later folds anew
                    body = score(f"event-{turn}", 1)
                    node.write("score.contributed", body, version=version, subject=subject(number))
            case 3:
                carry(origin, destination)
            case 4:
                rng.choice([origin, destination]).crash()
            case 5:
                settle(origin, destination)
                assert reconcile.is_equal(compared(origin, destination, full=False))
    settle(origin, destination)
    return origin, destination, version


@pytest.mark.parametrize("seed", range(6))
def test_after_any_history_quick_and_full_comparison_see_the_same_on_both_nodes(seed: int) -> None:
    origin, destination, _ = history(seed)

    found = [
        compared(*pair, full=full) for pair in ((origin, destination), (destination, origin)) for full in (False, True)
    ]

    assert all(reconcile.is_equal(session) and session.comparison.rounds == 1 for session in found)
    assert len({session.here for session in found}) == 1
    for node in (origin, destination):
        packed = sorted(
            ranges.key_hash(unit, key) + sha256(value).digest() for (unit, key), value in node.shared().items()
        )
        assert found[0].here == digest.summary_of(packed, "", {})


def test_a_value_altered_by_hand_is_named_by_full_comparison_only_and_no_statement_follows_a_quick_one() -> None:
    origin, destination, _ = history(1)
    alter_by_hand_any(destination)

    assert reconcile.is_equal(compared(origin, destination, full=False))
    with pytest.raises(Exception, match="P-digest"):
        quick = compared(origin, destination, full=False)
        in_exchange(origin, lambda book: reconcile.with_statement(book, quick))
    assert len(reconcile.differences(compared(origin, destination))) == 1
    assert len(reconcile.differences(compared(destination, origin))) == 1


def alter_by_hand_any(node: Node) -> str:
    key = next(key for _, key in node.shared() if key.startswith("score/"))
    number = next(n for n in range(4) if any(key == name for name in keys_of(node, n)))
    return alter_by_hand(node, key, number)


def keys_of(node: Node, number: int) -> list[str]:
    found = node.database.read(lambda store: store.find(SharedRecord, subject__in=[subject(number)]))
    return [item.key for item in found]


def test_a_version_beside_the_value_altered_by_hand_is_found_by_verify_and_put_back() -> None:
    origin, destination, _ = history(2)
    before = destination.database.read(lambda store: store.find(SharedRecord))
    assert reconcile.is_equal(compared(origin, destination, full=False))
    item = before[len(before) // 2]
    destination.database.write(lambda store: store.put(msgspec.structs.replace(item, version=bytes(32))))

    assert reconcile.is_equal(compared(origin, destination)), "what the values say is still the same"
    assert found_and_put_back(destination) == [(item.key, "altered")]

    assert destination.database.read(lambda store: store.find(SharedRecord)) == before
    assert reconcile.is_equal(compared(origin, destination, full=False))
    assert reconcile.is_equal(compared(origin, destination))


@pytest.mark.parametrize("there", [True, False])
def test_an_entry_altered_or_removed_by_hand_is_found_by_verify_and_put_back(there: bool) -> None:
    origin, destination, _ = history(2)
    assert reconcile.is_equal(compared(origin, destination, full=False))
    assert reconcile.is_equal(compared(destination, origin, full=False))
    before = destination.database.read(lambda store: store.find(RangeEntry))
    item = before[len(before) // 2]
    wrong = msgspec.structs.replace(item, version=b"w" * 32)
    destination.database.write(
        lambda store: store.put(wrong) if there else store.remove(RangeEntry, *item.primary_key())
    )

    assert reconcile.is_equal(compared(origin, destination)), "what the values say is still the same"
    assert [what for _, what in found_and_put_back(destination)] == ["altered"]

    assert reconcile.is_equal(compared(origin, destination, full=False))
    assert reconcile.is_equal(compared(destination, origin, full=False))
    assert destination.database.read(lambda store: store.find(RangeEntry)) == before


def found_and_put_back(node: Node) -> list[tuple[str, str]]:
    """Key and fault of what ``verify`` complains of before it repairs."""
    found = in_exchange(node, verification.examine)
    in_exchange(node, lambda book: verification.repair(book, verification.examine(book)))
    return [(item.key, item.what) for item in found.altered]


def test_a_difference_is_named_whether_its_entry_was_brought_in_or_is_still_a_mark() -> None:
    origin, destination, _ = history(1)
    name = alter_by_hand_any(destination)
    for node in (origin, destination):
        in_exchange(node, lambda book: ranges.bring_in(book.store, book.pairing.pairing_id, b"bring in"))
        assert [found.record for found in reconcile.differences(compared(origin, destination))] == [name]
