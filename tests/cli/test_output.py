"""What a partner writes, or who names a file, is shown and never obeyed by the terminal."""

import pytest

from gongguan.cli import output
from gongguan.node.operations import every
from gongguan.node.operations.sheet import BatchesListed
from gongguan.node.peers.courier import FilesTaken, FileTaken
from gongguan.protocol.errors import refuse

STEERS = "通知\x1b[2J\x1b]0;已办结\x07\r\u202egpj.\u200b好"
"""Clears the screen, renames the window, goes back in the line, reverses what follows, and hides a sign."""
SHOWN = r"通知\u001b[2J\u001b]0;已办结\u0007\u000d\u202egpj.\u200b好"


def test_marks_that_steer_a_terminal_are_shown_by_their_numbers_in_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    output.tables(FilesTaken(files=[FileTaken(file=STEERS, outcome="foreign")]))
    told = capsys.readouterr().out
    assert SHOWN in told
    assert not output.HIDDEN.search(told)


def test_they_are_shown_by_their_numbers_in_a_refusal_too(capsys: pytest.CaptureFixture[str]) -> None:
    output.failure(refuse("D-file-missing", file=STEERS), as_json=False)
    told = capsys.readouterr().err
    assert SHOWN in told
    assert not output.HIDDEN.search(told)


def test_writing_of_minorities_and_several_lines_stay_as_they_are() -> None:
    for text in ("ᠮᠣᠩᠭᠣᠯ\u180b ᠪᠢᠴᠢᠭ", "ئۇيغۇرچە خەت", "བོད་ཡིག", "第一行\n第二行", "党\u200d员"):
        assert output.visible(text) == text


def test_a_list_with_nobody_in_it_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    output.answer(every()["sheet.batches"], BatchesListed(batches=[]), None, as_json=False)
    assert capsys.readouterr().out.startswith("批次：没有\n")
