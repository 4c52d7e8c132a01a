"""What must hold after a year: both nodes hold the same, the logs say so, and everybody is managed by exactly one."""

from collections import Counter

from gongguan.sync.exchange.verification import examine
from tests.year.places import County, Place
from tests.year.work import Work


def wrong(county: County, work: Work) -> list[str]:
    """What does not hold, in words; empty when all does."""
    return [
        *_differing(county),
        *_not_as_logged(county),
        *_managed_wrongly(county, work),
        *_bulletins_seen_differently(county),
    ]


def _differing(county: County) -> list[str]:
    """Records of which the two nodes of a pairing do not hold the same bytes."""
    at_origin = county.origin.node.shared()
    held: dict[tuple[bytes, str], bytes] = {}
    for place in county.destinations.values():
        held.update(place.node.shared())
    return [f"{key} differs" for key in sorted({*at_origin, *held}) if at_origin.get(key) != held.get(key)]


def _not_as_logged(county: County) -> list[str]:
    """What ``verify`` complains of."""
    found = []
    for place in county.places():
        for row in place.node.act(lambda exchange: exchange.pairings()):
            seen = place.node.act(lambda exchange, row=row: examine(exchange.book(row.pairing_id)))  # type: ignore[misc]
            found += [f"{place.division}: {item}" for item in (*seen.broken, *seen.altered)]
    return found


def _managed_wrongly(county: County, work: Work) -> list[str]:
    """Members whom the origin calls admitted and no destination manages, and those whom two manage."""
    claimed: Counter[str] = Counter()
    for place in county.destinations.values():
        lines = place.ask("movement.list", state="admitted", limit=1000).movements
        claimed.update(line.subject for line in lines)
    expected = Counter(dict.fromkeys(work.away, 1))
    members = Counter(one.member for one in work.away.values())
    return [
        *(
            f"{subject} is managed by {claimed[subject]}"
            for subject in {*claimed, *expected}
            if claimed[subject] != expected[subject]
        ),
        *(f"member {member} is admitted {times} times" for member, times in members.items() if times > 1),
    ]


def _bulletins_seen_differently(county: County) -> list[str]:
    """Bulletins of which the two sides do not say alike that they were given, with which topics, or are missing."""
    found = []
    for place in county.destinations.values():
        here = _told(county.origin, place.peer, "sent")
        there = _told(place, county.origin.peer, "received")
        found += [f"bulletin {item} with {place.division}" for item in sorted(here ^ there)]
    return found


def _told(place: Place, peer: str, sent: str) -> set[str]:
    lines = place.ask("bulletin.list", peer=peer).bulletins
    return {f"{line.quarter} {line.direction == sent} {line.branch} {line.number} {line.topics}" for line in lines}
