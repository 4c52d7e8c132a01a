"""Sealing every personal column anew after the data key was changed: in steps, beside everything else.

From the change on new values lie under the new key, and old ones still open (``node/keys/field_seal.py``). A table
is done when each of its rows was written once more; what is cut short begins with the table at which it was::

    await seal_anew(sequencer)                      # until nothing is due; safe to cut short and to repeat
"""

import asyncio
from collections.abc import Callable
from typing import Any, Final

from gongguan.node.database.database import Database
from gongguan.node.database.sealed_tables import done_with, due
from gongguan.node.database.shapes import Shape
from gongguan.sync.store import Record, Store

ROWS_AT_ONCE: Final = 200
"""Rows of one transaction: whoever else wants to write waits for so many at most."""


async def seal_anew(sequencer: Database, rows: int = ROWS_AT_ONCE) -> int:
    """Write every row of the tables that are due once more, so many in a transaction; how many there were."""
    count = 0
    for shape in await asyncio.to_thread(sequencer.read, due):
        keys = await asyncio.to_thread(sequencer.read, _keys_of(shape))
        for at in range(0, len(keys), rows):
            await asyncio.wrap_future(sequencer.submit(_rewriting(shape.kind, keys[at : at + rows])))
        await asyncio.wrap_future(sequencer.submit(_done_with(shape)))
        count += len(keys)
    return count


def _keys_of(shape: Shape[Any]) -> Callable[[Store], list[tuple[Any, ...]]]:
    return lambda store: store.pick(shape.kind, shape.key, order=shape.key)


def _rewriting(kind: type[Record], keys: list[tuple[Any, ...]]) -> Callable[[Store], None]:
    def work(store: Store) -> None:
        found = (store.get(kind, *key) for key in keys)
        store.put_all([record for record in found if record is not None])

    return work


def _done_with(shape: Shape[Any]) -> Callable[[Store], None]:
    """Rows that came meanwhile were sealed under the present key already."""
    return lambda store: done_with(store, shape)
