"""What is due under an agreement itself, whoever the members are: consultations, for people of the whole committee."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from .agreements import title_of
from .bodies import top_code
from .due_scope import Due, Scope
from .meetings import agreed_pairings, next_due

CONSULTATION_NOTICE_DAYS: Final = 30


def is_whole_committee(scope: Scope) -> bool:
    """Whether the acting person answers for all of the committee."""
    return top_code(scope.store) in scope.codes


def consultations(scope: Scope) -> Iterator[Due]:
    """The next consultation with each partner, from a month before it is due (A-62)."""
    if not is_whole_committee(scope):
        return
    for pairing in agreed_pairings(scope.store, scope.day):
        _, due_on = next_due(scope.store, pairing)
        if due_on - timedelta(days=CONSULTATION_NOTICE_DAYS) <= scope.day:
            title = title_of(scope.store, pairing.card_there)
            command = f"gongguan meeting call --peer {pairing.peer[:8]}"
            yield Due(who=title, due_on=due_on.isoformat(), command=command)
