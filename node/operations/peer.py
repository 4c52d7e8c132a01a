"""Pairing with partner nodes, and how reaching them goes.

Where the partner can be called, the node brings each step over by itself; else the step gives a file to hand over.
The partner's fingerprint is never shown here: the officer types what is read aloud over the telephone.
"""

from datetime import datetime
from typing import Annotated, Final

import msgspec

from gongguan.node.operations.operation import Operation
from gongguan.node.operations.peer_on_paper import PAPER
from gongguan.node.operations.peer_standing import STANDING
from gongguan.node.operations.reach import whole_committee
from gongguan.node.operations.said import Instead, Said, Told
from gongguan.node.peers.transports.mailbox import is_relay
from gongguan.protocol import card as cards
from gongguan.protocol import note, pairing
from gongguan.protocol.card import Card
from gongguan.protocol.errors import refuse
from gongguan.protocol.limits import PAIRING_PACKET_BYTES_MAX
from gongguan.protocol.pairing import OPEN_STATES
from gongguan.sync.act import Act
from gongguan.sync.days import today
from gongguan.sync.exchange import pairings
from gongguan.sync.labels import labelled
from gongguan.sync.oversight.silence import silent_since
from gongguan.sync.persons.staff import Nothing
from gongguan.sync.records import CardNote, Delivery, Handshake, Invitation, Pairing
from gongguan.sync.roles import EVERYONE, OFFICERS
from gongguan.sync.shared.partners import title_of
from gongguan.sync.shared.provenance import on_paper
from gongguan.sync.store import Store

PACKET_SUFFIX: Final = "结对文件.json"

PeerName = Annotated[
    str, labelled("对方节点编号（开头几位即可）", "partner's node id, or how it begins", argument=True, max_length=64)
]


Save = Annotated[
    bool,
    labelled("另存交给对方的文件（对方没有地址时总会存）", "save the file for the partner, as where it has no address"),
]


class PeerInvite(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``peer.invite``."""

    replaces: Annotated[
        Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")] | None,
        labelled(
            "接替哪一个已终止的结对（编号见 gongguan peer show；密钥全部丢失以后重新结对时用）",
            "the ended pairing that this one follows (its id: peer show), after all keys were lost",
        ),
    ] = None


class PeerAccept(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``peer.accept``: an invitation of theirs, or the next file of a pairing that is under way."""

    file: Annotated[bytes, labelled("对方的结对文件", "the partner's pairing file", argument=True)]
    save: Save = False


class PeerConfirm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``peer.confirm``."""

    peer: PeerName
    fingerprint: Annotated[
        str,
        labelled(
            "对方在电话里念的核对码，40 位数字（电话号码不得取自名片）",
            "40 digits that the partner read aloud; the number not taken from the card",
            max_length=200,
        ),
    ]
    save: Save = False


class PeerCard(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``peer.card``."""

    save: Annotated[bool, labelled("把名片存成文件", "save the card as a file")] = False


class PeerNamed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of operations on one partner."""

    peer: PeerName


class PeerInvited(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``peer.invite``."""

    expires_at: Annotated[str, labelled("有效至", "valid until (China time)")]
    fingerprint: Annotated[str, labelled("本节点核对码", "own fingerprint")]
    file: Annotated[bytes, labelled("邀请文件", "invitation", suffix="结对邀请.json")]


class PeerState(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of the steps of a pairing."""

    peer: Annotated[str, labelled("对方节点编号", "partner's node id")]
    title: Annotated[str, labelled("对方名称", "partner")]
    state: Annotated[str, labelled("状态", "state", codes="pairing_state")]
    officer: Annotated[str, labelled("对方经办人", "partner's officer")]
    replaces: Annotated[str | None, labelled("接替的结对", "follows the pairing")]
    expires_at: Annotated[str, labelled("办理期限", "to be done until (China time)")]
    file: Annotated[bytes | None, labelled("交给对方的文件", "file for the partner", suffix=PACKET_SUFFIX)] = None


class PeerLine(msgspec.Struct, frozen=True, kw_only=True):
    """One partner, active or under way."""

    peer: Annotated[str, labelled("节点编号", "node id")]
    title: Annotated[str, labelled("名称", "title")]
    state: Annotated[str, labelled("状态", "state", codes="pairing_state")]
    waiting: Annotated[bool, labelled("有未收到回执的消息", "messages without receipt")]
    reached_at: Annotated[str | None, labelled("最近联系上对方", "last reached")]
    heard_at: Annotated[str | None, labelled("对方最近来联系", "last heard from")]
    silent: Annotated[bool, labelled("久无消息", "silent for long")]
    failures: Annotated[int, labelled("连续失败", "failures in a row")]
    last_error: Annotated[str | None, labelled("最近一次原因", "last error", codes="refusal")]


class InvitationLine(msgspec.Struct, frozen=True, kw_only=True):
    """An invitation that nobody has taken up yet. Its token stands in the file alone."""

    officer: Annotated[str, labelled("经办人", "officer")]
    created_at: Annotated[str, labelled("发出时间", "issued")]
    expires_at: Annotated[str, labelled("有效至", "valid until")]


class PeersListed(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``peer.list``."""

    peers: Annotated[list[PeerLine], labelled("结对节点", "partners")]
    invitations: Annotated[list[InvitationLine], labelled("等对方接收的邀请", "open invitations")]


class OwnCard(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``peer.card``."""

    node_id: Annotated[str, labelled("节点编号", "node id")]
    title: Annotated[str, labelled("名称", "title")]
    serial: Annotated[int, labelled("名片序号", "serial")]
    endpoints: Annotated[list[str], labelled("联络地址", "endpoints")]
    fingerprint: Annotated[str, labelled("核对码（在电话里念给对方）", "fingerprint (read it aloud)")]
    file: Annotated[bytes | None, labelled("名片", "card", suffix="名片.txt")] = None


def invite(act: Act, request: PeerInvite) -> PeerInvited:
    """Open an invitation and give the file for the partner. Raises D-pairing-not-ended."""
    invitation = pairings.invite(act.store, act.staff.name, act.now, act.random_hex(16), request.replaces)
    packet = pairings.invitation_packet(act.store, invitation.token)
    return PeerInvited(
        expires_at=invitation.expires_at, fingerprint=_own_fingerprint(act), file=pairing.encode_packet(packet)
    )


def accept(act: Act, request: PeerAccept) -> PeerState:
    """Take in what the partner handed over. Raises what ``pairings.take_packet`` raises, R-too-large."""
    if len(request.file) > PAIRING_PACKET_BYTES_MAX:
        raise refuse("R-too-large", bytes=len(request.file), limit=PAIRING_PACKET_BYTES_MAX)
    packet = pairing.decode_packet(request.file)
    handshake = pairings.take_packet(act.store, packet, act.now, act.staff.name)
    return _moved(act, handshake, request.save)


def confirm(act: Act, request: PeerConfirm) -> PeerState:
    """Compare the fingerprint and sign. Raises D-fingerprint, D-fingerprint-digits, D-pairing-state, -expired."""
    peer = _under_way(act.store, request.peer).peer
    key = act.exchange.identity.log
    handshake = pairings.confirm(act.store, peer, request.fingerprint, act.staff.name, key, act.now)
    return _moved(act, handshake, request.save)


def cancel(act: Act, request: PeerNamed) -> PeerState:
    """Give up a pairing that is under way. Raises D-pairing-unknown, D-pairing-state."""
    handshake = pairings.cancel(act.store, _under_way(act.store, request.peer).peer)
    return _state(act.store, handshake, None)


def file_for(act: Act, request: PeerNamed) -> PeerState:
    """The file that the partner needs next, once more. Raises D-pairing-unknown."""
    handshake = _under_way(act.store, request.peer)
    return _state(act.store, handshake, pairing.encode_packet(pairings.packet(act.store, handshake.peer)))


def call(act: Act, request: PeerNamed) -> PeerState:
    """Do not sit out the wait after failures. Raises D-pairing-unknown."""
    handshake = _under_way(act.store, request.peer)
    for item in act.store.find(Pairing, peer=handshake.peer, state="active"):
        act.node.wake(item.pairing_id)
    act.node.wake(handshake.peer)
    return _state(act.store, handshake, None)


def list_peers(act: Act, request: Nothing) -> PeersListed:
    """Partners and pairings under way, with how reaching them goes."""
    pairs = act.store.find(Pairing)
    known = {item.peer for item in pairs}
    lines = [_line(act, item) for item in pairs]
    lines += [_open_line(act.store, item) for item in act.store.find(Handshake) if item.peer not in known]
    waiting = [
        InvitationLine(officer=item.officer, created_at=item.created_at, expires_at=item.expires_at)
        for item in act.store.find(Invitation, order=("created_at",))
        if item.used_by is None and datetime.fromisoformat(item.expires_at) > act.now
    ]
    return PeersListed(peers=lines, invitations=waiting)


def show_card(act: Act, request: PeerCard) -> OwnCard:
    """Our own card with the digits to read aloud. Raises I-own-card."""
    held = pairings.own_card(act.store)
    card = cards.parse(note.parse(held.note).text)
    return OwnCard(
        node_id=card.node_id,
        title=card.title,
        serial=card.serial,
        endpoints=list(card.endpoints),
        fingerprint=_own_fingerprint(act),
        file=held.note if request.save else None,
    )


def _moved(act: Act, handshake: Handshake, save: bool) -> PeerState:
    """After a step: the first message where it made the pairing active, the delivery, and the file if one is needed."""
    act.exchange.announce_to(handshake.peer)
    act.node.wake(handshake.peer)
    # Packets name people, so they never go through a relay: they are called over, or handed over.
    called = [one for one in _card(act.store, handshake.card_there).endpoints if not is_relay(one)]
    wanted = save or not called
    packet = pairing.encode_packet(pairings.packet(act.store, handshake.peer)) if wanted else None
    return _state(act.store, handshake, packet)


def _state(store: Store, handshake: Handshake, file: bytes | None) -> PeerState:
    return PeerState(
        peer=handshake.peer,
        title=title_of(store, handshake.card_there),
        state=handshake.state,
        officer=handshake.officer_there,
        replaces=handshake.replaces,
        expires_at=handshake.expires_at,
        file=file,
    )


def _line(act: Act, item: Pairing) -> PeerLine:
    how = act.store.get(Delivery, item.pairing_id) or Delivery(pairing_id=item.pairing_id)
    return PeerLine(
        peer=item.peer,
        title=title_of(act.store, item.their_card),
        state=item.state,
        waiting=not on_paper(item) and act.exchange.is_due(item.pairing_id),
        reached_at=how.reached_at,
        heard_at=how.heard_at,
        silent=item.state == "active" and silent_since(act.store, item, today(act.now)) is not None,
        failures=how.failures,
        last_error=how.last_error,
    )


def _open_line(store: Store, item: Handshake) -> PeerLine:
    return PeerLine(
        peer=item.peer,
        title=title_of(store, item.card_there),
        state=item.state,
        waiting=item.state in OPEN_STATES,
        reached_at=None,
        heard_at=None,
        silent=False,
        failures=0,
        last_error=None,
    )


def _under_way(store: Store, peer: str) -> Handshake:
    """The handshake with the partner whose node id begins so. Raises D-pairing-unknown, D-peer-ambiguous."""
    found = [item for item in store.find(Handshake) if item.peer.startswith(peer.strip().lower())]
    if not found:
        raise refuse("D-pairing-unknown")
    if len(found) > 1:
        raise refuse("D-peer-ambiguous", count=len(found))
    return found[0]


def _card(store: Store, card_hash: str) -> Card:
    held = store.get(CardNote, card_hash)
    if held is None:
        raise refuse("I-card-missing", card=card_hash)
    return cards.parse(note.parse(held.note).text)


def _own_fingerprint(act: Act) -> str:
    return cards.fingerprint(note.parse(pairings.own_card(act.store).note).text)


_COMPARE: Final = Said(
    "状态还不是“已结对”的，打电话核对（号码不取自名片）：请对方念其核对码，"
    "再运行 gongguan peer confirm 节点编号 --fingerprint 数字；"
    "本节点核对码见 gongguan peer card",
    "Unless active already, compare by telephone (a number not taken from the card): "
    "gongguan peer confirm ID --fingerprint DIGITS; "
    "our own digits: gongguan peer card",
)

_PAIRED: Final = Told(
    Said("与{title}的结对记录双方都已签署，结对生效。", "The pairing with {title} is signed by both and active."),
    Said(
        "接着签共管协议，由一方起草：gongguan agreement draft，再由书记 gongguan agreement propose",
        "Now the agreement, which one side drafts: gongguan agreement draft, then gongguan agreement propose",
    ),
)

OPERATIONS: Final = (
    Operation(
        name="peer.invite",
        title="邀请对方节点结对",
        english="invite a partner",
        request=PeerInvite,
        answer=PeerInvited,
        roles=OFFICERS,
        function=invite,
        subtree=whole_committee,
        done=Said("邀请已发出，有效至 {expires_at}。", "The invitation is open until {expires_at}."),
        hint=Said(
            "把邀请文件交给对方，由对方运行 gongguan peer accept 文件", "Hand the file over; they run peer accept FILE"
        ),
    ),
    Operation(
        name="peer.accept",
        title="接收对方的邀请或结对文件",
        english="take in the partner's invitation or pairing file",
        request=PeerAccept,
        answer=PeerState,
        roles=OFFICERS,
        function=accept,
        subtree=whole_committee,
        done=Said("已收到{title}（{peer}）的名片，状态：{state}。", "The card of {title} ({peer}) is here: {state}."),
        hint=_COMPARE,
    ),
    Operation(
        name="peer.confirm",
        title="核对对方核对码并签署结对记录",
        english="compare the partner's fingerprint and sign the pairing record",
        request=PeerConfirm,
        answer=PeerState,
        roles=OFFICERS,
        function=confirm,
        subtree=whole_committee,
        done=Said("与{title}的结对记录已签署，状态：{state}。", "The pairing with {title} is signed: {state}."),
        hint=Said(
            "双方都签署后生效；进展见 gongguan peer list", "It is active once both have signed: gongguan peer list"
        ),
        instead=(Instead({"state": "active"}, _PAIRED),),
    ),
    Operation(
        name="peer.list",
        title="查看结对节点和联系情况",
        english="list partners and how reaching them goes",
        request=Nothing,
        answer=PeersListed,
        roles=EVERYONE,
        function=list_peers,
        reads=True,
    ),
    *STANDING,
    *PAPER,
    Operation(
        name="peer.card",
        title="查看本节点名片和核对码",
        english="show the own card and its fingerprint",
        request=PeerCard,
        answer=OwnCard,
        roles=EVERYONE,
        function=show_card,
        reads=True,
    ),
    Operation(
        name="peer.file",
        title="再次导出交给对方的结对文件",
        english="give the file for the partner once more",
        request=PeerNamed,
        answer=PeerState,
        roles=OFFICERS,
        function=file_for,
        reads=True,
        subtree=whole_committee,
    ),
    Operation(
        name="peer.call",
        title="立即联系对方节点",
        english="call the partner now",
        request=PeerNamed,
        answer=PeerState,
        roles=EVERYONE,
        function=call,
        done=Said("正在联系{title}。", "{title} is being called."),
        hint=Said("结果见 gongguan peer list", "See gongguan peer list"),
    ),
    Operation(
        name="peer.cancel",
        title="取消办理中的结对",
        english="cancel a pairing that is under way",
        request=PeerNamed,
        answer=PeerState,
        roles=OFFICERS,
        function=cancel,
        subtree=whole_committee,
        done=Said("与{title}的结对已取消。", "The pairing with {title} is cancelled."),
    ),
)
