"""``gongguan backup`` of a running or stopped node, ``gongguan restore`` under a stopped one."""

from pathlib import Path

import click

from gongguan.cli.commands import common_options, current_settings
from gongguan.cli.locale import language
from gongguan.node.operations.said import Said

MADE = Said("备份已写入 {file}（数据库 {size} 字节）。", "The backup is in {file} (database: {size} bytes).")
WITHOUT_KEYS = Said(
    "其中没有密钥：keys 文件夹要另行保管，两者分开存放。", "It holds no keys: keep the folder keys safe, apart from it."
)
WITH_KEYS = Said(
    "其中有密钥：拿到它的人配合口令或服务文件就能冒充本节点。",
    "It holds the keys: whoever has it can speak for this node.",
)
RESTORED = Said(
    "备份 {file} 已放回，原来的数据库改名保留。启动后自动向对方取回备份以后的消息：gongguan recovery show",
    "{file} is put back; the database that was there is kept beside it. Start the node: it fetches back what came "
    "after the backup, see gongguan recovery show",
)
LETTERS = Said(
    "与无节点一方的公函和代录没有人能送回：备份以后的要照纸面重新办理，缺哪几号公函见 gongguan recovery show。",
    "Letters to partners without a node and their answers come back from nobody: do again what came after the backup; "
    "gongguan recovery show names the numbers.",
)
ONE_COPY = Said("同一节点的另一份（旧机器、快照）不得再启动。", "No other copy of this node may ever be started again.")


def backup() -> click.Command:
    """``gongguan backup``."""
    zh = language() == "zh"
    return click.Command(
        name="backup",
        help="把数据库和配置备份成一个文件，节点运行时也可以。"
        if zh
        else "Back database and settings up into one file, also while the node runs.",
        params=[
            click.Argument(["file"], type=click.Path(path_type=Path)),
            click.Option(
                ["--with-keys"], is_flag=True, help="连同密钥文件" if zh else "the key files too", default=False
            ),
            *common_options(hidden=True),
        ],
        callback=_backup,
    )


def restore() -> click.Command:
    """``gongguan restore``."""
    zh = language() == "zh"
    return click.Command(
        name="restore",
        help="把备份放回已停止的节点。" if zh else "Put a backup back under a stopped node.",
        params=[click.Argument(["file"], type=click.Path(path_type=Path)), *common_options(hidden=True)],
        callback=_restore,
    )


def _backup(file: Path, with_keys: bool) -> None:
    from gongguan.node.backup import back_up  # noqa: PLC0415 - heavy modules only when the command runs

    made = back_up(_folder(), file, with_keys=with_keys)
    print(MADE.text(language()).format(file=file, size=made.database_bytes))
    print((WITH_KEYS if with_keys else WITHOUT_KEYS).text(language()))


def _restore(file: Path) -> None:
    from gongguan.node.backup import put_back  # noqa: PLC0415 - heavy modules only when the command runs

    put_back(_folder(), file)
    print(RESTORED.text(language()).format(file=file))
    print(LETTERS.text(language()))
    print(ONE_COPY.text(language()))


def _folder() -> Path:
    return current_settings().folder
