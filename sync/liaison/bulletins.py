"""Periodic bulletins: one a quarter, four fixed topics, each answered; a quarter without one shows on both nodes.

Expected are those of both committees (A-10, A-34), of both branches of a partnership (A-65) and of the origin's
branches that have members at the destination (A-13), all of which both nodes read from the same shared records. Who is
late follows from signed evidence alone: our own missing bulletin makes us late; the partner's is *unknown* as long as
nothing of it was heard after the time limit::

    send_bulletin(act, BulletinSend(quarter="2026Q1", admission="新接收 2 名。", conduct="无", …))
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Annotated, Final, NamedTuple

import msgspec

from gongguan.protocol.errors import refuse
from gongguan.protocol.limits import NAME_CHARS_MAX, TEXT_CHARS_MAX
from gongguan.protocol.messages.bulletin import TOPICS, BulletinSent, Topic
from gongguan.sync.act import Act
from gongguan.sync.agreements.joint import signed
from gongguan.sync.days import today
from gongguan.sync.exchange.fold import branch_key
from gongguan.sync.exchange.values import Records, Value
from gongguan.sync.labels import labelled
from gongguan.sync.liaison.meetings import agreed_pairings, began
from gongguan.sync.liaison.notices import check_no_id_number
from gongguan.sync.performance.feedback import QuarterText, last_heard, managed_days, missing_state, span_of
from gongguan.sync.persons.bodies import is_within, resolve, short_names, subtree, top_code
from gongguan.sync.quarters import Quarter
from gongguan.sync.records import Pairing
from gongguan.sync.shared.partners import (
    Peer,
    agreement_of,
    partner,
    records_of_agreement,
    terms_of,
    title_of,
    write_to,
)
from gongguan.sync.shared.periods import (
    MOVEMENT,
    periods_in_reach,
)
from gongguan.sync.shared.views import (
    effective,
    held_under,
    of_agreement,
    partly,
    unit_records,
    worked_out,
)
from gongguan.sync.store import Store
from gongguan.sync.vocabulary import label
from gongguan.sync.working_days import working_days

NOTHING: Final = frozenset({"无", "无情况", "nothing", "nothing_to_report"})
"""What a person writes where there is nothing to report of a topic."""
QUARTER_MONTHS: Final = 3


class BulletinSend(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``bulletin.send``: each topic is answered; ``无`` says that there is nothing to report."""

    quarter: QuarterText
    admission: Annotated[
        str, labelled("纳入管理情况（没有的写“无”）", "admission (or 'nothing')", max_length=TEXT_CHARS_MAX)
    ]
    organisational_life: Annotated[
        str, labelled("参加组织生活情况（没有的写“无”）", "organisational life", max_length=TEXT_CHARS_MAX)
    ]
    conduct: Annotated[str, labelled("重大现实表现（没有的写“无”）", "conduct that matters", max_length=TEXT_CHARS_MAX)]
    conversion: Annotated[
        str, labelled("预备党员转正情况（没有的写“无”）", "conversion of probationers", max_length=TEXT_CHARS_MAX)
    ]
    branch: Annotated[
        Annotated[str, msgspec.Meta(max_length=NAME_CHARS_MAX)] | None,
        labelled("以哪个党支部的名义（默认党委）", "in the name of this branch"),
    ] = None
    peer: Peer = ""


class BulletinDone(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``bulletin.send``."""

    bulletin: Annotated[str, labelled("通报编号", "bulletin")]
    number: Annotated[int, labelled("第几期", "number")]
    quarter: Annotated[str, labelled("季度", "quarter")]
    peer: Annotated[str, labelled("对方", "partner")]


class BulletinList(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``bulletin.list``."""

    quarter: Annotated[
        Annotated[str, msgspec.Meta(pattern=r"^20[0-9]{2}Q[1-4]$")] | None, labelled("只看一个季度", "one quarter only")
    ] = None
    missing: Annotated[bool, labelled("只看缺的", "missing ones only")] = False
    peer: Peer = ""


class BulletinLine(msgspec.Struct, frozen=True, kw_only=True):
    """One bulletin that there is or should be. ``branch`` None: the committee's own."""

    quarter: Annotated[str, labelled("季度", "quarter")]
    direction: Annotated[str, labelled("收发", "direction", codes="direction")]
    peer: Annotated[str, labelled("对方", "partner")]
    branch: Annotated[str | None, labelled("党支部", "branch")]
    state: Annotated[str, labelled("状态", "state", codes="bulletin_state")]
    due_by: Annotated[str, labelled("期限", "due by")]
    number: Annotated[int | None, labelled("第几期", "number")]
    topics: Annotated[list[str], labelled("四项情况", "the four topics")]


class BulletinsListed(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``bulletin.list``, newest quarter first. ``late_here``, ``late_there``: by signed evidence."""

    late_here: Annotated[int, labelled("本方逾期", "overdue here")]
    late_there: Annotated[int, labelled("对方逾期", "overdue there")]
    unknown: Annotated[int, labelled("未知（到期后未收到对方消息）", "unknown")]
    bulletins: Annotated[list[BulletinLine], labelled("通报", "bulletins")]


class Expected(NamedTuple):
    """A bulletin that a party owes for a quarter, in the name of a branch or of the committee itself (None)."""

    quarter: str
    party: int
    branch: str | None


def send_bulletin(act: Act, request: BulletinSend) -> BulletinDone:
    """Send a quarter's bulletin; sent again, it corrects the earlier one and keeps its number.

    Raises D-quarter-future, D-notice-id-number, D-body-unknown, A-subtree, D-peer-…, G-….
    """
    Quarter.begun(request.quarter, today(act.now))
    topics = {name: getattr(request, name).strip() for name in TOPICS}
    if not all(topics.values()):
        raise refuse("D-bulletin-topic")
    check_no_id_number("\n".join(topics.values()))
    branch = _in_the_name_of(act, request.branch)
    pairing = partner(act.store, request.peer)
    number = _number(records_of_agreement(act, pairing), pairing.party, branch, request.quarter)
    body = BulletinSent(
        quarter=request.quarter,
        number=number,
        branch=branch or msgspec.UNSET,
        admission=_topic(topics["admission"]),
        organisational_life=_topic(topics["organisational_life"]),
        conduct=_topic(topics["conduct"]),
        conversion=_topic(topics["conversion"]),
    )
    message = write_to(act, pairing, "bulletin.sent", body)
    title = title_of(act.store, pairing.their_card)
    return BulletinDone(bulletin=message.id, number=number, quarter=request.quarter, peer=title)


def list_bulletins(act: Act, request: BulletinList) -> BulletinsListed:
    """Every bulletin that was sent or is expected, of partners with an agreement in force.

    People of a part of the committee see what concerns it: what its own branches write, and what is written by those
    branches of the partner that have its members or are in partnership with it.
    """
    day = today(act.now)
    reach = subtree(act.store, act.staff.body_code)
    lines = [
        line
        for pairing in agreed_pairings(act.store, day)
        if pairing.peer.startswith(request.peer)
        for line in _readable(act, reach, pairing, lines_with(act.store, pairing, day))
        if request.quarter in (None, line.quarter)
    ]
    overdue = [line.direction for line in lines if line.state == "overdue"]
    shown = [line for line in lines if not request.missing or line.state in ("due", "overdue", "unknown")]
    return BulletinsListed(
        late_here=overdue.count("sent"),
        late_there=overdue.count("received"),
        unknown=sum(line.state == "unknown" for line in lines),
        bulletins=sorted(shown, key=lambda line: (line.quarter, line.direction, line.branch or ""), reverse=True),
    )


def lines_with(store: Store, pairing: Pairing, day: date) -> Iterator[BulletinLine]:
    """What there is and what is missing with one partner up to a day, the same quarters on both nodes."""
    records = of_agreement(store, agreement_of(store, pairing.pairing_id), "bulletin")
    heard, calendar = last_heard(store, pairing.pairing_id), working_days(store)
    title = title_of(store, pairing.their_card)
    movements = held_under(store, agreement_of(store, pairing.pairing_id), MOVEMENT).values()
    expected = _expected(store, pairing, records, day, movements)
    spans = {quarter: span_of(quarter, calendar) for quarter in {item.quarter for item in expected}}
    for item in expected:
        value = effective(records.get(_key(item.party, item.branch, item.quarter)))
        ours = item.party == pairing.party
        span = spans[item.quarter]
        yield BulletinLine(
            quarter=item.quarter,
            direction="sent" if ours else "received",
            peer=title,
            branch=item.branch,
            state="given" if value is not None else missing_state(span, day, heard, ours=ours),
            due_by=span.due_by.isoformat(),
            number=value["number"] if value else None,
            topics=[_told(value, name) for name in TOPICS] if value else [],
        )


class Owed(NamedTuple):
    """A bulletin of ours whose quarter is over and that was not sent."""

    quarter: str
    branch: str | None
    due_by: str


def owed_to(store: Store, pairing: Pairing, day: date, movements: Iterable[Mapping[str, Value]]) -> Iterator[Owed]:
    """Which of ours a partner waits for. ``movements``: the records of those members whose branches are looked at."""
    records = of_agreement(store, agreement_of(store, pairing.pairing_id), "bulletin")
    over = Quarter.of(day).before().last
    expected, calendar = _expected(store, pairing, records, over, movements, (pairing.party,)), working_days(store)
    sent = {key for key, record in records.items() if effective(record) is not None}
    spans = {quarter: span_of(quarter, calendar) for quarter in {item.quarter for item in expected}}
    for item in expected:
        span = spans[item.quarter]
        if day > span.last and not (sent and _key(item.party, item.branch, item.quarter) in sent):
            yield Owed(item.quarter, item.branch, span.due_by.isoformat())


# --- inside ---------------------------------------------------------------------------------------------------


def _readable(
    act: Act, reach: frozenset[str], pairing: Pairing, lines: Iterable[BulletinLine]
) -> Iterator[BulletinLine]:
    """Those of a pairing's bulletins that concern the acting person's subtree; what a committee says concerns all."""
    if top_code(act.store) in reach:
        yield from lines
        return
    here = {name for code, name in short_names(act.store).items() if code in reach}
    there = _concerned_there(act, pairing, here)
    for line in lines:
        if line.branch in (here if line.direction == "sent" else there):
            yield line


def _concerned_there(act: Act, pairing: Pairing, here: set[str]) -> set[str]:
    """The partner's branches that have members of ours, or of whose members some are with us, or in partnership."""
    agreement = agreement_of(act.store, pairing.pairing_id)
    found = {
        str(value["branches"][1 - pairing.party])
        for value in signed(act.store, agreement, "partnership")
        if value["branches"][pairing.party] in here
    }
    mine = [period for period in periods_in_reach(act) if period.agreement == agreement]
    for period in mine:
        records = unit_records(act.store, agreement, period.subject)
        departure = effective(records.get("movement/departure")) or {}
        admission = effective(records.get("movement/admission")) or {}
        text = departure.get("affiliated_branch") if period.side == "destination" else admission.get("managing_body")
        found |= {str(text)} if text else set()
    return found


def _expected(
    store: Store,
    pairing: Pairing,
    records: Records,
    day: date,
    movements: Iterable[Mapping[str, Value]],
    parties: tuple[int, ...] = (0, 1),
) -> list[Expected]:
    """What both nodes expect, and what was sent without being expected."""
    months = terms_of(store, pairing.pairing_id).intervals.bulletin_interval_months
    step = max(1, months // QUARTER_MONTHS)
    quarters = list(_quarters(began(store, pairing), day))[step - 1 :: step]
    agreement = agreement_of(store, pairing.pairing_id)
    members = {item for item in _members(movements) if item[0] in parties}
    partnerships = list(signed(store, agreement, "partnership"))
    found = {Expected(quarter, party, None) for quarter in quarters for party in parties}
    for quarter in quarters:
        span = span_of(quarter)
        begins, ends = span.first.isoformat(), span.last.isoformat()
        for value in partnerships:
            if value["valid_from"] <= ends and value["valid_until"] >= begins:
                found |= {Expected(quarter, party, value["branches"][party]) for party in parties}
        branches = {(party, branch) for party, branch, first, last in members if first <= ends and last >= begins}
        found |= {Expected(quarter, party, branch) for party, branch in branches}
    for key, record in records.items():
        value = record["effective"]
        if int(key.split("/")[1]) in parties:
            found.add(Expected(value["quarter"], int(key.split("/")[1]), value.get("branch")))
    return sorted(found, key=lambda item: (item.quarter, item.party, item.branch or ""))


def _members(movements: Iterable[Mapping[str, Value]]) -> set[tuple[int, str, str, str]]:
    """(party of the origin, branch there, first and last day managed) of these members."""
    return {found for movement in movements if (found := worked_out(movement, _managed)) is not None}


def _managed(movement: Mapping[str, Value]) -> tuple[int, str, str, str] | None:
    notice = partly(movement, "movement/departure", _Notice)
    days = managed_days(movement) if notice is not None else None
    if notice is None or notice.effective is None or days is None:
        return None
    return (notice.entries[0].party, notice.effective.affiliated_branch, *days)


class _Of(msgspec.Struct, frozen=True):
    affiliated_branch: str


class _By(msgspec.Struct, frozen=True):
    party: int


class _Notice(msgspec.Struct, frozen=True):
    """Whose member it is, by the notice of departure that counts, and who sent the first (``fold.origin_party``)."""

    entries: list[_By]
    effective: _Of | None = None


def _quarters(first: date, last: date) -> Iterator[str]:
    year, number = first.year, (first.month + 2) // 3
    while (year, number) <= (last.year, (last.month + 2) // 3):
        yield f"{year}Q{number}"
        year, number = (year, number + 1) if number < 4 else (year + 1, 1)


def _key(party: int, branch: str | None, quarter: str) -> str:
    return f"bulletin/{party}/{branch_key(branch)}/{quarter}"


def _number(records: Records, party: int, branch: str | None, quarter: str) -> int:
    """The next number of this sender, or that of the bulletin that is corrected."""
    before = effective(records.get(_key(party, branch, quarter)))
    if before is not None:
        return int(before["number"])
    stream = f"bulletin/{party}/{branch_key(branch)}/"
    return 1 + sum(key.startswith(stream) for key in records)


def _topic(text: str) -> Topic:
    return Topic(answer="nothing_to_report") if text in NOTHING else Topic(answer="reported", text=text)


def _told(value: Value, name: str) -> str:
    topic = value[name]
    words = topic.get("text", "") if topic["answer"] == "reported" else "本期无情况"
    return f"{label('topic', name)}：{words}"


def _in_the_name_of(act: Act, wanted: str | None) -> str | None:
    """The short name of the branch, None for the committee. Raises D-body-unknown, A-subtree."""
    body = resolve(act.store, wanted) if wanted else None
    code = body.code if body else top_code(act.store)
    if code is None:
        raise refuse("D-body-unknown")
    if not is_within(act.store, code, act.staff.body_code):
        raise refuse("A-subtree", body=code, reach=act.staff.body_code)
    return body.short_name if body and body.parent_code is not None else None
