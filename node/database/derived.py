"""What was derived from records (``Store.derived``), kept by the process until one of them changes.

Lists of a whole committee ask again and again for what follows from thousands of records. Whether an answer still holds
is told by the stamps of their scopes, which change in the transaction that changes a record: so it does not matter
which process or which connection wrote, whether it was rolled back, or whether an older database lies there since. What
a transaction changed itself it derives anew, and after its commit what was derived from it is let go::

    stamps = Stamps(store); stamps.changed.add(("member", ""))
    version = stamps.version([Scope(Member)])                # None: changed by this very transaction
    derived.get((work, args), version)                       # UNKNOWN, or what was kept under this version
    derived.drop(stamps.changed)                             # once the commit has returned
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import Any, Final, NamedTuple

from gongguan.node.database.shapes import shape_of
from gongguan.sync.records import Stamp
from gongguan.sync.store import Record, Scope, Store

ROWS_MAX: Final = 250_000
"""Records from which everything kept was derived: three times as many as a year of a county leaves behind. What was
used longest ago is let go beyond, and what alone is more is not kept."""

UNKNOWN: Final = object()

Name = tuple[str, str]
"""A table and the values of ``STAMPED`` as a stamp has them, or the first of them: ``movement/`` stands for all."""
Key = tuple[Callable[..., Any], tuple[Any, ...]]
Version = tuple[tuple[bytes, ...], ...]


class _Kept(NamedTuple):
    version: Version
    names: frozenset[Name]
    rows: int
    value: Any


class Derived:
    """See the module. One for all transactions of a database, in whatever thread."""

    def __init__(self, rows_max: int = ROWS_MAX) -> None:
        self._rows_max = rows_max
        self._lock = threading.Lock()
        self._kept: OrderedDict[Key, _Kept] = OrderedDict()
        self._keys: dict[Name, set[Key]] = {}
        self.rows = 0

    def get(self, key: Key, version: Version) -> Any:
        """What was kept, if it is of this version; UNKNOWN otherwise."""
        with self._lock:
            kept = self._kept.get(key)
            if kept is None or kept.version != version:
                return UNKNOWN
            self._kept.move_to_end(key)
            return kept.value

    def keep(self, key: Key, version: Version, scopes: Iterable[Scope], rows: int, value: Any) -> None:
        """``value`` was derived from so many rows of these scopes."""
        names = frozenset(map(name_of, scopes))
        with self._lock:
            self._let_go(key)
            if rows > self._rows_max:
                return
            self._kept[key] = _Kept(version, names, rows, value)
            self.rows += rows
            for name in names:
                self._keys.setdefault(name, set()).add(key)
            while self.rows > self._rows_max:
                self._let_go(next(iter(self._kept)))

    def drop(self, changed: Iterable[Name]) -> None:
        """Records of these scopes have changed: nothing derived from them is of use any more, and it may name people
        who are erased."""
        if not self._kept:
            return
        with self._lock:
            for name in {held for kind, scope in changed for held in _holding(kind, scope)}:
                for key in list(self._keys.get(name, ())):
                    self._let_go(key)

    def _let_go(self, key: Key) -> None:
        kept = self._kept.pop(key, None)
        if kept is None:
            return
        self.rows -= kept.rows
        for name in kept.names:
            self._keys[name].discard(key)
            if not self._keys[name]:
                del self._keys[name]


class Stamps:
    """The stamps as one transaction sees them; ``changed``: the scopes of records that it has written itself."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._read: dict[str, dict[str, list[bytes]]] = {}
        self.changed: set[Name] = set()

    def version(self, scopes: Iterable[Scope]) -> Version | None:
        """What all records of these scopes are known by; None where this transaction has changed any."""
        names = [name_of(scope) for scope in scopes]
        changed = {held for kind, scope in self.changed for held in _holding(kind, scope)}
        if not changed.isdisjoint(names):
            return None
        return tuple(tuple(self._of(kind).get(scope, ())) for kind, scope in names)

    def _of(self, kind: str) -> dict[str, list[bytes]]:
        if kind not in self._read:
            found = self._read[kind] = {}
            for scope, value in self._store.pick(Stamp, ("scope", "value"), kind=kind):
                for held in _prefixes(scope):
                    found.setdefault(held, []).append(value)
        return self._read[kind]


@lru_cache(maxsize=1 << 14)
def name_of(scope: Scope) -> Name:
    """A scope as its stamp, or the beginning of its stamps."""
    fields = scope.kind.STAMPED
    if fields is None or len(scope.values) > len(fields):
        raise TypeError(f"{scope.kind.__name__} is stamped by {fields}")
    beginning = 0 < len(scope.values) < len(fields)
    return shape_of(scope.kind).table, "/".join((*scope.values, "") if beginning else scope.values)


def scopes_of(kind: type[Record], records: Iterable[Record]) -> set[Name]:
    """The stamps of these records, all of one kind."""
    fields, table = kind.STAMPED, shape_of(kind).table
    if not fields:
        return {(table, "") for _ in records}
    return {(table, "/".join(values)) for values in {tuple(map(record.__getattribute__, fields)) for record in records}}


def _holding(kind: str, scope: str) -> Iterator[Name]:
    return ((kind, held) for held in _prefixes(scope))


def _prefixes(scope: str) -> Iterable[str]:
    """``movement/b2`` lies in itself, in ``movement/`` and, as all of its table does, in nothing."""
    parts = scope.split("/")
    return {"", scope, *("/".join(parts[:count]) + "/" for count in range(1, len(parts)))}
