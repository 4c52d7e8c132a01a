"""The two rosters against tree and records: matching, all or nothing, re-import, certificate numbers, who sees what."""

import io

import msgspec
import pytest
import xlsxwriter  # type: ignore[import-untyped]

from gongguan.node.files.grids import grids_of
from gongguan.node.operations import member as operations
from gongguan.protocol.errors import ProtocolError
from gongguan.sync.act import Rejected
from gongguan.sync.cells import MonthOnly
from gongguan.sync.exchange.certificate_register import certificate_holder
from gongguan.sync.identity import check_digit
from gongguan.sync.persons import members
from gongguan.sync.persons.rosters import MemberRow, OutflowRow
from gongguan.sync.records import Certificate, Member, OutflowEntry
from tests.staff_node import DEMO_DATA, NORTH_BRANCH, SOUTH_BRANCH, StaffNode, staff_node
from tests.sync.offices import floating, offices


def id_number(serial: int) -> str:
    first = f"99052119900101{serial:03}"
    return first + check_digit(first)


def member_row(row: int, name: str, branch: str = "三棵树嘎查党支部", *, floating: bool = False) -> MemberRow:
    blank = dict.fromkeys(field for field in MemberRow.__struct_fields__)
    given = {"row": row, "name": name, "branch": branch, "id_number": id_number(row), "sex": "male"}
    coded = {"category": "full_member", "affiliation_status": "normal", "lost_contact": False, "floating": floating}
    return msgspec.convert({**blank, **given, **coded}, MemberRow)


def outflow_row(row: int, name: str, person: int, certificate: str | None = None, place: str = "澜江市") -> OutflowRow:
    blank = dict.fromkeys(field for field in OutflowRow.__struct_fields__)
    given = {"row": row, "name": name, "id_number": id_number(person), "left_on": "2024-03"}
    return msgspec.convert(
        {**blank, **given, "certificate_number": certificate, "destination_place": place}, OutflowRow
    )


def errors(node: StaffNode, rosters: members.Rosters) -> list[tuple[str, int, str]]:
    found = node.act(lambda act: members.check_rosters(act, rosters))
    return [("members", error.row, error.code) for error in found.members] + [
        ("outflow", error.row, error.code) for error in found.outflow
    ]


def put(node: StaffNode, rosters: members.Rosters) -> members.RosterCounts:
    assert errors(node, rosters) == []
    return node.act(lambda act: members.put_rosters(act, rosters))


BOTH = members.Rosters(
    (member_row(1, "王芳"), member_row(2, "那仁", floating=True), member_row(3, "李强", "9905210201")),
    (outflow_row(5, "那仁", 2, "证001"),),
)


def test_both_sheets_are_matched_by_id_number_and_the_branch_by_code_or_name() -> None:
    node = staff_node()
    counts = put(node, BOTH)
    assert (counts.members_added, counts.outflow_added, counts.absent) == (3, 1, 0)
    people = {person.name: person for person in node.database.read(lambda store: store.find(Member))}
    assert people["王芳"].branch_code == NORTH_BRANCH
    assert people["李强"].branch_code == SOUTH_BRANCH
    (entry,) = node.database.read(lambda store: store.find(OutflowEntry))
    assert (entry.member_id, entry.certificate_number, entry.left_on) == (people["那仁"].member_id, "证001", "2024-03")


def test_a_second_import_updates_and_keeps_the_ids_and_those_who_are_absent() -> None:
    node = staff_node()
    put(node, BOTH)
    before = {person.name: person.member_id for person in node.database.read(lambda store: store.find(Member))}
    assert put(node, BOTH) == members.RosterCounts(members_unchanged=3, outflow_unchanged=1)
    moved = members.Rosters((msgspec.structs.replace(member_row(1, "王芳"), post="会计"),), None)
    counts = put(node, moved)
    assert (counts.members_updated, counts.members_added, counts.absent) == (1, 0, 2)
    after = {person.name: person.member_id for person in node.database.read(lambda store: store.find(Member))}
    assert after == before


def test_an_outflow_row_without_member_or_with_another_name_is_an_error_of_that_row() -> None:
    node = staff_node()
    stranger = members.Rosters(BOTH.members, (outflow_row(5, "那仁", 2), outflow_row(6, "陌生", 99)))
    assert errors(node, stranger) == [("outflow", 6, "D-row-no-such-member")]
    put(node, BOTH)
    alone = members.Rosters(None, (outflow_row(5, "那顺", 2), outflow_row(6, "陌生", 99)))
    assert errors(node, alone) == [("outflow", 5, "D-row-name-differs"), ("outflow", 6, "D-row-no-such-member")]


def test_an_outflow_roster_alone_marks_members_as_floating_and_says_how_many() -> None:
    node = staff_node()
    put(node, BOTH)
    counts = put(node, members.Rosters(None, (outflow_row(7, "王芳", 1),)))
    assert (counts.marked_floating, counts.outflow_added, counts.members_updated) == (1, 1, 0)
    floating = node.database.read(lambda store: store.find(Member, floating=True))
    assert {person.name for person in floating} == {"王芳", "那仁"}


def test_a_branch_that_is_unknown_or_no_branch_is_an_error_of_that_row() -> None:
    rows = (member_row(1, "王芳", "没有这个支部"), member_row(2, "那仁", "旗委"), member_row(3, "李强"))
    found = errors(staff_node(), members.Rosters(rows, None))
    assert found == [("members", 1, "D-row-no-such-branch"), ("members", 2, "D-row-branch-kind")]


def test_a_certificate_number_belongs_to_one_member_of_the_node() -> None:
    node = staff_node()
    put(node, BOTH)
    taken = outflow_row(7, "王芳", 1, "证001")
    assert errors(node, members.Rosters(None, (taken,))) == [("outflow", 7, "D-row-certificate-taken")]
    twice = members.Rosters(None, (outflow_row(7, "王芳", 1, "证002"), outflow_row(8, "李强", 3, "证002")))
    assert errors(node, twice) == [("outflow", 8, "D-row-certificate-taken")]
    holder = node.act(lambda act: certificate_holder(act.store, "证001"))
    node.act(lambda act: act.store.add(Certificate(number="证003", member_id=holder or "", issued_on="2026-11-01")))
    issued = members.Rosters(None, (outflow_row(7, "王芳", 1, "证003"),))
    assert errors(node, issued) == [("outflow", 7, "D-row-certificate-taken")]
    assert errors(node, members.Rosters(None, (outflow_row(7, "那仁", 2, "证003"),))) == []


def test_a_reader_sees_the_id_number_masked_and_a_clerk_in_full() -> None:
    node = staff_node()
    put(node, BOTH)
    (person,) = node.database.read(lambda store: [one for one in store.find(Member) if one.name == "那仁"])
    asked = members.MemberShow(member_id=person.member_id)
    clerk = node.act(lambda act: members.show_member(act, asked), name="支部")
    reader = node.act(lambda act: members.show_member(act, asked), name="只读")
    assert clerk.id_number == id_number(2)
    assert reader.id_number == f"990***********{id_number(2)[-4:]}"
    assert (clerk.certificate_number, clerk.destination_place) == ("证001", "澜江市")


def test_a_list_keeps_to_the_subtree_and_counts_beyond_its_limit() -> None:
    node = staff_node()
    put(node, BOTH)
    own = node.act(lambda act: members.list_members(act, members.MemberList()), name="书记")
    assert [line.name for line in own.members] == ["王芳", "那仁"]
    short = node.act(lambda act: members.list_members(act, members.MemberList(limit=1)))
    assert (short.total, len(short.members)) == (3, 1)
    away = node.act(lambda act: members.list_members(act, members.MemberList(floating=True)))
    assert [(line.name, line.certificate_number) for line in away.members] == [("那仁", "证001")]


def test_a_list_of_those_whose_name_holds_some_words_keeps_to_the_subtree_too() -> None:
    node = staff_node()
    put(node, BOTH)
    whole = node.act(lambda act: members.list_members(act, members.MemberList(name="仁")))
    assert ([line.name for line in whole.members], whole.total) == (["那仁"], 1)
    assert node.act(lambda act: members.list_members(act, members.MemberList(name="李")), name="书记").total == 0


def demo_node() -> StaffNode:
    node = staff_node()
    node.ask("干事", "body.import", file=(DEMO_DATA / "origin_bodies.xlsx").read_bytes())
    return node


def test_the_shipped_workbooks_are_imported_and_a_second_time_changes_nothing() -> None:
    node = demo_node()
    files = {
        "file": (DEMO_DATA / "origin_members.xlsx").read_bytes(),
        "outflow": (DEMO_DATA / "origin_outflow.xls").read_bytes(),
    }
    first = node.ask("干事", "member.import", **files)
    assert isinstance(first, operations.MembersImported)
    assert first.members_added == node.database.read(lambda store: store.count(Member)) > 200
    assert first.counts.outflow_added == node.database.read(lambda store: store.count(OutflowEntry)) > 30
    assert first.remarks
    assert first.members_result is not None
    again = node.ask("干事", "member.import", **files)
    assert isinstance(again, operations.MembersImported)
    assert (again.members_added, again.members_updated, again.counts.outflow_updated) == (0, 0, 0)


def test_an_outflow_roster_handed_in_as_the_only_sheet_is_recognised() -> None:
    node = demo_node()
    node.ask(
        "干事",
        "member.import",
        file=(DEMO_DATA / "origin_members.xlsx").read_bytes(),
        outflow=(DEMO_DATA / "origin_outflow.xls").read_bytes(),
    )
    found = node.ask("干事", "member.import", file=(DEMO_DATA / "origin_outflow.xls").read_bytes())
    assert isinstance(found, operations.MembersImported)
    assert found.counts.outflow_unchanged > 30
    assert found.counts.members_unchanged == 0


def test_a_workbook_with_bad_rows_imports_nothing_and_names_every_row() -> None:
    node = demo_node()
    with pytest.raises(ProtocolError) as caught:
        node.ask("干事", "member.import", file=(DEMO_DATA / "bad_members.xlsx").read_bytes())
    assert caught.value.code == "D-import-rows"
    assert isinstance(caught.value, Rejected)
    detail = caught.value.detail()
    assert isinstance(detail, operations.MembersImported)
    assert detail.problem_count == len(detail.problems) > 1
    assert detail.members_result is not None
    assert node.database.read(lambda store: store.count(Member)) == 0
    assert node.audit()[-1].outcome == "D-import-rows"


def test_rows_that_only_the_tree_can_refuse_come_back_the_same_way() -> None:
    node = staff_node()  # without the bodies of the sheet
    with pytest.raises(Rejected) as caught:
        node.ask("干事", "member.import", file=(DEMO_DATA / "origin_members.xlsx").read_bytes())
    detail = caught.value.detail()
    assert isinstance(detail, operations.MembersImported)
    assert "组织树里没有这个党支部" in detail.problems[0].note
    assert node.database.read(lambda store: store.count(Member)) == 0


def test_members_are_listed_by_a_part_of_the_name() -> None:
    origin, _ = offices()
    for number in (1, 2):
        floating(origin, number)

    assert [line.name for line in origin.ask("支部", "member.list", name="乙").members] == ["巴特尔·乙"]
    assert origin.ask("干事", "member.list", name="巴特尔").total == 2
    assert origin.ask("邻支部", "member.list", name="巴特尔").total == 0


def test_of_a_workbook_with_several_sheets_it_is_said_which_was_read_and_which_was_not() -> None:
    (source,) = grids_of((DEMO_DATA / "origin_members.xlsx").read_bytes(), "表")
    old = (("姓名", "党内职务"), ("王芳", "书记"))
    with io.BytesIO() as file:
        book = xlsxwriter.Workbook(file, {"default_date_format": "yyyy-mm-dd"})
        for name, rows in (("旧名册", old), (source.sheet, source.rows), ("空表", ())):
            sheet = book.add_worksheet(name)
            for at, row in enumerate(rows):
                for column, cell in enumerate(row):
                    sheet.write(at, column, f"{cell.year}年{cell.month}月" if isinstance(cell, MonthOnly) else cell)
        book.close()
        data = file.getvalue()
    imported = demo_node().ask("干事", "member.import", file=data)
    assert isinstance(imported, operations.MembersImported)
    told = f"文件里有几张工作表，读的是“{source.sheet}”；没有读：旧名册"
    assert (imported.remarks[0].note, imported.remarks[0].sheet) == (told, source.sheet)
    assert told in [kind.note for kind in imported.remark_kinds]
