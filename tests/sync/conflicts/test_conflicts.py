"""Named conflicts: one id on both nodes, a provisional value meanwhile, closed by both or not at all."""

from typing import Any

import pytest

from gongguan.sync.conflicts.conflicts import (
    ConflictLine,
)
from tests import pairs
from tests.sync.at_work import MEMBER, at_work
from tests.sync.offices import Office, admitted, exchanged, offices

TREES: dict[str, Any] = {
    "subject": MEMBER,
    "year": 2026,
    "rule": "volunteering",
    "event": "trees",
    "on": "2026-03-06",
}
KEY = "score/2026/volunteering/trees"


def differing(first: str = "trees") -> tuple[Office, Office]:
    """Origin gives 1 point, the destination 2, neither knowing of the other."""
    origin, destination = at_work()
    origin.ask("干事", "score.contribute", **{**TREES, "event": first}, points=1)
    destination.ask("干事", "score.contribute", **{**TREES, "event": first}, points=2)
    exchanged(origin, destination)
    return origin, destination


def the_one(side: Office) -> ConflictLine:
    (found,) = side.ask("干事", "conflict.list").conflicts
    assert isinstance(found, ConflictLine)
    return found


def candidate(side: Office, of: str) -> str:
    return next(item.id for item in the_one(side).candidates if item.side == of)


def effective_points(side: Office) -> int | None:
    value = side.records(MEMBER)[KEY].get("effective")
    return value["points"] if value else None


def test_both_nodes_list_the_same_conflict_with_the_same_candidates() -> None:
    origin, destination = differing()
    assert the_one(origin) == the_one(destination)
    found = the_one(origin)
    assert (found.state, found.leads, found.name, found.category) == ("open", "origin", "巴特尔", "score")
    said = {(item.side, item.value, item.provisional) for item in found.candidates}
    assert said == {("origin", "1 分（2026-03-06）", True), ("destination", "2 分（2026-03-06）", False)}
    assert found.provisional == "1 分（2026-03-06）"


def test_the_side_that_leads_the_duty_gives_the_provisional_value() -> None:
    origin, destination = at_work()
    life: dict[str, Any] = {"subject": MEMBER, "event": "a", "activity": "study", "on": "2026-03-05"}
    origin.ask("干事", "entry.life", **life)
    destination.ask("干事", "entry.life", **life, attendance="confirmed_absent", absence_reason="work")
    exchanged(origin, destination)
    found = the_one(origin)  # the example terms let the destination lead organisational life
    assert (found.leads, found.provisional) == ("destination", "经确认未参加（2026-03-05）")


def test_a_proposal_accepted_gives_both_the_same_value() -> None:
    origin, destination = differing()
    chosen = candidate(origin, "destination")
    made = origin.ask(
        "干事", "conflict.propose", conflict=the_one(origin).id[:8], chosen=chosen[:8], reason="对方有签到表"
    )
    assert (made.state, made.counts) == ("proposed", "1 分（2026-03-06）")
    exchanged(origin, destination)
    assert (the_one(origin).answer_here, the_one(destination).answer_here) == (False, True)
    done = destination.ask("干事", "conflict.accept", proposal=the_one(destination).id[:8])
    assert (done.state, done.counts) == ("closed", "2 分（2026-03-06）")
    exchanged(origin, destination)
    assert effective_points(origin) == effective_points(destination) == 2
    assert origin.records(MEMBER) == destination.records(MEMBER)
    for side in (origin, destination):
        assert side.ask("干事", "conflict.list").conflicts == []
        (closed,) = side.ask("干事", "conflict.list", closed=True).conflicts
        assert closed.state == "closed"
        (told,) = side.ask("干事", "conflict.show", conflict=closed.id[:6]).proposals
        assert (told.side, told.chosen, told.state) == ("origin", chosen, "accept")


def test_both_may_agree_that_none_counts() -> None:
    origin, destination = differing()
    made = destination.ask("干事", "conflict.propose", conflict=the_one(destination).id, chosen="none")
    exchanged(origin, destination)
    origin.ask("干事", "conflict.accept", proposal=made.proposal)
    exchanged(origin, destination)
    assert effective_points(origin) is effective_points(destination) is None
    assert origin.records(MEMBER)[KEY]["status"] == "none_counts"


def test_declined_the_conflict_stays_open_and_the_other_side_may_propose() -> None:
    origin, destination = differing()
    origin.ask("干事", "conflict.propose", conflict=the_one(origin).id, chosen=candidate(origin, "origin"))
    exchanged(origin, destination)
    done = destination.ask("干事", "conflict.decline", proposal=the_one(destination).id, reason="请再核实")
    assert done.state == "open"
    destination.ask(
        "干事", "conflict.propose", conflict=the_one(destination).id, chosen=candidate(destination, "destination")
    )
    exchanged(origin, destination)
    origin.ask("干事", "conflict.accept", proposal=the_one(origin).id)
    exchanged(origin, destination)
    assert effective_points(origin) == effective_points(destination) == 2


def test_proposals_that_cross_end_in_one_decision() -> None:
    origin, destination = differing()
    for side, of in ((origin, "origin"), (destination, "destination")):
        side.ask("干事", "conflict.propose", conflict=the_one(side).id, chosen=candidate(side, of))
    exchanged(origin, destination)
    reference = {"proposal": the_one(origin).id}
    assert origin.refusal("干事", "conflict.accept", **reference) == "P-decision-turn"  # its own is answered first
    destination.ask("干事", "conflict.accept", **reference)
    exchanged(origin, destination)
    assert effective_points(origin) == effective_points(destination) == 1
    assert origin.records(MEMBER) == destination.records(MEMBER)


def test_the_proposer_cannot_accept_its_own_proposal_nor_propose_twice() -> None:
    origin, _ = differing()
    fields = {"conflict": the_one(origin).id, "chosen": "none"}
    origin.ask("干事", "conflict.propose", **fields)
    assert origin.refusal("干事", "conflict.accept", proposal=fields["conflict"]) == "D-proposal-none"
    assert origin.refusal("干事", "conflict.propose", **fields) == "P-decision-open"


def test_a_closed_conflict_is_not_proposed_upon_again() -> None:
    origin, destination = differing()
    name = the_one(origin).id
    origin.ask("干事", "conflict.propose", conflict=name, chosen="none")
    exchanged(origin, destination)
    destination.ask("干事", "conflict.accept", proposal=name)
    assert destination.refusal("干事", "conflict.propose", conflict=name, chosen="none") == "D-conflict-closed"
    assert destination.refusal("干事", "conflict.accept", proposal=name) == "D-proposal-none"


@pytest.mark.parametrize("chosen", ["", "ffffffff", "nobody"])
def test_only_a_candidate_or_none_can_be_chosen(chosen: str) -> None:
    origin, _ = differing()
    fields = {"conflict": the_one(origin).id, "chosen": chosen}
    assert origin.refusal("干事", "conflict.propose", **fields) == "D-conflict-candidate"


def test_a_conflict_is_named_by_a_beginning_that_only_it_has() -> None:
    origin, destination = differing()
    assert origin.refusal("干事", "conflict.show", conflict="0" * 8) == "D-conflict-unknown"
    for number in range(40):
        for side, points in ((origin, 1), (destination, 2)):
            side.ask("干事", "score.contribute", **{**TREES, "event": f"e{number}"}, points=points)
    exchanged(origin, destination)
    names = [item.id for item in origin.ask("干事", "conflict.list").conflicts]
    assert len(set(names)) == 41
    assert all(origin.ask("干事", "conflict.show", conflict=name[:10]).conflict.id == name for name in names)
    first = [name[0] for name in names]
    shared = next(digit for digit in first if first.count(digit) > 1)  # 41 names, 16 digits
    assert origin.refusal("干事", "conflict.show", conflict=shared) == "D-conflict-ambiguous"


def test_another_branch_sees_no_conflict_and_answers_none() -> None:
    origin, destination = differing()
    name = the_one(origin).id
    assert origin.ask("邻支部", "conflict.list").conflicts == []
    assert origin.refusal("邻支部", "conflict.show", conflict=name) == "D-conflict-unknown"
    destination.ask("干事", "conflict.propose", conflict=name, chosen="none")
    exchanged(origin, destination)
    assert origin.refusal("邻支部", "conflict.accept", proposal=name) == "A-role"


def test_a_conflict_keeps_its_name_whoever_adds_a_candidate() -> None:
    origin, destination, version = pairs.in_agreement()
    named = {"version": version, "subject": pairs.subject(0)}
    origin.write("departure.notified", pairs.departure(), **named)
    pairs.settle(origin, destination)
    names = set()
    for node, points in ((origin, 1), (destination, 2), (origin, 2), (destination, 1)):
        node.write("score.contributed", pairs.score("trees", points), **named)
        pairs.settle(origin, destination)
        names |= {key for _, key in origin.shared() if key.startswith("conflict/")}
        assert origin.shared() == destination.shared()
    assert len(names) == 1


def test_two_members_who_differ_in_one_event_are_told_apart_by_their_pseudonyms() -> None:
    origin, destination = offices(agreed=True)
    subjects = [admitted(origin, destination, number) for number in (1, 2)]
    deed = {"year": 2026, "rule": "volunteering", "event": "trees", "on": "2026-02-27"}
    for subject in subjects:
        for office, points in ((origin, 1), (destination, 2)):
            office.ask("干事", "score.contribute", subject=subject, points=points, **deed)
    exchanged(origin, destination)
    lines = destination.ask("干事", "conflict.list").conflicts
    assert ({line.subject for line in lines}, len({line.id for line in lines})) == ({*subjects}, 1)

    named = {"conflict": lines[0].id}
    assert destination.refusal("干事", "conflict.propose", chosen="none", **named) == "D-conflict-ambiguous"
    for line in lines:
        told = {"subject": line.subject, "chosen": line.candidates[0].id}
        destination.ask("干事", "conflict.propose", **told, **named)
    exchanged(origin, destination)
    assert origin.refusal("书记", "conflict.accept", proposal=lines[0].id) == "D-conflict-ambiguous"
    origin.ask("书记", "conflict.accept", proposal=lines[0].id, subject=subjects[0][:8])
    (left,) = origin.ask("干事", "conflict.list").conflicts
    assert left.subject == subjects[1]
    assert origin.ask("干事", "conflict.show", subject=subjects[1], **named).conflict.answer_here
    (due,) = origin.ask("书记", "today.list", kind="conflict").lines
    assert (due.subject, due.command) == (subjects[1], "gongguan conflict list")
