"""Two nodes over real sockets: what one writes stands in the other's log, receipted, whatever happens between."""

import asyncio
import threading
from pathlib import Path

import msgspec
import pytest

from gongguan.node import config
from gongguan.node.database.sequencer import Committed
from gongguan.protocol import agreement, note
from gongguan.protocol.agreement_defaults import default_terms
from gongguan.protocol.errors import ProtocolError
from gongguan.protocol.limits import TEXT_CHARS_MAX
from gongguan.protocol.messages.agreement import AgreementAnswered, AgreementProposed
from gongguan.protocol.messages.notice import NoticeGiven
from gongguan.protocol.note import PLAIN, NoteSigner
from gongguan.protocol.terms import AgreementParty, Officer
from gongguan.sync.exchange.exchange import FILL_BYTES, Exchange
from gongguan.sync.exchange.logbook import Outgoing
from gongguan.sync.records import Delivery, Epoch
from tests.nodes import (
    PATIENCE_S,
    QUICK,
    Running,
    has_message,
    pair,
    running,
    same_logs,
    say_something,
    settled,
    until,
)
from tests.pairs import APPROVAL

SEGMENT = 100
"""Messages in one transaction: a segment of its own, of which a bundle holds one or two."""


async def test_a_pairing_alone_fills_both_logs_and_both_are_receipted(both: tuple[Running, Running]) -> None:
    await settled(*both)
    assert await same_logs(*both)
    assert [item.kind for item in await both[0].messages(own=True)] == ["epoch.opened", "exchange.versions"]


async def test_a_pairing_that_worked_leaves_no_failure_behind(
    folders: dict[str, Path], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("INFO", logger="gongguan"):
        async with running(folders["origin"]) as origin, running(folders["destination"]) as destination:
            await pair(origin, destination)
            await settled(origin, destination)
            for one in (origin, destination):
                states = await one.read(lambda exchange: exchange.store.find(Delivery))
                assert [state.last_error for state in states if state.failures or state.last_error] == []
            # Asked while both serve: one of two that stop is always the first.
            assert "serving" in caplog.messages
            assert "not delivered" not in caplog.messages


async def test_messages_of_both_sides_arrive_while_both_are_writing(both: tuple[Running, Running]) -> None:
    ids = await asyncio.gather(*(say_something(one) for _ in range(20) for one in both))
    await until(lambda: has_message(both[1], ids[-2]))
    await until(lambda: has_message(both[0], ids[-1]))
    await settled(*both)
    assert await same_logs(*both)
    assert len(await both[0].messages(own=True)) == 22


async def test_a_partner_that_was_down_gets_everything_once_it_is_back(folders: dict[str, Path]) -> None:
    async with running(folders["origin"]) as origin:
        async with running(folders["destination"]) as destination:
            await pair(origin, destination)
            await settled(origin, destination)
        written = [await say_something(origin) for _ in range(3)]
        found = await origin.pairing()

        async def is_failing() -> bool:
            state = await origin.read(lambda exchange: exchange.store.get(Delivery, found.pairing_id))
            return state is not None and state.failures > 0 and state.last_error == "T-unreachable"

        await until(is_failing)
        async with running(folders["destination"]) as destination:
            await until(lambda: has_message(destination, written[-1]))
            await settled(origin, destination)
            assert await same_logs(origin, destination)

            async def is_reached() -> bool:
                state = await origin.read(lambda exchange: exchange.store.get(Delivery, found.pairing_id))
                return state is not None and (state.failures, state.next_at, state.last_error) == (0, None, None)

            await until(is_reached)


async def test_what_needs_many_bundles_arrives_once_and_in_order_while_the_partner_writes_too(
    both: tuple[Running, Running],
) -> None:
    version = await agree(*both)
    body = NoticeGiven(topic="other", title="通知", text="请" * TEXT_CHARS_MAX, on="2026-03-01")
    bundles = 3 * FILL_BYTES // (len(body.text.encode()) * SEGMENT)

    def write_much(exchange: Exchange) -> None:
        exchange.book(exchange.pairings()[0].pairing_id).write_all([Outgoing("notice.given", body, version)] * SEGMENT)

    await asyncio.gather(*(both[0].write(write_much) for _ in range(bundles)), say_something(both[1]))
    await settled(*both)
    assert await same_logs(*both)
    assert {item.effect for item in await both[1].messages(own=False)} == {"applied"}


async def agree(origin: Running, destination: Running) -> str:
    """The version in force."""
    sides = (origin, destination)
    officers = (Officer(name="李明"),)
    parties = tuple(AgreementParty(node_id=one.node.node_id, title="委", receiving_officers=officers) for one in sides)
    text = agreement.render(default_terms(parties, "2026-01-01", "2029-12-31"))  # type: ignore[arg-type]

    def line(exchange: Exchange) -> str:
        return str(note.signature_line(text, NoteSigner(exchange.identity.node_id, PLAIN, exchange.identity.log)))

    def propose(exchange: Exchange) -> str:
        body = AgreementProposed(text=text, signature=line(exchange), approval=APPROVAL)
        return exchange.book(exchange.pairings()[0].pairing_id).write("agreement.proposed", body).id

    def accept(exchange: Exchange) -> str:
        body = AgreementAnswered(proposal=proposed, answer="accept", signature=line(exchange), approval=APPROVAL)
        book = exchange.book(exchange.pairings()[0].pairing_id)
        return book.write("agreement.answered", body, version=agreement.version(text)).id

    await settled(*sides)
    proposed = await origin.write(propose)
    await until(lambda: has_message(destination, proposed))
    accepted = await destination.write(accept)
    await until(lambda: has_message(origin, accepted))
    return agreement.version(text)


async def test_a_restart_opens_a_new_epoch_that_the_partner_takes(folders: dict[str, Path]) -> None:
    async with running(folders["destination"]) as destination:
        async with running(folders["origin"]) as origin:
            await pair(origin, destination)
            await settled(origin, destination)
        async with running(folders["origin"]) as origin:
            message_id = await say_something(origin)
            await until(lambda: has_message(destination, message_id))
            await settled(origin, destination)
            epochs = await origin.read(lambda exchange: exchange.store.find(Epoch, own=True))
            assert len(epochs) == 2
            assert await same_logs(origin, destination)


async def test_a_node_that_nobody_can_call_gets_messages_by_the_request_that_it_holds_open(
    folders: dict[str, Path],
) -> None:
    patient = msgspec.structs.replace(QUICK, wait_max_s=PATIENCE_S)
    async with running(folders["origin"], patient) as origin, running(folders["silent"], patient) as silent:
        assert config.load(folders["silent"]).endpoints == ()
        await pair(origin, silent)
        await settled(origin, silent)
        first = await say_something(origin)
        await until(lambda: has_message(silent, first))
        back = await say_something(silent)
        await until(lambda: has_message(origin, back))
        await settled(origin, silent)
        assert await same_logs(origin, silent)


async def test_nobody_waits_to_reconcile_with_a_partner_that_is_not_reached(folders: dict[str, Path]) -> None:
    async with running(folders["origin"]) as origin:
        async with running(folders["destination"]) as destination:
            await pair(origin, destination)
            await settled(origin, destination)
        async with asyncio.timeout(PATIENCE_S):
            with pytest.raises(ProtocolError) as error:
                await asyncio.to_thread(lambda: origin.node.compare("", full=False))
    assert (error.value.code, error.value.facts["because"]) == ("T-unreachable", "T-unreachable")


async def test_a_person_ends_a_back_off(folders: dict[str, Path]) -> None:
    """The partner cannot call this node, so that nothing else ends it."""
    slow = msgspec.structs.replace(QUICK, retry_delay_s_min=600.0, retry_delay_s_max=86_400.0)
    async with running(folders["silent"], slow) as silent:
        async with running(folders["origin"]) as origin:
            await pair(origin, silent)
            await settled(origin, silent)
        message_id = await say_something(silent)
        found = await silent.pairing()

        async def is_waiting() -> bool:
            state = await silent.read(lambda exchange: exchange.store.get(Delivery, found.pairing_id))
            return state is not None and state.next_at is not None

        await until(is_waiting)
        async with running(folders["origin"]) as origin:
            assert not await has_message(origin, message_id)
            silent.node.wake(found.pairing_id)
            await until(lambda: has_message(origin, message_id))


async def test_work_of_one_group_that_is_refused_leaves_the_others_standing(both: tuple[Running, Running]) -> None:
    origin = both[0]

    def refused(exchange: Exchange) -> None:
        exchange.book((exchange.pairings()[0]).pairing_id)
        raise ValueError("refused")

    outcomes = await asyncio.gather(
        say_something(origin), origin.write(refused), say_something(origin), return_exceptions=True
    )
    assert isinstance(outcomes[1], ValueError)
    await settled(*both)
    for message_id in (outcomes[0], outcomes[2]):
        assert await has_message(both[1], str(message_id))
    epochs = await origin.read(lambda exchange: exchange.store.find(Epoch, own=True))
    assert len(epochs) == 1


async def test_what_many_write_at_once_goes_with_one_bundle_though_it_took_two_transactions(
    both: tuple[Running, Running],
) -> None:
    origin, destination = both
    await settled(*both)
    pairing_id = (await origin.pairing()).pairing_id
    await until(lambda: origin.node.delivery._lanes[pairing_id].resting)
    sizes: set[int] = set()
    """Of the partner's log, after each commit of the destination."""
    told = destination.node.sequencer._committed

    def committed(left: Committed) -> None:
        sizes.update(item.size for item in left.logs.get(pairing_id, ()) if not item.own)
        told(left)

    destination.node.sequencer._committed = committed
    go_on = threading.Event()
    held = origin.node.sequencer.submit(lambda store: go_on.wait(PATIENCE_S))
    writing = [asyncio.ensure_future(say_something(origin)) for _ in range(origin.node.config.limits.group_max + 1)]
    await asyncio.sleep(0)
    go_on.set()
    assert await asyncio.wrap_future(held)
    await asyncio.gather(*writing)
    await settled(*both)
    assert sizes <= {2, 2 + len(writing)}


async def test_a_wait_is_never_longer_than_its_bound_however_often_it_failed(both: tuple[Running, Running]) -> None:
    delay_s = both[0].node.delivery.delay_s
    assert all(0 < delay_s(failures) <= QUICK.retry_delay_s_max for failures in (1, 5, 40, 1000) for _ in range(20))


async def test_a_partner_that_stays_away_is_called_again_and_again(folders: dict[str, Path]) -> None:
    async with running(folders["origin"]) as origin:
        async with running(folders["destination"]) as destination:
            await pair(origin, destination)
            await settled(origin, destination)
        await say_something(origin)
        found = await origin.pairing()

        async def has_tried_often() -> bool:
            state = await origin.read(lambda exchange: exchange.store.get(Delivery, found.pairing_id))
            return state is not None and state.failures >= 12

        await until(has_tried_often)
