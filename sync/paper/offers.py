"""What was entered for a side without a node and is offered to its node since: read from the record both sides hold."""

from gongguan.sync.exchange.values import Value


def offered_in(record: Value) -> Value | None:
    """The entry that offers the statement."""
    found: list[Value] = [entry for entry in record["entries"] if entry["value"]["word"] == "entered"]
    return found[0] if found else None


def answers_to(record: Value, offered: Value) -> set[str]:
    """By which words the other side answered. That it "entered" the same content itself confirms nothing."""
    theirs = {entry["value"]["word"] for entry in record["entries"] if entry["party"] != offered["party"]}
    return theirs - {"entered"}


def is_for_us(record: Value, party: int) -> bool:
    """Whether it is our own word that the partner offers, and we have not said yet whether it is."""
    offered = offered_in(record)
    return offered is not None and offered["party"] != party and not answers_to(record, offered)
