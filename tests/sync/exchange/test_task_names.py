"""Tasks about messages: two partners may name two messages alike."""

import msgspec

from gongguan.sync.exchange import folding, react
from gongguan.sync.exchange.exchange import Exchange
from gongguan.sync.records import LogMessage, Task
from tests import pairs
from tests.pairs import Node, settle


def test_messages_of_two_partners_that_are_named_alike_open_two_tasks_and_each_closes_its_own() -> None:
    origin, destination, version = pairs.in_agreement()
    sent = origin.write("notice.given", pairs.notice(), version=version)
    settle(origin, destination)

    def work(exchange: Exchange) -> list[tuple[str, str]]:
        book = exchange.book(Node.pairing_id_in(exchange))
        (item,) = exchange.store.find(LogMessage, id=sent.id)
        placed = folding.placed_of(book, item)
        react.open_task(book, placed, "answer_joint")
        # The same message of another partner.
        book.pairing = msgspec.structs.replace(book.pairing, pairing_id="7" * 64)
        react.open_task(book, placed, "answer_joint")
        react.close_task(book, "answer_joint", sent.id)
        return sorted((task.task_id[-4:], task.state) for task in exchange.store.find(Task, kind="answer_joint"))

    pairing_id = destination.pairing_id
    assert destination.act(work) == sorted([("7777", "closed"), (pairing_id[-4:], "open")])


def test_a_task_of_an_older_database_is_closed_too() -> None:
    origin, destination, _ = pairs.in_agreement()
    settle(origin, destination)

    def work(exchange: Exchange) -> list[str]:
        book = exchange.book(Node.pairing_id_in(exchange))
        old = Task(
            task_id="answer_joint:ab", kind="answer_joint", state="open", agreement=None, subject=None, opened_at="x"
        )
        exchange.store.put(old)
        react.close_task(book, "answer_joint", "ab")
        return [task.state for task in exchange.store.find(Task, kind="answer_joint")]

    assert destination.act(work) == ["closed"]
