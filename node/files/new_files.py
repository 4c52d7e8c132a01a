"""Files that are made for people: new, whole or not at all, and readable by their owner only.

A file has its name only once all of it is on the disk: whoever is killed, or whose disk is full, leaves at most one
whose name ends in ``.part``, and the next attempt takes its place.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import IO, Final

from gongguan.protocol.errors import refuse

HALF: Final = ".part"


@contextmanager
def new_file(path: Path) -> Iterator[IO[bytes]]:
    """A file to write into, which is on the disk when the block ends; nothing of it stays when the block raises.

    Raises FileExistsError and what the disk raises.
    """
    if path.exists():
        raise FileExistsError(path)
    half = _half(path)
    try:
        with _opened(half) as file:
            yield file
        _name(half, path)
    finally:
        half.unlink(missing_ok=True)


def keep(path: Path, data: bytes) -> None:
    """``data`` under this name, in place of what was there: one of the two stands there at any time, whole.

    Raises what the disk raises.
    """
    half = _half(path)
    try:
        with _opened(half) as file:
            file.write(data)
        half.replace(path)
    finally:
        half.unlink(missing_ok=True)


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


def _half(path: Path) -> Path:
    return path.with_name(path.name + HALF)


@contextmanager
def _opened(half: Path) -> Iterator[IO[bytes]]:
    half.unlink(missing_ok=True)
    with open(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())


def _name(half: Path, path: Path) -> None:
    """Give the name, unless another file has it by now. Raises FileExistsError."""
    try:
        os.link(half, path)
    except FileExistsError:
        raise
    except OSError:
        # A stick's file system knows no second name; nobody but us writes there.
        if path.exists():
            raise FileExistsError(path) from None
        half.rename(path)
