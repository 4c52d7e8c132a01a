"""One of our own sheets: what a clerk fills in for many members, and how each row becomes an entry.

A ``SheetKind`` says which columns there are, for whom rows are written beforehand, and which function takes a row. A
row whose answer was left empty says nothing: nobody becomes absent by it. All rows are taken in one transaction or
none; what was made is kept as a ``Batch``, and undoing it reverses every entry by a new one, since nothing is edited::

    taken = take_rows(act, ATTENDANCE, imported.rows, digest)     # raises RowsRefused with every row to correct
    undo_batch(act, SHEETS, taken.batch)
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, Generic, NamedTuple, TypeVar

import msgspec

from gongguan.protocol.errors import ProtocolError, refuse
from gongguan.protocol.forms import ready
from gongguan.sync.act import Act, stamp
from gongguan.sync.cells import Cell
from gongguan.sync.day_cells import parse_day, parse_month
from gongguan.sync.days import today
from gongguan.sync.lists import LISTS
from gongguan.sync.persons.people import Person, plain
from gongguan.sync.records import Batch
from gongguan.sync.shared.finding import Need, people_in_reach
from gongguan.sync.sheets.columns import PERSON_COLUMNS
from gongguan.sync.sheets.sheets import Change, Column, Draft, Findings, Import, Layout, RowError, row_error
from gongguan.sync.vocabulary import choices, label

ROWS_MAX: Final = 5_000
"""Rows of one sheet that is taken: a committee's floating members once; each is a signed message."""

UNDO_DAYS_MAX: Final = 90
"""How long a sheet can be undone as a whole; later, entries are reversed one by one."""


class SheetRow(msgspec.Struct, frozen=True, kw_only=True):
    """What every row of ours has: its number, the member's name, and the id that we printed (None in own sheets)."""

    row: int
    name: str
    id: str | None = None

    def told(self, column: str) -> object:
        """What stands in a column, read; None where it was left empty."""
        return getattr(self, column, None)


RowT = TypeVar("RowT", bound=SheetRow)


class Taken(NamedTuple):
    """What came of a row. ``made``: id of what can be undone, None where the same stood there before."""

    made: str | None
    note: str = ""


@dataclass(frozen=True, slots=True)
class SheetKind(Generic[RowT]):
    """One kind of sheet.

    ``need``: whether rows are about members of the own roster or about mobility periods; ``stands``: who gets a row
    in the template. ``feeds``: the operation that does the same for one member. ``take`` enters one row and raises
    refusals; what ``begin`` gave once for the sheet is handed to it. ``undo`` reverses what it made. ``answer``: the
    column that makes a row say something. ``given``: columns that the person may set for all rows when the template
    is made. ``notes``: instructions, in Chinese.
    """

    code: str
    english: str
    layout: Layout[RowT]
    roles: frozenset[str]
    feeds: str
    need: Need
    stands: Callable[[Act, Person], bool]
    take: Callable[[Act, RowT, Person, Any], Taken]
    undo: Callable[[Act, str], object]
    answer: str
    given: tuple[str, ...] = ()
    fill: Callable[[Act, Person], Mapping[str, Cell]] = lambda act, person: {}
    notes: tuple[str, ...] = ()
    begin: Callable[[Act], Any] = lambda act: None
    first: Callable[[Act, RowT], None] = lambda act, row: None
    """Raises what stands against a row before it is asked whom it means."""
    locked: frozenset[str] = frozenset()
    """Columns that we print and nobody may change, of a sheet that a partner without a node fills in."""
    hidden: frozenset[str] = frozenset()
    """Those of them that are for us alone."""
    repeat: int = 1
    """Rows that each member gets."""


class SheetTaken(NamedTuple):
    """What came of a sheet; ``batch`` is None where nothing new was made.

    ``notes``: (row, remark). ``rows``: which rows said something.
    """

    batch: int | None
    made: int
    already: int
    left_blank: int
    notes: tuple[tuple[int, str], ...]
    rows: frozenset[int]


class RowsRefused(Exception):
    """The rows to correct; the transaction is rolled back."""

    def __init__(self, errors: Sequence[RowError]) -> None:
        super().__init__(len(errors))
        self.errors = tuple(sorted(errors))


def template_rows(act: Act, kind: SheetKind[Any], given: Mapping[str, str]) -> list[tuple[Cell, ...]]:
    """The rows written beforehand, in the order of the columns. ``given``: column header → value for all rows.

    Raises D-sheet-column for a header that the sheet does not have, and what reading a value would raise.
    """
    headers = kind.layout.headers()
    strange = sorted(given.keys() - set(headers))
    if strange:
        raise refuse("D-sheet-column", columns=strange, allowed=list(headers))
    people = [person for person in people_in_reach(act, kind.need) if kind.stands(act, person)]
    people.sort(key=lambda person: (person.body_code or "", person.name, person.id))
    if len(people) > ROWS_MAX:
        raise refuse("D-sheet-rows", rows=len(people), limit=ROWS_MAX)
    fixed = {
        column.name: _printed(column, given[column.zh], act) for column in kind.layout.columns if column.zh in given
    }
    rows = []
    for person in people:
        cells: dict[str, Cell] = {"name": person.name, "id": person.id, **kind.fill(act, person)}
        cells |= fixed
        rows += [tuple(cells.get(column.name) for column in kind.layout.columns)] * kind.repeat
    return rows


def check_rows(act: Act, kind: SheetKind[RowT], found: Import[RowT]) -> None:
    """Of a sheet with cells that cannot be read, what the records say against it: its transaction is never kept.

    Rows that could be read are entered for trial, of the others only who is meant is looked up. Raises RowsRefused.
    """
    refused, names = {error.row for error in found.errors}, {column.name for column in kind.layout.columns}
    # What was refused above a row and counts for it too is no longer in its draft.
    whole = [draft for draft in found.drafts if draft["row"] not in refused and names <= draft.keys()]
    told = [draft for draft in found.drafts if draft.get(kind.answer, "refused") is not None and "name" in draft]
    tried = {draft["row"] for draft in whole}
    fields = ({name: draft.get(name) for name in ("row", "name", "id")} for draft in told if draft["row"] not in tried)
    others = [msgspec.convert(one, ready(SheetRow)) for one in fields]
    rows = [kind.layout.build(**draft) for draft in whole]
    take_rows(act, kind, rows, "", named=others)


def take_rows(
    act: Act, kind: SheetKind[RowT], rows: Sequence[RowT], digest: str, named: Sequence[SheetRow] = ()
) -> SheetTaken:
    """Enter every row that says something. ``named``: rows of which only who is meant is looked up.

    Raises RowsRefused, D-sheet-rows.
    """
    answered = [row for row in rows if getattr(row, kind.answer) is not None]
    if len(answered) > ROWS_MAX:
        raise refuse("D-sheet-rows", rows=len(answered), limit=ROWS_MAX)
    index = _Index(people_in_reach(act, kind.need)) if answered or named else None
    ready = kind.begin(act) if answered else None
    errors: list[RowError] = []
    taken: list[tuple[int, Taken]] = []
    for other in named:
        try:
            assert index is not None  # there are rows
            index.person(other)
        except ProtocolError as error:
            errors.append(row_error(other.row, _column_of(act, kind, other, error.code), error.code))
    for row in answered:
        try:
            assert index is not None  # there are rows
            kind.first(act, row)
            taken.append((row.row, kind.take(act, row, index.person(row), ready)))
        except ProtocolError as error:
            like = error.facts.get("like")
            extra = f"名称相近的有 {'、'.join(map(str, like))}" if isinstance(like, list) else ""
            errors.append(row_error(row.row, _column_of(act, kind, row, error.code), error.code, extra))
    if errors:
        raise RowsRefused(errors)
    made = [result.made for _, result in taken if result.made is not None]
    return SheetTaken(
        batch=_keep(act, kind.code, digest, made) if made else None,
        made=len(made),
        already=len(taken) - len(made),
        left_blank=len(rows) - len(answered),
        notes=tuple((row, result.note) for row, result in taken if result.note),
        rows=frozenset(row.row for row in answered),
    )


def check_role(act: Act, kind: SheetKind[Any]) -> None:
    """Raises A-role for a person whose role does not fill in this sheet."""
    if act.staff.role not in kind.roles:
        raise refuse("A-role", operation=kind.feeds, role=act.staff.role, allowed=sorted(kind.roles))


def undo_batch(act: Act, kinds: Mapping[str, SheetKind[Any]], number: int) -> Batch:
    """Reverse every entry of a sheet by a new one. Raises D-batch-unknown, D-batch-undone, D-batch-old, A-role, …"""
    batch = act.store.get(Batch, number)
    kind = kinds.get(batch.sheet) if batch else None
    if batch is None or kind is None:
        raise refuse("D-batch-unknown")
    if batch.undone_at is not None:
        raise refuse("D-batch-undone", at=batch.undone_at)
    if batch.at < _undo_since(act):
        raise refuse("D-batch-old", days=UNDO_DAYS_MAX)
    check_role(act, kind)
    for made in reversed(batch.made):
        kind.undo(act, made)
    undone = msgspec.structs.replace(batch, undone_at=act.stamp(), undone_by=act.staff.name)
    act.store.put(undone)
    return undone


def checked(
    columns: Sequence[Column], *, answer: str, needed: Sequence[str], carried: Sequence[str] = ()
) -> Callable[[list[Draft], bool], Findings]:
    """The check of a layout of ours: a ``carried`` cell left empty means what the row above means; then nothing that
    is ``needed`` may be missing where the ``answer`` is given."""
    titles = {column.name: column.zh for column in columns}

    def check(drafts: list[Draft], complete: bool) -> Findings:
        saying = [draft for draft in drafts if draft.get(answer) is not None]
        changes = list(_carried(drafts, answer, carried, titles))
        errors = [
            row_error(int(str(draft["row"])), titles[name], "D-cell-missing")
            for draft in saying
            for name in needed
            if name in draft and draft[name] is None
        ]
        return Findings(tuple(errors), tuple(changes))

    return check


def _carried(drafts: list[Draft], answer: str, names: Sequence[str], titles: Mapping[str, str]) -> Iterator[Change]:
    for name in names:
        above: object = None
        # A cell that was refused is no longer in its draft. Rows below that mean the same are not refused once more.
        refused = False
        for draft in drafts:
            if draft.get(name, "refused") is not None:
                above, refused = draft.get(name), name not in draft
            elif refused:
                del draft[name]
            elif above is not None and draft.get(answer) is not None:
                draft[name] = above
                yield Change(int(str(draft["row"])), titles[name], "空白", "同上一行")


_READ_BY: Final[Mapping[str, Callable[..., Any]]] = {
    "D-date": parse_day,
    "D-date-future": parse_day,
    "D-month-future": parse_month,
}
"""Refusal of a value that could be read → how the column is read in which it stands."""
_NAMED: Final[Mapping[str, str]] = {
    "D-body-ambiguous": "managing_body",
    "D-body-unknown": "managing_body",
    "D-entry-absence-reason": "absence_reason",
    "D-identity-mismatch": "certificate_number",
    "D-identity-unverified": "certificate_number",
    "D-managing-body": "managing_body",
}
"""Refusal → the field that it is about, whatever it holds."""
_TO_COME: Final = frozenset({"D-date-future", "D-month-future"})


def _column_of(act: Act, kind: SheetKind[Any], row: SheetRow, code: str) -> str:
    """The column that a refusal is about, or "" where that may be any. Of several days it is the one to come."""
    if code.startswith("D-row-person"):
        return PERSON_COLUMNS[0].zh
    columns = kind.layout.columns
    found = [column for column in columns if column.parse is _READ_BY.get(code) or column.name == _NAMED.get(code)]
    if len(found) > 1 and code in _TO_COME:
        day = today(act.now).isoformat()
        found = [column for column in found if str(row.told(column.name) or "") > day]
    return found[0].zh if len(found) == 1 else ""


def _printed(column: Column, text: str, act: Act) -> str:
    """What a person gave for a column, as it is printed. Raises what reading the cell would raise."""
    try:
        value = column.parse(text, act.node.synthetic).value
    except ProtocolError as error:
        allowed = {"allowed": list(choices(column.list_name))} if column.list_name else {}
        raise refuse(error.code, column=column.zh, **allowed) from None
    return label(column.list_name, str(value)) if column.list_name in LISTS and isinstance(value, str) else str(value)


class _Index:
    """Whom a row means: by the id that we printed, whose name must agree, else by a name that only one has."""

    def __init__(self, people: Sequence[Person]) -> None:
        self._by_id = {person.id: person for person in people}
        self._by_name: dict[str, list[Person]] = defaultdict(list)
        for person in people:
            self._by_name[plain(person.name)].append(person)

    def person(self, row: SheetRow) -> Person:
        """Raises D-row-person-unknown, D-row-person-differs, D-row-person-ambiguous."""
        if row.id is not None:
            found = self._by_id.get(row.id)
            if found is None:
                raise refuse("D-row-person-unknown")
            if plain(found.name) != plain(row.name):
                raise refuse("D-row-person-differs")
            return found
        named = self._by_name.get(plain(row.name), [])
        if len(named) != 1:
            raise refuse("D-row-person-ambiguous" if named else "D-row-person-unknown")
        return named[0]


def _keep(act: Act, sheet: str, digest: str, made: list[str]) -> int:
    for old in act.store.find(Batch, at__lt=_undo_since(act)):
        if old.made:
            act.store.put(msgspec.structs.replace(old, made=[]))
    number = act.store.next_number(Batch, "number")
    batch = Batch(
        number=number, sheet=sheet, staff=act.staff.name, at=act.stamp(), digest=digest, entries=len(made), made=made
    )
    act.store.add(batch)
    return number


def _undo_since(act: Act) -> str:
    return stamp(act.now - timedelta(days=UNDO_DAYS_MAX))
