"""Erasure of a member on both sides (``exchange.erased``): at once out of every view, then byte by byte off the disk.

Two steps. By the log alone, so that both nodes agree: from the position of the message on, the member's unit has no
records, and whatever else is said about the member has no effect. On this machine: bytes of messages go, with files
and local records, as soon as nothing needs them any more. Ours are needed until the partner has receipted them (else
it would receipt what it never saw); and no partner's word makes us delete before our own day is the day it names::

    note(book, placed, own)        # an exchange.erased was applied (REACT)
    sweep(book)                    # delete what may go; safe to repeat
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

import msgspec

from gongguan.protocol import erasure
from gongguan.protocol.causality import Closure
from gongguan.protocol.erasure import ErasedLeaf
from gongguan.protocol.errors import ProtocolError
from gongguan.protocol.messages.envelope import Message
from gongguan.sync import records
from gongguan.sync.act import stamp
from gongguan.sync.days import today
from gongguan.sync.exchange import attachments, folding, intake, quota
from gongguan.sync.exchange.fold import Placed, erased_key
from gongguan.sync.exchange.outcomes import ACCEPTED, ERASED, ERASED_KIND, HELD
from gongguan.sync.exchange.units import LazyRecords
from gongguan.sync.exchange.values import unit_id
from gongguan.sync.records import Draft, Epoch, Erasure, LogMessage, MobilityPeriod, Setting, SharedRecord
from gongguan.sync.store import Record, Store

if TYPE_CHECKING:
    from gongguan.sync.exchange.logbook import LogBook

LEFT: Final = "erased-left/{pairing}"
"""Setting: after a loss of ours, what is left of erased messages was taken from this partner."""
DUE: Final = "due"
DONE: Final = "done"
KEPT: Final[frozenset[type[Record]]] = frozenset({Erasure, SharedRecord, records.Holding, records.AttachedUse})
"""Records with a pseudonym that have their own way out, or that say that it is erased."""


def local_kinds() -> dict[type[Any], str]:
    """Every kind of local record that is about one member by its pseudonym, with its field for it: all of them go.

    ``person`` is the pseudonym at the destination; at the origin it is the own member, whose records stay its own.
    """
    every = [kind for kind in vars(records).values() if isinstance(kind, type) and issubclass(kind, Record)]
    found = {kind: name for kind in every for name in ("person", "subject") if name in kind.__struct_fields__}
    return {kind: found[kind] for kind in sorted(found, key=lambda kind: kind.__name__) if kind not in KEPT}


# --- by the log -------------------------------------------------------------------------------------------------------


def is_known(book: "LogBook") -> bool:
    """Whether anybody was ever erased in this pairing: nearly always nobody was, and nothing here costs more."""
    if book.has_erasures is None and book.knows and book.memory.nobody_erased:
        book.has_erasures = False
    if book.has_erasures is None:
        pairing_id = book.pairing.pairing_id
        told = book.store.find(SharedRecord, agreement=pairing_id, category="erased", limit=1)
        book.has_left = book.store.get(Setting, LEFT.format(pairing=pairing_id)) is not None
        book.has_erasures = bool(told) or book.has_left
        book.memory.nobody_erased = not book.has_erasures
    return book.has_erasures


def prefetch(book: "LogBook", found: Iterable[Message]) -> None:
    """Ask at once which of the members that these messages are about are erased."""
    if not is_known(book):
        return
    work = book.pairing_unit()
    places: dict[tuple[bytes, str], LazyRecords] = {}
    for message in found:
        if isinstance(message.subject, str):
            key = erased_key(book.envelope_name(message)[0], message.subject)
            if work.records.lacks(key):
                places[work.row.unit, key] = work.records
    folding.read_ahead(book, places)


def unit_erased(book: "LogBook", message: Message) -> bytes | None:
    """The unit of a message about a member who is erased; None for all others."""
    if not isinstance(message.subject, str) or not is_known(book):
        return None
    scope, _ = book.envelope_name(message)
    if scope == book.pairing.pairing_id:
        # No known version is cited: then it is about a member of the agreement that there is.
        current = book.version(book.current_version())
        scope = current.agreement if current is not None else scope
    unit = unit_id(scope, message.subject)
    if erased_key(scope, message.subject) in book.pairing_unit().records:
        return unit
    # Where what was lost comes back, what is left of the unit comes before the message that erased it. Once all has
    # come back only that message counts: of which unit it was, of what is left, only the partner says.
    if not (book.has_left and book.pairing.recovering):
        return None
    return unit if book.store.find(LogMessage, unit=unit, kind=ERASED_KIND, limit=1) else None


def note(book: "LogBook", placed: Placed, own: bool) -> None:
    """REACT: the member is erased from here on; what is stored about it loses its effect now and its bytes later."""
    body = placed.message.body
    unit = unit_id(body.agreement, body.subject)
    period = book.store.get(MobilityPeriod, body.subject)
    before = book.store.get(Erasure, unit)
    is_known(book)
    book.has_erasures, book.memory.nobody_erased = True, False
    book.store.put(
        Erasure(
            unit=unit,
            pairing_id=book.pairing.pairing_id,
            agreement=body.agreement,
            subject=body.subject,
            member_id=before.member_id if before else period.member_id if period else None,
            message=placed.message.id,
            own=own,
            basis=body.basis,
            on=body.on,
            state=DUE,
            known_at=stamp(book.now),
            messages=before.messages if before else 0,
            files=before.files if before else 0,
        )
    )
    for item in _stored(book, unit, body.subject):
        book.store.put(msgspec.structs.replace(item, effect=ERASED))
        book.located.pop(item.id, None)
    folding.mark_stale(book, unit)


def _stored(book: "LogBook", unit: bytes, subject: str) -> list[LogMessage]:
    """All messages about the member in this pairing: those without a known agreement, and second copies, too."""
    units = [unit, unit_id(book.pairing.pairing_id, subject)]
    found = book.store.find(LogMessage, unit__in=units)
    # Of a kind not known here: where it cites no known version either, it is held in the unit of the pairing itself.
    held = book.store.find(LogMessage, unit=unit_id(book.pairing.pairing_id, "pairing"), effect=HELD)
    found += [item for item in held if _is_about(item, subject)]
    ids, leaves = sorted({item.id for item in found}), {item.leaf_hash for item in found}
    for author in (book.identity.node_id, book.pairing.peer):
        again = book.store.find(LogMessage, author=author, id__in=ids) if ids else []
        found += [item for item in again if item.leaf_hash in leaves or _is_about(item, subject)]
    here = {(item.ordinal, item.index): item for item in found if item.ordinal in book.by_ordinal}
    return [here[at] for at in sorted(here)]


def _is_about(item: LogMessage, subject: str) -> bool:
    """By its own bytes: whoever says an id again, of an erased member, must not take what had it first along."""
    message = intake.read(item.data)
    return not isinstance(message, ProtocolError) and message.subject == subject


# --- messages that come later -----------------------------------------------------------------------------------------


def take_left(book: "LogBook", row: Epoch, placed: Placed, author: str, data: bytes) -> None:
    """Store what is left of a message, at its place."""
    left = erasure.read(data)
    book.has_erasures = book.has_left = True
    book.memory.nobody_erased = False
    book.store.put(Setting(name=LEFT.format(pairing=book.pairing.pairing_id), value=book.pairing.pairing_id))
    _store(book, row, placed, author, bytes.fromhex(left.unit), bytes.fromhex(left.leaf), data, ERASED)


def take_message(
    book: "LogBook", row: Epoch, placed: Placed, author: str, unit: bytes, leaf: bytes, data: bytes, verdict: str
) -> None:
    """Store a message about an erased member: without effect, and to be deleted like the others."""
    _store(book, row, placed, author, unit, leaf, data, verdict)
    held = book.store.get(Erasure, unit)
    if held is not None and held.state == DONE:
        book.store.put(msgspec.structs.replace(held, state=DUE))


def _store(
    book: "LogBook",
    row: Epoch,
    placed: Placed,
    author: str,
    unit: bytes,
    leaf: bytes,
    data: bytes,
    verdict: str,
) -> None:
    stored = LogMessage(
        ordinal=row.ordinal,
        index=placed.position,
        author=author,
        id=placed.message.id,
        kind=ERASED_KIND,
        unit=unit,
        leaf_hash=leaf,
        lamport=placed.lamport,
        verdict=verdict,
        effect=ERASED,
        data=data,
    )
    book.store.add(stored)
    book.located.pop(stored.id, None)
    book.set_row(msgspec.structs.replace(row, size=placed.position + 1, lamport=placed.lamport))


# --- off the disk -----------------------------------------------------------------------------------------------------


def sweep(book: "LogBook") -> int:
    """Delete what is due and may go. How many messages lost their bytes."""
    day = today(book.now).isoformat()
    due = book.store.find(Erasure, pairing_id=book.pairing.pairing_id, state=DUE)
    return sum(_delete(book, item) for item in due if item.on <= day)


def _delete(book: "LogBook", item: Erasure) -> int:
    stored = [found for found in _stored(book, item.unit, item.subject) if not erasure.is_erased(found.data)]
    gone = [found for found in stored if _may_go(book, found)]
    for found in gone:
        _empty(book, found, item.unit)
    files = attachments.forget(book.store, item.unit)
    if item.state == DUE:
        _forget_locally(book.store, item.subject)
    book.store.put(
        msgspec.structs.replace(
            item,
            state=DUE if len(gone) < len(stored) else DONE,
            erased_at=stamp(book.now),
            messages=item.messages + len(gone),
            files=item.files + files,
        )
    )
    return len(gone)


def _may_go(book: "LogBook", item: LogMessage) -> bool:
    epoch = book.by_ordinal[item.ordinal]
    # Where nothing travels there is nobody who has to hold it first.
    return not epoch.own or not book.travels or item.index < epoch.receipted


def _empty(book: "LogBook", item: LogMessage, unit: bytes) -> None:
    """Put what is left of a message in the place of its bytes."""
    message = intake.read(item.data)
    seen = () if isinstance(message, ProtocolError) else message.seen
    data = erasure.leave(ErasedLeaf(id=item.id, leaf=item.leaf_hash.hex(), seen=seen, unit=unit.hex()))
    book.store.put(msgspec.structs.replace(item, kind=ERASED_KIND, unit=unit, effect=ERASED, data=data))
    book.located.pop(item.id, None)
    if not book.by_ordinal[item.ordinal].own:
        quota.give_back(book.store, book.pairing.pairing_id, max(0, len(item.data) - len(data)))


def _forget_locally(store: Store, subject: str) -> None:
    for kind, field in local_kinds().items():
        where: dict[str, Any] = {field: subject}
        for record in store.find(kind, **where):
            store.remove(kind, *record.primary_key())
    for draft in store.find(Draft):
        message = intake.read(draft.data)
        if not isinstance(message, ProtocolError) and message.subject == subject:
            store.remove(Draft, draft.number)


# --- as others ask ----------------------------------------------------------------------------------------------------


def is_later(book: "LogBook", inside: Closure) -> bool:
    """Whether a member was erased here after a cut: how its unit was there nobody can tell any more."""
    if not is_known(book):
        return False
    for row in book.epochs.values():
        later = book.store.find(LogMessage, ordinal=row.ordinal, index__ge=inside.size(row.epoch))
        if any(item.kind == "exchange.erased" and item.verdict == ACCEPTED for item in later):
            return True
    return False
