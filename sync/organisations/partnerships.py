"""Branches that work together (结对共建), and what they do together (共建活动) (A-63, A-64, B-26).

Both are settled by both sides (``sync/agreements/joint.py``) and lie within the term of the agreement, with which a
partnership ends. A joint activity has one number on both sides: attendance is entered under it wherever the member
took part, and counts once::

    propose_partnership(act, PartnershipPropose(branch_here="0101", branch_there="临江社区第一党支部", …))
    propose_activity(act, ActivityPropose(title="清洁家园", activity="volunteering", on="2026-05-01", …))
"""

from collections.abc import Iterator
from typing import Annotated, Literal

import msgspec

from gongguan.protocol.errors import refuse
from gongguan.protocol.limits import NAME_CHARS_MAX, TEXT_CHARS_MAX
from gongguan.protocol.messages.joint import JointActivityProposed, PartnershipProposed
from gongguan.sync.act import Act
from gongguan.sync.agreements.joint import FoundMatter, JointDone, every_proposed, matter_state, propose
from gongguan.sync.days import today
from gongguan.sync.labels import DATE, labelled
from gongguan.sync.liaison.notices import check_no_id_number
from gongguan.sync.persons.bodies import is_within, resolve
from gongguan.sync.shared.partners import Peer, active_pairing

_EVENT = r"^[0-9A-Za-z._-]{1,64}$"
OwnBranch = Annotated[
    str, labelled("本方党支部（代码、全称或简称）", "our branch (code or name)", max_length=NAME_CHARS_MAX)
]
JointActivity = Literal["regular_meeting", "theme_day", "party_lecture", "study", "volunteering", "liaison", "other"]


class PartnershipPropose(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``partnership.propose``. The same number again changes the partnership, once both have signed."""

    partnership: Annotated[
        str, labelled("结对编号（双方通用）", "partnership, as both call it", argument=True, pattern=_EVENT)
    ]
    branch_here: OwnBranch
    branch_there: Annotated[
        str, labelled("对方党支部名称", "the partner's branch", min_length=1, max_length=NAME_CHARS_MAX)
    ]
    purpose: Annotated[str, labelled("共建内容", "purpose", min_length=1, max_length=TEXT_CHARS_MAX)]
    valid_from: Annotated[str, labelled("自", "from", pattern=DATE)]
    valid_until: Annotated[str, labelled("至", "until", pattern=DATE)]
    peer: Peer = ""


class ActivityPropose(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``joint.activity``. Without a partnership it is the two committees'."""

    event: Annotated[str, labelled("活动编号（双方通用）", "event, as both call it", argument=True, pattern=_EVENT)]
    activity: Annotated[JointActivity, labelled("活动类别", "kind of activity", codes="joint_activity_kind")]
    title: Annotated[str, labelled("活动名称", "title", min_length=1, max_length=NAME_CHARS_MAX)]
    on: Annotated[str, labelled("日期", "date", pattern=DATE)]
    place: Annotated[str, labelled("地点", "place", min_length=1, max_length=NAME_CHARS_MAX)]
    partnership: Annotated[Annotated[str, msgspec.Meta(pattern=_EVENT)] | None, labelled("结对编号", "partnership")] = (
        None
    )
    peer: Peer = ""


class PartnershipList(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``partnership.list``."""

    peer: Peer = ""


class PartnershipLine(msgspec.Struct, frozen=True, kw_only=True):
    """One partnership as both sides hold it."""

    partnership: Annotated[str, labelled("结对编号", "partnership")]
    branch_here: Annotated[str, labelled("本方党支部", "our branch")]
    branch_there: Annotated[str, labelled("对方党支部", "the partner's branch")]
    valid_from: Annotated[str, labelled("自", "from")]
    valid_until: Annotated[str, labelled("至", "until")]
    state: Annotated[str, labelled("状态", "state", codes="joint_state")]
    content: Annotated[str, labelled("内容摘要", "digest of the content")]


class PartnershipsListed(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``partnership.list``."""

    active: Annotated[int, labelled("共建中", "active")]
    partnerships: Annotated[list[PartnershipLine], labelled("结对", "partnerships")]


def propose_partnership(act: Act, request: PartnershipPropose) -> JointDone:
    """Propose that two branches work together. Raises D-body-unknown, A-subtree, D-term, P-decision-open, G-…."""
    pairing = active_pairing(act.store, request.peer)
    here = _own_branch(act, request.branch_here)
    check_no_id_number(request.purpose)
    if request.valid_until < request.valid_from:
        raise refuse("D-term")
    body = PartnershipProposed(
        partnership=request.partnership,
        branches=(here, request.branch_there) if pairing.party == 0 else (request.branch_there, here),
        purpose=request.purpose,
        valid_from=request.valid_from,
        valid_until=request.valid_until,
    )
    return propose(act, pairing, "partnership.proposed", body)


def propose_activity(act: Act, request: ActivityPropose) -> JointDone:
    """Propose a joint activity. Raises D-partnership-unknown, A-subtree, G-outside-term, P-decision-open, G-…."""
    pairing = active_pairing(act.store, request.peer)
    if request.partnership is not None:
        found = next((item for item in active(act, request.peer) if _number(item) == request.partnership), None)
        if found is None:
            raise refuse("D-partnership-unknown")
        _own_branch(act, found.value["branches"][found.pairing.party])
    body = JointActivityProposed(
        event=request.event,
        activity=request.activity,
        title=request.title,
        on=request.on,
        place=request.place,
        partnership=request.partnership or msgspec.UNSET,
    )
    return propose(act, pairing, "joint_activity.proposed", body)


def list_partnerships(act: Act, request: PartnershipList) -> PartnershipsListed:
    """Every partnership that was ever proposed, with its state today."""
    found = [item for item in every_proposed(act.store) if item.kind == "partnership"]
    day = today(act.now).isoformat()
    lines = [_line(act, item) for item in found if item.pairing.peer.startswith(request.peer)]
    return PartnershipsListed(
        active=sum(line.state == "signed" and line.valid_from <= day for line in lines), partnerships=lines
    )


def active(act: Act, peer: str = "") -> Iterator[FoundMatter]:
    """Partnerships that both signed, within their term and under an agreement in force."""
    for item in every_proposed(act.store):
        if item.kind == "partnership" and item.pairing.peer.startswith(peer) and matter_state(act, item) == "signed":
            yield item


def _number(item: FoundMatter) -> str:
    return item.key.partition("/")[2]


def _own_branch(act: Act, text: str) -> str:
    body = resolve(act.store, text)
    if not is_within(act.store, body.code, act.staff.body_code):
        raise refuse("A-subtree", body=body.code, reach=act.staff.body_code)
    return body.short_name


def _line(act: Act, item: FoundMatter) -> PartnershipLine:
    branches = item.value["branches"]
    return PartnershipLine(
        partnership=_number(item),
        branch_here=branches[item.pairing.party],
        branch_there=branches[1 - item.pairing.party],
        valid_from=item.value["valid_from"],
        valid_until=item.value["valid_until"],
        state=matter_state(act, item),
        content=item.proposal.content,
    )
