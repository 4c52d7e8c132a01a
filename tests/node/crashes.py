"""Two nodes on real SQLite files, either of which dies at the n-th commit point that is reached, whichever that is.

What a dead process leaves is what its files were at that very moment: they are copied at the point, and the next
process opens the copy. Everything is the production code but the wire, which hands bundles over directly::

    pair_of_machines = Machines(folder, start, crash_at=7)
    pair_of_machines.run(OPERATIONS["write"].steps)     # raises Violation
"""

import asyncio
import contextlib
import hashlib
import shutil
import sqlite3
import sys
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, wait
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, TypeVar

from gongguan.node.app import Node
from gongguan.node.config import DATABASE, Limits
from gongguan.node.database import fence as fences
from gongguan.node.database import sequencer as sequencers
from gongguan.node.database.database import SqlDatabase, Told, open_database
from gongguan.node.database.fence import Fence
from gongguan.node.database.sequencer import Committed, Sequencer
from gongguan.node.keys.field_seal import FieldSeal
from gongguan.node.peers import delivery as deliveries
from gongguan.node.peers import server as servers
from gongguan.node.peers.client import Address
from gongguan.node.peers.delivery import Delivery, Lane
from gongguan.node.peers.mailboxes import Mailboxes
from gongguan.node.peers.reconciliation import Reconciler
from gongguan.node.peers.relay import Box
from gongguan.node.peers.server import PeerServer
from gongguan.node.peers.transports.mailbox import Mailbox
from gongguan.node.peers.transports.relay import Item
from gongguan.protocol import card as cards
from gongguan.protocol import messages, note, pairing
from gongguan.protocol.errors import ProtocolError, refuse
from gongguan.protocol.log import Checkpoint
from gongguan.protocol.messages import announced
from gongguan.protocol.messages.envelope import Message
from gongguan.protocol.messages.exchange import VersionsAnnounced
from gongguan.protocol.session import Identity
from gongguan.sync.exchange import pairings, succession, verification
from gongguan.sync.exchange.exchange import Exchange
from gongguan.sync.exchange.renewal import Renewal, renew
from gongguan.sync.exchange.verification import Examined
from gongguan.sync.records import Delivery as Reachability
from gongguan.sync.records import LogMessage, Pairing, Recovery, SharedRecord
from gongguan.sync.store import Record, Store
from tests.fakes import FakeClock, Snapshot, tell
from tests.node.witness import Witness
from tests.pairs import identity_of
from tests.protocol.committees import Committee, signing_key
from tests.simulation.invariants import Violation
from tests.simulation.node import WitnessedKey, key_parts
from tests.simulation.planted import altered

T = TypeVar("T")
SEAL: Final = FieldSeal(bytes(range(32)))
FENCE: Final = "fence.json"
WITH_POINTS: Final = (sequencers, deliveries, servers, fences)
"""The modules that name commit points."""
ROUNDS_MAX: Final = 12
REPEATS_MAX: Final = 4


class ProcessDied(BaseException):
    """This process is no more; nothing in it may catch this."""


class Blocking:
    """The database port of a process in which one thing happens at a time: who submits waits, and hears of a death."""

    def __init__(self, database: SqlDatabase) -> None:
        self._database = database
        self.read, self.write, self.close = database.read, database.write, database.close

    def take_turn(self, work: Callable[[Store], T], told: Told[T]) -> None:
        # Told here, so that whoever waits hears of a death.
        tell(told, self.submit(work))

    def submit(self, work: Callable[[Store], T]) -> "Future[T]":
        done = self._database.submit(work)
        wait([done])
        return done


class Wire:
    """The partner's server without sockets. A partner that dies answers nothing."""

    def __init__(self, other: "Machine") -> None:
        self._other = other

    async def exchange(self, address: Address, data: bytes, wait_s: float) -> bytes:
        return await self._heard(self._taken(data))

    async def pairing(self, address: Address, packet: bytes) -> bytes:
        return await self._heard(self._packet(packet))

    async def _taken(self, data: bytes) -> bytes:
        _, reply, _ = await self._other.life.server._answered(data)
        return reply

    async def _packet(self, data: bytes) -> bytes:
        packet = pairing.decode_packet(data)
        sequencer = self._other.life.sequencer
        sequencer.read(lambda store: servers._check_expected(store, packet))
        handshake = sequencer.write(sequencer.using(servers._taking(packet)))
        return pairing.encode_packet(sequencer.read(lambda store: pairings.packet(store, handshake.peer)))

    async def _heard(self, answer: Any) -> bytes:
        try:
            return bytes(await answer)
        except ProcessDied:
            raise refuse("T-unreachable", reason="died") from None
        except ProtocolError as error:
            raise refuse("T-refused-there", there=error.code, status=409) from error


class Ring:
    """A key file with the cards of every rotation: it outlives the process, and is written before the database."""

    def __init__(self) -> None:
        self.made: list[tuple[Identity, bytes]] = []

    def newer_than(self, serial: int) -> tuple[bytes, ...]:
        return tuple(data for _, data in self.made if cards.parse(note.parse(data).text).serial > serial)


class Relay:
    """Somebody else's machine, which never dies: the mailboxes of the real relay, without sockets."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._boxes: dict[str, Box] = {}

    def _box(self, node_id: str) -> Box:
        if node_id not in self._boxes:
            (self._folder / node_id).mkdir(parents=True)
            self._boxes[node_id] = Box(self._folder / node_id)
        return self._boxes[node_id]

    async def put(self, endpoint: str, data: bytes) -> None:
        self._box(endpoint).add(hashlib.sha256(data).hexdigest(), data)

    async def list(self, box: Mailbox, wait_s: float) -> list[Item]:
        return self._box(box.read_token).listed()

    async def get(self, box: Mailbox, name: str) -> bytes:
        data = self._box(box.read_token).read(name)
        if data is None:
            raise refuse("T-relay")
        return data

    async def delete(self, box: Mailbox, name: str) -> None:
        self._box(box.read_token).remove(name)


class Life(Node):
    """One process of a machine: the node as ``node/app.py`` wires it, keys and sockets aside."""

    def __init__(self, machine: "Machine", other: "Machine") -> None:
        self.identity = machine.identity
        self._delivery = None
        self.database = open_database(machine.folder / DATABASE, SEAL)
        self.ring = machine.ring  # type: ignore[assignment]
        held = self.database.read(pairings.own_card) if machine.ring.made else None
        self._is_before_rotation = held is not None and bool(self.ring.newer_than(held.serial))
        if self._is_before_rotation:
            self.database.write(self._catch_up)
        self.fence = Fence(machine.folder / FENCE)
        clock = machine.clock
        self.sequencer = Sequencer(
            Blocking(self.database), self.identity, clock, self._committed, newer_than=self.ring.newer_than
        )
        self.reconciliation = Reconciler(self.sequencer, lambda _: self.deliver(), clock.random_hex)
        wire: Any = Wire(other)
        self.lane: Lane | None = None
        self._delivery = self._deliveries = Delivery(
            self.sequencer, wire, clock, Limits(), self.reconciliation, is_callable=True, relay=machine.relay
        )
        self.mailboxes = Mailboxes(
            self.sequencer, self._delivery, machine.relay, clock, Limits(), self.reconciliation, ()
        )
        self.server = PeerServer(self.sequencer, self._deliveries, Limits(), self.reconciliation)
        machine.owners.extend((self.sequencer, self._deliveries, self.server, self.fence))

    def begin(self) -> None:
        """What a start does before anybody is called."""
        self._compare_with_fence()
        if self._is_before_rotation:
            self.sequencer.write(self.sequencer.using(succession.recover))
        self.fence.stop()

    def _committed(self, left: Committed) -> None:
        super()._committed(left)
        # Its thread writes within a second; here it writes at once, so that every death has its place.
        self.fence.stop()

    def put(self, reader: str) -> None:
        """Leave what is due in the partner's mailbox."""
        (found,) = self.sequencer.read(lambda store: store.find(Pairing))
        self.lane = self.lane or Lane(found.pairing_id, Reachability(pairing_id=found.pairing_id))
        asyncio.run(self._left(self.lane, Address((), None, (reader,))))

    async def _left(self, lane: Lane, address: Address) -> None:
        await self._deliveries._by_relay(lane, address)

    def fetch(self) -> None:
        """Empty our mailbox."""
        asyncio.run(self._fetched())

    async def _fetched(self) -> None:
        box = Mailbox("", "", self.identity.node_id)
        for item in await self.mailboxes._relay.list(box, 0):
            await self.mailboxes._empty(box, item)

    def deliver(self) -> None:
        """Call the partner until neither has anything for the other."""
        (found,) = self.sequencer.read(lambda store: store.find(Pairing))
        self.lane = self.lane or Lane(found.pairing_id, Reachability(pairing_id=found.pairing_id))
        asyncio.run(self._until_settled(self.lane))

    async def _until_settled(self, lane: Lane) -> None:
        await self._deliveries._until_settled(lane)

    def shake_hands(self, peer: str) -> None:
        """Show the partner our packet, take its."""
        asyncio.run(self._shaken(peer))

    async def _shaken(self, peer: str) -> None:
        await self._deliveries._send_packet(peer, Address(("https://127.0.0.1",), None))


class Machine:
    """What survives a process: its files. And what the witness hears of all its lives."""

    def __init__(self, committee: Committee, folder: Path, seed: int) -> None:
        folder.mkdir()
        self.folder = folder
        self.clock = FakeClock("2026-03-01T08:00:00Z", seed)
        plain = identity_of(committee)
        log_key = WitnessedKey(*key_parts(committee.log_key))
        cosigning = WitnessedKey(*key_parts(committee.cosigning_key))
        self.identity = plain._replace(log=log_key, cosigning=cosigning)
        self.log_keys = [log_key.public]
        self.log_heard, self.cosigning_heard = log_key.heard, cosigning.heard
        self.ring = Ring()
        self.relay: Any = Relay(folder.with_name("relay"))
        self.owners: list[object] = []
        self.lives: list[Life] = []
        self.dead = False

    def rotate(self, exchange: Exchange) -> list[str]:
        """Other signing keys: the key file first, then the database."""
        present = cards.parse(note.parse(pairings.own_card(exchange.store).note).text)
        ahead = self.ring.newer_than(present.serial)
        if not ahead:
            name = f"{self.identity.node_id} {present.serial + 1}"
            change = Renewal("2026-03-01", log=signing_key(f"{name} log"), cosigning=signing_key(f"{name} cosigning"))
            plain, data = renew(exchange.identity, present, change)
            log_key = WitnessedKey(*key_parts(plain.log), heard=self.log_heard)
            cosigning = WitnessedKey(*key_parts(plain.cosigning), heard=self.cosigning_heard)
            self.log_keys.append(log_key.public)
            self.ring.made.append((plain._replace(log=log_key, cosigning=cosigning), data))
            ahead = (data,)
        self.identity = self.ring.made[-1][0]
        return succession.adopt(exchange, self.identity, ahead)

    @property
    def life(self) -> Life:
        """The process that runs now."""
        if self.dead:
            raise ProcessDied
        return self.lives[-1]

    @property
    def database(self) -> SqlDatabase:
        """What is on the disk."""
        return self.lives[-1].database

    def shared(self) -> dict[tuple[bytes, str], bytes]:
        """Every shared record: (unit, key) → canonical value."""
        found = self.database.read(lambda store: store.find(SharedRecord))
        return {(record.unit, record.key): record.value for record in found}

    def start(self, other: "Machine") -> None:
        """A new process."""
        self.dead = False
        self.lives.append(Life(self, other))
        self.lives[-1].begin()

    def die(self) -> None:
        """The process ends here; what its files hold at this moment is what there is."""
        after = self.folder.with_name(f"{self.folder.name}-{len(self.lives)}")
        after.mkdir()
        for path in self.folder.iterdir():
            # The index of the WAL is memory of the living; SQLite makes it anew from what was written.
            if not path.name.endswith("-shm"):
                shutil.copyfile(path, after / path.name)
        self.folder = after
        self.dead = True

    def backup(self) -> None:
        """A copy of the database beside it, while the process runs."""
        with (
            contextlib.closing(sqlite3.connect(self.folder / DATABASE)) as reading,
            contextlib.closing(sqlite3.connect(self.folder.parent / f"{self.identity.node_id}.backup")) as writing,
        ):
            reading.backup(writing)

    def put_back(self) -> None:
        """Stop, and put the backup under the fence that stayed."""
        self.die()
        for ending in ("", "-wal"):
            (self.folder / f"{DATABASE}{ending}").unlink(missing_ok=True)
        shutil.copyfile(self.folder.parent / f"{self.identity.node_id}.backup", self.folder / DATABASE)


Step = Callable[["Machines"], None]


class Machines:
    """Both machines, one crash, and the rest after it."""

    def __init__(
        self, folder: Path, committees: tuple[Committee, Committee], files: tuple[Path, Path], crash_at: int | None
    ) -> None:
        self.both = tuple(
            Machine(committee, folder / name, seed)
            for seed, (committee, name) in enumerate(zip(committees, ("origin", "destination"), strict=True))
        )
        for machine, file in zip(self.both, files, strict=True):
            shutil.copyfile(file, machine.folder / DATABASE)
        self.crash_at = crash_at
        self.reached: list[tuple[int, str]] = []
        self.points = 0
        """How many of these points the steps reached; what comes after is the rest that every run has."""
        self.both[1].relay = self.both[0].relay
        self.witness = Witness(self.both)  # type: ignore[arg-type]
        self.opened_in: dict[str, tuple[int, int]] = {}
        self._heard = [0, 0]
        self.acknowledged: list[tuple[int, str]] = []
        self.is_restored = False

    # --- who is who -------------------------------------------------------------------------------------------

    def __getitem__(self, number: int) -> Life:
        return self.both[number].life

    def pairing_id(self, number: int) -> str:
        (found,) = self.both[number].database.read(lambda store: store.find(Pairing))
        return found.pairing_id

    def work(self, number: int, work: Callable[[Exchange], T]) -> T:
        """A transaction of this node; who gets its result was told that it is on disk."""
        life = self[number]
        return life.sequencer.write(life.sequencer.using(work))

    def written(self, number: int, kind: str) -> list[Message]:
        """Own messages of a kind on this node's disk."""
        mine = self.both[number].identity.node_id
        rows = self.both[number].database.read(lambda store: store.find(LogMessage, author=mine))
        return [messages.decode(row.data) for row in rows if row.kind == kind]

    # --- running ----------------------------------------------------------------------------------------------

    def run(self, steps: tuple[Step, ...]) -> None:
        """Every step, again by whoever was told nothing; then one more word from each, and rest. Raises Violation."""
        with self._listening():
            for number in (0, 1):
                self._start(number)
            for step in steps:
                self._until_done(step)
                self._look()
            self.points = len(self.reached)
            for number in (0, 1):
                self._until_done(lambda machines, number=number: _last_word(machines, number))  # type: ignore[misc]
            self._settle()
            self._check()

    @contextmanager
    def _listening(self) -> Iterator[None]:
        with contextlib.ExitStack() as stack:
            for module in WITH_POINTS:
                stack.enter_context(altered(module, "reached", self._at_point))
            try:
                yield
            finally:
                for machine in self.both:
                    for life in machine.lives:
                        life.database.close()

    def _at_point(self, point: str) -> None:
        owner = sys._getframe(1).f_locals["self"]
        number = next(n for n in (0, 1) if any(owner is item for item in self.both[n].owners))
        if self.both[number].dead:
            # Past its end: whatever still runs of it changes only files that nobody will open.
            raise ProcessDied
        self.reached.append((number, point))
        if len(self.reached) - 1 == self.crash_at:
            self.both[number].die()
            raise ProcessDied

    def _start(self, number: int) -> None:
        for _ in range(REPEATS_MAX):
            try:
                self.both[number].start(self.both[1 - number])
            except ProcessDied:
                continue
            return

    def _until_done(self, step: Step) -> None:
        """The step, until nobody died in it."""
        for _ in range(REPEATS_MAX):
            try:
                step(self)
            except ProcessDied:
                pass
            except ProtocolError as error:
                if error.code != "T-unreachable":
                    raise Violation("I7", f"refused: {error}") from error
            if not self._revived():
                return
            self._look()
        raise Violation("I7", "a step does not come to its end")

    def _revived(self) -> bool:
        fallen = [number for number in (0, 1) if self.both[number].dead]
        self.listen()
        for number in fallen:
            self._start(number)
        return bool(fallen)

    def _settle(self) -> None:
        for _ in range(ROUNDS_MAX):
            if not any(self._is_due(number) for number in (0, 1)):
                return
            for number in (0, 1):
                self._until_done(lambda machines, number=number: machines[number].deliver())  # type: ignore[misc]
        raise Violation("I7", "the two do not come to rest")

    def _is_due(self, number: int) -> bool:
        life, name = self[number], self.pairing_id(number)
        return life.sequencer.read(life.sequencer.using(lambda exchange: exchange.is_due(name)))

    # --- what must hold ---------------------------------------------------------------------------------------

    def listen(self) -> None:
        """I18 of everything that was signed since the last time; asked before a new process starts."""
        for number, machine in enumerate(self.both):
            for data in machine.log_heard[self._heard[number] :]:
                if data.startswith(b"gongguan/1/"):
                    head = Checkpoint.parse(data.decode())
                    life = (number, len(machine.lives))
                    if self.opened_in.setdefault(head.origin, life) != life:
                        raise Violation("I18", "an epoch outlived the process that opened it")
            self._heard[number] = len(machine.log_heard)

    def _look(self) -> None:
        """I3 of everything that was ever signed; on disks that were not put back also I5, I8 and I9."""
        self.listen()
        if self.is_restored:
            for number in (0, 1):
                self.witness._hear(number)
            self.witness._raise()
        else:
            self.witness.check_step()

    def _check(self) -> None:
        self._look()
        self.witness.check_rest()
        for number, machine in enumerate(self.both):
            found = self._examined(number)
            if found.broken or found.altered:
                raise Violation("I2", f"verify: {found}")
            held = {row.id for row in machine.database.read(lambda store: store.find(LogMessage))}
            lost = [told for told in self.acknowledged if told[1] not in held]
            if lost:
                raise Violation("I7", f"{len(lost)} messages were acknowledged and are gone")
        self._check_recovery()

    def _examined(self, number: int) -> Examined:
        sequencer, name = self[number].sequencer, self.pairing_id(number)
        return sequencer.read(sequencer.using(lambda exchange: verification.examine(exchange.book(name))))

    def _check_recovery(self) -> None:
        """I19 and I20: the fence told that the database was old, the officer can read by how much, and it is over."""
        found = [row for machine in self.both for row in machine.database.read(lambda store: store.find(Recovery))]
        if self.is_restored and [row.because for row in found] != ["fence"]:
            raise Violation("I20", f"the fence did not tell of the restore: {found}")
        if any(row.ended_at is None or row.lacked_here < (row.because == "fence") for row in found):
            raise Violation("I19", f"{found}")


def _last_word(machines: Machines, number: int) -> None:
    """Whatever happened, each can still say something, and the other hears it."""
    kinds = tuple(sorted((*announced(), f"after_all_{number}@1")))
    if all(message.body.kinds != kinds for message in machines.written(number, "exchange.versions")):
        name = machines.pairing_id(number)
        body = VersionsAnnounced(kinds=kinds)
        machines.work(number, lambda exchange: exchange.book(name).write("exchange.versions", body))


def kept_in(file: Path, snapshot: Snapshot) -> Path:
    """The records of a database in memory, in an SQLite file."""
    records: Mapping[type[Record], Mapping[Any, Record]] = snapshot
    rows = [row for kept in records.values() for row in kept.values()]
    with contextlib.closing(open_database(file, SEAL)) as database:
        database.write(lambda store: store.put_all(rows))
    return file
