"""All cases of ``tests/hostile/cases.py`` against one server, one after the other, with honest bundles between them."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from io import BytesIO
from typing import Final, NamedTuple

import aiohttp
import msgspec

from gongguan.protocol import messages
from gongguan.protocol.messages.exchange import OutcomeReported
from tests.hostile.cases import CASES, FROZEN, Case, announcement, forked, honest
from tests.hostile.peer import BadPeer

ASKED_AGAIN_MAX: Final = 5
"""How often the victim's outcome is asked for: it may come with a later answer."""


class Found(NamedTuple):
    """What came of a case. ``calm``: the honest bundle after it was taken."""

    case: Case
    refused: str
    outcome: str
    calm: bool

    @property
    def is_right(self) -> bool:
        """As expected, and life goes on."""
        expected = (self.case.refused, self.case.outcome)
        return (self.refused, self.outcome) == expected and self.calm


class _Refused(msgspec.Struct):
    """All that the wire asks of a refusal; a server that is not ours says nothing else."""

    code: str


def _code_of(body: bytes) -> str:
    try:
        return msgspec.json.decode(body, type=_Refused).code
    except msgspec.MsgspecError:
        return ""


@dataclass
class Caller:
    """The way to a server: its address and the digest of its certificate, or None where an authority vouches."""

    url: str
    pin: str | None
    session: aiohttp.ClientSession
    outcomes: dict[tuple[str, int], str] = field(default_factory=dict)

    async def post(self, peer: BadPeer, data: bytes, query: str = "") -> str:
        """The code of the refusal, or "" when the bundle was taken; then the answer is heard."""
        pinned = aiohttp.Fingerprint(bytes.fromhex(self.pin)) if self.pin else True
        address = f"{self.url.rstrip('/')}/exchange/1{query}"
        async with self.session.post(address, data=BytesIO(data), ssl=pinned) as answer:
            body = await answer.read()
        if answer.status != 200:
            return _code_of(body) or f"HTTP {answer.status}"
        for part in peer.hear(body).rest.segments:
            for item in part.messages:
                self._note(item)
        return ""

    def _note(self, data: bytes) -> None:
        body = messages.decode(data).body
        if isinstance(body, OutcomeReported):
            self.outcomes[body.epoch, body.index] = body.code


async def attack(caller: Caller, peer: BadPeer, between: Callable[[], Awaitable[None]]) -> AsyncIterator[Found]:
    """Every case; ``between`` is run after each, while honest partners talk on. The last one ends the pairing."""
    for _ in range(2):
        # Two epochs: some lies are about one that is behind.
        peer.open()
        assert await caller.post(peer, peer.pack()) == "", "the server does not take an honest bundle"
    for case in CASES:
        liar = _with_news(peer) if case.refused else peer
        refused = await caller.post(liar, case.make(liar), case.query)
        outcome = await _outcome(caller, peer) if case.outcome else ""
        await between()
        yield Found(case, refused, outcome, await caller.post(peer, honest(peer)) == "")
    fork = Case("F34", "another history, signed", forked)
    taken = await caller.post(peer, forked(peer))
    await between()
    yield Found(fork, taken, "", await caller.post(peer, honest(peer)) == FROZEN)


def _with_news(peer: BadPeer) -> BadPeer:
    """A copy with a message that the victim has not: of what it holds already it reads no more than it must."""
    liar = peer.again()
    liar.say("exchange.versions", announcement())
    return liar


async def _outcome(caller: Caller, peer: BadPeer) -> str:
    """What the victim signed about the newest message."""
    place = (peer.epoch, len(peer.logs[peer.epoch]) - 1)
    for _ in range(ASKED_AGAIN_MAX):
        if place in caller.outcomes:
            return caller.outcomes[place]
        await caller.post(peer, peer.pack([]))
    return ""
