"""The bad partner in front of a real node on a real socket, beside an honest one that must not notice."""

from collections.abc import AsyncIterator
from io import BytesIO
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import pytest
import pytest_asyncio

from gongguan.node import schedule
from gongguan.node.keys import tls
from gongguan.node.operations.failure import Failure
from gongguan.protocol import agreement, messages, note
from gongguan.protocol.agreement_defaults import default_terms
from gongguan.protocol.messages.agreement import (
    AgreementAnswered,
    AgreementEnded,
    AgreementProposed,
    AgreementSuspended,
)
from gongguan.protocol.messages.exchange import VersionsAnnounced
from gongguan.protocol.messages.notice import NoticeGiven
from gongguan.protocol.terms import AgreementParty, Officer
from gongguan.sync.exchange.exchange import Exchange
from gongguan.sync.records import ForkEvidence, LogMessage, Pairing, SharedRecord
from tests import pairs
from tests.hostile.lies import LIES
from tests.hostile.peer import BadPeer
from tests.nodes import Running, copy_of, free_port, pair, prepare, running, say_something, until


class Scene:
    """A node with two partners: an honest one that runs, and one whose keys somebody has."""

    def __init__(self, victim: Running, honest: Running, peer: BadPeer) -> None:
        self.victim, self.honest, self.peer = victim, honest, peer
        self.version = ""

    async def post(self, data: bytes) -> str:
        """The code of the refusal, or "" when the bundle was taken; then the answer is heard."""
        pinned = aiohttp.Fingerprint(bytes.fromhex(tls.digest(self.victim.node.keys.tls_certificate)))
        url = f"https://127.0.0.1:{self.victim.port}/exchange/1"
        async with aiohttp.ClientSession() as session, session.post(url, data=BytesIO(data), ssl=pinned) as answer:
            body = await answer.read()
        if answer.status == 200:
            self.peer.hear(body)
            return ""
        return msgspec.json.decode(body, type=Failure).code

    async def deliver(self) -> str:
        return await self.post(self.peer.pack())

    async def verdicts(self, author: str) -> list[str]:
        """Of everything that this node wrote, as the victim keeps it."""

        def look(exchange: Exchange) -> list[str]:
            return [item.verdict for item in exchange.store.find(LogMessage, author=author)]

        return await self.victim.read(look)

    async def agree(self, until: str = "2099-12-31") -> None:
        """An agreement between the victim and the bad peer, proposed by the peer."""
        self.peer.open()
        text = await self._text(until)
        signature = str(note.signature_line(text, self.peer.identity.signer()))
        body = AgreementProposed(text=text, signature=signature, approval=pairs.APPROVAL)
        proposal = self.peer.say("agreement.proposed", body)
        assert await self.deliver() == ""
        self.version = agreement.version(text)

        def answer(exchange: Exchange) -> None:
            line = str(note.signature_line(text, exchange.identity.signer()))
            accepted = AgreementAnswered(proposal=proposal, answer="accept", signature=line, approval=pairs.APPROVAL)
            book = exchange.book(self.peer.pairing_id)
            book.write("agreement.answered", accepted, version=self.version)

        await self.victim.write(answer)
        assert await self.deliver() == ""

    async def say(self, kind: str, body: Any) -> str:
        """Of our own, as the bad peer says it; its verdict at the victim."""
        self.peer.say(kind, body, version=self.version)
        assert await self.deliver() == ""
        return (await self.verdicts(self.peer.identity.node_id))[-1]

    async def victim_writes(self, kind: str, body: Any) -> None:
        """Under the agreement with the bad peer, which does not hear of it yet."""
        pairing_id, version = self.peer.pairing_id, self.version
        await self.victim.write(lambda exchange: exchange.book(pairing_id).write(kind, body, version=version))

    async def reported(self) -> list[str]:
        """The codes that the victim signed about the bad peer's messages, in the order of its log."""

        def look(exchange: Exchange) -> list[str]:
            ours = exchange.identity.node_id
            found = exchange.store.find(LogMessage, author=ours, kind="exchange.outcome", order=("ordinal", "index"))
            return [messages.decode(item.data).body.code for item in found]

        return await self.victim.read(look)

    async def effects(self, kind: str) -> list[str]:
        """What the bad peer's messages of this kind came to, in the order of its log: counts, late, nothing."""

        def look(exchange: Exchange) -> list[str]:
            author = self.peer.identity.node_id
            found = exchange.store.find(LogMessage, author=author, kind=kind, order=("ordinal", "index"))
            keys = {record.key for record in exchange.store.find(SharedRecord)}
            counts = {item.id: any(key.endswith(item.id) for key in keys) for item in found}
            return ["late" if f"late/{one}" in keys else "counts" if counts[one] else "nothing" for one in counts]

        return await self.victim.read(look)

    async def _text(self, until: str) -> str:
        def party(title: str, node_id: str) -> AgreementParty:
            return AgreementParty(node_id=node_id, title=title, receiving_officers=(Officer(name="李明"),))

        def terms(exchange: Exchange) -> str:
            ours = exchange.book(self.peer.pairing_id).parties()
            named = (party("甲", ours[0]), party("乙", ours[1]))
            return agreement.render(default_terms(named, "2020-01-01", until))

        return await self.victim.read(terms)

    async def honest_traffic_flows(self) -> None:
        """The honest partner says something and the victim receipts it."""
        message_id = await say_something(self.honest)

        def arrived(exchange: Exchange) -> bool:
            found = exchange.store.find(LogMessage, author=self.honest.node.node_id, id=message_id)
            return bool(found)

        await until(lambda: self.victim.read(arrived))
        await until(self.honest.is_settled)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Path]:
    at = tmp_path_factory.mktemp("hostile")
    return (
        prepare(at / "victim", "origin", free_port()),
        prepare(at / "honest", "destination", free_port()),
        prepare(at / "bad", "destination", free_port(), callable_=False),
    )


@pytest_asyncio.fixture
async def scene(prepared: tuple[Path, Path, Path], tmp_path: Path) -> AsyncIterator[Scene]:
    folders = [copy_of(folder, tmp_path / folder.name) for folder in prepared]
    async with running(folders[0]) as victim, running(folders[1]) as honest:
        async with running(folders[2]) as bad:
            await pair(victim, bad)
            await until(bad.is_settled)
            peer = await bad.read(BadPeer.taking_over)
        await pair(victim, honest)
        scene = Scene(victim, honest, peer)
        await scene.honest_traffic_flows()
        yield scene


async def test_what_the_agreement_does_not_allow_comes_back_as_a_signed_outcome(scene: Scene) -> None:
    await scene.agree()
    before = len(await scene.verdicts(scene.peer.identity.node_id))
    member = pairs.subject(1, 1)
    late = NoticeGiven(topic="other", title="x", text="x", on="2100-01-01")
    scene.peer.say("departure.notified", pairs.departure(), version=scene.version, subject=member)
    wrong = [
        scene.peer.say("score.contributed", pairs.score("v-1", 99), version=scene.version, subject=member),
        scene.peer.say("admission.given", pairs.admission("ab" * 16), version=scene.version, subject=member),
        scene.peer.say("notice.given", late, version=scene.version),
        scene.peer.say("survey.sent", {"x": 1}, version=scene.version),
        scene.peer.say("notice.given", pairs.notice(), version="ab" * 32),
    ]
    scene.peer.say("notice.given", pairs.notice(), version=scene.version)
    assert await scene.deliver() == ""
    codes = ["G-rule-points", "P-citation", "G-outside-term", "P-kind-not-announced", "G-superseded"]
    verdicts = await scene.verdicts(scene.peer.identity.node_id)
    assert verdicts[before:] == ["accepted", *codes, "accepted"]

    def reported(exchange: Exchange) -> dict[str, str]:
        found = exchange.store.find(LogMessage, author=exchange.identity.node_id, kind="exchange.outcome")
        bodies = [messages.decode(item.data).body for item in found]
        return {body.message: body.code for body in bodies}

    assert await scene.victim.read(reported) == dict(zip(wrong, codes, strict=True))
    await scene.honest_traffic_flows()


async def test_under_a_suspended_agreement_only_what_leads_out_of_it_counts(scene: Scene) -> None:
    await scene.agree()
    await scene.victim_writes("agreement.suspended", AgreementSuspended(reason="terms_disputed"))
    heard = dict(scene.peer.heard)
    assert await scene.say("notice.given", pairs.notice("已知之前")) == "accepted", "it could not know yet"
    assert scene.peer.heard != heard
    assert await scene.say("notice.given", pairs.notice("已知之后")) == "G-suspended"
    assert await scene.effects("notice.given") == ["late", "nothing"]
    assert await scene.say("agreement.ended", AgreementEnded(reason="decided")) == "accepted"
    assert await scene.say("notice.given", pairs.notice("终止之后")) == "G-ended"
    assert await scene.reported() == ["G-suspended", "G-ended"]
    await scene.honest_traffic_flows()


async def test_a_partner_that_denies_the_end_of_the_term_is_told_so(scene: Scene) -> None:
    await scene.agree(until="2026-06-30")
    within = msgspec.structs.replace(pairs.notice(), on="2026-06-01")
    assert await scene.say("notice.given", within) == "accepted", "by the log alone nothing has ended yet"
    assert await scene.say("notice.given", msgspec.structs.replace(within, on="2026-07-01")) == "G-outside-term"
    await schedule.end_expired_agreements(scene.victim.node)
    assert await scene.say("notice.given", within) == "accepted", "it could not know yet"
    assert await scene.say("notice.given", within) == "G-ended"
    assert await scene.effects("notice.given") == ["counts", "nothing", "late", "nothing"]
    assert await scene.reported() == ["G-outside-term", "G-ended"]
    await scene.honest_traffic_flows()


async def test_every_lie_gets_its_code_over_http_and_the_honest_partner_does_not_notice(scene: Scene) -> None:
    scene.peer.open()
    scene.peer.say("exchange.versions", VersionsAnnounced(kinds=()))
    kept = scene.peer
    for lie, code in LIES:
        scene.peer = kept.again()
        assert await scene.post(lie(scene.peer)) == code, lie.__name__
    scene.peer = kept
    await scene.honest_traffic_flows()
    assert await scene.deliver() == ""


async def test_a_replay_and_a_reflection_change_nothing(scene: Scene) -> None:
    scene.peer.open()
    data = scene.peer.pack()
    assert await scene.post(data) == ""
    before = await scene.verdicts(scene.peer.identity.node_id)
    for _ in range(5):
        assert await scene.post(data) == ""
    own = (await scene.victim.read(lambda exchange: exchange.compose(scene.peer.pairing_id))).data
    assert await scene.post(own) == "P-not-this-pairing"
    assert await scene.verdicts(scene.peer.identity.node_id) == before


async def test_two_histories_freeze_this_pairing_and_no_other(scene: Scene) -> None:
    scene.peer.open()
    scene.peer.say("exchange.versions", VersionsAnnounced(kinds=()))
    assert await scene.deliver() == ""
    del scene.peer.logs[scene.peer.epoch][1]
    scene.peer.say("exchange.versions", VersionsAnnounced(kinds=("notice.given@1",)))
    await scene.deliver()

    def look(exchange: Exchange) -> tuple[int, dict[str, str]]:
        states = {item.peer: item.state for item in exchange.store.find(Pairing)}
        return exchange.store.count(ForkEvidence), states

    bad, honest = scene.peer.identity.node_id, scene.honest.node.node_id
    assert await scene.victim.read(look) == (1, {bad: "frozen", honest: "active"})
    assert await scene.deliver() == "P-pairing-not-active"
    await scene.honest_traffic_flows()
