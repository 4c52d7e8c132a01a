"""Contacts as staff record them: exact lists on any day, facts with two witnesses, no word that leaves the node."""

import msgspec
import pytest

from gongguan.sync.act import Rejected
from gongguan.sync.contacts.schedule import SCHEDULE
from gongguan.sync.records import AuditEntry, Contact, LogMessage, Staff
from tests.sync.offices import (
    BRANCH,
    SECOND,
    Office,
    admission,
    admitted,
    exchanged,
    floating,
    kinds_due,
    member_id,
    offices,
    on,
    ready,
    roster_row,
)
from tests.sync.said import quarterly
from tests.three import FAR_PLACE, met, peer_of, three_offices

SAID = "家里老人生病，想换离家近的工作"


def states(side: Office, **asked: object) -> dict[str, str]:
    """Name → state of what a quarter asks for; one kind at a time."""
    listed = side.ask("干事", "contact.list", **{"kind": "quarterly", **asked})
    return {line.name: line.state for line in listed.lines}


def test_on_the_quarters_last_day_the_list_of_those_without_a_contact_is_exact() -> None:
    origin, destination = offices(agreed=True)
    reached = admitted(origin, destination, 1)
    returned = admitted(origin, destination, 2)
    left_later = floating(origin, 3, roster=roster_row(3))
    on("2026-03-20", origin, destination)
    origin.ask("干事", "contact.record", **quarterly(reached))
    origin.ask("干事", "contact.record", **quarterly(left_later, reached=False))
    origin.ask("干事", "movement.return", subject=returned, ended_on="2026-03-10", reason="returned")
    origin.ask(
        "干事",
        "departure.report",
        member_id=floating(origin, 4),
        left_on="2026-04-01",
        destination_place="990202",
        reason="work",
    )
    origin.ask(
        "干事",
        "departure.report",
        member_id=floating(origin, 5),
        left_on="2026-03-31",
        destination_place="990202",
        reason="work",
    )
    on("2026-03-31", origin)
    assert states(origin) == {
        "巴特尔·乙": "made",
        "巴特尔·丙": "away_no_more",
        "巴特尔·丁": "due",
        "巴特尔·己": "due",
    }
    listed = origin.ask("干事", "contact.list", kind="quarterly")
    assert (listed.made, listed.due) == (1, 2)
    assert [line.tried for line in listed.lines if line.name == "巴特尔·丁"] == [1]
    on("2026-04-01", origin)
    assert states(origin, quarter="2026Q1")["巴特尔·丁"] == "missed"
    assert set(states(origin)) == {"巴特尔·乙", "巴特尔·丁", "巴特尔·戊", "巴特尔·己"}


def test_both_sides_contact_their_own_and_a_partners_contact_does_not_stand_for_ours() -> None:
    origin, destination = offices(agreed=True)
    subject = admitted(origin, destination)
    on("2026-03-20", origin, destination)
    destination.ask("支部", "contact.record", **quarterly(subject))
    exchanged(origin, destination)
    assert states(destination) == {"巴特尔·乙": "made"}
    assert states(origin) == {"巴特尔·乙": "due"}


def test_one_contact_told_by_both_is_one_fact_with_two_witnesses() -> None:
    origin, destination = offices(agreed=True)
    subject = admitted(origin, destination)
    on("2026-03-20", origin, destination)
    for side in (origin, destination):
        assert side.ask("支部", "contact.record", **quarterly(subject)).told
    exchanged(origin, destination)
    for side in (origin, destination):
        (fact,) = side.ask("干事", "contact.show", person=subject).told
        assert (fact.kind, fact.on, fact.witnesses) == ("quarterly", "2026-03-05", "both")
    (kept,) = origin.find(Contact)
    assert origin.ask("支部", "contact.withdraw", contact=kept.contact_id, reason="wrong_member").told
    exchanged(origin, destination)
    (fact,) = destination.ask("干事", "contact.show", person=subject).told
    assert fact.witnesses == "destination"
    assert states(origin) == {"巴特尔·乙": "due"}
    assert (
        origin.refusal("支部", "contact.withdraw", contact=kept.contact_id, reason="wrong_member")
        == "D-entry-withdrawn"
    )


def test_a_contact_is_taken_back_where_it_was_told_though_the_member_moved_on_since() -> None:
    origin, destination, far = three_offices()
    subject = origin.ask("干事", "departure.notify", member_id=ready(origin, 1), peer=peer_of(destination)).subject
    met(origin, destination, far)
    destination.ask("干事", "admission.give", **admission(subject))
    met(origin, destination, far)
    on("2026-03-06", origin, destination, far)
    made = origin.ask("支部", "contact.record", **quarterly(subject))
    met(origin, destination, far)
    destination.ask("支部", "movement.relocate", subject=subject, place=FAR_PLACE, on="2026-03-01")
    met(origin, destination, far)
    origin.ask("干事", "movement.retarget", subject=subject, peer=peer_of(far))
    met(origin, destination, far)

    assert origin.ask("支部", "contact.withdraw", contact=made.contact, reason="wrong_member").told
    met(origin, destination, far)

    kinds = {
        side: [row.kind for row in side.find(LogMessage)].count("contact.withdrawn") for side in (destination, far)
    }
    assert (kinds[destination], kinds[far]) == (1, 0)


def test_the_audit_says_whose_contacts_were_read_also_where_the_member_was_named() -> None:
    origin, destination = offices(agreed=True)
    subject = admitted(origin, destination)
    on("2026-03-06", origin, destination)
    origin.ask("支部", "contact.record", **quarterly("巴特尔·乙"))

    origin.ask("支部", "contact.show", person="巴特尔·乙")
    origin.ask("支部", "contact.show", person=subject)

    kept = [entry.about for entry in origin.find(AuditEntry) if entry.operation.startswith("contact.")]
    assert kept == [f"person:{member_id(1)}"] * 2 + [f"person:{subject}"]


def test_no_word_of_a_note_leaves_the_node() -> None:
    origin, destination = offices(agreed=True)
    subject = admitted(origin, destination)
    on("2026-03-20", origin, destination)
    before = len(origin.node.log())
    for kind, tell in (("quarterly", None), ("festival", True), ("home_visit", None)):
        row = quarterly(subject, kind=kind, note=SAID, tell=tell)
        origin.ask("支部", "contact.record", **row)
    exchanged(origin, destination)
    sent = origin.node.log()[before:]
    assert len(sent) >= 2
    assert all(SAID.encode() not in message.data and b"home_visit" not in message.data for message in sent)
    assert [line.note for line in origin.ask("支部", "contact.show", person=subject).contacts] == [SAID] * 3
    assert (
        origin.refusal("支部", "contact.record", **quarterly(subject, kind="home_visit", tell=True))
        == "D-contact-visit"
    )


def test_a_sheet_of_contacts_is_kept_whole_or_not_at_all_and_says_which_rows_are_wrong() -> None:
    origin, _ = offices()
    for number in (1, 2):
        floating(origin, number, roster=roster_row(number))
    on("2026-03-20", origin)
    rows = [quarterly("巴特尔·乙"), quarterly("巴特尔"), quarterly("无此人"), quarterly("巴特尔·丙", "2026-03-21")]
    with pytest.raises(Rejected) as caught:
        origin.ask("支部", "contact.record_all", rows=rows)
    refused = [(row.row, row.code) for row in caught.value.detail().refused]  # type: ignore[attr-defined]
    assert refused == [(2, "D-person-ambiguous"), (3, "D-person-unknown"), (4, "D-date-future")]
    assert origin.find(Contact) == []
    made = origin.ask("支部", "contact.record_all", rows=[rows[0], quarterly("巴特尔·丙")])
    assert (made.recorded, made.told) == (2, 0)
    assert states(origin) == {"巴特尔·乙": "made", "巴特尔·丙": "made"}


def test_each_relocation_has_a_linked_contact_or_is_overdue() -> None:
    origin, destination = offices(agreed=True)
    subject = admitted(origin, destination)
    on("2026-03-20", origin, destination)
    for place, day in (("990303", "2026-03-02"), ("990404", "2026-03-09")):
        destination.ask("支部", "movement.relocate", subject=subject, place=place, on=day)
        exchanged(origin, destination)
    asked = {"kind": "relocation", "quarter": "2026Q1"}
    listed = origin.ask("干事", "contact.list", **asked).lines
    assert [(line.due_on, line.state) for line in listed] == [("2026-03-16", "overdue"), ("2026-03-23", "due")]
    made = origin.ask("支部", "contact.record", **quarterly(subject, "2026-03-20", kind="relocation"))
    assert made.met
    listed = origin.ask("干事", "contact.list", **asked).lines
    assert [line.state for line in listed] == ["made", "due"]
    assert [contact.about for contact in origin.find(Contact)] == [listed[0].about]
    wrong = quarterly(subject, "2026-03-20", kind="relocation", about="0" * 32)
    assert origin.refusal("支部", "contact.record", **wrong) == "D-contact-about"


def test_the_political_birthdays_of_next_month_are_one_command() -> None:
    origin, destination = offices(agreed=True)
    admitted(origin, destination)
    on("2026-06-10", origin, destination)
    for side in (origin, destination):
        listed = side.ask("干事", "contact.birthdays")
        assert listed.month == "2026-07"
        assert [(line.name, line.on, line.years) for line in listed.birthdays] == [("巴特尔·乙", "2026-07", 11)]
        assert side.ask("干事", "contact.birthdays", month="2026-08").birthdays == []


def test_the_channel_of_a_contact_is_recorded_from_a_closed_list() -> None:
    origin, _ = offices()
    member = floating(origin, 1, roster=roster_row(1))
    on("2026-03-20", origin)
    origin.ask("支部", "contact.record", **quarterly(member, channel="wechat"))
    (line,) = origin.ask("支部", "contact.show", person=member).contacts
    assert line.channel == "wechat"
    with pytest.raises(Exception, match="S-request"):
        origin.ask("支部", "contact.record", **quarterly(member, channel="location"))


def test_contacts_are_kept_by_those_whose_members_they_are_and_notes_are_not_for_readers() -> None:
    origin, _ = offices()
    member = floating(origin, 1, roster=roster_row(1))
    on("2026-03-20", origin)
    assert origin.refusal("邻支部", "contact.record", **quarterly(member)) == "D-person-unknown"
    assert origin.refusal("只读", "contact.show", person=member) == "A-role"
    assert states(origin) == {"巴特尔·乙": "due"}
    assert origin.ask("邻支部", "contact.list").lines == []


def test_contacts_that_the_destination_recorded_are_counted_in_its_feedback() -> None:
    origin, destination = offices(agreed=True)
    subject = admitted(origin, destination)
    on("2026-03-10", destination)
    for day, reached in (("2026-03-03", True), ("2026-03-04", False), ("2026-03-05", True)):
        destination.ask("支部", "contact.record", **quarterly(subject, day, reached=reached))
    made = destination.ask("支部", "feedback.give", subject=subject, quarter="2026Q1", conduct="good")
    assert made.contacts_made == 2


# --- contact officers -----------------------------------------------------------------------------------------

PHONE = "10000000009"


def officers(side: Office) -> list[tuple[str | None, str | None]]:
    return [(line.officer, line.partner) for line in side.ask("干事", "officer.list").lines]


def test_there_is_one_officer_per_member_and_side_and_the_partner_knows_the_name() -> None:
    origin, destination = offices(agreed=True)
    member = ready(origin, 1)
    assert origin.ask("干事", "officer.list").without == 1
    origin.ask("支部", "officer.assign", people=[member], officer="乌云", phone=PHONE, since="2026-02-20")
    subject = origin.ask("干事", "departure.notify", member_id=member).subject
    exchanged(origin, destination)
    destination.ask(
        "干事",
        "admission.give",
        subject=subject,
        managing_body="第一党支部",
        arrived_on="2026-02-25",
        contact_officer="李明",
        contact_phone="10000000001",
        certificate_number="H-1",
    )
    exchanged(origin, destination)
    exchanged(origin, destination)
    assert officers(origin) == [("乌云", "李明")]
    assert officers(destination) == [("李明", "乌云")]
    assert destination.ask("支部", "officer.assign", people=[subject], officer="王芳", phone=PHONE).told == 1
    exchanged(origin, destination)
    assert officers(origin) == [("乌云", "王芳")]
    history = destination.ask("干事", "officer.show", person=subject).officers
    assert [(span.officer, span.since, span.until) for span in history] == [
        ("王芳", "2026-03-01", None),
        ("李明", "2026-02-25", "2026-03-01"),
    ]


def test_an_officer_who_leaves_hands_over_before_the_account_is_disabled() -> None:
    origin, _ = offices()
    origin.put(Staff(name="乌云", role="branch_clerk", body_code=BRANCH, password=""))
    people = [floating(origin, number, branch, roster_row(number)) for number, branch in ((1, BRANCH), (2, SECOND))]
    for person in people:
        origin.ask("干事", "officer.assign", people=[person], officer="乌云", phone=PHONE)
    assert origin.refusal("管理员", "staff.disable", name="乌云") == "D-officer-in-charge"
    assert (
        origin.refusal("干事", "officer.hand_over", leaving="无人", officer="李明", phone=PHONE) == "D-officer-nobody"
    )
    moved = origin.ask("干事", "officer.hand_over", leaving="乌云", officer="李明", phone=PHONE)
    assert moved.members == 2
    assert origin.ask("干事", "officer.list").without == 0
    assert origin.refusal("管理员", "staff.disable", name="乌云") == ""
    early = {"people": [people[0]], "officer": "王芳", "phone": PHONE, "since": "2026-02-01"}
    assert origin.refusal("干事", "officer.assign", **early) == "D-officer-since"


def test_until_an_officer_is_named_here_it_is_the_one_of_the_outflow_roster() -> None:
    origin, _ = offices()
    details = {"details": '{"contact_officer":"乌云"}'}
    member = floating(origin, 1, roster=msgspec.structs.replace(roster_row(1), **details))
    listed = origin.ask("干事", "officer.list")
    assert [(line.officer, line.since) for line in listed.lines] == [("乌云", "2025-11")]
    origin.ask("干事", "officer.hand_over", leaving="乌云", officer="李明", phone=PHONE)
    history = origin.ask("干事", "officer.show", person=member).officers
    assert [(span.officer, span.until) for span in history] == [("李明", None), ("乌云", "2026-03-01")]


# --- what is due ----------------------------------------------------------------------------------------------


def contacts_due(side: Office) -> set[tuple[str, str]]:
    """As ``kinds_due``, of contacts, visits and officers only."""
    return {(kind, day) for kind, day in kinds_due(side) if kind in {*SCHEDULE, "officer"}}


def test_what_is_due_shows_each_contact_in_its_time_and_no_longer_when_it_was_made() -> None:
    origin, _ = offices()
    member = floating(origin, 1, roster=roster_row(1))
    on("2026-02-10", origin)
    assert contacts_due(origin) == {
        ("officer", "2025-11-01"),
        ("quarterly", "2026-03-31"),
        ("festival", "2026-02-20"),
        ("home_visit", "2026-12-31"),
    }
    assert kinds_due(origin, "邻支部") == set()
    for kind in ("quarterly", "festival", "home_visit"):
        origin.ask("支部", "contact.record", **quarterly(member, "2026-02-10", kind=kind))
    origin.ask("支部", "officer.assign", people=[member], officer="乌云", phone=PHONE, since="2026-02-10")
    assert contacts_due(origin) == set()
    on("2026-06-24", origin)
    assert contacts_due(origin) == {
        ("quarterly", "2026-06-30"),
        ("festival", "2026-07-04"),
        ("political_birthday", "2026-08-07"),
    }


def test_the_same_contact_typed_twice_is_recorded_once_and_one_that_says_more_is_another() -> None:
    origin, destination = offices(agreed=True)
    admitted(origin, destination)
    on("2026-03-20", origin, destination)
    first = origin.ask("干事", "contact.record", **quarterly("巴特尔·乙"))
    again = origin.ask("干事", "contact.record", **quarterly("巴特尔·乙"))
    assert (first.already, again.already, again.contact) == (False, True, first.contact)
    for more in ({"channel": "wechat"}, {"reached": False}, {"note": SAID}, {"day": "2026-03-06"}):
        assert not origin.ask("干事", "contact.record", **quarterly("巴特尔·乙", **more)).already
    rows = [quarterly("巴特尔·乙"), quarterly("巴特尔·乙", day="2026-03-07")]
    many = origin.ask("干事", "contact.record_all", rows=rows)
    assert (many.recorded, many.already) == (1, 1)
    assert len(origin.ask("干事", "contact.show", person="巴特尔·乙").contacts) == 6
