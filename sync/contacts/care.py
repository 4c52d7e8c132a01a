"""Help for members (关爱帮扶): a request or need, handled where it was found, told to the partner by status only.

Details and the member's own word stay on the node that handles the case. A case that nobody touches becomes due and
then overdue; "not solved" is an answer that may be given and is counted::

    open_case(act, CareOpen(person="巴特尔", category="medical", hardship=True, note="…"))
"""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Annotated, Final, Literal

import msgspec

from gongguan.protocol.errors import refuse
from gongguan.protocol.messages.contact import HelpCategory, HelpStatus, HelpStatusTold
from gongguan.sync.act import Act
from gongguan.sync.days import check_happened, today
from gongguan.sync.labels import DATE, RowsShown, labelled
from gongguan.sync.performance.feedback import day_end, last_heard
from gongguan.sync.records import HelpCase, Pairing
from gongguan.sync.shared.charges import Charge, Person, charge_of, charges_in_reach
from gongguan.sync.shared.entries import tell
from gongguan.sync.shared.views import (
    effective,
    in_category,
)
from gongguan.sync.working_days import WorkingDays, working_days

TOUCHED_WORKING_DAYS: Final = 10
"""A case that was not touched for so long is overdue; proposed, since no source names a day."""
OPEN: Final = frozenset({"open", "in_progress"})
WORDED: Final = frozenset({"solved", "not_solved"})
"""How a case ends with the member's own word (B-18)."""

Word = Annotated[str, msgspec.Meta(min_length=1, max_length=1000)] | None


class CareOpen(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``care.open``. ``hardship``: it asks for a visit (遇困遇难探访)."""

    person: Person
    category: Annotated[HelpCategory, labelled("诉求类别", "category", codes="help_category")]
    hardship: Annotated[bool, labelled("遇到困难，需要探访", "hardship: a visit is due")] = False
    note: Annotated[Word, labelled("具体情况（只存本节点）", "details (stay on this node)")] = None
    on: Annotated[
        Annotated[str, msgspec.Meta(pattern=DATE)] | None, labelled("得知日期（不填为今天）", "known since (or today)")
    ] = None


class CareUpdate(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``care.update``. ``word``: what the member says of the outcome; solved and not_solved need it."""

    case: Annotated[str, labelled("诉求编号", "case", argument=True, pattern=r"^[0-9a-f]{32}$")]
    status: Annotated[
        Literal["in_progress", "solved", "not_solved", "withdrawn"],
        labelled("办理状态", "status", codes="help_status"),
    ]
    word: Annotated[Word, labelled("党员本人的话（只存本节点）", "the member's word (stays on this node)")] = None
    note: Annotated[Word, labelled("办理情况（只存本节点）", "what was done (stays on this node)")] = None


class CareList(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``care.list``."""

    closed: Annotated[bool, labelled("也看已办结的", "closed ones too")] = False
    limit: RowsShown = 200


class CareShow(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``care.show``."""

    case: Annotated[str, labelled("诉求编号", "case", argument=True, pattern=r"^[0-9a-f]{32}$")]


class CareView(msgspec.Struct, frozen=True, kw_only=True):
    """One case here. ``told``: the partner learns category and status."""

    case: Annotated[str, labelled("诉求编号", "case")]
    name: Annotated[str, labelled("姓名", "name")]
    category: Annotated[str, labelled("诉求类别", "category", codes="help_category")]
    status: Annotated[str, labelled("办理状态", "status", codes="help_status")]
    hardship: Annotated[bool, labelled("需要探访", "hardship")]
    opened_on: Annotated[str, labelled("得知日期", "known since")]
    touched_on: Annotated[str, labelled("最近办理", "last touched")]
    note: Annotated[str | None, labelled("情况", "details")]
    word: Annotated[str | None, labelled("本人的话", "member's word")]
    told: Annotated[bool, labelled("状态已告知对方", "status told")]


class CareLine(msgspec.Struct, frozen=True, kw_only=True):
    """One case as it is listed: ours, or one of which the partner told the status."""

    name: Annotated[str, labelled("姓名", "name")]
    category: Annotated[str, labelled("诉求类别", "category", codes="help_category")]
    status: Annotated[str, labelled("办理状态", "status", codes="help_status")]
    handled_by: Annotated[str, labelled("办理方", "handled by", codes="proposer")]
    since: Annotated[str, labelled("得知或告知日期", "since")]
    age_days: Annotated[int, labelled("已过天数", "days")]
    overdue: Annotated[bool, labelled("久未办理", "not touched in time")]
    hardship: Annotated[bool, labelled("需要探访", "hardship")]
    case: Annotated[str, labelled("诉求编号", "case")]


class CaresListed(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``care.list``; counts are of the cases handled here, closed ones too."""

    open: Annotated[int, labelled("办理中", "open")]
    overdue: Annotated[int, labelled("久未办理", "not touched in time")]
    solved: Annotated[int, labelled("已解决", "solved")]
    not_solved: Annotated[int, labelled("未能解决", "not solved")]
    cases: Annotated[list[CareLine], labelled("诉求", "cases")]


def open_case(act: Act, request: CareOpen) -> CareView:
    """Take down a request or need. Raises D-person-…, D-date…."""
    charge = charge_of(act, request.person)
    on = check_happened(act.now, request.on or today(act.now).isoformat())
    return _kept(act, charge, open_for(act, charge, request.category, request.hardship, request.note, on))


def open_for(act: Act, charge: Charge, category: HelpCategory, hardship: bool, note: str | None, on: date) -> HelpCase:
    """A new case of a charge, not yet stored: for those who find a need in a contact."""
    return HelpCase(
        case_id=act.random_hex(16),
        person=charge.person,
        category=category,
        hardship=hardship,
        status="open",
        opened_on=on.isoformat(),
        touched_on=today(act.now).isoformat(),
        note=note,
    )


def keep_case(act: Act, charge: Charge, case: HelpCase) -> bool:
    """Store a case as it stands now; whether the partner is told of its status."""
    act.store.put(case)
    return _tell(act, charge, case)


def update_case(act: Act, request: CareUpdate) -> CareView:
    """Go on with a case or end it. Raises D-case-unknown, D-case-closed, D-case-word."""
    charge, case = _case(act, request.case)
    if case.status not in OPEN:
        raise refuse("D-case-closed", status=case.status)
    if request.status in WORDED and not request.word:
        raise refuse("D-case-word")
    changed = msgspec.structs.replace(
        case,
        status=request.status,
        touched_on=today(act.now).isoformat(),
        note=request.note or case.note,
        word=request.word or case.word,
    )
    return _kept(act, charge, changed)


def show_case(act: Act, request: CareShow) -> CareView:
    """One case with its details. Raises D-case-unknown."""
    charge, case = _case(act, request.case)
    return _view(charge, case, told=charge.period is not None)


def list_cases(act: Act, request: CareList) -> CaresListed:
    """The cases handled here, those not touched longest first, and open ones of which partners told."""
    charges = {charge.person: charge for charge in charges_in_reach(act)}
    cases = [case for case in act.store.find(HelpCase) if case.person in charges]
    day, calendar = today(act.now), working_days(act.store)
    mine = [case for case in cases if request.closed or case.status in OPEN]
    lines = [_own_line(charges[case.person], case, day, calendar) for case in mine]
    lines += _told_lines(act, charges, day, calendar, request.closed)
    lines.sort(key=lambda line: (line.status not in OPEN, not line.overdue, line.since, line.name))
    return CaresListed(
        open=sum(case.status in OPEN for case in cases),
        overdue=sum(is_overdue(case, day, calendar) for case in cases),
        solved=sum(case.status == "solved" for case in cases),
        not_solved=sum(case.status == "not_solved" for case in cases),
        cases=lines[: request.limit],
    )


def is_overdue(case: HelpCase, day: date, calendar: WorkingDays) -> bool:
    """Whether an open case was left alone for too long."""
    return case.status in OPEN and day > due_on(case, calendar)


def due_on(case: HelpCase, calendar: WorkingDays) -> date:
    """By when somebody has to go on with an open case."""
    return calendar.after(date.fromisoformat(case.touched_on), TOUCHED_WORKING_DAYS)


# --- inside ---------------------------------------------------------------------------------------------------


def _case(act: Act, case_id: str) -> tuple[Charge, HelpCase]:
    case = act.store.get(HelpCase, case_id)
    found = [charge for charge in charges_in_reach(act) if case is not None and charge.person == case.person]
    if case is None or not found:
        raise refuse("D-case-unknown")
    return found[0], case


def _kept(act: Act, charge: Charge, case: HelpCase) -> CareView:
    return _view(charge, case, told=keep_case(act, charge, case))


def _tell(act: Act, charge: Charge, case: HelpCase) -> bool:
    if charge.period is None:
        return False
    body = HelpStatusTold(
        case=case.case_id,
        category=msgspec.convert(case.category, HelpCategory),
        status=msgspec.convert(case.status, HelpStatus),
        on=today(act.now).isoformat(),
    )
    return tell(act, charge.period, "help.status_told", body) is not None


def _view(charge: Charge, case: HelpCase, *, told: bool) -> CareView:
    return CareView(
        case=case.case_id,
        name=charge.name,
        category=case.category,
        status=case.status,
        hardship=case.hardship,
        opened_on=case.opened_on,
        touched_on=case.touched_on,
        note=case.note,
        word=case.word,
        told=told,
    )


def _own_line(charge: Charge, case: HelpCase, day: date, calendar: WorkingDays) -> CareLine:
    return CareLine(
        name=charge.name,
        category=case.category,
        status=case.status,
        handled_by="here",
        since=case.opened_on,
        age_days=(day - date.fromisoformat(case.opened_on)).days,
        overdue=is_overdue(case, day, calendar),
        hardship=case.hardship,
        case=case.case_id,
    )


def _told_lines(
    act: Act, charges: Mapping[str, Charge], day: date, calendar: WorkingDays, closed: bool
) -> Iterator[CareLine]:
    """What partners told of the cases that they handle: nothing but category, status and day."""
    by_subject = {(p.agreement, p.subject): charge for charge in charges.values() for p in charge.periods}
    parties = {pairing.pairing_id: pairing.party for pairing in act.store.find(Pairing)}
    pairings = {p.agreement: p.pairing_id for charge in charges.values() for p in charge.periods}
    agreements = {agreement: parties.get(pairing_id) for agreement, pairing_id in pairings.items()}
    # What the partner did meanwhile may be on its way: it is late only where it was heard after the time limit.
    heard = {agreement: last_heard(act.store, pairing_id) for agreement, pairing_id in pairings.items()}
    for agreement, party in agreements.items():
        for subject, key, value in in_category(act.store, agreement, "help"):
            told, charge = effective(value), by_subject.get((agreement, subject))
            if told is None or charge is None or key.startswith(f"help/{party}/"):
                continue
            if closed or told["status"] in OPEN:
                on = date.fromisoformat(told["on"])
                limit = calendar.after(on, TOUCHED_WORKING_DAYS)
                yield CareLine(
                    name=charge.name,
                    category=told["category"],
                    status=told["status"],
                    handled_by="there",
                    since=told["on"],
                    age_days=(day - on).days,
                    overdue=told["status"] in OPEN and day > limit and heard[agreement] >= day_end(limit),
                    hardship=False,
                    case=told["case"],
                )
