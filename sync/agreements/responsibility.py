"""Who answers for a duty: the same side on both nodes, from the same version of the agreement (A-01).

The answer follows from the terms in force and from which side the member's affiliation is on, both of which the two
nodes share; nothing else is asked::

    show_responsible(act, DutyShow(code="A-18", subject=…))   ->  side "origin", committee "巴彦塔拉苏木党委"
"""

from collections.abc import Mapping
from typing import Annotated, Final

import msgspec

from gongguan.protocol import agreement
from gongguan.protocol.duties import DUTIES, Answerable, responsible
from gongguan.protocol.errors import refuse
from gongguan.protocol.terms import Terms
from gongguan.sync.act import Act
from gongguan.sync.exchange.fold import origin_party
from gongguan.sync.labels import labelled
from gongguan.sync.records import Pairing
from gongguan.sync.shared.partners import Peer, partner, terms_of
from gongguan.sync.shared.periods import (
    check_reach,
    name_of,
)
from gongguan.sync.shared.views import (
    unit_records,
)

DEPARTMENTS: Final = "两地党委组织部门"


class DutyShow(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``agreement.duty``. Without a member only the side is named, since either committee may be it."""

    code: Annotated[str, labelled("职责编号，如 A-18", "duty, e.g. A-18", argument=True, max_length=8)]
    subject: Annotated[
        Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{32}$")] | None,
        labelled("涉及的流动记录编号", "about which member"),
    ] = None
    peer: Peer = ""


class DutyShown(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``agreement.duty``. ``committee``: who that side is for this member."""

    code: Annotated[str, labelled("职责编号", "duty")]
    title: Annotated[str, labelled("职责", "title")]
    side: Annotated[str, labelled("责任方", "responsible side", codes="answerable")]
    committee: Annotated[str | None, labelled("责任单位", "responsible committee")]
    supporting: Annotated[str | None, labelled("配合单位", "supporting committee")]
    because: Annotated[str, labelled("依据", "because", codes="duty_because")]
    name: Annotated[str | None, labelled("姓名", "member")]
    version: Annotated[str, labelled("协议版本摘要", "agreement version")]


def show_responsible(act: Act, request: DutyShow) -> DutyShown:
    """Who answers for a duty. Raises D-duty-unknown, D-subject-unknown, A-subtree, D-peer-…, G-not-in-force."""
    code = request.code.strip().upper()
    period = check_reach(act, request.subject) if request.subject else None
    pairing = act.store.get(Pairing, period.pairing_id) if period else partner(act.store, request.peer)
    if pairing is None:
        raise refuse("D-peer-unknown")
    terms = terms_of(act.store, pairing.pairing_id)
    found = responsible(terms, code)
    named: Mapping[Answerable, str] = {"department": DEPARTMENTS}
    if period is not None:
        named = {**named, **_committees(terms, origin_party(unit_records(act.store, period.agreement, period.subject)))}
    other: Mapping[Answerable, Answerable] = {"origin": "destination", "destination": "origin"}
    return DutyShown(
        code=code,
        title=DUTIES[code].title,
        side=found.side,
        committee=named.get(found.side),
        supporting=named.get(other[found.side]) if found.side in other else None,
        because=found.because,
        name=name_of(act.store, period) if period else None,
        version=agreement.version(agreement.render(terms)),
    )


def _committees(terms: Terms, origin: int) -> Mapping[Answerable, str]:
    return {"origin": terms.parties[origin].title, "destination": terms.parties[1 - origin].title}
