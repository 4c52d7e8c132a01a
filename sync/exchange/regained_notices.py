"""Our own notices of departure that come back after an older backup was put back: whom each is about.

A notice names nobody by an id of ours. It is matched to a member by the keyed digest of the ID number that it bears,
or by the number of the certificate and the name; then the stay is on our lists again::

    regain(book, placed)      # a reaction, while the pairing is recovering
"""

from typing import TYPE_CHECKING

from gongguan.protocol.messages.movement import DepartureNotified
from gongguan.sync.exchange.certificate_register import certificate_holder
from gongguan.sync.exchange.fold import Placed
from gongguan.sync.exchange.match_keys import match_of
from gongguan.sync.exchange.mobility_periods import of_our_member
from gongguan.sync.records import Member, MobilityPeriod, Setting
from gongguan.sync.store import Store

if TYPE_CHECKING:
    from gongguan.sync.exchange.logbook import LogBook


def regain(book: "LogBook", placed: Placed, match_key_name: str) -> None:
    """The member's stay is known here again; nothing where it was known, or where nobody here fits the notice."""
    subject, notice = str(placed.message.subject), placed.message.body
    if book.store.get(MobilityPeriod, subject) is not None:
        return
    setting = book.store.get(Setting, match_key_name)
    member = _whose(book.store, notice, bytes.fromhex(setting.value) if setting else None)
    if member is None:
        return
    book.store.put(of_our_member(subject, placed.agreement, book.pairing.pairing_id, member))


def _whose(store: Store, notice: DepartureNotified, key: bytes | None) -> Member | None:
    member_id = certificate_holder(store, notice.certificate_number)
    holder = store.get(Member, member_id) if member_id else None
    if holder is not None and holder.name == notice.name:
        return holder
    if key is None or not isinstance(notice.match, str):
        return None
    # The certificate may have been issued after the backup: every member is compared.
    return next((item for item in store.find(Member) if match_of(key, item.id_number) == notice.match), None)
