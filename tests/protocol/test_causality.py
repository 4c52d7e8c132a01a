"""Who knew what, against a model that walks the parents for every question."""

from hypothesis import given
from hypothesis import strategies as st

from gongguan.protocol.causality import NOTHING, Head, Lineage, OrderKey, Past


class Walked:
    """Epochs by number, each with its parents; every answer by a walk."""

    def __init__(self, parents: list[list[tuple[int, int]]]) -> None:
        self.parents = {f"e{number}": [(f"e{one}", size) for one, size in row] for number, row in enumerate(parents)}

    def closure(self, heads: list[Head]) -> dict[str, int]:
        found: dict[str, int] = {}
        queue = list(heads)
        while queue:
            epoch, size = queue.pop()
            if size > found.get(epoch, 0):
                found[epoch] = size
            queue.extend(self.parents[epoch])
        return found


@st.composite
def lineages(draw: st.DrawFn) -> tuple[Walked, Lineage]:
    parents: list[list[tuple[int, int]]] = []
    for number in range(draw(st.integers(1, 7))):
        chosen = draw(st.lists(st.integers(0, number - 1), max_size=3, unique=True)) if number else []
        parents.append([(one, draw(st.integers(1, 4))) for one in chosen])
    walked = Walked(parents)
    return walked, Lineage(walked.parents)


def heads_of(walked: Walked, data: st.DataObject) -> list[Head]:
    names = data.draw(st.lists(st.sampled_from(sorted(walked.parents)), max_size=3, unique=True))
    return [(name, data.draw(st.integers(1, 4))) for name in names]


@given(lineages(), st.data())
def test_a_closure_holds_what_a_walk_finds(pair: tuple[Walked, Lineage], data: st.DataObject) -> None:
    walked, lineage = pair
    heads = heads_of(walked, data)
    found, closure = walked.closure(heads), lineage.closure(heads)
    for epoch in walked.parents:
        assert closure.size(epoch) == found.get(epoch, 0)
        for index in range(5):
            assert closure.covers(epoch, index) is (index < found.get(epoch, 0))


@given(lineages(), st.data())
def test_one_closure_includes_another_where_every_size_is_at_least_as_large(
    pair: tuple[Walked, Lineage], data: st.DataObject
) -> None:
    walked, lineage = pair
    one, other = heads_of(walked, data), heads_of(walked, data)
    large, small = walked.closure(one), walked.closure(other)
    expected = all(large.get(epoch, 0) >= size for epoch, size in small.items())
    assert lineage.closure(one).includes(lineage.closure(other)) is expected
    assert lineage.closure(one).includes(NOTHING)


@given(lineages(), st.data())
def test_unmerged_heads_are_those_that_no_other_covers(pair: tuple[Walked, Lineage], data: st.DataObject) -> None:
    walked, lineage = pair
    heads = heads_of(walked, data)
    expected = [
        head
        for head in heads
        if not any(walked.closure([other]).get(head[0], 0) >= head[1] for other in heads if other != head)
    ]
    assert lineage.unmerged(heads) == tuple(sorted(expected))


def test_a_held_message_is_received_and_not_known() -> None:
    lineage = Lineage({"own": (), "theirs": ()})
    past = Past(lineage.closure([("own", 2)]), lineage.closure([("theirs", 3)]), frozenset({("theirs", 1)}))
    assert past.covers("own", 1)
    assert not past.covers("own", 2)
    assert past.covers("theirs", 2)
    assert not past.covers("theirs", 1)


def test_order_is_by_lamport_then_party_then_position() -> None:
    keys = [OrderKey(2, 0, "a", 9), OrderKey(1, 1, "a", 0), OrderKey(1, 0, "b", 5), OrderKey(1, 0, "b", 4)]
    assert sorted(keys) == [keys[3], keys[2], keys[1], keys[0]]
