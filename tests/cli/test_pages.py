"""The help that was rendered beforehand is what click makes, and only help is shown so."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from gongguan.cli import locale, operations, pages
from gongguan.cli.operations import writing
from gongguan.node.operations import FAMILIES, every


@pytest.fixture(autouse=True)
def _spoken() -> Iterator[None]:
    before = locale.language()
    yield
    locale.use(before)


def test_what_commands_know_of_operations_is_what_the_operations_say_now() -> None:
    kept = {file.stem: file.read_bytes().decode() for file in operations.FOLDER.glob("*.json")}
    assert kept == writing.written(), "run: .venv/bin/python -P -m gongguan.cli.pages"


def test_what_is_written_of_an_operation_is_read_as_its_row_says_it() -> None:
    for name, row in every().items():
        read = operations.named(name)
        assert read is not None
        assert (read.request, read.answer) == (operations.nested(row.request), operations.nested(row.answer))
        assert (frozenset(read.roles), read.about) == (row.roles, row.about is not None)
        same = ("name", "title", "english", "reads", "personal", "purpose", "outside", "done", "hint", "instead")
        assert [getattr(read, field) for field in same] == [getattr(row, field) for field in same]


@pytest.mark.parametrize("language", pages.LANGUAGES)
def test_the_pages_are_those_that_click_makes_now(language: str) -> None:
    kept = {file.stem: file.read_bytes().decode() for file in Path(pages._file(language)).parent.iterdir()}
    assert kept == pages.rendered(language), "run: .venv/bin/python -P -m gongguan.cli.pages"


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["member", "--help"],
        ["--lang", "en", "--help"],
        ["node", "--help", "--lang=en"],
        ["member", "list", "--help"],
        ["党费", "--help"],
        ["serve", "--help"],
    ],
    ids=" ".join,
)
def test_help_is_shown_without_click(arguments: list[str]) -> None:
    program = (
        f"import sys\nfrom gongguan.cli.__main__ import main\ntry:\n    main({arguments!r})\n"
        "except SystemExit as left:\n    assert left.code == 0\n"
        "print([name for name in ('click', 'typing', 'msgspec') if name in sys.modules], file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"
    assert ("Usage:" if "en" in " ".join(arguments) else "用法：") in done.stdout


def test_every_family_has_its_page_in_the_language_asked_for() -> None:
    for name, said in FAMILIES.items():
        if name in ("session", "today"):
            continue
        assert said.text("zh") in (pages.shown([name, "--help"], {}) or "")
        assert said.text("en") in (pages.shown([name, "--help"], {"GONGGUAN_LANG": "en"}) or "").replace("\n ", "")


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--version"],
        ["member", "list"],
        ["member", "list", "more", "--help"],
        ["no-family", "--help"],
        ["member", "no-command", "--help"],
        ["../help/member", "--help"],
        ["program", "--help"],
        ["--lang", "de", "--help"],
        ["--help", "member"],
    ],
    ids=" ".join,
)
def test_whatever_else_is_asked_is_left_to_click(arguments: list[str]) -> None:
    assert pages.shown(arguments, {}) is None


def test_a_narrow_console_is_left_to_click() -> None:
    assert pages.shown(["--help"], {"COLUMNS": "60"}) is None
    assert pages.shown(["--help"], {"COLUMNS": "200"}) is not None
