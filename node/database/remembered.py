"""What the writing connection has read of small tables, remembered from one transaction to the next.

Every transaction asks the same few things: the pairing, whether anything is held, erased, wished for. As long as nobody
writes to those tables the answers stay. Only what was read before the transaction itself wrote to a table is
remembered, so nothing has to be taken back when it fails; what another connection wrote shows by SQLite's
``data_version``, and then all is forgotten. On PostgreSQL, where a second process may write, nothing is remembered::

    remembered.begin(driver); store = SqlStore(driver, backend, writable=True, remembered=remembered)
    remembered.wrote(store.written())        # once the commit has returned
"""

from collections.abc import Mapping
from typing import Any, Final

from gongguan.sync.records import (
    AgreementVersion,
    AttachedFile,
    Attempt,
    CardNote,
    Epoch,
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
    {
        AgreementVersion,
        AttachedFile,
        Attempt,
        CardNote,
        Epoch,
        Erasure,
        Holding,
        Pairing,
        PartnerWish,
        Recovery,
        Setting,
        Unit,
    }
)
"""Tables that nearly every transaction looks into and few write to; and epochs, settings and units, of which each
transaction writes one or two that it knows."""
RECORDS_MAX: Final = 1_000
"""Records remembered of one table by their key: all of it is forgotten beyond."""
ANSWERS_MAX: Final = 200
"""Answers to searches in one table."""
ROWS_MAX: Final = 128
"""Records in one such answer: a longer one is not remembered."""

Key = tuple[Any, ...]
Question = tuple[tuple[Any, ...], int | None, tuple[Any, ...]]
"""What a ``find`` asked: its form (order, descending, unlimited, conditions), its limit, the values."""
Answers = dict[Question, dict[Key, Any]]
"""The records found, in their order, each under its key."""
Written = Mapping[type[Record], Mapping[Key, Record | None]]


class Remembered:
    """See the module. Belongs to the writer's thread."""

    def __init__(self) -> None:
        self._version: int | None = None
        self.tables: dict[type[Record], tuple[dict[Key, Any], Answers]] = {}
        """Key → record, or None where there is none, and search → records found."""

    def begin(self, driver: Any) -> bool:
        """A transaction has begun on the connection: forget all if another connection has written since the last.
        Whether what was known is known still."""
        (version,) = driver.execute("PRAGMA data_version").fetchone()
        if version == self._version:
            return True
        self.forget()
        self._version = version
        return False

    def forget(self) -> None:
        """Nothing is known any more, for instance since nobody knows whether a commit took effect."""
        self.tables = {kind: ({}, {}) for kind in TABLES}

    def table(self, kind: type[Record]) -> tuple[dict[Key, Any], Answers] | None:
        """One of ``tables``, for a transaction that comes to it: what it reads may be put in as long as it has not
        written to the table. None for a table that is not remembered."""
        found = self.tables.get(kind)
        if found is not None and (len(found[0]) > RECORDS_MAX or len(found[1]) > ANSWERS_MAX):
            found = self.tables[kind] = ({}, {})
        return found

    def wrote(self, written: Written) -> None:
        """A transaction that left these records under these keys (None: removed) has committed."""
        for kind in self.tables.keys() & written.keys():
            records, answers = self.tables[kind]
            records.update(written[kind])
            for question in [one for one, answer in answers.items() if not _still_answers(one, answer, written[kind])]:
                del answers[question]


def _still_answers(question: Question, answer: dict[Key, Any], written: Mapping[Key, Record | None]) -> bool:
    """Put these records in the place of those that they replace; False where others may belong to the answer now."""
    (order, _, _, *conditions), _, values = question
    fixed = {*order, *(name.partition("__")[0] for name in conditions if "__" in name)}
    for key, record in written.items():
        before = answer.get(key)
        if record is before:
            continue
        if not _belongs(record, conditions, values):
            if before is not None:
                return False
        elif before is None or (fixed and any(getattr(record, name) != getattr(before, name) for name in fixed)):
            return False
        else:
            answer[key] = record
    return True


def _belongs(record: Record | None, conditions: list[str], values: tuple[Any, ...]) -> bool:
    """Whether a record meets the conditions, or may: only equality is looked at."""
    if record is None:
        return False
    for name, value in zip(conditions, values, strict=True):
        if "__" not in name and getattr(record, name) != value:
            return False
    return True
