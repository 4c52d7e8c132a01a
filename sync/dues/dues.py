"""Party dues of members away from home: entered month by month where they were paid, for many members at once.

The affiliated branch may always collect; the destination may for the months in which the member stays there with an
Activity Certificate (Art. 9). The partner learns that a month was paid, never an amount. A month of which nobody said
anything is unknown: that nobody paid is an entry of its own, with a reason, made by a person::

    enter(act, DuesEnter(month="2026-03", paid_on="2026-03-10", people=["巴特尔", "其木格"]))
"""

from typing import Annotated, Literal

import msgspec

from gongguan.protocol.errors import refuse
from gongguan.protocol.forms import ready
from gongguan.sync.act import Act
from gongguan.sync.days import check_happened, today
from gongguan.sync.dues.rates import Payer, due_of, fen
from gongguan.sync.education.invitations import People
from gongguan.sync.labels import DATE, labelled
from gongguan.sync.months import Month
from gongguan.sync.performance.activities import EntryDues, EntryWithdraw, enter_dues, withdraw_entry
from gongguan.sync.records import DuesRecord
from gongguan.sync.rows import ROWS_MAX, each_row
from gongguan.sync.shared.charges import Charge, Person, charge_of, charges_in_reach, pick
from gongguan.sync.shared.entries import own_standing
from gongguan.sync.store import Store

MONTH = r"^20[0-9]{2}-(0[1-9]|1[0-2])$"
YUAN = r"^[0-9]{1,7}(\.[0-9]{1,2})?$"

State = Literal["paid", "relieved", "confirmed_unpaid"]
UnpaidReason = Literal["not_reached", "no_income", "abroad", "refused", "none_given"]
Short = Annotated[str, msgspec.Meta(min_length=1, max_length=120)] | None


class DuesRow(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One member's month. ``month`` and ``paid_on`` where they differ from those of the request."""

    person: Person
    month: Annotated[Annotated[str, msgspec.Meta(pattern=MONTH)] | None, labelled("月份", "month")] = None
    paid_on: Annotated[Annotated[str, msgspec.Meta(pattern=DATE)] | None, labelled("交纳日期", "paid on")] = None
    state: Annotated[State, labelled("交纳情况", "state", codes="dues_state")] = "paid"
    payer: Annotated[Payer | None, labelled("交纳标准类别", "rate", codes="dues_payer")] = None
    income: Annotated[
        Annotated[str, msgspec.Meta(pattern=YUAN)] | None, labelled("月收入（元，税后）", "income in yuan, after tax")
    ] = None
    amount: Annotated[Annotated[str, msgspec.Meta(pattern=YUAN)] | None, labelled("实交（元）", "paid, in yuan")] = None
    proxy: Annotated[bool, labelled("他人代交", "paid by somebody else")] = False
    receipt: Annotated[Short, labelled("收据号", "receipt")] = None
    approval: Annotated[Short, labelled("减免批准", "who approved relief")] = None
    reason: Annotated[
        UnpaidReason | None, labelled("经确认未交的原因", "reason of not having paid", codes="unpaid_reason")
    ] = None


class DuesEnter(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``dues.enter``: those in ``people`` paid; ``rows`` say more, or something else."""

    month: Annotated[str, labelled("月份（如 2026-03）", "month", argument=True, pattern=MONTH)]
    paid_on: Annotated[str, labelled("交纳或了解日期", "paid, or found out, on", pattern=DATE)]
    people: People = []
    rows: Annotated[list[DuesRow], labelled("逐人登记", "one by one", max_length=ROWS_MAX)] = []


class DuesWithdraw(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``dues.withdraw``: a month that was entered here by mistake."""

    person: Person
    month: Annotated[str, labelled("月份", "month", pattern=MONTH)]
    reason: Annotated[
        Literal["entered_in_error", "wrong_member", "wrong_value"], labelled("撤回原因", "reason", codes="correction")
    ]


class DuesEntered(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``dues.enter``. ``less``: paid less than the table asks for, without an approval."""

    month: Annotated[str, labelled("月份", "month")]
    entered: Annotated[int, labelled("新登记", "entered")]
    already: Annotated[int, labelled("先前已登记", "entered before")]
    told: Annotated[int, labelled("记入《活动证》", "entered in certificates")]
    less: Annotated[int, labelled("少于标准且没有减免批准", "less than the rate, not approved")]


class DuesWithdrawn(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``dues.withdraw``."""

    name: Annotated[str, labelled("姓名", "name")]
    month: Annotated[str, labelled("月份", "month")]


class Details(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What stays at home of a month: amounts in fen."""

    payer: str | None = None
    income: int | None = None
    due: int | None = None
    paid: int | None = None
    proxy: bool = False
    receipt: str | None = None
    approval: str | None = None
    reason: str | None = None


def enter(act: Act, request: DuesEnter) -> DuesEntered:
    """Enter a month of many members. All or nothing: raises D-rows with what to correct, D-dues-nobody."""
    rows = [*(DuesRow(person=text) for text in request.people), *request.rows]
    if not rows:
        raise refuse("D-dues-nobody")
    charges = charges_in_reach(act)
    made = each_row(rows, lambda row: enter_one(act, pick(charges, row.person), row, request))
    fresh = [row for row in made if row is not None]
    return DuesEntered(
        month=request.month,
        entered=len(fresh),
        already=len(made) - len(fresh),
        told=sum(row.message is not None for row in fresh),
        less=sum(is_less(row) for row in fresh),
    )


def enter_one(act: Act, charge: Charge, row: DuesRow, request: DuesEnter) -> DuesRecord | None:
    """Enter one member's month; None where the same stands already.

    Raises D-dues-differs where what stands says otherwise,
    D-dues-place, D-dues-reason, D-dues-approval, D-month-future, D-entry-already, D-date….
    """
    month = row.month or request.month
    on = check_happened(act.now, row.paid_on or request.paid_on).isoformat()
    _check(act, charge, row, month)
    before = standing(act.store, charge.person, month)
    if before is not None and before.state == row.state:
        if _differs(dues_details_of(before), row):
            raise refuse("D-dues-differs", month=month)
        return None
    if before is not None:
        raise refuse("D-entry-already")
    message = _tell(act, charge, month, on) if row.state == "paid" else None
    record = DuesRecord(
        person=charge.person,
        month=month,
        number=act.store.count(DuesRecord, person=charge.person, month=month) + 1,
        state=row.state,
        on=on,
        details=msgspec.json.encode(_details(row)).decode(),
        entered_by=act.staff.name,
        message=message,
    )
    act.store.put(record)
    return record


def withdraw(act: Act, request: DuesWithdraw) -> DuesWithdrawn:
    """Take back a month entered here; it stays readable. Raises D-dues-unknown, D-person-…."""
    charge = charge_of(act, request.person)
    record = standing(act.store, charge.person, request.month)
    if record is None:
        raise refuse("D-dues-unknown")
    if record.message is not None:
        withdraw_entry(act, EntryWithdraw(entry=record.message, reason=request.reason))
    act.store.put(msgspec.structs.replace(record, withdrawn=request.reason))
    return DuesWithdrawn(name=charge.name, month=request.month)


def standing(store: Store, person: str, month: str) -> DuesRecord | None:
    """What was entered here of a month and not taken back."""
    found = store.find(DuesRecord, person=person, month=month, withdrawn=None)
    return found[-1] if found else None


def dues_details_of(record: DuesRecord) -> Details:
    """What stays at home of a month."""
    return msgspec.json.decode(record.details, type=ready(Details))


def is_less(record: DuesRecord) -> bool:
    """Whether less was paid than the table asks for, and nobody approved it."""
    found = dues_details_of(record)
    return found.paid is not None and found.due is not None and found.paid < found.due and found.approval is None


# --- inside ---------------------------------------------------------------------------------------------------


def _check(act: Act, charge: Charge, row: DuesRow, month: str) -> None:
    if month > today(act.now).isoformat()[:7]:
        raise refuse("D-month-future", month=month)
    if (row.state == "confirmed_unpaid") != (row.reason is not None):
        raise refuse("D-dues-reason")
    if row.state == "relieved" and row.approval is None:
        raise refuse("D-dues-approval")
    span = Month.named(month)
    if charge.side == "destination" and not charge.was_away(span.first, span.last):
        raise refuse("D-dues-place", month=month)


def _differs(before: Details, row: DuesRow) -> bool:
    """Whether a row says something of a month that is entered already, and not what stands there."""
    now = _details(row)
    said = ("payer", "income", "paid", "receipt", "approval", "reason")
    return any(getattr(now, name) is not None and getattr(now, name) != getattr(before, name) for name in said)


def _tell(act: Act, charge: Charge, month: str, on: str) -> str | None:
    """The certificate's entry that the month was paid, where a partner knows the member."""
    if charge.period is None:
        return None
    before = own_standing(act, charge.period, f"dues/{month}")
    if before is not None:
        return str(before["id"])
    return enter_dues(act, EntryDues(subject=charge.period.subject, month=month, paid_on=on)).entry


def _details(row: DuesRow) -> Details:
    income = fen(row.income) if row.income is not None else None
    due = due_of(row.payer, income) if row.payer is not None else None
    return Details(
        payer=row.payer,
        income=income,
        due=due.least if due else None,
        paid=fen(row.amount) if row.amount is not None else None,
        proxy=row.proxy,
        receipt=row.receipt,
        approval=row.approval,
        reason=row.reason,
    )
