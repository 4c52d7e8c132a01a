"""A sheet becomes typed rows: find the header by its words, skip what is no data, parse each cell, report per row.

Knows nothing of members: which columns there are and what rows must agree on is said by a ``Layout`` (``rosters``).
Rules: nothing is guessed silently (every change, every skipped row and every unused column is listed); nothing is half
read (one error anywhere and ``rows`` is empty)::

    found = read(MEMBERS, grid, synthetic=False)
    if found.errors:            # show them, write the result workbook, import nothing
        ...
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Final, Generic, NamedTuple, TypeAlias, TypeVar

from gongguan.protocol.errors import ProtocolError, refuse
from gongguan.sync.cells import BLANK_MARKS, Cell, MonthOnly, Parser, is_blank, kind_of
from gongguan.sync.vocabulary import choices

HEADER_ROWS_MAX: Final = 30
"""Rows in which the header is looked for: titles, the unit's name and filling-in rules stand above it."""

RESULT_HEADERS: Final = ("结果", "说明")
"""Headers of the two columns that a result workbook has behind those of its sheet."""

HEADER_WORDS_MIN: Final = 2
"""Fewer known words than this in a row and it is no header."""

RowType = TypeVar("RowType")
Row_co = TypeVar("Row_co", covariant=True)
Draft: TypeAlias = dict[str, object]
"""Field name → value of one row, with ``row``; fields that were refused are absent."""


@dataclass(frozen=True)
class Grid:
    """One sheet as it was read. Row numbers everywhere are those that a person sees: ``rows[0]`` is row 1."""

    sheet: str
    rows: tuple[tuple[Cell, ...], ...]
    hidden_rows: frozenset[int] = frozenset()
    formats_known: bool = True
    """False where a date cell does not say whether its day was shown (.xls)."""
    hidden: bool = False
    filled: frozenset[tuple[int, int]] = frozenset()
    """(row, position) of cells that were merged with the one above and say the same."""

    def __post_init__(self) -> None:
        width = max(map(len, self.rows), default=0)
        squared = tuple(row + (None,) * (width - len(row)) for row in self.rows)
        object.__setattr__(self, "rows", squared)


@dataclass(frozen=True)
class Column:
    """One column: the field it fills, its printed header, other headers for it, and how a cell is read."""

    name: str
    zh: str
    parse: Parser
    synonyms: tuple[str, ...] = ()
    required: bool = False
    list_name: str = ""
    """The code list, for the sentence that names what may be written."""
    blank: object = None
    """What an empty cell means; anything but None is listed as a change."""
    blank_marks: frozenset[str] = BLANK_MARKS
    """Texts that mean an empty cell."""


class Change(NamedTuple):
    """What was read otherwise than it stood, or deserves a look. ``before_kind``: kind of the cell, not its content."""

    row: int
    column: str
    before_kind: str
    note: str


class RowError(NamedTuple):
    """Why a row cannot be imported; ``sentence_zh`` ends with what to do."""

    row: int
    column: str
    code: str
    sentence_zh: str


class Skipped(NamedTuple):
    """A row below the header that is no data."""

    row: int
    why: str


class Findings(NamedTuple):
    """What a layout's own check says about all rows together."""

    errors: tuple[RowError, ...] = ()
    changes: tuple[Change, ...] = ()


Check: TypeAlias = Callable[[list[Draft], bool], Findings]
"""``(drafts, complete) -> Findings``; may fill in drafts. ``complete`` is False when some cell was refused before."""


@dataclass(frozen=True)
class Layout(Generic[Row_co]):
    """A kind of sheet."""

    title: str
    build: Callable[..., Row_co]
    columns: tuple[Column, ...]
    check: Check
    answer: str = ""
    """The column that makes a row say something: its cells may be empty, but without it no row says anything."""

    def headers(self) -> tuple[str, ...]:
        """The header row of an empty template."""
        return tuple(column.zh for column in self.columns)


@dataclass(frozen=True)
class Import(Generic[Row_co]):
    """The outcome of one sheet. ``rows`` is empty once there is one error; ``drafts`` then hold what was read."""

    sheet: str
    header_row: int
    rows_seen: int
    rows: tuple[Row_co, ...] = ()
    changes: tuple[Change, ...] = ()
    errors: tuple[RowError, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    unknown_columns: tuple[str, ...] = ()
    drafts: tuple[Draft, ...] = ()


class _Header(NamedTuple):
    last_row: int  # 1-based; data begins below
    places: dict[str, list[int]]  # field name -> positions in the row
    words: tuple[str, ...]  # the cells as read


def read(layout: Layout[RowType], grid: Grid, synthetic: bool) -> Import[RowType]:
    """All of ``grid`` as rows of ``layout``; what stands in the way comes back as ``errors``, nothing is raised."""
    header = _find_header(layout, grid)
    if header is None:
        code = "D-header-none" if any(not is_blank(cell) for row in grid.rows for cell in row) else "D-sheet-empty"
        return Import(grid.sheet, 0, 0, errors=(row_error(1, "", code),))
    faults = tuple(_header_errors(layout, header))
    marks = _marks(header)
    unknown = tuple(
        word for at, word in enumerate(header.words) if word and at not in marks and not _is_used(header, at)
    )
    if faults:
        return Import(grid.sheet, header.last_row, 0, errors=faults, unknown_columns=unknown)
    drafts: list[Draft] = []
    changes = list(_header_changes(layout, header))
    errors: list[RowError] = []
    skipped = list(_skipped(layout, grid, header))
    left_out = {row for row, _ in skipped}
    for number in range(header.last_row + 1, _last_filled(grid) + 1):
        if number not in left_out:
            row = _read_row(layout, grid, header, number, synthetic)
            drafts.append(row.draft)
            changes += row.changes
            errors += row.errors
    findings = layout.check(drafts, not errors)
    errors += findings.errors
    return Import(
        sheet=grid.sheet,
        header_row=header.last_row,
        rows_seen=len(drafts),
        rows=() if errors else tuple(layout.build(**draft) for draft in drafts),
        changes=tuple(sorted([*changes, *findings.changes])),
        errors=tuple(sorted(errors)),
        skipped=tuple(skipped),
        unknown_columns=unknown,
        drafts=tuple(drafts) if errors else (),
    )


def choose(layout: Layout[RowType], grids: Iterable[Grid]) -> Grid:
    """The sheet whose header fits ``layout`` best, shown before hidden ones; raises D-sheet-empty without sheets."""

    def fit(grid: Grid) -> tuple[int, bool]:
        header = _find_header(layout, grid)
        return (len(header.places) if header else 0, not grid.hidden)

    candidates = list(grids)
    if not candidates:
        raise refuse("D-sheet-empty")
    return max(candidates, key=fit)


def fit(layout: Layout[RowType], grid: Grid) -> int | None:
    """How well a sheet's header fits: known columns less those that mean nothing here; None where some are missing."""
    header = _find_header(layout, grid)
    if header is None or any(column.required and column.name not in header.places for column in layout.columns):
        return None
    strange = sum(bool(word) and not _is_used(header, at) for at, word in enumerate(header.words))
    return len(header.places) - strange


def aligned(layout: Layout[RowType], grid: Grid) -> tuple[int, list[tuple[Cell, ...]]]:
    """The header's row number, and the rows below it with their cells in the order of the layout's columns."""
    header = _find_header(layout, grid)
    if header is None:
        return 0, []
    places = [header.places.get(column.name, [None])[0] for column in layout.columns]
    rows = [
        tuple(None if at is None else row[at] for at in places)
        for row in grid.rows[header.last_row : _last_filled(grid)]
    ]
    return header.last_row, rows


def row_error(row: int, column: str, code: str, extra: str = "") -> RowError:
    """The error of one row with the table's sentence, ``extra`` in between, and the next step."""
    error = refuse(code)
    sentence = "：".join(part for part in (error.sentence("zh"), extra) if part)
    return RowError(row, column, code, f"{sentence}。{error.next_step('zh')}。")


# --- the header


_PARENTHESES = re.compile(r"\([^)]*\)")
_ORNAMENT = re.compile(r"[\s*:《》<>“”\"/、,.·]+")


def header_word(cell: object) -> str:
    """A header as it is compared: without spaces, brackets and width."""
    return _ORNAMENT.sub("", unicodedata.normalize("NFKC", cell)) if isinstance(cell, str) else ""


def _find_header(layout: Layout[RowType], grid: Grid) -> _Header | None:
    words = {header_word(text): column.name for column in layout.columns for text in (column.zh, *column.synonyms)}
    rows = grid.rows[:HEADER_ROWS_MAX]
    single = [(number, row) for number, row in enumerate(rows, 1)]
    # A header over two rows: what the lower row leaves empty was merged downwards from the upper.
    double = [
        (number + 1, tuple(low if not is_blank(low) else high for high, low in zip(upper, lower, strict=True)))
        for number, (upper, lower) in enumerate(pairwise(rows), 1)
    ]
    best: _Header | None = None
    for number, row in single + double:
        header = _as_header(number, row, words)
        if len(header.places) >= HEADER_WORDS_MIN and (best is None or len(header.places) > len(best.places)):
            best = header
    return best


def _as_header(number: int, row: tuple[Cell, ...], words: Mapping[str, str]) -> _Header:
    places: dict[str, list[int]] = {}
    for at, cell in enumerate(row):
        word = header_word(cell)
        name = words.get(word) or words.get(_PARENTHESES.sub("", word))
        if name:
            places.setdefault(name, []).append(at)
    return _Header(number, places, tuple(cell.strip() if isinstance(cell, str) else "" for cell in row))


def _is_used(header: _Header, at: int) -> bool:
    return any(at in positions for positions in header.places.values())


def _marks(header: _Header) -> frozenset[int]:
    """Where a result workbook that is handed in again says what we found: no answer of whoever fills it in."""
    for at, pair in enumerate(pairwise(header.words)):
        if pair == RESULT_HEADERS and not _is_used(header, at) and not _is_used(header, at + 1):
            return frozenset({at, at + 1})
    return frozenset()


def _header_errors(layout: Layout[RowType], header: _Header) -> Iterator[RowError]:
    asked = [column for column in layout.columns if column.required or column.name == layout.answer]
    missing = [column.zh for column in asked if column.name not in header.places]
    if missing:
        yield row_error(header.last_row, "、".join(missing), "D-header", "缺少 " + "、".join(missing))
    for column in layout.columns:
        positions = header.places.get(column.name, [])
        if len(positions) > 1:
            names = "、".join(header.words[at] for at in positions)
            yield row_error(header.last_row, column.zh, "D-header-twice", names)


def _header_changes(layout: Layout[RowType], header: _Header) -> Iterator[Change]:
    for column in layout.columns:
        if column.name not in header.places and column.blank is not None:
            yield Change(header.last_row, column.zh, "空白", f"表里没有这一列，全部按“{_shown(column.blank)}”")


# --- the rows


_TOTALS = re.compile(r"(本页|人数)?(合计|总计|小计|共计|总数)[\d人名个]*")
_NOTE = re.compile(
    r"(注|备注|说明|填表|制表|审核|复核|填报|报送|单位|负责人|经办|党组织书记|党支部|支部|书记|签字|签名|盖章|日期)[^::]{0,8}[::].*",
    re.DOTALL,
)
_NOTE_CELLS_MAX = 4


def _skipped(layout: Layout[RowType], grid: Grid, header: _Header) -> Iterator[Skipped]:
    header_words = {header_word(text) for at, text in enumerate(header.words) if text and at not in _marks(header)}
    key_columns = [at for column in layout.columns if column.required for at in header.places[column.name]]
    serial = {at for at, text in enumerate(header.words) if header_word(text) in {"序号", "编号", "No"}}
    marks = _marks(header)
    for number in range(header.last_row + 1, _last_filled(grid) + 1):
        row = tuple(None if at in marks else cell for at, cell in enumerate(grid.rows[number - 1]))
        filled = [cell for at, cell in enumerate(row) if not is_blank(cell)]
        first = header_word(filled[0]) if filled else ""
        key_filled = sum(not is_blank(row[at]) for at in key_columns)
        if not filled:
            yield Skipped(number, "空行")
        elif _TOTALS.fullmatch(first):
            yield Skipped(number, "合计行")
        elif {header_word(cell) for cell in filled} == header_words:
            yield Skipped(number, "重复的表头")
        elif len(filled) > 2 and [str(cell).removesuffix(".0") for cell in filled] == _counting(len(filled)):
            yield Skipped(number, "列号行")
        elif key_filled <= 1 and len(filled) <= _NOTE_CELLS_MAX and _is_note(filled[0]):
            yield Skipped(number, "表尾说明")
        elif all(is_blank(cell) for at, cell in enumerate(row) if at not in serial):
            yield Skipped(number, "空行，只有序号")


def _is_note(cell: Cell) -> bool:
    return isinstance(cell, str) and bool(_NOTE.fullmatch(unicodedata.normalize("NFKC", cell).strip()))


def _counting(length: int) -> list[str]:
    return [str(number) for number in range(1, length + 1)]


def _last_filled(grid: Grid) -> int:
    filled = (number for number, row in enumerate(grid.rows, 1) if any(not is_blank(cell) for cell in row))
    return max(filled, default=0)


class _Row(NamedTuple):
    draft: Draft
    changes: list[Change]
    errors: list[RowError]


def _read_row(layout: Layout[RowType], grid: Grid, header: _Header, number: int, synthetic: bool) -> _Row:
    row = _Row({"row": number}, [], [])
    if number in grid.hidden_rows:
        row.changes.append(Change(number, "", "隐藏行", "这一行在表里是隐藏的，已照常读入"))
    for column in layout.columns:
        if column.name not in header.places:
            row.draft[column.name] = column.blank
            continue
        cell = grid.rows[number - 1][header.places[column.name][0]]
        if _means_nothing(column, cell):
            row.draft[column.name] = column.blank
            row.errors.extend([row_error(number, column.zh, "D-cell-missing")] if column.required else [])
            row.changes.extend(_blank_changes(column, cell, number))
            continue
        try:
            value, note = column.parse(cell, synthetic)
        except ProtocolError as error:
            row.errors.append(row_error(number, column.zh, error.code, _allowed(column, error.code)))
            continue
        row.draft[column.name] = value
        merged = "与上面的格子合并，按同一内容读入" if (number, header.places[column.name][0]) in grid.filled else None
        notes = (note, _first_of_month(grid, cell), merged)
        row.changes.extend(Change(number, column.zh, kind_of(cell), text) for text in notes if text)
    return row


def _means_nothing(column: Column, cell: Cell) -> bool:
    # In a required column a dash is a mistake that the parser names.
    return is_blank(cell) or (isinstance(cell, str) and not column.required and cell.strip() in column.blank_marks)


def _allowed(column: Column, code: str) -> str:
    return f"可填 {'、'.join(choices(column.list_name))}" if column.list_name and code == "D-code-unknown" else ""


def _blank_changes(column: Column, cell: Cell, number: int) -> Iterator[Change]:
    if column.blank is not None:
        yield Change(number, column.zh, kind_of(cell), f"空白读作“{_shown(column.blank)}”")
    elif not is_blank(cell):
        yield Change(number, column.zh, kind_of(cell), "读作空白")


def _first_of_month(grid: Grid, cell: Cell) -> str | None:
    if grid.formats_known or isinstance(cell, MonthOnly) or not isinstance(cell, date) or cell.day != 1:
        return None
    return "读作 1 日；若只知道年月，请在表里改成文字“年-月”"


def _shown(value: object) -> str:
    return ("是" if value else "否") if isinstance(value, bool) else str(value)
