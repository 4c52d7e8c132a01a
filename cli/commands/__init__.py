"""All commands by name, without loading any: ``gongguan --help`` must stay fast.

``COMMANDS`` are written by hand, one module each; a family of ``node/operations`` is a group whose commands are made
from its rows. The options of the root may also stand behind a command: ``gongguan member list --json``.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Final, NamedTuple

import click

from gongguan.cli.daily import DAILY
from gongguan.cli.locale import LANGUAGES, _, language
from gongguan.cli.operations import Operation, family
from gongguan.node.operations import FAMILIES
from gongguan.node.operations.said import Said

DATA_DEFAULT: Final = "gongguan-data"
DRY_RUN: Final = "only_tried"
"""Parameter of commands that is no field of a request."""


@dataclass
class Settings:
    """The options of the root, as they were given before or behind the command."""

    data: str = DATA_DEFAULT
    json: bool = False
    staff: str | None = None
    node: str | None = None

    @property
    def folder(self) -> Path:
        """The data folder of the node."""
        return Path(self.data)

    @property
    def names_folder(self) -> bool:
        """Whether this command itself says which data folder is meant."""
        return self.data not in (DATA_DEFAULT, os.environ.get("GONGGUAN_DATA"))


def current_settings() -> Settings:
    """Those of the command that runs."""
    return click.get_current_context().find_object(Settings) or Settings()


class Entry(NamedTuple):
    """A command written by hand: where it is, and its line in the help."""

    module: str
    attribute: str
    help: Said


COMMANDS: Final[dict[str, Entry]] = {
    "today": Entry("today", "today", Said("今天：现在应办的事", "what is due for you now")),
    "setup": Entry("setup", "setup", Said("引导：从建立节点到签订协议", "guided: from a new node to the agreement")),
    "init": Entry("init", "init", Said("建立新节点", "set up a new node")),
    "serve": Entry("serve", "serve", Said("运行本节点", "run this node")),
    "relay": Entry("relay", "relay", Said("运行中转站（不是节点，看不到内容）", "run a relay: no node, reads nothing")),
    "backup": Entry("backup", "backup", Said("备份本节点", "back this node up")),
    "restore": Entry("backup", "restore", Said("放回备份", "put a backup back")),
    "doctor": Entry("doctor", "doctor", Said("检查数据文件夹和本机", "examine the data folder and this machine")),
    "login": Entry("session", "login", Said("登录", "log in")),
    "logout": Entry("session", "logout", Said("退出登录", "log out")),
    "whoami": Entry("session", "whoami", Said("查看当前登录的人员", "show who is logged in")),
    "password": Entry("session", "password", Said("修改本人密码", "change your password")),
    "completion": Entry("completion", "completion", Said("输出命令补全脚本", "print a completion script")),
    "demo-data": Entry("demo_data", "demo_data", Said("生成虚构人员的演示数据", "write invented data to try with")),
    "openapi": Entry("openapi", "openapi", Said("输出接口说明", "print the OpenAPI description")),
}

WITHIN: Final[dict[str, dict[str, Entry]]] = {
    "bundle": {
        "export": Entry("bundle", "export", Said("导出交给对方的文件", "write files for a partner")),
        "import": Entry("bundle", "take", Said("导入对方的文件或文件夹", "import files or folders of a partner")),
        "inspect": Entry("bundle", "inspect", Said("查看文件是谁发给谁的", "see from whom and for whom a file is")),
    },
    "keys": {
        "list": Entry("keys", "ways_in", Said("查看密钥文件可以怎样打开", "see how the key file can be opened")),
        "passphrase": Entry("keys", "passphrase", Said("加上、更换或去掉口令", "add, change or remove a pass-phrase")),
        "sheet": Entry("keys", "sheet", Said("印一张新的恢复单", "print a new recovery sheet")),
        "renew-file": Entry(
            "keys", "renew_file", Said("换密钥文件的密钥和恢复单", "another key and sheet for the key file")
        ),
        "recover": Entry("keys", "recover", Said("用恢复单打开密钥文件", "open the key file by the recovery sheet")),
    },
    "proof": {"verify": Entry("proof", "verify", Said("核对证明文件", "check a proof file"))},
}
"""Commands written by hand inside a family: they need no running node. One may stand for an operation of its name."""

HIDDEN: Final = frozenset({"session", "today"})
"""Families whose operations have commands of their own above."""


def _into_settings(name: str) -> Callable[[click.Context, click.Parameter, Any], Any]:
    def keep(context: click.Context, parameter: click.Parameter, value: Any) -> Any:
        settings = context.find_object(Settings)
        if value is not None and settings is not None:
            setattr(settings, name, value)
        return value

    return keep


def _show_version(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    """Print the version and leave; the package's metadata are read only then."""
    if value and not ctx.resilient_parsing:
        from importlib.metadata import version  # noqa: PLC0415

        click.echo(f"gongguan {version('gongguan')}")
        ctx.exit()


def dry_run_option() -> click.Option:
    """``--dry-run``: everything is checked and shown, nothing kept."""
    return click.Option(["--dry-run", DRY_RUN], is_flag=True, help=_("试办：照样检查并显示结果，但什么都不登记"))


def common_options(hidden: bool) -> list[click.Parameter]:
    """``--data``, ``--node``, ``--json``, ``--as``, ``--lang``: shown at the root, understood behind every command."""
    return [
        click.Option(
            ["--data"],
            metavar="DIR",
            envvar=None if hidden else "GONGGUAN_DATA",
            help=_("节点的数据文件夹，默认 ./gongguan-data（GONGGUAN_DATA）"),
            hidden=hidden,
            expose_value=False,
            callback=_into_settings("data"),
        ),
        click.Option(
            ["--node"],
            metavar="URL",
            envvar=None if hidden else "GONGGUAN_NODE",
            help=_("节点地址：本机的 http://127.0.0.1:8700，或登录过的 https://节点地址:8600（GONGGUAN_NODE）"),
            hidden=hidden,
            expose_value=False,
            callback=_into_settings("node"),
        ),
        click.Option(
            ["--as", "staff"],
            metavar="NAME",
            envvar=None if hidden else "GONGGUAN_STAFF",
            help=_("以哪位已登录人员的身份办理，默认最近登录的一位（GONGGUAN_STAFF）"),
            hidden=hidden,
            expose_value=False,
            callback=_into_settings("staff"),
        ),
        click.Option(
            ["--json"],
            is_flag=True,
            default=None,
            help=_("输出 JSON，供程序读取"),
            hidden=hidden,
            expose_value=False,
            callback=_into_settings("json"),
        ),
        click.Option(
            ["--lang"],
            type=click.Choice(LANGUAGES),
            help=_("界面语言：zh 中文，en 英文（GONGGUAN_LANG）"),
            hidden=hidden,
            expose_value=False,
        ),
    ]


class Root(click.Group):
    """The program. Commands are loaded when they are run, and named from the tables above in the help."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """What is done daily, commands by hand, then the families."""
        return [*DAILY, *COMMANDS, *(name for name in FAMILIES if name not in HIDDEN)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load one command or make one group; a Chinese name is the command that it stands for."""
        if cmd_name in DAILY:
            return self._daily(DAILY[cmd_name].words, ctx)
        entry = COMMANDS.get(cmd_name)
        if entry is not None:
            return _loaded(entry)
        if cmd_name in FAMILIES and cmd_name not in HIDDEN:
            return Family(name=cmd_name, help=FAMILIES[cmd_name].text(language()))
        return None

    def _daily(self, words: tuple[str, ...], ctx: click.Context) -> click.Command | None:
        command: click.Command | None = self
        for word in words:
            command = command.get_command(ctx, word) if isinstance(command, click.Group) else None
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands, without loading them; what is done daily comes first."""
        if language() == "zh":
            with formatter.section("日常办理（括号里是同一条命令的英文名）"):
                formatter.write_dl([(name, f"{row.zh}（{' '.join(row.words)}）") for name, row in DAILY.items()])
        own = [(name, entry.help.text(language())) for name, entry in COMMANDS.items()]
        families = [(name, said.text(language())) for name, said in FAMILIES.items() if name not in HIDDEN]
        with formatter.section(_("命令")):
            formatter.write_dl([*own, *families])


class Family(click.Group):
    """The commands of one family: those made from its operations, then those written by hand."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order of the tables."""
        return [*(operation.tail for operation in self._made()), *self._by_hand()]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command made from the operation of that name."""
        from gongguan.cli.commands.generated import command_of  # noqa: PLC0415 - not for the help of the root

        for operation in self._made():
            if operation.tail == cmd_name:
                return command_of(operation)
        entry = self._by_hand().get(cmd_name)
        return None if entry is None else _loaded(entry)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The operations with their titles."""
        made = [(operation.tail, operation.said(language())) for operation in self._made()]
        by_hand = [(name, entry.help.text(language())) for name, entry in self._by_hand().items()]
        with formatter.section(_("命令")):
            formatter.write_dl([*made, *by_hand])

    def _made(self) -> list[Operation]:
        """The operations whose commands are made from their rows."""
        return [operation for operation in family(self.name or "").values() if operation.tail not in self._by_hand()]

    def _by_hand(self) -> dict[str, Entry]:
        return WITHIN.get(self.name or "", {})


def _loaded(entry: Entry) -> click.Command:
    command: click.Command = getattr(import_module(f"{__name__}.{entry.module}"), entry.attribute)()
    return command


class _Program(Root):
    """The root with its options made when they are asked for, since the language is chosen at the start of a run."""

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        self.help = _("共管：流动党员双向共管。两个党委各运行一个节点，按双方签署的协议共同管理流动党员。")
        self.epilog = _(
            "党员可以写编号、姓名、其中几个字或拼音首字母；在终端上，没有写的会问您。"
            "退出码：0 办成，1 被拒绝，2 写法不对，3 联系不上节点，130 中断。"
        )
        if not self.params:
            version = click.Option(
                ["--version"],
                is_flag=True,
                is_eager=True,
                expose_value=False,
                callback=_show_version,
                help=_("显示版本"),
            )
            self.params = [*common_options(hidden=False), version]
        return super().get_params(ctx)


ROOT: Final = _Program(name="gongguan", no_args_is_help=True)
