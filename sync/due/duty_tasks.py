"""The duty list of an organisation with the tasks that each line yields today (B-03, B-05), and of a member (B-02).

The tasks are those of ``sync/due/due.py``, within the same subtree and for the same role, so 今天 and the list agree::

    list_duties(act, DutyList())                  # the lists of both sides; in a floating members' organisation its own
    list_duties(act, DutyList(member="巴特尔"))     # what that member has to do now
"""

import heapq
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING, Annotated, Final, TypeVar

import msgspec

from gongguan.protocol.errors import refuse
from gongguan.sync.act import Act
from gongguan.sync.agreements.duty_lists import DutyLists, OrganisationDuty, current, hash_of, named_in, parse
from gongguan.sync.agreements.duty_lists import keep as kept
from gongguan.sync.due.duty_members import HandOver, last_hand_over, lines_of, member_state, whom_of
from gongguan.sync.labels import labelled
from gongguan.sync.liaison.meetings import agreed_pairings
from gongguan.sync.persons.bodies import body_in_reach
from gongguan.sync.shared.partners import terms_of, title_of
from gongguan.sync.store import Store

if TYPE_CHECKING:  # loaded inside the functions: the command names its fields, and asks the node for the tasks
    from gongguan.sync.due.due import FoundDue
    from gongguan.sync.due.scope import Scope

FILE_BYTES_MAX: Final = 256 * 1024
TASKS_MAX: Final = 1000
Named = TypeVar("Named", "DutyList", "HandOver")
"""Requests that name a member in their field ``member``."""
FLOATING: Final = "floating_members_organisation"


class DutyList(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``duty.list``. ``body``: the list as that body below the own one has it."""

    member: Annotated[str, labelled("党员（不填为本方组织）", "member (else organisations)", max_length=120)] = ""
    body: Annotated[str, labelled("哪个组织（代码、全称或简称）", "which body (the own one)", max_length=120)] = ""


class DutyLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line. ``stage``: when the member does it, or whose list it is; ``tasks``: what of it is due today."""

    stage: Annotated[str, labelled("阶段或责任方", "stage, or whose", codes="duty_stage")]
    text: Annotated[str, labelled("责任", "duty")]
    tasks: Annotated[int | None, labelled("现应办", "due now")]
    due_on: Annotated[str | None, labelled("最早期限", "first due on")]
    duty: Annotated[str, labelled("职责编号", "number")]
    source: Annotated[str, labelled("政策原文", "sentence of the policy text", programs=True)]
    code: Annotated[str, labelled("清单行", "line")]


class DutyTask(msgspec.Struct, frozen=True, kw_only=True):
    """A dated task of a line."""

    code: Annotated[str, labelled("清单行", "line")]
    title: Annotated[str, labelled("事项", "matter")]
    who: Annotated[str | None, labelled("姓名", "name")]
    due_on: Annotated[str, labelled("期限", "due on")]
    command: Annotated[str, labelled("怎么办", "what to type")]
    kind: Annotated[str, labelled("类别代码", "kind", programs=True)]


class DutyAgreed(msgspec.Struct, frozen=True, kw_only=True):
    """Whether the agreement with a partner names this list."""

    peer: Annotated[str, labelled("对方", "partner")]
    agreed: Annotated[str, labelled("协议中的责任清单", "list in the agreement", codes="duty_agreed")]


class DutiesListed(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``duty.list``. ``handed_over_on``: when the member was last given a list."""

    version: Annotated[str, labelled("清单版本", "version")]
    sha256: Annotated[str, labelled("清单摘要", "hash of the list")]
    name: Annotated[str | None, labelled("姓名", "member")]
    state: Annotated[str | None, labelled("现在情况", "state", codes="duty_state")]
    handed_over_on: Annotated[str | None, labelled("清单交给本人", "handed over on")]
    handed_over_by: Annotated[str | None, labelled("经手人", "by")]
    total: Annotated[int, labelled("现应办", "due now")]
    lines: Annotated[list[DutyLine], labelled("责任清单", "duties")]
    tasks: Annotated[list[DutyTask], labelled("应办事项", "tasks")]
    agreements: Annotated[list[DutyAgreed], labelled("协议", "agreements")]


class DutyImport(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``duty.import``."""

    file: Annotated[
        bytes, labelled("责任清单（JSON 文件）", "duty lists (JSON file)", argument=True, max_length=FILE_BYTES_MAX)
    ]


class DutiesImported(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``duty.import``."""

    version: Annotated[str, labelled("清单版本", "version")]
    sha256: Annotated[str, labelled("清单摘要", "hash of the list")]
    member: Annotated[int, labelled("党员责任", "lines of members")]
    organisation: Annotated[int, labelled("组织责任", "lines of organisations")]


def list_duties(act: Act, request: DutyList) -> DutiesListed:
    """The list of a member, or of an organisation with its tasks. Raises D-person-…, D-body-…."""
    return _of_member(act, request.member) if request.member.strip() else _of_body(act, request.body)


def import_duties(act: Act, request: DutyImport) -> DutiesImported:
    """Other lists count from now on, in place of those before. Raises D-duty-list."""
    from gongguan.sync.due.due import DUES  # noqa: PLC0415

    lists = parse(request.file)
    unknown = next((line.code for line in lists.organisation if not DUES.keys() >= set(line.work)), None)
    if unknown is not None:
        raise refuse("D-duty-list", at=unknown)
    kept(act.store, lists)
    return DutiesImported(
        version=lists.version,
        sha256=hash_of(lists),
        member=len(lists.member),
        organisation=len(lists.organisation),
    )


def by_member_id(act: Act, request: Named) -> Named:
    """The request with the id of whom it names, so that the audit says it too. Raises as ``whom_of`` does."""
    if not request.member.strip():
        return request
    return msgspec.structs.replace(request, member=whom_of(act, request.member).id)


def _of_member(act: Act, text: str) -> DutiesListed:
    whom, lists = whom_of(act, text), current(act.store)
    last = last_hand_over(act, whom.id)
    return DutiesListed(
        version=lists.version,
        sha256=hash_of(lists),
        name=whom.name,
        state=member_state(act, whom),
        handed_over_on=last.on if last else None,
        handed_over_by=last.by if last else None,
        total=sum(now for _, now in lines_of(act, whom)),
        lines=[
            DutyLine(
                stage=line.stage,
                text=line.text,
                tasks=None,
                due_on=None,
                duty=line.duty,
                source=line.source,
                code=line.code,
            )
            for line, now in lines_of(act, whom)
            if now
        ],
        tasks=[],
        agreements=[],
    )


def _of_body(act: Act, text: str) -> DutiesListed:
    from gongguan.sync.due.due import all_due  # noqa: PLC0415
    from gongguan.sync.due.scope import Scope  # noqa: PLC0415

    body, lists = body_in_reach(act, text), current(act.store)
    scope = Scope(replace(act, staff=msgspec.structs.replace(act.staff, body_code=body.code)))
    found = all_due(scope)
    holders = {FLOATING: ("floating_organisation",)}.get(body.category, ("origin", "destination"))
    sides = {period.subject: period.side for period in scope.periods}
    rows = [line for line in lists.organisation if line.side in holders]
    by_kind = {kind: list(items) for kind, items in groupby(found, key=lambda item: item.kind)}
    of_line = {line.code: list(_of_line(line, by_kind, sides)) for line in rows}
    tasks = ((line.code, item) for line in rows for item in of_line[line.code])
    # Of thousands the first are shown.
    first = heapq.nsmallest(TASKS_MAX, tasks, key=lambda task: (task[1].due.due_on, task[0]))
    return DutiesListed(
        version=lists.version,
        sha256=hash_of(lists),
        name=None,
        state=None,
        handed_over_on=None,
        handed_over_by=None,
        total=len(found),
        lines=[_line(line, of_line[line.code]) for line in rows],
        tasks=[_task(code, item) for code, item in first],
        agreements=list(_agreements(act.store, scope, lists)),
    )


def _of_line(
    line: OrganisationDuty, by_kind: Mapping[str, list["FoundDue"]], sides: Mapping[str, str]
) -> Iterator["FoundDue"]:
    """The tasks of this line; what concerns no single member is of either side's."""
    for kind, items in by_kind.items():
        for item in items if kind in line.work else ():
            side = "origin" if item.due.member_id else sides.get(item.due.subject or "")
            if side is None or line.side in (side, "floating_organisation"):
                yield item


def _line(line: OrganisationDuty, found: list["FoundDue"]) -> DutyLine:
    return DutyLine(
        stage=line.side,
        text=line.text,
        tasks=len(found),
        due_on=min((item.due.due_on for item in found), default=None),
        duty=line.duty,
        source=line.source,
        code=line.code,
    )


def _task(code: str, found: "FoundDue") -> DutyTask:
    from gongguan.sync.due.due import DUES  # noqa: PLC0415

    return DutyTask(
        code=code,
        title=DUES[found.kind].zh,
        who=found.due.who,
        due_on=found.due.due_on,
        command=found.due.command,
        kind=found.kind,
    )


def _agreements(store: Store, scope: "Scope", lists: DutyLists) -> Iterator[DutyAgreed]:
    """Whether both sides signed this list, for people of the whole committee."""
    for pairing in agreed_pairings(store, scope.day) if scope.whole else ():
        named = named_in(terms_of(store, pairing.pairing_id).sections.responsibilities)
        agreed = "none" if named is None else "same" if named == hash_of(lists) else "other"
        yield DutyAgreed(peer=title_of(store, pairing.their_card), agreed=agreed)
