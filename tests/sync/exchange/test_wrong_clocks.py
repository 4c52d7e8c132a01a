"""A clock that is a year off while officers pair, agree and write; and what is so once it is right again."""

from datetime import timedelta

import pytest

from gongguan.protocol.limits import HANDSHAKE_DAYS
from gongguan.sync.agreements.agreements import end_expired
from gongguan.sync.exchange import pairings
from gongguan.sync.records import Handshake, Invitation, SharedRecord
from tests.pairs import START
from tests.protocol.committees import DESTINATION, ORIGIN
from tests.refusals import refusal
from tests.sync.agreements.signing import APPROVAL, drafted, signed
from tests.sync.exchange.handshakes import Node, met
from tests.sync.offices import Office, exchanged, offices

YEAR = timedelta(days=366)


def a_pair() -> tuple[Node, Node]:
    return Node(ORIGIN, "乌云"), Node(DESTINATION, "李明")


@pytest.mark.parametrize("off", [YEAR, -YEAR], ids=["ahead", "behind"])
def test_two_nodes_of_which_one_has_a_wrong_clock_become_partners(off: timedelta) -> None:
    origin, destination = a_pair()
    origin.now += off
    met(origin, destination)
    origin.confirm(destination)
    destination.confirm(origin)
    origin.take(destination.packet(origin))
    destination.take(origin.packet(destination))
    assert origin.pairing().state == destination.pairing().state == "active"
    assert origin.pairing().pairing_id == destination.pairing().pairing_id


def test_an_invitation_of_a_clock_that_was_ahead_does_not_stay_open_for_a_year() -> None:
    origin, destination = a_pair()
    origin.now += YEAR
    invitation = origin.invite()
    origin.now -= YEAR
    destination.take(invitation, accepting=True)
    assert refusal(origin.take, destination.packet(origin)) == "A-invitation"
    origin.do(lambda store: pairings.expire(store, origin.now))
    assert origin.do(lambda store: store.find(Invitation)) == []
    assert destination.do(lambda store: pairings.expire(store, destination.now)) == [], "its own clock was right"


def test_a_handshake_of_a_clock_that_was_ahead_neither_goes_on_nor_bars_the_next_one() -> None:
    origin, destination = a_pair()
    origin.now += YEAR
    met(origin, destination)
    origin.now -= YEAR
    assert refusal(origin.confirm, destination) == "D-pairing-expired"
    assert origin.do(lambda store: pairings.expire(store, origin.now)) == [destination.id]
    destination.do(lambda store: pairings.cancel(store, origin.id))
    destination.take(origin.invite("cd" * 16), accepting=True)
    assert origin.take(destination.packet(origin)).state == "card_received"


def test_a_handshake_outlives_a_clock_that_is_set_back_by_an_hour() -> None:
    origin, destination = a_pair()
    met(origin, destination)
    origin.now -= timedelta(hours=1)
    assert origin.confirm(destination).state == "confirmed_here"
    assert origin.do(lambda store: pairings.expire(store, START + timedelta(days=HANDSHAKE_DAYS, seconds=-1))) == []
    assert origin.do(lambda store: store.find(Handshake))[0].state == "confirmed_here"


def test_whoever_signs_by_a_wrong_clock_is_told_and_signs_once_it_is_right() -> None:
    origin, destination = offices()
    draft = drafted(origin).id
    for off, code in ((YEAR, "G-expired"), (-YEAR, "D-date-future")):
        origin.node.now = START + off
        assert origin.refusal("书记", "agreement.propose", draft=draft, **APPROVAL) == code
    origin.node.now = START
    made = origin.ask("书记", "agreement.propose", draft=draft, **APPROVAL)
    exchanged(origin, destination)
    for off, code in ((YEAR, "G-expired"), (-YEAR, "D-date-future")):
        destination.node.now = START + off
        assert destination.refusal("书记", "agreement.sign", version=made.version, **APPROVAL) == code
    destination.node.now = START
    destination.ask("书记", "agreement.sign", version=made.version, **APPROVAL)
    exchanged(origin, destination)
    assert origin.node.in_force() == destination.node.in_force() == made.version


@pytest.mark.parametrize("off", [YEAR, -YEAR], ids=["ahead", "behind"])
def test_what_bears_a_day_outside_the_term_is_not_even_written(off: timedelta) -> None:
    origin, destination = offices()
    signed(origin, destination)
    origin.node.now = START + off
    assert notice(origin) in {"G-outside-term", "G-expired"}
    origin.node.now = START
    assert notice(origin) == ""


@pytest.mark.parametrize("off", [timedelta(days=200), timedelta(days=-50)], ids=["ahead", "behind"])
def test_what_was_written_by_a_wrong_clock_is_accepted_and_ordered_as_if_it_had_been_right(off: timedelta) -> None:
    def records(wrong: timedelta) -> list[list[tuple[bytes, str, bytes]]]:
        origin, destination = offices()
        signed(origin, destination)
        for number, by in enumerate((timedelta(0), wrong, timedelta(0))):
            origin.node.now = START + by
            for office in (origin, destination):
                office.ask("干事", "notice.send", topic="other", title=f"第{number}次会商", text="请参加。")
            exchanged(origin, destination)
        found = [
            [(one.unit, one.key, one.value) for one in office.find(SharedRecord)] for office in (origin, destination)
        ]
        assert found[0] == found[1]
        return [[(unit, key, b"") for unit, key, _ in side] for side in found]

    assert len(records(off)[0]) == len(records(timedelta(0))[0]) > 0


def test_an_agreement_that_a_clock_ahead_has_ended_is_ended_on_both_sides_and_a_new_one_follows() -> None:
    origin, destination = offices()
    signed(origin, destination)
    origin.node.now = START + YEAR
    assert len(origin.node.act(end_expired)) == 1
    origin.node.now = START
    exchanged(origin, destination)
    assert [office.ask("干事", "agreement.show").state for office in (origin, destination)] == ["ended", "ended"]
    assert notice(destination) != ""
    again = origin.ask("干事", "agreement.amend", valid_until="2027-06-30")
    made = origin.ask("书记", "agreement.propose", draft=again.id, **APPROVAL)
    exchanged(origin, destination)
    destination.ask("书记", "agreement.sign", version=made.version, **APPROVAL)
    exchanged(origin, destination)
    assert notice(destination) == ""


def notice(office: Office) -> str:
    return office.refusal("干事", "notice.send", topic="other", title="会商", text="请参加。")
