"""Checking this node against its own logs, and putting records back after a person's yes."""

from typing import TYPE_CHECKING, Annotated, Final

import msgspec

from gongguan.node.operations.operation import Operation
from gongguan.node.operations.said import Said
from gongguan.protocol.errors import refuse
from gongguan.sync.act import Act
from gongguan.sync.labels import labelled
from gongguan.sync.roles import OFFICERS, SIGNERS

if TYPE_CHECKING:  # loaded inside the functions: the command only names its fields
    from gongguan.sync.exchange.verification import Examined

SHOWN_MAX: Final = 200
"""Altered records listed in one answer; the count is always whole."""


class VerifyRun(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``verify.run``."""


class VerifyRepair(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``verify.repair``. ``altered`` is the number that ``verify.run`` showed: the person's yes to it."""

    altered: Annotated[
        int, labelled("确认要恢复的记录数（gongguan verify run 所列）", "number of records to put back, as shown")
    ]


class AlteredRow(msgspec.Struct, frozen=True, kw_only=True):
    """One record that left the logs."""

    record: Annotated[str, labelled("记录", "record")]
    what: Annotated[str, labelled("情况", "what", codes="altered")]


class BrokenRow(msgspec.Struct, frozen=True, kw_only=True):
    """One log that does not add up to its signed head."""

    epoch: Annotated[str, labelled("日志时段", "epoch")]
    author: Annotated[str, labelled("哪一方", "whose", codes="author")]
    code: Annotated[str, labelled("代码", "code")]


class Verified(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of both."""

    pairings: Annotated[int, labelled("结对", "pairings")]
    messages: Annotated[int, labelled("检查的消息", "messages checked")]
    records: Annotated[int, labelled("核对的记录", "records compared")]
    altered_count: Annotated[int, labelled("与日志不符的记录", "records that left the logs")]
    broken_count: Annotated[int, labelled("与签名不符的日志", "logs that left their signed heads")]
    altered: Annotated[list[AlteredRow], labelled("与日志不符", "left the logs")]
    broken: Annotated[list[BrokenRow], labelled("与签名不符", "left the signed heads")]


def run(act: Act, request: VerifyRun) -> Verified:
    """Rebuild everything from the logs and compare; nothing is changed."""
    return _answer(_examine_all(act))


def repair(act: Act, request: VerifyRepair) -> Verified:
    """Put back what the logs say. Raises ``D-verify-changed`` when the count is not the one that was confirmed."""
    from gongguan.sync.exchange import verification  # noqa: PLC0415

    found = _examine_all(act)
    if sum(len(item.altered) for item in found.values()) != request.altered:
        raise refuse("D-verify-changed", confirmed=request.altered)
    for pairing_id, examined in found.items():
        verification.repair(act.exchange.book(pairing_id), examined)
    return _answer(found)


def _examine_all(act: Act) -> dict[str, "Examined"]:
    from gongguan.sync.exchange import verification  # noqa: PLC0415

    pairings = [*act.exchange.pairings(), *act.exchange.pairings(state="frozen")]
    return {item.pairing_id: verification.examine(act.exchange.book(item.pairing_id)) for item in pairings}


def _answer(found: dict[str, "Examined"]) -> Verified:
    altered = [item for examined in found.values() for item in examined.altered]
    broken = [item for examined in found.values() for item in examined.broken]
    return Verified(
        pairings=len(found),
        messages=sum(item.messages for item in found.values()),
        records=sum(item.records for item in found.values()),
        altered_count=len(altered),
        broken_count=len(broken),
        altered=[AlteredRow(record=f"{item.subject}/{item.key}", what=item.what) for item in altered[:SHOWN_MAX]],
        broken=[
            BrokenRow(epoch=item.epoch, author="own" if item.own else "partner", code=item.code) for item in broken
        ],
    )


OPERATIONS: Final = (
    Operation(
        name="verify.run",
        title="用双方签名的日志核对本机记录",
        english="check this node's records against the signed logs",
        request=VerifyRun,
        answer=Verified,
        roles=OFFICERS | SIGNERS,
        function=run,
        duties=("A-61", "A-66"),
        reads=True,
        done=Said(
            "核对记录 {records} 条、消息 {messages} 条：{altered_count} 条与日志不符，{broken_count} 个日志不成立。",
            "{records} records, {messages} messages: {altered_count} left the logs, {broken_count} logs their heads.",
        ),
        hint=Said(
            "如有不符，恢复为日志所载：gongguan verify repair --altered 条数",
            "To put back what the logs say: gongguan verify repair --altered COUNT",
        ),
    ),
    Operation(
        name="verify.repair",
        title="按日志恢复不符的记录",
        english="put records back as the logs say",
        request=VerifyRepair,
        answer=Verified,
        roles=OFFICERS,
        function=repair,
        duties=("A-66",),
        done=Said("已按日志恢复 {altered_count} 条记录。", "{altered_count} records were put back."),
        hint=Said("再与对方对账：gongguan reconcile run", "Reconcile again: gongguan reconcile run"),
    ),
)
