"""Reconciling over real sockets while there is something to send: the question travels with the news it is about."""

import asyncio
from pathlib import Path

from gongguan.sync.exchange import reconcile
from tests.nodes import free_port, pair, prepare, running, say_something, settled

ROUNDS = 6
"""A question and an undelivered message share a bundle in most rounds, not in all."""


async def test_a_question_that_travels_with_an_undelivered_message_names_no_difference(tmp_path: Path) -> None:
    folders = [prepare(tmp_path / name, name, free_port()) for name in ("origin", "destination")]
    async with running(folders[0]) as origin, running(folders[1]) as destination:
        await pair(origin, destination)
        await settled(origin, destination)

        for number in range(ROUNDS):
            asking, other = (origin, destination) if number % 2 else (destination, origin)
            await say_something(asking)
            session = await asyncio.to_thread(asking.node.compare, "", full=True)

            assert reconcile.differences(session) == []
            assert session.line, "both signed that they are equal"
            await settled(asking, other)
