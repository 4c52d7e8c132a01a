"""A year of a data set's work, month by month, by staff operations and bundles only.

What happens to whom is what the journeys say; nothing here is drawn. A step takes the county and the first day of its
month; a family adds its steps to ``STEPS``::

    Work(county).live()
"""

from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple

from gongguan.cli.demo_data.journeys import Journey
from gongguan.cli.demo_data.journeys import Stay as Planned
from gongguan.sync.rows import ROWS_MAX
from tests.files import pdf
from tests.year.places import County, Place

MONTHS: Final = tuple(f"2026-{number:02}" for number in range(1, 13))
PHONE: Final = "10099000104"


class Away(NamedTuple):
    """A member who is managed by a destination now."""

    journey: Journey
    planned: Planned
    member: str
    subject: str
    place: Place
    since: str
    """The month of the notice."""


class Work:
    """The county's year, and who is where in it."""

    def __init__(self, county: County) -> None:
        self.county, self.origin = county, county.origin
        self.by_member = {county.member_ids[one.id_number]: one for one in county.drawn.journeys}
        lacking = {"certificate_missing", "found_without_notice"}
        self.certified = {member for member, one in self.by_member.items() if not lacking & {*one.apart}}
        self.stays_begun = dict.fromkeys(self.by_member, 1)
        self.away: dict[str, Away] = {}
        self.back: list[Away] = []
        self.notified: dict[str, Away] = {}
        self.beside: dict[str, Away] = {}
        """Those whom a second destination has, too, by what they are called there."""

    def certify(self, member: str, day: str) -> None:
        """Issue a certificate to whom the roster shows none, once."""
        if member not in self.certified:
            number = f"9905212026{len(self.certified):05}"
            self.origin.ask("certificate.issue", member_id=member, number=number, issued_on=day)
            self.certified.add(member)

    def live(self) -> None:
        """All twelve months."""
        for month in MONTHS:
            self.do(month)

    def do(self, month: str) -> None:
        """The work of a month; after each step both sides meet."""
        for day, step in STEPS:
            self.county.at(f"{month}-{day}")
            step(self, month)
            self.county.meet()
        self.county.meet_all()

    def here(self) -> Iterator[tuple[Place, list[Away]]]:
        """Each destination with those whom it manages."""
        for place in self.county.destinations.values():
            found = [one for one in self.away.values() if one.place is place]
            if found:
                yield place, found

    def following(self) -> Iterator[tuple[str, Journey, Planned]]:
        """The next stay of each member who is home again, with the member."""
        gone = {one.member for one in (*self.away.values(), *self.notified.values())}
        for member, journey in self.by_member.items():
            begun = self.stays_begun[member]
            if member not in gone and begun < len(journey.stays):
                yield member, journey, journey.stays[begun]


# --- movement ---------------------------------------------------------------------------------------------------------


def _notify(work: Work, month: str) -> None:
    """In January everybody of the roster, partner by partner; afterwards those who leave again."""
    if month == MONTHS[0]:
        _notify_roster(work, month)
    else:
        _notify_leaving(work, month)


def _notify_roster(work: Work, month: str) -> None:
    lacking = [line.member_id for line in work.origin.ask("certificate.list", missing=True).certificates]
    for member in lacking:
        journey = work.by_member.get(member)
        if journey is not None and "found_without_notice" not in journey.apart:
            work.certify(member, "2026-01-05")
    for place in work.county.drawn.destinations:
        partner = work.county.destinations[place.division]
        sent = work.origin.ask(
            "departure.notify_all", peer=partner.peer, place_text=place.name, place=place.division
        ).sent
        for line in sent:
            journey = work.by_member[line.member_id]
            work.notified[line.subject] = Away(journey, journey.stays[0], line.member_id, line.subject, partner, month)


def _notify_leaving(work: Work, month: str) -> None:
    day = f"{month}-11"
    leaving = [one for one in work.following() if one[2].left_on < day]
    for member, journey, stay in leaving:
        work.stays_begun[member] += 1
        if not stay.has_node:
            continue
        work.certify(member, stay.left_on)
        work.origin.ask(
            "departure.report",
            member_id=member,
            left_on=stay.left_on,
            destination_place=stay.division,
            reason="work",
            briefed_on=stay.left_on,
        )
        partner = work.county.destinations[stay.division]
        subject = work.origin.ask("departure.notify", member_id=member, peer=partner.peer).subject
        work.notified[subject] = Away(journey, stay, member, subject, partner, month)


def _admit(work: Work, month: str) -> None:
    """Each destination answers what waits: with the ID card seen, or by a refusal with its reason."""
    for place in work.county.destinations.values():
        branches = [line for line in place.ask("body.list").bodies if line.category != "basic_committee"]
        for number, notice in enumerate(place.ask("admission.list").notices):
            one, known = work.notified.pop(notice.subject), work.away
            if "admitted_twice" in one.journey.apart and any(other.member == one.member for other in known.values()):
                known = work.beside
            if "never_arrived" in one.journey.apart and one.planned is one.journey.stays[0]:
                place.ask("admission.refuse", subject=one.subject, reason="never_arrived")
                continue
            shown = one.journey.id_number
            if "id_digits_swapped" in one.journey.apart:
                wrong = place.refusal("admission.verify", subject=one.subject, id_number=swapped(shown))
                assert wrong.startswith("D-id-number-"), wrong
            place.ask(
                "admission.give",
                subject=one.subject,
                managing_body=branches[number % len(branches)].code,
                arrived_on=f"{month}-10",
                contact_officer="李明",
                contact_phone=PHONE,
                id_number=shown,
            )
            known[one.subject] = one


def swapped(number: str) -> str:
    """An ID number with two neighbours of its last digits exchanged, as a hurried clerk types it."""
    at = next(at for at in range(15, 0, -1) if number[at] != number[at + 1] and number[at + 1] != "X")
    return number[:at] + number[at + 1] + number[at] + number[at + 2 :]


def _find(work: Work, month: str) -> None:
    """In February destinations find those of whom there was no notice, ask the origin, and it claims its own."""
    if month != "2026-02":
        return
    for journey in work.county.drawn.journeys:
        stay = journey.stays[0]
        if "found_without_notice" in journey.apart and stay.has_node and stay.ends_on > "2026-03-01":
            place = work.county.destinations[stay.division]
            seen = {"name": journey.name, "id_number": journey.id_number, "found_on": f"{month}-11"}
            place.ask("inflow.take", peer=work.origin.peer, phone="10000000007", **seen)


def _claim(work: Work, month: str) -> None:
    for line in work.origin.ask("inflow.list").inflows:
        member, journey = line.member_id, work.by_member[line.member_id]
        work.certify(member, f"{month}-12")
        subject = work.origin.ask("inflow.match", inflow=line.inflow).subject
        place = work.county.destinations[journey.stays[0].division]
        work.notified[subject] = Away(journey, journey.stays[0], member, subject, place, month)


def _return(work: Work, month: str) -> None:
    """Whose stay ends this month is back: what does not match is seen, the origin closes the period."""
    for one in [one for one in work.away.values() if one.planned.ends_on[:7] == month]:
        ended = {"ended_on": min(one.planned.ends_on, f"{month}-26"), "reason": "returned", "unmatched_seen": True}
        work.origin.ask("movement.return", subject=one.subject, **ended)
        work.back.append(work.away.pop(one.subject))


def _summarise(work: Work, month: str) -> None:
    """The destination says how it was."""
    for one in work.back:
        one.place.ask("movement.summarise", subject=one.subject, conduct="good")
    work.back.clear()


def _whereabouts(work: Work, month: str) -> None:
    """In June some cannot be reached and in July they can; in May one in ten moves within the region."""
    for number, one in enumerate(work.away.values()):
        told = {"subject": one.subject, "on": f"{month}-14"}
        if "lost_for_a_while" in one.journey.apart and month in ("2026-06", "2026-07"):
            one.place.ask("movement.presence", presence="lost" if month == "2026-06" else "in_contact", **told)
        if month == "2026-05" and number % 10 == 0:
            one.place.ask("movement.relocate", place=one.place.division, **told)


# --- what both sides do for a member ----------------------------------------------------------------------------------


def _life(work: Work, month: str) -> None:
    for place, here in work.here():
        meeting = {"event": f"{month}-meeting", "activity": "regular_meeting", "on": f"{month}-15"}
        place.ask("entry.life_all", subjects=[one.subject for one in here], **meeting)


def _dues(work: Work, month: str) -> None:
    """Most pay on the 15th; a few are late by a month and pay then for two; for some the family pays."""
    paid = {"month": month, "paid_on": f"{month}-15"}
    for place, here in work.here():
        people = [one.subject for one in here if one.journey.dues == "on_time"]
        rows = [row for one in here for row in _dues_apart(one, month)]
        for start in range(0, max(len(people), len(rows)), ROWS_MAX):
            place.ask(
                "dues.enter", people=people[start : start + ROWS_MAX], rows=rows[start : start + ROWS_MAX], **paid
            )


def _dues_apart(one: Away, month: str) -> Iterator[dict[str, object]]:
    """What is to be said of a member's month besides that it was paid; nothing of most."""
    if one.journey.dues == "by_proxy":
        yield {"person": one.subject, "proxy": True}
    if one.journey.dues == "late" and int(month[5:]) % 2 == 0:
        before = f"{month[:5]}{int(month[5:]) - 1:02}"
        if one.since <= before:
            yield {"person": one.subject, "month": before}
        yield {"person": one.subject}


def _contacts(work: Work, month: str) -> None:
    """Once a quarter; whom the officer missed has no contact in that quarter."""
    quarter = quarter_of(month)
    if month[5:] not in ("02", "05", "08", "11"):
        return
    for place, here in work.here():
        rows = [
            {"person": one.subject, "kind": "quarterly", "on": f"{month}-15", "channel": "phone"}
            for one in here
            if quarter not in one.journey.contacts_missed
        ]
        for start in range(0, len(rows), 100):
            place.ask("contact.record_all", rows=rows[start : start + 100])


def _activity(work: Work, month: str) -> None:
    """In June each destination plans an activity and writes down who was there; of the others nothing is known."""
    if month != "2026-06":
        return
    for place, here in work.here():
        event = place.ask("activity.plan", title="主题党日", activity="theme_day", on="2026-06-15").event
        place.ask("activity.attend", event=event, present=[one.subject for one in here[::2]])


def _study(work: Work, month: str) -> None:
    """In April the origin asks each partner for a study, in May it is taken on, in June held."""
    if month == "2026-04":
        for place, _ in work.here():
            work.origin.ask("study.delegate", topic="条例解读", due_on="2026-06-30", peer=place.peer)
    if month in ("2026-05", "2026-06"):
        for place in work.county.destinations.values():
            for study in place.ask("study.list").studies:
                asked = {"delegation": study.delegation}
                if month == "2026-05":
                    place.ask("study.answer", answer="accept", **asked)
                else:
                    place.ask("study.hold", held_on="2026-06-14", **asked)


def _feedback(work: Work, month: str) -> None:
    if month[5:] in ("03", "06", "09", "12"):
        for place, _ in work.here():
            place.ask("feedback.give_all", quarter=quarter_of(month), conduct="good")


def _score(work: Work, month: str) -> None:
    """In September both sides score the same deed of some members differently: a conflict that both see."""
    if month != "2026-09":
        return
    for one in scored_twice(work):
        deed = {"year": 2026, "rule": "pioneer_post", "event": "xianfenggang-1", "on": "2026-09-14"}
        work.origin.ask("score.contribute", subject=one.subject, points=2, **deed)
        one.place.ask("score.contribute", subject=one.subject, points=5, **deed)


def scored_twice(work: Work) -> list[Away]:
    """Those of the set that both sides score, or else the first member of each destination."""
    named = [one for one in work.away.values() if "scored_twice" in one.journey.apart]
    return named or [here[0] for _, here in work.here()]


def _propose(work: Work, month: str) -> None:
    """The destination proposes what it wrote; the origin's secretary agrees the next time."""
    if month != "2026-10":
        return
    for place in work.county.destinations.values():
        for conflict in place.ask("conflict.list").conflicts:
            chosen = next((one for one in conflict.candidates if "5" in one.value), conflict.candidates[0])
            told = {"conflict": conflict.id, "subject": conflict.subject, "chosen": chosen.id}
            place.ask("conflict.propose", reason="有服务记录为凭", **told)


def _accept(work: Work, month: str) -> None:
    if month == "2026-10":
        for conflict in work.origin.ask("conflict.list").conflicts:
            work.origin.ask("conflict.accept", "书记", proposal=conflict.id, subject=conflict.subject)


# --- admitted by two destinations -------------------------------------------------------------------------------------


def _notify_beside(work: Work, month: str) -> None:
    """In March some are notified to another destination while the first one has them: nobody thought of it."""
    places = list(work.county.drawn.destinations)
    if month != "2026-03" or len(places) < 2:
        return
    twice = [one for one in work.away.values() if "admitted_twice" in one.journey.apart]
    for number, one in enumerate(twice):
        divisions = [place.division for place in places if place.division != one.place.division]
        partner = work.county.destinations[divisions[number % len(divisions)]]
        told = {"member_id": one.member, "peer": partner.peer, "place": partner.division, "beside": True}
        subject = work.origin.ask("departure.notify", **told).subject
        work.notified[subject] = one._replace(subject=subject, place=partner, since=month)


def _tell_crossings(work: Work, month: str) -> None:
    """What the node does every hour."""
    work.origin.ask("conflict.tell")


def _answer_crossings(work: Work, month: str) -> None:
    """Each destination signs its part."""
    for place in work.county.destinations.values():
        for line in place.ask("conflict.across").crossings:
            if line.answer is None:
                place.ask("conflict.answer_part", "书记", conflict=line.conflict, answer="signed")


def _end_beside(work: Work, month: str) -> None:
    """In April the origin ends the period that should not have been."""
    if month != "2026-04":
        return
    stated = {line.subject for line in work.origin.ask("conflict.across").crossings}
    away = {one.member for one in work.away.values()}
    assert {subject for subject, one in work.beside.items() if one.member in away} <= stated
    for subject in work.beside:
        ended = {"ended_on": f"{month}-11", "reason": "moved_on", "unmatched_seen": True}
        work.origin.ask("movement.return", subject=subject, **ended)
    work.beside.clear()


# --- probation --------------------------------------------------------------------------------------------------------


def _observe(work: Work, month: str) -> None:
    """At the end of each quarter destinations write down what they saw of each probationer."""
    if month[5:] not in ("03", "06", "09", "12"):
        return
    for place in work.county.destinations.values():
        for line in place.ask("probation.list", limit=1000).members:
            if line.subject in work.away:
                seen = {"conduct": "good", "organisational_life": "regular", "study": "regular"}
                place.ask("probation.observe", subject=line.subject, quarter=quarter_of(month), **seen)


def _ask_opinions(work: Work, month: str) -> None:
    for line in work.origin.ask("probation.list", limit=1000).members:
        if line.subject in work.away and line.state in ("to_be_asked", "ask_overdue"):
            work.origin.ask("probation.request", subject=line.subject)


def _give_opinions(work: Work, month: str) -> None:
    """With the page that the branch signed, as a scan."""
    for place in work.county.destinations.values():
        for line in place.ask("probation.list", limit=1000).members:
            if line.state == "asked" and line.subject in work.away:
                place.ask(
                    "probation.opinion",
                    subject=line.subject,
                    opinion="on_time",
                    reasons=["fulfils_duties", "takes_part_actively"],
                    on=f"{month}-26",
                    signed_by="社区党支部 李明",
                    document=pdf(2_000),
                )


def _decide(work: Work, month: str) -> None:
    """Whose probation is over is decided on, after the meeting that must not be earlier than its end."""
    for line in work.origin.ask("probation.list", limit=1000).members:
        if line.state == "answered" and line.ends_on <= f"{month}-26" and line.subject in work.away:
            work.origin.ask(
                "probation.decide",
                subject=line.subject,
                decision="on_time",
                meeting_on=f"{month}-26",
                resolution_number=f"支决〔{month}〕1号",
                approved_on=f"{month}-27",
                approval_number=f"乌旗发〔{month}〕12号",
            )


# --- bulletins --------------------------------------------------------------------------------------------------------

TOPICS: Final = {
    "admission": "新接收流入党员均已编入党支部",
    "organisational_life": "按期参加主题党日",
    "conduct": "无",
    "conversion": "无",
}
"""Two that are reported on and two of which is said that there is nothing."""
SILENT_EVERY: Final = 4
"""Of so many committees one sends no bulletin in a quarter, each time another: on both sides it shows as missing."""
BRANCHES: Final = 3
"""Branches of the origin that write to each partner; the others leave it, so that theirs show as missing too."""


def _bulletins(work: Work, month: str) -> None:
    """When a quarter is over, what became of the members in it."""
    if month[5:] not in ("04", "07", "10"):
        return
    quarter = quarter_of(f"{month[:5]}{int(month[5:]) - 1:02}")
    for number, place in enumerate(work.county.destinations.values(), int(quarter[5:])):
        if number % SILENT_EVERY:
            place.ask("bulletin.send", quarter=quarter, **TOPICS)
        work.origin.ask("bulletin.send", quarter=quarter, peer=place.peer, **TOPICS)
        owed = work.origin.ask("bulletin.list", quarter=quarter, missing=True, peer=place.peer).bulletins
        for line in [line for line in owed if line.direction == "sent" and line.branch][:BRANCHES]:
            work.origin.ask("bulletin.send", quarter=quarter, peer=place.peer, branch=line.branch, **TOPICS)


def quarter_of(month: str) -> str:
    """``2026Q2`` of ``2026-05``."""
    return f"{month[:4]}Q{(int(month[5:]) + 2) // 3}"


Step = Callable[[Work, str], Any]

STEPS: Final[tuple[tuple[str, Step], ...]] = (
    ("11", _end_beside),
    ("11", _notify),
    ("11", _find),
    ("11", _notify_beside),
    ("12", _claim),
    ("12", _admit),
    ("13", _tell_crossings),
    ("14", _answer_crossings),
    ("14", _whereabouts),
    ("15", _life),
    ("15", _dues),
    ("15", _contacts),
    ("15", _activity),
    ("15", _study),
    ("15", _bulletins),
    ("16", _score),
    ("16", _propose),
    ("17", _accept),
    ("25", _feedback),
    ("25", _observe),
    ("26", _ask_opinions),
    ("26", _give_opinions),
    ("27", _decide),
    ("27", _return),
    ("28", _summarise),
)
"""What is done each month, with the day on which it is done."""
