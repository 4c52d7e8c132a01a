"""Every write of the node, one transaction after the other; the own logs grow only here.

A transaction is the work of one caller or of several that were waiting (group commit: one fsync for all). At its end
``Exchange.close`` signs one head per pairing over what was written. *Rule E*: an epoch never outlives the memory of
the process that opened it, nor a commit whose outcome is not known. So the heads that were signed are remembered only
after the commit has returned; when anything failed after signing they are forgotten, and the next message opens a new
epoch. A transaction that failed before signing costs nothing.

A caller is one function over a Store; the exchange of its transaction is asked for by ``exchange_of`` or ``using``::

    sequencer.write(lambda store: store.put(setting))
    sequencer.write(sequencer.using(lambda exchange: exchange.receive(data)))

The work may run twice: when one of a group fails, the whole is rolled back and each runs in its own transaction. It
must therefore leave nothing behind but what it writes.
"""

import threading
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from operator import attrgetter
from typing import Any, Final, Generic, NamedTuple, TypeVar

from gongguan.node.clock import Clock
from gongguan.node.commits import reached
from gongguan.node.database.database import TurnedDatabase
from gongguan.node.logs import get_logger
from gongguan.protocol import bundle
from gongguan.protocol.causality import Head
from gongguan.protocol.errors import ProtocolError
from gongguan.protocol.merkle import frontier_of
from gongguan.protocol.session import Identity
from gongguan.sync.exchange import pairings, succession
from gongguan.sync.exchange.exchange import Exchange, Memory
from gongguan.sync.exchange.watch import Suspect, Watch, count_attempt
from gongguan.sync.records import Epoch
from gongguan.sync.store import Store

T = TypeVar("T")
U = TypeVar("U")

log = get_logger(__name__)

FAILURES_MAX: Final = 100
"""How often one piece of work is done again for messages that fail; then whoever asked is told, and may ask again."""
EPOCHS_TOLD_MAX: Final = 32
"""Only the newest epochs of a pairing can still change."""


class LogSize(NamedTuple):
    """How far one epoch has come; ``root`` in hex, ``receipted`` as in the record."""

    own: bool
    epoch: str
    size: int
    root: str
    receipted: int


class Committed(NamedTuple):
    """What a transaction left behind: pairing id → its logs, for every pairing that it touched."""

    heads: dict[str, Head]
    logs: dict[str, tuple[LogSize, ...]]


@dataclass
class Caller(Generic[T]):
    """One piece of work that waits for its transaction."""

    work: Callable[[Store], T]
    future: "Future[Any]" = field(default_factory=Future)
    then: Callable[[Store, T], Any] | None = None
    alone: bool = False
    failures: int = 0
    has_begun: bool = False
    """From then on it cannot be cancelled: what has begun to be written is not taken back by who asked."""
    catches_up: bool = False
    """Whether it runs over a database that lacks our card."""


@dataclass(frozen=True)
class After(Generic[T]):
    """What is to be read once the next transaction has committed, that of those who wait already."""

    read: Callable[[Store], T]


class BehindError(Exception):
    """The database does not know our own card: nothing is done before it does."""


class Sequencer:
    """See the module. A Database itself, so that whatever takes one can be given the sequencer."""

    exchange_class: type[Exchange] = Exchange

    def __init__(
        self,
        database: TurnedDatabase,
        identity: Identity,
        clock: Clock,
        committed: Callable[[Committed], None],
        group_max: int = 64,
        peer_bytes_max: int | None = None,
        watch: Watch | None = None,
        newer_than: Callable[[int], tuple[bytes, ...]] = lambda serial: (),
    ) -> None:
        """``committed`` is called in the writer thread after each commit; it must not block.

        ``newer_than`` gives our cards beyond a serial, for a database older than our keys that is put under us.
        ``watch`` knows which message is being processed: one that fails by a fault of ours is tried again, and counted.
        """
        self.identity = identity
        self._database = database
        self._clock = clock
        self._committed = committed
        self._group_max = group_max
        self._peer_bytes_max = peer_bytes_max
        self._watch = watch or Watch()
        self._newer_than = newer_than
        self._memory = Memory()
        self._in_doubt: Identity | None = None
        """What a commit of unknown outcome was to put in force: the database says whether it did."""
        self._reader = threading.local()
        self._waiting: deque[Caller[Any]] = deque()
        self._turns = threading.Lock()
        self._turn_is_coming = False
        self._open: dict[int, Exchange] = {}
        self._left: tuple[Store, Exchange] | None = None
        """The transaction that has just committed, until its callers were told: what follows from it is read there."""

    def write(self, work: Callable[[Store], T]) -> T:
        """Run ``work`` in a transaction and return its result once that is on disk; what it raises comes through."""
        return self.submit(work).result()

    def submit(self, work: Callable[[Store], T]) -> "Future[T]":
        """``write`` without waiting. Work runs in the order in which it was submitted."""
        return self._queue(Caller(work))

    def submit_then(
        self, work: Callable[[Store], T], then: Callable[[Store, T], "U | After[U]"], *, alone: bool = False
    ) -> "Future[U]":
        """``submit``, and what ``then`` reads, with the result of the work, from a snapshot after the commit.

        It reads in the writer thread: what follows a commit at once need not wait for its turn in another thread. It
        may also have whoever asked wait for the next transaction, and read ``After`` that.
        ``alone``: nobody shares the transaction, since it takes long.
        """
        return self._queue(Caller(work, then=then, alone=alone))

    def read(self, work: Callable[[Store], T]) -> T:
        """Run ``work`` on a snapshot in the calling thread; a database older than our keys is brought up before."""

        def in_step(store: Store) -> T:
            if succession.is_behind(store, self.identity):
                raise BehindError
            return work(store)

        # A memory for each thread: a snapshot must not see what the writer has learnt since.
        memory = self._reader.__dict__.setdefault("memory", self._memory.for_readers())
        try:
            return self._read(in_step, memory)
        except BehindError:
            with suppress(ProtocolError):  # then it stays as it is: it can still be looked at, and was written down
                self.write(lambda store: None)
            return self._read(work, memory)

    def read_after(self, work: Callable[[Store], T]) -> T:
        """``read`` in the writer thread, where a transaction has just ended: it knows all that the writer knows."""
        return self._read(work, self._memory)

    def _read(self, work: Callable[[Store], T], memory: Memory) -> T:
        def with_exchange(store: Store) -> T:
            if self._left is not None and store is self._left[0]:
                self._open[id(store)] = self._left[1]
                return work(store)
            exchange = self._open[id(store)] = self._exchange(store, memory)
            try:
                return work(store)
            finally:
                del self._open[id(store)]
                exchange.let_go()

        return self._database.read(with_exchange)

    def exchange_of(self, store: Store) -> Exchange:
        """The exchange of the transaction that ``store`` belongs to; KeyError outside of one."""
        return self._open[id(store)]

    def somebody_waits(self) -> bool:
        """Whether there is work for another transaction already."""
        return bool(self._waiting)

    def others_wait(self) -> bool:
        """Whether somebody waits whose work is not known to take long."""
        return not all(caller.alone for caller in list(self._waiting))

    def tell(self, caller: Caller[Any], result: Any) -> None:
        """The transaction of this caller has committed."""
        then = caller.then
        if then is None:
            caller.future.set_result(result)
            return
        try:
            told = self.read_after(lambda store: then(store, result))
        except Exception as error:
            caller.future.set_exception(error)
        else:
            if isinstance(told, After):
                later = told.read
                caller.work, caller.then, caller.alone = _nothing, lambda store, _: later(store), False
                self._waiting.append(caller)
            else:
                caller.future.set_result(told)

    def owes(self, pairing_id: str, count: int) -> None:
        """This partner had us read so many messages again, outside of any transaction. From any thread."""
        self._memory.effort.add(pairing_id, count, self._clock.now())

    def is_doubted(self, data: bytes) -> bool:
        """Whether a bundle comes in the name of a partner for which somebody else has spoken already."""
        doubted = self._memory.doubted
        return bool(doubted) and bundle.read_header(data)[0].pairing in doubted

    def using(self, work: Callable[[Exchange], T]) -> Callable[[Store], T]:
        """Work over an exchange as work over a store."""
        return lambda store: work(self.exchange_of(store))

    def close(self) -> None:
        """Finish what was submitted, then close the database."""
        while self._waiting:
            self.write(lambda store: None)
        self._database.close()

    def _exchange(self, store: Store, memory: Memory) -> Exchange:
        now, rng = self._clock.now(), self._clock.random_bytes
        watch = self._watch if memory is self._memory else None
        identity = self._identity_in(store)
        return self.exchange_class(store, identity, memory, now, rng, self._peer_bytes_max, watch=watch)

    def _identity_in(self, store: Store) -> Identity:
        """What this node signs as, by the card that is in force in this transaction."""
        doubtful = self._in_doubt
        if doubtful is not None and pairings.own_card(store).hash == doubtful.card:
            return doubtful
        return self.identity

    def _queue(self, caller: Caller[Any]) -> "Future[Any]":
        self._waiting.append(caller)
        self.see_to_a_turn()
        return caller.future

    def see_to_a_turn(self) -> None:
        """Whoever waits will have a transaction: one that comes takes all of them, so nobody else asks for another."""
        with self._turns:
            if self._turn_is_coming or not self._waiting:
                return
            self._turn_is_coming = True
        turn = Turn(self)
        try:
            self._database.take_turn(turn.run, turn.settle)
        except RuntimeError as error:
            # The database is closed: nobody who waits will have a turn any more.
            for caller in self.take():
                caller.future.set_exception(error)
            raise

    def take(self) -> list[Caller[Any]]:
        """Those whose turn it is: the first, and whoever may share a transaction with it."""
        with self._turns:
            self._turn_is_coming = False
        group: list[Caller[Any]] = []
        while self._waiting and len(group) < self._group_max and not (group and self._waiting[0].alone):
            caller = self._waiting.popleft()
            if caller.has_begun or caller.future.set_running_or_notify_cancel():
                caller.has_begun = True
                group.append(caller)
            if caller.alone:
                break
        return group

    def run(self, store: Store, group: list[Caller[Any]], turn: "Turn") -> list[Any]:
        """All of a group in one transaction, up to the point where only the commit is missing."""
        self._watch.leave()
        # What stands in the database when a transaction begins is certain.
        self.identity, self._in_doubt = self._identity_in(store), None
        if succession.is_behind(store, self.identity) and not group[0].catches_up:
            raise BehindError
        exchange = self._exchange(store, self._memory)
        self._open[id(store)] = exchange
        try:
            results = [caller.work(store) for caller in group]
            turn.signing = True
            heads = exchange.close()
        except BaseException:
            turn.touched = tuple([book.pairing.pairing_id for book in exchange.books()])
            exchange.let_go()
            raise
        finally:
            del self._open[id(store)]
        books = exchange.books()
        turn.touched = tuple([book.pairing.pairing_id for book in books])
        turn.identity = exchange.identity
        told = {book.pairing.pairing_id: sizes_of(book.epochs.values()) for book in books if book.travels}
        turn.left = Committed(heads, told)
        self._left = store, exchange
        reached("before-commit")
        return results

    def let_go(self) -> None:
        """All were told of a transaction: nothing that it read is kept any longer."""
        if self._left is not None:
            store, exchange = self._left
            self._left = None
            self._open.pop(id(store), None)
            exchange.let_go()

    def succeeded(self, turn: "Turn", left: Committed) -> None:
        """A commit has returned; if it put another card in force, we sign under that from now on."""
        reached("after-commit")
        self.identity = turn.identity or self.identity
        self._memory.signed(left.heads)
        if left.logs:
            self._committed(left)

    def failed(self, turn: "Turn", error: BaseException) -> None:
        """A transaction did not take effect, or may not have. Its callers are told, or run once more by themselves."""
        # A transaction that could not even begin has taken nobody yet.
        turn.group = turn.group or self.take()
        unknown = isinstance(error, ProtocolError) and error.code == "I-commit-unknown"
        if turn.signing or unknown:
            self._memory.forget_heads(unknown_commit=unknown)
            self._in_doubt = turn.identity if unknown else self._in_doubt
        else:
            self._memory.roll_back(turn.touched)
        suspect, self._watch.suspect = self._watch.suspect, None
        if isinstance(error, BehindError):
            self._catch_up(turn.group)
            return
        if len(turn.group) == 1 and suspect is not None and _is_our_fault(error):
            self._try_again(turn.group[0], suspect, error)
            return
        if len(turn.group) == 1 or unknown:
            for caller in turn.group:
                caller.future.set_exception(error)
            return
        self._run_alone(turn.group)

    def _run_alone(self, callers: list[Caller[Any]]) -> None:
        """Each in a transaction of its own, before whoever waits."""
        for caller in callers:
            caller.alone = True
        self._waiting.extendleft(reversed(callers))

    def _catch_up(self, callers: list[Caller[Any]]) -> None:
        """An older database lies under us, from before our keys: it is brought up first, or whoever waits is told."""
        log.error("the database is older than our keys", card=self.identity.card)
        work = self.using(lambda exchange: succession.catch_up(exchange, self._newer_than))
        bring_up: Caller[None] = Caller(work, catches_up=True)
        bring_up.future.add_done_callback(lambda done: self._go_on(callers, done.exception()))
        self._run_alone([bring_up])

    def _go_on(self, callers: list[Caller[Any]], error: BaseException | None) -> None:
        if error is None:
            self._run_alone(callers)
            return
        for caller in callers:
            caller.future.set_exception(error)

    def _try_again(self, caller: Caller[Any], suspect: Suspect, error: BaseException) -> None:
        """A partner's message made us fail: count it, then do all of the work again; tried often enough, it is held."""
        log.error("a message failed", **suspect._asdict(), exc_info=error)
        caller.failures += 1
        if caller.failures > FAILURES_MAX:
            caller.future.set_exception(error)
            return
        self._run_alone([Caller(lambda store: count_attempt(store, suspect)), caller])


class Turn:
    """One transaction of the sequencer, from taking its callers to telling them."""

    def __init__(self, sequencer: Sequencer) -> None:
        self._sequencer = sequencer
        self.group: list[Caller[Any]] = []
        self.signing = False
        self.touched: tuple[str, ...] = ()
        self.left = Committed({}, {})
        self.identity: Identity | None = None

    def run(self, store: Store) -> list[Any]:
        """In the writer thread, inside the transaction."""
        self.group = self._sequencer.take()
        return self._sequencer.run(store, self.group, self) if self.group else []

    def settle(self, results: list[Any] | None, error: BaseException | None) -> None:
        """In the writer thread, after the transaction and before the next one."""
        try:
            self._told(results or [], error)
        finally:
            self._sequencer.let_go()
        # Those who did not fit, came since, or are to run once more.
        self._sequencer.see_to_a_turn()

    def _told(self, results: list[Any], error: BaseException | None) -> None:
        if error is not None:
            self._sequencer.failed(self, error)
            return
        if not self.group:
            return
        self._sequencer.succeeded(self, self.left)
        told = list(zip(self.group, results, strict=True))
        # Who waits for nothing more is told first.
        for caller, result in sorted(told, key=_waits_for_more) if len(told) > 1 else told:
            self._sequencer.tell(caller, result)


def _nothing(store: Store) -> None:
    return None


def _waits_for_more(told: tuple[Caller[Any], Any]) -> bool:
    return told[0].then is not None


def _is_our_fault(error: BaseException) -> bool:
    """Neither a refusal nor something that the machine lacks."""
    return isinstance(error, Exception) and not isinstance(error, ProtocolError | OSError | MemoryError)


@lru_cache(maxsize=256)
def _size_of(own: bool, epoch: str, size: int, frontier: bytes, receipted: int) -> LogSize:
    """Of an epoch; nearly all that are told are those that were told by the commit before."""
    return LogSize(own, epoch, size, frontier_of(frontier).root().hex(), receipted)


def sizes_of(rows: Iterable[Epoch], newest: int = EPOCHS_TOLD_MAX) -> tuple[LogSize, ...]:
    """How far the newest of these epochs have come, oldest first."""
    told = sorted(rows, key=attrgetter("ordinal"))[-newest:]
    return tuple([_size_of(row.own, row.epoch, row.size, row.frontier, row.receipted) for row in told])
