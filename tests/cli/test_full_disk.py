"""Commands whose files find no room: a sentence and a code, nothing half there, and all of it works afterwards."""

import json
from pathlib import Path

import pytest

from tests import full_disk
from tests.cli.machine import Desk, desk, run
from tests.staff_node import DEMO_DATA

__all__ = ["desk"]

ROOM = "import os; os.chdir({at!r}); from gongguan.cli.__main__ import main; main()"
FULL = full_disk.BEGINNING + ROOM
"""The command on a disk that takes a hundred bytes of a file."""


def on_full_disk(desk: Desk, at: Path, *words: str) -> tuple[int, str, str]:
    done = desk.run(*words, program=FULL.format(at=str(at)))
    return done.returncode, done.stdout, done.stderr


@pytest.fixture(scope="module")
def office(desk: Desk) -> Desk:
    desk.login("管理员")
    desk.login("干事")
    return desk


@pytest.mark.parametrize(
    "words",
    [
        ("roster", "outflow"),
        ("roster", "register"),
        ("sheet", "make", "contacts"),
        ("sheet", "make", "attendance"),
        ("calendar", "sheet", "2026"),
        ("duty", "export"),
    ],
    ids=" ".join,
)
def test_what_is_only_exported_is_refused_and_can_be_exported_again(
    office: Desk, tmp_path: Path, words: tuple[str, ...]
) -> None:
    code, said, told = on_full_disk(office, tmp_path, *words)
    assert (code, "Traceback" in told) == (1, False), told
    assert "文件写不进去" in told and "D-file-unwritable" in told
    assert "已经办好" not in told and said == ""
    assert list(tmp_path.iterdir()) == []
    done = office.run(*words, program=ROOM.format(at=str(tmp_path)))
    assert done.returncode == 0, done.stderr
    (file,) = tmp_path.iterdir()
    assert file.stat().st_size > 100


def test_what_was_done_is_said_though_its_result_finds_no_room(office: Desk, tmp_path: Path) -> None:
    sheet = tmp_path / "机构.xlsx"
    sheet.write_bytes((DEMO_DATA / "origin_bodies.xlsx").read_bytes())
    before = len(office.answer("--as", "干事", "body", "list")["bodies"])
    code, said, told = on_full_disk(office, tmp_path, "--as", "干事", "body", "import", str(sheet))
    assert (code, "D-file-not-kept" in told, "不要再办一次" in told) == (1, True, True), told
    assert said != ""
    assert len(office.answer("--as", "干事", "body", "list")["bodies"]) > before
    assert [path.name for path in tmp_path.iterdir()] == [sheet.name]


def test_a_refused_sheet_is_refused_by_its_own_reason_though_the_marked_copy_finds_no_room(
    office: Desk, tmp_path: Path
) -> None:
    sheet = tmp_path / "党员.xlsx"
    sheet.write_bytes((DEMO_DATA / "origin_bodies.xlsx").read_bytes())
    code, _, told = on_full_disk(office, tmp_path, "--as", "干事", "--json", "member", "import", str(sheet))
    assert (code, json.loads(told)["code"]) == (1, "D-import-rows"), told
    assert [path.name for path in tmp_path.iterdir()] == [sheet.name]


def test_a_relay_that_cannot_keep_its_certificate_says_so_and_makes_it_at_the_next_start(tmp_path: Path) -> None:
    words = ("relay", "--data", str(tmp_path / "relay"), "--listen", "127.0.0.1:0")
    done = run(*words, program=FULL.format(at=str(tmp_path)))
    assert (done.returncode, "I-folder-not-writable" in done.stderr, "Traceback" in done.stderr) == (1, True, False)
    assert [path.name for path in (tmp_path / "relay").iterdir() if path.is_file()] == ["lock"]
