"""Duty lists: what a member has to do now, what each side's organisations owe, from data that can be exchanged."""

from typing import Any

import msgspec

from gongguan.sync.agreements.duty_lists import bundled
from gongguan.sync.due.due import DUES
from gongguan.sync.records import AuditEntry, Body, LogMessage, Member, Staff
from tests.sync.agreements.signing import signed
from tests.sync.offices import (
    PLACE,
    TOP,
    Office,
    admission,
    admitted,
    exchanged,
    floating,
    member_id,
    offices,
    on,
    ready,
)

FLOATING = "990109"


def list_of(office: Office, member: str, who: str = "支部") -> Any:
    return office.ask(who, "duty.list", member=member)


def codes(listed: Any) -> list[str]:
    return [line.code for line in listed.lines]


def with_floating_branch(office: Office) -> None:
    """A floating members' branch of this committee, with a clerk."""
    office.put(
        Body(
            code=FLOATING,
            full_name="驻临江流动党员党支部",
            short_name="流动党员支部",
            category="floating_members_organisation",
            parent_code=TOP,
        ),
        Staff(name="流动支部", role="branch_clerk", body_code=FLOATING, password=""),
    )


def task_of(due: Any) -> tuple[str, str | None, str, str]:
    return due.kind, due.who, due.due_on, due.command


def test_a_members_list_says_what_to_do_now_in_each_stage_of_being_away() -> None:
    origin, destination = offices(agreed=True)
    at_home = msgspec.structs.replace(origin.find(Member, member_id=floating(origin, 1))[0], floating=False)
    origin.put(at_home)
    said = [list_of(origin, at_home.name)]
    assert said[0].name == at_home.name and {line.stage for line in said[0].lines} == {"before"}
    origin.put(msgspec.structs.replace(at_home, floating=True))
    leaving = {"left_on": "2026-03-05", "destination_place": PLACE, "reason": "work", "briefed_on": "2026-02-28"}
    origin.ask("支部", "departure.report", member_id=member_id(1), **leaving)
    said.append(list_of(origin, member_id(1)))
    on("2026-03-06", origin, destination)
    origin.ask("干事", "certificate.issue", member_id=member_id(1), number="H-1", issued_on="2026-03-01")
    said.append(list_of(origin, member_id(1)))
    subject = origin.ask("干事", "departure.notify", member_id=member_id(1)).subject
    exchanged(origin, destination)
    said.append(list_of(origin, member_id(1)))
    destination.ask("干事", "admission.give", **{**admission(subject), "arrived_on": "2026-03-06"})
    exchanged(origin, destination)
    said.append(list_of(origin, member_id(1)))
    for office in (origin, destination):
        assert codes(list_of(office, subject)) == codes(said[-1]), "both sides tell the member the same"
    on("2026-06-10", origin, destination)
    origin.ask("支部", "movement.return", subject=subject, ended_on="2026-06-01", reason="returned")
    exchanged(origin, destination)
    said.append(list_of(origin, member_id(1)))

    assert [listed.state for listed in said] == ["at_home", "reported", "left", "notified", "admitted", "returned"]
    assert [listed.total for listed in said] == [len(listed.lines) for listed in said]
    assert {line.stage for line in said[4].lines} == {"after", "changed"}
    assert len({tuple(codes(listed)) for listed in said}) == 6
    assert all(line.source for listed in said for line in listed.lines)


def test_who_came_back_is_at_home_again_once_the_certificate_was_compared() -> None:
    origin, destination = offices(agreed=True)
    subject = admitted(origin, destination)
    on("2026-06-10", origin, destination)
    origin.ask("支部", "movement.return", subject=subject, ended_on="2026-06-01", reason="returned")
    exchanged(origin, destination)
    assert [office.ask("支部", "duty.list", member=subject).state for office in (origin, destination)] == [
        "returned"
    ] * 2

    origin.ask("支部", "movement.check", subject=subject)

    assert list_of(origin, member_id(1)).state == "at_home"


def test_a_refused_member_is_told_to_turn_to_the_own_branch() -> None:
    origin, destination = offices(agreed=True)
    subject = origin.ask("干事", "departure.notify", member_id=ready(origin, 1)).subject
    exchanged(origin, destination)
    destination.ask("干事", "admission.refuse", subject=subject, reason="identity_mismatch")
    exchanged(origin, destination)

    listed = list_of(origin, member_id(1))

    assert listed.state == "refused" and any("仍由本支部管理" in line.text for line in listed.lines)


def test_that_the_list_was_handed_over_is_kept_with_day_and_person_and_never_leaves_the_node() -> None:
    origin, destination = offices(agreed=True)
    admitted(origin, destination)
    before = len(origin.find(LogMessage))
    assert list_of(origin, member_id(1)).handed_over_on is None

    given = origin.ask("支部", "duty.hand_over", member="巴特尔·乙", on="2026-03-01")

    listed = list_of(origin, member_id(1))
    assert (given.state, given.version, given.by) == ("admitted", listed.version, "支部")
    assert given.file.startswith(b"PK"), "a workbook to print"
    assert (listed.handed_over_on, listed.handed_over_by) == ("2026-03-01", "支部")
    exchanged(origin, destination)
    assert len(origin.find(LogMessage)) == before
    assert origin.refusal("支部", "duty.hand_over", member=member_id(1), on="2030-01-01") == "D-date-future"
    assert origin.refusal("邻支部", "duty.hand_over", member=member_id(1)) == "D-person-unknown"


def test_who_is_at_home_is_in_the_audit_by_id_and_never_by_name() -> None:
    origin, _ = offices(agreed=True)
    origin.put(msgspec.structs.replace(origin.find(Member, member_id=floating(origin, 1))[0], floating=False))
    list_of(origin, "巴特尔·乙")
    origin.ask("支部", "duty.hand_over", member="巴特尔·乙")

    entries = [repr(row) for row in origin.find(AuditEntry)]

    assert sum(f"person:{member_id(1)}" in entry for entry in entries) == 2
    assert not any("巴特尔" in entry for entry in entries)


def test_the_list_is_data_and_another_one_takes_its_place() -> None:
    origin, destination = offices(agreed=True)
    admitted(origin, destination)
    lists = msgspec.json.decode(origin.ask("支部", "duty.export").file)
    lists |= {"version": "2026-2", "member": lists["member"][5:6]}
    lists["member"][0]["text"] = "每月一次参加组织生活。"

    taken = origin.ask("干事", "duty.import", file=msgspec.json.encode(lists))

    listed = list_of(origin, member_id(1))
    assert [line.text for line in listed.lines] == ["每月一次参加组织生活。"]
    assert (listed.version, listed.sha256) == (taken.version, taken.sha256)
    assert origin.refusal("支部", "duty.import", file=b"{}") == "A-role"


def test_a_list_with_a_place_that_is_wrong_is_refused_whole() -> None:
    origin, _ = offices()
    good = msgspec.to_builtins(bundled())
    broken = (
        good | {"version": ""},
        good | {"member": []},
        good | {"member": [good["member"][0], good["member"][0]]},
        good | {"organisation": [good["organisation"][0] | {"work": ["no_such_work"]}]},
        good | {"organisation": [good["organisation"][0] | {"duty": "A-99"}]},
    )
    for lists in broken:
        assert origin.refusal("干事", "duty.import", file=msgspec.json.encode(lists)) == "D-duty-list"
    assert origin.refusal("干事", "duty.import", file=b"\xff") == "D-duty-list"
    assert origin.ask("干事", "duty.list").version == bundled().version


def test_every_kind_of_dated_work_comes_of_a_line_of_either_sides_list() -> None:
    named = {kind for line in bundled().organisation for kind in line.work}

    assert named == set(DUES)


def test_each_sides_list_yields_the_dated_tasks_of_the_day_and_no_others() -> None:
    origin, destination = offices(agreed=True)
    admitted(origin, destination)
    late = origin.ask("干事", "departure.notify", member_id=ready(origin, 2)).subject
    ready(origin, 3)
    exchanged(origin, destination)
    on("2026-04-10", origin, destination)

    for office, stage, kinds in ((origin, "origin", {"notice", "officer"}), (destination, "destination", {"feedback"})):
        for who in ("干事", "支部"):
            listed = office.ask(who, "duty.list")
            today = office.ask(who, "today.list")
            assert listed.total == today.total
            assert {task_of(task) for task in listed.tasks} == {task_of(line) for line in today.lines}
            assert kinds <= {task.kind for task in listed.tasks}, (stage, who)
            mine = [line for line in listed.lines if line.stage == stage]
            assert sum(line.tasks for line in mine) >= len(kinds)
            assert all((line.tasks > 0) == (line.due_on is not None) for line in listed.lines)
    answers = [task for task in destination.ask("干事", "duty.list").tasks if task.kind == "admission"]
    assert [(task.code, late in task.command) for task in answers] == [("d01", True)]
    assert not origin.ask("邻支部", "duty.list").tasks


def test_both_sides_sign_the_hash_of_the_list_and_a_list_that_changed_since_is_another() -> None:
    origin, destination = offices()
    signed(origin, destination, duty_list=True)
    for office in (origin, destination):
        assert [line.agreed for line in office.ask("干事", "duty.list").agreements] == ["same"]
        assert office.ask("干事", "duty.list").sha256 in office.ask("干事", "agreement.show").document
    lists = msgspec.to_builtins(bundled()) | {"version": "2"}

    origin.ask("干事", "duty.import", file=msgspec.json.encode(lists))

    assert [line.agreed for line in origin.ask("干事", "duty.list").agreements] == ["other"]
    amended = origin.ask("干事", "agreement.amend", duty_list=True)
    assert origin.ask("干事", "duty.list").sha256 in amended.document
    assert destination.ask("干事", "duty.list").sha256 not in amended.document


def test_an_agreement_that_names_no_list_says_so() -> None:
    origin, _ = offices(agreed=True)

    assert [line.agreed for line in origin.ask("干事", "duty.list").agreements] == ["none"]


def test_a_floating_members_organisation_has_its_own_list_and_its_members_tasks() -> None:
    origin, destination = offices(agreed=True)
    with_floating_branch(destination)
    admitted(origin, destination, 2)
    subject = origin.ask("干事", "departure.notify", member_id=ready(origin, 1)).subject
    exchanged(origin, destination)
    destination.ask("干事", "admission.give", **admission(subject, "流动党员支部"))
    exchanged(origin, destination)
    on("2026-04-10", origin, destination)

    listed = destination.ask("流动支部", "duty.list")

    assert {line.stage for line in listed.lines} == {"floating_organisation"}
    today = destination.ask("流动支部", "today.list")
    assert {task_of(task) for task in listed.tasks} == {task_of(line) for line in today.lines}
    named = {task.who for task in listed.tasks}
    assert "巴特尔·乙" in named and "巴特尔·丙" not in named
    assert {"feedback", "quarterly"} <= {task.kind for task in listed.tasks}
    assert "巴特尔·乙" not in {task.who for task in destination.ask("支部", "duty.list").tasks}
    seen = destination.ask("干事", "duty.list", body="流动党员支部")
    assert codes(seen) == codes(listed) and seen.total >= listed.total
    assert destination.refusal("支部", "duty.list", body="流动党员支部") == "D-body-unknown"
