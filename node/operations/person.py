"""Finding a member by name or pinyin, for commands that are given a name where they need an id."""

from typing import Final

from gongguan.sync.finding import PeopleFound, PersonFind, find_people
from gongguan.sync.roles import VIEWERS

from .operation import Operation

OPERATIONS: Final = (
    Operation(
        name="person.find",
        title="按姓名或拼音首字母找党员",
        english="find members by name or pinyin",
        request=PersonFind,
        answer=PeopleFound,
        roles=VIEWERS,
        function=find_people,
        duties=("B-01",),
        reads=True,
        personal=True,
    ),
)
