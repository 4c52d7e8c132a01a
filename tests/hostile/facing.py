"""An honest node face to face with a partner that was taken over."""

from typing import Any

from gongguan.protocol import messages
from gongguan.protocol.messages.exchange import OutcomeReported
from gongguan.sync.exchange import verification
from tests import pairs
from tests.hostile.peer import BadPeer
from tests.pairs import Node

MEMBER = pairs.subject(1)


class Facing:
    """A victim under an agreement whose partner was taken over. The member's affiliation stays with the victim."""

    def __init__(self) -> None:
        self.victim, partner, self.version = pairs.in_agreement()
        self.partner = partner
        self.peer = partner.act(BadPeer.taking_over)
        self.departure = self.write("departure.notified", pairs.departure())
        self.hear()
        self.peer.open()

    @property
    def about(self) -> dict[str, Any]:
        return {"version": self.version, "subject": MEMBER}

    def write(self, kind: str, body: Any) -> str:
        return self.victim.write(kind, body, **self.about).id

    def say(self, kind: str, body: Any, **named: Any) -> str:
        return self.peer.say(kind, body, **{**self.about, **named})

    def hear(self) -> None:
        """Let the peer have all that the victim wrote."""
        self.peer.hear(self.victim.compose())

    def deliver(self) -> int:
        return self.victim.receive(self.peer.pack()).new_messages

    def verdict(self, message_id: str) -> str:
        """Of the newest message with this id by the peer."""
        found = [item for item in self.victim.log() if item.id == message_id]
        return found[-1].verdict

    def outcomes(self) -> list[OutcomeReported]:
        """What the victim's log reports."""
        found = [messages.decode(item.data) for item in self.victim.log() if item.kind == "exchange.outcome"]
        return [item.body for item in found]

    def is_sound(self) -> bool:
        """Whether the victim's tables are what its logs say."""

        def look(exchange: Any) -> bool:
            found = verification.examine(exchange.book(Node.pairing_id_in(exchange)))
            return not found.broken and not found.altered

        return self.victim.act(look)
