"""Files that messages name come over in parts: in any order, twice, after breaks; and nothing that was not asked."""

import random
from hashlib import sha256
from typing import Any

import pytest

from gongguan.protocol import attachment, bundle
from gongguan.protocol.attachment import Part, Wish
from gongguan.protocol.limits import ATTACHMENT_PART_BYTES, ATTACHMENT_WISHES_MAX
from gongguan.sync.exchange import attachments, quota
from gongguan.sync.exchange.exchange import Exchange
from gongguan.sync.records import AttachedFile, AttachedPart, PartnerWish, Setting, Task
from tests.files import named, pdf
from tests.pairs import Node, bundle_of, carry, in_agreement, later

SIZE = 5 * ATTACHMENT_PART_BYTES + 1000
FILE = pdf(SIZE)


def rows(node: Node, kind: Any) -> list[Any]:
    return node.database.read(lambda store: store.find(kind))


def held(node: Node) -> tuple[str, int]:
    """State of the one file, and how many parts of it are here."""
    (file,) = rows(node, AttachedFile)
    return file.state, len(rows(node, AttachedPart))


def content(node: Node, sha: str) -> bytes:
    pairing_id = node.pairing_id
    return node.database.read(lambda store: attachments.file_of(store, pairing_id, sha))


def parts_in(node: Node, data: bytes) -> list[int]:
    return [part.number for part in bundle.unseal(data, node.identity.sealing).rest.parts]


def test_a_file_that_a_message_names_comes_when_it_is_asked_for() -> None:
    origin, destination, _ = in_agreement()
    scan = named(origin, destination, FILE)
    assert held(destination) == ("wanted", 0)

    carry(destination, origin)
    carry(origin, destination)

    assert held(destination) == ("whole", 6)
    assert content(destination, scan.sha256) == FILE
    carry(destination, origin)
    assert rows(origin, PartnerWish) == []


def test_parts_come_in_any_order_and_twice_and_processes_may_die_between() -> None:
    origin, destination, _ = in_agreement()
    scan = named(origin, destination, FILE)
    bundles = [
        bundle_of(origin, destination, parts=(Part(scan.sha256, number, attachment.cut(FILE, number)),))
        for number in range(6)
    ]
    order = [*range(6), *range(5)]
    random.Random(3).shuffle(order)
    for number in order:
        destination.receive(bundles[number])
        destination.crash()

    assert held(destination) == ("whole", 6)
    assert content(destination, scan.sha256) == FILE


def test_only_what_is_still_lacking_is_asked_for() -> None:
    origin, destination, _ = in_agreement()
    scan = named(origin, destination, FILE)
    destination.receive(bundle_of(origin, destination, parts=(Part(scan.sha256, 2, attachment.cut(FILE, 2)),)))

    asked = bundle.unseal(destination.compose(), origin.identity.sealing).rest.wishes

    assert asked == (Wish(scan.sha256, 0b111011),)


def test_files_leave_in_several_bundles_each_from_where_the_one_before_ended() -> None:
    origin, destination, _ = in_agreement()
    data = pdf(20 * ATTACHMENT_PART_BYTES)
    scan = named(origin, destination, data)
    carry(destination, origin)

    def export(beyond: dict[str, int]) -> Any:
        return origin.act(lambda exchange: exchange.compose(Node.pairing_id_in(exchange), beyond=beyond))

    beyond: dict[str, int] = {}
    exported: list[Any] = []
    while not exported or exported[-1].more:
        exported.append(export(beyond))
        beyond |= dict(exported[-1].reached)
    for made in reversed(exported):
        destination.receive(made.data)

    sent = [parts_in(destination, made.data) for made in exported]
    assert len(sent) > 2 and [number for parts in sent for number in parts] == list(range(20))
    assert content(destination, scan.sha256) == data


def test_wrong_bytes_leave_nothing_and_after_three_times_nobody_asks_any_more() -> None:
    origin, destination, _ = in_agreement()
    scan = named(origin, destination, FILE)
    before = stored(destination)
    false = pdf(SIZE, seed=1)
    wrong = tuple(Part(scan.sha256, number, attachment.cut(false, number)) for number in range(6))
    for times in range(3):
        assert held(destination) == ("wanted", 0), times
        destination.receive(bundle_of(origin, destination, parts=wrong))

    assert held(destination) == ("refused", 0)
    assert stored(destination) == before - SIZE
    assert "attachment_refused" in {task.kind for task in rows(destination, Task) if task.state == "open"}
    assert bundle.unseal(destination.compose(), origin.identity.sealing).rest.wishes == ()
    pairing_id = destination.pairing_id
    destination.database.write(lambda store: attachments.supply(store, pairing_id, FILE))
    assert content(destination, scan.sha256) == FILE


def test_a_file_that_is_put_in_by_hand_is_no_longer_counted_for_the_partner() -> None:
    origin, destination, _ = in_agreement()
    named(origin, destination, FILE)
    before = stored(destination)

    pairing_id = destination.pairing_id
    destination.database.write(lambda store: attachments.supply(store, pairing_id, FILE))

    assert stored(destination) == before - SIZE


def test_rubbish_that_came_under_a_false_size_is_no_part_of_the_file_that_is_put_in_by_hand() -> None:
    origin, destination, _ = in_agreement()
    scan = named(origin, destination, pdf(1000), size=SIZE)
    destination.receive(bundle_of(origin, destination, parts=(Part(scan.sha256, 3, attachment.cut(FILE, 3)),)))
    assert held(destination) == ("wanted", 1)

    pairing_id = destination.pairing_id
    destination.database.write(lambda store: attachments.supply(store, pairing_id, pdf(1000)))

    assert content(destination, scan.sha256) == pdf(1000)


def test_a_file_whose_content_is_not_of_the_type_named_is_not_taken() -> None:
    origin, destination, _ = in_agreement()
    page = b"<html>" + bytes(1000) + b"</html>"
    scan = named(origin, destination, pdf(len(page)))

    def rename(store: Any) -> None:
        (file,) = store.find(AttachedFile)
        store.remove(AttachedFile, file.pairing_id, file.sha256)
        store.put(
            AttachedFile(
                pairing_id=file.pairing_id,
                sha256=sha256(page).hexdigest(),
                size=file.size,
                type=file.type,
                state="wanted",
                counted=True,
            )
        )

    destination.database.write(rename)
    assert scan.size == len(page)
    destination.receive(bundle_of(origin, destination, parts=(Part(sha256(page).hexdigest(), 0, page),)))

    assert held(destination) == ("wanted", 0)


@pytest.mark.parametrize(
    "part",
    [
        pytest.param(lambda scan: Part("cd" * 32, 0, bytes(ATTACHMENT_PART_BYTES)), id="a file that nobody named"),
        pytest.param(lambda scan: Part(scan.sha256, 6, bytes(ATTACHMENT_PART_BYTES)), id="a part beyond its end"),
        pytest.param(lambda scan: Part(scan.sha256, 0, bytes(1000)), id="a part that is too short"),
        pytest.param(lambda scan: Part(scan.sha256, 5, bytes(ATTACHMENT_PART_BYTES)), id="a part that is too long"),
    ],
)
def test_what_was_not_asked_for_is_not_kept(part: Any) -> None:
    origin, destination, _ = in_agreement()
    scan = named(origin, destination, FILE)

    received = destination.receive(bundle_of(origin, destination, parts=(part(scan),)))

    assert (received.new_parts, held(destination)) == (0, ("wanted", 0))


def test_a_whole_file_is_not_changed_by_parts_that_come_later() -> None:
    origin, destination, _ = in_agreement()
    scan = named(origin, destination, FILE)
    other = bytes(ATTACHMENT_PART_BYTES)
    carry(destination, origin)
    carry(origin, destination)
    destination.receive(bundle_of(origin, destination, parts=(Part(scan.sha256, 0, other),)))
    origin.receive(bundle_of(destination, origin, parts=(Part(scan.sha256, 0, other),)))

    assert content(destination, scan.sha256) == content(origin, scan.sha256) == FILE


def test_nobody_gets_a_file_that_no_message_between_the_two_names() -> None:
    origin, destination, _ = in_agreement()
    secret = pdf(1000, seed=2)
    origin.database.write(lambda store: attachments.keep(store, "ab" * 32, secret))
    origin.receive(bundle_of(destination, origin, wishes=(Wish(sha256(secret).hexdigest(), 1),)))

    assert (parts_in(destination, origin.compose()), rows(origin, PartnerWish)) == ([], [])


def test_files_that_never_come_keep_no_other_from_being_asked_for() -> None:
    origin, destination, _ = in_agreement()
    lacking = {f"{sha256(bytes([number])).hexdigest()}" for number in range(3 * ATTACHMENT_WISHES_MAX)}
    files = [
        AttachedFile(pairing_id=destination.pairing_id, sha256=one, size=9, type="pdf", state="wanted")
        for one in sorted(lacking)
    ]
    destination.database.write(lambda store: store.put_all(files))
    asked: set[str] = set()
    for _ in range(20):
        wishes = bundle.unseal(destination.compose(), origin.identity.sealing).rest.wishes
        assert len(wishes) == ATTACHMENT_WISHES_MAX
        asked |= {wish.sha256 for wish in wishes}
        later(destination, 1 / 24)

    assert asked == lacking


def test_a_file_for_which_there_is_no_room_is_not_asked_for_until_there_is() -> None:
    origin, destination, _ = in_agreement()
    destination.bytes_max = stored(destination) + 100_000
    named(origin, destination, FILE)
    assert held(destination) == ("named", 0)
    carry(destination, origin)
    carry(origin, destination)
    assert held(destination) == ("named", 0)

    destination.bytes_max += SIZE
    for _ in range(2):
        carry(origin, destination)
        carry(destination, origin)
    carry(origin, destination)

    assert held(destination) == ("whole", 6)


def test_a_file_that_was_lost_with_an_old_backup_comes_back_from_the_partner() -> None:
    origin, destination, _ = in_agreement()
    backup = origin.database.snapshot()
    scan = named(origin, destination, FILE)
    carry(destination, origin)
    carry(origin, destination)
    origin.database.restore(backup)
    origin.crash()
    later(origin, 1)

    for _ in range(6):
        carry(origin, destination)
        carry(destination, origin)

    assert content(origin, scan.sha256) == FILE


def stored(node: Node) -> int:
    """Bytes counted for the partner."""
    counted = [int(row.value) for row in rows(node, Setting) if row.name.startswith("stored/")]
    return counted[0] if counted else node.act(_counted)


def _counted(exchange: Exchange) -> int:
    return quota.stored_bytes(exchange.store, exchange.book(Node.pairing_id_in(exchange)))
