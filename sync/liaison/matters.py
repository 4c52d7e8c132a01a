"""Matters that members away from home have to hear of, elections among them, and who was reached (A-20, A-21).

The origin keeps the matter and asks partners to pass it on. Each member is *informed*, *not reached*, or *unknown*:
what nobody confirmed is unknown. What the origin's own people confirm stays on this node; what the destination
confirms comes as its message. Of an election the notice and the reply go to and fro, never a vote::

    announce_matter(act, MatterAnnounce(matter="2026-election", category="election", on="2026-05-10", …))
    inform(partner_act, MatterInform(matter="2026-election", people=["巴特尔"], outcome="informed"))
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Annotated, Literal, NamedTuple

import msgspec

from gongguan.protocol.errors import AgreementError, ExchangeError, refuse
from gongguan.protocol.limits import NAME_CHARS_MAX, TEXT_CHARS_MAX
from gongguan.protocol.messages.matter import BRANCHES_MAX, MatterAnnounced, MatterPassedOn
from gongguan.sync.act import Act
from gongguan.sync.days import check_day, check_happened, today
from gongguan.sync.exchange.values import Value
from gongguan.sync.labels import DATE, labelled
from gongguan.sync.liaison.meetings import agreed_pairings
from gongguan.sync.liaison.notices import check_no_id_number
from gongguan.sync.persons.bodies import is_within, short_names, subtree, top_code
from gongguan.sync.records import Matter, MatterReach, MobilityPeriod, Pairing
from gongguan.sync.shared.charges import Charge, charges_in_reach, pick
from gongguan.sync.shared.entries import write
from gongguan.sync.shared.partners import Peer, agreement_of, title_of, write_to
from gongguan.sync.shared.periods import (
    notice_of,
)
from gongguan.sync.shared.views import (
    effective,
    in_category,
    of_agreement,
    shared,
)
from gongguan.sync.store import Store

PEOPLE_MAX = 1000
CURRENT_DAYS = 90
"""Matters whose day is longer past are listed on request only."""

Category = Literal["important_matter", "election", "activity"]
Outcome = Literal["informed", "not_reached"]
Reply = Literal["will_attend", "cannot_attend"]
MatterId = Annotated[
    str, labelled("事项编号（双方通用）", "matter, as both call it", argument=True, pattern=r"^[0-9A-Za-z._-]{1,64}$")
]


class MatterAnnounce(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``matter.announce``. A branch's clerk announces to the own branch's members."""

    matter: MatterId
    category: Annotated[Category, labelled("类别", "category", codes="matter_category")]
    title: Annotated[str, labelled("标题", "title", min_length=1, max_length=NAME_CHARS_MAX)]
    text: Annotated[str, labelled("内容", "text", min_length=1, max_length=TEXT_CHARS_MAX)]
    on: Annotated[str, labelled("活动或选举日期，或转告期限", "day of the event, or by when to pass on", pattern=DATE)]
    here_only: Annotated[
        bool, labelled("只由本方告知，不请流入地转告", "told by ourselves, no destination is asked")
    ] = False


class MatterTold(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``matter.announce``."""

    matter: Annotated[str, labelled("事项编号", "matter")]
    members: Annotated[int, labelled("涉及流动党员", "members concerned")]
    relayed_count: Annotated[int, labelled("已请转告的单位", "partners asked")]
    not_relayed: Annotated[list[str], labelled("现行协议不含此项的单位", "partners whose agreement leaves it out")]


class MatterInform(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``matter.inform``: these members were reached, or could not be. ``on`` left out: today."""

    matter: MatterId
    people: Annotated[
        list[Annotated[str, msgspec.Meta(max_length=120)]],
        labelled("党员（姓名、拼音首字母或编号）", "members", argument=True, min_length=1, max_length=PEOPLE_MAX),
    ]
    outcome: Annotated[Outcome, labelled("结果", "outcome", codes="matter_outcome")] = "informed"
    reply: Annotated[Reply | None, labelled("是否参加", "reply", codes="matter_reply")] = None
    on: Annotated[Annotated[str, msgspec.Meta(pattern=DATE)] | None, labelled("日期（默认今天）", "on (today)")] = None
    peer: Peer = ""


class MatterInformed(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``matter.inform``."""

    matter: Annotated[str, labelled("事项编号", "matter")]
    recorded: Annotated[int, labelled("已登记", "recorded")]


class MatterList(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``matter.list``."""

    past: Annotated[bool, labelled("也列出早已过期的", "also those long past")] = False


class MatterLine(msgspec.Struct, frozen=True, kw_only=True):
    """One matter with how many were reached. ``peer`` None: our own."""

    matter: Annotated[str, labelled("事项编号", "matter")]
    category: Annotated[str, labelled("类别", "category", codes="matter_category")]
    title: Annotated[str, labelled("标题", "title")]
    on: Annotated[str, labelled("日期", "date")]
    peer: Annotated[str | None, labelled("受谁委托转告", "passed on for")]
    informed: Annotated[int, labelled("已告知", "informed")]
    not_reached: Annotated[int, labelled("未联系上", "not reached")]
    unknown: Annotated[int, labelled("不掌握", "unknown")]


class MattersListed(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``matter.list``, newest first."""

    matters: Annotated[list[MatterLine], labelled("事项", "matters")]


class MatterShow(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``matter.show``."""

    matter: MatterId
    peer: Peer = ""


class ReachLine(msgspec.Struct, frozen=True, kw_only=True):
    """One member and the matter. ``side``: whose people confirmed it."""

    name: Annotated[str, labelled("姓名", "name")]
    state: Annotated[str, labelled("结果", "state", codes="matter_outcome")]
    on: Annotated[str | None, labelled("日期", "date")]
    side: Annotated[str | None, labelled("由谁确认", "confirmed by", codes="side")]
    reply: Annotated[str | None, labelled("是否参加", "reply", codes="matter_reply")]
    person: Annotated[str, labelled("编号", "id")]


class MatterShown(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``matter.show``."""

    line: Annotated[MatterLine, labelled("事项", "matter")]
    text: Annotated[str, labelled("内容", "text")]
    people: Annotated[list[ReachLine], labelled("每名党员", "each member")]


class Known(NamedTuple):
    """A matter as it is known here. ``pairing``: whose it is; None for our own.

    ``body_code``: the body here that announced it; ``branches``: those that a partner means, none for all of them.
    """

    matter: str
    category: str
    title: str
    text: str
    on: str
    body_code: str = ""
    branches: frozenset[str] = frozenset()
    pairing: Pairing | None = None


def announce_matter(act: Act, request: MatterAnnounce) -> MatterTold:
    """Keep a matter and ask partners to pass it on.

    Raises D-matter-known, D-matter-notice, D-notice-id-number, D-date.
    """
    _check_notice(act, request)
    check_no_id_number(f"{request.title}\n{request.text}")
    if act.store.get(Matter, request.matter) is not None:
        raise refuse("D-matter-known", matter=request.matter)
    code = act.staff.body_code
    act.store.add(
        Matter(
            matter_id=request.matter,
            category=request.category,
            title=request.title,
            text=request.text,
            on=request.on,
            body_code=code,
            announced_on=today(act.now).isoformat(),
        )
    )
    people = [charge for charge in charges_in_reach(act, today(act.now)) if is_ours(charge, today(act.now))]
    relayed, not_relayed = _relay(act, request, people)
    return MatterTold(matter=request.matter, members=len(people), relayed_count=relayed, not_relayed=not_relayed)


def inform(act: Act, request: MatterInform) -> MatterInformed:
    """Say of members whether they were reached.

    Raises D-matter-unknown, D-matter-ambiguous, D-matter-reply, D-person-….
    """
    on = check_happened(act.now, request.on) if request.on else today(act.now)
    known = _named(act, request.matter, request.peer)
    if request.reply is not None and (known.category == "important_matter" or request.outcome != "informed"):
        raise refuse("D-matter-reply")
    concerned = list(Reaches(act).concerned(known))
    for text in dict.fromkeys(request.people):
        _record(act, known, pick(concerned, text), request, on)
    return MatterInformed(matter=known.matter, recorded=len(set(request.people)))


def list_matters(act: Act, request: MatterList) -> MattersListed:
    """Own matters and those that partners asked to pass on, with counts within the person's reach."""
    reaches, oldest = Reaches(act), (today(act.now) - timedelta(days=CURRENT_DAYS)).isoformat()
    found = [known for known in every_matter(act) if request.past or known.on >= oldest]
    shown = [known for known in found if reaches.is_readable(known)]
    lines = [_line(act.store, known, list(reaches.lines(known))) for known in shown]
    return MattersListed(matters=sorted(lines, key=lambda line: (line.on, line.matter), reverse=True))


def show_matter(act: Act, request: MatterShow) -> MatterShown:
    """One matter and every member concerned. Raises D-matter-unknown, D-matter-ambiguous."""
    known, reaches = _named(act, request.matter, request.peer), Reaches(act)
    if not reaches.is_readable(known):
        raise refuse("D-matter-unknown", matter=request.matter)
    people = list(reaches.lines(known))
    return MatterShown(line=_line(act.store, known, people), text=known.text, people=people)


def every_matter(act: Act) -> Iterator[Known]:
    """Own matters of bodies above or below the person's, and all that partners announced."""
    for item in act.store.find(Matter):
        code, reach = item.body_code, act.staff.body_code
        if is_within(act.store, code, reach) or is_within(act.store, reach, code):
            yield Known(item.matter_id, item.category, item.title, item.text, item.on, item.body_code)
    for pairing in agreed_pairings(act.store, today(act.now)):
        records = of_agreement(act.store, agreement_of(act.store, pairing.pairing_id), "matter")
        for key, record in records.items():
            value = effective(record) if key.startswith(f"matter/{1 - pairing.party}/") else None
            if value is not None:
                said = (value["matter"], value["category"], value["title"], value["text"], value["on"])
                yield Known(*said, branches=frozenset(value.get("branches", ())), pairing=pairing)


class Reaches:
    """Who was reached with which matter, for one person at one moment: what is the same for all is read once."""

    def __init__(self, act: Act, charges: Sequence[Charge] | None = None) -> None:
        self._store = act.store
        self._day = today(act.now)
        self._charges = charges_in_reach(act) if charges is None else charges
        self._told: dict[str, dict[tuple[str, str], Value]] = {}
        self._whole = top_code(act.store) == act.staff.body_code

    def is_readable(self, known: Known) -> bool:
        """A partner's matter is for people of the whole committee, and of the bodies whose members it concerns."""
        return known.pairing is None or self._whole or any(True for _ in self.concerned(known))

    def concerned(self, known: Known) -> Iterator[Charge]:
        """Members in reach whom a matter concerns: who are away on its day, or today where that is still to come."""
        day = min(self._day, date.fromisoformat(known.on))
        codes = subtree(self._store, known.body_code)
        for charge in self._charges:
            if known.pairing is None:
                if is_ours(charge, day) and charge.body_code in codes:
                    yield charge
            elif charge.side == "destination" and charge.is_away(day) and self._is_of(charge, known):
                yield charge

    def lines(self, known: Known) -> Iterator[ReachLine]:
        """Each member concerned with what is confirmed; what nobody confirmed is unknown."""
        own = {item.person: item for item in self._own(known)}
        for charge in self.concerned(known):
            state = self._state(known, charge, own.get(charge.person)) or {}
            yield ReachLine(
                name=charge.name,
                state=state.get("outcome") or "unknown",
                on=state.get("on"),
                side=state.get("side"),
                reply=state.get("reply"),
                person=charge.person,
            )

    def unknown(self, known: Known) -> Iterator[Charge]:
        """Those of whom nothing is known and whom somebody here has to reach, since no destination was asked to."""
        own = {item.person: item for item in self._own(known)}
        for charge in self.concerned(known):
            if not self._is_relayed(known, charge) and self._state(known, charge, own.get(charge.person)) is None:
                yield charge

    def _is_relayed(self, known: Known, charge: Charge) -> bool:
        """Whether a matter of ours went to the partner where the member is now."""
        pairing = self._store.get(Pairing, charge.period.pairing_id) if charge.period and not known.pairing else None
        if charge.period is None or pairing is None:
            return False
        key = f"matter/{pairing.party}/{known.matter}"
        return shared(self._store, charge.period.agreement, "agreement", key) is not None

    def _own(self, known: Known) -> list[MatterReach]:
        return self._store.find(MatterReach, matter_id=known.matter) if known.pairing is None else []

    def _state(self, known: Known, charge: Charge, own: MatterReach | None) -> Mapping[str, str | None] | None:
        """By the own people, or by the destination; informed goes before not reached."""
        found: list[dict[str, str | None]] = []
        if own is not None:
            found.append({"outcome": own.outcome, "on": own.on, "reply": own.reply, "side": "origin"})
        for period in charge.periods:
            told = self._passed_on(period.agreement).get((period.subject, known.matter))
            if told is not None:
                said = {name: told.get(name) for name in ("outcome", "on", "reply")}
                found.append({**said, "side": "destination"})
        return min(found, key=lambda item: item["outcome"] != "informed", default=None)

    def _passed_on(self, agreement: str) -> dict[tuple[str, str], Value]:
        if agreement not in self._told:
            found = (
                (subject, effective(value)) for subject, _, value in in_category(self._store, agreement, "passed_on")
            )
            self._told[agreement] = {(subject, str(value["matter"])): value for subject, value in found if value}
        return self._told[agreement]

    def _is_of(self, charge: Charge, known: Known) -> bool:
        """Whether a member here is one of the announcing partner's, and of a branch that it means."""
        for period in charge.periods:
            if known.pairing is not None and period.pairing_id == known.pairing.pairing_id:
                return not known.branches or self._branch_of(period) in known.branches
        return False

    def _branch_of(self, period: MobilityPeriod) -> str | None:
        departure = notice_of(self._store, period)
        return str(departure["affiliated_branch"]) if departure else None


def is_ours(charge: Charge, day: date) -> bool:
    """Whether a member is of this committee and away on a day."""
    return charge.side == "origin" and charge.is_away(day)


# --- inside ---------------------------------------------------------------------------------------------------


def _check_notice(act: Act, request: MatterAnnounce) -> None:
    """An election is told of before its day; anything else on it at the latest."""
    ahead = (check_day(request.on) - today(act.now)).days
    if ahead < (1 if request.category == "election" else 0):
        raise refuse("D-matter-notice")


def _relay(act: Act, request: MatterAnnounce, people: list[Charge]) -> tuple[int, list[str]]:
    """Ask every partner that has one of these members; how many were asked, and whose agreement leaves it out."""
    wanted: dict[str, list[Charge]] = {}
    for charge in people if not request.here_only else ():
        if charge.period:
            wanted.setdefault(charge.period.pairing_id, []).append(charge)
    asked, left_out = 0, []
    for pairing in agreed_pairings(act.store, today(act.now)):
        if pairing.pairing_id not in wanted:
            continue
        body = MatterAnnounced(
            matter=request.matter,
            category=request.category,
            title=request.title,
            text=request.text,
            on=request.on,
            branches=_branches(act, wanted[pairing.pairing_id]) or msgspec.UNSET,
        )
        try:
            write_to(act, pairing, "matter.announced", body)
            asked += 1
        except (AgreementError, ExchangeError):
            left_out.append(title_of(act.store, pairing.their_card))
    return asked, left_out


def _branches(act: Act, people: list[Charge]) -> tuple[str, ...]:
    """The branches of these members by name; none where the whole committee speaks to all of them."""
    if act.staff.body_code == top_code(act.store):
        return ()
    codes = {charge.body_code for charge in people}
    return tuple(sorted({name for code, name in short_names(act.store).items() if code in codes}))[:BRANCHES_MAX]


def _record(act: Act, known: Known, charge: Charge, request: MatterInform, on: date) -> None:
    if known.pairing is None:
        reach = MatterReach(
            matter_id=known.matter,
            person=charge.person,
            outcome=request.outcome,
            on=on.isoformat(),
            reply=request.reply,
            by=act.staff.name,
        )
        act.store.put(reach)
        return
    body = MatterPassedOn(
        matter=known.matter, outcome=request.outcome, on=on.isoformat(), reply=request.reply or msgspec.UNSET
    )
    write(act, charge.periods[-1], "matter.passed_on", body)


def _named(act: Act, matter: str, peer: str) -> Known:
    found = [
        known
        for known in every_matter(act)
        if known.matter == matter and (not peer or (known.pairing is not None and known.pairing.peer.startswith(peer)))
    ]
    if not found:
        raise refuse("D-matter-unknown", matter=matter)
    if len(found) > 1:
        raise refuse("D-matter-ambiguous", count=len(found))
    return found[0]


def _line(store: Store, known: Known, people: list[ReachLine]) -> MatterLine:
    states = [line.state for line in people]
    return MatterLine(
        matter=known.matter,
        category=known.category,
        title=known.title,
        on=known.on,
        peer=title_of(store, known.pairing.their_card) if known.pairing else None,
        informed=states.count("informed"),
        not_reached=states.count("not_reached"),
        unknown=states.count("unknown"),
    )
