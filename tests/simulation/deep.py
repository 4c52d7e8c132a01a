"""What is asked once a run is at rest: exports of every run; of a sample of them, each of other seeds, what costs more.

``DEEP`` is one table, name → (which seeds, what is done with a world at rest). Each raises Violation.
"""

import importlib.util
import random
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from gongguan.node.peers.transports import file
from gongguan.protocol import card as cards
from gongguan.protocol import case, fork, proof
from gongguan.protocol.errors import ProtocolError
from gongguan.protocol.messages import announced
from gongguan.protocol.messages.exchange import VersionsAnnounced
from gongguan.sync.exchange import ranges, reconcile, standing
from gongguan.sync.exchange.exchange import Memory
from gongguan.sync.exchange.logbook import Outgoing
from gongguan.sync.exchange.outcomes import ERASED, UNKNOWN
from gongguan.sync.oversight import proofs
from gongguan.sync.records import ForkEvidence, Holding, MobilityPeriod, Unit
from tests.simulation import cluster, keyring, rest
from tests.simulation.invariants import Violation
from tests.simulation.witness import Witness

if TYPE_CHECKING:
    from tests.simulation.node import SimulatedNode
    from tests.simulation.world import Link, World

VERIFIER: Final = Path(__file__).parent.parent.parent / "docs" / "audit" / "verify_export.py"
EXPORTS_MAX: Final = 1
PSEUDONYM_DIGITS: Final = 32


class Deep(NamedTuple):
    """One check: of every ``of`` seeds the one with this remainder."""

    of: int
    remainder: int
    check: Callable[["World", random.Random], None]


def check(world: "World", names: tuple[str, ...] | None = None) -> None:
    """The checks that this run's seed is due for, or those named."""
    for name, item in DEEP.items():
        if name in names if names is not None else world.plan.seed % item.of == item.remainder:
            world.faults[f"checked: {name}"] += 1
            item.check(world, random.Random(f"{name} {world.plan.seed}"))


# --- I10, I25: from nothing, in one piece, through files in their text form ----------------------------------------


def replayed(world: "World", rng: random.Random) -> None:
    """A partner that lost everything and a copy of the committee exchange files until both are at rest again."""
    link = rng.choice(world.links)
    silent = Witness()
    numbers = (1000, 1001)
    here, there = (world.node_at(end, number) for end, number in zip(link.ends, numbers, strict=True))
    here.witness = there.witness = silent
    here.database.restore(world.nodes[link.ends[0]].database.snapshot())
    there.database.restore(cluster.snapshots(world.plan.partners, cluster.PAIRED)[link.ends[1]])
    there.now = here.now = world.nodes[link.ends[0]].now
    for node, end in zip((here, there), link.ends, strict=True):
        silent.learn(node, from_outside=True)
        node.copy_keys(world.nodes[end])
        keyring.catch_up(node)  # the cards of replaced keys are in no database this old; the key file has them
    # A node that kept its older software holds what the one from nothing, with the present software, releases.
    held = here.database.read(lambda store: store.find(Holding, pairing_id=link.pairing_id))
    waiting = {row.unit for row in held if row.code == UNKNOWN and not row.released}
    expected = {key: value for key, value in _derived(here, link).items() if key[0] not in waiting}
    there.act(lambda exchange: standing.begin_recovery(exchange.book(link.pairing_id), "fence"))
    for _ in range(rest.ROUNDS_MAX):
        for giver, taker in ((there, here), (here, there)):
            _by_file(giver, taker, link)
        if there.pairing(link.pairing_id).recovering:
            continue
        found, present = (_derived(node, link) for node in (there, here))
        if found == present and expected == {key: found.get(key) for key in expected}:
            return
    raise Violation("I10", "a node that got everything in one piece derives other records")


def _derived(node: "SimulatedNode", link: "Link") -> dict[tuple[bytes, str], bytes]:
    """All but what software says of itself, which a node that starts anew says again."""
    shared = rest.shared_of(node, link.pairing_id)
    return {key: value for key, value in shared.items() if not key[1].startswith("versions/")}


def _by_file(giver: "SimulatedNode", taker: "SimulatedNode", link: "Link") -> None:
    text = file.armour(giver.bundle_for(link.pairing_id))
    try:
        taker.receive(file.plain(text.encode()))
    except ProtocolError as error:
        raise Violation("I25", f"a file was refused: {error}") from error


# --- I12: a full comparison, signed by both ------------------------------------------------------------------------


def reconciled(world: "World", rng: random.Random) -> None:
    """One node compares all that both derived, by kept digests and by values; both sign that it is the same."""
    link = rng.choice(world.links)
    asking, answering = (world.nodes[end] for end in rng.sample(link.ends, 2))
    for full in (False, True):
        session = _compared(asking, answering, link, rng.randbytes(16).hex(), full=full)
        if not reconcile.is_equal(session):
            raise Violation("I12", f"{len(reconcile.differences(session))} records differ by their digests")
    if not session.line:
        raise Violation("I12", "the partner did not sign that both are equal")


def _compared(asking: "SimulatedNode", answering: "SimulatedNode", link: "Link", name: str, *, full: bool) -> Any:
    """A whole comparison; a full one with the partner's signature once all is equal."""
    session = _reading(asking, link, lambda book: reconcile.begin(book, name, full=full))
    asking.act(lambda exchange: ranges.keep(exchange.store, session.fresh))
    cache: Any = {}
    while (question := reconcile.ask(session)) is not None and not session.line:
        told = _told(answering, link, question, cache)
        session = _proceeded(asking, link, session, told, full=full)
    return session


def _proceeded(node: "SimulatedNode", link: "Link", session: Any, told: Any, *, full: bool) -> Any:
    after = _reading(node, link, lambda book: reconcile.proceed(book, session, told))
    if full and reconcile.is_equal(after) and not after.statement:
        return node.act(lambda it: reconcile.with_statement(it.book(link.pairing_id), after))
    return after


def _told(node: "SimulatedNode", link: "Link", question: Any, cache: Any) -> Any:
    found = _reading(node, link, lambda book: reconcile.answer(book, question, cache))
    if found.is_to_be_kept:
        node.act(lambda exchange: reconcile.keep(exchange.store, found))
    return found.told


def _reading(node: "SimulatedNode", link: "Link", work: Callable[[Any], Any]) -> Any:
    return node.database.read(lambda store: work(node._exchange(store, Memory()).book(link.pairing_id)))


# --- I26: the same run with clocks that do not jump ------------------------------------------------------------------


def without_jumps(world: "World", rng: random.Random) -> None:
    """Nothing but the clocks differs, and what people did; what was derived does not."""
    from tests.simulation.world import World  # noqa: PLC0415 - World needs this module

    other = World(world.plan, world.setup, clocks_jump=False)
    for step in world.plan.steps:
        other.do(step)
    rest.come(other)
    for link in world.links:
        for end in link.ends:
            if rest.shared_of(world.nodes[end], link.pairing_id) != rest.shared_of(other.nodes[end], link.pairing_id):
                raise Violation("I26", "with clocks that do not jump other records come out")


# --- what third parties get ------------------------------------------------------------------------------------------


@cache
def _auditors_program() -> ModuleType:
    spec = importlib.util.spec_from_file_location("verify_export", VERIFIER)
    assert spec is not None and spec.loader is not None
    program = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(program)
    return program


def exported(world: "World", rng: random.Random) -> None:
    """A member's case and the proof of a message, as either node exports them, hold for our verifier and the other."""
    link = rng.choice(world.links)
    node = world.nodes[rng.choice(link.ends)]
    committees = [cluster.COMMITTEES[end] for end in link.ends]
    program = _auditors_program()
    try:
        for data in _cases(node, link, rng):
            case.verify(data, [committee.card for committee in committees])
            program.case_of(data, [program.Card(committee.note) for committee in committees])
        for made in _proofs(node, link, rng):
            world.faults["proof after a rotation"] += any(world.nodes[end].ring for end in link.ends)
            author, partner = cards.open_file(made.author_card), cards.open_file(made.partner_card)
            proof.verify(made.data, proofs.keys_for(made.data, author[-1], partner[-1], (*author, *partner)))
            program.proof_of(made.data, program.cards_in(made.author_card + made.partner_card))
    except Exception as error:
        raise Violation("I14", f"an export does not hold: {type(error).__name__} {error}") from error


def _cases(node: "SimulatedNode", link: "Link", rng: random.Random) -> list[bytes]:
    units = [unit for unit in node.database.read(lambda store: store.find(Unit)) if len(unit.name) == PSEUDONYM_DIGITS]
    known = {key[0] for key in rest.shared_of(node, link.pairing_id)}
    named = sorted((unit.name, unit.agreement) for unit in units if unit.unit in known)
    if not named:
        return []
    subject, agreement = rng.choice(named)
    period = MobilityPeriod(
        subject=subject,
        agreement=agreement,
        pairing_id=link.pairing_id,
        side="origin",
        member_id=None,
        body_code=None,
    )
    return [node.act(lambda exchange: proofs.export_case(exchange.book(link.pairing_id), period)).data]


def _proofs(node: "SimulatedNode", link: "Link", rng: random.Random) -> list[proofs.Exported]:
    items = rest.view_of_log(node, link.pairing_id).values()
    without = ("duplicate", ERASED)
    ids = sorted(item.id for item in items if item.effect not in without and item.kind != "unreadable")
    chosen = rng.sample(ids, min(len(ids), EXPORTS_MAX))
    return node.look(lambda it: [proofs.export(it.book(link.pairing_id), one) for one in chosen])


# --- I4: two histories -----------------------------------------------------------------------------------------


def equivocated(world: "World", rng: random.Random) -> None:
    """A copy with all its memory is run twice from one moment; the partner holds the proof and takes nothing more."""
    link = rng.choice(world.links)
    liar, honest = (world.nodes[end] for end in rng.sample(link.ends, 2))
    if liar.pairing(link.pairing_id).recovering or honest.pairing(link.pairing_id).recovering:
        return
    _say(liar, link, "before")
    honest.receive(liar.bundle_for(link.pairing_id))
    world.witness.check()
    snapshot, head = liar.database.snapshot(), liar.memory.of(link.pairing_id).head
    lengths = rng.choice(LENGTHS)
    bundles = []
    for story, length in zip(("first", "second"), lengths, strict=True):
        liar.database.restore(snapshot)
        world.witness.learn(liar)
        liar.memory.of(link.pairing_id).head = head
        _say(liar, link, *(f"{story}_story_{number}" for number in range(length)))
        bundles.append(liar.bundle_for(link.pairing_id))
    first, second = bundles
    world.faults["two histories, the second one shorter"] += lengths[0] > lengths[1]
    world.faults["two histories, the second one longer"] += lengths[0] < lengths[1]
    world.witness.found.clear()
    honest.receive(first)
    before = rest.shared_of(honest, link.pairing_id)
    try:
        honest.receive(second)
    except ProtocolError as error:
        raise Violation("I4", f"two histories ended in {error.code}") from error
    if rest.shared_of(honest, link.pairing_id) != before:
        raise Violation("I4", "something of the second history was applied")
    _check_proof(honest, liar, link)
    world.witness.found.clear()


LENGTHS: Final = ((1, 1), (1, 1), (1, 2), (2, 5), (3, 1), (3, 2))
"""Of two histories from one moment, each under one head."""


def _say(node: "SimulatedNode", link: "Link", *said: str) -> None:
    """Something that may be said whatever has become of the agreement, under one head."""
    bodies = [VersionsAnnounced(kinds=tuple(sorted({*announced(), f"{what}@1"}))) for what in said]
    node.act(lambda it: it.book(link.pairing_id).write_all([Outgoing("exchange.versions", body) for body in bodies]))


def _check_proof(honest: "SimulatedNode", liar: "SimulatedNode", link: "Link") -> None:
    found = honest.database.read(lambda store: store.find(ForkEvidence, pairing_id=link.pairing_id))
    if not found or honest.pairing(link.pairing_id).state != "frozen":
        raise Violation("I4", "two histories were shown and nothing is frozen")
    file = honest.look(lambda exchange: proofs.export_fork(exchange.book(link.pairing_id))).data
    fork.verify(file, [liar.identity.log.public])


DEEP: Final[Mapping[str, Deep]] = {
    "replay": Deep(32, 2, replayed),
    "comparison": Deep(32, 3, reconciled),
    "clocks": Deep(32, 5, without_jumps),
    "exports": Deep(1, 0, exported),
    "two histories": Deep(16, 1, equivocated),
}
"""Two histories end a pairing, so they come last."""
