"""What the database in memory offers to simulations beyond the port: backups, crashes around a commit, a clock."""

import pytest

from gongguan.node import clock
from gongguan.node.clock import Clock
from gongguan.sync.records import Body, Member, Setting
from gongguan.sync.store import Store
from tests.contract.rows import body, member, put, setting, stored
from tests.fakes import FakeClock, MemoryDatabase


class Crash(BaseException):
    """The process dies here."""


def crash_at(call: int) -> MemoryDatabase:
    calls: list[None] = []

    def hook() -> None:
        calls.append(None)
        if len(calls) == call:
            raise Crash

    return MemoryDatabase(hook)


def test_a_crash_before_the_commit_leaves_nothing_and_one_after_it_everything() -> None:
    before, after = crash_at(1), crash_at(2)
    for database in (before, after):
        with pytest.raises(Crash):
            put(database, setting("a"))
    assert stored(before, Setting, "a") is None
    assert stored(after, Setting, "a") == setting("a")


def test_a_snapshot_stays_as_it_was_and_can_be_restored_again_and_again() -> None:
    database = MemoryDatabase()
    put(database, member("a", "1"), body("01"))
    backup = database.snapshot()
    for _ in range(2):

        def work(store: Store) -> None:
            store.remove(Member, "a")
            store.add(member("b", "1"))
            store.put(body("01", parent="00"))

        database.write(work)
        assert database.read(lambda store: store.find(Body, parent_code="00")) == [body("01", parent="00")]
        database.restore(backup)
        assert database.read(lambda store: store.find(Member)) == [member("a", "1")]
        assert database.read(lambda store: store.find(Body, parent_code="00")) == []
        assert database.read(lambda store: store.find(Body, parent_code=None)) == [body("01")]


def test_a_snapshot_can_be_restored_into_another_database() -> None:
    database, other = MemoryDatabase(), MemoryDatabase()
    put(database, setting("a"))
    other.restore(database.snapshot())
    put(other, setting("b"))
    assert [database.read(lambda store: store.count(Setting)), other.read(lambda store: store.count(Setting))] == [1, 2]


def test_the_real_clock_and_the_fake_one_speak_the_same_forms() -> None:
    real: Clock = clock
    fake: Clock = FakeClock()
    for each in (real, fake):
        assert each.now().utcoffset() is not None
        assert each.stamp(each.now()).endswith("Z")
        assert len(each.stamp()) == len("2026-11-21T08:00:00Z")
        assert len(each.random_bytes(5)) == 5
        assert bytes.fromhex(each.random_hex(16)) != bytes.fromhex(each.random_hex(16))
        assert each.monotonic() <= each.monotonic()


def test_the_fake_clock_moves_when_told_and_draws_by_its_seed() -> None:
    fake = FakeClock("2026-12-31T23:59:30Z", seed=7)
    fake.advance(45)
    assert (fake.stamp(), fake.monotonic()) == ("2027-01-01T00:00:15Z", 45)
    fake.set("2026-01-01T00:00:00Z")
    assert (fake.stamp(), fake.monotonic()) == ("2026-01-01T00:00:00Z", 45)
    assert fake.random_bytes(8) == FakeClock(seed=7).random_bytes(8) != FakeClock(seed=8).random_bytes(8)
