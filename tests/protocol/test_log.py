"""Heads of logs: their three lines, their signature, and two that contradict each other."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongguan.protocol import log, note
from gongguan.protocol.errors import ProtocolError
from gongguan.protocol.log import Checkpoint
from gongguan.protocol.merkle import EMPTY_ROOT
from gongguan.protocol.note import PLAIN, NoteSigner
from tests.protocol.samples import LOG_KEY, ORIGIN, key, sample

HEAD = sample().checkpoint


def test_the_origin_line_names_pairing_sender_and_epoch() -> None:
    assert f"gongguan/1/{'ab' * 32}/{'a2b3' * 8}/{'01' * 16}" == ORIGIN
    assert log.parse_origin(ORIGIN) == ("ab" * 32, "a2b3" * 8, "01" * 16)


@pytest.mark.parametrize(
    "parts",
    [
        ("AB" * 32, "a2b3" * 8, "01" * 16),
        ("ab" * 31, "a2b3" * 8, "01" * 16),
        ("ab" * 32, "a1b3" * 8, "01" * 16),
        ("ab" * 32, "a2b3" * 8, "01" * 15),
        ("ab" * 32, "a2b3" * 8, "01" * 16 + "\n"),
        ("", "", ""),
    ],
)
def test_an_origin_of_another_form_is_refused(parts: tuple[str, str, str]) -> None:
    with pytest.raises(ProtocolError, match="S-checkpoint"):
        log.origin(*parts)


@given(st.integers(1, 2**53 - 1), st.binary(min_size=32, max_size=32))
def test_a_checkpoint_is_three_lines_and_comes_back(size: int, root: bytes) -> None:
    head = Checkpoint(ORIGIN, size, root)
    assert head.text().count("\n") == 3
    assert Checkpoint.parse(head.text()) == head


def test_the_empty_log_has_the_root_of_the_empty_tree() -> None:
    assert Checkpoint.parse(Checkpoint(ORIGIN, 0, EMPTY_ROOT).text()).size == 0
    with pytest.raises(ProtocolError, match="S-checkpoint"):
        Checkpoint(ORIGIN, 0, bytes(32))


ROOT_LINE = HEAD.text().split("\n")[2]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n\n\n",
        f"{ORIGIN}\n7\n",
        f"{ORIGIN}\n7\n{ROOT_LINE}",
        f"{ORIGIN}\n7\n{ROOT_LINE}\nextension\n",
        f"{ORIGIN}\n07\n{ROOT_LINE}\n",
        f"{ORIGIN}\n+7\n{ROOT_LINE}\n",
        f"{ORIGIN}\n７\n{ROOT_LINE}\n",
        f"{ORIGIN}\n9007199254740992\n{ROOT_LINE}\n",
        f"{ORIGIN}\n7\n{ROOT_LINE[:-1]}\n",
        f"{ORIGIN}\n7\nAAAA\n",
        f"example.com/log\n7\n{ROOT_LINE}\n",
        f"gongguan agreement 1\n7\n{ROOT_LINE}\n",
    ],
)
def test_a_text_of_another_form_is_no_checkpoint(text: str) -> None:
    with pytest.raises(ProtocolError, match="S-checkpoint"):
        Checkpoint.parse(text)


@given(st.text())
def test_any_text_gives_a_checkpoint_or_a_typed_refusal(text: str) -> None:
    for candidate in (text, f"{ORIGIN}\n{text}\n{ROOT_LINE}\n", f"{ORIGIN}\n7\n{text}\n"):
        try:
            assert Checkpoint.parse(candidate).text() == candidate
        except ProtocolError as refusal:
            assert refusal.code == "S-checkpoint"


def test_a_signed_head_opens_with_its_key_and_origin_only() -> None:
    signed = log.sign_checkpoint(HEAD, LOG_KEY)
    assert log.open_checkpoint(signed, LOG_KEY.public, ORIGIN) == HEAD
    other_origin = log.origin("cd" * 32, "a2b3" * 8, "01" * 16)
    with pytest.raises(ProtocolError, match="A-no-known-signer"):
        log.open_checkpoint(signed, LOG_KEY.public, other_origin)
    with pytest.raises(ProtocolError, match="A-no-known-signer"):
        log.open_checkpoint(signed, key(9).public, ORIGIN)
    with pytest.raises(ProtocolError, match="A-signature"):
        log.open_checkpoint(signed.replace(b"\n7\n", b"\n8\n"), LOG_KEY.public, ORIGIN)
    disguised = note.sign(HEAD.text(), [NoteSigner(other_origin, PLAIN, LOG_KEY)])
    with pytest.raises(ProtocolError, match="S-checkpoint"):
        log.open_checkpoint(disguised, LOG_KEY.public, other_origin)
