"""Sheets of rosters: header by its words, rows with their faults, nothing half imported."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongguan.protocol.errors import ProtocolError
from gongguan.protocol.errors.codes import CODES
from gongguan.sync import cells
from gongguan.sync.cells import Cell, Unreadable
from gongguan.sync.identity import check_digit
from gongguan.sync.lists import LISTS
from gongguan.sync.persons.rosters import BODIES, MEMBERS, OUTFLOW, BodyRow, MemberRow, OutflowRow, cross_check
from gongguan.sync.sheets.sheets import Grid, Import, Layout, choose, read

HEADER: tuple[Cell, ...] = ("姓名", "公民身份号码", "性别", "所在党支部", "人员类别", "党籍状态")


def invented(serial: int, born: str = "19900307") -> str:
    digits = f"990521{born}{2 * serial + 1:03}"
    return digits + check_digit(digits)


def member(serial: int, **changed: Cell) -> tuple[Cell, ...]:
    cells: dict[str, Cell] = {
        "name": "巴雅尔",
        "id_number": invented(serial),
        "sex": "男",
        "branch": "双榆村党支部",
        "category": "正式党员",
        "status": "正常",
    }
    return tuple({**cells, **changed}.values())


def members(*rows: tuple[Cell, ...]) -> Import[MemberRow]:
    return read(MEMBERS, Grid("表", rows), synthetic=True)


def codes(imported: Import[msgspec.Struct]) -> list[tuple[int, str]]:
    return [(error.row, error.code) for error in imported.errors]


def test_the_header_is_found_below_titles_and_in_any_order_of_columns() -> None:
    title: tuple[Cell, ...] = ("乌兰诺尔旗党员信息采集表", None, None)
    unit: tuple[Cell, ...] = ("填报单位：双榆镇", None, "2026年11月")
    found = members(title, (), unit, HEADER, member(1))
    assert found.header_row == 4
    assert [(row.row, row.name, row.branch) for row in found.rows] == [(5, "巴雅尔", "双榆村党支部")]
    turned = members(*(row[::-1] for row in (HEADER, member(1))))
    assert [row.id_number for row in turned.rows] == [invented(1)]


def test_header_words_may_carry_stars_line_breaks_brackets_and_other_names() -> None:
    header: tuple[Cell, ...] = (
        "* 姓 名",
        "身份证号码\n（18位）",
        "性别:",
        "所属党支部",
        "党员类别",
        "党籍状态（必填）",
    )
    assert not members(header, member(1)).errors


def test_a_header_over_two_rows_is_read_as_one() -> None:
    upper: tuple[Cell, ...] = ("姓名", "公民身份号码", "性别", "组织情况", None, None)
    lower: tuple[Cell, ...] = (None, None, None, "所在党支部", "人员类别", "党籍状态")
    found = members(upper, lower, member(1))
    assert (found.header_row, len(found.rows), found.errors) == (2, 1, ())


def test_missing_columns_are_named_all_at_once() -> None:
    found = members(HEADER[:3], member(1)[:3])
    assert codes(found) == [(1, "D-header")]
    assert found.errors[0].column == "所在党支部、人员类别、党籍状态"
    assert "所在党支部" in found.errors[0].sentence_zh


def test_two_columns_with_one_meaning_are_refused_instead_of_taking_the_first() -> None:
    found = members((*HEADER, "身份证号"), (*member(1), invented(2)))
    assert codes(found) == [(1, "D-header-twice")]


def test_a_sheet_without_header_or_without_anything_says_so() -> None:
    assert codes(members(("流水账",), ("一",))) == [(1, "D-header-none")]
    assert codes(members()) == [(1, "D-sheet-empty")]
    below = [(None,)] * 30 + [HEADER, member(1)]
    assert codes(members(*below)) == [(1, "D-header-none")]


def test_blank_totals_note_numbering_and_repeated_header_rows_are_skipped_and_listed() -> None:
    serial: tuple[Cell, ...] = ("序号", *HEADER)
    found = members(
        serial,
        (1, 2, 3, 4, 5, 6, 7),
        (1, *member(1)),
        (),
        (2, None, None),
        serial,
        (3, *member(2)),
        ("合　计", "2人"),
        ("注：名册以党员信息系统为准",),
        (),
    )
    assert [row.row for row in found.rows] == [3, 7]
    assert [tuple(skip) for skip in found.skipped] == [
        (2, "列号行"),
        (4, "空行"),
        (5, "空行，只有序号"),
        (6, "重复的表头"),
        (8, "合计行"),
        (9, "表尾说明"),
    ]
    assert found.unknown_columns == ("序号",)


def test_hidden_rows_are_read_and_pointed_out() -> None:
    found = read(MEMBERS, Grid("表", (HEADER, member(1), member(2)), frozenset({3})), synthetic=True)
    assert len(found.rows) == 2
    assert [(change.row, change.before_kind) for change in found.changes if change.row == 3] == [(3, "隐藏行")]


def test_one_wrong_cell_keeps_the_whole_sheet_out_and_every_fault_is_reported_with_its_row() -> None:
    found = members(
        HEADER,
        member(1),
        member(2, name=None),
        member(3, id_number=float(invented(3)[:17])),
        member(4, id_number=Unreadable.FORMULA, category="积极分子"),
        member(1),
        member(6, sex="女"),
    )
    assert codes(found) == [
        (2, "D-row-duplicate-id"),
        (3, "D-cell-missing"),
        (4, "D-number-rounded"),
        (5, "D-code-unknown"),
        (5, "D-cell-formula"),
        (6, "D-row-duplicate-id"),
        (7, "D-row-sex-differs"),
    ]
    assert found.rows == ()
    assert found.rows_seen == 6


def test_an_error_says_what_may_be_written_and_what_to_do_but_never_what_stood_there() -> None:
    found = members(HEADER, member(1, category="秘密内容"), member(2, name="某某某9"))
    assert "正式党员、预备党员" in found.errors[0].sentence_zh
    for error in found.errors:
        assert error.sentence_zh.endswith(f"{CODES[error.code].next_zh}。")
        assert "秘密" not in error.sentence_zh
        assert "某某某" not in error.sentence_zh


def test_every_change_is_listed_by_row_and_column_without_the_content() -> None:
    found = members(HEADER, member(1, name="王　芳", id_number=f"'{invented(1)}"))
    assert [(change.row, change.column, change.before_kind) for change in found.changes if change.row == 2] == [
        (2, "公民身份号码", "文字"),
        (2, "姓名", "文字"),
    ]
    assert not any("王" in change.note or "990521" in change.note for change in found.changes)


def test_an_empty_yes_or_no_means_no_and_is_said_and_so_is_an_absent_column() -> None:
    found = members((*HEADER, "是否为流动党员"), (*member(1), None), (*member(2), "√"))
    assert [row.floating for row in found.rows] == [False, True]
    notes = {(change.row, change.column): change.note for change in found.changes}
    assert notes[2, "是否为流动党员"] == "空白读作“否”"
    assert notes[1, "是否为失联党员"] == "表里没有这一列，全部按“否”"


def test_a_dash_in_an_optional_cell_means_nothing_and_in_a_required_one_is_an_error() -> None:
    found = members((*HEADER, "固定电话"), (*member(1), "/"), (*member(2), "无"))
    assert [row.landline for row in found.rows] == [None, None]
    assert codes(members(HEADER, member(1, name="/"))) == [(2, "D-name")]


def test_dates_out_of_order_are_an_error_and_a_birth_date_unlike_the_id_number_is_only_pointed_out() -> None:
    header = (*HEADER, "出生日期", "加入党组织日期", "转为正式党员日期")
    assert codes(members(header, (*member(1), "1990.3", "2015-07", "2014.6"))) == [(2, "D-row-dates-order")]
    assert not members(header, (*member(1), "1990.3", "2015-07-01", "2015.7")).errors
    differing = members(header, (*member(1), "1991.3", None, None))
    assert differing.rows[0].born_on == "1991-03"
    assert any("身份号码" in change.note for change in differing.changes)


def test_the_sheet_that_fits_best_is_chosen_and_a_hidden_one_last() -> None:
    cover = Grid("封面", (("说明",),))
    data = Grid("名册", (HEADER, member(1)))
    hidden = Grid("旧名册", (HEADER, member(2)), hidden=True)
    assert choose(MEMBERS, [cover, hidden, data]).sheet == "名册"
    with pytest.raises(ProtocolError, match="D-sheet-empty"):
        choose(MEMBERS, [])


BODY_HEADER: tuple[Cell, ...] = ("代码", "全称", "简称", "类别", "上级", "书记", "电话")


def bodies(*rows: tuple[Cell, ...]) -> Import[BodyRow]:
    return read(BODIES, Grid("表", (BODY_HEADER, *rows)), synthetic=True)


def test_a_parent_is_found_by_code_full_or_short_name_even_further_down() -> None:
    found = bodies(
        ("03", "前甸子村支部", "前甸子", "支部", "镇总支", None, None),
        ("04", "后甸子村支部", "后甸子", "党支部", "中共双榆镇总支部", None, None),
        ("02", "中共双榆镇总支部", "镇总支", "党总支", "01", "王　芳", "10012345678"),
        ("01", "中共某旗委员会", None, "党委", None, None, None),
    )
    assert not found.errors
    assert [row.parent_code for row in found.rows] == ["02", "02", "01", None]
    assert found.rows[3].short_name == "中共某旗委员会"
    assert found.rows[2].secretary == "王芳"


def test_parents_that_are_unknown_doubtful_circular_or_of_the_wrong_kind_are_refused() -> None:
    top: tuple[Cell, ...] = ("01", "某旗委", "旗委", "党委", None, None, None)
    assert codes(bodies(top, ("02", "村支部", "村", "支部", "乡总支", None, None))) == [(3, "D-body-parent-unknown")]
    twins = [(f"0{at}", f"第{at}总支", "总支", "党总支", "01", None, None) for at in (2, 3)]
    assert codes(bodies(top, *twins, ("04", "村支部", "村", "支部", "总支", None, None))) == [
        (5, "D-body-parent-ambiguous")
    ]
    circle = [("02", "甲委", "甲", "党委", "03", None, None), ("03", "乙委", "乙", "党委", "02", None, None)]
    assert codes(bodies(top, *circle)) == [(3, "D-body-parent-cycle"), (4, "D-body-parent-cycle")]
    assert codes(bodies(top, ("02", "第一党小组", "一组", "党小组", "01", None, None))) == [(3, "D-body-parent-kind")]


def test_a_code_or_full_name_that_occurs_twice_is_refused() -> None:
    found = bodies(("01", "旗委", "旗委", "党委", None, None, None), ("01", "县委", "县委", "党委", None, None, None))
    assert codes(found) == [(2, "D-row-duplicate-body"), (3, "D-row-duplicate-body")]


def outflow(*rows: tuple[Cell, ...], header: tuple[Cell, ...] = ("姓名", "公民身份号码")) -> Import[OutflowRow]:
    return read(OUTFLOW, Grid("表", (header, *rows)), synthetic=True)


def test_the_outflow_roster_gives_codes_and_partial_dates() -> None:
    header = (
        "姓名",
        "公民身份号码",
        "流出日期",
        "流动范围",
        "外出流向（类别）",
        "是否持《活动证》",
        "流入地（省市县）",
    )
    found = outflow(("巴雅尔", invented(1), "2024年3月", "跨省", "私营企业", "无", "南岭省澜江市"), header=header)
    (row,) = found.rows
    assert (row.left_on, row.mobility_scope, row.outflow_direction) == (
        "2024-03",
        "cross_province",
        "private_enterprise",
    )
    assert (row.certificate_held, row.destination_place, row.returned_on) == (False, "南岭省澜江市", None)


def test_the_two_rosters_of_a_committee_are_matched_by_id_number() -> None:
    header = (*HEADER, "是否为流动党员")
    known = members(header, (*member(1), "是"), (*member(2), "是"), (*member(3), "否")).rows
    away = outflow(("巴雅尔", invented(1)), ("巴雅", invented(3)), ("巴特尔", invented(9))).rows
    unmatched = cross_check(known, away)
    assert [(error.row, error.code) for error in unmatched.member_errors] == [(3, "D-row-no-outflow")]
    assert [(error.row, error.code) for error in unmatched.outflow_errors] == [
        (3, "D-row-name-differs"),
        (4, "D-row-no-such-member"),
    ]


@pytest.mark.parametrize("layout", [BODIES, MEMBERS, OUTFLOW], ids=lambda layout: layout.title)
def test_a_layout_fills_exactly_the_fields_of_its_row_and_no_header_word_means_two_columns(
    layout: Layout[msgspec.Struct],
) -> None:
    row_type = {BODIES.title: BodyRow, MEMBERS.title: MemberRow, OUTFLOW.title: OutflowRow}[layout.title]
    assert ("row", *(column.name for column in layout.columns)) == row_type.__struct_fields__
    words = [word for column in layout.columns for word in {column.zh, *column.synonyms}]
    assert len(words) == len(set(words))
    assert {column.list_name for column in layout.columns if column.list_name} <= LISTS.keys()
    template = read(layout, Grid("模板", (layout.headers(),)), synthetic=False)
    assert (template.errors, template.unknown_columns, template.rows_seen) == ((), (), 0)


CELL = st.one_of(
    st.none(),
    st.text(max_size=8),
    st.floats(),
    st.booleans(),
    st.dates(),
    st.sampled_from(Unreadable),
    st.sampled_from([*HEADER, *BODY_HEADER, "合计", "是", invented(1), "2024.3", "正式党员", "党委"]),
)


@given(st.lists(st.lists(CELL, max_size=8).map(tuple), max_size=12), st.booleans())
def test_any_grid_is_read_into_rows_or_errors_and_never_both(rows: list[tuple[Cell, ...]], with_header: bool) -> None:
    grid = Grid("表", ((HEADER, *rows) if with_header else tuple(rows)))
    for found in (read(MEMBERS, grid, True), read(BODIES, grid, True), read(OUTFLOW, grid, False)):
        assert not (found.rows and found.errors)
        assert all(1 <= error.row <= max(1, len(grid.rows)) for error in found.errors)


def test_signs_of_which_a_cell_is_read_the_short_way_come_out_of_the_long_way_unchanged() -> None:
    signs = [chr(code) for code in range(1, 0x10000) if not 0xD800 <= code < 0xE000]
    plain = [sign for sign in signs if cells.PLAIN_SIGNS.fullmatch(sign)]
    assert len(plain) > 20_000
    for start in range(0, len(plain), 100):
        text = "".join(plain[start : start + 100])
        # A space at the end is nothing that the short way knows.
        assert cells.text_of(f"{text} ") == (text, "去掉首尾空格")
        assert cells.text_of(text) == (text, None)
