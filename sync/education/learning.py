"""Education that reaches a member away from home: study pushed online, material handed over (B-21, B-23).

How far an item came is said of each member by a person: sent, confirmed, or not reached. What nobody said is unknown;
whether and how long somebody read is not watched::

    item = push(act, LearningPush(topic="二十届四中全会精神", on="2026-03-02"))
    mark(act, LearningMark(item=item.item, people=["巴特尔"], state="confirmed"))
"""

from collections.abc import Iterator
from datetime import date
from typing import Annotated, Literal

import msgspec

from gongguan.protocol.errors import refuse
from gongguan.sync.act import Act
from gongguan.sync.contacts.branch_reports import BodyText
from gongguan.sync.days import check_happened, today
from gongguan.sync.education.invitations import NameText, People
from gongguan.sync.labels import DATE, RowsShown, labelled
from gongguan.sync.persons.bodies import body_in_reach, short_names, subtree
from gongguan.sync.quarters import Quarter, QuarterName
from gongguan.sync.records import Body, LearningItem, LearningReach
from gongguan.sync.rows import ROWS_MAX
from gongguan.sync.shared.charges import Charge, charges_in_reach, charges_on, pick
from gongguan.sync.store import Store

Material = Literal["study_material", "benefit_policy", "job_guide", "health_handbook", "other"]
Reach = Literal["sent", "confirmed", "not_reached"]
Topic = Annotated[str, labelled("主题", "topic", argument=True, min_length=1, max_length=120)]
ItemId = Annotated[str, labelled("学习编号", "item", argument=True, pattern=r"^[0-9a-f]{32}$")]
On = Annotated[str, labelled("日期", "date", pattern=DATE)]


class LearningPush(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``education.push``: sent to everyone away of the body, or to those named."""

    topic: Topic
    on: On
    body: BodyText = ""
    people: People = []


class LearningDeliver(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``education.deliver``: material was handed to those named; of the others nothing is said."""

    topic: Topic
    on: On
    material: Annotated[Material, labelled("资料类别", "material", codes="material")] = "study_material"
    body: BodyText = ""
    received: Annotated[list[NameText], labelled("收到的人", "who received it", max_length=ROWS_MAX)] = []
    not_reached: Annotated[list[NameText], labelled("没有送达的人", "whom it did not reach", max_length=ROWS_MAX)] = []


class LearningMark(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``education.mark``."""

    item: ItemId
    people: People
    state: Annotated[
        Literal["confirmed", "not_reached"], labelled("送达情况", "how far it came", codes="learning_reach")
    ]


class LearningList(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``education.list``."""

    quarter: QuarterName = ""
    limit: RowsShown = 200


class LearningShow(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``education.show``."""

    item: ItemId


class LearningLine(msgspec.Struct, frozen=True, kw_only=True):
    """One item; ``unknown``: members away on the day of whom nothing was said."""

    on: Annotated[str, labelled("日期", "date")]
    form: Annotated[str, labelled("形式", "form", codes="learning_form")]
    topic: Annotated[str, labelled("主题", "topic")]
    material: Annotated[str | None, labelled("资料类别", "material", codes="material")]
    branch: Annotated[str, labelled("党支部", "branch")]
    sent: Annotated[int, labelled("已发送未确认", "sent, not confirmed")]
    confirmed: Annotated[int, labelled("已送达", "confirmed")]
    not_reached: Annotated[int, labelled("未送达", "not reached")]
    unknown: Annotated[int, labelled("未知", "unknown")]
    item: Annotated[str, labelled("学习编号", "item")]


class LearningListed(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``education.list``."""

    quarter: Annotated[str, labelled("季度", "quarter")]
    total: Annotated[int, labelled("共计", "total")]
    items: Annotated[list[LearningLine], labelled("学习", "items")]


class ReachLine(msgspec.Struct, frozen=True, kw_only=True):
    """How far an item came to one member."""

    name: Annotated[str, labelled("姓名", "name")]
    state: Annotated[str, labelled("送达情况", "how far it came", codes="learning_reach")]
    on: Annotated[str | None, labelled("日期", "date")]


class LearningShown(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``education.show``."""

    item: Annotated[LearningLine, labelled("学习", "item")]
    people: Annotated[list[ReachLine], labelled("党员", "members")]


def push(act: Act, request: LearningPush) -> LearningLine:
    """Keep what was sent online. Raises D-date…, D-body-…, D-person-…."""
    item = _item(act, request.body, "push", request.topic, request.on, None)
    charges = charges_in_reach(act)
    chosen = [pick(charges, text) for text in request.people] or _away(act, item)
    _reach(act, item, chosen, "sent")
    return _line(act.store, item, _away(act, item))


def deliver(act: Act, request: LearningDeliver) -> LearningLine:
    """Keep to whom material was handed over (送学上门). Raises D-date…, D-body-…, D-person-…."""
    item = _item(act, request.body, "material", request.topic, request.on, request.material)
    charges = charges_in_reach(act)
    _reach(act, item, [pick(charges, text) for text in request.received], "confirmed")
    _reach(act, item, [pick(charges, text) for text in request.not_reached], "not_reached")
    return _line(act.store, item, _away(act, item))


def mark(act: Act, request: LearningMark) -> LearningLine:
    """Say how far an item came. Raises D-learning-unknown, D-person-…."""
    item = _known(act, request.item)
    charges = charges_in_reach(act)
    _reach(act, item, [pick(charges, text) for text in request.people], request.state)
    return _line(act.store, item, _away(act, item))


def list_learning(act: Act, request: LearningList) -> LearningListed:
    """The first items of a quarter, and how many there are."""
    quarter = Quarter.asked(request.quarter, today(act.now))
    codes = subtree(act.store, act.staff.body_code)
    names = short_names(act.store)
    first, after = quarter.first.isoformat(), quarter.after().first.isoformat()
    mine = act.store.find(
        LearningItem, body_code__in=codes, on__ge=first, on__lt=after, order=("on",), limit=request.limit
    )
    total = act.store.count(LearningItem, body_code__in=codes, on__ge=first, on__lt=after)
    charges = charges_in_reach(act) if mine else []
    lines = [_line(act.store, item, _of_item(act.store, item, charges), names) for item in mine]
    return LearningListed(quarter=quarter.name, total=total, items=lines)


def show_learning(act: Act, request: LearningShow) -> LearningShown:
    """Everyone away on the day, with how far the item came. Raises D-learning-unknown."""
    item = _known(act, request.item)
    charges = _away(act, item)
    reached = {row.person: row for row in act.store.find(LearningReach, item_id=item.item_id)}
    lines = [
        ReachLine(
            name=charge.name,
            state=reached[charge.person].state if charge.person in reached else "unknown",
            on=reached[charge.person].on if charge.person in reached else None,
        )
        for charge in charges
    ]
    return LearningShown(item=_line(act.store, item, charges), people=lines)


def items_since(store: Store, first: str) -> Iterator[tuple[LearningItem, LearningReach]]:
    """Every word on how far an item of that day or later came."""
    for item in store.find(LearningItem, on__ge=first):
        for row in store.find(LearningReach, item_id=item.item_id):
            yield item, row


# --- inside ---------------------------------------------------------------------------------------------------


def _item(act: Act, body: str, form: str, topic: str, on: str, material: str | None) -> LearningItem:
    item = LearningItem(
        item_id=act.random_hex(16),
        body_code=body_in_reach(act, body).code,
        form=form,
        topic=topic,
        material=material,
        on=check_happened(act.now, on).isoformat(),
    )
    act.store.put(item)
    return item


def _known(act: Act, item_id: str) -> LearningItem:
    item = act.store.get(LearningItem, item_id)
    if item is None or item.body_code not in subtree(act.store, act.staff.body_code):
        raise refuse("D-learning-unknown")
    return item


def _reach(act: Act, item: LearningItem, charges: list[Charge], state: Reach) -> None:
    day = today(act.now).isoformat()
    act.store.put_all(
        LearningReach(item_id=item.item_id, person=charge.person, state=state, on=day) for charge in charges
    )


def _away(act: Act, item: LearningItem) -> list[Charge]:
    return _of_item(act.store, item, charges_on(act, date.fromisoformat(item.on)))


def _of_item(store: Store, item: LearningItem, charges: list[Charge]) -> list[Charge]:
    """Of these charges those for whom the item was."""
    codes, day = subtree(store, item.body_code), date.fromisoformat(item.on)
    return [charge for charge in charges if (charge.body_code or item.body_code) in codes and charge.is_away(day)]


def _line(store: Store, item: LearningItem, charges: list[Charge], names: dict[str, str] | None = None) -> LearningLine:
    states = {row.person: row.state for row in store.find(LearningReach, item_id=item.item_id)}
    found = list(states.values())
    if names is None:
        body = store.get(Body, item.body_code)
        names = {body.code: body.short_name} if body else {}
    return LearningLine(
        on=item.on,
        form=item.form,
        topic=item.topic,
        material=item.material,
        branch=names.get(item.body_code, item.body_code),
        sent=found.count("sent"),
        confirmed=found.count("confirmed"),
        not_reached=found.count("not_reached"),
        unknown=sum(charge.person not in states for charge in charges),
        item=item.item_id,
    )
