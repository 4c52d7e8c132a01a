"""The documents say what the code does: the message catalogue of docs/wire.md is that of KINDS."""

import sys
from pathlib import Path

from gongguan.protocol.messages import KINDS
from gongguan.protocol.messages.kind import Kind

WIRE = Path(__file__).parent.parent / "docs" / "wire.md"
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


if __name__ == "__main__":
    before, rest = WIRE.read_text(encoding="utf-8").split(BEGIN)
    WIRE.write_text(before + BEGIN + catalogue() + END + rest.split(END)[1], encoding="utf-8")
    sys.exit(0)
