"""Reconciling with a partner: equal, with a statement that both sign, or exactly what differs."""

from typing import TYPE_CHECKING, Annotated, Final

import msgspec

from gongguan.node.operations.operation import Operation
from gongguan.node.operations.said import Said
from gongguan.sync.act import Act, NodePort
from gongguan.sync.labels import labelled
from gongguan.sync.records import Pairing, SharedRecord, SignedStatement
from gongguan.sync.roles import OFFICERS, SIGNERS

if TYPE_CHECKING:  # loaded inside the functions: the command only names its fields
    from gongguan.sync.exchange.reconcile import Session

SHOWN_MAX: Final = 200


class ReconcileRun(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``reconcile.run``."""

    peer: Annotated[str, labelled("对方节点（编号开头几位；只有一个时可不填）", "partner (beginning of its id)")] = ""
    quick: Annotated[
        bool, labelled("只比摘要，不逐条核对取值（不出对账声明）", "compare kept digests only, without a statement")
    ] = False


class DifferenceRow(msgspec.Struct, frozen=True, kw_only=True):
    """A record that differs."""

    record: Annotated[str, labelled("记录", "record")]
    here: Annotated[bool, labelled("本节点有", "here")]
    there: Annotated[bool, labelled("对方有", "there")]


class Reconciled(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``reconcile.run``."""

    result: Annotated[str, labelled("结果", "result", codes="reconciled")]
    checked: Annotated[str, labelled("核对方式", "what was compared", codes="compared")]
    records: Annotated[int, labelled("比对的记录", "records compared")]
    rounds: Annotated[int, labelled("往返次数", "round trips")]
    difference_count: Annotated[int, labelled("不一致的记录", "records that differ")]
    digest: Annotated[str, labelled("本节点摘要", "digest here")]
    differences: Annotated[list[DifferenceRow], labelled("不一致", "differences")]
    statement: Annotated[bytes | None, labelled("双方签名的对账声明", "signed statement", suffix="对账声明.note")] = (
        None
    )


class ReconcileList(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``reconcile.list``."""


class StatementRow(msgspec.Struct, frozen=True, kw_only=True):
    """A statement of equality that both sides signed."""

    at: Annotated[str, labelled("时间", "at")]
    peer: Annotated[str, labelled("对方节点", "partner")]
    records: Annotated[int, labelled("记录数", "records")]
    statement: Annotated[str, labelled("声明编号", "statement")]


class Statements(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``reconcile.list``."""

    statements: Annotated[list[StatementRow], labelled("对账声明", "statements of equality")]
    shared_records: Annotated[int, labelled("本节点共管记录", "shared records here")]


def compare(node: NodePort, request: ReconcileRun) -> "Session":
    """The reconciliation itself, outside the transaction: it waits for the partner. Raises ``D-peer-…``, ``T-…``."""
    return node.compare(request.peer, full=not request.quick)


def conclude(act: Act, session: "Session") -> Reconciled:
    """Keep the statement that both signed, or say what differs."""
    from gongguan.sync.exchange import reconcile  # noqa: PLC0415

    statement: SignedStatement | None = None
    if session.line:
        book = act.exchange.book(session.scope)
        statement = reconcile.keep_statement(book, session.statement, session.own_line, session.line)
    found = reconcile.differences(session)
    return Reconciled(
        result="equal" if reconcile.is_equal(session) else "different",
        checked="digests" if session.scan is None else "values",
        records=session.here.records,
        rounds=session.comparison.rounds,
        difference_count=len(found),
        digest=session.here.digest.hex(),
        differences=[DifferenceRow(record=item.record, here=item.here, there=item.there) for item in found[:SHOWN_MAX]],
        statement=statement.note if statement is not None else None,
    )


def statements(act: Act, request: ReconcileList) -> Statements:
    """The statements kept here, newest last."""
    from gongguan.sync.exchange import reconcile  # noqa: PLC0415

    peers = {pairing.pairing_id: pairing.peer for pairing in act.store.find(Pairing)}
    rows = [
        StatementRow(
            at=item.at,
            peer=peers.get(item.pairing_id, ""),
            records=reconcile.parse_statement(item.note.decode().split("\n\n")[0] + "\n").records,
            statement=item.hash,
        )
        for item in act.store.find(SignedStatement, order=("at",))
        if item.kind == "equality"
    ]
    return Statements(statements=rows, shared_records=act.store.count(SharedRecord))


OPERATIONS: Final = (
    Operation(
        name="reconcile.run",
        title="与对方对账",
        english="reconcile with a partner",
        request=ReconcileRun,
        answer=Reconciled,
        roles=OFFICERS | SIGNERS,
        function=conclude,
        prepare=compare,
        outside=True,
        duties=("A-61", "A-66"),
        done=Said(
            "比对记录 {records} 条，不一致 {difference_count} 条。",
            "{records} records compared, {difference_count} differ.",
        ),
        hint=Said(
            "有不一致时，两边各运行 gongguan verify run，看是哪一方的记录离开了日志。",
            "Where records differ, run gongguan verify run on both sides to see whose table left its logs.",
        ),
    ),
    Operation(
        name="reconcile.list",
        title="查看对账声明",
        english="list the statements of equality",
        request=ReconcileList,
        answer=Statements,
        roles=OFFICERS | SIGNERS,
        function=statements,
        duties=("A-66",),
        reads=True,
    ),
)
