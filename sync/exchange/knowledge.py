"""What the author of a message knew of announcements and agreements: asked for every message, answered once for many.

Of what stands behind a message nothing depends on its own position once all that is asked about lies before it. So the
answer is one for all messages of an epoch with the same ``seen``, as long as nothing new is announced or decided::

    knowledge = Knowledge(agreements, endings, suspensions, lifts, announcements)
    knowledge.of(past, party).version    # the hash of the version in force, or ""
"""

import itertools
from collections.abc import Iterable
from typing import Final, NamedTuple, Protocol

import msgspec

from gongguan.protocol.agreement import Gate
from gongguan.protocol.causality import Head, Past
from gongguan.protocol.decision import View
from gongguan.protocol.messages.kind import Kind
from gongguan.sync.exchange.fold import ENDINGS, LIFTS, SUSPENSIONS, decisions
from gongguan.sync.exchange.values import Records, Value

AGREED_KEYS: Final = (
    "decision/agreements",
    f"decision/{LIFTS}",
    *ENDINGS,
    *SUSPENSIONS,
    "versions/0",
    "versions/1",
)
"""Keys of the pairing's records from which ``Agreed`` follows."""
ANSWERS_MAX: Final = 4096
"""Answers that are kept; one is a few hundred bytes, and another ``seen`` asks anew."""


class Announcement(NamedTuple):
    """An ``exchange.versions`` at its position: what that party applies from there on."""

    party: int
    epoch: str
    position: int
    kinds: frozenset[str]


class Ending(NamedTuple):
    """An ``agreement.ended`` or ``.suspended`` at its position, and the version that it cites."""

    version: str
    epoch: str
    position: int
    id: str = ""
    party: int = 0
    seen: tuple[Head, ...] = ()


class Standing(Protocol):
    """What stands at a position of a log."""

    @property
    def epoch(self) -> str:
        """Of which epoch."""

    @property
    def position(self) -> int:
        """Where in it."""


Alike = tuple[str, int, str | msgspec.UnsetType, bool]
"""What messages have in common: kind, version, agreement cited, whether they have a subject."""


class Passed(NamedTuple):
    """What need not be asked again of messages that are alike: none of it refuses them."""

    kind: Kind
    gate: Gate


class Known(NamedTuple):
    """``understood``: kind@version that the partner had announced; ``version``: the one in force, or "".

    ``passed``: what verdicts found out of messages whose authors knew this, by what they have in common.
    """

    understood: frozenset[str]
    version: str
    ended: bool
    suspended: bool
    passed: dict[Alike, Passed]


class Knowledge:
    """See the module. Lives as long as its grounds: until something is announced, decided, held or released."""

    def __init__(
        self,
        agreements: View,
        endings: tuple[Ending, ...],
        suspensions: tuple[Ending, ...],
        lifts: View,
        announcements: tuple[Announcement, ...],
    ) -> None:
        self._agreements = agreements
        self._endings = endings
        self._suspensions = suspensions
        self._lifts = lifts
        self._announcements = announcements
        self._ends: dict[str, int] = {}
        self._end_behind(agreements.proposals, agreements.answers, lifts.proposals, lifts.answers)
        self._end_behind(endings, suspensions, announcements)
        self._answers: dict[tuple[str, tuple[Head, ...]], Known] = {}

    @property
    def is_full(self) -> bool:
        """Whether so much was asked that it is time to begin anew."""
        return len(self._answers) > ANSWERS_MAX

    def of(self, past: Past, party: int) -> Known:
        """What an author of this party with this past knew."""
        own = past.own.heads
        if past.held or len(own) != 1 or own[0][1] < self._ends.get(own[0][0], 0):
            return self._known(past, party)
        asked = (own[0][0], past.seen.heads)
        known = self._answers.get(asked)
        if known is None:
            known = self._answers[asked] = self._known(past, party)
        return known

    def _end_behind(self, *found: Iterable[Standing]) -> None:
        for item in itertools.chain(*found):
            self._ends[item.epoch] = max(self._ends.get(item.epoch, 0), item.position + 1)

    def _known(self, past: Past, party: int) -> Known:
        version = self._agreements.within(past).current("agreement")
        ended = any(item.version == version and past.covers(item.epoch, item.position) for item in self._endings)
        return Known(self._understood(past, party), version, ended, self._is_suspended(past), {})

    def _understood(self, past: Past, party: int) -> frozenset[str]:
        """What the partner's newest announcement inside this past lists."""
        understood: frozenset[str] = frozenset()
        for item in self._announcements:
            if item.party != party and past.covers(item.epoch, item.position):
                understood = item.kinds
        return understood

    def _is_suspended(self, past: Past) -> bool:
        """Whether a suspension of either side lies in this past, and no lifting of it."""
        known = [item for item in self._suspensions if past.covers(item.epoch, item.position)]
        lifts = self._lifts.within(past) if known else self._lifts
        return any(not lifts.acceptances(item.id, "") for item in known)


class Agreed(NamedTuple):
    """What the pairing's own records say of announcements and agreements."""

    agreements: View
    endings: tuple[Ending, ...]
    suspensions: tuple[Ending, ...]
    knowledge: Knowledge
    current: str
    """The version in force by all of them, or ""."""


def agreed_in(records: Records) -> Agreed:
    """What these records of a pairing say; a function of those under ``AGREED_KEYS``."""
    agreements, lifts = decisions(records, "agreements"), decisions(records, LIFTS)
    endings, suspensions = endings_in(records), endings_in(records, SUSPENSIONS)
    knowledge = Knowledge(agreements, endings, suspensions, lifts, _announcements(records))
    return Agreed(agreements, endings, suspensions, knowledge, agreements.current("agreement"))


def endings_in(records: Records, keys: tuple[str, str] = ENDINGS) -> tuple[Ending, ...]:
    """The endings of both sides, or with ``SUSPENSIONS`` the suspensions."""
    entries = (entry for key in keys if key in records for entry in records[key]["entries"])
    return tuple(
        Ending(
            entry["value"]["version"],
            entry["epoch"],
            entry["position"],
            entry["id"],
            entry["party"],
            tuple((epoch, size) for epoch, size in entry["seen"]),
        )
        for entry in entries
    )


def _announcements(records: Records) -> tuple[Announcement, ...]:
    found: list[Announcement] = []
    for party in (0, 1):
        value: Value = records.get(f"versions/{party}", {"entries": []})
        for entry in value["entries"]:
            kinds = frozenset(entry["value"]["kinds"])
            found.append(Announcement(party, entry["epoch"], entry["position"], kinds))
    return tuple(found)
