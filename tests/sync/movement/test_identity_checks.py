"""Nobody is placed before it is certain who they are, unless a named person answers for it (A-41)."""

import pytest

from gongguan.sync.records import IdentityCheck
from tests.sync.offices import admission, exchanged, id_number, one_noticed

PLACED = {name: value for name, value in admission("").items() if name not in ("subject", "override_reason")}


def test_nobody_is_placed_while_their_identity_is_unverified() -> None:
    origin, destination, subject = one_noticed()

    assert destination.refusal("干事", "admission.give", subject=subject, **PLACED) == "D-identity-unverified"
    exchanged(origin, destination)

    assert origin.ask("干事", "movement.list").movements[0].state == "notified"


@pytest.mark.parametrize("shown", [{"id_number": id_number(1)}, {"certificate_number": "ｈ- 1"}])
def test_an_id_number_or_a_certificate_that_fits_the_notice_is_enough(shown: dict[str, str]) -> None:
    _, destination, subject = one_noticed()

    assert destination.ask("干事", "admission.verify", subject=subject, **shown).checked_by == "干事"
    destination.ask("干事", "admission.give", subject=subject, **PLACED)

    (check,) = destination.find(IdentityCheck)
    assert check.how == next(iter(shown)).removesuffix("_number") or check.how == "id_number"
    assert "990101" not in str(check)


@pytest.mark.parametrize("shown", [{"id_number": id_number(2)}, {"certificate_number": "H-2"}])
def test_what_belongs_to_somebody_else_is_refused(shown: dict[str, str]) -> None:
    _, destination, subject = one_noticed()

    assert destination.refusal("干事", "admission.verify", subject=subject, **shown) == "D-identity-mismatch"
    assert destination.refusal("干事", "admission.give", subject=subject, **PLACED, **shown) == "D-identity-mismatch"
    assert destination.find(IdentityCheck) == []


def test_an_officer_may_place_somebody_unchecked_by_name_and_with_a_reason_and_a_branch_clerk_may_not() -> None:
    _, destination, subject = one_noticed()
    reason = {"override_reason": "证件在办，已与流出地电话核实"}

    assert destination.refusal("支部", "admission.give", subject=subject, **PLACED, **reason) == "D-identity-override"
    destination.ask("干事", "admission.give", subject=subject, **PLACED, **reason)

    (check,) = destination.find(IdentityCheck)
    assert (check.how, check.checked_by, check.reason) == ("override", "干事", reason["override_reason"])
