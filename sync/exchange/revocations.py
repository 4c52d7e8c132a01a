"""Ending what a pairing allows: stopped at once by an officer, gone on with, or revoked for good.

A stopped or revoked pairing accepts and sends nothing; its logs, records and proofs stay readable. What is lost for
ever (all keys of a node, or trust in it) needs a new pairing, whose record names the old one (``Pairing.replaces``).
Members are carried over by a new notice each, under an agreement of the new pairing: ``to_carry`` says whose::

    move(book, "stopped"); move(book, "active"); move(book, "ended")
"""

from typing import TYPE_CHECKING, Final

import msgspec

from gongguan.protocol.errors import refuse
from gongguan.sync.records import MobilityPeriod, Pairing
from gongguan.sync.store import Store

if TYPE_CHECKING:
    from gongguan.sync.exchange.logbook import LogBook

MOVES: Final = frozenset(
    {
        ("active", "stopped"),
        ("stopped", "active"),
        ("active", "ended"),
        ("stopped", "ended"),
        ("frozen", "ended"),
    }
)
"""(state, state after it). What is frozen by evidence is not gone on with; ``ended`` is final."""


def move(book: "LogBook", state: str) -> Pairing:
    """The pairing in its new state, in force from this transaction on. Raises D-pairing-state."""
    if (book.pairing.state, state) not in MOVES:
        raise refuse("D-pairing-state", state=book.pairing.state, event=state)
    book.pairing = msgspec.structs.replace(book.pairing, state=state)
    book.store.put(book.pairing)
    return book.pairing


def named(store: Store, name: str) -> Pairing:
    """The pairing whose partner's node id or whose own id begins so, in whatever state; the living one before others.

    Raises D-peer-unknown, D-peer-ambiguous.
    """
    given = name.strip().lower()
    found = [item for item in store.find(Pairing) if item.peer.startswith(given) or item.pairing_id.startswith(given)]
    chosen = [item for item in found if item.state != "ended"] or found
    if not chosen:
        raise refuse("D-peer-unknown")
    if len(chosen) > 1:
        raise refuse("D-peer-ambiguous", count=len(chosen))
    return chosen[0]


def check_replaced(store: Store, pairing_id: str | None) -> None:
    """None when a new pairing may name this one: ended here, or not known here (its node lost everything).

    Raises D-pairing-not-ended.
    """
    held = store.get(Pairing, pairing_id) if pairing_id is not None else None
    if held is not None and held.state != "ended":
        raise refuse("D-pairing-not-ended", pairing=held.pairing_id)


def to_carry(store: Store, old: str, new: str) -> list[str]:
    """Members of ours who were notified under the old pairing and not yet under the new one: their member ids."""
    there = {item.member_id for item in store.find(MobilityPeriod, pairing_id=new)}
    before = store.find(MobilityPeriod, pairing_id=old, side="origin")
    ids = {item.member_id for item in before if item.member_id is not None and item.member_id not in there}
    return sorted(ids)
