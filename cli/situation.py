"""How far a node has come on the way from nothing to a signed agreement, read from what exists each time anew.

Nothing is remembered between two runs of ``gongguan setup``: the data folder, the running node and the logins kept on
this machine say everything::

    found = look(Path("gongguan-data"))
    found.node is None          # it does not run
    found.people                # {"organisation_officer": "乌云"}: who is logged in here, by role
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from gongguan.cli import client
from gongguan.cli.operations import family
from gongguan.protocol.errors import ProtocolError
from gongguan.protocol.pairing import OPEN_STATES

SETTINGS_FILE: Final = "gongguan.toml"
OUTGOING: Final = "交给对方"
"""Folder inside the data folder: files that a person hands to the partner."""
INVITATION: Final = "结对邀请.json"
OFFICER, SECRETARY, ADMINISTRATOR = "organisation_officer", "secretary", "system_administrator"

_AGREEMENT_ORDER: Final = (("in_force", None), ("proposed", "there"), ("proposed", "here"), ("draft", None))
_OVER: Final = ("expired", "ended")


@dataclass(frozen=True, slots=True)
class Situation:
    """What is there. ``people``: role → who is logged in; ``staff``: role → an account of that role, where an
    administrator is logged in. ``partner``, ``agreement``: the line of ``peer list`` and ``agreement list`` that
    matters now; ``agreement_over``: there was one, and its time is over; ``declined``: the last line of the list,
    where that text was declined.
    """

    folder: Path
    is_set_up: bool
    node: client.Node | None = None
    people: Mapping[str, str] = field(default_factory=dict)
    staff: Mapping[str, str] = field(default_factory=dict)
    bodies: int = 0
    partner: Any = None
    agreement: Any = None
    agreement_over: bool = False
    declined: Any = None

    @property
    def invitation(self) -> Path:
        """Where the invitation that we made lies, or would lie."""
        return self.folder / OUTGOING / INVITATION

    @property
    def running(self) -> client.Node:
        """The node; only asked for in steps that come after its start."""
        assert self.node is not None
        return self.node

    def status(self) -> tuple[object, ...]:
        """What a partner's act changes: compared while waiting."""
        one, other = self.partner, self.agreement
        return (one and (one.peer, one.state), other and (other.id, other.state))


def ask(node: client.Node, who: str, operation: str, **fields: object) -> Any:
    """The answer of one operation for a person logged in here. Raises ``client.Refused``, A-token, T-…"""
    row = family(operation.partition(".")[0])[operation]
    return client.StaffClient(node, client.token_of(node, who)).call(row, fields)


def look(folder: Path) -> Situation:
    """The situation now."""
    is_set_up = (folder / SETTINGS_FILE).exists()
    node = _running(folder) if is_set_up else None
    if node is None:
        return Situation(folder, is_set_up)
    people = _people(node)
    if not people:
        return Situation(folder, is_set_up, node)
    anyone = next(reversed(people.values()))
    reader = people.get(OFFICER) or people.get(SECRETARY)
    partner = _partner(ask(node, anyone, "peer.list").peers)
    agreements = ask(node, reader, "agreement.list", peer=partner.peer).agreements if reader and partner else []
    return Situation(
        folder,
        is_set_up,
        node,
        people,
        _staff(node, people.get(ADMINISTRATOR)),
        len(ask(node, anyone, "body.list").bodies),
        partner,
        _agreement(agreements),
        any(line.state in _OVER for line in agreements),
        agreements[-1] if agreements and agreements[-1].state == "declined" else None,
    )


def _running(folder: Path) -> client.Node | None:
    try:
        node = client.find_node(folder)
    except ProtocolError:
        return None
    return node if client.StaffClient(node).answers() else None


def _people(node: client.Node) -> dict[str, str]:
    """Role → the person whose login still holds; logins that have ended are dropped."""
    people: dict[str, str] = {}
    for name in client.logins(node):
        try:
            role = ask(node, name, "session.show").role
        except client.Refused as error:
            if error.failure.code != "A-token":
                raise
            client.forget(node, name)
            continue
        people.pop(role, None)
        people[role] = name
    return people


def _staff(node: client.Node, administrator: str | None) -> dict[str, str]:
    if administrator is None:
        return {}
    return {line.role: line.name for line in ask(node, administrator, "staff.list").staff if not line.disabled}


def _partner(lines: list[Any]) -> Any:
    for states in (("active",), OPEN_STATES):
        for line in lines:
            if line.state in states:
                return line
    return None


def _agreement(lines: list[Any]) -> Any:
    for state, by in _AGREEMENT_ORDER:
        for line in reversed(lines):
            if line.state == state and by in (None, line.proposed_by):
                return line
    return None
