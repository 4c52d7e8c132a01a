"""The SQL text of one table, in the dialect of one database.

Statements go to the driver as text: SQLAlchemy's own execution cost 24 µs where the driver alone took 2.5 µs, and a
bundle of messages makes thousands. Names are quoted always, since some are words of SQL. Text is built once per form
of a question (which fields, which comparisons, how many values) and kept; SQLite and PostgreSQL then keep their
prepared statements by that text.
"""

from collections.abc import Iterable, Iterator
from typing import Any, Final, NamedTuple

from gongguan.node.database.drivers import Dialect
from gongguan.node.database.shapes import Condition, Shape

IN_VALUES_MAX: Final = 1024
OPERATORS: Final = {"eq": "=", "ne": "<>", "ge": ">=", "gt": ">", "lt": "<"}


class Term(NamedTuple):
    """The form of a condition without its values: ``values`` placeholders, and whether None is among them."""

    field: str
    comparison: str
    values: int
    null: bool


def terms(found: Iterable[Condition]) -> tuple[tuple[Term, ...], list[Any]]:
    """The forms of the conditions and the values for their placeholders, those of ``in`` padded."""
    forms, parameters = [], []
    for condition in found:
        if condition.comparison != "in":
            null = condition.value is None
            forms.append(Term(condition.field, condition.comparison, 0 if null else 1, null))
            parameters += [] if null else [condition.value]
            continue
        values = [value for value in condition.value if value is not None]
        asked = padded(values)
        forms.append(Term(condition.field, "in", len(asked), len(values) < len(condition.value)))
        parameters += asked
    return tuple(forms), parameters


def padded(values: list[Any]) -> list[Any]:
    """With the last one repeated up to a power of two, so that few texts serve all lengths."""
    return values + values[-1:] * ((1 << (len(values) - 1).bit_length()) - len(values)) if values else values


def parts(found: tuple[Condition, ...]) -> Iterator[tuple[Condition, ...]]:
    """The same question in pieces of at most ``IN_VALUES_MAX`` values per ``in``; none at all for an empty ``in``."""
    for place, condition in enumerate(found):
        if condition.comparison == "in" and not 0 < len(condition.value) <= IN_VALUES_MAX:
            values = list(condition.value)
            for start in range(0, len(values), IN_VALUES_MAX):
                piece = Condition(condition.field, "in", frozenset(values[start : start + IN_VALUES_MAX]))
                yield from parts((*found[:place], piece, *found[place + 1 :]))
            return
    yield found


class Statements:
    """The statements over one table. ``dialect`` gives the placeholder and where NULL sorts."""

    def __init__(self, shape: Shape[Any], dialect: Dialect) -> None:
        self._shape = shape
        self._quote = '"{}"'.format
        self._mark = dialect.mark
        self._null_sorts_last = dialect.nulls_sort_last
        self._questions: dict[object, str] = {}
        self._table = self._quote(shape.table)
        self._columns = ", ".join(self._quote(field.name) for field in shape.fields)
        by_key = " AND ".join(f"{self._quote(name)} = {self._mark}" for name in shape.key)
        self.get = f"SELECT {self._columns} FROM {self._table} WHERE {by_key}"
        self.delete = f"DELETE FROM {self._table} WHERE {by_key}"
        marks = ", ".join(self._mark for _ in shape.fields)
        self.insert = f"INSERT INTO {self._table} ({self._columns}) VALUES ({marks})"
        self.put = f"{self.insert} ON CONFLICT ({', '.join(map(self._quote, shape.key))}) {self._replacement()}"

    def _replacement(self) -> str:
        rest = [self._quote(field.name) for field in self._shape.fields if field.name not in self._shape.key]
        return f"DO UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in rest)}" if rest else "DO NOTHING"

    def get_many(self, count: int) -> str:
        """The rows with so many primary keys, each looked up in the index: ``(a, b) IN (VALUES …)`` has SQLite read the
        whole table, and of a plain join it does not know which side is the small one."""
        marks = f"({', '.join([self._mark] * len(self._shape.key))})"
        wanted = f"(VALUES {', '.join([marks] * count)}) AS wanted"
        same = " AND ".join(f"{self._quote(name)} = column{place}" for place, name in enumerate(self._shape.key, 1))
        return f"SELECT {self._columns} FROM {wanted} CROSS JOIN {self._table} WHERE {same}"

    def top(self, field: str) -> str:
        """The largest value of a field."""
        return f"SELECT MAX({self._quote(field)}) FROM {self._table}"

    def count(self, forms: tuple[Term, ...]) -> str:
        """How many rows meet the conditions."""
        if forms not in self._questions:
            self._questions[forms] = f"SELECT COUNT(*) FROM {self._table}{self._where(forms)}"
        return self._questions[forms]

    def pick(self, fields: tuple[str, ...], forms: tuple[Term, ...], order: tuple[str, ...]) -> str:
        """Some columns of the rows that meet the conditions, in this order."""
        question = (fields, forms, order)
        if question not in self._questions:
            columns = ", ".join(map(self._quote, fields))
            by = ", ".join(self._ordered(name, False) for name in order)
            self._questions[question] = f"SELECT {columns} FROM {self._table}{self._where(forms)} ORDER BY {by}"
        return self._questions[question]

    def find(self, forms: tuple[Term, ...], order: tuple[str, ...], descending: bool, limited: bool) -> str:
        """The rows that meet the conditions, in the order of ``order`` (already total)."""
        question = (forms, order, descending, limited)
        if question not in self._questions:
            by = ", ".join(self._ordered(name, descending) for name in order)
            limit = f" LIMIT {self._mark}" if limited else ""
            self._questions[question] = (
                f"SELECT {self._columns} FROM {self._table}{self._where(forms)} ORDER BY {by}{limit}"
            )
        return self._questions[question]

    def _ordered(self, name: str, descending: bool) -> str:
        text = self._quote(name) + (" DESC" if descending else "")
        if self._null_sorts_last and self._shape.field(name).nullable:
            text += " NULLS LAST" if descending else " NULLS FIRST"
        return text

    def _where(self, forms: tuple[Term, ...]) -> str:
        return " WHERE " + " AND ".join(map(self._term, forms)) if forms else ""

    def _term(self, term: Term) -> str:
        name = self._quote(term.field)
        if term.comparison == "in":
            listed = f"{name} IN ({', '.join([self._mark] * term.values)})" if term.values else ""
            return f"({' OR '.join(filter(None, [listed, f'{name} IS NULL']))})" if term.null else listed
        if term.null:
            return {"eq": f"{name} IS NULL", "ne": f"{name} IS NOT NULL"}.get(term.comparison, "1 = 0")
        text = f"{name} {OPERATORS[term.comparison]} {self._mark}"
        # For us None differs from every value; for SQL the comparison with NULL is not true.
        return (
            f"({text} OR {name} IS NULL)"
            if term.comparison == "ne" and self._shape.field(term.field).nullable
            else text
        )
