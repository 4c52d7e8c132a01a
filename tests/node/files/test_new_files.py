"""Files for people: never over another one, private, and never half there."""

import stat
from pathlib import Path

import pytest

from gongguan.node.files.new_files import save
from gongguan.protocol.errors import ProtocolError
from tests.full_disk import disk_of


def test_a_file_is_private_and_never_written_over_another_one(tmp_path: Path) -> None:
    saved = [save(tmp_path / "名册.xlsx", data) for data in (b"1", b"2", b"3")]
    assert [path.name for path in saved] == ["名册.xlsx", "名册 (2).xlsx", "名册 (3).xlsx"]
    assert [path.read_bytes() for path in saved] == [b"1", b"2", b"3"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in saved} == {0o600}


def test_a_file_that_finds_no_room_or_no_folder_is_refused_and_leaves_nothing_behind(tmp_path: Path) -> None:
    with disk_of(1000), pytest.raises(ProtocolError, match="D-file-unwritable"):
        save(tmp_path / "名册.xlsx", bytes(100_000))
    with pytest.raises(ProtocolError, match="D-file-unwritable"):
        save(tmp_path / "没有" / "名册.xlsx", b"1")
    assert list(tmp_path.iterdir()) == []
