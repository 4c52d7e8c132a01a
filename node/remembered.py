"""What the writing connection has read of small tables, remembered from one transaction to the next.

Every transaction asks the same few things: the pairing, whether anything is held, erased, wished for. As long as nobody
writes to those tables the answers stay. Only what was read before the transaction itself wrote to a table is
remembered, so nothing has to be taken back when it fails; what another connection wrote shows by SQLite's
``data_version``, and then all is forgotten. On PostgreSQL, where a second process may write, nothing is remembered::

    remembered.begin(driver); store = SqlStore(driver, backend, writable=True, remembered=remembered)
    remembered.wrote(store.written())        # once the commit has returned
"""

from collections.abc import Mapping
from typing import Any, Final, TypeVar, cast

from gongguan.sync.records import (
    AgreementVersion,
    AttachedFile,
    Attempt,
    CardNote,
    Erasure,
    Holding,
    Pairing,
    PartnerWish,
    Recovery,
    Setting,
    Unit,
)
from gongguan.sync.store import Record

TABLES: Final[frozenset[type[Record]]] = frozenset(
    {AgreementVersion, AttachedFile, Attempt, CardNote, Erasure, Holding, Pairing, PartnerWish, Recovery, Setting, Unit}
)
"""Tables that nearly every transaction looks into and few write to; and settings and units, of which each transaction
writes one or two that it knows."""
RECORDS_MAX: Final = 1_000
"""Records remembered of one table by their key: all of it is forgotten beyond."""
ANSWERS_MAX: Final = 200
"""Answers to searches in one table."""
ROWS_MAX: Final = 32
"""Records in one such answer, and values in its question: a longer one is not remembered."""

R = TypeVar("R", bound=Record)
Key = tuple[Any, ...]
Written = Mapping[type[Record], Mapping[Key, Record | None]]


class Remembered:
    """See the module. Belongs to the writer's thread."""

    def __init__(self) -> None:
        self._version: int | None = None
        self._records: dict[type[Record], dict[Key, Record | None]] = {kind: {} for kind in TABLES}
        self._answers: dict[type[Record], dict[Key, tuple[Record, ...]]] = {kind: {} for kind in TABLES}

    def begin(self, driver: Any) -> None:
        """A transaction has begun on the connection: forget all if another connection has written since the last."""
        (version,) = driver.execute("PRAGMA data_version").fetchone()
        if version != self._version:
            self.forget()
            self._version = version

    def forget(self) -> None:
        """Nothing is known any more, for instance since nobody knows whether a commit took effect."""
        for kind in TABLES:
            self._records[kind].clear()
            self._answers[kind].clear()

    def records(self, kind: type[Record]) -> dict[Key, Record | None]:
        """Key → the record, or None where there is none; what is read is to be put in. Empty for other tables."""
        return _bounded(self._records[kind], RECORDS_MAX) if kind in TABLES else {}

    def answer(self, kind: type[R], question: Key) -> tuple[R, ...] | None:
        """What a search found, if it is remembered."""
        return cast(tuple[R, ...] | None, self._answers[kind].get(question)) if kind in TABLES else None

    def answered(self, kind: type[Record], question: Key, found: tuple[Record, ...]) -> None:
        """Remember what a search found in a table to which this transaction has not written."""
        if kind in TABLES and len(found) <= ROWS_MAX and len(question) <= ROWS_MAX:
            _bounded(self._answers[kind], ANSWERS_MAX)[question] = found

    def wrote(self, written: Written) -> None:
        """A transaction that left these records under these keys (None: removed) has committed."""
        for kind in TABLES & written.keys():
            self._answers[kind].clear()
            _bounded(self._records[kind], RECORDS_MAX).update(written[kind])


def _bounded(known: dict[Key, Any], size_max: int) -> dict[Key, Any]:
    if len(known) > size_max:
        known.clear()
    return known
