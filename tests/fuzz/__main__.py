"""``python -m tests.fuzz NAME --seconds 600``: any bytes into one decoder; a value or a refusal, never anything else.

With atheris (``pip install atheris``; not among the locked tools) it searches by coverage, else with the built-in
mutator; ``--plain`` asks for the latter. ``--lines`` says at the end which share of the decoder's lines the samples and
mutations reached (slower: every line is counted). Crashes lie in tests/fuzz/crashes/ as NAME-<hash>.
"""

import argparse
import ast
import hashlib
import importlib.util
import random
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from types import CodeType, FrameType
from typing import Any, Final

from gongguan.protocol.errors import ProtocolError
from tests.fuzz.mutator import BYTES_MAX, mutated
from tests.fuzz.targets import CRASHES, TARGETS, Target

ROOT: Final = Path(__file__).parent.parent.parent


def one(name: str, data: bytes) -> str:
    """Give the bytes to a decoder: "" or the code of the refusal. Anything else is kept and raised."""
    try:
        TARGETS[name].decode(data)
    except ProtocolError as error:
        return error.code
    except BaseException:
        CRASHES.mkdir(exist_ok=True)
        (CRASHES / f"{name}-{hashlib.sha256(data).hexdigest()[:16]}").write_bytes(data)
        raise
    return ""


def plain(name: str, seconds: float, seed: int) -> int:
    """The built-in mutator; how many inputs it gave."""
    rng, samples = random.Random(seed), TARGETS[name].samples()
    end = time.monotonic() + seconds
    count = 0
    while time.monotonic() < end:
        for _ in range(50):
            one(name, mutated(rng, samples))
        count += 50
    return count


def by_coverage(name: str, seconds: int) -> None:
    """atheris over the decoders' modules; it ends the process itself."""
    import atheris  # noqa: PLC0415 - only where it is installed

    atheris.instrument_all()
    with tempfile.TemporaryDirectory() as corpus:
        for number, data in enumerate(TARGETS[name].samples()):
            (Path(corpus) / str(number)).write_bytes(data)
        given = [sys.argv[0], f"-max_total_time={seconds}", f"-max_len={BYTES_MAX}", "-print_final_stats=1", corpus]
        atheris.Setup(given, lambda data: one(name, data))
        atheris.Fuzz()


class Lines:
    """Which lines of some files were reached; ``share`` is of those that hold code of functions."""

    def __init__(self, target: Target) -> None:
        self._files = {str((ROOT / module).resolve()): module for module in target.modules}
        self.reached: dict[str, set[int]] = {module: set() for module in target.modules}

    def __enter__(self) -> "Lines":
        sys.settrace(self._call)
        return self

    def __exit__(self, *_: object) -> None:
        sys.settrace(None)

    def _call(self, frame: FrameType, event: str, _: Any) -> Callable[..., Any] | None:
        module = self._module(frame.f_code.co_filename)
        return None if module is None else self._line

    def _line(self, frame: FrameType, event: str, _: Any) -> Callable[..., Any]:
        module = self._module(frame.f_code.co_filename)
        if module is not None:
            self.reached[module].add(frame.f_lineno)
        return self._line

    def _module(self, name: str) -> str | None:
        if name not in _RESOLVED:
            _RESOLVED[name] = str(Path(name).resolve())
        return self._files.get(_RESOLVED[name])

    def share(self, decoders: Callable[[str, str], bool]) -> dict[str, tuple[int, int, list[int]]]:
        """Module → lines reached, lines in all of the functions that decode, those that were missed."""
        told = {}
        for module, reached in self.reached.items():
            wanted = lines_of(ROOT / module, lambda name, module=module: decoders(module, name))
            told[module] = (len(reached & wanted), len(wanted), sorted(wanted - reached))
        return told


_RESOLVED: dict[str, str] = {}

MAKERS: Final = frozenset(
    {
        *(
            "sign",
            "signature_line",
            "seal",
            "encode_rest",
            "cosign",
            "cosignature",
            "sign_checkpoint",
            "export",
            "fork_proof",
        ),
        *(
            "fingerprint",
            "compare_fingerprint",
            "_fingerprint_groups",
            "_in_groups",
            "open_successor",
            "check_keys_apart",
        ),
        *("advance", "check_line", "permits", "lead_side", "vkey", "verifier", "begin", "ask", "proceed", "answer"),
        *(
            "inclusion_proof",
            "inclusion_proofs",
            "consistency_proof",
            "verify_consistency",
            "verify_subtree_consistency",
        ),
        *("extend", "append", "from_bytes", "to_bytes", "root", "origin", "open_checkpoint", "encode_checked"),
    }
)
"""Functions that make things, or judge what decoders gave: no decoder calls them."""


def lines_of(path: Path, wanted: Callable[[str], bool]) -> set[int]:
    """Lines with code inside the functions of a file that are wanted by name."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    spans = [
        range(node.body[0].lineno, (node.end_lineno or node.lineno) + 1)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and wanted(node.name)
    ]
    code: set[int] = set()
    pending: list[CodeType] = [compile(tree, str(path), "exec")]
    while pending:
        here = pending.pop()
        code |= {line for _, _, line in here.co_lines() if line is not None}
        pending += [item for item in here.co_consts if isinstance(item, CodeType)]
    docstrings = {
        line
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node)
        for line in range(node.body[0].lineno, (node.body[0].end_lineno or 0) + 1)
    }
    return {line for line in code if any(line in span for span in spans)} - docstrings


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("name", choices=[*TARGETS, "all"])
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--plain", action="store_true", help="the built-in mutator, also where atheris is installed")
    parser.add_argument("--lines", action="store_true", help="count the lines reached (built-in mutator)")
    given = parser.parse_args()
    if importlib.util.find_spec("atheris") and not (given.plain or given.lines or given.name == "all"):
        by_coverage(given.name, given.seconds)
        return 0
    for name in TARGETS if given.name == "all" else [given.name]:
        if not given.lines:
            print(f"{name}: {plain(name, given.seconds, given.seed)} inputs, no crash", flush=True)
            continue
        lines = Lines(TARGETS[name])
        with lines:
            for data in TARGETS[name].samples():
                one(name, data)
            count = plain(name, given.seconds, given.seed)
        for module, (reached, whole, missed) in lines.share(lambda _, function: function not in MAKERS).items():
            print(f"{name}: {count} inputs, {module} {reached}/{whole} lines, missed {missed}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
