"""Units inside a transaction of a ``LogBook``: their messages at their places, rebuilt when needed, written back."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import msgspec

from gongguan.protocol import erasure, messages, note
from gongguan.protocol.causality import OrderKey, Past
from gongguan.protocol.messages.agreement import AgreementProposed
from gongguan.protocol.messages.envelope import Message
from gongguan.sync.exchange import ranges
from gongguan.sync.exchange.fold import Placed, fold, looked_at
from gongguan.sync.exchange.movement_end import MOVES
from gongguan.sync.exchange.outcomes import ACCEPTED, APPLIED, HELD, UNJUDGED, VOID
from gongguan.sync.exchange.units import LazyRecords, UnitWork, work_of
from gongguan.sync.exchange.values import Value, unit_id
from gongguan.sync.exchange.watch import Suspect
from gongguan.sync.records import AgreementVersion, LogMessage, SharedRecord, Unit

if TYPE_CHECKING:
    from gongguan.sync.exchange.held import HeldAt
    from gongguan.sync.exchange.logbook import LogBook

UNITS_PER_MESSAGE = 16
"""To read of so many messages in which unit they are costs what reading one of them does."""


def settle(book: "LogBook") -> None:
    """Rebuild what a bundle brought late: one pass per unit, however many messages it was."""
    book.held.settle()
    for work in list(book.units.values()):
        if work.stale:
            if work.taken is not None:
                book.watch.enter(Suspect(book.pairing.pairing_id, *work.taken), "")
            book.rebuild(work)
            book.watch.leave()


def prefetch(book: "LogBook", found: Sequence[Message], party: int) -> None:
    """The units of messages of one author, and what is looked at in them, in a few statements instead of thousands."""
    if len(found) < 2:
        return
    wanted = [(message, name) for message in found if (name := book.unit_name(message)) is not None]
    keys = {name: unit_id(*name) for _, name in wanted}
    names = {key: name for name, key in keys.items()}
    missing = [key for key in names if key not in book.units]
    rows = {row.unit: row for row in book.store.find(Unit, unit__in=missing)} if missing else {}
    for key in missing:
        book.units[key] = work_of(book.store, rows.get(key), key, names[key])
    places: dict[tuple[bytes, str], LazyRecords] = {}
    for message, name in wanted:
        key = keys[name]
        records = book.units[key].records
        for record in looked_at(message, party):
            if records.lacks(record):
                places[key, record] = records
    read_ahead(book, places)


def read_ahead(book: "LogBook", places: Mapping[tuple[bytes, str], LazyRecords]) -> None:
    """Read these records at once. ``places``: unit and key of each → the records of its unit."""
    found = book.store.get_many(SharedRecord, places)
    for place, records in places.items():
        records.know(place[1], found[place].value if place in found else None)


def put_outside(book: "LogBook", ending: LogMessage) -> None:
    """An ending or suspension has effect again, or none any more: what it crossed is folded anew."""
    put_ending_outside(book, placed_of(book, ending))


def put_ending_outside(book: "LogBook", ending: Placed) -> None:
    """What the other side wrote without knowing of this was folded before it came: fold those units anew."""
    for row in book.epochs.values():
        if row.own is not (ending.party == book.own_party):
            known = ending.past.seen.size(row.epoch)
            crossed = book.store.pick(LogMessage, ("unit",), ordinal=row.ordinal, index__ge=known)
            book.reread += len(crossed) // UNITS_PER_MESSAGE
            for unit in sorted({unit for (unit,) in crossed if unit is not None}):
                work = work_at(book, unit)
                if work is not None and work.row.name != "pairing":
                    work.stale = work.crossed = True
                    work.evidence = None
                    work.unaware.clear()


def work_at(book: "LogBook", key: bytes) -> UnitWork | None:
    """A unit by its key: one that this very transaction began is not in the store yet."""
    row = book.store.get(Unit, key) if key not in book.units else None
    return book.work_of(row.agreement, row.name) if row is not None else book.units.get(key)


def remember_text(book: "LogBook", placed: Placed) -> None:
    if placed.message.kind != "agreement.proposed":
        return
    body = placed.message.body
    version = note.text_hash(body.text)
    if isinstance(body.predecessor, str):
        before = book.store.get(AgreementVersion, body.predecessor)
        first = before.agreement if before else version
    else:
        first = version
    held = book.store.get(AgreementVersion, version)
    if held is not None and held.pairing_id != book.pairing.pairing_id:
        # The agreement's id, and with it its units, belong to the pairing that had the text first.
        return
    book.store.put(
        AgreementVersion(version=version, agreement=first, pairing_id=book.pairing.pairing_id, text=body.text)
    )


def signed_text(book: "LogBook", kept: AgreementVersion) -> str:
    """The text of a version; out of the log that was signed where the table was altered by hand."""
    if note.text_hash(kept.text) == kept.version:
        return kept.text
    for row in book.store.find(LogMessage, kind="agreement.proposed"):
        message = messages.decode(row.data)
        if isinstance(message.body, AgreementProposed) and note.text_hash(message.body.text) == kept.version:
            return message.body.text
    return kept.text


def placed_at(book: "LogBook", unit: bytes, cut: "HeldAt") -> list[Placed]:
    """The messages of a unit that had effect at a cut, at their places."""
    effects = [APPLIED, HELD, VOID] if book.held.rows else [APPLIED]
    rows = book.store.find(LogMessage, unit=unit, verdict=ACCEPTED, effect__in=effects)
    book.reread += len(rows)
    found = [placed_of(book, row) for row in rows if cut.inside.covers(*book.position_of(row))]
    own = book.own_party
    return [item for item in found if cut.effect((item.epoch, item.position), own=item.party == own) == APPLIED]


def placed_in(book: "LogBook", unit: bytes) -> list[Placed]:
    """Every accepted, applied message of a unit, at its place."""
    fields = ("ordinal", "index", "lamport", "data")
    found = book.store.pick(LogMessage, fields, unit=unit, verdict=ACCEPTED, effect=APPLIED)
    return [
        book.place_again(book.by_ordinal[ordinal], index, messages.decode(data), lamport)
        for ordinal, index, lamport, data in found
    ]


def moves_of(book: "LogBook", unit: bytes) -> list[Placed]:
    """The messages by which a member's period begins and ends, at their places: those held here unread too."""
    rows = book.store.find(LogMessage, unit=unit, kind__in=list(MOVES), verdict__in=[ACCEPTED, UNJUDGED])
    return [placed_of(book, row) for row in rows if not erasure.is_erased(row.data)]


def placed_of(book: "LogBook", item: LogMessage, without: frozenset[str] = frozenset()) -> Placed:
    """A stored message at its place; ``without``: as if there were not these stops."""
    row, message = book.by_ordinal[item.ordinal], messages.decode(item.data)
    return book.place_again(row, item.index, message, item.lamport, without)


def mark_stale(book: "LogBook", unit: bytes | None) -> None:
    """Other messages have effect in this unit than before: it is folded anew."""
    work = work_at(book, unit) if unit is not None else None
    if work is not None:
        work.stale = True
        if work.row.name == "pairing":
            book.forget_grounds()


def evidence_of(book: "LogBook", work: UnitWork | None, past: Past | None = None) -> Mapping[str, Value]:
    """The records of a unit for a verdict: with all that any author can have known, held and withdrawn ones too.

    Such a message counts or not by the past of the message judged, so a verdict stays what it was. What crossed a stop
    has no effect, but for an author who did not know of the stop either it has: ``past`` is that author's.
    """
    if work is None:
        return {}
    if work.crossed:
        book.rebuild(work)
    unknown = _unknown_stops(book, past) if past is not None and work.row.name != "pairing" else frozenset()
    if unknown:
        return _as_known_without(book, work, unknown)
    if not book.held.touches(work.row.unit):
        return work.records
    if work.evidence is None:
        rows = book.store.find(LogMessage, unit=work.row.unit, verdict=ACCEPTED, effect__in=[APPLIED, HELD, VOID])
        book.reread += len(rows)
        work.evidence = LazyRecords()
        for placed in sorted((placed_of(book, row) for row in rows), key=Placed.order_key):
            work.evidence.take(fold(work.evidence, placed))
    return work.evidence


def _unknown_stops(book: "LogBook", past: Past) -> frozenset[str]:
    stops = book.stops()
    return frozenset(stop.id for stop in stops if not past.covers(stop.epoch, stop.position)) if stops else frozenset()


def _as_known_without(book: "LogBook", work: UnitWork, stops: frozenset[str]) -> LazyRecords:
    """The records of a unit for an author who knew nothing of these stops."""
    if stops not in work.unaware:
        rows = book.store.find(LogMessage, unit=work.row.unit, verdict=ACCEPTED, effect__in=[APPLIED, HELD, VOID])
        book.reread += len(rows)
        found = work.unaware[stops] = LazyRecords()
        for placed in sorted((placed_of(book, row, stops) for row in rows), key=Placed.order_key):
            found.take(fold(found, placed))
    return work.unaware[stops]


def write_units(book: "LogBook") -> None:
    rows: list[Unit] = []
    records: list[SharedRecord] = []
    gone: list[tuple[bytes, str]] = []
    for work in book.units.values():
        row, key = work.row, work.last
        if row.name == "pairing" and (work.changed or work.removed):
            book.memory.agreed = None
        stored = OrderKey(row.last_lamport, row.last_party, row.last_epoch, row.last_index)
        # Also what changed no record was folded: whatever sorts before it later has to rebuild the unit.
        if not work.changed and not work.removed and key == stored:
            continue
        rows.append(
            msgspec.structs.replace(
                row, last_lamport=key.lamport, last_party=key.party, last_epoch=key.epoch, last_index=key.position
            )
        )
        records += [_record(row, name, value) for name, value in work.changed.items()]
        gone += [(row.unit, name) for name in work.removed if name not in work.changed]
        work.changed.clear()
        work.removed.clear()
    book.store.put_all(rows)
    book.store.put_all(records)
    if gone:
        book.store.remove_all(SharedRecord, gone)
    changed = [ranges.Changed(ranges.key_hash(item.unit, item.key), item.version, item.unit) for item in records]
    changed += [ranges.Changed(ranges.key_hash(unit, key), ranges.GONE, unit) for unit, key in gone]
    if changed:
        mark_ranges(book, changed)


def _record(unit: Unit, key: str, value: bytes) -> SharedRecord:
    return SharedRecord(
        unit=unit.unit,
        key=key,
        agreement=unit.agreement,
        subject=unit.name,
        category=key.partition("/")[0],
        value=value,
        version=hashlib.sha256(value).digest(),
    )


def mark_ranges(book: "LogBook", changed: Sequence[ranges.Changed]) -> None:
    """Digests kept of the ranges that these records are in are no longer theirs."""
    pairing_id, memory = book.pairing.pairing_id, book.memory
    if memory.marked is None:
        memory.marked = ranges.marked(book.store, pairing_id)
    ranges.mark(book.store, pairing_id, changed, book.rng(8))
    memory.marked += ranges.MARK_COSTS + len(changed)
    # What is removed may be erased: not even the hash of its value waits in an older mark.
    if memory.marked > ranges.MARKED_MAX or any(item.version == ranges.GONE for item in changed):
        ranges.bring_in(book.store, pairing_id, book.rng(8))
        memory.marked = ranges.MARK_COSTS
