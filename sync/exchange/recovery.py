"""What became of a restore, in figures: how much this node had lacked, what came back from the partner, what did not.

While a pairing is recovering (``LogBook.begin_recovery``) nothing is written in it. It ends by itself when the partner
has shown all that it holds. ``begin`` starts one by an officer's word, where no file tells that a backup was put back
(``P-own-retired``); ``give_up`` ends one, for a partner that is gone. What comes back later is taken nevertheless::

    for account in accounts(store): account.expected, account.returned, account.lost
"""

from typing import NamedTuple

from gongguan.sync.exchange import standing
from gongguan.sync.exchange.exchange import Exchange
from gongguan.sync.exchange.logbook import LogBook
from gongguan.sync.records import Epoch, Pairing, Recovery
from gongguan.sync.store import Store


class Account(NamedTuple):
    """One recovery. ``expected``: own messages that the database lacked, by the fence or by what came back;
    ``erased``: those that came back as no more than a hash, since the partner says that the member is erased;
    ``awaited``: those not back yet; ``lost``: those that the partner never received. ``_there``: the partner's own.
    """

    recovery: Recovery
    peer: str
    expected: int
    returned: int
    erased: int
    awaited: int
    lost: int
    expected_there: int
    returned_there: int


def accounts(store: Store) -> list[Account]:
    """Every recovery of this node that its database knows of, oldest first."""
    found = sorted(store.find(Recovery), key=lambda item: item.began_at)
    return [account for item in found if (account := _account(store, item)) is not None]


def _account(store: Store, recovery: Recovery) -> Account | None:
    pairing = store.get(Pairing, recovery.pairing_id)
    if pairing is None:
        return None
    held = {row.epoch: row.size for row in store.find(Epoch, pairing_id=recovery.pairing_id)}
    missing = {True: 0, False: 0}
    for own, epoch, size in recovery.marks:
        missing[own] += max(0, size - held.get(epoch, 0))
    returned = max(recovery.returned, recovery.lacked_here - missing[True])
    is_over = recovery.ended_at is not None
    return Account(
        recovery=recovery,
        peer=pairing.peer,
        expected=returned + missing[True],
        returned=returned,
        erased=recovery.erased,
        awaited=0 if is_over else missing[True],
        lost=missing[True] if is_over else 0,
        expected_there=recovery.lacked_there,
        returned_there=recovery.lacked_there - missing[False],
    )


def begin(exchange: Exchange, pairing_id: str) -> LogBook:
    """An officer says that an older backup was put back: fetch what is lacking. Nothing if that is under way."""
    book = exchange.book(pairing_id)
    standing.begin_recovery(book, "officer")
    return book


def give_up(exchange: Exchange, pairing_id: str) -> LogBook:
    """End a recovery without having heard all. Nothing if none is under way."""
    book = exchange.book(pairing_id)
    if book.pairing.recovering:
        exchange.finish_recovery(book, given_up=True)
    return book
