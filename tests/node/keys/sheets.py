"""What the recovery sheet of a key file is worth."""

from pathlib import Path

from gongguan.node.keys import keyfiles
from gongguan.protocol.errors import ProtocolError


def opens(folder: Path, sheet: str) -> bool:
    try:
        return bool(keyfiles.open_with_recovery(folder, sheet).node_id)
    except ProtocolError:
        return False
