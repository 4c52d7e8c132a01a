"""Issuing activity certificates: a number once, a member once, and nothing that a roster told is forgotten."""

from gongguan.sync.records import Certificate
from tests.sync.offices import SECOND, floating, offices, roster_row

ISSUED = {"issued_on": "2026-02-19"}


def test_a_certificate_is_listed_with_its_holder() -> None:
    origin, _ = offices()
    member = floating(origin, 1)
    origin.ask("支部", "certificate.issue", member_id=member, number=" Ｈ-１ ", **ISSUED)
    (line,) = origin.ask("支部", "certificate.list").certificates
    assert (line.member_id, line.number, line.issued_on) == (member, "H-1", "2026-02-19")


def test_a_number_is_given_once_whoever_told_it() -> None:
    origin, _ = offices()
    one, other, third = (
        floating(origin, 1),
        floating(origin, 2),
        floating(origin, 3, roster=roster_row(3, certificate="H-3")),
    )
    origin.ask("干事", "certificate.issue", member_id=one, number="H-1", **ISSUED)
    assert origin.refusal("干事", "certificate.issue", member_id=other, number="H-1", **ISSUED) == "D-certificate-taken"
    assert origin.refusal("干事", "certificate.issue", member_id=other, number="H-3", **ISSUED) == "D-certificate-taken"
    assert origin.refusal("干事", "certificate.issue", member_id=third, number="H-4", **ISSUED) == "D-certificate-held"
    assert origin.ask("干事", "certificate.issue", member_id=third, number="H-3", **ISSUED).number == "H-3"


def test_a_member_holds_one_and_issuing_it_again_changes_nothing() -> None:
    origin, _ = offices()
    member = floating(origin, 1)
    for _ in range(2):
        origin.ask("干事", "certificate.issue", member_id=member, number="H-1", **ISSUED)
    assert origin.refusal("干事", "certificate.issue", member_id=member, number="H-2", **ISSUED) == "D-certificate-held"
    assert len(origin.find(Certificate)) == 1


def test_who_has_none_can_be_listed_and_only_in_the_own_subtree() -> None:
    origin, _ = offices()
    here, there = floating(origin, 1), floating(origin, 2, SECOND)
    origin.ask("干事", "certificate.issue", member_id=there, number="H-2", **ISSUED)
    assert [line.member_id for line in origin.ask("干事", "certificate.list", missing=True).certificates] == [here]
    assert [line.member_id for line in origin.ask("只读", "certificate.list").certificates] == [there]


def test_another_branch_cannot_issue_and_no_certificate_is_from_tomorrow() -> None:
    origin, _ = offices()
    member = floating(origin, 1)
    named = {"member_id": member, "number": "H-1"}
    assert origin.refusal("邻支部", "certificate.issue", **named, **ISSUED) == "A-subtree"
    assert origin.refusal("只读", "certificate.issue", **named, **ISSUED) == "A-role"
    assert origin.refusal("干事", "certificate.issue", **named, issued_on="2026-03-02") == "D-date-future"


def test_a_number_written_unlike_all_on_record_is_pointed_out_and_kept() -> None:
    origin, _ = offices()
    numbers = ("990521-2026-0001", "990521-2026-0002", "990521-2026-0103", "123", "990521-2026-4")
    told = []
    for at, number in enumerate(numbers, 1):
        member = floating(origin, at, roster=roster_row(at, certificate=number) if at < 3 else None)
        issued = origin.ask("支部", "certificate.issue", member_id=member, number=number, issued_on="2026-02-19")
        told += [[line.known for line in issued.unlike]]
    assert told == [[], [], [], ["990521-2026-0103"], []]
