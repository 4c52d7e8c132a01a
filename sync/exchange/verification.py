"""``verify``: do the tables still say what the logs say, and are the logs still what was signed?

Logs first: every epoch's messages must add up, leaf by leaf, to the root of the head that its author signed. Then every
unit is folded anew from those messages and compared with its stored records. A record that differs was altered here,
by hand or by a fault: the logs are signed by both sides, the table is not. ``repair`` puts back what the logs say::

    found = examine(book)
    if found.altered: repair(book, found)      # only after a person's yes
"""

import hashlib
from collections.abc import Mapping
from typing import Final, NamedTuple

from gongguan.protocol import erasure, log, messages, note
from gongguan.protocol.errors import ProtocolError
from gongguan.protocol.merkle import CompactRange
from gongguan.sync.exchange import folding, ranges
from gongguan.sync.exchange.fold import Placed, fold
from gongguan.sync.exchange.logbook import LogBook
from gongguan.sync.exchange.outcomes import ACCEPTED, APPLIED
from gongguan.sync.exchange.units import LazyRecords
from gongguan.sync.exchange.values import unit_id
from gongguan.sync.records import AgreementVersion, Epoch, LogMessage, SharedRecord, Unit

PAGE = 1000
"""Messages read at once: bounds memory whatever the length of a log."""


AGREEMENTS: Final = "decision/agreements"
"""The record of what both have signed, by the hashes of the texts: an altered text shows as a difference of it."""


class AlteredRecord(NamedTuple):
    """A shared record that is not what the logs give. ``what``: altered, missing or extra (in the table)."""

    unit: bytes
    agreement: str
    subject: str
    key: str
    what: str


class BrokenLog(NamedTuple):
    """An epoch whose stored messages do not add up to its signed head. ``code``: why."""

    epoch: str
    own: bool
    size: int
    code: str


class Examined(NamedTuple):
    """What ``examine`` found in one pairing."""

    messages: int
    records: int
    broken: tuple[BrokenLog, ...]
    altered: tuple[AlteredRecord, ...]


def examine(book: LogBook) -> Examined:
    """Check both logs and every unit of a pairing. Reads only."""
    erased, told = _units_erased(book), dict[bytes, tuple[str, int]]()
    checked = (_check_log(book, row, erased, told) for row in book.epochs.values())
    broken = tuple(found for found in checked if found is not None)
    count_of_messages = sum(row.size for row in book.epochs.values())
    altered: list[AlteredRecord] = []
    records = 0
    entries = ranges.StoredRanges(book.store, book.pairing.pairing_id)
    for unit in _units(book, told):
        count, different = _check_unit(book, unit, entries)
        records += count
        altered.extend(different)
    if altered_texts(book):
        pairing_id = book.pairing.pairing_id
        altered.append(AlteredRecord(unit_id(pairing_id, "pairing"), pairing_id, "pairing", AGREEMENTS, "altered"))
    return Examined(count_of_messages, records, broken, tuple(altered))


def repair(book: LogBook, found: Examined) -> int:
    """Fold the units with altered records anew and write what comes out. How many records were put back."""
    for key, agreement, name in {(item.unit, item.agreement, item.subject) for item in found.altered}:
        work = book.unit(agreement, name)
        book.rebuild(work)
        if name == "pairing":
            for placed in folding.placed_in(book, key):
                folding.remember_text(book, placed)
        # Also where only a column beside the value was changed.
        altered = {item.key for item in found.altered if item.unit == key}
        work.changed.update((name, value) for name, value in work.records.raw.items() if name in altered)
    if found.altered:
        # Whoever altered rows by hand made no mark: nothing kept about them is believed any more.
        ranges.mend(book.store, book.pairing.pairing_id, [book.pairing.pairing_id, *agreements_of(book)])
    return len(found.altered)


def altered_texts(book: LogBook) -> list[AgreementVersion]:
    """Agreement texts in the table that are not what both signed by their hash: a single byte is enough (A-61)."""
    kept = book.store.find(AgreementVersion, pairing_id=book.pairing.pairing_id)
    return [item for item in kept if note.text_hash(item.text) != item.version]


def units_of(book: LogBook) -> list[Unit]:
    """All units of a pairing: its own and those of its agreements."""
    scopes = [book.pairing.pairing_id, *agreements_of(book)]
    return [unit for scope in scopes for unit in book.store.find(Unit, agreement=scope)]


def _units(book: LogBook, told: Mapping[bytes, tuple[str, int]]) -> list[Unit]:
    """All units of a pairing, also those that the logs tell of and the table has no row for."""
    stored = units_of(book)
    lacking = told.keys() - {unit.unit for unit in stored}
    found = ((key, book.message_at(told[key])) for key in sorted(lacking))
    names = ((key, book.unit_name(messages.decode(item.data))) for key, item in found if item is not None)
    return [*stored, *(Unit(unit=key, agreement=name[0], name=name[1]) for key, name in names if name is not None)]


def agreements_of(book: LogBook) -> list[str]:
    """The agreement ids of a pairing."""
    proposals = book.grounds().agreements.proposals
    known = (book.version(item.content) for item in proposals)
    return sorted({version.agreement for version in known if version is not None})


def folded(placed: list[Placed]) -> dict[str, bytes]:
    """The records that these messages of one unit give."""
    records = LazyRecords()
    for item in sorted(placed, key=Placed.order_key):
        records.take(fold(records, item))
    return records.raw


def _check_unit(book: LogBook, unit: Unit, entries: ranges.StoredRanges) -> tuple[int, list[AlteredRecord]]:
    rows = {record.key: record for record in book.store.find(SharedRecord, unit=unit.unit)}
    stored = {key: row.value for key, row in rows.items()}
    expected = folded(folding.placed_in(book, unit.unit))
    different = []
    for key in sorted({*stored, *expected}):
        if stored.get(key) != expected.get(key) or not _stands_by_its_value(rows[key], entries):
            what = "missing" if key not in stored else "extra" if key not in expected else "altered"
            different.append(AlteredRecord(unit.unit, unit.agreement, unit.name, key, what))
    return len(expected), different


def _stands_by_its_value(row: SharedRecord, entries: ranges.StoredRanges) -> bool:
    """Whether what says beside a record which value it has agrees with its value."""
    version = hashlib.sha256(row.value).digest()
    return row.version == version and entries.entry(ranges.key_hash(row.unit, row.key)) == (version, row.unit)


def _units_erased(book: LogBook) -> set[bytes]:
    """The units whose messages may lack their bytes, as the records of the pairing say."""
    keys = (key.split("/") for key in book.pairing_unit().records if key.startswith("erased/"))
    return {unit_id(agreement, subject) for _, agreement, subject in keys}


def _check_log(book: LogBook, row: Epoch, erased: set[bytes], told: dict[bytes, tuple[str, int]]) -> BrokenLog | None:
    """``told``: unit → where a message stands that has effect in it; what this log has goes in."""
    frontier = CompactRange()
    for start in range(0, row.size, PAGE):
        page = book.store.find(
            LogMessage, ordinal=row.ordinal, index__ge=start, index__lt=start + PAGE, order=("index",)
        )
        try:
            leaves = [erasure.leaf_hash(message.data) for message in page]
        except ProtocolError as error:
            return BrokenLog(row.epoch, row.own, row.size, error.code)
        if [message.leaf_hash for message in page] != leaves:
            return BrokenLog(row.epoch, row.own, row.size, "P-root")
        if any(erasure.is_erased(message.data) and message.unit not in erased for message in page):
            return BrokenLog(row.epoch, row.own, row.size, "P-erased")
        frontier = frontier.extend(leaves)
        for message in page:
            if message.unit is not None and (message.verdict, message.effect) == (ACCEPTED, APPLIED):
                told.setdefault(message.unit, (row.epoch, message.index))
    return _check_head(book, row, frontier)


def _check_head(book: LogBook, row: Epoch, frontier: CompactRange) -> BrokenLog | None:
    author = book.identity.node_id if row.own else book.pairing.peer
    origin = log.origin(book.pairing.pairing_id, author, row.epoch)
    try:
        head = log.open_checkpoint(row.head, book.keys_in(row).log, origin)
    except ProtocolError as error:
        return BrokenLog(row.epoch, row.own, row.size, error.code)
    if (head.size, head.root) != (frontier.size, frontier.root()) or head.size != row.size:
        return BrokenLog(row.epoch, row.own, row.size, "P-root")
    return None
