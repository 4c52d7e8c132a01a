"""Units: what is folded together, as one transaction sees it.

A unit is (agreement or pairing id, subject or object); its records are read when they are looked at and written back
at the end of the transaction. Who folds what into them is ``sync/exchange/logbook.py``.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from gongguan.protocol import canonical
from gongguan.protocol.causality import BEFORE_ALL, OrderKey
from gongguan.sync.exchange.values import Changes, Value
from gongguan.sync.records import SharedRecord, Unit
from gongguan.sync.store import Store


class LazyRecords(Mapping[str, Value]):
    """The shared records of a unit, each read and decoded when it is looked at.

    A unit may have a hundred thousand records and a message looks at three of them; only who walks through the
    records has them all read. ``unread``: where those are that were not looked at yet (None: there are none).
    """

    def __init__(self, unread: tuple[Store, bytes] | None = None) -> None:
        self._unread = unread
        self._raw: dict[str, bytes | None] = {}
        self._values: dict[str, Value] = {}

    @property
    def raw(self) -> dict[str, bytes]:
        """All records, encoded."""
        if self._unread is not None:
            store, unit = self._unread
            for key, value in store.pick(SharedRecord, ("key", "value"), unit=unit):
                self._raw.setdefault(key, value)
            self._unread = None
        return {key: value for key, value in self._raw.items() if value is not None}

    def know(self, key: str, value: bytes | None) -> None:
        """What the store has under this key (None: nothing), read by somebody else."""
        self._raw.setdefault(key, value)

    def lacks(self, key: str) -> bool:
        """Whether the store would have to be asked for this key."""
        return self._unread is not None and key not in self._raw

    def encoded(self, key: str) -> bytes | None:
        """One record, encoded; None when there is none."""
        encoded = self._raw.get(key)
        if encoded is None and self._unread is not None and key not in self._raw:
            store, unit = self._unread
            found = store.get(SharedRecord, unit, key)
            encoded = self._raw[key] = found.value if found is not None else None
        return encoded

    def __getitem__(self, key: str) -> Value:
        value = self.get(key)
        if value is None:
            raise KeyError(key)
        found: Value = value
        return found

    def get(self, key: str, default: Any = None) -> Any:
        """As of any mapping, without raising in between: most records that are looked for are not there yet."""
        value = self._values.get(key)
        if value is None:
            found = self.encoded(key)
            if found is None:
                return default
            value = self._values[key] = msgspec.json.decode(found)
        return value

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self.raw))

    def __len__(self) -> int:
        return len(self.raw)

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and (key in self._values or self.encoded(key) is not None)

    def take(self, changes: Changes) -> dict[str, bytes]:
        """Let these records be as given; what they are encoded."""
        encoded = {key: canonical.encode_checked(value) for key, value in changes.items()}
        self._raw.update(encoded)
        self._values.update(changes)
        return encoded


@dataclass
class UnitWork:
    """A unit being worked on: its row, its records, and what has to be written back."""

    row: Unit
    records: LazyRecords
    changed: dict[str, bytes] = field(default_factory=dict)
    removed: set[str] = field(default_factory=set)
    last: OrderKey = BEFORE_ALL
    stale: bool = False
    """Something sorted before the last: verdicts may look, since they ask who is inside a past, but nobody else."""
    crossed: bool = False
    """An ending came that some of it had crossed: what that changes no past tells, so verdicts wait for it."""
    evidence: LazyRecords | None = None
    """Where messages are held or void: the records with these too, for verdicts on who knew them."""
    unaware: dict[frozenset[str], LazyRecords] = field(default_factory=dict)
    """Stops that an author did not know → the records as that author has them, with what crossed these stops."""
    taken: tuple[str, int] | None = None
    """The partner's message that was folded in last."""


def work_of(store: Store, row: Unit | None, key: bytes, name: tuple[str, str]) -> UnitWork:
    """A unit from its row; ``name`` is (agreement or pairing id, subject or object) for one that is new."""
    if row is None:
        return UnitWork(Unit(unit=key, agreement=name[0], name=name[1]), LazyRecords())
    last = OrderKey(row.last_lamport, row.last_party, row.last_epoch, row.last_index)
    return UnitWork(row, LazyRecords((store, key)), last=last)
