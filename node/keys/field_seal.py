"""Encryption of single columns: what a stolen database file does not show.

ChaCha20-Poly1305 (RFC 8439) under a data key of 32 bytes that lives in the key file, not in the database. The table
and column are associated data: a value that was moved to another column does not open. A sealed value is the nonce
(12 bytes, random), the ciphertext and the tag (16 bytes). A data key can be changed
(``node/database/resealing.py``): what those before it sealed still opens, until it is sealed anew::

    seal = FieldSeal(data_key)
    seal.open(seal.seal(b"...", b"member.name"), b"member.name")
    seal.change_to(another)
"""

import hashlib
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from gongguan.node.clock import random_bytes
from gongguan.protocol.errors import refuse

DATA_KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12


def key_name(data_key: bytes) -> str:
    """16 hex digits by which the database says under which key it is sealed; they say nothing of the key."""
    return hashlib.sha256(b"gongguan data key\n" + data_key).hexdigest()[:16]


class FieldSeal:
    """Seals under one data key, opens under this and earlier ones. Safe to share between threads."""

    def __init__(self, data_key: bytes, *earlier: bytes) -> None:
        """Each key has 32 bytes, else ValueError."""
        self._ciphers = tuple(ChaCha20Poly1305(key) for key in (data_key, *earlier))

    def change_to(self, data_key: bytes) -> None:
        """Seal under another key from now on."""
        self._ciphers = (ChaCha20Poly1305(data_key), *self._ciphers)

    def seal(self, value: bytes, column: bytes) -> bytes:
        """``value`` encrypted for ``column`` (``b"table.column"``); 28 bytes longer, different each time."""
        nonce = random_bytes(NONCE_BYTES)
        return nonce + self._ciphers[0].encrypt(nonce, value, column)

    def open(self, sealed: bytes, column: bytes) -> bytes:
        """The value again. Raises ``I-sealed-field`` for another key, another column or changed bytes."""
        for cipher in self._ciphers:
            try:
                return cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], column)
            except (InvalidTag, ValueError):
                continue
        raise refuse("I-sealed-field", column=column.decode())
