"""``python -m tests.benchmarks.charges``: lists of members in charge, at the size of a banner, as the desk makes them.

36,000 members in 1,650 branches, 2,900 of them away with 40 partners, one in fifty a probationer, ten months of
attendance and dues on record, in a real SQLite file. Printed is the processor time of each list, for the whole
committee and for one branch: the time on the wall depends on who else works on the machine.
"""

import hashlib
import random
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import msgspec

from gongguan.node.database.database import open_database
from gongguan.node.operations import every
from gongguan.protocol import canonical
from gongguan.sync.act import Act
from gongguan.sync.exchange.values import Value, unit_id
from gongguan.sync.records import (
    AgreementVersion,
    Body,
    Contact,
    ContactOfficer,
    Member,
    MobilityPeriod,
    Pairing,
    SharedRecord,
    Staff,
)
from gongguan.sync.store import Record
from tests.contract.conftest import SEAL
from tests.pairs import agreement_text
from tests.staff_node import LocalPort

MEMBERS, AWAY, BRANCHES, PARTNERS = 36_000, 2_900, 1_650, 40
NOW: Final = datetime(2026, 11, 20, 4, tzinfo=UTC)
LISTS: Final = (
    "today.list",
    "contact.list",
    "contact.birthdays",
    "officer.list",
    "care.list",
    "report.show",
    "education.coverage",
    "dues.list",
    "dues.lagging",
    "person.find",
    "roster.outflow",
    "roster.register",
)


def _entry(number: int, value: Value) -> Value:
    return {"id": f"{number:032x}", "party": 0, "epoch": "e", "position": number, "value": value}


def _shared(agreement: str, subject: str, key: str, value: Value) -> SharedRecord:
    data = canonical.encode(value)
    return SharedRecord(
        unit=unit_id(agreement, subject),
        key=key,
        agreement=agreement,
        subject=subject,
        category=key.split("/", 1)[0],
        value=data,
        version=hashlib.sha256(data).digest(),
    )


def committee() -> Iterator[Record]:
    """The bodies, the staff, the partners."""
    yield Body(code="9901", full_name="旗委", short_name="旗委", category="basic_committee", parent_code=None)
    for number in range(BRANCHES):
        name = f"第{number}支部"
        yield Body(code=f"9901{number:04}", full_name=name, short_name=name, category="branch", parent_code="9901")
    yield Staff(name="干事", role="organisation_officer", body_code="9901", password="")
    yield Staff(name="支部", role="branch_clerk", body_code="99010007", password="")
    for number in range(PARTNERS):
        fields: dict[str, Any] = {"peer": f"n{number}", "party": 0, "state": "active", "note": b""}
        at = "2026-01-01T00:00:00Z"
        yield Pairing(pairing_id=f"p{number}", card_here="", card_there="", confirmed_at=at, **fields)
        version = f"{number:064x}"
        yield AgreementVersion(version=version, agreement=version, pairing_id=f"p{number}", text=agreement_text())
        yield _shared(f"p{number}", "pairing", "agreement/current", {"shape": "state", "state": version})


def member(number: int, rng: random.Random) -> Iterator[Record]:
    """One member; those who are away with their period, officer and contacts."""
    joined = f"{rng.randrange(1980, 2020)}-{rng.randrange(1, 13):02}-{rng.randrange(1, 29):02}"
    yield Member(
        member_id=f"{number:032x}",
        branch_code=f"9901{rng.randrange(BRANCHES):04}",
        id_digest=f"{number:064x}",
        name=f"巴特尔{number}",
        id_number="",
        details=f'{{"joined_on":"{joined}"}}',
        category="full_member",
        floating=number < AWAY,
    )
    if number >= AWAY:
        return
    partner = rng.randrange(PARTNERS)
    period = MobilityPeriod(
        subject=hashlib.sha256(str(number).encode()).hexdigest()[:32],
        agreement=f"{partner:064x}",
        pairing_id=f"p{partner}",
        side="origin",
        member_id=f"{number:032x}",
        body_code=None,
    )
    yield period
    yield from _known(period, number, rng)
    person = f"{number:032x}"
    yield ContactOfficer(
        person=person, number=1, officer=f"第{number % 300}人", phone="1", staff=None, since="2025-01-01"
    )
    for quarter in range(3):
        fields = {"kind": "quarterly", "channel": "phone", "reached": True, "officer": "x", "entered_by": "x"}
        on = f"2026-{3 * quarter + 2:02}-10"
        yield Contact(contact_id=f"{number * 10 + quarter:032x}", person=person, on=on, **fields)  # type: ignore[arg-type]


def _known(period: MobilityPeriod, number: int, rng: random.Random) -> Iterator[Record]:
    """What both nodes hold of a member: the movement, and four of five months of attendance and dues."""
    left = {"name": f"巴特尔{number}", "left_on": f"2025-{rng.randrange(1, 13):02}", "destination_place": "990202"}
    left |= {"affiliated_branch": "支部"} | ({"probation_ends_on": "2026-12-15"} if number % 50 == 0 else {})
    admitted = {"departure": f"{number:032x}", "outcome": "admitted", "arrived_on": "2026-01-05", "managing_body": "x"}
    admitted |= {"contact_officer": "李明", "contact_phone": "10000000001"}
    for name, value in (("departure", left), ("admission", admitted)):
        owned = {"shape": "owned", "entries": [_entry(number, value)], "effective": value, "status": "set"}
        yield _shared(period.agreement, period.subject, f"movement/{name}", owned)
    yield _shared(period.agreement, period.subject, "movement/state", {"shape": "state", "state": "admitted"})
    for month in range(1, 11):
        day = f"2026-{month:02}"
        life = {"event": f"{day}-t", "activity": "theme_day", "on": f"{day}-05", "attendance": "confirmed"}
        paid = {"month": day, "paid_on": f"{day}-09"}
        for key, value in ((f"life/{day}-t", life), (f"dues/{day}", paid)):
            if rng.random() < 0.8:
                fact = {"shape": "fact", "lead": "origin", "entries": [_entry(number, value)], "status": "single"}
                yield _shared(period.agreement, period.subject, key, {**fact, "effective": value})


def main() -> None:
    """Fill a file and print a row per list."""
    rng = random.Random(1)
    with tempfile.TemporaryDirectory() as folder:
        database = open_database(Path(folder) / "node.sqlite3", SEAL)
        database.write(lambda store: store.put_all(committee()))
        database.write(lambda store: store.put_all(row for number in range(MEMBERS) for row in member(number, rng)))
        print("| list | whole committee, ms | one branch, ms |\n|---|---:|---:|")
        for name in LISTS:
            operation = every()[name]
            taken = []
            for who in ("干事", "支部"):

                def work(store: Any, who: str = who, operation: Any = operation) -> None:
                    act = Act(store, store.get(Staff, who), NOW, random.randbytes, LocalPort(node_id="n"), None)
                    operation.function(act, msgspec.convert({}, operation.request))

                database.read(work)
                began = time.process_time()
                database.read(work)
                taken.append(f"{(time.process_time() - began) * 1000:.0f}")
            print(f"| `{name}` | {taken[0]} | {taken[1]} |", flush=True)
        database.close()


if __name__ == "__main__":
    main()
