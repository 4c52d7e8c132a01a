"""``python -m tests.canaries [NAME…]``: every bug in turn, two at a time, and a table of what noticed it.

``--progress FILE`` remembers what was killed: it may be stopped at any time, and goes on with the others.
"""

import argparse
import queue
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

from tests.canaries.operations import drawn
from tests.canaries.patches import CANARIES, Canary
from tests.canaries.progress import Progress
from tests.canaries.trial import CONTROL_PATIENCE_S, Outcome, copy_of_the_tree, run, tests_in, uses_the_copy

WORKERS = 2


def all_killed(chosen: Sequence[Canary], progress: Progress, *, with_control: bool) -> bool:
    """Try each that was not killed before; prints as it goes. Without any bug the same tests must pass first."""
    before = progress.killed(chosen)
    chosen = [canary for canary in chosen if canary not in {item.canary for item in before}]
    with ExitStack() as stack:
        trees: queue.SimpleQueue[Path] = queue.SimpleQueue()
        for _ in range(WORKERS):
            trees.put(stack.enter_context(copy_of_the_tree()))
        tree = trees.get()
        if not uses_the_copy(tree):
            print("the copy is not what is imported")
            return False
        if with_control and chosen:
            killers = tuple(dict.fromkeys(killer for canary in chosen for killer in canary.killers))
            done = tests_in(tree, killers, CONTROL_PATIENCE_S)
            print(f"without any bug: {done.stdout.strip().splitlines()[-1]}", flush=True)
            if done.returncode:
                return False
        trees.put(tree)

        def tried(canary: Canary) -> Outcome:
            tree = trees.get()
            try:
                outcome = run(tree, canary)
                progress.note(outcome)
                return _told(outcome)
            finally:
                trees.put(tree)

        with ThreadPoolExecutor(WORKERS) as pool:
            outcomes = [*before, *pool.map(tried, chosen)]
    killed = [item for item in outcomes if item.killed_by]
    print(f"\n{len(outcomes)} bugs, {len(killed)} killed, {len(outcomes) - len(killed)} survived")
    return len(killed) == len(outcomes)


def _told(outcome: Outcome) -> Outcome:
    verdict = outcome.killed_by or outcome.trouble or "SURVIVED"
    print(f"{outcome.canary.name} | {outcome.canary.breaks} | {verdict}", flush=True)
    return outcome


def main() -> int:
    """0 when every bug was killed."""
    parser = argparse.ArgumentParser(prog="python -m tests.canaries", description=__doc__)
    parser.add_argument("names", nargs="*", help="only these")
    parser.add_argument("--no-control", action="store_true", help="do not run the tests without a bug first")
    parser.add_argument("--operations", action="store_true", help="take ten drawn operations away instead")
    parser.add_argument("--progress", type=Path, help="a file that remembers what was killed")
    asked = parser.parse_args()
    every = drawn() if asked.operations else CANARIES
    chosen = [canary for canary in every if not asked.names or canary.name in asked.names]
    if not chosen:
        parser.error("no such canary")
    return 0 if all_killed(chosen, Progress(asked.progress), with_control=not asked.no_control) else 1


if __name__ == "__main__":
    sys.exit(main())
