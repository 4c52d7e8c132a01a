"""What the origin owns and the destination works with travels when it changes (A-07)."""

from typing import Any

import msgspec

from gongguan.sync.records import LogMessage, Member
from tests.pairs import later
from tests.sync.offices import Office, admitted, exchanged, member_id, offices


def change(office: Office, number: int, **fields: Any) -> None:
    """A correction of the record, as an import makes it."""
    (member,) = office.find(Member, member_id=member_id(number))
    office.put(msgspec.structs.replace(member, **fields))


def fields(office: Office, subject: str) -> dict[str, tuple[str, str, bool]]:
    shown = office.ask("干事", "movement.profile", person=subject).fields
    return {line.field: (line.value, line.source, line.changed) for line in shown}


def test_a_changed_field_reaches_the_destination_with_its_source_and_time() -> None:
    origin, destination = offices(agreed=True)
    subject = admitted(origin, destination)
    assert fields(destination, subject)["category"] == ("正式党员", "origin", False)
    later(origin.node, 3)
    change(origin, 1, name="巴特尔·新", category="probationary_member", details='{"phone":"10000000009"}')

    assert origin.ask("干事", "movement.tell_profiles").told == 1
    exchanged(origin, destination)

    shown = fields(destination, subject)
    assert shown["name"] == ("巴特尔·新", "origin", True)
    assert shown["phone"] == ("10000000009", "origin", True)
    assert shown["affiliated_branch"][2] is False
    lines = {line.field: line for line in destination.ask("干事", "movement.profile", person="巴特尔·新").fields}
    assert (lines["name"].told_on, lines["certificate_number"].told_on) == ("2026-03-04", "2026-03-01")
    assert destination.ask("干事", "movement.list").movements[0].name == "巴特尔·新"
    assert origin.node.shared() == destination.node.shared()


def test_what_did_not_change_is_not_told_and_nothing_is_told_twice() -> None:
    origin, destination = offices(agreed=True)
    subject = admitted(origin, destination)
    assert origin.ask("干事", "movement.tell_profiles").told == 0
    change(origin, 1, category="probationary_member")

    assert [origin.ask("支部", "movement.tell_profiles").told for _ in range(2)] == [1, 0]
    origin.ask("干事", "movement.return", subject=subject, ended_on="2026-02-27", reason="returned")
    change(origin, 1, category="full_member")
    assert origin.ask("干事", "movement.tell_profiles").told == 0, "whose period is over is no matter of the other side"
    exchanged(origin, destination)

    assert sum(row.kind == "profile.updated" for row in destination.find(LogMessage)) == 1


def test_two_changes_of_different_fields_do_not_replace_each_other() -> None:
    origin, destination = offices(agreed=True)
    subject = admitted(origin, destination)
    for changes in ({"name": "巴特尔·新"}, {"category": "probationary_member"}):
        change(origin, 1, **changes)
        origin.ask("干事", "movement.tell_profiles")
    exchanged(origin, destination)

    shown = fields(destination, subject)
    assert (shown["name"][0], shown["category"][0]) == ("巴特尔·新", "预备党员")


def test_while_the_agreement_is_suspended_a_change_waits_and_is_told_afterwards() -> None:
    origin, destination = offices(agreed=True)
    admitted(origin, destination)
    change(origin, 1, name="巴特尔·新")
    suspension = origin.ask("书记", "agreement.suspend", version=origin.node.in_force(), reason="other").id
    assert origin.ask("干事", "movement.tell_profiles").not_told == 1

    exchanged(origin, destination)
    origin.ask("书记", "agreement.lift", suspension=suspension)
    exchanged(origin, destination)
    destination.ask("书记", "agreement.accept_lifting", suspension=suspension)
    exchanged(origin, destination)

    assert origin.ask("干事", "movement.tell_profiles").told == 1


def test_the_destination_can_change_nothing_that_the_origin_owns() -> None:
    origin, destination = offices(agreed=True)
    subject = admitted(origin, destination)

    assert destination.ask("干事", "movement.tell_profiles").told == 0
    exchanged(origin, destination)
    assert fields(origin, subject) == fields(destination, subject)
