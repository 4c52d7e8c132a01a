"""Files that messages name: kept in sealed parts, asked for, handed out, checked as a whole (protocol/attachment.py).

A file belongs to one pairing: what one partner names is never looked up among the files of another. What may cost disk
is bounded before it comes: a file is asked for only when its whole size fits into the bound of its partner
(``sync/exchange/quota.py``), and a part is kept only if it was asked for and has exactly the size that it must have::

    named = keep(store, pairing_id, data)              # before the message that names it is written
    file_of(store, pairing_id, named.sha256)           # the bytes again, on both sides
"""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec

from gongguan.protocol import attachment
from gongguan.protocol.attachment import Part, Wish
from gongguan.protocol.errors import refuse
from gongguan.protocol.limits import (
    ATTACHMENT_ATTEMPTS_MAX,
    ATTACHMENT_PARTS_PER_BUNDLE_MAX,
    ATTACHMENT_WISHES_MAX,
)
from gongguan.protocol.messages import KINDS
from gongguan.protocol.messages.kind import Attachment
from gongguan.sync.act import stamp
from gongguan.sync.exchange import quota
from gongguan.sync.exchange.fold import Placed
from gongguan.sync.records import AttachedFile, AttachedPart, AttachedUse, PartnerWish, Task
from gongguan.sync.store import Store

if TYPE_CHECKING:
    from gongguan.sync.exchange.logbook import LogBook

NAMED: Final = "named"
WANTED: Final = "wanted"
WHOLE: Final = "whole"
REFUSED: Final = "refused"
TASK: Final = "attachment_refused"
WISHES_TURN_S: Final = 600
"""How long the same files are asked for where not all can be: long enough for some of them to come over a slow line."""
ADMITTED_MAX: Final = 64
"""Files that begin to be asked for with one bundle."""


class Served(NamedTuple):
    """Parts for the partner. ``reached``: file → number after the last part; ``more``: not all that it lacks fitted."""

    parts: tuple[Part, ...]
    reached: Mapping[str, int]
    more: bool


# --- what is here -----------------------------------------------------------------------------------------------------


def keep(store: Store, pairing_id: str, data: bytes) -> Attachment:
    """Keep a file of ours, for a message that names it. Raises ``R-attachment-size``, ``S-attachment``."""
    named = attachment.describe(data)
    _store_whole(store, pairing_id, named, data)
    return named


def supply(store: Store, pairing_id: str, data: bytes) -> AttachedFile:
    """Put in by hand a file that a message names and that did not come. Raises ``D-attachment-unknown``."""
    named = attachment.describe(data)
    if store.get(AttachedFile, pairing_id, named.sha256) is None:
        raise refuse("D-attachment-unknown", sha256=named.sha256)
    return _store_whole(store, pairing_id, named, data)


def file_of(store: Store, pairing_id: str, sha256: str) -> bytes:
    """The bytes of a file. Raises ``D-attachment-unknown``, and ``D-attachment-missing`` while parts are lacking."""
    found = store.get(AttachedFile, pairing_id, sha256)
    if found is None:
        raise refuse("D-attachment-unknown", sha256=sha256)
    if found.state != WHOLE:
        raise refuse("D-attachment-missing", sha256=sha256, state=found.state)
    return b"".join(item.data for item in _parts(store, found))


def file_state(store: Store, pairing_id: str, sha256: str) -> str:
    """How far a named file has come: named, wanted, whole or refused."""
    found = store.get(AttachedFile, pairing_id, sha256)
    return found.state if found is not None else NAMED


def _parts(store: Store, file: AttachedFile) -> list[AttachedPart]:
    return store.find(AttachedPart, pairing_id=file.pairing_id, sha256=file.sha256, order=("number",))


def _store_whole(store: Store, pairing_id: str, named: Attachment, data: bytes) -> AttachedFile:
    before = store.get(AttachedFile, pairing_id, named.sha256)
    if before is not None and before.state == WHOLE:
        return before
    if before is not None:
        # What came of it so far may be of the size that its first message named, which need not be that of the file.
        _drop_parts(store, before)
    found = AttachedFile(
        pairing_id=pairing_id,
        sha256=named.sha256,
        size=named.size,
        type=named.type,
        state=WHOLE,
        held=attachment.missing(named.size, 0),
    )
    if before is not None and before.counted:
        # What was asked for and is put in by hand was counted for all of its size: that goes back with the file.
        quota.give_back(store, pairing_id, before.size)
    store.put(found)
    store.put_all(
        AttachedPart(pairing_id=pairing_id, sha256=named.sha256, number=number, data=attachment.cut(data, number))
        for number in attachment.numbers(found.held)
    )
    return found


# --- a message names a file -------------------------------------------------------------------------------------------


def name(book: "LogBook", placed: Placed, unit: bytes | None, *, own: bool) -> None:
    """An accepted message was applied: what it names is wanted, unless it is here. Twice is harmless."""
    message = placed.message
    for named in attachment.named_in(KINDS[message.kind], message):
        store, pairing_id = book.store, book.pairing.pairing_id
        subject = message.subject if isinstance(message.subject, str) else None
        use = AttachedUse(
            pairing_id=pairing_id,
            message=message.id,
            sha256=named.sha256,
            own=own,
            kind=message.kind,
            unit=unit,
            subject=subject,
        )
        store.put(use)
        # The first message that names a hash says what it is; a file of another size or type is not that file.
        if store.get(AttachedFile, pairing_id, named.sha256) is None:
            file = AttachedFile(
                pairing_id=pairing_id, sha256=named.sha256, size=named.size, type=named.type, state=NAMED
            )
            store.put(file)


def forget(store: Store, unit: bytes) -> int:
    """The messages of a unit are erased: so are the files that no other message names. How many files went."""
    gone = 0
    for use in store.find(AttachedUse, unit=unit):
        store.remove(AttachedUse, *use.primary_key())
        gone += _drop_unnamed(store, use.pairing_id, use.sha256)
    return gone


def _drop_unnamed(store: Store, pairing_id: str, sha256: str) -> bool:
    file = store.get(AttachedFile, pairing_id, sha256)
    if file is None or store.count(AttachedUse, pairing_id=pairing_id, sha256=sha256):
        return False
    _drop_parts(store, file)
    if file.counted:
        quota.give_back(store, pairing_id, file.size)
    store.remove(AttachedFile, pairing_id, sha256)
    store.remove(PartnerWish, pairing_id, sha256)
    return True


def _drop_parts(store: Store, file: AttachedFile) -> None:
    for part in _parts(store, file):
        store.remove(AttachedPart, *part.primary_key())


# --- asking -----------------------------------------------------------------------------------------------------------


def admit(book: "LogBook", bytes_max: int | None) -> None:
    """Ask from now on for the files that are named, as far as there is room in the partner's bound."""
    for file in book.store.find(AttachedFile, pairing_id=book.pairing.pairing_id, state=NAMED, limit=ADMITTED_MAX):
        if not quota.reserve(book.store, book, file.size, bytes_max):
            return
        book.store.put(msgspec.structs.replace(file, state=WANTED, counted=True))


def wishes(store: Store, pairing_id: str, now: datetime) -> tuple[Wish, ...]:
    """What we lack, for the next bundle."""
    wanted = _asked_for(store, pairing_id, now)
    return tuple(Wish(file.sha256, attachment.missing(file.size, file.held)) for file in wanted)


def _asked_for(store: Store, pairing_id: str, now: datetime) -> list[AttachedFile]:
    """The files of this turn: where there are more than one bundle asks for, each comes up, whatever others do."""
    if not store.find(AttachedFile, pairing_id=pairing_id, state=WANTED, limit=1):
        return []
    turn = hashlib.sha256(str(int(now.timestamp()) // WISHES_TURN_S).encode()).hexdigest()
    where: dict[str, Any] = {"pairing_id": pairing_id, "state": WANTED, "limit": ATTACHMENT_WISHES_MAX}
    found = store.find(AttachedFile, sha256__ge=turn, order=("sha256",), **where)
    if len(found) < ATTACHMENT_WISHES_MAX:
        found += store.find(AttachedFile, sha256__lt=turn, order=("sha256",), **where)
    return sorted(found[:ATTACHMENT_WISHES_MAX], key=lambda file: file.sha256)


def take(book: "LogBook", parts: Iterable[Part]) -> int:
    """Keep the parts that were asked for; anything else is left alone. How many were new."""
    taken = 0
    for part in parts:
        file = book.store.get(AttachedFile, book.pairing.pairing_id, part.sha256)
        if file is None or file.state != WANTED or not _is_lacking(file, part):
            continue
        taken += 1
        book.store.put(AttachedPart(pairing_id=file.pairing_id, sha256=file.sha256, number=part.number, data=part.data))
        file = msgspec.structs.replace(file, held=file.held | 1 << part.number)
        book.store.put(file if attachment.missing(file.size, file.held) else _complete(book, file))
    return taken


def _is_lacking(file: AttachedFile, part: Part) -> bool:
    is_open = attachment.missing(file.size, file.held) >> part.number & 1
    return bool(is_open) and len(part.data) == attachment.part_size(file.size, part.number)


def _complete(book: "LogBook", file: AttachedFile) -> AttachedFile:
    """All parts are here. What is not the file that was named leaves nothing behind."""
    digest = hashlib.sha256()
    parts = _parts(book.store, file)
    for part in parts:
        digest.update(part.data)
    # What the type is shows at the beginning and at the end, which may begin in the part before the last.
    ends = parts[0].data + b"".join(part.data[-attachment.TAIL_BYTES :] for part in parts[-2:])
    if digest.hexdigest() == file.sha256 and attachment.type_of(ends) == file.type:
        return msgspec.structs.replace(file, state=WHOLE)
    _drop_parts(book.store, file)
    file = msgspec.structs.replace(file, held=0, failures=file.failures + 1)
    if file.failures < ATTACHMENT_ATTEMPTS_MAX:
        return file
    quota.give_back(book.store, file.pairing_id, file.size)
    _tell_refused(book, file)
    return msgspec.structs.replace(file, state=REFUSED, counted=False)


def _tell_refused(book: "LogBook", file: AttachedFile) -> None:
    use = book.store.find(AttachedUse, pairing_id=file.pairing_id, sha256=file.sha256, limit=1)
    book.store.put(
        Task(
            task_id=f"{TASK}:{file.sha256}",
            kind=TASK,
            state="open",
            agreement=None,
            subject=use[0].subject if use else None,
            opened_at=stamp(book.now),
            note=file.sha256[:16],
        )
    )


# --- handing out ------------------------------------------------------------------------------------------------------


def keep_wishes(store: Store, pairing_id: str, asked: Iterable[Wish]) -> None:
    """What the partner lacks by its newest bundle: files that messages of this pairing name, and no others."""
    wanted = {wish.sha256: wish.missing for wish in asked if store.get(AttachedFile, pairing_id, wish.sha256)}
    for before in store.find(PartnerWish, pairing_id=pairing_id):
        if before.sha256 not in wanted:
            store.remove(PartnerWish, pairing_id, before.sha256)
    for sha256, missing in wanted.items():
        store.put(PartnerWish(pairing_id=pairing_id, sha256=sha256, missing=missing))


def serve(store: Store, pairing_id: str, room_bytes: int, beyond: Mapping[str, int]) -> Served:
    """Parts that the partner lacks, as many as fit. ``beyond``: file → from which part on, when others are on their
    way already."""
    parts: list[Part] = []
    reached: dict[str, int] = {}
    for wish in store.find(PartnerWish, pairing_id=pairing_id):
        file = store.get(AttachedFile, pairing_id, wish.sha256)
        if file is None or file.state != WHOLE:
            continue
        for number in attachment.numbers(wish.missing & file.held):
            if number < beyond.get(file.sha256, 0):
                continue
            found = store.get(AttachedPart, pairing_id, file.sha256, number)
            if found is None:
                continue
            room_bytes -= len(found.data)
            if room_bytes < 0 or len(parts) == ATTACHMENT_PARTS_PER_BUNDLE_MAX:
                return Served(tuple(parts), reached, True)
            parts.append(Part(file.sha256, number, found.data))
            reached[file.sha256] = number + 1
    return Served(tuple(parts), reached, False)


def marks(store: Store, pairing_id: str, now: datetime) -> tuple[tuple[str, int, int, int], ...]:
    """How far files have come over, both ways: (hash, parts held here, parts lacking there, failures); empty when
    neither lacks any that the other may have."""
    files = _asked_for(store, pairing_id, now)
    lacking_here = {file.sha256: (file.held, file.failures) for file in files}
    lacking_there = {
        wish.sha256: wish.missing
        for wish in store.find(PartnerWish, pairing_id=pairing_id)
        if (file := store.get(AttachedFile, pairing_id, wish.sha256)) is not None and file.state == WHOLE
    }
    return tuple(
        (sha256, lacking_here.get(sha256, (0, 0))[0], lacking_there.get(sha256, 0), lacking_here.get(sha256, (0, 0))[1])
        for sha256 in sorted({*lacking_here, *lacking_there})
    )
