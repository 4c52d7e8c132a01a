"""A year with several destinations: who is admitted by two of them, and who shares a name or an event with another."""

from functools import cache

import pytest

from gongguan.cli.demo_data.sets import Size, drawn_as, files_of
from gongguan.sync.shared import periods, views
from gongguan.sync.shared.charges import every_charge, stays_of
from gongguan.sync.shared.views import (
    ONE_BY_ONE_MAX,
    Unopened,
)
from tests.year.places import County
from tests.year.rest import wrong
from tests.year.work import Work

SIZE = Size(members=300, branches=15, floating=100, destinations=2)
SEED = 132
"""Three members are admitted twice, two at one destination are scored twice, two come without a notice."""


@cache
def year() -> Work:
    drawn = drawn_as(SIZE, SEED)
    county = County(drawn, dict(files_of(drawn)))
    county.load()
    work = Work(county)
    work.live()
    return work


def test_after_a_year_with_several_destinations_all_hold_the_same_and_everybody_is_managed_by_one() -> None:
    assert wrong(year().county, year()) == []


def test_whom_two_destinations_admitted_is_stated_to_both_and_settled_when_one_period_is_over() -> None:
    county = year().county
    crossings = county.origin.ask("conflict.across", settled=True).crossings

    doubled = [one.name for one in county.drawn.journeys if "admitted_twice" in one.apart]
    admissions = [line for line in crossings if line.matter == "admission"]
    assert sorted(line.name for line in admissions) == sorted(2 * doubled)
    assert {line.state for line in admissions} == {"settled"}
    assert county.counted.done["conflict.answer_part"] == len(admissions) > 2
    assert all(place.ask("conflict.across").open == 0 for place in county.places())


def test_months_paid_late_and_by_the_family_are_on_record_at_the_destination_and_count_at_the_origin() -> None:
    work = year()
    for one in work.away.values():
        if one.journey.dues == "late" and one.since == "2026-01":
            shown = work.origin.ask("dues.show", person=one.member)
            assert shown.paid_until == "2026-12"
            assert {line.state for line in shown.months if line.month >= "2026-01"} == {"paid"}
    kinds = {one.journey.dues for one in work.away.values()}
    assert kinds == {"on_time", "late", "by_proxy"}


def test_namesakes_and_one_event_of_several_members_leave_no_conflict_open() -> None:
    county = year().county
    scored = [one for one in county.drawn.journeys if "scored_twice" in one.apart]
    assert len(scored) > 1
    for place in county.places():
        assert place.ask("conflict.list").conflicts == []


def test_a_bulletin_that_was_left_out_is_missing_on_both_sides_and_those_given_answer_all_four_topics() -> None:
    county = year().county
    silent = [place for place in county.destinations.values() if place.ask("bulletin.list").late_here]
    assert len(silent) == 1
    lines = county.origin.ask("bulletin.list").bulletins

    committees = [line for line in lines if line.branch is None and line.quarter < "2026Q4"]
    received = [line for line in committees if line.direction == "received"]
    assert [(line.quarter, line.peer) for line in received if line.state != "given"] == [("2026Q3", silent[0].title)]
    assert {line.state for line in committees if line.direction == "sent"} == {"given"}
    assert {len(line.topics) for line in lines if line.state == "given"} == {4}
    branches = {line.state for line in lines if line.branch and line.quarter < "2026Q4"}
    assert branches == {"given", "overdue"}, "branches that leave it show as missing too"


def test_stays_are_the_same_whether_the_records_are_opened_for_them_or_not() -> None:
    charges = year().county.origin.node.database.read(lambda store: list(every_charge(store)))
    unopened = [(charge, records) for charge in charges for records in charge.records.values()]
    assert len(unopened) > ONE_BY_ONE_MAX
    for charge, records in unopened:
        assert isinstance(records, Unopened)
        opened = dict(records)
        assert len(opened) == len(records) > 1
        assert all(records.get(key) == records[key] == value for key, value in opened.items())
        assert stays_of(records, charge.side) == stays_of(opened, charge.side)


@pytest.mark.parametrize(
    ("operation", "asked"),
    [
        ("today.list", {"limit": 1000}),
        *(("education.coverage", {"quarter": f"2026Q{number}", "limit": 1000}) for number in (1, 2, 3, 4)),
        *(("contact.list", {"quarter": f"2026Q{number}", "limit": 1000}) for number in (1, 2, 3, 4)),
    ],
)
def test_lists_of_many_members_say_what_they_say_when_each_member_is_read_alone(
    operation: str, asked: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    for place in year().county.places():
        together = place.ask(operation, **asked)
        with monkeypatch.context() as patched:
            for module in (views, periods):
                patched.setattr(module, "ONE_BY_ONE_MAX", 10**9)
            assert place.ask(operation, **asked) == together
    assert together.lines


def test_the_first_things_due_are_the_first_of_all_and_the_counts_are_of_all() -> None:
    origin = year().county.origin
    every = origin.ask("today.list", limit=1000)
    few = origin.ask("today.list", limit=7)
    assert few.lines == every.lines[:7]
    assert (few.total, few.overdue) == (every.total, every.overdue)
    assert len(every.lines) == min(every.total, 1000) > 7
    assert [line.due_on for line in every.lines] == sorted(line.due_on for line in every.lines)


def test_a_charge_that_is_named_by_its_id_is_the_one_that_a_list_of_all_shows() -> None:
    origin = year().county.origin
    for line in origin.ask("officer.list").lines[:20]:
        assert origin.ask("contact.show", person=line.person).name == line.name
    there = [(place, place.ask("officer.list").lines[:20]) for place in year().county.destinations.values()]
    assert sum(len(lines) for _, lines in there) > 20
    for place, lines in there:
        for line in lines:
            assert place.ask("contact.show", person=line.person).name == line.name
            assert origin.ask("contact.show", person=line.person).name == line.name
