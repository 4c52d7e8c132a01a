"""What the own record said of a member on earlier days (A-03): no version of it is ever overwritten.

Before a record changes for the first time its old content is kept, and every content after it with the day on which it
came. Whoever changes a member or an outflow entry does it through ``keep``; rosters of past days read ``member_on``::

    keep(store, [member], day=date(2026, 5, 10), at="2026-05-10T04:00:00Z")
    member_on(store, member_id, date(2026, 5, 9)).name     # as it was the day before
"""

from collections.abc import Iterable
from datetime import date
from typing import Final, TypeVar

import msgspec

from .records import Member, OutflowEntry, RosterVersion
from .store import Store

MEMBER: Final = "member"
OUTFLOW: Final = "outflow"
ALWAYS: Final = ""
"""``since`` of the content that stood before the first change: nobody wrote down from when."""

R = TypeVar("R", Member, OutflowEntry)


def keep(store: Store, records: Iterable[Member | OutflowEntry], day: date, at: str) -> None:
    """Put records, and with each that changes what it was before."""
    for record in records:
        name = MEMBER if isinstance(record, Member) else OUTFLOW
        before = store.get(type(record), record.member_id)
        if before == record:
            continue
        if before is not None:
            _add_version(store, name, before, record, day, at)
        store.put(record)


def member_on(store: Store, member_id: str, day: date) -> Member | None:
    """The member's record as it was at the end of that day; None for somebody who is not on record."""
    return _on(store, MEMBER, member_id, day, Member)


def entry_on(store: Store, member_id: str, day: date) -> OutflowEntry | None:
    """The outflow entry as it was at the end of that day."""
    return _on(store, OUTFLOW, member_id, day, OutflowEntry)


def _add_version(
    store: Store, name: str, before: Member | OutflowEntry, record: Member | OutflowEntry, day: date, at: str
) -> None:
    kept = store.find(RosterVersion, roster=name, person=record.member_id)
    number = len(kept)
    if not kept:
        store.add(_version(name, before, 0, ALWAYS, at))
        number = 1
    store.add(_version(name, record, number, day.isoformat(), at))


def _version(name: str, record: Member | OutflowEntry, number: int, since: str, at: str) -> RosterVersion:
    row = msgspec.json.encode(record).decode()
    return RosterVersion(roster=name, person=record.member_id, number=number, since=since, at=at, row=row)


def _on(store: Store, name: str, member_id: str, day: date, kind: type[R]) -> R | None:
    kept = store.find(RosterVersion, roster=name, person=member_id)
    known = [item for item in kept if item.since <= day.isoformat()]
    if not known or (newest := max(known, key=lambda item: item.number)).row is None:
        return store.get(kind, member_id)
    return msgspec.json.decode(newest.row, type=kind)
