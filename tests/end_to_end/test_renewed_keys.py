"""A certificate and a data key are changed by commands while both processes run, and are killed in the middle of it."""

import signal

import pytest

from gongguan.node.keys import keyfiles
from gongguan.sync.records import Member
from tests.contract.rows import member
from tests.end_to_end.programs import Two
from tests.end_to_end.two_nodes import (
    assert_both_hold_the_same,
    opened,
    wait,
    wait_until_receipted,
    write_message,
)
from tests.node.database.sealed_names import opened_by

pytestmark = pytest.mark.slow

COUNT = 500


def test_killed_at_once_after_both_changes_it_goes_on_and_both_sides_exchange_as_before(two: Two) -> None:
    with opened(two.origin) as node:
        members = [member(f"{number:032x}", f"{number:064x}") for number in range(COUNT)]
        node.sequencer.write(lambda store: store.put_all(members))
    before = keyfiles.open_with_service(two.origin.folder)
    two.origin.start()
    two.origin.run("login", "管理员")
    card = two.origin.run("keys", "renew-tls", staff="管理员")
    changed = two.origin.run("keys", "renew-data", staff="管理员")
    two.origin.stop(signal.SIGKILL)

    assert card["serial"] == 2 and changed["tables"] > 10
    now = keyfiles.open_with_service(two.origin.folder)
    assert now.data_key != before.data_key and now.tls_certificate != before.tls_certificate

    write_message(two.destination)  # and it knows the certificate of before only
    for one in two:
        one.start()
    wait_until_receipted(two.destination)
    wait(lambda: two.origin.asked("node.status")["resealing"] == 0)
    for one in two:
        assert one.stop() == 0
    assert (opened_by(two.origin.folder, before.data_key), opened_by(two.origin.folder, now.data_key)) == (0, COUNT)
    with opened(two.origin) as node:
        assert len(node.sequencer.read(lambda store: store.find(Member))) == COUNT
    assert_both_hold_the_same(two)
