"""What the department above has to hear of (A-11, A-48, A-49, A-72): relocations, grave events, refusals of members,
organisations that were set up.

The department has no node of ours. What is told to the partner opens, in the same transaction, an item here; an
officer makes a report of all that is open, hands it in on paper or otherwise, and writes down when it was sent, by
which number it was received, and what the department decided. An item ends by that, never by time::

    report(act, SuperiorReport())                                  ->  number 3, a sheet to sign and send
    sent(act, SuperiorSent(report=3, on="2026-03-05", channel="letter"))
    answered(act, SuperiorAnswered(report=3, on="2026-03-09", receipt="旗组收〔2026〕12号"))
"""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Annotated, Final, Literal

import msgspec

from gongguan.protocol.errors import AgreementError, refuse
from gongguan.protocol.limits import NAME_CHARS_MAX
from gongguan.sync.act import Act
from gongguan.sync.days import check_happened, today
from gongguan.sync.labels import DATE, labelled
from gongguan.sync.persons.bodies import short_names, subtree
from gongguan.sync.records import FloatingOrganisation, MobilityPeriod, UpwardItem, UpwardReport
from gongguan.sync.shared.partners import partner_titles, terms_of
from gongguan.sync.shared.periods import (
    name_of,
    periods_in_reach,
)
from gongguan.sync.store import Store
from gongguan.sync.vocabulary import label
from gongguan.sync.working_days import WorkingDays, working_days

REFUSAL_WORKING_DAYS: Final = 5
"""A member whom nobody takes in cannot wait for the agreement's longer limits."""
ORGANISATION_WORKING_DAYS: Final = 10
"""The department has approved it already: it hears that it exists now."""
LIST_ROWS_MAX: Final = 1000
ORGANISATION: Final = "organisation"
"""The matter of an organisation that was set up; the item's ``subject`` is its code, no member."""

CONTENTS: Final = {"event": "major_event", "refusal": "refusal_reason"}
"""Matter → the list of codes that its content comes from; of a relocation it is the division's code, of an
organisation the reference of its approval."""
Number = Annotated[int, labelled("报告号（见 gongguan superior list）", "number of the report", argument=True, ge=1)]
Reference = Annotated[str, msgspec.Meta(min_length=1, max_length=NAME_CHARS_MAX)]


class SuperiorList(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``superior.list``."""

    all: Annotated[bool, labelled("也列出已办结的", "those that are done too")] = False


class SuperiorReport(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``superior.report``: all that no report holds yet; with a number that report once more."""

    number: Annotated[Annotated[int, msgspec.Meta(ge=1)] | None, labelled("重印哪一份", "print this one again")] = None


class SuperiorSent(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``superior.sent``."""

    report: Number
    on: Annotated[str, labelled("报送日期", "sent on", pattern=DATE)]
    channel: Annotated[
        Literal["letter", "in_person", "network", "telephone"], labelled("报送方式", "how", codes="report_channel")
    ]


class SuperiorAnswered(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``superior.answered``: the receipt is what shows that the department has it."""

    report: Number
    on: Annotated[str, labelled("日期", "on", pattern=DATE)]
    receipt: Annotated[Reference, labelled("上级的收文号或签收人职务", "number by which it was received")]
    decision: Annotated[Reference | None, labelled("处理决定文号（有的）", "number of the decision, if any")] = None


class UpwardLine(msgspec.Struct, frozen=True, kw_only=True):
    """One item. ``state``: open (in no report), made, sent, received."""

    matter: Annotated[str, labelled("事项", "matter", codes="upward_matter")]
    name: Annotated[str | None, labelled("姓名或组织", "name, of a member or a body")]
    content: Annotated[str, labelled("内容（只有类别和编号）", "content (codes only)")]
    peer: Annotated[str, labelled("对方", "partner")]
    on: Annotated[str, labelled("日期", "on")]
    due_on: Annotated[str, labelled("报送期限", "due on")]
    state: Annotated[str, labelled("状态", "state", codes="upward_state")]
    overdue: Annotated[bool, labelled("已过期限", "overdue")]
    report: Annotated[int | None, labelled("报告号", "report")]
    receipt: Annotated[str | None, labelled("收文号", "received by number")]
    decision: Annotated[str | None, labelled("处理决定", "decision")]
    subject: Annotated[str, labelled("流动记录编号", "subject", programs=True)]


class UpwardListed(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``superior.list``, the oldest first."""

    open: Annotated[int, labelled("还没有报送", "not sent")]
    waiting: Annotated[int, labelled("已报送、没有收文号", "sent, not received")]
    items: Annotated[list[UpwardLine], labelled("应向上级报告的", "what goes to the department above")]


class ReportKept(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``superior.sent`` and ``superior.answered``."""

    report: Annotated[int, labelled("报告号", "report")]
    items: Annotated[int, labelled("事项数", "items")]
    state: Annotated[str, labelled("状态", "state", codes="upward_state")]


def list_items(act: Act, request: SuperiorList) -> UpwardListed:
    """The items about members in reach."""
    lines = list(lines_of(act))
    shown = lines if request.all else [line for line in lines if line.state != "received"]
    return UpwardListed(
        open=sum(line.state in ("open", "made") for line in lines),
        waiting=sum(line.state == "sent" for line in lines),
        items=shown[:LIST_ROWS_MAX],
    )


def report(act: Act, request: SuperiorReport) -> tuple[UpwardReport, list[UpwardLine]]:
    """The report with its lines: a new one of all that is open, or an earlier one. Raises D-report-empty, D-report."""
    if request.number is not None:
        made = _kept(act, request.number)
    else:
        fresh = act.store.find(UpwardItem, report=None)
        if not fresh:
            raise refuse("D-report-empty")
        made = UpwardReport(
            number=act.store.next_number(UpwardReport, "number"),
            made_on=today(act.now).isoformat(),
            made_by=act.staff.name,
        )
        act.store.add(made)
        act.store.put_all(msgspec.structs.replace(item, report=made.number) for item in fresh)
    return made, [line for line in lines_of(act) if line.report == made.number]


def sent(act: Act, request: SuperiorSent) -> ReportKept:
    """Write down that a report went out. Raises D-report, D-report-sent, D-date…."""
    made = _kept(act, request.report)
    on = check_happened(act.now, request.on).isoformat()
    if made.sent_on is not None:
        raise refuse("D-report-sent", report=made.number)
    return _changed(act, msgspec.structs.replace(made, sent_on=on, channel=request.channel))


def answered(act: Act, request: SuperiorAnswered) -> ReportKept:
    """Write down by which number it was received, and a decision. Raises D-report, D-report-unsent, D-date…."""
    made = _kept(act, request.report)
    on = check_happened(act.now, request.on).isoformat()
    if made.sent_on is None:
        raise refuse("D-report-unsent", report=made.number)
    decision = request.decision or made.decision
    return _changed(act, msgspec.structs.replace(made, received_on=on, receipt=request.receipt, decision=decision))


def note_organisation(store: Store, made: FloatingOrganisation, day: str) -> None:
    """Open an item for an organisation that was registered; what is corrected before it is reported, is."""
    item_id = f"{ORGANISATION}:{made.code}"
    known = store.get(UpwardItem, item_id)
    if known is not None and known.report is not None:
        return
    store.put(
        UpwardItem(
            item_id=item_id,
            matter=ORGANISATION,
            subject=made.code,
            on=made.established_on,
            content=made.approval,
            opened_on=known.opened_on if known else day,
        )
    )


def lines_of(
    act: Act, periods: Sequence[MobilityPeriod] | None = None, calendar: WorkingDays | None = None
) -> Iterator[UpwardLine]:
    """Every item about members or organisations in reach, the oldest first; what was read already is not read again."""
    reach = {period.subject: period for period in (periods_in_reach(act) if periods is None else periods)}
    days = working_days(act.store) if calendar is None else calendar
    reports = {row.number: row for row in act.store.find(UpwardReport)}
    titles, day = partner_titles(act.store), today(act.now).isoformat()
    codes, names = subtree(act.store, act.staff.body_code), short_names(act.store)
    for item in sorted(act.store.find(UpwardItem), key=lambda item: (item.opened_on, item.item_id)):
        period = reach.get(item.subject)
        if period is None and (item.matter != ORGANISATION or item.subject not in codes):
            continue
        made = reports.get(item.report) if item.report is not None else None
        due_on = days.after(date.fromisoformat(item.opened_on), _limit(act, period, item.matter)).isoformat()
        state = _state(made)
        yield UpwardLine(
            matter=item.matter,
            name=name_of(act.store, period) if period else names.get(item.subject),
            content=label(CONTENTS[item.matter], item.content) if item.matter in CONTENTS else item.content,
            peer=titles.get(period.pairing_id, "") if period else "",
            on=item.on,
            due_on=due_on,
            state=state,
            overdue=state in ("open", "made") and due_on < day,
            report=item.report,
            receipt=made.receipt if made else None,
            decision=made.decision if made else None,
            subject=item.subject,
        )


# --- inside ---------------------------------------------------------------------------------------------------


def _limit(act: Act, period: MobilityPeriod | None, matter: str) -> int:
    if period is None:
        return ORGANISATION_WORKING_DAYS
    if matter == "refusal":
        return REFUSAL_WORKING_DAYS
    try:
        intervals = terms_of(act.store, period.pairing_id).intervals
    except AgreementError:
        return REFUSAL_WORKING_DAYS
    return intervals.major_event_working_days if matter == "event" else intervals.relocation_working_days


def _state(made: UpwardReport | None) -> str:
    if made is None:
        return "open"
    if made.receipt is not None:
        return "received"
    return "sent" if made.sent_on is not None else "made"


def _kept(act: Act, number: int) -> UpwardReport:
    found = act.store.get(UpwardReport, number)
    if found is None:
        raise refuse("D-report", report=number)
    return found


def _changed(act: Act, made: UpwardReport) -> ReportKept:
    act.store.put(made)
    return ReportKept(report=made.number, items=act.store.count(UpwardItem, report=made.number), state=_state(made))
