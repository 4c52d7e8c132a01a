"""``python -m tests.fuzz NAME --seconds 600``: any bytes into one decoder; a value or a refusal, never anything else.

With atheris (``pip install atheris``; not among the locked tools) it searches by coverage, else with the built-in
mutator; ``--plain`` asks for the latter. ``all`` runs every decoder by the mutator, one after the other; ``--lines``
then says which lines of the decoders were reached, together (slower). Crashes lie in tests/fuzz/crashes/.
"""

import argparse
import importlib
import importlib.util
import sys
import tempfile
from pathlib import Path
from typing import Any


def by_coverage(name: str, seconds: int) -> None:
    """atheris, told of the branches of our own code alone; it ends the process itself."""
    atheris: Any = importlib.import_module("atheris")  # only where it is installed
    with atheris.instrument_imports(include=["gongguan.protocol"], enable_loader_override=False):
        from tests.fuzz.feeding import one  # noqa: PLC0415
        from tests.fuzz.mutator import BYTES_MAX  # noqa: PLC0415
        from tests.fuzz.targets import TARGETS  # noqa: PLC0415

    with tempfile.TemporaryDirectory() as corpus:
        for number, data in enumerate(TARGETS[name].seeds()):
            (Path(corpus) / str(number)).write_bytes(data)
        given = [sys.argv[0], f"-max_total_time={seconds}", f"-max_len={BYTES_MAX}", "-print_final_stats=1", corpus]
        atheris.Setup(given, lambda data: one(name, data) and None)
        atheris.Fuzz()


def by_mutation(names: list[str], seconds: int, seed: int, count_lines: bool) -> None:
    """The built-in mutator over some decoders."""
    from tests.fuzz.feeding import one, plain  # noqa: PLC0415
    from tests.fuzz.lines import Lines  # noqa: PLC0415
    from tests.fuzz.targets import TARGETS  # noqa: PLC0415

    lines = Lines()
    for name in names or TARGETS:
        if not count_lines:
            print(f"{name}: {plain(name, seconds, seed)} inputs, no crash", flush=True)
            continue
        samples = TARGETS[name].seeds()
        with lines:
            for data in samples:
                one(name, data)
            print(f"{name}: {plain(name, seconds, seed)} inputs, no crash", flush=True)
    if count_lines:
        for module, (reached, whole, missed) in lines.shares().items():
            print(f"{module}: {reached} of {whole} lines, missed {missed}", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("name", help="a decoder (tests/fuzz/targets.py), or all")
    parser.add_argument("--seconds", type=int, default=60, help="for each decoder")
    parser.add_argument("--seed", type=int, default=0, help="of the built-in mutator")
    parser.add_argument("--plain", action="store_true", help="the built-in mutator, also where atheris is installed")
    parser.add_argument("--lines", action="store_true", help="count the lines reached, by the built-in mutator")
    given = parser.parse_args()
    if importlib.util.find_spec("atheris") and not (given.plain or given.lines or given.name == "all"):
        by_coverage(given.name, given.seconds)
        return 0
    by_mutation([] if given.name == "all" else [given.name], given.seconds, given.seed, given.lines)
    return 0


if __name__ == "__main__":
    sys.exit(main())
