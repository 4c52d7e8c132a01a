"""One small log with a signed head, a receipt and a proof, the same bytes on every run."""

from dataclasses import dataclass
from typing import Final

from gongguan.protocol import canonical, log, merkle, proof, receipt
from gongguan.protocol.keys import SigningKey
from gongguan.protocol.log import Checkpoint
from gongguan.protocol.note import COSIGNATURE, NoteKey, NoteSigner, to_base64

ORIGIN: Final = log.origin("ab" * 32, "a2b3" * 8, "01" * 16)
TIME_S: Final = 1_795_593_600


def key(number: int) -> SigningKey:
    return SigningKey.from_seed(bytes([number]) * 32)


def verifier(signer: NoteSigner) -> NoteKey:
    """What others verify with."""
    return NoteKey(signer.name, signer.signature_type, signer.key.public)


def vkey(key: NoteKey) -> str:
    """``name+key id+base64(type ‖ public key)``, the form that other C2SP tools read."""
    return f"{key.name}+{key.key_id.hex()}+{to_base64(bytes([key.signature_type]) + key.public.raw)}"


LOG_KEY: Final = key(1)
COSIGNER: Final = NoteSigner("gongguan/1/cosigner/c4d5e6", COSIGNATURE, key(2))
COSIGNER_KEY: Final = verifier(COSIGNER)
SENDER_KEY: Final = NoteKey(ORIGIN, 0x01, LOG_KEY.public)


@dataclass(frozen=True)
class Sample:
    """Messages, their leaf hashes, the head and what is made of it."""

    messages: list[bytes]
    leaves: list[bytes]
    checkpoint: Checkpoint
    signed: bytes
    receipted: bytes

    def proof(self, index: int) -> bytes:
        return proof.export(self.messages[index], index, merkle.inclusion_proof(self.leaves, index), self.receipted)


def sample(size: int = 7, mark: str = "") -> Sample:
    messages = [canonical.encode({"kind": "notice.plain", "number": number, "text": mark}) for number in range(size)]
    leaves = [merkle.leaf_hash(message) for message in messages]
    checkpoint = Checkpoint(ORIGIN, size, merkle.root(leaves))
    signed = log.sign_checkpoint(checkpoint, LOG_KEY)
    return Sample(messages, leaves, checkpoint, signed, receipt.cosign(signed, COSIGNER, TIME_S))
