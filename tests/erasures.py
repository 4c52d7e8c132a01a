"""Acts of erasure for random histories: end a member's period, and have the member erased, whenever that is allowed.

A random actor calls them with whatever member it likes; what is not allowed now is refused and changes nothing::

    end_period(node, version, subject, "2026-03-20")
    erase(node, subject, "2028-03-20")          # the message, or the code of the refusal
"""

from gongguan.protocol.errors import ProtocolError
from gongguan.protocol.messages.envelope import Message
from gongguan.protocol.messages.exchange import SubjectErased
from gongguan.protocol.messages.movement import ReturnNotified
from gongguan.sync.exchange import erasure
from gongguan.sync.exchange.exchange import Exchange
from gongguan.sync.exchange.movement_end import end_of
from gongguan.sync.exchange.outcomes import ERASED
from gongguan.sync.records import LogMessage
from gongguan.sync.shared.views import (
    unit_records,
)
from tests.pairs import Node


def end_period(node: Node, version: str, subject: str, on: str) -> Message | str:
    """The origin says that the member came back."""
    body = ReturnNotified(ended_on=on, reason="returned")
    try:
        return node.write("return.notified", body, version=version, subject=subject)
    except ProtocolError as error:
        return error.code


def erase(node: Node, subject: str, on: str) -> Message | str:
    """Have the member erased on both sides, and delete here what may go already."""

    def work(exchange: Exchange) -> Message:
        book = exchange.book(Node.pairing_id_in(exchange))
        current = book.version(book.current_version())
        agreement = current.agreement if current is not None else "00" * 32
        ended = end_of(unit_records(exchange.store, agreement, subject))
        body = SubjectErased(
            agreement=agreement,
            subject=subject,
            basis="retention_expired",
            ending=ended.message if ended else "00" * 16,
            ended_on=ended.on if ended else "2026-01-01",
            on=on,
        )
        written = book.write("exchange.erased", body)
        erasure.sweep(book)
        return written

    try:
        return node.act(work)
    except ProtocolError as error:
        return error.code


def texts_left(node: Node, text: bytes) -> list[LogMessage]:
    """Stored messages of erased members in which this text can still be read."""
    return [item for item in node.log() if item.effect == ERASED and text in item.data]
