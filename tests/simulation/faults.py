"""F1 to F46, the faults that a federation meets: by which names a run counts each, or where it is shown instead."""

from collections.abc import Mapping
from typing import Final

SIMULATED: Final[Mapping[str, tuple[str, ...]]] = {
    "F1 drop": ("loss",),
    "F2 duplicate, at once and months later": ("duplicate", "months_later"),
    "F3 reorder": ("reorder",),
    "F4 delay": ("delay", "late"),
    "F5 corrupt byte": ("corrupt", "reply_corrupt"),
    "F6 truncate": ("truncate",),
    "F7 one-way partition": ("partition_out", "partition_in", "partition_reply"),
    "F8 full partition, for months": ("partition_both", "partition", "months_of_silence"),
    "F10 reply lost after commit": ("reply_lost",),
    "F11 connection reset in the middle": ("reset",),
    "F12 proxy that caches, or answers with a page": ("reply_cached", "reply_html"),
    "F14 crash at every commit point": (
        "kill before-commit",
        "kill after-commit",
        "kill before-fence",
        "kill before-send",
        "kill after-receive",
        "kill after-send",
        "commit_unknown",
        "restart",
    ),
    "F15 killed during the sync": ("kill during-sync",),
    "F16 power loss with loss of what was not synced": (
        "power before-commit",
        "power during-sync",
        "power after-commit",
        "power before-fence",
        "power before-send",
        "power after-receive",
        "power after-send",
        "power_cut",
        "unsynced_commits_lost",
    ),
    "F16 between two transactions of one bundle": ("part of a bundle",),
    "F17 disk full": ("disk_full",),
    "F18 read-only disk": ("read_only",),
    "F19 bit rot in a stored message": ("misread",),
    "F20 clock jump": ("clock_jump",),
    "F22 two processes over one database": ("stale_process",),
    "F23 writer paused and resumed": ("stale_process",),
    "F24 old backup": ("restore", "restore_without_fence", "figures of a restore with a loss for ever"),
    "F24 before an agreement, before a resolution": (
        "restore from before an agreement",
        "restore from before a resolution",
    ),
    "F24 before an erasure": ("restore from before an erasure", "checked: forgotten"),
    "F24 before a rotation of keys": (
        "rotation",
        "rotation broken off",
        "restore from before a rotation, under a running process",
    ),
    "F25 old backup with its fence": ("restore_with_older_fence",),
    "F26 both partners put back": ("restore_of_both",),
    "F27 clone running twice": ("clone", "clone_works", "checked: two histories"),
    "F28 replica that lags": ("restore_under_a_running_process",),
    "F31 files twice, out of order, half-copied, renamed, at another node": (
        "carried_twice",
        "file_out_of_order",
        "half_copied",
        "to_the_wrong_node",
        "as_text",
    ),
    "F31 files months late, after the end, before what they follow": (
        "file_months_late",
        "file_after_the_end",
        "came before what it follows",
    ),
    "F32 forged signature": ("forged", "forged_head"),
    "F33 replay, to another pairing, direction, epoch": (
        "replayed",
        "replayed_to_another_pairing",
        "other_direction",
        "other_epoch",
    ),
    "F34 equivocation": (
        "checked: two histories",
        "two histories, the second one shorter",
        "two histories, the second one longer",
    ),
    "F36 what the agreement does not allow": ("rogue",),
    "F37 a key that was replaced, in the hands of a thief": (
        "stolen_status",
        "stolen_history",
        "stolen_receipt",
        "stolen_card",
        "proof after a rotation",
    ),
    "F38 lies in receipts": ("receipt_too_high", "receipt_for_another_root", "old_receipt"),
    "F39 withholding receipts": ("withholds_receipts",),
    "F40 false status": ("claims_less", "claims_more"),
    "F41 one id in two branches": ("id_in_two_branches",),
    "F42 reflection": ("reflected",),
    "F44 message that fails or kills": ("poison", "tried in vain", "held"),
    "F46 relay that drops, reorders, replays, swaps": (
        "relay_drops",
        "relay_reorders",
        "relay_replays",
        "relay_swaps",
    ),
}
"""Each of these names must have been counted over the seeds of the suite."""

ACTS: Final = ("release", "withdraw", "suspend", "propose_lifting", "answer_lifting", "opine", "end_period", "erase")
"""What people rarely do and must have done over the seeds of the suite, besides all that is drawn anyway."""

ELSEWHERE: Final[Mapping[str, tuple[str, ...]]] = {
    "F9 slow-loris": (
        "tests/node/peers/test_server.py::test_callers_who_let_their_bodies_drip_keep_nobody_out",
        "tests/node/peers/test_server.py::test_a_body_that_does_not_come_is_not_waited_for",
    ),
    "F13 address change, TLS replaced": (
        "tests/node/test_keyring.py::test_a_partner_that_moved_is_called_at_its_new_address_as_soon_as_it_has_called",
        "tests/node/test_keyring.py::"
        "test_a_partner_that_was_away_and_can_only_call_gets_through_by_the_certificate_that_it_knows",
    ),
    "F21 out of memory, too many files": (
        "tests/node/test_quarantine.py::test_what_the_machine_lacks_is_not_counted_against_a_message",
        "tests/node/test_door.py::"
        "test_of_too_many_those_that_said_nothing_for_longest_go_at_once_and_who_is_served_stays",
    ),
    "F29 backup during traffic": (
        "tests/node/test_backup.py::test_a_backup_in_the_middle_of_traffic_holds_whole_transactions",
    ),
    "F30 backup of an older version": (
        "tests/fixtures/test_fixtures.py::test_an_old_database_opens_holds_what_was_written_and_leaves_nothing_altered",
    ),
    "F35 malformed and oversized bytes": (
        "tests/hostile/test_bundles.py::test_a_bundle_that_lies_is_refused_whole",
        "tests/hostile/test_bundles.py::test_no_bytes_make_anything_but_a_refusal_by_code",
        "tests/hostile/test_attack.py::test_every_fault_of_a_partner_with_real_keys_has_a_case",
    ),
    "F37 revoked and weak keys": (
        "tests/protocol/test_keys.py::test_the_points_of_small_order_are_eight_and_none_is_enrolled",
        "tests/sync/exchange/test_revocations.py::test_from_the_moment_of_the_stop_nothing_is_taken_and_nothing_sent",
    ),
    "F41 flooding": (
        "tests/hostile/test_bundles.py::test_epochs_come_so_many_a_day",
        "tests/hostile/test_bundles.py::test_a_log_has_no_more_branches_than_a_message_can_list",
        "tests/hostile/test_messages.py::test_entries_in_one_record_have_an_end",
    ),
    "F45 stalled reconciliation": (
        "tests/protocol/test_digest.py::test_a_partner_that_invents_parts_for_ever_is_stopped",
        "tests/protocol/test_digest.py::test_a_chain_of_parts_that_never_becomes_records_ends_at_the_last_digit",
    ),
}
"""F43 (credit) does not exist here: no message of this protocol gives credit."""
