"""Bugs that we plant from outside, one for each invariant: the simulation must find every one of them."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

import msgspec

from gongguan.protocol import keys, log, merkle, session
from gongguan.protocol.bundle import SegmentPart
from gongguan.protocol.causality import BEFORE_ALL
from gongguan.protocol.keys import SealingKey
from gongguan.protocol.merkle import CompactRange
from gongguan.protocol.session import Event, ReceiptRead, SegmentTaken, SessionState
from gongguan.sync import folding
from gongguan.sync.exchange import Exchange
from gongguan.sync.fold import Placed
from gongguan.sync.records import Epoch, LogMessage
from gongguan.sync.units import UnitWork
from tests.acts import UncheckedBook
from tests.simulation.world import Setup, SimulatedNode


@contextmanager
def altered(owner: Any, name: str, value: Any) -> Iterator[None]:
    """``owner.name`` is ``value`` for a while."""
    before = getattr(owner, name)
    setattr(owner, name, value)
    try:
        yield
    finally:
        setattr(owner, name, before)


class SkipsAPosition(UncheckedBook):
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


class ContinuesAnyEpoch(UncheckedBook):
    """I3: no Rule E, the newest epoch on the disk goes on whoever signed last."""

    def _remembered_epoch(self) -> str | None:
        own = [row for row in self.epochs.values() if row.own]
        return max(own, key=lambda row: row.ordinal).epoch if own else None


class StoresInAnotherOrder(UncheckedBook):
    """I5: the receiver keeps the last two messages of a segment the wrong way round."""

    def take(self, segment: SegmentTaken) -> None:
        if len(segment.messages) > 2:
            *rest, one, other = segment.messages
            segment = segment._replace(messages=(*rest, other, one))
        super().take(segment)


class AppliesAgain(UncheckedBook):
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


class BelievesMoreThanTheReceipt(UncheckedBook):
    """I7: a receipt is taken for all that was written, not for all that it names, whatever the partner shows."""

    def keep_shown(self, row: Epoch, shown: int, listed: Mapping[str, int]) -> None:
        super().keep_shown(row, row.size if row.own else shown, listed)

    def take_receipt(self, event: ReceiptRead) -> bool:
        news = super().take_receipt(event)
        row = msgspec.structs.replace(self.epochs[event.epoch], receipted=self.epochs[event.epoch].size)
        self.set_row(row)
        self.store.put(row)
        return news


class ReceiptsTooEarly(SimulatedNode):
    """I8: the reply with the receipt is made inside the transaction whose commit may still fail."""

    def answer(self, data: bytes, before_receipt: Callable[[], None]) -> bytes:
        def work(exchange: Exchange) -> bytes:
            received = exchange.receive(data)
            exchange.close()
            reader = self.exchange(exchange.store, self.identity, self.memory, self.now, self.random.randbytes)
            return reader.compose(received.pairing_id, answers=received.bundle).data

        return self.act(work)


class ForgetsTheLargestReceipt(UncheckedBook):
    """I9: the receipt that came last counts, not the largest."""

    def take_receipt(self, event: ReceiptRead) -> bool:
        row = self.epochs.get(event.epoch)
        if row is not None and row.own:
            row = msgspec.structs.replace(row, receipted=0)
            self.set_row(row)
        return super().take_receipt(event)


class FoldsAsItArrives(UncheckedBook):
    """I11: the order of arrival decides."""

    def apply(self, placed: Placed, work: UnitWork | None, *, own: bool, effect: str = "applied") -> None:
        if work is not None:
            work.last = BEFORE_ALL
        super().apply(placed, work, own=own, effect=effect)


def _open_unguarded(self: SealingKey, info: bytes, sealed: bytes) -> bytes:
    """I30: the library's own exceptions come through."""
    return keys.SUITES[self.suite].hpke.decrypt(sealed, self._handle, info)


_SEGMENT: Final = session._segment


@contextmanager
def _replaced(**parts: Any) -> Iterator[Setup]:
    yield Setup(**parts)


@contextmanager
def _altered(owner: Any, name: str, value: Any, **parts: Any) -> Iterator[Setup]:
    with altered(owner, name, value):
        yield Setup(**parts)


PLANTED: Final[Mapping[str, Callable[[], Any]]] = {
    "I1": lambda: _replaced(book=SkipsAPosition),
    "I2": lambda: _altered(session, "_segment", _without_root_check),
    "I3": lambda: _replaced(book=ContinuesAnyEpoch),
    "I4": lambda: _altered(session, "_fork", lambda state, part, origin, key: None),
    "I5": lambda: _replaced(book=StoresInAnotherOrder),
    "I6": lambda: _altered(session, "_segment", _without_dedup, book=AppliesAgain),
    "I7": lambda: _replaced(book=BelievesMoreThanTheReceipt),
    "I8": lambda: _replaced(node=ReceiptsTooEarly),
    "I9": lambda: _replaced(book=ForgetsTheLargestReceipt),
    "I11": lambda: _replaced(book=FoldsAsItArrives),
    "I30": lambda: _altered(SealingKey, "open", _open_unguarded),
}
"""Invariant → the bug that breaks it, as a context in which to run the simulation with the ``Setup`` that it gives."""
