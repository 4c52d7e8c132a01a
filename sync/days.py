"""Days in China: what dates in bodies and requests are compared with."""

from datetime import date, datetime, timedelta, timezone
from typing import Final

from gongguan.protocol.errors import refuse

CHINA: Final = timezone(timedelta(hours=8))


CLOCK_SLACK: Final = timedelta(days=1)
"""A clock that is set back by less has not opened anything for longer."""


def is_open(until: str, now: datetime, term: timedelta) -> bool:
    """Whether what was opened for ``term`` and ends at the instant ``until`` is still open.

    What ends later than it could if it were opened now was opened by a clock that ran ahead: nobody can say when its
    time is over, and it would stay open, or barred, for as long as the clock was wrong.
    """
    return now < datetime.fromisoformat(until) <= now + term + CLOCK_SLACK


def today(now: datetime) -> date:
    """The date in China at this instant: what dates in bodies are compared with."""
    return now.astimezone(CHINA).date()


def check_day(day: str) -> date:
    """The date YYYY-MM-DD, which must exist. Raises ``D-date``."""
    try:
        return date.fromisoformat(day)
    except ValueError:
        raise refuse("D-date") from None


def check_happened(now: datetime, day: str) -> date:
    """The date YYYY-MM-DD, which must exist and not lie in the future. Raises ``D-date``, ``D-date-future``."""
    found = check_day(day)
    if found > today(now):
        raise refuse("D-date-future", today=today(now).isoformat())
    return found
