"""Nodes of a demonstration end with it, however it ends."""

import subprocess
import sys

ENDED_S_MAX = 180
DEMO = """
import signal, subprocess, sys, time
from gongguan.cli.demo.guard import Guard
guard = Guard()
nodes = [subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"]) for _ in range(2)]
for node in nodes:
    guard.watch(node.pid)
guard.release(nodes[1].pid)
print(*(node.pid for node in nodes), flush=True)
time.sleep(600)
"""


def test_a_node_is_stopped_when_the_demonstration_is_killed_and_one_that_was_let_go_is_not() -> None:
    with subprocess.Popen([sys.executable, "-c", DEMO], stdout=subprocess.PIPE, text=True) as demo:
        assert demo.stdout is not None
        watched, released = demo.stdout.readline().split()
        demo.kill()

    gone = ["tail", "--pid", watched, "-f", "/dev/null"]
    assert subprocess.run(gone, timeout=ENDED_S_MAX, check=False).returncode == 0
    assert subprocess.run(["kill", released], check=False).returncode == 0, "it went on until now"
