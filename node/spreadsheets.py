"""Spreadsheet files: .xlsx, .xls and .csv in as grids, result workbooks and tables out as .xlsx.

What a file is, is told by its first bytes, not by its name. Beside the values that python-calamine gives, an .xlsx is
scanned for what it leaves out: hidden rows, date cells that show no day, formulas without a result. An .xls tells none
of these (``Grid.formats_known`` is False). Written files hold personal data: mode 0600, never over an existing file,
and no text in them can act as a formula::

    grids = read_grids(Path("党员名册.xlsx"))
    saved = write_result(Path("党员名册-结果.xlsx"), grid, rosters.read(rosters.MEMBERS, grid, synthetic=False))
"""

import csv
import io
import lzma
import math
import os
import pickle
import re
import struct
import sys
import zipfile
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final, NamedTuple
from xml.etree import ElementTree

from gongguan.protocol.errors import refuse
from gongguan.sync.cells import Cell, Month, Unreadable
from gongguan.sync.sheets import Grid, Import

from . import sheet_process

if TYPE_CHECKING:  # loaded inside the functions: `gongguan --help` must not pay for them
    from xlsxwriter import Workbook  # type: ignore[import-untyped]
    from xlsxwriter.format import Format  # type: ignore[import-untyped]
    from xlsxwriter.worksheet import Worksheet  # type: ignore[import-untyped]

FILE_BYTES_MAX: Final = 32 << 20
"""A county's 36,000 members with 19 columns are below 5 MiB; more means pictures or the wrong file."""

UNPACKED_BYTES_MAX: Final = 256 << 20
"""An .xlsx unpacks to about ten times its size; beyond this it was made to fill memory."""

READ_SECONDS_MAX: Final = 120

ROWS_MAX: Final = 60_000
COLUMNS_MAX: Final = 256

_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")


def read_grids(path: Path) -> list[Grid]:
    """Every sheet of the file, in its order, hidden ones marked.

    Raises D-file-missing, D-file-unreadable, D-file-password, D-file-kind, D-file-too-large, D-file-date-system,
    D-sheet-empty; whatever the bytes are, nothing else.
    """
    return grids_of(_bytes_of(path), path.stem)


def grids_of(data: bytes, name: str) -> list[Grid]:
    """``read_grids`` of a file's bytes; ``name`` is the sheet's name where the file holds none (.csv)."""
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


def write_table(path: Path, title: str, headers: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Path:
    """One sheet: merged title, header, rows. Returns the path written, numbered if ``path`` existed."""
    return _save(path, table_bytes(title, headers, rows))


def table_bytes(title: str, headers: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """The workbook of ``write_table`` as bytes, for one who keeps it elsewhere."""

    def fill(workbook: "Workbook") -> None:
        sheet = workbook.add_worksheet(sheet_name(title))
        bold = workbook.add_format({"bold": True, "border": 1, "align": "center", "text_wrap": True})
        heading = workbook.add_format({"bold": True, "font_size": 16, "align": "center"})
        if len(headers) > 1:
            sheet.merge_range(0, 0, 0, len(headers) - 1, "", heading)
        sheet.write_string(0, 0, guarded(title), heading)
        for at, header in enumerate(headers):
            sheet.write_string(1, at, guarded(header), bold)
            sheet.set_column(at, at, max(10, 2 * len(header) + 2))
        write_rows(workbook, sheet, rows, first_row=2)
        sheet.freeze_panes(2, 0)
        sheet.set_landscape()
        sheet.repeat_rows(1)
        sheet.fit_to_pages(1, 0)

    return filled(fill)


def write_result(path: Path, grid: Grid, imported: Import[object]) -> Path:
    """The rows as they were sent, each with 结果 and 说明 beside it, and two sheets with the summary and all changes.

    Row numbers are those of the source. Returns the path written, numbered if ``path`` existed.
    """
    return _save(path, result_bytes(grid, imported))


def result_bytes(grid: Grid, imported: Import[object]) -> bytes:
    """The workbook of ``write_result`` as bytes, for one who keeps it elsewhere."""

    def fill(workbook: "Workbook") -> None:
        sheet = workbook.add_worksheet("结果")
        write_rows(workbook, sheet, grid.rows, first_row=0)
        width = max((len(row) for row in grid.rows), default=0)
        red = workbook.add_format({"font_color": "#C00000", "text_wrap": True, "valign": "top"})
        plain = workbook.add_format({"text_wrap": True, "valign": "top"})
        for number, (verdict, sentences) in verdicts(imported).items():
            form = red if verdict == _FAILED else plain
            sheet.write_string(number - 1, width, verdict, form)
            sheet.write_string(number - 1, width + 1, guarded(sentences), form)
        sheet.set_column(width, width, 12)
        sheet.set_column(width + 1, width + 1, 70)
        write_rows(workbook, workbook.add_worksheet("汇总"), _summary(imported), first_row=0)
        changes: list[tuple[Cell, ...]] = [("行", "列", "原为", "改动或提醒"), *imported.changes]
        write_rows(workbook, workbook.add_worksheet("改动"), changes, first_row=0)

    return filled(fill)


def guarded(text: str) -> str:
    """Text that no program takes for a formula, even after a detour over .csv; a lone dash stays as it is."""
    return f"'{text}" if len(text) > 1 and text[0] in "=+-@\t\r" else text


# --- reading


def _bytes_of(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(FILE_BYTES_MAX + 1)
    except FileNotFoundError as error:
        raise refuse("D-file-missing") from error
    except OSError as error:
        raise refuse("D-file-unreadable") from error


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


class _Marks(NamedTuple):
    """What calamine does not tell of one sheet; positions are (row, column) from 0."""

    hidden_rows: set[int]
    months: set[tuple[int, int]]
    unreadable: dict[tuple[int, int], Unreadable]


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
            marks = _marks_of(parts)
    except _DAMAGE as error:
        raise refuse("D-file-unreadable") from error
    except (NotImplementedError, RuntimeError) as error:  # an encrypted or exotically packed archive
        raise refuse("D-file-password") from error
    return [
        _marked(grid, marks[position]) if position < len(marks) else grid
        for grid, position in _read_workbook(data, formats_known=True)
    ]


def _marked(grid: Grid, marks: _Marks) -> Grid:
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
    return Grid(grid.sheet, tuple(map(tuple, rows)), frozenset(marks.hidden_rows), hidden=grid.hidden)


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


# --- what calamine leaves out of an .xlsx

_MONTH_FORMATS: Final = frozenset({17, 27, 36, 50, 52, 57})
"""Built-in number formats with year and month only (ECMA-376 part 1, 18.8.30, with those of zh-CN)."""

_TEXT_IN_FORMAT = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]|_.|\*.')


def _marks_of(parts: zipfile.ZipFile) -> list[_Marks]:
    months = _month_styles(parts)
    return [_scan(parts, name, months) for name in _sheet_parts(parts)]


def _sheet_parts(parts: zipfile.ZipFile) -> Iterator[str]:
    targets = {
        element.get("Id"): element.get("Target", "") for element in _elements(parts, "xl/_rels/workbook.xml.rels")
    }
    sheets: list[str] = []
    for element in _elements(parts, "xl/workbook.xml"):
        if _tag(element) == "workbookPr" and element.get("date1904") in {"1", "true"}:
            raise refuse("D-file-date-system")
        if _tag(element) == "sheet":
            sheets.extend(value for name, value in element.items() if name.endswith("}id"))
    for relation in sheets:
        target = targets[relation]
        yield target[1:] if target.startswith("/") else f"xl/{target}"


def _month_styles(parts: zipfile.ZipFile) -> set[str]:
    if "xl/styles.xml" not in parts.namelist():
        return set()
    formats: set[int] = set(_MONTH_FORMATS)
    found: set[str] = set()
    for element in _elements(parts, "xl/styles.xml"):
        if _tag(element) == "numFmt" and _shows_month_only(element.get("formatCode", "")):
            formats.add(int(element.get("numFmtId", "-1")))
        if _tag(element) == "cellXfs":
            uses = [int(form.get("numFmtId", "0")) for form in element if _tag(form) == "xf"]
            found = {str(at) for at, form in enumerate(uses) if form in formats}
    return found


def _shows_month_only(format_code: str) -> bool:
    letters = set(_TEXT_IN_FORMAT.sub("", format_code).partition(";")[0].lower())
    return {"y", "m"} <= letters and not letters & set("dhs#0")


def _scan(parts: zipfile.ZipFile, name: str, month_styles: set[str]) -> _Marks:
    marks = _Marks(set(), set(), {})
    if not name.startswith("xl/worksheets/"):
        return marks
    row = -1
    for element in _elements(parts, name):
        if _tag(element) != "row":
            continue
        row = int(element.get("r", row + 2)) - 1
        if element.get("hidden") in {"1", "true"}:
            marks.hidden_rows.add(row + 1)
        _scan_cells(element, row, month_styles, marks)
        element.clear()
    return marks


def _scan_cells(element: ElementTree.Element, row: int, month_styles: set[str], marks: _Marks) -> None:
    column = -1
    for cell in element:
        row, column = _place(cell.get("r"), row, column + 1)
        inside = {_tag(child): child.text or "" for child in cell}
        if inside and not (0 <= row < ROWS_MAX and 0 <= column < COLUMNS_MAX):
            raise refuse("D-file-too-large", rows_max=ROWS_MAX, columns_max=COLUMNS_MAX)
        if cell.get("t") == "e":
            marks.unreadable[row, column] = Unreadable.ERROR
        elif "f" in inside and cell.get("t") != "str" and inside.get("v", "") in {"", "0"}:
            # Programs that cannot calculate leave no value, or 0; no column of ours holds a computed zero.
            marks.unreadable[row, column] = Unreadable.FORMULA
        elif cell.get("s") in month_styles and "v" in inside and cell.get("t", "n") in {"n", "d"}:
            marks.months.add((row, column))


def _place(reference: str | None, row: int, column: int) -> tuple[int, int]:
    """Row and column from 0 of a cell; one without address stands beside the one before."""
    if reference is None:
        return row, column
    address = re.fullmatch(r"([A-Z]{1,7})([1-9][0-9]{0,9})", reference)
    if not address:
        raise refuse("D-file-unreadable")
    number = 0
    for letter in address[1]:
        number = number * 26 + ord(letter) - ord("A") + 1
    return int(address[2]) - 1, number - 1


def _elements(parts: zipfile.ZipFile, name: str) -> Iterator[ElementTree.Element]:
    with parts.open(name) as file:
        head = file.read(2048)
    if b"<!DOCTYPE" in head or b"<!ENTITY" in head:
        raise refuse("D-file-unreadable")  # no spreadsheet program writes one; entities can fill memory
    with parts.open(name) as file:
        for _, element in ElementTree.iterparse(file):
            yield element


def _tag(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]


# --- writing

_FAILED, _CHANGED, _FINE = "有错误", "有改动", "通过"
_UNREADABLE_ZH: Final = {Unreadable.FORMULA: "（公式没有结果）", Unreadable.ERROR: "（错误值）"}


def verdicts(imported: Import[object]) -> dict[int, tuple[str, str]]:
    """Row → what 结果 and 说明 say of it; the header's row holds their headers."""
    sentences: dict[int, list[str]] = defaultdict(list)
    for error in imported.errors:
        sentences[error.row].append(f"【{error.column}】{error.sentence_zh}" if error.column else error.sentence_zh)
    verdicts = {row: (_FAILED, "\n".join(texts)) for row, texts in sentences.items()}
    notes: dict[int, list[str]] = defaultdict(list)
    for change in imported.changes:
        notes[change.row].append(f"【{change.column}】{change.note}" if change.column else change.note)
    for row, texts in notes.items():
        verdicts.setdefault(row, (_CHANGED, "\n".join(texts)))
    for row, why in imported.skipped:
        verdicts[row] = ("跳过", why)
    for row in range(imported.header_row + 1, imported.header_row + imported.rows_seen + len(imported.skipped) + 1):
        verdicts.setdefault(row, (_FINE, ""))
    header = imported.header_row or 1
    if header not in sentences:
        verdicts[header] = ("结果", "说明")
    return verdicts


def _summary(imported: Import[object]) -> list[tuple[Cell, ...]]:
    outcome = "有错误，整张表一行也没有导入" if imported.errors else "全部可以导入"
    return [
        ("工作表", imported.sheet),
        ("结论", outcome),
        ("读到的行数", imported.rows_seen),
        ("有错误的行数", len({error.row for error in imported.errors})),
        ("改动和提醒", len(imported.changes)),
        ("跳过的行", len(imported.skipped)),
        ("没有用到的列", "、".join(imported.unknown_columns)),
    ]


def write_rows(workbook: "Workbook", sheet: "Worksheet", rows: Iterable[Sequence[Cell]], first_row: int) -> None:
    """Cells as they are, guarded; ``first_row`` counts from 0."""
    day = workbook.add_format({"num_format": "yyyy-mm-dd"})
    for row, cells in enumerate(rows, first_row):
        for column, cell in enumerate(cells):
            if type(cell) is str:  # nearly every cell of a roster; nothing else has to be asked of it
                sheet.write_string(row, column, guarded(cell))
            elif cell is not None:
                _write_cell(sheet, row, column, cell, day)


def _write_cell(sheet: "Worksheet", row: int, column: int, cell: Cell, day: "Format") -> None:
    if isinstance(cell, bool):
        sheet.write_boolean(row, column, cell)
    elif isinstance(cell, int | float) and math.isfinite(cell):
        sheet.write_number(row, column, cell)
    elif isinstance(cell, date) and not isinstance(cell, Month) and cell.year >= 1900:
        sheet.write_datetime(row, column, cell if isinstance(cell, datetime) else datetime(*cell.timetuple()[:3]), day)
    else:
        sheet.write_string(row, column, guarded(written(cell)))


def written(cell: Cell) -> str:
    """A cell as text."""
    if isinstance(cell, Unreadable):
        return _UNREADABLE_ZH[cell]
    if isinstance(cell, Month):
        return f"{cell.year:04}-{cell.month:02}"
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return "" if cell is None else str(cell)


def sheet_name(title: str) -> str:
    """A title as a sheet may be called."""
    return re.sub(r"[\[\]:*?/\\']", "", title)[:31] or "表"


def filled(fill: Callable[["Workbook"], None]) -> bytes:
    """The bytes of a workbook that ``fill`` writes into."""
    from xlsxwriter import Workbook  # noqa: PLC0415

    buffer = io.BytesIO()
    workbook = Workbook(buffer, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    fill(workbook)
    workbook.close()
    return buffer.getvalue()


def _save(path: Path, data: bytes) -> Path:
    for number in count(1):
        wanted = path if number == 1 else path.with_name(f"{path.stem} ({number}){path.suffix}")
        try:
            with open(wanted, "xb", opener=_private) as file:
                _write_all(file, data)
        except FileExistsError:
            continue
        except OSError as error:
            raise refuse("D-file-unwritable") from error
        return wanted
    raise AssertionError("count never ends")


def _write_all(file: IO[bytes], data: bytes) -> None:
    file.write(data)
    file.flush()
    os.fsync(file.fileno())


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
