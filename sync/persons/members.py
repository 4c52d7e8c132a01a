"""Members and the outflow roster of this committee: what an import changes, and who may see what.

Two sheets belong together, matched by ID number; either may come alone. First everything is checked against the tree
and the records, then all rows are put or none. An import adds and updates, it never removes: a member who is no longer
in the sheet stays and is counted. ID numbers are compared by a digest under the node's own key::

    errors = check_rosters(act, rosters)
    if not errors:
        counts = put_rosters(act, rosters)
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final, NamedTuple

import msgspec

from gongguan.protocol.errors import refuse
from gongguan.protocol.forms import ready
from gongguan.sync.act import Act
from gongguan.sync.days import today
from gongguan.sync.labels import RowsShown, labelled
from gongguan.sync.persons.bodies import codes_by_name, resolve, short_names, subtree
from gongguan.sync.persons.histories import put_with_history
from gongguan.sync.persons.rosters import MemberRow, OutflowRow, cross_check
from gongguan.sync.records import Body, Certificate, Member, OutflowEntry
from gongguan.sync.sheets.sheets import RowError, row_error
from gongguan.sync.store import Store

BODY_BY_BODY_MAX: Final = 100
"""Members of so many bodies are asked for body by body; of more, those of others are read and left out."""

MEMBER_BRANCHES: Final = frozenset({"branch", "party_group", "floating_members_organisation"})
"""Bodies in which a member can be."""

MemberId = Annotated[str, labelled("党员编号", "member id", argument=True, pattern="^[0-9a-f]{32}$")]


class MemberDetails(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """``Member.details``: the columns of the basic record that no rule has to search."""

    sex: str | None = None
    ethnic_group: str | None = None
    born_on: str | None = None
    education: str | None = None
    joined_on: str | None = None
    full_member_on: str | None = None
    post: str | None = None
    phone: str | None = None
    landline: str | None = None
    address: str | None = None
    affiliation_status: str | None = None
    lost_contact: bool = False
    lost_since: str | None = None
    outflow_direction: str | None = None


class OutflowDetails(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """``OutflowEntry.details``: the other columns of the outflow roster."""

    committee: str | None = None
    branch: str | None = None
    former_occupation: str | None = None
    mobility_kind: str | None = None
    mobility_scope: str | None = None
    outflow_direction: str | None = None
    destination_unit: str | None = None
    reason: str | None = None
    certificate_held: bool | None = None
    destination_branch: str | None = None
    destination_contact: str | None = None
    destination_phone: str | None = None
    own_phone: str | None = None
    contact_state: str | None = None
    lost_since: str | None = None
    contact_officer: str | None = None
    affiliation_moved: bool | None = None
    status: str | None = None
    returned_on: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Rosters:
    """What was handed in; None where that sheet was not."""

    members: Sequence[MemberRow] | None
    outflow: Sequence[OutflowRow] | None


class RosterErrors(NamedTuple):
    """Why rows cannot be imported, by the sheet in which they stand."""

    members: tuple[RowError, ...] = ()
    outflow: tuple[RowError, ...] = ()


class RosterCounts(msgspec.Struct, frozen=True, kw_only=True):
    """What an import did. ``absent``: members here that the sheet does not hold; they were left as they are."""

    members_added: Annotated[int, labelled("新增党员", "members added")] = 0
    members_updated: Annotated[int, labelled("更新党员", "members updated")] = 0
    members_unchanged: Annotated[int, labelled("未变动党员", "members unchanged")] = 0
    outflow_added: Annotated[int, labelled("新增流出记录", "outflow rows added")] = 0
    outflow_updated: Annotated[int, labelled("更新流出记录", "outflow rows updated")] = 0
    outflow_unchanged: Annotated[int, labelled("未变动流出记录", "outflow rows unchanged")] = 0
    marked_floating: Annotated[int, labelled("因在流出花名册而标为流动", "marked floating by the outflow roster")] = 0
    absent: Annotated[int, labelled("表里没有、系统里保留的党员", "members kept though absent from the sheet")] = 0


class MemberList(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``member.list``."""

    under: Annotated[str | None, labelled("组织（代码、全称或简称）", "body (code or name)")] = None
    name: Annotated[str | None, labelled("姓名包含", "name contains")] = None
    floating: Annotated[bool | None, labelled("只看流动党员", "floating members only")] = None
    limit: RowsShown = 200


class MemberLine(msgspec.Struct, frozen=True, kw_only=True):
    """One row of ``member.list``."""

    member_id: Annotated[str, labelled("党员编号", "member id")]
    name: Annotated[str, labelled("姓名", "name")]
    branch: Annotated[str, labelled("所在党支部", "branch")]
    category: Annotated[str, labelled("人员类别", "category", codes="member_category")]
    floating: Annotated[bool, labelled("流动", "floating")]
    destination_place: Annotated[str | None, labelled("流入地", "destination")]
    certificate_number: Annotated[str | None, labelled("活动证号", "certificate")]


class MembersListed(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``member.list``; ``total`` counts all that match, listed or not."""

    total: Annotated[int, labelled("共计", "total")]
    members: Annotated[list[MemberLine], labelled("党员", "members")]


class MemberShow(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``member.show``."""

    member_id: MemberId


class MemberShown(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``member.show``. A reader sees the ID number masked."""

    member_id: Annotated[str, labelled("党员编号", "member id")]
    name: Annotated[str, labelled("姓名", "name")]
    id_number: Annotated[str, labelled("公民身份号码", "ID number")]
    branch: Annotated[str, labelled("所在党支部", "branch")]
    category: Annotated[str, labelled("人员类别", "category", codes="member_category")]
    sex: Annotated[str | None, labelled("性别", "sex", codes="sex")]
    ethnic_group: Annotated[str | None, labelled("民族", "ethnic group")]
    born_on: Annotated[str | None, labelled("出生日期", "born on")]
    education: Annotated[str | None, labelled("学历", "education", codes="education")]
    joined_on: Annotated[str | None, labelled("加入党组织日期", "joined on")]
    full_member_on: Annotated[str | None, labelled("转为正式党员日期", "full member on")]
    post: Annotated[str | None, labelled("工作岗位", "post")]
    phone: Annotated[str | None, labelled("手机号", "phone")]
    landline: Annotated[str | None, labelled("固定电话", "landline")]
    address: Annotated[str | None, labelled("家庭住址", "address")]
    affiliation_status: Annotated[str | None, labelled("党籍状态", "affiliation", codes="affiliation_status")]
    lost_contact: Annotated[bool, labelled("失联", "lost contact")]
    floating: Annotated[bool, labelled("流动党员", "floating")]
    left_on: Annotated[str | None, labelled("流出日期", "left on")] = None
    destination_place: Annotated[str | None, labelled("流入地", "destination")] = None
    destination_unit: Annotated[str | None, labelled("流入单位", "destination unit")] = None
    reason: Annotated[str | None, labelled("流出原因", "reason", codes="outflow_reason")] = None
    certificate_number: Annotated[str | None, labelled("活动证号", "certificate")] = None
    own_phone: Annotated[str | None, labelled("本人联系方式", "own phone")] = None
    contact_officer: Annotated[str | None, labelled("联系责任人", "contact officer")] = None


def check_rosters(act: Act, rosters: Rosters) -> RosterErrors:
    """Everything that rows contradict: the tree, each other, and what is stored. Empty when all may be put."""
    members = list(_branch_errors(act.store, rosters.members or ()))
    outflow = list(_certificate_errors(act, rosters.outflow or ()))
    if rosters.members is not None and rosters.outflow is not None:
        unmatched = cross_check(rosters.members, rosters.outflow)
        members += unmatched.member_errors
        outflow += unmatched.outflow_errors
    elif rosters.outflow is not None:
        outflow += _stranger_errors(act, rosters.outflow)
    return RosterErrors(tuple(sorted(members)), tuple(sorted(outflow)))


def put_rosters(act: Act, rosters: Rosters) -> RosterCounts:
    """Add and update members and outflow entries. The rows must have passed ``check_rosters``."""
    known = _by_digest(act.store)
    wanted = dict(_members_wanted(act, rosters.members or (), known))
    entries, marked = _entries_wanted(act, rosters.outflow or (), known | wanted)
    written = wanted | marked
    before = {entry.member_id: entry for entry in act.store.find(OutflowEntry)} if entries else {}
    changed = [member for digest, member in written.items() if digest in known and known[digest] != member]
    changed_entries = [entry for entry in entries if before.get(entry.member_id) not in (None, entry)]
    put_with_history(act.store, [*changed, *changed_entries], today(act.now), act.stamp())
    act.store.put_all(member for digest, member in written.items() if digest not in known)
    act.store.put_all(entry for entry in entries if entry.member_id not in before)
    return RosterCounts(
        members_added=len(wanted.keys() - known.keys()),
        members_updated=sum(digest in known and known[digest] != written[digest] for digest in wanted),
        members_unchanged=sum(known.get(digest) == written[digest] for digest in wanted),
        outflow_added=sum(entry.member_id not in before for entry in entries),
        outflow_updated=sum(entry.member_id in before and before[entry.member_id] != entry for entry in entries),
        outflow_unchanged=sum(before.get(entry.member_id) == entry for entry in entries),
        marked_floating=sum(digest not in known or not known[digest].floating for digest in marked),
        absent=len(known.keys() - wanted.keys()) if rosters.members is not None else 0,
    )


def list_members(act: Act, request: MemberList) -> MembersListed:
    """The members of a subtree, by branch and name. ``under`` lies in the person's subtree; the shell checked it."""
    top = resolve(act.store, request.under).code if request.under else act.staff.body_code
    bodies = short_names(act.store)
    wanted = (True, False) if request.floating is None else (request.floating,)
    reach = subtree(act.store, top)
    if request.name is not None:
        codes_by_name = _named(act.store, request.name, reach, wanted)
        total, shown = len(codes_by_name), [member_of(act.store, number) for number in codes_by_name[: request.limit]]
    else:
        total = act.store.count(Member, branch_code__in=reach, floating__in=wanted)
        shown = _first(act.store, reach, wanted, request.limit)
    return MembersListed(total=total, members=[_line(act.store, member, bodies) for member in shown])


def _listed(member: Member) -> tuple[str, str, str]:
    return member.branch_code, member.name, member.member_id


def _named(store: Store, name: str, reach: frozenset[str], wanted: tuple[bool, ...]) -> list[str]:
    """Ids of those whose name holds these words, in order: nothing else of the others is opened."""
    fields = ("branch_code", "name", "member_id")
    rows = picked_under(store, reach, fields, wanted)
    return [number for _, _, number in sorted(row for row in rows if name in row[1])]


def picked_under(
    store: Store, reach: frozenset[str], fields: tuple[str, ...], floating: tuple[bool, ...] = (True, False)
) -> list[tuple[Any, ...]]:
    """Fields of the members of these bodies, the first of them ``branch_code``.

    Of few bodies no other member is read; of a whole committee all are, since asking body by body takes longer.
    """
    where: dict[str, Any] = {} if len(floating) > 1 else {"floating__in": floating}
    if len(reach) <= BODY_BY_BODY_MAX:
        return store.pick(Member, fields, branch_code__in=reach, **where)
    return [row for row in store.pick(Member, fields, **where) if row[0] in reach]


def _first(store: Store, reach: frozenset[str], wanted: tuple[bool, ...], limit: int) -> list[Member]:
    """The first members in the order of branches: no branch is read that would not be shown."""
    shown: list[Member] = []
    for branch in sorted(reach):
        if len(shown) >= limit:
            break
        shown += sorted(store.find(Member, branch_code=branch, floating__in=wanted), key=_listed)
    return shown[:limit]


def show_member(act: Act, request: MemberShow) -> MemberShown:
    """Everything held about one member. Raises D-member-unknown."""
    member = member_of(act.store, request.member_id)
    details = details_of(member)
    entry = act.store.get(OutflowEntry, member.member_id)
    outflow = outflow_details_of(entry) if entry else OutflowDetails()
    body = act.store.get(Body, member.branch_code)
    return MemberShown(
        member_id=member.member_id,
        name=member.name,
        id_number=masked(member.id_number) if act.staff.role == "reader" else member.id_number,
        branch=body.full_name if body else member.branch_code,
        category=member.category,
        sex=details.sex,
        ethnic_group=details.ethnic_group,
        born_on=details.born_on,
        education=details.education,
        joined_on=details.joined_on,
        full_member_on=details.full_member_on,
        post=details.post,
        phone=details.phone,
        landline=details.landline,
        address=details.address,
        affiliation_status=details.affiliation_status,
        lost_contact=details.lost_contact,
        floating=member.floating,
        left_on=entry.left_on if entry else None,
        destination_place=entry.destination_place if entry else None,
        destination_unit=outflow.destination_unit,
        reason=outflow.reason,
        certificate_number=entry.certificate_number if entry else None,
        own_phone=outflow.own_phone,
        contact_officer=outflow.contact_officer,
    )


def member_of(store: Store, member_id: str) -> Member:
    """The member of this id. Raises D-member-unknown."""
    member = store.get(Member, member_id)
    if member is None:
        raise refuse("D-member-unknown")
    return member


def details_of(member: Member) -> MemberDetails:
    """The rest of the basic record."""
    return msgspec.json.decode(member.details, type=ready(MemberDetails))


def outflow_details_of(entry: OutflowEntry) -> OutflowDetails:
    """The rest of the outflow row."""
    return msgspec.json.decode(entry.details, type=ready(OutflowDetails))


def masked(id_number: str) -> str:
    """An ID number with the birth date and serial hidden."""
    return f"{id_number[:3]}***********{id_number[-4:]}"


def _by_digest(store: Store) -> dict[str, Member]:
    return {member.id_digest: member for member in store.find(Member)}


def _branch_errors(store: Store, rows: Iterable[MemberRow]) -> Iterator[RowError]:
    bodies = {body.code: body for body in store.find(Body)}
    names = codes_by_name(bodies.values())
    for row in rows:
        found = names.get(row.branch, frozenset())
        if len(found) != 1:
            code = "D-row-branch-ambiguous" if found else "D-row-no-such-branch"
            yield row_error(row.row, "所在党支部", code)
        elif bodies[next(iter(found))].category not in MEMBER_BRANCHES:
            yield row_error(row.row, "所在党支部", "D-row-branch-kind")


def _certificate_errors(act: Act, rows: Sequence[OutflowRow]) -> Iterator[RowError]:
    holders = {entry.certificate_number: entry.member_id for entry in act.store.find(OutflowEntry)}
    holders |= {certificate.number: certificate.member_id for certificate in act.store.find(Certificate)}
    known = _by_digest(act.store)
    first_row: dict[str, int] = {}
    for row in rows:
        number = row.certificate_number
        if number is None:
            continue
        member = known.get(act.node.digest_id_number(row.id_number))
        earlier = first_row.setdefault(number, row.row)
        if earlier != row.row:
            yield row_error(row.row, "活动证号", "D-row-certificate-taken", f"另见第 {earlier} 行")
        elif number in holders and holders[number] != (member.member_id if member else None):
            yield row_error(row.row, "活动证号", "D-row-certificate-taken")


def _stranger_errors(act: Act, rows: Iterable[OutflowRow]) -> Iterator[RowError]:
    known = _by_digest(act.store)
    for row in rows:
        member = known.get(act.node.digest_id_number(row.id_number))
        if member is None:
            yield row_error(row.row, "公民身份号码", "D-row-no-such-member")
        elif member.name != row.name:
            yield row_error(row.row, "姓名", "D-row-name-differs", "与系统里的党员名册不同")


def _members_wanted(act: Act, rows: Iterable[MemberRow], known: Mapping[str, Member]) -> Iterator[tuple[str, Member]]:
    names = codes_by_name(act.store.find(Body))
    for row in rows:
        digest = act.node.digest_id_number(row.id_number)
        (branch,) = names[row.branch]
        present = known.get(digest)
        yield (
            digest,
            Member(
                member_id=present.member_id if present else act.random_hex(16),
                branch_code=branch,
                id_digest=digest,
                name=row.name,
                id_number=row.id_number,
                details=_text(_taken(row, MemberDetails)),
                category=row.category,
                floating=row.floating,
            ),
        )


def _entries_wanted(
    act: Act, rows: Iterable[OutflowRow], members: Mapping[str, Member]
) -> tuple[list[OutflowEntry], dict[str, Member]]:
    """The outflow entries, and the members whom only this roster shows to be away."""
    entries: list[OutflowEntry] = []
    marked: dict[str, Member] = {}
    for row in rows:
        digest = act.node.digest_id_number(row.id_number)
        member = members[digest]
        entries.append(
            OutflowEntry(
                member_id=member.member_id,
                left_on=row.left_on,
                destination_place=row.destination_place,
                certificate_number=row.certificate_number,
                details=_text(_taken(row, OutflowDetails)),
            )
        )
        if not member.floating and row.status in (None, "away"):
            marked[digest] = msgspec.structs.replace(member, floating=True)
    return entries, marked


def _taken(row: msgspec.Struct, kind: type[msgspec.Struct]) -> msgspec.Struct:
    return kind(**{name: getattr(row, name) for name in kind.__struct_fields__})


def _text(details: msgspec.Struct) -> str:
    return msgspec.json.encode(details).decode()


def _line(store: Store, member: Member, bodies: Mapping[str, str]) -> MemberLine:
    entry = store.get(OutflowEntry, member.member_id) if member.floating else None
    return MemberLine(
        member_id=member.member_id,
        name=member.name,
        branch=bodies.get(member.branch_code, member.branch_code),
        category=member.category,
        floating=member.floating,
        destination_place=entry.destination_place if entry else None,
        certificate_number=entry.certificate_number if entry else None,
    )
