"""Receipts: the receiver cosigns the sender's head, "all these messages are on my disk, at this time".

A receipt is the sender's checkpoint note with a further line, a C2SP tlog-cosignature v1 (Ed25519, type 0x04) over the
time and the three lines of the checkpoint::

    receipted = cosign(checkpoint_note, NoteSigner("gongguan/1/…", COSIGNATURE, cosigning_key), time_s)
    checkpoint, time_s = verify_receipt(receipted, partner_cosigning_key)

The time is the receiver's word, for people: nothing is accepted, ordered or resolved by it.
"""

from gongguan.protocol import note
from gongguan.protocol.errors import refuse
from gongguan.protocol.limits import INTEGER_MAX
from gongguan.protocol.log import Checkpoint
from gongguan.protocol.note import COSIGNATURE, NoteKey, NoteSigner, SignatureLine


def cosign(checkpoint_note: bytes, cosigner: NoteSigner, time_s: int) -> bytes:
    """The note with our line appended; the caller has verified the sender's signature and stored the messages.

    ``time_s`` is POSIX time. Raises S-checkpoint when the text is no checkpoint, S-note, S-integer.
    """
    if cosigner.signature_type != COSIGNATURE:
        raise refuse("S-note", reason="not a cosigning key", signature_type=cosigner.signature_type)
    if not 0 <= time_s <= INTEGER_MAX:
        raise refuse("S-integer", limit=INTEGER_MAX)
    signed = note.parse(checkpoint_note)
    Checkpoint.parse(signed.text)
    line = SignatureLine(cosigner.name, cosigner.key_id, note.cosignature(signed.text, cosigner.key, time_s))
    return note.assemble(signed.text, [*signed.lines, line])


def verify_receipt(data: bytes, key: NoteKey) -> tuple[Checkpoint, int]:
    """The head that ``key`` cosigned, and its POSIX time in seconds (the first, should it have cosigned twice).

    Raises A-no-known-signer, A-signature, S-note, S-checkpoint, R-too-large.
    """
    if key.signature_type != COSIGNATURE:
        raise refuse("A-no-known-signer", signature_type=key.signature_type)
    signed = note.parse(data)
    lines = note.verified_lines(signed, [key])
    if not lines:
        raise refuse("A-no-known-signer", signatures=len(signed.lines))
    return Checkpoint.parse(signed.text), min([note.cosigned_at_s(line.signature) for _, line in lines])
