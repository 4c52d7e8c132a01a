"""The key file of a node: every private key, outside the database and outside its backups.

``keys/node.keys`` (mode 0600) holds the keys sealed by ChaCha20-Poly1305 under a random file key of 32 bytes. That file
key stands beside it in several wrapped copies, and each opens the whole: a pass-phrase (scrypt, n = 2^17), the service
file ``keys/service.key`` for a start without a person, and the recovery sheet that is printed once and kept in a safe::

    keys, sheet = create(folder, "pass-phrase", now)
    open_with_service(folder) == open_with_passphrase(folder, "pass-phrase") == open_with_recovery(folder, typed)

Who may start the node unattended may read the service file; whoever does not want that removes it and types the
pass-phrase at each start.
"""

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Annotated, Final, Literal

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from gongguan.node import tls
from gongguan.node.clock import random_bytes
from gongguan.node.field_seal import DATA_KEY_BYTES
from gongguan.protocol import card
from gongguan.protocol.errors import refuse
from gongguan.protocol.keys import FLOOR, HYBRID, SEED_BYTES, SUITES, SealingKey, SigningKey

FOLDER: Final = "keys"
KEY_FILE: Final = "node.keys"
SERVICE_FILE: Final = "service.key"
FILE_KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12
SALT_BYTES: Final = 16
SCRYPT_COST: Final = 17
"""log2 of n: 128 MiB and half a second for each guess."""
SCRYPT_COST_MAX: Final = 20
"""A file that asks for more than 1 GiB is not ours."""

ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no I, L, O, U, so that nothing is misread on paper."""
SHEET_GROUPS: Final = 13
_GROUP_SIGNS: Final = 4
_CONTENT: Final = b"gongguan keys 1\n"

Hex = Annotated[str, msgspec.Meta(pattern=r"^([0-9a-f]{2})+\Z", max_length=1 << 16)]


class Copy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The file key, wrapped. ``salt`` and ``cost`` belong to a pass-phrase only."""

    kind: Literal["passphrase", "service", "recovery"]
    wrapped: Hex
    salt: Hex | None = None
    cost: Annotated[int, msgspec.Meta(ge=1, le=SCRYPT_COST_MAX)] | None = None


class KeyFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What lies on the disk."""

    gongguan_keys: Literal[1]
    copies: tuple[Copy, ...]
    sealed: Hex


class Contents(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is sealed: seeds in hex, the TLS key and certificate as PEM. ``sealing``: (suite, seeds)."""

    log: Hex
    cosigning: Hex
    sealing: tuple[tuple[str, Hex], ...]
    data_key: Hex
    match_key: Hex
    tls_key: str
    tls_certificate: str


@dataclass(frozen=True)
class NodeKeys:
    """The private keys of a node in memory; printing it shows none of them.

    ``data_key`` seals personal columns (``node/field_seal.py``), ``match_key`` keys the local digests of ID numbers.
    """

    log: SigningKey
    cosigning: SigningKey
    sealing: tuple[SealingKey, ...]
    data_key: bytes = field(repr=False)
    match_key: bytes = field(repr=False)
    tls_key: str = field(repr=False)
    tls_certificate: str = field(repr=False)

    @property
    def node_id(self) -> str:
        """The id of the node whose genesis log key this is."""
        return card.node_id(self.log.public.raw)


def create(folder: Path, passphrase: str, now: datetime) -> tuple[NodeKeys, str]:
    """Make the keys of a new node in ``folder/keys``; the sheet's groups are shown once and kept nowhere.

    Raises A-key-file-exists, I-folder-not-writable; then nothing was made that would be taken for keys.
    """
    place = folder / FOLDER
    if (place / KEY_FILE).exists():
        raise refuse("A-key-file-exists", folder=str(folder))
    contents = _fresh(now)
    file_key, service, recovery = (random_bytes(FILE_KEY_BYTES) for _ in range(3))
    salt = random_bytes(SALT_BYTES)
    phrase_key = _scrypt(passphrase, salt, SCRYPT_COST)
    copies = (
        Copy(kind="passphrase", wrapped=_wrap("passphrase", phrase_key, file_key), salt=salt.hex(), cost=SCRYPT_COST),
        Copy(kind="service", wrapped=_wrap("service", service, file_key)),
        Copy(kind="recovery", wrapped=_wrap("recovery", recovery, file_key)),
    )
    sealed = _seal(file_key, msgspec.json.encode(contents), _CONTENT).hex()
    stored = msgspec.json.format(msgspec.json.encode(KeyFile(gongguan_keys=1, copies=copies, sealed=sealed)))
    try:
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write(place / SERVICE_FILE, service.hex().encode() + b"\n")
        _write(place / KEY_FILE, stored + b"\n")
    except OSError as error:
        raise refuse("I-folder-not-writable", folder=str(place), reason=error.strerror) from error
    return _keys(contents), sheet_text(recovery)


def open_with_passphrase(folder: Path, passphrase: str) -> NodeKeys:
    """Raises A-key-file-missing, A-key-file-damaged, A-key-file-passphrase."""
    return _open(folder, "passphrase", lambda copy: _phrase_key(copy, passphrase))


def open_with_service(folder: Path) -> NodeKeys:
    """Raises A-key-file-missing, A-key-file-damaged, A-key-file-service."""
    if not (folder / FOLDER / KEY_FILE).exists():
        raise refuse("A-key-file-missing", folder=str(folder))
    try:
        service = bytes.fromhex((folder / FOLDER / SERVICE_FILE).read_text(encoding="ascii").strip())
    except (OSError, ValueError):
        raise refuse("A-key-file-service") from None
    return _open(folder, "service", lambda copy: service)


def open_with_recovery(folder: Path, typed: str) -> NodeKeys:
    """``typed``: the sheet's groups, with whatever spaces and letter case.

    Raises A-key-file-sheet with the numbers of the wrong groups, A-key-file-recovery, -missing, -damaged.
    """
    recovery = read_sheet(typed)
    return _open(folder, "recovery", lambda copy: recovery)


def sheet_text(secret: bytes) -> str:
    """32 bytes as 13 groups of five signs; the last sign of each checks the group and its place."""
    number = int.from_bytes(secret, "big") << (5 * SHEET_GROUPS * _GROUP_SIGNS - 8 * FILE_KEY_BYTES)
    signs = [ALPHABET[number >> shift & 31] for shift in range(5 * (SHEET_GROUPS * _GROUP_SIGNS - 1), -1, -5)]
    groups = ["".join(signs[start : start + _GROUP_SIGNS]) for start in range(0, len(signs), _GROUP_SIGNS)]
    return " ".join(group + _check_sign(place, group) for place, group in enumerate(groups))


def read_sheet(typed: str) -> bytes:
    """The 32 bytes of a sheet as a person typed it. Raises A-key-file-sheet."""
    plain = "".join(typed.upper().replace("O", "0").replace("I", "1").replace("L", "1").replace("-", " ").split())
    size = _GROUP_SIGNS + 1
    groups = [plain[start : start + size] for start in range(0, len(plain), size)]
    wrong = [
        place + 1
        for place, group in enumerate(groups)
        if len(group) != size or not set(group) <= set(ALPHABET) or group[-1] != _check_sign(place, group[:-1])
    ]
    if wrong or len(groups) != SHEET_GROUPS:
        raise refuse("A-key-file-sheet", groups=wrong[:SHEET_GROUPS], count=len(groups))
    number = 0
    for sign in "".join(group[:-1] for group in groups):
        number = number << 5 | ALPHABET.index(sign)
    spare = 5 * SHEET_GROUPS * _GROUP_SIGNS - 8 * FILE_KEY_BYTES
    return (number >> spare).to_bytes(FILE_KEY_BYTES, "big")


def _fresh(now: datetime) -> Contents:
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


def _keys(contents: Contents) -> NodeKeys:
    return NodeKeys(
        log=SigningKey.from_seed(bytes.fromhex(contents.log)),
        cosigning=SigningKey.from_seed(bytes.fromhex(contents.cosigning)),
        sealing=tuple(SealingKey.from_seeds(suite, bytes.fromhex(seeds)) for suite, seeds in contents.sealing),
        data_key=bytes.fromhex(contents.data_key),
        match_key=bytes.fromhex(contents.match_key),
        tls_key=contents.tls_key,
        tls_certificate=contents.tls_certificate,
    )


def _open(folder: Path, kind: str, wrapping_key: Callable[[Copy], bytes]) -> NodeKeys:
    stored = _read(folder)
    copy = next((copy for copy in stored.copies if copy.kind == kind), None)
    if copy is None:
        raise refuse(f"A-key-file-{kind}")
    try:
        file_key = _unseal(wrapping_key(copy), bytes.fromhex(copy.wrapped), _CONTENT + kind.encode())
    except (InvalidTag, ValueError):
        raise refuse(f"A-key-file-{kind}") from None
    try:
        plain = _unseal(file_key, bytes.fromhex(stored.sealed), _CONTENT)
        return _keys(msgspec.json.decode(plain, type=Contents))
    except (InvalidTag, ValueError, msgspec.MsgspecError):
        raise refuse("A-key-file-damaged") from None


def _read(folder: Path) -> KeyFile:
    path = folder / FOLDER / KEY_FILE
    try:
        return msgspec.json.decode(path.read_bytes(), type=KeyFile)
    except FileNotFoundError:
        raise refuse("A-key-file-missing", folder=str(folder)) from None
    except OSError as error:
        raise refuse("A-key-file-damaged", reason=error.strerror) from error
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        raise refuse("A-key-file-damaged") from None


def _phrase_key(copy: Copy, passphrase: str) -> bytes:
    if copy.salt is None or copy.cost is None:
        raise refuse("A-key-file-damaged")
    return _scrypt(passphrase, bytes.fromhex(copy.salt), copy.cost)


def _scrypt(passphrase: str, salt: bytes, cost: int) -> bytes:
    n = 1 << cost
    return hashlib.scrypt(
        passphrase.encode("utf-8", "surrogatepass"), salt=salt, n=n, r=8, p=1, maxmem=n * 8 * 128 * 2, dklen=32
    )


def _wrap(kind: str, key: bytes, file_key: bytes) -> str:
    return _seal(key, file_key, _CONTENT + kind.encode()).hex()


def _seal(key: bytes, plain: bytes, bound: bytes) -> bytes:
    nonce = random_bytes(NONCE_BYTES)
    return nonce + ChaCha20Poly1305(key).encrypt(nonce, plain, bound)


def _unseal(key: bytes, sealed: bytes, bound: bytes) -> bytes:
    return ChaCha20Poly1305(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], bound)


def _check_sign(place: int, group: str) -> str:
    return ALPHABET[hashlib.sha256(f"recovery {place} {group}".encode()).digest()[0] & 31]


def _write(path: Path, data: bytes) -> None:
    """For this account only, and on the disk before it has its name."""
    fresh = path.with_suffix(path.suffix + ".new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    os.replace(fresh, path)
    folder = os.open(path.parent, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
