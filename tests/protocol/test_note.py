"""Signed notes: what is read, what counts as signed, what is refused."""

from functools import partial

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gongguan.protocol import keys, note
from gongguan.protocol.errors import ProtocolError
from gongguan.protocol.limits import NOTE_BYTES_MAX, NOTE_SIGNATURES_MAX
from gongguan.protocol.note import PLAIN, NoteKey, NoteSigner, SignatureLine
from tests.protocol.samples import COSIGNER, COSIGNER_KEY, SENDER_KEY, key, sample, verifier, vkey
from tests.refusals import refusal

TEXT = "gongguan agreement 1\n双方共同管理\n\n第二段\n"
ORIGIN_SIDE = NoteSigner("云南/origin", PLAIN, key(11))
DESTINATION_SIDE = NoteSigner("广东/destination", PLAIN, key(12))
STRANGER = NoteSigner("stranger", PLAIN, key(13))
SIGNED = note.sign(TEXT, [ORIGIN_SIDE, DESTINATION_SIDE])
KEYS = [verifier(ORIGIN_SIDE), verifier(DESTINATION_SIDE)]


def test_the_published_example_of_the_format_has_our_bytes() -> None:
    """c2sp.org/signed-note, the PeterNeumann example of golang.org/x/mod/sumdb/note."""
    text = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
    signature = "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM="
    data = f"{text}\n— PeterNeumann {signature}\n".encode()
    raw = note.from_base64("ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")
    assert raw is not None
    peter = NoteKey("PeterNeumann", raw[0], keys.enrol(raw[1:]))
    assert vkey(peter) == "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
    assert note.verify(data, [peter]) == text


def test_a_signed_text_comes_back_with_its_blank_lines() -> None:
    parsed = note.parse(SIGNED)
    assert parsed.text == TEXT
    assert note.assemble(parsed.text, parsed.lines) == SIGNED
    assert note.verify(SIGNED, KEYS) == note.verify(SIGNED, KEYS[:1]) == note.verify_all(SIGNED, KEYS) == TEXT


def test_lines_that_travel_apart_make_the_same_note() -> None:
    lines = [note.signature_line(TEXT, ORIGIN_SIDE), note.signature_line(TEXT, DESTINATION_SIDE)]
    assert note.assemble(TEXT, lines) == SIGNED


def test_lines_of_unknown_keys_are_ignored_but_do_not_count() -> None:
    unknown_type = SignatureLine("origin", b"\xff\xff\xff\xff", b"an SM2 signature of another length")
    data = note.assemble(TEXT, [unknown_type, note.signature_line(TEXT, ORIGIN_SIDE)])
    assert note.verify(data, KEYS) == TEXT
    assert refusal(lambda: note.verify(data, [verifier(STRANGER)])) == "A-no-known-signer"
    assert refusal(lambda: note.verify(data, [])) == "A-no-known-signer"
    renamed = NoteKey("another-name", PLAIN, ORIGIN_SIDE.key.public)
    assert refusal(lambda: note.verify(data, [renamed])) == "A-no-known-signer"


def test_a_known_key_with_a_wrong_signature_refuses_the_note_even_beside_a_right_one() -> None:
    right = note.signature_line(TEXT, DESTINATION_SIDE)
    wrong = SignatureLine(ORIGIN_SIDE.name, ORIGIN_SIDE.key_id, bytes(64))
    for lines in ([right, wrong], [wrong, right]):
        assert refusal(partial(note.verify, note.assemble(TEXT, lines), KEYS)) == "A-signature"
    changed = SIGNED.replace("第二段".encode(), "第三段".encode())
    assert refusal(lambda: note.verify(changed, KEYS)) == "A-signature"


def test_all_keys_must_have_signed_where_all_are_asked() -> None:
    half = note.sign(TEXT, [ORIGIN_SIDE])
    assert refusal(lambda: note.verify_all(half, KEYS)) == "A-signer-missing"
    assert refusal(lambda: note.verify_all(half, [verifier(STRANGER)])) == "A-no-known-signer"
    assert refusal(lambda: note.verify_all(SIGNED, [])) == "A-no-known-signer"
    twice = note.assemble(TEXT, [note.signature_line(TEXT, ORIGIN_SIDE)] * 2)
    assert refusal(lambda: note.verify_all(twice, KEYS)) == "A-signer-missing"


def test_a_cosignature_line_verifies_over_its_time_and_text() -> None:
    made = sample()
    assert note.verify(made.receipted, [COSIGNER_KEY]) == made.checkpoint.text()
    assert note.verify_all(made.receipted, [SENDER_KEY, COSIGNER_KEY]) == made.checkpoint.text()
    plain = NoteKey(COSIGNER.name, PLAIN, COSIGNER.key.public)
    assert refusal(lambda: note.verify(made.receipted, [plain])) == "A-no-known-signer"
    assert refusal(lambda: note.sign(TEXT, [COSIGNER])) == "S-note"


def test_the_hash_of_a_note_is_that_of_its_text_alone() -> None:
    assert note.text_hash("a\n") == "87428fc522803d31065e7bce3cf03fe475096631e5e07bbd7a0fde60c4cf25c7"


@pytest.mark.parametrize("expected", ["card", "pairing", "status", "statement", "proof", "letter", "checkpoint"])
def test_a_text_of_one_type_is_none_of_another(expected: str) -> None:
    note.check_type(TEXT, "agreement")
    assert refusal(lambda: note.check_type(TEXT, expected)) == "S-note-type"


@pytest.mark.parametrize(
    "text",
    ["", "gongguan agreement 11\n", " gongguan agreement 1\n", "gongguan agreement 1 \n", "x\ngongguan agreement 1\n"],
)
def test_only_the_exact_first_line_names_the_type(text: str) -> None:
    assert refusal(lambda: note.check_type(text, "agreement")) == "S-note-type"


@pytest.mark.parametrize("text", ["", "no newline", "tab\t\n", "return\r\n", "nul\0\n", "lone \ud800\n"])
def test_a_text_with_control_characters_or_without_an_end_is_not_signed(text: str) -> None:
    assert refusal(lambda: note.sign(text, [ORIGIN_SIDE])) == "S-note"


@pytest.mark.parametrize("name", ["", "two words", "a+b", "new\nline", "wide\u3000space", "x" * 256, "\ud800"])
def test_a_key_name_is_one_word_without_plus(name: str) -> None:
    assert refusal(lambda: NoteKey(name, PLAIN, key(1).public)) == "S-note"


GOOD_LINE = str(note.signature_line("t\n", STRANGER))


@pytest.mark.parametrize(
    "data",
    [
        "",
        "t\n",
        "t\n\n",
        f"t\n{GOOD_LINE}\n",
        f"t\n\n{GOOD_LINE}",
        f"t\n\n{GOOD_LINE}\n\n",
        f"t\r\n\n{GOOD_LINE}\n",
        f"t\n\n{GOOD_LINE.replace('— ', '- ')}\n",
        f"t\n\n{GOOD_LINE.replace('— ', '—  ')}\n",
        f"t\n\n{GOOD_LINE} \n",
        f"t\n\n{GOOD_LINE[:-1]}\n",
        f"t\n\n{GOOD_LINE}\nmore\n",
        "t\n\n— name AAAAAA==\n",
        "t\n\n— name AAAAAAB=\n",
        "t\n\n— name\n",
        "t\n\n— na+me AAAAAAAA\n",
        "t\n\n" + f"{GOOD_LINE}\n" * (NOTE_SIGNATURES_MAX + 1),
    ],
)
def test_what_is_not_exactly_a_note_is_not_read(data: str) -> None:
    assert refusal(lambda: note.parse(data.encode())) == "S-note"


def test_a_note_has_a_size_and_a_number_of_signatures() -> None:
    line = note.signature_line("t\n", STRANGER)
    assert len(note.parse(note.assemble("t\n", [line] * NOTE_SIGNATURES_MAX)).lines) == NOTE_SIGNATURES_MAX
    assert refusal(lambda: note.assemble("t\n", [line] * (NOTE_SIGNATURES_MAX + 1))) == "S-note"
    assert refusal(lambda: note.assemble("t\n", [])) == "S-note"
    assert refusal(lambda: note.sign("x" * NOTE_BYTES_MAX + "\n", [STRANGER])) == "R-too-large"
    assert refusal(lambda: note.parse(b"x" * (NOTE_BYTES_MAX + 1))) == "R-too-large"


@given(st.binary() | st.text(st.sampled_from("t— \nAa=+/\x00é")).map(lambda text: ("t\n\n" + text).encode()))
@example(SIGNED)
@example(b"\n\n\xe2\x80\x94 n AAAAAAAA\n")
def test_any_bytes_give_a_note_or_a_typed_refusal(data: bytes) -> None:
    try:
        parsed = note.parse(data)
    except ProtocolError:
        return
    assert note.assemble(parsed.text, parsed.lines) == data


@given(st.integers(0, len(SIGNED) - 1), st.integers(1, 255))
def test_no_changed_byte_goes_unseen(position: int, change: int) -> None:
    changed = bytearray(SIGNED)
    changed[position] ^= change
    with pytest.raises(ProtocolError):
        note.verify_all(bytes(changed), KEYS)
