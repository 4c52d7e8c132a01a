"""A partner is stopped at once, gone on with or revoked; a node that lost all its keys is paired anew."""

import pytest

from gongguan.protocol import card as cards
from gongguan.protocol import fork, note
from gongguan.protocol.errors import ProtocolError
from gongguan.sync.exchange import pairings, revocations, verification
from gongguan.sync.records import LogMessage, MobilityPeriod, Pairing
from tests import pairs
from tests.protocol.committees import DESTINATION, ORIGIN, STRANGER, Committee
from tests.refusals import refusal
from tests.sync.exchange.forked import speak, two_histories
from tests.sync.offices import Office, admitted, exchanged, offices


def pairing_of(office: Office) -> Pairing:
    (found,) = office.find(Pairing)
    assert isinstance(found, Pairing)
    return found


def refused(office: Office, data: bytes) -> str:
    return refusal(office.node.receive, data)


def test_from_the_moment_of_the_stop_nothing_is_taken_and_nothing_sent() -> None:
    origin, destination = offices(agreed=True)
    speak(destination, "停止以前写的")
    waiting = destination.node.compose()
    stopped = origin.ask("书记", "peer.stop", peer=destination.node.identity.node_id[:6])
    assert (stopped.title, stopped.state) == (DESTINATION.card.title, "stopped")
    before = origin.find(LogMessage)
    assert refused(origin, waiting) == "P-pairing-not-active"
    with pytest.raises(ProtocolError) as caught:
        origin.node.write("exchange.versions", pairs.notice())
    assert caught.value.code == "P-pairing-not-active"
    assert origin.find(LogMessage) == before


def test_what_waited_is_exchanged_when_it_goes_on() -> None:
    origin, destination = offices(agreed=True)
    speak(destination, "停止以前写的")
    origin.ask("干事", "peer.stop", peer="")
    origin.ask("干事", "peer.resume", peer="")
    exchanged(origin, destination)
    assert origin.node.shared() == destination.node.shared()


def test_only_who_stands_for_the_committee_stops_or_revokes() -> None:
    origin, _ = offices(agreed=True)
    for who in ("支部", "只读", "管理员"):
        for operation in ("peer.stop", "peer.resume", "peer.revoke"):
            assert origin.refusal(who, operation, peer="") == "A-role"


def test_a_revoked_pairing_stays_ended_and_its_records_readable() -> None:
    origin, destination = offices(agreed=True)
    subject = admitted(origin, destination)
    told = next(row.id for row in origin.find(LogMessage) if row.kind == "departure.notified")
    assert origin.ask("书记", "peer.revoke", peer="").state == "ended"
    assert origin.refusal("干事", "peer.resume", peer="") == "D-pairing-state"
    assert refused(origin, destination.node.compose()) == "P-pairing-not-active"
    assert origin.ask("干事", "proof.case", subject=subject).messages >= 2
    assert origin.ask("干事", "proof.export", message=told).received
    assert [line.subject for line in origin.ask("干事", "movement.list").movements] == [subject]


def test_a_node_that_lost_all_its_keys_is_paired_anew_and_the_record_names_the_old_pairing() -> None:
    origin, destination = offices(agreed=True)
    admitted(origin, destination)
    old = pairing_of(origin).pairing_id
    assert origin.refusal("干事", "peer.invite", replaces=old) == "D-pairing-not-ended"
    origin.ask("干事", "peer.revoke", peer="")
    anew = Office(pairs_node(STRANGER), "临江街道党工委（新节点）")
    invitation = origin.ask("干事", "peer.invite", replaces=old)
    assert anew.ask("干事", "peer.accept", file=invitation.file).replaces == old
    answer = anew.ask("干事", "peer.file", peer=ORIGIN.node_id).file
    origin.ask("干事", "peer.accept", file=answer)
    for here, there in ((origin, STRANGER), (anew, ORIGIN)):
        here.ask("干事", "peer.confirm", peer=there.node_id, fingerprint=cards.fingerprint(there.card_text))
    signed = anew.ask("干事", "peer.file", peer=ORIGIN.node_id).file
    origin.ask("干事", "peer.accept", file=signed)
    (active,) = origin.find(Pairing, state="active")
    assert active.replaces == old and f"接替已终止的结对：{old}" in note.parse(active.note).text
    shown = origin.ask("干事", "peer.show", peer=STRANGER.node_id)
    assert (shown.replaces, shown.to_carry) == (old, 1), "one member has to be notified anew"
    origin.put(
        MobilityPeriod(
            subject="ab" * 16,
            agreement="cd" * 32,
            pairing_id=active.pairing_id,
            side="origin",
            member_id=origin.find(MobilityPeriod, pairing_id=old)[0].member_id,
            body_code=None,
        )
    )
    assert origin.ask("干事", "peer.show", peer=STRANGER.node_id).to_carry == 0


def test_after_two_histories_there_is_proof_for_anybody_and_a_new_pairing_goes_on() -> None:
    origin, destination = offices(agreed=True)
    old = pairing_of(destination).pairing_id
    assert destination.refusal("干事", "proof.fork", peer="") == "D-no-fork"
    two_histories(origin, destination)
    assert pairing_of(destination).state == "frozen"
    assert destination.ask("只读", "node.status").frozen == 1
    (due,) = destination.ask("干事", "today.list", kind="frozen").lines
    assert due.command == f"gongguan proof fork {origin.node.identity.node_id[:8]}"
    assert destination.refusal("支部", "proof.fork", peer="") == "A-role"
    shown = destination.ask("干事", "proof.fork", peer="")
    assert shown.by == "partner"
    (author,) = cards.open_file(shown.author_card)
    assert author.node_id == origin.node.identity.node_id
    fork.verify(shown.fork, [cards.keys_of(author).log])
    assert destination.refusal("干事", "peer.resume", peer="") == "D-pairing-state"
    for office in (origin, destination):
        assert office.ask("书记", "peer.revoke", peer="").state == "ended"
    assert destination.ask("干事", "proof.fork", peer=old[:8]).fork == shown.fork
    assert destination.ask("干事", "today.list", kind="frozen").lines == []
    pairs.pair_up(destination.node, origin.node, "cd" * 16, replaces=old)
    for office in (origin, destination):
        (active,) = office.find(Pairing, state="active")
        assert active.replaces == old


def test_who_is_paired_again_names_the_ended_pairing_or_it_would_be_the_same_one() -> None:
    origin, destination = pairs.in_agreement()[:2]
    old = origin.pairing_id
    for node in (origin, destination):
        node.act(lambda exchange: revocations.move(exchange.book(old), "ended"))
    with pytest.raises(ProtocolError, match="D-pairing-not-named"):
        pairs.pair_up(origin, destination, "cd" * 16)
    assert [item.state for item in origin.database.read(lambda store: store.find(Pairing))] == ["ended"]


def test_the_text_of_an_ended_pairing_serves_no_second_one_and_the_old_records_stay_what_they_are() -> None:
    origin, destination, version = pairs.in_agreement()
    origin.write("notice.given", pairs.notice(), version=version)
    pairs.settle(origin, destination)
    old = origin.pairing_id
    for node in (origin, destination):
        node.act(lambda exchange: revocations.move(exchange.book(old), "ended"))
    pairs.pair_up(origin, destination, "cd" * 16, replaces=old)
    (new,) = [item.pairing_id for item in origin.database.read(lambda store: store.find(Pairing, state="active"))]
    for node in (origin, destination):
        node.act(lambda exchange: exchange.announce(new))
    destination.receive(origin.compose(pairing_id=new))
    origin.receive(destination.compose(pairing_id=new))
    again = origin.act(lambda exchange: exchange.book(new).write("agreement.proposed", pairs.proposal(origin)))
    destination.receive(origin.compose(pairing_id=new))

    accepted = pairs.acceptance(destination, again.id, pairs.agreement_text())
    with pytest.raises(ProtocolError, match="G-not-in-force"):
        destination.act(lambda exchange: exchange.book(new).write("agreement.answered", accepted, version=version))
    for node in (origin, destination):
        for pairing in (old, new):
            found = node.act(lambda exchange, pairing=pairing: verification.examine(exchange.book(pairing)))  # type: ignore[misc]
            assert (found.broken, found.altered) == ((), ())


def pairs_node(committee: Committee) -> pairs.Node:
    """A node that knows nobody yet."""
    pairs.LABELS.setdefault(committee.node_id, "stranger")
    node = pairs.Node(committee)
    node.database.write(lambda store: pairings.keep_own_card(store, committee.note))
    return node


def test_the_cards_of_a_partner_are_shown_with_what_each_changed() -> None:
    origin, destination = offices(agreed=True)
    destination.port.title = "临江街道党工委（新名称）"
    destination.ask("管理员", "node.card_update")
    destination.ask("管理员", "keys.rotate")
    assert origin.ask("只读", "peer.show", peer="").cards[-1].serial == 1
    exchanged(origin, destination)
    shown = origin.ask("只读", "peer.show", peer="")
    assert [line.changed for line in shown.cards] == [
        [],
        ["名称 title"],
        ["签名密钥 log key", "回执密钥 cosigning key"],
    ]
    there = destination.ask("只读", "peer.show", peer="")
    assert (there.our_serial, there.our_serial_there) == (3, 3)
    assert origin.ask("只读", "peer.list").peers[0].title == "临江街道党工委（新名称）"


def test_keys_are_changed_by_administrators_and_never_while_a_pairing_is_under_way() -> None:
    origin, _ = offices(agreed=True)
    for who in ("干事", "书记", "支部", "只读"):
        for operation in ("keys.rotate", "keys.renew_sealing", "node.card_update"):
            assert origin.refusal(who, operation) == "A-role"
    lone = Office(pairs_node(STRANGER), "远山镇党委")
    lone.ask("干事", "peer.accept", file=origin.ask("干事", "peer.invite").file)
    assert lone.refusal("管理员", "keys.rotate") == "D-pairing-open"
    lone.ask("干事", "peer.cancel", peer=ORIGIN.node_id)
    assert lone.ask("管理员", "keys.rotate").serial == 2


def test_a_card_without_any_change_is_not_made() -> None:
    origin, _ = offices(agreed=True)
    assert origin.refusal("管理员", "node.card_update") == "D-card-unchanged"


def test_a_year_after_the_sealing_keys_the_status_asks_for_new_ones() -> None:
    origin, _ = offices(agreed=True)
    assert not origin.ask("只读", "node.status").renew_sealing
    pairs.later(origin.node, 320)
    assert origin.ask("只读", "node.status").renew_sealing
    origin.ask("管理员", "keys.renew_sealing")
    assert not origin.ask("只读", "node.status").renew_sealing
