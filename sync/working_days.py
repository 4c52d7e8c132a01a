"""Counting working days, for the time limits of agreements (duties.md 2.9).

Which days are holidays, and which days at weekends are worked instead, is arranged anew for every year; a node knows
the years whose arrangement was imported (``sync/sheets/arrangements.py``). Of other years weekdays stand in for
working days; whoever shows a count says so, and nothing follows from it by itself::

    calendar = working_days(store)
    calendar.between(date(2026, 11, 20), date(2026, 11, 23))   ->  1      # Friday to Monday
    calendar.unknown(date(2026, 12, 1), date(2027, 1, 5))      ->  [2027]
"""

from bisect import bisect_right
from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, Final

from gongguan.sync.labels import labelled
from gongguan.sync.records import ArrangedDay
from gongguan.sync.store import Store

SATURDAY: Final = 5

WeekdaysOnly = Annotated[
    list[int],
    labelled("按周一至周五计算的年份（没有导入工作日安排）", "counted Monday to Friday: years without an arrangement"),
]
"""What an answer with counts of working days says of the years that are not known."""


def is_weekday(day: date) -> bool:
    """Monday to Friday."""
    return day.weekday() < SATURDAY


@dataclass(frozen=True, slots=True)
class WorkingDays:
    """What is known: weekdays that are ``free`` and days at weekends that are ``worked``, in order, and which years."""

    free: tuple[date, ...] = ()
    worked: tuple[date, ...] = ()
    years: frozenset[int] = frozenset()

    def is_worked(self, day: date) -> bool:
        """Whether that is a working day."""
        exceptions = self.free if is_weekday(day) else self.worked
        at = bisect_right(exceptions, day)
        return is_weekday(day) is not (at > 0 and exceptions[at - 1] == day)

    def between(self, first: date, last: date) -> int:
        """Working days after ``first`` up to and with ``last``; 0 when ``last`` is not later."""
        if last <= first:
            return 0
        weeks, rest = divmod((last - first).days, 7)
        days = 5 * weeks + sum(is_weekday(first + timedelta(days=7 * weeks + step)) for step in range(1, rest + 1))
        return days - _within(self.free, first, last) + _within(self.worked, first, last)

    def after(self, first: date, count: int) -> date:
        """The day that is ``count`` working days after ``first``."""
        day = first
        while count > 0:
            day += timedelta(days=1)
            count -= self.is_worked(day)
        return day

    def unknown(self, first: date, last: date) -> list[int]:
        """The years of this range whose arrangement is not known, so that weekdays stand in."""
        return [year for year in range(first.year, last.year + 1) if year not in self.years]


WEEKDAYS: Final = WorkingDays()
"""Where no arrangement is known."""


def working_days(store: Store) -> WorkingDays:
    """What this node knows. It is one statement: lists ask once, not for each of their members."""
    return arranged((date.fromisoformat(row.day), row.worked) for row in store.find(ArrangedDay))


def arranged(days: Iterable[tuple[date, bool]]) -> WorkingDays:
    """From single days, each with whether it is worked; a year with one of them counts as known."""
    known = sorted(days)
    return WorkingDays(
        free=tuple(day for day, worked in known if not worked and is_weekday(day)),
        worked=tuple(day for day, worked in known if worked and not is_weekday(day)),
        years=frozenset(day.year for day, _ in known),
    )


def last_day(text: str) -> date:
    """A day, or the last one of a month: nobody is overdue for a day that is not known."""
    if len(text) > len("2026-03"):
        return date.fromisoformat(text)
    year, month = int(text[:4]), int(text[5:])
    return date(year, month, monthrange(year, month)[1])


def _within(days: tuple[date, ...], first: date, last: date) -> int:
    """How many lie after ``first`` up to and with ``last``."""
    return bisect_right(days, last) - bisect_right(days, first)
