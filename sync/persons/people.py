"""Finding a member as people name one: by name, a part of it, or the first letters of its pinyin.

What was typed exactly is preferred to a part, a part to pinyin; several that fit alike are all given back, since nobody
may be chosen by guess. Among whom is looked is ``sync/shared/finding.py``::

    matching([Person(id="3f…", name="巴特尔", …)], "bte")   ->  [Person(id="3f…", …)]
"""

import functools
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from typing import Final, NamedTuple

from gongguan.sync.records import MobilityPeriod

READINGS_LACKING: Final = {"𠮷": ("ji",)}
"""Signs of names that pypinyin has no reading for (Unihan, kMandarin)."""

ID_START_MIN: Final = 6
"""So many characters of an id name a member; fewer are letters of a name."""


class Person(NamedTuple):
    """A member that can be named here. ``id`` is the member id or the subject."""

    id: str
    name: str
    body_code: str | None
    period: MobilityPeriod | None


def matching(people: Iterable[Person], text: str) -> list[Person]:
    """Those who fit ``text`` best: an id, the whole name, its beginning, a part of it, else its pinyin."""
    wanted, people = plain(text), list(people)
    if len(wanted) >= ID_START_MIN and re.fullmatch("[0-9a-f]+", wanted):
        found = [person for person in people if person.id.startswith(wanted)]
        if found:
            return _in_order(found)
    # A county has many members of one name: each name is looked at once.
    names = {name: plain(name) for name in {person.name for person in people}}
    for fits in _ways(wanted):
        fitting = {name for name, said in names.items() if fits(said)}
        if fitting:
            return _in_order(person for person in people if person.name in fitting)
    return []


def _in_order(people: Iterable[Person]) -> list[Person]:
    return sorted(people, key=lambda person: (person.name, person.body_code or "", person.id))


def plain(text: str) -> str:
    """A name without the signs that people leave out: dots, hyphens, spaces; letters in lower case."""
    if text.isalnum() and unicodedata.is_normalized("NFKC", text):  # nearly all of a whole county's
        return text.lower().replace("ü", "v")
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", text)).lower().replace("ü", "v")


def _ways(wanted: str) -> Iterator[Callable[[str], bool]]:
    """How a person may be meant by name, the surest way first; nothing written means everyone."""
    yield lambda name: name == wanted
    yield lambda name: name.startswith(wanted)
    yield lambda name: wanted in name
    if wanted.isascii() and wanted.isalpha():
        yield lambda name: _whole(name, wanted)
        yield lambda name: _spells(name, wanted)


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
    if sign in READINGS_LACKING:
        return READINGS_LACKING[sign]
    from pypinyin import Style, pinyin  # noqa: PLC0415 - its tables take 0.2 s to load, and few lookups need them

    return tuple(dict.fromkeys(pinyin(sign, style=Style.NORMAL, heteronym=True)[0]))
