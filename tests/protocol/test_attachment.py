"""Files that messages name: what may be attached, and how it is cut and named."""

import pytest

from gongguan.protocol import attachment, bundle
from gongguan.protocol.attachment import Part, Wish
from gongguan.protocol.bundle import Rest
from gongguan.protocol.errors import ProtocolError
from gongguan.protocol.limits import ATTACHMENT_BYTES_MAX, ATTACHMENT_PART_BYTES
from gongguan.protocol.messages import KINDS
from tests.files import pdf

JPEG = b"\xff\xd8\xff\xe0" + b"picture" + b"\xff\xd9"
PNG = b"\x89PNG\r\n\x1a\n" + b"picture" + b"\x00\x00\x00\x00IEND\xaeB`\x82"


@pytest.mark.parametrize(
    ("data", "media_type"), [(pdf(100), "application/pdf"), (JPEG, "image/jpeg"), (PNG, "image/png")]
)
def test_a_file_is_known_by_its_content(data: bytes, media_type: str) -> None:
    assert attachment.describe(data).type == media_type
    with pytest.raises(ProtocolError, match="S-attachment"):
        attachment.describe(data[: len(data) // 2])


@pytest.mark.parametrize("data", [b"", b"MZ\x90\x00", b"PK\x03\x04 a workbook", b"<html>%PDF- %%EOF</html>"])
def test_nothing_else_can_be_attached(data: bytes) -> None:
    with pytest.raises(ProtocolError, match="S-attachment"):
        attachment.describe(data)


def test_a_file_above_eight_megabytes_is_refused() -> None:
    assert attachment.describe(pdf(ATTACHMENT_BYTES_MAX)).size == ATTACHMENT_BYTES_MAX
    with pytest.raises(ProtocolError, match="R-attachment-size"):
        attachment.describe(pdf(ATTACHMENT_BYTES_MAX + 1))


@pytest.mark.parametrize("size", [1, ATTACHMENT_PART_BYTES, ATTACHMENT_PART_BYTES + 1, ATTACHMENT_BYTES_MAX])
def test_the_parts_of_a_file_are_all_of_it(size: int) -> None:
    data = bytes(size)
    parts = [attachment.cut(data, number) for number in attachment.numbers(attachment.missing(size, 0))]

    assert b"".join(parts) == data
    assert [len(part) for part in parts] == [attachment.part_size(size, number) for number in range(len(parts))]
    assert attachment.part_size(size, len(parts)) <= 0


def test_what_is_missing_is_what_is_not_held() -> None:
    size = 3 * ATTACHMENT_PART_BYTES
    assert attachment.missing(size, 0b101) == 0b010
    assert attachment.missing(size, 0b111) == 0


def test_a_bundle_without_files_has_the_bytes_that_it_had_before_there_were_any() -> None:
    bare, asking = Rest(), Rest(wishes=(Wish("ab" * 32, 1),))

    assert bundle.encode_rest(bare) == b"\x95" + b"\x90" * 5
    assert bundle._REST.decode(bundle.encode_rest(bare)) == bare
    assert bundle._REST.decode(bundle.encode_rest(asking)) == asking


@pytest.mark.parametrize("part", [Part("ab" * 32, 0, b""), Part("ab" * 32, 32, b"x"), Part("AB", 0, b"x")])
def test_a_part_that_no_file_can_have_is_no_bundle(part: Part) -> None:
    data = bundle.encode_rest(Rest(parts=(part,)))
    with pytest.raises(ProtocolError, match="S-bundle"):
        bundle._decode(bundle._REST, data, "rest")


def test_every_field_that_holds_a_file_exists_in_its_kind() -> None:
    for kind in KINDS.values():
        for path in kind.attachments:
            assert path.split(".")[0] in kind.body.__struct_fields__, kind.name
