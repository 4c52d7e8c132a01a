"""``gongguan completion SHELL``: the script that lets a shell complete commands, options and codes; needs no node."""

import click
from click.shell_completion import get_completion_class

from gongguan.cli.commands import common_options
from gongguan.cli.locale import _

SHELLS = ("bash", "zsh", "fish")
VARIABLE = "_GONGGUAN_COMPLETE"


def completion() -> click.Command:
    """``gongguan completion``."""
    return click.Command(
        name="completion",
        help=_("输出命令补全脚本。用 bash 时把这一行写进 ~/.bashrc：") + 'eval "$(gongguan completion bash)"',
        params=[
            click.Argument(["shell"], type=click.Choice(SHELLS), default="bash", metavar="[bash|zsh|fish]"),
            *common_options(hidden=True),
        ],
        callback=_completion,
    )


def _completion(shell: str) -> None:
    found = get_completion_class(shell)
    root = click.get_current_context().find_root()
    assert found is not None  # click has all three
    print(found(root.command, {}, "gongguan", VARIABLE).source())
