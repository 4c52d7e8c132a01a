"""Renewing this node's keys: the sealing keys every year, the signing keys when somebody may have seen them.

The new card is made, kept in the key file and put in force in one transaction; partners get it with the next bundle.
What opens the key file (pass-phrases, sheet) stays; those commands work on the data folder: ``cli/commands/keys.py``.
"""

from typing import Annotated, Final

import msgspec

from gongguan.protocol import card as cards
from gongguan.protocol import note
from gongguan.protocol.errors import refuse
from gongguan.protocol.pairing import OPEN_STATES
from gongguan.sync import pairings, succession
from gongguan.sync.act import Act
from gongguan.sync.days import today
from gongguan.sync.labels import labelled
from gongguan.sync.records import Handshake
from gongguan.sync.renewal import CardChange
from gongguan.sync.roles import ADMINISTRATORS
from gongguan.sync.staff import Nothing

from .operation import Operation, Said


class CardRenewed(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of whatever makes a new card."""

    serial: Annotated[int, labelled("名片序号", "serial of the card")]
    title: Annotated[str, labelled("名称", "title")]
    endpoints: Annotated[list[str], labelled("联络地址", "endpoints")]
    fingerprint: Annotated[str, labelled("新的核对码", "new fingerprint")]
    partners: Annotated[int, labelled("要送达的结对节点", "partners to be told")]


def rotate(act: Act, request: Nothing) -> CardRenewed:
    """Other log and cosigning keys; the old ones are destroyed here and retired at every partner that hears of it.

    Raises D-pairing-open while a pairing is under way (its record names the present card), R-cards.
    """
    under_way = [item for item in act.store.find(Handshake) if item.state in OPEN_STATES]
    if under_way:
        raise refuse("D-pairing-open", count=len(under_way))
    return renewed(act, CardChange(today(act.now).isoformat(), signing=True))


def renew_sealing(act: Act, request: Nothing) -> CardRenewed:
    """Other sealing keys; what is under way to the old ones still opens. Raises R-cards."""
    return renewed(act, CardChange(today(act.now).isoformat(), sealing=True))


def renewed(act: Act, change: CardChange) -> CardRenewed:
    """Make the card, put it in force, and call every partner. Raises D-card-unchanged, R-cards, S-readable."""
    present = cards.parse(note.parse(pairings.own_card(act.store).note).text)
    made = act.node.renew(act.exchange.identity, present, change)
    succession.adopt(act.exchange, made.identity, made.cards)
    partners = act.exchange.pairings()
    for pairing in partners:
        act.node.wake(pairing.pairing_id)
    text = note.parse(pairings.own_card(act.store).note).text
    card = cards.parse(text)
    return CardRenewed(
        serial=card.serial,
        title=card.title,
        endpoints=list(card.endpoints),
        fingerprint=cards.fingerprint(text),
        partners=len(partners),
    )


COPY_AGAIN: Final = Said(
    "请把 keys 文件夹重新复制保管；以前的复制件不能再用来恢复本节点，确认新的可用后销毁。"
    "对方收到与否见 gongguan peer show 对方编号",
    "Copy the folder keys anew: earlier copies do not restore this node any more; then destroy them. "
    "Who has the card: gongguan peer show ID",
)

OPERATIONS: Final = (
    Operation(
        name="keys.rotate",
        title="更换签名密钥（怀疑泄露，或人员变动）",
        english="change the signing keys (after a suspicion, or when people leave)",
        request=Nothing,
        answer=CardRenewed,
        roles=ADMINISTRATORS,
        function=rotate,
        duties=("A-73",),
        done=Said(
            "签名密钥已更换，旧的已销毁；名片序号 {serial}，将送达 {partners} 个结对节点。",
            "The signing keys are changed, the old ones destroyed; card {serial} goes to {partners} partners.",
        ),
        hint=COPY_AGAIN,
    ),
    Operation(
        name="keys.renew_sealing",
        title="更换封装密钥（每年一次）",
        english="change the sealing keys (every year)",
        request=Nothing,
        answer=CardRenewed,
        roles=ADMINISTRATORS,
        function=renew_sealing,
        duties=("A-73",),
        done=Said(
            "封装密钥已更换；名片序号 {serial}，将送达 {partners} 个结对节点。",
            "The sealing keys are changed; card {serial} goes to {partners} partners.",
        ),
        hint=COPY_AGAIN,
    ),
)
