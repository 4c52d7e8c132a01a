"""Where a run begins: one committee and its partners, each paired with it; with an agreement
and members who left, or without."""

from functools import cache
from typing import Final

from gongguan.protocol import agreement
from gongguan.sync.exchange import pairings
from gongguan.sync.records import Pairing
from tests import pairs
from tests.acts import MEMBERS, member_name, member_subject, perform
from tests.fakes import Snapshot
from tests.protocol.committees import DESTINATION, ORIGIN, OTHERS

COMMITTEES: Final = (ORIGIN, DESTINATION, *OTHERS)
"""The first is paired with each of the others."""


PAIRED, AGREED, AT_WORK = 0, 1, 2
"""How far they have come: no more than paired; an agreement and members who left; differences and open proposals."""


@cache
def snapshots(partners: int, stage: int) -> tuple[Snapshot, ...]:
    """The databases of the committee and of its partners, in the order of ``COMMITTEES``."""
    nodes = [pairs.Node(committee, seed=-1 - stage) for committee in COMMITTEES[: partners + 1]]
    if stage == PAIRED:
        for node in nodes:
            node.database.write(lambda store, node=node: pairings.keep_own_card(store, node.committee.note))  # type: ignore[misc]
        for number, partner in enumerate(nodes[1:], 1):
            pairs.pair_up(nodes[0], partner, f"{number:02x}" * 16)
    else:
        for node, snapshot in zip(nodes, snapshots(partners, stage - 1), strict=True):
            node.database.restore(snapshot)
        for partner in nodes[1:]:
            (_agree if stage == AGREED else _work)(nodes[0], partner, partner.pairing_id)
    return tuple(node.database.snapshot() for node in nodes)


def _work(hub: pairs.Node, partner: pairs.Node, pairing_id: str) -> None:
    """Both say different things at once; then one proposes what shall count, and the other another text."""
    for node, choice in ((hub, 0), (partner, 1)):
        for member in range(MEMBERS):
            _do(node, pairing_id, "relocate", member, choice)
            _do(node, pairing_id, "score", member, 4 * choice)
    _settle(hub, partner, pairing_id)
    _do(hub, pairing_id, "propose_resolution", 0, 0)
    _do(partner, pairing_id, "propose_resolution", 1, 1)
    _do(partner, pairing_id, "amend", 0, 1)
    _settle(hub, partner, pairing_id)


def _do(node: pairs.Node, pairing_id: str, name: str, member: int, choice: int) -> None:
    done = node.act(lambda exchange: perform(exchange.book(pairing_id), name, member, choice))
    assert done, name


def pairing_ids(partners: int) -> tuple[str, ...]:
    """The pairing with each partner."""
    found = [partner[Pairing] for partner in snapshots(partners, PAIRED)[1:]]
    return tuple(next(iter(rows))[0] for rows in found)


def _agree(hub: pairs.Node, partner: pairs.Node, pairing_id: str) -> None:
    for node in (hub, partner):
        node.act(lambda exchange: exchange.announce(pairing_id))
    _settle(hub, partner, pairing_id)
    text = pairs.agreement_text(0, None, partner.committee)
    signed = pairs.signed_proposal(hub, text)
    proposed = hub.act(lambda exchange: exchange.book(pairing_id).write("agreement.proposed", signed))
    _settle(hub, partner, pairing_id)
    accepted = pairs.acceptance(partner, proposed.id, text)
    version = agreement.version(text)
    partner.act(lambda exchange: exchange.book(pairing_id).write("agreement.answered", accepted, version=version))
    _settle(hub, partner, pairing_id)
    for member in range(MEMBERS):
        author = (hub, partner)[member % 2]
        author.act(
            lambda exchange, member=member: exchange.book(pairing_id).write(  # type: ignore[misc]
                "departure.notified",
                pairs.departure(name=member_name(pairing_id, member)),
                version=version,
                subject=member_subject(member),
            )
        )
    _settle(hub, partner, pairing_id)


def _settle(one: pairs.Node, other: pairs.Node, pairing_id: str) -> None:
    for _ in range(4):
        for giver, taker in ((one, other), (other, one)):
            taker.receive(
                giver.database.read(
                    lambda store, giver=giver: giver._exchange(store, giver.reading).compose(pairing_id).data  # type: ignore[misc]
                )
            )
