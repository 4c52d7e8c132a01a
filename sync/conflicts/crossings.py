"""What spans two agreements: a member admitted, present or paying in two places at once. Only the origin can see it.

The origin compares what its destinations said of one member and tells each of them, as its own signed message, which of
that destination's entries do not go together with another one's. The other is named by its class only, never by name or
pseudonym; each destination signs or disputes its own part. Nothing is decided by it: entries are withdrawn, or a period
ended, by whom they belong to, and then the origin says that it is settled::

    tell(exchange)                       # at the origin, every hour: how many statements were written
    list_crossings(act, CrossingList())  # both sides
    answer_part(act, PartAnswer(conflict="3fa9", answer="signed"))
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, NamedTuple

import msgspec

from gongguan.protocol.errors import ProtocolError, refuse
from gongguan.protocol.messages.conflict import ConflictStated, PartAnswered
from gongguan.sync.act import Act
from gongguan.sync.exchange.fold import conflict_id, origin_party
from gongguan.sync.exchange.values import Records, Value
from gongguan.sync.labels import labelled
from gongguan.sync.records import MobilityPeriod
from gongguan.sync.shared.entries import write
from gongguan.sync.shared.partners import partner_titles
from gongguan.sync.shared.periods import (
    name_of,
    periods_in_reach,
    state_in,
)
from gongguan.sync.shared.views import (
    in_category,
    of_subjects,
    standing,
    unit_records,
)
from gongguan.sync.store import Store

if TYPE_CHECKING:  # what commands only name, and would wait for
    from gongguan.sync.exchange.exchange import Exchange

ANOTHER: Final = "another_destination"


class Claim(NamedTuple):
    """What one destination said. ``key``: what only one destination can truly say; ``entries``: its message ids."""

    key: str
    record: str
    entries: tuple[str, ...]


def _admission(records: Records, origin: int) -> Iterator[Claim]:
    if state_in(records) != "admitted":
        return
    entries = standing(records["movement/admission"])
    admitted = tuple(sorted(entry["id"] for entry in entries if entry["value"]["outcome"] == "admitted"))
    yield Claim("admitted", "movement/admission", admitted)


def _attendance(records: Records, origin: int) -> Iterator[Claim]:
    for key, entry in _said(records, "life/", origin):
        if entry["value"]["attendance"] == "confirmed":
            yield Claim(str(entry["value"]["on"]), key, (str(entry["id"]),))


def _dues(records: Records, origin: int) -> Iterator[Claim]:
    for key, entry in _said(records, "dues/", origin):
        yield Claim(str(entry["value"]["month"]), key, (str(entry["id"]),))


def _said(records: Records, category: str, origin: int) -> Iterator[tuple[str, Value]]:
    """The destination's entries of a category that it has not withdrawn."""
    for key in records:
        if key.startswith(category):
            yield from ((key, entry) for entry in standing(records[key]) if entry["party"] != origin)


MATTERS: Final[Mapping[str, Callable[[Records, int], Iterator[Claim]]]] = {
    "admission": _admission,
    "attendance": _attendance,
    "dues": _dues,
}
"""Matter of ``conflict.stated`` → what a member's records under one agreement say about it."""


class Crossing(NamedTuple):
    """One destination's part of what does not go together, as it is to be stated."""

    period: MobilityPeriod
    conflict: str
    matter: str
    record: str
    candidates: tuple[str, ...]


class CrossingList(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``conflict.across``."""

    settled: Annotated[bool, labelled("也列出已解决的", "settled ones too")] = False


class PartAnswer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``conflict.answer_part``."""

    conflict: Annotated[
        str, labelled("编号（或开头几位）", "conflict (or how it begins)", argument=True, pattern=r"^[0-9a-f]{1,64}$")
    ]
    answer: Annotated[Literal["signed", "disputed"], labelled("答复", "answer", codes="part_answer")]
    reason: Annotated[
        Literal["not_the_same_person", "was_here", "entry_corrected"] | None,
        labelled("理由", "reason", codes="part_reason"),
    ] = None


class CrossingLine(msgspec.Struct, frozen=True, kw_only=True):
    """One destination's part. ``answer``: what that destination said of it."""

    conflict: Annotated[str, labelled("编号", "conflict")]
    matter: Annotated[str, labelled("事项", "matter", codes="crossing_matter")]
    record: Annotated[str, labelled("记录", "record")]
    name: Annotated[str | None, labelled("姓名", "name")]
    subject: Annotated[str, labelled("流动记录编号", "pseudonym")]
    peer: Annotated[str, labelled("结对方", "partner")]
    other: Annotated[str, labelled("另一方", "the other side", codes="crossing_other")]
    state: Annotated[str, labelled("状态", "state", codes="crossing_state")]
    answer: Annotated[str | None, labelled("流入地答复", "destination's answer", codes="part_answer")]
    reason: Annotated[str | None, labelled("理由", "reason", codes="part_reason")]


class CrossingsListed(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``conflict.across``."""

    open: Annotated[int, labelled("未解决", "open")]
    crossings: Annotated[list[CrossingLine], labelled("与另一流入地的冲突", "conflicts with another destination")]


class CrossingsTold(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``conflict.tell``."""

    stated: Annotated[int, labelled("新告知", "statements written")]


def tell(exchange: "Exchange") -> list[str]:
    """State what does not go together, and what does again; the pairings that got a statement.

    Once more is harmless: what stands already is not said again. A partner that cannot be told (its software, the
    agreement, a recovery) is told later.
    """
    told: list[str] = []
    store = exchange.store
    active = {pairing.pairing_id for pairing in exchange.pairings() if not pairing.recovering}
    crossings = list(crossings_in(store))
    wanted = {item.conflict for item in crossings}
    for item in [*crossings, *_settled(store, wanted)]:
        state: Literal["open", "settled"] = "open" if item.conflict in wanted else "settled"
        if item.period.pairing_id in active and not _stands(store, item, state):
            body = ConflictStated(
                conflict=item.conflict,
                matter=item.matter,  # type: ignore[arg-type]
                record=item.record,
                candidates=item.candidates,
                other=ANOTHER,
                state=state,
            )
            with suppress(ProtocolError):
                book = exchange.book(item.period.pairing_id)
                book.write("conflict.stated", body, version=book.current_version(), subject=item.period.subject)
                told.append(item.period.pairing_id)
    return told


def tell_now(act: Act, request: msgspec.Struct) -> CrossingsTold:
    """``tell`` at a person's word, for every partner."""
    told = tell(act.exchange)
    for pairing in sorted(set(told)):
        act.node.wake(pairing)
    return CrossingsTold(stated=len(told))


def crossings_in(store: Store) -> Iterator[Crossing]:
    """Every part of every claim that two destinations make of one member."""
    periods: dict[str, list[MobilityPeriod]] = {}
    for period in store.find(MobilityPeriod, side="origin"):
        periods.setdefault(period.member_id or "", []).append(period)
    for of_member in periods.values():
        if len({period.agreement for period in of_member}) > 1:
            yield from _of_member(store, of_member)


def _of_member(store: Store, periods: list[MobilityPeriod]) -> Iterator[Crossing]:
    claims: dict[tuple[str, str], list[tuple[MobilityPeriod, Claim]]] = {}
    for period in periods:
        records = unit_records(store, period.agreement, period.subject)
        for matter, find in MATTERS.items():
            for claim in find(records, origin_party(records)):
                claims.setdefault((matter, claim.key), []).append((period, claim))
    for (matter, _), made in claims.items():
        if len({period.pairing_id for period, _ in made}) < 2:
            continue
        for period, claim in made:
            name = conflict_id(f"another/{matter}", period.agreement, f"{period.subject}/{claim.record}", "")
            yield Crossing(period, name, matter, claim.record, claim.entries)


def _settled(store: Store, wanted: set[str]) -> Iterator[Crossing]:
    """What was stated and does not hold any more."""
    periods = {period.subject: period for period in store.find(MobilityPeriod, side="origin")}
    for agreement in sorted({period.agreement for period in periods.values()}):
        for subject, _, value in in_category(store, agreement, "stated"):
            said, period = value["effective"], periods.get(subject)
            if period is not None and said["conflict"] not in wanted:
                yield Crossing(period, said["conflict"], said["matter"], said["record"], tuple(said["candidates"]))


def _stands(store: Store, item: Crossing, state: str) -> bool:
    records = unit_records(store, item.period.agreement, item.period.subject)
    said = records.get(f"stated/{item.conflict}", {}).get("effective")
    return said is not None and said["state"] == state and tuple(said["candidates"]) == item.candidates


def list_crossings(act: Act, request: CrossingList) -> CrossingsListed:
    """What the origin stated about members in the person's reach: at the origin of all partners, else of ours."""
    titles = partner_titles(act.store)
    lines = [_line(act.store, found, titles) for found in _found(act.store, periods_in_reach(act))]
    shown = [line for line in lines if request.settled or line.state == "open"]
    shown.sort(key=lambda line: (line.state != "open", line.name or "", line.matter, line.record, line.peer))
    return CrossingsListed(open=sum(line.state == "open" for line in lines), crossings=shown)


def answer_part(act: Act, request: PartAnswer) -> CrossingLine:
    """Sign or dispute our part. Raises D-conflict-unknown, -ambiguous, D-not-destination, D-part-reason."""
    if (request.answer == "disputed") is (request.reason is None):
        raise refuse("D-part-reason")
    found = [
        item for item in _found(act.store, periods_in_reach(act)) if item.said["conflict"].startswith(request.conflict)
    ]
    if not found:
        raise refuse("D-conflict-unknown")
    if len(found) > 1:
        raise refuse("D-conflict-ambiguous", count=len(found))
    (stated,) = found
    if stated.period.side != "destination":
        raise refuse("D-not-destination")
    body = PartAnswered(stated=stated.id, answer=request.answer, reason=request.reason or msgspec.UNSET)
    write(act, stated.period, "conflict.part_answered", body, in_force=False)
    said = {"answer": request.answer, "reason": request.reason}
    return _line(act.store, stated._replace(answer=said), partner_titles(act.store))


class Stated(NamedTuple):
    """A statement as both nodes hold it. ``id``: the message that says so now."""

    id: str
    period: MobilityPeriod
    said: Value
    answer: dict[str, Any]


def _found(store: Store, periods: Sequence[MobilityPeriod]) -> Iterator[Stated]:
    """What was stated in these periods: nothing else of their members is read."""
    held = of_subjects(store, periods, ("stated", "part"))
    for period in periods:
        records = held.get(period.subject, {})
        for key, value in records.items():
            if key.startswith("stated/"):
                stated = min(standing(value), key=lambda entry: str(entry["id"]))
                answer = records.get(f"part/{stated['id']}", {}).get("effective", {})
                yield Stated(str(stated["id"]), period, stated["value"], answer)


def _line(store: Store, found: Stated, titles: Mapping[str, str]) -> CrossingLine:
    return CrossingLine(
        conflict=found.said["conflict"],
        matter=found.said["matter"],
        record=found.said["record"].partition("/")[2],
        name=name_of(store, found.period),
        subject=found.period.subject,
        peer=titles.get(found.period.pairing_id, ""),
        other=found.said["other"],
        state=found.said["state"],
        answer=found.answer.get("answer"),
        reason=found.answer.get("reason"),
    )
