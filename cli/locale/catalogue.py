"""Keeps the catalogues true: what is marked for translation, what the .po files say, and the .mo files made from them.

After a change of sentences run ``python -m gongguan.cli.locale.catalogue``: it names what has no translation yet and
writes the .mo files. The format is that of GNU gettext (manual, "The Format of GNU MO Files").
"""

import ast
import struct
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from gongguan.cli.locale import FOLDER

OURS: Final = FOLDER / "en" / "LC_MESSAGES" / "gongguan.po"
CLICK: Final = FOLDER / "zh" / "LC_MESSAGES" / "click.po"


def marked(folder: Path) -> set[str]:
    """Every constant text inside ``_( … )`` in the Python files below ``folder``."""
    return {text for path in sorted(folder.rglob("*.py")) for text in _marked_in(ast.parse(path.read_text("utf-8")))}


def read_po(path: Path) -> dict[str, str]:
    """Message ids and their translations; plural forms joined by NUL, as in the .mo file."""
    entries: dict[str, str] = {}
    fields: dict[str, str] = {}
    at = ""
    for raw in [*path.read_text("utf-8").splitlines(), ""]:
        line = raw.strip()
        if line.startswith("msgid "):
            _keep(fields, entries)
            fields = {}
        if line.startswith(("msgid", "msgstr")):
            at, _, line = line.partition(" ")
            fields[at] = ""
        if line.startswith('"'):
            fields[at] += str(ast.literal_eval(line))
    _keep(fields, entries)
    return entries


def mo_bytes(entries: Mapping[str, str]) -> bytes:
    """The compiled catalogue: ids sorted by their bytes, no hash table."""
    pairs = sorted((key.encode(), value.encode()) for key, value in entries.items())
    keys = b"".join(key + b"\0" for key, _ in pairs)
    values = b"".join(value + b"\0" for _, value in pairs)
    tables_at, count = 28, len(pairs)
    keys_at = tables_at + 16 * count
    ids, texts = b"", b""
    key_at, value_at = keys_at, keys_at + len(keys)
    for key, value in pairs:
        ids += struct.pack("<II", len(key), key_at)
        texts += struct.pack("<II", len(value), value_at)
        key_at, value_at = key_at + len(key) + 1, value_at + len(value) + 1
    header = struct.pack("<7I", 0x950412DE, 0, count, tables_at, tables_at + 8 * count, 0, keys_at)
    return header + ids + texts + keys + values


def _keep(fields: Mapping[str, str], entries: dict[str, str]) -> None:
    if "msgid" not in fields:
        return
    plurals = [fields[name] for name in sorted(fields) if name.startswith("msgstr")]
    key = "\0".join([fields["msgid"], *([fields["msgid_plural"]] if "msgid_plural" in fields else [])])
    entries[key] = "\0".join(plurals)


def _marked_in(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "_" and node.args:
            text = node.args[0]
            if isinstance(text, ast.Constant) and isinstance(text.value, str):
                yield text.value


def main() -> int:
    """Write the .mo files; 1 when a sentence has no translation."""
    missing = sorted(marked(FOLDER.parent) - read_po(OURS).keys())
    for text in missing:
        print(f'msgid "{text}"\nmsgstr ""\n')
    for path in (OURS, CLICK):
        path.with_suffix(".mo").write_bytes(mo_bytes(read_po(path)))
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
