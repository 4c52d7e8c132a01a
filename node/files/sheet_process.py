"""A process of its own that reads one workbook: bytes on standard input, its sheets on standard output.

The native reader lays a sheet out as one block; a single damaged cell address in a file of 20 KB can ask for more
memory than the machine has, and then the process is aborted, not the call. A part of a few KB unpacks to so many
elements of XML that they fill memory. So that a file never takes the node with it, this program reads it under limits
of memory and time; ``grids`` starts it and takes any end but 0 for damage::

    python -P -m gongguan.node.files.sheet_process < 名册.xlsx > sheets.pickle
"""

import io
import lzma
import pickle
import struct
import sys
import zipfile
import zlib
from contextlib import suppress
from datetime import date
from typing import Final, NamedTuple
from xml.etree import ElementTree

from gongguan.node.files.workbook_marks import COLUMNS_MAX, ROWS_MAX, Marks, marks_of
from gongguan.protocol.errors import ProtocolError, refuse
from gongguan.sync.cells import Cell

MEMORY_BYTES_MAX: Final = 1 << 30
"""36,000 members need below 300 MiB."""
PROCESSOR_SECONDS_MAX: Final = 100
UNPACKED_BYTES_MAX: Final = 256 << 20
"""An .xlsx unpacks to about ten times its size; beyond this it was made to fill memory."""
CELLS_MAX: Final = 4_000_000
"""On all sheets together, empty ones among them: 36,000 members with 100 columns."""
TEXT_MAX: Final = 64 << 20
"""Characters in all cells together: what 36,000 members say in 19 columns is below 5 million."""

ZIP: Final = b"PK\x03\x04"

_DAMAGE: Final = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    ElementTree.ParseError,
    LookupError,
    ValueError,
    OSError,
    EOFError,
)
"""What the standard library raises on damaged archives and XML."""


class Sheet(NamedTuple):
    """One worksheet. ``marks``: of an .xlsx only."""

    name: str
    hidden: bool
    rows: list[list[Cell]]
    marks: Marks | None


class Refused(NamedTuple):
    """Why a workbook is not read."""

    code: str
    facts: dict[str, object]


def sheets_of(data: bytes) -> list[Sheet] | Refused:
    """The worksheets, or why they are not read; other trouble ends the process."""
    try:
        marks = _marks_in(data) if data.startswith(ZIP) else []
        return _sheets(data, marks)
    except ProtocolError as error:
        return Refused(error.code, dict(error.facts))


def _marks_in(data: bytes) -> list[Marks]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as parts:
            if sum(part.file_size for part in parts.infolist()) > UNPACKED_BYTES_MAX:
                raise refuse("D-file-too-large", unpacked_bytes_max=UNPACKED_BYTES_MAX)
            if "xl/workbook.xml" not in parts.namelist():
                raise refuse("D-file-kind")
            return marks_of(parts)
    except _DAMAGE as error:
        raise refuse("D-file-unreadable") from error
    except (NotImplementedError, RuntimeError) as error:  # an encrypted or exotically packed archive
        raise refuse("D-file-password") from error


def _sheets(data: bytes, marks: list[Marks]) -> list[Sheet]:
    from python_calamine import PasswordError, SheetTypeEnum, SheetVisibleEnum, load_workbook  # noqa: PLC0415

    found, cells, text = [], 0, 0
    try:
        workbook = load_workbook(io.BytesIO(data))
        for position, about in enumerate(workbook.sheets_metadata):
            if about.typ != SheetTypeEnum.WorkSheet:
                continue
            sheet = workbook.get_sheet_by_index(position)
            last_row, last_column = sheet.end or (-1, -1)
            cells += (last_row + 1) * (last_column + 1)
            if last_row >= ROWS_MAX or last_column >= COLUMNS_MAX or cells > CELLS_MAX:
                raise refuse("D-file-too-large", rows_max=ROWS_MAX, columns_max=COLUMNS_MAX, cells_max=CELLS_MAX)
            rows = [[_plain(cell) for cell in row] for row in sheet.to_python(skip_empty_area=False)]
            text += sum(len(cell) for row in rows for cell in row if isinstance(cell, str))
            if text > TEXT_MAX:
                raise refuse("D-file-too-large", text_max=TEXT_MAX)
            hidden = about.visible != SheetVisibleEnum.Visible
            found.append(Sheet(about.name, hidden, rows, marks[position] if position < len(marks) else None))
    except PasswordError:
        raise refuse("D-file-password") from None
    return found


def _plain(value: object) -> Cell:
    if isinstance(value, str | int | float | bool | date):
        return value if value != "" else None
    return None if value is None else str(value)  # times and durations: no column of ours holds them


def _limit() -> None:
    with suppress(ImportError):  # no such limits on Windows
        import resource  # noqa: PLC0415

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES_MAX, MEMORY_BYTES_MAX))
        resource.setrlimit(resource.RLIMIT_CPU, (PROCESSOR_SECONDS_MAX, PROCESSOR_SECONDS_MAX))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core file would hold the roster


if __name__ == "__main__":
    _limit()
    found = sheets_of(sys.stdin.buffer.read())
    # As plain tuples: the classes of a program have another name when it is read again.
    plain = tuple(found) if isinstance(found, Refused) else [tuple(sheet) for sheet in found]
    pickle.dump(plain, sys.stdout.buffer, pickle.HIGHEST_PROTOCOL)
