"""What must hold, by name: what the simulation asks, and where each other one is shown."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

SIMULATED: Final = {
    "I1": "gapless: every position below an epoch's size is stored, at every commit",
    "I2": "chain: every signed head is the root of the bytes that are stored under it",
    "I3": "no equivocation: over all lives, restores and clones nothing is signed twice differently",
    "I4": "equivocation found: two histories end in a proof and a frozen pairing, nothing of the second is applied",
    "I5": "prefix: what a node holds of its partner is what the partner committed, byte for byte",
    "I6": "exactly once: no message stands twice in what was derived",
    "I7": "no loss: what either disk held when the storm was over, both hold at rest; an honest bundle is not refused",
    "I8": "receipt truth: a receipt is signed only over what its signer's disk holds, and holds it at rest",
    "I9": "receipt monotone: neither receipts nor verdicts go back",
    "I10": "order: a node that gets both logs in one piece, from nothing, derives the same",
    "I11": "convergence: at rest both nodes have the same records, verdicts and effects",
    "I12": "digest sound: a full comparison at rest finds nothing, and its statement is signed by both",
    "I13": "permission: what was accepted is allowed by the version that it cites, read from its bare text",
    "I14": "key at its position: what was not signed by the key in force is not taken, and what was taken verifies",
    "I15": "conflict symmetry: both name the same conflicts with the same candidates and provisional values",
    "I16": "closed by both: what resolves a record is a proposal by one and an acceptance by the other",
    "I17": "nothing discarded: whatever was accepted of a fact or a register stands in a record",
    "I18": "fresh epoch: an epoch is signed by the process that opened it only",
    "I19": "restore without silent loss: both hold the same of both logs, every branch is merged, the figures are true",
    "I20": "fence order: the fence says nothing that was not committed, and a kept one tells of every restore",
    "I22": "poison isolation: no message is tried more often than its bound, and none holds up another",
    "I25": "transport equal: as I10, through files in their text form, while the run used calls, relay and courier",
    "I26": "clock free: without the jumps of its clocks the same run derives the same records",
    "I28": "secrecy: outside of the nodes a bundle shows its header and nothing else",
    "I30": "total: whatever bytes arrive end in a value or a refusal",
    "I31": "forgotten: once the day has come nothing of an erased member is left on either disk, whatever was put back",
}
"""What is asked in every simulated run (I10, I12, I25 and I26 in a sample of them), each with a planted bug."""

ELSEWHERE: Final[Mapping[str, tuple[str, ...]]] = {
    "I21": (
        "tests/hostile/test_attack.py::"
        "test_every_case_has_its_code_an_honest_partner_talks_on_and_memory_stays_under_its_bound",
        "tests/node/peers/test_server.py::test_callers_who_let_their_bodies_drip_keep_nobody_out",
        "tests/sync/exchange/test_effort.py::test_whoever_owes_too_much_delays_nobody_else",
        "tests/sync/exchange/test_quota.py::test_messages_beyond_the_bound_are_refused_whole_and_taken_once_there_is_room",
    ),
    "I23": (
        "tests/sync/exchange/test_quota.py::test_receipts_get_through_alone_and_with_messages_that_do_not",
        "tests/sync/exchange/test_quota.py::test_the_end_of_an_agreement_gets_through_at_a_full_bound",
    ),
    "I24": (
        "tests/node/peers/test_delivery.py::test_a_wait_is_never_longer_than_its_bound_however_often_it_failed",
        "tests/node/peers/test_delivery.py::test_a_partner_that_stays_away_is_called_again_and_again",
        "tests/end_to_end/test_restores.py::test_after_an_old_copy_was_put_back_all_that_the_partner_has_comes_back",
    ),
    "I27": (
        "tests/node/staff/test_access.py::test_an_entry_that_is_altered_or_removed_is_named",
        "tests/sync/exchange/test_reconcile.py::test_a_message_altered_in_the_log_is_found_against_the_signed_head",
        "tests/sync/exchange/test_reconcile.py::test_a_record_removed_by_hand_is_named_although_one_side_cannot_know_its_name",
    ),
    "I29": (
        "tests/fixtures/test_fixtures.py::test_an_old_database_opens_holds_what_was_written_and_leaves_nothing_altered",
        "tests/fixtures/test_fixtures.py::test_old_bundles_unseal_and_their_status_is_signed",
        "tests/sync/exchange/test_held.py::test_a_kind_that_was_announced_and_is_not_known_any_more_waits_for_the_upgrade",
    ),
}
"""What concerns a shell that is not simulated: sockets, quotas in bytes, the chain of audit entries, old files."""


def is_a_test(place: str) -> bool:
    """Whether there is this test: a file from the root of the tree on, ``::``, the name of a function."""
    file, _, name = place.partition("::")
    path = Path(__file__).parent.parent.parent / file
    return name.startswith("test_") and path.exists() and f"def {name}(" in path.read_text(encoding="utf-8")


class Violation(Exception):
    """An invariant does not hold."""

    def __init__(self, invariant: str, detail: str) -> None:
        super().__init__(f"{invariant}: {detail}")
        self.invariants: tuple[str, ...] = (invariant,)


class Violations(Violation):
    """Several at once."""

    def __init__(self, found: Sequence[tuple[str, str]]) -> None:
        super().__init__(found[0][0], "; ".join(f"{name} {detail}" for name, detail in found))
        self.invariants = tuple(name for name, _ in found)
