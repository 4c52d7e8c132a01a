"""The three sheets that offices hand in, as tables of columns: bodies, members, outflow roster.

Members follow the national collection form in its order, the outflow roster the union of two systems in use (domain.md
§5.1, §5.3). How a sheet is read is in ``sheets``; how a cell is read in ``identity`` and ``vocabulary``::

    found = read(OUTFLOW, grid, synthetic=True)
    found.rows[0].left_on   ->  "2024-03"
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, NamedTuple

import msgspec

from gongguan.sync.cells import BLANK_MARKS, Parser, parse_code, parse_place, parse_text
from gongguan.sync.day_cells import parse_partial_date
from gongguan.sync.identity import (
    birth_date,
    parse_id_number,
    parse_landline,
    parse_name,
    parse_phone,
    parse_sex,
    parse_yes_no,
    sex_of,
)
from gongguan.sync.sheets.sheets import (
    Change,
    Column,
    Draft,
    Findings,
    Layout,
    RowError,
    row_error,
)
from gongguan.sync.vocabulary import one_of, parse_ethnic_group


class BodyRow(msgspec.Struct, frozen=True):
    """One body; ``parent_code`` is None for the top."""

    row: int
    code: str
    full_name: str
    short_name: str
    category: str
    parent_code: str | None
    secretary: str | None
    phone: str | None


class MemberRow(msgspec.Struct, frozen=True):
    """The basic record of one member. Dates are ``YYYY-MM-DD`` or ``YYYY-MM``; codes are in ``lists.LISTS``."""

    row: int
    branch: str
    name: str
    id_number: str
    sex: str
    ethnic_group: str | None
    born_on: str | None
    education: str | None
    category: str
    joined_on: str | None
    full_member_on: str | None
    post: str | None
    phone: str | None
    landline: str | None
    address: str | None
    affiliation_status: str
    lost_contact: bool
    lost_since: str | None
    floating: bool
    outflow_direction: str | None


class OutflowRow(msgspec.Struct, frozen=True):
    """One line of the outflow roster; the same forms as ``MemberRow``."""

    row: int
    name: str
    sex: str | None
    id_number: str
    committee: str | None
    branch: str | None
    former_occupation: str | None
    left_on: str | None
    mobility_kind: str | None
    mobility_scope: str | None
    outflow_direction: str | None
    destination_place: str | None
    destination_unit: str | None
    reason: str | None
    certificate_held: bool | None
    certificate_number: str | None
    destination_branch: str | None
    destination_contact: str | None
    destination_phone: str | None
    own_phone: str | None
    contact_state: str | None
    lost_since: str | None
    contact_officer: str | None
    affiliation_moved: bool | None
    status: str | None
    returned_on: str | None
    note: str | None


def _listed(name: str, zh: str, list_name: str, *synonyms: str, required: bool = False) -> Column:
    return Column(name, zh, one_of(list_name), synonyms, required, list_name)


def _plain(name: str, zh: str, parse: Parser, *synonyms: str, required: bool = False) -> Column:
    return Column(name, zh, parse, synonyms, required)


def _yes_no(name: str, zh: str, *synonyms: str, blank: bool | None = None) -> Column:
    # Here 无 is an answer, not a sign for nothing.
    return Column(name, zh, parse_yes_no, synonyms, blank=blank, blank_marks=BLANK_MARKS - {"无"})


_ID_WORDS: Final = ("身份证号", "身份证号码", "公民身份证号码", "居民身份证号", "身份证")

PARENT_KINDS: Final[dict[str, frozenset[str | None]]] = {
    "basic_committee": frozenset({None, "basic_committee"}),
    "general_branch": frozenset({None, "basic_committee"}),
    "branch": frozenset({None, "basic_committee", "general_branch", "floating_members_organisation"}),
    "party_group": frozenset({"branch", "floating_members_organisation"}),
    "floating_members_organisation": frozenset(
        {"basic_committee", "general_branch", "branch", "floating_members_organisation"}
    ),
}
"""Under what a body may stand; None is the top."""


def _check_bodies(drafts: list[Draft], complete: bool) -> Findings:
    errors = list(_repeated(drafts, "code", "代码", "D-row-duplicate-body"))
    errors += _repeated(drafts, "full_name", "全称", "D-row-duplicate-body")
    changes = [change for draft in drafts for change in _name_as_short(draft)]
    changes += [change for draft, change in _resolved_parents(drafts, complete, errors) if change]
    if not errors and complete:
        errors += _tree_errors(drafts)
    return Findings(tuple(errors), tuple(changes))


BODIES: Final = Layout(
    "党组织信息表",
    BodyRow,
    (
        _plain("code", "代码", parse_code, "组织代码", "党组织代码", "编码", "组织编码", required=True),
        _plain("full_name", "全称", parse_text, "组织全称", "党组织全称", "党组织名称", "组织名称", required=True),
        _plain("short_name", "简称", parse_text, "组织简称", "党组织简称"),
        _listed("category", "类别", "body_category", "组织类别", "党组织类别", required=True),
        _plain("parent_code", "上级", parse_text, "上级组织", "上级党组织", "上级代码", "上级党组织代码", "隶属"),
        _plain("secretary", "书记", parse_name, "党组织书记", "书记姓名", "负责人"),
        _plain("phone", "电话", parse_landline, "联系电话", "书记电话", "联系方式"),
    ),
    _check_bodies,
)


def _check_members(drafts: list[Draft], complete: bool) -> Findings:
    errors = list(_repeated(drafts, "id_number", "公民身份号码", "D-row-duplicate-id"))
    errors += [error for draft in drafts for error in _sex_errors(draft)]
    errors += _misordered(drafts, "joined_on", "full_member_on", "转为正式党员日期")
    return Findings(tuple(errors), tuple(change for draft in drafts for change in _birth_changes(draft)))


MEMBERS: Final = Layout(
    "党员基本信息采集表",
    MemberRow,
    (
        _plain("branch", "所在党支部", parse_text, "党支部", "所属党支部", "所在支部", required=True),
        _plain("name", "姓名", parse_name, "党员姓名", required=True),
        _plain("id_number", "公民身份号码", parse_id_number, *_ID_WORDS, required=True),
        Column("sex", "性别", parse_sex, required=True, list_name="sex"),
        _plain("ethnic_group", "民族", parse_ethnic_group),
        _plain("born_on", "出生日期", parse_partial_date, "出生年月", "出生年月日"),
        _listed("education", "学历", "education", "文化程度"),
        _listed("category", "人员类别", "member_category", "党员类别", "党员类型", required=True),
        _plain("joined_on", "加入党组织日期", parse_partial_date, "入党时间", "入党日期", "加入中共组织日期"),
        _plain("full_member_on", "转为正式党员日期", parse_partial_date, "转正时间", "转正日期"),
        _plain("post", "工作岗位", parse_text, "岗位", "职业", "工作单位及岗位"),
        _plain("phone", "手机号", parse_phone, "手机", "手机号码", "联系电话", "移动电话"),
        _plain("landline", "固定电话", parse_landline, "座机"),
        _plain("address", "家庭住址", parse_text, "住址", "家庭地址"),
        _listed("affiliation_status", "党籍状态", "affiliation_status", required=True),
        _yes_no("lost_contact", "是否为失联党员", "是否失联", "失联党员", "是否失联党员", blank=False),
        _plain("lost_since", "失去联系日期", parse_partial_date, "失联日期", "失联时间"),
        _yes_no("floating", "是否为流动党员", "是否流动", "流动党员", "是否流动党员", blank=False),
        _listed("outflow_direction", "外出流向", "outflow_direction", "流向"),
    ),
    _check_members,
)


def _check_outflow(drafts: list[Draft], complete: bool) -> Findings:
    errors = list(_repeated(drafts, "id_number", "公民身份号码", "D-row-duplicate-id"))
    errors += [error for draft in drafts for error in _sex_errors(draft)]
    errors += _misordered(drafts, "left_on", "returned_on", "返回日期")
    return Findings(tuple(errors))


OUTFLOW: Final = Layout(
    "流出党员花名册",
    OutflowRow,
    (
        _plain("name", "姓名", parse_name, "党员姓名", required=True),
        Column("sex", "性别", parse_sex, list_name="sex"),
        _plain("id_number", "公民身份号码", parse_id_number, *_ID_WORDS, required=True),
        _plain("committee", "所在基层党委", parse_text, "基层党委", "所属党委", "所在党委"),
        _plain("branch", "所在党支部", parse_text, "党支部", "所属党支部", "流出党支部"),
        _listed("former_occupation", "原职业", "former_occupation"),
        _plain("left_on", "流出日期", parse_partial_date, "流出时间", "外出日期", "外出时间"),
        _listed("mobility_kind", "流动类型", "mobility_scope"),
        _listed("mobility_scope", "流动范围", "mobility_scope"),
        _listed("outflow_direction", "外出流向", "outflow_direction", "外出流向(类别)", "流向"),
        _plain("destination_place", "流入地", parse_place, "流入地(省市县)", "流向地", "流入地点"),
        _plain("destination_unit", "流入单位", parse_text, "现工作单位"),
        _listed("reason", "流出原因", "outflow_reason", "外出原因"),
        _yes_no("certificate_held", "是否持《活动证》", "是否持活动证", "是否持有活动证", "持《活动证》"),
        _plain("certificate_number", "活动证号", parse_code, "活动证号码", "活动证编号", "流动党员活动证号"),
        _plain("destination_branch", "流入党支部", parse_text, "流入地党支部", "流入党组织"),
        _plain("destination_contact", "流入党支部联系人", parse_name, "流入地党支部联系人", "流入党组织联系人"),
        _plain("destination_phone", "联系电话", parse_landline, "流入党支部联系电话", "联系人电话"),
        _plain("own_phone", "本人联系方式", parse_landline, "本人联系电话", "本人电话", "手机号"),
        _listed("contact_state", "联系情况", "contact_state"),
        _plain("lost_since", "失联时间", parse_partial_date, "失去联系日期", "失联日期"),
        _plain("contact_officer", "联系责任人", parse_name, "责任人", "联系人"),
        _yes_no("affiliation_moved", "组织关系状态", "组织关系是否转出"),
        _listed("status", "状态", "outflow_status", "流动状态"),
        _plain("returned_on", "返回日期", parse_partial_date, "返回时间"),
        _plain("note", "备注", parse_text),
    ),
    _check_outflow,
)


class Unmatched(NamedTuple):
    """Where the two rosters of one committee contradict each other, by the sheet in which the row stands."""

    member_errors: tuple[RowError, ...]
    outflow_errors: tuple[RowError, ...]


def cross_check(members: Iterable[MemberRow], outflow: Iterable[OutflowRow]) -> Unmatched:
    """Match by ID number: every outflow row is a member of the same name, every floating member has an outflow row."""
    known = {member.id_number: member for member in members}
    away = {row.id_number: row for row in outflow}
    lacking = tuple(
        row_error(member.row, "是否为流动党员", "D-row-no-outflow")
        for member in known.values()
        if member.floating and member.id_number not in away
    )
    strangers = [
        row_error(row.row, "公民身份号码", "D-row-no-such-member") for key, row in away.items() if key not in known
    ]
    renamed = [
        row_error(row.row, "姓名", "D-row-name-differs", f"党员名册第 {known[key].row} 行")
        for key, row in away.items()
        if key in known and known[key].name != row.name
    ]
    return Unmatched(lacking, tuple(sorted(strangers + renamed)))


def _repeated(drafts: list[Draft], field: str, column: str, code: str) -> Iterator[RowError]:
    rows: dict[object, list[int]] = defaultdict(list)
    for draft in drafts:
        if draft.get(field) is not None:
            rows[draft[field]].append(_row(draft))
    for numbers in rows.values():
        for number in numbers if len(numbers) > 1 else ():
            others = "、".join(str(other) for other in numbers if other != number)
            yield row_error(number, column, code, f"另见第 {others} 行")


def _sex_errors(draft: Draft) -> Iterator[RowError]:
    number, sex = draft.get("id_number"), draft.get("sex")
    if isinstance(number, str) and sex is not None and sex_of(number) != sex:
        yield row_error(_row(draft), "性别", "D-row-sex-differs")


def _birth_changes(draft: Draft) -> Iterator[Change]:
    # Files and ID cards do differ in real archives: said, never altered, never a reason to refuse.
    number, born_on = draft.get("id_number"), draft.get("born_on")
    if isinstance(number, str) and isinstance(born_on, str) and not birth_date(number).startswith(born_on):
        yield Change(_row(draft), "出生日期", "日期", "与身份号码里的出生日期不同，两个都照填写保留，请核对")


def _misordered(drafts: list[Draft], first: str, second: str, column: str) -> Iterator[RowError]:
    for draft in drafts:
        before, after = draft.get(first), draft.get(second)
        if not isinstance(before, str) or not isinstance(after, str):
            continue
        length = min(len(before), len(after))
        if before[:length] > after[:length]:
            yield row_error(_row(draft), column, "D-row-dates-order")


def _name_as_short(draft: Draft) -> Iterator[Change]:
    if draft.get("short_name") is None and isinstance(draft.get("full_name"), str):
        draft["short_name"] = draft["full_name"]
        yield Change(_row(draft), "简称", "空白", "没有简称，用全称")


def _resolved_parents(
    drafts: list[Draft], complete: bool, errors: list[RowError]
) -> Iterator[tuple[Draft, Change | None]]:
    codes = {draft["code"]: {str(draft["code"])} for draft in drafts if "code" in draft}
    names: dict[object, set[str]] = defaultdict(set)
    for draft in drafts:
        for field in ("full_name", "short_name"):
            if "code" in draft and draft.get(field) is not None:
                names[draft[field]].add(str(draft["code"]))
    for draft in drafts:
        wanted = draft.get("parent_code")
        if wanted is None:
            continue
        found = codes.get(wanted) or names.get(wanted) or set()
        if len(found) == 1:
            (draft["parent_code"],) = found
            note = None if wanted in codes else f"按名称找到上级，代码 {draft['parent_code']}"
            yield draft, Change(_row(draft), "上级", "文字", note) if note else None
        elif found:
            errors.append(row_error(_row(draft), "上级", "D-body-parent-ambiguous"))
        elif complete:
            errors.append(row_error(_row(draft), "上级", "D-body-parent-unknown"))


def _tree_errors(drafts: list[Draft]) -> Iterator[RowError]:
    by_code: Mapping[object, Draft] = {draft["code"]: draft for draft in drafts}
    for draft in drafts:
        parent = by_code.get(draft.get("parent_code"))
        if (parent["category"] if parent else None) not in PARENT_KINDS[str(draft["category"])]:
            yield row_error(_row(draft), "上级", "D-body-parent-kind")
        if _is_own_ancestor(draft, by_code):
            yield row_error(_row(draft), "上级", "D-body-parent-cycle")


def _is_own_ancestor(draft: Draft, by_code: Mapping[object, Draft]) -> bool:
    above = draft.get("parent_code")
    for _ in by_code:
        if above is None or above == draft["code"]:
            break
        above = by_code[above].get("parent_code")
    return above == draft["code"]


def _row(draft: Draft) -> int:
    row = draft["row"]
    assert isinstance(row, int)  # every draft is made with it
    return row
