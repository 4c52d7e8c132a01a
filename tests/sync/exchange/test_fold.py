"""Shared records depend on what was said and on who knew what, never on how it arrived."""

import random
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gongguan.protocol import log, merkle, messages, session
from gongguan.protocol.bundle import SegmentPart
from gongguan.protocol.errors import ProtocolError
from gongguan.protocol.merkle import CompactRange
from gongguan.protocol.messages.envelope import Message
from gongguan.protocol.session import SegmentTaken
from gongguan.sync.exchange.exchange import Exchange
from gongguan.sync.exchange.logbook import LogBook, React
from gongguan.sync.exchange.units import UnitWork
from gongguan.sync.records import Epoch, LogMessage, Unit
from tests import pairs
from tests.acts import (
    ACTS,
    CARE,
    MEMBERS,
    MOVING,
    STOPPING,
    TOGETHER,
    UncheckedBook,
    UncheckedExchange,
    misbehave,
    perform,
)
from tests.pairs import Node, settle

OFTEN = ["score", "relocate", "compose", "deliver", "exchange", "exchange", "propose_resolution", "answer_resolution"]
STEP_NAMES = [
    *ACTS,
    *OFTEN * 4,
    "score",
    "score",
    "exchange",
    "exchange",
    "answer_amendment",
    "misbehave",
    "crash",
    "together",
]
STEPS = st.lists(
    st.tuples(
        st.sampled_from(STEP_NAMES),
        st.integers(0, 1),
        st.integers(0, MEMBERS - 1),
        st.integers(0, 31),
    ),
    min_size=12,
    max_size=48,
)
Step = tuple[str, int, int, int]


class CountingBook(UncheckedBook):
    """Counts how often an arriving message sorted before what was folded already."""

    late = 0

    def rebuild(self, work: UnitWork) -> None:
        CountingBook.late += 1
        super().rebuild(work)


class CountingExchange(UncheckedExchange):
    book_class = CountingBook


class History:
    """Two nodes, a wire of bundles that may be delivered in any order and again, and what the steps did."""

    def __init__(self) -> None:
        first, second, _ = pairs.in_agreement()
        self.nodes = (first, second)
        for node in self.nodes:
            node.exchange = CountingExchange
        self.wire: list[tuple[int, bytes]] = []
        for number, node in enumerate(self.nodes):
            node.act(lambda exchange, number=number: self._begin(exchange, number))  # type: ignore[misc]
        settle(*self.nodes)

    @staticmethod
    def _begin(exchange: Exchange, number: int) -> None:
        book = exchange.book(Node.pairing_id_in(exchange))
        for member in range(MEMBERS):
            if member % 2 == number:
                perform(book, "depart", member, 0)

    def step(self, step: Step) -> None:
        name, number, member, choice = step
        node = self.nodes[number]
        if name == "compose":
            self.wire.append((1 - number, node.compose()))
        elif name == "deliver":
            self._deliver(choice)
        elif name == "exchange":
            pairs.carry(node, self.nodes[1 - number])
        elif name == "together":
            self._together(number, member, choice)
        elif name == "crash":
            node.crash()
        else:
            self._act(node, name, member, choice)

    def _deliver(self, choice: int) -> None:
        if self.wire:
            receiver, data = self.wire[-1 - choice % len(self.wire)]
            self.nodes[receiver].receive(data)

    def _together(self, number: int, member: int, choice: int) -> None:
        """What takes two: a proposal, its way, the answer."""
        node, partner = self.nodes[number], self.nodes[1 - number]
        propose, answer = [("propose_resolution", "answer_resolution"), ("amend", "answer_amendment")][choice % 5 == 4]
        self._act(node, propose, member, choice)
        pairs.carry(node, partner)
        self._act(partner, answer, member, choice)

    @staticmethod
    def _act(node: Node, name: str, member: int, choice: int) -> None:
        def work(exchange: Exchange) -> None:
            book = exchange.book(Node.pairing_id_in(exchange))
            if name == "misbehave":
                assert isinstance(book, UncheckedBook)
                misbehave(book, member, choice)
            else:
                perform(book, name, member, choice)

        try:
            node.act(work)
        except ProtocolError as error:
            assert error.code[0] in "GPS", error


def logs_of(node: Node) -> tuple[list[tuple[str, Message, bytes]], list[tuple[str, Message, bytes]]]:
    """(own, partner's) messages in the order of their epochs."""
    epochs = node.database.read(lambda store: store.find(Epoch, order=("ordinal",)))
    rows = {row.ordinal: row for row in epochs}
    both: tuple[list[Any], list[Any]] = ([], [])
    for item in node.log():
        row = rows[item.ordinal]
        both[0 if row.own else 1].append((row.epoch, messages.decode(item.data), item.data))
    return both


class SilentExchange(UncheckedExchange):
    """What a reaction said at the time is among the messages that are written again."""

    reactions: Mapping[str, React] = {}


class Replay:
    """Node ``number`` once more from the same beginning, with the same messages arriving in another order."""

    def __init__(self, number: int, node: Node, partner: Node, rng: random.Random) -> None:
        self.rng, self.partner = rng, partner
        first, second, _ = pairs.in_agreement(seed=1)
        self.fresh = (first, second)[number]
        self.fresh.exchange = SilentExchange
        base = {row.epoch: row.size for row in self.fresh.database.read(lambda store: store.find(Epoch))}
        own, theirs = logs_of(node)
        self.waiting = [[item for item in items if item[0] not in base] for items in (own, theirs)]
        self.have = dict(base)
        self.frontiers: dict[str, CompactRange] = {}

    def _is_enabled(self, side: int) -> bool:
        queue = self.waiting[side]
        return bool(queue) and all(self.have.get(epoch, 0) >= size for epoch, size in queue[0][1].seen)

    def run(self) -> Node:
        while any(self.waiting):
            self.fresh.act(self._transaction)
        return self.fresh

    def _transaction(self, exchange: Exchange) -> None:
        book = exchange.book(Node.pairing_id_in(exchange))
        for _ in range(self.rng.randint(1, 6)):
            open_sides = [side for side in (0, 1) if self._is_enabled(side)]
            if not open_sides:
                break
            if self.rng.choice(open_sides) == 0:
                self._write_again(book)
            else:
                self._take_again(book)
        book.refused.clear()

    def _write_again(self, book: LogBook) -> None:
        epoch, message, _ = self.waiting[0].pop(0)
        if message.kind == "epoch.opened":
            parents = tuple((parent, size) for parent, size, _ in message.body.parents)
            book.sign_pending()
            book.new_epoch_row(epoch, True, parents, message.body.card)
            book.own_epoch = epoch
        assert isinstance(book, UncheckedBook)
        book.rogue = True
        book.append(message)
        book.rogue = False
        self.have[epoch] = self.have.get(epoch, 0) + 1

    def _take_again(self, book: LogBook) -> None:
        """A batch of one or more of the partner's messages, beginning before what is held when it comes twice."""
        epoch = self.waiting[1][0][0]
        fresh: list[bytes] = []
        while self._is_enabled(1) and self.waiting[1][0][0] == epoch and (not fresh or self.rng.random() < 0.5):
            fresh.append(self.waiting[1].pop(0)[2])
        held = self.have.get(epoch, 0)
        frontier = self.frontiers.get(epoch, CompactRange()).extend(map(merkle.leaf_hash, fresh))
        again = self._held_again(book, epoch, held) if self.rng.random() < 0.5 else []
        head = log.sign_checkpoint(
            log.Checkpoint(
                log.origin(book.pairing.pairing_id, book.pairing.peer, epoch), frontier.size, frontier.root()
            ),
            self.partner.identity.log,
        )
        part = SegmentPart(epoch, held - len(again), head, (*again, *fresh))
        for event in self._events(book, part):
            book.take(event)
        self.frontiers[epoch] = frontier
        self.have[epoch] = held + len(fresh)

    def _held_again(self, book: LogBook, epoch: str, held: int) -> list[bytes]:
        row = book.epochs.get(epoch)
        found = book.store.find(LogMessage, ordinal=row.ordinal, order=("index",)) if row else []
        return [item.data for item in found[self.rng.randint(0, held) :]]

    def _events(self, book: LogBook, part: SegmentPart) -> Iterator[SegmentTaken]:
        state = book.session_state()
        for _ in range(self.rng.randint(1, 2)):
            event = session._segment(state, part)
            if isinstance(event, SegmentTaken):
                state = state._replace(partner={**state.partner, event.epoch: event.frontier})
                yield event


def rebuilt(node: Node) -> dict[tuple[bytes, str], bytes]:
    """Every unit folded anew from the logs."""

    def work(exchange: Exchange) -> dict[tuple[bytes, str], bytes]:
        book = exchange.book(Node.pairing_id_in(exchange))
        found = {}
        for row in exchange.store.find(Unit):
            unit = book.unit(row.agreement, row.name)
            book.rebuild(unit)
            found.update({(row.unit, key): value for key, value in unit.records.raw.items()})
        return found

    return node.act(work)


def verdicts(node: Node, *, own: bool) -> dict[tuple[str, int], str]:
    """Verdicts on one side's messages by position."""
    rows = {row.ordinal: row for row in node.database.read(lambda store: store.find(Epoch)) if row.own is own}
    return {(rows[item.ordinal].epoch, item.index): item.verdict for item in node.log() if item.ordinal in rows}


SEEN: Counter[str] = Counter()


def check_history(steps: list[Step], seed: int) -> None:
    """All that is to hold at the end of one history, whatever happened."""
    CountingBook.late = 0
    history = History()
    for step in steps:
        history.step(step)
    first, second = history.nodes
    late = CountingBook.late
    settle(first, second)
    shared = first.shared()
    assert shared == second.shared()
    for one, other in ((first, second), (second, first)):
        assert verdicts(one, own=True) == verdicts(other, own=False)
        assert rebuilt(one) == shared
    SEEN["suspended"] += any(key.startswith("agreement/suspended") for _, key in shared)
    SEEN["kept out"] += any(key.startswith("late/") for _, key in shared)
    rng = random.Random(seed)
    for number, (node, partner) in enumerate(((first, second), (second, first))):
        replay = Replay(number, node, partner, rng).run()
        assert replay.shared() == shared
        for own in (True, False):
            assert verdicts(replay, own=own) == verdicts(node, own=own)
    codes = {*verdicts(first, own=True).values(), *verdicts(first, own=False).values()}
    SEEN.update(
        histories=1,
        conflict=any(key.startswith("conflict/") for _, key in shared),
        late=bool(late),
        refusal=any(code != "accepted" for code in codes),
        resolution=any(b'"resolution"' in value for value in shared.values()),
        amendment=len(decided(first)) > 1,
    )


def decided(node: Node) -> list[Any]:
    """Acceptances of agreement versions."""
    return [item for item in node.record("decision/agreements")["answers"] if item[-1]]


def test_records_do_not_depend_on_order_batches_or_repetition_of_arrival() -> None:
    SEEN.clear()
    check = settings(
        max_examples=100, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True, database=None
    )(given(steps=STEPS, seed=st.integers(0, 2**32))(check_history))
    check()
    print("\ncoverage of histories:", dict(SEEN))
    for wanted in ("conflict", "late", "refusal"):
        assert SEEN[wanted] > SEEN["histories"] / 10, f"too few histories with: {wanted}"
    assert SEEN["resolution"] and SEEN["amendment"]


CARE_STEPS = st.lists(
    st.tuples(
        st.sampled_from([*CARE, *CARE, "contact", "withdraw_contact", "compose", "deliver", "exchange", "crash"]),
        st.integers(0, 1),
        st.integers(0, MEMBERS - 1),
        st.integers(0, 31),
    ),
    min_size=12,
    max_size=32,
)


def test_contacts_officers_help_and_study_do_not_depend_on_it_either() -> None:
    SEEN.clear()
    check = settings(
        max_examples=25, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True, database=None
    )(given(steps=CARE_STEPS, seed=st.integers(0, 2**32))(check_history))
    check()
    assert SEEN["late"] > 3
    assert SEEN["conflict"] == 0, "one contact told by both is one fact, whatever either wrote first"


STOP_STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            [*MOVING, *STOPPING, *STOPPING, "score", "score", "return", *("exchange", "together") * 3, *OFTEN]
        ),
        st.integers(0, 1),
        st.integers(0, MEMBERS - 1),
        st.integers(0, 31),
    ),
    min_size=24,
    max_size=48,
)


def test_movement_and_suspensions_do_not_depend_on_it_either() -> None:
    SEEN.clear()
    check = settings(
        max_examples=25, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True, database=None
    )(given(steps=STOP_STEPS, seed=st.integers(0, 2**32))(check_history))
    check()
    print("\ncoverage of histories with suspensions:", dict(SEEN))
    assert SEEN["suspended"] > 5 and SEEN["kept out"]
    assert SEEN["conflict"] > 3


TOGETHER_STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            [*TOGETHER, *TOGETHER, "depart", "admit", "amend", "answer_amendment", "end", *("deliver", "exchange") * 2]
        ),
        st.integers(0, 1),
        st.integers(0, MEMBERS - 1),
        st.integers(0, 31),
    ),
    min_size=12,
    max_size=40,
)


def test_what_both_sign_what_each_publishes_and_certificates_do_not_depend_on_it_either() -> None:
    SEEN.clear()
    check = settings(
        max_examples=25, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True, database=None
    )(given(steps=TOGETHER_STEPS, seed=st.integers(0, 2**32))(check_history))
    check()
    print("\ncoverage of histories of what both sign:", dict(SEEN))
    assert SEEN["late"] > 3
