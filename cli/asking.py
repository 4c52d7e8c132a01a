"""What a command still needs is asked for at a terminal: a choice by its number, a day with today as default.

Where nobody sits at a terminal, or ``--json`` is given, nothing is asked: the missing argument is wrong usage, as ever.
Questions go to standard error, so that what a command prints can be piped::

    $ gongguan 党费
    姓名、其中几个字或拼音首字母: bte
    月份（年-月） [2026-11]:
"""

import sys
from collections.abc import Callable, Sequence
from typing import Any, Final

import click

from gongguan.cli.locale import _, language
from gongguan.cli.persons import JOINED, PERSON_FIELDS, branches, checked, found_now, parted, within_reach
from gongguan.sync.label import Label
from gongguan.sync.lists import LISTS
from gongguan.sync.roles import ROLES

LISTED_MAX = 40
"""Longer lists are asked for by their words; a screen holds no more."""


MAY_BE_LEFT_OUT: Final = frozenset({"certificate_number"})
"""What is asked for and need not be answered: whoever was checked before shows no certificate again."""


class AskedOption(click.Option):
    """An option that is asked for when it is required and missing."""

    def __init__(self, *given: Any, label: Label, unless: Sequence[str] | None = None, **settings: Any) -> None:
        """``unless``: it is asked for though not required, where none of these options was given."""
        super().__init__(*given, **settings)
        self.label, self.unless = label, unless

    def process_value(self, ctx: click.Context, value: Any) -> Any:
        """The value as it was given or, where it is missing, as the person answers."""
        found = _or_asked(ctx, self.label, value, super().process_value)
        if found or self.unless is None or not can_ask(ctx) or any(ctx.params.get(name) for name in self.unless):
            return found
        return _answer(ctx, self.label, super().process_value, needed=self.label.name not in MAY_BE_LEFT_OUT) or found


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


def pick(question: str, lines: Sequence[str], others: Sequence[Sequence[str]] = ()) -> int:
    """The position of the line that the person chose: by its number, its words, or a part that no other line has.

    ``others``: what else each line is called.
    """
    called = [(line, *more) for line, more in zip(lines, others or [()] * len(lines), strict=True)]
    for number, line in enumerate(lines, 1):
        click.echo(f"  {number}  {line}", err=True)

    def taken(given: str) -> int:
        given = given.strip()
        named = [at for at, names in enumerate(called) if given in names]
        named = named or [at for at, names in enumerate(called) if given and any(given in name for name in names)]
        if given.isdecimal():
            named = [int(given) - 1] if 1 <= int(given) <= len(lines) else []
        if len(named) != 1:
            raise click.UsageError(_("请输入前面的号码，1 到 {last}").format(last=len(lines)))
        return named[0]

    chosen: int = click.prompt(question, value_proc=taken, err=True)
    return chosen


_YES = frozenset({"y", "yes", "是", "是的", "对", "好"})
_NO = frozenset({"n", "no", "否", "不", "不是"})


def agrees(question: str, *, default: bool, err: bool = True) -> bool:
    """Yes or no, in either language."""

    def taken(given: str) -> bool:
        said = given.strip().lower()
        if said not in _YES | _NO:
            raise click.UsageError(_("请答 是 或 否（也可以打 y 或 n）"))
        return said in _YES

    usual = _("是") if default else _("否")
    text = _("{question} 是/否，直接回车是“{usual}”").format(question=question, usual=usual)
    answer: bool = click.prompt(text, default="y" if default else "n", show_default=False, value_proc=taken, err=err)
    return answer


def names_of(label: Label, code: str) -> tuple[str, ...]:
    """What a code of a choice is called besides the code itself."""
    if label.codes == "role":
        return (ROLES[code].zh, ROLES[code].en)
    return LISTS.get(label.codes or "", {}).get(code, ())


def _or_asked(ctx: click.Context, label: Label, value: Any, process: Callable[[click.Context, Any], Any]) -> Any:
    try:
        given = process(ctx, value)
        return checked(label, given) if can_ask(ctx) else given
    except click.MissingParameter as missing:
        if not can_ask(ctx):
            raise click.MissingParameter(_meant(label), ctx=missing.ctx, param=missing.param) from None
    return _answer(ctx, label, process)


def _meant(label: Label) -> str:
    """What a missing parameter is, in words, and what may stand there."""
    allowed = "、".join(label.shown(code, language()) for code in label.choices[:LISTED_MAX])
    title = label.title(language())
    return _("{title}，可填：{allowed}").format(title=title, allowed=allowed) if allowed else title


def _answer(
    ctx: click.Context, label: Label, process: Callable[[click.Context, Any], Any], *, needed: bool = True
) -> Any:
    """What the person answers, read at once: what cannot be read is asked for again, not at the end of everything."""
    title = label.title(language())
    if label.form == "choice" and len(label.choices) <= LISTED_MAX:
        lines = [label.shown(code, language()) for code in label.choices]
        return process(ctx, label.choices[pick(title, lines, [names_of(label, code) for code in label.choices])])
    # A partner without a node has bodies of its own, which nobody here can list.
    bodies = branches() if label.name == "managing_body" and not ctx.params.get("heard") else []
    if 0 < len(bodies) <= LISTED_MAX:
        chosen = pick(title, [one.short_name for one in bodies], [(one.code, one.full_name) for one in bodies])
        return process(ctx, bodies[chosen].code)
    people = within_reach(label) if label.name in PERSON_FIELDS else {}
    for number, line in enumerate(people, 1):
        click.echo(f"  {number}  {line}", err=True)
    if label.name in PERSON_FIELDS:
        named = _("姓名、其中几个字或拼音首字母")
        title = _("前面的号码，或{named}").format(named=named) if people else named
    if not needed:
        title += _("（没有就直接回车）")
    if label.form == "texts":
        title += _("（可写几个，用顿号或空格隔开）")
    return click.prompt(
        title,
        default=_usual(label) if needed else "",
        show_default=needed,
        value_proc=lambda text: process(ctx, _read(label, text, list(people.values()))),
        err=True,
    )


def _read(label: Label, text: str, numbered: Sequence[str]) -> Any:
    """``numbered``: ids of the people who were listed, in their order."""
    if label.form != "texts":
        return _whom(label, text, numbered)
    several = parted(text) if JOINED.search(text) else text.split()
    return tuple(_whom(label, one, numbered) for one in several)


def _whom(label: Label, text: str, numbered: Sequence[str]) -> str:
    if label.name not in PERSON_FIELDS:
        return text
    number = text.strip()
    if numbered and number.isdecimal():
        if 1 <= int(number) <= len(numbered):
            return numbered[int(number) - 1]
        raise click.UsageError(_("请输入前面的号码，1 到 {last}").format(last=len(numbered)))
    return found_now(label, text)


def _usual(label: Label) -> str | None:
    """Today for a day, this month for a month: what a clerk mostly means."""
    from gongguan.node import clock  # noqa: PLC0415 - most commands are given everything
    from gongguan.sync.days import today  # noqa: PLC0415
    from gongguan.sync.quarters import Quarter  # noqa: PLC0415

    now = today(clock.now())
    day = now.isoformat()
    if label.name == "on" or label.name.endswith("_on"):
        return day
    if label.moment == "quarter":
        return Quarter.of(now).name
    return day[:7] if label.moment == "month" else None
