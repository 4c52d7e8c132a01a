"""What both nodes hold, by its names alone: values of shared records and the key of a unit.

Apart from what makes them (``fold.py``, ``units.py``): every list names them, and few commands need more.
"""

import hashlib
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

Value = dict[str, Any]
Records = Mapping[str, Value]
Changes = dict[str, Value]


@lru_cache(maxsize=1 << 16)
def unit_id(scope: str, name: str) -> bytes:
    """The key of a unit: (agreement or pairing id, subject or object)."""
    return hashlib.sha256(f"{scope}\n{name}".encode()).digest()[:16]
