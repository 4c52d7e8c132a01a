"""The staff API: HTTP on loopback, or over TLS for staff elsewhere; a route per operation, a bearer token.

``POST /staff/1/login`` takes name and password; ``POST /staff/1/<operation>`` takes the request of that operation as
JSON or, where files are sent, as MessagePack (``application/msgpack``: bytes stay bytes); the answer comes in the form
that ``Accept`` names. ``GET /staff/1/health`` and ``GET /staff/1/openapi.json`` need no token. An error is a
``Failure``. Database work runs in worker threads; the loop never waits for it::

    door = await start_staff_api(desk, node_id, "127.0.0.1", 8700)
    announce(folder, url_of(door), node_id); await door.close()
"""

import asyncio
import json
import os
import ssl
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

import msgspec
from aiohttp import web

from gongguan.node import clock
from gongguan.node.door import Door
from gongguan.node.operations.failure import failure_of
from gongguan.node.operations.operation import Operation
from gongguan.node.peers.incoming import Incoming
from gongguan.node.staff import openapi
from gongguan.node.staff.desk import Desk, Manner
from gongguan.node.staff.openapi import JSON, MSGPACK, LoginAnswer, LoginRequest
from gongguan.node.staff.strangers import TURNED_AWAY, Strangers
from gongguan.protocol.errors import ProtocolError, refuse
from gongguan.protocol.forms import ready
from gongguan.sync.act import Rejected
from gongguan.sync.label import FILE_BYTES_MAX
from gongguan.sync.labels import labels_of

REQUEST_BYTES_MAX: Final = 1 << 20
"""A request without files: an agreement with its rule pack is below 64 KiB."""
UPLOAD_BYTES_MAX: Final = 2 * FILE_BYTES_MAX + REQUEST_BYTES_MAX
"""A request with files: at most two workbooks."""
LOGIN_BYTES_MAX: Final = 1 << 14
"""A name and a password, before it is known who sends them."""
CONNECTIONS_MAX: Final = 100
"""Of one port: each command is a connection, and an office has tens of people."""
SILENCE_S: Final = 80.0
"""How long a connection may stay on which no request is under way."""
READ_TIMEOUT_S: Final = 60.0
"""For a request without files to come in."""
UPLOAD_TIMEOUT_S: Final = 600.0
"""For one with files: two workbooks of 32 MiB at 110 kB/s."""
READ_GRACE_S: Final = 1.0
WORKERS: Final = 8
ANNOUNCEMENT: Final = "staff-api.json"
"""In the data folder while the node serves: where the command line finds it."""

DRY_RUN, PURPOSE = "Gongguan-Dry-Run", "Gongguan-Purpose"
"""Headers of a request: ``1`` has it done to the end and undone; why a member's data are read (list ``purpose``)."""
LETTERS = "Gongguan-Letters"
"""Of an answer: the codes of letters to partners without a node that are to be printed now."""

LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "[::1]", "::1"})

STATUS: Final[dict[str, int]] = {
    "I-audit-broken": 422,
    "A-login": 401,
    "A-token": 401,
    "S-operation": 404,
    "T-not-a-bundle": 400,  # a file that a person sent, not an answer over a line
    "R-too-large": 413,
    "R-slow": 408,
}
STATUS_BY_FAULT: Final[dict[str, int]] = {"A": 403, "S": 400, "R": 503, "I": 500, "T": 502}
"""By the first letter of the code; 422 for the rest: the request was understood and refused."""


class StaffApi:
    """The handlers over one desk. ``app`` is mounted by the composition root or served by ``start_staff_api``."""

    def __init__(
        self, desk: Desk, node_id: str, guard: Any = None, now_s: Callable[[], float] = clock.monotonic
    ) -> None:
        """``guard``: the middleware that says whose requests are taken at all; by default only those of loopback.

        ``now_s``: by which minutes are told apart.
        """
        self._desk = desk
        self._node_id = node_id
        self._workers = ThreadPoolExecutor(max_workers=WORKERS, thread_name_prefix="staff-api")
        self._strangers = Strangers(now_s)
        self._logins = Incoming(READ_TIMEOUT_S, READ_GRACE_S, CONNECTIONS_MAX // 2)
        self._requests = Incoming(READ_TIMEOUT_S, READ_GRACE_S, CONNECTIONS_MAX)
        self._uploads = Incoming(UPLOAD_TIMEOUT_S, READ_GRACE_S, CONNECTIONS_MAX)
        # On this machine all share one address, and each is known by its account.
        middlewares = [only_loopback, errors_as_json] if guard is None else [guard, errors_as_json, self._known_or_few]
        self.app = web.Application(middlewares=middlewares, client_max_size=UPLOAD_BYTES_MAX)
        self.app.router.add_get("/staff/1/health", self._health)
        self.app.router.add_get("/staff/1/openapi.json", self._openapi)
        self.app.router.add_post("/staff/1/login", self._login)
        # What is only read has a path of its own, so that another method there is told which one would do.
        self.app.router.add_post(r"/staff/1/{operation:(?!health$|openapi\.json$)[^{}/]+}", self._operation)
        self.app.on_cleanup.append(self._stop)

    @property
    def _known_or_few(self) -> Callable[..., Awaitable[web.StreamResponse]]:
        """Callers whom nothing lets in are not heard for ever."""

        @web.middleware
        async def counting(request: web.Request, handler: Handler) -> web.StreamResponse:
            address = request.remote or ""
            self._strangers.check(address)
            try:
                return await handler(request)
            except ProtocolError as error:
                if error.code in TURNED_AWAY:
                    self._strangers.turned_away(address)
                raise

        return counting

    async def _health(self, request: web.Request) -> web.Response:
        return web.json_response({"node_id": self._node_id, "ready": True})

    async def _openapi(self, request: web.Request) -> web.Response:
        return web.json_response(openapi.document())

    async def _login(self, request: web.Request) -> web.Response:
        async with self._logins.place():
            data = await self._logins.read(request, LOGIN_BYTES_MAX)
        asked = _decoded(data, request.content_type, LoginRequest)
        login = await self._run(lambda: self._desk.login(asked.name, asked.password))
        answer = LoginAnswer(
            token=login.token, name=login.person.name, role=login.person.role, expires_at=login.expires_at
        )
        return _response(request, answer, 200)

    async def _operation(self, request: web.Request) -> web.Response:
        name, token = request.match_info["operation"], _token(request)
        operation = await self._run(lambda: self._desk.admit(name, token))
        if _takes_files(operation):
            body = await self._uploads.read(request, UPLOAD_BYTES_MAX)
        else:
            body = await self._requests.read(request, REQUEST_BYTES_MAX)
        decoder = _DECODERS.get(request.content_type)
        if decoder is None:
            raise refuse("S-request", problem="Content-Type", allowed=sorted(_DECODERS))
        manner = Manner(request.headers.get(DRY_RUN) == "1", request.headers.get(PURPOSE))
        done = await self._run(
            lambda: self._desk.do(name, token, lambda kind: decoder(body or _EMPTY[request.content_type], kind), manner)
        )
        response = _response(request, done.answer, 200)
        if done.letters:
            response.headers[LETTERS] = " ".join(done.letters)
        return response

    async def _run(self, work: Callable[[], Any]) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._workers, work)

    async def _stop(self, app: web.Application) -> None:
        self._workers.shutdown(wait=True)


Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@web.middleware
async def only_loopback(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse what a web page elsewhere makes a browser send: a foreign Host name, or any Origin but our own."""
    host = request.host.rpartition(":")[0] if not request.host.endswith("]") else request.host
    origin = request.headers.get("Origin")
    if (host or request.host) not in LOOPBACK or (origin is not None and origin != f"http://{request.host}"):
        raise web.HTTPForbidden(text="loopback only")
    return await handler(request)


@web.middleware
async def no_browser(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse whatever a web page makes a browser send: programs of staff name no Origin."""
    if "Origin" in request.headers:
        raise web.HTTPForbidden(text="no browsers")
    return await handler(request)


@web.middleware
async def errors_as_json(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Every refusal as a ``Failure``; the HTTP status only carries it."""
    try:
        return await handler(request)
    except ProtocolError as error:
        status = STATUS.get(error.code) or STATUS_BY_FAULT.get(error.code[0], 422)
        detail = None
        if isinstance(error, Rejected):
            detail = await asyncio.get_running_loop().run_in_executor(None, error.detail)
        return _response(request, failure_of(error, detail), status)


async def start_staff_api(desk: Desk, node_id: str, host: str, port: int) -> Door:
    """Serve on loopback; port 0 takes a free one. Raises I-port-in-use, I-not-loopback."""
    if host not in LOOPBACK:
        raise refuse("I-not-loopback", host=host)
    return await _opened(StaffApi(desk, node_id), host, port, None)


async def start_over_tls(
    desk: Desk, node_id: str, host: str, port: int, context: ssl.SSLContext, silence_s: float = SILENCE_S
) -> Door:
    """Serve staff at their own computers, over TLS. Raises I-port-in-use."""
    return await _opened(StaffApi(desk, node_id, no_browser), host, port, context, silence_s)


async def _opened(
    api: StaffApi, host: str, port: int, context: ssl.SSLContext | None, silence_s: float = SILENCE_S
) -> Door:
    door = Door(api.app, silence_s, CONNECTIONS_MAX, shutdown_timeout_s=60.0)
    await door.open(host, port, context)
    return door


def url_of(door: Door) -> str:
    """Where it listens."""
    host, port = door.address
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def announce(folder: Path, url: str, node_id: str) -> Path:
    """Write where the API is into the data folder, for the command line. Raises I-folder-not-writable."""
    path = folder / ANNOUNCEMENT
    fresh = path.with_suffix(".new")
    try:
        fresh.write_text(json.dumps({"url": url, "node_id": node_id}) + "\n", encoding="utf-8")
        os.replace(fresh, path)
    except OSError as error:
        raise refuse("I-folder-not-writable", folder=str(folder), reason=error.strerror or "") from error
    return path


_DECODERS: Final[dict[str, Callable[[bytes, type[Any]], Any]]] = {
    JSON: lambda body, kind: msgspec.json.decode(body, type=ready(kind)),
    MSGPACK: lambda body, kind: msgspec.msgpack.decode(body, type=ready(kind)),
}
_EMPTY: Final = {JSON: b"{}", MSGPACK: b"\x80"}


def _decoded(body: bytes, content_type: str, kind: type[Any]) -> Any:
    decoder = _DECODERS.get(content_type)
    if decoder is None:
        raise refuse("S-request", problem="Content-Type", allowed=sorted(_DECODERS))
    try:
        return decoder(body, kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise refuse("S-request", problem="body") from None


def _token(request: web.Request) -> str:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _takes_files(operation: Operation) -> bool:
    return any(label.form == "file" for label in labels_of(operation.request))


def _response(request: web.Request, answer: msgspec.Struct, status: int) -> web.Response:
    wanted = MSGPACK if MSGPACK in request.headers.get("Accept", "") else JSON
    encoded = msgspec.msgpack.encode(answer) if wanted == MSGPACK else msgspec.json.encode(answer)
    return web.Response(body=encoded, content_type=wanted, status=status, headers={"Cache-Control": "no-store"})
