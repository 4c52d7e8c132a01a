"""Rosters as an office exports them, read again."""

from gongguan.node.files.grids import grids_of
from gongguan.sync.cells import Cell
from gongguan.sync.sheets.sheets import Grid
from tests.sync.offices import Office


def sheet(office: Office, name: str, who: str = "干事", **asked: str) -> Grid:
    exported = office.ask(who, f"roster.{name}", **asked)
    (grid,) = grids_of(exported.file, "表")
    assert exported.members == len(grid.rows) - 2
    return grid


def rows(office: Office, name: str, who: str = "干事", **asked: str) -> list[dict[str, Cell]]:
    grid = sheet(office, name, who, **asked)
    return [dict(zip(map(str, grid.rows[1]), row, strict=True)) for row in grid.rows[2:]]
