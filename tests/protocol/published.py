"""Where the published vectors are: the folder that GONGGUAN_VECTORS names, else our own small samples.

Both have one layout: ``merkle/testdata``, ``rfc8785/testdata``, ``wycheproof/testvectors_v1``.
"""

import json
import os
from pathlib import Path
from typing import Any, Final

OWN: Final = Path(__file__).parent.parent / "vectors"
NAMED: Final = os.environ.get("GONGGUAN_VECTORS")
FOLDER: Final = Path(NAMED) if NAMED else OWN
SET: Final = "public" if NAMED else "own samples"


def cases(folder: str) -> list[tuple[str, Any]]:
    """(name, content) of every JSON file below a folder of the set; there is at least one."""
    top = FOLDER / folder
    found = [(f"{SET}: {path.relative_to(top)}", json.loads(path.read_bytes())) for path in sorted(top.rglob("*.json"))]
    assert found, f"no vectors in {top}"
    return found
