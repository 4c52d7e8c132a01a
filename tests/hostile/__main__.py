"""``python -m tests.hostile``: the hostile partner of the conformance kit against a server; 0 when all is as expected.

``--itself`` starts nodes of ours in a temporary folder and needs nothing else. ``--against URL`` calls any server that
is paired with the origin of the kit (``docs/conformance``).
"""

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

import aiohttp
import msgspec

from gongguan.protocol import card
from gongguan.protocol.keys import SealingKey, SigningKey
from gongguan.protocol.session import Identity
from tests.conformance.reading import KIT
from tests.hostile.attack import Caller, Found, attack
from tests.hostile.our_server import against_ourselves
from tests.hostile.peer import BadPeer


class SideKeys(msgspec.Struct, frozen=True):
    """One node in ``keys.json``: hex."""

    node_id: str
    card: str
    log: str
    cosigning: str
    sealing: list[tuple[str, str]]


def identity(path: Path, side: str = "origin") -> Identity:
    """The keys of one node of the kit."""
    held = msgspec.json.decode(path.read_bytes(), type=dict[str, SideKeys])[side]
    log_key, cosigning = (SigningKey.from_seed(bytes.fromhex(seed)) for seed in (held.log, held.cosigning))
    sealing = tuple(SealingKey.from_seeds(suite, bytes.fromhex(seeds)) for suite, seeds in held.sealing)
    return Identity(held.node_id, held.card, log_key, cosigning, sealing)


async def against(url: str, keys: Path, server_card: Path, pairing: str) -> list[Found]:
    """All cases against a server elsewhere."""
    shown = card.open_file(server_card.read_bytes())[-1]
    pin = shown.tls_sha256 if isinstance(shown.tls_sha256, str) else None
    async with aiohttp.ClientSession() as session:
        caller = Caller(url, pin, session)
        own = (KIT / "good" / "origin.card").read_bytes()
        peer = BadPeer(identity(keys), pairing, card.keys_of(shown), card=own)
        return [_told(found) async for found in attack(caller, peer, _nothing)]


async def _nothing() -> None:
    return None


def _told(found: Found) -> Found:
    case = found.case
    wanted, came = (" ".join(filter(None, pair)) or "taken" for pair in ((case.refused, case.outcome), found[1:3]))
    sign = "✓" if found.is_right else "✗"
    after = "" if found.calm else "; and no honest bundle is taken after it"
    print(
        f"{sign} {case.fault} {case.what}: {came}" + ("" if wanted == came else f", expected {wanted}") + after,
        flush=True,
    )
    return found


def main() -> int:
    """0 when every case had its code, honest bundles went on, and memory stayed under its bound."""
    parser = argparse.ArgumentParser(prog="python -m tests.hostile", description=__doc__)
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--itself", action="store_true", help="nodes of ours, in a temporary folder")
    where.add_argument("--against", metavar="URL", help="a server paired with the origin of the kit")
    parser.add_argument("--keys", type=Path, default=KIT / "keys.json")
    parser.add_argument("--card", type=Path, help="the server's card file")
    parser.add_argument("--pairing", help="the id of the pairing, 64 hex digits")
    given = parser.parse_args()
    if given.against:
        if not (given.card and given.pairing):
            parser.error("--against needs --card and --pairing")
        found = asyncio.run(against(given.against, given.keys, given.card, given.pairing))
        memory = ""
    else:
        with tempfile.TemporaryDirectory(prefix="gongguan-hostile-") as folder:
            told = asyncio.run(against_ourselves(Path(folder), _told))
        found, memory = told.found, f", {told.peak >> 20} MiB of memory at most, bound {told.bound >> 20}"
        if told.peak > told.bound:
            print("✗ memory above its bound")
            return 1
    right = sum(one.is_right for one in found)
    print(f"{len(found)} cases, {right} as expected{memory}")
    return 0 if right == len(found) else 1


if __name__ == "__main__":
    sys.exit(main())
