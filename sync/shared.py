"""Views of what both nodes hold: a member's unit as staff see it, without the machinery behind.

Everything here is read from ``SharedRecord``; nothing is kept. Values are those of ``sync/fold.py``: a fact has
``status`` and, unless withdrawn, ``effective``; ``entries`` holds who said what.
"""

from collections.abc import Iterator
from typing import Any

import msgspec

from gongguan.protocol.errors import refuse
from gongguan.sync.act import Act
from gongguan.sync.fold import Value
from gongguan.sync.logbook import unit_id
from gongguan.sync.records import MobilityPeriod, Pairing, SharedRecord
from gongguan.sync.store import Store


def value_of(record: SharedRecord) -> Value:
    """A shared record's value."""
    decoded: Value = msgspec.json.decode(record.value)
    return decoded


def unit_records(store: Store, agreement: str, subject: str) -> dict[str, Value]:
    """All shared records of a member (or object) under an agreement, by key."""
    found = store.find(SharedRecord, unit=unit_id(agreement, subject))
    return {record.key: value_of(record) for record in found}


def shared(store: Store, agreement: str, subject: str, key: str) -> Value | None:
    """One shared record of a member."""
    record = store.get(SharedRecord, unit_id(agreement, subject), key)
    return value_of(record) if record else None


def effective(value: Value | None) -> dict[str, Any] | None:
    """What counts of a fact, field or register; None where nothing does."""
    return value.get("effective") if value else None


def in_category(store: Store, agreement: str, category: str) -> Iterator[tuple[str, str, Value]]:
    """(subject, key, value) of every shared record of a category under an agreement."""
    for record in store.find(SharedRecord, agreement=agreement, category=category):
        yield record.subject, record.key, value_of(record)


def period_of(store: Store, subject: str) -> MobilityPeriod:
    """The mobility period that goes by this pseudonym. Raises ``D-subject-unknown``."""
    period = store.get(MobilityPeriod, subject)
    if period is None:
        raise refuse("D-subject-unknown", subject=subject)
    return period


def version_in_force(act: Act, pairing_id: str) -> str:
    """The agreement version to cite. Raises ``G-not-in-force``; ``G-expired`` when our clock is past its term."""
    book = act.exchange.book(pairing_id)
    current = book.current_version()
    version = book.version(current) if current else None
    if version is None:
        raise refuse("G-not-in-force", pairing=pairing_id)
    if act.now.date().isoformat() > version.gate.terms.valid_until:
        raise refuse("G-expired", until=version.gate.terms.valid_until)
    return current


def agreement_in_force(act: Act, pairing_id: str) -> str:
    """The agreement id (hash of version 1) that is in force with this partner. Raises ``G-not-in-force``."""
    version = act.exchange.book(pairing_id).version(version_in_force(act, pairing_id))
    if version is None:
        raise refuse("G-not-in-force", pairing=pairing_id)
    return version.agreement


def active_pairing(store: Store, peer: str) -> Pairing:
    """The active pairing with a partner, named by the beginning of its node id or pairing id, or the only one if "".

    Raises ``D-peer-unknown`` or ``D-peer-ambiguous``.
    """
    found = [
        pairing
        for pairing in store.find(Pairing, state="active")
        if pairing.peer.startswith(peer) or pairing.pairing_id.startswith(peer)
    ]
    if not found:
        raise refuse("D-peer-unknown")
    if len(found) > 1:
        raise refuse("D-peer-ambiguous", count=len(found))
    return found[0]
