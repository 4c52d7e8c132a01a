"""The key file: three ways in, nothing in clear, and every mistake has its own name."""

import signal
import stat
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from cryptography import x509

from gongguan.node.keys import keyfiles, tls
from gongguan.node.keys.keyfiles import KeyFile
from gongguan.node.keys.node_keys import NodeKeys
from gongguan.node.keys.recovery_sheet import SHEET_GROUPS, read_sheet, sheet_text
from gongguan.protocol.errors import ProtocolError
from tests.node.keys.sheets import open_by_sheet, opens
from tests.refusals import refusal

NOW = datetime(2026, 11, 21, 8, tzinfo=UTC)
PHRASE = "草原上的风-2026"
SECOND, THIRD = "江边的柳树-2026", "雪后的松林-2026"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, NodeKeys, str]:
    folder = tmp_path_factory.mktemp("node")
    keys, sheet = keyfiles.create(folder, PHRASE, NOW, "王芳")
    return folder, keys, sheet


@pytest.fixture
def copied(made: tuple[Path, NodeKeys, str], tmp_path: Path) -> Path:
    (tmp_path / keyfiles.FOLDER).mkdir()
    for name in (keyfiles.KEY_FILE, keyfiles.SERVICE_FILE):
        (tmp_path / keyfiles.FOLDER / name).write_bytes((made[0] / keyfiles.FOLDER / name).read_bytes())
    return tmp_path


def secrets_of(keys: NodeKeys) -> tuple[object, ...]:
    seeds = tuple(key.seeds for key in keys.sealing)
    return keys.log.seed, keys.cosigning.seed, seeds, keys.data_key, keys.match_key, keys.tls_key, keys.tls_certificate


def code_of(error: pytest.ExceptionInfo[ProtocolError]) -> str:
    return error.value.code


def test_all_three_ways_open_the_same_keys(made: tuple[Path, NodeKeys, str]) -> None:
    folder, keys, sheet = made
    for opened in (
        keyfiles.open_with_passphrase(folder, PHRASE),
        keyfiles.open_with_service(folder),
        open_by_sheet(folder, sheet),
        open_by_sheet(folder, sheet.lower().replace(" ", "\n").replace("0", "o").replace("1", "l")),
    ):
        assert secrets_of(opened) == secrets_of(keys)


def test_no_key_lies_in_clear_in_any_file_and_printing_shows_none(made: tuple[Path, NodeKeys, str]) -> None:
    folder, keys, _ = made
    stored = b"".join(path.read_bytes() for path in (folder / keyfiles.FOLDER).iterdir())
    shown = repr(keys).encode()
    for secret in (keys.log.seed, keys.cosigning.seed, keys.data_key, keys.match_key, keys.sealing[0].seeds):
        for form in (secret, secret.hex().encode()):
            assert form not in stored
            assert form not in shown
    assert b"PRIVATE KEY" not in stored + shown


def test_only_this_account_can_read_the_files(made: tuple[Path, NodeKeys, str]) -> None:
    place = made[0] / keyfiles.FOLDER
    assert stat.S_IMODE(place.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in place.iterdir()} == {0o600}


def test_a_wrong_passphrase_opens_nothing(made: tuple[Path, NodeKeys, str]) -> None:
    with pytest.raises(ProtocolError) as error:
        keyfiles.open_with_passphrase(made[0], PHRASE + " ")
    assert code_of(error) == "A-key-file-passphrase"


def test_another_service_file_or_none_opens_nothing(copied: Path) -> None:
    service = copied / keyfiles.FOLDER / keyfiles.SERVICE_FILE
    for damage in (lambda: service.write_text("00" * 32), lambda: service.write_text("字"), service.unlink):
        damage()
        with pytest.raises(ProtocolError) as error:
            keyfiles.open_with_service(copied)
        assert code_of(error) == "A-key-file-service"


def test_a_mistyped_group_of_the_sheet_is_named(made: tuple[Path, NodeKeys, str]) -> None:
    groups = sheet_text(b"\7" * 32).split()
    groups[4] = "Z" + groups[4][1:]
    with pytest.raises(ProtocolError) as error:
        open_by_sheet(made[0], " ".join(groups))
    assert (code_of(error), error.value.facts["groups"]) == ("A-key-file-sheet", [5])


def test_the_sheet_of_another_node_opens_nothing(made: tuple[Path, NodeKeys, str]) -> None:
    with pytest.raises(ProtocolError) as error:
        open_by_sheet(made[0], sheet_text(b"\7" * 32))
    assert code_of(error) == "A-key-file-recovery"


def test_each_administrator_has_an_own_passphrase_and_all_open_the_same_keys(copied: Path) -> None:
    keys = keyfiles.open_with_passphrase(copied, PHRASE)
    keyfiles.add_passphrase(copied, PHRASE, "李强", SECOND)
    for phrase in (PHRASE, SECOND):
        assert secrets_of(keyfiles.open_with_passphrase(copied, phrase)) == secrets_of(keys)
    with pytest.raises(ProtocolError) as error:
        keyfiles.add_passphrase(copied, SECOND, "李强", THIRD)
    assert code_of(error) == "A-key-file-name-taken"
    keyfiles.add_passphrase(copied, SECOND, "李强", THIRD, replace=True)
    assert refusal(keyfiles.open_with_passphrase, copied, SECOND) == "A-key-file-passphrase"
    keyfiles.remove_passphrase(copied, THIRD, "王芳")
    assert refusal(keyfiles.open_with_passphrase, copied, PHRASE) == "A-key-file-passphrase"
    assert refusal(keyfiles.remove_passphrase, copied, THIRD, "王芳") == "A-key-file-name"
    assert refusal(keyfiles.remove_passphrase, copied, THIRD, "李强") == "A-key-file-last"
    assert secrets_of(keyfiles.open_with_passphrase(copied, THIRD)) == secrets_of(keys)
    assert secrets_of(keyfiles.open_with_service(copied)) == secrets_of(keys)


def test_who_does_not_know_a_passphrase_changes_nothing(copied: Path, made: tuple[Path, NodeKeys, str]) -> None:
    before = (copied / keyfiles.FOLDER / keyfiles.KEY_FILE).read_bytes()
    for attempt in (
        lambda: keyfiles.add_passphrase(copied, SECOND, "李强", THIRD),
        lambda: keyfiles.remove_passphrase(copied, SECOND, "王芳"),
        lambda: keyfiles.new_sheet(copied, SECOND),
    ):
        assert refusal(attempt) == "A-key-file-passphrase"
    assert refusal(keyfiles.recover, copied, sheet_text(b"\7" * 32), "李强", SECOND) == "A-key-file-recovery"
    assert refusal(keyfiles.add_passphrase, copied, PHRASE, "李强", "短") == "D-password"
    assert (copied / keyfiles.FOLDER / keyfiles.KEY_FILE).read_bytes() == before
    assert secrets_of(keyfiles.open_with_service(copied)) == secrets_of(made[1])


def test_a_new_sheet_makes_the_one_before_worthless(copied: Path, made: tuple[Path, NodeKeys, str]) -> None:
    fresh = keyfiles.new_sheet(copied, PHRASE)
    assert refusal(open_by_sheet, copied, made[2]) == "A-key-file-recovery"
    assert secrets_of(open_by_sheet(copied, fresh)) == secrets_of(made[1])
    assert secrets_of(keyfiles.open_with_service(copied)) == secrets_of(made[1])


def test_wrapped_anew_nothing_from_before_opens_the_file_and_everything_new_does(
    copied: Path, made: tuple[Path, NodeKeys, str]
) -> None:
    place = copied / keyfiles.FOLDER
    keyfiles.add_passphrase(copied, PHRASE, "李强", SECOND)
    before = keyfiles.open_with_service(copied)
    old_service = (place / keyfiles.SERVICE_FILE).read_bytes()
    shown: list[tuple[str, tuple[str, ...]]] = []
    assert keyfiles.wrap_anew(copied, PHRASE, lambda *told: shown.append(told), trial=True) == ("李强",)
    assert not shown and secrets_of(keyfiles.open_with_passphrase(copied, SECOND)) == secrets_of(made[1])
    assert keyfiles.wrap_anew(copied, PHRASE, lambda *told: shown.append(told)) == ("李强",)
    ((sheet, gone),) = shown
    assert gone == ("李强",)
    for keys in (
        keyfiles.open_with_service(copied),
        keyfiles.open_with_passphrase(copied, PHRASE),
        open_by_sheet(copied, sheet),
    ):
        assert secrets_of(keys) == secrets_of(made[1])
        assert keys.file_key != before.file_key
    assert refusal(open_by_sheet, copied, made[2]) == "A-key-file-recovery"
    assert refusal(keyfiles.open_with_passphrase, copied, SECOND) == "A-key-file-passphrase"
    assert refusal(keyfiles.keep, copied, before, before) == "A-key-file-damaged", "the old file key seals nothing"
    (place / keyfiles.SERVICE_FILE).write_bytes(old_service)
    assert refusal(keyfiles.open_with_service, copied) == "A-key-file-service"


def test_wrapped_anew_a_node_that_starts_by_a_passphrase_gets_no_service_file(copied: Path) -> None:
    (copied / keyfiles.FOLDER / keyfiles.SERVICE_FILE).unlink()
    keyfiles.wrap_anew(copied, PHRASE, lambda *told: None)
    assert {copy.kind for copy in keyfiles.copies_in(copied)} == {"passphrase", "recovery"}
    assert {path.name for path in (copied / keyfiles.FOLDER).iterdir()} == {keyfiles.KEY_FILE}


KILLED_AT = """
import os, signal, sys
from pathlib import Path
from gongguan.node.keys import keyfiles

folder, left = sys.argv[1], int(sys.argv[2])

def killed(event, arguments):
    global left
    if event in ("open", "os.rename", "os.remove") and folder in str(arguments[0]):
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

def show(sheet, gone):
    print(sheet, flush=True)

sys.addaudithook(killed)
if sys.argv[3] == "anew":
    keyfiles.wrap_anew(Path(folder), sys.argv[4], show)
else:
    keyfiles.recover(Path(folder), sys.argv[5], "王芳", sys.argv[4])
"""
"""Changes the key file, and is killed before it opens, renames or removes a file there for the nth time."""


@pytest.mark.parametrize("change", ["anew", "recover"])
def test_killed_anywhere_the_service_file_a_passphrase_and_a_known_sheet_open_the_file(
    change: str, copied: Path, made: tuple[Path, NodeKeys, str]
) -> None:
    sheets = [made[2]]
    kills = 0
    while True:
        words = [sys.executable, "-c", KILLED_AT, str(copied), str(kills + 1), change, PHRASE, made[2]]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        sheets += done.stdout.splitlines()
        assert secrets_of(keyfiles.open_with_service(copied)) == secrets_of(made[1]), kills
        opening = [sheet for sheet in sheets if opens(copied, sheet)]
        assert len(opening) == 1, kills
        if done.returncode == 0:
            break
        assert done.returncode == -signal.SIGKILL, done.stderr
        kills += 1
        # Once the new file stands, only its own sheet opens: the next run begins with that.
        if change == "anew" and opening != [made[2]]:
            assert opening == [sheets[-1]]
    assert kills >= 8
    assert secrets_of(keyfiles.open_with_passphrase(copied, PHRASE)) == secrets_of(made[1])
    assert len((copied / keyfiles.FOLDER / keyfiles.SERVICE_FILE).read_text().split()) == 1


def test_the_sheet_brings_back_a_lost_service_file_and_a_forgotten_passphrase(
    copied: Path, made: tuple[Path, NodeKeys, str]
) -> None:
    service = copied / keyfiles.FOLDER / keyfiles.SERVICE_FILE
    old = service.read_bytes()
    service.unlink()
    assert secrets_of(keyfiles.recover(copied, made[2], "王芳", SECOND)) == secrets_of(made[1])
    assert secrets_of(keyfiles.open_with_service(copied)) == secrets_of(made[1])
    assert secrets_of(keyfiles.open_with_passphrase(copied, SECOND)) == secrets_of(made[1])
    assert refusal(keyfiles.open_with_passphrase, copied, PHRASE) == "A-key-file-passphrase"
    assert secrets_of(open_by_sheet(copied, made[2])) == secrets_of(made[1])
    assert stat.S_IMODE(service.stat().st_mode) == 0o600
    service.write_bytes(old)
    assert refusal(keyfiles.open_with_service, copied) == "A-key-file-service"


def test_there_are_not_more_passphrases_than_a_start_can_try(copied: Path, made: tuple[Path, NodeKeys, str]) -> None:
    path = copied / keyfiles.FOLDER / keyfiles.KEY_FILE
    stored = msgspec.json.decode(path.read_bytes(), type=KeyFile)
    full = tuple(msgspec.structs.replace(stored.copies[0], name=f"第{n}人") for n in range(keyfiles.PASSPHRASES_MAX))
    path.write_bytes(msgspec.json.encode(msgspec.structs.replace(stored, copies=full)))
    assert refusal(keyfiles.add_passphrase, copied, PHRASE, "李强", SECOND) == "A-key-file-many"


@pytest.mark.parametrize("secret", [b"\0" * 32, b"\xff" * 32, bytes(range(32))])
def test_a_sheet_reads_back_as_it_was_written(secret: bytes) -> None:
    sheet = sheet_text(secret)
    assert read_sheet(sheet) == secret
    assert [len(group) for group in sheet.split()] == [5] * SHEET_GROUPS


def test_every_changed_byte_of_the_sealed_part_is_noticed(copied: Path) -> None:
    path = copied / keyfiles.FOLDER / keyfiles.KEY_FILE
    stored = msgspec.json.decode(path.read_bytes(), type=KeyFile)
    for place in (0, 30, len(stored.sealed) - 2):
        flipped = f"{int(stored.sealed[place : place + 2], 16) ^ 1:02x}"
        sealed = stored.sealed[:place] + flipped + stored.sealed[place + 2 :]
        path.write_bytes(msgspec.json.encode(msgspec.structs.replace(stored, sealed=sealed)))
        with pytest.raises(ProtocolError) as error:
            keyfiles.open_with_service(copied)
        assert code_of(error) == "A-key-file-damaged"


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"\xff", b"[" * 5000, b'{"gongguan_keys":2,"copies":[],"sealed":"00"}']
)
def test_a_file_that_is_no_key_file_is_called_damaged(copied: Path, content: bytes) -> None:
    (copied / keyfiles.FOLDER / keyfiles.KEY_FILE).write_bytes(content)
    with pytest.raises(ProtocolError) as error:
        keyfiles.open_with_service(copied)
    assert code_of(error) == "A-key-file-damaged"


def test_no_key_file_means_not_set_up_and_an_existing_one_is_never_replaced(
    made: tuple[Path, NodeKeys, str], tmp_path: Path
) -> None:
    with pytest.raises(ProtocolError) as error:
        keyfiles.open_with_service(tmp_path)
    assert code_of(error) == "A-key-file-missing"
    before = (made[0] / keyfiles.FOLDER / keyfiles.KEY_FILE).read_bytes()
    with pytest.raises(ProtocolError) as error:
        keyfiles.create(made[0], PHRASE, NOW)
    assert code_of(error) == "A-key-file-exists"
    assert (made[0] / keyfiles.FOLDER / keyfiles.KEY_FILE).read_bytes() == before


def test_the_certificate_names_the_node_and_outlives_its_card(made: tuple[Path, NodeKeys, str]) -> None:
    keys = made[1]
    certificate = x509.load_pem_x509_certificate(keys.tls_certificate.encode())
    assert certificate.subject.rfc4514_string() == f"CN={keys.node_id}"
    assert (certificate.not_valid_after_utc - NOW).days >= tls.VALID_DAYS - 1
    assert tls.server_context(keys.tls_key, keys.tls_certificate).cert_store_stats()["x509"] == 0
