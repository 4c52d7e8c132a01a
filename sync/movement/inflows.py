"""People who came without a notice (A-33, A-40): taken down here, then claimed or denied by the origin.

Whoever reports here is taken down and asked about, never admitted: the partner named as the origin gets the keyed
digest of the ID number and no name. The origin finds the member by it and gives the notice that was missing, or says
that it has no such member. With the answer the identity counts as checked, and the admission goes its usual way::

    take_inflow(act, InflowTake(name="巴特尔", id_number="99…", found_on="2026-03-02", peer="k3f…"))
    match_inflow(origin_act, InflowMatch(inflow="3fa9"))      # or deny_inflow(…, reason="no_such_member")
"""

import hmac
from collections.abc import Iterator, Sequence
from typing import Annotated, Literal, NamedTuple

import msgspec

from gongguan.protocol.errors import refuse
from gongguan.protocol.messages.movement import InflowAnswered, InflowReported
from gongguan.sync.act import Act
from gongguan.sync.cells import parse_code
from gongguan.sync.days import check_happened, today
from gongguan.sync.exchange.match_keys import match_key_name, match_of
from gongguan.sync.exchange.values import Value
from gongguan.sync.identity import parse_id_number, parse_name, parse_phone
from gongguan.sync.labels import DATE, labelled
from gongguan.sync.movement.departures import DepartureNotify, notify_departure
from gongguan.sync.persons.bodies import is_within, top_code
from gongguan.sync.persons.histories import put_with_history
from gongguan.sync.persons.staff import names_in_reach
from gongguan.sync.records import AgreementVersion, Departure, Intake, Member, MobilityPeriod, Pairing, Setting
from gongguan.sync.shared.partners import Peer, active_pairing, agreement_in_force, partner_titles, version_in_force
from gongguan.sync.shared.periods import (
    OPEN_STATES,
    period_state,
)
from gongguan.sync.shared.places import region_of
from gongguan.sync.shared.views import (
    effective,
    in_category,
    under_key,
)
from gongguan.sync.store import Store

InflowRef = Annotated[
    str, labelled("编号（或开头几位）", "inflow (or how it begins)", argument=True, pattern=r"^[0-9a-f]{4,32}$")
]


class InflowTake(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``inflow.take``. Without ``peer`` nobody is asked yet."""

    name: Annotated[str, labelled("姓名", "name", min_length=1, max_length=60)]
    id_number: Annotated[str, labelled("公民身份号码", "ID number", max_length=40)]
    found_on: Annotated[str, labelled("报到或发现日期", "found on", pattern=DATE)]
    phone: Annotated[Annotated[str, msgspec.Meta(max_length=20)] | None, labelled("联系电话", "phone")] = None
    certificate_number: Annotated[
        Annotated[str, msgspec.Meta(max_length=60)] | None, labelled("出示的活动证号", "certificate shown")
    ] = None
    peer: Peer = ""


class InflowAsk(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``inflow.ask``."""

    inflow: InflowRef
    peer: Peer


class InflowDrop(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``inflow.drop``."""

    inflow: InflowRef


class InflowDropped(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``inflow.drop``."""

    inflow: Annotated[str, labelled("编号", "inflow")]


class InflowList(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``inflow.list``."""

    answered: Annotated[bool, labelled("也列出已答复的", "answered ones too")] = False


class InflowMatch(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``inflow.match``."""

    inflow: InflowRef


class InflowDeny(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``inflow.deny``."""

    inflow: InflowRef
    reason: Annotated[
        Literal["no_such_member", "affiliation_elsewhere", "no_longer_a_member"],
        labelled("理由", "reason", codes="inflow_denial"),
    ]


class InflowLine(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who came without a notice. At the origin ``name`` is that of the member with this ID number, if any.

    ``member_id``: which of several of that name, to issue the certificate that a notice asks for.
    """

    inflow: Annotated[str, labelled("编号", "inflow")]
    side: Annotated[str, labelled("本方是", "we are", codes="side")]
    peer: Annotated[str | None, labelled("对方", "partner")]
    name: Annotated[str | None, labelled("姓名", "name")]
    found_on: Annotated[str, labelled("报到或发现日期", "found on")]
    certificate_number: Annotated[str | None, labelled("出示的活动证号", "certificate shown")]
    state: Annotated[str, labelled("状态", "state", codes="inflow_state")]
    reason: Annotated[str | None, labelled("不认领的理由", "why denied", codes="inflow_denial")]
    subject: Annotated[str | None, labelled("流动记录编号", "subject")]
    member_id: Annotated[str | None, labelled("党员编号", "member id")] = None


class InflowsListed(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``inflow.list``; ``waiting`` counts those without an answer."""

    waiting: Annotated[int, labelled("待答复", "waiting")]
    inflows: Annotated[list[InflowLine], labelled("未经通报的流入党员", "people without a notice")]


class Report(NamedTuple):
    """What a partner asked, as both nodes hold it."""

    id: str
    value: Value
    pairing: Pairing
    agreement: str
    answer: Value | None


def take_inflow(act: Act, request: InflowTake) -> InflowLine:
    """Take somebody down, and ask the partner that is named. Admits nobody.

    Raises D-name, D-id-…, D-phone…, D-date…, D-peer-…, D-inflow-noticed (a notice about this person is here already),
    D-inflow-no-key, G-….
    """
    check_happened(act.now, request.found_on)
    synthetic = act.node.synthetic
    intake = Intake(
        intake_id=act.random_hex(16),
        found_on=request.found_on,
        name=parse_name(request.name).value,
        id_number=parse_id_number(request.id_number, synthetic).value,
        phone=parse_phone(request.phone, synthetic).value if request.phone else None,
        certificate_number=parse_code(request.certificate_number).value if request.certificate_number else None,
        taken_by=act.staff.name,
        state="open",
    )
    return _kept(act, _asked(act, intake, request.peer) if request.peer else intake)


def ask_origin(act: Act, request: InflowAsk) -> InflowLine:
    """Ask a partner about somebody who was taken down, or another one after a denial. Raises D-inflow-…, D-peer-…."""
    return _kept(act, _asked(act, _unclaimed(act, request.inflow), request.peer))


def drop_inflow(act: Act, request: InflowDrop) -> InflowDropped:
    """Delete what was taken down of somebody whom nobody claims: we keep no data of people who are no members here.

    Raises D-inflow-unknown, D-inflow-answered while the question is open or after a match.
    """
    intake = _unclaimed(act, request.inflow)
    act.store.remove(Intake, intake.intake_id)
    return InflowDropped(inflow=intake.intake_id)


def _unclaimed(act: Act, reference: str) -> Intake:
    mine = names_in_reach(act)
    found = [item for item in act.store.find(Intake, taken_by__in=mine) if item.intake_id.startswith(reference)]
    if len(found) != 1:
        raise refuse("D-inflow-unknown")
    if found[0].state not in ("open", "denied"):
        raise refuse("D-inflow-answered")
    return found[0]


def list_inflows(act: Act, request: InflowList) -> InflowsListed:
    """Those taken down here, and those about whom partners ask."""
    titles = partner_titles(act.store)
    lines = [_line_here(intake, titles) for intake in act.store.find(Intake)]
    asked = [report for report in _reports(act.store) if report.value["party"] != report.pairing.party]
    known = _members_meant(act.store, asked)
    lines += [_line_asked(act, report, known.get(report.id), titles) for report in asked]
    waiting = [line for line in lines if line.state in ("open", "asked", "denied")]
    shown = lines if request.answered else waiting
    return InflowsListed(
        waiting=sum(line.state in ("open", "asked") for line in lines),
        inflows=sorted(shown, key=lambda line: (line.found_on, line.inflow)),
    )


def match_inflow(act: Act, request: InflowMatch) -> InflowLine:
    """Say that this is our member, with the notice that was missing.

    Raises D-inflow-unknown, D-inflow-answered, D-inflow-no-member, and what ``departure.notify`` does.
    """
    report = _asked_of_us(act, request.inflow)
    member = _by_match(act.store, [report]).get(report.id)
    if not is_within(act.store, member.branch_code if member else top_code(act.store) or "", act.staff.body_code):
        # To somebody of one branch it is all the same whether the person is another branch's, or nobody's.
        raise refuse("D-inflow-unknown")
    if member is None:
        raise refuse("D-inflow-no-member")
    subject = _noticed(act.store, report, member) or _notify(act, report, member)
    _answer(act, report, InflowAnswered(inflow=report.id, answer="matched", member=subject))
    return _line_asked(act, _again(report, "matched", subject, None), member, partner_titles(act.store))


def deny_inflow(act: Act, request: InflowDeny) -> InflowLine:
    """Say that this is no member of ours. Raises D-inflow-unknown, D-inflow-answered, D-inflow-is-ours."""
    report = _asked_of_us(act, request.inflow)
    known = _by_match(act.store, [report])
    if known and request.reason == "no_such_member":
        raise refuse("D-inflow-is-ours")
    _answer(act, report, InflowAnswered(inflow=report.id, answer="denied", reason=request.reason))
    return _line_asked(act, _again(report, "denied", None, request.reason), None, partner_titles(act.store))


# --- here -------------------------------------------------------------------------------------------------------------


def _asked(act: Act, intake: Intake, peer: str) -> Intake:
    pairing = active_pairing(act.store, peer)
    agreement = agreement_in_force(act, pairing.pairing_id)
    key = act.store.get(Setting, match_key_name(agreement))
    if key is None:
        raise refuse("D-inflow-no-key")
    match = match_of(bytes.fromhex(key.value), intake.id_number)
    _check_unnoticed(act.store, agreement, match)
    body = InflowReported(
        match=match, found_on=intake.found_on, certificate_number=intake.certificate_number or msgspec.UNSET
    )
    version = version_in_force(act, pairing.pairing_id)
    message = act.exchange.book(pairing.pairing_id).write("inflow.reported", body, version=version)
    act.node.wake(pairing.pairing_id)
    return msgspec.structs.replace(
        intake, state="asked", pairing_id=pairing.pairing_id, message=message.id, reason=None
    )


def _check_unnoticed(store: Store, agreement: str, match: str) -> None:
    for subject, value in under_key(store, agreement, "movement/departure"):
        told = (effective(value) or {}).get("match")
        period = store.get(MobilityPeriod, subject) if told and hmac.compare_digest(told, match) else None
        if period is not None and period_state(store, period) in OPEN_STATES:
            raise refuse("D-inflow-noticed", subject=subject)


def _kept(act: Act, intake: Intake) -> InflowLine:
    act.store.put(intake)
    return _line_here(intake, partner_titles(act.store))


def _line_here(intake: Intake, titles: dict[str, str]) -> InflowLine:
    return InflowLine(
        inflow=intake.intake_id,
        side="destination",
        peer=titles.get(intake.pairing_id) if intake.pairing_id else None,
        name=intake.name,
        found_on=intake.found_on,
        certificate_number=intake.certificate_number,
        state=intake.state,
        reason=intake.reason,
        subject=intake.subject,
    )


# --- what partners ask ------------------------------------------------------------------------------------------------


def _reports(store: Store) -> Iterator[Report]:
    for pairing in store.find(Pairing):
        for agreement in sorted(_agreements(store, pairing)):
            answers = {key: value for _, key, value in in_category(store, agreement, "inflow_answer")}
            for _, key, value in in_category(store, agreement, "inflow"):
                answer = answers.get(f"inflow_answer/{key.partition('/')[2]}")
                said = answer["effective"] if answer else None
                yield Report(key.partition("/")[2], value, pairing, agreement, said)


def _agreements(store: Store, pairing: Pairing) -> set[str]:
    return {item.agreement for item in store.find(AgreementVersion, pairing_id=pairing.pairing_id)}


def _asked_of_us(act: Act, reference: str) -> Report:
    found = [
        report
        for report in _reports(act.store)
        if report.id.startswith(reference) and report.value["party"] != report.pairing.party
    ]
    if len(found) != 1:
        raise refuse("D-inflow-unknown")
    if found[0].answer is not None:
        raise refuse("D-inflow-answered")
    return found[0]


def _by_match(store: Store, reports: Sequence[Report]) -> dict[str, Member]:
    """Report → the member of ours with the digest that it asks about; every ID number is opened once for all."""
    wanted: dict[str, dict[str, list[str]]] = {}
    for report in reports:
        wanted.setdefault(report.agreement, {}).setdefault(str(report.value["value"]["match"]), []).append(report.id)
    numbers = store.pick(Member, ("member_id", "id_number")) if wanted else []
    found: dict[str, Member] = {}
    for agreement, matches in wanted.items():
        key = store.get(Setting, match_key_name(agreement))
        if key is None:
            continue
        secret = bytes.fromhex(key.value)
        for member_id, id_number in numbers:
            asking = matches.get(match_of(secret, id_number))
            member = store.get(Member, member_id) if asking else None
            if asking and member is not None:
                found |= dict.fromkeys(asking, member)
    return found


def _members_meant(store: Store, reports: Sequence[Report]) -> dict[str, Member]:
    """Report → member: of those that were answered by their subject, of the others by digest, which takes longer."""
    found = _by_match(store, [report for report in reports if report.answer is None])
    for report in reports:
        period = store.get(MobilityPeriod, str(report.answer.get("member"))) if report.answer else None
        member = store.get(Member, period.member_id) if period and period.member_id else None
        if member is not None:
            found[report.id] = member
    return found


def _noticed(store: Store, report: Report, member: Member) -> str | None:
    """The subject of an open notice that crossed the question."""
    for period in store.find(MobilityPeriod, member_id=member.member_id, agreement=report.agreement):
        if period_state(store, period) in OPEN_STATES:
            return period.subject
    return None


def _notify(act: Act, report: Report, member: Member) -> str:
    place = region_of(act.store, report.pairing)
    found_on = str(report.value["value"]["found_on"])
    act.store.add(
        Departure(
            departure_id=act.random_hex(16),
            member_id=member.member_id,
            reported_on=today(act.now).isoformat(),
            left_on=found_on,
            destination_place=place,
            reason="other",
        )
    )
    if not member.floating:
        put_with_history(act.store, [msgspec.structs.replace(member, floating=True)], today(act.now), act.stamp())
    request = DepartureNotify(member_id=member.member_id, peer=report.pairing.pairing_id)
    return str(notify_departure(act, request).subject)


def _answer(act: Act, report: Report, body: InflowAnswered) -> None:
    version = version_in_force(act, report.pairing.pairing_id)
    act.exchange.book(report.pairing.pairing_id).write("inflow.answered", body, version=version)
    act.node.wake(report.pairing.pairing_id)


def _again(report: Report, answer: str, subject: str | None, reason: str | None) -> Report:
    return report._replace(answer={"answer": answer, "member": subject, "reason": reason})


def _line_asked(act: Act, report: Report, member: Member | None, titles: dict[str, str]) -> InflowLine:
    seen = member if member and is_within(act.store, member.branch_code, act.staff.body_code) else None
    said = report.answer or {}
    return InflowLine(
        inflow=report.id,
        side="origin",
        peer=titles.get(report.pairing.pairing_id),
        name=seen.name if seen else None,
        found_on=str(report.value["value"]["found_on"]),
        certificate_number=report.value["value"].get("certificate_number"),
        state=str(said.get("answer") or "asked"),
        reason=said.get("reason"),
        subject=said.get("member"),
        member_id=seen.member_id if seen else None,
    )
