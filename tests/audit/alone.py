"""Runs ``docs/audit/verify_export.py`` as an auditor would: a Python that has cryptography and nothing of ours.

``-I -S`` leaves out every folder of installed packages and the present one; a folder with cryptography alone is then
put in front, and the run stops at once should ``gongguan`` be importable.
"""

import importlib.util
import subprocess
import sys
from pathlib import Path

VERIFIER = Path(__file__).parent.parent.parent / "docs" / "audit" / "verify_export.py"
NEEDED = ("cryptography", "_cffi_backend", "cffi", "pycparser", "typing_extensions")
ALONE = """
import importlib.util, runpy, sys
sys.path.insert(0, sys.argv.pop(1))
for name in ("gongguan", "msgspec"):
    assert importlib.util.find_spec(name) is None, name
try:
    runpy.run_path(sys.argv[0], run_name="__main__")
finally:
    assert not [name for name in sys.modules if name.partition(".")[0] == "gongguan"]
"""


def only_cryptography(folder: Path) -> Path:
    """Fill ``folder`` with links to cryptography and what it stands on."""
    for name in NEEDED:
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.origin is not None:
            source = Path(spec.origin)
            source = source.parent if source.name == "__init__.py" else source
            (folder / source.name).symlink_to(source)
    return folder


def verify_alone(packages: Path, *files: Path) -> subprocess.CompletedProcess[str]:
    """Cards and files to the verifier, alone in its process."""
    program = ALONE.replace("sys.argv[0]", repr(str(VERIFIER)), 1)
    return subprocess.run(
        [sys.executable, "-I", "-S", "-X", "utf8", "-c", program, str(packages), *map(str, files)],
        check=False,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
