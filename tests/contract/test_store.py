"""What every Store and every Database promises, whatever is behind it."""

import threading
from collections.abc import Callable, Iterator

import pytest
from msgspec.structs import replace

from gongguan.node.database.database import Database
from gongguan.protocol.errors import ProtocolError
from gongguan.sync.records import Body, Certificate, Draft, Epoch, LogMessage, Member, Setting, SharedRecord, Task
from gongguan.sync.store import Record, Scope, Store
from tests.contract.rows import body, member, put, setting, stored
from tests.refusals import refusal


def message(ordinal: int, index: int, unit: bytes | None = None) -> LogMessage:
    return LogMessage(
        ordinal=ordinal,
        index=index,
        author="a" * 64,
        id=f"{ordinal:016x}{index:016x}",
        kind="score.contribution",
        unit=unit,
        leaf_hash=index.to_bytes(32, "big"),
        lamport=index,
        verdict="accepted",
        effect="applied",
        data=b"\x00\xff" * 250,
    )


def codes(database: Database, **where: object) -> list[str]:
    return [found.code for found in database.read(lambda store: store.find(Body, **where))]  # type: ignore[arg-type]


def refused(database: Database, work: Callable[[Store], object]) -> str:
    return refusal(database.write, work)


# --- values -------------------------------------------------------------------------------------------------------


def test_every_kind_of_value_comes_back_as_it_went_in(database: Database) -> None:
    records: list[Record] = [
        Epoch(
            ordinal=2**53,
            pairing_id="p",
            own=False,
            epoch="e" * 32,
            parents=[["e" * 32, 7, "根"], [None, -1, True]],
            size=0,
            frontier=b"",
            lamport=-1,
            head=bytes(range(256)),
            receipt=None,
        ),
        body("0101"),
        Body(
            code="0102",
            full_name="流动党员党支部\n𠮷",
            short_name="",
            category="branch",
            parent_code="0101",
            secretary="张三",
            phone="",
        ),
        member("m", "d"),
        message(1, 0, unit=bytes(16)),
        message(1, 1, unit=None),
    ]
    put(database, *records)
    assert [stored(database, type(record), *record.primary_key()) for record in records] == records
    assert [stored(database, Epoch, 2**53).own, stored(database, Member, "m").floating] == [False, True]  # type: ignore[union-attr]
    assert isinstance(stored(database, Epoch, 2**53).own, bool)  # type: ignore[union-attr]


def test_found_records_equal_the_stored_ones(database: Database) -> None:
    put(database, member("a", "1"), member("b", "2"))
    assert database.read(lambda store: store.find(Member)) == [member("a", "1"), member("b", "2")]


def test_what_was_written_is_there_when_the_database_is_opened_again(reopen: Callable[[], Database]) -> None:
    first = reopen()
    put(first, member("m", "d"))
    first.close()
    assert stored(reopen(), Member, "m") == member("m", "d")


def test_a_key_that_is_not_there_gives_none(database: Database) -> None:
    assert stored(database, Setting, "region") is None


def test_many_are_found_by_their_keys_with_what_this_transaction_wrote_and_removed(database: Database) -> None:
    there = {number: message(1, number) for number in range(700)}
    put(database, *there.values())

    def look(store: Store) -> dict[tuple[object, ...], LogMessage]:
        store.add(message(2, 5))
        store.remove(LogMessage, 1, 3)
        return store.get_many(LogMessage, [(1, 3), (2, 5), (7, 7), *((1, number) for number in range(100, 900))])

    expected = {(2, 5): message(2, 5), **{(1, number): there[number] for number in range(100, 700)}}
    assert database.write(look) == expected
    assert database.read(lambda store: store.get_many(Body, [])) == {}
    put(database, setting("a"))
    assert database.read(lambda store: store.get_many(Setting, [("a",), ("b",)])) == {("a",): setting("a")}


def test_a_key_of_the_wrong_length_is_a_mistake_of_ours(database: Database) -> None:
    with pytest.raises(TypeError):
        stored(database, LogMessage, 1)


# --- one transaction ------------------------------------------------------------------------------------------------


def test_a_transaction_returns_what_its_function_returns(database: Database) -> None:
    assert database.write(lambda store: 7) == 7
    assert database.submit(lambda store: "seven").result() == "seven"
    assert database.read(lambda store: None) is None


def test_a_transaction_that_raises_leaves_everything_as_before(database: Database) -> None:
    put(database, setting("kept"), setting("changed", "before"), body("01"))

    def work(store: Store) -> None:
        store.remove(Setting, "kept")
        store.put(setting("changed", "after"))
        store.add(setting("new"))
        store.put(body("02"))
        store.find(Setting)
        raise KeyError("stop")

    with pytest.raises(KeyError, match="stop"):
        database.write(work)
    assert database.read(lambda store: store.find(Setting)) == [setting("changed", "before"), setting("kept")]
    assert codes(database) == ["01"]


def test_the_database_works_on_after_a_transaction_that_raised(database: Database) -> None:
    def work(store: Store) -> None:
        store.add(setting("lost"))
        raise KeyError

    with pytest.raises(KeyError):
        database.submit(work).result()
    put(database, setting("kept"))
    assert database.read(lambda store: store.find(Setting)) == [setting("kept")]


def test_a_transaction_reads_its_own_writes(database: Database) -> None:
    put(database, body("01"), body("02", name="旧"))

    def work(store: Store) -> None:
        store.add(body("03", parent="01"))
        store.put(body("02", name="新"))
        store.remove(Body, "01")
        assert store.get(Body, "01") is None
        assert store.get(Body, "02") == body("02", name="新")
        assert store.get(Body, "03") == body("03", parent="01")
        assert [found.code for found in store.find(Body)] == ["02", "03"]
        assert [found.code for found in store.find(Body, parent_code="01")] == ["03"]
        assert store.count(Body) == 2

    database.write(work)
    assert codes(database) == ["02", "03"]


def test_what_was_added_and_removed_again_is_not_there(database: Database) -> None:
    def work(store: Store) -> None:
        store.add(setting("a"))
        store.remove(Setting, "a")
        assert store.get(Setting, "a") is None
        store.add(setting("b"))
        store.put(setting("b", "second"))

    database.write(work)
    assert database.read(lambda store: store.find(Setting)) == [setting("b", "second")]


def test_what_was_removed_can_be_added_again(database: Database) -> None:
    put(database, setting("a", "old"))

    def work(store: Store) -> None:
        store.remove(Setting, "a")
        store.add(setting("a", "new"))

    database.write(work)
    assert stored(database, Setting, "a") == setting("a", "new")


def test_removing_what_is_not_there_is_no_error(database: Database) -> None:
    database.write(lambda store: store.put(setting("a")))
    database.write(lambda store: store.remove(Setting, "nothing"))
    assert stored(database, Setting, "a") is not None
    assert stored(database, Setting, "nothing") is None


def test_many_are_removed_by_their_keys_also_what_this_transaction_wrote(database: Database) -> None:
    there = {number: message(1, number) for number in range(700)}
    put(database, *there.values())

    def work(store: Store) -> None:
        store.add(message(2, 5))
        store.remove_all(LogMessage, [(2, 5), (7, 7), *((1, number) for number in range(1, 700))])

    database.write(work)
    assert database.read(lambda store: store.find(LogMessage)) == [there[0]]


def test_a_reader_cannot_write(database: Database) -> None:
    with pytest.raises(TypeError):
        database.read(lambda store: store.put(setting("a")))
    assert stored(database, Setting, "a") is None


def test_a_transaction_cannot_start_another_one(database: Database) -> None:
    with pytest.raises(RuntimeError):
        database.write(lambda store: database.write(lambda inner: None))


def test_writers_in_many_threads_lose_no_update(database: Database) -> None:
    def count_up(store: Store) -> None:
        found = store.get(Setting, "counter")
        store.put(setting("counter", str(int(found.value) + 1 if found else 1)))

    def work() -> None:
        for _ in range(10):
            database.write(count_up)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert stored(database, Setting, "counter") == setting("counter", "40")


# --- uniqueness -----------------------------------------------------------------------------------------------------


def test_a_taken_key_is_refused(database: Database) -> None:
    put(database, setting("a", "first"))
    assert refused(database, lambda store: store.add(setting("a", "second"))) == "I-already-stored"
    assert stored(database, Setting, "a") == setting("a", "first")


def test_a_key_taken_in_the_same_transaction_is_refused(database: Database) -> None:
    def work(store: Store) -> None:
        store.add(setting("a"))
        store.add(setting("a"))

    assert refused(database, work) == "I-already-stored"
    assert stored(database, Setting, "a") is None


@pytest.mark.parametrize("write", ["add", "put"])
def test_a_taken_unique_value_is_refused(database: Database, write: str) -> None:
    put(database, member("a", "same"))
    assert refused(database, lambda store: getattr(store, write)(member("b", "same"))) == "I-already-stored"
    assert database.read(lambda store: store.count(Member)) == 1


def test_a_unique_value_is_free_once_its_record_is_gone_or_changed(database: Database) -> None:
    put(database, member("a", "1"), member("b", "2"))

    def work(store: Store) -> None:
        store.remove(Member, "a")
        store.put(member("b", "3"))
        store.add(member("c", "1"))
        store.add(member("d", "2"))

    database.write(work)
    assert [found.id_digest for found in database.read(lambda store: store.find(Member))] == ["3", "1", "2"]


def test_a_record_may_be_put_again_with_its_own_unique_value(database: Database) -> None:
    put(database, member("a", "1"))
    put(database, member("a", "1"))
    assert database.read(lambda store: store.count(Member)) == 1


def test_who_swallows_a_refused_write_cannot_commit_the_rest(database: Database) -> None:
    put(database, setting("a"))

    def work(store: Store) -> None:
        store.put(setting("b"))
        try:
            store.add(setting("a"))
            store.count(Setting)
        except ProtocolError:
            pass

    assert refused(database, work) == "I-already-stored"
    assert stored(database, Setting, "b") is None


# --- questions ------------------------------------------------------------------------------------------------------


@pytest.fixture
def tree(database: Database) -> Iterator[Database]:
    put(database, body("03", parent="01"), body("01"), body("04", parent="02"), body("02", parent="01"), body("É"))
    yield database


def test_records_come_in_the_order_of_the_primary_key(tree: Database) -> None:
    put(tree, body("a"), body("B"), body("支"), body("𠮷"), body("ﬀ"))
    assert codes(tree) == ["01", "02", "03", "04", "B", "a", "É", "支", "ﬀ", "𠮷"]
    assert codes(tree, descending=True, limit=3) == ["𠮷", "ﬀ", "支"]


def test_the_order_asked_for_comes_first_and_none_before_everything(tree: Database) -> None:
    assert codes(tree, order=("parent_code",)) == ["01", "É", "02", "03", "04"]
    assert codes(tree, order=("parent_code",), descending=True) == ["04", "03", "02", "É", "01"]


def test_a_limit_cuts_after_ordering(tree: Database) -> None:
    assert codes(tree, limit=2) == ["01", "02"]
    assert codes(tree, limit=0) == []
    assert codes(tree, parent_code="01", order=("code",), limit=1) == ["02"]


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ({"parent_code": "01"}, ["02", "03"]),
        ({"parent_code": None}, ["01", "É"]),
        ({"parent_code__ne": None}, ["02", "03", "04"]),
        ({"parent_code__ne": "01"}, ["01", "04", "É"]),
        ({"code__ne": "01"}, ["02", "03", "04", "É"]),
        ({"code__in": ["04", "01", "99", "01"]}, ["01", "04"]),
        ({"code__in": ()}, []),
        ({"parent_code__in": [None]}, ["01", "É"]),
        ({"parent_code__in": [None, "02"]}, ["01", "04", "É"]),
        ({"code__ge": "03"}, ["03", "04", "É"]),
        ({"code__gt": "03"}, ["04", "É"]),
        ({"code__lt": "03"}, ["01", "02"]),
        ({"code__gt": "01", "code__lt": "04"}, ["02", "03"]),
        ({"parent_code__ge": "01", "code__lt": "04"}, ["02", "03"]),
        ({"parent_code__lt": "99"}, ["02", "03", "04"]),
        ({"parent_code__gt": None}, []),
        ({"parent_code": "01", "category": "branch", "code__ne": "02"}, ["03"]),
        ({"parent_code": "nowhere"}, []),
    ],
)
def test_conditions_choose_what_their_suffix_names(
    tree: Database, where: dict[str, object], expected: list[str]
) -> None:
    assert codes(tree, **where) == expected
    assert tree.read(lambda store: store.count(Body, **where)) == len(expected)


def test_a_composite_key_is_searched_by_its_beginning(database: Database) -> None:
    put(database, *(message(ordinal, index) for ordinal in (1, 2, 3) for index in range(5)))
    found = database.read(lambda store: store.find(LogMessage, ordinal=2, index__ge=1, index__lt=4))
    assert found == [message(2, 1), message(2, 2), message(2, 3)]
    newest = database.read(lambda store: store.find(LogMessage, ordinal=2, order=("index",), descending=True, limit=1))
    assert newest == [message(2, 4)]


def test_bytes_can_be_searched_for(database: Database) -> None:
    put(database, message(1, 0, unit=b"\x00" * 16), message(1, 1, unit=b"\xff" * 16), message(1, 2))
    assert database.read(lambda store: store.find(LogMessage, unit=b"\xff" * 16)) == [message(1, 1, unit=b"\xff" * 16)]
    assert database.read(lambda store: store.count(LogMessage, unit__in=[b"\x00" * 16, None])) == 2


def test_truth_values_can_be_searched_for(database: Database) -> None:
    put(database, member("a", "1"))
    assert database.read(lambda store: store.count(Member, floating=True)) == 1
    assert database.read(lambda store: store.count(Member, floating=False)) == 0


def test_a_list_of_more_values_than_a_statement_takes_still_finds_all_in_order(database: Database) -> None:
    put(database, *(body(f"{number:04}", parent=None if number % 2 else "p") for number in range(1200)))
    wanted = [f"{number:04}" for number in range(0, 5000, 2)]
    assert codes(database, code__in=wanted) == [code for code in wanted if code < "1200"]
    assert codes(database, code__in=wanted, descending=True, limit=2) == ["1198", "1196"]
    assert codes(database, code__in=[*wanted, "0001"], order=("parent_code",), limit=2) == ["0001", "0000"]
    assert database.read(lambda store: store.count(Body, code__in=wanted, parent_code__in=wanted)) == 0
    assert database.read(lambda store: store.count(Body, code__in=wanted)) == 600


@pytest.mark.parametrize("where", [{"secretary": "张三"}, {"colour": "red"}, {"code__like": "0%"}])
def test_a_sealed_or_unknown_field_and_an_unknown_comparison_are_mistakes_of_ours(
    database: Database, where: dict[str, object]
) -> None:
    with pytest.raises(TypeError):
        codes(database, **where)
    with pytest.raises(TypeError):
        codes(database, order=tuple(where))


def test_what_is_derived_is_what_the_records_say_now_also_of_a_change_of_the_same_transaction(
    reopen: Callable[[], Database],
) -> None:
    def digests(store: Store) -> list[str]:
        return [record.id_digest for record in store.find(Member)]

    def derived(store: Store) -> list[str]:
        return store.derived(digests, of=[Scope(Member)])

    def change(store: Store) -> list[str]:
        before = derived(store)
        store.put(member("2", "second"))
        assert derived(store) == [*before, "second"]
        store.remove(Member, "1")
        return derived(store)

    first, second = reopen(), reopen()
    assert first.read(derived) == []
    second.write(lambda store: store.put(member("1", "first")))
    assert first.read(derived) == second.read(derived) == ["first"]
    assert first.write(change) == ["second"]
    assert first.read(derived) == second.read(derived) == ["second"]


# --- numbers and amounts --------------------------------------------------------------------------------------------


def test_numbers_start_at_one_and_count_what_this_transaction_added(database: Database) -> None:
    def draft(store: Store) -> int:
        number = store.next_number(Draft, "number")
        store.add(Draft(number=number, pairing_id="p", data=b""))
        return number

    assert database.write(lambda store: [draft(store), draft(store)]) == [1, 2]
    assert database.write(draft) == 3


def test_the_next_number_of_a_field_that_is_no_key_follows_its_largest_value(database: Database) -> None:
    put(database, message(1, 41), message(2, 3))
    assert database.read(lambda store: store.next_number(LogMessage, "lamport")) == 42


def test_two_thousand_records_go_in_and_out(database: Database) -> None:
    messages = [message(1, index) for index in range(2000)]

    def work(store: Store) -> None:
        for each in messages:
            store.add(each)

    database.write(work)
    assert database.read(lambda store: store.find(LogMessage, ordinal=1)) == messages
    assert database.read(lambda store: store.count(LogMessage)) == 2000


def test_records_of_several_kinds_share_one_transaction(database: Database) -> None:
    def work(store: Store) -> None:
        store.put_all([setting("a"), body("01"), Certificate(number="n", member_id="m", issued_on="2026-11-21")])
        store.put(Task(task_id="t", kind="k", state="open", agreement=None, subject=None, opened_at="x"))
        store.put(
            SharedRecord(
                unit=b"u" * 16,
                key="k",
                agreement="a",
                subject="s",
                category="c",
                value=b"{}",
                version=b"v" * 32,
            )
        )

    database.write(work)
    kinds: tuple[type[Record], ...] = (Setting, Body, Certificate, Task, SharedRecord)
    assert [database.read(lambda store, kind=kind: store.count(kind)) for kind in kinds] == [1] * 5  # type: ignore[misc]


def test_fields_are_picked_for_no_value_and_for_more_values_than_one_statement_takes(tree: Database) -> None:
    every = [code for (code,) in tree.read(lambda store: store.pick(Body, ("code",)))]
    many = [*every, *(f"x{number}" for number in range(3000))]

    assert tree.read(lambda store: store.pick(Body, ("code",), code__in=[])) == []
    assert tree.read(lambda store: store.pick(Body, ("code",), code__in=many)) == [(code,) for code in every]
    names = tree.read(lambda store: store.pick(Body, ("full_name",), order=("code",), code__in=many))
    assert names == tree.read(lambda store: store.pick(Body, ("full_name",), order=("code",)))


def test_some_fields_alone_come_in_the_order_asked_for_and_then_in_their_own(tree: Database) -> None:
    found = tree.read(lambda store: store.pick(Body, ("parent_code", "code"), code__ge="01"))
    whole = tree.read(lambda store: store.find(Body, code__ge="01", order=("parent_code",)))
    assert found == [(item.parent_code, item.code) for item in whole]
    by_code = tree.read(lambda store: store.pick(Body, ("full_name",), order=("code",), code__in=["01", "0101"]))
    assert by_code == [
        (item.full_name,) for item in sorted(whole, key=lambda item: item.code) if item.code in ("01", "0101")
    ]


def test_sealed_fields_are_picked_opened_and_nothing_is_sorted_by_them(tree: Database) -> None:
    put(tree, replace(body("0101"), secretary="张三"))
    whole = tree.read(lambda store: store.find(Body, order=("code",)))
    picked = tree.read(lambda store: store.pick(Body, ("secretary", "code")))
    assert picked == [(item.secretary, item.code) for item in whole]
    assert {secretary for secretary, _ in picked} > {None}
    every = [item.code for item in whole] + [f"x{number}" for number in range(3000)]
    assert tree.read(lambda store: store.pick(Body, ("secretary",), code__in=every)) == [(s,) for s, _ in picked]
    with pytest.raises(TypeError):
        tree.read(lambda store: store.pick(Body, ("code",), order=("secretary",)))
