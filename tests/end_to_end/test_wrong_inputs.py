"""What a person reads after a mistake, or when something is broken: what happened, in Chinese, and what to do next.

Real processes throughout: two nodes that their officers have paired, and the command line of each.
"""

import contextlib
import json
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from gongguan.node import clock
from tests.end_to_end.programs import Program, Two, two_programs
from tests.end_to_end.two_nodes import wait
from tests.staff_node import DEMO_DATA

pytestmark = pytest.mark.slow

REFUSED, USAGE, NOT_RUNNING = 1, 2, 3
OFFICER, SECRETARY, ADMINISTRATOR = "张干事", "李书记", "管理员"
TODAY = clock.now().date()
APPROVAL = ("--document-number", "示例〔2026〕1号", "--approved-on", TODAY.isoformat(), "--approved-by", "王建国")


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Two]:
    """Both run and hold the other's card; the digits are not compared yet."""
    found = two_programs(tmp_path_factory.mktemp("wrong"), "990521", "990107")
    with contextlib.ExitStack() as stack:
        for one in found:
            one.init()
            one.start()
            stack.callback(one.stop)
            one.staff()
            add = ("staff", "add", SECRETARY, "--role", "secretary", "--body", one.region)
            one.run(*add, staff=ADMINISTRATOR)
            one.run("login", SECRETARY)
        invite(found)
        yield found


def invite(two: Two) -> None:
    """Both hold the other's card; the digits are not compared yet."""
    invitation = two.origin.run("peer", "invite", staff=OFFICER)["file"]
    two.destination.run("peer", "accept", str(two.origin.folder.parent / invitation), staff=OFFICER)
    wait(lambda: bool(two.origin.asked("peer.list", OFFICER)["peers"]))


def peer_of(one: Program) -> str:
    return str(one.run("peer", "list", staff=OFFICER)["peers"][0]["peer"])


def says(done: "subprocess.CompletedProcess[str]", code: int, *sentences: str) -> None:
    """Refused with this exit code, in these words, each refusal with its next step; never a traceback."""
    assert done.returncode == code, done.stdout + done.stderr
    assert "错误：" in done.stderr
    assert "怎么办：" in done.stderr
    assert "Traceback" not in done.stderr
    for sentence in sentences:
        assert sentence in done.stderr


# --- the own node --------------------------------------------------------------------------------------------------


def test_a_node_that_does_not_run_is_named_with_how_to_start_it(tmp_path: Path) -> None:
    one = Program(tmp_path / "data", "巴彦塔拉苏木党委", "990521")
    says(one.said("body", "list"), NOT_RUNNING, "这个文件夹里没有节点", "--data", "gongguan setup")
    says(one.said("serve"), REFUSED, "gongguan init")
    one.init()
    says(one.said("body", "list"), NOT_RUNNING, "本节点没有运行", "gongguan serve")


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("不是文件夹")
    one = Program(tmp_path / "data", "巴彦塔拉苏木党委", "990521")
    done = one.said("init", "--title", one.title, "--region", one.region)
    says(done, REFUSED, "数据目录不能写入", "检查目录是否存在、所有者和权限是否正确")


def test_init_over_a_node_that_exists_changes_nothing(two: Two) -> None:
    before = (two.origin.folder / "gongguan.toml").read_bytes()
    done = two.origin.said("init", "--title", "另一个党委", "--region", "990999")
    assert done.returncode == REFUSED
    assert "怎么办：" in done.stderr
    assert (two.origin.folder / "gongguan.toml").read_bytes() == before


def test_a_second_process_on_one_folder_is_refused_and_the_first_goes_on(two: Two) -> None:
    says(two.origin.said("serve"), REFUSED, "数据目录正被另一个节点进程使用", "先停止正在运行的节点")
    assert two.origin.run("whoami", staff=OFFICER)["name"] == OFFICER


def test_a_port_in_use_is_named(two: Two, tmp_path: Path) -> None:
    one = Program(tmp_path / "data", "巴彦塔拉苏木党委", "990521", port=two.origin.port)
    one.init()
    says(one.said("serve"), REFUSED, f"端口已被占用（地址：127.0.0.1，端口：{one.port}", "换一个端口")


def test_settings_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    one = Program(tmp_path / "data", "巴彦塔拉苏木党委", "990521")
    one.init()
    (one.folder / "gongguan.toml").write_text('title = "甲"\nregion = "99"\n')
    says(one.said("serve"), REFUSED, "gongguan.toml", "region")


# --- who asks ------------------------------------------------------------------------------------------------------


def test_a_wrong_password_says_what_happens_after_five(two: Two) -> None:
    says(two.origin.said("login", OFFICER, password="不是这个密码-1"), REFUSED, "姓名或密码不对", "锁定 15 分钟")


def test_a_wrong_and_an_expired_token_both_send_to_login(two: Two, tmp_path: Path) -> None:
    shutil.copytree(two.origin.folder.parent / "home", tmp_path / "home")
    elsewhere = Program(tmp_path / "data", two.origin.title, two.origin.region)
    elsewhere.folder.mkdir()
    shutil.copy(two.origin.folder / "staff-api.json", elsewhere.folder)
    (kept,) = [path for path in (tmp_path / "home").rglob("*.json") if "token" in path.read_text()][:1]
    name = json.loads(elsewhere.said("whoami", "--json").stdout)["name"]
    for path in kept.parent.glob("*.json"):
        path.write_text(json.dumps({"token": "x" * 43, "expires_at": "2099-01-01T00:00:00Z"}))
    says(elsewhere.said("whoami", staff=name), REFUSED, "没有登录，或登录已过期", "gongguan login")
    elsewhere.run("login", SECRETARY)
    with contextlib.closing(sqlite3.connect(two.origin.folder / "node.sqlite3")) as database:
        database.execute("UPDATE token SET expires_at = '2020-01-01T00:00:00Z' WHERE staff = ?", (SECRETARY,))
        database.commit()
    says(elsewhere.said("whoami", staff=SECRETARY), REFUSED, "没有登录，或登录已过期", "gongguan login")
    two.origin.run("login", SECRETARY)


def test_a_missing_role_names_who_may(two: Two) -> None:
    sheet = str(DEMO_DATA / "origin_bodies.xlsx")
    done = two.origin.said("body", "import", sheet, staff=SECRETARY)
    says(done, REFUSED, "您的角色不能办理这项操作", "当前角色：书记", "可填：组织干事", "请有相应角色的同事办理")


def test_a_role_that_does_not_exist_is_wrong_usage_with_the_list(two: Two) -> None:
    done = two.origin.said("staff", "add", "新人", "--role", "主任", "--body", "990521", staff=ADMINISTRATOR)
    assert done.returncode == USAGE
    assert "支部工作人员（branch_clerk）" in done.stderr
    assert "运行 gongguan staff add --help 查看写法" in done.stderr


# --- sheets --------------------------------------------------------------------------------------------------------


def test_bad_rows_come_back_in_a_workbook_and_nothing_is_half_imported(two: Two, tmp_path: Path) -> None:
    one = two.origin
    for name in ("origin_bodies.xlsx", "bad_members.xlsx"):
        shutil.copy(DEMO_DATA / name, tmp_path / name)
    one.run("body", "import", str(tmp_path / "origin_bodies.xlsx"), staff=OFFICER)
    done = one.said("member", "import", str(tmp_path / "bad_members.xlsx"), staff=OFFICER)
    says(done, REFUSED, "什么都没有导入", "打开结果表，按每行的说明改正原表后再交", "bad_members-导入结果.xlsx")
    assert (tmp_path / "bad_members-导入结果.xlsx").read_bytes().startswith(b"PK")
    assert one.run("member", "list", staff=OFFICER)["members"] == []


# --- the partner ---------------------------------------------------------------------------------------------------


def test_wrong_digits_name_the_wrong_group_and_sign_nothing(two: Two) -> None:
    groups = two.destination.run("peer", "card", staff=OFFICER)["fingerprint"].split()
    groups[2] = "99999" if groups[2] != "99999" else "00000"
    peer = peer_of(two.origin)
    done = two.origin.said("peer", "confirm", peer, "--fingerprint", " ".join(groups), staff=OFFICER)
    says(done, REFUSED, "核对码有几组对不上（第几组：3）", "请对方把这几组再念一遍")
    short = two.origin.said("peer", "confirm", peer, "--fingerprint", "12345", staff=OFFICER)
    says(short, REFUSED, "位数：5")
    assert two.origin.run("peer", "list", staff=OFFICER)["peers"][0]["state"] == "card_received"


def test_before_a_pairing_no_agreement_can_be_prepared(two: Two) -> None:
    assert two.origin.run("peer", "list", staff=OFFICER)["peers"][0]["state"] == "card_received"
    done = two.origin.said("agreement", "draft", *term(1), staff=OFFICER)
    assert done.returncode == REFUSED
    assert "peer list" in done.stderr


@pytest.fixture(scope="module")
def partners(two: Two) -> Two:
    """The same two nodes, paired now: comes after the tests that need them unpaired."""
    for here, there in (two, two[::-1]):
        digits = there.run("peer", "card", staff=OFFICER)["fingerprint"]
        here.run("peer", "confirm", peer_of(here), "--fingerprint", digits, staff=OFFICER)
    for one in two:
        wait(lambda one=one: one.asked("peer.list", OFFICER)["peers"][0]["state"] == "active")  # type: ignore[misc]
    return two


def term(days: int) -> tuple[str, ...]:
    """A term that ends so many days from now, with the officers of both sides."""
    start, end = TODAY - timedelta(days=30), TODAY + timedelta(days=days)
    officers = ("--officers-here", "乌日娜 10000000001", "--officers-there", "沈文 10000000002")
    return ("--valid-from", start.isoformat(), "--valid-until", end.isoformat(), *officers)


def test_without_a_signed_agreement_nothing_goes_to_the_partner(partners: Two) -> None:
    notice = ("--topic", "other", "--title", "会商", "--text", "请派人参加。", "--on", TODAY.isoformat())
    done = partners.origin.said("notice", "send", *notice, staff=OFFICER)
    says(done, REFUSED, "没有生效", "先由双方签署协议")


def test_an_agreement_whose_term_is_over_is_not_signed(partners: Two) -> None:
    drafted = partners.origin.run("agreement", "draft", *term(-3), staff=OFFICER)
    done = partners.origin.said("agreement", "propose", drafted["id"], *APPROVAL, staff=SECRETARY)
    says(done, REFUSED, "协议已过有效期", "续签协议后再办理")


def test_another_version_than_the_one_proposed_is_not_signed(partners: Two) -> None:
    done = partners.origin.said("agreement", "sign", "0" * 64, *APPROVAL, staff=SECRETARY)
    assert done.returncode == REFUSED
    assert "怎么办：" in done.stderr


@pytest.mark.parametrize(
    ("alter", "sentence"),
    [
        (lambda data: data[:-9] + bytes([data[-9] ^ 1]) + data[-8:], "文件不完整或已损坏"),
        (lambda data: data[: len(data) // 2], "文件不完整或已损坏"),
        (lambda data: b"", "文件不完整或已损坏"),
        (lambda data: "这是一封信".encode(), "文件：核对是不是拿错了"),
    ],
    ids=["one bit", "half", "empty", "a letter"],
)
def test_a_damaged_bundle_is_refused_whole_and_the_good_one_still_goes_in(
    partners: Two, tmp_path: Path, alter: Callable[[bytes], bytes], sentence: str
) -> None:
    origin, destination = partners
    exported = origin.run("bundle", "export", staff=OFFICER)["file"]
    good = (origin.folder.parent / exported).read_bytes()
    (tmp_path / "坏.gongguan").write_bytes(alter(good))
    done = destination.said("bundle", "import", str(tmp_path / "坏.gongguan"), staff=OFFICER)
    says(done, REFUSED, sentence)
    (tmp_path / "好.gongguan").write_bytes(good)
    destination.run("bundle", "import", str(tmp_path / "好.gongguan"), staff=OFFICER)


def test_a_partner_who_is_down_is_shown_and_what_was_signed_meanwhile_arrives(partners: Two) -> None:
    origin, destination = partners
    assert destination.stop() == 0
    drafted = origin.run("agreement", "draft", *term(300), staff=OFFICER)
    agreed = origin.run("agreement", "propose", drafted["id"], *APPROVAL, staff=SECRETARY)
    wait(lambda: origin.asked("peer.list", OFFICER)["peers"][0]["failures"] > 0)
    table = origin.said("peer", "list", staff=OFFICER)
    assert table.returncode == 0
    assert "暂时联系不上对方节点" in table.stdout
    (line,) = origin.run("peer", "list", staff=OFFICER)["peers"]
    assert line["waiting"] is True
    assert line["last_error"].startswith("T-")
    destination.start()
    origin.run("peer", "call", line["peer"], staff=OFFICER)
    wait(lambda: not origin.asked("peer.list", OFFICER)["peers"][0]["waiting"])
    (there,) = destination.run("agreement", "list", staff=OFFICER)["agreements"]
    assert (there["version"], there["state"]) == (agreed["version"], "proposed")
    destination.run("agreement", "decline", "--reason", "条款再商", staff=SECRETARY)
    wait(lambda: origin.asked("agreement.list", OFFICER)["agreements"][-1]["state"] != "proposed")


# --- the end of a stay ---------------------------------------------------------------------------------------------

LEFT, ARRIVED, ENDED = ((TODAY - timedelta(days=days)).isoformat() for days in (1200, 1190, 800))
"""Days of a stay that was over for longer than the agreement asks records to be kept."""


def officer(one: Program, *words: str) -> Any:
    return one.run(*words, staff=OFFICER)


def agreed(two: Two) -> None:
    """An agreement in force that held already when the stay began."""
    origin, destination = two
    begun = ("--valid-from", (TODAY - timedelta(days=5 * 365)).isoformat())
    drafted = officer(origin, "agreement", "draft", *begun, *term(300)[2:])
    version = origin.run("agreement", "propose", drafted["id"], *APPROVAL, staff=SECRETARY)["version"]

    def state(one: Program) -> str:
        rows = one.asked("agreement.list", OFFICER)["agreements"]
        return next((str(row["state"]) for row in rows if row["version"] == version), "")

    wait(lambda: state(destination) == "proposed")
    destination.run("agreement", "sign", version, *APPROVAL, staff=SECRETARY)
    wait(lambda: state(origin) == "in_force")


def notified(two: Two, folder: Path) -> str:
    """A member of whom the destination was notified; the pseudonym."""
    for one, name in zip((two.origin, two.origin, two.destination), SHEETS, strict=True):
        officer(one, "sheet", "take", str(shutil.copy(DEMO_DATA / name, folder)))
    who = officer(two.origin, "member", "list", "--limit", "1")["members"][0]["member_id"]
    officer(two.origin, "certificate", "issue", who, "--number", NUMBER, "--issued-on", LEFT)
    report = ("--left-on", LEFT, "--destination-place", two.destination.region, "--reason", "work")
    officer(two.origin, "departure", "report", who, *report)
    return str(officer(two.origin, "departure", "notify", who)["subject"])


SHEETS = ("origin_bodies.xlsx", "origin_members.xlsx", "destination_bodies.xlsx")
NUMBER = "销-1"


def test_a_member_is_erased_in_both_processes_by_two_people_once_the_stay_is_over(
    partners: Two, tmp_path: Path
) -> None:
    origin, destination = partners
    agreed(partners)
    subject = notified(partners, tmp_path)
    wait(lambda: bool(destination.asked("admission.list", OFFICER)["notices"]))
    body = officer(destination, "body", "list")["bodies"][-1]["full_name"]
    taken = ("--managing-body", body, "--arrived-on", ARRIVED, "--certificate-number", NUMBER)
    officer(
        destination,
        "admission",
        "give",
        subject,
        *taken,
        "--contact-officer",
        "陈支书",
        "--contact-phone",
        "10000000104",
    )
    says(origin.said("erasure", "request", subject, staff=OFFICER), REFUSED, "结束")
    wait(lambda: origin.asked("movement.list", OFFICER)["movements"][0]["state"] == "admitted")
    officer(origin, "movement", "return", subject, "--ended-on", ENDED, "--reason", "returned")
    wait(lambda: destination.asked("movement.list", OFFICER)["movements"][0]["state"] == "ended")

    asked = officer(origin, "erasure", "request", subject)["request"]
    says(origin.said("erasure", "approve", asked, staff=OFFICER), REFUSED, "您的角色不能办理")
    assert origin.run("erasure", "approve", asked, staff=SECRETARY)["messages"] > 0

    def erased(one: Program) -> list[str]:
        return [line["subject"] for line in officer(one, "erasure", "list")["erasures"]]

    wait(lambda: erased(destination) == [subject])
    assert erased(origin) == [subject]
    for one in partners:
        assert officer(one, "movement", "list")["movements"] == []
    assert officer(origin, "reconcile", "run")["result"] == "equal"
