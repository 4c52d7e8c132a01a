"""``gongguan proof verify``: check an exported proof or case on any machine, with no node, no data folder, no login.

What is needed are three files: the proof and the cards of both nodes, as ``gongguan proof export`` or ``proof case``
writes them (a case takes the cards in any order). The fingerprints that are printed tell whether the cards are the
right ones: compare them with those of the pairing::

    gongguan proof verify 证明.tlog-proof --author 发出方.card --partner 收到方.card
    gongguan proof verify 案卷.gongguan-case --author 甲方.card --partner 乙方.card
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from gongguan.cli.commands import Settings, common_options, current_settings
from gongguan.cli.locale import language
from gongguan.node.operations.said import Said
from gongguan.protocol.errors import ProtocolError, refuse

if TYPE_CHECKING:
    from gongguan.protocol.card import Card
    from gongguan.protocol.case import Case, ShownMessage
    from gongguan.protocol.fork import ForkProof
    from gongguan.protocol.messages.envelope import Message
    from gongguan.protocol.proof import Proven

CHINA: Final = timezone(timedelta(hours=8), "+08:00")

SHOWN: Final = Said(
    """证明成立。
消息种类：{kind}（{purpose}）
消息编号：{id}
发出方：{author}
写于：{at}
收到方：{partner}
{receipt}
{body}

两张名片的核对码（须与结对时电话核对过的一致，否则不要采信）：
  发出方  {author_fingerprint}
  收到方  {partner_fingerprint}
{limits}""",
    """The proof holds.
Kind of message: {kind}
Message id: {id}
Author: {author}
Written: {at}
Partner: {partner}
{receipt}
{body}

Fingerprints of both cards (they must be those compared by telephone when pairing; else do not rely on this):
  author   {author_fingerprint}
  partner  {partner_fingerprint}
{limits}""",
)
RECEIVED: Final = Said("对方已于 {time} 收到", "The partner received it at {time}")
NOT_RECEIVED: Final = Said(
    "没有对方回执：只能证明发出方写过这条消息", "No receipt of the partner: it only proves that the author wrote this"
)
BODY: Final = Said("内容：{body}", "Content: {body}")
LIMITS: Final = Said(
    "收到不等于生效：本证明只说明消息由发出方写成、对方何时收到；是否被受理、撤回或更正，须查双方记录。",
    "Received does not mean in effect: this shows who wrote the message and when the partner had it; whether it was "
    "refused, withdrawn or corrected stands in the records of both sides.",
)


CASE: Final = Said(
    """案卷成立。
流动记录编号：{subject}
甲方：{first}
乙方：{second}
双方签署的协议版本：{versions} 个
消息：{count} 条

{lines}

两张名片的核对码（须与结对时电话核对过的一致，否则不要采信）：
  甲方  {first_fingerprint}
  乙方  {second_fingerprint}
{limits}""",
    """The case holds.
Mobility period: {subject}
First party: {first}
Second party: {second}
Versions of the agreement signed by both: {versions}
Messages: {count}

{lines}

Fingerprints of both cards (they must be those compared by telephone when pairing; else do not rely on this):
  first   {first_fingerprint}
  second  {second_fingerprint}
{limits}""",
)
CASE_LINE: Final = Said(
    "{number}. {at}　{author}　{kind}（{purpose}）　{receipt}{refused}\n   {body}",
    "{number}. {at}  {author}  {kind}  {receipt}{refused}\n   {body}",
)
CASE_REFUSED: Final = Said("　对方不予受理：{code} {why}", "  refused by the partner: {code} {why}")
CASE_UNRECEIPTED: Final = Said("没有对方回执", "no receipt of the partner")
CASE_LIMITS: Final = Said(
    "本案卷只说明其中每条消息由谁写成、对方最迟何时收到、哪些不予受理；是否齐全，须与对方导出的案卷比对。",
    "This shows who wrote each message in it, by when the partner had it and what was refused; whether anything is "
    "left out, only the case that the other side exports can tell.",
)


FORK: Final = Said(
    """证据成立：{author} 对同一份记录签了两种不同的历史。
结对编号：{pairing}
日志时段：{epoch}
两份记录在前 {size} 条消息以内就已不同：同一节点有两份在运行，或者签名密钥被别人使用。

名片的核对码（须与结对时电话核对过的一致，否则不要采信）：
  签出方  {author_fingerprint}""",
    """The evidence holds: {author} signed two histories of one log.
Pairing: {pairing}
Epoch: {epoch}
They differ within the first {size} messages: two copies of one node are alive, or somebody else uses its key.

Fingerprint of the card (it must be the one compared by telephone when pairing; else do not rely on this):
  author  {author_fingerprint}""",
)


def verify() -> click.Command:
    """``gongguan proof verify FILE --author CARD --partner CARD``."""
    zh = language() == "zh"
    return click.Command(
        name="verify",
        help="核对一份证明、案卷或两份记录的证据，不需要节点"
        if zh
        else "check a proof, case or evidence of two histories; needs no node",
        params=[
            click.Argument(["file"], metavar="FILE", help="证明或案卷文件" if zh else "the proof or case"),
            click.Option(["--author"], required=True, metavar="CARD", help="发出方名片" if zh else "author's card"),
            click.Option(["--partner"], required=True, metavar="CARD", help="收到方名片" if zh else "partner's card"),
            *common_options(hidden=True),
        ],
        callback=_verify,
    )


def _verify(file: str, author: str, partner: str) -> None:
    from gongguan.cli import output  # noqa: PLC0415 - not for the help
    from gongguan.cli.commands.generated import read_file  # noqa: PLC0415
    from gongguan.protocol import case, fork, messages, proof  # noqa: PLC0415
    from gongguan.protocol.card import keys_of  # noqa: PLC0415
    from gongguan.sync.oversight import proofs  # noqa: PLC0415

    settings = current_settings()
    authors, partners = _cards(author), _cards(partner)
    data = read_file(Path(file))
    with _naming(file):
        if authors[0].node_id == partners[0].node_id:
            raise refuse("D-pairing-with-self")
        if case.is_case(data):
            shown = case.verify(data, [*authors, *partners])
            chains = [
                chain for card in shown.cards for chain in (authors, partners) if chain[0].node_id == card.node_id
            ]
            return _tell_case(shown, chains, settings)
        if fork.is_one(data):
            return _tell_fork(fork.verify(data, [keys_of(card).log for card in authors]), authors, settings)
        earlier = [*authors[-2::-1], *partners[-2::-1]]
        proven = proof.verify(data, proofs.keys_for(data, authors[-1], partners[-1], earlier))
        message = messages.decode(proven.message)
    facts = _facts(message, proven, authors, partners)
    if settings.json:
        return output.plain(facts)
    print(_text(facts, message))
    return None


def _tell_fork(shown: "ForkProof", authors: "list[Card]", settings: Settings) -> None:
    from gongguan.cli import output  # noqa: PLC0415
    from gongguan.protocol.log import parse_origin  # noqa: PLC0415

    named, author = parse_origin(shown.origin), _party(authors)
    if named.node_id != author["node_id"]:
        raise refuse("P-proof", reason="another node's log")
    facts = {"pairing": named.pairing_id, "epoch": named.epoch, "size": shown.size}
    if settings.json:
        return output.plain({**facts, "author": author})
    print(FORK.text(language()).format(**facts, author=author["title"], author_fingerprint=author["fingerprint"]))
    return None


def _tell_case(shown: "Case", chains: "list[list[Card]]", settings: Settings) -> None:
    from gongguan.cli import output  # noqa: PLC0415

    first, second = map(_party, chains)
    titles = {card.node_id: card.title for card in shown.cards}
    facts = {
        "subject": shown.head.subject,
        "agreement": shown.head.agreement,
        "pairing": shown.head.pairing,
        "parties": [first, second],
        "versions": [version for version, _ in shown.versions],
        "messages": [_case_message(item) for item in shown.messages],
        "limits": CASE_LIMITS.text(language()),
    }
    if settings.json:
        return output.plain(facts)
    lines = [_case_line(number, item, titles) for number, item in enumerate(shown.messages, start=1)]
    print(
        CASE.text(language()).format(
            subject=shown.head.subject,
            first=first["title"],
            second=second["title"],
            versions=len(shown.versions),
            count=len(shown.messages),
            lines="\n".join(lines),
            first_fingerprint=first["fingerprint"],
            second_fingerprint=second["fingerprint"],
            limits=facts["limits"],
        )
    )
    return None


def _case_message(item: "ShownMessage") -> dict[str, Any]:
    import json  # noqa: PLC0415

    received = item.received_at_s
    return {
        "author": item.author,
        "epoch": item.epoch,
        "index": item.index,
        "received_at": None if received is None else _stamp(received),
        "refused": item.refused,
        "message": json.loads(item.data),
    }


def _case_line(number: int, item: "ShownMessage", titles: dict[str, str]) -> str:
    import json  # noqa: PLC0415

    from gongguan.protocol.errors.codes import CODES  # noqa: PLC0415
    from gongguan.protocol.messages import KINDS  # noqa: PLC0415

    told = _case_message(item)
    kind = KINDS.get(item.value.kind)
    receipt = CASE_UNRECEIPTED.text(language())
    if told["received_at"] is not None:
        receipt = RECEIVED.text(language()).format(time=_china(told["received_at"]))
    refused = ""
    if item.refused is not None:
        code = CODES.get(item.refused)
        why = "" if code is None else code.zh if language() == "zh" else code.en
        refused = CASE_REFUSED.text(language()).format(code=item.refused, why=why)
    return CASE_LINE.text(language()).format(
        number=number,
        at=_china(item.value.at),
        author=titles[item.author],
        kind=item.value.kind,
        purpose=kind.purpose if kind else "?",
        receipt=receipt,
        refused=refused,
        body=_printable(json.dumps(told["message"].get("body"), ensure_ascii=False)),
    )


def _cards(path: str) -> "list[Card]":
    from gongguan.cli.commands.generated import read_file  # noqa: PLC0415
    from gongguan.protocol import card as cards  # noqa: PLC0415

    data = read_file(Path(path))
    with _naming(path):
        return cards.open_file(data)


@contextmanager
def _naming(path: str) -> Iterator[None]:
    """Three files are looked at: a refusal says which one it is about."""
    try:
        yield
    except ProtocolError as error:
        raise refuse(error.code, **{**error.facts, "file": path}) from error


def _facts(message: "Message", proven: "Proven", author: "list[Card]", partner: "list[Card]") -> dict[str, Any]:
    received = proven.received_at_s
    return {
        "id": message.id,
        "kind": message.kind,
        "at": message.at,
        "author": _party(author),
        "partner": _party(partner),
        "received_at": None if received is None else _stamp(received),
        "message": proven.value,
        "limits": LIMITS.text(language()),
    }


def _party(chain: "list[Card]") -> dict[str, str]:
    """Title and id, and the fingerprint of each card in the file: one of them was compared when pairing."""
    from gongguan.protocol import card as cards  # noqa: PLC0415

    told = [cards.fingerprint(cards.render(card)) for card in chain]
    if len(chain) > 1:
        told = [f"({card.serial}) {digits}" for card, digits in zip(chain, told, strict=True)]
    return {"title": chain[-1].title, "node_id": chain[-1].node_id, "fingerprint": "\n          ".join(told)}


def _text(facts: dict[str, Any], message: "Message") -> str:
    import json  # noqa: PLC0415

    from gongguan.protocol.messages import KINDS  # noqa: PLC0415

    known = KINDS.get(message.kind)
    body = _printable(json.dumps(facts["message"].get("body"), ensure_ascii=False))
    receipt = NOT_RECEIVED.text(language())
    if facts["received_at"] is not None:
        receipt = RECEIVED.text(language()).format(time=_china(facts["received_at"]))
    return SHOWN.text(language()).format(
        kind=message.kind,
        purpose=known.purpose if known else "?",
        id=message.id,
        at=_china(message.at),
        author=facts["author"]["title"],
        partner=facts["partner"]["title"],
        receipt=receipt,
        body=BODY.text(language()).format(body=body),
        author_fingerprint=facts["author"]["fingerprint"],
        partner_fingerprint=facts["partner"]["fingerprint"],
        limits=LIMITS.text(language()),
    )


def _stamp(posix_s: int) -> str:
    """What the receiver's signature says; a time that no calendar has stays a number."""
    try:
        return datetime.fromtimestamp(posix_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (OverflowError, OSError, ValueError):
        return str(posix_s)


def _china(stamp: str) -> str:
    """A time of the wire as people in China read it; nobody promises that it is one."""
    try:
        return datetime.fromisoformat(stamp).astimezone(CHINA).strftime("%Y-%m-%d %H:%M:%S")
    except (OverflowError, ValueError):
        return stamp


def _printable(text: str) -> str:
    """Without what steers a terminal: the text is another's."""
    return "".join(sign if sign.isprintable() else f"\\u{ord(sign):04x}" for sign in text)
