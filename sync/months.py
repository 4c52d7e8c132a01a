"""Months of the calendar, by which dues are paid.

::

    Month.named("2026-02").last     ->  date(2026, 2, 28)
    [month.name for month in between("2025-12", "2026-02")]   ->  ["2025-12", "2026-01", "2026-02"]
"""

from datetime import date, timedelta
from functools import lru_cache
from typing import NamedTuple


class Month(NamedTuple):
    """A month with its first and last day."""

    name: str
    first: date
    last: date

    @classmethod
    @lru_cache(maxsize=4096)
    def named(cls, name: str) -> "Month":
        """The month ``2026-02``. Raises ValueError for anything else."""
        first = date.fromisoformat(f"{name}-01")
        return cls(name, first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1))

    @classmethod
    def of(cls, day: date) -> "Month":
        """The month in which a day lies."""
        return cls.named(day.isoformat()[:7])

    def before(self) -> "Month":
        """The month before this one."""
        return Month.of(self.first - timedelta(days=1))

    def after(self) -> "Month":
        """The month after this one."""
        return Month.of(self.last + timedelta(days=1))


@lru_cache(maxsize=64)
def between(first: str, last: str) -> tuple[Month, ...]:
    """Every month from ``first`` to ``last``, both named as ``2026-02``."""
    found = []
    at = Month.named(first)
    while at.name <= last:
        found.append(at)
        at = at.after()
    return tuple(found)
