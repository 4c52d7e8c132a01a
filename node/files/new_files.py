"""Files that are made for people: new, whole or not at all, and readable by their owner only."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import IO

from gongguan.protocol.errors import refuse


@contextmanager
def new_file(path: Path) -> Iterator[IO[bytes]]:
    """A file to write into, which is on the disk when the block ends; nothing of it stays when the block raises.

    Raises FileExistsError and what the disk raises.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with open(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def save(wanted: Path, data: bytes) -> Path:
    """``data`` in a new file; where ``wanted`` exists, the next ``name (2)`` is taken. Raises D-file-unwritable."""
    for number in count(1):
        path = wanted if number == 1 else wanted.with_name(f"{wanted.stem} ({number}){wanted.suffix}")
        try:
            with new_file(path) as file:
                file.write(data)
        except FileExistsError:
            continue
        except OSError:
            raise refuse("D-file-unwritable", file=str(path)) from None
        return path
    raise AssertionError("count never ends")
