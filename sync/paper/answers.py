"""What a partner without a node may answer, and how each answer becomes a statement that we enter for it.

``ANSWERS`` has a row for each: its columns (those of the reply sheet, and the fields of the commands), what has to be
filled in, and the message that its node would have sent. By sheet, letter or telephone, all go in by ``enter_answer``::

    enter_answer(act, ANSWERS["admission"], period, {"answer": "admitted", "managing_body": "云港社区党支部", …}, word)
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from gongguan.protocol import messages
from gongguan.protocol.errors import refuse
from gongguan.protocol.messages.certificate import DuesEntered, LifeEntered
from gongguan.protocol.messages.contact import ContactMade
from gongguan.protocol.messages.envelope import Body
from gongguan.protocol.messages.feedback import FeedbackGiven
from gongguan.protocol.messages.movement import AdmissionGiven, AdmissionRefused, RelocationReported, SummaryGiven
from gongguan.sync.act import Act
from gongguan.sync.cells import Cell, Parsed, parse_code, parse_text
from gongguan.sync.day_cells import parse_day, parse_month
from gongguan.sync.days import check_happened, today
from gongguan.sync.exchange.values import Records
from gongguan.sync.identity import parse_landline, parse_name
from gongguan.sync.paper.word import Heard, check_letter, paper_book, word_of
from gongguan.sync.records import Letter, LogMessage, MobilityPeriod, Pairing, PaperEntry
from gongguan.sync.shared.partners import version_in_force
from gongguan.sync.shared.periods import (
    OPEN_STATES,
    check_reach,
    state_in,
)
from gongguan.sync.shared.views import (
    effective_id,
    standing,
)
from gongguan.sync.sheets.sheets import Column
from gongguan.sync.store import Store
from gongguan.sync.vocabulary import one_of

if TYPE_CHECKING:
    from gongguan.sync.exchange.paper_book import Word

Values = Mapping[str, Any]
"""Field → what was answered; a field that is absent or None was left empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One kind of answer. ``stands``: of whom it can be given, by the member's shared records. ``slot``: what one such
    answer is about, so that two to one letter do not both stand; ``needed``: the fields that must not be empty."""

    code: str
    title: str
    english: str
    feeds: str
    kinds: tuple[str, ...]
    columns: tuple[Column, ...]
    needed: Callable[[Values], tuple[str, ...]]
    stands: Callable[[Records], bool]
    body: "Callable[[Act, Records, Values, Word], tuple[str, Body]]"
    slot: Callable[[Body], str] = lambda body: ""
    notes: tuple[str, ...] = ()
    rows: int = 1
    """Rows of the reply sheet for each member: of some things there are several."""


class Entered(NamedTuple):
    """What came of an answer; ``message`` is None where the very same was entered before."""

    message: str | None
    kind: str
    body: Body


def enter_answer(act: Act, answer: Answer, period: MobilityPeriod, values: Values, word: "Word") -> Entered:
    """Write it down as theirs. It is never signed, and makes nobody late.

    Raises D-peer-signs, D-not-origin, D-answer-not-open, D-answer-incomplete, D-answer-differs, D-letter-…, D-date-…,
    and the refusals of the verdict.
    """
    book = paper_book(act, period.pairing_id)
    if period.side != "origin":
        raise refuse("D-not-origin", subject=period.subject)
    check_letter(act, word.letter, period)
    word = word._replace(letter=word.letter or _letter_about(act, answer, period))
    missing = missing_in(answer, values)
    if missing:
        raise refuse("D-answer-incomplete", missing=[column.zh for column in missing])
    records = book.unit(period.agreement, period.subject).records
    if not answer.stands(records):
        raise refuse("D-answer-not-open")
    kind, body = answer.body(act, records, values, word)
    for earlier in _standing(act.store, answer, period, records):
        if earlier.body == body:
            return Entered(None, kind, body)
        if answer.slot(earlier.body) == answer.slot(body):
            raise refuse("D-answer-differs")
    version = version_in_force(act, period.pairing_id)
    message = book.enter(kind, body, word, by=act.staff.name, version=version, subject=period.subject)
    return Entered(message.id, kind, body)


def answered(act: Act, code: str, subject: str, request: Heard, values: Values | None = None) -> Entered | None:
    """What a request means as their word, if it does: its fields are those of the answer, unless ``values`` says other.

    Raises what ``word_of``, ``check_reach`` and ``enter_answer`` raise.
    """
    word = word_of(act, request)
    if word is None:
        return None
    answer = ANSWERS[code]
    told = values or {column.name: getattr(request, column.name, None) for column in answer.columns}
    return enter_answer(act, answer, check_reach(act, subject), told, word)


def missing_in(answer: Answer, values: Values) -> list[Column]:
    """The columns that must be filled in and are not."""
    needed = answer.needed(values)
    return [column for column in answer.columns if column.name in needed and values.get(column.name) is None]


def _letter_about(act: Act, answer: Answer, period: MobilityPeriod) -> str | None:
    """The newest letter of ours that asks for this about the member: nobody has to copy its code from a telephone."""
    asked = {kind for kind, code in ASKED_BY.items() if code == answer.code}
    for letter in act.store.find(Letter, pairing_id=period.pairing_id, order=("number",), descending=True):
        if period.subject not in letter.subjects:
            continue
        if act.store.find(LogMessage, author=act.node.node_id, id__in=letter.messages, kind__in=list(asked)):
            return letter.code
    return None


class _Said(NamedTuple):
    entry: PaperEntry
    body: Body


def _standing(store: Store, answer: Answer, period: MobilityPeriod, records: Records) -> list[_Said]:
    """What they said of this kind before: an answer to an earlier notice or return is none to the present one."""
    found = store.find(PaperEntry, pairing_id=period.pairing_id, subject=period.subject, withdrawn_at=None)
    pairing = store.get(Pairing, period.pairing_id)
    author = pairing.peer if pairing is not None else ""
    said = [
        _Said(entry, messages.decode(store.find(LogMessage, author=author, id=entry.message)[0].data).body)
        for entry in found
        if entry.kind in answer.kinds
    ]
    return [item for item in said if _is_still_asked(records, item.body)]


def _is_still_asked(records: Records, body: Body) -> bool:
    for field, key in (("departure", "movement/departure"), ("returned", "movement/return")):
        cited = getattr(body, field, None)
        if cited is not None:
            return any(entry["id"] == cited for entry in standing(records.get(key)))
    return True


# --- bodies ---------------------------------------------------------------------------------------------------


def _admission(act: Act, records: Records, values: Values, word: "Word") -> tuple[str, Body]:
    departure = effective_id(records["movement/departure"])
    if values["answer"] == "refused":
        return "admission.refused", AdmissionRefused(departure=departure, reason=values["reason"], on=word.said_on)
    check_happened(act.now, values["arrived_on"])
    return "admission.given", AdmissionGiven(
        departure=departure,
        managing_body=values["managing_body"],
        arrived_on=values["arrived_on"],
        contact_officer=values["contact_officer"],
        contact_phone=values["contact_phone"],
    )


def _counted(values: Values, names: tuple[str, ...]) -> dict[str, int]:
    return {name: values[name] for name in names if values.get(name) is not None}


def _feedback(act: Act, records: Records, values: Values, word: "Word") -> tuple[str, Body]:
    counts = _counted(values, ("meetings_attended", "activities_attended", "volunteering", "contacts_made"))
    return "feedback.given", FeedbackGiven(quarter=values["quarter"], conduct=values["conduct"], **counts)


def _summary(act: Act, records: Records, values: Values, word: "Word") -> tuple[str, Body]:
    counts = _counted(values, ("meetings_attended", "activities_attended", "volunteering", "dues_months"))
    returned = effective_id(records["movement/return"])
    return "summary.given", SummaryGiven(returned=returned, conduct=values["conduct"], **counts)


def _life(act: Act, records: Records, values: Values, word: "Word") -> tuple[str, Body]:
    check_happened(act.now, values["on"])
    event = values.get("event") or f"{values['on']}.{values['activity']}"
    optional = {name: values[name] for name in ("title", "mode", "absence_reason") if values.get(name) is not None}
    return "certificate.life_entered", LifeEntered(
        event=event, activity=values["activity"], on=values["on"], attendance=values["attendance"], **optional
    )


def _dues(act: Act, records: Records, values: Values, word: "Word") -> tuple[str, Body]:
    check_happened(act.now, values["paid_on"])
    if values["month"] > today(act.now).isoformat()[:7]:
        raise refuse("D-month-future", month=values["month"])
    return "certificate.dues_entered", DuesEntered(month=values["month"], paid_on=values["paid_on"])


def _contact(act: Act, records: Records, values: Values, word: "Word") -> tuple[str, Body]:
    check_happened(act.now, values["on"])
    return "contact.made", ContactMade(contact=values["contact"], on=values["on"])


def _relocation(act: Act, records: Records, values: Values, word: "Word") -> tuple[str, Body]:
    check_happened(act.now, values["on"])
    return "relocation.reported", RelocationReported(place=values["place"], on=values["on"])


# --- columns --------------------------------------------------------------------------------------------------


def parse_count(cell: Cell, synthetic: bool = False) -> Parsed[int]:
    """A whole number from 0 to 10,000; raises D-answer-count."""
    text = str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell).strip()
    if not text.isascii() or not text.isdigit() or int(text) > 10_000:
        raise refuse("D-answer-count")
    return Parsed(int(text))


def parse_quarter(cell: Cell, synthetic: bool = False) -> Parsed[str]:
    """``2026Q1``; raises D-answer-quarter."""
    value, change = parse_code(cell, synthetic)
    if len(value) != len("2026Q1") or value[4:5] not in "Qq" or not value[:4].isdigit() or value[5] not in "1234":
        raise refuse("D-answer-quarter")
    return Parsed(value.upper(), change)


def parse_division(cell: Cell, synthetic: bool = False) -> Parsed[str]:
    """Six digits of a division; raises D-answer-place."""
    value, change = parse_code(str(int(cell)) if isinstance(cell, float) else cell, synthetic)
    if len(value) != 6 or not value.isascii() or not value.isdigit():
        raise refuse("D-answer-place")
    return Parsed(value, change)


def _coded(name: str, zh: str, codes: str) -> Column:
    return Column(name, zh, one_of(codes), list_name=codes)


_CONDUCT: Final = _coded("conduct", "现实表现", "conduct")
_COUNTS: Final = (
    Column("meetings_attended", "参加会议次数", parse_count),
    Column("activities_attended", "参加活动次数", parse_count),
    Column("volunteering", "志愿服务次数", parse_count),
)


def _needs(*names: str) -> Callable[[Values], tuple[str, ...]]:
    return lambda values: names


def _admission_needs(values: Values) -> tuple[str, ...]:
    given = ("answer", "managing_body", "arrived_on", "contact_officer", "contact_phone")
    return ("answer", "reason") if values.get("answer") == "refused" else given


def _managed(records: Records) -> bool:
    return state_in(records) == "admitted"


ANSWERS: Final[Mapping[str, Answer]] = {
    answer.code: answer
    for answer in (
        Answer(
            code="admission",
            title="接收回执",
            english="answer to notices of departure",
            feeds="admission.give",
            kinds=("admission.given", "admission.refused"),
            columns=(
                _coded("answer", "答复", "admission_answer"),
                Column("managing_body", "编入的党组织", parse_text),
                Column("arrived_on", "到达日期", parse_day),
                Column("contact_officer", "联系责任人", parse_name),
                Column("contact_phone", "责任人电话", parse_landline),
                _coded("reason", "不予接收的理由", "refusal_reason"),
            ),
            needed=_admission_needs,
            stands=lambda records: state_in(records) in OPEN_STATES,
            body=_admission,
            notes=("“接收”的填编入的党组织、到达日期、联系责任人和电话；“不予接收”的从列表里选理由。",),
        ),
        Answer(
            code="feedback",
            title="季度反馈回执",
            english="quarterly feedback",
            feeds="feedback.give",
            kinds=("feedback.given",),
            columns=(
                Column("quarter", "季度", parse_quarter),
                _CONDUCT,
                *_COUNTS,
                Column("contacts_made", "联系次数", parse_count),
            ),
            needed=_needs("quarter", "conduct"),
            stands=lambda records: "movement/admission" in records,
            body=_feedback,
            slot=lambda body: str(getattr(body, "quarter", "")),
            notes=("季度写成 2026Q1。次数不清楚的留空：留空就是不掌握，不算零。",),
        ),
        Answer(
            code="summary",
            title="外出期间表现总结回执",
            english="summary of the whole stay",
            feeds="movement.summarise",
            kinds=("summary.given",),
            columns=(_CONDUCT, *_COUNTS, Column("dues_months", "交纳党费月数", parse_count)),
            needed=_needs("conduct"),
            stands=lambda records: state_in(records) == "ended" and "movement/admission" in records,
            body=_summary,
            notes=("次数不清楚的留空：留空就是不掌握，不算零。",),
        ),
        Answer(
            code="life",
            title="组织生活参加情况回执",
            english="organisational life",
            feeds="entry.life",
            kinds=("certificate.life_entered",),
            columns=(
                Column("on", "日期", parse_day),
                _coded("activity", "活动类别", "activity"),
                Column("title", "活动名称", parse_text),
                _coded("attendance", "参加情况", "attendance_entered"),
            ),
            needed=_needs("on", "activity", "attendance"),
            stands=_managed,
            body=_life,
            slot=lambda body: str(getattr(body, "event", "")),
            rows=4,
            notes=("只写经人确认的；不清楚的不要写，空着就是不掌握，不算缺席。",),
        ),
        Answer(
            code="dues",
            title="党费交纳情况回执",
            english="dues paid there",
            feeds="entry.dues",
            kinds=("certificate.dues_entered",),
            columns=(Column("month", "月份", parse_month), Column("paid_on", "交纳日期", parse_day)),
            needed=_needs("month", "paid_on"),
            stands=_managed,
            body=_dues,
            slot=lambda body: str(getattr(body, "month", "")),
            rows=3,
            notes=("金额不用写。没有写的月份就是不掌握，不算未交。",),
        ),
        Answer(
            code="contact",
            title="联系情况回执",
            english="contacts made there",
            feeds="contact.record",
            kinds=("contact.made",),
            columns=(Column("on", "联系日期", parse_day), _coded("contact", "联系类别", "contact_told")),
            needed=_needs("on", "contact"),
            stands=_managed,
            body=_contact,
            slot=lambda body: f"{getattr(body, 'contact', '')} {getattr(body, 'on', '')}",
            rows=3,
            notes=("只写哪一天、哪一类联系；谈了什么不要写。",),
        ),
        Answer(
            code="relocation",
            title="地点变动回执",
            english="another place of work or living",
            feeds="movement.relocate",
            kinds=("relocation.reported",),
            columns=(Column("place", "新地点区划代码", parse_division), Column("on", "变动日期", parse_day)),
            needed=_needs("place", "on"),
            stands=lambda records: state_in(records) in OPEN_STATES,
            body=_relocation,
            slot=lambda body: str(getattr(body, "on", "")),
        ),
    )
}
"""Code → answer, in the order in which they are listed."""

ASKED_BY: Final[Mapping[str, str]] = {"departure.notified": "admission", "return.notified": "summary"}
"""Kind of our message → the answer for which its letter brings a sheet."""
