"""Encryption of single columns: what a stolen database file does not show.

ChaCha20-Poly1305 (RFC 8439) under a data key of 32 bytes that lives in the key file, not in the database. The table
and column are associated data: a value that was moved to another column does not open. A sealed value is the nonce
(12 bytes, random), the ciphertext and the tag (16 bytes)::

    seal = FieldSeal(data_key)
    seal.open(seal.seal(b"...", b"member.name"), b"member.name")
"""

from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from gongguan.node.clock import random_bytes
from gongguan.protocol.errors import refuse

DATA_KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12


class FieldSeal:
    """Seals and opens column values under one data key. Safe to share between threads."""

    def __init__(self, data_key: bytes) -> None:
        """``data_key`` has 32 bytes, else ValueError."""
        self._cipher = ChaCha20Poly1305(data_key)

    def seal(self, value: bytes, column: bytes) -> bytes:
        """``value`` encrypted for ``column`` (``b"table.column"``); 28 bytes longer, different each time."""
        nonce = random_bytes(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, value, column)

    def open(self, sealed: bytes, column: bytes) -> bytes:
        """The value again. Raises ``I-sealed-field`` for another key, another column or changed bytes."""
        try:
            return self._cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], column)
        except (InvalidTag, ValueError):
            raise refuse("I-sealed-field", column=column.decode()) from None
