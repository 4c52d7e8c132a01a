"""What a partner may sign and send, and what an honest node makes of it: a refusal by code, and life goes on."""

from typing import Any

import pytest

from gongguan.protocol import agreement
from gongguan.protocol.bundle import SegmentPart
from gongguan.protocol.errors import ProtocolError
from gongguan.protocol.limits import (
    OUTCOMES_PER_BUNDLE_MAX,
    RECORD_ENTRIES_MAX,
    VERSIONS_KINDS_MAX,
)
from gongguan.protocol.messages.agreement import AgreementEnded, AgreementSuspended, LiftAnswered, LiftProposed
from gongguan.protocol.messages.conflict import ConflictAnswered, ConflictProposed
from gongguan.protocol.messages.exchange import VersionsAnnounced
from gongguan.protocol.messages.feedback import FeedbackGiven
from gongguan.protocol.messages.movement import RelocationReported, ReturnNotified
from gongguan.protocol.messages.notice import NoticeGiven
from gongguan.protocol.messages.score import ScoreReversed
from gongguan.sync.agreements.agreements import end_expired
from gongguan.sync.exchange import standing
from gongguan.sync.exchange.logbook import LogBook
from tests import pairs
from tests.hostile.facing import MEMBER, Facing
from tests.hostile.peer import BadPeer
from tests.pairs import Node


@pytest.fixture
def facing() -> Facing:
    return Facing()


NOT_ALLOWED = [
    ("not listed by the agreement", "G-kind-not-allowed", "service.offered", {"x": 1}, "P-kind-not-announced"),
    ("the origin's to say", "G-direction", "return.notified", ReturnNotified(ended_on="2026-09-01", reason="died"), ""),
    ("points over the rule", "G-rule-points", "score.contributed", pairs.score("v-1", 99), ""),
    ("a rule that nobody agreed", "G-rule-unknown", "score.contributed", pairs.score("v-1", 1, "singing"), ""),
    (
        "a date after the agreement's term",
        "G-outside-term",
        "relocation.reported",
        RelocationReported(place="990404", on="2031-01-01"),
        "",
    ),
    ("a day that no calendar has", "S-date", "relocation.reported", {"place": "990404", "on": "2026-02-31"}, ""),
    ("a body that is none", "S-message", "relocation.reported", {"place": "990404", "on": 3}, ""),
    (
        "a citation of nothing",
        "P-citation",
        "score.reversed",
        ScoreReversed(contribution="cc" * 16, reason="wrong_value"),
        "",
    ),
]


@pytest.mark.parametrize(("why", "code", "kind", "body", "instead"), NOT_ALLOWED, ids=[row[0] for row in NOT_ALLOWED])
def test_what_is_not_allowed_is_refused_by_a_signed_outcome_and_the_rest_goes_on(
    facing: Facing, why: str, code: str, kind: str, body: Any, instead: str
) -> None:
    facing.say(kind, body)
    position = len(facing.peer.logs[facing.peer.epoch]) - 1
    good = facing.say("feedback.given", FeedbackGiven(quarter="2026Q1", conduct="good"))
    assert facing.deliver() == 3
    (outcome,) = facing.outcomes()
    assert (outcome.epoch, outcome.index, outcome.outcome) == (facing.peer.epoch, position, "refused")
    assert outcome.code == (instead or code), why
    assert facing.verdict(good) == "accepted"
    assert facing.victim.record("feedback/2026Q1")["effective"]["conduct"] == "good"
    assert facing.is_sound()


def test_a_partner_cannot_claim_a_member_of_ours_as_its_own_by_not_having_seen_our_notice(facing: Facing) -> None:
    before = facing.victim.shared()
    del facing.peer.logs[facing.peer.epoch]
    old = next(iter(facing.peer.heard))
    before_our_notice = ((old, facing.peer.size_heard(old)),)
    facing.peer.open(seen=before_our_notice)
    claimed = facing.say("departure.notified", pairs.departure(), seen=before_our_notice)
    facing.deliver()
    assert facing.verdict(claimed) == "P-subject-side"
    assert facing.victim.shared() == before
    facing.write("return.notified", ReturnNotified(ended_on="2026-09-01", reason="returned"))


def test_an_id_of_ours_in_the_partners_mouth_is_a_reused_id(facing: Facing) -> None:
    ours = facing.write("score.contributed", pairs.score("v-1", 1))
    facing.hear()
    facing.say("score.contributed", pairs.score("v-2", 1), message_id=ours)
    facing.deliver()
    assert [outcome.code for outcome in facing.outcomes()] == ["P-id-reused"]
    facing.write("score.reversed", ScoreReversed(contribution=ours, reason="wrong_value"))
    assert facing.victim.record("score/2026/volunteering/v-1")["status"] == "withdrawn"


def test_the_same_id_with_other_bytes_is_refused_and_both_are_kept(facing: Facing) -> None:
    message_id = facing.say("score.contributed", pairs.score("v-1", 1))
    facing.say("score.contributed", pairs.score("v-1", 2), message_id=message_id)
    facing.deliver()
    kept = [item for item in facing.victim.log() if item.id == message_id]
    assert [item.verdict for item in kept] == ["accepted", "P-id-reused"]
    assert facing.victim.record("score/2026/volunteering/v-1")["effective"]["points"] == 1


@pytest.mark.parametrize("batch", [1, 3])
def test_a_duplicate_has_the_fate_of_the_first_however_the_messages_are_batched(facing: Facing, batch: int) -> None:
    """The first comes before what it cites and is refused. Its twin comes after, and may not be judged anew."""
    cited = facing.peer.hex()
    facing.say("score.reversed", ScoreReversed(contribution=cited, reason="wrong_value"))
    first = facing.peer.logs[facing.peer.epoch][-1]
    facing.say("score.contributed", pairs.score("v-1", 1), message_id=cited)
    facing.peer.add(first)
    for part in facing.peer.segments(step=batch):
        facing.victim.receive(facing.peer.pack([part]))
    assert facing.victim.record("score/2026/volunteering/v-1")["status"] == "single"
    twins = [item for item in facing.victim.log() if item.kind == "score.reversed"]
    assert [(item.verdict, item.effect) for item in twins] == [("P-citation", "applied"), ("P-citation", "duplicate")]


def _one_id_in_two_branches(facing: Facing, content: str) -> list[SegmentPart]:
    """The partner's log branches, and says one id in both, the second time behind something else."""
    parents, seen = facing.peer.heads(), facing.peer.seen()
    first = facing.peer.open(parents, seen=seen)
    twice = facing.say("relocation.reported", RelocationReported(place="990303", on="2026-04-01"), seen=seen)
    said = facing.peer.logs[first][-1]
    second = facing.peer.open(parents, seen=seen)
    facing.say("relocation.reported", RelocationReported(place="990404", on="2026-04-02"), seen=seen)
    if content == "same":
        facing.peer.add(said)
    else:
        other = RelocationReported(place="990505", on="2026-04-03")
        facing.say("relocation.reported", other, seen=seen, message_id=twice)
    return [facing.peer.segment(epoch) for epoch in (first, second)]


@pytest.mark.parametrize("how", ["one by one", "in one bundle"])
@pytest.mark.parametrize("content", ["same", "other"])
@pytest.mark.parametrize("order", [1, -1])
def test_one_id_in_two_branches_is_refused_whichever_comes_first(
    facing: Facing, content: str, how: str, order: int
) -> None:
    """Where it stands would be a matter of what came first, so a victim that was restored would have other records."""
    facing.deliver()
    first, second = _one_id_in_two_branches(facing, content)[::order]
    if how == "one by one":
        facing.victim.receive(facing.peer.pack([first]))
    before = facing.victim.log()
    with pytest.raises(ProtocolError, match="P-id-twice"):
        facing.victim.receive(facing.peer.pack([second] if how == "one by one" else [first, second]))
    assert facing.victim.log() == before
    assert facing.is_sound()


def test_a_victim_that_was_restored_takes_no_other_branch_beside_the_one_that_it_took_again(facing: Facing) -> None:
    facing.deliver()
    backup = facing.victim.database.snapshot()
    first, second = _one_id_in_two_branches(facing, "same")
    facing.victim.receive(facing.peer.pack([first]))
    before = facing.victim.shared()
    facing.victim.database.restore(backup)
    facing.victim.crash()
    facing.victim.act(lambda it: standing.begin_recovery(it.book(Node.pairing_id_in(it)), "fence"))
    for both in ([first, second], [second, first]):
        with pytest.raises(ProtocolError, match="P-id-twice"):
            facing.victim.receive(facing.peer.pack(both))
    facing.victim.receive(facing.peer.pack([first]))
    with pytest.raises(ProtocolError, match="P-id-twice"):
        facing.victim.receive(facing.peer.pack([second]))
    assert facing.victim.shared() == before
    assert facing.is_sound()


def test_an_id_of_ours_that_the_partner_says_not_to_have_seen_is_refused_too(facing: Facing) -> None:
    unseen = facing.peer.seen()
    ours = facing.write("score.contributed", pairs.score("v-1", 1))
    facing.hear()
    facing.say("score.contributed", pairs.score("v-2", 1), seen=unseen, message_id=ours)
    with pytest.raises(ProtocolError, match="P-id-twice"):
        facing.deliver()


def test_a_message_of_a_branch_may_be_repeated_behind_both(facing: Facing) -> None:
    """Whoever holds the repetition holds what it repeats, so it is a duplicate for everybody."""
    facing.deliver()
    (first, _) = _one_id_in_two_branches(facing, "same")
    facing.victim.receive(facing.peer.pack([first]))
    facing.peer.open([(first.epoch, len(first.messages))])
    facing.peer.add(first.messages[-1])
    facing.deliver()
    said = [item for item in facing.victim.log() if item.kind == "relocation.reported"]
    assert [(item.verdict, item.effect) for item in said] == [("accepted", "applied"), ("accepted", "duplicate")]


def test_a_resolution_acts_on_no_other_record_than_that_of_the_conflict_which_the_officer_saw(facing: Facing) -> None:
    for event in ("v-1", "v-2"):
        facing.write("score.contributed", pairs.score(event, 1))
    facing.hear()
    other = facing.say("score.contributed", pairs.score("v-1", 2), seen=facing.peer.seen())
    facing.deliver()
    conflict = facing.victim.record("score/2026/volunteering/v-1")["conflict"]
    body = ConflictProposed(conflict=conflict, record="score/2026/volunteering/v-2", candidates=(other,), chosen=other)
    proposed = facing.say("conflict.proposed", body)
    facing.deliver()
    facing.write("conflict.answered", ConflictAnswered(proposal=proposed, answer="accept"))
    assert facing.victim.record("score/2026/volunteering/v-2")["status"] == "single"
    assert facing.victim.record(f"conflict/{conflict}")["state"] == "open"


def test_entries_in_one_record_have_an_end(facing: Facing) -> None:
    ids = [facing.say("score.contributed", pairs.score("v-1", 1)) for _ in range(RECORD_ENTRIES_MAX + 5)]
    facing.deliver()
    verdicts = [facing.verdict(message_id) for message_id in ids]
    assert verdicts == ["accepted"] * RECORD_ENTRIES_MAX + ["P-record-full"] * 5
    facing.write("score.contributed", pairs.score("v-1", 1))
    assert facing.victim.record("score/2026/volunteering/v-1")["status"] == "agreed"


def test_announcements_have_an_end_and_the_last_one_counts(facing: Facing) -> None:
    kinds = tuple(f"{'a' * 60}@{number}" for number in range(1, VERSIONS_KINDS_MAX + 1))
    ids = [facing.peer.say("exchange.versions", VersionsAnnounced(kinds=kinds)) for _ in range(RECORD_ENTRIES_MAX)]
    facing.deliver()
    # One more is in the log from before.
    assert [facing.verdict(message_id) for message_id in ids[-2:]] == ["accepted", "P-record-full"]
    assert facing.is_sound()


def test_a_thousand_late_messages_rebuild_their_unit_once(facing: Facing) -> None:
    for number in range(50):
        facing.victim.write("notice.given", pairs.notice(str(number)), version=facing.version)
    facing.write("relocation.reported", RelocationReported(place="990303", on="2026-04-01"))
    for number in range(1000):
        facing.say("score.contributed", pairs.score(f"v-{number}", 1))
    rebuilt = []

    class Counting(LogBook):
        def rebuild(self, work: Any) -> None:
            rebuilt.append(work.row.name)
            super().rebuild(work)

    def take(exchange: Any) -> None:
        pairing_id = Node.pairing_id_in(exchange)
        book = exchange.book(pairing_id)
        book.__class__ = Counting
        exchange.receive(facing.peer.pack())

    facing.victim.act(take)
    assert rebuilt == [MEMBER]
    assert facing.is_sound()


def test_a_flood_of_bytes_that_are_no_message_is_stored_and_hardly_answered(facing: Facing) -> None:
    facing.peer.add(*(b"%d" % number for number in range(5000)))
    good = facing.say("notice.given", pairs.notice(), subject=None)
    assert facing.deliver() == 5002
    assert facing.verdict(good) == "accepted"
    assert len(facing.outcomes()) == OUTCOMES_PER_BUNDLE_MAX


def test_an_unknown_kind_and_a_raw_body_disturb_nothing(facing: Facing) -> None:
    ids = [
        facing.say("notice.given", {"anything": [1, {"deep": "x"}]}, kind_version=2),
        facing.say("survey.sent", {"anything": 1}),
        facing.say("epoch.opened", {"parents": [], "card": "ab" * 32, "reason": "start"}, version=None, subject=None),
    ]
    facing.deliver()
    assert [facing.verdict(message_id) for message_id in ids] == [
        "P-kind-not-announced",
        "P-kind-not-announced",
        "P-epoch",
    ]


def test_a_version_that_both_sign_after_an_ending_is_in_force(facing: Facing) -> None:
    facing.say("agreement.ended", AgreementEnded(reason="decided"), subject=None)
    late = facing.say("relocation.reported", RelocationReported(place="990404", on="2026-04-01"))
    facing.deliver()
    assert facing.verdict(late) == "G-ended"
    proposed = facing.victim.write(
        "agreement.proposed", pairs.proposal(facing.victim, 1, facing.version), version=facing.version
    )
    facing.hear()
    text = pairs.agreement_text(1, facing.version)
    facing.say(
        "agreement.answered", pairs.acceptance(facing.partner, proposed.id, text), version=facing.version, subject=None
    )
    facing.deliver()
    assert facing.victim.in_force() == agreement.version(text)
    facing.victim.write("notice.given", pairs.notice(), version=agreement.version(text))


def test_an_acceptance_arrives_although_the_partner_cannot_take_the_match_key() -> None:
    victim, partner = pairs.paired()
    peer = partner.act(BadPeer.taking_over)
    peer.open()
    peer.say("exchange.versions", VersionsAnnounced(kinds=("agreement.answered@1", "agreement.proposed@1")))
    victim.act(lambda exchange: exchange.announce(Node.pairing_id_in(exchange)))
    victim.receive(peer.pack())
    proposed = victim.write("agreement.proposed", pairs.proposal(victim))
    peer.hear(victim.compose())
    text = pairs.agreement_text()
    answer = pairs.acceptance(partner, proposed.id, text)
    peer.say("agreement.answered", answer, version=agreement.version(text))
    victim.receive(peer.pack())
    assert victim.in_force() == agreement.version(text)


def test_a_notice_full_of_what_databases_stumble_over_is_kept_or_refused_by_code(facing: Facing) -> None:
    odd = facing.peer.say("notice.given", NoticeGiven(topic="other", title="𠮷'; --", text="x", on="2026-03-01"))
    texts = ("\x00", "e\u0301", "\x01\x1f")
    ids = [
        facing.peer.say("notice.given", NoticeGiven(topic="other", title=text, text="x", on="2026-03-01"))
        for text in texts
    ]
    facing.deliver()
    assert facing.verdict(odd) == "G-none-cited"
    codes = [outcome.code for outcome in facing.outcomes()]
    assert codes == ["G-none-cited", "S-text", "S-text", "G-none-cited"]
    assert len(ids) == len(texts)


# --- an agreement that is suspended, or over --------------------------------------------------------------------------


def suspend(facing: Facing) -> str:
    """The victim suspends the agreement, and its partner hears of it."""
    body = AgreementSuspended(reason="terms_disputed")
    said = facing.victim.write("agreement.suspended", body, version=facing.version).id
    facing.hear()
    return said


def test_whoever_knows_of_a_suspension_is_refused_and_may_still_talk_about_lifting_it(facing: Facing) -> None:
    suspension = suspend(facing)
    refused = facing.say("feedback.given", FeedbackGiven(quarter="2026Q1", conduct="good"))
    lifting = facing.say("agreement.lift_proposed", LiftProposed(suspension=suspension), subject=None)
    facing.deliver()

    assert (facing.verdict(refused), facing.verdict(lifting)) == ("G-suspended", "accepted")
    assert [outcome.code for outcome in facing.outcomes()] == ["G-suspended"]
    assert facing.is_sound()


def test_whoever_denies_to_know_of_a_suspension_gains_nothing_by_it(facing: Facing) -> None:
    before = facing.peer.seen()
    suspend(facing)
    claimed = facing.say("feedback.given", FeedbackGiven(quarter="2026Q1", conduct="good"), seen=before)
    facing.deliver()

    assert facing.verdict(claimed) == "accepted"
    assert facing.victim.record(f"late/{claimed}")["shape"] == "late"
    assert not [key for _, key in facing.victim.shared() if key.startswith("feedback/")]
    assert facing.is_sound()


def test_nobody_lifts_a_suspension_for_the_other_or_by_answering_itself(facing: Facing) -> None:
    suspension = suspend(facing)
    proposed = facing.say("agreement.lift_proposed", LiftProposed(suspension=suspension), subject=None)
    body = LiftAnswered(proposal=proposed, answer="accept")
    answered = facing.say("agreement.lift_answered", body, subject=None)
    refused = facing.say("feedback.given", FeedbackGiven(quarter="2026Q1", conduct="good"))
    facing.deliver()

    assert facing.verdict(answered) != "accepted"
    assert facing.verdict(refused) == "G-suspended"
    assert facing.is_sound()


def test_an_ended_agreement_is_not_brought_back_by_suspending_and_lifting_it(facing: Facing) -> None:
    facing.say("agreement.ended", AgreementEnded(reason="decided"), subject=None)
    stopped = facing.say("agreement.suspended", AgreementSuspended(reason="other"), subject=None)
    refused = facing.say("feedback.given", FeedbackGiven(quarter="2026Q1", conduct="good"))
    facing.deliver()
    facing.hear()

    assert facing.verdict(refused) in ("G-ended", "G-suspended")
    assert facing.verdict(stopped)
    assert facing.is_sound()
    with pytest.raises(ProtocolError, match=r"G-ended|G-suspended"):
        facing.write("feedback.given", FeedbackGiven(quarter="2026Q1", conduct="good"))


def test_after_the_term_the_victims_clock_refuses_what_it_writes_and_not_what_it_hears(facing: Facing) -> None:
    pairs.later(facing.victim, 800)
    in_term = facing.say("relocation.reported", RelocationReported(place="990404", on="2026-05-01"))
    beyond = facing.say("relocation.reported", RelocationReported(place="990404", on="2028-05-01"))
    facing.deliver()

    assert (facing.verdict(in_term), facing.verdict(beyond)) == ("accepted", "G-outside-term")
    ended = facing.victim.act(end_expired)
    assert len(ended) == 1
    facing.hear()
    facing.peer.open()
    late = facing.say("relocation.reported", RelocationReported(place="990303", on="2026-05-02"))
    facing.deliver()
    assert facing.verdict(late) == "G-ended"
    assert facing.is_sound()
