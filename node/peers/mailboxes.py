"""Emptying our mailboxes at relays: a held request at each; every bundle is taken in one transaction of its own.

What a relay gives is treated as what a stranger gives: it is looked at, opened, verified, and refused for itself alone.
An item is thrown away once it is stored or refused; a fault of this machine leaves it there. A relay that gives the
same things again and again is asked slowly::

    mailboxes = Mailboxes(sequencer, delivery, relay, clock, limits, reconciliation, boxes)
    mailboxes.start(); await mailboxes.stop()
"""

import asyncio
from collections import OrderedDict
from typing import Final

from gongguan.node.clock import Clock
from gongguan.node.config import Limits
from gongguan.node.database.sequencer import Sequencer
from gongguan.node.logs import get_logger
from gongguan.node.peers.delivery import HELD_S_MIN, Delivery, Reconciliation
from gongguan.node.peers.server import check_partner
from gongguan.node.peers.taking import taken
from gongguan.node.peers.transports.mailbox import Mailbox
from gongguan.node.peers.transports.relay import Item, RelayClient
from gongguan.protocol import bundle
from gongguan.protocol.bundle import DigestQuestion
from gongguan.protocol.errors import ProtocolError
from gongguan.sync.exchange.exchange import ASKS_FOR_STATUS, Received

DONE_MAX: Final = 10_000
"""Names of items that were dealt with, so that a relay that keeps them is not believed to have news."""
OURS: Final = frozenset({"R-disk-full", "R-database-busy"})
"""Refusals for which the bundle can do nothing."""

Taken = tuple[Received, tuple[DigestQuestion, ...]]

log = get_logger(__name__)


class Mailboxes:
    """See the module. Lives in the loop of the node."""

    def __init__(
        self,
        sequencer: Sequencer,
        delivery: Delivery,
        relay: RelayClient,
        clock: Clock,
        limits: Limits,
        reconciliation: Reconciliation,
        boxes: tuple[Mailbox, ...],
    ) -> None:
        self._sequencer = sequencer
        self._delivery = delivery
        self._relay = relay
        self._clock = clock
        self._limits = limits
        self._reconciliation = reconciliation
        self._boxes = boxes
        self._done: OrderedDict[str, None] = OrderedDict()
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin to watch every mailbox."""
        self._tasks = [asyncio.ensure_future(self._watch(box)) for box in self._boxes]

    async def stop(self) -> None:
        """End; what was not taken stays at the relay."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _watch(self, box: Mailbox) -> None:
        failures = 0
        while True:
            began = self._clock.monotonic()
            try:
                items = await self._relay.list(box, self._limits.wait_max_s)
                brought = [await self._empty(box, item) for item in items]
                failures = 0
            except ProtocolError as error:
                failures += 1
                log.info("mailbox not reached", relay=box.base, code=error.code, failures=failures)
                await asyncio.sleep(self._delivery.delay_s(failures))
                continue
            except Exception as error:
                failures += 1
                log.error("mailbox not emptied", relay=box.base, exc_info=error)
                await asyncio.sleep(self._delivery.delay_s(failures))
                continue
            # Neither a relay that does not hold requests nor one that repeats itself may keep this node busy.
            if not any(brought) and self._clock.monotonic() - began < HELD_S_MIN:
                await asyncio.sleep(HELD_S_MIN)

    async def _empty(self, box: Mailbox, item: Item) -> bool:
        """Take one item and throw it away there; whether it brought anything."""
        brought = False
        if item.name not in self._done:
            try:
                data = await self._relay.get(box, item.name)
            except ProtocolError as error:
                if error.code != "T-relay":
                    raise
                return False
            brought = await self._take(data)
            self._done[item.name] = None
            while len(self._done) > DONE_MAX:
                self._done.popitem(last=False)
        await self._relay.delete(box, item.name)
        return brought

    async def _take(self, data: bytes) -> bool:
        pairing = ""
        try:
            header, _ = bundle.read_header(data)
            await asyncio.to_thread(lambda: self._sequencer.read(lambda store: check_partner(store, header)))
            pairing = header.pairing
            received, told = await self._stored(data)
        except ProtocolError as error:
            if error.code.startswith("I-") or error.code in OURS:
                raise
            log.info("bundle from the relay refused", pairing=pairing, code=error.code)
            if error.code == "R-quota":
                await self._delivery.receipts_of(data)
            if error.code in ASKS_FOR_STATUS:
                self._delivery.owe_answer(pairing)
            return False
        self._delivery.heard(received.pairing_id)
        self._delivery.came_by_relay(received, told)
        return received.new_messages > 0 or received.new_receipts > 0 or received.new_parts > 0

    async def _stored(self, data: bytes) -> Taken:
        received = await taken(self._sequencer, data, lambda store, received: received)
        return received, await asyncio.to_thread(lambda: self._reconciliation.answer(received))
