"""docs/duties.md keeps its word: every duty once, every command and test that it names exists, and it adds up."""

import ast
from collections import Counter
from functools import cache

import pytest

from gongguan.cli.commands import COMMANDS, WITHIN
from gongguan.node.operations import every
from tests.conftest import Judge
from tests.duties import ROOT, STATES, Evidence, Row, cells, lines, rows, unproved

DUTIES = [*(f"A-{number:02}" for number in range(1, 75)), *(f"B-{number:02}" for number in range(1, 57))]


@cache
def names_in(path: str) -> frozenset[str]:
    """Names of the test functions of a file, those of its test classes as ``Class::function``."""
    body = ast.parse((ROOT / path).read_text(encoding="utf-8")).body
    classes = [node for node in body if isinstance(node, ast.ClassDef)]
    return frozenset(functions(body)).union(f"{node.name}::{name}" for node in classes for name in functions(node.body))


def functions(body: list[ast.stmt]) -> list[str]:
    """Test functions among statements, parametrised or not."""
    found = [node.name for node in body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    return [name for name in found if name.startswith("test_")]


def commands() -> set[str]:
    """Every command as it is typed."""
    made = {f"{operation.family} {operation.tail}" for operation in every().values() if operation.family != "session"}
    within = {f"{family} {name}" for family, entries in WITHIN.items() for name in entries}
    return {f"gongguan {name}" for name in {*made, *within, *COMMANDS}}


def test_every_duty_has_exactly_one_row_in_order() -> None:
    assert [row.duty for row in rows()] == DUTIES


def test_every_state_is_one_of_three_and_the_head_counts_them_right() -> None:
    counted = Counter(row.state for row in rows())
    assert set(counted) <= set(STATES)

    head = [cells(line) for line in lines() if line.startswith(tuple(f"| `{state}` " for state in STATES))]

    assert len(head) == len(STATES)
    assert {line[0].strip("`"): int(line[2]) for line in head} == {state: counted[state] for state in STATES}


def test_every_command_that_is_named_exists() -> None:
    named = {command for row in rows() for command in row.commands}

    assert named - commands() == set()


def test_every_test_that_is_named_exists() -> None:
    named = {test for row in rows() for test in row.tests}
    assert named

    missing = [test for test in named if test.partition("::")[2] not in names_in(test.partition("::")[0])]

    assert missing == []


def test_what_works_names_a_command_and_a_test_and_what_is_lacking_says_so() -> None:
    for row in rows():
        if row.state == "works":
            assert row.commands and row.tests, row.duty
        elif row.state == "partly":
            assert row.commands and row.note, row.duty
        else:
            assert not row.commands and not row.tests, row.duty


def test_no_operation_claims_a_duty_that_is_only_planned() -> None:
    states = {row.duty: row.state for row in rows()}

    claimed = {duty: name for name, operation in every().items() for duty in operation.duties}

    assert {duty: name for duty, name in claimed.items() if states.get(duty) not in ("works", "partly")} == {}


WORKING = Row(
    "A-01", "一项", "works", ("gongguan agreement duty",), ("tests/a.py::test_one", "tests/b.py::test_two"), ""
)


def test_a_duty_works_when_its_tests_passed_and_called_its_command() -> None:
    shown = Evidence({*WORKING.tests}, set(), {"tests/b.py::test_two": {"gongguan agreement duty A-18"}})

    assert unproved([WORKING], shown) == []


def test_a_duty_whose_test_failed_did_not_run_or_called_something_else_does_not_work() -> None:
    one, two = WORKING.tests
    calls = {one: {"gongguan agreement duty"}, two: {"gongguan agreement duty-list"}}

    assert len(unproved([WORKING], Evidence({one}, {two}, calls))) == 1
    assert len(unproved([WORKING], Evidence({one}, set(), calls))) == 1
    assert len(unproved([WORKING], Evidence({one, two}, set(), {two: calls[two]}))) == 1
    assert unproved([WORKING._replace(state="partly")], Evidence()) == []


def test_a_whole_run_fails_for_a_duty_that_was_not_shown_and_for_nothing_else() -> None:
    passed, failed = pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED
    shown = Evidence({*WORKING.tests}, set(), {WORKING.tests[0]: {*WORKING.commands}})

    assert Judge(shown, [WORKING]).verdict(passed) == passed
    assert Judge(Evidence(), [WORKING]).verdict(passed) == failed
    assert Judge(Evidence(), []).verdict(passed) == passed
    assert Judge(shown, [WORKING]).verdict(failed) == failed
