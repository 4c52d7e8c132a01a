"""Reconciliation (对账): do both nodes hold the same, and if not, in which records do they differ?

Both sides compute their records at one *cut*, the heads of both logs, and compare digests of ranges
(protocol/digest.py): one round when all is equal. Differences are named by record. When there are none, both sign one
*statement of equality* over the cut. Same cut and not equal means that a table left its logs on one of the two nodes:
``sync/verification.py`` says on which.

The asking side is a ``Session``, a value that goes from question to told answer; the answering side keeps nothing but
a cache. Questions and answers travel inside bundles, so this works by file too::

    session = begin(book, session_id)
    while (question := ask(session)) is not None:
        session = proceed(session, told(question))
"""

import hashlib
from collections.abc import MutableMapping
from typing import Annotated, Any, Final, NamedTuple

import msgspec

from gongguan.protocol import digest, note, readable
from gongguan.protocol.bundle import DigestQuestion
from gongguan.protocol.causality import Head
from gongguan.protocol.digest import Answer, Comparison, Difference, Entry, Question
from gongguan.protocol.errors import ProtocolError, refuse
from gongguan.protocol.limits import DIGEST_QUESTIONS_MAX
from gongguan.protocol.messages.envelope import Hash, Hex32
from gongguan.sync.act import stamp
from gongguan.sync.logbook import LogBook
from gongguan.sync.records import LogMessage, SharedRecord, SignedStatement
from gongguan.sync.verification import folded, units_of

Heads = Annotated[
    tuple[tuple[Hex32, Annotated[int, msgspec.Meta(ge=1, le=2**53 - 1)]], ...], msgspec.Meta(max_length=8)
]
KeyHash = Annotated[bytes, msgspec.Meta(min_length=32, max_length=32)]
RecordName = Annotated[str, msgspec.Meta(max_length=400)]


class Cut(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """Heads of the first-named party's log and of the other's."""

    first: Heads
    second: Heads


class AskDigests(msgspec.Struct, frozen=True, tag="digests", forbid_unknown_fields=True):
    """How does the other side have these ranges at the cut?"""

    cut: Cut
    questions: Annotated[tuple[Question, ...], msgspec.Meta(max_length=DIGEST_QUESTIONS_MAX)]


class AskNames(msgspec.Struct, frozen=True, tag="names", forbid_unknown_fields=True):
    """What are these records called, which only the other side has?"""

    cut: Cut
    key_hashes: Annotated[tuple[KeyHash, ...], msgspec.Meta(max_length=DIGEST_QUESTIONS_MAX)]


class AskStatement(msgspec.Struct, frozen=True, tag="statement", forbid_unknown_fields=True):
    """Please sign this statement of equality too: text and the asking side's signature line."""

    text: Annotated[str, msgspec.Meta(max_length=20_000)]
    line: Annotated[str, msgspec.Meta(max_length=600)]


class ToldDigests(msgspec.Struct, frozen=True, tag="digests", forbid_unknown_fields=True):
    """The answers, in the order of the questions."""

    answers: Annotated[tuple[Answer, ...], msgspec.Meta(max_length=DIGEST_QUESTIONS_MAX)]


class ToldNames(msgspec.Struct, frozen=True, tag="names", forbid_unknown_fields=True):
    """``subject/key`` of the records asked about."""

    names: Annotated[tuple[RecordName, ...], msgspec.Meta(max_length=DIGEST_QUESTIONS_MAX)]


class ToldStatement(msgspec.Struct, frozen=True, tag="statement", forbid_unknown_fields=True):
    """The answering side's signature line."""

    line: Annotated[str, msgspec.Meta(max_length=600)]


class ToldNot(msgspec.Struct, frozen=True, tag="not", forbid_unknown_fields=True):
    """The question could not be answered; why, as a code (``P-cut-ahead``: messages up to the cut are missing)."""

    code: Annotated[str, msgspec.Meta(pattern=r"^[A-Z]-[a-z0-9-]{1,40}\Z")]


_ASK: Final = msgspec.msgpack.Decoder(AskDigests | AskNames | AskStatement)
_TOLD: Final = msgspec.msgpack.Decoder(ToldDigests | ToldNames | ToldStatement | ToldNot)


class EqualityBlock(readable.Block, frozen=True, kw_only=True):
    """The machine block of a statement of equality. ``left_out``: units held, disputed or erased, by name."""

    pairing: Hash
    first: Heads
    second: Heads
    records: Annotated[int, msgspec.Meta(ge=0)]
    digest: Hash
    left_out: tuple[RecordName, ...] = ()


class State(NamedTuple):
    """This node's shared records of a pairing at a cut: sorted entries, and the names behind the key hashes."""

    entries: list[Entry]
    names: dict[bytes, str]


class Session(NamedTuple):
    """A reconciliation under way on the asking side. ``line``: the partner's signature, when it gave it."""

    id: str
    scope: str
    cut: Cut
    state: State
    comparison: Comparison
    names: tuple[str, ...] | None = None
    statement: str = ""
    own_line: str = ""
    line: str = ""


Cache = MutableMapping[str, tuple[Cut, State]]


# --- the state at a cut ---------------------------------------------------------------------------------------


def cut_now(book: LogBook) -> Cut:
    """The heads of both logs as this node holds them."""
    own, partner = book.heads(own=True), book.heads(own=False)
    return Cut(own, partner) if book.own_party == 0 else Cut(partner, own)


def state_at(book: LogBook, cut: Cut) -> State:
    """The records at a cut: table rows of units untouched since, the others folded from the messages inside.

    The version is computed from the value itself, not read, so that a value altered by hand shows. Raises
    ``P-cut-ahead`` when messages inside the cut are missing here.
    """
    heads = (*cut.first, *cut.second)
    for epoch, size in heads:
        row = book.epochs.get(epoch)
        if row is None or row.size < size:
            raise refuse("P-cut-ahead", epoch=epoch, size=size)
    touched = _touched_since(book, heads)
    versions: dict[str, bytes] = {}
    for unit in units_of(book):
        if unit.unit in touched:
            inside = book.memory.lineage.closure(heads)
            placed = [item for item in book.placed_in(unit.unit) if inside.covers(item.epoch, item.position)]
            records = folded(placed)
        else:
            records = {record.key: record.value for record in book.store.find(SharedRecord, unit=unit.unit)}
        for key, value in records.items():
            versions[f"{unit.name}/{key}"] = hashlib.sha256(value).digest()
    names = {hashlib.sha256(name.encode()).digest(): name for name in versions}
    return State(digest.sorted_entries(versions), names)


def _touched_since(book: LogBook, heads: tuple[Head, ...]) -> set[bytes]:
    inside = book.memory.lineage.closure(heads)
    touched: set[bytes] = set()
    for row in book.epochs.values():
        size = inside.size(row.epoch)
        if size < row.size:
            later = book.store.find(LogMessage, ordinal=row.ordinal, index__ge=size)
            touched.update(message.unit for message in later if message.unit is not None)
    return touched


def root_of(state: State) -> str:
    """The digest of everything, in hex."""
    return digest.digest(state.entries, "").hex()


# --- the asking side ------------------------------------------------------------------------------------------


def begin(book: LogBook, session_id: str) -> Session:
    """A reconciliation of a whole pairing at the cut of now."""
    cut = cut_now(book)
    state = state_at(book, cut)
    return Session(session_id, book.pairing.pairing_id, cut, state, digest.begin(state.entries))


def ask(session: Session) -> DigestQuestion | None:
    """What to ask next; None when there is nothing left to ask."""
    content: msgspec.Struct
    unknown = unnamed(session)
    if session.comparison.questions:
        content = AskDigests(session.cut, session.comparison.questions)
    elif unknown and session.names is None:
        content = AskNames(session.cut, tuple(unknown[:DIGEST_QUESTIONS_MAX]))
    elif session.statement and not session.line:
        content = AskStatement(session.statement, session.own_line)
    else:
        return None
    return DigestQuestion(session.id, session.scope, msgspec.msgpack.encode(content))


def proceed(session: Session, told: DigestQuestion) -> Session:
    """The session after the partner's answer. Raises ``P-digest``, ``P-cut-ahead``, ``S-bundle``."""
    if told.session != session.id:
        raise refuse("P-digest", reason="another session")
    answer = _decoded(_TOLD, told.content)
    match answer:
        case ToldDigests():
            return session._replace(
                comparison=digest.proceed(session.state.entries, session.comparison, answer.answers)
            )
        case ToldNames():
            return session._replace(names=answer.names)
        case ToldStatement():
            return session._replace(line=answer.line)
        case ToldNot():
            raise refuse("P-cut-ahead" if answer.code == "P-cut-ahead" else "P-digest", reason=answer.code)
    raise refuse("P-digest", reason="unknown answer")


def unnamed(session: Session) -> list[bytes]:
    """Key hashes of differing records that exist only at the partner."""
    return [item.key_hash for item in session.comparison.differences if item.key_hash not in session.state.names]


def is_equal(session: Session) -> bool:
    """Whether everything was compared and nothing differs."""
    return not session.comparison.questions and not session.comparison.differences


class NamedDifference(NamedTuple):
    """A record that differs: ``subject/key``, and whether each side has it at all."""

    record: str
    here: bool
    there: bool


def differences(session: Session) -> list[NamedDifference]:
    """The differing records by name."""
    told = dict(zip(unnamed(session), session.names or (), strict=False))
    return sorted(_named(session, told, item) for item in session.comparison.differences)


def _named(session: Session, told: dict[bytes, str], item: Difference) -> NamedDifference:
    name = session.state.names.get(item.key_hash) or told.get(item.key_hash) or item.key_hash.hex()
    return NamedDifference(name, item.here is not None, item.there is not None)


def with_statement(book: LogBook, session: Session) -> Session:
    """The session with a statement of equality, signed by us, for the partner to sign. Only when all is equal."""
    if not is_equal(session):
        raise refuse("P-digest", reason="not equal")
    text = statement_text(book.pairing.pairing_id, session.cut, session.state)
    return session._replace(statement=text, own_line=str(note.signature_line(text, book.identity.signer())))


def keep_statement(book: LogBook, text: str, own_line: str, line: str) -> SignedStatement:
    """Store a statement with both signature lines, verified. Raises ``A-…`` when the partner's does not hold."""
    data = (f"{text}\n{own_line}\n{line}\n").encode()
    note.verify_all(data, [book.own_keys().signer(), book.peer_keys().signer()])
    statement = SignedStatement(
        hash=note.text_hash(text),
        pairing_id=book.pairing.pairing_id,
        kind="equality",
        note=data,
        at=stamp(book.now),
    )
    book.store.put(statement)
    return statement


# --- the answering side ---------------------------------------------------------------------------------------


def answer(book: LogBook, question: DigestQuestion, cache: Cache) -> DigestQuestion:
    """The answer to one question. ``cache`` keeps the state of the last few sessions; it may be cleared at any time."""
    asked = _decoded(_ASK, question.content)
    told: msgspec.Struct
    try:
        match asked:
            case AskDigests():
                state = _cached(book, question.session, asked.cut, cache)
                told = ToldDigests(digest.answer(state.entries, asked.questions))
            case AskNames():
                names = _cached(book, question.session, asked.cut, cache).names
                told = ToldNames(tuple(names.get(key_hash, "") for key_hash in asked.key_hashes))
            case AskStatement():
                told = ToldStatement(_countersign(book, asked))
    except ProtocolError as error:
        told = ToldNot(error.code)
    return DigestQuestion(question.session, question.agreement, msgspec.msgpack.encode(told))


def _cached(book: LogBook, session_id: str, cut: Cut, cache: Cache) -> State:
    found = cache.get(session_id)
    if found is None or found[0] != cut:
        while len(cache) >= SESSIONS_KEPT_MAX:
            cache.pop(next(iter(cache)))
        found = (cut, state_at(book, cut))
        cache[session_id] = found
    return found[1]


SESSIONS_KEPT_MAX: Final = 2
"""States kept for partners that are comparing: each holds a hash and a name per record."""


def _countersign(book: LogBook, asked: AskStatement) -> str:
    block = parse_statement(asked.text)
    cut = Cut(block.first, block.second)
    if block.pairing != book.pairing.pairing_id or block.left_out:
        raise refuse("P-statement")
    if statement_text(block.pairing, cut, state_at(book, cut)) != asked.text:
        raise refuse("P-statement")
    book.check_line(1 - book.own_party, asked.text, asked.line)
    line = str(note.signature_line(asked.text, book.identity.signer()))
    keep_statement(book, asked.text, line, asked.line)
    return line


# --- the statement --------------------------------------------------------------------------------------------


def statement_text(pairing: str, cut: Cut, state: State) -> str:
    """The text of a statement of equality."""
    block = EqualityBlock(
        pairing=pairing,
        first=cut.first,
        second=cut.second,
        records=len(state.entries),
        digest=root_of(state),
    )
    return _rendered(block)


def _rendered(block: EqualityBlock) -> str:
    prose = [
        "对账一致声明",
        f"双方在下列日志位置上持有的共管记录共 {block.records} 条，逐条一致。",
        *(f"第一方日志：{epoch} 第 {size} 条止" for epoch, size in block.first),
        *(f"第二方日志：{epoch} 第 {size} 条止" for epoch, size in block.second),
        f"记录摘要：{block.digest}",
    ]
    return readable.compose("statement", prose, block)


def parse_statement(text: str) -> EqualityBlock:
    """The block of a statement's text. Raises ``S-note-type``, ``S-readable``."""
    block = readable.block_of("statement", text, EqualityBlock, "S-readable")
    if _rendered(block) != text:
        raise refuse("S-readable", reason="prose")
    return block


def _decoded(decoder: msgspec.msgpack.Decoder[Any], data: bytes) -> Any:
    try:
        return decoder.decode(data)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        raise refuse("S-bundle", part="question") from None
