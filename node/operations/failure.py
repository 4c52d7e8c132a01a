"""How a refusal travels to a person's program, apart from the table of operations, which ``gongguan --help`` loads."""

from typing import Any

import msgspec

from gongguan.protocol.errors import ProtocolError


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """How an error travels to a person's program: what happened, what to do next, both in two languages.

    ``facts`` are ids, counts and positions. ``detail`` is an answer that comes with the refusal (rows to correct).
    """

    code: str
    what: str
    next: str
    what_en: str
    next_en: str
    facts: dict[str, Any] = {}
    detail: dict[str, Any] | None = None


def failure_of(error: ProtocolError, detail: msgspec.Struct | None = None) -> Failure:
    """An error as it travels."""
    return Failure(
        code=error.code,
        what=error.sentence("zh"),
        next=error.next_step("zh"),
        what_en=error.sentence("en"),
        next_en=error.next_step("en"),
        facts=msgspec.to_builtins(error.facts, builtin_types=(bytes,), str_keys=True),
        detail=None if detail is None else msgspec.to_builtins(detail, builtin_types=(bytes,)),
    )
