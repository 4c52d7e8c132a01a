"""Requests that do one thing for many: all rows or none, and every row that cannot be done is named with its reason.

::

    each_row(request.rows, enter)    # what enter(row) gave, in order; raises D-rows with what to mend
"""

from collections.abc import Callable, Sequence
from typing import Annotated, Any, Final, TypeVar

import msgspec

from gongguan.protocol.errors import ProtocolError
from gongguan.sync.act import Rejected
from gongguan.sync.labels import labelled

ROWS_MAX: Final = 1000
"""Rows of one request: the members of a large committee's sheet, in one transaction of a second or two."""

T = TypeVar("T")


class RefusedRow(msgspec.Struct, frozen=True, kw_only=True):
    """One row that cannot be done. ``row`` counts from 1."""

    row: Annotated[int, labelled("行", "row")]
    person: Annotated[str, labelled("党员", "member")]
    code: Annotated[str, labelled("代码", "code")]
    reason: Annotated[str, labelled("原因", "reason (in Chinese)")]
    step: Annotated[str, labelled("怎么办", "what to do (in Chinese)")]


class RowsToCorrect(msgspec.Struct, frozen=True, kw_only=True):
    """What comes with D-rows."""

    refused: Annotated[list[RefusedRow], labelled("须改正的行", "rows to correct")]


def each_row(rows: Sequence[Any], work: Callable[[Any], T]) -> list[T]:
    """What ``work`` gives for each row. Raises D-rows, with every row that was refused, so that nothing is kept."""
    done: list[T] = []
    refused: list[RefusedRow] = []
    for number, row in enumerate(rows, 1):
        try:
            done.append(work(row))
        except ProtocolError as error:
            if error.code.startswith("I-"):
                raise
            refused.append(
                RefusedRow(
                    row=number,
                    person=str(row.person),
                    code=error.code,
                    reason=error.sentence(),
                    step=error.next_step(),
                )
            )
    if refused:
        raise Rejected("D-rows", lambda: RowsToCorrect(refused=refused), rows=len(refused))
    return done
