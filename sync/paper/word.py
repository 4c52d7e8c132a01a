"""How a person says that what is entered is the word of a partner without a node: by telephone or by letter, from whom.

Requests by which a side speaks for itself take these fields too; without them they mean our own side, as ever::

    AdmissionGive(subject=…, …, heard="telephone", their_clerk="李明", said_on="2026-03-02")
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Final, Literal

import msgspec

from gongguan.protocol import messages
from gongguan.protocol.errors import refuse
from gongguan.protocol.limits import NAME_CHARS_MAX
from gongguan.protocol.messages.envelope import Body
from gongguan.sync.act import Act
from gongguan.sync.days import check_happened, today
from gongguan.sync.labels import DATE, labelled
from gongguan.sync.paper import lost_letters
from gongguan.sync.records import Letter, LogMessage, MobilityPeriod, PaperEntry
from gongguan.sync.shared.partners import version_in_force

if TYPE_CHECKING:  # loaded inside the functions: who only names these fields does without the logs
    from gongguan.sync.exchange.paper_book import PaperBook, Word

ONCE: Final[Mapping[str, str]] = {"probation.opinion_given": "request", "probation.observed": "quarter"}
"""Kind → the field that says what it answers: of two entries for one, which we wrote both, the later does not quietly
take the place of the earlier, as a node's own correction would."""

_Text = Annotated[str, msgspec.Meta(min_length=1, max_length=NAME_CHARS_MAX)]


class Heard(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of requests: where ``heard`` is given, the statement is theirs, and we only write it down."""

    heard: Annotated[
        Literal["telephone", "letter"] | None,
        labelled(
            "代录对方（无节点）的答复：怎样收到的", "entered for a partner without a node: how it came", codes="heard"
        ),
    ] = None
    their_clerk: Annotated[_Text | None, labelled("对方经办人", "their clerk")] = None
    their_number: Annotated[_Text | None, labelled("对方来函文号", "number of their letter")] = None
    said_on: Annotated[
        Annotated[str, msgspec.Meta(pattern=DATE)] | None, labelled("答复日期（默认今天）", "said on (today)")
    ] = None
    letter: Annotated[
        Annotated[str, msgspec.Meta(max_length=20)] | None,
        labelled("答复的是我方哪一封函（函号）", "our letter answered"),
    ] = None


def word_of(act: Act, heard: Heard) -> "Word | None":
    """How it came; None where our own side speaks. Raises D-word (no clerk, a letter without its number), D-date-…."""
    if heard.heard is None:
        if heard.their_clerk or heard.their_number or heard.letter or heard.said_on:
            raise refuse("D-word")
        return None
    if not heard.their_clerk or (heard.heard == "letter" and not heard.their_number):
        raise refuse("D-word")
    said_on = heard.said_on or today(act.now).isoformat()
    check_happened(act.now, said_on)
    letter = heard.letter.strip().lower() if heard.letter else None
    from gongguan.sync.exchange.paper_book import Word  # noqa: PLC0415 - see above

    return Word(heard.heard, heard.their_clerk, said_on, letter, heard.their_number)


def paper_book(act: Act, pairing_id: str) -> "PaperBook":
    """The local log of a partner without a node. Raises D-peer-signs: what a node says, it says itself."""
    from gongguan.sync.exchange.paper_book import PaperBook  # noqa: PLC0415 - see above

    book = act.exchange.book(pairing_id)
    if not isinstance(book, PaperBook):
        raise refuse("D-peer-signs")
    return book


def enter_statement(act: Act, period: MobilityPeriod, kind: str, body: Body, word: "Word") -> str:
    """Write down what they said of a member of ours; its id.

    Raises D-peer-signs, D-not-origin, D-answer-differs, D-letter-…, G-….
    """
    if period.side != "origin":
        raise refuse("D-not-origin", subject=period.subject)
    check_letter(act, word.letter, period)
    version = version_in_force(act, period.pairing_id)
    book = paper_book(act, period.pairing_id)
    for entry in (
        act.store.find(PaperEntry, subject=period.subject, kind=kind, withdrawn_at=None) if kind in ONCE else []
    ):
        (row,) = act.store.find(LogMessage, author=book.pairing.peer, id=entry.message)
        earlier = messages.decode(row.data).body
        if earlier == body:
            return entry.message
        if getattr(earlier, ONCE[kind]) == getattr(body, ONCE[kind]):
            raise refuse("D-answer-differs")
    return book.enter(kind, body, word, by=act.staff.name, version=version, subject=period.subject).id


def check_letter(act: Act, code: str | None, period: MobilityPeriod) -> None:
    """Raises D-letter-unknown for a code that no letter of ours to this partner has, D-letter-person for one that is
    not about this member."""
    if code is None:
        return
    found = act.store.get(Letter, code)
    if found is None:
        raise lost_letters.unknown(act.store, code)
    if found.pairing_id != period.pairing_id:
        raise refuse("D-letter-unknown")
    if period.subject not in found.subjects:
        raise refuse("D-letter-person")
