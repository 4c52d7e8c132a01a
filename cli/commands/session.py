"""``login``, ``logout``, ``whoami``, ``password``: the person's own session on this machine."""

from collections.abc import Callable

import click

from gongguan.cli import asking, client, output, pinning
from gongguan.cli.commands import common_options, current_settings, generated
from gongguan.cli.locale import _
from gongguan.cli.operations import family
from gongguan.cli.passwords import read_secrets, stdin_option
from gongguan.node.operations.said import Said
from gongguan.protocol import fingerprint as fingerprints
from gongguan.protocol.errors import refuse
from gongguan.sync.label import Label

_PASSWORD = Label(name="password", zh="密码", en="Password", form="secret", required=True, default=None)


def login() -> click.Command:
    """``gongguan login [https://NODE:PORT] [NAME]``: ask for the password, keep the token."""
    return click.Command(
        name="login",
        help=_("登录。密码在提示后输入，不出现在命令行里；登录有效 12 小时。")
        + _("从自己的电脑登录：gongguan login https://节点地址:8600 姓名；第一次要核对证书的数字。"),
        params=[
            click.Argument(["words"], required=False, nargs=-1, metavar="[https://NODE:PORT] [NAME]"),
            click.Option(["--fingerprint"], metavar="DIGITS", help=_("节点证书的数字（见 gongguan serve 的输出）")),
            click.Option(["--renew"], is_flag=True, help=_("节点确实换过证书：重新核对数字")),
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


def _login(words: tuple[str, ...], fingerprint: str | None, renew: bool, password_stdin: bool) -> None:
    settings = current_settings()
    url, name = _told(words)
    url = url or (settings.node if settings.node and settings.node.startswith("https:") else None)
    node = (
        _elsewhere(url, fingerprint, renew)
        if url
        else client.reach(settings.folder, settings.node, named=settings.names_folder)
    )
    who = name or client.staff_of(node, settings.staff)
    if who is None:
        raise click.UsageError(_("没有写姓名：gongguan login 姓名"))
    secret = read_secrets([_PASSWORD], password_stdin)["password"]
    try:
        found = client.StaffClient(node).login(who, secret)
    except client.Refused as error:
        raise output.Rejection(error, None) from None
    client.keep(node, found)
    if url:
        client.keep_pin(url, node)
    said = Said("已登录：{name}（{role}），有效至 {expires_at}。", "{name} ({role}) is logged in until {expires_at}.")
    output.logged_in(found, said, settings.json)


def _told(words: tuple[str, ...]) -> tuple[str | None, str | None]:
    """The address and the name, in whichever order they were typed."""
    addresses = [word for word in words if word.startswith("https:")]
    names = [word for word in words if not word.startswith("https:")]
    if len(addresses) > 1 or len(names) > 1:
        raise click.UsageError(_("写一个节点地址和一个姓名"))
    return (addresses[0] if addresses else None, names[0] if names else None)


def _elsewhere(url: str, typed: str | None, renew: bool) -> client.Node:
    """The node at an address, once somebody compared its certificate.

    Raises A-desk-certificate (it is another one than before), A-desk-unknown, D-fingerprint, T-….
    """
    host, port = pinning.place_of(url)
    shown = pinning.certificate_at(host, port, client.HEALTH_WAIT_S_MAX)
    known = pinning.pin_of(client.home(), url)
    if known is not None and known.sha256 != shown and not renew:
        raise refuse(
            "A-desk-certificate", known=fingerprints.shown(known.sha256), shown=fingerprints.shown(shown), host=host
        )
    if typed is not None:
        fingerprints.compare(shown, typed)
    elif known is None or known.sha256 != shown:
        _compared_by_person(host, shown)
    return client.Node(host, port, client.asked_id(client.Node(host, port, "", shown)), shown)


def _compared_by_person(host: str, shown: str) -> None:
    digits = fingerprints.shown(shown)
    if not asking.can_ask(click.get_current_context()):
        raise refuse("A-desk-unknown", host=host, shown=digits)
    click.echo(_("第一次从这台电脑登录 {host}。它的证书数字是：").format(host=host), err=True)
    click.echo(f"    {digits}", err=True)
    question = _("请打电话向管理节点的人核对（gongguan serve 启动时显示）。八组数字完全相同吗？")
    if not asking.agrees(question, default=False):
        raise refuse("A-desk-unknown", host=host)


def _logout(**values: object) -> None:
    settings = current_settings()
    node = client.reach(settings.folder, settings.node, named=settings.names_folder)
    who = client.staff_of(node, settings.staff)
    generated.run(family("session")["session.end"], dict(values))
    if who is not None:
        client.forget(node, who)


def _of_operation(name: str, operation: str, callback: Callable[..., None] | None) -> click.Command:
    command = generated.command_of(family("session")[operation])
    command.name = name
    if callback is not None:
        command.callback = callback
    return command
