"""The quarter's bulletin: four topics, each answered, numbered without gaps, and a missing one seen on both sides."""

from typing import Any

import msgspec
import pytest

from gongguan.protocol.messages.bulletin import BulletinSent
from tests import pairs
from tests.sync.agreements.signing import PARTNERS, settled
from tests.sync.offices import Office, admitted, exchanged, offices, on
from tests.sync.said import TOPICS


def states(office: Office, quarter: str, branch: str | None = None) -> dict[str, str]:
    """Direction → state of the bulletins of a quarter."""
    lines = office.ask("干事", "bulletin.list", quarter=quarter).bulletins
    return {line.direction: line.state for line in lines if line.branch == branch}


def send(office: Office, quarter: str, who: str = "干事", **changes: Any) -> Any:
    return office.ask(who, "bulletin.send", **{"quarter": quarter, **TOPICS, **changes})


def test_each_bulletin_answers_all_four_topics_and_that_there_is_nothing_is_said_as_such() -> None:
    origin, destination = offices(agreed=True)
    send(origin, "2026Q1")
    exchanged(origin, destination)
    (line,) = [line for line in destination.ask("干事", "bulletin.list").bulletins if line.state == "given"]
    assert line.topics == [
        "纳入管理情况：新接收 2 名。",
        "参加组织生活情况：主题党日 3 次。",
        "重大现实表现：本期无情况",
        "预备党员转正：本期无情况",
    ]
    body = destination.node.record("bulletin/0/committee/2026Q1")["effective"]
    assert body["conduct"] == {"answer": "nothing_to_report"}
    assert (
        origin.refusal("干事", "bulletin.send", quarter="2026Q1", **{**TOPICS, "conversion": "  "})
        == "D-bulletin-topic"
    )
    for left_out in TOPICS:
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert({name: value for name, value in body.items() if name != left_out}, BulletinSent)


def test_bulletins_are_numbered_without_gaps_and_a_corrected_one_keeps_its_number() -> None:
    origin, destination = offices(agreed=True)
    on("2026-07-10", origin, destination)
    numbers = [send(origin, quarter).number for quarter in ("2026Q1", "2026Q2", "2026Q1")]
    assert numbers == [1, 2, 1]
    send(origin, "2026Q2", conduct="一名党员受到表扬。")
    assert send(origin, "2026Q3").number == 3
    exchanged(origin, destination)
    received = [line for line in destination.ask("干事", "bulletin.list").bulletins if line.direction == "received"]
    assert [(line.quarter, line.number) for line in received] == [("2026Q3", 3), ("2026Q2", 2), ("2026Q1", 1)]
    assert "重大现实表现：一名党员受到表扬。" in received[1].topics


def test_a_missing_quarter_shows_on_both_sides_and_only_signed_evidence_makes_the_partner_late() -> None:
    origin, destination = offices(agreed=True)
    send(destination, "2026Q1")
    exchanged(origin, destination)
    on("2026-03-31", origin, destination)
    assert states(origin, "2026Q1") == {"sent": "not_yet", "received": "given"}
    on("2026-04-14", origin, destination)
    assert states(origin, "2026Q1")["sent"] == states(destination, "2026Q1")["received"] == "due"
    on("2026-04-15", origin, destination)
    assert states(origin, "2026Q1")["sent"] == "overdue"
    assert states(destination, "2026Q1")["received"] == "unknown", "nothing was heard since: it may be on its way"
    on("2026-04-16", origin)
    pairs.carry(origin.node, destination.node)
    origin.ask("干事", "notice.send", topic="other", title="会商", text="请准备。")
    exchanged(origin, destination)
    listed = destination.ask("干事", "bulletin.list")
    assert (listed.late_there, listed.late_here, listed.unknown) == (1, 0, 0)
    assert origin.ask("干事", "bulletin.list").late_here == 1
    send(origin, "2026Q1")
    exchanged(origin, destination)
    assert [office.ask("干事", "bulletin.list").late_there for office in (origin, destination)] == [0, 0]


def test_branches_of_a_partnership_and_the_origins_branches_with_members_there_owe_one_too() -> None:
    origin, destination = offices(agreed=True)
    admitted(origin, destination)
    settled(origin, destination, "partnership.propose", "支部", **{**PARTNERS, "branch_here": "第一党支部"})
    for office, ours in ((origin, "sent"), (destination, "received")):
        lines = office.ask("干事", "bulletin.list", quarter="2026Q1").bulletins
        branches = {(line.branch, line.direction == ours) for line in lines if line.branch}
        assert branches == {("第一党支部", True), ("临江社区党支部", False)}
    assert send(origin, "2026Q1", "支部", branch="第一党支部").number == 1
    exchanged(origin, destination)
    assert states(destination, "2026Q1", "第一党支部") == {"received": "given"}
    assert states(origin, "2026Q1") == {"sent": "not_yet", "received": "not_yet"}


def test_a_clerk_speaks_for_the_own_branch_only_and_a_text_holds_no_id_number() -> None:
    origin, _ = offices(agreed=True)
    request = {"quarter": "2026Q1", **TOPICS}
    assert origin.refusal("支部", "bulletin.send", **request) == "A-subtree"
    assert origin.refusal("支部", "bulletin.send", **request, branch="第二党支部") == "A-subtree"
    assert origin.refusal("干事", "bulletin.send", **{**request, "quarter": "2026Q2"}) == "D-quarter-future"
    text = {"conduct": "990521199003070019 表现好"}
    assert origin.refusal("干事", "bulletin.send", **{**request, **text}) == "D-notice-id-number"


def test_what_a_branch_wrote_is_read_by_its_own_people_and_the_committees_only() -> None:
    origin, _ = offices(agreed=True)
    send(origin, "2026Q1", "支部", branch="第一党支部", conduct="一名党员住院")

    def read_by(who: str) -> list[str | None]:
        return [line.branch for line in origin.ask(who, "bulletin.list", quarter="2026Q1").bulletins if line.topics]

    assert read_by("支部") == read_by("书记") == ["第一党支部"]
    assert read_by("邻支部") == read_by("只读") == []


def test_what_is_to_be_sent_is_on_the_list_of_today_once_the_quarter_is_over() -> None:
    origin, destination = offices(agreed=True)
    admitted(origin, destination)
    on("2026-04-01", origin, destination)
    commands = [line.command for line in origin.ask("干事", "today.list", kind="bulletin").lines]
    assert [command.split(" --peer")[0] for command in commands] == [
        "gongguan bulletin send --quarter 2026Q1",
        "gongguan bulletin send --quarter 2026Q1 --branch 第一党支部",
    ]
    assert origin.ask("支部", "today.list", kind="bulletin").total == 1
    send(origin, "2026Q1", "支部", branch="第一党支部")
    assert origin.ask("支部", "today.list", kind="bulletin").total == 0
