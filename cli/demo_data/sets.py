"""Whole data sets of invented members, made from a seed: ``tiny`` for a try, ``banner`` as large as a real county.

A set is a folder: the sheets that an office imports, the journeys that say what its year brings, sheets with faults
that an import must refuse, and ``manifest.json`` with counts and SHA-256. One seed gives the same bytes everywhere::

    files = dict(make("tiny", 7))       # relative name → bytes
    write("tiny", 7, Path("data"))      # the same as files; returns the manifest
"""

import hashlib
import json
import random
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec

from gongguan.cli.demo_data.journeys import Journey, away, journey
from gongguan.cli.demo_data.persons import AS_OF, Person, draw_persons
from gongguan.cli.demo_data.sheets import (
    MEMBER_HEADER,
    OUTFLOW_HEADER,
    bad_rows,
    bodies_sheet,
    member_cells,
    outflow_cells,
    xlsx,
)
from gongguan.cli.demo_data.trees import BANNER, Destination, Tree, banner_tree, destination


class Size(NamedTuple):
    """How large a set is."""

    members: int
    branches: int
    floating: int
    destinations: int


SETS: Final[Mapping[str, Size]] = {
    "tiny": Size(members=60, branches=4, floating=12, destinations=1),
    "banner": Size(members=36_000, branches=1_650, floating=2_900, destinations=40),
}
MANIFEST: Final = "manifest.json"
FORMAT: Final = 1


class DataSet(NamedTuple):
    """What is true in a set, before anybody writes it down."""

    tree: Tree
    destinations: tuple[Destination, ...]
    persons: tuple[Person, ...]
    journeys: tuple[Journey, ...]


def draw(name: str, seed: int) -> DataSet:
    """Draw a set of ``SETS``; raises KeyError for another name."""
    return drawn_as(SETS[name], seed)


def drawn_as(size: Size, seed: int) -> DataSet:
    """Draw a set of any size."""
    tree = banner_tree(_chance(seed, "tree"), size.members, size.branches)
    rng = _chance(seed, "destinations")
    places = tuple(destination(rng, number) for number in range(size.destinations))
    persons = draw_persons(_chance(seed, "persons"), tree.branches, size.floating)
    rng = _chance(seed, "journeys")
    journeys: list[Journey] = []
    for at, person in enumerate(persons):
        if person.floating:
            travelled = journey(rng, person, places)
            persons[at] = away(rng, person, len(journeys), travelled)
            journeys.append(travelled)
    return DataSet(tree, places, tuple(persons), tuple(journeys))


def make(name: str, seed: int) -> Iterator[tuple[str, bytes]]:
    """Each file of the set with its bytes, the manifest last; raises KeyError for an unknown name."""
    drawn = draw(name, seed)
    sums: dict[str, str] = {}
    for file, data in files_of(drawn):
        sums[file] = hashlib.sha256(data).hexdigest()
        yield file, data
    manifest = {
        "synthetic": True,
        "format": FORMAT,
        "set": name,
        "seed": seed,
        "as_of": AS_OF.isoformat(),
        "counts": counts(drawn),
        "sha256": dict(sorted(sums.items())),
    }
    yield MANIFEST, _json(manifest, indent=2)


def write(name: str, seed: int, folder: Path) -> dict[str, Any]:
    """Write the set into ``folder``, over what is there; returns the manifest. Raises KeyError, OSError."""
    data = b"{}"
    for file, data in make(name, seed):
        path = folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    manifest: dict[str, Any] = json.loads(data)
    return manifest


def counts(drawn: DataSet) -> dict[str, int]:
    """What there is in a set, by name."""
    stays = [stay for travelled in drawn.journeys for stay in travelled.stays]
    return {
        "members": len(drawn.persons),
        "branches": len(drawn.tree.branches),
        "bodies": len(drawn.tree.bodies),
        "floating": len(drawn.journeys),
        "destinations": len(drawn.destinations),
        "stays": len(stays),
        "stays_without_node": sum(not stay.has_node for stay in stays),
        "frequent_movers": sum(travelled.frequent for travelled in drawn.journeys),
    }


def files_of(drawn: DataSet) -> Iterator[tuple[str, bytes]]:
    yield "origin/bodies.xlsx", bodies_sheet(f"{BANNER}党组织信息表", drawn.tree.bodies)
    title = f"{BANNER}党员基本信息采集表"
    lines = [member_cells(person, at) for at, person in enumerate(drawn.persons)]
    yield "origin/members.xlsx", xlsx(title, MEMBER_HEADER, lines, totals=True)
    yield "origin/outflow.xlsx", xlsx(f"{BANNER}流出党员花名册", OUTFLOW_HEADER, _outflow(drawn))
    yield "origin/members-with-faults.xlsx", xlsx(title, MEMBER_HEADER, list(bad_rows(drawn.persons)))
    for place in drawn.destinations:
        yield f"{place.division}/bodies.xlsx", bodies_sheet(f"{place.name}党组织信息表", place.bodies)
    yield "journeys.json", b"".join(_json(msgspec.to_builtins(travelled)) for travelled in drawn.journeys)


def _outflow(drawn: DataSet) -> Sequence[Sequence[object]]:
    """Members of the roster by name, as offices sort them, not as they stand in the members' sheet."""
    secretaries = {body.short_name: body.secretary for body in drawn.tree.bodies}
    gone = sorted((person for person in drawn.persons if person.floating), key=lambda one: (one.name, one.id_number))
    return [outflow_cells(person, at, secretaries[person.branch]) for at, person in enumerate(gone)]


def _chance(seed: int, what: str) -> random.Random:
    """A generator for one part, so that a change of one part leaves the others as they were."""
    return random.Random(f"{seed} {what}")


def _json(value: object, indent: int | None = None) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=indent) + "\n").encode()
