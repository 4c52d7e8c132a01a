"""The data sets that ``gongguan demo-data`` writes: their bytes, their shapes, their faults, and that they load."""

import hashlib
import json
import unicodedata
from collections import Counter
from functools import cache
from pathlib import Path
from statistics import median

import pytest
from click.testing import CliRunner

from gongguan.cli.commands.demo_data import demo_data
from gongguan.cli.demo_data.journeys import FREQUENT
from gongguan.cli.demo_data.persons import AGES, AS_OF, COLLEGE, WOMEN
from gongguan.cli.demo_data.sets import MANIFEST, SETS, DataSet, counts, draw, make
from gongguan.node.files.grids import grids_of
from gongguan.sync.identity import birth_date, parse_id_number, sex_of
from gongguan.sync.persons.rosters import BODIES, MEMBERS, OUTFLOW, cross_check
from gongguan.sync.sheets.sheets import choose, read

SEED = 7


@cache
def tiny() -> dict[str, bytes]:
    return dict(make("tiny", SEED))


@cache
def banner() -> DataSet:
    return draw("banner", SEED)


def near(share: float, meant: float) -> bool:
    return abs(share - meant) < 0.03


# --- bytes


def test_one_seed_gives_the_same_bytes_and_another_seed_another_set() -> None:
    assert dict(make("tiny", SEED)) == tiny()
    assert dict(make("tiny", SEED + 1))["origin/members.xlsx"] != tiny()["origin/members.xlsx"]


def test_the_bytes_of_a_set_are_those_that_everybody_has() -> None:
    """Change the expected digest only with a change of the generator that is meant, and say so in the changelog."""
    assert hashlib.sha256(tiny()["journeys.json"]).hexdigest() == EXPECTED["journeys.json"]
    assert hashlib.sha256(repr(banner().persons[::1000]).encode()).hexdigest() == EXPECTED["banner persons"]


EXPECTED = {
    "journeys.json": "0055691c96314dc31e42fb9fa5b5ae0b3d4daee499726079fb12e572c5bdd82c",
    "banner persons": "edcb409fc4f14da8c7a1e8629e3d600fc090ddf74d03217e72043e371e03266c",
}


def test_the_manifest_has_counts_and_the_digest_of_every_other_file() -> None:
    manifest = json.loads(tiny()[MANIFEST])

    assert manifest["sha256"] == {
        name: hashlib.sha256(data).hexdigest() for name, data in tiny().items() if name != MANIFEST
    }
    assert {name: manifest["counts"][name] for name in SETS["tiny"]._fields} == SETS["tiny"]._asdict()
    assert manifest["synthetic"] is True


def test_the_command_writes_the_files_and_says_how_many_there_are(tmp_path: Path) -> None:
    done = CliRunner().invoke(demo_data(), ["tiny", "--seed", str(SEED), "--out", str(tmp_path)])

    assert "党员 60 人" in done.output
    found = {path.relative_to(tmp_path).as_posix(): path.read_bytes() for path in tmp_path.rglob("*.*")}
    assert found == tiny()


# --- shapes


def test_the_sets_are_as_large_as_they_say() -> None:
    found = counts(banner())
    assert {name: found[name] for name in SETS["banner"]._fields} == SETS["banner"]._asdict()


def test_every_number_and_telephone_is_invented_valid_and_of_one_person() -> None:
    persons = banner().persons

    for person in persons:
        assert parse_id_number(person.id_number, synthetic=True).value == person.id_number
        assert sex_of(person.id_number) == {"男": "male", "女": "female"}[person.sex]
    assert len({person.id_number for person in persons}) == len({person.phone for person in persons}) == len(persons)
    assert all(person.phone.startswith("100") and person.id_number.startswith("99") for person in persons)


def test_ages_sexes_and_education_have_the_published_shares() -> None:
    persons = banner().persons
    years = [(AS_OF.toordinal() - _day(birth_date(person.id_number))) / 365.25 for person in persons]

    for ages in AGES:
        aged = [ages.least <= age < ages.most + 1 for age in years]
        assert near(sum(aged) / len(aged), ages.members / 1000), ages
    assert near(sum(person.sex == "女" for person in persons) / len(persons), WOMEN)
    college = {"大学本科", "大学专科", "研究生"}
    assert near(sum(person.education in college for person in persons) / len(persons), COLLEGE)
    assert near(sum(person.people != "汉族" for person in persons) / len(persons), 0.5)
    aged_away = [age for age, person in zip(years, persons, strict=True) if person.floating and age > 61]
    assert len(aged_away) / len(banner().journeys) < 0.06


def test_names_of_every_form_that_breaks_matching_are_among_them() -> None:
    names = {person.name for person in banner().persons}

    assert any("·" in name for name in names)
    assert any(ord(sign) > 0xFFFF for name in names for sign in name)
    assert any(len(name) >= 6 and "·" not in name for name in names)
    assert any(" " in name for name in names)
    assert all(unicodedata.is_normalized("NFC", name) for name in names)


def test_branches_have_3_to_50_members_and_22_on_average() -> None:
    sizes = [size for _, size in banner().tree.branches]

    assert (min(sizes) >= 3, max(sizes) <= 50, sum(sizes)) == (True, True, 36_000)
    assert Counter(person.branch for person in banner().persons) == dict(banner().tree.branches)


def test_destinations_follow_zipf_and_lengths_are_log_normal() -> None:
    stays = [stay for travelled in banner().journeys for stay in travelled.stays]
    first = [travelled.stays[0] for travelled in banner().journeys]
    ranked = [count for _, count in Counter(stay.division for stay in stays if stay.has_node).most_common()]

    assert len(ranked) == SETS["banner"].destinations
    assert near(ranked[0] / sum(ranked), 0.26)
    assert near(sum(ranked[:5]) / sum(ranked), 0.59)
    assert near(sum(stay.division == "" for stay in stays) / len(stays), 0.03)
    assert near(sum(stay.division != "" and not stay.has_node for stay in stays) / len(stays), 0.05)
    assert near(sum(travelled.frequent for travelled in banner().journeys) / len(first), FREQUENT)
    assert all(stay.left_on < AS_OF.isoformat() < stay.ends_on for stay in first)
    months = [
        (_day(travelled.stays[0].ends_on) - _day(travelled.stays[0].left_on)) / 30.4
        for travelled in banner().journeys
        if not travelled.frequent
    ]
    assert 12 < median(months) < 17


def _day(text: str) -> int:
    return type(AS_OF).fromisoformat(text).toordinal()


# --- sheets


def test_every_sheet_of_a_set_reads_without_an_error_as_what_was_meant() -> None:
    drawn = draw("tiny", SEED)
    bodies = read(BODIES, choose(BODIES, grids_of(tiny()["origin/bodies.xlsx"], "表")), synthetic=True)
    members = read(MEMBERS, choose(MEMBERS, grids_of(tiny()["origin/members.xlsx"], "表")), synthetic=True)
    outflow = read(OUTFLOW, choose(OUTFLOW, grids_of(tiny()["origin/outflow.xlsx"], "表")), synthetic=True)

    assert (bodies.errors, members.errors, outflow.errors) == ((), (), ())
    assert [(row.name, row.id_number, row.born_on, row.joined_on, row.branch) for row in members.rows] == [
        (one.name, one.id_number, one.born_on, one.joined_on, one.branch) for one in drawn.persons
    ]
    assert cross_check(members.rows, outflow.rows) == ((), ())
    assert len(outflow.rows) == SETS["tiny"].floating
    assert members.changes


def test_the_sheet_with_faults_is_refused_for_swapped_digits_and_persons_who_stand_there_twice() -> None:
    grid = choose(MEMBERS, grids_of(tiny()["origin/members-with-faults.xlsx"], "表"))
    found = read(MEMBERS, grid, synthetic=True)

    assert found.rows == ()
    assert {"D-id-number-check-digit", "D-row-duplicate-id", "D-number-rounded"} <= {
        error.code for error in found.errors
    }


def test_a_real_node_refuses_every_member_of_a_set() -> None:
    grid = choose(MEMBERS, grids_of(tiny()["origin/members.xlsx"], "表"))
    refused = {error.row for error in read(MEMBERS, grid, synthetic=False).errors}
    assert len(refused) == SETS["tiny"].members


def test_an_unknown_set_is_not_made() -> None:
    with pytest.raises(KeyError):
        draw("province", SEED)
