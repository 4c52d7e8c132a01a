"""A committee whose machine ran twice with all its memory: its partner heard of two histories."""

from gongguan.sync.exchange.logbook import Outgoing
from tests import pairs
from tests.sync.offices import Office, exchanged


def speak(office: Office, title: str) -> None:
    office.node.write("notice.given", pairs.notice(title), version=office.node.in_force())


def two_histories(liar: Office, honest: Office) -> None:
    """A machine with all its memory ran twice; its partner heard of both."""
    book_of = liar.node.pairing_id
    speak(liar, "两份都有的")
    exchanged(liar, honest)
    snapshot, head = liar.node.database.snapshot(), liar.node.memory.of(book_of).head
    notice, version = pairs.notice("甲机"), liar.node.in_force()
    liar.node.act(lambda it: it.book(book_of).write_all([Outgoing("notice.given", notice, version)] * 3))
    honest.node.receive(liar.node.compose())
    liar.node.database.restore(snapshot)
    liar.node.memory.of(book_of).head = head
    speak(liar, "乙机")
    honest.node.receive(liar.node.compose())
