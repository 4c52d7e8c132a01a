"""Steps of somebody who means harm: a stranger, whoever keeps old bundles, or a partner that lies.

An attack is a row of ``ATTACKS``: it makes bytes from what such a person holds, and says what must come of them. What
must be refused changes nothing; what a lying partner may say is taken and has no lasting effect. The liar signs with
keys that the witness does not listen to, since what it signs is no word of the honest node.
"""

import random
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from gongguan.protocol import bundle, erasure, log, merkle, messages, note, receipt
from gongguan.protocol import card as cards
from gongguan.protocol.bundle import Header, Rest, SegmentPart, Status
from gongguan.protocol.keys import SigningKey
from gongguan.protocol.log import Checkpoint
from gongguan.protocol.messages.envelope import Message
from gongguan.protocol.messages.exchange import EpochOpened
from gongguan.protocol.note import PLAIN, NoteSigner, SignatureLine
from gongguan.protocol.session import Identity
from gongguan.sync.exchange import renewal
from gongguan.sync.exchange.outcomes import APPLIED, HELD
from gongguan.sync.exchange.renewal import Renewal
from gongguan.sync.records import LogMessage
from tests.protocol.committees import STRANGER, signing_key
from tests.simulation import transports
from tests.simulation.invariants import Violation
from tests.simulation.node import key_parts
from tests.simulation.plan import Step

if TYPE_CHECKING:
    from tests.simulation.node import SimulatedNode
    from tests.simulation.world import Link, World


class Scene(NamedTuple):
    """Who attacks whom. ``liar``: the partner's own keys, unheard."""

    world: "World"
    link: "Link"
    liar: Identity
    partner: "SimulatedNode"
    victim: "SimulatedNode"
    rng: random.Random


class Attempted(NamedTuple):
    """Bytes, and which invariant is broken when they are taken; "" where they may be, but make no log longer.

    ``true``: nothing in it is a lie, so that what it brings may be news.
    """

    data: bytes
    invariant: str
    true: bool = False


def attack(world: "World", step: Step, rng: random.Random) -> None:
    """One attack on one node of a pairing."""
    link = world.links[step.link]
    partner, victim = (world.node_of(link, side) for side in (step.side, 1 - step.side))
    if not world.awake(victim):
        return
    name = rng.choice(sorted(ATTACKS))
    scene = Scene(world, link, unheard(partner.identity), partner, victim, rng)
    made = ATTACKS[name](scene)
    if made is None:
        return
    world.faults[name] += 1
    if made.invariant:
        transports.refused(world, victim, made.data, f"{name} was taken", made.invariant)
        return
    before = dict(world.witness.sizes)
    world.guarded(victim, lambda: victim.receive(made.data))
    grown = [key for key, size in world.witness.sizes.items() if size > before.get(key, 0) and key[0] == victim.number]
    if not made.true and any(not _is_own(victim, link, epoch) for _, epoch in grown):
        raise Violation("I5", f"{name} made a log longer")


def unheard(identity: Identity) -> Identity:
    """The same keys, without anybody who listens."""
    log_key, cosigning = (SigningKey(*key_parts(key)) for key in (identity.log, identity.cosigning))
    return identity._replace(log=log_key, cosigning=cosigning)


def _is_own(node: "SimulatedNode", link: "Link", epoch: str) -> bool:
    row = node.epochs(link.pairing_id).get(epoch)
    return row is None or row.own


def _bundle(scene: Scene, rest: Rest, signed: Callable[[str], bytes] | None = None, **said: object) -> bytes:
    """A bundle by the liar; ``said`` replaces fields of an otherwise plain status, ``signed`` makes the note."""
    encoded = bundle.encode_rest(rest)
    recipient = scene.victim.identity.sealing[0].public
    header = Header(
        sender=scene.liar.node_id,
        recipient=scene.victim.identity.node_id,
        pairing=scene.link.pairing_id,
        sealing_key=recipient.key_id,
        bundle=scene.rng.randbytes(16).hex(),
    )
    rows = scene.partner.epochs(scene.link.pairing_id).values()
    status = Status(
        pairing=header.pairing,
        sender=header.sender,
        recipient=header.recipient,
        bundle=header.bundle,
        rest=bundle.rest_digest(bundle.Payload(b"", encoded)),
        heads=tuple((row.epoch, row.size, row.receipted) for row in rows if row.own),
        held=tuple((row.epoch, row.size) for row in rows if not row.own),
        complete=True,
    )
    status = msgspec.structs.replace(status, **said)
    text = bundle.status_text(status)
    made = signed(text) if signed is not None else note.sign(text, [scene.liar.signer()])
    return bundle.seal(header, made, encoded, recipient)


def _segment(scene: Scene, *, own: bool) -> SegmentPart | None:
    """A signed segment of the partner's log (``own``) or of the victim's, as the partner holds it."""
    found = [
        (row, item) for row, item in scene.partner.segments(scene.link.pairing_id) if row.own is own and item.start == 0
    ]
    if not found:
        return None
    row, item = scene.rng.choice(found)
    stored = scene.partner.database.read(
        lambda store: store.find(LogMessage, ordinal=row.ordinal, index__lt=item.size, order=("index",))
    )
    return SegmentPart(row.epoch, 0, item.head, tuple(message.data for message in stored))


# --- by anybody -----------------------------------------------------------------------------------------------


def _replayed(scene: Scene) -> Attempted | None:
    """The very same bundle once more, however old."""
    old = [parcel for parcel in scene.link.past if parcel.taker == scene.victim.place and parcel.sound]
    return Attempted(scene.rng.choice(old).data, "", true=True) if old else None


def _replayed_to_another_pairing(scene: Scene) -> Attempted | None:
    others = [
        parcel
        for link in scene.world.links
        for parcel in link.past
        if link is not scene.link and parcel.taker != scene.victim.place
    ]
    return Attempted(scene.rng.choice(others).data, "I14") if others else None


def _reflected(scene: Scene) -> Attempted | None:
    """A node's own bundle comes back to it."""
    own = [parcel for parcel in scene.link.past if parcel.giver == scene.victim.place]
    return Attempted(scene.rng.choice(own).data, "I14") if own else None


def _forged(scene: Scene) -> Attempted:
    """Everything is right but who signed: the line has the name and the number of the partner's key."""
    return Attempted(
        _bundle(scene, Rest(), signed=lambda text: _signed_by_a_stranger(text, scene.liar.signer())), "I14"
    )


def _signed_by_a_stranger(text: str, name: NoteSigner) -> bytes:
    line = SignatureLine(name.name, name.key_id, STRANGER.log_key.sign(text.encode()))
    return note.assemble(text, [line])


# --- by a partner that lies -----------------------------------------------------------------------------------


def _forged_head(scene: Scene) -> Attempted | None:
    """New messages under a head that somebody else signed."""
    part = _segment(scene, own=True)
    if part is None:
        return None
    head = Checkpoint.parse(note.parse(part.head).text)
    epoch = scene.rng.randbytes(16).hex()
    origin = log.origin(scene.link.pairing_id, scene.liar.node_id, epoch)
    text = Checkpoint(origin, head.size, head.root).text()
    signed = _signed_by_a_stranger(text, NoteSigner(origin, PLAIN, scene.liar.log))
    forged = SegmentPart(epoch, 0, signed, part.messages)
    return Attempted(_bundle(scene, Rest((forged,))), "I14")


def _other_direction(scene: Scene) -> Attempted | None:
    """The victim's own messages, said to be the partner's."""
    part = _segment(scene, own=False)
    return Attempted(_bundle(scene, Rest((part,))), "I14") if part else None


def _other_epoch(scene: Scene) -> Attempted | None:
    """What was signed in one epoch, shown in another."""
    part = _segment(scene, own=True)
    if part is None:
        return None
    moved = SegmentPart(scene.rng.randbytes(16).hex(), part.start, part.head, part.messages)
    return Attempted(_bundle(scene, Rest((moved,))), "I14")


def _cut_segment(scene: Scene) -> Attempted | None:
    """A segment without one of its messages."""
    part = _segment(scene, own=True)
    if part is None or len(part.messages) < 2:
        return None
    return Attempted(_bundle(scene, Rest((SegmentPart(part.epoch, 0, part.head, part.messages[:-1]),))), "I2")


def _head_of_victim(scene: Scene) -> Checkpoint | None:
    heads = [item.head for row, item in scene.victim.segments(scene.link.pairing_id) if row.own]
    return Checkpoint.parse(note.parse(scene.rng.choice(heads)).text) if heads else None


def _receipt(scene: Scene, head: Checkpoint) -> bytes:
    signed = log.sign_checkpoint(head, scene.liar.log)
    cosigned = receipt.cosign(signed, scene.liar.cosigner(), 1)
    return _bundle(scene, Rest(receipts=(cosigned,)))


def _receipt_too_high(scene: Scene) -> Attempted | None:
    if scene.victim.pairing(scene.link.pairing_id).recovering:
        return None  # whoever lost messages cannot know how many there were: such a receipt has no effect yet
    head = _head_of_victim(scene)
    return Attempted(_receipt(scene, Checkpoint(head.origin, head.size + 7, head.root)), "I7") if head else None


def _receipt_for_another_root(scene: Scene) -> Attempted | None:
    head = _head_of_victim(scene)
    return Attempted(_receipt(scene, Checkpoint(head.origin, head.size, bytes(32))), "I7") if head else None


def _old_receipt(scene: Scene) -> Attempted | None:
    """A receipt for less than before, which was true once."""
    rows = scene.victim.epochs(scene.link.pairing_id).values()
    heads = [
        Checkpoint.parse(note.parse(item.head).text)
        for row, item in scene.victim.segments(scene.link.pairing_id)
        if row.own and item.size <= row.receipted
    ]
    return Attempted(_receipt(scene, scene.rng.choice(heads)), "") if heads and rows else None


def _withholds_receipts(scene: Scene) -> Attempted:
    return Attempted(_bundle(scene, Rest()), "")


def _claims_less(scene: Scene) -> Attempted:
    """As if it had lost everything, so that the victim would sign old positions again."""
    scene.link.put_back = True
    return Attempted(_bundle(scene, Rest(), heads=(), held=()), "")


def _claims_more(scene: Scene) -> Attempted:
    """Messages of the victim that it never signed, so that it would begin to recover."""
    made_up = (scene.rng.randbytes(16).hex(), 9)
    return Attempted(_bundle(scene, Rest(), held=(made_up,)), "")


def _id_in_two_branches(scene: Scene) -> Attempted | None:
    """A message that the victim holds stands once more in a branch that begins just before it."""
    if scene.victim.pairing(scene.link.pairing_id).recovering:
        return None
    held = scene.victim.segments(scene.link.pairing_id)
    found = [(row, item) for row, item in held if not row.own and item.start]
    if not found:
        return None
    row, item = scene.rng.choice(found)
    before = [head for other, head in held if other.epoch == row.epoch and head.size == item.start]
    said = scene.victim.database.read(lambda store: store.get(LogMessage, row.ordinal, item.start))
    if not before or said is None or said.effect not in (APPLIED, HELD) or erasure.is_erased(said.data):
        return None
    repeated = messages.decode(said.data)
    seen = repeated.seen
    root = Checkpoint.parse(note.parse(before[0].head).text).root.hex()
    body = EpochOpened(parents=((row.epoch, item.start, root),), card=scene.liar.card, reason="start")
    ids = [scene.rng.randbytes(16).hex() for _ in range(3)]
    opened = Message(id=ids[0], salt=ids[1], kind="epoch.opened", version=1, seen=seen, at=repeated.at, body=body)
    told = (messages.encode(opened), said.data)
    origin = log.origin(scene.link.pairing_id, scene.liar.node_id, ids[2])
    head = Checkpoint(origin, len(told), merkle.root(map(merkle.leaf_hash, told)))
    part = SegmentPart(ids[2], 0, log.sign_checkpoint(head, scene.liar.log), told)
    return Attempted(_bundle(scene, Rest((part,))), "I10")


# --- by whoever has a key that was replaced --------------------------------------------------------------------


def thief(world: "World", step: Step, rng: random.Random) -> None:
    """Somebody stole the keys from before a rotation, and speaks in their node's name to a partner that knows of it."""
    link = world.links[step.link]
    robbed, victim = (world.node_of(link, side) for side in (step.side, 1 - step.side))
    if not robbed.ring or not world.awake(victim):
        return
    if victim.pairing(link.pairing_id).their_card != robbed.ring[-1][0].card:
        return  # to whom a key is still the one in force, nobody can tell the thief from the node
    generations = [robbed.genesis, *(identity for identity, _ in robbed.ring[:-1])]
    scene = Scene(world, link, unheard(rng.choice(generations)), robbed, victim, rng)
    name = rng.choice(sorted(THEFTS))
    made = THEFTS[name](scene)
    if made is not None:
        world.faults[name] += 1
        transports.refused(world, victim, made.data, f"{name} was taken", made.invariant)


def _stolen_status(scene: Scene) -> Attempted:
    return Attempted(_bundle(scene, Rest()), "I14")


def _stolen_history(scene: Scene) -> Attempted | None:
    """One message more at the end of a log that the stolen key signed; the card of the present is shown as well."""
    own = [row for row in scene.partner.epochs(scene.link.pairing_id).values() if row.own]
    part = _segment(scene, own=True)
    if part is None or not own:
        return None
    origin = log.origin(scene.link.pairing_id, scene.liar.node_id, part.epoch)
    added = (*part.messages, part.messages[-1])
    leaves = [erasure.leaf_hash(data) for data in added]
    head = log.sign_checkpoint(Checkpoint(origin, len(added), merkle.root(leaves)), scene.liar.log)
    return Attempted(_bundle(scene, Rest((SegmentPart(part.epoch, 0, head, added),))), "I14")


def _stolen_receipt(scene: Scene) -> Attempted | None:
    head = _head_of_victim(scene)
    return Attempted(_receipt(scene, head), "I14") if head is not None else None


def _stolen_card(scene: Scene) -> Attempted:
    """A card of the thief's own keys, signed by the key that was replaced."""
    change = Renewal("2026-06-02", log=signing_key("thief log"), cosigning=signing_key("thief cosigning"))
    genesis = cards.parse(note.parse(scene.partner.committee.note).text)
    plain, data = renewal.renew(scene.liar, genesis, change)
    return Attempted(_bundle(scene._replace(liar=plain), Rest(cards=(data,))), "I14")


THEFTS: Final[Mapping[str, Callable[[Scene], Attempted | None]]] = {
    "stolen_status": _stolen_status,
    "stolen_history": _stolen_history,
    "stolen_receipt": _stolen_receipt,
    "stolen_card": _stolen_card,
}

ATTACKS: Final[Mapping[str, Callable[[Scene], Attempted | None]]] = {
    "replayed": _replayed,
    "replayed_to_another_pairing": _replayed_to_another_pairing,
    "reflected": _reflected,
    "forged": _forged,
    "forged_head": _forged_head,
    "other_direction": _other_direction,
    "other_epoch": _other_epoch,
    "cut_segment": _cut_segment,
    "receipt_too_high": _receipt_too_high,
    "receipt_for_another_root": _receipt_for_another_root,
    "old_receipt": _old_receipt,
    "withholds_receipts": _withholds_receipts,
    "claims_less": _claims_less,
    "claims_more": _claims_more,
    "id_in_two_branches": _id_in_two_branches,
}

STEPS: Final = {"attack": attack, "thief": thief}
