"""Whether it is known where members are, how they are, and that what is written of them is right (B-04): three counts,
each with the list behind it. And whether every destination that is known has receipted a notice (A-05).

::

    show_quality(act, QualityShow()).indicators   ->  [IndicatorLine(indicator="whereabouts", known=7, of=8), …]
    list_unreceipted(act, UnreceiptedList())      ->  who was not told of, or whose notice no receipt covers
"""

from collections.abc import Collection, Iterator, Mapping
from typing import Annotated, Any, Final

import msgspec

from gongguan.sync.act import Act
from gongguan.sync.days import today
from gongguan.sync.exchange.values import Value
from gongguan.sync.labels import labelled
from gongguan.sync.movement.profiles import TITLES, owned_fields_of, told_of
from gongguan.sync.persons.members import details_of
from gongguan.sync.records import Departure, Epoch, IdentityCheck, Member, Pairing
from gongguan.sync.shared.charges import Charge, charges_in_reach
from gongguan.sync.shared.partners import partner_titles, version_known
from gongguan.sync.shared.periods import (
    state_in,
)
from gongguan.sync.shared.places import lies_in, region_of
from gongguan.sync.shared.provenance import Sources
from gongguan.sync.shared.views import (
    effective,
    of_subjects,
    standing,
)
from gongguan.sync.store import Store

INDICATORS: Final = ("whereabouts", "status", "information")
NEEDED: Final = ("name", "category", "affiliated_branch", "certificate_number", "joined_on", "phone")

Held = Mapping[str, Value]


class QualityShow(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``movement.quality``."""


class IndicatorLine(msgspec.Struct, frozen=True, kw_only=True):
    """One count."""

    indicator: Annotated[str, labelled("指标", "indicator", codes="quality")]
    known: Annotated[int, labelled("达到", "known")]
    of: Annotated[int, labelled("流动党员", "members")]


class LackLine(msgspec.Struct, frozen=True, kw_only=True):
    """One member who does not count, and why."""

    indicator: Annotated[str, labelled("指标", "indicator", codes="quality")]
    name: Annotated[str, labelled("姓名", "name")]
    side: Annotated[str, labelled("本方是", "we are", codes="side")]
    lack: Annotated[str, labelled("缺什么", "what is lacking (in Chinese)")]
    person: Annotated[str, labelled("编号", "member id or subject", programs=True)]


class QualityShown(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``movement.quality``: the counts, and everybody who is missing from one."""

    indicators: Annotated[list[IndicatorLine], labelled("三项指标", "indicators")]
    lacking: Annotated[list[LackLine], labelled("未达到的党员", "who is lacking")]


class UnreceiptedList(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``departure.unreceipted``."""


class UnreceiptedLine(msgspec.Struct, frozen=True, kw_only=True):
    """A member whose destination is known and has an agreement with us, without a receipted notice."""

    name: Annotated[str, labelled("姓名", "name")]
    member_id: Annotated[str, labelled("党员编号", "member id")]
    peer: Annotated[str, labelled("流入地", "partner")]
    lack: Annotated[str, labelled("情况", "what is lacking", codes="notice_lack")]
    subject: Annotated[str | None, labelled("流动记录编号", "subject")]


class UnreceiptedListed(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``departure.unreceipted``; ``receipted`` counts the open periods whose notice the partner has."""

    receipted: Annotated[int, labelled("通报已签收", "receipted")]
    lines: Annotated[list[UnreceiptedLine], labelled("没有已签收通报的党员", "members without a receipted notice")]


def show_quality(act: Act, request: QualityShow) -> QualityShown:
    """The three indicators over the members of the person's subtree who are away or here now."""
    day = today(act.now)
    charges = [charge for charge in charges_in_reach(act, day) if charge.is_away(day)]
    held = of_subjects(act.store, [charge.period for charge in charges if charge.period], ("register",))
    origins = _Origins(act.store, [charge.person for charge in charges if charge.side == "origin"])
    checks = {item.subject: item for item in act.store.find(IdentityCheck)}
    lacking = []
    for charge in charges:
        records = held.get(charge.subject or "", {})
        found = origins.lacks(charge, records) if charge.side == "origin" else _here(checks, charge, records)
        lacking += [_lack(charge, indicator, lack) for indicator, lack in found]
    counts = {name: {line.person for line in lacking if line.indicator == name} for name in INDICATORS}
    return QualityShown(
        indicators=[
            IndicatorLine(indicator=name, known=len(charges) - len(counts[name]), of=len(charges))
            for name in INDICATORS
        ],
        lacking=lacking,
    )


def list_unreceipted(act: Act, request: UnreceiptedList) -> UnreceiptedListed:
    """Members of ours with a destination under agreement, told of to nobody, or by a notice without a receipt yet."""
    titles = partner_titles(act.store)
    partners = [item for item in act.store.find(Pairing, state="active") if version_known(act.store, item.pairing_id)]
    day, receipted, lines = today(act.now), 0, []
    sources = Sources(act.store)
    charges = [item for item in charges_in_reach(act, day) if item.side == "origin" and item.is_away(day)]
    places = _reported_places(act.store, [charge.person for charge in charges])
    regions = [(pairing, region_of(act.store, pairing)) for pairing in partners]
    receipted_to = {
        (pairing_id, epoch): size
        for pairing_id, epoch, size in act.store.pick(Epoch, ("pairing_id", "epoch", "receipted"))
    }
    for charge in charges:
        period = charge.period
        if period is not None:
            entry = next(reversed(standing(charge.now.get("movement/departure"))), None)
            if sources.is_on_paper(period.pairing_id):
                lines.append(_unreceipted(charge, titles.get(period.pairing_id, ""), "by_letter", period.subject))
                continue
            if entry is not None and _is_receipted(receipted_to, period.pairing_id, entry):
                receipted += 1
                continue
            lines.append(_unreceipted(charge, titles.get(period.pairing_id, ""), "waiting", period.subject))
            continue
        refused = [item for item in charge.periods if state_in(charge.records[item.subject]) == "refused"]
        if refused:
            lines.append(_unreceipted(charge, titles.get(refused[-1].pairing_id, ""), "refused", refused[-1].subject))
            continue
        place = places.get(charge.person)
        for pairing, region in regions:
            if place and lies_in(place, region):
                lines.append(_unreceipted(charge, titles.get(pairing.pairing_id, ""), "not_told", None))
    return UnreceiptedListed(receipted=receipted, lines=lines)


def _unreceipted(charge: Charge, peer: str, lack: str, subject: str | None) -> UnreceiptedLine:
    return UnreceiptedLine(name=charge.name, member_id=charge.person, peer=peer, lack=lack, subject=subject)


def _is_receipted(receipted_to: Mapping[tuple[str, str], int], pairing_id: str, entry: Value) -> bool:
    return receipted_to.get((pairing_id, entry["epoch"]), 0) > int(entry["position"])


def _reported_places(store: Store, members: Collection[str]) -> dict[str, str]:
    """Member → where the newest report says that it goes."""
    fields = ("member_id", "left_on", "destination_place")
    return {member_id: place for member_id, _, place in store.pick(Departure, fields, member_id__in=members)}


def _lack(charge: Charge, indicator: str, lack: str) -> LackLine:
    return LackLine(indicator=indicator, name=charge.name, side=charge.side, lack=lack, person=charge.person)


class _Origins:
    """What the records here say of many members of ours: read together."""

    def __init__(self, store: Store, people: Collection[str]) -> None:
        members = store.find(Member, member_id__in=people)
        told = told_of(store, people)
        self._known = owned_fields_of(store, members, told)
        self._places = {person: row.place or "" for person, row in told.items()} | _reported_places(store, people)
        self._lost = {member.member_id for member in members if details_of(member).lost_contact}
        self._lost |= {person for person, row in told.items() if row.contact_state == "lost"}

    def lacks(self, charge: Charge, held: Held) -> Iterator[tuple[str, str]]:
        """(indicator, what is lacking) of one of them."""
        if not effective(held.get("register/place")) and not self._places.get(charge.person):
            yield "whereabouts", "不知道去向"
        if _is_lost(held) or charge.person in self._lost:
            yield "status", "失去联系"
        missing = [TITLES[name] for name in NEEDED if name not in self._known[charge.person]]
        if missing:
            yield "information", "缺" + "、".join(missing)


def _here(checks: Mapping[str, IdentityCheck], charge: Charge, held: Held) -> Iterator[tuple[str, str]]:
    if effective(held.get("register/place")) is None or held["register/place"]["status"] == "conflict":
        yield "whereabouts", "双方报的地点不一致" if "register/place" in held else "不知道住处"
    if _is_lost(held):
        yield "status", "失去联系"
    check = checks.get(charge.person)
    if check is None or check.how == "override":
        yield "information", "身份未核实"


def _is_lost(held: Held) -> bool:
    said: Any = effective(held.get("register/presence"))
    return said is not None and said["presence"] == "lost"
