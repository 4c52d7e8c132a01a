"""Education: a delegation is answered, held, or overdue; what did not reach a member is told from what nobody knows."""

import pytest

from gongguan.node.operations import every
from gongguan.sync.records import LearningReach
from tests.sync.offices import Office, admitted, exchanged, floating, kinds_due, offices, on, roster_row

STUDY = {"topic": "全会精神", "due_on": "2026-03-20"}
NAMES = ("巴特尔·乙", "巴特尔·丙", "巴特尔·丁")


def states(side: Office) -> list[tuple[str, str]]:
    return [(line.direction, line.state) for line in side.ask("干事", "study.list").studies]


def coverage(side: Office, **asked: object) -> dict[str, str]:
    shown = side.ask("支部", "education.coverage", **{"quarter": "2026Q1", **asked})
    return {line.name: line.state for line in shown.lines}


def test_a_delegation_is_accepted_and_held_and_its_result_lists_attendance_on_both_nodes() -> None:
    origin, destination = offices(agreed=True)
    for number in (1, 2, 3):
        admitted(origin, destination, number)
    on("2026-03-02", origin, destination)
    asked = origin.ask("干事", "study.delegate", **STUDY)
    assert states(origin) == [("sent", "asked")]
    exchanged(origin, destination)
    assert ("study", "2026-03-20") in kinds_due(destination)
    destination.ask("支部", "study.answer", delegation=asked.delegation, answer="accept")
    exchanged(origin, destination)
    assert states(origin) == [("sent", "accepted")]
    assert states(destination) == [("received", "accepted")]
    on("2026-03-18", origin, destination)
    held = destination.ask("支部", "study.hold", delegation=asked.delegation, held_on="2026-03-18", present=[NAMES[0]])
    assert held.told_attended == 1
    absent = {"event": asked.event, "activity": "study", "on": "2026-03-18", "attendance": "confirmed_absent"}
    (subject,) = [line.subject for line in destination.ask("干事", "movement.list", name=NAMES[1]).movements]
    destination.ask("支部", "entry.life", subject=subject, absence_reason="work", **absent)
    exchanged(origin, destination)
    for side in (origin, destination):
        shown = side.ask("支部", "study.show", delegation=asked.delegation)
        assert (shown.study.state, shown.study.held_on, shown.study.told_attended) == ("done", "2026-03-18", 1)
        assert {line.name: line.attendance for line in shown.people} == {
            NAMES[0]: "confirmed",
            NAMES[1]: "confirmed_absent",
            NAMES[2]: "unknown",
        }
    assert ("study", "2026-03-20") not in kinds_due(destination)
    assert coverage(origin) == {NAMES[0]: "reached", NAMES[1]: "not_reached", NAMES[2]: "unknown"}


def test_a_delegation_is_declined_with_a_reason_and_only_by_the_side_that_was_asked() -> None:
    origin, destination = offices(agreed=True)
    admitted(origin, destination)
    asked = origin.ask("干事", "study.delegate", **STUDY)
    exchanged(origin, destination)
    answer = {"delegation": asked.delegation, "answer": "decline"}
    assert destination.refusal("支部", "study.answer", **answer) == "D-study-reason"
    assert origin.refusal("支部", "study.answer", **answer, reason="no_place") == "D-study-unknown"
    destination.ask("支部", "study.answer", **answer, reason="no_place")
    exchanged(origin, destination)
    (line,) = origin.ask("干事", "study.list").studies
    assert (line.state, line.reason) == ("declined", "no_place")


def test_an_unanswered_delegation_is_overdue_where_it_is_owed_and_unknown_where_nothing_was_heard() -> None:
    origin, destination = offices(agreed=True)
    admitted(origin, destination)
    origin.ask("干事", "study.delegate", **STUDY)
    exchanged(origin, destination)
    on("2026-03-21", origin, destination)
    assert states(destination) == [("received", "overdue")]
    assert states(origin) == [("sent", "unknown")]
    destination.ask("干事", "notice.send", topic="other", title="会商", text="请派人参加。")
    exchanged(origin, destination)
    assert states(origin) == [("sent", "overdue")]


def test_what_is_delegated_must_still_come_and_has_one_number() -> None:
    origin, destination = offices(agreed=True)
    admitted(origin, destination)
    on("2026-03-21", origin)
    assert origin.refusal("干事", "study.delegate", **STUDY) == "D-study-past"
    later = {**STUDY, "due_on": "2026-03-30", "event": "q1"}
    assert ("study_delegate", "2026-03-31") in kinds_due(origin)
    origin.ask("干事", "study.delegate", **later)
    assert ("study_delegate", "2026-03-31") not in kinds_due(origin)
    assert origin.refusal("干事", "study.delegate", **later) == "D-study-known"


def test_a_push_keeps_who_it_was_sent_to_and_who_confirmed_and_never_how_long_anybody_read() -> None:
    origin, _ = offices()
    for number in (1, 2, 3):
        floating(origin, number, roster=roster_row(number))
    on("2026-03-10", origin)
    assert ("push", "2026-03-31") in kinds_due(origin)
    pushed = origin.ask("支部", "education.push", topic="条例解读", on="2026-03-10")
    assert (pushed.sent, pushed.confirmed, pushed.unknown) == (3, 0, 0)
    assert ("push", "2026-03-31") not in kinds_due(origin)
    marked = origin.ask("支部", "education.mark", item=pushed.item, people=[NAMES[0]], state="confirmed")
    assert (marked.sent, marked.confirmed) == (2, 1)
    shown = origin.ask("支部", "education.show", item=pushed.item).people
    assert {line.name: line.state for line in shown} == dict(zip(NAMES, ("confirmed", "sent", "sent"), strict=True))
    assert set(LearningReach.__struct_fields__) == {"item_id", "person", "state", "on"}
    fields = {name for row in every().values() if row.family == "education" for name in row.request.__struct_fields__}
    assert not fields & {"minutes", "read_at", "opened_at", "duration"}


def test_material_is_received_not_received_or_unknown_for_each_member() -> None:
    origin, _ = offices()
    for number in (1, 2, 3):
        floating(origin, number, roster=roster_row(number))
    on("2026-03-10", origin)
    assert ("material", "2026-06-30") in kinds_due(origin)
    given = {"topic": "健康手册", "on": "2026-03-10", "material": "health_handbook"}
    item = origin.ask("支部", "education.deliver", **given, received=[NAMES[0]], not_reached=[NAMES[1]])
    assert (item.confirmed, item.not_reached, item.unknown) == (1, 1, 1)
    assert ("material", "2026-06-30") not in kinds_due(origin)
    (line,) = origin.ask("支部", "education.list").items
    assert (line.form, line.material, line.unknown) == ("material", "health_handbook", 1)
    assert coverage(origin) == dict(zip(NAMES, ("reached", "not_reached", "unknown"), strict=True))


def test_whom_education_did_not_reach_is_one_command_and_told_from_unknown_for_each_quarter() -> None:
    origin, destination = offices(agreed=True)
    for number in (1, 2, 3):
        admitted(origin, destination, number)
    on("2026-03-10", origin, destination)
    origin.ask("支部", "education.push", topic="条例解读", on="2026-03-10")
    assert set(coverage(origin).values()) == {"unknown"}
    (subject,) = [line.subject for line in destination.ask("干事", "movement.list", name=NAMES[2]).movements]
    life = {"event": "t-1", "activity": "theme_day", "on": "2026-03-05"}
    destination.ask("支部", "entry.life", subject=subject, **life)
    exchanged(origin, destination)
    given = {"topic": "就业指南", "on": "2026-03-10", "material": "job_guide"}
    origin.ask("支部", "education.deliver", **given, not_reached=[NAMES[0]])
    assert coverage(origin, state="not_reached") == {NAMES[0]: "not_reached"}
    assert coverage(origin, state="unknown") == {NAMES[1]: "unknown"}
    shown = origin.ask("支部", "education.coverage", quarter="2026Q1")
    assert (shown.members, shown.reached, shown.not_reached, shown.unknown) == (3, 1, 1, 1)
    on("2026-04-01", origin)
    assert set(coverage(origin, quarter="2026Q2").values()) == {"unknown"}
    assert origin.refusal("支部", "education.coverage", quarter="2026Q3") == "D-quarter-future"


@pytest.mark.parametrize("activity", ["volunteering", "other"])
def test_volunteering_is_no_education(activity: str) -> None:
    origin, destination = offices(agreed=True)
    subject = admitted(origin, destination)
    on("2026-03-10", origin, destination)
    destination.ask("支部", "entry.life", subject=subject, event="v-1", activity=activity, on="2026-03-05")
    exchanged(origin, destination)
    assert coverage(origin) == {NAMES[0]: "unknown"}
