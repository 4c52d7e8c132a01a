"""What the recovery sheet of a key file is worth, found out as ``gongguan keys recover`` does, without writing."""

from pathlib import Path

from gongguan.node.keys import keyfiles
from gongguan.node.keys.node_keys import NodeKeys
from gongguan.protocol.errors import ProtocolError


def open_by_sheet(folder: Path, sheet: str) -> NodeKeys:
    """The keys; refused as the command is."""
    return keyfiles.recover(folder, sheet, "王芳", "草原上的风-2026", trial=True)


def opens(folder: Path, sheet: str) -> bool:
    try:
        return bool(open_by_sheet(folder, sheet).node_id)
    except ProtocolError:
        return False
