"""What the command line knows of each operation, written down beforehand: a command loads neither rules nor structs.

``<family>.json`` beside this file says of a family's rows what people meet: titles, roles, fields, what is told
afterwards. ``python -m gongguan.cli.pages`` writes them with the pages of the help (``cli/operations/writing.py``), and
a test compares them with ``node/operations``. An answer is a ``Record`` of labelled fields::

    named("member.list").title                      ->  "查看党员"
    record(operation.answer, {"total": 0}).total    ->  0
"""

import functools
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from gongguan.node.operations import FAMILIES
from gongguan.node.operations.said import Instead, Said, Told, told_of
from gongguan.sync.label import Label

FOLDER: Final = Path(__file__).parent


class Operation(NamedTuple):
    """One row of ``node/operations``, as far as people meet it; ``about``: whether it is about one thing or person."""

    name: str
    title: str
    english: str
    roles: tuple[str, ...]
    request: tuple[Label, ...]
    answer: tuple[Label, ...]
    reads: bool = False
    personal: bool = False
    about: bool = False
    purpose: str = "daily_work"
    outside: bool = False
    done: Said | None = None
    hint: Said | None = None
    instead: tuple[Instead, ...] = ()

    @property
    def family(self) -> str:
        """The part of the name before the dot."""
        return self.name.partition(".")[0]

    @property
    def tail(self) -> str:
        """The part after the dot, as a command is called."""
        return self.name.partition(".")[2].replace("_", "-")

    def said(self, language: str) -> str:
        """The title in ``zh`` or ``en``."""
        return self.title if language == "zh" else self.english

    def told(self, answer: "Record") -> Told:
        """What a person reads after this answer."""
        return told_of(self.done, self.hint, self.instead, answer)

    @property
    def has_files(self) -> bool:
        """Whether files go in or come out."""
        return any(label.form == "file" for label in (*self.request, *self.answer))


class Record:
    """An answer, a row of one, or a part of one: its fields as attributes, with what people call them."""

    __slots__ = ("_fields", "labels")

    def __init__(self, labels: tuple[Label, ...], fields: dict[str, Any]) -> None:
        self.labels = labels
        self._fields = fields

    def __getattr__(self, name: str) -> Any:
        try:
            return self._fields[name]
        except KeyError:
            raise AttributeError(name) from None

    def plain(self) -> dict[str, Any]:
        """The fields for a program, in their order."""
        return {name: _plain(value) for name, value in self._fields.items()}


def record(labels: tuple[Label, ...], told: Mapping[str, Any]) -> Record:
    """What a node told, by its labels. Raises ValueError for something else than these labels describe."""
    try:
        return Record(labels, {label.name: _field(label, told) for label in labels})
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(str(error)) from error


def record_of(struct: Any) -> Record:
    """The record of a struct of ours that is no answer of an operation."""
    import msgspec  # noqa: PLC0415 - not for who asks a node

    return record(nested(type(struct)), msgspec.to_builtins(struct, builtin_types=(bytes,)))


def nested(struct: Any) -> tuple[Label, ...]:
    """The labels of a struct, with those of its rows and records inside them."""
    from gongguan.sync.labels import labels_of  # noqa: PLC0415 - not for who asks a node

    return tuple(label if label.of is None else label._replace(of=nested(label.of)) for label in labels_of(struct))


@functools.cache
def family(name: str) -> Mapping[str, Operation]:
    """The operations of one family by name, in the order in which people meet them."""
    rows = json.loads((FOLDER / f"{name}.json").read_text("utf-8"))
    return {row["name"]: _operation(row) for row in rows}


def named(name: str) -> Operation | None:
    """The operation of this name, if there is one; of all families only its own is loaded."""
    start = name.partition(".")[0]
    return family(start).get(name) if start in FAMILIES else None


def _field(label: Label, told: Mapping[str, Any]) -> Any:
    # Structs inside of answers may leave out what has its default.
    value = told[label.name] if label.required else told.get(label.name, label.default)
    if label.of is None or value is None:
        return value
    return [record(label.of, row) for row in value] if label.form == "rows" else record(label.of, value)


def _plain(value: Any) -> Any:
    if isinstance(value, Record):
        return value.plain()
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value


def _operation(row: dict[str, Any]) -> Operation:
    for name, made in READ.items():
        if name in row:
            row[name] = made(row[name])
    return Operation(**row)


def _labels(rows: list[dict[str, Any]]) -> tuple[Label, ...]:
    return tuple(map(_label, rows))


def _label(row: dict[str, Any]) -> Label:
    for name, made in (("choices", tuple), ("of", _labels)):
        if name in row:
            row[name] = made(row[name])
    return Label(**{**USUAL, **row})


def _instead(rows: list[Any]) -> tuple[Instead, ...]:
    return tuple(Instead(fields, Told(*(said and Said(*said) for said in told))) for fields, told in rows)


USUAL: Final[Mapping[str, Any]] = {"required": True, "default": None}
"""What is not written of a field."""

READ: Final[Mapping[str, Callable[[Any], Any]]] = {
    "roles": tuple,
    "done": lambda said: Said(*said),
    "hint": lambda said: Said(*said),
    "instead": _instead,
    "request": _labels,
    "answer": _labels,
}
"""What JSON has no form for."""
