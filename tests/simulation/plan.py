"""What happens in a run, decided by its seed before anything happens: so that any part can be left out again.

A step carries its own number, from which everything in it is decided, and the faults that strike it. Leaving out a
step, a fault or a partner changes nothing in the others, which is what ``shrink`` needs::

    plan = plan_of(17)
    World(plan).run()
"""

import random
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

WEIGHTS: Final[Mapping[str, int]] = {
    "act": 30,
    "call": 26,
    "deliver": 5,
    "pack": 3,
    "carry": 5,
    "post": 3,
    "collect": 4,
    "cut": 2,
    "restart": 2,
    "jump_clock": 2,
    "wait": 1,
    "backup": 3,
    "restore": 2,
    "clone": 1,
    "clone_works": 3,
    "stale_process": 1,
    "poison": 1,
    "antidote": 1,
    "downgrade": 1,
    "upgrade": 1,
    "release": 2,
    "withdraw": 1,
    "give_up": 1,
    "attack": 4,
    "rotate": 1,
}
"""How often each step is drawn. A run draws from a part of them only, so that rare ones come together."""

ALWAYS: Final = ("act", "call")
WIRE: Final = ("loss", "delay", "duplicate", "months_later", "corrupt", "truncate", "reset")
REPLY: Final = ("reply_lost", "reply_cached", "reply_html", "reply_corrupt")
MACHINE: Final = ("disk_full", "read_only", "misread", "commit_unknown")
POINTS: Final = (
    "before-commit",
    "during-sync",
    "after-commit",
    "before-fence",
    "before-send",
    "after-receive",
    "after-send",
)
RELAY: Final = ("relay_drops", "relay_reorders", "relay_replays", "relay_swaps")
COURIER: Final = ("half_copied", "carried_twice", "to_the_wrong_node", "as_text")


class Step(NamedTuple):
    """One thing that happens. ``side`` of ``link`` does it; ``number`` decides how."""

    name: str
    link: int
    side: int
    number: int
    faults: tuple[str, ...] = ()


class Plan(NamedTuple):
    """A whole run. ``stage``: how far the nodes have come at its beginning (``cluster.py``)."""

    seed: int
    partners: int
    stage: int
    steps: tuple[Step, ...]


def size_of(seed: int) -> tuple[int, int]:
    """How many partners and steps: mostly one and few."""
    if seed % 16 in (4, 7, 15):
        return {4: (2, 18), 7: (3, 20), 15: (4, 22)}[seed % 16]
    return (1, (12, 8, 16, 10, 12, 24, 14)[seed % 7])


def plan_of(seed: int) -> Plan:
    """The plan of a seed: the same for ever, as long as nobody changes the tables above."""
    rng = random.Random(f"plan {seed}")
    partners, length = size_of(seed)
    stage = (2, 1, 2, 0, 2, 2, 1)[seed % 7]
    names = [*ALWAYS, *(name for name in WEIGHTS if name not in ALWAYS and rng.random() < 0.5)]
    weights = [WEIGHTS[name] * rng.choice((1, 1, 3)) for name in names]
    opening = [] if stage else [step for link in range(partners) for step in _agreeing(rng, link)]
    drawn = [
        step
        for _ in range(length)
        for first in (_step(rng, rng.choices(names, weights)[0], partners),)
        for step in (first, *_followed(rng, first))
    ]
    return Plan(seed, partners, stage, (*opening, *_told_among(drawn, seed, partners)))


def _agreeing(rng: random.Random, link: int) -> list[Step]:
    names = (("announce", 0), ("announce", 1), ("call", 0), ("amend", 0), ("call", 1), ("answer_amendment", 1))
    return [Step(name, link, side, rng.getrandbits(32)) for name, side in names]


STORIES: Final[Mapping[str, tuple[float, tuple[str, ...]]]] = {
    "forgetting": (
        0.1,
        (
            "ask_opinion 0, call 0, opine 1, call 1, call 1",
            "backup 1",
            "end_period 0, call 0",
            "backup 0",
            "years 0, tell 1, call 0",
            "erase 0, tell 1",
            "call 0",
            "restore 1, call 1",
        ),
    ),
    "holding": (0.04, ("poison 0, act 1, act 1, call 1, antidote 0", "release 0")),
    "stopping": (0.04, ("suspend 0, act 1", "call 0", "lift 1", "call 1", "lift 0", "call 0, act 1")),
    "answering": (
        0.02,
        (
            "contact 0, withdraw_contact 0",
            "enter 1, enter 1, call 1, state_crossing 0, call 0, answer_part 1",
            "return 0, call 0, sum_up 1",
        ),
    ),
    "couriers": (
        0.04,
        (
            "act 0, pack 0, act 0, pack 0, restart 0, act 0, pack 0",
            "wait 1, wait 1",
            "carry 0, carry 0, carry 0, carry 0",
        ),
    ),
    "theft": (0.05, ("rotate 0, call 0", "thief 0, act 0", "thief 0")),
}
"""What takes several steps of one pairing in their order: in how many runs, and which steps, each with its side (0: who
begins it). What stands together is done together, other steps come between; one is left out now and then."""


def _told_among(drawn: list[Step], seed: int, partners: int) -> list[Step]:
    """The steps with those of the stories of this seed among them; those of a run without any stay what they were."""
    for name, (chance, parts) in STORIES.items():
        rng = random.Random(f"told {name} {seed}")
        if rng.random() >= chance:
            continue
        link, side = rng.randrange(partners), rng.randrange(2)
        places = sorted((rng.randint(0, len(drawn)) for _ in parts), reverse=True)
        for place, part in zip(places, reversed(parts), strict=True):
            drawn[place:place] = _told(rng, part, link, side)
    return drawn


def _told(rng: random.Random, part: str, link: int, side: int) -> list[Step]:
    steps = [step.split(" ") for step in part.split(", ")]
    return [
        Step(name, link, (side + int(by)) % 2, rng.getrandbits(32), _faults(rng, name))
        for name, by in steps
        if rng.random() < 0.9
    ]


def names_told() -> set[str]:
    """Every step of the stories."""
    return {step.split(" ")[0] for _, parts in STORIES.values() for part in parts for step in part.split(", ")}


FOLLOWED: Final[Mapping[str, tuple[str, ...]]] = {
    "restore": ("act", "call"),
    "clone": ("clone_works", "act", "clone_works"),
    "poison": ("call", "call"),
    "rotate": ("act", "call"),
}
"""What shows that something happened: without it, it would mostly be undone before anybody acts."""


def _followed(rng: random.Random, step: Step) -> list[Step]:
    chosen = FOLLOWED.get(step.name, ()) if rng.random() < 0.7 else ()
    return [step._replace(name=name, number=rng.getrandbits(32), faults=()) for name in chosen]


def _step(rng: random.Random, name: str, partners: int) -> Step:
    return Step(name, rng.randrange(partners), rng.randrange(2), rng.getrandbits(32), _faults(rng, name))


def _faults(rng: random.Random, name: str) -> tuple[str, ...]:
    """What strikes a step: often nothing."""
    chosen: list[str] = []
    if name == "act":
        chosen += _some(rng, 0.05, ("rogue",)) + _some(rng, 0.04, MACHINE) + _crash(rng, 0.06)
    if name == "call":
        chosen += _some(rng, 0.25, WIRE) + _some(rng, 0.14, REPLY) + _some(rng, 0.05, MACHINE) + _crash(rng, 0.12)
    if name in ("deliver", "carry", "collect", "post", "pack"):
        chosen += _crash(rng, 0.08)
    if name in ("carry",):
        chosen += _some(rng, 0.5, COURIER)
    if name in ("post", "collect"):
        chosen += _some(rng, 0.5, RELAY)
    return tuple(chosen)


def _some(rng: random.Random, chance: float, names: tuple[str, ...]) -> list[str]:
    return [rng.choice(names)] if rng.random() < chance else []


def _crash(rng: random.Random, chance: float) -> list[str]:
    """A process that dies, or a machine whose power goes, at one of the points, on either side."""
    how, point, whose = rng.choice(("kill", "kill", "power")), rng.choice(POINTS), rng.choice(("here", "there"))
    return [f"{how} {point} {whose}"] if rng.random() < chance else []


class Kept(msgspec.Struct, frozen=True):
    """A plan that once broke something, as small as it could be made. It outlives changes of the tables above."""

    found: str
    plan: Plan


KEPT: Final = Path(__file__).parent / "kept.jsonl"


def kept() -> list[Kept]:
    """Every plan that once failed."""
    return [msgspec.json.decode(line, type=Kept) for line in KEPT.read_bytes().splitlines()]


def keep(found: str, plan: Plan) -> None:
    """Remember a plan for ever."""
    with KEPT.open("ab") as file:
        file.write(msgspec.json.encode(Kept(found, plan)) + b"\n")
