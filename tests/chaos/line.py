"""A bad line in front of a node: it loses, cuts, delays, dribbles, spoils, swallows and repeats what passes.

It ends the TLS connection with the node's own certificate, as a front server of a committee's computer centre does, so
that it can harm requests and answers and not only packets. ``FAULTS`` are its deeds; each request draws one or none::

    line = Line(port, behind=listen_port, context=tls.server_context(…), rng=Random(7)); line.start()
    line.cut(3.0)               # nothing passes for three seconds
    line.trouble = 0.0          # from now on a good line
    line.stop()
"""

import asyncio
import ssl
import threading
from collections import Counter, deque
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from random import Random
from typing import Any, Final

CHUNK_BYTES: Final = 1 << 16
REPEATED_BYTES_MAX: Final = 256 << 10
"""Longer requests are not kept for repeating."""
KEPT_MAX: Final = 40
PIECES: Final = 40
DRIBBLE_S: Final = 0.03
DELAY_S_MAX: Final = 1.0
REPEAT_WAIT_S: Final = 5.0

FAULTS: Final = (
    "request lost",
    "request cut short",
    "answer swallowed",
    "answer cut short",
    "delayed",
    "dribbled",
    "request spoilt",
    "answer spoilt",
    "repeated at once",
    "old request repeated",
)


class Call:
    """One connection through the line: the fault of the request under way, and the bytes of that request."""

    def __init__(self, near: asyncio.StreamWriter, far: asyncio.StreamWriter) -> None:
        self.near, self.far = near, far
        self.fault = ""
        self.request = b""
        self.is_answered = True

    def abort(self) -> None:
        """End both halves without a word."""
        for writer in (self.near, self.far):
            writer.transport.abort()


class Line:
    """See the module. Its loop runs in a thread of its own; the methods without underscore are for other threads."""

    def __init__(self, port: int, behind: int, context: ssl.SSLContext, rng: Random) -> None:
        self.port, self.behind = port, behind
        self.trouble = 0.0
        """The part of the requests that meet a fault."""
        self.faults: Counter[str] = Counter()
        self.requests = 0
        self._context = context
        self._rng = rng
        self._onward = ssl.create_default_context()
        self._onward.check_hostname = False
        self._onward.verify_mode = ssl.CERT_NONE
        self._kept: deque[bytes] = deque(maxlen=KEPT_MAX)
        self._calls: set[Call] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._cut_until = 0.0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name=f"line {port}", daemon=True)
        self._server: asyncio.Server | None = None

    def start(self) -> None:
        """Listen."""
        self._thread.start()
        self._ask(self._start()).result()

    def stop(self) -> None:
        """End all calls and the thread."""
        self._ask(self._stop()).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def cut(self, seconds: float) -> None:
        """Break every call; until the time is over new ones are taken and lead nowhere."""
        self._ask(self._cut(seconds)).result()

    def _ask(self, work: Coroutine[Any, Any, None]) -> "Future[None]":
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    async def _start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, ssl=self._context)

    async def _stop(self) -> None:
        assert self._server is not None
        self._server.close()
        for call in self._calls:
            call.abort()
        for task in self._tasks:
            task.cancel()
        await asyncio.sleep(0)

    async def _cut(self, seconds: float) -> None:
        self._cut_until = self._loop.time() + seconds
        self.faults["line cut"] += 1
        for call in self._calls:
            call.abort()

    # --- one call ---------------------------------------------------------------------------------------------

    async def _serve(self, near_reader: asyncio.StreamReader, near: asyncio.StreamWriter) -> None:
        await asyncio.sleep(max(0.0, self._cut_until - self._loop.time()))
        try:
            far_reader, far = await asyncio.open_connection("127.0.0.1", self.behind, ssl=self._onward)
        except OSError:
            near.transport.abort()
            return
        call = Call(near, far)
        self._calls.add(call)
        pumps = [
            asyncio.ensure_future(self._pump(call, near_reader, self._out)),
            asyncio.ensure_future(self._pump(call, far_reader, self._back)),
        ]
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for pump in pumps:
                pump.cancel()
            call.abort()
            self._calls.discard(call)

    async def _pump(self, call: Call, reader: asyncio.StreamReader, forward: Callable[..., Any]) -> None:
        """Until the other end closes, or a fault has ended the call."""
        try:
            while data := await reader.read(CHUNK_BYTES):
                if not await forward(call, data):
                    return
        except (OSError, ssl.SSLError):
            return

    async def _out(self, call: Call, data: bytes) -> bool:
        """Towards the node; False ends the call."""
        if call.is_answered:
            self._begin(call)
        if len(call.request) <= REPEATED_BYTES_MAX:
            call.request += data
        match call.fault:
            case "request lost":
                return False
            case "request cut short":
                await _send(call.far, data[: len(data) // 2])
                return False
            case "request spoilt":
                data = self._spoilt(data)
            case "dribbled":
                return await _dribble(call.far, data)
            case "delayed":
                await asyncio.sleep(self._rng.uniform(0, DELAY_S_MAX))
        return await _send(call.far, data)

    async def _back(self, call: Call, data: bytes) -> bool:
        """Back to whoever called; False ends the call. That the node answers says that it has done what was asked."""
        if not call.is_answered:
            call.is_answered = True
            self._keep(call)
        match call.fault:
            case "answer swallowed":
                return False
            case "answer cut short":
                await _send(call.near, data[: len(data) // 2])
                return False
            case "answer spoilt":
                data = self._spoilt(data)
            case "delayed":
                await asyncio.sleep(self._rng.uniform(0, DELAY_S_MAX))
        return await _send(call.near, data)

    def _begin(self, call: Call) -> None:
        """A new request: what shall happen to it?"""
        self.requests += 1
        call.is_answered, call.request, call.fault = False, b"", ""
        if self._rng.random() < self.trouble:
            call.fault = self._rng.choice(FAULTS)
            self.faults[call.fault] += 1

    def _keep(self, call: Call) -> None:
        if call.fault == "repeated at once":
            self._repeat(call.request)
        elif call.fault == "old request repeated" and self._kept:
            self._repeat(self._rng.choice(self._kept))
        if call.fault != "request spoilt" and len(call.request) <= REPEATED_BYTES_MAX:
            self._kept.append(call.request)

    def _repeat(self, request: bytes) -> None:
        task = self._loop.create_task(self._say_again(request))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _say_again(self, request: bytes) -> None:
        try:
            async with asyncio.timeout(REPEAT_WAIT_S):
                reader, writer = await asyncio.open_connection("127.0.0.1", self.behind, ssl=self._onward)
                writer.write(request)
                await reader.read(CHUNK_BYTES)
        except (OSError, ssl.SSLError):
            return
        writer.transport.abort()

    def _spoilt(self, data: bytes) -> bytes:
        at = self._rng.randrange(len(data))
        return data[:at] + bytes([data[at] ^ 1 << self._rng.randrange(8)]) + data[at + 1 :]


async def _send(writer: asyncio.StreamWriter, data: bytes) -> bool:
    writer.write(data)
    await writer.drain()
    return True


async def _dribble(writer: asyncio.StreamWriter, data: bytes) -> bool:
    step = max(1, len(data) // PIECES)
    for start in range(0, len(data), step):
        await _send(writer, data[start : start + step])
        await asyncio.sleep(DRIBBLE_S)
    return True
