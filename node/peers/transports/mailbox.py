"""The address of a mailbox at a relay, and the two tokens that it has.

The *read token* is derived from the node's own keys and leaves it only to its relay; the *write token* is a one-way
function of it and stands on the card, as an endpoint. So whoever may write can neither read nor empty the mailbox,
nothing has to be registered, and nothing is stored::

    box = Mailbox.of("https://relay.example:8500#<digest>", keys.match_key)
    box.endpoint          # "relay+https://relay.example:8500/box/<write token>#<digest>"
"""

import hashlib
import hmac
import re
from typing import Final, NamedTuple

from gongguan.protocol.errors import refuse

SCHEME: Final = "relay+"
BOX: Final = "/box"

_ADDRESS = re.compile(r"https?://[^\s#?@]{1,150}(#[0-9a-f]{64})?")
_TOKEN = re.compile(r"[0-9a-f]{64}")


def write_token(read_token: str) -> str:
    """The token that stands on the card."""
    return hashlib.sha256(f"gongguan relay write\n{read_token}".encode()).hexdigest()


def is_token(text: str) -> bool:
    """Whether this can be a token."""
    return _TOKEN.fullmatch(text) is not None


def is_relay(endpoint: str) -> bool:
    """Whether an endpoint of a card is a mailbox at a relay."""
    return endpoint.startswith(SCHEME)


class Mailbox(NamedTuple):
    """Our mailbox at one relay. ``base``: its URL; ``pin``: digest of its certificate, or empty for a CA's."""

    base: str
    pin: str
    read_token: str

    @classmethod
    def of(cls, relay: str, secret: bytes) -> "Mailbox":
        """The mailbox of the node with this secret at ``https://host:port#digest``. Raises S-relay-address."""
        if _ADDRESS.fullmatch(relay) is None:
            raise refuse("S-relay-address", address=relay[:200])
        base, _, pin = relay.partition("#")
        base = base.rstrip("/")
        token = hmac.digest(secret, f"gongguan relay mailbox\n{base}".encode(), "sha256").hex()
        return cls(base, pin, token)

    @property
    def endpoint(self) -> str:
        """What stands on the card: enough to write, not to read."""
        pin = f"#{self.pin}" if self.pin else ""
        return f"{SCHEME}{self.base}{BOX}/{write_token(self.read_token)}{pin}"

    def __repr__(self) -> str:
        return f"Mailbox({self.base!r})"
