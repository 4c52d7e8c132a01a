"""The keys of a running node and how its next card is made: kept in the key file before anybody sees it.

The key file is ahead of the database or equal to it, never behind: a crash after it was written, or a database put
back from a backup, leaves a newer card here, which the next start (or the next renewal) puts in force. So no serial is
signed twice with different contents, whatever is restored. What a rotation replaces is destroyed: private log and
cosigning keys at once, private sealing keys after ``SEALING_KEPT_DAYS``, since files may be months on their way::

    ring = KeyRing(folder, keys)
    renewed = ring.renew(exchange.identity, present_card, CardChange("2026-11-29", signing=True))
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Final

from gongguan.node import keyfiles, tls
from gongguan.node.clock import random_bytes
from gongguan.node.config import Config
from gongguan.node.keyfiles import NodeKeys
from gongguan.node.transports.mailbox import Mailbox
from gongguan.protocol import card as cards
from gongguan.protocol import note
from gongguan.protocol.card import Card
from gongguan.protocol.errors import refuse
from gongguan.protocol.keys import FLOOR, HYBRID, SEED_BYTES, SUITES, SealingKey, SigningKey
from gongguan.protocol.session import Identity
from gongguan.sync.records import CardNote
from gongguan.sync.renewal import CardChange, Renewal, Renewed, renew

SEALING_KEPT_DAYS: Final = 400
"""How long a sealing key that was replaced still opens what was sealed to it."""


class KeyRing:
    """See the module. ``settings`` gives the settings as they are on the disk now."""

    def __init__(self, folder: Path, keys: NodeKeys, settings: Callable[[], Config]) -> None:
        self.keys = keys
        self._folder = folder
        self._settings = settings

    def identity(self, held: CardNote) -> Identity:
        """What this node signs as under its present card. Raises I-own-card, A-key-file-older for other keys."""
        if held.node_id != self.keys.node_id:
            raise refuse("I-own-card", node_id=held.node_id)
        if not self.signs_as(held):
            raise refuse("A-key-file-older", serial=held.serial)
        return self._identity(held.hash)

    def signs_as(self, held: CardNote) -> bool:
        """Whether our signing keys are those of this card."""
        card = cards.parse(note.parse(held.note).text)
        ours = self.keys.log.public.raw.hex(), self.keys.cosigning.public.raw.hex()
        return (card.log_key, card.cosigning_key) == ours

    def newer_than(self, serial: int) -> tuple[bytes, ...]:
        """The cards of the key file beyond this serial, the oldest first: those that the database has not seen."""
        return tuple(data for data in self.keys.cards if cards.parse(note.parse(data).text).serial > serial)

    def renew(self, identity: Identity, present: Card, change: CardChange) -> Renewed:
        """The next card, kept; or, where the key file is ahead of the database already, what it holds.

        Raises D-card-unchanged, R-cards, S-readable, I-folder-not-writable; then the key file is as before.
        """
        ahead = self.newer_than(present.serial)
        if ahead:
            return Renewed(self._identity(_hash(ahead[-1])), ahead)
        following, data = renew(identity, present, self._renewal(change))
        fresh = self._successors(following, data, change)
        keyfiles.keep(self._folder, self.keys, fresh)
        self.keys = fresh
        return Renewed(self._identity(following.card), (data,))

    def _renewal(self, change: CardChange) -> Renewal:
        found = Renewal(change.day)
        if change.signing:
            log, cosigning = (SigningKey.from_seed(random_bytes(SEED_BYTES)) for _ in range(2))
            found = found._replace(log=log, cosigning=cosigning)
        if change.sealing:
            made = (SealingKey.from_seeds(suite, random_bytes(SUITES[suite].seed_bytes)) for suite in (HYBRID, FLOOR))
            found = found._replace(sealing=tuple(made))
        if change.as_configured:
            settings = self._settings()
            found = found._replace(
                title=settings.title,
                endpoints=endpoints_of(self.keys, settings),
                tls_sha256=tls.digest(self.keys.tls_certificate),
            )
        return found

    def _successors(self, following: Identity, data: bytes, change: CardChange) -> NodeKeys:
        sealing, old = self.keys.sealing, self.keys.old_sealing
        if change.sealing:
            oldest = (date.fromisoformat(change.day) - timedelta(days=SEALING_KEPT_DAYS)).isoformat()
            kept = tuple((key, until) for key, until in old if until >= oldest)
            sealing, old = following.sealing[: len(SUITES)], (*((key, change.day) for key in sealing), *kept)
        return replace(
            self.keys,
            genesis=self.keys.node_id,
            log=following.log,
            cosigning=following.cosigning,
            sealing=sealing,
            old_sealing=old,
            cards=(*self.keys.cards, data),
        )

    def _identity(self, card_hash: str) -> Identity:
        keys = self.keys
        return Identity(keys.node_id, card_hash, keys.log, keys.cosigning, keys.every_sealing)


def endpoints_of(keys: NodeKeys, config: Config) -> tuple[str, ...]:
    """The addresses that belong on the card: those of the settings, then our mailboxes. Raises S-relay-address."""
    return (*config.endpoints, *(box.endpoint for box in mailboxes_of(keys, config)))


def mailboxes_of(keys: NodeKeys, config: Config) -> tuple[Mailbox, ...]:
    """Our mailboxes at the relays of the settings. Raises S-relay-address."""
    return tuple(Mailbox.of(relay, keys.match_key) for relay in config.relays)


def _hash(data: bytes) -> str:
    return note.text_hash(note.parse(data).text)
