"""The partner's messages come in, and our own that come back: checked, judged, stored, applied, one by one.

``LogBook.take`` walks through a verified segment and asks here: is its causality sound, is an epoch new, has an id been
used, must a message wait, which verdict does it get. A message is stored whatever becomes of it.
"""

from typing import TYPE_CHECKING

import msgspec

from gongguan.protocol import erasure as erased
from gongguan.protocol import log, messages, note
from gongguan.protocol.causality import Head
from gongguan.protocol.errors import ProtocolError, refuse
from gongguan.protocol.limits import EPOCHS_PER_DAY_MAX, SEEN_HEADS_MAX
from gongguan.protocol.messages.envelope import Message
from gongguan.protocol.messages.exchange import EpochOpened, OutcomeReported
from gongguan.protocol.session import SegmentTaken
from gongguan.sync.act import stamp
from gongguan.sync.exchange import erasure, folding, succession, verdict
from gongguan.sync.exchange.fold import Placed
from gongguan.sync.exchange.outcomes import (
    ACCEPTED,
    APPLIED,
    DUPLICATE,
    ERASED,
    ERASED_KIND,
    HELD,
    NEVER_HELD,
    POISON,
    REUSED,
    UNJUDGED,
    UNKNOWN,
    UNREADABLE,
    Position,
)
from gongguan.sync.exchange.units import UnitWork
from gongguan.sync.exchange.watch import Suspect
from gongguan.sync.records import Epoch, LogMessage, Segment, Setting

if TYPE_CHECKING:
    from gongguan.sync.exchange.logbook import LogBook


class EffectFailedError(Exception):
    """An accepted message was refused by what it sets off here: a fault of ours, never of the partner."""


MACHINE = frozenset("IRT")
"""Refusals that begin so say what this node lacks, not what is wrong with a message."""


def lacks_for(book: "LogBook", segment: SegmentTaken) -> bool:
    """Whether messages of this segment had seen, or continue, what we do not hold: it has to wait for that."""
    row = book.epochs.get(segment.epoch)
    if segment.start != (row.size if row is not None else 0):
        return True
    decoded = [message for data in segment.messages if isinstance(message := read(data), Message)]
    needed = {(head, not segment.own) for message in decoded for head in message.seen}
    if row is None and decoded and isinstance(decoded[0].body, EpochOpened):
        needed |= {((epoch, size), segment.own) for epoch, size, _ in decoded[0].body.parents}
    return any(not book.holds(head, own) for head, own in needed)


def read(data: bytes) -> Message | ProtocolError:
    """The message that these bytes are, or why they are none; of one that is erased what stands for it."""
    try:
        if erased.is_erased(data):
            left = erased.read(data)
            return Message(id=left.id, salt="", kind=ERASED_KIND, version=0, seen=left.seen, at="", body=None)
        return messages.decode(data)
    except ProtocolError as error:
        return error


def epoch_of(book: "LogBook", segment: SegmentTaken, first: Message | ProtocolError | None) -> Epoch:
    """An epoch that is new to us: leaf 0 names its parents, all of which we must hold."""
    epoch = segment.epoch
    if not isinstance(first, Message) or not isinstance(first.body, EpochOpened):
        raise refuse("P-epoch", epoch=epoch)
    for parent, size, root in first.body.parents:
        held = book.epochs.get(parent)
        if held is None or held.own is not segment.own or held.size < size:
            raise refuse("P-epoch-parent", epoch=epoch, parent=parent, size=size)
        signed = book.store.get(Segment, held.ordinal, size)
        # Whoever names another root, or a size that it never signed, tells of a log that it did not show us.
        if signed is None or log.Checkpoint.parse(note.parse(signed.head).text).root.hex() != root:
            raise refuse("P-epoch", epoch=epoch, parent=parent, size=size)
    if not segment.own:
        _count_epoch(book)
    succession.check_leaf(book, segment, first.body)
    parents = tuple((parent, size) for parent, size, _ in first.body.parents)
    row = book.new_epoch_row(epoch, segment.own, parents, first.body.card)
    # Our next message has to list every head that nothing merges, and has room for so many.
    if not segment.own and len({epoch, *(name for name, _ in book.heads(own=False))}) > SEEN_HEADS_MAX:
        raise refuse("P-epoch-heads", limit=SEEN_HEADS_MAX)
    return row


def _count_epoch(book: "LogBook") -> None:
    """Honest processes restart a few times a day; every epoch costs both sides memory for ever."""
    name = f"epochs/{book.pairing.pairing_id}"
    today = stamp(book.now)[:10]
    held = book.store.get(Setting, name)
    day, _, count = held.value.partition(" ") if held else (today, "", "0")
    taken = int(count) if day == today else 0
    if taken >= EPOCHS_PER_DAY_MAX:
        raise refuse("R-epochs", limit=EPOCHS_PER_DAY_MAX)
    book.store.put(Setting(name=name, value=f"{today} {taken + 1}"))


def last_seen(book: "LogBook", row: Epoch) -> tuple[Head, ...]:
    """``seen`` of the message before the next one: in the epoch, or of the parents' last ones."""
    if row.size > 0:
        return _seen_at(book, (row.epoch, row.size))
    listed = [head for parent in row.parents for head in _seen_at(book, (parent[0], parent[1]))]
    return book.memory.lineage.unmerged(set(listed))


def _seen_at(book: "LogBook", head: Head) -> tuple[Head, ...]:
    epoch, size = head
    remembered = book.memory.seen_at.get(epoch)
    if remembered is None or remembered[0] != size:
        remembered = book.memory.seen_at[epoch] = (size, _read_seen(book, head))
    return remembered[1]


def _read_seen(book: "LogBook", head: Head) -> tuple[Head, ...]:
    row = book.epochs[head[0]]
    for position in range(head[1] - 1, -1, -1):
        found = book.store.get(LogMessage, row.ordinal, position)
        if found is None:
            raise refuse("I-log-incomplete", epoch=head[0], size=head[1])
        message = read(found.data)
        if isinstance(message, Message):
            return message.seen
    return ()


def check_causality(book: "LogBook", message: Message, before: tuple[Head, ...], epoch: str, index: int) -> None:
    """``seen`` names what exists, never goes back, and is closed under what those messages had seen themselves."""
    for seen_epoch, size in message.seen:
        row = book.epochs.get(seen_epoch)
        if row is None or not row.own or row.size < size:
            raise refuse("P-causality", epoch=epoch, index=index)
        book.claimed[seen_epoch] = max(size, book.claimed.get(seen_epoch, 0))
    lineage = book.memory.lineage
    now_seen = lineage.closure(message.seen)
    if not now_seen.includes(lineage.closure(before)):
        raise refuse("P-causality", epoch=epoch, index=index)
    own = lineage.closure([(epoch, index)])
    for head in message.seen:
        if not own.includes(lineage.closure(_seen_at(book, head))):
            raise refuse("P-causality", epoch=epoch, index=index)


def known_ids(book: "LogBook", decoded: list[Message | ProtocolError]) -> dict[str, LogMessage]:
    """The first message under each of these ids, ours included: an id of ours in the partner's mouth is reused."""
    ids = [message.id for message in decoded if isinstance(message, Message)]
    known: dict[str, LogMessage] = {}
    authors = (book.pairing.peer, book.identity.node_id)
    found = book.store.find(LogMessage, author__in=authors, id__in=ids) if ids else []
    for row in sorted(found, key=lambda row: row.author != book.pairing.peer):
        if row.effect != DUPLICATE and row.verdict != REUSED and row.kind != UNREADABLE:
            known.setdefault(row.id, row)
    return known


def take_one(
    book: "LogBook",
    row: Epoch,
    index: int,
    message: Message | ProtocolError,
    data: bytes,
    leaf: bytes,
    known: dict[str, LogMessage],
) -> None:
    if isinstance(message, ProtocolError):
        lamport = 1 + row.lamport
        _store_refused(book, row, index, message.code, lamport, leaf, data)
        book.set_row(msgspec.structs.replace(row, size=index + 1, lamport=lamport))
        return
    author, party = _author_of(book, row)
    placed = book.place(row, index, message, party)
    twin = known.get(message.id)
    if twin is not None:
        _check_line(book, placed, twin)
    if message.kind == ERASED_KIND:
        erasure.take_left(book, row, placed, author, data)
        return
    unit = erasure.unit_erased(book, message)
    if unit is not None:
        _take_erased(book, row, placed, author, unit, leaf, data, twin)
        return
    effect = book.held.effect((placed.epoch, placed.position), own=row.own, message=message)
    if twin is None and not row.own and (held := _held_back(book, placed, effect)) is not None:
        known[message.id] = _keep(book, row, placed, leaf, data, *held)
        return
    work = None if twin is not None else book.unit_of(placed)
    code = _verdict_on(book, placed, work, twin, leaf)
    if twin is not None and twin.leaf_hash == leaf:
        effect = DUPLICATE
    recorded = book.record(row, placed, author, work, leaf, data, code, effect)
    book.set_row(msgspec.structs.replace(row, size=index + 1, lamport=placed.lamport))
    if twin is None:
        known[message.id] = recorded
    if code != ACCEPTED:
        _report(book, row, index, message.id, code)
    elif effect != DUPLICATE:
        _process(book, placed, work, own=row.own, effect=effect)
    if not row.own:
        book.held.passed((row.epoch, index))


def _check_line(book: "LogBook", placed: Placed, twin: LogMessage) -> None:
    """Of one id at several positions the first counts: that must be one and the same for whoever holds them all.

    So whatever has an id once more lies behind what had it first. No honest node says one twice (decision 0040). What
    stands in a pairing that this one follows was there before all of this.
    """
    first = book.by_ordinal.get(twin.ordinal)
    if first is None:
        return
    behind = max(placed.past.own.size(first.epoch), placed.past.seen.size(first.epoch))
    if twin.index >= behind:
        raise refuse("P-id-twice", epoch=placed.epoch, index=placed.position)


def _take_erased(
    book: "LogBook",
    row: Epoch,
    placed: Placed,
    author: str,
    unit: bytes,
    leaf: bytes,
    data: bytes,
    twin: LogMessage | None,
) -> None:
    """A message about a member who is erased here: refused if its author knew that, else without effect."""
    try:
        verdict.check_not_erased(placed.message, placed.past, book.grounds())
        code = ERASED
    except ProtocolError as error:
        code = error.code
    if twin is not None and twin.leaf_hash != leaf:
        # Else whatever had the id first could not be found any more.
        code = REUSED
    erasure.take_message(book, row, placed, author, unit, leaf, data, code)
    if code != ERASED:
        _report(book, row, placed.position, placed.message.id, code)
    if not row.own:
        book.held.passed((row.epoch, placed.position))


def watch_over(book: "LogBook", position: Position, message_id: str) -> None:
    """A message that failed too often is not tried again, so nothing can be its fault any more."""
    if book.held.is_condemned(position):
        book.watch.leave()
    else:
        book.watch.enter(Suspect(book.pairing.pairing_id, *position), message_id)


def _process(book: "LogBook", placed: Placed, work: UnitWork | None, *, own: bool, effect: str = APPLIED) -> None:
    """The effect of an accepted message: a refusal there, but by what this machine lacks, is a fault of ours."""
    try:
        book.apply(placed, work, own=own, effect=effect)
    except ProtocolError as error:
        if error.code[0] in MACHINE:
            raise
        raise EffectFailedError(error.code) from error


def _held_back(book: "LogBook", placed: Placed, effect: str) -> tuple[str, str] | None:
    """Whether a partner's message is not processed now: its effect, and the code to report, "" if it only waits."""
    if effect != APPLIED:
        return effect, ""
    code = _unable(book, placed)
    return (HELD, code) if code else None


def _unable(book: "LogBook", placed: Placed) -> str:
    """The code of why this node cannot process a message of the partner, or ""."""
    if placed.message.kind in NEVER_HELD:
        return ""
    if book.held.is_condemned((placed.epoch, placed.position)):
        return POISON
    if book.software.knows(placed.message):
        return ""
    try:
        # What we never said to apply is refused; what our own log promises waits for the software that can.
        verdict.check_announced(placed.message, placed.party, placed.past, book.grounds())
    except ProtocolError:
        return ""
    return UNKNOWN


def _keep(book: "LogBook", row: Epoch, placed: Placed, leaf: bytes, data: bytes, effect: str, code: str) -> LogMessage:
    """Store a partner's message without processing it; with a code, say that we hold it."""
    folding.remember_text(book, placed)
    work = book.work_of(*book.envelope_name(placed.message))
    kept = log_row(row, placed, book.pairing.peer, work, leaf, data, UNJUDGED, effect)
    book.store.add(kept)
    book.located.pop(placed.message.id, None)
    book.set_row(msgspec.structs.replace(row, size=placed.position + 1, lamport=placed.lamport))
    if code:
        book.held.hold((placed.epoch, placed.position), placed.message.id, code)
    return kept


def judge(book: "LogBook", item: LogMessage) -> None:
    """Process a stored message of the partner for the first time; perhaps it has to be held again."""
    row = book.by_ordinal[item.ordinal]
    position = (row.epoch, item.index)
    placed = folding.placed_of(book, item)
    watch_over(book, position, item.id)
    code = _unable(book, placed)
    if code:
        book.store.put(msgspec.structs.replace(item, effect=HELD))
        book.held.hold(position, item.id, code)
        return
    work = book.unit_of(placed)
    code = _verdict_on(book, placed, work, None, item.leaf_hash)
    unit = work.row.unit if work else None
    book.store.put(msgspec.structs.replace(item, verdict=code, effect=APPLIED, unit=unit))
    book.located.pop(item.id, None)
    if code == ACCEPTED:
        _process(book, placed, work, own=False)
    else:
        _report(book, row, item.index, item.id, code)
    book.held.passed(position)
    book.watch.leave()


def _author_of(book: "LogBook", row: Epoch) -> tuple[str, int]:
    """Node id and party of whoever wrote this epoch."""
    return (book.identity.node_id, book.own_party) if row.own else (book.pairing.peer, 1 - book.own_party)


def _verdict_on(book: "LogBook", placed: Placed, work: UnitWork | None, twin: LogMessage | None, leaf: bytes) -> str:
    if twin is not None:
        return twin.verdict if twin.leaf_hash == leaf else REUSED
    try:
        unit = work.row.unit if work else None
        records = folding.evidence_of(book, work, placed.past)
        verdict.check(placed.message, placed.party, placed.past, records, unit, book.grounds())
    except ProtocolError as error:
        # What we wrote passed this check, and all that it rested on was judged then. After a loss we may hold some of
        # that, which the check then lacks: our own log says that we knew it.
        if placed.party == book.own_party and book.held.lacks_judgement(placed.past.seen, work):
            return ACCEPTED
        return error.code
    return ACCEPTED


def _store_refused(book: "LogBook", row: Epoch, index: int, code: str, lamport: int, leaf: bytes, data: bytes) -> None:
    """Bytes that are no message: kept as signed, without effect, reported by position."""
    book.store.add(
        LogMessage(
            ordinal=row.ordinal,
            index=index,
            author=_author_of(book, row)[0],
            id=leaf.hex()[:32],
            kind=UNREADABLE,
            unit=None,
            leaf_hash=leaf,
            lamport=lamport,
            verdict=code,
            effect=APPLIED,
            data=data,
        )
    )
    _report(book, row, index, leaf.hex()[:32], code)


def _report(book: "LogBook", row: Epoch, index: int, message_id: str, code: str) -> None:
    """An outcome for the partner: a courtesy, since it derives the same. A flood of nonsense is not answered."""
    if row.own or book.pairing.recovering or len(book.refused) >= book.reports_max:
        return
    book.refused.append(OutcomeReported(epoch=row.epoch, index=index, message=message_id, outcome="refused", code=code))


def log_row(
    row: Epoch, placed: Placed, author: str, work: UnitWork | None, leaf: bytes, data: bytes, code: str, effect: str
) -> LogMessage:
    return LogMessage(
        ordinal=row.ordinal,
        index=placed.position,
        author=author,
        id=placed.message.id,
        kind=placed.message.kind,
        unit=work.row.unit if work else None,
        leaf_hash=leaf,
        lamport=placed.lamport,
        verdict=code,
        effect=effect,
        data=data,
    )
