"""Bringing to partners what they have not receipted: never giving up, never dropping.

One task per active pairing whose partner can be called, with one bundle in flight; one per handshake under way. A round
composes, sends, stores the answer, and goes on at once while either side still has something. What becomes due
meanwhile goes into the next round. Of what does not fit into one bundle the next is composed while one is on its way,
and leaves before the answer to that one is stored: both nodes work at once. A failure waits by full jitter, 1 s to
15 min, for ever; the wait is kept in the ``Delivery`` record, and ends when the partner is heard or a person asks. A
node that nobody can call itself holds a request open at its partner instead of sleeping::

    delivery = Delivery(sequencer, client, clock, limits, reconciliation, is_callable=True)
    await delivery.start(); delivery.wake(pairing_id, now=True); await delivery.stop()

``reached_at`` (we reached them) and ``heard_at`` (they reached us) are kept apart, and written at most once a minute.
"""

import asyncio
import functools
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple, Protocol, TypeVar

import msgspec

from gongguan.node.clock import Clock
from gongguan.node.commits import reached
from gongguan.node.config import Limits
from gongguan.node.database.sequencer import After, Committed, Sequencer
from gongguan.node.logs import get_logger
from gongguan.node.peers.client import Address, PeerClient
from gongguan.node.peers.relaying import OnTheWay, standing
from gongguan.node.peers.taking import taken
from gongguan.node.peers.transports.relay import RelayClient
from gongguan.protocol import bundle, note, pairing
from gongguan.protocol import card as cards
from gongguan.protocol.bundle import DigestQuestion
from gongguan.protocol.errors import ProtocolError, refuse
from gongguan.protocol.pairing import OPEN_STATES
from gongguan.sync.act import stamp
from gongguan.sync.exchange import pairings, quota
from gongguan.sync.exchange.exchange import ASKS_FOR_STATUS, Composed, Exchange, Received
from gongguan.sync.records import CardNote, Handshake, Pairing
from gongguan.sync.records import Delivery as Reachability
from gongguan.sync.store import Store

T = TypeVar("T")


class Reconciliation(Protocol):
    """Where digest questions are asked and answered; what it asks goes along with the next bundle."""

    def answer(self, received: Received) -> tuple[DigestQuestion, ...]:
        """What we tell in answer to ``received.questions``; takes ``received.told`` in. Blocks while it reads."""

    def questions(self, pairing_id: str) -> tuple[DigestQuestion, ...]:
        """What we want to know from this partner now."""


NOTED_EVERY_S: Final = 60
"""How exactly times of contact are kept: people ask for the day, not for the second."""
HELD_S_MIN: Final = 0.5
"""A held request that came back sooner without our doing is followed by a pause of this length."""
CARDS_KEPT: Final = 256
TOLD_MAX: Final = 64
"""Answers to a partner's digest questions that wait for the next bundle: as many as one holds."""
NOT_ACTIVE_THERE: Final = frozenset({"P-pairing-unknown", "P-pairing-not-active"})

log = get_logger(__name__)


@dataclass
class Lane:
    """One partner's deliveries. ``news``: there may be something to send; ``at_once``: do not wait any longer;
    ``introduced``: a partner that did not know the pairing as active was shown our packet once;
    ``told``: answers to the partner's digest questions, for the next bundle; ``greeted``: since this start the partner
    has heard what we hold, so that a restore shows which nothing here remembers; ``bare``: it refused what we took it
    to hold, so it is only asked what it does hold; ``way``: what went to its relay, if it is ``relayed``;
    ``rounds``: how often it has begun to deliver; ``resting``: nothing is on its way, as the writer's thread knows;
    ``bringing``: what is due is being brought, one bundle after the other; ``answering``: bundles of it in work here;
    ``prepared``: what comes next after so many rounds, read there when the news was written."""

    name: str
    state: Reachability
    news: asyncio.Event = field(default_factory=asyncio.Event)
    at_once: asyncio.Event = field(default_factory=asyncio.Event)
    told: tuple[DigestQuestion, ...] = ()
    greeted: bool = False
    bare: bool = False
    introduced: bool = False
    way: OnTheWay = field(default_factory=OnTheWay)
    relayed: bool = False
    rounds: int = 0
    resting: bool = False
    bringing: bool = False
    answering: int = 0
    prepared: "tuple[int, Step] | None" = None
    task: "asyncio.Task[None] | None" = None


Marks = tuple[tuple[str, int, int, int], ...]
"""(epoch, size, receipted, shown) of every epoch of both logs, and how far files have come: what changes whenever
anything was brought over."""


class Outlook(NamedTuple):
    """Where a partner is reached, and what there is to do for it.

    ``is_due``: it has not receipted all of ours. ``has_receipts``: it has not shown that it holds all of our receipts,
    or one side lacks a file that the other may have.
    """

    address: Address
    peer: str
    is_due: bool
    has_receipts: bool
    marks: Marks


class Step(NamedTuple):
    """What comes next for a partner, as one snapshot shows it.

    ``has_work``: there is something to bring, not only to wait for. ``composed``: the bundle for it, None where none is
    to be sent to an address; ``told`` are the answers in it, ``bare``: it only asks what the partner holds.
    """

    outlook: Outlook
    has_work: bool
    composed: Composed | None
    told: tuple[DigestQuestion, ...]
    bare: bool


Look = Callable[[Exchange], Step]
Brought = tuple[Received, Step | None]
"""An answer that was stored, and what comes next; None where that has to be looked at."""


class Delivery:
    """See the module. ``wake`` and ``committed`` may be called from any thread."""

    def __init__(
        self,
        sequencer: Sequencer,
        client: PeerClient,
        clock: Clock,
        limits: Limits,
        reconciliation: Reconciliation,
        *,
        is_callable: bool,
        relay: RelayClient | None = None,
    ) -> None:
        self._sequencer = sequencer
        self._client = client
        self._clock = clock
        self._limits = limits
        self._reconciliation = reconciliation
        self._is_callable = is_callable
        self._relay = relay
        self._lanes: dict[str, Lane] = {}
        self._due: dict[str, set[asyncio.Event]] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._sweeping = asyncio.Lock()
        self._background: set[asyncio.Task[Any]] = set()

    async def start(self) -> None:
        """Begin with every active pairing and every handshake under way."""
        self._loop = asyncio.get_running_loop()
        await self.sweep()

    async def stop(self) -> None:
        """End all tasks; what was in flight is sent again after the next start."""
        self._loop = None
        tasks = [*self._background, *(lane.task for lane in self._lanes.values() if lane.task is not None)]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def wake(self, name: str, *, now: bool = True) -> None:
        """There may be something for this pairing id or peer's node id; ``now``: do not sit out a back-off."""
        loop = self._loop
        if loop is not None:
            loop.call_soon_threadsafe(self._wake, name, now)

    def committed(self, left: Committed) -> None:
        """A write transaction took effect: send what is new in our logs."""
        for pairing_id, logs in left.logs.items():
            if [item for item in logs if item.own and item.receipted < item.size]:
                self._news(pairing_id)

    def _news(self, pairing_id: str) -> None:
        """In the writer thread: the bundle for a partner that nothing is on its way to. What is written until its
        answer has come goes into the next one."""
        lane = self._lanes.get(pairing_id)
        if lane is None or not lane.resting:
            self.wake(pairing_id, now=False)
            return
        lane.resting, rounds, look = False, lane.rounds, self._look(lane, None)

        def prepare(store: Store, _: object = None) -> None:
            lane.prepared = rounds, look(self._sequencer.exchange_of(store))

        def settled(error: BaseException | None) -> None:
            if error is not None:
                # Whoever wrote must hear that it is on disk; whoever delivers will meet this too, and say so.
                log.info("not prepared", pairing=pairing_id, reason=type(error).__name__)
            self.wake(pairing_id, now=False)

        if self._gathers():
            preparing = self._sequencer.submit_then(_nothing, prepare)
            preparing.add_done_callback(lambda done: settled(done.exception()))
            return
        try:
            self._sequencer.read_after(prepare)
        except Exception as error:
            settled(error)
        else:
            settled(None)

    def _gathers(self) -> bool:
        """In the writer thread, after a commit: whether somebody waits already to write. What is composed after the one
        transaction that takes all of these carries what they wrote; no timer is needed for that."""
        # Whoever was told by this commit, and writes the next thing at once, comes to the queue before we look at it.
        time.sleep(0)
        return self._sequencer.somebody_waits()

    def heard(self, pairing_id: str) -> None:
        """The partner called us: it is up, so there is no reason to wait."""
        lane = self._lanes.get(pairing_id)
        if lane is None:
            return
        if lane.state.failures:
            lane.at_once.set()
        if self._is_stale(lane.state.heard_at):
            self._spawn(self._note(lane, heard_at=self._clock.stamp()))

    def is_bringing(self, pairing_id: str) -> bool:
        """Whether this partner is being brought what is due to it: nothing else has to. From any thread."""
        lane = self._lanes.get(pairing_id)
        return lane is not None and lane.bringing

    @contextmanager
    def answering(self, pairing_id: str) -> Iterator[None]:
        """While a bundle of this partner is in work: the answer receipts what it brings, no call of ours has to."""
        lane = self._lanes.get(pairing_id)
        if lane is None:
            yield
            return
        lane.answering += 1
        try:
            yield
        finally:
            lane.answering -= 1

    async def until_due(self, pairing_id: str, ended: asyncio.Event, wait_s: float) -> None:
        """Until there is something to send to this partner, ``ended`` is set, or ``wait_s`` are over."""
        due = asyncio.Event()
        waiters = self._due.setdefault(pairing_id, set())
        waiters.add(due)
        try:
            # Looked at after the waiter stands in the list: what is written in between is not missed.
            if await self._read(lambda exchange: exchange.is_due(pairing_id)):
                return
            waits = [asyncio.ensure_future(due.wait()), asyncio.ensure_future(ended.wait())]
            try:
                await asyncio.wait(waits, timeout=wait_s, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for waiting in waits:
                    waiting.cancel()
        finally:
            waiters.discard(due)

    async def sweep(self) -> None:
        """See that each active pairing and each open handshake has its task."""
        async with self._sweeping:
            states, peers = await self._in_thread(lambda: self._sequencer.read(_under_way))
            for state in states:
                self._ensure(state.pairing_id, state, self._deliver)
            for peer in peers:
                self._ensure(peer, Reachability(pairing_id=peer), self._shake_hands)

    # --- one partner ------------------------------------------------------------------------------------------

    async def _deliver(self, lane: Lane) -> None:
        await self._sit_out(lane)
        while True:
            lane.news.clear()
            lane.at_once.clear()
            try:
                try:
                    pause_s = await self._until_settled(lane)
                finally:
                    lane.bringing = False
            except ProtocolError as error:
                await self._failed(lane, error)
                await self._instead(lane)
                await self._sit_out(lane)
            else:
                await _for(lane.news, pause_s)

    async def _until_settled(self, lane: Lane) -> float | None:
        """Exchange bundles until neither side has anything for the other; how long to rest without news, None for ever.

        Raises what makes us wait.
        """
        was_ahead = False
        step = await self._first_step(lane)
        while True:
            outlook = step.outlook
            lane.relayed = bool(outlook.address.relays)
            if not outlook.address.endpoints:
                return await self._by_relay(lane, outlook.address)
            if step.composed is None:
                return None
            lane.bringing = outlook.is_due
            brought = await self._round(lane, step, step.composed)
            if brought is None:
                step = await self._read(self._look(lane, None))
                continue
            received, step = brought
            await self._reached(lane)
            unchanged = step.outlook.marks == outlook.marks
            # A gap is asked for once more at once, not over and over.
            excused = received.told or (received.ahead and not was_ahead)
            if outlook.is_due and step.outlook.is_due and unchanged and not excused:
                raise refuse("T-no-progress")
            was_ahead = received.ahead and unchanged

    async def _first_step(self, lane: Lane) -> Step:
        """What was prepared for this round, or is to be read now."""
        prepared, lane.prepared, lane.resting = lane.prepared, None, False
        rounds, lane.rounds = lane.rounds, lane.rounds + 1
        if prepared is not None and prepared[0] == rounds:
            return prepared[1]
        step = await self._read(self._look(lane, None))
        lane.resting = step.composed is None and bool(step.outlook.address.endpoints)
        return step

    def _look(self, lane: Lane, before: Marks | None) -> Look:
        """What comes next. ``before``: the marks when a bundle was composed that has been answered since: receipts are
        shown once more where the partner did not say that it holds them, not over and over, nor where an answer to its
        own call is about to show them."""
        asked, told, bare, greeted = self._reconciliation.questions(lane.name), lane.told, lane.bare, lane.greeted
        answering = lane.answering > 0

        def look(exchange: Exchange) -> Step:
            outlook = _outlook(exchange, lane.name)
            outlook = outlook._replace(is_due=outlook.is_due or bool(told or asked))
            has_receipts = outlook.has_receipts and outlook.marks != before and not answering
            has_work = outlook.is_due or has_receipts or not greeted
            if not outlook.address.endpoints or not (has_work or not self._is_callable):
                return Step(outlook, has_work, None, (), bare)
            composed = exchange.compose(lane.name, questions=asked, told=told, bare=bare)
            return Step(outlook, has_work, composed, told, bare)

        return look

    async def _round(self, lane: Lane, step: Step, composed: Composed) -> tuple[Received, Step] | None:
        """One bundle there and one back, and what comes next; None when that has to be looked at anew: there is news
        to send, or the partner has to be asked what it holds."""
        outlook = step.outlook
        lane.told = tuple(item for item in lane.told if item not in step.told)
        lane.bare = False
        reached("before-send")
        try:
            if step.has_work:
                reply: bytes | None = await self._brought(lane, outlook.address, composed)
            else:
                reply = await self._held(lane, outlook.address, composed.data)
        except ProtocolError as error:
            if error.facts.get("there") in ASKS_FOR_STATUS and not step.bare:
                lane.bare = True
                return None
            if error.facts.get("there") in NOT_ACTIVE_THERE and await self._introduced(lane, outlook):
                return None
            if error.facts.get("there") == "R-quota":
                await self._receipts_alone(lane, outlook)
            raise
        if reply is None:
            lane.news.clear()
            return None
        reached("after-send")
        return await self._store_reply(lane, reply, outlook.marks)

    async def _brought(self, lane: Lane, address: Address, composed: Composed) -> bytes:
        """The answer to a bundle, or, when more is to be brought, to the last of several; those before are stored."""
        if not composed.more:
            return await self._client.exchange(address, composed.data, 0)
        beyond: dict[str, int] = {}
        storing: asyncio.Future[Received] | None = None
        while True:
            calling = asyncio.ensure_future(self._client.exchange(address, composed.data, 0))
            try:
                following = await self._following(lane, composed, beyond)
                reply = await calling
            finally:
                calling.cancel()
                stored, storing = await storing if storing is not None else None, None
            if following is None or (stored is not None and _is_talk(stored)):
                return reply
            reached("after-send")
            storing = asyncio.ensure_future(self._taken(lane, reply))
            composed = following
            reached("before-send")

    async def _following(self, lane: Lane, composed: Composed, beyond: dict[str, int]) -> Composed | None:
        """The bundle behind one that is on its way, if it did not hold all. ``beyond``: how far the earlier ones go."""
        beyond.update(composed.reached)
        if not composed.more:
            return None
        sent = dict(beyond)
        return await self._read(lambda exchange: exchange.compose(lane.name, beyond=sent))

    async def _taken(self, lane: Lane, reply: bytes) -> Received:
        """Store an answer behind which a bundle is on its way already."""
        received = await self._stored(lane, reply, lambda store, received: received)
        await self._answer_questions(lane, received)
        return received

    async def _receipts_alone(self, lane: Lane, outlook: Outlook) -> None:
        """The partner has no room for our messages: our receipts and its own messages still get through."""
        composed: Composed = await self._read(lambda exchange: exchange.compose(lane.name, segments=False))
        await self._store_reply(lane, await self._client.exchange(outlook.address, composed.data, 0), None)

    async def _introduced(self, lane: Lane, outlook: Outlook) -> bool:
        """Show our packet; whether that made the pairing active there, so that calling too early was no failure."""
        complete = await self._send_packet(outlook.peer, outlook.address)
        first, lane.introduced = not lane.introduced, True
        return complete and first

    async def _held(self, lane: Lane, address: Address, data: bytes) -> bytes | None:
        """The answer to a request that the partner may hold; None when there was news of our own before."""
        began = self._clock.monotonic()
        reply = await _unless(lane.news, self._client.exchange(address, data, self._limits.wait_max_s))
        if self._clock.monotonic() - began < HELD_S_MIN:
            # A partner that does not hold requests must not be asked without a pause.
            await _for(lane.news, HELD_S_MIN)
        return reply

    # --- by way of a relay ------------------------------------------------------------------------------------

    def came_by_relay(self, received: Received, told: tuple[DigestQuestion, ...]) -> None:
        """A bundle of this partner lay in our mailbox: what it makes us send goes the same way, or a better one."""
        lane = self._lanes.get(received.pairing_id)
        if lane is not None:
            lane.way.heard(received)
            lane.told = (*lane.told, *told)[-TOLD_MAX:]
            self.wake(lane.name, now=False)

    def owe_answer(self, pairing_id: str) -> None:
        """This partner takes us to hold what we do not: it has to hear what we do hold."""
        lane = self._lanes.get(pairing_id)
        if lane is not None:
            lane.way.owe_answer()
            self.wake(lane.name, now=False)

    async def _by_relay(self, lane: Lane, address: Address) -> float | None:
        """Leave at the partner's relay what is not on its way yet; how long to rest then. Raises as ``_round``."""
        if self._relay is None or not address.relays:
            return None
        if self._due.get(lane.name):
            # The partner holds a request open here: that is the shorter way.
            return self._limits.wait_max_s
        way, limits = lane.way, self._limits
        while True:
            now_s = self._clock.monotonic()
            found = await self._read(lambda exchange: standing(exchange, lane.name))
            asked = self._reconciliation.questions(lane.name)
            if not (way.has_work(found, now_s, limits) or lane.told or asked != way.asked):
                return way.pause_s(found, now_s, limits)
            told, lane.told = lane.told, ()
            composed = await self._composed(lane, asked, told)
            reached("before-send")
            await self._put(address, composed.data)
            way.put(composed, found, now_s, limits)
            way.asked = asked
            # That it lies at the relay is no receipt, and nobody was reached.
            if lane.state.failures and not address.endpoints:
                await self._note(lane, failures=0, next_at=None, last_error=None)

    async def _composed(
        self, lane: Lane, asked: tuple[DigestQuestion, ...], told: tuple[DigestQuestion, ...]
    ) -> Composed:
        """The next bundle for the relay: what goes beyond what lies there."""
        sent = dict(lane.way.sent)
        return await self._read(lambda exchange: exchange.compose(lane.name, questions=asked, told=told, beyond=sent))

    async def _put(self, address: Address, data: bytes) -> None:
        """Into the first of the partner's mailboxes that takes it."""
        failure: ProtocolError = refuse("T-unreachable", reason="no relay")
        for endpoint in address.relays:
            try:
                await self._relay_client.put(endpoint, data)
            except ProtocolError as error:
                failure = error
            else:
                return
        raise failure

    @property
    def _relay_client(self) -> RelayClient:
        if self._relay is None:
            raise refuse("I-internal", what="no relay client")
        return self._relay

    async def _instead(self, lane: Lane) -> None:
        """The partner could not be called: perhaps it empties a mailbox."""
        if not lane.relayed:
            return
        outlook = await self._read(lambda exchange: _outlook(exchange, lane.name))
        if outlook.address.endpoints:
            try:
                await self._by_relay(lane, outlook.address)
            except ProtocolError as error:
                log.info("not left at the relay", pairing=lane.name, code=error.code)

    async def _store_reply(self, lane: Lane, reply: bytes, before: Marks | None) -> tuple[Received, Step]:
        """Take the partner's bundle in; what comes next then."""

        def look(store: Store) -> Step:
            step = self._look(lane, before)(self._sequencer.exchange_of(store))
            # What is written from here on finds nothing on its way.
            lane.resting = step.composed is None
            return step

        def then(store: Store, received: Received) -> "Brought | After[Brought]":
            lane.greeted = True
            if received.questions or received.told:
                return received, None
            if self._gathers():
                return After(lambda store: (received, look(store)))
            return received, look(store)

        received, step = await self._stored(lane, reply, then)
        if step is None:
            await self._answer_questions(lane, received)
            step = await self._read(self._look(lane, before))
        return received, step

    async def _stored(self, lane: Lane, reply: bytes, then: "Callable[[Store, Received], T | After[T]]") -> T:
        """Take the partner's bundle in; with what is read right after the commit."""
        if bundle.read_header(reply)[0].pairing != lane.name:
            raise refuse("P-not-this-pairing")
        try:
            return await taken(self._sequencer, reply, then)
        except ProtocolError as error:
            if error.code == "R-quota":
                await self.receipts_of(reply)
            raise

    async def _answer_questions(self, lane: Lane, received: Received) -> None:
        """What the partner asks about our records is told with the next bundle that has room for it."""
        if received.questions or received.told:
            told = await self._in_thread(lambda: self._reconciliation.answer(received))
            lane.told = (*lane.told, *told)

    async def receipts_of(self, data: bytes) -> None:
        """Receipts get through also where there is no room for the messages with them; the staff is told."""

        def take(exchange: Exchange) -> None:
            received = exchange.receive(data, receipts_only=True)
            quota.refused(exchange.store, received.pairing_id, stamp(exchange.now))

        await asyncio.wrap_future(self._sequencer.submit(self._sequencer.using(take)))

    async def note_quota(self, pairing_id: str) -> None:
        """Messages of this partner were refused for the bound of its storage here."""
        at = self._clock.stamp()
        await asyncio.wrap_future(self._sequencer.submit(lambda store: quota.refused(store, pairing_id, at)))

    # --- a pairing under way ----------------------------------------------------------------------------------

    async def _shake_hands(self, lane: Lane) -> None:
        """Show the partner our packet until both have both signatures."""
        while True:
            lane.at_once.clear()
            handshake, address = await self._read(lambda exchange: _handshake(exchange.store, lane.name))
            if handshake is None or not address.endpoints or handshake.state not in (*OPEN_STATES, "active"):
                return
            try:
                if await self._send_packet(lane.name, address):
                    return
            except ProtocolError as error:
                log.info("handshake not delivered", peer=lane.name, code=error.code, there=error.facts.get("there"))
            lane.state = msgspec.structs.replace(lane.state, failures=lane.state.failures + 1)
            await _for(lane.at_once, self.delay_s(lane.state.failures))

    async def _send_packet(self, peer: str, address: Address) -> bool:
        """Our packet to the partner, its packet in return; whether there is nothing left to show."""
        packet = await self._read(lambda exchange: pairings.packet(exchange.store, peer))
        answer = pairing.decode_packet(await self._client.pairing(address, pairing.encode_packet(packet)))

        def take(exchange: Exchange) -> Handshake:
            handshake = pairings.take_packet(exchange.store, answer, exchange.now)
            exchange.announce_to(peer)
            return handshake

        after = await asyncio.wrap_future(self._sequencer.submit(self._sequencer.using(take)))
        return after.state not in OPEN_STATES and (after.state != "active" or isinstance(packet.signature, str))

    # --- waiting, and saying how it goes ----------------------------------------------------------------------

    async def _failed(self, lane: Lane, error: ProtocolError) -> None:
        failures = lane.state.failures + 1
        delay_s = self.delay_s(failures)
        told_s = error.facts.get("retry_after_s")
        if isinstance(told_s, int):
            # A busy partner says when to come again; how long it may have us wait is ours to say.
            delay_s = min(max(delay_s, told_s), self._limits.retry_delay_s_max)
        there = error.facts.get("there")
        log.info("not delivered", pairing=lane.name, code=error.code, there=there, failures=failures)
        next_at = self._clock.stamp(self._clock.now() + timedelta(seconds=delay_s))
        await self._note(lane, failures=failures, next_at=next_at, last_error=str(there or error.code))

    async def _reached(self, lane: Lane) -> None:
        if lane.state.failures or lane.state.last_error or self._is_stale(lane.state.reached_at):
            await self._note(lane, failures=0, next_at=None, last_error=None, reached_at=self._clock.stamp())

    async def _note(self, lane: Lane, **changes: Any) -> None:
        lane.state = msgspec.structs.replace(lane.state, **changes)
        state = lane.state
        await asyncio.wrap_future(self._sequencer.submit(lambda store: store.put(state)))

    async def _sit_out(self, lane: Lane) -> None:
        """The rest of a back-off, also one from before a restart."""
        if lane.state.next_at is None:
            return
        left_s = (datetime.fromisoformat(lane.state.next_at) - self._clock.now()).total_seconds()
        # A wall clock that was set back must not make it longer than any back-off is; whole seconds are kept,
        # so a short wait is drawn anew.
        shortest_s = self.delay_s(1)
        await _for(lane.at_once, min(max(left_s, shortest_s), self._limits.retry_delay_s_max))

    def delay_s(self, failures: int) -> float:
        """Full jitter: anything up to a bound that doubles with each failure."""
        limits = self._limits
        bound_s = min(limits.retry_delay_s_max, limits.retry_delay_s_min * 2 ** min(failures - 1, 32))
        drawn = int.from_bytes(self._clock.random_bytes(4), "big") / 2**32
        return float(max(bound_s * drawn, limits.retry_delay_s_min / 10))

    def _is_stale(self, instant: str | None) -> bool:
        if instant is None:
            return True
        return abs((self._clock.now() - datetime.fromisoformat(instant)).total_seconds()) >= NOTED_EVERY_S

    # --- tasks ------------------------------------------------------------------------------------------------

    def _wake(self, name: str, now: bool) -> None:
        for waiter in self._due.get(name, ()):
            waiter.set()
        lane = self._lanes.get(name)
        if lane is None or lane.task is None or lane.task.done():
            self._spawn(self.sweep())
        if lane is not None:
            lane.news.set()
            # At the relay there is always somebody to leave news with.
            if now or lane.relayed:
                lane.at_once.set()

    def _ensure(self, name: str, state: Reachability, work: Callable[[Lane], Awaitable[None]]) -> None:
        lane = self._lanes.get(name)
        if self._loop is None or (lane is not None and lane.task is not None and not lane.task.done()):
            return
        lane = self._lanes[name] = Lane(name, lane.state if lane is not None else state)
        lane.task = asyncio.ensure_future(self._guarded(lane, work))

    async def _guarded(self, lane: Lane, work: Callable[[Lane], Awaitable[None]]) -> None:
        """A fault of ours ends one lane until the next sweep, not the delivery."""
        try:
            await work(lane)
        except ProtocolError as error:
            log.error("delivery stopped", lane=lane.name, code=error.code)
        except Exception as error:
            log.error("delivery stopped", lane=lane.name, exc_info=error)

    def _spawn(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    async def _read(self, work: Callable[[Exchange], T]) -> T:
        return await self._in_thread(lambda: self._sequencer.read(self._sequencer.using(work)))

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(None, work)


def _nothing(store: Store) -> None:
    return None


def _is_talk(received: Received) -> bool:
    """Whether an answer makes us say something else than what comes next: one bundle after the other then."""
    asked = received.questions or received.told
    return bool(received.ahead or asked or received.recovering or not received.new_receipts)


def _under_way(store: Store) -> tuple[list[Reachability], list[str]]:
    active = store.find(Pairing, state="active")
    states = [store.get(Reachability, item.pairing_id) or Reachability(pairing_id=item.pairing_id) for item in active]
    return states, [item.peer for item in store.find(Handshake) if item.state in OPEN_STATES]


def _outlook(exchange: Exchange, pairing_id: str) -> Outlook:
    held = exchange.store.get(Pairing, pairing_id)
    if held is None or held.state != "active":
        return Outlook(Address((), None), "", False, False, ())
    rows = exchange.book(pairing_id).epochs.values()
    recovering = ((held.recovering, 0, 0, 0),) if held.recovering else ()
    files = exchange.files_on_the_way(pairing_id)
    return Outlook(
        _address(exchange.store, held.their_card),
        held.peer,
        exchange.is_due(pairing_id),
        exchange.has_receipts_to_show(pairing_id) or bool(files),
        recovering + files + tuple((row.epoch, row.size, row.receipted, row.shown) for row in rows),
    )


def _handshake(store: Store, peer: str) -> tuple[Handshake | None, Address]:
    handshake = store.get(Handshake, peer)
    if handshake is None:
        return None, Address((), None)
    return handshake, _address(store, handshake.card_there)


def _address(store: Store, card_hash: str) -> Address:
    held = store.get(CardNote, card_hash)
    if held is None:
        raise refuse("I-card-missing", card=card_hash)
    return _address_on(held.note)


@functools.lru_cache(maxsize=CARDS_KEPT)
def _address_on(card_note: bytes) -> Address:
    """Reading a card takes as long as composing a bundle, and each round asks where the partner is."""
    return Address.of(cards.parse(note.parse(card_note).text))


async def _for(event: asyncio.Event, duration_s: float | None) -> None:
    """Until the event, at most so long; None: for ever."""
    try:
        async with asyncio.timeout(duration_s):
            await event.wait()
    except TimeoutError:
        pass


async def _unless(event: asyncio.Event, call: Awaitable[T]) -> T | None:
    """The result of ``call``, or None when the event comes first: the call is then given up."""
    calling = asyncio.ensure_future(call)
    waiting = asyncio.ensure_future(event.wait())
    try:
        await asyncio.wait((calling, waiting), return_when=asyncio.FIRST_COMPLETED)
        return await calling if calling.done() else None
    finally:
        for task in (calling, waiting):
            task.cancel()
