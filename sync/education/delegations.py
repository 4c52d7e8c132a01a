"""Study that one side asks the other to hold for its members, and what came of it (委托组织集体学习, B-24).

A delegation is accepted, declined with a reason, or held; else it becomes overdue. The side that asked says *overdue*
only where it heard from its partner after the day; if it did not, the answer may be on its way and the state is
unknown. The result lists attendance, entered member by member under the delegation's event::

    made = delegate(act, StudyDelegate(topic="全会精神", due_on="2026-03-31"))
    hold(act, StudyHold(delegation=made.delegation, held_on="2026-03-20", present=["巴特尔"]))
"""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Annotated, Any, Literal, NamedTuple

import msgspec

from gongguan.protocol.errors import refuse
from gongguan.protocol.messages.education import DeclineReason, StudyAnswered, StudyDelegated, StudyHeld
from gongguan.protocol.messages.envelope import Body
from gongguan.sync.act import Act
from gongguan.sync.days import check_day, check_happened, today
from gongguan.sync.education.attendance import history
from gongguan.sync.education.invitations import NameText
from gongguan.sync.labels import DATE, labelled
from gongguan.sync.performance.activities import EntryLife, enter_life
from gongguan.sync.performance.feedback import day_end, last_heard
from gongguan.sync.persons.bodies import top_code
from gongguan.sync.records import AgreementVersion, Pairing
from gongguan.sync.rows import ROWS_MAX, each_row
from gongguan.sync.shared.charges import Charge, charges_in_reach, pick
from gongguan.sync.shared.entries import own_standing
from gongguan.sync.shared.partners import Peer, partner, partner_titles, version_in_force
from gongguan.sync.shared.views import (
    in_category,
    standing,
)
from gongguan.sync.store import Store

DelegationId = Annotated[str, labelled("委托编号", "delegation", argument=True, pattern=r"^[0-9a-f]{32}$")]
State = Literal["asked", "accepted", "declined", "done", "overdue", "unknown"]


class StudyDelegate(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``study.delegate``."""

    topic: Annotated[str, labelled("学习主题", "topic", argument=True, min_length=1, max_length=120)]
    due_on: Annotated[str, labelled("最迟日期", "to be held by", pattern=DATE)]
    peer: Peer = ""
    event: Annotated[
        Annotated[str, msgspec.Meta(pattern=r"^[0-9A-Za-z._-]{1,64}$")] | None,
        labelled("活动编号（不填自动编）", "event (made up if left out)"),
    ] = None


class StudyAnswer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``study.answer``."""

    delegation: DelegationId
    answer: Annotated[Literal["accept", "decline"], labelled("答复", "answer", codes="delegation_answer")]
    reason: Annotated[
        DeclineReason | None, labelled("不能承办的原因", "reason for declining", codes="decline_reason")
    ] = None


class StudyHold(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``study.hold``: it was held; who is named came, of the others nothing is said."""

    delegation: DelegationId
    held_on: Annotated[str, labelled("举办日期", "held on", pattern=DATE)]
    present: Annotated[list[NameText], labelled("参加的人", "who came", max_length=ROWS_MAX)] = []


class StudyList(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``study.list``."""


class StudyShow(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``study.show``."""

    delegation: DelegationId


class StudyLine(msgspec.Struct, frozen=True, kw_only=True):
    """One delegation with its state; ``attended``: members in reach who are known to have come."""

    direction: Annotated[str, labelled("方向", "direction", codes="direction")]
    peer: Annotated[str, labelled("对方", "partner")]
    topic: Annotated[str, labelled("学习主题", "topic")]
    due_on: Annotated[str, labelled("最迟日期", "to be held by")]
    state: Annotated[str, labelled("状态", "state", codes="delegation_state")]
    reason: Annotated[str | None, labelled("不能承办的原因", "reason", codes="decline_reason")]
    held_on: Annotated[str | None, labelled("举办日期", "held on")]
    told_attended: Annotated[int | None, labelled("承办方确认人数", "attended, as the holder says")]
    event: Annotated[str, labelled("活动编号", "event")]
    delegation: Annotated[str, labelled("委托编号", "delegation")]


class StudiesListed(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``study.list``, newest first."""

    studies: Annotated[list[StudyLine], labelled("委托学习", "delegated study")]


class ParticipantLine(msgspec.Struct, frozen=True, kw_only=True):
    """One member for whom the study was."""

    name: Annotated[str, labelled("姓名", "name")]
    attendance: Annotated[str, labelled("参加情况", "attendance", codes="attendance")]


class StudyShown(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``study.show``."""

    study: Annotated[StudyLine, labelled("委托学习", "delegated study")]
    people: Annotated[list[ParticipantLine], labelled("党员", "members")]


class Delegation(NamedTuple):
    """A delegation as both nodes hold it. ``own``: we asked."""

    id: str
    own: bool
    agreement: str
    pairing_id: str
    value: dict[str, Any]
    answer: dict[str, Any] | None
    result: dict[str, Any] | None

    def state(self, store: Store, day: date) -> State:
        """Where it stands on that day (B-24)."""
        if self.result is not None:
            return "done"
        if self.answer is not None and self.answer["answer"] == "decline":
            return "declined"
        due_on = date.fromisoformat(self.value["due_on"])
        if day <= due_on:
            return "accepted" if self.answer is not None else "asked"
        # What we owe ourselves we know; what the partner owes may be done and not have arrived.
        known = not self.own or last_heard(store, self.pairing_id) >= day_end(due_on)
        return "overdue" if known else "unknown"


def delegate(act: Act, request: StudyDelegate) -> StudyLine:
    """Ask a partner to hold a study. Raises D-peer-…, D-date, D-study-past, D-study-known, G-…."""
    if check_day(request.due_on) < today(act.now):
        raise refuse("D-study-past")
    pairing = partner(act.store, request.peer)
    event = request.event or f"study-{act.random_hex(4)}"
    if any(item.own and item.value["event"] == event for item in delegations(act.store)):
        raise refuse("D-study-known", event=event)
    body = StudyDelegated(event=event, topic=request.topic, due_on=request.due_on)
    made = _write(act, pairing.pairing_id, "study.delegated", body)
    agreement = _agreement(act, pairing.pairing_id)
    value = {"event": event, "topic": request.topic, "due_on": request.due_on}
    return _line(act, Delegation(made, True, agreement, pairing.pairing_id, value, None, None))


def answer(act: Act, request: StudyAnswer) -> StudyLine:
    """Accept, or decline with a reason. Raises D-study-unknown, D-study-reason, D-study-done, G-…."""
    if (request.answer == "decline") != (request.reason is not None):
        raise refuse("D-study-reason")
    found = _received(act, request.delegation)
    body = StudyAnswered(
        delegation=found.id, answer=request.answer, reason=msgspec.UNSET if request.reason is None else request.reason
    )
    _write(act, found.pairing_id, "study.answered", body)
    return _line(act, found._replace(answer={"answer": request.answer, "reason": request.reason}))


def hold(act: Act, request: StudyHold) -> StudyLine:
    """It was held: enter who came and tell the partner. Raises D-study-…, D-date…, D-rows, G-…."""
    found = _received(act, request.delegation)
    check_happened(act.now, request.held_on)
    charges = [charge for charge in charges_in_reach(act) if concerns(found, charge)]
    came = {charge.person for charge in charges if _attendance(act.store, charge, found.value["event"]) == "confirmed"}
    rows = [Attendant(text) for text in dict.fromkeys(request.present)]
    came |= set(each_row(rows, lambda row: _enter(act, pick(charges, row.person), found, request.held_on)))
    result: dict[str, Any] = {"held_on": request.held_on, **({"attended": len(came)} if came else {})}
    _write(act, found.pairing_id, "study.held", StudyHeld(delegation=found.id, **result))
    return _line(act, found._replace(result=result))


def list_studies(act: Act, request: StudyList) -> StudiesListed:
    """Delegations asked here or by partners: all for people of the whole committee, else those for members in reach."""
    titles = partner_titles(act.store)
    lines = [_line(act, item, titles) for item in _readable(act, delegations(act.store))]
    return StudiesListed(studies=sorted(lines, key=lambda line: (line.due_on, line.delegation), reverse=True))


def show_study(act: Act, request: StudyShow) -> StudyShown:
    """One delegation with the attendance of those in reach for whom it was. Raises D-study-unknown."""
    found = _known(act, request.delegation)
    people = [
        ParticipantLine(name=charge.name, attendance=_attendance(act.store, charge, found.value["event"]))
        for charge in charges_in_reach(act)
        if concerns(found, charge)
    ]
    return StudyShown(study=_line(act, found), people=people)


def delegations(store: Store) -> Iterator[Delegation]:
    """Every delegation that stands, under whatever agreement."""
    parties = {pairing.pairing_id: pairing.party for pairing in store.find(Pairing)}
    agreements = {row.agreement: row.pairing_id for row in store.find(AgreementVersion)}
    for agreement, pairing_id in agreements.items():
        answers = {key.partition("/")[2]: value for _, key, value in in_category(store, agreement, "study_answer")}
        results = {key.partition("/")[2]: value for _, key, value in in_category(store, agreement, "study_result")}
        for _, key, value in in_category(store, agreement, "study"):
            own = key.startswith(f"study/{parties.get(pairing_id)}/")
            entry = standing(value)[-1]
            answer, result = answers.get(entry["id"]), results.get(entry["id"])
            yield Delegation(
                id=entry["id"],
                own=own,
                agreement=agreement,
                pairing_id=pairing_id,
                value=entry["value"],
                answer=answer["effective"] if answer else None,
                result=result["effective"] if result else None,
            )


def concerns(found: Delegation, charge: Charge) -> bool:
    """Members of the asking side with this partner: away at the side that asked, here at the side that holds."""
    side = "origin" if found.own else "destination"
    return charge.side == side and any(period.agreement == found.agreement for period in charge.periods)


# --- inside ---------------------------------------------------------------------------------------------------


class Attendant(NamedTuple):
    """A name among those who came."""

    person: str


def _readable(act: Act, found: Iterable[Delegation]) -> list[Delegation]:
    if top_code(act.store) == act.staff.body_code:
        return list(found)
    charges = charges_in_reach(act)
    return [item for item in found if any(concerns(item, charge) for charge in charges)]


def _known(act: Act, delegation: str) -> Delegation:
    for item in _readable(act, (item for item in delegations(act.store) if item.id == delegation)):
        return item
    raise refuse("D-study-unknown")


def _received(act: Act, delegation: str) -> Delegation:
    found = _known(act, delegation)
    if found.own:
        raise refuse("D-study-unknown")
    if found.result is not None:
        raise refuse("D-study-done")
    return found


def _enter(act: Act, charge: Charge, found: Delegation, held_on: str) -> str:
    """Enter that a member came, unless that stands already; the person."""
    if charge.period is None:
        raise refuse("D-person-unknown")
    event = str(found.value["event"])
    standing = own_standing(act, charge.period, f"life/{event}")
    if standing is not None and standing["value"]["attendance"] == "confirmed":
        return charge.person
    topic = str(found.value["topic"])
    subject = charge.period.subject
    enter_life(act, EntryLife(subject=subject, event=event, activity="study", on=held_on, title=topic))
    return charge.person


def _write(act: Act, pairing_id: str, kind: str, body: Body) -> str:
    message = act.exchange.book(pairing_id).write(kind, body, version=version_in_force(act, pairing_id))
    act.node.wake(pairing_id)
    return message.id


def _agreement(act: Act, pairing_id: str) -> str:
    version = act.exchange.book(pairing_id).version(version_in_force(act, pairing_id))
    return version.agreement if version else ""


def _attendance(store: Store, charge: Charge, event: str) -> str:
    return next((known.attendance for known in history(store, charge) if known.event == event), "unknown")


def _line(act: Act, item: Delegation, titles: dict[str, str] | None = None) -> StudyLine:
    names = titles if titles is not None else partner_titles(act.store)
    return StudyLine(
        direction="sent" if item.own else "received",
        peer=names.get(item.pairing_id, ""),
        topic=item.value["topic"],
        due_on=item.value["due_on"],
        state=item.state(act.store, today(act.now)),
        reason=item.answer.get("reason") if item.answer else None,
        held_on=item.result["held_on"] if item.result else None,
        told_attended=item.result.get("attended") if item.result else None,
        event=item.value["event"],
        delegation=item.id,
    )
