"""How probation stands, for people: a list of the probationers on either side, and one with all that is on record."""

from typing import Annotated, Final, Literal

import msgspec

from gongguan.protocol.errors import refuse
from gongguan.protocol.forms import ready
from gongguan.sync.act import Act
from gongguan.sync.days import today
from gongguan.sync.exchange.probation_rules import DECISION
from gongguan.sync.exchange.values import Value
from gongguan.sync.labels import RowsShown, labelled
from gongguan.sync.performance.activities import Subject
from gongguan.sync.probation.probation import Standing, drafted_on, needs_request, probationers, standing_of
from gongguan.sync.shared.periods import (
    check_reach,
    name_of,
    periods_in_reach,
)
from gongguan.sync.shared.provenance import EnteredLabel, Sources, only_entered
from gongguan.sync.shared.views import (
    effective,
)

State = Literal["not_yet", "to_be_asked", "ask_overdue", "asked", "answered", "converted", "cancelled", "away_ended"]
OBSERVATION: Final = "probation_observation/"


class ProbationList(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``probation.list``."""

    all: Annotated[bool, labelled("已有决定的也列出", "those decided too")] = False
    limit: RowsShown = 200


class ProbationLine(msgspec.Struct, frozen=True, kw_only=True):
    """One probationer."""

    subject: Annotated[str, labelled("流动记录编号", "mobility period")]
    name: Annotated[str | None, labelled("姓名", "name")]
    our_side: Annotated[str, labelled("本方是", "our side", codes="side")]
    ends_on: Annotated[str, labelled("预备期满", "probation ends on")]
    extended: Annotated[bool, labelled("已延长", "extended")]
    state: Annotated[State, labelled("进展", "state", codes="probation_state")]
    ask_by: Annotated[str, labelled("应征求意见日期", "opinion to be asked for on")]
    answer_by: Annotated[str | None, labelled("意见答复期限", "answer by")]
    opinion: Annotated[str | None, labelled("流入地意见", "opinion", codes="probation_opinion")]
    observed: Annotated[list[str], labelled("已考察的季度", "quarters observed")]
    source: EnteredLabel


class ProbationsListed(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``probation.list``."""

    members: Annotated[list[ProbationLine], labelled("预备党员", "probationers")]


class ProbationShow(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``probation.show``."""

    subject: Subject


class ObservationLine(msgspec.Struct, frozen=True, kw_only=True):
    """One quarter as the destination saw it."""

    quarter: Annotated[str, labelled("季度", "quarter")]
    conduct: Annotated[str, labelled("现实表现", "conduct", codes="conduct")]
    organisational_life: Annotated[str, labelled("参加组织生活", "organisational life", codes="regularity")]
    study: Annotated[str, labelled("学习教育", "study", codes="regularity")]
    tasks: Annotated[str, labelled("完成任务", "tasks", codes="regularity")]


class OpinionShown(msgspec.Struct, frozen=True, kw_only=True):
    """The opinion on one expiry. ``document``: where ``attachment save`` finds it."""

    opinion: Annotated[str, labelled("意见", "opinion", codes="probation_opinion")]
    reasons: Annotated[list[str], labelled("理由", "reasons", codes="probation_reason")]
    on: Annotated[str, labelled("日期", "on")]
    signed_by: Annotated[str, labelled("签署人", "signed by")]
    document: Annotated[str, labelled("书面意见（附件编号）", "document (attachment)")]


class DecisionLine(msgspec.Struct, frozen=True, kw_only=True):
    """One decision."""

    ends_on: Annotated[str, labelled("预备期满", "expiry")]
    decision: Annotated[str, labelled("决定", "decision", codes="probation_decision")]
    months: Annotated[int | None, labelled("延长月数", "months")]
    meeting_on: Annotated[str, labelled("党员大会", "meeting")]
    resolution_number: Annotated[str, labelled("决议编号", "resolution")]
    approved_on: Annotated[str, labelled("党委审批", "approved on")]
    approval_number: Annotated[str, labelled("审批文号", "approval")]
    no_opinion: Annotated[str | None, labelled("没有意见的原因", "why no opinion", codes="no_opinion")]


class ProbationShown(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``probation.show``."""

    probation: Annotated[ProbationLine, labelled("预备期", "probation")]
    observations: Annotated[list[ObservationLine], labelled("季度考察", "observations")]
    opinion: Annotated[OpinionShown | None, labelled("流入地书面意见", "opinion")]
    decisions: Annotated[list[DecisionLine], labelled("转正决定", "decisions")]


def list_probation(act: Act, request: ProbationList) -> ProbationsListed:
    """The probationers within the person's reach, the earliest expiry first."""
    found = probationers(act.store, periods_in_reach(act))
    lines = [_line(act, standing) for standing in found if request.all or standing.is_running]
    return ProbationsListed(members=sorted(lines, key=lambda line: (line.ends_on, line.subject))[: request.limit])


def show_probation(act: Act, request: ProbationShow) -> ProbationShown:
    """All that is on record about one member's probation. Raises D-subject-unknown, A-subtree, P-probation-term."""
    period = check_reach(act, request.subject)
    standing = standing_of(act.store, period)
    if standing is None:
        raise refuse("P-probation-term", subject=period.subject)
    records = standing.records
    return ProbationShown(
        probation=_line(act, standing),
        observations=[_observation(records[key]) for key in sorted(records) if key.startswith(OBSERVATION)],
        opinion=_opinion(standing.opinion) if standing.opinion else None,
        decisions=[_decision(records[key]) for key in sorted(records) if key.startswith(DECISION)],
    )


def _line(act: Act, standing: Standing) -> ProbationLine:
    period, clock, asked = standing.period, standing.clock, standing.request or {}
    observed = [key.removeprefix(OBSERVATION) for key in sorted(standing.records) if key.startswith(OBSERVATION)]
    source = Sources(act.store).of_side(period.pairing_id, period.side, "destination")
    return ProbationLine(
        subject=period.subject,
        name=name_of(act.store, period),
        our_side=period.side,
        ends_on=clock.ends_on,
        extended=clock.extended,
        state=_state(act, standing),
        ask_by=drafted_on(act.store, standing).isoformat(),
        answer_by=str(asked["answer_by"]) if asked else None,
        opinion=str(standing.opinion["opinion"]) if standing.opinion else None,
        observed=observed,
        source=only_entered(source) if standing.opinion or observed else None,
    )


def _state(act: Act, standing: Standing) -> State:
    if standing.clock.state == "converted":
        return "converted"
    if standing.clock.state == "cancelled":
        return "cancelled"
    if not standing.is_running:
        return "away_ended"
    if standing.opinion is not None:
        return "answered"
    if not needs_request(standing):
        return "asked"
    ask_by = drafted_on(act.store, standing)
    if today(act.now) < ask_by:
        return "not_yet"
    return "to_be_asked" if today(act.now) == ask_by else "ask_overdue"


def _observation(record: Value) -> ObservationLine:
    return msgspec.convert(effective(record), ready(ObservationLine))


def _opinion(value: dict[str, object]) -> OpinionShown:
    document = msgspec.convert(value["document"], dict[str, object])
    fields = {**value, "reasons": str(value["reasons"]).split(), "document": str(document["sha256"])[:16]}
    return msgspec.convert(fields, ready(OpinionShown))


def _decision(record: Value) -> DecisionLine:
    value = effective(record) or {}
    return msgspec.convert({"months": None, "no_opinion": None, **value}, ready(DecisionLine))
