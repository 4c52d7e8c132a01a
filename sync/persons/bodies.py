"""The tree of bodies of this committee: who stands under whom, and how a new sheet of bodies changes it.

The top is this node's committee, founded by ``init``; a person's reach is the subtree of their body. A sheet adds and
updates; it never removes, since members, staff and agreements point to bodies::

    subtree(store, "0101")              ->  frozenset({"0101", "010101", "010102"})
    resolve(store, "三棵树嘎查党支部")    ->  Body(code="010101", …)
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Final

import msgspec

from gongguan.protocol.errors import refuse
from gongguan.sync.act import Act
from gongguan.sync.labels import labelled
from gongguan.sync.persons.rosters import PARENT_KINDS, BodyRow
from gongguan.sync.records import Body
from gongguan.sync.store import Store


class BodyList(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``body.list``."""

    under: Annotated[str | None, labelled("上级组织（代码、全称或简称）", "parent body (code or name)")] = None


class BodyView(msgspec.Struct, frozen=True, kw_only=True):
    """One body as it is listed."""

    code: Annotated[str, labelled("代码", "code")]
    full_name: Annotated[str, labelled("全称", "full name")]
    short_name: Annotated[str, labelled("简称", "short name")]
    category: Annotated[str, labelled("类别", "category", codes="body_category")]
    parent_code: Annotated[str | None, labelled("上级", "parent")]
    secretary: Annotated[str | None, labelled("书记", "secretary")]
    phone: Annotated[str | None, labelled("电话", "phone")]


class BodyTree(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``body.list``: parents before their children."""

    bodies: Annotated[list[BodyView], labelled("组织", "bodies")]


class BodyChange(msgspec.Struct, frozen=True, kw_only=True):
    """What a sheet does to one body: ``added``, or the names of the fields that it changes."""

    code: Annotated[str, labelled("代码", "code")]
    full_name: Annotated[str, labelled("全称", "full name")]
    change: Annotated[str, labelled("变动", "change")]


def found_committee(store: Store, code: str, full_name: str, short_name: str) -> Body:
    """Set up the top of the tree; ``init`` calls it once. Raises D-body-root when there is one already."""
    if _top(store) is not None:
        raise refuse("D-body-root")
    body = Body(code=code, full_name=full_name, short_name=short_name, category="basic_committee", parent_code=None)
    store.add(body)
    return body


def top_code(store: Store) -> str | None:
    """The code of this node's committee; None before ``found_committee`` or a first sheet."""
    top = _top(store)
    return top.code if top else None


def subtree(store: Store, code: str) -> frozenset[str]:
    """``code`` and all below it; empty when there is no such body."""
    children: dict[str | None, list[str]] = defaultdict(list)
    codes = set()
    for at, parent in store.pick(Body, ("code", "parent_code")):
        children[parent].append(at)
        codes.add(at)
    reached: set[str] = set()
    waiting = [code] if code in codes else []
    while waiting:
        at = waiting.pop()
        if at not in reached:
            reached.add(at)
            waiting += children[at]
    return frozenset(reached)


def short_names(store: Store) -> dict[str, str]:
    """Code → short name of every body, without the persons and telephones that are kept with it."""
    return dict(store.pick(Body, ("code", "short_name")))


def is_within(store: Store, code: str, top: str) -> bool:
    """Whether ``code`` is ``top`` or stands below it."""
    seen: set[str] = set()
    at: str | None = code
    while at is not None and at not in seen:
        if at == top:
            return True
        seen.add(at)
        body = store.get(Body, at)
        at = body.parent_code if body else None
    return False


def codes_by_name(bodies: Iterable[Body]) -> Mapping[str, frozenset[str]]:
    """Codes by every text that names a body: its code, full name, short name. A code outranks a like name."""
    names: dict[str, set[str]] = defaultdict(set)
    codes: dict[str, frozenset[str]] = {}
    for body in bodies:
        codes[body.code] = frozenset({body.code})
        names[body.full_name].add(body.code)
        names[body.short_name].add(body.code)
    return {text: frozenset(found) for text, found in names.items()} | codes


_ENDING: Final = re.compile("(党支部|支部|党总支|总支|党委|委员会)$")
"""What a person adds to the name of a place; the rest is looked for in what bodies are called."""
LIKE_MAX: Final = 5


def resolve(store: Store, text: str) -> Body:
    """The body of this code, full or short name. Raises D-body-unknown, D-body-ambiguous."""
    found = store.get(Body, text.strip())
    if found is not None:
        return found
    known = [(code, names) for code, *names in store.pick(Body, ("code", "full_name", "short_name"))]
    matching = [code for code, names in known if text.strip() in names]
    if len(matching) > 1:
        raise refuse("D-body-ambiguous", codes=matching)
    body = store.get(Body, matching[0]) if matching else None
    if body is None:
        core = _ENDING.sub("", text.strip())
        like = sorted(names[1] for _, names in known if core and any(core in name for name in names))
        raise refuse("D-body-unknown", **({"like": like[:LIKE_MAX]} if like else {}))
    return body


def body_in_reach(act: Act, text: str) -> Body:
    """The body that a person names within the own subtree, or the own one if "".

    Raises D-body-unknown, also for a body outside: whose members are there is not theirs to see; D-body-ambiguous.
    """
    found = resolve(act.store, text or act.staff.body_code)
    if found.code not in subtree(act.store, act.staff.body_code):
        raise refuse("D-body-unknown")
    return found


def list_bodies(act: Act, request: BodyList) -> BodyTree:
    """The subtree of ``under``, or else of the person's own body.

    A system administrator sees the tree without persons and phones, to place accounts in it.
    """
    top = resolve(act.store, request.under).code if request.under else act.staff.body_code
    within = subtree(act.store, top)
    bodies = [body for body in act.store.find(Body) if body.code in within]
    personal = act.staff.role != "system_administrator"
    return BodyTree(bodies=[_view(body, personal) for body in _parents_first(bodies, top)])


def import_bodies(store: Store, rows: Sequence[BodyRow]) -> list[BodyChange]:
    """Put a checked sheet (``rosters.BODIES``) into the tree and say what it changed.

    Raises D-body-root (none or several tops), D-body-root-differs, and D-body-kept where a body that is not in the
    sheet would stand where it cannot.
    """
    present = {body.code: body for body in store.find(Body)}
    wanted = {row.code: _of_row(row) for row in rows}
    tops = sorted(body.code for body in wanted.values() if body.parent_code is None)
    if len(tops) != 1:
        raise refuse("D-body-root", tops=tops)
    top = _top(store)
    if top is not None and top.code != tops[0]:
        raise refuse("D-body-root-differs", node=top.code, sheet=tops[0])
    _check_kept(present, wanted)
    changes = [_change(present.get(code), body) for code, body in wanted.items()]
    store.put_all(body for code, body in wanted.items() if present.get(code) != body)
    return [change for change in changes if change is not None]


def _top(store: Store) -> Body | None:
    tops = store.find(Body, parent_code=None, limit=1)
    return tops[0] if tops else None


def _check_kept(present: Mapping[str, Body], wanted: Mapping[str, Body]) -> None:
    tree = {**present, **wanted}
    for code in sorted(present.keys() - wanted.keys()):
        body = tree[code]
        parent = tree.get(body.parent_code or "")
        if parent is None or parent.category not in PARENT_KINDS[body.category] or _circles(code, tree):
            raise refuse("D-body-kept", body=code)


def _circles(code: str, tree: Mapping[str, Body]) -> bool:
    at: str | None = code
    for _ in tree:
        body = tree.get(at or "")
        if body is None:
            return False
        at = body.parent_code
    return at is not None


def _of_row(row: BodyRow) -> Body:
    return Body(
        code=row.code,
        full_name=row.full_name,
        short_name=row.short_name,
        category=row.category,
        parent_code=row.parent_code,
        secretary=row.secretary,
        phone=row.phone,
    )


_FIELDS = {
    "full_name": "全称",
    "short_name": "简称",
    "category": "类别",
    "parent_code": "上级",
    "secretary": "书记",
    "phone": "电话",
}


def _change(before: Body | None, after: Body) -> BodyChange | None:
    if before == after:
        return None
    differing = [zh for name, zh in _FIELDS.items() if before and getattr(before, name) != getattr(after, name)]
    said = "修改 " + "、".join(differing) if before else "新增"
    return BodyChange(code=after.code, full_name=after.full_name, change=said)


def _view(body: Body, personal: bool) -> BodyView:
    return BodyView(
        code=body.code,
        full_name=body.full_name,
        short_name=body.short_name,
        category=body.category,
        parent_code=body.parent_code,
        secretary=body.secretary if personal else None,
        phone=body.phone if personal else None,
    )


def _parents_first(bodies: Sequence[Body], top: str) -> list[Body]:
    children: dict[str | None, list[Body]] = defaultdict(list)
    for body in bodies:
        children[None if body.code == top else body.parent_code].append(body)
    ordered: list[Body] = []
    waiting = list(children[None])
    while waiting:
        body = waiting.pop(0)
        ordered.append(body)
        waiting = sorted(children[body.code], key=lambda child: child.code) + waiting
    return ordered
