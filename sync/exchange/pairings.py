"""Pairing two nodes, from the invitation to the record that both have signed.

Everything goes by packets (``protocol/pairing.py``), the same in a file or over HTTP, in any order and as often as one
likes. One side invites; the other's officer accepts; each compares the partner's fingerprint by telephone and thereby
signs::

    invite(store, "officer", now, token)            # origin: invitation_packet(store, token) goes out
    take_packet(store, packet, now, "officer")      # destination: packet(store, peer) goes back
    confirm(store, peer, "01234 …", "officer", log_key, now)

A packet that nobody here invited or accepted changes nothing. Both cards are pinned when the handshake begins, so what
was compared is what is signed. When both lines are there the ``Pairing`` is active; before, nothing else is accepted.
"""

from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from gongguan.protocol import card as cards
from gongguan.protocol import note, pairing
from gongguan.protocol.card import Card
from gongguan.protocol.errors import ProtocolError, refuse
from gongguan.protocol.keys import SigningKey
from gongguan.protocol.limits import HANDSHAKE_DAYS, INVITATION_DAYS
from gongguan.protocol.note import PLAIN, NoteSigner
from gongguan.protocol.pairing import OPEN_STATES, PairingPacket, RecordParty
from gongguan.sync.days import is_open
from gongguan.sync.exchange.revocations import check_replaced
from gongguan.sync.records import CardNote, Handshake, Invitation, Pairing, Setting
from gongguan.sync.store import Store

OWN_CARD = "card"
INVITATION_TERM: Final = timedelta(days=INVITATION_DAYS)
HANDSHAKE_TERM: Final = timedelta(days=HANDSHAKE_DAYS)
"""Name of the setting that holds the hash of this node's present card."""


def own_card(store: Store) -> CardNote:
    """This node's present card; raises I-own-card when there is none."""
    setting = store.get(Setting, OWN_CARD)
    held = store.get(CardNote, setting.value) if setting is not None else None
    if held is None:
        raise refuse("I-own-card")
    return held


def keep_own_card(store: Store, data: bytes) -> CardNote:
    """Keep a new card of this node as its present one: the first, or the successor of the present one.

    Raises A-card-older, A-card-chain and what ``cards.open_card`` raises.
    """
    setting = store.get(Setting, OWN_CARD)
    if setting is None:
        card, card_hash = cards.open_card(data)
    else:
        card, card_hash = cards.open_successor(_card(own_card(store)), data)
    held = CardNote(hash=card_hash, node_id=card.node_id, serial=card.serial, note=data)
    store.put(held)
    store.put(Setting(name=OWN_CARD, value=card_hash))
    return held


def invite(store: Store, officer: str, now: datetime, token: str, replaces: str | None = None) -> Invitation:
    """Open an invitation for ``INVITATION_DAYS``; ``token`` is 32 random hex digits.

    ``replaces``: id of an ended pairing that the new one is to follow. Raises D-pairing-not-ended.
    """
    check_replaced(store, replaces)
    invitation = Invitation(
        token=token,
        card=own_card(store).hash,
        officer=officer,
        created_at=_stamp(now),
        expires_at=_stamp(now + INVITATION_TERM),
        replaces=replaces,
    )
    store.add(invitation)
    return invitation


def invitation_packet(store: Store, token: str) -> PairingPacket:
    """What goes to the invited side; raises A-invitation when there is no such invitation."""
    invitation = store.get(Invitation, token)
    if invitation is None:
        raise refuse("A-invitation")
    return PairingPacket(
        gongguan_pairing=1,
        cards=_chain(store, invitation.card),
        officer=invitation.officer,
        token=token,
        invited_by=own_card(store).node_id,
        replaces=invitation.replaces or msgspec.UNSET,
    )


def packet(store: Store, peer: str) -> PairingPacket:
    """What goes to ``peer`` now: our cards, our officer and, once we confirmed, our signature. D-pairing-unknown."""
    handshake = _handshake(store, peer)
    return PairingPacket(
        gongguan_pairing=1,
        cards=_chain(store, handshake.card_here),
        officer=handshake.officer_here,
        token=handshake.token,
        invited_by=own_card(store).node_id if handshake.invited_here else peer,
        signature=handshake.signature_here or msgspec.UNSET,
        replaces=handshake.replaces or msgspec.UNSET,
    )


def take_packet(store: Store, packet: PairingPacket, now: datetime, officer: str | None = None) -> Handshake:
    """Take in what the other side handed over; the same packet twice is harmless.

    ``officer`` is who accepts an invitation here; None for packets that came by themselves, which only ever continue
    what a person here began. Raises D-pairing-with-self, A-card-older, A-key-in-two-roles, A-invitation,
    D-pairing-unknown, D-pairing-under-way, D-pairing-expired, D-paired-already, D-pairing-not-named,
    P-pairing-changed, A-signature, and what opening the cards raises: the caller then undoes the transaction, as
    always.
    """
    notes = [text.encode() for text in packet.cards]
    card, card_hash = cards.open_chain(notes)
    _check_same_chain(store, card, notes)
    own = own_card(store)
    if card.node_id == own.node_id:
        raise refuse("D-pairing-with-self")
    check_other_cards(store, card)
    handshake = store.get(Handshake, card.node_id)
    if handshake is not None and _is_live(handshake, packet.token, now):
        _check_unchanged(handshake, packet, card_hash, now)
        began = handshake
    else:
        _check_not_older(store, card, card_hash)
        began = _begin(store, packet, card.node_id, card_hash, officer, now)
    for data in notes:
        one, one_hash = cards.open_card(data)
        store.put(CardNote(hash=one_hash, node_id=one.node_id, serial=one.serial, note=data))
    if began is not handshake and store.get(Pairing, note.text_hash(record_text(store, began))) is not None:
        # The same cards, officers and predecessor make the same record: what was ended for good would be active again.
        raise refuse("D-pairing-not-named", node_id=card.node_id)
    line = None if packet.signature is msgspec.UNSET else packet.signature
    return _take_signature(store, began, line, now)


def confirm(store: Store, peer: str, typed_digits: str, officer: str, log_key: SigningKey, now: datetime) -> Handshake:
    """``officer`` compared the partner's fingerprint: sign the record. Once both have, the pairing is active.

    Raises D-fingerprint, D-fingerprint-digits, D-pairing-unknown, D-pairing-state, D-pairing-expired, I-own-card.
    """
    handshake = _handshake(store, peer)
    cards.compare_fingerprint(_text_of(store, handshake.card_there), typed_digits)
    if handshake.signature_here is not None and handshake.state in ("confirmed_here", "active"):
        return handshake
    state = pairing.advance(handshake.state, "confirmed_here")
    _check_in_time(handshake, now)
    text = record_text(store, handshake)
    own = _card_by_hash(store, handshake.card_here)
    line = str(note.signature_line(text, NoteSigner(own.node_id, PLAIN, log_key)))
    try:
        pairing.check_line(text, line, cards.keys_of(own))
    except ProtocolError:
        raise refuse("I-own-card") from None
    confirmed = msgspec.structs.replace(handshake, state=state, signature_here=line, compared_by=officer)
    return _keep(store, confirmed, now)


def cancel(store: Store, peer: str) -> Handshake:
    """Give up an unfinished handshake, and the invitation that it came from. D-pairing-unknown, D-pairing-state."""
    handshake = _handshake(store, peer)
    cancelled = msgspec.structs.replace(handshake, state=pairing.advance(handshake.state, "cancelled"))
    store.put(cancelled)
    store.remove(Invitation, handshake.token)
    return cancelled


def expire(store: Store, now: datetime) -> list[str]:
    """Close what took too long: returns the node ids of handshakes that expired now. Old invitations are removed."""
    for invitation in store.find(Invitation):
        if not is_open(invitation.expires_at, now, INVITATION_TERM):
            store.remove(Invitation, invitation.token)
    late = [item for item in store.find(Handshake) if item.state in OPEN_STATES and not _is_in_time(item, now)]
    for handshake in late:
        store.put(msgspec.structs.replace(handshake, state=pairing.advance(handshake.state, "expired")))
    return [handshake.peer for handshake in late]


def record_text(store: Store, handshake: Handshake) -> str:
    """The text of the pairing record, which both sides can write by now."""
    here = _record_party(_card_by_hash(store, handshake.card_here), handshake.card_here, handshake.officer_here)
    there = _record_party(_card_by_hash(store, handshake.card_there), handshake.card_there, handshake.officer_there)
    inviter, invited = (here, there) if handshake.invited_here else (there, here)
    replaces = handshake.replaces or msgspec.UNSET
    record = pairing.Record(inviter=inviter, invited=invited, compared_by="telephone", replaces=replaces)
    return pairing.render_record(record)


def _begin(
    store: Store, packet: PairingPacket, peer: str, card_there: str, officer: str | None, now: datetime
) -> Handshake:
    """A new handshake, in memory: from our invitation, or from theirs when an officer here accepts it."""
    own = own_card(store)
    if any(item.state != "ended" for item in store.find(Pairing, peer=peer)):
        raise refuse("D-paired-already", node_id=peer)
    replaces = packet.replaces if isinstance(packet.replaces, str) else None
    check_replaced(store, replaces)
    if packet.invited_by == own.node_id:
        invitation = store.get(Invitation, packet.token)
        if invitation is None or invitation.used_by not in (None, peer):
            raise refuse("A-invitation")
        if not is_open(invitation.expires_at, now, INVITATION_TERM):
            raise refuse("A-invitation")
        if invitation.replaces != replaces:
            raise refuse("P-pairing-changed", node_id=peer)
        card_here, officer_here = invitation.card, invitation.officer
    elif packet.invited_by != peer:
        raise refuse("S-pairing-packet", reason="invited by a third node")
    elif officer is None:
        raise refuse("D-pairing-unknown", node_id=peer)
    else:
        card_here, officer_here = own.hash, officer
    return Handshake(
        peer=peer,
        state=pairing.advance("invited", "card_received"),
        invited_here=packet.invited_by == own.node_id,
        token=packet.token,
        card_here=card_here,
        card_there=card_there,
        officer_here=officer_here,
        officer_there=packet.officer,
        expires_at=_stamp(now + HANDSHAKE_TERM),
        replaces=replaces,
    )


def _take_signature(store: Store, handshake: Handshake, line: str | None, now: datetime) -> Handshake:
    """Keep the handshake, with the partner's line when there is a new one and it verifies."""
    if line is not None and handshake.signature_there is None:
        there = _card_by_hash(store, handshake.card_there)
        pairing.check_line(record_text(store, handshake), line, cards.keys_of(there))
        state = pairing.advance(handshake.state, "confirmed_there")
        handshake = msgspec.structs.replace(handshake, state=state, signature_there=line)
    invitation = store.get(Invitation, handshake.token)
    if handshake.invited_here and invitation is not None:
        store.put(msgspec.structs.replace(invitation, used_by=handshake.peer))
    return _keep(store, handshake, now)


def _keep(store: Store, handshake: Handshake, now: datetime) -> Handshake:
    """Write the handshake and, when it has just become active, the pairing with both lines, the first-named's first."""
    before = store.get(Handshake, handshake.peer)
    store.put(handshake)
    if handshake.state != "active" or (before is not None and before == handshake):
        return handshake
    if handshake.signature_here is None or handshake.signature_there is None:
        raise refuse("D-pairing-state", state=handshake.state)
    text = record_text(store, handshake)
    here = pairing.check_line(text, handshake.signature_here, cards.keys_of(_card_by_hash(store, handshake.card_here)))
    there = pairing.check_line(
        text, handshake.signature_there, cards.keys_of(_card_by_hash(store, handshake.card_there))
    )
    lines = [here, there] if handshake.invited_here else [there, here]
    store.put(
        Pairing(
            pairing_id=note.text_hash(text),
            peer=handshake.peer,
            party=0 if handshake.invited_here else 1,
            state="active",
            note=note.assemble(text, lines),
            card_here=handshake.card_here,
            card_there=handshake.card_there,
            confirmed_at=_stamp(now),
            replaces=handshake.replaces,
        )
    )
    return handshake


def _is_live(handshake: Handshake, token: str, now: datetime) -> bool:
    """Whether a packet continues this handshake; raises D-pairing-under-way when it belongs to another one."""
    if handshake.state == "active":
        return handshake.token == token
    if handshake.state not in OPEN_STATES:
        return False
    if handshake.token != token and _is_in_time(handshake, now):
        raise refuse("D-pairing-under-way", node_id=handshake.peer)
    return handshake.token == token


def _check_unchanged(handshake: Handshake, packet: PairingPacket, card_hash: str, now: datetime) -> None:
    """None when the packet says what was said before: same card, officer and inviter, in time."""
    inviter_is_peer = packet.invited_by == handshake.peer
    replaces = packet.replaces if isinstance(packet.replaces, str) else None
    said = (card_hash, packet.officer, replaces)
    if said != (handshake.card_there, handshake.officer_there, handshake.replaces):
        raise refuse("P-pairing-changed", node_id=handshake.peer)
    if inviter_is_peer == handshake.invited_here:
        raise refuse("S-pairing-packet", reason="invited by another node")
    if handshake.state != "active":
        _check_in_time(handshake, now)


def _is_in_time(handshake: Handshake, now: datetime) -> bool:
    return is_open(handshake.expires_at, now, HANDSHAKE_TERM)


def _check_in_time(handshake: Handshake, now: datetime) -> None:
    if not _is_in_time(handshake, now):
        raise refuse("D-pairing-expired", node_id=handshake.peer, expired_at=handshake.expires_at)


def _check_same_chain(store: Store, card: Card, notes: list[bytes]) -> None:
    """The cards that are held of a node are among those handed over: a thief's rival card begins another chain.

    Those beyond the last one handed over are the business of ``_check_not_older``. Raises A-card-chain.
    """
    given = {note.text_hash(note.parse(data).text) for data in notes}
    for held in store.find(CardNote, node_id=card.node_id, serial__lt=card.serial):
        if held.hash not in given:
            raise refuse("A-card-chain", node_id=card.node_id, serial=held.serial)


def _check_not_older(store: Store, card: Card, card_hash: str) -> None:
    for held in store.find(CardNote, node_id=card.node_id, serial__ge=card.serial):
        if held.serial > card.serial:
            raise refuse("A-card-older", serial=card.serial, held=held.serial)
        if held.hash != card_hash:
            raise refuse("A-card-chain", node_id=card.node_id, serial=card.serial)


def check_other_cards(store: Store, card: Card) -> None:
    """None when no public key of ``card`` appears in a card of another node. Raises A-key-in-two-roles."""
    for held in store.find(CardNote, node_id__ne=card.node_id):
        cards.check_keys_apart(card, _card(held))


def _handshake(store: Store, peer: str) -> Handshake:
    handshake = store.get(Handshake, peer)
    if handshake is None:
        raise refuse("D-pairing-unknown", node_id=peer)
    return handshake


def _record_party(card: Card, card_hash: str, officer: str) -> RecordParty:
    return RecordParty(node_id=card.node_id, title=card.title, card=card_hash, officer=officer)


def _chain(store: Store, card_hash: str) -> tuple[str, ...]:
    """The notes of a node's cards from its first to this one."""
    last = store.get(CardNote, card_hash)
    if last is None:
        raise refuse("I-own-card")
    held = store.find(CardNote, node_id=last.node_id, serial__lt=last.serial + 1, order=("serial",))
    return tuple(item.note.decode() for item in held)


def _card_by_hash(store: Store, card_hash: str) -> Card:
    return cards.parse(_text_of(store, card_hash))


def _text_of(store: Store, card_hash: str) -> str:
    held = store.get(CardNote, card_hash)
    if held is None:
        raise refuse("I-own-card", card=card_hash)
    return note.parse(held.note).text


def _card(held: CardNote) -> Card:
    return cards.parse(note.parse(held.note).text)


def _stamp(instant: datetime) -> str:
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
