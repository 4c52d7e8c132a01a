"""Nodes that serve nobody: their folders are opened by the test, as the command does it when no node runs."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from gongguan.node import clock, config
from gongguan.node.app import Node
from gongguan.node.clock import Clock
from gongguan.node.config import Limits
from gongguan.node.keys import keyfiles
from gongguan.node.operations.bundle import (
    BundleExport,
    BundleExported,
    BundleImport,
    BundleTaken,
    LogEnd,
    export_bundle,
    import_bundle,
)
from gongguan.node.peers.courier import FileTaken, files_in, take_all, write_new
from gongguan.node.peers.transports.file import name_for
from gongguan.protocol import card as cards
from gongguan.protocol import note
from gongguan.protocol.messages.exchange import VersionsAnnounced
from gongguan.sync.act import Act
from gongguan.sync.exchange import pairings
from gongguan.sync.exchange.exchange import Exchange
from gongguan.sync.records import Epoch, LogMessage, SharedRecord, Staff

T = TypeVar("T")

OFFICER = Staff(name="张干事", role="organisation_officer", body_code="990101", password="")


class Offline:
    """One node with its folder open."""

    def __init__(self, folder: Path, limits: Limits = Limits(), time: Clock = clock) -> None:  # noqa: B008 - a frozen value
        self.folder = folder
        settings = msgspec.structs.replace(config.load(folder), limits=limits)
        self.node = Node.open(folder, settings, keyfiles.open_with_service(folder), time)

    def do(self, work: Callable[[Exchange], T]) -> T:
        return self.node.sequencer.write(self.node.sequencer.using(work))

    def look(self, work: Callable[[Exchange], T]) -> T:
        return self.node.sequencer.read(self.node.sequencer.using(work))

    def pairing_id(self) -> str:
        (found,) = self.look(lambda exchange: exchange.pairings())
        return found.pairing_id

    def say(self, count: int = 1) -> list[str]:
        """Messages of our own, each in a transaction (and so in a segment) of its own."""
        return [self.do(_say) for _ in range(count)]

    def export(self, folder: Path, *, text: bool = False) -> list[Path]:
        """All that is due, as the command writes it."""
        written: list[Path] = []
        beyond: list[LogEnd] = []
        number, more = 0, True
        while more:
            request = BundleExport(text=text, beyond=beyond)
            made = self._export(request)

            def name(count: int, made: BundleExported = made) -> str:
                return name_for(made.sender, made.recipient, made.on, count, text=text)

            path, number = write_new(folder, name, made.file, number + 1)
            written.append(path)
            beyond, more = made.beyond, made.more
        return written

    def _export(self, request: BundleExport) -> BundleExported:
        return self.look(lambda exchange: export_bundle(self._act(exchange), request))

    def take(self, *paths: Path) -> list[FileTaken]:
        """Import files and folders, as the command does."""
        return take_all(files_in(paths), self.bring)

    def bring(self, data: bytes, receipts_only: bool) -> BundleTaken:
        """Import one file."""
        request = BundleImport(file=data, receipts_only=receipts_only)
        return self.do(lambda exchange: import_bundle(self._act(exchange), request))

    def outcomes(self, *paths: Path) -> list[str]:
        return [item.outcome for item in self.take(*paths)]

    def heard(self) -> list[bytes]:
        """The partner's messages, in the order of its log."""
        return self._messages(own=False)

    def said(self) -> list[bytes]:
        return self._messages(own=True)

    def is_due(self) -> bool:
        return self.look(lambda exchange: exchange.is_due(exchange.pairings()[0].pairing_id))

    def records(self) -> list[Any]:
        """All shared records, as they are stored."""
        found = self.look(lambda exchange: exchange.store.find(SharedRecord))
        return sorted((item.unit, item.key, item.value) for item in found)

    def _messages(self, *, own: bool) -> list[bytes]:
        def look(exchange: Exchange) -> list[bytes]:
            rows = exchange.store.find(Epoch, own=own, order=("ordinal",))
            return [
                item.data
                for row in rows
                for item in exchange.store.find(LogMessage, ordinal=row.ordinal, order=("index",))
            ]

        return self.look(look)

    def _act(self, exchange: Exchange) -> Act:
        return Act(exchange.store, OFFICER, clock.now(), clock.random_bytes, self.node, exchange)

    def close(self) -> None:
        self.node.close()


def pair_by_hand(inviter: Offline, invited: Offline) -> None:
    """Pair as two officers do, with packets handed over."""
    token = clock.random_hex(16)
    inviter.do(lambda exchange: pairings.invite(exchange.store, "张干事", exchange.now, token))
    packet = inviter.look(lambda exchange: pairings.invitation_packet(exchange.store, token))
    invited.do(lambda exchange: pairings.take_packet(exchange.store, packet, exchange.now, "李干事"))
    _hand_over(invited, inviter)
    _confirm(inviter, invited)
    _confirm(invited, inviter)
    _hand_over(inviter, invited)
    _hand_over(invited, inviter)


def _hand_over(giver: Offline, taker: Offline) -> None:
    packet = giver.look(lambda exchange: pairings.packet(exchange.store, taker.node.node_id))

    def take(exchange: Exchange) -> None:
        pairings.take_packet(exchange.store, packet, exchange.now)
        exchange.announce_to(giver.node.node_id)

    taker.do(take)


def _confirm(here: Offline, there: Offline) -> None:
    card = there.node.sequencer.read(pairings.own_card)
    digits = cards.fingerprint(note.parse(card.note).text)

    def confirm(exchange: Exchange) -> None:
        log_key = exchange.identity.log
        pairings.confirm(exchange.store, there.node.node_id, digits, "干事", log_key, exchange.now)
        exchange.announce_to(there.node.node_id)

    here.do(confirm)


def _say(exchange: Exchange) -> str:
    (found,) = exchange.pairings()
    book = exchange.book(found.pairing_id)
    kinds = book.pairing_unit().records[f"versions/{book.own_party}"]["entries"][-1]["value"]["kinds"]
    return book.write("exchange.versions", VersionsAnnounced(kinds=tuple(kinds))).id
