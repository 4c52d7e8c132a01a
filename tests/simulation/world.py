"""One run: a committee and its partners, wires, relay, courier, disks and clocks, all of it decided by one plan.

The nodes run the production ``protocol`` and ``sync``; the disk, the wires, the clock and the officers are pretended.
A run has a stormy part, the steps of its plan, then a calm one in which all come to rest. ``witness.py`` says what must
hold at each commit, ``rest.py`` what must hold at the end::

    world = World(plan_of(17))
    world.run()                    # raises Violation
    world.faults                   # Counter of what was injected

A kind of step is a function in ``STEPS``; what officers do is a row of ``tests/acts.py``.
"""

import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final, NamedTuple, TypeVar

from gongguan.protocol.errors import ProtocolError, refuse
from gongguan.sync.exchange import recovery
from gongguan.sync.exchange.exchange import ASKS_FOR_STATUS, Received
from tests.acts import UncheckedBook
from tests.simulation import attacks, cluster, deep, keyring, mishaps, officers, rest, transports
from tests.simulation.disk import Backup
from tests.simulation.invariants import Violation
from tests.simulation.node import CommitUnknown, ProcessDied, SimulatedBook, SimulatedExchange, SimulatedNode
from tests.simulation.plan import Plan, Step
from tests.simulation.witness import Witness

T = TypeVar("T")

STEP_MEAN_S: Final = 8.0
PASSING: Final = ("R-disk-full", "I-database-read-only", "R-busy")
"""Refusals that say what a machine lacks at the moment."""
WAITS: Final = "P-epoch-parent"
"""So ``node/peers/courier.py`` knows a file of a later epoch: it is tried again when others have come."""


class Parcel(NamedTuple):
    """A bundle on its way. ``sound``: nobody altered it; ``left_s``: when it left, by the world's time;
    ``follows``: it goes on where another one ended that left with it."""

    giver: int
    taker: int
    data: bytes
    sound: bool
    number: int
    left_s: float = 0.0
    follows: bool = False


@dataclass
class Link:
    """A pairing: who is at its ends, what is on its way, which directions are cut until which step."""

    number: int
    pairing_id: str
    ends: tuple[int, int]
    bag: list[Parcel] = field(default_factory=list)
    files: list[Parcel] = field(default_factory=list)
    past: list[Parcel] = field(default_factory=list)
    cut: dict[int, int] = field(default_factory=dict)
    newest: dict[int, int] = field(default_factory=dict)
    packed: dict[int, dict[str, int]] = field(default_factory=dict)
    """How far the last file of each side goes."""
    put_back: bool = False


class Loss(NamedTuple):
    """Own messages, by place, that a backup did not hold. ``told``: the fence that was kept says of all of them."""

    positions: frozenset[tuple[str, int]]
    told: bool


@dataclass(frozen=True)
class Setup:
    """What a run is made of; planted bugs replace a part."""

    node: type[SimulatedNode] = SimulatedNode
    book: type[UncheckedBook] = SimulatedBook


class World:
    """See the module."""

    def __init__(self, plan: Plan, setup: Setup | None = None, *, clocks_jump: bool = True) -> None:
        self.plan = plan
        self.setup = setup or Setup()
        self.clocks_jump = clocks_jump
        self.faults: Counter[str] = Counter()
        self.acts: Counter[str] = Counter()
        self.witness = Witness()
        self.now_s = 0.0
        self.count = 0
        self.calm = False

        snapshots = cluster.snapshots(plan.partners, plan.stage)
        self.nodes = [self.node_at(place, place) for place in range(len(snapshots))]
        for node, snapshot in zip(self.nodes, snapshots, strict=True):
            node.database.restore(snapshot)
            self.witness.learn(node, from_outside=True)
        self.links = [
            Link(number, name, (0, number + 1)) for number, name in enumerate(cluster.pairing_ids(plan.partners))
        ]
        self.backups = [[Backup(node.database.snapshot(), None)] for node in self.nodes]
        self.restores = [0 for _ in self.nodes]
        self.losses: dict[tuple[int, str], Loss | None] = {}
        """Place and pairing → what the one restore of this node had cost; None where more than that happened to it."""
        self.clones: dict[int, SimulatedNode] = {}
        self.mailboxes: dict[int, list[Parcel]] = {place: [] for place in range(len(self.nodes))}

    def node_at(self, place: int, number: int) -> SimulatedNode:
        """A node of the committee at this place; others than the first get numbers of their own."""
        chosen = self.setup

        class TheExchange(SimulatedExchange):
            book_class = chosen.book

        node = chosen.node(cluster.COMMITTEES[place], place, number, self.plan.seed + 1_000_003 * number, self.witness)
        node.exchange = TheExchange
        return node

    # --- running ----------------------------------------------------------------------------------------------

    def run(self, deep_checks: tuple[str, ...] | None = None) -> None:
        """Storm, calm, rest. ``deep_checks``: these instead of those that the seed is due for. Raises Violation."""
        for step in self.plan.steps:
            self.do(step)
        rest.come(self)
        rest.check(self)
        deep.check(self, deep_checks)

    def do(self, step: Step) -> None:
        """One step, with the faults that strike it. Raises Violation."""
        self.count += 1
        rng = random.Random(step.number)
        self.now_s += rng.expovariate(1 / STEP_MEAN_S)
        link = self.links[step.link]
        with self._struck(step, link):
            STEPS[step.name](self, step, rng)
        self.witness.check()

    @contextmanager
    def _struck(self, step: Step, link: Link) -> Iterator[None]:
        """The machines at both ends as this step's faults make them."""
        here, there = (self.nodes[link.ends[side]] for side in (step.side, 1 - step.side))
        for fault in step.faults:
            words = fault.split(" ")
            if len(words) == 3:
                how, point, whose = words
                node = here if whose == "here" else there
                node.armed[point] = lambda how=how, point=point: self._dying(how, point)  # type: ignore[misc]
        if "commit_unknown" in step.faults:
            there.armed["after-commit"] = self._unknown
        for name, code in (("disk_full", "R-disk-full"), ("read_only", "I-database-read-only")):
            if name in step.faults:
                there.broken = here.broken = refuse(code)
                self.faults[name] += 1
        try:
            yield
        finally:
            for node in (here, there):
                node.armed.clear()
                if "disk_full" in step.faults:
                    node.broken = None

    def _dying(self, how: str, point: str) -> Exception:
        self.faults[f"{how} {point}"] += 1
        return ProcessDied(how)

    def _unknown(self) -> Exception:
        self.faults["commit_unknown"] += 1
        return CommitUnknown()

    # --- nodes ------------------------------------------------------------------------------------------------

    def awake(self, node: SimulatedNode) -> bool:
        """Whether this node runs; one that fell starts again when its time has come."""
        node.tell_time(self.now_s)
        if not node.up and self.count >= node.sleeps_until:
            self.guarded(node, node.start)
        return node.up

    def fell(self, node: SimulatedNode, *, power: bool, sleeps: int) -> None:
        """The process of this node is gone; it is started ``sleeps`` steps later."""
        lost = node.die(power=power)
        self.faults["unsynced_commits_lost"] += lost
        node.sleeps_until = self.count + sleeps

    def guarded(self, node: SimulatedNode, work: Callable[[], T]) -> T | ProtocolError | None:
        """What ``work`` gives, or the refusal it ended in; None when the process died in it or was told nothing."""
        try:
            return work()
        except ProtocolError as error:
            if error.code[0] == "I" and error.code not in PASSING:
                raise Violation("I30", str(error)) from error
            return error
        except ProcessDied as death:
            self.fell(node, power=death.args == ("power",), sleeps=self.count % 3)
        except CommitUnknown:
            pass
        except (Violation, AssertionError):
            raise
        except Exception as error:
            raise Violation("I30", f"{type(error).__name__}: {error}") from error
        return None

    # --- wires ------------------------------------------------------------------------------------------------

    def node_of(self, link: Link, side: int) -> SimulatedNode:
        """Who sits at this end."""
        return self.nodes[link.ends[side]]

    def is_cut(self, link: Link, giver: int) -> bool:
        """Whether nothing goes from this node along the link now."""
        return not self.calm and link.cut.get(giver, 0) >= self.count

    def parcel(self, link: Link, giver: SimulatedNode, data: bytes, *, sound: bool = True) -> Parcel:
        """A bundle as it leaves its node: what anybody on the way sees of it is looked at, and it is remembered."""
        rest.check_secrecy(self.witness, data)
        parcel = Parcel(giver.place, self._other(link, giver), data, sound, len(link.past), self.now_s)
        link.past.append(parcel)
        return parcel

    def take(self, link: Link, parcel: Parcel, *, answers: bool = False, bare: bool = False) -> bytes | None:
        """Hand a bundle to its node. Its answer where one is asked for; None when it was refused, or nobody lives."""
        node = self.nodes[parcel.taker]
        if not self.awake(node):
            return None
        self._count_order(link, parcel)
        work = (lambda: node.answer(parcel.data)) if answers else (lambda: node.receive(parcel.data))
        outcome = self.guarded(node, work)
        if isinstance(outcome, ProtocolError):
            self._refused(link, parcel, outcome, bare=bare)
            return None
        if isinstance(outcome, Received):
            self.faults["came before what it follows"] += outcome.ahead
        return outcome if isinstance(outcome, bytes) else None

    def _count_order(self, link: Link, parcel: Parcel) -> None:
        self.faults["reorder"] += parcel.number < link.newest.get(parcel.giver, 0)
        link.newest[parcel.giver] = max(parcel.number, link.newest.get(parcel.giver, 0))

    def _refused(self, link: Link, parcel: Parcel, error: ProtocolError, *, bare: bool) -> None:
        """I7: an honest bundle is refused only by a machine that lacks something, or by one that was put back."""
        if not parcel.sound or error.code in PASSING:
            return
        if parcel.follows and error.code == WAITS:
            self.faults["came before what it follows"] += 1
            return
        self.faults["refused"] += 1
        if error.code == "A-key-retired" and self.nodes[parcel.giver].ring:
            return  # it left before the keys were replaced; what it carried is sent again under the new ones
        if error.code == "P-own-retired" and self.restores[parcel.taker]:
            self._fetch_back(link, self.nodes[parcel.taker])
            return
        if error.code not in ASKS_FOR_STATUS or bare or not link.put_back:
            raise Violation("I7", f"an honest bundle was refused: {error}")
        self._ask(link, self.nodes[parcel.giver])

    def _fetch_back(self, link: Link, node: SimulatedNode) -> None:
        """An officer who knows that a backup was put back says so."""
        self.faults["told of a restore"] += 1
        self.guarded(node, lambda: node.act(lambda exchange: recovery.begin(exchange, link.pairing_id)))

    def _ask(self, link: Link, node: SimulatedNode) -> None:
        """A bare status to a partner that lacks what we build on: its answer says what it holds."""
        if not self.awake(node) or self.is_cut(link, node.number):
            return
        data = self.guarded(node, lambda: node.bundle_for(link.pairing_id, bare=True))
        if not isinstance(data, bytes):
            return
        answer = self.take(link, self.parcel(link, node, data), answers=True, bare=True)
        if answer is not None:
            self.take(link, self.parcel(link, self.nodes[self._other(link, node)], answer))

    def _other(self, link: Link, node: SimulatedNode) -> int:
        return link.ends[1] if node.place == link.ends[0] else link.ends[0]

    def put_back(self, place: int) -> None:
        """This node's disk was put back, or somebody else spoke in its name."""
        for link in self.links:
            if place in link.ends:
                link.put_back = True
                self.losses[place, link.pairing_id] = None

    def note_loss(self, place: int, pairing_id: str, positions: frozenset[tuple[str, int]], *, told: bool) -> None:
        """This node lacks these messages of its own."""
        self.losses[place, pairing_id] = Loss(positions, told)


StepFunction = Callable[[World, Step, random.Random], None]

STEPS: Final[Mapping[str, StepFunction]] = {
    **officers.STEPS,
    **transports.STEPS,
    **mishaps.STEPS,
    **keyring.STEPS,
    **attacks.STEPS,
}
"""Every kind of step, by the name that plans use."""
