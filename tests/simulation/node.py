"""A node that can die at every point, whose clock jumps, whose disk is put back, and that cannot bear some messages.

Everything above the disk is the production ``sync`` and ``protocol``; a start does what ``node/app.py`` does at one:
count what killed the last process, compare the database with the fence, announce.
"""

import random
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Final, TypeVar

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gongguan.node.database.sequencer import LogSize, sizes_of
from gongguan.protocol.keys import PublicKey, SigningKey
from gongguan.protocol.limits import POISON_ATTEMPTS_MAX
from gongguan.protocol.session import Identity
from gongguan.sync.exchange import standing, succession
from gongguan.sync.exchange.exchange import Composed, Exchange, Memory, Received, Unfinished
from gongguan.sync.exchange.fold import Placed
from gongguan.sync.exchange.logbook import LogBook
from gongguan.sync.exchange.units import UnitWork
from gongguan.sync.exchange.watch import CURRENT, Software, Watch, count_attempt
from gongguan.sync.records import Epoch, Pairing, Segment
from tests import pairs
from tests.acts import UncheckedBook, UncheckedExchange
from tests.fakes import MemoryStore
from tests.protocol.committees import Committee
from tests.simulation import keyring
from tests.simulation.disk import SimulatedDisk, SimulatedFence
from tests.simulation.invariants import Violation
from tests.simulation.misreading import MisreadStore
from tests.simulation.witness import Witness

T = TypeVar("T")

OLDER: Final = Software(CURRENT.kinds - {"score.contributed@1", "relocation.reported@1"})
"""What a node knows while it runs the software of last year."""


class ProcessDied(Exception):
    """The pretended process is gone in the middle of what it did."""


class CommitUnknown(Exception):
    """The commit took effect, but nobody said so; the process lives on."""


@dataclass(frozen=True)
class WitnessedKey(SigningKey):
    """A key that remembers everything it ever signed, over all lives of its node, and tells a listener."""

    heard: list[bytes] = field(default_factory=list, compare=False)
    tell: Callable[[bytes], None] | None = field(default=None, compare=False)

    def sign(self, message: bytes) -> bytes:
        if self.tell is not None:
            self.tell(message)
        else:
            self.heard.append(message)
        return self._handle.sign(message)


def key_parts(key: SigningKey) -> tuple[bytes, PublicKey, Ed25519PrivateKey]:
    """What a key is made of."""
    return key.seed, key.public, key._handle


class NodeWatch(Watch):
    """The watch of one node. It outlives the process, as the mapped file of ``node/watch.py`` does."""

    def __init__(self, node: "SimulatedNode") -> None:
        super().__init__()
        self.node = node


class SimulatedBook(UncheckedBook):
    """A book whose node cannot bear the partner's messages that are poison to it."""

    def apply(self, placed: Placed, work: UnitWork | None, *, own: bool, effect: str = "applied") -> None:
        if not own and isinstance(self.watch, NodeWatch):
            self.watch.node.swallow(placed.message.id, placed.message.kind)
            self.watch.node.borne.add(placed.message.id)  # also by those who take it once more after a restore
        super().apply(placed, work, own=own, effect=effect)


class SimulatedExchange(UncheckedExchange):
    book_class: type[LogBook] = SimulatedBook
    part_messages = 2  # so that bundles of a few messages have parts, too


class SimulatedNode(pairs.Node):
    """See the module. ``place``: its committee's; ``number``: the same, or for a clone one after all places."""

    exchange: type[Exchange] = SimulatedExchange
    disk_class = SimulatedDisk
    fence_class = SimulatedFence

    def __init__(self, committee: Committee, place: int, number: int, seed: int, witness: Witness) -> None:
        super().__init__(committee, seed)
        self.place, self.number = place, number
        self.witness = witness
        self.life = (number, 0)
        self.identity = self.witnessed(self.identity)
        self.genesis = self.identity
        self.ring: list[tuple[Identity, bytes]] = []
        self.disk = self.database = self.disk_class(self.reached, lambda changes: witness.committed(self, changes))
        self.fence = self.fence_class(None, self.reached)
        self.watch = NodeWatch(self)
        self.up = True
        self.sleeps_until = 0
        self.clock_offset_s = 0.0
        self.world_s = 0.0
        self.armed: dict[str, Callable[[], Exception]] = {}
        self.broken: Exception | None = None
        self.poison: frozenset[str] = frozenset()
        self.borne: set[str] = set()
        self.poison_kills = False
        self.misbehaved = False
        self.tried: Counter[str] = Counter()
        self.excuses = 0
        self.bundles = 0
        self.parts = 0
        self.stale: list[tuple[Memory, tuple[int, int], Identity]] = []

    def may_misbehave(self, book: LogBook) -> bool:
        """A node that lost its log takes its own messages at their word where it cannot judge what they rest on
        (``intake._verdict_on``), and hears from its partner that these are refused: so one that lies can judge all."""
        return self.software is CURRENT and not self.poison and not any(row.own for row in book.held.rows)

    def witnessed(self, plain: Identity) -> Identity:
        """The same keys, of which this node's witness hears."""
        return plain._replace(
            log=WitnessedKey(*key_parts(plain.log), tell=self._signs_head),
            cosigning=WitnessedKey(*key_parts(plain.cosigning), tell=self._signs_receipt),
        )

    def copy_keys(self, other: "SimulatedNode") -> None:
        """The key file of another machine of this committee."""
        self.ring = [(self.witnessed(identity), data) for identity, data in other.ring]
        self.identity = self.ring[-1][0] if self.ring else self.genesis

    # --- dying ------------------------------------------------------------------------------------------------

    def reached(self, point: str) -> None:
        """Raise what is armed for this point, once; a disk that is broken refuses every commit."""
        if point == "before-commit" and self.broken is not None:
            self.excuses += 1
            raise self.broken
        fire = self.armed.pop(point, None)
        if fire is not None:
            raise fire()

    def die(self, *, power: bool) -> int:
        """The process is gone, and with the power what was not synced; how many commits were lost."""
        self.stale.append((self.memory, self.life, self.identity))
        del self.stale[:-2]
        self.crash()
        self.life = (self.life[0], self.life[1] + 1)
        self.up = False
        self.excuses += 1
        self.armed.clear()
        lost = self.disk.lose_unsynced() if power else 0
        self.disk.sync()
        self.fence = self.fence_class(self.fence.on_disk, self.reached)
        return lost

    def start(self) -> None:
        """A new process over whatever the disk holds."""
        self.up = True
        self.broken = None
        suspect, self.watch.suspect = self.watch.suspect, None
        if suspect is not None:
            self.database.write(lambda store: count_attempt(store, suspect))
        is_before_rotation = keyring.catch_up(self)
        self._compare_with_fence()
        if is_before_rotation:
            self.act(succession.recover)
        self.patiently(lambda exchange: [exchange.announce(item.pairing_id) for item in exchange.pairings()])

    def _compare_with_fence(self) -> None:
        logs = self.logs()
        behind = self.fence.compare(logs)
        if not behind:
            return

        def begin(exchange: Exchange) -> None:
            known = {item.pairing_id for item in exchange.pairings()}
            for name in known.intersection(behind):
                standing.begin_recovery(exchange.book(name), "fence", self.fence.ahead_of(name, logs.get(name, ())))

        self.act(begin)
        for name in behind:
            self.fence.begin_anew(name, logs.get(name, ()))
        self.fence.write()  # as ``Fence.start`` does before anybody is served

    def logs(self) -> dict[str, tuple[LogSize, ...]]:
        """How far every log on the disk has come."""
        rows: dict[str, list[Epoch]] = {}
        for row in self.database.read(lambda store: store.find(Epoch)):
            rows.setdefault(row.pairing_id, []).append(row)
        return {name: sizes_of(found, len(found)) for name, found in rows.items()}

    # --- living -----------------------------------------------------------------------------------------------

    def tell_time(self, world_s: float) -> None:
        """What this node's clock shows ``world_s`` after the beginning."""
        self.world_s = world_s
        at = pairs.START.timestamp() + world_s + self.clock_offset_s
        self.now = datetime.fromtimestamp(0, UTC) + timedelta(seconds=max(at, 0.0))

    def come_in_step(self) -> None:
        """A database older than our keys is brought up before anything else is done with it."""
        if keyring.is_behind(self):
            super().act(lambda exchange: succession.catch_up(exchange, lambda serial: keyring.newer_than(self, serial)))

    def act(self, work: Callable[[Exchange], T]) -> T:
        """One transaction, and the fence after its commit."""
        self.come_in_step()
        opened: list[Exchange] = []

        def noting(exchange: Exchange) -> T:
            opened.append(exchange)
            return work(exchange)

        result = super().act(noting)
        sizes = {book.pairing.pairing_id: sizes_of(book.epochs.values()) for book in opened[-1].books()}
        if self.fence.keep(sizes, self.world_s):
            self.witness.fenced(self.number, self.fence.marks)
        return result

    def receive(self, data: bytes) -> Received:
        """Take a bundle: one in one transaction, the next with a transaction for each of its parts."""
        self.bundles += 1
        if self.bundles % 2:
            return self.patiently(lambda exchange: exchange.receive(data))
        found: Received | Unfinished = self.patiently(lambda exchange: exchange.open(data))
        while isinstance(found, Unfinished):
            found = self.patiently(partial(_one_part, found))
            self.parts += isinstance(found, Unfinished)
        return found

    def patiently(self, work: Callable[[Exchange], T]) -> T:
        """One piece of work; what makes us fail in it is tried again, and counted, as ``node/database/sequencer.py``
        does.
        """
        for _ in range(1000):
            try:
                return self.act(work)
            except pairs.Poison:
                suspect, self.watch.suspect = self.watch.suspect, None
                if suspect is not None:
                    self.database.write(lambda store, suspect=suspect: count_attempt(store, suspect))  # type: ignore[misc]
        raise Violation("I22", "one piece of work is tried for ever")

    def swallow(self, message_id: str, kind: str) -> None:
        """Raise if this message is poison here."""
        if message_id[-1] not in self.poison or message_id in self.borne or kind.startswith(("exchange.", "epoch.")):
            return
        self.tried[message_id] += 1
        # A count that did not reach the disk, or was put back with it, is another try.
        if self.tried[message_id] > POISON_ATTEMPTS_MAX + self.excuses:
            raise Violation("I22", f"a message was tried {self.tried[message_id]} times")
        raise ProcessDied if self.poison_kills else pairs.Poison(message_id)

    def look(self, work: Callable[[Exchange], T]) -> T:
        """What ``work`` reads."""
        return self.database.read(lambda store: work(self._exchange(store, self.reading)))

    def bundle_for(self, pairing_id: str, answers: str | None = None, *, bare: bool = False) -> bytes:
        """The next bundle for a partner."""
        return self.composed_for(pairing_id, answers, bare=bare).data

    def composed_for(
        self, pairing_id: str, answers: str | None = None, *, bare: bool = False, beyond: Mapping[str, int] = {}
    ) -> Composed:
        """The same with how far it goes; ``beyond``: as far as others go that leave with it."""

        def work(store: Any) -> Composed:
            exchange = self._exchange(store, self.reading)
            return exchange.compose(pairing_id, answers=answers, bare=bare, beyond=beyond)

        self.come_in_step()
        return self.database.read(work)

    def misread_bundle(self, pairing_id: str, rng: random.Random) -> bytes:
        """A bundle composed while the disk gave back one altered byte of a message."""

        def work(store: Any) -> bytes:
            assert isinstance(store, MemoryStore)
            return self._exchange(MisreadStore(store, rng), self.reading).compose(pairing_id).data

        return self.database.read(work)

    def answer(self, data: bytes) -> bytes:
        """What a server does with a bundle: take it, commit, then compose the reply with the receipt."""
        received = self.receive(data)
        self.reached("after-receive")
        return self.bundle_for(received.pairing_id, answers=received.bundle)

    def owes(self, pairing_id: str) -> bool:
        """Whether something is due in this pairing."""
        return self.database.read(lambda store: self._exchange(store, self.reading).is_due(pairing_id))

    def awaits_files(self, pairing_id: str) -> bool:
        """Whether either side asks for a file that a message names."""
        return self.database.read(lambda store: bool(self._exchange(store, self.reading).files_on_the_way(pairing_id)))

    def pairing(self, pairing_id: str) -> Pairing:
        """The pairing as this node's disk has it."""
        found = self.database.read(lambda store: store.get(Pairing, pairing_id))
        assert found is not None
        return found

    def epochs(self, pairing_id: str) -> dict[str, Epoch]:
        """The epochs of both logs of a pairing."""
        rows = self.database.read(lambda store: store.find(Epoch, pairing_id=pairing_id))
        return {row.epoch: row for row in rows}

    def segments(self, pairing_id: str) -> list[tuple[Epoch, Segment]]:
        """Every signed head of both logs."""
        rows = {row.ordinal: row for row in self.epochs(pairing_id).values()}
        found = self.database.read(lambda store: store.find(Segment, ordinal__in=list(rows)))
        return [(rows[item.ordinal], item) for item in found]

    def _signs_head(self, data: bytes) -> None:
        if data.startswith(b"gongguan/1/"):
            self.witness.signs_head(self.life, data)

    def _signs_receipt(self, data: bytes) -> None:
        self.witness.signs_receipt(self.number, data)


def _one_part(left: Unfinished, exchange: Exchange) -> Received | Unfinished:
    return exchange.receive_some(left, lambda: True)
