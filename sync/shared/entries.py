"""Messages about one member, whatever the family: what we said, what stands of it, and saying something more."""

from collections.abc import Iterator
from contextlib import suppress
from typing import Annotated

import msgspec

from gongguan.protocol.errors import AgreementError, ExchangeError, refuse
from gongguan.protocol.messages.envelope import Body
from gongguan.sync.act import Act
from gongguan.sync.exchange.values import Records, Value
from gongguan.sync.labels import labelled
from gongguan.sync.records import LogMessage, MobilityPeriod, Unit
from gongguan.sync.shared.partners import version_in_force
from gongguan.sync.shared.periods import (
    check_reach,
)
from gongguan.sync.shared.provenance import Sources
from gongguan.sync.shared.views import (
    standing,
)


class EntryMade(msgspec.Struct, frozen=True, kw_only=True):
    """What became of an entry. ``conflict``: id of the conflict that it is part of."""

    entry: Annotated[str, labelled("记载编号", "entry")]
    status: Annotated[str, labelled("状态", "status", codes="fact_status")]
    late: Annotated[bool, labelled("迟记", "late")] = False
    conflict: Annotated[str | None, labelled("冲突编号", "conflict")] = None


def records_now(act: Act, period: MobilityPeriod) -> Records:
    """The member's shared records as this transaction sees them, with what it wrote itself."""
    return act.exchange.book(period.pairing_id).unit(period.agreement, period.subject).records


def own_standing(act: Act, period: MobilityPeriod, key: str) -> Value | None:
    """Our own entry of a fact that we have not withdrawn."""
    book = act.exchange.book(period.pairing_id)
    mine = [item for item in standing(records_now(act, period).get(key)) if item["party"] == book.own_party]
    return mine[-1] if mine else None


def own_message(act: Act, message_id: str, keys: tuple[str, ...], code: str) -> tuple[MobilityPeriod, str]:
    """The member and the key of the fact that an own message is an entry of. Raises ``code``, D-entry-withdrawn."""
    for row in act.store.find(LogMessage, author=act.exchange.identity.node_id, id=message_id):
        unit = act.store.get(Unit, row.unit) if row.unit is not None else None
        if unit is None or act.store.get(MobilityPeriod, unit.name) is None:
            continue
        period = check_reach(act, unit.name)
        for key, entry in _entries(records_now(act, period), keys):
            if entry["id"] != message_id:
                continue
            if "withdrawn" in entry:
                raise refuse("D-entry-withdrawn", entry=message_id)
            return period, key
    raise refuse(code, entry=message_id)


def write(act: Act, period: MobilityPeriod, kind: str, body: Body, *, in_force: bool = True) -> str:
    """Write a message about a member and wake the delivery; its id.

    ``in_force``: our clock must not be past the agreement's term; what only puts right may still be said.
    """
    book = act.exchange.book(period.pairing_id)
    version = version_in_force(act, period.pairing_id) if in_force else book.current_version()
    message = book.write(kind, body, version=version, subject=period.subject)
    act.node.wake(period.pairing_id)
    return message.id


def tell(act: Act, period: MobilityPeriod, kind: str, body: Body, *, in_force: bool = True) -> str | None:
    """``write`` what this node keeps in any case; None where the partner cannot be told.

    Terms of before this kind was there, or a partner that does not know it yet, are no reason to keep no record here.
    """
    with suppress(AgreementError, ExchangeError):
        return write(act, period, kind, body, in_force=in_force)
    return None


def enter(act: Act, period: MobilityPeriod, kind: str, body: Body, key: str) -> EntryMade:
    """Make an entry of our own under a key. Raises D-entry-already where one of ours stands, and ``G-…``."""
    if own_standing(act, period, key) is not None:
        raise refuse("D-entry-already", subject=period.subject)
    return entry_made(act, period, key, write(act, period, kind, body))


def _entries(records: Records, keys: tuple[str, ...]) -> Iterator[tuple[str, Value]]:
    for key in records:
        if key.startswith(keys):
            for entry in records[key]["entries"]:
                yield key, entry


def entry_made(act: Act, period: MobilityPeriod, key: str, entry: str) -> EntryMade:
    """What became of an entry, by the record that it went into."""
    record = records_now(act, period)[key]
    status = Sources(act.store).status(period.pairing_id, record["status"])
    return EntryMade(entry=entry, status=status, conflict=record.get("conflict"))
