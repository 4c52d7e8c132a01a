"""Cards that follow one another: shown in the bundles, put in force, and what a stolen key of before can still do."""

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from gongguan.protocol import bundle, fork, log, merkle, note, receipt
from gongguan.protocol import card as cards
from gongguan.protocol.bundle import SegmentPart
from gongguan.protocol.errors import ProtocolError
from gongguan.protocol.keys import FLOOR, HYBRID, SealingKey
from gongguan.protocol.merkle import CompactRange
from gongguan.protocol.messages.exchange import EpochOpened
from gongguan.protocol.session import Identity
from gongguan.sync.exchange import pairings, recovery, renewal, succession, verification
from gongguan.sync.exchange.renewal import Renewal
from gongguan.sync.oversight import proofs
from gongguan.sync.records import CardNote, Epoch, ForkEvidence, LogMessage, Pairing
from tests import pairs, refusals
from tests.fakes import Snapshot
from tests.pairs import Node, carry, settle
from tests.protocol.committees import signing_key
from tests.sync.exchange.renewing import ON, card_of, renew, rotation


def sealing(label: str) -> tuple[SealingKey, ...]:
    seed = signing_key(label).seed
    return SealingKey.from_seeds(HYBRID, seed * 3), SealingKey.from_seeds(FLOOR, signing_key(f"{label} floor").seed)


def pairing_of(node: Node) -> Pairing:
    (found,) = node.database.read(lambda store: store.find(Pairing))
    return found


def told(node: Node, version: str, title: str = "会商通知") -> str:
    return node.write("notice.given", pairs.notice(title), version=version).id


def holds(node: Node, message_id: str) -> bool:
    return message_id in {row.id for row in node.log()}


def refusal(node: Node, data: bytes) -> str:
    return refusals.refusal(node.receive, data)


def epochs(node: Node, *, own: bool) -> list[Epoch]:
    rows = node.database.read(lambda store: store.find(Epoch))
    return sorted((row for row in rows if row.own is own), key=lambda row: row.ordinal)


def examine(node: Node) -> verification.Examined:
    return node.act(lambda exchange: verification.examine(exchange.book(Node.pairing_id_in(exchange))))


def thief_of(node: Node, identity: Identity) -> Node:
    """Somebody with a copy of the node's database of now and the keys of ``identity``."""
    thief = Node(node.committee, seed=666)
    thief.database.restore(node.database.snapshot())
    thief.identity = identity
    return thief


@pytest.fixture
def agreed() -> Iterator[tuple[Node, Node, str]]:
    yield pairs.in_agreement()


# --- renewed cards --------------------------------------------------------------------------------------------


def test_a_new_title_and_new_addresses_reach_the_partner_in_the_next_bundle(agreed: tuple[Node, Node, str]) -> None:
    origin, destination, _ = agreed
    renew(origin, Renewal(ON, title="巴彦塔拉镇党委", endpoints=("https://new.example:8443",)))
    assert origin.is_due()
    settle(origin, destination)
    newest = pairing_of(destination).their_card
    held = destination.database.read(lambda store: store.get(CardNote, newest))
    assert held is not None
    card = cards.parse(note.parse(held.note).text)
    assert (card.serial, card.title, card.endpoints) == (2, "巴彦塔拉镇党委", ("https://new.example:8443",))
    assert pairing_of(destination).card_there == origin.committee.card_hash, "what was compared stays in the record"
    assert not bundle.unseal(origin.compose(), destination.identity.sealing).rest.cards


def test_a_card_is_sent_until_the_partner_has_shown_that_it_holds_it(agreed: tuple[Node, Node, str]) -> None:
    origin, destination, version = agreed
    renew(origin, Renewal(ON, title="巴彦塔拉镇党委"))
    for _ in range(3):
        origin.compose()  # lost on the way
    told(origin, version)
    carry(origin, destination)
    assert bundle.unseal(origin.compose(), destination.identity.sealing).rest.cards, "the reply was lost"
    settle(origin, destination)
    assert pairing_of(origin).shown_here == origin.identity.card


def test_an_older_card_or_another_of_the_same_serial_is_refused(agreed: tuple[Node, Node, str]) -> None:
    origin, destination, _ = agreed
    before, first = origin.identity, card_of(origin)
    renew(origin, Renewal(ON, title="第二张"))
    renew(origin, Renewal(ON, title="第三张"))
    settle(origin, destination)

    def offered(*notes: bytes) -> str:
        with pytest.raises(ProtocolError) as caught:
            destination.act(lambda exchange: succession.take_cards(exchange.book(Node.pairing_id_in(exchange)), notes))
        return caught.value.code

    _, rival = renewal.renew(before, first, Renewal(ON, title="另一张第二张"))
    assert offered(rival) == "A-card-older"
    second = origin.database.read(lambda store: store.find(CardNote, node_id=origin.identity.node_id, serial=2))[0]
    parsed = cards.parse(note.parse(second.note).text)
    _, other = renewal.renew(before._replace(card=second.hash), parsed, Renewal(ON, title="另一张第三张"))
    assert offered(other) == "A-card-older"
    jump = msgspec.structs.replace(parsed, serial=9, previous=second.hash)
    assert offered(cards.sign(jump, before.log, before.cosigning)) == "A-card-chain"
    assert pairing_of(destination).their_card == origin.identity.card


def test_a_card_that_is_held_already_may_come_again(agreed: tuple[Node, Node, str]) -> None:
    origin, destination, _ = agreed
    data = renew(origin, Renewal(ON, title="第二张"))
    settle(origin, destination)
    destination.act(
        lambda exchange: succession.take_cards(
            exchange.book(Node.pairing_id_in(exchange)), (origin.committee.note, data)
        )
    )
    assert pairing_of(destination).their_card == origin.identity.card


def test_a_partner_restored_to_before_the_card_gets_it_again(agreed: tuple[Node, Node, str]) -> None:
    origin, destination, version = agreed
    backup = destination.database.snapshot()
    renew(origin, rotation("second"))
    told(origin, version)
    settle(origin, destination)
    destination.database.restore(backup)
    destination.crash()
    assert refusal(destination, origin.compose()) == "A-no-known-signer"
    # The answer to that refusal is a bare status with every card (ASKS_FOR_STATUS).
    destination.receive(bare(origin))
    carry(destination, origin)
    settle(origin, destination)
    assert pairing_of(destination).their_card == origin.identity.card
    assert origin.shared() == destination.shared()


def bare(node: Node) -> bytes:
    return node.act(lambda exchange: exchange.compose(Node.pairing_id_in(exchange), bare=True)).data


# --- sealing keys ---------------------------------------------------------------------------------------------


def test_a_new_sealing_key_is_used_at_once_and_the_old_one_still_opens_what_is_under_way(
    agreed: tuple[Node, Node, str],
) -> None:
    origin, destination, version = agreed
    told(destination, version, "路上")
    under_way = destination.compose()
    renew(origin, Renewal(ON, sealing=sealing("of the year")))
    carry(origin, destination)
    told(destination, version, "此后")
    header, _ = bundle.read_header(destination.compose())
    assert header.sealing_key == origin.identity.sealing[0].key_id != bundle.read_header(under_way)[0].sealing_key
    origin.receive(under_way)
    settle(origin, destination)
    assert origin.shared() == destination.shared()


def test_since_when_a_sealing_key_is_used_stands_on_the_cards(agreed: tuple[Node, Node, str]) -> None:
    origin, _, _ = agreed
    assert origin.database.read(succession.sealing_since).isoformat() == "2026-01-01"
    renew(origin, Renewal("2026-03-01", title="第二张"))
    assert origin.database.read(succession.sealing_since).isoformat() == "2026-01-01"
    renew(origin, Renewal("2027-01-05", sealing=sealing("of the year")))
    assert origin.database.read(succession.sealing_since).isoformat() == "2027-01-05"


# --- rotation -------------------------------------------------------------------------------------------------


def test_a_rotation_is_an_epoch_whose_leaf_0_names_the_card_and_the_cards_before(
    agreed: tuple[Node, Node, str],
) -> None:
    origin, destination, version = agreed
    renew(origin, Renewal(ON, title="第二张"))
    second = origin.identity.card
    renew(origin, rotation("second"))
    told(origin, version)
    settle(origin, destination)
    newest = epochs(destination, own=False)[-1]
    leaf = destination.database.read(lambda store: store.get(LogMessage, newest.ordinal, 0))
    assert leaf is not None
    body = EpochOpened(**msgspec.json.decode(leaf.data)["body"])
    assert (body.reason, body.card) == ("rotation", origin.identity.card)
    assert tuple(body.rotation) == (origin.committee.card_hash, second)
    assert newest.card == origin.identity.card


def test_both_rotate_again_and_again_while_messages_cross_and_stay_equal(agreed: tuple[Node, Node, str]) -> None:
    origin, destination, version = agreed
    for number in range(3):
        told(origin, version, f"甲{number}")
        told(destination, version, f"乙{number}")
        renew(origin, rotation(f"origin {number}"))
        renew(destination, rotation(f"destination {number}"))
        told(origin, version, f"丙{number}")
        settle(origin, destination)
    assert origin.shared() == destination.shared()
    assert not examine(origin).altered + examine(destination).altered
    assert not examine(origin).broken + examine(destination).broken, "old heads verify for ever"


def test_an_agreement_is_signed_and_amended_across_a_rotation(agreed: tuple[Node, Node, str]) -> None:
    origin, destination, version = agreed
    renew(origin, rotation("second"))
    settle(origin, destination)
    proposed = origin.write("agreement.proposed", pairs.proposal(origin, 1, version), version=version)
    renew(origin, rotation("third"))
    settle(origin, destination)
    text = pairs.agreement_text(1, version)
    destination.write("agreement.answered", pairs.acceptance(destination, proposed.id, text), version=version)
    settle(origin, destination)
    assert origin.in_force() == destination.in_force() == note.text_hash(text)


def test_a_line_by_a_key_of_before_is_refused_in_an_epoch_of_after(agreed: tuple[Node, Node, str]) -> None:
    origin, _, version = agreed
    old = pairs.proposal(origin, 1, version)
    renew(origin, rotation("second"))
    with pytest.raises(ProtocolError) as caught:
        origin.write("agreement.proposed", old, version=version)
    assert caught.value.code == "A-no-known-signer"


def test_what_was_not_receipted_before_a_rotation_arrives_after_it(agreed: tuple[Node, Node, str]) -> None:
    origin, destination, version = agreed
    waiting = [told(origin, version, f"甲{number}") for number in range(3)]
    origin.crash()  # a second epoch under the first key
    waiting.append(told(origin, version, "甲3"))
    renew(origin, rotation("second"))
    settle(origin, destination)
    assert all(holds(destination, message_id) for message_id in waiting)


def test_a_key_that_was_retired_never_comes_in_force_again(agreed: tuple[Node, Node, str]) -> None:
    origin, destination, _ = agreed
    first = origin.identity
    renew(origin, rotation("second"))
    settle(origin, destination)
    back, data = renewal.renew(origin.identity, card_of(origin), Renewal(ON, log=first.log))
    with pytest.raises(ProtocolError) as caught:
        origin.act(lambda exchange: succession.adopt(exchange, back, (data,)))
    assert caught.value.code == "A-key-retired"
    with pytest.raises(ProtocolError) as caught:
        destination.act(lambda exchange: succession.take_cards(exchange.book(Node.pairing_id_in(exchange)), (data,)))
    assert caught.value.code == "A-key-retired"


@pytest.mark.parametrize(
    ("place", "code"), [(0, "A-signer-missing"), (1, "A-signer-missing"), (2, "A-no-known-signer")]
)
def test_a_rotation_without_one_of_its_signatures_is_refused(
    agreed: tuple[Node, Node, str], place: int, code: str
) -> None:
    """They are by the new log key, the new cosigning key, the log key before."""
    origin, destination, _ = agreed
    _, data = renewal.renew(origin.identity, card_of(origin), rotation("second"))
    parsed = note.parse(data)
    lines = [line for number, line in enumerate(parsed.lines) if number != place]
    with pytest.raises(ProtocolError) as caught:
        destination.act(
            lambda exchange: succession.take_cards(
                exchange.book(Node.pairing_id_in(exchange)), (note.assemble(parsed.text, lines),)
            )
        )
    assert caught.value.code == code


@pytest.mark.parametrize("role", ["log_key", "cosigning_key"])
def test_a_weak_key_is_refused_on_a_later_card_too(agreed: tuple[Node, Node, str], role: str) -> None:
    origin, destination, _ = agreed
    small_order = "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"
    changed: dict[str, Any] = {role: small_order}
    weak = msgspec.structs.replace(card_of(origin), serial=2, previous=origin.identity.card, **changed)
    data = cards.sign(weak, origin.identity.log, origin.identity.cosigning)
    with pytest.raises(ProtocolError) as caught:
        destination.act(lambda exchange: succession.take_cards(exchange.book(Node.pairing_id_in(exchange)), (data,)))
    assert caught.value.code == "A-weak-key"


# --- a stolen retired key -------------------------------------------------------------------------------------


def test_whoever_stole_a_retired_key_can_add_nothing_to_the_old_epoch_nor_open_another(
    agreed: tuple[Node, Node, str],
) -> None:
    origin, destination, version = agreed
    stolen = origin.identity
    told(origin, version)
    settle(origin, destination)
    thief = thief_of(origin, stolen)
    thief.memory = origin.memory  # he goes on in the very epoch
    renew(origin, rotation("second"))
    settle(origin, destination)
    forged = told(thief, version, "伪造")
    assert refusal(destination, thief.compose()) == "A-key-retired"
    thief.crash()
    another = told(thief, version, "再伪造")
    assert refusal(destination, thief.compose()) == "A-key-retired"
    honest = told(origin, version, "真的")
    settle(origin, destination)
    assert holds(destination, honest)
    assert not holds(destination, forged) and not holds(destination, another)


def test_a_thief_cannot_make_a_rival_card_once_the_newer_one_is_known(agreed: tuple[Node, Node, str]) -> None:
    origin, destination, version = agreed
    thief = thief_of(origin, origin.identity)
    renew(origin, rotation("second"))
    settle(origin, destination)
    renew(thief, rotation("of the thief"))
    told(thief, version, "伪造")
    assert refusal(destination, thief.compose()) == "A-card-older"
    assert pairing_of(destination).their_card == origin.identity.card


def test_a_bundle_of_before_that_comes_late_is_refused_and_its_messages_come_under_the_new_key(
    agreed: tuple[Node, Node, str],
) -> None:
    origin, destination, version = agreed
    said = told(origin, version)
    late = origin.compose()
    renew(origin, rotation("second"))
    told(origin, version, "之后")
    carry(origin, destination)
    assert holds(destination, said)
    assert refusal(destination, late) == "A-key-retired"
    settle(origin, destination)
    assert origin.shared() == destination.shared()


def test_a_receipt_by_a_retired_cosigning_key_counts_for_nothing(agreed: tuple[Node, Node, str]) -> None:
    origin, destination, version = agreed
    stolen = destination.identity
    renew(destination, rotation("second"))
    settle(origin, destination)
    told(origin, version)
    head = epochs(origin, own=True)[-1]
    forged = (receipt.cosign(head.head, stolen.cosigner(), 1_780_000_000),)
    thief = thief_of(destination, stolen)
    assert refusal(origin, pairs.bundle_of(thief, origin, receipts=forged)) == "A-key-retired"
    assert refusal(origin, pairs.bundle_of(destination, origin, receipts=forged)) == "P-receipt"
    assert epochs(origin, own=True)[-1].receipted < head.size


def test_a_partner_with_our_stolen_retired_key_cannot_return_what_we_never_wrote(
    agreed: tuple[Node, Node, str],
) -> None:
    origin, destination, version = agreed
    stolen = origin.identity
    told(origin, version)
    settle(origin, destination)
    old = epochs(origin, own=True)[-1]
    renew(origin, rotation("second"))
    settle(origin, destination)
    leaf = b'{"forged":true}'
    frontier = CompactRange.from_bytes(old.frontier).extend([merkle.leaf_hash(leaf)])
    origin_line = log.origin(origin.pairing_id, origin.identity.node_id, old.epoch)
    head = log.sign_checkpoint(log.Checkpoint(origin_line, frontier.size, frontier.root()), stolen.log)
    returned = (SegmentPart(old.epoch, old.size, head, (leaf,)),)
    before = origin.log()
    received = origin.receive(pairs.bundle_of(destination, origin, returned=returned))
    assert not received.recovering
    assert origin.log() == before


def other_heads(origin: Node, stolen: Identity, version: str) -> tuple[SegmentPart, ...]:
    """Another history of our newest epoch, as far as it goes, signed by a key that was stolen."""
    row = epochs(origin, own=True)[-1]
    forged = [f'{{"forged":{number}}}'.encode() for number in range(row.size)]
    frontier = CompactRange().extend(merkle.leaf_hash(data) for data in forged)
    line = log.origin(origin.pairing_id, origin.identity.node_id, row.epoch)
    head = log.sign_checkpoint(log.Checkpoint(line, frontier.size, frontier.root()), stolen.log)
    return (SegmentPart(row.epoch, 0, head, tuple(forged)),)


@pytest.mark.parametrize("rotated", [True, False])
def test_two_heads_of_ours_prove_two_copies_only_under_the_key_in_force(
    agreed: tuple[Node, Node, str], rotated: bool
) -> None:
    origin, destination, version = agreed
    told(origin, version)
    settle(origin, destination)
    returned = other_heads(origin, origin.identity, version)
    if rotated:
        renew(origin, rotation("second"))
        settle(origin, destination)

    origin.receive(pairs.bundle_of(destination, origin, returned=returned))

    assert pairing_of(origin).state == ("active" if rotated else "frozen")


@pytest.mark.parametrize(("given_up", "days", "taken"), [(False, 1, False), (True, 1, True), (True, 500, False)])
def test_what_a_retired_key_signed_comes_back_only_while_we_may_lack_something(
    agreed: tuple[Node, Node, str], given_up: bool, days: int, taken: bool
) -> None:
    origin, destination, version = agreed
    backup, stolen = origin.database.snapshot(), origin.identity
    told(origin, version)
    settle(origin, destination)
    renew(origin, rotation("second"))
    settle(origin, destination)
    restored(origin, backup)
    if given_up:
        origin.act(lambda exchange: recovery.give_up(exchange, Node.pairing_id_in(exchange)))
    settle(origin, destination)
    pairs.later(origin, days)
    old = next(row for row in epochs(origin, own=True) if row.card != origin.identity.card)
    leaf = b'{"forged":true}'
    frontier = CompactRange.from_bytes(old.frontier).extend([merkle.leaf_hash(leaf)])
    line = log.origin(origin.pairing_id, origin.identity.node_id, old.epoch)
    head = log.sign_checkpoint(log.Checkpoint(line, frontier.size, frontier.root()), stolen.log)
    before = len(origin.log())

    returned = (SegmentPart(old.epoch, old.size, head, (leaf,)),)
    origin.receive(pairs.bundle_of(destination, origin, returned=returned))

    assert (len(origin.log()) > before) is taken


# --- restores across a rotation -------------------------------------------------------------------------------


def restored(node: Node, backup: Snapshot) -> None:
    """The database is an old one; keys and cards come from the key file, which is newer: ``node/app.py`` at start."""
    chain = node.database.read(lambda store: store.find(CardNote, node_id=node.identity.node_id, order=("serial",)))
    node.database.restore(backup)
    node.crash()
    for row in chain:
        if node.database.read(lambda store, row=row: store.get(CardNote, row.hash)) is None:  # type: ignore[misc]
            node.database.write(lambda store, row=row: pairings.keep_own_card(store, row.note))  # type: ignore[misc]
    node.act(succession.recover)


@pytest.mark.parametrize("heard", [True, False])
def test_a_backup_from_before_a_rotation_gets_everything_back(agreed: tuple[Node, Node, str], heard: bool) -> None:
    origin, destination, version = agreed
    backup = origin.database.snapshot()
    before = told(origin, version, "轮换前")
    settle(origin, destination)
    renew(origin, rotation("second"))
    after = told(origin, version, "轮换后") if heard else ""
    if heard:
        settle(origin, destination)
    restored(origin, backup)
    settle(origin, destination)
    assert holds(origin, before)
    assert not heard or holds(origin, after)
    fresh = told(origin, version, "恢复后")
    settle(origin, destination)
    assert holds(destination, fresh)
    assert origin.shared() == destination.shared()


def test_what_a_backup_lacked_that_nobody_noticed_before_a_rotation_comes_back_by_an_officers_word(
    agreed: tuple[Node, Node, str],
) -> None:
    origin, destination, version = agreed
    backup = origin.database.snapshot()
    lost = told(origin, version, "备份以后")
    settle(origin, destination)
    origin.database.restore(backup)
    origin.crash()
    renew(origin, rotation("second"))
    destination.receive(origin.compose())
    assert refusal(origin, destination.compose()) == "P-own-retired"
    assert not holds(origin, lost)
    name = origin.pairing_id
    origin.act(lambda exchange: recovery.begin(exchange, name))
    settle(origin, destination)
    assert holds(origin, lost)
    assert origin.shared() == destination.shared()


def test_a_node_on_an_old_key_file_learns_from_its_partner_that_there_is_a_newer_card(
    agreed: tuple[Node, Node, str],
) -> None:
    origin, destination, version = agreed
    machine, keys = origin.database.snapshot(), origin.identity
    renew(origin, rotation("second"))
    settle(origin, destination)
    origin.database.restore(machine)
    origin.identity = keys
    origin.crash()
    told(origin, version)
    assert refusal(destination, origin.compose()) == "A-key-retired"
    assert refusal(origin, destination.compose()) == "A-card-unknown"


def two_of_one(node: Node, key: Any) -> tuple[SegmentPart, ...]:
    """Two first messages of one epoch that this node does not know, under whichever key."""
    origin = log.origin(node.pairing_id, node.identity.node_id, "cd" * 16)
    heads = {data: log.sign_checkpoint(log.Checkpoint(origin, 1, merkle.leaf_hash(data)), key) for data in (b"1", b"2")}
    return tuple(SegmentPart("cd" * 16, 0, head, (data,)) for data, head in heads.items())


def test_two_histories_of_an_epoch_that_was_lost_are_ours_under_the_key_in_force_alone() -> None:
    origin, destination, _ = pairs.in_agreement()
    retired = origin.identity.log
    renew(origin, rotation("next"))
    settle(origin, destination)

    origin.receive(pairs.bundle_of(destination, origin, returned=two_of_one(origin, retired)))
    assert pairing_of(origin).state == "active"
    assert origin.database.read(lambda store: store.find(ForkEvidence)) == []

    origin.receive(pairs.bundle_of(destination, origin, returned=two_of_one(origin, origin.identity.log)))
    assert pairing_of(origin).state == "frozen"
    (kept,) = origin.database.read(lambda store: store.find(ForkEvidence))
    name = log.origin(origin.pairing_id, origin.identity.node_id, kept.epoch)
    fork.prove(kept.first, kept.second, origin.identity.log.public, name)
    exported = origin.act(lambda exchange: proofs.export_fork(exchange.book(Node.pairing_id_in(exchange))))
    assert exported.own
    fork.verify(exported.data, [origin.identity.log.public])


def test_a_partners_two_histories_of_an_epoch_that_is_new_are_kept_and_can_be_shown() -> None:
    origin, destination, _ = pairs.in_agreement()

    destination.receive(pairs.bundle_of(origin, destination, two_of_one(origin, origin.identity.log)))
    assert pairing_of(destination).state == "frozen"
    exported = destination.act(lambda exchange: proofs.export_fork(exchange.book(Node.pairing_id_in(exchange))))
    assert not exported.own
    fork.verify(exported.data, [origin.identity.log.public])
