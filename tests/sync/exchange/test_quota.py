"""One partner fills only the part of this disk that is kept for it; receipts and endings get through all the same."""

from typing import Any

from gongguan.protocol.errors import ProtocolError
from gongguan.protocol.messages.agreement import AgreementEnded
from gongguan.sync.exchange import quota
from gongguan.sync.exchange.exchange import Exchange
from gongguan.sync.records import LogMessage, Setting
from tests import pairs


class Bounded(Exchange):
    """An exchange with a bound, as the shell makes it from the settings."""

    bound = 1 << 40

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.peer_bytes_max = self.bound


def leave_room(node: pairs.Node, more: int) -> None:
    """Bound a node to so much beyond what it stores now."""
    held = node.act(lambda exchange: quota.stored_bytes(exchange.store, exchange.book(node.pairing_id_in(exchange))))
    node.exchange = type("BoundedHere", (Bounded,), {"bound": held + more})


def refusal(node: pairs.Node, data: bytes) -> str:
    try:
        node.receive(data)
    except ProtocolError as error:
        return error.code
    return ""


def kept(node: pairs.Node) -> list[LogMessage]:
    return node.database.read(lambda store: store.find(LogMessage))


def test_messages_beyond_the_bound_are_refused_whole_and_taken_once_there_is_room() -> None:
    origin, destination, version = pairs.in_agreement()
    leave_room(destination, 100)
    origin.write("notice.given", pairs.notice(), version=version)
    before = kept(destination)
    assert refusal(destination, origin.compose()) == "R-quota"
    assert kept(destination) == before
    assert origin.is_due()
    leave_room(destination, 10_000)
    pairs.settle(origin, destination)
    assert not origin.is_due()
    assert origin.shared() == destination.shared()


def test_receipts_get_through_alone_and_with_messages_that_do_not() -> None:
    origin, destination, version = pairs.in_agreement()
    leave_room(destination, 100)
    destination.write("notice.given", pairs.notice(), version=version)
    origin.write("notice.given", pairs.notice("回复"), version=version)
    origin.receive(destination.compose())
    data = origin.compose()
    assert refusal(destination, data) == "R-quota"
    assert destination.is_due()
    received = destination.act(lambda exchange: exchange.receive(data, receipts_only=True))
    assert (received.new_messages, received.new_receipts) == (0, 1)
    assert not destination.is_due()
    # A sender that was refused leaves its messages out: that bundle passes as it is.
    ends = {row.epoch: row.size for row in origin.act(_rows)}
    alone = origin.act(lambda exchange: exchange.compose(origin.pairing_id_in(exchange), beyond=ends))
    assert refusal(destination, alone.data) == ""


def _rows(exchange: Exchange) -> list[Any]:
    return list(exchange.book(pairs.Node.pairing_id_in(exchange)).epochs.values())


def test_the_end_of_an_agreement_gets_through_at_a_full_bound() -> None:
    origin, destination, version = pairs.in_agreement()
    leave_room(destination, 0)
    ended = AgreementEnded(reason="decided", document_number="组发〔2026〕9号")
    origin.write("agreement.ended", ended, version=version)
    assert refusal(destination, origin.compose()) == ""
    assert kept(destination)[-1].kind == "agreement.ended"


def test_the_staff_sees_it_until_messages_are_taken_again() -> None:
    origin, destination, version = pairs.in_agreement()
    leave_room(destination, 100)
    origin.write("notice.given", pairs.notice(), version=version)
    assert refusal(destination, origin.compose()) == "R-quota"
    pairing_id = destination.pairing_id
    destination.database.write(lambda store: quota.refused(store, pairing_id, "2026-03-01T08:00:00Z"))
    assert destination.database.read(lambda store: quota.is_refusing(store, pairing_id))
    leave_room(destination, 10_000)
    destination.receive(origin.compose())
    assert not destination.database.read(lambda store: quota.is_refusing(store, pairing_id))


def test_the_count_is_that_of_the_log_also_where_none_was_kept() -> None:
    origin, destination, version = pairs.in_agreement()
    for _ in range(3):
        origin.write("notice.given", pairs.notice(), version=version)
    leave_room(destination, 100_000)
    pairs.settle(origin, destination)
    of_partner = sum(
        max(len(item.data), quota.MESSAGE_BYTES_LEAST)
        for item in kept(destination)
        if item.author == origin.identity.node_id
    )
    assert _counted(destination) == of_partner
    name = quota.STORED.format(pairing=destination.pairing_id)
    destination.database.write(lambda store: store.remove(Setting, name))
    assert _counted(destination) == of_partner
    destination.receive(origin.compose())
    assert _counted(destination) == of_partner


def _counted(node: pairs.Node) -> int:
    return node.act(lambda exchange: quota.stored_bytes(exchange.store, exchange.book(node.pairing_id_in(exchange))))


def test_messages_of_a_byte_each_count_for_the_place_that_they_take() -> None:
    origin, destination, _ = pairs.in_agreement()
    leave_room(destination, 100 * quota.MESSAGE_BYTES_LEAST)
    fit, beyond = pairs.signed_on(origin, (b"x",) * 100, (b"y",))
    assert refusal(destination, pairs.bundle_of(origin, destination, (fit, beyond))) == "R-quota"
    assert refusal(destination, pairs.bundle_of(origin, destination, (fit,))) == ""
