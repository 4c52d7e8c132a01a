"""A partner that has filled its part of the disk, over real sockets: its messages wait, receipts and ours go on."""

from pathlib import Path

import msgspec
import pytest

from gongguan.sync.exchange import quota
from gongguan.sync.records import Delivery
from tests.nodes import QUICK, has_message, pair, running, same_logs, say_something, settled, until


async def test_a_partner_over_the_bound_waits_while_receipts_and_our_own_messages_go_on(
    folders: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    # What these nodes can say without an agreement is what the reserve is for: without it every message counts alike.
    monkeypatch.setattr(quota, "RESERVE_BYTES", 0)
    async with running(folders["origin"]) as origin:
        async with running(folders["destination"]) as destination:
            await pair(origin, destination)
            await settled(origin, destination)
            held = sum(len(item.data) for item in await destination.messages(own=False))
        tiny = msgspec.structs.replace(QUICK, peer_bytes_max=held)
        async with running(folders["destination"], tiny) as destination:
            refused = await say_something(origin)
            found = await origin.pairing()

            async def is_told() -> bool:
                state = await origin.read(lambda exchange: exchange.store.get(Delivery, found.pairing_id))
                return state is not None and state.last_error == "R-quota"

            await until(is_told)
            assert await destination.read(lambda exchange: quota.is_refusing(exchange.store, found.pairing_id))
            ours = await say_something(destination)
            await until(lambda: has_message(origin, ours))
            await settled(destination)
            assert not await has_message(destination, refused)
            assert not await origin.is_settled()
        async with running(folders["destination"]) as destination:
            await settled(origin, destination)
            assert await same_logs(origin, destination)
            assert not await destination.read(lambda exchange: quota.is_refusing(exchange.store, found.pairing_id))
