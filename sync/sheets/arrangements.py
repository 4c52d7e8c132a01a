"""The yearly arrangement of holidays and of the days worked instead (节假日安排), as data that an officer imports.

The State Council's general office tells it each autumn for the year to come. What comes with the software are years
that are known, written out as a sheet to look through and hand in; nothing counts before a person did that::

    put_arrangement(act, rows)              # a year in the sheet replaces what was known of that year
    list_arrangement(act, ArrangementShow(year=2026)).known   ->  True
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Annotated, Final

import msgspec

from gongguan.protocol.errors import refuse
from gongguan.sync.act import Act
from gongguan.sync.cells import parse_text
from gongguan.sync.day_cells import parse_day
from gongguan.sync.days import today
from gongguan.sync.labels import labelled
from gongguan.sync.records import ArrangedDay
from gongguan.sync.sheets.sheets import Column, Draft, Findings, Layout, row_error
from gongguan.sync.vocabulary import one_of
from gongguan.sync.working_days import working_days

Span = tuple[str, str, str]
"""First and last day of a holiday, and its name."""

EXAMPLES: Final[Mapping[int, tuple[tuple[Span, ...], tuple[str, ...]]]] = {
    2025: (
        (
            ("2025-01-01", "2025-01-01", "元旦"),
            ("2025-01-28", "2025-02-04", "春节"),
            ("2025-04-04", "2025-04-06", "清明节"),
            ("2025-05-01", "2025-05-05", "劳动节"),
            ("2025-05-31", "2025-06-02", "端午节"),
            ("2025-10-01", "2025-10-08", "国庆节、中秋节"),
        ),
        ("2025-01-26", "2025-02-08", "2025-04-27", "2025-09-28", "2025-10-11"),
    ),
    2026: (
        (
            ("2026-01-01", "2026-01-03", "元旦"),
            ("2026-02-15", "2026-02-23", "春节"),
            ("2026-04-04", "2026-04-06", "清明节"),
            ("2026-05-01", "2026-05-05", "劳动节"),
            ("2026-06-19", "2026-06-21", "端午节"),
            ("2026-09-25", "2026-09-27", "中秋节"),
            ("2026-10-01", "2026-10-07", "国庆节"),
        ),
        ("2026-01-04", "2026-02-14", "2026-02-28", "2026-05-09", "2026-09-20", "2026-10-10"),
    ),
}
"""Year → holidays, and the days at weekends that are worked (State Council general office, notices of November 2024
and of 4 November 2025)."""
DAYS_MAX: Final = 366
"""Rows of one sheet: more than a year has is no arrangement of a year."""


class ArrangedRow(msgspec.Struct, frozen=True):
    """One day of a sheet."""

    row: int
    day: str
    arrangement: str
    name: str | None


class ArrangementShow(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``calendar.show`` and ``calendar.sheet``."""

    year: Annotated[
        Annotated[int, msgspec.Meta(ge=2000, le=2099)] | None,
        labelled("年份（不填为今年）", "year (this one)", argument=True),
    ] = None


class DayLine(msgspec.Struct, frozen=True, kw_only=True):
    """One day that is not as the week has it."""

    day: Annotated[str, labelled("日期", "day")]
    arrangement: Annotated[str, labelled("安排", "arrangement", codes="arrangement")]
    name: Annotated[str, labelled("说明", "name")]


class ArrangementShown(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``calendar.show``. ``known``: else limits of that year are counted Monday to Friday."""

    year: Annotated[int, labelled("年份", "year")]
    known: Annotated[bool, labelled("已导入（没有导入的按周一至周五计算）", "imported (else Monday to Friday)")]
    worked: Annotated[int, labelled("全年工作日", "working days in the year")]
    days: Annotated[list[DayLine], labelled("放假和上班的日子", "days off and days worked")]


class ArrangementKept(msgspec.Struct, frozen=True, kw_only=True):
    """What an import did."""

    years: Annotated[list[int], labelled("年份", "years")]
    changed: Annotated[int, labelled("新增、修改或取消的日子", "days added, changed or taken out")]


def _check(drafts: list[Draft], complete: bool) -> Findings:
    seen: set[object] = set()
    errors = []
    for draft in drafts:
        day = draft.get("day")
        if day is not None and day in seen:
            errors.append(row_error(int(str(draft["row"])), "日期", "D-row-duplicate-day"))
        seen.add(day)
    return Findings(tuple(errors))


ARRANGEMENT: Final = Layout(
    "工作日安排表",
    ArrangedRow,
    (
        Column("day", "日期", parse_day, ("放假调休日期",), required=True),
        Column("arrangement", "放假或上班", one_of("arrangement"), ("安排",), required=True, list_name="arrangement"),
        Column("name", "说明", parse_text, ("节日", "备注")),
    ),
    _check,
)


def put_arrangement(act: Act, rows: Sequence[ArrangedRow]) -> ArrangementKept:
    """Keep the days of a sheet; a year in it is replaced whole. Raises D-arrangement-rows."""
    if not 0 < len(rows) <= DAYS_MAX:
        raise refuse("D-arrangement-rows", limit=DAYS_MAX)
    wanted = {
        row.day: ArrangedDay(day=row.day, worked=row.arrangement == "worked", name=row.name or "") for row in rows
    }
    years = sorted({int(day[:4]) for day in wanted})
    before = {row.day: row for row in act.store.find(ArrangedDay) if int(row.day[:4]) in years}
    for day in before.keys() - wanted.keys():
        act.store.remove(ArrangedDay, day)
    changed = [row for day, row in wanted.items() if before.get(day) != row]
    act.store.put_all(changed)
    return ArrangementKept(years=years, changed=len(changed) + len(before.keys() - wanted.keys()))


def list_arrangement(act: Act, request: ArrangementShow) -> ArrangementShown:
    """What is known of a year."""
    year = request.year or today(act.now).year
    calendar = working_days(act.store)
    return ArrangementShown(
        year=year,
        known=year in calendar.years,
        worked=calendar.between(date(year - 1, 12, 31), date(year, 12, 31)),
        days=[DayLine(day=row.day, arrangement=_said(row), name=row.name) for row in _kept(act, year)],
    )


def rows_of(act: Act, year: int) -> list[tuple[str, str, str]]:
    """The days of a year for a sheet: those that are kept here, else the example, else none."""
    kept = [(row.day, _said(row), row.name) for row in _kept(act, year)]
    return kept or list(example(year))


def example(year: int) -> Iterator[tuple[str, str, str]]:
    """The days of a year that comes with the software, in order; none where it is not known."""
    spans, worked = EXAMPLES.get(year, ((), ()))
    found = [(day, "worked", "调休") for day in worked]
    for first, last, name in spans:
        day = date.fromisoformat(first)
        while day <= date.fromisoformat(last):
            found.append((day.isoformat(), "free", name))
            day += timedelta(days=1)
    yield from sorted(found)


def _kept(act: Act, year: int) -> list[ArrangedDay]:
    return act.store.find(ArrangedDay, day__ge=f"{year}-01-01", day__lt=f"{year + 1}-01-01", order=("day",))


def _said(row: ArrangedDay) -> str:
    return "worked" if row.worked else "free"
