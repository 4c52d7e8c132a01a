"""Messages that a node holds: received and receipted, not applied (``docs/wire.md`` 8).

A node holds a partner's message that it cannot process: it failed or killed the process three times, or its kind is
one that this node announced and its software does not know any more. The node says so in its own log
(``exchange.outcome`` held), later perhaps that it was released; the author may withdraw it meanwhile. From these three,
which stand in both logs, both nodes derive the same: which messages have no effect now, and which ones the author of
any message did not know. The later ones of the same log about the same subject wait with it::

    held.effect(position, own=False, message=message)    # applied, held or void
    held.apart(own, seen, by_us=True)                    # positions that lie behind, and are not known

Nearly always nothing was ever held; then nothing here costs more than a look at an empty list.
"""

from collections.abc import Container, Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from gongguan.protocol import messages
from gongguan.protocol.causality import Closure, Past
from gongguan.protocol.errors import ProtocolError, refuse
from gongguan.protocol.forms import ready
from gongguan.protocol.limits import HOLDINGS_MAX, HOLDINGS_OPEN_MAX, POISON_ATTEMPTS_MAX
from gongguan.protocol.messages.envelope import Message
from gongguan.protocol.messages.exchange import OutcomeReported
from gongguan.sync.act import stamp
from gongguan.sync.exchange import folding, intake
from gongguan.sync.exchange.fold import STOPS
from gongguan.sync.exchange.holdings import Holdings, sorted_by_use
from gongguan.sync.exchange.outcomes import (
    APPLIED,
    DUPLICATE,
    ERASED,
    EVERYTHING,
    HELD,
    NEVER_HELD,
    UNJUDGED,
    UNKNOWN,
    VOID,
    Position,
)
from gongguan.sync.exchange.task_names import task_id, task_names
from gongguan.sync.exchange.units import UnitWork
from gongguan.sync.records import Attempt, Holding, LogMessage, Task

if TYPE_CHECKING:
    from gongguan.sync.exchange.fold import Placed
    from gongguan.sync.exchange.logbook import LogBook

HELD_HERE: Final = "held_here"
HELD_THERE: Final = "held_there"
DISPUTED: Final = "disputed"
"""Kinds of tasks; for their ids see ``task_id``."""


WAIT_FOR_NOBODY: Final = frozenset({"agreement", "exchange", "epoch"})
"""Families that are about no member."""


class Envelope(NamedTuple):
    """What decides on waiting. ``scope``: id of the agreement that is cited, if it is known here."""

    family: str
    cites: bool
    scope: str
    subject: str


class Apart:
    """Positions that lie behind a message and were not known to its author: held then, or withdrawn before it."""

    def __init__(self, held: "HeldMessages", own: Closure, seen: Closure, *, by_us: bool) -> None:
        self._held = held
        self._past = own, seen
        self._by_us = by_us
        self._found: tuple[list[Holding], list[tuple[Holding, list[Position]]]] | None = None

    def __contains__(self, position: object) -> bool:
        if not isinstance(position, tuple):
            return False
        # Looked for when it is asked: most messages never do. What was said since lies behind no such past.
        self._found = self._found or self._held.behind(*self._past, by_us=self._by_us)
        holdings, gone = self._found
        return any(self._held.concerns(row, position) for row in holdings) or any(
            self._held.is_void(row, known, position) for row, known in gone
        )


class Told(NamedTuple):
    """A holding inside a cut, with those of its withdrawals that lie there too."""

    row: Holding
    withdrawals: list[Position]


class HeldAt:
    """What was held or void at a cut. A holding that was over by then is not looked at again."""

    def __init__(self, held: "HeldMessages", inside: Closure) -> None:
        self.inside = inside
        self._held = held
        self._about: dict[tuple[bool, object], list[Told]] = {}
        for row in held.rows:
            if not inside.covers(row.by_epoch, row.by_index):
                continue
            told = Told(row, [at for at in _withdrawals(row) if inside.covers(*at)])
            if told.withdrawals or _is_open(row, inside):
                for about in _about(row):
                    self._about.setdefault((row.own, about), []).append(told)

    def effect(self, position: Position, *, own: bool) -> str:
        """Whether a message of ours (``own``) or of the partner had effect, was held, or was void."""
        if not self._about:
            return APPLIED
        asked = (position, EVERYTHING, self._held.waits_by(position))
        told = [one for about in asked for one in self._about.get((not own, about), ())]
        if any(self._held.is_void(row, withdrawals, position) for row, withdrawals in told):
            return VOID
        held = (row for row, withdrawals in told if not withdrawals)
        return HELD if any(self._held.concerns(row, position) for row in held) else APPLIED


def _about(row: Holding) -> Iterator[object]:
    """By what a message that a holding may concern is found: its own place, and what waits with it."""
    yield row.epoch, row.index
    if row.scope:
        yield EVERYTHING if row.scope == EVERYTHING else (row.scope, row.subject)


class HeldMessages:
    """All holdings of one pairing, inside one transaction of its ``LogBook``."""

    def __init__(self, book: "LogBook") -> None:
        self._book = book
        remembered = book.memory.holdings if book.knows else None
        found = remembered or sorted_by_use(book.store.find(Holding, pairing_id=book.pairing.pairing_id))
        self._sorted: Holdings | None = found
        self.rows = list(found.rows)
        self._envelopes: dict[Position, Envelope | None] = {}
        self._dirty: list[Position] = []

    # --- what follows from the holdings -----------------------------------------------------------------------

    def apart(self, own: Closure, seen: Closure, *, by_us: bool) -> Container[Position]:
        """What lies behind a message with this past and was not known to its author (us or the partner)."""
        return Apart(self, own, seen, by_us=by_us) if self.rows else frozenset()

    def behind(
        self, own: Closure, seen: Closure, *, by_us: bool
    ) -> tuple[list[Holding], list[tuple[Holding, list[Position]]]]:
        """What was held at a message with this past, and what was withdrawn in it, with the withdrawals."""
        found = self.found()
        holdings = [row for row in found.perhaps_open(own, by_us=by_us) if _is_open(row, own)]
        every = found.all_withdrawn()
        known = [(row, [at for at in _withdrawals(row) if own.covers(*at) or seen.covers(*at)]) for row in every]
        return holdings, [(row, withdrawals) for row, withdrawals in known if withdrawals]

    def found(self) -> Holdings:
        """All of them, sorted by what is asked."""
        if self._sorted is None:
            self._sorted = sorted_by_use(self.rows)
        return self._sorted

    def effect(self, position: Position, *, own: bool, message: Message | None = None) -> str:
        """Whether a message of ours (``own``) or of the partner has effect now, is held, or is void."""
        rows = self.found().counting(own=own) if self.rows else ()
        if not rows:
            return APPLIED
        if message is not None:
            self._envelopes[position] = self._envelope(message)
        if any(self.is_void(row, _withdrawals(row), position) for row in rows):
            return VOID
        return HELD if any(not row.withdrawn and self.concerns(row, position) for row in rows) else APPLIED

    def touches(self, unit: bytes) -> bool:
        """Whether messages of this unit are held or void now, or were until now."""
        if not self.rows and not self._dirty:
            return False
        found = self.found()
        dirty = [row for at in self._dirty for side in (True, False) for row in found.at.get((side, at), ())]
        counts = found.holds_everything or unit in found.units
        return counts or any(row.scope == EVERYTHING or row.unit == unit for row in dirty)

    def count(self, past: Past, *, own_word: bool) -> tuple[int, int]:
        """How many messages we (``own_word``) or the partner hold by what lies in this past, and how many ever."""
        own = past.own
        said = [
            row for row in self.rows if row.own is own_word and row.by_epoch and own.covers(row.by_epoch, row.by_index)
        ]
        gone = [any(own.covers(*at) or past.seen.covers(*at) for at in _withdrawals(row)) for row in said]
        return sum(_is_open(row, own) and not is_gone for row, is_gone in zip(said, gone, strict=True)), len(said)

    def lacks_judgement(self, seen: Closure, work: UnitWork | None) -> bool:
        """Whether something of the partner's about this unit, or the agreement, was never processed on this disk."""
        book = self._book
        about = [
            row
            for row in self.found().open[True]
            if row.scope == EVERYTHING or (work is not None and row.unit == work.row.unit)
        ]
        held = [row for row in about if seen.covers(row.epoch, row.index)]
        found = (book.message_at((row.epoch, row.index)) for row in held)
        return any(item is not None and item.verdict == UNJUDGED for item in found)

    def is_held(self, position: Position, seen: Closure, own: Closure) -> bool:
        """Whether the author of a message with this past knew that the partner holds this very message."""
        rows = (row for side in (True, False) for row in self.found().at.get((side, position), ()))
        return any(
            _is_open(row, seen) and not any(own.covers(epoch, index) for epoch, index in row.withdrawn) for row in rows
        )

    def concerns(self, row: Holding, position: Position) -> bool:
        """Whether this position is the one held, or waits with it."""
        target = (row.epoch, row.index)
        if position == target:
            return True
        # Of a thousand that are held hardly any is about the same member: that is seen before who follows whom.
        envelope = self._envelope_at(position)
        return envelope is not None and _waits(row, envelope) and self.follows(position, target)

    def is_void(self, row: Holding, withdrawals: list[Position], position: Position) -> bool:
        """Whether these withdrawals make a message void: it is what they name, or waited for it, and follows none."""
        if not withdrawals or not self.concerns(row, position):
            return False
        return not any(self.follows(position, at) for at in withdrawals)

    def follows(self, position: Position, earlier: Position) -> bool:
        """Whether a message stands after another of the same log."""
        if not self._book.memory.lineage.knows(position[0]):
            return False
        return self._book.memory.lineage.closure([position]).covers(*earlier)

    def _envelope_at(self, position: Position) -> Envelope | None:
        if position not in self._envelopes:
            item = self._book.message_at(position)
            try:
                found = self._envelope(messages.decode(item.data)) if item is not None else None
            except ProtocolError:
                found = None
            self._envelopes[position] = found
        return self._envelopes[position]

    def _envelope(self, message: Message) -> Envelope:
        cited = message.agreement if isinstance(message.agreement, str) else ""
        version = self._book.version(cited) if cited else None
        subject = message.subject if isinstance(message.subject, str) else ""
        family = message.kind.partition(".")[0]
        return Envelope(family, bool(cited), version.agreement if version is not None else "", subject)

    # --- holding and releasing --------------------------------------------------------------------------------

    def is_condemned(self, position: Position) -> bool:
        """Whether this message was tried often enough."""
        return self._tried.get(position, 0) >= POISON_ATTEMPTS_MAX

    def passed(self, position: Position) -> None:
        """This message was processed or is held: its attempts are over."""
        if position in self._tried:
            del self._tried[position]
            self._book.store.remove(Attempt, self._book.pairing.pairing_id, *position)

    @cached_property
    def _tried(self) -> dict[Position, int]:
        found = self._book.store.find(Attempt, pairing_id=self._book.pairing.pairing_id)
        return {(item.epoch, item.index): item.attempts for item in found}

    def hold(self, position: Position, message_id: str, code: str) -> None:
        """Say that we hold this message of the partner. While we may not write, it is kept to be said later."""
        self.passed(position)
        book = self._book
        ours = [row for row in self.rows if row.own]
        if (
            len(ours) >= HOLDINGS_MAX
            or sum(not row.released and not row.withdrawn for row in ours) >= HOLDINGS_OPEN_MAX
        ):
            raise refuse("R-held-full", limit=HOLDINGS_OPEN_MAX)
        if book.pairing.recovering or book.pairing.state != "active":
            at = 1 + max((row.by_index for row in self.rows if not row.by_epoch), default=-1)
            self._add(("", at), position, message_id, code, own=True)
            return
        self._report(position, message_id, "held", code)

    def say_unsaid(self) -> None:
        """After a recovery: report what was held meanwhile."""
        for row in [row for row in self.rows if not row.by_epoch]:
            self.rows.remove(row)
            self._sorted = None
            self._book.store.remove(Holding, *row.primary_key())
            if not any(_is_same(row, other) and not other.released for other in self.rows):
                self._report((row.epoch, row.index), row.message, "held", row.code)

    def release(self, message_id: str) -> bool:
        """Process a message that we hold once more, and what waits with it; whether it is not held any more."""
        row = self._open_here(message_id)
        if row is None:
            return False
        position = (row.epoch, row.index)
        # Its attempts ended when it was held. Those of this release count on: once they are up it is held again.
        self._report(position, message_id, "released", row.code)
        folding.settle(self._book)
        return self._open_here(message_id) is None

    def release_known(self) -> int:
        """Release what was held for a kind that this software knows by now; how many."""
        unknown = [row for row in self.rows if row.own and row.by_epoch and not row.released and not row.withdrawn]
        count = 0
        for row in unknown:
            item = self._book.message_at((row.epoch, row.index)) if row.code == UNKNOWN else None
            if item is None or item.effect == ERASED:
                continue
            if self._book.software.knows(messages.decode(item.data)):
                count += self.release(row.message)
        return count

    def _open_here(self, message_id: str) -> Holding | None:
        found = (row for row in self.rows if row.own and row.message == message_id)
        return next((row for row in found if row.by_epoch and not row.released and not row.withdrawn), None)

    def _report(self, position: Position, message_id: str, outcome: str, code: str) -> None:
        content = {"epoch": position[0], "index": position[1], "message": message_id, "outcome": outcome, "code": code}
        self._book.write("exchange.outcome", msgspec.convert(content, ready(OutcomeReported)))

    # --- reading what either log says -------------------------------------------------------------------------

    def take_outcome(self, placed: "Placed", *, own: bool) -> None:
        """An ``exchange.outcome`` of ours or of the partner. One about what it cannot be about is without effect."""
        body = placed.message.body
        position = (body.epoch, body.index)
        epoch = self._book.epochs.get(body.epoch)
        item = self._book.message_at(position)
        if epoch is None or item is None or epoch.own is own or item.id != body.message or item.kind in NEVER_HELD:
            return
        if not placed.past.seen.covers(*position):
            return
        at = (placed.epoch, placed.position)
        if body.outcome == "held":
            # Said once more of what its author holds already, it adds nothing but work for both sides.
            if not any(_is_open(row, placed.past.own) for row in self._rows_of(position, own=own)):
                self._add(at, position, body.message, body.code, own=own)
        elif body.outcome == "released":
            self._add_release(at, position, placed.past.own, own)
        elif not own and item.verdict != body.code:
            self._open_task(DISPUTED, body.message, item, body.code)

    def take_withdrawal(self, placed: "Placed", *, own: bool) -> None:
        """An ``exchange.withdrawn``: void for ever is what it names, and what waited with that."""
        at = (placed.epoch, placed.position)
        for row in [row for row in self.rows if row.message == placed.message.body.message and row.own is not own]:
            if placed.past.seen.covers(row.by_epoch, row.by_index):
                self._replace(row, withdrawn=[*row.withdrawn, list(at)])
        self._close_tasks(placed.message.body.message)

    def _add(self, at: Position, position: Position, message_id: str, code: str, *, own: bool) -> None:
        item = self._book.message_at(position)
        envelope = self._envelope_at(position)
        if item is None or envelope is None:
            return
        if envelope.family == "agreement":
            scope = EVERYTHING
        else:
            scope = envelope.scope if envelope.family not in ("exchange", "epoch") else ""
        row = Holding(
            pairing_id=self._book.pairing.pairing_id,
            by_epoch=at[0],
            by_index=at[1],
            own=own,
            epoch=position[0],
            index=position[1],
            message=message_id,
            code=code,
            scope=scope,
            subject=envelope.subject,
            unit=self._book.envelope_unit(scope, envelope.subject),
            released=[],
            withdrawn=[],
        )
        self.rows.append(row)
        self._sorted = None
        self._book.store.add(row)
        self._changed(row)
        self._open_task(HELD_HERE if own else HELD_THERE, message_id, item, code)

    def _add_release(self, at: Position, position: Position, before: Closure, own: bool) -> None:
        for row in self._rows_of(position, own=own):
            if _is_open(row, before):
                self._replace(row, released=[*row.released, list(at)])
                self._close_tasks(row.message)

    def _rows_of(self, position: Position, *, own: bool) -> list[Holding]:
        """What was said by us (``own``) or by the partner about this message."""
        return list(self.found().at.get((own, position), ()))

    def _replace(self, row: Holding, **changes: list[list[object]]) -> None:
        changed = msgspec.structs.replace(row, **changes)
        self.rows[self.rows.index(row)] = changed
        self._sorted = None
        self._book.store.put(changed)
        self._changed(changed)

    def _changed(self, row: Holding) -> None:
        self._dirty.append((row.epoch, row.index))
        self._book.forget_grounds()

    def _open_task(self, kind: str, message_id: str, item: LogMessage, code: str) -> None:
        envelope = self._envelope_at(self._book.position_of(item))
        self._book.store.put(
            Task(
                task_id=task_id(kind, message_id, self._book.pairing.pairing_id),
                kind=kind,
                state="open",
                agreement=envelope.scope if envelope is not None else None,
                subject=(envelope.subject or None) if envelope is not None else None,
                opened_at=stamp(self._book.now),
                note=code,
            )
        )

    def _close_tasks(self, message_id: str) -> None:
        pairing_id = self._book.pairing.pairing_id
        for name in (name for kind in (HELD_HERE, HELD_THERE) for name in task_names(kind, message_id, pairing_id)):
            task = self._book.store.get(Task, name)
            if task is not None and task.state == "open":
                self._book.store.put(msgspec.structs.replace(task, state="closed", closed_at=stamp(self._book.now)))

    # --- as it was at a cut -----------------------------------------------------------------------------------

    def at_cut(self, inside: Closure) -> "HeldAt":
        """What counts by what stands inside a cut alone: looked for once, however many messages ask."""
        return HeldAt(self, inside)

    def waits_by(self, position: Position) -> tuple[str, str] | None:
        """(scope, subject) under which this message waits for others; None where it waits for none of a subject."""
        envelope = self._envelope_at(position)
        if envelope is None or envelope.family in WAIT_FOR_NOBODY or not envelope.scope:
            return None
        return envelope.scope, envelope.subject

    def units_held(self, inside: Closure) -> set[tuple[str, str]]:
        """(agreement or pairing id, name) of the units with messages that were held at a cut."""
        found: set[tuple[str, str]] = set()
        for row in self.rows:
            if _is_open(row, inside) and not any(inside.covers(*at) for at in _withdrawals(row)):
                concerned = (item for item in self.concerned(row) if item.effect != ERASED)
                inside_cut = [item for item in concerned if inside.covers(*self._book.position_of(item))]
                found.update(self._book.envelope_name(messages.decode(item.data)) for item in inside_cut)
        return found

    def units_changed(self, inside: Closure) -> set[bytes]:
        """Units in which something was held, released or withdrawn after a cut."""
        found: set[bytes] = set()
        for row in self.rows:
            said = [(row.by_epoch, row.by_index), *((at[0], at[1]) for at in (*row.released, *row.withdrawn))]
            if not all(inside.covers(*at) for at in said):
                found.update(item.unit for item in self.concerned(row) if item.unit is not None)
        return found

    def is_held_later(self, inside: Closure) -> bool:
        """Whether we hold, by an outcome after the cut, a message inside it: its effect there is not known to us."""
        return any(
            row.own and inside.covers(row.epoch, row.index) and not inside.covers(row.by_epoch, row.by_index)
            for row in self.rows
        )

    # --- bringing effects up to date --------------------------------------------------------------------------

    def settle(self) -> None:
        """Let every message have the effect that the holdings give it; process what is released for the first time."""
        while self._dirty:
            # Once for each message, however many holdings are about it; what that sets off is looked at after it.
            count, changed = len(self._dirty), set(self._dirty)
            rows = [row for row in self.rows if (row.epoch, row.index) in changed]
            listed = {(item.ordinal, item.index): item for row in rows for item in self.concerned(row)}
            for item in sorted(listed.values(), key=_in_order):
                self._bring_up(item)
            del self._dirty[:count]

    def concerned(self, row: Holding) -> list[LogMessage]:
        """The messages that a holding is or was about, in the order of their log."""
        book = self._book
        own = not row.own
        found = [book.message_at((row.epoch, row.index))]
        if row.scope == EVERYTHING:
            ordinals = [epoch.ordinal for epoch in book.epochs.values() if epoch.own is own]
            rows = [item for ordinal in ordinals for item in book.store.find(LogMessage, ordinal=ordinal)]
        else:
            rows = book.store.find(LogMessage, unit=row.unit) if row.scope else []
        book.reread += len(rows)
        listed = {(item.ordinal, item.index): item for item in (*found, *rows) if item is not None}
        concerned = (item for item in listed.values() if self.concerns(row, book.position_of(item)))
        return sorted(concerned, key=_in_order)

    def _bring_up(self, listed: LogMessage) -> None:
        book = self._book
        position = book.position_of(listed)
        item = book.message_at(position)
        if item is None or item.effect in (DUPLICATE, ERASED) or item.kind in NEVER_HELD:
            return
        own = book.epochs[position[0]].own
        effect = self.effect(position, own=own)
        if effect == APPLIED and item.verdict == UNJUDGED:
            intake.judge(book, item)
        elif effect != item.effect:
            book.store.put(msgspec.structs.replace(item, effect=effect))
            # Also one of ours that was the first of its unit and waited from the beginning: that is not stored yet.
            if (name := book.unit_name(messages.decode(item.data))) is not None:
                book.work_of(*name)
            folding.mark_stale(book, item.unit)
            if item.kind in STOPS:
                folding.put_outside(book, item)


def _in_order(item: LogMessage) -> tuple[int, int, int]:
    return item.lamport, item.ordinal, item.index


def _is_open(row: Holding, closure: Closure) -> bool:
    return closure.covers(row.by_epoch, row.by_index) and not any(
        closure.covers(epoch, index) for epoch, index in row.released
    )


def _withdrawals(row: Holding) -> list[Position]:
    return [(epoch, index) for epoch, index in row.withdrawn]


def _is_same(row: Holding, other: Holding) -> bool:
    return (row.own, row.epoch, row.index) == (other.own, other.epoch, other.index)


def _waits(row: Holding, envelope: Envelope) -> bool:
    """By the envelope alone: what cites an agreement waits for ``agreement.*``, else what is about the same subject."""
    if row.scope == EVERYTHING:
        return envelope.cites or envelope.family == "agreement"
    if envelope.family in WAIT_FOR_NOBODY or not envelope.scope:
        return False
    return (envelope.scope, envelope.subject) == (row.scope, row.subject)
