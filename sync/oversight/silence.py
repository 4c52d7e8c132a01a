"""Partners of whom nothing has been heard for long (B-08): somebody has to ask, by telephone if need be.

Silence makes nobody late. It says when the last exchange with a partner was, and that it is longer ago than one between
these two usually takes: a week where nodes call each other, six weeks where a courier carries files::

    silent_since(store, pairing, date(2026, 3, 9))    ->  date(2026, 3, 1)
"""

from datetime import date, datetime
from typing import Final

from gongguan.protocol import card as cards
from gongguan.protocol import note
from gongguan.sync.days import today
from gongguan.sync.performance.feedback import last_heard
from gongguan.sync.records import CardNote, Delivery, Pairing
from gongguan.sync.store import Store

CALLED_DAYS: Final = 7
"""Nodes that call each other exchange within minutes; a week covers the longest holidays with the machine off."""

BY_FILE_DAYS: Final = 42
"""A courier who comes once a month, and is ill once."""


def last_exchange(store: Store, pairing: Pairing) -> date:
    """The day in China of the last exchange with a partner, or of the pairing where there was none yet."""
    how = store.get(Delivery, pairing.pairing_id)
    instants = [pairing.confirmed_at, last_heard(store, pairing.pairing_id)]
    instants += [how.reached_at or "", how.heard_at or ""] if how else []
    return today(datetime.fromisoformat(max(instants)))


def silent_since(store: Store, pairing: Pairing, day: date) -> date | None:
    """Since when a partner is silent for longer than usual; None where it is not."""
    last = last_exchange(store, pairing)
    return last if (day - last).days > usual_days(store, pairing) else None


def usual_days(store: Store, pairing: Pairing) -> int:
    """How long an exchange with this partner may take without being worth a question."""
    held = store.get(CardNote, pairing.their_card)
    called = held is not None and bool(cards.parse(note.parse(held.note).text).endpoints)
    return CALLED_DAYS if called else BY_FILE_DAYS
