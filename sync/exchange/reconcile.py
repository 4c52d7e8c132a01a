"""Reconciliation (对账): do both nodes hold the same, and if not, in which records do they differ?

Both sides see their records at one *cut*, the heads of both logs, and compare digests of ranges (protocol/digest.py):
one round when all is equal. Differences are named by record. Same cut and not equal means that a table left its logs on
one of the two nodes: ``sync/exchange/verification.py`` says on which.

*Quick* comparison believes the digests that both nodes keep (sync/exchange/ranges.py): it costs the same for a
thousand records and a million, and finds what differs by our own doing. *Full* comparison reads and hashes every
value on both sides, so it also finds what somebody changed with a database tool. Only after a full one both sign one
*statement of equality*.

The asking side is a ``Session``, a value that goes from question to told answer; the answering side keeps nothing but
a cache. Both only read; what has to be written is handed out. Questions and answers travel inside bundles, so this
works by file too::

    session = begin(book, session_id, full=True)
    while (question := ask(session)) is not None:
        session = proceed(book, session, told(question))       # a book of a snapshot, each time
"""

import hashlib
from collections.abc import Iterable, Mapping, MutableMapping
from typing import Annotated, Any, Final, NamedTuple

import msgspec

from gongguan.protocol import digest, note, readable
from gongguan.protocol.bundle import DigestQuestion
from gongguan.protocol.causality import Head
from gongguan.protocol.digest import Answer, Comparison, Difference, KeyHash, Question, Summary
from gongguan.protocol.errors import ProtocolError, refuse
from gongguan.protocol.limits import DIGEST_QUESTIONS_MAX
from gongguan.protocol.messages.envelope import Hash, Hex32
from gongguan.sync.act import stamp
from gongguan.sync.exchange import erasure, folding, ranges
from gongguan.sync.exchange.held import DISPUTED
from gongguan.sync.exchange.logbook import LogBook
from gongguan.sync.exchange.ranges import Fresh, Scan, StoredRanges
from gongguan.sync.exchange.values import unit_id
from gongguan.sync.exchange.verification import AGREEMENTS, agreements_of, altered_texts, folded
from gongguan.sync.records import LogMessage, SharedRecord, SignedStatement, Task, Unit
from gongguan.sync.store import Store

Heads = Annotated[
    tuple[tuple[Hex32, Annotated[int, msgspec.Meta(ge=1, le=2**53 - 1)]], ...], msgspec.Meta(max_length=8)
]
RecordName = Annotated[str, msgspec.Meta(max_length=400)]


LeftOut = Annotated[tuple[RecordName, ...], msgspec.Meta(max_length=100)]
"""Names ``scope/unit`` of units whose state at the cut is open, sorted."""


class Cut(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """Heads of the first-named party's log and of the other's."""

    first: Heads
    second: Heads


class AskDigests(msgspec.Struct, frozen=True, tag="digests", forbid_unknown_fields=True):
    """How does the other side have these ranges at the cut? ``full``: by the values, not by digests that it keeps.

    ``left_out``: units that do not count.
    """

    cut: Cut
    questions: Annotated[tuple[Question, ...], msgspec.Meta(max_length=DIGEST_QUESTIONS_MAX)]
    full: bool = False
    left_out: LeftOut = ()


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
    left_out: LeftOut = ()


class State(NamedTuple):
    """This node's shared records of a pairing at a cut. ``folded``: key hash → name of those that rows do not show."""

    ranges: StoredRanges
    folded: Mapping[bytes, str]
    summary: Summary


class Session(NamedTuple):
    """A reconciliation under way on the asking side.

    ``scan``: every value as it was read at the beginning (None: quick). ``here``: digest and count of our records.
    ``names``: names of differing records. ``line``: the partner's signature, when it gave it. ``left_out``: units held
    or disputed at the cut.
    """

    id: str
    scope: str
    cut: Cut
    scan: Scan | None
    here: Summary
    comparison: Comparison
    fresh: Fresh
    names: Mapping[bytes, str] = {}
    asked_names: bool = False
    statement: str = ""
    own_line: str = ""
    line: str = ""
    left_out: LeftOut = ()


Cache = MutableMapping[str, tuple[Cut, Scan]]


# --- the state at a cut ---------------------------------------------------------------------------------------


def cut_now(book: LogBook) -> Cut:
    """The heads of both logs as this node holds them."""
    own, partner = book.heads(own=True), book.heads(own=False)
    return Cut(own, partner) if book.own_party == 0 else Cut(partner, own)


def left_out_at(book: LogBook, cut: Cut) -> LeftOut:
    """Units with messages held at the cut, and those on which our verdict and the partner's differ, by name."""
    found = book.held.units_held(book.memory.lineage.closure((*cut.first, *cut.second)))
    for task in book.store.find(Task, state="open", kind=DISPUTED):
        if task.agreement in agreements_of(book):
            found.add((str(task.agreement), task.subject or "agreement"))
    return tuple(sorted(f"{scope}/{name}" for scope, name in found))


def state_at(book: LogBook, cut: Cut, scan: Scan | None = None, left_out: LeftOut = ()) -> State:
    """The records at a cut: table rows of units untouched since, the others folded from the messages inside.

    ``scan`` is what ``scan_at`` gave for the same cut. Raises ``P-cut-ahead`` when messages inside the cut are missing
    here. Costs what was touched since the cut and what changed since digests were last kept, not the number of records.
    """
    heads = _held_heads(book, cut)
    changes, names = _folded_at(book, heads, left_out)
    if scan is None:
        found = StoredRanges.brought_up(book.store, book.pairing.pairing_id)
        found.overlay(changes)
    else:
        found = StoredRanges(book.store, book.pairing.pairing_id, scan.nodes)
        found.overlay({**scan.altered, **changes}, refresh=False)
    return State(found, names, found.summary(""))


def scan_at(book: LogBook, cut: Cut, left_out: LeftOut = ()) -> Scan:
    """All values read and hashed, as digests of the state at a cut: costs one pass over all records."""
    pairing_id = book.pairing.pairing_id
    changes, _ = _folded_at(book, _held_heads(book, cut), left_out)
    scan = ranges.scanned(book.store, pairing_id, [pairing_id, *agreements_of(book)])
    book.reread += book.store.count(SharedRecord) // RECORDS_PER_MESSAGE
    found = StoredRanges(book.store, pairing_id, scan.nodes)
    texts = _altered_texts(book)
    found.overlay(scan.altered, refresh=False)
    found.overlay({**changes, **texts})
    return Scan(found.nodes, {**scan.altered, **texts})


def _altered_texts(book: LogBook) -> dict[bytes, bytes | None]:
    """An agreement text that was altered by hand, shown as a difference of the record of what both have signed."""
    altered = "".join(item.text for item in altered_texts(book))
    at = ranges.key_hash(unit_id(book.pairing.pairing_id, "pairing"), AGREEMENTS)
    return {at: hashlib.sha256(altered.encode()).digest()} if altered else {}


def _held_heads(book: LogBook, cut: Cut) -> tuple[Head, ...]:
    heads = (*cut.first, *cut.second)
    for epoch, size in heads:
        row = book.epochs.get(epoch)
        if row is None or row.size < size:
            raise refuse("P-cut-ahead", epoch=epoch, size=size)
    if erasure.is_later(book, book.memory.lineage.closure(heads)):
        raise refuse("P-cut-ahead", reason="erased")
    if book.held.rows and book.held.is_held_later(book.memory.lineage.closure(heads)):
        raise refuse("P-cut-ahead", reason="held")
    return heads


def _folded_at(
    book: LogBook, heads: tuple[Head, ...], left_out: LeftOut
) -> tuple[dict[bytes, bytes | None], dict[bytes, str]]:
    """Units touched since these heads, as they were: key hash → version hash (None: not there), and names."""
    changes: dict[bytes, bytes | None] = {}
    names: dict[bytes, str] = {}
    inside = book.memory.lineage.closure(heads)
    open_units = {book.envelope_unit(scope, unit) for scope, _, unit in (name.partition("/") for name in left_out)}
    touched = _touched_since(book, heads) | (book.held.units_changed(inside) if book.held.rows else set())
    held = book.held.at_cut(inside)
    for unit in sorted(touched | open_units):
        row = book.store.get(Unit, unit)
        before = folded(folding.placed_at(book, unit, held)) if unit not in open_units else {}
        changes.update((at, None) for at in _places_now(book, unit))
        for key, value in before.items():
            at = ranges.key_hash(unit, key)
            changes[at] = hashlib.sha256(value).digest()
            names[at] = f"{row.name}/{key}" if row is not None else key
    return changes, names


def _places_now(book: LogBook, unit: bytes) -> Iterable[bytes]:
    return (ranges.key_hash(unit, key) for (key,) in book.store.pick(SharedRecord, ("key",), unit=unit))


def _touched_since(book: LogBook, heads: tuple[Head, ...]) -> set[bytes]:
    inside = book.memory.lineage.closure(heads)
    touched: set[bytes] = set()
    for row in book.epochs.values():
        size = inside.size(row.epoch)
        if size < row.size:
            later = book.store.find(LogMessage, ordinal=row.ordinal, index__ge=size)
            book.reread += len(later)
            touched.update(message.unit for message in later if message.unit is not None)
    return touched


def _names(book: LogBook, state: State, key_hashes: Iterable[bytes]) -> dict[bytes, str]:
    """``subject/key`` of those of these records that we have."""
    wanted = set(key_hashes)
    names = {at: state.folded[at] for at in wanted if at in state.folded}
    entries = map(state.ranges.entry, sorted(wanted - names.keys()))
    for unit in sorted({entry[1] for entry in entries if entry is not None}):
        for subject, key in book.store.pick(SharedRecord, ("subject", "key"), unit=unit):
            at = ranges.key_hash(unit, key)
            if at in wanted:
                names.setdefault(at, f"{subject}/{key}")
    return names


# --- the asking side ------------------------------------------------------------------------------------------


def begin(book: LogBook, session_id: str, *, full: bool = True) -> Session:
    """A reconciliation of a whole pairing at the cut of now. Reads only; ``Session.fresh`` may be kept afterwards."""
    cut = cut_now(book)
    left_out = left_out_at(book, cut)
    scan = scan_at(book, cut, left_out) if full else None
    state = state_at(book, cut, scan, left_out)
    comparison, pairing_id = digest.begin(state.ranges), book.pairing.pairing_id
    fresh = state.ranges.fresh
    return Session(session_id, pairing_id, cut, scan, state.summary, comparison, fresh, left_out=left_out)


def ask(session: Session) -> DigestQuestion | None:
    """What to ask next; None when there is nothing left to ask."""
    content: msgspec.Struct
    unknown = unnamed(session)
    if session.comparison.questions:
        content = AskDigests(session.cut, session.comparison.questions, session.scan is not None, session.left_out)
    elif unknown and not session.asked_names:
        content = AskNames(session.cut, tuple(unknown[:DIGEST_QUESTIONS_MAX]))
    elif session.statement and not session.line:
        content = AskStatement(session.statement, session.own_line)
    else:
        return None
    return DigestQuestion(session.id, session.scope, msgspec.msgpack.encode(content))


def proceed(book: LogBook, session: Session, told: DigestQuestion) -> Session:
    """The session after the partner's answer. Reads only. Raises ``P-digest``, ``P-cut-ahead``, ``S-bundle``."""
    if told.session != session.id:
        raise refuse("P-digest", reason="another session")
    answer = _decoded(_TOLD, told.content)
    match answer:
        case ToldDigests():
            return _after_digests(book, session, answer.answers)
        case ToldNames():
            told_names = zip(unnamed(session), answer.names, strict=False)
            names = {**session.names, **{at: name for at, name in told_names if name}}
            return session._replace(names=names, asked_names=True)
        case ToldStatement():
            return session._replace(line=answer.line)
        case ToldNot():
            raise refuse("P-cut-ahead" if answer.code == "P-cut-ahead" else "P-digest", reason=answer.code)
    raise refuse("P-digest", reason="unknown answer")


def _after_digests(book: LogBook, session: Session, answers: tuple[Answer, ...]) -> Session:
    if [item.summary for item in answers] == [item.summary for item in session.comparison.questions]:
        # All of it is equal: nothing of ours has to be looked at.
        return session._replace(comparison=digest.proceed([], session.comparison, answers))
    state = state_at(book, session.cut, session.scan, session.left_out)
    comparison = digest.proceed(state.ranges, session.comparison, answers)
    names = session.names
    if not comparison.questions:
        names = _names(book, state, (item.key_hash for item in comparison.differences))
    return session._replace(comparison=comparison, names=names)


def unnamed(session: Session) -> list[bytes]:
    """Key hashes of differing records that exist only at the partner."""
    return [item.key_hash for item in session.comparison.differences if item.key_hash not in session.names]


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
    return sorted(_named(session, item) for item in session.comparison.differences)


def _named(session: Session, item: Difference) -> NamedDifference:
    name = session.names.get(item.key_hash) or item.key_hash.hex()
    return NamedDifference(name, item.here is not None, item.there is not None)


def with_statement(book: LogBook, session: Session) -> Session:
    """The session with a statement of equality, signed by us, for the partner to sign.

    Only when all values were compared and are equal; raises ``P-digest`` otherwise.
    """
    if not is_equal(session) or session.scan is None:
        raise refuse("P-digest", reason="not equal")
    text = statement_text(book.pairing.pairing_id, session.cut, session.here, session.left_out)
    return session._replace(statement=text, own_line=str(note.signature_line(text, book.identity.signer())))


def keep_statement(book: LogBook, text: str, own_line: str, line: str) -> SignedStatement:
    """Store a statement with both signature lines, verified. Raises ``A-…`` when the partner's does not hold."""
    statement = _signed_by_both(book, text, own_line, line)
    book.store.put(statement)
    return statement


def _signed_by_both(book: LogBook, text: str, own_line: str, line: str) -> SignedStatement:
    data = (f"{text}\n{own_line}\n{line}\n").encode()
    note.verify_all(data, [book.own_keys().signer(), book.peer_keys().signer()])
    return SignedStatement(
        hash=note.text_hash(text),
        pairing_id=book.pairing.pairing_id,
        kind="equality",
        note=data,
        at=stamp(book.now),
    )


# --- the answering side ---------------------------------------------------------------------------------------


class Answered(NamedTuple):
    """What to tell, and what to write before it is told: ``keep`` does. Told without it, nothing wrong is said."""

    told: DigestQuestion
    statement: SignedStatement | None = None
    fresh: Fresh | None = None

    @property
    def is_to_be_kept(self) -> bool:
        """Whether there is anything to write."""
        return self.statement is not None or (self.fresh is not None and bool(self.fresh.nodes or self.fresh.marks))


def keep(store: Store, answered: Answered) -> None:
    """Write what an answer left: the statement that we signed, digests brought up to date."""
    if answered.statement is not None:
        store.put(answered.statement)
    if answered.fresh is not None:
        ranges.keep(store, answered.fresh)


def answer(book: LogBook, question: DigestQuestion, cache: Cache) -> Answered:
    """The answer to one question. Reads only, so that it keeps no writer waiting.

    ``cache`` keeps the values read for the last few sessions; it may be cleared at any time.
    """
    asked = _decoded(_ASK, question.content)
    told: msgspec.Struct
    statement: SignedStatement | None = None
    fresh: Fresh | None = None
    try:
        match asked:
            case AskDigests():
                scan = _scan(book, question.session, asked.cut, cache, asked.left_out) if asked.full else None
                state = state_at(book, asked.cut, scan, asked.left_out)
                fresh = state.ranges.fresh
                told = ToldDigests(digest.answer(state.ranges, asked.questions))
            case AskNames():
                state = state_at(book, asked.cut, _cached(question.session, asked.cut, cache))
                names = _names(book, state, asked.key_hashes)
                told = ToldNames(tuple(names.get(key_hash, "") for key_hash in asked.key_hashes))
            case AskStatement():
                statement, line = _countersign(book, question.session, asked, cache)
                told = ToldStatement(line)
    except ProtocolError as error:
        told = ToldNot(error.code)
    content = msgspec.msgpack.encode(told)
    return Answered(DigestQuestion(question.session, question.agreement, content), statement, fresh)


def _cached(session_id: str, cut: Cut, cache: Cache) -> Scan | None:
    found = cache.get(session_id)
    return found[1] if found is not None and found[0] == cut else None


def _scan(book: LogBook, session_id: str, cut: Cut, cache: Cache, left_out: LeftOut) -> Scan:
    found = _cached(session_id, cut, cache)
    if found is None:
        found = scan_at(book, cut, left_out)
        for old in list(cache)[: max(0, len(cache) + 1 - SESSIONS_KEPT_MAX)]:
            cache.pop(old, None)
        cache[session_id] = (cut, found)
    return found


RECORDS_PER_MESSAGE: Final = 16
"""To read and hash so many values costs what reading one message again does."""
SESSIONS_KEPT_MAX: Final = 2
"""Scans kept for partners that are comparing: 3 MB each for a million records."""


def _countersign(book: LogBook, session_id: str, asked: AskStatement, cache: Cache) -> tuple[SignedStatement, str]:
    """Our signature under a statement, after a look at every value."""
    block = parse_statement(asked.text)
    cut = Cut(block.first, block.second)
    if block.pairing != book.pairing.pairing_id or not set(left_out_at(book, cut)) <= set(block.left_out):
        raise refuse("P-statement")
    # The partner may leave out more than we know of: what it disputes.
    state = state_at(book, cut, _scan(book, f"{session_id} sign", cut, cache, block.left_out), block.left_out)
    if statement_text(block.pairing, cut, state.summary, block.left_out) != asked.text:
        raise refuse("P-statement")
    note.verify(f"{asked.text}\n{asked.line}\n".encode(), [book.peer_keys().signer()])
    line = str(note.signature_line(asked.text, book.identity.signer()))
    return _signed_by_both(book, asked.text, line, asked.line), line


# --- the statement --------------------------------------------------------------------------------------------


def statement_text(pairing: str, cut: Cut, held: Summary, left_out: LeftOut = ()) -> str:
    """The text of a statement of equality."""
    block = EqualityBlock(
        pairing=pairing,
        first=cut.first,
        second=cut.second,
        records=held.records,
        digest=held.digest.hex(),
        left_out=left_out,
    )
    return _rendered(block)


def _rendered(block: EqualityBlock) -> str:
    prose = [
        "对账一致声明",
        f"双方在下列日志位置上持有的共管记录共 {block.records} 条，逐条一致。",
        *(f"第一方日志：{epoch} 第 {size} 条止" for epoch, size in block.first),
        *(f"第二方日志：{epoch} 第 {size} 条止" for epoch, size in block.second),
        f"记录摘要：{block.digest}",
        *(f"未计入（有暂存消息或有争议）：{name}" for name in block.left_out),
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
