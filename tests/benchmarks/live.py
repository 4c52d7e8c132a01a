"""What else is done while a partner catches up: messages of the other direction and to another partner, staff at work.

Three processes: the sender of the backlog and its receiver, each the driver of ``exchange`` around a real node, and a
third node (``gongguan serve``) that the sender has another agreement with. First all of it on quiet nodes, then once
more while a backlog is caught up. Messages to the partner that catches up are not among them: a log has one order, so
they stand behind the backlog. Measured are::

    there   a message of the receiver to the sender, until its receipt is stored
    beside  a message of the sender to the third node
    list, entry   operations of staff through the staff API, on either node
    loop    how late the event loops come to what is due, at worst
"""

import contextlib
import math
import statistics
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

from tests.benchmarks.committees import (
    ELSEWHERE,
    NAMES,
    Committee,
    prepare,
    prepare_elsewhere,
    subjects,
)
from tests.benchmarks.exchange import Sender, cpu_s

QUIET_S: Final = 5.0
EVERY_S: Final = 0.05
STAFF_EVERY_S: Final = 0.1
BATCH: Final = 1_000

Taken = dict[str, list[float]]
"""What was done → the seconds that each took."""


class Found(NamedTuple):
    """One stretch of time: what was done in it, how fast the backlog went meanwhile, and what a message of it cost the
    receiver, with all else that it did, in seconds of the processor."""

    taken: Taken
    rate: float = 0.0
    paid_s: float = 0.0


class Trial:
    """The three nodes of a folder, running."""

    def __init__(self, folder: Path) -> None:
        prepare(folder, members=1)
        self._third = prepare_elsewhere(folder)
        self.origin, self.receiver = (Committee(folder, name) for name in NAMES)
        self.elsewhere = Committee(folder, ELSEWHERE)
        self.elsewhere.start()
        self._start_receiver()
        self._there = self.receiver.node_id
        self._start_sender()
        self._pairing = self._sender("state")["pairing"]

    def _start_receiver(self) -> None:
        self._receiving = Sender(self.receiver.folder)
        self.receiver.is_up()

    def _start_sender(self) -> None:
        self._sender = Sender(self.origin.folder, peer=self._there)
        self.origin.is_up()

    def stop(self) -> None:
        """End all three."""
        self._sender.stop()
        self._receiving.stop()
        self.elsewhere.stop()

    def quiet(self) -> Found:
        """Nothing else is done."""
        with self._at_work() as taken:
            time.sleep(QUIET_S)
        return Found(taken)

    def alone(self, count: int) -> Found:
        """A backlog is caught up, and nothing else is done."""
        self._back(count)
        seconds, paid_s = self._called(count)
        return Found({}, count / seconds, paid_s)

    def catching_up(self, count: int) -> Found:
        """Everything, while a backlog is caught up."""
        self._back(count)
        with self._at_work() as taken:
            seconds, paid_s = self._called(count)
        return Found(taken, count / seconds, paid_s)

    def _back(self, count: int) -> None:
        """The receiver was away, and is back; nobody has called it yet."""
        self._receiving.stop()
        self._sender("backlog", count=count, batch=BATCH)
        self._start_receiver()

    def _called(self, count: int) -> tuple[float, float]:
        """How long it took, and the receiver's processor time for each message."""
        began, spent = time.perf_counter(), cpu_s(self._receiving.process.pid)
        self._sender("call")
        while self.origin.unreceipted(self._pairing):
            time.sleep(0.05)
        return time.perf_counter() - began, (cpu_s(self._receiving.process.pid) - spent) / count

    @contextlib.contextmanager
    def _at_work(self) -> Iterator[Taken]:
        """Messages and staff, until the block ends; what is yielded is filled then."""
        taken: Taken = {}
        staff = [Hand(one, name) for one, name in ((self.origin, "sender"), (self.receiver, "receiver"))]
        self._receiving("live_begin", peer="", every_s=EVERY_S)
        self._sender("live_begin", peer=self._third, every_s=EVERY_S)
        for hand in staff:
            hand.start()
        yield taken
        for hand in staff:
            taken.update(hand.ended())
        for name, one, loop in (("beside", self._sender, "sender"), ("there", self._receiving, "receiver")):
            found = one("live_end")
            taken[name], taken[f"{name}, written"] = found["taken"], found["written"]
            taken[f"loop, {loop}"] = found["late"]


class Hand(threading.Thread):
    """Staff of one committee: a list, an entry, a list, … with a pause between them."""

    def __init__(self, one: Committee, name: str) -> None:
        super().__init__()
        self._one, self._name = one, name
        self._subject = subjects(one)[0]
        self._over = threading.Event()
        self._taken: Taken = {}
        self._failed: BaseException | None = None
        one.log_out()
        one.call("member.list")

    def run(self) -> None:
        """Until told to end."""
        number = time.time_ns()
        fields: dict[str, Any] = {"subject": self._subject, "activity": "regular_meeting", "on": "2026-03-05"}
        try:
            while not self._over.wait(STAFF_EVERY_S):
                number += 1
                self._timed("list", "member.list")
                self._timed("entry", "entry.life", event=f"{self._name}-{number}", **fields)
        except BaseException as error:
            self._failed = error

    def _timed(self, what: str, operation: str, **fields: Any) -> None:
        began = time.perf_counter()
        self._one.call(operation, **fields)
        self._taken.setdefault(f"{what}, {self._name}", []).append(time.perf_counter() - began)

    def ended(self) -> Taken:
        """What it did, and how long each took."""
        self._over.set()
        self.join()
        if self._failed is not None:
            raise self._failed
        return self._taken


def report(quiet: Found, busy: Found, alone: Found) -> Iterator[str]:
    """Medians of both, and their ratio."""
    yield f"{'ms':20}{'quiet p50':>12}{'meanwhile p50':>15}{'ratio':>8}{'p99':>8}{'longest':>9}{'times':>7}"
    for name, values in sorted(busy.taken.items()):
        before, after = statistics.median(quiet.taken[name]), statistics.median(values)
        late = sorted(values)[math.ceil(0.99 * len(values)) - 1]
        yield (
            f"{name:20}{1000 * before:>12.1f}{1000 * after:>15.1f}{after / before:>8.1f}{1000 * late:>8.0f}"
            f"{1000 * max(values):>9.0f}{len(values):>7}"
        )
    paid = f"processor of the receiver a message {1e6 * busy.paid_s:.0f} and {1e6 * alone.paid_s:.0f} us"
    yield f"caught up {busy.rate:,.0f}/s meanwhile, {alone.rate:,.0f}/s alone: {busy.rate / alone.rate:.2f}; {paid}"
