"""Ten kills over live traffic; the long trial is ``python3 go.py kills``."""

from pathlib import Path

from tests.benchmarks.kills import IN_FLIGHT_MIN, trial

KILLS = 10


def test_ten_kills_at_random_times_change_nothing_at_the_end(tmp_path: Path) -> None:
    killed, unkilled, problems = trial(tmp_path, KILLS, seed=7)
    assert problems == []
    assert len(killed.kills) == KILLS
    assert killed.in_flight >= IN_FLIGHT_MIN * KILLS
    assert {kill.victim for kill in killed.kills} == {"origin", "destination"}
    assert killed.work.lost > 0, "no kill interrupted an operation"
    assert killed.content == unkilled.content
    assert any("/conflict/" in name for name in killed.content)
