"""The private keys of a node: as they are used in memory, and as the key file holds them."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated

import msgspec

from gongguan.node.clock import random_bytes
from gongguan.node.keys import tls
from gongguan.node.keys.field_seal import DATA_KEY_BYTES, FieldSeal
from gongguan.protocol import card
from gongguan.protocol.keys import FLOOR, HYBRID, SEED_BYTES, SUITES, SealingKey, SigningKey

Hex = Annotated[str, msgspec.Meta(pattern=r"^([0-9a-f]{2})+\Z", max_length=1 << 22)]
"""The contents may hold CARD_CHAIN_MAX cards of 6 KiB."""


class Contents(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is sealed: seeds in hex, the TLS key and certificate as PEM. ``sealing``: (suite, seeds).

    Only after a renewal: ``node_id`` (of the first log key), ``cards`` (every card after the first), and what was
    replaced, each with the day on which it was: ``old_sealing``, ``old_data_keys``, ``old_tls`` (key, certificate).
    ``untaken``: serial of the first card of which nobody knows that a database ever held it, 0 for none.
    """

    log: Hex
    cosigning: Hex
    sealing: tuple[tuple[str, Hex], ...]
    data_key: Hex
    match_key: Hex
    tls_key: str
    tls_certificate: str
    node_id: str | None = None
    old_sealing: tuple[tuple[str, Hex, str], ...] = ()
    cards: tuple[str, ...] = ()
    old_data_keys: tuple[tuple[Hex, str], ...] = ()
    old_tls: tuple[tuple[str, str, str], ...] = ()
    untaken: int = 0


@dataclass(frozen=True)
class NodeKeys:
    """The private keys of a node in memory; printing it shows none of them.

    ``data_key`` seals personal columns (``node/keys/field_seal.py``), ``match_key`` keys the local digests of ID
    numbers. ``old_sealing``, ``old_data_keys``, ``old_tls``: what was replaced, and on which day; ``cards``: every
    card after the first; ``file_key`` opens the key file, so that a running node can put other contents under the
    ways in that there are.
    """

    log: SigningKey
    cosigning: SigningKey
    sealing: tuple[SealingKey, ...]
    data_key: bytes = field(repr=False)
    match_key: bytes = field(repr=False)
    tls_key: str = field(repr=False)
    tls_certificate: str = field(repr=False)
    genesis: str | None = None
    old_sealing: tuple[tuple[SealingKey, str], ...] = ()
    cards: tuple[bytes, ...] = ()
    file_key: bytes = field(default=b"", repr=False, compare=False)
    old_data_keys: tuple[tuple[bytes, str], ...] = field(default=(), repr=False)
    old_tls: tuple[tuple[str, str, str], ...] = field(default=(), repr=False)
    untaken: int = field(default=0, compare=False)

    @property
    def node_id(self) -> str:
        """The id of this node, from its genesis log key."""
        return self.genesis or card.node_id(self.log.public.raw)

    @property
    def every_sealing(self) -> tuple[SealingKey, ...]:
        """The sealing keys of the present card, then those that were replaced."""
        return (*self.sealing, *(key for key, _ in self.old_sealing))

    def field_seal(self) -> FieldSeal:
        """Seals under the present data key and opens under every one that is kept."""
        return FieldSeal(self.data_key, *(key for key, _ in self.old_data_keys))


def new_contents(now: datetime) -> Contents:
    """The keys of a new node, drawn now."""
    log = SigningKey.from_seed(random_bytes(SEED_BYTES))
    tls_key, certificate = tls.make_certificate(card.node_id(log.public.raw), now)
    return Contents(
        log=log.seed.hex(),
        cosigning=random_bytes(SEED_BYTES).hex(),
        sealing=tuple((suite, random_bytes(SUITES[suite].seed_bytes).hex()) for suite in (HYBRID, FLOOR)),
        data_key=random_bytes(DATA_KEY_BYTES).hex(),
        match_key=random_bytes(SEED_BYTES).hex(),
        tls_key=tls_key,
        tls_certificate=certificate,
    )


def contents_of(keys: NodeKeys) -> Contents:
    """What the key file holds of them."""
    return Contents(
        log=keys.log.seed.hex(),
        cosigning=keys.cosigning.seed.hex(),
        sealing=tuple((key.suite, key.seeds.hex()) for key in keys.sealing),
        data_key=keys.data_key.hex(),
        match_key=keys.match_key.hex(),
        tls_key=keys.tls_key,
        tls_certificate=keys.tls_certificate,
        node_id=keys.genesis,
        old_sealing=tuple((key.suite, key.seeds.hex(), day) for key, day in keys.old_sealing),
        cards=tuple(item.decode() for item in keys.cards),
        old_data_keys=tuple((key.hex(), day) for key, day in keys.old_data_keys),
        old_tls=keys.old_tls,
        untaken=keys.untaken,
    )


def keys_of(contents: Contents, file_key: bytes) -> NodeKeys:
    """The keys that a key file holds, ready to sign and to open."""
    return NodeKeys(
        log=SigningKey.from_seed(bytes.fromhex(contents.log)),
        cosigning=SigningKey.from_seed(bytes.fromhex(contents.cosigning)),
        sealing=tuple(SealingKey.from_seeds(suite, bytes.fromhex(seeds)) for suite, seeds in contents.sealing),
        data_key=bytes.fromhex(contents.data_key),
        match_key=bytes.fromhex(contents.match_key),
        tls_key=contents.tls_key,
        tls_certificate=contents.tls_certificate,
        genesis=contents.node_id,
        old_sealing=tuple(
            (SealingKey.from_seeds(suite, bytes.fromhex(seeds)), day) for suite, seeds, day in contents.old_sealing
        ),
        cards=tuple(item.encode() for item in contents.cards),
        file_key=file_key,
        old_data_keys=tuple((bytes.fromhex(key), day) for key, day in contents.old_data_keys),
        old_tls=contents.old_tls,
        untaken=contents.untaken,
    )
