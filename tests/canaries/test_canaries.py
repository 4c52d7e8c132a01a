"""The bugs still fit the source, they cover what they are to cover, and a few of them are killed each time."""

from collections import Counter
from pathlib import Path
from typing import Final

import pytest

from gongguan.node.commits import POINTS
from tests.canaries.operations import drawn
from tests.canaries.patches import CANARIES, Canary
from tests.canaries.progress import Progress
from tests.canaries.trial import ROOT, Outcome, copy_of_the_tree, occurrences, run, uses_the_copy

QUICK: Final = ("no root check", "each commit opens an epoch", "an audit entry may be altered")
"""Killed within a second each, and each in another package."""


@pytest.mark.parametrize("canary", CANARIES, ids=lambda canary: canary.name)
def test_a_bug_still_fits_the_source(canary: Canary) -> None:
    assert [occurrences(edit) for edit in canary.edits] == [1] * len(canary.edits)
    for edit in canary.edits:
        compile((ROOT / edit.file).read_text(encoding="utf-8").replace(edit.old, edit.new), edit.file, "exec")


def test_every_invariant_and_every_commit_point_has_its_bug() -> None:
    breaks = {canary.breaks for canary in CANARIES}
    invariants = {f"I{number}" for number in range(1, 32)}
    assert invariants - breaks == set()
    assert set(POINTS) - breaks == set()
    assert [name for name, count in Counter(canary.name for canary in CANARIES).items() if count > 1] == []


def test_an_operation_that_is_taken_away_is_missed() -> None:
    chosen = drawn()
    assert [len(canary.killers) > 0 and occurrences(canary.edits[0]) for canary in chosen] == [1] * len(chosen)
    with copy_of_the_tree() as tree:
        assert run(tree, min(chosen, key=lambda canary: len(canary.killers))).killed_by


def test_trying_them_may_be_stopped_and_gone_on_with(tmp_path: Path) -> None:
    file = tmp_path / "progress.jsonl"
    one, other, third = CANARIES[:3]
    progress = Progress(file)
    assert progress.killed(CANARIES) == []
    progress.note(Outcome(one, "tests/x.py::test_it"))
    progress.note(Outcome(other, "", "no end within 900 s"))
    with file.open("a", encoding="utf-8") as stopped:
        stopped.write('{"name": "half a li')
    rewritten = third._replace(name=one.name)

    assert Progress(file).killed([one, other, third, rewritten]) == [Outcome(one, "tests/x.py::test_it")]


def test_three_of_them_are_killed() -> None:
    chosen = [canary for canary in CANARIES if canary.name in QUICK]
    assert len(chosen) == len(QUICK)
    with copy_of_the_tree() as tree:
        assert uses_the_copy(tree)
        survivors = [outcome for canary in chosen if not (outcome := run(tree, canary)).killed_by]
    assert survivors == []
