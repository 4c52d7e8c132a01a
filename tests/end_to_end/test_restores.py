"""The drill: an old copy of the data is put back under a node that had gone on, as processes on real files."""

import shutil
import signal
from pathlib import Path
from typing import Any

import pytest

from gongguan.node import config
from tests.end_to_end.programs import Program, Two
from tests.end_to_end.two_nodes import (
    assert_both_hold_the_same,
    logs_of,
    opened,
    running,
    wait,
    wait_until_receipted,
    write_message,
)

pytestmark = pytest.mark.slow


def exchange_all(two: Two) -> None:
    with running(two):
        for one in two:
            wait_until_receipted(one)


@pytest.mark.parametrize("put_back", ["the database alone", "the whole folder"])
def test_after_an_old_copy_was_put_back_all_that_the_partner_has_comes_back(
    two: Two, tmp_path: Path, put_back: str
) -> None:
    write_message(two.origin)
    exchange_all(two)
    backup, held_then = tmp_path / "backup", logs_of(two.origin).own
    shutil.copytree(two.origin.folder, backup)
    for one in (two.origin, two.destination, two.origin):
        write_message(one)
        exchange_all(two)
    write_message(two.origin)
    two.origin.start()
    wait(lambda: not two.origin.asked("node.status")["recovering"])
    two.origin.stop(signal.SIGKILL)
    signed, received = logs_of(two.origin).own, logs_of(two.destination).partner
    lost = [data for data in signed if data not in received]
    assert lost

    if put_back == "the whole folder":
        shutil.rmtree(two.origin.folder)
        shutil.copytree(backup, two.origin.folder)
    else:
        shutil.copy(backup / config.DATABASE, two.origin.folder / config.DATABASE)

    with running(two):
        wait(lambda: is_recovered(two.origin))
        for one in two:
            wait_until_receipted(one)
        found = shown(two)
    came_back = len(received) - len(held_then)
    expected = len(signed) - len(held_then) if put_back == "the database alone" else came_back
    assert (found["expected"], found["returned"]) == (expected, came_back)
    assert (found["awaited"], found["lost"]) == (0, expected - came_back)
    assert_both_hold_the_same(two)
    own = logs_of(two.origin).own
    assert set(received) <= set(own)
    write_message(two.origin)
    with opened(two.origin) as node:
        exchange = node.sequencer.using(
            lambda exchange: exchange.book(exchange.pairings()[0].pairing_id).heads(own=True)
        )
        assert len(node.sequencer.read(exchange)) == 1
    exchange_all(two)
    assert_both_hold_the_same(two)


def shown(two: Two) -> Any:
    return told(two.origin)


def test_both_put_back_to_different_times_tell_in_figures_what_each_lost(two: Two, tmp_path: Path) -> None:
    """The older copy is the origin's: the destination's newer one still has some of what the origin lost."""
    kept = {}
    for one in two:
        write_message(two.origin)
        write_message(two.destination)
        exchange_all(two)
        kept[one.region] = tmp_path / one.region
        shutil.copy(one.folder / config.DATABASE, kept[one.region])
    for one in two:
        write_message(one)
        exchange_all(two)
    signed = {one.region: logs_of(one).own for one in two}
    for one in two:
        shutil.copy(kept[one.region], one.folder / config.DATABASE)
    held = {one.region: logs_of(one) for one in two}
    with running(two):
        for one in two:
            wait(lambda one=one: is_recovered(one))  # type: ignore[misc]
            wait_until_receipted(one)
        found = {one.region: told(one) for one in two}
    for here, there in (two, two[::-1]):
        lacked = set(signed[here.region]) - set(held[here.region].own)
        came_back = lacked & set(held[there.region].partner)
        figures = found[here.region]
        assert (figures["expected"], figures["returned"]) == (len(lacked), len(came_back))
        assert figures["lost"] == len(lacked) - len(came_back) > 0
    assert found[two.origin.region]["returned"] > 0
    here_now, there_now = logs_of(two.origin), logs_of(two.destination)
    assert set(here_now.own) == set(there_now.partner)
    assert set(there_now.own) == set(here_now.partner)
    exchange_all(two)


def is_recovered(one: Program) -> bool:
    return [item["under_way"] for item in one.asked("recovery.show")["recoveries"]] == [False]


def told(one: Program) -> Any:
    return one.run("recovery", "show")
