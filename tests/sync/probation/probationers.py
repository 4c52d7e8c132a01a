"""A probationary member away from home, and the opinion that the destination gives."""

from typing import Any

import msgspec

from gongguan.sync.records import Member
from tests.files import pdf
from tests.sync.offices import Office, admission, exchanged, member_id, ready

JOINED, ENDS, ASK_ON, ANSWER_BY = "2025-07-01", "2026-07-01", "2026-05-02", "2026-06-16"
DOCUMENT = pdf(300_000)
OPINION: dict[str, Any] = {
    "opinion": "on_time",
    "reasons": ["fulfils_duties", "takes_part_actively"],
    "on": "2026-06-10",
    "signed_by": "临江社区第一党支部 李明",
    "document": DOCUMENT,
}


def probationer(origin: Office, destination: Office) -> str:
    """A probationary member who was notified and admitted; the subject."""
    ready(origin, 1)
    (member,) = origin.find(Member, member_id=member_id(1))
    origin.put(msgspec.structs.replace(member, category="probationary_member", details=f'{{"joined_on":"{JOINED}"}}'))
    subject: str = origin.ask("干事", "departure.notify", member_id=member_id(1)).subject
    exchanged(origin, destination)
    destination.ask("干事", "admission.give", **admission(subject))
    exchanged(origin, destination)
    return subject
