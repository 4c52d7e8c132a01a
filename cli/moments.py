"""Days, months and quarters as people write them, in the form that requests take.

::

    Moment("day").convert("2026.11.18", None, None)          ->  "2026-11-18"
    Moment("quarter").convert("2026年第四季度", None, None)   ->  "2026Q4"
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

import click

from gongguan.cli.locale import _, language
from gongguan.protocol.errors import ProtocolError
from gongguan.sync.day_cells import parse_day, parse_month, parse_partial_date
from gongguan.sync.label import MomentKind


class Moment(click.ParamType[str]):
    """A day, a month or a quarter; read as the cells of sheets are, never guessed: the year is always written."""

    def __init__(self, kind: MomentKind) -> None:
        self.name = "text"
        self._kind = kind

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The form of requests; an empty text stays what it is."""
        text = str(value)
        if not text.strip():
            return text
        try:
            return _READ[self._kind](text)
        except ProtocolError as error:
            return self.fail(f"{error.sentence(language())}：{text}。{error.next_step(language())}", param, ctx)
        except ValueError:
            return self.fail(_("季度写成 2026Q4 或 2026年第四季度，年份要写上：{text}").format(text=text), param, ctx)


def _quarter(text: str) -> str:
    from gongguan.sync.quarters import quarter_in  # noqa: PLC0415 - few commands take one

    found = quarter_in(text)
    if found is None:
        raise ValueError(text)
    return found


_READ: Final[Mapping[MomentKind, Callable[[str], str]]] = {
    "day": lambda text: parse_day(text).value,
    "month": lambda text: parse_month(text).value,
    "day_or_month": lambda text: parse_partial_date(text).value,
    "quarter": _quarter,
}
