"""Cells of persons: what is read, what is said about it, what is refused."""

from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongguan.protocol.errors import ProtocolError
from gongguan.sync.cells import Cell, MonthOnly, Unreadable, parse_code, parse_text
from gongguan.sync.day_cells import parse_partial_date
from gongguan.sync.identity import (
    birth_date,
    check_digit,
    parse_id_number,
    parse_landline,
    parse_name,
    parse_phone,
    parse_sex,
    parse_yes_no,
    sex_of,
)
from gongguan.sync.lists import LISTS
from gongguan.sync.vocabulary import PEOPLES, choices, label, one_of, parse_ethnic_group
from tests.refusals import refusal

STANDARD_EXAMPLE = "11010519491231002X"  # the worked example of GB 11643-1999
INVENTED = "99052119900307123" + check_digit("99052119900307123")

CELLS: st.SearchStrategy[Cell] = st.one_of(
    st.text(),
    st.text("0123456789xX.年月日-/ 　'·王芳", max_size=24),
    st.integers(),
    st.floats(),
    st.booleans(),
    st.dates(),
    st.datetimes(),
    st.builds(MonthOnly, st.integers(-5, 9999), st.integers(-5, 20)),
    st.sampled_from(Unreadable),
    st.none(),
)
PARSERS = (
    parse_name,
    parse_id_number,
    parse_phone,
    parse_landline,
    parse_partial_date,
    parse_yes_no,
    parse_sex,
    parse_ethnic_group,
    parse_code,
    parse_text,
    one_of("outflow_direction"),
)


@pytest.mark.parametrize(
    ("written", "name", "changed"),
    [
        ("王　芳", "王芳", True),
        ("李 小 明", "李小明", True),
        ("王芳", "王芳", False),
        ("苏布德", "苏布德", False),
        (" 乌力吉巴图\n", "乌力吉巴图", True),
        ("买买提 艾力", "买买提 艾力", True),
        ("Aynur　 Tursun", "Aynur Tursun", True),
        ("𠮷田", "𠮷田", False),
        ("王\U0002c35b", "王\U0002c35b", False),
        ("李\U000323a0", "李\U000323a0", False),
        ("张\ufa0c", "张兀", True),
        ("⼀诺", "一诺", True),
        ("ئاينۇر", "ئاينۇر", False),
        ("\u200b赵敏\ufeff", "赵敏", True),
        ("Ma\u0308rta", "M\u00e4rta", True),
    ],
)
def test_names_lose_padding_but_keep_what_belongs_to_them_and_every_change_is_said(
    written: str, name: str, changed: bool
) -> None:
    parsed = parse_name(written)
    assert (parsed.value, parsed.change is not None) == (name, changed)


@pytest.mark.parametrize("dot", "•・‧．･.∙⋅˙・")
def test_look_alikes_of_the_middle_dot_become_the_one_dot_and_are_listed(dot: str) -> None:
    parsed = parse_name(f"阿卜杜热合曼{dot}买买提")
    assert parsed.value == "阿卜杜热合曼\u00b7买买提"
    assert parsed.change and "间隔号" in parsed.change
    assert parse_name(f"古丽 {dot} 艾买提").value == "古丽\u00b7艾买提"


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("王芳1", "D-name"),
        ("王芳（女）", "D-name"),
        ("·王芳", "D-name"),
        ("王□", "D-name"),
        ("王?", "D-name"),
        (20240301, "D-name"),
        ("王\ue123", "D-name-private-character"),
        ("王\ufffd", "D-cell-characters"),
        ("王" * 201, "D-cell-too-long"),
        (Unreadable.FORMULA, "D-cell-formula"),
        (Unreadable.ERROR, "D-cell-error"),
        (date(2024, 3, 1), "D-cell-kind"),
    ],
)
def test_what_cannot_be_a_name_is_refused(written: Cell, code: str) -> None:
    assert refusal(lambda: parse_name(written)) == code


@pytest.mark.parametrize(
    "written",
    [
        "11010519491231002x",
        "11010519491231002Ｘ",
        "11010519491231002ｘ",
        "11010519491231002×",
        "11010519491231002\u0425",
        "'11010519491231002X",
        "’11010519491231002X",
        " 110105 19491231 002X ",
        "１１０１０５１９４９１２３１００２Ｘ",
        "110105\u3000194912310\u200b02X",
    ],
)
def test_id_numbers_are_read_in_all_their_spellings_and_the_change_is_said(written: str) -> None:
    parsed = parse_id_number(written, synthetic=False)
    assert parsed.value == STANDARD_EXAMPLE
    assert parsed.change


def test_an_id_number_in_standard_form_is_taken_without_a_remark() -> None:
    assert parse_id_number(STANDARD_EXAMPLE, synthetic=False) == (STANDARD_EXAMPLE, None)
    assert (birth_date(STANDARD_EXAMPLE), sex_of(STANDARD_EXAMPLE)) == ("1949-12-31", "female")


@pytest.mark.parametrize(
    ("written", "code"),
    [
        (1.1010519491231e17, "D-number-rounded"),
        (110105194912310021, "D-number-rounded"),
        ("1.10105E+17", "D-number-rounded"),
        ("110105491231002", "D-id-number-old"),
        ("1101051949123100", "D-id-number"),
        ("110105-19491231-002X", "D-id-number"),
        ("11010519491231003X", "D-id-number-check-digit"),
        ("11010519490231002X", "D-id-number-birth-date"),
        ("110105184912310023", "D-id-number-birth-date"),
        ("08010519491231002X", "D-id-number-division"),
        (INVENTED, "D-id-number-synthetic"),
    ],
)
def test_id_numbers_that_are_wrong_or_only_maybe_right_are_refused(written: Cell, code: str) -> None:
    assert refusal(lambda: parse_id_number(written, synthetic=False)) == code


def test_every_single_mistyped_digit_and_every_swap_of_neighbours_is_noticed() -> None:
    for at in range(17):
        for digit in "0123456789":
            typed = INVENTED[:at] + digit + INVENTED[at + 1 :]
            if typed != INVENTED:
                assert refusal(lambda typed=typed: parse_id_number(typed, synthetic=True))
        swapped = INVENTED[:at] + INVENTED[at + 1] + INVENTED[at] + INVENTED[at + 2 :]
        if swapped != INVENTED:
            assert refusal(lambda swapped=swapped: parse_id_number(swapped, synthetic=True))


def test_a_demonstration_node_takes_invented_numbers_and_only_those() -> None:
    assert parse_id_number(INVENTED, synthetic=True).value == INVENTED
    assert parse_phone("10012345678", synthetic=True).value == "10012345678"
    assert refusal(lambda: parse_id_number(STANDARD_EXAMPLE, synthetic=True)) == "D-id-number-real"
    assert refusal(lambda: parse_phone("13800000000", synthetic=True)) == "D-phone-real"
    assert refusal(lambda: parse_landline("0475-8200000", synthetic=True)) == "D-phone-real"
    assert refusal(lambda: parse_phone("10012345678", synthetic=False)) == "D-phone-synthetic"


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("13800000000", "13800000000"),
        ("138 0000 0000", "13800000000"),
        ("138-0000-0000", "13800000000"),
        ("+86 13800000000", "13800000000"),
        (13800000000.0, "13800000000"),
        ("１３８００００００００", "13800000000"),
    ],
)
def test_phones_are_read_with_spaces_country_code_and_as_numbers(written: Cell, number: str) -> None:
    assert parse_phone(written, synthetic=False).value == number


def test_fixed_lines_get_one_form_and_two_numbers_in_one_cell_are_refused() -> None:
    assert parse_landline("（0475）8200000", synthetic=False).value == "0475-8200000"
    assert parse_landline("04758200000转12", synthetic=False).value == "0475-8200000-12"
    assert parse_landline("13800000000", synthetic=False).value == "13800000000"
    assert refusal(lambda: parse_phone("13800000000/13900000000", synthetic=False)) == "D-phone"
    assert refusal(lambda: parse_phone("1380000000", synthetic=False)) == "D-phone"


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("2024.3", "2024-03"),
        ("2024.10", "2024-10"),
        ("2024年3月", "2024-03"),
        ("2024年03月01日", "2024-03-01"),
        ("2024-3-1", "2024-03-01"),
        ("2024/3/1 0:00:00", "2024-03-01"),
        ("20240301", "2024-03-01"),
        ("202403", "2024-03"),
        ("２０２４．３", "2024-03"),
        (20240301, "2024-03-01"),
        (202403.0, "2024-03"),
        (2024.3, "2024-03"),
        (2024.11, "2024-11"),
        (2024.01, "2024-01"),
        (45352, "2024-03-01"),
        (45352.75, "2024-03-01"),
        ("45352", "2024-03-01"),
        (10959, "1930-01-01"),
        (MonthOnly(2024, 3), "2024-03"),
        (date(2024, 3, 1), "2024-03-01"),
        (datetime(2024, 3, 1, 8, 30), "2024-03-01"),
        ("2024-02-29", "2024-02-29"),
    ],
)
def test_dates_are_read_in_all_their_spellings_and_a_month_stays_a_month(written: Cell, value: str) -> None:
    parsed = parse_partial_date(written)
    assert parsed.value == value
    assert (parsed.change is None) == (written == value or isinstance(written, date))


@pytest.mark.parametrize(
    "written", ["2024", 2024, 2024.0, "2024.13", "2023-02-29", "24.3", "去年", 0, -1, 60, 2024.123, "2024-3-1-1", True]
)
def test_what_is_no_date_or_no_month_is_refused(written: Cell) -> None:
    assert refusal(lambda: parse_partial_date(written)) in {"D-date", "D-cell-kind"}


def test_the_number_2024_1_is_refused_since_a_spreadsheet_keeps_2024_10_the_same_way() -> None:
    assert refusal(lambda: parse_partial_date(2024.10)) == "D-date-ambiguous"
    assert parse_partial_date("2024.1").value == "2024-01"


@pytest.mark.parametrize("written", ["是", "√", "有", "✓", "Y", 1.0, True, "１", "已转出"])
def test_yes_is_read_in_all_its_spellings(written: Cell) -> None:
    assert parse_yes_no(written).value is True


@pytest.mark.parametrize("written", ["否", "×", "无", "N", 0, False, "未转出"])
def test_no_is_read_in_all_its_spellings(written: Cell) -> None:
    assert parse_yes_no(written).value is False


def test_anything_else_is_neither_yes_nor_no() -> None:
    assert refusal(lambda: parse_yes_no("可能")) == "D-code-unknown"
    assert refusal(lambda: parse_yes_no(Unreadable.FORMULA)) == "D-cell-formula"


def test_code_lists_read_every_label_they_name_and_print_the_first() -> None:
    for name, codes in LISTS.items():
        parse = one_of(name)
        for code, labels in codes.items():
            assert [parse(text, False).value for text in labels] == [code] * len(labels)
            assert parse(labels[0], False).change is None
            assert label(name, code) in choices(name)


def test_brackets_of_either_width_are_the_same_label() -> None:
    parse = one_of("outflow_direction")
    assert parse("外商投资企业（非公有控制）", False).value == "foreign_enterprise_other_control"
    assert refusal(lambda: parse("外商投资企业", False)) == "D-code-unknown"


def test_an_ethnic_group_may_lack_its_last_character() -> None:
    assert len(PEOPLES) == 56
    assert parse_ethnic_group("蒙古") == ("蒙古族", "读作“蒙古族”")
    assert parse_ethnic_group("维吾尔族") == ("维吾尔族", None)
    assert refusal(lambda: parse_ethnic_group("火星族")) == "D-code-unknown"


def test_long_codes_stored_as_numbers_are_refused_and_short_ones_are_pointed_out() -> None:
    assert parse_code(101.0).value == "101"
    assert parse_code(101.0).change
    assert refusal(lambda: parse_code(1234567890123456.0)) == "D-number-rounded"
    assert refusal(lambda: parse_code(float("inf"))) == "D-number-rounded"


@given(CELLS, st.booleans())
def test_whatever_stands_in_a_cell_every_parser_gives_a_value_or_a_typed_refusal(cell: Cell, synthetic: bool) -> None:
    for parse in PARSERS:
        try:
            parse(cell, synthetic)
        except ProtocolError as error:
            assert error.code.startswith("D-")
            assert error.facts == {}, "the content of a cell must not enter an error"


@given(CELLS)
def test_what_was_read_once_reads_the_same_again_without_a_further_change(cell: Cell) -> None:
    try:
        date_read = parse_partial_date(cell).value
    except ProtocolError:
        return
    assert parse_partial_date(date_read) == (date_read, None)
