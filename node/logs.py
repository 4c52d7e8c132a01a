"""The log of the process: one JSON object per line, on stderr or appended to a file.

What is logged are events, codes, ids and counts: never a body, never a name of a member, never a key. Text of foreign
exceptions is left out too, since it may quote a value::

    set_up(None)
    structlog.get_logger("delivery").warning("not reached", pairing=pairing_id, code="T-unreachable")
"""

import logging
import sys
from pathlib import Path
from typing import Any, TextIO

import structlog

from gongguan.protocol.errors import refuse


def set_up(path: Path | None, level: int = logging.INFO) -> None:
    """Send the log of this process to ``path``, or to stderr. Raises I-folder-not-writable."""
    out: TextIO = sys.stderr
    if path is not None:
        try:
            out = path.open("a", encoding="utf-8", buffering=1)
        except OSError as error:
            raise refuse("I-folder-not-writable", folder=str(path.parent), reason=error.strerror) from error
    structlog.configure(
        processors=[
            structlog.stdlib.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
            _without_exception_text,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(out),
        cache_logger_on_first_use=True,
    )


def _without_exception_text(logger: Any, name: str, event: Any) -> Any:
    """Keep the type and the place of an exception, drop its words."""
    error = event.pop("exc_info", None)
    if isinstance(error, BaseException):
        at = error.__traceback__
        while at is not None and at.tb_next is not None:
            at = at.tb_next
        event["error"] = type(error).__name__
        event["where"] = f"{Path(at.tb_frame.f_code.co_filename).name}:{at.tb_lineno}" if at else ""
    return event
