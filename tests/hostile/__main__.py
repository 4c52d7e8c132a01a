"""``python -m tests.hostile``: the hostile partner of the conformance kit against a server; 0 when all is as expected.

``--itself`` starts nodes of ours in a temporary folder and needs nothing else. Any other server is made acquainted with
the origin of the kit (``docs/conformance``) first, by files::

    gongguan peer invite --out invitation
    python -m tests.hostile --answer invitation --out answer           # prints the digits to compare
    gongguan peer accept answer; gongguan peer confirm NODE --fingerprint DIGITS
    python -m tests.hostile --against https://127.0.0.1:8443 --invitation invitation
"""

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

import aiohttp

from gongguan.node import clock
from gongguan.protocol import card
from tests.hostile.acquaintance import answer, identity, own_card
from tests.hostile.attack import Caller, Found, attack
from tests.hostile.our_server import against_ourselves
from tests.hostile.peer import BadPeer


async def against(url: str, invitation: bytes) -> list[Found]:
    """All cases against a server elsewhere."""
    known = answer(invitation, clock.now())
    pin = known.server.tls_sha256 if isinstance(known.server.tls_sha256, str) else None
    async with aiohttp.ClientSession() as session:
        caller = Caller(url, pin, session)
        peer = BadPeer(identity(), known.pairing, card.keys_of(known.server), card=own_card())
        return [_told(found) async for found in attack(caller, peer, _nothing)]


async def _nothing() -> None:
    return None


def _told(found: Found) -> Found:
    case = found.case
    wanted, came = (" ".join(filter(None, pair)) or "taken" for pair in ((case.refused, case.outcome), found[1:3]))
    sign = "✓" if found.is_right else "✗"
    differing = "" if wanted == came else f", expected {wanted}"
    after = "" if found.calm else "; and no honest bundle is taken after it"
    print(f"{sign} {case.fault} {case.what}: {came}{differing}{after}", flush=True)
    return found


def _answer(invitation: Path, out: Path) -> int:
    known = answer(invitation.read_bytes(), clock.now())
    out.write_bytes(known.file)
    print(f"{out}: the answer of node {identity().node_id}, whose digits are {known.digits}")
    return 0


def _itself() -> int:
    with tempfile.TemporaryDirectory(prefix="gongguan-hostile-") as folder:
        attacked = asyncio.run(against_ourselves(Path(folder), _told))
    print(f"{attacked.peak >> 20} MiB of memory at most, idle {attacked.idle >> 20}, bound {attacked.bound >> 20}")
    return _judged(attacked.found) or int(attacked.peak > attacked.bound)


def _judged(found: list[Found]) -> int:
    right = sum(one.is_right for one in found)
    print(f"{len(found)} cases, {right} as expected")
    return 0 if right == len(found) else 1


def main() -> int:
    """0 when every case had its code, honest bundles went on, and memory stayed under its bound."""
    parser = argparse.ArgumentParser(prog="python -m tests.hostile", description=(__doc__ or "").split("\n")[0])
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--itself", action="store_true", help="nodes of ours, in a temporary folder")
    what.add_argument("--answer", metavar="FILE", type=Path, help="answer a server's invitation; needs --out")
    what.add_argument("--against", metavar="URL", help="a server that took the answer; needs --invitation")
    parser.add_argument("--out", type=Path, help="where the answer goes")
    parser.add_argument("--invitation", type=Path, help="the server's invitation")
    given = parser.parse_args()
    if given.itself:
        return _itself()
    if given.answer and given.out:
        return _answer(given.answer, given.out)
    if given.against and given.invitation:
        return _judged(asyncio.run(against(given.against, given.invitation.read_bytes())))
    print("--answer needs --out, --against needs --invitation", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
