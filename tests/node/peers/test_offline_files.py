"""Exchange by files: any order, twice, half-copied, renamed, months late, one way, from read-only media."""

import io
import os
import random
import shutil
import subprocess
import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from gongguan.node.config import Limits
from gongguan.node.operations.bundle import BundleTaken
from gongguan.node.peers.courier import FILES_MAX, WAIT_S_MAX, WAITS_MAX, Found, files_in, take_all
from gongguan.node.peers.transports.file import BEGIN, END, PIECES_MAX, armour, name_for, plain
from gongguan.protocol import pairing
from gongguan.protocol.bundle import MAGIC
from gongguan.protocol.errors import ProtocolError, refuse
from gongguan.sync.exchange import exchange as exchanges
from gongguan.sync.exchange import pairings, quota
from tests.node.offline import Offline, pair_by_hand
from tests.nodes import copy_of, free_port, prepare


class Two(NamedTuple):
    """Both nodes."""

    origin: Offline
    destination: Offline


@pytest.fixture(scope="module")
def paired(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Two nodes without any address, paired, everything receipted."""
    at = tmp_path_factory.mktemp("offline")
    folders = {name: prepare(at / name, name, free_port(), callable_=False) for name in ("origin", "destination")}
    two = Two(*(Offline(folder) for folder in folders.values()))
    pair_by_hand(*two)
    for here, there in (two, two[::-1], two, two[::-1]):
        stick = at / f"stick-{here.node.node_id}"
        there.take(*here.export(stick))
    assert not any(one.is_due() for one in two)
    for one in two:
        one.close()
    return folders


@pytest.fixture
def two(paired: dict[str, Path], tmp_path: Path) -> Iterator[Two]:
    found = Two(*(Offline(copy_of(folder, tmp_path / name)) for name, folder in paired.items()))
    yield found
    for one in found:
        one.close()


@pytest.fixture
def small_bundles(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bundle holds few segments, so that a backlog takes several files without taking minutes."""
    monkeypatch.setattr(exchanges, "FILL_BYTES", 4000)


def assert_both_hold_the_same(two: Two) -> None:
    assert two.origin.said() == two.destination.heard()
    assert two.destination.said() == two.origin.heard()
    for log in (two.origin.said(), two.destination.said()):
        assert len(set(log)) == len(log)


@pytest.mark.usefixtures("small_bundles")
def test_a_backlog_leaves_in_several_files_that_come_in_any_order(two: Two, tmp_path: Path) -> None:
    two.origin.say(20)
    files = two.origin.export(tmp_path / "stick")
    assert len(files) >= 4
    shuffled = tmp_path / "other"
    shuffled.mkdir()
    names = [f"{number}.bin" for number in range(len(files))]
    random.Random(3).shuffle(names)
    for path, name in zip(files, names, strict=True):
        shutil.copy(path, shuffled / name)
    # The last file alone waits; with the others beside it, it does not.
    assert two.destination.outcomes(files[-1]) == ["ahead"]
    assert set(two.destination.outcomes(shuffled)) == {"new"}
    assert set(two.destination.outcomes(shuffled)) == {"known"}
    two.origin.take(*two.destination.export(tmp_path / "back"))
    assert not two.origin.is_due()
    assert_both_hold_the_same(two)


@pytest.mark.usefixtures("small_bundles")
def test_a_lost_file_comes_again_with_the_next_export(two: Two, tmp_path: Path) -> None:
    two.origin.say(20)
    files = two.origin.export(tmp_path / "stick")
    lost = files[1]
    lost.unlink()
    outcomes = two.destination.outcomes(tmp_path / "stick")
    assert outcomes[0] == "new"
    assert set(outcomes[1:]) == {"ahead"}
    assert set(two.destination.outcomes(*two.origin.export(tmp_path / "again"))) <= {"new", "known"}
    assert_both_hold_the_same(two)


def test_one_way_for_months_and_the_receipts_later(two: Two, tmp_path: Path) -> None:
    for month in range(5):
        two.origin.say(2)
        two.origin.export(tmp_path / "sticks" / str(month))
    for month in (3, 0, 4, 2, 1):
        assert two.destination.outcomes(tmp_path / "sticks" / str(month))[0] in ("new", "known")
    assert two.origin.is_due()
    (back,) = two.destination.export(tmp_path / "back")
    (taken,) = two.origin.take(back)
    assert (taken.outcome, taken.new_receipts) == ("new", 1)
    assert not two.origin.is_due()
    assert_both_hold_the_same(two)


def test_a_file_from_a_later_epoch_waits_for_the_one_before(two: Two, tmp_path: Path) -> None:
    two.origin.say(2)
    (first,) = two.origin.export(tmp_path / "first")
    two.origin.close()
    restarted = Offline(two.origin.folder)
    restarted.say(1)
    (whole,) = restarted.export(tmp_path / "second")
    beyond = dict.fromkeys((row[0] for row in [_open_head(restarted)]), 0)
    assert beyond
    ends = {epoch: size for epoch, size in _own_ends(restarted).items() if epoch not in beyond}
    only_new = restarted.look(lambda exchange: exchange.compose(exchange.pairings()[0].pairing_id, beyond=ends))
    later = tmp_path / "later.gongguan"
    later.write_bytes(only_new.data)
    assert two.destination.outcomes(later) == ["ahead"]
    assert two.destination.outcomes(later, first) == ["new", "new"]
    assert two.destination.outcomes(whole) == ["known"]
    assert restarted.said() == two.destination.heard()
    restarted.close()


def _open_head(one: Offline) -> tuple[str, int]:
    (head,) = one.look(lambda exchange: exchange.book(exchange.pairings()[0].pairing_id).heads(own=True))
    return head


def _own_ends(one: Offline) -> dict[str, int]:
    rows = one.look(lambda exchange: exchange.book(exchange.pairings()[0].pairing_id).epochs.values())
    return {row.epoch: row.size for row in rows if row.own}


@pytest.mark.parametrize("kept", [0, 5, len(MAGIC), 200, -40, -1])
def test_a_half_copied_file_is_called_damaged_and_changes_nothing(two: Two, tmp_path: Path, kept: int) -> None:
    two.origin.say(3)
    (file,) = two.origin.export(tmp_path / "stick")
    whole = file.read_bytes()
    before = two.destination.heard()
    file.write_bytes(whole[:kept])
    assert two.destination.outcomes(file) == ["damaged"]
    file.write_bytes(whole[:-100] + bytes(100))
    assert two.destination.outcomes(file) == ["damaged"]
    assert two.destination.heard() == before
    file.write_bytes(whole)
    assert two.destination.outcomes(file) == ["new"]


def test_a_folder_with_everything_in_it_says_of_each_file_what_it_is(
    two: Two, paired: dict[str, Path], tmp_path: Path
) -> None:
    two.origin.say(1)
    stick = tmp_path / "stick"
    (ours,) = two.origin.export(stick)
    ours.rename(stick / "1 renamed by somebody.dat")
    (stick / "2 photo.jpg").write_bytes(b"\xff\xd8\xff\xe0 not of ours")
    (back,) = two.destination.export(stick)
    back.rename(stick / "3 our own, for the partner.gongguan")
    (stick / "4 half.gongguan").write_bytes((stick / "1 renamed by somebody.dat").read_bytes()[:300])
    token = "ab" * 16
    two.origin.do(lambda exchange: pairings.invite(exchange.store, "张干事", exchange.now, token))
    packet = two.origin.look(lambda exchange: pairings.invitation_packet(exchange.store, token))
    (stick / "5 invitation.json").write_bytes(pairing.encode_packet(packet))
    (stick / ".hidden").write_bytes(b"")
    expected = ["new", "foreign", "elsewhere", "damaged", "known"]
    assert two.destination.outcomes(stick) == expected


def test_pairing_files_in_a_folder_continue_what_a_person_began_and_no_more(tmp_path: Path) -> None:
    nodes = [
        Offline(prepare(tmp_path / name, name, free_port(), callable_=False)) for name in ("origin", "destination")
    ]
    origin, destination = nodes
    stick = tmp_path / "stick"
    stick.mkdir()
    origin.do(lambda exchange: pairings.invite(exchange.store, "张干事", exchange.now, "cd" * 16))
    packet = origin.look(lambda exchange: pairings.invitation_packet(exchange.store, "cd" * 16))
    (stick / "invitation.json").write_bytes(pairing.encode_packet(packet))
    assert destination.outcomes(stick) == ["accept"]
    assert origin.outcomes(stick) == ["elsewhere"]
    destination.do(lambda exchange: pairings.take_packet(exchange.store, packet, exchange.now, "李干事"))
    assert destination.outcomes(stick) == ["known"]
    answer = destination.look(lambda exchange: pairings.packet(exchange.store, origin.node.node_id))
    (stick / "answer.json").write_bytes(pairing.encode_packet(answer))
    assert origin.outcomes(stick / "answer.json") == ["new"]
    assert origin.outcomes(stick / "answer.json") == ["known"]
    for one in nodes:
        one.close()


def test_text_is_recognised_by_itself_in_a_quoted_mail_and_in_another_encoding(two: Two, tmp_path: Path) -> None:
    two.origin.say(1)
    (file,) = two.origin.export(tmp_path / "stick", text=True)
    text = file.read_text()
    assert file.name.endswith(".gongguan.txt")
    assert text.isascii()
    mail = "您好，附件内容如下：\r\n" + "".join(f"> {line}\r\n" for line in text.splitlines()) + "此致\r\n"
    (tmp_path / "cut.txt").write_text(mail[: mail.index(BEGIN) + 300])
    (tmp_path / "mail.txt").write_bytes(mail.encode("utf-16"))
    assert two.destination.outcomes(tmp_path / "cut.txt") == ["damaged"]
    assert two.destination.outcomes(tmp_path / "mail.txt") == ["new"]
    file.write_text(mail)
    assert two.destination.outcomes(file) == ["known"]


@pytest.mark.usefixtures("small_bundles")
def test_of_several_mails_in_one_file_each_bundle_is_taken_whatever_their_order(two: Two, tmp_path: Path) -> None:
    two.origin.say(8)
    files = two.origin.export(tmp_path / "stick", text=True)
    assert len(files) > 2
    mail = "\r\n此致\r\n\r\n".join(file.read_text() for file in reversed(files))
    (tmp_path / "mail.txt").write_bytes(mail.encode("utf-16"))
    taken = two.destination.take(tmp_path / "mail.txt")
    assert {item.outcome for item in taken} == {"new"}
    assert [item.file for item in taken] == [f"{tmp_path / 'mail.txt'}#{n}" for n in range(1, len(files) + 1)]
    assert_both_hold_the_same(two)
    with pytest.raises(ProtocolError) as refused:
        plain(mail.encode())
    assert refused.value.code == "S-file-several"


@pytest.mark.parametrize("broken", ["end cut", "begin cut", "letters", "first line"])
def test_beside_a_whole_bundle_in_the_same_file_one_that_is_not_is_called_damaged(
    two: Two, tmp_path: Path, broken: str
) -> None:
    two.origin.say(1)
    (file,) = two.origin.export(tmp_path / "stick", text=True)
    text = file.read_text()
    other = {
        "end cut": text[: text.index(END)],
        "begin cut": text[200:],
        "letters": text[:300] + "…" + text[301:],
        "first line": BEGIN + "\n",
    }[broken]
    for name, mail in (("after", f"{text}\n您好\n{other}"), ("before", f"{other}\n您好\n{text}")):
        (tmp_path / name).write_text(mail)
        assert sorted(two.destination.outcomes(tmp_path / name)) in (["damaged", "new"], ["damaged", "known"])


def test_words_about_the_form_in_a_greeting_are_no_bundle(two: Two, tmp_path: Path) -> None:
    two.origin.say(1)
    (file,) = two.origin.export(tmp_path / "stick", text=True)
    file.write_text(f"请连同 {BEGIN} 和 {END} 两行一起复制：\n{file.read_text()}")
    assert two.destination.outcomes(file) == ["new"]


def test_more_bundles_in_one_file_than_anybody_pastes_are_refused_in_words(two: Two, tmp_path: Path) -> None:
    two.origin.say(1)
    (file,) = two.origin.export(tmp_path / "stick", text=True)
    file.write_text(file.read_text() + f"{BEGIN}\n" * PIECES_MAX)
    (taken,) = two.destination.take(file)
    assert (taken.outcome, taken.code) == ("refused", "S-file-several")


@pytest.mark.parametrize("blank", ["\u00a0", "\u200b", "\u3000", "\ufeff", "\t", "\u00a0 \u00a0"])
def test_text_that_was_copied_out_of_a_page_of_web_mail_is_whole(two: Two, tmp_path: Path, blank: str) -> None:
    two.origin.say(1)
    (file,) = two.origin.export(tmp_path / "stick", text=True)
    file.write_text(file.read_text().replace("\n", f"{blank}\n{blank}"), encoding="utf-8")
    assert two.destination.outcomes(file) == ["new"]


def test_a_text_that_begins_as_one_and_goes_on_with_nothing_but_blanks_is_damaged_and_holds_nobody_up(
    two: Two, tmp_path: Path
) -> None:
    (tmp_path / "blank.txt").write_text(f"{BEGIN}\n" + " " * 2_000_000 + "!")
    (tmp_path / "begun.txt").write_text(f"{BEGIN}\n" * 100_000)
    assert two.destination.outcomes(tmp_path / "blank.txt", tmp_path / "begun.txt") == ["damaged", "damaged"]


def test_what_is_no_file_is_not_waited_for_and_what_is_not_ours_is_not_shown_to_the_node(
    two: Two, tmp_path: Path
) -> None:
    two.origin.say(1)
    folder = tmp_path / "stick"
    (file,) = two.origin.export(folder)
    os.mkfifo(folder / "pipe.gongguan")
    (folder / "zero.gongguan").symlink_to("/dev/zero")
    (folder / "nowhere.gongguan").symlink_to(folder / "gone")
    (folder / "round").symlink_to(folder)
    for number in range(20):
        (folder / f"photo-{number}.jpg").write_bytes(b"\xff\xd8" + bytes(1000))
    shown: list[bytes] = []

    def take(data: bytes, receipts_only: bool) -> BundleTaken:
        shown.append(data)
        return BundleTaken(
            kind="bundle", outcome="known", sender="", bundle="", new_messages=0, new_receipts=0, ahead=False
        )

    told = {Path(item.file).name: item.outcome for item in take_all(files_in([folder]), take)}
    assert shown == [file.read_bytes()]
    assert [told[name] for name in ("pipe.gongguan", "zero.gongguan", "nowhere.gongguan")] == ["damaged"] * 3
    assert {told[name] for name in told if name.startswith("photo")} == {"foreign"}


def test_ten_thousand_files_of_others_are_each_named_and_none_is_shown_to_the_node(tmp_path: Path) -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as parts:
        parts.writestr("word/document.xml", "<document/>")
    kinds = {
        "jpg": b"\xff\xd8\xff\xe0\x00\x10JFIF" + bytes(600),
        "docx": archive.getvalue(),
        "zip": archive.getvalue(),
        "doc": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600),
        "pdf": b"%PDF-1.4\n%%EOF\n",
        "txt": "会议记录\n-----BEGIN PGP MESSAGE-----\n".encode("gb18030"),
        "csv": "姓名,月份\r\n".encode("utf-16"),
        "json": b'{"cards": []}',
        "html": b"<html>gongguan</html>",
        "lnk": b"",
    }
    for number in range(FILES_MAX // len(kinds)):
        (tmp_path / str(number)).mkdir()
        for kind, data in kinds.items():
            (tmp_path / str(number) / f"文件.{kind}").write_bytes(data)
    with (tmp_path / "0" / "文件.jpg").open("r+b") as film:
        film.truncate(20 << 30)

    shown: list[bytes] = []

    def take(data: bytes, receipts_only: bool) -> BundleTaken:
        shown.append(data)
        raise refuse("S-file-damaged", bytes=len(data))

    told = take_all(files_in([tmp_path]), take)
    assert len(told) == FILES_MAX
    assert Counter(Path(item.file).suffix for item in told if item.outcome == "foreign") == dict.fromkeys(
        (f".{kind}" for kind in kinds if kind != "lnk"), FILES_MAX // len(kinds)
    )
    # Of an empty file nobody can say whether it was to be one of ours: that is said.
    assert {item.outcome for item in told if item.file.endswith(".lnk")} == {"damaged"}
    assert set(shown) <= {b""}


def test_a_file_that_this_account_may_not_read_is_called_so_and_not_damaged(tmp_path: Path) -> None:
    file = tmp_path / "closed.gongguan"
    file.write_bytes(MAGIC)
    file.chmod(0)
    mine = os.geteuid()
    os.seteuid(65534 if mine == 0 else mine)
    try:
        (taken,) = take_all([Found(file, named=True)], lambda data, receipts_only: pytest.fail("it was read"))
    finally:
        os.seteuid(mine)
    assert (taken.outcome, taken.code) == ("refused", "D-file-permission")


def test_a_file_waits_as_long_as_the_node_asks_for_and_not_for_ever(two: Two, tmp_path: Path) -> None:
    """A node says so to a partner that has it look at much that is known, as files carried twice do."""
    two.origin.say()
    (file,) = two.origin.export(tmp_path)
    waits: list[float] = []
    refusals = [refuse("R-busy", retry_after_s=7), refuse("R-busy", retry_after_s=900)]

    def take(data: bytes, receipts_only: bool) -> BundleTaken:
        if refusals:
            raise refusals.pop(0)
        return two.destination.bring(data, receipts_only)

    (taken,) = take_all([Found(file, named=True)], take, waits.append)
    assert (taken.outcome, waits) == ("new", [7, WAIT_S_MAX])

    refusals += [refuse("R-busy", retry_after_s=1) for _ in range(WAITS_MAX + 1)]
    (taken,) = take_all([Found(file, named=True)], take, waits.append)
    assert (taken.outcome, taken.code) == ("refused", "R-busy")


def is_mounted(stick: Path, option: str) -> bool:
    """Whether this machine lets us mount a file system of its own there, as a medium is mounted."""
    command = ["mount", "-t", "tmpfs", "-o", f"{option},size=16m", "tmpfs", str(stick)]
    return (
        shutil.which("mount") is not None and subprocess.run(command, capture_output=True, check=False).returncode == 0
    )


@pytest.fixture
def stick(tmp_path: Path) -> Iterator[Path]:
    """A medium; ``protect`` makes it read-only."""
    place = tmp_path / "stick"
    place.mkdir()
    mounted = is_mounted(place, "rw")
    yield place
    if mounted:
        subprocess.run(["umount", str(place)], check=True)


def protect(stick: Path) -> None:
    """By the file system where it is one of its own, else by the permissions, which do not bind the superuser."""
    if stick.is_mount():
        assert is_mounted(stick, "remount,ro")
    for path in (stick, *stick.iterdir()) if not stick.is_mount() else ():
        path.chmod(0o555)


def test_from_a_medium_that_cannot_be_written_all_is_taken_and_nothing_is_left_there(two: Two, stick: Path) -> None:
    two.origin.say(1)
    two.origin.export(stick)
    before = {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in stick.iterdir()}
    protect(stick)
    if stick.is_mount() or os.geteuid():
        with pytest.raises(OSError, match=r"Read-only|Permission"):
            (stick / "mark").write_bytes(b"")

    assert two.destination.outcomes(stick) == ["new"]
    assert two.destination.outcomes(*sorted(stick.iterdir())) == ["known"]
    assert {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in stick.iterdir()} == before


def test_an_export_to_a_medium_that_cannot_be_written_says_so_and_loses_nothing(two: Two, stick: Path) -> None:
    if not stick.is_mount() and not os.geteuid():
        pytest.skip("the superuser may write everywhere, and nothing can be mounted here")
    two.origin.say(1)
    protect(stick)

    with pytest.raises(ProtocolError, match="D-file-unwritable"):
        two.origin.export(stick)

    assert two.origin.is_due()


def test_an_export_never_replaces_a_file(two: Two, tmp_path: Path) -> None:
    (first,) = two.origin.export(tmp_path)
    (second,) = two.origin.export(tmp_path)
    assert first != second
    assert not list(tmp_path.glob("*.part"))


def test_names_fit_every_file_system() -> None:
    long = "内蒙古自治区:锡林郭勒盟/西乌珠穆沁旗\\巴彦塔拉苏木委员会" * 4
    name = name_for(long, long, "2026-11-21", 3, text=True)
    assert len(name.encode()) < 200
    assert not set(name) & set('\\/:*?"<>| ')
    assert name.endswith("-20261121-03.gongguan.txt")


def test_armour_gives_the_same_bytes_back() -> None:
    data = MAGIC + bytes(range(256)) * 9
    assert plain(armour(data).encode()) == data
    assert plain(data) == data
    with pytest.raises(ProtocolError, match="S-file-damaged"):
        plain(armour(data)[:-40].encode())


def test_what_is_announced_about_the_exchange_itself_passes_at_a_full_bound(two: Two, tmp_path: Path) -> None:
    two.origin.say(1)
    files = two.origin.export(tmp_path / "stick")
    held = two.destination.look(lambda exchange: quota.stored_bytes(exchange.store, _book(exchange)))
    assert held == sum(max(len(data), quota.MESSAGE_BYTES_LEAST) for data in two.destination.heard())
    two.destination.close()
    tiny = Offline(two.destination.folder, Limits(peer_bytes_max=held))
    assert tiny.outcomes(*files) == ["new"]
    tiny.close()


def test_a_file_over_the_bound_is_told_apart_and_its_receipts_are_taken(
    two: Two, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quota, "RESERVE_BYTES", 0)
    two.destination.say(1)
    two.origin.take(*two.destination.export(tmp_path / "there"))
    two.origin.say(1)
    files = two.origin.export(tmp_path / "back")
    two.destination.close()
    tiny = Offline(two.destination.folder, Limits(peer_bytes_max=1))
    (taken,) = tiny.take(*files)
    assert (taken.outcome, taken.new_messages, taken.new_receipts) == ("quota", 0, 1)
    assert not tiny.is_due()
    assert tiny.look(lambda exchange: quota.is_refusing(exchange.store, exchange.pairings()[0].pairing_id))
    tiny.close()


def _book(exchange: exchanges.Exchange):  # type: ignore[no-untyped-def]
    return exchange.book(exchange.pairings()[0].pairing_id)
