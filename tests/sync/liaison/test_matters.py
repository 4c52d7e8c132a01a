"""Matters and elections: told, passed on, and for each member informed, not reached or unknown; never a vote."""

from typing import Any

import msgspec
import pytest

from gongguan.protocol.errors import SchemaError
from gongguan.protocol.messages.matter import MatterPassedOn
from gongguan.sync.records import Body, MatterReach
from tests.sync.offices import BRANCH, SECOND, Office, admitted, exchanged, floating, offices, on, roster_row

MATTER: dict[str, Any] = {
    "matter": "2026-dues",
    "category": "important_matter",
    "title": "党费收缴标准调整",
    "text": "自四月起按新标准交纳党费。",
    "on": "2026-03-20",
}
ELECTION = {**MATTER, "matter": "2026-election", "category": "election", "title": "支部委员会换届", "on": "2026-03-15"}


def states(office: Office, matter: str = "2026-dues", who: str = "干事") -> dict[str, tuple[str, str | None]]:
    people = office.ask(who, "matter.show", matter=matter).people
    return {line.name: (line.state, line.side) for line in people}


def test_each_member_is_informed_not_reached_or_unknown_whoever_confirmed_it() -> None:
    origin, destination = offices(agreed=True)
    for number in (1, 2, 3):
        admitted(origin, destination, number)
    floating(origin, 4, roster=roster_row(4))
    told = origin.ask("干事", "matter.announce", **MATTER)
    assert (told.members, told.relayed_count) == (4, 1)
    exchanged(origin, destination)
    assert {state for state, _ in states(destination).values()} == {"unknown"}
    destination.ask("支部", "matter.inform", matter="2026-dues", people=["巴特尔·乙"])
    destination.ask("支部", "matter.inform", matter="2026-dues", people=["巴特尔·丙"], outcome="not_reached")
    origin.ask("支部", "matter.inform", matter="2026-dues", people=["巴特尔·戊"])
    exchanged(origin, destination)
    assert states(origin) == {
        "巴特尔·乙": ("informed", "destination"),
        "巴特尔·丙": ("not_reached", "destination"),
        "巴特尔·丁": ("unknown", None),
        "巴特尔·戊": ("informed", "origin"),
    }
    (line,) = origin.ask("干事", "matter.list").matters
    assert (line.informed, line.not_reached, line.unknown) == (2, 1, 1)
    (there,) = destination.ask("干事", "matter.list").matters
    assert (there.informed, there.not_reached, there.unknown) == (1, 1, 1)
    assert destination.find(MatterReach) == []


def test_what_the_origins_own_people_confirm_stays_there_and_outweighs_that_the_destination_did_not_reach_them() -> (
    None
):
    origin, destination = offices(agreed=True)
    admitted(origin, destination)
    origin.ask("干事", "matter.announce", **MATTER)
    exchanged(origin, destination)
    destination.ask("支部", "matter.inform", matter="2026-dues", people=["巴特尔"], outcome="not_reached")
    exchanged(origin, destination)
    before = len(origin.node.log())
    origin.ask("支部", "matter.inform", matter="2026-dues", people=["巴特尔"])
    assert len(origin.node.log()) == before
    assert states(origin) == {"巴特尔·乙": ("informed", "origin")}
    assert states(destination) == {"巴特尔·乙": ("not_reached", "destination")}


def test_an_election_is_told_of_before_its_day_relayed_and_answered() -> None:
    origin, destination = offices(agreed=True)
    admitted(origin, destination)
    assert origin.refusal("干事", "matter.announce", **{**ELECTION, "on": "2026-03-01"}) == "D-matter-notice"
    origin.ask("干事", "matter.announce", **ELECTION)
    exchanged(origin, destination)
    (line,) = destination.ask("支部", "matter.list").matters
    assert (line.category, line.on, line.peer) == ("election", "2026-03-15", origin.node.committee.card.title)
    destination.ask("支部", "matter.inform", matter="2026-election", people=["巴特尔"], reply="cannot_attend")
    exchanged(origin, destination)
    (person,) = origin.ask("支部", "matter.show", matter="2026-election").people
    assert (person.state, person.reply, person.side) == ("informed", "cannot_attend", "destination")


@pytest.mark.parametrize("field", ["vote", "ballot", "candidate", "result"])
def test_the_destination_cannot_record_a_vote(field: str) -> None:
    origin, destination = offices(agreed=True)
    admitted(origin, destination)
    origin.ask("干事", "matter.announce", **ELECTION)
    exchanged(origin, destination)
    with pytest.raises(SchemaError, match="S-request"):
        destination.ask("支部", "matter.inform", matter="2026-election", people=["巴特尔"], **{field: "王芳"})
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"matter": "m", "outcome": "informed", "on": "2026-03-01", field: "王芳"}, MatterPassedOn)
    assert set(MatterPassedOn.__struct_fields__) == {"matter", "outcome", "on", "reply"}


def test_a_branch_announces_to_its_own_members_and_the_destination_sees_no_others() -> None:
    origin, destination = offices(agreed=True)
    admitted(origin, destination, 1)
    floating(origin, 2, SECOND, roster=roster_row(2))
    told = origin.ask("邻支部", "matter.announce", **MATTER)
    assert (told.members, told.relayed_count) == (1, 0)
    origin.ask("支部", "matter.announce", **{**MATTER, "matter": "own"})
    exchanged(origin, destination)
    assert set(states(destination, "own")) == {"巴特尔·乙"}
    assert destination.node.record("matter/0/own")["effective"]["branches"] == ["第一党支部"]
    assert origin.refusal("邻支部", "matter.inform", matter="own", people=["巴特尔"]) == "D-matter-unknown"
    assert set(states(origin, "own")) == {"巴特尔·乙"}
    assert states(origin, "2026-dues", "邻支部") == {"巴特尔·丙": ("unknown", None)}


def test_a_partner_learns_only_of_branches_whose_members_are_with_it() -> None:
    origin, destination = offices(agreed=True)
    below = f"{BRANCH}01"
    origin.put(Body(code=below, full_name="第三党支部", short_name="三支部", category="branch", parent_code=BRANCH))
    admitted(origin, destination)
    floating(origin, 3, below, roster_row(3))
    told = origin.ask("支部", "matter.announce", **{**MATTER, "matter": "two"})
    assert (told.members, told.relayed_count) == (2, 1)
    exchanged(origin, destination)
    assert destination.node.record("matter/0/two")["effective"]["branches"] == ["第一党支部"]


def test_what_the_origin_tells_its_members_itself_goes_to_no_partner_and_is_due_here() -> None:
    origin, destination = offices(agreed=True)
    admitted(origin, destination)
    before = len(origin.node.log())
    assert origin.ask("干事", "matter.announce", **MATTER, here_only=True).relayed_count == 0
    assert len(origin.node.log()) == before
    assert states(origin) == {"巴特尔·乙": ("unknown", None)}
    assert origin.ask("支部", "today.list", kind="matter").total == 1


def test_a_number_is_used_once_and_two_committees_with_one_number_are_told_apart() -> None:
    origin, destination = offices(agreed=True)
    admitted(origin, destination)
    origin.ask("干事", "matter.announce", **MATTER)
    assert origin.refusal("干事", "matter.announce", **MATTER) == "D-matter-known"
    destination.ask("干事", "matter.announce", **MATTER)
    exchanged(origin, destination)
    asked = {"matter": "2026-dues", "people": ["巴特尔"]}
    assert destination.refusal("支部", "matter.inform", **asked) == "D-matter-ambiguous"
    peer = origin.node.identity.node_id[:8]
    assert destination.ask("支部", "matter.inform", **asked, peer=peer).recorded == 1
    assert origin.refusal("干事", "matter.inform", matter="x", people=["巴特尔"]) == "D-matter-unknown"
    reply = {**asked, "peer": peer, "reply": "will_attend"}
    assert destination.refusal("支部", "matter.inform", **reply) == "D-matter-reply"


def test_who_has_to_be_told_is_due_at_the_side_that_can_reach_them() -> None:
    origin, destination = offices(agreed=True)
    subject = admitted(origin, destination)
    home = floating(origin, 4, roster=roster_row(4))
    origin.ask("干事", "matter.announce", **MATTER)
    exchanged(origin, destination)
    (here,) = origin.ask("支部", "today.list", kind="matter").lines
    assert (here.who, here.due_on, here.command) == (
        "巴特尔·戊",
        "2026-03-20",
        f"gongguan matter inform 2026-dues {home}",
    )
    (there,) = destination.ask("支部", "today.list", kind="matter").lines
    assert (there.subject, there.overdue) == (subject, False)
    on("2026-03-21", origin, destination)
    assert destination.ask("支部", "today.list", kind="matter").overdue == 1
    destination.ask("支部", "matter.inform", matter="2026-dues", people=[subject])
    assert destination.ask("支部", "today.list", kind="matter").total == 0
    assert destination.ask("邻支部", "today.list", kind="matter").total == 0
