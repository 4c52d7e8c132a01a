"""What holds for the tree as a whole: its names, its packages, its sizes, and that it names no one machine."""

from __future__ import annotations

import ast
import fnmatch
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("cli", "node", "protocol", "sync")
TOP_LEVEL = {"pyproject.toml", *PACKAGES, "tests", "docker", "docs", "go.py"}
TOP_LEVEL_TEXTS = {"README*.md", "ARCHITECTURE.md", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "requirements*.lock"}
VAGUE_NAMES = {"utils", "helpers", "base", "manager", "core", "util", "helper", "common", "misc"}
FUNCTION_LINES_MAX = 70
CLOCK_READERS = {"node/clock.py"}

PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
IGNORED = [line.strip("/") for line in (ROOT / ".gitignore").read_text().splitlines() if line and line[0] != "#"]


def is_ignored(path: Path) -> bool:
    return any(fnmatch.fnmatch(part, pattern) for part in path.parts for pattern in IGNORED)


def files() -> list[Path]:
    """Every file of the project, relative; the tree is walked, because a copy without git must pass too."""
    found = []
    for folder, subfolders, names in os.walk(ROOT):
        here = Path(folder).relative_to(ROOT)
        subfolders[:] = [name for name in subfolders if name != ".git" and not is_ignored(here / name)]
        found += [here / name for name in names if name != ".git" and not is_ignored(here / name)]
    return sorted(found)


def modules(*top: str) -> list[Path]:
    return [path for path in files() if path.suffix == ".py" and path.parts[0] in top]


def parsed(path: Path) -> ast.Module:
    return ast.parse((ROOT / path).read_text(encoding="utf-8"), str(path))


def test_only_the_agreed_names_stand_at_the_top() -> None:
    names = {path.name for path in ROOT.iterdir() if not path.name.startswith(".") and not is_ignored(Path(path.name))}
    known = {name for name in names if any(fnmatch.fnmatch(name, pattern) for pattern in TOP_LEVEL_TEXTS)}
    assert names - known - TOP_LEVEL == set()
    assert names >= {"pyproject.toml", *PACKAGES, "tests", "docker"}


def test_every_package_of_the_tree_is_listed_for_installation() -> None:
    found = {".".join(("gongguan", *path.parent.parts)) for path in modules(*PACKAGES) if path.name == "__init__.py"}
    assert set(PYPROJECT["tool"]["setuptools"]["packages"]) == found


def test_every_folder_with_python_in_it_is_a_package() -> None:
    folders = {path.parent for path in modules(*PACKAGES, "tests")}
    assert {str(folder) for folder in folders if not (ROOT / folder / "__init__.py").exists()} == set()


def test_the_editor_links_lead_to_the_four_packages() -> None:
    links = {path.name: os.readlink(path) for path in (ROOT / ".dev" / "gongguan").iterdir()}
    assert links == {name: f"../../{name}" for name in PACKAGES}


def test_a_built_wheel_holds_every_file_of_the_four_packages(tmp_path: Path) -> None:
    pytest.importorskip("setuptools")
    if Version(version("setuptools")) < Version("77"):
        pytest.skip("the installed setuptools is older than the one that pyproject.toml asks for")
    for name in (*PACKAGES, "pyproject.toml", "README.md", "LICENSE"):
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
        else:
            shutil.copy(ROOT / name, tmp_path / name)
    build = "from setuptools.build_meta import build_wheel; build_wheel('wheels')"
    subprocess.run([sys.executable, "-c", build], cwd=tmp_path, check=True, capture_output=True)
    (wheel,) = (tmp_path / "wheels").glob("gongguan-*.whl")
    held = set(zipfile.ZipFile(wheel).namelist())
    expected = {f"gongguan/{path.as_posix()}" for path in files() if path.parts[0] in PACKAGES}
    assert expected - held == set()
    assert {name for name in held if not name.startswith(("gongguan/", "gongguan-"))} == set()


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def test_no_function_outside_the_tests_is_longer_than_a_screen() -> None:
    long = [
        f"{path}:{function.lineno} {function.name}"
        for path in modules(*PACKAGES, "go.py")
        for function in functions(path)
        if (function.end_lineno or function.lineno) - function.lineno >= FUNCTION_LINES_MAX
    ]
    assert long == []


def test_modules_are_named_by_what_they_own() -> None:
    assert [str(path) for path in modules(*PACKAGES, "tests") if VAGUE_NAMES & {path.stem, *path.parts}] == []


def test_every_module_says_what_it_owns() -> None:
    silent = [str(path) for path in modules(*PACKAGES, "go.py") if not ast.get_docstring(parsed(path))]
    assert silent == []


def test_no_module_of_tests_is_imported_by_another_for_what_it_has_besides() -> None:
    names = [
        (path, name)
        for path in modules("tests")
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.ImportFrom | ast.Import)
        for name in (*(alias.name for alias in node.names), getattr(node, "module", None) or "")
    ]
    assert [f"{path}: {name}" for path, name in names if name.rpartition(".")[2].startswith("test_")] == []


def reads_of_the_clock(tree: ast.Module) -> Iterator[int]:
    """Line numbers where the time of day is taken: datetime.now and its kin, time.time, SQL's func.now."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "time":
            if {alias.name for alias in node.names} & {"time", "time_ns"}:
                yield node.lineno
        elif isinstance(node, ast.Attribute):
            owner = ast.unparse(node.value).rpartition(".")[2]
            if (node.attr in {"now", "utcnow", "today"} and owner in {"datetime", "date", "func"}) or (
                node.attr in {"time", "time_ns"} and owner == "time"
            ):
                yield node.lineno


def test_the_search_for_clock_reads_finds_them() -> None:
    planted = (
        "import datetime, time\na = datetime.datetime.now()\nfrom time import time_ns\nb = time.time()\nc = a.date()"
    )
    assert sorted(reads_of_the_clock(ast.parse(planted))) == [2, 3, 4]


def test_only_the_clock_module_reads_the_clock() -> None:
    reads = [
        f"{path}:{line}"
        for path in modules(*PACKAGES)
        if path.as_posix() not in CLOCK_READERS
        for line in reads_of_the_clock(parsed(path))
    ]
    assert reads == []
    assert set(PYPROJECT["tool"]["ruff"]["lint"]["per-file-ignores"]) >= CLOCK_READERS


def test_nothing_names_a_folder_of_one_machine() -> None:
    one_machine = re.compile(rb"(?<![\w.~/])/(?:root|home|Users|mnt|tmp/[\w.-]+)/[\w.-]")
    named = []
    for path in files():
        data = (ROOT / path).read_bytes() if (ROOT / path).is_file() else b""
        if b"\0" not in data:
            lines = enumerate(data.splitlines(), 1)
            named += [f"{path}:{number}" for number, line in lines if one_machine.search(line)]
    assert named == []


def locked() -> dict[str, str]:
    """name → version over all lock files; each entry must carry at least one hash and nothing else."""
    pins: dict[str, str] = {}
    for lock in sorted(ROOT.glob("requirements*.lock")):
        text = "".join(line for line in lock.read_text().splitlines(True) if not line.startswith("#"))
        entries = re.findall(r"^([a-z0-9-]+)==(\S+)((?: \\\n    --hash=sha256:[0-9a-f]{64})+)\n", text, re.MULTILINE)
        assert "".join(f"{name}=={pin}{hashes}\n" for name, pin, hashes in entries) == text
        pins |= {name: pin for name, pin, _ in entries}
    return pins


def test_the_locks_pin_everything_that_the_project_asks_for_and_name_no_index() -> None:
    pins = locked()
    asked = [*PYPROJECT["project"]["dependencies"], *PYPROJECT["build-system"]["requires"]]
    asked += [requirement for group in PYPROJECT["dependency-groups"].values() for requirement in group]
    for requirement in map(Requirement, asked):
        name = re.sub(r"[-_.]+", "-", requirement.name).lower()
        assert name in pins, f"{name} is not locked: run python3 go.py lock"
        assert requirement.specifier.contains(pins[name]), f"{requirement} is locked at {pins[name]}"
