"""Two nodes at work in bad weather; at the end nothing may be lost, doubled, refused without reason, or unequal."""

import random
import threading
import time
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from gongguan.node.keys import keyfiles, tls
from tests.benchmarks import kills
from tests.benchmarks.committees import Gone, Pair, Refused, copied, prepare, subjects
from tests.benchmarks.kills import Deed, took_effect
from tests.chaos.line import Line
from tests.chaos.weather import Stormy, Weather, listen_behind
from tests.nodes import free_port

HANDS: Final = 2
"""Officers' programs on each side."""
PAUSE_S: Final = 0.3
TROUBLE: Final = 0.3
"""The part of the requests that meet a fault of the line."""
CALM_S: Final = (0.2, 2.0)
DEEDS_MAX: Final = 6000
NOT_DONE: Final = frozenset({"R-disk-full", "I-database-disk", "I-database-read-only", "R-database-busy"})
"""What a node may say for want of a disk: then nothing was done."""
UNKNOWN: Final = frozenset({"I-commit-unknown"})
LOGGED_OUT: Final = frozenset({"A-token", "A-login"})
"""After a clock was set, a session is over, or not begun."""
KINDS: Final = {
    "notice.send": "notice.given",
    "entry.life": "certificate.life_entered",
    "score.contribute": "score.contributed",
    "entry.dues": "certificate.dues_entered",
}


@dataclass
class Work:
    """What the officers did. ``done``: acknowledged, or found done after an answer was lost, each with its side.

    ``over``: nothing new is begun. ``broken``: nobody waits any longer for a node.
    """

    done: list[tuple[str, Deed]] = field(default_factory=list)
    told: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)
    broken: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, side: str, deed: Deed) -> None:
        """One deed took effect."""
        with self.lock:
            self.done.append((side, deed))

    def count(self, what: str) -> None:
        """One answer that was none, or a refusal for want of a disk."""
        with self.lock:
            self.told[what] += 1

    def complain(self, problem: str) -> None:
        """Something that must not be."""
        with self.lock:
            self.problems.append(problem)


@dataclass
class Run:
    """What a run left."""

    work: Work
    weather: Weather
    lines: tuple[Line, Line]
    records: int
    seconds: float
    problems: list[str]


def hand(one: Stormy, deeds: list[Deed], work: Work) -> None:
    """One program: its deeds in order until time is over, each exactly once."""
    try:
        for deed in deeds:
            if work.over.is_set() or work.broken.is_set():
                return
            _once(one, deed, work)
            time.sleep(PAUSE_S)
    except BaseException as error:
        work.complain(f"an officer of {one.name} had to give up: {error!r}")
        raise


def _once(one: Stormy, deed: Deed, work: Work) -> None:
    doubt = ""
    while True:
        if work.broken.is_set():
            raise RuntimeError("the trial itself broke off")
        try:
            if doubt and took_effect(one, deed):
                if doubt in NOT_DONE:
                    work.complain(f"{deed.operation} was refused by {doubt} and had taken effect")
                work.count("answer lost, but done")
                break
            doubt = ""
            one.call(deed.operation, **deed.fields)
            break
        except Gone:
            doubt = "lost"
        except Refused as error:
            doubt = _passing(one, error, doubt)
        work.count(doubt)
        time.sleep(0.05)
    work.note(one.name, deed)


def _passing(one: Stormy, error: Refused, doubt: str) -> str:
    """The doubt that a refusal leaves; one that no weather explains is raised."""
    code = error.failure.code
    if code in LOGGED_OUT:
        one.log_out()
        return doubt or code
    if code not in NOT_DONE | UNKNOWN:
        raise error
    # An earlier lost answer stays the greater doubt.
    return doubt if doubt and doubt not in NOT_DONE else code


def run(folder: Path, seed: int, seconds: float, events: Sequence[str] = ()) -> Run:
    """The whole: prepare, work in bad weather for so long, let it clear, look. ``events``: those before chance's."""
    copied(prepare(folder / "prepared"), folder / "chaos")
    lines = _lines(folder / "chaos", seed)
    for line in lines:
        line.start()
    try:
        return _run(folder / "chaos", lines, seed, seconds, events)
    finally:
        for line in lines:
            line.stop()


def _lines(folder: Path, seed: int) -> tuple[Line, Line]:
    found = []
    for name in ("origin", "destination"):
        port = free_port()
        keys = keyfiles.open_with_service(folder / name)
        context = tls.server_context(keys.tls_key, keys.tls_certificate)
        found.append(Line(listen_behind(folder / name, port), port, context, random.Random(f"line {name} {seed}")))
    return found[0], found[1]


def _run(folder: Path, lines: tuple[Line, Line], seed: int, seconds: float, events: Sequence[str]) -> Run:
    began, work = time.monotonic(), Work()
    with Pair(folder, Stormy) as pair:
        origin, destination = pair.both
        assert isinstance(origin, Stormy)
        assert isinstance(destination, Stormy)
        both = (origin, destination)
        before = {one.name: _said(one) for one in both}
        weather = Weather(both, lines, seed)
        parts = kills.script(seed, subjects(pair.origin), DEEDS_MAX)
        with ThreadPoolExecutor(max_workers=2 * HANDS) as pool:
            for one in both:
                for number in range(HANDS):
                    pool.submit(hand, one, parts[one.name][number::HANDS], work)
            try:
                _storm(weather, lines, began + seconds, events)
                work.over.set()
                weather.clear()
            except BaseException:
                work.broken.set()
                raise
        pair.settle()
        problems = [*work.problems, *weather.problems, *kills.problems(pair), *_unequal(both, work, before)]
        return Run(work, weather, lines, len(pair.origin.shared()), time.monotonic() - began, problems)


def _storm(weather: Weather, lines: tuple[Line, Line], until: float, events: Sequence[str]) -> None:
    for line in lines:
        line.trouble = TROUBLE
    planned = deque(events)
    while planned or time.monotonic() < until:
        time.sleep(weather.rng.uniform(*CALM_S))
        weather.strike(planned.popleft() if planned else None)


def _said(one: Stormy) -> Counter[str]:
    """Own messages by kind."""
    return Counter(
        dict(one.rows("SELECT kind, COUNT(*) FROM log_message JOIN epoch USING (ordinal) WHERE own GROUP BY kind"))
    )


def _unequal(both: tuple[Stormy, Stormy], work: Work, before: dict[str, Counter[str]]) -> Iterator[str]:
    """Acknowledged deeds that are not there, and messages that nobody's deed explains."""
    for one in both:
        mine = [deed for side, deed in work.done if side == one.name]
        there = kills.done_of(one, mine)
        for deed in mine:
            if deed not in there:
                yield f"{deed} was acknowledged by {one.name} and is not there"
        said = _said(one)
        for operation, kind in KINDS.items():
            wanted = sum(deed.operation == operation for deed in mine)
            found = said[kind] - before[one.name][kind]
            if wanted != found:
                yield f"{one.name} did {operation} {wanted} times and {found} messages say so"
