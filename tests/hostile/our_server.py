"""Our own server under attack, as a process of its own: an honest partner talks on meanwhile, memory is measured.

A third node is paired with the victim beforehand; whoever attacks has its keys. The flood opens more connections than
the server works at, each with the most that a bundle may hold.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final, NamedTuple

import aiohttp

from gongguan.node.config import Limits
from gongguan.node.keys import tls
from gongguan.protocol.limits import BUNDLE_SEALED_BYTES_MAX
from tests.benchmarks.committees import Committee
from tests.hostile.attack import Caller, Found, attack
from tests.hostile.cases import honest
from tests.hostile.lies import a_bomb, oversized
from tests.hostile.peer import BadPeer
from tests.nodes import Running, free_port, pair, prepare, running, say_something, until

FLOOD: Final = 64
"""Connections at once: twice as many as the server works at."""
BUSY: Final = "R-busy"


class Attacked(NamedTuple):
    """What came of it. ``idle``, ``peak``, ``bound``: resident bytes of the server."""

    found: list[Found]
    flooded: dict[str, int]
    idle: int
    peak: int
    bound: int


def bound_of(idle: int, limits: Limits) -> int:
    """Every bundle in work is held sealed and opened."""
    return idle + limits.exchanges_max * 2 * BUNDLE_SEALED_BYTES_MAX


async def against_ourselves(folder: Path, told: Callable[[Found], Found]) -> Attacked:
    """Prepare, attack, flood."""
    peer, pin, port = await _paired(folder)
    victim = Committee(folder, "victim")
    await asyncio.to_thread(victim.start)
    try:
        async with running(folder / "honest") as partner, _calling(port, pin) as caller:
            await say_something(partner)
            await until(partner.is_settled)
            idle = _memory(victim, "VmRSS")

            async def talks_on() -> None:
                await say_something(partner)
                await until(partner.is_settled)

            flooded = await _flood(caller, peer, partner)
            found = [told(one) async for one in attack(caller, peer, talks_on)]
            return Attacked(found, flooded, idle, _memory(victim, "VmHWM"), bound_of(idle, Limits()))
    finally:
        await asyncio.to_thread(victim.stop)


async def _paired(folder: Path) -> tuple[BadPeer, str, int]:
    """Three nodes; the bad one has been taken over and is gone."""
    port = free_port()
    for name, title, its_port in (("victim", "origin", port), ("honest", "destination", free_port())):
        await asyncio.to_thread(prepare, folder / name, title, its_port)
    await asyncio.to_thread(lambda: prepare(folder / "bad", "destination", free_port(), callable_=False))
    async with running(folder / "victim") as victim:
        async with running(folder / "bad") as bad:
            await pair(victim, bad)
            await until(bad.is_settled)
            peer = await bad.read(BadPeer.taking_over)
        async with running(folder / "honest") as partner:
            await pair(victim, partner)
            await until(partner.is_settled)
        return peer, tls.digest(victim.node.keys.tls_certificate), port


@asynccontextmanager
async def _calling(port: int, pin: str) -> AsyncIterator[Caller]:
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as session:
        yield Caller(f"https://127.0.0.1:{port}", pin, session)


async def _flood(caller: Caller, peer: BadPeer, partner: Running) -> dict[str, int]:
    """Bombs and oversized bundles at once; how often each code came. The honest partner talks on meanwhile."""
    liar = peer.again()
    liar.open()
    waves = [a_bomb(liar), oversized(liar), honest(liar)]
    calls = [caller.post(liar, waves[number % len(waves)]) for number in range(FLOOD)]
    codes, _ = await asyncio.gather(asyncio.gather(*calls), say_something(partner))
    await until(partner.is_settled)
    return {code: codes.count(code) for code in codes}


def _memory(one: Committee, row: str) -> int:
    """Bytes, as the system counts them."""
    text = Path(f"/proc/{one.running.pid}/status").read_text()
    (found,) = [line for line in text.splitlines() if line.startswith(f"{row}:")]
    return int(found.split()[1]) << 10
