"""The bugs: what each breaks, where it goes, and which tests must notice.

``breaks`` is an invariant (I1 to I30), a commit point of ``node/commits.py`` or a rule in words. An edit replaces a
text that occurs exactly once in its file; ``test_canaries.py`` sees to it that it still does.
"""

from typing import Final, NamedTuple


class Edit(NamedTuple):
    """In this file, this text becomes that."""

    file: str
    old: str
    new: str


class Canary(NamedTuple):
    """One bug. ``killers``: what pytest is asked to run."""

    name: str
    breaks: str
    edits: tuple[Edit, ...]
    killers: tuple[str, ...]


def _one(name: str, breaks: str, file: str, old: str, new: str, *killers: str) -> Canary:
    return Canary(name, breaks, (Edit(file, old, new),), killers)


SUCCESSION: Final = (
    Canary(
        "a newer card is replaced by an older one in a bundle",
        "I14",
        (
            Edit(
                "protocol/card.py",
                "    if new.node_id == old.node_id and new.serial <= old.serial:\n",
                "    if False:\n",
            ),
            Edit(
                "protocol/card.py",
                "    if new.node_id != old.node_id or new.previous != note.text_hash(render(old)):\n",
                "    if False:\n",
            ),
        ),
        ("tests/sync/test_succession.py",),
    ),
    _one(
        "a rotation without the key before",
        "I14",
        "protocol/card.py",
        "    note.verify_all(data, [keys_of(old).signer()])\n",
        "",
        "tests/sync/test_succession.py",
    ),
    _one(
        "what a retired key signs is applied",
        "I14",
        "protocol/session.py",
        '        raise refuse("A-key-retired", node_id=state.peer.node_id)\n',
        "        return parsed.text\n",
        "tests/sync/test_succession.py",
    ),
    _one(
        "own bytes under a stolen retired key come back",
        "I14",
        "sync/succession.py",
        "    if segment.log_key == book.identity.log.public or book.pairing.recovering:\n",
        "    if True:\n",
        "tests/sync/test_succession.py",
    ),
    _one(
        "a retired key comes in force again",
        "I14",
        "protocol/card.py",
        "        if before and getattr(new, kind) != before[-1] and getattr(new, kind) in before:\n",
        "        if False:\n",
        "tests/sync/test_succession.py",
    ),
    _one(
        "the key file is written after the commit",
        "after-commit",
        "node/keyring.py",
        "        keyfiles.keep(self._folder, self.keys, fresh)\n",
        "",
        "tests/node/test_keyring.py",
    ),
    _one(
        "a stopped partner is listened to",
        "I13",
        "sync/revocations.py",
        "    book.store.put(book.pairing)\n",
        "",
        "tests/sync/test_revocations.py",
    ),
)

LOGS: Final = (
    _one(
        "positions are skipped",
        "I1",
        "sync/logbook.py",
        "        self.set_row(msgspec.structs.replace(row, size=row.size + 1, lamport=placed.lamport))\n",
        "        gap = row.size % 5 == 4\n"
        "        self.set_row(msgspec.structs.replace(row, size=row.size + 1 + gap, lamport=placed.lamport))\n",
        "tests/sync/test_exchange.py",
    ),
    _one(
        "no root check",
        "I2",
        "protocol/session.py",
        "    if frontier.root() != checkpoint.root:\n",
        "    if False:\n",
        "tests/protocol/test_session.py",
    ),
    _one(
        "an epoch goes on after its process",
        "I18",
        "sync/logbook.py",
        "        if self.memory.head is None:\n            return None\n        epoch, size = self.memory.head\n",
        "        if self.memory.head is None:\n"
        "            own = [row for row in self.epochs.values() if row.own]\n"
        "            return max(own, key=lambda row: row.ordinal).epoch if own else None\n"
        "        epoch, size = self.memory.head\n",
        "tests/node/test_sequencer.py",
    ),
    _one(
        "a head outlives a commit that failed",
        "I3",
        "node/sequencer.py",
        "            self._memory.forget_heads(unknown_commit=unknown)\n",
        "            self._memory.roll_back(turn.touched)\n",
        "tests/node/test_sequencer.py",
    ),
    _one(
        "two histories are not noticed",
        "I4",
        "protocol/session.py",
        "        return _fork(state, part, origin, key)\n",
        "        return None\n",
        "tests/protocol/test_session.py",
    ),
    _one(
        "a fork freezes nothing",
        "I4",
        "sync/exchange.py",
        'book.pairing = msgspec.structs.replace(book.pairing, state="frozen")',
        "book.pairing = msgspec.structs.replace(book.pairing)",
        "tests/hostile/test_bundles.py",
    ),
    _one(
        "gaps are taken",
        "I5",
        "protocol/session.py",
        "    if part.start > held.size:\n",
        "    if False:\n",
        "tests/protocol/test_session.py",
    ),
    _one(
        "nothing is known already",
        "I6",
        "sync/intake.py",
        "            known.setdefault(row.id, row)\n",
        "            pass\n",
        "tests/hostile/test_messages.py",
    ),
    _one(
        "a used id may be used again",
        "I6",
        "sync/intake.py",
        "return twin.verdict if twin.leaf_hash == leaf else REUSED",
        "return twin.verdict",
        "tests/hostile/test_messages.py",
    ),
    _one(
        "a receipt counts for all that was written",
        "I7",
        "sync/logbook.py",
        "row = msgspec.structs.replace(row, receipted=size, receipt=event.note)",
        "row = msgspec.structs.replace(row, receipted=row.size, receipt=event.note)",
        "tests/sync/test_exchange.py",
    ),
    _one(
        "the last receipt counts, not the largest",
        "I9",
        "sync/logbook.py",
        "        if size <= row.receipted:\n            return False\n",
        "",
        "tests/simulation/test_seeds.py",
    ),
    _one(
        "a receipt for another root is believed",
        "I8",
        "sync/logbook.py",
        "        if note.parse(segment.head).text != event.checkpoint.text():\n",
        "        if False:\n",
        "tests/hostile/test_bundles.py",
    ),
    _one(
        "records by order of arrival",
        "I10",
        "sync/logbook.py",
        "            work.stale = work.stale or (key < work.last and placed.message.kind not in INDEPENDENT)\n",
        "",
        "tests/hostile/test_messages.py",
        "tests/simulation/test_seeds.py",
    ),
    _one(
        "what comes late is folded at its old place once more",
        "I11",
        "sync/logbook.py",
        "        placed = sorted(folding.placed_in(self, work.row.unit), key=Placed.order_key)\n        fresh",
        "        placed = list(folding.placed_in(self, work.row.unit))\n        fresh",
        "tests/simulation/test_seeds.py",
    ),
    _one(
        "order by the wall clock",
        "I26",
        "sync/fold.py",
        "        return OrderKey(self.lamport, self.party, self.epoch, self.position)\n",
        "        clock = int(''.join(filter(str.isdigit, self.message.at)))\n"
        "        return OrderKey(clock, self.party, self.epoch, self.position)\n",
        "tests/sync/test_exchange.py",
    ),
    _one(
        "the closure leaves the parents out",
        "causality",
        "protocol/causality.py",
        "        below = self.closure(listed)\n",
        "        below = self.closure(())\n",
        "tests/protocol/test_causality.py",
    ),
    _one(
        "seen may name what was never written",
        "causality",
        "sync/intake.py",
        '        if row is None or not row.own or row.size < size:\n            raise refuse("P-causality"',
        '        if row is None or not row.own:\n            raise refuse("P-causality"',
        "tests/hostile/test_bundles.py",
    ),
    _one(
        "seen may go back",
        "causality",
        "sync/intake.py",
        "    if not now_seen.includes(lineage.closure(before)):\n",
        "    if False:\n",
        "tests/hostile/test_bundles.py",
    ),
    _one(
        "seen need not be receipted",
        "causality",
        "sync/standing.py",
        "        if size > max(row.receipted, row.returned):\n",
        "        if False:\n",
        "tests/hostile/test_bundles.py",
    ),
    _one(
        "an epoch may continue where nothing was signed",
        "causality",
        "sync/intake.py",
        "        if signed is None or log.Checkpoint.parse(note.parse(signed.head).text).root.hex() != root:\n",
        "        if False:\n",
        "tests/hostile/test_bundles.py",
    ),
)

VERDICTS: Final = (
    _one(
        "the agreement permits everything",
        "I13",
        "sync/verdict.py",
        "    gate.permits(message, role)\n",
        "",
        "tests/sync/test_verdict.py",
    ),
    _one(
        "an ending counts before it was known",
        "verdict from the past alone",
        "sync/knowledge.py",
        "item.version == version and past.covers(item.epoch, item.position) for item in self._endings",
        "item.version == version for item in self._endings",
        "tests/sync/test_endings.py",
    ),
    _one(
        "anybody takes back an entry",
        "withdrawal by its author",
        "sync/verdict.py",
        '        frozenset({"certificate.life_entered", "certificate.dues_entered"}), "author"\n',
        '        frozenset({"certificate.life_entered", "certificate.dues_entered"}), "either"\n',
        "tests/sync/test_verdict.py::test_an_entry_is_taken_back_by_whoever_made_it_and_nobody_else",
    ),
    _one(
        "one's own proposal can be accepted",
        "I16",
        "protocol/decision.py",
        "    if proposal.party == party:\n",
        "    if False:\n",
        "tests/protocol/test_decision.py",
    ),
    _one(
        "a proposal closes the conflict",
        "I16",
        "sync/fold.py",
        '    return _decision_changes("conflicts", view._replace(proposals=(*view.proposals, proposal)))\n',
        '    changes = _decision_changes("conflicts", view._replace(proposals=(*view.proposals, proposal)))\n'
        "    return {**changes, **_resolved(records, placed, proposal)}\n",
        "tests/sync/test_conflicts.py",
    ),
    _one(
        "an acceptance needs no signature",
        "I16",
        "sync/verdict.py",
        "    grounds.check_line(past.own.heads[0][0], agreement.render(known.gate.terms), body.signature)\n",
        "",
        "tests/sync/test_verdict.py",
    ),
    _one(
        "a proposal needs no signature",
        "I16",
        "sync/verdict.py",
        "        grounds.check_line(past.own.heads[0][0], body.text, body.signature)\n",
        "",
        "tests/sync/test_verdict.py",
        "tests/hostile/test_messages.py",
    ),
    _one(
        "a conflict is named by who came last",
        "I15",
        "sync/fold.py",
        "        name = conflict_id(category, agreement, key, previous)\n",
        '        name = conflict_id(category, agreement, key, previous + str(contenders[-1]["party"]))\n',
        "tests/sync/test_conflicts.py::test_a_conflict_keeps_its_name_whoever_adds_a_candidate",
    ),
    _one(
        "a conflict keeps only what counts",
        "I17",
        "sync/fold.py",
        '            for entry in sorted(contenders, key=lambda entry: str(entry["id"]))\n',
        '            for entry in contenders if entry["id"] == chosen["id"]\n',
        "tests/sync/test_conflicts.py",
    ),
    _one(
        "a member of ours can be claimed",
        "I13",
        "sync/verdict.py",
        "        if giver(message.subject) != party:\n",
        "        if False:\n",
        "tests/hostile/test_messages.py",
    ),
    _one(
        "what was not announced is sent",
        "I29",
        "sync/verdict.py",
        "    if name not in grounds.knowledge.of(past, party).understood:\n",
        "    if False:\n",
        "tests/sync/test_verdict.py",
    ),
    _one(
        "an unknown kind is dropped",
        "I29",
        "sync/intake.py",
        "    return UNKNOWN\n",
        '    return ""\n',
        "tests/sync/test_held.py",
    ),
    _one(
        "poison is tried once more than allowed",
        "I22",
        "sync/held.py",
        "        return self._tried().get(position, 0) >= POISON_ATTEMPTS_MAX\n",
        "        return self._tried().get(position, 0) > POISON_ATTEMPTS_MAX\n",
        "tests/sync/test_held.py::test_a_message_that_fails_three_times_is_held_and_the_rest_of_the_log_goes_on",
    ),
    _one(
        "unknown is absent",
        "unknown is unknown",
        "sync/ledger.py",
        'state = "confirmed_absent" if known else "unknown"',
        'state = "confirmed_absent"',
        "tests/sync/test_ledger.py",
    ),
    _one(
        "each side has its own cap",
        "caps hold for both together",
        "sync/ledger.py",
        "            room = _room(rules[entry.rule].year_cap, per_rule.get(entry.rule, 0))\n",
        "            side = entry.rule + entry.witnesses\n"
        "            room = _room(rules[entry.rule].year_cap, per_rule.get(side, 0))\n"
        "            per_rule[side] = per_rule.get(side, 0) + min(entry.points, room)\n",
        "tests/sync/test_ledger.py",
    ),
)

KEYS_AND_BYTES: Final = (
    _one(
        "weak keys are enrolled",
        "keys",
        "protocol/keys.py",
        "    if point is None or _is_identity(point) or not _is_identity(_times(_ORDER, point)):\n",
        "    if point is None:\n",
        "tests/protocol/test_keys.py",
    ),
    _one(
        "a receipt on a text that is no head",
        "keys serve one purpose",
        "protocol/receipt.py",
        "    signed = note.parse(checkpoint_note)\n    Checkpoint.parse(signed.text)\n",
        "    signed = note.parse(checkpoint_note)\n",
        "tests/protocol/test_receipt.py",
    ),
    _one(
        "a text serves for another type",
        "keys serve one purpose",
        "protocol/note.py",
        '    if expected not in TYPES or text.partition("\\n")[0] != f"gongguan {expected} 1":\n',
        "    if expected not in TYPES:\n",
        "tests/protocol/test_note.py",
    ),
    _one(
        "a status without signature",
        "I14",
        "protocol/session.py",
        "bundle.parse_status(_signed_text(state, opened.payload.status))",
        "bundle.parse_status(note.parse(opened.payload.status).text)",
        "tests/hostile/test_bundles.py",
    ),
    _one(
        "a status of another bundle",
        "I14",
        "protocol/session.py",
        "    if named != (header.pairing, header.sender, header.recipient, header.bundle):\n",
        "    if False:\n",
        "tests/protocol/test_session.py",
    ),
    _one(
        "a status beside another rest",
        "I14",
        "protocol/session.py",
        "    if status.rest != bundle.rest_digest(opened.payload):\n",
        "    if False:\n",
        "tests/protocol/test_session.py",
        "tests/hostile/test_bundles.py",
    ),
    Canary(
        "a header moves to another payload",
        "I28",
        (
            Edit("protocol/bundle.py", "recipient.seal(MAGIC + line, ", "recipient.seal(MAGIC, "),
            Edit("protocol/bundle.py", "key.open(data[:start], ", "key.open(MAGIC, "),
        ),
        ("tests/protocol/test_bundle.py",),
    ),
    _one(
        "an older card is taken",
        "I14",
        "sync/pairings.py",
        "        if held.serial > card.serial:\n",
        "        if False:\n",
        "tests/sync/test_pairings.py",
    ),
    _one(
        "a bomb unfolds",
        "I21",
        "protocol/bundle.py",
        "        plain = engine.decompress(data, BUNDLE_BYTES_MAX + 1)\n",
        "        plain = engine.decompress(data)\n",
        "tests/protocol/test_bundle.py::test_a_bomb_takes_no_more_memory_than_the_bound",
    ),
    _one(
        "a message of any size",
        "I21",
        "protocol/messages/envelope.py",
        "    if len(data) > MESSAGE_BYTES_MAX:\n"
        '        raise refuse("R-too-large", bytes=len(data), limit=MESSAGE_BYTES_MAX)\n'
        "    received",
        "    received",
        "tests/protocol/test_messages.py",
        "tests/hostile/test_messages.py",
    ),
    _one(
        "a segment of any length",
        "I21",
        "sync/logbook.py",
        "        if segment and (len(segment) >= SEGMENT_MESSAGES_MAX or size",
        "        if segment and (size",
        "tests/sync/test_exchange.py::test_what_is_longer_than_a_segment_travels_in_several",
    ),
    _one(
        "texts in any normal form",
        "one value, one text",
        "protocol/messages/envelope.py",
        '    if "\\\\u0000" in text or not unicodedata.is_normalized("NFC", text):\n',
        '    if "\\\\u0000" in text:\n',
        "tests/protocol/test_messages.py",
    ),
    _one(
        "a message in another spelling",
        "one value, one text",
        "protocol/messages/envelope.py",
        "    elif _ENCODER.encode(message) != data:\n",
        "    elif False:\n",
        "tests/protocol/test_messages.py",
    ),
    _one(
        "duplicate keys",
        "one value, one text",
        "protocol/canonical.py",
        "    if len(value) != len(pairs):\n",
        "    if False:\n",
        "tests/protocol/test_canonical.py",
    ),
    _one(
        "a library's own error comes through",
        "I30",
        "protocol/bundle.py",
        "    except zlib.error:\n",
        "    except KeyError:\n",
        "tests/protocol/test_bundle.py",
    ),
    _one(
        "two histories below the newest head are not noticed",
        "I4",
        "sync/standing.py",
        "    if held is None or note.parse(held.head).text == note.parse(event.head).text:\n",
        "    if True:\n",
        "tests/hostile/test_bundles.py::test_two_histories_are_found_below_the_newest_head_too",
    ),
)

RESTORE_AND_EQUALITY: Final = (
    _one(
        "what comes back begins no recovery",
        "I19",
        "sync/exchange.py",
        '            standing.begin_recovery(book, "shown")\n',
        "            pass\n",
        "tests/sync/test_restores.py",
    ),
    _one(
        "an old answer ends a recovery",
        "I19",
        "sync/exchange.py",
        "answers is None or not answers.startswith(recovery) or standing.is_behind",
        "answers is None or standing.is_behind",
        "tests/sync/test_restores.py",
    ),
    _one(
        "the fence is not compared",
        "I20",
        "node/fence.py",
        "            if item is None or item.size < size or (item.size == size and item.root != root):\n",
        "            if False:\n",
        "tests/node/test_fence.py",
    ),
    _one(
        "the fence goes back",
        "I20",
        "node/fence.py",
        '    if item.size >= marks.get(item.epoch, (0, ""))[0] and item.size > 0:\n',
        "    if item.size > 0:\n",
        "tests/node/test_fence.py",
    ),
    _one(
        "digests skip the version",
        "I12",
        "sync/ranges.py",
        "            return [place[PAIRING_BYTES:] + version for place, version in found]\n",
        "            return [place[PAIRING_BYTES:] + bytes(32) for place, version in found]\n",
        "tests/sync/test_reconcile.py::test_two_nodes_that_exchanged_everything_are_equal_after_one_question",
        "tests/sync/test_reconcile.py::test_a_record_altered_by_hand_is_named_by_both_nodes_and_verify_says_whose_table_left_its_logs",
        "tests/sync/test_ranges.py",
    ),
    _one(
        "a statement is countersigned unread",
        "I12",
        "sync/reconcile.py",
        "    if statement_text(block.pairing, cut, state.summary, block.left_out) != asked.text:\n",
        "    if False:\n",
        "tests/sync/test_reconcile.py",
    ),
    _one(
        "verify believes the leaves kept",
        "I2",
        "sync/verification.py",
        "        if [message.leaf_hash for message in page] != leaves:\n",
        "        leaves = [message.leaf_hash for message in page]\n        if False:\n",
        "tests/sync/test_reconcile.py",
    ),
    _one(
        "a partner stores without bound",
        "I21",
        "sync/quota.py",
        "    if size > bytes_max and not (",
        "    if False and not (",
        "tests/sync/test_quota.py",
    ),
    _one(
        "no room is kept for receipts",
        "I23",
        "sync/quota.py",
        "size <= bytes_max + RESERVE_BYTES and",
        "size <= bytes_max and",
        "tests/sync/test_quota.py",
    ),
)

NODE: Final = (
    _one(
        "callers are told before the commit",
        "before-commit",
        "node/sequencer.py",
        '        reached("before-commit")\n',
        "        for caller, result in zip(group, results, strict=True):\n"
        "            caller.future.set_result(result)\n"
        '        reached("before-commit")\n',
        "tests/node/test_sequencer.py",
    ),
    _one(
        "each commit opens an epoch",
        "after-commit",
        "node/sequencer.py",
        "        self._memory.signed(left.heads)\n",
        "",
        "tests/node/test_sequencer.py",
    ),
    _one(
        "after a commit nobody tells the fence",
        "after-commit",
        "node/app.py",
        "        self.fence.note(left.logs)\n",
        "",
        "tests/node/test_crash_points.py::"
        "test_whichever_node_dies_at_whichever_point_nothing_is_lost_doubled_or_signed_twice[restore]",
    ),
    _one(
        "delivery gives up",
        "before-send",
        "node/delivery.py",
        "                await self._failed(lane, error)\n",
        "                await self._failed(lane, error)\n"
        "                if lane.state.failures >= 3:\n"
        "                    return\n",
        "tests/node/test_delivery.py::test_a_partner_that_stays_away_is_called_again_and_again",
    ),
    _one(
        "of a reply only the receipts are stored",
        "after-send",
        "node/delivery.py",
        "            received = exchange.receive(reply)\n",
        "            received = exchange.receive(reply, receipts_only=True)\n",
        "tests/node/test_delivery.py::test_a_node_that_nobody_can_call_gets_messages_by_the_request_that_it_holds_open",
    ),
    _one(
        "the receipt is signed before the commit",
        "after-receive",
        "node/server.py",
        "        try:\n            received, composed = await asyncio.wrap_future(\n"
        "                self._sequencer.submit_then(\n"
        "                    self._sequencer.using(lambda exchange: exchange.receive(data)), self._received\n",
        "        def receipted(exchange: Exchange) -> Received:\n"
        "            received = exchange.receive(data)\n"
        "            exchange.compose(received.pairing_id)\n"
        "            return received\n\n"
        "        try:\n            received, composed = await asyncio.wrap_future(\n"
        "                self._sequencer.submit_then(\n"
        "                    self._sequencer.using(receipted), self._received\n",
        "tests/node/test_crash_points.py::"
        "test_whichever_node_dies_at_whichever_point_nothing_is_lost_doubled_or_signed_twice[send]",
    ),
    _one(
        "the fence says nothing of the logs",
        "before-fence",
        "node/fence.py",
        "            data = msgspec.json.encode(self._contents)\n",
        "            data = msgspec.json.encode(Contents(self._contents.boot))\n",
        "tests/node/test_fence.py",
    ),
    _one(
        "a commit need not reach the disk",
        "I8",
        "node/drivers.py",
        '"journal_mode": "wal", "synchronous": 2,',
        '"journal_mode": "wal", "synchronous": 1,',
        "tests/node/test_database.py::test_every_commit_waits_for_the_disk",
    ),
    _one(
        "waits grow for ever",
        "I24",
        "node/delivery.py",
        "        bound_s = min(limits.retry_delay_s_max, limits.retry_delay_s_min * 2 ** min(failures - 1, 32))\n",
        "        bound_s = limits.retry_delay_s_min * 2 ** min(failures - 1, 32)\n",
        "tests/node/test_delivery.py::test_a_wait_is_never_longer_than_its_bound_however_often_it_failed",
    ),
    _one(
        "any certificate will do",
        "TLS pin",
        "node/client.py",
        'pinned = self._pinned(pin) if pin and url.scheme == "https" else True',
        "pinned = False",
        "tests/node/test_server.py::test_a_server_with_another_certificate_gets_nothing",
    ),
    _one(
        "an audit entry may be altered",
        "I27",
        "node/audit.py",
        "            if entry.number != expected or entry.digest != _digest(entry, previous):\n",
        "            if entry.number != expected:\n",
        "tests/node/test_access.py::test_an_entry_that_is_altered_or_removed_is_named",
    ),
    _one(
        "an audit entry vouches for itself only",
        "I27",
        "node/audit.py",
        '        "previous": previous,\n',
        "",
        "tests/node/test_access.py::test_every_entry_vouches_for_all_before_it",
    ),
    _one(
        "every role may do everything",
        "roles",
        "node/access.py",
        "    if person.role not in operation.roles:\n",
        "    if False:\n",
        "tests/node/test_access.py::test_every_operation_refuses_each_role_that_its_row_does_not_name",
    ),
    _one(
        "every branch is within reach",
        "subtrees",
        "node/access.py",
        "    if code is not None and not is_within(store, code, person.body_code):\n",
        "    if False:\n",
        "tests/node/test_access.py::test_a_clerk_reads_the_own_branch_and_is_refused_the_neighbours",
    ),
    _one(
        "a token lasts for ever",
        "tokens",
        "node/access.py",
        "if kept is not None and kept.expires_at > stamp(now) else None",
        "if kept is not None else None",
        "tests/node/test_access.py::test_a_token_is_kept_only_as_its_hash_and_ends_after_twelve_hours",
    ),
    _one(
        "no lockout",
        "passwords",
        "node/access.py",
        "    if failures < FAILURES_MAX:\n",
        "    if True:\n",
        "tests/node/test_access.py::test_five_wrong_passwords_lock_for_fifteen_minutes_even_for_the_right_one",
    ),
    _one(
        "a refusal quotes what was typed",
        "I28",
        "node/desk.py",
        '_QUOTED.sub("…", str(error))[:200]',
        "str(error)[:200]",
        "tests/node/test_access.py::test_an_unknown_field_and_a_wrong_value_are_refused_without_repeating_the_value",
    ),
    _one(
        "sealed columns lie in clear",
        "I28",
        "node/storage.py",
        "        return lambda value: seal.seal(encode(value), column), lambda value: decode(seal.open(value,",
        "        return lambda value: encode(value), lambda value: decode((lambda sealed, _: sealed)(value,",
        "tests/node/test_database.py::test_sealed_fields_never_lie_in_clear_in_any_file",
    ),
    _one(
        "a sealed value opens in any column",
        "I28",
        "node/storage.py",
        '        column = f"{table}.{field.name}".encode()\n',
        '        column = b"column"\n',
        "tests/node/test_database.py::test_a_sealed_value_that_is_moved_to_another_column_does_not_open",
    ),
    _one(
        "a row of totals is a member",
        "totals are no rows",
        "sync/sheets.py",
        "        elif _TOTALS.fullmatch(first) and key_filled < len(key_columns):\n",
        "        elif False:\n",
        "tests/sync/test_rosters.py",
    ),
    _one(
        "rows that the tree refuses are imported",
        "all or nothing",
        "node/operations/member.py",
        "    if errors.members or errors.outflow:\n",
        "    if False:\n",
        "tests/sync/test_members.py::test_rows_that_only_the_tree_can_refuse_come_back_the_same_way",
    ),
)

STOPS: Final = (
    _one(
        "a suspension stops nobody",
        "suspension",
        "sync/verdict.py",
        "    if known.suspended:\n",
        "    if False:\n",
        "tests/sync/test_suspensions.py::test_after_a_suspension_neither_side_goes_on_until_both_have_lifted_it",
    ),
    _one(
        "a lifting that is only proposed lifts",
        "suspension",
        "sync/knowledge.py",
        '        return any(not lifts.acceptances(item.id, "") for item in known)\n',
        "        return any(item.id not in {made.key for made in lifts.proposals} for item in known)\n",
        "tests/sync/test_suspensions.py::test_after_a_suspension_neither_side_goes_on_until_both_have_lifted_it",
    ),
    _one(
        "one lifting lifts every suspension",
        "suspension",
        "sync/knowledge.py",
        '        return any(not lifts.acceptances(item.id, "") for item in known)\n',
        "        return bool(known) and not any(item.accepted for item in lifts.answers)\n",
        "tests/sync/test_suspensions.py::test_a_suspension_that_crossed_the_lifting_of_an_earlier_one_stands",
    ),
    _one(
        "what crossed a suspension has effect",
        "suspension",
        "sync/logbook.py",
        "if item.version == message.agreement), *suspended]\n",
        "if item.version == message.agreement)]\n",
        "tests/sync/test_suspensions.py::test_what_crossed_a_suspension_is_a_named_conflict_without_effect_on_both",
    ),
    _one(
        "a suspension that comes late leaves what it crossed",
        "suspension",
        "sync/logbook.py",
        "                if placed.message.kind in STOPS:\n",
        "                if False:\n",
        "tests/sync/test_suspensions.py::test_what_crossed_a_suspension_is_a_named_conflict_without_effect_on_both",
    ),
)

MOVEMENT: Final = (
    _one(
        "a member counts as managed by a destination that has not answered",
        "A-02",
        "sync/gaps.py",
        'return "destination" if _state(records) == "admitted" else "origin"',
        'return "destination" if _state(records) in OPEN_STATES else "origin"',
        "tests/sync/test_gaps.py::test_a_notice_without_an_answer_past_its_time_is_listed_on_both_with_its_age",
    ),
    _one(
        "anybody is placed unchecked",
        "A-41",
        "sync/identity_checks.py",
        "        if found is None:\n",
        "        if found is None and False:\n",
        "tests/sync/test_identity_checks.py::test_nobody_is_placed_while_their_identity_is_unverified",
    ),
    _one(
        "a period closes over what does not match",
        "A-22",
        "sync/returns.py",
        "    if lines and not request.unmatched_seen:\n",
        "    if False:\n",
        "tests/sync/test_returns.py::test_what_stands_in_the_certificate_and_not_on_record_is_listed_before_closing",
    ),
    _one(
        "a question about a stranger names the stranger",
        "A-33",
        "sync/inflows.py",
        "certificate_number=intake.certificate_number or msgspec.UNSET\n",
        "certificate_number=intake.name\n",
        "tests/sync/test_inflows.py::test_neither_the_name_nor_the_id_number_crosses",
    ),
)

CROSSINGS: Final = (
    _one(
        "two destinations are told of one conflict by one name",
        "unlinkable",
        "sync/crossings.py",
        'period.agreement, f"{period.subject}/{claim.record}", "")\n',
        'str(period.member_id), claim.record, "")\n',
        "tests/sync/test_crossings.py::test_neither_destination_ever_holds_the_name_or_a_pseudonym_of_the_other",
    ),
    _one(
        "a statement is made again and again",
        "idempotent statements",
        "sync/crossings.py",
        '    return said is not None and said["state"] == state and',
        "    return said is None and",
        "tests/sync/test_crossings.py::test_when_one_period_is_over_both_are_told_that_it_is_settled_and_nothing_is_said_twice",
    ),
    _one(
        "one place is two",
        "crossings",
        "sync/crossings.py",
        "        if len({period.pairing_id for period, _ in made}) < 2:\n",
        "        if not made:\n",
        "tests/sync/test_crossings.py::test_absence_noted_in_two_places_and_attendance_on_different_days_go_together",
    ),
)

FILES_AND_ERASURE: Final = (
    _one(
        "a file is taken unread",
        "a file is the one that was named",
        "sync/attachments.py",
        "    if digest.hexdigest() == file.sha256 and attachment.type_of(ends) == file.type:\n",
        "    if file.sha256:\n",
        "tests/sync/test_attachments.py",
    ),
    _one(
        "parts that nobody asked for are kept",
        "a partner fills no disk with files",
        "sync/attachments.py",
        "    return bool(is_open) and len(part.data) == attachment.part_size(file.size, part.number)\n",
        "    return bool(is_open)\n",
        "tests/sync/test_attachments.py",
    ),
    _one(
        "a file is asked for without room",
        "a partner fills no disk with files",
        "sync/attachments.py",
        "        if not quota.reserve(book.store, book, file.size, bytes_max):\n            return\n",
        "        quota.reserve(book.store, book, file.size, bytes_max)\n",
        "tests/sync/test_attachments.py",
    ),
    _one(
        "an erased leaf is receipted unseen",
        "a receipt says that the bytes were here",
        "protocol/session.py",
        "    _check_erased(state, part.epoch, held, fresh, leaf_hashes)\n",
        "",
        "tests/sync/test_erasure.py",
    ),
    _one(
        "bytes go before they are receipted",
        "a receipt says that the bytes were here",
        "sync/erasure.py",
        "    return not epoch.own or item.index < epoch.receipted\n",
        "    return epoch is not None\n",
        "tests/sync/test_erasure.py",
    ),
    _one(
        "either side has a member erased",
        "erasure is origin's",
        "sync/verdict.py",
        '    if giver(body.subject) != party:\n        raise refuse("G-erasure-side")\n',
        "",
        "tests/sync/test_erasure.py",
    ),
    _one(
        "a member is erased before the minimum",
        "neither side erases before the minimum",
        "sync/verdict.py",
        "    if body.on < may_from:\n",
        "    if not may_from:\n",
        "tests/sync/test_erasure.py",
    ),
    _one(
        "a partner's day is believed",
        "nobody deletes before the own day has come",
        "sync/erasure.py",
        "    return sum(_delete(book, item) for item in due if item.on <= day)\n",
        "    return sum(_delete(book, item) for item in due if day)\n",
        "tests/sync/test_erasure.py",
    ),
    _one(
        "what the partner wrote meanwhile counts again",
        "an erased member has no records",
        "sync/intake.py",
        "    if unit is not None:\n        _take_erased(",
        "    if unit is not None and not row.own and row.size < 0:\n        _take_erased(",
        "tests/sync/test_erasure.py",
    ),
)

PROBATION: Final = (
    _one(
        "probation is extended again and again",
        "probation is extended once",
        "sync/probation_rules.py",
        '        raise refuse("P-probation-extended")\n',
        "        return\n",
        "tests/sync/test_probation.py",
    ),
    _one(
        "an opinion nobody gave counts as had",
        "origin has the destination's signed word or a reason",
        "sync/probation_rules.py",
        "    if isinstance(body.opinion, str) is isinstance(body.no_opinion, str):\n",
        "    if isinstance(body.opinion, str) and isinstance(body.no_opinion, str):\n",
        "tests/sync/test_probation.py",
    ),
    _one(
        "an earlier opinion serves again",
        "an opinion is on one expiry",
        "sync/probation.py",
        '    request = records.get(f"{REQUEST}{clock.ends_on}")\n',
        "    request = next((records[key] for key in sorted(records) if key.startswith(REQUEST)), None)\n",
        "tests/sync/test_probation.py",
    ),
    _one(
        "the branch meets too early",
        "no meeting before the expiry",
        "sync/probation_rules.py",
        "    _check_due(body.ends_on, past, records)\n    if body.meeting_on < body.ends_on:\n",
        "    _check_due(body.ends_on, past, records)\n    if not body.meeting_on:\n",
        "tests/sync/test_probation.py",
    ),
)

CANARIES: Final = (
    *SUCCESSION,
    *LOGS,
    *VERDICTS,
    *KEYS_AND_BYTES,
    *RESTORE_AND_EQUALITY,
    *NODE,
    *STOPS,
    *CROSSINGS,
    *MOVEMENT,
    *FILES_AND_ERASURE,
    *PROBATION,
)
"""All of them."""
