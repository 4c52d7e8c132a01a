"""Types that msgspec decodes into are made known to it by one thread.

msgspec works out the form of a struct when it is first decoded into, and remembers it half-made: two threads that come
to the same type for the first time end the process with a segmentation fault (0.22.0). Decoders that a module keeps are
made while it is imported, by one thread. Whoever names a type only when it decodes asks for it here::

    msgspec.json.decode(data, type=ready(Refusal))
"""

import threading
from typing import Any, Final, TypeVar

import msgspec

K = TypeVar("K", bound=type[Any])

_LOCK: Final = threading.Lock()
_READY: Final[set[Any]] = set()


def ready(kind: K) -> K:
    """The same type, whose form is known from now on."""
    if kind not in _READY:
        with _LOCK:
            msgspec.json.Decoder(kind)
            _READY.add(kind)
    return kind
