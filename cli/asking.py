"""What a command still needs is asked for at a terminal: a choice by its number, a day with today as default.

Where nobody sits at a terminal, or ``--json`` is given, nothing is asked: the missing argument is wrong usage, as ever.
Questions go to standard error, so that what a command prints can be piped::

    $ gongguan 党费
    姓名、其中几个字或拼音首字母: bte
    月份（年-月） [2026-11]:
"""

import sys
from collections.abc import Callable, Sequence
from typing import Any

import click

from gongguan.cli.locale import _, language
from gongguan.cli.persons import PERSON_FIELDS
from gongguan.sync.labels import Label

LISTED_MAX = 40
"""Longer lists are asked for by their words; a screen holds no more."""


class AskedOption(click.Option):
    """An option that is asked for when it is required and missing."""

    def __init__(self, *given: Any, label: Label, **settings: Any) -> None:
        super().__init__(*given, **settings)
        self.label = label

    def process_value(self, ctx: click.Context, value: Any) -> Any:
        """The value as it was given or, where it is missing, as the person answers."""
        return _or_asked(ctx, self.label, value, super().process_value)


class AskedArgument(click.Argument):
    """An argument that is asked for when it is required and missing."""

    def __init__(self, *given: Any, label: Label, **settings: Any) -> None:
        super().__init__(*given, **settings)
        self.label = label

    def process_value(self, ctx: click.Context, value: Any) -> Any:
        """The value as it was given or, where it is missing, as the person answers."""
        return _or_asked(ctx, self.label, value, super().process_value)


def can_ask(ctx: click.Context) -> bool:
    """Whether somebody sits there who can answer."""
    quiet = ctx.resilient_parsing or getattr(ctx.obj, "json", False)
    return sys.stdin.isatty() and sys.stderr.isatty() and not quiet


def pick(question: str, lines: Sequence[str]) -> int:
    """The position of the line that the person chose by its number."""
    for number, line in enumerate(lines, 1):
        click.echo(f"  {number}  {line}", err=True)
    chosen: int = click.prompt(question, type=click.IntRange(1, len(lines)), err=True)
    return chosen - 1


def _or_asked(ctx: click.Context, label: Label, value: Any, process: Callable[[click.Context, Any], Any]) -> Any:
    try:
        return process(ctx, value)
    except click.MissingParameter:
        if not can_ask(ctx):
            raise
    return process(ctx, _answer(label))


def _answer(label: Label) -> Any:
    title = label.title(language())
    if label.form == "choice" and len(label.choices) <= LISTED_MAX:
        return label.choices[pick(title, [label.shown(code, language()) for code in label.choices])]
    if label.name in PERSON_FIELDS:
        title = _("姓名、其中几个字或拼音首字母")
    if label.form == "texts":
        return tuple(click.prompt(title + _("（可写几个，用空格隔开）"), err=True).split())
    return click.prompt(title, default=_usual(label), err=True)


def _usual(label: Label) -> str | None:
    """Today for a day, this month for a month: what a clerk mostly means."""
    from gongguan.node import clock  # noqa: PLC0415 - most commands are given everything
    from gongguan.sync.shared import today  # noqa: PLC0415

    day = today(clock.now()).isoformat()
    if label.name == "on" or label.name.endswith("_on"):
        return day
    return day[:7] if label.name == "month" else None
