"""Reply sheets: what goes with a letter to a partner without a node, and comes back filled in.

One for each row of ``ANSWERS``. Who is asked about, and in which letter (a hidden column), is printed and locked; what
was altered all the same is named when the sheet is handed in, row by row::

    SHEETS["reply_admission"].layout.headers()   ->  ("姓名", "函号", "活动证号", "外出日期", "答复", …)
"""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from gongguan.protocol.errors import refuse
from gongguan.sync.act import Act
from gongguan.sync.cells import Cell, parse_code, parse_text
from gongguan.sync.day_cells import parse_day
from gongguan.sync.days import check_happened, today
from gongguan.sync.exchange.paper_book import PaperBook, Word
from gongguan.sync.exchange.values import Records
from gongguan.sync.identity import parse_name
from gongguan.sync.letters.notices import forget_notice
from gongguan.sync.paper.answers import ANSWERS, Answer, enter_answer, missing_in
from gongguan.sync.paper.lost_letters import unknown
from gongguan.sync.paper.word import paper_book
from gongguan.sync.persons.people import Person
from gongguan.sync.records import PAPER, Letter, MobilityPeriod, Pairing, PaperEntry
from gongguan.sync.roles import WORKERS
from gongguan.sync.shared.periods import (
    check_reach,
    notice_of,
)
from gongguan.sync.shared.views import (
    unit_records,
)
from gongguan.sync.sheets.columns import PERSON_COLUMNS
from gongguan.sync.sheets.sheets import Check, Column, Draft, Findings, Layout, row_error
from gongguan.sync.store import Store
from gongguan.sync.worksheets.worksheet import SheetKind, SheetRow, Taken

PRINTED: Final = (
    Column("letter", "函号", parse_code, required=True),
    Column("certificate", "活动证号", parse_code),
    Column("left_on", "外出日期", parse_text),
)
"""What we print beside the name: which letter, and by what the other side knows the member."""

SIGNED: Final = (
    Column("clerk", "填报单位经办人", parse_name, ("对方经办人",)),
    Column("said_on", "填报日期", parse_day),
)
"""Who filled it in there, and when."""

LOCKED: Final = frozenset({"name", "id", *(column.name for column in PRINTED)})


class ReplyRow(SheetRow, frozen=True, kw_only=True):
    """One row as it came back. ``values``: what was answered."""

    letter: str = ""
    certificate: str | None = None
    left_on: str | None = None
    clerk: str | None = None
    said_on: str | None = None
    values: dict[str, Any] = msgspec.field(default_factory=dict)

    def told(self, column: str) -> object:
        """Also what was answered."""
        return self.values.get(column, getattr(self, column, None))

    @property
    def said(self) -> bool | None:
        """True where anything was answered."""
        return True if any(value is not None for value in self.values.values()) else None


def reply_sheet(answer: Answer) -> SheetKind[ReplyRow]:
    """The sheet of one kind of answer."""
    columns = (PERSON_COLUMNS[0], *PRINTED, *answer.columns, *SIGNED, PERSON_COLUMNS[1])
    names = tuple(column.name for column in answer.columns)

    def build(**fields: Any) -> ReplyRow:
        values = {name: fields.pop(name, None) for name in names}
        return ReplyRow(**fields, values=values)

    def take(act: Act, row: ReplyRow, person: Person, ready: Any) -> Taken:
        return take_reply(act, answer, row, person)

    return SheetKind(
        code=f"reply_{answer.code}",
        english=answer.english,
        layout=Layout(answer.title, build, columns, _check(answer)),
        roles=WORKERS,
        feeds="letter.enter",
        need="period",
        stands=lambda act, person: _stands(act.store, answer, person),
        fill=lambda act, person: printed(act.store, person),
        take=take,
        undo=take_back,
        answer="said",
        given=tuple(column.zh for column in answer.columns),
        notes=answer.notes,
        locked=LOCKED,
        repeat=answer.rows,
        hidden=frozenset({"letter"}),
        first=check_known,
    )


def check_known(act: Act, row: ReplyRow) -> None:
    """Raises D-letter-unknown, D-letter-lost: of a letter that was lost with a restore the stay is lost too."""
    code = row.letter.lower()
    if act.store.get(Letter, code) is None:
        raise unknown(act.store, code)


def take_reply(act: Act, answer: Answer, row: ReplyRow, person: Person) -> Taken:
    """Enter one row as theirs. Raises D-reply-altered, D-date-future, and what ``enter_answer`` raises."""
    period = person.period
    if period is None:
        raise refuse("D-row-person-unknown")
    paper_book(act, period.pairing_id)
    letter = row.letter.lower()
    known = printed(act.store, person, letter)
    number = parse_code(known["certificate"]).value if known["certificate"] else None
    if (row.certificate, row.left_on) != (number, known["left_on"]):
        raise refuse("D-reply-altered")
    said_on = row.said_on or today(act.now).isoformat()
    check_happened(act.now, said_on)
    word = Word("sheet", row.clerk or "", said_on, letter)
    entered = enter_answer(act, answer, period, row.values, word)
    return Taken(entered.message, "" if entered.message else "先前已登记")


def take_back(act: Act, made: str) -> None:
    """What was entered by mistake has no effect any more. Raises D-entry-unknown, D-entry-withdrawn, A-subtree."""
    entry = act.store.get(PaperEntry, made)
    if entry is None:
        raise refuse("D-entry-unknown", entry=made)
    if entry.subject is not None:
        check_reach(act, entry.subject)
    if entry.withdrawn_at is not None:
        raise refuse("D-entry-withdrawn", entry=made)
    book = act.exchange.book(entry.pairing_id)
    if not isinstance(book, PaperBook):
        raise refuse("D-peer-signs")
    if entry.kind == "departure.notified":
        forget_notice(act, entry)
    book.void(entry, act.staff.name)


def printed(store: Store, person: Person, letter: str | None = None) -> dict[str, Cell]:
    """The locked cells of a member: the newest letter about them, or the one that is named."""
    period = person.period
    if period is None:
        return {}
    notice = notice_of(store, period) or {}
    return {
        "letter": letter or newest_letter(store, period),
        "certificate": notice.get("certificate_number"),
        "left_on": notice.get("left_on"),
    }


def newest_letter(store: Store, period: MobilityPeriod) -> str | None:
    """The code of our last letter about a member."""
    found = store.find(Letter, pairing_id=period.pairing_id, order=("number",), descending=True)
    return next((item.code for item in found if period.subject in item.subjects), None)


def _stands(store: Store, answer: Answer, person: Person) -> bool:
    pairing = store.get(Pairing, person.period.pairing_id) if person.period else None
    if pairing is None or pairing.state != PAPER or person.period is None or person.period.side != "origin":
        return False
    records: Records = unit_records(store, person.period.agreement, person.period.subject)
    return answer.stands(records) and (answer.code != "admission" or "movement/admission" not in records)


def _check(answer: Answer) -> Check:
    """Of a row that says anything nothing may be missing, the clerk's name neither."""
    titles = {column.name: column.zh for column in answer.columns}

    def check(drafts: list[Draft], complete: bool) -> Findings:
        errors = []
        for draft in drafts:
            values: Mapping[str, Any] = {name: draft.get(name) for name in titles}
            if not any(value is not None for value in values.values()):
                continue
            row = int(str(draft["row"]))
            # A cell that was refused is no longer in its draft, and named already.
            missing = [column.zh for column in missing_in(answer, values) if column.name in draft]
            missing += [SIGNED[0].zh] if draft.get("clerk", "refused") is None else []
            errors += [row_error(row, title, "D-cell-missing") for title in missing]
        return Findings(tuple(errors), ())

    return check


REPLY_SHEETS: Final = tuple(reply_sheet(answer) for answer in ANSWERS.values())
