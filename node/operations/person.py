"""Finding a member by name or pinyin, for commands that are given a name where they need an id."""

from typing import Final

from gongguan.node.operations.operation import Operation
from gongguan.node.operations.said import Instead, Said, Told
from gongguan.sync.roles import VIEWERS
from gongguan.sync.shared.finding import PeopleFound, PersonFind, find_people

_NOBODY: Final = Told(
    None,
    Said(
        "换姓名里的别的字，或用拼音首字母；只找得到您所在组织范围内的人",
        "Try other characters or the pinyin; only members within your own bodies are found",
    ),
)

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
        instead=(Instead({"total": False}, _NOBODY),),
    ),
)
