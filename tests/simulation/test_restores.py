"""Hundreds of runs in which backups are put back; ``Restores(seed).run()`` runs one again."""

from collections import Counter
from typing import Final

import pytest

from tests.acts import UncheckedBook
from tests.simulation.invariants import Violation
from tests.simulation.planted import ContinuesAnyEpoch
from tests.simulation.restores import HAPPENED, Restores

SEEDS: Final = range(300)


LONG: Final = (100, 5)
"""Steps and restores of either node: longer runs, of which those that once failed are kept."""
ONCE_FAILED: Final = (1242, 2060, 2101)


def run(seed: int, *bounds: int) -> Restores:
    found = Restores(seed, UncheckedBook, *bounds)
    try:
        found.run()
    except Violation as violation:
        pytest.fail(f"restores, seed {seed}: {violation}")
    return found


def test_whatever_backup_is_put_back_nothing_is_signed_twice_and_both_come_to_hold_the_same() -> None:
    happened: Counter[str] = Counter()
    for seed in SEEDS:
        happened += run(seed).happened
    print(f"\n{len(SEEDS)} runs: {dict(happened)}")
    assert [name for name in HAPPENED if not happened[name]] == []


@pytest.mark.parametrize("seed", ONCE_FAILED)
def test_a_long_run_that_once_failed_holds(seed: int) -> None:
    run(seed, *LONG)


def test_without_rule_e_positions_are_signed_twice() -> None:
    def invariants_of(seed: int) -> tuple[str, ...]:
        try:
            Restores(seed, ContinuesAnyEpoch).run()
        except Violation as violation:
            return violation.invariants
        return ()

    found = {name for seed in SEEDS[:20] for name in invariants_of(seed)}
    assert found & {"I3", "I18"}
