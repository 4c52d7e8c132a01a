"""The Store port: how rules and handlers reach a node's records.

A store is one open transaction. ``node/database/storage.py`` implements it over SQL, ``tests/fakes.py`` in memory;
one contract suite runs over all of them. Reads see the writes of the same transaction. Conditions are keyword
arguments: a field name means equality, with a suffix ``__in``, ``__ge``, ``__gt``, ``__lt`` or ``__ne`` the
comparison that it names::

    store.get(Body, "0101")
    store.find(LogMessage, ordinal=3, index__ge=100, order=("index",), limit=1000)
"""

from collections.abc import Callable, Iterable
from typing import Any, ClassVar, NamedTuple, Protocol, TypeVar

import msgspec


class Record(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A row as a value, which never refers back to itself.

    ``KEY`` names its primary key, ``UNIQUE`` and ``INDEXES`` what a store keeps beside it. ``STAMPED``: the fields by
    whose values (which never change under a key) its records are one ``Scope``; None: nothing is ``derived`` from them.
    ``CLUSTERED``: small rows that are read in the order of their key, so they lie in that order.
    """

    KEY: ClassVar[tuple[str, ...]] = ()
    UNIQUE: ClassVar[tuple[tuple[str, ...], ...]] = ()
    INDEXES: ClassVar[tuple[tuple[str, ...], ...]] = ()
    STAMPED: ClassVar[tuple[str, ...] | None] = None
    CLUSTERED: ClassVar[bool] = False

    def primary_key(self) -> tuple[Any, ...]:
        """The primary key's values, in the order of ``KEY``."""
        return tuple(map(self.__getattribute__, self.KEY))


R = TypeVar("R", bound=Record)
T = TypeVar("T")


class Scope(NamedTuple):
    """Records of one kind whose first ``STAMPED`` fields have these values: all of the table where none are given."""

    kind: type[Record]
    values: tuple[str, ...] = ()


class Store(Protocol):
    """One transaction over the records of a node."""

    def get(self, kind: type[R], /, *key: object) -> R | None:
        """The record with this primary key, or None."""

    def get_many(self, kind: type[R], keys: Iterable[tuple[object, ...]], /) -> dict[tuple[object, ...], R]:
        """Those of the records with these primary keys that there are, by key; in one question where the store can."""

    def find(
        self,
        kind: type[R],
        /,
        *,
        order: tuple[str, ...] = (),
        descending: bool = False,
        limit: int | None = None,
        **where: object,
    ) -> list[R]:
        """Records that meet all conditions, ordered by ``order`` or else by primary key."""

    def pick(
        self,
        kind: type[R],
        fields: tuple[str, ...],
        /,
        *,
        order: tuple[str, ...] = (),
        **where: object,
    ) -> list[tuple[Any, ...]]:
        """Only some fields of the records that ``find`` gives, as tuples; from an index alone where it holds them.

        In the order of ``order`` and then of ``fields``, of which sealed ones are opened and do not count for it.
        """

    def count(self, kind: type[R], /, **where: object) -> int:
        """How many records meet all conditions."""

    def add(self, record: Record) -> None:
        """Insert. Raises ``I-already-stored`` (at the latest on commit) when key or a unique field is taken."""

    def put(self, record: Record) -> None:
        """Insert, or replace the record with the same primary key."""

    def put_all(self, records: Iterable[Record]) -> None:
        """``put`` of many, in one statement per kind where the store can."""

    def remove(self, kind: type[Record], /, *key: object) -> None:
        """Delete by primary key; a record that is not there is no error."""

    def remove_all(self, kind: type[Record], keys: Iterable[tuple[object, ...]], /) -> None:
        """``remove`` of many, looked up in one question where the store has to."""

    def next_number(self, kind: type[Record], field: str) -> int:
        """One more than the largest value of an integer field, counting those added in this transaction; 1 at first."""

    def derived(self, work: Callable[..., T], /, *args: Any, of: Iterable[Scope]) -> T:
        """``work(store, *args)``, which reads nothing but records of these scopes, and always gives the same for them.

        The store may keep the answer until one of these records changes, and give it to others: nobody changes it.
        """
