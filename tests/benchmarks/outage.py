"""Catching up after an outage: a backlog while the partner is down, then both processes until the last receipt.

The same two processes as in ``exchange``. First a backlog of a tenth, for the rate; then the whole one; then the whole
one again while first the receiver and then the sender are killed with -9. At the end both logs are compared, message
by message: nothing is missing and nothing is there twice. Peaks of memory are those of the kernel (``VmHWM``), reset
before each catch-up. Before that: what idle nodes hold, and how long a receiver takes from its start to the first
message that it accepted::

    python -m tests.benchmarks.outage
    python -m tests.benchmarks.outage --count 10000
    python -m tests.benchmarks.outage --large 1000000   # only the starts, of a receiver with so many more of each
    python -m tests.benchmarks.outage --live            # only what else is done meanwhile: ``live``
    python -m tests.benchmarks.outage --memory 1000000  # only peaks, of backlogs up to this one
"""

import argparse
import contextlib
import os
import sqlite3
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

from tests.benchmarks import live
from tests.benchmarks.committees import Committee, prepare, until
from tests.benchmarks.exchange import Sender, conditions, cpu_s

BATCH: Final = 1_000
LOOK_S: Final = 0.05
LOOK_CLOSELY_S: Final = 0.003
STARTS: Final = 5
SMALLEST: Final = 10_000
"""The backlog that the peaks of larger ones are compared with."""


class CaughtUp(NamedTuple):
    """One catch-up: wall time and processor time of both, peaks of resident memory in MB."""

    messages: int
    seconds: float
    cpu_sender_us: float
    cpu_receiver_us: float
    peak_sender_mb: float
    peak_receiver_mb: float


class Outage:
    """Both sides of a prepared folder; the receiver may be down."""

    def __init__(self, folder: Path) -> None:
        self.origin, self.receiver = Committee(folder, "origin"), Committee(folder, "destination")
        self.receiver.start()
        self.sender = Sender(self.origin.folder)

    def stop(self) -> None:
        """End both."""
        self.sender.stop()
        self.receiver.stop()

    def catch_up(self, count: int, disturb: Callable[[int], None] = lambda size: None) -> CaughtUp:
        """A backlog of ``count``, then until its last receipt; ``disturb`` is told how many are still without one."""
        self.receiver.stop()
        self.sender("backlog", count=count, batch=BATCH)
        # The memory of a node that catches up, not of the one that wrote a thousand messages at a time.
        self.sender.stop()
        self.sender = Sender(self.origin.folder)
        _forget_peak(self.sender.process.pid)
        self.receiver.start()
        _forget_peak(self.receiver.running.pid)
        spent = [cpu_s(self.sender.process.pid), cpu_s(self.receiver.running.pid)]
        began = time.perf_counter()
        self.sender("call")
        while missing := self.origin.unreceipted():
            disturb(missing)
            time.sleep(LOOK_S)
        seconds = time.perf_counter() - began
        pids = (self.sender.process.pid, self.receiver.running.pid)
        used = [1e6 * (cpu_s(pid) - before) / count for pid, before in zip(pids, spent, strict=True)]
        return CaughtUp(count, seconds, *used, *map(_peak_mb, pids))

    def kill_receiver(self) -> None:
        """As a power cut would; it starts again at once."""
        self.receiver.kill()
        self.receiver.start()

    def kill_sender(self) -> None:
        """As a power cut would; it starts again at once."""
        self.sender.process.kill()
        self.sender.process.wait()
        self.sender = Sender(self.origin.folder)

    def first_accepted_s(self) -> float:
        """From the start of the receiver's process until the sender holds the receipt of a message that waited."""
        self.receiver.stop()
        self.sender("backlog", count=1, batch=1)
        done = threading.Event()

        def call() -> None:
            # Without this the sender would sit out its back-off, which is not what is measured.
            while not done.is_set():
                self.sender("call")
                time.sleep(0.005)

        calling = threading.Thread(target=call)
        calling.start()
        # Whoever waits until the node says that it runs waits for what staff and the clock need, too.
        starting = threading.Thread(target=self.receiver.start)
        began = time.perf_counter()
        starting.start()
        until(lambda: not self.origin.unreceipted(), LOOK_CLOSELY_S)
        seconds = time.perf_counter() - began
        done.set()
        calling.join()
        starting.join()
        return seconds

    def make_large(self, count: int) -> None:
        """So many more messages and shared records in the receiver's database, of units that nobody asks for."""
        self.receiver.stop()
        with contextlib.closing(sqlite3.connect(self.receiver.database, isolation_level=None)) as database:
            database.execute("BEGIN")
            for statement in LARGE:
                database.execute(statement, {"count": count})
            database.execute("COMMIT")
        self.receiver.start()

    def check(self) -> str:
        """Every message stands in both logs, at the same place, once. Raises AssertionError."""
        until(lambda: not self.origin.unreceipted() and not self.receiver.unreceipted())
        rows = [set(one.rows(PLACES)) for one in (self.origin, self.receiver)]
        counts = [one.rows("SELECT COUNT(*), COUNT(DISTINCT id) FROM log_message")[0] for one in _both(self)]
        assert rows[0] == rows[1], f"{len(rows[0] ^ rows[1])} messages differ"
        assert all(whole == distinct == len(rows[0]) for whole, distinct in counts), counts
        assert self.origin.shared() == self.receiver.shared()
        return f"{len(rows[0]):,} messages in both logs at the same places, none missing, none twice"


_NUMBERS: Final = "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < :count - 1)"
LARGE: Final = (
    f"""{_NUMBERS} INSERT INTO log_message
        (ordinal, "index", author, id, kind, unit, leaf_hash, lamport, verdict, effect, data)
        SELECT 1000000, i, author, lower(hex(randomblob(16))), 'notice.given', randomblob(16), randomblob(32), i,
               'accepted', 'applied', randomblob(450)
        FROM n, (SELECT author FROM log_message LIMIT 1)""",
    f"""{_NUMBERS} INSERT INTO shared_record (unit, "key", agreement, subject, category, value, version)
        SELECT randomblob(16), 'notice/' || i, agreement, 'subject', 'notice', randomblob(200), randomblob(32)
        FROM n, (SELECT agreement FROM shared_record LIMIT 1)""",
    f"""{_NUMBERS} INSERT INTO range_entry (place, version, unit)
        SELECT randomblob(32), randomblob(32), randomblob(16) FROM n ORDER BY 1""",
)
PLACES: Final = """
    SELECT epoch.epoch, log_message."index", log_message.id, log_message.leaf_hash
    FROM log_message JOIN epoch ON epoch.ordinal = log_message.ordinal
"""


def _both(outage: Outage) -> tuple[Committee, Committee]:
    return outage.origin, outage.receiver


def _forget_peak(process: int) -> None:
    """The kernel begins to look for the peak anew."""
    Path(f"/proc/{process}/clear_refs").write_text("5")


def _peak_mb(process: int) -> float:
    return _memory_mb(process, "VmHWM")


def _memory_mb(process: int, line: str) -> float:
    status = Path(f"/proc/{process}/status").read_text()
    return next(int(text.split()[1]) / 1024 for text in status.splitlines() if text.startswith(line))


def killing(outage: Outage, count: int) -> Callable[[int], None]:
    """Kill the receiver when a third is receipted, the sender when two thirds are."""
    left: list[tuple[int, Callable[[], None]]] = [
        (count * 2 // 3, outage.kill_receiver),
        (count // 3, outage.kill_sender),
    ]

    def disturb(missing: int) -> None:
        if left and missing <= left[0][0]:
            left.pop(0)[1]()

    return disturb


def main(arguments: list[str]) -> int:
    """Measure, check, print. Exit code 0 when everything that must hold does."""
    parser = argparse.ArgumentParser(prog="outage", description=__doc__.split("\n")[0])
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--large", type=int, default=0, help="measure only starts, with so many messages and records")
    parser.add_argument("--live", action="store_true", help="measure only what else is done while it is caught up")
    parser.add_argument("--memory", type=int, default=0, help="measure only peaks of memory, up to such a backlog")
    chosen = parser.parse_args(arguments)
    load = os.getloadavg()
    if chosen.live:
        return _live(chosen.count, load)
    if chosen.memory:
        return _memory(chosen.memory, load)
    with tempfile.TemporaryDirectory(prefix="gongguan-outage-") as name:
        outage = Outage(prepare(Path(name), members=1))
        try:
            idle = [_memory_mb(pid, "VmRSS") for pid in (outage.sender.process.pid, outage.receiver.running.pid)]
            print(f"idle: receiver {idle[1]:.0f} MB (serve), sender {idle[0]:.0f} MB (driver)", flush=True)
            starts = [outage.first_accepted_s() for _ in range(STARTS)]
            print(f"start to first accepted message: {statistics.median(starts):.2f} s, {_spread(starts)}", flush=True)
            if chosen.large:
                outage.make_large(chosen.large)
                starts = [outage.first_accepted_s() for _ in range(STARTS)]
                print(f"with {chosen.large:,} more: {statistics.median(starts):.2f} s, {_spread(starts)}", flush=True)
                return 0
            small = outage.catch_up(chosen.count // 10)
            print(_line("backlog", small), flush=True)
            whole = outage.catch_up(chosen.count)
            print(_line("backlog", whole), flush=True)
            killed = outage.catch_up(chosen.count, killing(outage, chosen.count))
            print(f"killed twice, {killed.messages:,}: {killed.seconds:.1f} s with both starts", flush=True)
            ratio = (whole.messages / whole.seconds) / (small.messages / small.seconds)
            paid = (small.cpu_sender_us + small.cpu_receiver_us) / (whole.cpu_sender_us + whole.cpu_receiver_us)
            sizes = f"{whole.messages:,} / rate at {small.messages:,}"
            print(f"rate at {sizes}: {ratio:.2f} by time, {paid:.2f} by processor time")
            print(outage.check())
        finally:
            outage.stop()
    print(conditions(load))
    return 0


def _memory(largest: int, load: tuple[float, float, float]) -> int:
    with tempfile.TemporaryDirectory(prefix="gongguan-memory-") as name:
        outage = Outage(prepare(Path(name), members=1))
        found: list[CaughtUp] = []
        try:
            for count in sorted({SMALLEST, max(SMALLEST, largest // 10), largest}):
                found.append(outage.catch_up(count))
                print(_line("backlog", found[-1]), flush=True)
            print(outage.check())
        finally:
            outage.stop()
    first, last = found[0], found[-1]
    sender, receiver = last.peak_sender_mb / first.peak_sender_mb, last.peak_receiver_mb / first.peak_receiver_mb
    print(f"peaks at {last.messages:,} to {first.messages:,}: {sender:.2f} sender, {receiver:.2f} receiver")
    print(conditions(load))
    return 0


def _live(count: int, load: tuple[float, float, float]) -> int:
    with tempfile.TemporaryDirectory(prefix="gongguan-live-") as name:
        trial = live.Trial(Path(name))
        try:
            alone, quiet = trial.alone(count), trial.quiet()
            print("\n".join(live.report(quiet, trial.catching_up(count), alone)))
        finally:
            trial.stop()
    print(conditions(load))
    return 0


def _spread(values: list[float]) -> str:
    return f"{min(values):.2f} - {max(values):.2f}"


def _line(what: str, found: CaughtUp) -> str:
    rate = f"{found.seconds:.1f} s, {found.messages / found.seconds:,.0f}/s"
    paid = f"processor a message {found.cpu_sender_us:.0f} + {found.cpu_receiver_us:.0f} us"
    peaks = f"peaks {found.peak_sender_mb:.0f} MB sender, {found.peak_receiver_mb:.0f} MB receiver"
    return f"{what}, {found.messages:,}: {rate}, {paid}, {peaks}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
