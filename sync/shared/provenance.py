"""Whose word an entry of the shared records is, and whether it was signed: the one place that decides how it is shown.

``signed``: the partner's node signed it. ``own``: we said it. ``entered``: the partner said it by letter or telephone,
and we wrote it down; nobody there has signed it, so it is never shown or counted as if somebody had::

    sources = Sources(store)
    sources.of(period.pairing_id, entry["party"])               ->  "entered"
    sources.status(period.pairing_id, record["status"])         ->  "entered" where two nodes would show "agreed"
"""

from typing import Annotated, Final, Literal

from gongguan.sync.labels import labelled
from gongguan.sync.records import ON_PAPER, Pairing
from gongguan.sync.store import Store

Source = Literal["signed", "own", "entered", "entered_there"]
"""The last: what a partner entered as our word while we had no node, and we have not answered."""

SourceLabel = Annotated[str, labelled("来源", "source", codes="source")]
"""The field under which every list shows it."""

EnteredLabel = Annotated[str | None, labelled("来源", "source", codes="source")]
"""The same in documents that read alike on both nodes: only what was entered is marked."""

ENTERED_MARK: Final = "我方代录，对方未签名"
"""The same in texts for people: titles, sheets, letters."""

TWO_WITNESSES: Final = "agreed"
"""Status of a fact that both sides stated."""


def on_paper(pairing: Pairing) -> bool:
    """Whether what is written in this pairing was all written here."""
    return pairing.state in ON_PAPER


def only_entered(source: Source) -> str | None:
    """The mark of what was entered; None for what its own side has said itself."""
    return source if source == "entered" else None


def of_offer(*, ours: bool, answered: bool) -> Source:
    """Whose word a statement is that was entered for a side without a node: ``ours``, we entered it; ``answered``, its
    own side has said since by its node whether it is so."""
    if answered:
        return "signed" if ours else "own"
    return "entered" if ours else "entered_there"


class Sources:
    """The pairings of a node, read once for a list."""

    def __init__(self, store: Store) -> None:
        self._known = {item.pairing_id: (item.party, on_paper(item)) for item in store.find(Pairing)}

    def is_on_paper(self, pairing_id: str) -> bool:
        """Whether this partner has no node here."""
        return self._known.get(pairing_id, (0, False))[1]

    def of(self, pairing_id: str, party: int) -> Source:
        """Whose word what ``party`` said in this pairing is."""
        ours, paper = self._known.get(pairing_id, (party, False))
        if party == ours:
            return "own"
        return "entered" if paper else "signed"

    def of_side(self, pairing_id: str, our_side: str, side: str) -> Source:
        """The same for a side of a member's movement: ``our_side`` is ours."""
        if side == our_side:
            return "own"
        return "entered" if self.is_on_paper(pairing_id) else "signed"

    def party(self, pairing_id: str) -> int:
        """Ours in this pairing."""
        return self._known.get(pairing_id, (0, False))[0]

    def of_parties(self, pairing_id: str, parties: set[int]) -> str | None:
        """The mark of a fact that rests on what we entered alone, else None. ``parties``: who stands by it."""
        if not self.is_on_paper(pairing_id):
            return None
        return "entered" if {self.of(pairing_id, party) for party in parties} == {"entered"} else None

    def witnesses(self, pairing_id: str, our_side: str, sides: set[str]) -> str:
        """Who stated a fact, a code of the list ``side``: two sides that we wrote down ourselves are not both."""
        if not self.is_on_paper(pairing_id):
            return "both" if len(sides) > 1 else min(sides)
        if len(sides) > 1:
            return "both_entered"
        return our_side if sides == {our_side} else "entered"

    def status(self, pairing_id: str, status: str) -> str:
        """The status of a fact: two entries of which we wrote both are no agreement of two."""
        return "entered" if status == TWO_WITNESSES and self.is_on_paper(pairing_id) else status
