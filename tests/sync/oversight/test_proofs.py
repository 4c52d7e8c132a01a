"""Cases as staff export them: whose members, in which roles, and that both offices hold the same."""

import pytest

from gongguan.node.operations import every
from gongguan.protocol import case
from gongguan.protocol.card import open_card
from tests.sync.offices import Office, admitted, exchanged, offices, ready


@pytest.fixture
def told() -> tuple[Office, Office, str]:
    origin, destination = offices(agreed=True)
    subject = admitted(origin, destination)
    return origin, destination, subject


def test_an_officer_exports_a_members_case_which_the_cards_in_the_answer_check(
    told: tuple[Office, Office, str],
) -> None:
    origin, destination, subject = told
    contents = []
    for office in (origin, destination):
        answer = office.ask("干事", "proof.case", subject=subject)
        trusted = [open_card(data)[0] for data in (answer.first_card, answer.second_card)]
        shown = case.verify(answer.case, trusted)
        assert (answer.messages, answer.refused) == (len(shown.messages), 0)
        assert all(item.received_at_s is not None for item in shown.messages)
        contents.append({item.data for item in shown.messages})
        assert trusted[0].node_id == origin.node.identity.node_id  # the first-named party's card comes first
    assert contents[0] == contents[1]
    kinds = {item.value.kind for item in shown.messages}
    assert kinds == {"departure.notified", "admission.given"}


def test_another_members_messages_are_not_in_it(told: tuple[Office, Office, str]) -> None:
    origin, destination, subject = told
    other = origin.ask("干事", "departure.notify", member_id=ready(origin, 2)).subject
    exchanged(origin, destination)
    trusted = [open_card(data)[0] for data in (origin.node.committee.note, destination.node.committee.note)]
    for wanted in (subject, other):
        shown = case.verify(origin.ask("干事", "proof.case", subject=wanted).case, trusted)
        assert {item.value.subject for item in shown.messages} == {wanted}


def test_only_officers_and_signers_export_and_an_unknown_id_is_refused(told: tuple[Office, Office, str]) -> None:
    origin, _, subject = told
    assert origin.refusal("支部", "proof.case", subject=subject) == "A-role"
    assert origin.refusal("只读", "proof.case", subject=subject) == "A-role"
    assert origin.refusal("管理员", "proof.case", subject=subject) == "A-role"
    assert origin.refusal("书记", "proof.case", subject=subject) == ""
    assert origin.refusal("干事", "proof.case", subject="0" * 32) == "D-subject-unknown"
    operation = every()["proof.case"]
    assert operation.personal  # so that the audit says who read it
    assert operation.about is not None
    assert operation.subtree is not None
