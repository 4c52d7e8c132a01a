"""Spreadsheet files as offices save them: in, out, and back in."""

import io
import resource
import sys
import zipfile
from collections.abc import Callable, Iterable
from datetime import date, datetime
from pathlib import Path
from random import Random
from subprocess import run

import pytest
import xlsxwriter  # type: ignore[import-untyped]
from hypothesis import given, settings
from hypothesis import strategies as st

from gongguan.cli.demo_data import WORKBOOKS, workbook
from gongguan.node.files.grids import FILE_BYTES_MAX, LINE_CHARS_MAX, grids_of
from gongguan.node.files.sheet_process import CELLS_MAX, MEMORY_BYTES_MAX, UNPACKED_BYTES_MAX
from gongguan.node.files.spreadsheets import guarded, result_bytes, table_bytes
from gongguan.node.files.workbook_marks import COLUMNS_MAX, ROWS_MAX
from gongguan.protocol.errors import ProtocolError
from gongguan.sync.cells import Cell, MonthOnly, Unreadable
from gongguan.sync.persons.rosters import BODIES, MEMBERS, OUTFLOW, cross_check
from gongguan.sync.sheets.sheets import Grid, choose, read
from gongguan.sync.vocabulary import label
from tests import refusals, synthetic


def made(path: Path, fill: Callable[..., object], **options: object) -> Path:
    book = xlsxwriter.Workbook(path, options)
    fill(book, book.add_worksheet("名册"))
    book.close()
    return path


def altered(path: Path, part: str, old: bytes, new: bytes) -> Path:
    """A copy of the workbook with one text replaced in one part."""
    target = path.with_name(f"altered-{path.name}")
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(target, "w") as copy:
        for name in source.namelist():
            data = source.read(name)
            if name == part:
                assert old in data
                data = data.replace(old, new)
            copy.writestr(name, data)
    return target


def read_grids(path: Path) -> list[Grid]:
    return grids_of(path.read_bytes(), path.stem)


def refusal(path: Path) -> str:
    return refusals.refusal(read_grids, path)


def test_a_workbook_tells_numbers_dates_months_hidden_rows_and_hidden_sheets(tmp_path: Path) -> None:
    def fill(book: xlsxwriter.Workbook, sheet: xlsxwriter.worksheet.Worksheet) -> None:
        sheet.merge_range("A1:C1", "标题")
        sheet.write_row(2, 0, ["𠮷", 13800000000, True])
        sheet.write_datetime(3, 0, datetime(2024, 3, 1), book.add_format({"num_format": "yyyy-mm-dd"}))
        sheet.write_datetime(3, 1, datetime(2024, 3, 1), book.add_format({"num_format": 'yyyy"年"m"月";@'}))
        sheet.write_datetime(3, 2, datetime(2024, 3, 1), book.add_format({"num_format": 57}))
        sheet.set_row(3, None, None, {"hidden": True})
        book.add_worksheet("旧").hide()

    shown, hidden = read_grids(made(tmp_path / "a.xlsx", fill))
    assert shown.rows == (
        ("标题", None, None),
        (None, None, None),
        ("𠮷", 13800000000.0, True),
        (date(2024, 3, 1), MonthOnly(2024, 3), MonthOnly(2024, 3)),
    )
    assert (shown.hidden_rows, shown.hidden, hidden.hidden) == (frozenset({4}), False, True)


def test_formulas_without_a_result_and_error_cells_are_no_values(tmp_path: Path) -> None:
    def fill(book: object, sheet: xlsxwriter.worksheet.Worksheet) -> None:
        sheet.write_formula(0, 0, "=B1+1")  # this writer stores 0, as others do that cannot calculate
        sheet.write_formula(0, 1, "=1/0", None, "#DIV/0!")
        sheet.write_formula(0, 2, '="王"&"芳"', None, "王芳")
        sheet.write_formula(0, 3, "=40+2", None, 42)

    plain = made(tmp_path / "f.xlsx", fill)
    expected = (Unreadable.FORMULA, Unreadable.ERROR, "王芳", 42.0)
    assert read_grids(plain)[0].rows == (expected,)
    empty = altered(plain, "xl/worksheets/sheet1.xml", b"<f>B1+1</f><v>0</v>", b"<f>B1+1</f><v/>")
    assert read_grids(empty)[0].rows == (expected,)


def test_a_formula_beyond_the_last_value_is_not_lost(tmp_path: Path) -> None:
    def fill(book: object, sheet: xlsxwriter.worksheet.Worksheet) -> None:
        sheet.write_string(0, 0, "姓名")
        sheet.write_formula(1, 1, "=A1")

    plain = made(tmp_path / "f.xlsx", fill)
    bare = altered(plain, "xl/worksheets/sheet1.xml", b"<v>0</v></c></row></sheetData>", b"</c></row></sheetData>")
    assert read_grids(bare)[0].rows == (("姓名", None), (None, Unreadable.FORMULA))


def test_files_that_are_no_readable_spreadsheet_are_refused_by_their_content(tmp_path: Path) -> None:
    document = io.BytesIO()
    with zipfile.ZipFile(document, "w") as parts:
        parts.writestr("word/document.xml", "<x/>")
    wrong = {
        "D-file-kind": [b"<html><table>", b"%PDF-1.7\n", b"\x89PNG\r\n\x1a\n\x00\x00", document.getvalue()],
        "D-file-unreadable": [b"PK\x03\x04broken", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1broken"],
        "D-file-password": [b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le")],
        "D-sheet-empty": [b""],
    }
    for code, contents in wrong.items():
        for content in contents:
            (tmp_path / "x.xlsx").write_bytes(content)
            assert refusal(tmp_path / "x.xlsx") == code


def test_a_workbook_that_counts_days_from_1904_is_refused(tmp_path: Path) -> None:
    path = made(tmp_path / "m.xlsx", lambda book, sheet: sheet.write(0, 0, 1), date_1904=True)
    assert refusal(path) == "D-file-date-system"


def test_entities_in_a_workbook_are_refused_before_they_unfold(tmp_path: Path) -> None:
    path = made(tmp_path / "e.xlsx", lambda book, sheet: sheet.write(0, 0, 1))
    lol = b'<!DOCTYPE w [<!ENTITY a "aaaaaaaaaa">]><worksheet '
    assert refusal(altered(path, "xl/worksheets/sheet1.xml", b"<worksheet ", lol)) == "D-file-unreadable"


def test_sheets_and_archives_beyond_the_bounds_are_refused(tmp_path: Path) -> None:
    tall = made(tmp_path / "t.xlsx", lambda book, sheet: sheet.write(ROWS_MAX, 0, "x"))
    wide = made(tmp_path / "w.xlsx", lambda book, sheet: sheet.write(0, COLUMNS_MAX, "x"))
    assert [refusal(tall), refusal(wide)] == ["D-file-too-large"] * 2
    bomb = tmp_path / "b.xlsx"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as parts, parts.open("xl/workbook.xml", "w") as part:
        for _ in range((UNPACKED_BYTES_MAX >> 20) + 1):
            part.write(bytes(1 << 20))
    assert refusal(bomb) == "D-file-too-large"
    with (tmp_path / "huge.csv").open("wb") as file:
        file.truncate(FILE_BYTES_MAX + 1)
    assert refusal(tmp_path / "huge.csv") == "D-file-too-large"


def packed(path: Path, source: Path, part: str, chunks: Iterable[bytes]) -> Path:
    """A copy of the workbook in which one part says something else, however long that is."""
    with zipfile.ZipFile(source) as before, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as after:
        for name in before.namelist():
            if name != part:
                after.writestr(name, before.read(name))
        with after.open(part, "w") as written:
            for chunk in chunks:
                written.write(chunk)
    return path


SHEET, STRINGS = "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml"
BEGUN = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
ENDED = b"</sheetData></worksheet>"

BOMBS: dict[str, tuple[str, Callable[[], Iterable[bytes]], str]] = {
    "cells beyond number": (SHEET, lambda: [BEGUN, b"<row>", *[b"<c/>" * 250_000] * 50, b"</row>", ENDED], "D-file"),
    "elements in elements": (SHEET, lambda: [BEGUN, b"<a>" * 1_000_000, b"</a>" * 1_000_000, ENDED], "D-sheet-empty"),
    "a sheet of gigabytes": (SHEET, lambda: [BEGUN, *[bytes(1 << 20)] * 300, ENDED], "D-file-too-large"),
    "one text in every cell": (
        SHEET,
        lambda: [
            BEGUN,
            b"".join(b'<row r="%d"><c r="A%d" t="s"><v>0</v></c></row>' % (row, row) for row in range(1, 50_001)),
            ENDED,
        ],
        "D-file",
    ),
}
"""Part, what stands in it, the beginning of the code that it must be refused by."""


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_workbook_that_was_made_to_fill_memory_costs_a_refusal_and_the_node_no_memory(
    bomb: str, tmp_path: Path
) -> None:
    part, chunks, code = BOMBS[bomb]
    text = "文" * 20_000
    small = made(tmp_path / "s.xlsx", lambda book, sheet: sheet.write_string(0, 0, text))
    path = packed(tmp_path / "bomb.xlsx", small, part, chunks())
    data = path.read_bytes()
    assert len(data) < 8 << 20
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert refusal(path).startswith(code)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100 << 10, "KiB in this process"
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss < (MEMORY_BYTES_MAX >> 10) + (64 << 10)


def test_a_million_shared_texts_are_read_within_the_bounds_or_refused(tmp_path: Path) -> None:
    small = made(tmp_path / "s.xlsx", lambda book, sheet: sheet.write_string(0, 0, "姓名"))
    texts = [b"<sst>", *[b"<si><t>" + b"x" * 100 + b"</t></si>"] * 1_000_000, b"</sst>"]
    (grid,) = read_grids(packed(tmp_path / "m.xlsx", small, STRINGS, texts))
    assert grid.rows == (("x" * 100,),)


def test_a_link_to_another_file_is_not_followed(tmp_path: Path) -> None:
    def fill(book: object, sheet: xlsxwriter.worksheet.Worksheet) -> None:
        sheet.write_formula(0, 0, "='/etc/[passwd]Sheet1'!A1", None, "王芳")
        sheet.write_url(1, 0, "http://127.0.0.1:1/", string="李强")

    assert [row[0] for row in read_grids(made(tmp_path / "l.xlsx", fill))[0].rows] == ["王芳", "李强"]


def test_an_old_workbook_of_any_bytes_is_refused(tmp_path: Path) -> None:
    random = Random(5)
    for _ in range(8):
        data = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + random.randbytes(random.randrange(1, 200_000))
        (tmp_path / "x.xls").write_bytes(data)
        assert refusal(tmp_path / "x.xls") in {"D-file-unreadable", "D-sheet-empty"}


def test_a_text_table_in_one_line_is_refused_before_it_is_split(tmp_path: Path) -> None:
    for data in (b"," * (30 << 20), b"x" * (30 << 20), b'"' + b"x,\n" * 200_000, b"a," * (COLUMNS_MAX + 1)):
        (tmp_path / "x.csv").write_bytes(data)
        assert refusal(tmp_path / "x.csv") in {"D-file-too-large", "D-file-unreadable"}
    assert LINE_CHARS_MAX > 256 * 1000, "a row of full cells is still read"
    with (tmp_path / "x.csv").open("wb") as file:
        file.truncate(100 << 20)
    assert refusal(tmp_path / "x.csv") == "D-file-too-large"


def test_sheets_that_are_each_within_the_bounds_are_not_too_many_together(tmp_path: Path) -> None:
    def fill(book: xlsxwriter.Workbook, sheet: xlsxwriter.worksheet.Worksheet) -> None:
        for _ in range(2 + CELLS_MAX // (ROWS_MAX * COLUMNS_MAX // 2)):
            sheet.write(ROWS_MAX // 2, COLUMNS_MAX - 1, "x")
            sheet = book.add_worksheet()

    assert refusal(made(tmp_path / "s.xlsx", fill)) == "D-file-too-large"


def test_one_cell_address_that_asks_for_all_memory_costs_a_refusal_and_not_the_process(tmp_path: Path) -> None:
    path = made(tmp_path / "f.xlsx", lambda book, sheet: sheet.write_column(0, 0, ["姓名", "王芳"]))
    far = altered(path, "xl/worksheets/sheet1.xml", b'<c r="A2"', b'<c r="XFD1048576"')
    assert refusal(far) == "D-file-too-large"
    # In an .xls the address of a cell is two 16-bit numbers: here column 0 becomes column 65535.
    data = workbook("origin_outflow.xls").read_bytes()
    for row in (2, 20, 39):
        record = b"\xfd\x00\x0a\x00" + row.to_bytes(2, "little")
        at = data.index(record) + len(record)
        (tmp_path / "f.xls").write_bytes(data[:at] + b"\xff\xff" + data[at + 2 :])
        assert refusal(tmp_path / "f.xls") in {"D-file-too-large", "D-file-unreadable"}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_text_tables_are_read_in_the_encodings_that_offices_save(tmp_path: Path, encoding: str, delimiter: str) -> None:
    path = tmp_path / "名册.csv"
    path.write_bytes(delimiter.join(["姓名", "编号", "日期"]).encode(encoding))
    text = "\r\n".join(delimiter.join(row) for row in (("姓名", "编号"), ("王芳𠮷", '="0012"')))
    path.write_bytes(text.encode(encoding))
    assert read_grids(path) == [Grid("名册", (("姓名", "编号"), ("王芳𠮷", "0012")))]


def test_2024_1_in_a_text_table_stays_doubtful(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("日期,日期\n2024.1,2024.3\n", "utf-8")
    assert read_grids(tmp_path / "a.csv")[0].rows[1] == (2024.1, "2024.3")


@settings(deadline=None, max_examples=60)
@given(st.binary(max_size=400), st.sampled_from([b"", b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"\xff\xfe"]))
def test_any_bytes_are_read_or_refused_with_a_code(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, head: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.xlsx"
    path.write_bytes(head + data)
    try:
        read_grids(path)
    except ProtocolError as error:
        assert error.code.startswith("D-")


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 10**6), st.integers(0, 255))
def test_a_workbook_with_one_damaged_byte_is_read_or_refused_with_a_code(
    tmp_path_factory: pytest.TempPathFactory, at: int, value: int
) -> None:
    for name in ("destination_bodies.xlsx", "origin_outflow.xls"):
        data = bytearray(workbook(name).read_bytes())
        data[at % len(data)] = value
        path = tmp_path_factory.getbasetemp() / name
        path.write_bytes(data)
        try:
            read_grids(path)
        except ProtocolError as error:
            assert error.code.startswith("D-")


def test_a_table_is_read_back_as_it_was_and_a_formula_in_it_as_text() -> None:
    rows: list[list[Cell]] = [["王芳", date(2024, 3, 1)], ["=1+1", None], ["-", None], ["𠮷", None]]
    (grid,) = grids_of(table_bytes("名册/一", ["姓名", "日期"], rows), "表")
    assert grid.rows[:3] == (("名册/一", None), ("姓名", "日期"), ("王芳", date(2024, 3, 1)))
    assert [row[0] for row in grid.rows[3:]] == ["'=1+1", "-", "𠮷"]


def test_no_exported_text_begins_like_a_formula() -> None:
    assert [guarded(text) for text in ("=A1", "+1", "-1", "@x", "\t=1", "王芳", "-", "")] == [
        "'=A1",
        "'+1",
        "'-1",
        "'@x",
        "'\t=1",
        "王芳",
        "-",
        "",
    ]


def test_the_result_workbook_keeps_the_row_numbers_and_says_per_row_what_is_wrong() -> None:
    grid = choose(MEMBERS, read_grids(workbook("bad_members.xlsx")))
    found = read(MEMBERS, grid, synthetic=True)
    result, summary, changes = grids_of(result_bytes(grid, found), "表")
    assert result.rows[2][-2:] == ("结果", "说明")
    assert [row[:-2] for row in result.rows[3:5]] == list(grid.rows[3:5])
    failed = {number for number, row in enumerate(result.rows, 1) if row[-2] == "有错误"}
    assert failed == {error.row for error in found.errors}
    assert all(row[-1] for row in result.rows if row[-2] == "有错误")
    assert ("结论", "有错误，整张表一行也没有导入") in summary.rows
    assert len(changes.rows) == len(found.changes) + 1


def test_a_sheet_without_header_gets_its_answer_beside_the_first_row() -> None:
    grid = Grid("表", (("流水账",), ("=1+1",)))
    result = grids_of(result_bytes(grid, read(MEMBERS, grid, synthetic=True)), "表")[0]
    assert result.rows[0][:2] == ("流水账", "有错误")
    assert result.rows[1][0] == "'=1+1"


# --- the shipped demonstration


def test_the_demonstration_reads_as_the_persons_that_were_meant() -> None:
    grid = choose(MEMBERS, read_grids(workbook("origin_members.xlsx")))
    found = read(MEMBERS, grid, synthetic=True)
    assert found.errors == ()
    truth = synthetic.people()
    assert [
        (row.name, row.id_number, label("sex", row.sex), row.ethnic_group, row.born_on, row.joined_on)
        for row in found.rows
    ] == [(one.name, one.id_number, one.sex, one.people, one.born_on, one.joined_on) for one in truth]
    assert [(row.full_member_on or "", row.phone, row.floating, row.branch) for row in found.rows] == [
        (one.full_member_on, one.phone, one.floating, one.branch) for one in truth
    ]
    assert len(found.rows) == synthetic.MEMBERS_COUNT
    assert {skip.why for skip in found.skipped} == {"空行", "合计行", "表尾说明"}
    assert len(grid.hidden_rows) == 2


def test_the_demonstrations_outflow_roster_matches_its_members() -> None:
    outflow = read(OUTFLOW, choose(OUTFLOW, read_grids(workbook("origin_outflow.xls"))), synthetic=True)
    members = read(MEMBERS, choose(MEMBERS, read_grids(workbook("origin_members.xlsx"))), synthetic=True)
    assert (outflow.errors, len(outflow.rows)) == ((), synthetic.FLOATING_COUNT)
    assert cross_check(members.rows, outflow.rows) == ((), ())
    assert [(row.id_number, row.left_on, row.certificate_number or "") for row in outflow.rows] == [
        (one.id_number, one.left_on, one.certificate) for one in synthetic.outflow_people()
    ]


def test_the_demonstrations_bodies_are_whole_trees_that_hold_every_branch() -> None:
    for name, bodies in (
        ("origin_bodies.xlsx", synthetic.ORIGIN_BODIES),
        ("destination_bodies.xlsx", synthetic.DESTINATION_BODIES),
    ):
        found = read(BODIES, choose(BODIES, read_grids(workbook(name))), synthetic=True)
        assert (found.errors, len(found.rows)) == ((), len(bodies))
        assert [row.code for row in found.rows if row.parent_code is None] == [bodies[0].code]
    assert {one.branch for one in synthetic.people()} <= {body.short_name for body in synthetic.ORIGIN_BODIES}


def test_the_demonstrations_bad_sheet_shows_one_mistake_of_each_kind() -> None:
    found = read(MEMBERS, choose(MEMBERS, read_grids(workbook("bad_members.xlsx"))), synthetic=True)
    assert found.rows == ()
    assert {error.code for error in found.errors} == {
        "D-number-rounded",
        "D-id-number-check-digit",
        "D-id-number-old",
        "D-row-duplicate-id",
        "D-cell-missing",
        "D-date",
        "D-date-ambiguous",
        "D-code-unknown",
        "D-phone",
    }


def test_a_real_node_refuses_every_row_of_the_demonstration() -> None:
    found = read(MEMBERS, choose(MEMBERS, read_grids(workbook("origin_members.xlsx"))), synthetic=False)
    refused = {error.row for error in found.errors if error.code == "D-id-number-synthetic"}
    assert len(refused) == synthetic.MEMBERS_COUNT


def test_one_seed_gives_the_same_bytes_and_another_seed_others() -> None:
    assert synthetic.workbooks() == synthetic.workbooks()
    assert synthetic.workbooks(1)["origin_members.xlsx"] != synthetic.workbooks()["origin_members.xlsx"]


def test_the_shipped_workbooks_are_those_that_the_generator_makes(tmp_path: Path) -> None:
    for name, data in synthetic.workbooks().items():
        (tmp_path / name).write_bytes(data)
        assert read_grids(tmp_path / name) == read_grids(workbook(name))
    assert {path.name for path in workbook(WORKBOOKS[0]).parent.glob("*.xls*")} == set(WORKBOOKS)


def test_the_old_xls_is_made_the_same_way_where_its_writer_is_installed() -> None:
    pytest.importorskip("xlwt")
    assert synthetic.outflow_xls() == workbook("origin_outflow.xls").read_bytes()


def test_importing_the_modules_loads_neither_reader_nor_writer() -> None:
    code = (
        "import sys, gongguan.node.files.grids, gongguan.node.files.spreadsheets; "
        "print([name for name in ('xlsxwriter', 'python_calamine') if name in sys.modules])"
    )
    answer = run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"
