"""``login``, ``logout``, ``whoami``, ``password``: the person's own session on this machine."""

from collections.abc import Callable

import click

from gongguan.cli import client, output
from gongguan.cli.commands import Settings, common_options, generated
from gongguan.cli.locale import _
from gongguan.cli.passwords import read_secrets, stdin_option
from gongguan.node.operations import Operation, Said, family
from gongguan.protocol.errors import refuse
from gongguan.sync.labels import Label

_PASSWORD = Label(name="password", zh="密码", en="Password", form="secret", required=True, default=None)


def login() -> click.Command:
    """``gongguan login [NAME]``: ask for the password, keep the token."""
    return click.Command(
        name="login",
        help=_("登录。密码在提示后输入，不出现在命令行里；登录有效 12 小时。"),
        params=[
            click.Argument(["name"], required=False, metavar="[NAME]"),
            stdin_option(),
            *common_options(hidden=True),
        ],
        callback=_login,
    )


def logout() -> click.Command:
    """``gongguan logout``: end the person's logins everywhere and forget the token here."""
    return _of_operation("logout", "session.end", _logout)


def whoami() -> click.Command:
    """``gongguan whoami``."""
    return _of_operation("whoami", "session.show", None)


def password() -> click.Command:
    """``gongguan password``: the present and a new password."""
    return _of_operation("password", "session.password", None)


def _login(name: str | None, password_stdin: bool) -> None:
    settings = _settings()
    node = client.reach(settings.folder, settings.node)
    who = name or client.staff_of(node, settings.staff)
    if who is None:
        raise refuse("D-staff-name")
    secret = read_secrets([_PASSWORD], password_stdin)["password"]
    try:
        found = client.StaffClient(node).login(who, secret)
    except client.Refused as error:
        raise output.Rejection(error, None) from None
    client.keep(node, found)
    said = Said("已登录：{name}（{role}），有效至 {expires_at}。", "{name} ({role}) is logged in until {expires_at}.")
    output.logged_in(found, said, settings.json)


def _logout() -> None:
    settings = _settings()
    node = client.reach(settings.folder, settings.node)
    who = client.staff_of(node, settings.staff)
    generated.run(_operation("session.end"), {})
    if who is not None:
        client.forget(node, who)


def _of_operation(name: str, operation: str, callback: Callable[..., None] | None) -> click.Command:
    command = generated.command_of(_operation(operation))
    command.name = name
    if callback is not None:
        command.callback = callback
    return command


def _operation(name: str) -> Operation:
    return next(row for row in family("session") if row.name == name)


def _settings() -> Settings:
    settings = click.get_current_context().find_object(Settings)
    assert settings is not None  # the root is always given one
    return settings
