"""Two nodes paired by their officers; a copy of them for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.end_to_end.programs import Two, copies_of, two_programs
from tests.end_to_end.two_nodes import running, wait_until_listed, wait_until_receipted


@pytest.fixture(scope="session")
def paired(tmp_path_factory: pytest.TempPathFactory) -> Two:
    """Two nodes that were paired by their officers and stopped again."""
    two = two_programs(tmp_path_factory.mktemp("paired"))
    for one in two:
        one.init()
    with running(two):
        for one in two:
            one.staff()
        invitation = two.origin.run("peer", "invite")["file"]
        accepted = two.destination.run("peer", "accept", str(two.origin.folder.parent / invitation))
        assert accepted["state"] == "card_received"
        for here, there in (two, two[::-1]):
            wait_until_listed(here, "card_received", "confirmed_there")
            digits = there.run("peer", "card")["fingerprint"]
            peer = here.run("peer", "list")["peers"][0]["peer"]
            here.run("peer", "confirm", peer, "--fingerprint", digits)
        for one in two:
            wait_until_listed(one, "active")
            wait_until_receipted(one)
    return two


@pytest.fixture
def two(paired: Two, tmp_path: Path) -> Iterator[Two]:
    """Copies of the paired nodes, on the same ports."""
    with copies_of(paired, tmp_path) as found:
        yield found
