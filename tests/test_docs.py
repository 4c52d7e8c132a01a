"""The documents say what the code does: the catalogue of docs/wire.md is that of KINDS, every command is one."""

import re
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from gongguan.cli.commands import ROOT, Settings
from gongguan.protocol.messages import KINDS
from gongguan.protocol.messages.kind import Kind

TREE = Path(__file__).parent.parent
WIRE = TREE / "docs" / "wire.md"
FOR_PEOPLE = (
    "README.md",
    "README.zh-CN.md",
    "CHANGELOG.md",
    *(f"docs/{name}.md" for name in ("operations", "courier")),
)
ANYWHERE = {"--help", "--version", "--data", "--as", "--json", "--node", "--lang"}
"""Options that every command takes."""
BEGIN = "<!-- catalogue: begin (checked by tests/test_docs.py; written by `python -m tests.test_docs`) -->\n"
END = "<!-- catalogue: end -->\n"


def row(kind: Kind) -> str:
    """One kind as a table row."""
    fields = ", ".join(f"`{name}`" for name in kind.body.__struct_fields__)
    duties = " ".join(kind.duties)
    answers = ", ".join(f"`{name}`" for name in kind.answers)
    cells = (f"`{kind.name}` {kind.version}", kind.purpose, kind.sender, kind.unit, kind.duty, fields, answers, duties)
    return f"| {' | '.join(cells)} |\n"


def catalogue() -> str:
    """The whole table."""
    head = "| kind, version | purpose | sender | unit | duty group | body | answered by | duties |\n"
    return head + "|---|---|---|---|---|---|---|---|\n" + "".join(row(kind) for kind in KINDS.values())


def test_the_catalogue_in_the_wire_document_is_the_table_of_kinds() -> None:
    text = WIRE.read_text(encoding="utf-8")

    written = text.split(BEGIN)[1].split(END)[0]

    assert written == catalogue(), "run python -m tests.test_docs"


def commands_in(text: str) -> Iterator[str]:
    """What a reader would type: lines of blocks, and what stands in backticks."""
    for block in re.findall(r"```[a-z]*\n(.*?)```", text, re.DOTALL):
        yield from (line.strip() for line in block.splitlines() if line.strip().startswith("gongguan "))
    yield from re.findall(r"`(gongguan [^`]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))


def wrong_in(line: str) -> str | None:
    """The first word of a line that is no command, or no option of its command."""
    words = shlex.split(line)[1:]
    context = click.Context(ROOT, obj=Settings())
    found: click.Command = ROOT
    while words and isinstance(found, click.Group) and words[0] not in ANYWHERE - {"--data", "--as", "--node"}:
        if words[0].startswith("--"):
            words = words[2:]
            continue
        inner = found.get_command(context, words[0])
        if inner is None:
            return words[0]
        found, words = inner, words[1:]
    options = {name for parameter in found.params for name in (*parameter.opts, *parameter.secondary_opts)}
    given = [part.split("=")[0] for word in words if word.startswith("--") for part in word.split("|")]
    return next((word for word in given if word not in options | ANYWHERE), None)


@pytest.mark.parametrize("name", FOR_PEOPLE)
def test_every_command_that_a_document_names_is_one_and_takes_its_options(name: str) -> None:
    lines = list(commands_in((TREE / name).read_text(encoding="utf-8")))
    assert lines
    assert {line: wrong for line in lines if (wrong := wrong_in(line))} == {}


NAMED = re.compile(r"`((?:protocol|sync|node|cli|tests|docs|docker)/[\w./*-]*)`")


@pytest.mark.parametrize("name", ["ARCHITECTURE.md", "CONTRIBUTING.md", "docs/wire.md", "docs/numbers.md"])
def test_every_file_that_a_page_names_is_there(name: str) -> None:
    named = [path for path in NAMED.findall((TREE / name).read_text(encoding="utf-8")) if "NNNN" not in path]
    assert named
    assert [path for path in named if not list(TREE.glob(path.rstrip("/")))] == []


if __name__ == "__main__":
    before, rest = WIRE.read_text(encoding="utf-8").split(BEGIN)
    WIRE.write_text(before + BEGIN + catalogue() + END + rest.split(END)[1], encoding="utf-8")
    sys.exit(0)
