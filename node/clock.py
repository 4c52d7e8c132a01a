"""The only reader of the clock and of the system's randomness.

Everything else takes ``now`` or bytes as arguments, or is given a ``Clock``: this module is one, ``FakeClock`` in the
tests another. ``monotonic`` is for durations within this process, never for anything that is stored::

    clock.stamp()          # "2026-11-21T08:00:00Z"
    clock.random_hex(16)   # 32 hex digits
"""

import os
import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """What the shell is given to tell the time and to draw random bytes: the functions of this module."""

    def now(self) -> datetime: ...
    def stamp(self, instant: datetime | None = None) -> str: ...
    def monotonic(self) -> float: ...
    def random_bytes(self, count: int) -> bytes: ...
    def random_hex(self, count: int) -> str: ...


def now() -> datetime:
    """The present instant, aware, in UTC."""
    return datetime.now(UTC)


def stamp(instant: datetime | None = None) -> str:
    """RFC 3339 in UTC with whole seconds, as records and messages keep it; of ``instant`` or else of now."""
    return (instant or now()).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def monotonic() -> float:
    """Seconds since some fixed moment; never goes back, not even when the wall clock is set."""
    return time.monotonic()


def random_bytes(count: int) -> bytes:
    """``count`` bytes from the operating system's generator, fit for keys."""
    return os.urandom(count)


def random_hex(count: int) -> str:
    """``count`` random bytes as 2 * ``count`` hex digits."""
    return os.urandom(count).hex()
