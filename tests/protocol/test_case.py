"""Case files: what is refused of a file whose every signature is sound, and that many proofs come out as one by one."""

import re

import pytest

from gongguan.protocol import canonical, case, merkle
from gongguan.protocol.case import CaseHead, CasePart, HeadPart, MessagePart
from gongguan.protocol.errors import ProtocolError
from gongguan.protocol.limits import CASE_BYTES_MAX
from tests.audit.cases import export, story
from tests.pairs import subject
from tests.protocol.committees import DESTINATION, ORIGIN, STRANGER

TRUSTED = [ORIGIN.card, DESTINATION.card]


def parts() -> list[CasePart]:
    told = story()
    return case.parse(export(told.destination, told.subject, told.agreement).data)


def test_parsing_and_exporting_again_gives_the_same_bytes() -> None:
    told = story()
    data = export(told.destination, told.subject, told.agreement).data
    assert case.is_case(data)
    assert case.export(case.parse(data)) == data


def test_heads_are_shared_and_the_unreceipted_part_has_its_own() -> None:
    heads = [part for part in parts() if isinstance(part, HeadPart)]
    proven = [part for part in parts() if isinstance(part, MessagePart)]
    assert len(heads) < len(proven)
    assert sum("/cosign" not in head.note for head in heads) == 1
    assert {part.head for part in proven} == set(range(len(heads)))


def altered(change: type[CasePart], **fields: object) -> bytes:
    """The file with fields of the last part of one kind replaced."""
    found = parts()
    at = max(number for number, part in enumerate(found) if isinstance(part, change))
    values = {**{name: getattr(found[at], name) for name in found[at].__struct_fields__}, **fields}
    found[at] = change(**values)
    return case.export(found)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (lambda: altered(CaseHead, subject=subject(2)), "P-case"),
        (lambda: altered(CaseHead, pairing="ab" * 32), "P-case"),
        (lambda: altered(CaseHead, agreement="ab" * 32), "P-case"),
        (lambda: altered(MessagePart, head=99), "P-case"),
        (lambda: altered(MessagePart, index=2**40), "P-proof"),
        (lambda: altered(MessagePart, message="{}"), "P-proof"),
        (lambda: altered(MessagePart, inclusion=()), "P-proof"),
        (lambda: case.export([*parts(), parts()[-1]]), "P-case"),
        (lambda: case.export(part for part in parts() if not isinstance(part, case.AgreementPart)), "P-case"),
        (lambda: case.export(part for part in parts() if not isinstance(part, case.CardPart)), "P-case"),
        (lambda: case.export([parts()[0], parts()[0], *parts()[1:]]), "S-case"),
        (lambda: case.export(reversed(parts())), "S-case"),
        (lambda: b"gongguan case 1\n", "S-case"),
        (lambda: b"gongguan case 1\n[]\n", "S-case"),
        (lambda: b"gongguan case 2\n", "S-case"),
        (lambda: case.export(parts())[:-1], "S-case"),
        (lambda: case.export(parts()).replace(b'"part"', b'"extra":1,"part"', 1), "S-case"),
        (lambda: case.export(parts()).replace(b'{"agreement"', b'{ "agreement"', 1), "S-not-canonical"),
        (lambda: b"gongguan case 1\n" + b" " * CASE_BYTES_MAX, "R-too-large"),
    ],
)
def test_parts_that_do_not_fit_are_refused(data: object, code: str) -> None:
    assert callable(data)
    with pytest.raises(ProtocolError, match=re.escape(code)):
        case.verify(data(), TRUSTED)


def test_without_a_card_of_each_node_that_was_compared_nothing_is_shown() -> None:
    for trusted in ([], [ORIGIN.card], [ORIGIN.card, STRANGER.card], [*TRUSTED, STRANGER.card]):
        with pytest.raises(ProtocolError, match="P-case"):
            case.verify(case.export(parts()), trusted)


def test_every_version_that_a_message_cites_is_in_the_file() -> None:
    shown = case.verify(case.export(parts()), TRUSTED)
    cited = {item.value.agreement for item in shown.messages if isinstance(item.value.agreement, str)}
    assert cited == {version for version, _ in shown.versions}


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 33])
def test_proofs_of_many_leaves_are_those_of_each(size: int) -> None:
    leaves = [merkle.leaf_hash(canonical.encode(number)) for number in range(size)]
    wanted = [number for number in range(size) if number % 3 != 1]
    assert merkle.inclusion_proofs(leaves, wanted) == [merkle.inclusion_proof(leaves, number) for number in wanted]
    for number, path in zip(wanted, merkle.inclusion_proofs(leaves, wanted), strict=True):
        merkle.verify_inclusion(leaves[number], number, size, path, merkle.root(leaves))
    with pytest.raises(ProtocolError, match="P-proof"):
        merkle.inclusion_proofs(leaves, [0, size])
