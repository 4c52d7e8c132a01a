"""Spreadsheet files in as grids: .xlsx, .xls and .csv.

What a file is, is told by its first bytes, not by its name. Beside the values that python-calamine gives, an .xlsx is
scanned for what it leaves out (``node/files/workbook_marks.py``); an .xls tells none of it (``Grid.formats_known`` is
False)::

    grids = grids_of(data, "党员名册")
"""

import csv
import io
import lzma
import pickle
import re
import struct
import sys
import zipfile
import zlib
from datetime import date, timedelta
from pathlib import Path
from typing import Final
from xml.etree import ElementTree

from gongguan.node.files import sheet_process
from gongguan.node.files.workbook_marks import COLUMNS_MAX, ROWS_MAX, Marks, marks_of
from gongguan.protocol.errors import refuse
from gongguan.sync.cells import Cell, Month
from gongguan.sync.sheets.sheets import Grid

FILE_BYTES_MAX: Final = 32 << 20
"""A county's 36,000 members with 19 columns are below 5 MiB; more means pictures or the wrong file."""

UNPACKED_BYTES_MAX: Final = 256 << 20
"""An .xlsx unpacks to about ten times its size; beyond this it was made to fill memory."""

READ_SECONDS_MAX: Final = 120

_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")


def grids_of(data: bytes, name: str) -> list[Grid]:
    """Every sheet of a file, in its order, hidden ones marked; ``name`` is the sheet's where the file has none (.csv).

    Raises D-file-unreadable, D-file-password, D-file-kind, D-file-too-large, D-file-date-system, D-sheet-empty;
    whatever the bytes are, nothing else.
    """
    if len(data) > FILE_BYTES_MAX:
        raise refuse("D-file-too-large", bytes_max=FILE_BYTES_MAX)
    if not data:
        raise refuse("D-sheet-empty")
    if data.startswith(_ZIP):
        grids = _read_xlsx(data)
    elif data.startswith(_OLE):
        if _ENCRYPTED in data:
            raise refuse("D-file-password")
        grids = [grid for grid, _ in _read_workbook(data, formats_known=False)]
    else:
        grids = [_read_csv(data, name)]
    if not any(grid.rows for grid in grids):
        raise refuse("D-sheet-empty")
    return grids


def _read_workbook(data: bytes, formats_known: bool) -> list[tuple[Grid, int]]:
    """Grids with their position in the workbook, read by a process that may fall without us (``sheet_process``)."""
    import subprocess  # noqa: PLC0415 - the command line loads this module and starts no process

    command = [sys.executable, "-P", str(Path(sheet_process.__file__)), str(ROWS_MAX), str(COLUMNS_MAX)]
    try:
        ended = subprocess.run(command, input=data, capture_output=True, timeout=READ_SECONDS_MAX, check=True)
    except (subprocess.SubprocessError, OSError) as error:
        raise refuse("D-file-unreadable") from error
    found = pickle.loads(ended.stdout)  # written by our own program
    if isinstance(found, str):
        raise refuse(found)
    return [
        (Grid(name, tuple(map(tuple, rows)), formats_known=formats_known, hidden=hidden), position)
        for position, name, hidden, rows in found
    ]


def _bound(rows: int, columns: int) -> None:
    if rows > ROWS_MAX or columns > COLUMNS_MAX:
        raise refuse("D-file-too-large", rows_max=ROWS_MAX, columns_max=COLUMNS_MAX)


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


def _read_xlsx(data: bytes) -> list[Grid]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as parts:
            if sum(part.file_size for part in parts.infolist()) > UNPACKED_BYTES_MAX:
                raise refuse("D-file-too-large", unpacked_bytes_max=UNPACKED_BYTES_MAX)
            if "xl/workbook.xml" not in parts.namelist():
                raise refuse("D-file-kind")
            marks = marks_of(parts)
    except _DAMAGE as error:
        raise refuse("D-file-unreadable") from error
    except (NotImplementedError, RuntimeError) as error:  # an encrypted or exotically packed archive
        raise refuse("D-file-password") from error
    return [
        _marked(grid, marks[position]) if position < len(marks) else grid
        for grid, position in _read_workbook(data, formats_known=True)
    ]


def _marked(grid: Grid, marks: Marks) -> Grid:
    rows = [list(row) for row in grid.rows]
    for row, column in marks.months:
        if 0 <= row < len(rows) and column < len(rows[row]):
            rows[row][column] = _as_month(rows[row][column])
    width = max((len(row) for row in rows), default=0)
    for (row, column), why in marks.unreadable.items():
        # calamine ends the sheet at the last cell with a value; a formula without one may lie beyond it.
        rows += [[None] * width for _ in range(row + 1 - len(rows))]
        rows[row] += [None] * (column + 1 - len(rows[row]))
        rows[row][column] = why
    filled = _filled_down(rows, marks)
    return Grid(grid.sheet, tuple(map(tuple, rows)), frozenset(marks.hidden_rows), hidden=grid.hidden, filled=filled)


def _filled_down(rows: list[list[Cell]], marks: Marks) -> frozenset[tuple[int, int]]:
    """What a merged cell says, it says of every row that it covers; (row, column) of the cells written so."""
    filled = set()
    for (first, column), last in marks.merged.items():
        if first >= len(rows) or column >= len(rows[first]):
            continue
        for row in range(first + 1, min(last + 1, len(rows))):
            if column < len(rows[row]) and rows[row][column] in (None, ""):
                rows[row][column] = rows[first][column]
                filled.add((row + 1, column))
    return frozenset(filled)


def _as_month(cell: Cell) -> Cell:
    if isinstance(cell, date):
        return Month(cell.year, cell.month)
    if isinstance(cell, int | float) and not isinstance(cell, bool) and 1 <= cell < 100_000:
        day = date(1899, 12, 30) + timedelta(days=int(cell))
        return Month(day.year, day.month)
    return cell


def _read_csv(data: bytes, sheet: str) -> Grid:
    text = _decoded(data)
    first_line = text.partition("\n")[0]
    delimiter = max(",\t;，", key=first_line.count)
    try:
        rows = [tuple(map(_csv_cell, row)) for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)]
    except csv.Error as error:
        raise refuse("D-file-unreadable") from error
    _bound(len(rows), max(map(len, rows), default=0))
    return Grid(sheet, tuple(rows))


def _decoded(data: bytes) -> str:
    for encoding in ("utf-16",) if data[:2] in {b"\xff\xfe", b"\xfe\xff"} else ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if re.search(r"[\x00-\x08\x0e-\x1f]", text) or re.match(r"\s*(<[!?a-z]|%PDF|\{\\rtf)", text, re.IGNORECASE):
            break
        return text
    raise refuse("D-file-kind")


def _csv_cell(text: str) -> Cell:
    quoted = re.fullmatch(r'="(.*)"', text)  # how some systems keep long numbers from being rounded
    plain = quoted[1] if quoted else text
    # A number 2024.10 leaves a spreadsheet as 2024.1: in .csv nobody can tell, so it is handed on as that number.
    return float(plain) if re.fullmatch(r"(19|20)\d\d\.1", plain) and not quoted else plain or None
