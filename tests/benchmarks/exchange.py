"""Messages a second between two node processes over HTTPS on loopback, from the draft to the stored receipt.

The sending process is the benchmark's driver around a real node, the receiving one is ``gongguan serve``. What the
machine itself can do is measured in the same run; only the ratios to it mean something elsewhere.

*Bulk* is a stream: the sender writes transaction after transaction, at most ``driver.WINDOW`` messages ahead of their
receipts, while bundles are on their way, so that both nodes work at once; the time is that from the first draft to the
last stored receipt. At the beginning and at the end of a stream one side waits for the other, so each round has at
least ``STREAM`` transactions::

    python -m tests.benchmarks.exchange --quick
    python -m tests.benchmarks.exchange --with pyas2lib
"""

import argparse
import contextlib
import json
import os
import socket
import ssl
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import IO, Any, Final, NamedTuple

from tests.benchmarks import as2, limits_here
from tests.benchmarks.committees import Committee, prepare, until
from tests.benchmarks.driver import PROFILE
from tests.benchmarks.limits_here import Limits

BATCHES: Final = {1: 400, 100: 8_000, 1_000: 20_000}
"""Messages a round, by messages in one write transaction."""
STREAM: Final = 20
"""Transactions in a round of bulk, at least."""
CALLERS: Final = 16
CPU_CLOCK_SCHEDULER: Final = 2
"""With the complement of a process id before it Linux's number of that process's clock (``clock_getcpuclockid``)."""


class Size(NamedTuple):
    """How much is measured."""

    rounds: int
    part: float
    members: int


WHOLE: Final = Size(rounds=5, part=1.0, members=2_000)
QUICK: Final = Size(rounds=2, part=0.1, members=200)


class Sender:
    """The driver process."""

    def __init__(self, folder: Path, profile: Path | None = None, peer: str = "") -> None:
        """``profile``: where the profile of its writer thread is to go; ``peer``: whom it writes to."""
        command = [sys.executable, "-m", "tests.benchmarks.driver", str(folder), *([peer] if peer else [])]
        environment = {**os.environ, **({PROFILE: str(profile)} if profile else {})}
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
        )
        self._answer()

    def __call__(self, do: str, **fields: object) -> dict[str, Any]:
        _stream(self.process.stdin).write(json.dumps({"do": do, **fields}) + "\n")
        _stream(self.process.stdin).flush()
        return self._answer()

    def _answer(self) -> dict[str, Any]:
        line = _stream(self.process.stdout).readline()
        if not line:
            raise RuntimeError("the driver ended")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def stop(self) -> None:
        """Let it finish."""
        _stream(self.process.stdin).close()
        self.process.wait()
        _stream(self.process.stdout).close()


def _stream(stream: IO[str] | None) -> IO[str]:
    assert stream is not None
    return stream


class Figures:
    """What was measured, by name: one number a round."""

    def __init__(self) -> None:
        self.rounds: dict[str, list[float]] = {}

    def add(self, name: str, value: float) -> None:
        """One more round."""
        self.rounds.setdefault(name, []).append(value)

    def median(self, name: str) -> float:
        """Of all rounds."""
        return statistics.median(self.rounds[name])

    def spread(self, name: str) -> str:
        """Smallest and largest round."""
        return f"{min(self.rounds[name]):,.6g} - {max(self.rounds[name]):,.6g}"


# --- measuring ------------------------------------------------------------------------------------------------


def measure_round(sender: Sender, receiver: int, size: Size, figures: Figures) -> None:
    """Every figure once. ``receiver``: its process id."""
    processes = (sender.process.pid, receiver)
    ones = max(50, int(300 * size.part))
    with _cpu(figures, "one", ones, processes):
        taken = sorted(sender("single", count=ones)["taken"])
    figures.add("one: p50 ms", 1000 * statistics.median(taken))
    figures.add("one: p99 ms", 1000 * taken[min(len(taken) - 1, int(len(taken) * 0.99))])
    for batch, whole in BATCHES.items():
        count = max(STREAM * batch, int(whole * size.part))
        with _cpu(figures, f"batch {batch:,}", count, processes):
            answer = sender("write", what="notice", count=count, batch=batch)
        _rate(figures, f"receipted, batch {batch:,}", answer)
    gathered = max(CALLERS, int(4_000 * size.part) // CALLERS * CALLERS)
    with _cpu(figures, f"{CALLERS} callers", gathered, processes):
        callers = sender("callers", callers=CALLERS, count=gathered)
    _rate(figures, f"{CALLERS} callers", callers)
    count = max(STREAM * 1_000, int(20_000 * size.part))
    with _cpu(figures, "applied", count, processes):
        answer = sender("write", what="mixed", count=count, batch=1_000)
    _rate(figures, "applied, batch 1,000", answer)


@contextlib.contextmanager
def _cpu(figures: Figures, name: str, count: int, processes: tuple[int, int]) -> Iterator[None]:
    """Processor time of both processes for each message: what does not depend on who else uses the machine."""
    before = [cpu_s(process) for process in processes]
    yield
    for side, process, began in zip(("sender", "receiver"), processes, before, strict=True):
        figures.add(f"CPU us, {side}, {name}", 1e6 * (cpu_s(process) - began) / count)


def cpu_s(process: int) -> float:
    """Processor time of a process and all its threads so far, as the scheduler counts it: to the nanosecond.

    /proc/PID/stat goes by ticks of 10 ms, and work that always ends before the next tick is hardly ever seen by one.
    """
    return time.clock_gettime(~process << 3 | CPU_CLOCK_SCHEDULER)


def _rate(figures: Figures, name: str, answer: dict[str, Any]) -> None:
    figures.add(name, answer["messages"] / answer["seconds"])


# --- what must hold -------------------------------------------------------------------------------------------


def check_settings(sender: Sender, receiver: Committee) -> None:
    """FULL sync and TLS while it runs, asked of the live processes. Raises AssertionError."""
    state = sender("state")
    assert state["synchronous"] == 2, state
    assert receiver.rows("PRAGMA journal_mode") == [("wal",)]
    port = _port_of(receiver)
    pinned = sha256(ssl.PEM_cert_to_DER_cert(ssl.get_server_certificate(("127.0.0.1", port)))).hexdigest()
    card = bytes(receiver.rows("SELECT note FROM card_note")[0][0]) + bytes(
        receiver.rows("SELECT note FROM card_note")[-1][0]
    )
    assert pinned.encode() in card, "the certificate is not the one on the card"
    assert b"https://127.0.0.1:%d" % port in card and b"http://" not in card
    assert not _answers_without_tls(port), "the server answers without TLS"


def _port_of(one: Committee) -> int:
    for line in (one.folder / "gongguan.toml").read_text().splitlines():
        if line.startswith("listen_port"):
            return int(line.split("=")[1])
    raise RuntimeError("no port")


def _answers_without_tls(port: int) -> bool:
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.sendall(b"GET /card/1 HTTP/1.1\r\nHost: localhost\r\n\r\n")
        with contextlib.suppress(OSError):
            return connection.recv(100).startswith(b"HTTP/1.1 200")
    return False


def check_end(sender: Sender, origin: Committee, receiver: Committee) -> str:
    """Every message receipted, both hold the same, both sign it; a line that says so. Raises AssertionError."""
    state = sender("state")
    assert state["size"] == state["receipted"], state
    until(lambda: not receiver.unreceipted() and not origin.unreceipted())
    here, there = origin.shared(), receiver.shared()
    assert here == there, f"{len(set(here) ^ set(there))} records differ"
    reconciled = receiver.call("reconcile.run")
    assert reconciled.result == "equal", reconciled.result
    logged = [one.rows("SELECT COUNT(*), COUNT(DISTINCT id) FROM log_message")[0] for one in (origin, receiver)]
    assert len({*logged[0], *logged[1]}) == 1, logged
    return f"{state['receipted']:,} receipts, {len(here):,} records equal, signed ({reconciled.digest[:16]}…)"


# --- what is printed ------------------------------------------------------------------------------------------


def report(figures: Figures, limits: Limits) -> Iterator[str]:
    """The table, one line at a time."""
    yield f"{'':28}{'median':>12}  {'rounds':24} ratio"
    for name in figures.rounds:
        yield f"{name:28}{figures.median(name):>12,.5g}  {figures.spread(name):24} {_ratio(name, figures, limits)}"
    yield ""
    yield f"{'Ed25519 verifications/s':28}{limits.verifications:>12,.0f}"
    yield f"{'Ed25519 signatures/s':28}{limits.signatures:>12,.0f}"
    yield f"{'SQLite commits/s, 1 row':28}{limits.commits_1:>12,.0f}"
    yield f"{'SQLite commits/s, 100 rows':28}{limits.commits_100:>12,.0f}  = {limits.rows_100:,.0f} rows/s"
    yield f"{'HTTPS requests/s':28}{limits.https_requests:>12,.0f}"
    yield f"{'floor of one message, ms':28}{1000 * limits.floor_s:>12,.2f}"


def _ratio(name: str, figures: Figures, limits: Limits) -> str:
    value = figures.median(name)
    if name == "one: p50 ms":
        return f"{value / 1000 / limits.floor_s:.2f} x floor"
    if name.startswith("CPU"):
        return ""
    if name == "one: p99 ms":
        return f"{value / figures.median('one: p50 ms'):.2f} x p50"
    rows = f"{value / limits.rows_100:.3f} x SQLite rows at 100"
    return f"{rows}, {value / limits.commits_1:.2f} x commits, {value / limits.verifications:.2f} x verifications"


def conditions(before: tuple[float, float, float]) -> str:
    """What else the machine was doing."""
    after = os.getloadavg()
    return f"{os.cpu_count()} cores, load {before[0]:.1f} before, {after[0]:.1f} after, Python {sys.version.split()[0]}"


@contextlib.contextmanager
def _running(origin: Committee, receiver: Committee, profile: Path | None) -> Iterator[tuple[Sender, int]]:
    """Both processes, the receiver's by its id. It is ``gongguan serve``, except where it is to be profiled."""
    profiled = Sender(receiver.folder, profile / "receiver.txt") if profile else None
    if profiled is None:
        receiver.start()
    else:
        receiver.is_up()
    sender = Sender(origin.folder, profile / "sender.txt" if profile else None)
    try:
        yield sender, (profiled.process if profiled else receiver.running).pid
    finally:
        sender.stop()
        if profiled is not None:
            profiled.stop()
        receiver.stop()


def main(arguments: list[str]) -> int:
    """Measure, check, print. Exit code 0 when everything that must hold does."""
    parser = argparse.ArgumentParser(prog="go.py bench", description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="two small rounds")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--with", dest="beside", choices=("pyas2lib",), help="run this peer beside it")
    parser.add_argument(
        "--profile", type=Path, metavar="DIR", help="profile both writer threads; figures then mean less"
    )
    chosen = parser.parse_args(arguments)
    size = QUICK if chosen.quick else WHOLE
    size = size._replace(rounds=chosen.rounds or size.rounds)
    load = os.getloadavg()
    with tempfile.TemporaryDirectory(prefix="gongguan-bench-") as name:
        folder = prepare(Path(name), members=1)
        origin, receiver = Committee(folder, "origin"), Committee(folder, "destination")
        limits = limits_here.measure(folder, origin.folder)
        figures = Figures()
        with _running(origin, receiver, chosen.profile) as (sender, process):
            sender("members_come", count=size.members)
            for _ in range(size.rounds):
                measure_round(sender, process, size, figures)
                check_settings(sender, receiver)
            ended = check_end(sender, origin, receiver)
    print("\n".join(report(figures, limits)))
    print(ended)
    print(conditions(load))
    if chosen.beside:
        print(as2.measured_beside(figures.median("receipted, batch 1")))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
