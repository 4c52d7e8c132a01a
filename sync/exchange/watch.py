"""Which message is being processed, how often one failed, and what this program can process at all."""

from typing import Final, NamedTuple

from gongguan.protocol.messages import announced
from gongguan.protocol.messages.envelope import Message
from gongguan.sync.records import Attempt
from gongguan.sync.store import Store


class Software(NamedTuple):
    """What this node's program can apply, as ``kind@version``."""

    kinds: frozenset[str]

    def knows(self, message: Message) -> bool:
        """Whether it can apply a message of this kind and version."""
        return f"{message.kind}@{message.version}" in self.kinds


CURRENT: Final = Software(frozenset(announced()))


class Suspect(NamedTuple):
    """The message that was being processed when the process failed."""

    pairing_id: str
    epoch: str
    position: int


class Watch:
    """Remembers which partner's message is being processed, so that one that fails is known by its position.

    The running node has one whose memory outlives the process (``node/watch.py``).
    """

    def __init__(self) -> None:
        self.suspect: Suspect | None = None

    def enter(self, suspect: Suspect, message_id: str) -> None:
        """This message is about to be processed."""
        self.suspect = suspect

    def leave(self) -> None:
        """No message is being processed."""
        self.suspect = None


def count_attempt(store: Store, suspect: Suspect) -> int:
    """One more time that this message failed; how often now. From ``POISON_ATTEMPTS_MAX`` on it is held."""
    found = store.get(Attempt, *suspect)
    attempts = 1 + (found.attempts if found is not None else 0)
    store.put(Attempt(pairing_id=suspect.pairing_id, epoch=suspect.epoch, index=suspect.position, attempts=attempts))
    return attempts
