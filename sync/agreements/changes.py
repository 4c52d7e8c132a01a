"""What a new text changes, clause by clause, as people read it before they sign.

Both texts are renderings of their terms, so comparing their lines compares all that they say; the list of messages is
one long line and is compared item by item::

    show_changes(act, AgreementDiff(id="3f2a"))   ->  第十条　时限：  － 每 6 个月会商一次。  ＋ 每 3 个月会商一次。
"""

from collections.abc import Iterator
from difflib import SequenceMatcher
from typing import Annotated, Final, NamedTuple

import msgspec

from gongguan.protocol import agreement
from gongguan.protocol.agreement_templates import TEMPLATES
from gongguan.protocol.errors import refuse
from gongguan.protocol.terms import Terms
from gongguan.sync.act import Act
from gongguan.sync.agreements.texts import AgreementId, find_agreement, text_before
from gongguan.sync.labels import labelled
from gongguan.sync.shared.partners import Peer, title_of

_LIST_ITEMS_MIN: Final = 4
"""A line of so many items or more is compared item by item."""


class AgreementDiff(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``agreement.diff``: by default of what waits for a signature, else of a draft."""

    id: AgreementId = None
    peer: Peer = ""


class ChangeLine(msgspec.Struct, frozen=True, kw_only=True):
    """One clause that went or came."""

    article: Annotated[str, labelled("条", "article")]
    change: Annotated[str, labelled("变动", "change", codes="clause_change")]
    text: Annotated[str, labelled("内容", "text")]


class AgreementCompared(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``agreement.diff``. ``before``: the version that it replaces."""

    id: Annotated[str, labelled("编号", "id")]
    state: Annotated[str, labelled("状态", "state", codes="agreement_state")]
    peer: Annotated[str, labelled("对方", "partner")]
    before: Annotated[str, labelled("现行版本摘要", "version that it replaces")]
    version: Annotated[str, labelled("新版本摘要（签署时核对）", "new version (to compare when signing)")]
    changes: Annotated[list[ChangeLine], labelled("变动", "changes")]


class Clause(NamedTuple):
    """A line of an article, or one item of a long list."""

    article: str
    text: str


def show_changes(act: Act, request: AgreementDiff) -> AgreementCompared:
    """Every clause that differs between a text and the version that it replaces.

    Raises D-agreement-unknown, D-agreement-ambiguous, D-agreement-first (it replaces none).
    """
    found = find_agreement(act, request.id, request.peer, order=("proposed", "draft", "in_force"))
    before = text_before(act.store, found)
    if before is None:
        raise refuse("D-agreement-first")
    return AgreementCompared(
        id=found.id,
        state=found.state,
        peer=title_of(act.store, found.pairing.their_card),
        before=agreement.version(before),
        version=found.version,
        changes=list(changes(agreement.parse(before), agreement.parse(found.text))),
    )


def changes(before: Terms, after: Terms) -> Iterator[ChangeLine]:
    """The clauses that went and those that came, in the order of the text."""
    old, new = list(_clauses(before)), list(_clauses(after))
    for tag, first, last, start, end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag != "equal":
            yield from (_line(clause, "removed") for clause in old[first:last])
            yield from (_line(clause, "added") for clause in new[start:end])


def _line(clause: Clause, change: str) -> ChangeLine:
    return ChangeLine(article=clause.article, change=change, text=clause.text)


def _clauses(terms: Terms) -> Iterator[Clause]:
    article = ""
    for line in TEMPLATES[terms.template].prose(terms):
        if not line.startswith("　"):
            article = line
            continue
        head, mark, rest = line.strip("　").partition("：")
        items = rest.rstrip("。").split("、")
        if mark and len(items) >= _LIST_ITEMS_MIN and not _is_own_wording(terms, line):
            yield from (Clause(article, f"{head}：{item}") for item in items)
        else:
            yield Clause(article, line.strip("　"))


def _is_own_wording(terms: Terms, line: str) -> bool:
    """Whether a line is one that the committees wrote themselves: it stays whole."""
    words = (terms.sections.responsibilities, terms.sections.goals_and_methods, terms.sections.safeguards)
    return any(line.strip("　") in text.split("\n") for text in words)
