"""A partner without a node that was entered wrongly is put right or taken out, and nothing that was written is lost."""

from gongguan.sync.records import AgreementVersion, PaperPartner
from tests.sync.papers import ACCEPTED, admitted_there, alone, notified, with_paper_partner


def states(office: object) -> dict[str, str]:
    return {line.title: line.state for line in office.ask("干事", "peer.list").peers}  # type: ignore[attr-defined]


def test_a_mistyped_title_and_division_are_put_right_and_the_next_letter_bears_them() -> None:
    office = alone()
    peer = with_paper_partner(office, title="临将区委组织部", region="990909")
    first = notified(office, 1, place="990202", peer=peer)
    done = office.ask("干事", "peer.amend", peer=peer, title="临江区委组织部", region="990202")
    assert (done.title, done.agreed_by) == ("临江区委组织部（无节点，公函往来）", ACCEPTED["agreed_by"])
    office.ask("干事", "movement.return", subject=first, ended_on="2026-03-01", reason="returned")
    newest, oldest = office.ask("干事", "letter.list").letters
    assert newest.peer == oldest.peer == "临江区委组织部（无节点，公函往来）"
    printed = office.ask("干事", "letter.print", code=newest.code)
    assert "临江区委组织部" in printed.page.decode()


def test_a_title_that_another_partner_has_is_not_given_twice_and_a_node_is_not_renamed() -> None:
    office = alone()
    first = with_paper_partner(office)
    with_paper_partner(office, title="云港区委组织部", region="990203")
    assert office.refusal("干事", "peer.amend", peer=first, title="云港区委组织部") == "D-peer-named"
    assert office.refusal("干事", "peer.amend", peer="abcde", title="云港区") == "D-peer-unknown"
    assert office.refusal("支部", "peer.amend", peer=first, title="云港区") == "A-role"


def test_a_partner_entered_by_mistake_is_gone_as_if_it_had_never_been_there() -> None:
    office = alone()
    peer = with_paper_partner(office)
    assert office.ask("干事", "peer.remove", peer=peer).state == "removed"
    assert office.ask("干事", "peer.list").peers == []
    assert office.find(PaperPartner) == office.find(AgreementVersion) == []
    with_paper_partner(office)


def test_a_partner_that_was_written_to_is_used_no_more_and_its_word_stays_marked_as_entered() -> None:
    office = alone()
    peer = with_paper_partner(office)
    subject = admitted_there(office)
    assert office.refusal("干事", "peer.remove", peer=peer) == "D-peer-in-use"
    office.ask("干事", "movement.return", subject=subject, ended_on="2026-03-01", reason="returned")
    assert office.ask("干事", "peer.remove", peer=peer).state == "dropped"
    (line,) = office.ask("干事", "movement.list").movements
    assert (line.state, line.answer_source) == ("ended", "entered")
    assert [entry.source for entry in office.ask("干事", "letter.entered").entries] == ["entered"]
    assert len(office.ask("干事", "letter.list").letters) == 2
    assert office.refusal("干事", "notice.send", peer=peer, topic="other", title="x", text="y") == "D-peer-unknown"
    again = with_paper_partner(office)
    assert again != peer
