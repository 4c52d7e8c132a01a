"""The log's side of a note: origin line and checkpoint.

A log is one sender's messages to one partner in one epoch. Its head is signed as a C2SP checkpoint of exactly three
lines, origin, size and root; the origin is also the name of the key::

    gongguan/1/<pairing id>/<sender node id>/<epoch>
    1042
    sFodV/vSp5O8n9a8QpW6PRY97tfOSW5bsc2Xl/EQi08=
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NamedTuple

from gongguan.protocol import note
from gongguan.protocol.errors import refuse
from gongguan.protocol.keys import PublicKey, SigningKey
from gongguan.protocol.limits import INTEGER_MAX
from gongguan.protocol.merkle import EMPTY_ROOT, HASH_BYTES
from gongguan.protocol.note import PLAIN, NoteKey, NoteSigner

_ORIGIN: Final = re.compile(r"gongguan/1/([0-9a-f]{64})/([a-z2-7]{32})/([0-9a-f]{32})\Z")
_SIZE: Final = re.compile(r"(?:0|[1-9][0-9]{0,15})\Z", re.ASCII)
_LINES: Final = 3


class Origin(NamedTuple):
    """The parts of an origin line: pairing id (64 hex digits), sender's node id (32 of base32), epoch (32 hex)."""

    pairing_id: str
    node_id: str
    epoch: str


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A log head: origin line, number of messages, root (32 bytes). Not signed yet, or verified already."""

    origin: str
    size: int
    root: bytes

    def __post_init__(self) -> None:
        parse_origin(self.origin)
        if not 0 <= self.size <= INTEGER_MAX or len(self.root) != HASH_BYTES:
            raise refuse("S-checkpoint", size=self.size)
        if self.size == 0 and self.root != EMPTY_ROOT:
            raise refuse("S-checkpoint", reason="an empty log with another root")

    def text(self) -> str:
        """The three lines, each with its newline."""
        return f"{self.origin}\n{self.size}\n{note.to_base64(self.root)}\n"

    @staticmethod
    @lru_cache(maxsize=64)
    def parse(text: str) -> "Checkpoint":
        """The checkpoint of exactly three lines; raises S-checkpoint. Read when it is verified, and when cosigned."""
        rows = text.split("\n")
        if len(rows) != _LINES + 1 or rows[-1] or not _SIZE.match(rows[1]):
            raise refuse("S-checkpoint", lines=len(rows) - 1)
        root = note.from_base64(rows[2])
        if root is None:
            raise refuse("S-checkpoint", reason="root")
        return Checkpoint(rows[0], int(rows[1]), root)


@lru_cache(maxsize=256)
def origin(pairing_id: str, node_id: str, epoch: str) -> str:
    """The origin line; raises S-checkpoint when a part has not its form."""
    line = f"gongguan/1/{pairing_id}/{node_id}/{epoch}"
    parse_origin(line)
    return line


@lru_cache(maxsize=256)
def parse_origin(line: str) -> Origin:
    """The parts of an origin line; raises S-checkpoint."""
    found = _ORIGIN.match(line)
    if not found:
        raise refuse("S-checkpoint", reason="origin")
    return Origin(*found.groups())


def sign_checkpoint(checkpoint: Checkpoint, key: SigningKey) -> bytes:
    """The checkpoint as a note, signed by the log key under the origin as its name."""
    return note.sign(checkpoint.text(), [NoteSigner(checkpoint.origin, PLAIN, key)])


def open_checkpoint(data: bytes, key: PublicKey, origin: str) -> Checkpoint:
    """The head of the log ``origin``, signed by ``key``.

    Raises A-signature, A-no-known-signer, S-note, S-checkpoint, R-too-large.
    """
    checkpoint = Checkpoint.parse(note.verify(data, [NoteKey(origin, PLAIN, key)]))
    if checkpoint.origin != origin:
        raise refuse("S-checkpoint", reason="another log")
    return checkpoint
