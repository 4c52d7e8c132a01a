"""What this machine can do at most, measured in the same run as the exchange, so that ratios mean something."""

import asyncio
import contextlib
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import aiohttp
from aiohttp import web

from gongguan.node.keys import keyfiles, tls
from gongguan.node.keys.node_keys import NodeKeys

ROW_BYTES = 1024
SECONDS = 0.5


class Limits(NamedTuple):
    """Per second: of one core, one connection, one disk."""

    verifications: float
    signatures: float
    commits_1: float
    commits_100: float
    https_requests: float

    @property
    def floor_s(self) -> float:
        """One message, nobody waiting: a round trip, two commits, four signatures, four verifications."""
        return 1 / self.https_requests + 2 / self.commits_1 + 4 / self.signatures + 4 / self.verifications

    @property
    def rows_100(self) -> float:
        """Rows a second in transactions of 100."""
        return 100 * self.commits_100


def measure(folder: Path, node_folder: Path) -> Limits:
    """Each for half a second, one after the other. Databases go into ``folder``, keys come from ``node_folder``."""
    keys = keyfiles.open_with_service(node_folder)
    message = os.urandom(200)
    signature = keys.log.sign(message)
    public = keys.log.public
    return Limits(
        verifications=_rate(lambda: public.verify(message, signature)),
        signatures=_rate(lambda: keys.log.sign(message)),
        commits_1=_commits(folder / "limits-1.sqlite3", 1),
        commits_100=_commits(folder / "limits-100.sqlite3", 100),
        https_requests=_https(node_folder),
    )


def _rate(act: Callable[[], object]) -> float:
    count, began = 0, time.perf_counter()
    while (taken := time.perf_counter() - began) < SECONDS:
        for _ in range(20):
            act()
        count += 20
    return count / taken


def _commits(path: Path, rows: int) -> float:
    """Transactions a second, WAL and ``synchronous=FULL`` as in the node."""
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = wal")
        connection.execute("PRAGMA synchronous = 2")
        assert connection.execute("PRAGMA synchronous").fetchone() == (2,)
        connection.execute("CREATE TABLE row (number INTEGER PRIMARY KEY, data BLOB NOT NULL)")
        data = os.urandom(ROW_BYTES)

        def commit() -> None:
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany("INSERT INTO row (data) VALUES (?)", [(data,)] * rows)
            connection.execute("COMMIT")

        return _rate(commit)


def _https(folder: Path) -> float:
    """Requests a second over one TLS connection to a server in another process, 1 KB there and back."""
    command = [sys.executable, "-m", "tests.benchmarks.limits_here", str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        port, pin = server.stdout.readline().split()
        rate = asyncio.run(_requests(f"https://127.0.0.1:{port}/", pin))
        server.stdin.close()
    return rate


async def serve(keys: NodeKeys) -> None:
    """Give back what comes, over TLS, until the standard input ends."""
    app = web.Application()

    async def echo(request: web.Request) -> web.Response:
        return web.Response(body=await request.read())

    app.router.add_post("/", echo)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    context = tls.server_context(keys.tls_key, keys.tls_certificate)
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
    print(int(runner.addresses[0][1]), tls.digest(keys.tls_certificate), flush=True)
    await asyncio.to_thread(sys.stdin.read)
    await runner.cleanup()


async def _requests(url: str, pin: str) -> float:
    body, count = os.urandom(ROW_BYTES), 0
    pinned = aiohttp.Fingerprint(bytes.fromhex(pin))
    async with aiohttp.ClientSession() as session:
        began = time.perf_counter()
        while (taken := time.perf_counter() - began) < SECONDS:
            async with session.post(url, data=body, ssl=pinned) as answer:
                await answer.read()
            count += 1
    return count / taken


if __name__ == "__main__":
    asyncio.run(serve(keyfiles.open_with_service(Path(sys.argv[1]))))
