"""A node on another machine: TLS with a certificate that the person compared once, and that must stay the same.

No certification authority is asked: the first login shows the certificate's digits, a person compares them with those
that ``gongguan serve`` printed on the node's machine, and from then on only that certificate is spoken to. Standard
library only; nothing here needs POSIX::

    found = certificate_at("node.example", 8600)        # SHA-256 of the certificate, hex
    keep_pin("https://node.example:8600", Pin(found, node_id))
"""

import hashlib
import http.client
import json
import socket
import ssl
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import quote, urlsplit

from gongguan.protocol import fingerprint
from gongguan.protocol.errors import refuse

PORT_USUAL: Final = 8600
FOLDER: Final = "desks"
LAST: Final = "last-desk"


class Pin(NamedTuple):
    """The one certificate of a node elsewhere: SHA-256 of its DER form in hex, and whose node it is."""

    sha256: str
    node_id: str


class PinnedConnection(http.client.HTTPSConnection):
    """HTTPS to one certificate; nothing is sent before it was seen. Raises A-desk-certificate for any other."""

    def __init__(self, host: str, port: int, pin: str, timeout: float) -> None:
        super().__init__(host, port, timeout=timeout, context=_context())
        self._pin = pin

    def connect(self) -> None:
        """Connect, then compare."""
        super().connect()
        found = _digest_of(self.sock)
        if found != self._pin:
            self.close()
            known = fingerprint.shown(self._pin)
            raise refuse("A-desk-certificate", known=known, shown=fingerprint.shown(found))


def place_of(url: str) -> tuple[str, int]:
    """Host and port of ``https://host:port``. Raises T-node-answer for anything else."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port or PORT_USUAL
    except ValueError:
        raise refuse("T-node-answer", url=url) from None
    if parts.scheme != "https" or not host or parts.path.strip("/"):
        raise refuse("T-node-answer", url=url)
    return host, port


def certificate_at(host: str, port: int, timeout: float) -> str:
    """SHA-256 of the certificate that is shown there, in hex. Raises T-desk-not-reached, T-node-answer."""
    try:
        with (
            socket.create_connection((host, port), timeout=timeout) as line,
            _context().wrap_socket(line, server_hostname=host) as secured,
        ):
            return _digest_of(secured)
    except ssl.SSLError:
        raise refuse("T-node-answer", host=host, port=port) from None
    except OSError as error:
        raise refuse("T-desk-not-reached", host=host, port=port, reason=error.strerror or "") from None


def pin_of(home: Path, url: str) -> Pin | None:
    """What was compared for this address before."""
    try:
        told = json.loads(_file_of(home, url).read_bytes())
        return Pin(str(told["sha256"]), str(told["node_id"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def pin_file(home: Path, url: str) -> tuple[Path, Path]:
    """Where the pin of an address is kept, and where the last address is."""
    return _file_of(home, url), home / LAST


def last_desk(home: Path) -> str | None:
    """The node elsewhere at which somebody logged in last from here."""
    try:
        return (home / LAST).read_text("utf-8").strip() or None
    except OSError:
        return None


def _file_of(home: Path, url: str) -> Path:
    host, port = place_of(url)
    return home / FOLDER / f"{quote(f'{host}-{port}', safe='')}.json"


def _context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # the digits decide, not an authority
    return context


def _digest_of(line: ssl.SSLSocket) -> str:
    return hashlib.sha256(line.getpeercert(binary_form=True) or b"").hexdigest()
