"""A node that serves and writes batches on command, so that no staff API is inside the figures.

Started as a process with a data folder; reads one JSON command a line and answers each with one JSON line. Every batch
is one write transaction through ``node.sequencer``; the ordinary delivery of the node brings it over::

    {"do": "write", "what": "notice", "count": 1000, "batch": 100}   ->  {"seconds": …, "messages": 1000}

Times are taken here, from the first draft to the commit that stored the last receipt.
"""

import asyncio
import cProfile
import heapq
import itertools
import json
import os
import pstats
import random
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from gongguan.node import config, logs
from gongguan.node.app import Node
from gongguan.node.database.sequencer import Committed
from gongguan.node.keys import keyfiles
from gongguan.protocol.messages.certificate import LifeEntered
from gongguan.protocol.messages.envelope import Body
from gongguan.protocol.messages.movement import DepartureNotified, pseudonym
from gongguan.protocol.messages.notice import NoticeGiven
from gongguan.protocol.messages.score import ScoreContributed
from gongguan.sync.exchange.exchange import Exchange
from gongguan.sync.exchange.logbook import Outgoing
from gongguan.sync.shared.partners import active_pairing

Written = tuple[str, Body, str | None]
"""Kind, body and subject of a message."""
PROFILE: Final = "GONGGUAN_BENCH_PROFILE"
"""Environment variable: a file to which the profile of the writer thread is written at the end."""
WINDOW: Final = 20_000
"""Bulk writing stops while more than this many messages have no receipt: the log is not the thing to be measured."""
PATIENCE_S: Final = 300.0
LOOK_EVERY_S: Final = 0.01
"""How often it is looked whether the event loop comes to what is due."""
TEXT: Final = "请核对三月份的组织生活安排，并按时反馈。" * 14


class Receipts:
    """How far the partner's receipts have come, told after each commit of this node."""

    def __init__(self, node: Node, pairing_id: str) -> None:
        self._pairing_id = pairing_id
        self._lock = threading.Lock()
        self._waiting: list[tuple[int, int, threading.Event]] = []
        self._numbers = itertools.count()
        self.written, self.receipted = 0, 0
        self._forward: Callable[[Committed], None] = node._committed
        # The node's own callback, with ours behind it: measured is what the node itself is told.
        node.sequencer._committed = self._committed

    def _committed(self, left: Committed) -> None:
        self._forward(left)
        own = [item for item in left.logs.get(self._pairing_id, ()) if item.own]
        if own:
            with self._lock:
                self.written = sum([item.size for item in own])
                self.receipted = sum([item.receipted for item in own])
                # Only whose receipt has come is woken: sixteen threads that look in vain cost more than the work.
                while self._waiting and self._waiting[0][0] <= self.receipted:
                    heapq.heappop(self._waiting)[2].set()

    def wait(self, size: int) -> None:
        """Until the receipt for so many own messages is stored."""
        come = threading.Event()
        with self._lock:
            if self.receipted >= size:
                return
            heapq.heappush(self._waiting, (size, next(self._numbers), come))
        if not come.wait(PATIENCE_S):
            raise TimeoutError(f"{self.receipted} of {size} receipted")


class Driver:
    """The commands. ``write`` returns the size of the own log after the commit."""

    def __init__(self, node: Node, peer: str = "") -> None:
        """``peer``: which partner is written to, where there are several."""
        self.node = node
        pairing = node.sequencer.read(lambda store: active_pairing(store, peer))
        self.pairing_id, self.party = pairing.pairing_id, pairing.party
        self.receipts = Receipts(node, self.pairing_id)
        self.members = self._members()
        self.number = 0
        self.live: Live | None = None

    def _members(self) -> list[str]:
        def look(exchange: Exchange) -> list[str]:
            book = exchange.book(self.pairing_id)
            found = exchange.store.find(type(book.pairing_unit().row), agreement=self._agreement(exchange))
            return sorted(row.name for row in found if len(row.name) == 32)

        return self.node.sequencer.read(self.node.sequencer.using(look))

    def _agreement(self, exchange: Exchange) -> str:
        book = exchange.book(self.pairing_id)
        version = book.version(book.current_version())
        assert version is not None
        return version.agreement

    def _write(self, bodies: list[Written]) -> int:
        """One transaction; the size of our log after it."""

        def work(exchange: Exchange) -> None:
            book = exchange.book(self.pairing_id)
            version = book.current_version()
            book.write_all(Outgoing(kind, body, version, subject) for kind, body, subject in bodies)

        self.node.sequencer.write(self.node.sequencer.using(work))
        return self.receipts.written

    def _bodies(self, what: str, count: int) -> list[Written]:
        found = []
        for _ in range(count):
            self.number += 1
            found.append(BODIES[what](self.number, self.members))
        return found

    # --- commands -------------------------------------------------------------------------------------------

    def members_come(self, count: int) -> dict[str, Any]:
        """Notices of departure for so many more members."""
        for start in range(0, count, 500):
            bodies = [departure(number, self.party) for number in range(start, min(start + 500, count))]
            size = self._write(bodies)
        self.receipts.wait(size)
        self.members = self._members()
        return {"members": len(self.members)}

    def write(self, what: str, count: int, batch: int) -> dict[str, Any]:
        """So many messages in transactions of ``batch`` each, until the last receipt is stored."""
        batches = [self._bodies(what, min(batch, count - start)) for start in range(0, count, batch)]
        before = self.receipts.written
        began = time.perf_counter()
        size = before
        for bodies in batches:
            if self.receipts.written - self.receipts.receipted > WINDOW:
                self.receipts.wait(self.receipts.written - WINDOW // 2)
            size = self._write(bodies)
        written_s = time.perf_counter() - began
        self.receipts.wait(size)
        return {"messages": count, "seconds": time.perf_counter() - began, "written_s": written_s}

    def backlog(self, count: int, batch: int) -> dict[str, Any]:
        """So many messages in transactions of ``batch`` each, for a partner that is down; nobody waits for receipts."""
        for start in range(0, count, batch):
            self._write(self._bodies("notice", min(batch, count - start)))
        return {"messages": count}

    def call(self) -> dict[str, Any]:
        """Call the partner now, whatever the back-off says."""
        self.node.delivery.wake(self.pairing_id, now=True)
        return {}

    def single(self, count: int) -> dict[str, Any]:
        """One message at a time, each until its own receipt is stored; seconds of each."""
        taken = []
        for bodies in (self._bodies("notice", 1) for _ in range(count)):
            began = time.perf_counter()
            self.receipts.wait(self._write(bodies))
            taken.append(time.perf_counter() - began)
        return {"taken": taken}

    def callers(self, callers: int, count: int) -> dict[str, Any]:
        """So many callers, each waiting for the receipt of its own message before it writes the next."""
        work = [[self._bodies("notice", 1) for _ in range(count // callers)] for _ in range(callers)]
        threads = [threading.Thread(target=self._one_by_one, args=(mine,)) for mine in work]
        began = time.perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return {"messages": callers * (count // callers), "seconds": time.perf_counter() - began}

    def _one_by_one(self, mine: list[list[Written]]) -> None:
        for bodies in mine:
            self.receipts.wait(self._write(bodies))

    # --- one message now and then, while other things go on ---------------------------------------------------

    def live_begin(self, peer: str, every_s: float) -> dict[str, Any]:
        """From now on a notice to this partner every so often, each timed until its own receipt is stored."""
        self.live = Live(Driver(self.node, peer), every_s)
        return {}

    def live_end(self) -> dict[str, Any]:
        """No more of them; seconds that each took, and how late the event loop came to what was due."""
        assert self.live is not None
        found, self.live = self.live.ended(), None
        return found

    def state(self) -> dict[str, Any]:
        """What must hold while it is measured, asked of the live connections."""

        def look(store: Any) -> int:
            return int(store._driver.execute("PRAGMA synchronous").fetchone()[0])

        return {
            "pairing": self.pairing_id,
            "synchronous": self.node.sequencer.write(look),
            "size": self.receipts.written,
            "receipted": self.receipts.receipted,
        }


class Live:
    """Notices to one partner in a thread of their own, and a task that looks how late the event loop is."""

    def __init__(self, driver: Driver, every_s: float) -> None:
        self._driver = driver
        self._every_s = every_s
        self._stop = threading.Event()
        self._taken: list[float] = []
        self._written: list[float] = []
        self._late: list[float] = []
        loop = driver.node.delivery._loop
        assert loop is not None
        self._looking = asyncio.run_coroutine_threadsafe(self._look(), loop)
        self._thread = threading.Thread(target=self._write)
        self._thread.start()

    def _write(self) -> None:
        while not self._stop.wait(self._every_s):
            bodies = self._driver._bodies("notice", 1)
            began = time.perf_counter()
            size = self._driver._write(bodies)
            self._written.append(time.perf_counter() - began)
            self._driver.receipts.wait(size)
            self._taken.append(time.perf_counter() - began)

    async def _look(self) -> None:
        while not self._stop.is_set():
            due = time.perf_counter() + LOOK_EVERY_S
            await asyncio.sleep(LOOK_EVERY_S)
            self._late.append(time.perf_counter() - due)

    def ended(self) -> dict[str, Any]:
        """What was found, once the last one has its receipt."""
        self._stop.set()
        self._thread.join()
        self._looking.result()
        return {"taken": self._taken, "written": self._written, "late": self._late}


# --- what is written ------------------------------------------------------------------------------------------


def _notice(number: int, members: list[str]) -> Written:
    return "notice.given", NoticeGiven(topic="other", title=f"通知{number}", text=TEXT, on="2026-03-01"), None


def _life(number: int, members: list[str]) -> Written:
    body = LifeEntered(event=f"b-{number}", activity="regular_meeting", on="2026-03-05", attendance="confirmed")
    return "certificate.life_entered", body, members[number * 7919 % len(members)]


def _score(number: int, members: list[str]) -> Written:
    body = ScoreContributed(year=2026, rule="volunteering", event=f"b-{number}", points=1, on="2026-03-06")
    return "score.contributed", body, members[number * 7919 % len(members)]


def _mixed(number: int, members: list[str]) -> Written:
    """Entries and scores in turn."""
    return (_life if number % 2 else _score)(number, members)


def departure(number: int, party: int) -> Written:
    """One more member goes, whose pseudonym is given by this party."""
    body = DepartureNotified(
        name="巴特尔",
        sex="male",
        birth_year=1988,
        category="full_member",
        affiliated_branch="白音敖包苏木党支部",
        certificate_number=f"B-2026-{number:05}",
        left_on="2026-02",
        destination_place="990107",
    )
    return "departure.notified", body, pseudonym(random.Random(f"bench {number}").randbytes(16).hex(), party)


BODIES: Final[dict[str, Callable[[int, list[str]], Written]]] = {
    "notice": _notice,
    "mixed": _mixed,
}


# --- the process ----------------------------------------------------------------------------------------------


@contextmanager
def profiled_writer(node: Node) -> Iterator[None]:
    """Profile the thread that runs all write transactions, if the environment asks for it."""
    path = os.environ.get(PROFILE)
    profile = cProfile.Profile(time.thread_time)
    if path:
        node.sequencer.write(lambda store: profile.enable())
    try:
        yield
    finally:
        if path:
            node.sequencer.write(lambda store: profile.disable())
            with open(path, "w", encoding="utf-8") as file:
                pstats.Stats(profile, stream=file).sort_stats("tottime").print_stats(60)


COMMANDS: Final = (
    "members_come",
    "write",
    "backlog",
    "call",
    "single",
    "callers",
    "live_begin",
    "live_end",
    "state",
)


def _commands(driver: Driver) -> None:
    table = {name: getattr(driver, name) for name in COMMANDS}
    for line in sys.stdin:
        command = json.loads(line)
        answer = table[command.pop("do")](**command)
        print(json.dumps(answer), flush=True)


def main(folder: Path, peer: str = "") -> None:
    """Serve, and do as told until the standard input ends."""
    logs.set_up(folder / "driver.log")
    node = Node.open(folder, config.load(folder), keyfiles.open_with_service(folder))

    async def serve() -> None:
        stop = asyncio.Event()
        ready: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        serving = asyncio.ensure_future(node.serve(lambda port, url: ready.set_result(port), stop))
        print(json.dumps({"port": await ready}), flush=True)
        await asyncio.to_thread(lambda: _commands(Driver(node, peer)))
        stop.set()
        await serving

    try:
        with profiled_writer(node):
            asyncio.run(serve())
    finally:
        node.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
