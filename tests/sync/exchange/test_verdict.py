"""The verdict: the author is refused what the partner would refuse, and an author who sends it anyhow gains nothing."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from gongguan.protocol.errors import ProtocolError
from gongguan.protocol.messages.agreement import AgreementAnswered, AgreementEnded
from gongguan.protocol.messages.certificate import EntryWithdrawn
from gongguan.protocol.messages.conflict import ConflictAnswered, ConflictProposed
from gongguan.protocol.messages.feedback import FeedbackGiven
from gongguan.protocol.messages.movement import AdmissionRefused, RelocationReported, ReturnNotified
from gongguan.protocol.messages.score import ScoreReversed
from gongguan.sync.exchange.exchange import Exchange
from tests import pairs
from tests.acts import MISDEEDS, UncheckedBook, UncheckedExchange, misbehave
from tests.pairs import Node, carry, settle

NOBODY = "ee" * 16
RELOCATION = RelocationReported(place="990303", on="2026-04-01")


class Case:
    """Two nodes, a member who is on the way, and short ways to write about that member."""

    def __init__(self) -> None:
        self.origin, self.destination, self.version = pairs.in_agreement()
        self.departure = self.say(self.origin, "departure.notified", pairs.departure())
        settle(self.origin, self.destination)

    def say(self, node: Node, kind: str, body: Any, **named: Any) -> str:
        given = {"version": self.version, "subject": pairs.subject(1), **named}
        return node.write(kind, body, **given).id

    def refusal(self, node: Node, kind: str, body: Any, **named: Any) -> str:
        before, size = node.shared(), len(node.log())
        with pytest.raises(ProtocolError) as caught:
            self.say(node, kind, body, **named)
        assert (node.shared(), len(node.log())) == (before, size), "a refused message leaves nothing behind"
        return caught.value.code


@pytest.fixture
def case() -> Case:
    return Case()


def test_only_the_destination_admits_and_only_origin_ends_the_period(case: Case) -> None:
    body = pairs.admission(case.departure)
    assert case.refusal(case.origin, "admission.given", body) in ("P-citation", "G-direction")
    ended = ReturnNotified(ended_on="2026-09-01", reason="returned")
    assert case.refusal(case.destination, "return.notified", ended) == "G-direction"
    given = FeedbackGiven(quarter="2026Q1", conduct="good")
    assert case.refusal(case.origin, "feedback.given", given) == "G-direction"
    case.say(case.destination, "admission.given", body)
    case.say(case.destination, "feedback.given", given)
    case.say(case.origin, "return.notified", ended)


def test_nothing_is_said_about_a_member_of_whom_no_notice_was_given(case: Case) -> None:
    assert case.refusal(case.origin, "relocation.reported", RELOCATION, subject=NOBODY) == "P-subject-unknown"
    assert case.refusal(case.origin, "relocation.reported", RELOCATION, subject=None) == "S-subject"
    case.say(case.origin, "departure.notified", pairs.departure(), subject=NOBODY)
    case.say(case.origin, "relocation.reported", RELOCATION, subject=NOBODY)
    assert case.refusal(case.destination, "relocation.reported", RELOCATION, subject=NOBODY) == "P-subject-unknown"


def test_a_citation_names_a_known_message_of_the_right_kind_author_and_member(case: Case) -> None:
    for cited in (NOBODY, case.say(case.origin, "relocation.reported", RELOCATION)):
        assert case.refusal(case.destination, "admission.given", pairs.admission(cited)) == "P-citation"
        refused = AdmissionRefused(departure=cited, reason="never_arrived", on="2026-03-09")
        assert case.refusal(case.destination, "admission.refused", refused) == "P-citation"
    entry = case.say(case.destination, "score.contributed", pairs.score("v", 1))
    settle(case.origin, case.destination)
    reversal = ScoreReversed(contribution=entry, reason="wrong_value")
    assert case.refusal(case.origin, "score.reversed", reversal) == "P-citation"
    withdrawn = EntryWithdrawn(entry=entry, reason="wrong_value")
    assert case.refusal(case.destination, "certificate.entry_withdrawn", withdrawn) == "P-citation"
    assert case.refusal(case.destination, "score.contributed", pairs.score("v", 2), cause=NOBODY) == "P-citation"
    other = case.say(case.origin, "departure.notified", pairs.departure(), subject=pairs.subject(2))
    settle(case.origin, case.destination)
    assert case.refusal(case.destination, "admission.given", pairs.admission(other)) == "P-citation"


def test_an_entry_is_taken_back_by_whoever_made_it_and_nobody_else(case: Case) -> None:
    entry = case.say(case.destination, "certificate.life_entered", pairs.life("2026-01"))
    settle(case.origin, case.destination)
    withdrawn = EntryWithdrawn(entry=entry, reason="wrong_value")
    assert case.refusal(case.origin, "certificate.entry_withdrawn", withdrawn) == "P-citation"
    case.say(case.destination, "certificate.entry_withdrawn", withdrawn)


def test_a_message_cites_the_version_in_force(case: Case) -> None:
    notice = pairs.notice()
    assert case.refusal(case.origin, "notice.given", notice, version=None, subject=None) == "G-none-cited"
    assert case.refusal(case.origin, "notice.given", notice, version="ab" * 32, subject=None) in (
        "G-not-in-force",
        "G-superseded",
    )


def test_what_was_written_before_the_amendment_was_known_stands_and_later_it_is_refused(case: Case) -> None:
    amendment = pairs.proposal(case.origin, 1, case.version)
    proposed = case.origin.write("agreement.proposed", amendment, version=case.version).id
    settle(case.origin, case.destination)
    acceptance = pairs.acceptance(case.destination, proposed, pairs.agreement_text(1, case.version))
    case.destination.write("agreement.answered", acceptance, version=case.version)
    in_flight = case.say(case.origin, "relocation.reported", RELOCATION)
    settle(case.origin, case.destination)
    entries = case.destination.record("register/place")["entries"]
    assert in_flight in [entry["id"] for entry in entries]
    for node in (case.origin, case.destination):
        assert case.refusal(node, "relocation.reported", RELOCATION) == "G-superseded"
    assert case.origin.in_force() == case.destination.in_force() != case.version


def test_a_second_own_proposal_waits_for_the_answer_to_the_first(case: Case) -> None:
    amendment = pairs.proposal(case.origin, 1, case.version)
    proposed = case.origin.write("agreement.proposed", amendment, version=case.version).id
    named = {"version": case.version, "subject": None}
    assert case.refusal(case.origin, "agreement.proposed", amendment, **named) == "P-decision-open"
    settle(case.origin, case.destination)
    case.destination.write(
        "agreement.answered", AgreementAnswered(proposal=proposed, answer="decline"), version=case.version
    )
    settle(case.origin, case.destination)
    case.origin.write("agreement.proposed", amendment, version=case.version)


def test_an_acceptance_carries_a_signature_over_that_very_text(case: Case) -> None:
    text = pairs.agreement_text(1, case.version)
    amendment = pairs.proposal(case.origin, 1, case.version)
    named = {"version": case.version, "subject": None}
    alien = msgspec.structs.replace(amendment, signature=pairs.proposal(case.origin).signature)
    assert case.refusal(case.origin, "agreement.proposed", alien, **named) == "A-signature"
    proposed = case.origin.write("agreement.proposed", amendment, version=case.version).id
    settle(case.origin, case.destination)
    unsigned = AgreementAnswered(proposal=proposed, answer="accept")
    assert case.refusal(case.destination, "agreement.answered", unsigned, **named) == "G-unsigned"
    wrong = pairs.acceptance(case.destination, proposed, pairs.agreement_text())
    assert case.refusal(case.destination, "agreement.answered", wrong, **named) == "A-signature"
    own = pairs.acceptance(case.origin, proposed, text)
    assert case.refusal(case.origin, "agreement.answered", own, **named) == "P-citation"


def test_after_the_end_only_putting_right_is_possible_however_often_it_was_said(case: Case) -> None:
    entry = case.say(case.origin, "score.contributed", pairs.score("v", 1))
    end = AgreementEnded(reason="decided")
    case.origin.write("agreement.ended", end, version=case.version)
    carry(case.origin, case.destination)
    assert case.refusal(case.destination, "relocation.reported", RELOCATION) == "G-ended"
    try:
        case.origin.write("agreement.ended", end, version=case.version)
    except ProtocolError as error:
        assert error.code == "G-ended"
    settle(case.origin, case.destination)
    for node in (case.origin, case.destination):
        assert case.refusal(node, "relocation.reported", RELOCATION) == "G-ended"
    case.say(case.origin, "score.reversed", ScoreReversed(contribution=entry, reason="wrong_value"))
    settle(case.origin, case.destination)
    assert case.origin.shared() == case.destination.shared()


def test_only_a_side_that_knows_of_the_end_is_refused(case: Case) -> None:
    """Two ends by one side: what knew only of the first stays refused when the second comes."""
    case.origin.exchange = UncheckedExchange
    case.origin.write("agreement.ended", AgreementEnded(reason="decided"), version=case.version)
    settle(case.origin, case.destination)
    case.destination.exchange = UncheckedExchange

    def rogue(node: Node, work: Callable[[UncheckedBook], Any]) -> None:
        def transaction(exchange: Exchange) -> None:
            book = exchange.book(Node.pairing_id_in(exchange))
            assert isinstance(book, UncheckedBook)
            book.rogue = True
            work(book)
            book.rogue = False

        node.act(transaction)

    named = {"version": case.version, "subject": pairs.subject(1)}
    rogue(case.destination, lambda book: book.write("relocation.reported", RELOCATION, **named))
    rogue(
        case.origin, lambda book: book.write("agreement.ended", AgreementEnded(reason="decided"), version=case.version)
    )
    settle(case.origin, case.destination)
    for node in (case.origin, case.destination):
        (row,) = [item for item in node.log() if item.kind == "relocation.reported"]
        assert row.verdict == "G-ended"


def test_a_choice_outside_the_candidates_is_refused(case: Case) -> None:
    one = case.say(case.origin, "score.contributed", pairs.score("v", 1))
    body = ConflictProposed(conflict="ab" * 32, record="score/2026/volunteering/v", candidates=(one,), chosen=NOBODY)
    assert case.refusal(case.origin, "conflict.proposed", body) in ("P-citation", "P-conflict-choice")
    other = case.say(case.origin, "relocation.reported", RELOCATION)
    body = msgspec.structs.replace(body, chosen=other)
    assert case.refusal(case.origin, "conflict.proposed", body) == "P-conflict-choice"
    answer = ConflictAnswered(proposal=NOBODY, answer="accept")
    assert case.refusal(case.destination, "conflict.answered", answer) == "P-citation"


def test_before_the_partner_said_what_it_understands_only_the_exchange_speaks() -> None:
    origin, destination = pairs.paired()
    with pytest.raises(ProtocolError) as caught:
        origin.write("agreement.proposed", pairs.proposal(origin))
    assert caught.value.code == "P-kind-not-announced"
    pairs.announced(origin, destination)
    origin.write("agreement.proposed", pairs.proposal(origin))


@pytest.mark.parametrize("deed", range(len(MISDEEDS)))
def test_what_an_unchecked_partner_signs_is_refused_and_reported_and_the_rest_goes_on(case: Case, deed: int) -> None:
    case.origin.exchange = UncheckedExchange

    def work(exchange: Exchange) -> None:
        book = exchange.book(Node.pairing_id_in(exchange))
        assert isinstance(book, UncheckedBook)
        misbehave(book, 1, deed)

    case.origin.act(work)
    later = case.origin.write("notice.given", pairs.notice(), version=case.version)
    settle(case.origin, case.destination)
    refused = [item for item in case.destination.log() if item.verdict != "accepted"]
    assert refused
    reported = [item for item in case.origin.log() if item.kind == "exchange.outcome"]
    assert len(reported) == len(refused)
    assert [item.verdict for item in case.destination.log() if item.id == later.id] == ["accepted"]
    assert case.origin.shared() == case.destination.shared()
