"""The rows of ``node/operations`` are written down for the command line; ``python -m gongguan.cli.pages`` runs it."""

import json
from typing import Any

from gongguan.cli.operations import FOLDER, USUAL, nested
from gongguan.node.operations import FAMILIES, family
from gongguan.node.operations.operation import Operation
from gongguan.sync.label import Label


def written() -> dict[str, str]:
    """What each family's file has to say, by its name: of each row and field a line, so that changes can be read."""
    return {name: f"[{','.join(map(_row, family(name).values()))}\n]\n" for name in FAMILIES}


def write() -> None:
    """All files anew."""
    files = written()
    for path in FOLDER.glob("*.json"):
        if path.stem not in files:
            path.unlink()
    for name, text in files.items():
        (FOLDER / f"{name}.json").write_text(text, "utf-8")


def _row(operation: Operation) -> str:
    said = {
        "reads": operation.reads,
        "personal": operation.personal,
        "about": operation.about is not None,
        "outside": operation.outside,
        "done": operation.done,
        "hint": operation.hint,
        "instead": operation.instead,
    }
    row = {
        "name": operation.name,
        "title": operation.title,
        "english": operation.english,
        "roles": sorted(operation.roles),
        **({"purpose": operation.purpose} if operation.purpose != "daily_work" else {}),
        **{name: value for name, value in said.items() if value},
    }
    lines = [f'"{name}": {_json(value)}' for name, value in row.items()]
    for name, struct in (("request", operation.request), ("answer", operation.answer)):
        lines.append(f'"{name}": [' + ",".join(f"\n  {_json(_label(label))}" for label in nested(struct)) + "\n ]")
    return "\n{" + ",".join(f"\n {line}" for line in lines) + "\n}"


def _label(label: Label) -> dict[str, Any]:
    usual = {**Label._field_defaults, **USUAL}
    told = {name: value for name, value in label._asdict().items() if value != usual.get(name, ...)}
    return told if label.of is None else {**told, "of": [_label(part) for part in label.of]}


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
