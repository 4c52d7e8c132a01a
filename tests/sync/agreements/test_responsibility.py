"""Who answers for a duty: both nodes name the same side, from the same version."""

from gongguan.protocol.agreement_templates import DUTY_TITLES
from gongguan.protocol.duties import DUTIES, LEAD_TITLES
from tests.sync.agreements.signing import APPROVAL, signed
from tests.sync.offices import Office, admitted, exchanged, offices


def named(office: Office, code: str, subject: str | None = None) -> tuple[str, str | None, str]:
    shown = office.ask("支部", "agreement.duty", code=code, **({"subject": subject} if subject else {}))
    return shown.side, shown.committee, shown.version


def amended(origin: Office, destination: Office, **changes: object) -> str:
    draft = origin.ask("干事", "agreement.amend", **changes)
    version: str = origin.ask("书记", "agreement.propose", draft=draft.id, **APPROVAL).version
    exchanged(origin, destination)
    destination.ask("书记", "agreement.sign", version=version, **APPROVAL)
    exchanged(origin, destination)
    return version


def test_for_every_duty_both_nodes_name_the_same_side_and_committee_from_the_same_version() -> None:
    origin, destination = offices(agreed=True)
    subject = admitted(origin, destination)
    for code in DUTIES:
        assert named(origin, code, subject) == named(destination, code, subject)
    there = destination.node.committee.card.title
    assert named(origin, "A-45", subject) == ("destination", there, origin.node.in_force())
    assert named(origin, "A-18")[:2] == ("origin", None), "without a member either committee may be the origin"


def test_what_an_agreement_says_of_one_duty_outweighs_the_text_and_an_amendment_moves_it_on_both_nodes() -> None:
    origin, destination = offices(agreed=True)
    subject = admitted(origin, destination)
    before = origin.ask("支部", "agreement.duty", code="a-18", subject=subject)
    assert (before.side, before.because) == ("origin", "text")
    version = amended(origin, destination, leads=["A-18=流入地", "contact=流出地"])
    for office in (origin, destination):
        shown = office.ask("支部", "agreement.duty", code="A-18", subject=subject)
        assert (shown.side, shown.because, shown.version) == ("destination", "agreed", version)
        group = office.ask("支部", "agreement.duty", code="B-08", subject=subject)
        assert (group.side, group.because) == ("origin", "group")
    assert "A-18　每季度联系一次：以流入地为主，另一方配合。" in origin.ask("干事", "agreement.show").document


def test_affiliation_and_place_cannot_be_given_away() -> None:
    origin, _ = offices(agreed=True)
    for code in ("A-26", "A-51"):
        assert origin.refusal("干事", "agreement.amend", leads=[f"{code}=流入地"]) == "D-lead-fixed"
    assert origin.refusal("干事", "agreement.duty", code="A-99") == "D-duty-unknown"


def test_members_of_other_branches_are_not_asked_about() -> None:
    origin, destination = offices(agreed=True)
    subject = admitted(origin, destination)
    assert origin.refusal("邻支部", "agreement.duty", code="A-18", subject=subject) == "A-subtree"


def test_every_duty_has_a_group_that_agreements_know_and_a_name_of_its_own_among_leads() -> None:
    assert {duty.group for duty in DUTIES.values()} <= set(DUTY_TITLES)
    assert len(LEAD_TITLES) == len(DUTIES)
    assert not set(LEAD_TITLES) & set(DUTY_TITLES)


def test_a_new_text_is_compared_clause_by_clause_before_it_is_signed() -> None:
    origin, destination = offices()
    signed(origin, destination)
    assert destination.refusal("干事", "agreement.diff") == "D-agreement-first"
    draft = origin.ask("干事", "agreement.amend", valid_until="2027-06-30", safeguards="另订。", leads=["dues=流出地"])
    origin.ask("书记", "agreement.propose", draft=draft.id, **APPROVAL)
    exchanged(origin, destination)
    found = destination.ask("书记", "agreement.diff")
    assert (found.state, found.version) == ("proposed", draft.version)
    changed = {(line.change, line.text) for line in found.changes if line.article.startswith(("第六条", "第五条"))}
    assert ("removed", "党费记载：以流入地为主，另一方配合。") in changed
    assert ("added", "党费记载：以流出地为主，另一方配合。") in changed
    assert ("added", "另订。") in changed
    assert {line.article[:3] for line in found.changes} == {"第二条", "第五条", "第六条"}


def test_nothing_but_what_changed_is_listed() -> None:
    origin, destination = offices()
    signed(origin, destination)
    origin.ask("干事", "agreement.amend", valid_until="2027-06-30")
    lines = origin.ask("干事", "agreement.diff").changes
    assert [line.change for line in lines if "2027-06-30" in line.text or "2026-12-31" in line.text] == [
        "removed",
        "added",
    ]
