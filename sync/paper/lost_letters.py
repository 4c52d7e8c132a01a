"""Letters to partners without a node that were written after the backup that was put back: nobody can send them again.

The number of the newest letter is kept beside the database too. After a restore the numbers in between are known to be
lost; none of them is ever given again, and a reply to one of them is recognised::

    note_lost(store, newest=7)       # at the start; the database's newest letter is number 4
    lost_numbers(store)              ->  [5, 6, 7]
"""

from typing import Final

from gongguan.protocol.errors import ProtocolError, refuse
from gongguan.sync.records import Letter, Setting
from gongguan.sync.store import Store

LOST: Final = "letters/lost"
LOST_MAX: Final = 10_000
"""More numbers than a committee writes letters between two backups."""


def note_lost(store: Store, newest: int) -> None:
    """Remember that letters up to this number were written: those that the database lacks are lost."""
    first = next_number(store)
    if newest < first:
        return
    numbers = [*lost_numbers(store), *range(first, newest + 1)][-LOST_MAX:]
    store.put(Setting(name=LOST, value=" ".join(map(str, numbers))))


def lost_numbers(store: Store) -> list[int]:
    """The numbers of letters that were written and are not here, in order."""
    kept = store.get(Setting, LOST)
    return [int(number) for number in kept.value.split()] if kept else []


def next_number(store: Store) -> int:
    """The number of the next letter: none that was ever given."""
    return max(store.next_number(Letter, "number"), max(lost_numbers(store), default=0) + 1)


def unknown(store: Store, code: str) -> ProtocolError:
    """D-letter-lost for the code of a letter that was lost, else D-letter-unknown."""
    parts = code.split("-")
    number = int(parts[1]) if len(parts) > 1 and parts[1].isdecimal() else 0
    return refuse("D-letter-lost" if number in lost_numbers(store) else "D-letter-unknown")
