"""``gongguan openapi``: print the OpenAPI 3.1 description of the staff API; needs no node."""

import click

from gongguan.cli.commands import common_options
from gongguan.cli.locale import language


def openapi() -> click.Command:
    """``gongguan openapi``."""
    zh = language() == "zh"
    return click.Command(
        name="openapi",
        help="输出工作人员接口的说明（OpenAPI 3.1，JSON），不需要节点"
        if zh
        else "Print the description of the staff API (OpenAPI 3.1, JSON); needs no node.",
        params=[*common_options(hidden=True)],
        callback=_openapi,
    )


def _openapi() -> None:
    from gongguan.cli import output  # noqa: PLC0415 - not for the help
    from gongguan.node.staff import openapi  # noqa: PLC0415

    output.plain(openapi.document())
