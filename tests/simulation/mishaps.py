"""Steps in which a machine fails its people: restarts, clocks, backups put back, clones, software, poison."""

import random
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from gongguan.node.database.fence import Marks
from gongguan.protocol.limits import POISON_ATTEMPTS_MAX
from gongguan.sync.exchange.watch import CURRENT
from gongguan.sync.records import SharedRecord
from tests.fakes import Snapshot
from tests.simulation import forgetting, keyring, officers, transports
from tests.simulation.disk import Backup
from tests.simulation.invariants import Violation
from tests.simulation.node import OLDER
from tests.simulation.plan import Step

if TYPE_CHECKING:
    from tests.simulation.node import SimulatedNode
    from tests.simulation.world import World

CLOCK_JUMPS_S: Final = (-1.0, 1.0, -3600.0, 3600.0, -10 * 365 * 86400.0, 10 * 365 * 86400.0)
MONTHS_S: Final = 100 * 86400.0
VERSION: Final = re.compile(rb'"state":"[0-9a-f]{64}"')
YEARS_S: Final = 800 * 86400.0
BACKUPS_MAX: Final = 4
RESTORES_MAX: Final = 3
RESTORES: Final = (
    "restore",
    "restore_with_older_fence",
    "restore_without_fence",
    "restore_under_a_running_process",
    "restore_of_both",
)


def restart(world: "World", step: Step, rng: random.Random) -> None:
    """A process ends, or a machine's power does."""
    node = world.node_of(world.links[step.link], step.side)
    if node.up:
        kind = rng.choice(("restart", "power_cut"))
        world.faults[kind] += 1
        world.fell(node, power=kind == "power_cut", sleeps=rng.randrange(4))


def jump_clock(world: "World", step: Step, rng: random.Random) -> None:
    """A clock is set, forward or back."""
    node = world.node_of(world.links[step.link], step.side)
    jump = rng.choice(CLOCK_JUMPS_S)
    world.faults["clock_jump"] += 1
    node.clock_offset_s += jump if world.clocks_jump else 0.0


def wait(world: "World", step: Step, rng: random.Random) -> None:
    """Nothing happens for days or months."""
    world.faults["months_of_silence"] += 1
    world.now_s += rng.choice((86400.0, MONTHS_S))


def years(world: "World", step: Step, rng: random.Random) -> None:
    """So long that what was to be kept for two years may go."""
    world.now_s += YEARS_S


# --- backups --------------------------------------------------------------------------------------------------


def backup(world: "World", step: Step, rng: random.Random) -> None:
    """A copy of the database as it is, with the fence beside it, whatever is on its way."""
    place = world.links[step.link].ends[step.side]
    kept = world.backups[place]
    kept.append(Backup(world.nodes[place].database.snapshot(), world.nodes[place].fence.on_disk))
    del kept[1:-BACKUPS_MAX]


def restore(world: "World", step: Step, rng: random.Random) -> None:
    """Any backup of a node, or of both, in one of the ways in which people put them back."""
    link = world.links[step.link]
    how = rng.choice(RESTORES)
    places = link.ends if how == "restore_of_both" else (link.ends[step.side],)
    for place in places:
        if world.restores[place] < RESTORES_MAX:
            world.restores[place] += 1
            world.faults[how] += 1
            put_back(world, place, rng.choice(world.backups[place]), how)


def put_back(world: "World", place: int, kept: "Backup", how: str) -> None:
    """This database in the node's place; all but a replica that lags comes with a new process."""
    node = world.nodes[place]
    node.excuses += 3
    world.faults["restore from before an erasure"] += forgetting.is_older(world, kept.database)
    before, is_first = _own_places(node), world.restores[place] == 1
    untouched = {link.pairing_id for link in world.links if (place, link.pairing_id) not in world.losses}
    marks = node.fence.marks
    present = node.database.snapshot()
    for name, decided in (("an agreement", _in_force), ("a resolution", _resolved)):
        world.faults[f"restore from before {name}"] += bool(decided(present) - decided(kept.database))
    node.database.restore(kept.database)
    world.witness.learn(node)
    world.put_back(place)
    if is_first and how in ("restore", "restore_of_both"):
        held = _own_places(node)
        for name in untouched & before.keys():
            sizes = {epoch: size for epoch, (size, _) in marks.pairings.get(name, Marks()).own.items()}
            lacked = before[name] - held.get(name, frozenset())
            told = all(index < sizes.get(epoch, 0) for epoch, index in lacked)
            world.note_loss(place, name, lacked, told=told)
    if how == "restore_under_a_running_process":
        world.faults["restore from before a rotation, under a running process"] += keyring.is_behind(node)
        return
    node.die(power=False)
    if how == "restore_with_older_fence":
        node.fence = node.fence_class(kept.fence, node.reached)
    if how == "restore_without_fence":
        node.fence = node.fence_class(None, node.reached)
    node.tell_time(world.now_s)
    lost = _behind(node) if how in ("restore", "restore_of_both") else set()
    world.guarded(node, node.start)
    silent = [name for name in lost if not node.pairing(name).recovering]
    if silent and node.up:
        raise Violation("I20", f"the fence did not tell of a restore in {len(silent)} pairings")


def _in_force(snapshot: Snapshot) -> set[bytes]:
    """The version in force in each pairing, by what this database derived."""
    return {value for key, value in _shared(snapshot) if key == "agreement/current" and VERSION.search(value)}


def _resolved(snapshot: Snapshot) -> set[bytes]:
    """Records that both sides have decided on."""
    return {key.encode() for key, value in _shared(snapshot) if b'"resolution":' in value}


def _shared(snapshot: Snapshot) -> Iterator[tuple[str, bytes]]:
    records = snapshot.get(SharedRecord, {}).values()
    return ((record.key, record.value) for record in records if isinstance(record, SharedRecord))


def _own_places(node: "SimulatedNode") -> dict[str, frozenset[tuple[str, int]]]:
    """Pairing → every place that holds a message of ours on this disk."""
    return {
        name: frozenset((item.epoch, index) for item in logs if item.own for index in range(item.size))
        for name, logs in node.logs().items()
    }


def _behind(node: "SimulatedNode") -> set[str]:
    """The pairings in which the file of the fence says more than the database holds."""
    held = {(item.own, item.epoch): item.size for logs in node.logs().values() for item in logs}
    return {
        name
        for name, sides in node.fence.marks.pairings.items()
        for own, side in ((True, sides.own), (False, sides.partner))
        for epoch, (size, _) in side.items()
        if held.get((own, epoch), 0) < size
    }


# --- two of one node ------------------------------------------------------------------------------------------


def clone(world: "World", step: Step, rng: random.Random) -> None:
    """A copy of the machine is started as well: same keys, same database, its own memory."""
    place = world.links[step.link].ends[step.side]
    if place in world.clones or len(world.clones) == 1:
        return
    double = world.node_at(place, len(world.nodes) + len(world.clones))
    double.database.restore(world.nodes[place].database.snapshot())
    world.witness.learn(double)
    double.copy_keys(world.nodes[place])
    world.put_back(place)
    world.clones[place] = double
    world.faults["clone"] += 1


def clone_works(world: "World", step: Step, rng: random.Random) -> None:
    """The copy acts and calls its partner."""
    link = world.links[step.link]
    double = world.clones.get(link.ends[step.side])
    if double is None:
        return
    double.tell_time(world.now_s)
    if not double.up:
        return
    world.faults["clone_works"] += 1
    if rng.random() < 0.6:
        officers.do_as(world, double, link, rng)
    transports.call_from(world, link, double, (), rng)


def stale_process(world: "World", step: Step, rng: random.Random) -> None:
    """A process that was thought dead wakes up over the database that its successor has written, and goes on.

    It signs with the keys of its own time: its successor may have others.
    """
    link = world.links[step.link]
    node = world.node_of(link, step.side)
    if not world.awake(node) or not node.stale:
        return
    world.faults["stale_process"] += 1
    world.put_back(node.place)
    present = node.memory, node.life, node.identity
    node.memory, node.life, node.identity = node.stale.pop()
    officers.do_as(world, node, link, rng)
    if node.up:
        node.memory, node.life, node.identity = present


# --- software and poison --------------------------------------------------------------------------------------


def poison(world: "World", step: Step, rng: random.Random) -> None:
    """From here on a part of the partner's messages makes this node fail, or kills it."""
    node = world.node_of(world.links[step.link], step.side)
    if node.misbehaved:
        return
    node.poison = frozenset(rng.sample("0123456789abcdef", 4))
    node.poison_kills = rng.random() < 0.3
    world.faults["poison"] += 1


def antidote(world: "World", step: Step, rng: random.Random) -> None:
    """This node can bear everything again."""
    world.node_of(world.links[step.link], step.side).poison = frozenset()


def downgrade(world: "World", step: Step, rng: random.Random) -> None:
    """A node goes back to older software, which says so at its start, or not in time."""
    node = world.node_of(world.links[step.link], step.side)
    if node.misbehaved:
        return
    node.software = OLDER
    world.faults["downgrade"] += 1
    if rng.random() < 0.7:
        world.fell(node, power=False, sleeps=0)


def upgrade(world: "World", step: Step, rng: random.Random) -> None:
    """A node gets the present software."""
    node = world.node_of(world.links[step.link], step.side)
    if node.software is not CURRENT:
        node.software = CURRENT
        node.excuses += POISON_ATTEMPTS_MAX  # what was held for its kind is processed for the first time now
        world.fell(node, power=False, sleeps=0)


STEPS: Final = {
    "restart": restart,
    "jump_clock": jump_clock,
    "wait": wait,
    "years": years,
    "backup": backup,
    "restore": restore,
    "clone": clone,
    "clone_works": clone_works,
    "stale_process": stale_process,
    "poison": poison,
    "antidote": antidote,
    "downgrade": downgrade,
    "upgrade": upgrade,
}
