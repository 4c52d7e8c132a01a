"""Two nodes that can both only call out, over a real relay; one that drops, reorders, replays, swaps or corrupts."""

import asyncio
import hashlib
import random
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path

import aiohttp
import msgspec
import pytest

from gongguan.node import clock
from gongguan.node.keys import tls
from gongguan.node.peers.relay import Box, Relay, RelayLimits
from gongguan.node.peers.relaying import standing
from gongguan.node.peers.transports.mailbox import Mailbox
from gongguan.node.peers.transports.relay import Item, RelayClient
from gongguan.protocol.bundle import MAGIC, Header
from gongguan.protocol.errors import ProtocolError
from gongguan.sync.exchange import pairings
from gongguan.sync.exchange.exchange import Exchange
from gongguan.sync.records import Delivery, SharedRecord
from tests.full_disk import disk_of
from tests.node.offline import Offline, pair_by_hand
from tests.nodes import (
    QUICK,
    Running,
    confirmed,
    copy_of,
    free_port,
    has_message,
    prepare,
    running,
    same_logs,
    say_something,
    settled,
    until,
)

OFTEN = msgspec.structs.replace(
    QUICK, relay_resend_s_min=0.3, relay_resend_s_max=0.6, relay_answer_s=0.05, wait_max_s=2.0
)
SELDOM = msgspec.structs.replace(OFTEN, relay_resend_s_min=3600.0, relay_resend_s_max=3600.0)
KEY, CERTIFICATE = tls.make_certificate("gongguan-relay", clock.now())


def prepare_at_relay(folder: Path, relay_port: int, *, callable_: bool) -> Path:
    """A node named as its folder, with a mailbox at this relay."""
    relays = (f"https://127.0.0.1:{relay_port}#{tls.digest(CERTIFICATE)}",)
    return prepare(folder, folder.name, free_port(), callable_=callable_, relays=relays, limits=OFTEN)


def paired_at(at: Path, relay_port: int, *, callable_: bool) -> dict[str, Path]:
    folders = {name: prepare_at_relay(at / name, relay_port, callable_=callable_) for name in ("origin", "destination")}
    nodes = [Offline(folder) for folder in folders.values()]
    pair_by_hand(*nodes)
    for one in nodes:
        one.close()
    return folders


class Prepared:
    """Nodes that were set up and paired once, and the port of their relay."""

    def __init__(self, at: Path, *, callable_: bool) -> None:
        self.port = free_port()
        self.folders = paired_at(at, self.port, callable_=callable_)

    def copies(self, at: Path) -> dict[str, Path]:
        return {name: copy_of(folder, at / name) for name, folder in self.folders.items()}


@pytest.fixture(scope="module")
def silent(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    """Neither node has an address of its own."""
    return Prepared(tmp_path_factory.mktemp("silent"), callable_=False)


@asynccontextmanager
async def relaying(relay: Relay, port: int) -> AsyncIterator[Relay]:
    await relay.start("127.0.0.1", port, tls.server_context(KEY, CERTIFICATE))
    try:
        yield relay
    finally:
        await relay.stop()


async def assert_nothing_is_doubled(*nodes: Running) -> None:
    for one in nodes:
        for own in (True, False):
            log = [item.data for item in await one.messages(own=own)]
            assert len(set(log)) == len(log)


async def records_of(one: Running) -> list[tuple[bytes, str, bytes]]:
    found = await one.read(lambda exchange: exchange.store.find(SharedRecord))
    return sorted((item.unit, item.key, item.value) for item in found)


async def test_two_nodes_without_any_address_exchange_and_receipt_everything(silent: Prepared, tmp_path: Path) -> None:
    folders = silent.copies(tmp_path)
    async with (
        relaying(Relay(tmp_path / "relay", RelayLimits(), clock.now), silent.port),
        running(folders["origin"], SELDOM) as origin,
        running(folders["destination"], SELDOM) as destination,
    ):
        ids = [await say_something(one) for _ in range(5) for one in (origin, destination)]
        await until(lambda: has_message(destination, ids[-2]))
        await until(lambda: has_message(origin, ids[-1]))
        await settled(origin, destination)
        assert await same_logs(origin, destination)
        await assert_nothing_is_doubled(origin, destination)
        assert await records_of(origin) == await records_of(destination)


async def handed_over(giver: Running, taker: Running) -> None:
    """The giver's pairing file is taken by the other."""
    packet = await giver.read(lambda exchange: pairings.packet(exchange.store, taker.node.node_id))

    def take(exchange: Exchange) -> None:
        pairings.take_packet(exchange.store, packet, exchange.now)
        exchange.announce_to(giver.node.node_id)

    await taker.write(take)
    taker.node.wake(giver.node.node_id)


async def test_what_came_before_the_partner_was_paired_is_sent_again_once_it_is(tmp_path: Path) -> None:
    port = free_port()
    folders = {name: prepare_at_relay(tmp_path / name, port, callable_=False) for name in ("origin", "destination")}
    relay = BadRelay(tmp_path / "relay", "nothing")
    async with (
        relaying(relay, port),
        running(folders["origin"], SELDOM) as origin,
        running(folders["destination"], SELDOM) as destination,
    ):
        token = clock.random_hex(16)
        await origin.write(lambda exchange: pairings.invite(exchange.store, "张干事", exchange.now, token))
        packet = await origin.read(lambda exchange: pairings.invitation_packet(exchange.store, token))
        await destination.write(lambda exchange: pairings.take_packet(exchange.store, packet, exchange.now, "李干事"))
        await confirmed(destination, origin, "干事")
        await handed_over(destination, origin)
        await confirmed(origin, destination, "干事")
        # What the one that is active already puts there is thrown away by the one that is not.
        await until(lambda: any(box.kept for box in relay.all_boxes()))
        await until(lambda: not any(box.items for box in relay.all_boxes()))
        await handed_over(origin, destination)
        await settled(origin, destination)
        assert await same_logs(origin, destination)


async def test_what_lies_at_the_relay_is_not_called_received(silent: Prepared, tmp_path: Path) -> None:
    folders = silent.copies(tmp_path)
    relay = Relay(tmp_path / "relay", RelayLimits(), clock.now)
    async with relaying(relay, silent.port):
        async with running(folders["destination"], SELDOM):
            await until(lambda: list((tmp_path / "relay" / "boxes").iterdir()))
        async with running(folders["origin"], SELDOM) as origin:
            await say_something(origin)
            found = await origin.pairing()

            async def lies_at_the_relay() -> bool:
                due = (await origin.read(lambda exchange: standing(exchange, found.pairing_id))).due
                sent = origin.node.delivery._lanes[found.pairing_id].way.sent
                return all(sent.get(epoch, 0) >= size for epoch, (_, size) in due.items())

            await until(lies_at_the_relay)
            state = await origin.read(lambda exchange: exchange.store.get(Delivery, found.pairing_id))
            assert await origin.read(lambda exchange: exchange.is_due(found.pairing_id))
            assert state is None or state.reached_at is None
            # Nothing is put twice while nobody has fetched it.
            lying = len(list((tmp_path / "relay").rglob("*.bundle")))
            assert lying > 0
            origin.node.wake(found.pairing_id)
            await asyncio.sleep(0.3)
            assert len(list((tmp_path / "relay").rglob("*.bundle"))) == lying
            async with running(folders["destination"], SELDOM) as destination:
                await settled(origin)
                assert await same_logs(origin, destination)


class BadBox(Box):
    """A mailbox of a relay that does what it wants."""

    def __init__(self, folder: Path, relay: "BadRelay") -> None:
        super().__init__(folder)
        self.relay = relay
        self.kept: list[bytes] = []

    def listed(self) -> list[Item]:
        found = super().listed()
        if self.relay.does("reorder"):
            self.relay.dice.shuffle(found)
            found = found[: max(1, len(found) // 2)]
        return found

    def add(self, name: str, data: bytes) -> None:
        self.kept.append(data)
        if self.relay.does("drop"):
            return
        if self.relay.does("swap"):
            for other in self.relay.all_boxes():
                Box.add(other, name, data)
            return
        super().add(name, data)

    def read(self, name: str) -> bytes | None:
        data = super().read(name)
        if data and self.relay.does("corrupt"):
            place = self.relay.dice.randrange(len(data))
            data = data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]
        return data

    def remove(self, name: str) -> None:
        super().remove(name)
        if self.kept and self.relay.does("replay"):
            again = self.relay.dice.choice(self.kept)
            super().add(hashlib.sha256(again + self.relay.dice.randbytes(4)).hexdigest()[:32], again)


class BadRelay(Relay):
    """Every second time it does one of the things that a relay must not do."""

    def __init__(self, folder: Path, behaviour: str, seed: int = 1) -> None:
        super().__init__(folder, RelayLimits(), clock.now)
        self.behaviour = behaviour
        self.dice = random.Random(seed)
        self.done = 0

    def does(self, behaviour: str) -> bool:
        if behaviour not in (self.behaviour, "") and self.behaviour != "everything":
            return False
        acts = self.dice.random() < 0.5
        self.done += acts
        return acts

    def all_boxes(self) -> list["BadBox"]:
        return [box for box in self._boxes.values() if isinstance(box, BadBox)]

    def _box(self, folder: Path) -> Box:
        return BadBox(folder, self)


@pytest.mark.parametrize("behaviour", ["drop", "reorder", "replay", "swap", "corrupt", "everything"])
async def test_a_relay_that_misbehaves_gains_nothing(silent: Prepared, tmp_path: Path, behaviour: str) -> None:
    folders = silent.copies(tmp_path)
    relay = BadRelay(tmp_path / "relay", behaviour)
    async with (
        relaying(relay, silent.port),
        running(folders["origin"], OFTEN) as origin,
        running(folders["destination"], OFTEN) as destination,
    ):
        for _ in range(8):
            for one in (origin, destination):
                await say_something(one)
            await asyncio.sleep(0.05)
        await until(lambda: _all_receipted(origin, destination))
        assert await same_logs(origin, destination)
        await assert_nothing_is_doubled(origin, destination)
        assert await records_of(origin) == await records_of(destination)
        assert relay.done > 0
        assert len(await origin.messages(own=True)) >= 9


async def _all_receipted(*nodes: Running) -> bool:
    return all([await one.is_settled() for one in nodes])


async def test_a_relay_that_is_gone_is_waited_for(silent: Prepared, tmp_path: Path) -> None:
    folders = silent.copies(tmp_path)
    async with running(folders["origin"], OFTEN) as origin, running(folders["destination"], OFTEN) as destination:
        message_id = await say_something(origin)
        found = await origin.pairing()

        async def is_failing() -> bool:
            state = await origin.read(lambda exchange: exchange.store.get(Delivery, found.pairing_id))
            return state is not None and state.last_error == "T-unreachable"

        await until(is_failing)
        async with relaying(Relay(tmp_path / "relay", RelayLimits(), clock.now), silent.port):
            await until(lambda: has_message(destination, message_id))
            await settled(origin, destination)


# --- the relay by itself ----------------------------------------------------------------------------------------


class Alone:
    """A relay and a client, without any node. ``box`` is opened."""

    def __init__(self, relay: Relay, client: RelayClient, box: Mailbox) -> None:
        self.relay = relay
        self.client = client
        self.box = box


@asynccontextmanager
async def alone(folder: Path, limits: RelayLimits, now: Callable[[], datetime] = clock.now) -> AsyncIterator[Alone]:
    relay, client = Relay(folder, limits, now), RelayClient(OFTEN)
    await relay.start("127.0.0.1", 0, tls.server_context(KEY, CERTIFICATE))
    address = f"https://127.0.0.1:{relay.port}#{tls.digest(CERTIFICATE)}"
    box = Mailbox.of(address, b"a secret of this node")
    try:
        assert await client.list(box, 0) == []
        yield Alone(relay, client, box)
    finally:
        await client.close()
        await relay.stop()


def sealed(number: int, size: int = 200) -> bytes:
    """Bytes that look like a bundle from outside."""
    header = Header(
        bundle=f"{number:032x}", pairing="1" * 64, recipient="a" * 32, sealing_key="2" * 16, sender="b" * 32
    )
    return MAGIC + msgspec.json.encode(header, order="sorted") + b"\n" + bytes(size)


async def refusal_of(call: Callable[[], object]) -> str:
    with pytest.raises(ProtocolError) as caught:
        await call()  # type: ignore[misc]
    return caught.value.code


async def test_who_may_write_can_neither_read_nor_empty_the_mailbox(tmp_path: Path) -> None:
    async with alone(tmp_path, RelayLimits()) as it:
        await it.client.put(it.box.endpoint, sealed(1))
        written = it.box.endpoint.partition("/box/")[2].partition("#")[0]
        thief = it.box._replace(read_token=written)
        assert await it.client.list(thief, 0) == []
        (item,) = await it.client.list(it.box, 0)
        await it.client.delete(thief, item.name)
        assert await refusal_of(lambda: it.client.get(thief, item.name)) == "T-relay"
        assert await it.client.get(it.box, item.name) == sealed(1)
        disk = "".join(str(path) for path in tmp_path.rglob("*"))
        assert written not in disk
        assert it.box.read_token not in disk
        assert it.box.read_token not in repr(it.box)


async def test_every_bound_of_the_relay_has_its_refusal(tmp_path: Path) -> None:
    limits = RelayLimits(mailbox_items_max=2, mailbox_bytes_max=2000, mailboxes_max=2, openings_per_day_max=2)
    async with alone(tmp_path, limits) as it:
        await it.client.put(it.box.endpoint, sealed(1))
        await it.client.put(it.box.endpoint, sealed(1))
        assert await refusal_of(lambda: it.client.put(it.box.endpoint, sealed(2, 3000))) == "R-relay-full"
        await it.client.put(it.box.endpoint, sealed(3))
        assert await refusal_of(lambda: it.client.put(it.box.endpoint, sealed(4))) == "R-relay-full"
        assert [item.bytes for item in await it.client.list(it.box, 0)] == [len(sealed(1))] * 2
        never = it.box._replace(read_token="c" * 64)
        assert await refusal_of(lambda: it.client.put(never.endpoint, sealed(5))) == "T-relay-no-mailbox"
        assert await it.client.list(never, 0) == []
        others = [it.box._replace(read_token=sign * 64) for sign in "de"]
        assert await refusal_of(lambda: it.client.list(others[0], 0)) == "R-relay-rate"


async def test_mailboxes_that_strangers_opened_and_nobody_used_keep_no_node_out(tmp_path: Path) -> None:
    minutes = 0

    def now() -> datetime:
        return clock.now() + timedelta(minutes=minutes)

    limits = RelayLimits(mailboxes_max=3)
    async with alone(tmp_path, limits, now) as it:
        never, later, node, other, last = (it.box._replace(read_token=sign * 64) for sign in "abcde")
        await it.client.put(it.box.endpoint, sealed(1))
        (item,) = await it.client.list(it.box, 0)
        await it.client.get(it.box, item.name)
        await it.client.delete(it.box, item.name)
        for box in (later, never, later, node):
            minutes += 1
            assert await it.client.list(box, 0) == []
        # Of those that hold nothing and were never fetched from, the one that was looked into longest ago gave way.
        assert await refusal_of(lambda: it.client.put(never.endpoint, sealed(2))) == "T-relay-no-mailbox"
        for box in (it.box, later, node):
            await it.client.put(box.endpoint, sealed(3))
        assert await refusal_of(lambda: it.client.list(other, 0)) == "R-relay-full"
        for box in (it.box, node):
            (item,) = await it.client.list(box, 0)
            await it.client.get(box, item.name)
            await it.client.delete(box, item.name)
        (item,) = await it.client.list(later, 0)
        await it.client.delete(later, item.name)
        port = it.relay.port
        await it.relay.stop()
        async with relaying(Relay(tmp_path, limits, now), port):
            assert await it.client.list(other, 0) == []
            assert await refusal_of(lambda: it.client.put(later.endpoint, sealed(4))) == "T-relay-no-mailbox"
            for box in (it.box, node, other):
                await it.client.put(box.endpoint, sealed(4))
            assert await refusal_of(lambda: it.client.list(last, 0)) == "R-relay-full"


def test_a_mailbox_knows_how_much_lies_in_it(tmp_path: Path) -> None:
    box = Box(tmp_path)
    for name, size in (("a", 1), ("b", 20), ("a", 1), ("c", 300)):
        box.add(name, sealed(1, size))
    for name in ("b", "b", "d"):
        box.remove(name)
    assert box.held_bytes == Box(tmp_path).held_bytes == sum(item.bytes for item in box.listed())


async def test_what_nobody_fetches_is_thrown_away_and_a_file_that_was_lost_does_not_end_that(tmp_path: Path) -> None:
    days = 0
    limits = RelayLimits(item_days_max=1, idle_days_max=3)
    async with alone(tmp_path, limits, lambda: clock.now() + timedelta(days=days)) as it:
        for number in (1, 2):
            await it.client.put(it.box.endpoint, sealed(number))
        (folder,) = (tmp_path / "boxes").iterdir()
        min(folder.iterdir()).unlink()
        it.relay.sweep()
        assert len(await it.client.list(it.box, 0)) == 1
        days = 2
        it.relay.sweep()
        assert await it.client.list(it.box, 0) == []
        days = 6
        it.relay.sweep()
        assert list((tmp_path / "boxes").iterdir()) == []
        assert await refusal_of(lambda: it.client.put(it.box.endpoint, sealed(3))) == "T-relay-no-mailbox"
        assert await it.client.list(it.box, 0) == []
        shutil.rmtree(tmp_path / "boxes")
        it.relay.sweep()


def test_a_bundle_for_which_the_disk_has_no_room_is_refused_and_no_half_of_it_stays(tmp_path: Path) -> None:
    box = Box(tmp_path)
    with disk_of(100), pytest.raises(ProtocolError, match="R-relay-full"):
        box.add("a", sealed(1))
    assert list(tmp_path.iterdir()) == []
    box.add("a", sealed(1))
    (tmp_path / "000000000002-b.part").write_bytes(b"what a killed relay left")
    assert [item.name for item in Box(tmp_path).listed()] == ["a"]
    assert len(list(tmp_path.iterdir())) == 1


async def test_too_many_requests_of_one_address_are_refused(tmp_path: Path) -> None:
    async with alone(tmp_path, RelayLimits(requests_per_minute_max=30)) as it:
        codes = set()
        for number in range(70):
            try:
                await it.client.put(it.box.endpoint, sealed(number))
            except ProtocolError as error:
                codes.add(error.code)
        assert codes == {"R-relay-rate"}


async def test_what_is_no_bundle_is_not_kept(tmp_path: Path) -> None:
    async with alone(tmp_path, RelayLimits()) as it:
        for data in (b"x" * 100, MAGIC + b"{}\n" + bytes(9)):
            assert await refusal_of(lambda data=data: it.client.put(it.box.endpoint, data)) == "T-relay"  # type: ignore[misc]
        assert await it.client.list(it.box, 0) == []


async def test_a_restarted_relay_has_kept_what_lay_there_in_order(tmp_path: Path) -> None:
    async with alone(tmp_path, RelayLimits()) as it:
        for number in range(5):
            await it.client.put(it.box.endpoint, sealed(number))
        port, names = it.relay.port, [item.name for item in await it.client.list(it.box, 0)]
        await it.relay.stop()
        again = Relay(tmp_path, RelayLimits(), clock.now)
        async with relaying(again, port):
            assert [item.name for item in await it.client.list(it.box, 0)] == names


async def test_another_certificate_than_the_pinned_one_is_not_spoken_to(tmp_path: Path) -> None:
    async with alone(tmp_path, RelayLimits()) as it:
        other = it.box._replace(pin="0" * 64)
        assert await refusal_of(lambda: it.client.list(other, 0)) == "T-certificate"
        async with aiohttp.ClientSession() as session:
            with pytest.raises(aiohttp.ClientConnectorCertificateError):
                await session.get(f"{it.box.base}/box")


# --- the same traffic, whichever way it takes -------------------------------------------------------------------


@pytest.fixture(scope="module")
def reachable(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    """Both nodes have an address and a mailbox, and have written what the other does not hold yet."""
    prepared = Prepared(tmp_path_factory.mktemp("reachable"), callable_=True)
    for folder in prepared.folders.values():
        one = Offline(folder)
        one.say(6)
        one.close()
    return prepared


async def by_https(at: Path, folders: dict[str, Path], prepared: Prepared) -> None:
    async with running(folders["origin"], OFTEN) as origin, running(folders["destination"], OFTEN) as destination:
        await settled(origin, destination)


async def by_relay(at: Path, folders: dict[str, Path], prepared: Prepared) -> None:
    """Nobody listens where the cards say: what cannot be called gets its messages through the relay."""
    for folder in folders.values():
        settings = folder / "gongguan.toml"
        lines = settings.read_text().splitlines()
        moved = [line if not line.startswith("listen_port") else f"listen_port = {free_port()}" for line in lines]
        settings.write_text("\n".join(moved) + "\n")
    async with relaying(Relay(at / "relay", RelayLimits(), clock.now), prepared.port):
        await by_https(at, folders, prepared)


async def by_files(at: Path, folders: dict[str, Path], prepared: Prepared) -> None:
    def exchange() -> None:
        origin, destination = (Offline(folder) for folder in folders.values())
        for number, (here, there) in enumerate(((origin, destination), (destination, origin)) * 2):
            here.export(at / str(number))
            there.take(at / str(number))
        assert not origin.is_due()
        assert not destination.is_due()
        origin.close()
        destination.close()

    await asyncio.to_thread(exchange)


async def by_all_of_them(at: Path, folders: dict[str, Path], prepared: Prepared) -> None:
    """A file that was on its way while the relay brought the same, then HTTPS, then the file, twice."""

    def export() -> None:
        origin, destination = (Offline(folder) for folder in folders.values())
        origin.export(at / "late")
        destination.take(at / "late")
        origin.close()
        destination.close()

    ports = {name: (folder / "gongguan.toml").read_text() for name, folder in folders.items()}
    await asyncio.to_thread(export)
    await by_relay(at, folders, prepared)
    for name, text in ports.items():
        (folders[name] / "gongguan.toml").write_text(text)
    await by_https(at, folders, prepared)
    for _ in range(2):
        await asyncio.to_thread(export)


WAYS = [by_https, by_relay, by_files, by_all_of_them]


async def test_the_same_messages_give_the_same_records_on_every_way_and_any_mixture(
    reachable: Prepared, tmp_path: Path
) -> None:
    ends = []
    for way in WAYS:
        at = tmp_path / way.__name__
        folders = reachable.copies(at)
        await way(at, folders, reachable)
        nodes = {name: Offline(folder) for name, folder in folders.items()}
        origin, destination = nodes["origin"], nodes["destination"]
        assert destination.heard() == origin.said()
        assert origin.heard() == destination.said()
        assert origin.records() == destination.records()
        ends.append((origin.records(), destination.records(), origin.heard(), destination.heard()))
        for one in nodes.values():
            one.close()
    assert len(ends[0][0]) > 0
    assert all(end == ends[0] for end in ends)
