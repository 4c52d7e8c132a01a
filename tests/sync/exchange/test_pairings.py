"""Two nodes become partners by handing packets to each other, whatever the order, and by nothing less."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from gongguan.protocol import card as cards
from gongguan.protocol import note, pairing
from gongguan.protocol.limits import HANDSHAKE_DAYS, INVITATION_DAYS
from gongguan.sync.exchange import pairings
from gongguan.sync.records import CardNote, Handshake, Invitation, Pairing
from gongguan.sync.shared import partners
from tests.fakes import MemoryDatabase
from tests.protocol.committees import DESTINATION, ORIGIN, STRANGER, signing_key
from tests.refusals import refusal
from tests.sync.exchange.handshakes import START, Node, met


@pytest.fixture
def origin() -> Node:
    return Node(ORIGIN, "乌云")


@pytest.fixture
def destination() -> Node:
    return Node(DESTINATION, "李明")


def paired(origin: Node, destination: Node) -> None:
    met(origin, destination)
    origin.confirm(destination)
    destination.confirm(origin)
    destination.take(origin.packet(destination))
    origin.take(destination.packet(origin))


def check_equal_pairings(origin: Node, destination: Node) -> None:
    one, other = origin.pairing(), destination.pairing()
    assert (one.pairing_id, one.note) == (other.pairing_id, other.note)
    assert (one.party, other.party) == (0, 1)
    assert (one.peer, other.peer) == (destination.id, origin.id)
    assert (one.card_here, one.card_there) == (other.card_there, other.card_here)
    assert one.state == other.state == "active"


def test_a_pairing_under_way_is_not_taken_for_an_unknown_partner(origin: Node, destination: Node) -> None:
    def named(peer: str) -> str:
        return refusal(origin.do, lambda store: partners.active_pairing(store, peer))

    assert named(destination.id[:4]) == named("") == "D-peer-unknown"
    met(origin, destination)
    assert named(destination.id[:4]) == named("") == "D-peer-not-paired"
    assert named("zz") == "D-peer-unknown"


def test_both_end_with_one_record_that_both_have_signed(origin: Node, destination: Node) -> None:
    paired(origin, destination)
    check_equal_pairings(origin, destination)
    signers = [cards.keys_of(ORIGIN.card).signer(), cards.keys_of(DESTINATION.card).signer()]
    text = note.verify_all(origin.pairing().note, signers)
    record = pairing.parse_record(text)
    assert origin.pairing().pairing_id == note.text_hash(text)
    assert (record.inviter.officer, record.invited.officer) == ("乌云", "李明")


def test_three_files_are_enough(origin: Node, destination: Node) -> None:
    destination.take(origin.invite(), accepting=True)
    destination.confirm(origin)
    assert origin.take(destination.packet(origin)).state == "confirmed_there"
    assert origin.confirm(destination).state == "active"
    assert destination.take(origin.packet(destination)).state == "active"
    check_equal_pairings(origin, destination)


def test_every_packet_and_confirmation_may_come_twice(origin: Node, destination: Node) -> None:
    invitation = origin.invite()
    for _ in range(2):
        destination.take(invitation, accepting=True)
        origin.take(destination.packet(origin))
    for _ in range(2):
        origin.confirm(destination)
        destination.confirm(origin)
    for _ in range(2):
        destination.take(origin.packet(destination))
        origin.take(destination.packet(origin))
    first = origin.pairing()
    origin.now += timedelta(days=400)
    assert origin.take(destination.packet(origin)).state == "active"
    origin.confirm(destination)
    assert origin.pairing() == first
    check_equal_pairings(origin, destination)


def test_one_confirmation_is_not_yet_a_pairing(origin: Node, destination: Node) -> None:
    met(origin, destination)
    assert origin.confirm(destination).state == "confirmed_here"
    assert destination.take(origin.packet(destination)).state == "confirmed_there"
    for node in (origin, destination):
        assert node.do(lambda store: store.find(Pairing)) == []


def test_wrong_digits_confirm_nothing(origin: Node, destination: Node) -> None:
    met(origin, destination)
    digits = cards.fingerprint(destination.committee.card_text)
    wrong = f"{(int(digits[0]) + 1) % 10}{digits[1:]}"
    assert refusal(origin.confirm, destination, wrong) == "D-fingerprint"
    assert origin.packet(destination).signature is msgspec.UNSET


def test_a_card_that_a_courier_exchanged_shows_when_the_digits_are_read(origin: Node, destination: Node) -> None:
    forger = Node(STRANGER, "李明")
    forger.take(origin.invite(), accepting=True)
    origin.take(forger.packet(origin))
    digits = cards.fingerprint(destination.committee.card_text)
    assert refusal(origin.confirm, forger, digits) == "D-fingerprint"


def test_a_packet_that_nobody_here_asked_for_is_refused(origin: Node, destination: Node) -> None:
    assert refusal(destination.take, origin.invite()) == "D-pairing-unknown"
    unknown = msgspec.structs.replace(origin.invite("cd" * 16), token="ef" * 16, invited_by=destination.id)
    assert refusal(destination.take, unknown) == "A-invitation"
    assert destination.do(lambda store: store.find(Handshake)) == []
    assert destination.do(lambda store: store.count(CardNote)) == 1


def test_an_invitation_serves_one_node_only(origin: Node, destination: Node) -> None:
    invitation = origin.invite()
    destination.take(invitation, accepting=True)
    origin.take(destination.packet(origin))
    other = Node(STRANGER, "王强")
    other.take(invitation, accepting=True)
    assert refusal(origin.take, other.packet(origin)) == "A-invitation"


def test_an_invitation_ends_after_its_days(origin: Node, destination: Node) -> None:
    destination.take(origin.invite(), accepting=True)
    origin.now += timedelta(days=INVITATION_DAYS, seconds=1)
    assert refusal(origin.take, destination.packet(origin)) == "A-invitation"
    origin.do(lambda store: pairings.expire(store, origin.now))
    assert origin.do(lambda store: store.find(Invitation)) == []


def test_a_handshake_ends_after_its_days_and_a_new_one_may_begin(origin: Node, destination: Node) -> None:
    met(origin, destination)
    later = START + timedelta(days=HANDSHAKE_DAYS, seconds=1)
    origin.now = destination.now = later
    assert refusal(origin.confirm, destination) == "D-pairing-expired"
    assert refusal(origin.take, destination.packet(origin)) == "D-pairing-expired"
    assert origin.do(lambda store: pairings.expire(store, later)) == [destination.id]
    assert origin.do(lambda store: pairings.expire(store, later)) == []
    assert refusal(origin.confirm, destination) == "D-pairing-state"
    destination.take(origin.invite("cd" * 16), accepting=True)
    origin.take(destination.packet(origin))
    assert origin.confirm(destination).state == "confirmed_here"


def test_a_cancelled_pairing_and_its_invitation_are_dead(origin: Node, destination: Node) -> None:
    met(origin, destination)
    assert origin.do(lambda store: pairings.cancel(store, destination.id)).state == "cancelled"
    assert refusal(origin.take, destination.packet(origin)) == "A-invitation"
    assert refusal(origin.confirm, destination) == "D-pairing-state"


def test_what_is_active_cannot_be_cancelled_nor_begun_again(origin: Node, destination: Node) -> None:
    paired(origin, destination)
    assert refusal(origin.do, lambda store: pairings.cancel(store, destination.id)) == "D-pairing-state"
    assert refusal(destination.take, origin.invite("cd" * 16), accepting=True) == "D-paired-already"


def test_an_ended_pairing_may_be_followed_by_a_new_one(origin: Node, destination: Node) -> None:
    paired(origin, destination)
    for node in (origin, destination):
        node.do(lambda store: store.put(msgspec.structs.replace(store.find(Pairing)[0], state="ended")))
    origin.officer = "巴图"
    destination.take(origin.invite("cd" * 16), accepting=True)
    assert origin.take(destination.packet(origin)).state == "card_received"


def test_two_invitations_that_cross_are_said_and_one_is_cancelled(origin: Node, destination: Node) -> None:
    from_origin, from_destination = origin.invite(), destination.invite("cd" * 16)
    destination.take(from_origin, accepting=True)
    origin.take(from_destination, accepting=True)
    assert refusal(origin.take, destination.packet(origin)) == "D-pairing-under-way"
    origin.do(lambda store: pairings.cancel(store, destination.id))
    assert origin.take(destination.packet(origin)).invited_here


def second_card(node: Node, **fields: Any) -> bytes:
    card = msgspec.structs.replace(
        node.committee.card, serial=2, previous=node.committee.card_hash, title="新的名称", **fields
    )
    return cards.sign(card, node.log_key, node.committee.cosigning_key)


def test_a_card_that_changes_here_meanwhile_does_not_change_what_is_signed(origin: Node, destination: Node) -> None:
    invitation = origin.invite()
    origin.do(lambda store: pairings.keep_own_card(store, second_card(origin)))
    destination.take(invitation, accepting=True)
    origin.take(destination.packet(origin))
    origin.confirm(destination)
    destination.confirm(origin)
    destination.take(origin.packet(destination))
    origin.take(destination.packet(origin))
    check_equal_pairings(origin, destination)
    assert origin.pairing().card_here == ORIGIN.card_hash


def test_another_card_or_officer_in_the_middle_is_refused(origin: Node, destination: Node) -> None:
    met(origin, destination)
    packet = destination.packet(origin)
    newer = msgspec.structs.replace(packet, cards=(*packet.cards, second_card(destination).decode()))
    assert refusal(origin.take, newer) == "P-pairing-changed"
    assert refusal(origin.take, msgspec.structs.replace(packet, officer="别人")) == "P-pairing-changed"
    assert refusal(origin.take, msgspec.structs.replace(packet, invited_by=destination.id)) == "S-pairing-packet"


def test_a_card_older_than_one_seen_before_is_refused(origin: Node, destination: Node) -> None:
    old = destination.invite()
    destination.do(lambda store: pairings.keep_own_card(store, second_card(destination)))
    new = destination.invite("cd" * 16)
    assert len(new.cards) == 2
    origin.take(new, accepting=True)
    origin.do(lambda store: pairings.cancel(store, destination.id))
    assert refusal(origin.take, old, accepting=True) == "A-card-older"


def test_a_key_that_stands_on_another_nodes_card_is_refused(origin: Node, destination: Node) -> None:
    met(origin, destination)
    borrowed = msgspec.structs.replace(STRANGER.card, sealing_keys=DESTINATION.card.sealing_keys)
    note_of_thief = cards.sign(borrowed, STRANGER.log_key, STRANGER.cosigning_key)
    thief = Node(STRANGER._replace(card=borrowed, note=note_of_thief), "王强")
    assert refusal(origin.take, thief.invite(), accepting=True) == "A-key-in-two-roles"


def test_a_signature_over_anything_else_is_refused_and_changes_nothing(origin: Node, destination: Node) -> None:
    met(origin, destination)
    line = str(note.signature_line(ORIGIN.card_text, note.NoteSigner(destination.id, note.PLAIN, destination.log_key)))
    forged = msgspec.structs.replace(destination.packet(origin), signature=line)
    assert refusal(origin.take, forged) == "A-signature"
    assert origin.take(destination.packet(origin)).state == "card_received"


def test_a_node_does_not_pair_with_itself(origin: Node) -> None:
    assert refusal(origin.take, origin.invite(), accepting=True) == "D-pairing-with-self"


def test_only_the_key_on_the_own_card_signs(origin: Node, destination: Node) -> None:
    met(origin, destination)
    origin.log_key = signing_key("another")
    assert refusal(origin.confirm, destination) == "I-own-card"


def test_a_node_without_a_card_says_so() -> None:
    assert refusal(MemoryDatabase().read, pairings.own_card) == "I-own-card"
