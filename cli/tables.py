"""A table of texts for people, as wide as the console: words are broken before days, numbers and ids are.

Chinese signs take two cells. Written here since a library for it takes as long to load as all that a command needs::

    lines("人员", ["姓名", "角色"], [["乌云", "干事"]], 80)
    # ["人员", "", " 姓名  角色", " ──────────", " 乌云  干事", ""]
"""

import functools
import re
import textwrap
import unicodedata
from collections.abc import Sequence
from typing import Final

SHORT_CELLS: Final = 16
"""A day with its time takes as much; where all that a column holds is no longer, none of it is broken."""
HEADING_CELLS: Final = 8
BETWEEN_CELLS: Final = 2
LONG_CELLS: Final = 10
"""What every longer column is left with at least."""
NOT_AT_THE_START: Final = "）、，。：；"
EDGE: Final = " "
WORD: Final = re.compile(r"\s*\S+\s*")


def lines(title: str, headings: Sequence[str], rows: Sequence[Sequence[str]], room: int, rule: str = "─") -> list[str]:
    """The table, line by line, without its ends; ``rule``: what the line below the headings is drawn with."""
    columns = range(len(headings))
    widths = [max(cells(line) for row in rows for line in row[at].split("\n")) for at in columns]
    whole = unbroken(rows, widths, room)
    titles = [heading(headings[at], max(widths[at], HEADING_CELLS)) if at in whole else headings[at] for at in columns]
    wanted = [max(widths[at], *map(cells, titles[at].split("\n"))) for at in columns]
    given = _fitted(wanted, whole, room - len(EDGE) - BETWEEN_CELLS * len(wanted))
    drawn = EDGE + rule * (sum(given) + BETWEEN_CELLS * (len(given) - 1))
    return [title, "", *_row(titles, given), drawn, *(line for row in rows for line in _row(row, given)), ""]


def cells(text: str) -> int:
    """How many cells of a console a text takes."""
    if text.isascii():
        return len(text)
    return sum(map(_cell, text))


def unbroken(rows: Sequence[Sequence[str]], widths: Sequence[int], room: int) -> set[int]:
    """The columns that are never broken: where room is short, words are, and days, numbers and ids last of all."""
    found: set[int] = set()
    known = [at for at, width in enumerate(widths) if width <= SHORT_CELLS]
    left = room - LONG_CELLS * (len(widths) - len(known))
    for at in sorted(known, key=lambda at: (not all(row[at].isascii() for row in rows), widths[at])):
        left -= max(widths[at], HEADING_CELLS) + BETWEEN_CELLS
        if left >= 0:
            found.add(at)
    return found


def heading(title: str, width: int) -> str:
    """The title of a column of this width, in as many lines as it needs; words of English stay whole."""
    if title.isascii():
        return "\n".join(textwrap.wrap(title, width, break_long_words=False))
    lines = [""]
    for sign in title:
        if cells(lines[-1] + sign) > width and sign not in NOT_AT_THE_START:
            lines.append("")
        lines[-1] += sign
    return "\n".join(lines)


@functools.cache
def _cell(sign: str) -> int:
    if unicodedata.category(sign) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(sign) in "WF" else 1


def _fitted(wanted: Sequence[int], whole: set[int], room: int) -> list[int]:
    """Widths that fit into the room: the widest gives way first, and what should stay whole only where it must."""
    given = [min(width, max(room, 1)) for width in wanted]
    every = list(range(len(given)))
    for giving, least in (([at for at in every if at not in whole], LONG_CELLS), (every, 1)):
        while sum(given) > room and giving:
            widest = max(giving, key=given.__getitem__)
            if given[widest] <= least:
                break
            given[widest] -= 1
    return given


def _row(texts: Sequence[str], widths: Sequence[int]) -> list[str]:
    """One row of the table in as many lines as its longest cell needs."""
    parts = [_broken(text, width) for text, width in zip(texts, widths, strict=True)]
    found = []
    for at in range(max(map(len, parts))):
        here = [part[at] if at < len(part) else "" for part in parts]
        padded = [text + " " * (width - cells(text)) for text, width in zip(here, widths, strict=True)]
        found.append((EDGE + (" " * BETWEEN_CELLS).join(padded)).rstrip())
    return found


def _broken(text: str, width: int) -> list[str]:
    """A text in lines of this width: broken between words where it has some, else between signs."""
    return [part for line in text.split("\n") for part in ([line] if cells(line) <= width else _folded(line, width))]


def _folded(line: str, width: int) -> list[str]:
    found = [""]
    for word in WORD.findall(line):
        if cells((found[-1] + word).rstrip()) <= width:
            found[-1] += word
        elif cells(word.rstrip()) <= width:
            found.append(word)
        else:
            for sign in word:
                if cells(found[-1] + sign) > width and found[-1]:
                    found.append("")
                found[-1] += sign
    return [part.rstrip() for part in found if part]
