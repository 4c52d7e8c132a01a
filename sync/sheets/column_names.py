"""Other systems' names for the columns of our sheets, told once and remembered: a national export reads like our own.

teach(act, "members", MEMBERS, {"党员姓名(全称)": "姓名"})
taught(store, "members", MEMBERS)       # the layout, with these names among its synonyms
"""

import dataclasses
from collections.abc import Mapping
from typing import Any, Final, TypeVar

from gongguan.protocol.errors import refuse
from gongguan.sync.act import Act
from gongguan.sync.records import ColumnName
from gongguan.sync.sheets.sheets import Layout, header_word
from gongguan.sync.store import Store

NAMES_MAX: Final = 500
"""Of one sheet: several systems' exports with a name for every column."""

RowType = TypeVar("RowType")


def teach(act: Act, sheet: str, layout: Layout[Any], names: Mapping[str, str]) -> list[ColumnName]:
    """Remember header → our column; "" forgets. Gives all names of the sheet.

    Raises D-sheet-column for a column that the sheet lacks, D-column-name for a header that says nothing or is a
    column of ours, D-column-names when there are too many.
    """
    ours = {column.zh: column.name for column in layout.columns}
    own_words = {header_word(text) for column in layout.columns for text in (column.zh, *column.synonyms)}
    for header, column in names.items():
        word = header_word(header)
        if not word or word in own_words:
            raise refuse("D-column-name", header=header)
        if not column:
            act.store.remove(ColumnName, sheet, word)
        elif column not in ours:
            raise refuse("D-sheet-column", columns=[column], allowed=list(ours))
        else:
            act.store.put(ColumnName(sheet=sheet, header=word, column=ours[column]))
    known = act.store.find(ColumnName, sheet=sheet)
    if len(known) > NAMES_MAX:
        raise refuse("D-column-names", limit=NAMES_MAX)
    return known


def taught(store: Store, sheet: str, layout: Layout[RowType]) -> Layout[RowType]:
    """The layout that also understands what was told."""
    known: dict[str, list[str]] = {}
    for name in store.find(ColumnName, sheet=sheet):
        known.setdefault(name.column, []).append(name.header)
    if not known:
        return layout
    columns = tuple(
        dataclasses.replace(column, synonyms=(*column.synonyms, *known.get(column.name, ())))
        for column in layout.columns
    )
    return dataclasses.replace(layout, columns=columns)
