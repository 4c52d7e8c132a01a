"""The command ``gongguan`` as a process, against a node in another process."""

import json
import re
import shutil
import stat
import subprocess
import sys
from datetime import datetime, timedelta
from importlib.metadata import version
from pathlib import Path

from gongguan.cli.commands.generated import command_of
from gongguan.cli.operations import family
from tests.cli.machine import Desk, desk, run
from tests.staff_node import DEMO_DATA, NORTH_BRANCH, PASSWORD

__all__ = ["desk"]

HEAVY = ("aiohttp", "sqlalchemy", "alembic", "xlsxwriter", "cryptography", "python_calamine", "apscheduler")


def test_help_loads_none_of_the_heavy_libraries() -> None:
    program = (
        "import sys\nfrom gongguan.cli.__main__ import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit as end:\n    assert end.code == 0\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"


RUNNING = ("gongguan.sync.exchange.logbook", "gongguan.sync.exchange.exchange", "gongguan.node.database.database")
"""What only a node needs, with all that it loads."""
KEYS = "cryptography"
"""Loaded where terms or notes are named."""
LOAD_MUCH = ("letter", "sheet")
"""Families whose rows name what is entered of partners without a node, and with that a log."""


def test_a_command_loads_what_it_names_and_not_what_the_node_does() -> None:
    program = (
        "import sys\nfrom gongguan.node.operations import FAMILIES, family\n"
        "import gongguan.cli.client, gongguan.cli.output, gongguan.cli.commands.generated\n"
        f"print([name for name in FAMILIES if name not in {LOAD_MUCH!r} and family(name) and "
        f"any(one in sys.modules for one in {(*HEAVY, *RUNNING)!r} if one != {KEYS!r})])\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_duty_list_is_asked_for_without_all_that_is_due() -> None:
    program = "import sys, gongguan.node.operations.duty\nprint('gongguan.sync.due.due' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_help_is_chinese_unless_english_is_asked_for() -> None:
    assert "选项" in run("--help").stdout
    for done in (run("--lang", "en", "--help"), run("--help", GONGGUAN_LANG="en"), run("--help", LANG="en_US.UTF-8")):
        assert "Options" in done.stdout
        assert done.stdout.isascii()
    assert "Roles that may: organisation officer" in run("--lang", "en", "body", "import", "--help").stdout


def test_a_reader_that_wants_no_more_of_an_answer_is_no_error() -> None:
    program = (
        "import os, sys\nreading, writing = os.pipe()\nos.close(reading)\nos.dup2(writing, 1)\n"
        "from gongguan.cli.__main__ import main\nmain(['member', 'list', '--help'])"
    )
    done = run(program=program)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_version_is_that_of_the_package() -> None:
    assert run("--version").stdout == f"gongguan {version('gongguan')}\n"


def test_every_command_has_its_help() -> None:
    for words in (
        ("staff", "add"),
        ("body", "list"),
        ("member", "show"),
        ("audit", "verify"),
        ("login",),
        ("password",),
    ):
        done = run(*words, "--help")
        assert done.returncode == 0
        assert "--help" in done.stdout


def test_several_values_of_one_argument_reach_the_node(desk: Desk) -> None:
    desk.login("干事")
    event = ("--event", "2026-11-ztdr", "--activity", "主题党日", "--on", "2026-11-18")
    told = json.loads(desk.run("entry", "life-all", "a" * 32, "b" * 32, *event, "--json").stderr)
    assert told["code"] == "D-subject-unknown"
    assert run("entry", "life-all", *event).returncode == 2


def test_several_codes_are_understood_by_their_chinese_labels_too() -> None:
    command = command_of(family("probation")["probation.opinion"])
    given = ["--reasons", "认真履行党员义务", "--reasons", "dues_unpaid"]
    rest = ["--opinion", "同意按期转正", "--on", "2026-06-10", "--signed-by", "李明", "--document", "意见.pdf"]

    read = command.make_context("opinion", ["ab" * 16, *given, *rest]).params

    assert (read["opinion"], tuple(read["reasons"])) == ("on_time", ("fulfils_duties", "dues_unpaid"))


def test_help_shows_a_default_in_words_and_none_where_it_is_empty() -> None:
    told = run("entry", "life", "--help").stdout
    assert "默认 已参加" in told
    assert "confirmed" not in told
    for words in (("departure", "notify"), ("reconcile", "run"), ("member", "list"), ("agreement", "draft")):
        told = run(*words, "--help").stdout
        assert "默认 ）" not in told
        assert "False" not in told


def test_wrong_usage_ends_with_two_and_says_where_to_look() -> None:
    done = run("staff", "add")
    assert done.returncode == 2
    assert "运行 gongguan staff add --help 查看写法" in done.stderr
    told = json.loads(run("no-such", "--json").stderr)
    assert told["code"] == "usage"


def test_a_node_that_does_not_run_ends_with_three_and_says_how_to_start_it(tmp_path: Path) -> None:
    done = run("body", "list", "--data", str(tmp_path))
    assert done.returncode == 3
    assert "这个文件夹里没有节点" in done.stderr and "gongguan setup" in done.stderr
    (tmp_path / "gongguan.toml").write_text("")
    done = run("body", "list", "--data", str(tmp_path))
    assert done.returncode == 3
    assert "gongguan serve" in done.stderr
    (tmp_path / "staff-api.json").write_text('{"url": "http://127.0.0.1:1", "node_id": "a"}')
    assert run("login", "王芳", "--data", str(tmp_path), GONGGUAN_PASSWORD="x").returncode == 3


def test_the_next_step_names_the_folder_that_was_given(tmp_path: Path) -> None:
    (tmp_path / "gongguan.toml").write_text("")
    done = run("body", "list", "--data", str(tmp_path))
    assert f"先启动：gongguan serve --data {tmp_path}；" in done.stderr
    done = run("body", "list", GONGGUAN_DATA=str(tmp_path))
    assert "先启动：gongguan serve" in done.stderr


def test_an_account_that_cannot_read_the_folder_works_by_the_address_of_the_node(desk: Desk, tmp_path: Path) -> None:
    url = json.loads((desk.folder / "staff-api.json").read_text())["url"]
    at = ("--node", url, "--data", str(tmp_path / "closed"))
    home = {"GONGGUAN_HOME": str(tmp_path / "home")}
    assert run("login", "书记", *at, GONGGUAN_PASSWORD=PASSWORD, **home).returncode == 0
    assert json.loads(run("whoami", "--json", *at, **home).stdout)["name"] == "书记"
    assert f"gongguan login --node {url}" in run("--as", "没有登录的人", "whoami", "--node", url, **home).stderr
    for wrong in ("http://192.0.2.1:80", "https://127.0.0.1:80/x", "127.0.0.1", "http://127.0.0.1:x"):
        told = json.loads(run("whoami", "--json", "--node", wrong, **home).stderr)
        assert told["code"] == "T-node-answer"
    assert run("whoami", "--node", "http://127.0.0.1:1", **home).returncode == 3


def test_a_token_is_never_sent_to_another_machine(tmp_path: Path) -> None:
    (tmp_path / "staff-api.json").write_text('{"url": "http://192.0.2.1:80", "node_id": "a"}')
    told = json.loads(run("body", "list", "--data", str(tmp_path), "--json").stderr)
    assert told["code"] == "T-node-answer"


def test_without_login_the_command_says_to_log_in(desk: Desk, tmp_path: Path) -> None:
    done = Desk(desk.folder, tmp_path).run("body", "list")
    assert done.returncode == 1
    assert "gongguan login" in done.stderr


def test_a_login_is_kept_for_its_owner_only_and_never_shown(desk: Desk) -> None:
    done = desk.run("login", "书记", GONGGUAN_PASSWORD=PASSWORD)
    assert done.returncode == 0
    assert "已登录：书记（书记）" in done.stdout
    kept = list(desk.home.rglob("*.json"))
    assert kept
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in kept)
    token = json.loads(kept[0].read_text())["token"]
    assert token not in done.stdout + done.stderr


def test_people_read_the_time_in_china_and_programs_that_of_the_world(desk: Desk) -> None:
    told = desk.answer("login", "书记", "--password-stdin", given=f"{PASSWORD}\n")["expires_at"]
    instant = datetime.fromisoformat(told)
    assert told.endswith("Z")
    shown = desk.run("login", "书记", GONGGUAN_PASSWORD=PASSWORD).stdout
    (until,) = re.findall(r"有效至 (\d{4}-\d{2}-\d{2} \d{2}:\d{2})。", shown)
    later = datetime.fromisoformat(f"{until}+08:00") - instant
    assert timedelta(minutes=-1) <= later < timedelta(minutes=10)
    desk.login("管理员")
    listed = desk.run("audit", "list").stdout
    assert re.search(r"\d{4}-\d{2}-\d{2} \d{2}:\d{2} ", listed)
    assert not re.search(r"\dT\d{2}:", listed)


def test_a_wrong_password_is_refused_with_the_next_step(desk: Desk) -> None:
    done = desk.run("login", "只读", "--password-stdin", given="不是这个密码-1\n")
    assert (done.returncode, done.stdout) == (1, "")
    assert "核对后再试" in done.stderr


def test_a_password_is_not_asked_for_where_nobody_can_answer(desk: Desk) -> None:
    told = json.loads(desk.run("login", "书记", "--json").stderr)
    assert told["code"] == "D-password-source"
    assert "GONGGUAN_PASSWORD" in desk.run("login", "书记").stderr


def test_the_variable_that_is_named_is_the_one_that_is_read(tmp_path: Path) -> None:
    folder = str(tmp_path / "data")
    named = ("--title", "巴彦塔拉苏木党委", "--region", "990521", "--synthetic", "--data", folder)
    tried = run("init", *named, "--dry-run", GONGGUAN_PASSWORD=PASSWORD)
    assert (tried.returncode, "什么都没有留下" in tried.stdout, Path(folder).exists()) == (0, True, False)
    assert run("init", *named, GONGGUAN_PASSWORD=PASSWORD).returncode == 0
    assert run("init", *named, "--dry-run", GONGGUAN_PASSWORD=PASSWORD).returncode == 1, "there is a node already"
    told = run("serve", "--ask-passphrase", "--data", folder).stderr
    assert "GONGGUAN_PASSPHRASE" in told
    assert "GONGGUAN_PASSWORD" not in told
    told = run("serve", "--ask-passphrase", "--data", folder, "--json", GONGGUAN_PASSPHRASE="不是这个口令-1").stderr
    assert json.loads(told)["code"] == "A-key-file-passphrase"


def test_several_people_work_on_one_machine_each_by_the_own_login(desk: Desk) -> None:
    desk.login("管理员")
    desk.login("书记")
    assert desk.answer("whoami")["name"] == "书记"
    assert desk.answer("--as", "管理员", "whoami")["role"] == "system_administrator"
    refused = desk.run("--as", "没有登录的人", "whoami", "--json")
    assert json.loads(refused.stderr)["code"] == "A-token"


def test_staff_are_added_by_chinese_role_name_and_log_in(desk: Desk) -> None:
    desk.login("管理员")
    done = desk.run(
        *("staff", "add", "阿依古丽", "--role", "支部工作人员", "--body", "三棵树嘎查党支部", "--password-stdin"),
        given="葡萄熟了-20261121\n",
    )
    assert f"已登记工作人员阿依古丽（支部工作人员，组织 {NORTH_BRANCH}）。" in done.stdout
    assert "下一步：" in done.stdout
    assert desk.answer("login", "阿依古丽", "--password-stdin", given="葡萄熟了-20261121\n")["role"] == "branch_clerk"
    assert json.loads(desk.run("staff", "list", "--as", "阿依古丽", "--json").stderr)["code"] == "A-role"


def test_rosters_go_in_and_members_are_listed_and_shown(desk: Desk, tmp_path: Path) -> None:
    desk.login("干事")
    for name in ("origin_bodies.xlsx", "origin_members.xlsx", "origin_outflow.xls", "bad_members.xlsx"):
        shutil.copy(DEMO_DATA / name, tmp_path / name)
    assert desk.answer("body", "import", str(tmp_path / "origin_bodies.xlsx"))["changed"] > 0
    bad = desk.run("member", "import", str(tmp_path / "bad_members.xlsx"))
    assert bad.returncode == 1
    assert "什么都没有导入" in bad.stderr
    assert (tmp_path / "bad_members-导入结果.xlsx").read_bytes().startswith(b"PK")
    files = (str(tmp_path / "origin_members.xlsx"), "--outflow", str(tmp_path / "origin_outflow.xls"))
    done = desk.answer("member", "import", *files)
    assert done["members_added"] > 200
    assert Path(done["members_result"]).exists()
    told = desk.run("member", "import", *files).stdout
    assert "日期写法改为 年-月-日" in told
    assert "origin_members-导入结果 (2).xlsx" in told
    assert len(told.splitlines()) < 70
    assert len(done["remarks"]) == 200 < sum(kind["count"] for kind in done["remark_kinds"])
    floating = desk.answer("member", "list", "--floating")["members"]
    assert len(floating) > 30
    shown = desk.run("member", "show", floating[0]["member_id"])
    assert f"姓名：{floating[0]['name']}" in shown.stdout
    table = desk.run("member", "list", "--floating").stdout
    assert floating[0]["name"] in table
    assert "gongguan member show" in table


def test_a_missing_file_and_a_file_that_is_no_spreadsheet_are_named(desk: Desk, tmp_path: Path) -> None:
    desk.login("干事")
    (tmp_path / "名册.xlsx").write_bytes(b"\x00\x01 not a spreadsheet")
    for path, code in ((tmp_path / "没有.xlsx", "D-file-missing"), (tmp_path / "名册.xlsx", "D-file-kind")):
        assert json.loads(desk.run("body", "import", str(path), "--json").stderr)["code"] == code


def test_a_home_that_cannot_be_written_is_named(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    refused = Desk(desk.folder, tmp_path / "file").run("login", "书记", "--json", GONGGUAN_PASSWORD=PASSWORD)
    assert json.loads(refused.stderr)["code"] == "I-folder-not-writable"


def test_after_logout_the_login_is_gone_here_and_at_the_node(desk: Desk) -> None:
    desk.login("只读")
    assert desk.answer("--as", "只读", "logout")["name"] == "只读"
    assert json.loads(desk.run("--as", "只读", "whoami", "--json").stderr)["code"] == "A-token"


def test_the_audit_is_listed_and_verified(desk: Desk) -> None:
    desk.login("管理员")
    assert desk.answer("audit", "verify")["intact"] is True
    assert "session.login" in desk.run("audit", "list", "--staff", "管理员").stdout
