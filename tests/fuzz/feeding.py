"""Giving bytes to a decoder: once, or for a while by the built-in mutator."""

import hashlib
import random
import time

from gongguan.protocol.errors import ProtocolError
from tests.fuzz.mutator import mutated
from tests.fuzz.targets import CRASHES, TARGETS


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
    rng, samples = random.Random(seed), TARGETS[name].seeds()
    end = time.monotonic() + seconds
    count = 0
    while time.monotonic() < end:
        for _ in range(50):
            one(name, mutated(rng, samples))
        count += 50
    return count
