"""A message that the program cannot bear does not stop the log: counted over failures and deaths, then held."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gongguan.node.database.sequencer import Sequencer
from gongguan.node.watch import ProcessWatch
from gongguan.protocol.errors import refuse
from gongguan.sync.exchange.exchange import Exchange
from gongguan.sync.exchange.fold import Placed
from gongguan.sync.exchange.logbook import LogBook
from gongguan.sync.exchange.units import UnitWork
from gongguan.sync.exchange.watch import Suspect
from gongguan.sync.records import Attempt, Holding, LogMessage, Setting
from gongguan.sync.store import Store
from tests import pairs
from tests.fakes import FakeClock
from tests.pairs import Node

FAILS: dict[str, Exception] = {}
TRIED: Counter[str] = Counter()
HERE = Suspect("ab" * 32, "cd" * 16, 41)


class FailingBook(LogBook):
    def apply(self, placed: Placed, work: UnitWork | None, *, own: bool, effect: str = "applied") -> None:
        if placed.message.id in FAILS:
            TRIED[placed.message.id] += 1
            raise FAILS[placed.message.id]
        super().apply(placed, work, own=own, effect=effect)


class FailingExchange(Exchange):
    book_class = FailingBook


class FailingSequencer(Sequencer):
    exchange_class = FailingExchange


@pytest.fixture
def pair() -> tuple[Node, Sequencer, str]:
    """The origin, the destination behind a real sequencer, and the version in force."""
    FAILS.clear()
    TRIED.clear()
    origin, destination, version = pairs.in_agreement()
    sequencer = FailingSequencer(
        destination.database, destination.identity, FakeClock(seed=1), lambda left: None, watch=destination.watch
    )
    return origin, sequencer, version


def notices(origin: Node, version: str, count: int) -> list[str]:
    return [origin.write("notice.given", pairs.notice(str(number)), version=version).id for number in range(count)]


def receive(origin: Node, sequencer: Sequencer) -> int:
    data = origin.compose()
    return sequencer.write(sequencer.using(lambda exchange: exchange.receive(data))).new_messages


def found(sequencer: Sequencer, kind: type[Any]) -> list[Any]:
    return sequencer.read(lambda store: store.find(kind))


def test_one_bundle_arrives_whole_though_one_of_its_messages_always_fails(pair: tuple[Node, Sequencer, str]) -> None:
    origin, sequencer, version = pair
    ids = notices(origin, version, 5)
    FAILS[ids[2]] = ZeroDivisionError()
    assert receive(origin, sequencer) == 6
    assert dict(TRIED) == {ids[2]: 3}
    effects = {item.id: item.effect for item in found(sequencer, LogMessage)}
    assert [effects[one] for one in ids] == ["applied", "applied", "held", "held", "held"]
    assert [(row.message, row.code) for row in found(sequencer, Holding)] == [(ids[2], "I-poison")]
    assert found(sequencer, Attempt) == []


def test_a_refusal_by_what_an_accepted_message_sets_off_is_counted_too(pair: tuple[Node, Sequencer, str]) -> None:
    origin, sequencer, version = pair
    (bad,) = notices(origin, version, 1)
    FAILS[bad] = refuse("G-not-in-force")
    assert receive(origin, sequencer) == 2
    assert dict(TRIED) == {bad: 3} and [row.message for row in found(sequencer, Holding)] == [bad]


def test_others_who_share_the_transaction_lose_nothing(pair: tuple[Node, Sequencer, str]) -> None:
    origin, sequencer, version = pair
    (bad,) = notices(origin, version, 1)
    FAILS[bad] = ZeroDivisionError()
    data = origin.compose()
    received = sequencer.submit(sequencer.using(lambda exchange: exchange.receive(data)))

    def putting(name: str) -> Callable[[Store], None]:
        return lambda store: store.put(Setting(name=name, value="1"))

    others = [sequencer.submit(putting(name)) for name in ("one", "two")]
    assert received.result().new_messages == 2
    assert [other.result() for other in others] == [None, None]
    assert {"one", "two"} <= {row.name for row in found(sequencer, Setting)}


@pytest.mark.parametrize("error", [OSError("no such device"), MemoryError(), refuse("I-database-disk")])
def test_what_the_machine_lacks_is_not_counted_against_a_message(
    pair: tuple[Node, Sequencer, str], error: Exception
) -> None:
    origin, sequencer, version = pair
    (one,) = notices(origin, version, 1)
    FAILS[one] = error
    with pytest.raises(type(error)):
        receive(origin, sequencer)
    assert TRIED[one] == 1 and found(sequencer, Attempt) == []
    FAILS.clear()
    assert receive(origin, sequencer) == 2


def test_the_position_outlives_the_process_and_is_gone_once_the_message_was_processed(tmp_path: Path) -> None:
    watch = ProcessWatch(tmp_path / "processing")
    assert watch.left is None
    watch.enter(HERE, "ff" * 16)
    assert ProcessWatch(tmp_path / "processing").left == HERE
    again = ProcessWatch(tmp_path / "processing")
    assert again.left is None
    again.enter(HERE, "ff" * 16)
    again.leave()
    assert ProcessWatch(tmp_path / "processing").left is None


def test_a_shorter_position_over_a_longer_one_leaves_no_trace_of_it(tmp_path: Path) -> None:
    watch = ProcessWatch(tmp_path / "processing")
    watch.enter(HERE._replace(position=123456789), "")
    watch.enter(HERE._replace(position=7), "")
    assert ProcessWatch(tmp_path / "processing").left == HERE._replace(position=7)


def test_a_file_of_nonsense_is_no_position(tmp_path: Path) -> None:
    for content in (b"", b"\n", b"x" * 300, b"a b c\n", "甲 乙 1\n".encode(), b"\xff\xff 1 1\n"):
        (tmp_path / "processing").write_bytes(content)
        assert ProcessWatch(tmp_path / "processing").left is None
