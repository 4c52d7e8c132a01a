"""What each side publishes of itself, which its partner keeps as a shared record: service office, receiving persons."""

from collections.abc import Mapping
from typing import Final

from gongguan.protocol.messages.envelope import Body
from gongguan.protocol.messages.office import OfficePublished, ReceiverNamed

OFFICE: Final = "office/published"
RECEIVER: Final = "office/receiver"
OWN_WORD_FORMS: Final[Mapping[str, tuple[str, type[Body], str]]] = {
    OFFICE: ("office.published", OfficePublished, "office"),
    RECEIVER: ("office.receiver_named", ReceiverNamed, "receiver"),
}
"""What this side publishes → kind of message, its body, and the shared record that it becomes."""
