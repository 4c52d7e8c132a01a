"""Reconciliation on the running node: questions and answers that ride in whatever bundle goes next.

A question stays in every outgoing bundle until its answer has come, so a lost bundle heals itself. Nothing here is kept
over a restart: a reconciliation that was cut short is simply begun anew::

    hub = Reconciler(read, wake, random_hex)
    session = hub.compare(pairing_id)            # blocks a worker thread until the partner has answered
"""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from typing import Final, NamedTuple, TypeVar

from gongguan.protocol.bundle import DigestQuestion
from gongguan.protocol.errors import refuse
from gongguan.sync import reconcile
from gongguan.sync.exchange import Exchange, Received
from gongguan.sync.reconcile import Cache, Session

T = TypeVar("T")

ANSWER_WAIT_S_MAX: Final = 120.0
"""How long a person waits for one answer of a partner that cannot be called and has to call us."""

ROUNDS_MAX: Final = 64
"""Questions of one reconciliation: 16^6 ranges and the names are far below."""


class Asked(NamedTuple):
    """A question under way."""

    pairing_id: str
    question: DigestQuestion
    answer: "Future[DigestQuestion]"


class Reconciler:
    """See the module. Safe to use from several threads."""

    def __init__(
        self,
        read: Callable[[Callable[[Exchange], Session]], Session],
        wake: Callable[[str], None],
        random_hex: Callable[[int], str],
    ) -> None:
        self._read = read
        self._wake = wake
        self._random_hex = random_hex
        self._lock = threading.Lock()
        self._asked: dict[str, Asked] = {}
        self._cache: Cache = {}

    def answer(self, exchange: Exchange, received: Received) -> tuple[DigestQuestion, ...]:
        """Hand on what the partner told, and answer what it asked. Runs in the transaction that received the bundle."""
        for told in received.told:
            with self._lock:
                asked = self._asked.get(told.session)
                if asked is None or asked.pairing_id != received.pairing_id:
                    continue
                del self._asked[told.session]
            asked.answer.set_result(told)
        book = exchange.book(received.pairing_id)
        return tuple(reconcile.answer(book, question, self._cache) for question in received.questions)

    def questions(self, pairing_id: str) -> tuple[DigestQuestion, ...]:
        """The questions to this partner that are still open."""
        with self._lock:
            return tuple(item.question for item in self._asked.values() if item.pairing_id == pairing_id)

    def compare(self, pairing_id: str) -> Session:
        """A whole reconciliation, with the statement when all is equal. Blocks; raises ``T-…``, ``P-…``."""
        session_id = self._random_hex(16)
        session = self._read(lambda exchange: reconcile.begin(exchange.book(pairing_id), session_id))
        session = self._asked_through(pairing_id, session)
        if not reconcile.is_equal(session):
            return session
        equal = session
        session = self._read(lambda exchange: reconcile.with_statement(exchange.book(pairing_id), equal))
        return self._asked_through(pairing_id, session)

    def _asked_through(self, pairing_id: str, session: Session) -> Session:
        for _ in range(ROUNDS_MAX):
            question = reconcile.ask(session)
            if question is None:
                return session
            session = reconcile.proceed(session, self._answer_to(pairing_id, question))
        raise refuse("P-digest", reason="too many rounds")

    def _answer_to(self, pairing_id: str, question: DigestQuestion) -> DigestQuestion:
        asked = Asked(pairing_id, question, Future())
        with self._lock:
            self._asked[question.session] = asked
        self._wake(pairing_id)
        try:
            return asked.answer.result(ANSWER_WAIT_S_MAX)
        except FutureTimeout:
            raise refuse("T-no-answer", seconds=int(ANSWER_WAIT_S_MAX)) from None
        finally:
            with self._lock:
                self._asked.pop(question.session, None)
