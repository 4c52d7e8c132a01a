"""The doctor finds a sound node sound, names each fault, and neither changes anything nor disturbs a node that runs."""

import asyncio
import json
import socket
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gongguan.node import clock, config
from gongguan.node.doctor import Finding, examine
from gongguan.node.keys import keyfiles
from gongguan.sync.days import CHINA
from tests.node.offline import Offline, pair_by_hand
from tests.nodes import pair, running, say_something, settled, until

KEYS = keyfiles.FOLDER


def wrong(folder: Path, now: datetime | None = None) -> set[str]:
    """The checks that found a fault; each says what to do."""
    found = [finding for finding in examine(folder, now or clock.now()) if not finding.ok]
    assert all(finding.step is not None for finding in found)
    return {finding.check for finding in found}


def test_a_node_that_was_set_up_and_does_not_run_is_sound(folders: dict[str, Path]) -> None:
    before = sorted(path.name for path in folders["origin"].iterdir())
    now = clock.now()
    found = list(examine(folders["origin"], now))
    assert wrong(folders["origin"]) == set()
    assert next(one.said.zh for one in found if one.check == "clock").startswith(
        f"本机时间 {now.astimezone(CHINA):%Y-%m-%d %H:%M:%S}"
    )
    assert {"permissions", "lock", "config", "keys", "database", "durability", "disk", "port"} <= {
        one.check for one in found
    }
    assert sorted(path.name for path in folders["origin"].iterdir()) == before


def spoil_service(folder: Path) -> None:
    (folder / KEYS / keyfiles.SERVICE_FILE).write_text("00" * 32)


def spoil_config(folder: Path) -> None:
    (folder / config.FILE).write_text('title = "没有区划"\n')


def spoil_database(folder: Path) -> None:
    (folder / config.DATABASE).write_bytes(b"no database at all" * 300)


def make_database_newer(folder: Path) -> None:
    with closing(sqlite3.connect(folder / config.DATABASE)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")


def lose_journal(folder: Path) -> None:
    with closing(sqlite3.connect(folder / config.DATABASE)) as connection:
        assert connection.execute("PRAGMA journal_mode = delete").fetchone() == ("delete",)


@pytest.mark.parametrize(
    ("spoil", "check"),
    [
        (lambda folder: (folder / KEYS / keyfiles.KEY_FILE).chmod(0o644), "permissions"),
        (lambda folder: folder.chmod(0o755), "permissions"),
        (spoil_service, "keys"),
        (spoil_config, "config"),
        (spoil_database, "database"),
        (make_database_newer, "database"),
        (lose_journal, "durability"),
        (lambda folder: (folder / KEYS / keyfiles.KEY_FILE).unlink(), "keys"),
    ],
)
def test_each_fault_is_named_alone(folders: dict[str, Path], spoil: Callable[[Path], None], check: str) -> None:
    spoil(folders["origin"])
    assert wrong(folders["origin"]) == {check}


def test_a_missing_service_file_is_a_choice_and_no_fault(folders: dict[str, Path]) -> None:
    (folders["origin"] / KEYS / keyfiles.SERVICE_FILE).unlink()
    assert wrong(folders["origin"]) == set()


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    assert wrong(tmp_path / "nowhere") == {"folder"}
    assert wrong(tmp_path) >= {"config"}


def test_a_port_that_another_program_holds_is_named(folders: dict[str, Path]) -> None:
    settings = config.load(folders["origin"])
    with socket.create_server((settings.listen_host, settings.listen_port)):
        assert wrong(folders["origin"]) == {"port"}


async def test_a_node_that_runs_is_sound_and_goes_on_while_an_old_database_and_clock_show(
    folders: dict[str, Path],
) -> None:
    folder = folders["origin"]
    async with running(folder) as origin, running(folders["destination"]) as destination:
        await pair(origin, destination)
        await settled(origin, destination)
        found = {finding.check: finding for finding in examine(folder, clock.now())}
        assert [finding for finding in found.values() if not finding.ok] == []
        assert "正在运行" in found["lock"].said.zh
        assert await origin.is_settled()
    assert wrong(folder) == set()
    assert wrong(folder, datetime.now(UTC) - timedelta(days=2)) == {"clock"}
    fence = folder / config.load(folder).fence
    ahead = json.loads(fence.read_text())
    for marks in ahead["pairings"].values():
        marks["own"] = {epoch: [size + 1, root] for epoch, (size, root) in marks["own"].items()}
    fence.write_text(json.dumps(ahead))
    assert wrong(folder) == {"fence"}


def test_a_clock_that_ran_ahead_is_named_until_a_right_one_writes_a_message(
    folders: dict[str, Path],
) -> None:
    one = Offline(folders["origin"])
    other = Offline(folders["destination"])
    pair_by_hand(one, other)
    one.close()
    other.close()
    ahead = Offline(folders["origin"], time=Off(timedelta(days=366)))
    ahead.say()
    ahead.close()
    (told,) = [finding for finding in examine(folders["origin"], clock.now()) if not finding.ok]
    assert (told.check, "本方写的" in told.said.zh) == ("clock", True)
    right = Offline(folders["origin"])
    right.say()
    right.close()
    assert wrong(folders["origin"]) == set()


def exchanged(one: Path, other: Path, on_way: Path, off: timedelta) -> set[str]:
    """The one, whose clock is off, writes and gets the receipt; what it then finds wrong by that very clock."""
    writer = Offline(one, time=Off(off))
    writer.say()
    sent = writer.export(on_way / "there")
    writer.close()
    reader = Offline(other)
    reader.take(*sent)
    answer = reader.export(on_way / "back")
    reader.close()
    writer = Offline(one, time=Off(off))
    writer.take(*answer)
    writer.close()
    return wrong(one, clock.now() + off)


def test_a_clock_that_is_ahead_shows_by_the_partners_receipt_while_it_is(
    folders: dict[str, Path], tmp_path: Path
) -> None:
    one, other = Offline(folders["origin"]), Offline(folders["destination"])
    pair_by_hand(one, other)
    one.close()
    other.close()
    sides = folders["origin"], folders["destination"]
    assert exchanged(*sides, tmp_path / "1", timedelta(days=1)) == {"partner_clock"}
    assert exchanged(*sides, tmp_path / "2", timedelta()) == set()
    # One that is behind shows by what was written before; a receipt may always be a day on its way.
    assert exchanged(*sides, tmp_path / "3", timedelta(days=-1)) == {"clock"}


class Off:
    """This machine's clock, so far off."""

    def __init__(self, off: timedelta) -> None:
        self._off = off

    def now(self) -> datetime:
        return clock.now() + self._off

    def stamp(self, instant: datetime | None = None) -> str:
        return clock.stamp(instant or self.now())

    monotonic = staticmethod(clock.monotonic)
    random_bytes = staticmethod(clock.random_bytes)
    random_hex = staticmethod(clock.random_hex)


async def test_a_fence_that_cannot_be_written_is_named_and_is_written_once_it_can_be(folders: dict[str, Path]) -> None:
    folder = folders["origin"]
    async with running(folder) as origin, running(folders["destination"]) as destination:
        await pair(origin, destination)
        await settled(origin, destination)
        in_the_way = folder / (config.load(folder).fence + ".new")
        await until(lambda: removed(in_the_way))
        await say_something(origin)
        await settled(origin, destination)
        told = [finding for finding in await asyncio.to_thread(examined, folder) if not finding.ok]
        assert [finding.check for finding in told] == ["fence"]
        assert "写不进去" in told[0].said.zh
        in_the_way.rmdir()

        async def is_sound() -> bool:
            return all(finding.ok for finding in await asyncio.to_thread(examined, folder))

        await until(is_sound)


def examined(folder: Path) -> list[Finding]:
    return list(examine(folder, clock.now()))


async def removed(place: Path) -> bool:
    """Whether a folder stands in the way of the file that the fence is written to first."""
    try:
        place.mkdir()
    except FileExistsError:
        return False
    return True
