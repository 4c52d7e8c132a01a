"""Where those who float are, since when and for how long, and what of their year is not as it should be.

Destinations follow Zipf's law (the first takes a quarter, the first five three fifths); a stay lasts 14 months in the
median and is log-normal; a fifth moves often. Of all stays 5 % lead to a place without a node and 3 % nobody knows
where. A plan says what will happen, ``apart`` what goes wrong, by name::

    journey(random.Random("7 journeys"), person, destinations)   ->  Journey(stays=(Stay(…), …), apart=("lost",), …)
"""

import math
import random
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final, NamedTuple

import msgspec

from gongguan.cli.demo_data.persons import AS_OF, PLACES_OF_CITY, Person
from gongguan.cli.demo_data.trees import Destination

ZIPF: Final = 1.1
MONTHS_MEDIAN, MONTHS_SPREAD = 14.0, 0.8
FREQUENT: Final = 0.2
WITHOUT_NODE: Final = 0.05
UNKNOWN: Final = 0.03
QUARTER_MISSED: Final = 0.08
DUES_LATE: Final = 0.06
DUES_BY_PROXY: Final = 0.10
INCOME_MEDIAN_YUAN, INCOME_SPREAD = 4200.0, 0.5
YEAR_ENDS: Final = date(2026, 12, 31)

APART: Final[dict[str, float]] = {
    "never_arrived": 0.02,
    "id_digits_swapped": 0.02,
    "lost_for_a_while": 0.03,
    "found_without_notice": 0.02,
    "admitted_twice": 0.01,
    "scored_twice": 0.02,
    "certificate_missing": 0.33,
}
"""What goes wrong with a member, and with how many of them."""


class Stay(msgspec.Struct, frozen=True):
    """One stay. ``division`` is "" where nobody knows the place; ``has_node`` tells whether notices reach it."""

    division: str
    place: str
    has_node: bool
    left_on: str
    ends_on: str


class Journey(msgspec.Struct, frozen=True):
    """A member's year away: stays in their order, the first of them on the day of the data set."""

    id_number: str
    name: str
    branch: str
    frequent: bool
    stays: tuple[Stay, ...]
    payer: str
    income_yuan: int
    dues: str
    contacts_missed: tuple[str, ...]
    apart: tuple[str, ...]
    synthetic: bool = True


class _Place(NamedTuple):
    division: str
    name: str
    has_node: bool


def journey(rng: random.Random, person: Person, destinations: Sequence[Destination]) -> Journey:
    """The year of one person who floats."""
    farmer, frequent = person.post == "农牧民", rng.random() < FREQUENT
    return Journey(
        id_number=person.id_number,
        name=person.name,
        branch=person.branch,
        frequent=frequent,
        stays=_stays(rng, destinations, frequent),
        payer="farmer" if farmer else "wage",
        income_yuan=0 if farmer else 10 * round(INCOME_MEDIAN_YUAN / 10 * math.exp(INCOME_SPREAD * rng.gauss(0, 1))),
        dues=rng.choices(("on_time", "late", "by_proxy"), (1 - DUES_LATE - DUES_BY_PROXY, DUES_LATE, DUES_BY_PROXY))[0],
        contacts_missed=tuple(f"2026Q{number}" for number in (1, 2, 3, 4) if rng.random() < QUARTER_MISSED),
        apart=tuple(name for name, share in APART.items() if rng.random() < share),
    )


def away(rng: random.Random, person: Person, at: int, travelled: Journey) -> Person:
    """The person with what the outflow roster says of the first stay."""
    first, uncertified = travelled.stays[0], {"certificate_missing", "found_without_notice"} & {*travelled.apart}
    fields = {
        "direction": rng.choice(PLACES_OF_CITY),
        "left_on": first.left_on if rng.random() < 0.7 else first.left_on[:7],
        "place": first.place,
        "unit": rng.choice(("电子厂", "物流园", "家政服务部", "自主经营", "建筑公司")) if first.has_node else "",
        "certificate": "" if uncertified else f"990521-2025-{at + 1:04}",
    }
    return Person(**{**vars(person), **fields})


def _stays(rng: random.Random, destinations: Sequence[Destination], frequent: bool) -> tuple[Stay, ...]:
    """The first stay is under way on the day of the set; who moves often leaves again some weeks after each end."""
    length = timedelta(days=_days(rng, frequent))
    left = AS_OF - timedelta(days=rng.randint(20, max(21, length.days - 10)))
    ends = max(left + length, AS_OF + timedelta(days=45))
    stays = [_stay(_place(rng, destinations), left, ends)]
    while frequent and ends < YEAR_ENDS - timedelta(days=60):
        left = ends + timedelta(days=rng.randint(7, 40))
        ends = left + timedelta(days=max(45, _days(rng, frequent)))
        stays.append(_stay(_place(rng, destinations), left, ends))
    return tuple(stays)


def _stay(place: _Place, left: date, ends: date) -> Stay:
    return Stay(place.division, place.name, place.has_node, left.isoformat(), ends.isoformat())


def _days(rng: random.Random, frequent: bool) -> int:
    months = MONTHS_MEDIAN * math.exp(MONTHS_SPREAD * rng.gauss(0, 1))
    return round(30.4 * max(1.0, months / 3 if frequent else months))


def _place(rng: random.Random, destinations: Sequence[Destination]) -> _Place:
    drawn = rng.random()
    if drawn < UNKNOWN:
        return _Place("", "去向不详", False)
    if drawn < UNKNOWN + WITHOUT_NODE:
        return _Place("990390", "东湖省远山市", False)
    (found,) = rng.choices(destinations, [1 / rank**ZIPF for rank in range(1, len(destinations) + 1)])
    return _Place(found.division, f"南岭省{found.name}", True)
