"""One side suspends an agreement alone; only both lift it; what crosses a suspension is kept without effect."""

import random
from typing import Any

import msgspec
import pytest

from gongguan.protocol import agreement
from gongguan.protocol.errors import ProtocolError
from gongguan.protocol.messages.agreement import AgreementSuspended, LiftAnswered, LiftProposed
from gongguan.protocol.messages.conflict import ConflictAnswered, ConflictProposed
from gongguan.protocol.messages.joint import MinutesProposed
from gongguan.protocol.messages.movement import RelocationReported
from gongguan.protocol.messages.score import ScoreReversed
from gongguan.sync.exchange import verification
from gongguan.sync.exchange.fold import standing_suspensions
from gongguan.sync.exchange.watch import CURRENT, Software
from gongguan.sync.records import Task
from tests.pairs import (
    Node,
    acceptance,
    admission,
    agreement_text,
    carry,
    departure,
    in_agreement,
    notice,
    proposal,
    score,
    settle,
    subject,
)
from tests.sync.offices import Office, exchanged, offices

MEMBER = subject(0)
MINUTES = MinutesProposed(
    meeting="2026-03-20", held_on="2026-03-20", agenda=("通报情况",), resolutions=("照办",), attended=(1, 1)
)
SUSPENDED = AgreementSuspended(reason="terms_disputed")


class Pair:
    """Two committees with a member who left one for the other; ``a`` suspends in most tests, ``b`` is its partner."""

    def __init__(self, seed: int = 0) -> None:
        self.a, self.b, self.version = in_agreement(seed)
        sent = self.a.write("departure.notified", departure(), version=self.version, subject=MEMBER)
        settle(self.a, self.b)
        self.b.write("admission.given", admission(sent.id), version=self.version, subject=MEMBER)
        self.settle()

    def settle(self) -> None:
        settle(self.a, self.b)

    def suspend(self, node: Node) -> str:
        return node.write("agreement.suspended", SUSPENDED, version=self.version).id

    def propose(self, node: Node, suspension: str) -> str:
        body = LiftProposed(suspension=suspension)
        return node.write("agreement.lift_proposed", body, version=self.version).id

    def accept(self, node: Node, proposal_id: str) -> str:
        body = LiftAnswered(proposal=proposal_id, answer="accept")
        return node.write("agreement.lift_answered", body, version=self.version).id

    def lift(self, proposing: Node, answering: Node, suspension: str) -> None:
        """Both lift it, and both know."""
        proposed = self.propose(proposing, suspension)
        self.settle()
        self.accept(answering, proposed)
        self.settle()

    def score(self, node: Node, event: str) -> str:
        return node.write("score.contributed", score(event, 1), version=self.version, subject=MEMBER).id

    def refusal(self, node: Node, event: str = "x") -> str:
        try:
            self.score(node, event)
        except ProtocolError as error:
            return error.code
        return ""

    def agree(self) -> None:
        """Both hold the same, and it is what the logs give."""
        assert self.a.shared() == self.b.shared()
        assert altered(self.a) == altered(self.b) == ()


def altered(node: Node) -> tuple[Any, ...]:
    found: tuple[Any, ...] = node.act(
        lambda exchange: verification.examine(exchange.book(Node.pairing_id_in(exchange))).altered
    )
    return found


def values(node: Node) -> dict[str, Any]:
    return {key: msgspec.json.decode(value) for (_, key), value in node.shared().items()}


def counted(node: Node) -> set[str]:
    """Ids of the scores that have effect."""
    facts = (value for key, value in values(node).items() if key.startswith("score/"))
    return {entry["id"] for fact in facts for entry in fact["entries"]}


def late(node: Node) -> set[str]:
    """Ids of the messages that crossed a stop and are without effect."""
    return {key.partition("/")[2] for key, value in values(node).items() if value["shape"] == "late"}


def test_after_a_suspension_neither_side_goes_on_until_both_have_lifted_it() -> None:
    pair = Pair()
    suspension = pair.suspend(pair.a)
    assert pair.refusal(pair.a) == "G-suspended"
    pair.settle()
    assert pair.refusal(pair.b) == "G-suspended"

    proposed = pair.propose(pair.a, suspension)
    pair.settle()
    assert pair.refusal(pair.a) == pair.refusal(pair.b) == "G-suspended"
    pair.accept(pair.b, proposed)
    assert pair.refusal(pair.a) == "G-suspended"
    pair.settle()

    assert pair.refusal(pair.a, "after-a") == pair.refusal(pair.b, "after-b") == ""
    pair.settle()
    pair.agree()
    assert len(counted(pair.a)) == 2


def test_no_side_lifts_a_suspension_alone() -> None:
    pair = Pair()
    proposed = pair.propose(pair.a, pair.suspend(pair.a))

    with pytest.raises(ProtocolError) as refused:
        pair.accept(pair.a, proposed)

    assert refused.value.code == "P-citation"
    assert pair.refusal(pair.a) == "G-suspended"


def test_a_declined_lifting_lifts_nothing_and_may_be_proposed_again() -> None:
    pair = Pair()
    suspension = pair.suspend(pair.a)
    proposed = pair.propose(pair.a, suspension)
    pair.settle()
    pair.b.write("agreement.lift_answered", LiftAnswered(proposal=proposed, answer="decline"), version=pair.version)
    pair.settle()
    assert pair.refusal(pair.b) == "G-suspended"

    pair.lift(pair.b, pair.a, suspension)

    assert pair.refusal(pair.b) == ""


def test_putting_right_goes_on_under_a_suspension() -> None:
    pair = Pair()
    scored = pair.score(pair.b, "before")
    pair.settle()
    pair.suspend(pair.a)
    pair.settle()

    body = ScoreReversed(contribution=scored, reason="wrong_value")
    pair.b.write("score.reversed", body, version=pair.version, subject=MEMBER)
    pair.a.write("agreement.proposed", proposal(pair.a, 1, pair.version), version=pair.version)
    pair.settle()

    pair.agree()
    assert pair.a.record("score/2026/volunteering/before")["status"] == "withdrawn"
    with pytest.raises(ProtocolError):
        pair.a.write("notice.given", notice(), version=pair.version)


@pytest.mark.parametrize("first", ["the score arrives first", "the suspension arrives first"])
def test_what_crossed_a_suspension_is_a_named_conflict_without_effect_on_both(first: str) -> None:
    pair = Pair()
    scored = pair.score(pair.b, "crossing")
    pair.suspend(pair.a)
    giver, taker = (pair.b, pair.a) if first == "the score arrives first" else (pair.a, pair.b)
    carry(giver, taker)
    pair.settle()

    pair.agree()
    assert late(pair.a) == {scored}
    assert counted(pair.a) == set()


def test_what_the_suspending_side_had_received_stands() -> None:
    pair = Pair()
    scored = pair.score(pair.b, "in-time")
    pair.settle()
    pair.suspend(pair.a)
    pair.settle()

    assert counted(pair.a) == counted(pair.b) == {scored}
    assert late(pair.a) == set()


def test_what_crossed_counts_only_when_the_suspending_side_accepts_it() -> None:
    pair = Pair()
    scored = pair.score(pair.b, "crossing")
    suspension = pair.suspend(pair.a)
    pair.settle()
    pair.lift(pair.a, pair.b, suspension)
    assert counted(pair.a) == set(), "lifting alone does not bring it in"

    (name, conflict), *others = [
        (key.split("/")[1], value) for key, value in values(pair.b).items() if value["shape"] == "conflict"
    ]
    assert not others
    body = ConflictProposed(conflict=name, record=conflict["record"], candidates=(scored,), chosen=scored)
    proposed = pair.b.write("conflict.proposed", body, version=pair.version, subject=MEMBER)
    pair.settle()
    answer = ConflictAnswered(proposal=proposed.id, answer="accept")
    pair.a.write("conflict.answered", answer, version=pair.version, subject=MEMBER)
    pair.settle()

    pair.agree()
    assert counted(pair.a) == counted(pair.b) == {scored}


def test_a_suspension_that_crossed_the_lifting_of_an_earlier_one_stands() -> None:
    pair = Pair()
    first = pair.suspend(pair.a)
    proposed = pair.propose(pair.a, first)
    pair.settle()
    second = pair.suspend(pair.a)
    pair.accept(pair.b, proposed)
    crossing = pair.score(pair.b, "between")
    pair.settle()

    pair.agree()
    assert [entry["id"] for entry in standing_suspensions(values(pair.a))] == [second]
    assert late(pair.b) == {crossing}
    assert pair.refusal(pair.a) == pair.refusal(pair.b) == "G-suspended"


def test_crossing_proposals_to_lift_one_suspension_have_one_outcome() -> None:
    pair = Pair()
    suspension = pair.suspend(pair.a)
    pair.settle()
    ours = pair.propose(pair.a, suspension)
    theirs = pair.propose(pair.b, suspension)
    pair.settle()

    with pytest.raises(ProtocolError) as refused:
        pair.accept(pair.a, theirs)
    assert refused.value.code == "P-decision-turn"
    pair.accept(pair.b, ours)
    pair.settle()

    pair.agree()
    assert pair.refusal(pair.a) == ""


def test_a_suspension_outlives_an_amendment_that_crossed_it() -> None:
    pair = Pair()
    proposed = pair.a.write("agreement.proposed", proposal(pair.a, 1, pair.version), version=pair.version)
    pair.settle()
    pair.suspend(pair.a)
    text = agreement_text(1, pair.version)
    pair.b.write("agreement.answered", acceptance(pair.b, proposed.id, text), version=pair.version)
    pair.settle()
    pair.version = agreement.version(text)

    assert pair.a.in_force() == pair.b.in_force() == pair.version
    assert pair.refusal(pair.a) == pair.refusal(pair.b) == "G-suspended"
    pair.agree()


def test_a_suspension_that_the_partner_holds_keeps_out_what_was_written_meanwhile_once_it_is_released() -> None:
    pair = Pair()
    pair.b.software = Software(CURRENT.kinds - {"agreement.suspended@1"})
    suspension = pair.suspend(pair.a)
    pair.settle()
    written = pair.score(pair.b, "in-ignorance")
    pair.settle()
    pair.agree()
    assert counted(pair.b) == {written}, "who holds the suspension does not know it"
    assert pair.refusal(pair.a) == "G-suspended", "who suspended knows it all the same"

    pair.b.software = CURRENT
    pair.b.act(lambda exchange: exchange.book(Node.pairing_id_in(exchange)).held.release(suspension))
    pair.settle()

    pair.agree()
    assert late(pair.b) == {written}
    assert pair.refusal(pair.b) == "G-suspended"


def test_what_rests_on_something_that_crossed_the_suspension_is_judged_as_its_author_did() -> None:
    pair = Pair()
    pair.suspend(pair.a)
    fresh = subject(7, 1)
    about = {"version": pair.version, "subject": fresh}
    said = [
        pair.b.write("departure.notified", departure("990101"), **about).id,
        pair.b.write("relocation.reported", RelocationReported(place="990303", on="2026-03-09"), **about).id,
        pair.b.write("minutes.proposed", MINUTES, version=pair.version).id,
    ]
    with pytest.raises(ProtocolError, match="P-decision-open"):
        pair.b.write("minutes.proposed", MINUTES, version=pair.version)
    pair.settle()

    pair.agree()
    for node in (pair.a, pair.b):
        assert [item.verdict for item in node.log() if item.id in said] == ["accepted"] * 3
        assert late(node) == set(said)
    assert "exchange.outcome" not in {item.kind for item in pair.a.log()}


def test_who_lost_its_suspension_judges_a_second_proposal_as_its_author_did() -> None:
    pair = Pair()
    backup = pair.a.database.snapshot()
    suspension = pair.suspend(pair.a)
    first = pair.b.write("minutes.proposed", MINUTES, version=pair.version)
    pair.settle()
    proposed = pair.propose(pair.a, suspension)
    pair.settle()
    pair.accept(pair.b, proposed)
    second = pair.b.write("minutes.proposed", MINUTES, version=pair.version)
    assert late(pair.b) == {first.id}
    pair.settle()
    pair.a.database.restore(backup)
    pair.a.crash()

    for _ in range(4):
        carry(pair.a, pair.b)
        carry(pair.b, pair.a)
    pair.settle()

    pair.agree()
    assert [item.verdict for item in pair.a.log() if item.id == second.id] == ["accepted"]


# --- all orders -------------------------------------------------------------------------------------------------------


class Oracle:
    """What must come out, told from who knew what, in sets of ids: nothing of the production rules is asked."""

    def __init__(self, pair: Pair) -> None:
        self.pair = pair
        self.known: dict[str, set[str]] = {"a": set(), "b": set()}
        self.stops: dict[str, tuple[str, frozenset[str]]] = {}
        self.lifted: dict[str, str] = {}
        self.offers: dict[str, tuple[str, str]] = {}
        self.answered: set[str] = set()
        self.scores: dict[str, tuple[str, frozenset[str]]] = {}
        self.number = 0

    def _note(self, side: str, message: str) -> None:
        self.known[side].add(message)

    def is_stopped(self, side: str) -> bool:
        known = self.known[side]
        over = {stop for answer, stop in self.lifted.items() if answer in known}
        return any(stop in known and stop not in over for stop in self.stops)

    def score(self, side: str) -> None:
        self.number += 1
        node, event = getattr(self.pair, side), f"e{self.number}"
        if self.is_stopped(side):
            assert self.pair.refusal(node, event) == "G-suspended"
            return
        before = frozenset(self.known[side])
        message = self.pair.score(node, event)
        self.scores[message] = (side, before)
        self._note(side, message)

    def suspend(self, side: str) -> None:
        before = frozenset(self.known[side])
        message = self.pair.suspend(getattr(self.pair, side))
        self.stops[message] = (side, before)
        self._note(side, message)

    def propose(self, side: str) -> None:
        for stop in sorted(self.stops.keys() & self.known[side]):
            try:
                message = self.pair.propose(getattr(self.pair, side), stop)
            except ProtocolError as error:
                assert error.code in ("P-decision-open", "P-decision-taken")
                continue
            self.offers[message] = (side, stop)
            self._note(side, message)
            return

    def accept(self, side: str) -> None:
        for offer in sorted(self.offers.keys() & self.known[side] - self.answered):
            other, stop = self.offers[offer]
            if other == side:
                continue
            try:
                message = self.pair.accept(getattr(self.pair, side), offer)
            except ProtocolError as error:
                assert error.code in ("P-decision-turn", "P-decision-taken")
                continue
            self.answered.add(offer)
            self.lifted[message] = stop
            self._note(side, message)
            return

    def carry(self, side: str) -> None:
        other = "b" if side == "a" else "a"
        carry(getattr(self.pair, side), getattr(self.pair, other))
        self.known[other] |= self.known[side]

    def crossed(self) -> set[str]:
        """Scores and suspensions by different sides of which neither knew the other."""
        return {
            message
            for message, (side, before) in self.scores.items()
            for stop, (by, known) in self.stops.items()
            if by != side and stop not in before and message not in known
        }


@pytest.mark.parametrize("seed", range(30))
def test_whatever_the_order_both_nodes_hold_the_same_and_only_what_crossed_is_without_effect(seed: int) -> None:
    chance = random.Random(seed)
    pair = Pair(seed)
    oracle = Oracle(pair)
    acts = ("score", "score", "score", "suspend", "propose", "propose", "accept", "accept", "carry", "carry", "carry")
    for _ in range(40):
        getattr(oracle, chance.choice(acts))(chance.choice("ab"))
    pair.settle()

    pair.agree()
    assert late(pair.a) == oracle.crossed()
    assert counted(pair.a) == oracle.scores.keys() - oracle.crossed()
    standing = {entry["id"] for entry in standing_suspensions(values(pair.a))}
    assert standing == oracle.stops.keys() - set(oracle.lifted.values())


# --- as staff do it ---------------------------------------------------------------------------------------------------


def test_the_secretaries_suspend_and_lift_and_see_where_it_stands() -> None:
    origin, destination = offices(agreed=True)
    version = origin.node.in_force()

    suspension = origin.ask("书记", "agreement.suspend", version=version, reason="security").id
    exchanged(origin, destination)

    assert states(origin) == states(destination) == ["suspended"]
    assert [task.kind for task in destination.find(Task, state="open")] == ["agreement_suspended"]
    assert destination.refusal("干事", "notice.send", topic="other", title="通知", text="会商", on="2026-03-01") == (
        "G-suspended"
    )

    origin.ask("书记", "agreement.lift", suspension=suspension)
    exchanged(origin, destination)
    (line,) = destination.ask("只读", "agreement.suspensions").suspensions
    assert (line.by, line.state) == ("there", "proposed_there")
    assert destination.ask("书记", "agreement.accept_lifting", suspension=suspension[:8]).state == "lifted"
    exchanged(origin, destination)

    assert states(origin) == states(destination) == ["in_force"]
    assert destination.find(Task, state="open") == []
    assert origin.ask("只读", "agreement.suspensions").standing == 0


def test_an_officer_suspends_nothing_and_a_secretary_lifts_only_what_stands() -> None:
    origin, destination = offices(agreed=True)
    version = origin.node.in_force()
    assert origin.refusal("干事", "agreement.suspend", version=version, reason="security") == "A-role"
    assert origin.refusal("书记", "agreement.suspend", version="ab" * 32, reason="security") == (
        "D-agreement-not-in-force"
    )
    assert origin.refusal("书记", "agreement.lift", suspension="ab") == "D-suspension-unknown"

    suspension = destination.ask("书记", "agreement.suspend", version=version, reason="other").id
    exchanged(origin, destination)
    assert origin.refusal("书记", "agreement.accept_lifting", suspension=suspension) == "D-proposal-none"
    origin.ask("书记", "agreement.lift", suspension=suspension)
    exchanged(origin, destination)
    destination.ask("书记", "agreement.decline_lifting", suspension=suspension, reason="条款尚未谈妥")
    exchanged(origin, destination)

    assert states(origin) == states(destination) == ["suspended"]


def states(office: Office) -> list[str]:
    return [line.state for line in office.ask("只读", "agreement.list").agreements]
