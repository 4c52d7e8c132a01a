"""Steps in which people act: through the node's own verdict, or past it."""

import random
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final
from zlib import crc32

from gongguan.protocol.errors import ProtocolError
from gongguan.protocol.messages.exchange import HeldWithdrawn
from gongguan.sync.exchange import recovery
from gongguan.sync.exchange.exchange import Exchange
from gongguan.sync.exchange.logbook import LogBook
from gongguan.sync.records import Holding
from tests.acts import MEMBERS, SIMULATED, misbehave, perform
from tests.simulation.plan import Step

if TYPE_CHECKING:
    from tests.simulation.node import SimulatedNode
    from tests.simulation.world import Link, World

TRIES_MAX: Final = 8
OFTEN: Final[Mapping[str, int]] = {
    "score": 7,
    "relocate": 4,
    "depart": 4,
    "propose_resolution": 9,
    "answer_resolution": 9,
    "answer_amendment": 4,
    "amend_with_scan": 2,
    "propose_lifting": 4,
    "answer_lifting": 4,
    "propose_together": 2,
    "answer_together": 8,
}
"""What makes and closes differences is drawn more often than the other acts of ``tests/acts.py``."""
_DRAWS: Final = [(name, f"{name} {turn}".encode()) for name in SIMULATED for turn in range(OFTEN.get(name, 1))]


def drawn(rng: random.Random) -> str:
    """An act. A new row in ``tests/acts.py`` is drawn as well, and changes few of the draws that were there before."""
    salt = rng.randbytes(4)
    return max(_DRAWS, key=lambda draw: crc32(salt + draw[1]))[0]


def act(world: "World", step: Step, rng: random.Random) -> None:
    """An officer does something; now and then in two pairings at once, or past what the node allows."""
    link = world.links[step.link]
    do_as(world, world.node_of(link, step.side), link, rng, rogue="rogue" in step.faults)


def do_as(world: "World", node: "SimulatedNode", link: "Link", rng: random.Random, *, rogue: bool = False) -> None:
    """One act on this node."""
    if not world.awake(node):
        return
    others = [other for other in world.links if node.number in other.ends and other is not link]
    also = rng.choice(others) if others and rng.random() < 0.2 else None

    def work(exchange: Exchange) -> None:
        book = exchange.book(link.pairing_id)
        if rogue and book.current_version() and node.may_misbehave(book):
            node.misbehaved = True
            misbehave(book, rng.randrange(MEMBERS), rng.randrange(32))  # type: ignore[arg-type]
            world.faults["rogue"] += 1
            return
        world.acts[_something(book, rng)] += 1
        if also is not None:
            _something(exchange.book(also.pairing_id), rng)

    world.guarded(node, lambda: node.act(work))


def _something(book: LogBook, rng: random.Random) -> str:
    """The first of some acts that this node lets pass and for which there is something to do; "nothing" if none is."""
    for _ in range(TRIES_MAX):
        name = drawn(rng)
        try:
            if perform(book, name, rng.randrange(MEMBERS), rng.randrange(32)):
                return name
        except ProtocolError as error:
            if error.code in ("D-recovering", "P-pairing-not-active"):
                raise
    return "nothing"


def _named(*names: str, choice: int = 1) -> "StepFunction":
    """These very acts, the first for which there is something to do."""

    def step(world: "World", step: Step, rng: random.Random) -> None:
        link = world.links[step.link]
        node = world.node_of(link, step.side)
        if world.awake(node):
            done = world.guarded(node, lambda: node.act(lambda it: _first(it, link)))
            world.acts[done if isinstance(done, str) else "nothing"] += 1

    def _first(exchange: Exchange, link: "Link") -> str:
        book = exchange.book(link.pairing_id)
        return next((name for name in names if perform(book, name, 0, choice)), "nothing")

    return step


def of_a_member(name: str, *, own: bool = True, always_one: bool = False) -> "StepFunction":
    """This act, about one of the members that are this side's own, or the other's; ``always_one``: about the same."""

    def step(world: "World", step: Step, rng: random.Random) -> None:
        link = world.links[step.link]
        node = world.node_of(link, step.side)
        members = [member for member in range(MEMBERS) if (member % 2 == step.side) is own]
        member = members[0] if always_one else rng.choice(members)
        choice = rng.randrange(32)
        if world.awake(node):
            done = world.guarded(
                node, lambda: node.act(lambda it: perform(it.book(link.pairing_id), name, member, choice))
            )
            world.acts[name] += done is True

    return step


def announce(world: "World", step: Step, rng: random.Random) -> None:
    """Say which kinds this software applies."""
    link = world.links[step.link]
    node = world.node_of(link, step.side)
    if world.awake(node):
        world.guarded(node, lambda: node.act(lambda exchange: exchange.announce(link.pairing_id)))


def release(world: "World", step: Step, rng: random.Random) -> None:
    """An officer has a held message tried again."""
    link = world.links[step.link]
    node = world.node_of(link, step.side)
    held = [row for row in _holdings(node, link) if row.own and row.by_epoch and not row.released and not row.withdrawn]
    if not held or not world.awake(node):
        return
    message = rng.choice(held).message
    node.tried.pop(message, None)
    world.guarded(node, lambda: node.patiently(lambda it: it.book(link.pairing_id).held.release(message)))
    world.acts["release"] += 1


def withdraw(world: "World", step: Step, rng: random.Random) -> None:
    """The author takes back what the partner holds."""
    link = world.links[step.link]
    node = world.node_of(link, step.side)
    held = [row for row in _holdings(node, link) if not row.own and not row.released and not row.withdrawn]
    if not held or not world.awake(node):
        return
    body = HeldWithdrawn(message=rng.choice(held).message)
    done = world.guarded(node, lambda: node.act(lambda it: it.book(link.pairing_id).write("exchange.withdrawn", body)))
    world.acts["withdraw"] += done is not None and not isinstance(done, ProtocolError)


def _holdings(node: "SimulatedNode", link: "Link") -> list[Holding]:
    return node.database.read(lambda store: store.find(Holding, pairing_id=link.pairing_id))


def give_up(world: "World", step: Step, rng: random.Random) -> None:
    """An officer does not wait any longer for what a partner may still hold."""
    link = world.links[step.link]
    node = world.node_of(link, step.side)
    if world.awake(node) and node.pairing(link.pairing_id).recovering:
        world.acts["give_up"] += 1
        world.guarded(node, lambda: node.act(lambda exchange: recovery.give_up(exchange, link.pairing_id)))


if TYPE_CHECKING:
    from tests.simulation.world import StepFunction

STEPS: Final = {
    "act": act,
    "announce": announce,
    "amend": _named("amend"),
    "answer_amendment": _named("answer_amendment"),
    "suspend": _named("suspend", choice=0),
    "lift": _named("answer_lifting", "propose_lifting"),
    "end_period": of_a_member("end_period"),
    "erase": of_a_member("erase"),
    "tell": of_a_member("relocate", own=False),
    "ask_opinion": of_a_member("ask_opinion"),
    "opine": of_a_member("opine", own=False),
    **{
        name: of_a_member(name, always_one=True) for name in ("contact", "withdraw_contact", "return", "state_crossing")
    },
    **{name: of_a_member(name, own=False, always_one=True) for name in ("enter", "sum_up", "answer_part")},
    "release": release,
    "withdraw": withdraw,
    "give_up": give_up,
}
