"""What is due is read from the records: who has to do it, by when, and what to type."""

from datetime import timedelta

import pytest

from gongguan.protocol.errors import ProtocolError
from gongguan.sync.due.due import DUES, TodayListed, kinds_meant
from gongguan.sync.roles import ROLES
from tests.sync.offices import Office, admission, admitted, exchanged, offices, ready


def due(office: Office, who: str = "干事", **asked: object) -> TodayListed:
    found: TodayListed = office.ask(who, "today.list", **asked)
    return found


def test_a_notice_is_due_until_it_is_answered_and_overdue_after_the_time_of_the_agreement() -> None:
    origin, destination = offices(agreed=True)
    subject = origin.ask("干事", "departure.notify", member_id=ready(origin, 1)).subject
    exchanged(origin, destination)
    (line,) = due(destination, kind="admission").lines
    assert (line.subject, line.overdue, line.who) == (subject, False, "巴特尔·乙")
    assert line.command == f"gongguan admission give {subject}"
    destination.node.now += timedelta(days=12)
    assert due(destination, kind="admission").overdue == 0
    destination.node.now += timedelta(days=1)
    assert due(destination, kind="admission").overdue == 1
    assert due(origin, kind="admission").total == 0
    destination.ask("干事", "admission.give", **admission(subject))
    assert due(destination, kind="admission").total == 0


def test_nobody_is_shown_what_lies_outside_the_own_bodies_or_is_not_theirs_to_do() -> None:
    origin, destination = offices(agreed=True)
    origin.ask("干事", "departure.notify", member_id=ready(origin, 1))
    exchanged(origin, destination)
    assert due(destination, "支部", kind="admission").total == 0
    assert due(destination, "只读", kind="admission").total == 0
    assert destination.refusal("管理员", "today.list") == "A-role"


def test_every_kind_of_work_has_a_title_in_both_languages_and_a_role() -> None:
    for row in DUES.values():
        assert row.zh
        assert row.en.isascii()
        assert row.roles <= ROLES.keys()


def test_the_feedback_of_the_last_quarter_is_due_at_the_destination_until_it_is_given() -> None:
    origin, destination = offices(agreed=True)
    subject = admitted(origin, destination)
    assert due(destination, kind="feedback").total == 0
    destination.node.now += timedelta(days=31)
    (line,) = due(destination, "支部", kind="feedback").lines
    assert (line.due_on, line.overdue, line.command) == (
        "2026-04-14",
        False,
        f"gongguan feedback give {subject} --quarter 2026Q1",
    )
    assert due(origin, kind="feedback").total == 0
    destination.ask("支部", "feedback.give", subject=subject, quarter="2026Q1", conduct="good")
    assert due(destination, "支部", kind="feedback").total == 0


def test_one_kind_is_named_by_its_title_or_a_part_and_what_fits_none_is_refused_with_the_list() -> None:
    assert kinds_meant("季度定期联系") == kinds_meant("quarterly") == {"quarterly"}
    assert {"quarterly", "festival"} < kinds_meant("联系")
    assert "notice" not in kinds_meant("联系")
    with pytest.raises(ProtocolError, match="D-due-kind") as caught:
        kinds_meant("考勤")
    assert "季度定期联系（quarterly）" in str(caught.value.facts["allowed"])
