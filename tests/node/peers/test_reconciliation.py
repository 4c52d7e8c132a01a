"""Reconciling over real sockets while there is something to send: the question travels with the news it is about."""

import asyncio
from contextlib import closing
from pathlib import Path

import msgspec

from gongguan.node.database.database import open_database
from gongguan.node.database.sequencer import Sequencer
from gongguan.node.peers.reconciliation import Reconciler
from gongguan.protocol.bundle import DigestQuestion
from gongguan.protocol.digest import Question, Summary
from gongguan.sync.exchange import reconcile
from gongguan.sync.exchange.exchange import Received
from tests import pairs
from tests.fakes import FakeClock
from tests.node.crashes import SEAL, kept_in
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


def test_what_a_partners_questions_have_us_read_is_owed(tmp_path: Path) -> None:
    origin, destination, version = pairs.in_agreement()
    origin.write("notice.given", pairs.notice(), version=version)
    pairs.settle(origin, destination)
    name = destination.pairing_id
    every = Question(prefix="", summary=Summary(digest=bytes(32), records=0))
    asked = msgspec.msgpack.encode(reconcile.AskDigests(reconcile.Cut((), ()), (every,)))
    received = Received(name, "ef" * 16, None, 0, 0, False, (DigestQuestion("ab" * 16, "cd" * 32, asked),) * 4, ())
    file = kept_in(tmp_path / "node.sqlite3", destination.database.snapshot())
    with closing(open_database(file, SEAL)) as database:
        # The clock of this sequencer stands still: nothing is paid.
        sequencer = Sequencer(database, destination.identity, FakeClock(), lambda left: None)
        hub = Reconciler(sequencer, lambda name: None, lambda size: "ab" * size)
        assert len(hub.answer(received)) == 4
        owed = sequencer.write(sequencer.using(lambda exchange: exchange.memory.effort.owed(name, exchange.now)))
        assert owed >= 4 * len(destination.log())
