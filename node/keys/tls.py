"""The TLS certificate of a node: its own, self-signed, pinned by its SHA-256 on the card.

Who the partner is says the card, not a certification authority; the certificate only keeps third parties from reading
addresses and sizes. ECDSA on P-256, which every TLS library speaks. A partner that holds the card of before knows only
the certificate of before: it asks for that by a server name (RFC 6066) made of its digest::

    key, certificate = make_certificate(node_id, now)
    digest(certificate)    # 64 hex digits: ``tls_sha256`` of the card
    shown = Certificates((key, certificate))
    server.start(host, port, shown.context)
    shown.show(another, earlier=[(key, certificate)])       # while it listens
"""

import functools
import hashlib
import os
import ssl
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from gongguan.node.clock import random_hex

KeyAndCertificate = tuple[str, str]
"""Both as PEM."""
AUTHORITIES: Final = "SSL_CERT_FILE"
VALID_DAYS: Final = 20 * 365
"""The pin on the card decides, and a new card brings a new certificate; an expiry would only stop a forgotten node."""


def make_certificate(node_id: str, now: datetime) -> tuple[str, str]:
    """A fresh private key and its certificate for ``node_id``, both as PEM."""
    # A node that starts has its certificate, and loads nothing to make one.
    from cryptography import x509  # noqa: PLC0415
    from cryptography.x509.oid import NameOID  # noqa: PLC0415

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, node_id)])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=VALID_DAYS))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(node_id)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return pem.decode(), certificate.public_bytes(serialization.Encoding.PEM).decode()


def digest(certificate: str) -> str:
    """SHA-256 of the certificate (PEM) in its DER form, in hex."""
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(certificate)).hexdigest()


def server_context(key: str, certificate: str) -> ssl.SSLContext:
    """TLS 1.2 or newer with this certificate.

    The ssl module reads keys from files only: the file that it gets is encrypted under a password that exists for this
    call, so nothing in clear ever lies on a disk.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    password = random_hex(16)
    private = serialization.load_pem_private_key(key.encode(), None)
    encrypted = private.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(password.encode()),
    )
    descriptor, name = tempfile.mkstemp(prefix="gongguan-", suffix=".pem")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(encrypted + certificate.encode())
        context.load_cert_chain(name, password=password)
    finally:
        Path(name).unlink()
    return context


@functools.cache
def by_authorities() -> ssl.SSLContext:
    """For an address whose certificate no card names: this machine's certification authorities vouch for it."""
    return ssl.create_default_context()


@contextmanager
def no_authorities_read() -> Iterator[None]:
    """While aiohttp is imported: it would read all authorities of this machine, for a tenth of a node's start.

    Who needs them asks ``by_authorities``; OpenSSL looks into the file that this variable names.
    """
    before = os.environ.get(AUTHORITIES)
    os.environ[AUTHORITIES] = os.devnull
    try:
        yield
    finally:
        if before is None:
            del os.environ[AUTHORITIES]
        else:
            os.environ[AUTHORITIES] = before


def name_of(sha256: str) -> str:
    """The server name that asks for the certificate with this digest (hex), under a domain that nobody can have."""
    return f"{sha256[:32]}.gongguan.invalid"


class Certificates:
    """What a node shows whoever calls: its present certificate, or one of before if that is asked for by its name."""

    def __init__(self, present: KeyAndCertificate, earlier: Iterable[KeyAndCertificate] = ()) -> None:
        self.context = server_context(*present)
        self.context.sni_callback = self._choose
        self._present = self.context
        self._earlier = _by_name(earlier)

    def show(self, present: KeyAndCertificate, earlier: Iterable[KeyAndCertificate]) -> None:
        """From the next call on."""
        self._earlier = _by_name(earlier)
        self._present = server_context(*present)

    def _choose(self, line: ssl.SSLObject, name: str | None, context: ssl.SSLContext) -> None:
        line.context = self._earlier.get(name or "", self._present)


def _by_name(pairs: Iterable[KeyAndCertificate]) -> dict[str, ssl.SSLContext]:
    return {name_of(digest(certificate)): server_context(key, certificate) for key, certificate in pairs}
