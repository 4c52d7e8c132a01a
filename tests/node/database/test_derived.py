"""What was derived from records is worked out again whenever, and only when, one of them has changed."""

import random
from collections.abc import Iterator
from contextlib import closing, suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from gongguan.node.database.database import SqlDatabase, open_database
from gongguan.node.database.derived import UNKNOWN, Derived, Key
from gongguan.node.keys.field_seal import FieldSeal
from gongguan.sync.records import MobilityPeriod, Setting, SharedRecord
from gongguan.sync.store import Scope, Store

SEAL = FieldSeal(bytes(range(32)))
AGREEMENTS = ("a1", "b2")
CATEGORIES = ("movement", "life")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "node.sqlite3"


@pytest.fixture
def database(path: Path) -> Iterator[SqlDatabase]:
    with closing(open_database(path, SEAL)) as opened:
        yield opened


def record(agreement: str = "a1", category: str = "movement", number: int = 0, value: bytes = b"{}") -> SharedRecord:
    unit = f"{agreement}{number}".encode()
    return SharedRecord(
        unit=unit,
        key=f"{category}/{number}",
        agreement=agreement,
        subject=str(number),
        category=category,
        value=value,
        version=b"",
    )


class Asked:
    """Values under a scope, and how often they were worked out."""

    def __init__(self) -> None:
        self.times = 0

    def values(self, store: Store, *scope: str) -> list[tuple[bytes, bytes]]:
        self.times += 1
        where: dict[str, Any] = dict(zip(("category", "agreement"), scope, strict=False))
        return store.pick(SharedRecord, ("unit", "value"), **where)

    def __call__(self, store: Store, *scope: str) -> list[tuple[bytes, bytes]]:
        return store.derived(self.values, *scope, of=[Scope(SharedRecord, scope)])


def ask_of(asked: Asked, agreement: str, store: Store) -> list[tuple[bytes, bytes]]:
    return asked(store, "movement", agreement)


def test_it_is_worked_out_once_while_nothing_of_its_scope_changes(database: SqlDatabase) -> None:
    asked = Asked()
    database.write(lambda store: store.put_all([record(), record("b2"), record(category="life")]))
    for _ in range(3):
        assert database.read(lambda store: asked(store, "movement", "a1")) == [(b"a10", b"{}")]
        database.write(lambda store: store.put(record("b2", value=b"[]")))
        database.write(lambda store: store.put(record(category="life", value=b"[]")))
        database.write(lambda store: store.put(Setting(name="a", value="b")))
    assert asked.times == 1
    assert len(database.read(lambda store: asked(store, "movement"))) == 2
    database.write(lambda store: store.put(record("b2", value=b"[1]")))
    assert (b"b20", b"[1]") in database.read(lambda store: asked(store, "movement"))


def test_a_transaction_sees_what_it_has_changed_itself_and_nobody_else_does_before_it_commits(
    database: SqlDatabase,
) -> None:
    asked = Asked()
    database.write(lambda store: store.put(record()))

    def change(store: Store) -> None:
        assert asked(store, "movement", "a1") == [(b"a10", b"{}")]
        store.put(record(value=b"[1]"))
        assert asked(store, "movement", "a1") == [(b"a10", b"[1]")]
        store.put(record(value=b"[2]"))
        assert asked(store, "movement", "a1") == [(b"a10", b"[2]")]
        assert database.read(lambda other: asked(other, "movement", "a1")) == [(b"a10", b"{}")]
        store.remove(SharedRecord, b"a10", "movement/0")
        assert asked(store, "movement", "a1") == []
        raise ValueError

    with pytest.raises(ValueError):
        database.write(change)
    assert database.read(lambda store: asked(store, "movement", "a1")) == [(b"a10", b"{}")]


def test_what_it_was_derived_from_is_let_go_when_it_changes(database: SqlDatabase) -> None:
    asked = Asked()
    database.write(lambda store: store.put_all([record(), record("b2")]))
    for agreement in AGREEMENTS:
        database.read(partial(ask_of, asked, agreement))
    assert database.kept_rows == 2
    database.write(lambda store: store.remove(SharedRecord, b"a10", "movement/0"))
    assert database.kept_rows == 1


def test_so_many_rows_are_kept_and_what_was_used_longest_ago_goes_first() -> None:
    kept, version = Derived(rows_max=10), ((b"1",),)

    def key(number: int) -> Key:
        return sorted, (number,)

    for number in range(3):
        kept.keep(key(number), version, [Scope(MobilityPeriod)], 4, number)
        assert kept.get(key(0), version) in (0, UNKNOWN)
    assert [kept.get(key(number), version) for number in range(3)] == [0, UNKNOWN, 2]
    kept.keep(key(4), version, [Scope(MobilityPeriod)], 11, 4)
    assert kept.get(key(4), version) is UNKNOWN
    assert kept.get(key(0), ((b"2",),)) is UNKNOWN
    assert kept.rows == 8


def test_a_scope_is_of_records_that_are_stamped_by_as_many_fields(database: SqlDatabase) -> None:
    def derive(scope: Scope, store: Store) -> int:
        return store.derived(lambda same: 0, of=[scope])

    for scope in (Scope(Setting), Scope(MobilityPeriod, ("a1",)), Scope(SharedRecord, ("movement", "a1", "more"))):
        with pytest.raises(TypeError):
            database.read(partial(derive, scope))


@pytest.mark.parametrize("seed", range(3))
def test_after_any_changes_by_whichever_process_it_is_what_the_records_say(path: Path, seed: int) -> None:
    """Two processes on one database write, give up, remove and ask in an order that chance decides."""
    chosen, asked = random.Random(seed), Asked()

    def somewhere() -> SharedRecord:
        value = str(chosen.random()).encode()
        return record(chosen.choice(AGREEMENTS), chosen.choice(CATEGORIES), chosen.randrange(3), value)

    def change(store: Store) -> None:
        for _ in range(chosen.randrange(3)):
            at = somewhere()
            store.put(at)
            if chosen.random() < 0.3:
                store.remove(SharedRecord, at.unit, at.key)
        look(store)
        if chosen.random() < 0.3:
            raise ValueError

    def look(store: Store) -> None:
        scope = (chosen.choice(CATEGORIES), *chosen.choice([(), *((one,) for one in AGREEMENTS)]))
        assert asked(store, *scope) == asked.values(store, *scope)

    with closing(open_database(path, SEAL)) as first, closing(open_database(path, SEAL)) as second:
        for _ in range(60):
            database = chosen.choice([first, second])
            if chosen.random() < 0.5:
                with suppress(ValueError):
                    database.write(change)
            database.read(look)
