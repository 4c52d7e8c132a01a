"""What two destinations say of one member does not go together: only the origin can see it, and names neither."""

import pytest

from gongguan.sync.records import LogMessage, SharedRecord, Task
from tests.sync.offices import Office, admission, ready
from tests.three import met, peer_of, three_offices

FIRST = {"activity": "theme_day", "on": "2026-02-27"}


def in_two_places() -> tuple[Office, Office, Office, str, str]:
    """A member notified to both partners and admitted by both, which neither of them can know of the other."""
    origin, near, far = three_offices()
    member = ready(origin, 1)
    subjects = []
    for partner in (near, far):
        sent = origin.ask("干事", "departure.notify", member_id=member, peer=peer_of(partner), beside=True)
        met(origin, near, far)
        partner.ask("干事", "admission.give", **admission(sent.subject))
        subjects.append(sent.subject)
    met(origin, near, far)
    return origin, near, far, *subjects


def told(office: Office) -> list[tuple[str, str, str | None]]:
    return [(line.matter, line.state, line.answer) for line in office.ask("干事", "conflict.across").crossings]


def test_a_double_admission_is_stated_to_both_destinations_and_each_answers_for_its_own_part() -> None:
    origin, near, far, here, there = in_two_places()

    assert origin.ask("干事", "conflict.tell").stated == 2
    met(origin, near, far)

    assert told(near) == told(far) == [("admission", "open", None)]
    assert [line.subject for line in origin.ask("干事", "conflict.across").crossings] != [here]
    (line,) = near.ask("干事", "conflict.across").crossings
    assert (line.subject, line.other) == (here, "another_destination")
    near.ask("书记", "conflict.answer_part", conflict=line.conflict, answer="signed")
    (line,) = far.ask("干事", "conflict.across").crossings
    assert line.subject == there
    far.ask("书记", "conflict.answer_part", conflict=line.conflict[:9], answer="disputed", reason="was_here")
    met(origin, near, far)

    answers = {line.subject: (line.answer, line.reason) for line in origin.ask("干事", "conflict.across").crossings}
    assert answers == {here: ("signed", None), there: ("disputed", "was_here")}
    assert near.find(Task, state="open") == far.find(Task, state="open") == []


def test_neither_destination_ever_holds_the_name_or_a_pseudonym_of_the_other() -> None:
    origin, near, far, here, there = in_two_places()
    origin.ask("干事", "conflict.tell")
    met(origin, near, far)

    for office, secrets in ((near, (there, peer_of(far), "远山镇")), (far, (here, peer_of(near), "临江"))):
        (message,) = [row for row in office.find(LogMessage) if row.kind == "conflict.stated"]
        records = [row.value for row in office.find(SharedRecord) if row.category == "stated"]
        for secret in secrets:
            assert all(secret.encode() not in data for data in (message.data, *records))
    conflicts = {line.conflict for office in (near, far) for line in office.ask("干事", "conflict.across").crossings}
    assert len(conflicts) == 2, "not even by the name of the conflict could the two find out that they are meant"


def test_when_one_period_is_over_both_are_told_that_it_is_settled_and_nothing_is_said_twice() -> None:
    origin, near, far, _, there = in_two_places()
    origin.ask("干事", "conflict.tell")
    assert origin.ask("干事", "conflict.tell").stated == 0
    met(origin, near, far)

    origin.ask("干事", "movement.return", subject=there, ended_on="2026-02-28", reason="moved_on")
    met(origin, near, far)
    assert origin.ask("干事", "conflict.tell").stated == 2
    met(origin, near, far)

    assert told(near) == told(far) == []
    assert near.ask("干事", "conflict.across", settled=True).crossings[0].state == "settled"
    assert near.find(Task, state="open") == []


@pytest.mark.parametrize("matter", ["attendance", "dues"])
def test_presence_on_one_day_and_dues_of_one_month_in_two_places_are_stated_until_one_side_withdraws(
    matter: str,
) -> None:
    origin, near, far, here, there = in_two_places()
    entries = []
    for office, subject, event in ((near, here, "near-theme"), (far, there, "far-theme")):
        if matter == "attendance":
            made = office.ask("干事", "entry.life", subject=subject, event=event, **FIRST)
        else:
            made = office.ask("干事", "entry.dues", subject=subject, month="2026-02", paid_on="2026-02-28")
        entries.append(made.entry)
    met(origin, near, far)
    origin.ask("干事", "conflict.tell")
    met(origin, near, far)
    assert (matter, "open", None) in told(near)
    assert (matter, "open", None) in told(far)

    far.ask("干事", "entry.withdraw", entry=entries[1], reason="wrong_member")
    met(origin, near, far)
    origin.ask("干事", "conflict.tell")
    met(origin, near, far)

    assert told(near) == told(far) == [("admission", "open", None)]


def test_absence_noted_in_two_places_and_attendance_on_different_days_go_together() -> None:
    origin, near, far, here, there = in_two_places()
    near.ask("干事", "entry.life", subject=here, event="near-theme", **FIRST)
    far.ask("干事", "entry.life", subject=there, event="far-1", activity="theme_day", on="2026-02-28")
    far.ask(
        "干事",
        "entry.life",
        subject=there,
        event="far-2",
        attendance="confirmed_absent",
        absence_reason="work",
        **FIRST,
    )
    met(origin, near, far)

    assert origin.ask("干事", "conflict.tell").stated == 2, "the double admission only"
    assert {line.matter for line in origin.ask("干事", "conflict.across").crossings} == {"admission"}


def test_a_destination_states_nothing_and_the_origin_signs_no_part() -> None:
    origin, near, far, _, _ = in_two_places()
    assert near.ask("干事", "conflict.tell").stated == 0
    origin.ask("干事", "conflict.tell")
    met(origin, near, far)
    (line,) = near.ask("干事", "conflict.across").crossings

    assert near.refusal("书记", "conflict.answer_part", conflict=line.conflict, answer="disputed") == "D-part-reason"
    assert near.refusal("只读", "conflict.answer_part", conflict=line.conflict, answer="signed") == "A-role"
    assert origin.refusal("书记", "conflict.answer_part", conflict=line.conflict, answer="signed") == (
        "D-not-destination"
    )
