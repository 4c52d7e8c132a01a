"""Joint decisions: what only both sides together can settle (``docs/wire.md`` 8).

One mechanism for agreement versions, conflict resolutions and whatever else needs both. A side *proposes* on
(key, predecessor); the partner *answers* accept or decline; there is no withdrawal. Crossing proposals have one
outcome: the first-named party may not accept while a proposal of its own is open there, so its own is answered first.

The checks look only at what the author knew (``view.within(past)``), so both nodes say the same.
"""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from gongguan.protocol.causality import Past
from gongguan.protocol.errors import refuse

FIRST_NAMED: Final = 0
AGAIN: Final = "+"
"""Behind a predecessor on which two acceptances cancelled each other: whoever knows of both proposes there anew."""


class Proposal(NamedTuple):
    """A proposal at its position. ``content``: what the decision is about, e.g. the hash of an agreement's text."""

    id: str
    party: int
    epoch: str
    position: int
    key: str
    predecessor: str
    content: str


class Answer(NamedTuple):
    """An answer at its position."""

    id: str
    party: int
    epoch: str
    position: int
    proposal: str
    accepted: bool


class View(NamedTuple):
    """Proposals and answers, all of a unit or only those inside somebody's past."""

    proposals: tuple[Proposal, ...] = ()
    answers: tuple[Answer, ...] = ()

    def within(self, past: Past) -> "View":
        """What an author with this past knew."""
        return View(
            tuple(item for item in self.proposals if past.covers(item.epoch, item.position)),
            tuple(item for item in self.answers if past.covers(item.epoch, item.position)),
        )

    def proposal(self, proposal_id: str) -> Proposal | None:
        """The proposal with this id."""
        return next((item for item in self.proposals if item.id == proposal_id), None)

    def answer_to(self, proposal_id: str) -> Answer | None:
        """The answer that this proposal got, if any."""
        return next((item for item in self.answers if item.proposal == proposal_id), None)

    def open_by(self, party: int, key: str, predecessor: str) -> Proposal | None:
        """An unanswered proposal of this party on (key, predecessor)."""
        return next(
            (
                item
                for item in self.proposals
                if (item.party, item.key, item.predecessor) == (party, key, predecessor) and not self.answer_to(item.id)
            ),
            None,
        )

    def acceptances(self, key: str, predecessor: str) -> tuple[Answer, ...]:
        """All acceptances on (key, predecessor): more than one only after a restore."""
        on = {item.id for item in self.proposals if (item.key, item.predecessor) == (key, predecessor)}
        return tuple(item for item in self.answers if item.accepted and item.proposal in on)

    def is_crossed(self, key: str, predecessor: str) -> bool:
        """Whether acceptances on (key, predecessor) have cancelled each other."""
        return len(self.acceptances(key, predecessor)) > 1

    def place_for(self, key: str, predecessor: str) -> str:
        """What a proposal that replaces ``predecessor`` stands on: that itself, or behind what was cancelled there."""
        place = predecessor
        while self.is_crossed(key, place):
            place += AGAIN
        return place

    def accepted(self, key: str, predecessor: str) -> tuple[Proposal, Answer] | None:
        """The decision on (key, predecessor). Two acceptances cancel each other: neither counts, the next one does."""
        found = self.acceptances(key, self.place_for(key, predecessor))
        if len(found) != 1:
            return None
        proposal = self.proposal(found[0].proposal)
        return (proposal, found[0]) if proposal else None

    def current(self, key: str) -> str:
        """The content in force for ``key``, "" if none."""
        return self.contents(key)[-1]

    def contents(self, key: str) -> tuple[str, ...]:
        """What has been in force for ``key``: the accepted decisions from the empty predecessor on, which comes first.

        Where a content comes back the chain ends: what follows it a second time could not be told from the first.
        """
        found = [""]
        while (decided := self.accepted(key, found[-1])) is not None:
            content = decided[0].content
            if content in found:
                return (*found, content)
            found.append(content)
        return tuple(found)


def check_proposal(known: View, party: int, key: str, predecessor: str) -> None:
    """Refuse (``P-decision-…``) a proposal that its author knew to be out of turn. ``known`` is inside its past."""
    if known.open_by(party, key, predecessor):
        raise refuse("P-decision-open", key=key)
    if known.acceptances(key, predecessor):
        raise refuse("P-decision-taken", key=key)


def check_answer(known: View, party: int, proposal_id: str, accepted: bool) -> Proposal:
    """Refuse (``P-decision-…``) an answer that its author knew to be out of turn; else the proposal it answers."""
    proposal = known.proposal(proposal_id)
    if proposal is None:
        raise refuse("P-decision-unknown", proposal=proposal_id)
    if proposal.party == party:
        raise refuse("P-decision-own", proposal=proposal_id)
    if known.answer_to(proposal_id):
        raise refuse("P-decision-answered", proposal=proposal_id)
    if accepted and known.acceptances(proposal.key, proposal.predecessor):
        raise refuse("P-decision-taken", key=proposal.key)
    if accepted and party == FIRST_NAMED and known.open_by(party, proposal.key, proposal.predecessor):
        raise refuse("P-decision-turn", key=proposal.key)
    return proposal


def to_value(view: View) -> dict[str, Any]:
    """The view as a JSON value for a shared record."""
    return {
        "proposals": [list(item) for item in view.proposals],
        "answers": [list(item) for item in view.answers],
    }


def from_value(value: Mapping[str, Any]) -> View:
    """The view that ``to_value`` wrote."""
    return View(
        tuple(Proposal(*item) for item in value["proposals"]), tuple(Answer(*item) for item in value["answers"])
    )
