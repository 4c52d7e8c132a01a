"""What belongs to one branch is found by nobody of another, whichever operation is asked and whatever it is given.

A first branch on either side has a member with all that a member can have. People of the neighbouring branch then ask
every operation with every id and name of it, whole and by how it begins; no answer and no refusal holds anything of
the first branch that the request did not hold already.
"""

import functools
import io
import json
import types
import typing
import zipfile
from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec
import pytest

from gongguan.node.operations import every
from gongguan.node.operations.operation import Operation
from gongguan.node.staff.desk import Manner
from gongguan.protocol.errors import ProtocolError
from gongguan.sync import records
from gongguan.sync.records import LogMessage, Member, Staff
from tests.files import pdf
from tests.sync.offices import BRANCH, SECOND, Office, admission, exchanged, floating, id_number, offices, on
from tests.sync.probation.probationers import JOINED, OPINION

NEIGHBOURS: Final = {
    "邻支部": "branch_clerk",
    "邻书记": "secretary",
    "邻干事": "organisation_officer",
    "只读": "reader",
}
SECRET: Final = "只有第一党支部知道"
"""Stands in every text that the first branch writes of its members."""
ID_CHARS: Final = 32
DEFAULTS: Final[dict[str, Any]] = {
    "place": "990203",
    "destination_place": "990203",
    "phone": "10000000009",
    "contact_phone": "10000000009",
    "telephone": "10000000009",
    "officer": "李明",
    "leaving": "李明",
    "contact_officer": "李明",
    "contact": "李明",
    "managing_body": "第二党支部",
    "quarter": "2026Q2",
    "month": "2026-03",
    "year": 2026,
    "left_on": "2026-03-02",
    "valid_from": "2026-03-02",
    "valid_until": "2026-12-01",
    "due_on": "2026-07-30",
    "began_on": "2025-06-02",
    "ends_on": "2026-06-02",
    "rule": "volunteering",
    "activity": "theme_day",
    "code": "A-18",
    "event": "e-1",
    "rows": [],
    "id_number": "",
    "peer": "",
}
"""What stands in a field that names nobody, where the first thing that its type allows would not do."""


@functools.cache
def whole() -> tuple[Office, Office, str]:
    """Both sides in June 2026, and the member's subject."""
    origin, destination = offices(agreed=True)
    for office in (origin, destination):
        office.put(*(Staff(name=name, role=role, body_code=SECOND, password="") for name, role in NEIGHBOURS.items()))
    subject = _moved(origin, destination)
    _lived(origin, destination, subject)
    _differed(origin, destination, subject)
    on("2026-06-10", origin, destination)
    exchanged(origin, destination)
    return origin, destination, subject


def _moved(origin: Office, destination: Office) -> str:
    floating(origin, 1)
    (member,) = origin.find(Member)
    origin.put(msgspec.structs.replace(member, category="probationary_member", details=f'{{"joined_on":"{JOINED}"}}'))
    left = {"left_on": "2026-02-20", "destination_place": "990202", "reason": "work", "briefed_on": "2026-02-18"}
    origin.ask("支部", "departure.report", member_id=member.member_id, **left)
    origin.ask("支部", "certificate.issue", member_id=member.member_id, number="H-暗-1", issued_on="2026-02-19")
    subject: str = origin.ask("支部", "departure.notify", member_id=member.member_id).subject
    exchanged(origin, destination)
    destination.ask("支部", "certificate.check", number="H-暗-1", id_number=id_number(1))
    exchanged(origin, destination)
    destination.ask("干事", "admission.give", **admission(subject))
    exchanged(origin, destination)
    return subject


def _lived(origin: Office, destination: Office, subject: str) -> None:
    for side in (origin, destination):
        on("2026-03-20", origin, destination)
        side.ask("支部", "officer.assign", people=[subject], officer=f"{SECRET}联系人", phone="10000000077")
        made = {"person": subject, "kind": "quarterly", "on": "2026-03-18", "channel": "phone"}
        side.ask("支部", "contact.record", note=SECRET, **made)
        side.ask("支部", "care.open", person=subject, category="medical", note=SECRET)
        side.ask("支部", "activity.plan", title=f"{SECRET}活动", activity="theme_day", on="2026-03-25", event="e-hid")
        side.ask("支部", "activity.plan", title=f"{SECRET}会", activity="study", on="2026-06-20", event="f-hid")
        side.ask("支部", "education.push", topic=f"{SECRET}学习", on="2026-03-19")
        side.ask("支部", "channel.add", name=f"{SECRET}群", medium="wechat")
        table = side.ask("支部", "roundtable.hold", title=f"{SECRET}座谈", on="2026-03-18", attended=3)
        side.ask("支部", "roundtable.suggest", event=table.event, text=f"{SECRET}建议")
        side.ask("支部", "report.file", quarter="2026Q1", meeting=f"{SECRET}会议", on="2026-03-20")
        topics = dict.fromkeys(("admission", "organisational_life", "conduct", "conversion"), SECRET)
        side.ask("支部", "bulletin.send", quarter="2026Q1", branch="第一党支部", **topics)
    month = {"month": "2026-03", "paid_on": "2026-03-20"}
    destination.ask("支部", "dues.enter", people=[subject], **month)
    entered = {"subject": subject, "event": "l-hid", "activity": "study", "on": "2026-03-15", "title": SECRET}
    destination.ask("支部", "entry.life", **entered)
    matter = {"matter": "m-hid", "category": "important_matter", "title": f"{SECRET}事项", "text": SECRET}
    origin.ask("支部", "matter.announce", on="2026-06-20", **matter)
    origin.ask("支部", "study.delegate", topic=f"{SECRET}专题", due_on="2026-07-01", event="g-hid")
    destination.ask("支部", "feedback.give", subject=subject, quarter="2026Q1", conduct="good")
    destination.ask("支部", "probation.observe", subject=subject, quarter="2026Q1", conduct="good")
    event = {"category": "accident", "on": "2026-03-19", "contact": f"{SECRET}经办", "phone": "10000000078"}
    destination.ask("支部", "movement.event", subject=subject, **event)
    destination.ask("支部", "notice.send", topic="other", title=f"{SECRET}通知", text=SECRET, subject=subject)
    destination.ask(
        "支部", "inflow.take", name="巴特尔·丙", id_number=id_number(2), found_on="2026-03-20", phone="10000000079"
    )
    exchanged(origin, destination)
    on("2026-05-05", origin, destination)
    origin.ask("支部", "probation.request", subject=subject)
    exchanged(origin, destination)
    on("2026-06-10", origin, destination)
    destination.ask("支部", "probation.opinion", subject=subject, **OPINION)
    exchanged(origin, destination)


def _differed(origin: Office, destination: Office, subject: str) -> None:
    scored = {"subject": subject, "year": 2026, "rule": "volunteering", "event": "s-hid", "on": "2026-03-06"}
    origin.ask("支部", "score.contribute", points=1, **scored)
    destination.ask("支部", "score.contribute", points=2, **scored)
    study = {"subject": subject, "event": "d-hid", "activity": "study", "on": "2026-03-12"}
    origin.ask("支部", "entry.life", **study)
    destination.ask("支部", "entry.life", attendance="confirmed_absent", absence_reason="work", **study)


WIDE: Final[dict[str, Any]] = {
    "quarter": "2026Q1",
    "closed": True,
    "past": True,
    "answered": True,
    "all": True,
    "settled": True,
}
"""Options by which a list shows all that it has."""
REFERENCES: Final[dict[str, tuple[str, ...]]] = {
    "person": ("member", "name"),
    "people": ("member", "name"),
    "subject": ("subject",),
    "subjects": ("subject",),
    "member_id": ("member",),
    "present": ("name",),
    "absent": ("name",),
    "without": ("name",),
    "received": ("name",),
    "not_reached": ("name",),
    "name": ("name",),
    "text": ("name",),
    "body": ("body",),
    "branch": ("body",),
    "branch_here": ("body",),
    "under": ("body",),
    "contact": ("contact",),
    "case": ("case",),
    "event": ("event", "table"),
    "item": ("item",),
    "delegation": ("delegation",),
    "entry": ("message",),
    "contribution": ("message",),
    "chosen": ("message",),
    "conflict": ("conflict",),
    "proposal": ("message",),
    "request": ("message",),
    "message": ("message",),
    "attachment": ("attachment",),
    "inflow": ("intake",),
    "number": ("certificate",),
    "certificate_number": ("certificate",),
    "id": ("message",),
    "content": ("message",),
    "suggestion": ("suggestion",),
    "channel": ("channel",),
    "matter": ("matter",),
    "about": ("message",),
}
"""Field of a request → what it may refer to."""


LEFT_OUT: Final = frozenset({"sheet.take", "reconcile.run", "member.import", "body.import", "attachment.supply"})
"""What takes a file; its own tests show who may."""
NOT_OF_A_BRANCH: Final = frozenset({"certificate.check", "joint.activity", "study.delegate"})
"""Writes where what is named is new, or shown by whoever holds it."""


NOT_THERE: Final = frozenset(
    {
        "agreement.diff",
        "agreement.show",
        "attachment.save",
        "audit.list",
        "certificate.token",
        "joint.show",
        "member.reads",
        "member.show",
        "movement.journey",
        "quarantine.show",
    }
)
"""What these committees have none of, or has one side only; the audit is for administrators."""
UNSEEN_MAX: Final = 8
"""Ids of messages that no answer names, and what only one of the two sides has."""


def pool(office: Office, subject: str) -> dict[str, list[str]]:
    """What the first branch has, by what it is; ids also by how they begin."""
    ids = {
        "member": [row.member_id for row in office.find(Member, branch_code=BRANCH)] + [subject],
        "subject": [subject],
        "contact": [row.contact_id for row in office.find(records.Contact)],
        "case": [row.case_id for row in office.find(records.HelpCase)],
        "item": [row.item_id for row in office.find(records.LearningItem)],
        "message": [row.id for row in office.find(LogMessage) if subject.encode() in row.data],
        "delegation": [line.delegation for line in office.ask("支部", "study.list").studies],
        "table": [row.event for row in office.find(records.RoundTable)],
        "conflict": [line.id for line in office.ask("支部", "conflict.list").conflicts],
        "attachment": [row.sha256 for row in office.find(records.AttachedFile)],
        "intake": [row.intake_id for row in office.find(records.Intake)],
        "suggestion": [row.suggestion_id for row in office.find(records.Suggestion)],
        "channel": [row.channel_id for row in office.find(records.Channel)],
    }
    names = {
        "name": ["巴特尔·乙", "巴特尔", "bate", id_number(1)],
        "body": [BRANCH, "第一党支部"],
        "event": ["e-hid", "f-hid", "l-hid", "s-hid"],
        "certificate": ["H-暗-1"],
        "matter": ["m-hid"],
    }
    return {kind: [form for one in found for form in (one, one[:8], one[:4])] for kind, found in ids.items()} | names


def secrets(found: dict[str, list[str]]) -> set[str]:
    """What must not be read by others: ids in full, names, numbers, and every text."""
    ids = {one for each in found.values() for one in each if len(one) >= ID_CHARS}
    return ids | {SECRET, "巴特尔·乙", "巴特尔·丙", id_number(1), id_number(2), "10000000077", "10000000078", "H-暗-1"}


def requests(operation: Operation, found: dict[str, list[str]]) -> Iterator[dict[str, Any]]:
    """Requests that refer to things of the first branch: each reference by turns, the others as they ought to be."""
    fields = msgspec.structs.fields(operation.request)
    referring = [field.name for field in fields if _refers(field)]
    plain = {field.name: _plain(field) for field in fields if field.required and not _refers(field)}
    natural = {name: found[REFERENCES[name][0]][0] for name in referring if found[REFERENCES[name][0]]}
    kinds = {field.name: field.type for field in fields}
    wide = {field.name: WIDE[field.name] for field in fields if field.name in WIDE and not field.required}
    if not referring:
        yield plain
        yield plain | wide
    for name in referring:
        for kind in REFERENCES[name]:
            for probe in found[kind]:
                yield plain | {key: _as(kinds[key], value) for key, value in (natural | {name: probe}).items()}


def refers(operation: Operation) -> bool:
    """Whether a request names something that may belong to a branch."""
    return any(map(_refers, msgspec.structs.fields(operation.request)))


def _refers(field: Any) -> bool:
    kind = _bare(field.type)
    return field.name in REFERENCES and (kind is str or typing.get_origin(kind) is list)


def _as(kind: Any, value: Any) -> Any:
    return [value] if typing.get_origin(_bare(kind)) is list else value


def _plain(field: Any) -> Any:
    if field.name in DEFAULTS:
        return DEFAULTS[field.name]
    kind = _bare(field.type)
    if typing.get_origin(kind) is typing.Literal:
        return typing.get_args(kind)[0]
    if typing.get_origin(kind) is list:
        (of,) = typing.get_args(kind)
        return [_plain(msgspec.structs.FieldInfo(field.name, field.encode_name, of))]
    if kind is bytes:
        return pdf(100)
    if kind in (int, bool):
        return kind(1)
    return "2026-06-09" if field.name == "on" or field.name.endswith("_on") else "x"


def _bare(kind: Any) -> Any:
    """A type without its bounds, and without None."""
    while True:
        if typing.get_origin(kind) is typing.Annotated or typing.get_origin(kind) in (typing.Union, types.UnionType):
            kind = typing.get_args(kind)[0]
        else:
            return kind


def found_by(office: Office, staff: Mapping[str, str], subject: str) -> dict[str, set[str]]:
    """Operation → what its answers and refusals told these people of the first branch; only those that were answered
    or told something."""
    found = pool(office, subject)
    hidden = secrets(found)
    told: dict[str, set[str]] = {}
    for operation in every().values():
        who = next((name for name, role in staff.items() if role in operation.roles), None)
        if who is None or operation.outside or operation.name in LEFT_OUT:
            continue
        for fields in requests(operation, found):
            done, text = answer(office, who, operation, fields)
            said = json.dumps(fields, ensure_ascii=False, default=str)
            shown = {one for one in hidden if one in text and one not in said}
            if done or shown:
                told[operation.name] = told.get(operation.name, set()) | shown
    return told


def answer(office: Office, who: str, operation: Operation, fields: dict[str, Any]) -> tuple[bool, str]:
    """Whether it was answered, and what a person reads: the answer, or the refusal with its facts."""
    try:
        made = office.desk.ask(who, operation.name, fields, Manner(dry_run=not operation.reads))
    except ProtocolError as error:
        return False, json.dumps([error.code, error.facts, str(error)], ensure_ascii=False, default=str)
    return True, msgspec.json.encode(made).decode() + "".join(map(_workbook, msgspec.structs.astuple(made)))


def _workbook(value: Any) -> str:
    """The texts of a workbook, where an answer is one."""
    if not isinstance(value, bytes) or not zipfile.is_zipfile(io.BytesIO(value)):
        return ""
    with zipfile.ZipFile(io.BytesIO(value)) as book:
        return "".join(book.read(name).decode(errors="replace") for name in book.namelist())


SIDES: Final = pytest.mark.parametrize("side", [0, 1], ids=["origin", "destination"])


@SIDES
def test_nobody_of_another_branch_finds_anything_of_the_first(side: int) -> None:
    *offices_here, subject = whole()

    told = found_by(offices_here[side], NEIGHBOURS, subject)

    assert {name: shown for name, shown in told.items() if shown} == {}
    acted = {name for name in told if not every()[name].reads and refers(every()[name])}
    assert acted <= NOT_OF_A_BRANCH, "somebody acted on what belongs to the first branch"


@SIDES
def test_the_same_requests_find_all_of_it_for_its_own_people(side: int) -> None:
    """Without this the other test could pass because nothing was asked rightly."""
    *offices_here, subject = whole()
    office = offices_here[side]

    told = found_by(office, {"干事": "organisation_officer", "书记": "secretary"}, subject)

    asked = {operation.name for operation in every().values() if operation.reads and refers(operation)}
    assert asked - told.keys() <= NOT_THERE
    shown = set().union(*told.values())
    assert SECRET in shown and subject in shown and len(shown) > len(secrets(pool(office, subject))) - UNSEEN_MAX
