"""The end of a mobility period: what the certificate says, what the destination and the member say, then both close.

What does not match is listed before the period is closed: conflicts that are open, and what stands in the certificate
brought back or on record, but not in both (A-22). Closing asks the destination for a summary of the whole stay; the
member's own account is kept beside it and never leaves this node (A-23)::

    check_certificate(act, CertificateCheckMake(subject=…, paper_dues=["2026-03"], paper_life=["2026-03-05"]))
    end_movement(act, MovementReturn(subject=…, ended_on="2026-11-30", reason="returned"))
    give_summary(partner_act, SummaryGive(subject=…, conduct="good"))
    show_closing(act, ClosingShow(subject=…))
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

import msgspec

from gongguan.protocol.errors import refuse
from gongguan.protocol.messages.feedback import Conduct
from gongguan.protocol.messages.movement import ReturnNotified, SummaryGiven
from gongguan.sync.act import Act, Rejected
from gongguan.sync.days import check_happened, today
from gongguan.sync.exchange.fold import origin_party
from gongguan.sync.exchange.values import Records, Value
from gongguan.sync.labels import DATE, labelled
from gongguan.sync.lists import LISTS
from gongguan.sync.movement.admissions import Subject
from gongguan.sync.paper.answers import answered
from gongguan.sync.paper.word import Heard, check_letter, paper_book, word_of
from gongguan.sync.performance.feedback import COUNTED
from gongguan.sync.persons.histories import put_with_history
from gongguan.sync.records import CertificateCheck, Member, MobilityPeriod, OwnAccount
from gongguan.sync.shared.entries import records_now, write
from gongguan.sync.shared.periods import (
    OPEN_STATES,
    check_reach,
    period_state,
)
from gongguan.sync.shared.provenance import SourceLabel, Sources
from gongguan.sync.shared.views import (
    effective,
    standing,
)
from gongguan.sync.store import Store

if TYPE_CHECKING:
    from gongguan.sync.exchange.paper_book import Word

ACCOUNT_CHARS_MAX = 4000
PAPER_LINES_MAX = 500


class UnmatchedLine(msgspec.Struct, frozen=True, kw_only=True):
    """Something that does not match."""

    entry: Annotated[str, labelled("记载", "entry (in Chinese)")]


Lines = Annotated[list[UnmatchedLine], labelled("对不上的记载", "unmatched entries")]


class MovementReturn(Heard, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``movement.return``. With ``heard``: told by an origin without a node of a member who lives here."""

    subject: Subject
    ended_on: Annotated[str, labelled("结束日期", "ended on", pattern=DATE)]
    reason: Annotated[
        Literal["returned", "moved_on", "affiliation_transferred", "died"],
        labelled("原因", "reason", codes="return_reason"),
    ]
    unmatched_seen: Annotated[
        bool, labelled("已看过对不上的记载，仍要结束", "close although some entries do not match")
    ] = False


class Returned(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``movement.return``."""

    subject: Annotated[str, labelled("流动记录编号", "subject")]
    ended_on: Annotated[str, labelled("结束日期", "ended on")]
    reason: Annotated[str, labelled("原因", "reason", codes="return_reason")]
    unmatched: Lines
    source: SourceLabel = "own"


class CertificateCheckMake(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``movement.check``: the days of organisational life and months of dues that the certificate shows."""

    subject: Subject
    paper_life: Annotated[
        Annotated[list[Annotated[str, msgspec.Meta(pattern=DATE)]], msgspec.Meta(max_length=PAPER_LINES_MAX)],
        labelled("证上记载的组织生活日期", "days of organisational life in the certificate"),
    ] = []
    paper_dues: Annotated[
        Annotated[
            list[Annotated[str, msgspec.Meta(pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])$")]],
            msgspec.Meta(max_length=PAPER_LINES_MAX),
        ],
        labelled("证上记载的党费月份", "months of dues in the certificate"),
    ] = []


class CertificateChecked(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``movement.check``."""

    subject: Annotated[str, labelled("流动记录编号", "subject")]
    checked_on: Annotated[str, labelled("查验日期", "checked on")]
    unmatched: Lines


_COUNTED: Final = ("meetings_attended", "activities_attended", "volunteering", "dues_months")
Told = Annotated[
    Annotated[int, msgspec.Meta(ge=0, le=10_000)] | None,
    labelled("次数（只在代录对方答复时填）", "count (of what is entered for a partner only)"),
]


class SummaryGive(Heard, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``movement.summarise``, at the destination. The counts are those of its own entries; only those that a
    destination without a node told us (``heard``) are given here."""

    subject: Subject
    conduct: Annotated[Conduct, labelled("现实表现", "conduct", codes="conduct")]
    meetings_attended: Told = None
    activities_attended: Told = None
    volunteering: Told = None
    dues_months: Told = None


class SummarySent(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``movement.summarise``. A count that is absent is unknown, never zero."""

    subject: Annotated[str, labelled("流动记录编号", "subject")]
    conduct: Annotated[str, labelled("现实表现", "conduct", codes="conduct")]
    meetings_attended: Annotated[int | None, labelled("参加会议次数", "meetings attended")] = None
    activities_attended: Annotated[int | None, labelled("参加活动次数", "activities attended")] = None
    volunteering: Annotated[int | None, labelled("志愿服务次数", "volunteering")] = None
    dues_months: Annotated[int | None, labelled("交纳党费月数", "months of dues")] = None
    source: SourceLabel = "own"


class AccountTake(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``movement.account``."""

    subject: Subject
    text: Annotated[
        str, labelled("本人汇报（不出本节点）", "the member's own account", min_length=2, max_length=ACCOUNT_CHARS_MAX)
    ]
    given_on: Annotated[Annotated[str, msgspec.Meta(pattern=DATE)] | None, labelled("汇报日期", "given on")] = None


class AccountTaken(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``movement.account``."""

    subject: Annotated[str, labelled("流动记录编号", "subject")]
    given_on: Annotated[str, labelled("汇报日期", "given on")]


class ClosingShow(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``movement.closing``."""

    subject: Subject


class ClosingShown(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``movement.closing``: both accounts side by side. None: not there yet."""

    state: Annotated[str, labelled("状态", "state", codes="movement_state")]
    ended_on: Annotated[str | None, labelled("结束日期", "ended on")]
    checked_on: Annotated[str | None, labelled("查验活动证日期", "certificate checked on")]
    unmatched: Lines
    summary: Annotated[SummarySent | None, labelled("流入地总结", "destination's summary")]
    own_account: Annotated[str | None, labelled("本人汇报", "the member's own account")]
    own_account_on: Annotated[str | None, labelled("本人汇报日期", "own account of")]


def end_movement(act: Act, request: MovementReturn) -> Returned:
    """The period is over; the member counts as floating only while another one is open.

    Raises D-not-origin, D-movement-state, D-date…, A-subtree, G-…; D-return-unmatched with the entries that do not
    match, unless the person says to have seen them. Where it is entered for an origin without a node: what
    ``_ended_there`` raises.
    """
    word = word_of(act, request)
    if word is not None:
        return _ended_there(act, request, word)
    period = _at_origin(act, request.subject)
    state = period_state(act.store, period)
    if state not in OPEN_STATES | {"refused"}:
        raise refuse("D-movement-state", state=state)
    check_happened(act.now, request.ended_on)
    lines = _listed(act.store, period, records_now(act, period))
    if lines and not request.unmatched_seen:
        answer = Returned(subject=period.subject, ended_on=request.ended_on, reason=request.reason, unmatched=lines)
        raise Rejected("D-return-unmatched", lambda: answer, count=len(lines))
    write(act, period, "return.notified", ReturnNotified(ended_on=request.ended_on, reason=request.reason))
    if request.reason != "moved_on":
        _no_longer_floating(act, period)
    return Returned(subject=period.subject, ended_on=request.ended_on, reason=request.reason, unmatched=lines)


def check_certificate(act: Act, request: CertificateCheckMake) -> CertificateChecked:
    """Compare the certificate brought back with what both sides hold, and keep the outcome. Raises D-not-origin."""
    period = _at_origin(act, request.subject)
    records = records_now(act, period)
    lines = [
        *_differences("组织生活", set(request.paper_life), _recorded(records, "life/", "on")),
        *_differences("党费", set(request.paper_dues), _recorded(records, "dues/", "month")),
    ]
    check = CertificateCheck(
        subject=period.subject,
        checked_on=today(act.now).isoformat(),
        checked_by=act.staff.name,
        unmatched=lines,
    )
    act.store.put(check)
    return CertificateChecked(
        subject=period.subject, checked_on=check.checked_on, unmatched=_listed(act.store, period, records)
    )


def give_summary(act: Act, request: SummaryGive) -> SummarySent:
    """Tell the origin how the whole stay was. Raises D-not-destination, D-movement-state while it goes on, G-…."""
    counted = {name: getattr(request, name) for name in _COUNTED if getattr(request, name) is not None}
    if answered(act, "summary", request.subject, request) is not None:
        return SummarySent(subject=request.subject, conduct=request.conduct, source="entered", **counted)
    if counted:
        raise refuse("D-word")
    period = check_reach(act, request.subject)
    if period.side != "destination":
        raise refuse("D-not-destination")
    records = records_now(act, period)
    state = period_state(act.store, period)
    if state != "ended" or "movement/return" not in records:
        raise refuse("D-movement-state", state=state)
    returned = str(standing(records["movement/return"])[0]["id"])
    counts: dict[str, Any] = _counts(records, 1 - origin_party(records))
    write(act, period, "summary.given", SummaryGiven(returned=returned, conduct=request.conduct, **counts))
    return SummarySent(subject=period.subject, conduct=request.conduct, **counts)


def take_account(act: Act, request: AccountTake) -> AccountTaken:
    """Keep what the member says of the time away. Raises D-not-origin, D-date…."""
    period = _at_origin(act, request.subject)
    given_on = request.given_on or today(act.now).isoformat()
    check_happened(act.now, given_on)
    act.store.put(OwnAccount(subject=period.subject, given_on=given_on, taken_by=act.staff.name, text=request.text))
    return AccountTaken(subject=period.subject, given_on=given_on)


def show_closing(act: Act, request: ClosingShow) -> ClosingShown:
    """Certificate check, summary and own account of one period. Raises D-subject-unknown, A-subtree."""
    period = check_reach(act, request.subject)
    records = records_now(act, period)
    check, account = act.store.get(CertificateCheck, period.subject), act.store.get(OwnAccount, period.subject)
    told = effective(records.get("movement/summary"))
    ended = period_state(act.store, period) == "ended"
    summary: dict[str, Any] = {name: value for name, value in told.items() if name != "returned"} if told else {}
    source = Sources(act.store).of_side(period.pairing_id, period.side, "destination")
    return ClosingShown(
        state=period_state(act.store, period),
        ended_on=str((effective(records.get("movement/return")) or {}).get("ended_on")) if ended else None,
        checked_on=check.checked_on if check else None,
        unmatched=_listed(act.store, period, records),
        summary=SummarySent(subject=period.subject, source=source, **summary) if summary else None,
        own_account=account.text if account else None,
        own_account_on=account.given_on if account else None,
    )


def _listed(store: Store, period: MobilityPeriod, records: Records) -> list[UnmatchedLine]:
    return [UnmatchedLine(entry=line) for line in unmatched(store, period, records)]


def unmatched(store: Store, period: MobilityPeriod, records: Records) -> list[str]:
    """What is open between the two sides, and what the certificate check found, as lines for people."""
    check = store.get(CertificateCheck, period.subject)
    conflicts = [
        f"双方不一致，尚未处理：{_titled(value['record'])}"
        for key, value in records.items()
        if key.startswith("conflict/") and value["state"] == "open"
    ]
    return [*conflicts, *(check.unmatched if check else [])]


def _titled(record: str) -> str:
    category, _, rest = record.partition("/")
    label = LISTS["record_category"].get(category, (category,))[0]
    return f"{label} {rest}"


def _differences(what: str, paper: set[str], recorded: set[str]) -> Iterator[str]:
    yield from (f"{what} {day}：证上有记载，系统里没有" for day in sorted(paper - recorded))
    yield from (f"{what} {day}：系统里有记载，证上没有" for day in sorted(recorded - paper))


def _recorded(records: Records, category: str, field: str) -> set[str]:
    """The days or months that count on record: entries of attendance, and of dues paid."""
    facts = [value.get("effective") for key, value in records.items() if key.startswith(category)]
    return {str(fact[field]) for fact in facts if fact and fact.get("attendance") in (None, "confirmed")}


def _counts(records: Records, party: int) -> dict[str, int]:
    """What this party's own standing entries say of the whole stay; of what there is no entry nothing is said."""
    counts: dict[str, int] = {}
    for key, value in records.items():
        for entry in _last_of(value, party) if key.startswith(("life/", "dues/")) else ():
            if key.startswith("dues/"):
                counts["dues_months"] = counts.get("dues_months", 0) + 1
                continue
            name = next(name for name, kinds in COUNTED.items() if entry["value"]["activity"] in kinds)
            counts[name] = counts.get(name, 0) + (entry["value"]["attendance"] == "confirmed")
    return counts


def _last_of(fact: Value, party: int) -> list[Value]:
    return [entry for entry in standing(fact) if entry["party"] == party][-1:]


def _ended_there(act: Act, request: MovementReturn, word: "Word") -> Returned:
    """Enter that the stay is over by the word of an origin without a node; also once it has one, since its members of
    before are still here on paper.

    Raises D-peer-signs, D-not-destination, D-movement-state, D-date…, D-letter-…, G-….
    """
    period = check_reach(act, request.subject)
    book = paper_book(act, period.pairing_id)
    if period.side != "destination":
        raise refuse("D-not-destination")
    state = period_state(act.store, period)
    if state not in OPEN_STATES | {"refused"}:
        raise refuse("D-movement-state", state=state)
    check_happened(act.now, request.ended_on)
    check_letter(act, word.letter, period)
    body = ReturnNotified(ended_on=request.ended_on, reason=request.reason)
    book.enter("return.notified", body, word, by=act.staff.name, version=book.current_version(), subject=period.subject)
    return Returned(
        subject=period.subject, ended_on=request.ended_on, reason=request.reason, unmatched=[], source="entered"
    )


def _at_origin(act: Act, subject: str) -> MobilityPeriod:
    period = check_reach(act, subject)
    if period.side != "origin":
        raise refuse("D-not-origin")
    return period


def _no_longer_floating(act: Act, ended: MobilityPeriod) -> None:
    store = act.store
    others = [period for period in store.find(MobilityPeriod, member_id=ended.member_id) if period != ended]
    member = store.get(Member, ended.member_id) if ended.member_id else None
    if member is not None and member.floating and not any(period_state(store, item) in OPEN_STATES for item in others):
        put_with_history(store, [msgspec.structs.replace(member, floating=False)], today(act.now), act.stamp())
