"""A witness of two nodes on real files: it looks at both disks after each step, and hears everything that was signed.

The simulation has one that sees every commit (``tests/simulation/witness.py``); behind SQLite nobody can.
"""

from collections import Counter
from collections.abc import Sequence
from hashlib import sha256
from typing import Any, NamedTuple, Protocol

import msgspec

from gongguan.protocol import erasure, log, merkle, note
from gongguan.protocol.keys import PublicKey
from gongguan.protocol.log import Checkpoint
from gongguan.sync.exchange.exchange import Memory, Received
from gongguan.sync.exchange.outcomes import ERASED
from gongguan.sync.records import Epoch, LogMessage, Segment
from tests.fakes import MemoryDatabase
from tests.simulation.invariants import Violations


class Watched(Protocol):
    """What the witness sees of a node."""

    log_keys: list[PublicKey]
    database: MemoryDatabase
    memory: Memory
    log_heard: list[bytes]
    cosigning_heard: list[bytes]

    def receive(self, data: bytes) -> Received: ...

    def compose(self) -> bytes: ...

    def shared(self) -> dict[tuple[bytes, str], bytes]: ...

    def act(self, work: Any) -> Any: ...


class Disk(NamedTuple):
    """What one node has committed: its epochs by id, messages by position."""

    epochs: dict[str, Epoch]
    messages: dict[int, list[LogMessage]]
    segments: list[Segment]


def disk_of(node: Watched) -> Disk:
    """Everything that is on a node's disk about logs."""

    def work(store: Any) -> Disk:
        epochs = {row.epoch: row for row in store.find(Epoch)}
        held: dict[int, list[LogMessage]] = {row.ordinal: [] for row in epochs.values()}
        for item in store.find(LogMessage):
            held[item.ordinal].append(item)
        return Disk(epochs, held, store.find(Segment))

    return node.database.read(work)


class Witness:
    """Sees everything, changes nothing."""

    def __init__(self, nodes: Sequence[Watched]) -> None:
        self.nodes = nodes
        self.found: list[tuple[str, str]] = []
        self.signed: dict[tuple[str, int], bytes] = {}
        self.receipted: list[dict[str, int]] = [{}, {}]
        self.promised: list[dict[str, int]] = [{}, {}]
        self._last: list[dict[str, Epoch]] = [{}, {}]
        self._read = [0, 0]
        self._read_receipts = [0, 0]

    def _fail(self, invariant: str, detail: str) -> None:
        self.found.append((invariant, detail))

    def _raise(self) -> None:
        if self.found:
            raise Violations(self.found)

    # --- at each step -----------------------------------------------------------------------------------------

    def check_step(self) -> None:
        """What can be seen cheaply: only epochs that changed are looked at."""
        now = [{row.epoch: row for row in node.database.read(lambda store: store.find(Epoch))} for node in self.nodes]
        for number in (0, 1):
            self._hear(number)
            self._hear_receipts(number, now[number])
            for epoch, row in now[number].items():
                before = self._last[number].get(epoch)
                if before is not row:
                    self._check_changed(number, before, row, now[1 - number].get(epoch))
            for epoch in self._last[number].keys() - now[number].keys():
                self._fail("I5", f"epoch {epoch} is gone")
        self._last = now
        self._raise()

    def _hear(self, number: int) -> None:
        """I3: of everything ever signed, no two heads of one size differ."""
        heard = self.nodes[number].log_heard
        for data in heard[self._read[number] :]:
            if data.startswith(b"gongguan/1/"):
                head = Checkpoint.parse(data.decode())
                before = self.signed.setdefault((head.origin, head.size), head.root)
                if before != head.root:
                    self._fail("I3", f"two roots signed at size {head.size}")
        self._read[number] = len(heard)

    def _hear_receipts(self, number: int, epochs: dict[str, Epoch]) -> None:
        """I8: what a receipt says is on the disk, now and at any later time. I9: it never says less than before."""
        heard = self.nodes[number].cosigning_heard
        promised = self.promised[number]
        for data in heard[self._read_receipts[number] :]:
            head = Checkpoint.parse(data.decode().split("\n", 2)[2])
            epoch = log.parse_origin(head.origin).epoch
            if head.size < promised.get(epoch, 0):
                self._fail("I9", f"a receipt for {head.size} after one for {promised[epoch]}")
            promised[epoch] = max(head.size, promised.get(epoch, 0))
        self._read_receipts[number] = len(heard)
        for epoch, size in promised.items():
            if epoch not in epochs or epochs[epoch].size < size:
                self._fail("I8", f"receipted {size} and does not have it")

    def _check_changed(self, number: int, before: Epoch | None, row: Epoch, twin: Epoch | None) -> None:
        if before is not None and row.own and row.receipted < before.receipted:
            self._fail("I9", f"receipted {before.receipted}, then {row.receipted}")
        for index in range(before.size if before is not None else 0, row.size):
            if self._message(number, row, index) is None:
                self._fail("I1", f"position {index} of {row.size} is empty")
        if row.own:
            return
        if twin is None or row.size > twin.size:
            self._fail("I5", "more messages than the sender signed")
            return
        mine, theirs = self._message(number, row, row.size - 1), self._message(1 - number, twin, row.size - 1)
        if mine is None or theirs is None or not _alike(mine, theirs):
            self._fail("I5", f"message {row.size - 1} is not the one that was signed")

    def _message(self, number: int, row: Epoch, index: int) -> LogMessage | None:
        return self.nodes[number].database.read(lambda store: store.get(LogMessage, row.ordinal, index))

    # --- at rest ----------------------------------------------------------------------------------------------

    def check_rest(self) -> None:
        """Everything, from the bytes on both disks."""
        disks = [disk_of(node) for node in self.nodes]
        for number in (0, 1):
            self._check_gapless(disks[number])
            self._check_chain(number, disks[number])
            self._check_signed(disks[number])
            self._check_transfer(disks[number], disks[1 - number])
            self._check_effects(self.nodes[number])
            self._check_forgotten(disks[number])
        one, other = self.nodes[0].shared(), self.nodes[1].shared()
        if one != other or digest(one) != digest(other):
            names = sorted(name for (_, name) in one.keys() ^ other.keys() | {k for k in one if one[k] != other.get(k)})
            self._fail("I11", f"{len(names)} records differ, such as {names[0]}")
        self._raise()

    def _check_gapless(self, disk: Disk) -> None:
        for row in disk.epochs.values():
            if [item.index for item in disk.messages[row.ordinal]] != list(range(row.size)):
                self._fail("I1", f"positions of an epoch of {row.size} are not gapless")

    def _check_chain(self, number: int, disk: Disk) -> None:
        """I2: every signed head is the root of the stored bytes."""
        rows = {row.ordinal: row for row in disk.epochs.values()}
        for segment in disk.segments:
            row = rows[segment.ordinal]
            author = self.nodes[number if row.own else 1 - number].log_keys
            head = Checkpoint.parse(note.parse(segment.head).text)
            note.verify(segment.head, [note.NoteKey(head.origin, note.PLAIN, key) for key in author])
            hashes = [erasure.leaf_hash(item.data) for item in disk.messages[row.ordinal][: segment.size]]
            if head.size != segment.size or merkle.root(hashes) != head.root:
                self._fail("I2", f"head of size {segment.size} does not cover the stored bytes")

    def _check_signed(self, disk: Disk) -> None:
        """I3: every head ever signed for an epoch that stands covers what stands there."""
        for (origin, size), root in self.signed.items():
            row = disk.epochs.get(log.parse_origin(origin).epoch)
            if row is not None and row.own and row.size >= size:
                items = disk.messages[row.ordinal][:size]
                if merkle.root([item.leaf_hash for item in items]) != root:
                    self._fail("I3", f"a head of size {size} was signed over other bytes")

    def _check_transfer(self, sender: Disk, receiver: Disk) -> None:
        """I5 and I7: the receiver has the sender's own log, all of it, byte for byte; verdicts agree."""
        for epoch, row in sender.epochs.items():
            if not row.own:
                continue
            twin = receiver.epochs.get(epoch)
            sent = sender.messages[row.ordinal]
            got = receiver.messages[twin.ordinal] if twin is not None else []
            if len(got) < len(sent):
                self._fail("I7", f"{len(sent) - len(got)} messages never arrived")
            for mine, theirs in zip(sent, got, strict=False):
                if not _alike(mine, theirs):
                    self._fail("I5", f"position {mine.index} differs")
                if (mine.verdict, mine.effect) != (theirs.verdict, theirs.effect):
                    self._fail("I11", f"{mine.kind} is {mine.verdict} here and {theirs.verdict} there")

    def _check_forgotten(self, disk: Disk) -> None:
        """I31: of what both sides erased no bytes are left."""
        left = [item for items in disk.messages.values() for item in items if item.effect == ERASED]
        if any(not erasure.is_erased(item.data) for item in left):
            self._fail("I31", "a message of an erased member is still there")

    def _check_effects(self, node: Watched) -> None:
        """I6: no message stands twice in what was derived."""
        for (_, name), value in node.shared().items():
            decoded = msgspec.json.decode(value)
            ids = Counter(entry["id"] for entry in decoded.get("entries", ()))
            ids.update(Counter(item[0] for item in (*decoded.get("proposals", ()), *decoded.get("answers", ()))))
            if ids and max(ids.values()) > 1:
                self._fail("I6", f"{name} counts one message {max(ids.values())} times")


def _alike(mine: LogMessage, theirs: LogMessage) -> bool:
    """The same bytes, or what stands for them once they are erased on one side or both."""
    return mine.data == theirs.data or (
        (erasure.is_erased(mine.data) or erasure.is_erased(theirs.data))
        and erasure.leaf_hash(mine.data) == erasure.leaf_hash(theirs.data)
    )


def digest(shared: dict[tuple[bytes, str], bytes]) -> str:
    """One hash over all shared records in the order of their keys."""
    whole = sha256()
    for (unit, name), value in sorted(shared.items()):
        whole.update(unit + name.encode() + sha256(value).digest())
    return whole.hexdigest()
