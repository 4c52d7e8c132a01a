"""The fields of a member's record that the origin owns and the destination works with: they travel when they change.

The notice of departure carries them first; afterwards each changed field goes alone (``profile.updated``) and stands by
itself, with its source and time. What the destination knows now is the notice with these changes over it::

    tell(act, [member_id])                # at the origin, after an import: how many updates were written
    show_profile(act, ProfileShow(person="巴特尔")).fields   ->  [ProfileLine(field="phone", value="…", …), …]
"""

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Annotated, Any, Final, NamedTuple

import msgspec

from gongguan.protocol.errors import AgreementError, ExchangeError, refuse
from gongguan.protocol.forms import ready
from gongguan.protocol.messages.movement import ProfileUpdated
from gongguan.sync.act import Act
from gongguan.sync.certificates.certificates import numbers_of
from gongguan.sync.labels import labelled
from gongguan.sync.lists import LISTS
from gongguan.sync.persons.bodies import subtree
from gongguan.sync.persons.members import details_of
from gongguan.sync.records import Body, Member, MobilityPeriod, OutflowEntry
from gongguan.sync.shared.charges import Person, charge_of
from gongguan.sync.shared.entries import write
from gongguan.sync.shared.periods import (
    OPEN_STATES,
    current_profile,
    period_state,
    side_name,
)
from gongguan.sync.shared.views import (
    standing,
    unit_records,
)
from gongguan.sync.shared.written import written_on
from gongguan.sync.store import Store

OWNED: Final = ("name", "category", "affiliated_branch", "certificate_number", "joined_on", "phone")
"""What ``profile.updated`` can say, in the order in which it is shown."""

TITLES: Final = {
    "name": "姓名",
    "category": "人员类别",
    "affiliated_branch": "组织关系所在党支部",
    "certificate_number": "活动证号",
    "joined_on": "入党时间",
    "phone": "联系电话",
}


class ProfileShow(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``movement.profile``."""

    person: Person


class ProfileLine(msgspec.Struct, frozen=True, kw_only=True):
    """One field as it is now. ``told_on``: when its owner wrote it."""

    field: Annotated[str, labelled("字段代码", "field", programs=True)]
    title: Annotated[str, labelled("项目", "field (in Chinese)")]
    value: Annotated[str, labelled("内容", "value")]
    source: Annotated[str, labelled("来源", "source", codes="side")]
    told_on: Annotated[str | None, labelled("告知日期", "told on")]
    changed: Annotated[bool, labelled("外出后变动", "changed since the notice")]


class ProfileShown(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``movement.profile``."""

    subject: Annotated[str, labelled("流动记录编号", "subject")]
    fields: Annotated[list[ProfileLine], labelled("资料", "fields")]


class ProfilesTold(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``movement.tell_profiles``."""

    told: Annotated[int, labelled("告知人数", "members told about")]
    not_told: Annotated[int, labelled("暂不能告知", "not possible now")]


def owned_fields(store: Store, member: Member) -> dict[str, Any]:
    """What the record here says of the shared fields; one that is missing or not in form is left out."""
    return owned_fields_of(store, [member])[member.member_id]


def owned_fields_of(
    store: Store, members: Sequence[Member], told: "Mapping[str, Told] | None" = None
) -> dict[str, dict[str, Any]]:
    """``owned_fields`` of many members, by id: read together. ``told``: the roster, where it was read already."""
    ids = [member.member_id for member in members]
    branches = {member.branch_code for member in members}
    names = dict(store.pick(Body, ("code", "short_name"), code__in=branches))
    told = told_of(store, ids) if told is None else told
    numbers = numbers_of(store, ids, {member_id: row.number for member_id, row in told.items()})
    nothing = Told(None, None, None, None)
    return {
        member.member_id: _owned(
            member,
            names.get(member.branch_code, member.branch_code),
            told.get(member.member_id, nothing).own_phone,
            numbers.get(member.member_id),
        )
        for member in members
    }


class Told(NamedTuple):
    """What the outflow roster tells of a member that lists of many look at."""

    number: str | None
    place: str | None
    own_phone: str | None
    contact_state: str | None


class _Outflow(msgspec.Struct, frozen=True):
    """Those of ``OutflowDetails`` that are looked at."""

    own_phone: str | None = None
    contact_state: str | None = None


def told_of(store: Store, members: Collection[str]) -> dict[str, Told]:
    """Member → what the outflow roster tells, of many members at once."""
    fields = ("member_id", "certificate_number", "destination_place", "details")
    found: dict[str, Told] = {}
    for member_id, number, place, details in store.pick(OutflowEntry, fields, member_id__in=members):
        said = msgspec.json.decode(details, type=ready(_Outflow))
        found[member_id] = Told(number, place, said.own_phone, said.contact_state)
    return found


def _owned(member: Member, branch: str, own_phone: str | None, number: str | None) -> dict[str, Any]:
    details = details_of(member)
    phone = own_phone or details.phone
    found = {
        "name": unicodedata.normalize("NFC", member.name),
        "category": member.category,
        "affiliated_branch": branch,
        "certificate_number": number,
        "joined_on": details.joined_on,
        "phone": phone if phone and re.fullmatch(r"[0-9+ -]{5,20}", phone, re.ASCII) else None,
    }
    return {name: value for name, value in found.items() if value}


def tell(act: Act, members: Iterable[Member]) -> ProfilesTold:
    """Tell every destination what has changed of these members since it was told last; once more changes nothing.

    What an agreement or a partner's software does not allow now stays to be told: the next call finds it again.
    """
    told, not_told = 0, 0
    for member in members:
        for period in act.store.find(MobilityPeriod, member_id=member.member_id):
            changed = _changed(act.store, member, period)
            if not changed:
                continue
            try:
                write(act, period, "profile.updated", msgspec.convert(changed, ready(ProfileUpdated)))
                told += 1
            except (AgreementError, ExchangeError, msgspec.ValidationError):
                not_told += 1
    return ProfilesTold(told=told, not_told=not_told)


def tell_all(act: Act, request: msgspec.Struct) -> ProfilesTold:
    """``tell`` for every floating member of the person's subtree."""
    reach = subtree(act.store, act.staff.body_code)
    return tell(act, act.store.find(Member, branch_code__in=reach, floating=True))


def _changed(store: Store, member: Member, period: MobilityPeriod) -> dict[str, Any]:
    if period.side != "origin" or period_state(store, period) not in OPEN_STATES:
        return {}
    known = current_profile(store, period)
    return {name: value for name, value in owned_fields(store, member).items() if known.get(name) != value}


def show_profile(act: Act, request: ProfileShow) -> ProfileShown:
    """The shared fields of one member with source and time. Raises D-person-…, D-departure-missing."""
    periods = charge_of(act, request.person).periods
    if not periods:
        raise refuse("D-departure-missing")
    period = periods[-1]
    return ProfileShown(subject=period.subject, fields=list(_lines(act.store, period)))


def _lines(store: Store, period: MobilityPeriod) -> Iterator[ProfileLine]:
    records = unit_records(store, period.agreement, period.subject)
    for field in OWNED:
        record = records.get(f"profile/{field}")
        source = record or records.get("movement/departure")
        entry = min(standing(source), key=lambda item: str(item["id"]), default=None)
        value = entry["value"].get("value" if record else field) if entry else None
        if entry is None or value is None:
            continue
        day = written_on(store, period, entry)
        yield ProfileLine(
            field=field,
            title=TITLES[field],
            value=LISTS["member_category"][str(value)][0] if field == "category" else str(value),
            source=side_name(entry["party"], records["movement/departure"]["entries"][0]["party"]),
            told_on=day.isoformat() if day else None,
            changed=record is not None,
        )
