"""Files to attach, as scanners make them, by size; and two nodes of which one has named such a file."""

import random

import msgspec

from gongguan.protocol.messages.kind import Attachment
from gongguan.sync.exchange import attachments
from gongguan.sync.exchange.exchange import Exchange
from tests import pairs
from tests.pairs import Node


def pdf(size: int, seed: int = 0) -> bytes:
    """A file that begins and ends like a PDF, with exactly so many bytes that no compression makes fewer."""
    begin, end = b"%PDF-1.7\n", b"\n%%EOF\n"
    return begin + random.Random(seed).randbytes(size - len(begin) - len(end)) + end


def named(origin: Node, destination: Node, data: bytes, *, size: int | None = None) -> Attachment:
    """The origin proposes a new version of the agreement with this scan; the destination has heard it.

    ``size``: what the message says of it, if not the truth.
    """
    first = origin.in_force()

    def work(exchange: Exchange) -> Attachment:
        pairing_id = Node.pairing_id_in(exchange)
        scan = attachments.keep(exchange.store, pairing_id, data)
        scan = msgspec.structs.replace(scan, size=size or scan.size)
        body = pairs.proposal(origin, 1, first)
        approval = msgspec.structs.replace(pairs.APPROVAL, scan=scan)
        exchange.book(pairing_id).write(
            "agreement.proposed", msgspec.structs.replace(body, approval=approval), version=first
        )
        return scan

    scan = origin.act(work)
    pairs.settle(origin, destination)
    return scan
