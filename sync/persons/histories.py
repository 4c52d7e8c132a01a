"""What the own record said of a member on earlier days (A-03): no version of it is ever overwritten.

Before a record changes for the first time its old content is kept, and every content after it with the day on which it
came. Whoever changes a member or an outflow entry does it through ``put_with_history``; rosters of past days read
``members_on``::

    put_with_history(store, [member], day=date(2026, 5, 10), at="2026-05-10T04:00:00Z")
    members_on(store, [member_id], date(2026, 5, 9))[member_id].name     # as it was the day before
"""

from collections.abc import Collection, Iterable
from datetime import date, timedelta
from typing import Final, TypeVar

import msgspec

from gongguan.protocol.forms import ready
from gongguan.sync.records import Member, OutflowEntry, RosterVersion
from gongguan.sync.store import Store

MEMBER: Final = "member"
OUTFLOW: Final = "outflow"
ALWAYS: Final = ""
"""``since`` of the content that stood before the first change: nobody wrote down from when."""

R = TypeVar("R", Member, OutflowEntry)


def put_with_history(store: Store, records: Iterable[Member | OutflowEntry], day: date, at: str) -> None:
    """Put records, and with each that changes what it was before."""
    for record in records:
        name = MEMBER if isinstance(record, Member) else OUTFLOW
        before = store.get(type(record), record.member_id)
        if before == record:
            continue
        if before is not None:
            _add_version(store, name, before, record, day, at)
        store.put(record)


def members_on(store: Store, members: Collection[str], day: date) -> dict[str, Member]:
    """The members' records as they were at the end of that day, by id; nothing of whoever is not on record."""
    return _on(store, MEMBER, members, day, Member)


def entries_on(store: Store, members: Collection[str], day: date) -> dict[str, OutflowEntry]:
    """Their outflow entries as they were at the end of that day, by id."""
    return _on(store, OUTFLOW, members, day, OutflowEntry)


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


def _on(store: Store, name: str, members: Collection[str], day: date, kind: type[R]) -> dict[str, R]:
    found = {record.member_id: record for record in store.find(kind, member_id__in=members)}
    newest: dict[str, RosterVersion] = {}
    for item in store.find(RosterVersion, roster=name, person__in=members, since__lt=_after(day), order=("number",)):
        newest[item.person] = item
    rows = {person: item.row for person, item in newest.items() if item.row is not None}
    return found | {person: msgspec.json.decode(row, type=ready(kind)) for person, row in rows.items()}


def _after(day: date) -> str:
    return (day + timedelta(days=1)).isoformat()
