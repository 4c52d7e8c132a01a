"""What is written with a partner that has no node: a local log of both sides, both of them written by us.

It is folded by the same FOLD under the same verdicts as what two nodes exchange, so every list and command works with
it. Nothing in it is signed: no head, no receipt, no agreement; nothing of it is ever delivered. What the partner said
by letter or telephone is entered with how it came, and stays recognisable by that (``sync/shared/provenance.py``)::

    book.enter("admission.given", body, Word("telephone", "李明", "2026-03-02"), by="干事", version=v, subject=s)
"""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import msgspec

from gongguan.protocol import merkle, messages
from gongguan.protocol.causality import Head, Past
from gongguan.protocol.decision import View
from gongguan.protocol.errors import refuse
from gongguan.protocol.messages import KINDS
from gongguan.protocol.messages.envelope import Body, Message
from gongguan.protocol.messages.exchange import EpochOpened
from gongguan.sync.act import stamp
from gongguan.sync.exchange import folding, verdict
from gongguan.sync.exchange.fold import JOINT
from gongguan.sync.exchange.knowledge import Agreed, Knowledge, Known
from gongguan.sync.exchange.logbook import LogBook, Outgoing
from gongguan.sync.exchange.outcomes import VOID
from gongguan.sync.records import PAPER, LogMessage, PaperEntry, PaperPartner

NEEDS_SIGNATURES: Final = frozenset(
    {
        *JOINT,
        "joint.answered",
        *(kind.name for kind in KINDS.values() if kind.duty == "agreement"),
        *(kind.name for kind in KINDS.values() if kind.name.startswith(("conflict.", "exchange."))),
        "paper.stated",
        "certificate.queried",
        "certificate.stated",
        "inflow.reported",
        "inflow.answered",
    }
) - {"exchange.erased"}
"""Kinds by which two nodes come to one result under two signatures, or by which their software asks and answers: never
written on paper, and never entered for the other side."""

ALWAYS: Final = frozenset({"exchange.erased"})
"""What is told in no letter: that a member's time is over."""

OWN_ONLY: Final = frozenset({"score.contributed", "score.reversed"})
"""What is never entered for the other side: points count by their own committee's signed word alone."""

AFTER_LINK: Final = ALWAYS | {"return.notified"}
"""What is still written, by either party, once the partner has a node: a stay on paper can always be ended."""

UNDERSTOOD: Final = frozenset(f"{kind.name}@{kind.version}" for kind in KINDS.values())


class Word(NamedTuple):
    """How a statement of theirs came: ``how`` (sheet, letter, telephone), who gave it, on which day.

    ``letter``: code of ours that it answers; ``reference``: the number of their letter.
    """

    how: str
    clerk: str
    said_on: str
    letter: str | None = None
    reference: str | None = None


class OnPaper(Knowledge):
    """What anybody knows here: every kind of this software, and the terms that were accepted on paper."""

    def __init__(self, version: str) -> None:
        super().__init__(View(), (), (), View(), ())
        self._always = Known(UNDERSTOOD, version, ended=False, suspended=False, passed={})

    def of(self, past: Past, party: int) -> Known:
        return self._always


class PaperBook(LogBook):
    """See the module. ``write`` is our word, ``enter`` theirs."""

    travels = False

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self._said: list[Message] = []
        self.collected: set[str] = set()
        """What is told now though it is only routine."""

    def enter(
        self,
        kind: str,
        body: Body,
        word: Word,
        *,
        by: str,
        version: str | None = None,
        subject: str | None = None,
        cause: str | None = None,
    ) -> Message:
        """Write down a statement of theirs, by the same verdict as if their node had sent it. ``by``: who enters it.

        Raises D-needs-signatures, and what ``write`` raises; then nothing was written.
        """
        self._be_ready()
        if kind in OWN_ONLY:
            raise refuse("D-needs-signatures", kind=kind)
        message = self._message(Outgoing(kind, body, version, subject, cause))
        message = msgspec.structs.replace(message, seen=self.heads(own=True))
        self._keep(message, own=False)
        self.store.add(
            PaperEntry(
                message=message.id,
                pairing_id=self.pairing.pairing_id,
                kind=kind,
                subject=subject,
                how=word.how,
                letter=word.letter,
                reference=word.reference,
                clerk=word.clerk,
                said_on=word.said_on,
                entered_by=by,
                entered_at=stamp(self.now),
            )
        )
        return message

    def void(self, entry: PaperEntry, by: str) -> None:
        """Take back what was entered by mistake: it has no effect any more, and stays readable.

        Raises P-pairing-not-active once it was offered to the partner's node, which says itself whether it is so.
        """
        if entry.offer is not None:
            raise refuse("P-pairing-not-active", state=self.pairing.state)
        (row,) = self.store.find(LogMessage, author=self.pairing.peer, id=entry.message)
        self.store.put(msgspec.structs.replace(row, effect=VOID))
        folding.mark_stale(self, row.unit)
        self.store.put(msgspec.structs.replace(entry, withdrawn_by=by, withdrawn_at=stamp(self.now)))

    def append(self, message: Message) -> None:
        self._keep(message, own=True)

    def current_version(self) -> str:
        """The hash of the terms that they accepted on paper, or ""."""
        partner = self.store.get(PaperPartner, self.pairing.peer)
        return partner.version if partner is not None else ""

    def close(self) -> Head | None:
        """Write everything back. There is no head to sign nor to remember."""
        folding.settle(self)
        self.refused.clear()
        for epoch in self.touched:
            self.store.put(self.epochs[epoch])
        self.touched.clear()
        folding.write_units(self)
        return None

    def take_said(self) -> list[Message]:
        """Our messages since this was asked last in this transaction: a letter is to be written of them."""
        said, self._said = self._said, []
        return said

    def say_again(self, found: Sequence[Message]) -> None:
        """These go into a letter now: they were written before, one by one."""
        self._said.extend(found)
        self.collected.update(message.id for message in found)

    # --- inside -----------------------------------------------------------------------------------------------

    def _remembered_epoch(self) -> str | None:
        """One epoch for ever: a head that nobody signs cannot fork."""
        return next((row.epoch for row in self.epochs.values() if row.own), None)

    def _new_id(self, position: int, random: bytes) -> str:
        """Like no other from the first digit on: ours and theirs are few, and staff name them by the first eight."""
        return self.rng(16).hex()

    def _be_ready(self) -> None:
        if self.own_epoch is not None:
            return
        for own in (True, False):
            row = self.new_epoch_row(self.rng(16).hex(), own, (), self.identity.card)
            self.own_epoch = row.epoch if own else self.own_epoch
            opened = self._message(
                Outgoing("epoch.opened", EpochOpened(parents=(), card=self.identity.card, reason="first"))
            )
            self._keep(msgspec.structs.replace(opened, seen=self.heads(own=not own)), own=own)
        self._said.clear()

    def _keep(self, message: Message, *, own: bool) -> None:
        """Verdict, position, fold and reaction, as in ``LogBook.append``; for either party."""
        if self.pairing.state != PAPER and message.kind not in AFTER_LINK:
            raise refuse("P-pairing-not-active", state=self.pairing.state)
        if message.kind in NEEDS_SIGNATURES:
            raise refuse("D-needs-signatures", kind=message.kind)
        row = next(row for row in self.epochs.values() if row.own is own)
        party = self.own_party if own else 1 - self.own_party
        data = messages.encode(message)
        messages.check_form(data)
        placed = self.place(row, row.size, message, party)
        work = self.unit_of(placed)
        unit = work.row.unit if work else None
        verdict.check(message, party, placed.past, folding.evidence_of(self, work, placed.past), unit, self.grounds())
        author = self.identity.node_id if own else self.pairing.peer
        self.record(row, placed, author, work, merkle.leaf_hash(data), data)
        self.set_row(msgspec.structs.replace(row, size=row.size + 1, lamport=placed.lamport))
        self.touched.add(row.epoch)
        if own and message.kind not in ALWAYS and self.pairing.state == PAPER:
            self._said.append(message)
        self.apply(placed, work, own=own)

    def _agreed(self) -> Agreed:
        return Agreed(View(), (), (), OnPaper(self.current_version()), self.current_version())
