"""``gongguan init``: set up a node in the data folder and print its recovery sheet, once."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from gongguan.cli.commands import Settings, common_options, current_settings
from gongguan.cli.locale import language
from gongguan.cli.passwords import read_secrets, stdin_option
from gongguan.node.operations.said import Said
from gongguan.protocol.errors import refuse
from gongguan.sync.label import Label

if TYPE_CHECKING:
    from gongguan.node.config import Config

KINDS = ("committee", "department", "floating_members_organisation")
PASSWORD = Label(
    name="password", zh="管理员密码", en="Administrator's password", form="secret", required=True, default=None
)

DONE = Said(
    """节点已建立。
节点编号：{node_id}
名片核对码（结对时在电话里念给对方核对）：
    {fingerprint}

────────── 恢复单（只显示这一次，请抄写或打印后存入保险柜）──────────
密钥口令和服务文件都失去时，凭此单可以打开本节点的密钥文件。
每组五个符号，最后一个是校验符；不含字母 I、L、O、U。

{sheet}

节点编号：{node_id}
────────────────────────────────────────
""",
    """The node is set up.
Node id: {node_id}
Fingerprint of its card (read it aloud over the telephone when pairing):
    {fingerprint}

────────── Recovery sheet (shown this once: copy or print it, keep it in a safe) ──────────
It opens the key file of this node when both pass-phrase and service file are lost.
Each group has five signs, the last checks the group; there is no I, L, O or U.

{sheet}

Node id: {node_id}
────────────────────────────────────────
""",
)
TRIED = Said(
    "试办：可以在 {folder} 建立节点；什么都没有留下。", "Tried: a node can be set up in {folder}; nothing was kept."
)
NEXT = Said("gongguan serve", "gongguan serve")


def init() -> click.Command:
    """``gongguan init --title … --region …``."""
    zh = language() == "zh"
    return click.Command(
        name="init",
        help=(
            "在数据文件夹里建立一个新节点：密钥、数据库、名片、第一位系统管理员。"
            if zh
            else "Set up a new node in the data folder: keys, database, card, the first system administrator."
        ),
        params=[
            click.Option(["--title"], required=True, help="党委全称" if zh else "full name of the committee"),
            click.Option(["--region"], required=True, help="行政区划代码，6 位" if zh else "division code, 6 digits"),
            click.Option(["--body-code"], help="本级组织代码，默认同区划代码" if zh else "body code, else the region"),
            click.Option(["--kind"], type=click.Choice(KINDS), default=KINDS[0], show_default=True),
            click.Option(["--admin"], default="管理员", show_default=True, help="系统管理员姓名" if zh else "name"),
            click.Option(
                ["--listen"],
                default="127.0.0.1:8443",
                show_default=True,
                help="接收对方节点的地址和端口" if zh else "host and port for partners",
            ),
            click.Option(
                ["--desk-listen"],
                metavar="HOST:PORT",
                help="工作人员从自己的电脑登录的地址和端口，如 0.0.0.0:8600；不写则只能在本机登录"
                if zh
                else "host and port where staff log in from their own computers; without it from this machine only",
            ),
            click.Option(
                ["--endpoint", "endpoints"],
                multiple=True,
                help="写在名片上、对方能访问的地址，如 https://…；不写则对方不能主动联系"
                if zh
                else "address on the card, https://…; without one partners cannot call this node",
            ),
            click.Option(
                ["--relay", "relays"],
                multiple=True,
                metavar="https://HOST:PORT#DIGEST",
                help="中转站地址，由管理中转站的人提供；信箱写在名片上，建立后不能改"
                if zh
                else "a relay as those who run it give its address; it stands on the card and cannot be changed later",
            ),
            click.Option(
                ["--synthetic"], is_flag=True, help="演示节点，只收虚构人员" if zh else "invented persons only"
            ),
            click.Option(
                ["--dry-run", "only_tried"],
                is_flag=True,
                help="试办：照样检查，但什么都不建立" if zh else "check everything and set nothing up",
            ),
            stdin_option(),
            *common_options(hidden=True),
        ],
        callback=_init,
    )


def _init(
    title: str,
    region: str,
    body_code: str | None,
    kind: str,
    admin: str,
    listen: str,
    desk_listen: str | None,
    endpoints: tuple[str, ...],
    relays: tuple[str, ...],
    synthetic: bool,
    only_tried: bool,
    password_stdin: bool,
) -> None:
    settings = current_settings()
    config = config_of(
        title=title,
        region=region,
        kind=kind,
        listen=listen,
        desk_listen=desk_listen,
        endpoints=endpoints,
        relays=relays,
        synthetic=synthetic,
    )
    password = read_secrets([PASSWORD], password_stdin, new=("password",))["password"]
    if only_tried:
        _try(settings, config, admin, password, body_code or region)
        return
    found(settings, config, admin, password, body_code or region)
    if not settings.json:
        from gongguan.cli import output  # noqa: PLC0415 - not for the help

        output.next_step(NEXT)


def _try(settings: Settings, config: "Config", admin: str, password: str, body_code: str) -> None:
    """Set the node up in a folder that is removed again. Raises what ``found`` raises."""
    import tempfile  # noqa: PLC0415

    from gongguan.cli import output  # noqa: PLC0415
    from gongguan.node import clock, setup  # noqa: PLC0415

    setup.check_free(settings.folder)
    with tempfile.TemporaryDirectory() as folder:
        setup.set_up(Path(folder) / "node", config, setup.Administrator(admin, password), body_code, clock.now())
    if settings.json:
        output.plain({"tried": True})
    else:
        print(TRIED.text(language()).format(folder=settings.folder))


def config_of(*, listen: str, desk_listen: str | None = None, **values: object) -> "Config":
    """The settings of a new node from what a person gave. Raises S-request with the field."""
    import msgspec  # noqa: PLC0415 - heavy modules only when the command runs

    from gongguan.node.config import Config  # noqa: PLC0415

    values["listen_host"], values["listen_port"] = _place(listen)
    if desk_listen is not None:
        values["desk_host"], values["desk_port"] = _place(desk_listen)
    try:
        return msgspec.convert(values, Config)
    except msgspec.ValidationError as error:
        raise refuse("S-request", problem=str(error)) from error


def _place(text: str) -> tuple[str, int | str]:
    """Host and port; what is no port is left to the check of the settings."""
    host, _, port = text.rpartition(":")
    return host.strip("[]") or "127.0.0.1", int(port) if port.isascii() and port.isdigit() else port


def found(settings: Settings, config: "Config", admin: str, password: str, body_code: str) -> None:
    """Set the node up and print its recovery sheet. Raises what ``setup.set_up`` raises."""
    from gongguan.cli import output  # noqa: PLC0415
    from gongguan.node import clock, setup  # noqa: PLC0415

    made = setup.set_up(settings.folder, config, setup.Administrator(admin, password), body_code, clock.now())
    facts = {"node_id": made.node_id, "fingerprint": made.fingerprint, "sheet": in_lines(made.sheet)}
    if settings.json:
        output.plain(facts | {"sheet": made.sheet})
        return
    print(DONE.text(language()).format(**facts))


def in_lines(sheet: str) -> str:
    """Groups numbered, four in a line: a person copies them by hand."""
    groups = [f"{number:2}. {group}" for number, group in enumerate(sheet.split(), start=1)]
    return "\n".join("    " + "    ".join(groups[start : start + 4]) for start in range(0, len(groups), 4))
