"""Probation away from home: dates of the roster, observations, an opinion with its document, a lawful decision."""

from typing import Any

import pytest

from gongguan.protocol.errors import ProtocolError
from gongguan.protocol.messages.kind import Attachment
from gongguan.protocol.messages.probation import OpinionGiven, OpinionRequested, ProbationDated, ProbationDecided
from gongguan.sync.probation.probation import prepare_drafts
from gongguan.sync.records import Erasure, Member, ProbationCase
from tests import pairs
from tests.pairs import carry
from tests.sync.offices import Office, exchanged, member_id, offices, on
from tests.sync.probation.probationers import ANSWER_BY, ASK_ON, DOCUMENT, ENDS, JOINED, OPINION, probationer

DECISION: dict[str, Any] = {
    "decision": "on_time",
    "meeting_on": "2026-07-02",
    "resolution_number": "支决〔2026〕7号",
    "approved_on": "2026-08-01",
    "approval_number": "党发〔2026〕12号",
}


def asked(origin: Office, destination: Office, subject: str, day: str = "2026-05-05") -> None:
    on(day, origin, destination)
    origin.ask("干事", "probation.request", subject=subject)
    exchanged(origin, destination)


def answered(origin: Office, destination: Office, subject: str) -> None:
    asked(origin, destination, subject)
    on("2026-06-10", origin, destination)
    destination.ask("支部", "probation.opinion", subject=subject, **OPINION)
    exchanged(origin, destination)


def line(side: Office, subject: str) -> Any:
    (found,) = [item for item in side.ask("干事", "probation.list", all=True).members if item.subject == subject]
    return found


def due(side: Office, kind: str, who: str = "支部") -> list[tuple[str, bool]]:
    return [(item.due_on, item.overdue) for item in side.ask(who, "today.list", kind=kind).lines]


def test_the_end_of_probation_comes_from_the_origins_roster_and_shows_on_both_sides() -> None:
    origin, destination = offices(agreed=True)
    subject = probationer(origin, destination)

    for side in (origin, destination):
        assert (line(side, subject).ends_on, line(side, subject).state) == (ENDS, "not_yet")


def test_the_destination_sees_the_day_of_expiry_and_cannot_change_it() -> None:
    origin, destination = offices(agreed=True)
    subject = probationer(origin, destination)
    dates = {"began_on": "2025-07-15", "ends_on": "2026-07-15"}
    assert destination.refusal("干事", "probation.set", subject=subject, **dates) == "D-not-origin"
    version = destination.node.in_force()
    with pytest.raises(ProtocolError, match="G-direction"):
        destination.node.write("probation.dated", ProbationDated(**dates), version=version, subject=subject)

    origin.ask("干事", "probation.set", subject=subject, **dates)
    exchanged(origin, destination)

    assert line(destination, subject).ends_on == "2026-07-15"


def test_a_probationer_has_a_clock_of_its_own_and_each_quarter_is_to_be_observed() -> None:
    origin, destination = offices(agreed=True)
    subject = probationer(origin, destination)
    on("2026-04-02", origin, destination)
    assert due(destination, "probation_observation") == [("2026-04-14", False)]
    on("2026-04-20", origin, destination)
    assert due(destination, "probation_observation") == [("2026-04-14", True)]
    assert due(origin, "probation_observation") == []

    seen = {"conduct": "good", "organisational_life": "regular", "study": "irregular"}
    destination.ask("支部", "probation.observe", subject=subject, quarter="2026Q1", **seen)
    exchanged(origin, destination)

    assert due(destination, "probation_observation") == []
    (found,) = origin.ask("支部", "probation.show", subject=subject).observations
    assert (found.quarter, found.conduct, found.study, found.tasks) == ("2026Q1", "good", "irregular", "not_known")
    assert destination.refusal("支部", "probation.observe", subject=subject, quarter="2026Q4", **seen) == (
        "D-quarter-future"
    )
    assert origin.refusal("支部", "probation.observe", subject=subject, quarter="2026Q1", **seen) == "D-not-destination"


def test_sixty_days_before_the_expiry_a_draft_is_made_and_is_overdue_until_a_person_sends_it() -> None:
    origin, destination = offices(agreed=True)
    subject = probationer(origin, destination)

    def drafts(day: str) -> int:
        on(day, origin, destination)
        return origin.node.database.write(lambda store: prepare_drafts(store, origin.node.now))

    assert (drafts("2026-05-01"), due(origin, "probation_request")) == (0, [])
    assert (drafts(ASK_ON), due(origin, "probation_request")) == (1, [(ASK_ON, False)])
    assert line(origin, subject).state == "to_be_asked"
    assert (drafts("2026-05-03"), due(origin, "probation_request")) == (0, [(ASK_ON, True)])
    assert line(origin, subject).state == "ask_overdue"
    (draft,) = origin.find(ProbationCase)
    assert (draft.meeting_on, draft.answer_by, draft.sent_at) == (ENDS, ANSWER_BY, None)
    assert destination.ask("支部", "probation.show", subject=subject).probation.answer_by is None

    origin.ask("支部", "probation.request", subject=subject)
    exchanged(origin, destination)

    assert due(origin, "probation_request") == []
    assert due(destination, "probation_opinion") == [(ANSWER_BY, False)]
    assert line(destination, subject).answer_by == ANSWER_BY
    on("2026-06-17", destination)
    assert due(destination, "probation_opinion") == [(ANSWER_BY, True)]


def test_the_written_opinion_arrives_signed_with_its_document() -> None:
    origin, destination = offices(agreed=True)
    subject = probationer(origin, destination)
    on("2026-06-10", origin, destination)
    assert destination.refusal("支部", "probation.opinion", subject=subject, **OPINION) == "D-probation-not-asked"
    asked(origin, destination, subject, "2026-06-10")
    tomorrow = {**OPINION, "on": "2026-06-11"}
    assert destination.refusal("支部", "probation.opinion", subject=subject, **tomorrow) == "D-date-future"
    picture = {**OPINION, "document": b"a letter, but no PDF"}
    assert destination.refusal("支部", "probation.opinion", subject=subject, **picture) == "S-attachment"
    destination.ask("支部", "probation.opinion", subject=subject, **OPINION)
    exchanged(origin, destination)
    for _ in range(2):
        carry(origin.node, destination.node)
        carry(destination.node, origin.node)

    found = origin.ask("支部", "probation.show", subject=subject)
    assert found.probation.state == "answered"
    assert (found.opinion.opinion, sorted(found.opinion.reasons)) == ("on_time", sorted(OPINION["reasons"]))
    assert origin.ask("支部", "attachment.save", attachment=found.opinion.document).pdf == DOCUMENT
    assert origin.refusal("邻支部", "attachment.save", attachment=found.opinion.document) == "A-subtree"
    assert due(destination, "probation_opinion") == []


def test_no_opinion_counts_as_had_without_the_destinations_word_or_a_reason_on_record() -> None:
    origin, destination = offices(agreed=True)
    subject = probationer(origin, destination)
    on("2026-08-02", origin, destination)
    assert origin.refusal("干事", "probation.decide", subject=subject, **DECISION) == "P-probation-opinion"
    unasked = {**DECISION, "no_opinion": "no_answer_in_time"}
    assert origin.refusal("干事", "probation.decide", subject=subject, **unasked) == "P-probation-not-asked"
    asked(origin, destination, subject, "2026-08-02")
    assert origin.refusal("干事", "probation.decide", subject=subject, **DECISION) == "P-probation-opinion"

    origin.ask("干事", "probation.decide", subject=subject, **unasked)
    exchanged(origin, destination)

    (made,) = destination.ask("支部", "probation.show", subject=subject).decisions
    assert (made.decision, made.no_opinion) == ("on_time", "no_answer_in_time")


def test_the_decision_reaches_the_destination_and_ends_the_clock() -> None:
    origin, destination = offices(agreed=True)
    subject = probationer(origin, destination)
    answered(origin, destination, subject)
    on("2026-07-03", origin, destination)
    assert due(origin, "probation_decision") == [(ENDS, True)]
    origin.ask("支部", "probation.meeting", subject=subject, held_on="2026-07-02", resolution_number="支决〔2026〕7号")
    assert due(origin, "probation_decision") == [("2026-10-02", False)]
    on("2026-08-02", origin, destination)
    approval = {"decision": "on_time", "approved_on": "2026-08-01", "approval_number": "党发〔2026〕12号"}
    origin.ask("支部", "probation.decide", subject=subject, **approval)
    exchanged(origin, destination)

    for side in (origin, destination):
        assert line(side, subject).state == "converted"
        (made,) = side.ask("支部", "probation.show", subject=subject).decisions
        assert (made.meeting_on, made.resolution_number, made.approval_number) == (
            "2026-07-02",
            "支决〔2026〕7号",
            "党发〔2026〕12号",
        )
    assert due(origin, "probation_decision") == due(destination, "probation_observation") == []
    assert origin.node.shared() == destination.node.shared()
    (member,) = origin.find(Member, member_id=member_id(1))
    assert (member.category, f'"full_member_on":"{ENDS}"' in member.details) == ("full_member", True)
    assert origin.ask("支部", "movement.tell_profiles").told == 1, "the destination learns it as any other field"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"meeting_on": "2026-06-30"}, "P-probation-early"),
        ({"approved_on": "2026-07-01"}, "P-probation-approval"),
        ({"decision": "extended"}, "P-probation-months"),
        ({"decision": "extended", "months": 5}, "P-probation-months"),
        ({"decision": "extended", "months": 13}, "P-probation-months"),
        ({"decision": "on_time", "months": 6}, "P-probation-months"),
        ({"no_opinion": "period_ended"}, ""),
        ({"meeting_on": None}, "D-probation-meeting"),
    ],
)
def test_what_the_rules_do_not_allow_is_refused(changes: dict[str, Any], code: str) -> None:
    origin, destination = offices(agreed=True)
    subject = probationer(origin, destination)
    answered(origin, destination, subject)
    on("2026-08-02", origin, destination)

    assert origin.refusal("干事", "probation.decide", subject=subject, **{**DECISION, **changes}) == code


def test_the_committee_decides_within_three_months_or_says_why_not() -> None:
    origin, destination = offices(agreed=True)
    subject = probationer(origin, destination)
    answered(origin, destination, subject)
    on("2026-10-10", origin, destination)
    late = {**DECISION, "approved_on": "2026-10-03"}

    assert origin.refusal("干事", "probation.decide", subject=subject, **late) == "P-probation-late"
    assert origin.refusal("干事", "probation.decide", subject=subject, **late, late_reason="under_investigation") == ""


def test_probation_is_extended_once_only_and_then_has_another_expiry() -> None:
    origin, destination = offices(agreed=True)
    subject = probationer(origin, destination)
    answered(origin, destination, subject)
    on("2026-08-02", origin, destination)
    made = origin.ask("干事", "probation.decide", subject=subject, **{**DECISION, "decision": "extended", "months": 6})
    exchanged(origin, destination)
    assert made.ends_on == "2027-01-01"
    for side in (origin, destination):
        shown = line(side, subject)
        assert (shown.ends_on, shown.extended, shown.state) == ("2027-01-01", True, "not_yet")

    on("2027-01-20", origin, destination)
    again = {
        **DECISION,
        "meeting_on": "2027-01-05",
        "approved_on": "2027-01-15",
        "no_opinion": "no_organisation_there",
    }
    more = {**again, "decision": "extended", "months": 6}
    assert origin.refusal("干事", "probation.decide", subject=subject, **more) == "P-probation-extended"
    origin.ask("干事", "probation.decide", subject=subject, **{**again, "decision": "cancelled"})
    exchanged(origin, destination)
    assert line(destination, subject).state == "cancelled"


def test_an_opinion_on_an_earlier_expiry_is_none_on_the_later_one() -> None:
    origin, destination = offices(agreed=True)
    subject = probationer(origin, destination)
    answered(origin, destination, subject)
    earlier = origin.ask("支部", "probation.show", subject=subject)
    assert earlier.opinion is not None
    on("2026-08-02", origin, destination)
    origin.ask("干事", "probation.decide", subject=subject, **{**DECISION, "decision": "extended", "months": 12})
    exchanged(origin, destination)
    on("2027-08-02", origin, destination)
    later = {**DECISION, "meeting_on": "2027-07-02", "approved_on": "2027-08-01"}

    assert origin.ask("支部", "probation.show", subject=subject).opinion is None
    assert origin.refusal("干事", "probation.decide", subject=subject, **later) == "P-probation-opinion"


def test_a_partner_with_other_software_gets_the_same_verdicts() -> None:
    origin, destination = offices(agreed=True)
    subject = probationer(origin, destination)
    version = origin.node.in_force()

    def refusal(side: Office, kind: str, body: Any) -> str:
        try:
            side.node.write(kind, body, version=version, subject=subject)
        except ProtocolError as error:
            return error.code
        return ""

    early = OpinionRequested(ends_on=ENDS, meeting_on="2026-06-30", answer_by="2026-06-01")
    assert refusal(origin, "probation.opinion_requested", early) == "P-probation-early"
    late = OpinionRequested(ends_on=ENDS, meeting_on=ENDS, answer_by="2026-07-02")
    assert refusal(origin, "probation.opinion_requested", late) == "P-probation-answer-by"
    other = OpinionRequested(ends_on="2026-09-01", meeting_on="2026-09-01", answer_by="2026-08-02")
    assert refusal(origin, "probation.opinion_requested", other) == "P-probation-term"
    document = Attachment(sha256="ab" * 32, size=10, type="application/pdf")
    said = OpinionGiven(
        request="00" * 16, opinion="not", reasons=("dues_unpaid",), on="2026-05-01", signed_by="李明", document=document
    )
    assert refusal(destination, "probation.opinion_given", said) == "P-citation"
    decision = ProbationDecided(
        ends_on=ENDS,
        decision="on_time",
        meeting_on=ENDS,
        resolution_number="1",
        approved_on=ENDS,
        approval_number="2",
        no_opinion="period_ended",
    )
    assert refusal(destination, "probation.decided", decision) == "G-direction"
    turned = ProbationDated(began_on="2026-07-01", ends_on="2025-07-01")
    assert refusal(origin, "probation.dated", turned) == "P-probation-term"
    assert refusal(origin, "probation.decided", decision) == ""
    moved = ProbationDated(began_on=JOINED, ends_on="2026-12-01")
    assert refusal(origin, "probation.dated", moved) == "P-probation-decided"


def test_the_document_and_the_case_go_when_the_member_is_erased() -> None:
    origin, destination = offices(agreed=True)
    subject = probationer(origin, destination)
    answered(origin, destination, subject)
    for _ in range(2):
        carry(origin.node, destination.node)
        carry(destination.node, origin.node)
    assert len(origin.ask("干事", "attachment.list", subject=subject).attachments) == 1
    origin.ask("干事", "movement.return", subject=subject, ended_on="2026-06-10", reason="returned")
    exchanged(origin, destination)
    for side in (origin, destination):
        pairs.later(side.node, 6 * 366)
    request = origin.ask("干事", "erasure.request", subject=subject).request
    origin.ask("书记", "erasure.approve", request=request)
    exchanged(origin, destination)

    for side in (origin, destination):
        assert side.ask("干事", "attachment.list").attachments == []
        (erased,) = side.find(Erasure)
        assert (erased.files, erased.state) == (1, "done")
    assert origin.find(ProbationCase) == []
