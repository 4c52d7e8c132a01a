"""Files between running nodes: they come over by themselves, and the disk shows nothing of what is in them."""

import asyncio

from gongguan.protocol.limits import ATTACHMENT_PART_BYTES
from gongguan.sync.exchange import attachments
from gongguan.sync.exchange.exchange import Exchange
from gongguan.sync.records import AttachedFile, Delivery
from tests.files import pdf
from tests.nodes import Running, settled, until

FILE = pdf(13 * ATTACHMENT_PART_BYTES + 5)
"""More than one bundle holds."""


async def named_and_lacking(giver: Running, taker: Running) -> tuple[str, str]:
    """The giver has a file of which the taker knows the name only; pairing and hash."""
    pairing_id = (await giver.pairing()).pairing_id
    scan = await giver.write(lambda exchange: attachments.keep(exchange.store, pairing_id, FILE))

    def lack(exchange: Exchange) -> None:
        file = AttachedFile(
            pairing_id=pairing_id, sha256=scan.sha256, size=scan.size, type=scan.type, state=attachments.WANTED
        )
        exchange.store.put(file)

    await taker.write(lack)
    taker.node.delivery.wake(pairing_id)
    return pairing_id, scan.sha256


async def test_a_file_comes_over_whichever_side_lacks_it_and_both_come_to_rest(both: tuple[Running, Running]) -> None:
    await settled(*both)
    for giver, taker in (both, both[::-1]):
        pairing_id, sha256 = await named_and_lacking(giver, taker)

        async def has_it(one: Running = taker, pairing_id: str = pairing_id, sha256: str = sha256) -> bool:
            return await one.read(
                lambda exchange: attachments.file_state(exchange.store, pairing_id, sha256) == attachments.WHOLE
            )

        await until(has_it)
        found = await taker.read(
            lambda exchange, pairing_id=pairing_id, sha256=sha256: attachments.file_of(  # type: ignore[misc]
                exchange.store, pairing_id, sha256
            )
        )
        assert found == FILE
    for one in both:
        states = await one.read(lambda exchange: exchange.store.find(Delivery))
        assert [state.last_error for state in states if state.failures] == []


async def test_what_is_in_a_file_is_not_on_the_disk_in_clear(both: tuple[Running, Running]) -> None:
    pairing_id, _ = await named_and_lacking(*both)
    folder = both[0].node.folder

    def on_disk() -> bytes:
        return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())

    data = await asyncio.to_thread(on_disk)
    assert (pairing_id.encode() in data, FILE[1000:1100] in data) == (True, False)
