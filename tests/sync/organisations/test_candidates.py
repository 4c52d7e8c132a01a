"""Where members concentrate, by own data alone: whom to consult and agree with."""

import msgspec

from tests.sync.offices import PLACE, SECOND, Office, floating, offices, ready, roster_row


def places(office: Office, **asked: int) -> list[tuple[int, str, int, str]]:
    found = office.ask("干事", "agreement.candidates", **asked).candidates
    return [(line.rank, line.place, line.members, line.state) for line in found]


def test_places_are_ranked_by_the_number_of_own_members_and_equal_numbers_share_a_rank() -> None:
    origin, _ = offices(agreed=True)
    for number in (1, 2):
        ready(origin, number)
    for number in (3, 4):
        floating(origin, number, roster=roster_row(number, "北原省河东区"))
    floating(origin, 5, SECOND, roster=roster_row(5, "北原省河西区"))
    floating(origin, 6)
    expected = [(1, PLACE, 2, "in_force"), (1, "北原省河东区", 2, "none"), (3, "北原省河西区", 1, "none")]
    assert places(origin) == expected
    assert places(origin, least=2) == expected[:2]
    assert origin.ask("干事", "agreement.candidates").unknown == 1


def test_a_partner_without_an_agreement_is_shown_as_such() -> None:
    origin, _ = offices()
    ready(origin, 1)
    assert places(origin) == [(1, PLACE, 1, "paired")]


def test_nothing_is_asked_of_anybody_and_a_branch_does_not_see_the_whole_committee() -> None:
    origin, destination = offices(agreed=True)
    ready(origin, 1)
    before = len(origin.node.log())
    origin.ask("干事", "agreement.candidates")
    assert len(origin.node.log()) == before
    assert places(destination) == []
    assert origin.refusal("支部", "agreement.candidates") == "A-subtree"
    assert "巴特尔" not in str(msgspec.to_builtins(origin.ask("干事", "agreement.candidates")))
