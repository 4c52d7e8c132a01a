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

SEGMENT_BYTES_MAX: Final = 2 << 20
"""Message bytes under one head: a whole segment always fits into a bundle."""

BUNDLE_BYTES_MAX: Final = 4 << 20
"""One bundle, decoded."""

BUNDLE_SEALED_BYTES_MAX: Final = BUNDLE_BYTES_MAX + (64 << 10)
"""One bundle as it travels: never larger than its content plus header and seal."""

BUNDLE_MESSAGES_MAX: Final = 16_384
"""Messages in one bundle: none has less than 256 bytes, so an honest bundle never holds more."""

BUNDLE_QUESTIONS_MAX: Final = 4
"""Questions of reconciliation in one bundle: a node asks one at a time, and each may cost a fold of everything."""

ATTACHMENT_BYTES_MAX: Final = 8 << 20
"""One attached file: twenty scanned pages."""

ATTACHMENT_PART_BYTES: Final = 256 << 10
"""One part of an attached file: several fit into a bundle beside its messages, and what is lost with one is little."""

ATTACHMENT_PARTS_PER_BUNDLE_MAX: Final = 16
"""Parts in one bundle: 4 MiB, the whole of it."""

ATTACHMENT_WISHES_MAX: Final = 16
"""Files asked for in one bundle: more than one bundle can answer."""

ATTACHMENT_ATTEMPTS_MAX: Final = 3
"""How often all parts of a file may come without being that file: then it is not asked for any more."""

OUTCOMES_PER_BUNDLE_MAX: Final = 100
"""Refusals reported for one bundle. An honest partner derives them, and what it sends is hardly ever refused."""

HOLDINGS_OPEN_MAX: Final = 1_000
"""Messages that one side holds at a time: a few poisonous ones, or some days of a kind that its software forgot."""

HOLDINGS_MAX: Final = 10_000
"""Messages that one side ever held in a pairing: every transaction in it reads them all, on both nodes."""

EPOCHS_PER_DAY_MAX: Final = 500
"""New epochs of a partner on one day: a process that crashes every three minutes, all day long."""

RECORD_ENTRIES_MAX: Final = 100
"""Entries of one side in one shared record: every further one costs a copy of all before, on both nodes."""

VERSIONS_KINDS_MAX: Final = 128
"""Kinds in one announcement; RECORD_ENTRIES_MAX announcements then stay below CANONICAL_BYTES_MAX."""

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

CASE_BYTES_MAX: Final = 8 << 20
"""One case file: thousands of messages of 2 KiB with their proofs; a member's case of ten years has some hundreds."""

NOTE_NAME_BYTES_MAX: Final = 255
"""A key name in a signed note: ours have 150 bytes, C2SP tools refuse more than 255."""

CERTIFICATE_TOKEN_CHARS_MAX: Final = 395
"""The token on a certificate: what a QR code of version 10 holds of digits and capitals, error correction L."""

NODE_ID_CHARS: Final = 32
"""Base32 of 20 bytes."""

CARD_SEALING_KEYS_MAX: Final = 4
"""Sealing keys on one card: the hybrid, the floor, and their successors."""

CARD_ENDPOINTS_MAX: Final = 8
"""Addresses on one card: an inner network, a government cloud, a relay."""

CARD_CHAIN_MAX: Final = 64
"""Cards from the genesis to the present one: one a year, and a few lost keys, for decades."""

ROTATION_CARDS_MAX: Final = 16
"""Cards that leaf 0 of an epoch after a rotation lists: the newest ones."""

PAIRING_PACKET_BYTES_MAX: Final = 512 << 10
"""One pairing file: a chain of cards of 6 KiB each, with room."""

INVITATION_DAYS: Final = 14
"""How long an invitation stays open: a letter by courier and its answer."""

HANDSHAKE_DAYS: Final = 30
"""How long a pairing may take once a card came: files by courier, a telephone call, two officers on leave."""

AGREEMENT_BYTES_MAX: Final = 60 << 10
"""One agreement text as it stands inside a message, its escapes counted: fits MESSAGE_BYTES_MAX with the envelope."""

AGREEMENT_SECTION_CHARS_MAX: Final = 3000
"""One of the three sections in words: three of them and the rule pack stay below AGREEMENT_BYTES_MAX."""

AGREEMENT_RULES_MAX: Final = 100
"""Rules in one pack; point tables in use have 10 to 40."""

AGREEMENT_KINDS_MAX: Final = 200
"""Kinds of messages that one agreement lists."""

DIGEST_FAN_OUT: Final = 16
"""Parts of a range: one hex digit more of the key's hash."""

DIGEST_RANGE_ENTRIES_MAX: Final = 32
"""A range of at most so many records is answered by the records themselves: 2 KiB, less than four more levels."""

DIGEST_QUESTIONS_MAX: Final = 256
"""Ranges asked about at once: their answers take below 1 MiB of a bundle."""

DIGEST_ROUNDS_MAX: Final = 256
"""Rounds of one comparison; DIGEST_DIFFERENCES_MAX honest differences need about half."""

DIGEST_DIFFERENCES_MAX: Final = 10_000
"""Differing records that one comparison lists: beyond that, nobody reads a list, the units are rebuilt."""

POISON_ATTEMPTS_MAX: Final = 3
"""How often a message may fail or kill the process before it is held: an unlucky power cut is not its doing."""
