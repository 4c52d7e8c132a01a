"""The auditor's own program: it shares nothing with ours, runs where ours cannot be imported, and agrees with it."""

import base64
import re
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from gongguan.protocol import canonical, case, log, merkle, proof, receipt
from gongguan.protocol import card as cards
from gongguan.protocol.errors import ProtocolError
from gongguan.sync.oversight import proofs
from gongguan.sync.records import CardNote, Unit
from tests import pairs
from tests.audit.alone import VERIFIER, only_cryptography, verify_alone
from tests.audit.cases import export, proofs_of, story
from tests.conformance.reading import KIT
from tests.pairs import Node
from tests.protocol.committees import DESTINATION, ORIGIN, STRANGER
from tests.simulation.plan import plan_of
from tests.simulation.world import World
from tests.sync.exchange.renewing import renew, rotation

CARDS: Final = ("甲.card", "乙.card")
CASE: Final = "案卷.gongguan-case"
PROOF: Final = "证明.tlog-proof"
SEEDS: Final = (1, 5, 8, 12, 18)
"""A handful of stormy runs: from scratch and under an agreement, with a clone and without, with refusals."""

Alter = Callable[[bytes], bytes]


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return only_cryptography(tmp_path_factory.mktemp("packages"))


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What an auditor is handed: two cards, a member's case, the proof of one message."""
    folder = tmp_path_factory.mktemp("export")
    told = story()
    (folder / CASE).write_bytes(export(told.destination, told.subject, told.agreement).data)
    received = [found for found in proofs_of(told.origin) if b'"kind":"admission.given"' in proof_message(found.data)]
    (folder / PROOF).write_bytes(received[0].data)
    write_cards(folder)
    return folder


def write_cards(folder: Path) -> None:
    for name, committee in zip(CARDS, (ORIGIN, DESTINATION), strict=True):
        (folder / name).write_bytes(committee.note)


def proof_message(data: bytes) -> bytes:
    return base64.b64decode(data.split(b"\n")[1].removeprefix(b"extra "))


def by_ours(data: bytes) -> str:
    """Our own verdict on a file: "" or the code of the refusal."""
    try:
        if case.is_case(data):
            case.verify(data, [ORIGIN.card, DESTINATION.card])
        else:
            author, partner = (ORIGIN.card, DESTINATION.card)
            if DESTINATION.node_id.encode() in data.partition(b"\n\n")[2].partition(b"\n")[0]:
                author, partner = partner, author
            proof.verify(data, proofs.keys_for(data, author, partner))
    except ProtocolError as error:
        return error.code
    return ""


def test_it_is_one_short_file_of_the_standard_library_and_cryptography() -> None:
    text = VERIFIER.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 200
    imported = {line.split()[1].partition(".")[0] for line in re.findall(r"^(?:import|from) .+", text, re.MULTILINE)}
    assert imported == {"base64", "json", "re", "sys", "datetime", "hashlib", "pathlib", "cryptography"}


def test_a_case_and_a_proof_hold_for_an_auditor_who_has_nothing_of_ours(packages: Path, files: Path) -> None:
    done = verify_alone(packages, *(files / name for name in (*CARDS, CASE, PROOF)))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("成立 holds") == 2
    for card in (ORIGIN, DESTINATION):
        assert f"{card.card.title} 核对码 fingerprint: {cards.fingerprint(card.card_text)}" in done.stdout
    assert "收到 received 2026-03-01 08:00:00+00:00" in done.stdout
    assert "无回执 no receipt" in done.stdout
    assert "exchange.outcome" in done.stdout
    assert "Received is not in effect" in done.stdout


def test_both_verifiers_find_the_same_messages(packages: Path, files: Path) -> None:
    done = verify_alone(packages, *(files / name for name in (*CARDS, CASE)))
    shown = case.verify((files / CASE).read_bytes(), [DESTINATION.card, ORIGIN.card]).messages
    theirs = re.findall(r" ([0-9a-f]{32}) \[([0-9a-f]{32}), (\d+)\] (无|收)", done.stdout)
    ours = [
        (item.value.id, item.epoch, str(item.index), "无" if item.received_at_s is None else "收") for item in shown
    ]
    assert theirs == ours


def test_cards_of_others_show_nothing(packages: Path, files: Path, tmp_path: Path) -> None:
    (tmp_path / "丙.card").write_bytes(STRANGER.note)
    for name in (CASE, PROOF):
        assert verify_alone(packages, files / CARDS[0], tmp_path / "丙.card", files / CASE).returncode == 1, name
    assert verify_alone(packages, files / CARDS[0], files / CARDS[0], files / CASE).returncode == 1
    assert verify_alone(packages, files / CARDS[0], files / CARDS[1]).returncode == 1


def test_of_a_proof_of_two_histories_it_says_that_it_did_not_look(packages: Path, files: Path) -> None:
    fork = KIT / "good" / "smaller.gongguan-fork"
    done = verify_alone(packages, *(files / name for name in CARDS), fork, files / CASE)
    assert done.returncode == 1
    assert "未核对 NOT checked" in done.stdout and "gongguan proof verify" in done.stdout
    assert "NOT hold" not in done.stdout and "成立 holds" in done.stdout


FORGED: Final = "x\x1b[2J\n成立 holds: 别的文件\u202e"


def signed_leaf(leaf: bytes, receipt_time_s: int | None = None) -> bytes:
    """The proof of whatever bytes the origin put into its own log, with a receipt of that time, if any."""
    origin = log.origin("ab" * 32, ORIGIN.node_id, "cd" * 16)
    head = log.sign_checkpoint(log.Checkpoint(origin, 1, merkle.leaf_hash(leaf)), ORIGIN.log_key)
    if receipt_time_s is not None:
        head = receipt.cosign(head, pairs.identity_of(DESTINATION).cosigner(), receipt_time_s)
    return proof.export(leaf, 0, [], head)


def test_what_an_author_signed_steers_no_terminal_and_forges_no_line(packages: Path, files: Path) -> None:
    """Nobody but this program looks at such a leaf: no node takes it for a message."""
    bad = files / "伪造.tlog-proof"
    bad.write_bytes(signed_leaf(canonical.encode({"body": FORGED, "id": FORGED, "kind": FORGED})))
    done = verify_alone(packages, *(files / name for name in CARDS), bad)
    assert done.stdout.count("\n成立 holds") == 1
    assert not {"\x1b", "\u202e"} & set(done.stdout)


def test_a_leaf_that_is_no_message_is_said_of_that_file_and_ends_nothing(packages: Path, files: Path) -> None:
    bad = files / "空.tlog-proof"
    bad.write_bytes(signed_leaf(b"{}"))
    done = verify_alone(packages, *(files / name for name in CARDS), bad, files / PROOF)
    assert (done.returncode, done.stderr) == (1, "")
    assert "不成立 does NOT hold" in done.stdout and "成立 holds" in done.stdout


def test_a_receipt_that_names_no_time_of_the_calendar_is_a_receipt_all_the_same(packages: Path, files: Path) -> None:
    """Else a partner could take the worth from its own receipts."""
    late = files / "迟.tlog-proof"
    message = proof_message((files / PROOF).read_bytes())
    late.write_bytes(signed_leaf(message, 2**52))
    done = verify_alone(packages, *(files / name for name in CARDS), late)
    assert (done.returncode, done.stderr) == (0, "")
    assert "收到 received 9999" in done.stdout


def one_sign(pattern: bytes) -> Alter:
    """Another sign at the end of the first match: a letter of the same alphabet, so that only its meaning changes."""

    def alter(data: bytes) -> bytes:
        found = re.search(pattern, data, re.DOTALL)
        assert found is not None, pattern
        at = found.end() - 1
        return data[:at] + (b"1" if data[at : at + 1] != b"1" else b"2") + data[at + 1 :]

    return alter


def without_line(part: bytes) -> Alter:
    return lambda data: b"".join(row for row in data.splitlines(True) if b'"part":"' + part not in row)


ALTERED_CASES: Final[dict[str, Alter]] = {
    "type line": one_sign(rb"gongguan case 1"),
    "agreement id": one_sign(rb'\{"agreement":"\w{4}'),
    "pairing id": one_sign(rb'"pairing":"\w{4}'),
    "subject": one_sign(rb'"part":"case","subject":"\w{4}'),
    "pairing record, prose": one_sign("经办人：".encode() + b"."),
    "pairing record, block": one_sign(rb'\\"compared_by\\":\\"t'),
    "pairing record, signature": one_sign(rb"compared_by.*?\\n\\n\xe2\x80\x94 \w+ [\w+/]{20}"),
    "card, title": one_sign(rb"gongguan card 1\\n.{12}"),
    "card, key": one_sign(rb'\\"log_key\\":\\"\w{4}'),
    "card, signature": one_sign(rb'\\"valid_from\\".*?\\n\\n\xe2\x80\x94 \w+ [\w+/]{20}'),
    "agreement, prose": one_sign(rb"gongguan agreement 1\\n.{12}"),
    "agreement, block": one_sign(rb'\\"valid_until\\":\\"20'),
    "agreement, signature": one_sign(rb'\\"valid_until\\".*?\\n\\n\xe2\x80\x94 \w+ [\w+/]{20}'),
    "checkpoint, origin": one_sign(rb'"note":"gongguan/1/\w{4}'),
    "checkpoint, size": one_sign(rb'"note":"gongguan/1/[^\\]+\\n\d'),
    "checkpoint, root": one_sign(rb'"note":"gongguan/1/[^\\]+\\n\d+\\n[\w+/]{4}'),
    "checkpoint, signature": one_sign(rb'"note":"gongguan/1/[^ ]+ [^ ]+ [\w+/]{20}'),
    "cosignature, time": one_sign(rb"/cosign [A-Za-z0-9+/]{12}(?=.*part.:.head)"),
    "cosignature": one_sign(rb"/cosign [A-Za-z0-9+/]{40}(?=[A-Za-z0-9+/=]*\\n\",\"part\":\"head)"),
    "head of a message": one_sign(rb'\{"head":\d'),
    "index of a message": one_sign(rb'"inclusion":\[[^\]]*\],"index":\d+'),
    "hash of a path": one_sign(rb'"inclusion":\["[\w+/]{4}'),
    "message": one_sign(rb'"message":"\{\\"agreement\\":\\"\w{4}'),
    "message, body": one_sign(rb'\\"points\\":\d'),
    "white space": lambda data: data.replace(b'"part"', b' "part"', 1),
    "cut short": lambda data: data[: len(data) // 2],
    "last line cut": lambda data: data[:-1],
    "no cards": without_line(b"card"),
    "no agreement": without_line(b"agreement"),
    "no heads": without_line(b"head"),
    "no pairing record": without_line(b"pairing"),
    "a message twice": lambda data: data + data.splitlines(True)[-1],
    "a message before the heads": lambda data: b"".join([*data.splitlines(True)[:2], data.splitlines(True)[-1]]),
}

ALTERED_PROOFS: Final[dict[str, Alter]] = {
    "type line": one_sign(rb"tlog-proof@v1"),
    "message": one_sign(rb"extra [\w+/]{20}"),
    "index": one_sign(rb"index \d"),
    "hash of the path": one_sign(rb"index \d+\n[\w+/]{4}"),
    "one hash less": lambda data: re.sub(rb"(index \d+\n)[^\n]+\n", rb"\1", data),
    "one hash more": lambda data: re.sub(rb"(index \d+\n)([^\n]+\n)", rb"\1\2\2", data),
    "checkpoint, origin": one_sign(rb"\n\ngongguan/1/\w{4}"),
    "checkpoint, size": one_sign(rb"\n\ngongguan/1/[^\n]+\n\d"),
    "checkpoint, root": one_sign(rb"\n\ngongguan/1/[^\n]+\n\d+\n[\w+/]{4}"),
    "checkpoint, signature": one_sign(rb"\xe2\x80\x94 gongguan/1/[^ ]+ [\w+/]{20}"),
    "cosignature, time": one_sign(rb"/cosign [A-Za-z0-9+/]{12}"),
    "cosignature": one_sign(rb"/cosign [A-Za-z0-9+/]{40}"),
    "cut short": lambda data: data[: len(data) // 2],
    "empty": lambda data: b"",
}

ALTERED_CARDS: Final[dict[str, Alter]] = {
    "prose": one_sign("名称：".encode() + b"."),
    "block": one_sign(rb'"serial":\d'),
    "key": one_sign(rb'"cosigning_key":"\w{4}'),
    "signature": one_sign(rb"\n\n\xe2\x80\x94 \w+ [\w+/]{20}"),
    "second signature": one_sign(rb"/cosign [\w+/]{20}"),
}


@pytest.mark.parametrize(
    ("name", "alterations"), [(CASE, ALTERED_CASES), (PROOF, ALTERED_PROOFS)], ids=["case", "proof"]
)
def test_neither_verifier_believes_an_altered_file(
    packages: Path, files: Path, tmp_path: Path, name: str, alterations: dict[str, Alter]
) -> None:
    """All altered files in one run of the auditor's program, which says of each that it does not hold."""
    sound = (files / name).read_bytes()
    believed = []
    for what, alter in alterations.items():
        altered = alter(sound)
        assert altered != sound, what
        (tmp_path / what.replace(" ", "_")).write_bytes(altered)
        if not by_ours(altered):
            believed.append(what)
    paths = sorted(tmp_path.iterdir())
    done = verify_alone(packages, *(files / card for card in CARDS), *paths)
    assert believed == []
    assert [path.name for path in paths if f"成立 holds: {path}\n" in done.stdout] == []
    assert done.stdout.count("不成立 does NOT hold: ") == len(paths)
    assert done.returncode == 1


@pytest.mark.parametrize("what", ALTERED_CARDS)
def test_an_altered_card_ends_it(packages: Path, files: Path, tmp_path: Path, what: str) -> None:
    altered = ALTERED_CARDS[what]((files / CARDS[0]).read_bytes())
    (tmp_path / CARDS[0]).write_bytes(altered)
    with pytest.raises(ProtocolError):
        cards.open_card(altered)
    done = verify_alone(packages, tmp_path / CARDS[0], files / CARDS[1], files / CASE)
    assert done.returncode == 1
    assert "名片不成立" in done.stderr
    assert "成立 holds" not in done.stdout


@pytest.mark.parametrize("seed", SEEDS)
def test_what_a_simulated_run_exports_passes_both(packages: Path, tmp_path: Path, seed: int) -> None:
    plan = plan_of(seed)
    assert plan.partners == 1
    world = World(plan)
    world.run()
    write_cards(tmp_path)
    paths = []
    for side, node in enumerate(world.nodes):
        for number, found in enumerate(proofs_of(node)):
            author, partner = cards.open_card(found.author_card)[0], cards.open_card(found.partner_card)[0]
            proof.verify(found.data, proofs.keys_for(found.data, author, partner))
            paths.append(tmp_path / f"{side}-{number}.tlog-proof")
            paths[-1].write_bytes(found.data)
        for number, (subject, agreement) in enumerate(units_of(node)):
            data = export(node, subject, agreement).data
            assert case.verify(data, [ORIGIN.card, DESTINATION.card]).messages
            paths.append(tmp_path / f"{side}-{number}.gongguan-case")
            paths[-1].write_bytes(data)
    assert [path for path in paths if path.suffix == ".gongguan-case"]
    done = verify_alone(packages, *(tmp_path / card for card in CARDS), *paths)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert done.stdout.count("成立 holds: ") == len(paths)


def units_of(node: Node) -> list[tuple[str, str]]:
    """(subject, agreement id) of every member of whom this node's shared records tell."""
    found = node.database.read(lambda store: store.find(Unit))
    return sorted((unit.name, unit.agreement) for unit in found if len(unit.name) == 32)


def test_the_two_sides_export_the_same_messages_of_a_member() -> None:
    """Whether something was left out shows by comparing both sides' cases."""
    told = story()
    held = []
    for node in (told.origin, told.destination):
        shown = case.verify(export(node, told.subject, told.agreement).data, [ORIGIN.card, DESTINATION.card])
        held.append({(item.author, item.epoch, item.index): item.data for item in shown.messages})
    here, there = held
    assert here.items() <= there.items()  # the last message has not arrived here yet
    assert len(there) == len(here) + 1


def test_a_case_says_what_was_refused_and_what_is_not_receipted_and_holds_no_other_member() -> None:
    told = story()
    shown = case.verify(export(told.destination, told.subject, told.agreement).data, [ORIGIN.card, DESTINATION.card])
    kinds = [(item.value.kind, item.refused, item.received_at_s is None) for item in shown.messages]
    assert ("score.contributed", "G-rule-points", False) in kinds
    assert kinds.count(("score.contributed", None, True)) == 1
    assert len(shown.versions) == 2
    assert shown.versions[0][0] == told.agreement
    assert {card.node_id for card in shown.cards} == {ORIGIN.node_id, DESTINATION.node_id}


# --- keys that were changed in between ------------------------------------------------------------------------


def rotated_story(folder: Path) -> tuple[Node, Node, str, str]:
    """A member's case over three rotations, the last message without a receipt; origin's view of the cards is in
    ``folder``: the last one has not reached the destination."""
    origin, destination, version = pairs.in_agreement(seed=5)
    member = pairs.subject(1)
    left = origin.write("departure.notified", pairs.departure(), version=version, subject=member)
    pairs.settle(origin, destination)
    renew(origin, rotation("second"))
    destination.write("admission.given", pairs.admission(left.id), version=version, subject=member, cause=left.id)
    pairs.settle(origin, destination)
    renew(destination, rotation("of the destination"))
    origin.write("score.contributed", pairs.score("01" * 16, 2), version=version, subject=member)
    pairs.settle(origin, destination)
    origin.write("score.contributed", pairs.score("02" * 16, 2), version=version, subject=member)
    renew(origin, rotation("third"))
    for name, node in zip(CARDS, (origin, destination), strict=True):
        (folder / name).write_bytes(b"".join(held.note for held in own_cards(node)))
    return origin, destination, member, version


def own_cards(node: Node) -> list[CardNote]:
    return node.database.read(lambda store: store.find(CardNote, node_id=node.identity.node_id, order=("serial",)))


def test_what_was_signed_before_a_rotation_is_proven_for_ever(packages: Path, tmp_path: Path) -> None:
    origin, destination, member, version = rotated_story(tmp_path)
    exported = export(origin, member, version)
    trusted = [card for data in exported.cards for card in cards.open_file(data)]
    assert [card.serial for card in trusted] == [1, 2, 3, 1, 2]
    assert len(case.verify(exported.data, trusted).messages) == 4
    paths = [tmp_path / CASE]
    paths[0].write_bytes(exported.data)
    there = export(destination, member, version)
    assert len(case.verify(there.data, [card for data in there.cards for card in cards.open_file(data)]).messages) == 3
    for number, found in enumerate(proofs_of(origin)):
        author, partner = cards.open_file(found.author_card), cards.open_file(found.partner_card)
        keys = proofs.keys_for(found.data, author[-1], partner[-1], [*author, *partner])
        assert proof.verify(found.data, keys).message
        paths.append(tmp_path / f"{number}.tlog-proof")
        paths[-1].write_bytes(found.data)
    done = verify_alone(packages, *(tmp_path / name for name in CARDS), *paths)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert done.stdout.count("成立 holds: ") == len(paths)


def test_a_head_by_a_stolen_retired_key_proves_nothing_without_a_receipt(packages: Path, tmp_path: Path) -> None:
    origin, destination, version = pairs.in_agreement(seed=6)
    thief = Node(origin.committee, seed=7)
    thief.database.restore(origin.database.snapshot())
    renew(origin, rotation("second"))
    pairs.settle(origin, destination)
    forged = thief.write("notice.given", pairs.notice("伪造"), version=version)
    found = thief.act(lambda exchange: proofs.export(exchange.book(pairs.Node.pairing_id_in(exchange)), forged.id))
    for name, node in zip(CARDS, (origin, destination), strict=True):
        (tmp_path / name).write_bytes(b"".join(held.note for held in own_cards(node)))
    author, partner = (cards.open_file((tmp_path / name).read_bytes()) for name in CARDS)
    with pytest.raises(ProtocolError) as caught:
        proof.verify(found.data, proofs.keys_for(found.data, author[-1], partner[-1], author))
    assert caught.value.code == "A-key-retired"
    (tmp_path / "forged.tlog-proof").write_bytes(found.data)
    done = verify_alone(packages, *(tmp_path / name for name in CARDS), tmp_path / "forged.tlog-proof")
    assert done.returncode == 1 and "不成立" in done.stdout


def test_cards_that_do_not_follow_one_another_are_refused_by_both(packages: Path, tmp_path: Path) -> None:
    origin, _, _ = pairs.in_agreement(seed=8)
    renew(origin, rotation("second"))
    renew(origin, rotation("third"))
    first, _, third = (held.note for held in own_cards(origin))
    write_cards(tmp_path)
    (tmp_path / CARDS[0]).write_bytes(first + third)
    with pytest.raises(ProtocolError) as caught:
        cards.open_file(first + third)
    assert caught.value.code == "A-card-chain"
    done = verify_alone(packages, *(tmp_path / name for name in CARDS), tmp_path / CARDS[0])
    assert done.returncode == 1 and "名片不成立" in done.stderr
