"""The hostile partner hears servers that are not ours: a refusal needs no more than a code."""

import asyncio

import aiohttp
from aiohttp import web

from tests.conformance.bundles import peer
from tests.hostile.attack import Caller


def code_heard(body: bytes) -> str:
    """What the partner takes a refusal with this body to be."""

    async def refused(request: web.Request) -> web.Response:
        return web.Response(status=409, body=body)

    async def asked() -> str:
        application = web.Application()
        application.router.add_post("/exchange/1", refused)
        runner = web.AppRunner(application)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0]
        async with aiohttp.ClientSession() as session:
            code = await Caller(f"http://{host}:{port}", None, session).post(peer(), b"")
        await runner.cleanup()
        return code

    return asyncio.run(asked())


def test_of_another_server_the_code_alone_is_asked_for() -> None:
    assert code_heard(b'{"code":"P-root"}') == "P-root"


def test_a_refusal_without_a_code_is_its_status() -> None:
    assert code_heard(b"<html>409 Conflict</html>") == "HTTP 409"
