"""Duties shown by the commands that staff use for them: what a row of docs/duties.md says is seen in their answers."""

from typing import Any

import msgspec

from gongguan.protocol.duties import DUTIES
from gongguan.sync.exchange.reconcile import Session
from gongguan.sync.records import LogMessage, Member, Staff
from tests.pairs import Node
from tests.sync.agreements.signing import ACTIVITY, MINUTES, settled, signed
from tests.sync.exchange.comparing import alter_text_by_hand, compared
from tests.sync.offices import (
    BRANCH,
    Office,
    admission,
    admitted,
    exchanged,
    floating,
    id_number,
    member_id,
    offices,
    on,
    ready,
    roster_row,
)
from tests.sync.probation.probationers import probationer
from tests.sync.said import quarterly

NAME = "巴特尔·乙"


def both(number: int = 1) -> tuple[Office, Office, str]:
    """An origin and a destination that manages a member of it."""
    origin, destination = offices(agreed=True)
    return origin, destination, admitted(origin, destination, number)


def connected(one: Office, other: Office) -> None:
    """Each reconciles with the other as over the wire."""
    for asking, answering in ((one, other), (other, one)):
        asking.port.compare = _comparing(asking.node, answering.node)  # type: ignore[method-assign]


def _comparing(asking: Node, answering: Node) -> Any:
    def compare(peer: str, *, full: bool) -> Session:
        return compared(asking, answering, full=full)

    return compare


def imported(office: Office, **changed: str) -> None:
    """The roster is handed in again with a correction of member 1."""
    row = {
        "所在党支部": "第一党支部",
        "姓名": NAME,
        "公民身份号码": id_number(1),
        "性别": "男",
        "人员类别": "正式党员",
        "加入党组织日期": "2015-07",
        "党籍状态": "正常",
        "是否为流动党员": "是",
        **changed,
    }
    file = f"{','.join(row)}\n{','.join(row.values())}\n".encode()
    office.ask("干事", "member.import", file=file)


def test_a_drafted_split_of_duties_is_the_one_that_both_nodes_name_for_every_duty() -> None:
    origin, destination = offices()
    version = signed(origin, destination, leads=["A-18=流入地"]).version
    subject = admitted(origin, destination)
    for code in DUTIES:
        shown = [office.ask("支部", "agreement.duty", code=code, subject=subject) for office in (origin, destination)]
        assert len({(item.side, item.committee, item.version) for item in shown}) == 1, code
        assert shown[0].version == version
    assert origin.ask("支部", "agreement.duty", code="A-18", subject=subject).side == "destination"
    assert origin.ask("干事", "agreement.show").document == destination.ask("干事", "agreement.show").document


def test_a_member_whom_both_might_leave_to_the_other_is_a_gap_on_both_with_a_case_and_a_state() -> None:
    origin, destination = offices(agreed=True)
    subject = origin.ask("干事", "departure.notify", member_id=ready(origin, 1)).subject
    exchanged(origin, destination)
    destination.ask("干事", "admission.refuse", subject=subject, reason="identity_mismatch")
    exchanged(origin, destination)
    for office in (origin, destination):
        (gap,) = office.ask("干事", "movement.gaps").gaps
        assert (gap.gap, gap.managed_by, gap.subject) == ("refused", "origin", subject)
        assert office.ask("干事", "admission.cases").refused == 1
        assert office.ask("干事", "movement.list").movements[0].state == "refused"


def test_every_change_of_a_member_stands_with_the_side_that_made_it() -> None:
    origin, destination, subject = both()
    destination.ask("支部", "movement.relocate", subject=subject, place="990203", on="2026-03-01")
    exchanged(origin, destination)
    for office in (origin, destination):
        rows = office.ask("支部", "movement.show", subject=subject).rows
        assert any(row.side == "destination" and "990203" in row.value for row in rows)
        assert any(row.side == "origin" and "990202" in row.value for row in rows), "what was before stays readable"


def test_delegated_study_reaches_members_and_who_was_not_named_is_unknown() -> None:
    origin, destination, subject = both()
    admitted(origin, destination, 2)
    study = origin.ask("支部", "study.delegate", topic="条例解读", due_on="2026-03-20").delegation
    exchanged(origin, destination)
    on("2026-03-10", origin, destination)
    destination.ask("支部", "study.hold", delegation=study, held_on="2026-03-09", present=[subject])
    exchanged(origin, destination)
    lines = origin.ask("支部", "education.coverage", quarter="2026Q1").lines
    assert {line.name: line.state for line in lines} == {NAME: "reached", "巴特尔·丙": "unknown"}


def test_a_telephone_that_changes_in_the_roster_and_a_place_told_by_the_destination_are_known_to_both() -> None:
    origin, destination, subject = both()
    imported(origin, 手机号="10000000033")
    origin.ask("干事", "movement.tell_profiles")
    destination.ask("支部", "movement.relocate", subject=subject, place="990203", on="2026-03-01")
    exchanged(origin, destination)
    fields = {line.field: line for line in destination.ask("支部", "movement.profile", person=subject).fields}
    assert (fields["phone"].value, fields["phone"].source, fields["phone"].told_on) == (
        "10000000033",
        "origin",
        "2026-03-01",
    )
    assert origin.ask("支部", "movement.list").movements[0].place == "990203"


def test_many_notices_given_twice_are_one_notice_for_each_member() -> None:
    origin, destination = offices(agreed=True)
    for number in (1, 2):
        ready(origin, number)
    assert [origin.ask("干事", "departure.notify_all").sent_count for _ in range(2)] == [2, 0]
    exchanged(origin, destination)
    assert sum(row.kind == "departure.notified" for row in destination.find(LogMessage)) == 2


def test_the_outflow_roster_is_what_was_handed_in_and_what_the_list_shows() -> None:
    origin, _ = offices()
    floating(origin, 1, roster=roster_row(1))
    imported(origin, 姓名=NAME, 人员类别="预备党员")
    (line,) = origin.ask("支部", "member.list", floating=True).members
    assert (line.name, line.category, line.branch) == (NAME, "probationary_member", "第一党支部")
    assert origin.ask("支部", "roster.outflow").members == 1


def test_a_number_is_in_the_register_once_goes_out_with_the_notice_and_is_found_by_its_code() -> None:
    origin, destination = offices(agreed=True)
    member = ready(origin, 1)
    second = floating(origin, 2)
    issued = {"number": "H-1", "issued_on": "2026-02-19"}
    assert origin.refusal("支部", "certificate.issue", member_id=second, **issued) == "D-certificate-taken"
    numbers = [line.number for line in origin.ask("支部", "certificate.list").certificates]
    assert sorted(filter(None, numbers)) == ["H-1"]
    subject = origin.ask("支部", "departure.notify", member_id=member).subject
    token = origin.ask("支部", "certificate.token", number="H-1").payload
    exchanged(origin, destination)
    assert destination.ask("支部", "certificate.check", number="H-1", token=token).status == "valid"
    assert destination.ask("支部", "certificate.check", number="H-1").method == "query"
    assert subject


def test_a_quarter_without_a_word_and_one_of_absence_are_two_things_in_the_history() -> None:
    origin, destination, subject = both()
    on("2026-03-12", origin, destination)
    missed = {"attendance": "confirmed_absent", "absence_reason": "work", "event": "3-1", "activity": "theme_day"}
    destination.ask("支部", "entry.life", subject=subject, on="2026-03-10", **missed)
    exchanged(origin, destination)
    history = origin.ask("支部", "activity.history", person=subject).lines
    assert [(line.event, line.attendance) for line in history] == [("3-1", "confirmed_absent")]
    on("2026-04-02", origin, destination)
    kinds = {line.kind for line in origin.ask("支部", "today.list").lines}
    assert "attendance_absent" in kinds and "attendance_unknown" not in kinds
    on("2026-04-03", origin)
    origin.ask("支部", "contact.record", **quarterly(subject, "2026-04-03"))
    assert "attendance_absent" not in {line.kind for line in origin.ask("支部", "today.list").lines}


def test_on_the_last_day_of_the_quarter_who_was_not_contacted_is_on_the_list_of_the_day_and_nobody_else() -> None:
    origin, destination, _ = both()
    admitted(origin, destination, 2)
    on("2026-03-31", origin, destination)
    rows = [quarterly(NAME, "2026-03-30")]
    assert origin.ask("支部", "contact.record_all", rows=rows).reached == 1
    due = origin.ask("支部", "today.list", kind="quarterly").lines
    assert [(line.who, line.due_on) for line in due] == [("巴特尔·丙", "2026-03-31")]
    assert origin.ask("支部", "contact.list", quarter="2026Q1", kind="quarterly").due == 1


def test_a_corrected_end_of_probation_is_the_one_by_which_both_sides_go() -> None:
    origin, destination = offices(agreed=True)
    subject = probationer(origin, destination)
    origin.ask("支部", "probation.set", subject=subject, began_on="2025-08-01", ends_on="2026-08-01")
    exchanged(origin, destination)
    for office in (origin, destination):
        assert office.ask("支部", "probation.show", subject=subject).probation.ends_on == "2026-08-01"
    on("2026-07-20", origin)
    meeting = {"held_on": "2026-07-20", "resolution_number": "支决〔2026〕7号"}
    assert origin.refusal("支部", "probation.meeting", subject=subject, **meeting) == "P-probation-early"


def test_whoever_reports_without_a_certificate_is_asked_about_later_and_admitted_by_nobody() -> None:
    origin, destination = offices(agreed=True)
    floating(origin, 1)
    man = {"name": NAME, "id_number": id_number(1), "found_on": "2026-02-27"}
    taken = destination.ask("支部", "inflow.take", **man)
    assert taken.state == "open"
    destination.ask("支部", "inflow.ask", inflow=taken.inflow, peer=origin.node.identity.node_id)
    exchanged(origin, destination)
    assert destination.ask("干事", "inflow.list").waiting == origin.ask("干事", "inflow.list").waiting == 1
    assert destination.ask("干事", "movement.list").total == 0


def test_once_the_identity_was_verified_the_branch_places_the_member_without_any_other_word() -> None:
    origin, destination = offices(agreed=True)
    subject = origin.ask("干事", "departure.notify", member_id=ready(origin, 1)).subject
    exchanged(origin, destination)
    placed = {name: value for name, value in admission(subject).items() if name != "override_reason"}
    assert destination.refusal("干事", "admission.give", **placed) == "D-identity-unverified"
    destination.ask("干事", "admission.verify", subject=subject, id_number=id_number(1))
    destination.ask("干事", "admission.give", **placed)
    assert destination.ask("支部", "movement.list").movements[0].managing_body == "临江街道党工委第一党支部"


def test_who_took_part_by_a_single_entry_is_in_the_list_of_the_activity_too() -> None:
    origin, destination, subject = both()
    on("2026-03-10", origin, destination)
    planned = {"title": "主题党日", "activity": "theme_day", "on": "2026-03-12"}
    event = destination.ask("支部", "activity.plan", **planned).event
    on("2026-03-13", origin, destination)
    destination.ask("支部", "entry.life", subject=subject, event=event, activity="theme_day", on="2026-03-12")
    shown = destination.ask("支部", "activity.show", event=event)
    assert [(line.name, line.attendance) for line in shown.people] == [(NAME, "confirmed")]


def test_attendance_of_an_activity_stands_in_the_certificate_on_both_sides_after_the_exchange() -> None:
    origin, destination, subject = both()
    on("2026-03-10", origin, destination)
    planned = {"title": "主题党日", "activity": "theme_day", "on": "2026-03-12"}
    event = destination.ask("支部", "activity.plan", **planned).event
    on("2026-03-13", origin, destination)
    destination.ask("支部", "activity.attend", event=event, present=[NAME])
    exchanged(origin, destination)
    for office in (origin, destination):
        entries = office.ask("支部", "certificate.show", person=subject).entries
        assert [(entry.kind, entry.side, entry.on) for entry in entries] == [("life", "destination", "2026-03-12")]


def test_a_consultation_is_called_held_and_its_minutes_are_one_text_with_one_digest_on_both_sides() -> None:
    origin, destination = offices(agreed=True)
    origin.ask("干事", "meeting.call", on="2026-03-05", agenda=["通报上半年流动党员情况"])
    exchanged(origin, destination)
    assert [line.called_on for line in destination.ask("干事", "meeting.list").partners] == ["2026-03-05"]
    on("2026-03-06", origin, destination)
    settled(origin, destination, "meeting.minutes", **{**MINUTES, "held_on": "2026-03-05"})
    digests = set()
    for office in (origin, destination):
        (line,) = office.ask("干事", "meeting.list").partners
        assert (line.last_held, line.overdue) == ("2026-03-05", False)
        digests |= {item.digest for item in office.ask("干事", "joint.list").matters}
    assert len(digests) == 1


def test_one_letter_of_the_signed_text_altered_is_named_by_the_next_reconciliation_and_verify_says_whose() -> None:
    origin, destination, _ = both()
    connected(origin, destination)
    assert origin.ask("干事", "reconcile.run").difference_count == 0
    alter_text_by_hand(destination.node)
    for office in (origin, destination):
        assert [line.record for line in office.ask("干事", "reconcile.run").differences] == [
            "pairing/decision/agreements"
        ]
    assert [office.ask("干事", "verify.run").altered_count for office in (origin, destination)] == [0, 1]


def test_after_every_hand_over_both_nodes_hold_the_same_and_what_differs_is_a_conflict_on_both() -> None:
    origin, destination, subject = both()
    connected(origin, destination)
    for office, place in ((origin, "990203"), (destination, "990204")):
        office.ask("支部", "movement.relocate", subject=subject, place=place, on="2026-03-01")
    exchanged(origin, destination)
    assert origin.ask("干事", "reconcile.run").difference_count == 0
    listed = [office.ask("支部", "conflict.list").conflicts for office in (origin, destination)]
    assert listed[0] == listed[1] and [line.category for line in listed[0]] == ["register"]


def test_the_last_exchange_with_each_partner_is_seen_and_silence_is_counted() -> None:
    origin, destination, _ = both()
    (line,) = origin.ask("只读", "peer.list").peers
    assert (line.state, line.silent) == ("active", False)
    assert origin.ask("只读", "node.status").silent == 0
    on("2026-04-20", origin)
    (line,) = origin.ask("只读", "peer.list").peers
    assert (line.silent, origin.ask("只读", "node.status").silent) == (True, 1)
    on("2026-04-20", destination)
    destination.ask("干事", "notice.send", topic="other", title="会商", text="请准备。")
    exchanged(origin, destination)
    assert origin.ask("只读", "peer.list").peers[0].silent is False
    assert origin.ask("干事", "today.list", kind="silence").total == 0


def test_who_joined_on_29_february_is_congratulated_on_the_28th_and_the_contact_meets_what_was_due() -> None:
    origin, destination = offices(agreed=True)
    (subject,) = [admitted(origin, destination)]
    (member,) = origin.find(Member, member_id=member_id(1))
    origin.put(msgspec.structs.replace(member, details='{"joined_on":"2016-02-29"}'))
    (line,) = origin.ask("支部", "contact.birthdays", month="2027-02").birthdays
    assert (line.name, line.on) == (NAME, "2027-02-28")
    on("2027-02-28", origin)
    made = {"person": subject, "kind": "political_birthday", "on": "2027-02-28", "channel": "wechat"}
    assert origin.ask("支部", "contact.record", **made).met


def test_a_contact_before_the_festival_meets_what_the_calendar_of_the_node_asks_for() -> None:
    origin, _, subject = both()
    on("2026-07-01", origin)
    (due,) = origin.ask("支部", "contact.list", quarter="2026Q3", kind="festival", state="due").lines
    assert (due.about, due.due_on) == ("七一", "2026-07-04"), "on the day or within three days"
    made = {"person": subject, "kind": "festival", "on": "2026-06-28", "channel": "phone"}
    assert origin.ask("支部", "contact.record", **made).met


def test_a_need_found_at_home_is_a_case_and_a_hardship_without_a_visit_is_overdue() -> None:
    origin, _, subject = both()
    on("2026-03-02", origin)
    visit = {"person": subject, "kind": "home_visit", "on": "2026-03-02", "channel": "in_person"}
    found = origin.ask("支部", "contact.record", need="medical", **visit)
    assert [line.case for line in origin.ask("支部", "care.list").cases] == [found.case]
    case = origin.ask("支部", "care.open", person=subject, category="employment", hardship=True).case
    on("2026-03-10", origin)
    (due,) = origin.ask("支部", "contact.list", quarter="2026Q1", kind="hardship_visit", state="overdue").lines
    assert due.about == case
    made = {"person": subject, "kind": "hardship_visit", "on": "2026-03-10", "channel": "in_person"}
    assert origin.ask("支部", "contact.record", **made).met


def test_material_is_handed_over_and_each_member_is_named_with_received_not_received_or_unknown() -> None:
    origin, destination, _ = both()
    for number in (2, 3):
        admitted(origin, destination, number)
    given = {"received": [NAME], "not_reached": ["巴特尔·丙"], "material": "health_handbook"}
    item = origin.ask("支部", "education.deliver", topic="健康手册", on="2026-03-01", **given).item
    people = origin.ask("支部", "education.show", item=item).people
    assert {line.name: line.state for line in people} == {
        NAME: "confirmed",
        "巴特尔·丙": "not_reached",
        "巴特尔·丁": "unknown",
    }


def test_liaison_both_signed_is_listed_alike_on_both_sides() -> None:
    origin, destination = offices(agreed=True)
    settled(origin, destination, "joint.activity", "支部", **{**ACTIVITY, "activity": "liaison"})
    listed = [office.ask("支部", "joint.list").matters for office in (origin, destination)]
    assert [(line.kind, line.state) for line in listed[0]] == [("joint_activity", "signed")]
    assert {line.digest for side in listed for line in side} == {listed[0][0].digest}


def test_who_moves_often_keeps_one_history_with_the_mode_of_what_was_attended() -> None:
    origin, destination, subject = both()
    on("2026-03-10", origin, destination)
    planned = {"title": "线上党课", "activity": "party_lecture", "on": "2026-03-12", "mode": "online"}
    event = destination.ask("支部", "activity.plan", **planned).event
    on("2026-03-13", origin, destination)
    destination.ask("支部", "activity.attend", event=event, present=[NAME])
    exchanged(origin, destination)
    history = origin.ask("支部", "activity.history", person=subject)
    assert [(line.mode, line.attendance) for line in history.lines] == [("online", "confirmed")]


def test_the_total_is_base_and_activity_by_the_rules_shown_and_can_be_added_up_again() -> None:
    origin, destination, subject = both()
    rules = {rule.rule: rule for rule in origin.ask("支部", "score.rules").rules}
    given = {"subject": subject, "year": 2026, "on": "2026-03-01"}
    origin.ask("支部", "score.contribute", rule="volunteering", event="v-1", points=1, **given)
    ledger = origin.ask("支部", "score.show", subject=subject, year=2026).ledger
    assert ledger.total == ledger.base + ledger.activity - ledger.deductions == 1
    assert rules["volunteering"].category == "activity"
    assert destination.refusal("支部", "score.reverse", contribution="0" * 32, reason="wrong_value")


def test_volunteering_is_scored_by_somebody_else_than_the_member_and_up_to_the_cap() -> None:
    origin, destination, subject = both()
    destination.put(Staff(name=NAME, role="branch_clerk", body_code=BRANCH, password=""))
    on("2026-03-10", origin, destination)
    planned = {"title": "清理河道", "activity": "volunteering", "theme": "living_environment", "on": "2026-03-12"}
    event = destination.ask("支部", "activity.plan", **planned).event
    on("2026-03-13", origin, destination)
    destination.ask("支部", "activity.attend", event=event, present=[NAME])
    given = {"subject": subject, "year": 2026, "on": "2026-03-12", "rule": "volunteering", "event": event, "points": 2}
    assert destination.refusal(NAME, "score.contribute", **given) == "D-score-self"
    destination.ask("支部", "score.contribute", **given)
    cap = next(rule.year_cap for rule in origin.ask("支部", "score.rules").rules if rule.rule == "volunteering")
    for number in range(cap):
        destination.ask("支部", "score.contribute", **{**given, "event": f"v-{number}"})
    exchanged(origin, destination)
    (rule,) = origin.ask("支部", "score.show", subject=subject, year=2026).ledger.rules
    assert (rule.points, rule.counted) == (2 * (cap + 1), cap)


def test_what_both_scored_counts_once_and_what_was_taken_back_by_its_author_counts_no_more() -> None:
    origin, destination, subject = both()
    given = {"subject": subject, "year": 2026, "on": "2026-03-01", "rule": "volunteering", "event": "v-1", "points": 1}
    made = [office.ask("支部", "score.contribute", **given).contribution for office in (origin, destination)]
    exchanged(origin, destination)

    def totals() -> list[int]:
        return [
            office.ask("支部", "score.show", subject=subject, year=2026).ledger.total
            for office in (origin, destination)
        ]

    assert totals() == [1, 1]
    for office, contribution in zip((origin, destination), made, strict=True):
        office.ask("支部", "score.reverse", contribution=contribution, reason="wrong_value")
    exchanged(origin, destination)
    assert totals() == [0, 0]
    assert origin.ask("支部", "conflict.list").open == 0


def test_each_of_the_five_daily_jobs_is_one_command() -> None:
    origin, destination, subject = both()
    on("2026-03-10", origin, destination)
    day = "2026-03-09"
    destination.ask("支部", "contact.record", **quarterly(NAME, day))
    destination.ask("支部", "entry.life_all", subjects=[subject], activity="theme_day", on=day)
    assert destination.ask("支部", "dues.enter", month="2026-03", paid_on=day, people=[NAME]).entered == 1
    leaving = {"left_on": day, "destination_place": "990202", "reason": "work"}
    origin.ask("支部", "departure.report", member_id=floating(origin, 2), **leaving)
    arriving = origin.ask("干事", "departure.notify", member_id=ready(origin, 3)).subject
    exchanged(origin, destination)
    destination.ask("干事", "admission.give", **admission(arriving))
    assert destination.ask("支部", "contact.list", kind="quarterly").made == 1
    held = destination.ask("支部", "movement.show", subject=subject).rows
    assert {row.what for row in held} >= {f"{day} 季度定期联系", f"{day} 主题党日"}
    history = destination.ask("支部", "activity.history", person=subject)
    assert [(line.on, line.attendance) for line in history.lines] == [(day, "confirmed")]
    assert [line.left_on for line in origin.ask("支部", "departure.list").departures].count(day) == 1
    assert origin.ask("干事", "roster.outflow").members == 3
