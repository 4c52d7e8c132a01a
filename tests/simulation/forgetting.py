"""Members who are erased: what the run counts of it, and whether anything of them can still be read anywhere.

``unforgotten`` reads every record of a disk, whatever its table: messages, drafts, what is held, files, tasks. A
backup is asked about only when it was put back, since then the members in it have to be erased once more.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from gongguan.protocol import erasure as erased
from gongguan.protocol import messages
from gongguan.sync.days import today
from gongguan.sync.exchange import erasure
from gongguan.sync.exchange.exchange import Exchange
from gongguan.sync.exchange.outcomes import ERASED_KIND, UNREADABLE
from gongguan.sync.records import Erasure, LogMessage, SharedRecord
from tests.acts import MEMBERS, member_name, member_subject, perform
from tests.fakes import Snapshot
from tests.simulation import rest

if TYPE_CHECKING:
    from tests.simulation.node import SimulatedNode
    from tests.simulation.world import Link, World


def sweep(world: "World", link: "Link") -> None:
    """What every node does once a day; and where a restore took the erasure itself from both, it is said once more."""
    for end in link.ends:
        node = world.nodes[end]
        world.guarded(node, lambda node=node: node.act(lambda it: erasure.sweep(it.book(link.pairing_id))))  # type: ignore[misc]
        if link.put_back and any(_left_alone(node, link)):
            origin = world.nodes[link.ends[0] if node.number == link.ends[1] else link.ends[1]]
            world.faults["erased once more"] += 1
            _erase_all(world, origin, link)


def _left_alone(node: "SimulatedNode", link: "Link") -> Iterator[LogMessage]:
    """What is left of members whom nothing on this disk says to be erased: ``verify`` tells the officer."""
    stored = node.database.read(lambda store: store.find(LogMessage))
    ordinals = {row.ordinal for row in node.epochs(link.pairing_id).values()}
    known = {item.unit for item in node.database.read(lambda store: store.find(Erasure))}
    for item in stored:
        if item.ordinal in ordinals and erased.is_erased(item.data) and item.unit not in known:
            yield item


def _erase_all(world: "World", node: "SimulatedNode", link: "Link") -> None:
    for member in range(MEMBERS):

        def work(exchange: Exchange, member: int = member) -> bool:
            return perform(exchange.book(link.pairing_id), "erase", member, 0)

        world.guarded(node, lambda work=work: node.act(work))  # type: ignore[misc]


def unforgotten(world: "World", node: "SimulatedNode", link: "Link") -> Iterator[str]:
    """I31: on this disk something can still be read of a member who is erased and whose day has come."""
    day = today(node.now).isoformat()
    due = node.database.read(lambda store: store.find(SharedRecord, agreement=link.pairing_id, category="erased"))
    gone = [record.key.rpartition("/")[2] for record in due if _day_of(node, record) <= day]
    names = [member_name(link.pairing_id, member) for member in range(MEMBERS) if member_subject(member) in gone]
    world.faults["checked: forgotten"] += len(gone)
    if not gone:
        return
    for item in rest.view_of_log(node, link.pairing_id).values():
        if item.kind not in (UNREADABLE, ERASED_KIND) and messages.decode(item.data).subject in gone:
            yield f"a {item.kind} about an erased member can be read"
    for kind, row in _rows(node.database.snapshot()):
        yield from (f"{name} can be read in a {kind}" for name in names if _holds(row, name))


def _day_of(node: "SimulatedNode", record: SharedRecord) -> str:
    subject = record.key.rpartition("/")[2]
    found = node.database.read(lambda store: store.find(Erasure, subject=subject))
    return min((item.on for item in found), default="")


def _rows(snapshot: Snapshot) -> Iterator[tuple[str, Any]]:
    for kind, rows in snapshot.items():
        for row in rows.values():
            yield kind.__name__, row


def _holds(row: Any, name: str) -> bool:
    values = [getattr(row, field) for field in row.__struct_fields__]
    return any(name.encode() in value if isinstance(value, bytes) else name in str(value) for value in values)


def is_older(world: "World", snapshot: Snapshot) -> bool:
    """Whether somebody stands in this backup who was erased since."""
    return any(
        item.unit in world.witness.forgotten and not erased.is_erased(item.data)
        for item in snapshot.get(LogMessage, {}).values()
        if isinstance(item, LogMessage)
    )
