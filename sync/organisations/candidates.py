"""Where this committee's floating members concentrate: the committees to consult and agree with (A-59).

Counted from own data only: the newest report of each floating member, else the roster's words. Nothing is asked of
anybody, and nobody is named::

    list_candidates(act, CandidateList(least=3))   ->  南岭省临江区 41, 990107 12, …
"""

from collections import Counter
from typing import Annotated

import msgspec

from gongguan.sync.act import Act
from gongguan.sync.exchange.fold import is_ended
from gongguan.sync.labels import labelled
from gongguan.sync.records import Departure, Member, OutflowEntry, Pairing
from gongguan.sync.shared.partners import title_of
from gongguan.sync.shared.places import lies_in, region_of
from gongguan.sync.shared.views import (
    unit_records,
)
from gongguan.sync.store import Store

DIVISION_DIGITS = 6


class CandidateList(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``agreement.candidates``."""

    least: Annotated[int, labelled("至少多少名党员", "at least so many members", ge=1, le=10_000)] = 1


class PeerCandidate(msgspec.Struct, frozen=True, kw_only=True):
    """One place. ``peer``: the partner whose division it lies in."""

    rank: Annotated[int, labelled("名次", "rank")]
    place: Annotated[str, labelled("去向", "place")]
    members: Annotated[int, labelled("流动党员", "members")]
    state: Annotated[str, labelled("协议", "agreement", codes="candidate_state")]
    peer: Annotated[str | None, labelled("对应的结对单位", "partner")]


class CandidatesListed(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``agreement.candidates``, most members first. ``unknown``: of whom no place is on record."""

    floating: Annotated[int, labelled("流动党员", "floating members")]
    unknown: Annotated[int, labelled("去向未掌握", "place unknown")]
    candidates: Annotated[list[PeerCandidate], labelled("去向", "places")]


def list_candidates(act: Act, request: CandidateList) -> CandidatesListed:
    """Places by number of own floating members; equal numbers share a rank."""
    floating = act.store.find(Member, floating=True)
    places = Counter(_place_of(act.store, member) for member in floating)
    unknown = places.pop(None, 0)
    ranked = sorted(places.items(), key=lambda item: (-item[1], str(item[0])))
    numbers = sorted(places.values(), reverse=True)
    partners = [(pairing, region_of(act.store, pairing)) for pairing in act.store.find(Pairing, state="active")]
    return CandidatesListed(
        floating=len(floating),
        unknown=unknown,
        candidates=[
            _line(act.store, str(place), count, 1 + numbers.index(count), partners)
            for place, count in ranked
            if count >= request.least
        ],
    )


def _place_of(store: Store, member: Member) -> str | None:
    reports = store.find(Departure, member_id=member.member_id)
    if reports:
        return max(reports, key=lambda report: (report.reported_on, report.left_on)).destination_place
    entry = store.get(OutflowEntry, member.member_id)
    return entry.destination_place if entry else None


def _line(store: Store, place: str, count: int, rank: int, partners: list[tuple[Pairing, str]]) -> PeerCandidate:
    there = [pairing for pairing, region in partners if _is_division(place) and lies_in(place, region)]
    agreed = [pairing for pairing in there if has_agreement(store, pairing.pairing_id)]
    chosen = next(iter(agreed or there), None)
    return PeerCandidate(
        rank=rank,
        place=place,
        members=count,
        state="in_force" if agreed else "paired" if there else "none",
        peer=title_of(store, chosen.their_card) if chosen else None,
    )


def _is_division(place: str) -> bool:
    return len(place) == DIVISION_DIGITS and place.isdecimal()


def has_agreement(store: Store, pairing_id: str) -> bool:
    """Whether a version is in force with this partner that neither side has ended; no clock is asked."""
    records = unit_records(store, pairing_id, "pairing")
    current = records.get("agreement/current", {}).get("state", "")
    return bool(current) and not is_ended(records, current)
