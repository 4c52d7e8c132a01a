"""What happens by time: ticks, and nothing else. Tables hold what is due; a tick that is missed is no loss.

APScheduler with its memory store runs the functions in the event loop of the node::

    scheduler = start(node)     # JOBS with this node
    scheduler.shutdown(wait=False)
"""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Final

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger

if TYPE_CHECKING:
    from gongguan.node.app import Node

Job = tuple[str, IntervalTrigger, "Callable[[Node], Awaitable[None]]"]


async def expire_handshakes(node: "Node") -> None:
    """Close invitations and handshakes whose time is over."""
    await node.expire_handshakes()


async def sweep_deliveries(node: "Node") -> None:
    """See that every partner has its delivery."""
    await node.delivery.sweep()


async def end_expired_agreements(node: "Node") -> None:
    """Say to the partner that an agreement's term is over by our clock."""
    await node.end_expired_agreements()


async def tell_crossings(node: "Node") -> None:
    """Tell destinations what does not go together between two of them."""
    await node.tell_crossings()


async def draft_probation_requests(node: "Node") -> None:
    """Make the requests for an opinion on probation that are due, for people to send."""
    await node.draft_probation_requests()


async def erase_due(node: "Node") -> None:
    """Delete the bytes of members whom both sides erase, once the day is here too."""
    await node.erase_due()


async def seal_anew(node: "Node") -> None:
    """Go on with what lies under an earlier data key."""
    await node.seal_anew()


async def forget_notes(node: "Node") -> None:
    """Empty the notes of contacts and help cases whose time is over."""
    await node.forget_notes()


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
