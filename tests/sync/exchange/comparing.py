"""A reconciliation of two nodes in memory, question by question; and what somebody with a database tool alters."""

import msgspec

from gongguan.protocol.bundle import DigestQuestion
from gongguan.sync.exchange import ranges, reconcile
from gongguan.sync.exchange.exchange import Exchange, Memory
from gongguan.sync.exchange.reconcile import Answered, Session
from gongguan.sync.records import AgreementVersion, SharedRecord
from tests.pairs import Node, subject


def in_exchange(node: Node, work):  # type: ignore[no-untyped-def]
    return node.act(lambda exchange: work(exchange.book(Node.pairing_id_in(exchange))))


def in_snapshot(node: Node, work):  # type: ignore[no-untyped-def]
    """Reads only: writing raises."""
    pairing_id = node.pairing_id
    return node.database.read(
        lambda store: work(
            node.exchange(store, node.identity, Memory(), node.now, node.random.randbytes).book(pairing_id)
        )
    )


def answered(node: Node, question: DigestQuestion, cache: reconcile.Cache) -> DigestQuestion:
    """As the node does it: answered from a snapshot, then what has to be kept is written."""
    found: Answered = in_snapshot(node, lambda book: reconcile.answer(book, question, cache))
    if found.is_to_be_kept:
        node.act(lambda exchange: reconcile.keep(exchange.store, found))
    return found.told


def proceeded(node: Node, session: Session, told: DigestQuestion) -> Session:
    found: Session = in_snapshot(node, lambda book: reconcile.proceed(book, session, told))
    return found


def compared(asking: Node, answering: Node, *, full: bool = True) -> Session:
    """Every question of a reconciliation asked and answered."""
    session: Session = in_snapshot(asking, lambda book: reconcile.begin(book, "0a" * 16, full=full))
    begun = session
    asking.act(lambda exchange: ranges.keep(exchange.store, begun.fresh))
    cache: reconcile.Cache = {}
    while (question := reconcile.ask(session)) is not None:
        session = proceeded(asking, session, answered(answering, question, cache))
    return session


def alter_by_hand(node: Node, key: str, number: int = 0) -> str:
    """Change one stored value as somebody with a database tool would; the name of the record."""

    def work(exchange: Exchange) -> str:
        record = next(
            item for item in exchange.store.find(SharedRecord, subject__in=[subject(number)]) if item.key == key
        )
        value = record.value.replace(b'"status":"', b'"status":"x')
        assert value != record.value
        exchange.store.put(msgspec.structs.replace(record, value=value))
        return f"{record.subject}/{record.key}"

    return node.act(work)


def alter_text_by_hand(node: Node) -> None:
    """Exchange one letter of the signed text as somebody with a database tool would."""

    def work(exchange: Exchange) -> None:
        (kept,) = exchange.store.find(AgreementVersion)
        exchange.store.put(msgspec.structs.replace(kept, text=kept.text.replace("甲方", "乙方", 1)))

    node.act(work)
    node.crash()
