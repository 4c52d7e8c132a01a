"""The sheet of attendance: entries of the activity certificate, a member a row.

An empty answer is no entry, so an activity that nobody filled in stays unknown::

    ATTENDANCE.layout.headers()   ->  ("姓名", "参加情况", "未参加原因", …)
"""

from typing import Any, Final

from gongguan.sync.act import Act
from gongguan.sync.cells import joined, parse_text
from gongguan.sync.day_cells import parse_day
from gongguan.sync.performance.activities import (
    AbsenceReason,
    Activity,
    EntryLife,
    EntryWithdraw,
    enter_life,
    withdraw_entry,
)
from gongguan.sync.persons.people import Person
from gongguan.sync.roles import WORKERS
from gongguan.sync.shared.entries import own_standing
from gongguan.sync.sheets.columns import PERSON_COLUMNS, parse_event
from gongguan.sync.sheets.sheets import Column, Layout
from gongguan.sync.vocabulary import one_of
from gongguan.sync.worksheets.worksheet import SheetKind, SheetRow, Taken, checked

LATE: Final = "迟记：登记时已超过协议约定的工作日，照样有效"
"""What is said of an entry that the agreement's time limit makes late."""


def in_movement(act: Act, person: Person) -> bool:
    """Everyone whose period runs and who was taken in, on either side."""
    return person.period is not None


def withdraw(act: Act, made: str) -> None:
    """Reverse an entry of the certificate."""
    withdraw_entry(act, EntryWithdraw(entry=made, reason="entered_in_error"))


class AttendanceRow(SheetRow, frozen=True, kw_only=True):
    """One member at one activity."""

    attendance: str | None = None
    absence_reason: AbsenceReason | None = None
    on: str = ""
    activity: Activity = "other"
    title: str | None = None
    event: str | None = None


def take_attendance(act: Act, row: AttendanceRow, person: Person, ready: Any) -> Taken:
    """Enter it, as ``entry.life`` does. Raises its refusals."""
    period = person.period
    assert period is not None  # see ``in_movement``
    event = row.event or f"{row.on}-{row.activity}"
    before = own_standing(act, period, f"life/{event}")
    if before is not None and (before["value"]["attendance"], before["value"]["on"]) == (row.attendance, row.on):
        return Taken(None, "先前已登记")
    request = EntryLife(
        subject=period.subject,
        event=event,
        activity=row.activity,
        on=row.on,
        attendance="confirmed_absent" if row.attendance == "confirmed_absent" else "confirmed",
        title=row.title,
        absence_reason=row.absence_reason,
    )
    made = enter_life(act, request)
    return Taken(made.entry, joined(LATE if made.late else None, "与对方不一致" if made.conflict else None) or "")


_COLUMNS: Final = (
    PERSON_COLUMNS[0],
    Column(
        "attendance",
        "参加情况",
        one_of("attendance_entered"),
        ("是否参加", "出席情况", "是否出席"),
        list_name="attendance_entered",
    ),
    Column("absence_reason", "未参加原因", one_of("absence_reason"), ("缺席原因",), list_name="absence_reason"),
    Column("on", "日期", parse_day, ("活动日期", "活动时间")),
    Column("activity", "活动类别", one_of("activity"), ("活动",), list_name="activity"),
    Column("title", "活动名称", parse_text, ("主题",)),
    Column("event", "活动编号", parse_event),
    PERSON_COLUMNS[1],
)

ATTENDANCE: Final = SheetKind(
    code="attendance",
    english="attendance of one activity",
    layout=Layout(
        "组织生活参加情况表",
        AttendanceRow,
        _COLUMNS,
        checked(
            _COLUMNS,
            answer="attendance",
            needed=("on", "activity"),
            carried=("on", "activity", "title", "event"),
        ),
    ),
    roles=WORKERS,
    feeds="entry.life",
    need="movement",
    stands=in_movement,
    take=take_attendance,
    undo=withdraw,
    answer="attendance",
    given=("日期", "活动类别", "活动名称", "活动编号"),
    notes=(
        "参加了选“已参加”；确认没有参加的选“经确认未参加”并选原因。",
        "不清楚的留空：留空就是不掌握，不算缺席，也不扣分。",
        "日期、活动类别、活动名称、活动编号只填第一行就可以，下面各行留空即与上一行相同。",
        "活动编号可以不填。双方都要给同一次活动记分时，才用双方约定的同一个编号。",
    ),
)
