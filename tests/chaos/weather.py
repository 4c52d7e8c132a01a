"""What befalls the two processes: kill -9, clocks that are set, disks that take nothing, a quota that is used up.

A *full disk* is RLIMIT_FSIZE at the size that the largest file has: nothing grows any more. A *dead disk* is the same
at 0: every write to a file is refused, as by a disk that the system has made read-only. Both need no privilege and
strike a process that runs; what is already open can be read.
"""

import re
import resource
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Final

from tests.benchmarks.committees import PATIENCE_S, Committee
from tests.chaos.line import Line
from tests.chaos.serving import OFFSET

CLOCKS_S: Final = (0.0, 1.0, -1.0, 3600.0, -3600.0, 86_400.0, -86_400.0, 40 * 86_400.0, -40 * 86_400.0)
"""How far a clock may be off. Ten years would end the agreement, and rightly."""
QUOTA: Final = "peer_bytes_max"
UNLIMITED: Final = resource.RLIM_INFINITY


class Stormy(Committee):
    """A committee whose node can be harmed."""

    def command(self) -> list[str]:
        """By a clock that the trial sets."""
        # What it compiles while its disk is full would be kept half.
        return [sys.executable, "-B", "-m", "tests.chaos.serving", str(self.folder)]

    def set_clock(self, offset_s: float) -> None:
        """Replaced at once, so that the node never reads half a number."""
        fresh = self.folder / f"{OFFSET}.new"
        fresh.write_text(str(offset_s))
        fresh.replace(self.folder / OFFSET)

    def limit_files(self, size: int) -> None:
        """No file of the process grows beyond this; a process that is gone has no limit."""
        process = self.process
        if process is not None and process.poll() is None:
            resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (size, UNLIMITED))

    def largest_file(self) -> int:
        """Bytes."""
        return max(path.stat().st_size for path in self.folder.glob("node.sqlite3*"))

    def set_quota(self, size: int) -> None:
        """What the partner's messages may take here; in force after the next start."""
        path = self.folder / "gongguan.toml"
        text = re.sub(rf"^{QUOTA} = .*\n", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
        path.write_text(f"{text}{QUOTA} = {size}\n", encoding="utf-8")

    def quota_used(self) -> int:
        """Bytes of the partner's messages."""
        found = self.rows(
            "SELECT COALESCE(SUM(LENGTH(data)), 0) FROM log_message JOIN epoch USING (ordinal) WHERE NOT own"
        )
        return int(found[0][0])

    def start_on_dead_disk(self) -> subprocess.CompletedProcess[str]:
        """What ``gongguan serve`` says when not a byte can be written; it must end by itself."""
        return subprocess.run(
            [sys.executable, "-B", "-m", "gongguan.cli", "--data", str(self.folder), "serve"],
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (0, UNLIMITED)),
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )


class Weather:
    """Draws what happens next, by seed; ``struck`` counts it. ``problems``: what must not follow even then."""

    def __init__(self, both: tuple[Stormy, Stormy], lines: tuple[Line, Line], seed: int) -> None:
        self.both, self.lines = both, lines
        self.rng = Random(f"weather {seed}")
        self.struck: Counter[str] = Counter()
        self.problems: list[str] = []
        self._table: tuple[tuple[int, str, Callable[[Stormy], None]], ...] = (
            (8, "kill -9", self._kill),
            (2, "kill -9 of both", self._kill_both),
            (4, "line cut", self._cut),
            (3, "clock set while running", self._set_clock),
            (2, "disk full", self._fill),
            (2, "disk dead", self._die),
            (2, "quota used up", self._use_up),
            (1, "start on a dead disk", self._start_dead),
        )

    def strike(self, name: str | None = None) -> str:
        """One event on one side, waited out; its name. ``name``: this one instead of chance's."""
        weights = [weight for weight, _, _ in self._table]
        (drawn,) = self.rng.choices(self._table, weights)
        _, what, deed = next((row for row in self._table if row[1] == name), drawn)
        self.struck[what] += 1
        deed(self.rng.choice(self.both))
        return what

    def names(self) -> list[str]:
        """Of all events."""
        return [what for _, what, _ in self._table]

    def clear(self) -> None:
        """Good weather again: both run on their own clocks, nothing is limited, the lines are good."""
        for line in self.lines:
            line.trouble = 0.0
        for one in self.both:
            one.kill()
            one.set_clock(0.0)
            one.set_quota(2 << 30)
            one.start()

    def _kill(self, one: Stormy) -> None:
        one.kill()
        if self.rng.random() < 0.3:
            # A clock that went back, or forward, while nobody looked.
            one.set_clock(self.rng.choice(CLOCKS_S))
            self.struck["clock set across a restart"] += 1
        time.sleep(self.rng.choice((0.0, 0.0, 0.5, 2.0)))
        one.start()

    def _kill_both(self, one: Stormy) -> None:
        for victim in self.both:
            victim.kill()
        for victim in self.both:
            victim.start()

    def _cut(self, one: Stormy) -> None:
        seconds = self.rng.uniform(0.5, 4.0)
        for line in self.rng.choice((self.lines, self.lines[:1], self.lines[1:])):
            line.cut(seconds)
        time.sleep(seconds)

    def _set_clock(self, one: Stormy) -> None:
        one.set_clock(self.rng.choice(CLOCKS_S))

    def _fill(self, one: Stormy) -> None:
        self._limit(one, one.largest_file() + self.rng.randrange(20_000))

    def _die(self, one: Stormy) -> None:
        self._limit(one, 0)

    def _limit(self, one: Stormy, size: int) -> None:
        one.limit_files(size)
        time.sleep(self.rng.uniform(0.5, 3.0))
        if self.rng.random() < 0.3:
            one.kill()
            one.start()
        one.limit_files(UNLIMITED)
        if one.running.poll() is not None:
            self.problems.append(f"{one.name} ended by itself on a bad disk: {one.running.returncode}")
            one.stop()
            one.start()

    def _use_up(self, one: Stormy) -> None:
        one.kill()
        one.set_quota(one.quota_used() + self.rng.randrange(1, 4000))
        one.start()
        time.sleep(self.rng.uniform(1.0, 3.0))
        one.kill()
        one.set_quota(2 << 30)
        one.start()

    def _start_dead(self, one: Stormy) -> None:
        one.kill()
        said = one.start_on_dead_disk()
        if said.returncode in (0, -signal.SIGKILL) or "Traceback" in said.stderr:
            self.problems.append(f"start on a dead disk: {said.returncode} {said.stderr[-300:]}")
        one.start()


def listen_behind(folder: Path, port: int) -> int:
    """Let the node listen on another port than the one on its card; the port on the card."""
    path = folder / "gongguan.toml"
    text = path.read_text(encoding="utf-8")
    (on_card,) = re.findall(r"^listen_port = (\d+)$", text, flags=re.MULTILINE)
    path.write_text(text.replace(f"listen_port = {on_card}", f"listen_port = {port}"), encoding="utf-8")
    return int(on_card)
