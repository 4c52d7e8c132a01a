"""The way to this folder's node for exchange by files: through the one that runs, else by this command itself.

There is never a second writer: without a running node the command takes the folder's lock, opens the database with the
service key and works in its own process, under the same login, roles and audit. A node that is started meanwhile is
refused (``I-folder-in-use``), and so is this command while a node starts or stops::

    with at_desk(settings) as desk:
        desk.call(operation, {"file": data})     # raises client.Refused, as client.StaffClient does
"""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

from gongguan.cli import client
from gongguan.cli.commands import Settings
from gongguan.cli.operations import Operation, Record, record
from gongguan.cli.passwords import read_secrets
from gongguan.protocol.errors import ProtocolError, refuse
from gongguan.sync.label import Label

if TYPE_CHECKING:
    from gongguan.node.staff.desk import Desk

PASSWORD: Final = Label(name="password", zh="密码", en="Password", form="secret", required=True, default=None)


class Calls(Protocol):
    """Whoever performs operations for a person."""

    def call(self, operation: Operation, fields: Mapping[str, object], *, dry_run: bool = False) -> Record:
        """The answer; of a dry run what it would have been. Raises client.Refused."""


@contextmanager
def at_desk(settings: Settings, *, from_stdin: bool) -> Iterator[Calls]:
    """See the module. Raises A-token, A-login, I-folder-in-use and what opening a node raises."""
    running = client.node_at(settings.node) if settings.node else _running(settings.folder)
    if running is not None:
        yield client.StaffClient(running, client.token_of(running, settings.staff))
        return
    with _opened(settings, from_stdin) as desk:
        yield desk


def _running(folder: Path) -> client.Node | None:
    try:
        node = client.find_node(folder)
    except ProtocolError as error:
        if error.code not in {"T-node-not-running", "T-node-none"}:
            raise
        return None
    return node if client.StaffClient(node).answers() else None


@contextmanager
def _opened(settings: Settings, from_stdin: bool) -> Iterator[Calls]:
    from gongguan.node import clock, config, logs  # noqa: PLC0415 - not while a node runs
    from gongguan.node.app import Node  # noqa: PLC0415
    from gongguan.node.keys import keyfiles  # noqa: PLC0415 - not while a node runs
    from gongguan.node.staff.desk import Desk  # noqa: PLC0415

    found = config.load(settings.folder)
    logs.set_up(settings.folder / found.log if found.log else None, logging.ERROR)
    node = Node.open(settings.folder, found, keyfiles.open_with_service(settings.folder))
    try:
        desk = Desk(node.sequencer, node, clock.now, clock.random_bytes, node.sequencer.exchange_of)
        yield _Own(desk, _token(desk, node.node_id, settings.staff, from_stdin))
    finally:
        node.close()


def _token(desk: "Desk", node_id: str, staff: str | None, from_stdin: bool) -> str:
    """The login that is kept on this machine, else a new one for this command."""
    here = client.Node("127.0.0.1", 0, node_id)
    try:
        token = client.token_of(here, staff)
        desk.admit("session.show", token)
    except ProtocolError as error:
        if error.code != "A-token":
            raise
        who = client.staff_of(here, staff)
        if who is None:
            raise refuse("A-token") from None
        return desk.login(who, read_secrets([PASSWORD], from_stdin)["password"]).token
    return token


class _Own:
    """Operations in this process."""

    def __init__(self, desk: "Desk", token: str) -> None:
        self._desk = desk
        self._token = token

    def call(self, operation: Operation, fields: Mapping[str, object], *, dry_run: bool = False) -> Record:
        """As ``client.StaffClient.call``."""
        import msgspec  # noqa: PLC0415 - not while a node runs

        from gongguan.node.staff.desk import Manner  # noqa: PLC0415
        from gongguan.protocol.forms import ready  # noqa: PLC0415

        given = msgspec.msgpack.encode(fields)
        try:
            answer = self._desk.perform(
                operation.name,
                self._token,
                lambda kind: msgspec.msgpack.decode(given or b"\x80", type=ready(kind)),
                Manner(dry_run=dry_run),
            )
        except ProtocolError as error:
            raise client.Refused(client.Failure.of(error), operation) from None
        return record(operation.answer, msgspec.to_builtins(answer, builtin_types=(bytes,)))
