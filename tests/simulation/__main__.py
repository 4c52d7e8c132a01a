"""``python -m tests.simulation 17`` runs one seed and tells it; ``--seeds 100000 --from 0`` runs many and counts."""

import argparse
import sys
from collections import Counter

from tests.simulation.invariants import Violation
from tests.simulation.world import World


def one(seed: int) -> Violation | None:
    """Run one seed and say what happened in it."""
    world = World(seed)
    try:
        world.run()
    except Violation as violation:
        print(f"seed {seed}, after {world.now_s:.0f} s: {violation}")
        return violation
    finally:
        print(f"faults: {dict(+world.faults)}\nacts: {dict(+world.acts)}")
    print(f"seed {seed}: every invariant holds")
    return None


def many(seeds: range) -> int:
    """Run many, print the counts and every seed that failed; how many did."""
    faults: Counter[str] = Counter()
    failed = 0
    for number, seed in enumerate(seeds, 1):
        world = World(seed)
        try:
            world.run()
        except Violation as violation:
            failed += 1
            print(f"seed {seed}: {violation}", flush=True)
        faults += world.faults
        if number % 1000 == 0:
            print(f"{number} runs, {failed} failed", flush=True)
    print(f"{len(seeds)} runs, {failed} failed\nfaults: {dict(faults)}")
    return failed


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("seed", type=int, nargs="?", help="run this seed alone")
    parser.add_argument("--seeds", type=int, default=500, help="how many to run")
    parser.add_argument("--from", type=int, default=0, dest="first", help="the first of them")
    given = parser.parse_args()
    if given.seed is not None:
        return 1 if one(given.seed) else 0
    return 1 if many(range(given.first, given.first + given.seeds)) else 0


if __name__ == "__main__":
    sys.exit(main())
