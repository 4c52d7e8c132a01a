"""Joint decisions: over every interleaving of two sides, never two agreed on one predecessor, and never stuck."""

from collections import deque
from collections.abc import Iterator
from typing import NamedTuple

import pytest

from gongguan.protocol import decision
from gongguan.protocol.causality import Lineage, Past
from gongguan.protocol.decision import Answer, Proposal, View
from gongguan.protocol.errors import ProtocolError

KEY = "agreement"
EPOCHS = ("e0", "e1")
LINEAGE = Lineage({"e0": (), "e1": ()})


class Said(NamedTuple):
    """One message: ``prop``, ``accept`` or ``decline``, of the proposal ``about``, by a side that had seen so many."""

    kind: str
    about: tuple[int, int]
    seen: int


class State(NamedTuple):
    """Both logs, and how much of the partner's each side has received."""

    logs: tuple[tuple[Said, ...], tuple[Said, ...]]
    received: tuple[int, int]


def name(about: tuple[int, int]) -> str:
    return f"proposal {about[0]} {about[1]}"


def view_of(state: State) -> View:
    """Everything that was said, at its position."""
    proposals, answers = [], []
    for side, log in enumerate(state.logs):
        for position, said in enumerate(log):
            at = (side, EPOCHS[side], position)
            if said.kind == "prop":
                proposals.append(Proposal(name(said.about), *at, KEY, "", f"text {said.about}"))
            else:
                answers.append(Answer(f"answer {side} {position}", *at, name(said.about), said.kind == "accept"))
    return View(tuple(proposals), tuple(answers))


def known_to(state: State, side: int) -> View:
    """What this side knows: its own log and what it received."""
    own, other = len(state.logs[side]), state.received[side]
    past = Past(LINEAGE.closure([(EPOCHS[side], own)]), LINEAGE.closure([(EPOCHS[1 - side], other)]))
    return view_of(state).within(past)


def sayable(state: State, side: int, proposals_max: int) -> Iterator[Said]:
    """What the production rules let this side say now."""
    known, seen = known_to(state, side), state.received[side]
    own = [said for said in state.logs[side] if said.kind == "prop"]
    if len(own) < proposals_max and allowed(decision.check_proposal, known, side, KEY, ""):
        yield Said("prop", (side, len(own)), seen)
    for said in state.logs[1 - side][:seen]:
        if said.kind == "prop":
            for kind in ("accept", "decline"):
                if allowed(decision.check_answer, known, side, name(said.about), kind == "accept"):
                    yield Said(kind, said.about, seen)


def allowed(check: object, *args: object) -> bool:
    assert callable(check)
    try:
        check(*args)
    except ProtocolError:
        return False
    return True


def following(state: State, proposals_max: int) -> Iterator[tuple[State, bool]]:
    """Every next state, and whether the step was more than another proposal."""
    for side in (0, 1):
        for said in sayable(state, side, proposals_max):
            logs = list(state.logs)
            logs[side] = (*logs[side], said)
            yield State((logs[0], logs[1]), state.received), said.kind != "prop"
        if state.received[side] < len(state.logs[1 - side]):
            received = list(state.received)
            received[side] += 1
            yield State(state.logs, (received[0], received[1])), True


@pytest.mark.parametrize(("proposals_max", "states_min"), [(1, 30), (2, 1000)])
def test_no_interleaving_agrees_on_two_successors_or_gets_stuck(proposals_max: int, states_min: int) -> None:
    start = State(((), ()), (0, 0))
    met, queue = {start}, deque([start])
    while queue:
        state = queue.popleft()
        view = view_of(state)
        assert len(view.acceptances(KEY, "")) <= 1, state
        moved = False
        for after, is_progress in following(state, proposals_max):
            moved = moved or is_progress
            if after not in met:
                met.add(after)
                queue.append(after)
        unanswered = [item for item in view.proposals if view.answer_to(item.id) is None]
        assert moved or view.acceptances(KEY, "") or not unanswered, f"stuck in {state}"
    assert len(met) > states_min


def test_without_the_first_named_rule_both_could_agree_on_different_successors() -> None:
    """The rule that the exhaustive test relies on: a crossing acceptance by the first-named is refused."""
    view = View((Proposal("a", 0, "e0", 0, KEY, "", "x"), Proposal("b", 1, "e1", 0, KEY, "", "y")))
    with pytest.raises(ProtocolError) as caught:
        decision.check_answer(view, 0, "b", True)
    assert caught.value.code == "P-decision-turn"
    assert decision.check_answer(view, 1, "a", True).content == "x"
    assert decision.check_answer(view, 0, "b", False).content == "y"


def test_two_acceptances_after_a_restore_cancel_each_other() -> None:
    proposals = (Proposal("a", 0, "e0", 0, KEY, "", "x"), Proposal("b", 1, "e1", 0, KEY, "", "y"))
    answers = (Answer("c", 1, "e1", 1, "a", True), Answer("d", 0, "e0", 1, "b", True))
    view = View(proposals, answers)
    assert view.accepted(KEY, "") is None
    assert view.current(KEY) == ""


def test_what_is_proposed_knowing_of_both_acceptances_is_decided_anew_and_what_knew_of_one_is_not() -> None:
    proposals = (Proposal("a", 0, "e0", 0, KEY, "v", "x"), Proposal("b", 1, "e1", 0, KEY, "v", "y"))
    answers = (Answer("c", 1, "e1", 1, "a", True), Answer("d", 0, "e0", 1, "b", True))
    one, both = View(proposals, answers[:1]), View(proposals, answers)
    with pytest.raises(ProtocolError, match="P-decision-taken"):
        decision.check_proposal(one, 0, KEY, one.place_for(KEY, "v"))
    decision.check_proposal(both, 0, KEY, both.place_for(KEY, "v"))
    after = both._replace(proposals=(*proposals, Proposal("e", 0, "e0", 2, KEY, both.place_for(KEY, "v"), "z")))
    with pytest.raises(ProtocolError, match="P-decision-open"):
        decision.check_proposal(after, 0, KEY, after.place_for(KEY, "v"))
    signed = after._replace(answers=(*answers, Answer("f", 1, "e1", 2, "e", True)))
    assert signed.accepted(KEY, "v") == (signed.proposal("e"), signed.answers[-1])
    with pytest.raises(ProtocolError, match="P-decision-taken"):
        decision.check_proposal(signed, 1, KEY, signed.place_for(KEY, "v"))
    again = signed._replace(proposals=(*signed.proposals, Proposal("g", 1, "e1", 3, KEY, "z", "w")))
    assert again._replace(answers=(*signed.answers, Answer("h", 0, "e0", 4, "g", True))).accepted(KEY, "z") is not None


def test_the_version_in_force_follows_accepted_decisions() -> None:
    proposals = (Proposal("a", 0, "e0", 0, KEY, "", "v1"), Proposal("b", 1, "e1", 1, KEY, "v1", "v2"))
    answers = (Answer("c", 1, "e1", 0, "a", True), Answer("d", 0, "e0", 1, "b", True))
    view = View(proposals, answers)
    assert view.current(KEY) == "v2"
    assert decision.from_value(decision.to_value(view)) == view


def test_contents_that_go_in_a_circle_come_to_an_end() -> None:
    chain = (("", "one"), ("one", "other"), ("other", "one"))
    proposals = tuple(
        Proposal(f"p{at}", at % 2, "e0", at, KEY, before, after) for at, (before, after) in enumerate(chain)
    )
    answers = tuple(Answer(f"a{at}", 1 - at % 2, "e1", at, f"p{at}", True) for at in range(3))

    assert View(proposals, answers).contents(KEY) == ("", "one", "other", "one")


@pytest.mark.parametrize(
    ("party", "proposal", "code"),
    [(0, "a", "P-decision-own"), (1, "none", "P-decision-unknown")],
)
def test_an_answer_needs_a_proposal_of_the_partner(party: int, proposal: str, code: str) -> None:
    view = View((Proposal("a", 0, "e0", 0, KEY, "", "x"),))
    with pytest.raises(ProtocolError) as caught:
        decision.check_answer(view, party, proposal, True)
    assert caught.value.code == code
