"""The composition root: everything that a running node consists of, wired by hand.

    node = Node.open(folder, config.load(folder), keyfiles.open_with_service(folder))
    asyncio.run(node.serve(on_ready))

Start: lock the folder, open the database, compare it with the fence, then listen, then call partners. Stop is the
reverse; what was in flight is sent again. The parts know nothing of this module.
"""

import asyncio
import contextlib
import hmac
import importlib
import signal
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

from gongguan.node import clock, collector
from gongguan.node import config as configs
from gongguan.node.clock import Clock
from gongguan.node.config import Config
from gongguan.node.database import sealed_tables
from gongguan.node.database.database import FolderLock, lock_folder, open_database
from gongguan.node.database.fence import Fence
from gongguan.node.database.sequencer import Committed, LogSize, Sequencer, sizes_of
from gongguan.node.keyring import KeyRing, endpoints_of, mailboxes_of
from gongguan.node.keys import tls
from gongguan.node.keys.field_seal import key_name
from gongguan.node.keys.node_keys import NodeKeys
from gongguan.node.logs import get_logger
from gongguan.node.peers.reconciliation import Reconciler
from gongguan.node.watch import ProcessWatch
from gongguan.protocol import card as cards
from gongguan.protocol.card import Card, SealingEntry
from gongguan.protocol.errors import refuse
from gongguan.protocol.session import Identity
from gongguan.sync.exchange import pairings, standing, succession
from gongguan.sync.exchange.exchange import Exchange
from gongguan.sync.exchange.reconcile import Session
from gongguan.sync.exchange.renewal import CardChange, Renewed
from gongguan.sync.exchange.watch import count_attempt
from gongguan.sync.paper.lost_letters import next_number, note_lost
from gongguan.sync.records import ON_PAPER, CardNote, Epoch, Pairing, Setting
from gongguan.sync.store import Store

if TYPE_CHECKING:
    from gongguan.node.peers.delivery import Delivery

log = get_logger(__name__)

PROCESSING = "processing"
"""File in the data folder: which message is being processed."""


def first_card(keys: NodeKeys, config: Config, valid_from: str) -> bytes:
    """The genesis card of a new node, signed. Raises S-readable for a title or an address that cannot stand on one."""
    card = Card(
        serial=1,
        node_id=keys.node_id,
        title=config.title,
        kind=config.kind,
        region=config.region,
        log_key=keys.log.public.raw.hex(),
        cosigning_key=keys.cosigning.public.raw.hex(),
        sealing_keys=tuple(SealingEntry(suite=key.suite, public=key.public_bytes.hex()) for key in keys.sealing),
        endpoints=endpoints_of(keys, config),
        tls_sha256=tls.digest(keys.tls_certificate),
        protocol=(1, 1),
        valid_from=valid_from,
    )
    return cards.sign(card, keys.log, keys.cosigning)


T = TypeVar("T")
LOADED_LATER: Final = ("gongguan.node.staff.desk", "gongguan.node.staff.staff_api", "gongguan.node.schedule")
"""A third of what a running node loads, and nothing that a partner waits for."""


class Node:
    """A node with its database open. ``serve`` runs it until it is told to stop; ``close`` gives everything back."""

    def __init__(self, folder: Path, config: Config, keys: NodeKeys, lock: FolderLock, time: Clock = clock) -> None:
        self.folder = folder
        self.clock = time
        self.config = config
        self.keys = keys
        self._lock = lock
        self._delivery: Delivery | None = None
        self._to_wake: set[str] = set()
        self._shown: tls.Certificates | None = None
        self._seal = keys.field_seal()
        database = open_database(config.database(folder), self._seal)
        try:
            self.ring = KeyRing(folder, keys, lambda: configs.load(folder))
            held = database.read(pairings.own_card)
            is_before_rotation = is_broken_off = False
            if self.ring.newer_than(held.serial):
                is_broken_off = self.ring.is_untaken_after(held.serial)
                is_before_rotation = not self.ring.signs_as(held)
                held = database.write(self._catch_up)
            was_changed = database.read(lambda store: store.get(Setting, sealed_tables.PRESENT)) is not None
            if keys.old_data_keys or was_changed:
                database.write(lambda store: _begin_resealing(store, keys))
            self.fence = Fence(folder / config.fence)
            limits = config.limits
            self.watch = ProcessWatch(folder / PROCESSING)
            self.sequencer = Sequencer(
                database,
                self.ring.identity(held),
                self.clock,
                self._committed,
                limits.group_max,
                limits.peer_bytes_max,
                self.watch,
                self.ring.newer_than,
            )
        except BaseException:
            database.close()
            raise
        self.reconciliation = Reconciler(self.sequencer, self._wake, self.clock.random_hex)
        self._count_what_killed()
        self._compare_with_fence()
        if is_before_rotation:
            # Died between key file and database: then nothing was lost that the fence does not tell.
            work = succession.begin_epochs if is_broken_off else succession.recover
            self.sequencer.write(self.sequencer.using(work))
        self.ring.note_taken()

    @classmethod
    def open(cls, folder: Path, config: Config, keys: NodeKeys, time: Clock = clock) -> "Node":
        """Lock the folder and open what is in it. Raises I-folder-in-use, I-own-card and what the database raises.

        ``time``: another clock than this machine's, for trials.
        """
        lock = lock_folder(folder)
        try:
            return cls(folder, config, keys, lock, time)
        except BaseException:
            lock.release()
            raise

    def close(self) -> None:
        """Finish writing, then release the folder. Twice is harmless."""
        self.sequencer.close()
        self.fence.stop()
        self.watch.close()
        self._lock.release()

    # --- what operations reach (sync.act.NodePort) ------------------------------------------------------------

    @property
    def node_id(self) -> str:
        """The node id on our card."""
        return self.sequencer.identity.node_id

    def renew(self, identity: Identity, present: Card, change: CardChange) -> Renewed:
        """Make the next card, keep it in the key file; see ``node/keyring.py``."""
        made = self.ring.renew(identity, present, change)
        self.sequencer.submit(_nothing).add_done_callback(lambda _: self._note_taken(made))
        if change.tls and self._shown is not None:
            keys = self.ring.keys
            self._shown.show((keys.tls_key, keys.tls_certificate), [item[:2] for item in keys.old_tls])
        return made

    def _note_taken(self, made: Renewed) -> None:
        if self.sequencer.identity.card == made.identity.card:
            self.ring.note_taken()

    def change_data_key(self, store: Store, day: str) -> None:
        """Seal under another data key from now on; the schedule sees to what lies under earlier ones."""
        self._seal.change_to(self.ring.change_data_key(day))
        _begin_resealing(store, self.ring.keys)

    @property
    def synthetic(self) -> bool:
        """Whether this is a demonstration node."""
        return self.config.synthetic

    def digest_id_number(self, id_number: str) -> str:
        """HMAC-SHA-256 under this node's own key, in hex."""
        return hmac.digest(self.keys.match_key, id_number.encode(), "sha256").hex()

    def look(self, work: Callable[[Store], T]) -> T:
        """Read the records as they are now."""
        return self.sequencer.read(work)

    def note_letters(self, newest: int) -> None:
        """In the fence: a restore of an older database shows which letters it lacks."""
        self.fence.note_letters(newest)

    def wake(self, name: str) -> None:
        """Call this partner (pairing id, or node id while pairing) once the transaction under way has ended.

        An operation about a thousand members asks for it a thousand times: once is enough.
        """
        if name not in self._to_wake:
            self._to_wake.add(name)
            self.sequencer.submit(_nothing).add_done_callback(lambda _: self._woken(name))

    def compare(self, peer: str, *, full: bool) -> Session:
        """Reconcile with a partner (beginning of its id, or "" for the only one); waits for its answers."""
        from gongguan.sync.shared.partners import active_pairing  # noqa: PLC0415 - for staff

        pairing = self.sequencer.read(lambda store: active_pairing(store, peer))
        return self.reconciliation.compare(pairing.pairing_id, full=full)

    # --- running ----------------------------------------------------------------------------------------------

    @property
    def delivery(self) -> "Delivery":
        """The deliveries of a node that serves."""
        if self._delivery is None:
            raise refuse("I-internal", what="the node does not serve")
        return self._delivery

    async def serve(self, ready: Callable[[int, str], None], stop: asyncio.Event | None = None) -> None:
        """Run until SIGTERM, SIGINT or ``stop``. ``ready(port, staff_url)`` is called when both servers listen."""
        # Imported here: commands that only look into the folder need no HTTP.
        with tls.no_authorities_read():
            from gongguan.node.peers.client import PeerClient  # noqa: PLC0415
            from gongguan.node.peers.delivery import Delivery  # noqa: PLC0415
            from gongguan.node.peers.mailboxes import Mailboxes  # noqa: PLC0415
            from gongguan.node.peers.server import PeerServer  # noqa: PLC0415
            from gongguan.node.peers.transports.relay import RelayClient  # noqa: PLC0415

        stop = stop or _stop_signal()
        limits = self.config.limits
        async with contextlib.AsyncExitStack() as stack:
            self.fence.start()
            client = PeerClient(limits)
            stack.push_async_callback(client.close)
            relay = RelayClient(limits)
            stack.push_async_callback(relay.close)
            delivery = Delivery(
                self.sequencer,
                client,
                self.clock,
                limits,
                self.reconciliation,
                is_callable=bool(self.config.endpoints),
                relay=relay,
            )
            self._delivery = delivery
            stack.push_async_callback(delivery.stop)
            server = PeerServer(self.sequencer, delivery, limits, self.reconciliation)
            stack.push_async_callback(server.stop)
            self._shown = _certificates(self.ring.keys)
            context = self._shown.context
            await server.start(self.config.listen_host, self.config.listen_port, context)
            # Partners are served from here on; what staff and the clock need is loaded beside that.
            await asyncio.to_thread(lambda: [importlib.import_module(name) for name in LOADED_LATER])
            from gongguan.node import schedule  # noqa: PLC0415
            from gongguan.node.staff import staff_api  # noqa: PLC0415
            from gongguan.node.staff.desk import Desk  # noqa: PLC0415

            desk = Desk(self.sequencer, self, self.clock.now, self.clock.random_bytes, self.sequencer.exchange_of)
            door = await staff_api.start_staff_api(desk, self.node_id, self.config.staff_host, self.config.staff_port)
            stack.push_async_callback(door.close)
            if self.config.desk_host is not None:
                place = (self.config.desk_host, self.config.desk_port)
                outward = await staff_api.start_over_tls(desk, self.node_id, *place, context, limits.silence_s)
                stack.push_async_callback(outward.close)
            url = staff_api.url_of(door)
            announcement = staff_api.announce(self.folder, url, self.node_id)
            stack.callback(announcement.unlink, missing_ok=True)
            await asyncio.wrap_future(self.sequencer.submit(self.sequencer.using(_announce_everywhere)))
            await delivery.start()
            boxes = mailboxes_of(self.keys, self.config)
            mailboxes = Mailboxes(self.sequencer, delivery, relay, self.clock, limits, self.reconciliation, boxes)
            stack.push_async_callback(mailboxes.stop)
            mailboxes.start()
            scheduler = schedule.start(self)
            stack.callback(scheduler.shutdown, wait=False)
            collector.spare_what_stays()
            log.info("serving", node=self.node_id, port=server.port, boot=self.fence.boot)
            ready(server.port, url)
            await stop.wait()
            log.info("stopping", node=self.node_id)

    def _committed(self, left: Committed) -> None:
        """In the writer thread, after each commit."""
        self.fence.note(left.logs)
        if self._delivery is not None:
            self._delivery.committed(left)

    def _woken(self, name: str) -> None:
        self._to_wake.discard(name)
        self._wake(name)

    def _wake(self, name: str) -> None:
        if self._delivery is not None:
            self._delivery.wake(name)

    def _count_what_killed(self) -> None:
        """The process before this one ended while it processed a message: should that go on, the message is held."""
        suspect = self.watch.left
        if suspect is None:
            return
        attempts = self.sequencer.write(lambda store: count_attempt(store, suspect))
        log.warning("the last process ended while processing a message", attempts=attempts, **suspect._asdict())

    def _catch_up(self, store: Store) -> CardNote:
        """Our present card, once the newer ones of the key file stand in the database: it was put back, or we died."""
        held = pairings.own_card(store)
        for data in self.ring.newer_than(held.serial):
            held = pairings.keep_own_card(store, data)
        return held

    def _compare_with_fence(self) -> None:
        """A database that is behind what was signed comes from a backup: say so, and remember it."""
        newest = self.fence.letters
        if newest >= self.sequencer.read(next_number):
            log.error("letters to partners without a node are missing", newest=newest)
            self.sequencer.write(lambda store: note_lost(store, newest))
        logs = self.sequencer.read(_all_logs)
        behind = self.fence.compare(logs)
        if not behind:
            # What a process that was killed, or a fence that could not be written, had not told it.
            self.fence.note(logs)
            return
        log.error("the database is behind the fence", pairings=behind)

        def begin(exchange: Exchange) -> None:
            known = {item.pairing_id for item in exchange.pairings()}
            for pairing_id in known.intersection(behind):
                marks = self.fence.ahead_of(pairing_id, logs.get(pairing_id, ()))
                standing.begin_recovery(exchange.book(pairing_id), "fence", marks)

        self.sequencer.write(self.sequencer.using(begin))
        for pairing_id in behind:
            self.fence.begin_anew(pairing_id, logs.get(pairing_id, ()))


def _begin_resealing(store: Store, keys: NodeKeys) -> None:
    every = (keys.data_key, *(key for key, _ in keys.old_data_keys))
    sealed_tables.begin(store, key_name(keys.data_key), frozenset(map(key_name, every)))


def _certificates(keys: NodeKeys) -> tls.Certificates:
    return tls.Certificates((keys.tls_key, keys.tls_certificate), [item[:2] for item in keys.old_tls])


def _announce_everywhere(exchange: Exchange) -> None:
    """After an upgrade the partners must hear which kinds this software applies."""
    for item in exchange.pairings():
        exchange.announce(item.pairing_id)


def _all_logs(store: Store) -> dict[str, tuple[LogSize, ...]]:
    """Of partners that have a node: what is kept of others is signed by nobody."""
    logs: dict[str, list[Epoch]] = {item.pairing_id: [] for item in store.find(Pairing) if item.state not in ON_PAPER}
    for row in store.find(Epoch):
        if row.pairing_id in logs:
            logs[row.pairing_id].append(row)
    return {pairing_id: sizes_of(rows, len(rows)) for pairing_id, rows in logs.items()}


def _nothing(store: Store) -> None:
    return None


def _stop_signal() -> asyncio.Event:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    return stop
