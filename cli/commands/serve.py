"""``gongguan serve``: run the node of the data folder until it is stopped."""

import asyncio

import click

from gongguan.cli.commands import common_options, current_settings
from gongguan.cli.locale import language
from gongguan.cli.passwords import read_secrets, stdin_option
from gongguan.node.operations.said import Said
from gongguan.sync.label import Label

PASSPHRASE = Label(
    name="passphrase", zh="密钥口令", en="Pass-phrase of the key file", form="secret", required=True, default=None
)
READY = Said(
    "节点 {node_id} 已启动：对方节点端口 {port}，工作人员接口 {url}。停止：Ctrl-C",
    "Node {node_id} is running: partners at port {port}, staff API {url}. Stop it by Ctrl-C",
)
DESK = Said(
    "工作人员可从自己的电脑登录：gongguan login https://本机地址:{port}，证书数字 {digits}",
    "Staff may log in from elsewhere: gongguan login https://THIS-MACHINE:{port}, digits {digits}",
)
STOPPED = Said("节点已停止。", "The node has stopped.")


def serve() -> click.Command:
    """``gongguan serve``."""
    zh = language() == "zh"
    return click.Command(
        name="serve",
        help="运行本节点，直到按 Ctrl-C 或收到停止信号。" if zh else "Run this node until Ctrl-C or SIGTERM.",
        params=[
            click.Option(
                ["--ask-passphrase"],
                is_flag=True,
                help="用口令打开密钥文件，不用服务文件" if zh else "open the key file by the pass-phrase",
            ),
            stdin_option(),
            *common_options(hidden=True),
        ],
        callback=_serve,
    )


def _serve(ask_passphrase: bool, password_stdin: bool) -> None:
    from gongguan.node import collector  # noqa: PLC0415 - before all that it is not to look at

    collector.look_seldom()
    from gongguan.node import config, logs  # noqa: PLC0415 - heavy modules only when the command runs
    from gongguan.node.app import Node  # noqa: PLC0415
    from gongguan.node.keys import keyfiles, tls  # noqa: PLC0415 - heavy modules only when the command runs
    from gongguan.protocol import fingerprint  # noqa: PLC0415

    settings = current_settings()
    folder = settings.folder
    found = config.load(folder)
    logs.set_up(folder / found.log if found.log else None)
    if ask_passphrase:
        keys = keyfiles.open_with_passphrase(folder, read_secrets([PASSPHRASE], password_stdin)["passphrase"])
    else:
        keys = keyfiles.open_with_service(folder)
    node = Node.open(folder, found, keys)

    def ready(port: int, url: str) -> None:
        print(READY.text(language()).format(node_id=node.node_id, port=port, url=url), flush=True)
        if found.desk_host is not None:
            digits = fingerprint.shown(tls.digest(keys.tls_certificate))
            print(DESK.text(language()).format(port=found.desk_port, digits=digits), flush=True)

    try:
        asyncio.run(node.serve(ready))
    finally:
        node.close()
    print(STOPPED.text(language()), flush=True)
