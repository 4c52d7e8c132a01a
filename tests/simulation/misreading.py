"""A disk that gives back one altered byte of one message, once: what bit rot or a bad cable does to a read."""

import random
from typing import Any, TypeVar

import msgspec

from gongguan.sync.records import LogMessage
from gongguan.sync.store import Record
from tests.fakes import MemoryStore

R = TypeVar("R", bound=Record)


class MisreadStore:
    """A store for reading whose first answer with messages in it is wrong in one byte."""

    def __init__(self, store: MemoryStore, rng: random.Random) -> None:
        self._store, self._rng = store, rng
        self._done = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def find(self, kind: type[R], /, **where: Any) -> list[R]:
        """As the store gives it, but for one byte."""
        found = self._store.find(kind, **where)
        if kind is not LogMessage or self._done or not found:
            return found
        self._done = True
        which = self._rng.randrange(len(found))
        record: Any = found[which]
        place = self._rng.randrange(len(record.data))
        altered = record.data[:place] + bytes([record.data[place] ^ 1]) + record.data[place + 1 :]
        found[which] = msgspec.structs.replace(record, data=altered)
        return found
