"""What a courier brings and takes: whole folders of files, in whatever order they lie there.

Files are taken one by one, each all or nothing; in a text with several bundles each of them is such a file. What has
to wait for another is tried again as long as anything moves, so names and order do not matter; nothing is ever written
beside the source, which may be read-only::

    found = files_in([Path("/media/usb")])
    for taken in take_all(found, take): taken.file, taken.outcome
    write_new(folder, lambda number: f"…-{number:02}.gongguan", data)

``take`` is one import of one file (through the running node, or by the command itself); it raises the refusal.
"""

import errno
import os
import stat
import time
from collections.abc import Callable, Iterable
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Annotated, Final, Literal, NamedTuple

import msgspec

from gongguan.node.files.new_files import new_file
from gongguan.node.operations.bundle import BundleTaken
from gongguan.node.peers.transports.file import FILE_BYTES_MAX, is_foreign, may_be_ours, pieces
from gongguan.protocol.errors import ProtocolError, refuse
from gongguan.sync.labels import labelled

FILES_MAX: Final = 10_000
"""In one folder: more is somebody's photographs."""
NUMBERS_MAX: Final = 10_000
HEAD_BYTES: Final = 4096
"""By so much a picture or a document is told from what is ours."""

Outcome = Literal["new", "known", "ahead", "elsewhere", "damaged", "accept", "quota", "refused", "foreign"]

BY_CODE: Final[dict[str, Outcome]] = {
    "D-file-elsewhere": "elsewhere",
    "S-file-damaged": "damaged",
    "S-pairing-packet": "damaged",
    "P-epoch-parent": "ahead",
    "D-pairing-unknown": "accept",
    "D-paired-already": "known",
    "R-quota": "quota",
    "R-too-large": "foreign",
    "T-not-a-bundle": "foreign",
}
"""What a refusal of one file means for that file; any other is ``refused`` with its code."""
OURS: Final = frozenset(
    {"T-node-not-running", "T-node-none", "T-node-answer", "A-token", "A-role", "A-subtree", "R-disk-full"}
)
"""Refusals that are not about the file: they end the whole."""
ALL_IS_WELL: Final = frozenset({"new", "known", "elsewhere", "foreign"})
"""Outcomes after which nobody has to do anything."""

WAITS_MAX: Final = 3
"""How often one file waits until the node takes from that partner again (``R-busy``): it has much that is known."""
WAIT_S_MAX: Final = 60.0

Take = Callable[[bytes, bool], BundleTaken]
"""(bytes, receipts only) → what the file brought. Raises the refusal."""


class Found(NamedTuple):
    """A file, and whether a person named it (else it lay in a folder that they named)."""

    path: Path
    named: bool


class FileTaken(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one file."""

    file: Annotated[str, labelled("文件", "file")]
    outcome: Annotated[Outcome, labelled("处理结果", "outcome", codes="file_outcome")]
    sender: Annotated[str, labelled("发件方", "sender")] = ""
    new_messages: Annotated[int, labelled("新消息", "new messages")] = 0
    new_receipts: Annotated[int, labelled("新回执", "new receipts")] = 0
    code: Annotated[str | None, labelled("原因", "reason", codes="refusal")] = None


class FilesTaken(msgspec.Struct, frozen=True, kw_only=True):
    """What became of all files."""

    files: Annotated[list[FileTaken], labelled("文件", "files")]


def files_in(named: Iterable[Path]) -> list[Found]:
    """The files that were named and those in named folders, by name. Raises D-file-missing, R-too-large."""
    found: list[Found] = []
    for path in named:
        if path.is_dir():
            found += [Found(one, False) for one in sorted(islice(_inside(path), FILES_MAX + 1))]
        elif path.exists():
            found.append(Found(path, True))
        else:
            raise refuse("D-file-missing", file=str(path))
        if len(found) > FILES_MAX:
            raise refuse("R-too-large", count=len(found), limit=FILES_MAX)
    return found


def _inside(folder: Path) -> Iterable[Path]:
    """Files below a folder, without what systems hide there."""
    for at, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith((".", "$")))
        yield from (Path(at) / name for name in names if not name.startswith("."))


def take_all(found: Iterable[Found], take: Take, sleep: Callable[[float], None] = time.sleep) -> list[FileTaken]:
    """Take every file, and of a text that holds several bundles each of them, in the order in which they stand.

    What waits for another is tried again as long as anything moves, and where the node says to come later, later.
    """
    take = partial(_patiently, take, sleep)
    taken = {(one.path, number): item for one in found for number, item in enumerate(_take(one.path, take))}
    moved = any(item.outcome == "new" for item in taken.values())
    while moved:
        moved = False
        for (path, number), before in list(taken.items()):
            if before.outcome != "ahead":
                continue
            after = next(iter(_take(path, take, only=number)), before)
            brought = after.new_messages or after.new_receipts
            moved = moved or bool(brought) or after.outcome != "ahead"
            taken[path, number] = _together(before, after)
    return list(taken.values())


def _patiently(take: Take, sleep: Callable[[float], None], data: bytes, receipts_only: bool) -> BundleTaken:
    """``take``, after as long as the node asks for: the courier is here now, and who carries files has time."""
    for _ in range(WAITS_MAX):
        try:
            return take(data, receipts_only)
        except ProtocolError as error:
            wait_s = error.facts.get("retry_after_s")
            if error.code != "R-busy" or not isinstance(wait_s, int):
                raise
            sleep(min(wait_s, WAIT_S_MAX))
    return take(data, receipts_only)


def _together(before: FileTaken, after: FileTaken) -> FileTaken:
    """One file that was tried twice: what it brought counts once, what it is now is its outcome."""
    messages = before.new_messages + after.new_messages
    receipts = before.new_receipts + after.new_receipts
    outcome = "new" if after.outcome == "known" and (messages or receipts) else after.outcome
    return msgspec.structs.replace(after, outcome=outcome, new_messages=messages, new_receipts=receipts)


def _take(path: Path, take: Take, only: int | None = None) -> list[FileTaken]:
    """What became of the file; where it holds several bundles, of each of them, or of one alone."""
    try:
        data = _read(path)
    except PermissionError:
        return [FileTaken(file=str(path), outcome="refused", code="D-file-permission")]
    except OSError:
        return [FileTaken(file=str(path), outcome="damaged", code="D-file-unreadable")]
    if data is None or not may_be_ours(data):
        # Not asked of the node: a stick full of photographs would leave as many lines in its audit.
        return [FileTaken(file=str(path), outcome="foreign", code="T-not-a-bundle")]
    cut = pieces(data)
    names = [f"{path}#{number}" for number in range(1, len(cut) + 1)] if len(cut) > 1 else [str(path)]
    return [
        _piece(name, piece, take)
        for number, (name, piece) in enumerate(zip(names, cut, strict=True))
        if only in (None, number)
    ]


def _piece(name: str, data: bytes, take: Take) -> FileTaken:
    try:
        done = take(data, False)
    except ProtocolError as error:
        outcome = _outcome_of(error)
        if outcome == "quota":
            return _receipts_of(name, data, take, error.code)
        return FileTaken(file=name, outcome=outcome, code=error.code)
    return _told(name, done, done.outcome, None)


def _read(path: Path) -> bytes | None:
    """A file; None for one that is too large or begins as none of ours does: of a film no more than that is read.

    Raises OSError for what is no file: a pipe would be waited for.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        about = os.fstat(descriptor)
        if not stat.S_ISREG(about.st_mode):
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        if about.st_size > FILE_BYTES_MAX or is_foreign(file.peek(HEAD_BYTES)[:HEAD_BYTES]):
            return None
        return file.read(FILE_BYTES_MAX + 1)


def _receipts_of(name: str, data: bytes, take: Take, code: str) -> FileTaken:
    """Receipts get through also where there is no room for messages."""
    try:
        done = take(data, True)
    except ProtocolError as error:
        return FileTaken(file=name, outcome=_outcome_of(error), code=error.code)
    return _told(name, done, "quota", code)


def _told(name: str, done: BundleTaken, outcome: Outcome, code: str | None) -> FileTaken:
    return FileTaken(
        file=name,
        outcome=outcome,
        sender=done.sender,
        new_messages=done.new_messages,
        new_receipts=done.new_receipts,
        code=code,
    )


def _outcome_of(error: ProtocolError) -> Outcome:
    if error.code in OURS or error.code.startswith("I-"):
        raise error
    return BY_CODE.get(error.code, "refused")


def write_new(folder: Path, name: Callable[[int], str], data: bytes, first: int = 1) -> tuple[Path, int]:
    """A new file with the next free number, never over another one, and never half there under its name.

    Raises D-file-unwritable.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        number = next(n for n in range(first, first + NUMBERS_MAX) if not (folder / name(n)).exists())
        path = folder / name(number)
        # On the stick before it has its name: a stick is pulled out as soon as the command has ended.
        with new_file(path) as file:
            file.write(data)
    except (OSError, StopIteration):
        raise refuse("D-file-unwritable", file=str(folder)) from None
    return path, number
