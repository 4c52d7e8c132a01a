"""Sees every commit of every disk and everything that is ever signed; changes nothing.

It is the oracle: one naive table of what stands where, by (epoch, index), filled from the authors' disks alone. What
it finds is raised by ``check`` after the step, so that nobody's error handling can swallow it.
"""

from typing import TYPE_CHECKING

from gongguan.node.database.fence import Contents
from gongguan.protocol import erasure, log, messages
from gongguan.protocol.limits import POISON_ATTEMPTS_MAX
from gongguan.protocol.log import Checkpoint
from gongguan.sync.exchange.outcomes import ACCEPTED, ERASED_KIND, UNJUDGED
from gongguan.sync.exchange.values import unit_id
from gongguan.sync.records import Attempt, Epoch, LogMessage
from tests.simulation.disk import Change
from tests.simulation.invariants import Violations

if TYPE_CHECKING:
    from tests.simulation.node import SimulatedNode

Position = tuple[str, int]


class Witness:
    """See the module."""

    def __init__(self) -> None:
        self.found: list[tuple[str, str]] = []
        self.signed: dict[tuple[str, int], bytes] = {}
        self.opened_in: dict[str, tuple[int, int]] = {}
        self.written: dict[Position, bytes] = {}
        self.forgotten: dict[bytes, str] = {}
        """Unit → pseudonym of everybody whom a message erased, ever."""
        self.verdicts: dict[Position, str] = {}
        self.sizes: dict[tuple[int, str], int] = {}
        self.most: dict[tuple[int, str], int] = {}
        self.promised: dict[tuple[int, str], int] = {}
        self.ever_promised: dict[tuple[int, str], int] = {}
        self._epochs: dict[tuple[int, int], tuple[str, bool]] = {}

    def fail(self, invariant: str, detail: str) -> None:
        """Remember what does not hold."""
        self.found.append((invariant, detail))

    def check(self) -> None:
        """Raise what was found."""
        if self.found:
            raise Violations(self.found)

    # --- signatures -------------------------------------------------------------------------------------------

    def signs_head(self, life: tuple[int, int], data: bytes) -> None:
        """I3: of everything ever signed, no two heads of one size differ. I18: and one process signed each epoch."""
        head = Checkpoint.parse(data.decode())
        if self.signed.setdefault((head.origin, head.size), head.root) != head.root:
            self.fail("I3", f"two roots signed at size {head.size}")
        if self.opened_in.setdefault(head.origin, life) != life:
            self.fail("I18", "an epoch outlived the process that opened it")

    def signs_receipt(self, number: int, data: bytes) -> None:
        """I8: a receipt covers what is on the disk when it is signed. I9: it never says less than before."""
        head = Checkpoint.parse(data.decode().split("\n", 2)[2])
        key = (number, log.parse_origin(head.origin).epoch)
        if head.size > self.sizes.get(key, 0):
            self.fail("I8", f"receipted {head.size} while the disk holds {self.sizes.get(key, 0)}")
        if head.size < self.promised.get(key, 0):
            self.fail("I9", f"a receipt for {head.size} after one for {self.promised[key]}")
        self.promised[key] = max(head.size, self.promised.get(key, 0))
        self.ever_promised[key] = max(head.size, self.ever_promised.get(key, 0))

    # --- disks ------------------------------------------------------------------------------------------------

    def learn(self, node: "SimulatedNode", *, from_outside: bool = False) -> None:
        """Another database lies in this node's place. ``from_outside``: what its own logs hold was never seen here."""
        for known in (self.sizes, self.promised):
            for key in [key for key in known if key[0] == node.number]:
                del known[key]
        for row in node.database.read(lambda store: store.find(Epoch)):
            key = (node.number, row.epoch)
            self._epochs[node.number, row.ordinal] = (row.epoch, row.own)
            self.sizes[key] = row.size
            self.most[key] = max(row.size, self.most.get(key, 0))
        for item in node.database.read(lambda store: store.find(LogMessage)) if from_outside else ():
            epoch, own = self._epochs[node.number, item.ordinal]
            if own:
                self.written[epoch, item.index] = erasure.leaf_hash(item.data)

    def committed(self, node: "SimulatedNode", changes: list[Change]) -> None:
        """What one commit changed."""
        for change in changes:
            match change.after or change.before:
                case Epoch() as row:
                    self._epochs[node.number, row.ordinal] = (row.epoch, row.own)
                case LogMessage(kind="exchange.erased") as said if said.verdict == ACCEPTED:
                    self._forgets(said)
        for change in changes:
            match change.after or change.before:
                case LogMessage():
                    self._message(node.number, change.before, change.after)  # type: ignore[arg-type]
                case Attempt() as tried if tried.attempts > POISON_ATTEMPTS_MAX:
                    self.fail("I22", f"a message was tried {tried.attempts} times")
        for change in changes:
            match change.after or change.before:
                case Epoch():
                    self._epoch(node.number, change.before, change.after)  # type: ignore[arg-type]

    def _forgets(self, said: LogMessage) -> None:
        body = messages.decode(said.data).body
        self.forgotten[unit_id(body.agreement, body.subject)] = body.subject

    def _message(self, number: int, before: LogMessage | None, after: LogMessage | None) -> None:
        if after is None:
            self.fail("I5", "a stored message is gone")
            return
        epoch, own = self._epochs[number, after.ordinal]
        position = (epoch, after.index)
        if before is None:
            if after.index != self.sizes.get((number, epoch), 0):
                self.fail("I1", f"position {after.index} follows {self.sizes.get((number, epoch), 0)}")
            self.sizes[number, epoch] = after.index + 1
            self.most[number, epoch] = max(after.index + 1, self.most.get((number, epoch), 0))
            self._bytes(position, erasure.leaf_hash(after.data), own=own)
        elif before.data != after.data:
            self._replaced(before, after)
        if erasure.is_erased(after.data) and after.unit not in self.forgotten:
            self.fail("I31", "a message of somebody who is not erased is gone")
        if (
            after.kind != ERASED_KIND
            and after.verdict != UNJUDGED
            and self.verdicts.setdefault(position, after.verdict) != after.verdict
        ):
            self.fail("I9", f"{after.kind} was {self.verdicts[position]} and is {after.verdict}")

    def _replaced(self, before: LogMessage, after: LogMessage) -> None:
        """The bytes of a message may go, once and with their hash left behind; they never become others."""
        gone = erasure.is_erased(after.data) and not erasure.is_erased(before.data)
        if not gone or erasure.leaf_hash(after.data) != before.leaf_hash or after.leaf_hash != before.leaf_hash:
            self.fail("I5", "the bytes of a stored message changed")
        elif messages.decode(before.data).subject not in self.forgotten.values():
            self.fail("I31", f"a {before.kind} of somebody who is not erased is gone")

    def _bytes(self, position: Position, digest: bytes, *, own: bool) -> None:
        known = self.written.get(position)
        if own and known is None:
            self.written[position] = digest
        elif own and known != digest:
            self.fail("I3", f"position {position[1]} was given twice")
        elif known != digest:
            self.fail("I5", f"message {position[1]} is not the one that was signed")

    def _epoch(self, number: int, before: Epoch | None, after: Epoch | None) -> None:
        if after is None:
            self.fail("I5", "an epoch is gone")
            return
        if after.size != self.sizes.get((number, after.epoch), 0):
            self.fail("I1", f"an epoch of {after.size} holds {self.sizes.get((number, after.epoch), 0)} messages")
        if before is not None and after.own and after.receipted < before.receipted:
            self.fail("I9", f"receipted {before.receipted}, then {after.receipted}")

    def fenced(self, number: int, marks: Contents) -> None:
        """I20: the fence says nothing that this node's disk never held."""
        for sides in marks.pairings.values():
            for side in (sides.own, sides.partner):
                for epoch, (size, _) in side.items():
                    if size > self.most.get((number, epoch), 0):
                        self.fail("I20", f"the fence says {size}, the disk held {self.most.get((number, epoch), 0)}")
