"""A partner without a node: the same commands, letters instead of bundles, its answers in our hand and never signed."""

import io
import zipfile
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest

from gongguan.node.files.grids import grids_of
from gongguan.node.files.templates import HEADER_ROW
from gongguan.node.operations import every
from gongguan.protocol.errors import ProtocolError
from gongguan.protocol.messages import KINDS
from gongguan.protocol.messages.agreement import AgreementEnded
from gongguan.protocol.messages.score import ScoreContributed
from gongguan.sync.act import Rejected
from gongguan.sync.exchange.paper_book import NEEDS_SIGNATURES, Word
from gongguan.sync.letters.letters import LIST_MAX, UNTOLD, UNTOLD_MAX, code_of
from gongguan.sync.records import Epoch, Letter, LogMessage, Member, PaperEntry, Segment, Setting, SharedRecord
from tests import pairs
from tests.files import pdf
from tests.sync.offices import PLACE, Office, admission, admitted, floating, id_number, member_id, offices, ready
from tests.sync.papers import (
    ACCEPTED,
    ANSWERED,
    CALLED,
    NOTICE,
    THERE,
    WROTE,
    admitted_there,
    alone,
    everything_said,
    filled_in,
    notified,
    with_paper_partner,
)

FIRST, SECOND = "巴特尔·乙", "巴特尔·丙"


def sheet_of(office: Office, subject_letter: int = 0) -> bytes:
    """The reply sheet of the newest letter, or of an older one."""
    code = office.ask("干事", "letter.list").letters[subject_letter].code
    data = office.ask("干事", "letter.print", code=code).sheet
    assert isinstance(data, bytes)
    return data


def take(office: Office, data: bytes) -> Any:
    return office.ask("干事", "sheet.take", file=data)


def problems(office: Office, data: bytes) -> list[tuple[int, str, str]]:
    """(row, column, sentence) of what is refused."""
    with pytest.raises(Rejected) as caught:
        take(office, data)
    assert caught.value.code == "D-import-rows"
    return [(note.row, note.column, note.note) for note in caught.value.detail().problems]  # type: ignore[attr-defined]


# --- the partner, and the gate ------------------------------------------------------------------------------------


def test_a_partner_without_a_node_is_added_and_says_of_itself_that_it_has_none() -> None:
    office = alone()
    peer = with_paper_partner(office)
    (line,) = office.ask("干事", "peer.list").peers
    assert (line.peer, line.title, line.state) == (peer, "临江区委组织部（无节点，公函往来）", "paper")
    assert (line.waiting, line.silent, line.heard_at) == (False, False, None)
    assert office.refusal("干事", "peer.add", title="临江区委组织部", region=PLACE, without_node=True) == "D-peer-named"
    assert office.refusal("干事", "peer.add", title="东河区委", region=PLACE) == "D-peer-has-node"
    assert office.refusal("支部", "peer.add", title="东河区委", region=PLACE, without_node=True) == "A-role"


def test_nothing_is_told_before_somebody_there_agreed_and_after_the_term_is_over() -> None:
    office = alone()
    office.ask("干事", "peer.add", title="临江区委组织部", region=PLACE, without_node=True)
    member = ready(office, 1)
    assert office.refusal("干事", "departure.notify", member_id=member) == "G-not-accepted"
    assert office.refusal("干事", "agreement.on_paper", agreed_by="李明") == "D-acceptance"
    said = office.ask("干事", "agreement.on_paper", agreed_by="李明", agreed_on="2026-02-27", valid_until="2026-12-31")
    assert (said.agreed_by, said.valid_until, said.source) == ("李明", "2026-12-31", "entered")
    subject = office.ask("干事", "departure.notify", member_id=member).subject

    office.node.now += timedelta(days=400)
    assert office.refusal("干事", "admission.give", subject=subject, **THERE, **CALLED) == "G-expired"

    office.ask("干事", "agreement.on_paper", agreed_by="李明", agreed_on="2026-12-30")
    office.ask("干事", "admission.give", subject=subject, **THERE, **CALLED)
    (line,) = office.ask("干事", "movement.list").movements
    assert line.state == "admitted"
    (accepted,) = office.ask("只读", "agreement.accepted").partners
    assert (accepted.agreed_by, accepted.agreed_on, accepted.source) == ("李明", "2026-12-30", "entered")


def test_a_paper_agreement_is_listed_nowhere_as_an_agreement_of_two() -> None:
    office = alone()
    with_paper_partner(office)
    assert office.ask("干事", "agreement.list").agreements == []
    assert office.refusal("干事", "agreement.show") == "D-agreement-unknown"
    assert office.refusal("干事", "agreement.draft", valid_from="2026-01-01", valid_until="2026-12-31") == (
        "D-peer-on-paper"
    )


# --- letters, and answers by telephone or letter ------------------------------------------------------------------


def test_a_member_is_told_of_by_letter_and_the_answer_by_telephone_is_shown_as_entered() -> None:
    office = alone()
    with_paper_partner(office)
    subject = notified(office)
    (letter,) = office.ask("干事", "letter.list").letters
    assert (letter.state, letter.people, letter.answered) == ("open", 1, 0)

    given = office.ask("干事", "admission.give", subject=subject, **THERE, **CALLED)

    assert given.source == "entered"
    (line,) = office.ask("干事", "movement.list").movements
    assert (line.state, line.managing_body, line.answer_source) == ("admitted", "代录社区党支部", "entered")
    assert "无节点" in line.peer
    assert office.ask("干事", "letter.list").letters[0].state == "answered"
    (entry,) = office.ask("干事", "letter.entered").entries
    assert (entry.how, entry.clerk, entry.entered_by, entry.letter) == ("telephone", "陈静", "干事", letter.code)


def test_an_unanswered_letter_is_listed_however_many_newer_ones_are_about_others() -> None:
    office = alone()
    with_paper_partner(office)
    notified(office)
    (kept,) = office.find(Letter)
    for number in range(kept.number + 1, kept.number + LIST_MAX + 2):
        office.put(msgspec.structs.replace(kept, code=f"其他{number}", number=number, subjects=["0" * 32]))
    assert [letter.code for letter in office.ask("干事", "letter.list", open=True).letters] == [kept.code]


def test_a_letter_holds_what_a_bundle_would_and_its_page_is_an_official_one() -> None:
    office = alone()
    with_paper_partner(office, address="南岭省临江区江滨路 1 号")
    notified(office)
    (letter,) = office.ask("干事", "letter.list").letters
    assert letter.code == code_of(2026, 1)
    printed = office.ask("支部", "letter.print", code=letter.code)
    page = printed.page.decode()
    for words in (
        "关于流动党员外出情况通报的函",
        "临江区委组织部：",
        FIRST,
        "H-1",
        letter.code,
        "2026年3月1日",
        "江滨路",
        "联系人：",
    ):
        assert words in page
    assert id_number(1) not in page
    assert office.refusal("邻支部", "letter.print", code=letter.code) == "A-subtree"
    assert office.refusal("干事", "letter.print", code="2026-0009-00") == "D-letter-unknown"


def test_one_letter_tells_of_all_members_of_one_act_and_a_dry_run_writes_none() -> None:
    office = alone()
    with_paper_partner(office)
    for number in (1, 2):
        ready(office, number)
    sent = office.ask("干事", "departure.notify_all")
    assert sent.sent_count == 2
    (letter,) = office.ask("干事", "letter.list").letters
    assert (letter.people, letter.state) == (2, "open")


def test_who_entered_how_it_came_must_be_said_and_a_letter_has_its_number() -> None:
    office = alone()
    with_paper_partner(office)
    subject = notified(office)
    for lacking in ({"heard": "telephone"}, {"heard": "letter", "their_clerk": "陈静"}, {"their_clerk": "陈静"}):
        assert office.refusal("干事", "admission.give", subject=subject, **THERE, **lacking) == "D-word"
    assert office.refusal("干事", "admission.give", subject=subject, **THERE) == "D-not-destination"
    office.ask("干事", "admission.give", subject=subject, **THERE, **WROTE)
    (entry,) = office.ask("干事", "letter.entered").entries
    assert (entry.how, entry.reference) == ("letter", "临组函〔2026〕9号")


def test_a_refusal_by_telephone_opens_the_case_that_a_signed_one_would() -> None:
    office = alone()
    with_paper_partner(office)
    subject = notified(office)
    refused = office.ask("干事", "admission.refuse", subject=subject, reason="never_arrived", **CALLED)
    assert refused.source == "entered"
    (case,) = office.ask("干事", "admission.cases").cases
    assert (case.case, case.reason) == ("refused", "never_arrived")
    assert "无节点" in case.peer


def test_what_was_entered_by_mistake_is_taken_back_and_stays_readable() -> None:
    office = alone()
    with_paper_partner(office)
    subject = admitted_there(office)
    other = {**THERE, "managing_body": "另一社区党支部"}
    assert office.refusal("干事", "admission.give", subject=subject, **other, **CALLED) == "D-answer-differs"
    (entry,) = office.ask("干事", "letter.entered").entries
    office.ask("干事", "letter.withdraw", entry=entry.entry)
    assert office.ask("干事", "movement.list").movements[0].state == "notified"
    assert office.ask("干事", "letter.entered").entries[0].withdrawn
    assert office.refusal("干事", "letter.withdraw", entry=entry.entry) == "D-entry-withdrawn"
    office.ask("干事", "admission.give", subject=subject, **other, **CALLED)
    assert office.ask("干事", "movement.list").movements[0].managing_body == "另一社区党支部"


# --- the reply sheet ----------------------------------------------------------------------------------------------


def test_the_reply_sheet_is_written_beforehand_locked_and_taken_as_the_partners_statement() -> None:
    office = alone()
    with_paper_partner(office)
    for number in (1, 2):
        ready(office, number)
    office.ask("干事", "departure.notify_all")
    data = sheet_of(office)
    rows = grids_of(data, "表")[0].rows
    assert [row[0] for row in rows[HEADER_ROW:]] == sorted((FIRST, SECOND))
    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        page = parts.read("xl/worksheets/sheet1.xml").decode()
    assert "<sheetProtection" in page and 'hidden="1"' in page

    taken = take(office, filled_in(data, {FIRST: ANSWERED}))

    assert (taken.made, taken.left_blank, taken.title) == (1, 1, "接收回执")
    states = {line.name: line.state for line in office.ask("干事", "movement.list").movements}
    assert states == {FIRST: "admitted", SECOND: "notified"}
    assert office.ask("干事", "letter.list").letters[0].state == "partly"
    (entry,) = office.ask("干事", "letter.entered").entries
    assert (entry.how, entry.clerk, entry.source) == ("sheet", "陈静", "entered")


def test_the_same_sheet_twice_says_nothing_new_and_another_answer_is_refused() -> None:
    office = alone()
    with_paper_partner(office)
    notified(office)
    data = filled_in(sheet_of(office), {FIRST: ANSWERED})
    assert take(office, data).made == 1
    again = take(office, data)
    assert (again.made, again.already, again.batch) == (0, 1, None)
    ((row, _, why),) = problems(office, filled_in(data, {FIRST: {"编入的党组织": "另一社区党支部"}}))
    assert row == HEADER_ROW + 1 and "不同的答复" in why
    office.ask("干事", "sheet.undo", batch=1)
    assert office.ask("干事", "movement.list").movements[0].state == "notified"


def test_a_clerk_takes_back_what_was_said_of_members_in_reach_only_by_whatever_way() -> None:
    office = alone()
    with_paper_partner(office)
    notified(office)
    take(office, filled_in(sheet_of(office), {FIRST: ANSWERED}))
    (entry,) = office.ask("干事", "letter.entered").entries
    assert office.refusal("邻支部", "sheet.undo", batch=1) == "A-subtree"
    assert office.refusal("邻支部", "letter.withdraw", entry=entry.entry) == "A-subtree"
    assert office.ask("干事", "movement.list").movements[0].state == "admitted"
    office.ask("支部", "sheet.undo", batch=1)


@pytest.mark.parametrize(
    ("altered", "words"),
    [
        ({"函号": "2026-0009-00"}, "没有发过这个函号"),
        ({"活动证号": "H-9"}, "锁定的格子"),
        ({"外出日期": "2026-01-01"}, "锁定的格子"),
        ({"姓名": "别人"}, "不是"),
        ({"编号": "0" * 32}, "没有这名党员"),
        ({"联系责任人": None}, "必填的格子空着"),
        ({"填报单位经办人": None}, "必填的格子空着"),
        ({"答复": None}, "必填的格子空着"),
        ({"到达日期": "三月"}, ""),
        ({"答复": "不予接收"}, "必填的格子空着"),
    ],
)
def test_what_was_altered_or_left_half_filled_is_named_by_row(altered: dict[str, Any], words: str) -> None:
    office = alone()
    with_paper_partner(office)
    notified(office)
    found = problems(office, filled_in(sheet_of(office), {FIRST: {**ANSWERED, **altered}}))
    assert {row for row, _, _ in found} == {HEADER_ROW + 1}
    assert any(words in why for _, _, why in found), found
    assert office.find(PaperEntry) == []


@pytest.mark.parametrize("column", ["到达日期", "填报日期"])
def test_of_the_days_of_a_reply_sheet_the_one_that_lies_in_the_future_is_named(column: str) -> None:
    office = alone()
    with_paper_partner(office)
    notified(office)
    answers = {**ANSWERED, "填报日期": "2026-03-01", column: "2099-03-01"}
    found = problems(office, filled_in(sheet_of(office), {FIRST: answers}))
    assert [named for _, named, _ in found] == [column]


def test_a_row_under_the_code_of_a_letter_about_somebody_else_is_refused() -> None:
    office = alone()
    with_paper_partner(office)
    notified(office, 1)
    first = office.ask("干事", "letter.list").letters[0].code
    notified(office, 2)
    ((_, _, why),) = problems(office, filled_in(sheet_of(office), {SECOND: {**ANSWERED, "函号": first}}))
    assert "没有提到这名党员" in why


# --- nothing of it is signed, sent or counted ---------------------------------------------------------------------


def test_the_local_log_has_no_signed_head_and_no_bundle_is_ever_due() -> None:
    office = alone()
    with_paper_partner(office)
    admitted_there(office)
    assert {epoch.head for epoch in office.find(Epoch)} == {b""}
    assert office.find(Segment) == []
    assert office.node.act(lambda exchange: exchange.pairings()) == []
    assert office.port.woken == [] or set(office.port.woken) == {office.find(Epoch)[0].pairing_id}


def test_a_second_process_goes_on_with_the_same_log_and_folds_the_same() -> None:
    office = alone()
    with_paper_partner(office)
    subject = admitted_there(office)
    before = {(item.unit, item.key): item.value for item in office.find(SharedRecord)}
    office.node.crash()
    office.ask("干事", "movement.relocate", subject=subject, place="990207", on="2026-03-01")
    assert len(office.find(Epoch)) == 2
    pairing = office.find(Epoch)[0].pairing_id

    def rebuilt(exchange: Any) -> dict[tuple[bytes, str], bytes]:
        book = exchange.book(pairing)
        for row in {item.unit for item in exchange.store.find(LogMessage) if item.unit is not None}:
            unit = next(item for item in exchange.store.find(SharedRecord, unit=row))
            book.rebuild(book.work_of(unit.agreement, unit.subject))
        return {(key, name): value for key, work in book.units.items() for name, value in work.records.raw.items()}

    after = office.node.act(rebuilt)
    assert {key: after[key] for key in before if "place" not in key[1]} == {
        key: value for key, value in before.items() if "place" not in key[1]
    }


def test_silence_makes_a_partner_without_a_node_late_in_no_list() -> None:
    office = alone()
    with_paper_partner(office)
    notified(office, 1)
    second = admitted_there(office, 2)
    office.node.now += timedelta(days=200)
    # A call about something else is no sign that the rest was heard of.
    office.ask("干事", "entry.dues", subject=second, month="2026-03", paid_on="2026-03-20", **CALLED)
    assert [gap.gap for gap in office.ask("干事", "movement.gaps").gaps if gap.gap == "unanswered"] == []
    assert office.ask("干事", "admission.cases").cases == []
    times = office.ask("干事", "admission.times")
    assert times.late == 0
    feedback = office.ask("干事", "feedback.list", quarter="2026Q1")
    assert (feedback.overdue, feedback.unknown) == (0, 1)
    assert {line.late_side for line in feedback.members} == {None}
    assert office.ask("干事", "bulletin.list").late_there == 0
    assert not any(line.silent for line in office.ask("干事", "peer.list").peers)
    unreceipted = office.ask("干事", "departure.unreceipted")
    assert unreceipted.receipted == 0
    assert {line.lack for line in unreceipted.lines} == {"by_letter"}
    assert second in {line.subject for line in unreceipted.lines}


def test_a_floating_member_without_certificate_is_refused_as_with_a_node() -> None:
    office = alone()
    with_paper_partner(office)
    floating(office, 3)
    assert office.refusal("干事", "departure.notify", member_id=member_id(3)) == "D-certificate-missing"


# --- the other families -------------------------------------------------------------------------------------------


def test_every_family_of_commands_takes_the_partners_word_and_says_whose_it_is() -> None:
    office = alone()
    with_paper_partner(office)
    subject = everything_said(office)

    rows = office.ask("干事", "movement.show", subject=subject).rows
    assert {(row.side, row.source) for row in rows} == {("origin", "own"), ("destination", "entered")}
    entries = office.ask("干事", "entry.list", subject=subject).entries
    assert {(line.kind, line.source, line.late) for line in entries} == {
        ("life", "entered", False),
        ("dues", "entered", False),
    }
    (line,) = office.ask("干事", "feedback.list", quarter="2026Q1").members
    assert (line.state, line.conduct, line.volunteering, line.source) == ("received", "good", 31, "entered")
    assert len(office.ask("干事", "letter.entered").entries) == 8
    told = [entry.what for entry in office.ask("干事", "letter.entered").entries]
    assert told.count("重大情况通报（只报类别和文号）") == 1

    office.ask("干事", "movement.return", subject=subject, ended_on="2026-03-01", reason="returned")
    letters = office.ask("干事", "letter.list").letters
    assert (letters[0].matter, letters[0].state) == ("流动结束通报", "open")
    office.ask("干事", "movement.summarise", subject=subject, conduct="good", dues_months=1, **WROTE)
    closing = office.ask("干事", "movement.closing", subject=subject)
    assert (closing.summary.dues_months, closing.summary.source) == (1, "entered")
    assert office.ask("干事", "letter.list").letters[0].state == "answered"


def test_two_entries_that_we_wrote_both_are_no_agreement_of_two() -> None:
    office = alone()
    with_paper_partner(office)
    subject = admitted_there(office)
    dues = {"subject": subject, "month": "2026-02", "paid_on": "2026-02-28"}
    office.ask("干事", "entry.dues", **dues)
    assert office.ask("干事", "entry.dues", **dues, **CALLED).status == "entered"
    (life,) = {line.status for line in office.ask("干事", "entry.list", subject=subject).entries}
    (shown,) = {line.status for line in office.ask("干事", "certificate.show", person=subject).entries}
    assert (life, shown) == ("entered", "entered")
    statuses = {row.status for row in office.ask("干事", "movement.show", subject=subject).rows}
    assert "双方一致" not in statuses


def test_an_answer_is_taken_from_a_partner_without_a_node_only() -> None:
    origin, destination = offices(agreed=True)
    subject = admitted(origin, destination)
    for name, fields in (
        ("admission.give", THERE),
        ("feedback.give", {"quarter": "2026Q1", "conduct": "good"}),
        ("entry.dues", {"month": "2026-02", "paid_on": "2026-02-28"}),
        ("movement.relocate", {"place": "990203", "on": "2026-02-28"}),
        ("movement.presence", {"presence": "lost", "on": "2026-02-28"}),
        ("letter.enter", {"answer": "contact", "set": ["联系日期=2026-02-26", "联系类别=季度定期联系"]}),
        ("movement.return", {"ended_on": "2026-02-28", "reason": "returned"}),
    ):
        assert origin.refusal("干事", name, subject=subject, **fields, **CALLED) == "D-peer-signs", name
    assert origin.find(PaperEntry) == []


# --- the partner without a node is the origin ---------------------------------------------------------------------


def test_a_notice_that_came_by_letter_is_answered_as_any_other_and_the_answer_is_a_letter() -> None:
    office = alone()
    with_paper_partner(office)
    subject = office.ask("干事", "letter.notice", **NOTICE, **WROTE).subject
    (notice,) = office.ask("干事", "admission.list").notices
    assert (notice.name, notice.subject) == ("阿古拉", subject)
    assert "无节点" in notice.peer
    assert office.refusal("干事", "letter.notice", **NOTICE, **WROTE) == "D-period-open"
    assert office.refusal("干事", "letter.notice", **NOTICE) == "D-word"

    office.ask("干事", "admission.give", **admission(subject))

    (letter,) = office.ask("干事", "letter.list").letters
    assert (letter.matter, letter.state) == ("接收流动党员", "no_answer_needed")
    printed = office.ask("干事", "letter.print", code=letter.code)
    assert "第一党支部" in printed.page.decode() and printed.sheet is None
    rows = office.ask("干事", "movement.show", subject=subject).rows
    assert {(row.side, row.source) for row in rows} == {("origin", "entered"), ("destination", "own")}
    (entry,) = office.ask("干事", "letter.entered").entries
    assert office.refusal("干事", "letter.withdraw", entry=entry.entry) == "D-entry-used"


def test_the_stay_of_a_member_of_theirs_ends_by_their_letter_and_is_summarised_in_one_of_ours() -> None:
    office = alone()
    with_paper_partner(office)
    subject = office.ask("干事", "letter.notice", **NOTICE, **WROTE).subject
    office.ask("干事", "admission.give", **admission(subject))
    over = {"subject": subject, "ended_on": "2026-03-01", "reason": "returned"}
    assert office.refusal("干事", "movement.return", **over) == "D-not-origin"
    assert office.refusal("邻支部", "movement.return", **over, **WROTE) == "A-subtree"
    assert office.ask("干事", "movement.return", **over, **WROTE).source == "entered"
    assert office.refusal("干事", "movement.return", **over, **WROTE) == "D-movement-state"
    (line,) = office.ask("干事", "movement.list").movements
    assert line.state == "ended"
    office.ask("干事", "movement.summarise", subject=subject, conduct="good")
    assert office.ask("干事", "letter.list").letters[0].matter == "外出期间表现总结"
    (entry,) = [item for item in office.ask("干事", "letter.entered").entries if item.what == "流动结束通报"]
    office.ask("干事", "letter.withdraw", entry=entry.entry)
    assert office.ask("干事", "movement.list").movements[0].state == "admitted"


def test_a_notice_entered_by_mistake_leaves_nobody_waiting() -> None:
    office = alone()
    with_paper_partner(office)
    office.ask("干事", "letter.notice", **NOTICE, **WROTE)
    (entry,) = office.ask("干事", "letter.entered").entries
    office.ask("干事", "letter.withdraw", entry=entry.entry)
    assert office.ask("干事", "admission.list").notices == []
    assert office.ask("干事", "task.list").tasks == []
    assert office.ask("干事", "letter.notice", **NOTICE, **WROTE).name == "阿古拉"


# --- what two nodes alone can do ----------------------------------------------------------------------------------

OF_TWO_NODES: dict[str, dict[str, Any]] = {
    "meeting.call": {"on": "2026-03-20", "agenda": ["年度会商"]},
    "partnership.propose": {
        "partnership": "p-1",
        "branch_here": "第一党支部",
        "branch_there": "临江区第三党支部",
        "purpose": "共建",
        "valid_from": "2026-01-01",
        "valid_until": "2026-12-31",
    },
    "bundle.export": {},
    "agreement.draft": {"valid_from": "2026-01-01", "valid_until": "2026-12-31"},
    "score.rules": {},
}


@pytest.mark.parametrize("name", OF_TWO_NODES)
def test_what_takes_two_nodes_is_refused_by_name(name: str) -> None:
    office = alone()
    with_paper_partner(office)
    assert office.refusal("干事", name, **OF_TWO_NODES[name]) == "D-peer-on-paper"


def test_no_kind_that_needs_two_signatures_is_written_or_entered_and_no_score_is_entered() -> None:
    office = alone()
    with_paper_partner(office)
    subject = admitted_there(office)
    pairing = office.find(Epoch)[0].pairing_id
    word = Word("telephone", "陈静", "2026-03-01")
    points = ScoreContributed(rule="volunteering", event="x", on="2026-02-27", year=2026, points=1)
    ending = AgreementEnded(reason="decided")

    def refusals(exchange: Any) -> list[str]:
        book = exchange.book(pairing)
        version = book.current_version()
        tries = (
            lambda: book.write("agreement.ended", ending, version=version),
            lambda: book.enter("agreement.ended", ending, word, by="干事", version=version),
            lambda: book.enter("score.contributed", points, word, by="干事", version=version, subject=subject),
        )
        return [refused(attempt) for attempt in tries]

    assert office.node.act(refusals) == ["D-needs-signatures"] * 3
    assert set(KINDS) >= NEEDS_SIGNATURES and {"minutes.proposed", "joint.answered"} <= NEEDS_SIGNATURES


def refused(attempt: Any) -> str:
    """The code of its refusal."""
    try:
        attempt()
    except ProtocolError as error:
        return error.code
    return ""


# --- the end ------------------------------------------------------------------------------------------------------


def test_a_member_whose_time_is_over_is_erased_here_though_nobody_receipts_anything() -> None:
    office = alone()
    with_paper_partner(office)
    subject = everything_said(office)
    office.ask("干事", "movement.return", subject=subject, ended_on="2026-03-01", reason="returned")
    pairs.later(office.node, 6 * 366)
    request = office.ask("干事", "erasure.request", subject=subject).request
    done = office.ask("书记", "erasure.approve", request=request)
    assert (done.waiting, done.messages > 8) == (False, True)
    assert office.find(PaperEntry) == []
    assert not [row for row in office.find(LogMessage) if "代录社区".encode() in row.data]
    assert office.ask("干事", "letter.list").letters == []
    assert office.ask("干事", "letter.entered").entries == []


def test_the_letter_about_several_stays_when_one_of_them_is_erased_and_names_only_the_others() -> None:
    office = alone()
    with_paper_partner(office)
    for number in (1, 2):
        ready(office, number)
    office.ask("干事", "departure.notify_all")
    (letter,) = office.ask("干事", "letter.list").letters
    (subject,) = [line.subject for line in office.ask("干事", "movement.list").movements if line.name == FIRST]
    office.ask("干事", "admission.give", subject=subject, **THERE, **CALLED)
    office.ask("干事", "movement.return", subject=subject, ended_on="2026-03-01", reason="returned")
    pairs.later(office.node, 6 * 366)
    request = office.ask("干事", "erasure.request", subject=subject).request
    office.ask("书记", "erasure.approve", request=request)
    assert letter.code in [line.code for line in office.ask("干事", "letter.list").letters]
    page = office.ask("干事", "letter.print", code=letter.code).page.decode()
    assert SECOND in page and FIRST not in page


def test_what_is_entered_day_by_day_is_collected_into_one_letter_and_not_one_each() -> None:
    office = alone()
    with_paper_partner(office)
    subject = admitted_there(office)
    for month in ("2026-01", "2026-02"):
        office.ask("支部", "entry.dues", subject=subject, month=month, paid_on="2026-02-28")
    listed = office.ask("干事", "letter.list")
    assert (len(listed.letters), listed.untold) == (1, 2)
    done = office.ask("干事", "letter.collect")
    assert done.entries == 2
    listed = office.ask("干事", "letter.list")
    assert (listed.letters[0].matter, listed.letters[0].state, listed.untold) == (
        "《活动证》党费记载",
        "no_answer_needed",
        0,
    )
    assert office.refusal("干事", "letter.collect") == "D-letter-nothing"
    page = office.ask("干事", "letter.print", code=listed.letters[0].code).page.decode()
    assert "月份：2026-01" in page and "月份：2026-02" in page


def test_a_written_opinion_that_came_by_post_is_entered_with_its_scan_and_marked() -> None:
    office = alone()
    with_paper_partner(office)
    ready(office, 1)
    (member,) = office.find(Member, member_id=member_id(1))
    details = '{"joined_on":"2025-07-01"}'
    office.put(msgspec.structs.replace(member, category="probationary_member", details=details))
    subject = office.ask("干事", "departure.notify", member_id=member_id(1)).subject
    office.ask("干事", "admission.give", subject=subject, **THERE, **CALLED)
    seen = {"conduct": "good", "organisational_life": "regular", "study": "regular", "tasks": "regular"}
    office.ask("干事", "probation.observe", subject=subject, quarter="2026Q1", **seen, **CALLED)
    office.node.now = datetime.fromisoformat("2026-05-05T04:00:00Z")
    office.ask("干事", "probation.request", subject=subject)
    assert office.ask("干事", "letter.list").letters[0].matter == "征求预备党员转正意见"

    opinion = {"opinion": "on_time", "reasons": ["fulfils_duties"], "on": "2026-05-04", "signed_by": "李明"}
    office.ask("干事", "probation.opinion", subject=subject, document=pdf(3000), **opinion, **WROTE)

    again = {"subject": subject, "document": pdf(3000), **opinion}
    office.ask("干事", "probation.opinion", **again, **WROTE)
    assert [entry.what for entry in office.ask("干事", "letter.entered").entries].count("预备党员转正书面意见") == 1
    other = {**again, "signed_by": "王明"}
    assert office.refusal("干事", "probation.opinion", **other, **WROTE) == "D-answer-differs"
    changed = {"subject": subject, "quarter": "2026Q1", **seen, "conduct": "normal"}
    assert office.refusal("干事", "probation.observe", **changed, **CALLED) == "D-answer-differs"

    (line,) = office.ask("干事", "probation.list").members
    assert (line.state, line.opinion, line.observed, line.source) == ("answered", "on_time", ["2026Q1"], "entered")
    shown = office.ask("干事", "probation.show", subject=subject)
    saved = office.ask("干事", "attachment.save", attachment=shown.opinion.document)
    assert saved.pdf == pdf(3000)


def test_notices_bulletins_and_delegated_study_are_letters_too_and_nothing_is_receipted() -> None:
    office = alone()
    with_paper_partner(office)
    subject = admitted_there(office)
    office.ask("干事", "notice.send", topic="other", title="换届时间", text="定于四月", subject=subject)
    topics = dict.fromkeys(("admission", "organisational_life", "conduct", "conversion"), "无")
    office.ask("干事", "bulletin.send", quarter="2026Q1", **topics)
    office.ask("干事", "study.delegate", topic="学习纪要", due_on="2026-03-20")
    letters = office.ask("干事", "letter.list").letters
    assert [letter.matter for letter in letters[:3]] == ["委托组织集体学习", "季度通报（四项）", "互通信息"]
    assert "换届时间" in office.ask("干事", "letter.print", code=letters[2].code).page.decode()
    (notice,) = office.ask("干事", "notice.list").notices
    assert notice.receipt == "by_letter"
    office.node.now += timedelta(days=60)
    (study,) = office.ask("干事", "study.list").studies
    assert study.state == "unknown"


def test_too_many_entries_in_no_letter_make_one_by_themselves() -> None:
    office = alone()
    with_paper_partner(office)
    subject = admitted_there(office)
    pairing = office.find(Epoch)[0].pairing_id
    office.put(Setting(name=UNTOLD.format(pairing=pairing), value=" ".join(["0" * 32] * UNTOLD_MAX)))
    office.ask("支部", "entry.dues", subject=subject, month="2026-02", paid_on="2026-02-28")
    listed = office.ask("干事", "letter.list")
    assert (listed.letters[0].matter, listed.untold) == ("《活动证》党费记载", 0)


def test_a_sheet_printed_before_the_clerks_column_was_named_for_who_fills_it_in_is_still_read() -> None:
    office = alone()
    with_paper_partner(office)
    notified(office)
    sheet = filled_in(sheet_of(office), {FIRST: ANSWERED}, renamed={"填报单位经办人": "对方经办人"})
    assert take(office, sheet).made == 1


# --- whom a partner that was not named means ----------------------------------------------------------------------


def test_of_several_partners_the_one_in_whose_region_the_member_goes_is_notified() -> None:
    office = alone()
    with_paper_partner(office)
    with_paper_partner(office, title="远山镇组织办", region="990305")
    assert office.ask("干事", "departure.notify", member_id=ready(office, 1)).peer.startswith("临江区委组织部")
    elsewhere = floating(office, 2)
    left = {"member_id": elsewhere, "left_on": "2026-02-20", "destination_place": "990777", "reason": "work"}
    office.ask("干事", "departure.report", **left)
    office.ask("干事", "certificate.issue", member_id=elsewhere, number="H-2", issued_on="2026-02-19")
    assert office.refusal("干事", "departure.notify", member_id=elsewhere) == "D-peer-ambiguous"


def test_what_is_collected_goes_to_the_only_partner_without_a_node() -> None:
    origin, _ = offices(agreed=True)
    peer = with_paper_partner(origin, title="远山镇组织办", region="990305")
    notified(origin, peer=peer)
    origin.ask("干事", "contact.record", person=FIRST, kind="quarterly", on="2026-02-26", channel="phone")
    assert origin.ask("干事", "letter.collect").peer.startswith("远山镇组织办")


# --- what a person reads afterwards -------------------------------------------------------------------------------


def test_what_comes_next_after_a_letter_a_partner_and_a_sheet_fits_what_came_of_it() -> None:
    office = alone()
    operations = every()
    adding = {"title": "临江区委组织部", "region": PLACE, "without_node": True}

    def hint(name: str, answer: Any) -> str:
        said = operations[name].told(answer).hint
        return said.zh if said is not None else ""

    assert "agreement on-paper" in hint("peer.add", office.ask("干事", "peer.add", **adding))
    agreed = office.ask("干事", "peer.add", **{**adding, "title": "远山镇组织办", **ACCEPTED})
    assert "agreement on-paper" not in hint("peer.add", agreed)
    office.ask("干事", "departure.notify", member_id=ready(office, 1), peer=agreed.peer)
    (asking,) = office.ask("干事", "letter.list").letters
    assert "回执表一并发给对方" in hint("letter.print", office.ask("干事", "letter.print", code=asking.code))
    sheet = filled_in(sheet_of(office), {FIRST: ANSWERED})
    assert "sheet undo" in hint("sheet.take", take(office, sheet))
    assert "sheet undo" not in hint("sheet.take", take(office, sheet))
    office.ask("干事", "contact.record", person=FIRST, kind="quarterly", on="2026-02-26", channel="phone")
    office.ask("干事", "letter.collect", peer=agreed.peer)
    printed = office.ask("干事", "letter.print", code=office.ask("干事", "letter.list").letters[0].code)
    assert printed.sheet is None
    assert "回执表一并发给对方" not in hint("letter.print", printed)


def test_a_letter_says_beside_the_code_of_a_place_whose_region_it_is() -> None:
    office = alone()
    with_paper_partner(office)
    notified(office)
    code = office.ask("干事", "letter.list").letters[0].code
    assert f"流入地：{PLACE}（临江区委组织部）" in office.ask("干事", "letter.print", code=code).page.decode()
