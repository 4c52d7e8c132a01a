"""What was tried already: a file with one line per bug, so that hours of trying may be stopped and gone on with.

A line counts only for the bug as it is written today and only where it was killed: another text is another bug, and
what survived is tried again.
"""

import json
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

from tests.canaries.patches import Canary
from tests.canaries.trial import Outcome


class Progress:
    """``file`` None: nothing is remembered."""

    def __init__(self, file: Path | None) -> None:
        self._file = file

    def killed(self, chosen: Sequence[Canary]) -> list[Outcome]:
        """Those of the chosen that the file says were killed."""
        known = dict(self._lines())
        return [Outcome(canary, known[name]) for canary in chosen if (name := _digest(canary)) in known]

    def note(self, outcome: Outcome) -> None:
        """One was tried."""
        if self._file is None:
            return
        row = {
            "name": outcome.canary.name,
            "bug": _digest(outcome.canary),
            "killed_by": outcome.killed_by,
            "trouble": outcome.trouble,
        }
        with self._file.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row, ensure_ascii=False) + "\n")

    def _lines(self) -> list[tuple[str, str]]:
        if self._file is None or not self._file.exists():
            return []
        # A line without its end was being written when somebody stopped it.
        whole = [line for line in self._file.read_text(encoding="utf-8").splitlines(keepends=True) if line[-1] == "\n"]
        rows = [json.loads(line) for line in whole]
        return [(row["bug"], row["killed_by"]) for row in rows if row["killed_by"]]


def _digest(canary: Canary) -> str:
    return sha256(repr(canary).encode()).hexdigest()[:16]
