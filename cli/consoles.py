"""A console that lacks a character of a name (GBK lacks 𠮷) shows 〓 in its place, as printers do, and says so.

A console's own encoding stays. What a program reads (``--json``) is escaped before it gets here, and never loses a
character; nor do the sheets and rosters::

    make_safe(sys.stdout, sys.stderr)
    print("王𠮷")                              # on a GBK console: 王〓
    say_what_was_replaced(sys.stderr)
"""

import codecs
import os
from typing import Any, Final, TextIO

from gongguan.cli.locale import _

MARK: Final = "〓"
"""The printers' mark of a missing type, which every Chinese encoding has."""
_replaced: set[str] = set()


def make_safe(*streams: Any) -> None:
    """No character ends in an error. Where the encoding has not even the mark, a character is shown by its number."""
    codecs.register_error("gongguan.mark", _mark)
    for stream in streams:
        if hasattr(stream, "reconfigure"):
            known = codecs.lookup(stream.encoding or "ascii").name
            encoding = "utf-8" if known in {"ascii", "iso8859-1"} else known
            stream.reconfigure(encoding=encoding, errors="gongguan.mark" if _has_mark(encoding) else "backslashreplace")


def say_what_was_replaced(stream: TextIO) -> None:
    """Where characters were lost: how many, and where to see them whole."""
    if _replaced:
        said = _(
            "有 {count} 个字这个窗口显示不出，以{mark}代替。看全字：先运行 chcp 65001 再办，或取表、导出名册后打开。"
        )
        print(said.format(count=len(_replaced), mark=MARK), file=stream)


def finish(stream: TextIO) -> None:
    """Write out what is left. Where the reader has gone nothing is said of it, at the end of the process neither."""
    try:
        stream.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _has_mark(encoding: str) -> bool:
    try:
        MARK.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def _mark(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lost = error.object[error.start : error.end]
    _replaced.update(lost)
    return MARK * len(lost), error.end
