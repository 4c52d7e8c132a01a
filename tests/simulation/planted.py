"""Bugs that we plant from outside, one for each invariant: the simulation must find every one of them."""

import itertools
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any, Final, NamedTuple, TypeVar

import msgspec

from gongguan.node.database.sequencer import sizes_of
from gongguan.node.peers.transports import file
from gongguan.protocol import agreement, keys, log, merkle, session
from gongguan.protocol.bundle import SegmentPart
from gongguan.protocol.causality import BEFORE_ALL, Head, OrderKey
from gongguan.protocol.keys import PublicKey, SealingKey, SealingPublic
from gongguan.protocol.merkle import CompactRange
from gongguan.protocol.session import Event, ForkFound, HeadShown, ReceiptRead, SegmentTaken, SessionState
from gongguan.sync.exchange import (
    attachments,
    erasure,
    fold,
    folding,
    intake,
    ranges,
    recovery,
    second_histories,
    values,
)
from gongguan.sync.exchange.exchange import Exchange
from gongguan.sync.exchange.fold import Placed
from gongguan.sync.exchange.held import HeldMessages
from gongguan.sync.exchange.units import UnitWork
from gongguan.sync.records import ChangedRanges, Epoch, Erasure, LogMessage, Recovery, Segment
from tests.simulation.disk import SimulatedDisk
from tests.simulation.node import SimulatedBook, SimulatedNode
from tests.simulation.world import Setup

T = TypeVar("T")


@contextmanager
def altered(owner: Any, name: str, value: Any) -> Iterator[None]:
    """``owner.name`` is ``value`` for a while."""
    before = getattr(owner, name)
    setattr(owner, name, value)
    try:
        yield
    finally:
        setattr(owner, name, before)


class SkipsAPosition(SimulatedBook):
    """I1: numbers are given out twice as fast once in a while."""

    def append(self, message: Any) -> None:
        super().append(message)
        assert self.own_epoch is not None
        row = self.epochs[self.own_epoch]
        if row.size % 5 == 4:
            self.set_row(msgspec.structs.replace(row, size=row.size + 1))


def _without_root_check(state: SessionState, part: SegmentPart) -> Event | None:
    """I2: what arrives is believed, whatever root was signed."""
    checkpoint = log.open_checkpoint(
        part.head, state.peer.log, log.origin(state.pairing, state.peer.node_id, part.epoch)
    )
    held = state.partner.get(part.epoch, CompactRange())
    if checkpoint.size <= held.size or part.start > held.size:
        return None
    fresh = part.messages[held.size - part.start :]
    leaves = tuple(map(merkle.leaf_hash, fresh))
    frontier = held.extend(leaves)
    return SegmentTaken(
        part.epoch, held.size, checkpoint.size, part.head, fresh, leaves, frontier, part.start, state.peer.log
    )


class ContinuesAnyEpoch(SimulatedBook):
    """I3: no Rule E, the newest epoch on the disk goes on whoever signed last."""

    def _remembered_epoch(self) -> str | None:
        own = [row for row in self.epochs.values() if row.own]
        return max(own, key=lambda row: row.ordinal).epoch if own else None


def _at_known_heads(book: Any, event: HeadShown, taken: Any) -> ForkFound | None:
    """I4 as well: a second history is looked at only where the first one has a signed head."""
    row = book.epochs.get(event.epoch)
    held = row is not None and book.store.get(Segment, row.ordinal, event.size)
    return _SMALLER(book, event, taken) if held else None


class StoresInAnotherOrder(SimulatedBook):
    """I5: the receiver keeps the last two messages of a segment the wrong way round."""

    def take(self, segment: SegmentTaken) -> None:
        if len(segment.messages) > 2:
            *rest, one, other = segment.messages
            segment = segment._replace(messages=(*rest, other, one))
        super().take(segment)


class AppliesAgain(SimulatedBook):
    """I6: what comes a second time is applied a second time."""

    def take(self, segment: SegmentTaken) -> None:
        row = self.epochs.get(segment.epoch)
        if row is None or segment.start >= row.size:
            super().take(segment)
            return
        for placed in [item for unit in self._units_of(row.ordinal) for item in folding.placed_in(self, unit)]:
            if placed.epoch == row.epoch:
                work = self.unit_of(placed)
                assert work is not None
                work.last = BEFORE_ALL
                self.apply(placed, work, own=False)

    def _units_of(self, ordinal: int) -> set[bytes]:
        rows = self.store.find(LogMessage, ordinal=ordinal)
        return {item.unit for item in rows if item.unit is not None}


def _without_dedup(state: SessionState, part: SegmentPart) -> Event | None:
    event = _SEGMENT(state, part)
    if event is not None:
        return event
    leaves = tuple(map(merkle.leaf_hash, part.messages))
    held = state.partner[part.epoch]
    return SegmentTaken(
        part.epoch, part.start, held.size, part.head, part.messages, leaves, held, part.start, state.peer.log
    )


class BelievesMoreThanTheReceipt(SimulatedBook):
    """I7: a receipt is taken for all that was written, not for all that it names, whatever the partner shows."""

    def keep_shown(self, row: Epoch, shown: int, listed: Mapping[str, int], inside: int) -> None:
        super().keep_shown(row, row.size if row.own else shown, listed, inside)

    def take_receipt(self, event: ReceiptRead) -> bool:
        news = super().take_receipt(event)
        row = msgspec.structs.replace(self.epochs[event.epoch], receipted=self.epochs[event.epoch].size)
        self.set_row(row)
        self.store.put(row)
        return news


class ReceiptsTooEarly(SimulatedNode):
    """I8: the reply with the receipt is made inside the transaction whose commit may still fail."""

    def answer(self, data: bytes) -> bytes:
        def work(it: Exchange) -> bytes:
            received = it.receive(data)
            it.close()
            reader = self.exchange(it.store, self.identity, self.memory, self.now, self.random.randbytes)
            return reader.compose(received.pairing_id, answers=received.bundle).data

        return self.act(work)


class DoesNotSync(SimulatedDisk):
    """I8 as well: a commit says that it is done while it lies in the cache of the machine."""

    def sync(self) -> None:
        if len(self._unsynced) > 3:
            super().sync()


class NodeThatDoesNotSync(SimulatedNode):
    disk_class = DoesNotSync


class ForgetsTheLargestReceipt(SimulatedBook):
    """I9: the receipt that came last counts, not the largest."""

    def take_receipt(self, event: ReceiptRead) -> bool:
        row = self.epochs.get(event.epoch)
        if row is not None and row.own:
            row = msgspec.structs.replace(row, receipted=0)
            self.set_row(row)
        return super().take_receipt(event)


class FoldsAsItArrives(SimulatedBook):
    """I11: the order of arrival decides."""

    def apply(self, placed: Placed, work: UnitWork | None, *, own: bool, effect: str = "applied") -> None:
        if work is not None:
            work.last = BEFORE_ALL
        super().apply(placed, work, own=own, effect=effect)


def _open_unguarded(self: SealingKey, info: bytes, sealed: bytes) -> bytes:
    """I30: the library's own exceptions come through."""
    return keys.SUITES[self.suite].hpke.decrypt(sealed, self._handle, info)


class KeepsReturnedOnesWithoutEffect(SimulatedBook):
    """I10: what comes back after a loss is stored, and changes nothing."""

    def apply(self, placed: Placed, work: UnitWork | None, *, own: bool, effect: str = "applied") -> None:
        if not (own and self.pairing.recovering):
            super().apply(placed, work, own=own, effect=effect)


class DigestsMoreThanTheValue(SimulatedBook):
    """I12: what is kept beside a record for comparing depends on the node that keeps it."""

    def close(self) -> Head | None:
        head = super().close()
        for mark in self.store.find(ChangedRanges) if self.own_party else ():
            entries = bytearray(mark.entries)
            entries[ranges.ENTRY_BYTES - 1 :: ranges.CHANGED_BYTES] = b"x" * (len(entries) // ranges.CHANGED_BYTES)
            self.store.put(msgspec.structs.replace(mark, entries=bytes(entries)))
        return head


def _accepts_all(self: PublicKey, message: bytes, signature: bytes) -> None:
    """I14: nobody looks whose signature it is."""


def _numbered(category: str, agreement_id: str, record_key: str, previous: str) -> str:
    """I15: conflicts are numbered as they come up."""
    return f"{next(_NUMBERS):064x}"


def _declined_is_accepted(records: values.Records, placed: Placed) -> values.Changes:
    """I16: whatever the partner answers closes a conflict."""
    body = msgspec.structs.replace(placed.message.body, answer="accept")
    return _ANSWERED(records, placed._replace(message=msgspec.structs.replace(placed.message, body=body)))


def _only_the_last(before: values.Value | None, placed: Placed, value: values.Value) -> list[values.Value]:
    """I17: a value that was replaced is not kept."""
    return [entry for entry in _MAXIMAL(before, placed, value) if "superseded" not in entry]


class FencesTooEarly(SimulatedNode):
    """I20: the fence is written before the commit that it tells of."""

    def act(self, work: Callable[[Exchange], T]) -> T:
        def fencing(it: Exchange) -> T:
            result = work(it)
            sizes = {book.pairing.pairing_id: sizes_of(book.epochs.values()) for book in it.books()}
            self.fence.keep(sizes, self.world_s)
            self.witness.fenced(self.number, self.fence.marks)
            return result

        return super().act(fencing)


class MergesOneHead(SimulatedBook):
    """I19: after a restore the branch that came last is gone on with, and the others are forgotten."""

    def heads(self, own: bool) -> tuple[Head, ...]:
        found = super().heads(own)
        return found[-1:] if own else found


def _nothing_lost(store: Any, found: Recovery) -> recovery.Account | None:
    """I19 as well: what did not come back is not counted."""
    account = _ACCOUNT(store, found)
    return account and account._replace(lost=0)


def _by_the_clock(self: Placed) -> OrderKey:
    """I26: what was written later by its author's clock comes later."""
    clock = int("".join(filter(str.isdigit, self.message.at)))
    return OrderKey(clock, self.party, self.epoch, self.position)


def _late_ones_stay(book: Any, row: Any, placed: Any, *rest: Any) -> None:
    """I31: what comes about an erased member when the disk is clean already is stored, and nobody comes back for it."""
    _TAKE_ERASED(book, row, placed, *rest)
    for item in book.store.find(Erasure, pairing_id=book.pairing.pairing_id):
        if item.erased_at is not None:
            book.store.put(msgspec.structs.replace(item, state=erasure.DONE))


def _takes_others_along(book: Any, unit: bytes, subject: str) -> list[LogMessage]:
    """I31: with a member goes everybody of the same origin."""
    found: list[LogMessage] = _STORED(book, unit, subject)
    ordinals = list(book.by_ordinal)
    return [*found, *book.store.find(LogMessage, ordinal__in=ordinals, kind="departure.notified")]


def _sealed_for_nobody(self: SealingPublic, info: bytes, plaintext: bytes) -> bytes:
    """I28: the envelope is left open."""
    return plaintext


def _opened_by_anybody(self: SealingKey, info: bytes, sealed: bytes) -> bytes:
    return sealed


def _loses_its_last_line(data: bytes) -> str:
    """I25: the text form of a long bundle breaks off."""
    text = _ARMOUR(data)
    rows = text.splitlines()
    return text if len(rows) < LONG_ROWS else "\n".join([*rows[:-2], rows[-1], ""])


LONG_ROWS: Final = 30
_TAKE_ERASED: Final = erasure.take_message
_STORED: Final = erasure._stored
_SEGMENT: Final = session._segment
_SMALLER: Final = second_histories.smaller
_ACCOUNT: Final = recovery._account

_ANSWERED: Final = fold.FOLD["conflict.answered"]
_MAXIMAL: Final = fold._maximal
_ARMOUR: Final = file.armour
_NUMBERS: Final = itertools.count()


@contextmanager
def _replaced(**parts: Any) -> Iterator[Setup]:
    yield Setup(**parts)


@contextmanager
def _altered(*changes: tuple[Any, str, Any], **parts: Any) -> Iterator[Setup]:
    with ExitStack() as stack:
        for owner, name, value in changes:
            stack.enter_context(altered(owner, name, value))
        yield Setup(**parts)


class Planted(NamedTuple):
    """A bug that breaks an invariant, as a context to run in. ``seed``: one that shows it; ``deep``: by this check."""

    invariant: str
    name: str
    seed: int
    bug: Callable[[], Any]
    deep: tuple[str, ...] = ()


FOLDS_THE_ANSWER: Final = {**fold.FOLD, "conflict.answered": _declined_is_accepted}

PLANTED: Final = (
    Planted("I1", "skips_a_position", 2, lambda: _replaced(book=SkipsAPosition)),
    Planted("I2", "no_root_check", 7, lambda: _altered((session, "_segment", _without_root_check))),
    Planted("I3", "no_rule_e", 1, lambda: _replaced(book=ContinuesAnyEpoch)),
    Planted(
        "I4",
        "no_fork_check",
        6,
        lambda: _altered((session, "_fork", lambda *given: None)),
        ("two histories",),
    ),
    Planted(
        "I4",
        "only_at_known_heads",
        0,
        lambda: _altered((second_histories, "smaller", _at_known_heads)),
        ("two histories",),
    ),
    Planted(
        "I4",
        "no_larger_one",
        1,
        lambda: _altered((second_histories, "larger", lambda *given: None)),
        ("two histories",),
    ),
    Planted("I5", "another_order", 14, lambda: _replaced(book=StoresInAnotherOrder)),
    Planted("I6", "applies_again", 0, lambda: _altered((session, "_segment", _without_dedup), book=AppliesAgain)),
    Planted("I7", "believes_more", 1, lambda: _replaced(book=BelievesMoreThanTheReceipt)),
    Planted("I8", "receipts_too_early", 0, lambda: _replaced(node=ReceiptsTooEarly)),
    Planted("I8", "does_not_sync", 70, lambda: _replaced(node=NodeThatDoesNotSync)),
    Planted("I9", "forgets_the_largest", 12, lambda: _replaced(book=ForgetsTheLargestReceipt)),
    Planted("I10", "returned_without_effect", 0, lambda: _replaced(book=KeepsReturnedOnesWithoutEffect), ("replay",)),
    Planted("I10", "first_come", 12, lambda: _altered((intake, "_check_line", lambda *given: None))),
    Planted("I11", "folds_as_it_arrives", 4, lambda: _replaced(book=FoldsAsItArrives)),
    Planted("I12", "digests_the_node", 1, lambda: _replaced(book=DigestsMoreThanTheValue), ("comparison",)),
    Planted("I13", "no_gate", 2, lambda: _altered((agreement.Gate, "permits", lambda self, message, role: None))),
    Planted("I14", "no_signature_check", 12, lambda: _altered((PublicKey, "verify", _accepts_all))),
    Planted("I15", "numbers_conflicts", 0, lambda: _altered((fold, "conflict_id", _numbered))),
    Planted("I16", "declined_is_accepted", 0, lambda: _altered((fold, "FOLD", FOLDS_THE_ANSWER))),
    Planted("I17", "keeps_only_the_last", 36, lambda: _altered((fold, "_maximal", _only_the_last))),
    Planted("I18", "no_rule_e", 0, lambda: _replaced(book=ContinuesAnyEpoch)),
    Planted("I19", "merges_one_head", 199, lambda: _replaced(book=MergesOneHead)),
    Planted("I19", "all_came_back", 11, lambda: _altered((recovery, "_account", _nothing_lost))),
    Planted("I20", "fences_too_early", 0, lambda: _replaced(node=FencesTooEarly)),
    Planted(
        "I22", "never_condemned", 33, lambda: _altered((HeldMessages, "is_condemned", lambda self, position: False))
    ),
    Planted("I25", "text_breaks_off", 0, lambda: _altered((file, "armour", _loses_its_last_line)), ("replay",)),
    Planted("I26", "by_the_clock", 76, lambda: _altered((Placed, "order_key", _by_the_clock)), ("clocks",)),
    Planted(
        "I28",
        "sealed_for_nobody",
        0,
        lambda: _altered((SealingPublic, "seal", _sealed_for_nobody), (SealingKey, "open", _opened_by_anybody)),
    ),
    Planted("I30", "library_errors", 2, lambda: _altered((SealingKey, "open", _open_unguarded))),
    Planted("I31", "late_ones_stay", 165, lambda: _altered((erasure, "take_message", _late_ones_stay))),
    Planted("I31", "files_stay", 69, lambda: _altered((attachments, "forget", lambda store, unit: 0))),
    Planted("I31", "takes_others_along", 90, lambda: _altered((erasure, "_stored", _takes_others_along))),
)
"""One bug for each invariant at least."""
