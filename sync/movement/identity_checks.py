"""Making sure who a member is before placing them (A-41).

The identity counts as checked when the ID number that was presented has the keyed digest of the notice, or when the
certificate that was presented bears its number. An officer or the secretary may answer for a placement without, with a
reason that stays here. The ID number itself is not kept::

    make_sure(act, period, Presented(id_number="99…"))     # raises D-identity-mismatch
"""

import hmac
import unicodedata
from typing import Annotated

import msgspec

from gongguan.protocol.errors import refuse
from gongguan.sync.act import Act
from gongguan.sync.days import today
from gongguan.sync.exchange.match_keys import match_key_name, match_of
from gongguan.sync.identity import parse_id_number
from gongguan.sync.labels import labelled
from gongguan.sync.records import IdentityCheck, MobilityPeriod, Setting
from gongguan.sync.roles import OFFICERS, SIGNERS
from gongguan.sync.shared.periods import (
    current_profile,
)

REASON_CHARS_MAX = 200

IdNumber = Annotated[
    Annotated[str, msgspec.Meta(max_length=40)] | None, labelled("出示的公民身份号码", "ID number presented")
]
CertificateNumber = Annotated[
    Annotated[str, msgspec.Meta(max_length=60)] | None, labelled("出示的活动证号", "certificate presented")
]
OverrideReason = Annotated[
    Annotated[str, msgspec.Meta(min_length=2, max_length=REASON_CHARS_MAX)] | None,
    labelled("身份未核实仍编入的理由（干事、书记）", "why placed without a check (officer, secretary)"),
]


class Presented(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the member showed, or why nothing was asked for."""

    id_number: str | None = None
    certificate_number: str | None = None
    override_reason: str | None = None


def make_sure(act: Act, period: MobilityPeriod, presented: Presented) -> IdentityCheck:
    """The check on record, or the one that this makes.

    Raises D-identity-unverified (nothing shown, nobody answers for it), D-identity-mismatch, D-identity-no-digest (the
    notice has none to compare with), D-identity-override (not for this role), D-id-….
    """
    how = _how(act, period, presented)
    if how is None:
        found = act.store.get(IdentityCheck, period.subject)
        if found is None:
            raise refuse("D-identity-unverified", subject=period.subject)
        return found
    check = IdentityCheck(
        subject=period.subject,
        how=how,
        checked_on=today(act.now).isoformat(),
        checked_by=act.staff.name,
        reason=presented.override_reason if how == "override" else None,
    )
    act.store.put(check)
    return check


def _how(act: Act, period: MobilityPeriod, presented: Presented) -> str | None:
    profile = current_profile(act.store, period)
    if presented.id_number is not None:
        _compare_digest(act, period, presented.id_number, profile.get("match"))
        return "id_number"
    if presented.certificate_number is not None:
        if _plain(presented.certificate_number) != _plain(str(profile.get("certificate_number", ""))):
            raise refuse("D-identity-mismatch", subject=period.subject)
        return "certificate"
    if presented.override_reason is not None:
        if act.staff.role not in OFFICERS | SIGNERS:
            raise refuse("D-identity-override")
        return "override"
    return None


def _compare_digest(act: Act, period: MobilityPeriod, typed: str, expected: object) -> None:
    number = parse_id_number(typed, act.node.synthetic).value
    key = act.store.get(Setting, match_key_name(period.agreement))
    if key is None or not isinstance(expected, str):
        raise refuse("D-identity-no-digest", subject=period.subject)
    if not hmac.compare_digest(match_of(bytes.fromhex(key.value), number), expected):
        raise refuse("D-identity-mismatch", subject=period.subject)


def _plain(number: str) -> str:
    """A certificate number as it is compared: full-width signs, blanks and case are no matter."""
    return unicodedata.normalize("NFKC", number).replace(" ", "").upper()
