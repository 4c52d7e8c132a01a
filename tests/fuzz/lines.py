"""Which lines of the decoders a run reached, in the functions that decode: ``DECODERS`` names them by module.

What makes things (seals, signs, exports) and what judges decoded values later is left out: no decoder calls it.
"""

import ast
import sys
from collections.abc import Callable
from pathlib import Path
from types import CodeType, FrameType
from typing import Any, Final

ROOT: Final = Path(__file__).parent.parent.parent

DECODERS: Final[dict[str, frozenset[str]]] = {
    module: frozenset(names.split())
    for module, names in {
        "protocol/agreement.py": "parse render check_signable _check_senders",
        "protocol/bundle.py": "parse_status status_text read_header unseal rest_digest _decode _decompress",
        "protocol/canonical.py": "decode check_profile _check_depth _object _integer _no_float",
        "protocol/card.py": (
            "render parse open_card open_successor open_chain open_file _following check_not_retired split keys_of "
            "_keys_with_roles"
        ),
        "protocol/case.py": (
            "parse verify _parse_line _of _chains _check_pairing _signed_by_both _version _check_versions _head "
            "_message _check_messages _outcomes _refusals"
        ),
        "protocol/certificate_token.py": "opened text_of verify note",
        "protocol/erasure.py": "read is_erased",
        "protocol/fork.py": "is_one read verify prove unpacked",
        "protocol/log.py": "parse __post_init__ parse_origin",
        "protocol/merkle.py": (
            "verify_inclusion verify_subtree_inclusion verify_consistency verify_subtree_consistency _is_subtree "
            "_zeros_below _check_hashes"
        ),
        "protocol/messages/envelope.py": "decode _check_texts",
        "protocol/note.py": (
            "parse verified_lines check_text check_name from_base64 cosigned_at_s _verify_plain _verify_cosignature "
            "_parse_line"
        ),
        "protocol/pairing.py": "parse_record render_record decode_packet",
        "protocol/proof.py": "verify _parse",
        "protocol/readable.py": "block_of checked _convert",
        "protocol/terms.py": "check_consistent pack_sha256 _is_rule_sound _is_period _repeated",
    }.items()
}


class Lines:
    """A block in which every line of the decoders that runs is remembered; several blocks add up."""

    def __init__(self) -> None:
        self._modules = {str((ROOT / module).resolve()): module for module in DECODERS}
        self._resolved: dict[str, str | None] = {}
        self.reached: dict[str, set[int]] = {module: set() for module in DECODERS}

    def __enter__(self) -> "Lines":
        sys.settrace(self._call)
        return self

    def __exit__(self, *_: object) -> None:
        sys.settrace(None)

    def shares(self) -> dict[str, tuple[int, int, list[int]]]:
        """Module → lines reached, lines in all, those that were missed."""
        told = {}
        for module, reached in self.reached.items():
            wanted = lines_of(ROOT / module, DECODERS[module])
            told[module] = (len(reached & wanted), len(wanted), sorted(wanted - reached))
        return told

    def _call(self, frame: FrameType, event: str, _: Any) -> Callable[..., Any] | None:
        name = frame.f_code.co_filename
        if name not in self._resolved:
            self._resolved[name] = self._modules.get(str(Path(name).resolve()))
        module = self._resolved[name]
        if module is None:
            return None
        reached = self.reached[module]

        def line(frame: FrameType, event: str, _: Any) -> Callable[..., Any]:
            reached.add(frame.f_lineno)
            return line

        return line


def lines_of(path: Path, wanted: frozenset[str]) -> set[int]:
    """Lines with code inside the functions of a file that are wanted by name."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    spans = [
        range(node.body[0].lineno, (node.end_lineno or node.lineno) + 1)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and node.name in wanted
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
