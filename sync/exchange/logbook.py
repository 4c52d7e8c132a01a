"""Both logs of one pairing inside one transaction: where messages stand, what they are worth, what they change.

A ``LogBook`` is loaded at the start of a transaction and written back by ``close``; nothing outside the store and the
``PairingMemory`` of this process survives it. Own messages are appended and folded at once, and ``close`` signs one
head over all of them. The partner's messages come in as verified segments. Both go through the same ``apply``:
verdict, order, fold, reaction.

*Rule E*: an epoch never outlives the memory of the process that opened it. ``memory.head`` is the last own head that
this process signed; where the store disagrees, or it is None, the next own message opens a new epoch.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import ClassVar, Final, Literal, NamedTuple

import msgspec

from gongguan.protocol import agreement, log, merkle, messages, note, receipt
from gongguan.protocol.card import CardKeys, keys_of
from gongguan.protocol.card import parse as parse_card
from gongguan.protocol.causality import BEFORE_ALL, Closure, Head, Lineage, Past
from gongguan.protocol.errors import AgreementError, refuse
from gongguan.protocol.limits import OUTCOMES_PER_BUNDLE_MAX, SEGMENT_BYTES_MAX
from gongguan.protocol.merkle import CompactRange
from gongguan.protocol.messages import KINDS
from gongguan.protocol.messages.envelope import Body, Message
from gongguan.protocol.messages.exchange import EpochOpened, OutcomeReported
from gongguan.protocol.session import Identity, ReceiptRead, SegmentTaken, SessionState
from gongguan.sync.act import stamp
from gongguan.sync.exchange import attachments, erasure, folding, intake, standing, succession, verdict
from gongguan.sync.exchange.effort import LEAVES_READ_MAX, SIGNATURE_COSTS
from gongguan.sync.exchange.fold import INDEPENDENT, SEARCHING, STOPS, SUSPENSIONS, Placed, erased_key, fold
from gongguan.sync.exchange.held import HeldMessages
from gongguan.sync.exchange.holdings import Holdings
from gongguan.sync.exchange.intake import log_row
from gongguan.sync.exchange.knowledge import AGREED_KEYS, Agreed, Ending, agreed_in, endings_in
from gongguan.sync.exchange.outcomes import (
    ACCEPTED,
    APPLIED,
    DUPLICATE,
    ERASED,
    HELD,
    REUSED,
    UNREADABLE,
    VOID,
    Position,
)
from gongguan.sync.exchange.units import LazyRecords, UnitWork, work_of
from gongguan.sync.exchange.unsent import Unsent
from gongguan.sync.exchange.values import unit_id
from gongguan.sync.exchange.verdict import Grounds, Location, Version
from gongguan.sync.exchange.watch import CURRENT, Software, Watch
from gongguan.sync.records import (
    AgreementVersion,
    CardNote,
    Epoch,
    LogMessage,
    Pairing,
    Segment,
    Unit,
)
from gongguan.sync.store import Store


@dataclass
class PairingMemory:
    """What this process remembers of one pairing. All but ``head`` can be read again from the store."""

    head: Head | None = None
    lineage: Lineage = field(default_factory=Lineage)
    versions: dict[str, Version] = field(default_factory=dict)
    keys: dict[str, CardKeys] = field(default_factory=dict)
    """Hash of a card → its keys, admitted."""
    agreed: tuple[tuple[bytes | None, ...], Agreed] | None = None
    """What the pairing's records say, with the bytes from which it follows."""
    sizes: dict[str, int] = field(default_factory=dict)
    """Epoch → size at the end of this process's last transaction: while the store says the same, nobody else wrote."""
    heads: dict[bool, tuple[Head, ...]] = field(default_factory=dict)
    """Own or not → the unmerged heads at that time, as far as somebody asked for them."""
    nobody_erased: bool = False
    """At that time no member of this pairing had ever been erased."""
    holdings: Holdings | None = None
    """What stood on record at that time of messages held by either side."""
    seen_at: dict[str, tuple[int, tuple[Head, ...]]] = field(default_factory=dict)
    """Epoch → (size, ``seen`` of the last message below it), where that was looked at last."""
    unsent: Unsent = field(default_factory=Unsent)
    """What was signed last, and has no receipt."""
    blocks: dict[str, list[bytes]] = field(default_factory=dict)
    """Epoch → roots of whole blocks of its leaves, as far as somebody made us hash them."""
    after_unknown_commit: bool = False
    after_recovery: bool = False
    newest_bundle: str = ""
    """Id of the partner's newest bundle: those of one process are numbered, so that a late one shows."""
    marked: int | None = None
    """How much marks of changed records hold, as ``ranges.marked`` counts; None: nobody has counted it."""


class Outgoing(NamedTuple):
    """What one message of ours is to say. ``version``: the agreement cited."""

    kind: str
    body: Body
    version: str | None = None
    subject: str | None = None
    cause: str | None = None


class Course(NamedTuple):
    """What the messages of a bundle have in common that are of one kind, cite one agreement and had seen the same.

    ``scope``: id of the agreement, ``lead``: who leads the duty by the version cited; ``seen``: all that lies behind
    what they had seen; ``stops``: endings of that version and suspensions, of which an author may have known nothing,
    each with what its own author knew; none for kinds that no ending concerns.
    """

    scope: str
    lead: str
    seen: Closure
    stops: tuple[tuple[Ending, Past], ...]


class PendingMessage(NamedTuple):
    """An own message that has its position but no signed head yet."""

    position: int
    data: bytes
    leaf_hash: bytes


ID_RANDOM_BYTES: Final = 12
SALT_BYTES: Final = 16

React = Callable[["LogBook", Placed, bool], None]

HEAD_EVERY = 96
"""Messages of ours under one head. A receiver takes whole segments, and lets others write between them; a segment costs
it 0.3 ms besides its messages, which take 6."""

LOCATED = [APPLIED, HELD, VOID, ERASED]
"""Effects of messages that others may cite: all but second copies."""


class LogBook:
    """See the module. Public: ``write``, ``take``, ``take_receipt``, ``close`` and the read-only properties."""

    leaves_max: ClassVar[int] = LEAVES_READ_MAX
    travels: ClassVar[bool] = True
    """Whether its heads are signed, fenced and sent; what is kept with a partner without a node is not."""

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
        self.watch = watch or Watch()
        self.epochs = {row.epoch: row for row in store.find(Epoch, pairing_id=pairing.pairing_id)}
        """In the order of their ordinals: a new one has the highest."""
        self.by_ordinal = {row.ordinal: row for row in self.epochs.values()}
        if memory.lineage.epochs() != self.epochs.keys():
            self._learn_epochs()
        self.knows = memory.sizes == {row.epoch: row.size for row in self.epochs.values()}
        """Whether what this process remembers of these logs is the newest that there is."""
        if not self.knows:
            # Somebody else wrote. What this transaction does not ask about would pass for the newest at its end.
            memory.agreed, memory.nobody_erased, memory.holdings = None, False, None
        self._pending: list[PendingMessage] = []
        self._heads: dict[bool, tuple[Head, ...]] = dict(memory.heads) if self.knows else {}
        self.own_epoch: str | None = self._remembered_epoch()
        self.units: dict[bytes, UnitWork] = {}
        self.located: dict[str, Location | None] = {}
        self._lamports: dict[Head, int] = {}
        self._behind_seen: dict[tuple[Head, ...], Closure] = {}
        self._lamport_behind: dict[tuple[Head, ...], int] = {}
        self._stops_now: tuple[Ending, ...] | None = None
        self._courses: dict[tuple[str, str | msgspec.UnsetType, tuple[Head, ...]], Course] = {}
        self.has_erasures: bool | None = None
        self.reread = 0
        """How many stored messages, or records, were read again for what came in: ``sync/exchange/effort.py``."""
        self.leaves_read = 0
        """How many leaf hashes were read again: ``sync/exchange/second_histories.py``."""
        self.has_left = False
        self._scopes: dict[tuple[str, str], tuple[str, str]] = {}
        self._grounds: Grounds | None = None
        self.refused: list[OutcomeReported] = []
        self.reports_max = OUTCOMES_PER_BUNDLE_MAX
        """How many refusals are reported: fewer where this is not the first part of a bundle."""
        self.touched: set[str] = set()
        self.claimed: dict[str, int] = {}
        self.held = HeldMessages(self)
        self.new_messages = 0

    def _learn_epochs(self) -> None:
        """The store has other epochs than this process knows."""
        memory = self.memory
        if not memory.lineage.epochs() <= self.epochs.keys():
            # Another database than the one that this process wrote: a backup put under it, or a replica that lags.
            memory.lineage, memory.versions, memory.head, memory.agreed = Lineage(), {}, None, None
            memory.seen_at = {}
        for row in self.epochs.values():
            if not memory.lineage.knows(row.epoch):
                memory.lineage.add(row.epoch, [(parent[0], parent[1]) for parent in row.parents])

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
        """The partner's keys in force, from the newest of its cards that we hold."""
        return self.keys_of(self.pairing.their_card)

    def own_keys(self) -> CardKeys:
        """Our public keys in force, from our present card."""
        return self.keys_of(self.identity.card)

    def keys_in(self, row: Epoch) -> CardKeys:
        """The keys under which an epoch was written, from the card that its leaf 0 names."""
        return self.keys_of(row.card or (self.pairing.card_here if row.own else self.pairing.card_there))

    def keys_of(self, card_hash: str) -> CardKeys:
        """The keys of a card that is held here. Raises I-card-missing."""
        if card_hash not in self.memory.keys:
            found = self.store.get(CardNote, card_hash)
            if found is None:
                raise refuse("I-card-missing", card=card_hash)
            self.memory.keys[card_hash] = keys_of(parse_card(note.parse(found.note).text))
        return self.memory.keys[card_hash]

    def check_line(self, epoch: str, text: str, line: str) -> None:
        """Raise A-… unless this signature line over ``text`` is by the log key under which that epoch was written.

        So the answer stays the same for ever, whatever keys come later.
        """
        note.verify((text + "\n" + line + "\n").encode(), [self.keys_in(self.epochs[epoch]).signer()])

    # --- heads and positions ----------------------------------------------------------------------------------

    def heads(self, own: bool) -> tuple[Head, ...]:
        """The unmerged heads of one side's log, as ``seen`` and parents list them."""
        if own not in self._heads:
            sizes = ((row.epoch, row.size) for row in self.epochs.values() if row.own is own)
            self._heads[own] = self.memory.lineage.open_heads(sizes)
        return self._heads[own]

    def session_state(self, *, with_own: bool = False) -> SessionState:
        """What the verification of the partner's next bundle starts from; ``with_own``: it returns messages of ours."""
        state = self._state_of(self.peer_keys(), own=False)
        state = state._replace(own_cards=succession.own_cards(self), vouched=standing.vouched(self))
        if not with_own:
            return state
        mirror = self._state_of(self.own_keys(), own=True)._replace(is_own=True)
        return state._replace(mirror=mirror, cosigners=succession.own_cosigners(self))

    def _state_of(self, keys: CardKeys, *, own: bool) -> SessionState:
        rows = [row for row in self.epochs.values() if row.own is own]
        retired = succession.retired_keys(self, own=own)
        return SessionState(
            self.pairing.pairing_id,
            self.identity.node_id,
            keys,
            {row.epoch: merkle.frontier_of(row.frontier) for row in rows},
            {row.epoch: row.head for row in rows},
            retired,
            succession.log_keys_apart(self, rows, keys) if retired else {},
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

    def _lamport_of(self, seen: tuple[Head, ...]) -> int:
        """The largest L under these heads; -1 where there are none."""
        found = self._lamport_behind.get(seen)
        if found is None:
            found = self._lamport_behind[seen] = max(map(self._lamport_at, seen), default=-1)
        return found

    def _seen(self, heads: tuple[Head, ...]) -> Closure:
        found = self._behind_seen.get(heads)
        if found is None:
            found = self._behind_seen[heads] = self.memory.lineage.closure(heads)
        return found

    def past(self, epoch: str, index: int, seen: Iterable[Head]) -> Past:
        return self._past(epoch, index, self._seen(tuple(seen)))

    def _past(self, epoch: str, index: int, seen: Closure) -> Past:
        own = self.memory.lineage.closure_at(epoch, index)
        if not self.held.rows:
            return Past(own, seen)
        return Past(own, seen, self.held.apart(own, seen, by_us=self.epochs[epoch].own))

    # --- writing own messages ---------------------------------------------------------------------------------

    def _remembered_epoch(self) -> str | None:
        """Our current epoch, if this process signed the very head that the store holds (Rule E), and no other is open.

        Another open head of ours is by another process over the same database, or came back after a loss. The partner
        may have seen it, and what we write next lists what the partner wrote then: so it has to merge that head first.
        """
        head = self.memory.head
        return head[0] if head is not None and self.heads(own=True) == (head,) else None

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
        self._be_ready()
        message = self._message(Outgoing(kind, body, version, subject, cause))
        self.append(message)
        return message

    def write_all(self, outgoing: Iterable[Outgoing]) -> list[Message]:
        """``write`` of many: what they look at is read at once. What stands before one that is refused was written."""
        self._be_ready()
        made = [self._message(item, ahead) for ahead, item in enumerate(outgoing)]
        folding.prefetch(self, made, self.own_party)
        erasure.prefetch(self, made)
        for message in made:
            self.append(message)
        return made

    def _be_ready(self) -> None:
        if self.pairing.state != "active":
            raise refuse("P-pairing-not-active", state=self.pairing.state)
        if self.pairing.recovering:
            raise refuse("D-recovering")
        if self.own_epoch is None:
            self._open_epoch()

    @cached_property
    def _at(self) -> str:
        return stamp(self.now)

    def _message(self, item: Outgoing, ahead: int = 0) -> Message:
        """``ahead``: how many of ours come before it that have no position yet."""
        written = self.epochs[self.own_epoch].size if self.own_epoch is not None else 0
        random = self.rng(ID_RANDOM_BYTES + SALT_BYTES)
        return Message(
            id=self._new_id(written + ahead, random[:ID_RANDOM_BYTES]),
            salt=random[ID_RANDOM_BYTES:].hex(),
            kind=item.kind,
            version=KINDS[item.kind].version,
            seen=self.heads(own=False),
            at=self._at,
            agreement=item.version or msgspec.UNSET,
            subject=item.subject or msgspec.UNSET,
            cause=item.cause or msgspec.UNSET,
            body=item.body,
        )

    def _new_id(self, position: int, random: bytes) -> str:
        """Begins with the epoch and the position in it, so that an index of ids grows at few places; the rest nobody
        can know beforehand. Staff who type the first eight digits mean one message."""
        return f"{(self.own_epoch or '000')[:3]}{position & 0xFFFFF:05x}{random.hex()}"

    def begin_epoch(self) -> None:
        """End the present epoch of ours and open the next, which names our present card."""
        self.end_own_epoch()
        self._open_epoch()

    def _open_epoch(self) -> None:
        parents = self.heads(own=True)
        epoch = self.rng(16).hex()
        rows = [self.epochs[parent] for parent, _ in parents]
        roots = [merkle.frontier_of(row.frontier).root().hex() for row in rows]
        body = EpochOpened(
            parents=tuple((head[0], head[1], root) for head, root in zip(parents, roots, strict=True)),
            card=self.identity.card,
            reason=self._reason(parents),
        )
        if body.reason == "rotation":
            body = msgspec.structs.replace(body, rotation=succession.rotation_of(self))
        self.new_epoch_row(epoch, True, parents, self.identity.card)
        self.own_epoch = epoch
        self.append(
            Message(
                id=self._new_id(0, self.rng(ID_RANDOM_BYTES)),
                salt=self.rng(SALT_BYTES).hex(),
                kind="epoch.opened",
                version=1,
                seen=self.heads(own=False),
                at=stamp(self.now),
                body=body,
            )
        )

    def _reason(
        self, parents: tuple[Head, ...]
    ) -> Literal["first", "start", "commit_unknown", "recovered", "rotation"]:
        if not parents:
            return "first"
        if all(self.keys_in(self.epochs[parent]).log != self.identity.log.public for parent, _ in parents):
            return "rotation"
        if self.memory.after_recovery:
            return "recovered"
        return "commit_unknown" if self.memory.after_unknown_commit else "start"

    def new_epoch_row(self, epoch: str, own: bool, parents: tuple[Head, ...], card: str) -> Epoch:
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
            card=card,
        )
        self.set_row(row)
        self.store.add(row)
        return row

    def set_row(self, row: Epoch) -> None:
        before = self.epochs.get(row.epoch)
        self.epochs[row.epoch] = row
        self.by_ordinal[row.ordinal] = row
        if before is None:
            self._heads.pop(row.own, None)
        elif before.size != row.size and self._heads.pop(row.own, None) == ((row.epoch, before.size),):
            # The one head grows, and nothing else has come: so it goes with nearly every message.
            self._heads[row.own] = ((row.epoch, row.size),)

    def append(self, message: Message) -> None:
        """Give our message its position. The verdict comes before anything is changed."""
        if self.own_epoch is None:
            raise refuse("I-no-epoch")
        row = self.epochs[self.own_epoch]
        data = messages.encode(message)
        # The partner decodes strictly: what it could not read must be refused here, not there.
        messages.check_form(data)
        placed = self.place(row, row.size, message, self.own_party)
        work = self.unit_of(placed)
        unit = work.row.unit if work else None
        verdict.check(
            message, self.own_party, placed.past, folding.evidence_of(self, work, placed.past), unit, self.grounds()
        )
        leaf = merkle.leaf_hash(data)
        effect = self.held.effect((row.epoch, row.size), own=True, message=message)
        self._pending.append(PendingMessage(row.size, data, leaf))
        self.record(row, placed, self.identity.node_id, work, leaf, data, effect=effect)
        self.set_row(msgspec.structs.replace(row, size=row.size + 1, lamport=placed.lamport))
        self.apply(placed, work, own=True, effect=effect)

    # --- taking the partner's messages, and our own that come back --------------------------------------------------

    def take(self, segment: SegmentTaken) -> None:
        """Store and apply a verified segment. Raises ``P-…`` when the whole bundle has to be refused."""
        decoded = [intake.read(data) for data in segment.messages]
        if segment.own:
            self.end_own_epoch()
        row = self.epochs.get(segment.epoch)
        if row is None:
            row = intake.epoch_of(self, segment, decoded[0] if decoded else None)
        elif row.own is not segment.own or row.size != segment.start:
            raise refuse("P-epoch", epoch=segment.epoch)
        seen = () if segment.own else intake.last_seen(self, row)
        known = intake.known_ids(self, decoded)
        author = self.own_party if segment.own else 1 - self.own_party
        readable = [message for message in decoded if isinstance(message, Message)]
        folding.prefetch(self, readable, author)
        erasure.prefetch(self, readable)
        for offset, message in enumerate(decoded):
            index = segment.start + offset
            data, leaf = segment.messages[offset], segment.leaf_hashes[offset]
            if isinstance(message, Message) and not segment.own:
                if message.seen != seen:
                    intake.check_causality(self, message, seen, row.epoch, index)
                    seen = message.seen
                intake.watch_over(self, (row.epoch, index), message.id)
            intake.take_one(self, row, index, message, data, leaf, known)
            row = self.epochs[row.epoch]
        self.watch.leave()
        if not segment.own:
            self.memory.seen_at[row.epoch] = (row.size, seen)
        frontier = segment.frontier.to_bytes()
        returned = segment.size if segment.own else row.returned
        self.set_row(msgspec.structs.replace(row, frontier=frontier, head=segment.head, returned=returned))
        self.touched.add(row.epoch)
        self.store.put(Segment(ordinal=row.ordinal, size=segment.size, start=segment.segment_start, head=segment.head))
        self.new_messages += len(decoded)

    def holds(self, head: Head, own: bool) -> bool:
        row = self.epochs.get(head[0])
        return row is not None and row.own is own and row.size >= head[1]

    def end_own_epoch(self) -> None:
        """What we sign next merges what came back, so it begins a new epoch."""
        self.sign_pending()
        self.own_epoch = self.memory.head = None

    def envelope_name(self, message: Message) -> tuple[str, str]:
        """The unit of a message as its envelope tells, whatever its kind."""
        version = self.version(message.agreement) if isinstance(message.agreement, str) else None
        if version is None or message.kind.startswith("agreement."):
            return self.pairing.pairing_id, "pairing"
        return version.agreement, message.subject if isinstance(message.subject, str) else "agreement"

    def take_receipt(self, event: ReceiptRead) -> bool:
        """The partner's receipt on a head of ours. True if it is larger than what we had. Raises ``P-receipt``."""
        row = self.epochs.get(event.epoch)
        size = event.checkpoint.size
        head = self._own_head(row, size) if row is not None and row.own else None
        if head is None and self.pairing.recovering:
            # A receipt for what has not come back yet; it is shown again until our status says that we hold it.
            return False
        if row is None or head is None:
            raise refuse("P-receipt", reason="no such head", size=size)
        if note.text_of(head) != event.checkpoint.text():
            raise refuse("P-receipt", reason="another root", size=size)
        if size <= row.receipted:
            self.reread += SIGNATURE_COSTS
            return False
        row = msgspec.structs.replace(row, receipted=size, receipt=event.note)
        self.set_row(row)
        self.store.put(row)
        return True

    def _own_head(self, row: Epoch, size: int) -> bytes | None:
        """What we signed of this epoch for this size; mostly the newest head."""
        if size == row.size and row.head:
            return row.head
        segment = self.store.get(Segment, row.ordinal, size)
        return segment.head if segment is not None else None

    def keep_shown(self, row: Epoch, shown: int, listed: Mapping[str, int], inside: int) -> None:
        """``shown`` as from now on; ``inside``: what lies behind the heads that this very status lists."""
        receipted = row.receipted
        if not row.own and row.epoch in listed:
            # Lower than before: a late bundle, or a partner that lost our receipt. It is sent once more.
            receipted = min(listed[row.epoch], row.size)
        elif not row.own:
            # An epoch that is merged and receipted is no longer listed; its successor shows that it is known. A status
            # older than the epoch does not list it either, and tells nothing of it.
            receipted = row.size if inside == row.size else min(receipted, shown)
        if (receipted, shown) != (row.receipted, row.shown):
            changed = msgspec.structs.replace(row, receipted=receipted, shown=shown)
            self.set_row(changed)
            self.store.put(changed)

    # --- units, order, fold -----------------------------------------------------------------------------------

    def place(self, row: Epoch, index: int, message: Message, party: int) -> Placed:
        course = self._course(message)
        lamport = row.lamport if index == 0 else 1 + max(row.lamport, self._lamport_of(message.seen))
        past = self._past(row.epoch, index, course.seen)
        outside = _outside(course, party, (row.epoch, index), past) if course.stops else ""
        return Placed(message, party, row.epoch, index, lamport, past, course.scope, course.lead, outside)

    def place_again(
        self, row: Epoch, index: int, message: Message, lamport: int, without: frozenset[str] = frozenset()
    ) -> Placed:
        """A stored message at its place; ``without``: as if there were not these stops."""
        course = self._course(message)
        party = self.own_party if row.own else 1 - self.own_party
        past = self._past(row.epoch, index, course.seen)
        outside = _outside(course, party, (row.epoch, index), past, without) if course.stops else ""
        return Placed(message, party, row.epoch, index, lamport, past, course.scope, course.lead, outside)

    def _course(self, message: Message) -> Course:
        alike = (message.kind, message.agreement, message.seen)
        found = self._courses.get(alike)
        if found is None:
            scope, lead = self.scope_and_lead(message)
            found = Course(scope, lead, self._seen(message.seen), self._stops(message))
            # Else perhaps the version cited is not known yet.
            if scope != self.pairing.pairing_id:
                self._courses[alike] = found
        return found

    def stops(self) -> tuple[Ending, ...]:
        """All endings and suspensions of either side, as far as they have effect."""
        if self._stops_now is None:
            endings, suspensions = self._endings_and_suspensions()
            self._stops_now = endings + suspensions
        return self._stops_now

    def _stops(self, message: Message) -> tuple[tuple[Ending, Past], ...]:
        """The endings of the version that a message cites, and all suspensions, as far as they have effect."""
        kind = KINDS.get(message.kind)
        if kind is None or kind.unit in ("none", "pairing") or message.kind in verdict.AFTER_END:
            return ()
        endings, suspensions = self._endings_and_suspensions()
        stops = (*(item for item in endings if item.version == message.agreement), *suspensions)
        return tuple((stop, self.past(stop.epoch, stop.position, stop.seen)) for stop in stops)

    def _endings_and_suspensions(self) -> tuple[tuple[Ending, ...], tuple[Ending, ...]]:
        if self.held.rows:
            records = self.pairing_unit().records
            return endings_in(records), endings_in(records, SUSPENSIONS)
        grounds = self.grounds()
        return grounds.endings, grounds.suspensions

    def scope_and_lead(self, message: Message) -> tuple[str, str]:
        """The agreement id that a message belongs to, and who leads its duty by the version cited."""
        kind = KINDS.get(message.kind)
        if kind is None or not isinstance(message.agreement, str) or kind.unit == "pairing":
            return self.pairing.pairing_id, "origin"
        asked = (message.agreement, kind.duty)
        found = self._scopes.get(asked)
        if found is None:
            version = self.version(message.agreement)
            if version is None:
                return self.pairing.pairing_id, "origin"
            found = self._scopes[asked] = _lead(version, kind.duty)
        return found

    def unit_name(self, message: Message) -> tuple[str, str] | None:
        """(agreement or pairing id, subject or object) of the unit that a message belongs to; None: to none."""
        return self._unit_name_in(self.scope_and_lead(message)[0], message)

    def _unit_name_in(self, scope: str, message: Message) -> tuple[str, str] | None:
        kind = KINDS.get(message.kind)
        if kind is None or kind.unit == "none":
            return None
        if kind.unit == "pairing":
            return scope, "pairing"
        return scope, message.subject if isinstance(message.subject, str) else "agreement"

    def unit_of(self, placed: Placed) -> UnitWork | None:
        name = self._unit_name_in(placed.agreement, placed.message)
        return self.work_of(*name) if name else None

    def unit(self, scope: str, name: str) -> UnitWork:
        """The unit (agreement or pairing id, subject or object) as this transaction sees it."""
        work = self.work_of(scope, name)
        if work.stale:
            self.rebuild(work)
        return work

    def work_of(self, scope: str, name: str) -> UnitWork:
        key = unit_id(scope, name)
        work = self.units.get(key)
        if work is None:
            work = self.units[key] = work_of(self.store, self.store.get(Unit, key), key, (scope, name))
        return work

    def pairing_unit(self) -> UnitWork:
        """What both sides agreed and understand: agreement versions, kinds announced."""
        return self.unit(self.pairing.pairing_id, "pairing")

    def record(
        self,
        row: Epoch,
        placed: Placed,
        author: str,
        work: UnitWork | None,
        leaf: bytes,
        data: bytes,
        code: str = ACCEPTED,
        effect: str = APPLIED,
    ) -> LogMessage:
        """Store a message at its place; its row."""
        recorded = log_row(row, placed, author, work, leaf, data, code, effect)
        self.store.add(recorded)
        if code != REUSED and effect != DUPLICATE:
            unit = work.row.unit if work else None
            self.located[placed.message.id] = Location(
                placed.party, placed.epoch, placed.position, placed.message.kind, unit, code == ACCEPTED
            )
        return recorded

    def apply(self, placed: Placed, work: UnitWork | None, *, own: bool, effect: str = APPLIED) -> None:
        """Fold into the unit, in order: one step if it sorts last there, else that unit is rebuilt, once for all."""
        if work is not None and (work.evidence is not None or work.unaware):
            self._apply_to_evidence(placed, work)
        if placed.message.kind == "exchange.outcome":
            self.held.take_outcome(placed, own=own)
        elif placed.message.kind == "exchange.withdrawn":
            self.held.take_withdrawal(placed, own=own)
        if work is not None:
            folding.remember_text(self, placed)
        if work is not None and effect == APPLIED:
            if not own:
                work.taken = (placed.epoch, placed.position)
            if placed.message.kind in SEARCHING:
                self.reread += len(work.records)
            work.changed.update(work.records.take(fold(work.records, placed)))
            key = placed.order_key()
            if key > work.last:
                work.last = key
            elif key < work.last and placed.message.kind not in INDEPENDENT:
                work.stale = True
            if work.row.name == "pairing":
                self._renew_grounds()
                self.unit(work.row.agreement, work.row.name)
                if placed.message.kind in STOPS:
                    folding.put_ending_outside(self, placed)
        if KINDS[placed.message.kind].attachments:
            attachments.name(self, placed, work.row.unit if work else None, own=own)
        reaction = self._react.get(placed.message.kind)
        if reaction is not None:
            reaction(self, placed, own)

    def _apply_to_evidence(self, placed: Placed, work: UnitWork) -> None:
        if work.evidence is not None:
            work.evidence.take(fold(work.evidence, placed))
        for stops, records in work.unaware.items():
            course, position = self._course(placed.message), (placed.epoch, placed.position)
            outside = _outside(course, placed.party, position, placed.past, stops)
            records.take(fold(records, placed._replace(outside=outside)))

    def rebuild(self, work: UnitWork) -> None:
        """Fold a unit anew from its stored messages; what comes out replaces its records."""
        placed = sorted(folding.placed_in(self, work.row.unit), key=Placed.order_key)
        self.reread += len(placed)
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
        work.stale = work.crossed = False
        work.last = placed[-1].order_key() if placed else BEFORE_ALL

    def message_at(self, position: Position) -> LogMessage | None:
        """The stored message at (epoch, index)."""
        epoch = self.epochs.get(position[0])
        return self.store.get(LogMessage, epoch.ordinal, position[1]) if epoch is not None else None

    def position_of(self, item: LogMessage) -> Position:
        """(epoch, index) of a stored message."""
        return self.by_ordinal[item.ordinal].epoch, item.index

    def envelope_unit(self, scope: str, subject: str) -> bytes:
        """The key of the unit that a holding of this scope is about."""
        known = scope not in ("", "*")
        return unit_id(scope, subject or "agreement") if known else unit_id(self.pairing.pairing_id, "pairing")

    def forget_grounds(self) -> None:
        """What is held has changed, and with it what verdicts may look at."""
        self._renew_grounds()
        for work in self.units.values():
            work.evidence = None
            work.unaware.clear()

    def _renew_grounds(self) -> None:
        self._grounds = self._stops_now = None
        self._courses.clear()

    # --- what verdicts look at --------------------------------------------------------------------------------

    def version(self, version_hash: str) -> Version | None:
        """An agreement version by the hash of its text, with its gate."""
        if version_hash not in self.memory.versions:
            found = self.store.get(AgreementVersion, version_hash)
            if found is None or found.pairing_id != self.pairing.pairing_id:
                return None
            terms = agreement.parse(folding.signed_text(self, found))
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
        return self._agreed().current

    def grounds(self) -> Grounds:
        """What verdicts may look at; rebuilt when the pairing's own unit changes."""
        if self._grounds is None:
            agreed = self._agreed()
            self._grounds = Grounds(
                pairing=self.pairing.pairing_id,
                parties=self.parties(),
                agreements=agreed.agreements,
                endings=agreed.endings,
                suspensions=agreed.suspensions,
                knowledge=agreed.knowledge,
                version=self.version,
                locate=self._locate,
                check_line=self.check_line,
                is_held=self._is_held,
                held_by=lambda party, past: self.held.count(past, own_word=party == self.own_party),
                erased=self._erased,
                moves_of=lambda unit: folding.moves_of(self, unit),
            )
        return self._grounds

    def _agreed(self) -> Agreed:
        """What the pairing's records say, remembered from transaction to transaction while they are the same bytes."""
        unit, known = self.units.get(unit_id(self.pairing.pairing_id, "pairing")), self.memory.agreed
        is_as_stored = unit is None or not (unit.changed or unit.stale or unit.removed)
        if self.knows and is_as_stored and known is not None and not known[1].knowledge.is_full and not self.held.rows:
            return known[1]
        work = self.pairing_unit()
        records = folding.evidence_of(self, work)
        if records is not work.records:
            return agreed_in(records)
        folding.read_ahead(self, {(work.row.unit, key): work.records for key in AGREED_KEYS})
        said = tuple(work.records.encoded(key) for key in AGREED_KEYS)
        if known is None or known[0] != said or known[1].knowledge.is_full:
            known = self.memory.agreed = (said, agreed_in(records))
        return known[1]

    def _erased(self, scope: str, subject: str, past: Past) -> bool:
        """Whether an author with this past knew that this member is erased."""
        if not erasure.is_known(self):
            return False
        found = self.pairing_unit().records.get(erased_key(scope, subject), {"entries": []})
        return any(past.covers(entry["epoch"], entry["position"]) for entry in found["entries"])

    def _is_held(self, found: Location, past: Past) -> bool:
        return self.held.is_held((found.epoch, found.position), past.seen, past.own)

    def _locate(self, message_id: str) -> Location | None:
        if message_id not in self.located:
            self.located[message_id] = None
            for author in (self.identity.node_id, self.pairing.peer):
                for row in self.store.find(LogMessage, author=author, id=message_id, effect__in=LOCATED):
                    epoch = self.by_ordinal.get(row.ordinal)
                    if epoch is not None and row.verdict != REUSED and row.kind != UNREADABLE:
                        party = self.own_party if epoch.own else 1 - self.own_party
                        accepted = row.verdict == ACCEPTED
                        self.located[message_id] = Location(party, epoch.epoch, row.index, row.kind, row.unit, accepted)
        return self.located[message_id]

    # --- the end of the transaction ---------------------------------------------------------------------------

    def close(self) -> Head | None:
        """Report outcomes, sign a head over what we wrote, write everything back. The own head to remember, if any."""
        folding.settle(self)
        for outcome in self.refused:
            if self.pairing.state == "active":
                self.write("exchange.outcome", outcome)
        self.refused.clear()
        folding.settle(self)
        self.sign_pending()
        for epoch in self.touched:
            self.store.put(self.epochs[epoch])
        self.touched.clear()
        folding.write_units(self)
        self.memory.sizes = {row.epoch: row.size for row in self.epochs.values()}
        self.memory.heads = dict(self._heads)
        self.memory.holdings = self.held.found()
        if self.own_epoch is None:
            return None
        return self.own_epoch, self.epochs[self.own_epoch].size

    def let_go(self) -> None:
        """The transaction is over, and the book of no use: it refers to itself, and Python would keep it, its store and
        with that a thousand messages and their records until it looks for such cycles."""
        vars(self).clear()

    def sign_pending(self) -> None:
        if not self._pending or self.own_epoch is None:
            return
        row = self.epochs[self.own_epoch]
        origin = log.origin(self.pairing.pairing_id, self.identity.node_id, row.epoch)
        frontier = merkle.frontier_of(row.frontier)
        head = row.head
        for segment in _segments(self._pending):
            frontier = frontier.extend(item.leaf_hash for item in segment)
            checkpoint = log.Checkpoint(origin, frontier.size, frontier.root())
            head = log.sign_checkpoint(checkpoint, self.identity.log)
            signed = Segment(ordinal=row.ordinal, size=frontier.size, start=segment[0].position, head=head)
            self.store.add(signed)
            messages_signed = tuple(item.data for item in segment)
            self.memory.unsent = self.memory.unsent.signed(signed, messages_signed, row.receipted)
        row = msgspec.structs.replace(row, frontier=frontier.to_bytes(), head=head)
        self.set_row(row)
        self.store.put(row)
        self._pending.clear()

    def receipt_for(self, row: Epoch) -> bytes:
        """Our cosignature on the newest head of the partner's epoch. Only after the commit of its messages."""
        return receipt.cosign(row.head, self.identity.cosigner(), int(self.now.timestamp()))


def _outside(course: Course, party: int, position: Position, past: Past, without: frozenset[str] = frozenset()) -> str:
    """The partner's ending of the version cited, or suspension, where neither knew of the other: its id, or "".

    ``without``: stops that are not looked at.
    """
    for stop, known_then in course.stops:
        if stop.party == party or stop.id in without:
            continue
        if not past.covers(stop.epoch, stop.position) and not known_then.covers(*position):
            return stop.id
    return ""


def _lead(version: Version, duty: str) -> tuple[str, str]:
    try:
        return version.agreement, version.gate.lead_side(duty)
    except AgreementError:
        # Only for a kind that these terms do not list: the verdict refuses it, so that nobody leads is no matter.
        return version.agreement, "origin"


def _segments(pending: list[PendingMessage]) -> Iterator[list[PendingMessage]]:
    """Cut where a head is due, and at the bound of a segment's bytes."""
    segment: list[PendingMessage] = []
    size = 0
    for item in pending:
        if segment and (len(segment) >= HEAD_EVERY or size + len(item.data) > SEGMENT_BYTES_MAX):
            yield segment
            segment, size = [], 0
        segment.append(item)
        size += len(item.data)
    if segment:
        yield segment
