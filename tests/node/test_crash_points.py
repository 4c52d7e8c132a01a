"""Every commit point that any operation reaches, on either node, is a place where that node dies once.

First an operation runs undisturbed and says which points it reaches, in order; then it runs once for each of them, and
that node dies exactly there. At the end nothing that was acknowledged is lost, nothing is doubled, nothing was signed
twice, and both hold the same (``tests/node/crashes.py``).
"""

from collections import Counter
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec
import pytest

from gongguan.node.commits import POINTS
from gongguan.node.operations.bundle import BundleTaken
from gongguan.node.peers import courier
from gongguan.protocol import agreement, bundle
from gongguan.protocol import card as cards
from gongguan.protocol.errors import ProtocolError, refuse
from gongguan.protocol.messages.agreement import AgreementSuspended, LiftAnswered, LiftProposed
from gongguan.protocol.messages.envelope import Body
from gongguan.protocol.messages.exchange import SubjectErased
from gongguan.protocol.messages.movement import ReturnNotified
from gongguan.sync.exchange import attachments, erasure, pairings, reconcile
from gongguan.sync.exchange.logbook import LogBook
from gongguan.sync.records import Handshake, Holding, LogMessage, Pairing, SignedStatement
from tests import pairs
from tests.fakes import Snapshot
from tests.node.crashes import Machines, Step, kept_in
from tests.protocol.committees import DESTINATION, ORIGIN
from tests.simulation.invariants import Violation
from tests.simulation.node import OLDER

COMMITTEES: Final = (ORIGIN, DESTINATION)
SUBJECT: Final = pairs.subject(0, 0)
TOKEN: Final = "cd" * 16


# --- what people and programs do ------------------------------------------------------------------------------


def says(number: int, *titles: str) -> Step:
    """Notices in one transaction; whoever was told nothing looks whether they are there before saying them again."""

    def step(machines: Machines) -> None:
        said = {message.body.title for message in machines.written(number, "notice.given")}
        name = machines.pairing_id(number)

        def work(exchange: Any) -> list[str]:
            book = exchange.book(name)
            fresh = [title for title in titles if title not in said]
            version = book.current_version()
            return [book.write("notice.given", pairs.notice(title), version=version).id for title in fresh]

        machines.acknowledged += [(number, message_id) for message_id in machines.work(number, work)]

    return step


def writes_once(number: int, kind: str, body: Callable[[Machines], Body], **named: Any) -> Step:
    """A message of which there is to be one."""

    def step(machines: Machines) -> None:
        if machines.written(number, kind):
            return
        name = machines.pairing_id(number)

        def work(exchange: Any) -> str:
            book: LogBook = exchange.book(name)
            version = book.current_version() if kind != "agreement.proposed" else None
            return book.write(kind, body(machines), version=version or named.get("version"), **_subject(named)).id

        machines.acknowledged.append((number, machines.work(number, work)))

    return step


def _subject(named: dict[str, Any]) -> dict[str, Any]:
    return {"subject": named["subject"]} if "subject" in named else {}


def calls(number: int) -> Step:
    return lambda machines: machines[number].deliver()


def announces(number: int) -> Step:
    def step(machines: Machines) -> None:
        name = machines.pairing_id(number)
        machines.work(number, lambda exchange: exchange.announce(name))

    return step


def hands_over(giver: int) -> Step:
    """A bundle by courier: its receipt comes back some other day, alone."""

    def step(machines: Machines) -> None:
        name = machines.pairing_id(giver)
        life = machines[giver]
        composed = life.sequencer.read(life.sequencer.using(lambda exchange: exchange.compose(name)))
        machines.work(1 - giver, lambda exchange: exchange.receive(composed.data))

    return step


def confirms(number: int) -> Step:
    """The officer has compared the digits, and both nodes show their packets."""

    def step(machines: Machines) -> None:
        peer = COMMITTEES[1 - number]
        digits = cards.fingerprint(peer.card_text)

        def work(exchange: Any) -> None:
            held = exchange.store.get(Handshake, peer.node_id)
            if held.state != "active" and not isinstance(held.signature_here, str):
                key = exchange.identity.log
                pairings.confirm(exchange.store, peer.node_id, digits, pairs.OFFICERS[number], key, exchange.now)
            exchange.announce_to(peer.node_id)

        machines.work(number, work)
        machines[number].shake_hands(peer.node_id)

    return step


def compares(number: int) -> Step:
    """A full reconciliation whose statement both sign."""

    def step(machines: Machines) -> None:
        life = machines[number]
        if life.sequencer.read(lambda store: store.find(SignedStatement)):
            return
        session = life.reconciliation.compare(machines.pairing_id(number), full=True)
        assert reconcile.is_equal(session), reconcile.differences(session)
        texts = session.statement, session.own_line, session.line
        machines.work(number, lambda exchange: reconcile.keep_statement(exchange.book(session.scope), *texts))

    return step


def backs_up(number: int) -> Step:
    return lambda machines: machines.both[number].backup()


def is_put_back(number: int) -> Step:
    """The older database under the fence that stayed, and a new process; done once, however often it is begun."""

    def step(machines: Machines) -> None:
        if not machines.is_restored:
            machines.is_restored = True
            machines.listen()
            # What the partner never had is gone with the disk; all else has to come back.
            held = machines.both[1 - number].database.read(lambda store: store.find(LogMessage))
            there = {row.id for row in held}
            machines.acknowledged = [told for told in machines.acknowledged if told[1] in there]
            machines.both[number].put_back()
            machines.both[number].start(machines.both[1 - number])

    return step


def erases(number: int) -> Step:
    """Two years later the member is erased; done once."""

    def step(machines: Machines) -> None:
        if machines.written(number, "exchange.erased"):
            return
        for machine in machines.both:
            machine.clock.set("2028-03-01T08:00:00Z")
        (ended,) = machines.written(number, "return.notified")
        name = machines.pairing_id(number)

        def work(exchange: Any) -> str:
            book: LogBook = exchange.book(name)
            version = book.version(book.current_version())
            assert version is not None
            body = SubjectErased(
                agreement=version.agreement,
                subject=SUBJECT,
                basis="retention_expired",
                ending=ended.id,
                ended_on=ended.body.ended_on,
                on="2028-02-21",
            )
            written = book.write("exchange.erased", body)
            erasure.sweep(book)
            return written.id

        machines.acknowledged.append((number, machines.work(number, work)))

    return step


PDF: Final = b"%PDF-1.7\n" + bytes(range(256)) * 2500 + b"\n%%EOF\n"
"""Three parts."""


def attaches(number: int) -> Step:
    """A proposal with its stamped scan, in one transaction."""

    def step(machines: Machines) -> None:
        if machines.written(number, "agreement.proposed"):
            return
        name = machines.pairing_id(number)

        def work(exchange: Any) -> str:
            scan = attachments.keep(exchange.store, name, PDF)
            said = pairs.proposal(_Signer(COMMITTEES[number]))
            approved = msgspec.structs.replace(said.approval, scan=scan)
            body = msgspec.structs.replace(said, approval=approved)
            return str(exchange.book(name).write("agreement.proposed", body).id)

        machines.acknowledged.append((number, machines.work(number, work)))

    return step


def has_file(number: int) -> Step:
    """The file is whole on this node's disk."""

    def step(machines: Machines) -> None:
        name, digest = machines.pairing_id(number), sha256(PDF).hexdigest()
        life = machines[number]
        try:
            found = life.sequencer.read(lambda store: attachments.file_of(store, name, digest))
        except ProtocolError as error:
            raise Violation("I7", f"the file did not come: {error}") from error
        assert found == PDF

    return step


def brings(giver: int) -> Step:
    """Everything that is due goes by files in a folder, which is imported whole."""

    def step(machines: Machines) -> None:
        name, life = machines.pairing_id(giver), machines[giver]
        composed = life.sequencer.read(life.sequencer.using(lambda exchange: exchange.compose(name, every_card=True)))
        folder = machines.both[0].relay._folder.with_name("stick")
        courier.write_new(folder, lambda number: f"{giver}-{number}.gongguan", composed.data)

        def take(data: bytes, receipts_only: bool) -> BundleTaken:
            taker = machines[1 - giver]
            if bundle.read_header(data)[0].recipient != taker.identity.node_id:
                raise refuse("D-file-elsewhere")

            def work(exchange: Any) -> BundleTaken:
                took = exchange.receive(data, receipts_only=receipts_only)
                is_new = took.new_messages > 0 or took.new_receipts > 0
                return BundleTaken(
                    kind="bundle",
                    outcome="ahead" if took.ahead else "new" if is_new else "known",
                    sender="",
                    bundle=took.bundle,
                    new_messages=took.new_messages,
                    new_receipts=took.new_receipts,
                    ahead=took.ahead,
                )

            return machines.work(1 - giver, work)

        taken = courier.take_all(courier.files_in([folder]), take)
        if {item.outcome for item in taken} - {"new", "known", "elsewhere"}:
            raise Violation("I7", f"files: {taken}")

    return step


def puts(number: int) -> Step:
    return lambda machines: machines[number].put(COMMITTEES[1 - number].node_id)


def fetches(number: int) -> Step:
    return lambda machines: machines[number].fetch()


def rotates(number: int) -> Step:
    """Other signing keys, once: whoever was told nothing looks at the key file."""

    def step(machines: Machines) -> None:
        machine = machines.both[number]
        held = machine.database.read(pairings.own_card)
        if held.serial == 1:
            machines.work(number, machine.rotate)

    return step


def knows_the_keys_of(number: int) -> Step:
    """The partner holds the newest card of the key file, and what was said last is signed by its key."""

    def step(machines: Machines) -> None:
        newest = machines.both[number].ring.made[-1][0]
        (found,) = machines.both[1 - number].database.read(lambda store: store.find(Pairing))
        life = machines[number]
        signs_as = life.sequencer.read(life.sequencer.using(lambda exchange: exchange.identity.card))
        if {found.their_card, signs_as} != {newest.card}:
            raise Violation("I7", "the new keys are not in force on both sides")

    return step


def releases(number: int) -> Step:
    """The software knows the kind again: what waited is judged, and must not be held any more."""

    def step(machines: Machines) -> None:
        name = machines.pairing_id(number)
        machines.work(number, lambda exchange: exchange.announce(name))
        rows = machines.both[number].database.read(lambda store: store.find(LogMessage))
        if waiting := [row.kind for row in rows if row.effect == "held"]:
            raise Violation("I7", f"held for ever: {waiting}")

    return step


def _lifting(machines: Machines) -> Any:
    (stopped,) = machines.written(0, "agreement.suspended")
    return LiftProposed(suspension=stopped.id)


def _lifted(machines: Machines) -> Any:
    (proposed,) = machines.written(1, "agreement.lift_proposed")
    return LiftAnswered(proposal=proposed.id, answer="accept")


def _agreement(machines: Machines) -> Any:
    return pairs.proposal(_Signer(ORIGIN))


def _acceptance(machines: Machines) -> Any:
    (proposed,) = machines.written(0, "agreement.proposed")
    return pairs.acceptance(_Signer(DESTINATION), proposed.id, pairs.agreement_text())


def _admission(machines: Machines) -> Any:
    (left,) = machines.written(0, "departure.notified")
    return pairs.admission(left.id)


class _Signer(pairs.Node):
    """A node of which only the keys matter."""


# --- where the two stand before -------------------------------------------------------------------------------


def _met() -> tuple[Snapshot, Snapshot]:
    """Both know each other's cards; nobody has compared digits."""
    origin, destination = pairs.Node(ORIGIN), pairs.Node(DESTINATION)
    for node in (origin, destination):
        node.database.write(lambda store, node=node: pairings.keep_own_card(store, node.committee.note))  # type: ignore[misc]
    origin.database.write(lambda store: pairings.invite(store, pairs.OFFICERS[0], pairs.START, TOKEN))
    packet = origin.database.write(lambda store: pairings.invitation_packet(store, TOKEN))
    destination.database.write(lambda store: pairings.take_packet(store, packet, pairs.START, pairs.OFFICERS[1]))
    answer = destination.database.write(lambda store: pairings.packet(store, ORIGIN.node_id))
    origin.database.write(lambda store: pairings.take_packet(store, answer, pairs.START))
    return origin.database.snapshot(), destination.database.snapshot()


def _of(nodes: tuple[pairs.Node, pairs.Node]) -> tuple[Snapshot, Snapshot]:
    return nodes[0].database.snapshot(), nodes[1].database.snapshot()


def _announced() -> tuple[Snapshot, Snapshot]:
    nodes = pairs.paired()
    pairs.announced(*nodes)
    return _of(nodes)


def _returned() -> tuple[Snapshot, Snapshot]:
    """A member who left, was taken in and came back."""
    origin, destination, version = pairs.in_agreement()
    left = origin.write("departure.notified", pairs.departure(), version=version, subject=SUBJECT)
    pairs.settle(origin, destination)
    destination.write("admission.given", pairs.admission(left.id), version=version, subject=SUBJECT)
    pairs.settle(origin, destination)
    back = ReturnNotified(ended_on="2026-02-20", reason="returned")
    origin.write("return.notified", back, version=version, subject=SUBJECT)
    pairs.settle(origin, destination)
    return _of((origin, destination))


def _held() -> tuple[Snapshot, Snapshot]:
    """The destination was put back to software that does not know a kind of message any more, and got one."""
    origin, destination, version = pairs.in_agreement()
    left = origin.write("departure.notified", pairs.departure(), version=version, subject=SUBJECT)
    pairs.settle(origin, destination)
    destination.write("admission.given", pairs.admission(left.id), version=version, subject=SUBJECT)
    pairs.settle(origin, destination)
    destination.software = OLDER
    origin.write("score.contributed", pairs.score("e1", 2), version=version, subject=SUBJECT)
    origin.write("certificate.life_entered", pairs.life("e2"), version=version, subject=SUBJECT)
    pairs.settle(origin, destination)
    assert destination.database.read(lambda store: store.find(Holding))
    return _of((origin, destination))


STARTS: Final[dict[str, Callable[[], tuple[Snapshot, Snapshot]]]] = {
    "met": _met,
    "paired": lambda: _of(pairs.paired()),
    "announced": _announced,
    "agreed": lambda: _of(pairs.in_agreement()[:2]),
    "returned": _returned,
    "held": _held,
}


class Operation(NamedTuple):
    """What is done, and from where."""

    start: str
    steps: tuple[Step, ...]


OPERATIONS: Final[dict[str, Operation]] = {
    "write": Operation("agreed", (says(0, "一"), says(0, "二", "三"))),
    "send": Operation("agreed", (says(0, "一"), calls(0))),
    "receive messages": Operation("agreed", (says(0, "一"), says(1, "二"), calls(1))),
    "receive a receipt alone": Operation("agreed", (says(0, "一"), hands_over(0), calls(1))),
    "movement": Operation(
        "agreed",
        (
            writes_once(0, "departure.notified", lambda machines: pairs.departure(), subject=SUBJECT),
            calls(0),
            writes_once(1, "admission.given", _admission, subject=SUBJECT),
            calls(1),
        ),
    ),
    "announce": Operation("paired", (announces(0), announces(1), calls(0))),
    "agreement": Operation(
        "announced",
        (
            writes_once(0, "agreement.proposed", _agreement),
            calls(0),
            writes_once(1, "agreement.answered", _acceptance, version=agreement.version(pairs.agreement_text())),
            calls(1),
        ),
    ),
    "suspension": Operation(
        "agreed",
        (
            writes_once(0, "agreement.suspended", lambda machines: AgreementSuspended(reason="terms_disputed")),
            calls(0),
            writes_once(1, "agreement.lift_proposed", _lifting),
            calls(1),
            writes_once(0, "agreement.lift_answered", _lifted),
            calls(0),
        ),
    ),
    "erasure": Operation("returned", (erases(0), calls(0), calls(1))),
    "attachment": Operation("announced", (attaches(0), calls(0), calls(1), has_file(1))),
    "files": Operation("agreed", (says(0, "一"), brings(0), says(1, "二"), brings(1), brings(0))),
    "relay": Operation(
        "agreed", (says(0, "一"), puts(0), fetches(1), says(1, "二"), puts(1), fetches(0), puts(0), fetches(1))
    ),
    # Who dies between key file and database comes back as from a backup: it writes again once the partner was heard.
    "rotation": Operation(
        "agreed",
        (
            says(0, "一"),
            rotates(0),
            calls(0),
            says(0, "二"),
            calls(0),
            says(1, "三"),
            calls(1),
            knows_the_keys_of(0),
        ),
    ),
    "release": Operation("held", (releases(1), calls(1), calls(0))),
    "pairing": Operation("met", (confirms(0), confirms(1), calls(0))),
    "reconcile": Operation("agreed", (says(0, "一"), calls(0), compares(0))),
    "restore": Operation(
        "agreed", (says(0, "一"), backs_up(0), says(0, "二"), calls(0), says(0, "三"), is_put_back(0), calls(0))
    ),
}


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Path, Path]]:
    """Per start: the databases of both nodes."""
    at = tmp_path_factory.mktemp("starts")
    found = {}
    for name, start in STARTS.items():
        one, other = start()
        found[name] = (kept_in(at / f"{name} origin", one), kept_in(at / f"{name} destination", other))
    return found


def ran(folder: Path, files: dict[str, tuple[Path, Path]], name: str, crash_at: int | None) -> Machines:
    operation = OPERATIONS[name]
    at = folder / f"{crash_at}"
    at.mkdir()
    machines = Machines(at, COMMITTEES, files[operation.start], crash_at)
    machines.run(operation.steps)
    return machines


@pytest.mark.parametrize("name", OPERATIONS)
def test_whichever_node_dies_at_whichever_point_nothing_is_lost_doubled_or_signed_twice(
    name: str, files: dict[str, tuple[Path, Path]], tmp_path: Path
) -> None:
    undisturbed = ran(tmp_path, files, name, None)
    points = undisturbed.reached[: undisturbed.points]
    failed = {}
    for crash_at, (number, point) in enumerate(points):
        try:
            machines = ran(tmp_path, files, name, crash_at)
        except Violation as violation:
            failed[f"{crash_at}: {('origin', 'destination')[number]} {point}"] = str(violation)
            continue
        assert machines.reached[crash_at] == (number, point), "the same run reached other points"
        assert len(machines.both[number].lives) > 1
    print(f"\n{name}: {len(points)} deaths, {dict(Counter(point for _, point in points))}")
    assert failed == {}


def test_every_point_is_a_place_to_die(files: dict[str, tuple[Path, Path]], tmp_path: Path) -> None:
    places: Counter[str] = Counter()
    for name in OPERATIONS:
        (tmp_path / name).mkdir()
        machines = ran(tmp_path / name, files, name, None)
        places += Counter(point for _, point in machines.reached[: machines.points])
    print(f"\n{len(OPERATIONS)} operations, {places.total()} places to die: {dict(places)}")
    assert set(places) == set(POINTS)
