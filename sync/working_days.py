"""Counting working days, for the time limits of agreements (duties.md 2.9).

Weekdays stand in for working days while no yearly arrangement of holidays is known; whoever shows a count says so, and
nothing follows from it by itself::

    days_between(date(2026, 11, 20), date(2026, 11, 23))   ->  1      # Friday to Monday
"""

from calendar import monthrange
from datetime import date, timedelta
from typing import Final

SATURDAY: Final = 5


def is_working_day(day: date) -> bool:
    """Monday to Friday."""
    return day.weekday() < SATURDAY


def days_between(first: date, last: date) -> int:
    """Working days after ``first`` up to and with ``last``; 0 when ``last`` is not later."""
    weeks, rest = divmod(max((last - first).days, 0), 7)
    return 5 * weeks + sum(is_working_day(first + timedelta(days=7 * weeks + step)) for step in range(1, rest + 1))


def after(first: date, count: int) -> date:
    """The day that is ``count`` working days after ``first``."""
    day = first
    while count > 0:
        day += timedelta(days=1)
        count -= is_working_day(day)
    return day


def last_day(text: str) -> date:
    """A day, or the last one of a month: nobody is overdue for a day that is not known."""
    if len(text) > len("2026-03"):
        return date.fromisoformat(text)
    year, month = int(text[:4]), int(text[5:])
    return date(year, month, monthrange(year, month)[1])
