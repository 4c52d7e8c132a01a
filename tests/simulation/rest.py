"""The calm: all faults end, everything on its way arrives, all come to rest; then everything is compared.

``AT_REST`` is one table, invariant → what looks for its violations in a pairing at rest. What it yields is a sentence
about what does not hold.
"""

import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec

from gongguan.protocol import bundle, erasure, log, merkle, messages, note
from gongguan.protocol.errors import ProtocolError
from gongguan.protocol.keys import PublicKey
from gongguan.protocol.log import Checkpoint
from gongguan.protocol.messages import announced
from gongguan.protocol.messages.exchange import VersionsAnnounced
from gongguan.sync.exchange import attachments, recovery, verification
from gongguan.sync.exchange.outcomes import ACCEPTED, APPLIED
from gongguan.sync.exchange.watch import CURRENT
from gongguan.sync.records import AgreementVersion, AttachedUse, Epoch, Holding, LogMessage, SharedRecord
from tests.simulation import forgetting
from tests.simulation.invariants import Violation
from tests.simulation.witness import Witness

if TYPE_CHECKING:
    from tests.simulation.node import SimulatedNode
    from tests.simulation.world import Link, World

ROUNDS_MAX: Final = 30
HEADER_FIELDS: Final = {"bundle", "pairing", "recipient", "sealing_key", "sender"}

Shared = dict[tuple[bytes, str], bytes]
Log = dict[tuple[str, int], LogMessage]


def check_secrecy(witness: Witness, data: bytes) -> None:
    """I28: whoever carries a bundle reads its header; the rest is no compressed payload but sealed."""
    line, _, sealed = data.removeprefix(bundle.MAGIC).partition(b"\n")
    if set(msgspec.json.decode(line)) != HEADER_FIELDS:
        witness.fail("I28", "a header says more than where to")
    try:
        bundle._decompress(sealed)
    except ProtocolError:
        return
    witness.fail("I28", "a bundle is not sealed")


# --- coming to rest -------------------------------------------------------------------------------------------


def come(world: "World") -> None:
    """No more faults. What is on its way arrives in any order; then nobody owes anybody anything."""
    rng = random.Random(f"rest {world.plan.seed}")
    for node in world.nodes:
        world.faults["tried in vain"] += sum(node.tried.values())
        world.faults["part of a bundle"] += node.parts
        world.faults["held"] += node.database.read(lambda store: store.count(Holding))
    for node in world.nodes:
        _calm(world, node, keeps_software=rng.random() < 0.3)
    for link in world.links:
        _empty(world, link, rng)
    world.calm = True
    for link in world.links:
        _settle(world, link)
    for link in [link for link in world.links if link.put_back]:
        for end in link.ends:
            _last_word(world, world.nodes[end], link)
        _settle(world, link)
    for link in world.links if world.witness.forgotten else ():
        forgetting.sweep(world, link)
        _settle(world, link)
        forgetting.sweep(world, link)
    world.witness.check()


def _calm(world: "World", node: "SimulatedNode", *, keeps_software: bool) -> None:
    node.sleeps_until, node.broken, node.poison = 0, None, frozenset()
    if node.software is not CURRENT and not keeps_software:
        node.software = CURRENT
        world.fell(node, power=False, sleeps=0)
    if not world.awake(node):
        raise Violation("I7", "a node does not start any more")


def _empty(world: "World", link: "Link", rng: random.Random) -> None:
    """The bag, the files and the letters of one pairing."""
    letters = [
        parcel
        for place, box in world.mailboxes.items()
        for parcel in box
        if parcel.taker == place and {parcel.giver, parcel.taker} == set(link.ends)
    ]
    waiting = [*link.bag, *link.files, *letters]
    rng.shuffle(waiting)
    for parcel in waiting:
        world.take(link, parcel)
        world.witness.check()


def _settle(world: "World", link: "Link") -> None:
    one, other = (world.nodes[end] for end in link.ends)
    for turn in range(ROUNDS_MAX):
        # After a restore each greets the other, even if nothing is due.
        if (turn > 1 or not link.put_back) and not any(_has_to_call(node, link) for node in (one, other)):
            return
        caller = one if turn % 2 == 0 else other
        answer = world.take(link, world.parcel(link, caller, caller.bundle_for(link.pairing_id)), answers=True)
        if answer is not None:
            world.take(link, world.parcel(link, other if caller is one else one, answer))
        world.witness.check()
    raise Violation("I7", "the two do not come to rest")


def _has_to_call(node: "SimulatedNode", link: "Link") -> bool:
    """What both had lost with a backup is asked for until somebody puts it in by hand: nobody calls for that alone."""
    return node.owes(link.pairing_id) or (not link.put_back and node.awaits_files(link.pairing_id))


def _last_word(world: "World", node: "SimulatedNode", link: "Link") -> None:
    """Whatever happened, each can still say something, which merges what it has."""
    kinds = tuple(sorted((*announced(), f"after_all_{node.place}@1")))
    body = VersionsAnnounced(kinds=kinds)
    done = world.guarded(node, lambda: node.act(lambda it: it.book(link.pairing_id).write("exchange.versions", body)))
    if done is None or isinstance(done, ProtocolError):
        raise Violation("I19", f"nothing can be said any more: {done}")


# --- everything -----------------------------------------------------------------------------------------------


class View(NamedTuple):
    """One pairing at rest: both nodes with their logs, by position, and their shared records."""

    world: "World"
    link: "Link"
    nodes: tuple["SimulatedNode", "SimulatedNode"]
    epochs: tuple[dict[str, Epoch], dict[str, Epoch]]
    logs: tuple[Log, Log]
    shared: tuple[Shared, Shared]


def view_of(world: "World", link: "Link") -> View:
    """A pairing as both disks have it."""
    one, other = (world.nodes[end] for end in link.ends)
    epochs = one.epochs(link.pairing_id), other.epochs(link.pairing_id)
    logs = tuple(view_of_log(node, link.pairing_id) for node in (one, other))
    shared = tuple(shared_of(node, link.pairing_id) for node in (one, other))
    return View(world, link, (one, other), epochs, (logs[0], logs[1]), (shared[0], shared[1]))


def view_of_log(node: "SimulatedNode", pairing_id: str) -> Log:
    """Both logs of one pairing, by position."""
    names = {row.ordinal: row.epoch for row in node.epochs(pairing_id).values()}
    found = node.database.read(lambda store: store.find(LogMessage, ordinal__in=list(names)))
    return {(names[item.ordinal], item.index): item for item in found}


def shared_of(node: "SimulatedNode", pairing_id: str) -> Shared:
    """The shared records of one pairing."""

    def work(store: Any) -> Shared:
        scopes = {item.agreement for item in store.find(AgreementVersion) if item.pairing_id == pairing_id}
        found = store.find(SharedRecord, agreement__in=[pairing_id, *sorted(scopes)])
        return {(record.unit, record.key): record.value for record in found}

    return node.database.read(work)


def check(world: "World") -> None:
    """Every invariant that can be asked at rest, of every pairing."""
    for link in world.links:
        view = view_of(world, link)
        for invariant, look in AT_REST.items():
            for detail in look(view):
                world.witness.fail(invariant, detail)
    world.witness.check()


def _gapless(view: View) -> Iterator[str]:
    for rows, items in zip(view.epochs, view.logs, strict=True):
        held = Counter(epoch for epoch, _ in items)
        for epoch, row in rows.items():
            if held[epoch] != row.size or any((epoch, index) not in items for index in range(row.size)):
                yield f"an epoch of {row.size} holds {held[epoch]} messages"


def _chain(view: View) -> Iterator[str]:
    """Every signed head, by the author's key as its card names it, over the bytes that are stored."""
    for node, items in zip(view.nodes, view.logs, strict=True):
        for row, segment in node.segments(view.link.pairing_id):
            hashes = [erasure.leaf_hash(items[row.epoch, index].data) for index in range(segment.size)]
            head = Checkpoint.parse(note.parse(segment.head).text)
            if head.size != segment.size or merkle.root(hashes) != head.root:
                yield f"a head of size {segment.size} does not cover the stored bytes"
    yield from _examined(view)


def _examined(view: View) -> Iterator[str]:
    """``verify`` on one of the two, which hold the same if all else holds, in every fourth run."""
    if view.world.plan.seed % 4:
        return
    node = view.nodes[view.world.plan.seed // 4 % 2]
    found = node.look(lambda exchange: verification.examine(exchange.book(view.link.pairing_id)))
    if found.broken:
        yield f"verify: {found.broken}"
    if found.altered:
        yield f"verify: {found.altered[0]}"


def _signatures(view: View) -> Iterator[str]:
    """Every head verifies with its author's key, asked in a part of the runs: each did when it came."""
    seen: set[bytes] = set()
    if view.world.plan.seed % 4:
        return
    for node, partner in (view.nodes, view.nodes[::-1]):
        for row, segment in node.segments(view.link.pairing_id):
            author = node if row.own else partner
            if segment.head in seen:
                continue
            seen.add(segment.head)
            origin = log.origin(view.link.pairing_id, author.committee.node_id, row.epoch)
            generations = (author.genesis, *(identity for identity, _ in author.ring))
            if not any(_verifies(segment.head, identity.log.public, origin) for identity in generations):
                yield f"a head of size {segment.size} does not verify"


def _verifies(head: bytes, key: PublicKey, origin: str) -> bool:
    try:
        log.open_checkpoint(head, key, origin)
    except ProtocolError:
        return False
    return True


def _equivocation(view: View) -> Iterator[str]:
    """Every head ever signed for an epoch that stands covers what stands there."""
    for (origin, size), root in view.world.witness.signed.items():
        named = log.parse_origin(origin)
        for node, rows, items in zip(view.nodes, view.epochs, view.logs, strict=True):
            row = rows.get(named.epoch)
            if row is None or not row.own or row.size < size or named.node_id != node.identity.node_id:
                continue
            if merkle.root([items[named.epoch, index].leaf_hash for index in range(size)]) != root:
                yield f"a head of size {size} was signed over other bytes"


def _prefix(view: View) -> Iterator[str]:
    one, other = view.logs
    for position in one.keys() & other.keys():
        here, there = one[position], other[position]
        gone = erasure.is_erased(here.data) or erasure.is_erased(there.data)
        if here.leaf_hash != there.leaf_hash or (here.data != there.data and not gone):
            yield "the two hold different bytes at one position"


def _exactly_once(view: View) -> Iterator[str]:
    for shared in view.shared:
        for (_, name), value in shared.items():
            decoded = msgspec.json.decode(value)
            ids = Counter(entry["id"] for entry in decoded.get("entries", ()))
            ids.update(Counter(item[0] for item in (*decoded.get("proposals", ()), *decoded.get("answers", ()))))
            if ids and max(ids.values()) > 1:
                yield f"{name} counts one message {max(ids.values())} times"


def _no_loss(view: View) -> Iterator[str]:
    for own, there in ((0, 1), (1, 0)):
        mine = {position for position in view.logs[own] if view.epochs[own][position[0]].own}
        missing = mine - view.logs[there].keys()
        if missing:
            yield f"{len(missing)} messages never arrived"
    for node in () if view.link.put_back else view.nodes:
        named = node.database.read(lambda store: store.find(AttachedUse, pairing_id=view.link.pairing_id))
        for use in named:
            state = node.database.read(lambda store, use=use: attachments.file_state(store, use.pairing_id, use.sha256))  # type: ignore[misc]
            if state != attachments.WHOLE:
                yield "a file that an applied message names never arrived"


def _restored(view: View) -> Iterator[str]:
    for own, there in ((0, 1), (1, 0)):
        held = {position for position in view.logs[there] if not view.epochs[there][position[0]].own}
        lost = held - view.logs[own].keys()
        if lost:
            yield f"the partner holds {len(lost)} messages of ours that we have not"
        node = view.nodes[own]
        merged = {(name, size) for row in view.epochs[own].values() if row.own for name, size, *_ in row.parents}
        heads = [row for row in view.epochs[own].values() if row.own and (row.epoch, row.size) not in merged]
        if view.link.put_back and len(heads) != 1:
            yield f"{len(heads)} heads were never merged"
        if node.pairing(view.link.pairing_id).recovering:
            yield "a node is recovering for ever"
        yield from _figures(view, own)


def _figures(view: View, own: int) -> Iterator[str]:
    """What the officer is told of the one restore of this node is what was lacking, what came back and what did not."""
    node, name = view.nodes[own], view.link.pairing_id
    loss = view.world.losses.get((node.place, name))
    if loss is None or not loss.positions:
        return
    found = [item for item in node.database.read(recovery.accounts) if item.recovery.pairing_id == name]
    gone = len(loss.positions - view.logs[own].keys())
    came_back = len(loss.positions) - gone
    view.world.faults["figures of a restore looked at"] += 1
    view.world.faults["figures of a restore with a loss for ever"] += loss.told and gone > 0
    returned, lost = sum(item.returned for item in found), sum(item.lost for item in found)
    if returned != came_back or (lost != gone if loss.told else lost > gone):
        yield f"{came_back} came back and {gone} did not, and the officer is told of {returned} and {lost}"


def _promises(view: View) -> Iterator[str]:
    """Whoever signed a receipt holds what it says, unless its author lost it as well."""
    for own, there in ((0, 1), (1, 0)):
        number = view.nodes[own].number
        for (who, epoch), size in view.world.witness.ever_promised.items():
            at_author = view.epochs[there].get(epoch)
            at_signer = view.epochs[own].get(epoch)
            if who != number or at_author is None or at_author.size < size:
                continue
            if at_signer is None or at_signer.size < size:
                yield f"receipted {size} and does not have it"


def _convergence(view: View) -> Iterator[str]:
    one, other = view.shared
    if one != other:
        names = sorted({name for _, name in one.keys() ^ other.keys()} | {k[1] for k in one if one[k] != other.get(k)})
        yield f"{len(names)} records differ, such as {names[0]}"
    here, there = view.logs
    for position in here.keys() & there.keys():
        mine, theirs = here[position], there[position]
        if mine.effect != theirs.effect or mine.lamport != theirs.lamport:
            yield f"{mine.kind} is {mine.effect} here and {theirs.effect} there"
        elif mine.effect == APPLIED and mine.verdict != theirs.verdict:
            yield f"{mine.kind} is {mine.verdict} here and {theirs.verdict} there"


def _conflicts(shared: Shared) -> dict[tuple[bytes, str], Any]:
    return {key: msgspec.json.decode(value) for key, value in shared.items() if key[1].startswith("conflict/")}


def _symmetry(view: View) -> Iterator[str]:
    one, other = (_conflicts(shared) for shared in view.shared)
    if one.keys() != other.keys():
        yield "one side names a conflict that the other does not know"
    for key in one.keys() & other.keys():
        for what in ("candidates", "provisional", "state"):
            if one[key].get(what) != other[key].get(what):
                yield f"a conflict has other {what} on the other side"


def _bodies(items: Log, party_of: Mapping[str, int]) -> dict[str, tuple[int, Any]]:
    """Accepted and applied messages of a log by id, with who wrote them."""
    found = {}
    for (epoch, _), item in items.items():
        if item.verdict == ACCEPTED and item.effect == APPLIED:
            found[item.id] = (party_of[epoch], messages.decode(item.data))
    return found


def _said(view: View) -> dict[str, tuple[int, Any]]:
    """The same for the first node's logs; its own party is 0."""
    party_of = {epoch: 0 if row.own else 1 for epoch, row in view.epochs[0].items()}
    return _bodies(view.logs[0], party_of)


def _closed_by_both(view: View) -> Iterator[str]:
    said = _said(view)
    for (_, name), value in view.shared[0].items():
        resolution = msgspec.json.decode(value).get("resolution")
        if resolution is None:
            continue
        answer = said.get(resolution if isinstance(resolution, str) else resolution["id"])
        proposal = said.get(answer[1].body.proposal) if answer is not None else None
        if answer is None or proposal is None or answer[0] == proposal[0]:
            yield f"{name} was resolved by one side alone"
        elif answer[1].body.answer != "accept":
            yield f"{name} was resolved without an acceptance"


ENTERED: Final = frozenset(
    {"score.contributed", "certificate.life_entered", "certificate.dues_entered", "relocation.reported"}
)
"""Kinds each message of which stands in a record of its own unit for ever."""


def _nothing_discarded(view: View) -> Iterator[str]:
    text = b"\n".join(view.shared[0].values())
    for message_id, (_, message) in _said(view).items():
        if message.kind in ENTERED and message_id.encode() not in text:
            yield f"an accepted {message.kind} stands in no record"


def _permission(view: View) -> Iterator[str]:
    """Read the version cited as anybody could who has its text: the kinds that it lists, and who may send them."""
    texts = view.nodes[0].database.read(lambda store: store.find(AgreementVersion))
    listed: dict[str, set[tuple[str, str]]] = {}
    for item in texts:
        block = msgspec.json.decode(item.text.rstrip("\n").rpartition("\n")[2])
        listed[item.version] = {(allowed["kind"], allowed["sender"]) for allowed in block["kinds"]}
    for party, message in _said(view).values():
        if not isinstance(message.agreement, str) or message.kind.startswith("agreement."):
            continue
        subject = message.subject if isinstance(message.subject, str) else None
        # The last bit of a pseudonym is the number of the side that gave it: this member's origin.
        side = "origin" if subject and int(subject[-1], 16) % 2 == party else "destination"
        allowed = listed.get(message.agreement, set())
        if not {(message.kind, "either"), (message.kind, side)} & allowed:
            yield f"{message.kind} by the {side} is not in the agreement"


def _forgotten(view: View) -> Iterator[str]:
    for node in view.nodes:
        yield from forgetting.unforgotten(view.world, node, view.link)


AT_REST: Final[Mapping[str, Callable[[View], Iterator[str]]]] = {
    "I1": _gapless,
    "I2": _chain,
    "I3": _equivocation,
    "I5": _prefix,
    "I6": _exactly_once,
    "I7": _no_loss,
    "I8": _promises,
    "I11": _convergence,
    "I13": _permission,
    "I14": _signatures,
    "I15": _symmetry,
    "I16": _closed_by_both,
    "I17": _nothing_discarded,
    "I19": _restored,
    "I31": _forgotten,
}
