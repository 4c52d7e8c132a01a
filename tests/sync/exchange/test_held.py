"""Messages that one side cannot process are held on both, with what waits for them, and nothing else is held up."""

import random
from collections import Counter
from typing import Any, ClassVar

import msgspec
import pytest

from gongguan.protocol import agreement, messages
from gongguan.protocol.errors import ProtocolError
from gongguan.protocol.limits import HOLDINGS_MAX, HOLDINGS_OPEN_MAX
from gongguan.protocol.messages.exchange import OutcomeReported
from gongguan.protocol.messages.movement import RelocationReported
from gongguan.sync.exchange import verification
from gongguan.sync.exchange.exchange import Exchange
from gongguan.sync.exchange.fold import Placed
from gongguan.sync.exchange.units import UnitWork
from gongguan.sync.exchange.watch import CURRENT, Software, count_attempt
from gongguan.sync.records import Attempt, Epoch, Holding, LogMessage, Task
from tests import pairs
from tests.acts import ACTS, MEMBERS, UncheckedBook, UncheckedExchange, perform
from tests.pairs import Node, carry, settle
from tests.sync.exchange.failing import (
    OTHER,
    POISONED,
    SUBJECT,
    TRIED,
    FailingExchange,
    at_work,
    holding,
    release,
    score,
    withdraw,
)

OLDER = Software(CURRENT.kinds - {"score.contributed@1", "relocation.reported@1"})


@pytest.fixture(autouse=True)
def nothing_is_poison() -> None:
    POISONED.clear()
    TRIED.clear()


def effects(node: Node, *ids: str) -> list[str]:
    """What became of these messages on a node."""
    found = {item.id: item.effect for item in node.log()}
    return [found[one] for one in ids]


def outcomes(node: Node) -> list[tuple[str, str, str]]:
    """(outcome, code, message) of every outcome in either log."""
    bodies = [messages.decode(item.data).body for item in node.log() if item.kind == "exchange.outcome"]
    return [(body.outcome, body.code, body.message) for body in bodies]


def is_clean(node: Node) -> bool:
    """Whether logs and tables say the same."""

    def look(exchange: Exchange) -> bool:
        found = verification.examine(exchange.book(Node.pairing_id_in(exchange)))
        return not found.broken and not found.altered

    return node.act(look)


def check_alike(one: Node, other: Node) -> None:
    assert one.shared() == other.shared()
    assert is_clean(one) and is_clean(other)
    here, there = ({item.id: (item.effect, item.kind, judged(item)) for item in node.log()} for node in (one, other))
    assert here == there


def judged(item: LogMessage) -> str:
    """The verdict, where both sides must have come to one."""
    return item.verdict if item.effect == "applied" else ""


def tasks(node: Node) -> set[str]:
    """Kinds of open tasks."""
    return {task.kind for task in node.database.read(lambda store: store.find(Task, state="open"))}


def test_a_message_that_fails_three_times_is_held_and_the_rest_of_the_log_goes_on() -> None:
    origin, destination, version = at_work()
    bad = score(origin, version, "v-1")
    same_member = score(origin, version, "v-2")
    other_member = score(origin, version, "v-3", subject=OTHER)
    POISONED.add(bad.id)
    settle(origin, destination)
    assert TRIED[bad.id] == 3
    assert outcomes(origin) == [("held", "I-poison", bad.id)]
    for node in (origin, destination):
        assert effects(node, bad.id, same_member.id, other_member.id) == ["held", "held", "applied"]
    check_alike(origin, destination)
    assert destination.database.read(lambda store: store.find(Attempt)) == []
    assert "held_here" in tasks(destination) and "held_there" in tasks(origin)
    assert any(key.endswith("v-3") for _, key in origin.shared()) and not any(
        "v-1" in key for _, key in origin.shared()
    )


def test_a_held_message_is_receipted_and_a_failure_of_another_one_does_not_count_for_it() -> None:
    origin, destination, version = at_work()
    first, second = score(origin, version, "v-1"), score(origin, version, "v-2", subject=OTHER)
    POISONED.update((first.id, second.id))
    carry(origin, destination)
    carry(destination, origin)
    assert dict(TRIED) == {first.id: 3, second.id: 3}
    assert not origin.is_due()
    check_alike(origin, destination)


def test_what_is_released_is_applied_with_all_that_waited_for_it_and_only_then() -> None:
    origin, destination, version = at_work()
    bad, later = score(origin, version, "v-1"), score(origin, version, "v-2")
    POISONED.add(bad.id)
    settle(origin, destination)
    POISONED.clear()
    assert release(destination, bad.id)
    assert effects(destination, bad.id, later.id) == ["applied", "applied"]
    settle(origin, destination)
    assert effects(origin, bad.id, later.id) == ["applied", "applied"]
    check_alike(origin, destination)
    assert not {"held_here", "held_there"} & (tasks(origin) | tasks(destination))


def test_the_first_message_about_a_member_that_waited_from_the_beginning_counts_on_both_sides_once_it_is_released() -> (
    None
):
    origin, destination, version = at_work()
    destination.exchange, origin.exchange = UncheckedExchange, FailingExchange
    text = pairs.agreement_text(1, version)
    proposed = origin.write("agreement.proposed", pairs.proposal(origin, 1, version), version=version)
    carry(origin, destination)
    answer = pairs.acceptance(destination, proposed.id, text)
    accepted = destination.write("agreement.answered", answer, version=version)
    POISONED.add(accepted.id)
    carry(destination, origin)
    carry(origin, destination)
    new = pairs.subject(3, 1)
    sent = destination.write("departure.notified", pairs.departure(), version=agreement.version(text), subject=new)
    assert effects(destination, sent.id) == ["held"], "it waits for an agreement that the origin could not read"

    POISONED.clear()
    assert release(origin, accepted.id)
    settle(origin, destination)
    assert effects(destination, sent.id) == effects(origin, sent.id) == ["applied"]
    assert any(key == "movement/departure" for unit, key in destination.shared())
    check_alike(origin, destination)


def test_what_still_fails_when_it_is_tried_again_stays_held() -> None:
    origin, destination, version = at_work()
    bad = score(origin, version, "v-1")
    POISONED.add(bad.id)
    settle(origin, destination)
    with pytest.raises(pairs.Poison):
        release(destination, bad.id)
    settle(origin, destination)
    assert effects(origin, bad.id) == effects(destination, bad.id) == ["held"]
    check_alike(origin, destination)


def test_a_kind_that_was_announced_and_is_not_known_any_more_waits_for_the_upgrade() -> None:
    origin, destination, version = at_work()
    destination.software = OLDER
    parked = score(origin, version, "v-1")
    waiting = origin.write("certificate.life_entered", pairs.life("2026-01"), version=version, subject=SUBJECT)
    carry(origin, destination)
    carry(destination, origin)
    assert outcomes(origin) == [("held", "P-kind-unknown", parked.id)]
    assert effects(origin, parked.id, waiting.id) == effects(destination, parked.id, waiting.id) == ["held", "held"]
    check_alike(origin, destination)
    destination.software = CURRENT
    destination.act(lambda exchange: exchange.announce(Node.pairing_id_in(exchange)))
    settle(origin, destination)
    assert effects(origin, parked.id, waiting.id) == effects(destination, parked.id, waiting.id) == ["applied"] * 2
    check_alike(origin, destination)


def test_an_older_node_that_says_so_gets_none_of_the_new_kind_and_one_that_comes_anyhow_is_refused_by_both() -> None:
    origin, destination, version = at_work()
    destination.software = OLDER
    destination.act(lambda exchange: exchange.announce(Node.pairing_id_in(exchange)))
    settle(origin, destination)
    with pytest.raises(ProtocolError) as caught:
        score(origin, version, "v-1")
    assert caught.value.code == "P-kind-not-announced"


def test_what_was_written_while_a_message_was_held_did_not_know_it_on_either_node() -> None:
    origin, destination, version = at_work()
    first = origin.write(
        "relocation.reported", RelocationReported(place="990303", on="2026-04-01"), version=version, subject=SUBJECT
    )
    POISONED.add(first.id)
    settle(origin, destination)
    second = destination.write(
        "relocation.reported", RelocationReported(place="990404", on="2026-04-02"), version=version, subject=SUBJECT
    )
    settle(origin, destination)
    POISONED.clear()
    release(destination, first.id)
    settle(origin, destination)
    check_alike(origin, destination)
    conflicts = [key for _, key in origin.shared() if key.startswith("conflict/")]
    assert len(conflicts) == 1
    assert {item["id"] for item in origin.record(conflicts[0])["candidates"]} == {first.id, second.id}


def test_a_held_message_cannot_be_cited_until_it_is_released() -> None:
    origin, destination, version = at_work()
    departure = origin.write("departure.notified", pairs.departure(), version=version, subject=pairs.subject(4))
    POISONED.add(departure.id)
    settle(origin, destination)
    body = pairs.admission(departure.id)
    with pytest.raises(ProtocolError) as caught:
        destination.write("admission.given", body, version=version, subject=pairs.subject(4))
    assert caught.value.code in ("P-citation", "P-subject-unknown")
    POISONED.clear()
    release(destination, departure.id)
    destination.write("admission.given", body, version=version, subject=pairs.subject(4))
    settle(origin, destination)
    check_alike(origin, destination)


def test_a_withdrawn_message_and_what_waited_for_it_are_void_on_both_sides_for_ever() -> None:
    origin, destination, version = at_work()
    bad, waiting = score(origin, version, "v-1"), score(origin, version, "v-2")
    POISONED.add(bad.id)
    settle(origin, destination)
    withdraw(origin, bad.id)
    later = score(origin, version, "v-3")
    settle(origin, destination)
    for node in (origin, destination):
        assert effects(node, bad.id, waiting.id, later.id) == ["void", "void", "applied"]
    POISONED.clear()
    assert not release(destination, bad.id)
    check_alike(origin, destination)
    assert not {"held_here", "held_there"} & (tasks(origin) | tasks(destination))


def test_a_withdrawal_that_crosses_the_release_wins_on_both_sides() -> None:
    origin, destination, version = at_work()
    bad = score(origin, version, "v-1", 1)
    POISONED.add(bad.id)
    settle(origin, destination)
    POISONED.clear()
    withdraw(origin, bad.id)
    release(destination, bad.id)
    own = score(destination, version, "v-1", 2)
    settle(origin, destination)
    assert effects(origin, bad.id, own.id) == effects(destination, bad.id, own.id) == ["void", "applied"]
    check_alike(origin, destination)


def test_only_what_the_partner_holds_can_be_withdrawn_and_only_by_its_author() -> None:
    origin, destination, version = at_work()
    fine, bad = score(origin, version, "v-1", subject=OTHER), score(origin, version, "v-2")
    POISONED.add(bad.id)
    settle(origin, destination)
    for node, message_id, code in (
        (origin, fine.id, "P-not-held"),
        (destination, bad.id, "P-citation"),
        (origin, "ab" * 16, "P-citation"),
    ):
        with pytest.raises(ProtocolError) as caught:
            withdraw(node, message_id)
        assert caught.value.code == code
    withdraw(origin, bad.id)
    with pytest.raises(ProtocolError) as caught:
        withdraw(origin, bad.id)
    assert caught.value.code == "P-citation"


def test_with_a_held_acceptance_waits_all_that_cites_an_agreement() -> None:
    origin, destination, version = at_work()
    proposed = destination.write("agreement.proposed", pairs.proposal(destination, 1, version), version=version)
    settle(origin, destination)
    accepted = origin.write(
        "agreement.answered",
        pairs.acceptance(origin, proposed.id, pairs.agreement_text(1, version)),
        version=version,
    )
    POISONED.add(accepted.id)
    newer = origin.in_force()
    assert newer != version
    scored = score(origin, newer, "v-1")
    settle(origin, destination)
    assert destination.in_force() == version and origin.in_force() == newer
    theirs = score(destination, version, "v-2", subject=OTHER)
    settle(origin, destination)
    assert effects(destination, accepted.id, scored.id, theirs.id) == ["held", "held", "applied"]
    check_alike(origin, destination)
    POISONED.clear()
    release(destination, accepted.id)
    settle(origin, destination)
    assert destination.in_force() == newer
    assert effects(destination, accepted.id, scored.id, theirs.id) == ["applied"] * 3
    check_alike(origin, destination)


def test_a_refusal_that_our_own_verdict_does_not_give_is_an_open_dispute() -> None:
    origin, destination, version = at_work()
    fine = score(origin, version, "v-1")
    settle(origin, destination)
    row = next(item for item in destination.log() if item.id == fine.id)

    def lie(exchange: Exchange) -> None:
        book = exchange.book(Node.pairing_id_in(exchange))
        epoch, index = book.position_of(row)
        book.held._report((epoch, index), fine.id, "refused", "G-direction")

    destination.act(lie)
    settle(origin, destination)
    assert "disputed" in tasks(origin)
    assert next(item for item in origin.log() if item.id == fine.id).verdict == "accepted"


# --- at random ------------------------------------------------------------------------------------------------

NAMES = [*ACTS, "score", "relocate", "score", "answer_amendment", "propose_resolution", "answer_resolution"]


def test_a_partner_that_holds_and_releases_the_same_message_over_and_over_adds_nothing() -> None:
    origin, destination, version = pairs.in_agreement()
    said = origin.write("notice.given", pairs.notice(), version=version)
    settle(origin, destination)
    (item,) = [row for row in destination.log() if row.id == said.id]

    def say(exchange: Exchange, outcome: Any) -> None:
        book = exchange.book(Node.pairing_id_in(exchange))
        told = {
            "epoch": book.by_ordinal[item.ordinal].epoch,
            "index": item.index,
            "message": said.id,
            "code": "I-poison",
        }
        for _ in range(20):
            book.write("exchange.outcome", msgspec.convert({**told, "outcome": outcome}, OutcomeReported))

    for outcome, state, times in (("held", "held", 0), ("released", "applied", 1)):
        destination.act(lambda exchange, outcome=outcome: say(exchange, outcome))  # type: ignore[misc]
        settle(origin, destination)
        for node in (origin, destination):
            (row,) = node.database.read(lambda store: store.find(Holding))
            assert (len(row.released), effects(node, said.id)) == (times, [state])
    check_alike(origin, destination)


class FailsAtRandom(UncheckedBook):
    """Whether a message can be borne is drawn when it is first tried, and drawn again when it is tried later."""

    dice = random.Random(0)
    bearable: ClassVar[dict[str, bool]] = {}

    def apply(self, placed: Placed, work: UnitWork | None, *, own: bool, effect: str = "applied") -> None:
        able = own or placed.message.kind in ("epoch.opened", "exchange.outcome", "exchange.withdrawn")
        if not able and not self.bearable.setdefault(placed.message.id, self.dice.random() > 0.2):
            raise pairs.Poison(placed.message.id)
        super().apply(placed, work, own=own, effect=effect)


class RandomExchange(Exchange):
    book_class = FailsAtRandom


def one_history(seed: int) -> Counter[str]:
    """Two nodes that fail at random, withdraw, release, lose their memory; at rest both say the same."""
    rng = FailsAtRandom.dice = random.Random(f"held {seed}")
    FailsAtRandom.bearable = {}
    first, second, _ = pairs.in_agreement(seed)
    nodes = (first, second)
    for node in nodes:
        node.exchange = RandomExchange
    for _ in range(70):
        number = rng.randrange(2)
        _step(nodes[number], nodes[1 - number], rng)
    for node in nodes:
        node.software = CURRENT
    settle(first, second)
    check_alike(first, second)
    told: Counter[str] = Counter(outcome for outcome, _, _ in outcomes(first))
    told["void"] = sum(item.effect == "void" for item in first.log())
    told["waiting"] = sum(item.effect == "held" for item in first.log())
    return told


def _step(node: Node, partner: Node, rng: random.Random) -> None:
    name = rng.choice((*NAMES, *["carry"] * 12, *["withdraw", "release"] * 2, "crash", "software"))
    try:
        if name == "carry":
            carry(node, partner)
        elif name == "crash":
            node.crash()
        elif name == "software":
            node.software = rng.choice((CURRENT, OLDER))
        elif name in ("withdraw", "release"):
            _undo(node, name, rng)
        else:
            member, choice = rng.randrange(MEMBERS), rng.randrange(32)
            node.act(lambda exchange: perform(exchange.book(Node.pairing_id_in(exchange)), name, member, choice))
    except ProtocolError as error:
        assert error.code[0] in "GPS", error
    except pairs.Poison:
        pass


def _undo(node: Node, name: str, rng: random.Random) -> None:
    own = name == "release"
    rows: Any = node.database.read(lambda store: store.find(Holding))
    held = [row.message for row in rows if row.own is own and not row.released and not row.withdrawn]
    if not held:
        return
    chosen = rng.choice(sorted(held))
    if own:
        FailsAtRandom.bearable.pop(chosen, None)
        release(node, chosen)
    else:
        withdraw(node, chosen)


def test_both_nodes_come_to_the_same_state_whatever_is_held_released_or_withdrawn() -> None:
    told: Counter[str] = Counter()
    for seed in range(40):
        try:
            told += one_history(seed)
        except Exception as error:
            raise AssertionError(f"seed {seed}") from error
    assert told["held"] > 30 and told["released"] > 4 and told["void"] > 10, told


def test_an_officer_who_has_a_message_tried_again_that_still_fails_costs_three_attempts_not_more() -> None:
    origin, destination, version = at_work()
    bad = score(origin, version, "v-1")
    POISONED.add(bad.id)
    settle(origin, destination)
    TRIED.clear()
    for _ in range(10):  # as the sequencer does: count the attempt, then all of the work again
        try:
            released = release(destination, bad.id)
            break
        except pairs.Poison:
            suspect = destination.watch.suspect
            assert suspect is not None
            destination.database.write(lambda store, suspect=suspect: count_attempt(store, suspect))  # type: ignore[misc]
    assert not released
    assert TRIED[bad.id] == 3
    settle(origin, destination)
    assert effects(origin, bad.id) == effects(destination, bad.id) == ["held"]
    check_alike(origin, destination)


# --- bounds -----------------------------------------------------------------------------------------------------------


def test_what_was_held_and_is_over_costs_later_messages_nothing() -> None:
    origin, _, version = at_work()
    holding(origin, 300, own=False, released=True)
    looked_at: list[Holding] = []

    def write(exchange: Exchange) -> None:
        book = exchange.book(Node.pairing_id_in(exchange))
        found = book.held.found()
        for _ in range(3):
            sent = book.write("notice.given", pairs.notice(), version=version)
            looked_at.extend(found.perhaps_open(book.memory.lineage.closure(sent.seen), by_us=False))
            looked_at.extend(found.counting(own=True))

    origin.act(write)
    assert looked_at == []


@pytest.mark.parametrize(("count", "released"), [(HOLDINGS_OPEN_MAX, False), (HOLDINGS_MAX, True)])
def test_a_node_that_holds_too_much_takes_nothing_more_that_it_would_have_to_hold(count: int, released: bool) -> None:
    origin, destination, version = at_work()
    destination.software = OLDER
    holding(destination, count - 1, own=True, released=released)
    first = score(origin, version, "v-0")
    settle(origin, destination)
    assert effects(destination, first.id) == ["held"]
    second = score(origin, version, "v-0", subject=OTHER)

    with pytest.raises(ProtocolError, match="R-held-full"):
        carry(origin, destination)
    assert second.id not in {item.id for item in destination.log()}
    destination.software = CURRENT
    destination.act(lambda exchange: exchange.announce(destination.pairing_id_in(exchange)))
    settle(origin, destination)
    assert effects(destination, first.id, second.id) == ["applied", "applied"]


def test_a_partner_that_holds_more_than_its_bound_is_refused_by_both() -> None:
    origin, destination, version = at_work()
    written = score(origin, version, "v-0")
    settle(origin, destination)
    for node, own in ((origin, False), (destination, True)):
        holding(node, HOLDINGS_OPEN_MAX, own=own)
    item = next(item for item in destination.log() if item.id == written.id)
    (epoch,) = destination.database.read(lambda store: store.pick(Epoch, ("epoch",), ordinal=item.ordinal))[0]
    body = OutcomeReported(epoch=epoch, index=item.index, message=written.id, outcome="held", code="P-kind-unknown")
    destination.exchange = UncheckedExchange

    def say(exchange: Exchange) -> str:
        book = exchange.book(destination.pairing_id_in(exchange))
        assert isinstance(book, UncheckedBook)
        book.rogue = True
        return book.write("exchange.outcome", body).id

    said = destination.act(say)
    settle(origin, destination)

    verdicts = [found.verdict for node in (origin, destination) for found in node.log() if found.id == said]
    assert verdicts == ["P-held-full", "P-held-full"]
    assert effects(origin, written.id) == effects(destination, written.id) == ["applied"]
