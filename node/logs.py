"""The log of the process: one JSON object per line, on stderr or appended to a file.

What is logged are events, codes, ids and counts: never a body, never a name of a member, never a key. Text of foreign
exceptions is left out too, since it may quote a value. Over ``logging`` of the standard library, so that whatever
listens to that hears us too::

    set_up(None)
    get_logger(__name__).warning("not reached", pairing=pairing_id, code="T-unreachable")
"""

import json
import logging
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, TextIO

from gongguan.protocol.errors import refuse

ROOT: Final = "gongguan"


class EventLog:
    """The events of one module. ``exc_info`` is an exception: its type and its place are kept, its words are not."""

    def __init__(self, logger: logging.Logger) -> None:
        self._logger = logger

    def info(self, event: str, **facts: Any) -> None:
        """What happens in ordinary life."""
        self._write(logging.INFO, event, facts)

    def warning(self, event: str, **facts: Any) -> None:
        """What somebody should look at some day."""
        self._write(logging.WARNING, event, facts)

    def error(self, event: str, **facts: Any) -> None:
        """What somebody has to look at."""
        self._write(logging.ERROR, event, facts)

    def _write(self, level: int, event: str, facts: dict[str, Any]) -> None:
        if self._logger.isEnabledFor(level):
            self._logger.log(level, event, extra={"facts": facts})


def get_logger(name: str) -> EventLog:
    """The log of the module of this name, which begins with ``gongguan``."""
    return EventLog(logging.getLogger(name))


def set_up(path: Path | None, level: int = logging.INFO) -> None:
    """Send the log of this process to ``path``, or to stderr. Raises I-folder-not-writable."""
    out: TextIO = sys.stderr
    if path is not None:
        try:
            out = path.open("a", encoding="utf-8", buffering=1)
        except OSError as error:
            raise refuse("I-folder-not-writable", folder=str(path.parent), reason=error.strerror) from error
    handler = logging.StreamHandler(out)
    handler.setFormatter(JsonLine())
    ours = logging.getLogger(ROOT)
    ours.handlers[:] = [handler]
    ours.setLevel(level)
    ours.propagate = False


class JsonLine(logging.Formatter):
    """An entry as one line of JSON: event, level, instant, facts."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its end."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat().replace("+00:00", "Z")
        entry = {"event": record.getMessage(), "level": record.levelname.lower(), "at": at}
        facts = _without_exception_text(getattr(record, "facts", {}))
        return json.dumps({**facts, **entry}, ensure_ascii=False, default=repr)


def _without_exception_text(facts: dict[str, Any]) -> dict[str, Any]:
    """Keep the type and the place of an exception, drop its words."""
    error = facts.get("exc_info")
    if not isinstance(error, BaseException):
        return facts
    at = error.__traceback__
    while at is not None and at.tb_next is not None:
        at = at.tb_next
    where = f"{Path(at.tb_frame.f_code.co_filename).name}:{at.tb_lineno}" if at else ""
    return {**{k: v for k, v in facts.items() if k != "exc_info"}, "error": type(error).__name__, "where": where}
