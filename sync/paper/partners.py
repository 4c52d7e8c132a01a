"""Partners without a node: who they are, what they accepted on paper, and that it opens the gate without a signature.

Such a partner is a pairing of its own kind (``sync/exchange/paper_book.py``). What it accepted is kept as the terms
that both would start from, with who said so and in which letter; it is no co-signed agreement and never passes for
one::

    add_partner(act, PeerAdd(without_node=True, title="南岭省临江区委组织部", region="990202", agreed_by="李明", …))
"""

import base64
import hashlib
from datetime import timedelta
from typing import Annotated, Final

import msgspec

from gongguan.protocol import agreement
from gongguan.protocol.agreement_defaults import default_terms
from gongguan.protocol.errors import refuse
from gongguan.protocol.limits import NAME_CHARS_MAX, NODE_ID_CHARS
from gongguan.protocol.terms import AgreementParty, Terms
from gongguan.sync.act import Act
from gongguan.sync.days import check_day, check_happened, today
from gongguan.sync.exchange.pairings import own_card
from gongguan.sync.labels import DATE, labelled
from gongguan.sync.records import PAPER, AgreementVersion, Pairing, PaperPartner
from gongguan.sync.shared.partners import Peer, partner, title_of
from gongguan.sync.store import Store

PARTNERS_MAX: Final = 500
"""Partners without a node: more than a committee has destinations."""

PREFIX: Final = "paper"
"""So begins what stands for their node id, for people to tell them apart."""

YEARS: Final = 2
"""How long terms on paper last where no end was named: this year and the next."""

_Text = Annotated[str, msgspec.Meta(min_length=1, max_length=NAME_CHARS_MAX)]


class Acceptance(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """That they work with us by the usual terms: who told us so, when, by which letter. Nobody signs it."""

    agreed_by: Annotated[_Text | None, labelled("对方哪位同志答复同意往来", "who there agreed")] = None
    agreed_on: Annotated[Annotated[str, msgspec.Meta(pattern=DATE)] | None, labelled("答复日期", "agreed on")] = None
    reference: Annotated[_Text | None, labelled("对方来函文号", "number of their letter")] = None
    valid_from: Annotated[Annotated[str, msgspec.Meta(pattern=DATE)] | None, labelled("自", "valid from")] = None
    valid_until: Annotated[Annotated[str, msgspec.Meta(pattern=DATE)] | None, labelled("至", "valid until")] = None


class PeerAdd(Acceptance, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``peer.add``. ``agreed_by`` and ``agreed_on`` may follow by ``agreement.on_paper``."""

    title: Annotated[str, labelled("对方党委（组织部门）全称", "their title", min_length=2, max_length=NAME_CHARS_MAX)]
    region: Annotated[str, labelled("对方行政区划代码（六位）", "their division (6 digits)", pattern=r"^[0-9]{6}$")]
    without_node: Annotated[bool, labelled("对方没有节点，用公函往来", "they have no node: by letter")] = False
    address: Annotated[_Text | None, labelled("通信地址", "postal address")] = None
    phone: Annotated[_Text | None, labelled("联系电话", "telephone")] = None


class OnPaper(Acceptance, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``agreement.on_paper``: the first acceptance, or the next period."""

    peer: Peer = ""


class PaperPartnerState(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``peer.add`` and ``agreement.on_paper``."""

    peer: Annotated[str, labelled("对方编号（用于 --peer）", "partner (for --peer)")]
    title: Annotated[str, labelled("对方", "partner")]
    state: Annotated[str, labelled("状态", "state", codes="pairing_state")]
    agreed_by: Annotated[str | None, labelled("答复人", "agreed by")]
    agreed_on: Annotated[str | None, labelled("答复日期", "agreed on")]
    reference: Annotated[str | None, labelled("来函文号", "their letter")]
    valid_from: Annotated[str | None, labelled("自", "valid from")]
    valid_until: Annotated[str | None, labelled("至", "valid until")]
    source: Annotated[str, labelled("约定的来源", "source of the terms", codes="source")] = "entered"


class AcceptedList(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``agreement.accepted``."""


class AcceptedListed(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``agreement.accepted``."""

    partners: Annotated[list[PaperPartnerState], labelled("无节点的各方", "partners without a node")]


def list_accepted(act: Act, request: AcceptedList) -> AcceptedListed:
    """Every partner without a node with what it accepted, who said so and by which letter."""
    known = act.store.find(PaperPartner)
    return AcceptedListed(partners=[partner_state(act, item) for item in sorted(known, key=lambda item: item.title)])


def add_partner(act: Act, request: PeerAdd) -> PaperPartnerState:
    """A partner without a node; with ``agreed_by`` and ``agreed_on`` work can begin.

    Raises D-peer-has-node (without ``without_node``), D-peer-named (that title is there), D-partners-max, D-date-….
    """
    if not request.without_node:
        raise refuse("D-peer-has-node")
    if title_taken(act.store, request.title):
        raise refuse("D-peer-named")
    if len(act.store.find(PaperPartner)) >= PARTNERS_MAX:
        raise refuse("D-partners-max", limit=PARTNERS_MAX)
    made = PaperPartner(
        peer=_stands_for(act.rng(20)),
        pairing_id=hashlib.sha256(b"gongguan paper pairing\n" + act.rng(32)).hexdigest(),
        title=request.title,
        region=request.region,
        address=request.address,
        phone=request.phone,
        added_by=act.staff.name,
        added_at=act.stamp(),
    )
    act.store.add(made)
    act.store.add(
        Pairing(
            pairing_id=made.pairing_id,
            peer=made.peer,
            party=0,
            state=PAPER,
            note=b"",
            card_here=own_card(act.store).hash,
            card_there=made.peer,
            confirmed_at=act.stamp(),
        )
    )
    if request.agreed_by is None and request.agreed_on is None:
        return partner_state(act, made)
    return _accepted(act, made, request)


def record_acceptance(act: Act, request: OnPaper) -> PaperPartnerState:
    """They accepted the usual terms, or another period of them. Raises D-peer-…, D-acceptance, D-date-…."""
    pairing = partner(act.store, request.peer)
    held = act.store.get(PaperPartner, pairing.peer)
    if held is None:
        raise refuse("D-peer-signs")
    return _accepted(act, held, request)


def partner_state(act: Act, held: PaperPartner) -> PaperPartnerState:
    """How things stand with a partner without a node."""
    version = act.store.get(AgreementVersion, held.version)
    terms = agreement.parse(version.text) if version else None
    pairing = act.store.get(Pairing, held.pairing_id)
    return PaperPartnerState(
        peer=held.peer,
        title=title_of(act.store, held.peer),
        state=pairing.state if pairing else PAPER,
        agreed_by=held.agreed_by,
        agreed_on=held.agreed_on,
        reference=held.reference,
        valid_from=terms.valid_from if terms else None,
        valid_until=terms.valid_until if terms else None,
    )


def title_taken(store: Store, title: str) -> bool:
    """Whether a partner that is worked with by letter has this title."""
    worked_with = [pairing.peer for pairing in store.find(Pairing, state=PAPER)]
    return any(item.title == title for item in store.find(PaperPartner, peer__in=worked_with))


def _stands_for(random: bytes) -> str:
    return (PREFIX + base64.b32encode(random).decode().lower().rstrip("="))[:NODE_ID_CHARS]


def _accepted(act: Act, held: PaperPartner, said: Acceptance) -> PaperPartnerState:
    if said.agreed_by is None or said.agreed_on is None:
        raise refuse("D-acceptance")
    check_happened(act.now, said.agreed_on)
    terms = _terms(act, held, said)
    text = agreement.render(terms)
    version = agreement.version(text)
    first = act.store.get(AgreementVersion, held.version)
    act.store.put(
        AgreementVersion(
            version=version,
            agreement=first.agreement if first else version,
            pairing_id=held.pairing_id,
            text=text,
        )
    )
    changed = msgspec.structs.replace(
        held, version=version, agreed_by=said.agreed_by, agreed_on=said.agreed_on, reference=said.reference
    )
    act.store.put(changed)
    return partner_state(act, changed)


def _terms(act: Act, held: PaperPartner, said: Acceptance) -> Terms:
    """The usual terms without all that needs two signatures. Business dates of the year before may be told of too."""
    from gongguan.sync.exchange.paper_book import NEEDS_SIGNATURES  # noqa: PLC0415 - with all of the logs

    day = today(act.now)
    first = said.valid_from or f"{day.year - 1}-01-01"
    until = said.valid_until or f"{day.year + YEARS - 1}-12-31"
    if check_day(first) > check_day(until) or check_day(until) < day - timedelta(days=1):
        raise refuse("D-date")
    parties = (
        AgreementParty(
            node_id=act.node.node_id, title=title_of(act.store, own_card(act.store).hash), receiving_officers=()
        ),
        AgreementParty(node_id=held.peer, title=held.title, receiving_officers=()),
    )
    terms = default_terms(parties, first, until)
    kinds = tuple(item for item in terms.kinds if item.kind not in NEEDS_SIGNATURES)
    return msgspec.structs.replace(terms, kinds=kinds, predecessor=held.version or msgspec.UNSET)
