"""Preparing an agreement text: from the default terms, or from the version in force when it is to be changed.

An officer names the partner, the term, who receives members here and there; all else has a default that can be
overridden. The result is kept as a draft and shown; signing is the secretary's (``sync/agreements/agreements.py``)::

    draft_agreement(act, AgreementDraftRequest(valid_from="2026-01-01", valid_until="2026-12-31", …))
"""

import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final

import msgspec

from gongguan.protocol import agreement, agreement_defaults
from gongguan.protocol.agreement_templates import DUTY_TITLES
from gongguan.protocol.duties import DUTIES, FIXED, lead_name
from gongguan.protocol.errors import ProtocolError, refuse
from gongguan.protocol.forms import ready
from gongguan.protocol.limits import AGREEMENT_SECTION_CHARS_MAX
from gongguan.protocol.terms import AgreementParty, Lead, Officer, RulePack, Side, Terms, pack_sha256
from gongguan.sync.act import Act
from gongguan.sync.agreements.duty_lists import current, mentioned_in
from gongguan.sync.agreements.texts import AgreementShown, FoundText, shown
from gongguan.sync.exchange.pairings import own_card
from gongguan.sync.identity import parse_landline, parse_name
from gongguan.sync.label import FILE_BYTES_MAX
from gongguan.sync.labels import DATE, labelled
from gongguan.sync.records import AgreementDraft, Pairing
from gongguan.sync.shared.partners import Peer, active_pairing, terms_of, title_of
from gongguan.sync.shared.views import (
    shared,
)
from gongguan.sync.store import Store

SIDES: Final[Mapping[str, Side]] = {
    "origin": "origin",
    "destination": "destination",
    "流出地": "origin",
    "流入地": "destination",
}

_OFFICERS_MAX: Final = 8
_LEADS_MAX: Final = 64


class _Changes(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a person may set in a text; what is absent stays as it is."""

    officers_here: Annotated[
        Annotated[list[str], msgspec.Meta(max_length=_OFFICERS_MAX)] | None,
        labelled("本方接收专人“姓名 电话”", "our receiving officers, each as name and phone"),
    ] = None
    officers_there: Annotated[
        Annotated[list[str], msgspec.Meta(max_length=_OFFICERS_MAX)] | None,
        labelled("对方接收专人“姓名 电话”", "the partner's receiving officers"),
    ] = None
    leads: Annotated[
        Annotated[list[str], msgspec.Meta(max_length=_LEADS_MAX)] | None,
        labelled("主办方，如 dues=流入地、A-18=流入地", "lead sides, e.g. dues=destination, A-18=destination"),
    ] = None
    rules: Annotated[
        Annotated[bytes, msgspec.Meta(max_length=FILE_BYTES_MAX)] | None,
        labelled("积分规则（JSON 文件）", "rule pack (JSON file)"),
    ] = None
    responsibilities: Annotated[
        Annotated[str, msgspec.Meta(max_length=AGREEMENT_SECTION_CHARS_MAX)] | None,
        labelled("职责任务", "responsibilities"),
    ] = None
    goals_and_methods: Annotated[
        Annotated[str, msgspec.Meta(max_length=AGREEMENT_SECTION_CHARS_MAX)] | None,
        labelled("目标任务与方法", "goals and methods"),
    ] = None
    safeguards: Annotated[
        Annotated[str, msgspec.Meta(max_length=AGREEMENT_SECTION_CHARS_MAX)] | None, labelled("保障措施", "safeguards")
    ] = None
    duty_list: Annotated[
        bool, labelled("写入现行责任清单的版本和摘要", "name the duty lists in force here by version and hash")
    ] = False
    peer: Peer = ""


class AgreementDraftRequest(_Changes, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``agreement.draft``."""

    valid_from: Annotated[str, labelled("自", "valid from", pattern=DATE)]
    valid_until: Annotated[str, labelled("至", "valid until", pattern=DATE)]


class AgreementAmend(_Changes, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``agreement.amend``."""

    valid_from: Annotated[Annotated[str, msgspec.Meta(pattern=DATE)] | None, labelled("自", "valid from")] = None
    valid_until: Annotated[Annotated[str, msgspec.Meta(pattern=DATE)] | None, labelled("至", "valid until")] = None


def draft_agreement(act: Act, request: AgreementDraftRequest) -> AgreementShown:
    """A first text with a partner, from the default terms.

    Raises D-agreement-in-force (amend that one), D-peer-…, D-officer, D-lead, D-rule-pack, G-terms.
    """
    pairing = active_pairing(act.store, request.peer)
    in_force = shared(act.store, pairing.pairing_id, "pairing", "agreement/current")
    if in_force is not None and in_force["state"]:
        raise refuse("D-agreement-in-force")
    terms = agreement_defaults.default_terms(_parties(act, pairing), request.valid_from, request.valid_until)
    return _kept(act, pairing, _changed(act, pairing, terms, request))


def amend_agreement(act: Act, request: AgreementAmend) -> AgreementShown:
    """The next text with a partner, from the version in force, which stays in force until both have signed.

    Raises G-not-in-force, and what ``draft_agreement`` raises.
    """
    pairing = active_pairing(act.store, request.peer)
    terms = terms_of(act.store, pairing.pairing_id)
    terms = msgspec.structs.replace(
        terms,
        predecessor=agreement.version(agreement.render(terms)),
        valid_from=request.valid_from or terms.valid_from,
        valid_until=request.valid_until or terms.valid_until,
        # Kinds that came with newer software are offered too; both sides read the list before they sign.
        kinds=agreement_defaults.default_kinds(),
    )
    return _kept(act, pairing, _changed(act, pairing, terms, request))


def _kept(act: Act, pairing: Pairing, terms: Terms) -> AgreementShown:
    text = agreement.render(terms)
    draft = AgreementDraft(
        draft_id=act.random_hex(16),
        pairing_id=pairing.pairing_id,
        text=text,
        version=agreement.version(text),
        prepared_by=act.staff.name,
        prepared_at=act.stamp(),
        state="draft",
    )
    act.store.add(draft)
    return shown(act, FoundText(draft.draft_id, "draft", text, draft.version, pairing))


def _parties(act: Act, pairing: Pairing) -> tuple[AgreementParty, AgreementParty]:
    """Both committees in the order of the pairing, nobody named yet to receive members."""
    here = _party(act.store, act.node.node_id, own_card(act.store).hash)
    there = _party(act.store, pairing.peer, pairing.their_card)
    return (here, there) if pairing.party == 0 else (there, here)


def _party(store: Store, node_id: str, card_hash: str) -> AgreementParty:
    return AgreementParty(node_id=node_id, title=title_of(store, card_hash), receiving_officers=())


def _changed(act: Act, pairing: Pairing, terms: Terms, request: _Changes) -> Terms:
    changes: dict[str, Any] = {"parties": _with_officers(act, pairing, terms, request)}
    if request.leads is not None:
        changes["leads"] = _with_leads(terms.leads, request.leads)
    if request.rules is not None:
        pack = _pack(request.rules)
        changes |= {"rule_pack": pack, "rule_pack_sha256": pack_sha256(pack)}
    names = ("responsibilities", "goals_and_methods", "safeguards")
    sections = {name: text for name in names if (text := getattr(request, name)) is not None}
    if request.duty_list:
        text = sections.get("responsibilities", terms.sections.responsibilities)
        sections["responsibilities"] = mentioned_in(text, current(act.store))
    changes["sections"] = msgspec.structs.replace(terms.sections, **sections)
    return msgspec.structs.replace(terms, **changes)


def _with_officers(
    act: Act, pairing: Pairing, terms: Terms, request: _Changes
) -> tuple[AgreementParty, AgreementParty]:
    first, second = terms.parties
    ours_first = pairing.party == 0
    named = (request.officers_here, request.officers_there)
    for_first, for_second = named if ours_first else named[::-1]
    return _with(act, first, for_first), _with(act, second, for_second)


def _with(act: Act, party: AgreementParty, named: Sequence[str] | None) -> AgreementParty:
    if named is None:
        return party
    return msgspec.structs.replace(party, receiving_officers=tuple(_officer(act, text) for text in named))


def _officer(act: Act, text: str) -> Officer:
    """``姓名 电话``; the phone may be left out. Raises D-officer."""
    name, _, phone = re.sub("[，,、;；]", " ", text).strip().rpartition(" ")
    if not any(mark.isdecimal() for mark in phone):
        name, phone = text, ""
    try:
        return Officer(
            name=parse_name(name).value,
            phone=parse_landline(phone, act.node.synthetic).value if phone else msgspec.UNSET,
        )
    except ProtocolError as error:
        raise refuse("D-officer", because=error.code) from None


def _with_leads(leads: Sequence[Lead], wanted: Sequence[str]) -> tuple[Lead, ...]:
    """The leads with those that ``wanted`` names (``A-18=流入地``) set. Raises D-lead, D-lead-fixed."""
    duties = {title: duty for duty, title in DUTY_TITLES.items()} | {duty: duty for duty in DUTY_TITLES}
    duties |= {code: lead_name(code) for code in DUTIES}
    chosen: dict[str, Side] = {}
    for text in wanted:
        duty, _, side = (part.strip() for part in text.replace("＝", "=").partition("="))
        if duty not in duties or side not in SIDES:
            raise refuse("D-lead")
        if duties[duty] in FIXED:
            raise refuse("D-lead-fixed", duty=duty)
        chosen[duties[duty]] = SIDES[side]
    kept = [Lead(duty=lead.duty, side=chosen.pop(lead.duty, lead.side)) for lead in leads]
    return (*kept, *(Lead(duty=duty, side=side) for duty, side in chosen.items()))


def _pack(data: bytes) -> RulePack:
    try:
        return msgspec.json.decode(data, type=ready(RulePack))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        # The path names a field, never its value.
        where = str(error).rpartition("at `")[2].rstrip("`")
        raise refuse("D-rule-pack", field=where if where.startswith("$") else "file") from None
