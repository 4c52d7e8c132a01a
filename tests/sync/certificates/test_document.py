"""The whole certificate as one document: columns by their writers, entries by who made them, the same on both sides."""

from typing import Any

from tests.sync.offices import Office, admitted, exchanged, floating, offices

LIFE = {"event": "2026-03-theme", "activity": "theme_day", "on": "2026-02-27", "title": "三月主题党日"}


def shown(office: Office, subject: str) -> Any:
    return office.ask("支部", "certificate.show", person=subject)


def columns(office: Office, subject: str) -> dict[str, tuple[str | None, str]]:
    return {line.column: (line.value, line.writer) for line in shown(office, subject).columns}


def test_both_sides_show_one_document_in_which_every_column_has_one_writer() -> None:
    origin, destination = offices(agreed=True)
    subject = admitted(origin, destination)
    assert shown(origin, subject) == shown(destination, subject)
    written = columns(origin, subject)
    assert written["certificate_number"] == ("H-1", "origin")
    assert written["issued_on"] == ("2026-02-19", "origin")
    assert written["managing_body"] == ("临江街道党工委第一党支部", "destination")
    assert written["contact_officer"] == ("李明", "destination")
    assert written["state"] == ("使用中", "origin")


def test_entries_of_both_sides_and_the_yearly_check_stand_in_it_at_once() -> None:
    origin, destination = offices(agreed=True)
    subject = admitted(origin, destination)
    destination.ask("支部", "entry.life", subject=subject, **LIFE)
    destination.ask("支部", "entry.dues", subject=subject, month="2026-02", paid_on="2026-02-26")
    destination.ask("支部", "certificate.annual_check", person="巴特尔", year=2025, checked_on="2026-02-28")
    exchanged(origin, destination)
    assert shown(origin, subject) == shown(destination, subject)
    entries = [(line.on, line.kind, line.what, line.side, line.status) for line in shown(origin, subject).entries]
    assert entries == [
        ("2026-02-28", "annual_check", "2025 年度年审：合格（第一党支部）", "destination", "single"),
        ("2026-02-27", "life", "三月主题党日　已参加", "destination", "single"),
        ("2026-02-26", "dues", "2026-02 党费", "destination", "single"),
    ]


def test_a_yearly_check_is_entered_once_confirmed_by_the_other_side_and_taken_back_by_its_author_only() -> None:
    origin, destination = offices(agreed=True)
    subject = admitted(origin, destination)
    check = {"person": subject, "year": 2025}
    made = destination.ask("支部", "certificate.annual_check", **check)
    assert destination.refusal("支部", "certificate.annual_check", **check) == "D-entry-already"
    exchanged(origin, destination)
    assert origin.ask("支部", "certificate.annual_check", **check).status == "agreed"
    exchanged(origin, destination)
    assert origin.refusal("支部", "entry.withdraw", entry=made.entry, reason="wrong_member") == "D-entry-unknown"
    destination.ask("支部", "entry.withdraw", entry=made.entry, reason="wrong_member")
    exchanged(origin, destination)
    states = {line.side: line.status for line in shown(origin, subject).entries}
    assert states == {"destination": "withdrawn", "origin": "single"}


def test_different_results_of_one_yearly_check_are_a_conflict_that_both_list() -> None:
    origin, destination = offices(agreed=True)
    subject = admitted(origin, destination)
    for office, outcome in ((origin, "passed"), (destination, "to_follow_up")):
        office.ask("支部", "certificate.annual_check", person=subject, year=2025, outcome=outcome)
    exchanged(origin, destination)
    for office in (origin, destination):
        (line,) = office.ask("干事", "conflict.list").conflicts
        assert (line.category, line.record) == ("annual_check", "2025")


def test_what_the_origin_changes_stands_in_the_destinations_copy_and_the_destination_cannot_write_it() -> None:
    origin, destination = offices(agreed=True)
    subject = admitted(origin, destination)
    origin.ask("支部", "certificate.void", number="H-1", state="lost")
    exchanged(origin, destination)
    assert columns(destination, subject)["state"] == ("已报失", "origin")
    assert columns(destination, subject)["issued_by"][0] == "白音苏木党委"
    assert shown(origin, subject) == shown(destination, subject)
    assert destination.refusal("支部", "certificate.void", number="H-1", state="lost") == "D-certificate-unknown"


def test_a_certificate_of_another_branch_is_not_shown_and_of_an_unnotified_member_there_is_none_yet() -> None:
    origin, destination = offices(agreed=True)
    subject = admitted(origin, destination)
    assert origin.refusal("邻支部", "certificate.show", person=subject) == "D-person-unknown"
    assert origin.refusal("支部", "certificate.show", person=floating(origin, 3)) == "D-not-notified"
