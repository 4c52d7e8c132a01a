"""SqlStore: the Store port over one connection of the driver inside a transaction.

Writes are buffered per table and reach the database with one ``executemany`` per statement, at the latest on
``finish`` and before any ``find``, ``count`` or ``next_number`` on that table; what was added and removed in one
transaction never reaches it. ``get`` remembers what it saw, so asking again costs a dictionary look-up.

After a refused write the transaction is spoilt: every later call and ``finish`` raise the same refusal, so that nobody
commits half by swallowing an error. ``Backend`` is what all transactions of one database share.
"""

import itertools
import operator
import os
import weakref
from collections.abc import Callable, Iterable
from types import NoneType
from typing import Any, Final, Generic, NoReturn, TypeVar, cast

import msgspec

from gongguan.node.database.derived import UNKNOWN, Derived, Name, Stamps, scopes_of
from gongguan.node.database.drivers import Dialect
from gongguan.node.database.errors import refusal
from gongguan.node.database.remembered import ROWS_MAX, Answers, Key, Remembered, Written
from gongguan.node.database.shapes import Condition, Field, Form, Shape, all_shapes, conditions, sort_key
from gongguan.node.database.statements import Statements, padded, parts, terms
from gongguan.node.keys.field_seal import FieldSeal
from gongguan.protocol.errors import ProtocolError, refuse
from gongguan.sync.records import Stamp
from gongguan.sync.store import Record, Scope

R = TypeVar("R", bound=Record)
T = TypeVar("T")
Convert = Callable[[Any], Any]

KEYS_AT_ONCE: Final = 512
STAMP_BYTES: Final = 8

_JSON: Final = msgspec.json.Encoder(order="sorted")


def _converters(field: Field, table: str, seal: FieldSeal) -> tuple[Convert | None, Convert] | None:
    """To the column and back, for a value that is not None; None where the driver's own value is already right."""
    encode: Convert
    decode: Convert
    if field.form is Form.JSON:
        decoder = msgspec.json.Decoder(field.annotation)
        encode, decode = _JSON.encode, decoder.decode
    elif field.form is Form.BYTES:
        encode = decode = bytes
    elif field.form is Form.TEXT:
        encode, decode = str.encode, bytes.decode
    else:
        encode, decode = _JSON.encode, msgspec.json.Decoder(bool if field.form is Form.BOOLEAN else int).decode
    if field.sealed:
        column = f"{table}.{field.name}".encode()
        return lambda value: seal.seal(encode(value), column), lambda value: decode(seal.open(value, column))
    if field.form is Form.JSON:
        return lambda value: encode(value).decode(), decode
    if field.form is Form.BYTES:
        return None, _as_bytes
    return (bool, bool) if field.form is Form.BOOLEAN else None


def _as_bytes(value: bytes | str) -> bytes:
    """A tool that edits a cell by hand may leave text in a column of bytes: what it says must still be read."""
    return value if isinstance(value, bytes) else str(value).encode()


def _key_of(names: tuple[str, ...]) -> Callable[[Record], Key]:
    """A record's primary key."""
    if len(names) > 1:
        return operator.attrgetter(*names)
    (name,) = names
    return lambda record: (getattr(record, name),)


def _maker(kind: type[R], names: list[str]) -> Callable[..., R]:
    """Makes a record of the values of a row. Keywords that stand in the source are passed without a dictionary, which
    took seven times as long as the record itself; so the source is written here, as ``dataclass`` does."""
    given = ", ".join(f"{name}={name}" for name in names)
    made: Callable[..., R] = eval(f"lambda {', '.join(names)}: _kind({given})", {"_kind": kind})
    return made


class Rows(Generic[R]):
    """Between the records of one shape and the rows of its table."""

    def __init__(self, shape: Shape[R], dialect: Dialect, seal: FieldSeal) -> None:
        self.shape = shape
        self.statements = Statements(shape, dialect)
        self._names = [field.name for field in shape.fields]
        self._made = _maker(shape.kind, self._names)
        self._values = operator.attrgetter(*self._names) if len(self._names) > 1 else None
        found = [_converters(field, shape.table, seal) for field in shape.fields]
        self._encoded = [(place, pair[0]) for place, pair in enumerate(found) if pair and pair[0] is not None]
        self._decoded = [(place, pair[1]) for place, pair in enumerate(found) if pair]
        self.key_of = _key_of(shape.key)
        self._opened = {self._names[place]: decode for place, decode in self._decoded}
        self.plain: dict[object, str] = {}
        """Statements by forms of questions that have been asked before, without ``in``: they hold for all values but
        None."""
        self._counted: dict[object, str] = {}
        """Statements by the form of the question and how many values each ``in`` has."""

    def questions(
        self, order: tuple[str, ...], where: dict[str, Any], *, descending: bool, limit: int | None
    ) -> list[tuple[str, list[Any]]]:
        """The statements that answer a ``find``, with their values: one, or several for a long ``in``."""
        given: list[Any] = []
        ends = [] if limit is None else [limit]
        form = (order, descending, limit is None, *where)
        counts: list[int] = []
        for name, value in where.items():
            if name.endswith("__in"):
                where[name] = list(set(value))
                among = padded(where[name])
                given += among
                counts.append(len(among))
            else:
                given.append(value)
        known = self.plain.get(form) if not counts else self._counted.get((form, *counts))
        if known is not None and None not in given:
            return [(known, given + ends)]
        total, found = self.shape.order(order), []
        for piece in parts(conditions(self.shape, where)):
            forms, values = terms(piece)
            found.append((self.statements.find(forms, total, descending, limit is not None), values + ends))
        if len(found) == 1 and None not in given:
            self.remember(form, where, found[0][0])
            self._counted[(form, *counts)] = found[0][0]
        return found

    def remember(self, form: object, where: dict[str, Any], statement: str) -> None:
        """Without None and without ``in`` the text depends on nothing but the form of the question."""
        if None not in where.values() and not any(name.endswith("__in") for name in where):
            self.plain[form] = statement

    def encode(self, records: Iterable[R]) -> list[tuple[Any, ...]]:
        """The rows, in the order of the fields."""
        if self._values is None:
            values = [(getattr(record, self._names[0]),) for record in records]
        else:
            values = list(map(self._values, records))
        if not self._encoded:
            return values
        return [self._row(row) for row in values]

    def _row(self, values: tuple[Any, ...]) -> tuple[Any, ...]:
        row = list(values)
        for place, encode in self._encoded:
            if row[place] is not None:
                row[place] = encode(row[place])
        return tuple(row)

    def picked(self, fields: tuple[str, ...], found: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
        """These columns' values as the fields hold them. Raises ``I-sealed-field`` as ``decode`` does."""
        odd = [at for at, name in enumerate(fields) if name in self._opened and not self._are_right(name, at, found)]
        if not odd or not found:
            return found
        columns = list(zip(*found, strict=True))
        for at in odd:
            decode = self._opened[fields[at]]
            columns[at] = tuple(None if value is None else decode(value) for value in columns[at])
        return list(zip(*columns, strict=True))

    def _are_right(self, name: str, at: int, found: list[tuple[Any, ...]]) -> bool:
        """Whether nothing is to be done for a column of bytes: a tool may have left text in it."""
        field = self.shape.field(name)
        plain = field.form is Form.BYTES and not field.sealed
        return plain and {bytes, NoneType}.issuperset(map(type, map(operator.itemgetter(at), found)))

    def decode(self, row: tuple[Any, ...]) -> R:
        """The record. Raises ``I-sealed-field`` where a sealed value does not open."""
        if not self._decoded:
            return self._made(*row)
        values = list(row)
        for place, decode in self._decoded:
            if values[place] is not None:
                values[place] = decode(values[place])
        return self._made(*values)


class Backend:
    """What every transaction of one database shares: statements, conversions, the driver's error class, what was
    derived from records."""

    def __init__(self, dialect: Dialect, seal: FieldSeal) -> None:
        self.rows: dict[type[Record], Rows[Any]] = {shape.kind: Rows(shape, dialect, seal) for shape in all_shapes()}
        """Of the record classes of ``sync/records.py``."""
        self.driver_error = dialect.error
        self.derived = Derived()


class Buffer(Generic[R]):
    """What one transaction knows and has not yet written of one table. ``known`` maps a key to its record or None;
    ``before`` and ``answers``: what the connection remembers from earlier ones, records and results of searches.
    ``touched``: something was to be written here."""

    def __init__(self, rows: Rows[R], remembered: tuple[dict[Key, Any], Answers] | None) -> None:
        self.rows = rows
        self.key_of = rows.key_of
        self.before: dict[Key, Any] = remembered[0] if remembered else {}
        self.answers = remembered[1] if remembered else None
        self.touched = False
        self.known: dict[tuple[Any, ...], R | None] = {}
        self.added: dict[tuple[Any, ...], R] = {}
        self.replaced: dict[tuple[Any, ...], R] = {}
        self.removed: dict[tuple[Any, ...], None] = {}

    @property
    def answers_now(self) -> Answers | None:
        """Those that hold in this transaction: none once it has written to the table."""
        return None if self.touched else self.answers

    def add(self, record: R) -> bool:
        """False if the key is known to be taken."""
        self.touched = True
        key = self.key_of(record)
        if self.known.get(key) is not None:
            return False
        target = self.replaced if key in self.removed else self.added
        self.removed.pop(key, None)
        self.known[key] = target[key] = record
        return True

    def put(self, record: R) -> None:
        self.touched = True
        key = self.key_of(record)
        self.removed.pop(key, None)
        target = self.added if key in self.added else self.replaced
        self.known[key] = target[key] = record

    def put_all(self, records: Iterable[R]) -> None:
        if self.added or self.removed:
            for record in records:
                self.put(record)
            return
        self.touched = True
        found = {self.key_of(record): record for record in records}
        self.known.update(found)
        self.replaced.update(found)

    def remove(self, key: tuple[Any, ...]) -> None:
        self.touched = True
        if self.added.pop(key, None) is not None:
            # Forgotten rather than known as gone: the database has the last word about this key.
            del self.known[key]
            return
        self.replaced.pop(key, None)
        self.removed[key] = None
        self.known[key] = None

    def write(self, driver: Any) -> None:
        """Bring to the database what is buffered, removals first so that unique values are free again."""
        statements, encode = self.rows.statements, self.rows.encode
        if self.removed:
            driver.cursor().executemany(statements.delete, list(self.removed))
            self.removed.clear()
        if self.replaced:
            driver.cursor().executemany(statements.put, encode(self.replaced.values()))
            self.replaced.clear()
        if self.added:
            driver.cursor().executemany(statements.insert, encode(self.added.values()))
            self.added.clear()


class SqlStore:
    """One transaction; see ``sync/store.py`` for the meaning of each call."""

    def __init__(self, driver: Any, backend: Backend, *, writable: bool, remembered: Remembered | None = None) -> None:
        """``driver`` has begun its transaction; whoever made the store calls ``finish`` and commits.

        ``remembered``: what this connection knows from earlier transactions.
        """
        self._remembered = remembered
        # Of tables that this transaction has not come to otherwise yet.
        self._before = remembered.tables if remembered is not None else {}
        self._driver = driver
        self._backend = backend
        self._writable = writable
        self._buffers: dict[type[Record], Buffer[Any]] = {}
        self._refused: ProtocolError | None = None
        # Not itself: what refers to itself stays in memory, with all that it read, until Python looks for cycles.
        self._stamps = Stamps(weakref.proxy(self))
        self._begin: Callable[[], None] | None = None
        self._rows_read = 0

    def get(self, kind: type[R], /, *key: object) -> R | None:
        """The record with this primary key, or None."""
        if kind not in self._buffers and kind in self._before and key in (before := self._before[kind][0]):
            return cast("R | None", before[key])
        buffer: Buffer[R] = self._buffers.get(kind) or self._buffer(kind)
        if key in buffer.known:
            return buffer.known[key]
        if len(key) != len(kind.KEY):
            raise TypeError(f"the key of {kind.__name__} is {kind.KEY}")
        if key not in buffer.before:
            found = self._ask(kind, buffer.rows.statements.get, key)
            buffer.before[key] = buffer.rows.decode(found[0]) if found else None
        record: R | None = buffer.before[key]
        buffer.known[key] = record
        return record

    def get_many(self, kind: type[R], keys: Iterable[Key], /) -> dict[Key, R]:
        """Those of the records with these primary keys that there are, by key."""
        buffer = self._buffer(kind)
        wanted = list(dict.fromkeys(keys))
        unknown = [key for key in wanted if key not in buffer.known]
        for start in range(0, len(unknown), KEYS_AT_ONCE):
            asked = unknown[start : start + KEYS_AT_ONCE]
            # As many as a power of two, so that few texts serve all lengths.
            padded = asked + asked[-1:] * ((1 << (len(asked) - 1).bit_length()) - len(asked))
            values = [value for key in padded for value in key]
            buffer.known.update(dict.fromkeys(asked))
            for row in self._ask(kind, buffer.rows.statements.get_many(len(padded)), values):
                record = buffer.rows.decode(row)
                buffer.known[record.primary_key()] = record
        return {key: found for key in wanted if (found := buffer.known[key]) is not None}

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
        form = (order, descending, limit is None, *where)
        question = (form, limit, tuple(where.values()))
        buffer: Buffer[R] | None = self._buffers.get(kind)
        answers = (self._before[kind][1] if kind in self._before else None) if buffer is None else buffer.answers_now
        # What asks with ``in`` is not remembered, nor can it be looked up: such a form has no one statement.
        if answers is not None and form in self._backend.rows[kind].plain and question in answers:
            return list(answers[question].values())
        rows = self._flushed(kind)
        records: list[R] = []
        questions = rows.questions(order, where, descending=descending, limit=limit)
        for statement, values in questions:
            records += map(rows.decode, self._ask(kind, statement, values))
        if len(questions) > 1:
            records.sort(key=sort_key(rows.shape, order), reverse=descending)
        if answers is not None and len(records) <= ROWS_MAX and form in rows.plain:
            answers[question] = {rows.key_of(record): record for record in records[:limit]}
        return records[:limit]

    def pick(
        self, kind: type[R], fields: tuple[str, ...], /, *, order: tuple[str, ...] = (), **where: object
    ) -> list[tuple[Any, ...]]:
        """Some fields of the records that meet all conditions, in the order of ``order`` and then of ``fields``."""
        rows = self._flushed(kind)
        form, given = (fields, order, *where), tuple(where.values())
        plain = rows.plain.get(form)
        if plain is not None and None not in given:
            return rows.picked(fields, self._ask(kind, plain, given))
        by = rows.shape.order_of_picked(fields, order)
        found: list[tuple[Any, ...]] = []
        pieces = [terms(piece) for piece in parts(conditions(rows.shape, where))]
        asked = fields if len(pieces) == 1 else (*by, *(name for name in fields if name not in by))
        for forms, values in pieces:
            statement = rows.statements.pick(asked, forms, by)
            found += rows.picked(asked, self._ask(kind, statement, values))
        if len(pieces) == 1:
            rows.remember(form, where, statement)
        if len(pieces) < 2:
            return found
        found.sort(key=lambda row: tuple((value is not None, value) for value in row[: len(by)]))
        places = [asked.index(name) for name in fields]
        return [tuple(row[place] for place in places) for row in found]

    def count(self, kind: type[R], /, **where: object) -> int:
        """How many records meet all conditions."""
        rows = self._flushed(kind)
        pieces: Iterable[tuple[Condition, ...]] = parts(conditions(rows.shape, where))
        questions = map(terms, pieces)
        return sum(self._ask(kind, rows.statements.count(forms), values)[0][0] for forms, values in questions)

    def add(self, record: Record) -> None:
        """Insert; a taken key or unique field raises ``I-already-stored``, at the latest on ``finish``."""
        if not self._writing(type(record)).add(record):
            self._refuse(refuse("I-already-stored", kind=type(record).__name__))

    def put(self, record: Record) -> None:
        """Insert, or replace the record with the same primary key."""
        self._writing(type(record)).put(record)

    def put_all(self, records: Iterable[Record]) -> None:
        """``put`` of many."""
        for kind, found in itertools.groupby(records, type):
            buffer: Buffer[Any] = self._writing(kind)
            buffer.put_all(found)

    def remove(self, kind: type[Record], /, *key: object) -> None:
        """Delete by primary key; a record that is not there is no error."""
        self.remove_all(kind, [key])

    def remove_all(self, kind: type[Record], keys: Iterable[tuple[object, ...]], /) -> None:
        """``remove`` of many."""
        buffer, keys = self._writing(kind), list(keys)
        if kind.STAMPED is not None:
            self._stamps.changed |= scopes_of(kind, self.get_many(kind, keys).values())
        for key in keys:
            buffer.remove(key)

    def next_number(self, kind: type[Record], field: str) -> int:
        """One more than the largest value of an integer field; 1 at first."""
        rows = self._flushed(kind)
        rows.shape.searchable(field)
        return (self._ask(kind, rows.statements.top(field), ())[0][0] or 0) + 1

    def derived(self, work: Callable[..., T], /, *args: Any, of: Iterable[Scope]) -> T:
        """``work(store, *args)``, or what it gave when these records were the same; see
        ``node/database/derived.py``.
        """
        scopes = tuple(of)
        for kind in {scope.kind for scope in scopes}:
            self._flushed(kind)
        version = self._stamps.version(scopes)
        if version is None:
            return work(self, *args)
        kept, key = self._backend.derived, (work, args)
        found = kept.get(key, version)
        if found is UNKNOWN:
            before = self._rows_read
            found = work(self, *args)
            kept.keep(key, version, scopes, self._rows_read - before, found)
        answer: T = found
        return answer

    @property
    def changed(self) -> set[Name]:
        """The stamps that this transaction gave another value."""
        return self._stamps.changed

    def finish(self) -> None:
        """Write what is buffered, and stamps of what changed. Raises what spoilt the transaction, if anything did."""
        for kind, buffer in self._buffers.items():
            self._write(kind, buffer)
        if self._stamps.changed:
            for table, scope in sorted(self._stamps.changed):
                self.put(Stamp(kind=table, scope=scope, value=os.urandom(STAMP_BYTES)))
            self._flushed(Stamp)
        if self._refused is not None:
            raise self._refused

    def written(self) -> Written:
        """What the transaction leaves in the tables that it wrote to, as far as it knows, by key."""
        return {kind: buffer.known for kind, buffer in self._buffers.items() if buffer.touched}

    def committed(self) -> None:
        """It has taken effect, and was told to what is remembered: from now on this is a snapshot of it."""
        self._writable = False
        for buffer in self._buffers.values():
            buffer.touched = False

    def read_on(self, work: Callable[["SqlStore"], T], begin: Callable[[], None]) -> T:
        """``work`` on what the transaction left, known or read now; ``begin`` is called before anything is read."""
        self._begin = begin
        try:
            return work(self)
        finally:
            if self._begin is None:
                self._driver.rollback()

    def _buffer(self, kind: type[R]) -> Buffer[R]:
        if self._refused is not None:
            raise self._refused
        if kind not in self._buffers:
            remembered = self._remembered.table(kind) if self._remembered is not None else None
            self._buffers[kind] = Buffer(self._backend.rows[kind], remembered)
        return self._buffers[kind]

    def _writing(self, kind: type[R]) -> Buffer[R]:
        if not self._writable:
            raise TypeError("a read transaction cannot write")
        return self._buffers.get(kind) or self._buffer(kind)

    def _flushed(self, kind: type[R]) -> Rows[R]:
        buffer = self._buffer(kind)
        self._write(kind, buffer)
        return buffer.rows

    def _write(self, kind: type[R], buffer: Buffer[R]) -> None:
        if not (buffer.added or buffer.replaced or buffer.removed):
            return
        if kind.STAMPED is not None:
            self._stamps.changed |= scopes_of(kind, (*buffer.added.values(), *buffer.replaced.values()))
        try:
            buffer.write(self._driver)
        except self._backend.driver_error as error:
            self._refuse(refusal(error, kind=kind.__name__), error)

    def _ask(self, kind: type[Record], statement: str, values: Iterable[Any]) -> list[tuple[Any, ...]]:
        begin, self._begin = self._begin, None
        try:
            if begin is not None:
                begin()
            found: list[tuple[Any, ...]] = self._driver.execute(statement, values).fetchall()
        except self._backend.driver_error as error:
            self._refuse(refusal(error, kind=kind.__name__), error)
        self._rows_read += len(found)
        return found

    def _refuse(self, why: ProtocolError, cause: Exception | None = None) -> NoReturn:
        self._refused = why
        # Nothing more is known or written: whoever asks again comes to ``_buffer``, and is told.
        self._buffers.clear()
        self._before = {}
        raise why from cause
