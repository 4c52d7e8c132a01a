"""Round-tables and what was suggested there (座谈交流，建言献策, B-19).

A suggestion names nobody: there is no field for it, so that it can never earn or cost anybody anything::

    hold(act, RoundTableHold(title="春节座谈", on="2026-02-20", attended=12))
    suggest(act, RoundTableSuggest(event=…, text="希望开通异地报销"))
"""

from typing import Annotated

import msgspec

from gongguan.protocol.errors import refuse
from gongguan.sync.act import Act
from gongguan.sync.contacts.branch_reports import BodyText
from gongguan.sync.days import check_happened
from gongguan.sync.labels import DATE, labelled
from gongguan.sync.persons.bodies import body_in_reach, short_names, subtree
from gongguan.sync.records import RoundTable, Suggestion

Text = Annotated[str, msgspec.Meta(min_length=1, max_length=1000)]
Event = Annotated[str, labelled("座谈编号", "round-table", argument=True, pattern=r"^[0-9a-f]{32}$")]


class RoundTableHold(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``roundtable.hold``."""

    title: Annotated[str, labelled("主题", "title", argument=True, min_length=1, max_length=120)]
    on: Annotated[str, labelled("日期", "date", pattern=DATE)]
    attended: Annotated[int, labelled("到会流动党员人数", "members present", ge=0, le=10_000)]
    body: BodyText = ""


class RoundTableSuggest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``roundtable.suggest``. Who said it is not asked."""

    event: Event
    text: Annotated[Text, labelled("建议内容（不写姓名）", "suggestion (no name)")]


class RoundTableAnswer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``roundtable.answer``."""

    suggestion: Annotated[str, labelled("建议编号", "suggestion", argument=True, pattern=r"^[0-9a-f]{32}$")]
    text: Annotated[Text, labelled("答复", "answer")]


class RoundTableList(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``roundtable.list``."""


class SuggestionLine(msgspec.Struct, frozen=True, kw_only=True):
    """One suggestion."""

    event: Annotated[str, labelled("座谈编号", "round-table")]
    text: Annotated[str, labelled("建议", "suggestion")]
    answer: Annotated[str | None, labelled("答复", "answer")]
    suggestion: Annotated[str, labelled("建议编号", "id")]


class RoundTableLine(msgspec.Struct, frozen=True, kw_only=True):
    """One round-table."""

    title: Annotated[str, labelled("主题", "title")]
    on: Annotated[str, labelled("日期", "date")]
    branch: Annotated[str, labelled("党支部", "branch")]
    present: Annotated[int, labelled("到会人数", "present")]
    suggestions: Annotated[int, labelled("建议", "suggestions")]
    answered: Annotated[int, labelled("已答复", "answered")]
    event: Annotated[str, labelled("座谈编号", "id")]


class RoundTablesListed(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``roundtable.list``, newest first."""

    round_tables: Annotated[list[RoundTableLine], labelled("座谈", "round-tables")]
    suggestions: Annotated[list[SuggestionLine], labelled("建议", "suggestions")]


def hold(act: Act, request: RoundTableHold) -> RoundTableLine:
    """Keep that a round-table was held. Raises D-date…, D-body-…."""
    body = body_in_reach(act, request.body)
    row = RoundTable(
        event=act.random_hex(16),
        body_code=body.code,
        on=check_happened(act.now, request.on).isoformat(),
        title=request.title,
        present=request.attended,
    )
    act.store.put(row)
    return _line(row, body.short_name, [])


def suggest(act: Act, request: RoundTableSuggest) -> SuggestionLine:
    """Keep what was suggested, without a name. Raises D-roundtable-unknown."""
    if _in_reach(act, request.event) is None:
        raise refuse("D-roundtable-unknown")
    row = Suggestion(suggestion_id=act.random_hex(16), event=request.event, text=request.text)
    act.store.put(row)
    return _suggestion(row)


def answer(act: Act, request: RoundTableAnswer) -> SuggestionLine:
    """Answer a suggestion. Raises D-roundtable-unknown."""
    row = act.store.get(Suggestion, request.suggestion)
    if row is None or _in_reach(act, row.event) is None:
        raise refuse("D-roundtable-unknown")
    answered = msgspec.structs.replace(row, answer=request.text)
    act.store.put(answered)
    return _suggestion(answered)


def list_round_tables(act: Act, request: RoundTableList) -> RoundTablesListed:
    """The round-tables of the person's subtree with what was suggested."""
    codes = subtree(act.store, act.staff.body_code)
    names = short_names(act.store)
    rows = [row for row in act.store.find(RoundTable) if row.body_code in codes]
    rows.sort(key=lambda row: (row.on, row.event), reverse=True)
    said = {row.event: act.store.find(Suggestion, event=row.event) for row in rows}
    return RoundTablesListed(
        round_tables=[_line(row, names.get(row.body_code, row.body_code), said[row.event]) for row in rows],
        suggestions=[_suggestion(item) for row in rows for item in said[row.event]],
    )


def _in_reach(act: Act, event: str) -> RoundTable | None:
    row = act.store.get(RoundTable, event)
    return row if row and row.body_code in subtree(act.store, act.staff.body_code) else None


def _line(row: RoundTable, branch: str, said: list[Suggestion]) -> RoundTableLine:
    return RoundTableLine(
        title=row.title,
        on=row.on,
        branch=branch,
        present=row.present,
        suggestions=len(said),
        answered=sum(item.answer is not None for item in said),
        event=row.event,
    )


def _suggestion(row: Suggestion) -> SuggestionLine:
    return SuggestionLine(event=row.event, text=row.text, answer=row.answer, suggestion=row.suggestion_id)
