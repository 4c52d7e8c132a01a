"""The three rosters as they are handed in: columns in the order in use, each with what fills it (domain: practice).

An export says nothing that it does not know: an empty cell is unknown, and what one side never tells the other (ID
numbers, reasons, former occupation) is empty in the inflow roster::

    rows_of(OUTFLOW_ROSTER, lines_on(act, "origin", day), act)[0][:3]   ->  (1, "巴特尔", "男")
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from gongguan.protocol.errors import AgreementError
from gongguan.protocol.terms import RulePack
from gongguan.sync.act import Act
from gongguan.sync.cells import Cell
from gongguan.sync.lists import LISTS
from gongguan.sync.performance.ledger import ledger
from gongguan.sync.persons.rosters import OUTFLOW
from gongguan.sync.quarters import Quarter
from gongguan.sync.records import Contact, HelpCase
from gongguan.sync.shared.partners import terms_of
from gongguan.sync.shared.places import place_named
from gongguan.sync.shared.provenance import ENTERED_MARK
from gongguan.sync.store import Store
from gongguan.sync.worksheets.roster_lines import RosterLine

UNKNOWN: Final = "不掌握"

Fill = Callable[[RosterLine], Cell]


@dataclass(frozen=True, slots=True)
class Roster:
    """A roster: its title, the side whose members it lists, and its columns. ``more``: columns that need the store."""

    code: str
    title: str
    side: str
    columns: tuple[tuple[str, Fill], ...]
    more: tuple[tuple[str, Callable[[Act, RosterLine], Cell]], ...] = ()

    def headers(self) -> tuple[str, ...]:
        """The header row, with the serial number first."""
        return ("序号", *(header for header, _ in (*self.columns, *self.more)))


def rows_of(roster: Roster, lines: Sequence[RosterLine], act: Act) -> list[tuple[Cell, ...]]:
    """The rows below the header."""
    return [
        (number, *(fill(line) for _, fill in roster.columns), *(fill(act, line) for _, fill in roster.more))
        for number, line in enumerate(lines, 1)
    ]


def shown(list_name: str, code: object) -> str | None:
    """The label that we print for a code; a value that is in no list stays as it is."""
    if code is None:
        return None
    labels = LISTS[list_name].get(str(code))
    return labels[0] if labels else str(code)


def yes_no(value: bool | None) -> str | None:
    """是, 否, or nothing where it is unknown."""
    return None if value is None else "是" if value else "否"


# --- 流出党员花名册 -------------------------------------------------------------------------------------------------


def _where(line: RosterLine) -> str | None:
    """The place of the notice or of a relocation; before any, what the roster says. A code with whose region it is."""
    told = line.entry.destination_place if line.entry else None
    noticed = line.departure.get("destination_place")
    place = line.place.get("place")
    if place and place != noticed:
        return place_named(str(place), line.places)
    code = str(noticed) if noticed else line.report.destination_place if line.report else None
    return told or (place_named(code, line.places) if code else None)


def _noted(line: RosterLine, note: str | None) -> str | None:
    """The remark, and behind it whether what the other side said was entered here."""
    return "；".join([*([note] if note else []), *([f"对方情况：{ENTERED_MARK}"] if line.entered else [])]) or None


def _left_on(line: RosterLine) -> str | None:
    if line.departure:
        return str(line.departure["left_on"])
    return line.report.left_on if line.report else line.entry.left_on if line.entry else None


_OUTFLOW: Final[Mapping[str, Fill]] = {
    "name": lambda line: line.charge.name,
    "sex": lambda line: shown("sex", line.details.sex),
    "id_number": lambda line: line.member.id_number if line.member else None,
    "committee": lambda line: line.committee,
    "branch": lambda line: line.body.full_name if line.body else None,
    "former_occupation": lambda line: shown("former_occupation", line.told.former_occupation),
    "left_on": _left_on,
    "mobility_kind": lambda line: shown("mobility_scope", line.told.mobility_kind),
    "mobility_scope": lambda line: shown("mobility_scope", line.told.mobility_scope),
    "outflow_direction": lambda line: shown(
        "outflow_direction", line.told.outflow_direction or line.departure.get("outflow_direction")
    ),
    "destination_place": _where,
    "destination_unit": lambda line: line.told.destination_unit,
    "reason": lambda line: shown("outflow_reason", line.report.reason if line.report else line.told.reason),
    "certificate_held": lambda line: yes_no(True if line.certificate else line.told.certificate_held),
    "certificate_number": lambda line: line.certificate,
    "destination_branch": lambda line: line.admission.get("managing_body") or line.told.destination_branch,
    "destination_contact": lambda line: (
        line.partners_officer.officer if line.partners_officer else line.told.destination_contact
    ),
    "destination_phone": lambda line: (
        line.partners_officer.phone if line.partners_officer else line.told.destination_phone
    ),
    "own_phone": lambda line: line.told.own_phone or line.details.phone,
    "contact_state": lambda line: shown("contact_state", line.told.contact_state),
    "lost_since": lambda line: line.told.lost_since or line.details.lost_since,
    "contact_officer": lambda line: line.officer.officer if line.officer else line.told.contact_officer,
    "affiliation_moved": lambda line: "已转出" if line.told.affiliation_moved else "未转出",
    "status": lambda line: shown("outflow_status", "away"),
    "returned_on": lambda line: None,
    "note": lambda line: _noted(line, line.told.note),
}
"""Column of ``rosters.OUTFLOW`` → what fills it. Whoever is in the roster of a day had not returned by then."""

OUTFLOW_ROSTER: Final = Roster(
    "outflow", OUTFLOW.title, "origin", tuple((column.zh, _OUTFLOW[column.name]) for column in OUTFLOW.columns)
)


# --- 流入党员花名册 -------------------------------------------------------------------------------------------------


def _group(line: RosterLine) -> str | None:
    return line.body.full_name if line.body else line.admission.get("managing_body")


INFLOW_ROSTER: Final = Roster(
    "inflow",
    "流入党员花名册",
    "destination",
    (
        ("姓名", lambda line: line.charge.name),
        ("性别", lambda line: shown("sex", line.departure.get("sex"))),
        ("公民身份号码", lambda line: None),
        ("编入党组织", lambda line: line.above.full_name if line.above else line.committee),
        ("编入党支部/党小组", _group),
        ("原职业", lambda line: None),
        ("流入前所在省市县", lambda line: line.partner),
        ("组织关系所在党组织", lambda line: line.departure.get("affiliated_branch")),
        ("流出党支部联系人", lambda line: line.partners_officer.officer if line.partners_officer else None),
        ("联系电话", lambda line: line.partners_officer.phone if line.partners_officer else None),
        ("是否持《活动证》", lambda line: yes_no(bool(line.departure.get("certificate_number")) or None)),
        ("活动证号", lambda line: line.departure.get("certificate_number")),
        ("流入时间", lambda line: line.admission.get("arrived_on")),
        ("流入原因", lambda line: None),
        ("入党时间", lambda line: line.departure.get("joined_on")),
        ("人员类别", lambda line: shown("member_category", line.departure.get("category"))),
        ("现工作单位及岗位", lambda line: None),
        ("现居住地", lambda line: line.lives_in),
        ("本人联系方式", lambda line: line.departure.get("phone")),
        ("联系责任人", lambda line: line.officer.officer if line.officer else None),
        ("状态", lambda line: shown("movement_state", line.state)),
        ("离开日期", lambda line: None),
        ("备注", lambda line: _noted(line, None)),
    ),
)


# --- 管理台账 -------------------------------------------------------------------------------------------------------


def contacts_of_quarter(act: Act, line: RosterLine) -> Cell:
    """How often the member was contacted by this side in the quarter, up to the day."""
    quarter, until = Quarter.of(line.day), line.day.isoformat()
    made = [
        contact
        for contact in act.store.find(Contact, person=line.charge.person)
        if contact.withdrawn is None and quarter.holds(contact.on) and contact.on <= until
    ]
    if not made:
        return "本季尚无记录"
    return f"{len(made)} 次，联系到本人 {sum(contact.reached for contact in made)} 次"


def life_of_year(act: Act, line: RosterLine) -> Cell:
    """Activities of the year at which the attendance is confirmed, up to the day."""
    days = [value for value in _effective(line, "life/") if str(value["on"])[:4] == str(line.day.year)]
    known = [value for value in days if str(value["on"]) <= line.day.isoformat()]
    return sum(value["attendance"] == "confirmed" for value in known) if known else UNKNOWN


def dues_until(act: Act, line: RosterLine) -> Cell:
    """The last month of which either side says that it was paid."""
    paid = [str(value["month"]) for value in _effective(line, "dues/") if value["paid_on"] <= line.day.isoformat()]
    return max(paid, default=UNKNOWN)


def score_of_year(act: Act, line: RosterLine) -> Cell:
    """The total of the scoring year by the rules in force; nothing where none are."""
    period = line.charge.period
    pack = _pack(act.store, period.pairing_id) if period else None
    if pack is None:
        return None
    until = line.day.isoformat()
    by_then = {
        key: value
        for key, value in line.records.items()
        if not key.startswith("score/") or str((value.get("effective") or {}).get("on", "")) <= until
    }
    return ledger(by_then, pack, line.day.year, line.day).total


def help_of(act: Act, line: RosterLine) -> Cell:
    """Help cases by number only: what was asked for stays with those who help."""
    until = line.day.isoformat()
    cases = [case for case in act.store.find(HelpCase, person=line.charge.person) if case.opened_on <= until]
    if not cases:
        return "无"
    going_on = sum(case.status in ("open", "in_progress") for case in cases)
    return f"共 {len(cases)} 件，办理中 {going_on} 件"


REGISTER: Final = Roster(
    "register",
    "流入党员管理台账",
    "destination",
    (*INFLOW_ROSTER.columns[:-1], ("流出时间", lambda line: line.departure.get("left_on"))),
    (
        ("本季联系情况", contacts_of_quarter),
        ("参加组织生活次数", life_of_year),
        ("党费缴至年月", dues_until),
        ("积分", score_of_year),
        ("评议等次", lambda act, line: None),
        ("诉求及办理", help_of),
        ("备注", lambda act, line: _noted(line, None)),
    ),
)

ROSTERS: Final[Mapping[str, Roster]] = {roster.code: roster for roster in (OUTFLOW_ROSTER, INFLOW_ROSTER, REGISTER)}


def _effective(line: RosterLine, prefix: str) -> list[Mapping[str, Any]]:
    found = [value.get("effective") for key, value in line.records.items() if key.startswith(prefix)]
    return [value for value in found if value]


def _pack(store: Store, pairing_id: str) -> RulePack | None:
    try:
        return terms_of(store, pairing_id).rule_pack
    except AgreementError:
        return None
