"""Two nodes as two committees would run them: set up, started, paired and used by the command line only.

Then one of them is killed, at every point where something could be lost or done twice.
"""

import shutil
import signal
from pathlib import Path
from typing import Any

import pytest

from gongguan.node import config
from gongguan.protocol.limits import POISON_ATTEMPTS_MAX
from gongguan.sync.records import Pairing
from tests.end_to_end.programs import Program, Two, two_programs
from tests.end_to_end.two_nodes import (
    assert_both_hold_the_same,
    logs_of,
    opened,
    running,
    wait_until_listed,
    wait_until_receipted,
    write_message,
)

pytestmark = pytest.mark.slow


def test_pairing_alone_is_an_exchange_with_receipts_on_both_sides(two: Two) -> None:
    assert_both_hold_the_same(two)
    assert len(logs_of(two.origin).own) >= 2


@pytest.mark.parametrize(
    ("who", "point"),
    [
        ("origin", "before-send"),
        ("origin", "after-send"),
        ("origin", "before-commit:2"),
        ("origin", "after-commit:2"),
        ("origin", "before-fence"),
        ("destination", "before-commit:2"),
        ("destination", "after-commit:2"),
        ("destination", "after-receive"),
    ],
)
def test_a_node_that_is_killed_loses_nothing_and_does_nothing_twice(two: Two, who: str, point: str) -> None:
    message_id = write_message(two.origin)
    victim, other = (two.origin, two.destination) if who == "origin" else two[::-1]
    other.start()
    victim.start_to_crash(point)
    assert victim.ended() == -signal.SIGKILL
    victim.start()
    wait_until_receipted(two.origin)
    wait_until_receipted(two.destination)
    assert [one.stop() for one in two] == [0, 0]
    assert_both_hold_the_same(two)
    assert sum(message_id.encode() in data for data in logs_of(two.destination).partner) == 1


def test_a_message_that_kills_the_process_three_times_is_held_and_later_ones_go_on(two: Two) -> None:
    bad, later = write_message(two.origin), write_message(two.origin)
    two.origin.start()
    point = f"while-applying:{bad[:12]}"
    for _ in range(POISON_ATTEMPTS_MAX):
        two.destination.start_to_crash(point)
        assert two.destination.ended() == -signal.SIGKILL
    two.destination.start(crash_at=point)
    wait_until_receipted(two.origin)
    wait_until_receipted(two.destination)
    for one, side in ((two.origin, "there"), (two.destination, "here")):
        held = one.run("quarantine", "list")["messages"]
        assert [(item["message"], item["side"], item["code"]) for item in held] == [(bad, side, "I-poison")]
    assert [one.stop() for one in two] == [0, 0]
    assert_both_hold_the_same(two)
    assert any(later.encode() in data for data in logs_of(two.destination).partner)


def test_a_second_process_on_one_folder_is_refused_in_words(two: Two) -> None:
    two.origin.start()
    refusal = two.origin.run("serve", refused=True)
    assert refusal["code"] == "I-folder-in-use"
    assert two.origin.stop() == 0


def test_a_port_that_is_taken_is_named(two: Two) -> None:
    two.origin.start()
    settings = two.destination.folder / config.FILE
    settings.write_text(settings.read_text().replace(str(two.destination.port), str(two.origin.port)))
    refusal = two.destination.run("serve", refused=True)
    assert (refusal["code"], refusal["facts"]["port"]) == ("I-port-in-use", two.origin.port)
    assert two.origin.stop() == 0


def test_an_older_database_under_a_newer_fence_is_noticed(two: Two, paired: Two) -> None:
    write_message(two.origin)
    with running(two):
        wait_until_receipted(two.origin)
    shutil.copy(paired.origin.folder / config.DATABASE, two.origin.folder / config.DATABASE)
    with opened(two.origin) as node:
        assert any(item.recovering for item in node.sequencer.read(lambda store: store.find(Pairing)))
    two.origin.start()
    status = two.origin.run("node", "status")
    assert (status["recovering"], status["partners"]) == (True, 1)
    assert two.origin.stop() == 0


def test_officers_whose_nodes_reach_each_other_find_no_files_but_the_invitation(paired: Two) -> None:
    left = {path.name for one in paired for path in one.folder.parent.iterdir() if path.is_file()}
    assert left == {"结对邀请.json"}


def test_two_nodes_without_a_network_pair_and_exchange_by_files_alone(tmp_path: Path) -> None:
    two = two_programs(tmp_path)
    for one in two:
        one.init(callable_=False)

    def hand_over(giver: Program, answer: Any, receiver: Program, *command: str) -> Any:
        return receiver.run(*command, str(giver.folder.parent / answer["file"]))

    with running(two):
        for one in two:
            one.staff()
        origin, destination = two
        invited = origin.run("peer", "invite")
        (open_,) = origin.run("peer", "list")["invitations"]
        assert (open_["officer"], open_["expires_at"]) == ("张干事", invited["expires_at"])
        back = hand_over(origin, invited, destination, "peer", "accept")
        hand_over(destination, back, origin, "peer", "accept")
        assert origin.run("peer", "list")["invitations"] == []
        for here, there in (two, two[::-1]):
            peer = here.run("peer", "list")["peers"][0]["peer"]
            signed = here.run("peer", "confirm", peer, "--fingerprint", there.run("peer", "card")["fingerprint"])
            hand_over(here, signed, there, "peer", "accept")
        for one in two:
            wait_until_listed(one, "active")
        for here, there in (two, two[::-1], two):
            hand_over(here, here.run("bundle", "export"), there, "bundle", "import")
        text = origin.run("bundle", "export", "--text")
        seen = hand_over(origin, text, destination, "bundle", "inspect")
        assert seen["messages"] == 0
        assert hand_over(origin, text, destination, "bundle", "import")["new_messages"] == 0
    assert_both_hold_the_same(two)
