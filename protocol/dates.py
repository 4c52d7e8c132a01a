"""Arithmetic of calendar days that both nodes must do alike."""

import calendar
from datetime import date
from functools import lru_cache


@lru_cache(maxsize=4096)
def months_after(day: str, months: int) -> str:
    """The same day of the month so many months later, as ``YYYY-MM-DD``; in a shorter month its last day."""
    found = date.fromisoformat(day)
    year, month = divmod(found.year * 12 + found.month - 1 + months, 12)
    return date(year, month + 1, min(found.day, calendar.monthrange(year, month + 1)[1])).isoformat()
