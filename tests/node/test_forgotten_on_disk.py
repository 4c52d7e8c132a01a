"""A member is erased: afterwards no file of either node holds a word of it, nor does one that comes from a backup."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec
import pytest

from gongguan.node.backup import back_up, put_back
from gongguan.protocol import agreement, note
from gongguan.protocol.agreement_defaults import default_terms
from gongguan.protocol.messages.agreement import AgreementAnswered, AgreementProposed
from gongguan.protocol.messages.exchange import SubjectErased
from gongguan.protocol.messages.movement import ReturnNotified
from gongguan.protocol.note import PLAIN, NoteSigner
from gongguan.protocol.terms import AgreementParty, Officer
from gongguan.sync.exchange import erasure
from gongguan.sync.exchange.exchange import Exchange
from gongguan.sync.exchange.logbook import LogBook
from gongguan.sync.records import Erasure
from gongguan.sync.store import Store
from tests import pairs
from tests.fakes import FakeClock
from tests.node.offline import Offline, pair_by_hand
from tests.nodes import PATIENCE_S, TITLES, free_port, prepare

NAME = "巴特尔不留痕迹"
MEMBER = pairs.subject(1)
ENDED, EARLIEST = "2026-03-20", "2028-03-20"
NOW = "2028-06-01T08:00:00Z"


class Two(NamedTuple):
    """Both nodes, and where files are handed over."""

    origin: Offline
    destination: Offline
    stick: Path

    def exchange(self) -> None:
        """Files to and fro until neither owes the other anything."""
        for _ in range(6):
            for giver, taker in ((self.origin, self.destination), (self.destination, self.origin)):
                files = giver.export(self.stick)
                taker.take(*files)
                for file in files:
                    file.unlink()


def book(exchange: Exchange) -> LogBook:
    return exchange.book(exchange.pairings()[0].pairing_id)


@pytest.fixture
def two(tmp_path: Path) -> Iterator[Two]:
    """Under an agreement, two years after a member whose name nobody else has came back."""
    stick = tmp_path / "stick"
    stick.mkdir()
    folders = [prepare(tmp_path / side, side, free_port(), callable_=False) for side in ("origin", "destination")]
    origin, destination = (Offline(folder, time=FakeClock(NOW, seed)) for seed, folder in enumerate(folders))
    found = Two(origin, destination, stick)
    pair_by_hand(found.origin, found.destination)
    found.exchange()
    agree(found)
    yield found
    for one in found[:2]:
        one.close()


def agree(two: Two) -> None:
    parties = tuple(
        AgreementParty(node_id=one.node.node_id, title=TITLES[side][0], receiving_officers=(Officer(name="李明"),))
        for side, one in zip(("origin", "destination"), two[:2], strict=True)
    )
    text = agreement.render(default_terms(parties, "2026-01-01", "2029-12-31"))  # type: ignore[arg-type]

    def line(exchange: Exchange) -> str:
        identity = exchange.identity
        return str(note.signature_line(text, NoteSigner(identity.node_id, PLAIN, identity.log)))

    def propose(exchange: Exchange) -> str:
        body = AgreementProposed(text=text, signature=line(exchange), approval=pairs.APPROVAL)
        return book(exchange).write("agreement.proposed", body).id

    proposed = two.origin.do(propose)
    two.exchange()

    def accept(exchange: Exchange) -> None:
        body = AgreementAnswered(proposal=proposed, answer="accept", signature=line(exchange), approval=pairs.APPROVAL)
        book(exchange).write("agreement.answered", body, version=agreement.version(text))

    two.destination.do(accept)
    two.exchange()


def away_and_back(two: Two) -> str:
    """The message by which the period ended."""

    def leave(exchange: Exchange) -> None:
        found = book(exchange)
        found.write("departure.notified", pairs.departure(name=NAME), version=found.current_version(), subject=MEMBER)

    def come_back(exchange: Exchange) -> str:
        found, body = book(exchange), ReturnNotified(ended_on=ENDED, reason="returned")
        return found.write("return.notified", body, version=found.current_version(), subject=MEMBER).id

    two.origin.do(leave)
    two.exchange()
    ended = two.origin.do(come_back)
    two.exchange()
    return ended


def erase(two: Two, ending: str) -> None:
    def work(exchange: Exchange) -> None:
        found = book(exchange)
        version = found.version(found.current_version())
        assert version is not None
        body = SubjectErased(
            agreement=version.agreement,
            subject=MEMBER,
            basis="retention_expired",
            ending=ending,
            ended_on=ENDED,
            on=EARLIEST,
        )
        found.write("exchange.erased", body)
        erasure.sweep(found)

    two.origin.do(work)
    two.exchange()


def traces(folder: Path) -> list[str]:
    """The files in which the name can be read, as text or as JSON escapes it."""
    forms = (NAME.encode(), NAME.encode("utf-16-le"), msgspec.json.encode(NAME).strip(b'"'))
    files = [path for path in folder.rglob("*") if path.is_file()]
    return [path.name for path in files if any(form in path.read_bytes() for form in forms)]


def test_after_an_erasure_no_file_of_either_node_holds_a_word_of_the_member(
    two: Two, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    ending = away_and_back(two)
    assert all(traces(one.folder) for one in two[:2]), "it was there"
    erase(two, ending)
    assert [one.look(lambda exchange: exchange.store.find(Erasure))[0].state for one in two[:2]] == ["done", "done"]

    for one in two[:2]:
        one.close()

    assert [traces(one.folder) for one in two[:2]] == [[], []]
    assert NAME not in caplog.text + "".join(capfd.readouterr())


def test_nodes_that_go_on_running_hold_no_word_of_the_member_either(two: Two) -> None:
    ending = away_and_back(two)
    erase(two, ending)
    settle(two)
    assert [traces(one.folder) for one in two[:2]] == [[], []]


def test_what_a_reader_still_sees_goes_when_the_reader_ends(two: Two) -> None:
    ending = away_and_back(two)
    begun, may_end = threading.Event(), threading.Event()

    def read_slowly(store: Store) -> None:
        store.find(Erasure)
        begun.set()
        may_end.wait()

    reader = threading.Thread(target=two.origin.node.sequencer.read, args=(read_slowly,))
    reader.start()
    begun.wait()
    erase(two, ending)
    assert traces(two.origin.folder), "its snapshot needs them"
    may_end.set()
    reader.join()
    # Nobody writes any more: the reader's end alone is what the writer waits for.
    until = time.monotonic() + PATIENCE_S
    while traces(two.origin.folder):
        assert time.monotonic() < until
        time.sleep(0.01)


def settle(two: Two) -> None:
    """Let the writers do what was asked of them."""
    for one in two[:2]:
        one.node.sequencer.write(lambda store: None)


@pytest.mark.parametrize("who", [0, 1], ids=["origin", "destination"])
def test_a_backup_from_before_is_erased_once_more_when_it_is_put_back(two: Two, tmp_path: Path, who: int) -> None:
    ending = away_and_back(two)
    restored, file = two[who], tmp_path / "backup.tar"
    assert isinstance(restored, Offline)
    back_up(restored.folder, file)
    erase(two, ending)
    restored.close()
    put_back(restored.folder, file)
    assert traces(restored.folder)

    again = Offline(restored.folder, time=FakeClock(NOW, seed=3))
    anew = two._replace(origin=again) if who == 0 else two._replace(destination=again)
    anew.exchange()
    again.close()

    assert traces(again.folder) == []
