"""A year of one member's life across two nodes, and the same year over wires that lose, double and delay."""

from functools import cache

import pytest

from gongguan.sync.records import Task
from tests.sync.year import WIRES, Year, faithful


@cache
def year_of_peace() -> Year:
    """The year over a wire that loses nothing."""
    return Year(faithful).live()


def test_after_a_year_both_sides_tell_the_same_story() -> None:
    year = year_of_peace()

    assert year.history(year.origin) == year.history(year.destination)
    assert year.origin.node.shared() == year.destination.node.shared()


def test_the_movement_of_the_year_is_complete() -> None:
    year = year_of_peace()
    history = year.history(year.origin)

    movement = [(what, side) for section, what, side, _, _ in history if section == "流动"]
    assert movement == [
        ("外出情况通报", "origin"),
        ("外出期间表现总结", "destination"),
        ("接收答复", "destination"),
        ("流动结束", "origin"),
    ]
    places = [value for _, what, _, value, _ in history if what == "地点"]
    assert {place[3:9] for place in places} == {"990202", "990203"}
    closing = year.origin.ask("支部", "movement.closing", subject=year.subject)
    assert (closing.state, closing.ended_on, closing.unmatched) == ("ended", "2026-11-30", [])
    assert (closing.summary.conduct, closing.summary.dues_months) == ("good", 3)
    assert closing.own_account is not None


def test_what_was_left_to_do_was_done_but_for_the_commendation_that_nobody_took_up() -> None:
    year = year_of_peace()

    assert [task.kind for task in year.origin.find(Task, state="open")] == ["read_event"]
    assert year.destination.find(Task, state="open") == []


def test_contacts_help_and_study_of_the_year_are_known_to_both_and_their_words_to_one() -> None:
    year = year_of_peace()

    for side in (year.origin, year.destination):
        told = side.ask("干事", "contact.show", person=year.subject).told
        assert [(fact.kind, fact.on, fact.witnesses) for fact in told] == [
            ("relocation", "2026-07-06", "destination"),
            ("quarterly", "2026-06-15", "both"),
            ("quarterly", "2026-03-18", "both"),
        ]
        assert [line.state for line in side.ask("干事", "study.list").studies] == ["done"]
    (told,) = year.origin.ask("干事", "care.list", closed=True).cases
    assert (told.handled_by, told.category, told.status) == ("there", "housing", "solved")
    said = ("父母身体好", "住处离厂近", "房租太高", "搬进了人才公寓")
    assert not any(words.encode() in item.data for item in year.origin.node.log() for words in said)


@pytest.mark.parametrize("wire", WIRES)
def test_the_year_is_the_same_with(wire: str) -> None:
    year = Year(WIRES[wire]()).live()

    assert year.origin.node.shared() == year.destination.node.shared()
    assert (
        year.history(year.origin) == year.history(year.destination) == year_of_peace().history(year_of_peace().origin)
    )
