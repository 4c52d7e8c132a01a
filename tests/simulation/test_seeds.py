"""Two thousand stormy runs, each from one number; ``python -m tests.simulation SEED`` runs one again and tells it."""

from collections import Counter
from typing import Final

import pytest

from tests.acts import SIMULATED
from tests.simulation import faults
from tests.simulation.deep import DEEP
from tests.simulation.invariants import Violation, is_a_test
from tests.simulation.plan import WEIGHTS, Kept, kept, names_told, plan_of
from tests.simulation.world import STEPS, World

SEEDS: Final = 2000
EXPECTED: Final = sorted(
    {*(name for names in faults.SIMULATED.values() for name in names), *(f"checked: {name}" for name in DEEP)}
)
"""What must have happened over all seeds."""


def run(seed: int) -> World:
    """A run that failed says how to run it again."""
    world = World(plan_of(seed))
    try:
        world.run()
    except Violation as violation:
        pytest.fail(f"seed {seed}: {violation}\nrun it again: python -m tests.simulation {seed} --shrink")
    return world


@pytest.mark.slow
def test_every_invariant_holds_in_every_run_and_every_fault_was_injected() -> None:
    counted: Counter[str] = Counter()
    acts: Counter[str] = Counter()
    for seed in range(SEEDS):
        world = run(seed)
        counted += world.faults
        acts += world.acts
    print(f"\n{SEEDS} runs\nfaults: {dict(counted)}\nacts: {dict(acts)}")
    assert [name for name in EXPECTED if not counted[name]] == []
    assert [name for name in (*SIMULATED, *faults.ACTS) if not acts[name]] == []


@pytest.mark.parametrize("once", kept(), ids=lambda once: once.found)
def test_what_once_failed_holds(once: Kept) -> None:
    World(once.plan).run()


def test_every_step_is_drawn_and_every_fault_of_the_list_is_simulated_or_shown_elsewhere() -> None:
    assert WEIGHTS.keys() | names_told() <= STEPS.keys()
    numbers = {name.split(" ")[0] for name in (*faults.SIMULATED, *faults.ELSEWHERE)}
    assert numbers == {f"F{number}" for number in range(1, 47)} - {"F43"}
    assert [place for places in faults.ELSEWHERE.values() for place in places if not is_a_test(place)] == []
