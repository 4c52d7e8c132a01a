"""Two nodes over real sockets: what one writes stands in the other's log, receipted, whatever happens between."""

import asyncio
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest
import pytest_asyncio

from gongguan.node import config
from gongguan.protocol.messages.exchange import VersionsAnnounced
from gongguan.sync.exchange import Exchange
from gongguan.sync.records import Delivery, Epoch
from tests.nodes import PATIENCE_S, QUICK, Running, copy_of, pair, prepare, running, until


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    at = tmp_path_factory.mktemp("prepared")
    return {
        "origin": prepare(at / "origin", "origin", free_port()),
        "destination": prepare(at / "destination", "destination", free_port()),
        "silent": prepare(at / "silent", "destination", free_port(), callable_=False),
    }


@pytest.fixture
def folders(prepared: dict[str, Path], tmp_path: Path) -> dict[str, Path]:
    return {name: copy_of(path, tmp_path / name) for name, path in prepared.items()}


@pytest_asyncio.fixture
async def both(folders: dict[str, Path]) -> AsyncIterator[tuple[Running, Running]]:
    async with running(folders["origin"]) as origin, running(folders["destination"]) as destination:
        await pair(origin, destination)
        yield origin, destination


async def say_something(one: Running) -> str:
    """Any message of our own: the kinds that we apply, once more."""

    def write(exchange: Exchange) -> str:
        (found,) = exchange.pairings()
        book = exchange.book(found.pairing_id)
        records = book.pairing_unit().records
        kinds = records[f"versions/{book.own_party}"]["entries"][-1]["value"]["kinds"]
        return book.write("exchange.versions", VersionsAnnounced(kinds=tuple(kinds))).id

    return await one.write(write)


async def has_message(one: Running, message_id: str) -> bool:
    return message_id in {item.id for item in await one.messages(own=False)}


async def settled(*nodes: Running) -> None:
    for one in nodes:
        await until(one.is_settled)


async def same_logs(one: Running, other: Running) -> bool:
    for here, there in ((one, other), (other, one)):
        said, heard = await here.messages(own=True), await there.messages(own=False)
        if [item.data for item in said] != [item.data for item in heard]:
            return False
    return True


async def test_a_pairing_alone_fills_both_logs_and_both_are_receipted(both: tuple[Running, Running]) -> None:
    await settled(*both)
    assert await same_logs(*both)
    assert [item.kind for item in await both[0].messages(own=True)] == ["epoch.opened", "exchange.versions"]


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
            state = await origin.read(lambda exchange: exchange.store.get(Delivery, found.pairing_id))
            assert state is not None
            assert (state.failures, state.next_at, state.last_error) == (0, None, None)
            assert state.reached_at is not None


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


async def test_a_person_ends_a_back_off(folders: dict[str, Path]) -> None:
    slow = msgspec.structs.replace(QUICK, retry_delay_s_min=600.0, retry_delay_s_max=86_400.0)
    async with running(folders["origin"], slow) as origin:
        async with running(folders["destination"]) as destination:
            await pair(origin, destination)
            await settled(origin, destination)
        message_id = await say_something(origin)
        found = await origin.pairing()

        async def is_waiting() -> bool:
            state = await origin.read(lambda exchange: exchange.store.get(Delivery, found.pairing_id))
            return state is not None and state.next_at is not None

        await until(is_waiting)
        async with running(folders["destination"]) as destination:
            origin.node.wake(found.pairing_id)
            await until(lambda: has_message(destination, message_id))


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
