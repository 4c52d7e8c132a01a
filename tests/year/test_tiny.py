"""A year of the smallest data set, from its sheets to both sides' equal records, by staff operations and bundles."""

from functools import cache

from gongguan.cli.demo_data.sets import draw, make

from .places import County
from .rest import wrong
from .work import Work

SEED = 7


@cache
def year() -> Work:
    county = County(draw("tiny", SEED), dict(make("tiny", SEED)))
    county.load()
    work = Work(county)
    work.live()
    return work


def test_after_a_year_both_sides_hold_the_same_and_everybody_is_managed_by_one() -> None:
    assert wrong(year().county, year()) == []


def test_the_year_was_made_of_the_work_that_committees_do() -> None:
    done = year().county.counted.done

    assert {
        "member.import",
        "departure.notify_all",
        "admission.give",
        "entry.life_all",
        "dues.enter",
        "contact.record_all",
        "activity.attend",
        "study.hold",
        "feedback.give_all",
        "movement.return",
        "movement.summarise",
        "conflict.accept",
    } <= done.keys()
