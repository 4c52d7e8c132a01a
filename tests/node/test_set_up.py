"""Setting a node up on a disk that gives out: what was begun is taken back, so that it can be tried again."""

from pathlib import Path

import pytest

from gongguan.node import config
from gongguan.node.keys import keyfiles
from gongguan.protocol.errors import ProtocolError
from tests.nodes import free_port, prepare


def test_where_even_the_settings_cannot_be_written_nothing_stays_and_the_next_attempt_makes_the_node(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / config.FILE).symlink_to(tmp_path / "nowhere" / "at all")
    with pytest.raises(ProtocolError) as caught:
        prepare(folder, "origin", free_port())
    assert caught.value.code == "I-folder-not-writable"
    assert [path.name for path in folder.rglob("*") if not path.is_dir()] == ["lock"]

    prepare(folder, "origin", free_port())
    assert config.load(folder).title and keyfiles.open_with_service(folder)
