"""The real desk of a node in memory: people ask for operations with roles, subtrees, audit and one transaction each."""

from collections.abc import Callable
from concurrent.futures import Future
from datetime import datetime
from typing import Any, TypeVar

import msgspec

from gongguan.node.staff import access
from gongguan.node.staff.desk import PLAINLY, Desk, Manner
from gongguan.sync.act import NodePort, stamp
from gongguan.sync.exchange.exchange import Exchange
from gongguan.sync.records import Staff, Token
from gongguan.sync.store import Store
from tests import pairs, recorder

T = TypeVar("T")


class Transactions:
    """The Database port over a node in memory: every write is a transaction as its shell runs it."""

    def __init__(self, node: pairs.Node) -> None:
        self._node = node
        self._open: Exchange | None = None

    def write(self, work: Callable[[Store], T]) -> T:
        def run(exchange: Exchange) -> T:
            self._open = exchange
            return work(exchange.store)

        return self._node.act(run)

    def read(self, work: Callable[[Store], T]) -> T:
        def run(store: Store) -> T:
            self._open = self._node.reading_exchange(store)
            return work(store)

        return self._node.database.read(run)

    def submit(self, work: Callable[[Store], T]) -> "Future[T]":
        """``write`` at once; the future is done when this returns."""
        future: Future[T] = Future()
        future.set_result(self.write(work))
        return future

    def exchange_of(self, store: Store) -> Exchange | None:
        """The exchange of the transaction that this store belongs to."""
        return self._open if self._open is not None and self._open.store is store else None

    def close(self) -> None:
        self._node.database.close()


class StaffDesk:
    """``ask`` performs an operation as a person of the node, who is logged in whatever the clock says."""

    def __init__(self, node: pairs.Node, port: NodePort) -> None:
        database = Transactions(node)
        self._node = node
        self._desk = Desk(database, port, lambda: node.now, node.random.randbytes, database.exchange_of)

    def ask(self, who: str, name: str, fields: dict[str, object], manner: Manner = PLAINLY) -> Any:
        self._node.database.write(lambda store: _log_in(store, who, self._node.now))
        recorder.called(name)
        return self._desk.perform(name, who, lambda kind: msgspec.convert(fields, kind), manner)


def _log_in(store: Store, who: str, now: datetime) -> None:
    """The token is the name; nobody derives a key for that."""
    token = Token(digest=access.digest_of(who), staff=who, expires_at=stamp(now + access.SESSION_TERM))
    if store.get(Token, token.digest) != token and store.get(Staff, who) is not None:
        store.put(token)
