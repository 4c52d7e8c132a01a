"""Workbooks that staff send in: bytes to checked rows, and back to a result workbook with what was found.

Nothing is half imported: one refused row and the answer is ``D-import-rows`` with all of them. The sheets are read and
the result workbooks written outside the transaction.
"""

import dataclasses
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Annotated, Any, Final, Generic, TypeVar

import msgspec

from gongguan.sync.labels import labelled
from gongguan.sync.sheets.sheets import Grid, Import, Layout, RowError, choose, read

NOTES_MAX: Final = 200
"""Lines of each kind in an answer; the result workbook has all."""

_VALUE: Final = re.compile("(?<!空白)读作“[^”]*”")
_CODE: Final = re.compile("，代码 [^，；]*")

RowType = TypeVar("RowType")


class RowNote(msgspec.Struct, frozen=True, kw_only=True):
    """One line about one row: why it is refused, or what was read otherwise than it stood."""

    sheet: Annotated[str, labelled("工作表", "sheet")]
    row: Annotated[int, labelled("行", "row")]
    column: Annotated[str, labelled("列", "column")]
    note: Annotated[str, labelled("说明", "note (in Chinese)")]


class RemarkKind(msgspec.Struct, frozen=True, kw_only=True):
    """Remarks that say the same about many rows."""

    note: Annotated[str, labelled("说明", "note (in Chinese)")]
    count: Annotated[int, labelled("处", "times")]
    columns: Annotated[list[str], labelled("列", "columns")]


@dataclasses.dataclass(frozen=True)
class Sheet(Generic[RowType]):
    """A sheet as it was sent, and what was read from it. ``left``: the filled sheets of its file that were not read."""

    grid: Grid
    found: Import[RowType]
    left: tuple[str, ...] = ()

    def refused(self, errors: Iterable[RowError]) -> "Sheet[RowType]":
        """The same sheet with errors that only the records could show."""
        together = tuple(sorted([*self.found.errors, *errors]))
        return dataclasses.replace(self, found=dataclasses.replace(self.found, rows=(), errors=together))

    def problems(self) -> list[RowNote]:
        """Every refused row."""
        return [
            RowNote(sheet=self.grid.sheet, row=error.row, column=error.column, note=error.sentence_zh)
            for error in self.found.errors
        ]

    def remarks(self) -> list[RowNote]:
        """Which sheet was read where there are several; what was changed while reading, skipped, or not used."""
        name = self.grid.sheet
        unused = "、".join(self.found.unknown_columns)
        chosen = f"文件里有几张工作表，读的是“{name}”；没有读：{'、'.join(self.left)}"
        return [
            *([RowNote(sheet=name, row=self.found.header_row, column="", note=chosen)] if self.left else []),
            *(RowNote(sheet=name, row=row, column=column, note=note) for row, column, _, note in self.found.changes),
            *(RowNote(sheet=name, row=row, column="", note=f"跳过：{why}") for row, why in self.found.skipped),
            *([RowNote(sheet=name, row=self.found.header_row, column=unused, note="没有用到的列")] if unused else []),
        ]

    def result(self) -> bytes | None:
        """The result workbook; None where there is nothing to say."""
        if not (self.found.errors or self.found.changes or self.found.skipped):
            return None
        imported: Import[Any] = self.found
        from gongguan.node.files import spreadsheets  # noqa: PLC0415 - commands only name what this module has

        return spreadsheets.result_bytes(self.grid, imported)


def kinds_of(remarks: Iterable[RowNote]) -> list[RemarkKind]:
    """The remarks counted by what they say, whatever value or code stands in one of them; the most frequent first."""
    counted: Counter[str] = Counter()
    columns: dict[str, dict[str, None]] = {}
    for remark in remarks:
        kind = _VALUE.sub("读作标准写法", _CODE.sub("", remark.note))
        counted[kind] += 1
        columns.setdefault(kind, {})[remark.column] = None
    return [
        RemarkKind(note=kind, count=count, columns=[column for column in columns[kind] if column])
        for kind, count in counted.most_common()
    ]


def read_sheet(layout: Layout[RowType], grids: Sequence[Grid], synthetic: bool) -> Sheet[RowType]:
    """The sheet that fits ``layout`` best, read."""
    grid = choose(layout, grids)
    return Sheet(grid, read(layout, grid, synthetic), left_of(grids, grid))


def left_of(grids: Iterable[Grid], *taken: Grid) -> tuple[str, ...]:
    """The names of the sheets that were not taken and are not empty."""
    return tuple(grid.sheet for grid in grids if grid.rows and not any(grid is one for one in taken))


def grids_in(data: bytes) -> list[Grid]:
    """The sheets of a file. Raises the D-file-… refusals."""
    from gongguan.node.files import grids  # noqa: PLC0415 - as above

    return grids.grids_of(data, "表")
