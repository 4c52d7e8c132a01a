"""A port of this process, and how long whoever stands in it may say nothing.

Anybody may connect, and each connection is an open file of this process, of which the system gives it so many. So every
connection is known from the moment it is accepted, before its TLS handshake: one on which no request is under way,
whose handshake or next request does not come or whose head drips, is ended after a while, and the longest silent first
of all where there are too many. Requests that are held (``wait=``) are under way and stay. All ports are opened here::

    door = Door(app, silence_s=60.0, connections_max=2000)
    await door.open("0.0.0.0", 8443, context)       # raises I-port-in-use
    door.address; await door.close()
"""

import asyncio
import contextlib
import errno
import resource
import socket
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

from aiohttp import web

from gongguan.protocol.errors import refuse

LOOKS_S_MAX: Final = 5.0
BACKLOG: Final = 128
OTHER_FILES: Final = 400
"""What else a process has open: the database, logs, calls of its own, the ports of its staff."""
NO_FILES_LEFT: Final = frozenset({errno.EMFILE, errno.ENFILE})
NO_FILES_PAUSE_S: Final = 0.1


@dataclass(eq=False)
class Guest:
    """One connection. ``quiet_since``: when its last request ended, or when it was accepted; the loop's time."""

    socket: socket.socket
    quiet_since: float
    coming_in: "asyncio.Task[None] | None" = None
    transport: asyncio.Transport | None = None
    under_way: int = 0
    is_leaving: bool = False

    @property
    def is_gone(self) -> bool:
        """Whether its file was given back."""
        return self.socket.fileno() < 0

    def show_out(self) -> None:
        """End it; the file goes back when the loop comes round."""
        self.is_leaving = True
        if self.transport is not None:
            self.transport.abort()
        elif self.coming_in is not None:
            self.coming_in.cancel()


class Door:
    """See the module. Lives in one event loop."""

    def __init__(
        self, app: web.Application, silence_s: float, connections_max: int, shutdown_timeout_s: float = 2.0
    ) -> None:
        """Fewer than ``connections_max`` where the system does not give so many files."""
        app.middlewares.insert(0, self._noting)
        # Nobody of ours packs what it sends by HTTP, and unpacking what a stranger packed costs seconds of this loop.
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=shutdown_timeout_s, auto_decompress=False)
        self._silence_s = silence_s
        self.connections_max: Final = min(connections_max, max(1, _files_to_be_had() - OTHER_FILES))
        self._guests: dict[Any, Guest] = {}
        """By the handler of its requests."""
        self._listening: list[socket.socket] = []
        self._tasks: list[asyncio.Task[None]] = []

    async def open(self, host: str, port: int, context: ssl.SSLContext | None) -> None:
        """Listen; port 0 takes a free one. Raises I-port-in-use."""
        await self._runner.setup()
        try:
            self._listening = await _listening_at(host, port)
        except OSError as error:
            await self.close()
            # asyncio words a port that is taken at length, which the refusal says itself.
            why = {} if error.errno == errno.EADDRINUSE else {"reason": error.strerror or ""}
            raise refuse("I-port-in-use", host=host, port=port, **why) from error
        self._tasks = [asyncio.ensure_future(self._accept_for_ever(one, context)) for one in self._listening]
        self._tasks.append(asyncio.ensure_future(self._look_for_ever()))

    @property
    def address(self) -> tuple[str, int]:
        """Where it listens."""
        if not self._listening:
            raise refuse("I-internal", what="the server does not run")
        host, port = self._listening[0].getsockname()[:2]
        return str(host), int(port)

    @property
    def guests(self) -> int:
        """How many connections there are."""
        self._forget_gone()
        return len(self._guests)

    async def close(self) -> None:
        """Finish the requests under way. Twice is harmless."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for one in self._listening:
            one.close()
        self._tasks, self._listening = [], []
        coming_in = [guest.coming_in for guest in self._guests.values() if guest.coming_in is not None]
        for task in coming_in:
            task.cancel()
        await asyncio.gather(*coming_in, return_exceptions=True)
        await self._runner.cleanup()
        # Whoever does not answer our end of TLS must not hold its connection open to a server that is gone.
        for guest in self._guests.values():
            guest.show_out()
        self._guests.clear()

    @web.middleware
    async def _noting(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        guest = self._guests.get(request.protocol)
        if guest is None:
            # It went before its request was looked at.
            return await handler(request)
        guest.under_way += 1
        try:
            return await handler(request)
        finally:
            guest.under_way -= 1
            guest.quiet_since = _now()

    async def _accept_for_ever(self, listening: socket.socket, context: ssl.SSLContext | None) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                accepted, _ = await loop.sock_accept(listening)
            except OSError as error:
                if error.errno in NO_FILES_LEFT:
                    self._make_room()
                    await asyncio.sleep(NO_FILES_PAUSE_S)
                continue
            if len(self._guests) >= self.connections_max <= self.guests and not self._make_room():
                accepted.close()
                continue
            self._let_in(accepted, context)

    def _let_in(self, accepted: socket.socket, context: ssl.SSLContext | None) -> None:
        server = self._runner.server
        assert server is not None  # it was set up before anybody could come
        handler = server()
        guest = self._guests[handler] = Guest(accepted, _now())

        async def come_in() -> None:
            try:
                with contextlib.suppress(OSError):
                    guest.transport, _ = await asyncio.get_running_loop().connect_accepted_socket(
                        lambda: handler, accepted, ssl=context
                    )
            finally:
                guest.coming_in = None

        def came_in(task: asyncio.Task[None]) -> None:
            if guest.transport is None:
                # Also where it was ended before it began.
                accepted.close()

        guest.coming_in = asyncio.ensure_future(come_in())
        guest.coming_in.add_done_callback(came_in)

    def _make_room(self) -> bool:
        """Show out who has said nothing for longest; False where all have a request under way."""
        silent = [guest for guest in self._guests.values() if not guest.under_way and not guest.is_leaving]
        if silent:
            min(silent, key=lambda guest: guest.quiet_since).show_out()
        return bool(silent)

    async def _look_for_ever(self) -> None:
        while True:
            await asyncio.sleep(min(LOOKS_S_MAX, self._silence_s / 4))
            self._forget_gone()
            now = _now()
            for guest in list(self._guests.values()):
                if not guest.under_way and now - guest.quiet_since > self._silence_s:
                    guest.show_out()

    def _forget_gone(self) -> None:
        for handler in [handler for handler, guest in self._guests.items() if guest.is_gone]:
            del self._guests[handler]


async def _listening_at(host: str, port: int) -> list[socket.socket]:
    """A socket for each address that ``host`` names. Raises OSError."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    opened: list[socket.socket] = []
    try:
        for family, _, _, _, address in dict.fromkeys(found):
            opened.append(socket.create_server(address, family=family, backlog=BACKLOG))
            opened[-1].setblocking(False)
    except OSError:
        for one in opened:
            one.close()
        raise
    return opened


def _now() -> float:
    return asyncio.get_running_loop().time()


def _files_to_be_had() -> int:
    """How many files this process may have open, after asking for as many as the system lets it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard if hard != resource.RLIM_INFINITY else 1 << 20
