"""The key file of a node: every private key, outside the database and outside its backups.

``keys/node.keys`` (mode 0600) holds the keys sealed by ChaCha20-Poly1305 under a random file key of 32 bytes. That file
key stands beside it in several wrapped copies, and each opens the whole: a pass-phrase (scrypt, n = 2^17), the service
file ``keys/service.key`` for a start without a person, and the recovery sheet that is printed once and kept in a safe::

    keys, sheet = create(folder, "pass-phrase", now)
    open_with_service(folder) == open_with_passphrase(folder, "pass-phrase")
    add_passphrase(folder, "pass-phrase", "李强", "another one")      # one for each administrator
    new_sheet(folder, "pass-phrase")                                 # the sheet before opens nothing from now on
    recover(folder, typed, "李强", "a new one")                       # service file and pass-phrase were lost
    wrap_anew(folder, "pass-phrase", print)                          # another file key, with a new sheet

Who may start the node unattended may read the service file; whoever does not want that removes it and types the
pass-phrase at each start. The file key stays unless it is changed by ``wrap_anew``, while the node is stopped: then
whoever kept an old file key, service file or sheet opens nothing that is written from then on. An old copy of
``node.keys`` always opens as it did when it was made, so such copies have to be destroyed.

A service file may hold two lines while the key file is being replaced: whichever of the two key files stands on the
disk when the process is killed, one of the lines belongs to it.
"""

import fcntl
import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated, Final, Literal, NamedTuple

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from gongguan.node.clock import random_bytes
from gongguan.node.keys.node_keys import Contents, Hex, NodeKeys, contents_of, keys_of, new_contents
from gongguan.node.keys.recovery_sheet import read_sheet, sheet_text
from gongguan.protocol.errors import refuse
from gongguan.sync.persons.passwords import check_rules

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
SERVICE_LINES_MAX: Final = 2
PASSPHRASES_MAX: Final = 8
"""A start by pass-phrase tries each, half a second for one."""
_CONTENT: Final = b"gongguan keys 1\n"


class Copy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The file key, wrapped. ``salt``, ``cost`` and ``name`` (whose it is) belong to a pass-phrase only."""

    kind: Literal["passphrase", "service", "recovery"]
    wrapped: Hex
    name: Annotated[str, msgspec.Meta(max_length=200)] = ""
    salt: Hex | None = None
    cost: Annotated[int, msgspec.Meta(ge=1, le=SCRYPT_COST_MAX)] | None = None


class KeyFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What lies on the disk."""

    gongguan_keys: Literal[1]
    copies: tuple[Copy, ...]
    sealed: Hex


def create(folder: Path, passphrase: str, now: datetime, name: str = "") -> tuple[NodeKeys, str]:
    """Make the keys of a new node in ``folder/keys``; the sheet's groups are shown once and kept nowhere.

    ``name``: whose pass-phrase it is.
    Raises A-key-file-exists, I-folder-not-writable; then nothing was made that would be taken for keys.
    """
    place = folder / FOLDER
    if (place / KEY_FILE).exists():
        raise refuse("A-key-file-exists", folder=str(folder))
    contents = new_contents(now)
    file_key, service, recovery = (random_bytes(FILE_KEY_BYTES) for _ in range(3))
    copies = (
        _copy_for_passphrase(name, passphrase, file_key),
        Copy(kind="service", wrapped=_wrap("service", service, file_key)),
        Copy(kind="recovery", wrapped=_wrap("recovery", recovery, file_key)),
    )
    sealed = _seal(file_key, msgspec.json.encode(contents), _CONTENT).hex()
    try:
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise refuse("I-folder-not-writable", folder=str(place), reason=error.strerror) from error
    _store(folder, KeyFile(gongguan_keys=1, copies=copies, sealed=sealed), service)
    return keys_of(contents, file_key), sheet_text(recovery)


def keep(folder: Path, present: NodeKeys, fresh: NodeKeys) -> None:
    """Put ``fresh`` in the place of ``present``; every way in stays as it is and opens the new contents.

    Raises A-key-file-damaged when the file holds other cards or another data key than ``present`` (it was replaced
    meanwhile), A-key-file-missing, I-folder-not-writable; then nothing has changed.
    """
    with _changing(folder) as stored:
        held = _opened(stored, present.file_key)
        if (held.cards, held.data_key) != (present.cards, present.data_key):
            raise refuse("A-key-file-damaged", reason="replaced meanwhile")
        sealed = _seal(present.file_key, msgspec.json.encode(contents_of(fresh)), _CONTENT).hex()
        _store(folder, msgspec.structs.replace(stored, sealed=sealed))


def open_with_passphrase(folder: Path, passphrase: str) -> NodeKeys:
    """Raises A-key-file-missing, A-key-file-damaged, A-key-file-passphrase."""
    stored = _read(folder)
    return _opened(stored, _file_key(stored, "passphrase", lambda copy: _phrase_key(copy, passphrase)))


def open_with_service(folder: Path) -> NodeKeys:
    """Raises A-key-file-missing, A-key-file-damaged, A-key-file-service."""
    if not (folder / FOLDER / KEY_FILE).exists():
        raise refuse("A-key-file-missing", folder=str(folder))
    stored = _read(folder)
    service = _service_in_force(folder, stored)
    if service is None:
        raise refuse("A-key-file-service")
    return _opened(stored, _file_key(stored, "service", lambda copy: service))


def copies_in(folder: Path) -> tuple[Copy, ...]:
    """The ways in, without opening any. Raises A-key-file-missing, A-key-file-damaged."""
    return _read(folder).copies


def add_passphrase(
    folder: Path, present: str, name: str, fresh: str, *, replace: bool = False, trial: bool = False
) -> None:
    """One more pass-phrase, for ``name``; with ``replace`` instead of the one that is there under this name.

    ``trial``, here and below: everything is checked, nothing written.

    ``present`` is any that opens. Raises A-key-file-passphrase, D-password, A-key-file-name-taken, A-key-file-name,
    A-key-file-many, A-key-file-missing, -damaged, I-folder-not-writable; then nothing has changed.
    """
    check_rules(fresh, name)
    with _changing(folder) as stored:
        file_key = _file_key(stored, "passphrase", lambda copy: _phrase_key(copy, present))
        names = [copy.name for copy in stored.copies if copy.kind == "passphrase"]
        if not replace and name in names:
            raise refuse("A-key-file-name-taken")
        if replace and name not in names:
            raise refuse("A-key-file-name")
        if len(names) >= PASSPHRASES_MAX and not replace:
            raise refuse("A-key-file-many", limit=PASSPHRASES_MAX)
        if not trial:
            _store(folder, _with_passphrase(stored, name, _copy_for_passphrase(name, fresh, file_key)))


def remove_passphrase(folder: Path, present: str, name: str, *, trial: bool = False) -> None:
    """Withdraw a pass-phrase; one always stays. ``present`` is any that opens.

    Raises A-key-file-passphrase, A-key-file-name, A-key-file-last, A-key-file-missing, -damaged, I-folder-not-writable.
    """
    with _changing(folder) as stored:
        _file_key(stored, "passphrase", lambda copy: _phrase_key(copy, present))
        left = _without(stored, name)
        if len(left) == len(stored.copies):
            raise refuse("A-key-file-name")
        if not any(copy.kind == "passphrase" for copy in left):
            raise refuse("A-key-file-last")
        if not trial:
            _store(folder, msgspec.structs.replace(stored, copies=left))


def new_sheet(folder: Path, present: str, *, trial: bool = False) -> str:
    """Another recovery sheet, "" in a trial; the one before opens nothing from now on.

    ``present`` is any pass-phrase that opens.

    Raises A-key-file-passphrase, A-key-file-missing, -damaged, I-folder-not-writable; then the old sheet holds.
    """
    recovery = random_bytes(FILE_KEY_BYTES)
    with _changing(folder) as stored:
        file_key = _file_key(stored, "passphrase", lambda copy: _phrase_key(copy, present))
        if trial:
            return ""
        others = tuple(copy for copy in stored.copies if copy.kind != "recovery")
        made = Copy(kind="recovery", wrapped=_wrap("recovery", recovery, file_key))
        _store(folder, msgspec.structs.replace(stored, copies=(*others, made)))
    return sheet_text(recovery)


def wrap_anew(
    folder: Path, present: str, show: Callable[[str, tuple[str, ...]], None], *, trial: bool = False
) -> tuple[str, ...]:
    """Put the keys under another file key; service file and sheet are new too. The names whose pass-phrases are gone.

    Nobody but ``present`` is known, so the other pass-phrases cannot be taken along. Where there is no service file
    there will be none. ``show`` gets the new sheet and those names before anything is written: whoever is killed in
    between holds the sheet that will open, and the old one still does. The node must not run: it would go on
    with the old file key.

    Raises A-key-file-passphrase, A-key-file-missing, -damaged, I-folder-not-writable; then the old ways in hold.
    """
    file_key, service, recovery = (random_bytes(FILE_KEY_BYTES) for _ in range(3))
    with _changing(folder) as stored:
        mine = _opening(stored, "passphrase", lambda copy: _phrase_key(copy, present))
        keys = _opened(stored, mine.file_key)
        gone = tuple(copy.name for copy in stored.copies if copy.kind == "passphrase" and copy != mine.copy)
        if trial:
            return gone
        unattended = (folder / FOLDER / SERVICE_FILE).exists()
        copies = [
            _copy_for_passphrase(mine.copy.name, present, file_key),
            Copy(kind="recovery", wrapped=_wrap("recovery", recovery, file_key)),
        ]
        if unattended:
            copies.append(Copy(kind="service", wrapped=_wrap("service", service, file_key)))
        sealed = _seal(file_key, msgspec.json.encode(contents_of(keys)), _CONTENT).hex()
        fresh = KeyFile(gongguan_keys=1, copies=tuple(copies), sealed=sealed)
        show(sheet_text(recovery), gone)
        _store(folder, fresh, service if unattended else None)
    return gone


def recover(folder: Path, typed: str, name: str, fresh: str, *, trial: bool = False) -> NodeKeys:
    """By the sheet: a new service file, and a new pass-phrase for ``name``; other names keep theirs, the sheet holds.

    ``typed``: the sheet's groups, with whatever spaces and letter case. Raises A-key-file-sheet with the numbers of the
    wrong groups, A-key-file-recovery, -missing, -damaged, D-password, I-folder-not-writable. After a failure the sheet
    still opens.
    """
    check_rules(fresh, name)
    recovery, service = read_sheet(typed), random_bytes(FILE_KEY_BYTES)
    with _changing(folder) as stored:
        file_key = _file_key(stored, "recovery", lambda copy: recovery)
        keys = _opened(stored, file_key)
        if trial:
            return keys
        others = tuple(copy for copy in stored.copies if copy.kind != "service")
        made = Copy(kind="service", wrapped=_wrap("service", service, file_key))
        changed = msgspec.structs.replace(stored, copies=(*others, made))
        _store(folder, _with_passphrase(changed, name, _copy_for_passphrase(name, fresh, file_key)), service)
    return keys


class _Opening(NamedTuple):
    """A copy that opens, and what lies in it."""

    copy: Copy
    file_key: bytes


def _file_key(stored: KeyFile, kind: str, wrapping_key: Callable[[Copy], bytes]) -> bytes:
    return _opening(stored, kind, wrapping_key).file_key


def _opening(stored: KeyFile, kind: str, wrapping_key: Callable[[Copy], bytes]) -> _Opening:
    """The first copy of this kind that opens, with the file key. Raises A-key-file-… of the kind."""
    for copy in stored.copies:
        if copy.kind != kind:
            continue
        file_key = _unwrapped(copy, wrapping_key(copy))
        if file_key is not None:
            return _Opening(copy, file_key)
    raise refuse(f"A-key-file-{kind}")


def _unwrapped(copy: Copy, key: bytes) -> bytes | None:
    try:
        return _unseal(key, bytes.fromhex(copy.wrapped), _CONTENT + copy.kind.encode())
    except (InvalidTag, ValueError):
        return None


def _opened(stored: KeyFile, file_key: bytes) -> NodeKeys:
    try:
        plain = _unseal(file_key, bytes.fromhex(stored.sealed), _CONTENT)
        return keys_of(msgspec.json.decode(plain, type=Contents), file_key)
    except (InvalidTag, ValueError, msgspec.MsgspecError):
        raise refuse("A-key-file-damaged") from None


def _copy_for_passphrase(name: str, passphrase: str, file_key: bytes) -> Copy:
    salt = random_bytes(SALT_BYTES)
    wrapped = _wrap("passphrase", _scrypt(passphrase, salt, SCRYPT_COST), file_key)
    return Copy(kind="passphrase", wrapped=wrapped, name=name, salt=salt.hex(), cost=SCRYPT_COST)


def _without(stored: KeyFile, name: str) -> tuple[Copy, ...]:
    return tuple(copy for copy in stored.copies if copy.kind != "passphrase" or copy.name != name)


def _with_passphrase(stored: KeyFile, name: str, copy: Copy) -> KeyFile:
    return msgspec.structs.replace(stored, copies=(*_without(stored, name), copy))


@contextmanager
def _changing(folder: Path) -> Iterator[KeyFile]:
    """The key file, which nobody else changes meanwhile. A running node has read it and does not mind."""
    try:
        descriptor = os.open(folder / FOLDER, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        raise refuse("A-key-file-missing", folder=str(folder)) from None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield _read(folder)
    finally:
        os.close(descriptor)


def _store(folder: Path, stored: KeyFile, service: bytes | None = None) -> None:
    """Write the key file; a new service file before it, and alone after it. Raises I-folder-not-writable."""
    place = folder / FOLDER
    try:
        if service is not None:
            _write_service(folder, service, *_present_service(folder))
        _write(place / KEY_FILE, msgspec.json.format(msgspec.json.encode(stored)) + b"\n")
        if service is not None:
            _write_service(folder, service)
    except OSError as error:
        raise refuse("I-folder-not-writable", folder=str(place), reason=error.strerror) from error


def _write_service(folder: Path, *keys: bytes) -> None:
    _write(folder / FOLDER / SERVICE_FILE, b"".join(key.hex().encode() + b"\n" for key in keys))


def _present_service(folder: Path) -> tuple[bytes, ...]:
    """The line of the service file that opens the key file that still stands there; none for a new node."""
    if not (folder / FOLDER / KEY_FILE).exists():
        return ()
    present = _service_in_force(folder, _read(folder))
    return () if present is None else (present,)


def _service_in_force(folder: Path, stored: KeyFile) -> bytes | None:
    """The line of the service file that belongs to this key file."""
    for service in _service_keys(folder):
        for copy in stored.copies:
            if copy.kind == "service" and _unwrapped(copy, service) is not None:
                return service
    return None


def _service_keys(folder: Path) -> tuple[bytes, ...]:
    """The lines of the service file; none where there is no such file."""
    try:
        lines = (folder / FOLDER / SERVICE_FILE).read_text(encoding="ascii").split()
        return tuple(bytes.fromhex(line) for line in lines[:SERVICE_LINES_MAX])
    except (OSError, ValueError):
        return ()


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


def _write(path: Path, data: bytes) -> None:
    """For this account only, and on the disk before it has its name."""
    fresh = path.with_suffix(path.suffix + ".new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(fresh, path)
    except OSError:
        fresh.unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
