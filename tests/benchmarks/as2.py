"""The peer ``pyas2lib``: the same 1 KB message built, signed, parsed, answered by a signed MDN, the MDN parsed.

CPU of both sides only: no HTTP, no store, so this flatters the peer. It is installed into a folder of its own when the
benchmark is asked for it, and thrown away afterwards. Its dependency oscrypto 1.3.0 does not know an OpenSSL whose
patch number has two digits (3.0.10 and later); the pattern is widened in that folder, as its authors have done since.
"""

import datetime
import importlib
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

VERSION: Final = "pyas2lib>=1.4"
SECONDS: Final = 3.0
BODY_BYTES: Final = 1024
NARROW: Final = r"\\b(\\d\\.\\d\\.\\d[a-z]*)\\b"
WIDE: Final = r"\\b(\\d+\\.\\d+\\.\\d+[a-z]*)\\b"
"""As they stand in the source of oscrypto, backslashes doubled."""


def measured_beside(ours: float) -> str:
    """One line: its rate, and ours over it."""
    with tempfile.TemporaryDirectory(prefix="gongguan-pyas2lib-") as folder:
        print(f"pip install {VERSION} …", flush=True)
        pip = [sys.executable, "-m", "pip", "install", "-qq", "--target", folder, VERSION]
        if subprocess.run(pip, check=False).returncode:
            return "pyas2lib could not be installed; it was not measured."
        for part in Path(folder).glob("oscrypto/_openssl/_libcrypto_c*.py"):
            part.write_text(part.read_text().replace(NARROW, WIDE))
        # A process of its own: its versions of common packages are not ours.
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join((folder, str(Path.cwd())))}
        asked = [sys.executable, "-m", "tests.benchmarks.as2"]
        answer = subprocess.run(asked, env=environment, capture_output=True, text=True, check=False)
    if answer.returncode:
        return f"pyas2lib did not run: {answer.stderr.strip().splitlines()[-1]}"
    rate = float(answer.stdout)
    return f"pyas2lib, both sides' CPU in one process, nothing stored: {rate:,.0f} messages/s; ours {ours / rate:.1f} x"


def _rate() -> float:
    library: Any = importlib.import_module("pyas2lib")
    key, certificate = _pem()
    us = library.Organization("us", sign_key=key + certificate, sign_key_pass="")
    them = library.Organization("them", sign_key=key + certificate, sign_key_pass="")
    options = {"verify_cert": certificate, "validate_certs": False, "sign": True, "digest_alg": "sha256"}
    as_partner = library.Partner("them", **options, mdn_mode="SYNC", mdn_digest_alg="sha256")
    back = library.Partner("us", **options, mdn_mode="SYNC", mdn_digest_alg="sha256")
    body = os.urandom(BODY_BYTES // 2).hex().encode()
    count, began = 0, time.perf_counter()
    while (taken := time.perf_counter() - began) < SECONDS:
        _one(library, us, them, as_partner, back, body)
        count += 1
    return count / taken


def _one(library: Any, us: Any, them: Any, as_partner: Any, back: Any, body: bytes) -> None:
    """Message there, MDN back, both verified. Raises RuntimeError when either is not."""
    sent = library.Message(us, as_partner)
    sent.build(body, disposition_notification_to="no-reply@example.invalid")
    received = library.Message()
    status, problem, mdn = received.parse(
        sent.headers_str + b"\r\n" + sent.content, find_org_cb=lambda _: them, find_partner_cb=lambda _: back
    )
    answered = library.Mdn()
    told, detail = answered.parse(mdn.headers_str + b"\r\n" + mdn.content, find_message_cb=lambda *_: sent)
    if status != "processed" or told != "processed":
        raise RuntimeError(f"pyas2lib: {status} {problem} {told} {detail}")


def _pem() -> tuple[bytes, bytes]:
    """An RSA key and its own certificate, as such exchanges use them."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "benchmark")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + datetime.timedelta(days=2))
        .sign(key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    return (
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain),
        certificate.public_bytes(serialization.Encoding.PEM),
    )


if __name__ == "__main__":
    print(_rate())
