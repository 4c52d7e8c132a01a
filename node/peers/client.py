"""Calling partners over HTTPS: a bundle out, a bundle back; a pairing packet out, a packet back.

The server's certificate must be the one whose digest stands on the partner's card; whoever shows another one is asked
once for ours, which it may have replaced before we heard of it. Without a digest there, a certification authority has
to vouch. What comes back is bounded, and is nothing until its notes are verified. Every
failure is a ``T-`` code, since for the delivery all of them mean: later again::

    client = PeerClient(limits)
    reply = await client.exchange(Address(("https://…",), tls_sha256), data, wait_s=0)
    await client.close()
"""

import asyncio
from functools import lru_cache
from io import BytesIO
from typing import Any, Final, NamedTuple

import aiohttp
import msgspec
from yarl import URL

from gongguan.node.config import Limits
from gongguan.node.keys import tls
from gongguan.node.peers.incoming import read_whole
from gongguan.node.peers.transports.mailbox import is_relay
from gongguan.protocol import bundle
from gongguan.protocol.card import Card
from gongguan.protocol.errors import ProtocolError, refuse
from gongguan.protocol.errors.codes import CODES
from gongguan.protocol.forms import ready
from gongguan.protocol.limits import BUNDLE_SEALED_BYTES_MAX, PAIRING_PACKET_BYTES_MAX

EXCHANGE: Final = "/exchange/1"
PAIRING: Final = "/pairing/1"
BUNDLE_TYPE: Final = "application/vnd.gongguan.bundle"
PACKET_TYPE: Final = "application/json"
CONNECT_TIMEOUT_S: Final = 15.0
REFUSAL_BYTES_MAX: Final = 64 << 10
IN_ONE_GO_BYTES_MAX: Final = 256 << 10
"""Longer bodies are written piece by piece."""


class Address(NamedTuple):
    """Where a partner is reached, from its card. ``tls_sha256``: hex digest of its certificate, or None.
    ``relays``: its mailboxes at relays."""

    endpoints: tuple[str, ...]
    tls_sha256: str | None
    relays: tuple[str, ...] = ()

    @classmethod
    def of(cls, card: Card) -> "Address":
        """The address on a card."""
        pinned = card.tls_sha256
        called = tuple(endpoint for endpoint in card.endpoints if not is_relay(endpoint))
        relays = tuple(endpoint for endpoint in card.endpoints if is_relay(endpoint))
        return cls(called, pinned if isinstance(pinned, str) else None, relays)


class Refusal(msgspec.Struct, frozen=True):
    """The part of a partner's refusal that we look at."""

    code: str
    facts: dict[str, Any] = {}


class PeerClient:
    """One per node; made and closed inside the event loop."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._pins: dict[str, aiohttp.Fingerprint] = {}
        self._session = aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_TIMEOUT_S),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
        )

    async def exchange(self, address: Address, data: bytes, wait_s: float) -> bytes:
        """The partner's bundle in answer to ours; it may hold the request for ``wait_s``.

        Raises T-unreachable, T-timeout, T-certificate, T-not-a-bundle, T-refused-there with the partner's code.
        """
        query = {"wait": str(int(wait_s))} if wait_s >= 1 else {}
        reply = await self._post(address, EXCHANGE, query, data, BUNDLE_TYPE, BUNDLE_SEALED_BYTES_MAX, wait_s)
        if not reply.startswith(bundle.MAGIC):
            raise refuse("T-not-a-bundle")
        return reply

    async def pairing(self, address: Address, packet: bytes) -> bytes:
        """The partner's packet in answer to ours; raises as ``exchange`` does."""
        return await self._post(address, PAIRING, {}, packet, PACKET_TYPE, PAIRING_PACKET_BYTES_MAX, 0)

    async def close(self) -> None:
        """End what is under way."""
        await self._session.close()

    async def _post(
        self,
        address: Address,
        path: str,
        query: dict[str, str],
        data: bytes,
        content_type: str,
        bytes_max: int,
        wait_s: float,
    ) -> bytes:
        """From the first address that answers at all."""
        failure: ProtocolError | None = None
        for endpoint in address.endpoints:
            url = _url(endpoint.rstrip("/") + path)
            url = url.with_query(query) if query else url
            try:
                async with asyncio.timeout(self._limits.request_timeout_s + wait_s):
                    return await self._post_pinned(url, address.tls_sha256, data, content_type, bytes_max)
            except (aiohttp.ServerFingerprintMismatch, aiohttp.ClientConnectorCertificateError):
                failure = refuse("T-certificate")
            except TimeoutError:
                failure = refuse("T-timeout")
            except (aiohttp.ClientError, OSError, ValueError) as error:
                failure = refuse("T-unreachable", reason=type(error).__name__)
        raise failure or refuse("T-unreachable", reason="no address")

    def _pinned(self, pin: str) -> aiohttp.Fingerprint:
        """One object for each digest: connections are kept by it, and a new one would mean a new TLS handshake."""
        if pin not in self._pins:
            self._pins[pin] = aiohttp.Fingerprint(bytes.fromhex(pin))
        return self._pins[pin]

    async def _post_pinned(self, url: URL, pin: str | None, data: bytes, content_type: str, bytes_max: int) -> bytes:
        try:
            return await self._post_to(url, pin, data, content_type, bytes_max)
        except aiohttp.ServerFingerprintMismatch:
            return await self._post_to(url, pin, data, content_type, bytes_max, server=tls.name_of(pin or ""))

    async def _post_to(
        self, url: URL, pin: str | None, data: bytes, content_type: str, bytes_max: int, server: str | None = None
    ) -> bytes:
        """``server``: the name to ask for, where it is not that of the address."""
        known = True if url.scheme != "https" else self._pinned(pin) if pin else tls.by_authorities()
        headers = {"Content-Type": content_type}
        # A large one as a stream: aiohttp warns that it would be written in one go.
        body = data if len(data) <= IN_ONE_GO_BYTES_MAX else BytesIO(data)
        sent = self._session.post(
            url, data=body, headers=headers, ssl=known, server_hostname=server, allow_redirects=False
        )
        async with sent as answer:
            if answer.status == 200:
                return await _bounded(answer, bytes_max)
            raise _refusal(await _bounded(answer, REFUSAL_BYTES_MAX), answer.status)


@lru_cache(maxsize=256)
def _url(text: str) -> URL:
    """Parsed once for each partner."""
    return URL(text)


async def _bounded(answer: aiohttp.ClientResponse, bytes_max: int) -> bytes:
    whole = read_whole(answer.content, bytes_max)
    if whole is not None:
        return whole
    data = bytearray()
    async for chunk in answer.content.iter_chunked(1 << 16):
        data += chunk
        if len(data) > bytes_max:
            raise refuse("T-not-a-bundle", bytes_max=bytes_max)
    return bytes(data)


def _refusal(body: bytes, status: int) -> ProtocolError:
    """What a partner's refusal means here; a page of some proxy is none."""
    try:
        found = msgspec.json.decode(body, type=ready(Refusal))
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return refuse("T-not-a-bundle", status=status)
    there = found.code if found.code in CODES else "unknown"
    after_s = found.facts.get("retry_after_s")
    when = {"retry_after_s": after_s} if isinstance(after_s, int) and after_s > 0 else {}
    return refuse("T-refused-there", there=there, status=status, **when)
