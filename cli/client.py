"""The command line's way to a node: its staff API on loopback, or over TLS from elsewhere, and the logins kept here.

Standard library only, for a fast start, and nothing that needs POSIX. A token is kept in a file of mode 0600 per node
and staff name, below ``GONGGUAN_HOME``, else ``$XDG_CONFIG_HOME/gongguan``, else ``~/.config/gongguan``; the last
login is the default::

    node = find_node(Path("gongguan-data"))
    answer = StaffClient(node, token_of(node, None)).call(operation, {"under": "0101"})
"""

import http.client
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final, TypeVar
from urllib.parse import quote, unquote, urlsplit

import msgspec

from gongguan.cli import pinning
from gongguan.node.operations.failure import Failure
from gongguan.node.operations.operation import Operation
from gongguan.protocol.errors import ProtocolError, refuse
from gongguan.protocol.forms import ready

ANNOUNCEMENT: Final = "staff-api.json"
SETTINGS: Final = "gongguan.toml"
"""What every data folder of a node holds."""
ANSWER_WAIT_S_MAX: Final = 600
"""The largest import takes a minute on a slow disk."""
HEALTH_WAIT_S_MAX: Final = 10
MSGPACK: Final = "application/msgpack"
LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})

A = TypeVar("A")


class Refused(Exception):
    """The node said no; ``failure`` is its answer. ``operation`` tells what its ``detail`` is."""

    def __init__(self, failure: Failure, operation: Operation | None = None) -> None:
        super().__init__(failure.code)
        self.failure = failure
        self.operation = operation


@dataclass(frozen=True, slots=True)
class Node:
    """A running node: on this machine, or elsewhere behind the certificate ``pin`` (SHA-256 in hex)."""

    host: str
    port: int
    node_id: str
    pin: str | None = None

    def connection(self, timeout_s: float) -> http.client.HTTPConnection:
        """A connection that is not open yet."""
        if self.pin is None:
            return http.client.HTTPConnection(self.host, self.port, timeout=timeout_s)
        return pinning.PinnedConnection(self.host, self.port, self.pin, timeout_s)

    def unreached(self, error: OSError) -> ProtocolError:
        """What to say where no connection came about: those elsewhere cannot start the node themselves."""
        code = "T-node-not-running" if self.pin is None else "T-desk-not-reached"
        where = {} if self.pin is None else {"host": self.host}
        return refuse(code, **where, port=self.port, reason=error.strerror or "")


class _Announced(msgspec.Struct):
    url: str
    node_id: str


class _Health(msgspec.Struct):
    node_id: str


class LoginAnswer(msgspec.Struct, frozen=True):
    """What the node gives for a password."""

    token: str
    name: str
    role: str
    expires_at: str


class _Kept(msgspec.Struct, frozen=True):
    token: str
    expires_at: str


def reach(folder: Path, url: str | None, *, named: bool = False) -> Node:
    """The node at ``url`` if one is given, else that of the folder, else the one elsewhere that was logged in to last.

    Where the folder was ``named`` in the command, or holds a node that merely does not run, nothing else will do: work
    must not go to another node than the person means. Raises T-node-not-running, -none, -answer, A-desk-unknown.
    """
    if url is not None:
        return node_at(url)
    try:
        return find_node(folder)
    except ProtocolError as error:
        elsewhere = pinning.last_desk(home())
        if error.code != "T-node-none" or elsewhere is None or named:
            raise
        return node_at(elsewhere)


def node_at(url: str) -> Node:
    """The node at an address: on this machine, or elsewhere where its certificate was compared before.

    Raises T-node-not-running, T-node-answer, A-desk-unknown, A-desk-certificate.
    """
    if not url.startswith("https:"):
        host, port = _place_of(url)
        return Node(host, port, asked_id(Node(host, port, "")))
    host, port = pinning.place_of(url)
    pin = pinning.pin_of(home(), url)
    if pin is None:
        raise refuse("A-desk-unknown", host=host)
    return Node(host, port, pin.node_id, pin.sha256)


def asked_id(node: Node) -> str:
    """The node id that a node gives when it is asked. Raises T-node-not-running, T-node-answer, A-desk-certificate."""
    port, connection = node.port, node.connection(HEALTH_WAIT_S_MAX)
    try:
        connection.request("GET", "/staff/1/health")
        return msgspec.json.decode(connection.getresponse().read(), type=_Health).node_id
    except OSError as error:
        raise node.unreached(error) from None
    except (http.client.HTTPException, msgspec.MsgspecError):
        raise refuse("T-node-answer", port=port) from None
    finally:
        connection.close()


def find_node(folder: Path) -> Node:
    """The node that serves this data folder. Raises T-node-not-running, T-node-none, T-node-folder, T-node-answer."""
    path = folder / ANNOUNCEMENT
    try:
        announced = msgspec.json.decode(path.read_bytes(), type=_Announced)
    except PermissionError:
        raise refuse("T-node-folder", folder=str(folder)) from None
    except OSError:
        code = "T-node-not-running" if (folder / SETTINGS).exists() else "T-node-none"
        raise refuse(code, folder=str(folder)) from None
    except (msgspec.MsgspecError, ValueError):
        raise refuse("T-node-answer", file=str(path)) from None
    return Node(*_place_of(announced.url), announced.node_id)


def _place_of(url: str) -> tuple[str, int]:
    """Host and port of a staff API on this machine: a token must not leave it. Raises T-node-answer."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise refuse("T-node-answer", url=url) from None
    if parts.scheme != "http" or host not in LOOPBACK or port is None:
        raise refuse("T-node-answer", url=url)
    return host, port


class StaffClient:
    """Requests to one node as one person; each is a connection of its own."""

    def __init__(self, node: Node, token: str | None = None) -> None:
        self._node = node
        self._token = token
        self.letters: tuple[str, ...] = ()
        """Codes of the letters to partners without a node that the last request wrote."""

    def answers(self) -> bool:
        """Whether the node of this data folder is running: an announcement may outlive its node."""
        connection = self._node.connection(HEALTH_WAIT_S_MAX)
        try:
            connection.request("GET", "/staff/1/health")
            found = msgspec.json.decode(connection.getresponse().read(), type=_Health)
        except (http.client.HTTPException, OSError, msgspec.MsgspecError):
            return False
        finally:
            connection.close()
        return found.node_id == self._node.node_id

    def login(self, name: str, password: str) -> LoginAnswer:
        """Raises Refused (A-login), T-node-not-running, T-node-answer."""
        return self._post("login", {"name": name, "password": password}, LoginAnswer, None)

    def call(
        self,
        operation: Operation,
        fields: Mapping[str, object],
        *,
        dry_run: bool = False,
        purpose: str | None = None,
    ) -> msgspec.Struct:
        """The answer of an operation; of a dry run, what it would have been.

        Raises Refused with the node's refusal, T-node-not-running, T-node-answer.
        """
        manner = {"Gongguan-Dry-Run": "1"} if dry_run else {}
        if purpose is not None:
            manner["Gongguan-Purpose"] = purpose
        return self._post(operation.name, fields, operation.answer, operation, manner)

    def _post(
        self,
        path: str,
        fields: Mapping[str, object],
        kind: type[A],
        operation: Operation | None,
        manner: Mapping[str, str] = MappingProxyType({}),
    ) -> A:
        headers = {"Content-Type": MSGPACK, "Accept": MSGPACK, **manner}
        if self._token is not None:
            headers["Authorization"] = f"Bearer {self._token}"
        connection = self._node.connection(ANSWER_WAIT_S_MAX)
        try:
            connection.request("POST", f"/staff/1/{path}", msgspec.msgpack.encode(fields), headers)
            response = connection.getresponse()
            status, body = response.status, response.read()
            self.letters = tuple((response.headers.get("Gongguan-Letters") or "").split())
        except http.client.HTTPException:
            raise refuse("T-node-answer", port=self._node.port) from None
        except OSError as error:
            raise self._node.unreached(error) from None
        finally:
            connection.close()
        try:
            if status == http.HTTPStatus.OK:
                return msgspec.msgpack.decode(body, type=ready(kind))
            failure = msgspec.msgpack.decode(body, type=ready(Failure))
        except msgspec.MsgspecError:
            raise refuse("T-node-answer", port=self._node.port, status=status) from None
        raise Refused(failure, operation)


def home() -> Path:
    """Where logins are kept."""
    given = os.environ.get("GONGGUAN_HOME")
    if given:
        return Path(given)
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "gongguan"


def keep(node: Node, login: LoginAnswer) -> None:
    """Remember a login, and that it was the last. Raises I-folder-not-writable."""
    _write(_file_of(node, login.name), json.dumps({"token": login.token, "expires_at": login.expires_at}))
    _write(_folder_of(node) / "last", login.name)


def keep_pin(url: str, node: Node) -> None:
    """Remember the certificate that was compared, and that this was the last node. Raises I-folder-not-writable."""
    path, last = pinning.pin_file(home(), url)
    _write(path, msgspec.json.encode(pinning.Pin(node.pin or "", node.node_id)).decode())
    _write(last, url)


def forget(node: Node, name: str) -> None:
    """Drop a login that has ended."""
    _file_of(node, name).unlink(missing_ok=True)


def staff_of(node: Node, name: str | None) -> str | None:
    """The person to act as: ``name``, else the last who logged in here."""
    if name:
        return name
    try:
        return (_folder_of(node) / "last").read_text("utf-8").strip() or None
    except OSError:
        return None


def logins(node: Node) -> tuple[str, ...]:
    """Everyone who has a login kept here, the last who logged in at the end; a login may have ended since."""
    last = staff_of(node, None)
    names = {unquote(path.stem) for path in _folder_of(node).glob("*.json")}
    return tuple(sorted(names, key=lambda name: (name == last, name)))


def token_of(node: Node, name: str | None) -> str:
    """The kept token. Raises A-token when that person has not logged in on this machine."""
    who = staff_of(node, name)
    try:
        kept = msgspec.json.decode(_file_of(node, who).read_bytes(), type=_Kept) if who else None
    except (OSError, msgspec.MsgspecError):
        kept = None
    if kept is None:
        raise refuse("A-token", **({"staff": who} if who else {}))
    return kept.token


def _folder_of(node: Node) -> Path:
    return home() / "logins" / quote(node.node_id, safe="")


def _file_of(node: Node, name: str) -> Path:
    return _folder_of(node) / f"{quote(name, safe='')}.json"


def _write(path: Path, text: str) -> None:
    fresh = path.with_name(path.name + ".new")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(fresh, path)
    except OSError as error:
        raise refuse("I-folder-not-writable", folder=str(path.parent), reason=error.strerror or "") from None
