"""A partner that had no node has one now: the work goes on with it, and it confirms or disputes what was entered."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from gongguan.protocol.messages.paper import PaperStated
from gongguan.sync.records import LogMessage, MobilityPeriod, Pairing, SharedRecord
from tests import pairs
from tests.protocol.committees import DESTINATION
from tests.sync.offices import PLACE, Office, admission, member_id, ready
from tests.sync.papers import NOTICE, WROTE, admitted_there, alone, everything_said, notified, with_paper_partner
from tests.three import agree

TITLE = "临江街道党工委"
"""As the card of the partner's node says."""


def linked() -> tuple[Office, Office, str]:
    """Both offices once the statements were offered; and the subject under which the member was on paper."""
    origin = alone()
    paper = with_paper_partner(origin, title=TITLE)
    subject = everything_said(origin)
    node = pairs.with_own_card(DESTINATION)
    pairs.pair_up(origin.node, node)
    agree(origin.node, node, DESTINATION)
    destination = Office(node, "临江街道党工委")
    done = origin.ask("干事", "peer.link", paper=paper, peer=node.identity.node_id)
    assert (done.members, done.offered, done.left) == (1, 8, 0)
    pairs.settle(origin.node, node)
    return origin, destination, subject


def state_at(office: Office, what: str) -> tuple[str, str]:
    """(state, source) of the one statement of this kind."""
    (line,) = [item for item in office.ask("干事", "letter.offered").statements if item.what == what]
    return line.state, line.source


def statement(office: Office, what: str) -> str:
    (line,) = [item for item in office.ask("干事", "letter.offered").statements if item.what == what]
    return str(line.statement)


def test_the_member_goes_on_with_the_node_and_every_statement_is_offered() -> None:
    origin, destination, before = linked()
    lines = {line.subject: line for line in origin.ask("干事", "movement.list").movements}
    assert lines.pop(before).state == "ended"
    (fresh,) = lines.values()
    assert (fresh.state, fresh.answer_source) == ("notified", None)
    assert len(destination.ask("干事", "admission.list").notices) == 1
    offered = destination.ask("干事", "letter.offered", open=True).statements
    assert len(offered) == 8 and all(line.for_us and line.state == "offered" for line in offered)
    assert "代录社区党支部" in " ".join(line.value for line in offered)
    assert {line.source for line in origin.ask("干事", "letter.offered").statements} == {"entered"}
    assert {line.source for line in offered} == {"entered_there"}
    (due,) = destination.ask("干事", "today.list", kind="statement").lines
    assert due.command == "gongguan letter offered --open"
    assert origin.ask("干事", "today.list", kind="statement").total == 0
    for line in offered:
        destination.ask("干事", "letter.confirm", statement=line.statement)
    assert destination.ask("干事", "today.list", kind="statement").total == 0
    states = {line.peer: line.state for line in origin.ask("干事", "peer.list").peers}
    assert sorted(states.values()) == ["active", "linked"]


def test_a_confirmed_statement_is_one_fact_with_two_witnesses_on_both_nodes() -> None:
    origin, destination, _ = linked()
    admission = statement(destination, "接收流动党员")
    destination.ask("干事", "letter.confirm", statement=admission[:8])
    pairs.settle(origin.node, destination.node)
    assert state_at(origin, "接收流动党员") == ("confirmed", "signed")
    assert state_at(destination, "接收流动党员") == ("confirmed", "own")
    assert destination.refusal("干事", "letter.confirm", statement=admission) == "D-statement-unknown"
    assert origin.refusal("干事", "letter.confirm", statement=admission) == "D-statement-unknown"
    assert destination.refusal("支部", "letter.confirm", statement=admission) == "A-role"


def test_a_disputed_statement_is_a_conflict_by_the_same_name_on_both_and_is_closed_as_any_other() -> None:
    origin, destination, _ = linked()
    feedback = statement(destination, "流动党员现实表现季度反馈")
    destination.ask("干事", "letter.dispute", statement=feedback)
    pairs.settle(origin.node, destination.node)
    names = set()
    for office in (origin, destination):
        assert state_at(office, "流动党员现实表现季度反馈")[0] == "disputed"
        (line,) = office.ask("干事", "conflict.list").conflicts
        assert line.category == "paper"
        assert sorted(item.value for item in line.candidates) == [
            "不是本方说的",
            "季度：2026Q1；现实表现：表现好；志愿服务次数：31",
        ]
        names.add(line.id)
    (name,) = names
    proposed = destination.ask("干事", "conflict.propose", conflict=name, chosen="none", reason="没有说过")
    pairs.settle(origin.node, destination.node)
    origin.ask("干事", "conflict.accept", proposal=proposed.proposal)
    pairs.settle(origin.node, destination.node)
    for office in (origin, destination):
        assert office.ask("干事", "conflict.list").conflicts == []
        assert state_at(office, "流动党员现实表现季度反馈")[0] == "void"


def test_after_the_link_nothing_more_is_written_on_paper_and_it_is_done_once() -> None:
    origin, destination, before = linked()
    paper = next(line.peer for line in origin.ask("干事", "peer.list").peers if line.state == "linked")
    node = destination.node.identity.node_id
    assert origin.refusal("干事", "peer.link", paper=paper, peer=node) == "D-link-paper"
    assert origin.refusal("干事", "notice.send", subject=before, topic="other", title="x", text="y") in {
        "P-pairing-not-active",
        "D-subject-other-peer",
    }
    assert origin.ask("干事", "letter.list").letters[0].matter == "流动党员外出情况通报"


def test_a_node_without_an_agreement_is_not_gone_on_with() -> None:
    origin = alone()
    paper = with_paper_partner(origin, title=TITLE)
    everything_said(origin)
    node = pairs.with_own_card(DESTINATION)
    pairs.pair_up(origin.node, node)
    refused = origin.refusal("干事", "peer.link", paper=paper, peer=node.identity.node_id)
    assert refused == "G-not-in-force"
    assert {line.state for line in origin.ask("干事", "peer.list").peers} == {"active", "paper"}


def test_members_are_told_to_no_node_of_another_region_unless_a_person_says_that_it_is_the_same_committee() -> None:
    origin = alone()
    paper = with_paper_partner(origin, title=TITLE, region="990909")
    ready(origin, 1)
    origin.ask("干事", "departure.notify", member_id=member_id(1), place=PLACE)
    node = pairs.with_own_card(DESTINATION)
    pairs.pair_up(origin.node, node)
    agree(origin.node, node, DESTINATION)
    link = {"paper": paper, "peer": node.identity.node_id}
    assert origin.refusal("干事", "peer.link", **link) == "D-link-region"
    assert len(origin.find(MobilityPeriod)) == 1
    assert origin.ask("干事", "peer.link", **link, same_committee=True).members == 1


def test_terms_on_paper_that_ran_out_do_not_keep_anybody_from_going_on_with_the_node() -> None:
    origin = alone()
    paper = with_paper_partner(origin, title=TITLE, valid_until="2026-03-02")
    before = everything_said(origin)
    node = pairs.with_own_card(DESTINATION)
    pairs.pair_up(origin.node, node)
    agree(origin.node, node, DESTINATION)
    origin.node.now += timedelta(days=4)
    node.now = origin.node.now
    assert origin.ask("干事", "peer.link", paper=paper, peer=node.identity.node_id).members == 1
    assert origin.ask("干事", "movement.closing", subject=before).ended_on == "2026-03-02"


def test_their_members_who_live_here_are_counted_and_their_stay_on_paper_ends_by_their_word() -> None:
    here = alone()
    paper = with_paper_partner(here, title=TITLE)
    subject = here.ask("干事", "letter.notice", **NOTICE, **WROTE).subject
    here.ask("干事", "admission.give", **admission(subject))
    node = pairs.with_own_card(DESTINATION)
    pairs.pair_up(here.node, node)
    agree(here.node, node, DESTINATION)
    assert here.ask("干事", "peer.link", paper=paper, peer=node.identity.node_id).here == 1
    here.node.now += timedelta(days=90)
    (due,) = [line for line in here.ask("干事", "today.list").lines if line.who == NOTICE["name"]]
    assert (due.kind, due.command) == ("paper_stay", f"gongguan movement return {subject} --heard telephone")
    letters = len(here.ask("干事", "letter.list").letters)
    here.ask("干事", "movement.return", subject=subject, ended_on="2026-03-01", reason="moved_on", **WROTE)
    assert [line.state for line in here.ask("干事", "movement.list").movements] == ["ended"]
    assert not [line for line in here.ask("干事", "today.list").lines if line.kind == "paper_stay"]
    assert len(here.ask("干事", "letter.list").letters) == letters


# --- a node that says what it likes -------------------------------------------------------------------------------


def says(office: Office, offered: str, number: str | None = None, **changed: Any) -> None:
    """Its node signs a statement that staff could not have made: that offered, with these fields. ``number``: under
    which id of a message."""
    (row,) = [item for item in office.find(SharedRecord) if item.key == f"paper/{offered}"]
    value = msgspec.json.decode(row.value)["entries"][0]["value"]
    body = msgspec.convert({**value, **changed}, PaperStated)

    def write(exchange: Any) -> None:
        (pairing,) = exchange.store.find(Pairing, state="active")
        book = exchange.book(pairing.pairing_id)
        if number is not None:
            book._new_id = lambda position, random: number
        book.write("paper.stated", body, version=book.current_version(), subject=row.subject)

    office.node.act(write)


@pytest.mark.parametrize(
    ("word", "state", "source"), [("entered", "offered", "entered"), ("disputed", "disputed", "signed")]
)
def test_the_same_content_under_another_word_confirms_nothing(word: str, state: str, source: str) -> None:
    origin, destination, _ = linked()
    says(destination, statement(destination, "接收流动党员"), word=word)
    pairs.settle(origin.node, destination.node)
    assert state_at(origin, "接收流动党员") == (state, source)


def test_a_node_that_disputes_with_the_very_content_is_in_conflict_all_the_same() -> None:
    origin, destination, _ = linked()
    says(destination, statement(destination, "接收流动党员"), word="disputed")
    pairs.settle(origin.node, destination.node)
    for office in (origin, destination):
        (line,) = office.ask("干事", "conflict.list").conflicts
        assert "不是本方说的" in [item.value for item in line.candidates]


def test_who_offers_two_contents_is_in_conflict_with_itself_and_nobody_has_disputed_it() -> None:
    origin, destination, _ = linked()
    offered = statement(destination, "接收流动党员")
    says(origin, offered, word="confirmed", content=[["conduct", "poor"]])
    pairs.settle(origin.node, destination.node)
    assert state_at(origin, "接收流动党员") == ("offered", "entered")
    assert state_at(destination, "接收流动党员") == ("offered", "entered_there")


def test_a_message_of_the_node_under_the_id_of_an_entry_changes_no_list() -> None:
    origin, destination, _ = linked()
    offered = statement(destination, "接收流动党员")
    before = origin.ask("干事", "letter.entered").entries
    says(destination, offered, number=offered, statement="ab" * 16)
    pairs.settle(origin.node, destination.node)
    assert len(origin.find(LogMessage, id=offered)) == 2
    assert origin.ask("干事", "letter.entered").entries == before


def test_an_entry_that_was_offered_is_not_taken_back_any_more() -> None:
    origin, destination, _ = linked()
    offered = statement(destination, "接收流动党员")
    assert origin.refusal("干事", "letter.withdraw", entry=offered) == "P-pairing-not-active"
    assert not any(line.withdrawn for line in origin.ask("干事", "letter.entered").entries)


# --- who cannot go on, old backups, and mistakes ------------------------------------------------------------------


def with_node(origin: Office, title: str = "临江街道党工委") -> Office:
    """The partner's node, paired and with an agreement."""
    node = pairs.with_own_card(DESTINATION)
    pairs.pair_up(origin.node, node)
    agree(origin.node, node, DESTINATION)
    return Office(node, title)


def test_a_member_who_cannot_be_notified_is_named_and_stays_on_paper_while_the_others_go_on() -> None:
    origin = alone()
    paper = with_paper_partner(origin, title=TITLE)
    everything_said(origin)
    without = notified(origin, 2)
    origin.ask("干事", "certificate.void", number="H-2", state="lost")
    destination = with_node(origin)
    link = {"paper": paper, "peer": destination.node.identity.node_id}
    done = origin.ask("干事", "peer.link", **link)
    assert (done.members, [item.code for item in done.lacking]) == (1, ["D-certificate-missing"])
    assert done.lacking[0].name == "巴特尔·丙"
    assert {line.state for line in origin.ask("干事", "peer.list").peers} == {"active", "paper"}
    states = {line.subject: line.state for line in origin.ask("干事", "movement.list").movements}
    assert states[without] == "notified"
    origin.ask("干事", "certificate.issue", member_id=member_id(2), number="H-22", issued_on="2026-03-01")
    again = origin.ask("干事", "peer.link", **link)
    assert (again.members, again.lacking, again.offered) == (1, [], 0)
    assert {line.state for line in origin.ask("干事", "peer.list").peers} == {"active", "linked"}


def test_after_a_restore_to_before_the_link_it_is_made_again_and_nobody_is_notified_or_asked_twice() -> None:
    origin = alone()
    paper = with_paper_partner(origin, title=TITLE)
    before = everything_said(origin)
    destination = with_node(origin)
    node = destination.node.identity.node_id
    pairs.settle(origin.node, destination.node)
    backup = origin.node.database.snapshot()
    link = {"paper": paper, "peer": node}
    assert origin.ask("干事", "peer.link", **link).members == 1
    pairs.settle(origin.node, destination.node)
    offered = statement(destination, "接收流动党员")
    destination.ask("干事", "letter.confirm", statement=offered)
    pairs.settle(origin.node, destination.node)
    origin.node.database.restore(backup)
    origin.node.crash()
    origin.ask("干事", "recovery.begin", peer=node)
    pairs.settle(origin.node, destination.node)
    assert not [line for line in origin.find(Pairing) if line.recovering]
    assert {line.state for line in origin.ask("干事", "peer.list").peers} == {"active", "paper"}
    again = origin.ask("干事", "peer.link", **link)
    assert (again.members, again.offered, again.left) == (1, 8, 0)
    pairs.settle(origin.node, destination.node)
    assert len(destination.ask("干事", "admission.list").notices) == 1
    assert len(destination.ask("干事", "letter.offered").statements) == 8
    assert state_at(origin, "接收流动党员") == ("confirmed", "signed")
    lines = {line.subject: line.state for line in origin.ask("干事", "movement.list").movements}
    assert lines.pop(before) == "ended"
    assert list(lines.values()) == ["notified"]
    theirs = destination.node.shared()
    assert {key: value for key, value in origin.node.shared().items() if key in theirs} == theirs


def test_a_node_of_another_title_in_the_same_region_is_gone_on_with_only_by_a_person_s_word() -> None:
    origin = alone()
    paper = with_paper_partner(origin, title="临江区委组织部")
    notified(origin)
    destination = with_node(origin)
    link = {"paper": paper, "peer": destination.node.identity.node_id}
    assert origin.refusal("干事", "peer.link", **link) == "D-link-title"
    assert len(origin.find(MobilityPeriod)) == 1
    assert origin.ask("干事", "peer.link", **link, same_committee=True).members == 1


def test_statements_about_a_member_who_had_left_are_asked_of_nobody_and_stay_listed_as_entered() -> None:
    origin = alone()
    paper = with_paper_partner(origin, title=TITLE)
    gone = admitted_there(origin, 2)
    origin.ask("干事", "movement.return", subject=gone, ended_on="2026-03-01", reason="returned")
    everything_said(origin)
    destination = with_node(origin)
    done = origin.ask("干事", "peer.link", paper=paper, peer=destination.node.identity.node_id)
    assert (done.members, done.offered, done.left) == (1, 8, 1)
    pairs.settle(origin.node, destination.node)
    assert {line.name for line in destination.ask("干事", "letter.offered").statements} == {"巴特尔·乙"}
    (line,) = [item for item in origin.ask("干事", "letter.entered").entries if item.name == "巴特尔·丙"]
    assert (line.source, line.asked) == ("entered", False)
    assert all(item.asked for item in origin.ask("干事", "letter.entered").entries if item.name == "巴特尔·乙")
