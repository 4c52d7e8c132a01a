"""Quarterly feedback: counts that are known, and lateness that only facts on record show."""

import msgspec

from gongguan.sync.performance.feedback import (
    FeedbackLine,
    span_of,
)
from gongguan.sync.records import MobilityPeriod
from tests.sync.at_work import MEMBER, OTHER, at_work
from tests.sync.offices import Office, exchanged, on

NOTICE = {"topic": "other", "title": "会商", "text": "请派人参加四月的会商。"}


def line(side: Office, quarter: str = "2026Q1") -> FeedbackLine:
    (found,) = side.ask("干事", "feedback.list", quarter=quarter).members
    assert isinstance(found, FeedbackLine)
    return found


def test_a_quarter_ends_with_its_last_day_and_is_due_ten_working_days_later() -> None:
    first, last, due_by = span_of("2026Q4")
    assert (first.isoformat(), last.isoformat(), due_by.isoformat()) == ("2026-10-01", "2026-12-31", "2027-01-14")


def test_feedback_counts_what_was_entered_and_leaves_out_what_nobody_knows() -> None:
    origin, destination = at_work()
    life = {"subject": MEMBER, "activity": "theme_day", "on": "2026-03-05"}
    destination.ask("干事", "entry.life", event="a", **life)
    destination.ask("干事", "entry.life", event="b", attendance="confirmed_absent", absence_reason="work", **life)
    destination.ask("干事", "feedback.give", subject=MEMBER, quarter="2026Q1", conduct="good")
    exchanged(origin, destination)
    seen = line(origin)
    assert (seen.state, seen.conduct, seen.activities_attended) == ("received", "good", 1)
    assert (seen.meetings_attended, seen.volunteering, seen.contacts_made) == (None, None, None)
    given = line(destination)
    assert (seen.source, given.source) == ("signed", "own")
    assert msgspec.structs.replace(given, managed_by="origin", name=seen.name, source="signed") == seen


def test_only_own_entries_of_the_quarter_are_counted() -> None:
    origin, destination = at_work()
    life = {"subject": MEMBER, "activity": "study"}
    destination.ask("干事", "entry.life", event="march", on="2026-03-05", **life)
    origin.ask("干事", "entry.life", event="theirs", on="2026-03-06", **life)
    exchanged(origin, destination)
    on("2026-04-02", destination)
    destination.ask("干事", "entry.life", event="april", on="2026-04-01", **life)
    for quarter in ("2026Q1", "2026Q2"):
        made = destination.ask("干事", "feedback.give", subject=MEMBER, quarter=quarter, conduct="good")
        assert made.meetings_attended == 1, quarter


def test_a_count_that_a_person_gives_goes_before_the_computed_one() -> None:
    _, destination = at_work()
    made = destination.ask(
        "干事",
        "feedback.give",
        subject=MEMBER,
        quarter="2026Q1",
        conduct="normal",
        activities_attended=3,
        contacts_made=0,
    )
    assert (made.activities_attended, made.contacts_made, made.volunteering) == (3, 0, None)


def test_one_command_feeds_back_on_everybody_managed_here_who_has_none() -> None:
    origin, destination = at_work(members=(MEMBER, OTHER))
    destination.ask("干事", "feedback.give", subject=MEMBER, quarter="2026Q1", conduct="good")
    made = destination.ask("干事", "feedback.give_all", quarter="2026Q1")
    assert (made.given, made.already, made.without_counts) == (1, 1, 1)
    exchanged(origin, destination)
    listed = origin.ask("干事", "feedback.list", quarter="2026Q1")
    assert (listed.received, {item.conduct for item in listed.members}) == (2, {"good", "not_known"})


def test_the_origin_does_not_feed_back_and_a_quarter_to_come_has_none() -> None:
    origin, destination = at_work()
    fields = {"subject": MEMBER, "conduct": "good"}
    assert origin.refusal("干事", "feedback.give", quarter="2026Q1", **fields) == "D-not-destination"
    assert destination.refusal("干事", "feedback.give", quarter="2026Q2", **fields) == "D-quarter-future"


def test_missing_feedback_is_not_yet_due_then_due_then_overdue_at_the_side_that_owes_it() -> None:
    _, destination = at_work()
    states = []
    for day in ("2026-03-31", "2026-04-01", "2026-04-14", "2026-04-15"):
        on(day, destination)
        states.append((line(destination).state, line(destination).late_side))
    assert states == [("not_yet", None), ("due", None), ("due", None), ("overdue", "destination")]


def test_a_partner_that_has_not_been_heard_since_the_due_date_is_not_late_but_unknown() -> None:
    origin, destination = at_work()
    for side in (origin, destination):
        on("2026-04-20", side)
    destination.ask("干事", "feedback.give", subject=MEMBER, quarter="2026Q1", conduct="good")
    assert (line(origin).state, line(origin).late_side) == ("unknown", None)
    exchanged(origin, destination)
    assert line(origin).state == "received"


def test_a_partner_that_was_heard_after_the_due_date_without_feedback_is_late() -> None:
    origin, destination = at_work()
    for side in (origin, destination):
        on("2026-04-20", side)
    destination.ask("干事", "notice.send", **NOTICE)
    exchanged(origin, destination)
    assert (line(origin).state, line(origin).late_side) == ("overdue", "destination")


def test_being_heard_on_the_due_date_itself_makes_nobody_late() -> None:
    origin, destination = at_work()
    on("2026-04-14", destination)
    destination.ask("干事", "notice.send", **NOTICE)
    exchanged(origin, destination)
    on("2026-04-20", origin)
    assert line(origin).state == "unknown"


def test_no_feedback_is_expected_of_a_quarter_before_the_arrival() -> None:
    origin, _ = at_work()
    assert origin.ask("干事", "feedback.list", quarter="2025Q4").members == []


def test_another_branch_sees_and_gives_nothing() -> None:
    _, destination = at_work()
    assert destination.ask("邻支部", "feedback.list", quarter="2026Q1").members == []
    assert destination.ask("邻支部", "feedback.give_all", quarter="2026Q1").given == 0
    assert destination.ask("支部", "feedback.give_all", quarter="2026Q1").given == 1


def test_a_member_without_a_managing_body_is_the_whole_committees() -> None:
    _, destination = at_work()

    def release(store):  # type: ignore[no-untyped-def]
        (period,) = store.find(MobilityPeriod, subject=MEMBER)
        store.put(msgspec.structs.replace(period, body_code=None))

    destination.node.database.write(release)
    assert destination.ask("支部", "feedback.list", quarter="2026Q1").members == []
    assert len(destination.ask("干事", "feedback.list", quarter="2026Q1").members) == 1
