"""What was entered wrongly of a partner without a node is put right, and a partner entered by mistake is taken out.

Nothing written is lost by it: who was told something in a letter stays listed, and is only used no more::

    amend(act, PeerAmend(peer="paper…", title="南岭省临江区委组织部"))
    take_out(act, PeerTakeOut(peer="paper…"))       # no letter yet: as if never entered
"""

from typing import Annotated

import msgspec

from gongguan.protocol.errors import refuse
from gongguan.protocol.limits import NAME_CHARS_MAX
from gongguan.sync.act import Act
from gongguan.sync.labels import labelled
from gongguan.sync.paper.partners import PaperPartnerState, partner_state, title_taken
from gongguan.sync.paper.word import paper_book
from gongguan.sync.records import DROPPED, AgreementVersion, Epoch, MobilityPeriod, Pairing, PaperPartner
from gongguan.sync.shared.partners import partner
from gongguan.sync.shared.periods import (
    OPEN_STATES,
    period_state,
)

_Text = Annotated[str, msgspec.Meta(min_length=1, max_length=NAME_CHARS_MAX)]
PaperPeer = Annotated[
    str, labelled("对方编号（paper 开头）", "the partner without a node", argument=True, min_length=5, max_length=64)
]


class PeerAmend(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``peer.amend``: what is not given stays."""

    peer: PaperPeer
    title: Annotated[
        Annotated[str, msgspec.Meta(min_length=2, max_length=NAME_CHARS_MAX)] | None,
        labelled("对方党委（组织部门）全称", "their title"),
    ] = None
    region: Annotated[
        Annotated[str, msgspec.Meta(pattern=r"^[0-9]{6}$")] | None,
        labelled("对方行政区划代码（六位）", "their division (6 digits)"),
    ] = None
    address: Annotated[_Text | None, labelled("通信地址", "postal address")] = None
    phone: Annotated[_Text | None, labelled("联系电话", "telephone")] = None


class PeerTakeOut(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``peer.remove``."""

    peer: PaperPeer


class PeerTakenOut(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``peer.remove``."""

    peer: Annotated[str, labelled("对方编号", "partner")]
    title: Annotated[str, labelled("对方", "partner")]
    state: Annotated[str, labelled("状态", "state", codes="pairing_state")]


def amend(act: Act, request: PeerAmend) -> PaperPartnerState:
    """The partner as it should have been entered; letters written from now on bear it.

    Raises D-peer-…, D-peer-signs (it has a node), D-peer-named.
    """
    held = _held(act, request.peer)
    if request.title is not None and request.title != held.title and title_taken(act.store, request.title):
        raise refuse("D-peer-named")
    given = {name: getattr(request, name) for name in ("title", "region", "address", "phone")}
    changed = msgspec.structs.replace(held, **{name: value for name, value in given.items() if value is not None})
    act.store.put(changed)
    return partner_state(act, changed)


def take_out(act: Act, request: PeerTakeOut) -> PeerTakenOut:
    """Never used: it is gone. Used: it stays readable and nothing more is written. Raises D-peer-…, D-peer-in-use."""
    held = _held(act, request.peer)
    periods = act.store.find(MobilityPeriod, pairing_id=held.pairing_id)
    if any(period_state(act.store, period) in OPEN_STATES for period in periods):
        raise refuse("D-peer-in-use")
    pairing = partner(act.store, held.peer)
    if act.store.find(Epoch, pairing_id=held.pairing_id, limit=1):
        act.store.put(msgspec.structs.replace(pairing, state=DROPPED))
        return PeerTakenOut(peer=held.peer, title=held.title, state=DROPPED)
    for version in act.store.find(AgreementVersion, pairing_id=held.pairing_id):
        act.store.remove(AgreementVersion, version.version)
    act.store.remove(Pairing, held.pairing_id)
    act.store.remove(PaperPartner, held.peer)
    return PeerTakenOut(peer=held.peer, title=held.title, state="removed")


def _held(act: Act, peer: str) -> PaperPartner:
    pairing = partner(act.store, peer.strip().lower())
    paper_book(act, pairing.pairing_id)
    held = act.store.get(PaperPartner, pairing.peer)
    assert held is not None  # it has a book of its own kind
    return held
