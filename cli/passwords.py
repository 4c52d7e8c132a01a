"""How a password comes in: a hidden prompt, the environment, or standard input; never an argument.

The variable of a field is ``GONGGUAN_`` and its name: ``GONGGUAN_PASSWORD``, ``GONGGUAN_NEW_PASSWORD``. With
``--password-stdin`` each secret is one line, in the order in which they would be asked for.
"""

import os
import sys
from collections.abc import Collection, Sequence

import click

from gongguan.cli.locale import _, language
from gongguan.protocol.errors import refuse
from gongguan.sync.label import Label


def stdin_option() -> click.Option:
    """The option ``--password-stdin``."""
    return click.Option(["--password-stdin"], is_flag=True, help=_("从标准输入读取密码，每行一个"))


def read_secrets(labels: Sequence[Label], from_stdin: bool, new: Collection[str] = frozenset()) -> dict[str, str]:
    """One value per label; those named in ``new`` are typed twice at a prompt, since nobody sees what they type.

    Raises D-password-source where nobody can be asked, with the variable that would do.
    """
    return {label.name: _read(label, from_stdin, label.name in new) for label in labels}


def _read(label: Label, from_stdin: bool, twice: bool) -> str:
    variable = f"GONGGUAN_{label.name.upper()}"
    if from_stdin:
        line = sys.stdin.readline()
        if not line:
            raise refuse("D-password-source", variable=variable)
        return line.rstrip("\r\n")
    given = os.environ.get(variable)
    if given is not None:
        return given
    if not sys.stdin.isatty():
        raise refuse("D-password-source", variable=variable)
    again = _("再输入一次") if twice else False
    text: str = click.prompt(label.title(language()), hide_input=True, confirmation_prompt=again, err=True)
    return text
