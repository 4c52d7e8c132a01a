"""A destination whose program cannot bear the messages that are listed in POISONED, and what is done about them."""

from collections import Counter

from gongguan.protocol.messages.envelope import Message
from gongguan.protocol.messages.exchange import HeldWithdrawn
from gongguan.sync.exchange.exchange import Exchange
from gongguan.sync.exchange.fold import Placed
from gongguan.sync.exchange.units import UnitWork
from gongguan.sync.records import Epoch, Holding
from tests import pairs
from tests.acts import UncheckedBook
from tests.pairs import Node, settle

SUBJECT, OTHER = pairs.subject(1), pairs.subject(2)
POISONED: set[str] = set()
TRIED: Counter[str] = Counter()


class FailingBook(UncheckedBook):
    """Cannot bear the messages of the partner that are listed."""

    def apply(self, placed: Placed, work: UnitWork | None, *, own: bool, effect: str = "applied") -> None:
        if not own and placed.message.id in POISONED:
            TRIED[placed.message.id] += 1
            raise pairs.Poison(placed.message.id)
        super().apply(placed, work, own=own, effect=effect)


class FailingExchange(Exchange):
    book_class = FailingBook


def at_work() -> tuple[Node, Node, str]:
    """Two members notified by the origin; the destination fails on what is listed."""
    origin, destination, version = pairs.in_agreement()
    destination.exchange = FailingExchange
    for subject in (SUBJECT, OTHER):
        origin.write("departure.notified", pairs.departure(), version=version, subject=subject)
    settle(origin, destination)
    return origin, destination, version


def score(node: Node, version: str, event: str, points: int = 1, subject: str = SUBJECT) -> Message:
    return node.write("score.contributed", pairs.score(event, points), version=version, subject=subject)


def release(node: Node, message_id: str) -> bool:
    return node.act(lambda exchange: exchange.book(Node.pairing_id_in(exchange)).held.release(message_id))


def withdraw(node: Node, message_id: str) -> Message:
    return node.write("exchange.withdrawn", HeldWithdrawn(message=message_id))


def holding(node: Node, count: int, *, own: bool, released: bool = False) -> None:
    """As if one side had held so many messages before, each said in its first message."""
    rows = node.database.read(lambda store: store.find(Epoch))
    (said, about) = (next(row.epoch for row in rows if row.own is side) for side in (own, not own))
    held = [
        Holding(
            pairing_id=node.pairing_id,
            by_epoch=said,
            by_index=0 if number == 0 else -number,
            own=own,
            epoch=about,
            index=10_000_000 + number,
            message=f"{number:032x}",
            code="P-kind-unknown",
            scope="",
            subject="",
            unit=b"",
            released=[[said, 0]] if released else [],
            withdrawn=[],
        )
        for number in range(count)
    ]
    node.database.write(lambda store: store.put_all(held))
    node.crash()  # another process than the one that remembers what stood there
