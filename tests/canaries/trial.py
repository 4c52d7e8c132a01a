"""Putting a bug into a copy of the tree and running the tests that must notice it. The tree itself is never touched."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Final, NamedTuple

from tests.canaries.patches import Canary, Edit

ROOT: Final = Path(__file__).parents[2]
LEFT_OUT: Final = shutil.ignore_patterns("__pycache__", ".git", ".venv", "*.egg-info", ".*_cache", ".hypothesis")
PATIENCE_S: Final = 900.0
"""For the tests of one bug, which take seconds; a busy machine takes its time."""
CONTROL_PATIENCE_S: Final = 3600.0
"""For all of them without any bug."""
TESTS_FAILED: Final = 1
"""pytest's exit code; any other but 0 says that the run itself did not work."""

_FAILED = re.compile(r"^(?:FAILED|ERROR) (.+?)(?: - .*)?$", re.MULTILINE)
_moments = count(1_600_000_000, 2)


class Outcome(NamedTuple):
    """``killed_by``: the test that noticed; "" if none did."""

    canary: Canary
    killed_by: str
    trouble: str = ""
    """What went wrong with the run itself."""


def occurrences(edit: Edit) -> int:
    """How often the text to be replaced occurs in the source of today."""
    return (ROOT / edit.file).read_text(encoding="utf-8").count(edit.old)


@contextmanager
def copy_of_the_tree() -> Iterator[Path]:
    """A copy in a folder of its own, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="gongguan-canary-") as folder:
        there = Path(folder) / "tree"
        shutil.copytree(ROOT, there, symlinks=True, ignore=LEFT_OUT)
        yield there


def run(tree: Path, canary: Canary) -> Outcome:
    """The bug in, the tests, the bug out."""
    before = {edit.file: (tree / edit.file).read_text(encoding="utf-8") for edit in canary.edits}
    try:
        for edit in canary.edits:
            text = (tree / edit.file).read_text(encoding="utf-8")
            if text.count(edit.old) != 1:
                return Outcome(canary, "", f"the text to replace occurs {text.count(edit.old)} times")
            _write(tree / edit.file, text.replace(edit.old, edit.new))
        return _judged(canary, tests_in(tree, canary.killers))
    finally:
        for file, text in before.items():
            _write(tree / file, text)


def tests_in(
    tree: Path, selection: tuple[str, ...], patience_s: float = PATIENCE_S
) -> subprocess.CompletedProcess[str]:
    """Run these tests of the copy on the packages of the copy; stops at the first that fails."""
    environment = {**os.environ, "PYTHONPATH": str(tree / ".dev"), "HYPOTHESIS_STORAGE_DIRECTORY": str(tree / "seeds")}
    command = [sys.executable, "-m", "pytest", "-q", "-x", "--tb=no", "-p", "no:cacheprovider", *selection]
    try:
        return subprocess.run(
            command, cwd=tree, env=environment, capture_output=True, text=True, timeout=patience_s, check=False
        )
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(command, -1, f"no end within {patience_s:.0f} s", "")


def uses_the_copy(tree: Path) -> bool:
    """Whether a program started in the copy imports the packages of the copy."""
    environment = {**os.environ, "PYTHONPATH": str(tree / ".dev")}
    look = "import gongguan.protocol, gongguan.node; print(gongguan.protocol.__file__, gongguan.node.__file__)"
    found = subprocess.run(
        [sys.executable, "-c", look], cwd=tree, env=environment, capture_output=True, text=True, check=True
    )
    return all(Path(name).resolve().is_relative_to(tree.resolve()) for name in found.stdout.split())


def _judged(canary: Canary, done: subprocess.CompletedProcess[str]) -> Outcome:
    if done.returncode == 0:
        return Outcome(canary, "")
    named = _FAILED.search(done.stdout)
    if done.returncode != TESTS_FAILED or named is None:
        return Outcome(canary, "", f"pytest ended with {done.returncode}: {(done.stdout + done.stderr)[-300:]}")
    return Outcome(canary, named[1])


def _write(file: Path, text: str) -> None:
    """Each time another moment, so that no compiled file of before is taken for this one."""
    file.write_text(text, encoding="utf-8")
    moment = next(_moments)
    os.utime(file, (moment, moment))
