"""What partners, strangers, proxies and broken lines send to a real server, and what it makes of it."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import aiohttp
import msgspec
import pytest
from aiohttp import web

from gongguan.node.config import Limits
from gongguan.node.keys import tls
from gongguan.node.operations.failure import Failure
from gongguan.node.peers.client import Address, PeerClient
from gongguan.node.peers.incoming import RETRY_AFTER_S
from gongguan.protocol import bundle
from gongguan.protocol import card as cards
from gongguan.protocol.errors import ProtocolError
from gongguan.protocol.limits import BUNDLE_SEALED_BYTES_MAX
from gongguan.sync.exchange.exchange import Exchange, Received
from gongguan.sync.records import Delivery, LogMessage
from tests.hostile.lies import status_by_the_wrong_key
from tests.hostile.peer import BadPeer
from tests.nodes import (
    PATIENCE_S,
    QUICK,
    Running,
    any_certificate,
    free_port,
    has_message,
    pair,
    running,
    same_logs,
    say_something,
    settled,
    until,
)


@pytest.fixture
async def client() -> AsyncIterator[PeerClient]:
    found = PeerClient(QUICK)
    yield found
    await found.close()


def address_of(one: Running, pin: str | None = None) -> Address:
    return Address((f"https://127.0.0.1:{one.port}",), pin or tls.digest(one.node.keys.tls_certificate))


async def post(one: Running, path: str, data: bytes) -> tuple[int, Failure | None, bytes]:
    """Status, refusal if it is one, and the body, as any HTTP client sees them."""
    pinned = aiohttp.Fingerprint(bytes.fromhex(tls.digest(one.node.keys.tls_certificate)))
    url = f"https://127.0.0.1:{one.port}{path}"
    async with aiohttp.ClientSession() as session, session.post(url, data=BytesIO(data), ssl=pinned) as answer:
        body = await answer.read()
        refused = answer.content_type == "application/json" and answer.status != 200
        return answer.status, msgspec.json.decode(body, type=Failure) if refused else None, body


async def bundle_of(one: Running) -> bytes:
    """What this node would send its partner now."""
    found = await one.pairing()
    return (await one.read(lambda exchange: exchange.compose(found.pairing_id))).data


def taking(data: bytes) -> Callable[[Exchange], Received]:
    return lambda exchange: exchange.receive(data)


async def count_of(one: Running) -> int:
    return await one.read(lambda exchange: exchange.store.count(LogMessage))


async def code_of(call: Awaitable[object]) -> str:
    with pytest.raises(ProtocolError) as error:
        await call
    return error.value.code


async def test_the_same_bundle_twice_stores_once_and_is_answered_twice(both: tuple[Running, Running]) -> None:
    origin, destination = both
    await settled(*both)
    await destination.node.delivery.stop()
    await origin.node.delivery.stop()
    await say_something(origin)
    data = await bundle_of(origin)
    before = await count_of(destination)
    answers = [await post(destination, "/exchange/1", data) for _ in range(3)]
    assert [status for status, _, _ in answers] == [200, 200, 200]
    assert await count_of(destination) == before + 1
    for _, _, body in answers:
        await origin.write(taking(body))
    assert await origin.is_settled()
    assert await same_logs(*both)


async def test_garbage_of_every_kind_is_refused_by_code_and_changes_nothing(both: tuple[Running, Running]) -> None:
    origin, destination = both
    await settled(*both)
    await say_something(origin)
    data = await bundle_of(origin)
    await settled(*both)
    before = await count_of(destination)
    end = data.index(b"\n", len(bundle.MAGIC)) + 1
    cases = {
        b"": "T-not-a-bundle",
        b"<html>portal</html>": "T-not-a-bundle",
        bundle.MAGIC: "S-bundle",
        bundle.MAGIC + b"{}\n": "S-bundle",
        data[:-1]: "A-cannot-open",
        data[:end]: "A-cannot-open",
        data[:end] + b"\0" * 100: "A-cannot-open",
        data[:-1] + bytes([data[-1] ^ 1]): "A-cannot-open",
        data.replace((await origin.pairing()).pairing_id.encode(), b"f" * 64, 1): "P-pairing-unknown",
        data.replace(origin.node.node_id.encode(), b"a" * 32, 1): "P-not-this-pairing",
    }
    for sent, code in cases.items():
        status, refusal, _ = await post(destination, "/exchange/1", sent)
        assert refusal is not None
        assert (refusal.code, status >= 400) == (code, True)
        assert refusal.what and refusal.next
    assert await count_of(destination) == before


async def test_a_bundle_to_somebody_else_is_not_opened(both: tuple[Running, Running]) -> None:
    await settled(*both)
    data = await bundle_of(both[0])
    _, refusal, _ = await post(both[0], "/exchange/1", data)
    assert refusal is not None
    assert refusal.code == "P-not-this-pairing"


async def test_a_body_above_the_bound_is_cut_off(both: tuple[Running, Running]) -> None:
    status, refusal, _ = await post(both[0], "/exchange/1", bundle.MAGIC + bytes(BUNDLE_SEALED_BYTES_MAX))
    assert refusal is not None
    assert (status, refusal.code) == (413, "R-too-large")


async def test_a_body_that_does_not_come_is_not_waited_for(folders: dict[str, Path]) -> None:
    hasty: Limits = msgspec.structs.replace(QUICK, read_timeout_s=0.5)
    async with running(folders["origin"], hasty) as one:
        reader, writer = await asyncio.open_connection("127.0.0.1", one.port, ssl=any_certificate())
        writer.write(b"POST /exchange/1 HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\ngongguan")
        await writer.drain()
        answer = await reader.readuntil(b"\r\n")
        writer.close()
        with contextlib.suppress(ConnectionError, ssl.SSLError):
            await writer.wait_closed()
    assert b" 408 " in answer


async def test_pairing_packets_of_strangers_are_refused_before_any_card_is_read(both: tuple[Running, Running]) -> None:
    for sent, code in ((b"{}", "S-pairing-packet"), (b"\xff" * 100, "S-pairing-packet")):
        _, refusal, _ = await post(both[0], "/pairing/1", sent)
        assert refusal is not None
        assert refusal.code == code
    packet = (
        b'{"cards":["not a card"],"gongguan_pairing":1,"invited_by":"' + b"a" * 32
        + b'","officer":"x","token":"' + b"0" * 32 + b'"}'
    )  # fmt: skip
    _, refusal, _ = await post(both[0], "/pairing/1", packet)
    assert refusal is not None
    assert refusal.code == "A-invitation"


async def test_anyone_may_read_the_card_and_it_names_the_certificate(both: tuple[Running, Running]) -> None:
    one = both[0]
    pinned = aiohttp.Fingerprint(bytes.fromhex(tls.digest(one.node.keys.tls_certificate)))
    url = f"https://127.0.0.1:{one.port}/card/1"
    async with aiohttp.ClientSession() as session, session.get(url, ssl=pinned) as answer:
        card, _ = cards.open_card(await answer.read())
    assert (card.node_id, card.tls_sha256) == (one.node.node_id, tls.digest(one.node.keys.tls_certificate))


async def test_a_server_with_another_certificate_gets_nothing(
    both: tuple[Running, Running], client: PeerClient
) -> None:
    await settled(*both)
    data = await bundle_of(both[0])
    before = await count_of(both[1])
    assert await code_of(client.exchange(address_of(both[1], pin="00" * 32), data, 0)) == "T-certificate"
    unpinned = Address((f"https://127.0.0.1:{both[1].port}",), None)
    assert await code_of(client.exchange(unpinned, data, 0)) == "T-certificate"
    assert await count_of(both[1]) == before


async def test_what_answers_instead_of_a_partner_is_told_apart(client: PeerClient) -> None:
    async def portal(request: web.Request) -> web.Response:
        return web.Response(text="<html>请先登录</html>", content_type="text/html")

    async def gateway(request: web.Request) -> web.Response:
        return web.Response(status=502, text="<html>bad gateway</html>")

    async def endless(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse()
        await answer.prepare(request)
        with contextlib.suppress(ConnectionError):
            while True:
                await answer.write(bytes(1 << 16))
        return answer

    async def redirect(request: web.Request) -> web.Response:
        raise web.HTTPFound("/elsewhere")

    app = web.Application()
    for name, handler in (("portal", portal), ("gateway", gateway), ("endless", endless), ("redirect", redirect)):
        app.router.add_post(f"/{name}/exchange/1", handler)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    port = runner.addresses[0][1]
    for name in ("portal", "gateway", "endless", "redirect"):
        address = Address((f"http://127.0.0.1:{port}/{name}",), None)
        assert await code_of(client.exchange(address, b"x", 0)) == "T-not-a-bundle"
    await runner.cleanup()
    assert await code_of(client.exchange(Address((f"http://127.0.0.1:{free_port()}",), None), b"x", 0)) == (
        "T-unreachable"
    )
    assert await code_of(client.exchange(Address((), None), b"x", 0)) == "T-unreachable"


async def test_a_refusal_of_the_partner_keeps_its_code(both: tuple[Running, Running], client: PeerClient) -> None:
    with pytest.raises(ProtocolError) as error:
        await client.exchange(address_of(both[0]), b"nothing of ours", 0)
    assert (error.value.code, error.value.facts["there"]) == ("T-refused-there", "T-not-a-bundle")


async def test_the_second_address_of_a_card_is_tried_when_the_first_is_dead(
    both: tuple[Running, Running], client: PeerClient
) -> None:
    await settled(*both)
    alive = address_of(both[1])
    address = Address((f"https://127.0.0.1:{free_port()}", *alive.endpoints), alive.tls_sha256)
    reply = await client.exchange(address, await bundle_of(both[0]), 0)
    assert reply.startswith(bundle.MAGIC)


NARROW: Limits = msgspec.structs.replace(QUICK, exchanges_max=1, read_timeout_s=60.0, read_grace_s=60.0)


@contextlib.asynccontextmanager
async def kept_busy(one: Running) -> AsyncIterator[None]:
    """Somebody has the only place of this server, and says nothing more; whoever is told to come again does so."""

    async def begun() -> tuple[asyncio.Task[bytes], asyncio.StreamWriter]:
        answer, slow = await asyncio.open_connection("127.0.0.1", one.port, ssl=any_certificate())
        slow.write(b"POST /exchange/1 HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\ngongguan")
        await slow.drain()
        return asyncio.ensure_future(answer.read(1)), slow

    answer, slow = await begun()

    async def is_busy() -> bool:
        nonlocal answer, slow
        if answer.done():
            slow.transport.abort()
            answer, slow = await begun()
        status, refusal, _ = await post(one, "/exchange/1", b"x")
        return not answer.done() and status == 503 and refusal is not None and refusal.code == "R-busy"

    await until(is_busy)
    yield
    slow.transport.abort()
    with contextlib.suppress(ConnectionError, ssl.SSLError):
        await answer
        await slow.wait_closed()


async def test_a_busy_server_says_so_and_delivery_goes_on_afterwards(folders: dict[str, Path]) -> None:
    async with running(folders["origin"]) as origin, running(folders["destination"], NARROW) as destination:
        await pair(origin, destination)
        await settled(origin, destination)
        async with kept_busy(destination):
            await say_something(origin)
        await settled(origin, destination)
        assert await same_logs(origin, destination)


async def test_whoever_is_told_when_to_come_again_comes_no_sooner(folders: dict[str, Path]) -> None:
    patient: Limits = msgspec.structs.replace(QUICK, retry_delay_s_max=600.0)
    async with running(folders["origin"], patient) as origin, running(folders["destination"], NARROW) as destination:
        await pair(origin, destination)
        await settled(origin, destination)
        name = (await origin.pairing()).pairing_id

        async def comes_at() -> str | None:
            state = await origin.read(lambda exchange: exchange.store.get(Delivery, name))
            return state.next_at if state is not None and state.last_error == "R-busy" else None

        async with kept_busy(destination):
            before = datetime.now(UTC)
            await say_something(origin)
            await until(comes_at)
            # By its own back-off of 0.05 s it would come long before.
            wait = datetime.fromisoformat(await comes_at() or "") - before
            assert wait.total_seconds() > RETRY_AFTER_S / 2
        origin.node.wake(name)
        await settled(origin, destination)


async def test_callers_who_let_their_bodies_drip_keep_nobody_out(folders: dict[str, Path]) -> None:
    narrow: Limits = msgspec.structs.replace(QUICK, exchanges_max=2, read_timeout_s=60.0, read_grace_s=0.2)
    # A partner that cannot be called: there is no other way round.
    async with running(folders["silent"]) as partner, running(folders["origin"], narrow) as node:
        await pair(node, partner)
        await settled(partner, node)
        turned_away = asyncio.Event()  # from then on all places are taken
        dripping = [asyncio.ensure_future(drip(node.port, turned_away)) for _ in range(4)]
        await turned_away.wait()
        await say_something(partner)
        await settled(partner, node)
        for one in dripping:
            one.cancel()
        await asyncio.gather(*dripping, return_exceptions=True)
        assert await same_logs(partner, node)


async def test_who_connects_and_says_nothing_is_shown_out_and_who_waits_for_an_answer_is_not(
    folders: dict[str, Path],
) -> None:
    strict: Limits = msgspec.structs.replace(QUICK, silence_s=0.4)
    async with running(folders["silent"]) as partner, running(folders["origin"], strict) as node:
        await pair(node, partner)
        await settled(partner, node)
        begun = (b"", b"POST /exch", b"POST /exchange/1 HTTP/1.1\r\nHost: x\r\nX-A: 1\r\n")

        async def shown_out(said: bytes) -> None:
            # On a slow machine perhaps already in its handshake.
            with contextlib.suppress(ConnectionError, ssl.SSLError):
                reader, writer = await asyncio.open_connection("127.0.0.1", node.port, ssl=any_certificate())
                with contextlib.closing(writer):
                    writer.write(said)
                    assert await reader.read() == b""

        async with asyncio.timeout(PATIENCE_S):
            await asyncio.gather(*map(shown_out, begun))
        # The partner's request has been held here all the while: what it waits for reaches it at once.
        await say_something(node)
        await settled(node, partner)


async def test_only_the_partner_ends_a_request_that_is_held_for_it(folders: dict[str, Path]) -> None:
    async with running(folders["silent"]) as partner, running(folders["origin"]) as node:
        await pair(node, partner)
        await settled(partner, node)
        await partner.node.delivery.stop()
        forged = await partner.read(lambda exchange: status_by_the_wrong_key(BadPeer.taking_over(exchange)))
        held = asyncio.ensure_future(post(node, "/exchange/1?wait=50", await bundle_of(partner)))
        # Whoever forwards sealed bundles knows the pairing and our card. Again and again, so that one comes meanwhile.
        for _ in range(20):
            _, refusal, _ = await post(node, "/exchange/1", forged)
            assert refusal is not None
            assert refusal.code == "A-no-known-signer"
        assert not held.done()
        told = await say_something(node)
        _, _, body = await held
        await partner.write(taking(body))
        assert await has_message(partner, told)


async def test_the_partner_that_calls_again_is_not_waited_for_twice(folders: dict[str, Path]) -> None:
    async with running(folders["silent"]) as partner, running(folders["origin"]) as node:
        await pair(node, partner)
        await settled(partner, node)
        await partner.node.delivery.stop()
        data = await bundle_of(partner)
        held = asyncio.ensure_future(post(node, "/exchange/1?wait=50", data))

        async def is_over() -> bool:
            await post(node, "/exchange/1", data)
            return held.done()

        await until(is_over, patience_s=30)
        assert (await held)[0] == 200


async def drip(port: int, turned_away: asyncio.Event) -> None:
    """A byte now and then, for ever; whoever is thrown out comes again at once."""
    while True:
        with contextlib.suppress(OSError, ssl.SSLError):
            reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=any_certificate())
            writer.write(b"POST /exchange/1 HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n")
            answered = asyncio.ensure_future(reader.read(1))
            try:
                while not answered.done():
                    writer.write(b"g")
                    await writer.drain()
                    await asyncio.wait((answered,), timeout=0.05)
                turned_away.set()
            finally:
                answered.cancel()
                writer.close()
