"""A process of its own that reads one workbook: bytes on standard input, its sheets on standard output.

The native reader lays a sheet out as one block; a single damaged cell address in a file of 20 KB can ask for more
memory than the machine has, and then the process is aborted, not the call. So that a file never takes the node with
it, this program reads it under limits of memory and time; ``grids`` starts it and takes any end but 0 for
damage::

    python node/files/sheet_process.py < 名册.xls > sheets.pickle
"""

import io
import pickle
import sys
from contextlib import suppress
from datetime import date

MEMORY_BYTES_MAX = 2 << 30
"""36,000 members need below 300 MiB."""

PROCESSOR_SECONDS_MAX = 100

REFUSED_TOO_LARGE, REFUSED_PASSWORD = "D-file-too-large", "D-file-password"


def sheets_of(data: bytes, rows_max: int, columns_max: int) -> list[tuple[int, str, bool, list[list[object]]]] | str:
    """Position, name, hidden and rows of each worksheet, or the code of a refusal; other trouble ends the process."""
    from python_calamine import PasswordError, SheetTypeEnum, SheetVisibleEnum, load_workbook  # noqa: PLC0415

    try:
        workbook = load_workbook(io.BytesIO(data))
        found = []
        for position, about in enumerate(workbook.sheets_metadata):
            if about.typ != SheetTypeEnum.WorkSheet:
                continue
            sheet = workbook.get_sheet_by_index(position)
            last_row, last_column = sheet.end or (0, 0)
            if last_row >= rows_max or last_column >= columns_max:
                return REFUSED_TOO_LARGE
            rows = [[_plain(cell) for cell in row] for row in sheet.to_python(skip_empty_area=False)]
            found.append((position, about.name, about.visible != SheetVisibleEnum.Visible, rows))
        return found
    except PasswordError:
        return REFUSED_PASSWORD


def _plain(value: object) -> object:
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
    pickle.dump(sheets_of(sys.stdin.buffer.read(), int(sys.argv[1]), int(sys.argv[2])), sys.stdout.buffer)
