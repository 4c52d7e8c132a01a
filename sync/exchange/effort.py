"""How much of this node's one writer a partner may take: what it makes us read again is counted, and paid back in time.

What a partner says for the first time costs its bytes, which ``sync/exchange/quota.py`` bounds. But an old ``seen``, a
suspension that much had crossed, a withdrawal or an outcome about all that cites an agreement have stored messages
folded anew, again and again if it likes; and one head of ours or its own, shown thousands of times in a bundle of some
kilobytes, is verified as often. Each message that is read again, each signature that brings nothing new, and all of a
bundle that is refused in the end, is owed by the partner; so is what its questions about our records have us read. What
is owed is paid by ``REREAD_PER_S`` as time goes by. Whoever owes more than ``OWED_MAX`` is told to come again later
(``R-busy``), so that it takes a part of the writer's time and no more, however it goes about it; everybody else finds
the writer free meanwhile::

    effort.check(pairing_id, now)          # before a bundle is opened
    effort.add(pairing_id, 1200, now)      # after it, also where it was refused
"""

import threading
from datetime import datetime
from typing import Final

from gongguan.protocol.errors import refuse

REREAD_PER_S: Final = 2_000
"""Messages read again: about a fifth of what the writer can do."""
OWED_MAX: Final = 100_000
"""An honest partner after months without a line, whose messages sort among ours: some units, each folded once."""
SIGNATURE_COSTS: Final = 2
"""Verifying a signature that brings nothing new, as so many messages: 0.17 ms."""
WAIT_S_MAX: Final = 900
LEAVES_READ_MAX: Final = 65_536
"""Leaf hashes read in one transaction for heads that no honest partner shows: about 50 ms."""


class Effort:
    """What every partner owes in this process: nothing of it is kept, a restart forgives. From any thread."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._owed: dict[str, tuple[float, datetime]] = {}

    def check(self, pairing_id: str, now: datetime) -> None:
        """None while the partner owes little. Raises R-busy with the seconds until it does."""
        too_much = self.owed(pairing_id, now) - OWED_MAX
        if too_much > 0:
            raise refuse("R-busy", retry_after_s=min(WAIT_S_MAX, 1 + int(too_much / REREAD_PER_S)))

    def add(self, pairing_id: str, count: int, now: datetime) -> None:
        """So many messages more were read for this partner."""
        with self._lock:
            if count:
                self._owed[pairing_id] = (self.owed(pairing_id, now) + count, now)

    def owed(self, pairing_id: str, now: datetime) -> float:
        """How many messages are not paid yet. A clock that went back pays nothing, and time goes on from there."""
        with self._lock:
            count, since = self._owed.get(pairing_id, (0.0, now))
            if since > now:
                self._owed[pairing_id] = (count, now)
        return max(0.0, count - REREAD_PER_S * max(0.0, (now - since).total_seconds()))
