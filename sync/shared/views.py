"""Views of what both nodes hold: records of a member's unit as staff see them, without the machinery behind.

Everything here is read from ``SharedRecord``; what lists of many members read is kept while it stays the same. Values
are those of ``sync/exchange/fold.py``: a fact has ``status`` and, unless withdrawn, ``effective``; ``entries``: who
said what.
"""

import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, TypeVar

import msgspec

from gongguan.protocol.forms import ready
from gongguan.sync.exchange.values import Value, unit_id
from gongguan.sync.records import (
    MobilityPeriod,
    SharedRecord,
)
from gongguan.sync.store import Scope, Store

ONE_BY_ONE_MAX: Final = 100
"""So many members are asked for one by one; above, whole agreements are read: a branch has fewer, a committee more."""


def value_of(record: SharedRecord) -> Value:
    """A shared record's value."""
    decoded: Value = msgspec.json.decode(record.value)
    return decoded


def unit_records(store: Store, agreement: str, subject: str) -> dict[str, Value]:
    """All shared records of a member (or object) under an agreement, by key."""
    found = store.find(SharedRecord, unit=unit_id(agreement, subject))
    return {record.key: value_of(record) for record in found}


def records_under(store: Store, agreement: str, subject: str, prefix: str) -> dict[str, Value]:
    """The shared records of a member whose keys begin with ``prefix/``, without reading the others."""
    rows = rows_under(store, agreement, subject, prefix)
    return {key: msgspec.json.decode(value) for _, key, value in rows}


Row = tuple[str, str, bytes]
"""(subject, key, value as it lies) of a shared record."""


def rows_under(store: Store, agreement: str, subject: str, prefix: str) -> list[Row]:
    """What ``records_under`` reads, as it lies."""
    after = prefix + chr(ord("/") + 1)
    where: dict[str, Any] = {"unit": unit_id(agreement, subject), "key__ge": f"{prefix}/", "key__lt": after}
    found: list[Row] = store.pick(SharedRecord, ("subject", "key", "value"), **where)
    return found


def shared(store: Store, agreement: str, subject: str, key: str) -> Value | None:
    """One shared record of a member."""
    record = store.get(SharedRecord, unit_id(agreement, subject), key)
    return value_of(record) if record else None


def effective(value: Value | None) -> dict[str, Any] | None:
    """What counts of a fact, field or register; None where nothing does."""
    return value.get("effective") if value else None


def standing(record: Value | None) -> list[Value]:
    """The entries that were neither replaced nor withdrawn, in the order in which they were taken in."""
    entries = record["entries"] if record else []
    return [entry for entry in entries if "superseded" not in entry and "withdrawn" not in entry]


def effective_id(record: Value | None) -> str:
    """The message whose value is effective in a field that one side owns; "" where nothing stands."""
    return min((str(entry["id"]) for entry in standing(record)), default="")


def in_category(store: Store, agreement: str, category: str) -> Iterator[tuple[str, str, Value]]:
    """(subject, key, value) of every shared record of a category under an agreement."""
    for subject, key, value in lying(store, agreement, category):
        yield subject, key, msgspec.json.decode(value)


def lying(store: Store, agreement: str, category: str) -> list[Row]:
    """What ``in_category`` reads, as it lies: for one who looks at a part of each record."""
    rows: list[Row] = store.pick(SharedRecord, ("subject", "key", "value"), agreement=agreement, category=category)
    return rows


def of_subjects(
    store: Store, periods: Iterable[MobilityPeriod], categories: tuple[str, ...]
) -> Mapping[str, Mapping[str, Value]]:
    """Records of these categories by subject and key. Of many members what their agreements hold is read, once for as
    long as it stays the same, and nothing of it opened before it is looked at."""
    periods = list(periods)
    if len(periods) <= ONE_BY_ONE_MAX:
        return {
            period.subject: {
                key: value
                for category in categories
                for key, value in records_under(store, period.agreement, period.subject, category).items()
            }
            for period in periods
        }
    found: dict[str, Mapping[str, Value]] = {}
    for agreement in sorted({period.agreement for period in periods}):
        found.update(held_under(store, agreement, categories))
    return found


def held_under(store: Store, agreement: str, categories: tuple[str, ...]) -> Mapping[str, "Unopened"]:
    """Subject → its records of these categories under an agreement, kept between lists; see ``Store.derived``."""
    scopes = [Scope(SharedRecord, (category, agreement)) for category in categories]
    return store.derived(_unopened, agreement, categories, of=scopes)


def _unopened(store: Store, agreement: str, categories: tuple[str, ...]) -> Mapping[str, "Unopened"]:
    found: dict[str, dict[str, bytes]] = {}
    for subject, key, value in _rows(store, agreement, categories):
        found.setdefault(subject, {})[key] = value
    return {subject: Unopened(raw) for subject, raw in found.items()}


def _rows(store: Store, agreement: str, categories: tuple[str, ...]) -> Iterator[Row]:
    if len(categories) == 1:
        yield from lying(store, agreement, categories[0])
        return
    # Each category is kept by itself, so that no value is kept twice.
    for category in categories:
        for subject, records in held_under(store, agreement, (category,)).items():
            for key, value in records.raw.items():
                yield subject, key, value


Part = TypeVar("Part", bound=msgspec.Struct)


class Unopened(Mapping[str, Value]):
    """Records by key as they lie, each opened when it is first looked at: lists of many members ask for few of them.

    ``worked_out``: what was made of them as they are, by what made it, for as long as they are kept.
    """

    __slots__ = ("_found", "raw", "worked_out")

    def __init__(self, raw: Mapping[str, bytes]) -> None:
        self.raw = raw
        self._found: dict[str, Value] = {}
        self.worked_out: dict[object, Any] = {}

    def __getitem__(self, key: str) -> Value:
        found = self._found.get(key)
        if found is None:
            found = self._found[key] = msgspec.json.decode(self.raw[key])
        return found

    def get(self, key: str, default: Any = None) -> Any:
        """As of any mapping, in one step: it is asked tens of thousands of times for one list."""
        found = self._found.get(key)
        if found is not None:
            return found
        return self[key] if key in self.raw else default

    def __contains__(self, key: object) -> bool:
        return key in self.raw

    def __iter__(self) -> Iterator[str]:
        return iter(self.raw)

    def __len__(self) -> int:
        return len(self.raw)


def partly(records: Mapping[str, Value], key: str, kind: type[Part]) -> Part | None:
    """What ``kind`` names of one record, without the rest: a notice says a lot, and lists ask for its date."""
    if isinstance(records, Unopened):
        raw = records.raw.get(key)
        return msgspec.json.decode(raw, type=ready(kind)) if raw is not None else None
    held = records.get(key)
    return msgspec.convert(held, ready(kind)) if held is not None else None


T = TypeVar("T")


def worked_out(records: Mapping[str, Value], work: Callable[..., T], *args: object) -> T:
    """``work(records, *args)``, once for as long as the records are kept: it looks at nothing else."""
    if not isinstance(records, Unopened):
        return work(records, *args)
    found = records.worked_out
    if (work, args) not in found:
        found[work, args] = work(records, *args)
    answer: T = found[work, args]
    return answer


def of_units(
    store: Store, periods: Sequence[MobilityPeriod], categories: tuple[str, ...]
) -> dict[str, dict[str, Value]]:
    """As ``of_subjects``, for some members among very many: no record of anybody else is read."""
    found: dict[str, dict[str, Value]] = {period.subject: {} for period in periods}
    if not periods:
        return found
    units = [unit_id(period.agreement, period.subject) for period in periods]
    fields = ("subject", "key", "value")
    for subject, key, value in store.pick(SharedRecord, fields, unit__in=units, category__in=categories):
        found[subject][key] = msgspec.json.decode(value)
    return found


def entered(store: Store, periods: Iterable[MobilityPeriod], key: str) -> set[str]:
    """Of whom something counts under this key, by subject."""
    periods = list(periods)
    if len(periods) <= ONE_BY_ONE_MAX:
        return {item.subject for item in periods if effective(shared(store, item.agreement, item.subject, key))}
    standing = standing_keys(store, periods, key.partition("/")[0])
    return {subject for subject, keys in standing.items() if key in keys}


_COUNTS: Final = b'"effective":'
"""How the canonical JSON of a fact, field or register in which something counts can be told without decoding it."""


def standing_keys(store: Store, periods: Iterable[MobilityPeriod], category: str) -> Mapping[str, Collection[str]]:
    """Subject → the keys of a category under which something counts; of many members no value is decoded."""
    periods = list(periods)
    found: dict[str, Collection[str]] = {}
    if len(periods) <= ONE_BY_ONE_MAX:
        for period in periods:
            held = records_under(store, period.agreement, period.subject, category)
            found[period.subject] = {key for key, value in held.items() if effective(value) is not None}
        return found
    for agreement in sorted({period.agreement for period in periods}):
        found.update(store.derived(_standing, agreement, category, of=[Scope(SharedRecord, (category, agreement))]))
    return found


def _standing(store: Store, agreement: str, category: str) -> Mapping[str, Collection[str]]:
    found: dict[str, set[str]] = {}
    for subject, key, value in lying(store, agreement, category):
        if _COUNTS in value:
            found.setdefault(subject, set()).add(sys.intern(key))
    return found


def under_key(store: Store, agreement: str, key: str) -> Iterator[tuple[str, Value]]:
    """(subject, value) of the records under one key, of every member under an agreement."""
    category = key.partition("/")[0]
    for subject, value in store.pick(
        SharedRecord, ("subject", "value"), agreement=agreement, category=category, key=key
    ):
        yield subject, msgspec.json.decode(value)


def of_agreement(store: Store, agreement: str, category: str) -> dict[str, Value]:
    """The records of a category that are about no member, by key."""
    found = in_category(store, agreement, category)
    return {key: value for subject, key, value in found if subject == "agreement"}
