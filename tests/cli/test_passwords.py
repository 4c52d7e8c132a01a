"""A new password at a terminal: unseen, typed twice, asked for again when the two differ."""

import os
import pty
import subprocess
import sys
from pathlib import Path

from gongguan.node.keys import keyfiles
from tests.cli.terminal import read_until
from tests.end_to_end.programs import PASSWORD, PATIENCE_S

WRONG = "草原上的风-2027"


def test_a_slip_in_a_new_password_is_noticed_and_nothing_is_shown(tmp_path: Path) -> None:
    terminal, side = pty.openpty()
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("GONGGUAN_")}
    words = ("init", "--title", "巴彦塔拉苏木党委", "--region", "990521", "--data", str(tmp_path / "data"))
    with subprocess.Popen(
        [sys.executable, "-m", "gongguan.cli", "--lang", "zh", *words],
        stdin=side,
        stdout=subprocess.DEVNULL,
        stderr=side,
        start_new_session=True,
        env=inherited,
    ) as process:
        os.close(side)
        shown = ""
        for prompt, typed in (("密码", PASSWORD), ("再输入一次", WRONG), ("密码", PASSWORD), ("再输入一次", PASSWORD)):
            shown += read_until(terminal, prompt + ": ")
            os.write(terminal, f"{typed}\n".encode())
        assert process.wait(PATIENCE_S) == 0
    os.close(terminal)
    assert PASSWORD not in shown
    assert keyfiles.open_with_passphrase(tmp_path / "data", PASSWORD).node_id
