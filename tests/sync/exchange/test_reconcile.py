"""Reconciliation, verify and proofs over two nodes in memory: equal, altered by hand, ahead of each other."""

import msgspec
import pytest

from gongguan.protocol import note, proof
from gongguan.protocol.bundle import DigestQuestion
from gongguan.protocol.card import keys_of, open_card
from gongguan.protocol.digest import Question, Summary
from gongguan.protocol.errors import ProtocolError
from gongguan.sync.exchange import reconcile, verification
from gongguan.sync.exchange.exchange import Exchange
from gongguan.sync.exchange.reconcile import RECORDS_PER_MESSAGE, AskDigests, Cut, NamedDifference, Session
from gongguan.sync.exchange.verification import Examined
from gongguan.sync.oversight import proofs
from gongguan.sync.records import LogMessage, SharedRecord, SignedStatement, Unit
from gongguan.sync.store import Store
from tests.pairs import Node, admission, departure, in_agreement, life, notice, score, settle, subject
from tests.sync.exchange.comparing import alter_by_hand, alter_text_by_hand, answered, compared, in_exchange, proceeded

MEMBERS = 3


def shared_work(origin: Node, destination: Node, version: str) -> list[str]:
    """Three members who left, arrived, took part and earned points; everything exchanged. The departures' ids."""
    departures = []
    for number in range(MEMBERS):
        sent = origin.write("departure.notified", departure(), version=version, subject=subject(number))
        departures.append(sent.id)
    settle(origin, destination)
    for number, sent_id in enumerate(departures):
        member = subject(number)
        destination.write("admission.given", admission(sent_id), version=version, subject=member)
        destination.write("certificate.life_entered", life("2026-03"), version=version, subject=member)
        destination.write("score.contributed", score("clean-up", 2), version=version, subject=member)
        origin.write("score.contributed", score("clean-up", 2), version=version, subject=member)
    settle(origin, destination)
    return departures


def examined(node: Node) -> Examined:
    found: Examined = in_exchange(node, verification.examine)
    return found


def test_two_nodes_that_exchanged_everything_are_equal_after_one_question() -> None:
    origin, destination, version = in_agreement()
    shared_work(origin, destination, version)

    session = compared(origin, destination)

    assert reconcile.is_equal(session)
    assert session.comparison.rounds == 1
    assert session.here.records == len(origin.shared())


def test_what_a_question_has_us_read_is_counted_and_one_about_the_state_of_now_costs_little() -> None:
    origin, destination, version = in_agreement()
    shared_work(origin, destination, version)
    settle(origin, destination)

    def cost(cut: Cut, *, full: bool) -> int:
        def work(store: Store) -> int:
            exchange = destination.reading_exchange(store)
            book = exchange.book(Node.pairing_id_in(exchange))
            asked = msgspec.msgpack.encode(
                AskDigests(cut, (Question(prefix="", summary=Summary(digest=bytes(32), records=0)),), full)
            )
            reconcile.answer(book, DigestQuestion("ab" * 16, "cd" * 32, asked), {})
            return book.reread

        return destination.database.read(work)

    now = destination.act(lambda exchange: reconcile.cut_now(exchange.book(Node.pairing_id_in(exchange))))
    assert cost(now, full=False) == 0
    assert cost(now, full=True) == len(destination.shared()) // RECORDS_PER_MESSAGE
    assert cost(Cut((), ()), full=False) >= len(destination.log())


def test_the_statement_of_equality_carries_both_signatures_and_both_nodes_keep_it() -> None:
    origin, destination, version = in_agreement()
    shared_work(origin, destination, version)
    equal = compared(origin, destination)
    session = in_exchange(origin, lambda book: reconcile.with_statement(book, equal))
    question = reconcile.ask(session)
    assert question is not None

    told = answered(destination, question, {})
    session = proceeded(origin, session, told)
    kept = in_exchange(
        origin, lambda book: reconcile.keep_statement(book, session.statement, session.own_line, session.line)
    )

    signers = [keys_of(node.committee.card).signer() for node in (origin, destination)]
    assert note.verify_all(kept.note, signers) == session.statement
    assert reconcile.parse_statement(session.statement).records == session.here.records
    there = destination.database.read(lambda store: store.find(SignedStatement))
    assert [item.hash for item in there] == [kept.hash]


def test_a_record_altered_by_hand_is_named_by_both_nodes_and_verify_says_whose_table_left_its_logs() -> None:
    origin, destination, version = in_agreement()
    shared_work(origin, destination, version)
    name = alter_by_hand(destination, "score/2026/volunteering/clean-up")

    found = [compared(origin, destination), compared(destination, origin)]

    expected = [NamedDifference(name, here=True, there=True)]
    assert [reconcile.differences(session) for session in found] == [expected, expected]
    assert examined(origin).altered == ()
    assert [(item.subject, item.key, item.what) for item in examined(destination).altered] == [
        (subject(0), "score/2026/volunteering/clean-up", "altered")
    ]


@pytest.mark.parametrize("altering", ["origin", "destination"])
def test_one_letter_of_the_signed_text_altered_on_either_side_is_found_at_the_next_exchange_of_digests(
    altering: str,
) -> None:
    origin, destination, version = in_agreement()
    shared_work(origin, destination, version)
    side = origin if altering == "origin" else destination
    alter_text_by_hand(side)

    found = [compared(origin, destination), compared(destination, origin)]

    name = NamedDifference("pairing/decision/agreements", here=True, there=True)
    assert [reconcile.differences(session) for session in found] == [[name], [name]]
    assert [len(examined(node).altered) for node in (origin, destination)] == [
        int(node is side) for node in (origin, destination)
    ]
    in_exchange(side, lambda book: verification.repair(book, verification.examine(book)))
    assert reconcile.differences(compared(origin, destination)) == []
    assert examined(side).altered == ()


def test_a_record_removed_by_hand_is_named_although_one_side_cannot_know_its_name() -> None:
    origin, destination, version = in_agreement()
    shared_work(origin, destination, version)
    gone = f"{subject(1)}/life/2026-03"

    def remove(exchange: Exchange) -> None:
        record = next(
            item for item in exchange.store.find(SharedRecord, subject__in=[subject(1)]) if item.key == "life/2026-03"
        )
        exchange.store.remove(SharedRecord, record.unit, record.key)

    origin.act(remove)

    assert reconcile.differences(compared(origin, destination)) == [NamedDifference(gone, here=False, there=True)]
    assert reconcile.differences(compared(destination, origin)) == [NamedDifference(gone, here=True, there=False)]
    assert [item.what for item in examined(origin).altered] == ["missing"]


def test_a_whole_unit_removed_by_hand_is_found_by_what_the_logs_tell_of_it_and_put_back() -> None:
    origin, destination, version = in_agreement()
    shared_work(origin, destination, version)
    before = destination.shared()

    def remove(exchange: Exchange) -> None:
        records = exchange.store.find(SharedRecord, subject__in=[subject(1)])
        for record in records:
            exchange.store.remove(SharedRecord, record.unit, record.key)
        exchange.store.remove(Unit, records[0].unit)

    destination.act(remove)
    destination.crash()
    found = examined(destination).altered
    assert found and {(item.subject, item.what) for item in found} == {(subject(1), "missing")}

    in_exchange(destination, lambda book: verification.repair(book, verification.examine(book)))

    assert destination.shared() == before and examined(destination).altered == ()
    assert reconcile.is_equal(compared(origin, destination))


def test_repair_puts_back_what_the_logs_say() -> None:
    origin, destination, version = in_agreement()
    shared_work(origin, destination, version)
    before = destination.shared()
    alter_by_hand(destination, "score/2026/volunteering/clean-up")
    alter_by_hand(destination, "movement/departure", number=2)

    in_exchange(destination, lambda book: verification.repair(book, verification.examine(book)))

    assert destination.shared() == before
    assert examined(destination).altered == ()
    assert reconcile.is_equal(compared(origin, destination))


def test_a_message_altered_in_the_log_is_found_against_the_signed_head() -> None:
    origin, destination, version = in_agreement()
    shared_work(origin, destination, version)

    def alter(exchange: Exchange) -> None:
        message = exchange.store.find(LogMessage, kind="score.contributed")[0]
        exchange.store.put(msgspec.structs.replace(message, data=message.data.replace(b'"points":2', b'"points":1')))

    destination.act(alter)

    assert [item.code for item in examined(destination).broken] == ["P-root"]
    assert examined(origin).broken == ()


def test_state_is_compared_at_the_cut_although_one_side_has_written_on() -> None:
    origin, destination, version = in_agreement()
    shared_work(origin, destination, version)
    session: Session = in_exchange(origin, lambda book: reconcile.begin(book, "0b" * 16))
    destination.write("score.contributed", score("later", 1), version=version, subject=subject(0))
    origin.write("notice.given", notice(), version=version)

    question = reconcile.ask(session)
    assert question is not None
    told = answered(destination, question, {})

    assert reconcile.is_equal(proceeded(origin, session, told))


def test_a_cut_that_the_partner_has_not_reached_is_answered_by_its_code() -> None:
    origin, destination, version = in_agreement()
    shared_work(origin, destination, version)
    origin.write("notice.given", notice(), version=version)

    with pytest.raises(ProtocolError) as refused:
        compared(origin, destination)

    assert refused.value.code == "P-cut-ahead"


def test_a_statement_that_is_not_what_the_partner_holds_gets_no_signature() -> None:
    origin, destination, version = in_agreement()
    shared_work(origin, destination, version)
    equal = compared(origin, destination)
    session = in_exchange(origin, lambda book: reconcile.with_statement(book, equal))
    alter_by_hand(destination, "score/2026/volunteering/clean-up")
    question = reconcile.ask(session)
    assert question is not None

    told = answered(destination, question, {})

    with pytest.raises(ProtocolError):
        proceeded(origin, session, told)
    assert destination.database.read(lambda store: store.find(SignedStatement)) == []


@pytest.mark.parametrize("own", [True, False], ids=["our message", "the partner's message"])
def test_a_proof_of_a_message_is_checked_with_the_two_cards_alone(own: bool) -> None:
    origin, destination, version = in_agreement()
    departures = shared_work(origin, destination, version)
    exporting = origin if own else destination

    exported = in_exchange(exporting, lambda book: proofs.export(book, departures[1]))
    author, _ = open_card(exported.author_card)
    partner, _ = open_card(exported.partner_card)
    proven_origin = proof.verify(exported.data, _keys(author, partner, exported.data))

    assert proven_origin.value["id"] == departures[1]
    assert proven_origin.received_at_s is not None
    assert exported.received


def test_a_proof_of_an_unreceipted_message_says_that_it_was_not_received() -> None:
    origin, _, version = in_agreement()
    sent = origin.write("notice.given", notice(), version=version)

    exported = in_exchange(origin, lambda book: proofs.export(book, sent.id))
    author, _ = open_card(exported.author_card)
    partner, _ = open_card(exported.partner_card)

    assert not exported.received
    assert proof.verify(exported.data, _keys(author, partner, exported.data)).received_at_s is None


def test_an_altered_proof_is_refused() -> None:
    origin, destination, version = in_agreement()
    departures = shared_work(origin, destination, version)
    exported = in_exchange(origin, lambda book: proofs.export(book, departures[0]))
    author, _ = open_card(exported.author_card)
    partner, _ = open_card(exported.partner_card)
    other = in_exchange(origin, lambda book: proofs.export(book, departures[1]))
    swapped = other.data.split(b"\n")[1]
    lines = exported.data.split(b"\n")

    with pytest.raises(ProtocolError):
        proof.verify(b"\n".join([lines[0], swapped, *lines[2:]]), _keys(author, partner, exported.data))


def _keys(author, partner, data: bytes):  # type: ignore[no-untyped-def]
    return proofs.keys_for(data, author, partner)
