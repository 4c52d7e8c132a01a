"""``python3 go.py year --set banner``: load a data set and do a year of its work, with every node on SQLite.

Prints how often each operation was done and refused, how long the parts took, how fast the lists of a loaded origin
answer, and what does not hold at the end; the exit code is 1 if anything does not.
"""

import argparse
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from gongguan.cli.demo_data.sets import SETS, draw, make
from gongguan.node import collector
from gongguan.sync.days import today
from tests.year.lists import begun
from tests.year.places import Counted, County, on_disk
from tests.year.rest import wrong
from tests.year.work import MONTHS, Work

ASKED_TIMES = 20


def timed(what: str, work: Callable[[], object]) -> None:
    """Do it and say how long it took, of that the processor, and how much memory the process has needed so far."""
    started, processor = time.perf_counter(), time.process_time()
    work()
    mebibytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{what:<32}{time.perf_counter() - started:>9.1f} s", end="")
    print(f"  processor {time.process_time() - processor:>7.1f} s{mebibytes:>9.0f} MiB", flush=True)


def ask_lists(county: County) -> None:
    """How long each list takes at the origin: p50, p95, and the median processor time, which busy machines need."""
    for name, fields in begun(today(county.origin.node.now)):
        spent, worked = [], []
        for _ in range(ASKED_TIMES):
            started, processor = time.perf_counter(), time.process_time()
            county.origin.ask(name, **fields)
            spent.append(1000 * (time.perf_counter() - started))
            worked.append(1000 * (time.process_time() - processor))
        said = " ".join(f"{key}={value}" for key, value in fields.items())
        print(f"  {name:<22}{said:<26}{_part(spent, 0.5):>6.0f} ms", end="")
        print(f"  p95 {_part(spent, 0.95):>5.0f} ms  processor {_part(worked, 0.5):>5.0f} ms", flush=True)


def _part(values: list[float], share: float) -> float:
    return sorted(values)[int(share * (len(values) - 1))]


def tell(counted: Counted) -> None:
    """Operations by name."""
    for name, times in sorted(counted.done.items()):
        spent = counted.seconds[name]
        print(f"  {name:<24}{times:>8}  p50 {1000 * _part(spent, 0.5):.0f} ms  p95 {1000 * _part(spent, 0.95):.0f} ms")
    for (name, code), times in sorted(counted.refused.items()):
        print(f"  {name:<24}{times:>8}  {code}")
    print(f"  in all {sum(counted.done.values())}")


def main() -> int:
    """Run it."""
    parser = argparse.ArgumentParser(prog="go.py year", description="a year of a data set's work")
    parser.add_argument("--set", choices=sorted(SETS), default="tiny", dest="name")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--months", type=int, default=len(MONTHS), choices=range(len(MONTHS) + 1), help="0: look at the lists only"
    )
    parser.add_argument("--lists", action="store_true", help="measure the lists at the end")
    parser.add_argument(
        "--folder", type=Path, help="keep the databases here; a set loaded here before is not loaded again"
    )
    given = parser.parse_args()
    collector.spare_what_stays()
    with tempfile.TemporaryDirectory() as made:
        scratch = given.folder or Path(made)
        scratch.mkdir(parents=True, exist_ok=True)
        files: dict[str, bytes] = {}
        timed("generate", lambda: files.update(make(given.name, given.seed)))
        county = County(draw(given.name, given.seed), files, partial(on_disk, scratch))
        timed("pair, agree, import", county.load)
        if not given.months:
            if given.lists:
                ask_lists(county)
            county.close()
            return 0
        work = Work(county)
        for month in MONTHS[: given.months]:
            timed(month, partial(work.do, month))
        if given.lists:
            ask_lists(county)
        found: list[str] = []
        timed("examine", lambda: found.extend(wrong(county, work)))
        tell(county.counted)
        print("\n".join(found[:50]) or "everything holds")
        county.close()
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
