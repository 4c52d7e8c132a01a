"""Bodies of requests on their way in: whoever lets one drip holds a place only as long as nobody else needs it.

Anybody may connect and begin to send, long before it shows who it is. So a body has a bound in bytes and one in time;
and where all places are taken, the one that came in slowest makes room (``R-slow``). A partner on a slow line is faster
than whoever only wants to stay; and it tries again::

    incoming = Incoming(read_timeout_s=60.0, grace_s=1.0, places=32)
    async with incoming.place():                        # R-busy where nobody can make room
        data = await incoming.read(request, BUNDLE_SEALED_BYTES_MAX)
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

from aiohttp import StreamReader, web

from gongguan.protocol.errors import refuse

CHUNK_BYTES: Final = 1 << 16
RETRY_AFTER_S: Final = 5


@dataclass(eq=False)
class Body:
    """One that is coming in. ``since``: the loop's time."""

    since: float
    timeout: asyncio.Timeout
    data: bytearray = field(default_factory=bytearray)


class Incoming:
    """The bodies that are coming in at one server. Lives in one event loop."""

    def __init__(self, read_timeout_s: float, grace_s: float, places: int) -> None:
        """``grace_s``: nobody is called slow before. ``places``: how many may be under way."""
        self._read_timeout_s = read_timeout_s
        self._grace_s = grace_s
        self._places = places
        self._taken = 0
        self._bodies: set[Body] = set()

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """One of the places, for the body and the work on it; R-busy beyond, unless somebody only lets it drip."""
        if self._taken >= self._places and not self._make_room():
            raise refuse("R-busy", retry_after_s=RETRY_AFTER_S)
        self._taken += 1
        try:
            yield
        finally:
            self._taken -= 1

    async def read(self, request: web.Request, bytes_max: int) -> bytes:
        """The request's body. Raises R-too-large as soon as it is larger, R-slow when it does not come in time."""
        if (request.content_length or 0) > bytes_max:
            raise refuse("R-too-large", bytes_max=bytes_max)
        whole = read_whole(request.content, bytes_max)
        if whole is not None:
            return whole
        try:
            async with asyncio.timeout(self._read_timeout_s) as timeout:
                body = Body(_now(), timeout)
                self._bodies.add(body)
                try:
                    async for chunk in request.content.iter_chunked(CHUNK_BYTES):
                        body.data += chunk
                        if len(body.data) > bytes_max:
                            raise refuse("R-too-large", bytes_max=bytes_max)
                finally:
                    self._bodies.discard(body)
        except TimeoutError:
            raise refuse("R-slow", timeout_s=self._read_timeout_s) from None
        return bytes(body.data)

    def _make_room(self) -> bool:
        """End the slowest body that has had its time of grace; False where there is none."""
        now = _now()
        slow = [body for body in self._bodies if now - body.since > self._grace_s]
        if not slow:
            return False
        slowest = min(slow, key=lambda body: len(body.data) / (now - body.since))
        self._bodies.discard(slowest)
        slowest.timeout.reschedule(now)
        return True


def read_whole(content: StreamReader, bytes_max: int) -> bytes | None:
    """A body that has come with its head, as small ones do: nobody waits for it. None for any other."""
    return content.read_nowait() if content.is_eof() and content.total_bytes <= bytes_max else None


def _now() -> float:
    return asyncio.get_running_loop().time()
