"""Where the requests of staff are handled: authenticate, authorise, decode, one transaction, audit.

The same steps serve the staff API, the guided set-up and the tests; nothing here knows of HTTP. All calls block: a
server runs them in worker threads. Every request leaves one audit entry, refused ones too::

    desk = Desk(database, port, now=clock.now, rng=clock.random_bytes)
    login = desk.login("王芳", password)
    tree = desk.perform("body.list", login.token, lambda kind: kind())
"""

import threading
import unicodedata
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final, NamedTuple

import msgspec

from gongguan.node.database.database import Database
from gongguan.node.logs import get_logger
from gongguan.node.operations import named
from gongguan.node.operations.operation import Operation
from gongguan.node.staff import access, audit
from gongguan.node.staff.request_problems import facts_of
from gongguan.protocol.errors import ProtocolError, refuse
from gongguan.sync.act import Act, NodePort, stamp
from gongguan.sync.exchange.exchange import Exchange
from gongguan.sync.labels import labels_of
from gongguan.sync.letters.letters import number_in, write_letters
from gongguan.sync.lists import LISTS
from gongguan.sync.persons.passwords import matches
from gongguan.sync.records import Staff
from gongguan.sync.store import Store


class Manner(NamedTuple):
    """How a request is to be done. ``dry_run``: to the end, then undone. ``purpose``: why a record is read, a code of
    the list ``purpose``; None for the usual purpose of the operation."""

    dry_run: bool = False
    purpose: str | None = None


PLAINLY: Final = Manner()


class Done(NamedTuple):
    """What came of a request. ``letters``: codes of those that it wrote to partners without a node."""

    answer: msgspec.Struct
    letters: tuple[str, ...] = ()


Decode = Callable[[type[msgspec.Struct]], msgspec.Struct]
"""Gives the request as the struct of the operation; raises msgspec.DecodeError or ValidationError."""

DRY_RUN: Final = "dry-run"
"""The outcome in the audit of what was tried and undone."""

LOGINS_AT_ONCE: Final = 2
"""Password checks under way: each takes 32 MiB and a core."""

log = get_logger(__name__)


class Desk:
    """The operations of one node, for people who are logged in. Safe to share between threads."""

    def __init__(
        self,
        database: Database,
        port: NodePort,
        now: Callable[[], datetime],
        rng: Callable[[int], bytes],
        exchange_of: Callable[[Store], Exchange | None] = lambda store: None,
    ) -> None:
        """``exchange_of`` gives the exchange of a transaction of ``database``; None where there is none."""
        self._database = database
        self._port = port
        self._now = now
        self._rng = rng
        self._exchange_of = exchange_of
        self._passwords = threading.Semaphore(LOGINS_AT_ONCE)

    def login(self, name: str, password: str) -> access.Login:
        """A fresh token. Raises A-login for a wrong name or password, a locked or a disabled account alike."""
        clean = unicodedata.normalize("NFC", name).strip()
        line = self._database.read(lambda store: access.line_of(store, clean))
        with self._passwords:
            right = matches(line, password)
        attempt = access.Attempt(clean, line, self._now(), self._rng(access.TOKEN_BYTES))

        def settle(store: Store) -> access.Login | None:
            found = access.settle(store, attempt, right)
            # Only a name that exists is written down: a mistyped one may be somebody's password.
            known = store.get(Staff, clean) is not None
            audit.append(
                store,
                at=stamp(attempt.now),
                staff=clean if known else audit.NOBODY,
                operation="session.login",
                outcome="ok" if found else "A-login",
            )
            return found

        login = self._database.write(settle)
        if login is None:
            raise refuse("A-login")
        return login

    def admit(self, name: str, token: str) -> Operation:
        """The operation, if this token may ask for it: before anything large is read. Raises A-token, A-role."""
        return self._admitted(name, token)[0]

    def _admitted(self, name: str, token: str) -> tuple[Operation, Staff]:
        """``admit``, and who asks."""
        operation = named(name)
        if operation is None:
            raise refuse("S-operation", operation=name[:80])
        now, person = self._now(), None
        try:
            person = self._database.read(lambda store: access.person_of(store, token, now))
            access.check_role(operation, person)
        except ProtocolError as error:
            self._record(operation, person, error.code)
            raise
        return operation, person

    def perform(self, name: str, token: str, decode: Decode, manner: Manner = PLAINLY) -> msgspec.Struct:
        """``do``, and the answer alone."""
        return self.do(name, token, decode, manner).answer

    def do(self, name: str, token: str, decode: Decode, manner: Manner = PLAINLY) -> Done:
        """Do it and return the answer. Raises every refusal of access, S-request, and those of the operation."""
        if manner.purpose is not None and manner.purpose not in LISTS["purpose"]:
            raise refuse("S-request", problem="purpose", allowed=sorted(LISTS["purpose"]))
        operation, person = self._admitted(name, token)
        if manner.dry_run and operation.outside:
            raise refuse("D-no-dry-run", operation=name)
        try:
            request = _decoded(operation, decode)
            prepared = operation.prepare(self._port, request) if operation.prepare else request
            return self._transact(operation, token, request, prepared, manner)
        except ProtocolError as error:
            self._record(operation, person, error.code, about=_body_in(error))
            raise _without_body(error) from None
        except Exception as error:
            # The message of a foreign exception may quote a record: only its type and place are logged.
            where = _place_of(error)
            log.error("operation failed", operation=operation.name, error=type(error).__name__, where=where)
            self._record(operation, person, "I-internal")
            raise refuse("I-internal", operation=operation.name) from error

    def _transact(self, operation: Operation, token: str, request: Any, prepared: Any, manner: Manner) -> Done:
        now = self._now()

        def run(store: Store) -> tuple[Done, Staff, str | None]:
            person = access.person_of(store, token, now)
            access.check_role(operation, person)
            body = access.check_subtree(store, operation, person, request)
            exchange = self._exchange_of(store)
            act = Act(store=store, staff=person, now=now, rng=self._rng, node=self._port, in_exchange=exchange)
            asked = operation.settle(act, prepared) if operation.settle else prepared
            answer = Done(operation.function(act, asked), () if operation.reads else write_letters(act))
            about = operation.about(asked if operation.settle else request) if operation.about else None
            return answer, person, about or (f"body:{body or person.body_code}" if operation.subtree else None)

        def write(store: Store) -> Done:
            answer, person, about = run(store)
            if manner.dry_run:
                raise _Undone(answer, person.name, about)
            _append(store, now, operation, person.name, "ok", about, *_read(operation, answer.answer, manner))
            return answer

        if operation.reads:
            answer, person, about = self._database.read(run)
            # Nobody sees an answer before the audit says that they did.
            read = _read(operation, answer.answer, manner)
            self._database.write(lambda store: _append(store, now, operation, person.name, "ok", about, *read))
            return answer
        try:
            done = self._database.write(write)
        except _Undone as undone:
            tried = undone
        else:
            if done.letters:
                self._port.note_letters(number_in(done.letters[-1]))
            return done
        read = _read(operation, tried.answer.answer, manner)
        self._database.write(lambda store: _append(store, now, operation, tried.staff, DRY_RUN, tried.about, *read))
        return tried.answer

    def _record(self, operation: Operation, person: Staff | None, outcome: str, about: str | None = None) -> None:
        name, now = person.name if person else audit.NOBODY, self._now()
        self._database.write(lambda store: _append(store, now, operation, name, outcome, about))


class _Undone(Exception):
    """A dry run has come to its end: nothing of it is kept but that it was made."""

    def __init__(self, answer: Done, staff: str, about: str | None) -> None:
        super().__init__("dry run")
        self.answer, self.staff, self.about = answer, staff, about


def _read(operation: Operation, answer: msgspec.Struct, manner: Manner) -> tuple[str | None, int | None]:
    """Why, and how many records a person was shown; nothing of an operation that shows no member's data."""
    if not operation.personal:
        return None, None
    purpose = manner.purpose or operation.purpose
    if operation.counted is not None:
        return purpose, int(getattr(answer, operation.counted))
    rows = [label.name for label in labels_of(type(answer)) if label.form == "rows"]
    shown = max((len(getattr(answer, name)) for name in rows), default=1)
    return purpose, 1 if operation.about is not None else shown


def _append(
    store: Store,
    now: datetime,
    operation: Operation,
    name: str,
    outcome: str,
    about: str | None,
    purpose: str | None = None,
    records: int | None = None,
) -> None:
    audit.append(
        store,
        at=stamp(now),
        staff=name,
        operation=operation.name,
        outcome=outcome,
        about=about,
        purpose=purpose,
        records=records,
    )


def _decoded(operation: Operation, decode: Decode) -> msgspec.Struct:
    try:
        return decode(operation.request)
    except msgspec.ValidationError as error:
        raise refuse("S-request", **facts_of(operation, str(error))) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise refuse("S-request", problem="malformed") from None


def _body_in(error: ProtocolError) -> str | None:
    return f"body:{error.facts['body']}" if error.code == "A-subtree" else None


def _without_body(error: ProtocolError) -> ProtocolError:
    """To which body somebody belongs is for the audit; whoever has no part in it does not learn it from a refusal."""
    return refuse("A-subtree", reach=error.facts.get("reach")) if error.code == "A-subtree" else error


def _place_of(error: BaseException) -> str:
    at = error.__traceback__
    while at is not None and at.tb_next is not None:
        at = at.tb_next
    return f"{at.tb_frame.f_code.co_filename.rpartition('/')[2]}:{at.tb_lineno}" if at else ""
