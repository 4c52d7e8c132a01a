"""Reconciliation on the running node: questions and answers that ride in whatever bundle goes next.

A question stays in every outgoing bundle until its answer has come, so a lost bundle heals itself. Nothing here is kept
over a restart: a reconciliation that was cut short is simply begun anew. All computing is done on snapshots, in the
thread of whoever calls, so that nobody who writes waits for it; what it leaves is written afterwards, by itself::

    hub = Reconciler(sequencer, wake, random_hex)
    session = hub.compare(pairing_id, full=True)     # blocks a worker thread until the partner has answered
    told = hub.answer(received)                      # after the transaction that took the bundle
"""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from math import ceil
from typing import Final, NamedTuple, TypeVar

from gongguan.node.database.sequencer import Sequencer
from gongguan.protocol.bundle import DigestQuestion
from gongguan.protocol.errors import ProtocolError, refuse
from gongguan.sync.exchange import ranges, reconcile
from gongguan.sync.exchange.exchange import Received
from gongguan.sync.exchange.logbook import LogBook
from gongguan.sync.exchange.reconcile import Answered, Cache, Session
from gongguan.sync.records import Delivery

T = TypeVar("T")

ANSWER_WAIT_S_MAX: Final = 120.0
"""How long a person waits for one answer of a partner that cannot be called and has to call us."""
LOOK_EVERY_S: Final = 1.0
"""How often is looked whether the partner can be called at all."""

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
        sequencer: Sequencer,
        wake: Callable[[str], None],
        random_hex: Callable[[int], str],
    ) -> None:
        self._sequencer = sequencer
        self._wake = wake
        self._random_hex = random_hex
        self._lock = threading.Lock()
        self._asked: dict[str, Asked] = {}
        self._cache: Cache = {}

    def answer(self, received: Received) -> tuple[DigestQuestion, ...]:
        """Hand on what the partner told, and answer what it asked. Blocks for as long as reading records takes."""
        for told in received.told:
            with self._lock:
                asked = self._asked.get(told.session)
                if asked is None or asked.pairing_id != received.pairing_id:
                    continue
                del self._asked[told.session]
            asked.answer.set_result(told)
        return tuple(self._answered(received.pairing_id, question) for question in received.questions)

    def _answered(self, pairing_id: str, question: DigestQuestion) -> DigestQuestion:
        def work(book: LogBook) -> tuple[Answered, int]:
            return reconcile.answer(book, question, self._cache), book.reread

        found, reread = self._read(pairing_id, work)
        self._sequencer.owes(pairing_id, reread)
        if found.is_to_be_kept:
            self._sequencer.write(lambda store: reconcile.keep(store, found))
        return found.told

    def questions(self, pairing_id: str) -> tuple[DigestQuestion, ...]:
        """The questions to this partner that are still open."""
        with self._lock:
            return tuple(item.question for item in self._asked.values() if item.pairing_id == pairing_id)

    def compare(self, pairing_id: str, *, full: bool) -> Session:
        """A whole reconciliation; a full one with the statement when all is equal. Blocks; raises ``T-…``, ``P-…``."""
        session_id = self._random_hex(16)
        begun = self._read(pairing_id, lambda book: reconcile.begin(book, session_id, full=full))
        if begun.fresh.nodes or begun.fresh.marks:
            self._sequencer.write(lambda store: ranges.keep(store, begun.fresh))
        compared = self._asked_through(pairing_id, begun)
        if not full or not reconcile.is_equal(compared):
            return compared
        session = self._read(pairing_id, lambda book: reconcile.with_statement(book, compared))
        return self._asked_through(pairing_id, session)

    def _read(self, pairing_id: str, work: Callable[[LogBook], T]) -> T:
        return self._sequencer.read(self._sequencer.using(lambda exchange: work(exchange.book(pairing_id))))

    def _asked_through(self, pairing_id: str, session: Session) -> Session:
        for _ in range(ROUNDS_MAX):
            question = reconcile.ask(session)
            if question is None:
                return session
            told = self._answer_to(pairing_id, question)
            try:
                session = self._proceeded(pairing_id, session, told)
            except ProtocolError as error:
                # A question stays in every bundle until it is answered, so the one before may be answered once more.
                if error.facts.get("reason") != "not what was asked":
                    raise
        raise refuse("P-digest", reason="too many rounds")

    def _proceeded(self, pairing_id: str, session: Session, told: DigestQuestion) -> Session:
        return self._read(pairing_id, lambda book: reconcile.proceed(book, session, told))

    def _answer_to(self, pairing_id: str, question: DigestQuestion) -> DigestQuestion:
        asked = Asked(pairing_id, question, Future())
        with self._lock:
            self._asked[question.session] = asked
        failures = self._reachability(pairing_id).failures
        self._wake(pairing_id)
        try:
            return self._awaited(asked, failures)
        finally:
            with self._lock:
                self._asked.pop(question.session, None)

    def _awaited(self, asked: Asked, failures: int) -> DigestQuestion:
        """The answer, unless calling the partner fails meanwhile, as it did before or more than once."""
        for _ in range(ceil(ANSWER_WAIT_S_MAX / LOOK_EVERY_S)):
            try:
                return asked.answer.result(LOOK_EVERY_S)
            except FutureTimeout:
                how = self._reachability(asked.pairing_id)
            if how.failures > max(failures, 1):
                raise refuse("T-unreachable", because=how.last_error)
        raise refuse("T-no-answer", seconds=int(ANSWER_WAIT_S_MAX))

    def _reachability(self, pairing_id: str) -> Delivery:
        return self._sequencer.read(lambda store: store.get(Delivery, pairing_id) or Delivery(pairing_id=pairing_id))
