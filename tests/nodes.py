"""Real nodes for tests: set up in folders, run in this event loop over real sockets, paired as officers would."""

import asyncio
import random
import shutil
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TypeVar

import msgspec

from gongguan.node import clock, config, setup
from gongguan.node.app import Node
from gongguan.node.config import Config, Limits
from gongguan.node.keys import keyfiles
from gongguan.protocol import card as cards
from gongguan.protocol import note
from gongguan.protocol.messages.exchange import VersionsAnnounced
from gongguan.protocol.pairing import PairingPacket
from gongguan.sync.exchange import pairings
from gongguan.sync.exchange.exchange import Exchange
from gongguan.sync.records import LogMessage, Pairing

T = TypeVar("T")

PASSWORD = "草原上的风-2026"
TITLES = {"origin": ("巴彦塔拉苏木党委", "990101"), "destination": ("临江街道党工委", "990202")}
PATIENCE_S = 60.0
"""How long a test waits for what has to happen; nothing is measured by it."""
QUICK = Limits(retry_delay_s_min=0.05, retry_delay_s_max=0.2, read_timeout_s=PATIENCE_S, request_timeout_s=PATIENCE_S)
"""Again at once, and yet nothing that is only slow counts as broken: on a loaded machine a request takes seconds."""


PORTS = range(10_000, 32_000)
"""Below those that a system gives to connections that go out: one of them would keep a node from its own port."""
TAKEN: list[socket.socket] = []


def free_port() -> int:
    """A port of loopback that nobody has, and that no other process gets from here while this one lives.

    A node that was stopped gives its port back, and its card still names it. UDP has numbers of its own, which no node
    uses: whoever holds one of them has the port of the same number.
    """
    while True:
        number = random.SystemRandom().choice(PORTS)
        mark = socket.socket(type=socket.SOCK_DGRAM)
        try:
            mark.bind(("127.0.0.1", number))
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", number))
        except OSError:
            mark.close()
        else:
            TAKEN.append(mark)
            return number


@cache
def any_certificate() -> ssl.SSLContext:
    """For callers who look at no certificate. One for all: to read the authorities of the system anew takes longer than
    a handshake."""
    made = ssl.create_default_context()
    made.check_hostname, made.verify_mode = False, ssl.CERT_NONE
    return made


def prepare(
    folder: Path, name: str, port: int, *, callable_: bool = True, relays: tuple[str, ...] = (), limits: Limits = QUICK
) -> Path:
    """Set a node up that listens on ``port``; a node that is not callable has no address on its card."""
    title, region = TITLES[name]
    settings = Config(
        title=title,
        region=region,
        synthetic=True,
        listen_port=port,
        endpoints=(f"https://127.0.0.1:{port}",) if callable_ else (),
        relays=relays,
        limits=limits,
    )
    setup.set_up(folder, settings, setup.Administrator("管理员", PASSWORD), region, clock.now())
    return folder


def copy_of(prepared: Path, folder: Path) -> Path:
    """A copy of a node that was set up: setting up takes half a second of scrypt."""
    shutil.copytree(prepared, folder)
    return folder


@dataclass
class Running:
    """A node that serves."""

    node: Node
    port: int

    async def write(self, work: Callable[[Exchange], T]) -> T:
        return await asyncio.wrap_future(self.node.sequencer.submit(self.node.sequencer.using(work)))

    async def read(self, work: Callable[[Exchange], T]) -> T:
        return await asyncio.to_thread(lambda: self.node.sequencer.read(self.node.sequencer.using(work)))

    async def pairing(self) -> Pairing:
        (found,) = await self.read(lambda exchange: exchange.pairings())
        return found

    async def messages(self, *, own: bool) -> list[LogMessage]:
        """All that stands in one side's logs, in order."""

        def look(exchange: Exchange) -> list[LogMessage]:
            (pairing,) = exchange.pairings()
            rows = sorted(exchange.book(pairing.pairing_id).epochs.values(), key=lambda row: row.ordinal)
            return [
                item
                for row in rows
                if row.own is own
                for item in exchange.store.find(LogMessage, ordinal=row.ordinal, order=("index",))
            ]

        return await self.read(look)

    async def is_settled(self) -> bool:
        """Whether the partner has receipted everything."""

        def look(exchange: Exchange) -> bool:
            found = exchange.pairings()
            ids = [item.pairing_id for item in found]
            return bool(ids) and not any(exchange.is_due(one) for one in ids)

        return await self.read(look)


@contextmanager
def opened(folder: Path) -> Iterator[Node]:
    """A node that is open and does not serve."""
    node = Node.open(folder, config.load(folder), keyfiles.open_with_service(folder))
    try:
        yield node
    finally:
        node.close()


@asynccontextmanager
async def running(folder: Path, limits: Limits = QUICK) -> AsyncIterator[Running]:
    """The node of a folder, served until the block ends."""
    settings = msgspec.structs.replace(config.load(folder), limits=limits)
    node = await asyncio.to_thread(lambda: Node.open(folder, settings, keyfiles.open_with_service(folder)))
    stop, ready = asyncio.Event(), asyncio.get_running_loop().create_future()
    serving = asyncio.ensure_future(node.serve(lambda port, url: ready.set_result(port), stop))
    try:
        await asyncio.wait((serving, ready), return_when=asyncio.FIRST_COMPLETED)
        if serving.done():
            serving.result()
        yield Running(node, ready.result())
    finally:
        stop.set()
        await asyncio.wait((serving,))
        node.close()
    serving.result()


async def fingerprint_of(one: Running) -> str:
    """What the officer of this node reads aloud."""
    card = await one.read(lambda exchange: pairings.own_card(exchange.store))
    return cards.fingerprint(note.parse(card.note).text)


async def pair(inviter: Running, invited: Running) -> None:
    """Invite, accept, compare on both sides, and wait until both say that they are partners."""
    token = clock.random_hex(16)

    def invite(exchange: Exchange) -> PairingPacket:
        pairings.invite(exchange.store, "张干事", exchange.now, token)
        return pairings.invitation_packet(exchange.store, token)

    packet = await inviter.write(invite)
    await invited.write(lambda exchange: pairings.take_packet(exchange.store, packet, exchange.now, "李干事"))
    back = await invited.read(lambda exchange: pairings.packet(exchange.store, inviter.node.node_id))
    await inviter.write(lambda exchange: pairings.take_packet(exchange.store, back, exchange.now))
    for here, there, officer in ((inviter, invited, "张干事"), (invited, inviter, "李干事")):
        await confirmed(here, there, officer)
    await until(lambda: _both_active(inviter, invited))


async def confirmed(here: Running, there: Running, officer: str) -> None:
    """The officer here compares what the one there reads aloud."""
    digits, peer = await fingerprint_of(there), there.node.node_id

    def confirm(exchange: Exchange) -> None:
        pairings.confirm(exchange.store, peer, digits, officer, exchange.identity.log, exchange.now)
        exchange.announce_to(peer)

    await here.write(confirm)
    here.node.wake(peer)


async def _both_active(*nodes: Running) -> bool:
    return all([await one.read(lambda exchange: bool(exchange.pairings())) for one in nodes])


async def until(condition: Callable[[], object], patience_s: float = PATIENCE_S) -> None:
    """Wait for something that has to happen; fails the test when it does not."""
    async with asyncio.timeout(patience_s):
        while True:
            found = condition()
            if await found if asyncio.iscoroutine(found) else found:
                return
            await asyncio.sleep(0.01)


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
