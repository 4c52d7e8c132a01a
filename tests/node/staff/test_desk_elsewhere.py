"""A node that is told to opens its staff API over TLS, with the certificate of its card; else it stays closed."""

import asyncio
from pathlib import Path

import msgspec
import pytest

from gongguan.cli import client, pinning
from gongguan.node import config
from gongguan.node.keys import tls
from gongguan.protocol.errors import ProtocolError
from tests.nodes import copy_of, free_port, running


async def test_staff_elsewhere_reach_the_node_only_where_it_says_so_and_by_its_own_certificate(
    prepared: dict[str, Path], tmp_path: Path
) -> None:
    port = free_port()
    folder = copy_of(prepared["silent"], tmp_path / "node")
    config.store(folder, msgspec.structs.replace(config.load(folder), desk_host="127.0.0.1", desk_port=port))
    async with running(folder) as one:
        shown = await asyncio.to_thread(pinning.certificate_at, "127.0.0.1", port, 10)
        assert shown == tls.digest(one.node.keys.tls_certificate)
        there = client.Node("127.0.0.1", port, "", shown)
        assert await asyncio.to_thread(client.asked_id, there) == one.node.node_id
        other = client.Node("127.0.0.1", port, "", "0" * 64)
        with pytest.raises(ProtocolError) as caught:
            await asyncio.to_thread(client.asked_id, other)
        assert caught.value.code == "A-desk-certificate"
    with pytest.raises(ProtocolError) as caught:
        await asyncio.to_thread(pinning.certificate_at, "127.0.0.1", port, 10)
    assert caught.value.code == "T-desk-not-reached"
    assert config.load(prepared["silent"]).desk_host is None
