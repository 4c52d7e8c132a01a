"""Nodes of a demonstration do not outlive it: a small process stops them when the one that began them is gone.

Whatever ends the demonstration, a closed window or a kill, closes the pipe that the guard reads::

    guard = Guard()
    guard.watch(process.pid)
    guard.release(process.pid)
"""

import contextlib
import os
import signal
import subprocess
import sys

_PROGRAM = "from gongguan.cli.demo.guard import stand_by; stand_by()"


class Guard:
    """The process, and the pipe to it."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", _PROGRAM],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            text=True,
        )

    def watch(self, pid: int) -> None:
        """That process is stopped with this one."""
        self._tell(f"+{pid}")

    def release(self, pid: int) -> None:
        """That process has ended, or may go on."""
        self._tell(f"-{pid}")

    def _tell(self, line: str) -> None:
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(f"{line}\n")
            self._process.stdin.flush()


def stand_by() -> None:
    """Read until the other end is closed, then stop what is still watched."""
    watched: set[int] = set()
    for line in sys.stdin:
        sign, pid = line[0], int(line[1:])
        watched = watched | {pid} if sign == "+" else watched - {pid}
    for pid in watched:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
