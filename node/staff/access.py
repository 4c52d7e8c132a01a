"""Who is it, and may they: logins, tokens, lockout, roles and subtrees.

A token is 32 random bytes; only its SHA-256 is kept. Five wrong passwords lock an account for 15 minutes. Whether a
name exists, is locked or is disabled cannot be told from outside: the answer and the work done are the same::

    line = database.read(lambda store: line_of(store, name))
    right = matches(line, password)                                     # slow, outside any transaction
    login = database.write(lambda store: settle(store, attempt, right)) # counts failures, or gives a token
"""

import base64
import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec

from gongguan.node.operations.operation import Operation
from gongguan.protocol.errors import refuse
from gongguan.sync.act import stamp
from gongguan.sync.days import is_open
from gongguan.sync.persons.bodies import is_within
from gongguan.sync.persons.passwords import COST
from gongguan.sync.records import Staff, Token
from gongguan.sync.store import Store

TOKEN_BYTES: Final = 32
SESSION_TERM: Final = timedelta(hours=12)
"""One working day: people log in once in the morning."""
FAILURES_MAX: Final = 5
LOCK_TERM: Final = timedelta(minutes=15)
SESSIONS_MAX: Final = 10
"""Open logins of one person; the oldest ends when there is one more."""

DUMMY_LINE: Final = f"$scrypt$ln={COST},r=8,p=1${'A' * 22}==${'A' * 43}="
"""Compared when there is no such person, so that the answer takes as long."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try to log in. ``line`` is the password line that was compared."""

    name: str
    line: str
    now: datetime
    fresh: bytes  # TOKEN_BYTES random bytes for the token


@dataclass(frozen=True, slots=True)
class Login:
    """A login as it is handed out, once."""

    token: str
    person: Staff
    expires_at: str


def line_of(store: Store, name: str) -> str:
    """The password line to compare with, a dummy for nobody."""
    person = store.get(Staff, name)
    return person.password if person is not None else DUMMY_LINE


def settle(store: Store, attempt: Attempt, right: bool) -> Login | None:
    """Count a failure or give a token, in one transaction; None stands for every kind of refusal.

    The caller raises ``A-login`` after the transaction, so that the count is kept.
    """
    person = store.get(Staff, attempt.name)
    if person is None or person.disabled or _is_locked(person, attempt.now):
        return None
    if not right or person.password != attempt.line:
        store.put(_failed(person, attempt.now))
        return None
    if person.failures or person.locked_until:
        store.put(msgspec.structs.replace(person, failures=0, locked_until=None))
    _end_old_logins(store, person.name, attempt.now)
    expires_at = stamp(attempt.now + SESSION_TERM)
    token = base64.urlsafe_b64encode(attempt.fresh).decode().rstrip("=")
    store.add(Token(digest=digest_of(token), staff=person.name, expires_at=expires_at))
    return Login(token, person, expires_at)


def person_of(store: Store, token: str, now: datetime) -> Staff:
    """The person whose valid token this is. Raises A-token."""
    kept = store.get(Token, digest_of(token))
    person = store.get(Staff, kept.staff) if kept is not None and _is_alive(kept, now) else None
    if person is None or person.disabled:
        raise refuse("A-token")
    return person


def check_role(operation: Operation, person: Staff) -> None:
    """Raises A-role."""
    if person.role not in operation.roles:
        raise refuse("A-role", operation=operation.name, role=person.role, allowed=sorted(operation.roles))


def check_subtree(store: Store, operation: Operation, person: Staff, request: Any) -> str | None:
    """The body that the request touches, if it names one. Raises A-subtree when it lies outside the person's reach."""
    if operation.subtree is None:
        return None
    code = operation.subtree(store, request)
    if code is not None and not is_within(store, code, person.body_code):
        raise refuse("A-subtree", body=code, reach=person.body_code)
    return code


def digest_of(token: str) -> str:
    """What is stored of a token."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def _failed(person: Staff, now: datetime) -> Staff:
    failures = person.failures + 1
    if failures < FAILURES_MAX:
        return msgspec.structs.replace(person, failures=failures, locked_until=None)
    locked = stamp(now + LOCK_TERM)
    return msgspec.structs.replace(person, failures=0, locked_until=locked)


def _is_locked(person: Staff, now: datetime) -> bool:
    return person.locked_until is not None and is_open(person.locked_until, now, LOCK_TERM)


def _is_alive(token: Token, now: datetime) -> bool:
    return is_open(token.expires_at, now, SESSION_TERM)


def _end_old_logins(store: Store, name: str, now: datetime) -> None:
    kept = sorted(store.find(Token, staff=name), key=lambda token: token.expires_at)
    alive = [token for token in kept if _is_alive(token, now)]
    surplus = alive[: max(0, len(alive) - SESSIONS_MAX + 1)]
    for token in [*(token for token in kept if not _is_alive(token, now)), *surplus]:
        store.remove(Token, token.digest)
