"""``python -m tests.conformance.write``: writes the cases of the conformance kit and its manifest.

What is there and says the same is not touched, so a second run changes nothing.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec

from tests import pairs
from tests.conformance.bundles import bundles, keeping
from tests.conformance.reading import KIT, MANIFEST, SCHEMA, Case
from tests.conformance.samples import samples
from tests.conformance.schema import schema
from tests.protocol.committees import DESTINATION, ORIGIN


def cases(folder: Path) -> Iterator[tuple[Case, bytes]]:
    """Every case with its bytes; ``folder``: where earlier sealed files may be."""
    for item in samples():
        file = f"{'bad' if item.code else 'good'}/{item.name}"
        yield Case(file=file, sort=item.sort, what=item.what, expect=item.code), item.data
    for one in bundles(keeping(folder)):
        yield (
            Case(file=one.name, sort="bundle", what=one.what, expect=one.code, after=one.after, verdict=one.verdict),
            one.data,
        )


def keys() -> bytes:
    """The private keys of the two invented nodes, from which everything can be made and opened."""
    told = {
        side: {
            "node_id": one.node_id,
            "card": one.card_hash,
            "log": one.log_key.seed.hex(),
            "cosigning": one.cosigning_key.seed.hex(),
            "sealing": [[key.suite, key.seeds.hex()] for key in pairs.identity_of(one).sealing],
        }
        for side, one in (("origin", ORIGIN), ("destination", DESTINATION))
    }
    return msgspec.json.format(msgspec.json.encode(told), indent=1) + b"\n"


def write(folder: Path) -> None:
    """The whole kit but what is written by hand (README.md, LICENSE)."""
    made = list(cases(folder))
    for case, data in made:
        path = folder / case.file
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists() or path.read_bytes() != data:
            path.write_bytes(data)
    (folder / "keys.json").write_bytes(keys())
    (folder / SCHEMA).write_bytes(schema())
    listed = msgspec.json.format(msgspec.json.encode([case for case, _ in made]), indent=1)
    (folder / MANIFEST).write_bytes(listed + b"\n")


if __name__ == "__main__":
    write(KIT)
    sys.exit(0)
