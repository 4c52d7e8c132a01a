"""A partner that had no node has installed one: the work goes on with its node, and what was entered for it is offered.

The pairing and the agreement are made as with anybody. ``link`` then notifies the node of the members who are with it,
ends their periods on paper, and offers each statement that was entered about them in a signed message; that side
confirms (one fact with two witnesses) or disputes it (a conflict by name)::

    link(act, PeerLink(paper="paper…", peer="k3…"))
    confirm(partner_act, StatementAnswer(statement=…))
"""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Final

import msgspec

from gongguan.protocol import messages
from gongguan.protocol.erasure import is_erased
from gongguan.protocol.errors import ProtocolError, refuse
from gongguan.protocol.forms import ready
from gongguan.protocol.messages import KINDS
from gongguan.protocol.messages.movement import ReturnNotified
from gongguan.protocol.messages.paper import FIELDS_MAX, PaperStated
from gongguan.sync.act import Act
from gongguan.sync.days import today
from gongguan.sync.exchange.values import Value
from gongguan.sync.labels import labelled
from gongguan.sync.letters.words import in_words
from gongguan.sync.movement.departures import NotSent, carry_over, not_sent
from gongguan.sync.paper.offers import answers_to, is_for_us, offered_in
from gongguan.sync.paper.word import paper_book
from gongguan.sync.persons.members import member_of
from gongguan.sync.records import LINKED, PAPER, LogMessage, Member, MobilityPeriod, Pairing, PaperEntry, PaperPartner
from gongguan.sync.shared.entries import write
from gongguan.sync.shared.partners import active_pairing, agreement_of, terms_of, title_of, version_in_force
from gongguan.sync.shared.periods import (
    OPEN_STATES,
    check_reach,
    name_of,
    notice_of,
    period_state,
    periods_in_reach,
)
from gongguan.sync.shared.places import lies_in, region_of
from gongguan.sync.shared.provenance import SourceLabel, of_offer
from gongguan.sync.shared.views import (
    effective,
    of_subjects,
    shared,
)

NOT_SAID: Final = frozenset({"departure", "returned", "request", "document"})
"""Fields that only refer to other messages of the local log."""

STATES: Final = {"single": "offered", "agreed": "confirmed", "conflict": "disputed", "none_counts": "void"}
"""Status of the fact → how the statement stands, a code of the list ``statement_state``."""


class PeerLink(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``peer.link``."""

    paper: Annotated[
        str, labelled("原公函往来的对方编号（paper 开头）", "the partner without a node", argument=True, max_length=64)
    ]
    peer: Annotated[
        str, labelled("对方现在的节点编号（已结对并签协议）", "its node, paired now", argument=True, max_length=64)
    ]
    same_committee: Annotated[
        bool, labelled("名称或地区不同，但确是同一单位", "the same committee though title or region differ")
    ] = False


class PeerLinked(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``peer.link``. ``left``: statements about members who are not with that partner any more. ``here``:
    members of that partner who live here; its node has to notify us of them, and their stay on paper ends by its word
    (``movement.return``)."""

    peer: Annotated[str, labelled("对方节点", "partner")]
    members: Annotated[int, labelled("转到节点往来的党员", "members who go on with its node")]
    offered: Annotated[int, labelled("请对方核对的代录", "statements offered")]
    left: Annotated[int, labelled("已离开、不再核对的代录", "statements left as they are")]
    here: Annotated[
        int, labelled("住在本方、须由对方节点另行通报的党员", "its members here, to be notified by its node")
    ]
    lacking_count: Annotated[int, labelled("还不能转去的党员", "members who cannot go on yet")]
    lacking: Annotated[list[NotSent], labelled("还不能转去的党员及原因", "who cannot go on yet, and why")]


class StatementList(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``letter.offered``."""

    open: Annotated[bool, labelled("只看还没有核对的", "only those without an answer")] = False


class StatementLine(msgspec.Struct, frozen=True, kw_only=True):
    """One statement as both sides hold it. ``for_us``: it is our own, and waits for our word."""

    statement: Annotated[str, labelled("核对编号", "statement")]
    name: Annotated[str | None, labelled("姓名", "name")]
    what: Annotated[str, labelled("事项", "matter (in Chinese)")]
    value: Annotated[str, labelled("代录内容", "content (in Chinese)")]
    how: Annotated[str, labelled("怎样收到", "how it came", codes="paper_how")]
    said_on: Annotated[str, labelled("答复日期", "said on")]
    state: Annotated[str, labelled("状态", "state", codes="statement_state")]
    source: SourceLabel
    for_us: Annotated[bool, labelled("待本方核对", "our word is due")]
    conflict: Annotated[str | None, labelled("冲突编号", "conflict")]
    peer: Annotated[str, labelled("对方", "partner")]


class StatementsListed(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``letter.offered``."""

    statements: Annotated[list[StatementLine], labelled("核对", "statements")]


class StatementAnswer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``letter.confirm`` and ``letter.dispute``."""

    statement: Annotated[
        str, labelled("核对编号（开头几位）", "statement (its beginning)", argument=True, min_length=4, max_length=32)
    ]


def link(act: Act, request: PeerLink) -> PeerLinked:
    """Go on with the partner's node. Who cannot be notified yet stays on paper and is named; done again, it goes on
    with them, and nobody is notified or offered twice (also after an older backup was put back).

    Raises D-link-paper, D-link-region, D-link-title, D-peer-…, G-not-in-force.
    """
    found = [item for item in act.store.find(PaperPartner) if item.peer.startswith(request.paper.strip().lower())]
    if len(found) != 1 or found[0].linked_to is not None:
        raise refuse("D-link-paper")
    held = found[0]
    node = active_pairing(act.store, request.peer)
    if not request.same_committee:
        _check_same(act, held, node)
    version_in_force(act, node.pairing_id)
    members = offered = 0
    lacking: list[NotSent] = []
    for period in act.store.find(MobilityPeriod, pairing_id=held.pairing_id, side="origin"):
        if period.member_id is None or period_state(act.store, period) not in OPEN_STATES:
            continue
        member = member_of(act.store, period.member_id)
        try:
            fresh = _notified(act, node, period, member)
        except ProtocolError as error:
            lacking.append(not_sent(member, error))
            continue
        members += 1
        offered += _go_on(act, node, period, fresh)
    theirs = act.store.find(MobilityPeriod, pairing_id=held.pairing_id, side="destination")
    here = sum(period_state(act.store, period) in OPEN_STATES for period in theirs)
    paper_book(act, held.pairing_id).take_said()
    if not lacking:
        _close(act, held, node)
    act.node.wake(node.pairing_id)
    return PeerLinked(
        peer=title_of(act.store, node.their_card),
        members=members,
        offered=offered,
        left=_left(act, held.pairing_id),
        here=here,
        lacking_count=len(lacking),
        lacking=lacking,
    )


def list_statements(act: Act, request: StatementList) -> StatementsListed:
    """What was entered for a side without a node and offered to it since, about members in reach; ours and theirs."""
    lines = [line for _, line in _statements(act)]
    lines.sort(key=lambda line: (line.state != "offered", line.name or "", line.said_on, line.statement))
    return StatementsListed(statements=[line for line in lines if line.state == "offered" or not request.open])


def confirm(act: Act, request: StatementAnswer) -> StatementLine:
    """We said so indeed: from now on it has two witnesses. Raises D-statement-unknown, G-…."""
    return _answer(act, request, "confirmed")


def dispute(act: Act, request: StatementAnswer) -> StatementLine:
    """We did not say so: a conflict, to be closed as any other. Raises D-statement-unknown, G-…."""
    return _answer(act, request, "disputed")


# --- inside ---------------------------------------------------------------------------------------------------


def _check_same(act: Act, held: PaperPartner, node: Pairing) -> None:
    """Raises D-link-region, D-link-title: before members are told to a node, a person says that it is this one."""
    region = region_of(act.store, node)
    if not (lies_in(region, held.region) or lies_in(held.region, region)):
        raise refuse("D-link-region", region=region, before=held.region)
    title = title_of(act.store, node.their_card)
    if not (title.endswith(held.title) or held.title.endswith(title)):
        raise refuse("D-link-title", title=title, partner=held.title)


def _close(act: Act, held: PaperPartner, node: Pairing) -> None:
    """From now on nothing more is written on paper. Raises D-link-paper."""
    act.store.put(msgspec.structs.replace(held, linked_to=node.pairing_id))
    before = act.store.get(Pairing, held.pairing_id)
    if before is None or before.state != PAPER:
        raise refuse("D-link-paper")
    act.store.put(msgspec.structs.replace(before, state=LINKED))


def _left(act: Act, pairing_id: str) -> int:
    """How many statements nobody is asked about: those on members who are not with that partner any more."""
    entries = act.store.find(PaperEntry, pairing_id=pairing_id, withdrawn_at=None, offer=None)
    periods = act.store.find(MobilityPeriod, pairing_id=pairing_id, side="origin")
    open_ones = {period.subject for period in periods if period_state(act.store, period) in OPEN_STATES}
    return sum(entry.subject not in open_ones for entry in entries)


def _notified(act: Act, node: Pairing, period: MobilityPeriod, member: Member) -> str:
    """The subject under which the node knows of this stay, by a notice that it has or gets now.

    Raises what notices raise.
    """
    notice = notice_of(act.store, period) or {}
    for other in act.store.find(MobilityPeriod, member_id=member.member_id, pairing_id=node.pairing_id):
        told = notice_of(act.store, other) or {}
        if period_state(act.store, other) in OPEN_STATES or told.get("left_on") == notice.get("left_on"):
            return other.subject
    return carry_over(act, node, member, notice.get("destination_place"))


def _go_on(act: Act, node: Pairing, period: MobilityPeriod, fresh: str) -> int:
    """End the period on paper and offer what was entered; how many statements stand offered now."""
    book = paper_book(act, period.pairing_id)
    # The terms on paper may have run out meanwhile; then they are what ended the period.
    last = min(today(act.now).isoformat(), terms_of(act.store, period.pairing_id).valid_until)
    ended = ReturnNotified(ended_on=last, reason="moved_on")
    book.write("return.notified", ended, version=book.current_version(), subject=period.subject)
    count = 0
    for entry in act.store.find(PaperEntry, subject=period.subject, withdrawn_at=None, order=("entered_at",)):
        (row,) = act.store.find(LogMessage, author=book.pairing.peer, id=entry.message)
        if is_erased(row.data):
            continue
        offer = _offer_made(act, node, fresh, entry) or _offer(act, node, fresh, entry, row)
        act.store.put(msgspec.structs.replace(entry, offer=offer))
        count += 1
    return count


def _offer_made(act: Act, node: Pairing, fresh: str, entry: PaperEntry) -> str | None:
    """The message by which we offered it already, where this link was made before: an older backup was put back."""
    record = shared(act.store, agreement_of(act.store, node.pairing_id), fresh, f"paper/{entry.message}")
    ours = [item for item in record["entries"] if item["party"] == node.party] if record else []
    return str(ours[0]["id"]) if ours else None


def _offer(act: Act, node: Pairing, fresh: str, entry: PaperEntry, row: LogMessage) -> str:
    """Ask the node about one statement; the message that asks."""
    body = PaperStated(
        statement=entry.message,
        word="entered",
        kind=entry.kind,
        said_on=entry.said_on,
        how=entry.how,  # type: ignore[arg-type]  # one of the three, by how it was entered
        content=_content(msgspec.to_builtins(messages.decode(row.data).body)),
    )
    version = version_in_force(act, node.pairing_id)
    return act.exchange.book(node.pairing_id).write("paper.stated", body, version=version, subject=fresh).id


def _content(said: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    pairs = []
    for name, value in said.items():
        if name not in NOT_SAID:
            pairs.append((name, " ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)))
    return tuple(pairs[:FIELDS_MAX])


def _statements(act: Act) -> Iterator[tuple[MobilityPeriod, StatementLine]]:
    """What was offered of each member in reach; of most nothing was."""
    periods = periods_in_reach(act)
    held = of_subjects(act.store, periods, ("paper",))
    for period in periods:
        for line in _lines(act, period, held[period.subject]) if held.get(period.subject) else ():
            yield period, line


def _lines(act: Act, period: MobilityPeriod, records: Mapping[str, Value]) -> Iterator[StatementLine]:
    pairing = act.store.get(Pairing, period.pairing_id)
    if pairing is None:
        return
    title = title_of(act.store, pairing.their_card)
    for record in records.values():
        offered = offered_in(record)
        if offered is None:
            continue
        value = offered["value"]
        answers = answers_to(record, offered)
        ours = offered["party"] == pairing.party
        yield StatementLine(
            statement=value["statement"],
            name=name_of(act.store, period),
            what=KINDS[value["kind"]].purpose if value["kind"] in KINDS else value["kind"],
            value=in_words(value["kind"], dict(value["content"])),
            how=value["how"],
            said_on=value["said_on"],
            state=_state(record, answers),
            source=of_offer(ours=ours, answered=bool(answers)),
            for_us=is_for_us(record, pairing.party),
            conflict=record.get("conflict"),
            peer=title,
        )


def _state(record: Value, answers: set[str]) -> str:
    if record["status"] == "resolved":
        return "confirmed" if (effective(record) or {}).get("content") else "void"
    if record["status"] in ("single", "agreed", "conflict") and "confirmed" not in answers:
        return "disputed" if answers else "offered"
    return STATES.get(record["status"], "void")


def _answer(act: Act, request: StatementAnswer, word: str) -> StatementLine:
    waiting = [
        (period, line)
        for period, line in _statements(act)
        if line.for_us and line.statement.startswith(request.statement)
    ]
    if len(waiting) != 1:
        raise refuse("D-statement-unknown")
    period, line = waiting[0]
    record = shared(act.store, period.agreement, period.subject, f"paper/{line.statement}") or {"entries": []}
    offered = offered_in(record)
    assert offered is not None  # the line was made of it
    value = {**offered["value"], "word": word, **({"content": []} if word == "disputed" else {})}
    write(act, check_reach(act, period.subject), "paper.stated", msgspec.convert(value, ready(PaperStated)))
    state = "confirmed" if word == "confirmed" else "disputed"
    return msgspec.structs.replace(line, state=state, source=of_offer(ours=False, answered=True), for_us=False)
