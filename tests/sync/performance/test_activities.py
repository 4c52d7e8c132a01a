"""Certificate entries: made by a person, seen on both nodes, corrected by withdrawal, late but never refused."""

from typing import Any

import pytest

from gongguan.node.operations import every
from gongguan.node.staff import access
from gongguan.protocol.errors import ProtocolError
from gongguan.sync.performance.activities import (
    EntryList,
)
from gongguan.sync.records import Staff
from tests.sync.at_work import MEMBER, OTHER, at_work
from tests.sync.offices import Office, exchanged, on

THEME = {"subject": MEMBER, "event": "2026-03-theme", "activity": "theme_day", "on": "2026-03-05"}


def entries(side: Office, subject: str = MEMBER) -> list[tuple[str, str, str]]:
    listed = side.ask("干事", "entry.list", subject=subject)
    return [(line.side, line.what, line.status) for line in listed.entries]


def test_an_entry_is_seen_by_both_committees_with_its_author() -> None:
    origin, destination = at_work()
    made = destination.ask("干事", "entry.life", **THEME)
    assert (made.status, made.conflict) == ("single", None)
    exchanged(origin, destination)
    assert entries(origin) == entries(destination) == [("destination", "2026-03-theme", "single")]
    assert origin.ask("干事", "entry.list", subject=MEMBER).name == "巴特尔"
    assert destination.port.woken == [destination.node.pairing_id]


def test_both_sides_entering_one_event_alike_agree() -> None:
    origin, destination = at_work()
    destination.ask("干事", "entry.life", **THEME)
    origin.ask("干事", "entry.life", **THEME)
    exchanged(origin, destination)
    assert {status for _, _, status in entries(origin)} == {"agreed"}
    assert entries(origin) == entries(destination)


@pytest.mark.parametrize(
    ("attendance", "reason"), [("confirmed_absent", None), ("confirmed", "illness")], ids=["without", "needless"]
)
def test_a_reason_goes_with_confirmed_absence_and_only_with_it(attendance: str, reason: str | None) -> None:
    _, destination = at_work()
    fields: dict[str, Any] = {**THEME, "attendance": attendance, "absence_reason": reason}
    assert destination.refusal("干事", "entry.life", **fields) == "D-entry-absence-reason"
    assert entries(destination) == []


def test_nobody_can_enter_that_attendance_is_unknown() -> None:
    with pytest.raises(Exception, match="unknown"):
        at_work()[1].ask("干事", "entry.life", **{**THEME, "attendance": "unknown"})


def test_what_has_not_happened_is_not_entered() -> None:
    _, destination = at_work()
    assert destination.refusal("干事", "entry.life", **{**THEME, "on": "2026-03-11"}) == "D-date-future"
    assert destination.refusal("干事", "entry.life", **{**THEME, "on": "2026-02-30"}) == "D-date"
    dues = {"subject": MEMBER, "month": "2026-04", "paid_on": "2026-03-09"}
    assert destination.refusal("干事", "entry.dues", **dues) == "D-month-future"
    assert destination.ask("干事", "entry.dues", **{**dues, "month": "2026-03"}).status == "single"


def test_the_date_of_an_entry_is_compared_in_chinas_time() -> None:
    _, destination = at_work()
    destination.node.now = destination.node.now.replace(day=10, hour=16, minute=1)  # 00:01 on the 11th in China
    assert destination.refusal("干事", "entry.life", **{**THEME, "on": "2026-03-11"}) == ""


def test_an_entry_of_one_event_is_made_once_and_corrected_by_withdrawal() -> None:
    origin, destination = at_work()
    made = destination.ask("干事", "entry.life", **THEME)
    absent = {**THEME, "attendance": "confirmed_absent", "absence_reason": "illness"}
    assert destination.refusal("干事", "entry.life", **absent) == "D-entry-already"
    withdrawn = destination.ask("干事", "entry.withdraw", entry=made.entry, reason="wrong_value")
    assert withdrawn.status == "withdrawn"
    destination.ask("干事", "entry.life", **absent)
    exchanged(origin, destination)
    assert sorted(status for _, _, status in entries(origin)) == ["single", "withdrawn"]
    assert origin.records(MEMBER)["life/2026-03-theme"]["effective"]["attendance"] == "confirmed_absent"


def test_of_two_that_differ_the_one_that_counts_is_marked() -> None:
    origin, destination = at_work()
    origin.ask("干事", "entry.life", **THEME)
    destination.ask("干事", "entry.life", **{**THEME, "attendance": "confirmed_absent", "absence_reason": "illness"})
    exchanged(origin, destination)
    listed = origin.ask("干事", "entry.list", subject=MEMBER).entries
    assert {line.side: line.counts for line in listed} == {"destination": True, "origin": False}
    assert len({line.conflict for line in listed}) == 1


def test_only_the_author_withdraws_and_only_once() -> None:
    origin, destination = at_work()
    made = destination.ask("干事", "entry.life", **THEME)
    exchanged(origin, destination)
    fields = {"entry": made.entry, "reason": "entered_in_error"}
    assert origin.refusal("干事", "entry.withdraw", **fields) == "D-entry-unknown"
    destination.ask("干事", "entry.withdraw", **fields)
    assert destination.refusal("干事", "entry.withdraw", **fields) == "D-entry-withdrawn"


def test_a_late_entry_is_taken_and_shown_as_late() -> None:
    origin, destination = at_work()  # Tuesday; three working days after Thursday the 5th
    assert not destination.ask("干事", "entry.life", **THEME).late
    on("2026-03-11", destination)
    made = destination.ask("干事", "entry.life", **{**THEME, "event": "2026-03-lecture"})
    assert made.late
    exchanged(origin, destination)
    on("2026-06-30", origin)
    listed = origin.ask("干事", "entry.list", subject=MEMBER).entries
    assert {line.what: line.late for line in listed} == {"2026-03-theme": False, "2026-03-lecture": True}


def test_one_event_is_entered_for_all_who_attended_and_says_nothing_of_the_others() -> None:
    origin, destination = at_work(members=(MEMBER, OTHER))
    event = {"event": "2026-03-theme", "activity": "theme_day", "on": "2026-03-05"}
    made = destination.ask("干事", "entry.life_all", subjects=[MEMBER, MEMBER], **event)
    assert (made.entered, made.already) == (1, 0)
    exchanged(origin, destination)
    assert entries(origin, OTHER) == []
    made = destination.ask("干事", "entry.life_all", subjects=[MEMBER, OTHER], **event)
    assert (made.entered, made.already) == (1, 1)


def test_a_sheet_of_attendants_that_contradicts_an_entry_enters_nobody() -> None:
    _, destination = at_work(members=(MEMBER, OTHER))
    destination.ask("干事", "entry.life", **{**THEME, "attendance": "confirmed_absent", "absence_reason": "illness"})
    event = {"event": "2026-03-theme", "activity": "theme_day", "on": "2026-03-05"}
    refused = destination.refusal("干事", "entry.life_all", subjects=[OTHER, MEMBER], **event)
    assert refused == "D-entry-already"
    assert entries(destination, OTHER) == []


def test_another_branch_enters_and_withdraws_nothing() -> None:
    _, destination = at_work()
    made = destination.ask("支部", "entry.life", **THEME)
    event = {"event": "e", "activity": "study", "on": "2026-03-05"}
    assert destination.refusal("邻支部", "entry.life_all", subjects=[MEMBER], **event) == "A-subtree"
    fields = {"entry": made.entry, "reason": "wrong_member"}
    assert destination.refusal("邻支部", "entry.withdraw", **fields) == "A-subtree"


def test_what_names_a_member_is_for_staff_of_the_body_that_answers_for_the_member() -> None:
    _, destination = at_work()
    names = ("entry.life", "entry.dues", "entry.list", "feedback.give", "score.contribute", "score.show", "notice.send")

    def told(store: Any, name: str, who: str) -> str:
        operation, person = every()[name], store.get(Staff, who)
        assert person is not None and "subject" in operation.request.__struct_fields__
        try:
            access.check_subtree(store, operation, person, EntryList(subject=MEMBER))
        except ProtocolError as error:
            return error.code
        return "ok"

    def look(store: Any) -> dict[str, list[str]]:
        return {name: [told(store, name, who) for who in ("干事", "支部", "邻支部")] for name in names}

    found = destination.node.database.read(look)
    assert found == {name: ["ok", "ok", "A-subtree"] for name in names}
