"""A node's keys over the years: what the key file keeps, what is destroyed, and what a crash or a restore finds."""

import asyncio
import hashlib
import ssl
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from gongguan.node import backup, clock, config
from gongguan.node.app import Node
from gongguan.node.doctor import examine
from gongguan.node.keyring import KEPT_DAYS, KeyRing
from gongguan.node.keys import keyfiles, tls
from gongguan.protocol import card as cards
from gongguan.protocol import note
from gongguan.protocol.errors import ProtocolError
from gongguan.sync.exchange import pairings, succession
from gongguan.sync.exchange.exchange import Exchange
from gongguan.sync.exchange.recovery import accounts
from gongguan.sync.exchange.renewal import CardChange
from gongguan.sync.records import CardNote
from gongguan.sync.store import Store
from tests.node.keys.sheets import open_by_sheet
from tests.node.offline import Offline, pair_by_hand
from tests.nodes import (
    PASSWORD,
    copy_of,
    free_port,
    has_message,
    opened,
    prepare,
    running,
    say_something,
    settled,
    until,
)
from tests.nodes import pair as pair_over_https

DAY = "2026-11-29"
ROTATION, SEALING = CardChange(DAY, signing=True), CardChange(DAY, sealing=True)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return prepare(tmp_path_factory.mktemp("node") / "data", "origin", free_port())


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    return copy_of(made, tmp_path / "data")


def renew(node: Node, change: CardChange) -> None:
    """Make the next card and put it in force, in one transaction."""
    node.sequencer.write(node.sequencer.using(lambda exchange: renew_in(node, exchange, change)))


def renew_in(node: Node, exchange: Exchange, change: CardChange) -> None:
    made = node.renew(exchange.identity, present(exchange.store), change)
    succession.adopt(exchange, made.identity, made.cards)


def present(store: Store) -> cards.Card:
    return cards.parse(note.parse(pairings.own_card(store).note).text)


def serial(node: Node) -> int:
    return node.sequencer.read(present).serial


def test_every_way_into_the_key_file_opens_the_new_keys_and_the_old_ones_are_gone(folder: Path) -> None:
    before = keyfiles.open_with_service(folder)
    sheet = keyfiles.new_sheet(folder, PASSWORD)
    with opened(folder) as node:
        renew(node, ROTATION)
        signs_with = node.sequencer.identity.log.public
    for keys in (
        keyfiles.open_with_service(folder),
        keyfiles.open_with_passphrase(folder, PASSWORD),
        open_by_sheet(folder, sheet),
    ):
        assert (keys.log.public, keys.node_id) == (signs_with, before.node_id)
        assert keys.log.public != before.log.public and keys.cosigning.public != before.cosigning.public
        assert (keys.data_key, keys.match_key) == (before.data_key, before.match_key)
    with opened(folder) as node:
        assert (serial(node), node.node_id) == (2, before.node_id)


def test_a_sealing_key_that_was_replaced_opens_for_a_year_and_a_month_and_is_then_destroyed(folder: Path) -> None:
    first = keyfiles.open_with_service(folder).sealing[0]
    with opened(folder) as node:
        renew(node, SEALING)
        sealed = first.public.seal(b"info", b"text")
        assert first.key_id in {key.key_id for key in node.sequencer.identity.sealing}
        assert (
            next(key for key in node.sequencer.identity.sealing if key.key_id == first.key_id).open(b"info", sealed)
            == b"text"
        )
        renew(node, CardChange("2027-12-15", sealing=True))
        assert first.key_id in {key.key_id for key in node.sequencer.identity.sealing}, "381 days"
        renew(node, CardChange("2028-01-05", sealing=True))
        assert KEPT_DAYS == 400
        assert first.key_id not in {key.key_id for key in node.sequencer.identity.sealing}, "402 days"
        assert len(node.sequencer.identity.sealing) == 6


def test_a_crash_between_the_key_file_and_the_commit_loses_nothing_and_makes_no_second_card(folder: Path) -> None:
    with opened(folder) as node:
        identity, card = node.sequencer.identity, node.sequencer.read(present)
        made = node.renew(identity, card, ROTATION)  # and the process dies here
    with opened(folder) as node:
        assert node.sequencer.read(pairings.own_card).hash == made.identity.card
        assert node.sequencer.identity.log.public == made.identity.log.public
        assert serial(node) == 2


def test_a_rotation_that_died_before_its_commit_waits_for_no_partner(folders: dict[str, Path], tmp_path: Path) -> None:
    origin, destination = Offline(folders["origin"]), Offline(folders["silent"])
    pair_by_hand(origin, destination)
    origin.say()
    node = origin.node
    made = node.ring.renew(node.sequencer.identity, node.sequencer.read(present), ROTATION)  # the process dies here
    origin.close()
    origin = Offline(folders["origin"])
    origin.say()
    assert not origin.look(lambda exchange: accounts(exchange.store))
    assert origin.node.sequencer.identity.log.public == made.identity.log.public
    exchange_files(origin, destination, tmp_path / "first")
    assert sorted(destination.heard()) == sorted(origin.said())
    origin.close()
    assert keyfiles.open_with_service(folders["origin"]).untaken == 0
    destination.close()


@pytest.mark.parametrize("change", [ROTATION, SEALING])
def test_once_a_card_is_in_force_an_older_database_is_known_for_one(folder: Path, change: CardChange) -> None:
    with opened(folder) as node:
        renew(node, change)
        node.sequencer.write(lambda store: None)
        assert node.ring.keys.untaken == 0
    assert keyfiles.open_with_service(folder).untaken == 0


def test_work_that_runs_once_more_gets_the_card_that_was_made_already(folder: Path) -> None:
    with opened(folder) as node:
        identity, card = node.sequencer.identity, node.sequencer.read(present)
        one = node.renew(identity, card, ROTATION)
        other = node.renew(identity, card, ROTATION)
    assert one == other


def test_a_node_does_not_start_on_a_key_file_from_before_a_rotation(folder: Path, tmp_path: Path) -> None:
    old = (folder / keyfiles.FOLDER / keyfiles.KEY_FILE).read_bytes()
    with opened(folder) as node:
        renew(node, ROTATION)
    (folder / keyfiles.FOLDER / keyfiles.KEY_FILE).write_bytes(old)
    with pytest.raises(ProtocolError) as caught, opened(folder):
        pass
    assert caught.value.code == "A-key-file-older"


def test_a_key_file_that_was_replaced_meanwhile_is_not_written_over(folder: Path) -> None:
    keys = keyfiles.open_with_service(folder)
    ring = KeyRing(folder, keys, lambda: config.load(folder))
    with opened(folder) as node:
        identity, card = node.sequencer.identity, node.sequencer.read(present)
        renew(node, ROTATION)
    with pytest.raises(ProtocolError) as caught:
        ring.renew(identity, card, ROTATION)
    assert caught.value.code == "A-key-file-damaged"


def test_a_new_name_in_the_settings_gets_onto_the_card_by_a_renewal(folder: Path) -> None:
    settings = msgspec.structs.replace(config.load(folder), title="新的名称", endpoints=("https://new.example:8443",))
    (folder / config.FILE).unlink()
    config.store(folder, settings)
    assert "card" in {finding.check for finding in examine(folder, clock.now()) if not finding.ok}
    with opened(folder) as node:
        renew(node, CardChange(DAY, as_configured=True))
        card = node.sequencer.read(present)
    assert (card.title, card.endpoints) == ("新的名称", ("https://new.example:8443",))
    assert "card" not in {finding.check for finding in examine(folder, clock.now()) if not finding.ok}


def test_the_doctor_says_when_the_sealing_keys_are_a_year_old(folder: Path) -> None:
    found = {finding.check for finding in examine(folder, datetime(2029, 1, 1, tzinfo=UTC)) if not finding.ok}
    assert "card" in found


@pytest.mark.parametrize("fence", [True, False])
def test_a_backup_from_before_a_rotation_is_put_back_under_the_newer_keys(
    folders: dict[str, Path], tmp_path: Path, fence: bool
) -> None:
    origin, destination = Offline(folders["origin"]), Offline(folders["silent"])
    pair_by_hand(origin, destination)
    exchange_files(origin, destination, tmp_path / "first")
    file = tmp_path / "before.backup"
    backup.back_up(origin.folder, file)
    origin.say(3)
    exchange_files(origin, destination, tmp_path / "second")
    renew(origin.node, ROTATION)
    origin.say(2)
    exchange_files(origin, destination, tmp_path / "third")
    said = origin.said()
    origin.close()
    if not fence:
        (origin.folder / config.load(origin.folder).fence).unlink()
    backup.put_back(origin.folder, file)
    origin = Offline(folders["origin"])
    assert serial(origin.node) == 2, "the card comes from the key file"
    for number in range(3):
        exchange_files(destination, origin, tmp_path / f"back {number}")
    (account,) = origin.look(lambda exchange: accounts(exchange.store))
    # Three before the rotation, leaf 0 of its epoch, two after it.
    assert (account.returned, account.lost) == (6, 0)
    assert sorted(origin.said()[: len(said)]) == sorted(said)
    origin.say()
    exchange_files(origin, destination, tmp_path / "last")
    assert sorted(destination.heard()) == sorted(origin.said())
    origin.close()
    destination.close()


def exchange_files(one: Offline, other: Offline, folder: Path) -> None:
    """A file each way, and the receipts back."""
    for number, (giver, taker) in enumerate(((one, other), (other, one), (one, other))):
        to = folder / str(number)
        to.mkdir(parents=True)
        giver.export(to)
        taker.take(to)


@pytest.mark.asyncio
async def test_a_rotation_of_a_node_that_serves_goes_on_without_a_restart(folders: dict[str, Path]) -> None:
    async with running(folders["origin"]) as origin, running(folders["silent"]) as destination:
        await pair_over_https(destination, origin)
        await settled(origin, destination)

        def rotate(exchange: Exchange) -> None:
            made = origin.node.renew(exchange.identity, present(exchange.store), ROTATION)
            succession.adopt(exchange, made.identity, made.cards)

        await origin.write(rotate)
        pairing = await origin.pairing()
        origin.node.wake(pairing.pairing_id)
        await settled(origin, destination)
        assert (await destination.pairing()).their_card == origin.node.sequencer.identity.card
        assert (await origin.pairing()).shown_here == origin.node.sequencer.identity.card


TLS = CardChange(DAY, tls=True)


async def shown_at(port: int, name: str | None) -> str:
    """The digest of the certificate that is shown to whoever asks for this name."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context, server_hostname=name or "")
    found = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    writer.close()
    return hashlib.sha256(found).hexdigest()


@pytest.mark.asyncio
async def test_another_certificate_is_shown_without_a_restart_and_that_of_before_to_who_asks_for_it(
    folders: dict[str, Path],
) -> None:
    async with running(folders["origin"]) as origin, running(folders["silent"]) as destination:
        await pair_over_https(destination, origin)
        await settled(origin, destination)
        before = tls.digest(origin.node.ring.keys.tls_certificate)
        await origin.write(lambda exchange: renew_in(origin.node, exchange, TLS))
        now = tls.digest(origin.node.ring.keys.tls_certificate)
        assert now != before
        assert await shown_at(origin.port, None) == now
        assert await shown_at(origin.port, "origin.example") == now
        assert await shown_at(origin.port, tls.name_of(before)) == before
        origin.node.wake((await origin.pairing()).pairing_id)
        await settled(origin, destination)
        held = (await destination.pairing()).their_card
        assert held == origin.node.sequencer.identity.card


@pytest.mark.asyncio
async def test_a_partner_that_was_away_and_can_only_call_gets_through_by_the_certificate_that_it_knows(
    folders: dict[str, Path],
) -> None:
    async with running(folders["origin"]) as origin:
        async with running(folders["silent"]) as silent:
            await pair_over_https(silent, origin)
            await settled(origin, silent)
        await origin.write(lambda exchange: renew_in(origin.node, exchange, TLS))
    async with running(folders["origin"]) as origin, running(folders["silent"]) as silent:
        said = await say_something(silent)
        await settled(silent, origin)
        assert said in {item.id for item in await origin.messages(own=False)}
        held = await silent.read(lambda exchange: exchange.store.get(CardNote, exchange.pairings()[0].their_card))
        assert held is not None
        card = cards.parse(note.parse(held.note).text)
        assert card.tls_sha256 == tls.digest(origin.node.ring.keys.tls_certificate)


def test_a_certificate_that_was_replaced_long_ago_is_shown_to_nobody(folder: Path) -> None:
    with opened(folder) as node:
        first = node.ring.keys.tls_certificate
        for day in (DAY, "2027-12-20", "2028-11-29"):
            renew(node, CardChange(day, tls=True))
            kept = [certificate for _, certificate, _ in node.ring.keys.old_tls]
            assert (first in kept) is (day != "2028-11-29")
        assert serial(node) == 4


@pytest.mark.asyncio
async def test_a_partner_that_moved_is_called_at_its_new_address_as_soon_as_it_has_called(
    folders: dict[str, Path],
) -> None:
    async with running(folders["origin"]) as origin:
        async with running(folders["destination"]) as destination:
            await pair_over_https(origin, destination)
            await settled(origin, destination)
        folder, port = folders["destination"], free_port()
        moved = msgspec.structs.replace(config.load(folder), listen_port=port, endpoints=(f"https://127.0.0.1:{port}",))
        (folder / config.FILE).unlink()
        config.store(folder, moved)
        with opened(folder) as node:
            renew(node, CardChange(DAY, as_configured=True))
        waiting = await say_something(origin)
        async with running(folder) as destination:
            assert destination.port == port
            await settled(origin, destination)
            # Nothing is due on either side: what is said now can only come by a call to where the partner is.
            for said in (waiting, await say_something(origin)):
                await until(lambda said=said: has_message(destination, said))  # type: ignore[misc]
            await settled(origin, destination)
