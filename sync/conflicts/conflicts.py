"""Named conflicts: what the two sides say differently, what counts meanwhile, and how both close it.

Both nodes list the same conflict under the same id with the same candidates, since it is derived from the messages
alone (``sync/exchange/fold.py``). The value of the side that leads the duty counts provisionally. One side proposes
which candidate counts, or that none does; the other accepts or declines; after an acceptance both hold the same value::

    propose(act, ConflictPropose(conflict="3fa9", chosen="none", reason="活动没有举行"))
    accept(act, ConflictAccept(proposal="3fa9"))              # at the partner
"""

from collections.abc import Iterator, Mapping
from typing import Annotated, NamedTuple

import msgspec

from gongguan.protocol import canonical
from gongguan.protocol.decision import Proposal, View
from gongguan.protocol.errors import refuse
from gongguan.protocol.messages.conflict import ConflictAnswered, ConflictProposed
from gongguan.sync.act import Act
from gongguan.sync.exchange.fold import decisions, origin_party
from gongguan.sync.exchange.values import Records, Value
from gongguan.sync.labels import labelled
from gongguan.sync.lists import LISTS
from gongguan.sync.movement.movement import readable
from gongguan.sync.records import MobilityPeriod
from gongguan.sync.shared.entries import records_now, write
from gongguan.sync.shared.periods import (
    check_reach,
    name_of,
    periods_in_reach,
    side_name,
)
from gongguan.sync.shared.views import (
    in_category,
    unit_records,
)

NONE = "none"

ConflictRef = Annotated[
    str, labelled("冲突编号（或开头几位）", "conflict (or how it begins)", argument=True, pattern=r"^[0-9a-f]{1,64}$")
]
ProposalRef = Annotated[
    str,
    labelled(
        "处理办法或冲突的编号（或开头几位）",
        "proposal or conflict (or how it begins)",
        argument=True,
        pattern=r"^[0-9a-f]{1,64}$",
    ),
]
OfMember = Annotated[
    str,
    labelled(
        "哪名党员（流动记录编号或开头几位；几名党员的同一事项都不一致时要写）",
        "which member (pseudonym or how it begins), where several have the conflict",
        pattern=r"^[0-9a-f]{0,32}$",
    ),
]
"""A conflict is named by what it is about, so that of two members who differ in one event both have the same id."""

Reason = Annotated[Annotated[str, msgspec.Meta(min_length=1, max_length=2000)] | None, labelled("理由", "reason")]


class ConflictList(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``conflict.list``."""

    closed: Annotated[bool, labelled("也列出已处理的", "closed ones too")] = False


class ConflictShow(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``conflict.show``."""

    conflict: ConflictRef
    subject: OfMember = ""


class ConflictPropose(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``conflict.propose``."""

    conflict: ConflictRef
    chosen: Annotated[
        str,
        labelled("以哪条为准（记载编号或开头几位；none 为都不算）", "which counts (id, or none)", max_length=32),
    ]
    subject: OfMember = ""
    reason: Reason = None


class ConflictAccept(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``conflict.accept``."""

    proposal: ProposalRef
    subject: OfMember = ""


class ConflictDecline(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``conflict.decline``."""

    proposal: ProposalRef
    subject: OfMember = ""
    reason: Reason = None


class CandidateLine(msgspec.Struct, frozen=True, kw_only=True):
    """What one side said."""

    id: Annotated[str, labelled("记载编号", "candidate")]
    side: Annotated[str, labelled("登记方", "side", codes="side")]
    value: Annotated[str, labelled("内容", "value")]
    provisional: Annotated[bool, labelled("暂按此计", "counts meanwhile")]


class ProposalLine(msgspec.Struct, frozen=True, kw_only=True):
    """How one side would close it."""

    id: Annotated[str, labelled("处理办法编号", "proposal")]
    side: Annotated[str, labelled("提出方", "proposed by", codes="side")]
    chosen: Annotated[str, labelled("以哪条为准", "which counts")]
    state: Annotated[str, labelled("状态", "state", codes="proposal_state")]


class ConflictLine(msgspec.Struct, frozen=True, kw_only=True):
    """One conflict. ``answer_here``: the partner's proposal waits for our answer."""

    id: Annotated[str, labelled("冲突编号", "conflict")]
    state: Annotated[str, labelled("状态", "state", codes="conflict_state")]
    answer_here: Annotated[bool, labelled("待本方答复", "our answer is due")]
    category: Annotated[str, labelled("类别", "category", codes="record_category")]
    record: Annotated[str, labelled("记录", "record")]
    subject: Annotated[str, labelled("流动记录编号", "pseudonym")]
    name: Annotated[str | None, labelled("姓名", "name")]
    leads: Annotated[str, labelled("主责方", "leading side", codes="side")]
    provisional: Annotated[str, labelled("暂按", "provisional value")]
    candidates: Annotated[list[CandidateLine], labelled("各方记载", "candidates")]


class ConflictsListed(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``conflict.list``."""

    open: Annotated[int, labelled("未处理", "open")]
    conflicts: Annotated[list[ConflictLine], labelled("冲突", "conflicts")]


class ConflictShown(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``conflict.show``."""

    conflict: Annotated[ConflictLine, labelled("冲突", "conflict")]
    proposals: Annotated[list[ProposalLine], labelled("处理办法", "proposals")]


class ConflictDone(msgspec.Struct, frozen=True, kw_only=True):
    """What a proposal or an answer did. ``counts``: what counts now, empty when nothing does."""

    conflict: Annotated[str, labelled("冲突编号", "conflict")]
    proposal: Annotated[str, labelled("处理办法编号", "proposal")]
    state: Annotated[str, labelled("状态", "state", codes="conflict_state")]
    counts: Annotated[str, labelled("现按", "what counts now")]


class Found(NamedTuple):
    """A conflict in reach, with its member's records."""

    id: str
    value: Value
    period: MobilityPeriod
    records: Records


def list_conflicts(act: Act, request: ConflictList) -> ConflictsListed:
    """Every conflict under all agreements whose member lies in the acting person's subtree."""
    lines = [_line(act, found) for found in _conflicts(act) if request.closed or found.value["state"] == "open"]
    lines.sort(key=lambda line: (line.state == "closed", line.subject, line.record, line.id))
    return ConflictsListed(open=sum(line.state != "closed" for line in lines), conflicts=lines)


def show_conflict(act: Act, request: ConflictShow) -> ConflictShown:
    """One conflict and how it was dealt with. Raises D-conflict-unknown, D-conflict-ambiguous."""
    found = _named(act, request.conflict, request.subject)
    return ConflictShown(conflict=_line(act, found), proposals=list(_proposals(found)))


def propose(act: Act, request: ConflictPropose) -> ConflictDone:
    """Propose which candidate counts. Raises D-conflict-…, P-decision-open while an own proposal is unanswered."""
    found = _named(act, request.conflict, request.subject)
    if found.value["state"] != "open":
        raise refuse("D-conflict-closed", conflict=found.id)
    candidates = tuple(item["id"] for item in found.value["candidates"])
    chosen = [item for item in candidates if item.startswith(request.chosen)]
    if request.chosen != NONE and (len(chosen) != 1 or not request.chosen):
        raise refuse("D-conflict-candidate", conflict=found.id)
    body = ConflictProposed(
        conflict=found.id,
        record=found.value["record"],
        candidates=candidates,
        chosen=msgspec.UNSET if request.chosen == NONE else chosen[0],
        reason=request.reason or msgspec.UNSET,
    )
    proposal = write(act, found.period, "conflict.proposed", body, in_force=False)
    return _done(act, found, proposal)


def accept(act: Act, request: ConflictAccept) -> ConflictDone:
    """Accept the partner's open proposal: from here on both hold its choice. Raises D-proposal-none, P-decision-…."""
    return _answer(act, request, ConflictAnswered(proposal="", answer="accept"))


def decline(act: Act, request: ConflictDecline) -> ConflictDone:
    """Decline the partner's open proposal: the conflict stays open. Raises D-proposal-none."""
    body = ConflictAnswered(proposal="", answer="decline", reason=request.reason or msgspec.UNSET)
    return _answer(act, request, body)


# --- inside ---------------------------------------------------------------------------------------------------


def _conflicts(act: Act) -> Iterator[Found]:
    reach = {period.subject: period for period in periods_in_reach(act)}
    units: dict[str, Records] = {}
    for agreement in sorted({period.agreement for period in reach.values()}):
        for subject, key, value in in_category(act.store, agreement, "conflict"):
            period = reach.get(subject)
            if period is None or period.agreement != agreement:
                continue
            if subject not in units:
                units[subject] = unit_records(act.store, agreement, subject)
            yield Found(key.split("/", 1)[1], value, period, units[subject])


def _named(act: Act, reference: str, subject: str) -> Found:
    mine = (item for item in _conflicts(act) if item.period.subject.startswith(subject))
    found = [item for item in mine if item.id.startswith(reference)]
    if not found:
        raise refuse("D-conflict-unknown")
    if len(found) > 1:
        raise refuse("D-conflict-ambiguous", count=len(found))
    return found[0]


def _answer(act: Act, request: ConflictAccept | ConflictDecline, body: ConflictAnswered) -> ConflictDone:
    found, proposal = _open_proposal(act, request.proposal, request.subject)
    check_reach(act, found.period.subject)
    body = msgspec.structs.replace(body, proposal=proposal.id)
    write(act, found.period, "conflict.answered", body, in_force=False)
    return _done(act, found, proposal.id)


def _open_proposal(act: Act, reference: str, subject: str) -> tuple[Found, Proposal]:
    """The partner's unanswered proposal that goes by this id, or that is about the conflict of this id."""
    matching = []
    for found in _conflicts(act):
        if not found.period.subject.startswith(subject):
            continue
        view = decisions(found.records, "conflicts")
        own = act.exchange.book(found.period.pairing_id).own_party
        for item in view.proposals:
            named = item.id.startswith(reference) or item.key.startswith(reference)
            if item.key == found.id and named and item.party != own and view.answer_to(item.id) is None:
                matching.append((found, item))
    if not matching:
        raise refuse("D-proposal-none")
    if len(matching) > 1:
        raise refuse("D-conflict-ambiguous", count=len(matching))
    return matching[0]


def _done(act: Act, found: Found, proposal: str) -> ConflictDone:
    records = records_now(act, found.period)
    now = Found(found.id, records[f"conflict/{found.id}"], found.period, records)
    record = records[now.value["record"]]
    return ConflictDone(
        conflict=found.id,
        proposal=proposal,
        state=_state(now, decisions(records, "conflicts")),
        counts=said(now.value["category"], record["effective"]) if "effective" in record else "",
    )


def _state(found: Found, view: View) -> str:
    if found.value["state"] != "open":
        return "closed"
    return (
        "proposed" if any(item.key == found.id and not view.answer_to(item.id) for item in view.proposals) else "open"
    )


def _line(act: Act, found: Found) -> ConflictLine:
    value, period, records = found.value, found.period, found.records
    origin = origin_party(records)
    view = decisions(records, "conflicts")
    state = _state(found, view)
    waiting = [item for item in view.proposals if item.key == found.id and not view.answer_to(item.id)]
    candidates = [
        CandidateLine(
            id=item["id"],
            side=side_name(item["party"], origin),
            value=said(value["category"], item["value"]),
            provisional=item["id"] == value["provisional"],
        )
        for item in value["candidates"]
    ]
    return ConflictLine(
        id=found.id,
        state=state,
        answer_here=state == "proposed" and any(side_name(item.party, origin) != period.side for item in waiting),
        category=value["category"],
        record=value["record"].split("/", 1)[1],
        subject=period.subject,
        name=name_of(act.store, period),
        leads=records[value["record"]]["lead"],
        provisional=next((item.value for item in candidates if item.provisional), ""),
        candidates=candidates,
    )


def _proposals(found: Found) -> Iterator[ProposalLine]:
    origin = origin_party(found.records)
    view = decisions(found.records, "conflicts")
    for item in view.proposals:
        if item.key != found.id:
            continue
        answer = view.answer_to(item.id)
        yield ProposalLine(
            id=item.id,
            side=side_name(item.party, origin),
            chosen=canonical.decode(item.content.encode())["chosen"] or NONE,
            state="open" if answer is None else "accept" if answer.accepted else "decline",
        )


def said(category: str, value: Mapping[str, object]) -> str:
    """A candidate's value as a person reads it."""
    if category == "score":
        return f"{value['points']} 分（{value['on']}）"
    if category == "life":
        attendance = LISTS["attendance"][str(value["attendance"])][0]
        return f"{attendance}（{value['on']}）"
    if category == "register" and "presence" in value:
        return f"{LISTS['presence'][str(value['presence'])][0]}（{value['on']}）"
    if category == "register":
        return f"{value['place']}（{value['on']}）"
    if category == "paper":
        return readable(f"paper/{value['statement']}", dict(value))
    return str(value.get("paid_on", ""))
