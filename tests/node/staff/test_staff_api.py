"""The staff API on a real socket over a real SQLite database."""

import asyncio
import io
import json
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import pytest
import pytest_asyncio

from gongguan.node.database.database import open_database
from gongguan.node.door import Door
from gongguan.node.keys.field_seal import FieldSeal
from gongguan.node.operations import every
from gongguan.node.staff import staff_api
from gongguan.node.staff.strangers import ATTEMPTS_MAX, Strangers
from gongguan.protocol.errors import ProtocolError
from gongguan.sync.records import Body, Member
from tests.staff_node import DEMO_DATA, PASSWORD, StaffNode, staff_node

PACKED = {"Content-Type": "application/msgpack", "Accept": "application/msgpack"}


class Served:
    """A node whose API listens, and a client."""

    def __init__(self, node: StaffNode, url: str, client: aiohttp.ClientSession) -> None:
        self.node, self.url, self.client = node, url, client

    async def post(self, path: str, body: Any, token: str = "", **headers: str) -> tuple[int, Any]:
        """JSON in, JSON out."""
        sent = {"Content-Type": "application/json", "Authorization": f"Bearer {token}", **headers}
        data = io.BytesIO(body if isinstance(body, bytes) else json.dumps(body).encode())
        async with self.client.post(f"{self.url}/staff/1/{path}", data=data, headers=sent) as answer:
            text = await answer.text()
            return answer.status, json.loads(text) if answer.content_type == "application/json" else text

    async def login(self, name: str) -> str:
        status, answer = await self.post("login", {"name": name, "password": PASSWORD})
        assert status == 200
        return str(answer["token"])


@pytest_asyncio.fixture
async def served(tmp_path: Path) -> AsyncIterator[Served]:
    with closing(open_database(tmp_path / "node.sqlite3", FieldSeal(b"k" * 32))) as database:
        node = staff_node(database)
        door = await staff_api.start_staff_api(node.desk, node.port.node_id, "127.0.0.1", 0)
        async with aiohttp.ClientSession() as client:
            yield Served(node, staff_api.url_of(door), client)
        await door.close()


async def test_a_person_logs_in_asks_and_logs_out(served: Served) -> None:
    token = await served.login("书记")
    status, answer = await served.post("session.show", {}, token)
    assert (status, answer["name"], answer["role"]) == (200, "书记", "secretary")
    assert (await served.post("session.end", {}, token))[0] == 200
    status, answer = await served.post("session.show", {}, token)
    assert (status, answer["code"]) == (401, "A-token")


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("login", {"name": "书记", "password": "不是这个密码-1"}, 401, "A-login"),
        ("login", {"name": "书记", "password": PASSWORD, "role": "reader"}, 400, "S-request"),
        ("body.list", {"staff": "管理员"}, 400, "S-request"),
        ("body.list", {"under": 7}, 400, "S-request"),
        ("body.list", b"{", 400, "S-request"),
        ("body.list", b"[" * 100_000, 400, "S-request"),
        ("body.list", {"under": "没有"}, 422, "D-body-unknown"),
        ("staff.list", {}, 403, "A-role"),
        ("member.list", {"under": "双榆镇党总支"}, 403, "A-subtree"),
        ("no.such", {}, 404, "S-operation"),
        ("feedback.list", {"quarter": "0000Q1"}, 400, "S-request"),
        ("feedback.list", {"quarter": "2026Q3\n"}, 400, "S-request"),
    ],
)
async def test_each_refusal_says_what_and_what_next_in_two_languages(
    served: Served, path: str, body: Any, status: int, code: str
) -> None:
    token = await served.login("书记")
    found, answer = await served.post(path, body, token)
    assert (found, answer["code"]) == (status, code)
    assert answer["what"]
    assert answer["next"]
    assert answer["what_en"].isascii()
    assert answer["next_en"].isascii()


async def test_a_file_that_is_no_bundle_is_the_persons_fault_and_not_a_broken_line(served: Served) -> None:
    token = await served.login("干事")
    status, answer = await served.post("bundle.inspect", {"file": "aGVsbG8="}, token)
    assert (status, answer["code"]) == (400, "T-not-a-bundle")


async def test_without_a_valid_token_nothing_is_read(served: Served) -> None:
    for headers in ({}, {"Authorization": "Bearer x"}, {"Authorization": "Basic eDp5"}):
        status, answer = await served.post("body.list", {}, **headers)
        assert (status, answer["code"]) == (401, "A-token")


async def test_a_web_page_elsewhere_cannot_use_the_api(served: Served) -> None:
    token = await served.login("书记")
    assert (await served.post("body.list", {}, token, Host="evil.example:80"))[0] == 403
    assert (await served.post("body.list", {}, token, Origin="http://evil.example"))[0] == 403


async def test_a_body_beyond_the_bound_is_refused_before_it_is_read(served: Served) -> None:
    token = await served.login("书记")
    status, answer = await served.post("body.list", b" " * (staff_api.REQUEST_BYTES_MAX + 1), token)
    assert (status, answer["code"]) == (413, "R-too-large")


async def test_workbooks_go_in_and_out_as_bytes(served: Served) -> None:
    token = await served.login("干事")
    sheets = {name: (DEMO_DATA / name).read_bytes() for name in ("origin_bodies.xlsx", "bad_members.xlsx")}

    async def send(operation: str, data: bytes) -> tuple[int, Any]:
        headers = {**PACKED, "Authorization": f"Bearer {token}"}
        packed = msgspec.msgpack.encode({"file": data})
        async with served.client.post(f"{served.url}/staff/1/{operation}", data=packed, headers=headers) as answer:
            return answer.status, msgspec.msgpack.decode(await answer.read())

    status, answer = await send("body.import", sheets["origin_bodies.xlsx"])
    assert (status, answer["rows"]) == (200, served.node.database.read(lambda store: store.count(Body)))
    status, answer = await send("member.import", sheets["bad_members.xlsx"])
    assert (status, answer["code"]) == (422, "D-import-rows")
    assert answer["detail"]["members_result"].startswith(b"PK")
    assert served.node.database.read(lambda store: store.count(Member)) == 0


async def test_many_requests_at_once_leave_an_unbroken_audit(served: Served) -> None:
    token = await served.login("管理员")
    answers = await asyncio.gather(*(served.post("body.list", {}, token) for _ in range(40)))
    assert {status for status, _ in answers} == {200}
    status, found = await served.post("audit.verify", {}, token)
    assert (status, found["intact"]) == (200, True)
    assert found["entries"] >= 41


async def test_health_and_description_need_no_token_and_every_operation_is_described(served: Served) -> None:
    async with served.client.get(f"{served.url}/staff/1/health") as answer:
        assert (await answer.json())["node_id"] == served.node.port.node_id
    async with served.client.get(f"{served.url}/staff/1/openapi.json") as answer:
        described = await answer.json()
    assert described["openapi"] == "3.1.0"
    assert set(described["paths"]) == {f"/staff/1/{name}" for name in (*every(), "login", "health")}


async def test_what_is_only_read_says_so_to_whoever_posts(served: Served) -> None:
    for name in ("health", "openapi.json"):
        async with served.client.post(f"{served.url}/staff/1/{name}", json={}) as answer:
            assert (answer.status, answer.headers["Allow"]) == (405, "GET,HEAD")


async def test_the_api_starts_on_loopback_only_and_says_when_its_port_is_taken(served: Served) -> None:
    port = int(served.url.rpartition(":")[2])
    for host, wanted, code in (("0.0.0.0", 0, "I-not-loopback"), ("127.0.0.1", port, "I-port-in-use")):
        with pytest.raises(ProtocolError) as caught:
            await staff_api.start_staff_api(served.node.desk, "a", host, wanted)
        assert caught.value.code == code


@pytest_asyncio.fixture
async def outward(tmp_path: Path) -> AsyncIterator[Served]:
    """As staff elsewhere reach it, but for TLS."""
    with closing(open_database(tmp_path / "node.sqlite3", FieldSeal(b"k" * 32))) as database:
        node = staff_node(database)
        api = staff_api.StaffApi(node.desk, node.port.node_id, staff_api.no_browser, now_s=lambda: 0.0)
        door = Door(api.app, silence_s=60.0, connections_max=10)
        await door.open("127.0.0.1", 0, None)
        async with aiohttp.ClientSession() as client:
            yield Served(node, staff_api.url_of(door), client)
        await door.close()


async def test_an_address_that_nothing_lets_in_is_heard_no_more_and_leaves_no_more_in_the_audit(
    outward: Served,
) -> None:
    served = outward
    for _ in range(ATTEMPTS_MAX):
        status, answer = await served.post("session.show", {}, "no such token")
        assert (status, answer["code"]) == (401, "A-token")
    kept = len(served.node.audit())
    for path, body in (("session.show", {}), ("login", {"name": "书记", "password": "falsch"})):
        status, answer = await served.post(path, body, "no such token")
        assert (status, answer["code"]) == (503, "R-busy")
    assert len(served.node.audit()) == kept


def test_of_addresses_each_network_is_counted_and_a_minute_later_all_begin_anew() -> None:
    now = [30.0]
    strangers = Strangers(lambda: now[0])
    for number in range(ATTEMPTS_MAX):
        strangers.turned_away(f"2001:db8:0:1::{number:x}")
    with pytest.raises(ProtocolError) as caught:
        strangers.check("2001:db8:0:1::ffff")
    assert caught.value.facts == {"retry_after_s": 31}
    strangers.check("2001:db8:0:2::1")
    strangers.check("203.0.113.7")
    now[0] = 61.0
    strangers.check("2001:db8:0:1::ffff")
