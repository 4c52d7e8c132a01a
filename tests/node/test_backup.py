"""A backup of a node that is being written to, and putting it back: whole transactions, nothing overwritten."""

import threading
import time
from pathlib import Path

import pytest

from gongguan.node import backup, config
from gongguan.node.app import Node
from gongguan.protocol.errors import ProtocolError
from gongguan.sync.paper.lost_letters import lost_numbers
from gongguan.sync.records import Setting
from tests.full_disk import disk_of
from tests.nodes import free_port, opened, prepare
from tests.refusals import refusal


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return prepare(tmp_path_factory.mktemp("node") / "data", "origin", free_port())


def put(node: Node, value: str) -> None:
    node.sequencer.write(lambda store: store.put(Setting(name="mark", value=value)))


def mark(node: Node) -> str:
    found = node.sequencer.read(lambda store: store.get(Setting, "mark"))
    assert found is not None
    return found.value


def test_a_backup_of_an_open_node_holds_what_was_committed_and_goes_back(prepared: Path, tmp_path: Path) -> None:
    file = tmp_path / "one.backup"
    with opened(prepared) as node:
        put(node, "备份时")
        made = backup.back_up(prepared, file)
        assert made.members == (config.FILE, config.DATABASE)
        put(node, "备份以后")
        assert refusal(lambda: backup.put_back(prepared, file)) == "I-folder-in-use"
    assert file.stat().st_mode & 0o077 == 0
    assert refusal(lambda: backup.back_up(prepared, file)) == "I-backup"
    backup.put_back(prepared, file)
    assert list(prepared.glob("*.restoring*")) == []
    with opened(prepared) as node:
        assert mark(node) == "备份时"
    assert (prepared / f"{config.DATABASE}.before-1").exists()


def test_a_backup_in_the_middle_of_traffic_holds_whole_transactions(prepared: Path, tmp_path: Path) -> None:
    """Each transaction writes two records alike, some of them large, so that pages are on their way all the time."""
    files = [tmp_path / f"{number}.backup" for number in range(3)]
    done, written = threading.Event(), [0]

    def write_on(node: Node) -> None:
        while not done.is_set():
            value = f"{written[0]} " + "字" * (written[0] % 7 * 5000)
            alike = [Setting(name=name, value=value) for name in ("one", "other")]
            node.sequencer.write(lambda store, alike=alike: store.put_all(alike))  # type: ignore[misc]
            written[0] += 1

    with opened(prepared) as node:
        writing = threading.Thread(target=write_on, args=(node,))
        writing.start()
        counts = []
        for file in files:
            until = written[0] + 3
            while written[0] < until:
                time.sleep(0.001)
            counts.append(written[0])
            backup.back_up(prepared, file)
        done.set()
        writing.join()
        assert written[0] > counts[-1]
    for file, count in zip(files, counts, strict=True):
        backup.put_back(prepared, file)
        with opened(prepared) as node:
            one, other = node.sequencer.read(lambda store: store.find(Setting, name__in=["one", "other"]))
        assert one.value == other.value
        assert int(one.value.partition(" ")[0]) >= count - 1


def test_of_a_backup_for_which_there_is_no_room_nothing_stays_that_could_be_taken_for_one(
    prepared: Path, tmp_path: Path
) -> None:
    with disk_of((prepared / config.DATABASE).stat().st_size):  # enough for the copy, not for the tar around it
        assert refusal(lambda: backup.back_up(prepared, tmp_path / "full.backup")) == "I-backup"
    assert list(tmp_path.iterdir()) == []
    assert refusal(lambda: backup.back_up(prepared, Path("/proc/here.backup"))) == "I-backup"


def test_a_restore_for_which_there_is_no_room_says_so_and_blames_no_backup(prepared: Path, tmp_path: Path) -> None:
    whole = tmp_path / "whole.backup"
    backup.back_up(prepared, whole, with_keys=True)
    with disk_of(4096), pytest.raises(ProtocolError) as error:
        backup.put_back(tmp_path / "new", whole)
    assert error.value.code == "I-backup"
    assert error.value.facts["problem"] != "not a backup of a node"
    backup.put_back(tmp_path / "new", whole)


def test_letters_written_after_the_backup_are_known_to_be_missing_at_the_next_start(
    prepared: Path, tmp_path: Path
) -> None:
    file = tmp_path / "letters.backup"
    backup.back_up(prepared, file)
    with opened(prepared) as node:
        node.note_letters(2)
    backup.put_back(prepared, file)
    for _ in range(2):
        with opened(prepared) as node:
            assert node.sequencer.read(lost_numbers) == [1, 2]


def test_with_its_keys_a_node_can_be_put_into_an_empty_folder_without_them_not(prepared: Path, tmp_path: Path) -> None:
    bare, whole = tmp_path / "bare.backup", tmp_path / "whole.backup"
    with opened(prepared) as node:
        put(node, "搬家")
        node_id = node.node_id
    backup.back_up(prepared, bare)
    backup.back_up(prepared, whole, with_keys=True)
    assert refusal(lambda: backup.put_back(tmp_path / "empty", bare)) == "I-restore-keys"
    backup.put_back(tmp_path / "new", whole)
    with opened(tmp_path / "new") as node:
        assert (node.node_id, mark(node)) == (node_id, "搬家")


def test_what_is_no_backup_or_a_damaged_one_changes_nothing(prepared: Path, tmp_path: Path) -> None:
    with opened(prepared) as node:
        put(node, "保持")
    whole = tmp_path / "whole.backup"
    backup.back_up(prepared, whole)
    data = bytearray(whole.read_bytes())
    for place in range(20_000, len(data), 997):
        data[place] ^= 0xFF
    for number, content in enumerate((b"", b"hello" * 1000, bytes(data[: len(data) // 2]), bytes(data))):
        broken = tmp_path / f"broken-{number}"
        broken.write_bytes(content)
        assert refusal(lambda broken=broken: backup.put_back(prepared, broken)) == "I-backup"
    with opened(prepared) as node:
        assert mark(node) == "保持"
    assert refusal(lambda: backup.back_up(prepared, tmp_path / "nowhere" / "file")) == "I-backup"
    assert refusal(lambda: backup.put_back(prepared, tmp_path / "nothing")) == "D-file-missing"
