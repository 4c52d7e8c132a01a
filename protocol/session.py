"""The exchange as a value: ``receive(state, opened) -> (state, events)``, no clock, no disk, no network.

``SessionState`` is what one node knows of one pairing's logs. Feeding it an opened bundle verifies everything that can
be verified from signed bytes: who wrote it, that it answers to this pairing, that each segment extends the partner's
log to the root that the partner signed. What comes out are events; ``sync/exchange/exchange.py`` gives them their
meaning::

    state, events = receive(state, bundle.unseal(data, keys))
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

from gongguan.protocol import bundle, erasure, fork, log, note, receipt
from gongguan.protocol.bundle import Opened, Rest, SegmentPart, Status
from gongguan.protocol.card import CardKeys, cosigner_name
from gongguan.protocol.errors import ProtocolError, refuse
from gongguan.protocol.keys import PublicKey, SealingKey, SigningKey
from gongguan.protocol.limits import BUNDLE_MESSAGES_MAX, SEGMENT_BYTES_MAX
from gongguan.protocol.merkle import NOTHING, CompactRange
from gongguan.protocol.note import NoteKey, NoteSigner


class Identity(NamedTuple):
    """This node's own keys and the hash of the card that names them."""

    node_id: str
    card: str
    log: SigningKey
    cosigning: SigningKey
    sealing: tuple[SealingKey, ...]

    def signer(self) -> NoteSigner:
        """Signs in the node's own name: status notes, statements, pairing records, agreements."""
        return NoteSigner(self.node_id, note.PLAIN, self.log)

    def cosigner(self) -> NoteSigner:
        """Signs receipts."""
        return NoteSigner(cosigner_name(self.node_id), note.COSIGNATURE, self.cosigning)


class SessionState(NamedTuple):
    """What the verification of a bundle depends on. ``partner``: epoch → compact range over all its leaves held."""

    pairing: str
    own_id: str
    peer: CardKeys
    """The keys in force: only a status under these counts, and with it all that it names by hash."""
    partner: Mapping[str, CompactRange]
    heads: Mapping[str, bytes] = {}
    """epoch → newest checkpoint note held of the partner, to prove a fork with."""
    retired: tuple[PublicKey, ...] = ()
    """The log keys of the partner's earlier cards, the newest first: epochs of before a rotation stay theirs."""
    log_keys: Mapping[str, PublicKey] = {}
    """epoch → the log key that signs it, for epochs held that are not under the key in force."""
    own_cards: frozenset[str] = frozenset()
    """Hashes of our own cards since the pairing record: one of them is what the partner says that it holds."""
    mirror: "SessionState | None" = None
    """The same for our own logs, as if we were our own partner: for what the partner returns to us."""
    vouched: Mapping[str, tuple[int, bytes]] = {}
    """epoch → size and root of a head of the partner that we once receipted, as it showed us after a restore of ours:
    below it a message may be erased."""
    cosigners: tuple[NoteKey, ...] = ()
    """Our own cosigning keys, those of earlier cards too: what they receipted we held."""
    is_own: bool = False
    """These are our own logs: any message of ours may have been erased there."""


class StatusRead(NamedTuple):
    """The partner's signed status: what it has, what it holds of ours."""

    status: Status


class SegmentTaken(NamedTuple):
    """New messages that extend a log: verified positions ``start`` … in ``epoch``. ``own``: of ours, come back."""

    epoch: str
    start: int
    size: int
    head: bytes
    messages: tuple[bytes, ...]
    leaf_hashes: tuple[bytes, ...]
    frontier: CompactRange
    segment_start: int
    """Where the signed segment began: below ``start`` when part of it was held already."""
    log_key: PublicKey
    """The key that signed it: leaf 0 has to name a card with this one."""
    own: bool = False


class SegmentAhead(NamedTuple):
    """A segment that begins beyond what we hold: left out, our status note says from where to send.

    ``verified``: not where it stands behind another one that was left out: nothing depends on it.
    """

    epoch: str
    start: int
    verified: bool = True


class HeadShown(NamedTuple):
    """A head below what we hold: nothing new, unless what we hold has another root at its size."""

    epoch: str
    size: int
    head: bytes
    own: bool = False


class HistoryShown(NamedTuple):
    """A larger head, and messages from before the end of what we hold that do not lead from there to it.

    Either these are not what was signed, or the author signed two histories: whoever has the leaves can tell.
    """

    epoch: str
    start: int
    head: bytes
    leaf_hashes: tuple[bytes, ...]
    own: bool = False


class ReceiptRead(NamedTuple):
    """The partner's cosignature on a head of ours, verified; that the head is ours is checked against the store."""

    checkpoint: log.Checkpoint
    epoch: str
    note: bytes
    time_s: int


class ForkFound(NamedTuple):
    """Two heads of one log that no history has both (``protocol/fork.py``). ``own``: of ours, so there are two live
    copies of this node."""

    epoch: str
    size: int
    first: bytes
    second: bytes
    own: bool = False
    path: tuple[bytes, ...] = ()


Event = StatusRead | SegmentTaken | SegmentAhead | HeadShown | HistoryShown | ReceiptRead | ForkFound

LAST: Final = (ForkFound, HistoryShown)
"""Behind these nothing of a bundle is looked at."""


def receive(state: SessionState, opened: Opened) -> tuple[SessionState, list[Event]]:
    """All that this bundle shows, or a refusal of the whole bundle (``A-…``, ``P-…``, ``S-…``) with nothing changed."""
    status = verified_status(state, opened)
    state, events = shown_by(state, opened.rest)
    return state, [StatusRead(status), *events]


def shown_by(state: SessionState, rest: Rest) -> tuple[SessionState, list[Event]]:
    """What a bundle shows besides its status, which was verified, or a part of it with other segments than the parts
    before. Whatever is wrong in it is the partner's doing: it signed it."""
    count = sum(len(part.messages) for part in (*rest.segments, *rest.returned))
    if count > BUNDLE_MESSAGES_MAX:
        raise refuse("R-too-large", messages=count, limit=BUNDLE_MESSAGES_MAX)
    if rest.shown:
        state = state._replace(vouched=_vouched(state, rest.shown))
    state, events = _extended(state, rest.segments)
    if rest.returned and not (events and isinstance(events[-1], LAST)):
        mirror, found = _returned(state, rest.returned)
        events.extend(found)
        state = state._replace(mirror=mirror)
    events.extend(_receipt(state, data) for data in rest.receipts)
    return state, events


def _extended(state: SessionState, parts: tuple[SegmentPart, ...]) -> tuple[SessionState, list[Event]]:
    """What these segments add, one after the other; behind another history nothing more is looked at."""
    events: list[Event] = []
    gaps: set[str] = set()
    for part in parts:
        if part.epoch in gaps and part.start > state.partner.get(part.epoch, NOTHING).size:
            events.append(SegmentAhead(part.epoch, part.start, verified=False))
            continue
        event = _segment(state, part)
        if event is None:
            continue
        events.append(event)
        if isinstance(event, SegmentAhead):
            gaps.add(event.epoch)
        if isinstance(event, LAST):
            break
        if isinstance(event, SegmentTaken):
            state = state._replace(
                partner={**state.partner, event.epoch: event.frontier},
                heads={**state.heads, event.epoch: event.head},
                log_keys={**state.log_keys, event.epoch: event.log_key},
            )
    return state, events


def _returned(state: SessionState, parts: tuple[SegmentPart, ...]) -> tuple[SessionState, list[Event]]:
    """Our own messages come back: only what our own key signed for this pairing is taken. Raises P-returned."""
    if state.mirror is None:
        raise refuse("P-returned", reason="our own logs are not at hand")
    try:
        mirror, events = _extended(state.mirror, parts)
    except ProtocolError as error:
        raise refuse("P-returned", reason=error.code) from error
    return mirror, [
        event._replace(own=True) if isinstance(event, (SegmentTaken, HeadShown, HistoryShown, ForkFound)) else event
        for event in events
    ]


def verified_status(state: SessionState, opened: Opened) -> Status:
    """The status by which the partner vouches for a bundle. Raises ``A-…``, ``P-…``, ``S-…`` where it does not."""
    header = opened.header
    if (header.pairing, header.sender, header.recipient) != (state.pairing, state.peer.node_id, state.own_id):
        raise refuse("P-not-this-pairing")
    status = bundle.parse_status(_signed_text(state, opened.payload.status))
    named = (status.pairing, status.sender, status.recipient, status.bundle)
    if named != (header.pairing, header.sender, header.recipient, header.bundle):
        raise refuse("P-status-header")
    lowest, highest = status.protocol
    if lowest > bundle.SPOKEN[1] or highest < bundle.SPOKEN[0]:
        raise refuse("P-protocol", theirs=status.protocol, ours=bundle.SPOKEN)
    if status.rest != bundle.rest_digest(opened.payload):
        raise refuse("P-status-rest")
    if isinstance(status.card, str) and status.card not in state.own_cards:
        raise refuse("A-card-unknown", card=status.card)
    return status


def _signed_text(state: SessionState, data: bytes) -> str:
    """The text of the status note under the key in force. Raises A-key-retired for one under a key before it."""
    parsed = note.parse(data)
    if note.verified_lines(parsed, [state.peer.signer()]):
        return parsed.text
    if note.verified_lines(parsed, [NoteKey(state.peer.node_id, note.PLAIN, key) for key in state.retired]):
        raise refuse("A-key-retired", node_id=state.peer.node_id)
    raise refuse("A-no-known-signer", node_id=state.peer.node_id)


def _log_key(state: SessionState, part: SegmentPart, origin: str) -> PublicKey:
    """The one log key of an epoch: known for one that we hold, else that of the partner's cards which signed here."""
    if part.epoch in state.partner:
        return state.log_keys.get(part.epoch, state.peer.log)
    named = {line.key_id for line in note.parse(part.head).lines} if state.retired else frozenset()
    return next((key for key in state.retired if NoteKey(origin, note.PLAIN, key).key_id in named), state.peer.log)


def _segment(state: SessionState, part: SegmentPart) -> Event | None:
    """What one segment adds: new messages, nothing (held already), a gap, or the proof of a fork."""
    if sum(map(len, part.messages)) > SEGMENT_BYTES_MAX:
        raise refuse("R-too-large", limit=SEGMENT_BYTES_MAX)
    origin = log.origin(state.pairing, state.peer.node_id, part.epoch)
    key = _log_key(state, part, origin)
    checkpoint = log.open_checkpoint(part.head, key, origin)
    held = state.partner.get(part.epoch, CompactRange())
    if checkpoint.size != part.start + len(part.messages):
        raise refuse("P-segment-size", epoch=part.epoch, size=checkpoint.size)
    if checkpoint.size == held.size and checkpoint.root != held.root():
        return _fork(state, part, origin, key)
    if checkpoint.size == held.size:
        return None
    if checkpoint.size < held.size:
        return HeadShown(part.epoch, checkpoint.size, part.head)
    if part.start > held.size:
        return SegmentAhead(part.epoch, part.start)
    fresh = part.messages[held.size - part.start :]
    leaf_hashes = tuple(map(erasure.leaf_hash, fresh))
    frontier = held.extend(leaf_hashes)
    if frontier.root() != checkpoint.root:
        if part.start == held.size:
            raise refuse("P-root", epoch=part.epoch, size=checkpoint.size)
        return HistoryShown(part.epoch, part.start, part.head, tuple(map(erasure.leaf_hash, part.messages)))
    _check_erased(state, part.epoch, held, fresh, leaf_hashes)
    return SegmentTaken(
        part.epoch, held.size, checkpoint.size, part.head, fresh, leaf_hashes, frontier, part.start, key
    )


def _vouched(state: SessionState, shown: tuple[bytes, ...]) -> dict[str, tuple[int, bytes]]:
    """Heads of the partner that our own cosigning key receipted: what is erased below them we held once."""
    found = dict(state.vouched)
    for data in shown:
        try:
            checkpoint = _own_receipt(state, data)
            named = log.parse_origin(checkpoint.origin)
        except ProtocolError as error:
            raise refuse("P-erased", reason=error.code) from error
        if (named.pairing_id, named.node_id) != (state.pairing, state.peer.node_id):
            raise refuse("P-erased", reason="not the partner's log")
        if checkpoint.size > found.get(named.epoch, (0, b""))[0]:
            found[named.epoch] = (checkpoint.size, checkpoint.root)
    return found


def _own_receipt(state: SessionState, data: bytes) -> log.Checkpoint:
    if not any(note.verified_lines(note.parse(data), [key]) for key in state.cosigners):
        raise refuse("A-no-known-signer")
    return log.Checkpoint.parse(note.parse(data).text)


def _check_erased(
    state: SessionState, epoch: str, held: CompactRange, fresh: tuple[bytes, ...], leaf_hashes: tuple[bytes, ...]
) -> None:
    """An author must not have us receipt what it never showed: erased is only what lies under a receipt of ours."""
    if state.is_own:
        return
    size, root = state.vouched.get(epoch, (0, b""))
    if any(map(erasure.is_erased, fresh[max(0, size - held.size) :])):
        raise refuse("P-erased", epoch=epoch, size=size)
    if held.size < size <= held.size + len(fresh) and held.extend(leaf_hashes[: size - held.size]).root() != root:
        raise refuse("P-erased", epoch=epoch, reason="another root")


def _fork(state: SessionState, part: SegmentPart, origin: str, key: PublicKey) -> ForkFound:
    """Both heads verify, sizes equal, roots not: keep the pair. Raises if our own copy is not the signed one."""
    first = state.heads.get(part.epoch)
    if first is None:
        raise refuse("P-root", epoch=part.epoch)
    proof = fork.prove(first, part.head, key, origin)
    return ForkFound(part.epoch, proof.size, *proof.notes)


def _receipt(state: SessionState, data: bytes) -> ReceiptRead:
    try:
        checkpoint, time_s = receipt.verify_receipt(data, state.peer.cosigner())
        named = log.parse_origin(checkpoint.origin)
    except ProtocolError as error:
        raise refuse("P-receipt", reason=error.code) from error
    if (named.pairing_id, named.node_id) != (state.pairing, state.own_id):
        raise refuse("P-receipt", reason="not our log")
    return ReceiptRead(checkpoint, named.epoch, data, time_s)
