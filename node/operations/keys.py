"""Renewing this node's keys: the sealing keys every year, all others when somebody may have seen them.

The new card is made, kept in the key file and put in force in one transaction; partners get it with the next bundle.
What opens the key file (pass-phrases, sheet) stays; those commands work on the data folder: ``cli/commands/keys.py``.
"""

from typing import Annotated, Final

import msgspec

from gongguan.node.database import sealed_tables
from gongguan.node.operations.card_renewed import COPY_AGAIN, CardRenewed
from gongguan.node.operations.operation import Operation
from gongguan.node.operations.said import Said
from gongguan.protocol import card as cards
from gongguan.protocol import note
from gongguan.protocol.errors import refuse
from gongguan.protocol.pairing import OPEN_STATES
from gongguan.sync.act import Act
from gongguan.sync.days import today
from gongguan.sync.exchange import pairings, succession
from gongguan.sync.exchange.renewal import CardChange
from gongguan.sync.labels import labelled
from gongguan.sync.persons.staff import Nothing
from gongguan.sync.records import Handshake
from gongguan.sync.roles import ADMINISTRATORS


class DataKeyChanged(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``keys.renew_data``."""

    tables: Annotated[int, labelled("待重新加密的表", "tables to be sealed anew")]


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


def renew_tls(act: Act, request: Nothing) -> CardRenewed:
    """Another TLS certificate, shown from the next call on; partners who know the one before still get through.

    Raises R-cards.
    """
    return renewed(act, CardChange(today(act.now).isoformat(), tls=True))


def renew_data(act: Act, request: Nothing) -> DataKeyChanged:
    """Another key for personal columns; while the last change is still under way that goes on and no other begins.

    Raises I-folder-not-writable.
    """
    if not sealed_tables.due(act.store):
        act.node.change_data_key(act.store, today(act.now).isoformat())
    return DataKeyChanged(tables=len(sealed_tables.due(act.store)))


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
    Operation(
        name="keys.renew_tls",
        title="更换 TLS 证书（怀疑泄露时）",
        english="change the TLS certificate (after a suspicion)",
        request=Nothing,
        answer=CardRenewed,
        roles=ADMINISTRATORS,
        function=renew_tls,
        done=Said(
            "TLS 证书已更换；名片序号 {serial}，将送达 {partners} 个结对节点。",
            "The TLS certificate is changed; card {serial} goes to {partners} partners.",
        ),
        hint=Said(
            "从别的电脑登录的工作人员须重新核对数字（登录时加 --renew）。请把 keys 文件夹重新复制保管",
            "Staff elsewhere compare the digits anew (they log in with --renew). Copy the folder keys anew",
        ),
    ),
    Operation(
        name="keys.renew_data",
        title="更换数据密钥（怀疑泄露时）",
        english="change the data key (after a suspicion)",
        request=Nothing,
        answer=DataKeyChanged,
        roles=ADMINISTRATORS,
        function=renew_data,
        done=Said(
            "数据密钥已更换，节点正逐步重新加密 {tables} 张表，其间照常办理。",
            "The data key is changed; the node seals {tables} tables anew, step by step, beside all other work.",
        ),
        hint=Said(
            "进度见 gongguan node status。请把 keys 文件夹重新复制保管：以前的复制件不能再打开本节点",
            "Progress: gongguan node status. Copy the folder keys anew: earlier copies do not open this node any more",
        ),
    ),
)
