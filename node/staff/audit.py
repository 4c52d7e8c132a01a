"""The audit: one entry per operation of staff, failures too, each chained to the one before by hash.

An entry names the person, the operation, what it was about (an id) and the outcome (``ok`` or a code); never the
content of a record. ``first_broken`` finds the first entry that was altered, removed or put in between; cutting off
the end shows only against a copy of a later ``head``, which is why exports and statements carry it::

    append(store, at="2026-11-21T08:00:00Z", staff="王芳", operation="member.show", about="member:…", outcome="ok")
    first_broken(store)   ->  None
"""

import hashlib
from typing import Final

import msgspec

from gongguan.protocol import canonical
from gongguan.sync.records import AuditEntry
from gongguan.sync.store import Store

BEGINNING: Final = "0" * 64
"""What stands before the first entry."""

_BATCH: Final = 1000

NOBODY: Final = "-"
"""The name in an entry whose person could not be told."""


def append(
    store: Store,
    *,
    at: str,
    staff: str,
    operation: str,
    outcome: str,
    about: str | None = None,
    purpose: str | None = None,
    records: int | None = None,
) -> AuditEntry:
    """Add the next entry in this transaction. ``purpose`` and ``records``: why, and how many records were read."""
    number = store.next_number(AuditEntry, "number")
    previous = store.get(AuditEntry, number - 1)
    entry = AuditEntry(
        number=number,
        at=at,
        staff=staff,
        operation=operation,
        about=about,
        outcome=outcome,
        purpose=purpose,
        records=records,
        digest="",
    )
    chained = msgspec.structs.replace(entry, digest=_digest(entry, previous.digest if previous else BEGINNING))
    store.add(chained)
    return chained


def head(store: Store) -> tuple[int, str]:
    """Number and digest of the last entry; (0, zeros) of an empty audit."""
    last = store.find(AuditEntry, order=("number",), descending=True, limit=1)
    return (last[0].number, last[0].digest) if last else (0, BEGINNING)


def first_broken(store: Store) -> int | None:
    """The number of the first entry that does not follow from the one before; None when the chain holds."""
    expected, previous = 1, BEGINNING
    while True:
        entries = store.find(AuditEntry, number__ge=expected, order=("number",), limit=_BATCH)
        for entry in entries:
            if entry.number != expected or entry.digest != _digest(entry, previous):
                return expected
            expected, previous = expected + 1, entry.digest
        if len(entries) < _BATCH:
            return None


def _digest(entry: AuditEntry, previous: str) -> str:
    fields = {
        "about": entry.about,
        "at": entry.at,
        "number": entry.number,
        "operation": entry.operation,
        "outcome": entry.outcome,
        "previous": previous,
        "staff": entry.staff,
    }
    # Entries from before these fields existed keep their digests.
    later = {"purpose": entry.purpose, "records": entry.records}
    return hashlib.sha256(
        canonical.encode(fields | {name: value for name, value in later.items() if value})
    ).hexdigest()
