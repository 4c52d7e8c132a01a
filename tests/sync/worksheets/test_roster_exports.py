"""Rosters as of a day: who was away, what was on record by then, column for column, with the totals of the lists."""

import io
import zipfile
from typing import Any

from gongguan.node.files.grids import grids_of
from gongguan.sync.cells import Cell
from gongguan.sync.lists import LISTS
from gongguan.sync.persons.rosters import OUTFLOW
from gongguan.sync.sheets.sheets import read
from tests.sync.offices import BRANCH, PLACE, admitted, exchanged, floating, offices, ready, roster_row
from tests.sync.worksheets.exported import rows, sheet

INFLOW = [
    *("序号", "姓名", "性别", "公民身份号码", "编入党组织", "编入党支部/党小组", "原职业", "流入前所在省市县"),
    *("组织关系所在党组织", "流出党支部联系人", "联系电话", "是否持《活动证》", "活动证号", "流入时间", "流入原因"),
    *("入党时间", "人员类别", "现工作单位及岗位", "现居住地", "本人联系方式", "联系责任人", "状态", "离开日期", "备注"),
]
REGISTER = ["本季联系情况", "参加组织生活次数", "党费缴至年月", "积分", "评议等次", "诉求及办理"]


def names(found: list[dict[str, Cell]]) -> list[Cell]:
    return [row["姓名"] for row in found]


def test_an_exported_outflow_roster_is_read_back_as_the_form_that_offices_hand_in() -> None:
    origin, destination = offices(agreed=True)
    admitted(origin, destination)
    floating(origin, 2, roster=roster_row(2, certificate="H-2"))
    grid = sheet(origin, "outflow")
    assert grid.rows[1] == ("序号", *OUTFLOW.headers())
    found = read(OUTFLOW, grid, synthetic=True)
    assert (found.errors, found.unknown_columns) == ((), ("序号",))
    told = {row.name: row for row in found.rows}
    assert (told["巴特尔·乙"].left_on, told["巴特尔·乙"].certificate_number) == ("2026-02-20", "H-1")
    assert (told["巴特尔·乙"].destination_branch, told["巴特尔·乙"].destination_contact) == (
        "临江街道党工委第一党支部",
        "李明",
    )
    (shown,) = [row["流入地"] for row in rows(origin, "outflow") if row["姓名"] == "巴特尔·乙"]
    assert (shown, told["巴特尔·乙"].destination_place) == (f"{PLACE}（临江街道党工委）", PLACE)
    assert (told["巴特尔·丙"].left_on, told["巴特尔·丙"].own_phone) == ("2025-11", "10000000007")
    assert {row.status for row in found.rows} == {"away"}


def test_a_roster_of_a_day_holds_who_was_away_then_and_what_was_known_then() -> None:
    origin, destination = offices(agreed=True)
    subject = admitted(origin, destination)
    destination.ask("干事", "movement.relocate", subject=subject, place="990203", on="2026-02-28")
    exchanged(origin, destination)
    assert rows(origin, "outflow", on="2026-02-19") == []
    (before,) = rows(origin, "outflow", on="2026-02-20")
    assert (before["流入地"], before["流入党支部"]) == (f"{PLACE}（临江街道党工委）", None)
    (later,) = rows(origin, "outflow", on="2026-02-28")
    assert (later["流入地"], later["流入党支部"]) == ("990203", "临江街道党工委第一党支部")
    assert rows(destination, "inflow", on="2026-02-24") == []
    (came,) = rows(destination, "inflow", on="2026-02-25")
    assert (came["流入时间"], came["现居住地"]) == ("2026-02-25", f"{PLACE}（临江街道党工委）")
    origin.ask("干事", "movement.return", subject=subject, ended_on="2026-03-01", reason="returned")
    exchanged(origin, destination)
    (still,) = rows(origin, "outflow", on="2026-02-28")
    assert still == later
    assert names(rows(destination, "inflow", on="2026-02-28")) == ["巴特尔·乙"]
    assert origin.refusal("干事", "roster.outflow", on="2027-01-01") == "D-date-future"


def test_the_inflow_roster_and_the_register_have_their_columns_and_never_an_id_number() -> None:
    origin, destination = offices(agreed=True)
    admitted(origin, destination)
    (row,) = rows(destination, "inflow")
    assert list(row) == INFLOW
    assert (row["公民身份号码"], row["组织关系所在党组织"]) == (None, "第一党支部")
    assert (row["编入党组织"], row["编入党支部/党小组"]) == ("临江街道党工委", "临江街道党工委第一党支部")
    assert (row["人员类别"], row["状态"], row["联系责任人"]) == ("正式党员", "已接收", "李明")
    (kept,) = rows(destination, "register")
    assert [header for header in kept if header not in {*INFLOW, "流出时间"}] == REGISTER


def test_the_register_counts_what_is_known_and_says_where_nothing_is() -> None:
    origin, destination = offices(agreed=True)
    subject = admitted(origin, destination)
    (empty,) = rows(destination, "register")
    assert [empty[name] for name in REGISTER[:4]] == ["本季尚无记录", "不掌握", "不掌握", 0]
    life: dict[str, Any] = {"subject": subject, "activity": "theme_day", "on": "2026-02-27"}
    destination.ask("支部", "entry.life", event="2026-02-ztdr", **life)
    destination.ask("支部", "entry.dues", subject=subject, month="2026-02", paid_on="2026-02-28")
    contact = {"kind": "quarterly", "on": "2026-02-28", "channel": "phone"}
    destination.ask("支部", "contact.record", person=subject, **contact)
    (kept,) = rows(destination, "register")
    assert [kept[name] for name in REGISTER[:3]] == ["1 次，联系到本人 1 次", 1, "2026-02"]
    (before,) = rows(destination, "register", on="2026-02-26")
    assert [before[name] for name in REGISTER[:3]] == ["本季尚无记录", "不掌握", "不掌握"]


def test_register_totals_are_the_open_movements() -> None:
    origin, destination = offices(agreed=True)
    for number in (1, 2, 3):
        admitted(origin, destination, number)
    last = destination.ask("干事", "movement.list").movements[0].subject
    origin.ask("干事", "movement.return", subject=last, ended_on="2026-03-01", reason="returned")
    origin.ask("干事", "departure.notify", member_id=ready(origin, 4))
    exchanged(origin, destination)
    assert destination.ask("干事", "movement.list", state="admitted").total == 2
    destination.node.now = origin.node.now = destination.node.now.replace(day=3)
    assert len(rows(destination, "register")) == len(rows(destination, "inflow")) == 2
    assert names(rows(destination, "register", "邻支部")) == []


def test_a_clerk_exports_the_own_branch_and_no_text_acts_as_a_formula() -> None:
    origin, _ = offices(agreed=True)
    floating(origin, 1, BRANCH, roster_row(1, place="=HYPERLINK(1)"))
    floating(origin, 2, "990102", roster_row(2))
    (row,) = rows(origin, "outflow", "支部")
    assert row["流入地"] == "'=HYPERLINK(1)"
    assert origin.refusal("只读", "roster.outflow") == "A-role"
    data = origin.ask("支部", "roster.outflow").file
    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        assert b"<f>" not in parts.read("xl/worksheets/sheet1.xml")
    assert "away" in LISTS["outflow_status"]


def test_the_feedback_of_a_quarter_is_exported_in_chinese_and_an_unknown_count_stays_empty() -> None:
    origin, destination = offices(agreed=True)
    subject = admitted(origin, destination)
    destination.ask("支部", "feedback.give", subject=subject, quarter="2026Q1", conduct="good", contacts_made=2)
    exchanged(origin, destination)
    for office in (origin, destination):
        (grid,) = grids_of(office.ask("干事", "feedback.export", quarter="2026Q1").file, "表")
        (row,) = [dict(zip(map(str, grid.rows[1]), cells, strict=True)) for cells in grid.rows[2:]]
        assert (row["姓名"], row["现实表现"], row["联系次数"]) == ("巴特尔·乙", "表现好", 2)
        assert row["志愿服务次数"] is None


def test_where_a_member_lives_is_said_with_the_committee_of_that_region_where_it_is_known() -> None:
    origin, destination = offices(agreed=True)
    subject = admitted(origin, destination)
    destination.ask("干事", "movement.relocate", subject=subject, place=PLACE, on="2026-02-26")
    (line,) = rows(destination, "register", on="2026-02-26")
    assert line["现居住地"] == f"{PLACE}（临江街道党工委）"
    destination.ask("干事", "movement.relocate", subject=subject, place="990777", on="2026-02-28")
    (line,) = rows(destination, "register", on="2026-02-28")
    assert line["现居住地"] == "990777"
