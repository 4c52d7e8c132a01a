"""``gongguan proof verify`` on a machine that has neither node: what it shows, and what it refuses."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from gongguan.protocol import card as cards
from gongguan.protocol import fork
from gongguan.protocol.messages.notice import NoticeGiven
from gongguan.sync.oversight import proofs
from tests.audit.cases import export, story
from tests.cli.machine import run
from tests.pairs import in_agreement, settle
from tests.protocol.committees import DESTINATION, ORIGIN, committee
from tests.sync.exchange.forked import two_histories
from tests.sync.offices import offices

PROOF, AUTHOR, PARTNER = "证明.tlog-proof", "发出方.card", "收到方.card"
HEAVY = ("aiohttp", "sqlalchemy", "alembic", "apscheduler", "xlsxwriter", "python_calamine", "gongguan.node.app")
NOTICE = NoticeGiven(topic="important_matter", title="转接提醒", text="请核对三月份流动党员名单。", on="2026-03-02")


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The three files that an officer hands to a third party, and a proof that has no receipt yet."""
    folder = tmp_path_factory.mktemp("proof")
    origin, destination, version = in_agreement()
    for name, with_receipt in ((PROOF, True), ("未收.tlog-proof", False)):
        sent = origin.write("notice.given", NOTICE, version=version)
        if with_receipt:
            settle(origin, destination)
        found = origin.act(
            lambda exchange, sent=sent: proofs.export(exchange.book(origin.pairing_id_in(exchange)), sent.id)  # type: ignore[misc]
        )
        assert found.received is with_receipt
        (folder / name).write_bytes(found.data)
    (folder / AUTHOR).write_bytes(found.author_card)
    (folder / PARTNER).write_bytes(found.partner_card)
    return folder


def verify(
    folder: Path, *more: str, proof: str = PROOF, author: str = AUTHOR, partner: str = PARTNER
) -> tuple[str, ...]:
    cards_of = ("--author", str(folder / author), "--partner", str(folder / partner))
    return ("proof", "verify", str(folder / proof), *cards_of, *more)


def test_it_says_what_was_written_by_whom_and_when_the_partner_had_it(files: Path) -> None:
    done = run(*verify(files))
    assert done.returncode == 0, done.stderr
    assert "notice.given（互通信息）" in done.stdout
    assert ORIGIN.card.title in done.stdout
    assert "请核对三月份流动党员名单。" in done.stdout
    assert "对方已于 2026-03-01 16:00:00 收到" in done.stdout  # China's time
    assert cards.fingerprint(ORIGIN.card_text) in done.stdout
    assert cards.fingerprint(DESTINATION.card_text) in done.stdout
    assert "收到不等于生效" in done.stdout


def test_without_a_receipt_it_says_so(files: Path) -> None:
    assert "没有对方回执" in run(*verify(files, proof="未收.tlog-proof")).stdout
    told = json.loads(run(*verify(files, "--json", proof="未收.tlog-proof")).stdout)
    assert told["received_at"] is None
    assert "No receipt" in run(*verify(files, "--lang", "en", proof="未收.tlog-proof")).stdout


def test_another_nodes_card_shows_no_receipt(files: Path) -> None:
    (files / "第三方.card").write_bytes(committee("stranger", "另一个党委").note)
    assert "没有对方回执" in run(*verify(files, partner="第三方.card")).stdout
    assert "P-proof" in run(*verify(files, author="第三方.card")).stderr


def test_json_gives_the_message_and_both_fingerprints(files: Path) -> None:
    told = json.loads(run(*verify(files, "--json")).stdout)
    assert told["kind"] == "notice.given"
    assert told["message"]["body"]["title"] == "转接提醒"
    assert told["received_at"] == "2026-03-01T08:00:00Z"
    assert told["partner"]["fingerprint"] == cards.fingerprint(DESTINATION.card_text)


def _one_sign_of_the_message(data: bytes) -> bytes:
    at = data.index(b"extra ") + 40
    return data[:at] + (b"A" if data[at : at + 1] != b"A" else b"B") + data[at + 1 :]


ALTERATIONS: list[tuple[str, Callable[[bytes], bytes]]] = [
    (PROOF, _one_sign_of_the_message),
    (PROOF, lambda data: data.replace(b"index ", b"index 1", 1)),
    (PROOF, lambda data: data[: len(data) // 2]),
    (PROOF, lambda data: b""),
    (AUTHOR, lambda data: data.replace("名称：".encode(), "名称：假".encode(), 1)),
    (AUTHOR, lambda data: data.replace(b'"serial":1', b'"serial":2', 1)),
    (PARTNER, lambda data: data[:-20] + b"AAAAAAAAAAAAAAAAAAA\n"),
]


@pytest.mark.parametrize(("name", "alter"), ALTERATIONS)
def test_an_altered_file_is_refused_by_name_with_the_next_step(
    files: Path, tmp_path: Path, name: str, alter: Callable[[bytes], bytes]
) -> None:
    for one in (PROOF, AUTHOR, PARTNER):
        (tmp_path / one).write_bytes((files / one).read_bytes())
    data = (tmp_path / name).read_bytes()
    assert alter(data) != data
    (tmp_path / name).write_bytes(alter(data))
    done = run(*verify(tmp_path))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("错误：")
    assert name in done.stderr
    assert "怎么办：" in done.stderr


@pytest.fixture(scope="module")
def fork_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What an officer exports of a partner that signed two histories, the second one shorter."""
    folder = tmp_path_factory.mktemp("fork")
    origin, destination = offices(agreed=True)
    two_histories(origin, destination)
    shown = destination.ask("干事", "proof.fork", peer="")
    for name, data in ((PROOF, shown.fork), (AUTHOR, shown.author_card), (PARTNER, shown.partner_card)):
        (folder / name).write_bytes(data)
    return folder


def test_two_histories_are_told_with_whose_they_are_and_which_card_shows_it(fork_files: Path) -> None:
    done = run(*verify(fork_files))
    assert done.returncode == 0, done.stderr
    assert f"{ORIGIN.card.title} 对同一份记录签了两种不同的历史" in done.stdout
    assert cards.fingerprint(ORIGIN.card_text) in done.stdout
    told = json.loads(run(*verify(fork_files, "--json")).stdout)
    assert (told["author"]["node_id"], told["size"]) == (ORIGIN.node_id, 3)
    swapped = run(*verify(fork_files, author=PARTNER, partner=AUTHOR))
    assert swapped.returncode == 1
    assert "A-no-known-signer" in swapped.stderr


def test_heads_of_one_history_are_no_evidence(fork_files: Path, tmp_path: Path) -> None:
    data = (fork_files / PROOF).read_bytes()
    first, _, path = fork.read(data)
    alike = fork.export(fork.ForkProof("", 0, (first, first), path))
    (tmp_path / "alike").write_bytes(alike)
    done = run(*verify(fork_files, proof=str(tmp_path / "alike")))
    assert done.returncode == 1
    assert "P-proof" in done.stderr


def test_a_missing_file_is_named(files: Path) -> None:
    done = run(*verify(files, author="没有.card"))
    assert done.returncode == 1
    assert "没有.card" in done.stderr


def test_it_loads_neither_server_nor_database(files: Path) -> None:
    program = (
        "import sys\nfrom gongguan.cli.program import run\n"
        f"assert run({list(verify(files))!r}) == 0\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"


def test_the_family_lists_it_beside_what_needs_a_node() -> None:
    told = run("proof", "--help").stdout
    assert "export" in told
    assert "verify" in told
    assert "--author" in run("proof", "verify", "--help").stdout


CASE, FIRST, SECOND = "案卷.gongguan-case", "甲方.card", "乙方.card"


@pytest.fixture(scope="module")
def case_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A member's case as the destination exports it, with the cards that came with it."""
    folder = tmp_path_factory.mktemp("case")
    told = story()
    found = export(told.destination, told.subject, told.agreement)
    (folder / CASE).write_bytes(found.data)
    for name, data in zip((FIRST, SECOND), found.cards, strict=True):
        (folder / name).write_bytes(data)
    return folder


def test_a_case_is_recognised_and_told_message_by_message(case_files: Path) -> None:
    done = run(*verify(case_files, proof=CASE, author=FIRST, partner=SECOND))
    assert done.returncode == 0, done.stderr
    assert "案卷成立" in done.stdout
    assert "双方签署的协议版本：2 个" in done.stdout
    assert "departure.notified（流动党员外出情况通报）" in done.stdout
    assert "对方不予受理：G-rule-points" in done.stdout
    assert "没有对方回执" in done.stdout
    assert cards.fingerprint(ORIGIN.card_text) in done.stdout
    assert "是否齐全" in done.stdout
    english = run(*verify(case_files, "--lang", "en", proof=CASE, author=SECOND, partner=FIRST)).stdout
    assert "The case holds." in english
    assert "refused by the partner: G-rule-points" in english


def test_json_of_a_case_lists_the_messages(case_files: Path) -> None:
    told = json.loads(run(*verify(case_files, "--json", proof=CASE, author=FIRST, partner=SECOND)).stdout)
    assert [party["title"] for party in told["parties"]] == [ORIGIN.card.title, DESTINATION.card.title]
    assert len(told["versions"]) == 2
    assert {item["author"] for item in told["messages"]} == {ORIGIN.node_id, DESTINATION.node_id}
    assert [item["refused"] for item in told["messages"] if item["refused"]] == ["G-rule-points"]


def test_an_altered_case_is_refused_with_the_next_step(case_files: Path, tmp_path: Path) -> None:
    for name in (FIRST, SECOND):
        (tmp_path / name).write_bytes((case_files / name).read_bytes())
    data = (case_files / CASE).read_bytes()
    (tmp_path / CASE).write_bytes(data.replace("巴特尔".encode(), "巴特乐".encode(), 1))
    done = run(*verify(tmp_path, proof=CASE, author=FIRST, partner=SECOND))
    assert (done.returncode, done.stdout) == (1, "")
    assert "证明不成立" in done.stderr
    assert CASE in done.stderr
