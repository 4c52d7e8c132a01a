"""``python -m tests.simulation 17`` runs one seed, ``17 --shrink`` drops all that it does not need to fail.

``--seeds 100000 --jobs 2 --progress FILE`` runs many: what is in the file already is not run again, so that it may be
stopped at any time (``campaign.py``).
"""

import argparse
import sys
from pathlib import Path

from tests.simulation.campaign import many
from tests.simulation.invariants import Violation
from tests.simulation.machine import explore
from tests.simulation.plan import keep, plan_of
from tests.simulation.shrink import shrink, told, violation_of
from tests.simulation.world import World


def one(seed: int, *, smaller: bool, remembered: str | None) -> int:
    """Run one seed and say what happened in it; 1 if it breaks an invariant."""
    plan = plan_of(seed)
    world = World(plan)
    try:
        world.run()
    except Violation as found:
        print(f"seed {seed}: {found}")
        if smaller:
            plan = shrink(plan, found.invariants[0])
            print(violation_of(plan))
        if remembered is not None:
            keep(remembered, plan)
        print(told(plan))
        return 1
    print(f"seed {seed}: every invariant holds\nfaults: {dict(+world.faults)}\nacts: {dict(+world.acts)}")
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("seed", type=int, nargs="?", help="run this seed alone")
    parser.add_argument("--shrink", action="store_true", help="and leave out what it does not need to fail")
    parser.add_argument("--keep", metavar="WHAT", help="and run that plan with every test from now on")
    parser.add_argument("--seeds", type=int, default=2000, help="how many to run, in hundreds")
    parser.add_argument("--from", type=int, default=0, dest="first", help="the first of them, in hundreds")
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    parser.add_argument("--progress", type=Path, help="a file that remembers what was run")
    parser.add_argument("--machine", type=int, metavar="N", help="let Hypothesis choose so many histories instead")
    given = parser.parse_args()
    if given.machine is not None:
        explore(given.machine, steps=50)
        print(f"{given.machine} histories: every invariant holds")
        return 0
    if given.seed is not None:
        return one(given.seed, smaller=given.shrink, remembered=given.keep)
    return many(given.first, given.seeds, given.jobs, given.progress)


if __name__ == "__main__":
    sys.exit(main())
