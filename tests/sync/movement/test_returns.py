"""How a mobility period ends: what does not match is listed first, and both accounts of the stay are kept."""

from typing import Any

import pytest

from gongguan.protocol.errors import ProtocolError
from gongguan.sync.act import Rejected
from gongguan.sync.records import LogMessage, Member, Task
from tests.sync.offices import Office, admitted, exchanged, offices

ENDED = {"ended_on": "2026-02-28", "reason": "returned"}
THEME = {"activity": "theme_day", "on": "2026-02-27", "event": "2026-02-theme"}


def stayed() -> tuple[Office, Office, str]:
    """A member who took part twice and paid once at the destination."""
    origin, destination = offices(agreed=True)
    subject = admitted(origin, destination)
    destination.ask("支部", "entry.life", subject=subject, **THEME)
    lesson = {"activity": "regular_meeting", "on": "2026-02-26", "event": "2026-02-meeting"}
    destination.ask("支部", "entry.life", subject=subject, **lesson)
    destination.ask("支部", "entry.dues", subject=subject, month="2026-02", paid_on="2026-02-26")
    exchanged(origin, destination)
    return origin, destination, subject


def end(origin: Office, subject: str, **more: object) -> list[str]:
    return entries(origin.ask("支部", "movement.return", subject=subject, **ENDED, **more))


def entries(answer: Any) -> list[str]:
    """What an answer lists as unmatched."""
    return [line.entry for line in answer.unmatched]


def states(*sides: Office) -> list[str]:
    return [side.ask("干事", "movement.list").movements[0].state for side in sides]


def test_a_return_closes_the_period_on_both_nodes() -> None:
    origin, destination, subject = stayed()

    assert end(origin, subject) == []
    exchanged(origin, destination)

    assert states(origin, destination) == ["ended", "ended"]
    assert origin.find(Member)[0].floating is False


def test_what_stands_in_the_certificate_and_not_on_record_is_listed_before_closing() -> None:
    origin, _, subject = stayed()
    paper = {"paper_life": ["2026-02-27", "2026-02-20"], "paper_dues": ["2026-02", "2026-01"]}

    found = entries(origin.ask("支部", "movement.check", subject=subject, **paper))
    assert found == [
        "组织生活 2026-02-20：证上有记载，系统里没有",
        "组织生活 2026-02-26：系统里有记载，证上没有",
        "党费 2026-01：证上有记载，系统里没有",
    ]
    with pytest.raises(Rejected) as refused:
        end(origin, subject)
    assert refused.value.code == "D-return-unmatched"
    assert states(origin) == ["admitted"]

    assert end(origin, subject, unmatched_seen=True) == found


def test_a_conflict_that_is_open_is_listed_before_closing() -> None:
    origin, destination, subject = stayed()
    absent = {"attendance": "confirmed_absent", "absence_reason": "work"}
    origin.ask("支部", "entry.life", subject=subject, **THEME, **absent)
    exchanged(origin, destination)

    with pytest.raises(ProtocolError):
        end(origin, subject)
    assert entries(origin.ask("支部", "movement.closing", subject=subject)) == [
        "双方不一致，尚未处理：组织生活 2026-02-theme"
    ]


def test_closing_asks_the_destination_for_a_summary_and_keeps_the_members_own_account_beside_it() -> None:
    origin, destination, subject = stayed()
    assert destination.refusal("支部", "movement.summarise", subject=subject, conduct="good") == "D-movement-state"
    end(origin, subject)
    exchanged(origin, destination)
    assert [task.kind for task in destination.find(Task, state="open")] == ["give_summary"]

    destination.ask("支部", "movement.summarise", subject=subject, conduct="good")
    origin.ask("支部", "movement.account", subject=subject, text="在工地干了一年，参加了两次活动。")
    exchanged(origin, destination)

    closing = origin.ask("支部", "movement.closing", subject=subject)
    assert closing.summary.conduct == "good"
    assert (closing.summary.meetings_attended, closing.summary.activities_attended) == (1, 1)
    assert closing.summary.dues_months == 1
    assert closing.summary.volunteering is None, "nothing was entered, so it is unknown"
    assert closing.own_account == "在工地干了一年，参加了两次活动。"
    assert destination.find(Task, state="open") == []
    assert destination.ask("支部", "movement.closing", subject=subject).own_account is None
    assert all("工地".encode() not in row.data for row in (*origin.find(LogMessage), *destination.find(LogMessage)))


def test_of_somebody_who_was_never_admitted_or_died_no_summary_is_asked() -> None:
    origin, destination, subject = stayed()
    origin.ask("支部", "movement.return", subject=subject, ended_on="2026-02-28", reason="died")
    exchanged(origin, destination)

    assert destination.find(Task, state="open") == []


def due(office: Office, kind: str) -> list[str]:
    return [line.due_on for line in office.ask("支部", "today.list", kind=kind).lines]


def test_the_certificate_is_to_be_checked_and_the_stay_summed_up_within_ten_working_days() -> None:
    origin, destination, subject = stayed()
    end(origin, subject)
    exchanged(origin, destination)
    assert (due(origin, "certificate"), due(destination, "summary")) == (["2026-03-13"], ["2026-03-13"])

    origin.ask("支部", "movement.check", subject=subject, paper_dues=["2026-02"])
    destination.ask("支部", "movement.summarise", subject=subject, conduct="normal")

    assert (due(origin, "certificate"), due(destination, "summary")) == ([], [])


def test_each_side_closes_only_its_own_part() -> None:
    origin, destination, subject = stayed()

    assert destination.refusal("支部", "movement.check", subject=subject) == "D-not-origin"
    assert destination.refusal("支部", "movement.account", subject=subject, text="……") == "D-not-origin"
    end(origin, subject)
    assert origin.refusal("支部", "movement.summarise", subject=subject, conduct="good") == "D-not-destination"
    assert origin.refusal("邻支部", "movement.closing", subject=subject) == "A-subtree"
