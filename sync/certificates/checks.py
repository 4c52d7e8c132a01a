"""Checking a certificate that is presented here (查验): by its code offline, or by a question to its issuer.

A check is *unverified* until there is a signed word of the issuer: the code that it signed, or its answer. Without
either the number may be right and is still unverified, never valid (A-29). Each check leaves a record with its method::

    check_certificate(act, CertificateCheckAsk(number="990521-2026-0007", token="GG1:…"))   ->  status "valid"
"""

from typing import Annotated, NamedTuple

import msgspec

from gongguan.protocol import card as cards
from gongguan.protocol import certificate_token
from gongguan.protocol.certificate_token import Token
from gongguan.protocol.errors import AgreementError, AuthenticationError, DomainError
from gongguan.protocol.limits import CERTIFICATE_TOKEN_CHARS_MAX, NAME_CHARS_MAX
from gongguan.protocol.messages.certificate import CertificateQueried
from gongguan.sync.act import Act
from gongguan.sync.cells import parse_code
from gongguan.sync.days import today
from gongguan.sync.exchange.certificate_register import IN_USE
from gongguan.sync.exchange.match_keys import match_key_name, match_of
from gongguan.sync.exchange.succession import HeldCard, history
from gongguan.sync.identity import parse_id_number
from gongguan.sync.labels import labelled
from gongguan.sync.persons.staff import names_in_reach
from gongguan.sync.records import CertificateVerification, Pairing, Setting
from gongguan.sync.shared.partners import Peer, active_pairing, agreement_of, title_of, version_in_force, write_to
from gongguan.sync.shared.views import (
    effective,
    in_category,
    shared,
)
from gongguan.sync.store import Store

UNVERIFIED = "unverified"


class CertificateCheckAsk(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``certificate.check``. With an ID number the issuer compares the person too, by its digest."""

    number: Annotated[
        str, labelled("出示的活动证号", "number presented", argument=True, min_length=1, max_length=NAME_CHARS_MAX)
    ]
    token: Annotated[
        Annotated[str, msgspec.Meta(max_length=2 * CERTIFICATE_TOKEN_CHARS_MAX)] | None,
        labelled("证上二维码的内容（不联网也可查验）", "what the code on it says (needs no connection)"),
    ] = None
    id_number: Annotated[
        Annotated[str, msgspec.Meta(max_length=40)] | None,
        labelled("持证人公民身份号码（只发送核对值）", "the holder's ID number (only a digest is sent)"),
    ] = None
    peer: Peer = ""


class CertificateChecked(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``certificate.check``. ``name``: whom the code names, to be compared with the identity card."""

    check: Annotated[str, labelled("查验编号", "check")]
    number: Annotated[str, labelled("活动证号", "number")]
    method: Annotated[str, labelled("方式", "method", codes="check_method")]
    status: Annotated[str, labelled("结果", "status", codes="check_status")]
    name: Annotated[str | None, labelled("证上姓名（与身份证核对）", "name on it (compare with the identity card)")]
    peer: Annotated[str | None, labelled("发证单位", "issuer")]


class CertificateCheckList(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``certificate.checks``."""

    open: Annotated[bool, labelled("只看还没有结果的", "those without a result only")] = False


class CheckLine(msgspec.Struct, frozen=True, kw_only=True):
    """One check as it stands now. ``holder``: whether the issuer compared the person."""

    check: Annotated[str, labelled("查验编号", "check")]
    number: Annotated[str, labelled("活动证号", "number")]
    checked_on: Annotated[str, labelled("日期", "date")]
    checked_by: Annotated[str, labelled("查验人", "by")]
    method: Annotated[str, labelled("方式", "method", codes="check_method")]
    status: Annotated[str, labelled("结果", "status", codes="check_status")]
    holder: Annotated[str | None, labelled("持证人", "holder", codes="check_holder")]
    peer: Annotated[str | None, labelled("发证单位", "issuer")]


class ChecksListed(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``certificate.checks``, newest first."""

    unverified: Annotated[int, labelled("未查实", "unverified")]
    checks: Annotated[list[CheckLine], labelled("查验", "checks")]


class Outcome(NamedTuple):
    """What a check came to so far."""

    status: str
    holder: str | None = None


def check_certificate(act: Act, request: CertificateCheckAsk) -> CertificateChecked:
    """Check a presented number and keep a record of it.

    Raises S-certificate-token (the code is not one of a certificate), D-peer-ambiguous (say who issued it), D-id-….
    """
    number = parse_code(request.number).value
    made = CertificateVerification(
        check_id=act.random_hex(16),
        number=number,
        checked_on=today(act.now).isoformat(),
        checked_by=act.staff.name,
        method="none",
        status=UNVERIFIED,
    )
    if request.token is not None:
        token = certificate_token.opened(request.token)
        pairing = _issuer(act.store, token)
        status = _by_token(act, token, number, pairing)
        made = _with(made, method="token", status=status, pairing_id=pairing.pairing_id if pairing else None)
        return _checked(act, made, token.certificate.name if status != "forged" else None)
    return _checked(act, _asked(act, request, made), None)


def list_checks(act: Act, request: CertificateCheckList) -> ChecksListed:
    """Every check that somebody of the person's subtree made, with its result by now."""
    mine = names_in_reach(act)
    lines = [_line(act.store, item) for item in act.store.find(CertificateVerification, checked_by__in=mine)]
    shown = [line for line in lines if not request.open or line.status == UNVERIFIED]
    return ChecksListed(
        unverified=sum(line.status == UNVERIFIED for line in lines),
        checks=sorted(shown, key=lambda line: (line.checked_on, line.check), reverse=True),
    )


def outcome_of(store: Store, made: CertificateVerification) -> Outcome:
    """The result of a check: the issuer's answer as soon as there is one, never valid without its signed word."""
    if made.message is None or made.agreement is None:
        return Outcome(made.status)
    answer = effective(shared(store, made.agreement, "agreement", f"certificate_answer/{made.message}"))
    return Outcome(answer["status"], answer["holder"]) if answer else Outcome(UNVERIFIED)


# --- inside ---------------------------------------------------------------------------------------------------


def _asked(act: Act, request: CertificateCheckAsk, made: CertificateVerification) -> CertificateVerification:
    """Ask the issuer, where there is an agreement with it; else the check stays without a method."""
    try:
        pairing = active_pairing(act.store, request.peer)
        version_in_force(act, pairing.pairing_id)
        agreement = agreement_of(act.store, pairing.pairing_id)
        match = _match(act, agreement, request.id_number)
        body = CertificateQueried(number=made.number, on=made.checked_on, match=match or msgspec.UNSET)
        message = write_to(act, pairing, "certificate.queried", body)
    except (AgreementError, DomainError) as error:
        if error.code in ("D-peer-unknown", "D-recovering") or isinstance(error, AgreementError):
            return made
        raise
    return _with(made, method="query", pairing_id=pairing.pairing_id, agreement=agreement, message=message.id)


def _match(act: Act, agreement: str, id_number: str | None) -> str | None:
    key = act.store.get(Setting, match_key_name(agreement))
    if id_number is None or key is None:
        return None
    digits = parse_id_number(id_number, act.node.synthetic).value
    return match_of(bytes.fromhex(key.value), digits)


def _issuer(store: Store, token: Token) -> Pairing | None:
    found = store.find(Pairing, peer=token.node_id, state="active")
    return found[0] if found else None


def _by_token(act: Act, token: Token, number: str, pairing: Pairing | None) -> str:
    """valid, forged or expired by the issuer's signature; unverified where we hold no card of the issuer."""
    if pairing is None:
        return UNVERIFIED
    *earlier, present = history(act.store, token.node_id)
    if not _is_by(token, present):
        # What a key signs that was replaced may come from who stole it: only the issuer itself can say then.
        return UNVERIFIED if any(_is_by(token, held) for held in earlier) else "forged"
    said = token.certificate
    if parse_code(said.number).value != number:
        return "forged"
    day = today(act.now).isoformat()
    if (said.valid_until is not None and day > said.valid_until) or _is_void(act.store, pairing, number):
        return "expired"
    if _answered_since(act.store, pairing, number) == "expired":
        return "expired"
    return "valid"


def _is_by(token: Token, held: HeldCard) -> bool:
    """Whether the log key of this card of the issuer signed the token."""
    try:
        token.verify(cards.keys_of(held.card).signer())
    except AuthenticationError:
        return False
    return True


def _is_void(store: Store, pairing: Pairing, number: str) -> bool:
    """Whether the issuer told us since that it was lost or withdrawn."""
    try:
        agreement = agreement_of(store, pairing.pairing_id)
    except AgreementError:
        return False
    told = (effective(value) for _, _, value in in_category(store, agreement, "certificate"))
    return any(item is not None and item["number"] == number and item["state"] != IN_USE for item in told)


def _answered_since(store: Store, pairing: Pairing, number: str) -> str | None:
    """What the issuer answered last of this number to a question of ours: it says more than a code that is older."""
    asked = store.find(CertificateVerification, number=number, pairing_id=pairing.pairing_id, method="query")
    found = [outcome_of(store, made).status for made in sorted(asked, key=lambda made: made.checked_on)]
    known = [status for status in found if status != UNVERIFIED]
    return known[-1] if known else None


def _with(made: CertificateVerification, **changes: object) -> CertificateVerification:
    return msgspec.structs.replace(made, **changes)


def _checked(act: Act, made: CertificateVerification, name: str | None) -> CertificateChecked:
    act.store.add(made)
    return CertificateChecked(
        check=made.check_id,
        number=made.number,
        method=made.method,
        status=made.status,
        name=name,
        peer=_title(act.store, made),
    )


def _line(store: Store, made: CertificateVerification) -> CheckLine:
    outcome = outcome_of(store, made)
    return CheckLine(
        check=made.check_id,
        number=made.number,
        checked_on=made.checked_on,
        checked_by=made.checked_by,
        method=made.method,
        status=outcome.status,
        holder=outcome.holder,
        peer=_title(store, made),
    )


def _title(store: Store, made: CertificateVerification) -> str | None:
    pairing = store.get(Pairing, made.pairing_id) if made.pairing_id else None
    return title_of(store, pairing.their_card) if pairing else None
