"""The command line's way to a node: its staff API on loopback, or over TLS from elsewhere, and the logins kept here.

Standard library only, for a fast start, and nothing that needs POSIX. A token is kept in a file of mode 0600 per node
and staff name, below ``GONGGUAN_HOME``, else ``$XDG_CONFIG_HOME/gongguan``, else ``~/.config/gongguan``; the last
login is the default::

    node = find_node(Path("gongguan-data"))
    answer = StaffClient(node, token_of(node, None)).call(operation, {"under": "0101"})

Requests and answers are JSON, which Python reads itself; only where files go in or come out are they MessagePack.
"""

import http.client
import json
import os
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, NamedTuple
from urllib.parse import quote, unquote, urlsplit

from gongguan.cli.operations import Operation, Record, record
from gongguan.protocol.errors import ProtocolError, refuse

ANNOUNCEMENT: Final = "staff-api.json"
SETTINGS: Final = "gongguan.toml"
"""What every data folder of a node holds."""
ANSWER_WAIT_S_MAX: Final = 600
"""The largest import takes a minute on a slow disk."""
HEALTH_WAIT_S_MAX: Final = 10
JSON: Final = "application/json"
MSGPACK: Final = "application/msgpack"
LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})


class Failure(NamedTuple):
    """A refusal as it travels (``node/operations/failure.py``): what happened, what to do next, in two languages."""

    code: str
    what: str
    next: str
    what_en: str
    next_en: str
    facts: Mapping[str, Any]
    detail: Mapping[str, Any] | None = None

    @staticmethod
    def read(told: Mapping[str, Any]) -> "Failure":
        """A refusal of the node. Raises KeyError for what is none."""
        what = {name: str(told[name]) for name in ("code", "what", "next", "what_en", "next_en")}
        return Failure(**what, facts=told["facts"], detail=told["detail"])

    @staticmethod
    def of(error: ProtocolError) -> "Failure":
        """A refusal of this program's own."""
        sentences = (error.sentence("zh"), error.next_step("zh"), error.sentence("en"), error.next_step("en"))
        return Failure(error.code, *sentences, error.facts)


class Refused(Exception):
    """The node said no; ``failure`` is its answer. ``operation`` tells what its ``detail`` is."""

    def __init__(self, failure: Failure, operation: Operation | None = None) -> None:
        super().__init__(failure.code)
        self.failure = failure
        self.operation = operation


class Node(NamedTuple):
    """A running node: on this machine, or elsewhere behind the certificate ``pin`` (SHA-256 in hex)."""

    host: str
    port: int
    node_id: str
    pin: str | None = None

    def connection(self, timeout_s: float) -> http.client.HTTPConnection:
        """A connection that is not open yet."""
        if self.pin is None:
            return http.client.HTTPConnection(self.host, self.port, timeout=timeout_s)
        from gongguan.cli import pinning  # noqa: PLC0415 - for nodes elsewhere

        return pinning.PinnedConnection(self.host, self.port, self.pin, timeout_s)

    def unreached(self, error: OSError) -> ProtocolError:
        """What to say where no connection came about: those elsewhere cannot start the node themselves."""
        code = "T-node-not-running" if self.pin is None else "T-desk-not-reached"
        where = {} if self.pin is None else {"host": self.host}
        return refuse(code, **where, port=self.port, reason=error.strerror or "")


class LoginAnswer(NamedTuple):
    """What the node gives for a password."""

    token: str
    name: str
    role: str
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
        from gongguan.cli import pinning  # noqa: PLC0415 - for nodes elsewhere

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
    from gongguan.cli import pinning  # noqa: PLC0415 - for nodes elsewhere

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
        return _node_id(connection.getresponse().read())
    except OSError as error:
        raise node.unreached(error) from None
    except (http.client.HTTPException, *UNREADABLE):
        raise refuse("T-node-answer", port=port) from None
    finally:
        connection.close()


def find_node(folder: Path) -> Node:
    """The node that serves this data folder. Raises T-node-not-running, T-node-none, T-node-folder, T-node-answer."""
    path = folder / ANNOUNCEMENT
    try:
        announced = json.loads(path.read_bytes())
        place, node_id = _place_of(announced["url"]), str(announced["node_id"])
    except PermissionError:
        raise refuse("T-node-folder", folder=str(folder)) from None
    except OSError:
        code = "T-node-not-running" if (folder / SETTINGS).exists() else "T-node-none"
        raise refuse(code, folder=str(folder)) from None
    except UNREADABLE:
        raise refuse("T-node-answer", file=str(path)) from None
    return Node(*place, node_id)


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
            node_id = _node_id(connection.getresponse().read())
        except (http.client.HTTPException, OSError, *UNREADABLE):
            return False
        finally:
            connection.close()
        return node_id == self._node.node_id

    def login(self, name: str, password: str) -> LoginAnswer:
        """Raises Refused (A-login), T-node-not-running, T-node-answer."""
        told = self._post("login", {"name": name, "password": password}, None)
        try:
            return LoginAnswer(*(str(told[field]) for field in LoginAnswer._fields))
        except KeyError:
            raise refuse("T-node-answer", port=self._node.port) from None

    def call(
        self,
        operation: Operation,
        fields: Mapping[str, object],
        *,
        dry_run: bool = False,
        purpose: str | None = None,
    ) -> Record:
        """The answer of an operation; of a dry run, what it would have been.

        Raises Refused with the node's refusal, T-node-not-running, T-node-answer.
        """
        manner = {"Gongguan-Dry-Run": "1"} if dry_run else {}
        if purpose is not None:
            manner["Gongguan-Purpose"] = purpose
        told = self._post(operation.name, fields, operation, manner)
        try:
            return record(operation.answer, told)
        except ValueError:
            raise refuse("T-node-answer", port=self._node.port) from None

    def _post(
        self,
        path: str,
        fields: Mapping[str, object],
        operation: Operation | None,
        manner: Mapping[str, str] = MappingProxyType({}),
    ) -> Mapping[str, Any]:
        packed = operation is not None and operation.has_files
        form = MSGPACK if packed else JSON
        headers = {"Content-Type": form, "Accept": form, **manner}
        if self._token is not None:
            headers["Authorization"] = f"Bearer {self._token}"
        connection = self._node.connection(ANSWER_WAIT_S_MAX)
        try:
            connection.request("POST", f"/staff/1/{path}", _encoded(fields, packed=packed), headers)
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
            told = _decoded(body, packed=packed)
            failure = None if status == http.HTTPStatus.OK else Failure.read(told)
        except UNREADABLE:
            raise refuse("T-node-answer", port=self._node.port, status=status) from None
        if failure is not None:
            raise Refused(failure, operation)
        return told


def _encoded(fields: Mapping[str, object], *, packed: bool) -> bytes:
    if packed:
        import msgspec  # noqa: PLC0415 - for files only

        return msgspec.msgpack.encode(fields)
    return json.dumps(fields, ensure_ascii=False).encode("utf-8", "surrogatepass")


def _decoded(body: bytes, *, packed: bool) -> dict[str, Any]:
    """Raises one of ``UNREADABLE`` for what is no map."""
    if packed:
        import msgspec  # noqa: PLC0415 - for files only

        told = msgspec.msgpack.decode(body)
    else:
        told = json.loads(body)
    if not isinstance(told, dict):
        raise TypeError(type(told))
    return told


def _node_id(body: bytes) -> str:
    return str(json.loads(body)["node_id"])


UNREADABLE: Final = (ValueError, KeyError, TypeError, AttributeError)
"""What reading something else than was expected ends in; msgspec's errors are values, too."""


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
    from gongguan.cli import pinning  # noqa: PLC0415 - for nodes elsewhere

    path, last = pinning.pin_file(home(), url)
    _write(path, json.dumps(pinning.Pin(node.pin or "", node.node_id)._asdict()))
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
        if who:
            return str(json.loads(_file_of(node, who).read_bytes())["token"])
    except (OSError, *UNREADABLE):
        pass
    raise refuse("A-token", **({"staff": who} if who else {}))


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
