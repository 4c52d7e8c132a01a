"""The keys of a running node and how its next card is made: kept in the key file before anybody sees it.

The key file is ahead of the database or equal to it, never behind: a crash after it was written, or a database put
back from a backup, leaves a newer card here, which the next start (or the next renewal) puts in force. So no serial is
signed twice with different contents, whatever is restored. Which of the two it was says a mark: a card is *untaken*
until a commit has put it into a database. What a renewal replaces is destroyed: private log and
cosigning keys at once, everything else ``KEPT_DAYS`` later, since files may be months on their way, a partner may know
only the certificate of before, and a backup may lie under the data key of before::

    ring = KeyRing(folder, keys, settings)
    renewed = ring.renew(exchange.identity, present_card, CardChange("2026-11-29", signing=True))
    ring.change_data_key("2026-11-29")
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Final, TypeVar

from gongguan.node.clock import random_bytes
from gongguan.node.config import Config
from gongguan.node.keys import keyfiles, tls
from gongguan.node.keys.field_seal import DATA_KEY_BYTES
from gongguan.node.keys.node_keys import NodeKeys
from gongguan.node.logs import get_logger
from gongguan.node.peers.transports.mailbox import Mailbox
from gongguan.protocol import card as cards
from gongguan.protocol import note
from gongguan.protocol.card import Card
from gongguan.protocol.errors import ProtocolError, refuse
from gongguan.protocol.keys import FLOOR, HYBRID, SEED_BYTES, SUITES, SealingKey, SigningKey
from gongguan.protocol.session import Identity
from gongguan.sync.exchange.renewal import CardChange, Renewal, Renewed, renew
from gongguan.sync.records import CardNote

KEPT_DAYS: Final = 400
"""How long a sealing key, a data key, a TLS certificate that was replaced is still good for what lies under it."""


log = get_logger(__name__)

Replaced = TypeVar("Replaced", bound=tuple[Any, ...])


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
        tls_pair = tls.make_certificate(self.keys.node_id, _noon(change.day)) if change.tls else None
        following, data = renew(identity, present, self._renewal(change, tls_pair))
        fresh = replace(self._successors(following, data, change), untaken=present.serial + 1)
        if tls_pair is not None:
            old = (self.keys.tls_key, self.keys.tls_certificate, change.day)
            kept = (old, *_kept(self.keys.old_tls, change.day))
            fresh = replace(fresh, tls_key=tls_pair[0], tls_certificate=tls_pair[1], old_tls=kept)
        keyfiles.keep(self._folder, self.keys, fresh)
        self.keys = fresh
        return Renewed(self._identity(following.card), (data,))

    def is_untaken_after(self, serial: int) -> bool:
        """Whether no database ever held our cards beyond this serial: we died before the first of them was taken."""
        return self.keys.untaken == serial + 1

    def note_taken(self) -> None:
        """A database holds our newest card. Where the file cannot be written the mark stays until the next start."""
        if not self.keys.untaken:
            return
        fresh = replace(self.keys, untaken=0)
        try:
            keyfiles.keep(self._folder, self.keys, fresh)
        except ProtocolError as error:
            log.warning("not noted that the newest card was taken", code=error.code)
            return
        self.keys = fresh

    def change_data_key(self, day: str) -> bytes:
        """Another data key, kept beside those of before. Raises A-key-file-damaged, I-folder-not-writable."""
        keys = self.keys
        old = ((keys.data_key, day), *_kept(keys.old_data_keys, day))
        fresh = replace(keys, data_key=random_bytes(DATA_KEY_BYTES), old_data_keys=old, genesis=keys.node_id)
        keyfiles.keep(self._folder, keys, fresh)
        self.keys = fresh
        return fresh.data_key

    def _renewal(self, change: CardChange, tls_pair: tuple[str, str] | None) -> Renewal:
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
        if tls_pair is not None:
            found = found._replace(tls_sha256=tls.digest(tls_pair[1]))
        return found

    def _successors(self, following: Identity, data: bytes, change: CardChange) -> NodeKeys:
        sealing, old = self.keys.sealing, self.keys.old_sealing
        if change.sealing:
            replaced = tuple((key, change.day) for key in sealing)
            sealing, old = following.sealing[: len(SUITES)], (*replaced, *_kept(old, change.day))
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


def _kept(replaced: tuple[Replaced, ...], day: str) -> tuple[Replaced, ...]:
    """Of what was replaced, each with its day last, what was so not too long before this day."""
    oldest = (date.fromisoformat(day) - timedelta(days=KEPT_DAYS)).isoformat()
    return tuple(item for item in replaced if item[-1] >= oldest)


def _noon(day: str) -> datetime:
    return datetime.fromisoformat(f"{day}T12:00:00+00:00")


def endpoints_of(keys: NodeKeys, config: Config) -> tuple[str, ...]:
    """The addresses that belong on the card: those of the settings, then our mailboxes. Raises S-relay-address."""
    return (*config.endpoints, *(box.endpoint for box in mailboxes_of(keys, config)))


def mailboxes_of(keys: NodeKeys, config: Config) -> tuple[Mailbox, ...]:
    """Our mailboxes at the relays of the settings. Raises S-relay-address."""
    return tuple(Mailbox.of(relay, keys.match_key) for relay in config.relays)


def _hash(data: bytes) -> str:
    return note.text_hash(note.parse(data).text)
