"""``gongguan keys`` and ``gongguan doctor`` as processes: real key files, real cryptography, no running node."""

import json
import os
import pty
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from gongguan.node.database.database import lock_folder
from gongguan.node.keys import keyfiles
from tests import full_disk
from tests.cli.machine import run
from tests.cli.terminal import read_until
from tests.end_to_end.programs import PASSWORD, PATIENCE_S
from tests.node.keys.sheets import open_by_sheet, opens

SECOND, THIRD = "江边的柳树-2026", "雪后的松林-2026"


@dataclass
class Keys:
    """A node that was set up, and its commands."""

    folder: Path
    sheet: str = ""

    def set_up(self) -> None:
        words = ("--title", "巴彦塔拉苏木党委", "--region", "990521", "--synthetic", "--admin", "王芳", "--listen")
        self.sheet = str(self.answer("init", *words, "127.0.0.1:0", given=f"{PASSWORD}\n")["sheet"])

    def run(self, *words: str, given: str = "", **environment: str) -> "subprocess.CompletedProcess[str]":
        return run(*words, "--data", str(self.folder), given=given, **environment)

    def answer(self, *words: str, given: str) -> Any:
        done = self.run(*words, "--password-stdin", "--json", given=given)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def refusal(self, *words: str, given: str) -> str:
        done = self.run(*words, "--password-stdin", "--json", given=given)
        assert done.returncode == 1
        return str(json.loads(done.stderr)["code"])


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    made = Keys(tmp_path_factory.mktemp("fresh") / "data")
    made.set_up()
    return made


@pytest.fixture
def keys(fresh: Keys, tmp_path: Path) -> Keys:
    """A copy: setting up takes a second of scrypt."""
    return Keys(shutil.copytree(fresh.folder, tmp_path / "data"), fresh.sheet)


def test_administrators_get_change_and_lose_their_own_passphrases(keys: Keys) -> None:
    keys.answer("keys", "passphrase", "--add", "李强", given=f"{PASSWORD}\n{SECOND}\n")
    listed = keys.run("keys", "list").stdout
    assert "口令  王芳" in listed and "口令  李强" in listed and "恢复单" in listed
    assert keyfiles.open_with_passphrase(keys.folder, SECOND).node_id
    keys.answer("keys", "passphrase", "--change", "李强", given=f"{PASSWORD}\n{THIRD}\n")
    assert keys.refusal("keys", "passphrase", "--remove", "王芳", given=f"{SECOND}\n") == "A-key-file-passphrase"
    keys.answer("keys", "passphrase", "--remove", "王芳", given=f"{THIRD}\n")
    assert keys.refusal("keys", "passphrase", "--remove", "李强", given=f"{THIRD}\n") == "A-key-file-last"
    assert keys.run("keys", "passphrase").returncode == 2
    told = keys.run("keys", "passphrase", "--add", "王芳").stderr
    assert "GONGGUAN_PASSPHRASE" in told


def test_a_lost_node_is_recovered_by_its_sheet_and_a_new_sheet_voids_it(keys: Keys) -> None:
    (keys.folder / "keys" / "service.key").unlink()
    mistyped = keys.sheet.split()
    mistyped[2] = "U" + mistyped[2][1:]
    done = keys.run("keys", "recover", "王芳", "--password-stdin", given=f"{' '.join(mistyped)}\n{SECOND}\n")
    assert (done.returncode, "第几组：3" in done.stderr) == (1, True)
    keys.answer("keys", "recover", "王芳", given=f"{keys.sheet}\n{SECOND}\n")
    node_id = keyfiles.open_with_service(keys.folder).node_id
    assert keyfiles.open_with_passphrase(keys.folder, SECOND).node_id == node_id
    fresh = keys.answer("keys", "sheet", given=f"{SECOND}\n")["sheet"]
    assert keys.refusal("keys", "recover", "王芳", given=f"{keys.sheet}\n{THIRD}\n") == "A-key-file-recovery"
    assert open_by_sheet(keys.folder, fresh).node_id == node_id
    assert keys.refusal("keys", "recover", "王芳", given=f"{fresh}\n短\n") == "D-password"


def test_the_key_file_is_put_under_another_key_once_the_node_is_stopped(keys: Keys) -> None:
    keys.answer("keys", "passphrase", "--add", "李强", given=f"{PASSWORD}\n{SECOND}\n")
    with lock_folder(keys.folder):
        assert keys.refusal("keys", "renew-file", given=f"{PASSWORD}\n") == "I-folder-in-use"
    assert keys.refusal("keys", "renew-file", given=f"{THIRD}\n") == "A-key-file-passphrase"
    done = keys.run("keys", "renew-file", "--password-stdin", given=f"{PASSWORD}\n")
    assert done.returncode == 0, done.stderr
    assert done.stdout.index("新的恢复单（只显示这一次") < done.stdout.index("新的恢复单从现在起有效")
    assert "其他人（李强）的口令已去掉" in done.stdout
    assert not opens(keys.folder, keys.sheet)
    fresh = keys.answer("keys", "renew-file", given=f"{PASSWORD}\n")
    assert fresh["removed"] == [] and opens(keys.folder, fresh["sheet"])
    assert keys.run("doctor").returncode == 0


FULL = full_disk.BEGINNING + "from gongguan.cli.__main__ import main; main()"
"""The command on a disk that takes a hundred bytes of a file."""


@pytest.mark.parametrize(
    "words", [("sheet",), ("renew-file",), ("passphrase", "--change", "王芳"), ("recover", "王芳")], ids=" ".join
)
def test_a_key_file_that_finds_no_room_stays_and_every_way_in_holds(keys: Keys, words: tuple[str, ...]) -> None:
    given = {"recover": f"{keys.sheet}\n{SECOND}\n"}.get(words[0], f"{PASSWORD}\n{SECOND}\n")
    done = keys.run("keys", *words, "--password-stdin", given=given, program=FULL)
    assert (done.returncode, "I-folder-not-writable" in done.stderr, "Traceback" in done.stderr) == (1, True, False)
    node_id = keyfiles.open_with_service(keys.folder).node_id
    assert keyfiles.open_with_passphrase(keys.folder, PASSWORD).node_id == node_id
    assert opens(keys.folder, keys.sheet)
    assert {path.name for path in (keys.folder / "keys").iterdir()} == {"node.keys", "service.key"}


def test_a_trial_of_each_change_to_the_key_file_checks_it_and_changes_nothing(keys: Keys) -> None:
    def whole() -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in (keys.folder / "keys").iterdir()}

    before = whole()
    for words, given in (
        (("passphrase", "--add", "李强"), f"{PASSWORD}\n{SECOND}\n"),
        (("passphrase", "--change", "王芳"), f"{PASSWORD}\n{SECOND}\n"),
        (("sheet",), f"{PASSWORD}\n"),
        (("renew-file",), f"{PASSWORD}\n"),
        (("recover", "王芳"), f"{keys.sheet}\n{SECOND}\n"),
    ):
        done = keys.run("keys", *words, "--dry-run", "--password-stdin", given=given)
        assert (done.returncode, "试办" in done.stderr) == (0, True), done.stderr
        assert keys.answer("keys", *words, "--dry-run", given=given)["tried"] is True
    for words, given, code in (
        (("passphrase", "--add", "王芳"), f"{PASSWORD}\n{SECOND}\n", "A-key-file-name-taken"),
        (("passphrase", "--remove", "王芳"), f"{PASSWORD}\n", "A-key-file-last"),
        (("sheet",), f"{SECOND}\n", "A-key-file-passphrase"),
    ):
        assert keys.refusal("keys", *words, "--dry-run", given=given) == code
    assert whole() == before


def test_at_a_terminal_a_mistyped_group_is_named_at_once_and_asked_for_again(keys: Keys) -> None:
    terminal, side = pty.openpty()
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("GONGGUAN_")}
    words = ("--lang", "zh", "keys", "recover", "王芳", "--data", str(keys.folder))
    with subprocess.Popen(
        [sys.executable, "-m", "gongguan.cli", *words],
        stdin=side,
        stdout=side,
        stderr=side,
        start_new_session=True,
        env=inherited,
    ) as process:
        os.close(side)
        for number, group in enumerate(keys.sheet.split(), start=1):
            read_until(terminal, f"第 {number} 组: ")
            if number == 2:
                os.write(terminal, b"UUUUU\n")
                assert "恢复单抄错了" in read_until(terminal, "第 2 组: ")
            os.write(terminal, f"{group}\n".encode())
        for prompt in ("新口令: ", "再输入一次: "):
            read_until(terminal, prompt)
            os.write(terminal, f"{SECOND}\n".encode())
        read_until(terminal, "恢复单仍然有效")
        assert process.wait(PATIENCE_S) == 0
    os.close(terminal)
    assert keyfiles.open_with_passphrase(keys.folder, SECOND).node_id


def test_the_doctor_prints_a_line_for_each_check_and_ends_with_one_for_a_fault(keys: Keys) -> None:
    done = keys.run("doctor")
    assert done.returncode == 0, done.stdout
    assert "✓ 服务文件能打开密钥文件" in done.stdout
    (keys.folder / "keys" / "service.key").write_text("00" * 32)
    done = keys.run("doctor")
    assert done.returncode == 1
    assert "✗ 服务文件缺失，或与密钥文件不配" in done.stdout
    assert "怎么办：" in done.stdout
    told = json.loads(keys.run("doctor", "--json").stdout)
    assert (told["ok"], [one["check"] for one in told["checks"] if not one["ok"]]) == (False, ["keys"])
    assert "✗" in keys.run("doctor", "--lang", "en").stdout
