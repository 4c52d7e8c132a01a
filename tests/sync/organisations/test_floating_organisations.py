"""Floating members' organisations: suggested where members are, set up with an approval, managing members."""

from typing import Any

from gongguan.sync.records import Body, FloatingOrganisation, Staff
from tests.sync.offices import BRANCH, TOP, Office, admission, exchanged, floating, offices, ready, roster_row
from tests.sync.said import TOPICS

CODE, NAME, APPROVAL = "990109", "驻临江流动党员党支部", "旗组发〔2026〕3号"


def request(**changes: Any) -> dict[str, Any]:
    return {
        "code": CODE,
        "full_name": NAME,
        "short_name": "临江流动支部",
        "parent": TOP,
        "host_place": "990202",
        "established_on": "2026-02-20",
        "approval": APPROVAL,
        **changes,
    }


def established(office: Office, **changes: Any) -> Any:
    return office.ask("干事", "body.establish", **request(**changes))


def test_places_with_as_many_floating_members_as_asked_for_are_suggested() -> None:
    origin, _ = offices(agreed=True)
    for number in (1, 2, 3):
        floating(origin, number, roster=roster_row(number))
    floating(origin, 4, roster=roster_row(4, "北岭省望山区"))

    suggested = [
        [(line.place, line.members) for line in origin.ask("干事", "agreement.candidates", least=least).candidates]
        for least in (1, 3, 4)
    ]

    assert suggested == [[("南岭省临江区", 3), ("北岭省望山区", 1)], [("南岭省临江区", 3)], []]


def test_an_organisation_is_registered_with_place_parent_and_approval_and_without_approval_not_at_all() -> None:
    origin, _ = offices(agreed=True)
    for without in ("", "  "):
        assert origin.refusal("干事", "body.establish", **request(approval=without)) == "D-organisation-approval"
    assert origin.find(Body, code=CODE) == []

    made = established(origin)

    (kept,) = origin.find(FloatingOrganisation)
    assert (kept.host_place, kept.approval, kept.established_on) == ("990202", APPROVAL, "2026-02-20")
    (body,) = [body for body in origin.ask("干事", "body.list").bodies if body.code == CODE]
    assert (body.category, body.parent_code, body.full_name) == ("floating_members_organisation", TOP, NAME)
    assert made.approval == APPROVAL


def test_the_department_above_hears_of_it_once_in_the_next_report_with_the_approval() -> None:
    origin, _ = offices(agreed=True)
    established(origin, approval="旗组发〔2026〕2号")
    established(origin)
    (item,) = origin.ask("干事", "superior.list").items
    assert (item.matter, item.name, item.content, item.on) == ("organisation", "临江流动支部", APPROVAL, "2026-02-20")
    assert origin.ask("支部", "superior.list").items == []
    assert [line.kind for line in origin.ask("干事", "today.list", kind="superior").lines] == ["superior"]
    report = origin.ask("干事", "superior.report")
    assert report.items == 1
    established(origin, short_name="临江支部")
    assert origin.refusal("干事", "superior.report") == "D-report-empty"
    origin.ask("干事", "superior.sent", report=report.report, on="2026-03-01", channel="letter")
    origin.ask("干事", "superior.answered", report=report.report, on="2026-03-01", receipt="旗组收〔2026〕4号")
    assert origin.ask("干事", "superior.list").items == []


def test_what_cannot_be_is_refused_and_only_an_officer_of_the_whole_committee_sets_one_up() -> None:
    origin, _ = offices(agreed=True)
    assert origin.refusal("干事", "body.establish", **request(code=BRANCH)) == "D-organisation-code"
    assert origin.refusal("干事", "body.establish", **request(established_on="2030-01-01")) == "D-date-future"
    assert origin.refusal("干事", "body.establish", **request(parent="没有这个")) == "D-body-unknown"
    assert origin.refusal("支部", "body.establish", **request()) == "A-role"
    established(origin)
    assert origin.refusal("干事", "body.establish", **request(parent=CODE)) == "D-body-parent-cycle"


def test_fewer_than_three_full_members_are_said_and_block_nothing() -> None:
    origin, _ = offices(agreed=True)

    assert [(made.full_members, made.enough) for made in (established(origin), established(origin, joining=3))] == [
        (0, False),
        (3, True),
    ]
    for number in (1, 2, 3):
        floating(origin, number, CODE)
    assert (established(origin).full_members, established(origin).enough) == (3, True)


def test_an_organisation_that_came_by_a_sheet_is_listed_as_without_approval_until_it_is_registered() -> None:
    origin, _ = offices(agreed=True)
    sheet = "代码,全称,简称,类别,上级\n{},白音苏木党委,白音苏木党委,党委,\n{},{},流动支部,流动党员党支部,{}\n"
    origin.ask("干事", "body.import", file=sheet.format(TOP, CODE, NAME, TOP).encode())
    listed = origin.ask("干事", "body.floating")
    assert (listed.without, [line.approval for line in listed.organisations]) == (1, [None])

    established(origin)

    listed = origin.ask("干事", "body.floating")
    (line,) = listed.organisations
    assert (listed.without, line.approval, line.host_place, line.enough) == (0, APPROVAL, "990202", False)
    assert origin.ask("邻支部", "body.floating").organisations == []


def test_it_can_be_the_managing_body_of_a_member_who_then_counts_in_it_and_is_seen_by_its_clerk() -> None:
    origin, destination = offices(agreed=True)
    established(destination)
    destination.put(Staff(name="流动支部", role="branch_clerk", body_code=CODE, password=""))
    subject = origin.ask("干事", "departure.notify", member_id=ready(origin, 1)).subject
    exchanged(origin, destination)

    destination.ask("干事", "admission.give", **admission(subject, NAME))
    exchanged(origin, destination)

    for office in (origin, destination):
        (movement,) = office.ask("干事", "movement.list").movements
        assert movement.state == "admitted"
        assert any(NAME in row.value for row in office.ask("干事", "movement.show", subject=subject).rows)
    assert [line.subject for line in destination.ask("流动支部", "movement.list").movements] == [subject]
    assert destination.ask("支部", "movement.list").movements == []
    assert established(destination).full_members == 1


def test_the_partner_hears_of_it_in_a_bulletin_with_place_and_approval() -> None:
    origin, destination = offices(agreed=True)
    words = established(origin).bulletin
    assert all(part in words for part in (NAME, APPROVAL, "990202"))

    origin.ask("干事", "bulletin.send", quarter="2026Q1", **{**TOPICS, "admission": words})
    exchanged(origin, destination)

    told = [topic for line in destination.ask("干事", "bulletin.list").bulletins for topic in line.topics]
    assert any(words in topic for topic in told)
