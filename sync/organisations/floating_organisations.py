"""Floating members' organisations are set up where members concentrate: with an approval, under a body here (A-11).

Where that is, ``agreement candidates`` says. The body is one of the tree like any other, so it can take members in, has
staff and its own tasks; with it are kept the host place and the reference of the approval. Fewer full members than a
branch needs are said and block nothing, since who belongs to it may come later::

    establish(act, BodyEstablish(code="990109", approval="旗组发〔2026〕3号", host_place="990202", …))
"""

from datetime import date
from typing import Annotated, Final

import msgspec

from gongguan.protocol.errors import refuse
from gongguan.protocol.limits import NAME_CHARS_MAX
from gongguan.sync.act import Act
from gongguan.sync.cells import parse_code, parse_text
from gongguan.sync.days import check_happened, today
from gongguan.sync.exchange.values import Value
from gongguan.sync.labels import DATE, labelled
from gongguan.sync.organisations.superiors import note_organisation
from gongguan.sync.persons.bodies import resolve, short_names, subtree
from gongguan.sync.persons.rosters import PARENT_KINDS
from gongguan.sync.records import Body, FloatingOrganisation, Member
from gongguan.sync.shared.charges import Charge, charges_of_bodies

CATEGORY: Final = "floating_members_organisation"
FULL_MEMBERS_MIN: Final = 3
"""A branch needs three full members (Regulations on branches, article 4)."""

_Line = Annotated[str, msgspec.Meta(min_length=1, max_length=NAME_CHARS_MAX)]


class BodyEstablish(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``body.establish``. ``joining``: full members who are to be in it and are not yet on record there."""

    code: Annotated[str, labelled("代码", "code", argument=True, min_length=1, max_length=40)]
    full_name: Annotated[_Line, labelled("全称", "full name")]
    short_name: Annotated[_Line, labelled("简称", "short name")]
    parent: Annotated[str, labelled("上级组织（代码、全称或简称）", "parent body", min_length=1, max_length=120)]
    host_place: Annotated[str, labelled("所在地区划代码（6 位）", "division of the host place", pattern=r"^[0-9]{6}$")]
    established_on: Annotated[str, labelled("批准成立日期", "established on", pattern=DATE)]
    approval: Annotated[str, labelled("批准文号", "reference of the approval", max_length=NAME_CHARS_MAX)] = ""
    joining: Annotated[int, labelled("拟编入的正式党员数", "full members to join", ge=0, le=10_000)] = 0


class BodyEstablished(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``body.establish``. ``bulletin``: what the partner can be told in the next bulletin."""

    code: Annotated[str, labelled("代码", "code")]
    full_name: Annotated[str, labelled("全称", "full name")]
    host_place: Annotated[str, labelled("所在地", "host place")]
    approval: Annotated[str, labelled("批准文号", "approval")]
    full_members: Annotated[int, labelled("正式党员（含拟编入）", "full members, with those to join")]
    enough: Annotated[bool, labelled("够成立党支部（3 名正式党员）", "enough for a branch (3 full members)")]
    bulletin: Annotated[str, labelled("可写入季度通报", "words for the next bulletin")]


class BodyFloating(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``body.floating``."""


class FloatingLine(msgspec.Struct, frozen=True, kw_only=True):
    """One organisation; without an approval it came by a sheet of bodies and was not registered."""

    code: Annotated[str, labelled("代码", "code")]
    full_name: Annotated[str, labelled("全称", "full name")]
    parent: Annotated[str | None, labelled("上级", "parent")]
    host_place: Annotated[str | None, labelled("所在地", "host place")]
    established_on: Annotated[str | None, labelled("批准成立日期", "established on")]
    approval: Annotated[str | None, labelled("批准文号", "approval")]
    full_members: Annotated[int, labelled("正式党员", "full members")]
    enough: Annotated[bool, labelled("够 3 名", "enough for a branch")]


class FloatingListed(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``body.floating``."""

    without: Annotated[int, labelled("没有批准文号", "without an approval")]
    organisations: Annotated[list[FloatingLine], labelled("流动党员党组织", "floating members' organisations")]


def establish(act: Act, request: BodyEstablish) -> BodyEstablished:
    """Register the organisation, or correct what is on record of it.

    Raises D-organisation-approval, D-organisation-code, D-body-…, D-date, D-date-future.
    """
    if not request.approval.strip():
        raise refuse("D-organisation-approval")
    check_happened(act.now, request.established_on)
    code = parse_code(request.code).value
    before = act.store.get(Body, code)
    if not code or (before is not None and before.category != CATEGORY):
        raise refuse("D-organisation-code", body=code)
    parent = resolve(act.store, request.parent)
    if parent.category not in PARENT_KINDS[CATEGORY]:
        raise refuse("D-body-parent-kind", parent=parent.code)
    if parent.code in subtree(act.store, code):
        raise refuse("D-body-parent-cycle", parent=parent.code)
    act.store.put(
        Body(
            code=code,
            full_name=parse_text(request.full_name).value,
            short_name=parse_text(request.short_name).value,
            category=CATEGORY,
            parent_code=parent.code,
            secretary=before.secretary if before else None,
            phone=before.phone if before else None,
        )
    )
    made = FloatingOrganisation(
        code=code,
        host_place=request.host_place,
        approval=request.approval.strip(),
        established_on=request.established_on,
        registered_by=act.staff.name,
    )
    act.store.put(made)
    note_organisation(act.store, made, today(act.now).isoformat())
    count = full_members(act, code) + request.joining
    return BodyEstablished(
        code=made.code,
        full_name=request.full_name,
        host_place=made.host_place,
        approval=made.approval,
        full_members=count,
        enough=count >= FULL_MEMBERS_MIN,
        bulletin=f"成立{request.full_name}（{made.established_on}，{made.approval}，所在地 {made.host_place}）",
    )


def list_organisations(act: Act, request: BodyFloating) -> FloatingListed:
    """The floating members' organisations of the person's subtree, registered or not."""
    codes, names = subtree(act.store, act.staff.body_code), short_names(act.store)
    lines = []
    for body in act.store.find(Body, category=CATEGORY):
        if body.code not in codes:
            continue
        known, count = act.store.get(FloatingOrganisation, body.code), full_members(act, body.code)
        line = FloatingLine(
            code=body.code,
            full_name=body.full_name,
            parent=names.get(body.parent_code or ""),
            host_place=known.host_place if known else None,
            established_on=known.established_on if known else None,
            approval=known.approval if known else None,
            full_members=count,
            enough=count >= FULL_MEMBERS_MIN,
        )
        lines.append(line)
    return FloatingListed(
        without=sum(line.approval is None for line in lines),
        organisations=sorted(lines, key=lambda line: line.code),
    )


def full_members(act: Act, code: str) -> int:
    """Full members on the roster of this body and below, and those whom it manages now."""
    codes = subtree(act.store, code)
    own = act.store.count(Member, branch_code__in=codes, category="full_member")
    day = today(act.now)
    return own + sum(_is_full_guest(charge, day) for charge in charges_of_bodies(act.store, codes))


def _is_full_guest(charge: Charge, day: date) -> bool:
    departure: Value = charge.now.get("movement/departure", {}).get("effective", {})
    return charge.side == "destination" and charge.is_away(day) and departure.get("category") == "full_member"
