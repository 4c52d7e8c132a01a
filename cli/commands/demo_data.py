"""``gongguan demo-data``: write a whole data set of invented members, the same bytes for the same seed."""

from pathlib import Path

import click

from gongguan.cli.commands import common_options, current_settings
from gongguan.cli.locale import _, language

SEED_DEFAULT = 1


def demo_data() -> click.Command:
    """``gongguan demo-data tiny|banner``."""
    zh = language() == "zh"
    return click.Command(
        name="demo-data",
        help=(
            "生成一套虚构人员的演示数据（tiny 60 人，banner 36000 人）：可导入的表、外出经历、有错误的表和清单；"
            "种子相同，文件逐字节相同。正式节点不收这些人。"
            if zh
            else "Write a data set of invented members (tiny: 60, banner: 36,000): sheets to import, journeys, a sheet "
            "with faults, and a manifest. One seed gives the same bytes. A real node refuses these persons."
        ),
        params=[
            click.Argument(["name"], type=click.Choice(("tiny", "banner")), metavar="tiny|banner"),
            click.Option(
                ["--seed"], type=click.IntRange(min=0), default=SEED_DEFAULT, help="种子" if zh else "the seed"
            ),
            click.Option(
                ["--out"],
                type=click.Path(file_okay=False, path_type=Path),
                required=True,
                metavar="DIR",
                help="写到哪个文件夹" if zh else "the folder to write to",
            ),
            *common_options(hidden=True),
        ],
        callback=_demo_data,
    )


def _demo_data(name: str, seed: int, out: Path) -> int:
    from gongguan.cli import output  # noqa: PLC0415 - heavy modules only when the command runs
    from gongguan.cli.demo_data.sets import write  # noqa: PLC0415
    from gongguan.protocol.errors import refuse  # noqa: PLC0415

    try:
        manifest = write(name, seed, out)
    except OSError as error:
        raise refuse("I-folder-not-writable", folder=str(out), reason=error.strerror) from error
    settings = current_settings()
    if settings.json:
        output.plain(manifest)
        return 0
    written = _("已写入 {out}：党员 {members} 人，支部 {branches} 个，流动 {floating} 人，流入地 {destinations} 个。")
    print(written.format(out=out, **manifest["counts"]))
    print(_("逐个文件的 SHA-256 在 manifest.json；导入：gongguan body import、gongguan member import。"))
    return 0
