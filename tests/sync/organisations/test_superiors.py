"""The department above hears of relocations, grave events and refusals: by a report that was sent and received."""

from typing import Any

import pytest

from gongguan.node.files.grids import grids_of
from gongguan.sync.cells import Cell
from gongguan.sync.records import LogMessage, UpwardItem
from tests.sync.offices import Office, admitted, exchanged, offices, on, ready
from tests.sync.said import EVENT

PLACE = {"place": "990203", "on": "2026-02-28"}


def open_items(office: Office, who: str = "书记") -> list[tuple[str, str, str]]:
    return [(line.matter, line.content, line.state) for line in office.ask(who, "superior.list").items]


def cells(file: bytes) -> list[tuple[Cell, ...]]:
    """The rows of a report."""
    (grid,) = grids_of(file, "表")
    return [tuple(row) for row in grid.rows]


def reported(office: Office, number: int, **more: Any) -> None:
    """The report is sent on 2 March and received on the 3rd."""
    on("2026-03-03", office)
    office.ask("干事", "superior.sent", report=number, on="2026-03-02", channel="in_person")
    office.ask("干事", "superior.answered", report=number, on="2026-03-03", receipt="旗组收〔2026〕12号", **more)


def test_one_entry_of_a_relocation_is_a_message_to_the_origin_and_an_item_for_the_department() -> None:
    origin, destination = offices(agreed=True)
    subject = admitted(origin, destination)

    destination.ask("支部", "movement.relocate", subject=subject, **PLACE)
    exchanged(origin, destination)

    assert sum(row.kind == "relocation.reported" for row in origin.find(LogMessage)) == 1
    assert open_items(destination) == [("relocation", "990203", "open")]
    assert open_items(origin) == [], "it is the destination's to tell its own department"
    made = destination.ask("干事", "superior.report")
    assert made.items == 1
    reported(destination, made.report)
    assert open_items(destination) == []
    (line,) = destination.ask("书记", "superior.list", all=True).items
    assert (line.state, line.receipt) == ("received", "旗组收〔2026〕12号")


def test_of_a_grave_event_the_department_gets_the_category_and_no_story() -> None:
    origin, destination = offices(agreed=True)
    subject = admitted(origin, destination)
    destination.ask("支部", "movement.event", subject=subject, **EVENT)

    assert open_items(destination) == [("event", "事故", "open")]
    (item,) = destination.find(UpwardItem)
    assert (item.content, item.subject) == ("accident", subject)
    text = str(cells(destination.ask("干事", "superior.report").file))
    assert "重大情况" in text and "事故" in text and "巴特尔·乙" in text


def test_each_refusal_opens_a_case_for_the_department_on_both_sides_until_it_decided() -> None:
    origin, destination = offices(agreed=True)
    subject = origin.ask("干事", "departure.notify", member_id=ready(origin, 1)).subject
    exchanged(origin, destination)
    destination.ask("干事", "admission.refuse", subject=subject, reason="lives_elsewhere")
    exchanged(origin, destination)

    for office in (origin, destination):
        assert open_items(office) == [("refusal", "在别处工作生活", "open")]
        made = office.ask("干事", "superior.report")
        reported(office, made.report, decision="旗组发〔2026〕8号")
        (line,) = office.ask("书记", "superior.list", all=True).items
        assert line.decision == "旗组发〔2026〕8号"


def test_what_was_not_sent_in_time_is_due_for_those_who_speak_for_the_committee() -> None:
    origin, destination = offices(agreed=True)
    subject = admitted(origin, destination)
    destination.ask("支部", "movement.event", subject=subject, **EVENT)

    def due(who: str) -> list[tuple[str, bool, str]]:
        lines = destination.ask(who, "today.list", kind="superior").lines
        return [(line.due_on, line.overdue, line.command) for line in lines]

    assert due("书记") == [("2026-03-03", False, "gongguan superior report")]
    assert due("支部") == []
    destination.ask("干事", "superior.report")
    on("2026-03-04", destination)
    assert due("书记") == [("2026-03-03", True, "gongguan superior sent 1")]
    destination.ask("干事", "superior.sent", report=1, on="2026-03-04", channel="telephone")
    assert due("书记") == []
    assert destination.ask("书记", "superior.list").waiting == 1, "without a receipt it is not done"


@pytest.mark.parametrize(
    ("name", "fields", "code"),
    [
        ("superior.report", {}, "D-report-empty"),
        ("superior.report", {"number": 9}, "D-report"),
        ("superior.sent", {"report": 9, "on": "2026-03-01", "channel": "letter"}, "D-report"),
        ("superior.answered", {"report": 1, "on": "2026-03-01", "receipt": "收1"}, "D-report-unsent"),
        ("superior.sent", {"report": 1, "on": "2026-03-09", "channel": "letter"}, "D-date-future"),
    ],
)
def test_what_cannot_be_reported_is_refused(name: str, fields: dict[str, Any], code: str) -> None:
    origin, destination = offices(agreed=True)
    subject = admitted(origin, destination)
    destination.ask("支部", "movement.event", subject=subject, **EVENT)
    destination.ask("干事", "superior.report")
    assert destination.refusal("干事", name, **fields) == code
    assert destination.refusal("支部", "superior.report") == "A-role"
    assert destination.refusal("邻支部", "superior.list") == ""
    assert open_items(destination, "邻支部") == []


def test_an_earlier_report_is_printed_again_with_the_same_items() -> None:
    origin, destination = offices(agreed=True)
    subject = admitted(origin, destination)
    destination.ask("支部", "movement.event", subject=subject, **EVENT)
    first = destination.ask("干事", "superior.report")
    destination.ask("支部", "movement.relocate", subject=subject, **PLACE)
    second = destination.ask("干事", "superior.report")
    assert (first.items, second.items) == (1, 1)
    assert cells(destination.ask("干事", "superior.report", number=1).file) == cells(first.file)
