"""The SQLite database on a real disk: durability, failures, the folder lock and what a stolen file shows."""

import gc
import random
import resource
import sqlite3
import subprocess
import sys
import weakref
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pytest

from gongguan.node.database.database import SqlDatabase, lock_folder, open_database
from gongguan.node.database.drivers import SQLITE
from gongguan.node.database.errors import refusal
from gongguan.node.database.shapes import Form, all_shapes, shape_of
from gongguan.node.database.statements import Statements
from gongguan.node.database.tables import TABLES
from gongguan.node.keys.field_seal import FieldSeal
from gongguan.protocol.errors import ProtocolError
from gongguan.sync.records import AttachedFile, Epoch, LogMessage, Member, Setting, SharedRecord
from gongguan.sync.store import Store
from tests import refusals

SEAL = FieldSeal(b"k" * 32)
MEMBER = Member(
    member_id="m",
    branch_code="0101",
    id_digest="d",
    name="欧阳建国",
    id_number="990101199001010011",
    details='{"phone":"10012345678"}',
    category="full",
    floating=True,
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "node.sqlite3"


@pytest.fixture
def database(path: Path) -> Iterator[SqlDatabase]:
    with closing(open_database(path, SEAL)) as database:
        yield database


def test_the_bytes_of_an_erased_message_are_in_no_file_any_more(path: Path) -> None:
    said = b"only this message says so: " + bytes(range(33, 120)) * 3

    def message(data: bytes) -> LogMessage:
        return LogMessage(
            ordinal=1,
            index=0,
            author="a",
            id="b",
            kind="k",
            unit=None,
            leaf_hash=b"",
            lamport=0,
            verdict="accepted",
            effect="applied",
            data=data,
        )

    with closing(open_database(path, SEAL)) as database:
        database.write(lambda store: store.put(message(said)))
    assert said in path.read_bytes()
    with closing(open_database(path, SEAL)) as database:
        database.write(lambda store: store.put(message(b"gone")))
    assert said[:60] not in b"".join(file.read_bytes() for file in path.parent.iterdir())


# --- personal data --------------------------------------------------------------------------------------------------


def test_sealed_fields_never_lie_in_clear_in_any_file(database: SqlDatabase, path: Path) -> None:
    database.write(lambda store: store.add(MEMBER))
    everything = b"".join(file.read_bytes() for file in path.parent.iterdir())
    assert MEMBER.branch_code.encode() in everything
    for value in (MEMBER.name, MEMBER.id_number, "10012345678"):
        assert value.encode() not in everything


def test_the_same_value_is_sealed_differently_each_time() -> None:
    assert SEAL.seal(b"x", b"member.name") != SEAL.seal(b"x", b"member.name")


def test_a_sealed_value_opens_only_with_its_key_in_its_column_and_unchanged() -> None:
    sealed = SEAL.seal("张三".encode(), b"member.name")
    assert SEAL.open(sealed, b"member.name").decode() == "张三"
    altered = sealed[:-1] + bytes([sealed[-1] ^ 1])
    assert refusals.refusal(lambda: FieldSeal(b"x" * 32).open(sealed, b"member.name")) == "I-sealed-field"
    assert refusals.refusal(lambda: SEAL.open(sealed, b"member.id_number")) == "I-sealed-field"
    assert refusals.refusal(lambda: SEAL.open(altered, b"member.name")) == "I-sealed-field"
    assert refusals.refusal(lambda: SEAL.open(b"short", b"member.name")) == "I-sealed-field"


def test_a_database_with_another_data_key_says_so(database: SqlDatabase, path: Path) -> None:
    database.write(lambda store: store.add(MEMBER))
    with closing(open_database(path, FieldSeal(b"x" * 32))) as other:
        assert refusals.refusal(lambda: other.read(lambda store: store.get(Member, "m"))) == "I-sealed-field"


def test_a_sealed_value_that_is_moved_to_another_column_does_not_open(database: SqlDatabase, path: Path) -> None:
    database.write(lambda store: store.add(MEMBER))
    with closing(sqlite3.connect(path)) as tool, tool:
        tool.execute("UPDATE member SET name = id_number")
    assert refusals.refusal(lambda: database.read(lambda store: store.get(Member, "m"))) == "I-sealed-field"


def test_only_the_owner_may_read_the_files(database: SqlDatabase, path: Path) -> None:
    database.write(lambda store: store.add(MEMBER))
    assert {file.name: file.stat().st_mode & 0o077 for file in path.parent.iterdir()} == {
        "node.sqlite3": 0,
        "node.sqlite3-wal": 0,
        "node.sqlite3-shm": 0,
    }


def test_what_was_replaced_or_removed_is_in_no_file_once_the_database_is_closed(path: Path) -> None:
    def remove(store: Store) -> None:
        for at in range(25, 50):
            store.remove(Setting, f"s{at}")

    traces = [f"traces of number {number}, which nobody may find" for number in range(50)]
    database = open_database(path, SEAL)
    with closing(database):
        database.write(
            lambda store: store.put_all(Setting(name=f"s{at}", value=text) for at, text in enumerate(traces))
        )
        database.write(lambda store: store.put_all(Setting(name=f"s{at}", value="gone") for at in range(25)))
        database.write(remove)
        assert any(traces[0].encode() in file.read_bytes() for file in path.parent.iterdir()), "in the file of before"

    found = b"".join(file.read_bytes() for file in path.parent.iterdir())
    assert [text for text in traces if text.encode() in found] == []


def test_every_commit_waits_for_the_disk(database: SqlDatabase) -> None:
    def look(store: Any) -> tuple[Any, Any]:
        ask = store._driver.execute
        return ask("PRAGMA journal_mode").fetchone()[0], ask("PRAGMA synchronous").fetchone()[0]

    assert database.write(look) == ("wal", 2)


# --- what is remembered from one transaction to the next --------------------------------------------------------------


def asked(database: SqlDatabase, work: Callable[[Store], object]) -> list[str]:
    """The statements about settings that a transaction sends to the database."""
    sent: list[str] = []

    def traced(store: Any) -> None:
        store._driver.set_trace_callback(sent.append)
        work(store)
        store._driver.set_trace_callback(None)

    database.write(traced)
    return [statement for statement in sent if "setting" in statement]


def test_what_was_read_is_not_asked_again_until_it_is_written(database: SqlDatabase) -> None:
    def look(store: Store) -> list[str]:
        found = [store.get(Setting, "a"), store.get(Setting, "none"), *store.find(Setting, name="a")]
        return [item.value for item in found if item is not None]

    database.write(lambda store: store.put(Setting(name="a", value="old")))
    assert database.write(look) == ["old", "old"]
    assert not asked(database, look)
    database.write(lambda store: store.put(Setting(name="a", value="new")))
    assert database.write(look) == ["new", "new"]
    database.write(lambda store: store.remove(Setting, "a"))
    assert database.write(look) == []


def test_what_is_remembered_is_what_another_connection_reads_whatever_was_written(database: SqlDatabase) -> None:
    questions: list[dict[str, Any]] = [
        {"pairing_id": "p", "state": "wanted"},
        {"pairing_id": "p", "state": "wanted", "limit": 2},
        {"pairing_id": "p", "size__ge": 5, "order": ("size",), "descending": True},
        {"state__in": ["wanted", "whole"]},
        {"size": 3, "order": ("state",)},
        {},
    ]

    def asked_all(store: Store) -> list[list[AttachedFile]]:
        return [store.find(AttachedFile, **question) for question in questions]

    drawn = random.Random(7)
    for _ in range(60):
        key, state, size = drawn.choice("abcdef"), drawn.choice(["named", "wanted", "whole"]), drawn.randrange(9)
        file = AttachedFile(pairing_id=drawn.choice("ppq"), sha256=key, size=size, type="pdf", state=state)
        is_removed = drawn.random() < 0.2

        def change(store: Store, file: AttachedFile = file, is_removed: bool = is_removed) -> None:
            if is_removed:
                store.remove(AttachedFile, *file.primary_key())
            else:
                store.put(file)

        database.write(change)
        assert database.write(asked_all) == database.read(asked_all)


def test_what_another_connection_writes_is_seen_by_the_next_transaction(database: SqlDatabase, path: Path) -> None:
    database.write(lambda store: store.put(Setting(name="a", value="ours")))
    assert database.write(lambda store: store.find(Setting)) == [Setting(name="a", value="ours")]
    with closing(sqlite3.connect(path)) as other, other:
        other.execute("UPDATE setting SET value = 'theirs'")
    assert database.write(lambda store: store.get(Setting, "a")) == Setting(name="a", value="theirs")
    assert database.write(lambda store: store.find(Setting)) == [Setting(name="a", value="theirs")]


def test_nothing_of_a_transaction_that_was_given_up_is_remembered(database: SqlDatabase) -> None:
    database.write(lambda store: store.put(Setting(name="a", value="old")))

    def given_up(store: Store) -> None:
        store.put(Setting(name="a", value="new"))
        store.put(Setting(name="b", value="new"))
        assert len(store.find(Setting)) == 2
        raise ValueError

    with pytest.raises(ValueError):
        database.write(given_up)
    assert database.write(lambda store: (store.get(Setting, "a"), store.get(Setting, "b"), store.count(Setting))) == (
        Setting(name="a", value="old"),
        None,
        1,
    )
    assert len(database.write(lambda store: store.find(Setting))) == 1


# --- failures -------------------------------------------------------------------------------------------------------


def test_a_commit_that_fails_is_told_apart_and_the_database_works_on(database: SqlDatabase) -> None:
    _, hard = soft_and_hard = resource.getrlimit(resource.RLIMIT_FSIZE)

    def work(store: Store) -> None:
        store.put(Setting(name="a", value="x" * 10_000))
        store.count(Setting)
        # From here on every write to a file fails: the rows are in memory, the commit has to write them.
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))

    try:
        code = refusals.refusal(lambda: database.write(work))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, soft_and_hard)
    assert code == "I-commit-unknown"
    assert database.read(lambda store: store.get(Setting, "a")) is None
    assert database.write(lambda store: store.get(Setting, "a")) is None
    database.write(lambda store: store.put(Setting(name="b", value="")))
    assert database.read(lambda store: store.count(Setting)) == 1


def test_a_process_killed_inside_a_transaction_leaves_nothing_of_it(path: Path) -> None:
    script = f"""
import os, signal
from pathlib import Path
from gongguan.node.database.database import open_database
from gongguan.node.keys.field_seal import FieldSeal
from gongguan.sync.records import Setting
database = open_database(Path({str(path)!r}), FieldSeal(b"k" * 32))
database.write(lambda store: store.put(Setting(name="kept", value="")))
def work(store):
    store.put(Setting(name="lost", value=""))
    store.count(Setting)
    os.kill(os.getpid(), signal.SIGKILL)
database.write(work)
"""
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == -9
    with closing(open_database(path, SEAL)) as database:
        assert [found.name for found in database.read(lambda store: store.find(Setting))] == ["kept"]


def test_a_cell_of_bytes_that_a_tool_left_as_text_is_read_as_what_it_says(database: SqlDatabase, path: Path) -> None:
    record = SharedRecord(
        unit=b"u" * 16,
        key="dues/2026-03",
        agreement="a",
        subject="s",
        category="dues",
        value=b'{"x":1}',
        version=b"v",
    )
    database.write(lambda store: store.put(record))
    with closing(sqlite3.connect(path)) as tool, tool:
        tool.execute("UPDATE shared_record SET value = replace(value, '1', '2')")

    found = database.read(lambda store: store.find(SharedRecord))

    assert found == [msgspec.structs.replace(record, value=b'{"x":2}')]


def test_a_file_that_is_no_database_is_called_damaged(path: Path) -> None:
    path.write_bytes(b"not a database at all" * 500)
    assert refusals.refusal(lambda: open_database(path, SEAL)) == "I-database-damaged"


def test_a_folder_that_is_not_there_is_called_not_writable(tmp_path: Path) -> None:
    assert (
        refusals.refusal(lambda: open_database(tmp_path / "missing" / "node.sqlite3", SEAL)) == "I-folder-not-writable"
    )


@pytest.mark.parametrize(
    ("uri", "before", "statement", "code"),
    [
        ("", "PRAGMA max_page_count = 1", "INSERT INTO t VALUES (zeroblob(100000))", "R-disk-full"),
        ("?mode=ro", "SELECT 1", "INSERT INTO t VALUES (1)", "I-database-read-only"),
        ("", "PRAGMA query_only = 1", "INSERT INTO t VALUES (1)", "I-database-read-only"),
        ("", "INSERT INTO t VALUES (1)", "INSERT INTO t VALUES (1)", "I-already-stored"),
        ("", "SELECT 1", "INSERT INTO t VALUES (NULL)", "I-database"),
        ("", "SELECT 1", "SELECT * FROM nowhere", "I-database"),
    ],
)
def test_each_complaint_of_the_driver_has_our_name(
    path: Path, uri: str, before: str, statement: str, code: str
) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE t (a NOT NULL PRIMARY KEY)")
    with closing(sqlite3.connect(f"file:{path}{uri}", uri=True, isolation_level=None)) as connection:
        connection.execute(before)
        with pytest.raises(sqlite3.Error) as caught:
            connection.execute(statement)
    assert refusal(caught.value).code == code


def test_a_database_that_another_program_is_writing_is_called_busy(path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as one:
        one.execute("BEGIN EXCLUSIVE")
        with closing(sqlite3.connect(path, isolation_level=None, timeout=0)) as other:
            with pytest.raises(sqlite3.Error) as caught:
                other.execute("BEGIN IMMEDIATE")
            assert refusal(caught.value).code == "R-database-busy"


def test_an_error_never_quotes_what_was_to_be_stored(database: SqlDatabase) -> None:
    database.write(lambda store: store.add(MEMBER))
    again = msgspec.structs.replace(MEMBER, member_id="other")
    with pytest.raises(ProtocolError) as caught:
        database.write(lambda store: store.add(again))
    assert caught.value.code == "I-already-stored"
    assert not {MEMBER.id_digest, MEMBER.name, MEMBER.id_number} & set(map(str, caught.value.facts.values()))


def test_closing_twice_is_harmless_and_finishes_what_was_submitted(path: Path) -> None:
    database = open_database(path, SEAL)
    futures = [database.submit(lambda store: store.next_number(LogMessage, "lamport")) for _ in range(20)]
    database.close()
    database.close()
    assert [future.result(timeout=0) for future in futures] == [1] * 20


# --- the folder lock ------------------------------------------------------------------------------------------------


def test_a_second_process_cannot_take_a_locked_folder_until_the_first_is_gone(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    script = "import sys; from pathlib import Path; from gongguan.node.database.database import lock_folder\n"
    script += "lock = lock_folder(Path(sys.argv[1])); print('locked', flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", script, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdin and other.stdout and other.stdout.readline() == "locked\n"
        with pytest.raises(ProtocolError) as caught:
            lock_folder(folder)
        assert caught.value.code == "I-folder-in-use"
        assert caught.value.facts["process"] == str(other.pid)
        other.kill()
    lock_folder(folder).release()


def test_a_released_lock_can_be_taken_again(tmp_path: Path) -> None:
    with lock_folder(tmp_path) as lock:
        assert refusals.refusal(lambda: lock_folder(tmp_path)) == "I-folder-in-use"
    lock.release()
    lock_folder(tmp_path).release()


def test_a_data_folder_that_cannot_be_made_is_called_not_writable(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert refusals.refusal(lambda: lock_folder(tmp_path / "file" / "data")) == "I-folder-not-writable"


def test_records_are_looked_up_by_their_keys_in_an_index_however_many_are_asked_for(
    path: Path, database: SqlDatabase
) -> None:
    with closing(sqlite3.connect(path)) as driver:
        for shape in all_shapes():
            statement = Statements(shape, SQLITE).get_many(4)
            values = [None] * (4 * len(shape.key))
            plan = [row[3] for row in driver.execute(f"EXPLAIN QUERY PLAN {statement}", values)]
            assert any(step.startswith(f"SEARCH {shape.table} USING") for step in plan), (shape.table, plan)


# --- shapes ---------------------------------------------------------------------------------------------------------


def test_every_record_class_has_a_table_of_its_own() -> None:
    assert {shape.kind for shape in all_shapes()} == set(TABLES)
    assert len({shape.table for shape in all_shapes()}) == len(TABLES)
    assert shape_of(LogMessage).table == "log_message"


def test_a_field_is_kept_as_its_annotation_says() -> None:
    forms = {field.name: (field.form, field.nullable, field.sealed) for field in shape_of(Epoch).fields}
    assert forms["parents"] == (Form.JSON, False, False)
    assert forms["own"] == (Form.BOOLEAN, False, False)
    assert forms["receipt"] == (Form.BYTES, True, False)
    assert shape_of(Member).field("id_number").sealed


def test_a_transaction_is_let_go_of_without_a_search_for_cycles(database: SqlDatabase) -> None:
    left: list[weakref.ref[Store]] = []

    def work(store: Store) -> None:
        store.find(Setting)
        left.append(weakref.ref(store))

    gc.disable()
    try:
        for run in (database.write, database.read):
            run(work)
        assert [found() for found in left] == [None, None]
    finally:
        gc.enable()


def test_whoever_reads_on_after_somebody_else_wrote_sees_one_state_each_time(database: SqlDatabase, path: Path) -> None:
    """Also the second that is told of a transaction: what that one knew is not the newest any more."""
    database.write(lambda store: store.put(Setting(name="one", value="before")))
    seen: list[list[str]] = []

    def both(store: Store) -> list[str]:
        asked = store.find(Setting, name__in=["one", "two"], order=("name",))
        known = store.get(Setting, "one")
        return [item.value for item in asked] + [known.value if known is not None else ""]

    def told(result: object, error: BaseException | None) -> None:
        with closing(sqlite3.connect(path)) as other, other:
            other.execute("UPDATE setting SET value = 'after' WHERE name = 'one'")
        seen.extend(database.read(both) for _ in range(3))

    database.take_turn(lambda store: store.put(Setting(name="two", value="2")), told)
    database.write(lambda store: None)
    assert seen == [["after", "2", "after"]] * 3
