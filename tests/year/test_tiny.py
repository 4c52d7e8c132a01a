"""A year of the smallest data set, from its sheets to both sides' equal records, by staff operations and bundles."""

from functools import cache

import pytest

from gongguan.cli.demo_data.sets import draw, make
from tests.year.places import County
from tests.year.rest import wrong
from tests.year.work import Work

SEEDS = (102, 369)
"""Between them: members found without notice, never arrived, lost for a while, with swapped digits, on probation."""

CORE = {
    "agreement.sign",
    "member.import",
    "departure.notify_all",
    "departure.report",
    "departure.notify",
    "admission.give",
    "admission.refuse",
    "inflow.take",
    "inflow.match",
    "entry.life_all",
    "dues.enter",
    "contact.record_all",
    "activity.attend",
    "study.hold",
    "feedback.give_all",
    "bulletin.send",
    "movement.presence",
    "movement.relocate",
    "movement.return",
    "movement.summarise",
    "score.contribute",
    "conflict.propose",
    "conflict.accept",
    "probation.observe",
    "probation.request",
    "probation.opinion",
}


@cache
def year(seed: int) -> Work:
    county = County(draw("tiny", seed), dict(make("tiny", seed)))
    county.load()
    work = Work(county)
    work.live()
    return work


@pytest.mark.parametrize("seed", SEEDS)
def test_after_a_year_both_sides_hold_the_same_and_everybody_is_managed_by_one(seed: int) -> None:
    assert wrong(year(seed).county, year(seed)) == []


@pytest.mark.parametrize("seed", SEEDS)
def test_no_conflict_is_left_and_everybody_who_is_away_is_known_to_the_origin(seed: int) -> None:
    county = year(seed).county

    for place in county.places():
        assert place.ask("conflict.list").conflicts == []
    admitted = county.origin.ask("movement.list", state="admitted", limit=1000).movements
    assert {line.subject for line in admitted} == year(seed).away.keys()
    assert year(seed).notified == {}


def test_the_years_were_made_of_the_work_that_committees_do() -> None:
    done = set().union(*(year(seed).county.counted.done for seed in SEEDS))
    refused = set().union(*(year(seed).county.counted.refused for seed in SEEDS))

    assert CORE - done == set()
    assert refused == {("admission.verify", "D-id-number-check-digit")}
