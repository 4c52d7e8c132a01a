"""What stands in for the world in tests: a database in memory and a clock that is set by hand.

Each implements the production port; ``tests/contract`` runs one suite over ``MemoryDatabase`` and the real ones. A
transaction works in place and keeps a list of what to undo, so it costs what it touches, however much is stored::

    database = MemoryDatabase()
    database.write(lambda store: store.put(Setting(name="region", value="330102")))
    backup = database.snapshot()
"""

import random
import threading
from bisect import bisect_left, insort
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future
from datetime import UTC, datetime, timedelta
from functools import total_ordering
from operator import attrgetter
from typing import Any, Generic, NamedTuple, NoReturn, TypeVar

from gongguan.node.database.database import Told
from gongguan.node.database.shapes import Condition, Shape, conditions, shape_of, sort_key
from gongguan.protocol.errors import ProtocolError, refuse
from gongguan.sync.store import Record, Scope, Store

R = TypeVar("R", bound=Record)
T = TypeVar("T")
Key = tuple[Any, ...]
Snapshot = Mapping[type[Record], Mapping[Key, Record]]


@total_ordering
class _Top:
    """Above every value: closes a range of keys that share a beginning."""

    def __lt__(self, other: object) -> bool:
        return False


TOP = _Top()


class Index(NamedTuple):
    """The keys of records by the values of some of their fields."""

    names: frozenset[str]
    order: tuple[str, ...]
    values: Callable[[Record], object]
    buckets: dict[object, dict[Key, None]]

    def bucket(self, equal: Mapping[str, Any]) -> dict[Key, None]:
        """The keys of the records that have these values."""
        found = tuple(equal[name] for name in self.order)
        return self.buckets.get(found if len(found) > 1 else found[0], NO_KEYS)


NO_KEYS: dict[Key, None] = {}


class MemoryTable(Generic[R]):
    """The records of one kind by key, their keys in order, and the keys by the values of each index."""

    def __init__(self, kind: type[R], rows: Mapping[Key, R] | None = None) -> None:
        self.shape: Shape[R] = shape_of(kind)
        self.rows: dict[Key, R] = dict(rows or {})
        self._rows_are_shared = False
        self.keys: list[Key] = sorted(self.rows)
        declared = (*self.shape.unique, *self.shape.indexes)
        self.indexes = {
            names[:length]: Index(frozenset(names[:length]), names[:length], attrgetter(*names[:length]), {})
            for names in declared
            for length in range(1, len(names) + 1)
        }
        for index in self.indexes.values():
            for key, record in self.rows.items():
                index.buckets.setdefault(index.values(record), {})[key] = None

    def share(self) -> Mapping[Key, R]:
        """The rows as they are now; the next change copies them first."""
        self._rows_are_shared = True
        return self.rows

    def set(self, key: Key, record: R | None) -> R | None:
        """Store a record under its key, or remove it with None; returns what was there."""
        if self._rows_are_shared:
            self.rows, self._rows_are_shared = dict(self.rows), False
        previous = self.rows.pop(key, None)
        if previous is not None:
            self._unlist(key, previous, stays=record is not None)
        if record is not None:
            self.rows[key] = record
            if previous is None:
                insort(self.keys, key)
            for index in self.indexes.values():
                index.buckets.setdefault(index.values(record), {})[key] = None
        return previous

    def _unlist(self, key: Key, previous: R, *, stays: bool) -> None:
        if not stays:
            del self.keys[bisect_left(self.keys, key)]
        for index in self.indexes.values():
            values = index.values(previous)
            bucket = index.buckets[values]
            del bucket[key]
            if not bucket:
                del index.buckets[values]

    def conflicts(self, record: R) -> bool:
        """Whether another record holds one of its unique values. None is never equal to None here, as in SQL."""
        key = record.primary_key()
        for names in self.shape.unique:
            index = self.indexes[names]
            if None not in _values(record, names) and index.buckets.get(index.values(record), NO_KEYS).keys() - {key}:
                return True
        return False

    def find(self, found: tuple[Condition, ...], order: tuple[str, ...], descending: bool) -> Iterator[R]:
        """The records that meet the conditions, in order; a limit need not read on."""
        keys, sorted_by_key, known = self._candidates(found)
        matching: Iterator[R] = map(self.rows.__getitem__, keys)
        for condition in found:
            if condition.comparison != "eq" or condition.field not in known:
                matching = _meeting(matching, condition)
        if sorted_by_key and not descending and self.shape.order(order) == self.shape.key:
            return matching
        return iter(sorted(matching, key=sort_key(self.shape, order), reverse=descending))

    def _candidates(self, found: tuple[Condition, ...]) -> tuple[Iterable[Key], bool, frozenset[str]]:
        """The fewest keys that an index or the order of keys leaves, whether they come in order, and the fields whose
        values are known to be those asked for."""
        equal = {condition.field: condition.value for condition in found if condition.comparison == "eq"}
        low, high = self._key_range(found, equal)
        best: tuple[dict[Key, None], frozenset[str]] | None = None
        for index in self.indexes.values():
            if index.names <= equal.keys():
                bucket = index.bucket(equal)
                if best is None or len(bucket) < len(best[0]):
                    best = bucket, index.names
        if best is not None and len(best[0]) < high - low:
            return list(best[0]), False, best[1]
        return self.keys[low:high], True, NO_NAMES

    def _key_range(self, found: tuple[Condition, ...], equal: Mapping[str, Any]) -> tuple[int, int]:
        beginning: Key = ()
        for name in self.shape.key:
            if equal.get(name) is None:
                break
            beginning = (*beginning, equal[name])
        lows, highs = [beginning], [(*beginning, TOP)]
        after = self.shape.key[len(beginning)] if len(beginning) < len(self.shape.key) else None
        for condition in found:
            if condition.field != after or condition.value is None:
                continue
            match condition.comparison:
                case "ge":
                    lows.append((*beginning, condition.value))
                case "gt":
                    lows.append((*beginning, condition.value, TOP))
                case "lt":
                    highs.append((*beginning, condition.value))
        if after is None:
            # The whole key: one record or none.
            place = bisect_left(self.keys, beginning)
            return place, place + (beginning in self.rows)
        return max(bisect_left(self.keys, low) for low in lows), min(bisect_left(self.keys, high) for high in highs)


NO_NAMES: frozenset[str] = frozenset()


def _meeting(records: Iterator[R], condition: Condition) -> Iterator[R]:
    field, holds = condition.field, condition.holds
    return (record for record in records if holds(getattr(record, field)))


def _values(record: Record, names: tuple[str, ...]) -> Key:
    return tuple(getattr(record, name) for name in names)


def _sortable(record: Record, names: tuple[str, ...]) -> Key:
    values = _values(record, names)
    return tuple((value is not None, 0 if value is None else value) for value in values)


class MemoryStore:
    """One transaction over the tables of a MemoryDatabase; ``undo`` takes back what it did."""

    def __init__(self, tables: dict[type[Record], MemoryTable[Any]], *, writable: bool) -> None:
        self._tables = tables
        self._writable = writable
        self._done: list[tuple[MemoryTable[Any], Key, Record | None]] = []
        self._refused: ProtocolError | None = None

    def get(self, kind: type[R], /, *key: object) -> R | None:
        """The record with this primary key, or None."""
        if len(key) != len(kind.KEY):
            raise TypeError(f"the key of {kind.__name__} is {kind.KEY}")
        return self._table(kind).rows.get(key)

    def get_many(self, kind: type[R], keys: Iterable[Key], /) -> dict[Key, R]:
        """Those of the records with these primary keys that there are."""
        return {key: found for key in keys if (found := self.get(kind, *key)) is not None}

    def find(
        self,
        kind: type[R],
        /,
        *,
        order: tuple[str, ...] = (),
        descending: bool = False,
        limit: int | None = None,
        **where: object,
    ) -> list[R]:
        """Records that meet all conditions, ordered by ``order`` or else by primary key."""
        table = self._table(kind)
        matching = table.find(conditions(table.shape, where), order, descending)
        if limit is None:
            return list(matching)
        return [record for _, record in zip(range(limit), matching, strict=False)]

    def pick(
        self, kind: type[R], fields: tuple[str, ...], /, *, order: tuple[str, ...] = (), **where: object
    ) -> list[tuple[Any, ...]]:
        """Some fields of the records that meet all conditions, in the order of ``order`` and then of ``fields``."""
        table = self._table(kind)
        by = table.shape.order_of_picked(fields, order)
        found = table.find(conditions(table.shape, where), (), False)
        return [_values(record, fields) for record in sorted(found, key=lambda record: _sortable(record, by))]

    def count(self, kind: type[R], /, **where: object) -> int:
        """How many records meet all conditions."""
        return len(self.find(kind, **where)) if where else len(self._table(kind).rows)  # type: ignore[arg-type]

    def add(self, record: Record) -> None:
        """Insert; ``I-already-stored`` at once when key or a unique field is taken."""
        table = self._table(type(record), writing=True)
        if record.primary_key() in table.rows:
            self._refuse(record)
        self._set(table, record)

    def put(self, record: Record) -> None:
        """Insert, or replace the record with the same primary key."""
        self._set(self._table(type(record), writing=True), record)

    def put_all(self, records: Iterable[Record]) -> None:
        """``put`` of many."""
        for record in records:
            self.put(record)

    def remove(self, kind: type[Record], /, *key: object) -> None:
        """Delete by primary key; a record that is not there is no error."""
        table = self._table(kind, writing=True)
        if key in table.rows:
            self._done.append((table, key, table.set(key, None)))

    def remove_all(self, kind: type[Record], keys: Iterable[tuple[object, ...]], /) -> None:
        """``remove`` of many."""
        for key in keys:
            self.remove(kind, *key)

    def next_number(self, kind: type[Record], field: str) -> int:
        """One more than the largest value of an integer field; 1 at first."""
        table = self._table(kind)
        table.shape.searchable(field)
        if field == table.shape.key[0]:
            return int(table.keys[-1][0]) + 1 if table.keys else 1
        values = (getattr(record, field) for record in table.rows.values())
        return int(max((value for value in values if value is not None), default=0)) + 1

    def derived(self, work: Callable[..., T], /, *args: Any, of: Iterable[Scope]) -> T:
        """Always worked out anew: what the real store keeps has to be the same."""
        return work(self, *args)

    def finish(self) -> None:
        """Raises what spoilt the transaction, if anything did."""
        if self._refused is not None:
            raise self._refused

    def undo(self) -> None:
        """Everything as before the transaction."""
        for table, key, previous in reversed(self._done):
            table.set(key, previous)

    def _table(self, kind: type[R], /, *, writing: bool = False) -> MemoryTable[R]:
        self.finish()
        if writing and not self._writable:
            raise TypeError("a read transaction cannot write")
        if kind not in self._tables:
            self._tables[kind] = MemoryTable(kind)
        return self._tables[kind]

    def _set(self, table: MemoryTable[Any], record: Record) -> None:
        if table.conflicts(record):
            self._refuse(record)
        key = record.primary_key()
        self._done.append((table, key, table.set(key, record)))

    def _refuse(self, record: Record) -> NoReturn:
        self._refused = refuse("I-already-stored", kind=type(record).__name__)
        raise self._refused


def tell(told: Told[T], done: "Future[T]") -> None:
    """How it ended, by a future that is done."""
    error = done.exception()
    told(None if error is not None else done.result(), error)


class MemoryDatabase:
    """The Database port in memory. ``commit_hook`` runs just before and just after a commit takes effect.

    A hook that raises the first time leaves everything as it was; the second time the commit stands, as when a
    process dies before it could say so.
    """

    def __init__(self, commit_hook: Callable[[], None] | None = None) -> None:
        self.commit_hook = commit_hook
        self._tables: dict[type[Record], MemoryTable[Any]] = {}
        self._turn = threading.Lock()
        self._inside: int | None = None

    def write(self, work: Callable[[Store], T]) -> T:
        """Run ``work`` in one transaction; when it raises, everything is as before."""
        with self._alone():
            store = MemoryStore(self._tables, writable=True)
            try:
                result = work(store)
                store.finish()
                self._hook()
            except BaseException:
                store.undo()
                raise
            self._hook()
            return result

    def read(self, work: Callable[[Store], T]) -> T:
        """Run ``work``; it cannot write."""
        with self._alone():
            return work(MemoryStore(self._tables, writable=False))

    def take_turn(self, work: Callable[[Store], T], told: Told[T]) -> None:
        """``submit``, then ``told``."""
        self.submit(work).add_done_callback(lambda done: tell(told, done))

    def submit(self, work: Callable[[Store], T]) -> "Future[T]":
        """``write`` at once; the future is done when this returns."""
        future: Future[T] = Future()
        try:
            future.set_result(self.write(work))
        except BaseException as error:
            future.set_exception(error)
        return future

    def close(self) -> None:
        """Nothing to close."""

    def snapshot(self) -> Snapshot:
        """Everything that is committed, as a backup holds it. Costs nothing until the tables change."""
        return {kind: table.share() for kind, table in self._tables.items()}

    def restore(self, snapshot: Snapshot) -> None:
        """Put everything back to a snapshot, of this or of another MemoryDatabase."""
        self._tables = {kind: MemoryTable(kind, rows) for kind, rows in snapshot.items()}

    def _hook(self) -> None:
        if self.commit_hook is not None:
            self.commit_hook()

    def _alone(self) -> "_Turn":
        if self._inside == threading.get_ident():
            raise RuntimeError("a transaction cannot start another one")
        return _Turn(self)


class _Turn:
    """One transaction at a time; remembers whose, so that a nested one is refused instead of waiting for ever."""

    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database

    def __enter__(self) -> None:
        self._database._turn.acquire()
        self._database._inside = threading.get_ident()

    def __exit__(self, *_: object) -> None:
        self._database._inside = None
        self._database._turn.release()


class FakeClock:
    """A clock that moves only when told, with seeded randomness; implements ``node.clock.Clock``."""

    def __init__(self, start: str = "2026-11-21T08:00:00Z", seed: int = 0) -> None:
        self._now = datetime.fromisoformat(start)
        self._monotonic = 0.0
        self._random = random.Random(seed)

    def advance(self, duration_s: float) -> None:
        """Let time pass."""
        self._now += timedelta(seconds=duration_s)
        self._monotonic += duration_s

    def set(self, instant: str) -> None:
        """Set the wall clock, forward or back; the monotonic clock does not notice."""
        self._now = datetime.fromisoformat(instant)

    def now(self) -> datetime:
        """The present instant, aware, in UTC."""
        return self._now

    def stamp(self, instant: datetime | None = None) -> str:
        """RFC 3339 in UTC with whole seconds."""
        return (instant or self._now).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def monotonic(self) -> float:
        """Seconds that passed through ``advance``."""
        return self._monotonic

    def random_bytes(self, count: int) -> bytes:
        """The next bytes of the seed's sequence."""
        return self._random.randbytes(count)

    def random_hex(self, count: int) -> str:
        """The next bytes of the seed's sequence, as hex."""
        return self.random_bytes(count).hex()
