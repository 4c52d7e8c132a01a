"""What is due under an agreement itself, whoever the members are: consultations, for people of the whole committee."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Final

from gongguan.sync.agreements.texts import every_text
from gongguan.sync.days import today
from gongguan.sync.due.scope import Due, Scope
from gongguan.sync.exchange.task_names import message_of, task_names
from gongguan.sync.liaison.bulletins import owed_to
from gongguan.sync.liaison.matters import Reaches, every_matter
from gongguan.sync.liaison.meetings import agreed_pairings, next_due
from gongguan.sync.oversight.silence import silent_since, usual_days
from gongguan.sync.paper.offers import is_for_us
from gongguan.sync.persons.bodies import short_names
from gongguan.sync.records import Pairing, Task
from gongguan.sync.shared.charges import Movements
from gongguan.sync.shared.partners import agreement_of, title_of
from gongguan.sync.shared.views import (
    of_subjects,
)

CONSULTATION_NOTICE_DAYS: Final = 30
JOINT_ANSWER_WORKING_DAYS: Final = 10
ARRANGED_BY_MONTH: Final = 12
"""By then the arrangement of the next year has been told."""
MATTER_OVERDUE_DAYS: Final = 30
"""A matter that could not be passed on for so long is no longer news."""


def is_whole_committee(scope: Scope) -> bool:
    """Whether the acting person answers for all of the committee."""
    return scope.whole


def consultations(scope: Scope) -> Iterator[Due]:
    """The next consultation with each partner, from a month before it is due (A-62)."""
    if not is_whole_committee(scope):
        return
    for pairing in agreed_pairings(scope.store, scope.day):
        _, due_on = next_due(scope.store, pairing)
        if due_on - timedelta(days=CONSULTATION_NOTICE_DAYS) <= scope.day:
            title = title_of(scope.store, pairing.their_card)
            command = f"gongguan meeting call --peer {pairing.peer[:8]}"
            yield Due(who=title, due_on=due_on.isoformat(), command=command)


def bulletins(scope: Scope) -> Iterator[Due]:
    """Our own bulletins whose quarter is over: the committee's, and those of branches in reach (A-10, A-13)."""
    whole = is_whole_committee(scope)
    branches = {name for code, name in short_names(scope.store).items() if code in scope.codes}
    movements: dict[str, list[Movements]] = {}
    for charge in scope.charges:
        for period in charge.periods:
            movements.setdefault(period.agreement, []).append(charge.records[period.subject])
    for pairing in agreed_pairings(scope.store, scope.day):
        agreement = agreement_of(scope.store, pairing.pairing_id)
        title = title_of(scope.store, pairing.their_card)
        for item in owed_to(scope.store, pairing, scope.day, movements.get(agreement, [])):
            if item.branch in branches if item.branch else whole:
                name = f" --branch {item.branch}" if item.branch else ""
                command = f"gongguan bulletin send --quarter {item.quarter}{name} --peer {pairing.peer[:8]}"
                yield Due(who=title, due_on=item.due_by, command=command)


def calendars(scope: Scope) -> Iterator[Due]:
    """The arrangement of working days of this year, and from December that of the next, where it is not known."""
    if not is_whole_committee(scope):
        return
    years = [scope.day.year, *([scope.day.year + 1] if scope.day.month == ARRANGED_BY_MONTH else [])]
    for year in years:
        if year not in scope.calendar.years:
            due_on = max(scope.day, date(year, 1, 1))
            yield Due(who=str(year), due_on=due_on.isoformat(), command=f"gongguan calendar sheet {year}")


def joint_answers(scope: Scope) -> Iterator[Due]:
    """Minutes, partnerships and joint activities that wait for our signature (A-62, A-63, A-64)."""
    for task in scope.store.find(Task, kind="answer_joint", state="open") if scope.whole else ():
        command = f"gongguan joint show {message_of(task)}"
        yield Due(due_on=_answer_by(scope, task), command=command)


def proposed_agreements(scope: Scope) -> Iterator[Due]:
    """Texts of an agreement, and proposals to go on under it, that wait for our signature (A-61)."""
    opened = {task.task_id: task for task in scope.store.find(Task, state="open")} if scope.whole else {}
    if not any(task.kind in ("sign_agreement", "answer_lifting") for task in opened.values()):
        return
    for found in every_text(scope.act):
        names = task_names("sign_agreement", found.id, found.pairing.pairing_id)
        task = next((opened[name] for name in names if name in opened), None)
        if task is not None and found.state == "proposed":
            title = title_of(scope.store, found.pairing.their_card)
            yield Due(who=title, due_on=_answer_by(scope, task), command=f"gongguan agreement show {found.id[:16]}")
    for task in opened.values():
        if task.kind == "answer_lifting":
            yield Due(due_on=_answer_by(scope, task), command="gongguan agreement suspensions")


def _answer_by(scope: Scope, task: Task) -> str:
    opened = today(datetime.fromisoformat(task.opened_at))
    return scope.calendar.after(opened, JOINT_ANSWER_WORKING_DAYS).isoformat()


def open_conflicts(scope: Scope) -> Iterator[Due]:
    """Members about whom the partner proposed how a conflict is closed, or told of one with another side."""
    steps = {"answer_conflict": "gongguan conflict list", "answer_stated": "gongguan conflict across"}
    asked = [task for task in scope.store.find(Task, state="open") if task.kind in steps]
    periods = {period.subject: period for period in scope.periods} if asked else {}
    for task in asked:
        period = periods.get(task.subject or "")
        if period is not None:
            who, due_on = scope.name(period), _answer_by(scope, task)
            yield Due(subject=period.subject, who=who, due_on=due_on, command=steps[task.kind])


def statements(scope: Scope) -> Iterator[Due]:
    """Members of whom the partner wrote down our word before we had a node, and asks whether it was so."""
    held = of_subjects(scope.store, scope.periods, ("paper",))
    parties = {pairing.pairing_id: pairing.party for pairing in scope.store.find(Pairing)} if held else {}
    for period in scope.periods if held else ():
        records = held.get(period.subject) or {}
        if any(is_for_us(record, parties.get(period.pairing_id, -1)) for record in records.values()):
            yield Due(
                subject=period.subject,
                who=scope.name(period),
                due_on=scope.day.isoformat(),
                command="gongguan letter offered --open",
            )


def matters(scope: Scope) -> Iterator[Due]:
    """Members who have to hear of a matter and of whom nothing is known yet (A-20, A-21)."""
    reaches = Reaches(scope.act, scope.charges)
    for known in every_matter(scope.act):
        still = timedelta(days=MATTER_OVERDUE_DAYS if known.category == "important_matter" else 0)
        if scope.day > date.fromisoformat(known.on) + still:
            continue
        for charge in reaches.unknown(known):
            command = f"gongguan matter inform {known.matter} {charge.person}"
            yield Due(subject=charge.subject, who=charge.name, due_on=known.on, command=command)


def frozen(scope: Scope) -> Iterator[Due]:
    """Partners with which nothing is exchanged any more, since two histories of one log were shown."""
    if not is_whole_committee(scope):
        return
    for pairing in scope.store.find(Pairing, state="frozen"):
        title = title_of(scope.store, pairing.their_card)
        yield Due(who=title, due_on=scope.day.isoformat(), command=f"gongguan proof fork {pairing.peer[:8]}")


def silences(scope: Scope) -> Iterator[Due]:
    """Partners of whom nothing was heard for longer than usual (B-08)."""
    if not is_whole_committee(scope):
        return
    for pairing in scope.store.find(Pairing, state="active"):
        last = silent_since(scope.store, pairing, scope.day)
        if last is not None:
            due_on = last + timedelta(days=usual_days(scope.store, pairing))
            title = title_of(scope.store, pairing.their_card)
            yield Due(who=title, due_on=due_on.isoformat(), command=f"gongguan peer call {pairing.peer[:8]}")
