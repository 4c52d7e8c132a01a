"""How long answers take, what goes higher, and who is reminded to arrive (A-16, A-27, A-72)."""

from typing import get_args

from gongguan.protocol.messages.movement import RefusalReason
from gongguan.sync.records import Task
from tests.sync.offices import Office, admission, exchanged, later, one_noticed


def test_the_time_from_notice_to_admission_is_measured_and_listed_alike_on_both() -> None:
    origin, destination, subject = one_noticed()  # on Sunday 1 March
    later(5, origin, destination)
    destination.ask("干事", "admission.give", **admission(subject))
    exchanged(origin, destination)

    for side in (origin, destination):
        times = side.ask("干事", "admission.times")
        (line,) = times.lines
        assert (line.noticed_on, line.answered_on, line.days, line.limit) == ("2026-03-01", "2026-03-06", 5, 10)
        assert (times.answered, times.late, times.median) == (1, 0, 5)
    later(60, origin)
    assert origin.ask("干事", "admission.times").lines[0].days == 5, "an answered notice grows no older"


def test_an_answer_past_the_limit_is_listed_as_late_on_both() -> None:
    origin, destination, subject = one_noticed()
    later(16, origin, destination)
    destination.ask("干事", "admission.give", **admission(subject))
    exchanged(origin, destination)

    for side in (origin, destination):
        assert [(line.days, line.late) for line in side.ask("干事", "admission.times", late=True).lines] == [(12, True)]
    assert origin.ask("干事", "admission.cases").cases == []


def test_each_refusal_is_a_case_on_both_with_its_coded_reason_until_it_is_settled() -> None:
    origin, destination, subject = one_noticed()
    destination.ask("干事", "admission.refuse", subject=subject, reason="certificate_invalid")
    exchanged(origin, destination)

    for side in (origin, destination):
        cases = side.ask("干事", "admission.cases")
        (case,) = cases.cases
        assert (cases.refused, case.reason, case.certificate_number) == (1, "certificate_invalid", "H-1")
    assert [task.kind for task in origin.find(Task, state="open")] == ["handle_refusal"]
    (due,) = origin.ask("干事", "today.list", kind="refusal").lines
    assert (due.who, due.command) == ("巴特尔·乙", f"gongguan movement show {subject}")
    origin.ask("干事", "departure.notify", member_id=f"{1:032x}")
    exchanged(origin, destination)

    assert origin.ask("干事", "admission.cases").cases == destination.ask("干事", "admission.cases").cases == []
    assert origin.find(Task, state="open") == []
    assert origin.ask("干事", "today.list", kind="refusal").total == 0


def test_a_notice_that_is_not_answered_in_time_is_a_case_on_both() -> None:
    origin, destination, _ = one_noticed()
    later(14, origin, destination)
    assert origin.ask("干事", "admission.cases").unanswered == 0
    later(2, origin, destination)

    assert destination.ask("干事", "admission.cases").unanswered == 1
    assert origin.ask("干事", "admission.cases").unanswered == 0  # nothing was heard since: an answer may be on its way
    assert origin.ask("干事", "admission.times").late == 0
    destination.ask("干事", "notice.send", topic="other", title="会商", text="请定时间", on="2026-03-17")
    exchanged(origin, destination)
    assert origin.ask("干事", "admission.cases").unanswered == 1
    assert origin.ask("干事", "admission.times").late == 1


def test_full_or_no_transfer_of_affiliation_is_no_reason() -> None:
    assert set(get_args(RefusalReason)) == {
        "not_a_member",
        "identity_mismatch",
        "certificate_invalid",
        "never_arrived",
        "lives_elsewhere",
        "already_admitted_elsewhere",
    }


def arrivals(office: Office) -> list[str]:
    return [line.due_on for line in office.ask("支部", "today.list", kind="arrival").lines]


def test_without_an_arrival_after_15_working_days_a_reminder_is_due_and_an_arrival_closes_it() -> None:
    origin, destination, subject = one_noticed()  # left on Friday 20 February
    later(11, origin, destination)  # 12 March
    assert arrivals(origin) == []
    later(1, origin, destination)  # 13 March: fifteen working days
    assert arrivals(origin) == ["2026-03-13"]

    destination.ask("干事", "admission.give", **admission(subject))
    exchanged(origin, destination)

    assert arrivals(origin) == []
    assert origin.refusal("支部", "movement.remind", subject=subject, channel="telephone", outcome="reached") == (
        "D-movement-state"
    )


def test_a_reminder_is_logged_with_channel_and_outcome_and_the_next_one_is_due_after_the_same_time() -> None:
    origin, destination, subject = one_noticed()
    later(20, origin, destination)
    origin.ask("支部", "movement.remind", subject=subject, channel="telephone", outcome="will_report")

    assert arrivals(origin) == []
    (line,) = origin.ask("支部", "movement.reminders").reminders
    assert (line.channel, line.outcome, line.by, line.on) == ("telephone", "will_report", "支部", "2026-03-21")
    later(21, origin, destination)
    assert arrivals(origin) == ["2026-04-10"]
    assert origin.ask("邻支部", "movement.reminders").reminders == []
