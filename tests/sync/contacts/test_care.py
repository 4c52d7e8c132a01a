"""Help cases, reports to the branch committee, channels, round-tables, festivals: words stay, figures are exact."""

from typing import Any

import pytest

from gongguan.node.operations import every
from gongguan.protocol.errors import SchemaError
from gongguan.sync.contacts.note_retention import forget
from gongguan.sync.records import HelpCase, RoundTable, Suggestion
from tests.sync.offices import BRANCH, SECOND, Office, admitted, exchanged, floating, kinds_due, offices, on, roster_row
from tests.sync.said import quarterly

DETAILS = "父亲住院，缺护理费"
WORD = "报销办下来了，谢谢"


def listed(side: Office) -> list[tuple[str, str, bool]]:
    return [(line.handled_by, line.status, line.overdue) for line in side.ask("支部", "care.list").cases]


def test_a_request_for_help_cannot_age_in_silence_on_either_side() -> None:
    origin, destination = offices(agreed=True)
    subject = admitted(origin, destination)
    opened = destination.ask("支部", "care.open", person=subject, category="medical", note=DETAILS)
    exchanged(origin, destination)
    assert opened.told
    assert listed(destination) == [("here", "open", False)]
    assert listed(origin) == [("there", "open", False)]
    on("2026-03-13", origin, destination)
    assert ("care", "2026-03-13") in kinds_due(destination)
    on("2026-03-16", origin, destination)
    assert listed(destination) == [("here", "open", True)]
    assert listed(origin) == [("there", "open", False)]  # nothing was heard since: what was done may be on its way
    destination.ask("干事", "notice.send", topic="other", title="会商", text="请定时间", on="2026-03-16")
    exchanged(origin, destination)
    assert listed(origin) == [("there", "open", True)]
    destination.ask("支部", "care.update", case=opened.case, status="in_progress", note="已联系医保局")
    exchanged(origin, destination)
    assert listed(origin) == [("there", "in_progress", False)]


def test_a_case_is_closed_with_the_members_word_and_not_solved_is_counted() -> None:
    origin, destination = offices(agreed=True)
    subject = admitted(origin, destination)
    cases = [origin.ask("支部", "care.open", person=subject, category="employment").case for _ in range(2)]
    assert origin.refusal("支部", "care.update", case=cases[0], status="solved") == "D-case-word"
    origin.ask("支部", "care.update", case=cases[0], status="solved", word=WORD)
    origin.ask("支部", "care.update", case=cases[1], status="not_solved", word="还没有合适的活")
    found = origin.ask("支部", "care.list")
    assert (found.open, found.solved, found.not_solved, found.cases) == (0, 1, 1, [])
    assert origin.refusal("支部", "care.update", case=cases[0], status="in_progress") == "D-case-closed"
    exchanged(origin, destination)
    assert {status for _, status, _ in _closed(destination)} == {"solved", "not_solved"}


def _closed(side: Office) -> list[tuple[str, str, bool]]:
    return [(line.handled_by, line.status, line.overdue) for line in side.ask("支部", "care.list", closed=True).cases]


def test_details_and_words_of_a_case_never_leave_the_node_that_handles_it() -> None:
    origin, destination = offices(agreed=True)
    subject = admitted(origin, destination)
    before = len(destination.node.log())
    opened = destination.ask("支部", "care.open", person=subject, category="medical", hardship=True, note=DETAILS)
    destination.ask("支部", "care.update", case=opened.case, status="solved", word=WORD)
    exchanged(origin, destination)
    sent = destination.node.log()[before:]
    assert len(sent) == 2
    assert all(text.encode() not in message.data for message in sent for text in (DETAILS, WORD))
    assert all(b"hardship" not in message.data for message in sent)
    shown = destination.ask("支部", "care.show", case=opened.case)
    assert (shown.note, shown.word) == (DETAILS, WORD)
    assert origin.refusal("支部", "care.show", case=opened.case) == "D-case-unknown"
    assert destination.refusal("邻支部", "care.show", case=opened.case) == "D-case-unknown"


def test_needs_found_at_a_home_visit_open_a_case_and_a_hardship_without_a_visit_becomes_overdue() -> None:
    origin, _ = offices()
    member = floating(origin, 1, roster=roster_row(1))
    on("2026-03-02", origin)
    made = origin.ask(
        "支部",
        "contact.record",
        **quarterly(
            member, "2026-03-02", kind="home_visit", channel="in_person", need="medical", hardship=True, note=DETAILS
        ),
    )
    (case,) = origin.find(HelpCase)
    assert (case.case_id, case.note, case.hardship) == (made.case, DETAILS, True)
    on("2026-03-10", origin)
    asked: dict[str, Any] = {"kind": "hardship_visit"}
    (line,) = origin.ask("支部", "contact.list", **asked).lines
    assert (line.state, line.due_on, line.about) == ("overdue", "2026-03-09", made.case)
    assert ("hardship_visit", "2026-03-09") in kinds_due(origin)
    visit = quarterly(member, "2026-03-10", kind="hardship_visit", channel="in_person")
    assert origin.ask("支部", "contact.record", **visit).met
    assert [line.state for line in origin.ask("支部", "contact.list", **asked).lines] == ["made"]


def test_the_report_lists_contacts_made_and_missed_needs_and_open_help_and_is_due_until_it_was_given() -> None:
    origin, _ = offices()
    people = [floating(origin, number, BRANCH, roster_row(number)) for number in (1, 2)]
    floating(origin, 3, SECOND, roster_row(3))
    on("2026-03-05", origin)
    origin.ask("干事", "officer.assign", people=[people[0]], officer="乌云", phone="10000000009")
    origin.ask("支部", "contact.record", **quarterly(people[0]))
    origin.ask("支部", "care.open", person=people[1], category="housing")
    on("2026-04-03", origin)
    report = origin.ask("支部", "report.show", quarter="2026Q1")
    assert (report.members, report.without_officer, report.needs_found, report.help_open) == (2, 1, 1, 1)
    by_kind = {row.kind: (row.asked, row.made) for row in report.kinds}
    assert by_kind == {"quarterly": (2, 1), "festival": (2, 0)}
    assert (report.made, report.missed, report.meeting) == (1, 3, None)
    assert ("branch_report", "2026-04-14") in kinds_due(origin)
    filed = {"quarter": "2026Q1", "meeting": "支委会〔2026〕3号", "on": "2026-04-03"}
    assert origin.ask("支部", "report.file", **filed).meeting == "支委会〔2026〕3号"
    assert ("branch_report", "2026-04-14") not in kinds_due(origin)
    assert origin.refusal("支部", "report.file", **filed) == "D-report-filed"
    assert origin.refusal("支部", "report.show", body=SECOND) == "D-body-unknown"
    assert origin.ask("干事", "report.show", quarter="2026Q1").members == 3


def test_the_directory_of_channels_holds_names_only_and_each_branch_keeps_its_own() -> None:
    origin, _ = offices()
    made = origin.ask("支部", "channel.add", name="第一支部外出党员群", medium="wechat")
    origin.ask("邻支部", "channel.add", name="10000000003", medium="phone")
    assert [line.name for line in origin.ask("支部", "channel.list").channels] == ["第一支部外出党员群"]
    assert len(origin.ask("干事", "channel.list").channels) == 2
    assert set(every()["channel.add"].request.__struct_fields__) == {"name", "medium", "body"}
    assert origin.refusal("邻支部", "channel.remove", channel=made.channel) == "D-channel-unknown"
    origin.ask("支部", "channel.remove", channel=made.channel)
    assert origin.ask("支部", "channel.list").channels == []


def test_a_suggestion_names_nobody_so_it_can_never_be_linked_to_points_or_deductions() -> None:
    origin, destination = offices(agreed=True)
    subject = admitted(origin, destination)
    before = len(origin.node.log())
    held = origin.ask("支部", "roundtable.hold", title="春节座谈", on="2026-02-20", attended=12)
    said = origin.ask("支部", "roundtable.suggest", event=held.event, text="希望开通异地报销")
    origin.ask("支部", "roundtable.answer", suggestion=said.suggestion, text="已转医保局")
    found = origin.ask("支部", "roundtable.list")
    assert [(line.suggestions, line.answered) for line in found.round_tables] == [(1, 1)]
    assert [(line.text, line.answer) for line in found.suggestions] == [("希望开通异地报销", "已转医保局")]
    fields = {name for kind in (RoundTable, Suggestion) for name in kind.__struct_fields__}
    assert not fields & {"person", "subject", "member_id", "said_by", "rule", "points"}
    assert len(origin.node.log()) == before
    with pytest.raises(SchemaError, match="S-request"):
        origin.ask("支部", "roundtable.suggest", event=held.event, text="…", person=subject)
    assert origin.refusal("邻支部", "roundtable.suggest", event=held.event, text="…") == "D-roundtable-unknown"


def test_the_festivals_that_ask_for_a_contact_are_data_of_the_node() -> None:
    origin, _ = offices()
    floating(origin, 1, roster=roster_row(1))
    on("2026-06-10", origin)
    assert ("festival", "2026-06-22") not in kinds_due(origin)
    listed = origin.ask("干事", "contact.festivals").festivals
    assert [(line.on, line.observed) for line in listed if line.code == "dragon_boat"] == [("2026-06-19", False)]
    boat = {"code": "dragon_boat", "name": "端午节", "month": 5, "day": 5, "lunar": True}
    origin.ask("干事", "contact.festival_set", **boat)
    assert ("festival", "2026-06-22") in kinds_due(origin)
    origin.ask("干事", "contact.festival_set", **boat, observed=False)
    assert ("festival", "2026-06-22") not in kinds_due(origin)
    assert origin.refusal("支部", "contact.festival_set", **boat) == "A-role"


def test_words_of_contacts_and_cases_go_when_their_time_is_over_and_that_there_was_one_stays() -> None:
    origin, _ = offices()
    member = floating(origin, 1, roster=roster_row(1))
    on("2026-03-05", origin)
    origin.ask("支部", "contact.record", **quarterly(member, "2026-03-05", note=DETAILS))
    kept = origin.ask("支部", "care.open", person=member, category="medical", note=DETAILS)
    done = origin.ask("支部", "care.open", person=member, category="housing", note=DETAILS)
    origin.ask("支部", "care.update", case=done.case, status="solved", word=WORD)

    def forgotten(day: str) -> int:
        on(day, origin)
        return origin.node.database.write(lambda store: forget(store, origin.node.now.date()))

    assert forgotten("2028-03-31") == 0
    assert forgotten("2028-04-01") == 2
    assert forgotten("2028-04-02") == 0
    (contact,) = origin.ask("支部", "contact.show", person=member).contacts
    assert (contact.on, contact.note) == ("2026-03-05", None)
    shown = {case: origin.ask("支部", "care.show", case=case) for case in (kept.case, done.case)}
    assert [(view.note, view.word) for view in shown.values()] == [(DETAILS, None), (None, None)]
    origin.ask("支部", "contact.record", **quarterly(member, "2026-03-06", note=DETAILS))
    assert {line.note for line in origin.ask("支部", "contact.show", person=member).contacts} == {None}
