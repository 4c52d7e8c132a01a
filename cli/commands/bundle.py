"""``gongguan bundle export | import | inspect``: exchange by files, a whole folder at once.

gongguan bundle export --to /media/usb
gongguan bundle import /media/usb
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import click
import msgspec

from gongguan.cli import client, output
from gongguan.cli.commands import Settings, common_options, current_settings, dry_run_option
from gongguan.cli.locale import language
from gongguan.cli.operations import Record, family
from gongguan.cli.own_node import Calls, at_desk
from gongguan.cli.passwords import stdin_option
from gongguan.node.operations.said import Said
from gongguan.protocol.errors import refuse
from gongguan.sync.labels import labelled

if TYPE_CHECKING:
    from gongguan.node.operations.bundle import BundleTaken
    from gongguan.node.peers.courier import FileTaken

EXIT_REFUSED: Final = 1

WRITTEN: Final = Said(
    "已写出 {count} 个文件，含 {segments} 段消息和应带的回执。",
    "{count} files written with {segments} segments and the receipts that are due.",
)
HAND_OVER: Final = Said(
    "把这些文件交给对方，由对方运行 gongguan bundle import 文件夹；没有收到回执的内容，下次导出时会再次带上",
    "Hand the files over; they run gongguan bundle import FOLDER. What has no receipt is in the next export again",
)
TAKEN: Final = Said(
    "共 {count} 份：新消息 {new_messages} 条，新回执 {new_receipts} 份。",
    "{count} bundles and other files: {new_messages} new messages, {new_receipts} new receipts.",
)
NEXT: Final[dict[str, Said]] = {
    "accept": Said(
        "结对邀请须由人接收：gongguan peer accept 文件",
        "An invitation is accepted by a person: gongguan peer accept FILE",
    ),
    "damaged": Said(
        "损坏的文件请重新复制或请对方重新导出", "Copy damaged files once more, or have them exported again"
    ),
    "ahead": Said(
        "前面的文件还没有到：到了再导入一次，或请对方重新导出",
        "Earlier files are missing: import again once they are here, or have them exported again",
    ),
    "quota": Said(
        "请技术人员查明原因，需要时提高 gongguan.toml 里的 limits.peer_bytes_max",
        "Find out why; where more is needed raise limits.peer_bytes_max in gongguan.toml",
    ),
    "refused": Said(
        "被拒绝的文件按所列原因处理，需要时与对方核实",
        "See to refused files by their reasons, if need be with the partner",
    ),
    "new": Said(
        "把回执交给对方：gongguan bundle export --to 文件夹", "Give the receipt back: gongguan bundle export --to"
    ),
}
"""What to do about an outcome, the most urgent first."""
ARRIVED: Final = Said(
    "这次只有回执，没有新消息：发出的已经送达，不用再带文件",
    "Receipts only: what was sent has arrived; nothing to carry back",
)
EACH_ALONE: Final = Said(
    "没有问题就去掉 --dry-run 再运行一次。试办时各文件单独看：接在前一个文件后面的，会显示前面的还没有到",
    "If all is well run it again without --dry-run. In a trial each file is looked at alone: one that follows on "
    "another is said to come too early",
)
OUT_OF_THE_WAY: Final = Said("另有 {count} 个文件不是共管文件，没有动。", "{count} other files were left alone.")

ROWS: Final = family("bundle")


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """One file that was exported."""

    file: Annotated[str, labelled("文件", "file")]
    bundle: Annotated[str, labelled("数据包编号", "bundle id")]
    segments: Annotated[int, labelled("消息段", "segments")]
    bytes: Annotated[int, labelled("字节数", "bytes")]


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """What people see of an export."""

    files: Annotated[list[Written], labelled("文件", "files")]


def export() -> click.Command:
    """``gongguan bundle export [PEER] --to FOLDER``."""
    zh = language() == "zh"
    return click.Command(
        name="export",
        help=ROWS["bundle.export"].said(language()),
        params=[
            click.Argument(["peer"], required=False, default="", metavar="[PEER]"),
            click.Option(
                ["--to", "folder"],
                default=".",
                metavar="FOLDER",
                help="写到这个文件夹，如 U 盘；默认当前文件夹"
                if zh
                else "folder to write to; default: the current one",
            ),
            click.Option(
                ["--text"],
                is_flag=True,
                help="写成文本，供只放行文本的邮件网关" if zh else "as text, for mail gateways that block other files",
            ),
            dry_run_option(),
            stdin_option(),
            *common_options(hidden=True),
        ],
        callback=_export,
    )


def take() -> click.Command:
    """``gongguan bundle import FILE|FOLDER…``."""
    zh = language() == "zh"
    return click.Command(
        name="import",
        help="导入对方的文件，或整个文件夹" if zh else "import a partner's files, or whole folders",
        params=[
            click.Argument(["paths"], nargs=-1, required=True, metavar="FILE|FOLDER…"),
            dry_run_option(),
            stdin_option(),
            *common_options(hidden=True),
        ],
        callback=_import,
    )


def inspect() -> click.Command:
    """``gongguan bundle inspect FILE``."""
    return click.Command(
        name="inspect",
        help=ROWS["bundle.inspect"].said(language()),
        params=[click.Argument(["file"], metavar="FILE"), stdin_option(), *common_options(hidden=True)],
        callback=_inspect,
    )


def _export(peer: str, folder: str, text: bool, only_tried: bool, password_stdin: bool) -> None:
    settings = current_settings()
    with _refusals(), at_desk(settings, from_stdin=password_stdin) as desk:
        files = list(_write_all(desk, peer, Path(folder), text, only_tried=only_tried))
    if only_tried:
        output.tried()
    segments = sum(item.segments for item in files)
    if settings.json:
        listed = [msgspec.to_builtins(item) for item in files]
        output.plain({"file": files[0].file, "files": listed, "segments": segments})
        return
    print(WRITTEN.text(language()).format(count=len(files), segments=segments))
    output.tables_of(Listed(files=files))
    output.next_step(HAND_OVER)


def _write_all(desk: Calls, peer: str, folder: Path, text: bool, *, only_tried: bool) -> Iterator[Written]:
    """Bundle after bundle until all that is due has left; each holds what follows on the one before."""
    from gongguan.node.peers.courier import write_new  # noqa: PLC0415 - not for the help
    from gongguan.node.peers.transports.file import name_for  # noqa: PLC0415

    beyond: object = []
    number, more = 0, True
    while more:
        made = desk.call(ROWS["bundle.export"], {"peer": peer, "text": text, "beyond": beyond})

        def name(count: int, made: Record = made) -> str:
            return name_for(made.sender, made.recipient, made.on, count, text=text)

        if only_tried:
            path, number = folder / name(number + 1), number + 1
        else:
            path, number = write_new(folder, name, made.file, number + 1)
        yield Written(file=str(path), bundle=made.bundle, segments=made.segments, bytes=len(made.file))
        beyond, more = made.plain()["beyond"], made.more


def _import(paths: tuple[str, ...], only_tried: bool, password_stdin: bool) -> int:
    from gongguan.node.peers.courier import ALL_IS_WELL, files_in, take_all  # noqa: PLC0415 - not for the help

    settings = current_settings()
    found = files_in(map(Path, paths))
    with _refusals(), at_desk(settings, from_stdin=password_stdin) as desk:
        taken = take_all(found, lambda data, receipts_only: _one(desk, data, receipts_only, only_tried))
    if len(found) == len(taken) == 1 and found[0].named and taken[0].code is not None and taken[0].outcome != "known":
        # One file that somebody named: they read the whole refusal, not a line of a table.
        raise refuse(taken[0].code, file=taken[0].file)
    if only_tried:
        output.tried()
    show(settings, taken, only_tried)
    return 0 if {item.outcome for item in taken} <= ALL_IS_WELL else EXIT_REFUSED


def _one(desk: Calls, data: bytes, receipts_only: bool, only_tried: bool) -> "BundleTaken":
    from gongguan.node.operations.bundle import BundleTaken  # noqa: PLC0415

    try:
        done = desk.call(ROWS["bundle.import"], {"file": data, "receipts_only": receipts_only}, dry_run=only_tried)
    except client.Refused as error:
        raise refuse(error.failure.code, **error.failure.facts) from error
    return msgspec.convert(done.plain(), BundleTaken)


def show(settings: Settings, taken: list["FileTaken"], only_tried: bool) -> None:
    """What became of the files, and what to do next."""
    totals = {
        "count": len(taken),
        "new_messages": sum(item.new_messages for item in taken),
        "new_receipts": sum(item.new_receipts for item in taken),
    }
    if settings.json:
        output.plain({**totals, "files": [msgspec.to_builtins(item) for item in taken]})
        return
    print(TAKEN.text(language()).format(**totals))
    ours = [item for item in taken if item.outcome != "foreign"]
    output.tables_of(_table_of(ours))
    if len(taken) > len(ours):
        print(OUT_OF_THE_WAY.text(language()).format(count=len(taken) - len(ours)))
    if only_tried:
        output.next_step(EACH_ALONE)
        return
    outcomes = {item.outcome for item in taken}
    for outcome, said in NEXT.items():
        if outcome in outcomes:
            # Receipts are not receipted: else the files would go to and fro for ever.
            output.next_step(said if outcome != "new" or totals["new_messages"] else ARRIVED)


def _table_of(taken: list["FileTaken"]) -> msgspec.Struct:
    from gongguan.node.peers.courier import FilesTaken  # noqa: PLC0415

    return FilesTaken(files=taken)


def _inspect(file: str, password_stdin: bool) -> None:
    from gongguan.cli.commands.generated import read_file  # noqa: PLC0415 - not for the help

    settings = current_settings()
    operation = ROWS["bundle.inspect"]
    data = read_file(Path(file))
    with _refusals(), at_desk(settings, from_stdin=password_stdin) as desk:
        seen = desk.call(operation, {"file": data})
    output.answer(operation, seen, None, settings.json)


@contextmanager
def _refusals() -> Iterator[None]:
    """A refusal of the node is printed like everywhere else."""
    try:
        yield
    except client.Refused as error:
        raise output.Rejection(error, None) from None
