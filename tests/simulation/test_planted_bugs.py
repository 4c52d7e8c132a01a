"""A simulation that finds nothing is worth something only if it finds what we plant."""

import pytest

from tests.simulation.invariants import INVARIANTS, Violation
from tests.simulation.planted import PLANTED
from tests.simulation.test_seeds import SEEDS
from tests.simulation.world import World


def first_seed_that_shows(invariant: str) -> int | None:
    """The first seed whose run breaks this invariant; runs that break another one before do not count."""
    for seed in SEEDS:
        with PLANTED[invariant]() as setup:
            try:
                World(seed, setup).run()
            except Violation as violation:
                if invariant in violation.invariants:
                    return seed
    return None


def test_there_is_a_bug_for_every_invariant() -> None:
    assert tuple(PLANTED) == INVARIANTS


@pytest.mark.parametrize("invariant", INVARIANTS)
def test_a_planted_bug_is_found(invariant: str) -> None:
    seed = first_seed_that_shows(invariant)
    assert seed is not None
    print(f"\n{invariant}: found by seed {seed}")
