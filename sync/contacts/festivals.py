"""The festivals before which members away from home are contacted (逢年过节联系, B-15): data, dated by either calendar.

What comes with the software are proposals; a node adds its own, or leaves one out. Lunar dates are those of the
Chinese calendar, known for 1900 to 2100::

    dates(DEFAULTS, 2026)   ->  [(date(2026, 1, 1), …), (date(2026, 2, 17), Festival(code="spring_festival", …)), …]
"""

from collections.abc import Iterable
from datetime import date
from functools import lru_cache
from typing import Annotated, Final

import msgspec

from gongguan.protocol.errors import refuse
from gongguan.sync.act import Act
from gongguan.sync.days import today
from gongguan.sync.labels import labelled
from gongguan.sync.records import Festival
from gongguan.sync.store import Store

FESTIVALS_MAX: Final = 40
"""Own festivals of a node: each asks for a contact with everyone, every year."""


def _row(code: str, name: str, lunar: bool, month: int, day: int, observed: bool) -> Festival:
    return Festival(code=code, name=name, lunar=lunar, month=month, day=day, observed=observed)


DEFAULTS: Final = (
    _row("spring_festival", "春节", True, 1, 1, True),
    _row("party_founding_day", "七一", False, 7, 1, True),
    _row("mid_autumn", "中秋节", True, 8, 15, True),
    _row("national_day", "国庆节", False, 10, 1, True),
    _row("new_year", "元旦", False, 1, 1, False),
    _row("dragon_boat", "端午节", True, 5, 5, False),
)
"""Contacts are heaviest around Spring Festival and 1 July; the rest is for the committee to choose."""


class FestivalSet(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``contact.festival_set``: add a festival, or change one; not observed: nobody is asked to contact."""

    code: Annotated[str, labelled("代码", "code", argument=True, pattern=r"^[a-z][a-z0-9_]{0,39}$")]
    name: Annotated[str, labelled("名称", "name", min_length=1, max_length=40)]
    month: Annotated[int, labelled("月", "month", ge=1, le=12)]
    day: Annotated[int, labelled("日", "day", ge=1, le=31)]
    lunar: Annotated[bool, labelled("农历", "by the lunar calendar")] = False
    observed: Annotated[bool, labelled("要联系", "observed")] = True


class FestivalList(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``contact.festivals``."""

    year: Annotated[
        Annotated[int, msgspec.Meta(ge=1901, le=2099)] | None, labelled("年份（不填为今年）", "year (this one)")
    ] = None


class FestivalLine(msgspec.Struct, frozen=True, kw_only=True):
    """A festival with its day in a year; None: the year has no such day, or it is not known."""

    name: Annotated[str, labelled("节日", "festival")]
    on: Annotated[str | None, labelled("日期", "date")]
    lunar: Annotated[bool, labelled("农历", "lunar")]
    observed: Annotated[bool, labelled("要联系", "observed")]
    code: Annotated[str, labelled("代码", "code")]


class FestivalsListed(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``contact.festivals`` and ``contact.festival_set``."""

    year: Annotated[int, labelled("年份", "year")]
    festivals: Annotated[list[FestivalLine], labelled("节日", "festivals")]


def set_festival(act: Act, request: FestivalSet) -> FestivalsListed:
    """Keep a festival of this node. Raises D-festivals-full."""
    known = act.store.find(Festival)
    if len(known) >= FESTIVALS_MAX and all(row.code != request.code for row in known):
        raise refuse("D-festivals-full", limit=FESTIVALS_MAX)
    act.store.put(Festival(**msgspec.structs.asdict(request)))
    return list_festivals(act, FestivalList())


def list_festivals(act: Act, request: FestivalList) -> FestivalsListed:
    """The calendar of this node with the days of a year."""
    year = request.year or today(act.now).year
    lines = [
        FestivalLine(
            name=row.name,
            on=day.isoformat() if (day := day_of(row, year)) else None,
            lunar=row.lunar,
            observed=row.observed,
            code=row.code,
        )
        for row in calendar_of(act.store)
    ]
    return FestivalsListed(year=year, festivals=sorted(lines, key=lambda line: (line.on or "", line.code)))


def calendar_of(store: Store) -> list[Festival]:
    """The festivals of this node: its own rows go before those that come with the software."""
    rows = {festival.code: festival for festival in DEFAULTS}
    rows |= {festival.code: festival for festival in store.find(Festival)}
    return list(rows.values())


def dates(festivals: Iterable[Festival], year: int) -> list[tuple[date, Festival]]:
    """The observed festivals of a year with their days in order. Those that the year has not are left out."""
    found = [(day, row) for row in festivals if row.observed and (day := day_of(row, year)) is not None]
    return sorted(found, key=lambda item: (item[0], item[1].code))


def day_of(festival: Festival, year: int) -> date | None:
    """The day of a festival that begins in a year, or None: 30th of a short lunar month, a year that is unknown."""
    if festival.lunar:
        return _lunar_day(year, festival.month, festival.day)
    try:
        return date(year, festival.month, festival.day)
    except ValueError:
        return None


@lru_cache(maxsize=1024)
def _lunar_day(year: int, month: int, day: int) -> date | None:
    """The first day of the year with this lunar month and day; a twelfth month mostly began in the year before."""
    for lunar_year in (year - 1, year):
        found = _converted(lunar_year, month, day)
        if found is not None and found.year == year:
            return found
    return None


def _converted(lunar_year: int, month: int, day: int) -> date | None:
    # Its tables need not be loaded by those who never ask for a festival.
    from borax.calendars.lunardate import LunarDate  # noqa: PLC0415

    try:
        converted: date = LunarDate(lunar_year, month, day).to_solar_date()
    except ValueError:
        return None
    return converted
