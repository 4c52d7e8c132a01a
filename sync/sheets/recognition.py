"""Which of our sheets a workbook is: by the code that our templates carry on a hidden page, else by its headers.

A person hands in what they have, and need not say what it is. Two kinds that fit alike are no answer::

    code, grid = recognise(grids, {"members": MEMBERS, "attendance": ATTENDANCE.layout})
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from gongguan.protocol.errors import refuse
from gongguan.sync.cells import is_blank
from gongguan.sync.sheets.sheets import Grid, Layout, aligned, fit

MARK: Final = "gongguan sheet"
"""First cell of the hidden page; the code stands beside it."""

VERSION: Final = "1"


def recognise(grids: Sequence[Grid], layouts: Mapping[str, Layout[Any]]) -> tuple[str, Grid]:
    """The kind of sheet, and the page to read. Raises D-sheet-unknown."""
    code = _marked(grids)
    if code is not None and code in layouts:
        fitting = [(found, grid) for grid in grids if (found := fit(layouts[code], grid)) is not None]
        # A page whose header lost a column is still that page: reading it says which column is missing.
        shown = [grid for grid in grids if not grid.hidden] or list(grids)
        return code, max(fitting, key=lambda pair: (pair[0], not pair[1].hidden))[1] if fitting else shown[0]
    scored = [
        (score, not grid.hidden, kind, grid)
        for kind, layout in layouts.items()
        for grid in grids
        if (score := fit(layout, grid)) is not None
    ]
    scored.sort(key=lambda item: item[:2], reverse=True)
    if not scored or (len({item[2] for item in scored if item[:2] == scored[0][:2]}) > 1):
        raise refuse("D-sheet-unknown")
    return scored[0][2], scored[0][3]


def other_pages(
    code: str, layouts: Mapping[str, Layout[Any]], grids: Sequence[Grid], taken: Grid, answer: str | None = None
) -> list[str]:
    """Names of further pages that are this sheet too and hold something: in the column ``answer``, else in one that is
    required. What stands there would be left out without a word."""
    columns = layouts[code].columns
    asked = [at for at, column in enumerate(columns) if column.name == answer or (answer is None and column.required)]
    found = []
    for grid in grids:
        if grid is taken or grid.hidden or not _is_page_of(code, layouts, grid):
            continue
        _, rows = aligned(layouts[code], grid)
        if any(not is_blank(row[at]) for row in rows for at in asked):
            found.append(grid.sheet)
    return found


def _is_page_of(code: str, layouts: Mapping[str, Layout[Any]], grid: Grid) -> bool:
    """Whether no other kind fits this page better."""
    own = fit(layouts[code], grid)
    return own is not None and all((fit(layout, grid) or 0) <= own for layout in layouts.values())


def _marked(grids: Sequence[Grid]) -> str | None:
    for grid in grids:
        if grid.rows and grid.rows[0][0] == MARK and len(grid.rows[0]) > 1:
            return str(grid.rows[0][1])
    return None
