"""A node with staff, for tests: a database, a clock that is set by hand, and one person for each role."""

import hmac
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import msgspec

from gongguan.node.database.database import Database
from gongguan.node.staff.desk import Desk
from gongguan.protocol.card import Card
from gongguan.protocol.errors import refuse
from gongguan.protocol.keys import FLOOR, SealingKey
from gongguan.protocol.session import Identity
from gongguan.sync.act import Act
from gongguan.sync.exchange.reconcile import Session
from gongguan.sync.exchange.renewal import CardChange, Renewal, Renewed, renew
from gongguan.sync.persons.bodies import found_committee
from gongguan.sync.persons.passwords import password_line
from gongguan.sync.records import AuditEntry, Body, Setting, Staff
from gongguan.sync.store import Store
from tests import recorder
from tests.fakes import FakeClock, MemoryDatabase
from tests.protocol.committees import signing_key

T = TypeVar("T")

DEMO_DATA = Path(__file__).parent.parent / "cli" / "demo_data"
TOP, NORTH, SOUTH = "990521", "99052101", "99052102"
NORTH_BRANCH, SOUTH_BRANCH = "9905210101", "9905210201"
PASSWORD = "草原上的风-2026"
LINE = password_line(PASSWORD, b"0123456789abcdef")
"""One line for all: deriving it anew would be the slowest part of every test."""
PEOPLE = {
    "管理员": ("system_administrator", TOP),
    "干事": ("organisation_officer", TOP),
    "书记": ("secretary", NORTH),
    "支部": ("branch_clerk", NORTH_BRANCH),
    "只读": ("reader", TOP),
}


@dataclass
class LocalPort:
    """The node's port without a network: its own key for digests, and a list of the deliveries that were woken."""

    node_id: str = "a" * 32
    synthetic: bool = True
    woken: list[str] = field(default_factory=list)
    title: str = ""
    renewals: int = 0
    letters: int = 0
    database: Database = field(default_factory=MemoryDatabase)

    def look(self, work: Callable[[Store], T]) -> T:
        return self.database.read(work)

    def digest_id_number(self, id_number: str) -> str:
        return hmac.digest(b"node key", id_number.encode(), "sha256").hex()

    def note_letters(self, newest: int) -> None:
        self.letters = newest

    def wake(self, pairing_id: str) -> None:
        self.woken.append(pairing_id)

    def compare(self, peer: str, *, full: bool) -> Session:
        raise refuse("D-peer-unknown")

    def change_data_key(self, store: Store, day: str) -> None:
        """As after the first change: all is due."""
        store.put(Setting(name="data_key", value=f"{day} {self.renewals}"))

    def renew(self, identity: Identity, present: Card, change: CardChange) -> Renewed:
        """New keys by a counter, the title as configured by ``title``; nothing is written to a disk."""
        self.renewals += 1
        label = f"{present.node_id} {self.renewals}"
        made = Renewal(change.day)
        if change.signing:
            made = made._replace(log=signing_key(f"{label} log"), cosigning=signing_key(f"{label} cosigning"))
        if change.sealing:
            made = made._replace(sealing=(SealingKey.from_seeds(FLOOR, signing_key(f"{label} floor").seed),))
        if change.tls:
            made = made._replace(tls_sha256=f"{self.renewals:064x}")
        if change.as_configured:
            made = made._replace(title=self.title or present.title)
        following, data = renew(identity, present, made)
        return Renewed(following, (data,))


@dataclass
class StaffNode:
    """The node; ``token(name)`` logs a person in, ``ask`` performs an operation as that person."""

    database: Database
    clock: FakeClock
    port: LocalPort
    desk: Desk

    def token(self, name: str) -> str:
        return self.desk.login(name, PASSWORD).token

    def ask(self, who: str, operation: str, /, **fields: object) -> msgspec.Struct:
        recorder.called(operation)
        return self.desk.perform(operation, self.token(who), lambda kind: msgspec.convert(fields, kind))

    def audit(self) -> list[AuditEntry]:
        return self.database.read(lambda store: store.find(AuditEntry))

    def act(self, work: Callable[[Act], T], name: str = "干事") -> T:
        """Run one function as a person, in a transaction of its own."""

        def run(store: Store) -> T:
            person = store.get(Staff, name)
            assert person is not None
            return work(Act(store, person, self.clock.now(), self.clock.random_bytes, self.port))

        return self.database.write(run)


def staff_node(database: Database | None = None) -> StaffNode:
    """A committee with two general branches and a branch below each, and the people above."""
    database = database or MemoryDatabase()
    clock, port = FakeClock(), LocalPort(database=database)

    def fill(store: Store) -> None:
        found_committee(store, TOP, "中国共产党乌兰诺尔旗委员会", "旗委")
        for code, name, category, parent in (
            (NORTH, "白音敖包苏木党总支", "general_branch", TOP),
            (SOUTH, "双榆镇党总支", "general_branch", TOP),
            (NORTH_BRANCH, "三棵树嘎查党支部", "branch", NORTH),
            (SOUTH_BRANCH, "双榆村党支部", "branch", SOUTH),
        ):
            store.put(Body(code=code, full_name=name, short_name=name, category=category, parent_code=parent))
        for name, (role, body) in PEOPLE.items():
            store.put(Staff(name=name, role=role, body_code=body, password=LINE))

    database.write(fill)
    return StaffNode(database, clock, port, Desk(database, port, clock.now, clock.random_bytes))
