"""How long commands take, as multiples of ``python -c pass``: what a person waits for beside the node's own work.

A node is set up and served with the demonstration rosters; then every command that reads and needs no argument is run
against it, and some that write, show one member, or work on the data folder. Figures are processor time of the whole
child, second smallest of ``--runs``; that time does not depend on who else uses the machine as much as the clock does::

    python -m tests.benchmarks.commands                    # a line each, the dearest first
    python -m tests.benchmarks.commands --runs 5 --only today.list duty.list
"""

import argparse
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final, NamedTuple

from gongguan.node.operations import every
from gongguan.sync.labels import labels_of
from tests.end_to_end.programs import Program
from tests.staff_node import DEMO_DATA

GOAL_LOOKING, GOAL = 4, 12
REGION: Final = "990521"
ADMINISTRATOR, OFFICER = "管理员", "张干事"

BY_HAND_FAMILIES: Final = frozenset({"session", "today", "bundle"})


class Command(NamedTuple):
    """A command line, and what it is about: help, the node, or the data folder."""

    words: tuple[str, ...]
    staff: str | None = None
    about: str = "node"


BY_HAND: Final = (
    Command(("--help",), about="help"),
    Command(("member", "list", "--help"), about="help"),
    Command(("whoami",), OFFICER),
    Command(("今天",), OFFICER),
    Command(("member", "list", "--json"), OFFICER),
    Command(("找人", "b"), OFFICER),
    Command(("联系", "无此人", "--kind", "季度联系", "--on", "2026.11.18", "--channel", "电话"), OFFICER),
    Command(("取表", "党费", "--set", "月份=2026-11"), OFFICER),
    Command(("body", "import", "origin_bodies.xlsx", "--dry-run"), OFFICER),
    Command(("keys", "list"), about="folder"),
    Command(("doctor",), about="folder"),
    Command(("bundle", "export", "--dry-run"), OFFICER, about="folder"),
    Command(("completion", "bash"), about="folder"),
)
"""A sample of the others: Chinese names, files in and out, what is refused, what needs no running node."""


def commands() -> list[Command]:
    """What is measured."""
    found = list(BY_HAND)
    for operation in every().values():
        needs_nothing = operation.reads and not any(label.required for label in labels_of(operation.request))
        if needs_nothing and operation.family not in BY_HAND_FAMILIES:
            staff = OFFICER if "organisation_officer" in operation.roles else ADMINISTRATOR
            found.append(Command((operation.family, operation.tail), staff))
    return found


class Measured(NamedTuple):
    """Milliseconds of the processor, and how the command ended."""

    milliseconds: float
    code: int


def measure(line: list[str], where: Path, runs: int, environment: dict[str, str] | None = None) -> Measured:
    """The second smallest of so many runs; what starts late or is disturbed does not count."""
    spent, code = [], 0
    for _ in range(runs):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        code = subprocess.run(
            line, cwd=where, env=environment, stdin=subprocess.DEVNULL, capture_output=True, check=False
        ).returncode
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        spent.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return Measured(1000 * sorted(spent)[min(1, runs - 1)], code)


def main() -> int:
    """Set up, measure, print."""
    parser = argparse.ArgumentParser(description="Commands, as multiples of python -c pass.")
    parser.add_argument("--runs", type=int, default=12)
    parser.add_argument("--only", nargs="*", default=[], metavar="NAME", help="operations, as today.list")
    chosen = parser.parse_args()
    only = {tuple(name.replace("_", "-").split(".")) for name in chosen.only}
    with tempfile.TemporaryDirectory() as at:
        node = Program(Path(at) / "here" / "data", "巴彦塔拉苏木党委", REGION)
        node.folder.parent.mkdir()
        node.init()
        node.start()
        try:
            _fill(node)
            empty = [sys.executable, "-c", "pass"]
            floor = measure(empty, node.folder.parent, 2 * chosen.runs).milliseconds
            print(f"python -c pass: {floor:.1f} ms")
            rows = []
            for command in commands():
                if only and command.words not in only:
                    continue
                line = [sys.executable, "-P", "-m", "gongguan.cli", *command.words]
                line += ["--as", command.staff] if command.staff else []
                # Help is asked for as such: with another word behind it click would make it.
                line += ["--data", str(node.folder)] if command.about != "help" else []
                found = measure(line, node.folder.parent, chosen.runs, node.environment())
                rows.append((found.milliseconds / floor, command, found.code))
        finally:
            node.stop()
    for ratio, command, code in sorted(rows, reverse=True):
        print(f"{ratio:5.1f}  {command.about:6}  exit {code}  {' '.join(command.words)}")
    for about, goal in (("help", GOAL_LOOKING), ("node", GOAL), ("folder", GOAL)):
        ratios = [ratio for ratio, command, _ in rows if command.about == about]
        if ratios:
            met = sum(ratio <= goal for ratio in ratios)
            print(
                f"{about}: {len(ratios)} commands, {min(ratios):.1f} to {max(ratios):.1f}, "
                f"median {statistics.median(ratios):.1f}; at most {goal}: {met}"
            )
    return 0


def _fill(node: Program) -> None:
    """Staff, bodies and members: from copies, since what became of a sheet is written beside it."""
    for name in ("origin_bodies.xlsx", "origin_members.xlsx", "origin_outflow.xls"):
        shutil.copy(DEMO_DATA / name, node.folder.parent)
    node.staff()
    node.run("body", "import", "origin_bodies.xlsx", staff=OFFICER)
    node.run("member", "import", "origin_members.xlsx", "--outflow", "origin_outflow.xls", staff=OFFICER)


if __name__ == "__main__":
    sys.exit(main())
