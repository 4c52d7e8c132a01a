"""How much of this disk one partner may fill: bytes of its messages and files are counted per pairing, and bounded.

A segment beyond the bound refuses its bundle (``R-quota``): nothing is receipted, so the partner keeps it and tries
again. A file that a message names is asked for once there is room for all of it. What must always get through has a
reserve beyond the bound: the end of an agreement, a new version, outcomes, a new epoch after a restart. Bundles with
receipts alone carry no segment and always pass::

    quota.count(store, book, segment, bytes_max)      # before the segment is stored
    quota.refused(store, pairing_id, stamp)           # in a transaction of its own, after R-quota
"""

from typing import TYPE_CHECKING, Final

import msgspec

from gongguan.protocol import messages
from gongguan.protocol.errors import ProtocolError, refuse
from gongguan.protocol.session import SegmentTaken
from gongguan.sync.records import LogMessage, Setting
from gongguan.sync.store import Store

if TYPE_CHECKING:
    from gongguan.sync.exchange.logbook import LogBook

RESERVE_BYTES: Final = 16 << 20
"""Beyond the bound for what must get through: agreements are below 64 KiB, all else there below 4 KiB."""
RESERVED: Final = frozenset({"agreement", "epoch", "exchange"})
"""Families of kinds that may use the reserve."""
MESSAGE_BYTES_LEAST: Final = 512
"""What a message takes here however short it is, as bytes that are none may be: its place, its hash, their indexes,
and a signed head where it stands alone."""
PAGE: Final = 1000

STORED: Final = "stored/{pairing}"
"""Setting: bytes of this partner's messages that were stored."""
REFUSED: Final = "over-quota/{pairing}"
"""Setting: when a bundle of this partner was refused for the bound; gone once a segment is taken again."""


def count(store: Store, book: "LogBook", segment: SegmentTaken, bytes_max: int) -> None:
    """Count a segment that is about to be stored. Raises R-quota when it goes beyond ``bytes_max``."""
    pairing = book.pairing.pairing_id
    size = stored_bytes(store, book) + sum(map(_bytes_for, segment.messages))
    if size > bytes_max and not (size <= bytes_max + RESERVE_BYTES and _is_reserved(segment)):
        raise refuse("R-quota", pairing=pairing, limit=bytes_max)
    store.put(Setting(name=STORED.format(pairing=pairing), value=str(size)))
    if store.get(Setting, REFUSED.format(pairing=pairing)) is not None:
        store.remove(Setting, REFUSED.format(pairing=pairing))


def reserve(store: Store, book: "LogBook", size: int, bytes_max: int | None) -> bool:
    """Whether a file of this size may be asked for; its bytes are counted before the first part comes."""
    total = stored_bytes(store, book) + size
    if bytes_max is not None and total > bytes_max:
        return False
    store.put(Setting(name=STORED.format(pairing=book.pairing.pairing_id), value=str(total)))
    return True


def give_back(store: Store, pairing_id: str, size: int) -> None:
    """So many counted bytes are not stored any more."""
    kept = store.get(Setting, STORED.format(pairing=pairing_id))
    if kept is not None:
        store.put(msgspec.structs.replace(kept, value=str(max(0, int(kept.value) - size))))


def refused(store: Store, pairing_id: str, at: str) -> None:
    """Keep for the staff that this partner's messages are refused."""
    store.put(Setting(name=REFUSED.format(pairing=pairing_id), value=at))


def is_refusing(store: Store, pairing_id: str) -> bool:
    """Whether the newest messages of this partner were refused for the bound."""
    return store.get(Setting, REFUSED.format(pairing=pairing_id)) is not None


def stored_bytes(store: Store, book: "LogBook") -> int:
    """Bytes of this partner's messages; counted from the log where no count was kept yet."""
    kept = store.get(Setting, STORED.format(pairing=book.pairing.pairing_id))
    if kept is not None:
        return int(kept.value)
    ordinals = [row.ordinal for row in book.epochs.values() if not row.own]
    return sum(_bytes_of_epoch(store, ordinal) for ordinal in ordinals)


def _bytes_of_epoch(store: Store, ordinal: int) -> int:
    total, start = 0, 0
    while found := store.find(LogMessage, ordinal=ordinal, index__ge=start, order=("index",), limit=PAGE):
        total += sum(_bytes_for(item.data) for item in found)
        start = found[-1].index + 1
    return total


def _bytes_for(data: bytes) -> int:
    return max(len(data), MESSAGE_BYTES_LEAST)


def _is_reserved(segment: SegmentTaken) -> bool:
    try:
        kinds = [messages.decode(data).kind for data in segment.messages]
    except ProtocolError:
        return False
    return all(kind.partition(".")[0] in RESERVED for kind in kinds)
