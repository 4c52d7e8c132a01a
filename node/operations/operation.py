"""One row of the table of operations: what it is called, what goes in and out, who may, and what runs.

The function is a plain ``(act, request) -> answer`` that runs in one transaction::

    Operation(
        name="body.list", title="查看组织", english="list the bodies",
        request=BodyList, answer=BodyTree, roles=EVERYONE, function=list_bodies, reads=True,
    )
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gongguan.node.operations.said import Instead, Said, Told, told_of

if TYPE_CHECKING:
    import msgspec

    from gongguan.sync.act import Act, NodePort
    from gongguan.sync.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """An operation.

    ``reads``: it runs on a snapshot and cannot write. ``personal``: its answer holds data of members; ``purpose``:
    why they are read, where the person names no other reason (a code of the list ``purpose``); ``counted``: the field
    of the answer that says how many members are shown, where it lists none. ``subtree`` gives the code of the body
    that a request touches; it must lie in the acting person's subtree (None: nothing to check, or the function keeps
    to the person's own subtree). ``settle`` gives the request with ids in place of names. ``about`` is what the audit
    says was acted on (``member:…``); it holds ids, never names. ``prepare`` turns a request into what the function
    gets, outside the transaction: parsing a workbook must not hold up the writer; ``outside``: it acts beyond this
    node, so there is no dry run. ``done`` and ``hint`` are what a person reads afterwards;
    ``instead`` has others for answers after which they would mislead; the first that fits counts.
    """

    name: str
    title: str
    english: str
    request: "type[msgspec.Struct]"
    answer: "type[msgspec.Struct]"
    roles: frozenset[str]
    function: "Callable[..., msgspec.Struct]"
    duties: tuple[str, ...] = ()
    reads: bool = False
    personal: bool = False
    subtree: "Callable[[Store, Any], str | None] | None" = None
    settle: "Callable[[Act, Any], Any] | None" = None
    about: Callable[[Any], str | None] | None = None
    prepare: "Callable[[NodePort, Any], Any] | None" = None
    purpose: str = "daily_work"
    counted: str | None = None
    outside: bool = False
    done: Said | None = None
    hint: Said | None = None
    instead: tuple[Instead, ...] = ()

    def told(self, answer: Any) -> Told:
        """What a person reads after this answer."""
        return told_of(self.done, self.hint, self.instead, answer)

    @property
    def family(self) -> str:
        """The part of the name before the dot."""
        return self.name.partition(".")[0]

    @property
    def tail(self) -> str:
        """The part after the dot, as a command is called."""
        return self.name.partition(".")[2].replace("_", "-")

    def said(self, language: str) -> str:
        """The title in ``zh`` or ``en``."""
        return self.title if language == "zh" else self.english
