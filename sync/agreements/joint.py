"""What both sides settle together besides the agreement: minutes, partnerships of branches, joint activities.

One side proposes, the other signs the very content that it was shown, by its digest, or declines it; the same digest
stands on both sides. A new content of the same matter is proposed the same way and replaces the one in force. All of
it lives under the agreement and ends with it::

    made = propose(act, pairing, "minutes.proposed", MinutesProposed(…))
    sign(partner_act, JointSign(content=made.content))
"""

from collections.abc import Iterator
from typing import Annotated, Any, Final, Literal, NamedTuple

import msgspec

from gongguan.protocol.decision import Proposal, View
from gongguan.protocol.errors import refuse
from gongguan.protocol.limits import TEXT_CHARS_MAX
from gongguan.protocol.messages.envelope import Body
from gongguan.protocol.messages.joint import JointAnswered, content_digest
from gongguan.sync.act import Act
from gongguan.sync.days import today
from gongguan.sync.exchange.fold import JOINT, decisions
from gongguan.sync.exchange.values import Value
from gongguan.sync.labels import labelled
from gongguan.sync.records import AgreementVersion, Pairing
from gongguan.sync.roles import SIGNERS, WORKERS
from gongguan.sync.shared.partners import Peer, is_in_force, records_of_agreement, title_of, write_to
from gongguan.sync.shared.views import (
    effective,
    in_category,
    of_agreement,
)
from gongguan.sync.store import Store

MATTERS: Final = ("minutes", "partnership", "joint_activity")
DIGEST_SHOWN: Final = 16
SIGNED_BY: Final = {"minutes": SIGNERS, "partnership": SIGNERS, "joint_activity": WORKERS}
"""Whose signature a matter takes."""

MatterKind = Annotated[
    Literal["minutes", "partnership", "joint_activity"] | None,
    labelled("只看一类", "one kind only", codes="joint_kind"),
]
Ref = Annotated[
    str, labelled("编号或内容摘要（开头几位）", "id or digest, or how it begins", argument=True, max_length=64)
]


class JointList(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``joint.list``."""

    kind: MatterKind = None
    peer: Peer = ""


class JointLine(msgspec.Struct, frozen=True, kw_only=True):
    """One content that was proposed. ``digest``: the beginning of its digest, the same on both sides."""

    id: Annotated[str, labelled("编号", "id")]
    kind: Annotated[str, labelled("类别", "kind", codes="joint_kind")]
    matter: Annotated[str, labelled("名称", "matter")]
    state: Annotated[str, labelled("状态", "state", codes="joint_state")]
    peer: Annotated[str, labelled("对方", "partner")]
    proposed_by: Annotated[str, labelled("提出方", "proposed by", codes="proposer")]
    on: Annotated[str, labelled("日期或期限", "date or term")]
    digest: Annotated[str, labelled("内容摘要（开头）", "digest of the content (its beginning)")]


class JointListed(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``joint.list``. ``waiting``: what the partner proposed and we have not answered."""

    waiting: Annotated[int, labelled("待本方答复", "our answer is due")]
    matters: Annotated[list[JointLine], labelled("共同事项", "joint matters")]


class JointShow(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``joint.show``."""

    id: Ref


class JointShown(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``joint.show``. ``attended``: members whose attendance of a joint activity counts, each once."""

    line: Annotated[JointLine, labelled("事项", "matter")]
    content: Annotated[str, labelled("内容摘要（签署时核对）", "digest (to compare when signing)")]
    document: Annotated[str, labelled("内容", "content")]
    attended: Annotated[int | None, labelled("参加党员（每人计一次）", "members who attended, each once")]


class JointSign(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``joint.sign``. ``content``: the whole digest of what was read."""

    content: Annotated[str, labelled("看过的内容摘要", "digest that was read", argument=True, pattern="^[0-9a-f]{64}$")]


class JointDecline(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``joint.decline``."""

    id: Ref
    reason: Annotated[str, labelled("理由", "reason", min_length=1, max_length=TEXT_CHARS_MAX)]


class JointDone(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of whatever proposes, signs or declines."""

    id: Annotated[str, labelled("编号", "id")]
    matter: Annotated[str, labelled("名称", "matter")]
    content: Annotated[str, labelled("内容摘要", "digest of the content")]
    peer: Annotated[str, labelled("对方", "partner")]
    state: Annotated[str, labelled("状态", "state", codes="joint_state")]


class FoundMatter(NamedTuple):
    """A content that was proposed, with where it belongs. ``agreement``: its id."""

    pairing: Pairing
    agreement: str
    key: str
    view: View
    proposal: Proposal
    value: Value

    @property
    def kind(self) -> str:
        """minutes, partnership or joint_activity."""
        return self.key.partition("/")[0]


def propose(act: Act, pairing: Pairing, kind: str, body: Body) -> JointDone:
    """Propose a content; it replaces what both have signed last on the same matter.

    Raises G-not-in-force, G-expired, G-outside-term, P-decision-open while an own proposal on it is unanswered.
    """
    value: dict[str, Any] = msgspec.to_builtins(body)
    key = JOINT[kind](value)
    current = decisions(records_of_agreement(act, pairing), key).current(key)
    message = write_to(act, pairing, kind, msgspec.structs.replace(body, replaces=current or msgspec.UNSET))
    return JointDone(
        id=message.id,
        matter=key,
        content=content_digest(value),
        peer=title_of(act.store, pairing.their_card),
        state="proposed",
    )


def sign(act: Act, request: JointSign) -> JointDone:
    """Sign what the partner proposed: from here on it is settled on both sides. Raises D-joint-none-waits, A-role."""
    found = next((item for item in _waiting(act) if item.proposal.content == request.content), None)
    if found is None:
        raise refuse("D-joint-none-waits")
    if act.staff.role not in SIGNED_BY[found.kind]:
        raise refuse("A-role", role=act.staff.role)
    return _answered(act, found, "accept")


def decline(act: Act, request: JointDecline) -> JointDone:
    """Tell the partner that this content is not agreed to. Raises D-joint-none-waits, D-joint-ambiguous, A-role."""
    found = _one(list(_waiting(act)), request.id, "D-joint-none-waits")
    if act.staff.role not in SIGNED_BY[found.kind]:
        raise refuse("A-role", role=act.staff.role)
    return _answered(act, found, "decline", request.reason)


def list_joint(act: Act, request: JointList) -> JointListed:
    """Everything proposed to or by any partner, newest day first."""
    found = [
        item
        for item in every_proposed(act.store)
        if request.kind in (None, item.kind) and item.pairing.peer.startswith(request.peer)
    ]
    lines = [_line(act, item) for item in found]
    return JointListed(
        waiting=sum(line.state == "proposed" and line.proposed_by == "there" for line in lines),
        matters=sorted(lines, key=lambda line: (line.on, line.matter, line.id), reverse=True),
    )


def show_joint(act: Act, request: JointShow) -> JointShown:
    """One content in words. Raises D-joint-unknown, D-joint-ambiguous."""
    found = _one(list(every_proposed(act.store)), request.id, "D-joint-unknown")
    return JointShown(
        line=_line(act, found),
        content=found.proposal.content,
        document="\n".join(words(found)),
        attended=len(attendants(act.store, found)) if found.kind == "joint_activity" else None,
    )


def every_proposed(store: Store) -> Iterator[FoundMatter]:
    """Every content that was ever proposed, under all agreements."""
    for pairing in store.find(Pairing):
        versions = store.find(AgreementVersion, pairing_id=pairing.pairing_id)
        for agreement in sorted({version.agreement for version in versions}):
            yield from _proposed(store, pairing, agreement)


def signed(store: Store, agreement: str, kind: str) -> Iterator[Value]:
    """The content of every matter of a kind that both have signed."""
    for record in of_agreement(store, agreement, kind).values():
        value = effective(record)
        if value is not None:
            yield value


def attendants(store: Store, found: FoundMatter) -> set[str]:
    """The members who attended a joint activity, by the facts of both sides: one entry or two, each counts once."""
    event = f"life/{found.value['event']}"
    return {
        subject
        for subject, key, record in in_category(store, found.agreement, "life")
        if key == event and (effective(record) or {}).get("attendance") == "confirmed"
    }


# --- inside ---------------------------------------------------------------------------------------------------


def _proposed(store: Store, pairing: Pairing, agreement: str) -> Iterator[FoundMatter]:
    views = of_agreement(store, agreement, "decision")
    for kind in MATTERS:
        for key, record in of_agreement(store, agreement, kind).items():
            view = decisions(views, key)
            for entry in record["entries"]:
                proposal = view.proposal(entry["id"])
                if proposal is not None:
                    yield FoundMatter(pairing, agreement, key, view, proposal, entry["value"])


def _waiting(act: Act) -> Iterator[FoundMatter]:
    for found in every_proposed(act.store):
        open_here = found.proposal.party != found.pairing.party and found.view.answer_to(found.proposal.id) is None
        if open_here and found.pairing.state == "active":
            yield found


def _one(every_found: list[FoundMatter], wanted: str, code: str) -> FoundMatter:
    found = [item for item in every_found if wanted and item.proposal.id.startswith(wanted)]
    found = found or [item for item in every_found if wanted and item.proposal.content.startswith(wanted)]
    if not found:
        raise refuse(code)
    if len(found) > 1:
        raise refuse("D-joint-ambiguous", count=len(found))
    return found[0]


def _answered(act: Act, found: FoundMatter, answer: Any, reason: str | None = None) -> JointDone:
    body = JointAnswered(
        matter=found.key,
        proposal=found.proposal.id,
        content=found.proposal.content,
        answer=answer,
        reason=reason or msgspec.UNSET,
    )
    write_to(act, found.pairing, "joint.answered", body)
    return JointDone(
        id=found.proposal.id,
        matter=found.key,
        content=found.proposal.content,
        peer=title_of(act.store, found.pairing.their_card),
        state="signed" if answer == "accept" else "declined",
    )


def matter_state(act: Act, found: FoundMatter) -> str:
    """proposed, declined, signed, replaced, or ended with the agreement or its own term."""
    answer = found.view.answer_to(found.proposal.id)
    if answer is None or not answer.accepted:
        return "proposed" if answer is None else "declined"
    if found.view.is_crossed(found.key, found.proposal.predecessor):
        return "crossed"
    if found.view.current(found.key) != found.proposal.content:
        return "replaced"
    day = today(act.now)
    if found.kind == "partnership" and not (
        is_in_force(act.store, found.pairing.pairing_id, day) and day.isoformat() <= found.value["valid_until"]
    ):
        return "ended"
    return "signed"


def _line(act: Act, found: FoundMatter) -> JointLine:
    value = found.value
    on = {"minutes": "held_on", "joint_activity": "on"}.get(found.kind)
    return JointLine(
        id=found.proposal.id,
        kind=found.kind,
        matter=str(value.get("title") or found.key.partition("/")[2]),
        state=matter_state(act, found),
        peer=title_of(act.store, found.pairing.their_card),
        proposed_by="here" if found.proposal.party == found.pairing.party else "there",
        on=value[on] if on else f"{value['valid_from']} 至 {value['valid_until']}",
        digest=found.proposal.content[:DIGEST_SHOWN],
    )


def words(found: FoundMatter) -> Iterator[str]:
    """A content as people read it."""
    value = found.value
    yield f"编号：{found.key.partition('/')[2]}"
    if found.kind == "minutes":
        yield f"会商日期：{value['held_on']}　参加人数：甲方 {value['attended'][0]}，乙方 {value['attended'][1]}"
        yield from (f"议题{number}：{item}" for number, item in enumerate(value["agenda"], start=1))
        yield from (f"决议{number}：{item}" for number, item in enumerate(value["resolutions"], start=1))
    elif found.kind == "partnership":
        yield f"甲方党支部：{value['branches'][0]}"
        yield f"乙方党支部：{value['branches'][1]}"
        yield f"期限：{value['valid_from']} 至 {value['valid_until']}"
        yield f"共建内容：{value['purpose']}"
    else:
        yield f"活动：{value['title']}　日期：{value['on']}　地点：{value['place']}"
        yield "双方登记参加情况都用上面的编号，每名党员只计一次。"
    if "replaces" in value:
        yield f"代替先前的内容（摘要 {value['replaces']}）"
