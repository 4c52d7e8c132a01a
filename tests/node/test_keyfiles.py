"""The key file: three ways in, nothing in clear, and every mistake has its own name."""

import stat
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from cryptography import x509

from gongguan.node import keyfiles, tls
from gongguan.node.keyfiles import KeyFile, NodeKeys
from gongguan.protocol.errors import ProtocolError

NOW = datetime(2026, 11, 21, 8, tzinfo=UTC)
PHRASE = "草原上的风-2026"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, NodeKeys, str]:
    folder = tmp_path_factory.mktemp("node")
    keys, sheet = keyfiles.create(folder, PHRASE, NOW)
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
        keyfiles.open_with_recovery(folder, sheet),
        keyfiles.open_with_recovery(folder, sheet.lower().replace(" ", "\n").replace("0", "o").replace("1", "l")),
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
    groups = made[2].split()
    for sign in "0123":
        if sign not in groups[4]:
            groups[4] = sign + groups[4][1:]
            break
    with pytest.raises(ProtocolError) as error:
        keyfiles.open_with_recovery(made[0], " ".join(groups))
    assert (code_of(error), error.value.facts["groups"]) == ("A-key-file-sheet", [5])


def test_the_sheet_of_another_node_opens_nothing(made: tuple[Path, NodeKeys, str]) -> None:
    with pytest.raises(ProtocolError) as error:
        keyfiles.open_with_recovery(made[0], keyfiles.sheet_text(b"\7" * 32))
    assert code_of(error) == "A-key-file-recovery"


@pytest.mark.parametrize("secret", [b"\0" * 32, b"\xff" * 32, bytes(range(32))])
def test_a_sheet_reads_back_as_it_was_written(secret: bytes) -> None:
    sheet = keyfiles.sheet_text(secret)
    assert keyfiles.read_sheet(sheet) == secret
    assert [len(group) for group in sheet.split()] == [5] * keyfiles.SHEET_GROUPS


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
