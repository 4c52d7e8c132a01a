"""One run: two committees, a network, disks and clocks, all of it decided by one seed.

The nodes run the production ``protocol`` and ``sync``; only the disk (``MemoryDatabase``), the network, the clock and
the officers are pretended. Time is virtual, a heap of events. A run has a stormy part, in which everything goes wrong
that ``Faults`` lists, then a calm one in which both come to rest; ``invariants.py`` says what must hold at each step
and at the end::

    world = World(seed=17)
    world.run()                    # raises Violation
    world.faults                   # Counter of what was injected
"""

import heapq
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gongguan.protocol.errors import ProtocolError
from gongguan.protocol.keys import PublicKey, SigningKey
from gongguan.sync.exchange import Exchange
from tests import pairs
from tests.acts import ACTS, MEMBERS, UncheckedBook, UncheckedExchange, misbehave, perform
from tests.fakes import MemoryStore
from tests.protocol.committees import DESTINATION, ORIGIN, Committee
from tests.simulation.invariants import Violation, Witness
from tests.simulation.misreading import MisreadStore

FAULTS: Final = (
    "loss",
    "duplicate",
    "duplicate_months_later",
    "reorder",
    "delay",
    "partition",
    "corrupt",
    "truncate",
    "reply_lost",
    "crash_before_commit",
    "crash_after_commit",
    "crash_before_receipt",
    "commit_unknown",
    "restart",
    "clock_jump",
    "misread",
    "unchecked_sender",
)
"""Every fault by name: over a run of many seeds each must have happened."""

ACT_NAMES: Final = (*ACTS, *("score", "score", "relocate", "propose_resolution", "answer_resolution") * 3, "score")
CLOCK_JUMPS_S: Final = (-1.0, 1.0, -3600.0, 3600.0, -10 * 365 * 86400.0, 10 * 365 * 86400.0)
MONTHS_S: Final = 100 * 86400.0
ROUNDS_MAX: Final = 25
STORM_S: Final = 120.0


class ProcessDied(Exception):
    """The pretended process is gone in the middle of what it did."""


class CommitUnknown(Exception):
    """The commit took effect, but nobody said so; the process lives on."""


@dataclass(frozen=True)
class WitnessedKey(SigningKey):
    """A key that remembers everything it ever signed, over all lives of its node."""

    heard: list[bytes] = field(default_factory=list, compare=False)

    def sign(self, message: bytes) -> bytes:
        self.heard.append(message)
        return self._handle.sign(message)


def key_parts(key: SigningKey) -> tuple[bytes, PublicKey, Ed25519PrivateKey]:
    """What a key is made of."""
    return key.seed, key.public, key._handle


class SimulatedNode(pairs.Node):
    """A node that can die at a commit, whose clock jumps, and whose disk misreads once in a while."""

    exchange = UncheckedExchange

    def __init__(self, committee: Committee, seed: int) -> None:
        super().__init__(committee, seed)
        log_key = WitnessedKey(*key_parts(committee.log_key))
        cosigning = WitnessedKey(*key_parts(committee.cosigning_key))
        self.identity = self.identity._replace(log=log_key, cosigning=cosigning)
        self.log_heard, self.cosigning_heard = log_key.heard, cosigning.heard
        self.up = True
        self.clock_offset_s = 0.0
        self.delivery_planned = False

    def arm(self, calls: int, fire: Callable[[], Exception]) -> None:
        """Raise what ``fire`` gives at the next commit: at 1 before it takes effect, at 2 after."""
        left = calls

        def hook() -> None:
            nonlocal left
            left -= 1
            if left == 0:
                self.database.commit_hook = None
                raise fire()

        self.database.commit_hook = hook

    def answer(self, data: bytes, before_receipt: Callable[[], None]) -> bytes:
        """What the server does with a bundle: take it, commit, then compose the reply with the receipt."""
        received = self.receive(data)
        before_receipt()
        return self.compose(answers=received.bundle)

    def compose_misread(self, rng: random.Random) -> bytes:
        """A bundle composed while the disk gave back one altered byte of a message."""

        def work(store: Any) -> bytes:
            assert isinstance(store, MemoryStore)
            exchange = self.exchange(
                MisreadStore(store, rng), self.identity, self.reading, self.now, self.random.randbytes
            )
            return exchange.compose(self.pairing_id_in(exchange)).data

        return self.database.read(work)


@dataclass(frozen=True)
class Setup:
    """What a run is made of; planted bugs replace a part."""

    node: type[SimulatedNode] = SimulatedNode
    book: type[UncheckedBook] = UncheckedBook


class World:
    """One run."""

    def __init__(self, seed: int, setup: Setup | None = None) -> None:
        chosen = setup or Setup()
        self.seed = seed
        self.rng = random.Random(seed)
        self.faults: Counter[str] = Counter()
        self.acts: Counter[str] = Counter()

        class SimulatedExchange(UncheckedExchange):
            book_class = chosen.book

        self.from_scratch = seed % 5 == 0
        plain = pairs.paired(seed) if self.from_scratch else pairs.in_agreement(seed)[:2]
        self.nodes = (chosen.node(ORIGIN, seed), chosen.node(DESTINATION, seed))
        for node, source in zip(self.nodes, plain, strict=True):
            node.exchange = SimulatedExchange
            node.database = source.database
        self.pairing_id = self.nodes[0].pairing_id
        self.now_s = 0.0
        self.calm = False
        self.cut_until_s = 0.0
        self.last_arrival_s = [0.0, 0.0]
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._number = 0
        self.witness = Witness(self.nodes)

    # --- time -------------------------------------------------------------------------------------------------

    def after(self, delay_s: float, action: Callable[[], None]) -> None:
        """Let ``action`` happen in ``delay_s``."""
        self._number += 1
        heapq.heappush(self._events, (self.now_s + delay_s, self._number, action))

    def chance(self, probability: float) -> bool:
        """True that often, never once the storm is over."""
        return self.rng.random() < probability and not self.calm

    def _tell_time(self, node: SimulatedNode) -> None:
        at = pairs.START.timestamp() + self.now_s + node.clock_offset_s
        node.now = datetime.fromtimestamp(0, UTC) + timedelta(seconds=max(at, 0.0))

    def run(self) -> None:
        """Storm, calm, rest. Raises Violation."""
        self._plan_storm()
        while self._events:
            self.now_s, _, action = heapq.heappop(self._events)
            action()
            self.witness.check_step()
        self._come_to_rest()
        self.witness.check_rest()
        if self.seed % 4 == 1:
            self.witness.check_equivocation(self.rng)

    # --- officers ---------------------------------------------------------------------------------------------

    def _plan_storm(self) -> None:
        for member in range(MEMBERS):
            self.after(self.rng.uniform(0, 10), lambda member=member: self._act(member % 2, "depart", member, 0))  # type: ignore[misc]
        for number in (0, 1):
            self.after(0.0, lambda number=number: self._act(number, "announce", 0, 0))  # type: ignore[misc]
        if self.from_scratch:
            self.after(20.0, lambda: self._act(0, "amend", 0, 0))
            for moment in (40.0, 60.0):
                self.after(moment, lambda: self._act(1, "answer_amendment", 0, 1))
        for _ in range(self.rng.randint(8, 18)):
            name, number = self.rng.choice(ACT_NAMES), self.rng.randrange(2)
            member, choice = self.rng.randrange(MEMBERS), self.rng.randrange(32)
            moment = self.rng.uniform(5, STORM_S)
            self.after(moment, lambda n=number, a=name, m=member, c=choice: self._act(n, a, m, c))  # type: ignore[misc]
        for _ in range(self.rng.randint(1, 4)):
            self.after(self.rng.uniform(0, STORM_S), self.rng.choice((self._jump_clock, self._cut, self._restart)))

    def _act(self, number: int, name: str, member: int, choice: int) -> None:
        node = self.nodes[number]
        if not node.up:
            self.after(self.rng.uniform(1, 10), lambda: self._act(number, name, member, choice))
            return
        rogue = name != "announce" and self.chance(0.04)

        def work(exchange: Exchange) -> None:
            book = exchange.book(self.pairing_id)
            if name == "announce":
                exchange.announce(self.pairing_id)
            elif rogue:
                _misbehave(book, member, choice)
            else:
                self.acts[name] += perform(book, name, member, choice)

        self.faults["unchecked_sender"] += rogue
        self._transact(number, lambda: node.act(work))
        self._plan_delivery(number, self.rng.uniform(0, 3))

    def _transact(self, number: int, work: Callable[[], Any]) -> Any:
        """Run a write transaction in which the process may die; a refusal by the node's own verdict is no fault."""
        node = self.nodes[number]
        self._tell_time(node)
        self._arm_crash(node)
        try:
            return work()
        except ProtocolError as error:
            if error.code[0] == "I":
                raise Violation("I30", f"{error}") from error
            return error
        except ProcessDied:
            self._die(number)
        except CommitUnknown:
            pass
        finally:
            node.database.commit_hook = None
        return None

    def _arm_crash(self, node: SimulatedNode) -> None:
        if not self.chance(0.08):
            return
        name = self.rng.choice(("crash_before_commit", "crash_after_commit", "commit_unknown"))
        error = CommitUnknown() if name == "commit_unknown" else ProcessDied()
        node.arm(1 if name == "crash_before_commit" else 2, lambda: self._counted(name, error))

    def _counted(self, name: str, error: Exception) -> Exception:
        self.faults[name] += 1
        return error

    def _die(self, number: int) -> None:
        node = self.nodes[number]
        node.crash()
        node.up = False
        node.delivery_planned = False
        self.after(self.rng.uniform(0.5, 15), lambda: self._start(number))

    def _start(self, number: int) -> None:
        self.nodes[number].up = True
        self._plan_delivery(number, self.rng.uniform(0, 2))

    # --- other faults -----------------------------------------------------------------------------------------

    def _restart(self) -> None:
        number = self.rng.randrange(2)
        if self.nodes[number].up:
            self.faults["restart"] += 1
            self._die(number)

    def _jump_clock(self) -> None:
        self.faults["clock_jump"] += 1
        self.rng.choice(self.nodes).clock_offset_s += self.rng.choice(CLOCK_JUMPS_S)

    def _cut(self) -> None:
        self.cut_until_s = self.now_s + self.rng.uniform(5, 60)

    # --- network ----------------------------------------------------------------------------------------------

    def _plan_delivery(self, number: int, delay_s: float) -> None:
        node = self.nodes[number]
        if node.up and not node.delivery_planned:
            node.delivery_planned = True
            self.after(delay_s, lambda: self._deliver(number))

    def _deliver(self, number: int) -> None:
        node = self.nodes[number]
        node.delivery_planned = False
        if not node.up or not node.is_due():
            return
        self._tell_time(node)
        misread = self.chance(0.04)
        self.faults["misread"] += misread
        data = node.compose_misread(self.rng) if misread else node.compose()
        self._send(1 - number, data, sound=not misread, is_reply=False)
        if self.now_s < STORM_S:
            self._plan_delivery(number, self.rng.uniform(2, 20))

    def _send(self, receiver: int, data: bytes, *, sound: bool, is_reply: bool) -> None:
        """Put a bundle on the wire, where it may be lost, harmed, doubled, or held up."""
        if self.now_s < self.cut_until_s:
            self.faults["partition"] += 1
            return
        if self.chance(0.08):
            self.faults["reply_lost" if is_reply else "loss"] += 1
            return
        harmed = self._harmed(data)
        copies = [self.rng.expovariate(1.0)]
        if self.chance(0.08):
            self.faults["delay"] += 1
            copies = [self.rng.uniform(10, 60)]
        if self.chance(0.06):
            self.faults["duplicate"] += 1
            copies.append(self.rng.expovariate(0.2))
        if self.chance(0.03):
            self.faults["duplicate_months_later"] += 1
            copies.append(MONTHS_S + self.rng.uniform(0, MONTHS_S))
        for delay_s in copies:
            arrival = self.now_s + delay_s
            self.faults["reorder"] += arrival < self.last_arrival_s[receiver] < MONTHS_S
            self.last_arrival_s[receiver] = max(arrival, self.last_arrival_s[receiver])
            self.after(delay_s, lambda: self._arrive(receiver, harmed, sound and harmed == data, is_reply))

    def _harmed(self, data: bytes) -> bytes:
        if self.chance(0.03):
            self.faults["corrupt"] += 1
            place = self.rng.randrange(len(data))
            return data[:place] + bytes([data[place] ^ 1 << self.rng.randrange(8)]) + data[place + 1 :]
        if self.chance(0.03):
            self.faults["truncate"] += 1
            return data[: self.rng.randrange(len(data))]
        return data

    def _arrive(self, number: int, data: bytes, sound: bool, is_reply: bool) -> None:
        node = self.nodes[number]
        if not node.up:
            return
        try:
            outcome = self._transact(number, lambda: self._take(node, number, data, is_reply))
        except Violation:
            raise
        except Exception as error:
            raise Violation("I30", f"a bundle ended in {type(error).__name__}: {error}") from error
        if isinstance(outcome, ProtocolError) and sound:
            raise Violation("I7", f"an honest bundle was refused: {outcome}")
        if isinstance(outcome, bytes) and not is_reply:
            self._send(1 - number, outcome, sound=True, is_reply=True)
        self._plan_delivery(number, self.rng.uniform(0, 2))

    def _take(self, node: SimulatedNode, number: int, data: bytes, is_reply: bool) -> bytes:
        if is_reply:
            node.receive(data)
            return b""
        return node.answer(data, lambda: self._before_receipt(number))

    def _before_receipt(self, number: int) -> None:
        if self.chance(0.02):
            self.faults["crash_before_receipt"] += 1
            raise ProcessDied

    # --- the calm ---------------------------------------------------------------------------------------------

    def _come_to_rest(self) -> None:
        """No more faults: within a bounded number of rounds neither owes the other anything."""
        self.calm = True
        first, second = self.nodes
        for node in self.nodes:
            node.up = True
            self._tell_time(node)
        for _ in range(ROUNDS_MAX):
            if not first.is_due() and not second.is_due():
                return
            for giver, taker in ((first, second), (second, first)):
                try:
                    taker.receive(giver.compose())
                except ProtocolError as error:
                    raise Violation("I7", f"an honest bundle was refused: {error}") from error
                self.witness.check_step()
        raise Violation("I7", "the two do not come to rest")


def _misbehave(book: Any, member: int, choice: int) -> None:
    if book.current_version():
        misbehave(book, member, choice)
