"""Daily work at a terminal: Chinese names, questions for what is missing, members by name, a console in GBK."""

import ast
import io
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from gongguan.cli import locale
from gongguan.cli.asking import agrees, pick
from gongguan.cli.commands import ROOT, Settings
from gongguan.cli.daily import DAILY, EXAMPLES
from gongguan.cli.moments import Moment
from gongguan.cli.output import addressed, failure
from gongguan.cli.persons import PERSON_FIELDS, parted
from gongguan.node.operations import every
from gongguan.protocol.errors import refuse
from gongguan.protocol.errors.codes import CODES
from gongguan.sync.label import MomentKind
from gongguan.sync.labels import labels_of
from gongguan.sync.shared.finding import FOUND_MAX
from tests.cli.machine import Desk, desk, run
from tests.cli.terminal import converse_with
from tests.staff_node import DEMO_DATA

__all__ = ["desk"]


def converse(desk: Desk, words: list[str], *answers: str) -> str:
    """What a person sees at a terminal who types ``answers``, one whenever the command waits for one."""
    return converse_with({"GONGGUAN_DATA": str(desk.folder), "GONGGUAN_HOME": str(desk.home)}, words, *answers)


@pytest.fixture(scope="module")
def rosters(desk: Desk, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """The desk with the demonstration's bodies and members; the officer is logged in."""
    desk.login("干事")
    folder = tmp_path_factory.mktemp("sheets")
    for name in ("origin_bodies.xlsx", "origin_members.xlsx"):
        desk.answer("交表", shutil.copy(str(DEMO_DATA / name), str(folder)))
    return desk


def command_of(words: list[str]) -> tuple[click.Command, list[str]]:
    """The command that a line means, and what stands behind it."""
    group: click.Command = ROOT
    context = click.Context(ROOT, obj=Settings())
    rest = list(words)
    while isinstance(group, click.Group):
        found = group.get_command(context, rest.pop(0))
        assert found is not None, words
        group = found
    return group, rest


def test_every_daily_name_is_a_command_and_every_example_is_written_as_its_command_takes_it() -> None:
    for name, row in DAILY.items():
        assert command_of([name])[0].name == command_of(list(row.words))[0].name
    for operation, lines in EXAMPLES.items():
        for line in lines:
            program, *words = shlex.split(line)
            command, rest = command_of(words)
            assert program == "gongguan"
            assert command.name in {every()[operation].tail, every()[operation].family}
            if rest:
                command.make_context(command.name, rest, obj=Settings())


def test_help_names_what_is_done_daily_and_shows_an_example_in_chinese() -> None:
    told = run("--help").stdout
    assert "今天" in told
    assert "退出码" in told
    told = run("党费", "--help").stdout
    assert "例如：" in told
    assert "gongguan 党费 2026-11 --paid-on 2026-11-20" in told


def test_english_help_shows_its_examples_with_english_commands_and_codes() -> None:
    told = run("contact", "record", "--help", GONGGUAN_LANG="en").stdout
    assert "gongguan contact record 巴特尔 --kind quarterly --on 2026-11-18 --channel phone" in told
    told = run("dues", "enter", "--help", GONGGUAN_LANG="en").stdout
    assert "gongguan dues enter 2026-11" in told and "党费" not in told


def test_who_paid_is_asked_for_where_nobody_was_named(rosters: Desk) -> None:
    name = rosters.answer("member", "list", "--floating", "--limit", "1")["members"][0]["name"]
    told = converse(rosters, ["党费", "2026-11", "--paid-on", "2026-11-20", "--dry-run"], name)
    assert "姓名、其中几个字或拼音首字母" in told
    assert "试办，什么都没有登记" in told


def test_where_a_screen_holds_everybody_they_are_listed_and_chosen_by_their_numbers(rosters: Desk) -> None:
    rosters.login("支部")
    people = rosters.answer("person", "find", "", "--need", "流动党员", "--as", "支部")["people"]
    rosters.login("干事")
    assert 1 <= len(people) <= 20
    words = ["党费", "2026-11", "--paid-on", "2026-11-20", "--dry-run", "--as", "支部"]
    told = converse(rosters, words, "99", "1")
    assert all(f"  {number}  {person['name']}" in told for number, person in enumerate(people, 1))
    assert f"请输入前面的号码，1 到 {len(people)}" in told
    assert "试办，什么都没有登记" in told


def test_what_is_due_is_listed_with_the_chinese_command_and_the_name_and_no_number(rosters: Desk) -> None:
    told = rosters.run("今天").stdout
    assert "gongguan" in told and "怎么办" in told
    assert not re.search("[0-9a-f]{32}", told)


def test_what_is_missing_is_asked_for_at_a_terminal_with_numbers_to_choose_from(rosters: Desk) -> None:
    name = rosters.answer("member", "list", "--limit", "1")["members"][0]["name"]
    words = ["外出", "--destination-place", "990107", "--left-on", "2026-11-10", "--dry-run"]
    told = converse(rosters, words, name, "1")
    assert "姓名、其中几个字或拼音首字母" in told
    assert re.search(r"1  外出务工经商", told)
    assert f"→ {name}" in told
    assert "试办，什么都没有登记" in told
    assert rosters.answer("departure", "list")["departures"] == []


def test_on_a_screen_of_eighty_signs_an_id_is_not_broken(rosters: Desk) -> None:
    listed = rosters.answer("member", "list", "--limit", "3")["members"]
    told = converse(rosters, ["member", "list", "--limit", "3"])
    for member in listed:
        assert re.search(rf"^ {member['member_id'][:8]} ", told, re.MULTILINE)


def test_a_certificate_is_asked_for_where_somebody_is_taken_in_and_may_be_left_out(rosters: Desk) -> None:
    words = ["报到", "f" * 32, "--managing-body", "无", "--arrived-on", "2026-11-01", "--contact-officer", "李明"]
    told = converse(rosters, [*words, "--contact-phone", "10000000001"], "")
    assert "出示的活动证号（没有就直接回车）" in told
    assert "代码：" in told and "S-request" not in told


def test_the_body_that_somebody_is_put_into_is_chosen_from_a_list_at_once(rosters: Desk) -> None:
    words = ["报到", "f" * 32, "--arrived-on", "2026-11-01", "--contact-officer", "李明", "--dry-run"]
    told = converse(rosters, [*words, "--contact-phone", "10000000001"], "云港支部", "三棵树", "")
    assert re.search(r"^  \d+  双榆村党支部\r?$", told, re.MULTILINE)
    assert told.count("请输入前面的号码") == 1
    assert "编入的党组织" in told and "D-body" not in told


def test_a_question_is_answered_by_yes_and_no_in_either_language(monkeypatch: pytest.MonkeyPatch) -> None:
    for given, meant in (("是", True), ("Y", True), ("否", False), ("", True), ("也许\n不", False)):
        monkeypatch.setattr(sys, "stdin", io.StringIO(f"{given}\n"))
        assert agrees("好吗？", default=True) is meant


def test_without_a_terminal_a_missing_argument_is_wrong_usage_and_nobody_is_asked(rosters: Desk) -> None:
    done = rosters.run("党费")
    assert done.returncode == 2
    assert "MONTH" in done.stderr
    done = rosters.run("外出", "某人", "--left-on", "2026-11-10", "--destination-place", "990107")
    assert "外出原因，可填：外出务工经商、" in done.stderr


def test_an_answer_that_cannot_be_read_is_asked_for_again_at_once(rosters: Desk) -> None:
    name = rosters.answer("member", "list", "--limit", "1")["members"][0]["name"]
    words = ["外出", "--destination-place", "990107", "--dry-run"]
    told = converse(rosters, words, "查无此人", name, "昨天", "2026.11.10", "9", "1")
    assert told.index("没有找到这名党员：查无此人") < told.index("外出日期")
    assert "看不懂" in told
    assert "请输入前面的号码，1 到 8" in told
    assert "试办，什么都没有登记" in told


def test_names_joined_as_chinese_joins_them_are_several_people_and_a_space_stays_in_a_name() -> None:
    assert parted("吕建国、王芳，买买提 艾力") == ["吕建国", "王芳", "买买提 艾力"]
    assert parted("巴特尔") == ["巴特尔"]


@pytest.mark.parametrize(
    ("kind", "written", "meant"),
    [
        ("day", "2026.11.18", "2026-11-18"),
        ("day", "2026年11月18日", "2026-11-18"),
        ("day", "２０２６/11/8", "2026-11-08"),
        ("month", "2026年3月", "2026-03"),
        ("quarter", "2026年第四季度", "2026Q4"),
        ("quarter", "2026年3季度", "2026Q3"),
        ("quarter", "2026q1", "2026Q1"),
    ],
)
def test_days_months_and_quarters_are_read_as_people_write_them(kind: MomentKind, written: str, meant: str) -> None:
    assert Moment(kind).convert(written, None, None) == meant


@pytest.mark.parametrize(
    ("kind", "written"),
    [("day", "11月18日"), ("day", "昨天"), ("month", "11月"), ("month", "2026-11-18"), ("quarter", "四季度")],
)
def test_a_year_is_never_guessed(kind: MomentKind, written: str) -> None:
    with pytest.raises(click.UsageError, match=written):
        Moment(kind).convert(written, None, None)


@pytest.mark.parametrize("written", ["2026-13", "月", "2026年11月18日"])
def test_a_month_that_cannot_be_read_is_answered_with_a_month_as_the_example(written: str) -> None:
    with pytest.raises(click.UsageError, match=r"写成 2026-11$"):
        Moment("month").convert(written, None, None)


def test_a_name_typed_with_the_command_is_looked_up_before_anything_is_asked(rosters: Desk) -> None:
    told = converse(rosters, ["外出", "查无此人"])
    assert "姓名：查无此人" in told
    assert "外出日期" not in told


def test_a_name_that_fits_nobody_is_said_and_of_a_member_who_is_not_away_what_comes_first(rosters: Desk) -> None:
    done = rosters.run("党费", "2026-11", "--paid-on", "2026-11-20", "--people", "查无此人、另一人")
    assert "姓名：查无此人" in done.stderr
    members = rosters.answer("member", "list", "--limit", "1000")["members"]
    here = next(one["name"] for one in members if not one["floating"])
    done = rosters.run("联系", here, "--kind", "季度联系", "--on", "2026-11-18", "--channel", "电话")
    assert "没有登记外出" in done.stderr
    assert f"姓名：{here}" in done.stderr


def test_whom_a_part_of_a_name_was_taken_for_is_said(rosters: Desk) -> None:
    names = [one["name"] for one in rosters.answer("member", "list", "--limit", "1000")["members"]]
    parts = [(name, part) for name in names for part in (name[:-1], name[1:])]
    name, part = next((name, part) for name, part in parts if sum(part in other for other in names) == 1)
    left = ["--left-on", "2026-11-10", "--destination-place", "990107", "--reason", "外出务工经商"]
    done = rosters.run("外出", part, *left, "--dry-run")
    assert f"{part} → {name}" in done.stderr
    assert f"已登记{name}的外出报告" in done.stdout


def test_a_line_of_a_menu_is_chosen_by_its_number_its_words_another_name_or_a_part_of_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lines, others = ["季度定期联系", "地点变更联系", "支部上门家访"], [("季度联系",), (), ()]

    def chosen(*typed: str) -> int:
        monkeypatch.setattr("sys.stdin", io.StringIO("".join(f"{line}\n" for line in typed)))
        return pick("联系类别", lines, others)

    assert [chosen(typed) for typed in ("2", "季度联系", "支部上门家访", "家访")] == [1, 0, 2, 2]
    assert chosen("联系", "9", "地点") == 1


def test_every_day_month_and_quarter_of_a_request_is_known_as_one() -> None:
    labels = [label for operation in every().values() for label in labels_of(operation.request)]
    moments = {(label.name, label.moment) for label in labels if label.form == "text"}
    named = {(name, moment) for name, moment in moments if name == "on" or name.endswith("_on") or name == "month"}
    assert named
    assert {moment for name, moment in named if name != "month"} == {"day", "day_or_month"}
    assert {moment for name, moment in named if name == "month"} == {"month"}
    assert ("quarter", "quarter") in moments


def test_a_login_without_a_name_says_that_the_name_is_missing(desk: Desk, tmp_path: Path) -> None:
    done = run("login", GONGGUAN_DATA=str(desk.folder), GONGGUAN_HOME=str(tmp_path))
    assert done.returncode == 2
    assert "gongguan login 姓名" in done.stderr


def test_a_member_is_shown_by_name_and_namesakes_are_listed_and_not_guessed(rosters: Desk) -> None:
    members = rosters.answer("member", "list", "--limit", "1000")["members"]
    first = Counter(one["name"][0] for one in members).most_common(1)[0][0]
    shown = [one for one in members if one["name"].startswith(first)]
    alone = next(one for one in members if sum(one["name"] in other["name"] for other in members) == 1)
    assert rosters.answer("member", "show", alone["name"])["member_id"] == alone["member_id"]
    done = rosters.run("member", "show", first)
    assert done.returncode == 1
    assert sum(one["member_id"] in done.stderr for one in shown) == min(len(shown), FOUND_MAX) > 1
    assert "不能替您选" in done.stderr
    assert json.loads(rosters.run("member", "show", "查无此人", "--json").stderr)["code"] == "D-person-unknown"
    chosen = converse(rosters, ["member", "show", first], "1")
    assert "哪一位" in chosen
    assert "公民身份号码" in chosen


def test_a_dry_run_of_a_sheet_says_what_it_would_do_and_leaves_everything_as_it_was(rosters: Desk) -> None:
    before = rosters.answer("body", "list")["bodies"]
    done = rosters.run(
        "交表",
        "/dev/stdin",
        "--dry-run",
        given="代码,全称,类别,上级\n990521,旗委,党委,\n99052109,新支部,党支部,990521\n",
    )
    assert done.returncode == 0, done.stderr
    assert "试办" in done.stderr
    assert "认出的表：党组织信息表" in done.stdout
    assert rosters.answer("body", "list")["bodies"] == before


def test_a_console_that_speaks_gbk_gets_gbk_and_of_a_rare_character_the_printers_mark_and_where_it_is_whole(
    rosters: Desk,
) -> None:
    places = {"GONGGUAN_DATA": str(rosters.folder), "GONGGUAN_HOME": str(rosters.home), "PYTHONIOENCODING": "gbk"}
    for words in (["--help"], ["member", "list", "--limit", "1000"], ["member", "list", "--json"], ["𠮷"]):
        done = subprocess.run(
            [sys.executable, "-m", "gongguan.cli", *words],
            capture_output=True,
            env={**os.environ, **places},
            check=False,
        )
        assert b"Traceback" not in done.stderr
        assert done.returncode in {0, 2}
        (done.stdout + done.stderr).decode("gbk")
    told = done.stderr.decode("gbk")
    assert "〓" in told and "\\U" not in told
    assert told.rstrip().splitlines()[-1].startswith("有 1 个字这个窗口显示不出，以〓代替。看全字：")


def test_a_completion_script_is_printed_and_completes_commands() -> None:
    assert "_gongguan_completion" in run("completion", "bash").stdout
    words = {"_GONGGUAN_COMPLETE": "bash_complete", "COMP_WORDS": "gongguan mem", "COMP_CWORD": "1"}
    assert "plain,member" in run(**words).stdout


def test_whatever_names_a_member_holds_text_so_that_a_name_can_stand_for_the_id() -> None:
    named = [label for row in every().values() for label in labels_of(row.request) if label.name in PERSON_FIELDS]
    assert {label.form for label in named} == {"text", "texts"}


def test_a_command_that_the_partner_types_does_not_bear_our_folder() -> None:
    ours = Settings(data="here")
    text = "现在请对方核实身份（gongguan movement show 编号）；答复后查看：gongguan movement list"
    assert addressed(text, ours) == (
        "现在请对方核实身份（gongguan movement show 编号）；答复后查看：gongguan movement list --data here"
    )


@pytest.mark.parametrize(("spoken", "shown"), [("zh", "gongguan 交表 文件"), ("en", "gongguan sheet take 文件")])
def test_chinese_hints_name_the_chinese_commands(spoken: str, shown: str) -> None:
    before = locale.language()
    locale.use(spoken)
    try:
        assert addressed("gongguan sheet take 文件") == shown
    finally:
        locale.use(before)


def test_what_chinese_sentences_say_to_type_begins_with_gongguan() -> None:
    commands = sorted((f"{row.family} {row.tail}" for row in every().values()), key=len, reverse=True)
    bare = re.compile(rf"(?<!gongguan )(?<![\w-])(?:{'|'.join(map(re.escape, commands))})(?![\w-])", re.ASCII)
    assert {name: found[0] for name, text in sentences() if (found := bare.search(text))} == {}


def test_every_command_that_a_sentence_names_is_there() -> None:
    named = re.compile(r"(?<![\w-])gongguan ([a-z][a-z-]*)(?: ([a-z][a-z-]*))?", re.ASCII)
    context = click.Context(ROOT, obj=Settings())

    def is_there(family: str, tail: str) -> bool:
        command = ROOT.get_command(context, family)
        if command is None or not tail or not isinstance(command, click.Group):
            return command is not None
        return command.get_command(context, tail) is not None

    wrong = {
        (where, found[0])
        for where, text in sentences()
        for found in named.finditer(text)
        if not is_there(*found.groups(""))
    }
    assert wrong == set()


def sentences() -> Iterator[tuple[str, str]]:
    """Every Chinese sentence of refusals, and of all that the sources say in two languages, with where it stands."""
    for name, code in CODES.items():
        yield name, f"{code.zh}。{code.next_zh}"
    for path in sorted(path for folder in ("node", "cli") for path in Path(folder).rglob("*.py")):
        for call in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "Said" and call.args:
                said = call.args[0]
                if isinstance(said, ast.Constant):
                    yield f"{path}:{call.lineno}", str(said.value)


def test_codes_in_a_refusal_are_said_in_chinese(capsys: pytest.CaptureFixture[str]) -> None:
    failure(refuse("D-movement-state", state="ended"), as_json=False)
    failure(refuse("A-role", operation="member.import", role="reader", allowed=["secretary"]), as_json=False)
    failure(refuse("D-contact-side", kind="home_visit"), as_json=False)
    told = capsys.readouterr().err
    assert "状态：已结束" in told
    assert "操作：导入" in told
    assert "种类：支部上门家访" in told
    assert not re.search("ended|member|home_visit", told)


def test_a_trial_names_no_number_that_the_act_will_not_have(rosters: Desk) -> None:
    name = rosters.answer("member", "list", "--floating", "--limit", "1")["members"][0]["name"]
    done = rosters.run("联系", name, "--kind", "季度联系", "--on", "2026-11-18", "--channel", "电话", "--dry-run")
    assert f"已登记与{name}的联系（办理后才有）" in done.stdout, done.stderr


def test_an_empty_sheet_for_nobody_says_so_and_only_sheets_that_one_fills_in_are_offered(
    rosters: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert "一个人也没有" in rosters.run("取表", "参加情况回执").stdout
    refused = rosters.run("取表", "考勤").stderr
    assert "联系走访登记表" in refused
    assert "回执" not in refused
