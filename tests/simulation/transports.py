"""Steps in which bundles travel: calls and their replies, the courier's files, the relay's mailboxes."""

import random
from typing import TYPE_CHECKING, Any, Final

from gongguan.node.peers.transports import file
from gongguan.protocol.errors import ProtocolError
from gongguan.sync.exchange.exchange import Composed
from gongguan.sync.exchange.fold import ENDINGS, SUSPENSIONS
from gongguan.sync.records import SharedRecord
from tests.simulation.invariants import Violation
from tests.simulation.plan import WIRE, Step

if TYPE_CHECKING:
    from tests.simulation.node import SimulatedNode
    from tests.simulation.world import Link, Parcel, World

PAGE: Final = b"<!DOCTYPE html><html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>"
BAG_MAX: Final = 12
MONTH_S: Final = 30 * 86400.0
FILES_MAX: Final = 8
CUTS: Final = ("partition_out", "partition_in", "partition_both")


def call(world: "World", step: Step, rng: random.Random) -> None:
    """One node calls the other: a bundle there, a bundle back."""
    link = world.links[step.link]
    call_from(world, link, world.node_of(link, step.side), step.faults, rng)


def call_from(
    world: "World", link: "Link", caller: "SimulatedNode", faults: tuple[str, ...], rng: random.Random
) -> None:
    """``call`` by this very node, be it a clone."""
    data = composed(world, link, caller, faults, rng)
    if data is None:
        return
    parcel = world.parcel(link, caller, data, sound="misread" not in faults)
    arrived = _on_the_wire(world, link, parcel, faults, rng)
    if arrived is None:
        return
    reply = world.take(link, arrived, answers=True)
    if reply is None or "reset" in faults:
        return
    back = world.parcel(link, world.nodes[parcel.taker], reply)
    if world.is_cut(link, back.giver):
        world.faults["partition_reply"] += 1
        return
    answer = _reply(world, link, back, faults, rng)
    if answer is None:
        return
    world.guarded(caller, lambda: caller.reached("after-send"))
    if not caller.up:
        return
    if caller.number == answer.taker:
        world.take(link, answer)
    else:
        world.guarded(caller, lambda: caller.receive(answer.data))


def composed(
    world: "World", link: "Link", node: "SimulatedNode", faults: tuple[str, ...], rng: random.Random
) -> bytes | None:
    """The next bundle of a node, if it lives to send it."""
    if not world.awake(node):
        return None

    def work() -> bytes:
        if "misread" in faults:
            world.faults["misread"] += 1
            data = node.misread_bundle(link.pairing_id, rng)
        else:
            data = node.bundle_for(link.pairing_id)
        node.reached("before-send")
        return data

    data = world.guarded(node, work)
    return data if isinstance(data, bytes) else None


def _on_the_wire(
    world: "World", link: "Link", parcel: "Parcel", faults: tuple[str, ...], rng: random.Random
) -> "Parcel | None":
    """What arrives at once of a bundle; copies and late ones go into the bag."""
    if world.is_cut(link, parcel.giver):
        world.faults["partition"] += 1
        return None
    for name in faults:
        if name in WIRE:
            world.faults[name] += 1
    if "loss" in faults:
        return None
    if {"delay", "duplicate", "months_later"} & set(faults) and len(link.bag) < BAG_MAX:
        link.bag.append(parcel)
    if "delay" in faults:
        return None
    if "corrupt" in faults:
        return harmed(parcel, rng, cut=False)
    if "truncate" in faults or ("reset" in faults and rng.random() < 0.5):
        return harmed(parcel, rng, cut=True)
    return parcel


def harmed(parcel: "Parcel", rng: random.Random, *, cut: bool) -> "Parcel":
    """A bundle that lost its end, or one bit of which turned."""
    place = int(rng.random() * len(parcel.data))
    if cut:
        return parcel._replace(data=parcel.data[:place], sound=False)
    turned = bytes([parcel.data[place] ^ 1 << rng.randrange(8)])
    return parcel._replace(data=parcel.data[:place] + turned + parcel.data[place + 1 :], sound=False)


def _reply(
    world: "World", link: "Link", back: "Parcel", faults: tuple[str, ...], rng: random.Random
) -> "Parcel | None":
    """What comes back to the caller: nothing, what a proxy kept, a page for people, or the reply."""
    for name in faults:
        if name.startswith("reply_"):
            world.faults[name] += 1
    if "reply_lost" in faults:
        return None
    if "reply_cached" in faults:
        return rng.choice([one for one in link.past if one.giver == back.giver])
    if "reply_html" in faults:
        return back._replace(data=PAGE, sound=False)
    if "reply_corrupt" in faults:
        return harmed(back, rng, cut=rng.random() < 0.3)
    return back


def deliver(world: "World", step: Step, rng: random.Random) -> None:
    """Something that was held up on the wire arrives; its answer goes nowhere."""
    link = world.links[step.link]
    if not link.bag:
        return
    parcel = link.bag.pop(rng.randrange(len(link.bag)))
    world.faults["late"] += 1
    world.take(link, parcel, answers=rng.random() < 0.5)


def cut(world: "World", step: Step, rng: random.Random) -> None:
    """Nothing goes one way, the other way, or either way, for some steps."""
    link = world.links[step.link]
    kind = rng.choice(CUTS)
    until = world.count + rng.randint(2, 10)
    for end in link.ends if kind == "partition_both" else (link.ends[step.side],):
        link.cut[end] = until
    world.faults[kind] += 1


# --- the courier ----------------------------------------------------------------------------------------------


def pack(world: "World", step: Step, rng: random.Random) -> None:
    """A node writes a file for its partner; somebody will carry it some day."""
    link = world.links[step.link]
    node = world.node_of(link, step.side)
    # A second file of one export goes on where the first one ended; whoever gets it first has to wait for that.
    beyond = link.packed.get(node.place, {}) if rng.random() < 0.4 else {}
    if not world.awake(node):
        return

    def work() -> Composed:
        made = node.composed_for(link.pairing_id, beyond=beyond)
        node.reached("before-send")
        return made

    made = world.guarded(node, work)
    if isinstance(made, Composed) and len(link.files) < FILES_MAX:
        link.packed[node.place] = {**beyond, **dict(made.reached)}
        link.files.append(world.parcel(link, node, made.data)._replace(follows=bool(beyond)))


def carry(world: "World", step: Step, rng: random.Random) -> None:
    """The courier hands in a file: the newest or the oldest, once or twice, whole or half, here or at another node."""
    link = world.links[step.link]
    if not link.files:
        return
    place = rng.randrange(len(link.files))
    world.faults["file_out_of_order"] += place > 0
    parcel = link.files[place] if "carried_twice" in step.faults else link.files.pop(place)
    for name in step.faults:
        if " " not in name:
            world.faults[name] += 1
    if "half_copied" in step.faults:
        parcel = harmed(parcel, rng, cut=True)
    if "to_the_wrong_node" in step.faults:
        misdirected(world, link, parcel)
        return
    hand_in(world, link, parcel, as_text="as_text" in step.faults)


def hand_in(world: "World", link: "Link", parcel: "Parcel", *, as_text: bool) -> None:
    """What ``bundle import`` does with a file."""
    node = world.nodes[parcel.taker]
    if not world.awake(node):
        return
    if not world.calm:
        world.faults["file_months_late"] += world.now_s - parcel.left_s > MONTH_S
        world.faults["file_after_the_end"] += is_stopped(node, link)
    content = file.armour(parcel.data).encode() if as_text else parcel.data

    def read() -> bytes:
        data = file.plain(content)
        file.check_whole(data, node.identity.sealing)
        return data

    data = world.guarded(node, read)
    if isinstance(data, bytes):
        world.take(link, parcel._replace(data=data))
    elif isinstance(data, ProtocolError) and parcel.sound:
        raise Violation("I7", f"a file was refused: {data}")


def is_stopped(node: "SimulatedNode", link: "Link") -> bool:
    """Whether either side has ended or suspended the agreement, by what this node holds."""
    found = node.database.read(lambda store: store.find(SharedRecord, agreement=link.pairing_id))
    return any(record.key in (*ENDINGS, *SUSPENSIONS) for record in found)


def misdirected(world: "World", link: "Link", parcel: "Parcel") -> None:
    """Whoever gets what is not for it refuses, and nothing changes there."""
    others = [node for node in world.nodes if node.number != parcel.taker and world.awake(node)]
    for node in others:
        refused(world, node, parcel.data, "a bundle for another node was taken")


def refused(world: "World", node: "SimulatedNode", data: bytes, what: str, invariant: str = "I14") -> None:
    """This node must refuse these bytes."""
    before = dict(world.witness.sizes)
    outcome: Any = world.guarded(node, lambda: node.receive(data))
    if outcome is not None and not isinstance(outcome, ProtocolError):
        raise Violation(invariant, what)
    if before != world.witness.sizes:
        raise Violation(invariant, f"{what}: and it was stored")


# --- the relay ------------------------------------------------------------------------------------------------


def post(world: "World", step: Step, rng: random.Random) -> None:
    """A node puts a bundle into its partner's mailbox."""
    link = world.links[step.link]
    node = world.node_of(link, step.side)
    data = composed(world, link, node, step.faults, rng)
    if data is None:
        return
    parcel = world.parcel(link, node, data)
    if "relay_drops" in step.faults:
        world.faults["relay_drops"] += 1
        return
    owner = parcel.taker
    if "relay_swaps" in step.faults:
        world.faults["relay_swaps"] += 1
        owner = rng.choice([place for place in world.mailboxes if place != parcel.taker])
    box = world.mailboxes[owner]
    box.append(parcel)
    del box[:-FILES_MAX]


def collect(world: "World", step: Step, rng: random.Random) -> None:
    """A node empties its mailbox: in order, in another one, or what the relay had shown it before."""
    link = world.links[step.link]
    node = world.node_of(link, step.side)
    if not world.awake(node):
        return
    box = world.mailboxes[node.number]
    if "relay_reorders" in step.faults:
        # The relay kept back what it was given before, and hands it out newest first.
        box += [parcel for parcel in link.past if parcel.taker == node.number][-2:]
        world.faults["relay_reorders"] += len(box) > 1
        box.reverse()
    if "relay_replays" in step.faults:
        world.faults["relay_replays"] += 1
        box += [parcel for parcel in link.past if parcel.taker == node.number][:2]
    while box and node.up:
        open_letter(world, node, box.pop(0))


def open_letter(world: "World", node: "SimulatedNode", parcel: "Parcel") -> None:
    """One item of a mailbox."""
    if parcel.taker != node.number:
        refused(world, node, parcel.data, "a letter for another node was taken")
        return
    link = next(link for link in world.links if {parcel.giver, parcel.taker} == set(link.ends))
    world.take(link, parcel)


STEPS: Final = {
    "call": call,
    "deliver": deliver,
    "cut": cut,
    "pack": pack,
    "carry": carry,
    "post": post,
    "collect": collect,
}
