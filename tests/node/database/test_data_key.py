"""The data key is changed: at once for what is written, step by step for what is there, through every kill."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import closing
from pathlib import Path
from typing import TypeVar

import pytest

from gongguan.node import backup, config, schedule
from gongguan.node.app import Node
from gongguan.node.database.database import Database
from gongguan.node.database.resealing import seal_anew
from gongguan.node.database.sealed_tables import due
from gongguan.node.keys import keyfiles
from gongguan.protocol.errors import ProtocolError
from gongguan.sync.records import Member
from gongguan.sync.store import Store
from tests.node.database.sealed_names import opened_by
from tests.nodes import copy_of, free_port, prepare

DAY, LATER = "2026-11-29", "2028-11-29"
COUNT = 30
ROWS = 4
T = TypeVar("T")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = prepare(tmp_path_factory.mktemp("node") / "data", "origin", free_port())
    with closing(opened(folder)) as node:
        node.sequencer.write(lambda store: store.put_all(member(number) for number in range(COUNT)))
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    return copy_of(made, tmp_path / "data")


class KilledError(Exception):
    """The process died."""


class DiesAfter:
    """The database of a node that dies when it was to write for the ``steps``-th time and once more."""

    def __init__(self, database: Database, steps: int) -> None:
        self.read, self.write, self.close = database.read, database.write, database.close
        self._database, self._steps = database, steps

    def submit(self, work: Callable[[Store], T]) -> "Future[T]":
        self._steps -= 1
        if self._steps < 0:
            raise KilledError
        return self._database.submit(work)


def opened(folder: Path) -> Node:
    return Node.open(folder, config.load(folder), keyfiles.open_with_service(folder))


def member(number: int) -> Member:
    return Member(
        member_id=f"{number:032x}",
        branch_code="990101",
        id_digest=f"{number:064x}",
        name=f"虚构人{number}",
        id_number="",
        details="{}",
        category="full_member",
        floating=False,
    )


def adding(number: int) -> Callable[[Store], None]:
    return lambda store: store.put(member(number))


def names(node: Node) -> list[str]:
    return [item.name for item in node.sequencer.read(lambda store: store.find(Member))]


def change(node: Node, day: str = DAY) -> None:
    node.sequencer.write(lambda store: node.change_data_key(store, day))


def left(node: Node) -> list[str]:
    return [shape.table for shape in node.sequencer.read(due)]


def test_what_is_written_lies_under_the_new_key_at_once_and_what_is_there_still_opens(folder: Path) -> None:
    before = keyfiles.open_with_service(folder).data_key
    with closing(opened(folder)) as node:
        expected = names(node)
        change(node)
        node.sequencer.write(lambda store: store.put(member(COUNT)))
        assert names(node) == [*expected, f"虚构人{COUNT}"]
        assert "member" in left(node)
        now = node.ring.keys.data_key
    assert now != before
    assert (opened_by(folder, before), opened_by(folder, now)) == (COUNT, 1)


def test_all_is_sealed_anew_in_steps_between_which_others_write(folder: Path) -> None:
    before = keyfiles.open_with_service(folder).data_key
    with closing(opened(folder)) as node:
        expected = names(node)
        change(node)

        async def beside() -> None:
            sealing = asyncio.ensure_future(seal_anew(node.sequencer, ROWS))
            for number in range(COUNT, COUNT + 5):
                await asyncio.wrap_future(node.sequencer.submit(adding(number)))
            await sealing

        asyncio.run(beside())
        assert left(node) == []
        assert names(node)[:COUNT] == expected and len(names(node)) == COUNT + 5
        now = node.ring.keys.data_key
    assert (opened_by(folder, before), opened_by(folder, now)) == (0, COUNT + 5)


@pytest.mark.parametrize("steps", [0, 3, 8, 20])
def test_cut_short_after_any_step_it_goes_on_after_the_next_start(folder: Path, steps: int) -> None:
    with closing(opened(folder)) as node:
        expected = names(node)
        change(node)
        with pytest.raises(KilledError):
            asyncio.run(seal_anew(DiesAfter(node.sequencer, steps), ROWS))
    with closing(opened(folder)) as node:
        assert names(node) == expected and left(node)
        asyncio.run(schedule.seal_anew(node))
        assert left(node) == [] and names(node) == expected
        now = node.ring.keys.data_key
    assert opened_by(folder, now) == COUNT


def test_a_crash_between_the_key_file_and_the_commit_leaves_a_change_that_goes_on(folder: Path) -> None:
    with closing(opened(folder)) as node:
        expected = names(node)
        node.ring.change_data_key(DAY)  # and the process dies here
    with closing(opened(folder)) as node:
        assert names(node) == expected and "member" in left(node)
        asyncio.run(schedule.seal_anew(node))
        assert left(node) == []


def test_a_backup_from_before_opens_under_the_new_key_file_and_is_sealed_anew(folder: Path, tmp_path: Path) -> None:
    backup.back_up(folder, tmp_path / "before.backup")
    with closing(opened(folder)) as node:
        expected = names(node)
        change(node)
        asyncio.run(schedule.seal_anew(node))
    backup.put_back(folder, tmp_path / "before.backup")
    with closing(opened(folder)) as node:
        assert names(node) == expected and "member" in left(node)
        asyncio.run(schedule.seal_anew(node))
        now = node.ring.keys.data_key
    assert opened_by(folder, now) == COUNT


def test_a_copy_of_the_key_file_from_before_does_not_start_the_node(folder: Path) -> None:
    file = folder / keyfiles.FOLDER / keyfiles.KEY_FILE
    old = file.read_bytes()
    with closing(opened(folder)) as node:
        change(node)
    file.write_bytes(old)
    with pytest.raises(ProtocolError) as caught:
        opened(folder)
    assert caught.value.code == "A-key-file-older"


def test_a_key_is_kept_for_backups_of_a_year_and_a_month_and_then_destroyed(folder: Path) -> None:
    with closing(opened(folder)) as node:
        first = node.ring.keys.data_key
        for day in (DAY, "2027-12-20", LATER):
            change(node, day)
            asyncio.run(schedule.seal_anew(node))
            kept = [key for key, _ in node.ring.keys.old_data_keys]
            assert (first in kept) is (day != LATER)
        assert len(names(node)) == COUNT
