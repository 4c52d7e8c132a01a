"""What lists keep between two questions never makes them say anything else than a process that has just begun."""

import random
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from functools import partial
from pathlib import Path

import msgspec
import pytest

from gongguan.cli.demo_data.sets import Size, drawn_as, files_of
from gongguan.sync.records import MobilityPeriod
from gongguan.sync.shared.views import (
    ONE_BY_ONE_MAX,
)
from tests.year.lists import begun
from tests.year.places import County, Place, on_disk
from tests.year.work import MONTHS, STEPS, Work

SIZE = Size(members=150, branches=6, floating=115, destinations=1)
SEED = 7
ASKED = 2
"""Lists that are asked for after each step, at each of the committees."""


@pytest.fixture
def county(tmp_path: Path) -> Iterator[County]:
    drawn = drawn_as(SIZE, SEED)
    county = County(drawn, dict(files_of(drawn)), partial(on_disk, tmp_path))
    county.load()
    with closing(county):
        yield county


def said(place: Place, name: str, fields: dict[str, object]) -> msgspec.Struct:
    answer: msgspec.Struct = place.ask(name, **fields)
    # A workbook says when it was made.
    return msgspec.structs.replace(answer, file=b"") if hasattr(answer, "file") else answer


def said_afresh(folder: Path, place: Place, name: str, fields: dict[str, object]) -> msgspec.Struct:
    """By a process that has read nothing yet."""
    before = place.node.database
    with closing(on_disk(folder, place.division)) as fresh:
        place.node.database = fresh  # type: ignore[assignment]
        try:
            return said(place, name, fields)
        finally:
            place.node.database = before


def test_lists_of_a_committee_are_those_of_a_process_that_has_kept_nothing(county: County, tmp_path: Path) -> None:
    chosen = random.Random(SEED)
    work = Work(county)
    for month in MONTHS[:2]:
        for day, step in STEPS:
            county.at(f"{month}-{day}")
            step(work, month)
            county.meet()
            for place in county.places():
                for name, fields in chosen.sample(begun(date.fromisoformat(f"{month}-{day}")), ASKED):
                    assert said(place, name, fields) == said_afresh(tmp_path, place, name, fields), (name, fields)

    periods = county.origin.node.database.read(lambda store: store.count(MobilityPeriod))
    assert periods > ONE_BY_ONE_MAX, "else members are asked for one by one, and nothing is kept"
