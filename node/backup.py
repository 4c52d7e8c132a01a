"""A copy of a node in one file, made while it runs; and putting it back under a node that is stopped.

The file is a tar of the settings and the database as of one moment (SQLite's online backup), with the key files only
if that is asked for: whoever has both can speak for the node. Not in it is the fence, which belongs to the machine: it
tells the restored node by how much the database is older than what was signed. Nothing is overwritten; the database
that was there is kept beside it::

    back_up(folder, Path("2026-11-21.backup"), with_keys=False)
    put_back(folder, Path("2026-11-21.backup"))      # then start the node: it fetches back what it lacks
"""

import contextlib
import sqlite3
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final, NamedTuple

from gongguan.node import config as configs
from gongguan.node.config import DATABASE, FILE
from gongguan.node.database.database import lock_folder
from gongguan.node.files.new_files import new_file
from gongguan.node.keys import keyfiles
from gongguan.protocol.errors import refuse

KEYS: Final = tuple(f"{keyfiles.FOLDER}/{name}" for name in (keyfiles.KEY_FILE, keyfiles.SERVICE_FILE))
MEMBERS: Final = (FILE, DATABASE, *KEYS)
"""All that a backup may hold; anything else in a file makes it none."""
NO_BACKUP: Final = "不是节点的备份 / not a backup of a node"
PAGES_AT_ONCE: Final = 4096
COPY_BYTES: Final = 1 << 20


class BackedUp(NamedTuple):
    """What was made or put back: names inside, and bytes of the database."""

    members: tuple[str, ...]
    database_bytes: int


def back_up(folder: Path, file: Path, *, with_keys: bool = False) -> BackedUp:
    """Write a backup of the node in ``folder``, which may be running. Raises I-backup, A-key-file-missing."""
    if not isinstance(configs.load(folder).database(folder), Path):
        raise refuse(
            "I-backup",
            file=file.name,
            problem="数据库是 PostgreSQL：用 pg_dump 备份 / the database is PostgreSQL: use pg_dump",
        )
    try:
        with tempfile.TemporaryDirectory(dir=_parent(file)) as beside:
            copy = Path(beside) / DATABASE
            _copy_database(folder / DATABASE, copy)
            names = [FILE, DATABASE, *(KEYS if with_keys else ())]
            members = [name for name in names if name == DATABASE or (folder / name).exists()]
            with new_file(file) as raw, tarfile.open(fileobj=raw, mode="w") as tar:
                for name in members:
                    tar.add(copy if name == DATABASE else folder / name, arcname=name)
            return BackedUp(tuple(members), copy.stat().st_size)
    except OSError as error:
        raise refuse("I-backup", file=file.name, problem=error.strerror) from error


def put_back(folder: Path, file: Path) -> BackedUp:
    """Put a backup under the stopped node of ``folder``, or into an empty folder where the backup holds the keys.

    Raises I-folder-in-use, I-backup, I-restore-keys, D-file-missing. Settings, keys and the fence that are there stay.
    """
    with lock_folder(folder), _opened(file) as tar:
        members = {member.name: member for member in tar if member.isfile()}
        if DATABASE not in members or not set(members) <= set(MEMBERS):
            raise refuse("I-backup", file=file.name, problem=NO_BACKUP)
        if not (folder / KEYS[0]).exists() and KEYS[0] not in members:
            raise refuse("I-restore-keys", folder=str(folder))
        fresh = folder / f"{DATABASE}.restoring"
        _write(tar.extractfile(members[DATABASE]), fresh)
        _check_database(fresh, file)
        for name in (FILE, *KEYS):
            if name in members and not (folder / name).exists():
                (folder / name).parent.mkdir(mode=0o700, exist_ok=True)
                _write(tar.extractfile(members[name]), folder / name)
        _set_aside(folder)
        fresh.replace(folder / DATABASE)
        for ending in ("-wal", "-shm"):  # where it was only looked at
            fresh.with_name(fresh.name + ending).unlink(missing_ok=True)
        return BackedUp(tuple(members), (folder / DATABASE).stat().st_size)


def _parent(file: Path) -> Path:
    if not file.parent.is_dir():
        raise refuse("I-backup", file=file.name, problem="没有这个文件夹 / no such folder")
    return file.parent


def _copy_database(source: Path, copy: Path) -> None:
    """SQLite's own way: whole transactions only, whoever writes meanwhile."""
    try:
        with (
            contextlib.closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True)) as reading,
            contextlib.closing(sqlite3.connect(copy)) as writing,
        ):
            reading.backup(writing, pages=PAGES_AT_ONCE, sleep=0.0)
    except sqlite3.Error as error:
        raise refuse("I-backup", file=source.name, problem=str(error)) from error


@contextlib.contextmanager
def _opened(file: Path) -> Iterator[tarfile.TarFile]:
    try:
        with tarfile.open(file, mode="r:") as tar:
            yield tar
    except FileNotFoundError as error:
        raise refuse("D-file-missing", file=str(file)) from error
    except (OSError, tarfile.TarError) as error:
        raise refuse("I-backup", file=file.name, problem=NO_BACKUP) from error


def _write(source: IO[bytes] | None, target: Path) -> None:
    if source is None:
        raise refuse("I-backup", file=target.name, problem=NO_BACKUP)
    target.unlink(missing_ok=True)
    try:
        with new_file(target) as out:
            while chunk := source.read(COPY_BYTES):
                out.write(chunk)
    except OSError as error:  # of the disk here: what the archive itself raises is no OSError
        raise refuse("I-backup", file=target.name, problem=error.strerror) from error


def _check_database(fresh: Path, file: Path) -> None:
    try:
        with contextlib.closing(sqlite3.connect(f"file:{fresh}?mode=ro", uri=True)) as reading:
            (answer,) = reading.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.Error as error:
        answer = str(error)
    if answer != "ok":
        fresh.unlink()
        raise refuse("I-backup", file=file.name, problem="备份里的数据库已损坏 / its database is damaged")


def _set_aside(folder: Path) -> None:
    """The database that was there, with what SQLite keeps beside it: a technician may still need it."""
    number = 1
    while (folder / f"{DATABASE}.before-{number}").exists():
        number += 1
    for ending in ("", "-wal", "-shm"):
        path = folder / f"{DATABASE}{ending}"
        if path.exists():
            path.replace(folder / f"{DATABASE}.before-{number}{ending}")
