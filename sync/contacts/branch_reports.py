"""What contact officers report to the branch committee each quarter (定期向支委会汇报, B-11): figures, never words.

::

    report(act, ReportShow(quarter="2026Q1", body="第一党支部")).missed
    file_report(act, ReportFile(quarter="2026Q1", body="第一党支部", meeting="支委会〔2026〕3号", on="2026-04-08"))
"""

from collections import Counter
from datetime import date
from typing import Annotated, Final

import msgspec

from gongguan.protocol.errors import refuse
from gongguan.sync.act import Act
from gongguan.sync.contacts.care import OPEN
from gongguan.sync.contacts.lists import FoundNeed, needs_found
from gongguan.sync.contacts.officers import Officer, officers_of
from gongguan.sync.contacts.schedule import SCHEDULE
from gongguan.sync.days import check_happened, today
from gongguan.sync.labels import DATE, labelled
from gongguan.sync.persons.bodies import body_in_reach, subtree
from gongguan.sync.quarters import Quarter, QuarterName
from gongguan.sync.records import Body, BranchReport, HelpCase
from gongguan.sync.shared.charges import Charge, charges_in_reach
from gongguan.sync.store import Store
from gongguan.sync.working_days import working_days

REPORT_WORKING_DAYS: Final = 10
"""After the end of a quarter; proposed, since no source names a day."""

BodyText = Annotated[
    str, labelled("党支部（代码、全称或简称；不填为本组织）", "branch (code or name; the own body if left out)")
]


class ReportShow(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``report.show``."""

    quarter: QuarterName = ""
    body: BodyText = ""


class ReportFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``report.file``: it was reported at this meeting."""

    quarter: QuarterName
    meeting: Annotated[str, labelled("会议文号或名称", "reference of the meeting", min_length=1, max_length=120)]
    on: Annotated[str, labelled("汇报日期", "reported on", pattern=DATE)]
    body: BodyText = ""


class OfficerFigures(msgspec.Struct, frozen=True, kw_only=True):
    """One officer's contacts of the quarter."""

    officer: Annotated[str, labelled("联系责任人", "contact officer")]
    members: Annotated[int, labelled("党员数", "members")]
    made: Annotated[int, labelled("已完成", "made")]
    open: Annotated[int, labelled("未完成", "open")]


class KindFigures(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of contact or visit."""

    kind: Annotated[str, labelled("联系类别", "kind", codes="contact_kind")]
    asked: Annotated[int, labelled("应做", "asked for")]
    made: Annotated[int, labelled("已完成", "made")]
    open: Annotated[int, labelled("未完成", "open")]


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``report.show`` and ``report.file``. ``meeting``: where it was reported; None: not yet."""

    body: Annotated[str, labelled("党支部", "branch")]
    quarter: Annotated[str, labelled("季度", "quarter")]
    members: Annotated[int, labelled("在外党员", "members away in the quarter")]
    without_officer: Annotated[int, labelled("没有联系责任人", "without an officer")]
    made: Annotated[int, labelled("已完成联系", "contacts made")]
    missed: Annotated[int, labelled("未完成联系", "contacts not made")]
    needs_found: Annotated[int, labelled("新发现的诉求", "needs that became known")]
    help_open: Annotated[int, labelled("办理中的诉求", "help cases open")]
    help_solved: Annotated[int, labelled("已解决的诉求", "solved")]
    help_not_solved: Annotated[int, labelled("未能解决的诉求", "not solved")]
    meeting: Annotated[str | None, labelled("已向支委会汇报", "reported at")]
    kinds: Annotated[list[KindFigures], labelled("按类别", "by kind")]
    officers: Annotated[list[OfficerFigures], labelled("按联系责任人", "by officer")]


FIGURES: Final = (
    "members",
    "without_officer",
    "made",
    "missed",
    "needs_found",
    "help_open",
    "help_solved",
    "help_not_solved",
)
"""What is kept of a report as it was given."""


def report(act: Act, request: ReportShow) -> Report:
    """The quarter of a branch in figures, as of now. Raises D-body-…, D-quarter-future."""
    return _report(act, body_in_reach(act, request.body), Quarter.begun(request.quarter, today(act.now)))


def file_report(act: Act, request: ReportFile) -> Report:
    """Keep that the quarter was reported, with the figures of this moment. Raises D-report-filed, D-date…."""
    body, quarter = body_in_reach(act, request.body), Quarter.begun(request.quarter, today(act.now))
    if act.store.get(BranchReport, body.code, quarter.name) is not None:
        raise refuse("D-report-filed", quarter=quarter.name)
    found = _report(act, body, quarter)
    act.store.put(
        BranchReport(
            body_code=body.code,
            quarter=quarter.name,
            meeting=request.meeting,
            reported_on=check_happened(act.now, request.on).isoformat(),
            figures={name: getattr(found, name) for name in FIGURES},
        )
    )
    return msgspec.structs.replace(found, meeting=request.meeting)


def unreported(store: Store, charges: list[Charge], day: date) -> list[tuple[str, date]]:
    """(branch, due day) of those that had members away in the quarter before and did not report it."""
    quarter = Quarter.of(day).before()
    branches = {charge.body_code for charge in charges if charge.was_away(quarter.first, quarter.last)}
    due_on = working_days(store).after(quarter.last, REPORT_WORKING_DAYS)
    return [
        (code, due_on) for code in sorted(filter(None, branches)) if not store.get(BranchReport, code, quarter.name)
    ]


# --- inside ---------------------------------------------------------------------------------------------------


def _report(act: Act, body: Body, quarter: Quarter) -> Report:
    codes = subtree(act.store, body.code)
    away = [
        charge
        for charge in charges_in_reach(act)
        if charge.body_code in codes and charge.was_away(quarter.first, quarter.last)
    ]
    day = today(act.now)
    found = [
        (item, item.state(day) == "made")
        for item in needs_found(act.store, away, quarter.first, quarter.last)
        if item.state(day) != "not_yet"
    ]
    people = {charge.person for charge in away}
    cases = [case for case in act.store.find(HelpCase) if case.person in people and case.status != "withdrawn"]
    officers = officers_of(act.store, away)
    filed = act.store.get(BranchReport, body.code, quarter.name)
    return Report(
        body=body.short_name,
        quarter=quarter.name,
        members=len(away),
        without_officer=len(away) - len(officers),
        made=sum(made for _, made in found),
        missed=sum(not made for _, made in found),
        needs_found=sum(quarter.holds(case.opened_on) for case in cases),
        help_open=sum(case.status in OPEN for case in cases),
        help_solved=sum(case.status == "solved" and quarter.holds(case.touched_on) for case in cases),
        help_not_solved=sum(case.status == "not_solved" and quarter.holds(case.touched_on) for case in cases),
        meeting=filed.meeting if filed else None,
        kinds=[_kind(kind, found) for kind in SCHEDULE if any(item.need.kind == kind for item, _ in found)],
        officers=_by_officer(officers, away, found),
    )


def _kind(kind: str, found: list[tuple[FoundNeed, bool]]) -> KindFigures:
    mine = [made for item, made in found if item.need.kind == kind]
    return KindFigures(kind=kind, asked=len(mine), made=sum(mine), open=len(mine) - sum(mine))


def _by_officer(
    officers: dict[str, Officer], away: list[Charge], found: list[tuple[FoundNeed, bool]]
) -> list[OfficerFigures]:
    names = {charge.person: officers[charge.person].officer if charge.person in officers else "" for charge in away}
    members = Counter(names.values())
    made = Counter(names[item.charge.person] for item, done in found if done)
    open_ = Counter(names[item.charge.person] for item, done in found if not done)
    return [
        OfficerFigures(officer=name or "（未确定）", members=members[name], made=made[name], open=open_[name])
        for name in sorted(members)
    ]
