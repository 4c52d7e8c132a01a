"""A letter says all that a node would have sent: no field is left out, and no code of ours stands in it."""

import typing

import pytest

from gongguan.protocol.messages import KINDS
from gongguan.sync.exchange.paper_book import ALWAYS, NEEDS_SIGNATURES
from gongguan.sync.letters.words import NOT_TOLD, TITLES, codes_of, in_words
from gongguan.sync.lists import LISTS

WRITTEN = sorted(
    kind.name
    for kind in KINDS.values()
    if kind.unit != "none" and kind.name not in NEEDS_SIGNATURES and kind.name not in ALWAYS
)


@pytest.mark.parametrize("name", WRITTEN)
def test_every_field_that_can_be_told_by_letter_has_its_words(name: str) -> None:
    body = KINDS[name].body
    assert {field for field in body.__struct_fields__ if field not in NOT_TOLD} <= set(TITLES)
    for field, hint in typing.get_type_hints(body, include_extras=True).items():
        codes = [code for code in _codes(hint) if isinstance(code, str)]
        if codes and field not in NOT_TOLD:
            assert set(codes) <= set(LISTS[codes_of(name, field)]), field


def _codes(hint: object) -> list[object]:
    """Every code that a field may hold."""
    if typing.get_origin(hint) is typing.Literal:
        return list(typing.get_args(hint))
    return [code for inner in typing.get_args(hint) for code in _codes(inner)]


def test_a_bulletin_and_a_request_for_an_opinion_read_whole() -> None:
    nothing, said = {"answer": "nothing_to_report"}, {"answer": "reported", "text": "三人表现突出"}
    bulletin = {"quarter": "2026Q1", "number": 2, "admission": nothing, "conduct": said}
    assert in_words("bulletin.sent", bulletin) == "季度：2026Q1；编号：2；纳入管理情况：无；现实表现：三人表现突出"
    asked = {"ends_on": "2026-07-01", "meeting_on": "2026-07-02", "answer_by": "2026-06-16"}
    assert in_words("probation.opinion_requested", asked) == (
        "预备期满：2026-07-01；讨论转正的党员大会：2026-07-02；请于此日前书面答复：2026-06-16"
    )


def test_the_category_of_an_event_is_not_called_that_of_a_member() -> None:
    told = in_words("event.reported", {"category": "commendation", "on": "2026-02-28"})
    assert told == "类别：受表彰；日期：2026-02-28"
    assert in_words("departure.notified", {"category": "full_member"}).startswith("人员类别：")
