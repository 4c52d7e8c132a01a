"""What of a sealed table opens under a key, read past the node."""

import sqlite3
from contextlib import closing
from pathlib import Path

from gongguan.node import config
from gongguan.node.keys.field_seal import FieldSeal
from gongguan.protocol.errors import ProtocolError


def opened_by(folder: Path, data_key: bytes) -> int:
    """How many names in the file open under this key and no other."""
    seal, count = FieldSeal(data_key), 0
    with closing(sqlite3.connect(folder / config.DATABASE)) as driver:
        for (name,) in driver.execute("SELECT name FROM member"):
            try:
                seal.open(name, b"member.name")
            except ProtocolError:
                continue
            count += 1
    return count
