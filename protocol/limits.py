"""Every bound of the wire, with its reason. Bounds of one machine are in node/config.py."""

from typing import Final

INTEGER_MAX: Final = 2**53 - 1
"""Largest integer that every JSON implementation keeps exactly (RFC 8785 appendix B)."""

DEPTH_MAX: Final = 16
"""Nesting of canonical JSON: deeper than any kind of ours, far below any recursion limit."""

CANONICAL_BYTES_MAX: Final = 1 << 20
"""One canonical JSON value outside messages (a card, an agreement block with its rule pack)."""

MESSAGE_BYTES_MAX: Final = 64 << 10
"""One message: a form with all its fields is below 4 KiB; an agreement with its rule pack below 60 KiB."""

NOTE_BYTES_MAX: Final = 256 << 10
"""One signed note."""

NOTE_SIGNATURES_MAX: Final = 16
"""Signature lines that we look at in one note (C2SP signed-note recommends at least 16)."""

SEGMENT_MESSAGES_MAX: Final = 1000
"""Messages under one head: bounds the memory of a receiver."""

SEGMENT_BYTES_MAX: Final = 4 << 20
"""Message bytes under one head."""

BUNDLE_BYTES_MAX: Final = 4 << 20
"""One bundle, decoded."""

BUNDLE_SEALED_BYTES_MAX: Final = BUNDLE_BYTES_MAX + (64 << 10)
"""One bundle as it travels: never larger than its content plus header and seal."""

SEEN_HEADS_MAX: Final = 8
"""Unmerged heads per direction (exhaustive models never saw more than 4)."""

EPOCH_PARENTS_MAX: Final = 8
"""Parents of an epoch: the unmerged own heads."""

TEXT_CHARS_MAX: Final = 2000
"""One free-text field, where a kind has one at all."""

NAME_CHARS_MAX: Final = 120
"""A name of a person or body: long minority names with their dots stay far below."""

PROOF_HASHES_MAX: Final = 64
"""Hashes in one inclusion or consistency proof: a tree of 2^63 leaves."""

PROOF_BYTES_MAX: Final = 512 << 10
"""One proof file: a message in base64, 64 hashes and a note, with room."""

NOTE_NAME_BYTES_MAX: Final = 255
"""A key name in a signed note: ours have 150 bytes, C2SP tools refuse more than 255."""
