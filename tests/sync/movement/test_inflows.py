"""Somebody who came without a notice is asked about and never admitted on their own word (A-33, A-40)."""

import msgspec

from gongguan.sync.records import Intake, LogMessage, Member, MobilityPeriod, SharedRecord, Staff, Task
from tests.sync.offices import BRANCH, SECOND, Office, admission, admitted, exchanged, floating, id_number, offices

MAN = {"name": "巴特尔·乙", "id_number": id_number(1), "found_on": "2026-02-27", "phone": "10000000007"}
PLACED = {name: value for name, value in admission("").items() if name not in ("subject", "override_reason")}


def both() -> tuple[Office, Office]:
    """The origin has the member on its roster, with a certificate; nobody gave notice."""
    origin, destination = offices(agreed=True)
    member = floating(origin, 1)
    origin.ask("干事", "certificate.issue", member_id=member, number="H-1", issued_on="2026-02-19")
    return origin, destination


def peer(office: Office) -> str:
    return office.node.identity.node_id


def test_somebody_found_here_is_claimed_by_the_origin_with_the_notice_that_was_missing_and_then_admitted() -> None:
    origin, destination = both()
    taken = destination.ask("支部", "inflow.take", peer=peer(origin), **MAN)
    assert taken.state == "asked"
    exchanged(origin, destination)
    assert [task.kind for task in origin.find(Task, state="open")] == ["answer_inflow"]
    (line,) = origin.ask("干事", "inflow.list").inflows
    assert (line.name, line.found_on, line.state) == ("巴特尔·乙", "2026-02-27", "asked")

    subject = origin.ask("干事", "inflow.match", inflow=line.inflow).subject
    exchanged(origin, destination)

    (here,) = destination.ask("干事", "inflow.list", answered=True).inflows
    assert (here.state, here.subject) == ("matched", subject)
    assert origin.find(Task, state="open") == []
    destination.ask("支部", "admission.give", subject=subject, **PLACED)
    exchanged(origin, destination)
    assert origin.ask("干事", "movement.list").movements[0].state == "admitted"
    assert origin.node.shared() == destination.node.shared()


def test_a_self_report_without_a_certificate_admits_nobody() -> None:
    origin, destination = both()

    destination.ask("支部", "inflow.take", peer=peer(origin), **MAN)
    exchanged(origin, destination)

    assert destination.find(MobilityPeriod) == []
    assert destination.ask("干事", "movement.list").total == 0
    assert destination.ask("干事", "inflow.list").waiting == 1


def test_of_two_members_of_one_name_the_origin_sees_which_is_meant_and_issues_the_certificate_to_that_one() -> None:
    origin, destination = offices(agreed=True)
    first, second = floating(origin, 1), floating(origin, 2)
    for member in origin.find(Member):
        origin.put(msgspec.structs.replace(member, name="巴特尔"))
    for number in (1, 2):
        found = {**MAN, "name": "巴特尔", "id_number": id_number(number)}
        destination.ask("支部", "inflow.take", peer=peer(origin), **found)
    exchanged(origin, destination)

    lines = origin.ask("干事", "inflow.list").inflows
    assert ({line.name for line in lines}, {line.member_id for line in lines}) == ({"巴特尔"}, {first, second})
    line = next(line for line in lines if line.member_id == second)
    assert origin.refusal("干事", "inflow.match", inflow=line.inflow) == "D-certificate-missing"
    origin.ask("干事", "certificate.issue", member_id=line.member_id, number="H-2", issued_on="2026-02-19")
    matched = origin.ask("干事", "inflow.match", inflow=line.inflow)
    assert (matched.member_id, matched.name) == (second, "巴特尔")
    left = {line.member_id: line.state for line in origin.ask("干事", "inflow.list", answered=True).inflows}
    assert left == {first: "asked", second: "matched"}


def test_neither_the_name_nor_the_id_number_crosses() -> None:
    origin, destination = both()
    destination.ask("支部", "inflow.take", peer=peer(origin), **MAN)
    exchanged(origin, destination)

    (message,) = [row for row in origin.find(LogMessage) if row.kind == "inflow.reported"]
    assert all(secret.encode() not in message.data for secret in ("巴特尔", MAN["id_number"], MAN["phone"]))


def test_who_is_no_member_is_denied_and_another_partner_may_be_asked() -> None:
    origin, destination = both()
    stranger = {**MAN, "id_number": id_number(7)}
    taken = destination.ask("支部", "inflow.take", peer=peer(origin), **stranger)
    exchanged(origin, destination)
    (line,) = origin.ask("干事", "inflow.list").inflows
    assert line.name is None
    assert origin.refusal("干事", "inflow.match", inflow=line.inflow) == "D-inflow-no-member"

    origin.put(Staff(name="支部书记", role="secretary", body_code=BRANCH, password=""))
    refused = origin.refusal("支部书记", "inflow.deny", inflow=line.inflow, reason="no_longer_a_member")
    assert refused == "A-subtree"  # a branch does not speak for the members of all others
    origin.ask("干事", "inflow.deny", inflow=line.inflow, reason="no_such_member")
    exchanged(origin, destination)

    (here,) = destination.find(Intake)
    assert (here.state, here.reason) == ("denied", "no_such_member")
    assert origin.refusal("干事", "inflow.deny", inflow=line.inflow, reason="no_such_member") == "D-inflow-answered"
    assert destination.ask("支部", "inflow.ask", inflow=taken.inflow, peer=peer(origin)).state == "asked"


def test_whose_member_it_is_shows_to_nobody_of_another_branch() -> None:
    origin, destination = both()
    origin.put(Staff(name="邻书记", role="secretary", body_code=SECOND, password=""))
    stranger = {**MAN, "id_number": id_number(7)}
    for person in (MAN, stranger):
        destination.ask("支部", "inflow.take", peer=peer(origin), **person)
    exchanged(origin, destination)

    lines = origin.ask("干事", "inflow.list").inflows
    assert len(lines) == 2
    for line in lines:
        assert origin.refusal("邻书记", "inflow.match", inflow=line.inflow) == "D-inflow-unknown"


def test_a_notice_of_which_nothing_counts_stops_nobody_from_being_asked_about() -> None:
    origin, destination = both()
    admitted(origin, destination, 3)
    (notice,) = destination.find(SharedRecord, key="movement/departure")
    value = msgspec.json.decode(notice.value)
    del value["effective"]
    destination.put(msgspec.structs.replace(notice, value=msgspec.json.encode(value)))

    assert destination.ask("支部", "inflow.take", peer=peer(origin), **MAN).state == "asked"


def test_whom_one_branch_took_down_another_does_not_find_by_the_start_of_the_number() -> None:
    origin, destination = both()
    taken = destination.ask("支部", "inflow.take", **MAN)

    for who, outcome in (("邻支部", "D-inflow-unknown"), ("支部", "")):
        assert destination.refusal(who, "inflow.ask", inflow=taken.inflow[:4], peer=peer(origin)) == outcome


def test_the_origin_cannot_deny_a_member_whom_its_roster_holds() -> None:
    origin, destination = both()
    destination.ask("支部", "inflow.take", peer=peer(origin), **MAN)
    exchanged(origin, destination)
    (line,) = origin.ask("干事", "inflow.list").inflows

    assert origin.refusal("干事", "inflow.deny", inflow=line.inflow, reason="no_such_member") == "D-inflow-is-ours"
    origin.ask("干事", "inflow.deny", inflow=line.inflow, reason="no_longer_a_member")


def test_a_notice_that_crossed_the_question_is_not_given_twice() -> None:
    origin, destination = both()
    destination.ask("支部", "inflow.take", peer=peer(origin), **MAN)
    asked = {"left_on": "2026-02-20", "destination_place": "990202", "reason": "work"}
    member = origin.find(MobilityPeriod)
    assert member == []
    origin.ask("干事", "departure.report", member_id=f"{1:032x}", briefed_on="2026-02-18", **asked)
    subject = origin.ask("干事", "departure.notify", member_id=f"{1:032x}").subject
    exchanged(origin, destination)
    (line,) = origin.ask("干事", "inflow.list").inflows

    assert origin.ask("干事", "inflow.match", inflow=line.inflow).subject == subject
    exchanged(origin, destination)

    assert sum(row.kind == "departure.notified" for row in destination.find(LogMessage)) == 1
    assert destination.refusal("支部", "inflow.take", peer=peer(origin), **MAN) == "D-inflow-noticed"


def test_whom_nobody_can_place_is_taken_down_and_asked_about_later() -> None:
    origin, destination = both()
    taken = destination.ask("支部", "inflow.take", **MAN)
    assert taken.state == "open"
    assert all(row.kind != "inflow.reported" for row in destination.find(LogMessage))

    destination.ask("支部", "inflow.ask", inflow=taken.inflow, peer=peer(origin))
    exchanged(origin, destination)

    assert len(origin.ask("干事", "inflow.list").inflows) == 1
    assert destination.refusal("支部", "inflow.ask", inflow=taken.inflow, peer=peer(origin)) == "D-inflow-answered"


def test_of_somebody_whom_nobody_claims_nothing_is_kept() -> None:
    origin, destination = both()
    stranger = {**MAN, "id_number": id_number(7)}
    taken = destination.ask("支部", "inflow.take", peer=peer(origin), **stranger)
    assert destination.refusal("干事", "inflow.drop", inflow=taken.inflow) == "D-inflow-answered", "still asked"
    exchanged(origin, destination)
    (line,) = origin.ask("干事", "inflow.list").inflows
    origin.ask("干事", "inflow.deny", inflow=line.inflow, reason="no_such_member")
    exchanged(origin, destination)

    destination.ask("干事", "inflow.drop", inflow=taken.inflow)

    assert destination.find(Intake) == []
    assert destination.refusal("支部", "inflow.drop", inflow=taken.inflow) == "A-role"
