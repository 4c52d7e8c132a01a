"""A partner's bundle is taken in, a large one so that others have their turn.

A thousand messages hold the writer's thread for a tenth of a second. So a large bundle shares no transaction, and where
somebody waits with something else it stops between two of its segments and goes on after them. While nobody waits
it is one transaction, as a small one is.

Opening a bundle takes as long as taking many messages, and until its signature is verified anybody may have made it who
knows the pairing. So once one was false the writer gets only such of that pairing as were found right before::

    answer = await taken(sequencer, data, then)
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Final, TypeVar

from gongguan.node import clock
from gongguan.node.database.sequencer import After, Sequencer
from gongguan.sync.exchange.exchange import Exchange, Received, Unfinished
from gongguan.sync.store import Store

LARGE_BYTES: Final = 16 << 10
"""Sealed and compressed, some two hundred messages."""
TURN_S: Final = 0.005
"""For how long others wait at least before a bundle stops for them: each stop costs a transaction."""

T = TypeVar("T")


async def taken(
    sequencer: Sequencer, data: bytes, then: Callable[[Store, Received], "T | After[T]"], *, turn_s: float = TURN_S
) -> T:
    """What ``then`` reads of what a bundle brought, in the writer's thread after its last commit.

    Raises its refusal. Of a large one what was taken before may then stay: the partner has no receipt for it and sends
    it again.
    """
    left = await _screened(sequencer, data) if sequencer.is_doubted(data) else None
    if left is None and len(data) <= LARGE_BYTES:
        work = sequencer.using(lambda exchange: exchange.receive(data))
        return await asyncio.wrap_future(sequencer.submit_then(work, then))
    while True:
        part: Future[T | Unfinished] = sequencer.submit_then(
            sequencer.using(_turn(sequencer, data, left, turn_s)), _after(then), alone=True
        )
        found = await asyncio.wrap_future(part)
        if not isinstance(found, Unfinished):
            return found
        left = found


async def _screened(sequencer: Sequencer, data: bytes) -> Unfinished:
    """Opened, and its signature verified, in a thread that reads. Raises the refusal of what is not the partner's."""
    work = sequencer.using(lambda exchange: exchange.screened(data))
    return await asyncio.to_thread(lambda: sequencer.read(work))


def _turn(
    sequencer: Sequencer, data: bytes, left: Unfinished | None, turn_s: float
) -> Callable[[Exchange], Received | Unfinished]:
    """As much of a bundle as others have patience for."""

    def work(exchange: Exchange) -> Received | Unfinished:
        began = clock.monotonic()
        return exchange.receive_some(
            exchange.open(data) if left is None else left,
            lambda: clock.monotonic() - began >= turn_s and sequencer.others_wait(),
        )

    return work


def _after(
    then: Callable[[Store, Received], "T | After[T]"],
) -> "Callable[[Store, Received | Unfinished], T | Unfinished | After[T | Unfinished]]":
    def tell(store: Store, found: Received | Unfinished) -> "T | Unfinished | After[Any]":
        return found if isinstance(found, Unfinished) else then(store, found)

    return tell
