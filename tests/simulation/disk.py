"""The disk of a simulated node: what is not synced is lost when the power goes, and a fence lies beside the database.

A commit is first written, then synced; a process that is killed in between leaves it behind, a power cut may take it.
``reached`` is told of every point at which a node can die; ``heard`` learns what each commit changed, once it is safe.
"""

from collections.abc import Callable
from typing import NamedTuple, TypeVar

import msgspec

from gongguan.node.database.fence import Contents, Fence
from gongguan.node.database.sequencer import LogSize
from gongguan.sync.store import Record, Store
from tests.fakes import MemoryDatabase, MemoryStore, Snapshot

T = TypeVar("T")

FENCE_INTERVAL_S = 1.0


class Change(NamedTuple):
    """One record before and after a commit."""

    before: Record | None
    after: Record | None


class Backup(NamedTuple):
    """A database and the fence that lay beside it."""

    database: Snapshot
    fence: bytes | None


class SimulatedDisk(MemoryDatabase):
    """See the module."""

    def __init__(self, reached: Callable[[str], None], heard: Callable[[list[Change]], None]) -> None:
        super().__init__()
        self.reached = reached
        self.heard = heard
        self._unsynced: list[MemoryStore] = []

    def write(self, work: Callable[[Store], T]) -> T:
        """As the port says; ``reached`` may raise at each point."""
        with self._alone():
            store = MemoryStore(self._tables, writable=True)
            try:
                result = work(store)
                store.finish()
                self.reached("before-commit")
            except BaseException:
                store.undo()
                raise
            self._unsynced.append(store)
            self.reached("during-sync")
            self.sync()
            self.reached("after-commit")
            return result

    def sync(self) -> None:
        """Everything that was written is safe from here on."""
        for store in self._unsynced:
            self.heard(_changes(store))
        self._unsynced.clear()

    def lose_unsynced(self) -> int:
        """The power goes; how many commits went with it."""
        lost = len(self._unsynced)
        for store in reversed(self._unsynced):
            store.undo()
        self._unsynced.clear()
        return lost

    def restore(self, snapshot: Snapshot) -> None:
        """Another database in this one's place."""
        self._unsynced.clear()
        super().restore(snapshot)


def _changes(store: MemoryStore) -> list[Change]:
    first: dict[tuple[int, object], tuple[Record | None, Callable[[], Record | None]]] = {}
    for table, key, previous in store._done:
        first.setdefault((id(table), key), (previous, lambda table=table, key=key: table.rows.get(key)))  # type: ignore[misc]
    return [Change(before, after()) for before, after in first.values()]


class SimulatedFence(Fence):
    """The production fence over a pretended file: ``on_disk`` is what it last wrote, None while there is none."""

    def __init__(self, on_disk: bytes | None, reached: Callable[[str], None]) -> None:
        self.on_disk = on_disk
        self.reached = reached
        self.written_at_s = float("-inf")
        super().__init__(_Bytes(on_disk))  # type: ignore[arg-type]

    def keep(self, logs: dict[str, tuple[LogSize, ...]], now_s: float) -> bool:
        """``note``, and the writing that the fence's own thread does at most once a second; whether it wrote."""
        self.note(logs)
        is_due = now_s - self.written_at_s >= FENCE_INTERVAL_S
        if is_due:
            self.reached("before-fence")
            self.write()
            self.written_at_s = now_s
        return is_due

    def write(self) -> None:
        """What was noted is in the file."""
        self.on_disk = msgspec.json.encode(self._contents)

    @property
    def marks(self) -> Contents:
        """What the file says."""
        return msgspec.json.decode(self.on_disk, type=Contents) if self.on_disk is not None else Contents()


class _Bytes:
    """A file to read from."""

    name = "fence.json"

    def __init__(self, content: bytes | None) -> None:
        self._content = content

    def read_bytes(self) -> bytes:
        if self._content is None:
            raise FileNotFoundError
        return self._content
