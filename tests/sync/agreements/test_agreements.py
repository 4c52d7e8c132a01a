"""From a draft to an agreement that both have signed, and every way in which it does not come to that."""

from datetime import timedelta
from hashlib import sha256

import msgspec
import pytest

from gongguan.protocol import agreement, note
from gongguan.protocol import card as cards
from gongguan.protocol.agreement_defaults import EXAMPLE_PACK
from gongguan.protocol.terms import Terms
from gongguan.sync.agreements.agreements import end_expired
from gongguan.sync.records import AgreementDraft, Task
from tests.pairs import START, carry
from tests.protocol.committees import DESTINATION, ORIGIN
from tests.sync.agreements.signing import APPROVAL, NAMED, TERM, drafted, proposed, signed
from tests.sync.offices import Office, exchanged, offices

SCAN = b"%PDF-1.7\n" + b"stamped page " * 40_000 + b"\n%%EOF\n"
"""Two parts of a file."""


def terms_of(office: Office) -> Terms:
    document = office.ask("干事", "agreement.show").document
    return agreement.parse(note.parse(document.encode()).text if "\n\n— " in document else document)


def test_a_draft_names_both_committees_and_says_what_is_still_missing() -> None:
    origin, _ = offices()
    made = origin.ask("干事", "agreement.draft", **TERM)
    assert made.state == "draft"
    assert made.missing == ["parties.0.receiving_officers", "parties.1.receiving_officers"]
    assert ORIGIN.card.title in made.document and DESTINATION.card.title in made.document
    assert drafted(origin).missing == []


def test_a_proposed_agreement_is_due_for_the_secretary_of_the_other_side_until_it_is_answered() -> None:
    origin, destination = offices()
    made = proposed(origin, destination)
    (due,) = destination.ask("书记", "today.list", kind="agreement").lines
    assert (due.who, due.command) == (ORIGIN.card.title, f"gongguan agreement show {made.id[:16]}")
    asked = due.command.rpartition(" ")[2]
    assert destination.ask("书记", "agreement.show", id=asked).version == made.version
    assert origin.ask("书记", "today.list", kind="agreement").total == 0
    assert destination.ask("干事", "today.list", kind="agreement").total == 0
    destination.ask("书记", "agreement.sign", version=made.version, **APPROVAL)
    assert destination.ask("书记", "today.list", kind="agreement").total == 0


def test_what_an_officer_sets_stands_in_the_text() -> None:
    origin, _ = offices()
    pack = msgspec.structs.replace(EXAMPLE_PACK, name="our_own", title="本旗积分规则", example=False)
    drafted(
        origin, leads=["dues=流出地", "联系、通报与反馈＝origin"], rules=msgspec.json.encode(pack), safeguards="另订。"
    )
    terms = terms_of(origin)
    leads = {lead.duty: lead.side for lead in terms.leads}
    assert (leads["dues"], leads["contact"], leads["scores"]) == ("origin", "origin", "origin")
    assert (terms.rule_pack, terms.sections.safeguards) == (pack, "另订。")
    assert next(officer.phone for party in terms.parties for officer in party.receiving_officers) == "10000000001"


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"leads": ["dues=nobody"]}, "D-lead"),
        ({"leads": ["weather=origin"]}, "D-lead"),
        ({"rules": b'{"name":"x"}'}, "D-rule-pack"),
        ({"rules": b"\xff"}, "D-rule-pack"),
        ({"officers_here": ["12345"]}, "D-officer"),
        ({"valid_until": "2025-01-01"}, "G-terms"),
        ({"peer": "nobody"}, "D-peer-unknown"),
    ],
)
def test_what_makes_no_sense_in_a_draft_is_refused_and_nothing_is_kept(fields: dict[str, object], code: str) -> None:
    origin, _ = offices()
    assert origin.refusal("干事", "agreement.draft", **{**TERM, **NAMED, **fields}) == code
    assert origin.find(AgreementDraft) == []


def test_both_secretaries_sign_one_text_and_it_is_in_force_on_both_sides() -> None:
    origin, destination = offices()
    made = signed(origin, destination)
    both = [cards.keys_of(ORIGIN.card).signer(), cards.keys_of(DESTINATION.card).signer()]
    for office, by in ((origin, "here"), (destination, "there")):
        shown = office.ask("只读", "agreement.show")
        assert (shown.state, shown.proposed_by, shown.version) == ("in_force", by, made.version)
        assert note.text_hash(note.verify_all(shown.document.encode(), both)) == made.version
        assert [line.document_number for line in shown.approvals] == [APPROVAL["document_number"]] * 2
        assert office.node.in_force() == made.version


def test_the_stamped_scan_of_an_approval_goes_to_the_partner_as_an_attachment() -> None:
    origin, destination = offices()
    draft = drafted(origin).id
    assert origin.refusal("书记", "agreement.propose", draft=draft, scan=b"stamped page", **APPROVAL) == "S-attachment"
    origin.ask("书记", "agreement.propose", draft=draft, scan=SCAN, **APPROVAL)
    exchanged(origin, destination)
    for _ in range(2):
        carry(destination.node, origin.node)
        carry(origin.node, destination.node)

    (line,) = destination.ask("干事", "agreement.show").approvals
    assert (line.scan_sha256, line.scan_state) == (sha256(SCAN).hexdigest(), "whole")
    assert all(SCAN not in message.data for message in destination.node.log())
    saved = destination.ask("书记", "attachment.save", attachment=sha256(SCAN).hexdigest()[:8])
    assert saved.pdf == SCAN


def test_only_the_secretary_signs_and_only_an_officer_drafts() -> None:
    origin, destination = offices()
    draft = drafted(origin).id
    assert origin.refusal("干事", "agreement.propose", draft=draft, **APPROVAL) == "A-role"
    assert origin.refusal("书记", "agreement.draft", **TERM) == "A-role"
    made = proposed(origin, destination)
    assert destination.refusal("干事", "agreement.sign", version=made.version, **APPROVAL) == "A-role"


def test_the_version_that_was_read_must_be_the_one_that_is_signed() -> None:
    origin, destination = offices()
    proposed(origin, destination)
    other = drafted(origin, safeguards="另一份。").version
    assert destination.refusal("书记", "agreement.sign", version=other, **APPROVAL) == "G-other-version"
    assert destination.node.in_force() == ""


def test_our_own_proposal_is_for_the_partner_to_sign() -> None:
    origin, destination = offices()
    made = proposed(origin, destination)
    assert origin.refusal("书记", "agreement.sign", version=made.version, **APPROVAL) == "D-agreement-none-waits"


def test_an_incomplete_draft_cannot_be_proposed() -> None:
    origin, _ = offices()
    draft = origin.ask("干事", "agreement.draft", **TERM).id
    assert origin.refusal("书记", "agreement.propose", draft=draft, **APPROVAL) == "G-incomplete"


def test_a_draft_is_proposed_once_and_a_second_waits_for_the_answer() -> None:
    origin, destination = offices()
    first = drafted(origin).id
    origin.ask("书记", "agreement.propose", draft=first, **APPROVAL)
    assert origin.refusal("书记", "agreement.propose", draft=first, **APPROVAL) == "D-draft-proposed"
    second = drafted(origin, safeguards="另一份。").id
    assert origin.refusal("书记", "agreement.propose", draft=second, **APPROVAL) == "P-decision-open"
    exchanged(origin, destination)
    destination.ask("书记", "agreement.decline", reason="请补充保障措施")
    exchanged(origin, destination)
    shown = origin.ask("干事", "agreement.show", id=first_proposal(origin))
    assert (shown.state, shown.reason) == ("declined", "请补充保障措施")
    assert origin.ask("书记", "agreement.propose", draft=second, **APPROVAL).version != shown.version


def first_proposal(office: Office) -> str:
    (line,) = [item for item in office.ask("干事", "agreement.list").agreements if item.state == "declined"]
    return str(line.id)


def test_an_approval_cannot_lie_in_the_future() -> None:
    origin, _ = offices()
    draft = drafted(origin).id
    late = {**APPROVAL, "approved_on": "2026-03-02"}
    assert origin.refusal("书记", "agreement.propose", draft=draft, **late) == "D-date-future"


def test_the_task_to_sign_goes_with_the_answer() -> None:
    origin, destination = offices()
    proposed(origin, destination)
    (task,) = destination.ask("书记", "task.list").tasks
    assert "agreement show" in task.step
    assert destination.ask("支部", "task.list").tasks == []
    destination.ask("书记", "agreement.decline", reason="不合适")
    assert destination.find(Task, state="open") == []


def test_a_text_whose_term_is_over_is_not_signed() -> None:
    origin, destination = offices()
    made = proposed(origin, destination)
    for office in (origin, destination):
        office.node.now = START + timedelta(days=400)
    assert destination.refusal("书记", "agreement.sign", version=made.version, **APPROVAL) == "G-expired"


def test_an_agreement_past_its_term_says_so_and_is_renewed_by_amending_it() -> None:
    origin, destination = offices()
    first = signed(origin, destination)
    assert origin.refusal("干事", "agreement.draft", **TERM) == "D-agreement-in-force"
    for office in (origin, destination):
        office.node.now = START + timedelta(days=400)
    assert origin.ask("干事", "agreement.show").state == "expired"
    renewed = origin.ask("干事", "agreement.amend", valid_until="2028-12-31", leads=["dues=origin"])
    assert renewed.predecessor == first.version
    made = origin.ask("书记", "agreement.propose", draft=renewed.id, **APPROVAL)
    exchanged(origin, destination)
    destination.ask("书记", "agreement.sign", version=made.version, **APPROVAL)
    exchanged(origin, destination)
    assert origin.node.in_force() == destination.node.in_force() == made.version
    states = {line.version: line.state for line in destination.ask("干事", "agreement.list").agreements}
    assert states == {first.version: "superseded", made.version: "in_force"}
    assert [officer.name for party in terms_of(destination).parties for officer in party.receiving_officers] == [
        "乌云",
        "李明",
    ]


def test_the_second_named_partner_may_draft_just_as_well() -> None:
    origin, destination = offices()
    made = signed(destination, origin)
    first, second = terms_of(origin).parties
    assert (first.node_id, first.receiving_officers[0].name) == (ORIGIN.node_id, "李明")
    assert (second.node_id, second.receiving_officers[0].name) == (DESTINATION.node_id, "乌云")
    assert origin.node.in_force() == made.version


def test_amending_needs_something_in_force() -> None:
    origin, _ = offices()
    assert origin.refusal("干事", "agreement.amend") == "G-not-in-force"
    assert origin.refusal("干事", "agreement.show") == "D-agreement-unknown"


def test_a_secretary_ends_the_agreement_and_nothing_more_is_written_under_it() -> None:
    origin, destination = offices()
    version = signed(origin, destination).version

    assert origin.refusal("干事", "agreement.end", version=version) == "A-role"
    assert origin.refusal("书记", "agreement.end", version="0" * 64) == "D-agreement-not-in-force"
    origin.ask("书记", "agreement.end", version=version, document_number="旗组〔2026〕9号")
    exchanged(origin, destination)

    for office in (origin, destination):
        assert office.ask("干事", "agreement.show").state == "ended"
        assert office.refusal("干事", "notice.send", topic="other", title="会商", text="请参加。") == "G-ended"


def test_a_node_says_once_that_the_term_is_over_by_its_own_clock() -> None:
    origin, destination = offices()
    signed(origin, destination)

    assert origin.node.act(end_expired) == []
    origin.node.now = START + timedelta(days=400)
    ended = origin.node.act(end_expired)
    again = origin.node.act(end_expired)
    exchanged(origin, destination)

    assert (len(ended), again) == (1, [])
    assert destination.ask("干事", "agreement.show").state == "ended"
    renewed = origin.ask("干事", "agreement.amend", valid_until="2028-12-31")
    made = origin.ask("书记", "agreement.propose", draft=renewed.id, **APPROVAL)
    exchanged(origin, destination)
    destination.node.now = origin.node.now
    destination.ask("书记", "agreement.sign", version=made.version, **APPROVAL)
    exchanged(origin, destination)
    assert origin.node.in_force() == destination.node.in_force() == made.version
    destination.ask("干事", "notice.send", topic="other", title="会商", text="请参加。")
