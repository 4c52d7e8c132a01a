"""Whom a person may mean: the members within the own bodies, of the roster or away, found as ``people`` matches them.

::

    find_people(act, PersonFind(text="bte", need="movement")).people   ->  [PersonLine(name="巴特尔", …)]
"""

from collections.abc import Mapping
from typing import Annotated, Final, Literal

import msgspec

from gongguan.sync.act import Act
from gongguan.sync.days import today
from gongguan.sync.labels import labelled
from gongguan.sync.persons.bodies import short_names, subtree
from gongguan.sync.persons.members import picked_under
from gongguan.sync.persons.people import Person, matching
from gongguan.sync.records import Departure, Member, MobilityPeriod
from gongguan.sync.shared.charges import charges_in_reach
from gongguan.sync.shared.partners import partner_titles
from gongguan.sync.shared.periods import (
    name_of,
    period_state,
    periods_in_reach,
)
from gongguan.sync.store import Store

FOUND_MAX: Final = 20
"""More than a person can tell apart in a list; then another letter is asked for."""

Need = Literal["member", "movement", "charge", "period", "anyone"]
"""``anyone``: of the own roster, by member id, with where they are; and who came here, by subject. ``member``: one of
the own roster, by member id. ``movement``: an open mobility period, by its subject. ``charge``: one in our charge on
either side, by member id or subject. Where no open one fits, one that is over is looked for. ``period``: a mobility
period, over or not, by its subject."""


class PersonFind(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``person.find``. An empty text gives everyone, up to the limit."""

    text: Annotated[
        str,
        labelled(
            "姓名、其中几个字或拼音首字母；同名的加 @支部名的几个字",
            "name, part of it, or its pinyin; of namesakes add @ and part of the branch's name",
            argument=True,
            max_length=120,
        ),
    ] = ""
    need: Annotated[Need, labelled("找什么", "what is looked for", codes="person_need")] = "anyone"


class PersonLine(msgspec.Struct, frozen=True, kw_only=True):
    """One member that fits; ``id`` is what commands take."""

    name: Annotated[str, labelled("姓名", "name")]
    body: Annotated[str, labelled("所在组织", "body")]
    peer: Annotated[str, labelled("对方", "partner")]
    state: Annotated[str | None, labelled("状态", "state", codes="movement_state")]
    id: Annotated[str, labelled("编号", "id")]


class UnfitLine(msgspec.Struct, frozen=True, kw_only=True):
    """One member of the own roster whom this cannot be done for yet; ``lacks``: a departure report, or a notice."""

    name: Annotated[str, labelled("姓名", "name")]
    body: Annotated[str, labelled("所在组织", "body")]
    lacks: Annotated[Literal["departure", "notice"], labelled("还缺", "lacking", codes="person_lacks")]


class PeopleFound(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``person.find``; ``total`` counts all that fit. ``unfit``: where nobody fits, whom the text names."""

    total: Annotated[int, labelled("共计", "total")]
    people: Annotated[list[PersonLine], labelled("党员", "members")]
    unfit: Annotated[list[UnfitLine], labelled("名册里有，但还不能办", "on the roster, but not yet")] = []


def find_people(act: Act, request: PersonFind) -> PeopleFound:
    """Those who fit, in the order of their names. What stands after @ is a part of their body's name."""
    text, _, place = request.text.replace("＠", "@").partition("@")
    bodies = short_names(act.store)
    found = matching(_of_place(people_in_reach(act, request.need), place.strip(), bodies), text)
    away = request.need not in {"member", "anyone"}
    if not found and text.strip() and request.need != "member":
        # Whoever is back is still asked for: to close the period, to read its history.
        found = matching(_of_place(people_in_reach(act, request.need, over=True), place.strip(), bodies), text)
    titles = partner_titles(act.store) if request.need != "member" else {}
    shown = found[:FOUND_MAX]
    if request.need == "anyone":
        shown = _where_they_are(act.store, shown)
    lines = [
        PersonLine(
            name=person.name,
            body=bodies.get(person.body_code or "", ""),
            peer=titles.get(person.period.pairing_id, "") if person.period else "",
            state=period_state(act.store, person.period) if person.period else None,
            id=person.id,
        )
        for person in shown
    ]
    unfit = _unfit(act, text, place.strip(), bodies) if not found and text.strip() and away else []
    return PeopleFound(total=len(found), people=lines, unfit=unfit)


def _where_they_are(store: Store, people: list[Person]) -> list[Person]:
    """The same people; those of the roster who are away with the period that runs."""
    ids = [person.id for person in people if person.period is None]
    periods = store.find(MobilityPeriod, member_id__in=ids) if ids else []
    running = {period.member_id: period for period in periods if period_state(store, period) != "ended"}
    return [person._replace(period=person.period or running.get(person.id)) for person in people]


def _unfit(act: Act, text: str, place: str, bodies: Mapping[str, str]) -> list[UnfitLine]:
    """Whom the text names of the own roster, with what is still to be done before they count as away."""
    named = matching(_of_place(people_in_reach(act, "member"), place, bodies), text)[:FOUND_MAX]
    left = {one.member_id for one in act.store.find(Departure, member_id__in=[person.id for person in named])}
    return [
        UnfitLine(
            name=person.name,
            body=bodies.get(person.body_code or "", ""),
            lacks="notice" if person.id in left or _is_floating(act.store, person.id) else "departure",
        )
        for person in named
    ]


def _is_floating(store: Store, member_id: str) -> bool:
    member = store.get(Member, member_id)
    return member is not None and member.floating


def _of_place(people: list[Person], place: str, bodies: Mapping[str, str]) -> list[Person]:
    return [one for one in people if place in bodies.get(one.body_code or "", "")] if place else people


def people_in_reach(act: Act, need: Need, *, over: bool = False) -> list[Person]:
    """Everyone who can be named for this purpose; of periods and charges those that are not over, or are ``over``."""
    if need == "charge":
        day = today(act.now)
        charges = [
            item
            for item in charges_in_reach(act, None if over else day)
            if (item.open or item.is_away(day)) is not over
        ]
        return [Person(charge.person, charge.name, charge.body_code, charge.period) for charge in charges]
    if need == "anyone":
        came = [one for one in people_in_reach(act, "movement", over=over) if _came(one)]
        return came if over else [*people_in_reach(act, "member"), *came]
    if need == "period":
        return [*people_in_reach(act, "movement"), *people_in_reach(act, "movement", over=True)]
    if need == "movement":
        periods = [item for item in periods_in_reach(act) if (period_state(act.store, item) == "ended") is over]
        named = ((period, name_of(act.store, period)) for period in periods)
        return [Person(period.subject, name, period.body_code, period) for period, name in named if name]
    reach = subtree(act.store, act.staff.body_code)
    rows = picked_under(act.store, reach, ("branch_code", "member_id", "name"))
    return [Person(member_id, name, branch, None) for branch, member_id, name in rows]


def _came(person: Person) -> bool:
    return person.period is not None and person.period.side == "destination"
