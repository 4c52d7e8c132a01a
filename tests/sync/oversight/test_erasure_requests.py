"""Two persons erase a member whose time is over; what was erased stays listed, and nobody is erased by one alone."""

from typing import Any

import msgspec

from gongguan.sync.records import ErasureRequest, LogMessage, MobilityPeriod
from tests import pairs
from tests.sync.offices import Office, admitted, exchanged, member_id, offices

YEARS_LATER = 6 * 366


def returned(origin: Office, destination: Office) -> str:
    """A member who came back; the subject."""
    subject = admitted(origin, destination)
    origin.ask("干事", "movement.return", subject=subject, ended_on="2026-03-01", reason="returned")
    exchanged(origin, destination)
    return subject


def later(*sides: Office, days: int = YEARS_LATER) -> None:
    for side in sides:
        pairs.later(side.node, days)


def erased(origin: Office, destination: Office) -> str:
    subject = returned(origin, destination)
    later(origin, destination)
    asked = origin.ask("干事", "erasure.request", subject=subject)
    origin.ask("书记", "erasure.approve", request=asked.request[:8])
    exchanged(origin, destination)
    return subject


def test_one_asks_another_approves_and_both_sides_erase_and_list_it() -> None:
    origin, destination = offices(agreed=True)
    subject = erased(origin, destination)

    for side, by in ((origin, "here"), (destination, "there")):
        (line,) = side.ask("干事", "erasure.list").erasures
        assert (line.subject, line.by, line.basis, line.state) == (subject, by, "retention_expired", "done")
        assert line.messages == 3
        assert side.find(MobilityPeriod, subject=subject) == []
        assert not [item for item in side.find(LogMessage) if "巴特尔".encode() in item.data]


def test_the_member_finds_it_listed_at_home_under_its_own_branch() -> None:
    origin, destination = offices(agreed=True)
    subject = erased(origin, destination)

    (line,) = origin.ask("支部", "erasure.list", member_id=member_id(1)).erasures
    assert (line.subject, line.member_id) == (subject, member_id(1))
    assert origin.ask("邻支部", "erasure.list", member_id=member_id(1)).erasures == []
    assert destination.ask("干事", "erasure.list").erasures[0].member_id is None


def test_nobody_approves_the_own_request_and_without_approval_nothing_goes() -> None:
    origin, destination = offices(agreed=True)
    subject = returned(origin, destination)
    later(origin, destination)
    asked = origin.ask("干事", "erasure.request", subject=subject)
    (stored,) = origin.find(ErasureRequest)
    origin.put(msgspec.structs.replace(stored, requested_by="书记"))

    assert origin.refusal("书记", "erasure.approve", request=asked.request) == "D-second-person"
    assert origin.refusal("干事", "erasure.approve", request=asked.request) == "A-role"
    exchanged(origin, destination)
    assert destination.find(MobilityPeriod, subject=subject)


def test_a_request_that_was_withdrawn_cannot_be_approved() -> None:
    origin, destination = offices(agreed=True)
    subject = returned(origin, destination)
    later(origin, destination)
    asked = origin.ask("干事", "erasure.request", subject=subject)
    assert origin.refusal("干事", "erasure.request", subject=subject) == "D-erasure-requested"
    assert [line.request for line in origin.ask("书记", "erasure.list").requests] == [asked.request]
    origin.ask("书记", "erasure.withdraw", request=asked.request)

    assert origin.refusal("书记", "erasure.approve", request=asked.request) == "D-erasure-unknown"
    assert origin.ask("书记", "erasure.list").requests == []


def test_it_is_asked_for_at_the_origin_after_the_end_and_after_the_minimum_only() -> None:
    origin, destination = offices(agreed=True)
    subject = admitted(origin, destination)
    assert origin.refusal("干事", "erasure.request", subject=subject) == "P-erasure-ending"
    origin.ask("干事", "movement.return", subject=subject, ended_on="2026-03-01", reason="returned")
    exchanged(origin, destination)

    assert origin.refusal("干事", "erasure.request", subject=subject) == "G-retention"
    assert destination.refusal("干事", "erasure.request", subject=subject) == "G-erasure-side"
    later(origin, days=750)
    assert origin.refusal("干事", "erasure.request", subject=subject) == ""


def test_what_is_to_be_done_shows_among_what_is_due() -> None:
    origin, destination = offices(agreed=True)
    subject = returned(origin, destination)
    later(origin, days=750)
    assert due(origin, "干事", "erasure") == []
    later(origin, destination)
    assert due(origin, "干事", "erasure") == [subject]
    assert due(destination, "干事", "erasure") == []

    origin.ask("干事", "erasure.request", subject=subject)

    assert due(origin, "干事", "erasure") == []
    assert due(origin, "书记", "erasure_approval") == [subject]


def due(side: Office, who: str, kind: str) -> list[Any]:
    return [line.subject for line in side.ask(who, "today.list", kind=kind).lines]


def test_a_member_who_goes_out_again_afterwards_begins_under_another_pseudonym() -> None:
    origin, destination = offices(agreed=True)
    subject = erased(origin, destination)
    later(origin, destination, days=-YEARS_LATER)  # back into the term of the agreement of the tests
    origin.ask(
        "干事",
        "departure.report",
        member_id=member_id(1),
        left_on="2026-03-01",
        destination_place="990202",
        reason="work",
        briefed_on="2026-03-01",
    )
    again = origin.ask("干事", "departure.notify", member_id=member_id(1))
    exchanged(origin, destination)

    assert again.subject != subject
    assert [line.subject for line in destination.ask("干事", "admission.list").notices] == [again.subject]
