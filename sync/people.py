"""Finding a member as people name one: by name, a part of it, or the first letters of its pinyin.

Only members within the acting person's subtree are found: those of the own roster, and at a destination those who were
notified to it. What was typed exactly is preferred to a part, a part to pinyin; several that fit alike are all given
back, since nobody may be chosen by guess::

    find_people(act, PersonFind(text="bte", need="movement")).people   ->  [PersonLine(name="巴特尔", …)]
"""

import functools
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from typing import Annotated, Final, Literal, NamedTuple

import msgspec

from .act import Act
from .agreements import partner_titles
from .bodies import subtree
from .labels import labelled
from .records import Body, Member, MobilityPeriod
from .shared import name_of, periods_in_reach, shared
from .store import Store

FOUND_MAX: Final = 20
"""More than a person can tell apart in a list; then another letter is asked for."""

ID_START_MIN: Final = 6
"""So many characters of an id name a member; fewer are letters of a name."""

Need = Literal["member", "movement"]
"""``member``: one of the own roster, by member id. ``movement``: an open mobility period, by its subject."""


class PersonFind(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``person.find``. An empty text gives everyone, up to the limit."""

    text: Annotated[
        str, labelled("姓名、其中几个字或拼音首字母", "name, part of it, or its pinyin", argument=True, max_length=120)
    ] = ""
    need: Annotated[Need, labelled("找什么", "what is looked for", codes="person_need")] = "member"


class PersonLine(msgspec.Struct, frozen=True, kw_only=True):
    """One member that fits; ``id`` is what commands take."""

    name: Annotated[str, labelled("姓名", "name")]
    body: Annotated[str, labelled("所在组织", "body")]
    peer: Annotated[str, labelled("对方", "partner")]
    state: Annotated[str | None, labelled("状态", "state", codes="movement_state")]
    id: Annotated[str, labelled("编号", "id")]


class PeopleFound(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``person.find``; ``total`` counts all that fit."""

    total: Annotated[int, labelled("共计", "total")]
    people: Annotated[list[PersonLine], labelled("党员", "members")]


class Person(NamedTuple):
    """A member that can be named here. ``id`` is the member id or the subject."""

    id: str
    name: str
    body_code: str | None
    period: MobilityPeriod | None


def find_people(act: Act, request: PersonFind) -> PeopleFound:
    """Those who fit, in the order of their names."""
    found = matching(people_in_reach(act, request.need), request.text)
    titles = partner_titles(act.store) if request.need == "movement" else {}
    bodies = {body.code: body.short_name for body in act.store.find(Body)} if found else {}
    lines = [
        PersonLine(
            name=person.name,
            body=bodies.get(person.body_code or "", ""),
            peer=titles.get(person.period.pairing_id, "") if person.period else "",
            state=_state(act.store, person.period) if person.period else None,
            id=person.id,
        )
        for person in found[:FOUND_MAX]
    ]
    return PeopleFound(total=len(found), people=lines)


def people_in_reach(act: Act, need: Need) -> list[Person]:
    """Everyone who can be named for this purpose; of periods those that are not over."""
    if need == "movement":
        open_periods = [period for period in periods_in_reach(act) if _state(act.store, period) != "ended"]
        named = ((period, name_of(act.store, period)) for period in open_periods)
        return [Person(period.subject, name, period.body_code, period) for period, name in named if name]
    members = act.store.find(Member, branch_code__in=subtree(act.store, act.staff.body_code))
    return [Person(member.member_id, member.name, member.branch_code, None) for member in members]


def matching(people: Iterable[Person], text: str) -> list[Person]:
    """Those who fit ``text`` best: an id, the whole name, its beginning, a part of it, else its pinyin."""
    everyone = sorted(people, key=lambda person: (person.name, person.body_code or "", person.id))
    wanted = plain(text)
    if not wanted:
        return everyone
    for fits in _ways(wanted):
        found = [person for person in everyone if fits(person)]
        if found:
            return found
    return []


def plain(text: str) -> str:
    """A name without the signs that people leave out: dots, hyphens, spaces; letters in lower case."""
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", text)).lower()


def _ways(wanted: str) -> Iterator[Callable[[Person], bool]]:
    if len(wanted) >= ID_START_MIN and re.fullmatch("[0-9a-f]+", wanted):
        yield lambda person: person.id.startswith(wanted)
    yield lambda person: plain(person.name) == wanted
    yield lambda person: plain(person.name).startswith(wanted)
    yield lambda person: wanted in plain(person.name)
    if wanted.isascii() and wanted.isalpha():
        yield lambda person: _whole(plain(person.name), wanted)
        yield lambda person: _spells(plain(person.name), wanted)


def _whole(name: str, letters: str) -> bool:
    """Whether the letters are as many as the signs of the name: 巴特尔 before 巴特尔夫 for ``bte``."""
    return len(name) == len(letters) and _spells(name, letters)


def _spells(name: str, letters: str) -> bool:
    """Whether a name begins with these letters, each sign by its first letter, a part of its pinyin or all of it."""
    if not letters:
        return True
    if not name:
        return False
    return any(
        letters[:length] == reading[:length] and _spells(name[1:], letters[length:])
        for reading in readings(name[0])
        for length in _lengths(reading, letters)
    )


def _lengths(reading: str, letters: str) -> set[int]:
    """How many letters may stand for one sign: its first, zh ch sh, all of it; the last sign may be cut anywhere."""
    double = {2} if reading[:2] in {"zh", "ch", "sh"} else set()
    last = {len(letters)} if len(letters) <= len(reading) else set()
    return {1, len(reading)} | double | last


@functools.cache
def readings(sign: str) -> tuple[str, ...]:
    """Every way to read one sign, without tones; a sign that has none is its own reading."""
    from pypinyin import Style, pinyin  # noqa: PLC0415 - its tables take 0.2 s to load, and few lookups need them

    return tuple(dict.fromkeys(pinyin(sign, style=Style.NORMAL, heteronym=True)[0]))


def _state(store: Store, period: MobilityPeriod) -> str:
    value = shared(store, period.agreement, period.subject, "movement/state")
    return str(value["state"]) if value else "notified"
