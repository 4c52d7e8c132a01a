"""The relay: an untrusted mailbox for nodes that can only call out. It needs no keys, no database, no trust.

It keeps sealed bundles by mailbox and gives them to whoever holds the mailbox's read token. It sees node ids, sizes and
times; it can read nothing and forge nothing, and what it drops is sent again, since only the partner's own signature is
a receipt. A mailbox is opened by its reader's first look; nobody can write into one that was never opened::

    POST   /box/<write token>       a bundle; 201 means that it lies here, and nothing more
    GET    /box?wait=50             Authorization: Bearer <read token>; names and sizes, oldest first
    GET    /box/item/<name>         the bundle
    DELETE /box/item/<name>

    relay = Relay(folder, RelayLimits(), now=clock.now)
    await relay.start(host, port, context); relay.port; await relay.stop()

A mailbox is a folder whose name is a hash of its write token, so that not even the relay's disk holds a token.
"""

import asyncio
import hashlib
import os
import shutil
import ssl
import tomllib
from collections import Counter, OrderedDict
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Annotated, Final, Literal

import msgspec
from aiohttp import web

from gongguan.node.door import Door
from gongguan.node.peers.incoming import Incoming
from gongguan.node.peers.server import refusals_as_json
from gongguan.node.peers.transports.mailbox import BOX, is_token, write_token
from gongguan.node.peers.transports.relay import LISTED_MAX, TYPE, Item, Listed
from gongguan.protocol import bundle
from gongguan.protocol.errors import refuse
from gongguan.protocol.limits import BUNDLE_SEALED_BYTES_MAX

SETTINGS: Final = "relay.toml"
SWEEP_EVERY_S: Final = 600
DAY_S: Final = 86_400
MINUTE_S: Final = 60
FETCHED: Final = "fetched"
"""An empty file in the folder of a mailbox from which something was fetched once."""
READ_GRACE_S: Final = 1.0
"""After so long the slowest bundle that is coming in makes room where all places are taken."""
CALLERS_MAX: Final = 100_000
"""Addresses that are counted at once; with one more all counts begin anew, so that memory stays bounded."""

Count = Annotated[int, msgspec.Meta(ge=1)]


class RelayLimits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Every bound of a relay; each can be set in ``relay.toml`` in its folder.

    ``mailboxes_max``: nodes served; one more takes the place of one whose mailbox was never used.
    ``mailbox_bytes_max``, ``mailbox_items_max``: what one node's partners may leave.
    ``total_bytes_max``: the disk. ``item_days_max``: a bundle that nobody fetched is thrown away; it is sent again.
    ``idle_days_max``: a mailbox that nobody looked into is closed. ``requests_per_minute_max`` and
    ``openings_per_day_max``: of one address. ``waits_max``: requests held open. ``wait_s_max``: how long each.
    ``read_s_max``: time for a bundle to come in; ``bodies_max``: how many may come in at once, each up to 4 MiB.
    ``silence_s``: how long a connection may stay on which no request is under way; ``connections_max``: how many; of
    these at most half are held.
    """

    mailboxes_max: Count = 1000
    mailbox_bytes_max: Count = 64 << 20
    mailbox_items_max: Count = 256
    total_bytes_max: Count = 8 << 30
    item_days_max: Count = 30
    idle_days_max: Count = 90
    requests_per_minute_max: Count = 600
    openings_per_day_max: Count = 50
    waits_max: Count = 2000
    wait_s_max: Annotated[float, msgspec.Meta(gt=0, le=60)] = 50.0
    read_s_max: Annotated[float, msgspec.Meta(gt=0, le=600)] = 60.0
    bodies_max: Count = 64
    silence_s: Annotated[float, msgspec.Meta(gt=0, le=86_400)] = 80.0
    connections_max: Count = 4000


class Box:
    """One mailbox: a folder with one file for each bundle, named by order of arrival and digest.

    ``held_bytes``: how much lies in it; ``fetched``: whether something was ever fetched from it.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.items: dict[str, tuple[Path, int]] = {}
        self.fetched = (folder / FETCHED).exists()
        self.arrived = asyncio.Event()
        self._number = 0
        for half in folder.glob("*.part"):
            half.unlink()
        for path in sorted(folder.glob("*-*.bundle")):
            number, _, name = path.stem.partition("-")
            self.items[name] = (path, path.stat().st_size)
            self._number = int(number)
        self.held_bytes = sum(size for _, size in self.items.values())

    def listed(self) -> list[Item]:
        """What lies in it, oldest first."""
        return [Item(name=name, bytes=size) for name, (_, size) in islice(self.items.items(), LISTED_MAX)]

    def add(self, name: str, data: bytes) -> None:
        """Keep a bundle; the same bytes once more are kept once. Raises R-relay-full where the disk is full."""
        if name in self.items:
            return
        self._number += 1
        path = self.folder / f"{self._number:012}-{name}.bundle"
        fresh = path.with_suffix(".part")
        try:
            fresh.write_bytes(data)
            fresh.rename(path)
        except OSError:
            # Half a bundle would be counted by no bound.
            fresh.unlink(missing_ok=True)
            raise refuse("R-relay-full", items=len(self.items)) from None
        self.items[name] = (path, len(data))
        self.held_bytes += len(data)
        self.arrived.set()

    def read(self, name: str) -> bytes | None:
        """The bytes of an item, None when it is gone."""
        found = self.items.get(name)
        try:
            data = found[0].read_bytes() if found is not None else None
        except FileNotFoundError:
            return None
        if data is not None and not self.fetched:
            self.fetched = True
            with suppress(OSError):  # on a full disk that is forgotten with the next start
                (self.folder / FETCHED).touch()
        return data

    def remove(self, name: str) -> None:
        """Throw an item away."""
        found = self.items.pop(name, None)
        if found is not None:
            self.held_bytes -= found[1]
            found[0].unlink(missing_ok=True)


class Callers:
    """How often each address has called in the present minute or day; old ones are forgotten."""

    def __init__(self, window_s: int, calls_max: int) -> None:
        self._window_s = window_s
        self._calls_max = calls_max
        self._window = 0
        self._calls: Counter[str] = Counter()

    def check(self, address: str, now_s: float) -> None:
        """Raises R-relay-rate."""
        window = int(now_s // self._window_s)
        if window != self._window or len(self._calls) > CALLERS_MAX:
            self._window, self._calls = window, Counter()
        self._calls[address] += 1
        if self._calls[address] > self._calls_max:
            raise refuse("R-relay-rate", limit=self._calls_max)


class Relay:
    """See the module. Lives in one event loop."""

    def __init__(self, folder: Path, limits: RelayLimits, now: Callable[[], datetime]) -> None:
        self._folder = folder / "boxes"
        self._limits = limits
        self._now = now
        self._boxes: OrderedDict[str, Box] = OrderedDict()
        self._calls = Callers(MINUTE_S, limits.requests_per_minute_max)
        self._openings = Callers(DAY_S, limits.openings_per_day_max)
        self._incoming = Incoming(limits.read_s_max, READ_GRACE_S, limits.bodies_max)
        self._waits = 0
        self._door: Door | None = None
        self._sweeper: asyncio.Task[None] | None = None

    async def start(self, host: str, port: int, context: ssl.SSLContext | None) -> None:
        """Listen; port 0 takes a free one. Raises I-port-in-use, I-folder-not-writable."""
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise refuse("I-folder-not-writable", folder=str(self._folder), reason=error.strerror or "") from error
        for path in sorted(self._folder.iterdir()):
            self._boxes[path.name] = self._box(path)
        app = web.Application(middlewares=[refusals_as_json], client_max_size=BUNDLE_SEALED_BYTES_MAX)
        app.router.add_post(BOX + "/{token}", self._put)
        app.router.add_get(BOX, self._list)
        app.router.add_get(BOX + "/item/{name}", self._get)
        app.router.add_delete(BOX + "/item/{name}", self._delete)
        door = Door(app, self._limits.silence_s, self._limits.connections_max)
        await door.open(host, port, context)
        self._door = door
        self._sweeper = asyncio.ensure_future(self._sweep_for_ever())

    @property
    def port(self) -> int:
        """Where it listens."""
        return self._opened.address[1]

    @property
    def _opened(self) -> Door:
        if self._door is None:
            raise refuse("I-internal", what="the relay does not run")
        return self._door

    async def stop(self) -> None:
        """Stop; what lies here stays on the disk. Twice is harmless."""
        if self._sweeper is not None:
            self._sweeper.cancel()
        for box in self._boxes.values():
            box.arrived.set()
        if self._door is not None:
            await self._door.close()
            self._door = None

    # --- what nodes ask -----------------------------------------------------------------------------------------

    async def _put(self, request: web.Request) -> web.Response:
        self._count(request)
        self._check_room(self._opened_box(request))
        async with self._incoming.place():
            data = await self._incoming.read(request, BUNDLE_SEALED_BYTES_MAX)
            bundle.read_header(data)
            box = self._opened_box(request)  # it may have given way meanwhile
            self._check_room(box, len(data))
            box.add(hashlib.sha256(data).hexdigest()[:32], data)
        return web.Response(status=201)

    async def _list(self, request: web.Request) -> web.Response:
        self._count(request)
        box = self._box_of(request)
        wait = request.query.get("wait", "0")
        wait_s = min(float(wait[:3]) if wait.isascii() and wait.isdigit() else 0.0, self._limits.wait_s_max)
        if not box.items and wait_s and self._waits < min(self._limits.waits_max, self._opened.connections_max // 2):
            box.arrived.clear()
            await self._wait(box, wait_s)
        listed = Listed(items=box.listed())
        return web.Response(body=msgspec.json.encode(listed), content_type="application/json")

    async def _wait(self, box: Box, wait_s: float) -> None:
        self._waits += 1
        try:
            async with asyncio.timeout(wait_s):
                await box.arrived.wait()
        except TimeoutError:
            pass
        finally:
            self._waits -= 1

    async def _get(self, request: web.Request) -> web.Response:
        self._count(request)
        data = self._box_of(request).read(request.match_info["name"])
        if data is None:
            raise web.HTTPNotFound
        return web.Response(body=data, content_type=TYPE)

    async def _delete(self, request: web.Request) -> web.Response:
        self._count(request)
        self._box_of(request).remove(request.match_info["name"])
        return web.Response(status=204)

    # --- bounds -------------------------------------------------------------------------------------------------

    def _box(self, folder: Path) -> Box:
        return Box(folder)

    def _count(self, request: web.Request) -> None:
        self._calls.check(request.remote or "", self._now().timestamp())

    def _check_room(self, box: Box, more: int = 0) -> None:
        limits = self._limits
        total = sum(one.held_bytes for one in self._boxes.values())
        if (
            len(box.items) >= limits.mailbox_items_max
            or box.held_bytes + more > limits.mailbox_bytes_max
            or total + more > limits.total_bytes_max
        ):
            raise refuse("R-relay-full", items=len(box.items))

    def _opened_box(self, request: web.Request) -> Box:
        """The mailbox of the write token in the address. Raises T-relay-no-mailbox."""
        token = request.match_info["token"]
        box = self._boxes.get(_name_of(token)) if is_token(token) else None
        if box is None:
            raise refuse("T-relay-no-mailbox")
        return box

    def _box_of(self, request: web.Request) -> Box:
        """The mailbox of the read token that was shown; opened at the first look. Raises R-relay-…."""
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if not is_token(token):
            raise web.HTTPUnauthorized
        name = _name_of(write_token(token))
        if name not in self._boxes:
            self._openings.check(request.remote or "", self._now().timestamp())
            if len(self._boxes) >= self._limits.mailboxes_max:
                self._make_way()
            (self._folder / name).mkdir(mode=0o700, exist_ok=True)
            self._boxes[name] = self._box(self._folder / name)
        box = self._boxes[name]
        # The folder's time says when its owner last looked, also after a restart.
        now_s = self._now().timestamp()
        os.utime(box.folder, (now_s, now_s))
        return box

    def _make_way(self) -> None:
        """Close the mailbox that was never used and that was looked into longest ago. Raises R-relay-full.

        Anybody may open some. Whoever loses one that is wanted opens it again with the next look.
        """
        unused = [name for name, box in self._boxes.items() if not (box.items or box.fetched)]
        if not unused:
            raise refuse("R-relay-full", mailboxes=len(self._boxes))
        self._close(min(unused, key=lambda name: _time_of(self._boxes[name].folder, "st_atime") or 0.0))

    def _close(self, name: str) -> None:
        shutil.rmtree(self._boxes.pop(name).folder, ignore_errors=True)

    async def _sweep_for_ever(self) -> None:
        while True:
            self.sweep()
            await asyncio.sleep(SWEEP_EVERY_S)

    def sweep(self) -> None:
        """Throw away what is too old, and mailboxes that nobody looks into."""
        now_s = self._now().timestamp()
        for name, box in list(self._boxes.items()):
            seen_s = _time_of(box.folder, "st_atime")
            if seen_s is None or now_s - seen_s > self._limits.idle_days_max * DAY_S:
                self._close(name)
                continue
            for item, (path, _) in list(box.items.items()):
                came_s = _time_of(path, "st_mtime")
                if came_s is None or now_s - came_s > self._limits.item_days_max * DAY_S:
                    box.remove(item)


def limits_in(folder: Path) -> RelayLimits:
    """The bounds in ``relay.toml``, else what the software says. Raises I-config."""
    try:
        return msgspec.convert(tomllib.loads((folder / SETTINGS).read_text(encoding="utf-8")), RelayLimits)
    except FileNotFoundError:
        return RelayLimits()
    except (OSError, UnicodeError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise refuse("I-config", file=SETTINGS, problem=str(error)) from error


def _time_of(path: Path, which: Literal["st_atime", "st_mtime"]) -> float | None:
    """Seconds since 1970; None when somebody took the file or folder away, which must not end the sweeping."""
    try:
        return float(getattr(path.stat(), which))
    except FileNotFoundError:
        return None


def _name_of(token: str) -> str:
    return hashlib.sha256(f"gongguan relay box\n{token}".encode()).hexdigest()[:40]
