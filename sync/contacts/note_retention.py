"""How long the words of contacts and of help cases are kept (B-10): then they go, and that there was a contact stays.

::

    forget(store, today(now))   ->  12      # so many notes were emptied
"""

from datetime import date
from typing import Final

import msgspec

from gongguan.sync.contacts.care import OPEN
from gongguan.sync.records import Contact, HelpCase, Setting
from gongguan.sync.store import Store

NOTE_MONTHS: Final = 24
"""Two yearly appraisals; proposed, since no source names a time."""

MARK: Final = "notes/forgotten_until"
"""The setting that holds the day up to which notes were emptied already, so that no old contact is read twice."""


def cutoff(day: date) -> str:
    """Notes of before this day have no place here any more."""
    months = day.year * 12 + day.month - 1 - NOTE_MONTHS
    return date(months // 12, months % 12 + 1, 1).isoformat()


def forget(store: Store, day: date) -> int:
    """Empty the notes whose time is over; how many there were."""
    until = cutoff(day)
    mark = store.get(Setting, MARK)
    contacts = store.find(Contact, on__lt=until, on__ge=mark.value if mark else "")
    cases = [case for case in store.find(HelpCase, touched_on__lt=until) if case.status not in OPEN]
    emptied = [msgspec.structs.replace(row, note=None) for row in contacts if row.note is not None]
    ended = [msgspec.structs.replace(row, note=None, word=None) for row in cases if row.note or row.word]
    store.put_all(emptied)
    store.put_all(ended)
    if mark is None or mark.value != until:
        store.put(Setting(name=MARK, value=until))
    return len(emptied) + len(ended)
