"""One continuous history of a member who moves often, across all partners, as only the origin has it.

Each line is one stay with one partner, in the order of days; a destination sees its own part only. Whoever began three
stays or more within twelve months counts as moving often::

    show_journey(act, JourneyShow(person="巴特尔")).stays   ->  [StayLine(peer="临江", first="2026-03-02", …), …]
    list_movers(act, MoversList()).movers                   ->  [MoverLine(name="巴特尔", stays=3), …]
"""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Annotated, Final

import msgspec

from gongguan.protocol.errors import refuse
from gongguan.sync.act import Act
from gongguan.sync.days import today
from gongguan.sync.exchange.values import Value
from gongguan.sync.labels import labelled
from gongguan.sync.records import MobilityPeriod
from gongguan.sync.shared.charges import Person, Stay, charge_of, charges_in_reach, stays_of
from gongguan.sync.shared.partners import partner_titles
from gongguan.sync.shared.views import (
    of_subjects,
)

OFTEN: Final = 3
YEAR_DAYS: Final = 365
KEPT: Final = ("movement", "register")
"""Categories of records that a journey is told from."""


class JourneyShow(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``movement.journey``."""

    person: Person


class StayLine(msgspec.Struct, frozen=True, kw_only=True):
    """One stay with one partner. ``last`` and ``reason`` are None while it goes on."""

    first: Annotated[str, labelled("自", "from")]
    last: Annotated[str | None, labelled("至", "until")]
    peer: Annotated[str, labelled("结对方", "partner")]
    places: Annotated[list[str], labelled("地点（区划代码）", "places")]
    managing_body: Annotated[str | None, labelled("编入的党组织", "managing body")]
    reason: Annotated[str | None, labelled("结束原因", "why it ended", codes="return_reason")]
    subject: Annotated[str, labelled("流动记录编号", "subject")]


class JourneyShown(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``movement.journey``. ``recent``: stays that began within twelve months."""

    member_id: Annotated[str, labelled("党员编号", "member id")]
    name: Annotated[str, labelled("姓名", "name")]
    recent: Annotated[int, labelled("近十二个月外出次数", "stays begun within 12 months")]
    stays: Annotated[list[StayLine], labelled("外出经历", "stays")]


class MoversList(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``movement.movers``."""

    at_least: Annotated[int, labelled("近十二个月至少几次", "at least so many in 12 months", ge=1, le=100)] = OFTEN


class MoverLine(msgspec.Struct, frozen=True, kw_only=True):
    """A member who moves often."""

    name: Annotated[str, labelled("姓名", "name")]
    member_id: Annotated[str, labelled("党员编号", "member id")]
    stays: Annotated[int, labelled("近十二个月外出次数", "stays begun within 12 months")]
    peers: Annotated[int, labelled("涉及结对方", "partners")]


class MoversListed(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``movement.movers``, most stays first."""

    movers: Annotated[list[MoverLine], labelled("频繁流动的党员", "members who move often")]


def show_journey(act: Act, request: JourneyShow) -> JourneyShown:
    """All stays of one member of ours. Raises D-person-…, D-not-origin."""
    charge = charge_of(act, request.person)
    if charge.side != "origin":
        raise refuse("D-not-origin")
    stays = _stays(charge.periods, of_subjects(act.store, charge.periods, KEPT), partner_titles(act.store))
    return JourneyShown(member_id=charge.person, name=charge.name, recent=_recent(stays, today(act.now)), stays=stays)


def list_movers(act: Act, request: MoversList) -> MoversListed:
    """Members of the person's subtree who began at least so many stays within twelve months."""
    found = []
    since = _since(today(act.now))
    for charge in charges_in_reach(act, since):
        stays = [stay for records in charge.records.values() for stay in stays_of(records, charge.side)]
        recent = sum(stay.first > since for stay in stays)
        if charge.side == "origin" and recent >= request.at_least:
            peers = len({period.pairing_id for period in charge.periods})
            found.append(MoverLine(name=charge.name, member_id=charge.person, stays=recent, peers=peers))
    return MoversListed(movers=sorted(found, key=lambda line: (-line.stays, line.name, line.member_id)))


def _recent(stays: list[StayLine], day: date) -> int:
    since = _since(day).isoformat()
    return sum(stay.first > since for stay in stays)


def _since(day: date) -> date:
    return day - timedelta(days=YEAR_DAYS)


def _stays(
    periods: tuple[MobilityPeriod, ...], held: Mapping[str, Mapping[str, Value]], titles: Mapping[str, str]
) -> list[StayLine]:
    lines = [line for period in periods for line in _of_period(period, held.get(period.subject, {}), titles)]
    return sorted(lines, key=lambda line: (line.first, line.last or "9999"))


def _of_period(period: MobilityPeriod, records: Mapping[str, Value], titles: Mapping[str, str]) -> Iterator[StayLine]:
    for stay in stays_of(records, "origin"):
        ended = [entry["value"] for entry in _entries(records, "movement/return")]
        reasons = [item["reason"] for item in ended if stay.last and item["ended_on"] == stay.last.isoformat()]
        admitted = [entry["value"] for entry in _entries(records, "movement/admission")]
        bodies = [item["managing_body"] for item in admitted if _within(item.get("arrived_on"), stay)]
        places = [entry["value"] for entry in _entries(records, "register/place")]
        yield StayLine(
            first=stay.first.isoformat(),
            last=stay.last.isoformat() if stay.last else None,
            peer=titles.get(period.pairing_id, ""),
            places=list(dict.fromkeys(str(item["place"]) for item in places if _within(item["on"], stay))),
            managing_body=bodies[-1] if bodies else None,
            reason=reasons[-1] if reasons else None,
            subject=period.subject,
        )


def _within(day: object, stay: Stay) -> bool:
    """Whether a day, or a month, lies in the stay."""
    text = str(day or "")
    until = stay.last.isoformat() if stay.last else "9999"
    return stay.first.isoformat()[: len(text)] <= text <= until and text != ""


def _entries(records: Mapping[str, Value], key: str) -> list[Value]:
    return records[key]["entries"] if key in records else []
