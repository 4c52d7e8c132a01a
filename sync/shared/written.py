"""When the author of a message says to have written it, read without decoding the rest of the message."""

from datetime import date, datetime

import msgspec

from gongguan.protocol.forms import ready
from gongguan.sync.days import today
from gongguan.sync.exchange.values import Value
from gongguan.sync.records import Epoch, LogMessage, MobilityPeriod
from gongguan.sync.store import Store


class WrittenDays:
    """Days on which entries were written; for many of them the epochs of a pairing are read once."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._ordinals: dict[str, dict[str, int]] = {}

    def of(self, period: MobilityPeriod, entry: Value) -> date | None:
        """The date in China on which its author says to have written an entry; None when it cannot be read."""
        if period.pairing_id not in self._ordinals:
            epochs = self._store.find(Epoch, pairing_id=period.pairing_id)
            self._ordinals[period.pairing_id] = {row.epoch: row.ordinal for row in epochs}
        ordinal = self._ordinals[period.pairing_id].get(entry["epoch"])
        row = self._store.get(LogMessage, ordinal, entry["position"]) if ordinal is not None else None
        written = written_at(row) if row else None
        return today(written) if written else None


class _Written(msgspec.Struct, frozen=True):
    """The one field that is read: a list needs nothing else of thousands of messages."""

    at: str


def written_on(store: Store, period: MobilityPeriod, entry: Value) -> date | None:
    """``WrittenDays.of`` for one entry."""
    return WrittenDays(store).of(period, entry)


def written_at(row: LogMessage) -> datetime | None:
    """The instant that a message bears; None when it cannot be read, since it was erased."""
    try:
        return datetime.fromisoformat(msgspec.json.decode(row.data, type=ready(_Written)).at)
    except (msgspec.DecodeError, ValueError):
        return None
