"""``python -m tests.chaos.serving FOLDER``: what ``gongguan serve`` runs, by a clock that the trial can set.

The file ``clock-offset`` in the folder holds seconds; whoever replaces it sets this node's wall clock while it runs.
Durations and randomness are the machine's.
"""

import asyncio
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from gongguan.node import clock, config, logs
from gongguan.node.app import Node
from gongguan.node.keys import keyfiles

OFFSET: Final = "clock-offset"


class SetClock:
    """A ``node.clock.Clock`` whose wall clock is as far off as the file says."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def now(self) -> datetime:
        """The instant that this node takes for the present."""
        try:
            offset_s = float(self._path.read_text())
        except OSError:
            offset_s = 0.0
        return clock.now() + timedelta(seconds=offset_s)

    def stamp(self, instant: datetime | None = None) -> str:
        """RFC 3339 in UTC with whole seconds."""
        return clock.stamp((instant or self.now()).astimezone(UTC))

    def monotonic(self) -> float:
        """Never goes back."""
        return clock.monotonic()

    def random_bytes(self, count: int) -> bytes:
        """From the operating system."""
        return clock.random_bytes(count)

    def random_hex(self, count: int) -> str:
        """From the operating system."""
        return clock.random_hex(count)


def main(folder: Path) -> None:
    """Serve until the process is ended."""
    logs.set_up(None)
    node = Node.open(folder, config.load(folder), keyfiles.open_with_service(folder), SetClock(folder / OFFSET))
    try:
        asyncio.run(node.serve(lambda port, url: print(f"{port} {url}", flush=True)))
    finally:
        node.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
