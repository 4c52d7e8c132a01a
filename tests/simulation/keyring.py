"""Keys that are replaced: a node's key file outlives its database, and holds every generation of its keys."""

import random
from typing import TYPE_CHECKING, Final

from gongguan.protocol import card as cards
from gongguan.protocol import note
from gongguan.protocol.card import Card
from gongguan.protocol.errors import ProtocolError
from gongguan.sync.exchange import pairings, renewal, succession
from gongguan.sync.exchange.renewal import Renewal
from tests.protocol.committees import signing_key
from tests.simulation.plan import Step

if TYPE_CHECKING:
    from tests.simulation.node import SimulatedNode
    from tests.simulation.world import World

GENERATIONS_MAX: Final = 3


def card_of(node: "SimulatedNode") -> Card:
    """The newest card in this node's database."""
    held = node.database.read(pairings.own_card)
    return cards.parse(note.parse(held.note).text)


def rotate(world: "World", step: Step, rng: random.Random) -> None:
    """Both signing keys are replaced; now and then the process dies when the key file is written and nothing else."""
    place = world.links[step.link].ends[step.side]
    node = world.nodes[place]
    if place in world.clones or len(node.ring) == GENERATIONS_MAX or not world.awake(node):
        return
    node.come_in_step()
    if any(node.pairing(link.pairing_id).recovering for link in world.links if place in link.ends):
        return
    name = f"{node.committee.node_id} {len(node.ring) + 1}"
    change = Renewal("2026-06-01", log=signing_key(f"{name} log"), cosigning=signing_key(f"{name} cosigning"))
    plain, data = renewal.renew(node.identity, card_of(node), change)
    identity = node.witnessed(plain)
    node.ring.append((identity, data))
    world.faults["rotation"] += 1
    is_broken_off = rng.random() < 0.2
    if not is_broken_off:
        done = world.guarded(node, lambda: node.act(lambda it: succession.adopt(it, identity, (data,))))
        is_broken_off = isinstance(done, ProtocolError)
    if is_broken_off:
        _break_off(world, node)


def _break_off(world: "World", node: "SimulatedNode") -> None:
    """The key file is ahead of the database, until the next start reads both."""
    world.faults["rotation broken off"] += 1
    world.put_back(node.place)
    world.fell(node, power=False, sleeps=0)


def is_behind(node: "SimulatedNode") -> bool:
    """Whether the database lacks the card of the keys which the process signs with."""
    return node.database.read(lambda store: succession.is_behind(store, node.identity))


def newer_than(node: "SimulatedNode", serial: int) -> tuple[bytes, ...]:
    """The cards of the key file beyond this serial."""
    return tuple(data for _, data in node.ring if cards.parse(note.parse(data).text).serial > serial)


def catch_up(node: "SimulatedNode") -> bool:
    """At a start: cards of the key file that the database lacks; whether it is from before a rotation."""
    if not node.ring:
        return False
    lacking = newer_than(node, card_of(node).serial)
    for data in lacking:
        node.database.write(lambda store, data=data: pairings.keep_own_card(store, data))  # type: ignore[misc]
    node.identity = node.ring[-1][0]
    return bool(lacking)


STEPS: Final = {"rotate": rotate}
