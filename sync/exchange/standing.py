"""How the partner stands: what it shows to hold of both logs, and what is lacking here or there after a restore."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Final

import msgspec
from msgspec import json

from gongguan.protocol import erasure as erased
from gongguan.protocol.bundle import Status
from gongguan.protocol.errors import refuse
from gongguan.protocol.session import SegmentTaken
from gongguan.sync.act import stamp
from gongguan.sync.records import Recovery, Setting

if TYPE_CHECKING:
    from gongguan.sync.exchange.logbook import LogBook

BUNDLE_PROCESS_DIGITS = 16
"""A bundle id begins with a number of the process that made it; the rest counts."""


def is_before(bundle_id: str, other: str) -> bool:
    """Whether the first of two bundle ids is by the same process as the second, and older."""
    return bundle_id[:BUNDLE_PROCESS_DIGITS] == other[:BUNDLE_PROCESS_DIGITS] and bundle_id < other


def check_claims(book: "LogBook") -> None:
    """Whoever says to have seen our messages has receipted them: else a guess could overrule what was not sent.

    Asked once segments and receipts of a bundle are taken. Raises ``P-causality``.
    """
    for epoch, size in book.claimed.items():
        row = book.epochs[epoch]
        if size > max(row.receipted, row.returned):
            raise refuse("P-causality", seen=epoch, size=size)
    book.claimed.clear()


def partner_shows(book: "LogBook", status: Status, bundle_id: str) -> bool:
    """What the partner holds of both logs: what need not be sent again, and what it has lost and gets once more.

    True if it listed heads that we do not know.
    """
    in_doubt = False
    late = is_before(bundle_id, book.memory.newest_bundle)
    if not late:
        book.memory.newest_bundle = bundle_id
    receipted = {epoch: size for epoch, _, size in status.heads}
    theirs = [(epoch, size) for epoch, size, _ in status.heads]
    for own, shown in ((True, list(status.held)), (False, theirs)):
        known = [head for head in shown if head[0] in book.epochs and book.epochs[head[0]].own is own]
        inside = book.memory.lineage.closure(known)
        # A head that we do not know may stand on anything: what a status with one leaves out need not be gone.
        in_doubt = in_doubt or len(known) < len(shown)
        may_lower = not late and (status.complete or len(known) == len(shown))
        for row in [row for row in book.epochs.values() if row.own is own]:
            size = min(inside.size(row.epoch), row.size)
            if size == row.shown == row.receipted == row.size and row.epoch not in receipted:
                # An epoch that has ended, and is known on both sides.
                continue
            book.keep_shown(row, size if may_lower else max(size, row.shown), receipted, size)
    return in_doubt


VOUCHED: Final = "vouched/{pairing}"
"""Setting: heads of the partner that we had receipted before a restore and that it showed us: epoch → size and root."""


def vouched(book: "LogBook") -> dict[str, tuple[int, bytes]]:
    """Below which sizes of the partner's log a message may be erased: we held it once, by our own receipt."""
    kept = book.store.get(Setting, VOUCHED.format(pairing=book.pairing.pairing_id))
    found = json.decode(kept.value, type=dict[str, tuple[int, str]]) if kept is not None else {}
    return {epoch: (size, bytes.fromhex(root)) for epoch, (size, root) in found.items()}


def keep_vouched(book: "LogBook", heads: Mapping[str, tuple[int, bytes]]) -> None:
    """Keep those that our copy of the partner's log has not reached yet: their roots are looked at then."""
    name = VOUCHED.format(pairing=book.pairing.pairing_id)
    sizes = {row.epoch: row.size for row in book.epochs.values()}
    ahead = {epoch: (size, root.hex()) for epoch, (size, root) in heads.items() if sizes.get(epoch, 0) < size}
    if ahead:
        book.store.put(Setting(name=name, value=json.encode(ahead).decode()))
    elif book.store.get(Setting, name) is not None:
        book.store.remove(Setting, name)


def is_behind(book: "LogBook", status: Status) -> bool:
    """Whether the partner says that it holds more of either log than we do."""
    theirs = ((epoch, size) for epoch, size, _ in status.heads)
    return not (
        all(book.holds(head, own=True) for head in status.held) and all(book.holds(head, False) for head in theirs)
    )


def begin_recovery(book: "LogBook", because: str, marks: Iterable[tuple[bool, str, int]] = ()) -> None:
    """Until the partner has shown all that it holds, nothing is written here. Nothing if that is so already."""
    if book.pairing.recovering:
        return
    lacking = [(own, epoch, size) for own, epoch, size in marks if _lacking(book, epoch, size)]
    recovery = Recovery(
        pairing_id=book.pairing.pairing_id,
        recovery=book.rng(4).hex(),
        because=because,
        began_at=stamp(book.now),
        marks=[list(mark) for mark in lacking],
        lacked_here=sum(_lacking(book, epoch, size) for own, epoch, size in lacking if own),
        lacked_there=sum(_lacking(book, epoch, size) for own, epoch, size in lacking if not own),
    )
    book.store.put(recovery)
    _set_recovering(book, recovery.recovery)


def _lacking(book: "LogBook", epoch: str, size: int) -> int:
    return max(0, size - (book.epochs[epoch].size if epoch in book.epochs else 0))


def count_returned(book: "LogBook", segments: Iterable[SegmentTaken]) -> None:
    """Messages of ours came back: each counts where it was found lacking, also after that recovery has ended.

    One that no fence named counts in the recovery under way, so that the sum over all is what came back, once.
    """
    rows = sorted(book.store.find(Recovery, pairing_id=book.pairing.pairing_id), key=lambda row: row.began_at)
    marks = {row.recovery: {epoch: size for own, epoch, size in row.marks if own} for row in reversed(rows)}
    counts: dict[str | None, Counter[bool]] = {name: Counter() for name in (*marks, book.pairing.recovering)}
    for segment in segments:
        for index, data in enumerate(segment.messages, start=segment.start):
            named = (name for name, sizes in marks.items() if index < sizes.get(segment.epoch, 0))
            counts[next(named, book.pairing.recovering)][erased.is_erased(data)] += 1
    for row in rows:
        if count := counts[row.recovery]:
            back, gone = row.returned + count.total(), row.erased + count[True]
            book.store.put(msgspec.structs.replace(row, returned=back, erased=gone))


def end_recovery(book: "LogBook", *, given_up: bool) -> None:
    """The partner has shown all, or is not waited for: what we write next begins an epoch that merges all our heads."""
    found = book.store.get(Recovery, book.pairing.pairing_id, book.pairing.recovering or "")
    if found is not None:
        book.store.put(msgspec.structs.replace(found, ended_at=stamp(book.now), given_up=given_up))
    book.end_own_epoch()
    book.memory.after_recovery = True
    _set_recovering(book, None)
    book.held.say_unsaid()
    book.held.release_known()


def _set_recovering(book: "LogBook", recovery: str | None) -> None:
    book.pairing = msgspec.structs.replace(book.pairing, recovering=recovery)
    book.store.put(book.pairing)
