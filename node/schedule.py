"""What happens by time: ticks, and nothing else. Tables hold what is due; a tick that is missed is no loss.

APScheduler with its memory store runs the functions in the event loop of the node::

    scheduler = start(node)     # JOBS with this node
    scheduler.shutdown(wait=False)
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Final, TypeVar

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger

from gongguan.node.database import resealing
from gongguan.node.logs import get_logger
from gongguan.sync.agreements.agreements import end_expired
from gongguan.sync.conflicts import crossings
from gongguan.sync.contacts import note_retention
from gongguan.sync.days import today
from gongguan.sync.exchange import erasure, pairings
from gongguan.sync.exchange.exchange import Exchange
from gongguan.sync.probation.probation import prepare_drafts

if TYPE_CHECKING:
    from gongguan.node.app import Node

log = get_logger(__name__)

T = TypeVar("T")
Job = tuple[str, IntervalTrigger, "Callable[[Node], Awaitable[None]]"]


async def expire_handshakes(node: "Node") -> None:
    """Close invitations and handshakes whose time is over."""
    for peer in await _done(node, lambda exchange: pairings.expire(exchange.store, exchange.now)):
        log.info("handshake expired", peer=peer)


async def sweep_deliveries(node: "Node") -> None:
    """See that every partner has its delivery."""
    await node.delivery.sweep()


async def end_expired_agreements(node: "Node") -> None:
    """End the agreements whose term is over by our clock, and say so to the partner."""
    for pairing_id in await _done(node, end_expired):
        log.info("agreement expired", pairing=pairing_id)


async def tell_crossings(node: "Node") -> None:
    """Tell the destinations of our members what does not go together between two of them."""
    for pairing_id in await _done(node, crossings.tell):
        log.info("conflict with another destination stated", pairing=pairing_id)


async def draft_probation_requests(node: "Node") -> None:
    """Make the requests for an opinion on probation that are due, for people to send."""
    count = await _done(node, lambda exchange: prepare_drafts(exchange.store, exchange.now))
    if count:
        log.info("probation requests drafted", count=count)


async def erase_due(node: "Node") -> None:
    """Delete the bytes of members whom both sides erase, once the day is here too."""

    def work(exchange: Exchange) -> int:
        return sum(erasure.sweep(exchange.book(pairing.pairing_id)) for pairing in exchange.pairings())

    count = await _done(node, work)
    if count:
        log.info("messages erased", count=count)


async def seal_anew(node: "Node") -> None:
    """Go on with what lies under an earlier data key."""
    count = await resealing.seal_anew(node.sequencer) if node.ring.keys.old_data_keys else 0
    if count:
        log.info("sealed under the new data key", rows=count)


async def forget_notes(node: "Node") -> None:
    """Empty the notes of contacts and help cases whose time is over."""
    count = await _done(node, lambda exchange: note_retention.forget(exchange.store, today(exchange.now)))
    if count:
        log.info("notes emptied", count=count)


async def _done(node: "Node", work: Callable[[Exchange], T]) -> T:
    """What ``work`` gives, done in a transaction of the node."""
    return await asyncio.wrap_future(node.sequencer.submit(node.sequencer.using(work)))


JOBS: Final[list[Job]] = [
    ("expire handshakes", IntervalTrigger(minutes=10, timezone="UTC"), expire_handshakes),
    ("end expired agreements", IntervalTrigger(minutes=10, timezone="UTC"), end_expired_agreements),
    ("tell crossings", IntervalTrigger(hours=1, timezone="UTC"), tell_crossings),
    ("draft probation requests", IntervalTrigger(hours=1, timezone="UTC"), draft_probation_requests),
    ("erase what is due", IntervalTrigger(hours=6, timezone="UTC"), erase_due),
    ("seal anew", IntervalTrigger(seconds=5, timezone="UTC"), seal_anew),
    ("forget notes", IntervalTrigger(hours=6, timezone="UTC"), forget_notes),
    ("sweep deliveries", IntervalTrigger(minutes=1, timezone="UTC"), sweep_deliveries),
]


def start(node: "Node") -> Any:
    """A running scheduler over JOBS; a job that is still running is not started again, missed ticks are one."""
    scheduler = AsyncIOScheduler(timezone="UTC", job_defaults={"coalesce": True, "max_instances": 1})
    for name, trigger, function in JOBS:
        scheduler.add_job(function, trigger, args=(node,), id=name, name=name)
    scheduler.start()
    return scheduler
