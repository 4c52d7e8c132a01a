"""From the report before leaving to the return: what each side may do, see, and is refused."""

import hmac
from datetime import timedelta

import msgspec
import pytest

from gongguan.protocol import messages
from gongguan.protocol.errors import SchemaError
from gongguan.protocol.messages.movement import DepartureNotified
from gongguan.sync.exchange.match_keys import match_key_name
from gongguan.sync.records import AgreementVersion, Departure, Member, MobilityPeriod, Setting, Task
from tests.pairs import START
from tests.sync.offices import (
    BRANCH,
    PLACE,
    SECOND,
    Office,
    admission,
    admitted,
    exchanged,
    floating,
    id_number,
    offices,
    ready,
    roster_row,
)


def rows(office: Office, subject: str, who: str = "干事") -> list[tuple[str, str, str]]:
    found = office.ask(who, "movement.show", subject=subject).rows
    return [(row.section, row.what, row.side) for row in found]


def summary(office: Office, subject: str) -> object:
    return office.ask("干事", "movement.show", subject=subject).summary


def last_notice(office: Office) -> DepartureNotified:
    found = [message for message in office.node.log() if message.kind == "departure.notified"]
    body = messages.decode(found[-1].data).body
    assert isinstance(body, DepartureNotified)
    return body


def test_a_report_without_a_briefing_is_kept_and_pointed_out() -> None:
    origin, _ = offices()
    member = floating(origin, 1)
    asked = {"member_id": member, "left_on": "2026-03-20", "destination_place": PLACE, "reason": "work"}
    assert "A-14" in origin.ask("支部", "departure.report", **asked).remark
    assert origin.ask("支部", "departure.report", briefed_on="2026-02-28", **asked).remark == ""
    assert len(origin.ask("支部", "departure.list").departures) == 2
    assert len(origin.ask("支部", "departure.list", unbriefed=True).departures) == 1
    assert origin.ask("邻支部", "departure.list").departures == []
    assert origin.refusal("邻支部", "departure.report", **asked) == "A-subtree"
    assert origin.refusal("支部", "departure.report", **{**asked, "left_on": "2026-02-30"}) == "D-date"


def test_a_place_is_six_digits() -> None:
    origin, _ = offices()
    with pytest.raises(SchemaError, match="S-request"):
        origin.ask(
            "支部",
            "departure.report",
            member_id="0" * 32,
            left_on="2026-03-20",
            destination_place="澜江市",
            reason="work",
        )


def test_a_member_is_notified_admitted_and_both_sides_show_the_same() -> None:
    origin, destination = offices(agreed=True)
    subject = admitted(origin, destination)
    assert rows(origin, subject) == rows(destination, subject)
    assert rows(origin, subject) == [
        ("流动", "接收答复", "destination"),
        ("流动", "外出情况通报", "origin"),
        ("工作生活地点", "地点", "origin"),
    ]
    for office, side in ((origin, "origin"), (destination, "destination")):
        (line,) = office.ask("干事", "movement.list").movements
        assert (line.side, line.state, line.place) == (side, "admitted", PLACE)
        assert line.managing_body == "临江街道党工委第一党支部"
        assert line.name == "巴特尔·乙"
    (period,) = destination.find(MobilityPeriod)
    assert (period.body_code, period.member_id) == (BRANCH, None)


def test_a_notice_says_the_least_and_never_the_id_number() -> None:
    origin, _ = offices(agreed=True)
    (agreement,) = {row.agreement for row in origin.find(AgreementVersion)}
    member = floating(origin, 5, roster=roster_row(5, certificate="H-5"))
    origin.ask("干事", "departure.notify", member_id=member, place=PLACE)
    notice = last_notice(origin)
    key = bytes.fromhex(origin.find(Setting, name=match_key_name(agreement))[0].value)
    assert notice.match == hmac.new(key, id_number(5).encode(), "sha256").hexdigest()
    assert (notice.name, notice.sex, notice.birth_year) == ("巴特尔·己", "male", 1988)
    assert (notice.affiliated_branch, notice.left_on, notice.joined_on) == ("第一党支部", "2025-11", "2015-07")
    assert (notice.phone, notice.outflow_direction) == ("10000000007", "private_enterprise")
    assert all(id_number(5).encode() not in message.data for message in origin.node.log())


def test_what_is_missing_is_named_before_anything_is_sent() -> None:
    origin, _ = offices(agreed=True)
    bare = floating(origin, 1)
    assert origin.refusal("干事", "departure.notify", member_id=bare) == "D-certificate-missing"
    origin.ask("干事", "certificate.issue", member_id=bare, number="H-1", issued_on="2026-02-19")
    assert origin.refusal("干事", "departure.notify", member_id=bare) == "D-departure-missing"
    listed = floating(origin, 2, roster=roster_row(2, certificate="H-2"))
    assert origin.refusal("干事", "departure.notify", member_id=listed) == "D-place-missing"
    assert origin.refusal("邻支部", "departure.notify", member_id=bare) == "A-subtree"
    assert origin.refusal("干事", "departure.notify", member_id="0" * 32) == "D-member-unknown"
    assert origin.find(MobilityPeriod) == []


def test_without_an_agreement_in_its_term_nobody_is_notified() -> None:
    origin, _ = offices()
    member = ready(origin, 1)
    assert origin.refusal("干事", "departure.notify", member_id=member) == "G-not-in-force"
    origin, _ = offices(agreed=True)
    member = ready(origin, 1)
    origin.node.now = START + timedelta(days=800)
    assert origin.refusal("干事", "departure.notify", member_id=member) == "G-expired"
    assert origin.refusal("干事", "departure.notify_all") == "G-expired"


def test_a_member_is_not_notified_twice() -> None:
    origin, destination = offices(agreed=True)
    subject = admitted(origin, destination)
    member = origin.find(MobilityPeriod)[0].member_id
    assert origin.refusal("干事", "departure.notify", member_id=member) == "D-period-open"
    assert len(origin.find(MobilityPeriod)) == 1
    assert summary(origin, subject) is not None


def test_the_bulk_notice_sends_who_is_ready_and_says_what_the_others_lack() -> None:
    origin, destination = offices(agreed=True)
    sent = {ready(origin, 1), ready(origin, 2)}
    bare = floating(origin, 3)
    by_roster = floating(origin, 4, roster=roster_row(4, certificate="H-4"))
    other_city = floating(origin, 5, roster=roster_row(5, "东湖省望川市", "H-5"))
    elsewhere = ready(origin, 6)
    report = origin.find(Departure, member_id=elsewhere)[0]
    origin.put(msgspec.structs.replace(report, destination_place="990303"))
    answer = origin.ask("干事", "departure.notify_all", place_text="临江区")
    assert {line.member_id for line in answer.sent} == {*sent, by_roster}
    assert {line.member_id: line.code for line in answer.lacking} == {
        bare: "D-certificate-missing",
        other_city: "D-place-missing",
        elsewhere: "D-place-elsewhere",
    }
    assert all(line.reason and line.step for line in answer.lacking)
    names = {line.member_id: line.name for line in (*answer.sent, *answer.lacking)}
    assert names == {member.member_id: member.name for member in origin.find(Member)}
    exchanged(origin, destination)
    assert len(destination.ask("干事", "admission.list").notices) == 3
    again = origin.ask("干事", "departure.notify_all", place_text="临江区")
    assert (again.sent_count, again.already_count, again.lacking_count) == (0, 3, 3)
    assert {line.member_id: line.place for line in again.lacking}[other_city] == "东湖省望川市"


def test_a_clerk_notifies_in_bulk_for_the_own_branch_only() -> None:
    origin, _ = offices(agreed=True)
    ready(origin, 1)
    other = ready(origin, 2, SECOND)
    assert [line.member_id for line in origin.ask("邻支部", "departure.notify_all").sent] == [other]


def test_open_notices_grow_older_and_only_the_whole_committee_sees_them() -> None:
    origin, destination = offices(agreed=True)
    subject = origin.ask("干事", "departure.notify", member_id=ready(origin, 1)).subject
    exchanged(origin, destination)
    destination.node.now += timedelta(days=3)
    (notice,) = destination.ask("干事", "admission.list").notices
    assert (notice.subject, notice.age_days, notice.certificate_number) == (subject, 3, "H-1")
    assert destination.ask("支部", "admission.list").notices == []
    assert destination.ask("支部", "movement.list").movements == []
    assert destination.refusal("支部", "movement.show", subject=subject) == "A-subtree"
    assert destination.refusal("管理员", "admission.list") == "A-role"
    (task,) = destination.ask("干事", "task.list").tasks
    assert (task.subject, task.age_days) == (subject, 3)
    destination.ask("干事", "admission.give", **admission(subject))
    assert destination.ask("干事", "admission.list").notices == []
    assert destination.find(Task, state="open") == []


def test_after_admission_the_managing_branch_sees_the_member_and_no_other_does() -> None:
    origin, destination = offices(agreed=True)
    subject = admitted(origin, destination)
    assert rows(destination, subject, "支部") == rows(destination, subject)
    assert destination.refusal("邻支部", "movement.show", subject=subject) == "A-subtree"
    assert destination.refusal("邻支部", "admission.give", **admission(subject, "第二党支部")) == "A-subtree"
    assert origin.refusal("邻支部", "movement.show", subject=subject) == "A-subtree"
    destination.ask("干事", "admission.give", **admission(subject, SECOND))
    exchanged(origin, destination)
    assert origin.ask("干事", "movement.list").movements[0].managing_body == "临江街道党工委第二党支部"
    assert destination.refusal("支部", "movement.show", subject=subject) == "A-subtree"


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"managing_body": "9901"}, "D-managing-body"),
        ({"managing_body": "没有的支部"}, "D-body-unknown"),
        ({"arrived_on": "2026-03-02"}, "D-date-future"),
        ({"contact_phone": "13912345678"}, "D-phone-real"),
        ({"subject": "f" * 32}, "D-subject-unknown"),
    ],
)
def test_what_an_admission_cannot_say(changed: dict[str, str], code: str) -> None:
    origin, destination = offices(agreed=True)
    subject = origin.ask("干事", "departure.notify", member_id=ready(origin, 1)).subject
    exchanged(origin, destination)
    assert destination.refusal("干事", "admission.give", **{**admission(subject), **changed}) == code
    assert destination.find(MobilityPeriod)[0].body_code is None


def test_a_refusal_gives_a_listed_reason_and_a_corrected_notice_begins_again() -> None:
    origin, destination = offices(agreed=True)
    member = ready(origin, 1)
    subject = origin.ask("干事", "departure.notify", member_id=member).subject
    exchanged(origin, destination)
    with pytest.raises(SchemaError, match="S-request"):
        destination.ask("干事", "admission.refuse", subject=subject, reason="full")
    assert destination.refusal("支部", "admission.refuse", subject=subject, reason="never_arrived") == "A-subtree"
    destination.ask("干事", "admission.refuse", subject=subject, reason="never_arrived")
    exchanged(origin, destination)
    shown = origin.ask("干事", "movement.show", subject=subject)
    assert shown.summary.state == "refused"
    assert any("本人未到" in row.value for row in shown.rows)
    assert origin.ask("干事", "departure.notify", member_id=member).subject == subject
    exchanged(origin, destination)
    assert [line.subject for line in destination.ask("干事", "admission.list").notices] == [subject]
    destination.ask("干事", "admission.give", **admission(subject))
    assert (
        destination.refusal("干事", "admission.refuse", subject=subject, reason="never_arrived") == "D-movement-state"
    )


def test_each_side_keeps_to_its_own_part() -> None:
    origin, destination = offices(agreed=True)
    subject = admitted(origin, destination)
    assert origin.refusal("干事", "admission.give", **admission(subject)) == "D-not-destination"
    ended = {"subject": subject, "ended_on": "2026-03-01", "reason": "returned"}
    assert destination.refusal("干事", "movement.return", **ended) == "D-not-origin"
    assert origin.refusal("只读", "movement.return", **ended) == "A-role"


def test_places_that_both_reported_at_once_are_shown_as_a_conflict_on_both_sides() -> None:
    origin, destination = offices(agreed=True)
    subject = admitted(origin, destination)
    origin.ask("支部", "movement.relocate", subject=subject, place="990303", on="2026-03-01")
    destination.ask("支部", "movement.relocate", subject=subject, place="990404", on="2026-03-01")
    exchanged(origin, destination)
    for office in (origin, destination):
        assert summary(office, subject).conflicts == 1  # type: ignore[attr-defined]
        assert rows(office, subject)[-2:] == [("不一致", "register/place", side) for side in sides(office, subject)]
    assert rows(origin, subject) == rows(destination, subject)


def sides(office: Office, subject: str) -> list[str]:
    found = [row.side for row in office.ask("干事", "movement.show", subject=subject).rows if row.section == "不一致"]
    assert sorted(found) == ["destination", "origin"]
    return found


def test_a_return_ends_the_period_and_a_new_report_begins_another_under_the_same_pseudonym() -> None:
    origin, destination = offices(agreed=True)
    subject = admitted(origin, destination)
    (period,) = origin.find(MobilityPeriod)
    ended = {"subject": subject, "ended_on": "2026-03-01", "reason": "returned"}
    origin.ask("支部", "movement.return", **ended)
    exchanged(origin, destination)
    assert destination.ask("支部", "movement.list", state="ended").total == 1
    assert origin.refusal("支部", "movement.return", **ended) == "D-movement-state"
    assert (
        destination.refusal("支部", "movement.relocate", subject=subject, place=PLACE, on="2026-03-01")
        == "D-movement-state"
    )
    assert origin.find(Member)[0].floating is False
    assert origin.refusal("干事", "departure.notify", member_id=period.member_id) == "D-departure-old"
    asked = {"left_on": "2026-03-20", "destination_place": PLACE, "reason": "work"}
    origin.ask("支部", "departure.report", member_id=period.member_id, **asked)
    assert origin.ask("干事", "departure.notify", member_id=period.member_id).subject == subject
    exchanged(origin, destination)
    assert [line.age_days for line in destination.ask("干事", "admission.list").notices] == [0]
    assert destination.find(MobilityPeriod)[0].body_code is None


def test_a_notice_that_the_origin_took_back_by_a_return_leaves_no_task() -> None:
    origin, destination = offices(agreed=True)
    subject = origin.ask("干事", "departure.notify", member_id=ready(origin, 1)).subject
    origin.ask("干事", "movement.return", subject=subject, ended_on="2026-03-01", reason="moved_on")
    exchanged(origin, destination)
    assert destination.ask("干事", "task.list").tasks == []
    assert destination.ask("干事", "admission.list").notices == []
    assert destination.refusal("干事", "admission.give", **admission(subject)) == "D-movement-state"
    assert origin.find(Member)[0].floating is True


def test_the_same_departure_typed_twice_is_one_report_and_what_is_changed_that_day_corrects_it() -> None:
    origin, _ = offices()
    left = {"member_id": floating(origin, 1), "left_on": "2026-02-20", "reason": "work"}
    first = origin.ask("支部", "departure.report", **left, destination_place="990777")
    again = origin.ask("支部", "departure.report", **left, destination_place="990777")
    assert (first.already, again.already, again.departure_id) == (False, True, first.departure_id)
    assert not origin.ask("支部", "departure.report", **left, destination_place=PLACE).already
    (line,) = origin.ask("支部", "departure.list").departures
    assert line.destination_place == PLACE
    origin.ask("支部", "departure.report", **{**left, "left_on": "2026-03-20"}, destination_place=PLACE)
    assert len(origin.ask("支部", "departure.list").departures) == 2


def test_a_destination_in_no_partners_region_is_taken_down_and_pointed_out() -> None:
    origin, _ = offices(agreed=True)
    left = {"member_id": floating(origin, 1), "left_on": "2026-02-20", "reason": "work", "briefed_on": "2026-02-18"}
    assert "990777 不在" in origin.ask("支部", "departure.report", **left, destination_place="990777").remark
    assert origin.ask("支部", "departure.report", **left, destination_place=PLACE).remark == ""
