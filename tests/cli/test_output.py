"""What a partner writes, or who names a file, is shown and never obeyed by the terminal."""

import ast
import re
from pathlib import Path

import msgspec
import pytest

import gongguan.sync
from gongguan.cli import output, tables
from gongguan.cli.commands import Settings, bundle
from gongguan.cli.commands.generated import read_file
from gongguan.cli.facts import FACTS
from gongguan.cli.operations import family, record_of
from gongguan.cli.readable import HIDDEN, visible
from gongguan.node.operations import every
from gongguan.node.operations.peer import PeerState
from gongguan.node.operations.sheet import BatchesListed
from gongguan.node.peers.courier import FilesTaken, FileTaken
from gongguan.protocol.errors import refuse
from gongguan.protocol.errors.codes import CODES
from gongguan.sync.due.due import TodayListed
from gongguan.sync.shared.finding import PeopleFound, PersonLine
from tests.refusals import refusal
from tests.sync.offices import admitted, exchanged, offices

STEERS = "通知\x1b[2J\x1b]0;已办结\x07\r\u202egpj.\u200b好"
"""Clears the screen, renames the window, goes back in the line, reverses what follows, and hides a sign."""
SHOWN = r"通知\u001b[2J\u001b]0;已办结\u0007\u000d\u202egpj.\u200b好"


def test_marks_that_steer_a_terminal_are_shown_by_their_numbers_in_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    output.tables_of(FilesTaken(files=[FileTaken(file=STEERS, outcome="foreign")]))
    told = capsys.readouterr().out
    assert SHOWN in told
    assert not HIDDEN.search(told)


def test_they_are_shown_by_their_numbers_in_a_refusal_too(capsys: pytest.CaptureFixture[str]) -> None:
    output.failure(refuse("D-file-missing", file=STEERS), as_json=False)
    told = capsys.readouterr().err
    assert SHOWN in told
    assert not HIDDEN.search(told)


def test_the_name_of_a_file_is_one_line_whatever_is_in_it(capsys: pytest.CaptureFixture[str]) -> None:
    forged = "照片.jpg\n 发来.gongguan  新内容"
    output.tables_of(FilesTaken(files=[FileTaken(file=forged, outcome="foreign")]))
    output.failure(refuse("D-file-missing", file=forged), as_json=False)
    output.failure(refuse("I-folder-not-writable", folder=forged), as_json=False)
    told = capsys.readouterr()
    for text, times in ((told.out, 1), (told.err, 2)):
        assert text.count(r"照片.jpg\u000a 发来.gongguan  新内容") == times


def test_writing_of_minorities_and_several_lines_stay_as_they_are() -> None:
    for text in ("ᠮᠣᠩᠭᠣᠯ\u180b ᠪᠢᠴᠢᠭ", "ئۇيغۇرچە خەت", "བོད་ཡིག", "第一行\n第二行", "党\u200d员"):
        assert visible(text) == text


def test_a_list_with_nobody_in_it_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    output.answer(family("sheet")["sheet.batches"], record_of(BatchesListed(batches=[])), None, as_json=False)
    assert capsys.readouterr().out.startswith("批次：没有\n")


def line_of(name: str | None, number: str) -> PersonLine:
    return PersonLine(name=name or "", body="", peer="", state=None, id=number)


def test_ids_are_shown_by_as_much_of_them_as_tells_them_apart(capsys: pytest.CaptureFixture[str]) -> None:
    alike = ["12345678" + "0" * 24, "12345678" + "1" * 24]
    for ids, shown in (
        ([alike[0], "f" * 32], ["12345678\n", "ffffffff\n"]),
        (alike, ["123456780000\n", "123456781111\n"]),
    ):
        output.tables_of(PeopleFound(total=2, people=[line_of("巴特尔", one) for one in ids]))
        told = capsys.readouterr().out
        assert all(one in told for one in shown) and not any(one in told for one in ids)


def test_what_the_system_says_of_a_file_is_said_in_chinese(capsys: pytest.CaptureFixture[str]) -> None:
    output.failure(refuse("I-backup", file="a", problem="Permission denied"), as_json=False)
    assert "问题：没有权限" in capsys.readouterr().err


def test_a_reason_that_the_refusal_says_already_is_not_said_twice(capsys: pytest.CaptureFixture[str]) -> None:
    output.failure(refuse("T-unreachable", because="T-unreachable"), as_json=False)
    assert capsys.readouterr().err.count(CODES["T-unreachable"].zh) == 1


def test_every_fact_of_a_refusal_that_clerks_meet_has_a_chinese_name() -> None:
    strange = set()
    for path in Path(gongguan.sync.__file__).parent.rglob("*.py"):
        for call in ast.walk(ast.parse(path.read_text())):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "refuse":
                code = call.args[0].value if call.args and isinstance(call.args[0], ast.Constant) else ""
                if str(code).startswith(("D-", "A-")):
                    strange |= {word.arg for word in call.keywords if word.arg} - FACTS.keys() - {"because"}
    assert strange == set()


def test_no_sentence_of_a_refusal_holds_a_place_that_nobody_fills() -> None:
    assert [name for name, code in CODES.items() if any("{" in str(text) for text in code[:4])] == []


def test_receipts_alone_are_not_answered_by_another_file(capsys: pytest.CaptureFixture[str]) -> None:
    brought = {1: "把回执交给对方", 0: "不用再带文件"}
    for messages, said in brought.items():
        taken = FileTaken(file="a", outcome="new", new_messages=messages, new_receipts=1)
        bundle.show(Settings(), [taken], only_tried=False)
        assert said in capsys.readouterr().out


def test_a_folder_and_what_an_open_workbook_leaves_beside_it_are_called_by_their_names(tmp_path: Path) -> None:
    (tmp_path / "~$表.xlsx").write_bytes(b"x")
    for path, code in ((tmp_path, "D-file-folder"), (tmp_path / "~$表.xlsx", "D-file-lock")):
        assert refusal(lambda path=path: read_file(path)) == code


def test_what_comes_next_fits_where_things_stand() -> None:
    paired = PeerState(peer="k", title="市委", state="active", officer="林", replaces=None, expires_at="")
    waiting = msgspec.structs.replace(paired, state="confirmed_here")
    assert [hint("peer.confirm", answer) for answer in (paired, waiting)] == ["接着签共管协议", "双方都签署后生效"]
    nothing = TodayListed(day="2026-11-30", total=0, overdue=0, lines=[])
    assert hint("today.list", nothing) == "现在没有应办的事"


def hint(name: str, answer: msgspec.Struct) -> str:
    told = every()[name].told(answer).hint
    assert told is not None
    return re.split("[，；]", told.zh)[0]


def test_where_room_is_short_words_are_broken_and_days_and_numbers_are_not() -> None:
    rows = [["2026-11-30 01:16", "季度定期联系", "敖包图嘎查党支部委员会在澜江市的流动党员", "8"]]
    widths = [16, 12, 40, 1]
    assert tables.unbroken(rows, widths, 60) == {0, 1, 3}
    assert tables.unbroken(rows, widths, 40) == {0, 3}
    assert tables.heading("现在地点（区划代码）", 8) == "现在地点\n（区划代\n码）"
    assert tables.heading("messages without receipt", 8) == "messages\nwithout\nreceipt"


def test_rows_inside_a_record_and_inside_a_cell_are_said_and_not_shown_as_the_program_holds_them(
    capsys: pytest.CaptureFixture[str],
) -> None:
    origin, destination = offices(agreed=True)
    subject = admitted(origin, destination)
    for office, points in ((origin, 1), (destination, 2)):
        deed = {"year": 2026, "rule": "volunteering", "event": "trees", "on": "2026-02-27", "points": points}
        office.ask("干事", "score.contribute", subject=subject, **deed)
    exchanged(origin, destination)
    (line,) = origin.ask("干事", "conflict.list").conflicts
    found = record_of(origin.ask("干事", "conflict.list"))
    output.answer(family("conflict")["conflict.list"], found, None, as_json=False)
    told = capsys.readouterr().out
    assert all(f"{one.id[:8]} " in told for one in line.candidates) and "暂按此计" in told
    shown = record_of(origin.ask("干事", "score.show", subject=subject, year=2026))
    output.answer(family("score")["score.show"], shown, None, as_json=False)
    told += capsys.readouterr().out
    assert "志愿服务" in told and "按月掌握情况" in told
    assert not re.search(r"Line\(|Entry\(|Total\(|='", told)


def test_a_table_is_as_wide_as_its_console_and_nothing_of_it_is_lost() -> None:
    rows = [
        ["2026-11-30", "敖包图嘎查党支部委员会在澜江市的流动党员\n另一行", "gongguan movement show 编号"],
        ["", "𠮷", "e\u0301"],
    ]
    for room in (20, 40, 60, 120):
        told = tables.lines("流动党员", ["日期", "说明", "what to type"], rows, room)
        assert told[:2] == ["流动党员", ""] and told[-1] == ""
        assert max(map(tables.cells, told)) <= room
        seen = "".join(told[2:]).replace(" ", "")
        for text in ("".join(row).replace(" ", "").replace("\n", "") for row in rows):
            assert not set(text) - set(seen)
    assert tables.lines("人员", ["姓名", "角色"], [["乌云", "干事"], ["巴特尔", ""]], 80) == [
        "人员",
        "",
        " 姓名    角色",
        " ────────────",
        " 乌云    干事",
        " 巴特尔",
        "",
    ]


def test_words_are_kept_whole_where_there_is_room_for_them() -> None:
    told = tables.lines("t", ["why"], [["messages without a receipt of the partner"]], 20)
    assert told[4:-1] == [" messages without", " a receipt of the", " partner"]
    digits = "0123456789" * 3
    assert "".join(tables.lines("t", ["id"], [[digits]], 12)[4:]).replace(" ", "") == digits
