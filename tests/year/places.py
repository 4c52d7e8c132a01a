"""The committees of a data set: one origin, its destinations, each a node with staff; paired, and under agreements.

Bodies and members come in by the ordinary imports, agreements by draft, proposal and signature. Every operation that
is asked for is counted by name and timed; the clock is set by hand::

    county = County(draw("tiny", 7), dict(make("tiny", 7)), in_memory)
    county.load()
    county.origin.ask("member.list", floating=True)
"""

import hashlib
import secrets
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Any, Final

from gongguan.cli.demo_data.sets import DataSet
from gongguan.cli.demo_data.trees import Destination
from gongguan.node.database.database import Database, open_database
from gongguan.node.keys.field_seal import FieldSeal
from gongguan.protocol.errors import ProtocolError
from gongguan.sync.exchange import pairings
from gongguan.sync.persons.bodies import found_committee
from gongguan.sync.records import AuditEntry, Member, Staff, Token
from gongguan.sync.store import Store
from tests import pairs
from tests.desks import StaffDesk
from tests.fakes import MemoryDatabase
from tests.protocol.committees import committee
from tests.staff_node import LocalPort

STAFF: Final = {"干事": "organisation_officer", "书记": "secretary"}
BEGINS: Final = "2026-01-05"
ROUNDS_MAX: Final = 40

Open = Callable[[str], Database]
"""Opens the database of the node with that division."""


def in_memory(division: str) -> Database:
    """What a test needs."""
    return MemoryDatabase()


def on_disk(folder: Path, division: str) -> Database:
    """The database of one node, as ``gongguan serve`` opens it."""
    return open_database(folder / f"{division}.sqlite3", FieldSeal(hashlib.sha256(division.encode()).digest()))


class Counted:
    """Operations by name: how often each was done, how often refused and with which code, and how long each took."""

    def __init__(self) -> None:
        self.done: Counter[str] = Counter()
        self.refused: Counter[tuple[str, str]] = Counter()
        self.seconds: dict[str, list[float]] = defaultdict(list)


class Place:
    """One committee: ``ask`` as the officer, or as another person of its staff."""

    def __init__(self, division: str, title: str, counted: Counted, database: Database) -> None:
        self.division, self.title, self._counted = division, title, counted
        made = committee(division, title, division)
        used = database.read(lambda store: store.count(Token)) > 0
        # Nothing may be drawn again when a database is taken up a second time: neither ids of messages nor salts.
        self.node = pairs.Node(made, seed=secrets.randbits(64) if used else 0, label=division)
        self.node.database = database  # type: ignore[assignment]
        self.port = LocalPort(node_id=self.node.identity.node_id, database=database)

        def fill(store: Store) -> None:
            if used:
                return
            pairings.keep_own_card(store, made.note)
            found_committee(store, division, title, title)
            for name, role in STAFF.items():
                store.put(Staff(name=name, role=role, body_code=division, password=""))

        database.write(fill)
        self._desk = StaffDesk(self.node, self.port)

    @property
    def peer(self) -> str:
        """What partners call this node."""
        return self.node.identity.node_id

    def ask(self, operation: str, staff: str = "干事", /, **fields: object) -> Any:
        """One operation through the desk: roles, subtree, audit, one transaction."""
        started = time.perf_counter()
        try:
            answer = self._desk.ask(staff, operation, fields)
        except ProtocolError as error:
            self._counted.refused[operation, error.code] += 1
            raise
        self._counted.done[operation] += 1
        self._counted.seconds[operation].append(time.perf_counter() - started)
        return answer

    def refusal(self, operation: str, /, **fields: object) -> str:
        """The code with which an operation is refused; "" when it was done."""
        try:
            self.ask(operation, **fields)
        except ProtocolError as error:
            return error.code
        return ""


class County:
    """The origin of a data set with the destinations of its members."""

    def __init__(self, drawn: DataSet, files: Mapping[str, bytes], open_: Open = in_memory) -> None:
        self.drawn, self._files = drawn, files
        self.counted = Counted()
        top = drawn.tree.bodies[0]
        self.origin = Place(top.code, top.full_name, self.counted, open_(top.code))
        self.destinations = {
            place.division: Place(place.division, place.bodies[0].full_name, self.counted, open_(place.division))
            for place in drawn.destinations
        }
        self.member_ids: dict[str, str] = {}
        self._pairings: dict[str, str] = {}

    def places(self) -> Iterator[Place]:
        """All committees, the origin first."""
        yield self.origin
        yield from self.destinations.values()

    def at(self, day: str) -> None:
        """It is noon of that day in China, everywhere."""
        for place in self.places():
            place.node.now = datetime.fromisoformat(f"{day}T04:00:00Z")

    def meet(self) -> None:
        """The origin and each partner for whom something was written exchange bundles until neither owes anything."""
        for partner in self.destinations.values():
            if partner.port.woken or self._pairing(partner) in self.origin.port.woken:
                pairs.settle(self.origin.node, partner.node, ROUNDS_MAX)
            partner.port.woken.clear()
        self.origin.port.woken.clear()

    def meet_all(self) -> None:
        """As ``meet``, with everybody: nobody is owed anything afterwards."""
        for partner in self.destinations.values():
            pairs.settle(self.origin.node, partner.node, ROUNDS_MAX)

    def _pairing(self, partner: Place) -> str:
        if partner.division not in self._pairings:
            self._pairings[partner.division] = self.origin.node.pairing_with(partner.node)
        return self._pairings[partner.division]

    def close(self) -> None:
        """Close every database."""
        for place in self.places():
            place.node.database.close()

    def load(self) -> None:
        """Pair, sign the agreements, import the sheets, and learn which member id belongs to whom."""
        self.at(BEGINS)
        if self.is_loaded():
            (newest,) = self.origin.node.database.read(
                lambda store: store.find(AuditEntry, order=("number",), descending=True, limit=1)
            )
            self.at(newest.at[:10])
            self._learn_members()
            return
        tokens = count(1)
        for place in self.drawn.destinations:
            partner = self.destinations[place.division]
            pairs.pair_up(self.origin.node, partner.node, f"{next(tokens):032x}")
            self._agree(place, partner)
            partner.ask("body.import", file=self._files[f"{place.division}/bodies.xlsx"])
        self.origin.ask("body.import", file=self._files["origin/bodies.xlsx"])
        sheets = {"file": self._files["origin/members.xlsx"], "outflow": self._files["origin/outflow.xlsx"]}
        self.origin.ask("member.import", **sheets)
        self._learn_members()

    def is_loaded(self) -> bool:
        """Whether the databases are those of a county that was loaded before."""
        return self.origin.node.database.read(lambda store: store.count(Member)) > 0

    def _agree(self, place: Destination, partner: Place) -> None:
        origin, pairing = self.origin, self.origin.node.pairing_with(partner.node)
        for side in (origin, partner):
            side.node.act(lambda exchange: exchange.announce(pairing))
        pairs.settle(origin.node, partner.node)
        officers = {"officers_here": ["包干事 10099000501"], "officers_there": ["林干事 10099000101"]}
        term = {"valid_from": "2026-01-01", "valid_until": "2027-12-31"}
        draft = origin.ask("agreement.draft", peer=partner.peer, **officers, **term)
        approval = {"approved_on": BEGINS, "approved_by": "敖其尔"}
        origin.ask("agreement.propose", "书记", draft=draft.id, document_number="乌旗发〔2026〕1号", **approval)
        pairs.settle(origin.node, partner.node)
        shown = partner.ask("agreement.show", "书记")
        number = f"{place.name}发〔2026〕1号"
        partner.ask("agreement.sign", "书记", version=shown.version, document_number=number, **approval)
        pairs.settle(origin.node, partner.node)

    def _learn_members(self) -> None:
        """By the lists of the branches and each member's record, as a clerk would find them."""
        for branch in sorted({journey.branch for journey in self.drawn.journeys}):
            for line in self.origin.ask("member.list", under=branch, floating=True, limit=1000).members:
                shown = self.origin.ask("member.show", member_id=line.member_id)
                self.member_ids[shown.id_number] = line.member_id
