"""Which partner is meant, and what agreement is in force with it.

What is written cites ``version_in_force`` of the running exchange; views, which may run where no exchange is, read the
tables (``terms_of``, ``is_in_force``).
"""

import functools
from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Annotated, Final

from gongguan.protocol.errors import AgreementError, refuse
from gongguan.sync.act import Act
from gongguan.sync.days import today
from gongguan.sync.exchange.values import Value
from gongguan.sync.labels import labelled
from gongguan.sync.records import PAPER, AgreementVersion, CardNote, Handshake, Pairing, PaperPartner
from gongguan.sync.shared.views import (
    shared,
    unit_records,
)
from gongguan.sync.store import Store

if TYPE_CHECKING:  # what commands only name, and would wait for: keys, terms, every kind of message
    from gongguan.protocol.messages.envelope import Body, Message
    from gongguan.protocol.terms import Terms

NO_NODE: Final = "（无节点，公函往来）"
"""Behind the title of a partner without a node, wherever it is named."""

Peer = Annotated[str, labelled("结对节点（编号开头）", "partner (beginning of its id)", max_length=64)]
"""A partner in a request; "" is the only one."""

TEXTS_KEPT: Final = 128
"""Agreement texts that are kept read: more than a committee has partners."""


def version_known(store: Store, pairing_id: str) -> bool:
    """Whether an agreement was ever in force with this partner and is not ended or suspended, by the tables."""
    from gongguan.sync.exchange.fold import is_ended, standing_suspensions  # noqa: PLC0415 - commands only name partners

    records = unit_records(store, pairing_id, "pairing")
    current = version_hash(store, pairing_id)
    return bool(current) and not is_ended(records, current) and not standing_suspensions(records)


def version_hash(store: Store, pairing_id: str) -> str:
    """Hash of the terms in force by the tables, or "": signed by both, or accepted on paper by one without a node."""
    current = shared(store, pairing_id, "pairing", "agreement/current")
    if current is not None:
        return str(current["state"])
    on_paper = store.find(PaperPartner, pairing_id=pairing_id)
    return on_paper[0].version if on_paper else ""


def version_in_force(act: Act, pairing_id: str) -> str:
    """The agreement version to cite. Raises ``G-not-in-force``, or ``G-not-accepted`` of a partner without a node;
    ``G-expired`` when our clock is past its term."""
    book = act.exchange.book(pairing_id)
    current = book.current_version()
    version = book.version(current) if current else None
    if version is None and not book.travels:
        raise refuse("G-not-accepted")
    if version is None:
        raise refuse("G-not-in-force", pairing=pairing_id)
    if today(act.now).isoformat() > version.gate.terms.valid_until:
        raise refuse("G-expired", until=version.gate.terms.valid_until)
    return current


def agreement_in_force(act: Act, pairing_id: str) -> str:
    """The agreement id (hash of version 1) that is in force with this partner. Raises ``G-not-in-force``."""
    version = act.exchange.book(pairing_id).version(version_in_force(act, pairing_id))
    if version is None:
        raise refuse("G-not-in-force", pairing=pairing_id)
    return version.agreement


def active_pairing(store: Store, peer: str) -> Pairing:
    """The active pairing with a partner, named by the beginning of its node id or pairing id, or the only one if "".

    Raises ``D-peer-unknown``, ``D-peer-not-paired``, ``D-peer-ambiguous``; ``D-peer-on-paper`` for one without a node.
    """
    found = _named(store, peer, "active")
    if not found and _named(store, peer, PAPER):
        raise refuse("D-peer-on-paper")
    return _only(store, peer, found)


def partner(store: Store, peer: str) -> Pairing:
    """``active_pairing``, or a partner without a node: for what can be said on paper too."""
    return _only(store, peer, [*_named(store, peer, "active"), *_named(store, peer, PAPER)])


def _named(store: Store, peer: str, state: str) -> list[Pairing]:
    found = store.find(Pairing, state=state)
    return [item for item in found if item.peer.startswith(peer) or item.pairing_id.startswith(peer)]


def _only(store: Store, peer: str, found: list[Pairing]) -> Pairing:
    if not found:
        from gongguan.protocol import pairing  # noqa: PLC0415 - see above

        under_way = any(
            item.peer.startswith(peer) for item in store.find(Handshake) if item.state in pairing.OPEN_STATES
        )
        raise refuse("D-peer-not-paired" if under_way else "D-peer-unknown")
    if len(found) > 1:
        raise refuse("D-peer-ambiguous", count=len(found))
    return found[0]


def terms_of(store: Store, pairing_id: str) -> "Terms":
    """The terms in force with a partner as the tables have them, expired or not. Raises ``G-not-in-force``.

    For views, which may run where no exchange is; what is written cites ``version_in_force``.
    """
    found = store.get(AgreementVersion, version_hash(store, pairing_id))
    if found is None:
        raise refuse("G-not-in-force", pairing=pairing_id)
    return terms_in(found.text)


@functools.lru_cache(maxsize=TEXTS_KEPT)
def terms_in(text: str) -> "Terms":
    """The terms that a text says. Reading one takes 10 ms, and a list asks for those of each of its members."""
    from gongguan.protocol import agreement  # noqa: PLC0415 - see above

    return agreement.parse(text)


def agreement_of(store: Store, pairing_id: str) -> str:
    """The agreement id of the version in force with a partner, as the tables have it. Raises ``G-not-in-force``."""
    found = store.get(AgreementVersion, version_hash(store, pairing_id))
    if found is None:
        raise refuse("G-not-in-force", pairing=pairing_id)
    return found.agreement


def is_in_force(store: Store, pairing_id: str, day: date) -> bool:
    """Whether a version is in force on a day: signed by both, ended by neither, and within its term."""
    from gongguan.sync.exchange.fold import is_ended  # noqa: PLC0415 - commands only name partners

    try:
        terms = terms_of(store, pairing_id)
    except AgreementError:
        return False
    records = unit_records(store, pairing_id, "pairing")
    ended = is_ended(records, version_hash(store, pairing_id))
    return not ended and terms.valid_from <= day.isoformat() <= terms.valid_until


def write_to(act: Act, pairing: Pairing, kind: str, body: "Body") -> "Message":
    """Write a message about no member under the agreement in force and wake the delivery. Raises ``G-…``, ``P-…``."""
    version = version_in_force(act, pairing.pairing_id)
    message = act.exchange.book(pairing.pairing_id).write(kind, body, version=version)
    act.node.wake(pairing.pairing_id)
    return message


def records_of_agreement(act: Act, pairing: Pairing) -> Mapping[str, Value]:
    """What both hold about the agreement itself, as this transaction sees it. Raises ``G-not-in-force``."""
    return act.exchange.book(pairing.pairing_id).unit(agreement_of(act.store, pairing.pairing_id), "agreement").records


def title_of(store: Store, card_hash: str) -> str:
    """The title on a card that is held here; its hash's beginning where it is not.

    Of a partner without a node, whose place in a pairing stands for its card, the title says that it has none.
    """
    held = store.get(CardNote, card_hash)
    if held is None:
        paper = store.get(PaperPartner, card_hash)
        return f"{paper.title}{NO_NODE}" if paper else card_hash[:12]
    return _title_on(held.note)


@functools.lru_cache(maxsize=TEXTS_KEPT)
def _title_on(card: bytes) -> str:
    from gongguan.protocol import card as cards  # noqa: PLC0415 - see above
    from gongguan.protocol import note  # noqa: PLC0415 - see above

    return cards.parse(note.parse(card).text).title


def partner_titles(store: Store) -> dict[str, str]:
    """Pairing id → the partner's title: read once for a list, since reading a card costs more than a row."""
    return {pairing.pairing_id: title_of(store, pairing.their_card) for pairing in store.find(Pairing)}
