"""A member is found as people name one, only within the own bodies, and never by guess."""

import msgspec
import pytest

from gongguan.sync.persons.members import member_of
from gongguan.sync.persons.people import Person, matching
from tests.sync.offices import PLACE, SECOND, admitted, floating, member_id, offices

NAMES = ("巴特尔", "巴特尔·甲", "阿依古丽·买买提", "单雪梅", "𠮷日嘎拉", "吕律", "欧阳娜仁", "陈志强", "程志清")


def named(text: str) -> list[str]:
    people = [Person(f"{number:032x}", name, "990101", None) for number, name in enumerate(NAMES)]
    return [person.name for person in matching(people, text)]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("巴特尔", ["巴特尔"]),
        ("巴特", ["巴特尔", "巴特尔·甲"]),
        ("买买提", ["阿依古丽·买买提"]),
        ("阿依古丽買", []),
        ("aygl", ["阿依古丽·买买提"]),
        ("AYGLmmt", ["阿依古丽·买买提"]),
        ("shanxuemei", ["单雪梅"]),
        ("dxm", ["单雪梅"]),
        ("oynr", ["欧阳娜仁"]),
        ("czq", ["程志清", "陈志强"]),
        ("chenzq", ["陈志强"]),
        ("𠮷日", ["𠮷日嘎拉"]),
        ("jrgl", ["𠮷日嘎拉"]),
        ("jiri", ["𠮷日嘎拉"]),
        ("xr", []),
        ("lvl", ["吕律"]),
        ("lül", ["吕律"]),
        ("巴特尔　甲", ["巴特尔·甲"]),
        ("xyz", []),
        ("00000000000000000000000000000003", ["单雪梅"]),
    ],
)
def test_a_name_a_part_of_it_or_its_pinyin_finds_the_member(typed: str, meant: list[str]) -> None:
    assert named(typed) == meant


def test_namesakes_are_all_shown_and_an_empty_text_shows_everyone() -> None:
    people = [Person("a" * 32, "王芳", "990101", None), Person("b" * 32, "王芳", "990102", None)]
    assert matching(people, "wf") == people
    assert len(named("")) == len(NAMES)


def test_only_members_of_the_own_bodies_are_found() -> None:
    origin, destination = offices(agreed=True)
    subject = admitted(origin, destination)
    floating(origin, 2, branch=SECOND)
    assert {line.name for line in origin.ask("干事", "person.find", text="bte").people} == {"巴特尔·乙", "巴特尔·丙"}
    assert [line.name for line in origin.ask("支部", "person.find", text="bte").people] == ["巴特尔·乙"]
    (line,) = destination.ask("支部", "person.find", text="bte", need="movement").people
    assert (line.id, line.state) == (subject, "admitted")
    assert destination.ask("邻支部", "person.find", text="巴", need="movement").total == 0


def test_a_name_alone_finds_who_is_away_with_where_they_are_and_at_the_destination_who_came() -> None:
    origin, destination = offices(agreed=True)
    subject = admitted(origin, destination)
    (away,) = origin.ask("干事", "person.find", text="巴特尔·乙").people
    assert (away.state, bool(away.peer), away.id) == ("admitted", True, member_id(1))
    (came,) = destination.ask("支部", "person.find", text="bte").people
    assert (came.state, came.id) == ("admitted", subject)
    assert destination.ask("邻支部", "person.find", text="bte").total == 0


def test_of_namesakes_one_is_named_by_a_part_of_the_branchs_name() -> None:
    origin, _ = offices()
    first, second = floating(origin, 1), floating(origin, 9, branch=SECOND)
    assert {line.id for line in origin.ask("干事", "person.find", text="巴特尔·乙").people} == {first, second}

    for text, meant in (("巴特尔·乙@第二", second), ("bte＠第一党", first), ("@第二", second)):
        assert [line.id for line in origin.ask("干事", "person.find", text=text).people] == [meant]
    assert origin.ask("干事", "person.find", text="巴特尔·乙@第三").total == 0


def test_of_a_member_on_the_roster_it_is_said_whether_the_departure_or_the_notice_is_lacking() -> None:
    origin, _ = offices(agreed=True)
    here = member_id(3)
    floating(origin, 3)
    origin.node.database.write(lambda store: store.put(msgspec.structs.replace(member_of(store, here), floating=False)))

    def lacking(need: str) -> list[tuple[str, str]]:
        found = origin.ask("干事", "person.find", text="巴特尔·丁", need=need)
        assert found.total == 0
        return [(line.name, line.lacks) for line in found.unfit]

    assert lacking("charge") == lacking("movement") == [("巴特尔·丁", "departure")]
    left = {"member_id": here, "left_on": "2026-02-20", "destination_place": PLACE, "reason": "work"}
    origin.ask("干事", "departure.report", **left)
    assert lacking("charge") == [("巴特尔·丁", "notice")]
    assert origin.ask("邻支部", "person.find", text="巴特尔·丁", need="charge").unfit == []
    assert origin.ask("干事", "person.find", text="查无此人", need="charge").unfit == []
