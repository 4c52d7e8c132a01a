"""The rows of docs/duties.md, and whether the tests that a row names have shown what it says."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent
STATES = ("works", "partly", "planned")


class Row(NamedTuple):
    """One line of the table."""

    duty: str
    label: str
    state: str
    commands: tuple[str, ...]
    tests: tuple[str, ...]
    note: str


@dataclass
class Evidence:
    """What a run has shown: tests by name without parameters, and the commands that each called."""

    passed: set[str] = field(default_factory=set)
    failed: set[str] = field(default_factory=set)
    called: dict[str, set[str]] = field(default_factory=dict)

    def has_called(self, test: str, command: str) -> bool:
        """Whether the test called this command; words behind it, its arguments, do not matter."""
        return any(f"{line} ".startswith(f"{command} ") for line in self.called.get(test, ()))


def cells(line: str) -> list[str]:
    """The cells of a line of a table."""
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def quoted(cell: str) -> tuple[str, ...]:
    """What stands in backticks; nothing else may stand in such a cell."""
    assert not re.sub(r"`[^`]+`", "", cell).strip(), cell
    return tuple(re.findall(r"`([^`]+)`", cell))


@cache
def lines() -> tuple[str, ...]:
    """The document."""
    return tuple((ROOT / "docs" / "duties.md").read_text(encoding="utf-8").splitlines())


@cache
def rows() -> tuple[Row, ...]:
    """Every duty, in order."""
    found = [cells(line) for line in lines() if re.match(r"\| *[A-Z]-\d", line)]
    return tuple(
        Row(duty, label, state, quoted(run), quoted(shown), note) for duty, label, state, run, shown, note in found
    )


def unproved(asked: Iterable[Row], evidence: Evidence) -> list[str]:
    """Why duties cannot be said to work: tests that failed or did not run, commands that none of their tests called."""
    return [reason for row in asked if row.state == "works" for reason in _missing(row, evidence)]


def _missing(row: Row, evidence: Evidence) -> Iterator[str]:
    for test in row.tests:
        if test in evidence.failed or test not in evidence.passed:
            yield f"{row.duty} works, but {test} {'failed' if test in evidence.failed else 'did not run'}"
    for command in row.commands:
        if not any(evidence.has_called(test, command) for test in row.tests):
            yield f"{row.duty} works, but none of its tests called {command}"
