"""Files and a relay as people use them: every command, node and relay is a process of its own."""

import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.programs import PASSWORD, PATIENCE_S, Program, Two, copies_of, two_programs
from tests.end_to_end.two_nodes import wait
from tests.nodes import free_port

pytestmark = pytest.mark.slow


def init(one: Program, *more: str) -> None:
    listen = ["--listen", f"127.0.0.1:{one.port}"]
    one.run("init", "--title", one.title, "--region", one.region, "--synthetic", *listen, *more)


def hand_over(giver: Program, answer: Any, receiver: Program, *command: str) -> Any:
    return receiver.run(*command, str(giver.folder.parent / answer["file"]))


def pair_by_files(two: Two) -> None:
    """Both nodes run and nothing can be called: officers hand files over."""
    origin, destination = two
    for one in two:
        one.staff()
    back = hand_over(origin, origin.run("peer", "invite"), destination, "peer", "accept")
    hand_over(destination, back, origin, "peer", "accept")
    for here, there in (two, two[::-1]):
        peer = here.run("peer", "list")["peers"][0]["peer"]
        signed = here.run("peer", "confirm", peer, "--fingerprint", there.run("peer", "card")["fingerprint"])
        # The same folder is how bundles come: the file is recognised and continues what was begun here.
        taken = there.run("bundle", "import", str(here.folder.parent / signed["file"]))
        assert taken["files"][0]["outcome"] == "new"


def waiting(one: Program) -> bool:
    (line,) = one.asked("peer.list")["peers"]
    return bool(line["waiting"])


def until_receipted(*nodes: Program) -> None:
    wait(lambda: not any(waiting(one) for one in nodes))


@pytest.fixture(scope="module")
def paired(tmp_path_factory: pytest.TempPathFactory) -> Two:
    """Two nodes without addresses, paired, and stopped again."""
    two = two_programs(tmp_path_factory.mktemp("paired"))
    for one in two:
        init(one)
        one.start()
    try:
        pair_by_files(two)
    finally:
        for one in two:
            one.stop()
    return two


@pytest.fixture
def stopped(paired: Two, tmp_path: Path) -> Iterator[Two]:
    with copies_of(paired, tmp_path) as two:
        yield two


def test_files_go_to_and_fro_while_neither_node_runs(stopped: Two, tmp_path: Path) -> None:
    origin, destination = stopped
    stick = tmp_path / "stick"
    tried = origin.run("bundle", "export", "--to", str(stick), "--dry-run")
    assert tried["segments"] > 0 and not stick.exists()
    exported = origin.run("bundle", "export", "--to", str(stick))
    assert [Path(item["file"]).parent for item in exported["files"]] == [stick]
    (stick / "说明.txt").write_text("这是一封信", encoding="utf-8")
    before = sorted(path.name for path in stick.iterdir())
    trial = destination.run("bundle", "import", str(stick), "--dry-run")
    assert trial["new_messages"] > 0
    said = destination.said("bundle", "import", str(stick))
    assert said.returncode == 0, said.stderr
    assert "新内容" in said.stdout
    assert "另有 1 个文件不是共管文件" in said.stdout
    assert sorted(path.name for path in stick.iterdir()) == before
    again = destination.run("bundle", "import", str(stick))
    assert sorted(item["outcome"] for item in again["files"]) == ["foreign", "known"]
    back = tmp_path / "back"
    destination.run("bundle", "export", "--to", str(back))
    (taken,) = origin.run("bundle", "import", str(back))["files"]
    assert (taken["outcome"], taken["new_receipts"]) == ("new", 1)
    seen = destination.run("bundle", "inspect", exported["file"])
    assert (seen["kind"], seen["ours"], seen["sender_title"]) == ("bundle", True, origin.title)
    # A node that runs takes part in the same exchange: the command goes through it.
    origin.start()
    origin.run("bundle", "export", "--to", str(tmp_path / "third"))
    (known,) = origin.run("bundle", "import", str(back))["files"]
    assert known["outcome"] == "known"
    assert origin.stop() == 0


def test_each_file_of_a_folder_is_told_apart_and_what_needs_a_person_ends_with_an_error(
    stopped: Two, tmp_path: Path
) -> None:
    origin, destination = stopped
    stick = tmp_path / "stick"
    whole = Path(origin.run("bundle", "export", "--text", "--to", str(stick))["file"])
    destination.run("bundle", "export", "--to", str(stick))
    (stick / "half.gongguan.txt").write_bytes(whole.read_bytes()[:500])
    shutil.copy(whole, stick / "renamed")
    said = destination.said("bundle", "import", str(stick))
    assert said.returncode == 1
    for words in ("新内容", "已经收到过", "损坏", "不是给本节点的", "重新复制"):
        assert words in said.stdout
    alone = destination.said("bundle", "import", str(stick / "half.gongguan.txt"))
    assert alone.returncode == 1
    assert "文件不完整或已损坏" in alone.stderr


def test_without_a_running_node_the_command_holds_the_lock_and_asks_for_a_lost_login(
    stopped: Two, tmp_path: Path
) -> None:
    origin, _ = stopped
    refused = origin.run("bundle", "export", "--to", str(tmp_path), staff="没有这个人", refused=True, password=PASSWORD)
    assert refused["code"] == "A-login"
    shutil.rmtree(tmp_path / "origin" / "home")
    done = origin.run("bundle", "export", "--to", str(tmp_path), staff="张干事", password=PASSWORD)
    assert done["files"]
    origin.start()
    announcement = origin.folder / "staff-api.json"
    kept = announcement.read_text()
    announcement.unlink()
    refused = origin.run("bundle", "export", "--to", str(tmp_path), staff="张干事", refused=True)
    assert refused["code"] == "I-folder-in-use"
    announcement.write_text(kept)
    assert origin.stop() == 0


def test_two_nodes_that_can_only_call_out_exchange_through_a_relay_process(tmp_path: Path) -> None:
    port = free_port()
    command = [sys.executable, "-m", "gongguan.cli", "relay", "--listen", f"127.0.0.1:{port}"]
    relay = subprocess.Popen(
        [*command, "--data", str(tmp_path / "relay")], stdout=subprocess.PIPE, text=True, encoding="utf-8"
    )
    two = two_programs(tmp_path)
    try:
        assert relay.stdout is not None
        told = relay.stdout.readline() + relay.stdout.readline()
        found = re.search(r"--relay (https://\S+#[0-9a-f]{64})", told)
        assert found is not None, told
        for one in two:
            init(one, "--relay", found[1])
            one.start()
        pair_by_files(two)
        assert two.origin.run("peer", "card")["endpoints"][0].startswith("relay+https://")
        until_receipted(*two)
        assert [one.stop() for one in two] == [0, 0]
    finally:
        for one in two:
            one.stop(signal.SIGKILL)
        relay.send_signal(signal.SIGTERM)
        assert relay.wait(PATIENCE_S) == 0
        if relay.stdout is not None:
            relay.stdout.close()


def test_an_address_that_is_no_relay_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    (one, _) = two_programs(tmp_path)
    given = ["--title", one.title, "--region", one.region, "--relay", "relay.example"]
    refused = one.run("init", *given, refused=True)
    assert refused["code"] == "S-relay-address"
    assert not (one.folder / "gongguan.toml").exists()
