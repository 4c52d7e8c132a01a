"""``gongguan proof verify``: check an exported proof on any machine, with no node, no data folder and no login.

What is needed are three files: the proof and the cards of both nodes, as ``gongguan proof export`` writes them. The
fingerprints that are printed tell whether the cards are the right ones: compare them with those of the pairing::

    gongguan proof verify 证明.tlog-proof --author 发出方.card --partner 收到方.card
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from gongguan.cli.commands import Settings, common_options
from gongguan.cli.locale import language
from gongguan.node.operations import Said
from gongguan.protocol.errors import ProtocolError, refuse

if TYPE_CHECKING:
    from gongguan.protocol.card import Card
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


def verify() -> click.Command:
    """``gongguan proof verify FILE --author CARD --partner CARD``."""
    zh = language() == "zh"
    return click.Command(
        name="verify",
        help="核对一份证明文件，不需要节点" if zh else "check a proof file; needs no node",
        params=[
            click.Argument(["file"], metavar="FILE", help="证明文件" if zh else "the proof"),
            click.Option(["--author"], required=True, metavar="CARD", help="发出方名片" if zh else "author's card"),
            click.Option(["--partner"], required=True, metavar="CARD", help="收到方名片" if zh else "partner's card"),
            *common_options(hidden=True),
        ],
        callback=_verify,
    )


def _verify(file: str, author: str, partner: str) -> None:
    from gongguan.cli import output  # noqa: PLC0415 - not for the help
    from gongguan.cli.commands.generated import read_file  # noqa: PLC0415
    from gongguan.protocol import messages, proof  # noqa: PLC0415
    from gongguan.sync import proofs  # noqa: PLC0415

    settings = click.get_current_context().find_object(Settings) or Settings()
    authors, partners = _card(author), _card(partner)
    data = read_file(Path(file))
    with _naming(file):
        if authors.node_id == partners.node_id:
            raise refuse("D-pairing-with-self")
        proven = proof.verify(data, proofs.keys_for(data, authors, partners))
        message = messages.decode(proven.message)
    facts = _facts(message, proven, authors, partners)
    if settings.json:
        output.plain(facts)
        return
    print(_text(facts, message))


def _card(path: str) -> "Card":
    from gongguan.cli.commands.generated import read_file  # noqa: PLC0415
    from gongguan.protocol import card as cards  # noqa: PLC0415

    data = read_file(Path(path))
    with _naming(path):
        return cards.open_card(data)[0]


@contextmanager
def _naming(path: str) -> Iterator[None]:
    """Three files are looked at: a refusal says which one it is about."""
    try:
        yield
    except ProtocolError as error:
        raise refuse(error.code, **{**error.facts, "file": path}) from error


def _facts(message: "Message", proven: "Proven", author: "Card", partner: "Card") -> dict[str, Any]:
    from gongguan.protocol import card as cards  # noqa: PLC0415

    def party(card: "Card") -> dict[str, str]:
        return {
            "title": card.title,
            "node_id": card.node_id,
            "fingerprint": cards.fingerprint(cards.render(card)),
        }

    received = proven.received_at_s
    return {
        "id": message.id,
        "kind": message.kind,
        "at": message.at,
        "author": party(author),
        "partner": party(partner),
        "received_at": None if received is None else _stamp(received),
        "message": proven.value,
        "limits": LIMITS.text(language()),
    }


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
