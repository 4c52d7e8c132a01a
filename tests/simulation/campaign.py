"""Many seeds in several processes, with a file that remembers what was run.

Each line of the file is a hundred seeds: what was injected, what officers did, and the seeds that failed.
"""

import json
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from typing import Any, Final

from tests.simulation.invariants import Violation
from tests.simulation.plan import plan_of
from tests.simulation.world import World

BATCH: Final = 100


def batch(first: int) -> dict[str, Any]:
    """A hundred seeds from this one on."""
    faults: Counter[str] = Counter()
    acts: Counter[str] = Counter()
    failed: dict[int, str] = {}
    began = time.process_time()
    for seed in range(first, first + BATCH):
        world = World(plan_of(seed))
        try:
            world.run()
        except Violation as found:
            failed[seed] = str(found)
        except Exception as error:
            failed[seed] = f"{type(error).__name__}: {error}"
        faults += world.faults
        acts += world.acts
    spent = round(time.process_time() - began, 2)
    return {"first": first, "failed": failed, "faults": faults, "acts": acts, "processor_s": spent}


def many(first: int, count: int, jobs: int, progress: Path | None) -> int:
    """Run many, print the counts and every seed that failed; 1 if any did."""
    done = {row["first"]: row for row in _done(progress)}
    waiting = [start for start in range(first, first + count, BATCH) if start not in done]
    with ProcessPoolExecutor(jobs) as pool:
        for finished in as_completed([pool.submit(batch, start) for start in waiting]):
            row = finished.result()
            done[row["first"]] = row
            for seed, what in row["failed"].items():
                print(f"seed {seed}: {what}", flush=True)
            if progress is not None:
                with progress.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(row) + "\n")
            if len(done) % 10 == 0:
                print(f"{len(done) * BATCH} runs", flush=True)
    return summary([row for start, row in done.items() if first <= start < first + count])


def summary(rows: list[dict[str, Any]]) -> int:
    """All together; 1 if any failed."""
    faults: Counter[str] = Counter()
    acts: Counter[str] = Counter()
    failed = [f"{seed} {what}" for row in rows for seed, what in row["failed"].items()]
    for row in rows:
        faults.update(row["faults"])
        acts.update(row["acts"])
    spent = sum(row["processor_s"] for row in rows)
    print(f"{len(rows) * BATCH} runs, {len(failed)} failed, {spent:.0f} s of a processor")
    print("\n".join(failed))
    print(f"faults, {sum(faults.values())} in all: {dict(faults.most_common())}\nacts: {dict(acts.most_common())}")
    return 1 if failed else 0


def _done(progress: Path | None) -> Iterator[dict[str, Any]]:
    if progress is not None and progress.exists():
        yield from map(json.loads, progress.read_text(encoding="utf-8").splitlines())
