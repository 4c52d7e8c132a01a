"""The exchange of one node inside one transaction: write, receive, compose.

Flow in: ``receive(data)`` opens a bundle, verifies it (protocol/session.py), and hands segments and receipts to the
pairing's ``LogBook``. Flow out: ``compose`` puts what the partner has not receipted, and our receipts, into a bundle.
A receipt is signed in ``compose``, which must run in a transaction *after* the one that stored the messages has
committed. ``close`` ends a write transaction: it signs one head per pairing over all that was written in it::

    exchange = Exchange(store, identity, memory, now, rng)
    exchange.book(pairing_id).write("notice.given", body, version=v)
    heads = exchange.close()          # after the commit: memory.signed(heads)
"""

import heapq
import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

import msgspec

from gongguan.protocol import bundle, log, note, session
from gongguan.protocol import erasure as erased
from gongguan.protocol import fork as forks
from gongguan.protocol.bundle import DigestQuestion, Header, Opened, Rest, SegmentPart, Status
from gongguan.protocol.causality import Head
from gongguan.protocol.errors import ProtocolError, refuse
from gongguan.protocol.limits import BUNDLE_BYTES_MAX, BUNDLE_MESSAGES_MAX, OUTCOMES_PER_BUNDLE_MAX
from gongguan.protocol.messages.exchange import VersionsAnnounced
from gongguan.protocol.session import (
    ForkFound,
    HeadShown,
    HistoryShown,
    Identity,
    ReceiptRead,
    SegmentAhead,
    SegmentTaken,
    StatusRead,
)
from gongguan.sync.exchange import attachments, erasure, folding, intake, quota, second_histories, standing, succession
from gongguan.sync.exchange.attachments import Served
from gongguan.sync.exchange.effort import SIGNATURE_COSTS, Effort
from gongguan.sync.exchange.logbook import LogBook, PairingMemory, React
from gongguan.sync.exchange.paper_book import PaperBook
from gongguan.sync.exchange.react import REACT, answer_queries, give_match_key
from gongguan.sync.exchange.watch import CURRENT, Software, Watch
from gongguan.sync.records import ON_PAPER, Epoch, ForkEvidence, LogMessage, Pairing, Segment, Setting
from gongguan.sync.store import Store

FILL_BYTES = BUNDLE_BYTES_MAX * 3 // 8
"""Segments are added to a bundle while their messages stay below this: room is left for everything else, and what both
sides hold in memory while it is taken in, ten times as much, stays moderate."""


PART_MESSAGES = 96
"""Of a bundle whole segments are taken together until they hold so many messages: about 6 ms of work."""

SEGMENTS_PAGE = 256
ASKS_FOR_STATUS = frozenset(
    {"P-causality", "P-receipt", "P-epoch", "P-epoch-parent", "A-no-known-signer", "A-card-chain"}
)
"""So refuses a partner that was restored and does not hold any more what we build on: it is sent a bare status then,
with all our cards, since it may have lost those too, and its answer says what it holds."""
HEARD = "heard/{pairing}"
"""Setting: id of the bundle that was taken last from this partner; our next status answers it."""
IN_DOUBT = "?"
"""Behind that id when the bundle listed heads that we do not know: our next status then lists every epoch."""
EPOCHS_LISTED_MAX = 500


@dataclass
class BundleNumbers:
    """The ids of the bundles of one process: 16 hex digits of the process, 16 that count."""

    process: str = ""
    counter: Iterator[int] = field(default_factory=itertools.count)

    def next(self, rng: Callable[[int], bytes], recovery: str | None) -> str:
        """A new id. What answers a bundle made while recovering is known by its beginning."""
        self.process = self.process or rng(8).hex()
        return f"{((recovery or '') + self.process)[:16]}{next(self.counter):016x}"


@dataclass
class Memory:
    """What this process remembers between transactions. Losing it costs an epoch, never a message."""

    pairings: dict[str, PairingMemory] = field(default_factory=dict)
    numbers: BundleNumbers = field(default_factory=BundleNumbers)
    effort: Effort = field(default_factory=Effort)
    doubted: set[str] = field(default_factory=set)
    """Pairings in whose name something came that the partner did not sign. Until the process ends, not until one is
    right again: anybody can send once more what the partner signed once."""

    def for_readers(self) -> "Memory":
        """For another thread: it shares what does not hang on any transaction."""
        return Memory(numbers=self.numbers, effort=self.effort, doubted=self.doubted)

    def of(self, pairing_id: str) -> PairingMemory:
        """The memory of one pairing."""
        if pairing_id not in self.pairings:
            self.pairings[pairing_id] = PairingMemory()
        return self.pairings[pairing_id]

    def signed(self, heads: Mapping[str, Head]) -> None:
        """The transaction that signed these heads has committed."""
        for pairing_id, head in heads.items():
            memory = self.of(pairing_id)
            memory.head = head
            memory.after_unknown_commit = memory.after_recovery = False

    def roll_back(self, pairing_ids: Iterable[str]) -> None:
        """A transaction was given up before it signed anything: only what it had learnt of these pairings goes."""
        for pairing_id in pairing_ids:
            before = self.of(pairing_id)
            self.pairings[pairing_id] = PairingMemory(
                head=before.head,
                keys=before.keys,
                blocks=before.blocks,
                after_unknown_commit=before.after_unknown_commit,
                after_recovery=before.after_recovery,
            )

    def forget_heads(self, *, unknown_commit: bool = False) -> None:
        """A transaction failed, perhaps after its commit: whatever it signed is not to be continued (Rule E)."""
        for pairing_id, before in list(self.pairings.items()):
            self.pairings[pairing_id] = PairingMemory(
                after_unknown_commit=unknown_commit, after_recovery=before.after_recovery, keys=before.keys
            )


class Received(NamedTuple):
    """What a bundle brought. ``ahead``: part of it begins beyond what we hold, the partner has to send from before."""

    pairing_id: str
    bundle: str
    answers: str | None
    new_messages: int
    new_receipts: int
    ahead: bool
    questions: tuple[DigestQuestion, ...]
    told: tuple[DigestQuestion, ...]
    recovering: bool = False
    """This node was restored from a backup, and has not heard yet that nothing more comes back."""
    receipts: int = 0
    """How many receipts and cards it carried, known ones too: the partner has not seen yet that we hold them."""
    new_parts: int = 0
    """Parts of files that were asked for."""


class Unfinished(NamedTuple):
    """What is left of a bundle of which part was taken. ``messages``: how many were new in transactions before this
    one, ``receipts``: so far; ``ahead``: as in ``Received``; ``shown``: receipts and cards that it carried;
    ``reports``: how many refusals may still be reported for it. ``verified``: by this very transaction, its status with
    the logs as they are by what was taken; only segments are left to be looked at then."""

    opened: Opened
    shown: int
    messages: int = 0
    receipts: int = 0
    ahead: bool = False
    reports: int = OUTCOMES_PER_BUNDLE_MAX
    verified: tuple[StatusRead, session.SessionState] | None = None


class Composed(NamedTuple):
    """A bundle to send. ``more``: what is due did not all fit. ``segments``: how many it carries."""

    data: bytes
    bundle: str
    segments: int
    more: bool
    reached: tuple[Head, ...] = ()
    """How far its segments go, per epoch, and its parts, per file: ``beyond`` when another bundle leaves with it."""
    parts: int = 0
    """Parts of files in it."""


class Exchange:
    """All pairings of this node in one transaction."""

    book_class: type[LogBook] = LogBook
    part_messages: int = PART_MESSAGES
    reactions: Mapping[str, React] = REACT

    def __init__(
        self,
        store: Store,
        identity: Identity,
        memory: Memory,
        now: datetime,
        rng: Callable[[int], bytes],
        peer_bytes_max: int | None = None,
        *,
        software: Software = CURRENT,
        watch: Watch | None = None,
    ) -> None:
        """``peer_bytes_max``: bound of ``sync/exchange/quota.py`` for each partner; None for none.

        ``software``: what this program can apply; ``watch`` learns which message is being processed.
        """
        self.store = store
        self.identity = identity
        self.memory = memory
        self.now = now
        self.rng = rng
        self.peer_bytes_max = peer_bytes_max
        self.software = software
        self._watch = watch
        self._books: dict[str, LogBook] = {}

    def book(self, pairing_id: str) -> LogBook:
        """Both logs of a pairing. Raises ``P-pairing-unknown``."""
        if pairing_id not in self._books:
            pairing = self.store.get(Pairing, pairing_id)
            if pairing is None:
                raise refuse("P-pairing-unknown", pairing=pairing_id)
            memory = self.memory.of(pairing_id)
            kind = PaperBook if pairing.state in ON_PAPER else self.book_class
            self._books[pairing_id] = kind(
                self.store,
                pairing,
                self.identity,
                memory,
                self.now,
                self.rng,
                self.reactions,
                software=self.software,
                watch=self._watch,
            )
        return self._books[pairing_id]

    def take_identity(self, identity: Identity) -> None:
        """From here on this transaction signs as ``identity``; ``sync/exchange/succession.py`` is who asks for it."""
        self.identity = identity
        for book in self._books.values():
            book.identity = identity

    def books(self) -> list[LogBook]:
        """The books that this transaction has opened."""
        return list(self._books.values())

    def let_go(self) -> None:
        """The transaction is over: nothing that it read is kept any longer."""
        for book in self._books.values():
            book.let_go()
        self._books.clear()

    def announce(self, pairing_id: str) -> bool:
        """Tell the partner which kinds this software applies, if that is news, and apply what waited for it.

        Called when a pairing becomes active, and at each start.
        """
        book = self.book(pairing_id)
        if book.pairing.recovering:
            return False
        key = f"versions/{book.own_party}"
        records = book.pairing_unit().records
        kinds = sorted(self.software.kinds)
        news = key not in records or records[key]["entries"][-1]["value"]["kinds"] != kinds
        if news:
            book.write("exchange.versions", VersionsAnnounced(kinds=tuple(kinds)))
        book.held.release_known()
        return news

    def announce_to(self, peer: str) -> None:
        """``announce`` in every active pairing with this node; nothing when there is none yet."""
        for pairing in self.store.find(Pairing, peer=peer, state="active"):
            self.announce(pairing.pairing_id)

    def receive(self, data: bytes, *, receipts_only: bool = False) -> Received:
        """Take a bundle: all of it or nothing. Raises the refusal of the whole; the caller then rolls back.

        ``receipts_only`` leaves the segments out: for one that was refused by R-quota and cannot be asked again.
        """
        left = self.open(data)
        while not receipts_only and (parted := self._parted(left)) is not None:
            left = self._take_part(left, *parted)
        return self._end(left, receipts_only=receipts_only)

    def open(self, data: bytes) -> Unfinished:
        """A bundle of which nothing was taken, nor verified, yet."""
        header, start = bundle.read_header(data)
        self._active_book(header)
        self.memory.effort.check(header.pairing, self.now)
        with self._doubting(header.pairing):
            opened = bundle.unseal(data, self.identity.sealing, (header, start))
        return Unfinished(opened, len(opened.rest.receipts) + len(opened.rest.cards))

    def screened(self, data: bytes) -> Unfinished:
        """``open`` for a bundle that the partner signed; reads only. Raises what ``receive`` does of any other."""
        left = self.open(data)
        book = self.book(left.opened.header.pairing)
        keys = succession.keys_with(book, left.opened.rest.cards)
        session.verified_status(book.session_state()._replace(peer=keys), left.opened)
        return left

    @contextmanager
    def _doubting(self, pairing_id: str) -> Iterator[None]:
        """What is refused in here may be by anybody who knows the pairing."""
        try:
            yield
        except ProtocolError:
            self.memory.doubted.add(pairing_id)
            raise

    def receive_some(self, left: Unfinished, is_enough: Callable[[], bool]) -> Received | Unfinished:
        """As ``receive``, but once ``is_enough`` the rest is for another transaction: whoever writes a little does not
        wait for all of a large bundle.

        What was taken stays, whatever becomes of the rest. For the partner that is an answer that was lost: a receipt
        is signed only in answer to the whole, and it sends again what it has none for.
        """
        book = self._active_book(left.opened.header)
        book.reports_max = left.reports
        while (parted := self._parted(left)) is not None:
            left = self._take_part(left, *parted)
            # Nothing is left where what came froze the pairing: that must be kept.
            if left.opened.rest.segments and is_enough():
                return self._left_for_later(left)
        return self._end(left)

    def _left_for_later(self, left: Unfinished) -> Unfinished:
        book = self.book(left.opened.header.pairing)
        if left.verified is not None:
            read, state = left.verified
            # Else what it has just sent would pass for what it has lost.
            standing.partner_shows(book, read.status, left.opened.header.bundle)
            standing.keep_vouched(book, state.vouched)
        reports = left.reports - len(book.refused)
        return left._replace(messages=left.messages + book.new_messages, reports=reports, verified=None)

    def _active_book(self, header: Header) -> LogBook:
        book = self.book(header.pairing)
        if book.pairing.state != "active":
            raise refuse("P-pairing-not-active", state=book.pairing.state)
        return book

    def _parted(self, left: Unfinished) -> tuple[tuple[SegmentPart, ...], tuple[SegmentPart, ...]] | None:
        """The segments that are taken next, and those after them; None where what is left is taken as a whole: it is
        little, was looked at in vain, or has an order of its own after a restore."""
        opened = left.opened
        segments, book = opened.rest.segments, self.book(opened.header.pairing)
        counts = list(itertools.accumulate(len(part.messages) for part in segments))
        is_ordinary = not (opened.rest.returned or book.pairing.recovering) and book.pairing.state == "active"
        if not is_ordinary or not counts or not self.part_messages < counts[-1] <= BUNDLE_MESSAGES_MAX:
            return None
        first = next(number for number, count in enumerate(counts, start=1) if count >= self.part_messages)
        return (segments[:first], segments[first:]) if first < len(segments) else None

    def _take_part(
        self, left: Unfinished, first: tuple[SegmentPart, ...], after: tuple[SegmentPart, ...]
    ) -> Unfinished:
        """Take the first of the segments, with the receipts that their messages may rest on, and all else that is
        verified: it is verified once, not with each part."""
        book = self.book(left.opened.header.pairing)
        read, before, rest = self._verified(book, left, first)
        with self._accounted(book, rest):
            state, events = self._shown_by(book, before, rest)
            _, receipts, ahead = self._take(book, [read, *events])
            standing.check_claims(book)
        frozen = book.pairing.state != "active"
        rest = msgspec.structs.replace(
            left.opened.rest, segments=() if frozen else after, receipts=(), cards=(), shown=()
        )
        return left._replace(
            opened=msgspec.structs.replace(left.opened, rest=rest),
            receipts=left.receipts + receipts,
            ahead=left.ahead or ahead,
            verified=(read, state),
        )

    def _end(self, left: Unfinished, *, receipts_only: bool = False) -> Received:
        """Take all that is left of a bundle."""
        opened = left.opened
        book = self.book(opened.header.pairing)
        read, before, rest = self._verified(book, left, opened.rest.segments)
        with self._accounted(book, rest):
            state, events = self._shown_by(book, before, rest)
            return self._received(book, left, state, [read, *events], receipts_only=receipts_only)

    def _verified(
        self, book: LogBook, left: Unfinished, segments: tuple[SegmentPart, ...]
    ) -> tuple[StatusRead, session.SessionState, Rest]:
        """The status of a bundle, once for a transaction, what the rest of it is looked at from, and that rest, of
        whose segments only these are looked at."""
        rest = msgspec.structs.replace(left.opened.rest, segments=segments)
        if left.verified is not None:
            return *left.verified, rest
        with self._doubting(book.pairing.pairing_id):
            succession.take_cards(book, rest.cards)
            before = book.session_state(with_own=bool(rest.returned or rest.shown))
            return StatusRead(session.verified_status(before, left.opened)), before, rest

    def _shown_by(
        self, book: LogBook, before: session.SessionState, rest: Rest
    ) -> tuple[session.SessionState, list[session.Event]]:
        state, events = session.shown_by(before, rest)
        free = len([event for event in events if _costs_nothing_more(event)])
        book.reread += SIGNATURE_COSTS * (_segments_in(rest) + len(rest.shown) - free)
        return state, events

    @contextmanager
    def _accounted(self, book: LogBook, rest: Rest) -> Iterator[None]:
        """What a bundle has us read again is owed by the partner; all of it where it is refused in the end."""
        effort, name, before = self.memory.effort, book.pairing.pairing_id, book.reread
        try:
            yield
        except BaseException:
            signatures = _segments_in(rest) + len(rest.shown) + len(rest.receipts)
            messages = sum(len(part.messages) for part in (*rest.segments, *rest.returned))
            effort.add(name, messages + SIGNATURE_COSTS * signatures, self.now)
            raise
        finally:
            effort.add(name, book.reread - before, self.now)

    def _received(
        self,
        book: LogBook,
        left: Unfinished,
        state: session.SessionState,
        events: list[session.Event],
        *,
        receipts_only: bool,
    ) -> Received:
        opened, header = left.opened, left.opened.header
        if receipts_only:
            events = [event for event in events if not isinstance(event, SegmentTaken)]
        status, receipts, is_ahead = self._take(book, events)
        ahead = left.ahead or is_ahead
        succession.note_shown(book, status)
        standing.check_claims(book)
        folding.settle(book)
        attachments.keep_wishes(self.store, header.pairing, opened.rest.wishes)
        new_parts = attachments.take(book, opened.rest.parts)
        attachments.admit(book, self.peer_bytes_max)
        standing.keep_vouched(book, state.vouched)
        erasure.sweep(book)
        in_doubt = standing.partner_shows(book, status, header.bundle)
        heard = header.bundle + (IN_DOUBT if in_doubt else "")
        self.store.put(Setting(name=HEARD.format(pairing=header.pairing), value=heard))
        answers = status.answers if isinstance(status.answers, str) else None
        if not ahead and book.pairing.state == "active":
            self._end_recovery(book, status, answers)
        rest = opened.rest
        return Received(
            header.pairing,
            header.bundle,
            answers,
            left.messages + book.new_messages,
            left.receipts + receipts,
            ahead,
            rest.questions,
            rest.answers,
            book.pairing.recovering is not None,
            left.shown,
            new_parts,
        )

    def _take(self, book: LogBook, events: list[session.Event]) -> tuple[Status, int, bool]:
        """The partner's status, how many receipts were new, and whether anything has to be sent once more."""
        status: Status | None = None
        ahead = False
        receipts: list[ReceiptRead] = []
        segments: list[SegmentTaken] = []
        for event in events:
            match event:
                case StatusRead(status):
                    pass
                case SegmentTaken():
                    segments.append(event)
                case ReceiptRead():
                    receipts.append(event)
                case SegmentAhead():
                    ahead = True
                case HeadShown() if book.pairing.state == "active":
                    fork = second_histories.smaller(book, event, segments)
                    if fork is not None and self._is_evidence(book, fork):
                        self._freeze(book, fork)
                case HistoryShown() if book.pairing.state == "active":
                    fork = second_histories.larger(book, event, segments)
                    if fork is None or not self._is_evidence(book, fork):
                        raise (
                            refuse("P-returned", reason="P-root") if event.own else refuse("P-root", epoch=event.epoch)
                        )
                    self._freeze(book, fork)
                case ForkFound() if self._is_evidence(book, event):
                    self._freeze(book, event)
        if status is None:
            raise refuse("S-bundle", part="status")
        _check_own(book, segments, receipts)
        if book.pairing.state == "active":
            ahead = self._take_segments(book, segments) or ahead
        return status, sum(book.take_receipt(event) for event in receipts), ahead

    def _take_segments(self, book: LogBook, segments: list[SegmentTaken]) -> bool:
        """Apply the segments of a bundle; whether some were left out until the rest has come back.

        In ordinary life one after the other, and a claim to have seen what we do not hold refuses the bundle. After a
        restore what came back and what the partner sends once more had seen each other: each waits for its past.
        """
        segments = [segment for segment in segments if not segment.own or succession.may_come_back(book, segment)]
        returned = [segment for segment in segments if segment.own]
        if returned:
            standing.begin_recovery(book, "shown")
        if not book.pairing.recovering:
            for segment in segments:
                self._take_segment(book, segment)
            return False
        waiting, moved = segments, True
        while moved:
            ready = [segment for segment in waiting if not intake.lacks_for(book, segment)]
            waiting, moved = [segment for segment in waiting if segment not in ready], bool(ready)
            for segment in ready:
                self._take_segment(book, segment)
        standing.count_returned(book, [segment for segment in returned if segment not in waiting])
        return bool(waiting)

    def _take_segment(self, book: LogBook, segment: SegmentTaken) -> None:
        if self.peer_bytes_max is not None and not segment.own:
            quota.count(self.store, book, segment, self.peer_bytes_max)
        book.take(segment)

    def _end_recovery(self, book: LogBook, status: Status, answers: str | None) -> None:
        """Recovered, when the partner answers a bundle of this very recovery and holds nothing that we lack."""
        recovery = book.pairing.recovering
        if recovery is None or answers is None or not answers.startswith(recovery) or standing.is_behind(book, status):
            return
        self.finish_recovery(book)

    def finish_recovery(self, book: LogBook, *, given_up: bool = False) -> None:
        """Write again, beginning with what had to wait."""
        standing.end_recovery(book, given_up=given_up)
        self.announce(book.pairing.pairing_id)
        give_match_key(book)
        answer_queries(book)

    def _is_evidence(self, book: LogBook, fork: ForkFound) -> bool:
        """Two heads of ours under a key that we replaced prove nothing: whoever stole it could have made the second.

        By which key they are they say themselves: of an epoch that was lost nothing else here does.
        """
        if not fork.own:
            return True
        origin, key = log.origin(book.pairing.pairing_id, self.identity.node_id, fork.epoch), self.identity.log.public
        try:
            forks.prove(fork.first, fork.second, key, origin, fork.path)
        except ProtocolError:
            return False
        return True

    def _freeze(self, book: LogBook, fork: ForkFound) -> None:
        """Keep the proof and stop taking anything from this partner; both officers have to talk.

        A fork of our own log means that two copies of this node are alive: writing stops as well.
        """
        self.store.put(
            ForkEvidence(
                pairing_id=book.pairing.pairing_id,
                epoch=fork.epoch,
                size=fork.size,
                first=fork.first,
                second=fork.second,
                path=forks.packed(fork.path),
            )
        )
        book.pairing = msgspec.structs.replace(book.pairing, state="frozen")
        self.store.put(book.pairing)

    def compose(
        self,
        pairing_id: str,
        *,
        answers: str | None = None,
        questions: tuple[DigestQuestion, ...] = (),
        told: tuple[DigestQuestion, ...] = (),
        bare: bool = False,
        beyond: Mapping[str, int] | None = None,
        segments: bool = True,
        every_card: bool = False,
    ) -> Composed:
        """The next bundle for a partner: unreceipted segments, oldest first, and our receipts. Reads only.

        ``bare``: only our status, to a partner that refused what we took it to need: its answer says what it holds.
        ``beyond``: segments up to these sizes (epoch → size) are on their way already and left out, and so are parts of
        files (hash → number). ``segments``: whether there are to be messages in it.
        ``every_card``: all our cards since the pairing record, for a file that may meet a partner restored meanwhile.
        """
        book = self.book(pairing_id)
        parts, returned, more = self._segments(book, beyond or {}) if segments and not bare else ([], [], False)
        served = self._files(pairing_id, (*parts, *returned), beyond or {}, bare=bare)
        unseen = [row for row in book.epochs.values() if not row.own and row.receipted < row.size and not bare]
        receipts = tuple([book.receipt_for(row) for row in unseen])
        cards = succession.cards_to_show(book, every=bare or every_card)
        wishes = () if bare else attachments.wishes(self.store, pairing_id, self.now)
        rest = bundle.encode_rest(
            Rest(
                tuple(parts),
                receipts,
                questions,
                told,
                tuple(returned),
                wishes,
                served.parts,
                cards,
                _shown(book, parts),
            )
        )
        bundle_id = self.memory.numbers.next(self.rng, book.pairing.recovering)
        heard = self.store.get(Setting, HEARD.format(pairing=pairing_id))
        if answers is None:
            answers = heard.value.removesuffix(IN_DOUBT) if heard is not None else None
        complete = book.pairing.recovering is not None or (heard is not None and heard.value.endswith(IN_DOUBT))
        recipient = book.peer_keys().sealing[0]
        header = Header(
            sender=self.identity.node_id,
            recipient=book.pairing.peer,
            pairing=pairing_id,
            sealing_key=recipient.key_id,
            bundle=bundle_id,
        )
        text = bundle.status_text(self._status(book, header, rest, answers, complete=complete))
        status_note = note.sign(text, [self.identity.signer()])
        reached = {part.epoch: part.start + len(part.messages) for part in (*parts, *returned)}
        data = bundle.seal(header, status_note, rest, recipient)
        ends = (*reached.items(), *served.reached.items())
        return Composed(data, bundle_id, len(parts) + len(returned), more or served.more, ends, len(served.parts))

    def _files(
        self, pairing_id: str, segments: Iterable[SegmentPart], beyond: Mapping[str, int], *, bare: bool
    ) -> Served:
        """Parts of files that the partner asked for, where the messages leave room."""
        if bare:
            return Served((), {}, False)
        used = sum(sum(map(len, part.messages)) for part in segments)
        return attachments.serve(self.store, pairing_id, FILL_BYTES - used, beyond)

    def _status(self, book: LogBook, header: Header, rest: bytes, answers: str | None, *, complete: bool) -> Status:
        own = [row for row in book.epochs.values() if row.own]
        newest = {row.epoch for row in own[-EPOCHS_LISTED_MAX:]} if complete else frozenset()
        open_heads = {head[0] for head in book.heads(own=True)}
        return Status(
            pairing=header.pairing,
            sender=header.sender,
            recipient=header.recipient,
            bundle=header.bundle,
            rest=bundle.rest_digest(bundle.Payload(b"", rest)),
            heads=tuple(
                [
                    (row.epoch, row.size, row.receipted)
                    for row in own
                    if row.epoch in open_heads or row.receipted < row.size or row.epoch in newest
                ]
            ),
            held=_newest(book.epochs.values()) if complete else book.heads(own=False),
            complete=complete,
            answers=answers or msgspec.UNSET,
            card=book.pairing.newest_there or msgspec.UNSET,
        )

    def _segments(self, book: LogBook, beyond: Mapping[str, int]) -> tuple[list[SegmentPart], list[SegmentPart], bool]:
        """What the partner lacks of our log, what it has lost of its own, and whether more of it waits."""
        parts: list[SegmentPart] = []
        returned: list[SegmentPart] = []
        room = FILL_BYTES
        for row, segment in self._due_segments(book, beyond):
            part = self._part(book, row, segment)
            room -= sum(map(len, part.messages)) + sum(map(len, _shown(book, [part])))
            if room < 0 and (parts or returned):
                return parts, returned, True
            (parts if row.own else returned).append(part)
        return parts, returned, False

    def _due_segments(self, book: LogBook, beyond: Mapping[str, int]) -> Iterator[tuple[Epoch, Segment]]:
        """Oldest first. After a restore of the partner, both logs in one order in which each can be applied in turn."""
        starts: dict[str, int] = {}
        for row in book.epochs.values():
            start = due_from(row)
            if start < row.size and (start := max(start, beyond.get(row.epoch, 0))) < row.size:
                starts[row.epoch] = start
        rows = [book.epochs[epoch] for epoch in starts]
        if not [row for row in rows if not row.own]:
            for row in rows:
                yield from ((row, segment) for segment in self._after(book, row, starts[row.epoch]))
            return
        # L of the last message: whatever a segment had seen ends at a smaller one.
        several = (self._by_lamport(book, row, starts[row.epoch]) for row in rows)
        yield from ((row, segment) for _, _, row, segment in heapq.merge(*several, key=lambda item: item[:2]))

    def _by_lamport(self, book: LogBook, row: Epoch, size: int) -> Iterator[tuple[int, int, Epoch, Segment]]:
        for segment in self._after(book, row, size):
            last = self.store.get(LogMessage, row.ordinal, segment.size - 1)
            yield last.lamport if last is not None else 0, row.ordinal, row, segment

    def _after(self, book: LogBook, row: Epoch, size: int) -> Iterator[Segment]:
        """The segments of an epoch beyond this size, read page by page."""
        unsent = book.memory.unsent.after(row, size)
        if unsent is not None:
            yield from unsent
            return
        page: list[Segment] = []
        while not page or len(page) == SEGMENTS_PAGE:
            page = self.store.find(Segment, ordinal=row.ordinal, size__gt=size, order=("size",), limit=SEGMENTS_PAGE)
            yield from page
            if not page:
                return
            size = page[-1].size

    def _part(self, book: LogBook, row: Epoch, segment: Segment) -> SegmentPart:
        unsent = book.memory.unsent.messages(segment)
        if unsent is not None:
            return SegmentPart(row.epoch, segment.start, segment.head, unsent)
        found = self.store.pick(
            LogMessage,
            ("data",),
            ordinal=row.ordinal,
            index__ge=segment.start,
            index__lt=segment.size,
            order=("index",),
        )
        return SegmentPart(row.epoch, segment.start, segment.head, tuple(data for (data,) in found))

    def pairings(self, *, state: str = "active") -> list[Pairing]:
        """The pairings in this state."""
        return self.store.find(Pairing, state=state)

    def is_due(self, pairing_id: str) -> bool:
        """Whether the partner has not receipted all that we wrote or seen our card, has lost something, or we have."""
        book = self.book(pairing_id)
        if book.pairing.recovering is not None or book.pairing.our_card_there != self.identity.card:
            return True
        return bool([row for row in book.epochs.values() if due_from(row) < row.size])

    def has_receipts_to_show(self, pairing_id: str) -> bool:
        """Whether the partner has not yet shown that it holds our receipt for all that it wrote."""
        return bool([row for row in self.book(pairing_id).epochs.values() if not row.own and row.receipted < row.size])

    def files_on_the_way(self, pairing_id: str) -> tuple[tuple[str, int, int, int], ...]:
        """How far files that messages name have come over; empty when neither side asks for one."""
        return attachments.marks(self.store, pairing_id, self.now)

    def close(self) -> dict[str, Head]:
        """Sign what was written, write everything back. The own heads to remember once the commit has returned."""
        heads: dict[str, Head] = {}
        for pairing_id, book in self._books.items():
            head = book.close()
            if head is not None:
                heads[pairing_id] = head
        return heads


def _costs_nothing_more(event: session.Event) -> bool:
    """What is new is not owed, and what was not verified did not cost anything."""
    return isinstance(event, SegmentTaken) or (isinstance(event, SegmentAhead) and not event.verified)


def _segments_in(rest: Rest) -> int:
    return len(rest.segments) + len(rest.returned)


def _newest(rows: Iterable[Epoch]) -> tuple[Head, ...]:
    """The partner's heads, as many as a status lists."""
    return tuple([(row.epoch, row.size) for row in rows if not row.own][-EPOCHS_LISTED_MAX:])


def _check_own(book: LogBook, segments: list[SegmentTaken], receipts: list[ReceiptRead]) -> None:
    """What the partner builds on is ours by a retired key and not here: lost, or forged. A person says which.

    Raises ``P-own-retired``.
    """
    doubtful = {item.epoch for item in segments if item.own and not succession.may_come_back(book, item)}
    for receipt in receipts:
        if receipt.epoch in doubtful and not book.holds((receipt.epoch, receipt.checkpoint.size), own=True):
            raise refuse("P-own-retired")


def _shown(book: LogBook, parts: list[SegmentPart]) -> tuple[bytes, ...]:
    """The partner's own receipts for segments with erased messages: that it had received them once."""
    epochs = sorted({part.epoch for part in parts if any(map(erased.is_erased, part.messages))})
    receipts = (book.epochs[epoch].receipt for epoch in epochs)
    return tuple(item for item in receipts if item is not None)


def due_from(row: Epoch) -> int:
    """From which size on the partner is to be sent this epoch, of our log or of its own."""
    return min(max(row.receipted, row.returned), row.shown) if row.own else row.shown
