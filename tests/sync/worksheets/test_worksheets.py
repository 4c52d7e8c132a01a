"""Sheets for many members: an empty one is made, filled in, handed in, refused row by row, and undone as a whole."""

import io
import zipfile
from datetime import date
from typing import Any

import msgspec
import pytest

from gongguan.node.files import spreadsheets
from gongguan.node.files.grids import grids_of
from gongguan.node.files.templates import HEADER_ROW
from gongguan.node.operations import every
from gongguan.node.operations.passed_on import ROSTERS
from gongguan.node.operations.sheet import LIST_ROWS_MAX, SheetAnswer
from gongguan.protocol.errors import ProtocolError
from gongguan.sync.act import Rejected
from gongguan.sync.cells import Cell, MonthOnly, Unreadable
from gongguan.sync.lists import LISTS
from gongguan.sync.persons.rosters import MEMBERS, OUTFLOW
from gongguan.sync.records import Batch, Contact
from gongguan.sync.sheets.recognition import other_pages, recognise
from gongguan.sync.sheets.sheets import Grid, read
from gongguan.sync.worksheets.attendance import ATTENDANCE
from gongguan.sync.worksheets.worksheets import SHEETS
from tests.sync.offices import Office, admitted, exchanged, offices, on, ready
from tests.sync.papers import filled_in

LAYOUTS = {code: roster.layout for code, roster in ROSTERS.items()} | {
    code: kind.layout for code, kind in SHEETS.items()
}


def at_destination(members: int = 2) -> tuple[Office, Office, list[str]]:
    origin, destination = offices(agreed=True)
    subjects = [admitted(origin, destination, number) for number in range(1, members + 1)]
    return origin, destination, subjects


def page(data: bytes) -> Grid:
    """What a person sees first."""
    return grids_of(data, "表")[0]


def csv(*lines: str) -> bytes:
    return "\n".join(lines).encode()


def take(office: Office, data: bytes, who: str = "干事") -> SheetAnswer:
    found: SheetAnswer = office.ask(who, "sheet.take", file=data)
    return found


def refused(office: Office, data: bytes, who: str = "干事") -> SheetAnswer:
    with pytest.raises(Rejected) as caught:
        take(office, data, who)
    assert caught.value.code == "D-import-rows"
    detail = caught.value.detail()
    assert isinstance(detail, SheetAnswer)
    return detail


def entries(office: Office, subject: str) -> list[tuple[str, str | None, str]]:
    found = office.ask("干事", "entry.list", subject=subject).entries
    return [(line.what, line.attendance, line.status) for line in found]


def test_an_empty_sheet_names_everyone_within_reach_and_its_columns_are_text_with_drop_downs() -> None:
    _, destination, subjects = at_destination()
    made = destination.ask("支部", "sheet.make", kind="attendance", set=["日期=2026-03-01", "活动类别=主题党日"])
    rows = page(made.file).rows
    assert rows[HEADER_ROW - 1] == ATTENDANCE.layout.headers()
    assert {(row[0], row[3], row[-1]) for row in rows[HEADER_ROW:]} == {
        ("巴特尔·乙", "2026-03-01", subjects[0]),
        ("巴特尔·丙", "2026-03-01", subjects[1]),
    }
    with zipfile.ZipFile(io.BytesIO(made.file)) as parts:
        assert parts.read("xl/worksheets/sheet1.xml").count(b"<dataValidation ") == 3
        assert b'numFmtId="49"' in parts.read("xl/styles.xml")
    assert destination.ask("邻支部", "sheet.make", kind="attendance").rows == 0
    assert destination.refusal("支部", "sheet.make", kind="attendance", set=["没有的列=1"]) == "D-sheet-column"
    assert destination.refusal("支部", "sheet.make", kind="attendance", set=["日期"]) == "D-sheet-value"
    assert destination.refusal("支部", "sheet.make", kind="不存在") == "D-sheet-unknown"


def test_attendance_of_one_activity_goes_in_by_one_sheet_and_who_is_not_filled_in_stays_unknown() -> None:
    origin, destination, subjects = at_destination(3)
    made = destination.ask(
        "支部", "sheet.make", kind="组织生活参加情况表", set=["日期=2026-03-01", "活动类别=主题党日"]
    )
    sheet = filled_in(
        made.file,
        {"巴特尔·乙": {"参加情况": "已参加"}, "巴特尔·丙": {"参加情况": "经确认未参加", "未参加原因": "因病"}},
    )
    answer = take(destination, sheet, "支部")
    assert (answer.made, answer.already, answer.left_blank) == (2, 0, 1)
    exchanged(origin, destination)
    for office in (origin, destination):
        assert entries(office, subjects[0]) == [("2026-03-01-theme_day", "confirmed", "single")]
        assert entries(office, subjects[1]) == [("2026-03-01-theme_day", "confirmed_absent", "single")]
        assert entries(office, subjects[2]) == []


def test_the_same_sheet_handed_in_twice_enters_nothing_twice() -> None:
    _, destination, subjects = at_destination(1)
    sheet = csv("姓名,月份,交纳日期", "巴特尔·乙,2026-02,2026-03-01")
    assert take(destination, sheet).batch == 1
    again = take(destination, sheet)
    assert (again.made, again.already, again.batch) == (0, 1, None)
    assert len(entries(destination, subjects[0])) == 1


def test_one_wrong_row_and_nothing_is_entered_and_the_sheet_comes_back_with_the_reason_beside_it() -> None:
    _, destination, subjects = at_destination()
    made = destination.ask("干事", "sheet.make", kind="attendance", set=["日期=2026-03-01", "活动类别=党课"])
    bad = filled_in(made.file, {"巴特尔·乙": {"参加情况": "已参加"}, "巴特尔·丙": {"参加情况": "经确认未参加"}})
    answer = refused(destination, bad)
    assert [note.row for note in answer.problems] == [HEADER_ROW + 1]
    assert entries(destination, subjects[0]) == []
    assert destination.find(Batch) == []
    assert answer.result is not None
    rows = page(answer.result).rows
    assert rows[HEADER_ROW - 1][-2:] == ("结果", "说明")
    assert [(row[0], row[-2]) for row in rows[HEADER_ROW:]] == [("巴特尔·丙", "有错误"), ("巴特尔·乙", "通过")]
    corrected = filled_in(answer.result, {"巴特尔·丙": {"未参加原因": "因工作"}})
    assert take(destination, corrected).made == 2


def test_cells_that_cannot_be_read_are_named_with_their_row_and_column() -> None:
    _, destination, _ = at_destination(1)
    answer = refused(
        destination,
        csv(
            "姓名,参加情况,日期,活动类别,活动编号",
            "巴特尔·乙,大概来了,2026-03,团日,三月 活动!",
            "王芳,已参加,2026-03-01,党课,",
        ),
    )
    assert [(note.row, note.column) for note in answer.problems] == [
        (2, "参加情况"),
        (2, "日期"),
        (2, "活动类别"),
        (2, "活动编号"),
        (3, "姓名"),
    ]


def test_a_name_that_only_one_has_needs_no_id_and_a_pasted_id_of_another_is_refused() -> None:
    _, destination, subjects = at_destination()
    assert take(destination, csv("姓名,月份,交纳日期", "巴特尔·乙,2026-02,2026-02-28")).made == 1
    answer = refused(destination, csv("姓名,月份,交纳日期,编号", f"巴特尔·乙,2026-03,2026-03-01,{subjects[1]}"))
    assert "不是同一个人" in answer.problems[0].note
    answer = refused(destination, csv("姓名,月份,交纳日期", "李四,2026-02,2026-03-01"))
    assert "范围内没有这名党员" in answer.problems[0].note
    assert refused(destination, csv("姓名,月份,交纳日期", "巴特尔·乙,2026-02,2026-03-01"), "邻支部").problems


def test_what_stands_for_all_is_written_once_and_read_downwards() -> None:
    _, destination, subjects = at_destination()
    sheet = csv("姓名,参加情况,日期,活动类别", "巴特尔·乙,已参加,2026年3月1日,学习教育", "巴特尔·丙,√,,")
    answer = take(destination, sheet)
    assert answer.made == 2
    assert {note.note for note in answer.remarks if note.row == 3} >= {"同上一行"}
    assert entries(destination, subjects[1]) == [("2026-03-01-study", "confirmed", "single")]
    missing = refused(destination, csv("姓名,参加情况,日期,活动类别", "巴特尔·乙,已参加,,"))
    assert {note.column for note in missing.problems} == {"日期", "活动类别"}


def test_a_value_for_all_rows_that_does_not_fit_names_its_column_and_what_may_stand_there() -> None:
    _, destination, _ = at_destination()
    with pytest.raises(ProtocolError) as caught:
        destination.ask("支部", "sheet.make", kind="attendance", set=["活动类别=党日"])
    assert caught.value.facts["column"] == "活动类别"
    assert "主题党日" in str(caught.value.facts["allowed"])


def test_the_first_row_counts_for_those_below_even_where_it_says_nothing_itself() -> None:
    _, destination, _ = at_destination()
    sheet = csv("姓名,联系日期,联系类别,联系方式", "巴特尔·乙,,季度定期联系,打电话", "巴特尔·丙,2026-03-01,,")
    assert take(destination, sheet).made == 1


def test_a_cell_that_cannot_be_read_is_refused_once_and_not_again_in_the_rows_below() -> None:
    _, destination, _ = at_destination()
    sheet = csv("姓名,联系日期,联系类别,联系方式", "巴特尔·乙,昨天,季度定期联系,喊话", "巴特尔·丙,2026-03-01,,")
    assert [(note.row, note.column) for note in refused(destination, sheet).problems] == [
        (2, "联系方式"),
        (2, "联系日期"),
    ]


def test_a_batch_is_undone_by_withdrawals_that_stay_readable_and_only_once() -> None:
    origin, destination, subjects = at_destination()
    sheet = csv("姓名,月份,交纳日期", "巴特尔·乙,2026-02,2026-03-01", "巴特尔·丙,2026-02,2026-03-01")
    batch = take(destination, sheet, "支部").batch
    assert destination.refusal("邻支部", "sheet.undo", batch=batch) == "D-person-unknown"
    assert destination.ask("支部", "sheet.undo", batch=batch).entries == 2
    exchanged(origin, destination)
    for office in (origin, destination):
        assert entries(office, subjects[0]) == [("2026-02", None, "withdrawn")]
    assert destination.refusal("支部", "sheet.undo", batch=batch) == "D-batch-undone"
    assert destination.refusal("支部", "sheet.undo", batch=7) == "D-batch-unknown"
    (listed,) = destination.ask("支部", "sheet.batches").batches
    assert (listed.number, listed.entries, listed.undone_by) == (1, 2, "支部")
    assert take(destination, sheet, "支部").made == 2


def test_a_clerk_finds_the_own_sheet_behind_hundreds_of_others() -> None:
    _, destination, _ = at_destination(1)
    batch = take(destination, csv("姓名,月份,交纳日期", "巴特尔·乙,2026-02,2026-02-28"), "支部").batch
    (kept,) = destination.find(Batch)
    for number in range(kept.number + 1, kept.number + LIST_ROWS_MAX + 2):
        destination.put(msgspec.structs.replace(kept, number=number, staff="邻支部"))
    assert [line.number for line in destination.ask("支部", "sheet.batches").batches] == [batch]


def test_a_batch_of_last_season_is_corrected_entry_by_entry() -> None:
    _, destination, _ = at_destination(1)
    take(destination, csv("姓名,月份,交纳日期", "巴特尔·乙,2026-02,2026-02-28"))
    (batch,) = destination.find(Batch)
    destination.put(msgspec.structs.replace(batch, at="2025-11-01T00:00:00Z"))
    assert destination.refusal("干事", "sheet.undo", batch=1) == "D-batch-old"
    take(destination, csv("姓名,月份,交纳日期", "巴特尔·乙,2026-03,2026-03-01"))
    assert [(kept.entries, len(kept.made)) for kept in destination.find(Batch)] == [(1, 0), (1, 1)]


def test_a_sheet_is_recognised_by_its_code_or_else_by_its_headers() -> None:
    _, destination, _ = at_destination(1)
    for code in SHEETS:
        data = destination.ask("干事", "sheet.make", kind=code).file
        assert recognise(grids_of(data, "表"), LAYOUTS)[0] == code
    for code, layout in LAYOUTS.items():
        headers = [column for column in layout.headers() if column != "编号"]
        assert recognise([Grid("表", (tuple(headers),))], LAYOUTS)[0] == code
    with pytest.raises(ProtocolError) as caught:
        recognise([Grid("表", (("姓名", "编号"), ("巴特尔", "1")))], LAYOUTS)
    assert caught.value.code == "D-sheet-unknown"


def test_a_roster_that_is_handed_in_is_imported_by_an_officer_of_the_committee_only() -> None:
    origin, _ = offices()
    roster = csv(
        "所在党支部,姓名,公民身份号码,性别,人员类别,党籍状态", "第一党支部,王芳,990101198801010211,男,正式党员,正常"
    )
    assert origin.refusal("支部", "sheet.take", file=roster) in {"A-role", "D-import-rows"}
    bodies = csv("代码,全称,类别,上级", "9901,白音苏木党委,党委,", "990103,第三党支部,党支部,9901")
    assert origin.refusal("支部", "sheet.take", file=bodies) == "A-role"
    assert (take(origin, bodies).title, take(origin, bodies).already) == ("党组织信息表", 2)


def test_every_sheet_feeds_an_operation_that_exists_and_its_lists_and_given_columns_too() -> None:
    for code, kind in SHEETS.items():
        assert code == kind.code
        operation = every()[kind.feeds]
        assert kind.roles <= operation.roles
        assert {column.list_name for column in kind.layout.columns} - {""} <= LISTS.keys()
        assert set(kind.given) <= set(kind.layout.headers())
        # What comes back from a partner without a node says something wherever anything was filled in.
        assert kind.answer in {*(column.name for column in kind.layout.columns), "said"}
        assert {"name", "id"} <= {column.name for column in kind.layout.columns}


def test_a_quarters_contacts_with_several_members_go_in_by_one_sheet_and_come_out_again() -> None:
    _, destination, subjects = at_destination(3)
    made = destination.ask("支部", "sheet.make", kind="联系走访", set=["联系类别=季度联系", "联系方式=电话"])
    answers: dict[str, dict[str, Cell]] = {
        "巴特尔·乙": {"联系日期": "2026-03-01", "情况简记": "在厂里上班"},
        "巴特尔·丙": {"联系日期": "2026.2.28", "联系到本人": "否"},
    }
    sheet = filled_in(made.file, answers)
    answer = take(destination, sheet, "支部")
    assert (answer.made, answer.left_blank) == (2, 1)
    (contact,) = destination.ask("支部", "contact.show", person=subjects[0]).contacts
    assert (contact.kind, contact.on, contact.reached, contact.note) == ("quarterly", "2026-03-01", True, "在厂里上班")
    (tried,) = destination.ask("支部", "contact.show", person=subjects[1]).contacts
    assert not tried.reached
    assert take(destination, sheet, "支部").already == 2
    destination.ask("支部", "sheet.undo", batch=answer.batch)
    (contact,) = destination.ask("支部", "contact.show", person=subjects[0]).contacts
    assert contact.withdrawn == "entered_in_error"


def test_at_the_origin_the_sheet_of_contacts_names_those_who_are_away() -> None:
    origin, _, _ = at_destination(1)
    assert [row[0] for row in page(origin.ask("支部", "sheet.make", kind="contacts").file).rows[HEADER_ROW:]] == [
        "巴特尔·乙"
    ]
    assert take(origin, csv("姓名,联系日期,联系类别,联系方式", "巴特尔·乙,2026-03-01,季度联系,微信"), "支部").made == 1


def test_dues_of_a_sheet_keep_what_was_paid_here_and_say_where_it_is_less_than_the_rate() -> None:
    origin, destination, subjects = at_destination(2)
    sheet = csv(
        "姓名,月份,交纳日期,实交（元）,交纳标准类别,月收入（元）,收据号",
        "巴特尔·乙,2026-02,2026-03-01,15,在职人员,3000,0001",
        "巴特尔·丙,,2026-03-01,0.10,农民,,",
    )
    answer = take(destination, sheet, "支部")
    assert answer.made == 2
    assert [note.note for note in answer.remarks if "少于标准" in note.note] == ["少于标准，请核对"]
    month = destination.ask("支部", "dues.show", person=subjects[0]).months[-1]
    assert (month.month, month.amount, month.due, month.receipt) == ("2026-02", "15.00", "15.00", "0001")
    exchanged(origin, destination)
    assert origin.ask("支部", "dues.show", person=subjects[0]).months[-1].amount is None
    bad = csv("姓名,月份,交纳日期,实交（元）", "巴特尔·乙,2026-03,2026-03-01,十五")
    assert [note.column for note in refused(destination, bad, "支部").problems] == ["实交（元）"]
    assert take(origin, csv("姓名,月份,交纳日期", "巴特尔·乙,2026-01,2026-02-28"), "支部").made == 1


def test_another_systems_column_names_are_told_once_and_remembered() -> None:
    origin, _ = offices()
    export = csv("支部全名,党员全名,证件号码,男女,党员种类,党籍", "第一党支部,王芳,990101198801010119,男,正式党员,正常")
    assert refused_code(origin, export) == "D-sheet-unknown"
    names = [
        "支部全名=所在党支部",
        "党员全名=姓名",
        "证件号码=公民身份号码",
        "男女=性别",
        "党员种类=人员类别",
        "党籍=党籍状态",
    ]
    assert origin.refusal("支部", "sheet.map", kind="members", set=names) == "A-role"
    assert origin.refusal("干事", "sheet.map", kind="members", set=["姓名=姓名"]) == "D-column-name"
    assert origin.refusal("干事", "sheet.map", kind="members", set=["党员全名=名字"]) == "D-sheet-column"
    kept = origin.ask("干事", "sheet.map", kind="党员基本信息采集表", set=names)
    assert {line.column for line in kept.names} == {name.partition("=")[2] for name in names}
    answer = take(origin, export)
    assert (answer.title, answer.made) == ("党员基本信息采集表", 1)
    assert origin.ask("干事", "member.import", file=export).counts.members_unchanged == 1
    origin.ask("干事", "sheet.map", kind="members", set=["证件号码="])
    assert refused_code(origin, export) == "D-sheet-unknown"


def refused_code(office: Office, data: bytes) -> str:
    code: str = office.refusal("干事", "sheet.take", file=data)
    return code


def test_cells_as_wps_and_hasty_fingers_leave_them_are_read_or_refused_with_the_reason() -> None:
    def found(*row: Cell) -> Any:
        header: tuple[Cell, ...] = ("姓名", "月份", "交纳日期", "编号")
        return read(SHEETS["dues"].layout, Grid("表", (header, row)), synthetic=True)

    (row,) = found("巴特尔・乙", "２０２６－０２", date(2026, 3, 1), None).rows
    assert (row.name, row.month, row.paid_on) == ("巴特尔·乙", "2026-02", "2026-03-01")
    (row,) = found("𠮷日嘎拉", MonthOnly(2026, 2), "'2026.3.1", None).rows
    assert (row.month, row.paid_on) == ("2026-02", "2026-03-01")
    refusals: dict[tuple[Cell, ...], str] = {
        ("巴特尔·乙", Unreadable.FORMULA, "2026-03-01", None): "D-cell-formula",
        ("巴特尔·乙", 2026.1, "2026-03-01", None): "D-date-ambiguous",
        ("巴特尔·乙", "2026-02-01", "2026-03-01", None): "D-sheet-month",
        ("巴特尔·乙", "2026-02", "2026-03", None): "D-day",
        ("巴特尔·乙", "2026-02", "2026-03-01", 1.2345678901234567e17): "D-number-rounded",
    }
    for cells, code in refusals.items():
        assert [error.code for error in found(*cells).errors] == [code]


def test_this_quarters_feedback_goes_in_by_one_sheet_and_a_later_sheet_corrects_it() -> None:
    origin, destination, subjects = at_destination()
    on("2026-03-20", origin, destination)
    made = destination.ask("支部", "sheet.make", kind="反馈")
    assert made.rows == 2
    assert origin.ask("支部", "sheet.make", kind="反馈").rows == 0, "the origin feeds nothing back"
    answers = {"巴特尔·乙": {"现实表现": "表现好", "参加会议次数": "3次"}}
    taken = take(destination, filled_in(made.file, answers), "支部")
    assert (taken.made, taken.left_blank) == (1, 1)
    exchanged(origin, destination)
    lines = {line.subject: line for line in origin.ask("支部", "feedback.list", quarter="2026Q1").members}
    assert (lines[subjects[0]].conduct, lines[subjects[0]].meetings_attended) == ("good", 3)
    assert lines[subjects[1]].conduct is None

    assert take(destination, filled_in(made.file, answers), "支部").already == 1
    answers["巴特尔·乙"]["现实表现"] = "需要帮助"
    assert take(destination, filled_in(made.file, answers), "支部").made == 1


def test_a_sheet_of_feedback_is_undone_to_what_was_told_before_and_the_origin_hears_of_it() -> None:
    origin, destination, (first, second) = at_destination()
    on("2026-03-20", origin, destination)
    destination.ask("支部", "feedback.give", subject=first, quarter="2026Q1", conduct="normal", volunteering=4)
    made = destination.ask("支部", "sheet.make", kind="反馈")
    answer: dict[str, Cell] = {"现实表现": "表现好", "参加会议次数": 3}
    answers = dict.fromkeys(("巴特尔·乙", "巴特尔·丙"), answer)
    batch = take(destination, filled_in(made.file, answers), "支部").batch
    exchanged(origin, destination)

    def at_origin() -> dict[str, tuple[object, ...]]:
        lines = origin.ask("支部", "feedback.list", quarter="2026Q1").members
        return {line.subject: (line.conduct, line.meetings_attended, line.volunteering) for line in lines}

    assert at_origin() == {first: ("good", 3, None), second: ("good", 3, None)}
    assert destination.ask("支部", "sheet.undo", batch=batch).entries == 2
    exchanged(origin, destination)
    assert at_origin() == {first: ("normal", None, 4), second: ("not_known", None, None)}
    assert destination.refusal("支部", "sheet.undo", batch=batch) == "D-batch-undone"
    again = take(destination, filled_in(made.file, answers), "支部")
    destination.ask("支部", "feedback.give", subject=first, quarter="2026Q1", conduct="needs_help")
    destination.ask("支部", "sheet.undo", batch=again.batch)
    exchanged(origin, destination)
    assert at_origin()[first][0] == "needs_help", "what was corrected after the sheet stays"


def test_a_quarter_or_a_count_that_cannot_be_read_is_named_with_its_row() -> None:
    _, destination, _ = at_destination(1)
    rows = csv("姓名,季度,现实表现,参加会议次数", "巴特尔·乙,四季度,好,", "巴特尔·乙,2026年第一季度,好,几次")
    assert [(note.row, note.column) for note in refused(destination, rows, "支部").problems] == [
        (2, "季度"),
        (3, "参加会议次数"),
    ]


def test_what_the_cells_and_what_the_records_say_against_a_sheet_is_said_at_once_with_the_columns() -> None:
    _, destination, _ = at_destination(2)
    answer = refused(
        destination,
        csv(
            "姓名,参加情况,日期,活动类别,活动编号",
            "巴特尔·乙,大概来了,2026-03-01,党课,",
            "查无此人,已参加,2026-03-01,党课,",
            "巴特尔·丙,已参加,2099-03-01,党课,",
        ),
    )
    assert [(note.row, note.column) for note in answer.problems] == [(2, "参加情况"), (3, "姓名"), (4, "日期")]
    assert destination.find(Batch) == []


# --- as people leave a sheet behind ---------------------------------------------------------------------------------


def workbook(*pages: tuple[str, list[list[Cell]]], merged: str = "") -> bytes:
    """A workbook of these pages; ``merged``: a range of the first one that is one cell."""

    def write(book: Any) -> None:
        for title, rows in pages:
            sheet = book.add_worksheet(title)
            spreadsheets.write_rows(book, sheet, rows, first_row=0)
            if merged and title == pages[0][0]:
                sheet.merge_range(merged, str(rows[1][1]))

    return spreadsheets.filled(write)


def test_a_day_in_a_cell_that_was_merged_over_all_rows_counts_for_each_of_them() -> None:
    _, destination, _ = at_destination(2)
    rows: list[list[Cell]] = [
        ["姓名", "联系日期", "联系类别", "联系方式"],
        ["巴特尔·乙", "2026-03-01", "季度定期联系", "电话"],
        ["巴特尔·丙", None, "季度定期联系", "电话"],
    ]
    assert take(destination, workbook(("表", rows)), "支部").left_blank == 1
    taken = take(destination, workbook(("表", rows), merged="B2:B3"), "支部")
    assert (taken.made, taken.already, taken.left_blank) == (1, 1, 0)
    assert [(note.row, note.column) for note in taken.remarks if "合并" in note.note] == [(3, "联系日期")]


def test_of_two_filled_pages_none_is_left_out_without_a_word() -> None:
    _, destination, _ = at_destination(2)
    header: list[Cell] = ["姓名", "月份", "交纳日期"]
    first: list[list[Cell]] = [header, ["巴特尔·乙", "2026-02", "2026-03-01"]]
    second: list[list[Cell]] = [header, ["巴特尔·丙", "2026-02", "2026-03-01"]]
    with pytest.raises(ProtocolError) as error:
        take(destination, workbook(("2月", first), ("3月", second)), "支部")
    assert (error.value.code, error.value.facts["sheet"]) == ("D-sheet-several", ["2月", "3月"])
    blank: list[list[Cell]] = [header, ["巴特尔·丙", None, None]]
    assert take(destination, workbook(("2月", first), ("空表", blank)), "支部").made == 1


def test_a_page_of_another_kind_in_the_same_workbook_is_no_second_page() -> None:
    members = Grid("党员", (MEMBERS.headers(), ("某",) * len(MEMBERS.headers())))
    away = Grid("流出", (OUTFLOW.headers(), ("某",) * len(OUTFLOW.headers())))
    assert other_pages("members", LAYOUTS, [members, away], members) == []
    assert other_pages("members", LAYOUTS, [members, away, members], away) == ["党员", "党员"]


def test_totals_and_signatures_under_a_sheet_are_skipped_and_a_strange_column_is_named() -> None:
    _, destination, _ = at_destination(2)
    taken = take(
        destination,
        csv(
            "姓名,联系日期,联系类别,联系方式,联系到本人,情况简记,住址",
            "巴特尔·乙,2026-03-01,季度定期联系,上门,联系上了,,本人在外地",
            "巴特尔·丙,2026-03-01,季度定期联系,电话,没打通,,",
            "合计,2,,,,,",
            "支部书记（签字）：,,,,,,",
        ),
        "支部",
    )
    assert taken.made == 2
    told = {(note.row, note.note) for note in taken.remarks}
    assert {(4, "跳过：合计行"), (5, "跳过：表尾说明"), (1, "没有用到的列")} <= told
    assert sorted(contact.reached for contact in destination.find(Contact)) == [False, True]


def test_ticks_counts_and_months_are_read_as_they_are_mostly_written() -> None:
    origin, destination, _ = at_destination(2)
    on("2026-03-20", origin, destination)
    present = csv("姓名,参加情况,日期,活动类别", "巴特尔·乙,✓,2026-03-01,党课", "巴特尔·丙,出席,,")
    assert take(destination, present, "支部").made == 2
    paid = csv("姓名,月份,交纳日期", "巴特尔·乙,２０２６年２月份,2026-03-01")
    assert [note.note for note in take(destination, paid, "支部").remarks if note.column == "月份"] == [
        "月份写法改为 年-月"
    ]
    rows: list[list[Cell]] = [["姓名", "季度", "现实表现", "参加会议次数"], ["巴特尔·乙", "2026Q1", "不清楚", 3]]
    assert [note.column for note in take(destination, workbook(("表", rows)), "支部").remarks] == ["现实表现"]
    absent = csv("姓名,参加情况,日期,活动类别", "巴特尔·乙,没参加,2026-03-02,党课")
    assert [note.column for note in refused(destination, absent, "支部").problems] == ["未参加原因"]


def test_without_the_column_that_answers_a_sheet_is_refused_instead_of_saying_nothing() -> None:
    _, destination, _ = at_destination(1)
    unnamed = csv("姓名,联系于,联系类别,联系方式", "巴特尔·乙,2026-03-01,季度定期联系,电话")
    (problem,) = refused(destination, unnamed, "支部").problems
    assert (problem.row, problem.column) == (1, "联系日期")
    assert "缺少 联系日期" in problem.note
    mostly = csv("姓名,联系时间,联系类别,联系方式,是否联系到本人", "巴特尔·乙,2026-03-01,季度定期联系,电话,√")
    assert take(destination, mostly, "支部").made == 1


def test_the_result_workbook_is_corrected_and_handed_in_again_with_the_rows_left_blank_in_it() -> None:
    _, destination, _ = at_destination(1)
    first = csv("姓名,联系日期,联系类别,联系方式", "巴特尔·乙,去年,季度定期联系,电话", ",,,", "合计,1,,")
    result = refused(destination, first, "支部").result
    assert result is not None
    again = filled_in(result, {"巴特尔·乙": {"联系日期": "2026-03-01"}})
    taken = take(destination, again, "支部")
    assert taken.made == 1
    assert "没有用到的列" not in {note.note for note in taken.remarks}


def test_an_amount_in_digits_of_full_width_is_read() -> None:
    origin, destination, _ = at_destination(1)
    on("2026-03-20", origin, destination)
    paid = csv("姓名,月份,缴纳日期,实交", "巴特尔·乙,2026-02,2026-03-01,１２．５０元")
    assert take(destination, paid, "支部").made == 1


def test_those_who_arrived_are_taken_in_by_one_sheet_with_the_certificates_that_they_showed() -> None:
    origin, destination = offices(agreed=True)
    subjects = [origin.ask("干事", "departure.notify", member_id=ready(origin, number)).subject for number in (1, 2, 3)]
    exchanged(origin, destination)
    made = destination.ask("干事", "sheet.make", kind="接收")
    assert (made.title, made.rows) == ("接收登记表", 3)
    where: dict[str, Cell] = {"编入的党组织": "第一党支部", "联系责任人": "李 明", "责任人电话": "10000000001"}
    first = {"巴特尔·乙": {"到达日期": "2026.2.25", "活动证号": "H-9", **where}}
    (problem,) = refused(destination, filled_in(made.file, first)).problems
    assert "不是同一人" in problem.note and problem.column == "活动证号"
    first["巴特尔·乙"] |= {"活动证号": "H-1", "编入的党组织": "第一支部"}
    (problem,) = refused(destination, filled_in(made.file, first)).problems
    assert "名称相近的有 第一党支部" in problem.note and problem.column == "编入的党组织"
    sheet = filled_in(
        made.file,
        {
            "巴特尔·丙": {"到达日期": "2026-02-26", "活动证号": "h-2", **where},
            "巴特尔·乙": {"到达日期": "2026.2.25", "活动证号": "H-1"},
        },
    )
    taken = take(destination, sheet)
    assert (taken.made, taken.left_blank) == (2, 1)
    assert take(destination, sheet).already == 2
    exchanged(origin, destination)
    states = {line.subject: line.state for line in origin.ask("干事", "movement.list").movements}
    assert states == dict(zip(subjects, ("admitted", "admitted", "notified"), strict=True))
    assert destination.refusal("干事", "sheet.undo", batch=taken.batch) == "D-batch-admission"
    assert destination.ask("干事", "sheet.make", kind="接收登记表").rows == 1
