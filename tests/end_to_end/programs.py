"""The program as people run it: every command is a process of its own, every node another one.

Only what is asked again and again until it is so (``Program.asked``) goes to the node without a command.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

from gongguan.cli.client import StaffClient, find_node
from gongguan.cli.operations import family
from tests import recorder
from tests.nodes import free_port

PASSWORD = "草原上的风-2026"
PATIENCE_S = 180.0
"""How long a loaded machine may take for what has to happen; nothing is measured by it."""


@dataclass
class Program:
    """One node: its data folder, its process, and its command line."""

    folder: Path
    title: str
    region: str
    port: int = field(default_factory=free_port)
    process: "subprocess.Popen[str] | None" = None

    def run(self, *arguments: str, staff: str | None = None, refused: bool = False, **secrets: str) -> Any:
        """Run one command with ``--json``; the answer, or the refusal where one is expected."""
        done = subprocess.run(
            [sys.executable, "-m", "gongguan.cli", *arguments, "--data", str(self.folder), "--json"]
            + (["--as", staff] if staff else []),
            env=self.environment(**secrets),
            cwd=self.folder.parent,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
        assert (done.returncode != 0) is refused, done.stderr + done.stdout
        if not refused:
            recorder.typed(arguments)
        return json.loads(done.stderr if refused else done.stdout)

    def asked(self, operation: str, staff: str | None = None) -> Any:
        """What ``run`` would answer, without a process for it: for whoever asks until something has happened.

        ``staff``: who logged in by a command; the last who did unless named.
        """
        node = find_node(self.folder)
        logins = self.folder.parent / "home" / "gongguan" / "logins" / node.node_id
        name = quote(staff or (logins / "last").read_text("utf-8"), safe="")
        token = json.loads((logins / f"{name}.json").read_text("utf-8"))["token"]
        recorder.called(operation)
        row = family(operation.partition(".")[0])[operation]
        return StaffClient(node, token).call(row, {}).plain()

    def said(
        self, *arguments: str, staff: str | None = None, given: str = "", **secrets: str
    ) -> "subprocess.CompletedProcess[str]":
        """Run one command as a person does, ``given`` typed in; what it prints in Chinese, and its exit code."""
        return subprocess.run(
            [sys.executable, "-m", "gongguan.cli", *arguments, "--data", str(self.folder)]
            + (["--as", staff] if staff else []),
            env=self.environment(**secrets),
            cwd=self.folder.parent,
            input=given,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=PATIENCE_S,
            check=False,
        )

    def init(self, *, callable_: bool = True) -> Any:
        """Set the node up."""
        address = ["--endpoint", f"https://127.0.0.1:{self.port}"] if callable_ else []
        listen = ["--listen", f"127.0.0.1:{self.port}"]
        return self.run("init", "--title", self.title, "--region", self.region, "--synthetic", *listen, *address)

    def start(self, crash_at: str = "") -> None:
        """Start the node and wait until it says that it runs. ``crash_at``: a point that it is not to reach."""
        process = self._serve({"GONGGUAN_CRASH_AT": crash_at} if crash_at else {})
        assert process.stdout is not None
        line = process.stdout.readline()
        assert "http" in line, (self.folder / "serve.log").read_text()

    def start_to_crash(self, point: str) -> None:
        """Start the node so that it kills itself at a point of ``node/commits.py``."""
        self._serve({"GONGGUAN_CRASH_AT": point})

    def _serve(self, environment: dict[str, str]) -> "subprocess.Popen[str]":
        with (self.folder / "serve.log").open("a") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "gongguan.cli", "serve", "--data", str(self.folder)],
                env=self.environment() | environment,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        return self.process

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """End the node; its exit code."""
        if self.process is None:
            return 0
        self.process.send_signal(how)
        return self.ended()

    def ended(self) -> int:
        """Wait until the process has ended by itself; its exit code."""
        assert self.process is not None
        assert self.process.stdout is not None
        code = self.process.wait(PATIENCE_S)
        self.process.stdout.close()
        self.process = None
        return code

    def staff(self) -> None:
        """An administrator logs in and adds an officer, who logs in too."""
        self.run("login", "管理员", password=PASSWORD)
        self.run(
            "staff", "add", "张干事", "--role", "organisation_officer", "--body", self.region,
            staff="管理员", password=PASSWORD,
        )  # fmt: skip
        self.run("login", "张干事", password=PASSWORD)

    def environment(self, **secrets: str) -> dict[str, str]:
        given = {f"GONGGUAN_{name.upper()}": value for name, value in ({"password": PASSWORD} | secrets).items()}
        home = self.folder.parent / "home"
        home.mkdir(exist_ok=True)
        kept = {name: value for name, value in os.environ.items() if not name.startswith("GONGGUAN_")}
        return kept | given | {"GONGGUAN_LANG": "zh", "HOME": str(home), "XDG_CONFIG_HOME": str(home)}


class Two(NamedTuple):
    """Both nodes."""

    origin: Program
    destination: Program


def two_programs(at: Path, *regions: str) -> Two:
    """Two committees of these regions, each in a folder of its own; nothing is set up yet."""
    origin, destination = regions or ("990101", "990202")
    two = Two(
        Program(at / "origin" / "data", "巴彦塔拉苏木党委", origin),
        Program(at / "destination" / "data", "临江街道党工委", destination),
    )
    for one in two:
        one.folder.parent.mkdir()
    return two


@contextmanager
def copies_of(two: Two, at: Path) -> Iterator[Two]:
    """Stopped nodes once more, on the same ports; whatever still runs at the end is killed."""
    copies = []
    for one in two:
        shutil.copytree(one.folder.parent, at / one.folder.parent.name)
        copies.append(replace(one, folder=at / one.folder.parent.name / "data", process=None))
    try:
        yield Two(*copies)
    finally:
        for one in copies:
            one.stop(signal.SIGKILL)
