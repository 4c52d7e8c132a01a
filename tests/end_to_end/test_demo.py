"""The demonstration is the story that everybody sees first: it must run to its end."""

import os
import subprocess
import sys
from pathlib import Path


def test_the_whole_story_runs_in_two_processes_and_ends_well(tmp_path: Path) -> None:
    root = tmp_path / "demo"

    done = subprocess.run(
        [sys.executable, "-m", "gongguan.cli.demo", "--once"],
        env={**os.environ, "GONGGUAN_DEMO": str(root), "GONGGUAN_LANG": "zh"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=1200,
        check=False,
    )

    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert "【13/13】" in done.stdout
    assert "演示完成" in done.stdout
    assert not list(root.glob("*/staff-api.json")), "both nodes were stopped"
