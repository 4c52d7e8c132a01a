"""What partners call: the exchange, the pairing, the own card.

``POST /exchange/1`` takes a bundle and answers with one: first everything that came is stored (``taking.py``), after
the last commit the receipt is signed and goes back with whatever is due for that partner. ``?wait=50`` holds the
answer until something is due or the time is over, for nodes that nobody can call. ``POST /pairing/1`` takes a pairing
packet and answers with ours; ``GET /card/1`` is our card. A refusal is a ``Failure`` as JSON; its status only carries
it::

    server = PeerServer(sequencer, delivery, limits, reconciliation)
    await server.start(host, port, context); server.port; await server.stop()

Whoever is not a partner costs a header and one look-up, never a write. One exchange at a time per pairing.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Final, TypeVar

import msgspec
from aiohttp import web

from gongguan.node.commits import reached
from gongguan.node.config import Limits
from gongguan.node.database.sequencer import Sequencer
from gongguan.node.door import Door
from gongguan.node.operations.failure import failure_of
from gongguan.node.peers.client import BUNDLE_TYPE, EXCHANGE, PACKET_TYPE, PAIRING
from gongguan.node.peers.delivery import Delivery, Reconciliation
from gongguan.node.peers.incoming import RETRY_AFTER_S, Incoming
from gongguan.node.peers.taking import taken
from gongguan.protocol import bundle, pairing
from gongguan.protocol.errors import ProtocolError, refuse
from gongguan.protocol.limits import BUNDLE_SEALED_BYTES_MAX, PAIRING_PACKET_BYTES_MAX
from gongguan.protocol.pairing import PairingPacket
from gongguan.sync.exchange import pairings
from gongguan.sync.exchange.exchange import Exchange, Received
from gongguan.sync.records import Handshake, Invitation, Pairing
from gongguan.sync.store import Store

CARD: Final = "/card/1"
STATUS: Final[dict[str, int]] = {"R-too-large": 413, "R-slow": 408, "A-invitation": 403}
STATUS_BY_FAULT: Final[dict[str, int]] = {"A": 403, "S": 400, "T": 400, "R": 503, "I": 500}
"""By the first letter of the code; 409 for the rest."""

T = TypeVar("T")
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class PeerServer:
    """See the module. Lives in one event loop; database work runs in threads."""

    def __init__(
        self, sequencer: Sequencer, delivery: Delivery, limits: Limits, reconciliation: Reconciliation
    ) -> None:
        self._sequencer = sequencer
        self._delivery = delivery
        self._limits = limits
        self._reconciliation = reconciliation
        self._incoming = Incoming(limits.read_timeout_s, limits.read_grace_s, limits.exchanges_max)
        self._partners: dict[str, tuple[str, str]] = {}
        self._lanes: dict[str, asyncio.Lock] = {}
        self._waiting: dict[str, int] = {}
        self._holds: dict[str, asyncio.Event] = {}
        self._door: Door | None = None

    async def start(self, host: str, port: int, context: ssl.SSLContext | None) -> None:
        """Listen; port 0 takes a free one. Raises I-port-in-use."""
        app = web.Application(middlewares=[refusals_as_json], client_max_size=BUNDLE_SEALED_BYTES_MAX)
        app.router.add_post(EXCHANGE, self._exchange)
        app.router.add_post(PAIRING, self._pairing)
        app.router.add_get(CARD, self._card)
        door = Door(app, self._limits.silence_s, self._limits.connections_max)
        await door.open(host, port, context)
        self._door = door

    @property
    def port(self) -> int:
        """Where it listens."""
        if self._door is None:
            raise refuse("I-internal", what="the server does not run")
        return self._door.address[1]

    async def stop(self) -> None:
        """Finish the requests under way. Twice is harmless."""
        for hold in self._holds.values():
            hold.set()
        if self._door is not None:
            await self._door.close()
            self._door = None

    async def _exchange(self, request: web.Request) -> web.Response:
        wait_s = _wait_of(request, self._limits.wait_max_s)
        async with self._incoming.place():
            data = await self._incoming.read(request, BUNDLE_SEALED_BYTES_MAX)
            header, _ = bundle.read_header(data)
            await self._check_partner(header)
            async with self._lane(header.pairing):
                with self._delivery.answering(header.pairing):
                    received, reply, due = await self._answered(data)
                # Not before: anybody who has read a header can write one, and what is held is the partner's.
                self._end_hold(received.pairing_id)
                self._delivery.heard(received.pairing_id)
                if received.recovering:
                    self._delivery.wake(received.pairing_id)
        if wait_s and not due and len(self._holds) < self._limits.holds_max:
            await self._hold(received.pairing_id, wait_s)
            reply, _ = await self._in_snapshot(lambda exchange: self._reply(exchange, received, ()))
        return web.Response(body=reply, content_type=BUNDLE_TYPE, headers={"Cache-Control": "no-store"})

    async def _check_partner(self, header: bundle.Header) -> None:
        """A look-up for who is not known yet; whether the pairing is still active is asked again where it counts."""
        named = (header.sender, header.recipient)
        if self._partners.get(header.pairing) != named:
            await _in_thread(lambda: self._sequencer.read(lambda store: check_partner(store, header)))
            self._partners[header.pairing] = named

    async def _answered(self, data: bytes) -> tuple[Received, bytes, bool]:
        """Our answer to a bundle that was stored, and whether it is one that the partner should get now."""
        try:
            received, composed = await taken(self._sequencer, data, self._received)
        except ProtocolError as error:
            if error.code == "R-quota":
                # The partner sends its receipts without messages then; here the staff is told.
                await self._delivery.note_quota(bundle.read_header(data)[0].pairing)
            raise
        if composed is None:
            told = await _in_thread(lambda: self._reconciliation.answer(received))
            composed = await self._in_snapshot(lambda exchange: self._reply(exchange, received, told))
        return received, *composed

    def _received(self, store: Store, received: Received) -> tuple[Received, tuple[bytes, bool] | None]:
        """After the commit: our bundle. None where something is asked about our records first, which takes longer."""
        reached("after-receive")
        if received.questions or received.told:
            return received, None
        return received, self._reply(self._sequencer.exchange_of(store), received, ())

    def _reply(
        self, exchange: Exchange, received: Received, told: tuple[bundle.DigestQuestion, ...]
    ) -> tuple[bytes, bool]:
        """Our bundle, and whether it carries anything for which the partner would not want to wait."""
        asked = self._reconciliation.questions(received.pairing_id)
        # What our own calls bring need not go with this answer as well: a partner that catches up would take each
        # backlog twice, and wait for it with every message of its own.
        segments = not self._delivery.is_bringing(received.pairing_id)
        composed = exchange.compose(
            received.pairing_id, answers=received.bundle, questions=asked, told=told, segments=segments
        )
        news = (
            composed.segments
            or composed.parts
            or told
            or asked
            or received.new_messages
            or received.new_receipts
            or received.new_parts
            or received.ahead
        )
        return composed.data, bool(news)

    async def _in_snapshot(self, work: Callable[[Exchange], T]) -> T:
        return await _in_thread(lambda: self._sequencer.read(self._sequencer.using(work)))

    async def _hold(self, pairing_id: str, wait_s: float) -> None:
        """Until something is due, the partner calls again, the server stops, or the time is over."""
        ended = self._holds[pairing_id] = asyncio.Event()
        try:
            await self._delivery.until_due(pairing_id, ended, wait_s)
        finally:
            if self._holds.get(pairing_id) is ended:
                del self._holds[pairing_id]

    def _end_hold(self, pairing_id: str) -> None:
        held = self._holds.get(pairing_id)
        if held is not None:
            held.set()

    @asynccontextmanager
    async def _lane(self, pairing_id: str) -> AsyncIterator[None]:
        """The pairing's turn, one exchange at a time; R-busy when too many wait for it."""
        if self._waiting.get(pairing_id, 0) >= self._limits.waiting_per_pairing_max:
            raise refuse("R-busy", retry_after_s=RETRY_AFTER_S)
        self._waiting[pairing_id] = self._waiting.get(pairing_id, 0) + 1
        try:
            async with self._lanes.setdefault(pairing_id, asyncio.Lock()):
                yield
        finally:
            self._waiting[pairing_id] -= 1

    async def _pairing(self, request: web.Request) -> web.Response:
        async with self._incoming.place():
            data = await self._incoming.read(request, PAIRING_PACKET_BYTES_MAX)
            packet = pairing.decode_packet(data)
            await _in_thread(lambda: self._sequencer.read(lambda store: _check_expected(store, packet)))
            handshake = await asyncio.wrap_future(self._sequencer.submit(self._sequencer.using(_taking(packet))))
            self._delivery.wake(handshake.peer)
            answer = await _in_thread(
                lambda: self._sequencer.read(lambda store: pairings.packet(store, handshake.peer))
            )
        return web.Response(body=pairing.encode_packet(answer), content_type=PACKET_TYPE)

    async def _card(self, request: web.Request) -> web.Response:
        held = await _in_thread(lambda: self._sequencer.read(pairings.own_card))
        return web.Response(body=held.note, content_type="text/plain", charset="utf-8")


@web.middleware
async def refusals_as_json(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Every refusal as a ``Failure``."""
    try:
        return await handler(request)
    except ProtocolError as error:
        status = STATUS.get(error.code) or STATUS_BY_FAULT.get(error.code[0], 409)
        headers = {"Retry-After": str(RETRY_AFTER_S)} if status == 503 else None
        return web.Response(
            body=msgspec.json.encode(failure_of(error)), status=status, content_type="application/json", headers=headers
        )


def _taking(packet: PairingPacket) -> Callable[[Exchange], Handshake]:
    """Take a packet in, and say what we apply when that made the pairing active."""

    def take(exchange: Exchange) -> Handshake:
        handshake = pairings.take_packet(exchange.store, packet, exchange.now)
        exchange.announce_to(handshake.peer)
        return handshake

    return take


def check_partner(store: Store, header: bundle.Header) -> None:
    """Before anything is opened: a bundle for us, from the partner of an active pairing."""
    found = store.get(Pairing, header.pairing)
    if found is None:
        raise refuse("P-pairing-unknown", pairing=header.pairing)
    if found.state != "active":
        raise refuse("P-pairing-not-active", state=found.state)
    if found.peer != header.sender or header.recipient != pairings.own_card(store).node_id:
        raise refuse("P-not-this-pairing")


def _check_expected(store: Store, packet: PairingPacket) -> None:
    """Before any card is verified: a packet to an invitation of ours or to a handshake that a person here began."""
    if store.get(Invitation, packet.token) is None and not store.find(Handshake, token=packet.token, limit=1):
        raise refuse("A-invitation")


def _wait_of(request: web.Request, wait_max_s: float) -> float:
    text = request.query.get("wait", "0")
    if not text.isascii() or not text.isdigit():
        raise refuse("S-request", problem="wait")
    return min(float(text[:6]), wait_max_s)


async def _in_thread(work: Callable[[], T]) -> T:
    return await asyncio.get_running_loop().run_in_executor(None, work)
