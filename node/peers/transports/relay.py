"""Bundles by way of a relay: a mailbox at a third party for two nodes that can both only call out.

    relay = RelayClient(limits)
    await relay.put(box.endpoint, data)
    for item in await relay.list(box, wait_s=50):
        data = await relay.get(box, item.name); await relay.delete(box, item.name)

Nothing that a relay says is believed: what it holds is sealed and signed, and its "stored" is never a receipt.
"""

import asyncio
import ssl
from io import BytesIO
from typing import Annotated, Any, Final

import aiohttp
import msgspec
from yarl import URL

from gongguan.node.config import Limits
from gongguan.node.keys import tls
from gongguan.node.peers.transports.mailbox import BOX, SCHEME, Mailbox
from gongguan.protocol.errors import refuse
from gongguan.protocol.errors.codes import CODES
from gongguan.protocol.forms import ready
from gongguan.protocol.limits import BUNDLE_SEALED_BYTES_MAX

LISTED_MAX: Final = 100
"""Items that a relay names at once."""
ANSWER_BYTES_MAX: Final = 64 << 10
TYPE: Final = "application/vnd.gongguan.bundle"


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """One bundle in a mailbox, as the relay tells it."""

    name: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{32}\Z")]
    bytes: Annotated[int, msgspec.Meta(ge=0, le=BUNDLE_SEALED_BYTES_MAX)]


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """What a mailbox holds, oldest first."""

    items: Annotated[list[Item], msgspec.Meta(max_length=LISTED_MAX)]


class _Refusal(msgspec.Struct, frozen=True):
    code: str


class RelayClient:
    """Requests to relays; made and closed inside the event loop."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._pins: dict[str, aiohttp.Fingerprint] = {}
        self._session = aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=15.0),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
        )

    async def close(self) -> None:
        """End what is under way."""
        await self._session.close()

    async def put(self, endpoint: str, data: bytes) -> None:
        """Leave a bundle in a partner's mailbox. Raises T-…, R-relay-full, R-relay-rate, T-relay-no-mailbox."""
        address, _, pin = endpoint.removeprefix(SCHEME).partition("#")
        await self._ask("POST", address, pin, "", ANSWER_BYTES_MAX, data=data)

    async def list(self, box: Mailbox, wait_s: float) -> list[Item]:
        """What lies in our mailbox; the relay may hold the request while there is nothing. Opens the mailbox."""
        url = f"{box.base}{BOX}?wait={int(wait_s)}"
        answer = await self._ask("GET", url, box.pin, box.read_token, ANSWER_BYTES_MAX, wait_s=wait_s)
        try:
            return msgspec.json.decode(answer, type=ready(Listed)).items
        except (msgspec.MsgspecError, UnicodeError, RecursionError):
            raise refuse("T-relay", what="list") from None

    async def get(self, box: Mailbox, name: str) -> bytes:
        """The bytes of an item; nothing says that they are those that the partner left."""
        url = f"{box.base}{BOX}/item/{name}"
        return await self._ask("GET", url, box.pin, box.read_token, BUNDLE_SEALED_BYTES_MAX)

    async def delete(self, box: Mailbox, name: str) -> None:
        """Take an item out; one that is gone is no error."""
        await self._ask("DELETE", f"{box.base}{BOX}/item/{name}", box.pin, box.read_token, ANSWER_BYTES_MAX)

    async def _ask(
        self, method: str, url: str, pin: str, token: str, bytes_max: int, *, data: bytes = b"", wait_s: float = 0
    ) -> bytes:
        headers = {"Content-Type": TYPE} if data else {}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        given: dict[str, Any] = {"data": BytesIO(data)} if data else {}
        try:
            async with asyncio.timeout(self._limits.request_timeout_s + wait_s):
                asked = self._session.request(
                    method, URL(url), headers=headers, ssl=self._known(pin, url), allow_redirects=False, **given
                )
                async with asked as answer:
                    body = await _bounded(answer, bytes_max)
        except (aiohttp.ServerFingerprintMismatch, aiohttp.ClientConnectorCertificateError):
            raise refuse("T-certificate") from None
        except TimeoutError:
            raise refuse("T-timeout") from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise refuse("T-unreachable", reason=type(error).__name__) from None
        if answer.status in (200, 201, 204):
            return body
        raise refuse(_code_in(body), status=answer.status)

    def _known(self, pin: str, url: str) -> aiohttp.Fingerprint | ssl.SSLContext | bool:
        if not url.startswith("https:"):
            return True
        if not pin:
            return tls.by_authorities()
        if pin not in self._pins:
            self._pins[pin] = aiohttp.Fingerprint(bytes.fromhex(pin))
        return self._pins[pin]


RELAY_CODES: Final = frozenset({"R-relay-full", "R-relay-rate", "T-relay-no-mailbox", "R-too-large"})
"""What a relay may say; anything else from it is nonsense."""


def _code_in(body: bytes) -> str:
    try:
        code = msgspec.json.decode(body, type=ready(_Refusal)).code
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return "T-relay"
    return code if code in RELAY_CODES and code in CODES else "T-relay"


async def _bounded(answer: aiohttp.ClientResponse, bytes_max: int) -> bytes:
    data = bytearray()
    async for chunk in answer.content.iter_chunked(1 << 16):
        data += chunk
        if len(data) > bytes_max:
            raise refuse("T-relay", bytes_max=bytes_max)
    return bytes(data)
