"""Notices of departure that came by letter or telephone from a committee without a node: its members live here.

What it told is entered as its word, and from then on the member is taken in as with any other origin:
``admission.list`` shows the notice, ``admission.give`` answers it, and the answer becomes a letter::

    take_notice(act, LetterNotice(name="巴特尔", …, heard="letter", their_clerk="陈静", their_number="…"))
"""

from typing import Annotated, Any, Literal

import msgspec

from gongguan.protocol.errors import refuse
from gongguan.protocol.limits import NAME_CHARS_MAX
from gongguan.protocol.messages.movement import DepartureNotified, pseudonym
from gongguan.sync.act import Act
from gongguan.sync.identity import parse_name, parse_phone
from gongguan.sync.labels import labelled
from gongguan.sync.movement.departures import DIVISION
from gongguan.sync.paper.word import Heard, paper_book, word_of
from gongguan.sync.records import MobilityPeriod, PaperEntry, Task
from gongguan.sync.shared.partners import Peer, partner, title_of, version_in_force
from gongguan.sync.shared.periods import (
    OPEN_STATES,
    current_profile,
    period_state,
)
from gongguan.sync.shared.provenance import SourceLabel

_Text = Annotated[str, msgspec.Meta(min_length=1, max_length=NAME_CHARS_MAX)]
_MONTH_OR_DAY = r"^[0-9]{4}-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?$"


class LetterNotice(Heard, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``letter.notice``: what a notice of departure says."""

    name: Annotated[str, labelled("姓名", "name", argument=True, min_length=1, max_length=NAME_CHARS_MAX)]
    sex: Annotated[Literal["male", "female"], labelled("性别", "sex", codes="sex")]
    birth_year: Annotated[int, labelled("出生年", "born in", ge=1900, le=2200)]
    category: Annotated[
        Literal["full_member", "probationary_member"], labelled("人员类别", "category", codes="member_category")
    ] = "full_member"
    affiliated_branch: Annotated[
        str, labelled("组织关系所在党支部", "affiliated branch", min_length=1, max_length=NAME_CHARS_MAX)
    ]
    certificate_number: Annotated[str, labelled("活动证号", "certificate", min_length=1, max_length=40)]
    left_on: Annotated[str, labelled("外出日期（年-月 或 年-月-日）", "left on", pattern=_MONTH_OR_DAY)]
    destination_place: Annotated[str, labelled("流入地区划代码（六位）", "destination", pattern=DIVISION)]
    joined_on: Annotated[
        Annotated[str, msgspec.Meta(pattern=_MONTH_OR_DAY)] | None, labelled("入党时间", "joined on")
    ] = None
    phone: Annotated[_Text | None, labelled("本人电话", "phone")] = None
    peer: Peer = ""


class NoticeTaken(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``letter.notice``."""

    subject: Annotated[str, labelled("流动记录编号", "subject")]
    name: Annotated[str, labelled("姓名", "name")]
    peer: Annotated[str, labelled("流出地", "origin")]
    source: SourceLabel = "entered"


def take_notice(act: Act, request: LetterNotice) -> NoticeTaken:
    """Enter whom they notified us of. Raises D-word, D-peer-…, D-peer-signs, D-period-open, D-name, D-phone…, G-…."""
    word = word_of(act, request)
    if word is None:
        raise refuse("D-word")
    pairing = partner(act.store, request.peer)
    book = paper_book(act, pairing.pairing_id)
    version = version_in_force(act, pairing.pairing_id)
    _check_new(act, pairing.pairing_id, request.certificate_number)
    optional: dict[str, Any] = {"joined_on": request.joined_on} if request.joined_on else {}
    if request.phone:
        optional["phone"] = parse_phone(request.phone, act.node.synthetic).value
    body = DepartureNotified(
        name=parse_name(request.name).value,
        sex=request.sex,
        birth_year=request.birth_year,
        category=request.category,
        affiliated_branch=request.affiliated_branch,
        certificate_number=request.certificate_number,
        left_on=request.left_on,
        destination_place=request.destination_place,
        **optional,
    )
    subject = pseudonym(act.random_hex(16), 1 - pairing.party)
    book.enter("departure.notified", body, word, by=act.staff.name, version=version, subject=subject)
    return NoticeTaken(subject=subject, name=body.name, peer=title_of(act.store, pairing.their_card))


def forget_notice(act: Act, entry: PaperEntry) -> None:
    """A notice that was entered by mistake: nobody waits to be taken in. Raises D-entry-used once it was answered."""
    period = act.store.get(MobilityPeriod, str(entry.subject))
    if period is None:
        return
    if period_state(act.store, period) != "notified":
        raise refuse("D-entry-used")
    act.store.remove(MobilityPeriod, period.subject)
    for task in act.store.find(Task, subject=period.subject, state="open"):
        act.store.put(msgspec.structs.replace(task, state="closed", closed_at=act.stamp()))


def _check_new(act: Act, pairing_id: str, certificate: str) -> None:
    for period in act.store.find(MobilityPeriod, pairing_id=pairing_id, side="destination"):
        known = current_profile(act.store, period).get("certificate_number")
        if known == certificate and period_state(act.store, period) in OPEN_STATES:
            raise refuse("D-period-open", subject=period.subject)
