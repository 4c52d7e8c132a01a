"""Questions of a guided conversation. Where nobody sits at a terminal, each answer is a line of standard input.

Ctrl-C and the end of the input raise ``click.Abort``; the answer ``q`` to a choice raises ``Left``::

    way = choose(_("怎样结对？"), {"1": _("由我们发出邀请"), "2": _("接收对方的邀请文件")})
"""

import re
import sys
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path

import click

from gongguan.cli import asking
from gongguan.cli.commands.generated import read_file
from gongguan.cli.locale import _, language
from gongguan.cli.moments import Moment
from gongguan.protocol.errors import ProtocolError

LEAVE = "q"

Check = Callable[[str], str]
"""Gives the answer as it is taken, or raises ``click.UsageError`` with what is wrong; then it is asked again."""


class Left(Exception):
    """The person chose to go on another time."""


def ask(question: str, default: str | None = None, check: Check | None = None) -> str:
    """One line of text; an empty one is asked for again unless there is a default."""

    def taken(given: str) -> str:
        given = given.strip()
        return given if check is None or (given == default and not given) else check(given)

    shown = bool(default)
    answer: str = click.prompt(question, default=default, value_proc=taken, show_default=shown)
    return answer


def ask_secret(question: str, *, twice: bool = False) -> str:
    """A password, unseen at a terminal; asked for again when the repetition differs."""
    hidden = sys.stdin.isatty()
    again = _("再输入一次") if twice else False
    answer: str = click.prompt(question, hide_input=hidden, confirmation_prompt=again)
    return answer


def ask_file(question: str, *, optional: bool = False) -> tuple[Path, bytes] | None:
    """An existing file that the person names, with its bytes."""
    read: list[bytes] = []

    def taken(given: str) -> str:
        path = Path(given.strip().strip("'\"")).expanduser()
        try:
            read.append(read_file(path))
        except ProtocolError as error:
            raise click.UsageError(f"{error.sentence(language())}：{path}") from None
        return str(path)

    given = ask(question, "" if optional else None, taken)
    return (Path(given), read[-1]) if given else None


def ask_day(question: str, default: date) -> str:
    """A day as ``YYYY-MM-DD``."""

    def taken(given: str) -> str:
        return Moment("day").convert(given, None, None)

    return ask(question, default.isoformat(), taken)


def choose(question: str, options: Mapping[str, str]) -> str:
    """The key of one option. Raises ``Left`` for ``q``, which is always offered."""
    print(question)
    for key, title in {**options, LEAVE: _("先离开，以后接着办")}.items():
        print(f"  {key}  {title}")

    def taken(given: str) -> str:
        if given.lower() in (*options, LEAVE):
            return given.lower()
        raise click.UsageError(_("请输入列出的一项：{keys}").format(keys="、".join([*options, LEAVE])))

    chosen = ask(_("请选择"), next(iter(options)), taken)
    if chosen == LEAVE:
        raise Left
    return chosen


def agrees(question: str, *, default: bool) -> bool:
    """Yes or no."""
    return asking.agrees(question, default=default, err=False)


def matching(pattern: str, complaint: str) -> Check:
    """A check that the whole answer has a form."""

    def taken(given: str) -> str:
        if re.fullmatch(pattern, given):
            return given
        raise click.UsageError(complaint)

    return taken
