"""How long answers to notices took (A-27), and the refusals and silences that go higher (A-72).

Both nodes list the same: notice and answer stand in both logs with the day on which their author wrote them. A case is
a notice that was refused, or that nobody answered within the time of the agreement; it is over when the member is
admitted or the period ends. Refusals have listed reasons only, so "full" or "no transfer" cannot be said::

    list_times(act, AdmissionTimes()).lines   ->  [TimeLine(name="…", days=3, limit=10, late=False), …]
    list_cases(act, AdmissionCases()).cases   ->  [CaseLine(case="refused", reason="identity_mismatch", days=4), …]
"""

from collections.abc import Iterator
from contextlib import suppress
from datetime import date
from typing import Annotated, Final, NamedTuple

import msgspec

from gongguan.protocol.errors import AgreementError
from gongguan.sync.act import Act
from gongguan.sync.days import today
from gongguan.sync.exchange.values import Records, Value
from gongguan.sync.labels import labelled
from gongguan.sync.performance.feedback import day_end, last_heard
from gongguan.sync.records import MobilityPeriod
from gongguan.sync.shared.partners import partner_titles, terms_of
from gongguan.sync.shared.periods import (
    movements_in,
    name_of,
    names_of,
    periods_in_reach,
    state_in,
)
from gongguan.sync.shared.provenance import Sources
from gongguan.sync.shared.views import (
    standing,
)
from gongguan.sync.shared.written import WrittenDays
from gongguan.sync.store import Store
from gongguan.sync.working_days import WeekdaysOnly, WorkingDays, working_days

STATES: Final = frozenset({"notified", "admitted", "refused", "ended"})
"""In which a period can be."""


class AdmissionTimes(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``admission.times``."""

    late: Annotated[bool, labelled("只看超过期限的", "only those past the limit")] = False


class TimeLine(msgspec.Struct, frozen=True, kw_only=True):
    """One notice. ``days``: working days until the answer, or until today while there is none."""

    name: Annotated[str | None, labelled("姓名", "name")]
    subject: Annotated[str, labelled("流动记录编号", "subject")]
    side: Annotated[str, labelled("本方是", "we are", codes="side")]
    peer: Annotated[str, labelled("对方", "partner")]
    noticed_on: Annotated[str, labelled("通报日期", "notice of")]
    answered_on: Annotated[str | None, labelled("答复日期", "answered on")]
    answer: Annotated[str, labelled("答复", "answer", codes="movement_state")]
    days: Annotated[int, labelled("工作日", "working days")]
    limit: Annotated[int | None, labelled("期限", "limit")]
    late: Annotated[bool, labelled("超过期限", "late")]


class TimesListed(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``admission.times``. ``median``: of the answered ones, None without any."""

    answered: Annotated[int, labelled("已答复", "answered")]
    late: Annotated[int, labelled("其中超期", "late")]
    median: Annotated[int | None, labelled("答复用时中位数（工作日）", "median working days")]
    weekdays_only: WeekdaysOnly
    lines: Annotated[list[TimeLine], labelled("通报与答复", "notices and answers")]


class AdmissionCases(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``admission.cases``."""


class CaseLine(msgspec.Struct, frozen=True, kw_only=True):
    """A refusal, or a silence past its time. ``days``: working days since."""

    case: Annotated[str, labelled("情形", "case", codes="admission_case")]
    name: Annotated[str | None, labelled("姓名", "name")]
    certificate_number: Annotated[str | None, labelled("活动证号", "certificate")]
    subject: Annotated[str, labelled("流动记录编号", "subject")]
    side: Annotated[str, labelled("本方是", "we are", codes="side")]
    peer: Annotated[str, labelled("对方", "partner")]
    reason: Annotated[str | None, labelled("理由", "reason", codes="refusal_reason")]
    since: Annotated[str, labelled("自", "since")]
    days: Annotated[int, labelled("工作日", "working days")]


class CasesListed(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``admission.cases``, the oldest first."""

    refused: Annotated[int, labelled("不予接收", "refused")]
    unanswered: Annotated[int, labelled("逾期未答复", "unanswered")]
    weekdays_only: WeekdaysOnly
    cases: Annotated[list[CaseLine], labelled("须报组织部门的情形", "cases to go higher")]


class Answered(NamedTuple):
    """The standing notice of a period and what was answered to it."""

    period: MobilityPeriod
    records: Records
    noticed_on: date
    answered_on: date | None
    answer: Value | None
    limit: int | None
    heard: str
    calendar: WorkingDays

    def is_silent_too_long(self, day: date) -> bool:
        """Whether the time for an answer is over, at the origin only by what was heard of the destination since."""
        if self.limit is None or state_in(self.records) != "notified":
            return False
        last = self.calendar.after(self.noticed_on, self.limit)
        return day > last and (self.period.side == "destination" or self.heard >= day_end(last))


def list_times(act: Act, request: AdmissionTimes) -> TimesListed:
    """Every notice about members of the person's subtree with the time that its answer took."""
    titles, day = partner_titles(act.store), today(act.now)
    notices = list(_notices(act))
    names = names_of(act.store, [item.period for item in notices])
    lines = [_time_line(item, titles, names[item.period.subject], day) for item in notices]
    taken = sorted(line.days for line in lines if line.answered_on)
    shown = [line for line in lines if line.late or not request.late]
    return TimesListed(
        answered=len(taken),
        late=sum(line.late for line in lines),
        median=taken[len(taken) // 2] if taken else None,
        weekdays_only=_weekdays_only(act, [line.noticed_on for line in shown]),
        lines=sorted(shown, key=lambda line: (line.noticed_on, line.subject), reverse=True),
    )


def list_cases(act: Act, request: AdmissionCases) -> CasesListed:
    """What was refused or not answered in time, and is not settled."""
    titles, day = partner_titles(act.store), today(act.now)
    found = _notices(act, frozenset({"notified", "refused"}))
    cases = [line for item in found for line in _cases(act, item, titles, day)]
    return CasesListed(
        refused=sum(line.case == "refused" for line in cases),
        unanswered=sum(line.case == "unanswered" for line in cases),
        weekdays_only=_weekdays_only(act, [line.since for line in cases]),
        cases=sorted(cases, key=lambda line: (line.since, line.subject)),
    )


def _weekdays_only(act: Act, days: list[str]) -> list[int]:
    """Years in which days were counted since the first of these, without a known arrangement."""
    return working_days(act.store).unknown(date.fromisoformat(min(days)), today(act.now)) if days else []


def _notices(act: Act, states: frozenset[str] = STATES) -> Iterator[Answered]:
    """The notices about members in reach, of periods in these states."""
    periods, written = periods_in_reach(act), WrittenDays(act.store)
    held = movements_in(act.store, periods, states)
    limits, heard, calendar = _Limits(act.store), dict[str, str](), working_days(act.store)
    for period in periods:
        records = held.get(period.subject, {})
        if state_in(records) not in states:
            continue
        notice = _newest(records, "movement/departure")
        noticed_on = written.of(period, notice) if notice else None
        if notice is None or noticed_on is None:
            continue
        answer = _newest(records, "movement/admission")
        if answer is not None and answer["value"]["departure"] != notice["id"]:
            answer = None
        answered_on = written.of(period, answer) if answer else None
        if period.pairing_id not in heard:
            heard[period.pairing_id] = last_heard(act.store, period.pairing_id)
        yield Answered(
            period,
            records,
            noticed_on,
            answered_on,
            answer,
            limits.of(period.pairing_id),
            heard[period.pairing_id],
            calendar,
        )


class _Limits:
    """Working days within which an agreement has notices answered: its text is read once."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._sources = Sources(store)
        self._known: dict[str, int | None] = {}

    def of(self, pairing_id: str) -> int | None:
        if pairing_id not in self._known:
            self._known[pairing_id] = None
            if self._sources.is_on_paper(pairing_id):
                # Of a letter nobody knows when it arrived, nor when its answer was written.
                return None
            with suppress(AgreementError):
                intervals = terms_of(self._store, pairing_id).intervals
                self._known[pairing_id] = intervals.admission_working_days
        return self._known[pairing_id]


def _newest(records: Records, key: str) -> Value | None:
    return next(reversed(standing(records.get(key))), None)


def _time_line(found: Answered, titles: dict[str, str], name: str | None, day: date) -> TimeLine:
    days = found.calendar.between(found.noticed_on, found.answered_on or day)
    return TimeLine(
        name=name,
        subject=found.period.subject,
        side=found.period.side,
        peer=titles.get(found.period.pairing_id, ""),
        noticed_on=found.noticed_on.isoformat(),
        answered_on=found.answered_on.isoformat() if found.answered_on else None,
        answer=str(found.answer["value"]["outcome"]) if found.answer else state_in(found.records),
        days=days,
        limit=found.limit,
        late=found.limit is not None and days > found.limit
        if found.answered_on is not None
        else found.is_silent_too_long(day),
    )


def _cases(act: Act, found: Answered, titles: dict[str, str], day: date) -> Iterator[CaseLine]:
    state = state_in(found.records)
    if state == "refused" and found.answer is not None:
        case, since = "refused", found.answered_on or found.noticed_on
    elif found.is_silent_too_long(day):
        case, since = "unanswered", found.noticed_on
    else:
        return
    notice = _newest(found.records, "movement/departure")
    yield CaseLine(
        case=case,
        name=name_of(act.store, found.period),
        certificate_number=notice["value"].get("certificate_number") if notice else None,
        subject=found.period.subject,
        side=found.period.side,
        peer=titles.get(found.period.pairing_id, ""),
        reason=found.answer["value"].get("reason") if found.answer else None,
        since=since.isoformat(),
        days=found.calendar.between(since, day),
    )
