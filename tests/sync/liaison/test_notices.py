"""Notices: to a partner or about one member, without personal data, receipted by the partner's signature alone."""

from gongguan.sync.liaison.notices import NoticeLine
from tests import pairs
from tests.sync.at_work import MEMBER, OTHER, at_work
from tests.sync.offices import Office, exchanged

CALL = {"topic": "important_matter", "title": "会商通知", "text": "请派人参加三月的会商。"}


def lines(side: Office, who: str = "干事") -> list[NoticeLine]:
    found: list[NoticeLine] = side.ask(who, "notice.list").notices
    return found


def test_a_notice_waits_until_the_partners_receipt_covers_it() -> None:
    origin, destination = at_work()
    made = origin.ask("干事", "notice.send", **CALL)
    assert [(line.direction, line.receipt) for line in lines(origin)] == [("sent", "waiting")]
    pairs.carry(origin.node, destination.node)
    assert [(line.direction, line.receipt) for line in lines(destination)] == [("received", "ours")]
    assert lines(origin)[0].receipt == "waiting"  # it has arrived, but nobody has signed for it here yet
    pairs.carry(destination.node, origin.node)
    (line,) = lines(origin)
    assert (line.notice, line.receipt, line.on) == (made.notice, "receipted", "2026-03-10")


def test_a_notice_about_a_member_names_the_pseudonym_and_each_side_sees_the_name_it_knows() -> None:
    origin, destination = at_work()
    destination.ask("支部", "notice.send", subject=MEMBER, **{**CALL, "topic": "conduct"})
    exchanged(origin, destination)
    assert [(line.subject, line.name, line.topic) for line in lines(origin)] == [(MEMBER, "巴特尔", "conduct")]
    assert lines(origin, "邻支部") == []


def test_an_id_number_does_not_go_out_in_a_text() -> None:
    origin, _ = at_work()
    for text in ("请核对990521199003070019。", "身份证号 99052119900307001x"):
        assert origin.refusal("干事", "notice.send", **{**CALL, "text": text}) == "D-notice-id-number"
    assert origin.refusal("干事", "notice.send", **{**CALL, "text": "文号 2026031000000000000001"}) == ""


def test_partner_and_member_must_fit_each_other() -> None:
    origin, destination = at_work()
    theirs = destination.node.identity.node_id
    assert origin.refusal("干事", "notice.send", subject=MEMBER, peer="zz", **CALL) == "D-subject-other-peer"
    assert origin.refusal("干事", "notice.send", peer="zz", **CALL) == "D-peer-unknown"
    assert origin.refusal("干事", "notice.send", subject=OTHER, **CALL) == "D-subject-unknown"
    assert origin.refusal("干事", "notice.send", subject=MEMBER, peer=theirs[:6], **CALL) == ""


def test_a_refused_notice_leaves_nothing_in_the_log() -> None:
    origin, _ = at_work()
    before = len(origin.node.log())
    assert origin.refusal("干事", "notice.send", **{**CALL, "on": "2026-03-11"}) == "D-date-future"
    assert origin.refusal("干事", "notice.send", **{**CALL, "on": "2025-12-31"}) == "G-outside-term"
    assert len(origin.node.log()) == before
