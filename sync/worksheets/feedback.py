"""The sheet of a quarter's feedback: what the destination tells of each member it manages, a member a row.

What is not filled in is not told; a count left empty is taken from the own entries, or is unknown::

    FEEDBACK_SHEET.layout.headers()   ->  ("姓名", "季度", "现实表现", "参加会议次数", …)
"""

import re
import unicodedata
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from gongguan.protocol import messages
from gongguan.protocol.erasure import is_erased
from gongguan.protocol.errors import refuse
from gongguan.protocol.forms import ready
from gongguan.protocol.messages.feedback import FeedbackGiven
from gongguan.sync.act import Act
from gongguan.sync.cells import Cell, Parsed, text_of
from gongguan.sync.days import today
from gongguan.sync.performance.feedback import Conduct, FeedbackGive, give, is_expected
from gongguan.sync.persons.people import Person
from gongguan.sync.quarters import Quarter, quarter_in
from gongguan.sync.records import LogMessage
from gongguan.sync.roles import WORKERS
from gongguan.sync.shared.entries import records_now, write
from gongguan.sync.shared.periods import (
    check_reach,
)
from gongguan.sync.shared.views import (
    effective,
)
from gongguan.sync.sheets.columns import PERSON_COLUMNS
from gongguan.sync.sheets.sheets import Column, Layout
from gongguan.sync.vocabulary import one_of
from gongguan.sync.worksheets.worksheet import SheetKind, SheetRow, Taken, checked

COUNT_MAX: Final = 10_000


class FeedbackRow(SheetRow, frozen=True, kw_only=True):
    """One member, one quarter."""

    quarter: str = ""
    conduct: Conduct | None = None
    meetings_attended: int | None = None
    activities_attended: int | None = None
    volunteering: int | None = None
    contacts_made: int | None = None


def parse_quarter(cell: Cell, synthetic: bool = False) -> Parsed[str]:
    """A quarter as ``2026Q4``, read from 2026年第四季度 and the like; raises D-sheet-quarter."""
    text, change = text_of(cell)
    value = quarter_in(text)
    if value is None:
        raise refuse("D-sheet-quarter")
    return Parsed(value, change if value == text else "季度写法改为 2026Q4 的形式")


def parse_count(cell: Cell, synthetic: bool = False) -> Parsed[int]:
    """A whole number of times; raises D-sheet-count."""
    text, change = text_of(cell)
    digits = unicodedata.normalize("NFKC", text).strip().removesuffix("次").removesuffix(".0").strip()
    if not re.fullmatch("[0-9]{1,5}", digits) or int(digits) > COUNT_MAX:
        raise refuse("D-sheet-count")
    return Parsed(int(digits), change if isinstance(cell, str) else None)


def managed_here(act: Act, person: Person) -> bool:
    """Members whom this committee manages as the destination in the quarter that is fed back now, or in this one."""
    period = person.period
    if period is None or period.side != "destination":
        return False
    records, quarter = records_now(act, period), Quarter.of(today(act.now))
    return is_expected(records, quarter.name) or is_expected(records, quarter.before().name)


def take_feedback(act: Act, row: FeedbackRow, person: Person, ready: Any) -> Taken:
    """Give it, as ``feedback.give`` does. Raises its refusals."""
    assert person.period is not None and row.conduct is not None  # the row says something, of a period
    before = effective(records_now(act, person.period).get(f"feedback/{row.quarter}"))
    counts = {name: getattr(row, name) for name in COUNTS}
    said = {"conduct": row.conduct, **{name: value for name, value in counts.items() if value is not None}}
    if before is not None and all(before.get(name) == value for name, value in said.items()):
        return Taken(None, "先前已反馈")
    request = FeedbackGive(subject=person.period.subject, quarter=row.quarter, conduct=row.conduct, **counts)
    return Taken(give(act, request).feedback, "更正先前的反馈" if before is not None else "")


def undo_feedback(act: Act, made: str) -> None:
    """Correct it to what had been fed back before, or to not known where that was nothing: the partner has had it.

    What was corrected since stays. Raises A-subtree, G-….
    """
    (row,) = act.store.find(LogMessage, author=act.node.node_id, id=made)
    if is_erased(row.data):
        return
    message = messages.decode(row.data)
    assert isinstance(message.body, FeedbackGiven)  # the sheet makes nothing else
    period = check_reach(act, str(message.subject))
    entries = records_now(act, period)[f"feedback/{message.body.quarter}"]["entries"]
    if any(entry["id"] == made and "superseded" in entry for entry in entries):
        return
    before = [entry["value"] for entry in entries if entry.get("superseded") == made]
    value = before[0] if before else {"quarter": message.body.quarter, "conduct": "not_known"}
    write(act, period, "feedback.given", msgspec.convert(value, ready(FeedbackGiven)))


def given(act: Act, person: Person) -> Mapping[str, Cell]:
    """The quarter that is fed back now: the one before, in the first month of a quarter, else this one."""
    day = today(act.now)
    quarter = Quarter.of(day)
    return {"quarter": (quarter.before() if day.month % 3 == 1 else quarter).name}


COUNTS: Final = ("meetings_attended", "activities_attended", "volunteering", "contacts_made")
_COLUMNS: Final = (
    PERSON_COLUMNS[0],
    Column("quarter", "季度", parse_quarter),
    Column("conduct", "现实表现", one_of("conduct_given"), ("表现",), list_name="conduct_given"),
    Column("meetings_attended", "参加会议次数", parse_count),
    Column("activities_attended", "参加活动次数", parse_count),
    Column("volunteering", "志愿服务次数", parse_count),
    Column("contacts_made", "联系次数", parse_count),
    PERSON_COLUMNS[1],
)

FEEDBACK_SHEET: Final = SheetKind(
    code="feedback",
    english="feedback of a quarter to the origin",
    layout=Layout(
        "季度反馈表",
        FeedbackRow,
        _COLUMNS,
        checked(_COLUMNS, answer="conduct", needed=("quarter",), carried=("quarter",)),
    ),
    roles=WORKERS,
    feeds="feedback.give",
    need="movement",
    stands=managed_here,
    take=take_feedback,
    undo=undo_feedback,
    answer="conduct",
    given=("季度", "现实表现"),
    fill=given,
    notes=(
        "给流出地的季度反馈，一人一行；现实表现留空的，这一行不反馈。",
        "次数留空的，按本方登记的算；本方也没有登记的是未知，不当作没有参加。",
        "填错了改好再交一次，以后一次为准。对方已经收到的收不回：整批撤销时另发更正，原先有反馈的恢复原样，没有的改为不掌握。",
    ),
)
