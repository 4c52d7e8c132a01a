"""What the department above has to hear of is kept with the message that tells the partner
(``sync/organisations/superiors.py``).
"""

from typing import Literal

from gongguan.sync.days import today
from gongguan.sync.exchange.fold import Placed
from gongguan.sync.exchange.logbook import LogBook
from gongguan.sync.records import UpwardItem

Matter = Literal["relocation", "event", "refusal"]


def note(book: "LogBook", placed: "Placed", matter: Matter, on: str, content: str) -> None:
    """Open an item with the message that the partner gets or gave; once, also after a restore."""
    message = placed.message
    if book.store.get(UpwardItem, message.id) is None:
        book.store.add(
            UpwardItem(
                item_id=message.id,
                matter=matter,
                subject=str(message.subject),
                on=on,
                content=content,
                opened_on=today(book.now).isoformat(),
            )
        )
