"""A committee with a node whose partner has none, and what that partner answers by telephone or on the sheet::

office = alone()
with_paper_partner(office)
subject = notified(office)
office.ask("干事", "admission.give", subject=subject, **THERE, **CALLED)
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from gongguan.node.files import spreadsheets
from gongguan.node.files.grids import grids_of
from gongguan.node.files.templates import HEADER_ROW
from gongguan.sync.cells import Cell
from tests import pairs
from tests.protocol.committees import ORIGIN
from tests.sync.offices import PLACE, Office, ready

ACCEPTED: Final = {"agreed_by": "李明", "agreed_on": "2026-02-27", "reference": "临组函〔2026〕3号"}
CALLED: Final = {"heard": "telephone", "their_clerk": "陈静", "said_on": "2026-03-01"}
WROTE: Final = {"heard": "letter", "their_clerk": "陈静", "their_number": "临组函〔2026〕9号", "said_on": "2026-03-01"}
THERE: Final = {
    "managing_body": "代录社区党支部",
    "arrived_on": "2026-02-25",
    "contact_officer": "代录员",
    "contact_phone": "10000000077",
}
NOTICE: Final[Mapping[str, Any]] = {
    "name": "阿古拉",
    "sex": "male",
    "birth_year": 1990,
    "affiliated_branch": "临江区第三党支部",
    "certificate_number": "L-77",
    "left_on": "2026-02",
    "destination_place": "990101",
}
ANSWERED: Final[Mapping[str, Cell]] = {
    "答复": "接收",
    "编入的党组织": "代录社区党支部",
    "到达日期": "2026-02-25",
    "联系责任人": "代录员",
    "责任人电话": "10000000077",
    "填报单位经办人": "陈静",
}


def alone() -> Office:
    """A committee that has a node and is paired with nobody."""
    return Office(pairs.with_own_card(ORIGIN), "白音苏木党委")


def with_paper_partner(office: Office, **more: Any) -> str:
    """A partner without a node that agreed to work with us; its id."""
    fields = {"title": "临江区委组织部", "region": PLACE, "without_node": True, **ACCEPTED, **more}
    peer: str = office.ask("干事", "peer.add", **fields).peer
    return peer


def notified(office: Office, number: int = 1, **more: Any) -> str:
    """A member of ours of whom the partner was told by letter; the subject."""
    subject: str = office.ask("干事", "departure.notify", member_id=ready(office, number), **more).subject
    return subject


def admitted_there(office: Office, number: int = 1) -> str:
    """The same, and the partner's answer by telephone; the subject."""
    subject = notified(office, number)
    office.ask("干事", "admission.give", subject=subject, **THERE, **CALLED)
    return subject


def everything_said(office: Office) -> str:
    """A member of whom the partner without a node has said all that it can, while the stay goes on; the subject."""
    subject = admitted_there(office)
    said = {"subject": subject, **CALLED}
    life = {"event": "there-1", "activity": "theme_day", "on": "2026-02-27", "title": "代录主题党日"}
    office.ask("干事", "entry.life", **life, **said)
    office.ask("干事", "entry.dues", month="2026-02", paid_on="2026-02-28", **said)
    office.ask("干事", "feedback.give", quarter="2026Q1", conduct="good", volunteering=31, **said)
    office.ask("干事", "movement.relocate", place="990203", on="2026-02-28", **said)
    office.ask("干事", "movement.presence", presence="in_contact", on="2026-02-28", **said)
    event = {"category": "commendation", "on": "2026-02-28", "contact": "代录事", "phone": "10000000078"}
    office.ask("干事", "movement.event", **event, **said)
    office.ask("干事", "letter.enter", answer="contact", set=["联系日期=2026-02-26", "联系类别=季度定期联系"], **said)
    return subject


def filled_in(
    data: bytes, answers: Mapping[str, Mapping[str, Cell]], renamed: Mapping[str, str] = MappingProxyType({})
) -> bytes:
    """The reply sheet as it comes back: name → header → value. The hidden pages stay; ``renamed``: old header → new."""
    grids = grids_of(data, "表")
    headers = list(grids[0].rows[HEADER_ROW - 1])
    rows: list[list[Cell]] = [list(row) for row in grids[0].rows]
    for row in rows[HEADER_ROW:]:
        for header, value in answers.get(str(row[0]), {}).items():
            row[headers.index(header)] = value
    rows[HEADER_ROW - 1] = [renamed.get(str(header), header) for header in headers]

    def write(workbook: Any) -> None:
        for grid in grids:
            sheet = workbook.add_worksheet(grid.sheet)
            spreadsheets.write_rows(workbook, sheet, rows if grid is grids[0] else grid.rows, first_row=0)

    return spreadsheets.filled(write)
