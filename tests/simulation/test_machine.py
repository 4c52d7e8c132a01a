"""Histories that Hypothesis chooses; ``python -m tests.simulation --machine 2000`` tries many more."""

import pytest

from tests.simulation.invariants import Violation
from tests.simulation.machine import Committees, explore
from tests.simulation.planted import FoldsAsItArrives
from tests.simulation.world import Setup

EXAMPLES, STEPS = 50, 16


class CommitteesThatFoldAsItArrives(Committees):
    """The order of arrival decides."""

    setup = Setup(book=FoldsAsItArrives)


def test_whatever_happens_next_every_invariant_holds() -> None:
    explore(EXAMPLES, STEPS)


def test_a_planted_bug_is_found() -> None:
    with pytest.raises(Violation):
        explore(EXAMPLES, STEPS, CommitteesThatFoldAsItArrives, shrinks=False)
