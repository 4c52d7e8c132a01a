"""A simulation that finds nothing is worth something only if it finds what we plant, and says it briefly."""

from typing import Final

import pytest

from tests.simulation import invariants
from tests.simulation.invariants import is_a_test
from tests.simulation.plan import plan_of
from tests.simulation.planted import PLANTED, Planted
from tests.simulation.rest import AT_REST
from tests.simulation.shrink import shrink, violation_of

SEARCHED: Final = 400


def shows(planted: Planted, seed: int) -> bool:
    """Whether this seed's run breaks the invariant."""
    with planted.bug() as setup:
        found = violation_of(plan_of(seed), setup, planted.deep)
    return found is not None and planted.invariant in found.invariants


def test_every_invariant_is_asked_here_with_a_planted_bug_or_shown_elsewhere() -> None:
    assert {planted.invariant for planted in PLANTED} == set(invariants.SIMULATED)
    assert set(invariants.SIMULATED) | set(invariants.ELSEWHERE) == {f"I{number}" for number in range(1, 32)}
    assert set(AT_REST) <= set(invariants.SIMULATED)
    assert [place for places in invariants.ELSEWHERE.values() for place in places if not is_a_test(place)] == []


@pytest.mark.parametrize("planted", PLANTED, ids=lambda item: f"{item.invariant}-{item.name}")
def test_a_planted_bug_is_found(planted: Planted) -> None:
    """The seed that found it last is tried first; others only when the plans have changed since."""
    seeds = (planted.seed, *range(SEARCHED))
    seed = next((seed for seed in seeds if shows(planted, seed)), None)
    assert seed is not None
    print(f"\n{planted.invariant}: found by seed {seed}")


def test_a_failing_run_is_told_in_the_few_steps_that_it_needs() -> None:
    planted = next(item for item in PLANTED if item.invariant == "I13")
    seed = next(seed for seed in (planted.seed, *range(SEARCHED)) if shows(planted, seed))
    whole = plan_of(seed)
    with planted.bug() as setup:
        small = shrink(whole, planted.invariant, setup, planted.deep)
        found = violation_of(small, setup, planted.deep)
    assert found is not None
    assert planted.invariant in found.invariants
    assert len(small.steps) < len(whole.steps)
    assert len(small.steps) <= 3
    assert small.partners == 1
