"""``gongguan relay``: run an untrusted mailbox for nodes that can only call out. It is no node and needs none."""

import asyncio
import signal
from pathlib import Path

import click

from gongguan.cli.commands import common_options, current_settings
from gongguan.cli.commands.init import config_of
from gongguan.cli.locale import language
from gongguan.node.operations.said import Said
from gongguan.protocol.errors import refuse

READY = Said(
    """中转站已启动。各节点建立时写：
    gongguan init … --relay {address}
（本机地址不能从外面访问时，把其中的主机名换成对外的。）停止：Ctrl-C""",
    """The relay is running. Nodes are set up with:
    gongguan init … --relay {address}
(Put the outside name of this host where it cannot be reached by this one.) Stop it by Ctrl-C""",
)
STOPPED = Said("中转站已停止。", "The relay has stopped.")
KEY, CERTIFICATE = "relay-key.pem", "relay-certificate.pem"


def relay() -> click.Command:
    """``gongguan relay --listen HOST:PORT --data DIR``."""
    zh = language() == "zh"
    return click.Command(
        name="relay",
        help=(
            "运行中转站：替两个都只能向外联系的节点转存密封的数据包。各项上限见数据文件夹里的 relay.toml。"
            if zh
            else "Run a relay: it keeps sealed bundles for two nodes that can both only call out. Bounds: relay.toml."
        ),
        params=[
            click.Option(
                ["--listen"],
                default="127.0.0.1:8500",
                show_default=True,
                help="接受节点连接的地址和端口" if zh else "host and port for nodes",
            ),
            click.Option(
                ["--plain-http"],
                is_flag=True,
                help="不用 TLS，仅当前面另有 TLS 代理时" if zh else "no TLS: only behind a proxy that has it",
            ),
            *common_options(hidden=True),
        ],
        callback=_relay,
    )


def _relay(listen: str, plain_http: bool) -> None:
    from gongguan.node import logs  # noqa: PLC0415 - heavy modules only when the command runs

    settings = current_settings()
    # The settings of a node know how to read an address with its port.
    found = config_of(title="relay", region="000000", listen=listen)
    logs.set_up(None)
    asyncio.run(_run(settings.folder, found.listen_host, found.listen_port, plain_http))
    print(STOPPED.text(language()), flush=True)


async def _run(folder: Path, host: str, port: int, plain_http: bool) -> None:
    from gongguan.node import clock  # noqa: PLC0415
    from gongguan.node.database.database import lock_folder  # noqa: PLC0415
    from gongguan.node.keys import tls  # noqa: PLC0415
    from gongguan.node.peers.relay import Relay, limits_in  # noqa: PLC0415

    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    with lock_folder(folder):
        key, certificate = _certificate(folder)
        running = Relay(folder, limits_in(folder), clock.now)
        await running.start(host, port, None if plain_http else tls.server_context(key, certificate))
        try:
            address = f"http://{host}:{running.port}"
            if not plain_http:
                address = f"https://{host}:{running.port}#{tls.digest(certificate)}"
            print(READY.text(language()).format(address=address), flush=True)
            await stop.wait()
        finally:
            await running.stop()


def _certificate(folder: Path) -> tuple[str, str]:
    """The relay's own key and certificate, made at the first start."""
    from gongguan.node import clock  # noqa: PLC0415
    from gongguan.node.files.new_files import keep  # noqa: PLC0415
    from gongguan.node.keys import tls  # noqa: PLC0415

    key, certificate = folder / KEY, folder / CERTIFICATE
    if not certificate.exists():
        made = tls.make_certificate("gongguan-relay", clock.now())
        try:
            keep(key, made[0].encode())
            keep(certificate, made[1].encode())
        except OSError as error:
            raise refuse("I-folder-not-writable", folder=str(folder), reason=error.strerror or "") from error
    return key.read_text("ascii"), certificate.read_text("ascii")
