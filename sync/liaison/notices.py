"""Notices between the two committees: what was sent and received, and whether the partner has signed for it.

A notice about a member carries the member's pseudonym and no personal data in its text. *Receipted* means that the
partner's signed receipt covers the notice's position in our log: it lies on the partner's disk::

    send(act, NoticeSend(topic="important_matter", title="…", text="…"))
"""

import re
from collections.abc import Iterator
from datetime import date
from typing import Annotated, Final

import msgspec

from gongguan.protocol.errors import refuse
from gongguan.protocol.messages.notice import NoticeGiven, Topic
from gongguan.sync.act import Act
from gongguan.sync.days import check_happened, today
from gongguan.sync.exchange.values import Value
from gongguan.sync.labels import labelled
from gongguan.sync.records import AgreementVersion, Epoch, MobilityPeriod, Pairing
from gongguan.sync.shared.partners import Peer, partner, version_in_force
from gongguan.sync.shared.periods import (
    check_reach,
    name_of,
    periods_in_reach,
)
from gongguan.sync.shared.provenance import on_paper
from gongguan.sync.shared.views import (
    in_category,
)
from gongguan.sync.store import Store

ID_NUMBER: Final = re.compile(r"(?<![0-9])[0-9]{17}[0-9Xx](?![0-9])")


class NoticeSend(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``notice.send``. ``on`` left out: today. With ``subject`` the partner is that member's."""

    topic: Annotated[Topic, labelled("事项", "topic", codes="topic")]
    title: Annotated[str, labelled("标题", "title", min_length=1, max_length=120)]
    text: Annotated[str, labelled("正文", "text", min_length=1, max_length=2000)]
    peer: Peer = ""
    subject: Annotated[
        Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{32}$")] | None,
        labelled("涉及的流动记录编号", "about which member"),
    ] = None
    on: Annotated[
        Annotated[str, msgspec.Meta(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")] | None,
        labelled("日期（年-月-日）", "date"),
    ] = None


class NoticeList(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``notice.list``."""

    peer: Peer = ""


class NoticeSent(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``notice.send``."""

    notice: Annotated[str, labelled("通知编号", "notice")]
    peer: Annotated[str, labelled("结对节点", "partner")]


class NoticeLine(msgspec.Struct, frozen=True, kw_only=True):
    """One notice as it is listed."""

    notice: Annotated[str, labelled("通知编号", "notice")]
    direction: Annotated[str, labelled("收发", "direction", codes="direction")]
    receipt: Annotated[str, labelled("签收", "receipt", codes="receipt_state")]
    peer: Annotated[str, labelled("结对节点", "partner")]
    topic: Annotated[str, labelled("事项", "topic", codes="topic")]
    title: Annotated[str, labelled("标题", "title")]
    text: Annotated[str, labelled("正文", "text")]
    on: Annotated[str, labelled("日期", "date")]
    subject: Annotated[str | None, labelled("流动记录编号", "about")]
    name: Annotated[str | None, labelled("姓名", "name")]


class NoticesListed(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``notice.list``, newest first."""

    sent: Annotated[int, labelled("发出", "sent")]
    received: Annotated[int, labelled("收到", "received")]
    waiting: Annotated[int, labelled("等待对方签收", "waiting for a receipt")]
    notices: Annotated[list[NoticeLine], labelled("通知", "notices")]


def send(act: Act, request: NoticeSend) -> NoticeSent:
    """Write a notice to a partner. Raises D-notice-id-number, D-subject-other-peer, D-peer-…, D-date…, G-…."""
    on: date = check_happened(act.now, request.on) if request.on else today(act.now)
    check_no_id_number(f"{request.title}\n{request.text}")
    pairing = _pairing(act, request)
    body = NoticeGiven(topic=request.topic, title=request.title, text=request.text, on=on.isoformat())
    version = version_in_force(act, pairing.pairing_id)
    message = act.exchange.book(pairing.pairing_id).write(
        "notice.given", body, version=version, subject=request.subject
    )
    act.node.wake(pairing.pairing_id)
    return NoticeSent(notice=message.id, peer=pairing.peer)


def check_no_id_number(text: str) -> None:
    """Raise D-notice-id-number where a text that leaves this node holds an ID number."""
    if ID_NUMBER.search(text):
        raise refuse("D-notice-id-number")


def list_notices(act: Act, request: NoticeList) -> NoticesListed:
    """Notices of all partners, or of one; those about members only within the acting person's subtree."""
    store = act.store
    pairings = [partner(store, request.peer)] if request.peer else store.find(Pairing)
    reach = {period.subject: period for period in periods_in_reach(act)}
    lines = [line for pairing in pairings for line in _lines(store, pairing, reach)]
    lines.sort(key=lambda line: (line.on, line.notice), reverse=True)
    return NoticesListed(
        sent=sum(line.direction == "sent" for line in lines),
        received=sum(line.direction == "received" for line in lines),
        waiting=sum(line.receipt == "waiting" for line in lines),
        notices=lines,
    )


def _pairing(act: Act, request: NoticeSend) -> Pairing:
    if request.subject is None:
        return partner(act.store, request.peer)
    pairing = act.store.get(Pairing, check_reach(act, request.subject).pairing_id)
    if pairing is None or not (pairing.peer.startswith(request.peer) or pairing.pairing_id.startswith(request.peer)):
        raise refuse("D-subject-other-peer", subject=request.subject)
    return pairing


def _lines(store: Store, pairing: Pairing, reach: dict[str, MobilityPeriod]) -> Iterator[NoticeLine]:
    epochs = {epoch.epoch: epoch for epoch in store.find(Epoch, pairing_id=pairing.pairing_id)}
    paper = on_paper(pairing)
    agreements = {found.agreement for found in store.find(AgreementVersion, pairing_id=pairing.pairing_id)}
    for agreement in sorted(agreements):
        for subject, key, value in in_category(store, agreement, "notice"):
            period = reach.get(subject)
            if subject != "agreement" and period is None:
                continue
            own = value["party"] == pairing.party
            yield NoticeLine(
                notice=key.split("/", 1)[1],
                direction="sent" if own else "received",
                receipt=_receipt(value, epochs, paper) if own else "ours",
                peer=pairing.peer,
                topic=value["value"]["topic"],
                title=value["value"]["title"],
                text=value["value"]["text"],
                on=value["value"]["on"],
                subject=period.subject if period else None,
                name=name_of(store, period) if period else None,
            )


def _receipt(value: Value, epochs: dict[str, Epoch], paper: bool) -> str:
    if paper:
        return "by_letter"
    epoch = epochs.get(value["epoch"])
    return "receipted" if epoch is not None and epoch.receipted > value["position"] else "waiting"
