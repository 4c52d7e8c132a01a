"""The tree of bodies: reach of a person, names of bodies, and what a sheet changes."""

from functools import partial

import msgspec
import pytest

from gongguan.protocol.errors import ProtocolError
from gongguan.sync.act import Act
from gongguan.sync.persons import bodies
from gongguan.sync.persons.rosters import BodyRow
from gongguan.sync.records import Body
from tests.staff_node import NORTH, NORTH_BRANCH, SOUTH, SOUTH_BRANCH, TOP, staff_node

TREE = (
    BodyRow(3, TOP, "中国共产党乌兰诺尔旗委员会", "旗委", "basic_committee", None, "王芳", "10012345678"),
    BodyRow(4, NORTH, "白音敖包苏木党总支", "白音敖包苏木党总支", "general_branch", TOP, None, None),
    BodyRow(5, SOUTH, "双榆镇党总支", "双榆镇党总支", "general_branch", TOP, None, None),
    BodyRow(6, NORTH_BRANCH, "三棵树嘎查党支部", "三棵树嘎查党支部", "branch", NORTH, None, None),
    BodyRow(7, SOUTH_BRANCH, "双榆村党支部", "双榆村党支部", "branch", SOUTH, None, None),
)


def refusal(rows: tuple[BodyRow, ...]) -> str:
    node = staff_node()
    before = node.database.read(lambda store: store.find(Body))
    with pytest.raises(ProtocolError) as caught:
        node.act(lambda act: bodies.import_bodies(act.store, rows))
    assert node.database.read(lambda store: store.find(Body)) == before
    return caught.value.code


def test_a_person_reaches_the_own_body_and_all_below_it_and_nothing_beside() -> None:
    read = staff_node().database.read
    assert read(lambda store: bodies.subtree(store, NORTH)) == {NORTH, NORTH_BRANCH}
    assert len(read(lambda store: bodies.subtree(store, TOP))) == 5
    assert read(lambda store: bodies.subtree(store, "no such")) == frozenset()
    assert read(lambda store: bodies.is_within(store, NORTH_BRANCH, TOP))
    assert not read(lambda store: bodies.is_within(store, SOUTH_BRANCH, NORTH))
    assert not read(lambda store: bodies.is_within(store, TOP, NORTH))


def test_a_body_is_found_by_code_and_by_name_and_two_of_one_name_are_refused() -> None:
    node = staff_node()
    found = node.act(lambda act: [bodies.resolve(act.store, text).code for text in (TOP, "旗委", " 双榆村党支部 ")])
    assert found == [TOP, TOP, SOUTH_BRANCH]
    node.act(
        lambda act: act.store.add(
            Body(code="x", full_name="另一个", short_name="旗委", category="branch", parent_code=TOP)
        )
    )
    for text, code in (("旗委", "D-body-ambiguous"), ("没有", "D-body-unknown")):
        with pytest.raises(ProtocolError) as caught:
            node.act(lambda act, text=text: bodies.resolve(act.store, text))  # type: ignore[misc]
        assert caught.value.code == code


def test_of_a_name_that_no_body_has_those_that_are_like_it_are_said() -> None:
    node = staff_node()

    def asked(text: str, act: Act) -> Body:
        return bodies.resolve(act.store, text)

    for text, like in (
        ("双榆村支部", ["双榆村党支部"]),
        ("三棵树", ["三棵树嘎查党支部"]),
        ("没有", None),
        ("支部", None),
    ):
        with pytest.raises(ProtocolError) as caught:
            node.act(partial(asked, text))
        assert (caught.value.code, caught.value.facts.get("like")) == ("D-body-unknown", like)


def test_a_sheet_adds_and_changes_and_says_which_fields() -> None:
    node = staff_node()
    group = BodyRow(8, "991", "第一党小组", "一组", "party_group", SOUTH_BRANCH, None, None)
    changes = node.act(lambda act: bodies.import_bodies(act.store, (*TREE, group)))
    assert [(change.code, change.change) for change in changes] == [(TOP, "修改 书记、电话"), ("991", "新增")]
    assert node.act(lambda act: bodies.import_bodies(act.store, (*TREE, group))) == []


def test_a_sheet_with_no_top_two_tops_or_another_top_is_refused() -> None:
    assert refusal(TREE[1:]) == "D-body-root"
    assert refusal((*TREE, msgspec.structs.replace(TREE[0], code="2"))) == "D-body-root"
    other = [
        msgspec.structs.replace(row, parent_code="2" if row.parent_code == TOP else row.parent_code) for row in TREE
    ]
    assert refusal((msgspec.structs.replace(TREE[0], code="2"), *other[1:])) == "D-body-root-differs"


def test_a_body_that_the_sheet_leaves_out_stays_unless_it_would_stand_where_it_cannot() -> None:
    node = staff_node()
    node.act(lambda act: bodies.import_bodies(act.store, TREE[:4]))
    assert node.database.read(lambda store: store.get(Body, SOUTH_BRANCH)) is not None
    as_group = msgspec.structs.replace(TREE[2], category="branch")
    assert refusal((TREE[0], TREE[1], as_group, TREE[3])) == "D-body-kept"


def test_the_administrator_sees_the_tree_but_no_person_in_it() -> None:
    node = staff_node()
    node.act(lambda act: bodies.import_bodies(act.store, TREE))
    seen = node.act(lambda act: bodies.list_bodies(act, bodies.BodyList()), name="管理员").bodies
    assert [body.code for body in seen] == [TOP, NORTH, NORTH_BRANCH, SOUTH, SOUTH_BRANCH]
    assert (seen[0].secretary, seen[0].phone) == (None, None)
    assert node.act(lambda act: bodies.list_bodies(act, bodies.BodyList())).bodies[0].secretary == "王芳"
