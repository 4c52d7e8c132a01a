"""A member is erased on both sides: what is left proves all else, and nobody can use it to make others forget."""

from random import Random
from typing import Any

import msgspec
import pytest

from gongguan.protocol import erasure, messages, proof
from gongguan.protocol.dates import months_after
from gongguan.protocol.errors import ProtocolError
from gongguan.protocol.messages.envelope import Message
from gongguan.protocol.messages.exchange import SubjectErased
from gongguan.protocol.messages.movement import RelocationReported, ReturnNotified
from gongguan.sync.exchange import reconcile, recovery, verification
from gongguan.sync.exchange.logbook import Outgoing
from gongguan.sync.exchange.values import unit_id
from gongguan.sync.oversight import proofs
from gongguan.sync.records import AgreementVersion, Erasure, HelpCase, LogMessage, MobilityPeriod, SharedRecord, Task
from tests import erasures, pairs
from tests.pairs import Node, carry, in_agreement, settle
from tests.sync.exchange.failing import POISONED, FailingExchange

MEMBER, OTHER = pairs.subject(1), pairs.subject(2)
ENDED, EARLIEST = "2026-03-20", "2028-03-20"
"""Retention of the default terms: at least 24 months."""
NAME = "巴特尔".encode()


def agreement_id(node: Node) -> str:
    return node.database.read(lambda store: store.find(AgreementVersion))[0].agreement


def away(origin: Node, destination: Node, version: str, subject: str = MEMBER) -> Message:
    """A member left, was admitted, has one entry by the destination, and came back; the message of the return."""
    departed = origin.write("departure.notified", pairs.departure(), version=version, subject=subject)
    settle(origin, destination)
    destination.write("admission.given", pairs.admission(departed.id), version=version, subject=subject)
    destination.write("certificate.life_entered", pairs.life("one"), version=version, subject=subject)
    settle(origin, destination)
    ended = origin.write(
        "return.notified", ReturnNotified(ended_on=ENDED, reason="returned"), version=version, subject=subject
    )
    settle(origin, destination)
    return ended


def body(node: Node, ended: Message, subject: str = MEMBER, **other: Any) -> SubjectErased:
    given = {
        "agreement": agreement_id(node),
        "subject": subject,
        "basis": "retention_expired",
        "ending": ended.id,
        "ended_on": ENDED,
        "on": EARLIEST,
        **other,
    }
    return msgspec.convert(given, SubjectErased)


def two_years_later(*nodes: Node) -> None:
    for node in nodes:
        pairs.later(node, 800)


def erased(origin: Node, destination: Node, version: str) -> Message:
    """The member is erased on both sides."""
    ending = away(origin, destination, version)
    two_years_later(origin, destination)
    said = origin.write("exchange.erased", body(origin, ending))
    settle(origin, destination)
    return said


def about(node: Node, subject: str = MEMBER) -> list[LogMessage]:
    """What is stored of the messages about a member."""
    unit = unit_id(agreement_id(node), subject)
    return [item for item in node.log() if item.unit == unit]


def refusal(node: Node, kind: str, said: Any, **named: Any) -> str:
    try:
        node.write(kind, said, **named)
    except ProtocolError as error:
        return error.code
    return ""


def examined(node: Node) -> tuple[int, int]:
    def work(exchange: Any) -> tuple[int, int]:
        found = verification.examine(exchange.book(Node.pairing_id_in(exchange)))
        return len(found.broken), len(found.altered)

    return node.act(work)


def test_both_sides_delete_the_bytes_and_keep_the_hashes_and_the_list() -> None:
    origin, destination, version = in_agreement()
    away(origin, destination, version, OTHER)
    before = {item.leaf_hash for item in origin.log()}
    erased(origin, destination, version)

    for node in (origin, destination):
        left = about(node)
        assert [erasure.is_erased(item.data) for item in left] == [True] * 4
        assert before < {item.leaf_hash for item in node.log()}
        assert {len(about(node, OTHER)), examined(node)} == {4, (0, 0)}
        (listed,) = node.database.read(lambda store: store.find(Erasure))
        assert (listed.subject, listed.basis, listed.state, listed.messages) == (MEMBER, "retention_expired", "done", 4)
    assert not [item for item in origin.log() if MEMBER.encode() in item.data and item.kind != "exchange.erased"]


def test_the_member_has_no_records_any_more_and_that_it_is_erased_is_one() -> None:
    origin, destination, version = in_agreement()
    said = erased(origin, destination, version)

    assert origin.shared() == destination.shared()
    found = origin.database.read(lambda store: store.find(SharedRecord))
    assert {record.key for record in found if record.subject == MEMBER} == set()
    (entry,) = origin.record(f"erased/{agreement_id(origin)}/{MEMBER}")["entries"]
    assert entry["id"] == said.id


def test_local_records_about_the_member_go_on_both_sides() -> None:
    origin, destination, version = in_agreement()
    ending = away(origin, destination, version)
    assert destination.database.read(lambda store: store.find(MobilityPeriod, subject=MEMBER))
    task = Task(task_id="x", kind="x", state="open", agreement=None, subject=MEMBER, opened_at="2026-03-02T00:00:00Z")
    fields = {"category": "medical", "hardship": True, "status": "open", "note": "父亲住院"}
    case = HelpCase(case_id="c", person=MEMBER, opened_on="2026-03-02", touched_on="2026-03-02", **fields)  # type: ignore[arg-type]
    destination.database.write(lambda store: store.put_all([task, case]))
    two_years_later(origin, destination)
    origin.write("exchange.erased", body(origin, ending))
    settle(origin, destination)

    assert destination.database.read(lambda store: store.find(HelpCase)) == []
    kinds: tuple[Any, ...] = (MobilityPeriod, Task)
    assert destination.database.read(lambda store: [store.find(kind, subject=MEMBER) for kind in kinds]) == [[], []]


def test_bytes_that_the_partner_has_not_receipted_stay_until_it_has() -> None:
    origin, destination, version = in_agreement()
    ending = away(origin, destination, version)
    two_years_later(origin, destination)
    late = origin.write("relocation.reported", relocation(), version=version, subject=MEMBER)
    origin.write("exchange.erased", body(origin, ending))
    (kept,) = [item for item in about(origin) if item.id == late.id]
    assert (kept.effect, erasure.is_erased(kept.data)) == ("erased", False)

    settle(origin, destination)

    assert all(erasure.is_erased(item.data) for node in (origin, destination) for item in about(node))


def test_what_the_partner_wrote_before_it_knew_has_no_effect_and_goes_too() -> None:
    origin, destination, version = in_agreement()
    ending = away(origin, destination, version)
    two_years_later(origin, destination)
    origin.write("exchange.erased", body(origin, ending))
    crossing = destination.write("certificate.life_entered", pairs.life("two"), version=version, subject=MEMBER)
    settle(origin, destination)

    assert origin.shared() == destination.shared()
    for node in (origin, destination):
        (found,) = [item for item in about(node) if item.id == crossing.id]
        assert erasure.is_erased(found.data)
        assert examined(node) == (0, 0)
    assert "exchange.outcome" not in {item.kind for item in origin.log()}


def test_what_comes_late_goes_too_from_a_disk_that_was_clean_already() -> None:
    origin, destination, version = in_agreement()
    away(origin, destination, version)
    two_years_later(origin, destination)
    erasures.erase(origin, MEMBER, EARLIEST)
    assert [found.state for found in origin.database.read(lambda store: store.find(Erasure))] == ["done"]
    crossing = destination.write("certificate.life_entered", pairs.life("two"), version=version, subject=MEMBER)

    settle(origin, destination)

    assert crossing.id in {item.id for item in about(origin)}
    assert all(erasure.is_erased(item.data) for node in (origin, destination) for item in about(node))


def test_an_id_that_is_said_again_of_an_erased_member_takes_nothing_of_somebody_else_along() -> None:
    origin, destination, version = in_agreement()
    ending, other = away(origin, destination, version), away(origin, destination, version, OTHER)
    two_years_later(origin, destination)
    origin.write("exchange.erased", body(origin, ending))
    kept = about(origin, OTHER)
    stolen = other.id

    def say_again(exchange: Any) -> None:
        book = book_of(exchange)
        said = Outgoing("certificate.life_entered", pairs.life("two"), version, MEMBER)
        book._be_ready()
        book.append(msgspec.structs.replace(book._message(said), id=stolen))

    destination.act(say_again)
    carry(destination, origin)
    settle(origin, destination)

    assert [item.data for item in about(origin, OTHER)] == [item.data for item in kept]
    assert [item.verdict for item in about(origin) if item.id == stolen] == ["P-id-reused"]
    located = origin.act(lambda exchange: book_of(exchange).grounds().locate(stolen))
    assert located is not None
    assert (located.kind, located.accepted) == ("return.notified", True)
    assert all(erasure.is_erased(item.data) for item in about(origin))


def test_after_it_is_known_nothing_is_said_about_the_member() -> None:
    origin, destination, version = in_agreement()
    erased(origin, destination, version)

    for node in (origin, destination):
        assert refusal(node, "relocation.reported", relocation(), version=version, subject=MEMBER) == "P-subject-erased"
    again = pairs.departure()
    assert refusal(origin, "departure.notified", again, version=version, subject=MEMBER) == "P-subject-erased"
    assert refusal(origin, "departure.notified", again, version=version, subject=pairs.subject(9)) == ""


def relocation() -> Any:
    return RelocationReported(place="990203", on="2026-03-10")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"on": "2028-03-19"}, "G-retention"),
        ({"ended_on": "2020-01-01", "on": "2022-01-01"}, "P-erasure-ending"),
        ({"ending": "00" * 16}, "P-citation"),
        ({"agreement": "ab" * 32}, "G-not-in-force"),
        ({"on": "2028-02-30"}, "S-date"),
    ],
)
def test_before_the_minimum_and_without_an_end_nobody_is_erased(changes: dict[str, str], code: str) -> None:
    origin, destination, version = in_agreement()
    ending = away(origin, destination, version)

    assert refusal(origin, "exchange.erased", body(origin, ending, **changes)) == code


def test_the_destination_cannot_have_anybody_erased() -> None:
    origin, destination, version = in_agreement()
    ending = away(origin, destination, version)

    assert refusal(destination, "exchange.erased", body(destination, ending)) == "G-erasure-side"


def test_a_period_that_goes_on_or_began_again_is_not_over() -> None:
    origin, destination, version = in_agreement()
    departed = origin.write("departure.notified", pairs.departure(), version=version, subject=OTHER)
    settle(origin, destination)
    assert refusal(origin, "exchange.erased", body(origin, departed, OTHER)) == "P-erasure-ending"

    ending = away(origin, destination, version)
    origin.write("departure.notified", pairs.departure(), version=version, subject=MEMBER)
    assert refusal(origin, "exchange.erased", body(origin, ending)) == "P-erasure-ending"


def test_a_day_that_has_not_come_erases_nothing_at_the_partner_until_it_comes() -> None:
    origin, destination, version = in_agreement()
    ending = away(origin, destination, version)
    origin.write("exchange.erased", body(origin, ending))
    settle(origin, destination)
    assert [erasure.is_erased(item.data) for item in about(destination)] == [False] * 4

    two_years_later(destination)
    carry(origin, destination)

    assert all(erasure.is_erased(item.data) for item in about(destination))


def test_a_message_of_somebody_else_is_still_proven() -> None:
    origin, destination, version = in_agreement()
    other = away(origin, destination, version, OTHER)
    erased(origin, destination, version)

    def export(exchange: Any, message_id: str = other.id) -> Any:
        return proofs.export(exchange.book(Node.pairing_id_in(exchange)), message_id)

    made = destination.act(export)
    author, partner = origin.committee.card, destination.committee.card
    checked = proof.verify(made.data, proofs.keys_for(made.data, author, partner))
    assert messages.decode(checked.message).id == other.id
    gone = about(destination)[0].id
    with pytest.raises(ProtocolError, match="D-message-erased"):
        destination.act(lambda exchange: export(exchange, gone))


@pytest.mark.parametrize("who", [0, 1], ids=["origin", "destination"])
def test_whoever_is_restored_from_before_gets_what_is_left_and_both_are_equal(who: int) -> None:
    nodes = in_agreement()
    origin, destination, version = nodes
    backup = (origin, destination)[who].database.snapshot()
    erased(origin, destination, version)
    restored = (origin, destination)[who]
    restored.database.restore(backup)
    restored.crash()
    pairs.later(restored, 1)

    come_to_rest(origin, destination)

    assert origin.shared() == destination.shared()
    for node in (origin, destination):
        assert [erasure.is_erased(item.data) for item in about(node)] == [True] * 4
        assert examined(node) == (0, 0)
    origin.write("notice.given", pairs.notice(), version=version)
    settle(origin, destination)
    assert {item.leaf_hash for item in origin.log()} == {item.leaf_hash for item in destination.log()}


@pytest.mark.parametrize("who", [0, 1], ids=["origin", "destination"])
def test_a_backup_with_the_members_bytes_is_erased_again_when_it_comes_back(who: int) -> None:
    origin, destination, version = in_agreement()
    ending = away(origin, destination, version)
    restored = (origin, destination)[who]
    backup = restored.database.snapshot()
    two_years_later(origin, destination)
    origin.write("exchange.erased", body(origin, ending))
    settle(origin, destination)
    restored.database.restore(backup)
    restored.crash()
    assert not any(erasure.is_erased(item.data) for item in about(restored))

    come_to_rest(origin, destination)

    assert origin.shared() == destination.shared()
    assert all(erasure.is_erased(item.data) for item in about(restored))


def test_what_came_back_of_erased_messages_is_counted_apart() -> None:
    nodes = in_agreement()
    origin, destination, version = nodes
    backup = origin.database.snapshot()
    erased(origin, destination, version)
    origin.database.restore(backup)
    origin.crash()
    come_to_rest(origin, destination)

    (account,) = origin.database.read(recovery.accounts)
    assert (account.returned, account.erased) == (4, 2)
    assert account.recovery.ended_at is not None


def come_to_rest(origin: Node, destination: Node) -> None:
    for _ in range(8):
        carry(origin, destination)
        carry(destination, origin)
    settle(origin, destination)


def stub_in_place_of(item: LogMessage) -> bytes:
    message = messages.decode(item.data)
    left = erasure.ErasedLeaf(id=item.id, leaf=item.leaf_hash.hex(), seen=message.seen, unit=(item.unit or b"").hex())
    return erasure.leave(left)


def test_both_reconcile_and_sign_equality_after_an_erasure() -> None:
    origin, destination, version = in_agreement()
    away(origin, destination, version, OTHER)
    erased(origin, destination, version)

    compared = reconciled(origin, destination)

    assert reconcile.is_equal(compared)
    assert f"erased/{agreement_id(origin)}/{MEMBER}" in {key for _, key in destination.shared()}


def test_a_comparison_from_before_an_erasure_is_asked_again_and_names_no_false_difference() -> None:
    origin, destination, version = in_agreement()
    ending = away(origin, destination, version)
    two_years_later(origin, destination)
    session = origin.act(lambda exchange: reconcile.begin(book_of(exchange), "ab" * 16))
    question = reconcile.ask(session)
    assert question is not None
    origin.write("exchange.erased", body(origin, ending))
    settle(origin, destination)

    answered = destination.act(lambda exchange: reconcile.answer(book_of(exchange), question, {}))
    with pytest.raises(ProtocolError, match="P-cut-ahead"):
        origin.act(lambda exchange: reconcile.proceed(book_of(exchange), session, answered.told))
    assert reconcile.is_equal(reconciled(origin, destination))


def book_of(exchange: Any) -> Any:
    return exchange.book(Node.pairing_id_in(exchange))


def reconciled(asking: Node, answering: Node) -> reconcile.Session:
    """A full comparison, to its end."""
    session = asking.act(lambda exchange: reconcile.begin(book_of(exchange), "cd" * 16))
    while (question := reconcile.ask(session)) is not None:
        told = answering.act(lambda exchange, asked=question: reconcile.answer(book_of(exchange), asked, {})).told  # type: ignore[misc]
        session = asking.act(lambda exchange, at=session, told=told: reconcile.proceed(book_of(exchange), at, told))  # type: ignore[misc]
    return session


def test_a_partner_cannot_have_us_receipt_what_it_never_showed() -> None:
    origin, destination, version = in_agreement()
    hidden = origin.write("departure.notified", pairs.departure(), version=version, subject=MEMBER)

    def hide(store: Any) -> None:
        (item,) = store.find(LogMessage, id=hidden.id)
        store.put(msgspec.structs.replace(item, data=stub_in_place_of(item)))

    origin.database.write(hide)
    origin.crash()  # the next process reads what stands on the disk
    before = destination.log()
    with pytest.raises(ProtocolError, match="P-erased"):
        carry(origin, destination)
    assert destination.log() == before


def test_what_is_left_of_one_message_makes_nobody_else_forgotten_once_all_has_come_back() -> None:
    origin, destination, version = in_agreement()
    departed = origin.write("departure.notified", pairs.departure(), version=version, subject=OTHER)
    settle(origin, destination)
    destination.write("admission.given", pairs.admission(departed.id), version=version, subject=OTHER)
    settle(origin, destination)
    backup = origin.database.snapshot()
    lost = origin.write("notice.given", pairs.notice(), version=version)
    settle(origin, destination)
    unit = unit_id(agreement_id(origin), OTHER)

    def falsify(store: Any) -> None:
        (item,) = [row for row in store.find(LogMessage) if row.id == lost.id]
        left = erasure.read(stub_in_place_of(item))
        store.put(msgspec.structs.replace(item, data=erasure.leave(msgspec.structs.replace(left, unit=unit.hex()))))

    destination.database.write(falsify)
    origin.database.restore(backup)
    origin.crash()
    come_to_rest(origin, destination)
    assert [erasure.is_erased(item.data) for item in origin.log() if item.id == lost.id] == [True]
    assert examined(origin)[0] == 1

    said = destination.write("certificate.life_entered", pairs.life("two"), version=version, subject=OTHER)
    settle(origin, destination)

    assert [item.effect for item in origin.log() if item.id == said.id] == ["applied"]


def test_a_hash_that_is_not_the_messages_is_found_by_the_signed_head() -> None:
    origin, destination, version = in_agreement()
    backup = destination.database.snapshot()
    erased(origin, destination, version)
    destination.database.restore(backup)
    destination.crash()

    def falsify(store: Any) -> None:
        item = next(row for row in store.find(LogMessage) if erasure.is_erased(row.data))
        left = erasure.read(item.data)
        store.put(msgspec.structs.replace(item, data=erasure.leave(msgspec.structs.replace(left, leaf="00" * 32))))

    origin.database.write(falsify)
    carry(destination, origin)
    with pytest.raises(ProtocolError, match=r"P-root|P-returned"):
        for _ in range(4):
            carry(origin, destination)
            carry(destination, origin)


def test_what_is_left_without_an_erasure_on_record_is_reported_by_verify() -> None:
    origin, destination, version = in_agreement()
    away(origin, destination, version)

    def forge(store: Any) -> None:
        item = about_in(store)[0]
        store.put(msgspec.structs.replace(item, data=stub_in_place_of(item), effect="erased"))

    def about_in(store: Any) -> list[LogMessage]:
        return [row for row in store.find(LogMessage) if row.kind == "admission.given"]

    destination.database.write(forge)
    assert examined(destination)[0] == 1


@pytest.mark.parametrize("data", [b"", b"{}", b'{"id":1}', b"\xff" * 40, b'{"id":"' + b"0" * 100_000])
def test_what_stands_for_a_message_is_read_strictly(data: bytes) -> None:
    with pytest.raises(ProtocolError, match="S-erased"):
        erasure.read(erasure.MAGIC + data)


@pytest.mark.parametrize(
    ("ended", "months", "day"),
    [("2026-03-20", 24, "2028-03-20"), ("2024-02-29", 12, "2025-02-28"), ("2026-10-31", 6, "2027-04-30")],
)
def test_the_minimum_is_counted_in_whole_months(ended: str, months: int, day: str) -> None:
    assert months_after(ended, months) == day


@pytest.mark.parametrize("seed", range(12))
def test_random_histories_with_erasures_losses_and_restores_end_equal(seed: int) -> None:
    random = Random(seed)
    nodes = in_agreement(seed)
    origin, destination, version = nodes
    two_years_later(origin, destination)
    members = [pairs.subject(number) for number in range(3)]
    backups: list[tuple[Node, Any]] = []
    for step in range(60):
        node, other = random.sample([origin, destination], 2)
        subject = random.choice(members)
        match random.randrange(9):
            case 0 | 1:
                refusal(origin, "departure.notified", pairs.departure(), version=version, subject=subject)
            case 2:
                refusal(node, "relocation.reported", relocation(), version=version, subject=subject)
            case 3:
                refusal(node, "certificate.life_entered", pairs.life(f"e{step}"), version=version, subject=subject)
            case 4:
                erasures.end_period(origin, version, subject, ENDED)
            case 5:
                erasures.erase(random.choice([origin, origin, destination]), subject, EARLIEST)
            case 6:
                backups.append((node, node.database.snapshot()))
            case 7 if backups and step % 3 == 0:
                lost, backup = random.choice(backups)
                lost.database.restore(backup)
                lost.crash()
                come_to_rest(lost, destination if lost is origin else origin)
            case _:
                carry(node, other)
    come_to_rest(origin, destination)

    assert origin.shared() == destination.shared()
    assert {item.leaf_hash for item in origin.log()} == {item.leaf_hash for item in destination.log()}
    for node in (origin, destination):
        assert examined(node) == (0, 0)
        assert erasures.texts_left(node, NAME) == []


def test_a_message_that_is_held_and_what_waits_with_it_go_too() -> None:
    origin, destination, version = in_agreement()
    destination.exchange = FailingExchange
    departed = origin.write("departure.notified", pairs.departure(), version=version, subject=MEMBER)
    settle(origin, destination)
    destination.write("admission.given", pairs.admission(departed.id), version=version, subject=MEMBER)
    settle(origin, destination)
    held = origin.write("relocation.reported", relocation(), version=version, subject=MEMBER)
    POISONED.add(held.id)
    ending = origin.write(
        "return.notified", ReturnNotified(ended_on=ENDED, reason="returned"), version=version, subject=MEMBER
    )
    settle(origin, destination)
    assert {item.effect for item in about(destination) if item.id in (held.id, ending.id)} == {"held"}
    two_years_later(origin, destination)
    origin.write("exchange.erased", body(origin, ending))
    settle(origin, destination)
    POISONED.clear()

    assert origin.shared() == destination.shared()
    for node in (origin, destination):
        assert [erasure.is_erased(item.data) for item in about(node)] == [True] * 4
        assert examined(node) == (0, 0)
        assert node.database.read(lambda store: store.find(Task, state="open")) == []
    assert reconcile.is_equal(reconciled(origin, destination))
