"""Which partner's message this node is processing, in a file that outlives the process.

Before each message its position is written into a mapped page of the data folder, afterwards it is wiped: about a
microsecond each, no system call. Only the death of the process matters here, and the page outlives that; after a power
cut the last mark may be lost, which only means that the attempt does not count. Whoever starts next finds the mark::

    watch = ProcessWatch(folder / "processing")
    if watch.left is not None: ...count_attempt(store, watch.left)
"""

import mmap
import os
from pathlib import Path
from typing import Final

from gongguan.node.commits import applying
from gongguan.protocol.errors import refuse
from gongguan.sync.exchange.watch import Suspect, Watch

SIZE: Final = 256
"""Pairing id, epoch and position take below 128 bytes."""


class ProcessWatch(Watch):
    """See the module. ``left``: what the process before this one was processing when it ended, or None."""

    def __init__(self, path: Path) -> None:
        """Raises I-folder-not-writable."""
        super().__init__()
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                os.ftruncate(descriptor, SIZE)
                self._page = mmap.mmap(descriptor, SIZE)
            finally:
                os.close(descriptor)
        except OSError as error:
            raise refuse("I-folder-not-writable", folder=str(path.parent), reason=error.strerror) from error
        self.left = _parsed(self._page[:])
        self.leave()

    def enter(self, suspect: Suspect, message_id: str) -> None:
        """This message is about to be processed."""
        self.suspect = suspect
        mark = f"{suspect.pairing_id} {suspect.epoch} {suspect.position}\n".encode()
        self._page[: len(mark)] = mark
        applying(message_id)

    def leave(self) -> None:
        """No message is being processed."""
        self.suspect = None
        self._page[0] = 0

    def close(self) -> None:
        """Let go of the file. Twice is harmless."""
        self._page.close()


def _parsed(page: bytes) -> Suspect | None:
    line, end, _ = page.partition(b"\n")
    parts = line.split(b" ")
    if not end or page[0] == 0 or len(parts) != 3 or not parts[2].isdigit() or not line.isascii():
        return None
    return Suspect(parts[0].decode(), parts[1].decode(), int(parts[2]))
