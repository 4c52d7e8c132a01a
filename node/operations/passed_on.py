"""Rosters that arrive as ``sheet.take``: passed on to the imports that own them, and their answers counted alike."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import msgspec

from gongguan.node.operations.body import BodiesImported, BodyImport, put_bodies, read_bodies
from gongguan.node.operations.calendar import ArrangementImport, ArrangementImported, put_days, read_days
from gongguan.node.operations.member import MemberImport, MembersImported, put_members, read_members
from gongguan.node.operations.workbooks import RemarkKind, RowNote
from gongguan.protocol.errors import refuse
from gongguan.sync.act import Act, NodePort, Rejected
from gongguan.sync.persons.bodies import is_within, top_code
from gongguan.sync.persons.rosters import BODIES, MEMBERS, OUTFLOW
from gongguan.sync.roles import OFFICERS
from gongguan.sync.sheets.arrangements import ARRANGEMENT
from gongguan.sync.sheets.sheets import Layout


class Counted(NamedTuple):
    """An import's answer in the terms of every sheet."""

    title: str
    rows: int
    made: int
    already: int
    problems: list[RowNote]
    remark_kinds: list[RemarkKind]
    remarks: list[RowNote]
    result: bytes | None


@dataclass(frozen=True, slots=True)
class Roster:
    """A roster's import: what reads the file, what puts the rows, and what its answer counts."""

    layout: Layout[Any]
    feeds: str
    read: Callable[[NodePort, bytes], Any]
    put: Callable[[Act, Any], Any]
    count: Callable[[Any], Counted]


Answer = Callable[[Counted], msgspec.Struct]
"""How the caller says it in its own answer."""


def read_roster(code: str, node: NodePort, file: bytes, answer: Answer) -> Any:
    """What the import prepares. Raises its refusals, D-import-rows with the caller's answer."""
    roster = ROSTERS[code]
    return _with_answer(roster, lambda: roster.read(node, file), answer)


def pass_on(code: str, act: Act, prepared: Any, answer: Answer) -> Counted:
    """Import it. Raises A-role, A-subtree (it touches the whole committee), and the refusals of the import."""
    roster = ROSTERS[code]
    if act.staff.role not in OFFICERS:
        raise refuse("A-role", operation=roster.feeds, role=act.staff.role, allowed=sorted(OFFICERS))
    top = top_code(act.store)
    if top is not None and not is_within(act.store, top, act.staff.body_code):
        raise refuse("A-subtree", body=top, reach=act.staff.body_code)
    return roster.count(_with_answer(roster, lambda: roster.put(act, prepared), answer))


def _with_answer(roster: Roster, work: Callable[[], Any], answer: Answer) -> Any:
    try:
        return work()
    except Rejected as refused:
        detail = refused.detail
        raise Rejected(refused.code, lambda: answer(roster.count(detail())), **refused.facts) from None


def _members(title: str) -> Callable[[MembersImported], Counted]:
    def count(found: MembersImported) -> Counted:
        counts = found.counts
        made = counts.members_added + counts.members_updated + counts.outflow_added + counts.outflow_updated
        already = counts.members_unchanged + counts.outflow_unchanged
        result = found.members_result or found.outflow_result
        return Counted(title, made + already, made, already, found.problems, found.remark_kinds, found.remarks, result)

    return count


def _bodies(found: BodiesImported) -> Counted:
    unchanged = found.rows - found.changed
    return Counted(
        BODIES.title,
        found.rows,
        found.changed,
        unchanged,
        found.problems,
        found.remark_kinds,
        found.remarks,
        found.result,
    )


def _days(found: ArrangementImported) -> Counted:
    unchanged = max(0, found.rows - found.changed)
    remarks: list[RowNote] = []
    return Counted(ARRANGEMENT.title, found.rows, found.changed, unchanged, found.problems, [], remarks, found.result)


ROSTERS: Final[Mapping[str, Roster]] = {
    "members": Roster(
        MEMBERS,
        "member.import",
        lambda node, file: read_members(node, MemberImport(file=file)),
        put_members,
        _members(MEMBERS.title),
    ),
    "outflow": Roster(
        OUTFLOW,
        "member.import",
        lambda node, file: read_members(node, MemberImport(outflow=file)),
        put_members,
        _members(OUTFLOW.title),
    ),
    "bodies": Roster(
        BODIES, "body.import", lambda node, file: read_bodies(node, BodyImport(file=file)), put_bodies, _bodies
    ),
    "calendar": Roster(
        ARRANGEMENT,
        "calendar.import",
        lambda node, file: read_days(node, ArrangementImport(file=file)),
        put_days,
        _days,
    ),
}
