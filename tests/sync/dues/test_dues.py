"""Dues: rates by the table, months of many members at once, and nobody who becomes unpaid because nobody knows."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongguan.sync.act import Rejected
from gongguan.sync.dues.lists import uncovered
from gongguan.sync.dues.rates import FIXED, RATES, due_of, fen, yuan
from gongguan.sync.months import Month, between
from gongguan.sync.records import DuesRecord
from tests.sync.offices import Office, admitted, exchanged, floating, kinds_due, offices, on, roster_row

NAMES = ("巴特尔·乙", "巴特尔·丙", "巴特尔·丁")
MARCH = {"month": "2026-03", "paid_on": "2026-03-10"}


def months(side: Office, person: str) -> dict[str, str]:
    return {line.month: line.state for line in side.ask("支部", "dues.show", person=person).months}


@pytest.mark.parametrize(
    ("payer", "income", "due"),
    [
        ("wage", "3000", "15.00"),
        ("wage", "3000.01", "30.00"),
        ("wage", "5000", "50.00"),
        ("wage", "10000", "150.00"),
        ("wage", "10000.01", "200.00"),
        ("retired", "5000", "25.00"),
        ("retired", "5000.01", "50.00"),
        ("student", None, "0.20"),
        ("farmer", None, "0.20"),
    ],
)
def test_a_month_comes_to_what_the_table_says(payer: str, income: str | None, due: str) -> None:
    amount = due_of(payer, fen(income) if income else None)
    assert amount is not None
    assert yuan(amount.least) == due


def test_without_an_income_a_share_of_it_is_not_known() -> None:
    assert due_of("wage", None) is None
    assert RATES.keys() & FIXED.keys() == set()


@given(st.integers(0, 10**9))
def test_yuan_and_fen_are_the_same_amount(amount: int) -> None:
    assert fen(yuan(amount)) == amount


@given(st.dates())
def test_months_follow_each_other(day: object) -> None:
    month = Month.of(day)  # type: ignore[arg-type]
    if 1 < month.first.year < 9999:
        assert month.before().after() == month
        assert [item.name for item in between(month.before().name, month.name)] == [month.before().name, month.name]


def test_a_month_of_many_members_is_one_operation_and_reaches_the_partner_without_an_amount() -> None:
    origin, destination = offices(agreed=True)
    for number in (1, 2, 3):
        admitted(origin, destination, number)
    on("2026-03-12", origin, destination)
    before = len(destination.node.log())
    paid = {"person": NAMES[1], "payer": "wage", "income": "4200", "amount": "41.99", "receipt": "0001"}
    made = destination.ask("支部", "dues.enter", **MARCH, people=[NAMES[0]], rows=[paid])
    assert (made.entered, made.told, made.less) == (2, 2, 1)
    exchanged(origin, destination)
    sent = b"".join(message.data for message in destination.node.log()[before:])
    assert b"41.99" not in sent
    assert b"4199" not in sent
    listed = {line.name: (line.paid_until, line.unknown) for line in origin.ask("支部", "dues.list").lines}
    assert listed == {NAMES[0]: ("2026-03", 1), NAMES[1]: ("2026-03", 1), NAMES[2]: (None, 1)}
    (line, _) = destination.ask("支部", "dues.show", person=NAMES[1]).months
    assert (line.amount, line.due, line.receipt, line.witnesses) == ("41.99", "42.00", "0001", "destination")
    assert origin.ask("支部", "dues.show", person=NAMES[1]).months[0].amount is None
    assert destination.ask("支部", "dues.enter", **MARCH, people=[NAMES[0]]).already == 1


def test_the_destination_collects_for_the_months_of_the_stay_and_the_origin_for_any() -> None:
    origin, destination = offices(agreed=True)
    subject = admitted(origin, destination)
    on("2026-03-12", origin, destination)
    january = {"month": "2026-01", "paid_on": "2026-03-10", "people": [subject]}
    with pytest.raises(Rejected) as caught:
        destination.ask("支部", "dues.enter", **january)
    assert [row.code for row in caught.value.detail().refused] == ["D-dues-place"]  # type: ignore[attr-defined]
    assert destination.ask("支部", "dues.enter", month="2026-02", paid_on="2026-03-10", people=[subject]).entered == 1
    assert origin.ask("支部", "dues.enter", **january).entered == 1
    exchanged(origin, destination)
    assert destination.ask("支部", "dues.show", person=subject).paid_until == "2026-02"


def test_what_nobody_entered_is_unknown_and_never_unpaid_after_however_many_months() -> None:
    origin, _ = offices()
    for number in (1, 2, 3):
        floating(origin, number, roster=roster_row(number))
    on("2026-06-10", origin)
    for month in ("2025-12", "2026-01", "2026-02", "2026-03", "2026-04", "2026-05"):
        row = {"person": NAMES[1], "state": "confirmed_unpaid", "reason": "no_income"}
        origin.ask("支部", "dues.enter", month=month, paid_on="2026-06-10", rows=[row])
    origin.ask("支部", "dues.enter", month="2026-04", paid_on="2026-06-10", people=[NAMES[2]])
    found = origin.ask("支部", "dues.lagging")
    assert {line.name: (line.finding, line.confirmed_unpaid, line.unknown) for line in found.lines} == {
        NAMES[0]: ("to_look_into", 0, 7),
        NAMES[1]: ("confirmed_unpaid", 6, 1),
    }
    assert (found.confirmed, found.to_look_into) == (1, 1)
    assert set(months(origin, NAMES[0]).values()) == {"unknown"}
    listed = {line.name: (line.confirmed_unpaid, line.unknown) for line in origin.ask("支部", "dues.list").lines}
    assert listed == {NAMES[0]: (0, 7), NAMES[1]: (6, 1), NAMES[2]: (0, 6)}


def test_a_silent_partner_makes_no_month_unpaid() -> None:
    origin, destination = offices(agreed=True)
    subject = admitted(origin, destination)
    on("2026-10-10", origin, destination)
    for month in range(3, 10):
        destination.ask("支部", "dues.enter", month=f"2026-{month:02}", paid_on=f"2026-{month:02}-10", people=[subject])
    assert [line.finding for line in origin.ask("支部", "dues.lagging").lines] == ["to_look_into"]
    exchanged(origin, destination)
    assert origin.ask("支部", "dues.lagging").lines == []
    assert origin.ask("支部", "dues.show", person=subject).paid_until == "2026-09"


def test_relief_needs_an_approval_and_unpaid_a_reason_and_both_cover_or_count_as_they_are() -> None:
    origin, _ = offices()
    member = floating(origin, 1, roster=roster_row(1))
    on("2026-03-12", origin)

    def refused(**row: object) -> str:
        with pytest.raises(Rejected) as caught:
            origin.ask("支部", "dues.enter", **MARCH, rows=[{"person": member, **row}])
        (found,) = caught.value.detail().refused  # type: ignore[attr-defined]
        return str(found.code)

    assert refused(state="relieved") == "D-dues-approval"
    assert refused(state="confirmed_unpaid") == "D-dues-reason"
    assert refused(state="paid", reason="no_income") == "D-dues-reason"
    assert refused(month="2026-04") == "D-month-future"
    relief = {"person": member, "state": "relieved", "approval": "支部大会〔2026〕2号"}
    origin.ask("支部", "dues.enter", **MARCH, rows=[relief])
    assert origin.ask("支部", "dues.show", person=member).paid_until == "2026-03"
    assert refused(state="paid") == "D-entry-already"


def test_a_month_taken_back_is_unknown_again_on_both_nodes_whichever_way_it_was_withdrawn() -> None:
    origin, destination = offices(agreed=True)
    subject = admitted(origin, destination)
    on("2026-03-12", origin, destination)
    destination.ask("支部", "dues.enter", **MARCH, people=[subject])
    destination.ask("支部", "dues.withdraw", person=subject, month="2026-03", reason="wrong_member")
    exchanged(origin, destination)
    for side in (origin, destination):
        assert months(side, subject)["2026-03"] == "unknown"
    assert (
        destination.refusal("支部", "dues.withdraw", person=subject, month="2026-03", reason="wrong_value")
        == "D-dues-unknown"
    )
    destination.ask("支部", "dues.enter", **MARCH, people=[subject])
    (entry,) = [
        line for line in destination.ask("支部", "entry.list", subject=subject).entries if line.status == "single"
    ]
    destination.ask("支部", "entry.withdraw", entry=entry.entry, reason="entered_in_error")
    assert months(destination, subject)["2026-03"] == "unknown"
    assert [row.withdrawn for row in destination.find(DuesRecord)] == ["wrong_member", "entered_in_error"]


def test_a_month_entered_by_both_sides_is_covered_once_with_two_witnesses() -> None:
    origin, destination = offices(agreed=True)
    subject = admitted(origin, destination)
    on("2026-03-12", origin, destination)
    for side in (origin, destination):
        side.ask("支部", "dues.enter", **MARCH, people=[subject])
    exchanged(origin, destination)
    for side in (origin, destination):
        line = side.ask("支部", "dues.show", person=subject).months[0]
        assert (line.month, line.state, line.witnesses) == ("2026-03", "paid", "both")


def test_the_rates_can_be_looked_up() -> None:
    origin, _ = offices()
    lines = origin.ask("支部", "dues.rates").rates
    assert ("wage", "3000.00 元以下", "0.5%") in [(line.payer, line.income, line.amount) for line in lines]
    assert ("farmer", "0.20 至 1.00 元") in [(line.payer, line.amount) for line in lines]


def test_a_branch_is_told_that_the_month_before_is_not_complete_until_something_is_known_of_everyone() -> None:
    origin, _ = offices()
    for number in (1, 2):
        floating(origin, number, roster=roster_row(number))
    on("2026-04-02", origin)
    due = ("dues_month", "2026-04-30")
    assert due in kinds_due(origin)
    origin.ask("支部", "dues.enter", month="2026-03", paid_on="2026-04-01", people=[NAMES[0]])
    assert due in kinds_due(origin)
    unpaid = {"person": NAMES[1], "state": "confirmed_unpaid", "reason": "not_reached"}
    origin.ask("支部", "dues.enter", month="2026-03", paid_on="2026-04-02", rows=[unpaid])
    assert due not in kinds_due(origin)
    assert due not in kinds_due(origin, "邻支部")


def test_one_unknown_month_in_the_half_year_is_enough_to_be_looked_into_and_not_confirmed() -> None:
    origin, _ = offices()
    member = floating(origin, 1, roster=roster_row(1))
    on("2026-06-10", origin)
    unpaid = {"person": member, "state": "confirmed_unpaid", "reason": "no_income"}
    for month in ("2025-12", "2026-01", "2026-02", "2026-04", "2026-05"):
        origin.ask("支部", "dues.enter", month=month, paid_on="2026-06-10", rows=[unpaid])
    (line,) = origin.ask("支部", "dues.lagging").lines
    assert (line.finding, line.confirmed_unpaid, line.unknown) == ("to_look_into", 5, 2)
    origin.ask("支部", "dues.enter", month="2026-03", paid_on="2026-06-10", rows=[unpaid])
    (line,) = origin.ask("支部", "dues.lagging").lines
    assert line.finding == "confirmed_unpaid"


def test_months_before_and_after_a_time_at_home_are_no_half_year_in_a_row() -> None:
    unpaid, away = "confirmed_unpaid", ("2026-01", "2026-02", "2026-03")
    in_a_row = dict.fromkeys((*away, "2026-04", "2026-05", "2026-06"), unpaid)
    broken = dict.fromkeys((*away, "2026-07", "2026-08", "2026-09"), unpaid)
    assert uncovered(in_a_row) == ["confirmed_unpaid"] * 6
    assert uncovered(broken) == ["confirmed_unpaid"] * 3
    assert uncovered({**in_a_row, "2026-05": "paid"}) == ["confirmed_unpaid"]
    assert uncovered({}) == []


def test_another_amount_for_a_month_that_is_entered_is_refused_with_what_to_do_and_never_dropped() -> None:
    origin, destination = offices(agreed=True)
    person = admitted(origin, destination)
    on("2026-03-12", origin, destination)

    def paid(amount: str) -> Rejected | None:
        try:
            origin.ask("支部", "dues.enter", **MARCH, rows=[{"person": person, "amount": amount}])
        except Rejected as refused:
            return refused
        return None

    assert paid("12") is None and paid("12.00") is None
    refused = paid("21")
    assert refused is not None
    (row,) = refused.detail().refused  # type: ignore[attr-defined]
    assert row.code == "D-dues-differs" and "dues withdraw" in row.step
    origin.ask("支部", "dues.withdraw", person=person, month="2026-03", reason="wrong_value")
    assert paid("21") is None
    (record,) = origin.find(DuesRecord, withdrawn=None)
    assert '"paid":2100' in record.details
    assert origin.ask("支部", "dues.enter", **MARCH, people=[person]).already == 1, "says nothing of an amount"
