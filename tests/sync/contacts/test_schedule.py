"""When contacts are due: table by table, and for any day whatever."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongguan.sync.contacts.festivals import DEFAULTS, day_of
from gongguan.sync.contacts.schedule import SCHEDULE, Event, Grounds, Need, anniversary, needs
from gongguan.sync.quarters import Quarter
from gongguan.sync.records import Contact, Festival
from gongguan.sync.shared.charges import Charge, Stay, joined

DAYS = st.dates(date(2020, 1, 1), date(2030, 12, 31))


def charge(*stays: tuple[str, str | None], side: str = "origin", joined_on: str | None = None) -> Charge:
    found = tuple(Stay(date.fromisoformat(first), date.fromisoformat(last) if last else None) for first, last in stays)
    return Charge("m", side, "巴特尔", "990101", joined(found), (), joined_on, open=True)


def due(found: list[Need]) -> list[tuple[str, str]]:
    return [(need.kind, need.due_on.isoformat()) for need in found]


def asked(of: Charge, first: str, last: str, *kinds: str, grounds: Grounds | None = None) -> list[tuple[str, str]]:
    return due(needs(of, grounds or Grounds(), date.fromisoformat(first), date.fromisoformat(last), kinds))


@pytest.mark.parametrize(
    ("stay", "quarters"),
    [
        (("2026-02-15", None), ["2026-03-31", "2026-06-30"]),
        (("2026-03-31", None), ["2026-03-31", "2026-06-30"]),
        (("2026-04-01", None), ["2026-06-30"]),
        (("2025-11-01", "2026-01-01"), ["2026-03-31"]),
        (("2025-11-01", "2025-12-31"), []),
        (("2026-04-02", "2026-05-02"), ["2026-06-30"]),
    ],
    ids=["from the middle", "on the last day", "afterwards", "until the first day", "before", "within"],
)
def test_who_was_away_on_any_day_of_a_quarter_is_asked_for_once_in_it(
    stay: tuple[str, str | None], quarters: list[str]
) -> None:
    found = asked(charge(stay), "2026-01-01", "2026-06-30", "quarterly")
    assert found == [("quarterly", day) for day in quarters]


def test_a_quarter_that_has_not_ended_is_not_due_before_its_last_day() -> None:
    away = charge(("2026-01-05", None))
    assert asked(away, "2026-01-01", "2026-03-30", "quarterly") == []
    assert asked(away, "2026-03-31", "2026-03-31", "quarterly") == [("quarterly", "2026-03-31")]


@given(DAYS, st.integers(0, 900), DAYS)
def test_on_every_day_the_quarter_counts_exactly_those_who_were_away_in_it(first: date, length: int, day: date) -> None:
    last = first + timedelta(days=length)
    quarter = Quarter.of(day)
    days = (quarter.first + timedelta(days=step) for step in range((quarter.last - quarter.first).days + 1))
    expected = any(first <= item <= last for item in days)
    found = needs(charge((first.isoformat(), last.isoformat())), Grounds(), quarter.first, quarter.last, ("quarterly",))
    assert [need.due_on for need in found] == ([quarter.last] if expected else [])


@given(DAYS, DAYS)
def test_quarters_follow_each_other_without_a_gap(day: date, other: date) -> None:
    quarter = Quarter.of(day)
    assert quarter.first <= day <= quarter.last
    assert quarter.before().last + timedelta(days=1) == quarter.first
    assert Quarter.named(quarter.name) == quarter
    assert (quarter.name == Quarter.of(other).name) == quarter.holds(other.isoformat())


@pytest.mark.parametrize(
    ("joined_on", "year", "kept"),
    [
        ("2012-02-29", 2026, ("2026-02-28", "2026-02-28")),
        ("2012-02-29", 2028, ("2028-02-29", "2028-02-29")),
        ("2012-07-01", 2026, ("2026-07-01", "2026-07-01")),
        ("2012-02", 2028, ("2028-02-01", "2028-02-29")),
        ("2012-12", 2026, ("2026-12-01", "2026-12-31")),
    ],
)
def test_a_political_birthday_is_kept_on_its_day_and_29_february_on_the_28th(
    joined_on: str, year: int, kept: tuple[str, str]
) -> None:
    assert tuple(day.isoformat() for day in anniversary(joined_on, year)) == kept


@given(st.dates(date(1960, 1, 1), date(2019, 12, 31)), st.integers(2020, 2090))
def test_every_year_has_exactly_one_political_birthday_in_the_month_of_joining(joining: date, year: int) -> None:
    away = charge(("1950-01-01", None), joined_on=joining.isoformat())
    found = needs(away, Grounds(), date(year, 1, 8), date(year + 1, 1, 7), ("political_birthday",))
    (need,) = found
    assert need.due_on - need.opens_on == timedelta(days=14)
    assert (need.opens_on + timedelta(days=7)).month == joining.month


def test_no_birthday_in_the_year_of_joining_nor_for_those_who_are_not_away_on_the_day() -> None:
    away = charge(("2026-07-02", None), joined_on="2015-07-01")
    assert asked(away, "2026-01-01", "2026-12-31", "political_birthday") == []
    fresh = charge(("2026-01-01", None), joined_on="2026-02-01")
    assert asked(fresh, "2026-01-01", "2026-12-31", "political_birthday") == []
    assert asked(fresh, "2027-01-01", "2027-12-31", "political_birthday") == [("political_birthday", "2027-02-08")]


@pytest.mark.parametrize(
    ("code", "year", "day"),
    [
        ("spring_festival", 2026, "2026-02-17"),
        ("spring_festival", 2027, "2027-02-06"),
        ("spring_festival", 2033, "2033-01-31"),
        ("mid_autumn", 2026, "2026-09-25"),
        ("dragon_boat", 2026, "2026-06-19"),
        ("party_founding_day", 2026, "2026-07-01"),
    ],
)
def test_lunar_festivals_fall_on_their_days(code: str, year: int, day: str) -> None:
    (festival,) = [row for row in DEFAULTS if row.code == code]
    assert day_of(festival, year) == date.fromisoformat(day)


def test_a_festival_of_the_twelfth_lunar_month_falls_into_our_next_year_and_a_day_that_is_not_there_is_left_out() -> (
    None
):
    eve = Festival(code="laba", name="腊八", lunar=True, month=12, day=8, observed=True)
    assert day_of(eve, 2026) == date(2026, 1, 26)
    thirtieth = Festival(code="eve", name="年三十", lunar=True, month=12, day=30, observed=True)
    assert day_of(thirtieth, 2026) is None
    assert day_of(thirtieth, 2150) is None


def test_a_festival_asks_for_a_contact_around_its_day_of_those_who_are_away_on_it() -> None:
    grounds = Grounds(festivals=DEFAULTS)
    away = charge(("2026-02-17", None))
    found = needs(away, grounds, date(2026, 1, 1), date(2026, 3, 31), ("festival",))
    assert [(need.opens_on.isoformat(), need.due_on.isoformat(), need.about) for need in found] == [
        ("2026-02-07", "2026-02-20", "spring_festival")
    ]
    assert asked(charge(("2026-02-18", None)), "2026-01-01", "2026-03-31", "festival", grounds=grounds) == []


def test_relocations_and_hardships_are_due_by_working_days_and_met_by_a_linked_contact_only() -> None:
    grounds = Grounds(relocations=[Event("r1", date(2026, 3, 2))], hardships=[Event("h1", date(2026, 3, 6))])
    away = charge(("2026-01-01", None))
    found = needs(away, grounds, date(2026, 3, 1), date(2026, 3, 30), ("relocation", "hardship_visit"))
    assert due(found) == [("hardship_visit", "2026-03-13"), ("relocation", "2026-03-16")]
    unlinked = contact("relocation", "2026-03-03")
    assert not found[1].met_by(unlinked)
    assert found[1].met_by(contact("relocation", "2026-05-01", about="r1"))


def test_a_need_is_met_within_its_days_and_not_by_an_attempt_another_kind_or_a_withdrawn_record() -> None:
    need = Need("m", "quarterly", date(2026, 1, 1), date(2026, 3, 31))
    assert need.met_by(contact("quarterly", "2026-03-31"))
    assert not need.met_by(contact("quarterly", "2026-04-01"))
    assert not need.met_by(contact("quarterly", "2026-02-01", reached=False))
    assert not need.met_by(contact("festival", "2026-02-01"))
    assert not need.met_by(contact("quarterly", "2026-02-01", withdrawn="wrong_member"))


def test_the_home_is_visited_by_the_origin_once_a_year() -> None:
    stay = ("2026-05-01", "2026-06-01")
    assert asked(charge(stay), "2026-01-01", "2026-12-31", "home_visit") == [("home_visit", "2026-12-31")]
    assert asked(charge(stay, side="destination"), "2026-01-01", "2026-12-31", "home_visit") == []


@given(st.lists(st.tuples(DAYS, st.integers(0, 200)), max_size=6), DAYS)
def test_stays_that_touch_are_one_and_nobody_is_more_or_less_away_for_it(
    given_stays: list[tuple[date, int]], day: date
) -> None:
    stays = [Stay(first, first + timedelta(days=length)) for first, length in given_stays]
    merged = joined(stays)
    assert any(stay.meets(day, day) for stay in merged) == any(stay.meets(day, day) for stay in stays)
    for earlier, later in pairwise(merged):
        assert earlier.last is not None
        assert earlier.last + timedelta(days=1) < later.first


def test_every_kind_of_contact_has_a_row() -> None:
    assert set(SCHEDULE) == {
        "quarterly",
        "relocation",
        "political_birthday",
        "festival",
        "home_visit",
        "hardship_visit",
    }


def contact(kind: str, on: str, **changed: object) -> Contact:
    fields = {
        "contact_id": "c",
        "person": "m",
        "kind": kind,
        "on": on,
        "channel": "phone",
        "reached": True,
        "officer": "乌云",
        "entered_by": "支部",
    }
    return Contact(**{**fields, **changed})  # type: ignore[arg-type]


EVERYTHING = Grounds(
    DEFAULTS, [Event("move", date(2026, 5, 1)), Event("back", date(2027, 9, 30))], [Event("ill", date(2026, 12, 24))]
)


@given(st.dates(date(2026, 1, 1), date(2027, 12, 31)), st.dates(date(2024, 1, 1), date(2024, 12, 31)), st.booleans())
def test_what_has_opened_by_a_day_does_not_depend_on_how_far_ahead_one_looks(
    day: date, joined_on: date, is_day_known: bool
) -> None:
    known = joined_on.isoformat() if is_day_known else joined_on.isoformat()[:7]
    away = charge(("2025-02-01", "2026-08-15"), ("2026-09-10", None), joined_on=known)
    first, last = day - timedelta(days=30), day + timedelta(days=800)

    every = needs(away, EVERYTHING, first, last)
    assert needs(away, EVERYTHING, first, last, opened_by=day) == [need for need in every if need.opens_on <= day]
