"""Rule E in the shell: an epoch ends with the memory of its process and with every commit that is not certain."""

import gc
import weakref
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from gongguan.node.database.database import Told, open_database
from gongguan.node.database.sequencer import After, Committed, Sequencer
from gongguan.node.keys.field_seal import FieldSeal
from gongguan.protocol import card as cards
from gongguan.protocol.errors import refuse
from gongguan.protocol.keys import HYBRID, SealingKey, SigningKey
from gongguan.protocol.messages.exchange import VersionsAnnounced
from gongguan.protocol.session import Identity
from gongguan.sync.exchange import pairings, succession
from gongguan.sync.exchange.exchange import Exchange
from gongguan.sync.exchange.logbook import LogBook
from gongguan.sync.exchange.renewal import Renewal, renew
from gongguan.sync.records import CardNote, Epoch, LogMessage, Pairing, Setting
from gongguan.sync.store import Store
from tests.fakes import FakeClock, MemoryDatabase
from tests.protocol.committees import DESTINATION, ORIGIN
from tests.refusals import refusal

IDENTITY = Identity(
    ORIGIN.node_id, ORIGIN.card_hash, ORIGIN.log_key, ORIGIN.cosigning_key, (SealingKey.from_seeds(HYBRID, b"s" * 96),)
)


class Doubtful:
    """Raises when told: before the commit (nothing happened) or after it (nobody can say)."""

    def __init__(self) -> None:
        self.at: int | None = None
        self.calls = 0

    def __call__(self) -> None:
        self.calls += 1
        if self.calls == self.at:
            raise refuse("I-commit-unknown" if self.calls % 2 == 0 else "R-disk-full")

    def fail_next(self, *, after_commit: bool) -> None:
        self.calls = 0
        self.at = 2 if after_commit else 1


@pytest.fixture
def doubtful() -> Doubtful:
    return Doubtful()


@pytest.fixture
def database(doubtful: Doubtful) -> MemoryDatabase:
    """The store of the origin, paired with the destination."""
    clock, here, there = FakeClock(), MemoryDatabase(), MemoryDatabase()
    here.write(lambda store: pairings.keep_own_card(store, ORIGIN.note))
    there.write(lambda store: pairings.keep_own_card(store, DESTINATION.note))
    here.write(lambda store: pairings.invite(store, "张干事", clock.now(), "0" * 32))
    packet = here.read(lambda store: pairings.invitation_packet(store, "0" * 32))
    there.write(lambda store: pairings.take_packet(store, packet, clock.now(), "李干事"))
    back = there.read(lambda store: pairings.packet(store, ORIGIN.node_id))
    here.write(lambda store: pairings.take_packet(store, back, clock.now()))

    def confirm(store: Store, there: Any, key: Any) -> None:
        digits = cards.fingerprint(there.card_text)
        pairings.confirm(store, there.node_id, digits, "officer", key, clock.now())

    there.write(lambda store: confirm(store, ORIGIN, DESTINATION.log_key))
    signed = there.read(lambda store: pairings.packet(store, ORIGIN.node_id))
    here.write(lambda store: confirm(store, DESTINATION, ORIGIN.log_key))
    here.write(lambda store: pairings.take_packet(store, signed, clock.now()))
    here.commit_hook = doubtful
    return here


@pytest.fixture
def told() -> list[Committed]:
    return []


@pytest.fixture
def sequencer(database: MemoryDatabase, told: list[Committed]) -> Sequencer:
    return Sequencer(database, IDENTITY, FakeClock(seed=1), told.append)


def say(exchange: Exchange) -> str:
    (found,) = exchange.pairings()
    return exchange.book(found.pairing_id).write("exchange.versions", VersionsAnnounced(kinds=("notice.given@1",))).id


def epochs(sequencer: Sequencer) -> list[tuple[int, list[list[Any]]]]:
    """Size and parents of every own epoch, oldest first."""
    rows = sequencer.read(lambda store: store.find(Epoch, own=True, order=("ordinal",)))
    return [(row.size, row.parents) for row in rows]


def test_one_process_writes_one_epoch_and_tells_each_commit(sequencer: Sequencer, told: list[Committed]) -> None:
    for _ in range(3):
        sequencer.write(sequencer.using(say))
    assert [size for size, _ in epochs(sequencer)] == [4]
    assert [head[1] for left in told for head in left.heads.values()] == [2, 3, 4]


def test_a_transaction_leaves_nothing_behind_that_only_the_collector_of_cycles_would_find(sequencer: Sequencer) -> None:
    books: list[weakref.ref[LogBook]] = []

    def look(exchange: Exchange) -> None:
        say(exchange)
        books.extend(map(weakref.ref, exchange.books()))

    def refused(exchange: Exchange) -> None:
        look(exchange)
        raise refuse("S-request")

    gc.disable()
    try:
        sequencer.write(sequencer.using(look))
        assert refusal(lambda: sequencer.write(sequencer.using(refused))) == "S-request"
        assert len(books) == 2
        assert all(book() is None for book in books)
    finally:
        gc.enable()


def test_the_next_process_opens_its_own_epoch_on_top(sequencer: Sequencer, database: MemoryDatabase) -> None:
    sequencer.write(sequencer.using(say))
    after = Sequencer(database, IDENTITY, FakeClock(seed=2), lambda left: None)
    after.write(after.using(say))
    (first, _), (second, parents) = epochs(after)
    assert (first, second, [parent[1] for parent in parents]) == (2, 2, [2])


def test_a_commit_of_unknown_outcome_ends_the_epoch_and_nothing_is_tried_twice(
    sequencer: Sequencer, doubtful: Doubtful
) -> None:
    sequencer.write(sequencer.using(say))
    doubtful.fail_next(after_commit=True)
    assert refusal(lambda: sequencer.write(sequencer.using(say))) == "I-commit-unknown"
    sequencer.write(sequencer.using(say))
    (first, _), (second, parents) = epochs(sequencer)
    assert (first, second, [parent[1] for parent in parents]) == (3, 2, [3])


@pytest.mark.parametrize("took_effect", [True, False])
def test_after_a_commit_of_unknown_outcome_the_card_that_is_in_force_is_signed_under(
    sequencer: Sequencer, database: MemoryDatabase, doubtful: Doubtful, took_effect: bool
) -> None:
    sequencer.write(sequencer.using(say))
    keys = [SigningKey.from_seed(seed * 32) for seed in (b"l", b"c")]
    change = Renewal("2026-11-29", log=keys[0], cosigning=keys[1])
    identity, data = renew(IDENTITY, cards.parse(ORIGIN.card_text), change)

    def rotate(exchange: Exchange) -> None:
        succession.adopt(exchange, identity, (data,))

    doubtful.fail_next(after_commit=took_effect)
    assert refusal(lambda: sequencer.write(sequencer.using(rotate))) == (
        "I-commit-unknown" if took_effect else "R-disk-full"
    )
    doubtful.at = None
    sequencer.write(sequencer.using(say))

    held = database.read(pairings.own_card)
    newest = database.read(lambda store: store.find(Epoch, own=True, order=("ordinal",)))[-1]
    assert (held.hash == identity.card) is took_effect
    assert (sequencer.identity.card, newest.card) == (held.hash, held.hash)


@pytest.mark.parametrize("key_file_has_it", [True, False])
def test_a_database_from_before_a_rotation_put_under_the_process_is_brought_up_before_anything_else(
    database: MemoryDatabase, key_file_has_it: bool
) -> None:
    keys = [SigningKey.from_seed(seed * 32) for seed in (b"l", b"c")]
    change = Renewal("2026-11-29", log=keys[0], cosigning=keys[1])
    identity, data = renew(IDENTITY, cards.parse(ORIGIN.card_text), change)
    cards_held = (data,) if key_file_has_it else ()
    sequencer = Sequencer(database, IDENTITY, FakeClock(), lambda left: None, newer_than=lambda serial: cards_held)
    sequencer.write(sequencer.using(say))
    older = database.snapshot()
    sequencer.write(sequencer.using(lambda exchange: succession.adopt(exchange, identity, (data,))))
    database.restore(older)

    knows = sequencer.read(lambda store: store.get(CardNote, identity.card) is not None)
    refused = refusal(lambda: sequencer.write(sequencer.using(say)))

    assert knows is key_file_has_it
    assert refused == ("D-recovering" if key_file_has_it else "I-own-card")
    held = database.read(pairings.own_card)
    (pairing,) = database.read(lambda store: store.find(Pairing))
    assert (held.hash == identity.card, pairing.recovering is not None) == (key_file_has_it, key_file_has_it)


def test_a_head_that_was_signed_and_not_committed_is_never_continued(sequencer: Sequencer, doubtful: Doubtful) -> None:
    sequencer.write(sequencer.using(say))
    doubtful.fail_next(after_commit=False)
    assert refusal(lambda: sequencer.write(sequencer.using(say))) == "R-disk-full"
    sequencer.write(sequencer.using(say))
    assert [size for size, _ in epochs(sequencer)] == [2, 2]


def test_a_refusal_before_anything_was_signed_costs_no_epoch(sequencer: Sequencer) -> None:
    sequencer.write(sequencer.using(say))

    def refused(exchange: Exchange) -> None:
        say(exchange)
        raise refuse("D-password")

    assert refusal(lambda: sequencer.write(sequencer.using(refused))) == "D-password"
    sequencer.write(sequencer.using(say))
    assert [size for size, _ in epochs(sequencer)] == [3]
    assert sequencer.read(lambda store: store.count(LogMessage)) == 3


def test_a_refusal_in_the_very_first_transaction_leaves_no_trace_of_its_epoch(sequencer: Sequencer) -> None:
    def refused(exchange: Exchange) -> None:
        say(exchange)
        raise refuse("D-password")

    assert refusal(lambda: sequencer.write(sequencer.using(refused))) == "D-password"
    sequencer.write(sequencer.using(say))
    assert epochs(sequencer) == [(2, [])]


def test_work_without_exchange_tells_nobody(sequencer: Sequencer, told: list[Committed]) -> None:
    sequencer.write(lambda store: store.put(Setting(name="region", value="990101")))
    assert told == []


class Slow(MemoryDatabase):
    """Lets callers pile up: transactions run only when ``go`` is called."""

    def __init__(self) -> None:
        super().__init__()
        self.queue: list[tuple[Callable[[Store], Any], Future[Any]]] = []
        self.transactions = 0

    def submit(self, work: Callable[[Store], Any]) -> "Future[Any]":
        future: Future[Any] = Future()
        self.queue.append((work, future))
        return future

    def go(self) -> None:
        """Run everything that waits, and what comes of it."""
        while self.queue:
            work, future = self.queue.pop(0)
            done = super().submit(work)
            error = done.exception()
            if error is not None:
                future.set_exception(error)
            else:
                self.transactions += 1
                future.set_result(done.result())


def grouped() -> tuple[Slow, Sequencer]:
    database = Slow()
    return database, Sequencer(database, IDENTITY, FakeClock(), lambda left: None)


def putting(name: str) -> Callable[[Store], str]:
    def put(store: Store) -> str:
        store.add(Setting(name=name, value=name))
        return name

    return put


def names(sequencer: Sequencer) -> list[str]:
    return sequencer.read(lambda store: [item.name for item in store.find(Setting)])


def test_those_who_wait_share_a_transaction_and_get_their_own_answers() -> None:
    database, sequencer = grouped()
    futures = [sequencer.submit(putting(name)) for name in "abc"]
    seen: list[int] = []
    sequencer.submit(lambda store: seen.append(store.count(Setting)))
    database.go()
    assert [future.result(0) for future in futures] == ["a", "b", "c"]
    assert seen == [3]


def test_there_are_as_many_transactions_as_those_who_wait_need_and_no_empty_ones() -> None:
    database = Slow()
    sequencer = Sequencer(database, IDENTITY, FakeClock(), lambda left: None, group_max=2)
    futures = [sequencer.submit(putting(name)) for name in "abcde"]
    database.go()
    assert [future.result(0) for future in futures] == list("abcde")
    assert database.transactions == 3


def test_whoever_still_waits_at_the_end_is_served_before_the_database_closes(tmp_path: Path) -> None:
    database = open_database(tmp_path / "node.sqlite3", FieldSeal(bytes(32)))
    sequencer = Sequencer(database, IDENTITY, FakeClock(), lambda left: None, group_max=1)
    futures = [sequencer.submit(putting(name)) for name in "abcde"]
    sequencer.close()
    assert [future.result(0) for future in futures] == list("abcde")
    with pytest.raises(RuntimeError):
        sequencer.submit(putting("f"))
    sequencer.close()


def test_who_reads_after_the_next_transaction_sees_what_those_wrote_who_waited_already() -> None:
    database, sequencer = grouped()

    def then(store: Store, name: str) -> "list[str] | After[list[str]]":
        sequencer.submit(putting("b"))
        return After(lambda store: [name, *(item.name for item in store.find(Setting))])

    told = sequencer.submit_then(putting("a"), then)
    database.go()
    assert told.result(0) == ["a", "a", "b"]
    assert database.transactions == 2


class Closing(Slow):
    """Takes one turn and no more."""

    turns = 0

    def take_turn(self, work: Callable[[Store], Any], told: "Told[Any]") -> None:
        self.turns += 1
        if self.turns > 1:
            raise RuntimeError("closed")
        super().take_turn(work, told)


def test_whoever_waits_for_a_database_that_has_closed_meanwhile_hears_of_it() -> None:
    database = Closing()
    sequencer = Sequencer(database, IDENTITY, FakeClock(), lambda left: None, group_max=1)
    first, second = sequencer.submit(putting("a")), sequencer.submit(putting("b"))
    database.go()
    assert first.result(0) == "a"
    assert isinstance(second.exception(0), RuntimeError)


@pytest.mark.parametrize("somebody_wrote", [False, True])
def test_what_follows_a_commit_is_read_where_it_was_written_unless_somebody_else_has_written_since(
    tmp_path: Path, somebody_wrote: bool
) -> None:
    path, seal = tmp_path / "node.sqlite3", FieldSeal(b"k" * 32)
    found: list[tuple[Exchange, str]] = []

    def put(exchange: Exchange) -> None:
        exchange.store.put(Setting(name="a", value="ours"))
        found.append((exchange, "ours"))

    def look(store: Store) -> None:
        setting = store.get(Setting, "a")
        assert setting is not None
        assert [setting] == store.find(Setting, name="a")
        with pytest.raises(TypeError):
            store.put(Setting(name="b", value="which nobody would commit"))
        found.append((sequencer.exchange_of(store), setting.value))

    def follow(done: "Future[None]") -> None:
        if somebody_wrote:
            other.write(lambda store: store.put(Setting(name="a", value="theirs")))
        sequencer.read_after(look)

    with closing(open_database(path, seal)) as other:
        sequencer = Sequencer(open_database(path, seal), IDENTITY, FakeClock(), lambda left: None)
        # Told in the writer's thread, between this transaction and the next.
        sequencer.submit(sequencer.using(put)).add_done_callback(follow)
        sequencer.close()
    (before, _), (after, value) = found
    assert (after is before, value) == ((False, "theirs") if somebody_wrote else (True, "ours"))


def test_one_refusal_in_a_group_is_its_own_and_order_is_kept() -> None:
    database, sequencer = grouped()
    futures = [sequencer.submit(putting(name)) for name in ("a", "b", "a", "c")]
    database.go()
    assert refusal(lambda: futures[2].result(0)) == "I-already-stored"
    assert [futures[place].result(0) for place in (0, 1, 3)] == ["a", "b", "c"]
    assert names(sequencer) == ["a", "b", "c"]


def test_whoever_no_longer_waits_is_left_out() -> None:
    database, sequencer = grouped()
    first, second = sequencer.submit(putting("a")), sequencer.submit(putting("b"))
    assert first.cancel()
    database.go()
    assert second.result(0) == "b"
    assert names(sequencer) == ["b"]
