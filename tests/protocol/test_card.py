"""Cards: who may say that a node is who it is."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongguan.protocol import card as cards
from gongguan.protocol import note
from gongguan.protocol.card import Card
from gongguan.protocol.errors import ProtocolError
from gongguan.protocol.keys import FLOOR, HYBRID, SigningKey
from gongguan.protocol.note import PLAIN, NoteSigner
from tests.protocol.committees import DESTINATION, ORIGIN, Committee, sealing_entry, signing_key
from tests.refusals import refusal

SMALL_ORDER = "01" + "00" * 31


def changed(card: Card, **fields: Any) -> Card:
    return msgspec.structs.replace(card, **fields)


def signed(committee: Committee, **fields: Any) -> bytes:
    return cards.sign(changed(committee.card, **fields), committee.log_key, committee.cosigning_key)


def later(committee: Committee, **fields: Any) -> Card:
    return changed(committee.card, **{"serial": 2, "previous": committee.card_hash, **fields})


def test_a_card_opens_to_what_was_signed_and_its_hash_is_that_of_the_text() -> None:
    assert cards.open_card(ORIGIN.note) == (ORIGIN.card, note.text_hash(ORIGIN.card_text))


def test_people_read_title_address_and_node_id_on_the_card() -> None:
    assert ORIGIN.card_text.startswith("gongguan card 1\n名称：巴彦塔拉苏木党委\n")
    for words in ("https://127.0.0.1:8443", ORIGIN.node_id, "990101", "基层党委"):
        assert words in ORIGIN.card_text


def test_a_card_without_addresses_says_that_files_are_used() -> None:
    assert "无（用文件交换）" in cards.render(changed(ORIGIN.card, endpoints=()))


def test_a_card_whose_words_differ_from_its_data_is_refused() -> None:
    text = ORIGIN.card_text.replace("名称：巴彦塔拉", "名称：乌兰")
    assert refusal(cards.parse, text) == "S-readable"


@pytest.mark.parametrize("title", ["旗委\n节点编号：假", "旗委\u202e", "", "长" * 121, "旗\u0085委", "e\u0301"])
def test_a_title_that_would_mislead_a_reader_is_never_rendered(title: str) -> None:
    assert refusal(cards.render, changed(ORIGIN.card, title=title)) == "S-readable"


def test_both_keys_must_have_signed() -> None:
    text = ORIGIN.card_text
    by_log_key = note.sign(text, [NoteSigner(ORIGIN.node_id, PLAIN, ORIGIN.log_key)])
    by_cosigning_key = note.sign(text, [NoteSigner(f"{ORIGIN.node_id}/cosign", PLAIN, ORIGIN.cosigning_key)])
    assert refusal(cards.open_card, by_log_key) == "A-signer-missing"
    assert refusal(cards.open_card, by_cosigning_key) == "A-signer-missing"


def test_a_card_altered_after_signing_is_refused() -> None:
    altered = changed(ORIGIN.card, endpoints=("https://10.0.0.1",))
    lines = note.parse(ORIGIN.note).lines
    assert refusal(cards.open_card, note.assemble(cards.render(altered), lines)) == "A-signature"


def test_a_genesis_card_cannot_take_the_node_id_of_another() -> None:
    assert refusal(cards.open_card, signed(ORIGIN, node_id=DESTINATION.node_id)) == "A-node-id"


def test_a_weak_key_is_never_admitted() -> None:
    assert refusal(cards.keys_of, changed(ORIGIN.card, log_key=SMALL_ORDER)) == "A-weak-key"
    assert refusal(cards.keys_of, changed(ORIGIN.card, cosigning_key=SMALL_ORDER)) == "A-weak-key"
    zero = cards.SealingEntry(suite=FLOOR, public="00" * 32)
    assert refusal(cards.keys_of, changed(ORIGIN.card, sealing_keys=(zero,))) == "A-weak-key"


def test_one_key_never_serves_two_roles_not_even_as_half_of_a_hybrid() -> None:
    same = changed(ORIGIN.card, cosigning_key=ORIGIN.card.log_key)
    assert refusal(cards.keys_of, same) == "A-key-in-two-roles"
    hybrid = sealing_entry(HYBRID, "one")
    half = cards.SealingEntry(suite=FLOOR, public=hybrid.public[-64:])
    assert refusal(cards.keys_of, changed(ORIGIN.card, sealing_keys=(hybrid, half))) == "A-key-in-two-roles"


def test_two_nodes_share_no_key() -> None:
    borrowed = changed(DESTINATION.card, cosigning_key=ORIGIN.card.cosigning_key)
    assert refusal(cards.check_keys_apart, ORIGIN.card, borrowed) == "A-key-in-two-roles"
    cards.check_keys_apart(ORIGIN.card, DESTINATION.card)
    cards.check_keys_apart(ORIGIN.card, later(ORIGIN))


def test_the_hybrid_sealing_key_is_preferred_wherever_it_stands_on_the_card() -> None:
    assert [key.suite for key in cards.keys_of(ORIGIN.card).sealing] == [HYBRID, FLOOR]


def test_a_sealing_suite_of_the_future_is_left_alone_but_one_known_must_be_there() -> None:
    future = cards.SealingEntry(suite="sm2-kem", public="ab" * 64)
    entries = (future, sealing_entry(FLOOR, "floor"))
    assert [key.suite for key in cards.keys_of(changed(ORIGIN.card, sealing_keys=entries)).sealing] == [FLOOR]
    assert refusal(cards.keys_of, changed(ORIGIN.card, sealing_keys=(future,))) == "A-weak-key"


def rotated(previous: SigningKey | None) -> bytes:
    new_key = signing_key("origin log 2")
    card = later(ORIGIN, log_key=new_key.public.raw.hex())
    return cards.sign(card, new_key, ORIGIN.cosigning_key, previous)


def test_a_new_log_key_counts_only_when_the_old_one_signed_the_card() -> None:
    assert cards.open_successor(ORIGIN.card, rotated(ORIGIN.log_key))[0].serial == 2
    assert refusal(cards.open_successor, ORIGIN.card, rotated(None)) == "A-no-known-signer"
    assert refusal(cards.open_successor, ORIGIN.card, rotated(DESTINATION.log_key)) == "A-no-known-signer"


def test_a_later_card_names_the_one_before_and_has_a_larger_serial() -> None:
    assert refusal(cards.open_successor, ORIGIN.card, signed(ORIGIN, serial=2, previous="0" * 64)) == "A-card-chain"
    second = later(ORIGIN, serial=7)
    third = changed(second, previous=note.text_hash(cards.render(second)))
    data = cards.sign(third, ORIGIN.log_key, ORIGIN.cosigning_key)
    assert refusal(cards.open_successor, second, data) == "A-card-older"


def test_a_key_keeps_its_role_in_later_cards() -> None:
    card = later(ORIGIN, log_key=ORIGIN.card.cosigning_key, cosigning_key=ORIGIN.card.log_key)
    data = cards.sign(card, ORIGIN.cosigning_key, ORIGIN.log_key)
    assert refusal(cards.open_successor, ORIGIN.card, data) == "A-key-in-two-roles"


def test_a_chain_begins_with_the_genesis_card_and_ends_with_the_present_one() -> None:
    second = rotated(ORIGIN.log_key)
    assert cards.open_chain([ORIGIN.note, second]) == cards.open_card(second)
    assert refusal(cards.open_chain, [second]) == "A-card-chain"
    assert refusal(cards.open_chain, [second, ORIGIN.note]) == "A-card-chain"
    assert refusal(cards.open_chain, []) == "A-card-chain"


def test_only_the_first_card_has_no_card_before_it() -> None:
    assert refusal(cards.open_card, signed(ORIGIN, serial=2)) == "A-card-chain"
    assert refusal(cards.open_card, signed(ORIGIN, previous="0" * 64)) == "A-card-chain"


def test_the_fingerprint_is_forty_digits_of_the_texts_hash() -> None:
    digits = cards.fingerprint(ORIGIN.card_text)
    assert [len(group) for group in digits.split(" ")] == [5] * 8
    assert int(digits.replace(" ", "")) == int(ORIGIN.card_hash, 16) % 10**40


FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")


@pytest.mark.parametrize(
    "typed", [str, lambda d: d.replace(" ", ""), lambda d: d.replace(" ", "-"), lambda d: d.translate(FULL_WIDTH)]
)
def test_a_fingerprint_may_be_typed_with_spaces_hyphens_or_full_width_digits(typed: Callable[[str], str]) -> None:
    cards.compare_fingerprint(ORIGIN.card_text, typed(cards.fingerprint(ORIGIN.card_text)))


@given(st.sets(st.integers(0, 7), min_size=1), st.sampled_from(["", " ", "-", "　"]))
def test_every_wrong_group_is_named_and_no_other(wrong: set[int], separator: str) -> None:
    groups = cards.fingerprint(ORIGIN.card_text).split(" ")
    typed = [f"{(int(group) + 1) % 100_000:05d}" if at in wrong else group for at, group in enumerate(groups)]
    with pytest.raises(ProtocolError) as caught:
        cards.compare_fingerprint(ORIGIN.card_text, separator.join(typed))
    assert caught.value.code == "D-fingerprint"
    assert caught.value.facts == {"groups": [at + 1 for at in sorted(wrong)]}


def test_missing_digits_are_said_as_such() -> None:
    digits = cards.fingerprint(ORIGIN.card_text).replace(" ", "")
    assert refusal(cards.compare_fingerprint, ORIGIN.card_text, digits[:-1]) == "D-fingerprint-digits"
    assert refusal(cards.compare_fingerprint, ORIGIN.card_text, "") == "D-fingerprint-digits"


@given(st.binary(max_size=300), st.integers(0, 4000))
def test_any_bytes_open_to_a_card_or_to_a_typed_refusal(inserted: bytes, at: int) -> None:
    for data in (inserted, ORIGIN.note[:at] + inserted + ORIGIN.note[at:], ORIGIN.note[:at]):
        try:
            cards.open_card(data)
        except ProtocolError:
            continue
        assert data == ORIGIN.note or not inserted
