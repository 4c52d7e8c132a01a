"""Signing and sealing keys against RFC 8032, Wycheproof, RFC 9180 and keys that are built to deceive."""

import json
from hashlib import shake_256
from typing import Any

import cryptography_vectors
import pytest
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from hypothesis import given
from hypothesis import strategies as st

from gongguan.protocol import keys
from gongguan.protocol.errors import ProtocolError
from gongguan.protocol.keys import FLOOR, HYBRID, SealingKey, SealingPublic, SigningKey
from tests.protocol import published

FIELD = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, FIELD) % FIELD

CODES = {"A-signature", "A-weak-key"}


def accepts(raw: bytes, message: bytes, signature: bytes) -> bool:
    try:
        keys.enrol(raw).verify(message, signature)
    except ProtocolError as refusal:
        assert refusal.code in CODES
        return False
    return True


# A second, affine arithmetic of the curve, to build deceptive points without the code under test.


def plus(p: tuple[int, int], q: tuple[int, int]) -> tuple[int, int]:
    product = D * p[0] * q[0] * p[1] * q[1]
    x = (p[0] * q[1] + p[1] * q[0]) * pow(1 + product, -1, FIELD)
    y = (p[1] * q[1] + p[0] * q[0]) * pow(1 - product, -1, FIELD)
    return x % FIELD, y % FIELD


def times(factor: int, p: tuple[int, int]) -> tuple[int, int]:
    total = (0, 1)
    for bit in bin(factor)[2:]:
        total = plus(total, total)
        if bit == "1":
            total = plus(total, p)
    return total


def encoded(p: tuple[int, int]) -> bytes:
    return (p[1] | (p[0] & 1) << 255).to_bytes(32, "little")


def some_point(y: int) -> tuple[int, int]:
    """The first point of the curve from ``y`` on; of no particular order."""
    while True:
        square = (y * y - 1) * pow(D * y * y + 1, -1, FIELD) % FIELD
        x = pow(square, (FIELD + 3) // 8, FIELD)
        for root in (x, x * pow(2, (FIELD - 1) // 4, FIELD) % FIELD):
            if root * root % FIELD == square:
                return root, y
        y += 1


def torsion() -> list[tuple[int, int]]:
    """The eight points whose order divides 8."""
    y = 2
    while True:
        point = times(ORDER, some_point(y))
        if times(4, point) != (0, 1):
            return [times(number, point) for number in range(8)]
        y += 1


def test_the_points_of_small_order_are_eight_and_none_is_enrolled() -> None:
    points = torsion()
    assert len(set(points)) == 8
    for point in points:
        assert not accepts(encoded(point), b"", encoded(point) + bytes(32))
        with pytest.raises(ProtocolError, match="A-weak-key"):
            keys.enrol(encoded(point))


def test_a_good_key_with_a_part_of_small_order_is_not_enrolled() -> None:
    good = times(8, some_point(7))
    keys.enrol(encoded(good))
    for twist in torsion()[1:]:
        with pytest.raises(ProtocolError, match="A-weak-key"):
            keys.enrol(encoded(plus(good, twist)))


@pytest.mark.parametrize("y", [FIELD, FIELD + 1, FIELD + 3, 2**255 - 1])
@pytest.mark.parametrize("sign", [0, 1])
def test_an_encoding_that_is_not_canonical_is_not_enrolled(y: int, sign: int) -> None:
    with pytest.raises(ProtocolError, match="A-weak-key"):
        keys.enrol((y | sign << 255).to_bytes(32, "little"))


def test_zero_with_a_minus_sign_is_not_enrolled() -> None:
    for y in (1, FIELD - 1):
        with pytest.raises(ProtocolError, match="A-weak-key"):
            keys.enrol((y | 1 << 255).to_bytes(32, "little"))


@given(st.binary(max_size=40) | st.binary(min_size=32, max_size=32))
def test_any_bytes_give_a_key_or_a_typed_refusal(raw: bytes) -> None:
    try:
        assert keys.enrol(raw).raw == raw
    except ProtocolError as refusal:
        assert refusal.code == "A-weak-key"


@given(st.binary(min_size=32, max_size=32), st.binary(max_size=60))
def test_every_seed_gives_a_key_that_is_enrolled_and_verifies(seed: bytes, message: bytes) -> None:
    key = SigningKey.from_seed(seed)
    signature = key.sign(message)
    assert accepts(key.public.raw, message, signature)
    assert not accepts(key.public.raw, message + b"\0", signature)
    assert not accepts(key.public.raw, message, signature[:-1])
    higher = int.from_bytes(signature[32:], "little") + ORDER
    assert not accepts(key.public.raw, message, signature[:32] + higher.to_bytes(32, "little"))


def test_a_private_key_shows_no_private_bytes() -> None:
    seed = bytes(range(32))
    assert repr(seed)[2:20] not in repr(SigningKey.from_seed(seed))
    assert seed.hex() not in repr(SigningKey.from_seed(seed))
    assert repr(seed)[2:20] not in repr(SealingKey.from_seeds(FLOOR, seed))
    assert SigningKey.from_seed(seed).seed == seed


@pytest.mark.parametrize("length", [0, 31, 33, 64])
def test_a_seed_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(ProtocolError, match="A-weak-key"):
        SigningKey.from_seed(bytes(length))


def test_rfc_8032_signatures() -> None:
    with cryptography_vectors.open_vector_file("asymmetric/Ed25519/sign.input", "r") as file:
        rows = [line.split(":") for line in file if line.strip()]
    assert len(rows) == 1024
    for secret, public, message, signed, _ in rows:
        key = SigningKey.from_seed(bytes.fromhex(secret)[:32])
        assert key.public.raw.hex() == public
        assert (key.sign(bytes.fromhex(message)).hex() + message) == signed
    for _, public, message, signed, _ in rows[::16]:  # enrolment takes some milliseconds a key
        assert accepts(bytes.fromhex(public), bytes.fromhex(message), bytes.fromhex(signed)[:64])


@pytest.mark.parametrize(
    "group",
    [
        group
        for name, content in published.cases("wycheproof/testvectors_v1")
        if "ed25519" in name
        for group in content["testGroups"]
    ],
    ids=lambda group: f"{published.SET}: {group['publicKey']['pk'][:8]}",
)
def test_wycheproof_signatures(group: Any) -> None:
    assert group["tests"]
    for case in group["tests"]:
        fields = (group["publicKey"]["pk"], case["msg"], case["sig"])
        assert accepts(*map(bytes.fromhex, fields)) is (case["result"] == "valid"), case


# Sealing


@pytest.fixture(params=[(HYBRID, 96), (FLOOR, 32)], ids=lambda row: row[0])
def sealing(request: pytest.FixtureRequest) -> SealingKey:
    suite, length = request.param
    return SealingKey.from_seeds(suite, bytes(range(1, length + 1)))


def test_what_is_sealed_opens_with_the_same_key_and_info_only(sealing: SealingKey) -> None:
    public = SealingPublic.enrol(sealing.suite, sealing.public_bytes)
    sealed = public.seal(b"context", b"payload")
    again = SealingKey.from_seeds(sealing.suite, sealing.seeds)
    assert again.open(b"context", sealed) == b"payload"
    assert public.key_id == sealing.key_id == again.key_id and len(public.key_id) == 16
    other = SealingKey.from_seeds(sealing.suite, bytes(len(sealing.seeds)))
    flipped = bytes([sealed[0] ^ 1]) + sealed[1:]
    cut = sealed[:-1]
    for key, info, data in [
        (other, b"context", sealed),
        (sealing, b"contexT", sealed),
        (sealing, b"", sealed),
        (sealing, b"context", flipped),
        (sealing, b"context", cut),
        (sealing, b"context", sealed[: -len(b"payload") - 16]),
    ]:
        with pytest.raises(ProtocolError, match="A-cannot-open"):
            key.open(info, data)


@pytest.mark.parametrize("suite", [HYBRID, FLOOR, "rot13"])
@given(raw=st.binary(max_size=40) | st.binary(min_size=32, max_size=32) | st.binary(min_size=1216, max_size=1216))
def test_any_bytes_give_a_sealing_key_or_a_typed_refusal(suite: str, raw: bytes) -> None:
    try:
        public = SealingPublic.enrol(suite, raw)
    except ProtocolError as refusal:
        assert refusal.code == "A-weak-key"
    else:
        public.seal(b"", b"")


@given(st.binary(max_size=100) | st.binary(min_size=1136, max_size=1200))
def test_any_bytes_are_opened_or_refused_by_type(data: bytes) -> None:
    for suite, length in ((HYBRID, 96), (FLOOR, 32)):
        with pytest.raises(ProtocolError, match="A-cannot-open"):
            SealingKey.from_seeds(suite, bytes(length)).open(b"", data)


@pytest.mark.parametrize("y", [0, 1, FIELD - 1, FIELD, FIELD + 1, 2**255 - 1, 2**256 - 1])
def test_points_of_small_order_and_loose_encodings_take_no_seal(y: int) -> None:
    raw = y.to_bytes(32, "little")
    good = SealingKey.from_seeds(HYBRID, bytes(96)).public_bytes
    for suite, public_bytes in ((FLOOR, raw), (HYBRID, good[:-32] + raw)):
        with pytest.raises(ProtocolError, match="A-weak-key"):
            SealingPublic.enrol(suite, public_bytes)


@pytest.mark.parametrize(("suite", "length"), [(HYBRID, 95), (HYBRID, 32), (FLOOR, 31), (FLOOR, 96), ("other", 32)])
def test_seeds_of_another_length_or_suite_are_refused(suite: str, length: int) -> None:
    with pytest.raises(ProtocolError, match="A-weak-key"):
        SealingKey.from_seeds(suite, bytes(length))


def hpke_vectors(file_name: str, kem_id: int) -> list[Any]:
    """Base mode, HKDF-SHA-256, ChaCha20-Poly1305, the suite of ours."""
    with cryptography_vectors.open_vector_file(f"HPKE/{file_name}", "r") as file:
        found = json.load(file)
    wanted = {"mode": 0, "kem_id": kem_id, "kdf_id": 1, "aead_id": 3}
    return [vector for vector in found if wanted.items() <= vector.items()]


@pytest.mark.parametrize(
    ("suite", "file_name", "kem_id"),
    [(FLOOR, "test-vectors.json", 0x0020), (HYBRID, "hpke-pq-test-vectors.json", 0x647A)],
)
def test_hpke_base_mode_vectors(suite: str, file_name: str, kem_id: int) -> None:
    """Every message of the vectors has associated data, which we have not. So that they still decide: the vector's
    key and nonce reproduce its ciphertext, then seal the same text without associated data, and ``open`` must get
    there from the private key, the encapsulated key and the info alone."""
    (vector,) = hpke_vectors(file_name, kem_id)
    names = ("key", "base_nonce", "enc", "info", "skRm", "pkRm")
    key, nonce, encapsulated, info, private, public = (bytes.fromhex(vector[name]) for name in names)
    first = vector["encryptions"][0]
    text = bytes.fromhex(first["pt"])
    cipher = ChaCha20Poly1305(key)
    assert cipher.encrypt(nonce, text, bytes.fromhex(first["aad"])).hex() == first["ct"]

    # The hybrid's private key is one seed that is expanded to those of both parts.
    seeds = private if suite == FLOOR else shake_256(private).digest(96)
    recipient = SealingKey.from_seeds(suite, seeds)
    assert recipient.public_bytes == public
    assert recipient.open(info, encapsulated + cipher.encrypt(nonce, text, b"")) == text
    with pytest.raises(ProtocolError, match="A-cannot-open"):
        recipient.open(info, encapsulated + bytes.fromhex(first["ct"]))
