"""A message and the partner's ending of the agreement that did not know of each other: kept, shown, decided by both."""

from typing import Any

import msgspec
import pytest

from gongguan.protocol.errors import ProtocolError
from gongguan.protocol.messages.agreement import AgreementEnded
from gongguan.protocol.messages.conflict import ConflictAnswered, ConflictProposed
from gongguan.sync.exchange import verification
from tests.pairs import Node, admission, carry, departure, in_agreement, score, settle, subject

MEMBER = subject(0)
RECORD = "score/2026/volunteering/clean-up"


def admitted() -> tuple[Node, Node, str]:
    """A member who left and was taken in."""
    origin, destination, version = in_agreement()
    sent = origin.write("departure.notified", departure(), version=version, subject=MEMBER)
    settle(origin, destination)
    destination.write("admission.given", admission(sent.id), version=version, subject=MEMBER)
    settle(origin, destination)
    return origin, destination, version


def crossed() -> tuple[Node, Node, str, str]:
    """The destination scores while the origin ends the agreement; both messages are under way at once."""
    origin, destination, version = admitted()
    scored = destination.write("score.contributed", score("clean-up", 2), version=version, subject=MEMBER)
    origin.write("agreement.ended", AgreementEnded(reason="decided"), version=version)
    settle(origin, destination)
    return origin, destination, version, scored.id


def open_conflict(node: Node) -> tuple[str, Any]:
    """The one open conflict, its id and value."""
    values = {key: msgspec.json.decode(value) for (_, key), value in node.shared().items()}
    (found,) = [(key.split("/")[1], value) for key, value in values.items() if value.get("shape") == "conflict"]
    return found


def altered(node: Node) -> tuple[Any, ...]:
    """Records that ``verify`` finds to have left the logs."""

    def examine(exchange: Any) -> Any:
        return verification.examine(exchange.book(Node.pairing_id_in(exchange))).altered

    found: tuple[Any, ...] = node.act(examine)
    return found


def decide(proposing: Node, answering: Node, version: str, chosen: str | None) -> None:
    """Propose and accept over the open conflict."""
    name, value = open_conflict(proposing)
    candidates = tuple(item["id"] for item in value["candidates"])
    body = ConflictProposed(
        conflict=name, record=value["record"], candidates=candidates, chosen=chosen or msgspec.UNSET
    )
    proposed = proposing.write("conflict.proposed", body, version=version, subject=MEMBER)
    settle(proposing, answering)
    answer = ConflictAnswered(proposal=proposed.id, answer="accept")
    answering.write("conflict.answered", answer, version=version, subject=MEMBER)
    settle(proposing, answering)


def test_a_message_that_crossed_the_ending_is_kept_without_effect_and_named_alike_on_both_nodes() -> None:
    origin, destination, _, scored = crossed()

    assert origin.shared() == destination.shared()
    assert open_conflict(origin) == open_conflict(destination)
    assert open_conflict(origin)[1]["record"] == f"late/{scored}"
    assert all(key != RECORD for _, key in origin.shared())
    assert altered(origin) == altered(destination) == ()


@pytest.mark.parametrize("first", ["the score arrives first", "the ending arrives first"])
def test_the_order_of_arrival_makes_no_difference(first: str) -> None:
    origin, destination, version = admitted()
    destination.write("score.contributed", score("clean-up", 2), version=version, subject=MEMBER)
    origin.write("agreement.ended", AgreementEnded(reason="decided"), version=version)

    if first == "the score arrives first":
        carry(destination, origin)
    else:
        carry(origin, destination)
    settle(origin, destination)

    assert origin.shared() == destination.shared()
    assert all(key != RECORD for _, key in origin.shared())


def test_a_message_that_the_ending_side_had_received_stands() -> None:
    origin, destination, version = admitted()
    destination.write("score.contributed", score("clean-up", 2), version=version, subject=MEMBER)
    settle(origin, destination)
    origin.write("agreement.ended", AgreementEnded(reason="decided"), version=version)
    settle(origin, destination)

    assert origin.shared() == destination.shared()
    assert origin.record(RECORD)["status"] == "single"


def test_when_both_decide_that_it_shall_count_it_takes_effect_on_both() -> None:
    origin, destination, version, scored = crossed()

    decide(destination, origin, version, scored)

    assert origin.shared() == destination.shared()
    assert origin.record(RECORD)["effective"]["points"] == 2
    assert open_conflict(origin)[1]["state"] == "closed"
    assert altered(origin) == altered(destination) == ()


def test_when_both_decide_that_it_shall_not_count_it_stays_readable_without_effect() -> None:
    origin, destination, version, scored = crossed()

    decide(origin, destination, version, None)

    assert origin.shared() == destination.shared()
    assert origin.record(f"late/{scored}")["state"] == "refused"
    assert all(key != RECORD for _, key in origin.shared())


def test_after_an_ending_that_is_known_nothing_new_may_be_written() -> None:
    origin, destination, version, _ = crossed()

    for node in (origin, destination):
        with pytest.raises(ProtocolError) as refused:
            node.write("score.contributed", score("another", 1), version=version, subject=MEMBER)
        assert refused.value.code == "G-ended"
