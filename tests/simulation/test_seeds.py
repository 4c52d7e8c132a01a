"""Hundreds of stormy runs, each from one number; ``python -m tests.simulation SEED`` runs one again and tells it."""

from collections import Counter
from pathlib import Path
from typing import Final

import pytest

from tests.simulation.invariants import Violation
from tests.simulation.world import FAULTS, World

SEEDS: Final = range(500)
ONCE_FAILED: Final = [
    int(line.split("#")[0])
    for line in (Path(__file__).parent / "seeds.txt").read_text(encoding="utf-8").splitlines()
    if line.split("#")[0].strip()
]


def run(seed: int) -> World:
    """A run that failed says how to run it again."""
    world = World(seed)
    try:
        world.run()
    except Violation as violation:
        pytest.fail(f"seed {seed}: {violation}\nrun it again: python -m tests.simulation {seed}")
    return world


def test_every_invariant_holds_in_every_run_and_every_fault_was_injected() -> None:
    faults: Counter[str] = Counter()
    acts: Counter[str] = Counter()
    for seed in SEEDS:
        world = run(seed)
        faults += world.faults
        acts += world.acts
    print(f"\n{len(SEEDS)} runs\nfaults: {dict(faults)}\nacts: {dict(acts)}")
    assert [name for name in FAULTS if not faults[name]] == []


@pytest.mark.parametrize("seed", ONCE_FAILED)
def test_a_seed_that_once_failed_holds(seed: int) -> None:
    run(seed)
