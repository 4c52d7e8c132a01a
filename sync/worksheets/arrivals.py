"""The sheet of admissions: members of whom we were notified and who came, a member a row.

Who has no day of arrival is not taken in by it, and waits as before. A second sheet hands a member to another body or
mends the contact officer, as the command does; it is not undone as a whole, since the origin has been told::

    ADMISSIONS.layout.headers()   ->  ("姓名", "到达日期", "活动证号", …)
"""

from typing import Any, Final

from gongguan.protocol.errors import refuse
from gongguan.sync.act import Act
from gongguan.sync.cells import parse_code, parse_text
from gongguan.sync.day_cells import parse_day
from gongguan.sync.identity import parse_landline, parse_name
from gongguan.sync.movement.admissions import AdmissionGive, give_admission
from gongguan.sync.persons.bodies import resolve
from gongguan.sync.persons.people import Person
from gongguan.sync.roles import WORKERS
from gongguan.sync.shared.periods import (
    period_state,
)
from gongguan.sync.shared.views import (
    effective,
    shared,
)
from gongguan.sync.sheets.columns import PERSON_COLUMNS
from gongguan.sync.sheets.sheets import Column, Layout
from gongguan.sync.worksheets.worksheet import SheetKind, SheetRow, Taken, checked

SAID: Final = ("arrived_on", "contact_officer", "contact_phone")
"""What the partner was told beside the body."""


class AdmissionRow(SheetRow, frozen=True, kw_only=True):
    """One member who arrived."""

    arrived_on: str | None = None
    certificate_number: str | None = None
    managing_body: str = ""
    contact_officer: str = ""
    contact_phone: str = ""


def is_awaited(act: Act, person: Person) -> bool:
    """Whoever a notice announced and nobody has answered for."""
    period = person.period
    return period is not None and period.side == "destination" and period_state(act.store, period) == "notified"


def take_admission(act: Act, row: AdmissionRow, person: Person, ready: Any) -> Taken:
    """Take the member in, as ``admission.give`` does. Raises its refusals."""
    period = person.period
    assert period is not None  # the sheet is about periods
    request = AdmissionGive(
        subject=period.subject,
        managing_body=row.managing_body,
        arrived_on=row.arrived_on or "",
        contact_officer=row.contact_officer,
        contact_phone=row.contact_phone,
        certificate_number=row.certificate_number,
    )
    before = effective(shared(act.store, period.agreement, period.subject, "movement/admission"))
    same = before is not None and all(before.get(name) == getattr(request, name) for name in SAID)
    if same and period.body_code == resolve(act.store, row.managing_body).code:
        return Taken(None, "先前已登记")
    return Taken(give_admission(act, request).subject)


def keep(act: Act, made: str) -> None:
    """Raises D-batch-admission: an admission is mended by another, or ended, and never taken back."""
    raise refuse("D-batch-admission")


_COLUMNS: Final = (
    PERSON_COLUMNS[0],
    Column("arrived_on", "到达日期", parse_day, ("报到日期", "报到时间", "到达时间")),
    Column("certificate_number", "活动证号", parse_code, ("出示的活动证号", "证号")),
    Column("managing_body", "编入的党组织", parse_text, ("编入党组织", "编入支部", "党组织")),
    Column("contact_officer", "联系责任人", parse_name, ("责任人",)),
    Column("contact_phone", "责任人电话", parse_landline, ("联系电话", "电话")),
    PERSON_COLUMNS[1],
)

ADMISSIONS: Final = SheetKind(
    code="admissions",
    english="members who arrived",
    layout=Layout(
        "接收登记表",
        AdmissionRow,
        _COLUMNS,
        checked(
            _COLUMNS,
            answer="arrived_on",
            needed=("managing_body", "contact_officer", "contact_phone"),
            carried=("managing_body", "contact_officer", "contact_phone"),
        ),
    ),
    roles=WORKERS,
    feeds="admission.give",
    need="movement",
    stands=is_awaited,
    take=take_admission,
    undo=keep,
    answer="arrived_on",
    given=("到达日期", "编入的党组织", "联系责任人", "责任人电话"),
    notes=(
        "报到了的填到达日期；没有来的留空，仍然待接收。",
        "活动证号照本人出示的填，用来核实身份；已经核实过的可以不填。",
        "编入的党组织、联系责任人、电话只填第一行就可以，下面各行留空即与上一行相同。",
        "交了以后对方就收到接收的答复，不能整批撤销；编错的改好再交一次，即改编到新的党组织。",
    ),
)
