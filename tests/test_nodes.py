"""What tests share: two runs at once must not get into each other's way, nor a test into that of the next."""

import importlib
import socket
from pathlib import Path

import pytest

from tests.full_disk import disk_of
from tests.nodes import free_port


def test_a_port_that_was_given_out_is_given_to_nobody_else_while_no_node_listens_on_it() -> None:
    number = free_port()
    with socket.socket() as ours:
        ours.bind(("127.0.0.1", number))
    other_test_run = socket.socket(type=socket.SOCK_DGRAM)
    with other_test_run, pytest.raises(OSError, match="in use"):
        other_test_run.bind(("127.0.0.1", number))


def test_what_is_loaded_while_a_disk_is_full_is_not_kept_half_compiled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "loaded_meanwhile.py").write_text(f"NUMBERS = {list(range(1000))}\n")
    with disk_of(100):
        assert importlib.import_module("loaded_meanwhile").NUMBERS[-1] == 999
    assert [path.name for path in tmp_path.iterdir()] == ["loaded_meanwhile.py"]
