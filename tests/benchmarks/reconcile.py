"""What comparing two states costs: in real SQLite databases with random keys, over real sealed bundles.

Two databases get the same records; then one of them differs in 0, 1, 10 or 1,000 places. Each comparison is begun,
asked and answered as nodes do it, every question and answer in a sealed and signed bundle, each case in a process of
its own, so that its peak of memory is its own (both sides together). The same for 1,000 records, for the ratio. Then
what keeping the digests costs whoever writes: messages in transactions of 100, with and without::

    python -m tests.benchmarks.reconcile --records 1000000
    python -m tests.benchmarks.reconcile --records 100000 --rounds 1
"""

import argparse
import itertools
import multiprocessing
import random
import resource
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec

from gongguan.node.database.database import SqlDatabase, open_database
from gongguan.node.keys.field_seal import FieldSeal
from gongguan.protocol.bundle import DigestQuestion
from gongguan.sync.exchange import folding, ranges, reconcile
from gongguan.sync.exchange.exchange import Memory
from gongguan.sync.exchange.logbook import LogBook
from gongguan.sync.exchange.ranges import StoredRanges
from gongguan.sync.exchange.reconcile import Answered, Session
from gongguan.sync.records import RangeEntry, SharedRecord
from gongguan.sync.store import Record, Store
from tests.pairs import Node, departure, in_agreement, score, settle, subject

SIDES: Final = ("origin", "destination")
SEAL: Final = FieldSeal(bytes(32))
PAGE: Final = 20_000
RECORDS_OF_A_MEMBER: Final = 12
SMALL: Final = 1_000
WRITTEN: Final = 6_000
"""Messages in one measurement of writing."""
IN_ONE: Final = 100
"""Messages in one transaction."""


# --- two databases --------------------------------------------------------------------------------------------


def records_of(pairing_id: str, count: int) -> Iterator[SharedRecord]:
    """The same records for both sides: random units, keys and values of about 250 bytes."""
    rng = random.Random("records")
    unit, member = b"", ""
    for number in range(count):
        if number % RECORDS_OF_A_MEMBER == 0:
            unit, member = rng.randbytes(16), rng.randbytes(16).hex()
        key = f"score/2026/{rng.randbytes(8).hex()}"
        value = b'{"status":"single","value":"' + rng.randbytes(110).hex().encode() + b'"}'
        yield SharedRecord(
            unit=unit,
            key=key,
            agreement=pairing_id,
            subject=member,
            category="score",
            value=value,
            version=sha256(value).digest(),
        )


def entry_of(record: SharedRecord) -> RangeEntry:
    place = ranges.place_of(record.agreement, record.unit, record.key)
    return RangeEntry(place=place, version=record.version, unit=record.unit)


def prepare(folder: Path, count: int) -> str:
    """Two databases in agreement with so many records each, no digests kept; the version in force."""
    origin, destination, version = in_agreement()
    for name, node in zip(SIDES, (origin, destination), strict=True):
        with opened(folder / name) as database:
            for rows in node.database.snapshot().values():
                put_all(database, list(rows.values()))
            records = records_of(node.pairing_id, count)
            entries: list[RangeEntry] = []
            while page := list(itertools.islice(records, PAGE)):
                entries += map(entry_of, page)
                put_all(database, page)
            entries.sort(key=lambda entry: entry.place)
            for start in range(0, count, PAGE):
                put_all(database, entries[start : start + PAGE])
    return version


def put_all(database: SqlDatabase, records: Sequence[Record]) -> None:
    database.write(lambda store: store.put_all(records))


@contextmanager
def opened(path: Path) -> Iterator[SqlDatabase]:
    database = open_database(path.with_suffix(".sqlite3"), SEAL)
    try:
        yield database
    finally:
        database.close()


@contextmanager
def nodes(folder: Path) -> Iterator[tuple[Node, Node]]:
    """Both sides as just started over their databases."""
    pair = in_agreement()[:2]
    with opened(folder / SIDES[0]) as first, opened(folder / SIDES[1]) as second:
        for node, database in zip(pair, (first, second), strict=True):
            node.database = database  # type: ignore[assignment]
            node.memory, node.reading = Memory(), Memory()
            node.random = random.Random()
        yield pair


# --- one comparison -------------------------------------------------------------------------------------------


class Compared(NamedTuple):
    """``content_bytes``: questions and answers; ``bundle_bytes``: the bundles that carry them, sealed and signed.

    ``cpu_seconds``: processor time of both sides, which stays true when somebody else uses the machine.
    """

    records: int
    differences: int
    rounds: int
    content_bytes: int
    bundle_bytes: int
    seconds: float
    cpu_seconds: float
    peak_mb: float


def compare(asking: Node, answering: Node, *, full: bool) -> tuple[Session, int, int]:
    """A whole comparison by bundles; the session at its end, bytes of content and of bundles."""
    cache: reconcile.Cache = {}
    content = sent = 0
    session: Session = in_snapshot(asking, lambda book: reconcile.begin(book, "0a" * 16, full=full))
    begun = session
    if begun.fresh.nodes or begun.fresh.marks:
        asking.database.write(lambda store: ranges.keep(store, begun.fresh))
    while (question := reconcile.ask(session)) is not None:
        there = bundle(asking, questions=(question,))
        asked = answering.receive(there).questions[0]
        found: Answered = in_snapshot(answering, partial(reconcile.answer, question=asked, cache=cache))
        if found.is_to_be_kept:
            answering.database.write(partial(reconcile.keep, answered=found))
        back = bundle(answering, told=(found.told,))
        told = asking.receive(back).told[0]
        session = in_snapshot(asking, partial(reconcile.proceed, session=session, told=told))
        content += len(question.content) + len(told.content)
        sent += len(there) + len(back)
    return session, content, sent


def bundle(node: Node, *, questions: tuple[DigestQuestion, ...] = (), told: tuple[DigestQuestion, ...] = ()) -> bytes:
    def work(store: Store) -> bytes:
        exchange = node.exchange(store, node.identity, node.reading, node.now, node.random.randbytes)
        return exchange.compose(Node.pairing_id_in(exchange), questions=questions, told=told).data

    return node.database.read(work)


def in_snapshot(node: Node, work: Callable[[LogBook], Any]) -> Any:
    def reading(store: Store) -> Any:
        exchange = node.exchange(store, node.identity, node.reading, node.now, node.random.randbytes)
        return work(exchange.book(Node.pairing_id_in(exchange)))

    return node.database.read(reading)


def measured(folder: Path, full: bool, before: int = 0) -> Compared:
    """One comparison in this process, after so many others."""
    with nodes(folder) as (asking, answering):
        asking.is_due()  # keys and cards are loaded once a process, whatever is compared
        answering.is_due()
        settle(asking, answering)
        for _ in range(before):
            compare(asking, answering, full=full)
        began, cpu_began = time.perf_counter(), time.process_time()
        session, content, sent = compare(asking, answering, full=full)
        seconds, cpu_seconds = time.perf_counter() - began, time.process_time() - cpu_began
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    found = len(reconcile.differences(session))
    return Compared(
        session.here.records, found, session.comparison.rounds, content, sent, seconds, cpu_seconds, peak_mb
    )


# --- what differs ---------------------------------------------------------------------------------------------


def alter(folder: Path, count: int) -> None:
    """So many records of the first side get another value, as a fault of our own would write it: row and mark."""
    with opened(folder / SIDES[0]) as database:
        rows = database.read(lambda store: store.pick(SharedRecord, ("unit", "key"), category="score"))
        chosen = random.Random(count).sample(rows, count)

        def work(store: Store) -> None:
            for unit, key in chosen:
                record = store.get(SharedRecord, unit, key)
                assert record is not None
                value = record.value.replace(b"single", b"agreed")
                version = sha256(value).digest()
                store.put(msgspec.structs.replace(record, value=value, version=version))
                changed = ranges.Changed(ranges.key_hash(unit, key), version, unit)
                ranges.mark(store, record.agreement, [changed], b"altered\0")

        database.write(work)


# --- building digests anew ------------------------------------------------------------------------------------


def built(folder: Path) -> tuple[float, float, float]:
    """Processor seconds: a sorted scan of all places, units and versions; of places alone; digests from nothing."""
    with nodes(folder) as (node, _):
        pairing_id = node.pairing_id
        node.database.write(lambda store: ranges.forget(store, pairing_id))
        _scan(node, ("place", "version"))  # so that all read from the same warm file
        rows, index = (_timed(_scan, node, fields) for fields in (("place", "unit", "version"), ("place", "version")))
        whole = _timed(node.database.read, lambda store: StoredRanges.brought_up(store, pairing_id).summary(""))
        return rows, index, whole


def _scan(node: Node, fields: tuple[str, ...]) -> None:
    """All records in the order of their places, in pages."""
    front = ranges.front_of(node.pairing_id)
    ends = [*(front + bytes([first]) for first in range(1, 256)), front + b"\xff" * 17]

    def work(store: Store) -> None:
        low = front
        for high in ends:
            store.pick(RangeEntry, fields, order=("place",), place__ge=low, place__lt=high)
            low = high

    node.database.read(work)


def _timed(work: Callable[..., Any], *given: object) -> float:
    began = time.process_time()
    work(*given)
    return time.process_time() - began


# --- what writing costs ---------------------------------------------------------------------------------------


def written(folder: Path, version: str, way: str, turn: int) -> tuple[float, float]:
    """Messages a second and the processor time of each (us), in transactions of 100, in a database of all the records.

    Each message is about another member.
    ``way``: without (no marks), marks (as the node does it), at once (digests brought up to date in every transaction).
    """
    with nodes(folder) as (node, _):
        pairing_id, marks = node.pairing_id, folding.mark_ranges
        if way == "without":
            folding.mark_ranges = lambda *_: None
        try:
            if way == "at once":
                _bring_up(node, pairing_id)
            _write(node, version, f"{way} {turn} first", IN_ONE)
            began, cpu_began = time.perf_counter(), time.process_time()
            for number in range(WRITTEN // IN_ONE):
                _write(node, version, f"{way} {turn} {number}", IN_ONE, at_once=way == "at once")
            cpu = time.process_time() - cpu_began
            return WRITTEN / (time.perf_counter() - began), cpu / WRITTEN * 1e6
        finally:
            folding.mark_ranges = marks


def _write(node: Node, version: str, name: str, count: int, *, at_once: bool = False) -> None:
    """Half are notices of departure, half a contribution to each: what a quiet day brings."""

    def work(store: Store) -> Any:
        exchange = node.exchange(store, node.identity, node.memory, node.now, node.random.randbytes)
        book = exchange.book(Node.pairing_id_in(exchange))
        for number in range(count // 2):
            member = subject(int(sha256(f"{name} {number}".encode()).hexdigest()[:12], 16))
            book.write("departure.notified", departure(), version=version, subject=member)
            book.write("score.contributed", score("clean-up", 2), version=version, subject=member)
        heads = exchange.close()
        if at_once:
            ranges.keep(store, StoredRanges.brought_up(store, book.pairing.pairing_id).fresh)
        return heads

    node.memory.signed(node.database.write(work))


def _bring_up(node: Node, pairing_id: str) -> None:
    fresh = node.database.read(lambda store: StoredRanges.brought_up(store, pairing_id).fresh)
    node.database.write(lambda store: ranges.keep(store, fresh))


# --- the whole ------------------------------------------------------------------------------------------------


def apart(work: Callable[..., Any], *given: object) -> Any:
    """In a fresh process, so that nothing is warm and memory is its own."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(work, *given).result()


def comparisons(folder: Path, rounds: int) -> None:
    """All cases over one pair of databases; leaves them different in 1,011 records."""
    rows, index, whole = apart(built, folder)
    print(
        f"digests from nothing {whole:.2f} s, sorted scan of rows {rows:.2f} s, of the index alone {index:.2f} s: ",
        end="",
    )
    print(f"ratios {whole / rows:.2f} and {whole / index:.2f}")
    print(line("first, digests built on both sides", [apart(measured, folder, False)]))
    print(line("equal", [apart(measured, folder, False, 2) for _ in range(rounds)]))
    print(line("equal, full", [apart(measured, folder, True)]))
    differing = 0
    for count in (1, 9, 990):
        apart(alter, folder, count)
        differing += count
        print(line(f"{differing:,} differ, after they were written", [apart(measured, folder, False)]))
        print(line(f"{differing:,} differ", [apart(measured, folder, False, 2) for _ in range(rounds)]))
    print(line(f"{differing:,} differ, full", [apart(measured, folder, True)]))


def line(title: str, found: list[Compared]) -> str:
    one = found[-1]
    seconds = statistics.median(item.seconds for item in found)
    cpu = statistics.median(item.cpu_seconds for item in found)
    spread = f" ({min(i.seconds for i in found) * 1e3:.1f}-{max(i.seconds for i in found) * 1e3:.1f})" * (
        len(found) > 1
    )
    return (
        f"| {title} | {one.records:,} | {one.differences:,} | {one.rounds} | {one.content_bytes:,} | "
        f"{one.bundle_bytes:,} | {seconds * 1e3:,.1f} ms{spread} | {cpu * 1e3:,.1f} ms | {one.peak_mb:.0f} MB |"
    )


def main() -> None:
    """Print tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--folder", type=Path, default=None, help="where the databases go")
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="gongguan-reconcile-", dir=given.folder))
    try:
        version = ""
        for count in (SMALL, given.records):
            here = folder / str(count)
            here.mkdir()
            version = apart(prepare, here, count)
            print(
                "| case | records | differences found | round trips | bytes | in bundles | time | processor "
                "| peak, both sides |"
            )
            print("|---|---:|---:|---:|---:|---:|---:|---:|---:|")
            comparisons(here, given.rounds)
        for turn in range(given.rounds):
            rates = {way: apart(written, here, version, way, turn) for way in ("without", "marks", "at once")}
            print(
                "messages/s: " + ", ".join(f"{way} {rate:,.0f} ({cpu:.0f} us)" for way, (rate, cpu) in rates.items()),
                flush=True,
            )
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
