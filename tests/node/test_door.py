"""The three ports that strangers reach: whoever says nothing, or half of something, costs few files and goes."""

import asyncio
import contextlib
import gzip
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import msgspec
import pytest
from aiohttp import web

from gongguan.node import clock, config
from gongguan.node.config import Limits
from gongguan.node.door import Door
from gongguan.node.keys import tls
from gongguan.node.peers.relay import Relay, RelayLimits
from gongguan.node.staff.staff_api import CONNECTIONS_MAX
from tests.nodes import PATIENCE_S, QUICK, any_certificate, copy_of, free_port, running, until

FEW = 20
MANY = 120
SILENCE_S = 3.0
"""Longer than connecting so often takes on a busy machine."""


def half_a_handshake() -> bytes:
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    with contextlib.suppress(ssl.SSLWantReadError):
        any_certificate().wrap_bio(incoming, outgoing).do_handshake()
    hello = outgoing.read()
    return hello[: len(hello) // 2]


@asynccontextmanager
async def peers(prepared: dict[str, Path], at: Path) -> AsyncIterator[tuple[int, str]]:
    strict: Limits = msgspec.structs.replace(QUICK, silence_s=SILENCE_S, connections_max=FEW)
    async with running(copy_of(prepared["origin"], at / "node"), strict) as one:
        yield one.port, "/card/1"


@asynccontextmanager
async def staff(prepared: dict[str, Path], at: Path) -> AsyncIterator[tuple[int, str]]:
    folder, port = copy_of(prepared["silent"], at / "node"), free_port()
    config.store(folder, msgspec.structs.replace(config.load(folder), desk_host="127.0.0.1", desk_port=port))
    async with running(folder, msgspec.structs.replace(QUICK, silence_s=SILENCE_S)):
        yield port, "/staff/1/health"


@asynccontextmanager
async def relay(prepared: dict[str, Path], at: Path) -> AsyncIterator[tuple[int, str]]:
    key, certificate = tls.make_certificate("gongguan-relay", clock.now())
    one = Relay(at, RelayLimits(silence_s=SILENCE_S, connections_max=FEW), clock.now)
    await one.start("127.0.0.1", 0, tls.server_context(key, certificate))
    try:
        yield one.port, "/box"
    finally:
        await one.stop()


class Line:
    """A connection of somebody who wants nothing but to stay."""

    def __init__(self, writer: asyncio.StreamWriter, ended: "asyncio.Task[None]") -> None:
        self.writer, self.ended = writer, ended

    @classmethod
    async def open(cls, port: int, said: bytes, *, over_tls: bool) -> "Line":
        reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=any_certificate() if over_tls else None)
        writer.write(said)

        async def wait() -> None:
            with contextlib.suppress(OSError):
                await reader.read()

        return cls(writer, asyncio.ensure_future(wait()))


BEGUN = {
    "nothing": (b"", False),
    "half a handshake": (half_a_handshake(), False),
    "half a request": (b"POST /staff/1/login HTTP/1.1\r\nHost: x\r\nX-A: 1\r\n", True),
}


@pytest.mark.parametrize("begun", BEGUN)
@pytest.mark.parametrize(("door", "at_most"), [(peers, FEW), (staff, CONNECTIONS_MAX), (relay, FEW)])
async def test_a_hundred_who_say_nothing_cost_few_files_keep_nobody_out_and_go(
    door: Callable[[dict[str, Path], Path], contextlib.AbstractAsyncContextManager[tuple[int, str]]],
    at_most: int,
    begun: str,
    prepared: dict[str, Path],
    tmp_path: Path,
) -> None:
    said, over_tls = BEGUN[begun]
    async with door(prepared, tmp_path) as (port, path):
        lines: list[Line] = []
        for _ in range(MANY):
            with contextlib.suppress(OSError):
                lines.append(await Line.open(port, said, over_tls=over_tls))

        async def few_are_left() -> bool:
            return sum(not line.ended.done() for line in lines) <= at_most

        await until(few_are_left)
        address = f"https://127.0.0.1:{port}{path}"
        async with aiohttp.ClientSession() as honest, honest.get(address, ssl=any_certificate()) as answer:
            assert answer.status in {200, 401}
        await asyncio.gather(*(line.ended for line in lines))
        for line in lines:
            line.writer.close()


async def test_of_too_many_those_that_said_nothing_for_longest_go_at_once_and_who_is_served_stays() -> None:
    asked, answer = asyncio.Event(), asyncio.Event()

    async def held(request: web.Request) -> web.Response:
        asked.set()
        await answer.wait()
        return web.Response()

    app = web.Application()
    app.router.add_get("/", held)
    door = Door(app, silence_s=3600.0, connections_max=3)
    await door.open("127.0.0.1", 0, None)
    served = await Line.open(door.address[1], b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", over_tls=False)
    await asked.wait()
    lines = [served, *[await Line.open(door.address[1], b"", over_tls=False) for _ in range(4)]]
    async with asyncio.timeout(PATIENCE_S):
        await asyncio.gather(lines[1].ended, lines[2].ended)
    assert [line.ended.done() for line in lines] == [False, True, True, False, False]
    assert door.guests == 3
    answer.set()
    await served.ended
    await door.close()
    for line in lines:
        line.writer.close()


async def test_what_somebody_packed_a_thousandfold_is_never_unpacked() -> None:
    """Else a stranger's four megabytes keep the loop busy for seconds, also behind the refusal."""

    async def size(request: web.Request) -> web.Response:
        return web.Response(text=str(len(await request.read())))

    app = web.Application()
    app.router.add_post("/", size)
    door = Door(app, silence_s=3600.0, connections_max=3)
    await door.open("127.0.0.1", 0, None)
    packed = gzip.compress(bytes(1 << 20))
    url, headers = f"http://127.0.0.1:{door.address[1]}/", {"Content-Encoding": "gzip"}
    async with aiohttp.ClientSession() as session, session.post(url, data=packed, headers=headers) as answer:
        assert await answer.text() == str(len(packed))
    await door.close()


async def test_who_lets_a_login_drip_keeps_no_member_of_staff_out(prepared: dict[str, Path], tmp_path: Path) -> None:
    async with staff(prepared, tmp_path) as (port, path):
        begun = (
            b"POST /staff/1/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"
        )
        lines: list[Line] = []
        for _ in range(CONNECTIONS_MAX + 10):
            with contextlib.suppress(OSError):
                lines.append(await Line.open(port, begun, over_tls=True))
        async with aiohttp.ClientSession() as honest:
            async with honest.get(f"https://127.0.0.1:{port}{path}", ssl=any_certificate()) as answer:
                assert answer.status == 200
            body = {"name": "管理员", "password": "falsch"}

            async def is_heard() -> bool:
                async with honest.post(
                    f"https://127.0.0.1:{port}/staff/1/login", json=body, ssl=any_certificate()
                ) as answer:
                    return answer.status == 401

            await until(is_heard)
        for line in lines:
            line.ended.cancel()
            line.writer.close()
