"""Ten kills over live traffic; the long trial is ``python3 go.py kills``."""

import sys
from pathlib import Path

import pytest

from tests.benchmarks.committees import Committee
from tests.benchmarks.kills import IN_FLIGHT_MIN, Deed, Work, trial, work_through

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


class Mortal(Committee):
    """A committee whose node dies by itself after it has said so much."""

    says = ""

    def command(self) -> list[str]:
        return [sys.executable, "-c", f"print({self.says!r}, end='')"]


@pytest.mark.parametrize("says", ["", "20000 http://127.0.0.1:9\n"])
def test_a_node_that_dies_by_itself_ends_the_trial_instead_of_being_waited_for(tmp_path: Path, says: str) -> None:
    one = Mortal(tmp_path, "origin")
    one.folder.mkdir()
    one.says = says
    if not says:
        with pytest.raises(RuntimeError, match="origin did not start: 0"):
            one.start()
    else:
        one.start()
        one.running.wait()
    work = Work()
    with pytest.raises(RuntimeError, match="origin did not start" if not says else "origin died: 0"):
        work_through(one, [Deed("notice.send", {})], work)
    assert len(work.failed) == 1
    one.stop()
