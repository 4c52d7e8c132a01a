"""Kill -9 of either node at random times over live traffic; the end must be that of a run in which nobody died.

Both officers work through a script of their own, by seed; some events are scored or entered by both, alike or not. An
operation whose answer was lost is repeated only if it did not take effect, which is looked up by its natural key. At
the end both nodes must hold the same bytes, and the same content as a run of the same script without kills::

    python -m tests.benchmarks.kills --kills 50 --seed 1
"""

import argparse
import itertools
import random
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NamedTuple

from gongguan.protocol import canonical
from tests.benchmarks.committees import Committee, Gone, Pair, copied, prepare, subjects, values

DEEDS_PER_KILL: Final = 24
HANDS: Final = 4
"""Officers' programs at work on each side."""
YEAR: Final = 2026
RULE: Final = "volunteering"
IN_FLIGHT_MIN: Final = 0.6
"""The part of the kills that must hit while something was unsent or unreceipted, or the trial shows too little."""
MONTHS: Final = tuple(f"{year}-{month:02}" for year in range(2016, 2026) for month in range(1, 13))


class Deed(NamedTuple):
    """One operation of one officer; what it is about is its natural key."""

    operation: str
    fields: dict[str, Any]


# --- the script -----------------------------------------------------------------------------------------------


def script(seed: int, members: list[str], count: int) -> dict[str, list[Deed]]:
    """What each side does, in order: about ``count`` deeds in all."""
    rng = random.Random(seed)
    deeds: dict[str, list[Deed]] = {"origin": [], "destination": []}
    dues = iter(rng.sample(list(itertools.product(members, MONTHS)), k=min(count, len(members) * len(MONTHS))))
    for number in range(count):
        if sum(map(len, deeds.values())) >= count:
            break
        sides = rng.choice((("origin",), ("destination",), ("origin", "destination")))
        alike = rng.random() < 0.5
        kind = rng.choice((_notice, _life, _score, _score, _dues))
        subject = rng.choice(members)
        about = next(dues) if kind is _dues else (subject, f"e-{number:05}")
        for place, side in enumerate(sides):
            deeds[side].append(kind(side, about, 0 if alike else place))
    return deeds


def _notice(side: str, about: tuple[str, str], variant: int) -> Deed:
    title = f"{about[1]} {side}"
    fields = {"topic": "other", "title": title, "text": "请核对三月份的活动安排。" * 4, "on": "2026-03-01"}
    return Deed("notice.send", fields)


def _life(side: str, about: tuple[str, str], variant: int) -> Deed:
    fields = {"subject": about[0], "event": about[1], "activity": "regular_meeting", "on": "2026-03-05"}
    if variant:
        return Deed("entry.life", fields | {"attendance": "confirmed_absent", "absence_reason": "illness"})
    return Deed("entry.life", fields)


def _score(side: str, about: tuple[str, str], variant: int) -> Deed:
    fields = {"subject": about[0], "event": about[1], "year": YEAR, "rule": RULE, "on": "2026-03-06"}
    return Deed("score.contribute", fields | {"points": 1 + variant})


def _dues(side: str, about: tuple[str, str], variant: int) -> Deed:
    return Deed("entry.dues", {"subject": about[0], "month": about[1], "paid_on": "2026-03-10"})


# --- doing it, once -------------------------------------------------------------------------------------------


def took_effect(one: Committee, deed: Deed) -> bool:
    """Whether this side has done it, as its own node tells."""
    return bool(done_of(one, [deed]))


def done_of(one: Committee, deeds: list[Deed]) -> list[Deed]:
    """Those of these that this side has done, as its own node tells: each list is asked for once."""
    told: dict[tuple[str, str], set[str]] = {}
    found = []
    for deed in deeds:
        look, what = LOOKS[deed.operation], deed.fields
        about = "" if deed.operation == "notice.send" else what["subject"]
        if (deed.operation, about) not in told:
            told[deed.operation, about] = set(look(one, about))
        if (what.get("title") or what.get("event") or what["month"]) in told[deed.operation, about]:
            found.append(deed)
    return found


def _notices(one: Committee, about: str) -> Iterator[str]:
    return (item.title for item in one.call("notice.list").notices if item.direction == "sent")


def _scores(one: Committee, about: str) -> Iterator[str]:
    ledger = one.call("score.show", subject=about, year=YEAR).ledger
    # In a conflict both have scored; else the witnesses are all who have.
    ours = (item for item in ledger.entries if item.status == "conflict" or item.witnesses in (one.name, "both"))
    return (item.event for item in ours if item.rule == RULE)


def _entries(one: Committee, about: str) -> Iterator[str]:
    return (item.what for item in one.call("entry.list", subject=about).entries if item.side == one.name)


LOOKS: Final[dict[str, Callable[[Committee, str], Iterator[str]]]] = {
    "notice.send": _notices,
    "score.contribute": _scores,
    "entry.life": _entries,
    "entry.dues": _entries,
}
"""Operation → natural keys of what this side has done by it, about one member."""


@dataclass
class Work:
    """What both sides have done so far. ``opened``: how far each hand may go before the next kill."""

    done: int = 0
    lost: int = 0
    lost_but_done: int = 0
    opened: float = 1.0
    failed: list[BaseException] = field(default_factory=list)
    turn: threading.Condition = field(default_factory=threading.Condition)

    def count(self, lost: bool, was_done: bool) -> None:
        """One deed took effect."""
        with self.turn:
            self.done += 1
            self.lost += lost
            self.lost_but_done += was_done
            self.turn.notify_all()

    def fail(self, error: BaseException) -> None:
        """A hand gave up: nobody waits any longer."""
        with self.turn:
            self.failed.append(error)
            self.turn.notify_all()

    def open_to(self, part: float) -> None:
        """Let the hands go on, to this part of their script."""
        with self.turn:
            self.opened = part
            self.turn.notify_all()

    def until_done(self, count: int) -> None:
        """Wait for this many deeds. Raises what stopped a hand."""
        with self.turn:
            self.turn.wait_for(lambda: self.done >= count or self.failed)
            if self.failed:
                raise self.failed[0]

    def until_opened(self, part: float) -> None:
        """Wait for the right to do what stands at this part of the script."""
        with self.turn:
            self.turn.wait_for(lambda: part < self.opened or self.failed)


def work_through(one: Committee, deeds: list[Deed], work: Work) -> None:
    """One hand: its deeds in order, each exactly once."""
    try:
        for number, deed in enumerate(deeds):
            work.until_opened(number / len(deeds))
            if work.failed:
                return
            work.count(*_once(one, deed, work))
    except BaseException as error:
        work.fail(error)
        raise


def _once(one: Committee, deed: Deed, work: Work) -> tuple[bool, bool]:
    """(an answer was lost, the deed whose answer was lost had taken effect)."""
    lost = False
    while True:
        if work.failed:
            raise RuntimeError("the trial itself broke off")
        try:
            if lost and took_effect(one, deed):
                return True, True
            one.call(deed.operation, **deed.fields)
        except Gone:
            lost = True
            time.sleep(0.02)
        else:
            return lost, False


# --- a run ----------------------------------------------------------------------------------------------------


class Kill(NamedTuple):
    """A kill as it was: whose process, and how many of its messages had no receipt on its disk."""

    victim: str
    unreceipted: int


@dataclass
class Run:
    """What a run left: the content by natural keys, whether both hold the same bytes, what the nodes themselves say."""

    kills: list[Kill]
    work: Work
    deeds: int
    records: int
    content: dict[str, Any]
    problems: list[str]

    @property
    def in_flight(self) -> int:
        """Kills that hit while something was unsent or unreceipted."""
        return sum(kill.unreceipted > 0 for kill in self.kills)


def run(folder: Path, seed: int, deeds: int, kills: int) -> Run:
    """Work through the script on the pair in ``folder`` with so many kills, let it come to rest, and look."""
    work = Work()
    with Pair(folder) as pair:
        parts = script(seed, subjects(pair.origin), deeds)
        total = sum(map(len, parts.values()))
        with ThreadPoolExecutor(max_workers=2 * HANDS) as pool:
            for one in pair.both:
                for hand in range(HANDS):
                    pool.submit(work_through, one, parts[one.name][hand::HANDS], work)
            try:
                killed = list(_kill(pair, work, seed, total, kills))
                work.open_to(2.0)
                work.until_done(total)
            except BaseException as error:
                # The hands wait for their turn: without a word they would wait for ever.
                work.fail(error)
                raise
        pair.settle()
        found = list(problems(pair))
        content = natural(pair.origin)
        return Run(killed, work, total, len(pair.origin.shared()), content, found)


def _kill(pair: Pair, work: Work, seed: int, total: int, kills: int) -> Iterator[Kill]:
    """Kill either node, the other one perhaps before the first is up again; each is started again at once."""
    rng = random.Random(f"kills {seed}")
    restarts: dict[str, Future[None]] = {}
    with ThreadPoolExecutor(max_workers=2) as pool:
        for number in range(kills):
            # Traffic goes on while a node is down, but not so far that later kills would find nobody at work.
            work.open_to((number + 1.2) / kills)
            work.until_done(int(total / kills * (number + rng.uniform(0.1, 0.6))))
            time.sleep(rng.uniform(0, 0.02))
            victim = rng.choice(pair.both)
            if victim.name in restarts and not restarts[victim.name].done():
                (victim,) = [one for one in pair.both if one is not victim]
            if victim.name in restarts:
                restarts[victim.name].result()
            victim.kill()
            yield Kill(victim.name, victim.unreceipted())
            restarts[victim.name] = pool.submit(victim.start)
    for restart in restarts.values():
        restart.result()


def problems(pair: Pair) -> Iterator[str]:
    """Whatever is not as it has to be at the end of a run."""
    one, other = (node.shared() for node in pair.both)
    if one != other:
        yield f"{len(set(one) ^ set(other))} shared records differ between the two nodes"
    for node in pair.both:
        verified = node.call("verify.run")
        if verified.altered_count or verified.broken_count:
            yield f"verify on {node.name}: {verified.altered_count} altered, {verified.broken_count} broken"
        ((copies, ids),) = node.rows("SELECT COUNT(*), COUNT(DISTINCT author || id) FROM log_message")
        if copies != ids:
            yield f"{copies - ids} messages stand twice in the logs of {node.name}"
        ((refused,),) = node.rows("SELECT COUNT(*) FROM log_message WHERE verdict <> 'accepted'")
        if refused:
            yield f"{refused} messages were refused on {node.name}"
    reconciled = pair.origin.call("reconcile.run")
    if reconciled.result != "equal":
        yield f"reconcile says {reconciled.result}: {reconciled.difference_count} records"


# --- content by natural keys ----------------------------------------------------------------------------------


def natural(one: Committee) -> dict[str, Any]:
    """The shared records without what chance decides: ids, epochs, positions, and the order of equal entries."""
    found: dict[str, Any] = {}
    for unit, key, value in values(one):
        name = f"notice/{value['value']['title']}" if key.startswith("notice/") else key
        name = f"{unit.hex()}/{name}"
        if name in found:
            raise RuntimeError(f"{name} is there twice")
        found[name] = _plain(value)
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return sorted(map(_plain, value), key=canonical.encode)
    if not isinstance(value, dict):
        return value
    plain = {name: _plain(item) for name, item in value.items() if name not in ("id", "epoch", "position")}
    if "provisional" in plain:
        (chosen,) = [item for item in value["candidates"] if item["id"] == value["provisional"]]
        plain["provisional"] = chosen["party"]
    return plain


def compare(killed: Run, unkilled: Run) -> list[str]:
    """What is wrong: of either run by itself, and between the two."""
    problems = [*killed.problems, *(f"without kills: {item}" for item in unkilled.problems)]
    for name in sorted(killed.content.keys() | unkilled.content.keys()):
        if killed.content.get(name) != unkilled.content.get(name):
            problems.append(f"{name} is not as in the run without kills")
    return problems


def trial(folder: Path, kills: int, seed: int) -> tuple[Run, Run, list[str]]:
    """Both runs from one start, and what is wrong."""
    prepared = prepare(folder / "prepared")
    deeds = max(kills * DEEDS_PER_KILL, 100)
    unkilled = run(copied(prepared, folder / "unkilled"), seed, deeds, 0)
    killed = run(copied(prepared, folder / "killed"), seed, deeds, kills)
    problems = compare(killed, unkilled)
    if killed.in_flight < IN_FLIGHT_MIN * kills:
        problems.append(f"only {killed.in_flight} of {kills} kills hit while something was in flight")
    return killed, unkilled, problems


def summary(killed: Run) -> str:
    """What happened, in both languages."""
    kills, work = killed.kills, killed.work
    origin = sum(kill.victim == "origin" for kill in kills)
    conflicts = sum("/conflict/" in name for name in killed.content)
    return (
        f"kill -9 {len(kills)} 次（流出地 {origin}，流入地 {len(kills) - origin}），"
        f"其中 {killed.in_flight} 次有未送达或未签收的消息；"
        f"办理 {killed.deeds} 件，丢失答复 {work.lost} 次（其中 {work.lost_but_done} 次已办成）；"
        f"共管记录 {killed.records} 条（冲突 {conflicts} 个）\n"
        f"{len(kills)} kills ({origin} origin, {len(kills) - origin} destination), {killed.in_flight} with messages "
        f"unsent or unreceipted; {killed.deeds} operations, {work.lost} answers lost of which {work.lost_but_done} had "
        f"taken effect; {killed.records} shared records ({conflicts} conflicts)"
    )


def main(arguments: list[str]) -> int:
    """Exit code 0 only when nothing is wrong."""
    parser = argparse.ArgumentParser(prog="go.py kills", description=__doc__.split("\n")[0])
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="gongguan-kills-") as folder:
        began = time.monotonic()
        killed, _, problems = trial(Path(folder), chosen.kills, chosen.seed)
        print(summary(killed))
        for problem in problems[:20]:
            print(f"✗ {problem}")
        equal = "两节点逐条相同，与未中断的一次逐条相同。  Equal on both nodes and with the run without kills."
        print(f"{len(problems)} 处不符  problems" if problems else equal, f"({time.monotonic() - began:.0f} s)")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
