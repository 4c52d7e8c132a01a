"""Every record that a node keeps, by who may say what it holds.

*Exchange* records hold both logs and what is derived from them; ``verify`` can rebuild the derived ones at any time.
*Local* records (bodies, staff, members, tasks) are this committee's own and never leave the node as such.

A field annotated ``Sealed`` is personal data: the SQL store keeps it encrypted, and no condition can be put on it.
Times are RFC 3339 in UTC (``2026-11-21T08:00:00Z``), dates ``YYYY-MM-DD`` or ``YYYY-MM`` in China's time.
"""

from typing import Annotated, Any, ClassVar

import msgspec

from gongguan.sync.store import Record

SEALED = msgspec.Meta(extra={"sealed": True})
Sealed = Annotated[str, SEALED]
SealedOrNone = Annotated[str | None, SEALED]
SealedBytes = Annotated[bytes, SEALED]

PAPER, LINKED, DROPPED = "paper", "linked", "dropped"
ON_PAPER = (PAPER, LINKED, DROPPED)
"""States of a ``Pairing`` with a partner that has no node, and with one that has installed a node since."""


# --- this node ------------------------------------------------------------------------------------------------


class Setting(Record, frozen=True, kw_only=True):
    """One named value of this node: its own card's hash, the database's identity, the region code."""

    KEY: ClassVar[tuple[str, ...]] = ("name",)
    name: str
    value: str


class Stamp(Record, frozen=True, kw_only=True):
    """Another random value whenever a record of a scope changed: what was derived under this one still holds.

    ``kind``: the table; ``scope``: the values of ``STAMPED``, between slashes. In the transaction of the change itself,
    so it is as old as the records are, whoever wrote them, and after a restore too.
    """

    KEY: ClassVar[tuple[str, ...]] = ("kind", "scope")
    kind: str
    scope: str
    value: bytes


class CardNote(Record, frozen=True, kw_only=True):
    """A card as it was signed, ours or a peer's. ``hash`` is the hash of the note's text."""

    KEY: ClassVar[tuple[str, ...]] = ("hash",)
    INDEXES: ClassVar[tuple[tuple[str, ...], ...]] = (("node_id",),)
    hash: str
    node_id: str
    serial: int
    note: bytes


# --- pairing --------------------------------------------------------------------------------------------------


class Invitation(Record, frozen=True, kw_only=True):
    """An open invitation of ours: whoever shows the token may offer a card, until it expires.

    ``card``: hash of our own card that went out with it. ``replaces``: id of the pairing that the new one follows.
    """

    KEY: ClassVar[tuple[str, ...]] = ("token",)
    token: str
    card: str
    officer: str
    created_at: str
    expires_at: str
    used_by: str | None = None
    replaces: str | None = None


class Handshake(Record, frozen=True, kw_only=True):
    """A pairing on its way, one per partner node (states: protocol/pairing.py). Kept afterwards as its history.

    ``card_here`` and ``card_there`` are hashes of the two cards that the pairing record names: a card that changes
    meanwhile does not change what was compared. ``compared_by`` is who compared the fingerprint here.
    """

    KEY: ClassVar[tuple[str, ...]] = ("peer",)
    peer: str
    state: str
    invited_here: bool
    token: str
    card_here: str
    card_there: str
    officer_here: str
    officer_there: str
    compared_by: str | None = None
    signature_here: str | None = None
    signature_there: str | None = None
    expires_at: str
    replaces: str | None = None


class Pairing(Record, frozen=True, kw_only=True):
    """A pairing in force. ``party`` is ours: 0 if we are the first-named, else 1. ``state``: active, stopped (by an
    officer), frozen (by evidence), ended; of a partner without a node paper, then linked (``PaperPartner``).
    ``replaces``: id of the pairing that the record names as the one before.

    ``recovering``: the ``Recovery`` under way, after this node was restored from a backup; None in ordinary life.
    ``card_here`` and ``card_there`` are those of the record. ``newest_there``: hash of the partner's newest card held;
    ``shown_here``: that of the newest card of ours which the partner has shown to hold; None: those of the record.
    """

    KEY: ClassVar[tuple[str, ...]] = ("pairing_id",)
    INDEXES: ClassVar[tuple[tuple[str, ...], ...]] = (("peer",),)
    pairing_id: str
    peer: str
    party: int
    state: str
    note: bytes
    card_here: str
    card_there: str
    confirmed_at: str
    recovering: str | None = None
    replaces: str | None = None
    newest_there: str | None = None
    shown_here: str | None = None

    @property
    def their_card(self) -> str:
        """Hash of the partner's card whose keys, title and addresses are in force."""
        return self.newest_there or self.card_there

    @property
    def our_card_there(self) -> str:
        """Hash of the newest card of ours that the partner holds, as far as we know."""
        return self.shown_here or self.card_here


class Recovery(Record, frozen=True, kw_only=True):
    """After a restore: what this node is fetching back, or has fetched back, from a partner. ``recovery``: 8 hex.

    ``because``: ``fence`` (the database was behind it), ``keys`` (behind the key file), ``shown`` (the partner showed
    messages that we had signed and do not have) or ``officer`` (a person said so). ``marks``: [own, epoch, size] of the
    fence where the database had less; ``lacked_here`` and ``lacked_there``: by how many messages of ours and of the
    partner's. ``returned``: messages of ours that came back; ``erased``: how many of these the partner says to be
    erased, so that only their hashes came. ``given_up``: an officer ended it before the partner had shown all.
    """

    KEY: ClassVar[tuple[str, ...]] = ("pairing_id", "recovery")
    pairing_id: str
    recovery: str
    because: str
    began_at: str
    ended_at: str | None = None
    marks: list[list[Any]]
    lacked_here: int = 0
    lacked_there: int = 0
    returned: int = 0
    erased: int = 0
    given_up: bool = False


class PaperPartner(Record, frozen=True, kw_only=True):
    """A committee that has no node (``sync/paper/partners.py``). ``peer`` stands for its node id, in ``Pairing`` too.

    ``version``: hash of the terms that it accepted on paper, "" while it has not; nobody signed them. ``agreed_by``,
    ``agreed_on``, ``reference``: who told us so, when, and the number of the letter. ``linked_to``: the pairing with
    the node that it has installed since.
    """

    KEY: ClassVar[tuple[str, ...]] = ("peer",)
    UNIQUE: ClassVar[tuple[tuple[str, ...], ...]] = (("pairing_id",),)
    peer: str
    pairing_id: str
    title: str
    region: str
    address: str | None
    phone: str | None
    added_by: str
    added_at: str
    version: str = ""
    agreed_by: SealedOrNone = None
    agreed_on: str | None = None
    reference: str | None = None
    linked_to: str | None = None


class PaperEntry(Record, frozen=True, kw_only=True):
    """A statement of a partner without a node that was entered here (``sync/exchange/paper_book.py``): how it came.

    ``message``: its id in the local log. ``how``: sheet, letter or telephone. ``letter``: ours that it answers.
    ``reference``: the number of their letter. ``clerk``: who gave it there. ``offer``: the message by which the node
    that they have now was asked about it.
    """

    KEY: ClassVar[tuple[str, ...]] = ("message",)
    INDEXES: ClassVar[tuple[tuple[str, ...], ...]] = (("pairing_id",), ("letter",))
    message: str
    pairing_id: str
    kind: str
    subject: str | None
    how: str
    letter: str | None
    reference: str | None
    clerk: Sealed
    said_on: str
    entered_by: str
    entered_at: str
    withdrawn_by: str | None = None
    withdrawn_at: str | None = None
    offer: str | None = None


class Letter(Record, frozen=True, kw_only=True):
    """What one act of staff has to tell a partner without a node: the ids of the messages that it is written from.

    ``subjects``: the members that it is about.
    """

    KEY: ClassVar[tuple[str, ...]] = ("code",)
    UNIQUE: ClassVar[tuple[tuple[str, ...], ...]] = (("number",),)
    INDEXES: ClassVar[tuple[tuple[str, ...], ...]] = (("pairing_id",),)
    code: str
    number: int
    pairing_id: str
    written_by: str
    written_on: str
    messages: list[str]
    subjects: list[str]


class Delivery(Record, frozen=True, kw_only=True):
    """How reaching a peer goes, each direction apart. Persisted so that a restart keeps the back-off."""

    KEY: ClassVar[tuple[str, ...]] = ("pairing_id",)
    pairing_id: str
    failures: int = 0
    next_at: str | None = None
    reached_at: str | None = None
    heard_at: str | None = None
    last_error: str | None = None


# --- logs -----------------------------------------------------------------------------------------------------


class Epoch(Record, frozen=True, kw_only=True):
    """One epoch of one side's log in a pairing. ``ordinal`` is local; other nodes know ``epoch`` (32 hex digits).

    ``frontier`` is the compact range over ``size`` leaves, ``lamport`` that of the last message. ``head`` is the
    newest signed checkpoint. ``receipted``: for our log the size that the partner's receipt covers (``receipt`` is that
    cosigned note); for the partner's log the largest size of which it has shown to hold our receipt.

    ``shown``: how much of this epoch the partner held by its newest status, of our log or of its own; less than
    before means that it was restored. ``returned``: of our log, up to where the partner gave us our own bytes back.
    ``card``: hash of the card that leaf 0 names, whose log key signs the epoch; None: the one of the pairing record.
    """

    KEY: ClassVar[tuple[str, ...]] = ("ordinal",)
    UNIQUE: ClassVar[tuple[tuple[str, ...], ...]] = (("pairing_id", "epoch"),)
    ordinal: int
    pairing_id: str
    own: bool
    epoch: str
    parents: list[list[Any]]
    size: int
    frontier: bytes
    lamport: int
    head: bytes
    receipted: int = 0
    receipt: bytes | None = None
    shown: int = 0
    returned: int = 0
    card: str | None = None


class Segment(Record, frozen=True, kw_only=True):
    """The messages ``start`` to ``size`` of an epoch and the checkpoint that was signed over them."""

    KEY: ClassVar[tuple[str, ...]] = ("ordinal", "size")
    ordinal: int
    size: int
    start: int
    head: bytes


class LogMessage(Record, frozen=True, kw_only=True):
    """One message at one position, verbatim. ``verdict``: ``accepted`` or the code of the refusal.

    ``effect``: applied, held, void (withdrawn while held) or duplicate (the same id stands at an earlier position).
    What is held here before it was ever processed has the verdict ``unjudged``.
    ``author`` is the node id, so that ids are unique per ordered pair of nodes.
    """

    KEY: ClassVar[tuple[str, ...]] = ("ordinal", "index")
    INDEXES: ClassVar[tuple[tuple[str, ...], ...]] = (("unit",), ("author", "id"))
    ordinal: int
    index: int
    author: str
    id: str
    kind: str
    unit: bytes | None
    leaf_hash: bytes
    lamport: int
    verdict: str
    effect: str
    data: bytes


class Holding(Record, frozen=True, kw_only=True):
    """One ``exchange.outcome`` held of either log, and what came of it (sync/exchange/held.py). ``own``: we are who
    holds.

    ``by_*``: where the outcome stands ("" while it could not be written yet). ``epoch`` and ``index``: what is held.
    ``scope``: id of the agreement whose later messages on ``subject`` wait with it, ``*`` for all, "" for none.
    ``released`` and ``withdrawn``: positions [epoch, index] of what says so.
    """

    KEY: ClassVar[tuple[str, ...]] = ("pairing_id", "by_epoch", "by_index")
    pairing_id: str
    by_epoch: str
    by_index: int
    own: bool
    epoch: str
    index: int
    message: str
    code: str
    scope: str
    subject: str
    unit: bytes
    released: list[list[Any]]
    withdrawn: list[list[Any]]


class Attempt(Record, frozen=True, kw_only=True):
    """How often processing this message of a partner failed or killed the process."""

    KEY: ClassVar[tuple[str, ...]] = ("pairing_id", "epoch", "index")
    pairing_id: str
    epoch: str
    index: int
    attempts: int


class Draft(Record, frozen=True, kw_only=True):
    """A message written by us that has no position yet."""

    KEY: ClassVar[tuple[str, ...]] = ("number",)
    INDEXES: ClassVar[tuple[tuple[str, ...], ...]] = (("pairing_id",),)
    number: int
    pairing_id: str
    data: bytes


class ForkEvidence(Record, frozen=True, kw_only=True):
    """Two signed heads of one log that no history has both, and what shows it (``protocol/fork.py``): complete proof by
    itself. ``path`` is empty for heads of one size."""

    KEY: ClassVar[tuple[str, ...]] = ("pairing_id", "epoch", "size")
    pairing_id: str
    epoch: str
    size: int
    first: bytes
    second: bytes
    path: bytes = b""


class AttachedFile(Record, frozen=True, kw_only=True):
    """A file that accepted messages of this pairing name (``sync/exchange/attachments.py``). ``held``: a bit for
    each part here.

    ``state``: named (asked for as soon as there is room), wanted, whole, refused (what came for it never was it).
    ``failures``: how often all parts came and were not that file. ``counted``: its size counts in the partner's quota.
    """

    KEY: ClassVar[tuple[str, ...]] = ("pairing_id", "sha256")
    INDEXES: ClassVar[tuple[tuple[str, ...], ...]] = (("pairing_id", "state"),)
    pairing_id: str
    sha256: str
    size: int
    type: str
    state: str
    held: int = 0
    failures: int = 0
    counted: bool = False


class AttachedPart(Record, frozen=True, kw_only=True):
    """One part of a file, sealed like every personal datum."""

    KEY: ClassVar[tuple[str, ...]] = ("pairing_id", "sha256", "number")
    pairing_id: str
    sha256: str
    number: int
    data: SealedBytes


class AttachedUse(Record, frozen=True, kw_only=True):
    """An accepted message that names a file. A file goes when no message names it any more. ``own``: it is ours."""

    KEY: ClassVar[tuple[str, ...]] = ("pairing_id", "message", "sha256")
    INDEXES: ClassVar[tuple[tuple[str, ...], ...]] = (("pairing_id", "sha256"), ("unit",), ("subject",))
    pairing_id: str
    message: str
    sha256: str
    own: bool
    kind: str
    unit: bytes | None
    subject: str | None = None


class PartnerWish(Record, frozen=True, kw_only=True):
    """Which parts of a file the partner lacks, by its newest bundle."""

    KEY: ClassVar[tuple[str, ...]] = ("pairing_id", "sha256")
    pairing_id: str
    sha256: str
    missing: int


class Erasure(Record, frozen=True, kw_only=True):
    """A member whom an ``exchange.erased`` erases on this node (``sync/exchange/erasure.py``), kept as the list of
    erasures.

    ``state``: due while bytes are left here (the partner has not receipted them, or our day is not ``on`` yet), else
    done. ``messages`` and ``files``: how many were erased. ``member_id``: at the origin, whom it was about.
    """

    KEY: ClassVar[tuple[str, ...]] = ("unit",)
    INDEXES: ClassVar[tuple[tuple[str, ...], ...]] = (("pairing_id", "state"), ("member_id",))
    unit: bytes
    pairing_id: str
    agreement: str
    subject: str
    member_id: str | None
    message: str
    own: bool
    basis: str
    on: str
    state: str
    known_at: str
    erased_at: str | None = None
    messages: int = 0
    files: int = 0


class ErasureRequest(Record, frozen=True, kw_only=True):
    """One person asks for a member to be erased, another approves. ``state``: open, approved, withdrawn."""

    KEY: ClassVar[tuple[str, ...]] = ("request_id",)
    INDEXES: ClassVar[tuple[tuple[str, ...], ...]] = (("about", "state"),)
    request_id: str
    about: str
    basis: str
    document_number: str | None
    requested_by: str
    requested_at: str
    state: str
    decided_by: str | None = None
    decided_at: str | None = None


# --- folded state (derived from the logs) ---------------------------------------------------------------------


class AgreementVersion(Record, frozen=True, kw_only=True):
    """The text of one version, by its hash, as proposed. Whether it is in force says the agreement's unit."""

    KEY: ClassVar[tuple[str, ...]] = ("version",)
    INDEXES: ClassVar[tuple[tuple[str, ...], ...]] = (("agreement",), ("pairing_id",))
    version: str
    agreement: str
    pairing_id: str
    text: str


class Unit(Record, frozen=True, kw_only=True):
    """What is folded together: (agreement id, subject or object). ``unit`` = first 16 bytes of SHA-256 of both.

    ``last_*`` is the order key of the last message folded in: a message that sorts later is one step, an earlier one
    rebuilds the unit.
    """

    KEY: ClassVar[tuple[str, ...]] = ("unit",)
    INDEXES: ClassVar[tuple[tuple[str, ...], ...]] = (("agreement",),)
    unit: bytes
    agreement: str
    name: str
    last_lamport: int = 0
    last_party: int = 0
    last_epoch: str = ""
    last_index: int = -1


class SharedRecord(Record, frozen=True, kw_only=True):
    """One record that both nodes hold equal. ``value`` is canonical JSON, ``version`` its SHA-256."""

    KEY: ClassVar[tuple[str, ...]] = ("unit", "key")
    INDEXES: ClassVar[tuple[tuple[str, ...], ...]] = (("agreement", "category"),)
    STAMPED: ClassVar[tuple[str, ...] | None] = ("category", "agreement")
    unit: bytes
    key: str
    agreement: str
    subject: str
    category: str
    value: bytes
    version: bytes


class RangeEntry(Record, frozen=True, kw_only=True):
    """A shared record among those of its pairing, in the order in which digests are taken (sync/exchange/ranges.py).

    ``place``: 32 bytes. Entries are behind the records by what the marks of ``ChangedRanges`` say: these come in any
    order all over the table, so that many are brought in at once.
    """

    KEY: ClassVar[tuple[str, ...]] = ("place",)
    CLUSTERED: ClassVar[bool] = True
    place: bytes
    version: bytes
    unit: bytes


class RangeDigest(Record, frozen=True, kw_only=True):
    """The sixteen parts of one range of a pairing's shared records: protocol/digest.py ``pack``."""

    KEY: ClassVar[tuple[str, ...]] = ("pairing_id", "prefix")
    pairing_id: str
    prefix: str
    parts: bytes


class ChangedRanges(Record, frozen=True, kw_only=True):
    """What one transaction changed since digests were kept: the mark that it left.

    ``entries``: 64 bytes for each record changed (sync/exchange/ranges.py); ``ranges``: two bytes for each range in
    which there are more changes, whose entries were brought in already. Marks of a pairing count in the order of
    their numbers. ``change`` is random: a mark made meanwhile is not taken for one seen.
    """

    KEY: ClassVar[tuple[str, ...]] = ("number",)
    INDEXES: ClassVar[tuple[tuple[str, ...], ...]] = (("pairing_id",),)
    number: int
    pairing_id: str
    change: bytes
    entries: bytes
    ranges: bytes


class SignedStatement(Record, frozen=True, kw_only=True):
    """A statement note signed here or by both: of equality, for instance."""

    KEY: ClassVar[tuple[str, ...]] = ("hash",)
    INDEXES: ClassVar[tuple[tuple[str, ...], ...]] = (("pairing_id",),)
    hash: str
    pairing_id: str
    kind: str
    note: bytes
    at: str


# --- local: the committee, its staff and what they did --------------------------------------------------------


class Body(Record, frozen=True, kw_only=True):
    """One body of the tree: committee, general_branch, branch, party_group, floating_members_organisation."""

    KEY: ClassVar[tuple[str, ...]] = ("code",)
    INDEXES: ClassVar[tuple[tuple[str, ...], ...]] = (("parent_code",),)
    code: str
    full_name: str
    short_name: str
    category: str
    parent_code: str | None
    secretary: SealedOrNone = None
    phone: SealedOrNone = None


class Staff(Record, frozen=True, kw_only=True):
    """A person who works on this node. ``password`` is a scrypt line; the subtree is that of ``body_code``.

    A person who leaves is disabled, never removed: the audit names them.
    """

    KEY: ClassVar[tuple[str, ...]] = ("name",)
    name: str
    role: str
    body_code: str
    password: str
    failures: int = 0
    locked_until: str | None = None
    disabled: bool = False


class Token(Record, frozen=True, kw_only=True):
    """A login. Only the SHA-256 of the token is kept."""

    KEY: ClassVar[tuple[str, ...]] = ("digest",)
    digest: str
    staff: str
    expires_at: str


class AuditEntry(Record, frozen=True, kw_only=True):
    """One administrative act, chained by hash: ``digest`` covers all fields and the digest before.

    ``about`` is what was acted on or read (``member:<member_id>``, ``body:0101``): it answers who has read a record.
    Of a read, ``purpose`` says why (a code of the list ``purpose``) and ``records`` how many were shown.
    """

    KEY: ClassVar[tuple[str, ...]] = ("number",)
    INDEXES: ClassVar[tuple[tuple[str, ...], ...]] = (("about",),)
    number: int
    at: str
    staff: str
    operation: str
    about: str | None = None
    outcome: str
    purpose: str | None = None
    records: int | None = None
    digest: str


class Task(Record, frozen=True, kw_only=True):
    """Something that a person here has to do, with the record that it is about."""

    KEY: ClassVar[tuple[str, ...]] = ("task_id",)
    INDEXES: ClassVar[tuple[tuple[str, ...], ...]] = (("state",), ("subject",))
    task_id: str
    kind: str
    state: str
    agreement: str | None
    subject: str | None
    opened_at: str
    closed_at: str | None = None
    note: str | None = None


class Batch(Record, frozen=True, kw_only=True):
    """A sheet that was taken as a whole, so that it can be undone as a whole (sync/worksheets/worksheet.py).

    ``digest``: SHA-256 of the file. ``made``: ids of what it made, dropped when it can no longer be undone; ``entries``
    is how many there were.
    """

    KEY: ClassVar[tuple[str, ...]] = ("number",)
    INDEXES: ClassVar[tuple[tuple[str, ...], ...]] = (("at",),)
    number: int
    sheet: str
    staff: str
    at: str
    digest: str
    entries: int
    made: list[str]
    undone_at: str | None = None
    undone_by: str | None = None


class ColumnName(Record, frozen=True, kw_only=True):
    """What another system calls a column of a sheet of ours, told once by an officer. ``header`` as it is compared."""

    KEY: ClassVar[tuple[str, ...]] = ("sheet", "header")
    sheet: str
    header: str
    column: str


class AgreementDraft(Record, frozen=True, kw_only=True):
    """An agreement text that an officer prepared; nobody has signed it. ``version``: the hash of the text.

    ``state``: draft, proposed. ``proposal``: id of the message by which it was proposed. A change is another draft.
    """

    KEY: ClassVar[tuple[str, ...]] = ("draft_id",)
    INDEXES: ClassVar[tuple[tuple[str, ...], ...]] = (("pairing_id",),)
    draft_id: str
    pairing_id: str
    text: str
    version: str
    prepared_by: str
    prepared_at: str
    state: str
    proposal: str | None = None


# --- local: members and their movement ------------------------------------------------------------------------


class Member(Record, frozen=True, kw_only=True):
    """The basic record of a member of this committee (domain.md 5.1). ``id_digest`` is a keyed digest for matching."""

    KEY: ClassVar[tuple[str, ...]] = ("member_id",)
    UNIQUE: ClassVar[tuple[tuple[str, ...], ...]] = (("id_digest",),)
    INDEXES: ClassVar[tuple[tuple[str, ...], ...]] = (("branch_code",), ("floating", "branch_code"))
    STAMPED: ClassVar[tuple[str, ...] | None] = ()
    member_id: str
    branch_code: str
    id_digest: str
    name: Sealed
    id_number: Sealed
    details: Sealed
    """The other columns as JSON text: all that no rule has to search."""
    category: str
    floating: bool


class OutflowEntry(Record, frozen=True, kw_only=True):
    """One row of the outflow roster (domain.md 5.3), matched to a member by ID number."""

    KEY: ClassVar[tuple[str, ...]] = ("member_id",)
    STAMPED: ClassVar[tuple[str, ...] | None] = ()
    member_id: str
    left_on: str | None
    destination_place: str | None
    certificate_number: str | None
    details: Sealed


class Certificate(Record, frozen=True, kw_only=True):
    """An activity certificate issued here: the number is unique on the node. ``state``: in_use, lost, withdrawn."""

    KEY: ClassVar[tuple[str, ...]] = ("number",)
    INDEXES: ClassVar[tuple[tuple[str, ...], ...]] = (("member_id",),)
    number: str
    member_id: str
    issued_on: str
    valid_until: str | None = None
    reason: str | None = None
    place: str | None = None
    left_on: str | None = None
    state: str = "in_use"


class CertificateVerification(Record, frozen=True, kw_only=True):
    """A certificate number was presented here and checked (A-29). It names nobody.

    ``method``: token, query or none. ``status``: what was known at once; after a query the issuer's answer to
    ``message`` under ``agreement`` counts.
    """

    KEY: ClassVar[tuple[str, ...]] = ("check_id",)
    check_id: str
    number: str
    checked_on: str
    checked_by: str
    method: str
    status: str
    pairing_id: str | None = None
    agreement: str | None = None
    message: str | None = None


class Departure(Record, frozen=True, kw_only=True):
    """A member's own report before leaving, taken down by the branch; the notice to the destination refers to it."""

    KEY: ClassVar[tuple[str, ...]] = ("departure_id",)
    INDEXES: ClassVar[tuple[tuple[str, ...], ...]] = (("member_id",),)
    STAMPED: ClassVar[tuple[str, ...] | None] = ()
    departure_id: str
    member_id: str
    reported_on: str
    left_on: str
    destination_place: str
    reason: str
    briefed_on: str | None = None


class Matter(Record, frozen=True, kw_only=True):
    """What members away from home have to hear of: a matter, an election or an event of ours (A-20, A-21).

    ``body_code``: the body that announced it, to the members of its subtree.
    """

    KEY: ClassVar[tuple[str, ...]] = ("matter_id",)
    matter_id: str
    category: str
    title: str
    text: str
    on: str
    body_code: str
    announced_on: str


class MatterReach(Record, frozen=True, kw_only=True):
    """Whether our own people reached a member with a matter: informed or not_reached. No row is unknown."""

    KEY: ClassVar[tuple[str, ...]] = ("matter_id", "person")
    matter_id: str
    person: str
    outcome: str
    on: str
    reply: str | None
    by: str


class ProbationCase(Record, frozen=True, kw_only=True):
    """The origin's own notes on one expiry of probation: the draft of the request, then what the branch resolved.

    ``sent_at``: when a person sent the request; ``resolved_on`` and ``resolution_number``: the branch meeting.
    """

    KEY: ClassVar[tuple[str, ...]] = ("subject", "ends_on")
    subject: str
    ends_on: str
    meeting_on: str
    answer_by: str
    drafted_at: str
    sent_at: str | None = None
    resolved_on: str | None = None
    resolution_number: str | None = None


class MobilityPeriod(Record, frozen=True, kw_only=True):
    """One outflow as this node sees it: which member (origin only) goes by which pseudonym under which agreement.

    ``side`` is ours for this member. ``body_code`` is the branch here that answers: the affiliated branch at the
    origin, the managing body at the destination.
    """

    KEY: ClassVar[tuple[str, ...]] = ("subject",)
    INDEXES: ClassVar[tuple[tuple[str, ...], ...]] = (("member_id",), ("agreement",))
    STAMPED: ClassVar[tuple[str, ...] | None] = ()
    subject: str
    agreement: str
    pairing_id: str
    side: str
    member_id: str | None
    body_code: str | None


class Intake(Record, frozen=True, kw_only=True):
    """Somebody who came without a notice and says to be a member: taken down here, asked about at the origin (A-40).

    ``state``: open (no partner was asked), asked, matched, denied. ``message``: what the partner was asked by;
    ``subject``: the pseudonym under which notice came once it was a match.
    """

    KEY: ClassVar[tuple[str, ...]] = ("intake_id",)
    INDEXES: ClassVar[tuple[tuple[str, ...], ...]] = (("message",),)
    intake_id: str
    found_on: str
    name: Sealed
    id_number: Sealed
    phone: SealedOrNone = None
    certificate_number: str | None = None
    taken_by: str
    state: str
    pairing_id: str | None = None
    message: str | None = None
    subject: str | None = None
    reason: str | None = None


class IdentityCheck(Record, frozen=True, kw_only=True):
    """That somebody here made sure who a member is, or answers for a placement without (A-41).

    ``how``: id_number (the presented one has the digest of the notice), certificate, or override with its ``reason``.
    """

    KEY: ClassVar[tuple[str, ...]] = ("subject",)
    subject: str
    how: str
    checked_on: str
    checked_by: str
    reason: SealedOrNone = None


class Reminder(Record, frozen=True, kw_only=True):
    """A member was reminded: to report at the destination, or to take part (A-16, A-17)."""

    KEY: ClassVar[tuple[str, ...]] = ("reminder_id",)
    INDEXES: ClassVar[tuple[tuple[str, ...], ...]] = (("subject",),)
    reminder_id: str
    subject: str
    matter: str
    on: str
    channel: str
    outcome: str
    by: str


class CertificateCheck(Record, frozen=True, kw_only=True):
    """The certificate that a member brought back was compared with what is on record (A-22).

    ``unmatched``: what stood on one side only, as lines for people.
    """

    KEY: ClassVar[tuple[str, ...]] = ("subject",)
    subject: str
    checked_on: str
    checked_by: str
    unmatched: list[str]


class OwnAccount(Record, frozen=True, kw_only=True):
    """A member's own account of the time away, kept beside the destination's summary. It never leaves this node."""

    KEY: ClassVar[tuple[str, ...]] = ("subject",)
    subject: str
    given_on: str
    taken_by: str
    text: Sealed


class RosterVersion(Record, frozen=True, kw_only=True):
    """What the own record said of a member from this day on (A-03). ``roster``: member or outflow.

    ``since``: a day, or "" for what stood before the first change. ``row``: the record as JSON text.
    """

    KEY: ClassVar[tuple[str, ...]] = ("roster", "person", "number")
    INDEXES: ClassVar[tuple[tuple[str, ...], ...]] = (("roster", "since"),)
    roster: str
    person: str
    number: int
    since: str
    at: str
    row: SealedOrNone


# --- local: contacts, organisational life, education, dues ----------------------------------------------------
#
# ``person`` is a member id at the origin and a pseudonym at the destination (sync/shared/charges.py).


class ContactOfficer(Record, frozen=True, kw_only=True):
    """Who keeps contact with a member here, one after the other: ``until`` is None for the present one (B-09).

    ``staff``: the officer's account here, if there is one; it cannot be disabled before a hand-over.
    """

    KEY: ClassVar[tuple[str, ...]] = ("person", "number")
    INDEXES: ClassVar[tuple[tuple[str, ...], ...]] = (("staff",),)
    person: str
    number: int
    officer: Sealed
    phone: Sealed
    staff: str | None
    since: str
    until: str | None = None


class Contact(Record, frozen=True, kw_only=True):
    """One contact or visit, or the attempt at one. ``note`` never leaves this node (A-19, B-10).

    ``about``: the relocation or the help case that it follows. ``message``: what the partner was told by.
    """

    KEY: ClassVar[tuple[str, ...]] = ("contact_id",)
    INDEXES: ClassVar[tuple[tuple[str, ...], ...]] = (("person",), ("on",))
    contact_id: str
    person: str
    kind: str
    on: str
    channel: str
    reached: bool
    officer: Sealed
    about: str | None = None
    note: SealedOrNone = None
    entered_by: str
    message: str | None = None
    withdrawn: str | None = None


class HelpCase(Record, frozen=True, kw_only=True):
    """A request or need of a member, handled here. ``note`` and ``word`` (the member's own) never leave this node."""

    KEY: ClassVar[tuple[str, ...]] = ("case_id",)
    INDEXES: ClassVar[tuple[tuple[str, ...], ...]] = (("person",), ("status",))
    case_id: str
    person: str
    category: str
    hardship: bool
    status: str
    opened_on: str
    touched_on: str
    note: SealedOrNone = None
    word: SealedOrNone = None


class Channel(Record, frozen=True, kw_only=True):
    """A group or line by which a branch reaches its members who are away: its name only, never what is said (B-22)."""

    KEY: ClassVar[tuple[str, ...]] = ("channel_id",)
    channel_id: str
    body_code: str
    medium: str
    name: Sealed
    removed: bool = False


class BranchReport(Record, frozen=True, kw_only=True):
    """What was reported to a branch committee about a quarter: figures, and the meeting (B-11)."""

    KEY: ClassVar[tuple[str, ...]] = ("body_code", "quarter")
    body_code: str
    quarter: str
    meeting: str
    reported_on: str
    figures: dict[str, int]


class RoundTable(Record, frozen=True, kw_only=True):
    """A round-table with members who are away (B-19)."""

    KEY: ClassVar[tuple[str, ...]] = ("event",)
    event: str
    body_code: str
    on: str
    title: str
    present: int


class Suggestion(Record, frozen=True, kw_only=True):
    """What was suggested there. It names no member, so nothing can ever be counted for or against one."""

    KEY: ClassVar[tuple[str, ...]] = ("suggestion_id",)
    INDEXES: ClassVar[tuple[tuple[str, ...], ...]] = (("event",),)
    suggestion_id: str
    event: str
    text: Sealed
    answer: SealedOrNone = None


class Festival(Record, frozen=True, kw_only=True):
    """A festival of this node's calendar, in place of the one of that code that comes with the software (B-15)."""

    KEY: ClassVar[tuple[str, ...]] = ("code",)
    code: str
    name: str
    lunar: bool
    month: int
    day: int
    observed: bool


class DutyHandOver(Record, frozen=True, kw_only=True):
    """A duty list was handed to a member: on which day, by whom, and which version (B-02)."""

    KEY: ClassVar[tuple[str, ...]] = ("person", "number")
    person: str
    number: int
    on: str
    by: str
    version: str
    sha256: str


class FloatingOrganisation(Record, frozen=True, kw_only=True):
    """Where a floating members' organisation of the tree was set up, and by which approval (A-11)."""

    KEY: ClassVar[tuple[str, ...]] = ("code",)
    code: str
    host_place: str
    approval: str
    established_on: str
    registered_by: str


class UpwardItem(Record, frozen=True, kw_only=True):
    """Something that the department above has to hear of; ``item_id``: the message that told the partner, or ours.

    ``content``: a code or a division, never a story. ``report``: the report that holds it.
    """

    KEY: ClassVar[tuple[str, ...]] = ("item_id",)
    INDEXES: ClassVar[tuple[tuple[str, ...], ...]] = (("report",), ("subject",))
    item_id: str
    matter: str
    subject: str
    on: str
    content: str
    opened_on: str
    report: int | None = None


class UpwardReport(Record, frozen=True, kw_only=True):
    """A report to the department above. ``receipt``: the number by which it was received there."""

    KEY: ClassVar[tuple[str, ...]] = ("number",)
    number: int
    made_on: str
    made_by: str
    sent_on: str | None = None
    channel: str | None = None
    received_on: str | None = None
    receipt: str | None = None
    decision: str | None = None


class ArrangedDay(Record, frozen=True, kw_only=True):
    """A day of the yearly arrangement of holidays, as ``YYYY-MM-DD``: free, or worked instead of another.

    A year is known as soon as there is one of its days (``sync/working_days.py``).
    """

    KEY: ClassVar[tuple[str, ...]] = ("day",)
    day: str
    worked: bool
    name: str


class PlannedActivity(Record, frozen=True, kw_only=True):
    """An activity of a branch. ``event`` is what both sides call it. ``theme``: of volunteering."""

    KEY: ClassVar[tuple[str, ...]] = ("event",)
    INDEXES: ClassVar[tuple[tuple[str, ...], ...]] = (("on",),)
    event: str
    body_code: str
    activity: str
    title: str
    on: str
    mode: str
    theme: str | None
    planned_on: str
    venue: str | None = None


class ActivityInvitation(Record, frozen=True, kw_only=True):
    """A member and an activity here. ``invited_on``: "" for who came uninvited; ``reply``: None until there is one.

    ``attendance`` and ``absence_reason`` are what this side confirmed; None is unknown, and never absent.
    """

    KEY: ClassVar[tuple[str, ...]] = ("event", "person")
    INDEXES: ClassVar[tuple[tuple[str, ...], ...]] = (("person",),)
    event: str
    person: str
    invited_on: str
    reply: str | None = None
    replied_on: str | None = None
    attendance: str | None = None
    absence_reason: str | None = None


class LearningItem(Record, frozen=True, kw_only=True):
    """Something to learn that was pushed online, or material that was handed over (B-21, B-23)."""

    KEY: ClassVar[tuple[str, ...]] = ("item_id",)
    INDEXES: ClassVar[tuple[tuple[str, ...], ...]] = (("on",),)
    item_id: str
    body_code: str
    form: str
    topic: str
    material: str | None
    on: str


class LearningReach(Record, frozen=True, kw_only=True):
    """How far an item came to a member: sent, confirmed or not_reached. Reading is not watched."""

    KEY: ClassVar[tuple[str, ...]] = ("item_id", "person")
    INDEXES: ClassVar[tuple[tuple[str, ...], ...]] = (("person",),)
    item_id: str
    person: str
    state: str
    on: str


class DuesRecord(Record, frozen=True, kw_only=True):
    """What a person here confirmed of one month's dues: paid, relieved or confirmed_unpaid. Amounts stay at home.

    ``details``: income, rate, amounts, payer, receipt as JSON text. ``message``: the certificate's entry.
    """

    KEY: ClassVar[tuple[str, ...]] = ("person", "month", "number")
    INDEXES: ClassVar[tuple[tuple[str, ...], ...]] = (("month",),)
    person: str
    month: str
    number: int
    state: str
    on: str
    details: Sealed
    entered_by: str
    message: str | None = None
    withdrawn: str | None = None
