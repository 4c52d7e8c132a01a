"""Our own sheets, by code: ``SHEETS``. A new kind of sheet is a row here; its columns and function stand in its family.

::

    SHEETS["attendance"].layout.title   ->  "组织生活参加情况表"
"""

from collections.abc import Mapping
from typing import Any, Final

from gongguan.sync.worksheets.arrivals import ADMISSIONS
from gongguan.sync.worksheets.attendance import ATTENDANCE
from gongguan.sync.worksheets.contacts import CONTACTS
from gongguan.sync.worksheets.dues import DUES_SHEET
from gongguan.sync.worksheets.feedback import FEEDBACK_SHEET
from gongguan.sync.worksheets.replies import REPLY_SHEETS
from gongguan.sync.worksheets.worksheet import SheetKind

_KINDS: Final[tuple[SheetKind[Any], ...]] = (
    CONTACTS,
    ATTENDANCE,
    DUES_SHEET,
    ADMISSIONS,
    FEEDBACK_SHEET,
    *REPLY_SHEETS,
)

SHEETS: Final[Mapping[str, SheetKind[Any]]] = {kind.code: kind for kind in _KINDS}
"""Code → kind of sheet, in the order in which they are listed."""
