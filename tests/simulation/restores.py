"""Backups put back at random: of either node or both, with and without the fence, while bundles are on their way.

A run is decided by its seed. Nodes write, exchange, lose bundles, keep some for months, crash, are backed up, and are
put back to any backup of theirs. Then all comes to rest, and what both hold is compared byte for byte::

    Restores(seed=3).run()      # raises Violation
"""

import random
from collections import Counter
from collections.abc import Callable
from typing import Any, Final

from gongguan.protocol.causality import Head
from gongguan.protocol.errors import ProtocolError
from gongguan.protocol.log import Checkpoint
from gongguan.protocol.messages import announced
from gongguan.protocol.messages.exchange import VersionsAnnounced
from gongguan.sync import standing, verification
from gongguan.sync.exchange import ASKS_FOR_STATUS, Exchange
from gongguan.sync.records import Epoch, LogMessage, Pairing
from tests import pairs
from tests.acts import MEMBERS, UncheckedBook, UncheckedExchange, perform
from tests.fakes import Snapshot
from tests.protocol.committees import DESTINATION, ORIGIN
from tests.simulation.invariants import Violation, Witness
from tests.simulation.world import ACT_NAMES, SimulatedNode

STEPS: Final = 45
RESTORES_MAX: Final = 3
ROUNDS_MAX: Final = 40
FENCE_KEPT, FENCE_GONE, RUNNING = "restore", "restore_with_fence", "restore_under_a_running_process"
HAPPENED: Final = (
    FENCE_KEPT,
    FENCE_GONE,
    RUNNING,
    "returned",
    "recovered",
    "waited",
    "crash",
    "loss",
    "late",
    "refused",
)


class Restores:
    """One run. ``seen``: what happened in it."""

    def __init__(
        self,
        seed: int,
        book: type[UncheckedBook] = UncheckedBook,
        steps: int = STEPS,
        restores_max: int = RESTORES_MAX,
    ) -> None:
        class TheExchange(UncheckedExchange):
            book_class = book

        self.seed, self.steps, self.restores_max = seed, steps, restores_max
        self.rng = random.Random(f"restores {seed}")
        self.happened: Counter[str] = Counter()
        sources = pairs.in_agreement(seed)[:2]
        self.nodes = (SimulatedNode(ORIGIN, seed), SimulatedNode(DESTINATION, seed))
        for node, source in zip(self.nodes, sources, strict=True):
            node.exchange = TheExchange
            node.database = source.database
        self.pairing_id = self.nodes[0].pairing_id
        self.backups: list[list[Snapshot]] = [[node.database.snapshot()] for node in self.nodes]
        self.fences: list[dict[tuple[bool, str], int]] = [{}, {}]
        self.restores = [0, 0]
        self.lives = [0, 0]
        self.bag: list[tuple[int, bytes]] = []
        self.signed: dict[tuple[str, int], bytes] = {}
        self.opened_in: dict[str, tuple[int, int]] = {}
        self.heard = [0, 0]

    def run(self) -> None:
        """Storm, then rest. Raises Violation."""
        steps: dict[str, Callable[[int], None]] = {
            "write": self.write,
            "round": self.round,
            "pack": self.pack,
            "unpack": self.unpack,
            "backup": self.backup,
            "restore": self.restore,
            "crash": self.crash,
        }
        names = [*["write"] * 8, *["round"] * 4, *["pack"] * 2, *["unpack"] * 3, "backup", "restore", "crash"]
        for _ in range(self.steps):
            steps[self.rng.choice(names)](self.rng.randrange(2))
            self.listen()
        self.rest()
        self.check()

    # --- what happens -----------------------------------------------------------------------------------------

    def write(self, number: int) -> None:
        """An officer does something."""
        name, member, choice = self.rng.choice(ACT_NAMES), self.rng.randrange(MEMBERS), self.rng.randrange(32)
        self.transact(number, lambda exchange: perform(exchange.book(self.pairing_id), name, member, choice))

    def transact(self, number: int, work: Callable[[Exchange], Any]) -> None:
        try:
            self.nodes[number].act(work)
        except ProtocolError as error:
            if error.code[0] == "I":
                raise Violation("I30", str(error)) from error
            self.happened["waited"] += error.code == "D-recovering"
        self.mark(number)

    def mark(self, number: int) -> None:
        """The fence, kept after each commit."""
        for row in self.epochs(number).values():
            key = (row.own, row.epoch)
            self.fences[number][key] = max(row.size, self.fences[number].get(key, 0))

    def round(self, number: int) -> None:
        """A request and its answer; either may be lost."""
        answer = self.give(number, self.nodes[number].compose())
        if answer is not None and not self.lost():
            self.give(1 - number, answer)

    def pack(self, number: int) -> None:
        """A bundle for the courier, who comes some time."""
        self.bag.append((number, self.nodes[number].compose()))

    def unpack(self, _: int) -> None:
        """The courier comes, perhaps with what was handed over long ago, perhaps twice."""
        if not self.bag:
            return
        self.happened["late"] += 1
        place = self.rng.randrange(len(self.bag))
        giver, data = self.bag[place]
        if self.rng.random() < 0.7:
            del self.bag[place]
        self.give(giver, data)

    def lost(self) -> bool:
        gone = self.rng.random() < 0.15
        self.happened["loss"] += gone
        return gone

    def give(self, giver: int, data: bytes, *, bare: bool = False) -> bytes | None:
        """Hand a bundle over; the taker's answer. A taker that lacks what it builds on is asked what it holds."""
        taker = self.nodes[1 - giver]
        try:
            received = taker.receive(data)
        except ProtocolError as error:
            self.happened["refused"] += 1
            if error.code not in ASKS_FOR_STATUS or bare:
                raise Violation("I7", f"an honest bundle was refused: {error}") from error
            question = self.bare(giver)
            answer = self.give(giver, question, bare=True)
            if answer is not None:
                self.give(1 - giver, answer)
            return None
        self.mark(1 - giver)
        return taker.compose(answers=received.bundle)

    def bare(self, giver: int) -> bytes:
        node = self.nodes[giver]

        def work(store: Any) -> bytes:
            exchange = node.exchange(store, node.identity, node.reading, node.now, node.random.randbytes)
            return exchange.compose(self.pairing_id, bare=True).data

        return node.database.read(work)

    def backup(self, number: int) -> None:
        self.backups[number].append(self.nodes[number].database.snapshot())

    def crash(self, number: int) -> None:
        self.happened["crash"] += 1
        self.nodes[number].crash()
        self.lives[number] += 1

    def restore(self, number: int) -> None:
        """Any backup of this node, under a new process or, worse, under the running one."""
        if self.restores[number] == self.restores_max:
            return
        self.restores[number] += 1
        how = self.rng.choice((FENCE_KEPT, FENCE_GONE, RUNNING))
        self.happened[how] += 1
        self.nodes[number].database.restore(self.rng.choice(self.backups[number]))
        if how != RUNNING:
            self.crash(number)
        if how == FENCE_KEPT:
            held = self.epochs(number)
            marks = [
                (own, epoch, size)
                for (own, epoch), size in self.fences[number].items()
                if epoch not in held or held[epoch].size < size
            ]
            if marks:
                self.transact(
                    number, lambda exchange: standing.begin_recovery(exchange.book(self.pairing_id), "fence", marks)
                )
        self.fences[number].clear()

    # --- what must hold ---------------------------------------------------------------------------------------

    def listen(self) -> None:
        """I3: nothing is signed twice differently. I18: an epoch is signed by the process that opened it only."""
        for number, node in enumerate(self.nodes):
            for data in node.log_heard[self.heard[number] :]:
                if not data.startswith(b"gongguan/1/"):
                    continue
                head = Checkpoint.parse(data.decode())
                if self.signed.setdefault((head.origin, head.size), head.root) != head.root:
                    raise Violation("I3", f"two roots signed at size {head.size}")
                life = (number, self.lives[number])
                if self.opened_in.setdefault(head.origin, life) != life:
                    raise Violation("I18", "an epoch outlived the process that opened it")
            self.heard[number] = len(node.log_heard)

    def rest(self) -> None:
        """No more faults. What is in the bag arrives; then both exchange until neither owes nor waits for anything."""
        self.rng.shuffle(self.bag)
        for giver, data in self.bag:
            self.give(giver, data)
        self.lost = lambda: False  # type: ignore[method-assign]
        self.come_to_rest()
        for number in (0, 1):
            kinds = (*announced(), f"after_all_{number}@1")
            body = VersionsAnnounced(kinds=tuple(sorted(kinds)))
            self.nodes[number].write("exchange.versions", body)
            self.listen()
        self.come_to_rest()

    def come_to_rest(self) -> None:
        for turn in range(ROUNDS_MAX):
            # The first request is the greeting after a start, which is sent even if nothing is due.
            if turn > 1 and not any(node.is_due() for node in self.nodes):
                return
            self.round(turn % 2)
            self.listen()
        raise Violation("I7", "the two do not come to rest")

    def check(self) -> None:
        """I19: each holds all that the partner holds of its log. I11: and both derive the same from it."""
        for number in (0, 1):
            self.check_log(number)
            node = self.nodes[number]
            self.happened["returned"] += any(row.returned for row in self.epochs(number).values())
            self.happened["recovered"] += self.restores[number] > 0
            if len(self.heads(number)) != 1:
                raise Violation("I19", f"{len(self.heads(number))} heads were never merged")
            found = node.act(lambda exchange: verification.examine(exchange.book(self.pairing_id)))
            if found.broken or found.altered:
                raise Violation("I2", f"{found}")
        witness = Witness(self.nodes)
        for node in self.nodes:
            witness._check_effects(node)
        witness._raise()
        one, other = (node.shared() for node in self.nodes)
        if one != other:
            raise Violation("I11", f"{len(one.keys() ^ other.keys())} records on one side only, or other values")

    def check_log(self, number: int) -> None:
        mine, theirs = self.epochs(number), self.epochs(1 - number)
        own = {epoch: row.size for epoch, row in mine.items() if row.own}
        if own != {epoch: row.size for epoch, row in theirs.items() if not row.own}:
            raise Violation("I19", "the partner holds another part of our log than we do")
        for epoch in own:
            pairs_of = zip(self.messages(number, mine[epoch]), self.messages(1 - number, theirs[epoch]), strict=True)
            for here, there in pairs_of:
                if here.data != there.data:
                    raise Violation("I5", f"position {here.index} differs")
                if (here.verdict, here.effect, here.lamport) != (there.verdict, there.effect, there.lamport):
                    raise Violation("I11", f"{here.kind} is {here.verdict} here and {there.verdict} there")

    def epochs(self, number: int) -> dict[str, Epoch]:
        return {row.epoch: row for row in self.nodes[number].database.read(lambda store: store.find(Epoch))}

    def messages(self, number: int, row: Epoch) -> list[LogMessage]:
        return self.nodes[number].database.read(
            lambda store: store.find(LogMessage, ordinal=row.ordinal, order=("index",))
        )

    def heads(self, number: int) -> tuple[Head, ...]:
        return self.nodes[number].act(lambda exchange: exchange.book(self.pairing_id).heads(own=True))

    def pairing(self, number: int) -> Pairing:
        return self.nodes[number].database.read(lambda store: store.find(Pairing))[0]
