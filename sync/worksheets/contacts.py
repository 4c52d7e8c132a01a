"""The sheet of contacts: a quarter's contacts with many members, a contact a row.

Whoever was not contacted keeps an empty date. What was said stays on this node, as with every contact::

    CONTACTS.layout.headers()   ->  ("姓名", "联系日期", "联系类别", …)
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

from gongguan.protocol.errors import ProtocolError
from gongguan.sync.act import Act
from gongguan.sync.cells import Cell, Parsed, parse_text
from gongguan.sync.contacts.contacts import ContactKind, ContactRow, ContactWithdraw, Medium, record_for, withdraw
from gongguan.sync.contacts.grounds import grounds_of
from gongguan.sync.contacts.schedule import Grounds
from gongguan.sync.day_cells import parse_day
from gongguan.sync.identity import parse_yes_no
from gongguan.sync.persons.people import Person
from gongguan.sync.records import Contact
from gongguan.sync.roles import WORKERS
from gongguan.sync.shared.charges import Charge, charges_in_reach
from gongguan.sync.sheets.columns import PERSON_COLUMNS
from gongguan.sync.sheets.sheets import Column, Layout
from gongguan.sync.vocabulary import one_of
from gongguan.sync.worksheets.worksheet import SheetKind, SheetRow, Taken, checked


class ContactSheetRow(SheetRow, frozen=True, kw_only=True):
    """One contact with one member."""

    on: str | None = None
    kind: ContactKind = "quarterly"
    channel: Medium = "phone"
    reached: bool | None = None
    note: str | None = None


def parse_reached(cell: Cell, synthetic: bool = False) -> Parsed[bool]:
    """Yes or no, also as people say it: 联系上了, 没打通; raises D-code-unknown."""
    try:
        return parse_yes_no(cell, synthetic)
    except ProtocolError as error:
        if error.code != "D-code-unknown":
            raise
    said = one_of("contact_reached")(cell, synthetic)
    return Parsed(said.value == "yes", said.change)


class Ready(NamedTuple):
    """What is the same for all rows: everyone in charge, and what their contacts may follow."""

    charges: Mapping[str, Charge]
    grounds: Mapping[str, Grounds]


def make_ready(act: Act) -> Ready:
    """Looked up once for a sheet."""
    charges = charges_in_reach(act)
    return Ready({charge.person: charge for charge in charges}, grounds_of(act.store, charges))


def take_contact(act: Act, row: ContactSheetRow, person: Person, ready: Ready) -> Taken:
    """Keep it, as ``contact.record`` does. Raises its refusals."""
    on = row.on or ""
    same = act.store.find(Contact, person=person.id, on=on)
    if any(contact.kind == row.kind and contact.withdrawn is None for contact in same):
        return Taken(None, "先前已登记")
    request = ContactRow(
        person=person.id, kind=row.kind, on=on, channel=row.channel, reached=row.reached is not False, note=row.note
    )
    made = record_for(act, ready.charges[person.id], ready.grounds[person.id], request)
    return Taken(made.contact, "" if made.met else "已登记；不算完成应做的联系")


def take_back(act: Act, made: str) -> None:
    """Withdraw a contact; it stays readable."""
    withdraw(act, ContactWithdraw(contact=made, reason="entered_in_error"))


_COLUMNS: Final = (
    PERSON_COLUMNS[0],
    Column("on", "联系日期", parse_day, ("日期", "联系时间", "走访日期", "走访时间")),
    Column("kind", "联系类别", one_of("contact_kind"), ("类别",), list_name="contact_kind"),
    Column("channel", "联系方式", one_of("contact_channel"), ("方式",), list_name="contact_channel"),
    Column("reached", "联系到本人", parse_reached, ("是否联系到", "是否联系到本人"), list_name="yes_no"),
    Column("note", "情况简记", parse_text, ("简记", "备注")),
    PERSON_COLUMNS[1],
)

CONTACTS: Final = SheetKind(
    code="contacts",
    english="contacts of a quarter",
    layout=Layout(
        "联系走访登记表",
        ContactSheetRow,
        _COLUMNS,
        checked(_COLUMNS, answer="on", needed=("kind", "channel"), carried=("kind", "channel")),
    ),
    roles=WORKERS,
    feeds="contact.record",
    need="charge",
    stands=lambda act, person: True,
    begin=make_ready,
    take=take_contact,
    undo=take_back,
    answer="on",
    given=("联系日期", "联系类别", "联系方式"),
    notes=(
        "联系过的填联系日期；没有联系的留空。",
        "联系类别、联系方式只填第一行就可以，下面各行留空即与上一行相同。",
        "没有联系到本人的也登记，“联系到本人”填“否”：不算完成联系，但留有记录。",
        "情况简记只存本节点，不发给对方。",
    ),
)
