"""``gongguan setup``: two committees are led from nothing to a signed agreement, left and taken up again at every step.

Each run gets the lines of one stretch and then nothing more, as if the person had gone; the next run goes on from what
exists. Real processes: the nodes are those that the conversation itself starts in the background.
"""

import contextlib
import os
import pty
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from gongguan.cli.commands.setup import BROKEN_OFF
from tests.cli.terminal import read_until
from tests.end_to_end.programs import PASSWORD, PATIENCE_S, Program
from tests.staff_node import DEMO_DATA

pytestmark = pytest.mark.slow

DIGITS = re.compile(r"^    ((?:\d{5} ){7}\d{5})$", re.MULTILINE)
STEPS = ("建立节点", "启动节点", "登录，登记组织干事和书记", "导入党组织", "与对方节点结对", "签订共管协议")
OFFICER, SECRETARY = "蓝蓝的天空-2026", "白白的云朵-2026"


class Committee(NamedTuple):
    """One side: its program, its people, its sheet of bodies."""

    program: Program
    officer: str
    secretary: str
    sheet: str

    def setup(self, *lines: str, code: int = BROKEN_OFF) -> str:
        """One run of the conversation with these lines typed; what it said."""
        done = self.program.said("setup", given="".join(f"{line}\n" for line in lines))
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr

    def step(self) -> str:
        """The present step, or "" when all are done."""
        steps = self.program.run("setup")["steps"]
        assert [one["step"] for one in steps] == list(STEPS)
        return next((one["step"] for one in steps if one["state"] == "now"), "")


@contextlib.contextmanager
def committee(at: Path, title: str, region: str, people: tuple[str, str], sheet: str) -> Iterator[Committee]:
    at.mkdir()
    shutil.copy(DEMO_DATA / sheet, at / sheet)
    program = Program(at / "data", title, region)
    try:
        yield Committee(program, *people, str(at / sheet))
    finally:
        end(program.folder)


def end(folder: Path) -> None:
    """Stop the node that the conversation started; its process is not a child of ours."""
    announced = folder / "staff-api.json"
    if announced.exists():
        os.kill(int((folder / "lock").read_text()), signal.SIGTERM)
    until = time.monotonic() + PATIENCE_S
    while announced.exists():
        assert time.monotonic() < until
        time.sleep(0.1)


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Committee, Committee]]:
    at = tmp_path_factory.mktemp("setup")
    one = committee(at / "origin", "巴彦塔拉苏木党委", "990521", ("乌云", "敖书记"), "origin_bodies.xlsx")
    other = committee(at / "destination", "临江街道党工委", "990107", ("林干事", "沈书记"), "destination_bodies.xlsx")
    with one as origin, other as destination:
        yield origin, destination


def found(one: Committee) -> None:
    """From nothing to the pairing, left after each step."""
    program = one.program
    assert one.step() == STEPS[0]
    address = f"127.0.0.1:{program.port}"
    named = [program.title, program.region, "", "是", address, f"https://{address}", ""]
    told = one.setup(*named, "太短", "太短", PASSWORD, PASSWORD)
    assert "密码太简单" in told
    assert "恢复单" in told
    assert "再运行 gongguan setup 接着办" in told
    assert one.step() == STEPS[1]
    assert "节点已在后台运行" in one.setup("1")
    assert one.step() == STEPS[2]
    told = one.setup("管理员", PASSWORD, one.officer, OFFICER, OFFICER, one.secretary, SECRETARY, SECRETARY)
    assert "请把密码当面告诉本人" in told
    assert one.step() == STEPS[3]
    told = one.setup(one.officer, OFFICER, "没有这个文件.xlsx", one.sheet)
    assert "没有这个文件.xlsx" in told
    assert one.step() == STEPS[4]


def test_two_committees_get_from_nothing_to_a_signed_agreement(both: tuple[Committee, Committee]) -> None:
    origin, destination = both
    for one in both:
        found(one)
    told = origin.setup("1")
    assert "对方现在要做：收到这个文件后运行 gongguan setup" in told
    invitation = origin.program.folder / "交给对方" / "结对邀请.json"
    assert invitation.stat().st_mode & 0o077 == 0
    told = destination.setup("2", str(invitation))
    assert "已收到巴彦塔拉苏木党委的名片，对方经办人乌云" in told
    (theirs,) = DIGITS.findall(told)
    wait_for(origin, "请打电话核对")
    told = origin.setup()
    (ours,) = DIGITS.findall(told)
    assert "对方：临江街道党工委" in told
    wrong = theirs[:-1] + str(9 - int(theirs[-1]))
    told = origin.setup(wrong, "1", ours, theirs)
    assert "核对码有几组对不上（第几组：8）" in told
    assert "这是本节点自己的核对码" in told
    assert "等临江街道党工委核对" in told
    told = destination.setup(ours)
    wait_for(destination, "协议由哪一方起草")
    wait_for(origin, "协议由哪一方起草")
    assert "对方现在要做：运行 gongguan setup，起草并由书记提出协议" in destination.setup("2")
    told = origin.setup(
        "1",
        "2026年1月1日",
        "",
        "乌日娜",
        "乌日娜，１０００００００００1",
        "沈文 10000000002",
        origin.secretary,
        SECRETARY,
    )
    assert "姓名后面写上电话" in told and "乌日娜（10000000001）" in told
    assert "流动党员双向共管协议" in told
    approval = ("苏木党发〔2026〕8号", "昨天", "", "王建国", "")
    told = origin.setup("1", *approval)
    assert "这一天看不懂" in told
    assert "对方现在要做：书记核对版本摘要" in told
    wait_for(destination, "这一步由书记办理")
    told = destination.setup(destination.secretary, SECRETARY, "2", "接收专人换了")
    assert "对方现在要做：修改后重新提出" in told
    wait_for(origin, "上一份文本没有签成，理由：接收专人换了")
    origin.setup("1", "", "", "乌日娜 10000000001", "陈文 10000000003", "1", *approval[:1], "", "王建国", "")
    wait_for(destination, "书记怎样答复")
    told = destination.setup("1", "临党发〔2026〕3号", "", "李建军", "", code=0)
    assert "巴彦塔拉苏木党委已批准：苏木党发〔2026〕8号" in told
    assert "全部办好，协议已生效" in told
    told = origin.setup("1", code=0)
    assert "下一步：导入党员名册和流出花名册" in told
    told = origin.program.said("agreement", "show", staff=origin.officer).stdout
    assert "流动党员双向共管协议" in told
    assert "{" not in told
    saved = origin.program.run("agreement", "show", "--save", staff=origin.officer)
    assert (origin.program.folder.parent / saved["file"]).read_text() == saved["document"]
    assert "{" in saved["document"]
    for one in both:
        assert one.step() == ""
        found_there = one.program.run("agreement", "list", staff=one.officer)["agreements"]
        assert [line["state"] for line in found_there] == ["declined", "in_force"]


def wait_for(one: Committee, sentence: str) -> None:
    """Look again until what the partner did has arrived."""
    until = time.monotonic() + PATIENCE_S
    while sentence not in one.setup():
        assert time.monotonic() < until


def test_a_node_that_does_not_start_shows_its_own_reason(tmp_path: Path) -> None:
    with committee(tmp_path / "one", "巴彦塔拉苏木党委", "990521", ("甲", "乙"), "origin_bodies.xlsx") as one:
        one.program.init()
        (one.program.folder / "gongguan.toml").write_text('title = "没有区划"\n')
        told = one.setup("1")
        assert "节点没有启动起来" in told
        assert "gongguan.toml" in told


def test_it_may_be_left_by_a_choice_and_speaks_english(tmp_path: Path) -> None:
    with committee(tmp_path / "one", "巴彦塔拉苏木党委", "990521", ("甲", "乙"), "origin_bodies.xlsx") as one:
        one.program.init()
        done = one.program.said("setup", "--lang", "en", given="q\n")
        assert done.returncode == 0
        assert "start the node" in done.stdout
        assert "run gongguan setup again to go on" in done.stdout
        assert "✓ 1. make the node" in done.stdout


AT_A_TERMINAL = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)
from gongguan.cli.__main__ import main
main()
"""
"""What is started by a program in the background ignores Ctrl-C; nobody sits at a terminal like that."""


def test_ctrl_c_at_a_terminal_leaves_without_a_trace(tmp_path: Path) -> None:
    terminal, side = pty.openpty()
    folder = tmp_path / "data"
    with subprocess.Popen(
        [sys.executable, "-c", AT_A_TERMINAL, "--data", str(folder), "--lang", "zh", "setup"],
        stdin=side,
        stdout=side,
        stderr=side,
        start_new_session=True,
    ) as process:
        os.close(side)
        try:
            read_until(terminal, "党委全称")
            process.send_signal(signal.SIGINT)
            # A signal in the instant between prompt and reading waits for the next key.
            time.sleep(1)
            os.write(terminal, b"\n")
            read_until(terminal, "再运行 gongguan setup 接着办")
            assert process.wait(PATIENCE_S) == BROKEN_OFF
        finally:
            process.kill()
    os.close(terminal)
    assert not folder.exists()
