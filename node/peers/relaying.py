"""What is on its way to a partner through a relay: nobody answers there, so how often to send is a matter of care.

A bundle that was put holds everything up to some sizes; only what goes beyond them is put next. What stays without
receipt is put once more after a time that doubles, and at once when the partner shows that it took our last bundle
and still lacks some, or that it was restored to less than it had::

    way = OnTheWay()
    if way.has_work(standing, now_s, limits): compose(beyond=way.sent) …; way.put(composed, standing, now_s, limits)
    pause_s = way.pause_s(standing, now_s, limits)
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from gongguan.node.config import Limits
from gongguan.protocol.attachment import PARTS_MAX
from gongguan.protocol.bundle import DigestQuestion
from gongguan.sync.exchange.exchange import Composed, Exchange, Received, due_from
from gongguan.sync.records import Pairing

RESENDS_COUNTED = 20
"""Beyond so many doublings the wait is the longest anyway."""
RECOVERING = "recovering/"
"""A restored node is due to ask, although no log of it is longer than the partner's."""


class Standing(NamedTuple):
    """What there is to bring. ``due``: epoch → (from which size on the partner lacks it, size). ``owed``: partner's
    epochs with the size that our receipt covers, where it has not shown that it holds that receipt; and files that one
    side lacks, with a number that changes whenever a part comes."""

    due: Mapping[str, tuple[int, int]]
    owed: tuple[tuple[str, int], ...]


def standing(exchange: Exchange, pairing_id: str) -> Standing:
    """How it stands with one partner."""
    held = exchange.store.get(Pairing, pairing_id)
    rows = exchange.book(pairing_id).epochs.values()
    due = {row.epoch: (due_from(row), row.size) for row in rows if due_from(row) < row.size}
    if held is not None and held.recovering:
        due[RECOVERING + held.recovering] = (0, 1)
    owed = [(row.epoch, row.size) for row in rows if not row.own and row.receipted < row.size]
    owed += [(sha256, here ^ there << PARTS_MAX) for sha256, here, there, _ in exchange.files_on_the_way(pairing_id)]
    return Standing(due, tuple(owed))


@dataclass
class OnTheWay:
    """See the module. Times are those of a monotonic clock, in seconds."""

    sent: dict[str, int] = field(default_factory=dict)
    last: str = ""
    asked: tuple[DigestQuestion, ...] = ()
    """The questions of reconciliation in it."""
    _seen: dict[str, int] = field(default_factory=dict)
    _shown: tuple[tuple[str, int], ...] = ()
    _resend_at_s: float = 0.0
    _resends: int = 0
    _owes_answer: bool = True
    _heard: bool = False
    _answered_at_s: float | None = None

    def has_work(self, now: Standing, now_s: float, limits: Limits) -> bool:
        """Whether a bundle has to be put."""
        starts = {epoch: start for epoch, (start, _) in now.due.items()}
        if any(start < self._seen.get(epoch, 0) for epoch, start in starts.items()):
            self._forget()
        elif any(start > self._seen.get(epoch, start) for epoch, start in starts.items()):
            self._wait(now_s, limits, resends=0)
        self._seen = starts
        waits = bool(self.sent.keys() & now.due.keys()) or bool(now.owed and now.owed == self._shown)
        if not waits:
            self._resends = 0
        elif now_s >= self._resend_at_s:
            self._forget()
            self._wait(now_s, limits, resends=self._resends + 1)
        fresh = any(size > self.sent.get(epoch, 0) for epoch, (_, size) in now.due.items())
        return fresh or bool(now.owed and now.owed != self._shown) or self._may_answer(now_s, limits)

    def put(self, composed: Composed, now: Standing, now_s: float, limits: Limits) -> None:
        """A bundle lies at the relay."""
        if not self.sent:
            # What follows does not put off the rest: a steady stream would never let it be sent again.
            self._wait(now_s, limits, resends=self._resends)
        self.sent |= dict(composed.reached)
        self.sent |= {name: 1 for name in now.due if name.startswith(RECOVERING)}
        self.sent = {epoch: size for epoch, size in self.sent.items() if epoch in now.due}
        self.last = composed.bundle
        self._shown = now.owed
        self._owes_answer = False
        self._answered_at_s = now_s

    def heard(self, received: Received) -> None:
        """A bundle of the partner came through the relay."""
        # What answers our last bundle has taken it: what the partner still lacks then is lost. The first that answers
        # nothing comes from a partner that has taken none: ours came before its officer had confirmed the pairing.
        if received.answers == self.last or (received.answers is None and not self._heard):
            self._forget()
        self._heard = True
        if received.ahead or (received.receipts and not received.new_messages and not received.new_receipts):
            self._owes_answer = True

    def owe_answer(self) -> None:
        """The partner has to hear what we hold."""
        self._owes_answer = True

    def pause_s(self, now: Standing, now_s: float, limits: Limits) -> float | None:
        """How long until something has to be put even if there is no news; None for ever."""
        times = [self._resend_at_s] if now.due or now.owed else []
        if self._owes_answer and self._answered_at_s is not None:
            times.append(self._answered_at_s + limits.relay_answer_s)
        return max(0.0, min(times) - now_s) if times else None

    def _may_answer(self, now_s: float, limits: Limits) -> bool:
        rested = self._answered_at_s is None or now_s - self._answered_at_s >= limits.relay_answer_s
        return self._owes_answer and rested

    def _wait(self, now_s: float, limits: Limits, resends: int) -> None:
        self._resends = resends
        doubled_s = limits.relay_resend_s_min * 2 ** min(resends, RESENDS_COUNTED)
        self._resend_at_s = now_s + min(limits.relay_resend_s_max, doubled_s)

    def _forget(self) -> None:
        self.sent = {}
        self._shown = ()
