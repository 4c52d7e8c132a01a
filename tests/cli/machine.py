"""One machine for the tests of the command line: the command as a process, a node in another, and a home folder.

``desk`` is a fixture: import it beside ``Desk``.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import recorder
from tests.staff_node import PASSWORD

START_S_MAX = 180
"""How long a loaded machine may take until the node answers; a bound against hanging, not a measurement."""


def run(
    *arguments: str, given: str = "", program: str | None = None, **environment: str
) -> subprocess.CompletedProcess[str]:
    """The command with these words; ``program``: Python that runs it in its own way."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("GONGGUAN_", "LANG", "LC_"))}
    return subprocess.run(
        [sys.executable, *(("-c", program) if program else ("-m", "gongguan.cli")), *arguments],
        input=given,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        env={**inherited, "LANG": "C.UTF-8", **environment},
    )


class Desk:
    """One machine: a running node and the home folder in which logins are kept."""

    def __init__(self, folder: Path, home: Path) -> None:
        self.folder, self.home = folder, home

    def run(self, *arguments: str, given: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
        places = {"GONGGUAN_DATA": str(self.folder), "GONGGUAN_HOME": str(self.home)}
        return run(*arguments, given=given, **places, **environment)

    def answer(self, *arguments: str, given: str = "") -> Any:
        """What ``--json`` prints of a command that must succeed."""
        done = self.run(*arguments, "--json", given=given)
        assert done.returncode == 0, done.stderr
        recorder.typed(arguments)
        return json.loads(done.stdout)

    def login(self, name: str) -> None:
        assert self.answer("login", name, "--password-stdin", given=f"{PASSWORD}\n")["name"] == name


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    folder = tmp_path_factory.mktemp("node")
    process = subprocess.Popen([sys.executable, "-m", "tests.cli.serving", str(folder)])
    until = time.monotonic() + START_S_MAX
    while not (folder / "staff-api.json").exists():
        assert process.poll() is None
        assert time.monotonic() < until
        time.sleep(0.05)
    yield Desk(folder, tmp_path_factory.mktemp("home"))
    process.terminate()
    process.wait()
