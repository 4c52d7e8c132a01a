"""The hostile partner of the conformance kit against our own server, a process, while an honest one talks on."""

from pathlib import Path

from tests.hostile.attack import Found
from tests.hostile.cases import CASES
from tests.hostile.our_server import BUSY, against_ourselves

FAULTS = {f"F{number}" for number in range(32, 46)}


def test_every_fault_of_a_partner_with_real_keys_has_a_case() -> None:
    assert {case.fault for case in CASES} | {"F34"} == FAULTS


async def test_every_case_has_its_code_an_honest_partner_talks_on_and_memory_stays_under_its_bound(
    tmp_path: Path,
) -> None:
    told: list[Found] = []
    attacked = await against_ourselves(tmp_path, lambda found: told.append(found) or found)  # type: ignore[func-returns-value]
    assert [found for found in told if not found.is_right] == []
    assert attacked.peak < attacked.bound
    # More came at once than the server works at, and the rest of it was heard.
    assert {BUSY, "R-too-large"} <= set(attacked.flooded)
