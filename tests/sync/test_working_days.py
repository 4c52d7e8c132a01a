"""Working days by the arrangement of a year that an officer imported; of other years weekdays, and that is said."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongguan.sync.records import ArrangedDay
from gongguan.sync.sheets.arrangements import EXAMPLES, example
from gongguan.sync.working_days import WEEKDAYS, WorkingDays, arranged
from tests.sync.offices import Office, exchanged, offices, on, ready

KNOWN = arranged((date.fromisoformat(day), how == "worked") for year in EXAMPLES for day, how, _ in example(year))


def imported(office: Office, year: int) -> Any:
    """The sheet of a year as it was got, handed in as it is."""
    return office.ask("干事", "calendar.import", file=office.ask("干事", "calendar.sheet", year=year).file)


@given(
    st.sampled_from([WEEKDAYS, KNOWN]),
    st.dates(date(2024, 12, 1), date(2027, 1, 31)),
    st.integers(0, 60),
)
def test_days_are_counted_as_one_counts_on_a_calendar(calendar: WorkingDays, first: date, count: int) -> None:
    last = first + timedelta(days=count)
    assert calendar.between(first, last) == sum(
        calendar.is_worked(first + timedelta(days=step)) for step in range(1, count + 1)
    )
    after = calendar.after(first, count)
    assert calendar.between(first, after) == count
    assert count == 0 or calendar.is_worked(after)


@pytest.mark.parametrize(("year", "worked"), [(2025, 248), (2026, 248)])
def test_the_years_that_come_along_have_as_many_working_days_as_was_arranged(year: int, worked: int) -> None:
    assert KNOWN.between(date(year - 1, 12, 31), date(year, 12, 31)) == worked
    days = [date.fromisoformat(day) for day, how, _ in example(year) if how == "worked"]
    assert all(not WEEKDAYS.is_worked(day) for day in days), "only days at weekends are worked instead"


def test_a_known_year_is_got_as_a_sheet_looked_through_and_handed_in() -> None:
    origin, _ = offices()
    assert not origin.ask("支部", "calendar.show", year=2026).known

    assert imported(origin, 2026).changed == sum(1 for _ in example(2026))

    shown = origin.ask("支部", "calendar.show", year=2026)
    assert (shown.known, shown.worked) == (True, 248)
    assert ("2026-02-14", "worked") in {(line.day, line.arrangement) for line in shown.days}
    assert imported(origin, 2026).changed == 0, "once more it changes nothing"
    assert origin.refusal("支部", "calendar.import", file=b"") == "A-role"


def test_the_sheet_is_recognised_among_all_others_and_a_year_is_replaced_whole() -> None:
    origin, _ = offices()
    imported(origin, 2026)
    page = "日期,放假或上班,说明\n2026-10-01,放假,国庆节\n2026-10-10,上班,调休\n".encode()

    taken = origin.ask("干事", "sheet.take", file=page)

    assert taken.title == "工作日安排表"
    assert [row.day for row in origin.find(ArrangedDay)] == ["2026-10-01", "2026-10-10"]


def test_a_day_that_stands_twice_is_refused_with_its_row() -> None:
    origin, _ = offices()
    page = "日期,放假或上班,说明\n2026-10-01,放假,国庆节\n2026-10-01,上班,\n".encode()

    assert origin.refusal("干事", "calendar.import", file=page) == "D-import-rows"
    assert origin.find(ArrangedDay) == []


def test_a_limit_over_a_holiday_is_that_of_the_arrangement_and_what_is_not_known_is_said() -> None:
    origin, destination = offices(agreed=True)
    member = ready(origin, 1)
    on("2026-04-28", origin, destination)
    origin.ask("干事", "departure.notify", member_id=member)
    exchanged(origin, destination)
    on("2026-05-13", origin, destination)

    def gaps(office: Office) -> list[tuple[str, int | None]]:
        return [(line.gap, line.days) for line in office.ask("干事", "movement.gaps").gaps]

    # Ten working days for an answer: by weekdays until 12 May, by the arrangement of the Labour Day holidays until 14.
    assert gaps(destination) == [("unanswered", 11)]
    assert destination.ask("干事", "movement.gaps").weekdays_only == [2026]
    imported(destination, 2026)
    assert gaps(destination) == []
    assert destination.ask("干事", "admission.times").weekdays_only == []
    assert origin.ask("干事", "admission.times").weekdays_only == [2026]


def test_that_an_arrangement_is_missing_is_on_the_officers_list_and_no_clerks() -> None:
    origin, _ = offices()
    on("2026-12-03", origin)

    def asked(who: str) -> list[tuple[str, str]]:
        return [(line.who, line.due_on) for line in origin.ask(who, "today.list", kind="calendar").lines]

    assert asked("干事") == [("2026", "2026-12-03"), ("2027", "2027-01-01")]
    assert asked("支部") == []
    imported(origin, 2026)
    assert asked("干事") == [("2027", "2027-01-01")]
    assert origin.ask("干事", "calendar.sheet", year=2027).rows == 0, "of a year that is not known nothing is invented"
