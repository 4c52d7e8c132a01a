"""Many threads come to a type for the first time: what each decodes is right, and the process lives."""

import subprocess
import sys
from typing import Final

SCRIPT: Final = """
import sys, threading
from typing import Annotated
import msgspec
from gongguan.protocol.forms import ready

sys.setswitchinterval(1e-6)


def made():
    fields = [(f"p{i}", Annotated[str, msgspec.Meta(pattern=rf"^[a-z]{{1,{i + 1}}}$")]) for i in range(5)]
    inner = msgspec.defstruct("Inner", fields)
    return msgspec.defstruct("Outer", [("a", inner), ("b", list[inner])])


def come(kind, go, found):
    go.wait()
    found.append(msgspec.json.decode(DATA, type=ready(kind)).a.p4)


DATA = b'{"a":{"p0":"a","p1":"a","p2":"a","p3":"a","p4":"abc"},"b":[]}'
found = []
for _ in range(300):
    kind, go = made(), threading.Barrier(6)
    threads = [threading.Thread(target=come, args=(kind, go, found)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
print(found.count("abc"))
"""


def test_threads_that_come_to_a_type_for_the_first_time_do_not_end_the_process() -> None:
    # Without ``ready`` it is dead within a few rounds.
    done = subprocess.run([sys.executable, "-c", SCRIPT], check=False, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "1800\n"), done.stderr
