"""The steps of ``gongguan setup`` on this side alone: the node, its start, its people, its bodies.

Each function does one step by asking for what it needs and ends with what comes next; a refusal of the node goes up to
the conversation, which shows it and asks again.
"""

import subprocess
import sys
import time
from pathlib import Path
from typing import Final

from gongguan.cli import client, prompts
from gongguan.cli.commands import Settings
from gongguan.cli.locale import _, language
from gongguan.cli.situation import ADMINISTRATOR, OFFICER, SECRETARY, Situation, ask, look
from gongguan.protocol.errors import ProtocolError
from gongguan.sync.persons.passwords import check_rules
from gongguan.sync.roles import role_name

START_WAIT_S_MAX: Final = 60.0
"""Opening a large database on a slow disk; the process ends by itself when it fails."""
POLL_S: Final = 0.2
SERVE_LOG: Final = "serve.log"
LISTEN: Final = "127.0.0.1:8443"


def set_up_node(situation: Situation) -> None:
    """Ask for what names the node, then make it and show its recovery sheet."""
    from gongguan.cli.commands import init  # noqa: PLC0415 - brings the database with it

    title = prompts.ask(_("党委全称"))
    region = prompts.ask(_("行政区划代码（6 位数字）"), check=_division())
    body_code = prompts.ask(_("本级党委的组织代码（与党组织信息表一致）"), region)
    synthetic = prompts.agrees(_("只用来演示吗（演示节点只收虚构人员）？"), default=False)
    listen = prompts.ask(_("接收对方数据的地址和端口"), LISTEN, _address())
    print(
        _("对方能访问到本节点的网址写在名片上，如 https://例子.cn:8443；没有就直接回车，由本节点联系对方或交换文件。")
    )
    endpoint = prompts.ask(_("网址"), "", _endpoint())
    admin = prompts.ask(_("系统管理员姓名"), _("管理员"))
    print(_("管理员密码同时是密钥文件的口令，请妥善保管。"))
    password = new_password(admin)
    config = init.config_of(
        listen=listen, title=title, region=region, endpoints=(endpoint,) if endpoint else (), synthetic=synthetic
    )
    init.found(Settings(data=str(situation.folder)), config, admin, password, body_code)
    prompts.ask(_("恢复单抄写好了吗？抄好后按回车"), "", str)


def start_node(situation: Situation) -> None:
    """Start the node in the background, or wait until somebody has started it in another window."""
    serve = f"gongguan --data {situation.folder} serve"
    options = {"1": _("在后台启动"), "2": _("我在另一个窗口运行：{command}").format(command=serve)}
    if prompts.choose(_("节点还没有运行。怎样启动？"), options) == "2":
        prompts.ask(_("启动后按回车"), "", str)
        if look(situation.folder).node is None:
            print(_("还没有找到运行中的节点；请看那个窗口里的提示。"))
        return
    log = situation.folder / SERVE_LOG
    process = _in_background(situation.folder, log)
    if not _started(situation.folder, process):
        print(_("节点没有启动起来，原因如下（全文见 {file}）：").format(file=log), file=sys.stderr)
        print("\n".join(_tail(log)), file=sys.stderr)
        prompts.ask(_("改正后按回车再试"), "", str)
        return
    print(_("节点已在后台运行，进程号 {pid}，日志 {file}。停止：kill {pid}").format(pid=process.pid, file=log))


def enrol_staff(situation: Situation) -> None:
    """Log somebody in; as administrator, add the officer and the secretary who are still missing."""
    if not situation.people:
        print(_("请登录：第一次办理由系统管理员登记人员；已登记的干事和书记可以直接登录。"))
        log_in(situation.running, None)
        return
    administrator = act_as(situation, ADMINISTRATOR)
    if administrator is None:
        return
    top = ask(situation.running, administrator, "body.list").bodies[0]
    taken = {line.role for line in ask(situation.running, administrator, "staff.list").staff if not line.disabled}
    for role in (OFFICER, SECRETARY):
        if role in taken:
            continue
        name = prompts.ask(_("{role}的姓名").format(role=role_name(role, language())))
        password = new_password(name)
        fields = {"name": name, "role": role, "body": top.code, "password": password}
        ask(situation.running, administrator, "staff.add", **fields)
        print(_("已登记{name}。请把密码当面告诉本人，并请其登录后修改（gongguan password）。").format(name=name))


def import_bodies(situation: Situation) -> None:
    """The tree of bodies from a sheet, by the officer."""
    from gongguan.cli import output  # noqa: PLC0415
    from gongguan.cli.operations import family  # noqa: PLC0415

    officer = act_as(situation, OFFICER)
    if officer is None:
        return
    print(_("党组织信息表的列：代码、全称、简称、类别、上级、书记、电话（.xlsx、.xls、.csv）。"))
    given = prompts.ask_file(_("党组织信息表文件"))
    assert given is not None  # it is not optional
    path, data = given
    try:
        answer = ask(situation.running, officer, "body.import", file=data)
    except client.Refused as error:
        raise output.Rejection(error, path) from None
    row = family("body")["body.import"]
    output.answer(row, answer, path, as_json=False)


def act_as(situation: Situation, role: str) -> str | None:
    """Who acts in this role: who is logged in, else who logs in now. None when it was somebody of another role."""
    if role in situation.people:
        return situation.people[role]
    print(_("这一步由{role}办理。").format(role=role_name(role, language())))
    found = log_in(situation.running, situation.staff.get(role))
    if found.role != role:
        print(_("{name}的角色不对，请换人登录。").format(name=found.name))
        return None
    return found.name


def log_in(node: client.Node, default: str | None) -> client.LoginAnswer:
    """Ask for name and password and keep the login. Raises ``client.Refused``."""
    name = prompts.ask(_("姓名"), default)
    found = client.StaffClient(node).login(name, prompts.ask_secret(_("密码")))
    client.keep(node, found)
    role = role_name(found.role, language())
    print(_("已登录：{name}（{role}）。").format(name=found.name, role=role))
    return found


def new_password(name: str) -> str:
    """A password that keeps the rules, typed twice."""
    while True:
        password = prompts.ask_secret(_("密码（{name}）").format(name=name), twice=True)
        try:
            check_rules(password, name)
        except ProtocolError as error:
            print(f"{error.sentence(language())}：{error.next_step(language())}")
            continue
        return password


def _division() -> prompts.Check:
    return prompts.matching(r"[0-9]{6}", _("区划代码是 6 位数字，如 150622"))


def _address() -> prompts.Check:
    return prompts.matching(r".+:[0-9]{1,5}", _("写成 地址:端口，如 0.0.0.0:8443"))


def _endpoint() -> prompts.Check:
    return prompts.matching(r"(https?://[!-~]{1,300})?", _("网址以 https:// 开头"))


def _in_background(folder: Path, log: Path) -> "subprocess.Popen[bytes]":
    """The node in a session of its own, so that Ctrl-C here does not stop it."""
    command = [sys.executable, "-m", "gongguan.cli", "--data", str(folder), "--lang", language(), "serve"]
    with log.open("ab") as out:
        return subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True, close_fds=True
        )


def _started(folder: Path, process: "subprocess.Popen[bytes]") -> bool:
    until = time.monotonic() + START_WAIT_S_MAX
    while process.poll() is None and time.monotonic() < until:
        if look_for_node(folder):
            return True
        time.sleep(POLL_S)
    return False


def look_for_node(folder: Path) -> bool:
    """Whether the node of this folder answers."""
    try:
        return client.StaffClient(client.find_node(folder)).answers()
    except ProtocolError:
        return False


def _tail(log: Path) -> list[str]:
    return log.read_text("utf-8", "replace").splitlines()[-6:]
