"""Whom education reached in a quarter, and whom not: three states that are never mixed (A-04, B-25).

*reached*: something is confirmed (study attended by whichever side held it, a push confirmed, material received).
*not_reached*: nothing is confirmed, and a person said of something that it did not reach the member. *unknown*: nobody
said anything; a push that was only sent says nothing either::

    show_coverage(act, CoverageShow(quarter="2026Q1", state="unknown")).lines
"""

from collections.abc import Iterable
from typing import Annotated, Final, Literal, NamedTuple

import msgspec

from gongguan.sync.act import Act
from gongguan.sync.days import today
from gongguan.sync.education.attendance import AttendanceKnown, histories
from gongguan.sync.education.learning import items_since
from gongguan.sync.labels import RowsShown, labelled
from gongguan.sync.persons.bodies import short_names
from gongguan.sync.quarters import Quarter, QuarterName
from gongguan.sync.shared.charges import Charge, charges_in_reach
from gongguan.sync.store import Store

EDUCATION: Final = frozenset({"regular_meeting", "theme_day", "party_lecture", "study"})
"""Which activities are education; volunteering and others are not."""

State = Literal["reached", "not_reached", "unknown"]


class CoverageShow(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``education.coverage``."""

    quarter: QuarterName = ""
    state: Annotated[State | None, labelled("只看一种", "one state only", codes="coverage_state")] = None
    limit: RowsShown = 200


class CoverageLine(msgspec.Struct, frozen=True, kw_only=True):
    """One member in one quarter; ``by``: what reached the member, ``last_on``: when it last did."""

    name: Annotated[str, labelled("姓名", "name")]
    branch: Annotated[str, labelled("党支部", "branch")]
    state: Annotated[str, labelled("覆盖情况", "coverage", codes="coverage_state")]
    times: Annotated[int, labelled("次数", "times")]
    last_on: Annotated[str | None, labelled("最近一次", "last on")]
    sent_only: Annotated[int, labelled("已发送未确认", "sent, not confirmed")]
    person: Annotated[str, labelled("编号", "id")]


class CoverageShown(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``education.coverage``; counts are of everyone away in the quarter."""

    quarter: Annotated[str, labelled("季度", "quarter")]
    members: Annotated[int, labelled("在外党员", "members away")]
    reached: Annotated[int, labelled("已覆盖", "reached")]
    not_reached: Annotated[int, labelled("未覆盖", "not reached")]
    unknown: Annotated[int, labelled("未知", "unknown")]
    lines: Annotated[list[CoverageLine], labelled("党员", "members")]


class Covered(NamedTuple):
    """What is known of one member's education in a quarter."""

    reached_on: tuple[str, ...] = ()
    missed: int = 0
    sent: int = 0

    @property
    def state(self) -> State:
        """reached, not_reached or unknown."""
        if self.reached_on:
            return "reached"
        return "not_reached" if self.missed else "unknown"


def show_coverage(act: Act, request: CoverageShow) -> CoverageShown:
    """Every member away in the quarter, those of whom nothing is known first. Raises D-quarter-future."""
    day = today(act.now)
    quarter = Quarter.begun(request.quarter, day)
    away = [charge for charge in charges_in_reach(act, quarter.first) if charge.was_away(quarter.first, quarter.last)]
    covered = coverage(act.store, away, quarter)
    names = short_names(act.store)
    order = ("unknown", "not_reached", "reached")
    states = [covered[charge.person].state for charge in away]
    listed = [
        (order.index(state), names.get(charge.body_code or "", charge.body_code or ""), charge.name, charge.person)
        for charge, state in zip(away, states, strict=True)
        if request.state in (None, state)
    ]
    # Of one branch and name as ``away`` has them: by the id.
    listed.sort()
    return CoverageShown(
        quarter=quarter.name,
        members=len(away),
        reached=states.count("reached"),
        not_reached=states.count("not_reached"),
        unknown=states.count("unknown"),
        lines=[_line(covered[person], branch, name, person) for _, branch, name, person in listed[: request.limit]],
    )


def _line(covered: Covered, branch: str, name: str, person: str) -> CoverageLine:
    return CoverageLine(
        name=name,
        branch=branch,
        state=covered.state,
        times=len(covered.reached_on),
        last_on=max(covered.reached_on, default=None),
        sent_only=covered.sent,
        person=person,
    )


def coverage(store: Store, charges: Iterable[Charge], quarter: Quarter) -> dict[str, Covered]:
    """Person → what is known of the quarter, by attendance that either side holds and by items of this node."""
    charges = list(charges)
    known = histories(store, charges, quarter)
    found = {charge.person: _attended(known[charge.person], quarter) for charge in charges}
    for item, row in items_since(store, quarter.first.isoformat()):
        if row.person not in found or not quarter.holds(item.on):
            continue
        before = found[row.person]
        if row.state == "confirmed":
            found[row.person] = before._replace(reached_on=(*before.reached_on, item.on))
        elif row.state == "not_reached":
            found[row.person] = before._replace(missed=before.missed + 1)
        else:
            found[row.person] = before._replace(sent=before.sent + 1)
    return found


def _attended(known: list[AttendanceKnown], quarter: Quarter) -> Covered:
    mine = [item for item in known if quarter.holds(item.on) and item.activity in EDUCATION]
    came = tuple(item.on for item in mine if item.attendance == "confirmed")
    return Covered(came, missed=sum(item.attendance == "confirmed_absent" for item in mine))
