"""Whom a node trusts where no card names a certificate."""

import subprocess
import sys
from pathlib import Path

from gongguan.node import clock
from gongguan.node.keys import tls

PROGRAM = """
import os
from gongguan.node.keys import tls

with tls.no_authorities_read():
    import aiohttp.connector
contexts = (aiohttp.connector._SSL_CONTEXT_VERIFIED, tls.by_authorities())
print([context.cert_store_stats()["x509"] for context in contexts], os.environ["SSL_CERT_FILE"])
"""


def test_authorities_are_read_for_an_address_without_a_pin_and_not_while_a_node_starts(tmp_path: Path) -> None:
    _, certificate = tls.make_certificate("authority", clock.now())
    file = tmp_path / "authorities.pem"
    file.write_text(certificate)
    told = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env={"SSL_CERT_FILE": str(file), "SSL_CERT_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout.strip() == f"[0, 1] {file}"
