"""Every operation that only reads is asked about a member whom a partner without a node took in: what that partner is
said to have said is marked as entered by us wherever it stands, and nothing is shown as signed or agreed by two."""

from collections.abc import Iterator
from typing import Any, Final

import msgspec
import pytest

from gongguan.node.files.grids import grids_of
from gongguan.node.operations import every
from gongguan.protocol.errors import ProtocolError
from gongguan.sync.labels import labels_of
from gongguan.sync.records import PaperEntry
from tests.sync.offices import Office, member_id
from tests.sync.papers import alone, everything_said, with_paper_partner

SAID_THERE: Final = ("代录社区党支部", "代录员", "10000000077", "代录主题党日", "代录事", "10000000078", "990203")
"""Words that only the partner's statements hold."""

MARKS: Final = ("entered", "代录，", "无节点")
"""A code of ``sync/shared/provenance.py``, its words in texts, and the title of the partner."""

OF_TWO: Final = {
    "agreed",
    "双方一致",
    "signed",
    "对方节点签名",
    "receipted",
    "对方已签收",
    "双方已签署",
    "in_force",
    "both",
}
"""What is said of things that two nodes signed, or that a partner's node holds."""

ANSWERS: Final[dict[str, Any]] = {
    "quarter": "2026Q1",
    "year": 2026,
    "month": "2026-03",
    "on": "2026-03-01",
    "name": "巴特尔",
    "text": "",
    "since": "2026-01-01",
    "until": "2026-12-31",
    "kind": "reply_feedback",
}

ASKED_OTHERWISE: Final[dict[str, dict[str, Any]]] = {
    "agreement.duty": {"code": "A-43"},
    "movement.summary": {"year": 2026},
}
"""Where a field of the same name means something else."""

NOTHING_THERE: Final = frozenset(
    {
        # Things that a partner without a node never brings: its agreements, files, conflicts, held messages, studies.
        *("agreement.diff", "agreement.show", "attachment.save", "conflict.show", "quarantine.show", "study.show"),
        *("bundle.inspect", "joint.show", "peer.file", "probation.show"),
        # Things of this node alone, of which this one has none.
        *("activity.show", "care.show", "certificate.token", "education.show", "matter.show"),
        # The administrator's own.
        *("audit.list", "audit.verify", "staff.list"),
    }
)
"""What the scan cannot ask, since there is nothing to ask about."""

REFUSED: Final = {
    "bundle.export": "D-peer-on-paper",
    "proof.case": "D-nothing-signed",
    "proof.export": "D-nothing-signed",
    "proof.fork": "D-no-fork",
    "score.rules": "D-peer-on-paper",
}
"""What two nodes alone can give is refused."""


@pytest.fixture(scope="module")
def office() -> Office:
    """The member, everything that the partner said, and the same said by ourselves where both can."""
    found = alone()
    with_paper_partner(found)
    subject = everything_said(found)
    found.ask("干事", "entry.dues", subject=subject, month="2026-02", paid_on="2026-02-28")
    return found


def asked(office: Office, name: str) -> dict[str, Any]:
    """What to ask an operation with: its required fields, by what they are called."""
    (line,) = office.ask("干事", "movement.list").movements
    known = {
        **ANSWERS,
        "subject": line.subject,
        "person": line.subject,
        "member_id": member_id(1),
        "peer": office.ask("干事", "peer.list").peers[0].peer,
        "code": office.ask("干事", "letter.list").letters[0].code,
        "message": office.find(PaperEntry)[0].message,
    }
    known |= ASKED_OTHERWISE.get(name, {})
    return {label.name: known.get(label.name) for label in labels_of(every()[name].request) if label.required}


def rows_in(value: Any, above: str = "") -> Iterator[tuple[str, str]]:
    """(own scalar words of a record, those words with all around and above it) of every record of an answer."""
    if isinstance(value, dict):
        own = " ".join(str(item) for item in value.values() if isinstance(item, str | int))
        whole = f"{above} {' '.join(map(str, _scalars(value)))}"
        yield own, whole
        for item in value.values():
            yield from rows_in(item, f"{above} {own}")
    elif isinstance(value, list | tuple):
        for item in value:
            yield from rows_in(item, above)
    elif isinstance(value, bytes) and value[:2] == b"PK":
        for grid in grids_of(value, "表"):
            for row in grid.rows:
                words = " ".join(str(cell) for cell in row if cell is not None)
                yield words, f"{above} {words}"


READING: Final = sorted(name for name, operation in every().items() if operation.reads)


@pytest.mark.parametrize("name", READING)
def test_what_was_entered_is_marked_and_nothing_is_of_two(office: Office, name: str) -> None:
    try:
        answer = office.ask("干事", name, **asked(office, name))
    except ProtocolError as error:
        if name not in NOTHING_THERE:
            assert error.code == REFUSED.get(name), f"{name}: say how the scan is to ask it"
        return
    assert name not in REFUSED
    plain = msgspec.to_builtins(answer, builtin_types=(bytes,))
    unmarked = [
        own
        for own, whole in rows_in(plain)
        if any(word in own for word in SAID_THERE) and not any(mark in whole for mark in MARKS)
    ]
    assert unmarked == [], name
    values = {str(item) for item in _scalars(plain)}
    assert values & OF_TWO == set(), name


def _scalars(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        for item in value.values():
            yield from _scalars(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _scalars(item)
    else:
        yield value


def shows_what_was_said(office: Office, name: str) -> bool:
    """Whether words of the partner stand anywhere in the answer of an operation."""
    try:
        answer = office.ask("干事", name, **asked(office, name))
    except ProtocolError:
        return False
    plain = msgspec.to_builtins(answer, builtin_types=(bytes,))
    return any(word in own for own, _ in rows_in(plain) for word in SAID_THERE)


def test_the_scan_meets_the_partners_words_in_lists_documents_and_exports(office: Office) -> None:
    found = {name for name in READING if shows_what_was_said(office, name)}
    assert found >= {
        *("movement.list", "movement.show", "certificate.show", "entry.list", "officer.list", "activity.history"),
        *("letter.entered", "roster.outflow"),
    }


def test_the_scan_names_a_row_without_a_mark() -> None:
    planted = {"lines": [{"name": "巴特尔", "body": "代录社区党支部"}, {"body": "代录社区党支部", "source": "entered"}]}
    unmarked = [
        own for own, whole in rows_in(planted) if "代录社区" in own and not any(mark in whole for mark in MARKS)
    ]
    assert unmarked == ["巴特尔 代录社区党支部"]
