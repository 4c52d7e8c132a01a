"""What the record classes say about their storage: one shape per record, read from its annotations.

Both stores (SQL here, memory in the tests) work from shapes alone, so a new field or a new record needs no second
list. ``str``, ``int``, ``bool`` and ``bytes`` (or a union of one with None) are *plain*; everything else is kept as
canonical JSON text. A field whose annotation carries ``Meta(extra={"sealed": True})`` is kept encrypted. Conditions and
order are for plain, unsealed fields::

    shape_of(LogMessage).table                              # "log_message"
    conditions(shape_of(LogMessage), {"index__ge": 100})    # (Condition(field="index", comparison="ge", value=100),)
"""

import enum
import functools
import re
import types
import typing
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

import msgspec

from gongguan.sync import records
from gongguan.sync.store import Record

R = TypeVar("R", bound=Record)

COMPARISONS: Final = frozenset({"eq", "ne", "in", "ge", "gt", "lt"})


class Form(enum.Enum):
    """How a value lies in its column."""

    TEXT = "text"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    BYTES = "bytes"
    JSON = "json"


PLAIN: Final[dict[object, Form]] = {str: Form.TEXT, int: Form.INTEGER, bool: Form.BOOLEAN, bytes: Form.BYTES}


@dataclass(frozen=True, slots=True)
class Field:
    """One column: ``annotation`` is the field's type without the wrapping ``Annotated``."""

    name: str
    form: Form
    nullable: bool
    sealed: bool
    annotation: Any

    @property
    def searchable(self) -> bool:
        """Whether a condition, an order or a key may name it."""
        return self.form is not Form.JSON and not self.sealed


@dataclass(frozen=True, slots=True)
class Shape(Generic[R]):
    """One table: the record class and what it declares."""

    kind: type[R]
    table: str
    fields: tuple[Field, ...]
    key: tuple[str, ...]
    unique: tuple[tuple[str, ...], ...]
    indexes: tuple[tuple[str, ...], ...]

    def field(self, name: str) -> Field:
        """The field of that name. Raises TypeError, since only a mistake in our own code asks for another."""
        for field in self.fields:
            if field.name == name:
                return field
        raise TypeError(f"{self.kind.__name__} has no field {name!r}")

    def searchable(self, name: str) -> Field:
        """The field of that name, if it may stand in a condition or an order; TypeError otherwise."""
        field = self.field(name)
        if not field.searchable:
            raise TypeError(f"{self.kind.__name__}.{name} is sealed or JSON: it cannot be searched")
        return field

    def order(self, order: tuple[str, ...]) -> tuple[str, ...]:
        """``order`` made total by the rest of the primary key."""
        for name in order:
            self.searchable(name)
        return (*order, *(name for name in self.key if name not in order))

    def order_of_picked(self, fields: tuple[str, ...], order: tuple[str, ...]) -> tuple[str, ...]:
        """By what ``pick`` sorts: ``order``, then those of ``fields`` that can be searched; the key if there are none.

        Raises TypeError where ``order`` names another.
        """
        for name in order:
            self.searchable(name)
        rest = (name for name in fields if name not in order and self.field(name).searchable)
        return (*order, *rest) or self.key


@dataclass(frozen=True, slots=True)
class Condition:
    """``field`` compared with ``value``; ``comparison`` is one of ``COMPARISONS``. None is a value like any other."""

    field: str
    comparison: str
    value: Any

    def holds(self, found: Any) -> bool:
        """Whether a field that holds ``found`` meets this condition; None is neither below nor above anything."""
        match self.comparison:
            case "eq":
                return bool(found == self.value)
            case "ne":
                return bool(found != self.value)
            case "in":
                return found in self.value
        if found is None or self.value is None:
            return False
        match self.comparison:
            case "ge":
                return bool(found >= self.value)
            case "gt":
                return bool(found > self.value)
            case _:
                return bool(found < self.value)


@functools.cache
def shape_of(kind: type[R]) -> Shape[R]:
    """The shape of a record class. Raises TypeError when its key or an index names a field that cannot be searched."""
    fields = tuple(_field(info.name, info.type) for info in msgspec.structs.fields(kind))
    table = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", kind.__name__).lower()
    shape = Shape(kind, table, fields, kind.KEY, kind.UNIQUE, kind.INDEXES)
    for name in {*kind.KEY, *(name for names in (*kind.UNIQUE, *kind.INDEXES) for name in names)}:
        shape.searchable(name)
    if not kind.KEY or any(shape.field(name).nullable for name in kind.KEY):
        raise TypeError(f"{kind.__name__} needs a primary key without None")
    return shape


def _field(name: str, annotation: Any) -> Field:
    sealed = False
    while typing.get_origin(annotation) is typing.Annotated:
        annotation, *notes = typing.get_args(annotation)
        sealed = sealed or any((getattr(note, "extra", None) or {}).get("sealed") for note in notes)
    nullable, inner = False, annotation
    if typing.get_origin(annotation) in (types.UnionType, typing.Union):
        members = [member for member in typing.get_args(annotation) if member is not types.NoneType]
        nullable = len(members) < len(typing.get_args(annotation))
        inner = members[0] if len(members) == 1 else annotation
    if typing.get_origin(inner) is typing.Literal:
        inner = type(typing.get_args(inner)[0])
    return Field(name, PLAIN.get(inner, Form.JSON), nullable, sealed, annotation)


def all_shapes() -> tuple[Shape[Any], ...]:
    """The shapes of every record in ``sync/records.py``, in the order of that file."""
    kinds = (value for value in vars(records).values() if isinstance(value, type) and issubclass(value, Record))
    return tuple(shape_of(kind) for kind in kinds if kind is not Record)


def conditions(shape: Shape[Any], where: Mapping[str, object]) -> tuple[Condition, ...]:
    """The keyword arguments of ``find`` and ``count``. Raises TypeError for an unknown field or comparison."""
    found = []
    for argument, value in where.items():
        name, _, suffix = argument.partition("__")
        comparison = suffix or "eq"
        if comparison not in COMPARISONS:
            raise TypeError(f"unknown comparison {suffix!r} in {argument!r}")
        shape.searchable(name)
        values = frozenset(typing.cast(Iterable[object], value)) if comparison == "in" else value
        found.append(Condition(name, comparison, values))
    return tuple(found)


def sort_key(shape: Shape[R], order: tuple[str, ...]) -> typing.Callable[[R], tuple[tuple[bool, Any], ...]]:
    """The key by which ``find`` sorts: the fields of ``order`` and then the primary key, None before all values."""
    names = shape.order(order)

    def key(record: R) -> tuple[tuple[bool, Any], ...]:
        values = (getattr(record, name) for name in names)
        return tuple((value is not None, 0 if value is None else value) for value in values)

    return key
