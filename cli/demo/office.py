"""One committee of the demonstration: its folder, its node process, its people, and what they type."""

import contextlib
import json
import os
import shlex
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Final

from gongguan.cli import client
from gongguan.cli.demo.guard import Guard
from gongguan.cli.operations import named

PASSWORD: Final = "demo-gongguan-2026"
COMMAND: Final = "python3 go.py run --"
START_WAIT_S_MAX: Final = 120.0
STOP_WAIT_S_MAX: Final = 60.0


class Failed(Exception):
    """A step did not do what it should: the demo stops with its output."""


class Office:
    """One committee: folder, node process, people. ``run`` is the command line, ``ask`` the same API without it."""

    def __init__(
        self, root: Path, name: str, title: str, region: str, staff: tuple[tuple[str, str], ...], guard: Guard
    ) -> None:
        self.folder = root / name
        self.title = title
        self.region = region
        self.staff = staff
        self.officer, self.secretary, self.clerk = (person for person, _ in staff)
        self._root = root
        self._log = root / f"{name}.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._guard = guard
        self._clients: dict[str, client.StaffClient] = {}

    @property
    def database(self) -> Path:
        """The node's SQLite file."""
        return self.folder / "node.sqlite3"

    def init(self, port: int) -> None:
        """Keys, database, card, first administrator."""
        address = f"127.0.0.1:{port}"
        self.run(
            "init",
            *("--title", self.title, "--region", self.region),
            *("--listen", address, "--endpoint", f"https://{address}", "--synthetic"),
            as_json=False,
        )

    def start(self) -> None:
        """Start the node process and wait until its staff can reach it."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "gongguan.cli", "--data", str(self.folder), "serve"],
                stdout=log,
                stderr=log,
                env=self._environment(),
                start_new_session=True,
            )
        self._guard.watch(self._process.pid)
        until = time.monotonic() + START_WAIT_S_MAX
        while time.monotonic() < until:
            if self._process.poll() is not None:
                raise Failed(f"{self.title}的节点没有启动，见 {self._log}")
            with contextlib.suppress(Exception):
                client.find_node(self.folder)
                return
            time.sleep(0.05)
        raise Failed(f"{self.title}的节点 {START_WAIT_S_MAX:.0f} 秒内没有启动，见 {self._log}")

    def kill(self) -> None:
        """kill -9."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
            self._guard.release(self._process.pid)
            (self.folder / "staff-api.json").unlink(missing_ok=True)

    def login(self, person: str) -> None:
        """Log one of the staff in."""
        self.run("login", person, as_json=False)

    def stop(self) -> None:
        """SIGTERM and wait."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            self._process.wait(timeout=STOP_WAIT_S_MAX)
            self._guard.release(self._process.pid)

    def run(self, *arguments: str, as_staff: str = "", as_json: bool = True) -> Any:
        """A command as staff type it; its answer."""
        command = [sys.executable, "-m", "gongguan.cli", "--data", str(self.folder)]
        command += ["--as", as_staff] if as_staff else []
        command += ["--json"] if as_json else []
        person = f"--as {as_staff} " if as_staff else ""
        say(f"  $ {COMMAND} --data {self._shown_folder()} {person}{shlex.join(arguments)}")
        done = subprocess.run(
            [*command, *arguments],
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            cwd=self._root,
        )
        if done.returncode != 0:
            raise Failed(f"{' '.join(arguments)}\n{done.stdout.decode()}\n{done.stderr.decode()}")
        return json.loads(done.stdout) if as_json else done.stdout.decode()

    def ask(self, name: str, staff: str, **fields: Any) -> Any:
        """The same operation without a command line around it: for the many entries of a year."""
        if staff not in self._clients:
            node = client.find_node(self.folder)
            self._clients[staff] = client.StaffClient(node, client.token_of(node, staff))
        operation = named(name)
        assert operation is not None  # steps of the story name what there is
        return self._clients[staff].call(operation, fields)

    def forget_clients(self) -> None:
        """After a restart the staff API has another port."""
        self._clients.clear()

    def unreceipted(self) -> int:
        """How many of our messages the partner has not receipted, read from the database file."""
        with contextlib.closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True)) as connection:
            row = connection.execute("SELECT COALESCE(SUM(size - receipted), 0) FROM epoch WHERE own = 1").fetchone()
        return int(row[0])

    def shared_records(self) -> int:
        """How many shared records this node holds."""
        with contextlib.closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True)) as connection:
            return int(connection.execute("SELECT COUNT(*) FROM shared_record").fetchone()[0])

    def _shown_folder(self) -> str:
        return os.path.relpath(self.folder, Path.cwd())

    def _environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "GONGGUAN_PASSWORD": PASSWORD,
            "GONGGUAN_LANG": "zh",
            "PYTHONUNBUFFERED": "1",
        }


def say(text: str) -> None:
    """One line to the person who watches."""
    print(text, flush=True)
