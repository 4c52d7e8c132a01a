"""A person at a terminal: what it shows is read, and questions are answered."""

import os
import pty
import re
import select
import subprocess
import sys
from collections.abc import Mapping

from tests.end_to_end.programs import PATIENCE_S


def read_until(terminal: int, sentence: str) -> str:
    """What a terminal shows up to and with this sentence."""
    seen = b""
    while sentence not in seen.decode(errors="replace"):
        ready, _, _ = select.select([terminal], [], [], PATIENCE_S)
        assert ready, seen.decode(errors="replace")
        seen += os.read(terminal, 4096)
    return seen.decode(errors="replace")


def converse_with(places: Mapping[str, str], words: list[str], *answers: str) -> str:
    """What a command shows at a machine that these variables describe, when its questions get these answers."""
    leader, follower = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "gongguan.cli", *words],
        stdin=follower,
        stdout=follower,
        stderr=follower,
        env={**os.environ, "LANG": "C.UTF-8", **places},
    )
    os.close(follower)
    seen, left = b"", list(answers)
    while select.select([leader], [], [], PATIENCE_S)[0]:
        try:
            seen += os.read(leader, 4096)
        except OSError:  # Linux says so when the other end is closed
            break
        if left and re.search(rb"(: |\]: |\): )\Z", seen):
            os.write(leader, f"{left.pop(0)}\n".encode())
            seen += b"\n"
    os.close(leader)
    process.wait(PATIENCE_S)
    return seen.decode()
