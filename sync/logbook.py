"""Both logs of one pairing inside one transaction: where messages stand, what they are worth, what they change.

A ``LogBook`` is loaded at the start of a transaction and written back by ``close``; nothing outside the store and the
``PairingMemory`` of this process survives it. Own messages are appended and folded at once, and ``close`` signs one
head over all of them. The partner's messages come in as verified segments. Both go through the same ``_apply``:
verdict, order, fold, reaction.

*Rule E*: an epoch never outlives the memory of the process that opened it. ``memory.head`` is the last own head that
this process signed; where the store disagrees, or it is None, the next own message opens a new epoch.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, NamedTuple

import msgspec

from gongguan.protocol import agreement, log, merkle, messages, note, receipt
from gongguan.protocol.bundle import Status
from gongguan.protocol.card import CardKeys, keys_of
from gongguan.protocol.card import parse as parse_card
from gongguan.protocol.causality import BEFORE_ALL, Closure, Head, Lineage, OrderKey, Past
from gongguan.protocol.errors import AgreementError, ProtocolError, refuse
from gongguan.protocol.limits import (
    EPOCHS_PER_DAY_MAX,
    OUTCOMES_PER_BUNDLE_MAX,
    SEEN_HEADS_MAX,
    SEGMENT_BYTES_MAX,
    SEGMENT_MESSAGES_MAX,
)
from gongguan.protocol.merkle import CompactRange
from gongguan.protocol.messages import KINDS
from gongguan.protocol.messages.envelope import Body, Message
from gongguan.protocol.messages.exchange import EpochOpened, OutcomeReported
from gongguan.protocol.session import ForkFound, HeadShown, Identity, ReceiptRead, SegmentTaken, SessionState
from gongguan.sync import ranges, verdict
from gongguan.sync.act import stamp
from gongguan.sync.fold import ENDINGS, INDEPENDENT, Placed, Value, decisions, fold
from gongguan.sync.held import (
    APPLIED,
    CURRENT,
    DUPLICATE,
    HELD,
    NEVER_HELD,
    POISON,
    UNJUDGED,
    UNKNOWN,
    VOID,
    HeldMessages,
    Position,
    Software,
    Suspect,
    Watch,
)
from gongguan.sync.records import (
    AgreementVersion,
    CardNote,
    Draft,
    Epoch,
    LogMessage,
    Pairing,
    Recovery,
    Segment,
    Setting,
    SharedRecord,
    Unit,
)
from gongguan.sync.store import Store
from gongguan.sync.units import LazyRecords, UnitWork, unit_id, work_of
from gongguan.sync.verdict import Announcement, Ending, Grounds, InForce, Location, Version

ACCEPTED = "accepted"
REUSED = "P-id-reused"
UNREADABLE = "unreadable"
BUNDLE_PROCESS_DIGITS = 16
"""A bundle id begins with a number of the process that made it; the rest counts."""
DEPARTURE = "movement/departure"


def is_before(bundle_id: str, other: str) -> bool:
    """Whether the first of two bundle ids is by the same process as the second, and older."""
    return bundle_id[:BUNDLE_PROCESS_DIGITS] == other[:BUNDLE_PROCESS_DIGITS] and bundle_id < other


@dataclass
class PairingMemory:
    """What this process remembers of one pairing. All but ``head`` can be read again from the store."""

    head: Head | None = None
    lineage: Lineage = field(default_factory=Lineage)
    versions: dict[str, Version] = field(default_factory=dict)
    peer: tuple[str, CardKeys] | None = None
    own: CardKeys | None = None
    after_unknown_commit: bool = False
    after_recovery: bool = False
    newest_bundle: str = ""
    """Id of the partner's newest bundle: those of one process are numbered, so that a late one shows."""


class PendingMessage(NamedTuple):
    """An own message that has its position but no signed head yet."""

    position: int
    data: bytes
    leaf_hash: bytes


class EffectFailedError(Exception):
    """An accepted message was refused by what it sets off here: a fault of ours, never of the partner."""


MACHINE = frozenset("IRT")
"""Refusals that begin so say what this node lacks, not what is wrong with a message."""

React = Callable[["LogBook", Placed, bool], None]


class LogBook:
    """See the module. Public: ``write``, ``take``, ``take_receipt``, ``close`` and the read-only properties."""

    def __init__(
        self,
        store: Store,
        pairing: Pairing,
        identity: Identity,
        memory: PairingMemory,
        now: datetime,
        rng: Callable[[int], bytes],
        react: Mapping[str, React],
        software: Software = CURRENT,
        watch: Watch | None = None,
    ) -> None:
        """``software``: what this program can apply; ``watch`` learns which message is being processed."""
        self.store = store
        self.pairing = pairing
        self.identity = identity
        self.memory = memory
        self.now = now
        self.rng = rng
        self.software = software
        self._react = react
        self._watch = watch or Watch()
        self.epochs = {row.epoch: row for row in store.find(Epoch, pairing_id=pairing.pairing_id)}
        self._by_ordinal = {row.ordinal: row for row in self.epochs.values()}
        if not memory.lineage.epochs() <= self.epochs.keys():
            # Another database than the one that this process wrote: a backup put under it, or a replica that lags.
            memory.lineage, memory.versions, memory.head = Lineage(), {}, None
        for row in sorted(self.epochs.values(), key=lambda row: row.ordinal):
            if not memory.lineage.knows(row.epoch):
                memory.lineage.add(row.epoch, [(parent[0], parent[1]) for parent in row.parents])
        self._pending: list[PendingMessage] = []
        self._own: str | None = self._remembered_epoch()
        self._units: dict[bytes, UnitWork] = {}
        self._located: dict[str, Location | None] = {}
        self._lamports: dict[Head, int] = {}
        self._behind_seen: dict[tuple[Head, ...], Closure] = {}
        self._at = stamp(now)
        self._scopes: dict[tuple[str, str], tuple[str, str]] = {}
        self._grounds: Grounds | None = None
        self._refused: list[OutcomeReported] = []
        self._touched: set[str] = set()
        self._claimed: dict[str, int] = {}
        self._change = b""
        self.held = HeldMessages(self)
        self.new_messages = 0

    # --- who is who -------------------------------------------------------------------------------------------

    @property
    def own_party(self) -> int:
        """Our party in this pairing: 0 if first-named."""
        return self.pairing.party

    def parties(self) -> tuple[str, str]:
        """Node ids, the first-named first."""
        ours, theirs = self.identity.node_id, self.pairing.peer
        return (ours, theirs) if self.own_party == 0 else (theirs, ours)

    def peer_keys(self) -> CardKeys:
        """The partner's keys, from the card that the pairing names."""
        if self.memory.peer is None or self.memory.peer[0] != self.pairing.card_there:
            self.memory.peer = (self.pairing.card_there, self._keys_of(self.pairing.card_there))
        return self.memory.peer[1]

    def own_keys(self) -> CardKeys:
        """Our public keys, from the card that the pairing names."""
        self.memory.own = self.memory.own or self._keys_of(self.pairing.card_here)
        return self.memory.own

    def _keys_of(self, card_hash: str) -> CardKeys:
        found = self.store.get(CardNote, card_hash)
        if found is None:
            raise refuse("I-card-missing", card=card_hash)
        return keys_of(parse_card(note.parse(found.note).text))

    def check_line(self, party: int, text: str, line: str) -> None:
        """Raise A-… unless this signature line is by that party's log key over ``text``."""
        signer = (self.own_keys() if party == self.own_party else self.peer_keys()).signer()
        note.verify((text + "\n" + line + "\n").encode(), [signer])

    # --- heads and positions ----------------------------------------------------------------------------------

    def heads(self, own: bool) -> tuple[Head, ...]:
        """The unmerged heads of one side's log, as ``seen`` and parents list them."""
        return self.memory.lineage.open_heads((row.epoch, row.size) for row in self.epochs.values() if row.own is own)

    def session_state(self, *, with_own: bool = False) -> SessionState:
        """What the verification of the partner's next bundle starts from; ``with_own``: it returns messages of ours."""
        state = self._state_of(self.peer_keys(), own=False)
        return state._replace(mirror=self._state_of(self.own_keys(), own=True)) if with_own else state

    def _state_of(self, keys: CardKeys, *, own: bool) -> SessionState:
        rows = [row for row in self.epochs.values() if row.own is own]
        return SessionState(
            self.pairing.pairing_id,
            self.identity.node_id,
            keys,
            {row.epoch: CompactRange.from_bytes(row.frontier) for row in rows},
            {row.epoch: row.head for row in rows},
        )

    def _lamport_at(self, head: Head) -> int:
        """L of the last message under a head."""
        epoch, size = head
        row = self.epochs[epoch]
        if row.size == size:
            return row.lamport
        if head not in self._lamports:
            found = self.store.get(LogMessage, row.ordinal, size - 1)
            if found is None:
                raise refuse("I-log-incomplete", epoch=epoch, size=size)
            self._lamports[head] = found.lamport
        return self._lamports[head]

    def _past(self, epoch: str, index: int, seen: Iterable[Head]) -> Past:
        lineage = self.memory.lineage
        heads = tuple(seen)
        if heads not in self._behind_seen:
            self._behind_seen[heads] = lineage.closure(heads)
        own, known = lineage.closure([(epoch, index)]), self._behind_seen[heads]
        if not self.held.rows:
            return Past(own, known)
        return Past(own, known, self.held.apart(own, known, by_us=self.epochs[epoch].own))

    # --- writing own messages ---------------------------------------------------------------------------------

    def _remembered_epoch(self) -> str | None:
        """Our current epoch, if this process signed the very head that the store holds (Rule E)."""
        if self.memory.head is None:
            return None
        epoch, size = self.memory.head
        row = self.epochs.get(epoch)
        return epoch if row is not None and row.own and row.size == size else None

    def write(
        self,
        kind: str,
        body: Body,
        *,
        version: str | None = None,
        subject: str | None = None,
        cause: str | None = None,
    ) -> Message:
        """Append a message of ours: verdict first, then position, fold and reaction. ``version``: agreement cited.

        Raises the refusal (``G-…``, ``P-…``, ``S-…``) that the partner would give; then nothing was written.
        """
        if self.pairing.state != "active":
            raise refuse("P-pairing-not-active", state=self.pairing.state)
        if self.pairing.recovering:
            raise refuse("D-recovering")
        if self._own is None:
            self._open_epoch()
        message = Message(
            id=self.rng(16).hex(),
            salt=self.rng(16).hex(),
            kind=kind,
            version=KINDS[kind].version,
            seen=self.heads(own=False),
            at=self._at,
            agreement=version or msgspec.UNSET,
            subject=subject or msgspec.UNSET,
            cause=cause or msgspec.UNSET,
            body=body,
        )
        self._append(message)
        return message

    def write_drafts(self) -> int:
        """Sequence what was written while no position could be given; refused drafts stay, listed by their code."""
        drafts = self.store.find(Draft, pairing_id=self.pairing.pairing_id, order=("number",))
        for draft in drafts:
            message = messages.decode(draft.data)
            if self._own is None:
                self._open_epoch()
            self._append(message)
            self.store.remove(Draft, draft.number)
        return len(drafts)

    def _open_epoch(self) -> None:
        parents = self.heads(own=True)
        epoch = self.rng(16).hex()
        rows = [self.epochs[parent] for parent, _ in parents]
        roots = [CompactRange.from_bytes(row.frontier).root().hex() for row in rows]
        body = EpochOpened(
            parents=tuple((head[0], head[1], root) for head, root in zip(parents, roots, strict=True)),
            card=self.identity.card,
            reason=self._reason(parents),
        )
        self._new_epoch_row(epoch, True, parents)
        self._own = epoch
        self._append(
            Message(
                id=self.rng(16).hex(),
                salt=self.rng(16).hex(),
                kind="epoch.opened",
                version=1,
                seen=self.heads(own=False),
                at=stamp(self.now),
                body=body,
            )
        )

    def _reason(self, parents: tuple[Head, ...]) -> Literal["first", "start", "commit_unknown", "recovered"]:
        if not parents:
            return "first"
        if self.memory.after_recovery:
            return "recovered"
        return "commit_unknown" if self.memory.after_unknown_commit else "start"

    def _new_epoch_row(self, epoch: str, own: bool, parents: tuple[Head, ...]) -> Epoch:
        lamport = max((self._lamport_at(parent) for parent in parents), default=0)
        self.memory.lineage.add(epoch, parents)
        row = Epoch(
            ordinal=self.store.next_number(Epoch, "ordinal"),
            pairing_id=self.pairing.pairing_id,
            own=own,
            epoch=epoch,
            parents=[list(parent) for parent in parents],
            size=0,
            frontier=CompactRange().to_bytes(),
            lamport=lamport,
            head=b"",
        )
        self._set(row)
        self.store.add(row)
        return row

    def _set(self, row: Epoch) -> None:
        self.epochs[row.epoch] = row
        self._by_ordinal[row.ordinal] = row

    def _append(self, message: Message) -> None:
        """Give our message its position. The verdict comes before anything is changed."""
        if self._own is None:
            raise refuse("I-no-epoch")
        row = self.epochs[self._own]
        data = messages.encode(message)
        # The partner decodes strictly: what it could not read must be refused here, not there.
        messages.check_form(data)
        placed = self._place(row, row.size, message, self.own_party)
        work = self._unit_of(placed)
        unit = work.row.unit if work else None
        verdict.check(message, self.own_party, placed.past, self._evidence(work), unit, self.grounds())
        leaf = merkle.leaf_hash(data)
        effect = self.held.effect((row.epoch, row.size), own=True, message=message)
        self._pending.append(PendingMessage(row.size, data, leaf))
        self._record(row, placed, self.identity.node_id, work, leaf, data, effect=effect)
        self._set(msgspec.structs.replace(row, size=row.size + 1, lamport=placed.lamport))
        self._effect(placed, work, own=True, effect=effect)

    # --- taking the partner's messages, and our own that come back --------------------------------------------------

    def take(self, segment: SegmentTaken) -> None:
        """Store and apply a verified segment. Raises ``P-…`` when the whole bundle has to be refused."""
        decoded = [self._decoded(data) for data in segment.messages]
        if segment.own:
            self._end_own_epoch()
        row = self.epochs.get(segment.epoch)
        if row is None:
            row = self._epoch_of(segment, decoded[0] if decoded else None)
        elif row.own is not segment.own or row.size != segment.start:
            raise refuse("P-epoch", epoch=segment.epoch)
        seen = () if segment.own else self._last_seen(row)
        known = self._known_ids(decoded)
        self._prefetch(decoded)
        for offset, message in enumerate(decoded):
            index = segment.start + offset
            data, leaf = segment.messages[offset], segment.leaf_hashes[offset]
            if isinstance(message, Message) and not segment.own:
                self._check_causality(message, seen, row.epoch, index)
                seen = message.seen
            if isinstance(message, Message) and not segment.own:
                self._watch_over((row.epoch, index), message.id)
            self._take_one(row, index, message, data, leaf, known)
            row = self.epochs[row.epoch]
        self._watch.leave()
        frontier = segment.frontier.to_bytes()
        returned = segment.size if segment.own else row.returned
        self._set(msgspec.structs.replace(row, frontier=frontier, head=segment.head, returned=returned))
        self._touched.add(row.epoch)
        self.store.put(Segment(ordinal=row.ordinal, size=segment.size, start=segment.segment_start, head=segment.head))
        self.new_messages += len(decoded)

    def lacks_for(self, segment: SegmentTaken) -> bool:
        """Whether messages of this segment had seen, or continue, what we do not hold: it has to wait for that."""
        row = self.epochs.get(segment.epoch)
        if segment.start != (row.size if row is not None else 0):
            return True
        decoded = [message for data in segment.messages if isinstance(message := self._decoded(data), Message)]
        needed = {(head, not segment.own) for message in decoded for head in message.seen}
        if row is None and decoded and isinstance(decoded[0].body, EpochOpened):
            needed |= {((epoch, size), segment.own) for epoch, size, _ in decoded[0].body.parents}
        return any(not self._holds(head, own) for head, own in needed)

    def _holds(self, head: Head, own: bool) -> bool:
        row = self.epochs.get(head[0])
        return row is not None and row.own is own and row.size >= head[1]

    def _end_own_epoch(self) -> None:
        """What we sign next merges what came back, so it begins a new epoch."""
        self._sign_pending()
        self._own = self.memory.head = None

    def _decoded(self, data: bytes) -> Message | ProtocolError:
        try:
            return messages.decode(data)
        except ProtocolError as error:
            return error

    def _epoch_of(self, segment: SegmentTaken, first: Message | ProtocolError | None) -> Epoch:
        """An epoch that is new to us: leaf 0 names its parents, all of which we must hold."""
        epoch = segment.epoch
        if not isinstance(first, Message) or not isinstance(first.body, EpochOpened):
            raise refuse("P-epoch", epoch=epoch)
        for parent, size, root in first.body.parents:
            held = self.epochs.get(parent)
            if held is None or held.own is not segment.own or held.size < size:
                raise refuse("P-epoch-parent", epoch=epoch, parent=parent, size=size)
            signed = self.store.get(Segment, held.ordinal, size)
            # Whoever names another root, or a size that it never signed, tells of a log that it did not show us.
            if signed is None or log.Checkpoint.parse(note.parse(signed.head).text).root.hex() != root:
                raise refuse("P-epoch", epoch=epoch, parent=parent, size=size)
        if not segment.own:
            self._count_epoch()
        parents = tuple((parent, size) for parent, size, _ in first.body.parents)
        row = self._new_epoch_row(epoch, segment.own, parents)
        # Our next message has to list every head that nothing merges, and has room for so many.
        if not segment.own and len({epoch, *(name for name, _ in self.heads(own=False))}) > SEEN_HEADS_MAX:
            raise refuse("P-epoch-heads", limit=SEEN_HEADS_MAX)
        return row

    def _count_epoch(self) -> None:
        """Honest processes restart a few times a day; every epoch costs both sides memory for ever."""
        name = f"epochs/{self.pairing.pairing_id}"
        today = stamp(self.now)[:10]
        held = self.store.get(Setting, name)
        day, _, count = held.value.partition(" ") if held else (today, "", "0")
        taken = int(count) if day == today else 0
        if taken >= EPOCHS_PER_DAY_MAX:
            raise refuse("R-epochs", limit=EPOCHS_PER_DAY_MAX)
        self.store.put(Setting(name=name, value=f"{today} {taken + 1}"))

    def _last_seen(self, row: Epoch) -> tuple[Head, ...]:
        """``seen`` of the message before the next one: in the epoch, or of the parents' last ones."""
        if row.size > 0:
            return self._seen_at((row.epoch, row.size))
        listed = [head for parent in row.parents for head in self._seen_at((parent[0], parent[1]))]
        return self.memory.lineage.unmerged(set(listed))

    def _seen_at(self, head: Head) -> tuple[Head, ...]:
        row = self.epochs[head[0]]
        for position in range(head[1] - 1, -1, -1):
            found = self.store.get(LogMessage, row.ordinal, position)
            if found is None:
                raise refuse("I-log-incomplete", epoch=head[0], size=head[1])
            try:
                return messages.decode(found.data).seen
            except ProtocolError:
                continue
        return ()

    def _check_causality(self, message: Message, before: tuple[Head, ...], epoch: str, index: int) -> None:
        """``seen`` names what exists, never goes back, and is closed under what those messages had seen themselves."""
        if message.seen == before:
            return
        for seen_epoch, size in message.seen:
            row = self.epochs.get(seen_epoch)
            if row is None or not row.own or row.size < size:
                raise refuse("P-causality", epoch=epoch, index=index)
            self._claimed[seen_epoch] = max(size, self._claimed.get(seen_epoch, 0))
        lineage = self.memory.lineage
        now_seen = lineage.closure(message.seen)
        if not now_seen.includes(lineage.closure(before)):
            raise refuse("P-causality", epoch=epoch, index=index)
        own = lineage.closure([(epoch, index)])
        for head in message.seen:
            if not own.includes(lineage.closure(self._seen_at(head))):
                raise refuse("P-causality", epoch=epoch, index=index)

    def _known_ids(self, decoded: list[Message | ProtocolError]) -> dict[str, LogMessage]:
        """The first message under each of these ids, ours included: an id of ours in the partner's mouth is reused."""
        ids = [message.id for message in decoded if isinstance(message, Message)]
        known: dict[str, LogMessage] = {}
        for author in (self.pairing.peer, self.identity.node_id):
            for row in self.store.find(LogMessage, author=author, id__in=ids) if ids else []:
                if row.effect != DUPLICATE and row.verdict != REUSED and row.kind != UNREADABLE:
                    known.setdefault(row.id, row)
        return known

    def _prefetch(self, decoded: list[Message | ProtocolError]) -> None:
        """All units that a bundle touches in two statements instead of thousands."""
        wanted = {
            self._unit_name(message)
            for message in decoded
            if isinstance(message, Message) and message.kind in KINDS and KINDS[message.kind].unit != "none"
        }
        missing = {unit_id(*name): name for name in wanted if name and unit_id(*name) not in self._units}
        rows = {row.unit: row for row in self.store.find(Unit, unit__in=list(missing))} if missing else {}
        for key, name in missing.items():
            self._units[key] = work_of(self.store, rows.get(key), key, name)
        # What every verdict about a member looks at first: who gave notice.
        for record in self.store.find(SharedRecord, unit__in=list(rows), key=DEPARTURE) if rows else []:
            self._units[record.unit].records.know(record.key, record.value)

    def _take_one(
        self,
        row: Epoch,
        index: int,
        message: Message | ProtocolError,
        data: bytes,
        leaf: bytes,
        known: dict[str, LogMessage],
    ) -> None:
        if isinstance(message, ProtocolError):
            lamport = 1 + row.lamport
            self._store_refused(row, index, message.code, lamport, leaf, data)
            self._set(msgspec.structs.replace(row, size=index + 1, lamport=lamport))
            return
        author, party = self._author_of(row)
        placed = self._place(row, index, message, party)
        twin = known.get(message.id)
        if twin is None and not row.own and (state := self._holds_back(placed, row)) is not None:
            known[message.id] = self._keep(row, placed, leaf, data, *state)
            return
        work = None if twin is not None else self._unit_of(placed)
        code = self._verdict_on(placed, work, twin, data)
        effect = DUPLICATE if twin is not None and twin.data == data else self._effect_now(placed, row)
        self._record(row, placed, author, work, leaf, data, code, effect)
        self._set(msgspec.structs.replace(row, size=index + 1, lamport=placed.lamport))
        if twin is None:
            known[message.id] = _row(row, placed, author, work, leaf, data, code, effect)
        if code != ACCEPTED:
            self._report(row, index, message.id, code)
        elif effect != DUPLICATE:
            self._process(placed, work, own=row.own, effect=effect)
        if not row.own:
            self.held.passed((row.epoch, index))

    def _watch_over(self, position: Position, message_id: str) -> None:
        """A message that failed too often is not tried again, so nothing can be its fault any more."""
        if self.held.is_condemned(position):
            self._watch.leave()
        else:
            self._watch.enter(Suspect(self.pairing.pairing_id, *position), message_id)

    def _process(self, placed: Placed, work: UnitWork | None, *, own: bool, effect: str = APPLIED) -> None:
        """``_effect`` of an accepted message: a refusal there, but by what this machine lacks, is a fault of ours."""
        try:
            self._effect(placed, work, own=own, effect=effect)
        except ProtocolError as error:
            if error.code[0] in MACHINE:
                raise
            raise EffectFailedError(error.code) from error

    def _effect_now(self, placed: Placed, row: Epoch) -> str:
        return self.held.effect((placed.epoch, placed.position), own=row.own, message=placed.message)

    def _holds_back(self, placed: Placed, row: Epoch) -> tuple[str, str] | None:
        """Whether a partner's message is not processed now: its effect, and the code to report, "" if it only waits."""
        effect = self._effect_now(placed, row)
        if effect != APPLIED:
            return effect, ""
        code = self._unable(placed)
        return (HELD, code) if code else None

    def _unable(self, placed: Placed) -> str:
        """The code of why this node cannot process a message of the partner, or ""."""
        if placed.message.kind in NEVER_HELD:
            return ""
        if self.held.is_condemned((placed.epoch, placed.position)):
            return POISON
        if self.software.knows(placed.message):
            return ""
        try:
            # What we never said to apply is refused; what our own log promises waits for the software that can.
            verdict.check_announced(placed.message, placed.party, placed.past, self.grounds())
        except ProtocolError:
            return ""
        return UNKNOWN

    def _keep(self, row: Epoch, placed: Placed, leaf: bytes, data: bytes, effect: str, code: str) -> LogMessage:
        """Store a partner's message without processing it; with a code, say that we hold it."""
        work = self._work_of(*self.envelope_name(placed.message))
        kept = _row(row, placed, self.pairing.peer, work, leaf, data, UNJUDGED, effect)
        self.store.add(kept)
        self._located.pop(placed.message.id, None)
        self._lamports[(placed.epoch, placed.position + 1)] = placed.lamport
        self._set(msgspec.structs.replace(row, size=placed.position + 1, lamport=placed.lamport))
        if code:
            self.held.hold((placed.epoch, placed.position), placed.message.id, code)
        return kept

    def envelope_name(self, message: Message) -> tuple[str, str]:
        """The unit of a message as its envelope tells, whatever its kind."""
        version = self.version(message.agreement) if isinstance(message.agreement, str) else None
        if version is None or message.kind.startswith("agreement."):
            return self.pairing.pairing_id, "pairing"
        return version.agreement, message.subject if isinstance(message.subject, str) else "agreement"

    def judge(self, item: LogMessage) -> None:
        """Process a stored message of the partner for the first time; perhaps it has to be held again."""
        row = self._by_ordinal[item.ordinal]
        position = (row.epoch, item.index)
        placed = self._placed(item)
        self._watch_over(position, item.id)
        code = self._unable(placed)
        if code:
            self.store.put(msgspec.structs.replace(item, effect=HELD))
            self.held.hold(position, item.id, code)
            return
        work = self._unit_of(placed)
        code = self._verdict_on(placed, work, None, item.data)
        unit = work.row.unit if work else None
        self.store.put(msgspec.structs.replace(item, verdict=code, effect=APPLIED, unit=unit))
        self._located.pop(item.id, None)
        if code == ACCEPTED:
            self._process(placed, work, own=False)
        else:
            self._report(row, item.index, item.id, code)
        self.held.passed(position)
        self._watch.leave()

    def _author_of(self, row: Epoch) -> tuple[str, int]:
        """Node id and party of whoever wrote this epoch."""
        return (self.identity.node_id, self.own_party) if row.own else (self.pairing.peer, 1 - self.own_party)

    def _verdict_on(self, placed: Placed, work: UnitWork | None, twin: LogMessage | None, data: bytes) -> str:
        if twin is not None:
            return twin.verdict if twin.data == data else REUSED
        try:
            unit = work.row.unit if work else None
            records = self._evidence(work)
            verdict.check(placed.message, placed.party, placed.past, records, unit, self.grounds())
        except ProtocolError as error:
            return error.code
        return ACCEPTED

    def _store_refused(self, row: Epoch, index: int, code: str, lamport: int, leaf: bytes, data: bytes) -> None:
        """Bytes that are no message: kept as signed, without effect, reported by position."""
        self.store.add(
            LogMessage(
                ordinal=row.ordinal,
                index=index,
                author=self._author_of(row)[0],
                id=leaf.hex()[:32],
                kind=UNREADABLE,
                unit=None,
                leaf_hash=leaf,
                lamport=lamport,
                verdict=code,
                effect=APPLIED,
                data=data,
            )
        )
        self._report(row, index, leaf.hex()[:32], code)

    def _report(self, row: Epoch, index: int, message_id: str, code: str) -> None:
        """An outcome for the partner: a courtesy, since it derives the same. A flood of nonsense is not answered."""
        if row.own or self.pairing.recovering or len(self._refused) >= OUTCOMES_PER_BUNDLE_MAX:
            return
        self._refused.append(
            OutcomeReported(epoch=row.epoch, index=index, message=message_id, outcome="refused", code=code)
        )

    def take_receipt(self, event: ReceiptRead) -> bool:
        """The partner's receipt on a head of ours. True if it is larger than what we had. Raises ``P-receipt``."""
        row = self.epochs.get(event.epoch)
        size = event.checkpoint.size
        segment = self.store.get(Segment, row.ordinal, size) if row is not None and row.own else None
        if segment is None and self.pairing.recovering:
            # A receipt for what has not come back yet; it is shown again until our status says that we hold it.
            return False
        if row is None or segment is None:
            raise refuse("P-receipt", reason="no such head", size=size)
        if note.parse(segment.head).text != event.checkpoint.text():
            raise refuse("P-receipt", reason="another root", size=size)
        if size <= row.receipted:
            return False
        row = msgspec.structs.replace(row, receipted=size, receipt=event.note)
        self._set(row)
        self.store.put(row)
        return True

    def check_claims(self) -> None:
        """Whoever says to have seen our messages has receipted them: else a guess could overrule what was not sent.

        Asked once segments and receipts of a bundle are taken. Raises ``P-causality``.
        """
        for epoch, size in self._claimed.items():
            row = self.epochs[epoch]
            if size > max(row.receipted, row.returned):
                raise refuse("P-causality", seen=epoch, size=size)
        self._claimed.clear()

    def fork_of(self, event: HeadShown) -> ForkFound | None:
        """The proof of a fork, if another root was signed for a size of which we hold the head."""
        row = self.epochs.get(event.epoch)
        held = self.store.get(Segment, row.ordinal, event.size) if row is not None and row.own is event.own else None
        if held is None or note.parse(held.head).text == note.parse(event.head).text:
            return None
        return ForkFound(event.epoch, event.size, held.head, event.head, event.own)

    def partner_shows(self, status: Status, bundle_id: str) -> bool:
        """What the partner holds of both logs: what need not be sent again, and what it has lost and gets once more.

        True if it listed heads that we do not know.
        """
        in_doubt = False
        late = is_before(bundle_id, self.memory.newest_bundle)
        if not late:
            self.memory.newest_bundle = bundle_id
        receipted = {epoch: size for epoch, _, size in status.heads}
        theirs = [(epoch, size) for epoch, size, _ in status.heads]
        for own, shown in ((True, list(status.held)), (False, theirs)):
            known = [head for head in shown if head[0] in self.epochs and self.epochs[head[0]].own is own]
            inside = self.memory.lineage.closure(known)
            # A head that we do not know may stand on anything: what a status with one leaves out need not be gone.
            in_doubt = in_doubt or len(known) < len(shown)
            may_lower = not late and (status.complete or len(known) == len(shown))
            for row in [row for row in self.epochs.values() if row.own is own]:
                size = min(inside.size(row.epoch), row.size)
                self._keep_shown(row, size if may_lower else max(size, row.shown), receipted)
        return in_doubt

    def _keep_shown(self, row: Epoch, shown: int, listed: Mapping[str, int]) -> None:
        receipted = row.receipted
        if not row.own and row.epoch in listed:
            # Lower than before: a late bundle, or a partner that lost our receipt. It is sent once more.
            receipted = min(listed[row.epoch], row.size)
        elif not row.own:
            # An epoch that is merged and receipted is no longer listed; its successor shows that it is known.
            receipted = row.size if shown == row.size else min(receipted, shown)
        if (receipted, shown) != (row.receipted, row.shown):
            changed = msgspec.structs.replace(row, receipted=receipted, shown=shown)
            self._set(changed)
            self.store.put(changed)

    def is_behind(self, status: Status) -> bool:
        """Whether the partner says that it holds more of either log than we do."""
        theirs = ((epoch, size) for epoch, size, _ in status.heads)
        return not (
            all(self._holds(head, own=True) for head in status.held)
            and all(self._holds(head, False) for head in theirs)
        )

    # --- recovering after a restore ---------------------------------------------------------------------------

    def begin_recovery(self, because: str, marks: Iterable[tuple[bool, str, int]] = ()) -> None:
        """Until the partner has shown all that it holds, nothing is written here. Nothing if that is so already."""
        if self.pairing.recovering:
            return
        lacking = [(own, epoch, size) for own, epoch, size in marks if self._lacking(epoch, size)]
        recovery = Recovery(
            pairing_id=self.pairing.pairing_id,
            recovery=self.rng(4).hex(),
            because=because,
            began_at=stamp(self.now),
            marks=[list(mark) for mark in lacking],
            lacked_here=sum(self._lacking(epoch, size) for own, epoch, size in lacking if own),
            lacked_there=sum(self._lacking(epoch, size) for own, epoch, size in lacking if not own),
        )
        self.store.put(recovery)
        self._set_recovering(recovery.recovery)

    def _lacking(self, epoch: str, size: int) -> int:
        return max(0, size - (self.epochs[epoch].size if epoch in self.epochs else 0))

    def count_returned(self, count: int) -> None:
        """So many messages of ours came back."""
        found = self.store.get(Recovery, self.pairing.pairing_id, self.pairing.recovering or "")
        if found is not None:
            self.store.put(msgspec.structs.replace(found, returned=found.returned + count))

    def end_recovery(self) -> None:
        """The partner has shown all: what we write next begins an epoch that merges every head of ours."""
        found = self.store.get(Recovery, self.pairing.pairing_id, self.pairing.recovering or "")
        if found is not None:
            self.store.put(msgspec.structs.replace(found, ended_at=stamp(self.now)))
        self._end_own_epoch()
        self.memory.after_recovery = True
        self._set_recovering(None)
        self.held.say_unsaid()
        self.held.release_known()

    def _set_recovering(self, recovery: str | None) -> None:
        self.pairing = msgspec.structs.replace(self.pairing, recovering=recovery)
        self.store.put(self.pairing)

    # --- units, order, fold -----------------------------------------------------------------------------------

    def _place(self, row: Epoch, index: int, message: Message, party: int) -> Placed:
        lamport = row.lamport if index == 0 else 1 + row.lamport
        if index > 0:
            lamport = max(lamport, *(1 + self._lamport_at(head) for head in message.seen), 0)
        scope, lead = self._scope_and_lead(message)
        past = self._past(row.epoch, index, message.seen)
        outside = self._outside(message, party, (row.epoch, index), past)
        return Placed(message, party, row.epoch, index, lamport, past, scope, lead, outside)

    def _outside(self, message: Message, party: int, position: tuple[str, int], past: Past) -> str:
        """The partner's ending of the version cited, where neither knew of the other: the id of that ending, or ""."""
        kind = KINDS.get(message.kind)
        if kind is None or kind.unit in ("none", "pairing") or message.kind in verdict.AFTER_END:
            return ""
        for ending in _endings(self.pairing_unit().records) if self.held.rows else self.grounds().endings:
            if ending.version != message.agreement or ending.party == party:
                continue
            known_then = self._past(ending.epoch, ending.position, ending.seen)
            if not past.covers(ending.epoch, ending.position) and not known_then.covers(*position):
                return ending.id
        return ""

    def _scope_and_lead(self, message: Message) -> tuple[str, str]:
        """The agreement id that a message belongs to, and who leads its duty by the version cited."""
        kind = KINDS.get(message.kind)
        if kind is None or not isinstance(message.agreement, str) or kind.unit == "pairing":
            return self.pairing.pairing_id, "origin"
        asked = (message.agreement, kind.duty)
        if asked not in self._scopes:
            version = self.version(message.agreement)
            if version is None:
                return self.pairing.pairing_id, "origin"
            self._scopes[asked] = _lead(version, kind.duty)
        return self._scopes[asked]

    def _unit_name(self, message: Message) -> tuple[str, str] | None:
        kind = KINDS.get(message.kind)
        if kind is None or kind.unit == "none":
            return None
        if kind.unit == "pairing":
            return self.pairing.pairing_id, "pairing"
        scope, _ = self._scope_and_lead(message)
        return scope, message.subject if isinstance(message.subject, str) else "agreement"

    def _unit_of(self, placed: Placed) -> UnitWork | None:
        name = self._unit_name(placed.message)
        return self._work_of(*name) if name else None

    def unit(self, scope: str, name: str) -> UnitWork:
        """The unit (agreement or pairing id, subject or object) as this transaction sees it."""
        work = self._work_of(scope, name)
        if work.stale:
            self.rebuild(work)
        return work

    def _work_of(self, scope: str, name: str) -> UnitWork:
        key = unit_id(scope, name)
        if key not in self._units:
            self._units[key] = work_of(self.store, self.store.get(Unit, key), key, (scope, name))
        return self._units[key]

    def pairing_unit(self) -> UnitWork:
        """What both sides agreed and understand: agreement versions, kinds announced."""
        return self.unit(self.pairing.pairing_id, "pairing")

    def _record(
        self,
        row: Epoch,
        placed: Placed,
        author: str,
        work: UnitWork | None,
        leaf: bytes,
        data: bytes,
        code: str = ACCEPTED,
        effect: str = APPLIED,
    ) -> None:
        self.store.add(_row(row, placed, author, work, leaf, data, code, effect))
        self._lamports[(placed.epoch, placed.position + 1)] = placed.lamport
        if code != REUSED and effect != DUPLICATE:
            unit = work.row.unit if work else None
            self._located[placed.message.id] = Location(
                placed.party, placed.epoch, placed.position, placed.message.kind, unit, code == ACCEPTED
            )

    def _effect(self, placed: Placed, work: UnitWork | None, *, own: bool, effect: str = APPLIED) -> None:
        """Fold into the unit, in order: one step if it sorts last there, else that unit is rebuilt, once for all."""
        if work is not None and work.evidence is not None:
            work.evidence.take(fold(work.evidence, placed))
        if placed.message.kind == "exchange.outcome":
            self.held.take_outcome(placed, own=own)
        elif placed.message.kind == "exchange.withdrawn":
            self.held.take_withdrawal(placed, own=own)
        if work is not None and effect != APPLIED:
            self._remember_text(placed)
        elif work is not None:
            if not own:
                work.taken = (placed.epoch, placed.position)
            self._remember_text(placed)
            key = placed.order_key()
            changes = fold(work.records, placed)
            work.records.take(changes)
            work.changed.update((name, encoded) for name in changes if (encoded := work.records.encoded(name)))
            work.stale = work.stale or (key < work.last and placed.message.kind not in INDEPENDENT)
            work.last = max(key, work.last)
            if work.row.name == "pairing":
                self._grounds = None
                self.unit(work.row.agreement, work.row.name)
                if placed.message.kind == "agreement.ended":
                    self._put_outside(placed)
        reaction = self._react.get(placed.message.kind)
        if reaction is not None:
            reaction(self, placed, own)

    def put_outside(self, ending: LogMessage) -> None:
        """An ending has effect again, or none any more: what it crossed is folded anew."""
        self._put_outside(self._placed(ending))

    def _put_outside(self, ending: Placed) -> None:
        """What the other side wrote without knowing of this ending was folded before it came: fold those units anew."""
        for row in self.epochs.values():
            if row.own is not (ending.party == self.own_party):
                known = ending.past.seen.size(row.epoch)
                for later in self.store.find(LogMessage, ordinal=row.ordinal, index__ge=known):
                    work = self._work_at(later.unit) if later.unit is not None else None
                    if work is not None and work.row.name != "pairing":
                        work.stale = True

    def _work_at(self, key: bytes) -> UnitWork | None:
        """A unit by its key: one that this very transaction began is not in the store yet."""
        row = self.store.get(Unit, key) if key not in self._units else None
        return self._work_of(row.agreement, row.name) if row is not None else self._units.get(key)

    def _remember_text(self, placed: Placed) -> None:
        if placed.message.kind != "agreement.proposed":
            return
        body = placed.message.body
        version = note.text_hash(body.text)
        if isinstance(body.predecessor, str):
            before = self.store.get(AgreementVersion, body.predecessor)
            first = before.agreement if before else version
        else:
            first = version
        self.store.put(
            AgreementVersion(version=version, agreement=first, pairing_id=self.pairing.pairing_id, text=body.text)
        )

    def settle(self) -> None:
        """Rebuild what a bundle brought late: one pass per unit, however many messages it was."""
        self.held.settle()
        for work in list(self._units.values()):
            if work.stale:
                if work.taken is not None:
                    self._watch.enter(Suspect(self.pairing.pairing_id, *work.taken), "")
                self.rebuild(work)
                self._watch.leave()

    def rebuild(self, work: UnitWork) -> None:
        """Fold a unit anew from its stored messages; what comes out replaces its records."""
        placed = sorted(self.placed_in(work.row.unit), key=Placed.order_key)
        fresh = LazyRecords()
        for item in placed:
            fresh.take(fold(fresh, item))
        before, after = work.records.raw, fresh.raw
        for key, value in after.items():
            if before.get(key) != value:
                work.changed[key] = value
        gone = set(before) - set(after)
        work.removed |= gone
        for key in gone:
            work.changed.pop(key, None)
        work.records = fresh
        work.stale = False
        work.last = placed[-1].order_key() if placed else BEFORE_ALL

    def placed_at(self, unit: bytes, inside: Closure) -> list[Placed]:
        """The messages of a unit that had effect at a cut, at their places."""
        effects = [APPLIED, HELD, VOID] if self.held.rows else [APPLIED]
        rows = self.store.find(LogMessage, unit=unit, verdict=ACCEPTED, effect__in=effects)
        found = [self._placed(row) for row in rows if inside.covers(*self.position_of(row))]
        if not self.held.rows:
            return found
        own = self.own_party
        return [
            item
            for item in found
            if self.held.effect_at((item.epoch, item.position), inside, own=item.party == own) == APPLIED
        ]

    def placed_in(self, unit: bytes) -> list[Placed]:
        """Every accepted, applied message of a unit, at its place."""
        return [self._placed(row) for row in self.store.find(LogMessage, unit=unit, verdict=ACCEPTED, effect=APPLIED)]

    def _placed(self, item: LogMessage) -> Placed:
        """A stored message at its place."""
        epoch = self._by_ordinal[item.ordinal]
        message = messages.decode(item.data)
        scope, lead = self._scope_and_lead(message)
        party = self.own_party if epoch.own else 1 - self.own_party
        past = self._past(epoch.epoch, item.index, message.seen)
        outside = self._outside(message, party, (epoch.epoch, item.index), past)
        return Placed(message, party, epoch.epoch, item.index, item.lamport, past, scope, lead, outside)

    def message_at(self, position: Position) -> LogMessage | None:
        """The stored message at (epoch, index)."""
        epoch = self.epochs.get(position[0])
        return self.store.get(LogMessage, epoch.ordinal, position[1]) if epoch is not None else None

    def position_of(self, item: LogMessage) -> Position:
        """(epoch, index) of a stored message."""
        return self._by_ordinal[item.ordinal].epoch, item.index

    def envelope_unit(self, scope: str, subject: str) -> bytes:
        """The key of the unit that a holding of this scope is about."""
        known = scope not in ("", "*")
        return unit_id(scope, subject or "agreement") if known else unit_id(self.pairing.pairing_id, "pairing")

    def mark_stale(self, unit: bytes | None) -> None:
        """Other messages have effect in this unit than before: it is folded anew."""
        work = self._work_at(unit) if unit is not None else None
        if work is not None:
            work.stale = True
            if work.row.name == "pairing":
                self._grounds = None

    def forget_grounds(self) -> None:
        """What is held has changed, and with it what verdicts may look at."""
        self._grounds = None
        for work in self._units.values():
            work.evidence = None

    def _evidence(self, work: UnitWork | None) -> Mapping[str, Value]:
        """The records of a unit for a verdict: with all that any author can have known, held and withdrawn ones too.

        Such a message counts or not by the past of the message judged, so a verdict stays what it was.
        """
        if work is None or not self.held.touches(work.row.unit):
            return work.records if work is not None else {}
        if work.evidence is None:
            rows = self.store.find(LogMessage, unit=work.row.unit, verdict=ACCEPTED, effect__in=[APPLIED, HELD, VOID])
            work.evidence = LazyRecords()
            for placed in sorted(map(self._placed, rows), key=Placed.order_key):
                work.evidence.take(fold(work.evidence, placed))
        return work.evidence

    # --- what verdicts look at --------------------------------------------------------------------------------

    def version(self, version_hash: str) -> Version | None:
        """An agreement version by the hash of its text, with its gate."""
        if version_hash not in self.memory.versions:
            found = self.store.get(AgreementVersion, version_hash)
            if found is None or found.pairing_id != self.pairing.pairing_id:
                return None
            terms = agreement.parse(found.text)
            self.memory.versions[version_hash] = Version(found.agreement, agreement.gate(terms))
        return self.memory.versions[version_hash]

    def current_version(self) -> str:
        """The hash of the agreement version in force by all that we know, or ""."""
        if self.held.rows:
            # What the partner holds of ours we know all the same; what we hold of the partner's we do not.
            seen = self.memory.lineage.closure(self.heads(own=False))
            own = self.memory.lineage.closure(self.heads(own=True))
            past = Past(own, seen, self.held.apart(own, seen, by_us=True))
            return self.grounds().agreements.within(past).current("agreement")
        return decisions(self.pairing_unit().records, "agreements").current("agreement")

    def grounds(self) -> Grounds:
        """What verdicts may look at; rebuilt when the pairing's own unit changes."""
        if self._grounds is None:
            records = self._evidence(self.pairing_unit())
            view = decisions(records, "agreements")
            self._grounds = Grounds(
                pairing=self.pairing.pairing_id,
                parties=self.parties(),
                agreements=view,
                in_force=InForce(view),
                endings=_endings(records),
                announcements=_announcements(records),
                version=self.version,
                locate=self._locate,
                check_line=self.check_line,
                is_held=self._is_held,
            )
        return self._grounds

    def _is_held(self, found: Location, past: Past) -> bool:
        return self.held.is_held((found.epoch, found.position), past.seen, past.own)

    def _locate(self, message_id: str) -> Location | None:
        if message_id not in self._located:
            self._located[message_id] = None
            for author in (self.identity.node_id, self.pairing.peer):
                for row in self.store.find(LogMessage, author=author, id=message_id, effect__in=[APPLIED, HELD, VOID]):
                    epoch = self._by_ordinal.get(row.ordinal)
                    if epoch is not None and row.verdict != REUSED and row.kind != UNREADABLE:
                        party = self.own_party if epoch.own else 1 - self.own_party
                        accepted = row.verdict == ACCEPTED
                        self._located[message_id] = Location(
                            party, epoch.epoch, row.index, row.kind, row.unit, accepted
                        )
        return self._located[message_id]

    # --- the end of the transaction ---------------------------------------------------------------------------

    def close(self) -> Head | None:
        """Report outcomes, sign a head over what we wrote, write everything back. The own head to remember, if any."""
        self.settle()
        for outcome in self._refused:
            if self.pairing.state == "active":
                self.write("exchange.outcome", outcome)
        self._refused.clear()
        self.settle()
        self._sign_pending()
        for epoch in self._touched:
            self.store.put(self.epochs[epoch])
        self._touched.clear()
        self._write_units()
        if self._own is None:
            return None
        return self._own, self.epochs[self._own].size

    def _sign_pending(self) -> None:
        if not self._pending or self._own is None:
            return
        row = self.epochs[self._own]
        origin = log.origin(self.pairing.pairing_id, self.identity.node_id, row.epoch)
        frontier = CompactRange.from_bytes(row.frontier)
        head = row.head
        for segment in _segments(self._pending):
            frontier = frontier.extend(item.leaf_hash for item in segment)
            checkpoint = log.Checkpoint(origin, frontier.size, frontier.root())
            head = log.sign_checkpoint(checkpoint, self.identity.log)
            self.store.add(Segment(ordinal=row.ordinal, size=frontier.size, start=segment[0].position, head=head))
        row = msgspec.structs.replace(row, frontier=frontier.to_bytes(), head=head)
        self._set(row)
        self.store.put(row)
        self._pending.clear()

    def _write_units(self) -> None:
        for work in self._units.values():
            row = work.row
            key = work.last
            stored = OrderKey(row.last_lamport, row.last_party, row.last_epoch, row.last_index)
            # Also what changed no record was folded: whatever sorts before it later has to rebuild the unit.
            if not work.changed and not work.removed and key == stored:
                continue
            self.store.put(
                msgspec.structs.replace(
                    row, last_lamport=key.lamport, last_party=key.party, last_epoch=key.epoch, last_index=key.position
                )
            )
            self.store.put_all(
                SharedRecord(
                    unit=row.unit,
                    key=name,
                    agreement=row.agreement,
                    subject=row.name,
                    category=name.split("/", 1)[0],
                    value=value,
                    version=hashlib.sha256(value).digest(),
                    place=ranges.place_of(self.pairing.pairing_id, row.unit, name),
                )
                for name, value in work.changed.items()
            )
            for name in work.removed - set(work.changed):
                self.store.remove(SharedRecord, row.unit, name)
            self._mark_ranges(row.unit, work.changed.keys() | work.removed)
            work.changed.clear()
            work.removed.clear()

    def _mark_ranges(self, unit: bytes, names: Iterable[str]) -> None:
        """Digests kept of the ranges that these records are in are no longer theirs."""
        self._change = self._change or self.rng(8)
        places = (ranges.place_of(self.pairing.pairing_id, unit, name) for name in names)
        self.store.put_all(ranges.mark_of(place, self._change) for place in places)

    def receipt_for(self, row: Epoch) -> bytes:
        """Our cosignature on the newest head of the partner's epoch. Only after the commit of its messages."""
        return receipt.cosign(row.head, self.identity.cosigner(), int(self.now.timestamp()))


def _row(
    row: Epoch, placed: Placed, author: str, work: UnitWork | None, leaf: bytes, data: bytes, code: str, effect: str
) -> LogMessage:
    return LogMessage(
        ordinal=row.ordinal,
        index=placed.position,
        author=author,
        id=placed.message.id,
        kind=placed.message.kind,
        unit=work.row.unit if work else None,
        leaf_hash=leaf,
        lamport=placed.lamport,
        verdict=code,
        effect=effect,
        data=data,
    )


def _lead(version: Version, duty: str) -> tuple[str, str]:
    try:
        return version.agreement, version.gate.lead_side(duty)
    except AgreementError:
        # Only for a kind that these terms do not list: the verdict refuses it, so that nobody leads is no matter.
        return version.agreement, "origin"


def _segments(pending: list[PendingMessage]) -> Iterator[list[PendingMessage]]:
    """Cut at the bounds of a segment, so that a receiver's memory has one too."""
    segment: list[PendingMessage] = []
    size = 0
    for item in pending:
        if segment and (len(segment) >= SEGMENT_MESSAGES_MAX or size + len(item.data) > SEGMENT_BYTES_MAX):
            yield segment
            segment, size = [], 0
        segment.append(item)
        size += len(item.data)
    if segment:
        yield segment


def _announcements(records: Mapping[str, Value]) -> tuple[Announcement, ...]:
    found: list[Announcement] = []
    for party in (0, 1):
        value: Value = records.get(f"versions/{party}", {"entries": []})
        for entry in value["entries"]:
            kinds = frozenset(entry["value"]["kinds"])
            found.append(Announcement(party, entry["epoch"], entry["position"], kinds))
    return tuple(found)


def _endings(records: Mapping[str, Value]) -> tuple[Ending, ...]:
    entries = (entry for key in ENDINGS if key in records for entry in records[key]["entries"])
    return tuple(
        Ending(
            entry["value"]["version"],
            entry["epoch"],
            entry["position"],
            entry["id"],
            entry["party"],
            tuple((epoch, size) for epoch, size in entry["seen"]),
        )
        for entry in entries
    )
