"""Connections to a server that say nothing: ended after a while, and first of all when there are many.

Anybody may connect, and each connection is an open file of this process, of which the system gives it so many. One on
which no request is under way, whose next request does not come or whose head drips, holds nobody else up only as long
as such files are left. Requests that are held (``wait=``) are under way and stay::

    visitors = Visitors(silence_s=60.0, connections_max=2000)
    app = web.Application(middlewares=[visitors.middleware, …])
    visitors.watch(runner)          # once it is set up
    visitors.stop()
"""

import asyncio
import resource
from collections.abc import Awaitable, Callable
from typing import Any, Final

from aiohttp import web

LOOKS_S_MAX: Final = 5.0
OTHER_FILES: Final = 200
"""What else a process has open: the database, logs, calls of its own."""


class Visitors:
    """Who is connected to one server. Lives in one event loop."""

    def __init__(self, silence_s: float, connections_max: int) -> None:
        """Fewer than ``connections_max`` where the system does not give so many files."""
        self._silence_s = silence_s
        self._connections_max = min(connections_max, max(1, _files_to_be_had() - OTHER_FILES))
        self._heard: dict[Any, float] = {}
        """Connection → when its last request ended, or when it was first seen."""
        self._under_way: dict[Any, int] = {}
        self._watching: asyncio.Task[None] | None = None

    @property
    def middleware(self) -> Callable[..., Awaitable[web.StreamResponse]]:
        """Notes when a request begins and ends."""

        @web.middleware
        async def noting(
            request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
        ) -> web.StreamResponse:
            connection = request.protocol
            self._under_way[connection] = self._under_way.get(connection, 0) + 1
            try:
                return await handler(request)
            finally:
                self._under_way[connection] = self._under_way.get(connection, 1) - 1
                self._heard[connection] = asyncio.get_running_loop().time()

        return noting

    def watch(self, runner: web.AppRunner) -> None:
        """Look again and again until ``stop``."""
        self._watching = asyncio.ensure_future(self._look_for_ever(runner))

    def stop(self) -> None:
        """Look no more. Twice is harmless."""
        if self._watching is not None:
            self._watching.cancel()

    async def _look_for_ever(self, runner: web.AppRunner) -> None:
        while True:
            await asyncio.sleep(min(LOOKS_S_MAX, self._silence_s / 4))
            if runner.server is not None:
                self.look(runner.server.connections, asyncio.get_running_loop().time())

    def look(self, connections: list[Any], now: float) -> None:
        """End those that said nothing for too long by now, and as many more as there are too many."""
        here = set(connections)
        for known in (self._heard, self._under_way):
            for gone in known.keys() - here:
                del known[gone]
        silent = [one for one in connections if not self._under_way.get(one)]
        silent.sort(key=lambda one: self._heard.setdefault(one, now))
        too_many = len(connections) - self._connections_max
        for place, one in enumerate(silent):
            if (place < too_many or now - self._heard[one] > self._silence_s) and one.transport is not None:
                one.transport.abort()


def _files_to_be_had() -> int:
    """How many files this process may have open, after asking for as many as the system lets it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard if hard != resource.RLIM_INFINITY else 1 << 20
