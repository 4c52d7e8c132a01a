"""A presented certificate: valid by the issuer's signed word only; forged, expired and unknown ones are found out."""

from typing import Any

import msgspec
import pytest

from gongguan.protocol.errors import ProtocolError
from gongguan.protocol.messages.certificate import CertificateStated
from gongguan.sync.records import Certificate, CertificateVerification
from tests import pairs
from tests.sync.offices import Office, exchanged, floating, id_number, offices, on, ready, roster_row

ISSUED = {"issued_on": "2026-02-19", "valid_until": "2026-12-31", "reason": "work", "place": "990202"}


def issued(origin: Office, number: int = 1, **changes: object) -> str:
    member = floating(origin, number)
    fields = {**ISSUED, "number": f"H-{number}", **changes}
    made: str = origin.ask("干事", "certificate.issue", member_id=member, **fields).number
    return made


def asked(origin: Office, destination: Office, number: str, **fields: object) -> Any:
    """What a check comes to once the origin's node has answered by itself."""
    check = destination.ask("支部", "certificate.check", number=number, **fields)
    assert (check.method, check.status) == ("query", "unverified")
    exchanged(origin, destination)
    return next(line for line in destination.ask("支部", "certificate.checks").checks if line.check == check.check)


def test_a_number_is_found_valid_forged_expired_or_unknown_by_the_issuers_register_without_a_person() -> None:
    origin, destination = offices(agreed=True)
    issued(origin)
    floating(origin, 2, roster=roster_row(2, certificate="H-2"))
    line = asked(origin, destination, "H-1", id_number=id_number(1))
    assert (line.status, line.holder) == ("valid", "matches")
    assert asked(origin, destination, "H-1").holder == "not_compared"
    assert asked(origin, destination, "Ｈ-２").status == "valid", "a number that a roster told counts as issued"
    assert asked(origin, destination, "H-1", id_number=id_number(5)).status == "forged"
    assert asked(origin, destination, "H-9").status == "unknown"
    on("2027-01-01", origin, destination)
    assert asked(origin, destination, "H-1").status == "expired"


def test_a_lost_or_withdrawn_certificate_holds_no_more_and_another_can_be_issued() -> None:
    origin, destination = offices(agreed=True)
    issued(origin)
    origin.ask("支部", "certificate.void", number="H-1", state="lost")
    assert asked(origin, destination, "H-1").status == "expired"
    assert origin.refusal("支部", "certificate.void", number="H-1", state="withdrawn") == "D-certificate-void"
    assert origin.refusal("支部", "certificate.token", number="H-1") == "D-certificate-void"
    member = origin.find(Certificate)[0].member_id
    assert origin.ask("支部", "certificate.issue", member_id=member, number="H-1B", issued_on="2026-03-01").number
    assert asked(origin, destination, "H-1B").status == "valid"
    states = {line.number: line.state for line in origin.ask("干事", "certificate.list").certificates}
    assert states == {"H-1B": "in_use"}


def test_offline_without_a_code_a_number_stays_unverified_and_is_never_valid() -> None:
    origin, destination = offices(agreed=True)
    issued(origin)
    check = destination.ask("支部", "certificate.check", number="H-1")
    on("2026-06-01", destination)
    listed = destination.ask("支部", "certificate.checks", open=True)
    assert [(line.check, line.status) for line in listed.checks] == [(check.check, "unverified")]
    unagreed, _ = offices()
    alone = unagreed.ask("支部", "certificate.check", number="H-1")
    assert (alone.method, alone.status) == ("none", "unverified")
    assert unagreed.ask("支部", "certificate.checks").unverified == 1


def test_the_signed_code_is_verified_offline_with_the_pinned_card() -> None:
    origin, destination = offices(agreed=True)
    issued(origin)
    token = origin.ask("支部", "certificate.token", number="H-1")
    assert token.picture.startswith(b"<svg")
    before = len(destination.node.log())
    check = destination.ask("支部", "certificate.check", number=" Ｈ-1 ", token=token.payload)
    assert (check.method, check.status, check.name) == ("token", "valid", "巴特尔·乙")
    assert check.peer == origin.node.committee.card.title
    assert len(destination.node.log()) == before
    (kept,) = destination.find(CertificateVerification)
    assert (kept.method, kept.status, kept.checked_by) == ("token", "valid", "支部")
    assert "巴特尔" not in str(kept)


def test_a_code_that_is_forged_expired_or_of_a_stranger_is_not_valid() -> None:
    origin, destination = offices(agreed=True)
    issued(origin)
    payload = origin.ask("支部", "certificate.token", number="H-1").payload
    place = len(payload) // 2
    spoilt = payload[:place] + ("A" if payload[place] != "A" else "B") + payload[place + 1 :]
    check = {"number": "H-1", "token": spoilt}
    forged = destination.ask("支部", "certificate.check", **check)
    assert (forged.status, forged.name) == ("forged", None)
    assert destination.ask("支部", "certificate.check", number="H-2", token=payload).status == "forged"
    assert destination.refusal("支部", "certificate.check", number="H-1", token="GG1:AAAA") == "S-certificate-token"
    on("2027-01-01", destination)
    assert destination.ask("支部", "certificate.check", number="H-1", token=payload).status == "expired"
    assert origin.ask("支部", "certificate.check", number="H-1", token=payload).status == "unverified"


def test_a_code_is_refused_once_the_issuer_told_that_the_certificate_was_lost() -> None:
    origin, destination = offices(agreed=True)
    member = ready(origin, 1)
    payload = origin.ask("支部", "certificate.token", number="H-1").payload
    origin.ask("干事", "departure.notify", member_id=member)
    exchanged(origin, destination)
    assert destination.ask("支部", "certificate.check", number="H-1", token=payload).status == "valid"
    assert origin.ask("支部", "certificate.void", number="H-1", state="lost").told_count == 1
    exchanged(origin, destination)
    assert destination.ask("支部", "certificate.check", number="H-1", token=payload).status == "expired"


def test_a_code_of_a_certificate_that_the_issuer_answered_to_hold_no_more_is_not_valid_either() -> None:
    origin, destination = offices(agreed=True)
    issued(origin)
    payload = origin.ask("支部", "certificate.token", number="H-1").payload
    assert origin.ask("支部", "certificate.void", number="H-1", state="lost").told_count == 0, (
        "no partner has the holder"
    )
    assert destination.ask("支部", "certificate.check", number="H-1", token=payload).status == "valid"
    assert asked(origin, destination, "H-1").status == "expired"
    assert destination.ask("支部", "certificate.check", number="H-1", token=payload).status == "expired"


def test_the_id_number_that_is_compared_never_leaves_the_node() -> None:
    origin, destination = offices(agreed=True)
    issued(origin)
    asked(origin, destination, "H-1", id_number=id_number(1))
    assert all(id_number(1).encode() not in row.data for office in (origin, destination) for row in office.node.log())
    assert destination.refusal("支部", "certificate.check", number="H-1", id_number="123") != ""


def test_each_question_is_answered_once_whatever_comes_twice() -> None:
    origin, destination = offices(agreed=True)
    issued(origin)
    destination.ask("支部", "certificate.check", number="H-1")
    bundle = destination.node.compose()
    for _ in range(2):
        origin.node.receive(bundle)
    pairs.settle(origin.node, destination.node)
    answers = [row for row in origin.node.log() if row.kind == "certificate.stated"]
    assert len(answers) == 1
    assert origin.node.shared() == destination.node.shared()


def test_nobody_answers_the_own_question_and_no_other_status_can_be_said() -> None:
    origin, destination = offices(agreed=True)
    issued(origin)
    destination.ask("支部", "certificate.check", number="H-9")
    (check,) = destination.find(CertificateVerification)
    own = CertificateStated(query=str(check.message), status="valid", holder="matches")
    with pytest.raises(ProtocolError) as refused:
        destination.node.write("certificate.stated", own, version=destination.node.in_force())
    assert refused.value.code == "P-citation"
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"query": check.message, "status": "probably", "holder": "matches"}, CertificateStated)


@pytest.mark.parametrize("code", ["D-certificate-taken", "D-certificate-held", "D-term"])
def test_a_number_is_unique_and_the_register_keeps_why_and_for_where(code: str) -> None:
    origin, _ = offices()
    issued(origin)
    first, other = origin.find(Certificate)[0].member_id, floating(origin, 2)
    wrong = {
        "D-certificate-taken": {"member_id": other, "number": "H-1", **ISSUED},
        "D-certificate-held": {"member_id": first, "number": "H-5", **ISSUED},
        "D-term": {"member_id": other, "number": "H-6", **ISSUED, "valid_until": "2026-01-01"},
    }[code]
    assert origin.refusal("干事", "certificate.issue", **wrong) == code
    line = next(item for item in origin.ask("干事", "certificate.list").certificates if item.number == "H-1")
    assert (line.issued_on, line.reason, line.place, line.valid_until) == ("2026-02-19", "work", "990202", "2026-12-31")


def test_a_token_of_before_the_issuer_changed_its_keys_is_neither_valid_nor_forged_until_the_issuer_answers() -> None:
    """A stolen key that was replaced could sign one too."""
    origin, destination = offices(agreed=True)
    issued(origin)
    payload = origin.ask("支部", "certificate.token", number="H-1").payload
    origin.ask("管理员", "keys.rotate")
    exchanged(origin, destination)
    assert destination.ask("支部", "certificate.check", number="H-1", token=payload).status == "unverified"
    fresh = origin.ask("支部", "certificate.token", number="H-1").payload
    assert destination.ask("支部", "certificate.check", number="H-1", token=fresh).status == "valid"
