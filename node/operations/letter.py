"""Letters to partners without a node, and what such a partner answered by sheet, by letter or by telephone.

Every act that has something to tell such a partner writes a letter; here it is printed, with the reply sheet, and its
answer entered. What is entered is the other side's statement in our hand: it is shown so, and never as signed.
"""

from typing import Annotated, Any, Final, Literal

import msgspec

from gongguan.node.files.letter_page import page
from gongguan.node.files.templates import template
from gongguan.node.operations.operation import Operation
from gongguan.node.operations.reach import about_subject, responsible_body, whole_committee
from gongguan.node.operations.said import Instead, Said, Told
from gongguan.node.operations.sheet import blank
from gongguan.protocol.errors import ProtocolError, refuse
from gongguan.sync.act import Act
from gongguan.sync.labels import labelled
from gongguan.sync.letters.letters import (
    Code,
    Content,
    EnteredList,
    EnteredListed,
    LetterCollect,
    LetterCollected,
    LetterList,
    LettersListed,
    collect,
    content,
    list_entered,
    list_letters,
)
from gongguan.sync.letters.links import (
    StatementAnswer,
    StatementLine,
    StatementList,
    StatementsListed,
    confirm,
    dispute,
    list_statements,
)
from gongguan.sync.letters.notices import LetterNotice, NoticeTaken, take_notice
from gongguan.sync.movement.admissions import Subject
from gongguan.sync.paper.answers import ANSWERS, enter_answer
from gongguan.sync.paper.word import Heard, word_of
from gongguan.sync.persons.people import Person
from gongguan.sync.records import PaperEntry
from gongguan.sync.roles import OFFICERS, VIEWERS, WORKERS
from gongguan.sync.shared.finding import people_in_reach
from gongguan.sync.shared.periods import (
    check_reach,
)
from gongguan.sync.shared.provenance import SourceLabel
from gongguan.sync.vocabulary import choices, label
from gongguan.sync.worksheets.replies import REPLY_SHEETS, printed, take_back

AnswerCode = Literal["admission", "feedback", "summary", "life", "dues", "contact", "relocation"]


class LetterPrint(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``letter.print``."""

    code: Code


class LetterPrinted(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``letter.print``: the page to print, and the sheet to be filled in, where an answer is due."""

    code: Annotated[str, labelled("函号", "code")]
    to: Annotated[str, labelled("致", "to")]
    matter: Annotated[str, labelled("事由", "matter (in Chinese)")]
    people: Annotated[int, labelled("人数", "members")]
    page: Annotated[bytes, labelled("公函（打印）", "letter (to print)", suffix="公函.html")]
    page_name: Annotated[str, labelled("公函文件名", "file name of the letter", programs=True)]
    sheet: Annotated[bytes | None, labelled("随函回执表", "reply sheet", suffix="回执.xlsx")] = None
    sheet_name: Annotated[str, labelled("回执表文件名", "file name of the sheet", programs=True)]


class LetterEnter(Heard, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``letter.enter``."""

    answer: Annotated[AnswerCode, labelled("答复的是什么", "which answer", codes="answer_kind", argument=True)]
    subject: Subject
    set: Annotated[
        list[Annotated[str, msgspec.Meta(max_length=200)]],
        labelled("答复内容，如 季度=2026Q1（列名同回执表）", "column=value, as on the reply sheet", max_length=20),
    ]


class LetterWithdraw(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``letter.withdraw``."""

    entry: Annotated[
        str,
        labelled(
            "代录编号（见 gongguan letter entered）",
            "entry (see letter entered)",
            argument=True,
            pattern=r"^[0-9a-f]{32}$",
        ),
    ]


class Noted(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``letter.enter`` and ``letter.withdraw``. ``already``: the very same was entered before."""

    entry: Annotated[str | None, labelled("代录编号", "entry")]
    title: Annotated[str, labelled("事项", "matter (in Chinese)")]
    source: SourceLabel = "entered"
    already: Annotated[bool, labelled("先前已登记", "entered before")] = False


def print_letter(act: Act, request: LetterPrint) -> LetterPrinted:
    """The page and the sheet. Raises D-letter-unknown, A-subtree."""
    found = content(act, request.code)
    return LetterPrinted(
        code=found.code,
        to=found.recipient,
        matter="、".join(section.title for section in found.sections),
        people=len(found.subjects),
        page=page(found),
        page_name=f"{found.code}-公函.html",
        sheet_name=f"{found.code}-回执.xlsx",
        sheet=_sheet(act, found),
    )


def enter(act: Act, request: LetterEnter) -> Noted:
    """Enter what they answered by telephone or letter.

    Raises D-word, D-sheet-column, D-sheet-value, what reading a value raises, and what ``enter_answer`` raises.
    """
    word = word_of(act, request)
    if word is None:
        raise refuse("D-word")
    answer = ANSWERS[request.answer]
    entered = enter_answer(act, answer, check_reach(act, request.subject), _values(act, request), word)
    return Noted(entry=entered.message, title=answer.title, already=entered.message is None)


def withdraw(act: Act, request: LetterWithdraw) -> Noted:
    """Take back what was entered by mistake. Raises D-entry-unknown, D-entry-withdrawn, A-subtree."""
    entry = act.store.get(PaperEntry, request.entry)
    if entry is None:
        raise refuse("D-entry-unknown", entry=request.entry)
    take_back(act, entry.message)
    return Noted(entry=entry.message, title=label("answer_kind", _code_of(entry.kind)))


def _code_of(kind: str) -> str:
    return next((answer.code for answer in ANSWERS.values() if kind in answer.kinds), "notice")


def _values(act: Act, request: LetterEnter) -> dict[str, Any]:
    """What was typed for each column, read as the sheet reads it."""
    columns = {column.zh: column for column in ANSWERS[request.answer].columns}
    values: dict[str, Any] = {}
    for text in request.set:
        name, sign, value = text.partition("=")
        column = columns.get(name.strip())
        if not sign:
            raise refuse("D-sheet-value")
        if column is None:
            raise refuse("D-sheet-column", columns=[name.strip()], allowed=list(columns))
        try:
            values[column.name] = column.parse(value.strip(), act.node.synthetic).value
        except ProtocolError as error:
            allowed = {"allowed": list(choices(column.list_name))} if column.list_name else {}
            raise refuse(error.code, column=column.zh, **allowed) from None
    return values


def _sheet(act: Act, letter: Content) -> bytes | None:
    if not letter.answers:
        return None
    kind = next(item for item in REPLY_SHEETS if item.code == f"reply_{letter.answers[0]}")
    people = [person for person in people_in_reach(act, "period") if person.id in letter.subjects]
    people.sort(key=lambda person: (person.name, person.id))
    rows = [
        tuple(_cells(act, person, letter.code).get(column.name) for column in kind.layout.columns) for person in people
    ]
    return template(blank(kind)._replace(rows=rows))


def _cells(act: Act, person: Person, code: str) -> dict[str, Any]:
    return {"name": person.name, "id": person.id, **printed(act.store, person, code)}


_PRINTED: Final = Said("公函 {code}（致{to}）：{matter}，{people} 人。", "Letter {code} to {to}: {people} members.")
_NO_ANSWER_DUE: Final = Said(
    "打印盖章后寄出；这封公函只是告知，不要求答复，没有回执表",
    "Print, stamp and send it; it only informs, so no answer is due and there is no reply sheet",
)

OPERATIONS: Final = (
    Operation(
        name="letter.list",
        title="查看给无节点一方的公函",
        english="list the letters to partners without a node",
        request=LetterList,
        answer=LettersListed,
        roles=VIEWERS,
        function=list_letters,
        duties=("A-15",),
        reads=True,
        personal=True,
        hint=Said(
            "打印和取回执表：gongguan letter print 函号；登记答复：gongguan letter enter，回执表用 gongguan sheet take",
            "Print: gongguan letter print CODE; enter its answer: gongguan letter enter, gongguan sheet take FILE",
        ),
    ),
    Operation(
        name="letter.print",
        title="打印一封公函并取随函回执表",
        english="print a letter with its reply sheet",
        request=LetterPrint,
        answer=LetterPrinted,
        roles=WORKERS,
        function=print_letter,
        duties=("A-15",),
        reads=True,
        personal=True,
        counted="people",
        about=lambda request: f"letter:{request.code[:20]}",
        done=_PRINTED,
        hint=Said(
            "打印盖章后寄出，回执表一并发给对方；收回后交表：gongguan sheet take 文件",
            "Print, stamp and send it with the sheet; when that is back: gongguan sheet take FILE",
        ),
        instead=(Instead({"sheet": False}, Told(_PRINTED, _NO_ANSWER_DUE)),),
    ),
    Operation(
        name="letter.collect",
        title="把日常记载（联系、党费、参加情况等）汇总成一封公函",
        english="say in one letter what was entered day by day",
        request=LetterCollect,
        answer=LetterCollected,
        roles=OFFICERS,
        function=collect,
        duties=("A-15",),
        subtree=whole_committee,
        done=Said("已汇总 {entries} 条记载，致{peer}。", "{entries} entries in one letter to {peer}."),
        hint=Said(
            "打印：gongguan letter print 函号（见 gongguan letter list）", "Print it: gongguan letter print CODE"
        ),
    ),
    Operation(
        name="letter.notice",
        title="登记无节点一方来函来电通报的外出党员",
        english="enter a notice of departure that came by letter or telephone",
        request=LetterNotice,
        answer=NoticeTaken,
        roles=WORKERS,
        function=take_notice,
        duties=("A-27",),
        personal=True,
        subtree=whole_committee,
        done=Said("已登记{peer}通报的{name}，流动记录编号 {subject}。", "{name}, notified by {peer}: {subject}."),
        hint=Said(
            "核实身份后编入党组织：gongguan admission give 编号；答复会生成公函",
            "Check who it is, then gongguan admission give ID; the answer becomes a letter",
        ),
    ),
    Operation(
        name="letter.enter",
        title="代录无节点一方来电或来函的答复",
        english="enter what a partner without a node answered by telephone or letter",
        request=LetterEnter,
        answer=Noted,
        roles=WORKERS,
        function=enter,
        duties=("A-15", "A-43"),
        subtree=responsible_body,
        about=about_subject,
        done=Said("已代录{title}（对方未签名）。", "Entered for the partner, unsigned: {title}."),
        hint=Said(
            "登错了可以撤回：gongguan letter withdraw 代录编号（见 gongguan letter entered）",
            "To take it back: gongguan letter withdraw ENTRY (see gongguan letter entered)",
        ),
    ),
    Operation(
        name="letter.entered",
        title="查看代录的对方答复",
        english="list what was entered for partners without a node",
        request=EnteredList,
        answer=EnteredListed,
        roles=VIEWERS,
        function=list_entered,
        reads=True,
        personal=True,
    ),
    Operation(
        name="letter.withdraw",
        title="撤回一条登错的代录",
        english="take back what was entered by mistake",
        request=LetterWithdraw,
        answer=Noted,
        roles=WORKERS,
        function=withdraw,
        about=lambda request: f"entry:{request.entry}",
        done=Said("已撤回：{title}。原来的登记仍可查到。", "Taken back: {title}; what was entered stays readable."),
        hint=Said("改好后重新登记：gongguan letter enter", "Enter it again: gongguan letter enter"),
    ),
    Operation(
        name="letter.offered",
        title="查看请核对的代录（对方装节点以后）",
        english="list what was entered for a side without a node and offered to its node since",
        request=StatementList,
        answer=StatementsListed,
        roles=VIEWERS,
        function=list_statements,
        reads=True,
        personal=True,
        hint=Said(
            "属实的：gongguan letter confirm 核对编号；不属实的：gongguan letter dispute 核对编号",
            "True: gongguan letter confirm ID; not so: gongguan letter dispute ID",
        ),
    ),
    Operation(
        name="letter.confirm",
        title="确认对方代录的本方答复属实",
        english="confirm what the partner entered as our word",
        request=StatementAnswer,
        answer=StatementLine,
        roles=OFFICERS,
        function=confirm,
        subtree=whole_committee,
        done=Said("已确认属实：{what}。", "Confirmed: {what}."),
        hint=Said(
            "党员已由本节点另行收到通报：还没有编入党组织的，照样办理 gongguan admission give",
            "Members are notified to this node anew: whoever is not taken in yet, gongguan admission give",
        ),
    ),
    Operation(
        name="letter.dispute",
        title="对对方代录的本方答复提出异议",
        english="dispute what the partner entered as our word",
        request=StatementAnswer,
        answer=StatementLine,
        roles=OFFICERS,
        function=dispute,
        subtree=whole_committee,
        done=Said("已提出异议：{what}。", "Disputed: {what}."),
        hint=Said("双方协商后处理：gongguan conflict list", "Both close it: gongguan conflict list"),
    ),
)
