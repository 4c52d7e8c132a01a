"""The published kit, read as somebody else would read it: every file has the outcome that the manifest says."""

import re
from fnmatch import fnmatch
from pathlib import Path
from shutil import copytree
from typing import Final

import pytest

from gongguan.protocol.errors.codes import CODES
from tests.conformance.reading import KIT, MANIFEST, SCHEMA, SORTS, Case, manifest, outcome, verdict
from tests.conformance.write import write

CASES: Final = manifest()
BYTES_MAX: Final = 2 << 20
CODE: Final = re.compile(r"`([A-Z]-[a-z*][a-z*-]*)`")
WRITTEN_BY_HAND: Final = {"README.md", "LICENSE"}


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.file}: {case.what}")
def test_a_file_has_the_outcome_that_the_manifest_says(case: Case) -> None:
    assert outcome(case) == case.expect


@pytest.mark.parametrize("case", [case for case in CASES if case.verdict is not None], ids=lambda case: case.what)
def test_of_the_last_message_in_a_bundle_what_the_manifest_says_is_derived(case: Case) -> None:
    assert verdict(case) == case.verdict


def test_every_sort_of_file_is_there_good_and_spoilt() -> None:
    good = {case.sort for case in CASES if not case.expect}
    bad = {case.sort for case in CASES if case.expect}
    assert good == set(SORTS)
    assert bad == set(SORTS) - {"causality"}
    assert {case.expect for case in CASES} - {""} <= set(CODES)


def test_what_the_wire_names_and_no_file_shows_is_listed_for_the_reader() -> None:
    named = set(CODE.findall((KIT.parent / "wire.md").read_text(encoding="utf-8")))
    shown = {case.expect for case in CASES} | {case.verdict for case in CASES}
    _, _, listed = (KIT / "README.md").read_text(encoding="utf-8").partition("Codes of wire.md without a file here")
    without = CODE.findall(listed.partition("\n\n")[0])
    assert sorted(code for code in named - shown if not any(fnmatch(code, one) for one in without)) == []
    assert sorted(set(without) & shown) == []


def test_every_file_is_in_the_manifest_and_the_kit_is_small() -> None:
    files = {str(path.relative_to(KIT)) for path in KIT.rglob("*") if path.is_file()}
    assert files == {case.file for case in CASES} | {MANIFEST, SCHEMA, "keys.json"} | WRITTEN_BY_HAND
    assert all(set(case.after) <= files for case in CASES)
    assert sum((KIT / name).stat().st_size for name in files) < BYTES_MAX


def test_writing_it_again_changes_nothing(tmp_path: Path) -> None:
    again = copytree(KIT, tmp_path / "kit")
    write(again)
    assert contents(again) == contents(KIT)


def test_written_from_nothing_it_says_the_same_but_for_the_seals(tmp_path: Path) -> None:
    write(tmp_path)
    fresh, kept = contents(tmp_path), contents(KIT)
    differing = {name for name in fresh if fresh[name] != kept[name]}
    assert all(name.endswith(".gongguan") for name in differing)
    assert manifest(tmp_path) == CASES
    for case in manifest(tmp_path):
        if case.file in differing:
            assert outcome(case, tmp_path) == case.expect


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
