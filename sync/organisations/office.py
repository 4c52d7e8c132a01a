"""Where members find this committee's service, and who receives them: said once, known to every partner (A-28, A-39).

The card of the office is public and names nobody; who receives members is told to partners only. Both are this side's
own word: the newest counts from its day on, partners see a change with the next exchange, and a partner with whom an
agreement comes into force later is told then::

    publish_office(act, OfficePublish(office="党群服务中心", …))
    name_receiver(act, ReceiverName(officer="乌云", deputy="李明", …))
"""

from collections.abc import Iterator
from contextlib import suppress
from datetime import date
from typing import Annotated, Final

import msgspec

from gongguan.protocol.errors import AgreementError, ExchangeError, refuse
from gongguan.protocol.forms import ready
from gongguan.protocol.limits import NAME_CHARS_MAX
from gongguan.protocol.messages.envelope import Body
from gongguan.protocol.messages.office import OfficePublished, ReceiverNamed
from gongguan.sync.act import Act
from gongguan.sync.days import check_day, today
from gongguan.sync.exchange.own_words import OFFICE, OWN_WORD_FORMS, RECEIVER
from gongguan.sync.exchange.values import Value
from gongguan.sync.identity import parse_name
from gongguan.sync.labels import DATE, labelled
from gongguan.sync.records import Pairing, Setting
from gongguan.sync.shared.partners import agreement_of, is_in_force, terms_of, title_of, write_to
from gongguan.sync.shared.views import (
    shared,
)

_DEMONSTRATION: Final = "100"

ValidFrom = Annotated[Annotated[str, msgspec.Meta(pattern=DATE)] | None, labelled("自（默认今天）", "from (today)")]


class OfficePublish(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``office.publish``."""

    office: Annotated[str, labelled("服务机构", "office", min_length=1, max_length=NAME_CHARS_MAX)]
    address: Annotated[str, labelled("办公地点", "address", min_length=1, max_length=NAME_CHARS_MAX)]
    hours: Annotated[str, labelled("工作时间", "hours", min_length=1, max_length=NAME_CHARS_MAX)]
    telephone: Annotated[str, labelled("咨询电话（不得用个人手机）", "service telephone", max_length=20)]
    valid_from: ValidFrom = None


class ReceiverName(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``office.receiver``."""

    officer: Annotated[str, labelled("接收专人", "receiving officer", min_length=1, max_length=NAME_CHARS_MAX)]
    deputy: Annotated[str, labelled("替补人员", "deputy", min_length=1, max_length=NAME_CHARS_MAX)]
    telephone: Annotated[str, labelled("办公电话（不得用个人手机）", "office telephone", max_length=20)]
    valid_from: ValidFrom = None


class OfficeTold(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``office.publish`` and ``office.receiver``. ``not_told``: partners whose agreement leaves it out."""

    valid_from: Annotated[str, labelled("自", "valid from")]
    told_count: Annotated[int, labelled("已告知对方单位", "partners told")]
    not_told: Annotated[list[str], labelled("现行协议不含此项、未告知的单位", "partners not told")]


class OfficeList(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``office.list``."""


class OfficeLine(msgspec.Struct, frozen=True, kw_only=True):
    """One committee's office and who receives members there. What is not known is empty."""

    committee: Annotated[str, labelled("单位", "committee")]
    office: Annotated[str | None, labelled("服务机构", "office")]
    address: Annotated[str | None, labelled("办公地点", "address")]
    hours: Annotated[str | None, labelled("工作时间", "hours")]
    telephone: Annotated[str | None, labelled("咨询电话", "telephone")]
    valid_from: Annotated[str | None, labelled("自", "valid from")]
    receiver: Annotated[str | None, labelled("接收专人", "receiving officer")]
    deputy: Annotated[str | None, labelled("替补人员", "deputy")]
    receiver_telephone: Annotated[str | None, labelled("接收电话", "receiver's telephone")]
    receiver_from: Annotated[str | None, labelled("接收专人自", "receiver since")]


class OfficesListed(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``office.list``: this committee first."""

    offices: Annotated[list[OfficeLine], labelled("服务机构", "offices")]


def publish_office(act: Act, request: OfficePublish) -> OfficeTold:
    """Publish the contact card and tell every partner. Raises D-office-telephone, D-phone-…, D-date."""
    body = OfficePublished(
        office=request.office,
        address=request.address,
        hours=request.hours,
        telephone=_telephone(act, request.telephone),
        valid_from=_day(act, request.valid_from),
    )
    return _told(act, OFFICE, body, body.valid_from)


def name_receiver(act: Act, request: ReceiverName) -> OfficeTold:
    """Say who receives members, and who stands in, and tell every partner.

    Raises D-name, D-receiver-same, D-office-telephone, D-phone-…, D-date.
    """
    officer, deputy = parse_name(request.officer).value, parse_name(request.deputy).value
    if officer == deputy:
        raise refuse("D-receiver-same")
    body = ReceiverNamed(
        officer=officer,
        deputy=deputy,
        telephone=_telephone(act, request.telephone),
        valid_from=_day(act, request.valid_from),
    )
    return _told(act, RECEIVER, body, body.valid_from)


def list_offices(act: Act, request: OfficeList) -> OfficesListed:
    """This committee's card and those of all partners, as in force today."""
    day = today(act.now)
    own = {name: _kept(act, name) for name in OWN_WORD_FORMS}
    lines = [_line("（本单位）", own[OFFICE], own[RECEIVER])]
    for pairing in act.store.find(Pairing, state="active"):
        with suppress(AgreementError):
            lines.append(_partner(act, pairing, day))
    return OfficesListed(offices=lines)


def word_on(value: Value | None, day: date) -> Value | None:
    """What of a side's own word is in force on a day: the newest that began, else the first that will."""
    entries = [entry["value"] for entry in value["entries"]] if value else []
    begun = [item for item in entries if item["valid_from"] <= day.isoformat()]
    return begun[-1] if begun else next(iter(entries), None)


def _told(act: Act, name: str, body: Body, valid_from: str) -> OfficeTold:
    act.store.put(Setting(name=name, value=msgspec.json.encode(body).decode()))
    told, not_told = 0, []
    for pairing in _agreed(act):
        try:
            write_to(act, pairing, OWN_WORD_FORMS[name][0], body)
            told += 1
        except (AgreementError, ExchangeError):
            not_told.append(title_of(act.store, pairing.their_card))
    return OfficeTold(valid_from=valid_from, told_count=told, not_told=not_told)


def _agreed(act: Act) -> Iterator[Pairing]:
    for pairing in act.store.find(Pairing, state="active"):
        if not pairing.recovering and is_in_force(act.store, pairing.pairing_id, today(act.now)):
            yield pairing


def _kept(act: Act, name: str) -> Value | None:
    kept = act.store.get(Setting, name)
    value: Value | None = msgspec.json.decode(kept.value) if kept else None
    return value


def _partner(act: Act, pairing: Pairing, day: date) -> OfficeLine:
    """A partner's own word; who receives there is told by the agreement until the partner says otherwise."""
    agreement, there = agreement_of(act.store, pairing.pairing_id), 1 - pairing.party
    office = word_on(shared(act.store, agreement, "agreement", f"office/{there}"), day)
    receiver = word_on(shared(act.store, agreement, "agreement", f"receiver/{there}"), day)
    named = terms_of(act.store, pairing.pairing_id).parties[there]
    if receiver is None:
        first = named.receiving_officers[0]
        phone = first.phone if isinstance(first.phone, str) else None
        receiver = {"officer": first.name, "deputy": None, "telephone": phone, "valid_from": None}
    return _line(named.title, office, receiver)


def _line(committee: str, office: Value | None, receiver: Value | None) -> OfficeLine:
    card, person = office or {}, receiver or {}
    return OfficeLine(
        committee=committee,
        office=card.get("office"),
        address=card.get("address"),
        hours=card.get("hours"),
        telephone=card.get("telephone"),
        valid_from=card.get("valid_from"),
        receiver=person.get("officer"),
        deputy=person.get("deputy"),
        receiver_telephone=person.get("telephone"),
        receiver_from=person.get("valid_from"),
    )


def _telephone(act: Act, text: str) -> str:
    """A fixed line or a service number; a demonstration node takes 100… only. Raises D-office-telephone, D-phone-…."""
    number = text.strip()
    try:
        msgspec.convert(
            {"officer": "-", "deputy": "-", "telephone": number, "valid_from": "2000-01-01"}, ready(ReceiverNamed)
        )
    except msgspec.ValidationError:
        raise refuse("D-office-telephone") from None
    if number.startswith(_DEMONSTRATION) and not act.node.synthetic:
        raise refuse("D-phone-synthetic")
    if act.node.synthetic and not number.startswith(_DEMONSTRATION):
        raise refuse("D-phone-real")
    return number


def _day(act: Act, given: str | None) -> str:
    return (check_day(given) if given else today(act.now)).isoformat()
