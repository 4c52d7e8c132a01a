"""Named points at which a test may kill this process, to see that nothing is lost or done twice.

``GONGGUAN_CRASH_AT=after-commit`` kills the process by SIGKILL when it reaches that point for the first time,
``after-commit:3`` the third time. Without the variable a point costs one comparison::

    reached("after-commit")
"""

import os
import signal
import threading
from typing import Final

POINTS: Final[dict[str, str]] = {
    "before-commit": "a write transaction is complete and its heads are signed, nothing is committed",
    "after-commit": "a write transaction is on the disk, nobody was told",
    "before-send": "a bundle is composed, nothing is on the wire",
    "after-send": "the partner's reply is here, nothing of it is stored",
    "after-receive": "a partner's bundle is stored, the receipt is not signed",
    "before-fence": "the fence is about to be written",
}
"""Every point: its name and what holds there."""

VARIABLE: Final = "GONGGUAN_CRASH_AT"
APPLYING: Final = "while-applying"
"""``while-applying:3fa9`` kills the process each time that it begins to apply the message whose id begins so."""

_name, _, _count = os.environ.get(VARIABLE, "").partition(":")
_lock = threading.Lock()
_left = int(_count or 1) if _name != APPLYING else 0


def reached(point: str) -> None:
    """Nothing, except where the environment asks for a crash here."""
    if point != _name:
        return
    global _left  # noqa: PLW0603 - a count of the process, as the crash is
    with _lock:
        _left -= 1
        if _left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


def applying(message_id: str) -> None:
    """Nothing, except where the environment asks for a crash at this very message."""
    if _name == APPLYING and message_id.startswith(_count):
        os.kill(os.getpid(), signal.SIGKILL)
