"""The merged ledger: one event counts once, caps hold over both sides, what is unknown costs nothing."""

from datetime import date
from typing import Any

import msgspec
import pytest

from gongguan.protocol.agreement_defaults import EXAMPLE_PACK
from gongguan.sync.performance.ledger import (
    Ledger,
    ledger,
)
from tests.sync.at_work import MEMBER, at_work
from tests.sync.offices import Office, exchanged, on

TREES: dict[str, Any] = {
    "subject": MEMBER,
    "year": 2026,
    "rule": "volunteering",
    "event": "2026-03-trees",
    "on": "2026-03-06",
}


def shown(side: Office) -> Ledger:
    found = side.ask("干事", "score.show", subject=MEMBER, year=2026).ledger
    assert isinstance(found, Ledger)
    return found


def contributions(side: Office, rule: str, count: int, points: int) -> None:
    for number in range(count):
        side.ask("干事", "score.contribute", **{**TREES, "rule": rule, "event": f"e{number}", "points": points})


def test_one_event_scored_alike_by_both_is_one_fact_with_two_witnesses_counted_once() -> None:
    origin, destination = at_work()
    assert origin.ask("干事", "score.contribute", **TREES).counts == 2
    assert destination.ask("干事", "score.contribute", **TREES).status == "single"
    exchanged(origin, destination)
    for side in (origin, destination):
        (entry,) = shown(side).entries
        assert (entry.status, entry.witnesses, entry.counted, entry.provisional) == ("agreed", "both", 2, False)
        assert (len(entry.contributions), shown(side).total) == (2, 2)
    assert shown(origin) == shown(destination)


def test_different_points_count_once_at_the_value_of_the_leading_side() -> None:
    origin, destination = at_work()
    origin.ask("干事", "score.contribute", **TREES, points=1)
    destination.ask("干事", "score.contribute", **TREES, points=2)
    exchanged(origin, destination)
    assert shown(origin) == shown(destination)
    (entry,) = shown(origin).entries  # the example terms let the origin lead the scores
    assert (entry.status, entry.points, entry.witnesses, entry.provisional) == ("conflict", 1, "origin", True)
    assert entry.conflict is not None and shown(origin).provisional


def test_a_reversal_leaves_the_other_witness() -> None:
    origin, destination = at_work()
    made = origin.ask("干事", "score.contribute", **TREES, points=1)
    destination.ask("干事", "score.contribute", **TREES, points=2)
    exchanged(origin, destination)
    fields = {"contribution": made.contribution, "reason": "not_confirmed"}
    assert destination.refusal("干事", "score.reverse", **fields) == "D-score-unknown"
    done = origin.ask("干事", "score.reverse", **fields)
    assert (done.status, done.counts, done.conflict) == ("single", 2, None)
    exchanged(origin, destination)
    (entry,) = shown(destination).entries
    assert (entry.points, entry.witnesses, entry.conflict) == (2, "destination", None)
    assert shown(origin) == shown(destination)


def test_of_two_equal_witnesses_one_remains_when_the_other_takes_its_word_back() -> None:
    origin, destination = at_work()
    made = origin.ask("干事", "score.contribute", **TREES)
    destination.ask("干事", "score.contribute", **TREES)
    exchanged(origin, destination)
    origin.ask("干事", "score.reverse", contribution=made.contribution, reason="not_confirmed")
    exchanged(origin, destination)
    (entry,) = shown(destination).entries
    assert (entry.status, entry.witnesses, entry.counted) == ("single", "destination", 2)


def test_what_both_have_taken_back_counts_nothing_and_stays_listed() -> None:
    origin, destination = at_work()
    made = origin.ask("干事", "score.contribute", **TREES)
    origin.ask("干事", "score.reverse", contribution=made.contribution, reason="wrong_member")
    exchanged(origin, destination)
    (entry,) = shown(destination).entries
    assert (entry.status, entry.points, entry.counted, entry.witnesses) == ("withdrawn", None, 0, "none")


def test_the_cap_of_a_rule_holds_for_both_sides_together() -> None:
    origin, destination = at_work()
    contributions(origin, "promise_kept", 1, 4)
    destination.ask("干事", "score.contribute", **{**TREES, "rule": "promise_kept", "event": "own", "points": 3})
    exchanged(origin, destination)
    found = shown(origin)
    (rule,) = found.rules
    assert (rule.points, rule.cap, rule.counted) == (7, 5, 5)
    assert [(entry.event, entry.counted) for entry in found.entries] == [("e0", 4), ("own", 1)]
    assert shown(destination) == found


def test_the_cap_of_a_category_holds_over_its_rules() -> None:
    origin, _ = at_work()
    contributions(origin, "volunteering", 13, 2)
    for rule in ("pioneer_post", "model_post", "promise_kept"):
        contributions(origin, rule, 1, 5)
    records = origin.records(MEMBER)
    tight = msgspec.structs.replace(EXAMPLE_PACK, activity_year_cap=30)
    assert ledger(records, EXAMPLE_PACK, 2026, date(2026, 3, 10)).activity == 40
    found = ledger(records, tight, 2026, date(2026, 3, 10))
    assert (found.activity, found.total, sum(entry.counted for entry in found.entries)) == (30, 30, 30)
    assert {rule.rule: rule.counted for rule in found.rules}["volunteering"] <= 25


def test_base_and_activity_are_summed_apart_and_years_too() -> None:
    origin, _ = at_work()
    base = {**TREES, "rule": "report_before_departure", "event": "report"}
    assert origin.ask("干事", "score.contribute", **base).counts == 6
    origin.ask("干事", "score.contribute", **TREES)
    found = shown(origin)
    assert (found.base, found.activity, found.deductions, found.total) == (6, 2, 0, 8)
    assert origin.ask("干事", "score.show", subject=MEMBER, year=2027).ledger.total == 0


def test_an_event_under_a_rule_that_the_pack_no_longer_has_is_listed_and_counts_nothing() -> None:
    origin, _ = at_work()
    origin.ask("干事", "score.contribute", **TREES)
    without = msgspec.structs.replace(EXAMPLE_PACK, rules=EXAMPLE_PACK.rules[:5])
    (entry,) = ledger(origin.records(MEMBER), without, 2026, date(2026, 3, 10)).entries
    assert (entry.category, entry.points, entry.counted) == (None, 2, 0)


def test_unknown_months_and_quarters_are_unknown_and_never_absent_or_zero() -> None:
    origin, destination = at_work()
    destination.ask("干事", "entry.dues", subject=MEMBER, month="2026-03", paid_on="2026-03-09")
    life: dict[str, Any] = {"subject": MEMBER, "event": "a", "activity": "study", "on": "2026-03-05"}
    destination.ask("干事", "entry.life", **life, attendance="confirmed_absent", absence_reason="work")
    exchanged(origin, destination)
    on("2026-05-20", origin)
    found = shown(origin)
    months = {line.month: (line.dues, line.organisational_life, line.attended) for line in found.months}
    assert months == {
        "2026-02": ("unknown", "unknown", None),
        "2026-03": ("paid", "confirmed_absent", 0),
        "2026-04": ("unknown", "unknown", None),
        "2026-05": ("unknown", "unknown", None),
    }
    assert [(line.quarter, line.conduct) for line in found.quarters] == [("2026Q1", "unknown"), ("2026Q2", "unknown")]
    assert (found.total, found.deductions, found.entries) == (0, 0, [])


def test_a_month_in_which_the_two_differ_is_neither_attended_nor_missed() -> None:
    origin, destination = at_work()
    life: dict[str, Any] = {"subject": MEMBER, "event": "a", "activity": "study", "on": "2026-03-05"}
    destination.ask("干事", "entry.life", **life, attendance="confirmed_absent", absence_reason="work")
    origin.ask("干事", "entry.life", **life)
    exchanged(origin, destination)
    assert shown(origin).months[-1].organisational_life == "conflict"


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"rule": "improper_speech"}, "G-rule-deduction"),
        ({"rule": "no_such_rule"}, "G-rule-unknown"),
        ({"points": 9}, "G-rule-points"),
        ({"rule": "arrival_reported"}, "G-rule-side"),
        ({"on": "2026-03-11"}, "D-date-future"),
        ({"year": 2025}, "D-score-year"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_what_the_agreement_does_not_award_is_refused(changed: dict[str, Any], code: str) -> None:
    origin, _ = at_work()
    assert origin.refusal("干事", "score.contribute", **{**TREES, **changed}) == code
    assert shown(origin).entries == []


def test_one_side_scores_an_event_once() -> None:
    origin, _ = at_work()
    origin.ask("干事", "score.contribute", **TREES)
    assert origin.refusal("干事", "score.contribute", **TREES) == "D-score-already"


def test_the_rules_shown_are_those_signed_and_say_that_they_are_examples() -> None:
    _, destination = at_work()
    found = destination.ask("干事", "score.rules")
    assert (found.example, found.base_year_cap, len(found.rules)) == (True, 60, len(EXAMPLE_PACK.rules))
    assert not any(rule.enabled for rule in found.rules if rule.category == "deduction")
