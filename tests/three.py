"""An origin with two destinations, each under an agreement of its own; the destinations know nothing of each other::

origin, near, far = three_offices()
subject = origin.ask("干事", "departure.notify", member_id=…, peer=peer_of(near)).subject
met(origin, near, far)
"""

from functools import cache

from gongguan.protocol import agreement
from gongguan.protocol.messages.agreement import AgreementAnswered, AgreementProposed
from tests import pairs
from tests.fakes import Snapshot
from tests.pairs import APPROVAL, Node, agreement_text, line_of, pair_up, settle, with_own_card
from tests.protocol.committees import DESTINATION, ORIGIN, STRANGER, Committee
from tests.sync.offices import Office

FAR_PLACE = STRANGER.card.region
"""The division of the second destination's card."""


def agree(origin: Node, partner: Node, committee: Committee) -> None:
    """Announce, propose, accept."""
    pairing = origin.pairing_with(partner)
    for node in (origin, partner):
        node.act(lambda exchange: exchange.announce(pairing))
    settle(origin, partner)
    text = agreement_text(invited=committee)
    proposed = AgreementProposed(text=text, signature=line_of(origin, text), approval=APPROVAL)
    sent = origin.act(lambda exchange: exchange.book(pairing).write("agreement.proposed", proposed))
    settle(origin, partner)
    answer = AgreementAnswered(proposal=sent.id, answer="accept", signature=line_of(partner, text), approval=APPROVAL)
    version = agreement.version(text)
    partner.act(lambda exchange: exchange.book(pairing).write("agreement.answered", answer, version=version))
    settle(origin, partner)


@cache
def _snapshots() -> tuple[Snapshot, ...]:
    origin, near, far = (with_own_card(committee, seed=-1) for committee in (ORIGIN, DESTINATION, STRANGER))
    for partner, committee, token in ((near, DESTINATION, "ab" * 16), (far, STRANGER, "cd" * 16)):
        pair_up(origin, partner, token)
        agree(origin, partner, committee)
    return tuple(node.database.snapshot() for node in (origin, near, far))


def three_offices() -> tuple[Office, Office, Office]:
    """Origin, near and far destination, with staff."""
    nodes = [pairs.Node(committee, 1) for committee in (ORIGIN, DESTINATION, STRANGER)]
    for node, snapshot in zip(nodes, _snapshots(), strict=True):
        node.database.restore(snapshot)
    origin, near, far = nodes
    return Office(origin, "白音苏木党委"), Office(near, "临江街道党工委"), Office(far, "远山镇党委")


def peer_of(office: Office) -> str:
    """What the origin calls this partner."""
    return office.node.identity.node_id


def met(origin: Office, *partners: Office) -> None:
    """The origin and each partner owe each other nothing any more."""
    for partner in partners:
        settle(origin.node, partner.node)
