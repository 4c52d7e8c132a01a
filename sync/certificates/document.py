"""One member's Activity Certificate as one document: each column by who writes it, the same on both sides.

The origin fills in the person and the issue, the destination where the member belongs there; organisational life, dues
and the yearly check are entered by the side where they took place. All of it is read from the records that both nodes
hold, so both show the same; nothing is edited in place::

    show_certificate(act, CertificateShow(person="巴特尔"))
"""

from collections.abc import Iterator
from datetime import date
from typing import Annotated, Final, Literal

import msgspec

from gongguan.protocol.errors import refuse
from gongguan.protocol.messages.certificate import AnnualCheckEntered
from gongguan.sync.act import Act
from gongguan.sync.days import check_happened, today
from gongguan.sync.exchange.fold import origin_party
from gongguan.sync.exchange.values import Records, Value
from gongguan.sync.labels import DATE, labelled
from gongguan.sync.lists import LISTS
from gongguan.sync.records import Body, MobilityPeriod
from gongguan.sync.shared.charges import Person, charge_of
from gongguan.sync.shared.entries import EntryMade, enter
from gongguan.sync.shared.periods import (
    current_profile,
    side_name,
)
from gongguan.sync.shared.provenance import EnteredLabel, Sources, only_entered
from gongguan.sync.shared.views import (
    effective,
    unit_records,
)
from gongguan.sync.shared.written import written_on
from gongguan.sync.store import Store

ENTRIES: Final = ("life/", "dues/", "annual_check/")


class CertificateShow(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``certificate.show``."""

    person: Person


class ColumnLine(msgspec.Struct, frozen=True, kw_only=True):
    """One column of the certificate. ``writer``: whose word changes it; an empty value is not filled in yet."""

    column: Annotated[str, labelled("栏目", "column", codes="certificate_column")]
    value: Annotated[str | None, labelled("内容", "value")]
    writer: Annotated[str, labelled("填写方", "writer", codes="side")]
    source: EnteredLabel


class CertificateEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the pages for entries, by who made it."""

    on: Annotated[str, labelled("日期", "date")]
    kind: Annotated[str, labelled("类别", "kind", codes="entry_kind")]
    what: Annotated[str, labelled("内容", "what")]
    side: Annotated[str, labelled("登记方", "entered by", codes="side")]
    entered_on: Annotated[str | None, labelled("登记日期", "entered on")]
    status: Annotated[str, labelled("状态", "status", codes="fact_status")]
    source: EnteredLabel
    entry: Annotated[str, labelled("记载编号", "entry")]


class CertificateShown(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``certificate.show``: the whole certificate. What is not entered is unknown, not missed."""

    columns: Annotated[list[ColumnLine], labelled("基本栏目", "columns")]
    entries: Annotated[list[CertificateEntry], labelled("记载", "entries")]


class AnnualCheck(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``certificate.annual_check``. ``checked_on`` left out: today."""

    person: Person
    year: Annotated[int, labelled("年度", "year", ge=2007, le=2200)]
    outcome: Annotated[Literal["passed", "to_follow_up"], labelled("年审结果", "outcome", codes="annual_outcome")] = (
        "passed"
    )
    checked_on: Annotated[
        Annotated[str, msgspec.Meta(pattern=DATE)] | None, labelled("年审日期（默认今天）", "checked on (today)")
    ] = None


def show_certificate(act: Act, request: CertificateShow) -> CertificateShown:
    """The certificate of a member in reach. Raises D-person-unknown, D-person-ambiguous, D-not-notified."""
    period = _period(act, request.person)
    records = unit_records(act.store, period.agreement, period.subject)
    sources = Sources(act.store)
    entries = [
        line
        for key, record in records.items()
        if key.startswith(ENTRIES)
        for line in _entries(act.store, period, records, key, record, sources)
    ]
    return CertificateShown(
        columns=[
            msgspec.structs.replace(line, source=_source(sources, period, line))
            for line in _columns(records, current_profile(act.store, period))
        ],
        entries=sorted(entries, key=lambda line: (line.on, line.kind, line.entry), reverse=True),
    )


def enter_annual_check(act: Act, request: AnnualCheck) -> EntryMade:
    """Enter the yearly check, once a year; the other side's equal entry is one fact with two witnesses.

    Raises D-person-…, D-not-notified, D-date, D-date-future, D-entry-already, G-….
    """
    checked_on = check_happened(act.now, request.checked_on) if request.checked_on else today(act.now)
    charge = charge_of(act, request.person)
    body = act.store.get(Body, charge.body_code or act.staff.body_code)
    entered = AnnualCheckEntered(
        year=request.year,
        checked_on=checked_on.isoformat(),
        outcome=request.outcome,
        branch=body.short_name if body else act.staff.body_code,
    )
    period = _period(act, request.person)
    return enter(act, period, "certificate.annual_check_entered", entered, f"annual_check/{request.year}")


# --- inside ---------------------------------------------------------------------------------------------------


def _period(act: Act, person: str) -> MobilityPeriod:
    charge = charge_of(act, person)
    if not charge.periods:
        raise refuse("D-not-notified")
    return charge.periods[-1]


def _source(sources: Sources, period: MobilityPeriod, line: ColumnLine) -> str | None:
    if line.value is None:
        return None
    return only_entered(sources.of_side(period.pairing_id, period.side, line.writer))


def _columns(records: Records, notice: Value) -> Iterator[ColumnLine]:
    issued = effective(records.get("certificate/issued")) or {}
    admission = effective(records.get("movement/admission")) or {}
    admitted = admission if admission.get("outcome") == "admitted" else {}
    values = {
        "certificate_number": issued.get("number") or notice.get("certificate_number"),
        "name": notice.get("name"),
        "sex": _label("sex", notice.get("sex")),
        "birth_year": notice.get("birth_year"),
        "category": _label("member_category", notice.get("category")),
        "joined_on": notice.get("joined_on"),
        "affiliated_branch": notice.get("affiliated_branch"),
        "issued_by": issued.get("issued_by"),
        "issued_on": issued.get("issued_on") or notice.get("certificate_issued_on"),
        "valid_until": issued.get("valid_until") or notice.get("certificate_valid_until"),
        "reason": _label("outflow_reason", issued.get("reason")),
        "left_on": notice.get("left_on"),
        "state": _label("certificate_state", issued.get("state", "in_use")),
    }
    for column, value in values.items():
        yield _column(column, value, "origin")
    for column in ("managing_body", "arrived_on", "contact_officer", "contact_phone"):
        yield _column(column, admitted.get(column), "destination")


def _column(column: str, value: object, writer: str) -> ColumnLine:
    return ColumnLine(column=column, value=None if value is None else str(value), writer=writer, source=None)


def _label(name: str, code: str | None) -> str | None:
    return LISTS[name][code][0] if code in LISTS[name] else code


def _entries(
    store: Store, period: MobilityPeriod, records: Records, key: str, record: Value, sources: Sources
) -> Iterator[CertificateEntry]:
    kind = key.partition("/")[0]
    for entry in record["entries"]:
        value = entry["value"]
        entered_on: date | None = written_on(store, period, entry)
        yield CertificateEntry(
            on=value.get("on") or value.get("paid_on") or value["checked_on"],
            kind=kind,
            what=_what(kind, value),
            side=side_name(entry["party"], origin_party(records)),
            entered_on=entered_on.isoformat() if entered_on else None,
            status="withdrawn" if "withdrawn" in entry else sources.status(period.pairing_id, record["status"]),
            source=only_entered(sources.of(period.pairing_id, entry["party"])),
            entry=entry["id"],
        )


def _what(kind: str, value: Value) -> str:
    if kind == "dues":
        return f"{value['month']} 党费"
    if kind == "annual_check":
        return f"{value['year']} 年度年审：{_label('annual_outcome', value['outcome'])}（{value['branch']}）"
    words = [value.get("title") or _label("activity", value["activity"]), _label("attendance", value["attendance"])]
    if "absence_reason" in value:
        words.append(_label("absence_reason", value["absence_reason"]))
    return "　".join(str(word) for word in words)
