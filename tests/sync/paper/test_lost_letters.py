"""Letters written after a backup that was put back: which they were is said, and no number is given again."""

import pytest

from gongguan.node.staff.desk import Manner
from gongguan.sync.act import Rejected
from gongguan.sync.letters.letters import code_of, number_in
from gongguan.sync.paper.lost_letters import LOST_MAX, lost_numbers, note_lost
from tests.fakes import MemoryDatabase
from tests.sync.offices import member_id, ready
from tests.sync.papers import ANSWERED, CALLED, THERE, alone, filled_in, notified, with_paper_partner


def test_after_a_restore_the_numbers_of_the_lost_letters_are_named_and_an_answer_to_one_is_recognised() -> None:
    office = alone()
    with_paper_partner(office)
    notified(office, 1)
    for number in (2, 3):
        ready(office, number)
    backup = office.node.database.snapshot()
    second, third = (office.ask("干事", "departure.notify", member_id=member_id(number)).subject for number in (2, 3))
    assert office.ask("干事", "recovery.show").letters_lost == []
    codes = {line.code for line in office.ask("干事", "letter.list").letters}
    (name,) = [line.name for line in office.ask("干事", "movement.list").movements if line.subject == third]
    sheet = filled_in(office.ask("干事", "letter.print", code=code_of(2026, 3)).sheet, {name: ANSWERED})
    office.node.database.restore(backup)
    office.node.crash()
    office.node.database.write(lambda store: note_lost(store, office.port.letters))
    assert office.ask("干事", "recovery.show").letters_lost == ["0002", "0003"]
    again = office.ask("干事", "departure.notify", member_id=member_id(2))
    assert again.subject not in (second, third)
    newest = office.ask("干事", "letter.list").letters[0].code
    assert number_in(newest) == 4 and newest not in codes
    answer = {"subject": again.subject, **THERE, **CALLED}
    assert office.refusal("干事", "admission.give", **answer, letter=code_of(2026, 3)) == "D-letter-lost"
    assert office.refusal("干事", "letter.print", code=code_of(2026, 2)) == "D-letter-lost"
    assert office.refusal("干事", "admission.give", **answer, letter=code_of(2026, 9)) == "D-letter-unknown"
    office.ask("干事", "admission.give", **answer, letter=newest)
    with pytest.raises(Rejected) as refused:
        office.ask("干事", "sheet.take", file=sheet)
    (problem,) = refused.value.detail().problems  # type: ignore[attr-defined]
    assert "写在放回的备份之后" in problem.note


def test_a_trial_writes_no_letter_whose_number_would_be_missed() -> None:
    office = alone()
    with_paper_partner(office)
    notified(office, 1)
    subject = office.ask("干事", "movement.list").movements[0].subject
    fields = {"subject": subject, "ended_on": "2026-03-01", "reason": "returned"}
    assert office.desk.ask("干事", "movement.return", fields, Manner(dry_run=True)).subject == subject
    assert office.port.letters == 1


@pytest.mark.parametrize(("newest", "lost"), [(0, []), (2, [1, 2]), (LOST_MAX + 3, LOST_MAX)])
def test_what_is_remembered_of_lost_letters_is_bounded(newest: int, lost: list[int] | int) -> None:
    database = MemoryDatabase()
    database.write(lambda store: note_lost(store, newest))
    found = database.read(lost_numbers)
    assert found == lost if isinstance(lost, list) else (len(found), found[-1]) == (lost, newest)
