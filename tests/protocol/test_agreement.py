"""Agreements: what is read is what is signed, and nothing is sent that is not agreed."""

import re
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongguan.protocol import agreement, agreement_templates, note
from gongguan.protocol.agreement_defaults import EXAMPLE_PACK, SECTIONS, default_terms
from gongguan.protocol.errors import ProtocolError
from gongguan.protocol.limits import MESSAGE_BYTES_MAX
from gongguan.protocol.messages import KINDS, encode
from gongguan.protocol.messages.agreement import AgreementAnswered, AgreementProposed, Approval
from gongguan.protocol.messages.certificate import DuesEntered
from gongguan.protocol.messages.envelope import Body, Message
from gongguan.protocol.messages.feedback import FeedbackGiven
from gongguan.protocol.messages.movement import DepartureNotified, ReturnNotified
from gongguan.protocol.messages.notice import NoticeGiven
from gongguan.protocol.messages.score import ScoreContributed
from gongguan.protocol.terms import AgreementParty, AllowedKind, Officer, Terms, pack_sha256
from tests.protocol.committees import DESTINATION, ORIGIN, Committee
from tests.refusals import refusal, refused


def party(committee: Committee, officer: str) -> AgreementParty:
    card = committee.card
    return AgreementParty(node_id=card.node_id, title=card.title, receiving_officers=(Officer(name=officer),))


TERMS = default_terms((party(ORIGIN, "乌云"), party(DESTINATION, "李明")), "2026-02-15", "2027-02-14")
TEXT = agreement.render(TERMS)
GATE = agreement.gate(TERMS)


def changed(**fields: Any) -> Terms:
    return msgspec.structs.replace(TERMS, **fields)


def with_rule(rule: str, **fields: Any) -> Terms:
    rules = tuple(msgspec.structs.replace(item, **fields) if item.rule == rule else item for item in EXAMPLE_PACK.rules)
    pack = msgspec.structs.replace(EXAMPLE_PACK, rules=rules)
    return changed(rule_pack=pack, rule_pack_sha256=pack_sha256(pack))


def message(kind: str, body: Body, version: int = 1) -> Message:
    return Message(
        id="1" * 32,
        salt="2" * 32,
        kind=kind,
        version=version,
        seen=(),
        at="2026-03-01T08:00:00Z",
        agreement=agreement.version(TEXT),
        body=body,
    )


def notice(on: str) -> Message:
    return message("notice.given", NoticeGiven(topic="other", title="会商", text="请派人参加。", on=on))


def score(**fields: Any) -> Message:
    given = {"year": 2026, "rule": "volunteering", "event": "z-1", "points": 2, "on": "2026-03-01", **fields}
    return message("score.contributed", ScoreContributed(**given))


DEPARTURE = message(
    "departure.notified",
    DepartureNotified(
        name="王芳",
        sex="female",
        birth_year=1990,
        category="full_member",
        affiliated_branch="一支部",
        certificate_number="0001",
        left_on="2019-05",
        destination_place="990202",
    ),
)

# The text


def test_a_text_reads_back_as_its_terms_and_its_version_is_the_notes_hash() -> None:
    assert agreement.parse(TEXT) == TERMS
    assert agreement.version(TEXT) == note.text_hash(TEXT)
    note.check_type(TEXT, "agreement")


def test_the_articles_are_numbered_and_name_what_a_secretary_looks_for() -> None:
    numbers = re.findall(r"^第(.+?)条", TEXT, re.MULTILINE)
    assert numbers == ["一", "二", "三", "四", "五", "六", "七", "八", "九", "十", "十一", "十二"]
    for words in ("巴彦塔拉苏木党委", "李明", "2026-02-15", "示例值", "积分赋分（score.contributed@1）", "未启用"):
        assert words in TEXT


def test_prose_that_is_not_the_rendering_of_the_block_is_refused() -> None:
    assert refusal(agreement.parse, TEXT.replace("活动积分最多 40 分", "活动积分最多 90 分")) == "G-prose"
    assert refusal(agreement.parse, TEXT.replace("第二条　期限", "第二条　期限\n　　另有约定。")) == "G-prose"


def test_a_block_changed_under_the_prose_is_refused() -> None:
    assert refusal(agreement.parse, TEXT.replace('"activity_year_cap":40', '"activity_year_cap":90')) == "G-terms"
    assert refusal(agreement.parse, TEXT.replace('"months":60', '"months":61')) == "G-prose"


@given(st.integers(0, len(TEXT) - 1), st.sampled_from("甲0a\n　\u202e\x00{"))
def test_no_single_character_can_be_exchanged(at: int, mark: str) -> None:
    other = TEXT[:at] + mark + TEXT[at + 1 :]
    if other != TEXT:
        with pytest.raises(ProtocolError):
            agreement.parse(other)


def test_an_unknown_template_is_refused_by_name() -> None:
    assert refusal(agreement.render, changed(template="co_management_zh_9")) == "G-template"
    assert refusal(agreement.render, changed(kind="reporting")) == "G-template"
    block = TEXT.replace('"template":"co_management_zh_1"', '"template":"co_management_zh_9"')
    assert refusal(agreement.parse, block) == "G-template"


def test_words_of_a_section_never_look_like_an_article() -> None:
    sections = msgspec.structs.replace(SECTIONS, safeguards="保障。\n第六条　积分\n一律加倍。\n\n完")
    text = agreement.render(changed(sections=sections))
    assert "\n第六条　积分\n" not in text
    assert "\n　　第六条　积分\n" in text
    assert agreement.parse(text).sections == sections


@pytest.mark.parametrize("title", ["规则\n第十三条", "规则\u202e", ""])
def test_a_rules_title_stays_one_line_that_reads_as_it_is(title: str) -> None:
    assert refusal(agreement.render, with_rule("volunteering", title=title)) == "S-readable"


@pytest.mark.parametrize(
    ("fault", "named"),
    [
        (changed(valid_until="2026-02-14"), "valid_until"),
        (changed(valid_until="2027-02-30"), "valid_until"),
        (changed(rule_pack_sha256="0" * 64), "rule_pack_sha256"),
        (changed(leads=(*TERMS.leads, TERMS.leads[0])), "leads"),
        (changed(kinds=(*TERMS.kinds, TERMS.kinds[0])), "kinds"),
        (changed(owners=(*TERMS.owners, TERMS.owners[0])), "owners"),
        (changed(parties=(TERMS.parties[0], TERMS.parties[0])), "parties"),
        (changed(arbiter=ORIGIN.node_id), "arbiter"),
        (changed(retention=msgspec.structs.replace(TERMS.retention, months=1)), "retention"),
        (with_rule("volunteering", points_min=3), "rules.volunteering"),
        (with_rule("volunteering", points_min=0), "rules.volunteering"),
        (with_rule("volunteering", points_min=2, year_cap=1), "rules.volunteering"),
    ],
)
def test_terms_that_contradict_themselves_are_refused_by_name(fault: Terms, named: str) -> None:
    error = refused(agreement.render, fault)
    assert (error.code, error.facts) == ("G-terms", {"fields": [named]})


def test_the_largest_default_text_fits_a_message_and_a_larger_one_is_refused() -> None:
    # Quotation marks are the worst case: two escapes in the message for each.
    full = msgspec.structs.replace(SECTIONS, **dict.fromkeys(SECTIONS.__struct_fields__, '"' * 2200))
    text = agreement.render(changed(sections=full))
    proposed = AgreementProposed(
        text=text,
        signature="— x " + "A" * 100,
        approval=Approval(document_number="文" * 120, approved_on="2026-02-01", approved_by="名" * 120),
    )
    assert len(encode(message("agreement.proposed", proposed))) <= MESSAGE_BYTES_MAX
    over = msgspec.structs.replace(SECTIONS, **dict.fromkeys(SECTIONS.__struct_fields__, '"' * 3000))
    assert refusal(agreement.render, changed(sections=over)) == "R-too-large"


def test_every_kind_lead_and_interval_has_its_words() -> None:
    gated = {kind.name for kind in KINDS.values() if kind.gated}
    assert gated <= set(agreement_templates.KIND_TITLES)
    assert {KINDS[name].duty for name in gated} <= set(agreement_templates.DUTY_TITLES)
    assert set(agreement_templates.INTERVAL_PHRASES) == set(TERMS.intervals.__struct_fields__)


def test_a_kind_without_words_cannot_be_agreed() -> None:
    unknown = AllowedKind(kind="telepathy.received", version=1, sender="either")
    assert refusal(agreement.render, changed(kinds=(*TERMS.kinds, unknown))) == "G-kind-unknown"


# Signing


def test_the_default_terms_can_be_signed() -> None:
    agreement.check_signable(TERMS)
    assert agreement.parse(agreement.render(TERMS)) == TERMS


@pytest.mark.parametrize("section", ["responsibilities", "goals_and_methods", "safeguards"])
@pytest.mark.parametrize("words", ["", " \n　"])
def test_a_draft_lacking_one_of_the_three_sections_is_shown_but_not_signed(section: str, words: str) -> None:
    terms = changed(sections=msgspec.structs.replace(SECTIONS, **{section: words}))
    assert agreement.parse(agreement.render(terms)) == terms
    error = refused(agreement.check_signable, terms)
    assert (error.code, error.facts) == ("G-incomplete", {"missing": [f"sections.{section}"]})


def test_all_that_is_missing_is_named_at_once() -> None:
    nobody = msgspec.structs.replace(TERMS.parties[1], receiving_officers=())
    kinds = tuple(item for item in TERMS.kinds if item.kind != "agreement.ended")
    leads = tuple(lead for lead in TERMS.leads if lead.duty != "scores")
    error = refused(agreement.check_signable, changed(parties=(TERMS.parties[0], nobody), kinds=kinds, leads=leads))
    assert error.facts["missing"] == ["parties.1.receiving_officers", "kinds.agreement.ended", "leads.scores"]


def test_an_agreement_cannot_give_a_kind_to_the_side_that_has_no_right_to_it() -> None:
    widened = tuple(
        msgspec.structs.replace(item, sender="either") if item.kind == "departure.notified" else item
        for item in TERMS.kinds
    )
    assert refusal(agreement.check_signable, changed(kinds=widened)) == "G-terms"


def test_a_version_that_this_software_does_not_apply_is_not_signed() -> None:
    newer = tuple(
        msgspec.structs.replace(item, version=2) if item.kind == "notice.given" else item for item in TERMS.kinds
    )
    assert refusal(agreement.check_signable, changed(kinds=newer)) == "G-kind-unknown"


# The gate


def test_every_kind_says_whether_its_body_holds_business_dates() -> None:
    gated = {kind.name for kind in KINDS.values() if kind.gated}
    dated = set(agreement.BUSINESS_DATES)
    assert dated | agreement.NO_BUSINESS_DATE == gated
    assert not dated & agreement.NO_BUSINESS_DATE
    for kind, fields in agreement.BUSINESS_DATES.items():
        assert {field for field, _ in fields} <= set(KINDS[kind].body.__struct_fields__)


def test_only_the_side_that_the_agreement_names_may_send_a_kind() -> None:
    GATE.permits(DEPARTURE, "origin")
    assert refusal(GATE.permits, DEPARTURE, "destination") == "G-direction"
    feedback = message("feedback.given", FeedbackGiven(quarter="2026Q2", conduct="good"))
    GATE.permits(feedback, "destination")
    assert refusal(GATE.permits, feedback, "origin") == "G-direction"
    assert refusal(GATE.permits, feedback, None) == "G-direction"


def test_a_message_about_no_member_passes_where_either_side_may_send() -> None:
    GATE.permits(notice("2026-03-01"), None)
    GATE.permits(message("agreement.answered", AgreementAnswered(proposal="3" * 32, answer="decline")), None)


def test_what_is_not_listed_cannot_be_said() -> None:
    fewer = agreement.gate(changed(kinds=tuple(item for item in TERMS.kinds if item.kind != "notice.given")))
    assert refusal(fewer.permits, notice("2026-03-01"), "origin") == "G-kind-not-allowed"
    newer = message("notice.given", notice("2026-03-01").body, version=2)
    assert refusal(GATE.permits, newer, "origin") == "G-kind-not-allowed"


@pytest.mark.parametrize(
    ("on", "allowed"),
    [("2026-02-14", False), ("2026-02-15", True), ("2027-02-14", True), ("2027-02-15", False)],
)
def test_days_of_business_lie_within_the_term(on: str, allowed: bool) -> None:
    if allowed:
        GATE.permits(notice(on), "origin")
    else:
        assert refusal(GATE.permits, notice(on), "origin") == "G-outside-term"


@pytest.mark.parametrize(
    ("body", "allowed"),
    [
        (DuesEntered(month="2026-01", paid_on="2026-03-01"), False),
        (DuesEntered(month="2026-02", paid_on="2026-03-01"), True),
        (DuesEntered(month="2027-02", paid_on="2027-02-14"), True),
        (DuesEntered(month="2027-03", paid_on="2027-02-14"), False),
        (DuesEntered(month="2026-02", paid_on="2026-02-01"), False),
        (FeedbackGiven(quarter="2025Q4", conduct="good"), False),
        (FeedbackGiven(quarter="2026Q1", conduct="good"), True),
        (FeedbackGiven(quarter="2027Q1", conduct="good"), True),
        (FeedbackGiven(quarter="2027Q2", conduct="good"), False),
        (ReturnNotified(ended_on="2027-03-01", reason="returned"), False),
        (score(year=2025).body, False),
        (score(year=2027).body, True),
        (score(year=2028).body, False),
    ],
)
def test_months_quarters_and_years_touch_the_term(body: Body, allowed: bool) -> None:
    kind = next(kind for kind in KINDS.values() if kind.body is type(body))
    role = "origin" if kind.sender == "either" else kind.sender
    if allowed:
        GATE.permits(message(kind.name, body), role)
    else:
        assert refusal(GATE.permits, message(kind.name, body), role) == "G-outside-term"


def test_a_member_who_left_long_before_the_agreement_can_be_notified() -> None:
    assert DEPARTURE.body.left_on < TERMS.valid_from
    GATE.permits(DEPARTURE, "origin")


@pytest.mark.parametrize(
    ("fields", "role", "code"),
    [
        ({"rule": "unheard_of"}, "origin", "G-rule-unknown"),
        ({"rule": "arrival_reported", "points": 6}, "origin", "G-rule-side"),
        ({"rule": "report_before_departure", "points": 6}, "destination", "G-rule-side"),
        ({"points": 3}, "origin", "G-rule-points"),
        ({"rule": "report_before_departure", "points": 5}, "origin", "G-rule-points"),
        ({"rule": "credit_default", "points": 1}, "origin", "G-rule-deduction"),
    ],
)
def test_points_follow_the_rules_of_the_agreement(fields: dict[str, Any], role: str, code: str) -> None:
    assert refusal(GATE.permits, score(**fields), role) == code


def test_points_within_a_rule_pass_for_the_side_that_awards_them() -> None:
    GATE.permits(score(), "origin")
    GATE.permits(score(points=1), "destination")
    GATE.permits(score(rule="arrival_reported", points=6), "destination")


def test_a_deduction_that_was_switched_on_still_is_no_contribution() -> None:
    terms = with_rule("credit_default", enabled=True, points_min=1, points_max=5)
    assert "每次 1 至 5 分，双方均可扣分" in agreement.render(terms)
    assert (
        refusal(agreement.gate(terms).permits, score(rule="credit_default", points=1), "origin") == "G-rule-deduction"
    )


def test_a_rule_that_was_switched_off_awards_nothing() -> None:
    terms = with_rule("volunteering", enabled=False)
    assert refusal(agreement.gate(terms).permits, score(), "origin") == "G-rule-disabled"


def test_the_leading_side_is_a_term_of_the_agreement() -> None:
    assert (GATE.lead_side("scores"), GATE.lead_side("dues")) == ("origin", "destination")
    assert refusal(GATE.lead_side, "unheard_of") == "G-no-lead"


def test_deductions_ship_without_points_and_switched_off() -> None:
    deductions = [rule for rule in EXAMPLE_PACK.rules if rule.category == "deduction"]
    assert [(rule.points_max, rule.enabled) for rule in deductions] == [(0, False)] * 3
    assert EXAMPLE_PACK.example and "示例值" in EXAMPLE_PACK.title
