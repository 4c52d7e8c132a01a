"""Callers who are let in by nothing: how often one address may try in a minute before it is heard no more.

Each attempt with a wrong password or token costs a look at it and leaves an entry in the audit, which has no other
bound. Whoever is let in is not counted, but shares an address with whoever is not::

    strangers = Strangers(now_s=time.monotonic)
    strangers.check("203.0.113.7")      # raises R-busy once it was turned away too often
    strangers.turned_away("203.0.113.7")
"""

from collections import Counter
from collections.abc import Callable
from ipaddress import ip_address, ip_network
from typing import Final

from gongguan.protocol.errors import refuse

MINUTE_S: Final = 60
ATTEMPTS_MAX: Final = 60
"""In a minute: more than an office types, less than a program tries."""
ADDRESSES_MAX: Final = 10_000
"""Of so many is remembered how often they tried; then all begin anew."""
TURNED_AWAY: Final = frozenset({"A-login", "A-token"})
"""The refusals that count."""


class Strangers:
    """See the module. ``now_s``: seconds since some moment."""

    def __init__(self, now_s: Callable[[], float]) -> None:
        self._now_s = now_s
        self._minute = -1
        self._attempts: Counter[str] = Counter()

    def check(self, address: str) -> None:
        """None while this address may go on. Raises R-busy with the seconds until it may."""
        self._begin_minute()
        if self._attempts[_home(address)] >= ATTEMPTS_MAX:
            raise refuse("R-busy", retry_after_s=1 + int(MINUTE_S - self._now_s() % MINUTE_S))

    def turned_away(self, address: str) -> None:
        """Once more."""
        self._begin_minute()
        self._attempts[_home(address)] += 1

    def _begin_minute(self) -> None:
        minute = int(self._now_s() // MINUTE_S)
        if minute != self._minute or len(self._attempts) > ADDRESSES_MAX:
            self._minute, self._attempts = minute, Counter()


def _home(address: str) -> str:
    """One caller has as many IPv6 addresses as it likes, within a network of 64 bits."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    return str(found if found.version == 4 else ip_network((found, 64), strict=False))
