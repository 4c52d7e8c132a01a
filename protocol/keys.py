"""Keys: how a public key is admitted, what signs, what seals.

One door for Ed25519 public keys, ``enrol``: the canonical encoding of a point of prime order and nothing else, so that
a signature that verifies was made by the holder of one private key (every case of ed25519-speccheck stops here or at
``verify``). Signatures are RFC 8032 by ``cryptography``. Sealing is HPKE base mode (RFC 9180, HKDF-SHA-256,
ChaCha20-Poly1305) to a hybrid of ML-KEM-768 and X25519, or to plain X25519 as the floor::

    key = SigningKey.from_seed(seed)               # 32 bytes, kept by the key file
    enrol(key.public.raw).verify(b"text", key.sign(b"text"))
    sealing = SealingKey.from_seeds(HYBRID, seeds) # 96 bytes: 64 of ML-KEM, 32 of X25519
    sealing.open(info, sealing.public.seal(info, b"payload"))

HPKE here has no associated data: bind the context through ``info``. Objects show no private bytes when printed.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from hashlib import sha256
from typing import Any, Final, NamedTuple

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from gongguan.protocol.errors import refuse

SEED_BYTES: Final = 32
PUBLIC_BYTES: Final = 32
SIGNATURE_BYTES: Final = 64
ENROLLED_MAX: Final = 1024
"""Keys whose admission is remembered: those of the newest few hundred cards."""

HYBRID: Final = "mlkem768-x25519"
FLOOR: Final = "x25519"

_MLKEM_SEED_BYTES: Final = 64
_MLKEM_PUBLIC_BYTES: Final = 1184

_Point = tuple[int, int, int, int]

_FIELD: Final = 2**255 - 19
_ORDER: Final = 2**252 + 27742317777372353535851937790883648493
_D: Final = -121665 * pow(121666, -1, _FIELD) % _FIELD
_ROOT_OF_MINUS_ONE: Final = pow(2, (_FIELD - 1) // 4, _FIELD)


# Signing


@dataclass(frozen=True, slots=True)
class PublicKey:
    """An Ed25519 public key that ``enrol`` has admitted; ``raw`` is 32 bytes."""

    raw: bytes
    _handle: Ed25519PublicKey = field(repr=False, compare=False)

    def verify(self, message: bytes, signature: bytes) -> None:
        """None when ``signature`` (64 bytes) is by this key over ``message``; raises A-signature."""
        try:
            self._handle.verify(signature, message)
        except InvalidSignature:
            raise refuse("A-signature") from None


@lru_cache(maxsize=ENROLLED_MAX)
def enrol(raw: bytes) -> PublicKey:
    """The public key of 32 bytes that are the canonical encoding of a point of prime order; raises A-weak-key.

    The newest answers are kept: the same few cards are opened again and again, and each point costs milliseconds.
    """
    if len(raw) != PUBLIC_BYTES:
        raise refuse("A-weak-key", bytes=len(raw))
    point = _point(raw)
    if point is None or _is_identity(point) or not _is_identity(_times(_ORDER, point)):
        raise refuse("A-weak-key", reason="not a point of prime order")
    return PublicKey(raw, Ed25519PublicKey.from_public_bytes(raw))


@dataclass(frozen=True, slots=True)
class SigningKey:
    """An Ed25519 private key."""

    seed: bytes = field(repr=False)
    public: PublicKey
    _handle: Ed25519PrivateKey = field(repr=False, compare=False)

    @classmethod
    def from_seed(cls, seed: bytes) -> "SigningKey":
        """The key of a 32-byte seed (RFC 8032 section 5.1.5); raises A-weak-key for another length."""
        if len(seed) != SEED_BYTES:
            raise refuse("A-weak-key", bytes=len(seed))
        handle = Ed25519PrivateKey.from_private_bytes(seed)
        public = handle.public_key()  # a multiple of the base point: of prime order by construction
        return cls(seed, PublicKey(public.public_bytes_raw(), public), handle)

    def sign(self, message: bytes) -> bytes:
        """The 64-byte signature; the same bytes each time."""
        return self._handle.sign(message)


# Sealing


class _SealingSuite(NamedTuple):
    """One row of SUITES. ``Any``: the key objects of the two KEMs have no common type in ``cryptography``."""

    hpke: hpke.Suite
    seed_bytes: int
    private: Callable[[bytes], Any]
    public: Callable[[bytes], Any]
    public_of: Callable[[bytes], bytes]


def _hybrid_private(seeds: bytes) -> hpke.MLKEM768X25519PrivateKey:
    return hpke.MLKEM768X25519PrivateKey(
        MLKEM768PrivateKey.from_seed_bytes(seeds[:_MLKEM_SEED_BYTES]),
        X25519PrivateKey.from_private_bytes(seeds[_MLKEM_SEED_BYTES:]),
    )


def _hybrid_public(raw: bytes) -> hpke.MLKEM768X25519PublicKey:
    return hpke.MLKEM768X25519PublicKey(
        MLKEM768PublicKey.from_public_bytes(raw[:_MLKEM_PUBLIC_BYTES]), _x25519_public(raw[_MLKEM_PUBLIC_BYTES:])
    )


def _hybrid_public_of(seeds: bytes) -> bytes:
    mlkem = MLKEM768PrivateKey.from_seed_bytes(seeds[:_MLKEM_SEED_BYTES]).public_key().public_bytes_raw()
    return mlkem + _x25519_public_of(seeds[_MLKEM_SEED_BYTES:])


def _x25519_public(raw: bytes) -> X25519PublicKey:
    if int.from_bytes(raw, "little") >= _FIELD:
        raise ValueError("not the canonical encoding")
    key = X25519PublicKey.from_public_bytes(raw)
    # An exchange with a point of small order gives zero whatever the private key, and is refused by the library.
    X25519PrivateKey.from_private_bytes(b"\1" * SEED_BYTES).exchange(key)
    return key


def _x25519_public_of(seed: bytes) -> bytes:
    return X25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()


def _suite(kem: hpke.KEM) -> hpke.Suite:
    return hpke.Suite(kem, hpke.KDF.HKDF_SHA256, hpke.AEAD.CHACHA20_POLY1305)


SUITES: Final[dict[str, _SealingSuite]] = {
    HYBRID: _SealingSuite(
        _suite(hpke.KEM.MLKEM768_X25519),
        _MLKEM_SEED_BYTES + SEED_BYTES,
        _hybrid_private,
        _hybrid_public,
        _hybrid_public_of,
    ),
    FLOOR: _SealingSuite(
        _suite(hpke.KEM.X25519), SEED_BYTES, X25519PrivateKey.from_private_bytes, _x25519_public, _x25519_public_of
    ),
}
"""Name of a sealing suite → how its keys are made; the first is preferred."""


@dataclass(frozen=True)
class SealingPublic:
    """The public half of a sealing key, admitted by ``enrol``."""

    suite: str
    public_bytes: bytes = field(repr=False)
    _handle: Any = field(repr=False, compare=False)

    @classmethod
    def enrol(cls, suite: str, public_bytes: bytes) -> "SealingPublic":
        """The key of a known suite: 1,216 bytes (ML-KEM-768 ‖ X25519) or 32; raises A-weak-key for any other bytes."""
        if suite not in SUITES:
            raise refuse("A-weak-key", reason="unknown suite")
        try:
            handle = SUITES[suite].public(public_bytes)
        except ValueError:
            raise refuse("A-weak-key", suite=suite, bytes=len(public_bytes)) from None
        return cls(suite, public_bytes, handle)

    @cached_property
    def key_id(self) -> str:
        """16 hex digits: the first 8 bytes of SHA-256(suite ‖ newline ‖ public bytes)."""
        return sha256(self.suite.encode() + b"\n" + self.public_bytes).hexdigest()[:16]

    def seal(self, info: bytes, plaintext: bytes) -> bytes:
        """The encapsulated key followed by the ciphertext; other bytes each time."""
        return SUITES[self.suite].hpke.encrypt(plaintext, self._handle, info)


@dataclass(frozen=True, slots=True)
class SealingKey:
    """A private sealing key. The library's hybrid key exports nothing, so what is kept is ``seeds``: 64 bytes of
    ML-KEM and 32 of X25519, or the 32 alone."""

    seeds: bytes = field(repr=False)
    public: SealingPublic
    _handle: Any = field(repr=False, compare=False)

    @classmethod
    def from_seeds(cls, suite: str, seeds: bytes) -> "SealingKey":
        """The key of 96 bytes (hybrid) or 32 (floor); raises A-weak-key for another suite or length."""
        if suite not in SUITES or len(seeds) != SUITES[suite].seed_bytes:
            raise refuse("A-weak-key", reason="unknown suite or wrong length", bytes=len(seeds))
        row = SUITES[suite]
        return cls(seeds, SealingPublic.enrol(suite, row.public_of(seeds)), row.private(seeds))

    @property
    def suite(self) -> str:
        return self.public.suite

    @property
    def public_bytes(self) -> bytes:
        return self.public.public_bytes

    @property
    def key_id(self) -> str:
        return self.public.key_id

    def open(self, info: bytes, sealed: bytes) -> bytes:
        """The plaintext; raises A-cannot-open when it was sealed to another key, with other info, or was altered."""
        try:
            return SUITES[self.suite].hpke.decrypt(sealed, self._handle, info)
        except (InvalidTag, ValueError):
            raise refuse("A-cannot-open", bytes=len(sealed)) from None


# The curve: public data only, so nothing here needs constant time (RFC 8032 section 5.1, twisted Edwards form)


def _point(raw: bytes) -> _Point | None:
    """The point in extended coordinates, or None unless the encoding is canonical and on the curve."""
    number = int.from_bytes(raw, "little")
    sign, y = number >> 255, number & (1 << 255) - 1
    if y >= _FIELD:
        return None
    above, below = (y * y - 1) % _FIELD, (_D * y * y + 1) % _FIELD
    x = above * pow(below, 3, _FIELD) * pow(above * pow(below, 7, _FIELD), (_FIELD - 5) // 8, _FIELD) % _FIELD
    if (below * x * x - above) % _FIELD:
        x = x * _ROOT_OF_MINUS_ONE % _FIELD
    if (below * x * x - above) % _FIELD or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = _FIELD - x
    return (x, y, 1, x * y % _FIELD)


def _plus(one: _Point, other: _Point) -> _Point:
    a = (one[1] - one[0]) * (other[1] - other[0]) % _FIELD
    b = (one[1] + one[0]) * (other[1] + other[0]) % _FIELD
    c = 2 * one[3] * other[3] * _D % _FIELD
    d = 2 * one[2] * other[2] % _FIELD
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % _FIELD, g * h % _FIELD, f * g % _FIELD, e * h % _FIELD)


def _times(factor: int, point: _Point) -> _Point:
    total: _Point = (0, 1, 1, 0)
    while factor:
        if factor & 1:
            total = _plus(total, point)
        point = _plus(point, point)
        factor >>= 1
    return total


def _is_identity(point: _Point) -> bool:
    return point[0] % _FIELD == 0 and (point[1] - point[2]) % _FIELD == 0
