"""Operations that are taken away: ten drawn ones of those that duties name, and the tests that must miss them."""

import random
from typing import Final

from gongguan.node.operations import every
from tests.canaries.patches import Canary, Edit
from tests.duties import rows

DRAWN: Final = 10
TABLE: Final = "    return {operation.name: operation for operation in rows}\n"


def drawn(seed: int = 1, count: int = DRAWN) -> tuple[Canary, ...]:
    """``count`` operations, drawn among those of duties that work; the tests of their rows are to fail without them."""
    names = {f"gongguan {operation.family} {operation.tail}": name for name, operation in every().items()}
    killers: dict[str, list[str]] = {}
    for row in rows():
        for command in row.commands if row.state == "works" else ():
            if command in names:
                killers.setdefault(names[command], []).extend(row.tests)
    chosen = random.Random(seed).sample(sorted(killers), count)
    return tuple(_without(name, tuple(dict.fromkeys(killers[name]))) for name in chosen)


def _without(name: str, killers: tuple[str, ...]) -> Canary:
    without = f"    return {{operation.name: operation for operation in rows if operation.name != {name!r}}}\n"
    edit = Edit("node/operations/__init__.py", TABLE, without)
    return Canary(f"there is no {name}", "duties", (edit,), killers)
