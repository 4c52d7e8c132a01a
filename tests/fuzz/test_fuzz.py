"""Whatever bytes a decoder gets: a value or a refusal (I30). Here a short run that is the same each time."""

import random
from pathlib import Path
from typing import Final

import pytest

from gongguan.protocol.errors.codes import CODES
from tests.fuzz.feeding import one
from tests.fuzz.mutator import mutated
from tests.fuzz.targets import CRASHES, TARGETS

INPUTS: Final = 1000
INPUTS_OF_SLOW: Final = {"case": 100, "proof": 300, "note": 500}


@pytest.mark.parametrize("name", TARGETS)
def test_valid_samples_decode(name: str) -> None:
    samples = TARGETS[name].samples()
    assert samples
    refused = {one(name, data) for data in samples}
    # A note that is no checkpoint is told so at the very end; all before that was verified.
    assert refused == ({"", "S-checkpoint"} if name == "note" else {""})


@pytest.mark.parametrize("name", TARGETS)
def test_mutated_samples_end_in_a_value_or_a_refusal(name: str) -> None:
    rng, samples = random.Random(f"fuzz {name}"), TARGETS[name].seeds()
    codes = {one(name, mutated(rng, samples)) for _ in range(INPUTS_OF_SLOW.get(name, INPUTS))}
    assert codes - {""}, "nothing was refused"
    assert len(codes) > 1, "the mutations reach nothing"


@pytest.mark.parametrize("path", sorted(CRASHES.glob("*-*")) if CRASHES.exists() else [])
def test_what_once_crashed_a_decoder_no_longer_does(path: Path) -> None:
    """One test for each file kept; while none is, this is skipped and not passed."""
    code = one(path.name.partition("-")[0], path.read_bytes())
    assert code == "" or code in CODES
