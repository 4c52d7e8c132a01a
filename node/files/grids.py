"""Spreadsheet files in as grids: .xlsx, .xls and .csv.

What a file is, is told by its first bytes, not by its name. Beside the values that python-calamine gives, an .xlsx is
scanned for what it leaves out (``node/files/workbook_marks.py``); an .xls tells none of it (``Grid.formats_known`` is
False)::

    grids = grids_of(data, "党员名册")
"""

import csv
import io
import pickle
import re
import sys
import threading
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

from gongguan.node.files import sheet_process
from gongguan.node.files.workbook_marks import COLUMNS_MAX, ROWS_MAX, Marks
from gongguan.protocol.errors import refuse
from gongguan.sync.cells import Cell, MonthOnly
from gongguan.sync.sheets.sheets import Grid

FILE_BYTES_MAX: Final = 32 << 20
"""A county's 36,000 members with 19 columns are below 5 MiB; more means pictures or the wrong file."""

READ_SECONDS_MAX: Final = 120
READERS_MAX: Final = 2
"""Processes that read a workbook at once, each in up to a gigabyte."""
LINE_CHARS_MAX: Final = 1 << 20
"""Of a text table: a line is split as one piece, during which the node does nothing else."""

_OLE = b"\xd0\xcf\x11\xe0"
_READING = threading.BoundedSemaphore(READERS_MAX)
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
    if data.startswith(sheet_process.ZIP):
        grids = _read_workbook(data, formats_known=True)
    elif data.startswith(_OLE):
        if _ENCRYPTED in data:
            raise refuse("D-file-password")
        grids = _read_workbook(data, formats_known=False)
    else:
        grids = [_read_csv(data, name)]
    if not any(grid.rows for grid in grids):
        raise refuse("D-sheet-empty")
    return grids


def _read_workbook(data: bytes, *, formats_known: bool) -> list[Grid]:
    """The grids of a workbook, read by a process that may fall without us (``sheet_process``)."""
    import subprocess  # noqa: PLC0415 - the command line loads this module and starts no process

    command = [sys.executable, "-P", "-m", sheet_process.__name__]
    try:
        with _READING:
            ended = subprocess.run(command, input=data, capture_output=True, timeout=READ_SECONDS_MAX, check=True)
    except (subprocess.SubprocessError, OSError) as error:
        raise refuse("D-file-unreadable") from error
    found = pickle.loads(ended.stdout)  # written by our own program
    if isinstance(found, tuple):
        refused = sheet_process.Refused(*found)
        raise refuse(refused.code, **refused.facts)
    return [_grid(sheet_process.Sheet(*sheet), formats_known) for sheet in found]


def _grid(sheet: sheet_process.Sheet, formats_known: bool) -> Grid:
    grid = Grid(sheet.name, tuple(map(tuple, sheet.rows)), formats_known=formats_known, hidden=sheet.hidden)
    return grid if sheet.marks is None else _marked(grid, sheet.marks)


def _bound(rows: int, columns: int) -> None:
    if rows >= ROWS_MAX or columns > COLUMNS_MAX:
        raise refuse("D-file-too-large", rows_max=ROWS_MAX, columns_max=COLUMNS_MAX)


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
        return MonthOnly(cell.year, cell.month)
    if isinstance(cell, int | float) and not isinstance(cell, bool) and 1 <= cell < 100_000:
        day = date(1899, 12, 30) + timedelta(days=int(cell))
        return MonthOnly(day.year, day.month)
    return cell


def _read_csv(data: bytes, sheet: str) -> Grid:
    text = _decoded(data)
    first_line = text.partition("\n")[0]
    delimiter = max(",\t;，", key=first_line.count)
    rows: list[tuple[Cell, ...]] = []
    try:
        for row in csv.reader(_lines(text), delimiter=delimiter):
            _bound(len(rows), len(row))
            rows.append(tuple(map(_csv_cell, row)))
    except csv.Error as error:
        raise refuse("D-file-unreadable") from error
    return Grid(sheet, tuple(rows))


def _lines(text: str) -> Iterator[str]:
    for line in io.StringIO(text, newline=""):
        if len(line) > LINE_CHARS_MAX:
            raise refuse("D-file-too-large", line_chars_max=LINE_CHARS_MAX)
        yield line


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
