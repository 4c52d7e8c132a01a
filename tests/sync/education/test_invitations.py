"""Activities: floating members are invited by default, replies come before, attendance has three states."""

import pytest

from gongguan.sync.act import Rejected
from gongguan.sync.labels import ROWS_SHOWN_MAX
from gongguan.sync.records import ActivityInvitation, LearningItem, PlannedActivity
from tests.sync.offices import (
    BRANCH,
    SECOND,
    Office,
    admitted,
    exchanged,
    floating,
    kinds_due,
    offices,
    on,
    ready,
    roster_row,
)
from tests.sync.said import quarterly

THEME = {"title": "春季主题党日", "activity": "theme_day", "on": "2026-03-20"}


def reported(origin: Office, member: str, day: str) -> None:
    """The member says when the journey begins."""
    named = {"member_id": member, "left_on": day, "destination_place": "990202", "reason": "work"}
    origin.ask("干事", "departure.report", **named)


def shown(side: Office, event: str) -> dict[str, str]:
    return {line.name: line.attendance for line in side.ask("干事", "activity.show", event=event).people}


def test_floating_members_are_in_the_plan_of_a_branch_by_default_and_left_out_only_by_name() -> None:
    origin, destination = offices(agreed=True)
    for number in (1, 2):
        admitted(origin, destination, number)
    on("2026-03-10", origin, destination)
    planned = destination.ask("支部", "activity.plan", **THEME)
    assert (planned.invited, planned.no_reply) == (2, 2)
    fewer = destination.ask("支部", "activity.plan", **THEME, without=["巴特尔·乙"])
    assert set(shown(destination, fewer.event)) == {"巴特尔·丙"}
    assert destination.ask("邻支部", "activity.plan", **THEME).invited == 0
    assert destination.refusal("邻支部", "activity.show", event=planned.event) == "D-activity-unknown"


def test_a_branch_sees_its_own_activities_and_pushes_however_many_the_other_branches_have() -> None:
    origin, _ = offices()
    floating(origin, 1, roster=roster_row(1))
    on("2026-03-10", origin)
    activity = {"activity": "study", "title": "学习", "mode": "in_person", "theme": None, "planned_on": "2026-03-01"}
    push = {"form": "push", "topic": "学习", "material": None}
    for number in range(ROWS_SHOWN_MAX):
        fields = {"body_code": SECOND, "on": "2026-03-02"}
        origin.put(
            PlannedActivity(event=f"e{number}", **fields, **activity),  # type: ignore[arg-type]
            LearningItem(item_id=f"{number:032x}", **fields, **push),  # type: ignore[arg-type]
        )
    planned = origin.ask("支部", "activity.plan", **THEME)
    pushed = origin.ask("支部", "education.push", topic="党章", on="2026-03-09")
    assert [line.event for line in origin.ask("支部", "activity.list").activities] == [planned.event]
    assert [line.item for line in origin.ask("支部", "education.list").items] == [pushed.item]
    # Whoever sees all branches is told how many there are beside the first of them.
    for name, rows in (("activity.list", "activities"), ("education.list", "items")):
        listed = origin.ask("干事", name, limit=3)
        assert (listed.total, len(getattr(listed, rows))) == (ROWS_SHOWN_MAX + 1, 3)


def test_invitations_and_replies_come_before_the_event_and_are_no_attendance() -> None:
    origin, _ = offices()
    floating(origin, 1, roster=roster_row(1))
    floating(origin, 2, roster=roster_row(2))
    on("2026-03-10", origin)
    event = origin.ask("支部", "activity.plan", **THEME, without=["巴特尔·丙"]).event
    assert (
        origin.refusal("支部", "activity.reply", event=event, people=["巴特尔·丙"], reply="will_come")
        == "D-activity-uninvited"
    )
    origin.ask("支部", "activity.invite", event=event, people=["巴特尔·丙"])
    replied = origin.ask("支部", "activity.reply", event=event, people=["巴特尔·乙"], reply="will_come")
    assert (replied.invited, replied.will_come, replied.no_reply) == (2, 1, 1)
    assert [row.invited_on for row in origin.find(ActivityInvitation)] == ["2026-03-10", "2026-03-10"]
    assert origin.refusal("支部", "activity.attend", event=event, present=["巴特尔·乙"]) == "D-date-future"
    on("2026-03-21", origin)
    assert shown(origin, event) == {"巴特尔·乙": "unknown", "巴特尔·丙": "unknown"}
    assert (
        origin.refusal("支部", "activity.reply", event=event, people=["巴特尔·乙"], reply="will_come")
        == "D-activity-past"
    )
    assert origin.refusal("支部", "activity.plan", **THEME) == "D-activity-past"


def test_a_whole_activity_is_entered_in_one_operation_and_who_is_not_named_stays_unknown_on_both_nodes() -> None:
    origin, destination = offices(agreed=True)
    subjects = [admitted(origin, destination, number) for number in (1, 2, 3)]
    on("2026-03-10", destination)
    event = destination.ask("支部", "activity.plan", **THEME, mode="online").event
    on("2026-03-20", origin, destination)
    absent = {"person": "巴特尔·丙", "attendance": "confirmed_absent", "absence_reason": "work"}
    missed = {"absent": ["巴特尔·丙"], "absence_reason": "work"}
    kept = destination.ask("支部", "activity.attend", event=event, present=["巴特尔·乙"], **missed)
    assert (kept.confirmed, kept.confirmed_absent, kept.unknown, kept.told) == (1, 1, 1, 2)
    exchanged(origin, destination)
    assert shown(destination, event) == {
        "巴特尔·乙": "confirmed",
        "巴特尔·丙": "confirmed_absent",
        "巴特尔·丁": "unknown",
    }
    states = [
        [(line.attendance, line.mode) for line in origin.ask("支部", "activity.history", person=subject).lines]
        for subject in subjects
    ]
    assert states == [[("confirmed", "online")], [("confirmed_absent", "online")], []]
    again = destination.ask("支部", "activity.attend", event=event, present=["巴特尔·乙"], rows=[absent])
    assert (again.confirmed, again.told) == (1, 0)


def test_attendance_goes_in_whole_or_not_at_all_and_needs_a_reason_with_a_confirmed_absence() -> None:
    origin, _ = offices()
    floating(origin, 1, roster=roster_row(1))
    on("2026-03-10", origin)
    event = origin.ask("支部", "activity.plan", **THEME).event
    on("2026-03-20", origin)
    rows = [{"person": "巴特尔·乙", "attendance": "confirmed_absent"}, {"person": "无此人"}]
    with pytest.raises(Rejected) as caught:
        origin.ask("支部", "activity.attend", event=event, present=["巴特尔·乙"], rows=rows)
    refused = [(row.row, row.code) for row in caught.value.detail().refused]  # type: ignore[attr-defined]
    assert refused == [(2, "D-entry-absence-reason"), (3, "D-person-unknown")]
    assert shown(origin, event) == {"巴特尔·乙": "unknown"}
    with pytest.raises(Exception, match="Invalid enum value"):
        origin.ask("支部", "activity.attend", event=event, rows=[{"person": "巴特尔·乙", "attendance": "unknown"}])
    assert origin.refusal("支部", "activity.attend", event=event) == "D-activity-nobody"


def test_unknown_and_confirmed_absent_give_different_tasks_and_a_contact_ends_them() -> None:
    origin, destination = offices(agreed=True)
    subjects = [admitted(origin, destination, number) for number in (1, 2, 3)]
    on("2026-03-20", origin, destination)
    event = destination.ask("支部", "activity.plan", **THEME).event
    absent = {"person": subjects[1], "attendance": "confirmed_absent", "absence_reason": "illness"}
    destination.ask("支部", "activity.attend", event=event, present=[subjects[0]], rows=[absent])
    exchanged(origin, destination)
    on("2026-04-10", origin)

    def tasks(kind: str) -> list[str | None]:
        return [line.subject for line in origin.ask("支部", "today.list", kind=kind).lines]

    assert tasks("attendance_unknown") == [subjects[2]]
    assert tasks("attendance_absent") == [subjects[1]]
    for subject in subjects[1:]:
        origin.ask("支部", "contact.record", **quarterly(subject, "2026-04-10"))
    assert tasks("attendance_unknown") == tasks("attendance_absent") == []


def test_who_came_is_to_be_entered_until_it_was() -> None:
    origin, _ = offices()
    floating(origin, 1, roster=roster_row(1))
    on("2026-03-10", origin)
    event = origin.ask("支部", "activity.plan", **THEME).event
    assert ("attendance_entry", "2026-03-25") not in kinds_due(origin)
    on("2026-03-21", origin)
    assert ("attendance_entry", "2026-03-25") in kinds_due(origin)
    origin.ask("支部", "activity.attend", event=event, present=["巴特尔·乙"])
    assert ("attendance_entry", "2026-03-25") not in kinds_due(origin)
    (line,) = origin.ask("支部", "activity.list").activities
    assert (line.invited, line.confirmed, line.unknown) == (1, 1, 0)


def test_a_member_with_several_periods_keeps_one_history_of_what_was_attended_and_how() -> None:
    origin, destination = offices(agreed=True)
    subject = admitted(origin, destination, 1)
    on("2026-03-05", origin, destination)
    life = {"activity": "study", "subject": subject}
    destination.ask("支部", "entry.life", event="s-1", on="2026-03-04", mode="in_person", **life)
    exchanged(origin, destination)
    origin.ask("干事", "movement.return", subject=subject, ended_on="2026-03-05", reason="returned")
    home = origin.ask("支部", "activity.plan", **{**THEME, "on": "2026-03-07"}, mode="online")
    assert home.invited == 0
    on("2026-04-01", origin, destination)
    member = origin.ask("干事", "movement.show", subject=subject).member_id
    origin.ask(
        "干事", "departure.report", member_id=member, left_on="2026-03-25", destination_place="990202", reason="work"
    )
    assert origin.ask("干事", "departure.notify", member_id=member).subject == subject
    exchanged(origin, destination)
    origin.ask("支部", "entry.life", event="s-2", on="2026-03-28", mode="online", **life)
    lines = origin.ask("支部", "activity.history", person=member).lines
    assert [(line.event, line.mode) for line in lines] == [("s-2", "online"), ("s-1", "in_person")]


def test_volunteering_says_what_it_is_for_and_any_activity_where_it_is_held() -> None:
    origin, _ = offices()
    floating(origin, 1, branch=BRANCH, roster=roster_row(1))
    on("2026-03-10", origin)
    assert origin.refusal("支部", "activity.plan", **THEME, theme="legal_publicity") == "D-activity-theme"
    help_out = {**THEME, "activity": "volunteering", "theme": "living_environment"}
    origin.ask("支部", "activity.plan", **help_out, event="both-1", venue="苏木文化站")
    assert origin.refusal("支部", "activity.plan", **help_out, event="both-1") == "D-activity-known"
    (line,) = origin.ask("支部", "activity.list").activities
    assert (line.theme, line.event, line.venue) == ("living_environment", "both-1", "苏木文化站")


def test_members_about_to_leave_are_invited_only_to_what_comes_after() -> None:
    origin, _ = offices()
    on("2026-03-01", origin)
    member = ready(origin, 1)
    origin.ask(
        "干事", "departure.report", member_id=member, left_on="2026-03-15", destination_place="990202", reason="work"
    )
    assert origin.ask("支部", "activity.plan", **{**THEME, "on": "2026-03-14"}).invited == 0
    assert origin.ask("支部", "activity.plan", **THEME).invited == 1


def test_where_the_two_sides_differ_nobody_is_counted_as_having_come() -> None:
    origin, destination = offices(agreed=True)
    subject = admitted(origin, destination)
    on("2026-03-10", origin, destination)
    event = destination.ask("支部", "activity.plan", **THEME).event
    on("2026-03-21", origin, destination)
    destination.ask("支部", "activity.attend", event=event, present=["巴特尔·乙"])
    entry = {"subject": subject, "event": event, "activity": "theme_day", "on": THEME["on"]}
    origin.ask("支部", "entry.life", attendance="confirmed_absent", absence_reason="work", **entry)
    exchanged(origin, destination)

    assert shown(destination, event) == {"巴特尔·乙": "conflict"}
    (line,) = destination.ask("支部", "activity.list").activities
    assert (line.confirmed, line.confirmed_absent, line.unknown) == (0, 0, 1)


def test_who_took_part_needs_no_number_of_an_event_where_one_was_planned_or_none() -> None:
    origin, destination = offices(agreed=True)
    subject = admitted(origin, destination)
    on("2026-03-10", origin, destination)
    event = destination.ask("支部", "activity.plan", **THEME).event
    on("2026-03-21", origin, destination)
    came = {"subjects": [subject], "activity": "theme_day", "on": THEME["on"]}
    assert destination.ask("支部", "entry.life_all", **came).event == event
    assert shown(destination, event) == {"巴特尔·乙": "confirmed"}
    assert destination.ask("支部", "entry.life_all", **{**came, "activity": "study"}).event == "2026-03-20-study"
    on("2026-03-19", destination)
    destination.ask("支部", "activity.plan", **THEME)
    on("2026-03-21", destination)
    assert destination.refusal("支部", "entry.life_all", **came) == "D-event-several"
