"""Bad weather for two real processes: seconds of it each time, a minute on request, long by ``python3 go.py chaos``."""

import os
from pathlib import Path
from typing import Final

import pytest

from tests.chaos.trial import run

BRIEF: Final = ("disk full", "kill -9")
EVENTS: Final = (
    "disk full",
    "kill -9",
    "quota used up",
    "line cut",
    "clock set while running",
    "disk dead",
    "start on a dead disk",
    "kill -9 of both",
)
FAULTS_MIN: Final = 3
LONG: Final = "GONGGUAN_LONG_TESTS"


@pytest.mark.slow
def test_a_bad_line_a_full_disk_and_a_kill_lose_double_and_refuse_nothing(tmp_path: Path) -> None:
    found = run(tmp_path, seed=3, seconds=0, events=BRIEF)
    assert found.problems == []
    assert set(BRIEF) <= set(found.weather.struck)
    assert {side for side, _ in found.work.done} == {"origin", "destination"}


@pytest.mark.skipif(LONG not in os.environ, reason=f"minutes of real processes: set {LONG}=1")
def test_bad_lines_disks_and_clocks_and_kills_lose_double_and_refuse_nothing(tmp_path: Path) -> None:
    found = run(tmp_path, seed=3, seconds=0, events=EVENTS)
    assert found.problems == []
    assert set(EVENTS) <= set(found.weather.struck)
    assert {side for side, _ in found.work.done} == {"origin", "destination"}
    assert len(set().union(*(line.faults for line in found.lines))) >= FAULTS_MIN
