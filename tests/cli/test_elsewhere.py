"""Work from an own computer: TLS with a certificate compared once, a changed one refused, no call that needs POSIX."""

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.cli.machine import START_S_MAX, run
from tests.cli.terminal import converse_with
from tests.staff_node import PASSWORD

WITHOUT_POSIX = """
import os, sys
for name in ("fcntl", "pwd", "grp", "termios", "tty", "pty", "resource", "readline", "syslog", "posixshmem"):
    sys.modules[name] = None
for name in ("fork", "forkpty", "getuid", "geteuid", "getgid", "getegid", "chown", "lchown", "fchmod", "fchown",
             "setsid", "mkfifo", "uname", "umask", "killpg", "wait", "waitpid", "sync", "fdatasync"):
    if hasattr(os, name):
        delattr(os, name)
from gongguan.cli.__main__ import main
main(sys.argv[1:])
"""
"""The command in a Python from which what Windows lacks was taken away before anything of ours was loaded."""


@contextmanager
def serving(folder: Path) -> Iterator[dict[str, Any]]:
    """A node that also serves over TLS, under a certificate that is new each time, at the port of ``desk.json``."""
    before = (folder / "desk.json").stat().st_mtime_ns if (folder / "desk.json").exists() else 0
    process = subprocess.Popen([sys.executable, "-m", "tests.cli.serving", str(folder), "over TLS"])
    until = time.monotonic() + START_S_MAX
    told = folder / "desk.json"
    while not (told.exists() and told.stat().st_mtime_ns > before):
        assert process.poll() is None
        assert time.monotonic() < until
        time.sleep(0.05)
    try:
        yield json.loads(told.read_text())
    finally:
        process.terminate()
        process.wait()


@pytest.fixture
def places(tmp_path: Path) -> dict[str, str]:
    """A computer that cannot read the node's folder."""
    return {"GONGGUAN_HOME": str(tmp_path / "home"), "GONGGUAN_DATA": str(tmp_path / "nowhere")}


def code(done: subprocess.CompletedProcess[str]) -> str:
    found: str = json.loads(done.stderr)["code"]
    return found


def test_the_first_login_compares_digits_and_a_changed_certificate_is_refused_until_it_is_compared_anew(
    tmp_path: Path, places: dict[str, str]
) -> None:
    folder = tmp_path / "node"
    folder.mkdir()
    secret = {"GONGGUAN_PASSWORD": PASSWORD, **places}

    def log_in(*more: str) -> subprocess.CompletedProcess[str]:
        return run("login", url, "干事", "--json", *more, **secret)

    with serving(folder) as told:
        url, first = f"https://127.0.0.1:{told['port']}", told["digits"]
        assert code(run("whoami", "--node", url, "--json", **places)) == "A-desk-unknown"
        assert code(log_in()) == "A-desk-unknown"
        assert code(log_in("--fingerprint", first[:-1] + str((int(first[-1]) + 1) % 10))) == "D-fingerprint"
        assert log_in("--fingerprint", first.replace(" ", "-")).returncode == 0
        assert json.loads(run("whoami", "--json", **places).stdout)["name"] == "干事"
        assert run("today", **places).returncode == 0
        stopped = tmp_path / "stopped"
        stopped.mkdir()
        assert code(run("today", "--data", str(stopped), "--json", **places)) == "T-node-none"
        (stopped / "gongguan.toml").write_text("")
        assert code(run("today", "--json", **{**places, "GONGGUAN_DATA": str(stopped)})) == "T-node-not-running"
    another = tmp_path / "another"
    another.mkdir()
    shutil.copy(str(folder / "desk.json"), str(another))
    with serving(another) as told:
        done = run("whoami", "--json", **places)
        assert code(done) == "A-desk-certificate"
        assert first in json.loads(done.stderr)["facts"]["known"]
        assert "--renew" in json.loads(done.stderr)["next"]
        assert code(log_in("--fingerprint", told["digits"])) == "A-desk-certificate"
        assert log_in("--renew", "--fingerprint", told["digits"]).returncode == 0
        assert run("whoami", **places).returncode == 0


def test_a_person_reads_the_digits_and_says_that_they_are_the_same(tmp_path: Path, places: dict[str, str]) -> None:
    folder = tmp_path / "node"
    folder.mkdir()
    with serving(folder) as told:
        words = ["login", f"https://127.0.0.1:{told['port']}", "书记"]
        seen = converse_with({**places, "GONGGUAN_PASSWORD": PASSWORD}, words, "n")
        assert told["digits"] in seen
        assert "A-desk-unknown" in seen
        assert "已登录：书记" in converse_with({**places, "GONGGUAN_PASSWORD": PASSWORD}, words, "y")
        assert list((tmp_path / "home" / "desks").iterdir())


def test_the_client_runs_where_nothing_of_posix_can_be_had(tmp_path: Path, places: dict[str, str]) -> None:
    folder = tmp_path / "node"
    folder.mkdir()

    def plain(*words: str, **more: str) -> subprocess.CompletedProcess[str]:
        return run(*words, program=WITHOUT_POSIX, **places, **more)

    with serving(folder) as told:
        url = f"https://127.0.0.1:{told['port']}"
        words = ("login", url, "干事", "--fingerprint", told["digits"])
        done = plain(*words, GONGGUAN_PASSWORD=PASSWORD)
        assert done.returncode == 0, done.stderr
        sheet = tmp_path / "组织.csv"
        sheet.write_text("代码,全称,类别,上级\n990521,旗委,党委,\n99052109,新支部,党支部,990521\n", encoding="utf-8")
        for line in (
            ("今天",),
            ("body", "list"),
            ("交表", str(sheet)),
            ("找人", "bte"),
            ("--help",),
            ("党费", "--help"),
        ):
            done = plain(*line, GONGGUAN_DEBUG="1")
            assert done.returncode == 0, done.stderr
        made = plain("sheet", "make", "dues", "--json")
        assert Path(json.loads(made.stdout)["file"]).read_bytes().startswith(b"PK")
        Path(json.loads(made.stdout)["file"]).unlink()


def test_over_tls_no_browser_is_served_and_on_loopback_only_loopback(tmp_path: Path) -> None:
    folder = tmp_path / "node"
    folder.mkdir()
    with serving(folder) as told:
        ask = "import http.client, ssl, sys\n" + (
            "c = http.client.HTTPSConnection('127.0.0.1', int(sys.argv[1]), context=ssl._create_unverified_context())\n"
            "c.request('GET', '/staff/1/health', headers=eval(sys.argv[2]))\n"
            "print(c.getresponse().status)"
        )

        def status(headers: dict[str, str]) -> str:
            words = [sys.executable, "-c", ask, str(told["port"]), repr(headers)]
            return subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip()

        assert status({"Host": "node.example:8600"}) == "200"
        assert status({"Origin": "https://node.example:8600"}) == "403"
