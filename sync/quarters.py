"""Quarters of the calendar, by which contacts, education and reports are counted.

::

    Quarter.of(date(2026, 2, 3))            ->  Quarter("2026Q1", date(2026, 1, 1), date(2026, 3, 31))
    Quarter.named("2026Q3").before().name   ->  "2026Q2"
    quarter_in("2026年第三季度")              ->  "2026Q3"
"""

import re
import unicodedata
from datetime import date, timedelta
from functools import lru_cache
from typing import Annotated, Final, NamedTuple

from gongguan.protocol.errors import refuse
from gongguan.sync.labels import labelled

QuarterName = Annotated[
    str,
    labelled("季度（如 2026Q3；不填为本季度）", "quarter (this one if left out)", pattern=r"^(20[0-9]{2}Q[1-4])?\Z"),
]
"""A quarter in a request; "" is the present one."""

_WRITTEN: Final = re.compile(r"(20[0-9]{2})\s*[年.\-/]?\s*第?\s*[Qq]?\s*([1-4一二三四])\s*(?:季度|季)?")
_DIGITS: Final = {"一": "1", "二": "2", "三": "3", "四": "4"}


class Quarter(NamedTuple):
    """A quarter with its first and last day."""

    name: str
    first: date
    last: date

    @classmethod
    def of(cls, day: date) -> "Quarter":
        """The quarter in which a day lies."""
        return cls.named(f"{day.year}Q{(day.month + 2) // 3}")

    @classmethod
    @lru_cache(maxsize=1024)
    def named(cls, name: str) -> "Quarter":
        """The quarter ``2026Q3``. Raises ValueError for anything else."""
        year, number = int(name[:4]), int(name[5:])
        if name[4] != "Q" or not 1 <= number <= 4:
            raise ValueError(name)
        first = date(year, 3 * number - 2, 1)
        return cls(name, first, (date(year, 3 * number, 1) + timedelta(days=31)).replace(day=1) - timedelta(days=1))

    def before(self) -> "Quarter":
        """The quarter before this one."""
        return Quarter.of(self.first - timedelta(days=1))

    def after(self) -> "Quarter":
        """The quarter after this one."""
        return Quarter.of(self.last + timedelta(days=1))

    @classmethod
    def asked(cls, name: str, day: date) -> "Quarter":
        """The quarter that a request names (``QuarterName``): "" is that of this day."""
        return cls.named(name) if name else cls.of(day)

    @classmethod
    def begun(cls, name: str, day: date) -> "Quarter":
        """``asked`` of what can only be said of a quarter once it has begun. Raises D-quarter-future."""
        quarter = cls.asked(name, day)
        if quarter.first > day:
            raise refuse("D-quarter-future", quarter=quarter.name)
        return quarter

    @property
    def months(self) -> tuple[str, ...]:
        """Its three months, each as ``2026-07``."""
        return tuple(f"{self.first.year}-{self.first.month + step:02}" for step in range(3))

    def holds(self, day: str) -> bool:
        """Whether a date YYYY-MM-DD lies in it."""
        return self.first.isoformat() <= day <= self.last.isoformat()


def quarter_in(text: str) -> str | None:
    """The name of the quarter that people write as 2026Q4 or 2026年第四季度; None for anything else."""
    found = _WRITTEN.fullmatch(unicodedata.normalize("NFKC", text).strip())
    if found is None:
        return None
    year, number = found.groups()
    return f"{year}Q{_DIGITS.get(number, number)}"
