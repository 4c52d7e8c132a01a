"""Views of what both nodes hold: a member's unit as staff see it, without the machinery behind.

Everything here is read from ``SharedRecord``; nothing is kept. Values are those of ``sync/fold.py``: a fact has
``status`` and, unless withdrawn, ``effective``; ``entries`` holds who said what.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, TypeVar

import msgspec

from gongguan.protocol.errors import refuse
from gongguan.sync.act import Act
from gongguan.sync.bodies import is_within, subtree, top_code
from gongguan.sync.fold import Value
from gongguan.sync.records import Body as BodyRecord
from gongguan.sync.records import (
    Member,
    MobilityPeriod,
    SharedRecord,
)
from gongguan.sync.store import Store
from gongguan.sync.units import unit_id

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
    return opened(dict(_under(store, agreement, subject, prefix)))


def _under(store: Store, agreement: str, subject: str, prefix: str) -> list[tuple[str, bytes]]:
    after = prefix + chr(ord("/") + 1)
    where: dict[str, Any] = {"unit": unit_id(agreement, subject), "key__ge": f"{prefix}/", "key__lt": after}
    found: list[tuple[str, bytes]] = store.pick(SharedRecord, ("key", "value"), **where)
    return found


def shared(store: Store, agreement: str, subject: str, key: str) -> Value | None:
    """One shared record of a member."""
    record = store.get(SharedRecord, unit_id(agreement, subject), key)
    return value_of(record) if record else None


def effective(value: Value | None) -> dict[str, Any] | None:
    """What counts of a fact, field or register; None where nothing does."""
    return value.get("effective") if value else None


def in_category(
    store: Store, agreement: str, category: str, texts: Sequence[bytes] = ()
) -> Iterator[tuple[str, str, Value]]:
    """(subject, key, value) of every shared record of a category under an agreement.

    ``texts``: only those whose canonical JSON has one of these in it; the others are not decoded.
    """
    for subject, key, value in _lying(store, agreement, category, texts):
        yield subject, key, msgspec.json.decode(value)


Row = tuple[str, str, bytes]
"""(subject, key, value as it lies) of a shared record."""


def _lying(store: Store, agreement: str, category: str, texts: Sequence[bytes] = ()) -> list[Row]:
    rows: list[Row] = store.pick(SharedRecord, ("subject", "key", "value"), agreement=agreement, category=category)
    if not texts:
        return rows
    has = re.compile(b"|".join(map(re.escape, texts))).search
    return [row for row in rows if has(row[2])]


def rows_of_subjects(
    store: Store, periods: Iterable[MobilityPeriod], categories: tuple[str, ...], texts: Sequence[bytes] = ()
) -> Iterator[Row]:
    """What ``of_subjects`` reads, as it lies: for one who looks at a part of each record. Of many members those of
    others under the same agreements come too."""
    periods = list(periods)
    if len(periods) <= ONE_BY_ONE_MAX:
        for period in periods:
            for category in categories:
                for key, value in _under(store, period.agreement, period.subject, category):
                    yield period.subject, key, value
        return
    for agreement in sorted({period.agreement for period in periods}):
        for category in categories:
            yield from _lying(store, agreement, category, texts)


def of_subjects(
    store: Store, periods: Iterable[MobilityPeriod], categories: tuple[str, ...], texts: Sequence[bytes] = ()
) -> dict[str, dict[str, Value]]:
    """Records of these categories by subject and key; for many members a question per agreement and category.

    ``texts``: of many members those without any of these may be left out (``in_category``).
    """
    periods = list(periods)
    found: dict[str, dict[str, Value]] = (
        {period.subject: {} for period in periods} if len(periods) <= ONE_BY_ONE_MAX else {}
    )
    for subject, key, value in rows_of_subjects(store, periods, categories, texts):
        found.setdefault(subject, {})[key] = msgspec.json.decode(value)
    return found


Raw = Mapping[str, Mapping[str, bytes]]
"""Records by subject and key, as they lie."""


def raw_of_subjects(store: Store, periods: Sequence[MobilityPeriod], categories: tuple[str, ...]) -> Raw | None:
    """As ``of_subjects`` without decoding anything; None for a few members, of whom ``of_subjects`` reads no more."""
    if len(periods) <= ONE_BY_ONE_MAX:
        return None
    found: dict[str, dict[str, bytes]] = {}
    for subject, key, value in rows_of_subjects(store, periods, categories):
        found.setdefault(subject, {})[key] = value
    return found


def movements_in(
    store: Store, periods: Sequence[MobilityPeriod], states: Collection[str]
) -> Mapping[str, Mapping[str, Value]]:
    """Records of movement by subject; of many members only of those in one of these states are any opened."""
    raw = raw_of_subjects(store, periods, ("movement",))
    if raw is None:
        return of_subjects(store, periods, ("movement",))
    wanted = [f'"{state}"'.encode() for state in states]
    return {
        subject: opened(records)
        for subject, records in raw.items()
        if any(text in records.get("movement/state", b'"notified"') for text in wanted)
    }


def opened(raw: Mapping[str, bytes]) -> dict[str, Value]:
    """The values of records as they lie."""
    return {key: msgspec.json.decode(value) for key, value in raw.items()}


Part = TypeVar("Part", bound=msgspec.Struct)


class Unopened(Mapping[str, Value]):
    """Records by key as they lie, each opened when it is first looked at: lists of many members ask for few of them."""

    __slots__ = ("_found", "raw")

    def __init__(self, raw: Mapping[str, bytes]) -> None:
        self.raw = raw
        self._found: dict[str, Value] = {}

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
        return msgspec.json.decode(raw, type=kind) if raw is not None else None
    held = records.get(key)
    return msgspec.convert(held, kind) if held is not None else None


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
    """Of whom something counts under this key, by subject; for many members a question per agreement."""
    periods = list(periods)
    if len(periods) <= ONE_BY_ONE_MAX:
        return {item.subject for item in periods if effective(shared(store, item.agreement, item.subject, key))}
    found: set[str] = set()
    for agreement in {period.agreement for period in periods}:
        where: dict[str, Any] = {"agreement": agreement, "category": key.partition("/")[0], "key": key}
        told = store.pick(SharedRecord, ("subject", "value"), **where)
        found.update(subject for subject, value in told if _COUNTS in value)
    return found


_COUNTS: Final = b'"effective":'
"""How the canonical JSON of a fact, field or register in which something counts can be told without decoding it."""


def standing_keys(store: Store, periods: Iterable[MobilityPeriod], category: str) -> dict[str, set[str]]:
    """Subject → the keys of a category under which something counts; of many members no value is decoded."""
    periods = list(periods)
    found: dict[str, set[str]] = {}
    if len(periods) <= ONE_BY_ONE_MAX:
        for period in periods:
            held = records_under(store, period.agreement, period.subject, category)
            found[period.subject] = {key for key, value in held.items() if effective(value) is not None}
        return found
    for agreement in sorted({period.agreement for period in periods}):
        fields = ("subject", "key", "value")
        for subject, key, value in store.pick(SharedRecord, fields, agreement=agreement, category=category):
            if _COUNTS in value:
                found.setdefault(subject, set()).add(key)
    return found


def states_of(store: Store, periods: Iterable[MobilityPeriod]) -> dict[str, str]:
    """Subject → notified, admitted, refused or ended; for many members a question per agreement."""
    periods = list(periods)
    if len(periods) <= ONE_BY_ONE_MAX:
        return {period.subject: state_of(store, period) for period in periods}
    found = {period.subject: "notified" for period in periods}
    for agreement in sorted({period.agreement for period in periods}):
        told = under_key(store, agreement, "movement/state")
        found |= {subject: str(value["state"]) for subject, value in told if subject in found}
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


def period_of(store: Store, subject: str) -> MobilityPeriod:
    """The mobility period that goes by this pseudonym. Raises ``D-subject-unknown``."""
    period = store.get(MobilityPeriod, subject)
    if period is None:
        raise refuse("D-subject-unknown", subject=subject)
    return period


def body_of(store: Store, subject: str) -> str | None:
    """The body here that answers for a member: the affiliated branch, or at the destination the managing body.

    While none is known it is the whole committee, so that only its own officers reach the member. Raises
    ``D-subject-unknown``.
    """
    return _body_of(store, period_of(store, subject))


def _body_of(store: Store, period: MobilityPeriod) -> str | None:
    member = store.get(Member, period.member_id) if period.member_id else None
    code = member.branch_code if member else period.body_code
    # Whoever was in a body that is gone is for people of the whole committee, and never out of everybody's sight.
    return code if code is not None and store.get(BodyRecord, code) is not None else top_code(store)


def check_reach(act: Act, subject: str) -> MobilityPeriod:
    """The period of a member in the acting person's subtree. Raises ``A-subtree``, ``D-subject-unknown``."""
    code = body_of(act.store, subject)
    if code is None or not is_within(act.store, code, act.staff.body_code):
        raise refuse("A-subtree", body=code, reach=act.staff.body_code)
    return period_of(act.store, subject)


def periods_in_reach(act: Act) -> list[MobilityPeriod]:
    """Every mobility period whose body lies in the acting person's subtree."""
    codes, top = subtree(act.store, act.staff.body_code), top_code(act.store)
    periods = act.store.find(MobilityPeriod)
    if top in codes:  # whoever reaches the whole committee reaches whatever body it is
        return periods
    members = {period.member_id for period in periods if period.member_id}
    branches = dict(act.store.pick(Member, ("member_id", "branch_code"), member_id__in=members))
    known = {code for (code,) in act.store.pick(BodyRecord, ("code",))}
    bodies = ((period, branches.get(period.member_id or "", period.body_code)) for period in periods)
    # As in ``_body_of``, of all of them at once.
    return [period for period, code in bodies if (code if code in known else top) in codes]


OPEN_STATES: Final = frozenset({"notified", "admitted"})
"""States of a mobility period that goes on."""


def state_of(store: Store, period: MobilityPeriod) -> str:
    """notified, admitted, refused or ended."""
    value = shared(store, period.agreement, period.subject, "movement/state")
    return str(value["state"]) if value else "notified"


def current_profile(store: Store, period: MobilityPeriod) -> dict[str, Any]:
    """What origin told of the member: the standing notice, and over it each field that changed since (A-07)."""
    notice = effective(shared(store, period.agreement, period.subject, "movement/departure")) or {}
    changes = store.find(SharedRecord, unit=unit_id(period.agreement, period.subject), category="profile")
    found = ((record.key.partition("/")[2], effective(value_of(record))) for record in changes)
    return {**notice, **{name: value["value"] for name, value in found if value is not None}}


def name_of(store: Store, period: MobilityPeriod) -> str | None:
    """The member's name if it is known here: from the own roster, or from the notice of departure."""
    member = store.get(Member, period.member_id) if period.member_id else None
    if member is not None:
        return member.name
    changed = effective(shared(store, period.agreement, period.subject, "profile/name"))
    if changed is not None:
        return str(changed["value"])
    notice = effective(shared(store, period.agreement, period.subject, "movement/departure"))
    return str(notice["name"]) if notice else None


def names_of(store: Store, periods: Iterable[MobilityPeriod]) -> dict[str, str | None]:
    """``name_of`` by subject; for many members their names are read together."""
    periods = list(periods)
    if len(periods) <= ONE_BY_ONE_MAX:
        return {period.subject: name_of(store, period) for period in periods}
    ids = {period.member_id for period in periods if period.member_id}
    own = dict(store.pick(Member, ("member_id", "name"), member_id__in=ids))
    told: dict[str, str] = {}
    for agreement in sorted({period.agreement for period in periods if period.member_id not in own}):
        for key, field in (("movement/departure", "name"), ("profile/name", "value")):
            said = ((subject, effective(value)) for subject, value in under_key(store, agreement, key))
            told |= {subject: str(value[field]) for subject, value in said if value is not None}
    return {period.subject: own.get(period.member_id or "", told.get(period.subject)) for period in periods}


def side_name(party: int, origin: int) -> str:
    """``origin`` or ``destination``: on which side of this member's movement a party stands."""
    return "origin" if party == origin else "destination"
