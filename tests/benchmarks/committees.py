"""Two committees as two processes: set up by the real commands, paired, under an agreement, driven by the staff API.

Folders are prepared once and copied for each run, so that a run can be compared with another one from the same start::

    prepare(folder)                                  # both nodes, stopped, with an agreement in force and members
    with Pair(folder) as pair:
        pair.origin.call("notice.send", topic="other", title="…", text="…")
"""

import asyncio
import contextlib
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Final

import msgspec

from gongguan.cli.client import Refused, StaffClient, find_node
from gongguan.cli.demo_data import workbook
from gongguan.cli.operations import family
from gongguan.protocol.errors import ProtocolError
from tests import nodes

PASSWORD: Final = nodes.PASSWORD
TITLES: Final = {
    "origin": ("中国共产党乌兰诺尔旗委员会", "990521"),
    "destination": ("中国共产党澜江市委员会", "990107"),
    "elsewhere": ("中国共产党远山镇委员会", "990303"),
}
"""Full name and division of the committee; the first two are those of the shipped workbooks."""
NAMES: Final = ("origin", "destination")
ELSEWHERE: Final = "elsewhere"
"""Another destination of the same origin, with nothing but staff and an agreement."""
MEMBERS: Final = 12
PATIENCE_S: Final = 120.0
"""How long a node may take for what has to happen; nothing is measured by it."""


class Gone(Exception):
    """The node did not answer: whether the operation took effect is not known."""


class Committee:
    """One node process and the officer who works with it."""

    def __init__(self, folder: Path, name: str) -> None:
        self.folder = folder / name
        self.name = name
        self.process: subprocess.Popen[str] | None = None
        self._up = threading.Event()
        self._broken = ""
        self._tokens: dict[str, str] = {}

    @property
    def database(self) -> Path:
        return self.folder / "node.sqlite3"

    @property
    def node_id(self) -> str:
        """Of the running node."""
        return find_node(self.folder).node_id

    def start(self) -> None:
        """Run ``gongguan serve`` and wait until it listens."""
        log = (self.folder / "serve.log").open("a")
        self.process = subprocess.Popen(self.command(), stdout=subprocess.PIPE, stderr=log, text=True)
        log.close()
        assert self.process.stdout is not None
        if not self.process.stdout.readline():
            self._broken = f"{self.name} did not start: {self.process.wait()} {self._last_said()}"
            self._up.set()  # whoever waits for it hears the same, and at once
            raise RuntimeError(self._broken)
        self.is_up()

    def _last_said(self) -> list[str]:
        return (self.folder / "serve.log").read_text().splitlines()[-3:]

    def command(self) -> list[str]:
        """What serves the folder."""
        return [sys.executable, "-m", "gongguan.cli", "--data", str(self.folder), "serve"]

    @property
    def running(self) -> "subprocess.Popen[str]":
        """The process that serves."""
        assert self.process is not None
        return self.process

    def is_up(self) -> None:
        """Somebody else runs the node."""
        self._up.set()

    def kill(self) -> None:
        """End the process as a power cut would."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """Ask the process to end, and wait until it has."""
        self._end(signal.SIGTERM)

    def _end(self, number: signal.Signals) -> None:
        self._up.clear()
        process, self.process = self.process, None
        if process is not None:
            process.send_signal(number)
            process.wait()
            assert process.stdout is not None
            process.stdout.close()

    def until_up(self) -> None:
        """Wait while the node is being started again."""
        if not self._up.wait(PATIENCE_S):
            raise RuntimeError(f"{self.name} does not come up")
        if self._broken:
            raise RuntimeError(self._broken)

    def call(self, operation: str, *, staff: str = "officer", **fields: object) -> Any:
        """One operation. Raises ``Refused``, ``Gone`` when the answer was lost, RuntimeError when nobody ended the node
        and it will give none."""
        self.until_up()
        if staff not in self._tokens:
            self._tokens[staff] = self._asked(lambda client: client.login(staff_name(staff), PASSWORD)).token
        token = self._tokens[staff]
        return self._asked(lambda client: client.call(family(operation.partition(".")[0])[operation], fields), token)

    def log_out(self) -> None:
        """Forget the sessions: each role logs in again with its next call."""
        self._tokens.clear()

    def _asked(self, ask: Callable[[StaffClient], Any], token: str | None = None) -> Any:
        try:
            return ask(StaffClient(find_node(self.folder), token))
        except (ProtocolError, OSError) as error:
            # One that we end is not ours any more when it ends: asking again and again would have no end.
            if self.process is not None and self.process.poll() is not None:
                raise RuntimeError(f"{self.name} died: {self.process.returncode} {self._last_said()}") from error
            raise Gone(str(error)) from error

    # --- looking into the database, beside the node or after it ---------------------------------------------

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        """What a reader of the file sees."""
        with contextlib.closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True, timeout=30)) as reader:
            return reader.execute(statement).fetchall()

    def unreceipted(self, pairing_id: str = "") -> int:
        """Own messages for which no receipt is stored, to all partners or in one pairing."""
        which = f" AND pairing_id = '{pairing_id}'" if pairing_id else ""
        return int(self.rows(f"SELECT COALESCE(SUM(size - receipted), 0) FROM epoch WHERE own{which}")[0][0])

    def shared(self) -> list[tuple[Any, ...]]:
        """Every column of every shared record, in the order of the key."""
        return self.rows("SELECT * FROM shared_record ORDER BY unit, key")


def staff_name(role: str) -> str:
    """The person who acts in this role."""
    return {"administrator": "管理员", "officer": "组织员", "secretary": "书记员"}[role]


class Pair:
    """Both committees of a prepared folder, running."""

    def __init__(self, folder: Path, kind: type[Committee] = Committee) -> None:
        self.folder = folder
        self.origin, self.destination = (kind(folder, name) for name in NAMES)

    @property
    def both(self) -> tuple[Committee, Committee]:
        return self.origin, self.destination

    def __enter__(self) -> "Pair":
        for one in self.both:
            one.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for one in self.both:
            one.stop()

    def settle(self) -> None:
        """Wait until everything is receipted on both sides and both hold as much as the other wrote."""
        until(lambda: not any(one.unreceipted() for one in self.both) and self._sizes_agree())

    def _sizes_agree(self) -> bool:
        sizes = [dict(one.rows("SELECT epoch, size FROM epoch WHERE pairing_id <> ''")) for one in self.both]
        return sizes[0] == sizes[1]


def until(condition: Callable[[], object], look_s: float = 0.02) -> None:
    """Wait for something that has to happen; ``look_s``: how often to look."""
    limit = time.monotonic() + PATIENCE_S
    while not condition():
        if time.monotonic() > limit:
            raise RuntimeError("the two nodes do not come to rest")
        time.sleep(look_s)


def copied(prepared: Path, folder: Path) -> Path:
    """The same start once more."""
    shutil.copytree(prepared, folder)
    return folder


# --- setting up -----------------------------------------------------------------------------------------------


def prepare(folder: Path, members: int = MEMBERS) -> Path:
    """Both nodes in ``folder``: paired, an agreement in force, ``members`` admitted by the destination; stopped."""
    for name in NAMES:
        _init(folder / name, name, nodes.free_port())
    asyncio.run(_pair(folder, *NAMES))
    with Pair(folder) as pair:
        for one in pair.both:
            _staff(one)
            one.call("body.import", file=workbook(f"{one.name}_bodies.xlsx").read_bytes())
        _agree(pair.origin, pair.destination)
        pair.settle()
        _move(pair, members)
        pair.settle()
    return folder


def prepare_elsewhere(folder: Path) -> str:
    """A third node beside the two of ``prepare``, under an agreement with the origin; all stopped. Its node id."""
    _init(folder / ELSEWHERE, ELSEWHERE, nodes.free_port())
    asyncio.run(_pair(folder, NAMES[0], ELSEWHERE))
    origin, elsewhere = Committee(folder, NAMES[0]), Committee(folder, ELSEWHERE)
    origin.start()
    elsewhere.start()
    try:
        _staff(elsewhere)
        peer = elsewhere.node_id
        _agree(origin, elsewhere, peer)
        until(lambda: not origin.unreceipted() and not elsewhere.unreceipted())
        return peer
    finally:
        elsewhere.stop()
        origin.stop()


def _init(folder: Path, name: str, port: int) -> None:
    title, region = TITLES[name]
    endpoint = f"https://127.0.0.1:{port}"
    options = ["--title", title, "--region", region, "--listen", f"127.0.0.1:{port}", "--endpoint", endpoint]
    command = [sys.executable, "-m", "gongguan.cli", "--data", str(folder), "init", *options, "--synthetic"]
    subprocess.run([*command, "--password-stdin"], input=PASSWORD, text=True, check=True, stdout=subprocess.DEVNULL)
    with (folder / "gongguan.toml").open("a", encoding="utf-8") as settings:
        # Half an hour of back-off after many deaths is right for a real node, and too long to look on.
        settings.write("\n[limits]\nretry_delay_s_max = 2.0\n")


async def _pair(folder: Path, inviting: str, accepting: str) -> None:
    """What two officers do by telephone, on the nodes of both folders in this process."""
    async with nodes.running(folder / inviting) as inviter, nodes.running(folder / accepting) as invited:
        await nodes.pair(inviter, invited)
        await nodes.until(inviter.is_settled)
        await nodes.until(invited.is_settled)


def _staff(one: Committee) -> None:
    region = TITLES[one.name][1]
    for role, known in (("organisation_officer", "officer"), ("secretary", "secretary")):
        fields = {"name": staff_name(known), "role": role, "body": region, "password": PASSWORD}
        one.call("staff.add", staff="administrator", **fields)


def _agree(proposer: Committee, partner: Committee, peer: str = "") -> None:
    """``peer``: what the proposer calls the partner, where it has several."""
    officers: dict[str, Any] = {"officers_here": ["乌云 10000000001"], "officers_there": ["李明 10000000002"]}
    days = {"valid_from": "2016-01-01", "valid_until": "2035-12-31"}
    draft = proposer.call("agreement.draft", peer=peer, **days, **officers)
    approval = {"document_number": "示例〔2026〕1号", "approved_on": "2026-01-04", "approved_by": "王建国"}
    proposed = proposer.call("agreement.propose", staff="secretary", draft=draft.id, **approval)
    until(lambda: _proposals(partner))
    partner.call("agreement.sign", staff="secretary", version=proposed.version, **approval)
    until(lambda: proposed.version in _in_force(proposer))


def _in_force(one: Committee) -> set[str]:
    return {item.version for item in one.call("agreement.list").agreements if item.state == "in_force"}


def _proposals(one: Committee) -> list[Any]:
    return [item for item in one.call("agreement.list").agreements if item.state != "draft"]


def _move(pair: Pair, members: int) -> None:
    """The first floating members of the roster are notified and admitted."""
    origin, destination = pair.both
    files: dict[str, Any] = {
        "file": workbook("origin_members.xlsx").read_bytes(),
        "outflow": workbook("origin_outflow.xls").read_bytes(),
    }
    origin.call("member.import", **files)
    floating = sorted(item.member_id for item in origin.call("member.list", floating=True).members)[:members]
    without = {item.member_id for item in origin.call("certificate.list", missing=True).certificates}
    for number, member in enumerate(floating):
        if member in without:
            origin.call("certificate.issue", member_id=member, number=f"H-2026-{number:04}", issued_on="2026-01-10")
        fields = {"left_on": "2026-01-20", "destination_place": TITLES["destination"][1], "reason": "work"}
        origin.call("departure.report", member_id=member, briefed_on="2026-01-15", **fields)
        origin.call("departure.notify", member_id=member)
    until(lambda: len(destination.call("admission.list").notices) == len(floating))
    (body,) = destination.rows("SELECT MIN(code) FROM body WHERE category = 'branch'")[0]
    for notice in destination.call("admission.list").notices:
        fields = {"managing_body": body, "contact_officer": "李明", "contact_phone": "10000000002"}
        shown = {"arrived_on": "2026-02-01", "certificate_number": notice.certificate_number}
        destination.call("admission.give", subject=notice.subject, **shown, **fields)


def subjects(one: Committee) -> list[str]:
    """The pseudonyms of all members who move between the two, sorted."""
    return sorted(str(row[0]) for row in one.rows("SELECT subject FROM mobility_period"))


def values(one: Committee) -> Iterator[tuple[bytes, str, Any]]:
    """(unit, key, value) of every shared record."""
    for unit, key, value in one.rows("SELECT unit, key, value FROM shared_record ORDER BY unit, key"):
        yield unit, key, msgspec.json.decode(value)


__all__ = [
    "Committee",
    "Gone",
    "Pair",
    "Refused",
    "copied",
    "prepare",
    "prepare_elsewhere",
    "subjects",
    "until",
    "values",
]
