"""What became of a message: the words that a stored message, both nodes' verdicts and their holdings use."""

from typing import Final

Position = tuple[str, int]
"""(epoch, index)."""

APPLIED: Final = "applied"
HELD: Final = "held"
VOID: Final = "void"
DUPLICATE: Final = "duplicate"
ACCEPTED: Final = "accepted"
REUSED: Final = "P-id-reused"
UNREADABLE: Final = "unreadable"
"""Kind of what is no message."""
UNJUDGED: Final = "unjudged"
"""Verdict of a message that is held here and was never processed."""

POISON: Final = "I-poison"
UNKNOWN: Final = "P-kind-unknown"
ERASED: Final = "erased"
"""Effect of a message about a member whom both sides erase; verdict of one that was erased before it was judged."""
ERASED_KIND: Final = "erased-message"
"""Kind of what is left of it; no message can have it."""
NEVER_HELD: Final = frozenset({"epoch.opened", "exchange.erased", "exchange.outcome", "exchange.withdrawn"})
"""What says how logs and holdings stand cannot itself be held."""
EVERYTHING: Final = "*"
"""Scope of a held ``agreement.*``: whatever cites an agreement may depend on it."""
