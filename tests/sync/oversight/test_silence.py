"""A partner that nothing is heard of for long is named to those who can ask, and nobody is late by silence."""

import msgspec

from gongguan.protocol import card as cards
from gongguan.sync.days import today
from gongguan.sync.oversight.silence import silent_since
from gongguan.sync.records import CardNote, Delivery, Pairing
from tests.sync.offices import Office, exchanged, offices, on


def silent(office: Office) -> bool:
    (pairing,) = office.find(Pairing)
    found = office.node.database.read(lambda store: silent_since(store, pairing, today(office.node.now)))
    return found is not None


def due(office: Office, who: str = "干事") -> int:
    total: int = office.ask(who, "today.list", kind="silence").total
    return total


def test_silence_raises_an_alarm_on_the_day_after_the_usual_time_and_an_exchange_ends_it() -> None:
    origin, destination = offices(agreed=True)
    on("2026-03-08", origin)
    assert (silent(origin), due(origin)) == (False, 0)
    on("2026-03-09", origin, destination)
    assert (silent(origin), due(origin), due(origin, "支部")) == (True, 1, 0)
    destination.ask("干事", "notice.send", topic="other", title="会商", text="请准备。")
    exchanged(origin, destination)
    assert (silent(origin), due(origin)) == (False, 0)


def test_that_we_reached_the_partner_is_an_exchange_too() -> None:
    origin, _ = offices(agreed=True)
    on("2026-03-20", origin)
    (pairing,) = origin.find(Pairing)
    origin.put(Delivery(pairing_id=pairing.pairing_id, reached_at="2026-03-19T01:00:00Z"))
    assert not silent(origin)


def test_where_files_are_carried_an_exchange_takes_longer() -> None:
    origin, destination = offices(agreed=True)
    (pairing,) = origin.find(Pairing)
    partner = destination.node.committee
    by_file = msgspec.structs.replace(partner.card, endpoints=())
    signed = cards.sign(by_file, partner.log_key, partner.cosigning_key)
    origin.put(CardNote(hash=pairing.their_card, node_id=partner.node_id, serial=1, note=signed))
    on("2026-04-12", origin)
    assert not silent(origin)
    on("2026-04-13", origin)
    assert silent(origin)
