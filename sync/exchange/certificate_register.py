"""The register of certificates issued here, as a partner's question about a presented number is answered (A-15, A-29).

The answer is found without a person: what a roster told counts as issued, and an ID number is compared by its digest
under the agreement's match key, never shown::

    answer(store, query_id, CertificateQueried(number="990521-2026-0007", on="2026-03-01", match=…), match_key)
"""

import hmac

from gongguan.protocol.messages.certificate import CertificateQueried, CertificateStated
from gongguan.sync.exchange.match_keys import match_of
from gongguan.sync.records import Certificate, Member, OutflowEntry
from gongguan.sync.store import Store

IN_USE = "in_use"


def answer(store: Store, query_id: str, query: CertificateQueried, match_key: bytes | None) -> CertificateStated:
    """What the register says of a number on the day of the question.

    unknown: never issued here. forged: it is another member's than the digest says. expired: its last day is over, or
    it was reported lost or withdrawn.
    """
    member_id = certificate_holder(store, query.number)
    if member_id is None:
        return CertificateStated(query=query_id, status="unknown", holder="not_compared")
    compared = isinstance(query.match, str) and match_key is not None
    if compared and not _is_holder(store, member_id, str(query.match), match_key or b""):
        return CertificateStated(query=query_id, status="forged", holder="not_compared")
    issued = store.get(Certificate, query.number)
    return CertificateStated(
        query=query_id,
        status="expired" if issued is not None and not holds(issued, query.on) else "valid",
        holder="matches" if compared else "not_compared",
    )


def holds(issued: Certificate, day: str) -> bool:
    """Whether an issued certificate is in use on a day."""
    return issued.state == IN_USE and (issued.valid_until is None or day <= issued.valid_until)


def _is_holder(store: Store, member_id: str, match: str, match_key: bytes) -> bool:
    member = store.get(Member, member_id)
    return member is not None and hmac.compare_digest(match_of(match_key, member.id_number), match)


def certificate_holder(store: Store, number: str) -> str | None:
    """The member id that has this certificate number on this node, issued here or told by a roster."""
    issued = store.get(Certificate, number)
    if issued is not None:
        return issued.member_id
    told = store.find(OutflowEntry, certificate_number=number, limit=1)
    return told[0].member_id if told else None
