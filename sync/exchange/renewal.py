"""The next card of a node: another title, other addresses, new sealing keys, or other signing keys.

Pure: keys come in, a signed card and the identity that it names come out. ``node/keys/keyfiles.py`` keeps both before
anybody sees them; ``sync/exchange/succession.py`` puts them in force::

    identity, note = renew(identity, card, Renewal(valid_from="2026-11-29", log=new_log, cosigning=new_cosigning))
"""

from typing import NamedTuple

import msgspec

from gongguan.protocol import card as cards
from gongguan.protocol import note
from gongguan.protocol.card import Card, SealingEntry
from gongguan.protocol.errors import refuse
from gongguan.protocol.keys import SealingKey, SigningKey
from gongguan.protocol.limits import CARD_CHAIN_MAX
from gongguan.protocol.session import Identity


class CardChange(NamedTuple):
    """What an officer asks for. ``day``: YYYY-MM-DD. ``signing`` and ``sealing``: other keys; ``as_configured``: title
    and addresses as the settings have them now; ``tls``: another certificate."""

    day: str
    signing: bool = False
    sealing: bool = False
    as_configured: bool = False
    tls: bool = False


class Renewed(NamedTuple):
    """What this node signs as from now on, and its newer cards, the oldest first."""

    identity: Identity
    cards: tuple[bytes, ...]


class Renewal(NamedTuple):
    """What the next card changes; None or empty: as before. ``valid_from``: YYYY-MM-DD. ``sealing``: the new keys."""

    valid_from: str
    title: str | None = None
    endpoints: tuple[str, ...] | None = None
    tls_sha256: str | None = None
    log: SigningKey | None = None
    cosigning: SigningKey | None = None
    sealing: tuple[SealingKey, ...] = ()


def renew(identity: Identity, present: Card, change: Renewal) -> tuple[Identity, bytes]:
    """The identity under the next card, and that card as a note, signed by the keys that it names.

    With another log key the one before signs too. Private sealing keys of before stay, behind the new ones. Raises
    D-card-unchanged, R-cards, A-key-in-two-roles, S-readable.
    """
    log, cosigning = change.log or identity.log, change.cosigning or identity.cosigning
    card = msgspec.structs.replace(
        present,
        serial=present.serial + 1,
        previous=identity.card,
        title=present.title if change.title is None else change.title,
        endpoints=present.endpoints if change.endpoints is None else change.endpoints,
        tls_sha256=change.tls_sha256 or present.tls_sha256,
        log_key=log.public.raw.hex(),
        cosigning_key=cosigning.public.raw.hex(),
        sealing_keys=tuple(SealingEntry(suite=key.suite, public=key.public_bytes.hex()) for key in change.sealing)
        or present.sealing_keys,
        valid_from=change.valid_from,
    )
    if card == msgspec.structs.replace(
        present, serial=card.serial, previous=card.previous, valid_from=change.valid_from
    ):
        raise refuse("D-card-unchanged")
    if card.serial > CARD_CHAIN_MAX:
        raise refuse("R-cards", limit=CARD_CHAIN_MAX)
    cards.keys_of(card)
    # Also where the log key stays: then its one line is both that of the new card and that of the card before.
    before = identity.log if log.public != identity.log.public else None
    data = cards.sign(card, log, cosigning, before)
    return (
        identity._replace(
            card=note.text_hash(cards.render(card)),
            log=log,
            cosigning=cosigning,
            sealing=(*change.sealing, *identity.sealing),
        ),
        data,
    )
