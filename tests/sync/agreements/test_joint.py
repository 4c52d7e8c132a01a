"""Minutes, partnerships and joint activities: proposed by one side, signed by the other, the same digest on both."""

import pytest

from gongguan.protocol.errors import ProtocolError
from gongguan.protocol.messages.joint import JointAnswered, MinutesProposed, content_digest
from tests import pairs
from tests.sync.agreements.signing import ACTIVITY, APPROVAL, MINUTES, PARTNERS, settled
from tests.sync.offices import Office, admitted, exchanged, offices, on


def states(office: Office, **asked: str) -> list[tuple[str, str]]:
    found = office.ask("干事", "joint.list", **asked).matters
    return sorted((line.matter, line.state) for line in found)


def test_minutes_are_countersigned_and_both_sides_hold_the_same_digest() -> None:
    origin, destination = offices(agreed=True)
    made = origin.ask("书记", "meeting.minutes", **MINUTES)
    exchanged(origin, destination)
    (line,) = destination.ask("书记", "joint.list").matters
    assert (line.state, line.proposed_by, line.digest) == ("proposed", "there", made.content[:16])
    assert [task.title for task in destination.ask("干事", "task.list").tasks] == [
        "对方提出了会商纪要、结对共建或共建活动"
    ]
    assert "决议1：七月一日前走访一遍" in destination.ask("书记", "joint.show", id=made.content[:8]).document
    destination.ask("书记", "joint.sign", content=made.content)
    exchanged(origin, destination)
    for office in (origin, destination):
        shown = office.ask("只读", "joint.show", id=made.id)
        assert (shown.line.state, shown.content) == ("signed", made.content)
        assert office.ask("干事", "task.list").tasks == []
    assert origin.node.shared() == destination.node.shared()
    record = origin.node.record("minutes/2026-02-28")
    assert content_digest(record["effective"]) == record["current"] == made.content


def test_what_waits_for_a_signature_is_due_for_the_secretary_until_it_is_signed() -> None:
    origin, destination = offices(agreed=True)
    made = origin.ask("书记", "meeting.minutes", **MINUTES)
    exchanged(origin, destination)

    def due(who: str) -> list[tuple[str, str]]:
        return [(line.due_on, line.command) for line in destination.ask(who, "today.list", kind="joint").lines]

    assert due("书记") == [("2026-03-13", f"gongguan joint show {made.id}")]
    assert due("干事") == []
    destination.ask("书记", "joint.sign", content=made.content)
    assert due("书记") == []


def test_a_partnership_whose_term_has_not_begun_is_signed_and_not_yet_counted() -> None:
    origin, destination = offices(agreed=True)
    settled(origin, destination, "partnership.propose", "支部", **{**PARTNERS, "valid_from": "2026-04-01"})
    listed = origin.ask("支部", "partnership.list")
    assert ([line.state for line in listed.partnerships], listed.active) == (["signed"], 0)
    on("2026-04-01", origin)
    assert origin.ask("支部", "partnership.list").active == 1


def test_only_what_was_read_is_signed_and_only_by_the_secretary() -> None:
    origin, destination = offices(agreed=True)
    made = origin.ask("书记", "meeting.minutes", **MINUTES)
    exchanged(origin, destination)
    assert destination.refusal("书记", "joint.sign", content="0" * 64) == "D-joint-none-waits"
    assert destination.refusal("支部", "joint.sign", content=made.content) == "A-role"
    assert origin.refusal("书记", "joint.sign", content=made.content) == "D-joint-none-waits"
    destination.ask("书记", "joint.sign", content=made.content)
    assert destination.refusal("书记", "joint.sign", content=made.content) == "D-joint-none-waits"


def test_an_answer_about_another_content_is_refused_by_both_nodes() -> None:
    origin, destination = offices(agreed=True)
    made = origin.ask("书记", "meeting.minutes", **MINUTES)
    exchanged(origin, destination)
    for content, matter, code in (
        ("0" * 64, made.matter, "P-decision-content"),
        (made.content, "minutes/another", "P-decision-unknown"),
    ):
        body = JointAnswered(matter=matter, proposal=made.id, content=content, answer="accept")
        with pytest.raises(ProtocolError) as refused:
            destination.node.write("joint.answered", body, version=destination.node.in_force())
        assert refused.value.code == code


def test_declined_minutes_are_proposed_anew_and_signed_ones_are_replaced_only_by_both() -> None:
    origin, destination = offices(agreed=True)
    first = origin.ask("书记", "meeting.minutes", **MINUTES)
    assert origin.refusal("书记", "meeting.minutes", **MINUTES) == "P-decision-open"
    exchanged(origin, destination)
    destination.ask("书记", "joint.decline", id=first.id, reason="人数有误")
    exchanged(origin, destination)
    second = settled(origin, destination, "meeting.minutes", **{**MINUTES, "attended_there": 4})
    third = settled(destination, origin, "meeting.minutes", **{**MINUTES, "resolutions": ["改为六月底前"]})
    for office in (origin, destination):
        by_digest = {line.digest: line.state for line in office.ask("干事", "joint.list").matters}
        expected = ((first, "declined"), (second, "replaced"), (third, "signed"))
        assert by_digest == {made.content[:16]: state for made, state in expected}


def test_what_was_replaced_comes_back_only_in_other_words() -> None:
    origin, destination = offices(agreed=True)
    settled(origin, destination, "meeting.minutes", **MINUTES)
    settled(destination, origin, "meeting.minutes", **{**MINUTES, "resolutions": ["改为六月底前"]})

    assert origin.refusal("书记", "meeting.minutes", **MINUTES) == "P-decision-repeated"
    again = settled(origin, destination, "meeting.minutes", **{**MINUTES, "resolutions": ["仍为七月一日前"]})
    assert origin.node.record("minutes/2026-02-28")["current"] == again.content


def test_crossing_proposals_end_in_one_outcome() -> None:
    origin, destination = offices(agreed=True)
    ours = origin.ask("书记", "meeting.minutes", **MINUTES)
    theirs = destination.ask("书记", "meeting.minutes", **{**MINUTES, "resolutions": []})
    exchanged(origin, destination)
    assert origin.refusal("书记", "joint.sign", content=theirs.content) == "P-decision-turn"
    destination.ask("书记", "joint.sign", content=ours.content)
    exchanged(origin, destination)
    assert origin.refusal("书记", "joint.sign", content=theirs.content) == "P-decision-taken"
    origin.ask("书记", "joint.decline", id=theirs.id, reason="已签另一份")
    exchanged(origin, destination)
    assert origin.node.shared() == destination.node.shared()
    assert origin.node.record("minutes/2026-02-28")["current"] == ours.content


def test_a_proposal_that_does_not_follow_what_was_signed_last_is_refused() -> None:
    origin, destination = offices(agreed=True)
    settled(origin, destination, "meeting.minutes", **MINUTES)
    body = MinutesProposed(
        meeting="2026-02-28", held_on="2026-02-28", agenda=("x",), resolutions=(), attended=(1, 1), replaces="0" * 64
    )
    with pytest.raises(ProtocolError) as refused:
        origin.node.write("minutes.proposed", body, version=origin.node.in_force())
    assert refused.value.code == "P-decision-predecessor"


def test_an_overdue_consultation_shows_on_both_nodes_until_both_have_signed_the_minutes() -> None:
    origin, destination = offices(agreed=True)
    on("2026-08-28", origin, destination)
    for office in (origin, destination):
        assert office.ask("干事", "meeting.list").overdue == 0
        assert office.ask("干事", "today.list", kind="consultation").total == 1
    on("2026-08-29", origin, destination)
    for office in (origin, destination):
        (line,) = office.ask("干事", "meeting.list").partners
        assert (line.last_held, line.due_on, line.overdue) == (None, "2026-08-28", True)
        assert office.ask("干事", "today.list", kind="consultation").overdue == 1
        assert office.ask("支部", "today.list", kind="consultation").total == 0
    made = origin.ask("书记", "meeting.minutes", **{**MINUTES, "held_on": "2026-08-29"})
    exchanged(origin, destination)
    assert [office.ask("干事", "meeting.list").overdue for office in (origin, destination)] == [1, 1]
    destination.ask("书记", "joint.sign", content=made.content)
    exchanged(origin, destination)
    for office in (origin, destination):
        (line,) = office.ask("干事", "meeting.list").partners
        assert (line.last_held, line.due_on, line.overdue) == ("2026-08-29", "2027-02-28", False)


def test_a_meeting_is_called_with_its_agenda_and_minuted_under_it() -> None:
    origin, destination = offices(agreed=True)
    origin.ask("干事", "meeting.call", on="2026-03-20", agenda=["一", "二"], meeting="H1")
    exchanged(origin, destination)
    (line,) = destination.ask("干事", "meeting.list").partners
    assert (line.called_on, line.agenda) == ("2026-03-20", ["一", "二"])
    assert origin.refusal("干事", "meeting.call", on="2026-02-01", agenda=["一"]) == "D-date-past"
    on("2026-03-21", origin, destination)
    assert destination.refusal("书记", "meeting.minutes", held_on="2026-03-20", meeting="H2") == "D-meeting-agenda"
    made = settled(destination, origin, "meeting.minutes", held_on="2026-03-20", meeting="H1", resolutions=["三"])
    assert origin.node.record(made.matter)["effective"]["agenda"] == ["一", "二"]
    (line,) = destination.ask("干事", "meeting.list").partners
    assert (line.called_on, line.last_held) == (None, "2026-03-20")


def test_a_partnership_needs_both_signatures_and_lies_within_the_agreement() -> None:
    origin, destination = offices(agreed=True)
    outside = {**PARTNERS, "valid_until": "2028-01-01"}
    assert origin.refusal("支部", "partnership.propose", **outside) == "G-outside-term"
    assert origin.refusal("邻支部", "partnership.propose", **PARTNERS) == "A-subtree"
    made = origin.ask("支部", "partnership.propose", **PARTNERS)
    exchanged(origin, destination)
    assert destination.ask("干事", "partnership.list").active == 0
    destination.ask("书记", "joint.sign", content=made.content)
    exchanged(origin, destination)
    for office, here in ((origin, "第一党支部"), (destination, "临江社区党支部")):
        (line,) = office.ask("干事", "partnership.list").partnerships
        assert (line.state, line.branch_here, line.content) == ("signed", here, made.content)


def test_without_an_agreement_there_is_no_partnership_and_with_it_the_partnership_ends() -> None:
    unagreed, _ = offices()
    assert unagreed.refusal("支部", "partnership.propose", **PARTNERS) == "G-not-in-force"
    origin, destination = offices(agreed=True)
    settled(origin, destination, "partnership.propose", "支部", **PARTNERS)
    version = origin.node.in_force()
    destination.ask("书记", "agreement.end", version=version, document_number=APPROVAL["document_number"])
    exchanged(origin, destination)
    for office in (origin, destination):
        assert states(office, kind="partnership") == [("P-1", "ended")]
        assert office.refusal("书记", "partnership.propose", **{**PARTNERS, "partnership": "P-2"}) == "G-ended"


def test_a_partnership_ends_with_its_own_term() -> None:
    origin, destination = offices(agreed=True)
    settled(origin, destination, "partnership.propose", "支部", **PARTNERS)
    on("2027-01-01", origin, destination)
    assert states(origin) == states(destination) == [("P-1", "ended")]
    assert origin.refusal("支部", "joint.activity", **ACTIVITY, partnership="P-1") == "D-partnership-unknown"


def test_a_joint_activity_has_one_number_on_both_sides_and_counts_once_for_each_member() -> None:
    origin, destination = offices(agreed=True)
    subject = admitted(origin, destination)
    settled(origin, destination, "partnership.propose", "支部", **PARTNERS)
    made = settled(origin, destination, "joint.activity", "支部", **ACTIVITY, partnership="P-1")
    entry = {"subjects": [subject], "event": ACTIVITY["event"], "activity": "volunteering", "on": ACTIVITY["on"]}
    for office in (origin, destination):
        assert office.ask("支部", "entry.life_all", **entry).entered == 1
        fields = {"subject": subject, "event": ACTIVITY["event"], "rule": "volunteering", "points": 2, "year": 2026}
        office.ask("支部", "score.contribute", **fields, on=ACTIVITY["on"])
    exchanged(origin, destination)
    for office in (origin, destination):
        assert office.node.record(f"life/{ACTIVITY['event']}")["status"] == "agreed"
        shown = office.ask("支部", "joint.show", id=made.content)
        assert (shown.line.state, shown.attended) == ("signed", 1)
        assert office.ask("支部", "score.show", subject=subject, year=2026).ledger.total == 2


def test_joint_matters_come_to_the_same_whatever_the_order_of_arrival() -> None:
    origin, destination = offices(agreed=True)
    settled(origin, destination, "partnership.propose", "支部", **PARTNERS)
    origin.ask("支部", "joint.activity", **ACTIVITY)
    destination.ask("支部", "joint.activity", **{**ACTIVITY, "title": "另一名称"})
    pairs.settle(destination.node, origin.node)
    assert origin.node.shared() == destination.node.shared()
    assert states(origin) == states(destination)


def test_liaison_is_a_kind_of_joint_activity_and_may_earn_points_once() -> None:
    origin, destination = offices(agreed=True)
    subject = admitted(origin, destination)
    settled(
        origin, destination, "joint.activity", "支部", **{**ACTIVITY, "activity": "liaison", "title": "推介家乡特产"}
    )
    fields = {"subject": subject, "event": ACTIVITY["event"], "rule": "promise_kept", "points": 3, "year": 2026}
    destination.ask("支部", "score.contribute", **fields, on=ACTIVITY["on"])
    assert destination.refusal("支部", "score.contribute", **fields, on=ACTIVITY["on"])
    exchanged(origin, destination)
    origin.ask("支部", "score.contribute", **fields, on=ACTIVITY["on"])
    exchanged(origin, destination)
    assert origin.ask("支部", "score.show", subject=subject, year=2026).ledger.total == 3
