"""Which operations each test called as people do: through the desk behind the staff API, or by a typed command.

``called`` is told by the ways in which tests ask (``tests/desks.py``, ``staff_node.py``, ``cli/machine.py``,
``end_to_end/programs.py``); ``tests/conftest.py`` hands what one test called to its report, and checks at the end of a
whole run that the tests named in ``docs/duties.md`` passed and called what their rows name.
"""

from collections.abc import Sequence

from gongguan.cli.daily import DAILY
from gongguan.node.operations import every

_CALLED: list[str] = []


def called(operation: str) -> None:
    """An operation was asked for, and done or refused."""
    found = every().get(operation)
    if found is not None:
        _CALLED.append(f"gongguan {found.family} {found.tail}")


def typed(words: Sequence[str]) -> None:
    """A command was typed and succeeded; the Chinese name of a daily one counts as the command that it stands for."""
    first, rest = words[0], words[1:]
    _CALLED.append(" ".join(("gongguan", *(DAILY[first].words if first in DAILY else (first,)), *rest)))


def taken() -> list[str]:
    """What was called since the last time, in order, each once."""
    found = list(dict.fromkeys(_CALLED))
    _CALLED.clear()
    return found
