"""Under which data key each table with personal columns lies, as the settings of the database say.

A table is *due* while some of its rows may lie under an earlier key: after the key was changed, and after a backup from
before was put back. ``node/database/resealing.py`` brings it up::

    begin(store, key_name(keys.data_key), known)    # at the start, and when the key is changed
    due(store)                                      # until this is empty
"""

from typing import Any, Final

from gongguan.node.database.shapes import Shape, all_shapes
from gongguan.protocol.errors import refuse
from gongguan.sync.records import Setting
from gongguan.sync.store import Store

PRESENT: Final = "data_key"
"""Setting: the name of the key under which values are sealed now; absent where it was never changed."""
SEALED: Final = "data_key/{table}"
"""Setting: the name of the key under which all of a table lies."""


def begin(store: Store, present: str, known: frozenset[str]) -> None:
    """What lies under another key than ``present`` is due from now on; ``known``: every key that the key file has.

    Raises A-key-file-older where the database was sealed under a key that the key file lacks.
    """
    held = store.get(Setting, PRESENT)
    if held is not None and held.value not in known:
        raise refuse("A-key-file-older")
    if len(known) > 1 and (held is None or held.value != present):
        store.put(Setting(name=PRESENT, value=present))


def due(store: Store) -> list[Shape[Any]]:
    """The tables in which something may lie under an earlier key."""
    present = store.get(Setting, PRESENT)
    if present is None:
        return []
    done = {item.name: item.value for item in store.find(Setting, name__ge=PRESENT, name__lt=f"{PRESENT}0")}
    tables = [shape for shape in all_shapes() if any(field.sealed for field in shape.fields)]
    return [shape for shape in tables if done.get(SEALED.format(table=shape.table)) != present.value]


def done_with(store: Store, shape: Shape[Any]) -> None:
    """Every row of this table was written since the key was changed."""
    present = store.get(Setting, PRESENT)
    if present is not None:
        store.put(Setting(name=SEALED.format(table=shape.table), value=present.value))
