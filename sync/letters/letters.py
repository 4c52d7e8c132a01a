"""Letters to partners without a node: written of what an act of staff has to tell, one for each partner and act.

A letter is the messages that it is written from, made readable; what it asks for is answered on the sheet that goes
with it, by letter or by telephone (``sync/paper/answers.py``). How long an answer takes makes nobody late::

    (code,) = write_letters(act)           # after departure.notify
    content(act, code).rows                ->  [LetterRow(name="巴特尔", what="姓名：…；性别：…"), …]
"""

import hashlib
from collections.abc import Sequence
from datetime import date
from itertools import islice
from typing import Annotated, Final, NamedTuple

import msgspec

from gongguan.protocol import messages
from gongguan.protocol.erasure import is_erased
from gongguan.protocol.errors import refuse
from gongguan.protocol.messages import KINDS
from gongguan.protocol.messages.envelope import Message
from gongguan.sync.act import Act
from gongguan.sync.days import today
from gongguan.sync.exchange.pairings import own_card
from gongguan.sync.exchange.paper_book import PaperBook
from gongguan.sync.labels import labelled
from gongguan.sync.letters.words import PLACES, in_words
from gongguan.sync.paper import lost_letters
from gongguan.sync.paper.answers import ASKED_BY
from gongguan.sync.paper.word import paper_book
from gongguan.sync.persons.bodies import top_code
from gongguan.sync.records import (
    PAPER,
    Body,
    Letter,
    LogMessage,
    MobilityPeriod,
    Pairing,
    PaperEntry,
    PaperPartner,
    Setting,
)
from gongguan.sync.shared.partners import Peer, partner, title_of
from gongguan.sync.shared.periods import (
    name_of,
    periods_in_reach,
)
from gongguan.sync.shared.places import places_of
from gongguan.sync.shared.provenance import SourceLabel
from gongguan.sync.store import Store

LIST_MAX: Final = 500

ROUTINE: Final = frozenset(
    {
        *("contact.made", "contact.withdrawn", "officer.named", "help.status_told", "profile.updated"),
        *("certificate.life_entered", "certificate.dues_entered", "certificate.entry_withdrawn"),
        *("certificate.annual_check_entered", "certificate.described", "score.contributed", "score.reversed"),
    }
)
"""What is entered day by day is no letter each time: it is collected for the next one (``letter.collect``)."""

UNTOLD: Final = "untold/{pairing}"
"""Setting: ids of such messages that stand in no letter yet."""

UNTOLD_MAX: Final = 2000
"""So many, and a letter is written of them by itself."""

Code = Annotated[str, labelled("函号", "code of the letter", argument=True, max_length=20)]


class LetterList(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``letter.list``."""

    peer: Annotated[str, labelled("对方（编号开头）", "partner", max_length=64)] = ""
    open: Annotated[bool, labelled("只看等对方答复的", "only those without an answer")] = False


class LetterLine(msgspec.Struct, frozen=True, kw_only=True):
    """One letter. ``people``: members that it is about; ``answered``: of how many the answer was entered."""

    code: Annotated[str, labelled("函号", "code")]
    peer: Annotated[str, labelled("致", "to")]
    matter: Annotated[str, labelled("事由", "matter (in Chinese)")]
    people: Annotated[int, labelled("人数", "members")]
    answered: Annotated[int, labelled("已代录答复", "answers entered")]
    state: Annotated[str, labelled("状态", "state", codes="letter_state")]
    written_on: Annotated[str, labelled("成文日期", "written on")]
    days: Annotated[int, labelled("已过天数", "days since")]
    written_by: Annotated[str, labelled("经办人", "written by")]


class LettersListed(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``letter.list``, newest first."""

    untold: Annotated[int, labelled("还没有写进公函的日常记载", "entries in no letter yet")]
    letters: Annotated[list[LetterLine], labelled("公函", "letters")]


class LetterCollect(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``letter.collect``."""

    peer: Peer = ""


class LetterCollected(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``letter.collect``."""

    peer: Annotated[str, labelled("致", "to")]
    entries: Annotated[int, labelled("写进公函的记载", "entries in it")]


class EnteredList(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``letter.entered``."""

    peer: Annotated[str, labelled("对方（编号开头）", "partner", max_length=64)] = ""


class EnteredLine(msgspec.Struct, frozen=True, kw_only=True):
    """One statement of a partner without a node, as it was entered here."""

    entry: Annotated[str, labelled("代录编号", "entry")]
    name: Annotated[str | None, labelled("姓名", "name")]
    what: Annotated[str, labelled("事项", "matter (in Chinese)")]
    value: Annotated[str, labelled("内容", "content (in Chinese)")]
    source: SourceLabel
    how: Annotated[str, labelled("怎样收到", "how it came", codes="paper_how")]
    clerk: Annotated[str, labelled("对方经办人", "their clerk")]
    reference: Annotated[str | None, labelled("对方文号", "their letter")]
    letter: Annotated[str | None, labelled("我方函号", "our letter")]
    said_on: Annotated[str, labelled("答复日期", "said on")]
    entered_by: Annotated[str, labelled("登记人", "entered by")]
    withdrawn: Annotated[bool, labelled("已撤回", "withdrawn")]
    asked: Annotated[bool, labelled("已请对方节点核对", "its node was asked about it")]
    peer: Annotated[str, labelled("对方", "partner")]


class EnteredListed(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``letter.entered``, newest first."""

    entries: Annotated[list[EnteredLine], labelled("代录", "entries")]


class LetterRow(NamedTuple):
    """What a letter says of one member, or of none."""

    subject: str | None
    name: str
    what: str


class Section(NamedTuple):
    """One matter of a letter with its rows."""

    title: str
    rows: tuple[LetterRow, ...]


class Content(NamedTuple):
    """A letter as it is to be set. ``answers``: codes of the reply sheets that it asks for. ``contact``: whom to write
    or to telephone: who wrote it, and the committee's number where the sheet of bodies has one."""

    code: str
    sender: str
    recipient: str
    address: str | None
    sections: tuple[Section, ...]
    answers: tuple[str, ...]
    written_on: date
    subjects: frozenset[str]
    contact: str = ""


def write_letters(act: Act) -> tuple[str, ...]:
    """A letter for each partner without a node to which this act said something; their codes.

    What is only routine waits for ``collect``.
    """
    books = act.in_exchange.books() if act.in_exchange is not None else []
    said = [(book, book.take_said()) for book in books if isinstance(book, PaperBook)]
    told = [(book, _told_now(act, book, found)) for book, found in said]
    return tuple(_write(act, book, found) for book, found in told if found)


def collect(act: Act, request: LetterCollect) -> LetterCollected:
    """Say in one letter what was entered day by day and stands in none yet. Raises D-peer-…, D-letter-nothing."""
    pairing = partner(act.store, request.peer or _only_on_paper(act.store))
    book = paper_book(act, pairing.pairing_id)
    found = _stored(act, _untold(act.store, pairing.pairing_id))
    if not found:
        raise refuse("D-letter-nothing")
    _keep_untold(act.store, pairing.pairing_id, [])
    book.say_again(found)
    return LetterCollected(peer=title_of(act.store, pairing.their_card), entries=len(found))


def list_letters(act: Act, request: LetterList) -> LettersListed:
    """The letters about members in the person's reach, and those about none; the newest ``LIST_MAX`` of these."""
    reach = {period.subject for period in periods_in_reach(act)}
    found = act.store.find(Letter, order=("number",), descending=True)
    lines = (_line(act, item) for item in found if _concerns(act.store, item, request.peer, reach))
    wanted = (line for line in lines if line.state in ("open", "partly") or not request.open)
    partners = [item for item in act.store.find(PaperPartner) if item.peer.startswith(request.peer)]
    return LettersListed(
        untold=sum(len(_untold(act.store, item.pairing_id)) for item in partners),
        letters=list(islice(wanted, LIST_MAX)),
    )


def list_entered(act: Act, request: EnteredList) -> EnteredListed:
    """What was entered for partners without a node, about members in reach: the newest ``LIST_MAX`` of these."""
    reach = {period.subject: period for period in periods_in_reach(act)}
    found = act.store.find(PaperEntry, order=("entered_at",), descending=True)
    partners = {item.pairing_id: item.peer for item in act.store.find(PaperPartner)}
    wanted = (
        _entered(act.store, item, reach.get(item.subject or ""))
        for item in found
        if (item.subject is None or item.subject in reach) and partners[item.pairing_id].startswith(request.peer)
    )
    return EnteredListed(entries=list(islice(wanted, LIST_MAX)))


def content(act: Act, code: str) -> Content:
    """What a letter says. Raises D-letter-unknown; A-subtree where it is about nobody in the person's reach."""
    found = act.store.get(Letter, code.strip().lower())
    if found is None:
        raise lost_letters.unknown(act.store, code.strip())
    reach = {period.subject for period in periods_in_reach(act)}
    if not _is_reached(act.store, found, reach):
        raise refuse("A-subtree", body=None, reach=act.staff.body_code)
    (partner,) = act.store.find(PaperPartner, pairing_id=found.pairing_id)
    said = _messages(act, found)
    kinds = dict.fromkeys(message.kind for message in said)
    return Content(
        code=found.code,
        sender=title_of(act.store, own_card(act.store).hash),
        recipient=partner.title,
        address=partner.address,
        sections=tuple(
            Section(KINDS[kind].purpose, tuple(_row(act.store, item) for item in said if item.kind == kind))
            for kind in kinds
        ),
        answers=tuple(ASKED_BY[kind] for kind in kinds if kind in ASKED_BY),
        written_on=date.fromisoformat(found.written_on),
        subjects=frozenset(found.subjects),
        contact=_contact(act.store, found.written_by),
    )


def _contact(store: Store, clerk: str) -> str:
    committee = store.get(Body, top_code(store) or "")
    return f"{clerk}，电话 {committee.phone}" if committee and committee.phone else clerk


def code_of(year: int, number: int) -> str:
    """``2026-0001-a7``: two digits at the end show a mistyped one."""
    plain = f"{year}-{number:04}"
    return f"{plain}-{hashlib.sha256(plain.encode()).hexdigest()[:2]}"


def number_in(code: str) -> int:
    """The number in a code that ``code_of`` made."""
    return int(code.split("-")[1])


# --- inside ---------------------------------------------------------------------------------------------------


def _only_on_paper(store: Store) -> str:
    """The id of the only partner without a node, or "" where there are several."""
    found = store.find(Pairing, state=PAPER)
    return found[0].pairing_id if len(found) == 1 else ""


def _told_now(act: Act, book: PaperBook, said: list[Message]) -> list[Message]:
    """What goes into a letter now; what is only routine is kept for the next one."""
    pairing_id = book.pairing.pairing_id
    routine = [item.id for item in said if item.kind in ROUTINE and item.id not in book.collected]
    now = [item for item in said if item.id not in routine]
    untold = [*_untold(act.store, pairing_id), *routine]
    if len(untold) > UNTOLD_MAX:
        now, untold = [*_stored(act, untold), *now], []
    if routine or not untold:
        _keep_untold(act.store, pairing_id, untold)
    return now


def _write(act: Act, book: PaperBook, said: list[Message]) -> str:
    number = lost_letters.next_number(act.store)
    day = today(act.now)
    subjects = dict.fromkeys(item.subject for item in said if isinstance(item.subject, str))
    made = Letter(
        code=code_of(day.year, number),
        number=number,
        pairing_id=book.pairing.pairing_id,
        written_by=act.staff.name,
        written_on=day.isoformat(),
        messages=[item.id for item in said],
        subjects=list(subjects),
    )
    act.store.add(made)
    return made.code


def _messages(act: Act, letter: Letter) -> list[Message]:
    return _stored(act, letter.messages)


def _stored(act: Act, ids: Sequence[str]) -> list[Message]:
    """Our messages of these ids that are not erased, in this order. Another node may give its own the same ids."""
    found = act.store.find(LogMessage, author=act.node.node_id, id__in=list(ids))
    rows = {row.id: row for row in found if not is_erased(row.data)}
    return [messages.decode(rows[item].data) for item in ids if item in rows]


def _untold(store: Store, pairing_id: str) -> list[str]:
    kept = store.get(Setting, UNTOLD.format(pairing=pairing_id))
    return kept.value.split() if kept else []


def _keep_untold(store: Store, pairing_id: str, ids: Sequence[str]) -> None:
    if ids or store.get(Setting, UNTOLD.format(pairing=pairing_id)) is not None:
        store.put(Setting(name=UNTOLD.format(pairing=pairing_id), value=" ".join(ids)))


def _row(store: Store, message: Message) -> LetterRow:
    subject = message.subject if isinstance(message.subject, str) else None
    period = store.get(MobilityPeriod, subject) if subject else None
    name = name_of(store, period) if period else None
    return LetterRow(subject, name or "", _readable(store, message))


def _readable(store: Store, message: Message) -> str:
    body = msgspec.to_builtins(message.body)
    return in_words(message.kind, body, places_of(store) if PLACES & body.keys() else {})


def _concerns(store: Store, letter: Letter, peer: str, reach: set[str]) -> bool:
    partners = store.find(PaperPartner, pairing_id=letter.pairing_id)
    return any(item.peer.startswith(peer) for item in partners) and _is_reached(store, letter, reach)


def _is_reached(store: Store, letter: Letter, reach: set[str]) -> bool:
    """Whether all whom a letter is still about are in reach: who is erased hides it from nobody, and one that is about
    erased people alone is no letter any more."""
    if not letter.subjects:
        return True
    if reach.isdisjoint(letter.subjects):
        return False
    return all(subject in reach or store.get(MobilityPeriod, subject) is None for subject in letter.subjects)


def _line(act: Act, letter: Letter) -> LetterLine:
    (partner,) = act.store.find(PaperPartner, pairing_id=letter.pairing_id)
    said = _messages(act, letter)
    asked = {item.subject for item in said if item.kind in ASKED_BY}
    entries = act.store.find(PaperEntry, letter=letter.code, withdrawn_at=None)
    answered = asked & {item.subject for item in entries}
    state = "no_answer_needed" if not asked else "answered" if answered == asked else "partly" if answered else "open"
    return LetterLine(
        code=letter.code,
        peer=title_of(act.store, partner.peer),
        matter="、".join(dict.fromkeys(KINDS[item.kind].purpose for item in said)),
        people=len(letter.subjects),
        answered=len(answered),
        state=state,
        written_on=letter.written_on,
        days=(today(act.now) - date.fromisoformat(letter.written_on)).days,
        written_by=letter.written_by,
    )


def _entered(store: Store, entry: PaperEntry, period: MobilityPeriod | None) -> EnteredLine:
    (partner,) = store.find(PaperPartner, pairing_id=entry.pairing_id)
    (row,) = store.find(LogMessage, author=partner.peer, id=entry.message)
    message = messages.decode(row.data)
    return EnteredLine(
        entry=entry.message,
        name=name_of(store, period) if period else None,
        what=KINDS[entry.kind].purpose,
        value=_readable(store, message),
        source="entered",
        how=entry.how,
        clerk=entry.clerk,
        reference=entry.reference,
        letter=entry.letter,
        said_on=entry.said_on,
        entered_by=entry.entered_by,
        withdrawn=entry.withdrawn_at is not None,
        asked=entry.offer is not None,
        peer=title_of(store, partner.peer),
    )
